"""A break-junction session beside reading its numbers with numpy and filling each histogram once with boost-histogram.

    python benchmarks/breakjunction.py [--traces 10000] [--points 2000] [--repetitions 3]
    python benchmarks/breakjunction.py --memory 10000 100000 1000000 [--points 200]

What is printed is the smallest processor time of each part over the smallest of the reference, `numpy.load` of the conductance and
one fill for each of the histograms that the part makes: machines differ, ratios mind less. With --memory a synthetic session of so
many traces is written to an HDF5 file (12 bytes a reading) and analysed in a process of its own; what is printed is the peak of its
memory and of that of the process that reads the file. Times are told, never tested.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")  # read when numpy is imported, which happens further down

TARGET = 3.0  # times the reading and the fills, for both histograms with their bands

# what a process held at most before it became the reader counts as its own in ru_maxrss, so it is asked before it ends
_ANALYSIS = """
import re, resource, sys
from pathlib import Path
from gzero.loaders.hdf5_client import Hdf5File
from gzero.pipeline.analyse import analyse_traces
from gzero.pipeline.config import configure

peaks, leave = [0], Hdf5File.__exit__

def watched(self, *error):
    status = Path(f"/proc/{self._process.pid}/status")
    peaks.extend(int(n) for n in re.findall(r"VmHWM:\\s*(\\d+)", status.read_text() if status.exists() else ""))
    leave(self, *error)

Hdf5File.__exit__ = watched
analyse_traces(sys.argv[1], configure(experiment="breakjunction", quantum="2e^2/h"))
own, child = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(own.ru_maxrss, max(peaks), own.ru_utime + own.ru_stime + child.ru_utime + child.ru_stime)
"""


def taken(work: Callable[[], object]) -> float:
    """Seconds of the processor that something takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main(traces: int, points: int, repetitions: int) -> list[tuple[str, float, str]]:
    """(part, number, what the number is) of each part."""
    import boost_histogram as bh
    import numpy as np

    from gzero.fitters.breakjunction import fit
    from gzero.fitters.options import FitOptions
    from gzero.measurement.measurement import Measurement
    from gzero.quanta import G0, parse_quantum
    from gzero.reduction.calibration import Calibration
    from gzero.reduction.contact_session import contact_session
    from gzero.reduction.histogram import Grid, counted, linear_grid, logarithmic_grid, redrawn
    from gzero.reduction.selection import Selection
    from gzero.synthetic.breakjunction import simulate

    whole = simulate(np.random.default_rng(1), seed=1, traces=traces, points=points).measurement
    span = {"low": 0.2 * G0, "high": 4.4 * G0, "quantum": G0}
    linear, logarithmic = linear_grid(**span), logarithmic_grid(**span)

    def banded(measurement: Measurement, *grids: Grid) -> None:
        """From the measurement to the bands: traces cut out, rules, counts, redrawn experiments."""
        session = contact_session(measurement, Calibration.of({}), Selection(), quantum=G0)
        found = counted(session, *grids)
        weights = redrawn(np.random.default_rng(1), found[0].by_trace.shape[0], 400)
        for one in found:
            np.percentile(one.replicates(weights), (2.5, 97.5), axis=0)

    options = FitOptions(quantum=parse_quantum("2e^2/h"))
    quarter = simulate(np.random.default_rng(1), seed=1, traces=max(traces // 4, 20), points=points).measurement
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "conductance.npy"
        np.save(path, whole.ordinate.values)

        def reference(*axes: bh.axis.Axis) -> None:
            values = np.load(path)
            for axis in axes:
                bh.Histogram(axis).fill(values)

        even = bh.axis.Regular(linear.bins, linear.low, linear.high)
        rising = bh.axis.Regular(logarithmic.bins, span["low"], span["high"], transform=bh.axis.transform.log)
        parts: dict[str, Callable[[], object]] = {
            "reading": reference,
            "one": lambda: reference(even),
            "two": lambda: reference(even, rising),
            "linear": lambda: banded(whole, linear),
            "logarithmic": lambda: banded(whole, logarithmic),
            "both": lambda: banded(whole, linear, logarithmic),
            "everything": lambda: fit(whole, options),
            "quarter": lambda: fit(quarter, options),
        }
        took = {name: min(taken(work) for _ in range(repetitions)) for name, work in parts.items()}
    one, two = took["one"], took["two"]
    only_log = took["reading"] + max(two - one, 1e-9)
    per_trace = (took["everything"] / len(whole.ordinate.values)) / (took["quarter"] / len(quarter.ordinate.values))
    over = f"times reading and one fill each (target {TARGET:g})"
    return [
        ("reading and one linear fill", one, "s"),
        ("reading and one fill of either kind", two, "s"),
        ("linear histogram with bands", took["linear"] / one, over),
        ("logarithmic histogram with bands", took["logarithmic"] / only_log, over),
        ("both histograms with bands", took["both"] / two, over),
        ("both, beside a single linear fill", took["both"] / one, "times reading and one linear fill"),
        ("everything, pictures and plateaus too", took["everything"] / one, "times reading and one linear fill"),
        ("everything, of four times the traces", per_trace, "times as long for each trace"),
    ]


def memory(traces: int, points: int, folder: Path) -> str:
    """One line on a session of so many traces that is read from a file."""
    path = folder / f"{traces}.h5"
    write(path, traces, points)
    numbers = 3 * traces * points
    try:
        command = [sys.executable, "-c", _ANALYSIS, str(path)]
        own, child, seconds = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    finally:
        path.unlink()
    return (
        f"{traces:9} traces: peak {int(own) / 1024:6.0f} MiB, its reader {int(child) / 1024:4.0f} MiB, "
        f"{float(seconds):6.1f} s; the numbers as float64 {8 * numbers / 2**20:6.0f} MiB"
    )


def write(path: Path, traces: int, points: int) -> None:
    """A synthetic session as three vectors: trace, displacement, conductance."""
    import h5py
    import numpy as np

    from gzero.quanta import G0
    from gzero.synthetic.breakjunction import simulate

    size = traces * points
    with h5py.File(path, "w") as file:
        numbers = file.create_dataset("trace", (size,), dtype="i4")
        along = file.create_dataset("displacement", (size,), dtype="f4")
        read = file.create_dataset("conductance", (size,), dtype="f4")
        along.attrs["unit"], read.attrs["unit"] = "nm", "2e^2/h"
        for first in range(0, traces, 5_000):
            some = min(5_000, traces - first)
            made = simulate(np.random.default_rng(first), seed=first, traces=some, points=points).measurement
            at = slice(first * points, (first + some) * points)
            numbers[at] = first + made.series["trace"].values
            along[at], read[at] = made.abscissa.values * 1e9, made.ordinate.values / G0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", type=int, default=10_000)
    parser.add_argument("--points", type=int, default=None)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--memory", type=int, nargs="+", metavar="TRACES")
    given = parser.parse_args()
    if given.memory:
        with tempfile.TemporaryDirectory() as place:
            for count in given.memory:
                print(memory(count, given.points or 200, Path(place)), flush=True)
    else:
        for name, value, what in main(given.traces, given.points or 2_000, given.repetitions):
            print(f"{name:40} {value:8.3f} {what}")
