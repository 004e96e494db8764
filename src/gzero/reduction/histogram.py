"""Histograms of pooled traces whose uncertainties come from the traces: every trace is counted once, and whole traces are redrawn.

Counts of one trace hang together (a plateau fills a bin with all of its readings), so that sqrt(N) is not their uncertainty.
With H_tb the readings of trace t in bin b, a replicate of the experiment is sum_t m_t H_tb, m_t how often trace t was drawn in T
draws with replacement (Efron 1979, doi 10.1214/aos/1176344552): one matrix product for all replicates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.contact_traces import ContactTraces

Array = NDArray[np.float64]

#: The finest bins that are tried, [quanta] and [decades], and how many of them may be joined.
WIDTH, LOG_WIDTH = 0.01, 0.02
JOINED = (1, 2, 4)
_COARSEST = JOINED[-1]
_LARGEST = 4_000  # bins of one histogram


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TraceHistogram:
    """Readings of T traces in B bins.

    Parameters
    ----------
    edges : shape (B + 1,) [unit of the values, or decades where it is logarithmic].
    by_trace : readings of each trace in each bin, shape (T, B).
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
        bins = self.by_trace.shape[1] // times
        grouped = self.by_trace[:, : bins * times].reshape(-1, bins, times).sum(axis=2)
        return TraceHistogram(edges=self.edges[: bins * times + 1 : times], by_trace=grouped)


def redrawn(rng: np.random.Generator, traces: int, draws: int, *, block: int = 1) -> NDArray[np.float32]:
    """How often each trace is drawn in each of `draws` experiments, shape (draws, traces); rows sum to `traces`.

    Parameters
    ----------
    block : neighbouring traces that are drawn together (Kuensch 1989, doi 10.1214/aos/1176347265, on a ring), where traces that
        follow each other are alike.
    """
    pieces = -(-traces // block)
    at = rng.integers(traces, size=(draws, pieces))[:, :, None] + np.arange(block)
    at = (at.reshape(draws, -1)[:, :traces] % traces) + traces * np.arange(draws)[:, None]
    return np.bincount(at.ravel(), minlength=draws * traces).reshape(draws, traces).astype(np.float32)


def linear_histogram(
    traces: ContactTraces, *, low: float, high: float, quantum: float, rng: np.random.Generator, step: float = 0.0
) -> TraceHistogram:
    """Histogram of the conductance between low and high [unit of y], in the width that predicts traces left out best.

    Parameters
    ----------
    quantum : that widths are stated in [unit of y].
    step : of the digitiser [unit of y]: readings are spread evenly over it, as its codes would beat with the bins.
    """
    fine = max(WIDTH * quantum, (high - low) / _LARGEST)
    bins = max(2 * _COARSEST, int((high - low) / fine) // _COARSEST * _COARSEST)
    values = traces.values
    if step > 0:
        values = values + step * (rng.random(values.size) - 0.5)
    return _best(_filled(values, traces, low, low + bins * fine, bins))


def logarithmic_histogram(traces: ContactTraces, *, low: float, high: float, quantum: float) -> TraceHistogram:
    """Histogram of log10(G/quantum) [decades] between low and high [unit of y]; readings that are not positive are in no bin."""
    bottom, top = np.log10([low / quantum, high / quantum])
    bins = max(2 * _COARSEST, int((top - bottom) / LOG_WIDTH) // _COARSEST * _COARSEST)
    with np.errstate(divide="ignore", invalid="ignore"):
        # seven digits are enough to find a bin; of all logarithms numpy has a fast natural one
        logarithms = traces.values.astype(np.float32)
        logarithms *= np.float32(1 / quantum)
        np.log(logarithms, out=logarithms)
        logarithms *= np.float32(1 / np.log(10.0))
    return _best(_filled(logarithms, traces, float(top - bins * LOG_WIDTH), float(top), bins))


def _filled(values: NDArray[np.floating], traces: ContactTraces, low: float, high: float, bins: int) -> TraceHistogram:
    """Every trace counted once, in even bins."""
    import boost_histogram as bh

    count = len(traces)
    histogram = bh.Histogram(
        bh.axis.Integer(0, count, underflow=False, overflow=False),
        bh.axis.Regular(bins, low, high, underflow=False, overflow=False),
        storage=bh.storage.Int64(),
    )
    which = np.repeat(np.arange(count, dtype=np.int32), traces.sizes)
    histogram.fill(which, values)
    return TraceHistogram(edges=np.linspace(low, high, bins + 1), by_trace=histogram.view().astype(np.float32))


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
