"""How often 95 % intervals hold the truth in the six noise worlds of gzero.synthetic, with and without stated std.

    python benchmarks/coverage.py [--experiments 1000] [--worlds white ar1 ...] [--processes 2] [--first-seed 1]

An experiment is `gzero.synthetic.staircase.simulate` with one seed, analysed the whole way; its intervals are
value +- 1.96 std_stat. What is printed is Markdown. An analysis that raised, gave no number, or is off by more than 6 of
its standard uncertainties is listed with its world and seed, so that it can be had again. Ctrl-C prints what is done.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gzero.analysis import Analysis
    from gzero.coverage import Coverage

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")  # one process, one core; read when numpy is imported

QUANTUM = "2e^2/h"
FAR = 6.0  # standard uncertainties: by chance in 1 of 500 million


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One experiment to be made."""

    world: str
    stated: bool
    seed: int
    steps: int
    points: int
    noise: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """What came of it.

    pulls : quantity -> (estimate - truth)/std.  errors : step height -> estimate/truth - 1.
    missing : quantities without a usable number.  raised : the error that ended the analysis, "" for none.
    """

    task: Task
    pulls: dict[str, float] = field(default_factory=dict)
    errors: dict[str, float] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    decision: str = ""
    raised: str = ""


def names_of(steps: int) -> list[str]:
    """The quantities of the tables."""
    both = [f"{name}_{n}" for name in ("transmission", "threshold") for n in range(1, steps + 1)]
    return ["step_height", "step_height_model", *both]


def experiment(task: Task) -> Experiment:
    """Simulate and analyse once."""
    import numpy as np

    from gzero.pipeline.analyse import analyse_measurement
    from gzero.pipeline.config import configure
    from gzero.quanta import parse_quantum
    from gzero.synthetic.staircase import simulate

    quantum = parse_quantum(QUANTUM)
    made = simulate(
        np.random.default_rng(task.seed), quantum=quantum, seed=task.seed, steps=task.steps, points=task.points,
        noise=task.noise, world=task.world, stated_std=task.stated,  # type: ignore[arg-type]
    )  # fmt: skip
    try:
        analysis = analyse_measurement(made.measurement, configure(quantum=QUANTUM))
    except Exception as error:  # noqa: BLE001 - whatever ends an analysis is what this is here to find
        return Experiment(task=task, raised=f"{type(error).__name__}: {error}")
    truth = dict.fromkeys(("step_height", "step_height_model"), made.truth["step_height"])
    truth |= {name: value for name, value in made.truth.items() if name.startswith(("transmission_", "threshold_"))}
    pulls, errors, missing = {}, {}, []
    found = _numbers(analysis, made.truth)
    for name in names_of(task.steps):
        value, std = found.get(name, (np.nan, np.nan))
        if np.isfinite(value) and np.isfinite(std) and std > 0:
            pulls[name] = float((value - truth[name]) / std)
            errors[name] = float(value / truth[name] - 1)
        else:
            missing.append(name)
    decision = analysis.verdict.decision if analysis.verdict else "none"
    return Experiment(task=task, pulls=pulls, errors=errors, missing=tuple(missing), decision=decision)


def _numbers(analysis: Analysis, truth: dict[str, float]) -> dict[str, tuple[float, float]]:
    """Value and statistical standard uncertainty of every quantity; a threshold only where it is that of its own riser."""
    out = {
        name: (analysis.estimates[name].value, analysis.estimates[name].std_stat)
        for name in ("step_height", "step_height_model")
        if name in analysis.estimates
    }
    for level in analysis.levels:
        if level.counted:
            out[f"transmission_{level.index}"] = (level.transmission.value, level.transmission.std_stat)
    places = {name: place for name, place in truth.items() if name.startswith("threshold_")}
    for name in places:
        if analysis.fit is not None and name in analysis.fit.names:
            value = analysis.fit.value(name)
            if min(places, key=lambda other: abs(places[other] - value)) == name:
                out[name] = (value, analysis.fit.std(name))
    return out


def experiments(tasks: Sequence[Task], processes: int) -> Iterator[Experiment]:
    """One after the other as they are ready."""
    if processes < 2:
        yield from map(experiment, tasks)
        return
    import multiprocessing
    import signal

    # the interrupt key is for the parent, which then ends its children
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as pool:
        yield from pool.imap_unordered(experiment, tasks, chunksize=4)


def run(tasks: Sequence[Task], processes: int) -> tuple[list[Experiment], bool]:
    """(experiments made, whether all of them were); progress on a terminal."""
    done: list[Experiment] = []
    shown = sys.stderr.isatty()
    whole = True
    try:
        for out in experiments(tasks, processes):
            done.append(out)
            if shown:
                print(f"\r{len(done)} of {len(tasks)}", end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        whole = False
    if shown:
        print(file=sys.stderr)
    return done, whole


def coverages(done: Sequence[Experiment], steps: int) -> dict[str, Coverage]:
    """Quantity -> its pulls in all experiments of one world."""
    import numpy as np

    from gzero.coverage import Coverage

    return {
        name: Coverage(
            name=name, truth=1.0, unit=None, experiments=len(done),
            pulls=np.array([out.pulls[name] for out in done if name in out.pulls]),
        )
        for name in names_of(steps)
    }  # fmt: skip


def table(title: str, worlds: Sequence[str], rows: dict[str, list[str]]) -> None:
    """Markdown: one column a world."""
    print(f"\n{title}\n")
    first = max(len(name) for name in rows)
    widths = [max(len(world), *(len(row[i]) for row in rows.values())) for i, world in enumerate(worlds)]
    head = " | ".join(world.rjust(width) for world, width in zip(worlds, widths, strict=True))
    print(f"| {'':{first}} | {head} |")
    print(f"|{'-' * (first + 2)}|{'|'.join('-' * (width + 1) + ':' for width in widths)}|")
    for name, row in rows.items():
        cells = " | ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        print(f"| {name:{first}} | {cells} |")


def report(done: Sequence[Experiment], worlds: Sequence[str], steps: int, *, stated: bool) -> None:
    """Coverage, pulls, and what gave no estimate, of all worlds."""
    from gzero.coverage import WIDE_STD, wilson_interval

    by_world = {w: [out for out in done if out.task.world == w and out.task.stated == stated] for w in worlds}
    found = {world: coverages(by_world[world], steps) for world in worlds}

    def share(quantity: Coverage) -> str:
        if not quantity.trials:
            return "-"
        hits = round(quantity.share(WIDE_STD) * quantity.trials)
        low, high = wilson_interval(hits, quantity.trials, confidence=0.6827)
        mark = {"too short": " <", "too long": " >"}.get(quantity.answer, "")
        return f"{100 * quantity.share(WIDE_STD):.1f} +- {50 * (high - low):.1f}{mark}"

    said = "std stated" if stated else "std not stated"
    names = names_of(steps)
    rows = {name: [share(found[w][name]) for w in worlds] for name in names}
    table(
        f"Coverage of 95 % intervals [%], {said} (< too short, > too long: beyond chance and beyond 93 to 97 %)",
        worlds,
        rows,
    )
    rows = {
        name: [
            f"{found[w][name].mean:+.2f}, {found[w][name].std:.2f}" if found[w][name].trials > 1 else "-"
            for w in worlds
        ]
        for name in names
    }
    table(f"Pulls: mean, standard deviation, {said}", worlds, rows)
    kinds = {"experiments": lambda out: True, "raised": lambda out: bool(out.raised)}
    rows = {kind: [str(sum(map(test, by_world[w]))) for w in worlds] for kind, test in kinds.items()}
    for name in ("step_height", "step_height_model"):
        rows[f"no {name}"] = [str(sum(name in out.missing for out in by_world[w])) for w in worlds]
    rows[f"not {steps} levels"] = [
        str(sum(any(n.startswith("transmission") for n in out.missing) for out in by_world[w])) for w in worlds
    ]
    for decision in ("quantized", "undecided", "not quantized"):
        rows[decision] = [str(sum(out.decision == decision for out in by_world[w])) for w in worlds]
    table(f"Experiments, {said}", worlds, rows)


def bounds(task: Task) -> dict[str, float]:
    """Smallest standard deviation of an unbiased step height in white noise, over the step (Cramer and Rao)."""
    import numpy as np

    from gzero.models.staircase import staircase
    from gzero.quanta import parse_quantum
    from gzero.synthetic.staircase import simulate

    made = simulate(
        np.random.default_rng(0), quantum=parse_quantum(QUANTUM), seed=0, steps=task.steps, points=task.points, noise=0.0,
        stated_std=False,
    )  # fmt: skip
    x = made.measurement.abscissa.values
    out = {}
    for name, offset in (("step, thresholds, widths free", False), ("and an offset", True)):
        model = staircase(task.steps, offset=offset)
        values = np.array([made.truth["offset"] if p == "offset" else made.truth[p] for p in model.names])
        design = model.jacobian(x, values)
        scale = np.linalg.norm(design, axis=0)
        inverse = np.linalg.inv((design / scale).T @ (design / scale))
        # the step is one quantum, and so is the unit of the noise
        out[name] = float(np.sqrt(inverse[0, 0]) / scale[0] * task.noise)
    return out


def efficiency(done: Sequence[Experiment]) -> None:
    """Root mean square error of both step heights in white noise over the bounds."""
    import math

    white = [out for out in done if out.task.world == "white"]
    if not white:
        return
    print("\nRMSE over the Cramer-Rao bound, white noise\n")
    limits = bounds(white[0].task)
    print("| estimator | std | " + " | ".join(f"{name} ({100 * limit:.4f} %)" for name, limit in limits.items()) + " |")
    print("|---|---|" + "--:|" * len(limits))
    for name in ("step_height", "step_height_model"):
        for stated in (True, False):
            errors = [out.errors[name] for out in white if out.task.stated == stated and name in out.errors]
            if errors:
                rms = math.sqrt(sum(error**2 for error in errors) / len(errors))
                chance = 1 / math.sqrt(2 * len(errors))
                cells = " | ".join(f"{rms / b:.3f} +- {rms / b * chance:.3f}" for b in limits.values())
                print(f"| {name} | {'stated' if stated else 'not stated'} | {cells} |")


def odd_ones(done: Sequence[Experiment]) -> None:
    """Everything that must not happen, to be had again by its seed."""
    print("\nExperiments that raised, or are off by more than 6 standard uncertainties\n")
    said = 0
    for out in sorted(done, key=lambda out: (not out.task.stated, out.task.world, out.task.seed)):
        far = [f"{name} {pull:+.1f}" for name, pull in out.pulls.items() if not abs(pull) <= FAR]
        if out.raised or far:
            said += 1
            where = f"{out.task.world}, seed {out.task.seed}, {'stated' if out.task.stated else 'not stated'}"
            print(f"- {where}: {out.raised or ', '.join(far)}")
    if not said:
        print("none")


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables; 130 where it was interrupted."""
    from gzero.synthetic.noise import WORLDS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=1000, help="of each world, with and without stated std")
    parser.add_argument("--worlds", nargs="+", choices=WORLDS, default=list(WORLDS))
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--points", type=int, default=400)
    parser.add_argument("--noise", type=float, default=0.02, help="standard deviation of a reading, in quanta")
    asked = parser.parse_args(argv)
    # seeds outermost: an interrupt leaves as many experiments of every world
    tasks = [
        Task(world=world, stated=stated, seed=seed, steps=asked.steps, points=asked.points, noise=asked.noise)
        for seed in range(asked.first_seed, asked.first_seed + asked.experiments)
        for world in asked.worlds
        for stated in (True, False)
    ]
    done, whole = run(tasks, asked.processes)
    if not whole:
        print(f"PARTIAL: interrupted after {len(done)} of {len(tasks)} experiments")
    for stated in (True, False):
        report(done, asked.worlds, asked.steps, stated=stated)
    efficiency(done)
    odd_ones(done)
    return 0 if whole else 130


if __name__ == "__main__":
    raise SystemExit(main())
