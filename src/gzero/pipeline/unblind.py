"""The end of blind mode: the last blind configuration is frozen, and the data are analysed with it as they are."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from gzero.analysis import Analysis
from gzero.errors import ConfigError
from gzero.loaders.source import read_source
from gzero.pipeline.analyse import Progress, analyse_measurements
from gzero.pipeline.blind import marked, step_of
from gzero.pipeline.blind_record import BlindRecord, Step, append, beside, find_record
from gzero.pipeline.config import Config, configure, with_files
from gzero.pipeline.load import load_true


def unblind_file(
    path: str | Path, *, blind_record: str | None = None, progress: Progress | None = None
) -> tuple[Analysis, ...]:
    """Freeze the last configuration that was looked at blind, and give the answer with it for every trace of the file.

    The analysis comes first and the record second, so that a configuration that fails leaves the data blind; nothing is
    returned before the record is written. Once unblinded, it gives the same answer again.

    Raises
    ------
    ConfigError : there is no blind record, or nothing was looked at blind.
    InputError : the record is broken, or of other data.  OutputError : the record cannot be written.
    """
    around = with_files(configure(blind_record=blind_record), Path(path), None)
    sha256 = hashlib.sha256(read_source(path).data).hexdigest()
    record = find_record(path, around.blind_record, sha256)
    if record is None:
        raise ConfigError(
            f"it has no blind record ('{beside(path, around.blind_record).name}')",
            path=str(path),
            remedy="start with gzero validate FILE --blind",
        )
    last = record.last_blind
    if last is None:
        raise ConfigError(
            "nothing has been looked at blind, so there is no configuration to freeze",
            path=str(path),
            remedy="run gzero validate FILE with the options that you want to freeze",
        )
    config = replace(_config(last), blind_record=around.blind_record, provenance=around.provenance)
    analyses = analyse_measurements(load_true(path, config), config, progress=progress)
    choices = dict(last.choices)
    record = append(record.path, lambda there: _frozen(there, last, config, str(path)))
    return marked(analyses, record, choices)


def _config(step: Step) -> Config:
    """The configuration of an entry, with who said what."""
    return replace(configure(**dict(step.options)), said_by=dict(step.said_by))


def _frozen(record: BlindRecord, last: Step, config: Config, path: str) -> Step | None:
    """The entry that freezes `last`; None where that is done."""
    now_last = record.last_blind
    if now_last is None or now_last.hash != last.hash:
        raise ConfigError("another configuration was looked at meanwhile", path=path, remedy="run gzero unblind again")
    if record.unblinded is not None:
        return None
    return replace(step_of("unblinded", config, dict(last.choices)), configuration=last.configuration)
