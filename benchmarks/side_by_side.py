"""A map of staircases: fits side by side and the whole path a trace, beside loops of the fitters that scripts use.

    python benchmarks/side_by_side.py [--traces 1000] [--sample 60] [--growth]

The data are synthetic: 4 steps in 400 readings with 2 % of noise, a new draw for every trace; all fitters have the same
formula, readings, standard deviations and starts. The loops are timed on a sample of the traces, in turn with the rest, so
that a machine that changes its mind changes it for all; what is printed is the rate over that of the loop of
`lmfit.Model.fit`. "Whole path" is `gzero.fit_many`: plateaus, starts from the data, number of steps, noise learnt from the
residuals, the fit and its covariance. Times are told, never tested.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")  # read when numpy is imported, which happens further down

import staircase as one  # noqa: E402  the benchmark of one staircase, which lies beside this one

TARGETS = {"fits side by side": 20.0, "whole path": 5.0}
#: A part of a map that is fitted side by side in one go.
PART = 250


def stacked(cases: Sequence[one.Case]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(values, covariances) of all traces of one formula, shapes (r, k), (r, k, k), from their starts."""
    import numpy as np

    from gzero.fitters.descent import Stack, by_one, descend
    from gzero.reduction.noise import Noise

    first = cases[0]
    y = np.array([case.y for case in cases])
    k = len(first.model.names)
    stack = Stack(
        model=first.model,
        free=np.ones(k, dtype=bool),
        held=np.zeros((len(cases), k)),
        x=np.broadcast_to(first.x, y.shape),
        y=y,
        whiten=by_one(Noise(std=np.full(y.shape[1], first.std), stated=True)),
        bounds=np.array([(p.lower, p.upper) for p in first.model.parameters]),
    )
    found = descend(stack, np.array([list(case.start.values()) for case in cases]), damping=1e-3)
    return found.values, found.covariance


def whole(cases: Sequence[one.Case], *, workers: int = 1) -> int:
    """How many of the traces were fitted on the whole path; the start of processes is counted too."""
    import gzero
    from gzero.fitters.result import FitResult

    shared = "width" in cases[0].model.names
    risers = {"risers": "shared"} if shared else {}
    fits = gzero.fit_many([case.measurement for case in cases], quantum="2e^2/h", workers=workers, **risers)
    return sum(isinstance(fit, FitResult) for fit in fits)


def seconds(work: Callable[[], object]) -> float:
    """Wall time of something."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def compare(title: str, traces: int, sample: int) -> None:
    """One table for one formula."""
    import numpy as np

    model = one.models()[title]
    cases = [one.case_of(model, seed) for seed in range(traces)]
    peers = {
        name: fit for name, fit in one.installed(list(one.PEERS)).items() if name not in ("gzero.fit", "gzero engine")
    }
    singles = {**peers, "gzero.fit, one by one": one.whole_fit}
    for fit in singles.values():  # imports and caches are nobody's time
        fit(cases[0])
    stacked(cases[:PART])
    whole(cases[:20])
    taken: dict[str, list[float]] = {name: [] for name in (*singles, "fits side by side", "whole path")}
    values: list[NDArray[np.float64]] = []
    parts = [cases[first : first + PART] for first in range(0, traces, PART)]
    some = max(1, sample // len(parts))
    for number, part in enumerate(parts):
        for case in part[:some]:
            for name, fit in singles.items():
                taken[name].append(seconds(lambda fit=fit, case=case: fit(case)))
        taken["fits side by side"].append(seconds(lambda part=part: values.append(stacked(part)[0])) / len(part))
        if number < 4:
            taken["whole path"].append(seconds(lambda part=part: whole(part)) / len(part))
    name = "whole path, 2 processes"
    taken[name] = [seconds(lambda: whole(cases, workers=2)) / traces]
    loop = statistics.median(taken["lmfit Model.fit"])
    print(f"\n{title}: {one.STEPS} steps, {one.POINTS} readings, {traces} traces (synthetic)")
    print(f"a loop of lmfit Model.fit: {1e3 * loop:.2f} ms a trace (median of {len(taken['lmfit Model.fit'])})")
    print(f"\n| {'fitter':24} | ms a trace | rate over the loop of lmfit | target |")
    print(f"|{'-' * 26}|-----------:|----------------------------:|-------:|")
    for name, each in taken.items():
        here = statistics.median(each)
        target = f">= {TARGETS[name]:g}" if name in TARGETS else ""
        print(f"| {name:24} | {1e3 * here:10.3f} | {loop / here:27.2f} | {target:>6} |")
    agree(cases[:some], np.vstack(values)[:some])


def agree(cases: Sequence[one.Case], values: NDArray[np.float64]) -> None:
    """How far the values lie from those of lmfit at the end of double precision."""
    import lmfit
    import numpy as np

    away = []
    for case, own in zip(cases, values, strict=True):
        model, start = case.model.as_lmfit(), dict(zip(case.model.names, own, strict=True))

        def jacobian(
            parameters: lmfit.Parameters, *_: object, case: one.Case = case, **__: object
        ) -> NDArray[np.float64]:
            here = np.array([parameters[name].value for name in case.model.names])
            return case.model.jacobian(case.x, here) / case.std

        exact = {"Dfun": jacobian, "col_deriv": False, "ftol": 1e-15, "xtol": 1e-15}
        out = model.fit(
            case.y, model.make_params(**start), x=case.x, weights=1 / case.std, scale_covar=False, fit_kws=exact
        )
        theirs = np.array([out.params[name].value for name in case.model.names])
        design = case.model.jacobian(case.x, theirs) / case.std
        away.append(np.max(np.abs(own - theirs) / np.sqrt(np.diag(np.linalg.inv(design.T @ design)))))
    print(f"farthest from lmfit at the end of its precision: {max(away):.1e} std, of {len(cases)} traces")


def growth(title: str = "9 parameters") -> None:
    """How the cost of a trace grows with its readings, its steps, and the number of traces and of workers."""
    print("\n| what grows | | fits side by side, ms a trace | whole path, ms a trace |")
    print("|------------|---:|---:|---:|")
    usual = (one.POINTS, one.STEPS)
    for points in (100, 400, 1600, 6400):
        one.POINTS = points
        _row("readings", points, title, 100)
    one.POINTS = usual[0]
    for steps in (1, 2, 4, 8, 16):
        one.STEPS = steps
        _row("steps", steps, title, 100)
    one.STEPS = usual[1]
    for traces in (1, 10, 100, 1000):
        _row("traces", traces, title, traces)
    model = one.models()[title]
    cases = [one.case_of(model, seed) for seed in range(2000)]
    for workers in (1, 2):
        took = seconds(lambda workers=workers: whole(cases, workers=workers))
        print(f"| workers, 2000 traces | {workers} | | {1e3 * took / len(cases):.2f} |")


def _row(what: str, size: int, title: str, traces: int) -> None:
    model = one.models()[title]
    cases = [one.case_of(model, seed) for seed in range(traces)]
    fits = min(seconds(lambda: stacked(cases)) for _ in range(3)) / traces
    path = min(seconds(lambda: whole(cases[:200])) for _ in range(2)) / len(cases[:200])
    print(f"| {what} | {size} | {1e3 * fits:.3f} | {1e3 * path:.2f} |")


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", type=int, default=1000)
    parser.add_argument("--sample", type=int, default=60, help="traces that the loops fit")
    parser.add_argument("--growth", action="store_true", help="only how the cost grows")
    asked = parser.parse_args(argv)
    if asked.growth:
        growth()
        return 0
    for title in one.models():
        compare(title, asked.traces, asked.sample)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
