"""A fit that learns its noise, on staircases of unit steps whose noise is known: what it takes the noise for, what that
does to weights and covariance, and what it calls a misfit.

Expected covariances come from the true noise matrix C by J^+ C J^+^T and (J^T C^-1 J)^-1, written out with numpy here;
expected frequencies from the law of the noise. Chance is given four standard errors throughout (6 in 1e5)."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.fft import dct
from scipy.stats import binom, norm, t

from gzero.errors import InputError
from gzero.fitters.engine import fit_problem
from gzero.fitters.learnt_noise import MISFIT, Learnt, fit_learning
from gzero.fitters.problem import Problem
from gzero.measurement.curve import Curve
from gzero.models.staircase import staircase
from gzero.reduction.noise import Noise
from gzero.synthetic.noise import World, draw

Array = NDArray[np.float64]

N, S = 400, 0.02
X = np.linspace(0, 54, N)
PLACES = (6.0, 18.0, 30.0, 42.0)
#: Readings more than five widths from every riser: its tail is below 1 % there.
FLAT = np.min(np.abs(X[:, None] - np.array(PLACES)), axis=1) > 5
PLAIN, WITH_OFFSET = staircase(4, offset=False), staircase(4)
START = {
    "step_height": 1.01, "offset": 0.0,
    **{f"threshold_{n}": v + 0.1 for n, v in enumerate(PLACES, 1)}, **{f"width_{n}": 1.1 for n in range(1, 5)},
}  # fmt: skip
TRUTH = np.array([1.0, *PLACES, 1, 1, 1, 1])
SIGNAL = PLAIN.function(X, TRUTH)
J = PLAIN.jacobian(X, TRUTH)
J_OFFSET = WITH_OFFSET.jacobian(X, np.array([*TRUTH, 0.0]))
SWEEPS = 40


def problem(y: Array, *, std: Array | float = S, stated: bool = False, offset: bool = False) -> Problem:
    noise = Noise(std=np.broadcast_to(std, y.shape).copy(), stated=stated)
    return Problem(model=WITH_OFFSET if offset else PLAIN, curve=Curve(x=X, y=y), noise=noise)


def learn(y: Array, *, std: Array | float = S, stated: bool = False) -> Learnt:
    return fit_learning(
        problem(y, std=std, stated=stated), START, flat=FLAT, with_constant=problem(y, std=std, stated=stated, offset=True)
    )  # fmt: skip


def readings(world: World, seed: int) -> Array:
    return draw(world, np.random.default_rng(seed), signal=SIGNAL, std=S).readings


@cache
def sweeps(world: World, *, stated: bool = False) -> tuple[Learnt, ...]:
    return tuple(learn(readings(world, seed), stated=stated) for seed in range(SWEEPS))


def pulls(found: tuple[Learnt, ...], name: str, true: float) -> Array:
    return np.array([(one.fit.value(name) - true) / one.fit.std(name) for one in found])


def dof_of(learnt: Learnt, name: str) -> float:
    """Degrees of freedom of the variance of a parameter."""
    assert learnt.fit.variance_dof is not None
    return float(learnt.fit.variance_dof[learnt.fit.names.index(name)])


def is_normal(values: Array) -> None:
    """Mean and root mean square of standard normal numbers, to four of their standard errors."""
    assert abs(values.mean()) < 4 / np.sqrt(values.size)
    assert abs(np.sqrt(np.mean(values**2)) - 1) < 4 / np.sqrt(2 * values.size)


# -- white noise ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stated", [False, True])
def test_white_noise_is_called_white(stated: bool) -> None:
    """RED lets 1 in 500 pass as red by its own account."""
    red = sum(one.noise.red for one in sweeps("white", stated=stated))
    assert red <= binom.ppf(1 - 1e-4, SWEEPS, 1 / 500)


def test_stated_white_noise_is_believed_as_it_stands() -> None:
    """The fit is the ordinary one, to the last digit, and its covariance (J^T J)^-1 S^2."""
    y = readings("white", 1)
    learnt, plain = learn(y, stated=True), fit_problem(problem(y, stated=True), START)
    assert learnt.noise.spectrum is None
    assert np.array_equal(learnt.fit.values, plain.values)
    assert np.array_equal(learnt.fit.covariance, plain.covariance)
    design = PLAIN.jacobian(X, learnt.fit.values)
    assert learnt.fit.covariance == pytest.approx(S**2 * np.linalg.inv(design.T @ design), rel=1e-6)


def test_too_large_a_stated_uncertainty_is_believed_too() -> None:
    """Stated means stated: five times the noise gives five times the uncertainty."""
    y = readings("white", 1)
    large, right = learn(y, std=5 * S, stated=True), learn(y, stated=True)
    assert large.fit.covariance == pytest.approx(25 * right.fit.covariance, rel=1e-5)  # the minimum is good to 1e-7


@pytest.mark.parametrize("assumed", [0.1 * S, S, 30 * S])
def test_the_scale_of_white_noise_comes_from_the_residuals(assumed: float) -> None:
    """S^2 = RSS/(n - p - 1): p parameters, and a constant, which is never used as evidence about noise. Whatever was
    assumed before has no say."""
    y = readings("white", 2)
    learnt = learn(y, std=assumed)
    assert not learnt.noise.red
    left = y - PLAIN.function(X, learnt.fit.values)
    used = np.column_stack([PLAIN.jacobian(X, learnt.fit.values), np.ones(N)])
    left = left - used @ np.linalg.lstsq(used, left, rcond=None)[0]
    expected = float(left @ left) / (N - used.shape[1])
    assert learnt.noise.typical == pytest.approx(np.sqrt(expected), rel=1e-9)
    assert learnt.noise.typical == pytest.approx(S, rel=4 / np.sqrt(2 * N))
    # Student's factor of 390 degrees of freedom at 95 %, 1.966/1.960
    design = PLAIN.jacobian(X, learnt.fit.values)
    covariance = expected * np.linalg.inv(design.T @ design) * (1.96606 / 1.95996) ** 2
    assert learnt.fit.covariance == pytest.approx(covariance, rel=1e-4)


def test_estimates_under_white_noise_scatter_as_stated() -> None:
    for name, true in (("step_height", 1.0), ("threshold_2", 18.0), ("width_3", 1.0)):
        is_normal(pulls(sweeps("white"), name, true))


# -- noise that changes along the sweep -------------------------------------------------------------------------------

#: Standard deviation that grows fourfold, its logarithm a straight line, which the parabola of `unevenness` can follow.
GROWING = S * np.exp(np.log(2) * np.linspace(-1, 1, N))


@cache
def growing(*, stated: bool = False) -> tuple[Learnt, ...]:
    return tuple(
        learn(SIGNAL + GROWING * np.random.default_rng(seed).normal(size=N), std=GROWING if stated else S, stated=stated)
        for seed in range(SWEEPS)
    )  # fmt: skip


def test_noise_that_grows_is_followed() -> None:
    """Mean of ln(std) over the sweeps against the truth, at both ends and in the middle.

    A parabola through n/2.31 independent squares, each ln of variance 2: var ln(std) = (2.31/4) 2/n x^T M^-1 x with
    x = (1, u, u^2) and M the mean of x x^T over the sweep, -1 < u < 1.
    """
    found = np.array([one.noise.std * one.noise.typical / np.median(one.noise.std) for one in growing()])
    u = np.linspace(-1, 1, N)
    x = np.column_stack([np.ones(N), u, u**2])
    variance = 2.31 / 2 / N * np.einsum("ni,ij,nj->n", x, np.linalg.inv(x.T @ x / N), x)
    off = np.mean(np.log(found), axis=0) - np.log(GROWING)
    for place in (0, N // 2, N - 1):
        assert abs(off[place]) < 4 * np.sqrt(variance[place] / SWEEPS)
    assert not any(one.noise.red for one in growing())


def test_noise_that_grows_weighs_the_readings() -> None:
    """The learnt weights do as well as the true ones would, (J^T C^-1 J)^-1: the values scatter so, and so the fit says.
    Even noise of the same mean square would be said to leave the lowest riser half as well known, the highest better.

    The std of a parameter follows that of the noise where it is told, good to 0.13 of itself in one sweep at the ends
    (`test_noise_that_grows_is_followed`): the median of 40 to 1.25 * 0.13/sqrt(40) = 2.6 %, four of them.
    """
    best = np.sqrt(np.diag(np.linalg.inv((J / GROWING[:, None]).T @ (J / GROWING[:, None]))))
    even = np.sqrt(np.mean(GROWING**2) * np.diag(np.linalg.inv(J.T @ J)))
    for name, true in (("step_height", 1.0), ("threshold_1", 6.0), ("threshold_4", 42.0)):
        k = PLAIN.names.index(name)
        is_normal(pulls(growing(), name, true))
        values = np.array([one.fit.value(name) for one in growing()])
        assert np.std(values) == pytest.approx(best[k], rel=4 / np.sqrt(2 * SWEEPS))
        stds = np.array([one.fit.std(name) for one in growing()])
        assert np.median(stds) == pytest.approx(best[k], rel=0.104)
        if name == "threshold_1":
            assert even[k] > 1.5 * best[k]
        if name == "threshold_4":
            assert even[k] < 0.85 * best[k]


def test_stated_noise_is_not_learnt_again() -> None:
    """Stated uncertainties carry their own change along the sweep; nothing is put upon them."""
    for one in growing(stated=True):
        assert np.array_equal(one.noise.std, GROWING)


# -- correlated noise -------------------------------------------------------------------------------------------------

RHO = 0.9
AR1 = S**2 * RHO ** np.abs(np.subtract.outer(np.arange(N), np.arange(N)))


@pytest.mark.parametrize("stated", [False, True])
def test_ar1_noise_is_called_red(stated: bool) -> None:
    """Its likelihood ratio to white noise, -n ln(1 - rho^2) = 664, is far beyond RED: it is never missed. A constant is
    fitted with it, which cannot be told from its lowest frequencies."""
    for one in sweeps("ar1", stated=stated):
        assert one.noise.red
        assert one.fit.method == "generalised least squares"
        assert "offset" in one.fit.names


def test_ar1_noise_has_the_spectrum_of_the_textbook() -> None:
    """S(w) = S^2 (1 - rho^2)/(1 - 2 rho cos w + rho^2). Mean of ln S over the sweeps where a sweep has many lines.

    Two shape parameters and a scale are fitted to n lines of relative variance 2 each: at the frequencies below, ln S of
    one sweep scatters by less than 0.35 (three parameters to 200 lines give 0.17 on average), that of 40 by 0.055.
    """
    for w in (0.2, 0.6, 2.0):
        j = round(w * N / np.pi)
        found = [np.log(one.noise.spectrum.powers[j] * S**2) for one in sweeps("ar1") if one.noise.spectrum is not None]
        exact = S**2 * (1 - RHO**2) / (1 - 2 * RHO * np.cos(np.pi * j / N) + RHO**2)
        assert np.mean(found) == pytest.approx(np.log(exact), abs=4 * 0.055)


def test_estimates_under_ar1_noise_scatter_as_stated() -> None:
    """Stated as (J^T C^-1 J)^-1 with the true C would have it, times Student's factor for the few lines that the spectrum
    rests on at low frequency; white noise of the same size would promise less than half of it.

    d of these lines tell the variance to sqrt(2/d), the std to 1/sqrt(2 d), d = 6: 0.29 of itself in one sweep,
    1.25 * 0.29/sqrt(40) = 5.7 % in the median of 40; three of them.
    """
    exact = np.sqrt(np.diag(np.linalg.inv(J_OFFSET.T @ np.linalg.solve(AR1, J_OFFSET))))
    naive = S * np.sqrt(np.diag(np.linalg.inv(J.T @ J)))
    k = WITH_OFFSET.names.index("step_height")
    assert exact[k] > 2 * naive[k]
    for name, true in (("step_height", 1.0), ("threshold_2", 18.0)):
        is_normal(pulls(sweeps("ar1"), name, true))
        few = np.clip([dof_of(one, name) for one in sweeps("ar1")], 3, None)  # fewer than 3 count as 3, by `widening`
        stds = np.array([one.fit.std(name) for one in sweeps("ar1")]) / (t.ppf(0.975, few) / norm.ppf(0.975))
        assert np.median(stds) == pytest.approx(exact[WITH_OFFSET.names.index(name)], rel=0.17)


# -- what is no noise -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("world", ["white", "heteroscedastic", "ar1"])
def test_the_misfit_of_noise_is_about_one(world: World) -> None:
    """MISFIT lets 2 sweeps of 100 through."""
    found = np.array([one.misfit for one in sweeps(world)])
    assert np.sum(found > MISFIT) <= binom.ppf(1 - 1e-4, SWEEPS, 0.02)
    if world == "white":  # two mean squares of 130 and more readings: their ratio scatters by sqrt(2/130 + 2/270)
        assert np.abs(found - 1).max() < 4 * np.sqrt(2 / FLAT.sum() + 2 / (~FLAT).sum())


def bump(size: float) -> Array:
    """What the model cannot follow: a wave on every riser, without its part along the derivatives of the model, so that
    the best values stay the true ones; size is its root mean square on the risers over the noise."""
    wave = sum(np.exp(-((X - v) ** 2) / 8) * np.cos(2.5 * (X - v)) for v in PLACES)
    wave = wave - J @ np.linalg.lstsq(J, wave, rcond=None)[0]
    return np.asarray(size * S * wave / np.sqrt(np.mean(wave[~FLAT] ** 2)))


@pytest.mark.parametrize("size", [2.0, 5.0, 20.0])
def test_the_misfit_is_the_ratio_of_mean_squares(size: float) -> None:
    """(S^2 + <bump^2> on the risers)/(S^2 + <bump^2> on the flats), but for the chance in both mean squares."""
    shape = bump(size)
    expected = (S**2 + np.mean(shape[~FLAT] ** 2)) / (S**2 + np.mean(shape[FLAT] ** 2))
    learnt = learn(readings("white", 3) + shape)
    # relative variance 2/m + 4 b^2/(m (1 + b^2)^2) <= 3/m of the upper one, 2/m of the lower, m readings each
    assert learnt.misfit == pytest.approx(expected, rel=4 * np.sqrt(3 / (~FLAT).sum() + 2 / FLAT.sum()))
    assert learnt.misfit > MISFIT


def test_a_misfit_keeps_the_values_and_enters_the_covariance() -> None:
    """Values of the ordinary fit; covariance A^-1 J^T C J A^-1, A = J^T J, with the C that the residuals show, diagonal in
    the cosine transform. Student's factor differs from parameter to parameter, so coefficients are compared."""
    y = readings("white", 3) + bump(5.0)
    learnt = learn(y)
    assert learnt.noise.red
    assert learnt.fit.method == "least squares, sandwich covariance"
    assert np.array_equal(learnt.fit.values, fit_problem(problem(y), START).values)
    assert learnt.noise.spectrum is not None
    transform = dct(np.eye(N), type=2, norm="ortho", axis=0)
    covariance = (transform.T * learnt.noise.spectrum.powers) @ transform * np.outer(learnt.noise.std, learnt.noise.std)
    slope = np.linalg.pinv(PLAIN.jacobian(X, learnt.fit.values) / learnt.noise.std[:, None]) / learnt.noise.std
    expected = slope @ covariance @ slope.T
    stds, found = np.sqrt(np.diag(expected)), np.sqrt(np.diag(learnt.fit.covariance))
    assert learnt.fit.covariance / np.outer(found, found) == pytest.approx(expected / np.outer(stds, stds), abs=1e-6)
    assert np.all(found > 0.999 * stds)
    # the bump is orthogonal to the derivatives: the values are still right, to what the noise alone makes of them
    alone = S * np.sqrt(np.diag(np.linalg.inv(J.T @ J)))
    assert np.all(np.abs(learnt.fit.values - TRUTH) < 4.5 * alone)


def test_a_step_too_few_is_a_misfit() -> None:
    """A wrong model: three steps on four. A riser is left over, at which residuals are half a step and more."""
    y = readings("white", 4)
    few = Problem(model=staircase(3, offset=False), curve=Curve(x=X, y=y), noise=Noise(std=np.full(N, S), stated=False))
    start = {name: START[name] for name in few.model.names} | {"step_height": 4 / 3}
    learnt = fit_learning(few, start, flat=FLAT)
    assert np.sqrt(np.mean(learnt.fit.residuals**2)) > 5 * S
    assert learnt.noise.red or learnt.noise.typical > 5 * S  # what is left over is not said to be small
    assert learnt.fit.std("step_height") > 3 * S / np.sqrt(N)


# -- steps of unequal height ------------------------------------------------------------------------------------------

FREE = staircase(4, heights="free", offset=False)


def looser(of: Problem, found: Mapping[str, float]) -> tuple[Problem, Array]:
    """The same with a height of its own for every step."""
    at = [found["step_height"] if name.startswith("height") else found[name] for name in FREE.names]
    return replace(of, model=FREE), np.array(at)


def unequal(last: float, seed: int) -> Problem:
    signal = FREE.function(X, np.array([1, 1, 1, last, *PLACES, 1, 1, 1, 1]))
    return problem(signal + S * np.random.default_rng(seed).normal(size=N))


@pytest.mark.parametrize("last", [0.5, 0.8, 0.95])
def test_unequal_steps_do_not_look_like_slow_noise(last: float) -> None:
    """What a free height takes up is no evidence: the noise is white and of its true size, though the equal steps that are
    fitted miss the levels by many times of it. Without the looser problem, the same residuals are called red."""
    for seed in range(5):
        given = unequal(last, seed)
        learnt = fit_learning(given, START, flat=FLAT, looser=lambda found, of=given: looser(of, found))  # type: ignore[misc]
        assert not learnt.noise.red
        assert learnt.noise.typical == pytest.approx(S, rel=4 / np.sqrt(2 * N))
        assert fit_learning(given, START, flat=FLAT).noise.red


def test_equal_steps_lose_nothing_by_a_looser_problem() -> None:
    """The values are the same, and the scale of the noise is that of residuals without the three extra parameters: the
    sum of squares loses 3 S^2 of some 390 S^2, with the degrees of freedom that go with it."""
    for seed in range(5):
        given = unequal(1.0, seed)
        plain = fit_learning(given, START, flat=FLAT)
        free = fit_learning(given, START, flat=FLAT, looser=lambda found, of=given: looser(of, found))  # type: ignore[misc]
        assert np.array_equal(plain.fit.values, free.fit.values)
        # chi2 of three parameters stays below 21 (1 in 1e4)
        assert free.noise.typical == pytest.approx(plain.noise.typical, rel=21 / 390 / 2)


def test_slow_noise_stays_slow_beside_a_looser_problem() -> None:
    """Free heights are no excuse for AR(1) noise."""
    for seed in range(5):
        given = problem(readings("ar1", seed))
        assert fit_learning(given, START, flat=FLAT, looser=lambda found, of=given: looser(of, found)).noise.red  # type: ignore[misc]


# -- what cannot be learnt --------------------------------------------------------------------------------------------


def test_fewer_readings_than_parameters_are_refused() -> None:
    few = replace(problem(SIGNAL), curve=Curve(x=X[::50], y=SIGNAL[::50]), noise=Noise(std=np.full(8, S), stated=False))
    with pytest.raises(InputError, match="8 points for 9 parameters"):
        fit_learning(few, START, flat=FLAT[::50])


def test_robust_losses_learn_nothing() -> None:
    """Their residuals hold glitches, which are not of the noise: what was assumed stands."""
    learnt = fit_learning(replace(problem(readings("ar1", 1), stated=True), loss="huber"), START, flat=FLAT)
    assert learnt.noise.spectrum is None
    assert learnt.fit.method == "robust"


def test_exact_readings_give_the_truth() -> None:
    """Residuals of rounding size are no evidence against stated noise."""
    learnt = learn(SIGNAL, stated=True)
    assert not learnt.noise.red
    assert learnt.fit.values == pytest.approx(TRUTH, rel=1e-8)
