"""Where a sweep turns round, and where it only jitters."""

import numpy as np
import pytest

from gzero.measurement.measurement import Measurement
from gzero.reduction.branches import branch_of, find_branches, split, steps_back

X = np.linspace(0.0, 1.0, 100)


def found(x) -> list[tuple[str, int, int]]:
    """Direction, first and last reading of each branch; readings of a branch have no gaps."""
    out = []
    for branch in find_branches(np.asarray(x, float)):
        assert np.array_equal(branch.readings, np.arange(branch.readings[0], branch.readings[-1] + 1))
        out.append((branch.direction, int(branch.readings[0]), int(branch.readings[-1])))
    return out


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (X, [("up", 0, 99)]),
        (X[::-1], [("down", 0, 99)]),
        (np.ones(20), [("up", 0, 19)]),
        ([1.0], [("up", 0, 0)]),
        (np.full(9, np.nan), [("up", 0, 8)]),
        # the highest setting twice: one reading each; once: it belongs to the branch that led there
        (np.r_[X, X[::-1]], [("up", 0, 99), ("down", 100, 199)]),
        (np.r_[X, X[-2::-1]], [("up", 0, 99), ("down", 100, 198)]),
        # same direction one after the other
        (np.r_[X, X], [("up", 0, 99), ("up", 100, 199)]),
        (np.r_[X[::-1], X[::-1]], [("down", 0, 99), ("down", 100, 199)]),
        (np.r_[X, X[::-1], X], [("up", 0, 99), ("down", 100, 199), ("up", 200, 299)]),
        # a loop that begins in its middle
        (np.r_[X, X[-2::-1], -X[1:], -X[-2::-1]], [("up", 0, 99), ("down", 100, 297), ("up", 298, 396)]),
        # three readings on the way back, and one before the first setting, belong to no branch
        (np.r_[X, 0.75, 0.5, 0.25, X], [("up", 0, 99), ("up", 103, 202)]),
        (np.r_[0.5, X], [("up", 1, 100)]),
        # ten settings back are a branch, four are jitter
        (np.r_[X, X[-2:-12:-1]], [("up", 0, 99), ("down", 100, 109)]),
        (np.r_[X, X[-2:-6:-1]], [("up", 0, 103)]),
        # each setting three times; the six readings at the top are shared
        (np.repeat(np.r_[X, X[::-1]], 3), [("up", 0, 299), ("down", 300, 599)]),
        # two neighbours in the wrong order, of twenty and of nine settings
        (np.r_[np.arange(10), 11, 10, np.arange(12, 20)], [("up", 0, 19)]),
        ([0, 1, 2, 4, 3, 5, 6, 7, 8], [("up", 0, 8)]),
    ],
    ids=["up", "down", "idle", "one", "nan", "up down", "up down, top once", "up up", "down down", "three", "loop",
         "way back", "way there", "ten back", "four back", "repeats", "swap of 20", "swap of 9"],
)  # fmt: skip
def test_branches(x, expected: list[tuple[str, int, int]]) -> None:
    assert found(x) == expected


def test_scale_and_offset_do_not_matter() -> None:
    x = np.r_[X, X[::-1], X]
    assert found(x) == found(-3.0 + 1e-6 * x)
    assert [d for d, *_ in found(-x)] == ["down", "up", "down"]


def test_settings_that_are_not_numbers_stay_with_their_neighbours() -> None:
    x = np.r_[X, X[::-1]]
    x[[5, 98, 150, 199]] = np.nan
    assert found(x) == [("up", 0, 99), ("down", 100, 199)]


@pytest.mark.parametrize("points", [100, 1000])
@pytest.mark.parametrize("spread", [0.5, 1.0, 1.5])
def test_jitter_makes_no_branches(points: int, spread: float) -> None:
    """Settings read back with a noise of up to one and a half steps, swept up, and up and down.

    x turns where it goes back by more than seven typical steps, which is some seven times the noise: it never does.
    """
    rng = np.random.default_rng(1)
    x = np.linspace(0, 1, points)
    for _ in range(300 if points == 100 else 30):
        noise = spread / points * rng.normal(size=2 * points)
        assert [d for d, *_ in found(x + noise[:points])] == ["up"]
        assert [d for d, *_ in found(np.r_[x, x[::-1]] + noise)] == ["up", "down"]


def test_readings_in_no_order_have_no_branches() -> None:
    rng = np.random.default_rng(2)
    for _ in range(500):
        assert find_branches(rng.permutation(np.linspace(0, 1, int(rng.integers(5, 300))))) == ()


def test_steps_back_are_counted() -> None:
    x = np.array([0.0, 1.0, 0.8, 2.0, 1.9, 3, 4, 5, 6, 7])
    (branch,) = find_branches(x)
    count, furthest = steps_back(x, [branch])
    assert count == 2
    assert furthest == pytest.approx(0.2)


def measurement(x, **more) -> Measurement:
    x = np.asarray(x, float)
    return Measurement.from_arrays(x=x, y=np.arange(x.size) * 1e-6, x_unit="V", y_unit="S", **more)


def test_split_keeps_values_uncertainties_and_rows_together() -> None:
    x = np.r_[X, X[-2::-1]]
    whole = measurement(x, y_std=np.arange(1, x.size + 1) * 1e-7)
    up, down = split(whole)
    assert (up.trace, down.trace) == ("up", "down")
    assert (branch_of(up.ledger), branch_of(down.ledger), branch_of(whole.ledger)) == ("up", "down", "")
    assert np.array_equal(np.r_[up.abscissa.values, down.abscissa.values], x)
    assert np.array_equal(np.r_[up.ordinate.values, down.ordinate.values], whole.ordinate.values)
    assert down.ordinate.std is not None
    assert np.array_equal(down.ordinate.std, np.arange(101, x.size + 1) * 1e-7)
    assert [down.row(0), down.row(98)] == [101, 199]
    assert up.origin.rows_read + down.origin.rows_read == whole.origin.rows_read
    assert up.conditions == whole.conditions


def test_names_are_numbered_where_a_direction_comes_twice() -> None:
    assert [m.trace for m in split(measurement(np.r_[X, X[::-1], X]))] == ["up 1", "down 1", "up 2"]
    assert [m.trace for m in split(measurement(np.r_[X, X]))] == ["up 1", "up 2"]


def test_what_goes_one_way_or_none_is_handed_back() -> None:
    for x in (X, np.random.default_rng(1).permutation(X)):
        whole = measurement(x)
        assert split(whole) == (whole,)


def test_readings_between_two_sweeps_are_on_record() -> None:
    first, second = split(measurement(np.r_[X, 0.75, 0.5, 0.25, X]))
    for part in (first, second):
        (dropped,) = part.origin.dropped
        assert dropped.rule == "between two sweeps"
        assert dropped.rows == 3
        assert part.origin.rows_read == 103


def test_the_measured_transistor_sweeps(measured) -> None:
    """Gate up and down again, 76 settings each way with the highest twice (six files of a Keithley 4200)."""
    from gzero.loaders.registry import read_table

    files = sorted((measured / "length_mos2").glob("*IdVg.txt"))
    assert len(files) == 6
    for file in files:
        gate = next(c for c in read_table(file).columns if c.name == "GateV(1)")
        assert found(gate.values) == [("up", 0, 75), ("down", 76, 151)]
