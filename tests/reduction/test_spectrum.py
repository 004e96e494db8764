"""The spectrum of the noise: exact laws of its algebra, and what it finds in noise whose law is known."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, chi2

from gzero.models.staircase import staircase
from gzero.reduction.learnt_spectrum import Residuals, estimate_spectra, estimate_spectrum
from gzero.reduction.spectrum import Spectrum, autoregressive, cosine, white
from gzero.synthetic.noise import DWELL, RECORD, TELEGRAPH_WHITE, World, draw

Array = NDArray[np.float64]

N = 400
DRAWS = 100
RHO = 0.9
#: A cubic: what a fit takes out of the noise. Least squares about it leaves residuals that know of four parameters.
DESIGN = np.vander(np.linspace(-1, 1, N), 4)
#: A mean of 50 readings, the difference of two such means, and the difference of two neighbours.
WINDOWS = np.zeros((N, 3))
WINDOWS[50:100, 0] = 1 / 50
WINDOWS[200:260, 1] = 1 / 60
WINDOWS[50:100, 1] = -1 / 50
WINDOWS[[100, 101], 2] = 1, -1


def toeplitz(rho: float, n: int = N) -> Array:
    """The exact covariance of a first-order autoregression of unit variance."""
    return np.asarray(rho ** np.abs(np.subtract.outer(np.arange(n), np.arange(n))))


def residuals(noise: Array, design: Array) -> Array:
    basis, _ = np.linalg.qr(design)
    return np.asarray(noise - basis @ (basis.T @ noise))


@cache
def found(world: World, *, stated: bool = False, draws: int = DRAWS) -> tuple[Spectrum, ...]:
    """The spectra of independent sweeps of one world, each seen through a cubic."""
    rng = np.random.default_rng(17)
    sweeps = (draw(world, rng, signal=np.zeros(N), std=1.0, rho=RHO).readings for _ in range(draws))
    return tuple(estimate_spectrum(residuals(sweep, DESIGN), DESIGN, stated=stated) for sweep in sweeps)


# -- the algebra, exactly ---------------------------------------------------------------------------------------------


def test_the_transform_keeps_lengths() -> None:
    x = np.random.default_rng(1).normal(size=(50, 3))
    np.testing.assert_allclose(cosine(x).T @ cosine(x), x.T @ x, atol=1e-12)
    # of a constant, everything is in the first coefficient
    np.testing.assert_allclose(cosine(np.ones(50)), np.sqrt(50) * np.eye(50)[0], atol=1e-12)


def test_a_random_walk_makes_the_mean_no_noisier_than_half_a_period() -> None:
    """A walk has no knee: what is learnt from it ends at half the lowest frequency, where S is at most four times that at it."""
    walk = np.cumsum(np.random.default_rng(3).normal(size=80))
    walk -= walk.mean()
    found = estimate_spectrum(walk, np.ones((80, 1)), stated=False)
    assert found.kind == "knee"
    assert 1.0 < found.powers[0] / found.powers[1] <= 4.0


@pytest.mark.parametrize("rho", [0.3, 0.9, 0.97])
def test_the_powers_of_an_autoregression(rho: float) -> None:
    """S = (1 - rho^2)/(1 - 2 rho cos w + rho^2), which is (knee^2 + 4 sin^2(w/2))^-1 up to a factor: here a mean of one.

    The red share of exp(30) against 1 leaves 1e-13 of white noise.
    """
    exact = (1 - rho**2) / (1 - 2 * rho * np.cos(np.pi * np.arange(N) / N) + rho**2)
    made = autoregressive(N, rho)
    np.testing.assert_allclose(made.powers, exact / exact[1:].mean(), rtol=1e-11)
    assert made.knee == pytest.approx((1 - rho) / np.sqrt(rho), rel=1e-12)
    assert made.kind == "knee"


@pytest.mark.parametrize("rho", [0.3, 0.9, 0.97])
def test_its_covariance_is_that_of_the_autoregression_and_its_mirror_images(rho: float) -> None:
    """The cosine basis goes on beyond both ends as a mirror does: gamma(i - j) + gamma(i + j + 1) + ..., exactly.

    An independent way to the same matrix: sums over images of rho^|k| instead of a transform. `autoregressive` has a
    mean power of one over its n - 1 frequencies above zero, where the exact S has by the trapezoid rule, which is exact
    but for the images at 2n k, a sum of n (1 + 2 rho^2n/(1 - rho^2n)) - (S(0) + S(pi))/2.
    """
    n = 60
    i = np.arange(n)
    images = np.zeros((n, n))
    for k in range(-60, 61):  # 0.97^(2 n 60) = 1e-95
        images += rho ** np.abs(np.subtract.outer(i, i) + 2 * n * k) + rho ** np.abs(np.add.outer(i, i) + 1 + 2 * n * k)
    s0, s_pi = (1 + rho) / (1 - rho), (1 - rho) / (1 + rho)
    scale = (n - 1) / (n * (1 + 2 * rho ** (2 * n) / (1 - rho ** (2 * n))) - (s0 + s_pi) / 2)
    total, _ = autoregressive(n, rho).covariance(np.eye(n))
    np.testing.assert_allclose(total, scale * images, atol=1e-10)


def test_covariance_of_means_of_an_autoregression() -> None:
    """Against the Toeplitz matrix, away from the ends and at one.

    The powers are scaled to a variance of one without the lowest frequency, which makes them (1 + rho)/(1 - rho)/2n =
    2.4 % too large. At an end the mirror image of the readings adds to them: at most as much as m readings beyond the end
    would, which correlate with the mean as sum_ij rho^(i + j + 1) = rho/(1 - rho)^2 against m (1 + rho)/(1 - rho), that is
    rho/(1 - rho^2)/m = 8 % for 60 readings. Both errors make a mean's uncertainty too large and never too small.
    """
    scale = (1 + RHO) / (1 - RHO) / (2 * N)
    end = np.zeros((N, 1))
    end[-60:] = 1 / 60
    weights = np.hstack([WINDOWS, end])
    exact = weights.T @ toeplitz(RHO) @ weights
    total, dof = autoregressive(N, RHO).covariance(weights)
    assert np.all(dof > 1e9)  # nothing was estimated
    error = np.diag(total) / np.diag(exact) - 1
    assert np.all(error[:3] > 0)
    assert np.all(error[:3] < scale * 1.01)
    assert 0 < error[3] < scale + 1.25 * RHO / (1 - RHO**2) / 60  # m is no longer long against 1/(1 - rho): a quarter


@pytest.mark.parametrize("rho", [0.5, 0.9])
def test_autocovariance_of_an_autoregression(rho: float) -> None:
    """rho^k; S(0)/2n too large from the scale and S(0)/2n from the lowest frequency, which stands for two halves."""
    lags = autoregressive(N, rho).autocovariance(40)
    allowed = (1 + rho) / (1 - rho) / N
    error = lags - rho ** np.arange(40)
    assert np.all(np.abs(error) < 1.05 * allowed)
    assert allowed < 0.05


def test_the_first_autocovariance_is_the_mean_variance_of_a_reading() -> None:
    """Mean over the places in the sweep, exactly; of white noise the others vanish but for the lowest frequency's S/n."""
    lags = white(50, scale=2.0).autocovariance(5)
    assert lags[0] == pytest.approx(2.0, rel=1e-14)
    assert np.all(np.abs(lags[1:]) < 1.001 * 2.0 / 50)
    made = autoregressive(50, 0.8)
    total, _ = made.covariance(np.eye(50))
    assert made.autocovariance(1)[0] == pytest.approx(np.trace(total) / 50, rel=1e-12)


@pytest.mark.parametrize("n", [7, 50])
def test_the_autocovariance_is_a_sum_of_cosines(n: int) -> None:
    """sum_j S_j cos(pi j k/n)/n term by term, at lags beyond the sweep too."""
    powers = np.random.default_rng(4).uniform(0.5, 2.0, size=n)
    made = Spectrum(kind="knee", powers=powers, gradients=np.ones((1, n)), uncertainty=np.zeros((1, 1)))
    exact = [sum(s * np.cos(np.pi * j * k / n) for j, s in enumerate(powers)) / n for k in range(3 * n)]
    np.testing.assert_allclose(made.autocovariance(3 * n), exact, atol=1e-13)


@pytest.mark.parametrize("made", [white(N, scale=2.5, dof=30), autoregressive(N, RHO)])
def test_variances_are_the_diagonal_of_the_covariance(made: Spectrum) -> None:
    np.testing.assert_allclose(made.variances(WINDOWS), np.diag(made.covariance(WINDOWS)[0]), rtol=1e-12)


def test_white_noise_is_the_same_in_the_readings_and_in_their_transform() -> None:
    """Its short cut against the transform that a spectrum of another name with the same powers goes through."""
    plain = white(N, scale=2.5, dof=30)
    turned = Spectrum(kind="knee", powers=plain.powers, gradients=plain.gradients, uncertainty=plain.uncertainty)
    for short, long in zip(plain.covariance(WINDOWS), turned.covariance(WINDOWS), strict=True):
        np.testing.assert_allclose(short, long, rtol=1e-12, atol=1e-16)


def test_white_noise_is_the_unit_matrix() -> None:
    weights = np.random.default_rng(2).normal(size=(30, 4))
    total, dof = white(30, scale=4.0, dof=25).covariance(weights)
    np.testing.assert_allclose(total, 4 * weights.T @ weights, rtol=1e-12)
    np.testing.assert_allclose(dof, 25, rtol=1e-12)
    _, known = white(30).covariance(weights)
    assert np.all(known >= 1e12)


@pytest.mark.parametrize("rho", [0.5, 0.9])
def test_another_length_of_sweep_has_the_same_spectrum(rho: float) -> None:
    """Powers belong to frequencies: twice the readings halve their distance, and every other one is the same number.

    Between them a straight line stands for S: its error is at most S''/8 (pi/n)^2, S'' at zero being the largest.
    """
    made = autoregressive(N, rho)
    longer = made.resized(2 * N)
    np.testing.assert_allclose(longer.powers[::2], made.powers, rtol=1e-12)
    np.testing.assert_allclose(made.resized(N // 2).powers, made.powers[::2], rtol=1e-12)
    exact = autoregressive(2 * N, rho).powers
    exact = exact * made.powers[0] / exact[0]
    curved = 2 * rho / (1 - rho) ** 2 * made.powers[0]
    assert np.max(np.abs(longer.powers[:-1] - exact[:-1])) < curved / 8 * (np.pi / N) ** 2
    assert longer.kind == made.kind
    assert longer.gradients.shape == (1, 2 * N)


# -- what is found in noise -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stated", [False, True])
def test_white_noise_stays_white(stated: bool) -> None:
    """RED lets 1 sweep in 500 be called red by chance; 1 in 1e4 that more than these are."""
    draws = 300
    red = sum(spectrum.kind != "white" for spectrum in found("white", stated=stated, draws=draws))
    assert red <= binom.ppf(1 - 1e-4, draws, 1 / 500)


def test_stated_white_noise_has_the_stated_scale() -> None:
    for spectrum in found("white", stated=True, draws=300):
        if spectrum.kind == "white":
            assert spectrum.variance == 1.0
            assert spectrum.correlation_length == 1.0


def test_the_scale_of_white_noise_has_the_uncertainty_that_it_claims() -> None:
    """chi2 of n less the four parameters of the cubic, one of which is the constant that is taken out in any case."""
    spectra = [s for s in found("white", draws=300) if s.kind == "white"]
    _, dof = spectra[0].covariance(WINDOWS)
    np.testing.assert_allclose(dof, N - 4, rtol=1e-12)
    scales = np.array([s.variance for s in spectra])
    # a standard deviation from m draws scatters by 1/sqrt(2 m), a mean by std/sqrt(m); four of each
    assert np.std(scales) == pytest.approx(np.sqrt(2 / (N - 4)), rel=4 / np.sqrt(2 * scales.size))
    assert np.mean(scales) == pytest.approx(1.0, abs=4 * np.sqrt(2 / (N - 4) / scales.size))


@pytest.mark.parametrize("parameters", [5, 40])
def test_fitted_parameters_are_known_to_have_used_up_residuals(parameters: int) -> None:
    """Mean over draws of the scale is one; the mean square of the residuals of 40 parameters and 120 readings is 2/3."""
    rng = np.random.default_rng(3)
    n, draws = 120, 300
    design = np.hstack([np.ones((n, 1)), rng.normal(size=(n, parameters - 1))])
    sweeps = [residuals(rng.normal(size=n), design) for _ in range(draws)]
    scales = [estimate_spectrum(sweep, design, stated=False).variance for sweep in sweeps]
    error = np.sqrt(2 / (n - parameters) / draws)
    assert abs(np.mean(scales) - 1) < 4 * error
    # a design that repeats its columns has used up no more
    twice = [estimate_spectrum(sweep, np.hstack([design, design]), stated=False).variance for sweep in sweeps[:20]]
    assert twice == pytest.approx(scales[:20], rel=1e-9)
    assert np.mean([np.mean(sweep**2) for sweep in sweeps]) == pytest.approx(1 - parameters / n, abs=4 * error)


def test_red_noise_behind_many_parameters_keeps_its_low_frequencies() -> None:
    """Twelve slow cosines take out most of the power of AR(1) below w = 12 pi/n. The likelihood knows, so that the
    variance of a mean is too small as often as too large: half of 60 draws, four standard deviations of a binomial.
    Told of no parameters it is nearly always too small, by three on average, 1 - rho being 12 pi/n as well."""
    rng = np.random.default_rng(4)
    slow = np.cos(np.pi * np.outer(np.arange(N) + 0.5, np.arange(12)) / N)
    exact = float(WINDOWS[:, 0] @ toeplitz(RHO) @ WINDOWS[:, 0])
    told, untold = [], []
    for _ in range(60):
        sweep = residuals(draw("ar1", rng, signal=np.zeros(N), std=1.0, rho=RHO).readings, slow)
        for design, out in ((slow, told), (slow[:, :1], untold)):
            total, _ = estimate_spectrum(sweep, design, stated=False).covariance(WINDOWS[:, :1])
            out.append(total[0, 0] / exact)
    too_small = [int(np.sum(np.array(out) < 1)) for out in (told, untold)]
    assert abs(too_small[0] - 30) < 4 * np.sqrt(60 / 4)
    assert too_small[1] > 55
    assert np.median(untold) < 0.5


def test_autoregressive_noise_is_found_with_the_uncertainty_that_it_claims() -> None:
    """rho = 0.9 is 19 readings per independent one, from above (1 + rho)/(1 - rho), less pi^2 (S''/2S) of the lowest
    frequency instead of zero, 1/(1 + (pi/400)^2 rho/(1 - rho)^2) = 0.6 %."""
    spectra = found("ar1", draws=200)
    kinds = [s.kind for s in spectra]
    # a gain of 5 in -2 ln L over 1/f is asked for: at 21 correlation lengths in the sweep nearly all have it
    assert kinds.count("knee") >= 0.97 * len(kinds)
    assert "white" not in kinds
    pulls = []
    for s in spectra:
        if s.kind != "knee":
            continue
        # ln(length) is ln S at its lowest frequency less ln of the mean power; their derivatives by the parameters
        by = s.gradients[:, 1] - np.average(s.gradients[:, 1:], axis=1, weights=s.powers[1:])
        pulls.append((np.log(s.correlation_length) - np.log(19.0)) / np.sqrt(by @ s.uncertainty @ by))
    # standard errors of the mean and the std of m normal pulls, times four
    assert abs(np.mean(pulls)) < 4 / np.sqrt(len(pulls))
    assert np.std(pulls) == pytest.approx(1.0, abs=4 / np.sqrt(2 * len(pulls)))
    lengths = np.array([s.correlation_length for s in spectra])
    assert np.median(lengths) == pytest.approx(19.0, rel=0.1)  # 0.3/sqrt(200) times 1.25 for a median, times four


def test_the_degrees_of_freedom_say_how_claimed_variances_scatter() -> None:
    """Var(ln v) = 2/dof to first order, trigamma(dof/2) exactly; four standard errors of a variance of m draws, and a
    tenth for the dof themselves, which are estimated too."""
    from scipy.special import polygamma

    spectra = found("ar1", draws=200)
    claimed = np.array([np.diag(s.covariance(WINDOWS)[0]) for s in spectra])
    dof = np.array([s.covariance(WINDOWS)[1] for s in spectra])
    exact = np.diag(WINDOWS.T @ toeplitz(RHO) @ WINDOWS)
    scatter = np.var(np.log(claimed), axis=0, ddof=1)
    expected = polygamma(1, np.median(dof, axis=0) / 2)
    allowed = 4 * np.sqrt(2 / len(spectra)) + 0.1
    assert allowed < 0.55
    np.testing.assert_allclose(scatter, expected, rtol=allowed)
    # slow statistics rest on few frequencies, fast ones on nearly all
    assert np.all(np.median(dof[:, :2], axis=0) < 20)
    assert np.median(dof[:, 2]) > 200
    # and the variances are right: the logarithms of chi2/dof average to digamma(dof/2) - ln(dof/2), about -1/dof
    centre = np.mean(np.log(claimed / exact), axis=0)
    assert np.all(np.abs(centre) < 4 * np.sqrt(scatter / len(spectra)) + 1 / np.median(dof, axis=0))


@pytest.mark.parametrize(("world", "other"), [("1/f", "knee"), ("telegraph", "1/f"), ("ar1", "1/f")])
def test_a_shape_that_is_certain_is_the_right_one(world: World, other: str) -> None:
    """Where the low frequencies of one sweep happen to be small 1/f looks like a knee, and the probability says so: a shape
    is alone only beyond 98 %, so of 100 sweeps 2 may have the wrong one, and 8 is four binomial standard deviations more.
    """
    spectra = found(world)
    assert all(s.kind != "white" for s in spectra)
    assert sum(s.kind == other and s.probability == 1 for s in spectra) <= 8
    probable = np.mean([s.probability if s.kind != other else 1 - s.probability for s in spectra])
    assert probable > 0.5


def test_the_exponent_of_one_over_f_noise() -> None:
    spectra = found("1/f")
    # powers of 0.8 to 1.3 are what is looked for, and 1 is what there is; the exponent is that of the amplitude
    exponents = np.array([2 * s.exponent for s in spectra if s.kind == "1/f"])
    assert np.median(exponents) == pytest.approx(1.0, abs=0.2)
    assert np.all((exponents >= 0.8) & (exponents <= 1.3))


def told_apart(std: float, n: int, draws: int = 60) -> float:
    """Share of sweeps of AR(1) with 0.9 and `std` whose stated variance of 1 is believed instead of their own; each by the
    rule as it stands in words: the own variance is chi2/dof of a variance of 1 less often than 1 in 500. The degrees of
    freedom are those of the variance of a reading that the spectrum itself states, here by finite differences."""
    rng, design, believed = np.random.default_rng(5), np.vander(np.linspace(-1, 1, n), 4), 0
    for _ in range(draws):
        sweep = residuals(draw("ar1", rng, signal=np.zeros(n), std=std, rho=RHO).readings, design)
        stated, own = (estimate_spectrum(sweep, design, stated=stated) for stated in (True, False))
        assert stated.kind == own.kind != "white"
        total, step = float(own.powers.mean()), 1e-4
        slopes = [np.log(np.mean(own.powers * np.exp(step * row)) / total) / step for row in own.gradients]
        dof = 2 / float(np.array(slopes) @ own.uncertainty @ np.array(slopes))
        rare = bool(chi2.cdf(dof * total, dof) < 1 / 500)
        np.testing.assert_allclose(stated.powers, own.powers / (total if rare else 1.0), rtol=1e-9)
        believed += rare
    return believed / draws


@pytest.mark.parametrize("std", [0.3, 0.9, 2.0])
def test_red_noise_is_not_believed_to_be_far_below_the_stated(std: float) -> None:
    """In 400 readings of AR(1) with 0.9 a variance has 43 degrees of freedom, (tr A)^2/tr A^2 of the exact covariance A
    behind a cubic, and less than 0.49 of the true one is left by chance in 1 of 500. A tenth of it is no chance (1e-17), 0.8
    of it is, and noise above the stated is there. Where the shape is taken for a slower one the degrees of freedom are fewer:
    1 in 10 is allowed for that on either side."""
    share = told_apart(std, N)
    assert share >= 0.9 if std < 0.5 else share <= 0.1
    assert share == 0 or std < 1


def test_a_short_sweep_of_slow_noise_may_be_calm() -> None:
    """Behind a cubic 60 readings leave 0.35 of the variance of AR(1) with 0.9, with 11 degrees of freedom: of sweeps of the
    stated variance 3 in 10 show less than half of it, and of those of half the std nobody knows which they are. The chance
    of 1 in 500 is that of a known shape; that it is estimated makes it a few in 100."""
    assert told_apart(1.0, 60) <= 0.1
    assert told_apart(0.5, 60) < 0.5


def test_noise_of_a_known_size_has_no_uncertain_one() -> None:
    """d ln(S/<S>)/d rho of an autoregression by finite differences of the exact S; the scale is out of it."""
    n, rho, step = 200, 0.8, 1e-5

    def exact(rho: float) -> Array:
        return np.asarray((1 - rho**2) / (1 - 2 * rho * np.cos(np.pi * np.arange(n) / n) + rho**2))

    def slope(of: Callable[[float], Array]) -> Array:
        return np.asarray((np.log(of(rho + step)) - np.log(of(rho - step))) / (2 * step))

    given = Spectrum(
        kind="knee", powers=3.0 * exact(rho), gradients=np.array([np.ones(n), slope(exact)]), uncertainty=np.diag([0.1, 0.02])
    )  # fmt: skip
    known = given.normalised()
    np.testing.assert_allclose(known.powers, exact(rho) / exact(rho).mean(), rtol=1e-12)
    np.testing.assert_allclose(known.gradients[0], 0.0, atol=1e-14)
    np.testing.assert_allclose(known.gradients[1], slope(lambda r: exact(r) / exact(r).mean()), atol=1e-8)
    # of white noise nothing is left to be unsure of
    _, dof = white(50, scale=2.0, dof=20).normalised().covariance(np.ones((50, 1)) / 50)
    assert dof[0] >= 1e12


@pytest.mark.parametrize(("n", "strength"), [(60, 1.0), (200, 0.4)])
def test_the_look_at_the_net_calls_nothing_white_that_is_not(
    n: int, strength: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weak AR(1) noise in white noise, where gains lie on both sides of the limit: the same kind as without the look, and
    the same numbers."""
    t = np.arange(n)
    root = np.linalg.cholesky(np.eye(n) + strength * 0.9 ** np.abs(np.subtract.outer(t, t)))
    design = np.vander(np.linspace(-1, 1, n), 4)
    draws = [residuals(root @ np.random.default_rng(seed).normal(size=n), design) for seed in range(60)]
    looked = [estimate_spectrum(y, design, stated=False) for y in draws]
    monkeypatch.setattr("gzero.reduction.learnt_spectrum._LONG_FOR_NET", 0)
    gone = [estimate_spectrum(y, design, stated=False) for y in draws]
    assert [s.kind for s in looked] == [s.kind for s in gone]
    assert all(np.array_equal(a.powers, b.powers) for a, b in zip(looked, gone, strict=True))
    assert 5 < sum(s.kind == "white" for s in gone) < 55  # else nothing was asked


def test_too_few_readings_to_tell_are_white() -> None:
    sweep = draw("ar1", np.random.default_rng(6), signal=np.zeros(23), std=1.0, rho=0.9).readings
    assert estimate_spectrum(sweep, np.ones((23, 1)), stated=False).kind == "white"
    # and no noise at all is no spectrum of any kind
    assert estimate_spectrum(np.zeros(50), np.ones((50, 1)), stated=False).variance == 0.0


@pytest.mark.parametrize("world", ["telegraph", "1/f"])
def test_two_shapes_that_one_sweep_hardly_tells_apart_share_the_say(world: World) -> None:
    """A step's standard uncertainty behind four steps of 100 readings, against the one that the true spectrum gives.

    Truth: the covariance that `gzero.synthetic.noise` states, through the same design. Taking the wrong shape misses it
    by a factor of 2 to 4 either way (1/f for telegraph: three times too long; a knee for 1/f: a quarter). The median of
    40 sweeps lies within a factor of 1.5, which one shape alone never reaches in both worlds.
    """
    n = 400
    model = staircase(4, offset=False)
    x = np.linspace(0, 60, n)
    values = dict.fromkeys(model.names, 1.0) | {f"threshold_{i}": 12.0 * i for i in range(1, 5)}
    design = model.jacobian(x, np.array([values[name] for name in model.names]))
    design = design / np.linalg.norm(design, axis=0)

    def step_std(covariance: Array) -> float:
        return float(np.sqrt(np.linalg.inv(design.T @ np.linalg.solve(covariance, design))[0, 0]))

    drawn = [draw(world, np.random.default_rng(seed), signal=np.zeros(n), std=1.0) for seed in range(40)]
    lags = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    lag = np.arange(n)
    if world == "telegraph":
        autocovariance = np.exp(-2 * lag / DWELL) + TELEGRAPH_WHITE**2 * (lag == 0)
    else:
        lines = np.arange(1, RECORD * n // 2)
        autocovariance = np.cos(2 * np.pi * np.outer(lag, lines) / (RECORD * n)) @ (1 / lines) / np.sum(1 / lines)
    truth = step_std(autocovariance[lags])
    ratios = []
    for noise in drawn:
        left = noise.readings - design @ np.linalg.lstsq(design, noise.readings, rcond=None)[0]
        found = estimate_spectrum(left, design, stated=False)
        transformed = cosine(design)
        ratios.append(np.sqrt(np.linalg.inv(transformed.T @ (transformed / found.powers[:, None]))[0, 0]) / truth)
    assert 1 / 1.5 < np.median(ratios) < 1.5


def test_sweeps_of_one_spectrum_are_learnt_together() -> None:
    """Six sweeps of 80 readings with AR(1) of 0.9, whose knee has knee^2 = (1 - rho)^2/rho. All of them together are called
    red, of 80 readings, and where they are called a knee it is within four of its standard uncertainties in ln(knee)."""
    pieces, expected = (80,) * 6, float(np.log(0.1 / np.sqrt(0.9)))
    knees = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        y = np.concatenate([draw("ar1", rng, signal=np.zeros(80), std=1.0).readings for _ in pieces])
        apart = estimate_spectrum(y, np.ones((480, 1)), stated=False, pieces=pieces)
        assert apart.kind != "white"
        assert apart.powers.size == apart.gradients.shape[1] == 80
        if apart.kind == "knee":
            knees += 1
            assert abs(np.log(apart.knee) - expected) < 4 * np.sqrt(apart.uncertainty[2, 2])
    # the prior of the shapes gives 1/f e^(3/2) to one; most of 20 experiments must see the knee all the same
    assert knees > 10


def test_one_piece_is_one_sweep() -> None:
    y = draw("ar1", np.random.default_rng(5), signal=np.zeros(200), std=1.0).readings
    a, b = (estimate_spectrum(y, np.ones((200, 1)), stated=False, pieces=p) for p in (None, (200,)))
    assert np.array_equal(a.powers, b.powers)
    assert np.array_equal(a.uncertainty, b.uncertainty)


def test_a_fit_without_anything_left_over_teaches_nothing() -> None:
    """As many parameters as readings, a constant among them: white noise as stated, and no division by zero."""
    n = 4
    found = estimate_spectrum(np.zeros(n), np.eye(n), stated=True)
    assert found.kind == "white"


def test_company_changes_nothing() -> None:
    """Sweeps of every world, of two lengths, of designs whose columns repeat or do not, in pieces, stated or not: each has
    the spectrum that it has alone."""
    rng = np.random.default_rng(23)
    several = []
    for k, world in enumerate(("white", "ar1", "1/f", "telegraph") * 8):
        n = (120, 200)[k % 2 ^ k // 4 % 2]
        noise = draw(world, rng, signal=np.zeros(n), std=1.0).readings
        design = np.vander(np.linspace(-1, 1, n), 4) * rng.uniform(0.5, 2, size=n)[:, None]
        left = residuals(noise, design)
        repeated = [design[:, 0] + design[:, 1], 2 * design[:, 2]]
        design = np.column_stack([design, *repeated[: k % 3]])
        pieces = (n // 2, n // 2) if k % 5 == 4 else None
        several.append(Residuals(values=left, design=design, stated=k % 7 < 3, pieces=pieces))
    several += [replace(several[0], values=np.zeros(several[0].values.size)), replace(several[0], stated=False)]
    together = estimate_spectra(several)
    assert {spectrum.kind for spectrum in together} == {"white", "knee", "1/f"}
    for one, found in zip(several, together, strict=True):
        alone = estimate_spectrum(one.values, one.design, stated=one.stated, pieces=one.pieces)
        assert (found.kind, found.powers.size) == (alone.kind, alone.powers.size)
        np.testing.assert_allclose(found.powers, alone.powers, rtol=1e-8)
        np.testing.assert_allclose(found.uncertainty, alone.uncertainty, rtol=1e-7, atol=1e-12)
        assert found.gain == pytest.approx(alone.gain, rel=1e-9)
