"""The numbers of an instrument's file whose layout is stated: names, delimiter and decimal sign are known already."""

from __future__ import annotations

from collections.abc import Sequence

from gzero.errors import FileError
from gzero.loaders.block import numbers_of
from gzero.loaders.bulk import PLAIN, WORDS, Form, parse
from gzero.loaders.cells import Row
from gzero.loaders.dialect import Dialect, split
from gzero.loaders.header import Header
from gzero.loaders.tally import Numbers, Tally

#: Lines that are read one by one sooner than Arrow is imported (0.2 s).
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
    found = _bulk(lines, places, header, dialect, path=path) if len(lines) > _FEW else None
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


def _bulk(
    lines: Sequence[str], places: Sequence[int], header: Header, dialect: Dialect, *, path: str
) -> Numbers | None:
    """The numbers through Arrow; None where the cells hold more than numbers, and must be looked at one by one."""
    if places[-1] - places[0] != len(places) - 1:  # lines of several segments
        return None
    form = Form(dialect=dialect, columns=len(header.names), words=frozenset(), encoding="utf-8")
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    parsed = parse(data, form, PLAIN) or parse(data, form, WORDS)
    if parsed is None:
        return None
    tally = Tally(header, width=len(header.names), decimal=dialect.decimal, aligned=dialect.delimiter != " ", path=path)
    tally.add_parsed(parsed, places[0])
    return tally.numbers()
