"""Modes of heat: an independent engine, exact algebra, common errors of temperature, the three answers, what is refused."""

from dataclasses import replace
from pathlib import Path

import mpmath
import numpy as np
import pytest

import gzero
from gzero.errors import ColumnError, ConfigError, InputError, UnitError
from gzero.fitters.findings import Findings
from gzero.fitters.heat import fit
from gzero.fitters.options import FitOptions
from gzero.measurement.measurement import Measurement, Series, condition
from gzero.models.heat import mode_flow
from gzero.pipeline.datasets import dataset
from gzero.quanta import KAPPA0, Quantum
from gzero.synthetic.heat import simulate

OPTIONS = FitOptions(quantum=Quantum(symbol="", value=None, unit="W", row=""))


def made(seed: int = 1, **options: object) -> Measurement:
    return simulate(np.random.default_rng(seed), seed=seed, **options).measurement  # type: ignore[arg-type]


def found(measurement: Measurement, **options: float) -> Findings:
    return fit(measurement, replace(OPTIONS, **options))


def stating(measurement: Measurement, **conditions: str) -> Measurement:
    more = {name: condition(name, text) for name, text in conditions.items()}
    return replace(measurement, conditions={**measurement.conditions, **more})


def test_values_and_uncertainties_against_minuit() -> None:
    """iminuit, another engine, on the formula written out here; both end where the gradient is gone (1e-4 of a std)."""
    from iminuit import Minuit
    from iminuit.cost import LeastSquares

    m = made(channels=(1.0, 2.0), points=12)
    hot, y, std = m.abscissa.values, m.ordinate.values, np.asarray(m.ordinate.std)
    number, kb, h = m.series["channels"].values, 1.380649e-23, 6.62607015e-34

    def flow(i, one, two, coupling):
        i = i.astype(int)
        modes = np.where(number[i] == 1, one, two)
        return 1e18 * (
            modes * np.pi**2 * kb**2 / (6 * h) * (hot[i] ** 2 - 0.024**2) + 1e-9 * coupling * (hot[i] ** 5 - 0.024**5)
        )

    minuit = Minuit(LeastSquares(np.arange(y.size), 1e18 * y, 1e18 * std, flow), one=1, two=2, coupling=4)
    minuit.strategy = 2
    minuit.migrad()
    minuit.hesse()
    ours = found(m).estimates
    for name, theirs, scale in (
        ("modes_1", "one", 1.0),
        ("modes_2", "two", 1.0),
        ("phonon_coupling", "coupling", 1e-9),
    ):
        error = minuit.errors[theirs] * scale
        assert ours[name].value == pytest.approx(minuit.values[theirs] * scale, abs=1e-3 * error)
        assert ours[name].std_stat == pytest.approx(error, rel=1e-4)


def test_watts_of_ten_to_the_minus_eighteen_lose_no_digit() -> None:
    """Normal equations in 40 digits (mpmath) of readings of 1e-18 W with a phonon term of 1e-9 W/K^5."""
    m = made(channels=(1.0,), points=10, noise=1e-18)
    hot, y = m.abscissa.values, m.ordinate.values
    with mpmath.workdps(40):
        columns = [
            [mpmath.mpf(float(v)) for v in mode_flow(hot, np.full(hot.size, 0.024))],
            [mpmath.mpf(float(t)) ** 5 - mpmath.mpf("0.024") ** 5 for t in hot],
        ]
        normal = mpmath.matrix([[mpmath.fdot(a, b) for b in columns] for a in columns])
        right = mpmath.matrix([mpmath.fdot(a, [mpmath.mpf(float(v)) for v in y]) for a in columns])
        values = mpmath.lu_solve(normal, right)
        inverse = normal**-1
        stds = [float(mpmath.sqrt(inverse[i, i]) * mpmath.mpf("1e-18")) for i in range(2)]
    ours = found(m).estimates
    for i, name in enumerate(("modes", "phonon_coupling")):
        assert ours[name].value == pytest.approx(float(values[i]), rel=1e-9)  # 1e-10 is where the engine stops
        # a stated noise counts as one of 1e9 degrees of freedom, whose Student factor is 1 + 1.2e-9
        assert ours[name].std_stat == pytest.approx(stds[i], rel=1e-8)


@pytest.mark.parametrize("conductance", [False, True], ids=["flow", "conductance"])
def test_a_temperature_scale_moves_the_modes_as_its_power(conductance: bool) -> None:
    """A scale 1 % up: refitted with every temperature 1.01 times as large, and the shift that is stated beside. To first
    order modes fall by 2 % (flow) or 1 % (conductance); second orders are a hundredth of that."""
    noise = 2e-16 if conductance else 2e-17
    m = made(
        channels=(1.0, 2.0),
        noise=noise,
        scale_std=0.01,
        conductance=conductance,
        coupling=4e-9 if not conductance else 1e-10,
    )
    e = found(m).estimates["modes_per_channel"]
    share = 1 if conductance else 2
    assert e.systematic["temperature"] == pytest.approx(-0.01 * share * e.value, rel=0.01)
    up = {n: replace(s, values=1.01 * s.values) if n == "temperature" else s for n, s in m.series.items()}
    moved = replace(m, series=up)
    if not conductance:
        moved = stating(moved, reservoir_temperature=f"{24 * 1.01} mK")
    again = found(moved).estimates["modes_per_channel"]
    assert again.value - e.value == pytest.approx(e.systematic["temperature"], rel=0.03)


def test_the_cold_side_is_a_source_of_its_own() -> None:
    """Refitted with T_0 one uncertainty up: what the model's first order says, within its second (few per cent)."""
    m = stating(made(channels=(1.0,)), reservoir_temperature="24.0(1) mK")
    e = found(m).estimates["modes"]
    again = found(stating(m, reservoir_temperature="24.1 mK")).estimates["modes"]
    assert again.value - e.value == pytest.approx(e.systematic["reservoir_temperature"], rel=0.05)
    assert e.systematic["reservoir_temperature"] != 0


def test_a_column_of_the_cold_side() -> None:
    """T_0 that drifts from reading to reading, in the formula and in the fit."""
    m = made(channels=(1.0,), noise=1e-18)
    cold = np.linspace(0.020, 0.026, m.ordinate.values.size)
    hot = m.abscissa.values
    y = mode_flow(hot, cold) * 1.5 + 3e-9 * (hot**5 - cold**5)
    series = {**m.series, "heat_current": replace(m.ordinate, values=y, std=np.full(y.size, 1e-18))}
    series["reservoir_temperature"] = Series(name="reservoir_temperature", label="T_0", values=cold, unit="K")
    e = found(replace(m, series=series)).estimates
    assert e["modes"].value == pytest.approx(1.5, rel=1e-7)
    assert e["phonon_coupling"].value == pytest.approx(3e-9, rel=1e-7)


def test_differences_need_no_law_of_the_phonons() -> None:
    """Phonons of exponent 3.7, 50 times what is shipped: differences still hold the truth (z below 4 by chance at 1e-4),
    and the usual exponent is found to be wrong."""
    m = made(5, exponent=3.7, coupling=1e-9)
    f = found(m)
    e = f.estimates["modes_per_channel"]
    assert abs(e.value - 1) < 4 * e.std_stat
    assert abs(f.estimates["exponent"].value - 3.7) < 4 * f.estimates["exponent"].std_stat
    assert "phonon_coupling" not in f.estimates
    assert next(c for c in f.ledger if c.choice == "exponent of the phonons").origin == "data"


def test_a_blocked_channel_is_said() -> None:
    """One mode less at every number of channels: each added one carries a quantum, and the totals say what is missing."""
    f = found(made(2, missing=1.0))
    assert f.answer is not None
    assert f.answer.outcome == "yes"
    zero = f.answer.numbers["modes_at_zero_channels"]
    assert zero == pytest.approx(-1.0, abs=0.06)  # five standard uncertainties of 0.012
    assert any("fewer than channels" in w for w in f.warnings)


def test_unequal_channels_are_no() -> None:
    """Modes 1, 2.5, 3 are one a channel on average, and not one in each: 1.5 and 0.5 are added."""
    m = made(3, noise=5e-18, scale_std=0.001)
    number = m.series["channels"].values
    more = np.where(number == 2, 0.5, 0.0) * mode_flow(m.abscissa.values, np.full(number.size, 0.024))
    series = {**m.series, "heat_current": replace(m.ordinate, values=m.ordinate.values + more)}
    f = found(replace(m, series=series))
    assert f.answer is not None
    assert f.estimates["modes_per_channel"].value == pytest.approx(1.0, abs=0.01)
    assert f.answer.outcome == "no"
    assert "from 1 to 2 channels each added one carries 1.5" in f.answer.reasons[0]


@pytest.mark.parametrize(
    ("options", "outcome", "words"),
    [
        ({"scale_std": 0.005}, "yes", "within +-5 % of one"),
        ({"per_channel": 0.8}, "no", "all of it beyond"),
        ({"noise": 2e-15}, "undecided", "times as many readings would decide"),
        ({"scale_std": 0.05}, "undecided", "no number of readings decides: the systematic part"),
    ],
)
def test_the_three_answers(options: dict[str, float], outcome: str, words: str) -> None:
    f = found(made(4, **options))
    assert f.answer is not None
    assert f.answer.outcome == outcome
    assert any(words in reason for reason in f.answer.reasons)


def test_without_declared_channels_there_are_numbers_and_no_answer() -> None:
    m = made(channels=(2.0,))
    series = {name: s for name, s in m.series.items() if name != "channels"}
    f = found(replace(m, series=series))
    assert f.answer is None
    assert next(iter(f.estimates)) == "modes"
    assert f.comparisons == ()
    declared = found(stating(replace(m, series=series), channels="2"))
    assert declared.answer is not None
    assert declared.estimates["modes_per_channel"].value == pytest.approx(
        declared.estimates["modes"].value / 2, rel=1e-14
    )


def test_the_conductance_of_a_channel_at_the_stated_temperature() -> None:
    m = stating(made(channels=(1.0, 2.0)), temperature="30.0(3) mK")
    f = found(m)
    e = f.estimates["modes_per_channel"]
    assert f.estimates["thermal_conductance"].value == pytest.approx(e.value * KAPPA0 * 0.030, rel=1e-14)
    assert [c.name for c in f.comparisons] == ["kappa0*T", "2kappa0*T"]
    assert f.comparisons[0].value == pytest.approx(KAPPA0 * 0.030, rel=1e-14)
    assert f.comparisons[1].ratio == pytest.approx(e.value / 2, rel=1e-14)


def test_the_shipped_channels() -> None:
    """Synthetic, with one quantum a channel: the truth within its interval, and beside published heat quanta."""
    analysis = gzero.analyse(dataset("heat_channels"))
    assert analysis.answer is not None
    assert analysis.answer.outcome == "yes"
    e = analysis.estimates["modes_per_channel"]
    assert abs(e.value - 1) < 3 * e.std
    names = [c.name for c in analysis.comparisons]
    assert any("single electronic channel" in name for name in names)
    assert any("SiN phonon waveguides" in name for name in names)
    assert analysis.to_dict()["estimates"]["modes_per_channel"]["unit"] in ("", None)


WIDE = "T_h [mK],J 1 [fW],J 2 [fW]\n" + "".join(
    f"{t},{1e15 * one:.8g},{1e15 * two:.8g}\n"
    for t, one, two in (
        (
            t,
            mode_flow(np.array([t / 1e3]), np.array([0.02]))[0],
            2.5 * mode_flow(np.array([t / 1e3]), np.array([0.02]))[0],
        )
        for t in (25, 30, 35, 40, 45, 50)
    )
)


def test_columns_side_by_side_are_settings(tmp_path: Path) -> None:
    """One and 2.5 modes, no noise but that of eight digits: numbers without a number of channels, and no answer."""
    path = tmp_path / "wide.csv"
    path.write_text(WIDE)
    analysis = gzero.analyse(path, experiment="heat", reservoir_temperature="20 mK")
    assert analysis.answer is None
    assert analysis.estimates["modes_1"].value == pytest.approx(1.0, rel=1e-5)
    assert analysis.estimates["modes_2_beyond_1"].value == pytest.approx(1.5, rel=1e-5)


HEAD = "T_h [K],J [fW],channels\n"


@pytest.mark.parametrize(
    ("text", "options", "error", "words"),
    [
        (HEAD + "0.03,1,1\n0.04,2,1\n0.05,3,1\n0.06,4,1\n", {}, ConfigError, "the temperature of the cold side"),
        (HEAD + "0.03,1,1\n0.03,2,1\n0.03,3,1\n0.03,4,1\n", {"reservoir_temperature": "20 mK"}, InputError, "one temperature"),
        (HEAD + "0.03,1,-1\n0.04,2,1\n0.05,3,1\n0.06,4,1\n", {"reservoir_temperature": "20 mK"}, InputError, "-1 channels"),
        (HEAD + "0.03,1,1\n0.04,2,1\n", {"reservoir_temperature": "20 mK"}, InputError, "too few"),
        (HEAD + "0.03,0,1\n0.04,0,1\n0.05,0,1\n0.06,0,1\n", {"reservoir_temperature": "20 mK"}, InputError, "every reading is zero"),
        (HEAD + "0.02,1,1\n0.02,2,1\n0.02,3,1\n0.02,4,1\n", {"reservoir_temperature": "20 mK"}, InputError, "no heat flows"),
        (HEAD.replace("fW", "fA") + "0.03,1,1\n0.04,2,1\n0.05,3,1\n0.06,4,1\n", {"reservoir_temperature": "20 mK"}, ColumnError, "no column is recognised"),
        (HEAD + "0.03,1,1\n0.04,2,1\n0.05,3,1\n0.06,4,1\n", {"reservoir_temperature": "20 mV"}, UnitError, "where \\[K\\] is asked"),
    ],
)  # fmt: skip
def test_what_is_refused(
    tmp_path: Path, text: str, options: dict[str, str], error: type[Exception], words: str
) -> None:
    path = tmp_path / "lab.csv"
    path.write_text(text)
    with pytest.raises((error, InputError), match=words) as caught:
        gzero.analyse(path, experiment="heat", **options)
    assert "\n" not in str(caught.value)


def test_phonons_below_nothing_and_laws_that_matter_are_said() -> None:
    m = made(channels=(1.0,), coupling=-4e-9)
    assert any("phonon term is negative" in w for w in found(m).warnings)
    m = made(channels=(1.0,))
    assert any("hang on the law of the phonons" in w for w in found(m).warnings)
    assert any("no uncertainty of the temperature scale" in w for w in found(made(scale_std=0.0)).warnings)


def test_a_stated_exponent_of_the_phonons() -> None:
    """Phonons of T^4 (a dirty metal): held at 4 the modes are right and the ledger names who chose; held at 6, which the readings
    exclude, it stands and is said to be excluded."""
    m = made(exponent=4.0, noise=1e-17)
    right = found(m, phonon_exponent=4.0)
    modes = right.estimates["modes_per_channel_model"]
    assert abs(modes.value - 1) < 4 * modes.std
    assert "exponent" not in right.estimates
    said = {c.choice: c for c in right.ledger}["exponent of the phonons"]
    assert (said.value, said.origin, said.note) == ("4, held", "user", "")
    wrong = found(m, phonon_exponent=6.0)
    assert any("exclude the stated exponent 6" in warning for warning in wrong.warnings)
    assert {c.choice: c.value for c in wrong.ledger}["exponent of the phonons"] == "6, held"
    free = found(m)
    assert abs(free.estimates["exponent"].value - 4) < 4 * free.estimates["exponent"].std


def test_an_exponent_that_no_phonons_have() -> None:
    with pytest.raises(ConfigError, match=r"phonon-exponent: 20 is not between 2\.3 and 9"):
        gzero.analyse(made(), phonon_exponent=20)
