"""Coverage on your own data: a measurement is simulated from its fit, many times, and every one is analysed as it was.

The twin of a measurement has its settings, its conditions, its options, the curve of the fitted model as its truth, and
the noise that was learnt from its residuals. What the analysis says of many twins is held against that truth. Only the
statistical part of an uncertainty is tested: a hidden shift of the gain or of the series resistance is not simulated.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gzero.analysis import Analysis
from gzero.coverage import FEWEST, Coverage, SelfTest
from gzero.errors import ColumnError, ConfigError, GzeroError
from gzero.measurement.measurement import Measurement
from gzero.pipeline.analyse import analyse_many
from gzero.pipeline.config import Config
from gzero.pipeline.load import FIT, load_traces
from gzero.pipeline.twin import Truth, Twin, check_kind

REPEATS, SEED = 300, 1  #: where nothing else is asked
MOST = 100_000  #: repeats
#: Fits that are made side by side: enough to gain by it, few enough for Ctrl-C and the progress to come soon.
_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repeat:
    """What the analysis said of one simulated measurement.

    Parameters
    ----------
    pulls : quantity -> (estimate - truth)/std, statistical [1]; only where there are both.
    plateaus : indices of the levels that the claim rests on.
    decision : the verdict.
    failure : why the analysis came to no end, "" where it did.
    """

    pulls: Mapping[str, float]
    plateaus: tuple[int, ...] = ()
    decision: str = "none"
    failure: str = ""


def measurement_of(path: str | Path, config: Config) -> Measurement:
    """The one trace of a file that is to be tested.

    Raises
    ------
    ConfigError : a kind of measurement that has no self-test.  ColumnError : several traces, of which none is named.
    InputError : as `load_traces` does.
    """
    found = load_traces(path, config)
    check_kind(found[0])
    if len(found) > 1:
        raise ColumnError(
            f"the file holds {len(found)} traces, and a self-test is of one",
            path=str(path),
            remedy="name it with --trace, by index from 0 or by name",
        )
    return found[0]


def repeats_of(twin: Twin, *, repeats: int, seed: int) -> Iterator[Repeat]:
    """One repeat after the other; each has a generator of its own, so that the first ones are the same for any number.

    Raises
    ------
    ConfigError : a number of repeats that is none.
    """
    if not FEWEST <= repeats <= MOST:
        raise ConfigError(
            f"--repeats: {repeats} is not a number from {FEWEST} to {MOST}",
            remedy=f"write for example --repeats {REPEATS}",
        )
    return _some_at_a_time(twin, np.random.SeedSequence(seed).spawn(repeats))


def _some_at_a_time(twin: Twin, seeds: Sequence[np.random.SeedSequence]) -> Iterator[Repeat]:
    """Simulate and analyse; an analysis that fails is a result of the test."""
    for first in range(0, len(seeds), _AT_ONCE):
        drawn = [twin.draw(np.random.default_rng(child)) for child in seeds[first : first + _AT_ONCE]]
        found = analyse_many(drawn, twin.config, simulate=False, failures=(GzeroError, ValueError, ArithmeticError))
        yield from (_repeat(twin, analysis) for analysis in found)


def _repeat(twin: Twin, analysis: Analysis | Exception) -> Repeat:
    """What one analysis says; of one that failed, why."""
    if isinstance(analysis, Exception):
        problem = analysis.problem if isinstance(analysis, GzeroError) else str(analysis)
        return Repeat(pulls={}, failure=f"{type(analysis).__name__}: {problem}")
    truth = true_values(twin.truth, analysis)
    found = numbers_of(analysis, twin.config)
    pulls = {name: (value - truth[name]) / std for name, (value, std) in found.items() if name in truth and std > 0}
    return Repeat(
        pulls={name: pull for name, pull in pulls.items() if math.isfinite(pull)},
        plateaus=_claimed(analysis),
        decision=analysis.verdict.decision if analysis.verdict else "none",
    )


def selftest_of(twin: Twin, repeats: Sequence[Repeat], *, asked: int, seed: int) -> SelfTest:
    """The coverage of every quantity that the measurement itself gave, from the repeats that were made.

    Parameters
    ----------
    asked : repeats that were to be made.
    """
    analysis, truth = twin.analysis, true_values(twin.truth, twin.analysis)
    whole = [repeat for repeat in repeats if not repeat.failure]
    claimed = _claimed(analysis)
    units = {name: estimate.unit for name, estimate in analysis.estimates.items()}
    units |= dict.fromkeys(twin.truth.thresholds, twin.measurement.abscissa.unit)
    return SelfTest(
        version=analysis.version,
        path=analysis.origin.path,
        sha256=analysis.origin.sha256,
        trace=analysis.trace,
        experiment=analysis.experiment,
        decision=analysis.verdict.decision if analysis.verdict else None,
        seed=seed,
        asked=asked,
        truth=twin.truth.words,
        noise=_in_words(twin),
        quantities=tuple(
            Coverage(
                name=name,
                truth=truth[name],
                unit=units.get(name, ""),
                pulls=np.array([repeat.pulls[name] for repeat in whole if name in repeat.pulls]),
                experiments=len(repeats),
            )
            for name in numbers_of(analysis, twin.config)
            if name in truth
        ),
        plateaus=claimed,
        same=sum(repeat.plateaus == claimed for repeat in whole),
        decisions=dict(Counter(repeat.decision for repeat in whole).most_common()),
        failures=dict(Counter(repeat.failure for repeat in repeats if repeat.failure).most_common()),
        notes=twin.notes,
    )


def numbers_of(analysis: Analysis, config: Config) -> dict[str, tuple[float, float]]:
    """Quantity -> (value, statistical standard uncertainty) of everything that is tested, in SI."""
    names = ["step_height", "step_height_model"]
    if config.series_resistance is not None and config.series_resistance.strip() == FIT:
        names.append("series_resistance")
    out = {
        name: (analysis.estimates[name].value, analysis.estimates[name].std_stat)
        for name in names
        if name in analysis.estimates
    }
    for level in analysis.levels:
        if level.counted:
            out[f"transmission_{level.index}"] = (level.transmission.value, level.transmission.std_stat)
    if analysis.fit is not None:
        for name in analysis.fit.names:
            if name.startswith("threshold_"):
                out[name] = (analysis.fit.value(name), analysis.fit.std(name))
    return out


def true_values(truth: Truth, analysis: Analysis) -> dict[str, float]:
    """Quantity -> its true value in the units in which an analysis has it.

    A threshold counts where it is that of its own riser: where a riser was missed, or one too many was seen, the same
    name stands for another one.
    """
    out = {"step_height": truth.step, "step_height_model": truth.step, "series_resistance": truth.resistance}
    if analysis.quantum is not None and analysis.quantum.value:
        in_quanta = truth.step / analysis.quantum.value
        out |= {f"transmission_{level.index}": in_quanta for level in analysis.levels}
    for name, place in truth.thresholds.items():
        if analysis.fit is not None and name in analysis.fit.names:
            away = {other: abs(analysis.fit.value(name) - x) for other, x in truth.thresholds.items()}
            if min(away, key=lambda other: away[other]) == name:
                out[name] = place
    return out


def _in_words(twin: Twin) -> str:
    """The noise of the simulated readings: its size and its kind."""
    if twin.measurement.blind:  # a noise that is known beforehand would give the factor away
        return f"hidden while blind, {twin.noise.description}"
    quantum, size = twin.analysis.quantum, twin.noise.typical
    shown = f"{size:.3g}"
    if quantum is not None and quantum.value:
        shown = f"{size / abs(quantum.value):.3g} {quantum.symbol}"
    return f"{shown} a reading, {twin.noise.description}"


def _claimed(analysis: Analysis) -> tuple[int, ...]:
    return tuple(level.index for level in analysis.levels if level.counted)
