"""The states of a switching trace: visits between change points, grouped into levels.

A visit is a stretch between two change points, and its level the mean of its readings (weighed by their stated uncertainties)
without the first and the last one, which may lie on a switch. Two visits that do not follow each other are one state unless
their levels differ by more than their joint uncertainty allows: the nearest two groups of visits, by

    t = |G_a - G_b| / std(G_a - G_b),

are made one, again and again, while t is below the two-sided normal quantile of 1 % over the number of pairs of visits. The
covariance of levels holds the spectrum of the noise. Where the visits of a state scatter beyond it, the level's
uncertainty is widened by sqrt(chi2/dof), as in `fitters/step_height.py`. A state has one visit of at least 3 readings and
5 in all; what is shorter is a passage from one state to another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.fitters.step_height import scale_factor
from gzero.measurement.curve import Curve
from gzero.reduction.change_points import ChangePoints
from gzero.reduction.noise import Noise, widening

Array = NDArray[np.float64]

#: Chance that two visits of one state are held for two somewhere in a trace.
CHANCE = 0.01
#: Readings of the longest visit of a state, and of all its visits.
_LONG, _IN_ALL = 3, 5
#: A visit of this many readings is long enough to leave out those beside a switch.
_TRIMMED = 8
PASSAGE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One stay in one state.

    Parameters
    ----------
    first, last : readings, both inclusive.  start, end : times of its switches, half-way between two readings [unit of x].
    level, std : mean and its standard uncertainty, the correlation of the noise in it [unit of y].
    state : number of its state from the lowest, 0 on; `PASSAGE` for none.
    begins, ends : whether a switch was seen there; not at the ends of the trace and at gaps.
    score, chance : of the switch that it begins with, as in `ChangePoints`; nan where none was seen.
    """

    first: int
    last: int
    start: float
    end: float
    level: float
    std: float
    state: int
    begins: bool
    ends: bool
    score: float
    chance: float

    @property
    def readings(self) -> int:
        """How many."""
        return self.last - self.first + 1

    @property
    def duration(self) -> float:
        """Time from switch to switch, or what is seen of it [unit of x]."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class States:
    """The levels that a trace stays on.

    Parameters
    ----------
    values : ascending, shape (k,) [unit of y].  covariance : statistical, shape (k, k).
    readings, visits_of : of each state, shape (k,).
    scatter : factor on the uncertainty of each for the scatter of its visits, shape (k,).
    drift, drift_std : change of the level across the longest visit, and its standard uncertainty, shape (k,) [unit of y].
    visits : all, in the order of time.
    noise : of the readings.  quantile : that two groups must differ by.
    """

    values: Array
    covariance: Array
    readings: NDArray[np.int64]
    visits_of: NDArray[np.int64]
    scatter: Array
    drift: Array
    drift_std: Array
    visits: tuple[Visit, ...]
    noise: Noise
    quantile: float

    def __len__(self) -> int:
        return int(self.values.size)

    @property
    def std(self) -> Array:
        """Of each level [unit of y], shape (k,)."""
        return np.sqrt(np.diag(self.covariance))

    def separation(self, k: int) -> float:
        """Distance of state k from the next higher one over its standard uncertainty [1]."""
        c = self.covariance
        spread = float(np.sqrt(max(c[k, k] + c[k + 1, k + 1] - 2 * c[k, k + 1], np.finfo(float).tiny)))
        return float(self.values[k + 1] - self.values[k]) / spread


def states_of(curve: Curve, points: ChangePoints) -> States:
    """Visits and states of a curve with its change points."""
    n, noise = len(curve), points.noise
    pieces = points.pieces(n)
    mass = noise.std**-2
    weights = np.zeros((n, len(pieces)))
    for j, piece in enumerate(pieces):
        inner = _inner(*piece)
        weights[inner, j] = mass[inner] / mass[inner].sum()
    levels = weights.T @ curve.y
    covariance, dof = noise.covariance(weights)
    sizes = np.array([mass[_inner(*piece)].sum() for piece in pieces])
    quantile = _quantile(len(pieces))
    switched = np.ones(max(len(pieces) - 1, 0), dtype=bool)
    switched[np.searchsorted(points.starts, points.starts[points.gaps])] = False
    groups = _grouped(levels, covariance, sizes, quantile, switched)
    lengths = np.array([stop - first for first, stop in pieces])
    states = [g for g in groups if lengths[g].max() >= _LONG and lengths[g].sum() >= _IN_ALL]
    means = [float(np.average(levels[g], weights=sizes[g])) for g in states]
    states = [states[i] for i in np.argsort(means)]
    number = np.full(len(pieces), PASSAGE)
    for k, g in enumerate(states):
        number[g] = k
    stds = np.sqrt(np.diag(covariance)) * widening(dof)
    visits = _visits(curve, points, pieces, levels, stds, number)
    pooled = (
        np.column_stack([weights[:, g] @ (sizes[g] / sizes[g].sum()) for g in states]) if states else np.zeros((n, 0))
    )
    own, own_dof = noise.covariance(pooled) if states else (np.zeros((0, 0)), np.zeros(0))
    scatter = np.array([_scatter(levels[g], covariance[np.ix_(g, g)]) for g in states])
    factor = widening(own_dof) * scatter if states else np.zeros(0)
    drifts = [_drift(curve, noise, *pieces[int(g[np.argmax(lengths[g])])]) for g in states]
    return States(
        values=pooled.T @ curve.y,
        covariance=own * np.outer(factor, factor),
        readings=np.array([lengths[g].sum() for g in states], dtype=np.int64),
        visits_of=np.array([len(g) for g in states], dtype=np.int64),
        scatter=scatter,
        drift=np.array([d for d, _ in drifts]),
        drift_std=np.array([s for _, s in drifts]),
        visits=visits,
        noise=noise,
        quantile=quantile,
    )


def _inner(first: int, stop: int) -> slice:
    """The readings that a level is the mean of."""
    return slice(first + 1, stop - 1) if stop - first >= _TRIMMED else slice(first, stop)


def _quantile(visits: int) -> float:
    from scipy.special import ndtri

    pairs = max(visits * (visits - 1) / 2, 1.0)
    return float(-ndtri(CHANCE / (2 * pairs)))


def _grouped(
    levels: Array, covariance: Array, sizes: Array, quantile: float, switched: NDArray[np.bool_]
) -> list[NDArray[np.int64]]:
    """Visits by state: nearest groups first, those with a switch between them never.

    switched : whether a switch was seen between a visit and the next one, shape (k - 1,). A merged group lies between its two, so
    that groups stay in order.
    """
    order = np.argsort(levels, kind="stable")
    groups = [np.array([j]) for j in order]
    values, mass, shared = levels[order], sizes[order], covariance[np.ix_(order, order)]
    after = np.diag(switched, 1)
    apart = (after | after.T)[np.ix_(order, order)]  # one is what the other switched to
    while values.size > 1:
        own = np.diag(shared)
        spread = np.sqrt(np.maximum(own[1:] + own[:-1] - 2 * np.diag(shared, 1), np.finfo(float).tiny))
        distance = np.where(np.diag(apart, 1), np.inf, np.diff(values) / spread)
        i = int(np.argmin(distance))
        if not distance[i] < quantile:
            break
        share = mass[i] / (mass[i] + mass[i + 1])
        groups[i : i + 2] = [np.concatenate(groups[i : i + 2])]
        values = _joined(values, i, share)
        shared = _joined(_joined(shared, i, share).T, i, share)
        apart[i] |= apart[i + 1]
        apart[:, i] |= apart[:, i + 1]
        apart = np.delete(np.delete(apart, i + 1, axis=0), i + 1, axis=1)
        mass[i] += mass[i + 1]
        mass = np.delete(mass, i + 1)
    return [np.sort(g) for g in groups]


def _joined(rows: Array, i: int, share: float) -> Array:
    """Rows i and i + 1 as one: their mean with a share of the first."""
    out = np.delete(rows, i + 1, axis=0)
    out[i] = share * rows[i] + (1 - share) * rows[i + 1]
    return out


def _scatter(levels: Array, covariance: Array) -> float:
    """Factor for visits that scatter beyond their noise."""
    k = levels.size
    if k < 2:
        return 1.0
    inverse = np.linalg.pinv(covariance, hermitian=True)
    ones = np.ones(k)
    mean = float(ones @ inverse @ levels) / float(ones @ inverse @ ones)
    chi2 = float((levels - mean) @ inverse @ (levels - mean))
    return float(scale_factor(np.array([chi2]), k - 1)[0])


def _drift(curve: Curve, noise: Noise, first: int, stop: int) -> tuple[float, float]:
    """(change of the level across a visit, its standard uncertainty) by a straight line [unit of y]."""
    inner = _inner(first, stop)
    t = curve.x[inner] - curve.x[inner].mean()
    if t.size < 3 or not np.any(t):
        return 0.0, float("inf")
    weights = np.zeros((len(curve), 1))
    weights[inner, 0] = t / (t @ t) * (t[-1] - t[0])
    covariance, dof = noise.covariance(weights)
    return float(weights[:, 0] @ curve.y), float(np.sqrt(covariance[0, 0]) * widening(dof)[0])


def _visits(
    curve: Curve,
    points: ChangePoints,
    pieces: list[tuple[int, int]],
    levels: Array,
    stds: Array,
    number: NDArray[np.int64],
) -> tuple[Visit, ...]:
    n = len(curve)
    gap = {int(s): bool(g) for s, g in zip(points.starts, points.gaps, strict=True)}
    told = {int(s): (float(t), float(p)) for s, t, p in zip(points.starts, points.scores, points.chances, strict=True)}
    out = []
    for j, (first, stop) in enumerate(pieces):
        begins, ends = first in gap and not gap[first], stop in gap and not gap[stop]
        score, chance = told[first] if begins else (float("nan"), float("nan"))
        out.append(
            Visit(
                first=first, last=stop - 1, level=float(levels[j]), std=float(stds[j]), state=int(number[j]),
                start=float(curve.x[first - 1] + curve.x[first]) / 2 if begins else float(curve.x[first]),
                end=float(curve.x[stop - 1] + curve.x[stop]) / 2 if ends else float(curve.x[min(stop, n) - 1]),
                begins=begins, ends=ends, score=score, chance=chance,
            )
        )  # fmt: skip
    return tuple(out)


def stays(visits: tuple[Visit, ...]) -> tuple[Visit, ...]:
    """Visits to states only: a passage belongs half to the stay before and half to the one after it, and what returns to the
    state that it left is one stay."""
    out: list[Visit] = []
    pending: Visit | None = None
    for visit in visits:
        if visit.state == PASSAGE:
            pending = visit if pending is None else replace(pending, last=visit.last, end=visit.end, ends=visit.ends)
            continue
        here = visit
        if pending is not None:
            seen = pending.begins and pending.ends
            if out and seen:
                middle = (pending.start + pending.end) / 2
                out[-1], here = replace(out[-1], end=middle), replace(here, start=middle)
            elif out:
                out[-1], here = replace(out[-1], ends=False), replace(here, begins=False)
            else:
                here = replace(here, begins=False)  # what came before the passage was not seen
            pending = None
        if out and out[-1].state == here.state and here.begins:
            out[-1] = replace(out[-1], last=here.last, end=here.end, ends=here.ends)
        else:
            out.append(here)
    if pending is not None and out:
        out[-1] = replace(out[-1], ends=False)
    return tuple(out)
