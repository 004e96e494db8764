"""The step of a quantised reading: what an analogue-to-digital converter, or a rounding, leaves between two values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Fewer values than this may be levels of the thing itself (a noise-free staircase), not of its reading.
_FEWEST_VALUES = 16
# Readings of something continuous never meet; those of a grid do, at many of its values.
_FEWEST_MEETING = 3
# Differences lie this near a multiple of the step [steps]. Text rounds, so exactness cannot be asked; of no grid, the
# fifteen differences of sixteen values are all so near with a chance of 0.4^14 (the smallest always is).
_NEAR = 0.2
# The values differ by rounding of the arithmetic up to this share of the largest.
_ROUNDING = 1e-12
# Divisions of Euclid's algorithm until a grid is given up: each leaves less than half of the last remainder.
_DIVISIONS = 12


def adc_step(y: NDArray[np.float64]) -> float:
    """The spacing of the grid that readings lie on; 0.0 where they lie on none.

    The step is the largest one of which every difference between two neighbouring values is a multiple: the smallest
    difference, or, where no two readings are one step apart, what Euclid's algorithm makes of the differences.

    Parameters
    ----------
    y : readings as the instrument gave them (an offset and a gain do no harm, a mean of readings does), shape (n,), in
        any order; what is not finite is left out.

    Returns
    -------
    step [unit of y]. 0.0 for continuous readings, for fewer than 16 different values (they may be levels of what was
    measured), and where fewer than 3 values repeat: then the grid is finer than the readings can show, or is that of
    an even ramp. Its rounding adds step^2/12 to the variance of a reading (Widrow, Kollar and Liu 1996,
    doi 10.1109/19.492748), unless the noise is so far below the step that readings repeat.
    """
    finite = np.sort(y[np.isfinite(y)])
    if finite.size < _FEWEST_VALUES:
        return 0.0
    rounding = _ROUNDING * float(np.abs(finite[[0, -1]]).max())
    starts, times = _groups(finite, rounding)
    if starts.size < _FEWEST_VALUES or (times > 1).sum() < _FEWEST_MEETING:
        return 0.0
    values = np.add.reduceat(finite, starts) / times
    spacings = np.sort(values[1:] - values[:-1])
    firsts, counts = _groups(spacings, 0.0)
    differences = spacings[firsts]
    step = float(differences[0])
    for _ in range(_DIVISIONS):
        found, remainder = _on_grid(differences, counts, step)
        if found > 0:
            return found
        if remainder < 100 * rounding:
            break
        step = remainder
    return 0.0


def _groups(ordered: NDArray[np.float64], apart: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where groups of neighbours that lie no further apart begin among ascending values, and how many are in each."""
    edges = np.concatenate(([0], (ordered[1:] - ordered[:-1] > apart).nonzero()[0] + 1, [ordered.size]))
    return edges[:-1], edges[1:] - edges[:-1]


def _on_grid(differences: NDArray[np.float64], counts: NDArray[np.int64], step: float) -> tuple[float, float]:
    """The step by least squares over all differences, in ascending order; else 0.0 and the first remainder that is left.

    The long differences need a step that the short ones have already made precise: its error grows with the multiple.
    """
    above = below = 0.0
    for difference, count in zip(differences.tolist(), counts.tolist(), strict=True):
        multiple = max(round(difference / step), 1)
        remainder = abs(difference - multiple * step)
        if remainder > _NEAR * step:
            return 0.0, remainder
        above += count * multiple * difference
        below += count * multiple**2
        step = above / below
    return step, 0.0
