"""Both sides and both ends of a Hall bar: whether R_xx is the same on either side, and whether the four probes close.

With probes 1, 2 along one side and 3, 4 along the other, 1 facing 3,

    R_xy(1,3) - R_xy(2,4) = R_xx(1,2) - R_xx(3,4)

is the sum of the voltages round the four of them (Kirchhoff) and holds in any bar, uniform or not: where it fails, a reading is
wrong. The difference of the two R_xx itself is zero on plateaus of a good bar, where neither side may show a voltage
(Jeckelmann and Jeanneret 2001, doi 10.1088/0034-4885/64/12/201; Delahaye and Jeckelmann 2003, doi
10.1088/0026-1394/40/5/302). A density that differs between the two ends makes it R_xy(n_1) - R_xy(n_2), which changes sign with
the field (Ponomarenko et al. 2004, doi 10.1016/j.ssc.2004.02.021; Pan et al. 2005, doi 10.1103/PhysRevLett.95.066808);
a contact that does not reach the edge, or probes at other distances, make a part that does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.estimate import Estimate
from gzero.fitters.options import Longitudinal
from gzero.reduction.calm_noise import calm_noise
from gzero.reduction.field_reversal import Folding
from gzero.reduction.noise import widening

Array = NDArray[np.float64]

#: Chance below which two sides are said to disagree.
UNLIKELY = 0.01
#: Ratio of the sums of squares that the two signs of the sum rule leave, below which the readings do not tell them.
_SAME = 1.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Beside:
    """A column beside R_xy at the settings of the curve, shape (n,), with its stated uncertainty."""

    values: Array
    std: Array | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sides:
    """What both sides say, over the |B| of a bar, shape (n,).

    Parameters
    ----------
    first, second : R_xx of either side [ohm], even in the field where both signs were read.
    even, odd : R_xx of the first side less that of the second: part that reversal leaves (without both signs, as read), and
        part that it turns, for the positive field; None without both signs.
    std : stated standard uncertainty of either.
    ends : R_xy of the first pair less that of the second [ohm], as `odd` or, without both signs, as read; None without two pairs.
    ends_std : stated standard uncertainty of that.
    """

    first: Array
    second: Array
    even: Array
    odd: Array | None
    std: Array | None
    ends: Array | None
    ends_std: Array | None

    @classmethod
    def of(cls, at: Folding, along: tuple[Beside, Beside], across: tuple[Beside, Beside] | None) -> Sides:
        """Two columns of R_xx, and of R_xy where there are two."""
        difference = along[0].values - along[1].values
        ends = None if across is None else across[0].values - across[1].values
        return cls(
            first=at.even(along[0].values),
            second=at.even(along[1].values),
            even=at.even(difference),
            odd=None if at.mirror is None else at.odd(difference),
            std=at.std(_joint(*along)),
            ends=None if ends is None else at.odd(ends),
            ends_std=None if across is None else at.std(_joint(*across)),
        )


def _joint(a: Beside, b: Beside) -> Array | None:
    """Standard uncertainty of a sum or difference, where both are stated."""
    return None if a.std is None or b.std is None else np.hypot(a.std, b.std)


def together(along: tuple[Beside, Beside], choice: Longitudinal) -> Beside:
    """The R_xx that is used: the mean of both sides, or one of them."""
    if choice == "first":
        return along[0]
    if choice == "second":
        return along[1]
    if choice == "mean":
        joint = _joint(*along)
        return Beside(values=(along[0].values + along[1].values) / 2, std=None if joint is None else joint / 2)
    raise ValueError(f"no such choice of R_xx: {choice!r}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Agreement:
    """Whether means over plateaus are zero.

    Parameters
    ----------
    values, std : of each plateau [ohm], shape (k,).
    statistic : T^2/k, Hotelling's, with the degrees of freedom of the noise.
    p_value : chance that noise makes as much.
    """

    values: Array
    std: Array
    statistic: float
    p_value: float

    @property
    def holds(self) -> bool:
        """Whether chance makes as much in more than 1 of 100 cases."""
        return self.p_value >= UNLIKELY


def agreement(
    x: Array, y: Array, responses: Array, pieces: Sequence[slice], *, std: Array | None, assumed_white: bool
) -> Agreement:
    """The test of y = 0 on plateaus, with the noise that y shows by itself.

    Parameters
    ----------
    x, y : |B| and what should vanish [ohm], shape (n,).
    responses : of the means over the plateaus to the readings, shape (n, k), k >= 1.
    pieces : stretches without structure, in order.
    std : stated standard uncertainties of y, shape (n,).
    """
    from scipy.special import chdtrc, fdtrc

    noise = calm_noise(x, y, pieces, stated=std, assumed_white=assumed_white)
    values = responses.T @ y
    covariance, dof = noise.covariance(responses)
    k, few = values.size, float(np.min(dof))
    statistic = float(values @ np.linalg.pinv(covariance, rcond=1e-10, hermitian=True) @ values) / k
    p = float(chdtrc(k, k * statistic)) if few > 1e6 else float(fdtrc(k, max(few, 3.0), statistic))
    root = np.sqrt(np.maximum(np.diag(covariance), 0.0)) * widening(dof)
    return Agreement(values=values, std=root, statistic=statistic, p_value=p)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SideChecks:
    """What the two sides and ends of a bar say of each other on the plateaus of a claim.

    Parameters
    ----------
    fillings : nu of the plateaus, k of them.
    first, second : R_xx of either side there [ohm], shape (k,).
    even, odd : of the difference of the two sides; odd is None without both signs of the field.
    closing : of the sum rule; None without a second Hall pair.
    sign : +1 or -1, the one with which it was wired; 0 where both do.
    gradient : density at the first Hall pair over that at the second, less 1, in size; None where nothing tells.
    """

    fillings: tuple[int, ...]
    first: Array
    second: Array
    even: Agreement
    odd: Agreement | None
    closing: Agreement | None
    sign: int
    gradient: Estimate | None


def side_checks(
    x: Array,
    sides: Sides,
    responses: Array,
    fillings: Sequence[int],
    windows: Sequence[slice],
    low: tuple[int, float] | None,
    *,
    assumed_white: bool,
) -> SideChecks | None:
    """Both tests on the plateaus; None without a plateau.

    Parameters
    ----------
    responses : of every level of the claim to the readings, shape (n, k);  fillings : theirs.
    windows : readings of all plateaus, in order.
    low : readings of the classical part, and its slope [ohm/T]; None without one.
    """
    if not fillings:
        return None
    pieces = [*([slice(0, low[0])] if low else []), *windows]

    def tested(y: Array, std: Array | None) -> Agreement:
        return agreement(x, y, responses, pieces, std=std, assumed_white=assumed_white)

    turned = sides.odd if sides.odd is not None else sides.even
    closing, sign = None, 1
    if sides.ends is not None:
        # both signs fit a bar whose sides agree; elsewhere the risers tell how the probes were wired
        left = {s: sides.ends - s * turned for s in (1, -1)}
        sign = min((1, -1), key=lambda s: float(np.sum(left[s] ** 2)))
        both = sides.std is not None and sides.ends_std is not None
        size = [float(np.sum(left[s] ** 2)) for s in (1, -1)]
        closing = tested(left[sign], np.hypot(sides.std, sides.ends_std) if both else None)  # type: ignore[arg-type]
        if max(size) < _SAME * min(size):
            sign = 0
    return SideChecks(
        fillings=tuple(fillings),
        first=responses.T @ sides.first,
        second=responses.T @ sides.second,
        even=tested(sides.even, sides.std),
        odd=None if sides.odd is None else tested(sides.odd, sides.std),
        closing=closing,
        sign=sign,
        gradient=_gradient(x, sides, low, assumed_white=assumed_white),
    )


def _gradient(x: Array, sides: Sides, low: tuple[int, float] | None, *, assumed_white: bool) -> Estimate | None:
    """Relative difference of the densities at the two ends [1], from the slopes at low field; signed with two Hall pairs.

    R_xy = B/(n e) at either end, so that d(R_xy,1 - R_xy,2)/dB over the slope is -(n_1 - n_2)/n.
    """
    y, std = (sides.ends, sides.ends_std) if sides.ends is not None else (sides.odd, sides.std)
    if low is None or y is None:
        return None
    m, slope = low
    noise = calm_noise(x, y, [slice(0, m)], stated=std, assumed_white=assumed_white)
    away = x[:m] - x[:m].mean()
    weights = np.zeros((x.size, 1))
    weights[:m, 0] = away / float(away @ away)
    variance, dof = noise.covariance(weights)
    size = float(weights[:, 0] @ y) / slope
    return Estimate(
        value=-size if sides.ends is not None else abs(size),
        std_stat=float(np.sqrt(variance[0, 0]) * widening(dof)[0]) / slope,
    )
