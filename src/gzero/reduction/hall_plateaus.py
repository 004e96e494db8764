"""Plateaus of a Hall bar without a model of it: where R_xy stops following the classical line.

    gamma = (dR_xy/dB) / (dR_xy/dB)_classical

is 1 for a classical Hall bar, above 1 between plateaus and 0 on them, whatever the gain or the quantum. It is read off a
local straight line, as narrow as the noise allows, and stretches of gamma below one half that come near to 0 are plateaus.
The level is the mean over the part of such a stretch that agrees with its middle within the noise: what is left of
neighbouring levels falls exponentially towards the middle, with opposite signs on the two sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.noise import Noise
from gzero.reduction.plateau import Change, Plateau, beyond_chance

Array = NDArray[np.float64]

#: Noise of gamma that the window of the local line is widened to, and the most that shows a plateau at all.
_TARGET, _MOST = 0.05, 0.12
#: gamma below which a stretch may be a plateau, and which it has to reach.
_STRETCH, _REACHED = 0.5, 0.25
#: Share of the sweep that the window of the local line may cover.
_WIDEST = 1 / 15
#: Standard uncertainties by which a block of readings differs from the middle of its stretch: it belongs to a riser.
_DIFFERENT = 2.5
#: A tail is followed while it is this many times the noise of a reading; the error of following it, over the tail; the part
#: of the noise of a mean that it may move it by; the share of a window that is given up where none can be followed.
_FOLLOWED, _UNSURE, _PART, _GIVEN_UP = 5.0, 0.1, 0.4, 0.2
#: What tails that should cancel leave, over their mean: the middle is known to about a quarter of the width that they fall
#: with, and D exp(+-d/W) on either side then differ by half of D.
_MISPLACED = 0.5
#: Departure of gamma from 1 that ends the classical part, in itself and in standard uncertainties.
_STRUCTURE, _SURE = 0.35, 5.0
_FEWEST = 5  # readings of a plateau


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Steepness:
    """gamma along a sweep.

    Parameters
    ----------
    values, std : gamma and its standard uncertainty [1], shape (n,).
    classical : the slope that it is relative to at each reading [ohm per unit of x], shape (n,), positive.
    window : readings of the local line.
    """

    values: Array
    std: Array
    classical: Array
    window: int


def steepness(x: Array, y: Array, noise: Noise, *, classical: float | None = None) -> Steepness:
    """gamma of R_xy over field or density.

    Parameters
    ----------
    x, y : |B| [T] or density [1/m^2] ascending, and R_xy [ohm], shape (n,).
    classical : dR_xy/dB at low field [ohm/T]; None takes R_xy/x at each reading, which is the slope of a classical bar
        without contact resistance; over density that slope is negative.
    """
    n = x.size
    falling = classical is None and float(np.mean(y[: n // 3])) > float(np.mean(y[-(n // 3) :]))
    slow = np.maximum(np.abs(y), np.finfo(float).tiny) / np.maximum(np.abs(x), np.finfo(float).tiny)
    scale = slow if classical is None else np.full(n, abs(classical))
    half, most = 2, max(2, int(n * _WIDEST / 2))
    while True:
        slopes, norms = _local_lines(x, y, half)
        std = noise.typical * norms / scale * _redness(noise, x, half)
        # over half of the sweep, on the side where a step is longest
        if float(np.median(std[n // 2 :])) <= _TARGET or half >= most:
            break
        half = min(most, max(half + 1, int(1.3 * half)))
    return Steepness(values=(-slopes if falling else slopes) / scale, std=std, classical=scale, window=2 * half + 1)


def _local_lines(x: Array, y: Array, half: int) -> tuple[Array, Array]:
    """(slope of the straight line through the readings within `half` of each, its standard uncertainty for unit noise)."""
    n = x.size
    lo, hi = np.maximum(np.arange(n) - half, 0), np.minimum(np.arange(n) + half, n - 1) + 1
    u = (x - x.mean()) / (float(np.ptp(x)) or 1.0)
    v = y - y.mean()
    m, sx, sy, sxx, sxy = (
        np.concatenate(([0.0], np.cumsum(column)))[hi] - np.concatenate(([0.0], np.cumsum(column)))[lo]
        for column in (np.ones(n), u, v, u * u, u * v)
    )
    spread = np.maximum(sxx - sx**2 / m, np.finfo(float).tiny)
    range_ = float(np.ptp(x)) or 1.0
    return (sxy - sx * sy / m) / spread / range_, 1 / np.sqrt(spread) / range_


def _redness(noise: Noise, x: Array, half: int) -> float:
    """Factor on the standard uncertainty of a local line where the noise is red."""
    if not noise.red or noise.spectrum is None:
        return 1.0
    m = 2 * half + 1
    line = np.arange(m) - float(half)
    lags = noise.spectrum.autocovariance(m)
    covariance = lags[np.abs(np.subtract.outer(np.arange(m), np.arange(m)))]
    return float(np.sqrt(line @ covariance @ line / (line @ line) / lags[0]))


def classical_end(x: Array, view: Steepness) -> float:
    """The field up to which R_xy follows the classical line [unit of x]; infinite where it does so everywhere."""
    away = np.abs(view.values - 1) > np.maximum(_STRUCTURE, _SURE * view.std)
    inside = np.arange(x.size) >= view.window // 2  # the first windows are cut off and noisier than they say
    found = np.flatnonzero(away & inside)
    return float(x[found[0]]) if found.size else float("inf")


def find_plateaus(
    x: Array, y: Array, noise: Noise, view: Steepness, *, over_field: bool, longitudinal: Array | None = None
) -> tuple[Plateau, ...]:
    """The plateaus of R_xy, in order of x; their `index` is their place, from 0, and counts nothing.

    Parameters
    ----------
    view : gamma of the same readings.
    over_field : x is a field, over which levels are equally spaced in 1/x; else a density.
    longitudinal : R_xx [ohm], shape (n,), whose minimum is where a plateau is looked at first; else the middle of its stretch.
    """
    calm = view.values < _STRETCH
    edges = np.flatnonzero(np.diff(np.concatenate(([False], calm, [False])).astype(int)))
    out: list[Plateau] = []
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        here = slice(int(first), int(end))
        reached = (np.abs(view.values[here]) < _REACHED) & (view.std[here] <= _MOST)
        if end - first < _FEWEST or not reached.any():
            continue
        stretch = (int(first), int(end) - 1)
        place = 1 / np.maximum(x, np.finfo(float).tiny) if over_field else x
        beside = None if longitudinal is None else longitudinal[here]
        middle = _middle(place[here], beside, ends=stretch[1] >= x.size - 2)
        window = _window(place, y, noise, stretch, stretch[0] + middle)
        out.append(_plateau(x, y, noise, view, window, stretch, len(out)))
    return tuple(out)


def _middle(place: Array, longitudinal: Array | None, *, ends: bool) -> int:
    """Where in a stretch its plateau is: the middle of the quarter of its readings with the least R_xx, else of all; where
    the readings end on it, the middle of its last half, away from its only riser."""
    lowest = np.arange(place.size)
    if ends:
        lowest = lowest[place.size // 2 :]
    elif longitudinal is not None:
        lowest = np.argsort(longitudinal, kind="stable")[: max(3, place.size // 4)]
    return int(np.argmin(np.abs(place - (np.min(place[lowest]) + np.max(place[lowest])) / 2)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Window:
    """Readings that make a level: first, last, and what the risers beside it are still expected to move it by [ohm]."""

    first: int
    last: int
    tail: float


def _window(place: Array, y: Array, noise: Noise, stretch: tuple[int, int], middle: int) -> _Window:
    """The readings of a stretch in which what is left of the risers is small against the noise of their mean.

    A riser is seen well at the end of the stretch and falls exponentially inwards, from either side with a width of its own
    and with opposite signs. The window is the largest one about the place where both are equal in which what they leave
    together, and a part of each for the error of following them, is below a part of the noise of the mean. It is read off
    readings that hardly enter the level, so that their noise cannot choose it.
    """
    first, last = stretch
    lo, hi, failed = _grown(y, noise, stretch, middle)
    level, size = float(np.mean(y[lo : hi + 1])), hi - lo + 1
    std = _differ(y, noise, None, (lo, hi))[1] * float(np.sqrt(size))
    tails = np.zeros((2, y.size))
    for side, way, end in ((0, -1, first), (1, 1, last)):
        if failed[way]:
            found = _tail(place, y, level, noise.typical, np.arange(end, middle, -way))
            if found is None:  # nothing to follow: a fifth of what agrees is given up beside every riser
                trim = round(_GIVEN_UP * size)
                lo, hi = lo + trim * failed[-1], hi - trim * failed[1]
                return _Window(first=lo, last=max(hi, lo + 1), tail=0.0)
            tails[side, first : last + 1] = found[first : last + 1]
    inside = np.arange(first, last + 1)
    if all(failed.values()):
        centre = int(inside[np.argmin(np.abs(np.log(tails[0, inside] / tails[1, inside])))])
    elif failed[-1] or failed[1]:
        centre = last if failed[-1] else first
    else:
        return _Window(first=lo, last=hi, tail=0.0)
    sums = np.concatenate((np.zeros((2, 1)), np.cumsum(tails, axis=1)), axis=1)
    best: _Window | None = None
    for half in range(_FEWEST // 2, last - first + 1):
        # one side only: the window starts at the end of the readings
        reach = 2 * half if sum(failed.values()) == 1 else half
        a, b = max(first, centre - reach), min(last, centre + reach)
        left, right = (sums[:, b + 1] - sums[:, a]) / (b - a + 1)
        moved = abs(left - right) + _UNSURE * (left + right) / 2
        if best is not None and moved > _PART * std / np.sqrt(b - a + 1):
            break
        best = _Window(first=a, last=b, tail=float(abs(left - right) + _MISPLACED * (left + right) / 2))
        if (a, b) == (first, last):
            break
    return best or _Window(first=lo, last=hi, tail=0.0)


def _tail(place: Array, y: Array, level: float, noise: float, inwards: NDArray[np.int64]) -> Array | None:
    """A riser's tail at every reading [ohm], shape (n,), from an exponential through what is seen of it.

    Parameters
    ----------
    inwards : readings from the end of a stretch towards its middle.
    """
    away = np.abs(y[inwards] - level)
    faint = np.flatnonzero(away < _FOLLOWED * noise)
    seen = inwards[: int(faint[0])] if faint.size else inwards
    if seen.size < 3:
        return None
    size = np.abs(y[seen] - level)
    # the fainter part: nearer to the riser a tail is not exponential yet
    seen, size = (seen[-max(3, seen.size // 2) :], size[-max(3, seen.size // 2) :])
    distance = np.sign(place[inwards[-1]] - place[inwards[0]]) * (place - place[seen[0]])
    fall, start = np.polyfit(distance[seen], np.log(size), 1, w=size)
    return None if fall >= 0 else np.asarray(np.exp(np.clip(start + fall * distance, -700, 700)))


def _grown(y: Array, noise: Noise, stretch: tuple[int, int], middle: int) -> tuple[int, int, dict[int, bool]]:
    """(first and last of the readings that agree with the middle within the noise, whether one differed on either side)."""
    first, last = stretch
    block = max(2, (last - first + 1) // 12)
    lo, hi = max(first, middle - block), min(last, middle + block)

    def differs(way: int, blocks: int) -> bool | None:
        """Whether a block differs from the window; None where there is none."""
        edge = (lo - 1 if way < 0 else hi + 1) + way * block * (blocks - 1)
        far = min(max(edge + way * (block - 1), first), last)
        if not first <= edge <= last:
            return None
        difference, std = _differ(y, noise, (min(edge, far), max(edge, far)), (lo, hi))
        return abs(difference) > _DIFFERENT * std

    failed, growing = {-1: False, 1: False}, [-1, 1]
    while growing:
        for way in tuple(growing):
            one = differs(way, 1)
            # one block alone may differ by chance: what belongs to a riser goes on
            if one is None or (one and differs(way, 2) is not False):
                growing.remove(way)
                failed[way] = bool(one)
            elif way < 0:
                lo = max(first, lo - block)
            else:
                hi = min(last, hi + block)
    return lo, hi, failed


def _differ(y: Array, noise: Noise, block: tuple[int, int] | None, window: tuple[int, int]) -> tuple[float, float]:
    """(mean of a block minus that of a window, its standard uncertainty); without a block, minus the mean of the window."""
    weights = np.zeros(y.size)
    if block is not None:
        weights[block[0] : block[1] + 1] = 1 / (block[1] - block[0] + 1)
    weights[window[0] : window[1] + 1] = -1 / (window[1] - window[0] + 1)
    variance, _ = noise.covariance(weights[:, None])
    return float(weights @ y), float(np.sqrt(max(float(variance[0, 0]), 0.0)))


def _plateau(
    x: Array,
    y: Array,
    noise: Noise,
    view: Steepness,
    window: _Window,
    stretch: tuple[int, int],
    place: int,
) -> Plateau:
    """Level, its noise, and what the choice of the window changes beyond that.

    A level with a slope could be read anywhere in the middle half of its stretch, however narrow its window.
    """
    lo, hi = window.first, window.last
    m = hi - lo + 1
    here = slice(lo, hi + 1)
    response = np.zeros(y.size)
    response[here] = 1 / m
    away = x[here] - x[here].mean()
    line = np.zeros(y.size)
    line[here] = away / float(away @ away)
    inner = np.zeros(y.size)
    quarter = m // 4
    inner[lo + quarter : hi + 1 - quarter] = 1 / (m - 2 * quarter)
    wide = max(float(x[hi] - x[lo]), 0.5 * float(x[stretch[1]] - x[stretch[0]]))
    across = line * wide / np.sqrt(12.0)
    changes = tuple(Change(value=float(w @ y), weights=w) for w in (across, inner - response))
    covariance, _ = noise.covariance(np.column_stack([response, line, *(c.weights for c in changes)]))
    variance = np.maximum(np.diag(covariance), 0.0)
    scale = float(np.mean(view.classical[here]))
    slope = float(line @ y)
    return Plateau(
        index=place,
        level=float(response @ y),
        std_noise=float(np.sqrt(variance[0])),
        std_window=float(
            np.hypot(_of_the_window(changes, variance[2:], resolved=wide <= 2 * float(x[hi] - x[lo])), window.tail)
        ),
        slope=slope,
        x_low=float(x[lo]),
        x_high=float(x[hi]),
        points=m,
        noise=noise.typical,
        correlation_length=noise.correlation_length,
        flatness=abs(slope) / scale,
        flatness_std=float(np.sqrt(variance[1])) / scale,
        first=lo,
        last=hi,
        changes=changes,
        response=response,
    )


def _of_the_window(changes: tuple[Change, ...], variances: Array, *, resolved: bool) -> float:
    """Standard uncertainty from where the window is put: what changes beyond chance, and where the window is far narrower
    than its stretch, so that nothing shows it to be flat, all that changes beyond its variance."""
    if resolved:
        return beyond_chance(changes, [float(v) for v in variances])
    squares = [max(change.value**2 - float(v), 0.0) for change, v in zip(changes, variances, strict=True)]
    return float(np.sqrt(sum(squares)))
