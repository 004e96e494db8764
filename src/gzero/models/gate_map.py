"""How far is a mode's level below the Fermi level, at a gate setting that is some distance past its threshold?

A gate moves a level by its lever arm, which need not stay the same along the sweep. The map phi turns the distance s
from a threshold [unit of x] into an energy over e times the lever arm at that threshold [unit of x]: phi = s + O(s^2).
"""

from __future__ import annotations

import numpy as np

from gzero.models.model import Array

#: exp() of more than this is far above any riser and still leaves room to divide by a width of zero.
_LARGEST_EXPONENT = 300.0
#: Below it the difference in `_second` loses digits, and the series to the sixth power is exact.
_SMALL = 0.02


def exponential(s: Array, curvature: float | Array) -> tuple[Array, Array, Array]:
    """phi(s) = (exp(c s) - 1)/c, its derivative by s, and by c.

    Parameters
    ----------
    s : distance from the threshold, upwards in energy [unit of x], any shape.
    curvature : c [1/unit of x], relative change of the lever arm per unit of x, one for all or of a shape that goes with s. c -> 0 gives phi = s, smoothly.

    Returns
    -------
    phi [unit of x], dphi/ds [1], dphi/dc [unit of x^2], each of the shape of s. The map is monotone; c > 0 ends at
    phi = -1/c far below the threshold, c < 0 at phi = -1/c far above, so that |c| must stay well below 1/width.
    """
    y = np.minimum(curvature * s, _LARGEST_EXPONENT)
    rise = np.expm1(y)
    ratio = np.divide(rise, y, out=np.ones_like(y), where=y != 0)
    return s * ratio, rise + 1.0, s * s * _second(y, rise)


def _second(y: Array, rise: Array) -> Array:
    """(y exp(y) - expm1(y))/y^2 = sum_k (k + 1)/(k + 2)! y^k, given y and rise = expm1(y)."""
    small = np.abs(y) < _SMALL
    near = np.where(small, y, 0.0)
    series = 1 / 2 + near * (
        1 / 3 + near * (1 / 8 + near * (1 / 30 + near * (1 / 144 + near * (1 / 840 + near / 5760))))
    )
    far = np.where(small, 1.0, y)
    return np.where(small, series, (far * (rise + 1.0) - rise) / (far * far))
