"""The step of a quantised reading, against steps that were put in."""

import numpy as np
import pytest

from gzero.reduction.adc import adc_step

X = np.linspace(0.0, 54.0, 400)
CURVE = sum(1 / (1 + np.exp(-(X - v))) for v in (6, 18, 30, 42))
LSB = 5 / 2**16  # of a converter of 16 bits over 5 quanta


def quantised(seed: int, *, lsb: float, noise: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.round((CURVE + noise * lsb * rng.normal(size=X.size)) / lsb) * lsb


@pytest.mark.parametrize("noise", [0.3, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_the_step_of_a_converter(bits: int, noise: float) -> None:
    lsb = 5 / 2**bits
    for seed in range(10):
        # the grid is exact but for rounding, some parts in 1e16 of readings that are up to 2^16 steps
        assert adc_step(quantised(seed, lsb=lsb, noise=noise)) == pytest.approx(lsb, rel=1e-9)


def test_gain_offset_and_rounding_of_the_arithmetic_do_no_harm() -> None:
    y = 7.748e-5 * quantised(1, lsb=LSB, noise=3.0) + 3.3e-6
    y = y * (1 + 1e-15 * np.random.default_rng(2).normal(size=y.size))
    assert adc_step(y) == pytest.approx(7.748e-5 * LSB, rel=1e-6)


def test_text_of_six_digits_hides_no_step() -> None:
    """Rounded to six digits, differences are off by up to 0.17 steps here; the step by far less, from hundreds of them."""
    y = 77.48 * quantised(1, lsb=LSB, noise=3.0)
    rounded = np.array([float(f"{v:.6g}") for v in y])
    assert adc_step(rounded) == pytest.approx(77.48 * LSB, rel=1e-3)


def test_no_two_readings_one_step_apart() -> None:
    """Multiples of 3 and of 5 steps: only Euclid's algorithm finds the step itself."""
    rng = np.random.default_rng(3)
    codes = np.cumsum(rng.choice([3, 5, 8], size=60))
    assert adc_step(0.25 * np.repeat(codes, 2)) == pytest.approx(0.25, rel=1e-12)


def test_order_and_gaps_do_not_matter() -> None:
    y = quantised(4, lsb=0.01, noise=1.0)
    mixed = np.random.default_rng(5).permutation(np.concatenate((y, [np.nan, np.inf, -np.inf])))
    assert adc_step(mixed) == adc_step(y) == pytest.approx(0.01, rel=1e-9)


def test_continuous_readings_have_no_step() -> None:
    """Also where a few of them repeat, as readings at a rail or in an idle line do."""
    for seed in range(300):
        rng = np.random.default_rng(seed)
        y = CURVE + 0.02 * rng.normal(size=X.size)
        for value in y[:4].copy():
            y[rng.integers(0, y.size, size=20)] = value
        assert adc_step(y) == 0.0


@pytest.mark.parametrize(
    "y",
    [
        np.array([]),
        np.zeros(100),
        np.linspace(0, 1, 400),  # an even ramp: every value once
        77.48 * np.floor(4 * np.linspace(0, 1, 60)),  # levels of the thing, not of its reading
        CURVE,
        np.full(50, np.nan),
    ],
    ids=["nothing", "one value", "ramp", "levels", "no noise", "nan"],
)
def test_what_is_no_grid(y: np.ndarray) -> None:
    assert adc_step(y) == 0.0
