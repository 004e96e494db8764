"""How long the multiverse of a verdict takes, over the time of one analysis.

python benchmarks/multiverse.py [--choices 200] [--processes 2]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Sequence

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")  # one process, one core; read when numpy is imported

TARGET = 20.0  # seconds for 200 on two cores


def main(argv: Sequence[str] | None = None) -> int:
    """Print one line."""
    import numpy as np

    import gzero

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--choices", type=int, default=200)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(argv)
    x = np.linspace(0, 54, 400)
    y = sum(1 / (1 + np.exp(-(x - v))) for v in (6, 18, 30, 42)) + 0.02 * np.random.default_rng(1).normal(size=x.size)
    measurement = gzero.Measurement.from_arrays(x=x, y=y, x_unit="mV", y_unit="2e^2/h")
    single = []
    for _ in range(6):
        begin = time.perf_counter()
        gzero.analyse(measurement, quantum="2e^2/h")
        single.append(time.perf_counter() - begin)
    one = statistics.median(single[1:])  # imports and caches are nobody's time
    begin = time.perf_counter()
    found = gzero.multiverse(measurement, quantum="2e^2/h", choices=asked.choices, processes=asked.processes)
    took = time.perf_counter() - begin
    count = len(found.universes)
    print(
        f"one analysis {1e3 * one:.0f} ms; multiverse of {count}, {asked.processes} processes: {took:.1f} s "
        f"(target {TARGET:g} s for 200), {took / one / count:.2f} of {count} analyses"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
