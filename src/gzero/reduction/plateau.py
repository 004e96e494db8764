"""A plateau: a flat stretch of a curve, found without fitting a model to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Squared difference over its variance beyond which it is no chance: two and a half standard uncertainties.
_BEYOND_CHANCE = 6.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Change:
    """What another look at the window would change of a level.

    Parameters
    ----------
    value : the change [unit of y].
    weights : of the readings in it, shape (n,); their product with the noise says what chance makes of it.
    """

    value: float
    weights: NDArray[np.float64]


def beyond_chance(changes: Sequence[Change], variances: Sequence[float]) -> float:
    """Root sum of squares of changes, of each what it holds beyond its variance; nothing while that is within chance.

    Parameters
    ----------
    variances : of the changes, from the noise [unit of y squared].
    """
    squares = [change.value**2 for change in changes]
    return math.sqrt(sum(s - v for s, v in zip(squares, variances, strict=True) if s > _BEYOND_CHANCE * v))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plateau:
    """One flat stretch between two risers.

    Parameters
    ----------
    index : number of risers below it, counted from pinch-off (1 is the first plateau).
    level : mean over its window, the tails of the risers beside it taken out [unit of y].
    std_noise : standard uncertainty of that mean from the noise, its correlation length included [unit of y].
    std_window : standard uncertainty from where the window is put: slope, curvature, beyond the noise [unit of y].
    slope : of the straight line through the readings as they stand [unit of y per unit of x].
    x_low, x_high : the window [unit of x].
    points : readings in the window.
    noise : standard deviation of one reading [unit of y].
    correlation_length : readings per independent reading, 1 for white noise.
    flatness : rise that its own slope would make from riser to riser, over the rise that there is: 0 flat, 1 a ramp.
    flatness_std : standard uncertainty of that, from the noise.
    first, last : positions of the window in the curve, both inclusive.
    changes : what the level changes across its window (slope), and with a narrower one (choice of the window).
    response : d level/d reading, shape (n,); its products with the noise are the covariance of levels.
    """

    index: int
    level: float
    std_noise: float
    std_window: float
    slope: float
    x_low: float
    x_high: float
    points: int
    noise: float
    correlation_length: float
    flatness: float
    flatness_std: float
    first: int
    last: int
    changes: tuple[Change, ...]
    response: NDArray[np.float64]
