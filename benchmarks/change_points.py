"""Change-point libraries on traces with a known truth: number and place of the switches, levels, time.

    python benchmarks/change_points.py [--traces 40] [--points 1000] [--methods gzero "ruptures PELT" ...] [--worlds white ar1 ...]

Traces of three levels that are visited at random, in noise of standard deviation 1. Every method gets the same noise scale (median of
differences of neighbours) and the same threshold z per step, 2 * 2 n Phi(-z) = 1 %, as a penalty z^2 of squared residuals or a
score z. What is printed is Markdown: first how often a trace without any step gets one, then what is found of the steps that
are there, then time, import, licence. Skips a library that is not installed. Ctrl-C prints what is done.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")  # one process, one core; read when numpy is imported

LEVELS, NEAR = 3, 3  # of a trace; readings that a change point may be off
WORLDS = ("white", "ar1", "1/f", "adc", "coarse adc")
#: (mean dwell time in readings, distance of neighbouring levels over the noise)
SETTINGS = ((10, 5.0), (50, 3.0), (50, 5.0), (50, 10.0), (200, 3.0))

Method = Callable[[Any, float], Any]


def methods() -> dict[str, Method]:
    """Name -> (readings over their noise, threshold z) -> first readings after a change; those that are installed."""
    found: dict[str, Method] = {}
    for package, build in (("ruptures", _ruptures), ("skchange", _skchange)):
        try:
            importlib.import_module(package)
        except ImportError:
            print(f"{package} is not installed", file=sys.stderr)
            continue
        found |= build()
    return found | {"gzero": _gzero}


def _ruptures() -> dict[str, Method]:
    import ruptures

    def kernel(y: Any, z: float) -> Any:
        search = ruptures.KernelCPD(kernel="linear", min_size=1, jump=1)
        return search.fit(y[:, None]).predict(pen=z**2)[:-1]

    def corrected(y: Any, z: float) -> Any:
        return kernel(y, z * _inflation(y))

    def by(name: str, **options: Any) -> Method:
        def run(y: Any, z: float) -> Any:
            return getattr(ruptures, name)(model="l2", min_size=1, jump=1, **options).fit(y).predict(pen=z**2)[:-1]

        return run

    return {
        "ruptures PELT": kernel,
        "ruptures PELT, correlation in the penalty": corrected,
        "ruptures Binseg": by("Binseg"),
        "ruptures BottomUp": by("BottomUp"),
        "ruptures Window": by("Window", width=20),
    }


def _skchange() -> dict[str, Method]:
    from skchange import detectors, interval_scorers

    def by(make: Callable[[float], Any]) -> Method:
        def run(y: Any, z: float) -> Any:
            return make(z).fit_predict(y[:, None])

        return run

    cost, score = interval_scorers.L2Cost, interval_scorers.CUSUM
    return {
        "skchange PELT": by(lambda z: detectors.PELT(cost(), penalty=z**2)),
        "skchange FPOP": by(lambda z: detectors.FPOP(penalty=z**2)),
        "skchange CAPA": by(lambda z: detectors.CAPA(interval_scorers.L2Saving())),
        "skchange MovingWindow": by(lambda z: detectors.MovingWindow(score(), bandwidth=10, penalty=z)),
        "skchange SeededBinSeg": by(lambda z: detectors.SeededBinarySegmentation(score(), penalty=z)),
    }


def _gzero(y: Any, z: float) -> Any:
    from gzero.reduction.change_points import find_change_points

    return find_change_points(y).starts


def _inflation(y: Any) -> float:
    """Root of (1 + rho)/(1 - rho) of the scale of neighbours' differences: what the longest mean of an AR(1) scatters by."""
    import numpy as np

    one, two = (np.median(np.abs(y[lag:] - y[:-lag])) for lag in (1, 2))
    rho = float(np.clip((two / one) ** 2 - 1, 0, 0.95)) if one > 0 else 0.0
    return float(np.sqrt((1 + rho) / (1 - rho) / (1 - rho)))


@dataclass(slots=True)
class Score:
    """What one method found in the traces of one setting."""

    traces: int = 0
    right: int = 0
    steps: int = 0
    found: int = 0
    exact: int = 0
    false: int = 0
    spoiled: int = 0
    level_error: float = 0.0
    seconds: float = 0.0

    def add(self, found: Any, true: Any, signal: Any, y: Any) -> None:
        """One trace."""
        import numpy as np

        taken: set[int] = set()
        for place in found:
            away = np.abs(true - place)
            nearest = int(np.argmin(away)) if away.size else -1
            if nearest >= 0 and away[nearest] <= NEAR and nearest not in taken:
                taken.add(nearest)
                self.exact += int(away[nearest] == 0)
            else:
                self.false += 1
        edges = [0, *found, y.size]
        levels = np.concatenate([np.full(b - a, y[a:b].mean()) for a, b in itertools.pairwise(edges)])
        self.traces += 1
        self.right += int(len(found) == true.size)
        self.steps += int(true.size)
        self.found += len(taken)
        self.spoiled += int(len(found) > len(taken))
        self.level_error += float(np.sqrt(np.mean((levels - signal) ** 2)))


def traces(count: int, points: int, world: str, dwell: float | None, height: float) -> Iterator[tuple[Any, Any]]:
    """(signal, readings), the same for every method."""
    import numpy as np

    from gzero.synthetic.noise import draw

    rng = np.random.default_rng(1)
    for _ in range(count):
        signal = np.zeros(points)
        at, state = 0, int(rng.integers(LEVELS))
        while dwell is not None and at < points:
            stay = max(1, round(rng.exponential(dwell)))
            signal[at : at + stay] = state * height
            at, state = at + stay, (state + int(rng.integers(1, LEVELS))) % LEVELS
        name, step = ("adc", 2.0) if world == "coarse adc" else (world, 0.3)
        yield signal, draw(name, rng, signal=signal, std=1.0, adc_step=step).readings  # type: ignore[arg-type]


def score(method: Method, count: int, points: int, world: str, dwell: float | None, height: float) -> Score:
    """One method on the traces of one setting."""
    import numpy as np

    from gzero.reduction.change_points import threshold

    out, z = Score(), threshold(points)
    for signal, y in traces(count, points, world, dwell, height):
        scale = 1.4826 * float(np.median(np.abs(np.diff(y)))) / np.sqrt(2.0) or 1.0
        start = time.perf_counter()
        found = [int(v) for v in method(y / scale, z)]
        out.seconds += time.perf_counter() - start
        out.add(found, np.flatnonzero(np.diff(signal)) + 1, signal, y)
    return out


def facts() -> Iterator[tuple[str, ...]]:
    """Rows of version, licence, needs and seconds of import of every library."""
    for package, module in (("ruptures", "ruptures"), ("skchange", "skchange.detectors")):
        try:
            about = importlib.metadata.metadata(package)
        except importlib.metadata.PackageNotFoundError:
            continue
        licence = about["License"] or next((c for c in about.get_all("Classifier") or [] if "License" in c), "")
        needs = [r.split(";")[0].strip() for r in importlib.metadata.requires(package) or [] if "extra" not in r]
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
        yield package, about["Version"], licence, ", ".join(needs), f"{time.perf_counter() - start:.1f} s"


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Markdown."""
    print("\n| " + " | ".join(heads) + " |\n|---" + "|--:" * (len(heads) - 1) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", type=int, default=40)
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--methods", nargs="*")
    parser.add_argument("--worlds", nargs="*", default=list(WORLDS))
    options = parser.parse_args()
    known = methods()
    chosen = {name: known[name] for name in options.methods or known}
    count, points = options.traces, options.points
    rows: list[tuple[str, ...]] = []
    for name, method in chosen.items():
        scores = [score(method, count, points, world, None, 0.0) for world in options.worlds]
        rows.append((name, *(f"{100 * s.spoiled / s.traces:.0f} % ({s.false / s.traces:.1f})" for s in scores)))
    print(f"Traces of {points} readings without a step that get one, and false steps a trace, of {count}:")
    table(("method", *options.worlds), rows)
    for world in options.worlds:
        rows = []
        for name, method in chosen.items():
            scores = [score(method, count, points, world, dwell, height) for dwell, height in SETTINGS]
            cells = [
                f"{100 * s.right / s.traces:.0f} / {100 * s.found / max(s.steps, 1):.0f} / {s.false / s.traces:.1f} / "
                f"{100 * s.exact / max(s.found, 1):.0f} / {s.level_error / s.traces:.2f}"
                for s in scores
            ]
            rows.append(
                (name, *cells, f"{1e3 * sum(s.seconds for s in scores) / sum(s.traces for s in scores):.1f} ms")
            )
        print(
            f"\n{world}: right number [%] / steps found [%] / false steps a trace / of those found at the very reading [%] / "
            "rms of levels minus truth [noise]; time a trace:"
        )
        table(("method", *(f"dwell {d}, step {h:g}" for d, h in SETTINGS), "time"), rows)
    print("\nLibraries:")
    table(("package", "version", "licence", "needs", "import"), list(facts()))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
