"""Laboratory text files: CSV, TSV, semicolons, columns divided by blanks, with whatever stands above the numbers."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gzero.errors import FileError, InputError
from gzero.loaders.block import Floats, Numbers, above_block, columns_of, gaps_in, numbers_of, short_rows
from gzero.loaders.cells import MAX_COLUMNS, MISSING, Block, Row, find_block
from gzero.loaders.dialect import Dialect, comment_text, decode, find_dialect, split
from gzero.loaders.header import NO_HEADER, Header, find_header, metadata_of, named_header
from gzero.loaders.source import Source, looks_like, read_head, read_source, unread
from gzero.loaders.table import Table

#: Lines whose every cell is looked at to find the table; the rest is read in bulk when it holds numbers only.
_HEAD_LINES = 2000
_HEAD_CHARACTERS = 400_000

_OPEN_QUOTE = re.compile(r'(?:^|[,;\t|])\s*"[^"]*$')


@dataclass(frozen=True, slots=True)
class TextLoader:
    """Reads text files; finds encoding, delimiter, decimal sign, header, units and comments by itself."""

    name: str = "text"
    description: str = "text: CSV, TSV, semicolon or blank separated, decimal point or comma (.csv .tsv .txt .dat ...)"
    suffixes: tuple[str, ...] = (".csv", ".tsv", ".txt", ".dat", ".asc", ".prn", ".lvm", ".data", ".out")
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
        source = read_source(path)
        what = looks_like(source.data, Path(path).suffix)
        if what is not None:
            raise unread(what, source.path, loader=LOADER.name)
        text, encoding = decode(source.data, encoding=encoding, path=source.path)
        lines = re.split(r"\r\n|\n|\r", text)
        dialect = find_dialect(_sample(lines), delimiter=delimiter, decimal=decimal, path=source.path)
        return _table(source, lines, dialect, encoding=encoding, header_row=header_row)


LOADER = TextLoader()


def _sample(lines: Sequence[str]) -> list[str]:
    """Lines from the beginning, the middle and the end: somewhere there are the numbers."""
    filled = [line for line in lines[:2000] if line.strip()][:200]
    if len(lines) <= 400:
        return filled
    middle = len(lines) // 2
    return filled + [line for line in (*lines[middle : middle + 100], *lines[-100:]) if line.strip()]


def _table(source: Source, lines: list[str], dialect: Dialect, *, encoding: str, header_row: int | None) -> Table:
    path = source.path
    if dialect.delimiter != " ":
        lines = _join_quoted(lines)
    rows, block = _head(lines, dialect, after=header_row or None, path=path)
    if header_row == 0:
        header = NO_HEADER
    elif header_row is not None:
        header = named_header(rows, header_row, block=block, decimal=dialect.decimal)
    else:
        header = find_header(rows, block, decimal=dialect.decimal)
    numbers = _bulk(lines, block, header, dialect)
    if numbers is None:
        rest = rows[block.start :] + _rows(lines[len(rows) :], dialect, first=len(rows))
        aligned = dialect.delimiter != " "
        numbers = numbers_of(rest, header, width=block.width, decimal=dialect.decimal, aligned=aligned, path=path)
    columns, labels, dropped = columns_of(numbers, header, lambda j: f"column {j + 1}", path=path)
    options = {"encoding": encoding, "delimiter": dialect.name, "decimal": dialect.decimal}
    options["header_row"] = str(header.rows[0]) if header.rows else "0"
    if len(header.rows) > 1:
        options["units_row"] = str(header.rows[1])
    above = [row for row in rows[: block.start] if row.number not in header.rows]
    metadata = header.labels | metadata_of([*above, *numbers.remarks])
    return Table(
        columns=columns,
        metadata=metadata,
        origin=source.origin(
            loader=LOADER.name,
            options=options,
            dropped=(*above_block(rows, block), *dropped),
            rows_read=numbers.rows_read,
        ),
        labels=labels,
        row_numbers=numbers.places,
    )


def _head(lines: Sequence[str], dialect: Dialect, *, after: int | None, path: str) -> tuple[list[Row], Block]:
    """The first rows of the file, as many as it takes to find the table, and the table's place among them."""
    cut = max(_head_length(lines), 0 if after is None else after + 100)
    while True:
        rows = _rows(lines[:cut], dialect)
        try:
            block = find_block(rows, decimal=dialect.decimal, path=path, after=after)
        except FileError:
            if cut >= len(lines):
                raise
        else:
            # a table that ends early may be a smaller one above the table that is meant
            if block.last >= len(rows) - 50 or cut >= len(lines):
                return rows, block
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


def _rows(lines: Sequence[str], dialect: Dialect, *, first: int = 0) -> list[Row]:
    out = []
    for i, line in enumerate(lines, first + 1):
        remark = comment_text(line, dialect.delimiter)
        text = line if remark is None else remark
        cells = tuple(split(text, dialect.delimiter))
        out.append(Row(number=i, cells=cells, text=text, comment=remark is not None))
    return out


#: Lines that are read one by one sooner than pandas is imported (0.3 s).
_FEW = 2000


def _bulk(lines: Sequence[str], block: Block, header: Header, dialect: Dialect) -> Numbers | None:
    """The numbers from `block.start` on by pandas' C reader; None when they are few, or hold more than numbers."""
    body = lines[block.start :]
    if len(body) <= _FEW:
        return None
    import pandas as pd

    # exact to the last digit is the default from pandas 3.1 on, which deprecates asking for it
    modern = tuple(int(part) for part in pd.__version__.split(".")[:2]) >= (3, 1)
    try:
        frame = pd.read_csv(
            io.StringIO("\n".join(body)),
            header=None,
            sep=r"\s+" if dialect.delimiter == " " else dialect.delimiter,
            decimal=dialect.decimal,
            dtype=np.float64,
            na_values=sorted({"", *MISSING, *(m.upper() for m in MISSING), "NaN", "Inf", "-Inf"}),
            keep_default_na=False,
            skipinitialspace=True,
            float_precision=None if modern else "round_trip",
            quoting=csv.QUOTE_NONE,
            engine="c",
        )
    except (ValueError, OverflowError):
        return None
    values: Floats = frame.to_numpy(dtype=np.float64, copy=True)
    width = len(header.names) or block.width
    if values.shape[1] > max(width, block.width) or values.shape[1] > MAX_COLUMNS:
        return None
    values[np.isinf(values)] = np.nan
    bad = np.isnan(values)
    # beyond the header's names, among blanks, and in rows without any number the cells must be looked at one by one
    beyond = not bad[:, width:].all()
    if beyond or bad.all(axis=1).any() or (dialect.delimiter == " " and bad.any()):
        return None
    values = _padded(values, width)
    filled = [i for i, line in enumerate(body) if line.strip()]
    if len(filled) != len(values):
        return None

    gapped = np.flatnonzero(np.isnan(values).any(axis=1)).tolist()
    cells = {i: split(body[filled[i]], dialect.delimiter) for i in gapped}
    places = {i: block.start + filled[i] + 1 for i in gapped}
    dropped = short_rows({places[i]: len(cells[i]) for i in gapped}, values)
    return Numbers(
        values=values,
        gaps=gaps_in(values, cells, places),
        dropped=tuple(dropped),
        rows_read=len(values),
        places=tuple(block.start + i + 1 for i in filled),
    )


def _padded(values: Floats, width: int) -> Floats:
    if values.shape[1] >= width:
        return values[:, :width]
    lacking = np.full((len(values), width - values.shape[1]), np.nan)
    return np.hstack([values, lacking])
