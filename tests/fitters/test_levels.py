"""Levels of a staircase and their joint covariance: against synthetic experiments with known truth and, for the linear
algebra, against the true noise matrix written out with numpy. Four standard errors throughout (6 in 1e5)."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from gzero.estimate import Estimate
from gzero.fitters.levels import COARSE, Levels, levels_of, noise_of_flats
from gzero.measurement.curve import Curve
from gzero.models.staircase import staircase
from gzero.reduction.calibration import Calibration
from gzero.reduction.noise import Noise
from gzero.reduction.plateaus import Staircase, find_staircase
from gzero.reduction.spectrum import autoregressive
from gzero.synthetic.noise import draw

Array = NDArray[np.float64]

N, S, RHO, SWEEPS = 400, 0.02, 0.7, 200
X = np.linspace(0, 54, N)
PLACES = (6.0, 18.0, 30.0, 42.0)
SIGNAL = staircase(4, offset=False).function(X, np.array([1.0, *PLACES, 1, 1, 1, 1]))
EXACT = Calibration.of({})
WHITE = Noise(std=np.full(N, S), stated=True)
RED = replace(WHITE, spectrum=autoregressive(N, RHO))
LAGS = np.abs(np.subtract.outer(np.arange(N), np.arange(N)))


def found_on(y: Array) -> Staircase:
    return find_staircase(Curve(x=X, y=y, y_std=WHITE.std))


@cache
def sweeps(red: bool) -> tuple[Levels, ...]:
    """Levels of many sweeps under the noise that was put in. Slow noise may tilt a plateau until it is none; such sweeps, 1
    in 100 at most, have other levels and are no part of the question."""
    out = []
    for seed in range(SWEEPS):
        made = draw("ar1" if red else "white", np.random.default_rng(seed), signal=SIGNAL, std=S, rho=RHO)
        levels = levels_of(found_on(made.readings), RED if red else WHITE, EXACT, first=0)
        if len(levels.plateaus) == 4 or not red:
            out.append(levels)
    assert len(out) >= 0.99 * SWEEPS
    return tuple(out)


@cache
def quiet() -> Staircase:
    """A sweep with next to no noise: windows as they are, levels as they should be."""
    return find_staircase(Curve(x=X, y=SIGNAL + 1e-5 * np.random.default_rng(1).normal(size=N)))


# -- covariance -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("red", [False, True])
def test_levels_scatter_as_their_covariance_says(red: bool) -> None:
    """Truth n; from pinch-off, or from the reading there where the noise is red. The covariance is that of the noise and
    nothing else where no window is doubted, so pulls of such levels are standard normal; a doubted window widens."""
    found = sweeps(red)
    assert all(len(one.values) == 4 for one in found)
    assert all((one.reference is not None) == red for one in found)
    off = np.array([one.values for one in found]) - np.arange(1, 5)
    stated = np.array([one.noise for one in found])
    stds = np.sqrt(np.diagonal(stated, axis1=1, axis2=2))
    mean, spread = off.mean(axis=0), off.std(axis=0, ddof=1)
    assert np.all(np.abs(mean) < 4 * spread / np.sqrt(SWEEPS))
    assert spread / np.median(stds, axis=0) == pytest.approx(1, abs=4 / np.sqrt(2 * SWEEPS))
    # a window is doubted in few of the sweeps (2.5 standard uncertainties, two looks each: 1 level in 40)
    doubted = np.array([one.window > 0 for one in found])
    assert doubted.mean() < 0.05


@pytest.mark.parametrize("red", [False, True])
def test_levels_move_together_as_their_covariance_says(red: bool) -> None:
    """Correlations r of m experiments are known to (1 - r^2)/sqrt(m). Levels above the reading at pinch-off share it;
    levels above zero share a riser's tails at most."""
    off = np.array([one.values for one in sweeps(red)])
    mean = np.mean([one.noise for one in sweeps(red)], axis=0)
    stated = mean / np.sqrt(np.outer(np.diag(mean), np.diag(mean)))
    assert np.all(np.abs(np.corrcoef(off.T) - stated) <= 4 * (1 - stated**2) / np.sqrt(SWEEPS) + 1e-12)
    beside = stated[~np.eye(4, dtype=bool)]
    assert np.all(beside > 0.3) if red else np.all(np.abs(beside) < 0.2)


@pytest.mark.parametrize("red", [False, True])
def test_the_joint_chi2_has_as_many_degrees_as_levels(red: bool) -> None:
    """d^T C^-1 d of the whole vector: mean 4, variance 8. A doubted window lowers it, in 1 level of 40."""
    chi2 = []
    for one in sweeps(red):
        d = one.values - np.arange(1, 5)
        chi2.append(d @ np.linalg.solve(one.covariance, d))
    assert np.mean(chi2) == pytest.approx(4, abs=4 * np.sqrt(8 / SWEEPS))


@pytest.mark.parametrize("red", [False, True])
def test_the_covariance_is_that_of_the_readings(red: bool) -> None:
    """R C R^T with R the responses of the levels and C the true noise matrix.

    Infinite degrees of freedom count as 1e9, which leaves 2.4e-9. The cosine transform mirrors AR(1) noise at the ends of
    the sweep: a mean of the m readings there has rho/((1 - rho)^2 m L) of its variance too much, L = (1 + rho)/(1 - rho),
    and the mean power, which is left out of its scale, makes that L/(2 n) too large.
    """
    stairs = found_on(draw("white", np.random.default_rng(3), signal=SIGNAL, std=S).readings)
    noise = RED if red else WHITE
    levels = levels_of(stairs, noise, EXACT, first=0)
    response = np.array([p.response for p in stairs.plateaus])
    if red:
        assert stairs.baseline is not None
        response = response - stairs.baseline.response
    expected = response @ (S**2 * (RHO**LAGS if red else np.eye(N))) @ response.T
    stds = np.sqrt(np.diag(expected))
    bound = 1e-8
    if red:
        length = (1 + RHO) / (1 - RHO)
        m = min(stairs.baseline.points, stairs.plateaus[-1].points) if stairs.baseline else 1
        bound = RHO / ((1 - RHO) ** 2 * m * length) + length / (2 * N)
        assert bound < 0.07
    assert np.abs(levels.noise - expected).max() < bound * np.outer(stds, stds).max()
    assert response.sum(axis=1) == pytest.approx(0.0 if red else 1.0, abs=0.02)


def test_red_noise_without_pinch_off_counts_from_zero() -> None:
    """Nothing in the sweep tells a common shift of the readings from levels: the whole of it is in the covariance."""
    made = draw("ar1", np.random.default_rng(1), signal=SIGNAL, std=S, rho=RHO).readings
    late = X > 12
    stairs = find_staircase(Curve(x=X[late], y=made[late], y_std=WHITE.std[late]))
    assert not stairs.pinched_off
    n = int(late.sum())
    levels = levels_of(stairs, Noise(std=np.full(n, S), stated=True, spectrum=autoregressive(n, RHO)), EXACT, first=1)
    assert levels.reference is None
    assert levels.values == pytest.approx([2, 3, 4], abs=4 * S)


# -- calibration ------------------------------------------------------------------------------------------------------

CONDITIONS = {
    "gain": Estimate(value=1.02, systematic={"gain": 0.01}),
    "offset": Estimate(value=0.03, systematic={"offset": 0.004}, unit="S"),
    "series_resistance": Estimate(value=0.01, systematic={"series_resistance": 0.002}, unit="ohm"),
}


@pytest.mark.parametrize("red", [False, True])
def test_calibration_shifts_by_finite_differences(red: bool) -> None:
    """Each source moved by a thousandth of its standard uncertainty, the readings corrected again, the levels beside each
    other: differences of a smooth function, good to a part in a thousand. Above pinch-off an offset nearly cancels."""
    two = staircase(4, offset=False, series_resistance="free").function(X, np.array([1.0, *PLACES, 1, 1, 1, 1, 0.01]))
    made = 1.02 * two + 0.03

    def levels_with(conditions: dict[str, Estimate]) -> Levels:
        y = Calibration.of(conditions).apply(made)
        return levels_of(
            find_staircase(Curve(x=X, y=y, y_std=WHITE.std)), RED if red else WHITE, Calibration.of(conditions), first=0
        )

    base = levels_with(CONDITIONS)
    assert base.values == pytest.approx([1, 2, 3, 4], abs=2e-3)  # the tails of risers, e^-6, as they are taken out
    assert sorted(base.shifts) == ["gain", "offset", "series_resistance"]
    for name, estimate in CONDITIONS.items():
        std = estimate.systematic[name]
        moved = levels_with({**CONDITIONS, name: replace(estimate, value=estimate.value + 1e-3 * std)})
        expected = (moved.values - base.values) / 1e-3
        assert base.shifts[name] == pytest.approx(expected, rel=2e-3, abs=2e-3 * np.abs(expected).max() + 2e-5)


# -- windows and digits -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [0.03, 0.05])
def test_a_coarse_digitiser_is_in_every_level(step: float) -> None:
    """A uniform error of one step has std step/sqrt(12); noise of more than half a step averages over it."""
    stairs = found_on(SIGNAL)
    without = levels_of(stairs, WHITE, EXACT, first=0)
    levels = levels_of(stairs, WHITE, EXACT, first=0, adc_step=step)
    coarse = COARSE * step > S
    assert coarse == (step == 0.05)
    added = np.diag(levels.covariance - without.covariance)
    assert added == pytest.approx(np.full(4, step**2 / 12 if coarse else 0.0), rel=1e-9, abs=1e-15)
    assert np.array_equal(levels.noise, without.noise)


def test_a_tilted_window_is_doubted() -> None:
    """A slope of 0.2 of a step from riser to riser: the level depends on where its window is put, beyond its noise."""
    tilt = 0.2 * np.sin(2 * np.pi * (X - 12) / 12) * (X > 12) * (X < 48) / 2
    levels = levels_of(
        find_staircase(Curve(x=X, y=SIGNAL + tilt, y_std=np.full(N, 1e-4))),
        replace(WHITE, std=np.full(N, 1e-4)),
        EXACT,
        first=0,
    )
    assert np.all(levels.window[1:3] > 100 * np.sqrt(np.diag(levels.noise))[1:3])
    assert levels.covariance == pytest.approx(levels.noise + np.diag(levels.window**2), rel=1e-12)


def test_exact_levels_are_not_doubted() -> None:
    """Tails of risers are taken out to a part in a thousand of a step, 25 times below the noise of a level here."""
    levels = levels_of(quiet(), WHITE, EXACT, first=0)
    assert levels.values == pytest.approx([1, 2, 3, 4], abs=1e-3)
    assert not levels.window.any()


# -- what a claim is made of ------------------------------------------------------------------------------------------


def test_a_level_set_is_the_part_that_is_counted() -> None:
    """Indices are risers below, with those that lie before the data."""
    calibration = Calibration.of(CONDITIONS)
    levels = levels_of(quiet(), WHITE, calibration, first=2)
    counted = [levels.plateaus[0], levels.plateaus[2], levels.plateaus[3]]
    part = levels.level_set(counted, counted_from="user", resistance_fitted=False)
    assert part.indices.tolist() == [3, 5, 6]
    assert np.array_equal(part.values, levels.values[[0, 2, 3]])
    assert np.array_equal(part.covariance, levels.covariance[[0, 2, 3]][:, [0, 2, 3]])
    assert {name: shift.tolist() for name, shift in part.shifts.items()} == {
        name: shift[[0, 2, 3]].tolist() for name, shift in levels.shifts.items()
    }
    assert part.flat == (True, True, True)


def test_no_plateau_has_no_level() -> None:
    stairs = find_staircase(Curve(x=X, y=S * np.random.default_rng(1).normal(size=N), y_std=WHITE.std))
    assert stairs.plateaus == ()
    levels = levels_of(stairs, WHITE, EXACT, first=0)
    assert levels.values.shape == (0,)
    assert levels.covariance.shape == (0, 0)
    assert levels.shifts == {}


# -- the noise of the flats -------------------------------------------------------------------------------------------


def test_flats_show_that_noise_is_correlated() -> None:
    """L readings per independent one are AR(1) with rho = (L - 1)/(L + 1), whose power at low frequency over its variance
    is (1 + rho)/(1 - rho) = L again."""
    stairs = found_on(draw("ar1", np.random.default_rng(2), signal=SIGNAL, std=S, rho=RHO).readings)
    noise = noise_of_flats(WHITE, stairs)
    length = stairs.correlation_length
    assert length > 2
    assert noise.spectrum is not None
    lags = noise.spectrum.autocovariance(4) / noise.spectrum.variance
    rho = (length - 1) / (length + 1)
    # of n lines the lowest counts in full, and not in the variance: L/(2 n) each
    assert lags[1:] == pytest.approx([rho, rho**2, rho**3], abs=length / N)
    assert noise.correlation_length == pytest.approx(length, rel=0.02)
    assert np.array_equal(noise.std, WHITE.std)  # stated


def test_flats_show_more_noise_than_was_estimated() -> None:
    """An estimate is raised where a plateau is noisier by itself, and nowhere else; a stated one stands."""
    rng = np.random.default_rng(4)
    loud = (X > 32) & (X < 40)
    y = SIGNAL + S * np.where(loud, 4.0, 1.0) * rng.normal(size=N)
    stairs = find_staircase(Curve(x=X, y=y))
    third = stairs.plateaus[2]
    before = Noise(std=np.full(N, S), stated=False)
    noise = noise_of_flats(before, stairs)
    inside = slice(third.first, third.last + 1)
    # some fifty readings of 4 S
    assert noise.std[inside].mean() == pytest.approx(4 * S, rel=4 / np.sqrt(2 * third.points))
    assert np.array_equal(noise.std[: third.first - 30], np.maximum(before.std, noise.std)[: third.first - 30])
    assert noise.std.min() == S
    assert np.array_equal(noise_of_flats(replace(before, stated=True), stairs).std, before.std)
