"""The six noise worlds against their exact laws.

Where a law is an expectation, the statistic is computed for each of many independent draws, and their mean must lie
within five of its own standard errors (5.7e-7 of a normal number lies outside). Each such test says how large that
tolerance may be at most, so that it cannot pass by being blind.
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom, chi2

from gzero.errors import ConfigError
from gzero.synthetic.noise import RECORD, TELEGRAPH_WHITE, WORLDS, NoiseDraw, World, draw, in_words

N, DRAWS, STD = 160, 3000, 0.7
LAGS = (0, 1, 2, 5, 20, 70, N - 1)


def one(world: World, seed: int = 1, *, n: int = N, std: float = STD, **options: float) -> NoiseDraw:
    return draw(world, np.random.default_rng(seed), signal=np.zeros(n), std=std, **options)


def many(world: World, *, n: int = N, draws: int = DRAWS, **options: float) -> NDArray[np.float64]:
    """Independent sweeps of pure noise, shape (draws, n)."""
    rng = np.random.default_rng(11)
    return np.array([draw(world, rng, signal=np.zeros(n), std=STD, **options).readings for _ in range(draws)])


def assert_mean(statistic: NDArray[np.float64], expected: float, *, at_most: float) -> None:
    """The mean of independent values is the expected one, with a standard error below a fifth of `at_most`."""
    error = 5 * float(np.std(statistic, ddof=1)) / math.sqrt(statistic.size)
    assert error < at_most, "too few draws for this test to see anything"
    assert abs(float(np.mean(statistic)) - expected) < error


def autocovariance(world: World, lag: int, **options: float) -> float:
    """The exact one, in units of STD^2, written out from the sources and not from the code under test."""
    if world in ("white", "heteroscedastic"):
        return float(lag == 0)
    if world == "ar1":
        return float(options.get("rho", 0.9) ** lag)
    if world == "telegraph":  # Machlup 1954: both rates are 1/dwell
        return math.exp(-2 * lag / options.get("dwell", 20.0)) + 0.3**2 * (lag == 0)
    if world == "1/f":
        lines = np.arange(1, RECORD * N // 2)
        return float(np.sum(np.cos(2 * np.pi * lines * lag / (RECORD * N)) / lines) / np.sum(1 / lines))
    assert world == "adc"
    return (1 + 0.3**2 / 12) * (lag == 0)


CASES: list[tuple[World, dict[str, float]]] = [
    ("white", {}),
    ("ar1", {}),
    ("ar1", {"rho": -0.5}),
    ("1/f", {}),
    ("telegraph", {}),
    ("telegraph", {"dwell": 4.0}),
    ("adc", {}),
]


@pytest.mark.parametrize(("world", "options"), CASES, ids=str)
def test_autocovariance(world: World, options: dict[str, float]) -> None:
    x = many(world, **options) / STD
    for lag in LAGS:
        products = np.mean(x[:, : N - lag] * x[:, lag:], axis=1)
        assert_mean(products, autocovariance(world, lag, **options), at_most=0.13)
    assert_mean(np.mean(x, axis=1), 0.0, at_most=0.06)


@pytest.mark.parametrize(("world", "options"), CASES, ids=str)
def test_every_reading_has_the_marginal_std_from_the_first_on(world: World, options: dict[str, float]) -> None:
    """Stationary from the start: no reading is quieter because nothing came before it."""
    x = many(world, **options)
    made = one(world, **options)
    for i in (0, 1, 2, N // 2, N - 1):
        assert_mean(x[:, i] ** 2, float(made.std[i] ** 2), at_most=0.15 * STD**2)
    assert float(made.std[0]) == pytest.approx(STD * math.sqrt(autocovariance(world, 0)), rel=1e-14)


@pytest.mark.parametrize(("world", "options"), [case for case in CASES if case[0] in ("white", "ar1", "1/f")], ids=str)
def test_no_realisation_is_normalised(world: World, options: dict[str, float]) -> None:
    """The mean square of a sweep varies as that of Gaussian noise does: var = 2/n^2 sum_ij gamma(i - j)^2.

    The std of such a spread from 3000 draws is below 7 % (kurtosis of chi2 with one degree of freedom: 15), times 5.
    """
    squares = np.mean((many(world, **options) / STD) ** 2, axis=1)
    gamma = np.array([autocovariance(world, lag, **options) for lag in range(N)])
    expected = 2 / N**2 * (N * gamma[0] ** 2 + 2 * np.sum((N - np.arange(1, N)) * gamma[1:] ** 2))
    assert np.var(squares, ddof=1) == pytest.approx(expected, rel=0.35)


# -- white, heteroscedastic -------------------------------------------------------------------------------------------


def test_white_noise_is_what_the_generator_draws() -> None:
    """One normal number a reading, in order: a seed of an earlier version gives the same readings."""
    expected = 2.0 + STD * np.random.default_rng(7).normal(size=N)
    found = draw("white", np.random.default_rng(7), signal=np.full(N, 2.0), std=STD)
    np.testing.assert_array_equal(found.readings, expected)
    np.testing.assert_array_equal(found.std, np.full(N, STD))
    assert found.parameters == {}


@given(st.integers(1, 3000), st.floats(1e-9, 1e9))
def test_the_growth_of_heteroscedastic_noise(n: int, std: float) -> None:
    """From 1/2 to 2 with a mean square of 1; the bounds are the first term of Euler and Maclaurin's midpoint formula."""
    s = one("heteroscedastic", n=n, std=std).std / std
    assert np.all(np.diff(s) > 0)
    assert 0.5 < s[0] <= math.sqrt(0.25 + 3.75 / 16 / n**4) * (1 + 1e-12)
    assert 2 - 1.875 / n < s[-1] < 2
    assert abs(float(np.mean(s**2)) - 1) <= 0.625 / n**2 + 1e-12


def test_heteroscedastic_readings_follow_their_std() -> None:
    """Squared pulls of every eighth of the sweep within the central 1 - 2e-6 of chi2, and white."""
    n = 8000
    made = one("heteroscedastic", n=n)
    pulls = made.readings / made.std
    for part in np.split(pulls, 8):
        low, high = chi2.ppf([1e-6, 1 - 1e-6], part.size)
        assert low < float(np.sum(part**2)) < high
    assert abs(float(np.mean(pulls[1:] * pulls[:-1]))) < 5 / math.sqrt(n)


# -- 1/f --------------------------------------------------------------------------------------------------------------


def test_the_spectrum_of_one_over_f_noise() -> None:
    """Log-log slope -1 of the averaged periodogram, Hann window, over five octaves.

    The log of a mean of D periodograms has the std 1/sqrt(D); Hann's window correlates neighbouring lines (4/9 and 1/36
    of their power), which makes the variance of a sum 35/18 times that of independent ones. Times 5, and 0.005 for
    leakage: the window is 1.5 lines wide, and 1/f curves by less than 1 % over that from line 8 on.
    """
    n, draws = 1024, 400
    window = np.hanning(n)
    power = np.mean(np.abs(np.fft.rfft(many("1/f", n=n, draws=draws) * window, axis=1)) ** 2, axis=0)
    lines = np.arange(8, 257)
    x = np.log(lines) - np.mean(np.log(lines))
    slope = float(np.sum(x * np.log(power[lines])) / np.sum(x**2))
    tolerance = 5 * math.sqrt(35 / 18 / draws / float(np.sum(x**2))) + 0.005
    assert tolerance < 0.04
    assert abs(slope + 1) < tolerance


def test_one_over_f_noise_has_power_below_the_sweep() -> None:
    """The mean of a sweep moves by the exact amount; noise that is periodic over the sweep has a mean of zero."""
    lags = np.arange(1, N)
    gamma = np.array([autocovariance("1/f", lag) for lag in range(N)])
    expected = float((N * gamma[0] + 2 * np.sum((N - lags) * gamma[1:])) / N**2)
    assert expected > 0.3
    assert_mean(np.mean(many("1/f") / STD, axis=1) ** 2, expected, at_most=0.06)


# -- telegraph --------------------------------------------------------------------------------------------------------


def test_a_telegraph_has_two_states() -> None:
    """Fourth moment of +-1 and 0.3 e: 1 + 6 0.3^2 + 3 0.3^4 = 1.564, where one Gaussian of that variance has 3.564."""
    x = many("telegraph") / STD
    white = TELEGRAPH_WHITE**2
    assert_mean(np.mean(x**4, axis=1), 1 + 6 * white + 3 * white**2, at_most=0.03)
    positive = int(np.sum(x[:, 0] > 0))  # both states are as likely at the start
    assert binom.ppf(1e-6, DRAWS, 0.5) < positive < binom.ppf(1 - 1e-6, DRAWS, 0.5)


def test_dwell_times_are_exponential() -> None:
    """The state, read once a reading, changes with p = (1 - exp(-2/dwell))/2 whatever came before: runs are geometric.

    White noise of 0.3 reads the wrong state once in 2300 readings, which changes two runs of a mean length of 6: 0.6 %.
    """
    n, dwell, wrong = 40_000, 5.0, 0.006
    state = one("telegraph", n=n, dwell=dwell).readings > 0
    runs = np.diff(np.flatnonzero(state[1:] != state[:-1]))
    p = (1 - math.exp(-2 / dwell)) / 2
    assert float(np.mean(runs)) * p == pytest.approx(1, abs=5 * math.sqrt((1 - p) / runs.size) + wrong)
    for m in (1, 3, 10, 20):
        share = (1 - p) ** m
        assert float(np.mean(runs > m)) == pytest.approx(
            share, abs=5 * math.sqrt(share * (1 - share) / runs.size) + wrong
        )


# -- adc --------------------------------------------------------------------------------------------------------------


def test_an_adc_rounds_signal_and_noise_together() -> None:
    """Readings are codes; those of white noise from the same seed, each rounded by at most half a step."""
    n, std, step = 20_000, 0.02, 0.3 * 0.02
    signal = np.linspace(0.0, 4.0, n)
    made = draw("adc", np.random.default_rng(1), signal=signal, std=std)
    white = draw("white", np.random.default_rng(1), signal=signal, std=std)
    codes = np.rint(made.readings / made.parameters["step"])
    assert made.parameters["step"] == pytest.approx(step, rel=1e-14)
    np.testing.assert_array_equal(made.readings, codes * made.parameters["step"])
    assert len(np.unique(made.readings)) < 4.2 / step
    error = (made.readings - white.readings) / step
    assert float(np.max(np.abs(error))) <= 0.5 + 1e-9
    # uniform, and independent of the noise: so the variances add, as the stated std says
    assert_mean(error, 0.0, at_most=0.02)
    assert_mean(error**2, 1 / 12, at_most=0.004)
    assert_mean(error * (white.readings - signal) / std, 0.0, at_most=0.02)
    np.testing.assert_allclose(made.std, math.sqrt(std**2 + step**2 / 12), rtol=1e-14)


# -- all worlds -------------------------------------------------------------------------------------------------------


@given(st.sampled_from(WORLDS), st.integers(1, 300), st.floats(1e-30, 1e30), st.integers(0, 2**32))
def test_a_world_scales_with_its_std_and_its_seed_gives_it_again(world: World, n: int, std: float, seed: int) -> None:
    unit, again, scaled = (one(world, seed, n=n, std=s) for s in (1.0, 1.0, std))
    assert unit.readings.shape == unit.std.shape == (n,)
    assert np.isfinite(unit.readings).all()
    np.testing.assert_array_equal(unit.readings, again.readings)
    np.testing.assert_allclose(scaled.readings, std * unit.readings, rtol=1e-9)
    np.testing.assert_allclose(scaled.std, std * unit.std, rtol=1e-12)


@given(st.sampled_from(WORLDS), st.integers(1, 50))
def test_without_noise_the_readings_are_the_signal(world: World, n: int) -> None:
    signal = np.linspace(-1.0, 3.0, n)
    made = draw(world, np.random.default_rng(1), signal=signal, std=0.0)
    np.testing.assert_array_equal(made.readings, signal)
    np.testing.assert_array_equal(made.std, np.zeros(n))


def test_worlds_in_words() -> None:
    said = {world: in_words(world, std=0.02, unit="2e^2/h") for world in WORLDS}
    assert said["white"] == "white, standard deviation 0.02 2e^2/h"
    assert "from 0.01 to 0.04 2e^2/h" in said["heteroscedastic"]
    assert "rho 0.9" in said["ar1"]
    assert "1/f" in said["1/f"]
    assert "dwell of 20 readings" in said["telegraph"]
    assert "steps of 0.006 2e^2/h" in said["adc"]
    assert len(set(said.values())) == len(WORLDS) == 6


@pytest.mark.parametrize(
    ("world", "options", "words"),
    [
        ("pink", {}, "no noise world 'pink'; choose white, .* or adc"),
        ("white", {"std": -1.0}, "standard deviation of -1"),
        ("white", {"std": math.nan}, "standard deviation of nan"),
        ("ar1", {"rho": 1.0}, "rho 1 "),
        ("ar1", {"rho": math.nan}, "rho nan"),
        ("telegraph", {"dwell": 0.0}, "dwell of 0 readings"),
        ("telegraph", {"dwell": math.inf}, "dwell of inf readings"),
        ("adc", {"adc_step": 0.0}, "ADC step of 0 "),
        ("adc", {"adc_step": math.inf}, "ADC step of inf"),
    ],
)
def test_worlds_that_there_are_not(world: World, options: dict[str, float], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        one(world, **options)


def test_no_words_for_a_world_that_there_is_not() -> None:
    with pytest.raises(ConfigError, match="no noise world 'pink'"):
        in_words("pink", std=1.0, unit="S")  # type: ignore[arg-type]
