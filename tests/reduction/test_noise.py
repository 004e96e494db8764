"""The noise estimate against the truth that was put in."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, norm, t

from gzero.reduction.noise import Noise, correlation_lengths, unevenness, white_noise, white_noises, widening
from gzero.reduction.spectrum import Spectrum, autoregressive, white
from gzero.reduction.stretches import Stretches
from gzero.synthetic.noise import draw


@pytest.mark.parametrize("sigma", [1e-9, 0.02, 5.0])
def test_white_noise_on_a_smooth_curve(sigma: float) -> None:
    rng = np.random.default_rng(3)
    x = np.linspace(0, 1, 4000)
    y = sigma * (10 * np.sin(3 * x) + rng.normal(size=x.size))
    # a MAD of n third differences, neighbours of which are correlated, scatters by about 1.2/sqrt(n)*1.6; 4 std
    assert white_noise(y) == pytest.approx(sigma, rel=4 * 1.9 / np.sqrt(x.size))


def test_white_noise_ignores_risers() -> None:
    rng = np.random.default_rng(4)
    x = np.linspace(0, 1, 2000)
    y = np.floor(4 * x) + 0.02 * rng.normal(size=x.size)
    assert white_noise(y) == pytest.approx(0.02, rel=0.15)


@pytest.mark.parametrize("y", [np.zeros(100), np.arange(3.0), np.full(50, 7.0)])
def test_no_noise_is_zero(y: np.ndarray) -> None:
    assert white_noise(y) == 0.0


def correlation_length(pieces: list[NDArray[np.float64]]) -> float:
    """Of one curve."""
    ends = np.array([piece.size for piece in pieces]).cumsum()
    here = Stretches.over(ends - [piece.size for piece in pieces], ends)
    (length,) = correlation_lengths(np.concatenate(pieces), here, np.array([0]))
    return float(length)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_correlation_length_of_ar1(rho: float) -> None:
    rng = np.random.default_rng(5)
    pieces = []
    for _ in range(200):
        e = rng.normal(size=150)
        y = np.empty_like(e)
        y[0] = e[0]
        for i in range(1, y.size):
            y[i] = rho * y[i - 1] + np.sqrt(1 - rho**2) * e[i]
        x = np.arange(y.size)
        pieces.append(y - np.polyval(np.polyfit(x, y, 1), x))
    # exact for AR(1): the variance of a mean of m readings is sigma^2/m (1 + rho)/(1 - rho) for long m
    assert correlation_length(pieces) == pytest.approx((1 + rho) / (1 - rho), rel=0.1)


def test_too_little_to_tell_is_one() -> None:
    assert correlation_length([np.array([1.0, 1.0, 1.0, 1.0, 1.0])]) == 1.0
    assert correlation_length([np.array([1.0, -1.0, 1.0])]) == 1.0


def test_correlation_lengths_of_curves_are_those_of_each() -> None:
    """Pieces of three curves, of the second of which nothing is told."""
    rng = np.random.default_rng(3)
    pieces = [np.cumsum(rng.normal(size=size)) for size in (40, 30, 4, 50, 60, 40)]
    ends = np.array([piece.size for piece in pieces]).cumsum()
    here = Stretches.over(ends - [piece.size for piece in pieces], ends)
    lengths = correlation_lengths(np.concatenate(pieces), here, np.array([0, 2, 3]))
    assert lengths.tolist() == [correlation_length(pieces[:2]), 1.0, correlation_length(pieces[3:])]
    assert min(lengths[[0, 2]]) > 1


def test_white_noise_of_many_is_that_of_each() -> None:
    y = np.random.default_rng(4).normal(size=(5, 90))
    assert white_noises(y).tolist() == [white_noise(own) for own in y]
    assert white_noises(y[:, :3]).tolist() == [0.0] * 5


# -- noise that changes along the sweep -------------------------------------------------------------------------------


@pytest.mark.parametrize("world", ["white", "ar1", "1/f", "adc"])
def test_even_noise_is_not_called_uneven(world: str) -> None:
    """By chance 1 in 1000; no more than 1 in 1e5 such counts are larger than this. Slow noise does not reach third
    differences: AR(1) with 0.9 and 1/f noise pass as white noise does."""
    rng = np.random.default_rng(6)
    draws = 500
    found = sum(unevenness(draw(world, rng, signal=np.zeros(400), std=1.0).readings) is not None for _ in range(draws))
    assert found <= binom.ppf(1 - 1e-5, draws, 1e-3)


def test_noise_that_grows_is_followed() -> None:
    """From 1/2 to 2 in a straight line. ln(std) of that is no parabola: its best one is 5 % too high at the left end and
    within 3 % elsewhere, at all but the left end; beyond that four standard errors of the mean of the draws."""
    rng = np.random.default_rng(7)
    n, draws = 2000, 60
    x = np.linspace(-1, 1, n)
    true = np.linspace(0.5, 2, n)
    true /= np.sqrt(np.mean(true**2))
    ratios = []
    for _ in range(draws):
        found = unevenness(true * rng.normal(size=n))
        assert found is not None  # a factor of 16 in the variance, seen by blocks that know theirs to 20 %
        assert np.mean(found**2) == pytest.approx(1.0, rel=1e-12)
        ratios.append(found / true)
    best = np.exp(np.polyval(np.polyfit(x, np.log(true), 2), x)) / true
    assert np.max(np.abs(best - 1)) < 0.06
    error = 4 * np.std(ratios, axis=0) / np.sqrt(draws)
    assert np.max(error) < 0.05
    # the root mean square is one of the parabola and of the truth, which shifts the one against the other by 1 %
    assert np.all(np.abs(np.mean(ratios, axis=0) - best) < error + 0.01)


def test_too_few_readings_to_tell_are_even() -> None:
    assert unevenness(np.linspace(0.1, 10, 95) * np.random.default_rng(1).normal(size=95)) is None
    assert unevenness(np.zeros(200)) is None


# -- the noise of a curve ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rho", [0.5, 0.9])
def test_whitened_noise_is_white_with_unit_variance(rho: float) -> None:
    """Of AR(1) over draws: variance one but for the scale, which is (1 + rho)/(1 - rho)/n too large in the powers and
    the lowest frequencies, and no correlation between neighbours; by Ljung and Box (1978, doi 10.1093/biomet/65.2.297)
    over ten lags no more than 5 % + 4 std beyond the 95 % quantile of chi2, 18.307."""
    rng = np.random.default_rng(8)
    n, draws, std = 400, 200, np.linspace(1, 3, 400)
    noise = Noise(std=std, stated=True, spectrum=autoregressive(n, rho))
    sweeps = std * [draw("ar1", rng, signal=np.zeros(n), std=1.0, rho=rho).readings for _ in range(draws)]
    square = np.array([np.mean(noise.whiten(sweep) ** 2) for sweep in sweeps])
    bias = (1 + rho) / (1 - rho) / n
    assert abs(np.mean(square) - 1) < 4 * np.sqrt(2 / n / draws) + bias
    beyond, lag_one = 0, []
    for sweep in sweeps:
        z = noise.whiten(sweep)
        r = np.array([z[k:] @ z[:-k] for k in range(1, 11)]) / (z @ z)
        lag_one.append(r[0])
        beyond += n * (n + 2) * np.sum(r**2 / (n - np.arange(1, 11))) > 18.307
    assert abs(np.mean(lag_one)) < 4 / np.sqrt(n * draws)
    assert beyond <= binom.ppf(1 - 1e-4, draws, 0.05)
    # a column each, and the same numbers
    np.testing.assert_array_equal(noise.whiten(sweeps[:2].T)[:, 1], noise.whiten(sweeps[1]))


def test_whitening_white_noise_divides_by_its_std() -> None:
    std = np.array([1.0, 2.0, 4.0])
    y = np.array([3.0, 3.0, 3.0])
    np.testing.assert_array_equal(Noise(std=std, stated=True).whiten(y), y / std)
    scaled = Noise(std=std, stated=False, spectrum=white(3, scale=4.0))
    np.testing.assert_allclose(
        scaled.whiten(np.column_stack([y, 2 * y])), np.column_stack([y, 2 * y]) / std[:, None] / 2
    )
    assert scaled.typical == 4.0
    assert not scaled.red
    assert scaled.correlation_length == 1.0


def test_covariance_of_sums_of_readings() -> None:
    """White: sum of squares of weight times std. Red: the spectrum between the two."""
    std, weights = np.array([1.0, 2.0, 4.0]), np.eye(3)
    exact, dof = Noise(std=std, stated=True).covariance(weights)
    np.testing.assert_array_equal(exact, np.diag(std**2))
    assert np.all(np.isinf(dof))
    red = Noise(std=np.full(50, 2.0), stated=True, spectrum=autoregressive(50, 0.8))
    total, _ = red.covariance(np.eye(50))
    np.testing.assert_allclose(total, 4 * autoregressive(50, 0.8).covariance(np.eye(50))[0], rtol=1e-12)
    # what whitening makes white has this covariance
    np.testing.assert_allclose(red.whiten(red.whiten(total).T), np.eye(50), atol=1e-12)


def test_a_part_of_a_sweep_stands_for_all_of_it() -> None:
    """Standard deviations go on at both ends as they are there; the spectrum belongs to frequencies."""
    std = np.array([1.0, 2.0, 3.0, 4.0])
    whole = Noise(std=std, stated=True).over(9, 2)
    np.testing.assert_array_equal(whole.std, [1, 1, 1, 2, 3, 4, 4, 4, 4])
    assert whole.stated
    assert whole.spectrum is None
    red = Noise(std=np.ones(100), stated=False, spectrum=autoregressive(100, 0.6)).over(200, 30)
    assert red.spectrum is not None
    np.testing.assert_allclose(red.spectrum.powers[::2], autoregressive(100, 0.6).powers, rtol=1e-12)
    assert red.description == "estimated from the data, red (4 readings per independent one)"


def test_few_degrees_of_freedom_widen() -> None:
    """Student's quantile over the normal one: 2.228/1.960 at ten, 3.182/1.960 at three and below, one at infinity."""
    np.testing.assert_allclose(widening(np.array([10.0])), t.ppf(0.975, 10) / norm.ppf(0.975), rtol=1e-12)
    np.testing.assert_allclose(widening(np.array([10.0, 3.0, 0.5])), np.array([2.228, 3.182, 3.182]) / 1.960, rtol=5e-4)
    np.testing.assert_allclose(widening(np.array([1e9, np.inf])), 1.0, rtol=1e-8)
    np.testing.assert_allclose(widening(np.array([7.0]), confidence=0.68), t.ppf(0.84, 7) / norm.ppf(0.84), rtol=1e-12)


@pytest.mark.parametrize("spectrum", [None, white(60, scale=3.0, dof=20), autoregressive(60, 0.8)])
def test_variances_are_the_diagonal_of_the_covariance(spectrum: Spectrum | None) -> None:
    weights = np.random.default_rng(2).normal(size=(60, 4))
    noise = Noise(std=np.linspace(1, 2, 60), stated=True, spectrum=spectrum)
    np.testing.assert_allclose(noise.variances(weights), np.diag(noise.covariance(weights)[0]), rtol=1e-12)


def test_noise_over_its_own_sweep_is_the_same_noise() -> None:
    noise = Noise(std=np.linspace(1, 2, 60), stated=True, spectrum=autoregressive(60, 0.8))
    assert noise.over(60, 0) is noise


@pytest.mark.parametrize("n", [4, 5, 100, 101])
def test_the_scatter_of_third_differences_is_the_median_of_numpy(n: int) -> None:
    """1.4826 MAD/sqrt(20) of an even and of an odd number of them, by numpy.diff and numpy.median."""
    y = np.random.default_rng(n).normal(size=n)
    third = np.diff(y, 3)
    assert white_noise(y) == 1.4826 * np.median(np.abs(third - np.median(third))) / np.sqrt(20.0)
