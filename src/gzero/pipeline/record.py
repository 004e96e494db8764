"""Everything that belongs to one answer, put into its record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gzero.analysis import Analysis
from gzero.fitters.findings import Comparison, Findings
from gzero.measurement.kinds import kind
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.pipeline.config import Config
from gzero.pipeline.conventions import NAMES
from gzero.pipeline.load import environment
from gzero.pipeline.preparation import AT_SAMPLE, OF_SOURCE
from gzero.pipeline.published import published_beside
from gzero.quanta import (
    CONSTANTS_SET,
    Quantum,
    candidates,
)
from gzero.reduction.calibration import Calibration
from gzero.verdict.margins import Margins
from gzero.verdict.verdict import Verdict
from gzero.version import VERSION, versions

if TYPE_CHECKING:
    from gzero.measurement.blindness import Blindness


def record(
    measurement: Measurement,
    config: Config,
    findings: Findings,
    quantum: Quantum | None,
    declared: bool,
    verdict: Verdict | None,
) -> Analysis:
    """Everything that belongs to the answer, in one place."""
    comparisons = findings.comparisons or tuple(_comparisons(findings, quantum, config))
    name, main = next(iter(findings.estimates.items()), ("", None))
    if main is not None and not measurement.blind:
        comparisons += published_beside(measurement.kind, name, main, particle=measurement.particle)
    used = len(findings.curve) if findings.curve is not None else int(measurement.ordinate.values.size)
    used = used if findings.used is None else findings.used
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
        joint=findings.joint,
        levels=findings.levels,
        curve=findings.curve,
        excluded=_excluded_points(measurement, findings),
        exclusions=(*measurement.exclusions, *findings.exclusions),
        raw=_raw_beside(measurement, findings),
        fit=findings.fit,
        budget=findings.budget,
        comparisons=comparisons,
        ledger=(
            *(() if kind(measurement.kind).catalogue else _as_meant(stated(config, quantum, declared), measurement)),
            *measurement.ledger,
            *findings.ledger,
            *_unused(config, findings),
        ),
        warnings=(*measurement.warnings, *findings.warnings),
        provenance=config.provenance,
        seed=config.seed if findings.seed is None else findings.seed,
        answer=findings.answer,
        pictures=findings.pictures,
        listings=findings.listings,
        blind=_blind() if measurement.blind else None,
        method=findings.method,
    )


def _blind() -> Blindness:
    """What is known of blind numbers before their record is asked."""
    from gzero.measurement.blindness import Blindness

    return Blindness(state="blind")


def stated(config: Config, quantum: Quantum | None, declared: bool) -> list[Choice]:
    """The options that change the answer, said or left at their default."""
    _, file = config.origin("quantum")
    out = []
    if quantum is not None:
        out.append(
            Choice(
                choice="quantum",
                value=quantum.symbol,
                origin="user" if declared else "data",
                note=file or ("" if declared else "not declared: the nearest candidate"),
            )
        )
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
    for name in (
        "particle",
        "mass",
        "temperature",
        "length",
        "bias",
        "lever_arm",
        "width",
        "area",
        "electric_field",
        "magnetic_field",
        "compressibility",
        "channels",
        "density",
        "reservoir_temperature",
        "sound_speed",
        "length_offset",
        "exposure",
        "columns",
        "risers",
        "x_unit",
        "loss",
        "noise_model",
    ):
        if getattr(config, name) is not None:
            by, file = config.origin(name)
            out.append(Choice(choice=name.replace("_", " "), value=str(getattr(config, name)), origin=by, note=file))
    return out


def _as_meant(choices: list[Choice], measurement: Measurement) -> list[Choice]:
    """Stated options by what they turned out to be: a bias that goes through a chain is that of the source."""
    behind_chain = any(choice.choice == AT_SAMPLE for choice in measurement.ledger)
    out = [replace(c, choice=OF_SOURCE) if behind_chain and c.choice == "bias" else c for c in choices]
    of_chain = "offset" in measurement.conditions  # though nobody states one: the uncertain zero of a chain
    return [replace(c, value="0, as uncertain as its chain") if of_chain and _unsaid(c, "offset") else c for c in out]


def _unsaid(choice: Choice, name: str) -> bool:
    return choice.choice == name and choice.origin == "default"


#: Options of one experiment, and the entry of the ledger that says what was done with them.
_OTHERS = {"longitudinal": "R_xx that is used", "phonon_exponent": "exponent of the phonons"}


def _unused(config: Config, findings: Findings) -> list[Choice]:
    """Conventions that were stated and that the experiment has no use for."""
    used = {choice.choice for choice in findings.ledger}
    out = []
    for name, entry in {**{name: name for name in NAMES}, **_OTHERS}.items():
        if getattr(config, name) is not None and entry not in used:
            by, _ = config.origin(name)
            value = str(getattr(config, name))
            out.append(
                Choice(choice=name.replace("_", " "), value=value, origin=by, note="of no use to this experiment")
            )
    return out


def _comparisons(findings: Findings, quantum: Quantum | None, config: Config) -> list[Comparison]:
    """The main estimate in units of every fundamental unit of its dimension."""
    step = next(iter(findings.estimates.values()), None)
    if step is None or quantum is None or step.unit != quantum.unit:
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
    out = []
    for masked in measurement.exclusions:
        with np.errstate(all="ignore"):
            at = Calibration.of(measurement.conditions).apply(np.array(masked.y))
        shown = [(a, float(b)) for a, b in zip(masked.x, at, strict=True) if np.isfinite(a) and np.isfinite(b)]
        if shown:
            out.append((masked.rule, tuple(a for a, _ in shown), tuple(b for _, b in shown)))
    for exclusion in findings.exclusions:
        x = measurement.abscissa.values[exclusion.indices]
        with np.errstate(all="ignore"):
            y = Calibration.of(measurement.conditions).apply(measurement.ordinate.values[exclusion.indices])
        kept = np.isfinite(x) & np.isfinite(y)
        out.append((exclusion.rule, tuple(x[kept].tolist()), tuple(y[kept].tolist())))
    return tuple(out)


def _raw_beside(measurement: Measurement, findings: Findings) -> Mapping[str, tuple[float, ...]]:
    """Raw numbers of the points of the curve, by the header of their column; of a setting that was read more than once, none."""
    curve = findings.curve
    if curve is None or curve.rows is None or not measurement.raw:
        return {}
    x = measurement.abscissa.values
    often = {v for v, n in zip(*np.unique(x, return_counts=True), strict=True) if n > 1}
    once = np.array([v not in often for v in x[curve.rows]])
    return {
        name: tuple(float(v) if one else float("nan") for v, one in zip(column.values[curve.rows], once, strict=True))
        for name, column in measurement.raw.items()
    }
