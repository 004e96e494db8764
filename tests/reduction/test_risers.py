"""The shape of one riser: logistic ones come back to the precision that the noise allows, asymmetric ones as such."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from gzero.reduction.riser_shapes import Half, Look, Riser, Shapes, shapes_of
from gzero.reduction.risers import Slopes, find_risers, local_slope, prominent_maxima, slopes_of
from gzero.reduction.rises import drop_small_rises, heights_of
from gzero.reduction.stretches import Stretches

Array = NDArray[np.float64]

X = np.linspace(-10, 10, 200)
PLACE, WIDTH = 0.3, 0.8
BELOW, RISE = 2.0, 1.5


def logistic(width: float = WIDTH) -> Array:
    return np.asarray(1 / (1 + np.exp(-(X - PLACE) / width)))


def exponential(curvature: float) -> Array:
    """A riser of width 0.8 behind a gate whose lever arm grows: (exp(c s) - 1)/c in place of s."""
    return np.asarray(1 / (1 + np.exp(-np.expm1(curvature * (X - PLACE)) / curvature / WIDTH)))


def shapes(
    x: Array,
    y: Array,
    parts: list[tuple[int, int]],
    middles: list[int],
    levels: list[float],
    noise: float,
) -> Shapes:
    """Of the risers of one curve, each between its first and its last reading."""
    first, last = np.array(parts).T
    here, at = Stretches.over(first, last + 1), np.array(middles)
    spacing = np.full(at.size, (x[-1] - x[0]) / (x.size - 1))
    look = Look(np.array((x, y)), at, x[at], here, here.readings(y), np.full(at.size, noise), spacing)
    return shapes_of(look, np.array(levels[:-1]), np.array(levels[1:]))


@dataclass(frozen=True, kw_only=True)
class Line:
    """The whole of a riser or a half of it, and what it owes to the readings from `first` on and to the levels."""

    half: Half
    first: int
    readings: int
    response: Array
    by_levels: Array

    @property
    def parts(self) -> tuple[float, float]:
        return self.half.intercept, self.half.steepness


def line(found: Shapes, which: str, k: int = 0) -> Line:
    logits = found.wholes.and_others(found.halves)
    at = k if which == "whole" else int(found.sources[["foot", "shoulder"].index(which), k])
    response, places, by_levels = logits.at(np.array([at])).responses()
    return Line(
        half=getattr(found.risers()[k], which),
        first=int(logits.runs[0, at]),
        readings=places.size,
        response=response,
        by_levels=by_levels[..., 0],
    )


def shapes_one(x: Array, y: Array, middle: int, *, below: float, above: float, noise: float) -> Shapes:
    """Of one riser, from all readings but five at either end."""
    return shapes(x, y, [(5, 194)], [middle], [below, above], noise)


def shape_of(x: Array, y: Array, middle: int, *, below: float, above: float, noise: float) -> Riser:
    return shapes_one(x, y, middle, below=below, above=above, noise=noise).risers()[0]


def shapes_seen(share: Array, noise: float, seed: int = 0) -> Shapes:
    y = BELOW + RISE * share + noise * np.random.default_rng(seed).normal(size=X.size)
    middle = int(np.argmin(np.abs(X - PLACE)))
    return shapes_one(X, y, middle, below=BELOW, above=BELOW + RISE, noise=noise)


def seen(share: Array, noise: float, seed: int = 0) -> Riser:
    return shapes_seen(share, noise, seed).risers()[0]


def std_of(found: Line, noise: float) -> tuple[float, float]:
    """(std of position, of width) from the response: position = -intercept/steepness, width = 1/steepness."""
    half = found.half
    by = np.array(
        [[-1 / half.steepness, half.intercept / half.steepness**2], [0.0, -1 / half.steepness**2]],
    )
    covariance = noise**2 * by @ found.response @ found.response.T @ by.T
    position, width = np.sqrt(np.diag(covariance))
    return float(position), float(width)


def test_a_logistic_riser_comes_back_exactly() -> None:
    """The logit of a logistic is the line itself."""
    riser = seen(logistic(), 0.0)
    assert riser.rise == RISE
    for part in (riser, riser.foot, riser.shoulder):
        assert part.width == pytest.approx(WIDTH, rel=1e-12)
    assert riser.x == pytest.approx(PLACE, abs=1e-12)
    np.testing.assert_allclose(riser.foot.share(X), logistic(), atol=1e-12)


@pytest.mark.parametrize("noise", [0.005, 0.02])
@pytest.mark.parametrize("which", ["foot", "shoulder"])
def test_position_and_width_scatter_as_the_response_says(which: str, noise: float) -> None:
    """Pulls of 150 draws: mean and std of normal ones, each to four of its standard errors.

    The width has a bias of second order in the noise: 0.15 of its std at 0.02, a few per cent of it at 0.005.
    """
    pulls = []
    for seed in range(150):
        found = line(shapes_seen(logistic(), noise, seed), which)
        position, width = std_of(found, noise)
        pulls.append(((found.half.position - PLACE) / position, (found.half.width - WIDTH) / width))
    centre, spread = np.mean(pulls, axis=0), np.std(pulls, axis=0)
    error = 4 / np.sqrt(150)
    assert abs(centre[0]) < error
    assert abs(centre[1]) < error + 0.15 * noise / 0.02
    np.testing.assert_allclose(spread, 1.0, atol=4 / np.sqrt(300))
    # the precision that there is: a few readings of a rise of 1.5 over 0.8, of which the foot has some fifteen
    assert position < 1.5 * noise
    assert width < 1.5 * noise


@pytest.mark.parametrize("which", ["foot", "shoulder"])
def test_the_response_is_the_derivative_by_the_readings(which: str) -> None:
    """At fixed levels, by central differences; the line is found by two steps of Gauss and Newton from exact shares, so
    that what it leaves out is of second order."""
    found = line(shapes_seen(logistic(), 0.0), which)
    y = BELOW + RISE * logistic()
    middle = int(np.argmin(np.abs(X - PLACE)))
    step = 1e-6
    for column in (0, found.readings // 2, found.readings - 1):
        ends = []
        for sign in (1, -1):
            moved = y.copy()
            moved[found.first + column] += sign * step
            ends.append(line(shapes_one(X, moved, middle, below=BELOW, above=BELOW + RISE, noise=0.0), which).parts)
        derivative = (np.array(ends[0]) - np.array(ends[1])) / (2 * step)
        size = np.max(np.abs(found.response), axis=1)
        np.testing.assert_allclose(derivative / size, found.response[:, column] / size, atol=1e-5)


@pytest.mark.parametrize("which", ["whole", "foot", "shoulder"])
def test_what_a_line_owes_to_the_levels_is_its_derivative_by_them(which: str) -> None:
    """By central differences, of a half between bounds that stay where they are; second order as above."""
    y = BELOW + RISE * logistic()
    middle = int(np.argmin(np.abs(X - PLACE)))
    found = line(shapes_one(X, y, middle, below=BELOW, above=BELOW + RISE, noise=0.0), which)
    step = 1e-6
    for level in (0, 1):
        ends = []
        for sign in (1, -1):
            below, above = np.array([BELOW, BELOW + RISE]) + sign * step * np.eye(2)[level]
            other = line(shapes_one(X, y, middle, below=below, above=above, noise=0.0), which)
            assert (other.first, other.readings) == (found.first, found.readings)
            ends.append(other.parts)
        derivative = (np.array(ends[0]) - np.array(ends[1])) / (2 * step)
        np.testing.assert_allclose(derivative, found.by_levels[:, level], rtol=1e-5)


def test_a_line_knows_which_readings_it_was_made_from() -> None:
    """They follow each other from the first one on; of a jump there are none, and it owes nothing to anything."""
    found = shapes_seen(logistic(), 0.0)
    for which in ("whole", "foot", "shoulder"):
        own = line(found, which)
        assert own.readings == own.response.shape[1] > 4
    logits = found.wholes.and_others(found.halves)
    _, places, _ = logits.responses()
    runs = [np.arange(first, first + size) for first, size, _ in logits.runs.T]
    assert places.tolist() == np.concatenate(runs).tolist()
    jump = line(shapes_seen((X > PLACE).astype(float), 0.01), "foot")
    assert jump.response.shape == (2, 0)
    assert not np.any(jump.by_levels)


def test_it_does_not_matter_how_far_from_zero_x_lies() -> None:
    """x in steps of 1/16 and 2^30 further on, both exact: so is every distance, and widths are the same to rounding."""
    x = np.arange(-128, 128) / 16
    y = 1 / (1 + np.exp(-x)) + 0.01 * np.random.default_rng(5).normal(size=x.size)
    near, far = (shapes(at, y, [(5, 250)], [128], [0.0, 1.0], 0.01) for at in (x, x + 2.0**30))
    for which in ("whole", "foot", "shoulder"):
        one, other = line(near, which), line(far, which)
        assert one.readings > 8
        assert other.half.steepness == pytest.approx(one.half.steepness, rel=1e-12)


@pytest.mark.parametrize("curvature", [0.2, 0.4])
def test_an_asymmetric_riser_has_two_widths(curvature: float) -> None:
    """exp(c s) stretches the foot and steepens the shoulder: the local width of the logit at s is 0.8 exp(-c s), and
    each half has one of those that it covers."""
    share = exponential(curvature)
    riser = seen(share, 0.0)
    assert riser.foot.width > 1.1 * riser.width > riser.width > 1.1 * riser.shoulder.width
    for half, (low, high) in ((riser.foot, (0.07, 0.55)), (riser.shoulder, (0.45, 0.93))):
        widths = WIDTH * np.exp(-curvature * (np.interp([low, high], share, X) - PLACE))
        assert min(widths) < half.width < max(widths)
    # mirrored, the halves change places
    middle = int(np.argmin(np.abs(X + PLACE)))
    back = shape_of(-X[::-1], 1 - share[::-1], middle, below=0, above=1, noise=0)
    assert back.foot.width == pytest.approx(riser.shoulder.width, rel=0.02)
    assert back.shoulder.width == pytest.approx(riser.foot.width, rel=0.02)


def test_each_half_follows_its_tail_better_than_the_whole_does() -> None:
    """What is taken out of a plateau is the tail beyond 94 %, or below 6 %, of an asymmetric riser."""
    share = exponential(0.2)
    riser = seen(share, 0.0)
    whole = 1 / (1 + np.exp(-(X - riser.x) / riser.width))
    for half, tail in ((riser.foot, share < 0.06), (riser.shoulder, share > 0.94)):
        assert np.max(np.abs(half.share(X) - share)[tail]) < 0.7 * np.max(np.abs(whole - share)[tail])


def test_asymmetry_survives_noise_and_noise_makes_none() -> None:
    """Mean over 60 draws; the widths are known to 2 % each, so that a quarter of asymmetry is seen in every draw."""
    skewed = [seen(exponential(0.4), 0.01, seed) for seed in range(60)]
    assert all(riser.foot.width > riser.shoulder.width for riser in skewed)
    even = np.array([seen(logistic(), 0.01, seed).foot.width for seed in range(60)])
    other = np.array([seen(logistic(), 0.01, seed).shoulder.width for seed in range(60)])
    difference = even - other
    assert abs(np.mean(difference)) < 4 * np.std(difference) / np.sqrt(60)


def test_a_riser_narrower_than_its_readings_is_a_jump() -> None:
    """Nothing to fit a line to: it lies at its steepest reading, with a quarter of the spacing as its width."""
    found = shapes_seen((X > PLACE).astype(float), 0.01)
    riser = found.risers()[0]
    spacing = X[1] - X[0]
    assert riser.width == pytest.approx(spacing / 4, rel=1e-9)
    assert abs(riser.x - PLACE) <= spacing
    assert line(found, "foot").parts == line(found, "shoulder").parts == line(found, "whole").parts


def test_what_does_not_rise_has_no_rise() -> None:
    riser = shape_of(X, np.full(X.size, 2.0), 100, below=2.0, above=2.0, noise=0.01)
    assert riser.rise == 0.0
    assert shape_of(X, -logistic(), 100, below=0.0, above=-1.0, noise=0.01).rise == 0.0


@pytest.mark.parametrize("readings", [4, 7, 30])
@pytest.mark.parametrize("level", [0.3, 0.5, 0.7])
def test_readings_that_are_all_the_same_are_no_line(readings: int, level: float) -> None:
    """Halfway up, their logits have a steepness of either sign by rounding: it is a jump, whichever."""
    share = (X > PLACE).astype(float)
    middle = int(np.argmax(share))
    share[middle - 2 : middle - 2 + readings] = level
    found = shapes_one(X, share, middle, below=0.0, above=1.0, noise=0.0)
    assert line(found, "foot").readings == line(found, "shoulder").readings == 0


def test_noise_as_large_as_the_rise_leaves_no_line() -> None:
    assert line(shapes_one(X, logistic(), 103, below=0.0, above=1.0, noise=1.2), "whole").readings == 0


def test_risers_that_are_shaped_together_are_shaped_as_each_alone() -> None:
    x = np.linspace(0, 60, 700)
    places, widths = (8.0, 22.0, 40.0), (0.9, 0.02, 1.6)
    y = sum(1 / (1 + np.exp(-np.clip((x - p) / w, -40, 40))) for p, w in zip(places, widths, strict=True))
    y = y + 0.01 * np.random.default_rng(4).normal(size=x.size)
    middles = [int(np.searchsorted(x, p)) for p in places]
    parts = [(0, 170), (171, 360), (361, 699)]
    levels = [0.0, 1.0, 2.0, 3.0]
    together = shapes(x, y, parts, middles, levels, 0.01)
    assert line(together, "whole", 1).readings == 0  # a jump between two that have shapes
    for k in range(3):
        alone = shapes(x, y, [parts[k]], [middles[k]], levels[k : k + 2], 0.01)
        for which in ("whole", "foot", "shoulder"):
            one, other = line(together, which, k), line(alone, which)
            assert (one.first, one.readings) == (other.first, other.readings)
            assert one.parts == pytest.approx(other.parts, rel=1e-12)
            np.testing.assert_allclose(one.response, other.response, rtol=1e-9)


def test_a_half_without_its_own_shape_takes_that_of_the_whole() -> None:
    """Noise of a tenth of the rise leaves too little of a half; its width is then the width of the whole riser."""
    alike = 0
    for seed in range(30):
        riser = seen(logistic(0.2), 0.1, seed)
        alike += riser.foot.width == riser.width
        assert 1 / 2.5 < riser.foot.width / riser.width < 2.5
    assert alike > 0


# -- which maxima of the slope are risers -----------------------------------------------------------------------------


def staircase(x: Array, places: tuple[float, ...], heights: tuple[float, ...]) -> Array:
    return np.asarray(sum(h / (1 + np.exp(-(x - v))) for v, h in zip(places, heights, strict=True)))


def slope_of(x: Array, y: Array, noise: float) -> Slopes:
    return slopes_of(x[None], y[None], np.array([noise]))


def kept_of(x: Array, y: Array, noise: float) -> tuple[list[int], list[int]]:
    """Risers that are large enough, and sub-steps."""
    slope = slope_of(x, y, noise)
    (rises,) = drop_small_rises(y, slope.values[0], [noise], [(0, x.size - 1)], find_risers(slope))
    return rises.risers, rises.sub_steps


def test_slope_of_a_parabola_is_exact() -> None:
    """Local parabolas: Savitzky and Golay 1964. On uneven settings the step is divided out reading by reading."""
    x = np.linspace(0, 2, 101)
    slope = slope_of(x, 3 * x**2 + x, 0.0)
    np.testing.assert_allclose(slope.values[0], 6 * x + 1, rtol=1e-9)
    assert slope.windows.tolist() == [5]
    # dy/di over dx/di, both of which curve: an error of the second order of the unevenness, 2 %
    uneven = x + 0.02 * np.sin(7 * x)
    np.testing.assert_allclose(slope_of(uneven, 2 * uneven, 0.0).values[0], 2.0, rtol=1e-9)


def test_heights_are_read_between_the_flattest_points() -> None:
    x = np.linspace(0, 60, 600)
    y = staircase(x, (10, 25, 45), (1.0, 0.5, 2.0))
    slope = slope_of(x, y, 0.0)
    (risers,) = find_risers(slope)
    assert x[risers] == pytest.approx([10, 25, 45], abs=0.1)
    # tails of exp(-7.5) = 0.06 % of the neighbours' rises
    ((heights, _),) = heights_of(y, slope.values[0], [(0, *risers, x.size - 1)])
    assert heights == pytest.approx([1.0, 0.5, 2.0], abs=0.005)


@pytest.mark.parametrize("small", [0.05, 0.3, 0.6])
def test_a_small_rise_in_the_middle_is_no_riser(small: float) -> None:
    """Below 0.42 of the typical rise it is structure on a plateau; above a tenth of it that is told."""
    x = np.linspace(0, 72, 900)
    kept, shoulders = kept_of(x, staircase(x, (10, 24, 36, 48, 62), (1.0, 1.0, small, 1.0, 1.0)), 0.0)
    assert len(kept) == (5 if small > 0.42 else 4)
    assert len(shoulders) == (1 if 0.1 < small < 0.42 else 0)
    if shoulders:
        # the flat stretch that is left over: on one of the two sides of the small rise
        assert 24 < x[shoulders[0]] < 48


@pytest.mark.parametrize("last", [0.05, 0.3])
@pytest.mark.parametrize("complete", [True, False])
def test_the_last_rise_is_excused_only_where_the_curve_ends_on_it(last: float, complete: bool) -> None:
    x = np.linspace(0, 62 if complete else 48, 900)
    y = staircase(x, (10, 24, 36, 50), (1.0, 1.0, 1.0, last if complete else last * (1 + np.exp(2))))
    kept, _ = kept_of(x, y, 1e-4)
    assert len(kept) == (3 if complete else 4)


@pytest.mark.parametrize(("n", "window"), [(5, 5), (40, 5), (41, 11), (400, 31)])
def test_the_local_slope_is_that_of_scipy(n: int, window: int) -> None:
    """Against `scipy.signal.savgol_filter`, ends included, and exactly against a parabola."""
    from scipy.signal import savgol_filter

    y = np.random.default_rng(n).normal(size=n)
    np.testing.assert_allclose(local_slope(y, window), savgol_filter(y, window, 2, deriv=1, mode="interp"), atol=1e-12)
    x = np.arange(n)
    np.testing.assert_allclose(local_slope(3 + 2 * x - 0.1 * x**2, window), 2 - 0.2 * x, atol=1e-9 * n)


def test_prominent_maxima_are_those_of_scipy() -> None:
    """Against `scipy.signal.find_peaks`: noise, noise that is smooth, steps with flat tops, and a slope, of many curves."""
    from scipy.signal import find_peaks

    rng = np.random.default_rng(8)
    values = rng.normal(size=(61, 200))
    for trial in range(1, 60, 3):
        values[trial] = np.convolve(values[trial], np.ones(9) / 9, mode="same")
    values[2::3] = np.round(2 * values[2::3]) / 2
    values[60] = np.arange(200)
    least = rng.choice([0.01, 0.5, 1.0], size=61)
    peaks = [find_peaks(own, prominence=own_least)[0].tolist() for own, own_least in zip(values, least, strict=True)]
    assert prominent_maxima(values, least) == peaks
    assert peaks[60] == []
