"""Which peaks a histogram has that its smooth background has not: a search whose significance pays for looking everywhere.

A bump of width w at c is looked for with a Gaussian minus its best straight line over 2.5 widths to either side, so that neither a
level nor a slope of the background counts, and a background that is curved upwards counts against. Over its standard
deviation between traces this is z(c, w). The null is a histogram without peaks that scatters as this one does: the differences of
redrawn experiments to the one at hand, put through the same search (bootstrap of a maximum: Chernozhukov, Chetverikov and
Kato 2013, doi 10.1214/13-AOS1161).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Chance of any peak at all in a histogram without peaks.
SIGNIFICANT = 0.01
#: Standard deviations of peaks that are looked for [quanta].
WIDTHS = tuple(0.03 * 1.45**i for i in range(7))
_REACH = 2.5  # widths to either side
_APART = 2.0  # widths within which two bumps are one
#: A bump that is not significant is doubtful from so many standard deviations on, if it has this share of the peaks' height.
_DOUBT, _NO_LESS = 2.0, 0.3
#: A rise towards the end is one over so wide a range [quanta], by so much of the peaks' height, and so many standard deviations.
_BESIDE, _RISE, _SURE = 0.1, 0.1, 4.0
#: Within so much of the end a peak has one flank only, and its valley lies within so much of it [quanta].
_UNSEEN, _LOOKED = 0.25, 1.0
#: Where there is no peak to compare with: part of the height that the rise is.
_MOST = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Bump:
    """One peak: centre, width [unit of the bins], height above its surroundings [counts], z over its standard deviation, chance
    of one as high anywhere."""

    centre: float
    width: float
    height: float
    z: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Search:
    """The search over one histogram.

    Parameters
    ----------
    bumps : significant ones, in order of conductance.
    doubtful : not significant, and yet no smaller than peaks may be: with more traces they may turn out to be some.
    highest : z of the highest, significant or not.  p_value : chance of one as high in a histogram without peaks.
    threshold : z that a histogram without peaks reaches with the chance `SIGNIFICANT`.
    """

    bumps: tuple[Bump, ...]
    doubtful: tuple[Bump, ...]
    highest: float
    p_value: float
    threshold: float


def search(counts: Array, replicates: Array, *, low: float, bin_width: float, widths: Array) -> Search:
    """Every significant peak of a histogram.

    Parameters
    ----------
    counts : shape (B,).  replicates : of redrawn experiments, shape (R, B).
    low : lower edge of the first bin;  bin_width : [unit of the bins].
    widths : that are looked for, shape (W,), same unit.
    """
    noise = replicates - counts
    heights, chances, places, sizes, sharp, high = [], [], [], [], [], []
    for width in widths:
        kernel = _kernel(float(width) / bin_width)
        if kernel.size > counts.size:
            continue
        matrix = _banded(kernel, counts.size)
        own, drawn = counts @ matrix, noise @ matrix
        # where hardly any trace has been the scatter between traces is unknown: counts of independent readings at least
        floor = np.sqrt(np.maximum(counts, 1.0) @ matrix**2)
        std = np.maximum(np.sqrt(np.mean(drawn**2, axis=0)), floor)
        heights.append(own / std)
        sharp.append(own / floor)
        high.append(own / float(kernel @ kernel))
        chances.append((drawn / std).max(axis=1))
        places.append(low + bin_width * (np.arange(own.size) + kernel.size / 2))
        sizes.append(np.full(own.size, float(width)))
    if not heights:
        return Search(bumps=(), doubtful=(), highest=0.0, p_value=1.0, threshold=np.inf)
    table = np.array([np.concatenate(parts) for parts in (places, sizes, high, heights, sharp)])
    z, sharpness = table[3], table[4]
    null = np.sort(np.max(chances, axis=0))
    threshold = float(np.quantile(null, 1 - SIGNIFICANT))
    # traces that stay longer or shorter move a whole peak, which no width of the search can see: among the significant ones
    # the width that fits best is the one with the most signal over the noise of independent readings
    bumps = _distinct(table[:, z > threshold], sharpness[z > threshold], null, ())
    least = _NO_LESS * float(np.median([b.height for b in bumps])) if bumps else 0.0
    maybe = (z > _DOUBT) & (z <= threshold) & (table[2] > least)
    doubtful = _distinct(table[:, maybe], z[maybe], null, bumps) if bumps else ()
    return Search(
        bumps=bumps,
        doubtful=doubtful,
        highest=float(z.max()),
        p_value=_chance(null, float(z.max())),
        threshold=threshold,
    )


def piled_up(
    counts: Array, replicates: Array, *, low: float, bin_width: float, centres: Array, widths: Array
) -> float | None:
    """Where readings pile up between the last peak and the end of the histogram; None where they do not.

    The search needs both flanks of a peak. One that the end of the histogram cuts off has one flank only, and shows as a rise from
    the valley behind the last peak that redrawn experiments share.

    Parameters
    ----------
    counts : shape (B,).  replicates : of redrawn experiments, shape (R, B).
    low : lower edge of the first bin;  bin_width : [unit of the bins].
    centres, widths : of the peaks that were found, standard deviations, same unit; empty where there is none.
    """
    size = max(2, round(_BESIDE / bin_width))
    if counts.size < 2 * size:
        return None
    sums = np.cumsum(np.pad(np.vstack([counts, replicates]), ((0, 0), (1, 0))), axis=1)
    means = (sums[:, size:] - sums[:, :-size]) / size
    own, drawn = means[0], means[1:]
    places = low + bin_width * (np.arange(own.size) + size / 2)
    end = low + bin_width * counts.size
    last = centres[-1] + _APART * widths[-1] if centres.size else low
    behind = np.flatnonzero(places > max(last, end - _LOOKED))
    near_end = np.flatnonzero(places > end - _UNSEEN)
    if behind.size < 2:
        return None
    valley = int(behind[np.argmin(own[behind])])
    top = int(near_end[np.argmax(own[near_end])])
    if top <= valley:
        return None
    rise = own[top] - own[valley]
    if centres.size:
        heights = own[np.searchsorted(places, centres).clip(0, own.size - 1)]
        least = _RISE * float(np.median(heights) - own[valley])
    else:  # a background may rise by itself: a peak is what most of the readings up there are in
        least = _MOST * float(own[top])
    least = max(least, _SURE * float(np.std(drawn[:, top] - drawn[:, valley])), 0.0)
    return float(places[top]) if rise > least else None


def _distinct(table: Array, rank: Array, null: Array, taken: tuple[Bump, ...]) -> tuple[Bump, ...]:
    """Bumps in order of rank, each away from those before it and from those that are taken; sorted by place in the end."""
    out: list[Bump] = []
    for centre, width, height, z, _ in table[:, np.argsort(-rank, kind="stable")].T.tolist():
        if all(abs(centre - b.centre) > _APART * max(width, b.width) for b in (*out, *taken)):
            out.append(Bump(centre=centre, width=width, height=height, z=z, p_value=_chance(null, z)))
    return tuple(sorted(out, key=lambda b: b.centre))


def _chance(null: Array, z: float) -> float:
    """Share of the null that reaches z, the value itself counted among it."""
    return float((1 + null.size - np.searchsorted(null, z)) / (1 + null.size))


def _kernel(width: float) -> Array:
    """A Gaussian of a width [bins] over 2.5 widths to either side, without level and slope, shape (2 m + 1,)."""
    m = max(2, int(np.ceil(_REACH * width)))
    u = np.arange(-m, m + 1)
    shape = np.exp(-0.5 * (u / width) ** 2)
    return np.asarray(shape - shape.mean())  # even, so that its slope is zero already


def _banded(kernel: Array, size: int) -> Array:
    """The matrix that correlates `size` bins with the kernel wherever it fits, shape (size, size - kernel + 1)."""
    out = np.zeros((size, size - kernel.size + 1))
    for j, value in enumerate(kernel):
        out[np.arange(out.shape[1]) + j, np.arange(out.shape[1])] = value
    return out
