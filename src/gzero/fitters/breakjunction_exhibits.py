"""What a break-junction session shows: its histograms, its traces one upon the other, plateau lengths, and the peaks as a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gzero.estimate import Estimate
from gzero.fitters.contact_histogram import LOWEST, ContactHistogram
from gzero.fitters.exhibits import Band, Entry, Listing, Mark, Picture, Trace
from gzero.reduction.contact_plateaus import Plateaus, aligned, plateaus_of, together
from gzero.reduction.contact_session import ContactSession
from gzero.reduction.contact_traces import CONTACT
from gzero.reduction.histogram import (
    Count,
    Inside,
    TraceHistogram,
    logarithmic_grid,
    redrawn_medians,
    unit_of,
    units_of,
)

Array = NDArray[np.float64]

_BAND = (2.5, 97.5)  # percent
_ORDERS = 5  # plateaus before the break that are listed
_BINS = 100  # of the displacement, in the picture of all traces
_BEHIND = 0.6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """A session as it is shown.

    Parameters
    ----------
    quantum, symbol : that conductances are shown in [unit of y], the symbol as print has it.  unit : of y, SI text.
    x_unit, x_name : of the displacement.  spacing : from reading to reading [unit of x], 0 where it is not even.
    """

    traces: ContactSession
    found: ContactHistogram
    quantum: float
    symbol: str
    unit: str | None
    x_unit: str | None
    x_name: str
    spacing: float
    seed: int

    @property
    def axis(self) -> str:
        """Name of a conductance axis."""
        return f"conductance [{self.symbol}]"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Look:
    """What one more look through all traces brings.

    Parameters
    ----------
    logarithmic : histogram of log10 G;  below : share of the readings under its lowest bin that is asked for.
    plane : displacement from the break against conductance, a `boost_histogram.Histogram`; None where there is nothing to see.
    plateaus : of every trace by itself, of the lowest orders;  stays : readings of each trace around the first peak, shape (T,).
    """

    logarithmic: TraceHistogram
    below: float
    plane: Any
    plateaus: Plateaus
    stays: Array


def exhibits(shown: Shown) -> tuple[tuple[Picture, ...], tuple[Listing, ...]]:
    """(histogram with its peaks, logarithmic histogram, traces one upon the other, lengths at the first peak; the peaks, and the
    plateaus found trace by trace)."""
    look = _looked(shown)
    out = [_histogram(shown), _logarithmic(shown, look), _together(shown, look)]
    if shown.found.fit is not None and shown.spacing > 0:
        out.append(_lengths(shown, look))
    tables = (_peaks(shown), _plateaus(shown, look))
    return tuple(p for p in out if p is not None), tuple(t for t in tables if t is not None)


def _looked(shown: Shown) -> _Look:
    traces, quantum = shown.traces, shown.quantum
    floor = max(traces.open_noise, 1e-6 * quantum)
    top = float(shown.found.linear.edges[-1]) * quantum
    count = Count(logarithmic_grid(low=floor, high=top, quantum=quantum), traces=len(traces))
    inside = Inside(shown.found.grid, _bins_around(shown, 0))
    plane, below, found = _plane(shown), 0, []
    for piece in traces.pieces():
        count.add(piece)
        inside.add(piece)
        below += int(np.count_nonzero(piece.values < floor))
        if plane is not None:
            x, there = aligned(piece, at=CONTACT * quantum)
            plane.fill(*((x, piece.values) if there.all() else (x[there], piece.values[there])))
        each = plateaus_of(piece, above=LOWEST * quantum)
        found.append(each.taken(each.order <= _ORDERS))
    return _Look(
        logarithmic=count.best(), below=below / traces.readings, plane=plane, plateaus=together(found),
        stays=inside.by_trace(),
    )  # fmt: skip


def _band(replicates: Array, x: Array) -> Band:
    low, high = np.percentile(replicates, _BAND, axis=0)
    return Band(label="95 % of redrawn experiments", x=x, low=low, high=high)


def _histogram(shown: Shown) -> Picture:
    found, fit = shown.found, shown.found.fit
    x, y = found.linear.centres, found.linear.counts
    traces = [Trace(label="readings", x=x, y=y, look="data")]
    marks: tuple[Mark, ...] = ()
    pulls = None
    if fit is not None:
        part = x[: fit.fitted.size]
        traces += [
            Trace(label="peaks and background", x=part, y=fit.fitted, look="fit"),
            Trace(label="background", x=part, y=fit.smooth_at(part), look="model"),
        ]
        marks = tuple(Mark(label=str(n), x=float(c)) for n, c in enumerate(fit.centres, 1))
        pulls = Trace(label="", x=part, y=(y[: fit.fitted.size] - fit.fitted) / fit.std)
    said = "; ".join(f"{c:.3f}" for c in fit.centres) if fit is not None else "none"
    return Picture(
        name="histogram",
        caption=f"Readings of {len(shown.traces)} traces in bins of {found.linear.width:.2g} {shown.symbol}; band: 95 % of experiments with "
        f"redrawn traces; vertical lines: peaks by their count.",
        alt=f"Histogram of the conductance of {len(shown.traces)} traces. Peaks at {said} {shown.symbol}.",
        x_name=shown.axis, y_name="readings per bin", x_unit="", traces=tuple(traces), bands=(_band(found.replicates, x),), marks=marks,
        pulls=pulls,
    )  # fmt: skip


def _logarithmic(shown: Shown, look: _Look) -> Picture | None:
    """The histogram of log10 G, down to the noise of an open contact."""
    histogram = look.logarithmic
    counts = histogram.counts
    if not counts.any():
        return None
    x = 10**histogram.centres
    return Picture(
        name="logarithmic_histogram",
        caption=f"The same readings in {histogram.width:.2g} decades of conductance each, down to the noise of an open contact "
        f"({100 * look.below:.0f} % of the readings lie lower); band: 95 % of experiments with redrawn traces.",
        alt=f"Histogram of the logarithm of the conductance from {x[0]:.2g} to {x[-1]:.2g} {shown.symbol}.",
        x_name=shown.axis, y_name="readings per bin", x_unit="", traces=(Trace(label="readings", x=x, y=counts),),
        bands=(_band(histogram.replicates(shown.found.weights), x),), logarithmic=True,
    )  # fmt: skip


def _plane(shown: Shown) -> Any:
    """An empty histogram of the displacement from the break and the conductance; None where there is little to see."""
    import boost_histogram as bh

    traces = shown.traces
    low, high = traces.before, min(traces.behind, -_BEHIND * traces.before)  # behind the break there is little to see
    if not high > low or traces.high <= 0:
        return None
    return bh.Histogram(
        bh.axis.Regular(min(_BINS, max(8, int(np.median(traces.sizes) / 2))), low, high),
        bh.axis.Regular(200, min(0.0, traces.low), traces.high), storage=bh.storage.Int64(),
    )  # fmt: skip


def _together(shown: Shown, look: _Look) -> Picture | None:
    """All traces from the break on: at every displacement the median and the middle 80 % of them, from a histogram in two
    dimensions."""
    plane = look.plane
    if plane is None:
        return None
    counts = plane.view(flow=True)[1:-1].astype(np.float64)
    enough = counts.sum(axis=1) >= 0.2 * counts.sum(axis=1).max()
    heights = plane.axes[1].edges / shown.quantum
    share = np.cumsum(counts[enough], axis=1) / counts[enough].sum(axis=1, keepdims=True)
    middle, bottom, upper = (
        np.array([heights[min(int(np.searchsorted(row, q)), heights.size - 1)] for row in share])
        for q in (0.5, 0.1, 0.9)
    )
    at = plane.axes[0].centers[enough]
    return Picture(
        name="traces",
        caption=f"All traces, each from its last reading above {CONTACT:g} {shown.symbol} on: the median, and the middle 80 % (shaded).",
        alt=f"Median conductance of {len(shown.traces)} traces against the displacement from the break.",
        x_name=f"{shown.x_name} from the break", y_name=shown.axis, x_unit=shown.x_unit,
        traces=(Trace(label="median", x=at, y=middle),), bands=(Band(label="middle 80 %", x=at, low=bottom, high=upper),),
    )  # fmt: skip


def _window(shown: Shown, n: int) -> tuple[float, float]:
    """Between the valleys around peak n (from 0) [quanta]."""
    assert shown.found.fit is not None
    centres = shown.found.fit.centres
    low = (centres[n - 1] + centres[n]) / 2 if n else centres[0] / 2
    high = (centres[n] + centres[n + 1]) / 2 if n + 1 < centres.size else centres[n] + (centres[n] - low)
    return float(low), float(high)


def _bins_around(shown: Shown, n: int) -> tuple[int, int]:
    """(first bin of the grid, bin behind the last) between the valleys around a peak; none where no peak was fitted."""
    if shown.found.fit is None:
        return 0, 0
    low, high = _window(shown, n)
    linear = shown.found.linear
    inside = np.flatnonzero((linear.centres >= low) & (linear.centres < high))
    joined = shown.found.grid.bins // linear.centres.size
    return (int(inside[0]) * joined, (int(inside[-1]) + 1) * joined) if inside.size else (0, 0)


def _lengths(shown: Shown, look: _Look) -> Picture:
    """How long contacts stay at the first peak: the displacement that each spends between the valleys around it."""
    stays = look.stays * shown.spacing
    top = float(np.quantile(stays, 0.995)) or shown.spacing
    bins = int(np.clip(np.sqrt(stays.size), 8, 40))
    edges = np.linspace(0.0, top, bins + 1)
    which = np.clip(np.searchsorted(edges, stays, side="right") - 1, 0, bins)
    places = unit_of(np.arange(stays.size), stays.size) * (bins + 1) + which
    by_unit = np.bincount(places, minlength=units_of(stays.size) * (bins + 1)).reshape(-1, bins + 1)
    lengths = TraceHistogram(edges=edges, by_trace=by_unit[:, :bins].astype(np.float32))
    x, mean = lengths.centres, float(stays.mean())
    law = stays.size * (np.exp(-edges[:-1] / mean) - np.exp(-edges[1:] / mean))
    low, high = _window(shown, 0)
    return Picture(
        name="lengths",
        caption=f"Displacement that a trace spends between {low:.2f} and {high:.2f} {shown.symbol}, around the first peak; band: 95 % of "
        "experiments with redrawn traces; dotted: an exponential law of the same mean.",
        alt=f"Histogram of the lengths at the first peak of {stays.size} traces, mean {mean:.3g} {shown.x_unit or ''}.",
        x_name="length at the first peak", y_name="traces per bin", x_unit=shown.x_unit,
        traces=(Trace(label="traces", x=x, y=lengths.counts), Trace(label="exponential law", x=x, y=law, look="model")),
        bands=(_band(lengths.replicates(shown.found.weights), x),),
    )  # fmt: skip


def _peaks(shown: Shown) -> Listing | None:
    fit = shown.found.fit
    if fit is None:
        return None
    stds = np.sqrt(np.diag(fit.covariance))
    behind = fit.smooth_at(fit.centres)
    rows: list[tuple[Entry, ...]] = []
    for k in range(fit.peaks):
        bump = min(shown.found.search.bumps, key=lambda b: abs(b.centre - float(fit.centres[k])))
        place = Estimate(value=float(fit.centres[k]), std_stat=float(stds[3 * k + 1]))
        each = shown.spacing / len(shown.traces)
        length = (
            Estimate(value=float(fit.stays[k]) * each, std_stat=float(fit.stay_stds[k]) * each, unit=shown.x_unit)
            if each > 0
            else "not even"
        )
        rows.append(
            (
                str(k + 1), place, place.scaled(1 / (k + 1), ""), Estimate(value=float(fit.widths[k]), std_stat=float(stds[3 * k + 2])),
                float(fit.heights[k] / behind[k]) if behind[k] > 0 else "no background", f"≤ {bump.p_value:.2g}", length,
            )
        )  # fmt: skip
    return Listing(
        name="peaks",
        caption="Peaks of the histogram",
        heads=("n", f"Position [{shown.symbol}]", "Position/n", "Width", "Height/background", "Chance", "Mean length"),
        rows=tuple(rows),
        notes=(
            "Chance: that a histogram without peaks has one as high anywhere. Mean length: the peak's readings above the background, "
            "as displacement a trace.",
        ),
    )


def _plateaus(shown: Shown, look: _Look) -> Listing | None:
    """Plateaus of every trace by itself, counted back from the break."""
    found = look.plateaus
    rng = np.random.default_rng(shown.seed)
    rows: list[tuple[Entry, ...]] = []
    for order in range(1, _ORDERS + 1):
        mine = found.order == order  # at most one in every trace, so that plateaus of one order are independent
        count = int(mine.sum())
        if count < 10:
            break
        levels, lengths = found.level[mine] / shown.quantum, found.length[mine]
        drawn = redrawn_medians(levels, rng, 200)
        rows.append(
            (
                str(order), f"{100 * count / len(shown.traces):.0f} %",
                Estimate(value=float(np.median(levels)), std_stat=float(drawn.std(ddof=1))),
                Estimate(value=float(lengths.mean()), std_stat=float(lengths.std(ddof=1) / np.sqrt(count)), unit=shown.x_unit),
            )
        )  # fmt: skip
    if not rows:
        return None
    return Listing(
        name="plateaus_by_trace",
        caption="Plateaus found trace by trace, counted back from the break",
        heads=("Plateau", "Traces that have it", f"Median level [{shown.symbol}]", "Mean length"),
        rows=tuple(rows),
        notes=(
            "A plateau is where means of a few readings before and after agree within the noise; short ones are not seen, so that the "
            "last plateau of some contacts is the second of others.",
        ),
    )
