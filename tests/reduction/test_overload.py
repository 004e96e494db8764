"""Readings at a rail, and what must not be taken for them."""

import numpy as np
import pytest

from gzero.reduction.overload import overloaded

X = np.linspace(0.0, 54.0, 400)


def staircase(width: float = 1.0, points: int = 400) -> np.ndarray:
    x = np.linspace(0.0, 54.0, points)
    return sum(1 / (1 + np.exp(-np.clip((x - v) / width, -500, 500))) for v in (6, 18, 30, 42))


def test_a_record_of_one_value_is_at_no_rail() -> None:
    """Nothing else is there to tell a rail from."""
    assert not overloaded(np.full(40, 77.5)).any()


def test_a_rail_above_the_third_plateau() -> None:
    """Between levels 3 and 4 every reading is clipped but for those on the riser: all of them stand in runs."""
    read = np.minimum(staircase() + 0.01 * np.random.default_rng(1).normal(size=X.size), 3.3)
    assert np.array_equal(overloaded(read), read == 3.3)


def test_quantised_readings_at_a_rail() -> None:
    read = np.minimum(staircase() + 0.01 * np.random.default_rng(1).normal(size=X.size), 3.3)
    read = np.round(read / 0.005) * 0.005
    assert np.array_equal(overloaded(read), read == read.max())


def test_both_rails() -> None:
    rng = np.random.default_rng(2)
    read = np.clip(3 * np.sin(np.linspace(0, 6, 400)) + 0.01 * rng.normal(size=400), -2, 2)
    found = overloaded(read)
    assert set(np.unique(read[found])) == {-2.0, 2.0}
    assert found.sum() == (np.abs(read) == 2).sum()  # the sine crosses 2 steeply: no single readings at the rail


def test_a_negative_record() -> None:
    read = -np.minimum(staircase() + 0.01 * np.random.default_rng(1).normal(size=X.size), 3.3)
    assert np.array_equal(overloaded(read), read == -3.3)


def test_four_identical_readings_are_not_enough() -> None:
    read = staircase() + 0.01 * np.random.default_rng(1).normal(size=X.size)
    top = read.max() + 0.01
    read[-4:] = top
    assert not overloaded(read).any()
    read[-5:] = top
    assert overloaded(read).sum() == 5


def test_zeros_at_pinch_off_are_no_rail() -> None:
    read = staircase() + 0.01 * np.random.default_rng(3).normal(size=X.size)
    read[:30] = 0.0
    assert not overloaded(read).any()
    read[:30] = -0.05  # nor is an offset, though it is the smallest reading
    assert not overloaded(read).any()


def test_readings_that_are_held_are_no_rail() -> None:
    """An instrument that updates slower than it is read repeats everywhere."""
    read = np.repeat(staircase(points=80) + 0.01 * np.random.default_rng(4).normal(size=80), 5)
    assert not overloaded(read).any()


@pytest.mark.parametrize("width", [1.0, 0.3, 0.01])
@pytest.mark.parametrize("step", [0.0, 1e-4, 1e-3, 0.01, 0.05])
@pytest.mark.parametrize("points", [60, 400, 2000])
def test_noise_free_curves_have_no_rail(width: float, step: float, points: int) -> None:
    read = staircase(width, points)
    assert not overloaded(np.round(read / step) * step if step else read).any()


@pytest.mark.parametrize("noise", [0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 3.0])
def test_plateaus_of_a_quantised_reading_are_no_rail(noise: float) -> None:
    """240 records a noise [steps of the converter], of any step and any offset to it: none may fire.

    Below half a step plateaus repeat for dozens of readings; the rule's chance of 1e-6 a record leaves 2e-4 in all.
    """
    rng = np.random.default_rng(5)
    for points in (60, 400, 2000):
        for width in (1.0, 0.01):
            clean = staircase(width, points)
            for _ in range(40):
                step = float(np.exp(rng.uniform(np.log(1e-3), np.log(0.1))))
                read = np.round((clean + step * (rng.uniform() + noise * rng.normal(size=points))) / step) * step
                assert not overloaded(read).any()


def test_measured_staircases_have_no_rail(measured) -> None:
    """101 measured traces, averages of many readings: no reading repeats, so that none can be at a rail."""
    from gzero.loaders.registry import read_table

    table = read_table(measured / "qpc_ubc" / "dat1516_qpc_conductance.ibw")
    for column in table.columns[1:]:
        assert not overloaded(column.values[np.isfinite(column.values)]).any()
