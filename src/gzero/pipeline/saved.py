"""A saved result, read back: estimates with their sources and their joint covariance, from the JSON that gzero writes."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast, get_args

import numpy as np

from gzero.analysis import SCHEMA, SCHEMA_MANY
from gzero.errors import FileError, InputError
from gzero.estimate import Estimate, html_table
from gzero.joint import JointEstimates, checked_joint, read_estimate, read_joint
from gzero.loaders.source import looks_like, read_source
from gzero.measurement.blindness import State
from gzero.plain import Entry, parse_json
from gzero.verdict.verdict import Decision

if TYPE_CHECKING:
    from uncertainties.core import AffineScalarFunc


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedQuantum:
    """The quantum that a result was compared with: symbol, value [unit], and whether the user named it."""

    symbol: str
    value: float | None
    unit: str
    declared: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SavedFit:
    """The model's fit of a saved result.

    Parameters
    ----------
    parameters : the free ones with their covariance; None where a value or the covariance was not determined.
    at_bounds : names of parameters that ended on a bound.
    chi2, dof, noise_model, inflation, success, message, bic : as in `FitResult`; NaN where not determined.
    """

    model: str
    parameters: JointEstimates | None
    chi2: float
    dof: int
    noise_model: str
    inflation: float
    at_bounds: tuple[str, ...]
    success: bool
    message: str
    bic: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SavedResult:
    """One analysis as it was written to JSON.

    Parameters
    ----------
    path, sha256 : of the file of data (not of the JSON);  trace : its name, "" for a file of one.
    experiment : the kind of measurement.  version : of the gzero that wrote it.
    quantum : None where there was none.
    estimates : by name, each with its systematic parts by source.
    joint : those whose covariance is known, with it.
    fit : None where no model was fitted.  decision : of the verdict, None where there was none.
    blind : the state of blind mode, None where it was not used; "blind" numbers hold the hidden factor.
    """

    path: str
    sha256: str
    trace: str
    experiment: str
    version: str
    quantum: SavedQuantum | None
    estimates: Mapping[str, Estimate]
    joint: JointEstimates | None
    fit: SavedFit | None
    decision: Decision | None
    blind: State | None = None

    def as_ufloats(self, sources: Mapping[str, AffineScalarFunc] | None = None) -> dict[str, AffineScalarFunc]:
        """The numbers of `joint` for the `uncertainties` package, by name, correlated as they are.

        Parameters
        ----------
        sources : unit variables, ``ufloat(0, 1)``, by name of a source: what is built from the same mapping shares them.

        Raises
        ------
        InputError : several estimates without a joint covariance. They come from the same readings, so numbers made of
            them one by one would look independent; or a source that is not a unit variable.
        """
        if self.joint is not None:
            return self.joint.as_ufloats(sources)
        if len(self.estimates) > 1:
            raise InputError(
                "this result holds no joint covariance of its estimates",
                path=self.path,
                remedy="take one number at a time: estimates[NAME].as_ufloat(sources)",
            )
        return {name: estimate.as_ufloat(sources) for name, estimate in self.estimates.items()}

    def _repr_html_(self) -> str:
        """The decision and the estimates, for notebooks."""
        rows = [
            (name, f"{e.value:.6g}", f"{e.std_stat:.2g}", f"{e.std_sys:.2g}", e.unit or "")
            for name, e in self.estimates.items()
        ]
        hidden = "BLIND: " if self.blind == "blind" else ""
        title = f"{hidden}{self.path}{', ' + self.trace if self.trace else ''}: {self.decision or 'no verdict'}"
        return html_table(title, ("estimate", "value", "statistical", "systematic", "unit"), rows)


def read_result(path: str | os.PathLike[str]) -> tuple[SavedResult, ...]:
    """The results that a JSON file holds, one a trace, in the order they were written.

    Parameters
    ----------
    path : what `gzero fit --json`, `gzero validate --json` or a report to .json wrote. Plain JSON: nothing in it is
        executed. Keys that this version does not know are not looked at.

    Raises
    ------
    gzero.errors.InputError : one line that names the file, the key and the remedy: no such file, no JSON, another schema,
        a missing key, a value of another kind, a matrix that is no covariance.
    """
    source = read_source(path)
    what = looks_like(source.data[: 1 << 12], os.path.splitext(source.path)[1])
    if what not in (None, "JSON"):
        raise FileError(
            f"this looks like {what}, not like a saved result",
            path=source.path,
            remedy="name a file that gzero fit --json or gzero report -o OUT.json wrote",
        )
    record = parse_json(source.data, source.path)
    schema = record.at("schema").word((SCHEMA, SCHEMA_MANY))
    if schema == SCHEMA:
        return (_result(record),)
    entries = record.at("analyses").items()
    if not entries:
        raise record.at("analyses").refused("holds no analysis")
    return tuple(_result(entry) for entry in entries)


def _result(record: Entry) -> SavedResult:
    record.at("schema").word((SCHEMA,))
    source, trace, quantum, joint, fit, verdict, blind = (
        record.at("source"),
        *(record.stated(key) for key in ("trace", "quantum", "joint", "fit", "verdict", "blind")),
    )
    return SavedResult(
        path=source.at("path").text(),
        sha256=source.at("sha256").text(),
        trace="" if trace is None else trace.text(),
        experiment=record.at("experiment").text(),
        version=record.at("gzero").text(),
        quantum=None if quantum is None else _quantum(quantum),
        estimates={name: _estimate(entry) for name, entry in record.at("estimates").members().items()},
        joint=None if joint is None else read_joint(joint),
        fit=None if fit is None else _fit(fit),
        decision=None if verdict is None else cast(Decision, verdict.at("decision").word(get_args(Decision))),
        blind=None if blind is None else cast(State, blind.at("state").word(get_args(State))),
    )


def _quantum(entry: Entry) -> SavedQuantum:
    value = entry.stated("value")
    return SavedQuantum(
        symbol=entry.at("symbol").text(),
        value=None if value is None else value.number(),
        unit=entry.at("unit").text(),
        declared=entry.at("declared").flag(),
    )


def _estimate(entry: Entry) -> Estimate:
    """An estimate whose named parts make up its systematic uncertainty: a file that lost some would lose correlations."""
    estimate = read_estimate(entry)
    stated = entry.at("std_sys").number_or_nan()
    if abs(stated - estimate.std_sys) > 1e-9 * max(stated, estimate.std_sys):  # ten digits survive any program
        raise entry.at("std_sys").refused(f"{stated:g}, while the shifts under 'systematic' make {estimate.std_sys:g}")
    return estimate


def _fit(entry: Entry) -> SavedFit:
    names = [name.text() for name in entry.at("names").items()]
    k = len(names)
    if len(set(names)) < k:
        raise entry.at("names").refused("a name stands twice")
    units = [None if unit.value is None else unit.text() for unit in entry.at("units").items(k)]
    values = [value.number_or_nan() for value in entry.at("values").items(k)]
    stds = [math.nan if std.value is None else std.number(least=0.0) for std in entry.at("stds").items(k)]
    rows = entry.at("covariance")
    covariance = np.array([[v.number_or_nan() for v in row.items(k)] for row in rows.items(k)])
    parameters = None
    if k and np.isfinite([*values, *stds, *covariance.ravel()]).all():
        estimates = {
            name: Estimate(value=value, std_stat=std, unit=unit)
            for name, value, std, unit in zip(names, values, stds, units, strict=True)
        }
        parameters = checked_joint(estimates, covariance, rows)
    dof = entry.at("dof").number()
    if not dof.is_integer():
        raise entry.at("dof").refused(f"{dof:g} is not a whole number")
    return SavedFit(
        model=entry.at("model").text(),
        parameters=parameters,
        chi2=entry.at("chi2").number_or_nan(),
        dof=int(dof),
        noise_model=entry.at("noise_model").text(),
        inflation=entry.at("inflation").number_or_nan(),
        at_bounds=tuple(name.text() for name in entry.at("at_bounds").items()),
        success=entry.at("success").flag(),
        message=entry.at("message").text(),
        bic=entry.at("bic").number_or_nan(),
    )
