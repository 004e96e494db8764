"""Plateaus at several currents: up to which they do not change, and what they are at none.

A current heats the electrons and, beyond a critical one, ends the state without dissipation (Jeckelmann and Jeanneret 2001,
doi 10.1088/0034-4885/64/12/201). Levels and R_xx are read at every current over the readings of the same plateaus. What does not
know the direction of the current begins with its square,

    R_xy(I) = R_xy(0) + b I^2,    R_xx(I) = R_xx(0) + c I^2,

which gives every level at zero current. The first current at which this law fails, from the lowest ones up, is where the plateaus
break down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.calm_noise import calm_noise
from gzero.reduction.field_reversal import Bar
from gzero.reduction.noise import Noise, widening

Array = NDArray[np.float64]

FEWEST_READINGS = 5  #: of a plateau at a current
#: Chance, over all currents and plateaus, that noise is called a change; and, at each current, that it is called a breakdown.
_UNLIKELY = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AtOne:
    """k plateaus at one current.

    Parameters
    ----------
    current : size [A].
    hall, hall_covariance : R_xy of each [ohm], shape (k,), and (k, k), widened for the degrees of freedom of the noise.
    longitudinal, longitudinal_std : R_xx of each [ohm]; None where it was not read.
    """

    current: float
    hall: Array
    hall_covariance: Array
    longitudinal: Array | None
    longitudinal_std: Array | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Currents:
    """What the currents of a file do to the plateaus of a claim.

    Parameters
    ----------
    fillings : nu of the k plateaus.
    read : at every current, ascending; the first has the main answer.
    changed : place in `read` of the first current at which a level or R_xx differs from the lowest beyond noise; None for none.
    broken : place of the first current that does not follow I^2 with those below it; None for none.
    zero, zero_covariance : levels at zero current [ohm], shape (k,) and (k, k).
    law : p-value of I^2 below the breakdown; None with two currents, which any law passes.
    dependence : p-value of levels that do not depend on the current there.
    left_out : currents at which a plateau has too few readings [A].
    """

    fillings: tuple[int, ...]
    read: tuple[AtOne, ...]
    changed: int | None
    broken: int | None
    zero: Array
    zero_covariance: Array
    law: float | None
    dependence: float
    left_out: tuple[float, ...] = ()

    @property
    def sound(self) -> tuple[AtOne, ...]:
        """The currents below the breakdown."""
        return self.read[: self.broken]


def read_at(
    bar: Bar,
    windows: Sequence[tuple[float, float]],
    current: float,
    *,
    low_end: float | None,
    source: str,
    assumed_white: bool,
) -> AtOne | None:
    """Plateaus at one current; None where one of them has too few readings.

    Parameters
    ----------
    bar : readings at this current, corrected as those of the main answer.
    windows : lowest and highest x of every plateau.
    low_end : upper end of the classical part [unit of x], whose readings know the noise of R_xy as well; None without one.
    """
    room = 1e-9 * float(bar.x[-1])
    parts = [slice(*(int(i) for i in np.searchsorted(bar.x, (low - room, high + room)))) for low, high in windows]
    if not parts or min(p.stop - p.start for p in parts) < FEWEST_READINGS:
        return None
    responses = np.zeros((len(bar), len(parts)))
    for k, part in enumerate(parts):
        responses[part, k] = 1 / (part.stop - part.start)
    pieces = sorted(parts, key=lambda p: p.start)
    low = [] if low_end is None else [slice(0, int(np.searchsorted(bar.x, low_end, side="right")))]
    hall = calm_noise(bar.x, bar.hall, [*low, *pieces], stated=bar.hall_std, source=source, assumed_white=assumed_white)
    along = None
    if bar.longitudinal is not None:
        # at low field R_xx oscillates before R_xy does
        along = calm_noise(
            bar.x, bar.longitudinal, pieces, stated=bar.longitudinal_std, source=source, assumed_white=assumed_white
        )
    return AtOne(
        current=current,
        hall=responses.T @ bar.hall,
        hall_covariance=_widened(hall, responses),
        longitudinal=None if bar.longitudinal is None else responses.T @ bar.longitudinal,
        longitudinal_std=None if along is None else np.sqrt(np.diag(_widened(along, responses))),
    )


def _widened(noise: Noise, responses: Array) -> Array:
    """Covariance of means over plateaus, widened for the degrees of freedom of the noise."""
    covariance, dof = noise.covariance(responses)
    factor = widening(dof)
    return np.asarray(covariance * np.outer(factor, factor))


def currents_of(fillings: Sequence[int], read: Sequence[AtOne], left_out: Sequence[float]) -> Currents | None:
    """The breakdown and the levels at zero current; None with fewer than two currents.

    Parameters
    ----------
    read : at every current, ascending, k >= 1 plateaus each.
    """
    if len(read) < 2:
        return None
    used = 2
    fit = _extrapolated(read[:2])
    for m in range(3, len(read) + 1):
        further = _extrapolated(read[:m])
        if further.law is not None and further.law < _UNLIKELY:
            break
        used, fit = m, further
    return Currents(
        fillings=tuple(fillings), read=tuple(read), changed=_first_change(read), broken=used if used < len(read) else None,
        zero=fit.zero, zero_covariance=fit.covariance, law=fit.law, dependence=fit.dependence, left_out=tuple(left_out),
    )  # fmt: skip


def _first_change(read: Sequence[AtOne]) -> int | None:
    """The first current at which a level or R_xx differs from that of the lowest beyond chance (Bonferroni)."""
    from scipy.special import ndtri

    base = read[0]
    many = (len(read) - 1) * base.hall.size * (1 if base.longitudinal is None else 2)
    limit = -float(ndtri(_UNLIKELY / (2 * many)))
    for j, one in enumerate(read[1:], 1):
        std = np.sqrt(np.diag(one.hall_covariance) + np.diag(base.hall_covariance))
        if np.any(np.abs(one.hall - base.hall) > limit * std):
            return j
        if one.longitudinal is None or base.longitudinal is None:
            continue
        assert one.longitudinal_std is not None
        assert base.longitudinal_std is not None
        std = np.hypot(one.longitudinal_std, base.longitudinal_std)
        if np.any(np.abs(one.longitudinal - base.longitudinal) > limit * std):
            return j
    return None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Extrapolated:
    """Levels at zero current, their covariance, p-values of I^2 and of no dependence."""

    zero: Array
    covariance: Array
    law: float | None
    dependence: float


def _extrapolated(sound: Sequence[AtOne]) -> _Extrapolated:
    """A line in I^2 through every level and every R_xx, by generalised least squares."""
    from scipy.linalg import block_diag
    from scipy.special import chdtrc

    k, m = sound[0].hall.size, len(sound)
    along = all(one.longitudinal is not None for one in sound)
    many = 2 * k if along else k
    top = max(one.current for one in sound)
    design = np.vstack([np.hstack([np.eye(many), (one.current / top) ** 2 * np.eye(many)]) for one in sound])
    y = np.concatenate([_stacked(one, along=along) for one in sound])
    root = np.linalg.cholesky(block_diag(*(_stacked_covariance(one, along=along) for one in sound)))
    weighted, target = np.linalg.solve(root, design), np.linalg.solve(root, y)
    covariance = np.linalg.inv(weighted.T @ weighted)
    values = covariance @ (weighted.T @ target)
    slopes, own = values[many : many + k], covariance[many : many + k, many : many + k]
    rest = target - weighted @ values
    dof = many * (m - 2)
    return _Extrapolated(
        zero=values[:k],
        covariance=covariance[:k, :k],
        law=float(chdtrc(dof, float(rest @ rest))) if dof else None,
        dependence=float(chdtrc(k, float(slopes @ np.linalg.solve(own, slopes)))),
    )


def _stacked(one: AtOne, *, along: bool) -> Array:
    return np.concatenate([one.hall, one.longitudinal]) if along and one.longitudinal is not None else one.hall


def _stacked_covariance(one: AtOne, *, along: bool) -> Array:
    if not along or one.longitudinal_std is None:
        return one.hall_covariance
    k = one.hall.size
    out = np.zeros((2 * k, 2 * k))
    out[:k, :k] = one.hall_covariance
    out[k:, k:] = np.diag(one.longitudinal_std**2)
    return out
