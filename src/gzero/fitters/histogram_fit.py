"""Peaks on a smooth background fitted to a histogram, and to every redrawn experiment beside it.

Least squares with the variance that the traces show, counts times their excess over Poisson, taken from the fitted curve, so that
a low count by chance does not weigh more than a high one. What hangs together between bins needs no model: the same
fit to whole traces redrawn (`gzero.reduction.histogram`) gives the covariance of all parameters at once. Levenberg and
Marquardt (Marquardt 1963, doi 10.1137/0111030) for all experiments side by side, with bounds by projection.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FitError
from gzero.models.breakjunction import DEGREE, Range, background, counts, peak_shapes, slopes, split
from gzero.reduction.histogram import TraceHistogram
from gzero.reduction.histogram_peaks import Bump
from gzero.reduction.noise import widening

Array = NDArray[np.float64]

_STEPS = 200
#: Decrease of chi2 that is still to come where a fit stops: 1e-4 or 0.01 of a standard deviation.
_NEAR, _NEAR_REDRAWN = 1e-8, 1e-4
#: Shares of the widths that were found to start from: a search that sums over a peak finds it as wide as it can.
_NARROWER = (1.0, 0.5, 0.25)
_CHORDS = 12
_DAMPING = (1e-4, 1e9)
_WORK = 2_000_000  # numbers in one set of Jacobians
_USABLE = 0.9  # share of the experiments that must reach a minimum


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeakFit:
    """Peaks of one histogram.

    Parameters
    ----------
    values : height [counts], centre, width [unit of the bins] of each of k peaks, then the background [counts], shape (p,).
    covariance : from the redrawn experiments, widened for the number of traces, shape (p, p).
    redrawn : values of those that reached a minimum, shape (R, p).
    fitted, std : model and standard deviation of the counts, shape (B,).
    chi2, dof : of the fit, bin by bin.  p_value : chance that redrawn experiments miss the curve by as much.
    failed : share of the redrawn experiments without a minimum.
    at_bounds : positions of values that lie on a bound.
    effective : traces of equal weight that would tell each position as well, shape (k,).
    influence : what each trace moves each position by, shape (T, k) [unit of the bins].
    stays, stay_stds : readings of each peak above the background, and their standard uncertainties, shape (k,).
    """

    peaks: int
    within: Range
    values: Array
    covariance: Array
    redrawn: Array
    fitted: Array
    std: Array
    chi2: float
    dof: int
    p_value: float
    failed: float
    at_bounds: tuple[int, ...]
    effective: Array
    influence: Array
    stays: Array
    stay_stds: Array

    @property
    def heights(self) -> Array:
        """Above the background [counts], shape (k,)."""
        return split(self.values, self.peaks)[0]

    @property
    def centres(self) -> Array:
        """Positions [unit of the bins], shape (k,)."""
        return split(self.values, self.peaks)[1]

    @property
    def widths(self) -> Array:
        """Standard deviations [unit of the bins], shape (k,)."""
        return split(self.values, self.peaks)[2]

    def of_centres(self) -> Array:
        """Covariance of the positions, shape (k, k), its correlations shrunk as far as chance makes them.

        Of as few independent traces as there are, correlations of nothing scatter by 1/sqrt(n), and a line through the peaks would
        make use of them: the share min(1, sum 1/n over sum r^2) is taken away (Schaefer and Strimmer 2005,
        doi 10.2202/1544-6115.1175).
        """
        at = 3 * np.arange(self.peaks) + 1
        covariance = self.covariance[np.ix_(at, at)]
        std = np.sqrt(np.diag(covariance))
        apart = ~np.eye(self.peaks, dtype=bool)
        square = (covariance / np.outer(std, std))[apart] ** 2
        chance = 1 / float(np.mean(self.effective)) + 1 / self.redrawn.shape[0]
        share = min(1.0, chance * square.size / float(square.sum())) if square.sum() > 0 else 1.0
        return np.where(apart, (1 - share) * covariance, covariance)

    def smooth_at(self, x: Array) -> Array:
        """The background alone [counts] at conductances of shape (n,)."""
        smooth = self.values[3 * self.peaks :]
        return np.asarray(background(x, self.within, degree=smooth.size - 2) @ smooth)


def peak_positions(histogram: TraceHistogram, fit: PeakFit, *, degree: int) -> Array:
    """Positions [unit of the bins], shape (k,), with a background polynomial of another order and the same weights.

    Raises
    ------
    FitError : no minimum.
    """
    x, k = histogram.centres, fit.peaks
    terms = background(x, fit.within, degree=degree)
    smooth = np.linalg.lstsq(terms, fit.smooth_at(x), rcond=None)[0]
    bumps = tuple(Bump(centre=c, width=w, height=0.0, z=0.0, p_value=0.0) for c, w in zip(fit.centres.tolist(), fit.widths.tolist(), strict=True))  # fmt: skip
    problem = _Problem(x=x, terms=terms, peaks=k, bounds=_bounds(bumps, histogram, terms.shape[1]))
    start = np.concatenate([fit.values[: 3 * k], smooth])
    found, _, reached = problem.descend(histogram.counts[None], fit.std, start[None], near=_NEAR_REDRAWN)
    if not reached[0]:
        raise FitError("no minimum was reached on the histogram", remedy="give more traces")
    return np.asarray(split(found[0], k)[1])


def _range(histogram: TraceHistogram, scale: float) -> Range:
    return Range(low=float(histogram.edges[0]), high=float(histogram.edges[-1]), scale=scale)


def _best(
    histogram: TraceHistogram, bumps: tuple[Bump, ...], *, scale: float, degree: int
) -> tuple[_Problem, Array, Array]:
    """(what is minimised, values at the minimum, standard deviation of the counts)."""
    x, data = histogram.centres, histogram.counts
    terms = background(x, _range(histogram, scale), degree=degree)
    problem = _Problem(x=x, terms=terms, peaks=len(bumps), bounds=_bounds(bumps, histogram, terms.shape[1]))
    excess = histogram.excess
    expected = _smooth(data)
    std = np.sqrt(excess * np.maximum(expected, 1.0))
    starts = np.array([_start(x, terms, data, std, bumps, narrower=share) for share in _NARROWER])
    for near in (_NEAR_REDRAWN, _NEAR_REDRAWN, _NEAR):  # the curve that gives the weights is then the one that is found
        std = np.sqrt(excess * np.maximum(expected, 1.0))
        found, cost, reached = problem.descend(np.tile(data, (starts.shape[0], 1)), std, starts, near=near)
        if not reached.any():
            raise FitError("no minimum was reached on the histogram", remedy="give more traces, or state --plateaus")
        values = found[int(np.argmin(np.where(reached, cost, np.inf)))]
        starts = values[None]
        expected = counts(x, values, len(bumps), terms)
    lower, upper = problem.bounds
    stuck = (values <= lower) | (values >= upper)
    lost = [str(n + 1) for n in range(len(bumps)) if stuck[3 * n : 3 * n + 2].any()]
    if lost:
        raise FitError(
            f"peak {', '.join(lost)} ran onto the bounds of its height or place",
            remedy="give more traces, or state --plateaus",
        )
    return problem, values, std


def _stays(
    histogram: TraceHistogram, replicates: Array, values: Array, drawn: Array, problem: _Problem
) -> tuple[Array, Array]:
    """(readings around each peak above the background, their standard uncertainties), each shape (k,).

    They are counted between the middles to the neighbouring peaks, within four widths: a normal curve through a peak that is made of
    few plateaus misses some of them, a count does not.
    """
    _, centres, widths, smooth = split(values, problem.peaks)
    lower, upper = problem.bounds
    middles = lower[1 : 3 * problem.peaks : 3], upper[1 : 3 * problem.peaks : 3]
    low, high = np.maximum(middles[0], centres - 4 * widths), np.minimum(middles[1], centres + 4 * widths)
    inside = ((problem.x[:, None] > low) & (problem.x[:, None] < high)).astype(np.float64)
    behind = problem.terms.T @ inside
    counted = histogram.counts @ inside - smooth @ behind
    each = replicates @ inside - drawn[:, 3 * problem.peaks :] @ behind
    psi = histogram.by_trace @ inside
    n = _effective(psi - psi.mean(axis=0))
    return counted, np.asarray(each.std(axis=0, ddof=1) * _few(n))


def _effective(psi: Array) -> Array:
    """n = 3 (sum psi^2)^2/sum psi^4 traces of equal weight, from what each trace moves a value by, shapes (T, p), (p,)."""
    tiny = np.finfo(np.float64).tiny
    # in units of the largest, as a fourth power of small numbers is none
    square = (psi / np.maximum(np.abs(psi).max(axis=0), tiny)) ** 2
    n = 3 * square.sum(axis=0) ** 2 / np.maximum((square**2).sum(axis=0), tiny)
    return np.asarray(np.clip(n, 4.0, psi.shape[0]))


def _few(n: Array) -> Array:
    """Factor on a standard deviation: Student's quantile, and the degree of freedom that the mean took."""
    return np.asarray(widening(n - 1) * np.sqrt(n / (n - 1)))


def fit_peaks(
    histogram: TraceHistogram, replicates: Array, bumps: tuple[Bump, ...], *, scale: float = 1.0, degree: int = DEGREE
) -> PeakFit:
    """Peaks at the bumps that were found, with everything their uncertainty needs.

    Parameters
    ----------
    histogram : of T traces, all of it above zero.  replicates : of the same bins in redrawn experiments, shape (R, B).
    bumps : at least one, in order.  scale : of the tunnelling term [unit of the bins].

    Raises
    ------
    FitError : no minimum on the histogram, or on more than a tenth of the redrawn experiments.
    """
    problem, values, std = _best(histogram, bumps, scale=scale, degree=degree)
    found, reached = problem.redrawn(replicates, std, values)
    if reached.mean() < _USABLE:
        raise FitError(
            f"the peaks are lost in {100 * (1 - reached.mean()):.0f} % of the redrawn experiments",
            remedy="give more traces",
        )
    fitted = counts(problem.x, values, problem.peaks, problem.terms)
    pulls = (histogram.counts - fitted) / std
    drawn = found[reached]
    misses = (replicates[reached] - counts(problem.x, drawn, problem.peaks, problem.terms)) / std - pulls
    chi2 = float(pulls @ pulls)
    influence, effective = problem.by_trace(histogram.by_trace, values, std)
    factor = _few(effective)
    stays, stay_stds = _stays(histogram, replicates[reached], values, drawn, problem)
    lower, upper = problem.bounds
    return PeakFit(
        peaks=len(bumps),
        within=_range(histogram, scale),
        values=values,
        covariance=np.atleast_2d(np.cov(drawn.T)) * np.outer(factor, factor),
        effective=effective[1 : 3 * len(bumps) : 3],
        influence=influence[:, 1 : 3 * len(bumps) : 3],
        redrawn=drawn,
        fitted=fitted,
        std=std,
        chi2=chi2,
        dof=problem.x.size - values.size,
        p_value=float((1 + np.sum((misses**2).sum(axis=1) >= chi2)) / (1 + drawn.shape[0])),
        failed=float(1 - reached.mean()),
        at_bounds=tuple(int(i) for i in np.flatnonzero((values <= lower) | (values >= upper))),
        stays=stays,
        stay_stds=stay_stds,
    )


def _smooth(data: Array) -> Array:
    """Counts over five bins, for weights before there is a fit."""
    padded = np.pad(data, 2, mode="edge")
    return np.asarray(np.convolve(padded, np.full(5, 0.2), mode="valid"))


def _start(x: Array, terms: Array, data: Array, std: Array, bumps: tuple[Bump, ...], *, narrower: float) -> Array:
    """Heights and background by linear least squares at the places and a share of the widths that were found."""
    centres, widths = np.array([b.centre for b in bumps]), narrower * np.array([b.width for b in bumps])
    design = np.column_stack([peak_shapes(x, centres, widths), terms]) / std[:, None]
    solved = np.linalg.lstsq(design, data / std, rcond=None)[0]
    heights = np.maximum(solved[: len(bumps)], 0.1 * std[np.searchsorted(x, centres).clip(0, x.size - 1)])
    return np.concatenate([np.column_stack([heights, centres, widths]).ravel(), solved[len(bumps) :]])


def _bounds(bumps: tuple[Bump, ...], histogram: TraceHistogram, smooth: int) -> tuple[Array, Array]:
    """A peak stays between the middles to its neighbours, and no wider than half of the way to the nearer one."""
    centres = np.array([b.centre for b in bumps])
    edges = np.concatenate([[histogram.edges[0]], (centres[1:] + centres[:-1]) / 2, [histogram.edges[-1]]])
    room = np.minimum(centres - edges[:-1], edges[1:] - centres)
    widest = np.maximum(room, np.array([1.5 * b.width for b in bumps]))
    lower = np.column_stack([np.zeros(centres.size), edges[:-1], np.full(centres.size, histogram.width / 2)])
    upper = np.column_stack([np.full(centres.size, np.inf), edges[1:], widest])
    free = np.full(smooth, np.inf)
    return np.concatenate([lower.ravel(), -free]), np.concatenate([upper.ravel(), free])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Problem:
    """One model for many histograms of the same bins."""

    x: Array
    terms: Array
    peaks: int
    bounds: tuple[Array, Array]

    def descend(self, data: Array, std: Array, start: Array, *, near: float) -> tuple[Array, Array, NDArray[np.bool_]]:
        """(values, cost, whether a minimum was reached) for each row of `data`, shape (R, B), from `start`, shape (R, p)."""
        rows = max(1, _WORK // (self.x.size * start.shape[1]))
        parts = [self._some(data[i : i + rows], std, start[i : i + rows], near) for i in range(0, data.shape[0], rows)]
        values, cost, reached = (np.concatenate(column) for column in zip(*parts, strict=True))
        return values, cost, reached

    def redrawn(self, data: Array, std: Array, values: Array) -> tuple[Array, NDArray[np.bool_]]:
        """(values, whether a minimum was reached) for many histograms that differ little from the one `values` belong to.

        Each solves J^T W (data - N) = 0 with the Jacobian J of the one they differ little from, which is the fit to first order
        and one product of matrices a step; what does not settle so, or lies on a bound, descends by itself.
        """
        lower, upper = self.bounds
        design = slopes(self.x, values, self.peaks, self.terms) / std[:, None]
        solve, matrix = np.linalg.pinv(design), design.T @ design
        out = np.tile(values, (data.shape[0], 1))
        reached = np.zeros(data.shape[0], dtype=bool)
        left, last = np.arange(data.shape[0]), np.full(data.shape[0], np.inf)
        for _ in range(_CHORDS):
            step = self._pulls(data[left], std, out[left]) @ solve.T
            gain = np.einsum("rk,kj,rj->r", step, matrix, step)
            trial = out[left] + step
            inside = np.all((trial > lower) & (trial < upper), axis=1) & (gain < last[left])
            left, trial, gain = left[inside], trial[inside], gain[inside]
            out[left], last[left] = trial, gain
            reached[left[gain <= _NEAR_REDRAWN]] = True
            left = left[gain > _NEAR_REDRAWN]
            if not left.size:
                break
        slow = np.flatnonzero(~reached)
        if slow.size:
            start = np.broadcast_to(values, (slow.size, values.size))
            out[slow], _, reached[slow] = self.descend(data[slow], std, start, near=_NEAR_REDRAWN)
        return out, reached

    def by_trace(self, each: NDArray[np.float32], values: Array, std: Array) -> tuple[Array, Array]:
        """(psi: what each trace moves each value by, shape (T, p); effective number of traces of each value, shape (p,)).

        The variance of a value is sum psi_t^2, and known as well as from n = 3 (sum psi_t^2)^2/sum psi_t^4 traces of equal
        weight: T for normal psi, T/6 where contacts stay exponentially long.
        """
        design = slopes(self.x, values, self.peaks, self.terms) / std[:, None]
        solve = np.linalg.pinv(design) / std
        psi = (each - each.mean(axis=0)) @ solve.T
        return np.asarray(psi), _effective(psi)

    def _some(self, data: Array, std: Array, start: Array, near: float) -> tuple[Array, Array, NDArray[np.bool_]]:
        lower, upper = self.bounds
        values = np.clip(start, lower, upper)
        pulls = self._pulls(data, std, values)
        cost = np.einsum("rb,rb->r", pulls, pulls)
        reached, damping = np.zeros(values.shape[0], dtype=bool), np.full(values.shape[0], _DAMPING[0])
        left = np.flatnonzero(np.isfinite(cost))
        for _ in range(_STEPS):
            if not left.size:
                break
            step, gain = self._step(values[left], pulls[left], std, damping[left])
            trial = np.clip(values[left] + step, lower, upper)
            now = self._pulls(data[left], std, trial)
            trial_cost = np.einsum("rb,rb->r", now, now)
            better = trial_cost <= cost[left]
            close = gain <= near
            moved = left[better]
            values[moved], pulls[moved], cost[moved] = trial[better], now[better], trial_cost[better]
            damping[moved] *= 0.1
            damping[left[~better]] *= 20.0
            reached[left[close]] = True
            left = left[~close & (damping[left] < _DAMPING[1])]
        return values, cost, reached

    def _pulls(self, data: Array, std: Array, values: Array) -> Array:
        return np.asarray((data - counts(self.x, values, self.peaks, self.terms)) / std)

    def _step(self, values: Array, pulls: Array, std: Array, damping: Array) -> tuple[Array, Array]:
        """(damped step, decrease of the cost that an undamped one promises) of each row."""
        lower, upper = self.bounds
        design = slopes(self.x, values, self.peaks, self.terms) / std[:, None]
        turned = np.swapaxes(design, 1, 2)
        slope = (turned @ pulls[:, :, None])[:, :, 0]
        matrix = turned @ design
        held = ((values <= lower) & (slope < 0)) | ((values >= upper) & (slope > 0))
        size = np.sqrt(np.einsum("rkk->rk", matrix))
        held |= ~(size > 0)
        size = np.where(held, 1.0, size)
        slope = np.where(held, 0.0, slope) / size
        scaled = np.where(held[:, :, None] | held[:, None, :], 0.0, matrix / (size[:, :, None] * size[:, None, :]))
        unit = np.eye(values.shape[1])
        damped = np.where(unit > 0, 1.0 + damping[:, None, None] + 1e-12, scaled)
        step = np.linalg.solve(damped, slope[:, :, None])[:, :, 0]
        gain = np.einsum("rk,rk->r", step, slope)
        return step / size, gain
