"""From a raw file to an answer through signal chains, masks and declared metadata.

The files are synthetic: a staircase of exactly 2e^2/h as instruments would have written it. What the uncertainties have to be
follows from a Monte Carlo that draws the stages and converts the raw numbers by its own arithmetic, and from the sum of squares of
relative uncertainties."""

import json
import math
import tomllib
from importlib import resources
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import gzero
from gzero.errors import ConfigError, GzeroError, InputError
from gzero.loaders.table import Column, Coordinate, Origin, Table
from gzero.measurement.measurement import Measurement
from gzero.pipeline.config import configure, read_config
from gzero.pipeline.load import _measured, load_traces
from gzero.pipeline.selftest import measurement_of
from gzero.pipeline.stated_choices import choices_of
from gzero.pipeline.together import fit_together
from gzero.pipeline.twin import twin_of
from gzero.report.write import write_report

G0 = 7.748091729863649e-05  # 2e^2/h [S], CODATA 2022
GATE = np.linspace(-900.0, -300.0, 301)  # mV
TRUTH = sum(1 / (1 + np.exp(-(GATE - t) / 5)) for t in (-800.0, -680.0, -560.0, -440.0))
CURRENT = TRUTH * G0 * 1e-4  # A, at 100 uV


def written(path: Path, columns: dict[str, np.ndarray], *, comments: tuple[str, ...] = ()) -> Path:
    """A lab file of these columns."""
    rows = [",".join(columns), *(",".join(f"{v:.10g}" for v in row) for row in zip(*columns.values(), strict=True))]
    path.write_text("\n".join([*(f"# {line}" for line in comments), *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Gate, the voltage behind an I/V converter of 1e8 V/A, the bias behind an amplifier of 1000, a leak."""
    noise = np.random.default_rng(1).normal(0, 0.005 * G0 * 1e-4, GATE.size)
    leak = np.where(GATE < -850, 5e-9, 1e-12)
    columns = {
        "Vg (mV)": GATE,
        "I_meas (V)": (CURRENT + noise) * 1e8,
        "V_sd (V)": np.full(GATE.size, 0.1),
        "leak (A)": leak,
    }
    comments = (
        "Sample temperature: 1.5 K",
        "Bath temperature: 300 mK",
        "f_ref: 77 Hz",
        "Preamp gain: 1e8 V/A",
        "T_set: 2",
    )
    return written(tmp_path / "raw.csv", columns, comments=comments)


BOTH = "I_meas: iv_converter=1.00(1)e8 V/A; V_sd: amplifier=1000(5)"


def analyse(path: Path, **options: object) -> gzero.Analysis:
    return gzero.analyse(path, quantum="2e^2/h", **options)  # type: ignore[arg-type]


# -- the numbers ------------------------------------------------------------------------------------------------------


def test_the_same_answer_as_from_the_converted_file(raw: Path, tmp_path: Path) -> None:
    """A reader that divides by hand gets the numbers that the chain gives."""
    table = np.loadtxt(raw, delimiter=",", comments="#", skiprows=6)
    converted = {"Vg (mV)": table[:, 0], "I (A)": table[:, 1] / 1e8, "V_sd (V)": table[:, 2] / 1000}
    by_hand = analyse(written(tmp_path / "hand.csv", converted)).estimates["step_height"]
    found = analyse(raw, y="I_meas", chain="I_meas: iv_converter=1e8 V/A; V_sd: amplifier=1000").estimates[
        "step_height"
    ]
    assert found.value == pytest.approx(by_hand.value, rel=1e-9)
    assert found.std_stat == pytest.approx(by_hand.std_stat, rel=1e-6)
    assert found.std_sys == 0


def test_the_step_is_as_uncertain_as_both_sides_of_the_ratio(raw: Path) -> None:
    """Relative: sqrt(0.01^2 + 0.005^2)."""
    step = analyse(raw, y="I_meas", chain=BOTH).estimates["step_height"]
    assert step.value == pytest.approx(G0, rel=2e-3)
    assert step.std_sys / step.value == pytest.approx(math.hypot(0.01, 0.005), rel=1e-9)
    shares = {source: shift / step.value for source, shift in step.systematic.items()}
    assert shares == {
        "chain: iv_converter of I_meas": pytest.approx(-0.01),
        "chain: amplifier of V_sd": pytest.approx(0.005),
    }


CASES = [
    ({"y": "I_meas", "chain": BOTH}, {}),
    ({"y": "I_meas", "chain": BOTH, "gain": "1.02(2)"}, {"gain": 1.02, "gain_std": 0.02}),
    ({"y": "I_meas", "chain": BOTH, "series_resistance": "2.0(2) kohm"}, {"rs": 2000.0, "rs_std": 200.0}),
    (
        {
            "y": "I_meas",
            "bias": "0.1 V",
            "chain": "I_meas: iv_converter=1.00(1)e8 V/A, offset=0.00(2) V; bias: divider=1.00(2)e-3",
        },
        {"offset_std": 0.02, "divider": 1.0},
    ),
]


@pytest.mark.parametrize(
    ("options", "world"), CASES, ids=["ratio", "with a gain", "with a resistance", "offset and declared bias"]
)
def test_the_systematic_part_against_a_monte_carlo(
    raw: Path, tmp_path: Path, options: dict[str, str], world: dict[str, float]
) -> None:
    """Draw every stage, convert the raw numbers with it, and look how far the step moves.

    800 draws know a standard deviation to 1/sqrt(1600) = 2.5 %; the tolerance is four of those, for second-order terms as well."""
    table = np.loadtxt(raw, delimiter=",", comments="#", skiprows=6)
    claimed = analyse(raw, **options)
    step = claimed.estimates["step_height"]
    counted = [level for level in claimed.levels if level.counted]
    windows = [(1e3 * level.x_low - 1e-6 <= GATE) & (1e3 * level.x_high + 1e-6 >= GATE) for level in counted]
    index = np.array([level.index for level in counted], dtype=float)
    rng = np.random.default_rng(7)
    found = []
    for _ in range(800):
        converter, amplifier = 1e8 + 1e6 * rng.normal(), 1000 + 5 * rng.normal()
        divider = 1e-3 + 2e-5 * rng.normal()
        volts = table[:, 1] - world.get("offset_std", 0.0) * rng.normal()
        voltage = 0.1 * divider if "divider" in world else table[:, 2] / amplifier
        conductance = volts / converter / voltage
        conductance = conductance / (world.get("gain", 1.0) + world.get("gain_std", 0.0) * rng.normal())
        resistance = world.get("rs", 0.0) + world.get("rs_std", 0.0) * rng.normal()
        conductance = conductance / (1 - conductance * resistance)
        levels = np.array([conductance[w].mean() for w in windows])
        found.append(float((index @ levels) / (index @ index)))  # a line through zero, each level alike
    # the fitter weighs the levels by their noise, so that an offset or a resistance counts a little differently
    assert step.std_sys == pytest.approx(np.std(found, ddof=1), rel=0.10)


def test_an_instrument_that_two_files_name_is_one_source(raw: Path, tmp_path: Path) -> None:
    """Of the mean of two steps, an uncertainty that both share stays, and one of each shrinks with sqrt(2)."""
    other = tmp_path / "other.csv"
    lines = raw.read_text(encoding="utf-8").splitlines()
    other.write_text("\n".join([*lines[:-1], lines[-1].replace("-300", "-300.0001")]) + "\n", encoding="utf-8")
    found = {}
    for whose in ("", ", instrument=FEMTO 1"):
        chain = f"I_meas: iv_converter=1.00(1)e8 V/A{whose}; V_sd: amplifier=1000"
        both = [gzero.load(path, y="I_meas", chain=chain) for path in (raw, other)]
        assert both[0].origin.sha256 != both[1].origin.sha256
        joint = fit_together(both, shared=["step_height"], quantum="2e^2/h")
        assert joint.estimates is not None
        step = joint.estimates.estimates["step_height"]
        found[whose] = step.std_sys / step.value
    assert found[", instrument=FEMTO 1"] == pytest.approx(0.01, rel=1e-3)
    assert found[""] == pytest.approx(0.01 / math.sqrt(2), rel=1e-2)


def test_peak_and_rms_are_brought_together(raw: Path, tmp_path: Path) -> None:
    """A current read as a peak amplitude beside an rms bias is sqrt(2) too large."""
    table = np.loadtxt(raw, delimiter=",", comments="#", skiprows=6)
    columns = {"Vg (mV)": table[:, 0], "I_meas (V)": table[:, 1] * math.sqrt(2), "V_sd (V)": table[:, 2]}
    peak = written(tmp_path / "peak.csv", columns)
    options = {"y": "I_meas", "chain": "I_meas: iv_converter=1e8 V/A, lockin=peak; V_sd: amplifier=1000, lockin=rms"}
    assert analyse(peak, **options).estimates["step_height"].value == pytest.approx(G0, rel=2e-3)
    both = {"y": "I_meas", "chain": "I_meas: iv_converter=1e8 V/A, lockin=peak; V_sd: amplifier=1000, lockin=peak"}
    assert analyse(peak, **both).estimates["step_height"].value == pytest.approx(G0 * math.sqrt(2), rel=2e-3)
    for one in (
        "I_meas: iv_converter=1e8 V/A, lockin=peak; V_sd: amplifier=1000",
        "I_meas: iv_converter=1e8 V/A; V_sd: amplifier=1000, lockin=rms",
    ):
        with pytest.raises(
            ConfigError, match=r"amplitude of a lock-in, and '.*' in the same ratio is not; .*: lockin=rms"
        ):
            analyse(peak, y="I_meas", chain=one)
    with pytest.raises(ConfigError, match=r"the declared bias in the same ratio is not.*'bias: lockin=rms'"):
        analyse(peak, y="I_meas", bias="100 uV", chain="I_meas: iv_converter=1e8 V/A, lockin=peak")


def test_a_resistance_behind_a_chain_moves_its_conductance_the_other_way(tmp_path: Path) -> None:
    path = written(tmp_path / "r.csv", {"Vg (mV)": GATE[40:], "R (ohm)": 100 / (TRUTH[40:] * G0)})
    step = analyse(path, chain="R: amplifier=100(1)").estimates["step_height"]
    assert step.value == pytest.approx(G0, rel=2e-3)
    assert step.systematic["chain: amplifier of R"] == pytest.approx(+0.01 * step.value)


# -- raw values, and what is said of them -----------------------------------------------------------------------------


def test_raw_values_stay_readable_and_are_in_the_workbook(raw: Path, tmp_path: Path) -> None:
    import openpyxl

    table = np.loadtxt(raw, delimiter=",", comments="#", skiprows=6)
    measurement = gzero.load(raw, y="I_meas", chain=BOTH)
    assert {name: column.unit_text for name, column in measurement.raw.items()} == {"I_meas [V]": "V", "V_sd [V]": "V"}
    np.testing.assert_array_equal(measurement.raw["I_meas [V]"].values, table[:, 1])
    np.testing.assert_allclose(measurement.ordinate.values, table[:, 1] / 1e8 / (table[:, 2] / 1000), rtol=1e-12)
    left = np.delete(table, range(1, 6), axis=0)  # the first row of numbers is the file's seventh
    analysis = analyse(raw, y="I_meas", chain=BOTH, mask="rows 8:12: settling")
    write_report([analysis], tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["data"]
    heads, *rows = list(sheet.iter_rows(values_only=True))
    assert heads[-2:] == ("as the file holds it: I_meas [V]", "as the file holds it: V_sd [V]")
    assert [row[-2] for row in rows] == left[:, 1].tolist()
    assert [row[1] for row in rows] == pytest.approx((left[:, 1] / 1e8 / (left[:, 2] / 1000)).tolist(), rel=1e-9)


def test_a_setting_that_was_read_twice_has_no_single_raw_value(tmp_path: Path) -> None:
    twice = {"Vg (mV)": np.repeat(GATE, 2)[1:], "I (V)": np.repeat(CURRENT, 2)[1:] * 1e8}
    path = written(tmp_path / "twice.csv", twice)
    found = analyse(path, bias="100 uV", chain="I: iv_converter=1e8 V/A").raw["I [V]"]
    assert found[0] == pytest.approx(CURRENT[0] * 1e8)
    assert all(math.isnan(value) for value in found[1:])


def test_the_ledger_tells_every_stage_and_the_warnings_what_could_be_meant_twice(raw: Path) -> None:
    analysis = analyse(raw, y="I_meas", chain=BOTH, gain="1.00(2)")
    said = {c.choice: (c.value, c.origin) for c in analysis.ledger}
    assert said["chain of I_meas: iv_converter"] == ("1.00(1)e8 V/A", "user")
    assert said["chain of V_sd: amplifier"] == ("1000(5)", "user")
    assert (
        "a gain of 1.00(2) is stated besides the chain of I_meas: the readings are divided by both" in analysis.warnings
    )
    assert not any("taken as exact" in w for w in analysis.warnings)


def test_a_divided_gate_moves_the_thresholds_and_says_that_its_uncertainty_does_not(raw: Path) -> None:
    plain, divided = (analyse(raw, y="I_meas", chain=BOTH + more) for more in ("", "; Vg: divider=0.50(1)"))
    assert divided.fit is not None
    assert plain.fit is not None
    assert divided.fit.value("threshold_1") == pytest.approx(plain.fit.value("threshold_1") / 2, rel=1e-4)
    assert any("what the chain of 'Vg' is uncertain by" in w for w in divided.warnings)
    assert (
        analyse(raw, y="I_meas", chain=BOTH + "; Vg: divider=0.5", range="-425:-175").rows_used == 251
    )  # mV at the gate


def test_a_unit_that_is_stated_besides_the_chain(raw: Path) -> None:
    with pytest.raises(ConfigError, match=r"y_unit is stated, and a signal chain of the same column.*unit=mV"):
        analyse(raw, y="I_meas", y_unit="mV", bias="1 V", chain="I_meas: amplifier=10")


def test_an_uncertain_zero_of_a_current_that_is_divided_row_by_row(raw: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"uncertain offset of its chain is not one offset of the conductance.*--offset"
    ):
        analyse(raw, y="I_meas", chain="I_meas: iv_converter=1e8 V/A, offset=0.0(1) V; V_sd: amplifier=1000")
    exact = analyse(raw, y="I_meas", chain="I_meas: iv_converter=1e8 V/A, offset=0.0001 V; V_sd: amplifier=1000")
    assert exact.estimates["step_height"].value == pytest.approx(G0, rel=2e-3)


def test_a_current_that_the_instrument_has_converted(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", {"Vg (mV)": GATE, "I (nA)": CURRENT * 1e9})
    with pytest.raises(InputError, match=r"column 'I': it is already in \[A\]: the instrument has converted it"):
        analyse(path, bias="100 uV", chain="I: iv_converter=1e8 V/A")


def test_a_gain_from_the_metadata(raw: Path) -> None:
    analysis = analyse(raw, y="I_meas", chain="I_meas: iv_converter=metadata Preamp gain; V_sd: amplifier=1000")
    assert analysis.estimates["step_height"].value == pytest.approx(G0, rel=2e-3)
    assert "1e8 V/A (metadata 'Preamp gain')" in [c.value for c in analysis.ledger]


# -- files ------------------------------------------------------------------------------------------------------------

SIDECAR = """
y = "I_meas"
[chain.I_meas]
iv_converter = "1.00(1)e8 V/A"
instrument = "FEMTO 1"
[chain."V_sd"]
amplifier = ["100", "10.00(5)"]
[[mask]]
where = "leak > 1e-9"
reason = "gate leaks"
[[mask]]
where = "rows 300:302"
reason = "end of the sweep"
"""


def test_tables_of_a_sidecar(raw: Path) -> None:
    raw.with_suffix(".toml").write_text(SIDECAR, encoding="utf-8")
    analysis = analyse(raw, mask="Vg > -302: switched off")
    assert analysis.estimates["step_height"].value == pytest.approx(G0, rel=2e-3)
    found = {(e["rule"], e["reason"]): e["rows"] for e in analysis.to_dict()["source"]["excluded"]}  # type: ignore[index]
    # 25 settings below -850 mV; rows 300 to 302 of the file hold the settings 293 to 295; 1 setting above -302 mV is left
    assert found == {
        ("mask leak > 1e-9", "gate leaks"): 25, ("mask rows 300:302", "end of the sweep"): 3, ("mask Vg > -302", "switched off"): 1,
    }  # fmt: skip
    assert analysis.rows_used == 301 - 29
    notes = [c.note for c in analysis.ledger if c.choice == "mask"]
    assert notes[0].endswith("25 of 301 readings; raw.toml and the command line")
    assert all("raw.toml" in c.note for c in analysis.ledger if c.choice.startswith("chain of"))


def test_the_shipped_schema_knows_the_tables(tmp_path: Path) -> None:
    schema = json.loads(
        (resources.files("gzero") / "pipeline" / "schema" / "config-1.json").read_text(encoding="utf-8")
    )
    good = [
        SIDECAR,
        'chain = "I: amplifier=10"\nmask = "rows 1: x"',
        'mask = ["rows 1: x"]',
        '[mask]\nwhere = "rows 1"\nreason = "x"',
    ]
    for text in good:
        jsonschema.validate(tomllib.loads(text), schema)
        (tmp_path / "a.toml").write_text(text, encoding="utf-8")
        assert read_config(tmp_path / "a.toml").mask is not None
    for text in ('[chain.I]\nampilfier = "10"', '[[mask]]\nwhere = "rows 1"', "chain = true", "[chain]\nI = 3"):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(tomllib.loads(text), schema)


@pytest.mark.parametrize(
    ("text", "problem"),
    [('[chain]\nI = "1e8 V/A"', "is no table of stages"), ('[[mask]]\nwhere = "rows 1"', "has no reason"), ("chain = true", "is not a text"), ("[mask]\nwhy = 1", "no key 'why'")],
)  # fmt: skip
def test_tables_that_are_none_name_the_file(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=problem) as raised:
        read_config(tmp_path / "a.toml")
    assert raised.value.path == str(tmp_path / "a.toml")


def test_choices_that_are_the_same_are_frozen_as_the_same() -> None:
    a = configure(chain="V: divider=1:10; I: amplifier=100", mask="rows 1: a\nrows  2: b")
    b = configure(chain={"I": {"amplifier": 1e2}, "V": {"divider": 0.1}}, mask=["rows 2: b", "rows 1: a"])
    assert choices_of(a) == choices_of(b)
    assert choices_of(a) != choices_of(configure(chain="V: divider=1:10", mask="rows 1: a"))


# -- masks on all that follows ----------------------------------------------------------------------------------------


def test_masked_readings_are_in_no_series_and_known_by_their_rows(raw: Path) -> None:
    measurement = gzero.load(raw, y="I_meas", chain=BOTH, mask="leak > 1e-9: gate leaks")
    (only,) = measurement.exclusions
    assert only.rows == tuple(range(7, 32))  # below five lines of comment and the header
    assert measurement.row_numbers == tuple(range(32, 308))
    assert {s.values.size for s in measurement.series.values()} == {276}
    assert all(column.values.size == 276 for column in measurement.raw.values())
    np.testing.assert_allclose(only.x, GATE[:25] * 1e-3, rtol=1e-12)
    assert len(only.y) == 25


def test_a_mask_saves_a_file_from_rows_that_no_measurement_can_have(raw: Path) -> None:
    lines = raw.read_text(encoding="utf-8").splitlines()
    lines[100] = "-713,1e300,0.1,0"
    lines[101] = "-711,nan,0.1,0"
    raw.write_text("\n".join(lines) + "\n", encoding="utf-8")
    options = {"y": "I_meas", "chain": BOTH}
    with pytest.raises(InputError):
        analyse(raw, **options)
    analysis = analyse(raw, mask="rows 101:102: the cable fell off", **options)
    assert analysis.rows_used == 299
    assert analysis.estimates["step_height"].value == pytest.approx(G0, rel=2e-3)


def test_a_mask_that_hits_nothing_and_one_that_leaves_nothing(raw: Path) -> None:
    analysis = analyse(raw, y="I_meas", chain=BOTH, mask="leak > 1: nothing")
    assert "the mask 'leak > 1' (nothing) hits no reading" in analysis.warnings
    with pytest.raises(InputError, match="the mask 'leak >= 0' leaves no reading"):
        analyse(raw, y="I_meas", chain=BOTH, mask="leak >= 0: all of it")


def test_each_branch_of_a_sweep_has_what_was_masked_in_it(tmp_path: Path) -> None:
    there_and_back = np.concatenate([GATE, GATE[::-1]])
    path = written(
        tmp_path / "turn.csv", {"Vg (mV)": there_and_back, "G (S)": np.concatenate([TRUTH, TRUTH[::-1]]) * G0}
    )
    # rows of the file: 2 to 302 up, 303 to 603 down
    found = load_traces(path, configure(mask="rows 5:9: a\nrows 300:306: b\nrows 600: c"))
    assert [m.trace for m in found] == ["up", "down"]
    said = [{e.reason: e.rows for e in m.exclusions} for m in found]
    # readings between the two belong to the branch that was under way when they were taken
    assert said[0] == {"a": (5, 6, 7, 8, 9), "b": tuple(range(300, 307))}
    assert said[1] == {"c": (600,)}
    assert sum(m.ordinate.values.size for m in found) == 602 - 13
    assert all(
        m.row(i) not in {row for e in m.exclusions for row in e.rows}
        for m in found
        for i in range(m.ordinate.values.size)
    )


def test_masks_stay_in_force_in_a_self_test_and_over_other_choices(raw: Path) -> None:
    """Readings in the middle of a plateau are masked; what is simulated and what is chosen anew knows nothing of them."""
    lines = raw.read_text(encoding="utf-8").splitlines()
    for row in range(131, 156):  # -650 to -602 mV
        lines[row] = lines[row].split(",")[0] + ",9.9,0.1,0"
    raw.write_text("\n".join(lines) + "\n", encoding="utf-8")
    options = {"y": "I_meas", "chain": BOTH, "mask": "I_meas > 9: overload", "quantum": "2e^2/h"}
    config = configure(**options)
    twin = twin_of(measurement_of(raw, config), config)
    assert twin.truth.step == pytest.approx(G0, rel=2e-3)
    drawn = twin.draw(np.random.default_rng(1))
    assert drawn.ordinate.values.size == 301 - 25
    assert drawn.ordinate.values.max() < 5 * G0
    found = gzero.multiverse(raw, choices=12, **options)
    heights = [universe.ratio for universe in found.universes if universe.ratio is not None]
    assert len(heights) >= 8
    assert max(abs(h - 1) for h in heights) < 0.01


def test_masks_of_a_table_of_answers_and_of_a_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("sample,D (cm^2/s),T (K)\na,10,300\nb,11,300\nc,-5,300\n", encoding="utf-8")
    found = gzero.analyse_traces(
        path, experiment="diffusion", mask="sample = c: dropped on the floor", particle="electron"
    )
    assert len(found) == 2
    assert [e["rule"] for e in found[0].to_dict()["source"]["excluded"]] == ["mask sample = c"]  # type: ignore[index]


def test_a_mask_on_y_of_traces_that_are_one_measurement(tmp_path: Path) -> None:
    x = np.linspace(0, 1, 40)
    path = written(tmp_path / "bj.csv", {"z (nm)": x, "G 1 (S)": np.exp(-x) * G0, "G 2 (S)": np.exp(-2 * x) * G0})
    out = load_traces(path, configure(experiment="breakjunction", mask="z > 0.9: end"))
    assert out[0].ordinate.values.size == 2 * 36
    assert out[0].exclusions[0].indices.size == 4


# -- blind ------------------------------------------------------------------------------------------------------------


def test_blind_data_show_no_raw_numbers(raw: Path) -> None:
    (hidden,) = load_traces(
        raw, configure(y="I_meas", chain=BOTH, mask="leak > 1e-9: leaks", quantum="2e^2/h", blind=True)
    )
    (plain,) = load_traces(
        raw.with_name("raw.csv"), configure(y="I_meas", chain=BOTH, quantum="2e^2/h", blind_record="none.json")
    )
    assert hidden.blind
    assert hidden.raw == {}
    factor = hidden.ordinate.values[0] / plain.ordinate.values[25]
    np.testing.assert_allclose(hidden.exclusions[0].y, plain.ordinate.values[:25] * factor, rtol=1e-12)
    analysis = analyse(raw, y="I_meas", chain=BOTH, mask="leak > 1e-9: leaks")
    assert analysis.blind is not None
    assert analysis.estimates["step_height"].std_sys / analysis.estimates["step_height"].value == pytest.approx(
        math.hypot(0.01, 0.005), rel=1e-9
    )
    (answer,) = gzero.unblind(raw)
    assert answer.blind is not None
    assert dict(answer.blind.choices)["mask"] == "leak > 1e-9: leaks"
    assert answer.estimates["step_height"].value == pytest.approx(G0, rel=2e-3)


# -- metadata ---------------------------------------------------------------------------------------------------------


def test_metadata_are_used_only_when_declared(raw: Path) -> None:
    options = {"y": "I_meas", "chain": BOTH}
    silent = analyse(raw, **options)
    assert "temperature" not in {c.choice for c in silent.ledger}
    assert "lever_arm" not in silent.estimates  # which needs a temperature
    told = analyse(raw, from_metadata="temperature=Sample temperature, frequency", **options)
    said = {c.choice: (c.value, c.origin, c.note) for c in told.ledger}
    assert said["temperature"] == ("1.5 K", "data", "metadata 'Sample temperature'")
    assert said["frequency"][:2] == ("77 Hz", "data")
    assert told.estimates["lever_arm"].value > 0
    stated = analyse(raw, temperature="1.5 K", **options)
    assert told.estimates["lever_arm"].value == stated.estimates["lever_arm"].value


def test_a_declared_condition_wins_and_the_ledger_says_so(raw: Path) -> None:
    analysis = analyse(raw, y="I_meas", chain=BOTH, temperature="4.2 K", from_metadata="temperature=Sample temperature")
    said = {c.choice: (c.value, c.origin, c.note) for c in analysis.ledger}
    assert said["temperature"][:2] == ("4.2 K", "user")
    assert said["temperature of the file"] == (
        "1.5 K",
        "data",
        "metadata 'Sample temperature'; not used, as the declared 4.2 K wins",
    )


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("temperature", "2 entries could be the temperature: 1.5 K"), ("temperature=T_set", "is 2, without a unit; state it with --temperature '2 K'"),
        ("bias", "no entry of the metadata states a bias"), ("gain", "is a stage of a signal chain"), ("colour", "is no condition"),
    ],
)  # fmt: skip
def test_metadata_that_cannot_be_taken(raw: Path, asked: str, problem: str) -> None:
    with pytest.raises(GzeroError, match=problem):
        analyse(raw, y="I_meas", chain=BOTH, from_metadata=asked)


def test_a_quantum_that_needs_the_temperature_of_the_file(tmp_path: Path) -> None:
    """kappa0 = pi^2 kB^2/3h is 9.464e-13 W/K^2 (physics: pi^2 kB^2/(3h)); at 0.1 K the quantum is a tenth of that."""
    kappa = 9.4643e-14  # W/K at 0.1 K
    path = written(tmp_path / "k.csv", {"Vg (mV)": GATE, "K (W/K)": TRUTH * kappa}, comments=("Temperature: 100 mK",))
    with pytest.raises(GzeroError):
        gzero.analyse(path, quantum="kappa0*T")
    found = gzero.analyse(path, quantum="kappa0*T", from_metadata="temperature")
    assert found.estimates["step_height"].value / kappa == pytest.approx(1, rel=1e-3)
    assert found.quantum is not None
    assert found.quantum.value == pytest.approx(kappa, rel=1e-4)


def test_a_bias_from_the_metadata_through_a_divider(tmp_path: Path) -> None:
    path = written(
        tmp_path / "b.csv", {"Vg (mV)": GATE, "I (nA)": CURRENT * 1e9}, comments=("Source-drain bias: 1.00(1) V",)
    )
    step = analyse(path, from_metadata="bias", chain="bias: divider=1.000(5)e-4").estimates["step_height"]
    assert step.value == pytest.approx(G0, rel=2e-3)
    assert step.std_sys / step.value == pytest.approx(math.hypot(0.01, 0.005), rel=1e-9)


def test_a_measurement_in_hand_has_no_metadata() -> None:
    measurement = Measurement.from_arrays(x=GATE, y=TRUTH * G0, x_unit="mV", y_unit="S")
    with pytest.raises(ConfigError, match="no entry of the metadata states a temperature"):
        gzero.analyse(measurement, from_metadata="temperature")


@pytest.mark.parametrize("option", [{"chain": "y: amplifier=10"}, {"mask": "rows 1:3: settling"}])
def test_a_measurement_in_hand_has_no_columns(option: dict[str, str]) -> None:
    """What cannot be done must not be passed over in silence."""
    measurement = Measurement.from_arrays(x=GATE, y=TRUTH * G0, x_unit="mV", y_unit="S")
    with pytest.raises(ConfigError, match="is of the columns of a file"):
        gzero.analyse(measurement, quantum="2e^2/h", **option)


def test_traces_of_a_map_each_behind_the_chain_and_without_their_own_overload(tmp_path: Path) -> None:
    """Two slices that stand at 9 V in different places; the slow axis says where they are."""
    volts = [CURRENT * 1e8, CURRENT * 1e8 * 0.5]
    places = [(40, 45), (200, 205)]
    for column, (first, last) in zip(volts, places, strict=True):
        column[first:last] = 9.0
    columns = [Column(name="Vg", unit_text="mV", values=GATE, source="axis 0")]
    columns += [
        Column(
            name=f"w[{k}]",
            unit_text="V",
            values=v,
            source="w",
            coordinate=Coordinate(name="B", value=float(k), unit_text="T"),
        )
        for k, v in enumerate(volts)
    ]
    origin = Origin(path="map", sha256="0" * 64, loader="test", rows_read=301)
    config = configure(chain="y: iv_converter=1.00(1)e8 V/A", bias="100 uV", mask="y > 8: overload")
    first, second = _measured(Table(columns=tuple(columns), metadata={}, origin=origin), "map", config)
    assert [e.indices.tolist() for m in (first, second) for e in m.exclusions] == [
        list(range(40, 45)),
        list(range(200, 205)),
    ]
    assert first.exclusions[0].y == pytest.approx([9.0 / 1e8 / 1e-4] * 5, rel=1e-12)
    assert first.ordinate.common == second.ordinate.common == {"chain: iv_converter of y": pytest.approx(-0.01)}
    np.testing.assert_allclose(second.ordinate.values, 0.5 * np.delete(TRUTH, range(200, 205)) * G0, rtol=1e-9)
    assert list(first.raw) == ["y [V]"]
