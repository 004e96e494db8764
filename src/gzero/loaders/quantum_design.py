"""Quantum Design data files (.dat) of PPMS, DynaCool, VersaLab and MPMS, as MultiVu writes them.

Format: a section `[Header]` of lines `KEYWORD,value,...` (TITLE, FILEOPENTIME, BYAPP, `INFO,value,NAME`) with remarks behind
a semicolon, then `[Data]`: one line of names with units in parentheses, and rows divided by commas. Quantum Design
describes it in the manuals of its options (PPMS Vibrating Sample Magnetometer Option User's Manual 1096-100, appendix).
A row holds what the option measured at that moment: most cells of a file are empty, and many columns wholly so.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gzero.errors import FileError
from gzero.loaders.block import columns_of
from gzero.loaders.cells import MAX_COLUMNS
from gzero.loaders.delimited import read_numbers
from gzero.loaders.dialect import Dialect, decode, split
from gzero.loaders.header import Header, name_and_unit
from gzero.loaders.source import read_head, read_source
from gzero.loaders.table import Dropped, Table
from gzero.loaders.tally import Numbers

_DIALECT = Dialect(delimiter=",", decimal=".")
_SECTION = re.compile(r"\s*\[(header|data)\]\s*,*\s*", re.IGNORECASE)
_KEYWORDS = re.compile(rb"(?im)^\s*(BYAPP|FILEOPENTIME|INFO|TITLE|DATATYPE|STARTUPAXIS)\s*,")
_MAX_METADATA = 1000
_MAX_VALUE = 2000


@dataclass(frozen=True, slots=True)
class QuantumDesignLoader:
    """Reads the one table of a file; columns without any number are left out."""

    name: str = "quantum-design"
    description: str = "Quantum Design data file (.dat) of PPMS, DynaCool, VersaLab and MPMS"
    suffixes: tuple[str, ...] = ()
    extra: str | None = None

    def recognises(self, path: Path) -> bool:
        """Whether the file begins with `[Header]` and has a keyword of such a header in it.

        Raises
        ------
        FileError : the file is missing, a directory, unreadable or empty.
        """
        head = read_head(path).removeprefix(b"\xef\xbb\xbf").lstrip()
        return head[:8].lower() == b"[header]" and _KEYWORDS.search(head) is not None

    def read(self, path: str | os.PathLike[str], *, encoding: str | None = None) -> Table:
        """The columns that hold numbers, with the unit that stands in parentheses.

        Parameters
        ----------
        encoding : of the text; found when None.

        Raises
        ------
        FileError : unreadable, not such a file, damaged, or a row with more numbers than names.
        ColumnError : no column of numbers.
        """
        source = read_source(path)
        text, encoding = decode(source.data, encoding=encoding, path=source.path)
        lines = re.split(r"\r\n|\n|\r", text)
        sections = {match[1].lower(): i for i, line in enumerate(lines) if (match := _SECTION.fullmatch(line))}
        if "header" not in sections or "data" not in sections:
            lacking = "[Data]" if "header" in sections else "[Header]"
            problem = f"not a whole Quantum Design file: no line '{lacking}'"
            raise FileError(problem, path=source.path, remedy="was it cut short? copy or save it again")
        start = next((i for i in range(sections["data"] + 1, len(lines)) if lines[i].strip()), len(lines))
        if start == len(lines):
            raise FileError("nothing below its line '[Data]'", path=source.path, remedy="was the measurement saved?")
        header = _header(lines[start], start + 1, path=source.path)
        body = lines[start + 1 :]
        numbers = read_numbers(body, range(start + 2, len(lines) + 1), header, _DIALECT, path=source.path)
        columns, labels, dropped = columns_of(numbers, header, lambda j: f"column {j + 1}", path=source.path)
        remarks = _remarks(body, start + 2, header, numbers)
        return Table(
            columns=columns,
            metadata=_limited(_metadata(lines[sections["header"] + 1 : sections["data"]]) | remarks),
            origin=source.origin(
                loader=self.name,
                options={"encoding": encoding, "header_row": str(start + 1)},
                dropped=(*_summary(numbers, header), *dropped),
                rows_read=numbers.rows_read,
            ),
            labels=labels,
            row_numbers=numbers.places,
        )


LOADER = QuantumDesignLoader()


def _header(line: str, row: int, *, path: str) -> Header:
    texts = split(line, ",")
    while texts and not texts[-1]:
        texts.pop()
    if len(texts) > MAX_COLUMNS:
        raise FileError(f"{len(texts)} names are more than any table has ({MAX_COLUMNS})", path=path, row=row)
    parts = [name_and_unit(text) for text in texts]
    return Header(names=tuple(name for name, _ in parts), units=tuple(unit for _, unit in parts), rows=(row,))


def _summary(numbers: Numbers, header: Header) -> list[Dropped]:
    """One line for the whole file: how many rows there are, and how many of them became rows of the table."""
    left_out = numbers.rows_read - numbers.rows
    if not left_out:
        return []
    reason = f"of {numbers.rows_read} rows {numbers.rows} hold numbers; the others follow, by reason"
    return [Dropped(rule="rows left out", reason=reason, rows=0)]


def _remarks(body: Sequence[str], first: int, header: Header, numbers: Numbers) -> dict[str, str]:
    """The comments that stand in rows of their own: MultiVu writes what happened between the readings."""
    if numbers.rows_read == numbers.rows:
        return {}
    kept = set(numbers.places)
    out: dict[str, str] = {}
    for row, line in enumerate(body, first):
        if row in kept or not line.strip(" ,"):
            continue
        out[f"row {row}"] = ", ".join(cell for cell in split(line, ",") if cell)[:_MAX_VALUE]
        if len(out) >= _MAX_METADATA // 2:
            break
    return out


def _metadata(lines: Sequence[str]) -> dict[str, str]:
    """The header: `INFO,value,NAME` by its name, every other keyword by itself; a name that comes again is numbered."""
    out: dict[str, str] = {}
    for line in lines:
        remark = line.lstrip().startswith(";")
        keyword, *cells = ["", line.lstrip(" ;")] if remark else split(line, ",")
        if not remark and not keyword:
            continue
        if keyword.upper() == "INFO" and len(cells) > 1 and re.fullmatch(r"\w+", cells[-1]):
            keyword = cells.pop()
        value = ", ".join(cell for cell in cells if cell)
        if not value:
            continue
        key, again = keyword or "remark", 2
        while key in out and again <= _MAX_METADATA:
            key, again = f"{keyword or 'remark'} ({again})", again + 1
        out[key] = value[:_MAX_VALUE]
        if len(out) >= _MAX_METADATA:
            break
    return out


def _limited(entries: dict[str, str]) -> dict[str, str]:
    return dict(list(entries.items())[:_MAX_METADATA])
