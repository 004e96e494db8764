"""The record of one answer: everything that belongs to one file or one trace, and the JSON that other programs read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gzero.estimate import Estimate, html_table
from gzero.fitters.exhibits import Answer, Listing, Picture
from gzero.fitters.findings import BudgetLine, Comparison, Level
from gzero.fitters.result import FitResult
from gzero.joint import JointEstimates
from gzero.loaders.table import Coordinate, Origin
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import Choice, Exclusion
from gzero.quanta import Quantum
from gzero.verdict.verdict import Verdict

if TYPE_CHECKING:
    from gzero.fitters.interval import Interval
    from gzero.measurement.blindness import Blindness
    from gzero.universes import Multiverse

__all__ = ["SCHEMA", "SCHEMA_MANY", "Analysis", "BudgetLine", "Comparison", "Level"]

SCHEMA = "gzero.analysis/1"
SCHEMA_MANY = "gzero.analyses/1"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """All that was found on one file or one trace.

    Parameters
    ----------
    version : of gzero.  versions : of the packages that the numbers rest on.  constants : the set of constants.
    origin : the file;  trace : name of the trace, "" for a file of one;  coordinate : its place in a map.
    experiment : the kind of measurement;  title : what it is, for a heading.
    quantum, declared : the unit compared with, and whether the user named it.
    estimates : by name (`step_height`, `series_resistance`, `diffusion`, ...), the main one first.
    joint : the estimates whose covariance is known, with it; None where it was not worked out.
    levels : plateaus, for experiments that have them.
    verdict : the answer.
    curve : the points used;  excluded : points left out, by rule, as (rule, x, y) for a figure.
    raw : header of a column that a signal chain was undone of -> its numbers at the points of the curve, as the file holds them;
        NaN where several readings make a point.
    fit : the model's fit, None where none was made.
    budget, comparisons, ledger, warnings : for the reader who checks.
    answer, pictures, listings : what the experiment brings of its own; None and empty where it brings none.
    provenance : statements about the data that must be shown wherever it is shown ("synthetic", a citation).
    multiverse : the verdict over other choices, None where it was not asked for.
    blind : what the blind record of the file says; None where there is none, and nothing is claimed.
    method : how the numbers came about, in a few sentences.
    """

    version: str
    versions: Mapping[str, str]
    constants: str
    origin: Origin
    rows_used: int
    experiment: str
    title: str
    quantum: Quantum | None
    declared: bool
    estimates: Mapping[str, Estimate]
    verdict: Verdict | None
    trace: str = ""
    coordinate: Coordinate | None = None
    joint: JointEstimates | None = None
    levels: tuple[Level, ...] = ()
    curve: Curve | None = None
    excluded: tuple[tuple[str, tuple[float, ...], tuple[float, ...]], ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    raw: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    fit: FitResult | None = None
    budget: tuple[BudgetLine, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    ledger: tuple[Choice, ...] = ()
    warnings: tuple[str, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    seed: int | None = None
    answer: Answer | None = None
    pictures: tuple[Picture, ...] = ()
    listings: tuple[Listing, ...] = ()
    multiverse: Multiverse | None = None
    blind: Blindness | None = None
    method: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """The record as plain values, keys always present, None where not determined (schema gzero.analysis/1)."""
        quantum = self.quantum
        return {
            "schema": SCHEMA,
            "gzero": self.version,
            "source": {
                "path": self.origin.path,
                "sha256": self.origin.sha256,
                "loader": self.origin.loader,
                "rows_read": self.origin.rows_read,
                "rows_used": self.rows_used,
                "excluded": [{"rule": e.rule, "reason": e.reason, "rows": e.count} for e in self.exclusions]
                + [{"rule": d.rule, "reason": d.reason, "rows": d.rows} for d in self.origin.dropped],
            },
            "trace": self.trace or None,
            "coordinate": None
            if self.coordinate is None
            else {
                "name": self.coordinate.name,
                "value": _number(self.coordinate.value),
                "unit": self.coordinate.unit_text,
            },
            "experiment": self.experiment,
            "quantum": None
            if quantum is None
            else {
                "symbol": quantum.symbol,
                "value": _number(quantum.value),
                "unit": quantum.unit,
                "declared": self.declared,
            },
            "estimates": {name: self._estimate(estimate) for name, estimate in self.estimates.items()},
            "joint": None if self.joint is None else self.joint.to_dict(),
            "fit": None if self.fit is None else fit_record(self.fit, self.curve),
            "plateaus": [
                {
                    "index": level.index,
                    "level": self._estimate(level.level),
                    "transmission": self._estimate(level.transmission),
                    "x_low": _number(level.x_low),
                    "x_high": _number(level.x_high),
                    "slope": _number(level.slope),
                    "counted": level.counted,
                    "note": level.note or None,
                }
                for level in self.levels
            ],
            "verdict": None if self.verdict is None else _verdict(self.verdict),
            "budget": [
                {"source": b.source, "kind": b.kind, "value": b.value, "std": _number(b.std), "share": _number(b.share)}
                for b in self.budget
            ],
            "comparisons": [
                {
                    "name": c.name,
                    "value": _number(c.value),
                    "unit": c.unit,
                    "ratio": _number(c.ratio),
                    "ratio_std": _number(c.ratio_std),
                    "reference": c.reference or None,
                }
                for c in self.comparisons
            ],
            "ledger": [
                {"choice": c.choice, "value": c.value, "origin": c.origin, "note": c.note or None} for c in self.ledger
            ],
            "warnings": list(self.warnings),
            "provenance": dict(self.provenance),
            "versions": dict(self.versions),
            "constants": self.constants,
            "seed": self.seed,
            "answer": None if self.answer is None else _answer(self.answer),
            "listings": [self._listing(listing) for listing in self.listings],
            "multiverse": None if self.multiverse is None else self.multiverse.to_dict(),
            "blind": None if self.blind is None else self.blind.to_dict(),
        }

    def _repr_html_(self) -> str:
        """The verdict and the estimates, for notebooks."""
        rows = [
            (name, f"{e.value:.6g}", f"{e.std_stat:.2g}", f"{e.std_sys:.2g}", e.unit or "")
            for name, e in self.estimates.items()
        ]
        heads = ("estimate", "value", "statistical", "systematic", "unit")
        blind = "BLIND: " if self.blind is not None and self.blind.state == "blind" else ""
        title = f"{blind}{self.title}: {self.origin.path}" + (f", {self.trace}" if self.trace else "")
        because = () if self.answer is None else [(reason,) for reason in self.answer.reasons]
        answer = html_table(self.answer.headline, ("because",), because) if self.answer else ""
        return answer + html_table(title, heads, rows) + (self.verdict._repr_html_() if self.verdict else "")

    def _listing(self, listing: Listing) -> dict[str, object]:
        rows = [
            [self._estimate(e) if isinstance(e, Estimate) else e if isinstance(e, str) else _number(e) for e in row]
            for row in listing.rows
        ]
        return {"name": listing.name, "caption": listing.caption, "heads": list(listing.heads), "rows": rows}

    def _estimate(self, estimate: Estimate) -> dict[str, object]:
        quantum = self.quantum
        comparable = quantum is not None and quantum.value is not None and quantum.unit == estimate.unit
        ratio = estimate.scaled(1 / quantum.value, "") if comparable and quantum is not None and quantum.value else None
        return {
            "value": _number(estimate.value),
            "std": _number(estimate.std),
            "std_stat": _number(estimate.std_stat),
            "std_sys": _number(estimate.std_sys),
            "systematic": dict(estimate.systematic),
            "unit": estimate.unit,
            "ratio": None if ratio is None else _number(ratio.value),
            "ratio_std": None if ratio is None else _number(ratio.std),
        }


def fit_record(fit: FitResult, curve: Curve | None) -> dict[str, object]:
    """A fit as plain values; `curve` says what its axes are in."""
    return {
        "model": fit.model,
        "names": list(fit.names),
        "units": [own_unit(unit, curve) for unit in fit.units],
        "values": [_number(value) for value in fit.values],
        "stds": [_number(fit.std(name)) for name in fit.names],
        "covariance": [[_number(value) for value in row] for row in fit.covariance],
        "chi2": _number(fit.chi2),
        "dof": fit.dof,
        "noise_model": fit.noise_model,
        "inflation": _number(fit.inflation),
        "at_bounds": list(fit.at_bounds),
        "success": fit.success,
        "message": fit.message,
        "bic": _number(fit.bic),
        "intervals": {name: interval_record(interval) for name, interval in fit.intervals.items()},
    }


def interval_record(interval: Interval) -> dict[str, object]:
    """An interval as plain values; an open end is None, and the note says why."""
    return {
        "low": interval.low,
        "high": interval.high,
        "confidence": interval.confidence,
        "method": interval.method,
        "note": interval.note or None,
    }


def own_unit(unit: str | None, curve: Curve | None) -> str | None:
    """SI text of a parameter's unit; a model gives it as that of its x or y."""
    if unit not in ("x", "y", "1/x", "1/y"):
        return unit
    if curve is None:
        return None
    own = curve.x_unit if unit[-1] == "x" else curve.y_unit
    if not own or unit in ("x", "y"):
        return own
    return f"1/({own})" if "/" in own else f"1/{own}"


def _answer(answer: Answer) -> dict[str, object]:
    return {
        "question": answer.question,
        "outcome": answer.outcome,
        "headline": answer.headline,
        "reasons": list(answer.reasons),
        "numbers": {name: _number(value) for name, value in answer.numbers.items()},
    }


def _verdict(verdict: Verdict) -> dict[str, object]:
    return {
        "decision": verdict.decision,
        "margin": verdict.margin,
        "level_margin": verdict.level_margin,
        "confidence": verdict.confidence,
        "p_value": _number(verdict.p_value),
        "interval": None if verdict.interval is None else [_number(v) for v in verdict.interval],
        "tightest_margin": _number(verdict.tightest_margin),
        "tightest_level_margin": _number(verdict.tightest_level_margin),
        "false_positive_rate": _number(verdict.false_positive_rate),
        "power": _number(verdict.power),
        "freedoms": list(verdict.freedoms),
        "trials": verdict.trials or None,
        "seed": verdict.seed,
        "rivals": [{"name": rival.name, "delta_bic": _number(rival.delta_bic)} for rival in verdict.rivals],
        "by_plateaus": [{"plateaus": k, "decision": decision} for k, decision in verdict.by_plateaus],
        "reasons": list(verdict.reasons),
    }


def _number(value: float | None) -> float | None:
    """JSON knows no NaN: what is not a finite number was not determined."""
    return None if value is None or not math.isfinite(value) else float(value)
