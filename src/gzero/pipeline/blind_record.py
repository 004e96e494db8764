"""The record of blind mode beside the data: what it is of, the salt of the hidden factor, and a chain of entries.

An entry holds the hash of the one before it, and the record the hash of the last one, so that an edit, a missing entry or a
cut end is seen. Whoever rewrites the whole chain is not stopped by it; a hash that stands in a report, a mail or a
preregistration is what pins it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

from gzero.errors import ConfigError, FileError, InputError, OutputError
from gzero.loaders.source import read_source
from gzero.pipeline.config import Config
from gzero.plain import Entry, parse_json
from gzero.report.write import write_bytes
from gzero.version import VERSION

if TYPE_CHECKING:
    from gzero.measurement.blindness import Change

SCHEMA = "gzero.blind/1"
ENDING = ".blind.json"

#: "blinded" begins the record; "configuration": choices that were looked at blind; "unblinded": they are frozen;
#: "changed": other choices afterwards.
Action = Literal["blinded", "configuration", "unblinded", "changed"]
_NEXT: Mapping[str, tuple[str, ...]] = {
    "": ("blinded",),
    "blinded": ("configuration",),
    "configuration": ("configuration", "unblinded"),
    "unblinded": ("changed",),
    "changed": ("changed",),
}

_NOTE = "Written by gzero, hash-chained: an edit is seen, and ends the claim of blindness. Keep it beside the data."
_REMEDY = "put the record back as gzero wrote it; moved away, the file is analysed without a claim of blindness"
_PATIENCE = 5.0  # seconds to wait for another process that writes the same record

#: The hidden factor is log-uniform over one octave about 1. A gap about 1 would tell: a blind step that looks like the
#: quantum would be known not to be one. Over one octave 1/h, 2/h, 4/h look alike.
OCTAVES = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One entry of the record.

    Parameters
    ----------
    time : UTC.  version : of gzero.
    choices : option -> canonical text, None where there are none yet;  configuration : their SHA-256.
    options, said_by : as they were said, so that the analysis can be run again.
    changes : option, from, to.
    previous, hash : SHA-256 of the entry before and of this one.
    """

    action: Action
    time: str
    version: str
    choices: Mapping[str, str]
    configuration: str
    options: Mapping[str, str | float | int]
    said_by: Mapping[str, str]
    changes: tuple[tuple[str, str, str], ...] = ()
    previous: str = ""
    hash: str = ""

    def to_dict(self) -> dict[str, object]:
        """Plain values, without the hash."""
        return {
            "action": self.action,
            "time": self.time,
            "gzero": self.version,
            "choices": dict(self.choices),
            "configuration": self.configuration,
            "options": dict(self.options),
            "said_by": dict(self.said_by),
            "changes": [{"option": o, "from": a, "to": b} for o, a, b in self.changes],
            "previous": self.previous,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindRecord:
    """Everything that a blind record holds.

    Parameters
    ----------
    path : of the record;  data, sha256 : name and hash of the file that it is of;  salt : of the hidden factor.
    """

    path: Path
    data: str
    sha256: str
    salt: str
    steps: tuple[Step, ...]

    @property
    def last_blind(self) -> Step | None:
        """The last configuration that was looked at blind: what unblinding freezes, and froze."""
        return next((step for step in reversed(self.steps) if step.action == "configuration"), None)

    @property
    def unblinded(self) -> Step | None:
        """The entry that froze the choices, None while blind."""
        return next((step for step in self.steps if step.action == "unblinded"), None)

    @property
    def tried(self) -> int:
        """Configurations that were looked at while blind, the same one twice counted once."""
        return len({step.configuration for step in self.steps if step.action == "configuration"})

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every change after unblinding."""
        from gzero.measurement.blindness import Change

        return tuple(
            Change(time=step.time, option=o, before=a, after=b) for step in self.steps for o, a, b in step.changes
        )

    def factor(self) -> float:
        """The hidden factor [1]. It is nowhere written down."""
        digest = hashlib.sha256(f"gzero blind factor\n{self.salt}\n{self.sha256}".encode()).digest()
        return float(2 ** (OCTAVES * (int.from_bytes(digest[:8], "big") / 2**64 - 0.5)))


def now() -> str:
    """The time, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def beside(path: str | Path, stated: str | None) -> Path:
    """Where the record of a file is: as stated, else beside it, `lab.csv.blind.json` for `lab.csv`."""
    return Path(stated) if stated is not None else Path(f"{path}{ENDING}")


def find_record(path: str | Path, stated: str | None, sha256: str) -> BlindRecord | None:
    """The record of a file; None where there is none.

    Raises
    ------
    InputError : the record was edited or cut, is no record, or is of other data.
    """
    place = beside(path, stated)
    if not os.path.lexists(place):
        return None
    record = read_record(place)
    if record.sha256 != sha256:
        raise InputError(
            f"the blind record '{place.name}' is of other data ('{record.data}', sha256 {record.sha256[:12]}, while this is {sha256[:12]})",
            path=str(path),
            remedy="put the data back as they were; with the record moved away, the file is analysed without a claim of blindness",
        )
    return record


def factor_of(path: str | Path, sha256: str, config: Config) -> float | None:
    """The factor that hides a file's conductance; None where it is not blind. With `blind` asked, a record is begun.

    Raises
    ------
    ConfigError : blind mode is asked for data that were unblinded.
    InputError, OutputError : a record that is broken, of other data, or cannot be written.
    """
    record = find_record(path, config.blind_record, sha256)
    if record is None:
        if not config.blind:
            return None
        record = start(path, config.blind_record, sha256)
    if record.unblinded is None:
        return record.factor()
    if config.blind and config.said_by.get("blind") == "user":  # in a file it says that they were blind, which is true
        raise ConfigError(
            f"the data were unblinded on {record.unblinded.time}: what was seen cannot be unseen",
            path=str(path),
            remedy="leave out --blind; other choices go on record",
        )
    return None


def start(path: str | Path, stated: str | None, sha256: str) -> BlindRecord:
    """Begin the record of a file, or read the one that another process has begun meanwhile.

    Raises
    ------
    OutputError : it cannot be written.
    """
    place = beside(path, stated)
    with _locked(place):
        found = find_record(path, stated, sha256)
        if found is None:
            empty = BlindRecord(path=place, data=Path(path).name, sha256=sha256, salt=secrets.token_hex(16), steps=())
            first = Step(
                action="blinded", time=now(), version=VERSION, choices={}, configuration="", options={}, said_by={}
            )
            found = _written(empty, first)
    return found


def append(place: Path, made_of: Callable[[BlindRecord], Step | None]) -> BlindRecord:
    """Add what the record as it stands asks for: it is read again under a lock, so that no entry of another is lost.

    Raises
    ------
    InputError : the record was edited meanwhile.  OutputError : it cannot be written.
    """
    record = read_record(place)
    if made_of(record) is None:
        return record  # nothing to say: a record in a place that cannot be written to can be read
    with _locked(place):
        record = read_record(place)
        step = made_of(record)
        return record if step is None else _written(record, step)


def _written(record: BlindRecord, step: Step) -> BlindRecord:
    before = record.steps[-1].action if record.steps else ""
    if step.action not in _NEXT[before]:
        raise ValueError(f"'{step.action}' cannot follow '{before}'")
    step = replace(step, previous=record.steps[-1].hash if record.steps else _root(record))
    record = replace(record, steps=(*record.steps, replace(step, hash=digest(step.to_dict()))))
    content = {
        "schema": SCHEMA,
        "note": _NOTE,
        "data": {"name": record.data, "sha256": record.sha256},
        "salt": record.salt,
        "entries": [{**s.to_dict(), "hash": s.hash} for s in record.steps],
        "head": record.steps[-1].hash,
    }
    write_bytes(record.path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))
    return record


def digest(value: object) -> str:
    """SHA-256 of plain values: their JSON with sorted keys and no spaces, in UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _root(record: BlindRecord) -> str:
    return digest({"schema": SCHEMA, "data": record.data, "sha256": record.sha256, "salt": record.salt})


def read_record(place: Path) -> BlindRecord:
    """A record, with its chain checked.

    Raises
    ------
    InputError : it is no record, or not as gzero wrote it.  FileError : it cannot be read.
    """
    try:
        top = parse_json(read_source(place).data, str(place))
        top.at("schema").word((SCHEMA,))
        record = BlindRecord(
            path=place,
            data=top.at("data").at("name").text(),
            sha256=top.at("data").at("sha256").text(),
            salt=top.at("salt").text(),
            steps=tuple(_step(entry) for entry in top.at("entries").items()),
        )
        head = top.at("head").text()
    except FileError:
        raise
    except InputError as error:
        raise _broken(place, error.problem) from None
    previous, before = _root(record), ""
    for number, step in enumerate(record.steps, start=1):
        if step.previous != previous or step.hash != digest(step.to_dict()):
            raise _broken(place, f"entry {number} is not as it was written, or the one before it is gone")
        if step.action not in _NEXT[before] or (step.choices and step.configuration != digest(dict(step.choices))):
            raise _broken(place, f"entry {number} cannot stand there")
        previous, before = step.hash, step.action
    if head != previous or not record.steps:
        raise _broken(place, "its last entries are gone")
    return record


def _broken(place: Path, problem: str) -> InputError:
    return InputError(
        f"the blind record is not whole, so that nothing can be said of blindness: {problem}",
        path=str(place),
        remedy=_REMEDY,
    )


def _step(entry: Entry) -> Step:
    options: dict[str, str | float | int] = {}
    for name, value in entry.at("options").members().items():
        options[name] = value.value if isinstance(value.value, str | int) else value.number()
    return Step(
        action=cast(Action, entry.at("action").word(get_args(Action))),
        time=entry.at("time").text(),
        version=entry.at("gzero").text(),
        choices={name: value.text() for name, value in entry.at("choices").members().items()},
        configuration=entry.at("configuration").text(),
        options=options,
        said_by={name: value.text() for name, value in entry.at("said_by").members().items()},
        changes=tuple(
            (c.at("option").text(), c.at("from").text(), c.at("to").text()) for c in entry.at("changes").items()
        ),
        previous=entry.at("previous").text(),
        hash=entry.at("hash").text(),
    )


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    """Nobody else writes the record meanwhile: a lock file that only one process can make."""
    lock = place.with_name(place.name + ".lock")
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            if time.monotonic() > until:
                raise OutputError(
                    "another gzero is writing the blind record", path=str(place), remedy=f"if none is, delete '{lock}'"
                ) from None
            time.sleep(0.02)
        except OSError as error:
            raise OutputError(
                f"the blind record cannot be written: {(error.strerror or str(error)).lower()}",
                path=str(place),
                remedy="state a place that can be written to, with --blind-record",
            ) from None
    try:
        yield
    finally:
        with suppress(OSError):
            os.unlink(lock)
