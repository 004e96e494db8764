"""The numbers of an instrument's file whose layout is stated: names, delimiter and decimal sign are known already."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np

from gzero.errors import FileError
from gzero.loaders.block import Floats, Numbers, gaps_in, numbers_of, short_rows
from gzero.loaders.cells import MAX_COLUMNS, MISSING, Row
from gzero.loaders.dialect import Dialect, split
from gzero.loaders.header import Header

#: Lines that are read one by one sooner than pandas is imported (0.3 s).
_FEW = 2000


def read_numbers(
    lines: Sequence[str], places: Sequence[int], header: Header, dialect: Dialect, *, path: str, comments: bool = False
) -> Numbers:
    """The numbers below a header, with an account of every cell that gave none.

    Parameters
    ----------
    lines : the lines of data.
    places : number of each line in the file, from 1.
    header : a name (which may be empty) for every column.
    comments : whether a line that begins with `#` is a remark.

    Raises
    ------
    FileError : a row holds a number beyond the last column, or most rows lack nearly all of their cells.
    """
    check_filled(len(lines), len(header.names), sum(map(len, lines)), path=path)
    found = _bulk(lines, places, header, dialect) if len(lines) > _FEW else None
    if found is not None:
        return found
    rows = (
        Row(
            number=place,
            cells=tuple(split(line.lstrip("#"), dialect.delimiter)),
            text=line,
            comment=comments and line.lstrip().startswith("#"),
        )
        for line, place in zip(lines, places, strict=True)
    )
    aligned = dialect.delimiter != " "
    width = len(header.names)
    return numbers_of(rows, header, width=width, decimal=dialect.decimal, aligned=aligned, path=path)


def check_filled(rows: int, columns: int, characters: int, *, path: str) -> None:
    """Refuse a table whose text is far too short for its cells: short rows below a header of thousands of names.

    Every cell but the last of a row takes a sign at least, its delimiter.

    Raises
    ------
    FileError : more than a million cells, and more than twice as many as there can be.
    """
    if rows * columns > 1_000_000 + 2 * (characters + rows):
        problem = f"{rows} rows of {columns} columns, in {characters} characters"
        raise FileError(problem, path=path, remedy="a damaged file? most of its rows end long before the last column")


def _bulk(lines: Sequence[str], places: Sequence[int], header: Header, dialect: Dialect) -> Numbers | None:
    """The numbers by pandas' C reader; None where the cells hold more than numbers, and must be looked at one by one."""
    import pandas as pd

    filled = [i for i, line in enumerate(lines) if line.strip()]
    width = len(header.names)
    blanks = dialect.delimiter == " "
    if blanks:
        widest = max(width, max((len(lines[i].split()) for i in filled), default=0))
    else:
        widest = max(width, 1 + max((lines[i].count(dialect.delimiter) for i in filled), default=0))
    if widest > MAX_COLUMNS or widest > 2 * width + 10:
        return None
    # exact to the last digit is the default from pandas 3.1 on, which deprecates asking for it
    modern = tuple(int(part) for part in pd.__version__.split(".")[:2]) >= (3, 1)
    try:
        frame = pd.read_csv(
            io.StringIO("\n".join(lines[i] for i in filled)),
            header=None,
            names=range(widest),
            index_col=False,
            sep=r"\s+" if blanks else dialect.delimiter,
            decimal=dialect.decimal,
            dtype=np.float64,
            na_values=sorted({"", *MISSING, *(m.upper() for m in MISSING), "NaN", "Inf", "-Inf"}),
            keep_default_na=False,
            skipinitialspace=True,
            skip_blank_lines=False,
            float_precision=None if modern else "round_trip",
            quoting=csv.QUOTE_NONE,
            engine="c",
        )
    except (ValueError, OverflowError):
        return None
    values: Floats = frame.to_numpy(dtype=np.float64, copy=True)
    values[np.isinf(values)] = np.nan
    bad = np.isnan(values)
    # rows without any number, and cells beyond the header's names, are told one by one
    if len(values) != len(filled) or bad.all(axis=1).any() or not bad[:, width:].all() or (blanks and bad.any()):
        return None
    values = values[:, :width]
    # a column that is empty from the first row to the last (Comment, X_Value) needs no account of its cells
    ends = [split(lines[filled[i]], dialect.delimiter) for i in (0, -1)]
    told = [j for j in range(width) if not bad[:, j].all() or any(j < len(row) and row[j] for row in ends)]
    gapped = np.flatnonzero(bad[:, told].any(axis=1)).tolist()
    cells = {i: split(lines[filled[i]], dialect.delimiter) for i in gapped}
    where = {i: places[filled[i]] for i in gapped}
    gaps = gaps_in(values, cells, where)
    values.setflags(write=False)
    return Numbers(
        values=values,
        gaps={j: gap for j, gap in gaps.items() if j in told},
        dropped=tuple(short_rows({where[i]: len(cells[i]) for i in gapped}, values)),
        rows_read=len(values),
        places=tuple(places[i] for i in filled),
    )
