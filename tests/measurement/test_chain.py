"""Signal chains: what they make of a column, what they refuse, and what they are uncertain by.

Every expected number is worked out by hand from the definition of the stage, or by the `uncertainties` package."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from uncertainties import ufloat

from gzero.errors import ConfigError, GzeroError, UnitError
from gzero.estimate import Estimate
from gzero.loaders.table import Table
from gzero.measurement.chain import Chain, Stage, convert, convert_declared, is_of_instrument
from gzero.measurement.chain_text import canonical_chain, chain_text, parse_chain
from gzero.measurement.kinds import kind
from gzero.measurement.roles import Wanted, columns_of

RAW = [0.0, 1.0, -2.5]


def undo(table: Table, text: str, *, spreads: dict[int, tuple[int, ...]] | None = None, experiment: str = "staircase"):
    """The table with the chains of a text undone."""
    find = lambda key: columns_of(table, key, kind(experiment), Wanted())  # noqa: E731
    return convert(table, parse_chain(text), find, spreads=spreads)


# -- the grammar ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "std"),
    [
        ("iv_converter=1e8 V/A", 1e8, 0.0), ("iv_converter=1.00(1)e8 V/A", 1e8, 1e6), ("iv_converter=1e8(1e6) V/A", 1e8, 1e6),
        ("iv_converter=100 +/- 1 mV/nA", 1e8, 1e6), ("iv_converter=1e8 +/- 1 % V/A", 1e8, 1e6), ("iv-converter = 100 MV/A", 1e8, 0.0),
        ("iv_converter=1.0(1)e-8 A/V", 1e8, 1e7), ("iv_converter=100(1) Mohm", 1e8, 1e6), ("iv_converter=-1e8 V/A", -1e8, 0.0),
        ("amplifier=100.0(5)", 100.0, 0.5), ("amplifier=1e3", 1000.0, 0.0), ("amplifier=100 ± 2%", 100.0, 2.0),
        ("divider=1:10", 0.1, 0.0), ("divider=1/1000", 1e-3, 0.0), ("divider=0.1000(2)", 0.1, 2e-4), ("divider=1:1.000(2)e4", 1e-4, 2e-7),
        ("divider=1", 1.0, 0.0), ("lockin=rms", 1.0, 0.0), ("lockin=peak", 1 / math.sqrt(2), 0.0),
        ("lockin=peak-to-peak", 1 / (2 * math.sqrt(2)), 0.0), ("offset=3.0(5) mV", 3e-3, 5e-4), ("offset=-2 V", -2.0, 0.0),
    ],
)  # fmt: skip
def test_stages_are_read_with_their_uncertainty(text: str, value: float, std: float) -> None:
    stage = parse_chain(f"I: {text}")[0].stages[0]
    assert (stage.value, stage.std) == (pytest.approx(value, rel=1e-14), pytest.approx(std, rel=1e-12))


def test_stages_are_undone_in_one_order_whatever_the_order_in_which_they_are_written() -> None:
    stages = ["iv_converter=1e8 V/A", "amplifier=100", "lockin=peak", "offset=1 mV"]
    for order in (stages, stages[::-1]):
        chain = parse_chain(f"I: {', '.join(order)}")[0]
        assert [stage.kind for stage in chain.stages] == ["offset", "lockin", "amplifier", "iv_converter"]


def test_a_text_of_many_columns_and_the_tables_of_a_file_say_the_same() -> None:
    text = '"Lockin X": iv_converter=1e8 V/A @ FEMTO 1, amplifier=10, amplifier=20, unit=mV; V_sd: divider=1:10, instrument=box 2'
    tables = {
        "Lockin X": {"iv_converter": "1e8 V/A @ FEMTO 1", "amplifier": [10, "20"], "unit": "mV"},
        "V_sd": {"divider": "1:10", "instrument": "box 2"},
    }
    assert parse_chain(chain_text(tables)) == parse_chain(text)
    first, second = parse_chain(text)
    assert (first.column, first.unit) == ("Lockin X", "mV")
    assert [(s.kind, s.value, s.instrument) for s in first.stages] == [
        ("amplifier", 10.0, ""), ("amplifier", 20.0, ""), ("iv_converter", 1e8, "FEMTO 1"),
    ]  # fmt: skip
    assert [(s.kind, s.instrument) for s in second.stages] == [("divider", "box 2")]


def test_two_spellings_have_one_canonical_text() -> None:
    a = canonical_chain("V: divider=1:10; I: iv_converter=1.00(1)e8 V/A, amplifier=100")
    assert a == canonical_chain("I: amplifier=1e2, iv_converter=100 +/- 1 MV/A; V: divider=0.1")
    assert a != canonical_chain("I: amplifier=1e2, iv_converter=100 +/- 2 MV/A; V: divider=0.1")
    assert canonical_chain(" no chain ") == "no chain"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "states nothing"), (" ; ", "states nothing"), ("I", "is not COLUMN: STAGE=VALUE"), ("I:", "a stage is missing"),
        ("iv_converter=1e8 V/A", "is not COLUMN"), (": amplifier=1", "is not COLUMN"), ("I: gain=100", "'gain=100' is no stage"),
        ("I: amplifier", "'amplifier' is no stage"), ("I: amplifier=", "is no stage"), ("I: amplifier=1,", "a stage is missing"),
        ("I: unit=V", "no stage is stated"), ("I: unit=V, unit=mV, amplifier=1", "unit is stated twice"),
        ("I: amplifier=ten", "'ten' is not a quantity"), ("I: amplifier=100 V/A", "has the unit"), ("I: amplifier=0", "other than zero"),
        ("I: amplifier=20 dB", "unit 'dB' is not known"), ("I: iv_converter=1e8", "states no unit"), ("I: iv_converter=1e8 V", "has the unit"),
        ("I: iv_converter=0 V/A", "other than zero"), ("V: divider=10", "between 0 and 1"), ("V: divider=-0.1", "between 0 and 1"),
        ("V: divider=10:1", "between 0 and 1"), ("V: divider=1:0", "no ratio"), ("V: divider=1 V:10", "no ratio"), ("V: divider=0.1 V", "has the unit"),
        ("I: lockin=RMS!", "no amplitude"), ("I: lockin=rms, lockin=peak", "lockin is stated twice"), ("I: offset=3", "states no unit"),
        ("I: offset=3 °C", "is not known"), ("I: iv_converter=metadata Gain", "no metadata 'Gain'"), ("I: amplifier=1e999", "beyond the largest"),
        ("I: amplifier=__import__('os')", "is not a quantity"), ("x" * 5000, "5000 signs"),
    ],
)  # fmt: skip
def test_what_is_no_chain_is_one_clear_line(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match="chain") as raised:
        parse_chain(text)
    assert problem in str(raised.value)
    assert raised.value.remedy
    assert len(str(raised.value)) < 320


@pytest.mark.parametrize(
    "stated",
    [[], 3, {"I": "1e8 V/A"}, {"I": {}}, {"I": {"amplifier": True}}, {"I": {"amplifier": {"a": 1}}}, {"I": {"amplifier": "1,5"}}, {'a"b': {"amplifier": 1}}],
)  # fmt: skip
def test_what_are_no_tables_of_stages(stated: object) -> None:
    with pytest.raises(ConfigError, match="chain"):
        chain_text(stated)


@given(st.text(max_size=40) | st.text(alphabet='IV:;,=@"0123456789.()+-/ eiv_converter', max_size=40))
def test_no_text_crashes(text: str) -> None:
    try:
        found = parse_chain(text)
    except ConfigError as error:
        found = error
    assert found


def test_a_gain_is_taken_from_the_metadata_where_that_is_declared() -> None:
    stage = parse_chain("I: iv_converter=metadata preamp gain", {"Preamp gain": "1e8 V/A"})[0].stages[0]
    assert (stage.value, stage.text) == (1e8, "1e8 V/A (metadata 'Preamp gain')")
    with pytest.raises(ConfigError, match="'8' states no unit"):  # a power of ten, a factor, V/A?
        parse_chain("I: iv_converter=metadata Gain", {"Gain": "8"})


# -- what becomes of a column -----------------------------------------------------------------------------------------


def test_raw_volts_become_amperes_and_stay_beside_them(table) -> None:
    out = undo(
        table({"Vg (V)": RAW, "I_meas (mV)": RAW}),
        "I_meas: iv_converter=1e8 V/A, amplifier=100, lockin=peak, offset=0.5 mV",
    )
    column = out.table.columns[1]
    assert column.unit_text == "A"
    np.testing.assert_allclose(column.values, (np.array(RAW) - 0.5) * 1e-3 / math.sqrt(2) / 100 / 1e8, rtol=1e-14)
    assert column.raw is not None
    assert (column.raw.unit_text, column.raw.values.tolist()) == ("mV", RAW)
    assert out.table.columns[0].raw is None


def test_a_divided_column_stays_in_the_unit_that_the_file_writes(table) -> None:
    column = undo(table({"Vg (mV)": RAW, "G (S)": RAW}), "gate_voltage: divider=0.1").table.columns[0]
    assert column.unit_text == "mV"
    np.testing.assert_allclose(column.values, np.array(RAW) * 0.1, rtol=1e-15)


def test_uncertainties_of_the_raw_numbers_go_through_with_them(table) -> None:
    columns = {"Vg (V)": RAW, "I (V)": RAW, "I std": [0.1, 0.2, 0.3], "I err (A)": RAW}
    out = undo(table(columns), "I: iv_converter=-1e6 V/A, offset=1 V", spreads={1: (2, 3)}).table.columns
    np.testing.assert_allclose(out[2].values, [1e-7, 2e-7, 3e-7], rtol=1e-14)  # no sign, no offset
    assert (out[2].unit_text, out[3].unit_text, out[3].raw) == ("A", "A", None)


def test_every_stage_is_on_the_ledger_with_its_value_and_who_said_it(table) -> None:
    it = table({"Vg (V)": RAW, "I (V)": RAW})
    chains = parse_chain("I: iv_converter=1.00(1)e8 V/A @ FEMTO 1, lockin=rms")
    found = convert(it, chains, lambda key: columns_of(it, key, kind("staircase"), Wanted()), note="lab.toml").ledger
    assert [(c.choice, c.value, c.origin) for c in found] == [
        ("chain of I: lockin", "rms", "user"),
        ("chain of I: iv_converter", "1.00(1)e8 V/A", "user"),
    ]
    assert (
        "0.01 of the value; source 'instrument FEMTO 1: iv_converter'; raw column 'I [V]' kept; lab.toml"
        in found[1].note
    )


# -- no silent double conversion --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "stages", "problem"),
    [
        ("I (nA)", "iv_converter=1e8 V/A", r"already in \[A\]"), ("I (S)", "iv_converter=1e8 V/A", "gives volts, and its raw numbers are in"),
        ("I", "amplifier=100", "no unit of the raw numbers"), ("I (furlong)", "amplifier=100", "unit 'furlong' of the raw numbers is not known"),
        ("I (nA)", "divider=0.1", "a divider is of a voltage"), ("I (V)", "offset=3 nA", r"an offset in \[A\]"),
        ("I (°C)", "amplifier=2", "zero of its own"), ("I (V)", "amplifier=2, unit=furlong", "'furlong' of the raw numbers"),
    ],
)  # fmt: skip
def test_a_chain_that_the_column_cannot_have_gone_through(table, header: str, stages: str, problem: str) -> None:
    with pytest.raises(UnitError, match=problem) as raised:
        undo(table({"Vg (V)": RAW, header: RAW}), f"2: {stages}")
    assert raised.value.remedy
    assert raised.value.path == "lab.csv"


def test_a_stated_raw_unit_stands_in_for_the_header_and_says_so_where_it_contradicts(table) -> None:
    silent = undo(table({"Vg (V)": RAW, "I": RAW}), "I: iv_converter=1e6 V/A, unit=mV")
    np.testing.assert_allclose(silent.table.columns[1].values, np.array(RAW) * 1e-9, rtol=1e-14)
    assert silent.warnings == ()
    loud = undo(table({"Vg (V)": RAW, "I (A)": RAW}), "I: iv_converter=1e6 V/A, unit=V")
    np.testing.assert_allclose(loud.table.columns[1].values, np.array(RAW) * 1e-6, rtol=1e-14)
    assert loud.warnings == ("the header of 'I [A]' states [A], the chain [V]: its raw numbers are read in V",)


def test_two_chains_of_one_column(table) -> None:
    with pytest.raises(ConfigError, match="two signal chains are stated"):
        undo(table({"Vg (V)": RAW, "I (V)": RAW}), "I: amplifier=10; 2: amplifier=10")


def test_a_column_that_is_not_there(table) -> None:
    with pytest.raises(GzeroError, match=r"there is no column 'J'; choose one of .* or a role: .*gate_voltage"):
        undo(table({"Vg (V)": RAW, "I (V)": RAW}), "J: amplifier=10")


def test_a_role_stands_for_all_traces_of_a_map(table) -> None:
    it = table({"Vg (V)": RAW, "w[0] (V)": RAW, "w[1] (V)": RAW}, places=[1.0, 2.0])
    out = undo(it, "y: iv_converter=1.00(1)e6 V/A")
    assert [c.unit_text for c in out.table.columns] == ["V", "A", "A"]
    assert (
        out.table.columns[1].common == out.table.columns[2].common == {"chain: iv_converter of y": pytest.approx(-0.01)}
    )
    assert len(out.ledger) == 1


# -- uncertainties ----------------------------------------------------------------------------------------------------


def test_relative_and_absolute_shifts_are_those_of_first_order_propagation() -> None:
    """Against the `uncertainties` package: the partial derivatives of (raw - offset) divider / amplifier / converter."""
    a, c, d, o = ufloat(100, 0.5), ufloat(-1e8, 1e6), ufloat(0.1, 2e-4), ufloat(0.3, 0.05)
    value = (2.0 - o) * d / a / c
    chain = Chain(
        column="I",
        stages=(
            Stage(kind="offset", value=0.3, std=0.05, unit="V"), Stage(kind="divider", value=0.1, std=2e-4),
            Stage(kind="amplifier", value=100, std=0.5), Stage(kind="iv_converter", value=-1e8, std=1e6, unit="ohm"),
        ),
    )  # fmt: skip
    found = {source: share * value.nominal_value for source, share in chain.common().items()} | chain.shift()
    exact = {
        "chain: amplifier of I": value.derivatives[a] * a.std_dev, "chain: iv_converter of I": value.derivatives[c] * c.std_dev,
        "chain: divider of I": value.derivatives[d] * d.std_dev, "chain: offset of I": value.derivatives[o] * o.std_dev,
    }  # fmt: skip
    assert found == {name: pytest.approx(shift, rel=1e-12) for name, shift in exact.items()}
    at = convert_declared(chain, Estimate(value=2.0, unit="V"), "bias")
    assert at.value == pytest.approx(value.nominal_value, rel=1e-14)
    assert at.std == pytest.approx(value.std_dev, rel=1e-12)


def test_two_amplifiers_are_two_sources_and_one_instrument_is_one_in_every_file() -> None:
    one = parse_chain("I: amplifier=10(1), amplifier=20(2)")[0]
    assert set(one.common()) == {"chain: amplifier of I", "chain: amplifier 2 of I"}
    named = [parse_chain(f"{column}: amplifier=10(1), instrument=SR560")[0] for column in ("I", "J")]
    assert named[0].common() == named[1].common() == {"instrument SR560: amplifier": pytest.approx(-0.1)}
    assert is_of_instrument("instrument SR560: amplifier")
    assert not is_of_instrument("chain: amplifier of I")


def test_a_declared_bias_with_a_stage_that_it_cannot_have() -> None:
    with pytest.raises(UnitError, match="already in"):
        convert_declared(parse_chain("bias: iv_converter=1e6 V/A")[0], Estimate(value=1.0, unit="A"), "bias")
