"""A Hall bar's readings over the size of the field: what field reversal cancels is taken out where both signs were read.

R_xy is odd in B and R_xx even; probes that do not face each other mix them. With both signs there,

    R_xy = [R(B) - R(-B)]/2,    R_xx = [R(B) + R(-B)]/2

leaves neither in the other. Two contacts that carry the current as well read |R_xy| + R_c, which is even: the half of the
readings that is larger at high field says which of the two was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gzero.measurement.curve import Curve, frozen

Array = NDArray[np.float64]
Parity = Literal["odd", "even", "one sign"]

#: Range that both signs of the field share, over the larger of the two, from which they are combined.
_SHARED = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bar:
    """Readings of one Hall bar in order of |x|, with R_xy positive.

    Parameters
    ----------
    x : |B| [T] or density [1/m^2], ascending, shape (n,).
    hall, hall_std : R_xy [ohm], and its standard uncertainty where one is stated.
    longitudinal, longitudinal_std : R_xx [ohm], shape (n,), where it was read.
    filling : filling factor as the file states it [1], where it does.
    parity : "odd" and "even": both signs were combined, as their difference and as their sum.
    sign : of R_xy at positive field.
    rest : the part of R_xy that reversal must leave out, shape (n,); None without both signs.
    unused : readings on the shorter side that were left out, where signs were not combined.
    over_field : whether x is a field; else a density.
    """

    x: Array
    hall: Array
    hall_std: Array | None = None
    longitudinal: Array | None = None
    longitudinal_std: Array | None = None
    filling: Array | None = None
    parity: Parity = "one sign"
    sign: int = 1
    rest: Array | None = None
    unused: int = 0
    over_field: bool = True

    def __post_init__(self) -> None:
        for name in ("x", "hall", "hall_std", "longitudinal", "longitudinal_std", "filling", "rest"):
            if (values := getattr(self, name)) is not None:
                object.__setattr__(self, name, frozen(values))

    def __len__(self) -> int:
        return int(self.x.size)

    def curve(self, part: slice | NDArray[np.bool_] | None = None) -> Curve:
        """R_xy of some of the readings as a curve."""
        at = slice(None) if part is None else part
        std = None if self.hall_std is None else self.hall_std[at]
        return Curve(x=self.x[at], y=self.hall[at], y_std=std, x_name="B", y_name="R_xy", x_unit="T", y_unit="ohm")


def fold(
    curve: Curve,
    *,
    longitudinal: Array | None = None,
    longitudinal_std: Array | None = None,
    filling: Array | None = None,
) -> Bar:
    """The readings over |x|.

    Parameters
    ----------
    curve : R_xy over B or density, any sign, x ascending.
    longitudinal, longitudinal_std, filling : beside it, shape (n,).
    """
    at = folding(curve.x)
    beside = {"longitudinal": longitudinal, "longitudinal_std": longitudinal_std, "filling": filling}
    over_field = curve.x_unit != "1/m^2"
    if at.mirror is None:
        return _one_sided(curve, at.rows, beside, unused=curve.x.size - at.rows.size, over_field=over_field)
    x, odd, even = curve.x[at.rows], at.odd(curve.y), at.even(curve.y)
    high = x > 0.5 * x[-1]
    parity: Parity = "odd" if np.median(np.abs(odd[high])) >= np.median(np.abs(even[high])) else "even"
    hall, rest = (odd, even) if parity == "odd" else (even, odd)
    sign = 1 if np.sum(hall * x) >= 0 else -1
    return Bar(
        x=x,
        hall=sign * hall,
        hall_std=at.std(curve.y_std),
        longitudinal=None if longitudinal is None else at.even(longitudinal),
        longitudinal_std=at.std(longitudinal_std),
        filling=None if filling is None else at.even(np.abs(filling)),
        parity=parity,
        sign=sign,
        rest=sign * rest,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Folding:
    """How readings over B become readings over |B|.

    Parameters
    ----------
    rows : of the side that is read, in order of |x|;  mirror : the same places on the other side, None without one.
    """

    rows: NDArray[np.int64]
    mirror: _Mirror | None

    def even(self, y: Array) -> Array:
        """The part that reversal of the field leaves; without a mirror, y as read."""
        return np.asarray(y[self.rows] if self.mirror is None else (y[self.rows] + self.mirror.values(y)) / 2)

    def odd(self, y: Array) -> Array:
        """The part that changes sign with the field; without a mirror, y as read."""
        return np.asarray(y[self.rows] if self.mirror is None else (y[self.rows] - self.mirror.values(y)) / 2)

    def std(self, std: Array | None) -> Array | None:
        """Standard uncertainty of either."""
        if std is None or self.mirror is None:
            return None if std is None else np.asarray(std[self.rows])
        return np.asarray(np.sqrt(std[self.rows] ** 2 + self.mirror.variance(std)) / 2)


def folding(x: Array) -> Folding:
    """Which readings of x, ascending, are combined: both signs where they share half of the larger range."""
    up, down = np.flatnonzero(x >= 0), np.flatnonzero(x < 0)[::-1]
    up_end = float(x[up[-1]]) if up.size else 0.0
    down_end = float(-x[down[-1]]) if down.size else 0.0
    if min(up_end, down_end) < _SHARED * max(up_end, down_end) or min(up.size, down.size) < 8:
        return Folding(rows=up if up_end >= down_end else down, mirror=None)
    end = min(up_end, down_end) * (1 + 1e-9)
    start = max(float(x[up[0]]), float(-x[down[0]])) * (1 - 1e-9)
    grid = up[(x[up] <= end) & (x[up] >= start)]
    return Folding(rows=grid, mirror=_Mirror.of(x[grid], -x[down], down))


def _one_sided(
    curve: Curve, side: NDArray[np.int64], beside: dict[str, Array | None], *, unused: int, over_field: bool
) -> Bar:
    """The readings of one sign of the field; R_xx keeps its sign, R_xy is made positive."""
    x, y = np.abs(curve.x[side]), curve.y[side]
    turned = 1 if np.sum(y * x) >= 0 else -1
    picked = {name: None if values is None else values[side] for name, values in beside.items()}
    return Bar(
        x=x,
        hall=turned * y,
        hall_std=None if curve.y_std is None else curve.y_std[side],
        longitudinal=picked["longitudinal"],
        longitudinal_std=picked["longitudinal_std"],
        filling=None if picked["filling"] is None else np.abs(picked["filling"]),
        sign=turned * (1 if float(curve.x[side[-1]]) >= 0 else -1),
        unused=unused,
        over_field=over_field,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Mirror:
    """Readings at -x, on the grid of those at x, by linear interpolation."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    share: Array

    @classmethod
    def of(cls, grid: Array, size: Array, rows: NDArray[np.int64]) -> _Mirror:
        """`size`: |x| of the readings `rows` on the other side, ascending."""
        right = np.clip(np.searchsorted(size, grid), 1, size.size - 1)
        share = np.clip((grid - size[right - 1]) / (size[right] - size[right - 1]), 0.0, 1.0)
        # grids that agree but for rounding are read, and not averaged
        share = np.where(share < 1e-6, 0.0, np.where(share > 1 - 1e-6, 1.0, share))
        return cls(left=rows[right - 1], right=rows[right], share=share)

    def values(self, y: Array) -> Array:
        return np.asarray((1 - self.share) * y[self.left] + self.share * y[self.right])

    def variance(self, std: Array) -> Array:
        return np.asarray(((1 - self.share) * std[self.left]) ** 2 + (self.share * std[self.right]) ** 2)
