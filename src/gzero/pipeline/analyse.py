"""One file, in order: load, give it meaning, reduce, fit, decide, record."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, cast

import numpy as np

from gzero.analysis import Analysis
from gzero.errors import ConfigError, FitError, GzeroError, UnitError
from gzero.estimate import Estimate
from gzero.fitters.findings import Findings
from gzero.fitters.level_set import LevelSet
from gzero.fitters.minima import Asking, alone, side_by_side
from gzero.fitters.options import FitOptions
from gzero.fitters.result import FitResult
from gzero.fitters.smooth_curve import smooth_curve_evidence
from gzero.measurement.kinds import kind
from gzero.measurement.measurement import Measurement
from gzero.pipeline.blind import blind_verdict, settle, without_rulers, without_truth
from gzero.pipeline.branches import between_branches
from gzero.pipeline.config import Config, loss, noise_model, plateaus, risers, selection
from gzero.pipeline.conventions import conventions, longitudinal, phonon_exponent
from gzero.pipeline.load import FIT, environment, traces_or_session
from gzero.pipeline.margins import margins_of
from gzero.pipeline.preparation import with_metadata
from gzero.pipeline.record import record
from gzero.quanta import (
    Quantum,
    candidates,
    parse_quantum,
    unit_or_quantum,
)
from gzero.verdict.decide import decide
from gzero.verdict.equality import equality
from gzero.verdict.freedoms import Freedoms, Gain, Resistance

Progress = Callable[[int, int], None]


class Fitter(Protocol):
    """What `gzero.fitters.<experiment>` offers; one that also has a `fitting`, which asks for its minima, is made side by
    side with others, and one that has a `modelling` gives the model's fit without the rest of its findings."""

    def fit(self, measurement: Measurement, options: FitOptions) -> Findings:
        """Everything that one measurement shows."""


def fitter(experiment: str) -> Fitter:
    """The fitter that carries the experiment's name."""
    return cast(Fitter, importlib.import_module(f"gzero.fitters.{kind(experiment).name}"))


def quantum_of(config: Config, measurement: Measurement) -> tuple[Quantum, bool]:
    """The quantum to compare with, and whether the user named it.

    Raises
    ------
    ConfigError : the quantum needs a condition that is not stated.
    UnitError : no quantum has the dimension of the data, or the declared one has another.
    """
    conditions = environment(config)
    own = measurement.conditions.get("mass")
    if conditions.mass is None and own is not None:
        conditions = replace(conditions, mass=own.value)  # the row states its own, and no particle is named
    experiment = kind(measurement.kind)
    unit = measurement.ordinate.unit if experiment.compared is None else experiment.compared
    path = measurement.origin.path
    usual = parse_quantum(experiment.quantum, conditions) if experiment.quantum else None
    if config.quantum is None and usual is not None and unit in (None, usual.unit):
        return usual, False
    if config.quantum is None:
        found = candidates(unit or "", conditions)
        if not found and unit == "m^2/s":
            return parse_quantum("h/m", conditions), False
        if not found:
            raise UnitError(
                f"no quantum of the dimension [{unit}] has a value here",
                path=path,
                remedy="declare one with --quantum, with its --particle or --temperature",
            )
        return found[0], False
    if unit is not None and (asked := parse_quantum(config.quantum)).unit != unit:
        raise UnitError(
            f"the data are in [{unit}] and the quantum {asked.symbol} is in [{asked.unit}]",
            path=path,
            column=measurement.ordinate.label,
            remedy="declare a quantum of that dimension, or correct the unit with --y-unit",
        )
    return declared_quantum(config, path), True


def declared_quantum(config: Config, path: str | None = None) -> Quantum:
    """The quantum that the user names, with its value.

    Raises
    ------
    ConfigError : it needs a condition that is not stated.
    """
    quantum = parse_quantum(config.quantum or "", environment(config))
    if quantum.value is None:
        missing = " and ".join(
            "--particle or --mass" if need == "mass" else "--" + need.replace("_", "-") for need in quantum.needs
        )
        raise ConfigError(f"the quantum {quantum.symbol} has no value yet", path=path, remedy=f"state {missing}")
    return quantum


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What was found on one trace before anything is decided: findings, the quantum, and whether the user named it."""

    findings: Findings
    quantum: Quantum
    declared: bool


def find(measurement: Measurement, config: Config) -> Found:
    """Reduce and fit one trace.

    Raises
    ------
    InputError : readings that make no curve, options that contradict them.
    """
    with np.errstate(all="ignore"):
        return alone(_finding(measurement, config))


def fits_many(measurements: Iterable[Measurement], config: Config) -> list[FitResult | GzeroError]:
    """The model's fit of each of many traces, made side by side; where there is none, the error.

    The numbers are those of `find` to about 1e-6 of a standard uncertainty.
    """
    with np.errstate(all="ignore"):
        return side_by_side((_model_of(m, config) for m in measurements), failures=(GzeroError,))


def _model_of(measurement: Measurement, config: Config) -> Asking[FitResult]:
    """What a trace's findings have as their fit; without the rest of them where it can be had alone."""
    posed = _posed(measurement, config)
    modelling = getattr(fitter(measurement.kind), "modelling", None)
    if modelling is not None and posed.declared and not measurement.blind:
        fit = yield from modelling(measurement, posed.options)
        if fit is not None:
            return cast(FitResult, fit)
    findings = (yield from _finding(measurement, config)).findings
    if findings.fit is None:
        raise without_model(findings)
    return findings.fit


def without_model(findings: Findings, result: object = None) -> FitError:
    """The error where an experiment has no model, or none could be fitted."""
    why = "; ".join(findings.warnings) or "the experiment has no model"
    return FitError(f"no model was fitted: {why}", result=result)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Posed:
    """The question to a fitter: its options, and whether the user named the quantum in them."""

    options: FitOptions
    declared: bool


def _posed(measurement: Measurement, config: Config) -> _Posed:
    config = with_metadata(config, measurement.metadata, measurement.origin.path)
    experiment = kind(measurement.kind)
    free = experiment.compared == "" or (experiment.listed and config.quantum is None)
    quantum, declared = (_nameless(measurement), False) if free else quantum_of(config, measurement)
    margins = margins_of(config)
    options = FitOptions(
        quantum=quantum,
        declared=declared,
        selection=selection(config, x_factor(measurement)),
        plateaus=plateaus(config),
        risers=risers(config),
        fit_resistance=config.series_resistance is not None and config.series_resistance.strip() == FIT,
        loss=loss(config),
        level_margin=margins.level,
        margin=margins.step,
        confidence=margins.confidence,
        seed=1 if config.seed is None else config.seed,
        noise_model=noise_model(config),
        conventions=conventions(config),
        longitudinal=longitudinal(config),
        phonon_exponent=phonon_exponent(config),
    )
    return _Posed(options=options, declared=declared)


def _finding(measurement: Measurement, config: Config) -> Asking[Found]:
    config = with_metadata(config, measurement.metadata, measurement.origin.path)
    posed = _posed(measurement, config)
    options, quantum, declared = posed.options, posed.options.quantum, posed.declared
    findings = yield from _fitting(measurement.kind, measurement, options)
    if not declared and findings.level_set is not None:
        nearest = _nearest(findings, candidates(quantum.unit, environment(config)))
        if nearest is not None and nearest.symbol != quantum.symbol:
            quantum = nearest
            findings = yield from _fitting(measurement.kind, measurement, replace(options, quantum=quantum))
    if measurement.blind:
        findings = without_rulers(findings, measurement)
    return Found(findings=findings, quantum=quantum, declared=declared)


def _fitting(experiment: str, measurement: Measurement, options: FitOptions) -> Asking[Findings]:
    own = fitter(experiment)
    fitting = getattr(own, "fitting", None)
    if fitting is None:
        return own.fit(measurement, options)
    return cast(Findings, (yield from fitting(measurement, options)))


def analyse_measurement(measurement: Measurement, config: Config, *, simulate: bool = True) -> Analysis:
    """The whole answer for one trace.

    Parameters
    ----------
    simulate : whether the verdict simulates its false-positive rate and its power; who analyses the same trace hundreds of
        times has them from the first.

    Raises
    ------
    InputError : readings that make no curve, options that contradict them.
    """
    config = with_metadata(config, measurement.metadata, measurement.origin.path)
    return _answer(measurement, config, find(measurement, config), simulate=simulate)


def analyse_many(
    measurements: Iterable[Measurement],
    config: Config,
    *,
    simulate: bool = True,
    failures: tuple[type[Exception], ...] = (GzeroError,),
) -> list[Analysis | Exception]:
    """The answer for each of many traces, whose fits are made side by side; of one that fails as foreseen, the error."""

    def analysing(measurement: Measurement) -> Asking[Analysis]:
        own = with_metadata(config, measurement.metadata, measurement.origin.path)
        return _answer(measurement, own, (yield from _finding(measurement, own)), simulate=simulate)

    with np.errstate(all="ignore"):
        return side_by_side((analysing(m) for m in measurements), failures=failures)


def _answer(measurement: Measurement, config: Config, found: Found, *, simulate: bool) -> Analysis:
    """What was found, judged and put on record."""
    margins, experiment = margins_of(config), kind(measurement.kind)
    findings, quantum, declared = found.findings, found.quantum, found.declared
    # a list of values may have no unit to be compared with, and a quantum no value without its conditions
    named = quantum if quantum.symbol and (quantum.value is not None or not experiment.compared) else None
    if measurement.blind:
        sealed = blind_verdict(margins, measurement.origin.path, config.blind_record)
        return record(measurement, without_truth(config), findings, named, declared, sealed)
    verdict = (
        None  # a single value is no staircase, and a list of values has an answer of its own
        if not experiment.stepped
        else decide(
            findings.level_set,
            quantum,
            margins,
            freedoms=freedoms_of(measurement.conditions, findings.level_set, declared=declared),
            smooth=smooth_curve_evidence(findings.fit) if findings.fit is not None and experiment.monotone else None,
            seed=config.seed,
            simulate=simulate,
            what=experiment.level,
        )
    )
    if verdict is None and declared and named is not None and experiment.equated:
        findings = replace(findings, answer=findings.answer or equality(findings.estimates, named, margins))
    return record(measurement, config, findings, named, declared, verdict)


def _nameless(measurement: Measurement) -> Quantum:
    """The unit of an experiment that looks for its unit: no name, no value."""
    return Quantum(symbol="", value=None, unit=measurement.ordinate.unit or "", row="")


def _nearest(findings: Findings, found: tuple[Quantum, ...]) -> Quantum | None:
    """The candidate that the step height is nearest to: a choice that the data make, which the verdict says."""
    if "step_height" not in findings.estimates or not found:
        return None
    step = findings.estimates["step_height"].value
    return min(found, key=lambda quantum: abs(step / quantum.value - 1) if quantum.value else np.inf)


def x_factor(measurement: Measurement) -> float:
    """SI per unit of x as the file writes it, so that --range is typed in the file's unit."""
    unit = unit_or_quantum(measurement.abscissa.written)
    return unit.factor if unit.known else 1.0


def freedoms_of(conditions: Mapping[str, Estimate], levels: LevelSet | None, *, declared: bool) -> Freedoms:
    """What the analysis was free to choose: a number stated without an uncertainty could have been any other."""
    resistance, gain = conditions.get("series_resistance"), conditions.get("gain")
    how: Resistance = "none"
    if levels is not None and levels.resistance_fitted:
        how = "fitted"
    elif resistance is not None and resistance.std > 0:
        how = "measured"
    elif resistance is not None and resistance.value != 0:
        how = "assumed"
    scale: Gain = "none"
    if gain is not None and gain.std > 0:
        scale = "measured"
    elif gain is not None and gain.value != 1:
        scale = "assumed"
    return Freedoms(
        resistance=how,
        resistance_value=0.0 if resistance is None or how == "fitted" else resistance.value,
        resistance_std=0.0 if resistance is None else resistance.std,
        gain=scale,
        declared=declared,
        counted_from="pinch-off" if levels is None else levels.counted_from,
        zero="known" if levels is None else levels.zero,
    )


def analyse_traces(path: str | Path, config: Config, *, progress: Progress | None = None) -> tuple[Analysis, ...]:
    """The answer for every trace of a file.

    Parameters
    ----------
    progress : called with (traces done, traces in all) as the work goes on.
    """
    measurements = traces_or_session(path, config)
    return settle(path, config, analyse_measurements(measurements, config, progress=progress))


def analyse_measurements(
    measurements: tuple[Measurement, ...], config: Config, *, progress: Progress | None = None
) -> tuple[Analysis, ...]:
    """The answer for each of several measurements, and what they say of each other."""
    out = []
    for done, measurement in enumerate(measurements):
        if progress is not None:
            progress(done, len(measurements))
        out.append(analyse_measurement(measurement, config))
    return in_company(between_branches(tuple(out)))


def in_company(analyses: tuple[Analysis, ...]) -> tuple[Analysis, ...]:
    """Rows of one table that state the same quantity twice are held against each other; a contradiction is a warning on both."""
    if len(analyses) < 2 or any("diffusion" not in a.estimates for a in analyses):
        return analyses
    groups: dict[str, list[int]] = {}
    for i, analysis in enumerate(analyses):
        groups.setdefault(_subject(analysis), []).append(i)
    warnings: Mapping[int, list[str]] = {i: [] for i in range(len(analyses))}
    for members in groups.values():
        for i in members:
            for j in members:
                a, b = analyses[i].estimates["diffusion"], analyses[j].estimates["diffusion"]
                std = float(np.hypot(a.std, b.std))
                if i != j and std > 0 and abs(a.value - b.value) > 3 * std:
                    far = abs(a.value - b.value) / std
                    warnings[i].append(
                        f"{far:.1f} standard uncertainties off '{analyses[j].trace}': {a.value:.3g} against {b.value:.3g} m^2/s ({100 * (a.value / b.value - 1):+.0f} %)"
                    )
    return tuple(replace(a, warnings=(*a.warnings, *warnings[i])) if warnings[i] else a for i, a in enumerate(analyses))


def _subject(analysis: Analysis) -> str:
    """What a row is about: its label up to a bracket, which holds the temperature and not the source."""
    return analysis.trace.partition("(")[0].strip()
