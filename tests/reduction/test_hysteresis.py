"""How far two curves lie apart, against displacements that were put in."""

import numpy as np
import pytest

from gzero.measurement.curve import Curve
from gzero.reduction.hysteresis import displacement

X = np.linspace(0.0, 54.0, 400)


def staircase(x: np.ndarray, width: float = 1.0) -> np.ndarray:
    return sum(1 / (1 + np.exp(-(x - v) / width)) for v in (6, 18, 30, 42))


def noise(rng: np.random.Generator, n: int, rho: float) -> np.ndarray:
    from scipy.signal import lfilter

    return lfilter([np.sqrt(1 - rho**2)], [1, -rho], rng.normal(size=n + 500))[500:]


def pulls(runs: int, *, dx: float, dy: float, std: float = 0.02, rho: float = 0.0, other: np.ndarray = X, width=1.0):
    """(found - truth)/std along x and y, of as many runs as give an answer."""
    out = []
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        first = Curve(x=X, y=staircase(X, width) + std * noise(rng, X.size, rho))
        second = Curve(x=other, y=staircase(other - dx, width) + dy + std * noise(rng, other.size, rho))
        d = displacement(first, second)
        if d is not None:
            out.append(((d.along_x - dx) / d.along_x_std, (d.along_y - dy) / d.along_y_std))
    return np.array(out)


@pytest.mark.parametrize(
    ("dx", "dy", "more"),
    [
        (0.0, 0.0, {}),
        (0.05, 0.01, {}),
        (3.2, 0.0, {"std": 0.005}),
        (-5.0, 0.02, {}),
        (13.0, 0.0, {}),  # further than from riser to riser
        (0.0, 0.0, {"rho": 0.9}),
        (0.3, 0.0, {"other": np.linspace(0.37, 53.1, 231)}),
        (0.0, 0.0, {"width": 0.1}),  # risers of one reading
    ],
)
def test_uncertainties_cover_the_truth(dx: float, dy: float, more: dict[str, object]) -> None:
    """60 runs: at least 57 with an answer, no bias, and pulls of unit spread or less.

    Of 60 pulls of unit spread the mean has a standard deviation of 0.13 (asked: 0.5), at most 9 lie beyond 2
    (binomial of 5 %, 99.9 %), and one beyond 4 has a chance of 0.4 %.
    """
    z = pulls(60, dx=dx, dy=dy, **more)  # type: ignore[arg-type]
    assert len(z) >= 57
    assert np.abs(z.mean(axis=0)).max() < 0.5
    assert (np.abs(z) > 2).sum(axis=0).max() <= 9
    assert np.abs(z).max() < 4
    assert z.std(axis=0).min() > 0.4  # an uncertainty that is far too wide would pass everything above


def test_the_uncertainty_is_that_of_least_squares() -> None:
    """White noise: var(dx) = 2 std^2 / sum (slope - mean slope)^2, the inverse normal matrix of dx and dy."""
    std = 0.02
    rng = np.random.default_rng(1)
    curves = [Curve(x=X, y=staircase(X) + std * rng.normal(size=X.size)) for _ in range(2)]
    d = displacement(*curves)
    assert d is not None
    slope = np.gradient(staircase(X), X)
    expected = std * np.sqrt(2 / np.sum((slope - slope.mean()) ** 2))
    # the larger of two estimates, each good to some 10 %
    assert 0.85 * expected < d.along_x_std < 1.4 * expected


def test_exact_limits() -> None:
    first = Curve(x=X, y=staircase(X))
    same = displacement(first, first)
    assert same is not None
    assert (same.along_x, same.along_y) == (0.0, 0.0)
    moved = displacement(first, Curve(x=X, y=staircase(X - X[10]) + 0.25))
    assert moved is not None
    # ten whole steps: nothing is interpolated; 1e-9 of the extent is where the iteration stops
    assert moved.along_x == pytest.approx(X[10], abs=1e-7)
    assert moved.along_y == pytest.approx(0.25, abs=1e-7)


def test_turned_about_and_in_other_units() -> None:
    rng = np.random.default_rng(4)
    a, b = (staircase(X - s) + 0.01 * rng.normal(size=X.size) for s in (0.0, 0.5))
    d = displacement(Curve(x=X, y=a), Curve(x=X, y=b))
    falling = displacement(Curve(x=X, y=-a), Curve(x=X, y=-b))
    small = displacement(Curve(x=1e-9 * X, y=1e-12 * a), Curve(x=1e-9 * X, y=1e-12 * b))
    assert d is not None
    assert falling is not None
    assert small is not None
    assert falling.along_x == pytest.approx(d.along_x)
    assert falling.along_y == pytest.approx(-d.along_y)
    assert small.along_x == pytest.approx(1e-9 * d.along_x)
    assert small.along_y_std == pytest.approx(1e-12 * d.along_y_std)


def test_risers_that_move_unlike_each_other_widen_it() -> None:
    """Shifts of -0.6, 0.2, -0.2 and 0.6: their mean is 0, and its standard uncertainty some 0.5/sqrt(4)."""
    rng = np.random.default_rng(5)
    y = sum(1 / (1 + np.exp(-(X - v))) for v in (5.4, 18.2, 29.8, 42.6))
    d = displacement(
        Curve(x=X, y=staircase(X) + 0.005 * rng.normal(size=X.size)), Curve(x=X, y=y + 0.005 * rng.normal(size=X.size))
    )
    assert d is not None
    assert 0.1 < d.along_x_std < 0.5
    assert abs(d.along_x) < 2 * d.along_x_std


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Curve(x=X, y=staircase(X)), Curve(x=X + 40, y=staircase(X))),
        (Curve(x=X, y=0 * X), Curve(x=X, y=0 * X)),
        (Curve(x=X, y=X), Curve(x=X, y=X + 0.1)),
        (Curve(x=X[:10], y=X[:10]), Curve(x=X, y=staircase(X))),
        (
            Curve(x=X, y=np.random.default_rng(1).normal(size=X.size)),
            Curve(x=X, y=np.random.default_rng(2).normal(size=X.size)),
        ),
    ],
    ids=["little in common", "flat", "a straight line", "few readings", "noise"],
)
def test_what_cannot_be_told(first: Curve, second: Curve) -> None:
    assert displacement(first, second) is None


def test_measured_transistors(measured) -> None:
    """Six MoS2 transistors, gate up and down again: the crossings of seven levels, by interpolation, as second opinion.

    There are no plateaus, and the displacement shrinks from 1.9 V at low to 0.8 V at high current: the fit must lie
    among the crossings and stand out of its own uncertainty.
    """
    from gzero.loaders.registry import read_table

    for file in sorted((measured / "length_mos2").glob("*IdVg.txt")):
        columns = {c.name: c.values for c in read_table(file).columns}
        gate, drain = columns["GateV(1)"], columns["DrainI(1)"]
        up = Curve(x=gate[:76], y=drain[:76])
        down = Curve(x=gate[76:][::-1], y=drain[76:][::-1])
        d = displacement(up, down)
        assert d is not None
        crossings = []
        for level in np.linspace(0.2, 0.8, 7) * min(up.y.max(), down.y.max()):
            ends = [np.interp(level, np.maximum.accumulate(c.y), c.x) for c in (up, down)]
            crossings.append(ends[1] - ends[0])
        assert min(crossings) < d.along_x < max(crossings)
        assert d.along_x > 3 * d.along_x_std
        assert abs(d.along_y) < 3 * d.along_y_std
