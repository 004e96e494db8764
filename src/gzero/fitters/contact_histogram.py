"""From traces to the peaks of their histogram: range, bins, search, fit, and what redrawn traces say of all of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FitError, InputError
from gzero.fitters.histogram_fit import PeakFit, fit_peaks, peak_positions
from gzero.models.breakjunction import DEGREE
from gzero.reduction.contact_session import ContactSession
from gzero.reduction.histogram import Grid, TraceHistogram, counted, linear_grid, redrawn
from gzero.reduction.histogram_peaks import WIDTHS, Bump, Search, search

Array = NDArray[np.float64]

#: Redrawn experiments.
DRAWS = 400
#: Lower end of the histogram [quanta], and in standard deviations of a reading about an open contact.
LOWEST, OPEN = 0.2, 6.0
#: Share of the traces that may begin below its upper end.
BEGIN = 0.1
#: A peak stands above the background by this share of it, or the histogram is only bent there.
PROMINENT = 0.1
#: Standard deviations beyond which the lag-1 correlation of traces is no chance.
_ALIKE = 3.0
#: Behind the last peak the fit goes on by so much of the way to the peak before it: up to where the next one would begin.
_BEHIND = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContactHistogram:
    """The histogram of one session; conductances in quanta.

    Parameters
    ----------
    linear : between the ends that the traces allow.  replicates : its counts in redrawn experiments, shape (R, B).
    weights : how often each trace was drawn, shape (R, T).
    search : every significant bump;  fit : of the prominent ones, None without any, on the first `fitted_bins` bins.
    flat : bumps that were significant and not prominent.
    background : shift of every peak when the background's polynomial is one order lower [quanta], shape (k,).
    alike : lag-1 correlation of what traces, or units of them, say of the positions;  block : units that were drawn together.
    grid : the finest bins that traces were counted in [unit of y];  unit : traces that were counted together.
    problem : why there is no fit, or why its positions are to be looked at; "" otherwise.
    """

    linear: TraceHistogram
    replicates: Array
    weights: NDArray[np.float32]
    search: Search
    fit: PeakFit | None
    flat: int
    background: Array
    alike: float
    block: int
    grid: Grid
    unit: int = 1
    problem: str = ""


def ends(traces: ContactSession, quantum: float) -> tuple[float, float]:
    """(lowest, highest) conductance of the histogram [unit of y].

    Raises
    ------
    InputError : nothing lies between them.
    """
    high = float(np.quantile(traces.highest(), BEGIN))
    if np.isfinite(traces.rail):
        high = min(high, traces.rail - 4 * traces.noise)
    low = max(LOWEST * quantum, OPEN * traces.open_noise)
    if high < 2 * low:
        raise InputError(
            f"the traces begin at {high / quantum:.2g} quanta and their noise reaches {low / quantum:.2g}: no plateau between",
            remedy="check the unit and the gain, or begin the traces at a closed contact",
        )
    return low, high


def contact_histogram(
    traces: ContactSession, *, quantum: float, rng: np.random.Generator, step: float = 0.0, draws: int = DRAWS
) -> ContactHistogram:
    """Histogram, peaks and their uncertainties.

    Parameters
    ----------
    quantum : that conductances are shown in and widths are looked for in [unit of y]; it does not choose a position.
    step : of the digitiser [unit of y], where it is not small against a bin.

    Raises
    ------
    InputError : nothing lies between the ends of the histogram.
    """
    low, high = ends(traces, quantum)
    grid = linear_grid(low=low, high=high, quantum=quantum, rng=rng, step=step)
    (raw,) = counted(traces, grid)
    if step > 0:
        for size in traces.sizes.tolist():
            rng.random(size)  # what the count took from a copy of it
    linear = replace(raw, edges=raw.edges / quantum)
    units = linear.by_trace.shape[0]
    unit = -(-len(traces) // units)
    out = _looked_through(linear, redrawn(rng, units, draws), grid, block=1, unit=unit)
    if out.fit is None:
        return out
    alike = _alike(out.fit.influence)
    if alike * np.sqrt(units) <= _ALIKE:
        return replace(out, alike=alike)
    # neighbours that say the same are drawn together, in pieces long against what connects them
    block = int(np.ceil(2 * units ** (1 / 3)))
    weights = redrawn(rng, units, draws, block=block)
    return replace(_looked_through(linear, weights, grid, block=block, unit=unit), alike=alike)


def _looked_through(
    linear: TraceHistogram, weights: NDArray[np.float32], grid: Grid, *, block: int, unit: int
) -> ContactHistogram:
    """Bumps that are significant, then peaks that are prominent."""
    replicates = linear.replicates(weights)
    found = search(
        linear.counts, replicates, low=float(linear.edges[0]), bin_width=linear.width, widths=np.array(WIDTHS)
    )
    bumps, flat, problem = found.bumps, 0, ""
    fit: PeakFit | None = None
    shift = np.zeros(0)
    while bumps:
        used = _bins(linear, bumps)
        part = linear.below(used)
        try:
            fit = fit_peaks(part, replicates[:, :used], bumps)
        except FitError as error:
            fit, problem = None, error.problem
            break
        behind = fit.smooth_at(fit.centres)
        prominent = fit.heights > PROMINENT * np.maximum(behind, 0.0)
        if prominent.all():
            try:
                shift = peak_positions(part, fit, degree=DEGREE - 1) - fit.centres
            except FitError:
                problem = "with a background one order lower there is no fit"
                shift = np.zeros(len(bumps))
            break
        flat += int((~prominent).sum())
        bumps = tuple(b for b, keep in zip(bumps, prominent, strict=True) if keep)
        fit = None
    return ContactHistogram(
        linear=linear, replicates=replicates, weights=weights, search=found, fit=fit, flat=flat, background=shift,
        alike=0.0, block=block, grid=grid, unit=unit, problem=problem,
    )  # fmt: skip


def _bins(linear: TraceHistogram, bumps: tuple[Bump, ...]) -> int:
    """Bins up to the valley behind the last peak."""
    last = bumps[-1]
    before = bumps[-2].centre if len(bumps) > 1 else 0.0
    top = last.centre + _BEHIND * (last.centre - before)
    return int(np.clip(np.searchsorted(linear.edges, top), 8, linear.by_trace.shape[1]))


def _alike(influence: Array) -> float:
    """Lag-1 correlation of what neighbouring traces say of the positions, the mean over peaks [1]."""
    centred = influence - influence.mean(axis=0)
    square = (centred**2).sum(axis=0)
    usable = square > 0
    if not usable.any():
        return 0.0
    return float(np.mean((centred[1:] * centred[:-1]).sum(axis=0)[usable] / square[usable]))
