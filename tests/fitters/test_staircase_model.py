"""The staircase model on curves: number of steps, offset, what it misses, and what it says then."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

import gzero
from gzero.analysis import Analysis
from gzero.fitters.findings import Findings
from gzero.fitters.options import FitOptions
from gzero.fitters.staircase import fit
from gzero.quanta import G0, parse_quantum
from gzero.synthetic.staircase import simulate

Array = NDArray[np.float64]

X = np.linspace(0, 54, 400)
PLACES = (6.0, 18.0, 30.0, 42.0)
OPTIONS = FitOptions(quantum=parse_quantum("2e^2/h"))


def logistic(place: float, width: float = 1.0) -> Array:
    return np.asarray(1 / (1 + np.exp(-(X - place) / width)))


def gompertz(place: float) -> Array:
    """A complete riser of unit height that is as lopsided as can be: exp(s) in the foot, exp(-exp(s)) in the shoulder."""
    return np.asarray(1 - np.exp(-np.exp(X - place)))


def analysed(y: Array, noise: float, seed: int = 1, **options: str) -> Analysis:
    readings = y + noise * np.random.default_rng(seed).normal(size=X.size)
    measurement = gzero.Measurement.from_arrays(x=X, y=readings, x_unit="mV", y_unit="2e^2/h")
    return gzero.analyse(measurement, quantum="2e^2/h", **options)


def rivals(analysis: Analysis | Findings) -> dict[int, float]:
    """Number of steps -> BIC minus that of the number counted, from the ledger."""
    (choice,) = (c for c in analysis.ledger if c.choice == "number of steps")
    pairs = choice.note.partition("minus this one: ")[2].split(", ")
    return {int(n): float(d) for n, d in (pair.split(": ") for pair in pairs)}


@cache
def simulated(seed: int, *, world: str = "white", offset: float = 0.0, noise: float = 0.02) -> Findings:
    made = simulate(
        np.random.default_rng(seed), quantum=OPTIONS.quantum, seed=seed, world=world, offset=offset, noise=noise,
        stated_std=False,
    )  # type: ignore[arg-type]  # fmt: skip
    return fit(made.measurement, OPTIONS)


# -- number of steps --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [2, 3, 4, 6])
def test_one_step_more_or_less_is_worse_on_a_true_staircase(steps: int) -> None:
    """One fewer misses a step of fifty standard deviations in forty readings: chi2 of 1e5, shared among the others. One
    more puts half a quantum too much or too little somewhere, and pays ln(n) for each of its parameters besides."""
    for seed in range(6):
        made = simulate(
            np.random.default_rng(seed), quantum=OPTIONS.quantum, seed=seed, steps=steps, points=100 * steps
        )
        found = rivals(fit(made.measurement, OPTIONS))
        assert set(found) == {steps - 1, steps + 1}
        assert found[steps - 1] > 1000
        assert found[steps + 1] > 0


@pytest.mark.parametrize("apart", [0.5, 2.0, 3.0, 4.0, 5.0])
def test_a_riser_that_hides_in_another_is_told(apart: float) -> None:
    """Two of four risers nearer to each other than any valley between them shows are one riser of twice the height:
    levels 1, 3, 4 for 1, 2, 3. Four steps explain what three of half as much again do not."""
    y = logistic(6) + logistic(24 - apart / 2) + logistic(24 + apart / 2) + logistic(42)
    analysis = analysed(y, 0.02)
    assert [level.index for level in analysis.levels] == [1, 2, 3]
    assert rivals(analysis)[4] < -100
    assert any("4 steps explain the curve better than those counted" in w for w in analysis.warnings)
    assert analysis.verdict is not None
    assert analysis.verdict.decision == "not quantized"


def test_a_riser_too_small_for_one_is_told() -> None:
    """A third mode of transmission 0.3 is a shoulder to the counting, and the curve is none of equal steps."""
    y = logistic(6) + 0.3 * logistic(18) + logistic(30) + logistic(42)
    analysis = analysed(y, 0.02)
    assert any("too small for a riser" in w for w in analysis.warnings)
    assert analysis.verdict is not None
    assert analysis.verdict.decision != "quantized"


@pytest.mark.parametrize("noise", [0.002, 0.02])
@pytest.mark.parametrize("top", [0.5, 0.8])
def test_steps_of_unequal_height_are_no_slow_noise(top: float, noise: float) -> None:
    """The noise of the readings is found although the model of equal steps misses a step by a fifth of a quantum and
    more, the levels keep the uncertainty that it leaves them, and the misfit is told."""
    analysis = analysed(logistic(6) + logistic(18) + logistic(30) + top * logistic(42), noise)
    assert analysis.fit is not None
    assert analysis.fit.noise_model == "estimated from the data, white"
    last = analysis.levels[-1].level
    # a level of some 46 readings
    assert last.std < noise / 4 * G0
    assert abs(last.value / G0 - 3 - top) < 4 * last.std / G0
    assert any("not of one height" in w for w in analysis.warnings)
    assert analysis.verdict is not None
    assert analysis.verdict.decision != "quantized"
    if top == 0.5:
        assert analysis.verdict.decision == "not quantized"


# -- offset -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [0.03, -0.03])
def test_an_offset_is_fitted_where_there_is_one(offset: float) -> None:
    """A tenth of a step's noise of 0.02 over the 45 readings at pinch-off: 0.03 is ten of its standard uncertainties."""
    pulls = []
    for seed in range(20):
        found = simulated(seed, offset=offset).estimates
        assert "offset" in found
        pulls.append((found["offset"].value / G0 - offset) / (found["offset"].std / G0))
    # normal pulls: mean and size of twenty, to four of their standard errors
    assert abs(np.mean(pulls)) < 4 / np.sqrt(20)
    assert np.sqrt(np.mean(np.square(pulls))) < 1 + 4 / np.sqrt(40)


def test_an_offset_that_is_none_is_not_fitted() -> None:
    """OFFSET is three and a half standard uncertainties: 1 sweep in 2000 by chance. Four thousandths of 60 by 1e-4."""
    fitted = sum("offset" in simulated(seed).estimates for seed in range(60))
    assert fitted <= binom.ppf(1 - 1e-4, 60, 5.3e-4)


def test_a_stated_offset_is_not_fitted_again() -> None:
    readings = sum(logistic(v) for v in PLACES) + 0.1 + 0.02 * np.random.default_rng(1).normal(size=X.size)
    measurement = gzero.Measurement.from_arrays(
        x=X, y=readings, x_unit="mV", y_unit="2e^2/h", offset=f"{0.1 * G0 * 1e6:.4f}(1) uS"
    )
    findings = fit(measurement, OPTIONS)
    assert findings.fit is not None
    assert "offset" not in findings.fit.names
    without = gzero.Measurement.from_arrays(x=X, y=readings, x_unit="mV", y_unit="2e^2/h")
    assert fit(without, OPTIONS).estimates["offset"].value / G0 == pytest.approx(0.1, abs=0.01)


def test_red_noise_has_a_free_offset() -> None:
    """Nothing tells a constant from the lowest frequencies of slow noise."""
    for seed in range(10):
        findings = simulated(seed, world="1/f")
        assert findings.fit is not None
        assert findings.fit.method == "generalised least squares"
        assert "offset" in findings.fit.names


# -- what the model misses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("noise", [0.0005, 0.005])
@pytest.mark.parametrize("mirrored", [False, True])
def test_lopsided_risers_are_a_misfit_and_not_noise(noise: float, mirrored: bool) -> None:
    """No symmetric riser and no curvature of the gate follows these. The best values stay those of an ordinary fit, what
    is left over stands in its covariance, and the levels rest on the flat stretches alone."""
    y = sum(gompertz(v) for v in PLACES)
    if mirrored:
        y = 4 - y[::-1]
    analysis = analysed(y, noise)
    assert analysis.fit is not None
    assert analysis.fit.method == "least squares, sandwich covariance"
    assert any("the model misses the shape of the curve" in w for w in analysis.warnings)
    for name in ("step_height", "step_height_model"):
        estimate = analysis.estimates[name]
        assert abs(estimate.value / G0 - 1) < 2.5 * estimate.std / G0
    # the plateaus know better than the model here, whose leftovers do not make them worse
    assert analysis.estimates["step_height"].std < 0.3 * analysis.estimates["step_height_model"].std
    assert analysis.estimates["step_height"].std / G0 < 2e-3
    assert analysis.verdict is not None
    assert analysis.verdict.decision == "quantized"


@pytest.mark.parametrize("world", ["white", "ar1", "1/f", "telegraph", "adc"])
def test_noise_is_no_misfit(world: str) -> None:
    """MISFIT lets 2 of 100 sweeps of noise through by its own account; telegraph noise and AR(1) are the worst of them."""
    missed = sum(any("misses the shape" in w for w in simulated(seed, world=world).warnings) for seed in range(40))
    assert missed <= binom.ppf(1 - 1e-3, 40, 0.02)


def test_the_range_ends_with_the_top_plateau() -> None:
    """What rises beyond it has no say: with a last riser at the end of the sweep, two thirds seen."""
    y = sum(logistic(v) for v in (6, 18, 30, 42))
    keep = X < 42.7
    readings = y + 0.005 * np.random.default_rng(3).normal(size=X.size)
    measurement = gzero.Measurement.from_arrays(x=X[keep], y=readings[keep], x_unit="mV", y_unit="2e^2/h")
    analysis = gzero.analyse(measurement, quantum="2e^2/h")
    assert analysis.fit is not None
    assert [n for n in analysis.fit.names if n.startswith("threshold")] == ["threshold_1", "threshold_2", "threshold_3"]
    step = analysis.estimates["step_height_model"]
    assert abs(step.value / G0 - 1) < 3.5 * step.std / G0
    assert step.std / G0 < 2e-3


def test_risers_wider_than_the_sweep_are_no_defect() -> None:
    """Ten noisy readings a branch: a width of half the sweep makes the window of a further step longer than the curve."""
    x = np.linspace(0, 1, 27)
    y = 1 / (1 + np.exp(-(x - 0.3) / 0.4)) + 0.02 * np.random.default_rng(4).normal(size=27)
    measurement = gzero.Measurement.from_arrays(x=x, y=y, x_unit="V", y_unit="2e^2/h")
    assert gzero.analyse(measurement, quantum="2e^2/h").verdict is not None
