"""The functions of the Python interface: `gzero.load`, `fit`, `validate`, `analyse`, `write_report`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict, Unpack

from gzero.analysis import Analysis
from gzero.errors import ColumnError, ConfigError, FitError
from gzero.fitters.result import FitResult
from gzero.measurement.measurement import Measurement
from gzero.pipeline.analyse import analyse_measurement, analyse_measurements, declared_quantum, find, without_model
from gzero.pipeline.analyse import analyse_traces as _analyse_traces
from gzero.pipeline.blind import settle
from gzero.pipeline.config import Config, configure, with_files
from gzero.pipeline.load import branches, traces_or_session, with_stated
from gzero.pipeline.load import load_traces as _load_traces
from gzero.pipeline.margins import margins_of
from gzero.verdict.decide import decide
from gzero.verdict.verdict import Verdict


def _config(path: str | Path, config: str | Path | None, options: Mapping[str, object]) -> Config:
    return with_files(configure(**options), Path(path), Path(config) if config is not None else None)


def load_traces(
    path: str | Path,
    *,
    sheet: str | None = None,
    group: str | None = None,
    run: str | int | None = None,
    trace: str | int | None = None,
    x: str | None = None,
    y: str | None = None,
    std: str | None = None,
    x_unit: str | None = None,
    y_unit: str | None = None,
    experiment: str | None = None,
    quantum: str | None = None,
    particle: str | None = None,
    sweep: str | None = None,
    chain: str | Mapping[str, Mapping[str, object]] | None = None,
    mask: str | Sequence[str | Mapping[str, str]] | None = None,
    from_metadata: str | None = None,
    config: str | Path | None = None,
) -> tuple[Measurement, ...]:
    """Every trace of a file, with its numbers in SI.

    Parameters
    ----------
    path : a file in one of the formats of `gzero formats`.
    sheet, group, run : the part of a file that holds several, by name or number; the fullest where none is named.
    trace : which one, by name or index; all traces where none is named.
    x, y, std : columns by header or by number from 1.
    x_unit, y_unit : units for headers that state none.
    quantum : what values without a unit are in units of.
    chain : what lies between the sample and a column, as on the command line or as a dict of dicts:
        ``{"I_meas": {"iv_converter": "1.00(1)e8 V/A"}}``. The columns as the file holds them are in `Measurement.raw`.
    mask : readings to leave out, each with its reason: ``"G1 > -280: channel not formed"``, or a list of such.
    from_metadata : conditions to take from the file's metadata: ``"temperature, bias"``.
    sweep : "split" (the default) makes a trace of each branch of a sweep that turns round; anything else does not.
    config : a TOML file; the sidecar beside the data is read in any case.

    Raises
    ------
    gzero.errors.InputError : one line that names the file, the place and the remedy.
    """
    options = {
        "sheet": sheet, "group": group, "run": None if run is None else str(run), "trace": None if trace is None else str(trace), "x": x, "y": y, "std": std, "x_unit": x_unit,
        "y_unit": y_unit, "experiment": experiment, "quantum": quantum, "particle": particle, "sweep": sweep,
        "chain": chain, "mask": mask, "from_metadata": from_metadata,
    }  # fmt: skip
    found = _load_traces(path, _config(path, config, options))
    if any(m.blind for m in found):
        raise ConfigError(
            "the data are blind, and a measurement in hand would not be",
            path=str(path),
            remedy="give the path to gzero.analyse, or end blind mode with gzero.unblind",
        )
    return found


def load(
    path: str | Path,
    *,
    sheet: str | None = None,
    group: str | None = None,
    run: str | int | None = None,
    trace: str | int | None = None,
    x: str | None = None,
    y: str | None = None,
    std: str | None = None,
    x_unit: str | None = None,
    y_unit: str | None = None,
    experiment: str | None = None,
    quantum: str | None = None,
    particle: str | None = None,
    sweep: str | None = None,
    chain: str | Mapping[str, Mapping[str, object]] | None = None,
    mask: str | Sequence[str | Mapping[str, str]] | None = None,
    from_metadata: str | None = None,
    config: str | Path | None = None,
) -> Measurement:
    """The one trace of a file; parameters as in `load_traces`.

    Raises
    ------
    gzero.errors.ColumnError : the file holds several traces and none is named.
    """
    found = load_traces(
        path, sheet=sheet, group=group, run=run, trace=trace, x=x, y=y, std=std, x_unit=x_unit, y_unit=y_unit, experiment=experiment,
        quantum=quantum, particle=particle, sweep=sweep, chain=chain, mask=mask, from_metadata=from_metadata, config=config,
    )  # fmt: skip
    if len(found) > 1:
        raise _several(found, path, "gzero.load_traces")
    return found[0]


def _several(found: Sequence[Measurement], path: str | Path, all_of: str) -> ColumnError:
    """The error on a file with more than the one trace that is asked for."""
    names = " or ".join(f'trace="{m.trace}"' for m in found[:2])
    return ColumnError(
        f"the file holds {len(found)} traces",
        path=str(path),
        remedy=f"name one, such as {names}, or take all of them with {all_of}",
    )


class Options(TypedDict, total=False):
    """The options of the command line, with underscores; each is a text, or a number where a number is asked."""

    experiment: str
    x: str
    y: str
    std: str
    x_unit: str
    y_unit: str
    sheet: str
    group: str
    run: str
    trace: str
    loader: str
    encoding: str
    delimiter: str
    decimal: str
    header_row: int
    particle: str
    mass: str
    temperature: str
    series_resistance: str
    gain: str
    offset: str
    length: str
    bias: str
    lever_arm: str
    risers: str
    range: str
    plateaus: str
    invalid: str
    repeats: str
    sweep: str
    loss: str
    noise_model: str
    longitudinal: str
    phonon_exponent: float
    margin: float
    level_margin: float
    confidence: float
    seed: int
    blind: bool
    blind_record: str
    chain: str | Mapping[str, Mapping[str, object]]
    mask: str | Sequence[str | Mapping[str, str]]
    from_metadata: str


def analyse_traces(
    source: str | Path | Measurement,
    *,
    quantum: str | None = None,
    config: str | Path | None = None,
    **options: Unpack[Options],
) -> tuple[Analysis, ...]:
    """The answer for every trace of a file, or for every branch of one measurement; options as on the command line."""
    asked = asked_of(source, config, quantum=quantum, **options)
    if isinstance(source, Measurement):
        return analyse_measurements(branches((with_stated(source, asked),), asked), asked)
    return _analyse_traces(source, asked)


def asked_of(
    source: str | Path | Measurement,
    config: str | Path | None,
    *,
    quantum: str | None = None,
    **options: Unpack[Options],
) -> Config:
    """The options over the configuration files: the one that is named, and the sidecar where the source is a file."""
    asked = configure(quantum=quantum, **options)
    file = Path(config) if config is not None else None
    if isinstance(source, Measurement):
        return with_files(asked, Path("-"), file) if file is not None else asked
    return with_files(asked, Path(source), file)


def analyse(
    source: str | Path | Measurement,
    *,
    quantum: str | None = None,
    config: str | Path | None = None,
    **options: Unpack[Options],
) -> Analysis:
    """The answer for one trace: everything that a report tells.

    Parameters
    ----------
    source : a path, or a `Measurement`.
    config : a TOML file.
    options : as on the command line, with underscores: ``quantum="2e^2/h"``, ``gain="1.00(1)"``, ``plateaus="1:4"``.

    Raises
    ------
    gzero.errors.InputError : one line that names the file, the place and the remedy.
    """
    if not isinstance(source, Measurement):
        asked = asked_of(source, config, quantum=quantum, **options)
        traces = traces_or_session(source, asked)
        if len(traces) > 1:
            raise _several(traces, source, "gzero.analyse_traces")
        return settle(source, asked, [analyse_measurement(traces[0], asked)])[0]
    asked = asked_of(source, config, quantum=quantum, **options)
    return analyse_measurement(with_stated(source, asked), asked)


def unblind(path: str | Path, *, blind_record: str | None = None) -> tuple[Analysis, ...]:
    """The end of blind mode: the last choices that were looked at blind are frozen, and the answer given with them.

    Parameters
    ----------
    path : of the data.  blind_record : where the record is, if not beside them or where the sidecar says.

    Returns
    -------
    One `Analysis` a trace. Its `blind` says from now on whether the choices were frozen before the data were unblinded.

    Raises
    ------
    gzero.errors.InputError : no record, one that was edited, other data, or nothing that was looked at blind.
    gzero.errors.OutputError : the record cannot be written; the data are then still blind.
    """
    from gzero.pipeline.unblind import unblind_file

    return unblind_file(path, blind_record=blind_record)


def fit(measurement: Measurement, *, quantum: str | None = None, **options: Unpack[Options]) -> FitResult:
    """The model's fit of one measurement.

    Raises
    ------
    gzero.errors.FitError : no model could be fitted; the analysis without it is its `result`.
    """
    asked = asked_of(measurement, None, quantum=quantum, **options)
    stated = with_stated(measurement, asked)
    findings = find(stated, asked).findings
    if findings.fit is None:
        raise without_model(findings, analyse_measurement(stated, asked))
    return findings.fit


def validate(
    source: Measurement | FitResult | Analysis, *, quantum: str | None = None, **options: Unpack[Options]
) -> Verdict:
    """The verdict on a measurement, on the levels of a fit, or the one that an analysis holds.

    Parameters
    ----------
    source : a fit is judged by the levels that were found beside it.
    quantum : needed for a fit, whose levels do not say what they are to be compared with.

    Raises
    ------
    gzero.errors.FitError : a fit without levels, or an analysis without a verdict.
    """
    if isinstance(source, FitResult):
        asked = configure(quantum=quantum, **options)
        if quantum is None:
            raise ConfigError("a fit is judged against a quantum", remedy='name it, for example quantum="2e^2/h"')
        if source.levels is None:
            raise FitError("this fit has no levels to judge", result=source)
        return decide(source.levels, declared_quantum(asked), margins_of(asked), seed=asked.seed)
    analysis = source if isinstance(source, Analysis) else analyse(source, quantum=quantum, **options)
    if analysis.verdict is None:
        raise FitError("this analysis holds no verdict: one value is no staircase", result=analysis)
    return analysis.verdict


def write_report(analysis: Analysis | Sequence[Analysis], path: str | Path) -> Path:
    """A report of one or several analyses, by the ending of `path`: .pdf .html .xlsx .json .tex .md."""
    from gzero.report.write import write_report as write

    return write([analysis] if isinstance(analysis, Analysis) else list(analysis), path)
