"""The multiverse of a verdict: the ordinary analysis, over and over, under every reasonable choice.

Steegen et al. 2016, doi 10.1177/1745691616658637; Simonsohn et al. 2020, doi 10.1038/s41562-020-0912-z.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from gzero.analysis import Analysis
from gzero.errors import ColumnError, ConfigError, GzeroError
from gzero.measurement.kinds import kind
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.pipeline.analyse import analyse_measurement
from gzero.pipeline.blind import settle
from gzero.pipeline.config import Config
from gzero.pipeline.load import load_traces, with_stated
from gzero.pipeline.processes import Lost, NoProcessError, Processes
from gzero.pipeline.public import Options, asked_of
from gzero.pipeline.reasonable_choices import Option, dimensions_of, possible
from gzero.universes import NO_RESULT, Dimension, Multiverse, Universe

Progress = Callable[[int, int], None]
Combination = tuple[int, ...]

#: Analyses where no other number is asked for, and the seed of their sample.
CHOICES, SEED = 200, 1
FEWEST, MOST = 10, 100_000


def multiverse(
    source: str | Path | Measurement,
    *,
    quantum: str | None = None,
    config: str | Path | None = None,
    choices: int = CHOICES,
    processes: int = 1,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> Multiverse:
    """The verdict over the reasonable choices of window, plateaus, readings, smoothing, series resistance and noise.

    Parameters
    ----------
    source : a path, or a `Measurement`; of one trace.
    quantum, config, options : as for `gzero.analyse`; `seed` is that of the sample of combinations.
    choices : analyses at most; where there are more combinations, a balanced sample of them, with the analysis as asked and
        all that differ from it in one choice.
    processes : 2 takes half the time; a script then needs its ``if __name__ == "__main__":``.
    progress : called with (done, in all).

    Returns
    -------
    Multiverse; its step heights are in quanta [1].

    Raises
    ------
    gzero.errors.ConfigError : a kind of measurement without a verdict, a number of choices that is none.
    gzero.errors.InputError : as `gzero.analyse` does, or several traces.
    """
    asked = asked_of(source, config, quantum=quantum, **options)
    measurement = with_stated(source, asked) if isinstance(source, Measurement) else _the_one(source, asked)
    _check(measurement, choices)
    analysis = analyse_measurement(measurement, asked)
    return multiverse_of(measurement, asked, analysis, choices=choices, processes=processes, progress=progress)


def analyse_with_multiverse(
    path: str | Path, config: Config, *, processes: int = 1, progress: Progress | None = None
) -> Analysis:
    """The answer for the one trace of a file, with its multiverse, and a warning where the decision hangs on a choice.

    Raises
    ------
    ColumnError : several traces.  ConfigError : a kind of measurement without a verdict.
    """
    measurement = _the_one(path, config)
    _check(measurement, CHOICES)
    analysis = settle(path, config, [analyse_measurement(measurement, config)])[0]
    found = multiverse_of(measurement, config, analysis, processes=processes, progress=progress)
    sampled = "all of them" if found.complete else f"a balanced sample of {found.combinations}, seed {found.seed}"
    choice = Choice(choice="multiverse", value=f"{len(found.universes)} combinations", origin="user", note=sampled)
    return replace(
        analysis,
        multiverse=found,
        ledger=(*analysis.ledger, choice),
        warnings=(*analysis.warnings, *([found.warning] if found.warning else [])),
        seed=found.seed,
    )


def _the_one(path: str | Path, config: Config) -> Measurement:
    found = load_traces(path, config)
    if len(found) > 1:
        raise ColumnError(
            f"the file holds {len(found)} traces, and a multiverse is of one",
            path=str(path),
            remedy="name it with --trace, by index from 0 or by name",
        )
    return found[0]


def _check(measurement: Measurement, choices: int) -> None:
    experiment = kind(measurement.kind)
    if measurement.blind:
        raise ConfigError(
            "the data are blind, so there is no verdict yet that other choices could change",
            path=measurement.origin.path,
            remedy="end blind mode with `gzero unblind`, or leave --multiverse out",
        )
    if not experiment.monotone:
        raise ConfigError(
            f"a multiverse is not available for the experiment '{experiment.name}': its choices are those of a staircase",
            path=measurement.origin.path,
            remedy="leave --multiverse out",
        )
    if not FEWEST <= choices <= MOST:
        raise ConfigError(f"choices: {choices} is not a number from {FEWEST} to {MOST}", remedy=f"write {CHOICES}")


def multiverse_of(
    measurement: Measurement,
    config: Config,
    analysis: Analysis,
    *,
    choices: int = CHOICES,
    processes: int = 1,
    progress: Progress | None = None,
) -> Multiverse:
    """The multiverse around an analysis that is made already."""
    dimensions = dimensions_of(measurement, config, analysis)
    options = tuple(dimensions.values())
    seed = SEED if config.seed is None else config.seed
    everything = [
        c
        for c in itertools.product(*(range(len(o)) for o in options))
        if possible(tuple(o[i] for o, i in zip(options, c, strict=True)), analysis)
    ]
    chosen = sample_of(everything, choices, np.random.default_rng(seed))
    work = _Work(measurement, config, options, _scale(analysis))
    found = [universe_of(analysis, chosen[0], work.scale)]
    if progress is not None:
        progress(1, len(chosen))
    for universe in _universes(work, chosen[1:], processes):
        found.append(universe)
        if progress is not None:
            progress(len(found), len(chosen))
    verdict, quantum = analysis.verdict, analysis.quantum
    place = {combination: i for i, combination in enumerate(chosen)}
    return Multiverse(
        path=analysis.origin.path,
        trace=analysis.trace,
        quantum=quantum.symbol if quantum is not None else "",
        margin=verdict.margin if verdict is not None else 0.0,
        confidence=verdict.confidence if verdict is not None else 0.0,
        dimensions=tuple(Dimension(name=n, options=tuple(o.name for o in d)) for n, d in dimensions.items()),
        universes=tuple(sorted(found, key=lambda universe: place[universe.options])),
        combinations=len(everything),
        seed=seed,
    )


def sample_of(everything: Sequence[Combination], most: int, rng: np.random.Generator) -> list[Combination]:
    """At most so many combinations: the first, those that differ from it in one choice, and others such that every
    option, and every pair of options, comes about as often as every other one.

    Parameters
    ----------
    everything : all that are possible, the analysis as asked (no change) first.
    """
    table = np.array(everything)
    changes = np.count_nonzero(table, axis=1)
    if len(everything) <= most:
        return [everything[i] for i in np.argsort(changes, kind="stable")]
    chosen = [int(i) for i in np.argsort(changes, kind="stable")[: np.count_nonzero(changes <= 1)]][:most]
    pairs = _pairs(table)
    used = np.zeros(int(pairs.max()) + 1)
    weight = _rarity(pairs, used.size)
    for i in chosen:
        used[pairs[i]] += 1
    order = rng.permutation(len(everything))
    free = np.ones(len(everything), dtype=bool)
    free[chosen] = False
    while len(chosen) < most:
        left = order[free[order]]
        cost = (used * weight)[pairs[left]].sum(axis=1)
        best = int(left[int(np.argmin(cost))])
        chosen.append(best)
        free[best] = False
        used[pairs[best]] += 1
    return [everything[i] for i in chosen]


def _pairs(table: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of every pair of options that a combination holds, and of every option by itself, shape (n, pairs)."""
    sizes = table.max(axis=0) + 1
    columns, start = [], 0
    for d in range(table.shape[1]):
        columns.append(start + table[:, d])
        start += int(sizes[d])
        for e in range(d):
            columns.append(start + table[:, d] * sizes[e] + table[:, e])
            start += int(sizes[d] * sizes[e])
    return np.column_stack(columns)


def _rarity(pairs: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """How seldom each pair is among all combinations: each then weighs alike."""
    there = np.bincount(pairs.ravel(), minlength=count)
    return np.asarray(pairs.shape[0] / np.maximum(there, 1))


class _Work:
    """What an analysis needs beside its combination; sent to another process once."""

    __slots__ = ("config", "measurement", "options", "scale")

    def __init__(
        self, measurement: Measurement, config: Config, options: tuple[tuple[Option, ...], ...], scale: float
    ) -> None:
        self.measurement, self.config, self.options, self.scale = measurement, config, options, scale

    def universe(self, combination: Combination) -> Universe:
        """One analysis; where it comes to no end, that is what came out."""
        measurement, config = self.measurement, self.config
        try:
            for options, i in zip(self.options, combination, strict=True):
                measurement, config = options[i].change(measurement, config)
            return universe_of(analyse_measurement(measurement, config, simulate=False), combination, self.scale)
        except (GzeroError, ValueError, ArithmeticError) as error:
            problem = error.problem if isinstance(error, GzeroError) else f"{type(error).__name__}: {error}"
            return Universe(options=combination, decision=NO_RESULT, failure=problem)


def _scale(analysis: Analysis) -> float:
    """The quantum of the analysis as asked: all others are told in its units, whichever the data would choose there."""
    return float(analysis.quantum.value) if analysis.quantum is not None and analysis.quantum.value else 1.0


def universe_of(analysis: Analysis, combination: Combination, scale: float) -> Universe:
    """What came out of one analysis, in units of the quantum `scale` [SI]."""
    verdict, step = analysis.verdict, analysis.estimates.get("step_height")
    counted = [level for level in analysis.levels if level.counted]
    own = _scale(analysis) / scale
    interval = None
    if verdict is not None and verdict.interval is not None and np.isfinite(verdict.interval).all():
        low, high = verdict.interval
        interval = ((1 + low) * own - 1, (1 + high) * own - 1)
    worst = None
    if step is not None and counted:
        worst = max((level.level.value - level.index * step.value for level in counted), key=abs) / scale
    return Universe(
        options=combination,
        decision=verdict.decision if verdict is not None else NO_RESULT,
        ratio=None if step is None or not np.isfinite(step.value) else step.value / scale,
        interval=interval,
        plateaus=len(counted),
        worst_residual=worst,
    )


def _universes(work: _Work, combinations: Sequence[Combination], processes: int) -> Iterator[Universe]:
    """One after the other, or as several processes finish them; a machine that starts no process does it in this one."""
    done: set[Combination] = set()
    if processes > 1 and len(combinations) > 1:
        waiting = iter(combinations)
        with (
            contextlib.suppress(NoProcessError),
            contextlib.closing(Processes(_Work.universe, work, processes).run(lambda: next(waiting, None))) as found,
        ):
            for combination, universe in found:
                done.add(combination)
                if isinstance(universe, Lost):
                    why = f"the process at work on it ended, {universe.times} times"
                    universe = Universe(options=combination, decision=NO_RESULT, failure=why)
                yield universe
    for combination in combinations:
        if combination not in done:
            yield work.universe(combination)
