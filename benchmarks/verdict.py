"""How often the verdict errs: synthetic curves that are not quantized, and some that are, under combinations of freedoms.

    python benchmarks/verdict.py [--curves 100] [--kinds random low ...] [--freedoms declared ...] [--processes 2]

Every curve has 400 readings with 2 % of a quantum of white noise and is analysed the whole way from its readings. What is
printed is Markdown: "quantized" / "not quantized" / "undecided" of each kind under each freedom, then every curve that is
no quantum and was called quantized. Ctrl-C prints what is done.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")  # one process, one core; read when numpy is imported

NOISE, POINTS, SPAN = 0.02, 400, 60.0
HIDDEN = 300.0  # ohm, of the curves whose series resistance is stated

#: What a curve is made of.
KINDS = {
    "random": "2 to 6 steps, each anything from 0.5 to 1.5 quanta",
    "low": "2 to 6 equal steps of 0.80 to 0.93 quanta",
    "high": "2 to 6 equal steps of 1.07 to 1.20 quanta",
    "smooth": "a power law or one wide riser to 2 to 6 quanta",
    "resonances": "a ramp to 2 to 6 quanta with 3 to 8 peaks and dips",
    "quantized": "4 steps of the quantum",
}
#: What the analysis says; the resistance of "tuned" is the one that brings the levels nearest to integers.
FREEDOMS: dict[str, dict[str, str | None]] = {
    "declared": {},
    "gain 1 %": {"gain": "1.00(1)"},
    "gain 3 %": {"gain": "1.00(3)"},
    "R fitted": {"series_resistance": "fit"},
    "R fitted, gain 1 %": {"series_resistance": "fit", "gain": "1.00(1)"},
    "R measured": {"series_resistance": "300(20) ohm"},
    "R assumed": {"series_resistance": "300 ohm"},
    "R tuned": {},
    "R hidden": {},
    "undeclared": {"quantum": None},
    "undeclared, R fitted": {"quantum": None, "series_resistance": "fit"},
    "plateaus 1:3": {"plateaus": "1:3"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One curve to be made and judged."""

    kind: str
    freedom: str
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was said of it."""

    task: Task
    decision: str
    reason: str


def curve(kind: str, rng: Any) -> Any:
    """Readings without noise, in quanta, shape (POINTS,)."""
    import numpy as np

    x = np.linspace(0, SPAN, POINTS)
    steps = 4 if kind == "quantized" else int(rng.integers(2, 7))
    if kind == "smooth":
        if rng.random() < 0.5:
            return steps / (1 + np.exp(-(x - SPAN / 2) / rng.uniform(5, 12)))
        return steps * (x / SPAN) ** rng.uniform(0.7, 3)
    if kind == "resonances":
        y = steps * x / SPAN
        for _ in range(int(rng.integers(3, 9))):
            y = y + rng.uniform(-0.6, 0.6) / (1 + ((x - rng.uniform(3, 57)) / rng.uniform(0.5, 2)) ** 2)
        return np.maximum(y, 0)
    heights = {
        "random": lambda: rng.uniform(0.5, 1.5, steps),
        "low": lambda: np.full(steps, rng.uniform(0.80, 0.93)),
        "high": lambda: np.full(steps, rng.uniform(1.07, 1.20)),
        "quantized": lambda: np.ones(steps),
    }[kind]()
    places = np.linspace(0.6 * SPAN / (steps + 1), SPAN - SPAN / (steps + 1), steps)
    return sum(h / (1 + np.exp(-(x - place) / 0.8)) for h, place in zip(heights, places, strict=True))


def judge(task: Task) -> Answer:
    """Make one curve, analyse it, and say what came out."""
    import numpy as np

    import gzero
    from gzero.quanta import G0

    rng = np.random.default_rng([task.seed, list(KINDS).index(task.kind)])
    y = curve(task.kind, rng)
    hidden = {"R measured": HIDDEN, "R assumed": HIDDEN, "R hidden": rng.uniform(0, 600)}.get(task.freedom, 0.0)
    y = y / (1 + y * hidden * G0) + NOISE * rng.normal(size=POINTS)
    x = np.linspace(0, SPAN, POINTS)
    measurement = gzero.Measurement.from_arrays(x=x, y=y, x_unit="mV", y_unit="2e^2/h")
    options: dict[str, Any] = {"quantum": "2e^2/h", **FREEDOMS[task.freedom]}
    if task.freedom == "R tuned" and (tuned := _tuned(gzero.analyse(measurement, **options))) is not None:
        options["series_resistance"] = f"{tuned:.0f}{rng.choice(['', '(10)', '(40)'])} ohm"
    verdict = gzero.analyse(measurement, **options).verdict
    assert verdict is not None
    return Answer(task=task, decision=verdict.decision, reason=verdict.reasons[0])


def _tuned(analysis: Any) -> float | None:
    """The series resistance from 0 to 2 kohm that brings the counted levels nearest to integers [ohm]."""
    import numpy as np

    from gzero.quanta import G0

    levels = np.array([level.level.value / G0 for level in analysis.levels if level.counted])
    if not levels.size:
        return None
    ohms = np.linspace(0, 2000, 201)
    left = 1 / levels - ohms[:, None] * G0
    behind = np.where(left > 0, 1 / np.where(left > 0, left, 1), 99.0)
    return float(ohms[np.argmin(np.abs(behind - np.arange(1, levels.size + 1)).max(axis=1))])


def answers(tasks: Sequence[Task], processes: int) -> Iterator[Answer]:
    """One after the other as they are ready."""
    if processes < 2:
        yield from map(judge, tasks)
        return
    import multiprocessing
    import signal

    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:
        yield from pool.imap_unordered(judge, tasks, chunksize=4)


def main(argv: Sequence[str] | None = None) -> int:
    """Run what was asked; 1 where more than 1 % of what is no quantum was called quantized."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--curves", type=int, default=100, help="of each kind under each freedom")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--freedoms", nargs="+", default=list(FREEDOMS), choices=list(FREEDOMS))
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(argv)
    tasks = [Task(kind=k, freedom=f, seed=s) for k in asked.kinds for f in asked.freedoms for s in range(asked.curves)]
    done: list[Answer] = []
    try:
        for answer in answers(tasks, asked.processes):
            done.append(answer)
            if sys.stderr.isatty():
                print(f"\r{len(done)} of {len(tasks)}", end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print(f"interrupted after {len(done)} of {len(tasks)}", file=sys.stderr)
    counts = Counter((a.task.kind, a.task.freedom, a.decision) for a in done)
    print("quantized / not quantized / undecided\n")
    print("| freedom | " + " | ".join(asked.kinds) + " |")
    print("|---|" + "--:|" * len(asked.kinds))
    for f in asked.freedoms:
        cells = [
            " / ".join(str(counts[k, f, d]) for d in ("quantized", "not quantized", "undecided")) for k in asked.kinds
        ]
        print(f"| {f} | " + " | ".join(cells) + " |")
    wrong = [a for a in done if a.task.kind != "quantized" and a.decision == "quantized"]
    others = sum(a.task.kind != "quantized" for a in done)
    print(f"\nCalled quantized and no quantum: {len(wrong)} of {others}")
    for a in sorted(wrong, key=lambda a: (a.task.kind, a.task.freedom, a.task.seed)):
        print(f"- {a.task.kind}, {a.task.freedom}, seed {a.task.seed}: {a.reason}")
    return 1 if others and len(wrong) > 0.01 * others else 0


if __name__ == "__main__":
    raise SystemExit(main())
