"""Laboratory text files: CSV, TSV, semicolons, columns divided by blanks, with whatever stands above the numbers."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gzero.errors import FileError, InputError
from gzero.loaders.block import above_block, columns_of
from gzero.loaders.body import read_body, rows_of
from gzero.loaders.cells import Block, Row, find_block
from gzero.loaders.dialect import Dialect, decode, find_dialect
from gzero.loaders.header import NO_HEADER, find_header, metadata_of, named_header
from gzero.loaders.pieces import TextFile
from gzero.loaders.source import looks_like, read_head, unread
from gzero.loaders.table import Dropped, Origin, Table
from gzero.loaders.tally import Tally

#: Lines whose every cell is looked at to find the table.
_HEAD_LINES = 500
_HEAD_CHARACTERS = 200_000

#: Lines that tell the dialect, at least, of a file that has them.
_FEWEST_LINES = 8

#: How many lines down the table may begin.
_MOST_LINES = 30_000

_OPEN_QUOTE = re.compile(r'(?:^|[,;\t|])\s*"[^"]*$')


@dataclass(frozen=True, slots=True)
class TextLoader:
    """Reads text files; finds encoding, delimiter, decimal sign, header, units and comments by itself."""

    name: str = "text"
    description: str = "text: CSV, TSV, semicolon or blank separated, decimal point or comma (.csv .tsv .txt .dat ...)"
    suffixes: tuple[str, ...] = (".csv", ".tsv", ".txt", ".dat", ".asc", ".prn", ".data", ".out")
    extra: str | None = None

    def recognises(self, path: Path) -> bool:
        """Whether the file is text and holds a digit.

        Raises
        ------
        FileError : the file is missing, a directory, unreadable or empty.
        """
        head = read_head(path)
        if looks_like(head, path.suffix):
            return False
        try:
            # a cut may fall inside a character: the last few bytes do not count
            text, _ = decode(head if len(head) < 1 << 16 else head[:-4], encoding=None, path=str(path))
        except InputError:
            return False
        return re.search(r"\d", text) is not None

    def read(
        self,
        path: str | os.PathLike[str],
        *,
        encoding: str | None = None,
        delimiter: str | None = None,
        decimal: str | None = None,
        header_row: int | None = None,
    ) -> Table:
        """The table in a text file.

        Parameters
        ----------
        encoding : such as "utf-8" or "cp1252"; found when None.
        delimiter : "tab", "comma", "semicolon", "pipe", "blanks" or the sign itself; found when None.
        decimal : "." or ","; found when None.
        header_row : line of the header, from 1; 0 for no header; found when None.

        Raises
        ------
        FileError : unreadable, not text, no number in it, or a row with more numbers than columns.
        ColumnError : no line `header_row`, or no column of numbers.
        ConfigError : an encoding, delimiter or decimal sign that does not exist.
        """
        with TextFile(path, encoding=encoding) as file:
            what = looks_like(file.raw_head, Path(path).suffix)
            if what is not None:
                raise unread(what, file.path, loader=LOADER.name)
            file.begin()
            lines = file.lines()
            while len(lines) < _FEWEST_LINES and file.lengthen():  # thousands of traces stand beside each other
                lines = file.lines()
            sample = _sample(lines) if file.at_end else [*_filled(lines)[:100], *file.sample(50)]
            dialect = find_dialect(sample, delimiter=delimiter, decimal=decimal, path=file.path)
            return _table(file, lines, dialect, header_row=header_row)


LOADER = TextLoader()


def _filled(lines: Sequence[str]) -> list[str]:
    return [line for line in lines[:2000] if line.strip()][:200]


def _sample(lines: Sequence[str]) -> list[str]:
    """Lines from the beginning, the middle and the end: somewhere there are the numbers."""
    filled = _filled(lines)
    if len(lines) <= 400:
        return filled
    middle = len(lines) // 2
    return filled + [line for line in (*lines[middle : middle + 100], *lines[-100:]) if line.strip()]


def _table(file: TextFile, lines: list[str], dialect: Dialect, *, header_row: int | None) -> Table:
    path = file.path
    lines, rows, block = _head(file, lines, dialect, after=header_row or None)
    if header_row == 0:
        header = NO_HEADER
    elif header_row is not None:
        header = named_header(rows, header_row, block=block, decimal=dialect.decimal)
    else:
        header = find_header(rows, block, decimal=dialect.decimal)
    aligned = dialect.delimiter != " "
    tally = Tally(header, width=block.width, decimal=dialect.decimal, aligned=aligned, path=path)
    if file.whole:
        tally.add_rows(
            itertools.chain(rows[block.start :], rows_of(lines[len(rows) :], dialect, first=len(rows), path=path))
        )
    else:
        read_body(file, tally, rows, block, dialect)
    numbers = tally.numbers()
    columns, labels, dropped = columns_of(numbers, header, lambda j: f"column {j + 1}", path=path)
    options = {"encoding": file.encoding, "delimiter": dialect.name, "decimal": dialect.decimal}
    options["header_row"] = str(header.rows[0]) if header.rows else "0"
    if len(header.rows) > 1:
        options["units_row"] = str(header.rows[1])
    above = [row for row in rows[: block.start] if row.number not in header.rows]
    notes = (*above_block(rows, block), *dropped)
    if file.padding:
        reason = f"{file.padding} null bytes fill the end of the file (was the measurement cut off?)"
        notes = (*notes, Dropped(rule="padding", reason=reason, rows=0))
    return Table(
        columns=columns,
        metadata=header.labels | metadata_of([*above, *numbers.remarks]),
        origin=Origin(
            path=path,
            sha256=file.digest(),
            loader=LOADER.name,
            options=options,
            dropped=notes,
            rows_read=numbers.rows_read,
        ),
        labels=labels,
        row_numbers=numbers.places,
    )


def _head(
    file: TextFile, lines: list[str], dialect: Dialect, *, after: int | None
) -> tuple[list[str], list[Row], Block]:
    """The lines of the head, the first of them as rows (as many as it takes to find the table), and its place among them."""
    first = _HEAD_LINES if file.whole else _HEAD_LINES // 2
    cut = max(_head_length(lines[:first]), 50, 0 if after is None else after + 100)
    while True:
        while cut > len(lines) and file.lengthen():
            lines = file.lines()
        if dialect.delimiter != " ":
            lines = _join_quoted(lines)
        rows = rows_of(lines[:cut], dialect, path=file.path)
        more = cut < len(lines) if file.at_end else cut < _MOST_LINES
        try:
            block = find_block(rows, decimal=dialect.decimal, path=file.path, after=after)
        except FileError as error:
            if not more and cut < len(lines):
                problem = f"{error.problem} (in its first {len(rows)} lines)"
                raise FileError(problem, path=file.path, row=error.row, remedy=error.remedy) from None
            if not more:
                raise
        else:
            # a table that ends early may be a smaller one above the table that is meant
            if block.last >= len(rows) - 50 or not more:
                return lines, rows, block
        cut *= 8


def _join_quoted(lines: list[str]) -> list[str]:
    """The lines with a header cell that runs over several lines (in quotes) made one; numbering stays."""
    out = list(lines)
    for i in range(min(len(out), 200)):
        if not _OPEN_QUOTE.search(out[i]):
            continue
        for end in range(i + 1, min(i + 6, len(out))):
            if out[end].count('"') % 2 == 1:
                out[i : end + 1] = [" ".join(out[i : end + 1]), *[""] * (end - i)]
                break
    return out


def _head_length(lines: Sequence[str]) -> int:
    characters = 0
    for i, line in enumerate(lines[:_HEAD_LINES]):
        characters += len(line)
        if characters > _HEAD_CHARACTERS and i >= 50:
            return i
    return min(len(lines), _HEAD_LINES)
