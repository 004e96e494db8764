"""Histograms of pooled traces whose uncertainties come from the traces: every trace is counted once, and whole traces are redrawn.

Counts of one trace hang together (a plateau fills a bin with all of its readings), so that sqrt(N) is not their uncertainty.
With H_tb the readings of trace t in bin b, a replicate of the experiment is sum_t m_t H_tb, m_t how often trace t was drawn in T
draws with replacement (Efron 1979, doi 10.1214/aos/1176344552): one matrix product for all replicates.

Of more than ten thousand traces as many neighbouring ones are counted and drawn together as leave ten thousand units or a little less.
Sums of g independent traces are independent too, so that U of them redrawn have the variance that T = g U traces have, known to
1/sqrt(2 U), 0.7 % (blocks: Kuensch 1989, doi 10.1214/aos/1176347265); 400 draws know it to 3.5 %. Nothing then grows with the
traces but the time to count them.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.contact_traces import ContactTraces, Traces

Array = NDArray[np.float64]

#: The finest bins that are tried, [quanta] and [decades], and how many of them may be joined.
WIDTH, LOG_WIDTH = 0.01, 0.02
JOINED = (1, 2, 4)
_COARSEST = JOINED[-1]
_LARGEST = 4_000  # bins of one histogram
#: Traces, or groups of neighbouring ones, that are counted and drawn one by one.
UNITS = 10_000
_SINGLE = 1e-5  # share by which single precision is off at most


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TraceHistogram:
    """Readings of T traces in B bins.

    Parameters
    ----------
    edges : shape (B + 1,) [unit of the values, or decades where it is logarithmic].
    by_trace : readings of each trace in each bin, shape (T, B); of long sessions those of each unit of neighbouring traces.
    """

    edges: Array
    by_trace: NDArray[np.float32]

    @property
    def counts(self) -> Array:
        """Readings of all traces, shape (B,)."""
        return np.asarray(self.by_trace.sum(axis=0, dtype=np.float64))

    @property
    def centres(self) -> Array:
        """Middle of each bin, shape (B,)."""
        return np.asarray((self.edges[1:] + self.edges[:-1]) / 2)

    @property
    def width(self) -> float:
        """Of a bin."""
        return float(self.edges[1] - self.edges[0])

    @property
    def excess(self) -> float:
        """Variance of the counts between traces over that of independent readings [1]."""
        total = float(self.counts.sum())
        return float(self.variance().sum() / total) if total else 1.0

    def variance(self) -> Array:
        """Of the counts, from the scatter between traces, shape (B,)."""
        traces = self.by_trace.shape[0]
        return np.asarray(self.by_trace.var(axis=0, ddof=1, dtype=np.float64) * traces)

    def replicates(self, weights: NDArray[np.float32]) -> Array:
        """Counts of redrawn experiments, shape (R, B), for weights of shape (R, T)."""
        return np.asarray(weights @ self.by_trace, dtype=np.float64)

    def below(self, bins: int) -> TraceHistogram:
        """The lowest bins."""
        return TraceHistogram(edges=self.edges[: bins + 1], by_trace=self.by_trace[:, :bins])

    def joined(self, times: int) -> TraceHistogram:
        """As many neighbouring bins in one; what is left over at the upper end is dropped."""
        if times == 1:
            return self
        bins = self.by_trace.shape[1] // times
        grouped = self.by_trace[:, : bins * times : times].copy()
        for i in range(1, times):
            grouped += self.by_trace[:, i : bins * times : times]
        return TraceHistogram(edges=self.edges[: bins * times + 1 : times], by_trace=grouped)


def redrawn(rng: np.random.Generator, traces: int, draws: int, *, block: int = 1) -> NDArray[np.float32]:
    """How often each trace is drawn in each of `draws` experiments, shape (draws, traces); rows sum to `traces`.

    Parameters
    ----------
    block : neighbouring traces that are drawn together (Kuensch 1989, doi 10.1214/aos/1176347265, on a ring), where traces that
        follow each other are alike.
    """
    pieces = -(-traces // block)
    if block == 1:
        at = rng.integers(traces, size=(draws, traces))
        at += traces * np.arange(draws)[:, None]
        return np.bincount(at.ravel(), minlength=draws * traces).reshape(draws, traces).astype(np.float32)
    at = rng.integers(traces, size=(draws, pieces))[:, :, None] + np.arange(block)
    at = (at.reshape(draws, -1)[:, :traces] % traces) + traces * np.arange(draws)[:, None]
    return np.bincount(at.ravel(), minlength=draws * traces).reshape(draws, traces).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grid:
    """Even bins that traces are counted in.

    Parameters
    ----------
    low, high, bins : of the conductance [unit of y], or of log10(G/quantum) where `quantum` is stated [decades].
    step, rng : of the digitiser [unit of y]: readings are spread evenly over it, as its codes would beat with the bins; the state that
        every count begins with.
    """

    low: float
    high: float
    bins: int
    quantum: float | None = None
    step: float = 0.0
    rng: np.random.Generator | None = None

    @property
    def edges(self) -> Array:
        """Shape (bins + 1,)."""
        return np.linspace(self.low, self.high, self.bins + 1)

    def places(self, values: Array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(readings that lie in a bin, the bin of each): from the lower edge on and up to the next, both ends of the grid included."""
        where = np.flatnonzero(self._near(values))
        scaled = np.subtract(self._scaled(values[where]), self.low, dtype=np.float64)
        scaled /= self.high - self.low
        if scaled.size and (scaled.min() < 0 or scaled.max() > 1):
            inside = (scaled >= 0) & (scaled <= 1)
            where, scaled = where[inside], scaled[inside]
        scaled *= self.bins
        bins = scaled.astype(np.int64)
        return where, np.minimum(bins, self.bins - 1, out=bins)

    def spread(self, values: Array, rng: np.random.Generator | None) -> Array:
        """Readings spread over the step of their digitiser, with a copy of `rng` that goes on from piece to piece."""
        return values if rng is None or self.step <= 0 else values + self.step * (rng.random(values.size) - 0.5)

    def _near(self, values: Array) -> NDArray[np.bool_]:
        """What may lie in a bin: all others need no logarithm."""
        if self.quantum is None:
            low, high = self.low, self.high
        else:
            low, high = (float(self.quantum * 10**end) for end in (self.low, self.high))
        near = values >= low - _SINGLE * abs(low)
        near &= values <= high + _SINGLE * abs(high)
        return np.asarray(near)

    def _scaled(self, values: Array) -> NDArray[np.floating]:
        if self.quantum is None:
            return values
        # seven digits are enough to find a bin; of all logarithms numpy has a fast natural one
        logarithms = values.astype(np.float32)
        logarithms *= np.float32(1 / self.quantum)
        np.log(logarithms, out=logarithms)
        logarithms *= np.float32(1 / np.log(10.0))
        return logarithms


class Count:
    """Readings of a session in the bins of a grid, counted piece by piece.

    Parameters
    ----------
    traces : of the session.
    """

    def __init__(self, grid: Grid, *, traces: int) -> None:
        self._grid, self._traces, self._passed = grid, traces, 0
        self._rng = copy.deepcopy(grid.rng)
        self._counts = np.zeros((units_of(traces), grid.bins), dtype=np.float32)

    def add(self, piece: ContactTraces) -> None:
        """The next traces."""
        where, bins = self._grid.places(self._grid.spread(piece.values, self._rng))
        units = unit_of(self._passed + np.arange(len(piece)), self._traces)
        first, span = int(units[0]), int(units[-1] - units[0]) + 1
        bins += np.repeat((units - first) * self._grid.bins, np.diff(np.searchsorted(where, piece.starts)))
        counted = np.bincount(bins, minlength=span * self._grid.bins).reshape(span, self._grid.bins)
        self._counts[first : first + span] += counted
        self._passed += len(piece)

    def finest(self) -> TraceHistogram:
        """What was counted, in the bins of the grid."""
        return TraceHistogram(edges=self._grid.edges, by_trace=self._counts)

    def best(self) -> TraceHistogram:
        """What was counted, its bins joined by 1, 2 or 4: whichever predicts a trace that is left out best."""
        return _best(self.finest())


class Inside:
    """Readings of each trace within some bins of a grid, counted piece by piece.

    Parameters
    ----------
    bins : the first one, and the one behind the last.
    """

    def __init__(self, grid: Grid, bins: tuple[int, int]) -> None:
        self._grid, self._bins = grid, bins
        self._rng = copy.deepcopy(grid.rng)
        self._counts: list[NDArray[np.int32]] = []

    def add(self, piece: ContactTraces) -> None:
        """The next traces."""
        first, behind = self._bins
        values = self._grid.spread(piece.values, self._rng)
        width = (self._grid.high - self._grid.low) / self._grid.bins
        low, high = self._grid.low + (first - 1) * width, self._grid.low + (behind + 1) * width
        near = np.flatnonzero((values > low) & (values < high))  # all others need no bin
        where, bins = self._grid.places(values[near])
        where = near[where[(bins >= first) & (bins < behind)]]
        self._counts.append(np.diff(np.searchsorted(where, piece.starts)).astype(np.int32))

    def by_trace(self) -> Array:
        """Shape (T,)."""
        return np.concatenate(self._counts).astype(np.float64)


def redrawn_medians(values: Array, rng: np.random.Generator, draws: int) -> Array:
    """Medians of n values drawn with replacement from n, shape (draws,); of more than `UNITS` without drawing them.

    The m-th smallest of n draws is the value of rank n U_m + 1, U_m the m-th smallest of n uniform numbers, which is distributed as
    Beta(m, n + 1 - m); the next one above it is U_m + (1 - U_m) V, V as Beta(1, n - m) (David and Nagaraja 2003, Order
    Statistics, doi 10.1002/0471722162, section 2).
    """
    n = values.size
    m = (n + 1) // 2
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    if n <= UNITS:
        rank = np.empty(n, dtype=np.int64)
        rank[order] = np.arange(n)
        places = rank[rng.integers(n, size=(draws, n))] + n * np.arange(draws)[:, None]
        passed = np.cumsum(np.bincount(places.ravel(), minlength=draws * n).reshape(draws, n), axis=1)
        return np.asarray(ranked[[np.count_nonzero(passed < k, axis=1) for k in (m, n // 2 + 1)]].mean(axis=0))
    lower = rng.beta(m, n + 1 - m, draws)
    upper = lower + (1 - lower) * rng.beta(1, n - m, draws) if n % 2 == 0 else lower
    at = np.minimum((n * np.array([lower, upper])).astype(np.int64), n - 1)
    return np.asarray(ranked[at].mean(axis=0))


def units_of(traces: int) -> int:
    """How many units a session is counted in: its traces, or groups of neighbouring ones."""
    return traces if traces <= UNITS else traces // -(-traces // UNITS)


def unit_of(trace: NDArray[np.int64], traces: int) -> NDArray[np.int64]:
    """The unit that each trace, from 0, belongs to; units differ by one trace at most."""
    return np.asarray(trace * units_of(traces) // traces)


def linear_grid(
    *, low: float, high: float, quantum: float, rng: np.random.Generator | None = None, step: float = 0.0
) -> Grid:
    """The finest bins of the conductance between low and high [unit of y]; parameters as of `linear_histogram`."""
    fine = max(WIDTH * quantum, (high - low) / _LARGEST)
    bins = max(2 * _COARSEST, int((high - low) / fine) // _COARSEST * _COARSEST)
    return Grid(low=low, high=low + bins * fine, bins=bins, step=step, rng=copy.deepcopy(rng) if step > 0 else None)


def logarithmic_grid(*, low: float, high: float, quantum: float) -> Grid:
    """The finest bins of log10(G/quantum) [decades] between low and high [unit of y]."""
    bottom, top = np.log10([low / quantum, high / quantum])
    bins = max(2 * _COARSEST, int((top - bottom) / LOG_WIDTH) // _COARSEST * _COARSEST)
    return Grid(low=float(top - bins * LOG_WIDTH), high=float(top), bins=bins, quantum=quantum)


def counted(traces: Traces, *grids: Grid) -> tuple[TraceHistogram, ...]:
    """The histogram of each grid, in one look through the traces, in the width that predicts traces left out best."""
    counts = [Count(grid, traces=len(traces)) for grid in grids]
    for piece in traces.pieces():
        for count in counts:
            count.add(piece)
    return tuple(count.best() for count in counts)


def linear_histogram(
    traces: Traces, *, low: float, high: float, quantum: float, rng: np.random.Generator, step: float = 0.0
) -> TraceHistogram:
    """Histogram of the conductance between low and high [unit of y], in the width that predicts traces left out best.

    Parameters
    ----------
    quantum : that widths are stated in [unit of y].
    step : of the digitiser [unit of y]: readings are spread evenly over it, as its codes would beat with the bins.
    """
    return counted(traces, linear_grid(low=low, high=high, quantum=quantum, rng=rng, step=step))[0]


def logarithmic_histogram(traces: Traces, *, low: float, high: float, quantum: float) -> TraceHistogram:
    """Histogram of log10(G/quantum) [decades] between low and high [unit of y]; readings that are not positive are in no bin."""
    return counted(traces, logarithmic_grid(low=low, high=high, quantum=quantum))[0]


def _best(finest: TraceHistogram) -> TraceHistogram:
    """The finest histogram, its bins joined by 1, 2 or 4: whichever predicts a trace that is left out best."""
    tried = [finest.joined(m) for m in JOINED]
    scores = [left_out_risk(t) for t in tried]
    return tried[int(np.argmin(scores))]


def left_out_risk(histogram: TraceHistogram) -> float:
    """Integrated squared error of the density, up to a constant, with each trace predicted by the others [1/unit of the bins].

        J(h) = sum_b p_b^2/h - 2 sum_t sum_b H_tb (N_b - H_tb)/(h N (N - N_t)),   p_b = N_b/N

    Cross-validation of a histogram's width (Rudemo 1982, Scand. J. Stat. 9, 65), with traces left out in place of readings,
    as readings of one trace predict each other.
    """
    each, counts = histogram.by_trace, histogram.counts
    own = each.sum(axis=1, dtype=np.float64)
    total, h = float(own.sum()), histogram.width
    if total <= own.max():
        return 0.0
    met = each @ counts - np.einsum("tb,tb->t", each, each, dtype=np.float64)
    return float(np.sum((counts / total) ** 2) / h - 2 * np.sum(met / (total - own)) / (h * total))
