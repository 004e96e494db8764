"""Igor Pro text files (.itx): waves as text, with the commands that scale them.

Format: WaveMetrics, Igor Pro manual, volume II chapter "Importing and Exporting Data", section "Igor Text File Format":
the word IGOR, then blocks `WAVES [/flags] names`, BEGIN, rows of numbers, END, and lines `X command`. No command is
executed: of `X SetScale` and `X Note` the words are read as the scaling, the units and the note of a wave; every other
one is left out and told.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gzero.errors import FileError
from gzero.loaders.cells import MAX_COLUMNS, Row
from gzero.loaders.dialect import decode
from gzero.loaders.growing import Floats
from gzero.loaders.header import metadata_of
from gzero.loaders.itx_format import Wave, read_waves
from gzero.loaders.parts import part_named
from gzero.loaders.source import read_head, read_source
from gzero.loaders.table import Column, Coordinate, Dropped, Table

_MARK = re.compile(rb"(?:\xef\xbb\xbf)?IGOR[ \t]*(?:\r|\n|$)")
_WAVES = re.compile(rb"(?im)(?:^|\r|\n)[ \t]*WAVES?\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Together:
    """Waves that become one table: curves of one length and scaling, or one map."""

    waves: list[Wave] = field(default_factory=list)

    @property
    def numbers(self) -> int:
        return sum(wave.values.size for wave in self.waves)


@dataclass(frozen=True, slots=True)
class IgorTextLoader:
    """Reads the curves of one length as one table, or one map."""

    name: str = "igor-text"
    description: str = "Igor Pro text file (.itx): the curves of one length and scaling, or a map as one trace a column"
    suffixes: tuple[str, ...] = (".itx",)
    extra: str | None = None

    def recognises(self, path: Path) -> bool:
        """Whether the file begins with the word IGOR and has a block of waves near its beginning.

        Raises
        ------
        FileError : the file is missing, a directory, unreadable or empty.
        """
        head = read_head(path)
        return _MARK.match(head) is not None and _WAVES.search(head) is not None

    def read(self, path: str | os.PathLike[str], *, group: str | None = None, encoding: str | None = None) -> Table:
        """The waves as columns behind their common axis; a map as its first axis and one column for each trace.

        Curves of one length and scaling stand side by side, from whichever block. Where they are two or more and have no
        scaling of their own, no axis is added: one of them is the abscissa. Complex waves give `... re` and `... im`.

        Parameters
        ----------
        group : name of a wave, or its number from 1: the table that holds it is read. Without it the one with most numbers.
        encoding : of the text; found when None.

        Raises
        ------
        FileError : unreadable, not such a file, damaged, without numbers, or a wave of three dimensions.
        ColumnError : no such wave.
        """
        source = read_source(path)
        if not _MARK.match(source.data):
            raise FileError("not an Igor text file: it does not begin with the word IGOR", path=source.path)
        text, encoding = decode(source.data, encoding=encoding, path=source.path)
        waves, dropped = read_waves(re.split(r"\r\n|\n|\r", text), path=source.path)
        tables = _together(waves)
        if not tables:
            raise FileError("no wave of numbers in it", path=source.path, remedy="save the numeric waves")
        names = tuple(wave.name for wave in waves if wave.words is None)
        if group is not None:
            wanted = part_named(group, names, what="group", path=source.path)
            chosen = next(table for table in tables if wanted in {wave.name for wave in table.waves})
        else:
            chosen = max(tables, key=lambda table: table.numbers)
        columns = _columns(chosen, path=source.path)
        rows = chosen.waves[0].values.shape[0]
        read = {wave.name for wave in chosen.waves}
        others = [name for name in names if name not in read]
        if others:
            listed = ", ".join(others[:4]) + (f" and {len(others) - 4} more" if len(others) > 4 else "")
            reason = f"waves of another length or scaling were not read: {listed}; choose with --group"
            dropped.append(Dropped(rule="other waves", reason=reason, rows=0))
        words = {wave.name: wave.words for wave in waves if wave.words is not None and len(wave.words) == rows}
        options = {"encoding": encoding, "shape": " x ".join(str(n) for n in chosen.waves[0].values.shape)}
        if others:
            options["group"] = chosen.waves[0].name
        return Table(
            columns=columns,
            metadata=_metadata(chosen.waves),
            origin=source.origin(
                loader=self.name,
                options=options,
                dropped=tuple(dropped),
                rows_read=rows,
                parts={"group": names} if others else {},
            ),
            labels=words,
        )


LOADER = IgorTextLoader()


def _together(waves: Sequence[Wave]) -> list[_Together]:
    """The waves of numbers by length and scaling; every map by itself."""
    found: dict[object, _Together] = {}
    for wave in waves:
        if wave.words is not None or not wave.values.size:
            continue
        key: object = (wave.values.shape[0], wave.axes[0]) if wave.values.ndim == 1 else wave.name
        found.setdefault(key, _Together()).waves.append(wave)
    return list(found.values())


def _columns(table: _Together, *, path: str) -> tuple[Column, ...]:
    first = table.waves[0]
    rows, scale = first.values.shape[0], first.axes[0]
    count = sum(wave.values.shape[1] if wave.values.ndim == 2 else 1 for wave in table.waves)
    if count > MAX_COLUMNS:
        raise FileError(f"{count} traces; at most {MAX_COLUMNS} are read", path=path)
    out = []
    if len(table.waves) < 2 or scale.stated:
        values = _along(scale.start, scale.step, rows)
        out.append(Column(name="axis 0", unit_text=scale.unit or None, values=values, source="axis 0"))
    for wave in table.waves:
        if wave.values.ndim == 1:
            out += _parts(wave, wave.values, wave.name, f"wave '{wave.name}'", None)
            continue
        slow = wave.axes[1]
        levels = _along(slow.start, slow.step, wave.values.shape[1])
        for j, level in enumerate(levels.tolist()):
            coordinate = Coordinate(name="axis 1", value=level, unit_text=slow.unit or None)
            where = f"wave '{wave.name}', trace {j}"
            out += _parts(wave, wave.values[:, j], f"{wave.name}[{j}]", where, coordinate)
    return tuple(out)


def _along(start: float, step: float, count: int) -> Floats:
    with np.errstate(over="ignore", invalid="ignore"):
        return start + step * np.arange(count, dtype=np.float64)


def _parts(
    wave: Wave, values: Floats | np.ndarray[tuple[int, ...], np.dtype[np.complex128]], name: str, source: str,
    coordinate: Coordinate | None,
) -> list[Column]:  # fmt: skip
    unit = wave.unit or None
    halves = ((values.real, " re"), (values.imag, " im")) if np.iscomplexobj(values) else ((values, ""),)
    return [
        Column(
            name=name + ending,
            unit_text=unit,
            values=np.asarray(half, dtype=np.float64),
            source=source,
            coordinate=coordinate,
        )
        for half, ending in halves
    ]


def _metadata(waves: Sequence[Wave]) -> dict[str, str]:
    out: dict[str, str] = {}
    for wave in waves:
        lines = [line.strip() for line in re.split(r"[\r\n]+", wave.note) if line.strip()]
        rows = [Row(number=i, cells=(line,), text=line) for i, line in enumerate(lines, 1)]
        prefix = f"{wave.name}/" if len(waves) > 1 else ""
        out |= {prefix + key: value for key, value in metadata_of(rows).items()}
    return dict(list(out.items())[:1000])
