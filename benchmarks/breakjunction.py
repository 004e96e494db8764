"""A whole break-junction analysis beside reading the data with numpy and filling one histogram with boost-histogram.

    python benchmarks/breakjunction.py [--traces 10000] [--points 2000] [--repetitions 3]

What is printed is the median time of each part over that of `numpy.load` of the conductance and one fill, in the same
repetition: machines differ, ratios mind less. Times are told, never tested.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")  # read when numpy is imported, which happens further down

TARGET = 3.0  # times the reading and one fill, for a histogram with its bands


def taken(work: Callable[[], object]) -> float:
    """Seconds that something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(traces: int, points: int, repetitions: int) -> dict[str, float]:
    """Part -> median ratio to reading and one fill; "reading and one fill" itself in seconds."""
    import boost_histogram as bh
    import numpy as np

    from gzero.fitters.breakjunction import fit
    from gzero.fitters.options import FitOptions
    from gzero.quanta import G0, parse_quantum
    from gzero.reduction.calibration import Calibration
    from gzero.reduction.contact_traces import contact_traces
    from gzero.reduction.histogram import linear_histogram, logarithmic_histogram, redrawn
    from gzero.reduction.selection import Selection
    from gzero.synthetic.breakjunction import simulate

    measurement = simulate(np.random.default_rng(1), seed=1, traces=traces, points=points).measurement
    found = contact_traces(measurement, Calibration.of({}), Selection(), quantum=G0)
    weights = redrawn(np.random.default_rng(1), len(found), 400)

    def banded(logarithmic: bool) -> None:
        rng = np.random.default_rng(1)
        span = {"low": 0.2 * G0, "high": 4.4 * G0, "quantum": G0}
        made = logarithmic_histogram(found, **span) if logarithmic else linear_histogram(found, **span, rng=rng)
        np.percentile(made.replicates(weights), (2.5, 97.5), axis=0)

    options = FitOptions(quantum=parse_quantum("2e^2/h"))
    ratios: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "conductance.npy"
        np.save(path, measurement.ordinate.values)

        def reference() -> None:
            bh.Histogram(bh.axis.Regular(420, 0.2 * G0, 4.4 * G0)).fill(np.load(path))

        for _ in range(repetitions):
            base = taken(reference)
            ratios.setdefault("reading and one fill", []).append(base)
            ratios.setdefault("linear histogram with bands", []).append(taken(lambda: banded(False)) / base)
            ratios.setdefault("logarithmic histogram with bands", []).append(taken(lambda: banded(True)) / base)
            ratios.setdefault("everything, pictures and plateaus too", []).append(
                taken(lambda: fit(measurement, options)) / base
            )
    return {name: statistics.median(values) for name, values in ratios.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", type=int, default=10_000)
    parser.add_argument("--points", type=int, default=2_000)
    parser.add_argument("--repetitions", type=int, default=3)
    given = parser.parse_args()
    for name, value in main(given.traces, given.points, given.repetitions).items():
        print(
            f"{name:40} {value:8.3f}"
            + (" s" if name == "reading and one fill" else f" times (target {TARGET:g} for a histogram)")
        )
