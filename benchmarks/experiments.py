"""How often 95 % intervals hold the truth, for every experiment that gzero can simulate.

    python benchmarks/experiments.py [NAME ...] [--experiments 500] [--worlds white ar1] [--processes 2]

An experiment is `gzero.synthetic.<name>.simulate` with one seed and its defaults, analysed with the configuration that an
analysis of it needs and nothing else; an interval is value +- 1.96 std_stat. Each estimate that has a truth of its name is
counted. What is printed is Markdown: coverage with its binomial uncertainty (`<` and `>`: beyond 93 to 97 % and beyond what
chance does 1 of 100 times), and what raised; at the end, whether all cells together are what chance makes of 95 %: how many
lie outside of 93 to 97 %, and which are beyond chance by Holm's correction for their number (1979), which holds for cells
that hang together as well. Ctrl-C prints what is done.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
import sys
from collections import Counter
from dataclasses import dataclass, field

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")  # one process, one core; read when numpy is imported

LOW, HIGH = 0.93, 0.97
FAMILY = 0.05  # chance that any of all right cells is called wrong
FEWEST = 100  # intervals of a cell that is judged
CURVE = tuple(77.0 + 4.0 * i for i in range(60))  # temperatures of D(T) [K]: three rows, the default, are no curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One estimate in one world: intervals that hold the truth, of those that were given."""

    where: str
    hits: int
    total: int

    @property
    def p_value(self) -> float:
        """Chance of a share as far from 95 %, two-sided."""
        from scipy.stats import binomtest

        return float(binomtest(self.hits, self.total, 0.95).pvalue)

    @property
    def outside(self) -> bool:
        return not LOW <= self.hits / self.total <= HIGH

    @property
    def chance_outside(self) -> float:
        """Of a cell whose intervals are right."""
        from math import ceil, floor

        from scipy.stats import binom

        # 0.93 n is a whole number but for rounding
        low, high = ceil(LOW * self.total - 1e-9), floor(HIGH * self.total + 1e-9)
        return float(1 - binom.cdf(high, self.total, 0.95) + binom.cdf(low - 1, self.total, 0.95))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One experiment to be made."""

    name: str
    world: str
    stated: bool
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Estimate -> (value - truth)/std, and the error that ended the analysis, "" for none."""

    task: Task
    pulls: dict[str, float] = field(default_factory=dict)
    raised: str = ""


def simulable() -> tuple[str, ...]:
    """Experiments with a generator that can draw noise worlds."""
    from gzero.measurement.kinds import KINDS

    return tuple(
        name for name in KINDS if importlib.util.find_spec(f"gzero.synthetic.{name}") and "world" in options(name)
    )


def options(name: str) -> set[str]:
    """Parameters of a generator."""
    return set(inspect.signature(importlib.import_module(f"gzero.synthetic.{name}").simulate).parameters)


def experiment(task: Task) -> Outcome:
    """Simulate and analyse once."""
    import numpy as np

    from gzero.pipeline.analyse import find
    from gzero.pipeline.config import configure
    from gzero.pipeline.load import with_stated

    simulate = importlib.import_module(f"gzero.synthetic.{task.name}").simulate
    known = options(task.name)
    given: dict[str, object] = {"world": task.world, "stated_std": task.stated}
    if "quantum" in known:
        from gzero.quanta import parse_quantum

        given["quantum"] = parse_quantum("2e^2/h")
    if task.name == "diffusion":
        from gzero.quanta import particle

        given |= {"particle": particle("electron"), "temperatures": CURVE}
    made = simulate(np.random.default_rng(task.seed), seed=task.seed, **{k: v for k, v in given.items() if k in known})
    config = configure(**dict(made.stated))
    try:
        findings = find(with_stated(made.measurement, config), config).findings
    except Exception as error:  # noqa: BLE001 - whatever ends an analysis is what this is here to find
        return Outcome(task=task, raised=f"{type(error).__name__}: {error}")
    pulls = {}
    for name, estimate in findings.estimates.items():
        if name in made.truth and estimate.std_stat > 0:
            pulls[name] = (estimate.value - made.truth[name]) / estimate.std_stat
    return Outcome(task=task, pulls=pulls)


def mark(cell: Cell) -> str:
    """`<`, `>` or nothing."""
    if not cell.outside or cell.p_value > 0.01:
        return ""
    return " <" if cell.hits < LOW * cell.total else " >"


def table(outcomes: list[Outcome]) -> tuple[str, list[Cell]]:
    """One row an estimate, one column a world with and without stated standard deviations; and its cells."""
    found: list[Cell] = []
    columns = list(dict.fromkeys((o.task.world, o.task.stated) for o in outcomes))
    names = list(dict.fromkeys(n for o in outcomes for n in o.pulls))
    lines = ["| estimate | " + " | ".join(f"{w}, {'stated' if s else 'not stated'}" for w, s in columns) + " |"]
    lines.append("|---|" + "--:|" * len(columns))
    for name in names:
        cells = []
        for column in columns:
            pulls = [o.pulls[name] for o in outcomes if (o.task.world, o.task.stated) == column and name in o.pulls]
            if not pulls:
                cells.append("—")
                continue
            hits, n = sum(abs(p) < 1.959964 for p in pulls), len(pulls)
            world = f"{column[0]}, {'stated' if column[1] else 'not stated'}"
            found.append(Cell(where=f"{outcomes[0].task.name} `{name}` {world}", hits=hits, total=n))
            error = (0.95 * 0.05 / n) ** 0.5
            cells.append(f"{100 * hits / n:.1f} ± {100 * error:.1f}{mark(found[-1])}")
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    raised = Counter(o.raised for o in outcomes if o.raised)
    lines += [f"\n{count} raised: {text}" for text, count in raised.most_common(5)]
    return "\n".join(lines), found


def together(cells: list[Cell]) -> str:
    """Whether all of them are what chance makes of 95 %; cells of few intervals, which most experiments do not give, stay out."""
    many = sorted((c for c in cells if c.total >= FEWEST), key=lambda c: c.p_value)
    outside, expected = sum(c.outside for c in many), sum(c.chance_outside for c in many)
    lines = [f"{outside} of {len(many)} cells outside of 93 to 97 %, where chance alone puts {expected:.1f}."]
    for i, cell in enumerate(many):
        if cell.p_value * (len(many) - i) > FAMILY:
            break
        lines.append(
            f"- beyond chance: {cell.where}, {100 * cell.hits / cell.total:.1f} % of {cell.total}, p = {cell.p_value:.1g}"
        )
    return "\n".join(lines if len(lines) > 1 else [*lines, "None is beyond chance by itself."])


def main() -> None:
    """Run what is asked for."""
    from multiprocessing import Pool

    parser = argparse.ArgumentParser(description="Coverage of every experiment.")
    parser.add_argument("names", nargs="*", default=[])
    parser.add_argument("--experiments", type=int, default=500)
    parser.add_argument("--worlds", nargs="+", default=["white", "ar1"])
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    names = asked.names or [n for n in simulable() if n != "staircase"]  # benchmarks/coverage.py has the staircase
    cells: list[Cell] = []
    with Pool(asked.processes) as pool:
        for name in names:
            stated = (True, False) if "stated_std" in options(name) else (False,)
            tasks = [
                Task(name=name, world=world, stated=s, seed=seed)
                for world in asked.worlds
                for s in stated
                for seed in range(1, asked.experiments + 1)
            ]
            outcomes: list[Outcome] = []
            try:
                for outcome in pool.imap(experiment, tasks, chunksize=5):
                    outcomes.append(outcome)
                    if sys.stderr.isatty():
                        print(f"\r{name}: {len(outcomes)}/{len(tasks)}", end="", file=sys.stderr)
            except KeyboardInterrupt:
                pool.terminate()
            if sys.stderr.isatty():
                print(file=sys.stderr)
            text, found = table(outcomes)
            cells += found
            print(f"\n### {name}: {asked.experiments} experiments a world\n\n{text}", flush=True)
    print(f"\n### All cells\n\n{together(cells)}")


if __name__ == "__main__":
    main()
