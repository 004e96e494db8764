"""One file, in order: load, give it meaning, reduce, fit, decide, record."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol, cast

import numpy as np

from gzero.analysis import Analysis
from gzero.errors import ColumnError, ConfigError, GzeroError, InputError, UnitError
from gzero.estimate import Estimate
from gzero.fitters.findings import Comparison, Findings
from gzero.fitters.options import FitOptions
from gzero.loaders.registry import read_table
from gzero.loaders.table import Table
from gzero.measurement.inspection import Inspection, inspect_table
from gzero.measurement.kinds import Kind, kind
from gzero.measurement.layout import Layout, Wanted, lay_out
from gzero.measurement.ledger import Choice
from gzero.measurement.meaning import measure
from gzero.measurement.measurement import DECLARABLE, Measurement, condition
from gzero.pipeline.config import Config, plateaus, selection
from gzero.quanta import (
    CONSTANTS_SET,
    Conditions,
    Particle,
    Quantum,
    candidates,
    parse_quantum,
    particle,
    unit_or_quantum,
)
from gzero.reduction.calibration import Calibration
from gzero.verdict.decide import Margins, decide
from gzero.verdict.verdict import Verdict
from gzero.version import VERSION, versions

Progress = Callable[[int, int], None]

FIT = "fit"  #: the value of --series-resistance that asks for it to be fitted


class Fitter(Protocol):
    """What `gzero.fitters.<experiment>` offers."""

    def fit(self, measurement: Measurement, options: FitOptions) -> Findings:
        """Everything that one measurement shows."""


def fitter(experiment: str) -> Fitter:
    """The fitter that carries the experiment's name."""
    return cast(Fitter, importlib.import_module(f"gzero.fitters.{kind(experiment).name}"))


def read(path: str | Path, config: Config) -> Table:
    """The table that a file holds, read as the configuration asks."""
    return read_table(
        path, loader=config.loader, sheet=config.sheet, encoding=config.encoding, delimiter=config.delimiter,
        decimal=config.decimal, header_row=config.header_row,
    )  # fmt: skip


def experiment_of(table: Table, config: Config) -> Kind:
    """The kind of measurement: the one that is named, else the one that a column's unit or name gives away."""
    if config.experiment is not None:
        return kind(config.experiment)
    units = {unit_or_quantum(column.unit_text).si for column in table.columns}
    return kind("diffusion") if "m^2/s" in units and not units & {"S", "ohm", "A"} else kind("staircase")


def layout_of(table: Table, experiment: Kind, config: Config) -> Layout:
    """Which column plays which role."""
    wanted = Wanted(x=config.x, y=config.y, std=config.std, x_unit=config.x_unit, y_unit=config.y_unit)
    return lay_out(table, experiment, wanted, conditions=environment(config), bias_declared=config.bias is not None)


def inspect_path(path: str | Path, config: Config) -> Inspection:
    """Look at a file without analysing it; a layout that cannot be decided is told, not raised."""
    table = read(path, config)
    experiment = experiment_of(table, config)
    layout, problem = None, ""
    try:
        layout = layout_of(table, experiment, config)
    except InputError as error:
        problem = str(error)
    return inspect_table(table, experiment.name, layout, problem, environment(config))


def load_traces(path: str | Path, config: Config) -> tuple[Measurement, ...]:
    """Every trace of a file, or the one that `trace` names.

    Raises
    ------
    InputError : anything about the file or the options that cannot be used.
    """
    table = read(path, config)
    experiment = experiment_of(table, config)
    quantum = parse_quantum(config.quantum, environment(config)) if config.quantum else None
    if quantum is not None and experiment.y.units and quantum.unit not in experiment.y.units:
        raise UnitError(
            f"the quantum {quantum.symbol} [{quantum.unit}] is not one of a {experiment.y.name}",
            path=str(path),
            remedy=f"choose one of [{' or '.join(experiment.y.units)}]",
        )
    measurements = measure(
        table,
        layout_of(table, experiment, config),
        experiment,
        Wanted(x=config.x, y=config.y, std=config.std, x_unit=config.x_unit, y_unit=config.y_unit),
        conditions=_conditions(config, table, experiment),
        environment=environment(config),
        particle=config.particle,
        quantum=quantum,
    )
    return _of_trace(measurements, config.trace, str(path))


def _of_trace(measurements: tuple[Measurement, ...], wanted: str | None, path: str) -> tuple[Measurement, ...]:
    """The trace that is asked for by name or by index from 0; all of them where none is."""
    if wanted is None:
        return measurements
    named = tuple(m for m in measurements if m.trace == wanted)
    if len(named) == 1:
        return named
    if wanted.lstrip("-").isdigit() and 0 <= int(wanted) < len(measurements):
        return (measurements[int(wanted)],)
    names = ", ".join(m.trace or str(i) for i, m in enumerate(measurements[:3]))
    raise ColumnError(
        f"there is no trace '{wanted}'",
        path=path,
        remedy=f"choose 0 to {len(measurements) - 1}, or a name such as {names}",
    )


def _particle(config: Config) -> Particle:
    return particle(config.particle, mass=config.mass)


def environment(config: Config) -> Conditions:
    """What a quantum may depend on, as declared."""
    declared: dict[str, float | None] = {"mass": _particle(config).mass}
    for name in ("temperature", "length"):
        text = getattr(config, name)
        declared[name] = condition(name, text).value if text is not None else None
    return Conditions(mass=declared["mass"], temperature=declared["temperature"], length=declared["length"])


def _conditions(config: Config, table: Table, experiment: Kind) -> dict[str, Estimate]:
    """Every declared condition in SI; an offset is in the unit of the ordinate."""
    out: dict[str, Estimate] = {}
    for name in DECLARABLE:
        text = getattr(config, name, None)
        if text is None or name == "mass" or (name == "series_resistance" and text.strip() == FIT):
            continue
        try:
            out[name] = condition(name, text)
        except GzeroError as error:
            raise ConfigError(f"--{name.replace('_', '-')}: {error.problem}", remedy=error.remedy) from None
    if config.mass is not None and experiment.per_row:
        out["mass"] = condition("mass", config.mass)
    return out


def quantum_of(config: Config, measurement: Measurement) -> tuple[Quantum, bool]:
    """The quantum to compare with, and whether the user named it.

    Raises
    ------
    ConfigError : the quantum needs a condition that is not stated.
    UnitError : no quantum has the dimension of the data, or the declared one has another.
    """
    conditions = environment(config)
    unit = measurement.ordinate.unit
    path = measurement.origin.path
    if config.quantum is None:
        found = candidates(unit or "", conditions)
        if not found and unit == "m^2/s":
            return parse_quantum(config.diffusion_unit or "h/m", conditions), False
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


def analyse_measurement(measurement: Measurement, config: Config) -> Analysis:
    """The whole answer for one trace.

    Raises
    ------
    InputError : readings that make no curve, options that contradict them.
    """
    quantum, declared = quantum_of(config, measurement)
    experiment = kind(measurement.kind)
    options = FitOptions(
        quantum=quantum,
        declared=declared,
        selection=selection(config, _x_factor(config, measurement)),
        plateaus=plateaus(config),
        fit_resistance=config.series_resistance is not None and config.series_resistance.strip() == FIT,
    )
    with np.errstate(all="ignore"):
        findings = fitter(experiment.name).fit(measurement, options)
        if not declared and findings.level_set is not None:
            nearest = _nearest(findings, candidates(quantum.unit, environment(config)))
            if nearest.symbol != quantum.symbol:
                quantum = nearest
                findings = fitter(experiment.name).fit(measurement, replace(options, quantum=quantum))
    margins = margins_of(config)
    verdict = _verdict(findings, quantum, margins, declared=declared, experiment=experiment)
    return _record(measurement, config, findings, quantum, declared, verdict)


def _nearest(findings: Findings, found: tuple[Quantum, ...]) -> Quantum:
    """The candidate that the step height is nearest to: a choice that the data make, which the verdict says."""
    step = findings.estimates["step_height"].value
    return min(found, key=lambda quantum: abs(step / quantum.value - 1) if quantum.value else np.inf)


def _x_factor(config: Config, measurement: Measurement) -> float:
    """SI per unit of x as the file writes it, so that --range is typed in the file's unit."""
    unit = unit_or_quantum(measurement.abscissa.written)
    return unit.factor if unit.known else 1.0


def margins_of(config: Config) -> Margins:
    """What counts as equal, as asked.

    Raises
    ------
    ConfigError : a margin or a confidence that is none.
    """
    default = Margins()
    margins = Margins(
        step=config.margin if config.margin is not None else default.step,
        level=config.level_margin if config.level_margin is not None else default.level,
        confidence=config.confidence if config.confidence is not None else default.confidence,
    )
    if not (0 < margins.step < 1 and 0 < margins.level < 1):
        raise ConfigError(
            f"margins {margins.step:g} and {margins.level:g} must lie between 0 and 1",
            remedy="write for example --margin 0.05 --level-margin 0.1",
        )
    if not 0.5 < margins.confidence < 1:
        raise ConfigError(
            f"confidence {margins.confidence:g} must lie between 0.5 and 1",
            remedy="write for example --confidence 0.95",
        )
    return margins


def _verdict(
    findings: Findings, quantum: Quantum, margins: Margins, *, declared: bool, experiment: Kind
) -> Verdict | None:
    """The verdict on a set of levels; a single value is no staircase and gets none."""
    return None if experiment.per_row else decide(findings.level_set, quantum, margins, declared=declared)


def _record(
    measurement: Measurement,
    config: Config,
    findings: Findings,
    quantum: Quantum,
    declared: bool,
    verdict: Verdict | None,
) -> Analysis:
    """Everything that belongs to the answer, in one place."""
    comparisons = findings.comparisons or tuple(_comparisons(findings, quantum, config))
    used = len(findings.curve) if findings.curve is not None else int(measurement.ordinate.values.size)
    return Analysis(
        version=VERSION,
        versions=versions(),
        constants=CONSTANTS_SET,
        origin=measurement.origin,
        rows_used=used,
        experiment=measurement.kind,
        title=kind(measurement.kind).title,
        quantum=quantum,
        declared=declared,
        estimates=findings.estimates,
        verdict=verdict,
        trace=measurement.trace,
        coordinate=measurement.coordinate,
        levels=findings.levels,
        curve=findings.curve,
        excluded=_excluded_points(measurement, findings),
        exclusions=findings.exclusions,
        fit=findings.fit,
        budget=findings.budget,
        comparisons=comparisons,
        ledger=(*_stated(config, quantum, declared), *measurement.ledger, *findings.ledger),
        warnings=(*measurement.warnings, *findings.warnings),
        provenance=config.provenance,
        seed=config.seed,
    )


def _stated(config: Config, quantum: Quantum, declared: bool) -> list[Choice]:
    """The options that change the answer, said or left at their default."""
    _, file = config.origin("quantum")
    out = [
        Choice(
            choice="quantum",
            value=quantum.symbol,
            origin="user" if declared else "data",
            note=file or ("" if declared else "not declared: the nearest candidate"),
        )
    ]
    shown = {
        "series_resistance": "none",
        "gain": "1, exact",
        "offset": "0, exact",
        "margin": f"{Margins().step:g}",
        "level_margin": f"{Margins().level:g}",
        "confidence": f"{Margins().confidence:g}",
    }
    for name, default in shown.items():
        value = getattr(config, name)
        by, file = config.origin(name)
        out.append(
            Choice(choice=name.replace("_", " "), value=default if value is None else str(value), origin=by, note=file)
        )
    for name in ("particle", "mass", "temperature", "length", "bias", "x_unit"):
        if getattr(config, name) is not None:
            by, file = config.origin(name)
            out.append(Choice(choice=name.replace("_", " "), value=str(getattr(config, name)), origin=by, note=file))
    return out


def _comparisons(findings: Findings, quantum: Quantum, config: Config) -> list[Comparison]:
    """The step height in units of every fundamental unit of its dimension."""
    step = findings.estimates.get("step_height")
    if step is None:
        return []
    units = {q.symbol: q for q in (quantum, *candidates(quantum.unit, environment(config)))}
    return [
        Comparison(name=q.symbol, value=q.value, unit=q.unit, ratio=step.value / q.value, ratio_std=step.std / q.value)
        for q in units.values()
        if q.value is not None
    ]


def _excluded_points(
    measurement: Measurement, findings: Findings
) -> tuple[tuple[str, tuple[float, ...], tuple[float, ...]], ...]:
    """Where the points that were left out would lie, for the figure."""
    x = measurement.abscissa.values
    with np.errstate(all="ignore"):
        y = Calibration.of(measurement.conditions).apply(measurement.ordinate.values)
    out = []
    for exclusion in findings.exclusions:
        rows = exclusion.indices[np.isfinite(x[exclusion.indices]) & np.isfinite(y[exclusion.indices])]
        out.append((exclusion.rule, tuple(float(v) for v in x[rows]), tuple(float(v) for v in y[rows])))
    return tuple(out)


def analyse_traces(path: str | Path, config: Config, *, progress: Progress | None = None) -> tuple[Analysis, ...]:
    """The answer for every trace of a file.

    Parameters
    ----------
    progress : called with (traces done, traces in all) as the work goes on.
    """
    measurements = load_traces(path, config)
    out = []
    for done, measurement in enumerate(measurements):
        if progress is not None:
            progress(done, len(measurements))
        out.append(analyse_measurement(measurement, config))
    return in_company(tuple(out))


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
