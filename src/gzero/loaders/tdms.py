"""LabVIEW measurement files (.tdms), read by their published format; see `tdms_format`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FileError
from gzero.loaders.cells import MAX_COLUMNS
from gzero.loaders.parts import part_named
from gzero.loaders.room import counted, lock, rest, room
from gzero.loaders.source import check_file, check_growth, digest_of, looks_like, read_head, unread
from gzero.loaders.table import Column, Dropped, Origin, Table
from gzero.loaders.tdms_format import NUMBERS, TEXT, TIME, Content, Field, Property, Run, TdmsParser, dtype_of, names_of
from gzero.loaders.tdms_scaling import Scaling, UnknownScaleError, scaling_of

MAX_METADATA, MAX_TEXT = 1000, 2000
_PIECE = 1 << 22
_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TdmsLoader:
    """Reads channels that have equally many values, with the time of their waveform where one is stated."""

    name: str = "tdms"
    description: str = (
        "LabVIEW measurement (.tdms): the channels of equal length with most numbers, or those of `group`"
    )
    suffixes: tuple[str, ...] = (".tdms", ".tdms_index")
    extra: str | None = None

    def recognises(self, path: Path) -> bool:
        """Whether the file begins with the lead-in of a segment, or with that of an index file.

        Raises
        ------
        FileError : the file is missing, a directory, unreadable or empty.
        """
        return read_head(path, 4) in (b"TDSm", b"TDSh")

    def read(self, path: str | os.PathLike[str], *, group: str | None = None) -> Table:
        """Channels as columns, scaled as NI's drivers state; a column of time first where the waveform states a step.

        Times become seconds since the first one. What is scaled by the physics of a sensor stays as it was stored.

        Parameters
        ----------
        group : a group, or "group/channel"; channels of other lengths are left out. Those with most numbers when None.

        Raises
        ------
        FileError : unreadable, damaged, an index file, without numbers, or with numbers of a kind that is not read.
        ColumnError : no such group or channel.
        """
        text = os.fspath(path)
        place = check_file(path, limit=sys.maxsize)
        head = read_head(path, 512)
        if head[:4] == b"TDSh":
            name = place.with_suffix(".tdms").name
            problem = "is the index of a TDMS file, which holds none of its numbers"
            raise FileError(problem, path=text, remedy=f"open '{name}' instead")
        if head[:4] != b"TDSm":
            raise unread(looks_like(head, place.suffix) or "no TDMS file", text, loader=self.name)
        try:
            with place.open("rb") as stream:
                content = TdmsParser(stream, place.stat().st_size, text).parse()
                return _read(stream, content, text, group)
        except FileError:
            raise
        except OSError as error:
            raise FileError(f"cannot be read ({error})", path=text, remedy="check its permissions") from None


LOADER = TdmsLoader()


@dataclass(slots=True, kw_only=True)
class _Channel:
    """A channel: what is said about it, and its values as they are filled in."""

    path: str
    group: str
    name: str
    code: int
    length: int
    properties: Mapping[str, Property]
    scaling: Scaling | None = None
    unscaled: str = ""
    numbers: NDArray[Any] | None = None
    texts: list[str] = field(default_factory=list)
    at: int = 0
    rounded: int = 0
    first: tuple[int, int] | None = None

    @property
    def is_complex(self) -> bool:
        return NUMBERS.get(self.code, "")[:1] == "c"

    @property
    def timing(self) -> tuple[float, float] | None:
        """First time and step of the waveform, where both are numbers and time goes on."""
        step, start = self.properties.get("wf_increment"), self.properties.get("wf_start_offset", 0.0)
        if not isinstance(step, (int, float)) or not isinstance(start, (int, float)) or isinstance(step, bool):
            return None
        return (float(start), float(step)) if step and np.isfinite(step) and np.isfinite(start) else None


def _channels(content: Content) -> list[_Channel]:
    """All channels, with as many values as their runs hold."""
    lengths: dict[str, int] = {}
    per_chunk: dict[tuple[Field, ...], dict[str, int]] = {}
    for run in content.runs:
        if run.fields not in per_chunk:
            per_chunk[run.fields] = {one.path: one.count for one in run.fields}
        for path, count in per_chunk[run.fields].items():
            lengths[path] = lengths.get(path, 0) + count * run.chunks
    out = []
    for path, code in content.codes.items():
        names = names_of(path)
        if len(names) == 2 and lengths.get(path):
            out.append(
                _Channel(
                    path=path, group=names[0], name=names[1], code=code, length=lengths[path],
                    properties=content.properties.get(path, {}),
                )
            )  # fmt: skip
    return out


def _read(stream: BinaryIO, content: Content, path: str, group: str | None) -> Table:
    channels = _channels(content)
    chosen, options, dropped, parts = _chosen(channels, path, group)
    if content.truncated:
        dropped.append(
            Dropped(rule="truncated file", reason="the file ends inside a segment, as when writing stopped", rows=0)
        )
    numeric = [one for one in chosen if one.code != TEXT]
    if len(numeric) > MAX_COLUMNS // 2:
        raise FileError(f"{len(numeric)} channels of equal length", path=path, remedy="name one with --group")
    check_growth(path, sum(one.length * (1 + one.is_complex) for one in numeric), what="the file")
    real = [one.path for one in numeric if not one.is_complex]
    lanes = dict(zip(real, room(len(real), chosen[0].length), strict=True))  # all of one length
    for one in chosen:
        _prepare(one, content, lanes.get(one.path))
    with np.errstate(all="ignore"):
        for run in content.runs:
            _fill(stream, run, {one.path: one for one in chosen}, path)
    for one in chosen:
        if one.at != one.length:
            raise FileError(f"damaged TDMS file: '{one.name}' ends early", path=path, remedy="copy it again")
        if one.unscaled:
            reason = f"'{one.name}': {one.unscaled} is not applied; the readings are as stored, without a unit"
            dropped.append(Dropped(rule="scaling not applied", reason=reason, rows=0))
        if one.rounded:
            reason = f"'{one.name}' holds integers that float64 does not hold exactly"
            dropped.append(Dropped(rule="rounded integer", reason=reason, rows=one.rounded))
        if one.first is not None:
            options[f"seconds of '{one.name}'"] = f"since {_moment(one.first)}"
    metadata, lost = _metadata(content, chosen)
    columns = _columns(numeric, options)
    origin = Origin(
        path=path, sha256=digest_of(path), loader=LOADER.name, options=options, dropped=(*dropped, *lost),
        rows_read=chosen[0].length, parts=parts,
    )  # fmt: skip
    labels = {one.name: tuple(one.texts) for one in chosen if one.code == TEXT}
    return Table(columns=columns, metadata=metadata, origin=origin, labels=labels)


def _chosen(
    channels: Sequence[_Channel], path: str, group: str | None
) -> tuple[list[_Channel], dict[str, str], list[Dropped], dict[str, tuple[str, ...]]]:
    """The channels of one group that have one length and one timing: those with most numbers, or with the named one."""
    if all(one.code == TEXT for one in channels):
        raise FileError("no channel holds numbers", path=path, remedy="was the measurement saved?")
    groups = tuple(dict.fromkeys(one.group for one in channels))
    alike: dict[tuple[object, ...], list[_Channel]] = {}
    for one in channels:
        alike.setdefault((one.group, one.length, None if one.code == TEXT else one.timing), []).append(one)
    for key, members in list(alike.items()):  # texts have no timing of their own
        if all(one.code == TEXT for one in members):
            home = next((k for k, m in alike.items() if k[:2] == key[:2] and any(one.code != TEXT for one in m)), None)
            if home is not None and home != key:
                alike[home] += alike.pop(key)
    names = (*groups, *(f"{one.group}/{one.name}" for one in channels))
    wanted = None if group is None else part_named(group, names, what="group", path=path)
    candidates = [
        members for members in alike.values()
        if any(one.code != TEXT and wanted in (None, one.group, f"{one.group}/{one.name}") for one in members)
    ]  # fmt: skip
    if not candidates:
        raise FileError(f"'{wanted}' holds no numbers", path=path, remedy="choose another group")
    best = max(candidates, key=lambda members: sum(one.length for one in members if one.code != TEXT))
    left = [one for one in channels if one not in best and (group is None or one.group == best[0].group)]
    dropped = []
    for one in left[:20]:
        kept = f"'{best[0].group}' has {best[0].length}"
        reason = f"'{one.group}/{one.name}' has {one.length} values, or another time step; {kept}"
        dropped.append(Dropped(rule="another group", reason=reason, rows=one.length))
    if len(left) > 20:
        reason = f"{len(left) - 20} further channels"
        dropped.append(Dropped(rule="another group", reason=reason, rows=sum(one.length for one in left[20:])))
    listed = groups if len(groups) > 1 and not left else names if left else groups
    return best, {"group": best[0].group}, dropped, {"group": listed}


def _prepare(one: _Channel, content: Content, real: Floats | None) -> None:
    """Room for the values of a channel (`real` where they are real numbers), and what makes them of its readings."""
    if one.code == TEXT:
        return
    one.numbers = np.empty(one.length, dtype=np.complex128) if one.is_complex else real
    above = content.properties.get("/'" + one.group.replace("'", "''") + "'", {})
    try:
        one.scaling = scaling_of(one.properties, above, content.properties.get("/", {}))
    except UnknownScaleError as error:
        one.unscaled = f"the scaling {error}"


def _fill(stream: BinaryIO, run: Run, wanted: Mapping[str, _Channel], path: str) -> None:
    """The values of a run, piece by piece: many chunks at once where they are small, parts of one where it is large."""
    fields: dict[str, list[Field]] = {}
    for one in run.fields:
        if one.path in wanted:
            fields.setdefault(one.path, []).append(one)
    if any(len({one.count for one in found}) > 1 for found in fields.values()):
        raise FileError("damaged TDMS file: a row of its device is cut", path=path, remedy="copy it again")
    if not fields:
        return
    numeric = {name: found for name, found in fields.items() if found[0].code != TEXT}
    if numeric and run.chunk <= _PIECE:
        many = max(1, _PIECE // run.chunk)
        for start in range(0, run.chunks, many):
            count = min(many, run.chunks - start)
            data = _bytes(stream, run.position + start * run.chunk, count * run.chunk, path)
            for name, found in numeric.items():
                _add(wanted[name], {f.scale: _view(data, f, run, f.base, count, f.count) for f in found})
    elif numeric:
        for chunk in range(run.chunks):
            for name, found in numeric.items():
                at = run.position + chunk * run.chunk
                step = max(1, _PIECE // max(f.stride for f in found))
                for first in range(0, found[0].count, step):
                    count = min(step, found[0].count - first)
                    pieces = {}
                    for f in found:
                        size = (count - 1) * f.stride + dtype_of(f.code, run.order).itemsize
                        data = _bytes(stream, at + f.base + first * f.stride, size, path)
                        pieces[f.scale] = _view(data, f, run, 0, 1, count)
                    _add(wanted[name], pieces)
    for name, found in fields.items():
        if name not in numeric:
            for chunk in range(run.chunks):
                data = _bytes(stream, run.position + chunk * run.chunk + found[0].base, found[0].stride, path)
                wanted[name].texts += _texts(data, found[0].count, run.order, path)
                wanted[name].at += found[0].count


def _bytes(stream: BinaryIO, at: int, size: int, path: str) -> bytes:
    stream.seek(at)
    data = stream.read(size)
    if len(data) != size:
        raise FileError("damaged TDMS file: it ends in its numbers", path=path, remedy="copy it again")
    return data


def _view(data: bytes, one: Field, run: Run, base: int, chunks: int, count: int) -> NDArray[Any]:
    shape, strides = (chunks, count), (run.chunk if chunks > 1 else len(data), one.stride)
    found: NDArray[Any] = np.ndarray(shape, dtype_of(one.code, run.order), data, base, strides).ravel()
    return found if one.bit is None else (found >> one.bit) & 1


def _add(one: _Channel, pieces: Mapping[int | None, NDArray[Any]]) -> None:
    """Readings become values, behind those that are there."""
    assert one.numbers is not None
    raw = {scale: _floats(one, piece) for scale, piece in pieces.items()}
    values = next(iter(raw.values())) if one.scaling is None else one.scaling(raw)
    one.numbers[one.at : one.at + len(values)] = values
    one.at += len(values)
    rest(one.numbers)


def _floats(one: _Channel, piece: NDArray[Any]) -> NDArray[Any]:
    if piece.dtype.names:
        if one.first is None and piece.size:
            one.first = int(piece["seconds"][0]), int(piece["fraction"][0])
        zero, part = one.first or (0, 0)
        # the difference of both parts by themselves: seconds since 1904 with a fraction need more than float64 has
        return (piece["seconds"] - zero) + (piece["fraction"].astype(np.float64) - float(part)) / 2.0**64
    if piece.dtype.kind == "c":
        return piece.astype(np.complex128)
    values = piece.astype(np.float64)
    if piece.dtype.kind in "iu" and piece.dtype.itemsize == 8:
        one.rounded += int(np.count_nonzero((np.abs(values) >= 2.0**53) & (values.astype(piece.dtype) != piece)))
    return values


def _texts(data: bytes, count: int, order: str, path: str) -> Iterator[str]:
    """The texts of a chunk: where each ends, then all of them."""
    if 4 * count > len(data):
        raise FileError(f"damaged TDMS file: {count} texts in {len(data)} bytes", path=path, remedy="copy it again")
    start, body = 0, data[4 * count :]
    for stop in np.frombuffer(data, dtype=order + "u4", count=count).tolist():
        if not start <= stop <= len(body):
            raise FileError("damaged TDMS file: a text ends before it begins", path=path, remedy="copy it again")
        yield body[start:stop].decode("utf-8", "replace")
        start = stop


def _columns(channels: Sequence[_Channel], options: dict[str, str]) -> tuple[Column, ...]:
    columns = []
    timing = channels[0].timing
    if timing is not None:
        start, step = timing
        said = channels[0].properties
        name, unit = said.get("wf_xname"), said.get("wf_xunit_string")
        values = counted(channels[0].length, lambda some: start + step * some)
        name = name if isinstance(name, str) and name else "Time"
        unit = unit if isinstance(unit, str) and unit else "s"
        columns.append(Column(name=name, unit_text=unit, values=values, source="waveform"))
        options["time"] = f"of the waveform: from {start!r} in steps of {step!r}"
    for one in channels:
        assert one.numbers is not None
        unit = one.properties.get("unit_string")
        unit = None if one.unscaled or not isinstance(unit, str) else unit.strip() or None
        unit = "s" if one.code == TIME else unit
        source = f"channel '{one.group}/{one.name}'"
        parts: tuple[tuple[str, Floats], ...] = ((one.name, one.numbers),)
        if one.is_complex:
            parts = ((f"{one.name} re", one.numbers.real.copy()), (f"{one.name} im", one.numbers.imag.copy()))
        for name, values in parts:
            lock(values)
            columns.append(Column(name=name, unit_text=unit, values=values, source=source))
        one.numbers = None
    return tuple(columns)


def _metadata(content: Content, chosen: Sequence[_Channel]) -> tuple[dict[str, str], list[Dropped]]:
    """What is said of the file, the group and the channels that were read."""
    out = {name: _said(value) for name, value in content.properties.get("/", {}).items()}
    group = chosen[0].group
    for name, value in content.properties.get("/'" + group.replace("'", "''") + "'", {}).items():
        out[f"{group}/{name}"] = _said(value)
    for one in chosen:
        out |= {f"{group}/{one.name}/{name}": _said(value) for name, value in one.properties.items()}
    out = {name[:MAX_TEXT]: text for name, text in out.items() if text}
    lost = []
    if len(out) > MAX_METADATA:
        reason = f"{len(out) - MAX_METADATA} of {len(out)} properties"
        lost.append(Dropped(rule="metadata left out", reason=reason, rows=0))
    return dict(list(out.items())[:MAX_METADATA]), lost


def _said(value: Property) -> str:
    if isinstance(value, tuple):
        return _moment(value)
    return (value if isinstance(value, str) else repr(value))[:MAX_TEXT].strip()


def _moment(time: tuple[int, int]) -> str:
    """A time of LabVIEW (seconds since 1904, fraction in 2^-64), to the microsecond."""
    try:
        return (_EPOCH + timedelta(seconds=time[0], microseconds=time[1] * 10**6 >> 64)).isoformat()
    except OverflowError:
        return f"{time[0]} s after 1904"
