"""Decay of an imbalance: an independent engine, float scales, limits where nothing is determined, what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gzero
from gzero.errors import ConfigError, InputError, UnitError
from gzero.fitters.decay import fit
from gzero.fitters.findings import Findings
from gzero.fitters.options import FitOptions
from gzero.measurement.measurement import Measurement, condition
from gzero.pipeline.datasets import dataset
from gzero.quanta import H, parse_quantum
from gzero.synthetic.decay import simulate

OPTIONS = FitOptions(quantum=parse_quantum("1/h"))


def made(seed: int = 1, **options: object) -> Measurement:
    return simulate(np.random.default_rng(seed), seed=seed, **options).measurement  # type: ignore[arg-type]


def found(measurement: Measurement) -> Findings:
    return fit(measurement, OPTIONS)


def stating(measurement: Measurement, **conditions: str) -> Measurement:
    more = {name: condition(name, text) for name, text in conditions.items()}
    return replace(measurement, conditions={**measurement.conditions, **more})


def test_values_and_uncertainties_against_minuit() -> None:
    """iminuit, another engine, with tau as its parameter: the same minimum, and the same std to first order of its own
    (hesse) within 1 %, as tau is no linear parameter."""
    from iminuit import Minuit
    from iminuit.cost import LeastSquares

    m = made()
    cost = LeastSquares(
        m.abscissa.values, m.ordinate.values, m.ordinate.std, lambda t, a, tau, c: a * np.exp(-t / tau) + c
    )
    minuit = Minuit(cost, a=0.3, tau=0.5, c=0)
    minuit.strategy, minuit.tol = 2, 1e-6
    minuit.migrad()
    minuit.hesse()
    ours = found(m).estimates
    assert ours["tau"].value == pytest.approx(minuit.values["tau"], abs=1e-3 * minuit.errors["tau"])
    assert ours["tau"].std_stat == pytest.approx(minuit.errors["tau"], rel=0.01)
    assert ours["offset"].std_stat == pytest.approx(minuit.errors["c"], rel=0.01)


def test_conductance_is_compressibility_over_tau() -> None:
    """G = C/tau with the stated C, whose 5 % is a named source of its own (GUM: relative parts of a product)."""
    f = found(made())
    g, tau = f.estimates["conductance"], f.estimates["tau"]
    assert g.value == pytest.approx(0.5 / H / tau.value, rel=1e-5)  # C of the generator, as written with six digits
    assert g.systematic["compressibility"] == pytest.approx(0.05 * g.value, rel=2e-3)  # written with three digits
    assert g.std_stat / g.value == pytest.approx(tau.std_stat / tau.value, rel=1e-9)
    assert next(iter(f.estimates)) == "conductance"
    assert {line.source for line in f.budget} == {"noise of the readings", "compressibility"}
    assert [c.name for c in f.comparisons] == ["1/h", "2/h"]


@pytest.mark.parametrize(("size", "time"), [(1e-18, 1.0), (1e30, 1e-9), (1.0, 1e6)])
def test_the_scale_of_the_numbers_does_not_matter(size: float, time: float) -> None:
    """The same readings in other units: estimates scale exactly, to the engine's 1e-10 of a std and rounding."""
    plain, m = made(), made()
    series = {
        "time": replace(m.abscissa, values=m.abscissa.values * time),
        "imbalance": replace(m.ordinate, values=m.ordinate.values * size, std=np.asarray(m.ordinate.std) * size),
    }
    ours, theirs = found(replace(m, series=series)).estimates, found(plain).estimates
    for name, factor in (("tau", time), ("conductance", 1 / time), ("offset", size), ("initial_imbalance", size)):
        assert ours[name].value == pytest.approx(theirs[name].value * factor, abs=1e-6 * theirs[name].std_stat * factor)
        assert ours[name].std_stat == pytest.approx(theirs[name].std_stat * factor, rel=1e-6)


def test_readings_need_not_start_at_zero() -> None:
    """The same decay on a clock that is 3 s ahead: same tau; the imbalance at t = 0 is that of the clock."""
    m = made()
    late = replace(m, series={**m.series, "time": replace(m.abscissa, values=m.abscissa.values + 3.0)})
    assert found(late).estimates["tau"].value == pytest.approx(found(m).estimates["tau"].value, rel=1e-6)


def test_an_offset_that_is_declared_is_held() -> None:
    f = found(stating(made(offset=0.05), offset="0.050(2)"))
    assert "offset" not in f.estimates
    assert f.fit is not None
    assert f.fit.names == ("amplitude", "rate")
    # its uncertainty moves the rate: refitted with the offset one uncertainty up, to its second order
    again = found(stating(made(offset=0.05), offset="0.052"))
    shift = f.estimates["rate"].systematic["offset"]
    assert again.estimates["rate"].value - f.estimates["rate"].value == pytest.approx(shift, rel=0.05)
    assert shift != 0
    assert next(c for c in f.ledger if c.choice == "offset of the decay").origin == "user"


def test_a_range_below_tau_gives_a_limit_and_no_number() -> None:
    """40 short ranges of 0.6 tau: never a number, and tau is above its limit in 97.5 % of them (binomial: 35 of 40 leaves
    1e-4 to chance)."""
    held = 0
    for seed in range(40):
        f = found(made(seed, duration=0.3, tau=0.5))
        assert f.estimates == {}
        assert f.answer is not None
        assert f.answer.outcome == "undecided"
        limit = f.answer.numbers["tau_at_least_s"]
        held += limit is None or limit < 0.5
    assert held >= 35


def test_a_short_range_is_enough_where_the_offset_is_known() -> None:
    e = found(stating(made(3, duration=0.3, tau=0.5), offset="0")).estimates["tau"]
    assert abs(e.value - 0.5) < 4 * e.std_stat  # chance of 6e-5
    assert e.std_stat < 0.05


def test_no_decay_at_all() -> None:
    f = found(made(2, amplitude=0.0))
    assert f.estimates == {}
    assert f.answer is not None
    assert "any decay time fits" in f.answer.reasons[0]


def test_a_decay_within_the_first_step() -> None:
    f = found(made(2, tau=0.005))
    assert f.estimates == {}
    assert f.answer is not None
    assert "within the first step" in f.answer.reasons[0]
    assert "shorter waiting times" in f.answer.reasons[-1]


def test_what_is_not_stated_is_said() -> None:
    m = made()
    bare = found(replace(m, conditions={}))
    assert next(iter(bare.estimates)) == "tau"
    assert bare.comparisons == ()
    assert any("state --compressibility" in w for w in bare.warnings)
    assert any("without an uncertainty" in w for w in found(stating(m, compressibility="7.5e32 1/J")).warnings)
    assert any("is left" in w for w in found(made(offset=0.1)).warnings)


def test_the_shipped_decay() -> None:
    """Synthetic, one quantum: the truth within its interval; 5 % of compressibility cannot answer within 5 %."""
    analysis = gzero.analyse(dataset("li6_decay"))
    g = analysis.estimates["conductance"]
    assert abs(g.value * H - 1) < 3 * g.std * H
    assert analysis.answer is not None
    assert analysis.answer.outcome == "undecided"
    assert any("Krinner" in c.reference for c in analysis.comparisons)


@pytest.mark.parametrize(
    ("text", "options", "error", "words"),
    [
        ("t (s),dN/N\n0,0.3\n1,0.1\n", {}, InputError, "2 usable points are too few"),
        ("t (s),dN/N\n0,0.3\n1,nan\n2,0.05\n3,0.02\n4,0.01\n5,0\n", {}, InputError, "'nan' where a finite number"),
        ("t (s),dN/N\n0,0\n1,0\n2,0\n3,0\n4,0\n5,0\n", {}, InputError, "every reading is zero"),
        ("t (s),dN/N\n0,3\n1,2\n2,1\n3,1\n4,1\n5,0\n", {"offset": "0 uS"}, UnitError, "the offset is in"),
        ("t (s),dN/N\n0,3\n1,2\n2,1\n3,1\n4,1\n5,0\n", {"compressibility": "7e32 J"}, ConfigError, r"\[1/J\] is asked"),
    ],
)
def test_what_is_refused(
    tmp_path: Path, text: str, options: dict[str, str], error: type[Exception], words: str
) -> None:
    path = tmp_path / "lab.csv"
    path.write_text(text)
    with pytest.raises(error, match=words) as caught:
        gzero.analyse(path, experiment="decay", **options)
    assert "\n" not in str(caught.value)


def test_slow_noise_says_how_short_its_intervals_may_be() -> None:
    """The numbers are those of tests/fitters/test_reservoirs_coverage.py; white noise has nothing to say."""
    for stated, words in ((False, "learnt from the readings"), (True, "stated")):
        red = found(made(4, world="telegraph", stated_std=stated, points=80))
        (said,) = [w for w in red.warnings if "telegraph" in w]
        assert said.startswith(f"slow noise that is {words}: ")
        assert ("89.6 %" in said) is not stated
        assert ("91.4 %" in said) is stated
    assert not [w for w in found(made(1)).warnings if "telegraph" in w]
