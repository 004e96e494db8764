"""From lines to the tally of their numbers: in bulk where they hold numbers only, row by row where they do not."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from gzero.errors import FileError
from gzero.loaders.bulk import FOREIGN, PLAIN, WORDS, Form, parse
from gzero.loaders.cells import MAX_COLUMNS, Block, Kind, Row, kind
from gzero.loaders.dialect import Dialect, comment_text, split
from gzero.loaders.pieces import Data, TextFile
from gzero.loaders.tally import Parsed, Tally

#: A part of a piece that is no larger is read row by row where it holds more than numbers.
SMALLEST = 1 << 16

_PARTS = 8

#: Pieces that are parsed at a time.
_AHEAD = min(os.cpu_count() or 1, 4)
_LINE_END = re.compile(r"\r\n|\n|\r")


def rows_of(lines: Sequence[str], dialect: Dialect, *, first: int = 0, path: str) -> list[Row]:
    """The cells of lines, the first of them line `first + 1` of the file.

    Raises
    ------
    FileError : a line has more cells than any table has columns.
    """
    out = []
    for i, line in enumerate(lines, first + 1):
        remark = comment_text(line, dialect.delimiter)
        text = line if remark is None else remark
        if len(text) > MAX_COLUMNS and _count(text, dialect.delimiter) > MAX_COLUMNS:
            if remark is None:
                problem = (
                    f"{_count(text, dialect.delimiter)} cells in one row are more than any table has ({MAX_COLUMNS})"
                )
                raise FileError(problem, path=path, row=i, remedy="is the delimiter right?")
            cells: tuple[str, ...] = (text,)
        else:
            cells = tuple(split(text, dialect.delimiter))
        out.append(Row(number=i, cells=cells, text=text, comment=remark is not None))
    return out


def _count(text: str, delimiter: str) -> int:
    return len(text.split()) if delimiter == " " else len(text.split(delimiter))


def read_body(file: TextFile, tally: Tally, rows: Sequence[Row], block: Block, dialect: Dialect) -> None:
    """All rows of a table, from its first one in the head of the file on.

    Raises
    ------
    FileError : a row holds a number beyond the last column, a line is longer than any table's, or null bytes.
    """
    head = rows[block.start :]
    words = frozenset(_word_columns(head, tally.ordinary, dialect))
    # cells that run over several lines are joined in the head only
    start = len(rows) if any('"' in row.text for row in head[:200]) else block.start
    tally.add_rows(rows[block.start : start])
    offset = file.offset(start)
    file.line = start + 1
    form = Form(dialect=dialect, columns=tally.ordinary, words=words, encoding=file.body)
    body = _Body(file, tally, form)
    seen = file.head[offset:]
    lines = max(seen.count(b"\n"), seen.count(b"\r"))
    tally.store.expect(int(lines / file.progress * 1.02) + 100)
    with ThreadPoolExecutor(_AHEAD) as workers:
        for piece, ahead in _read_ahead(file, offset, lambda piece: workers.submit(parse, piece, form, body.way)):
            parsed = ahead.result()
            if parsed is None or tally.ended:
                body.take(piece)
            else:
                body.add(parsed)
            tally.store.expect(int(tally.store.length / file.progress * 1.01) + 100)


def _read_ahead(
    file: TextFile, offset: int, submit: Callable[[Data], Future[Parsed | None]]
) -> Iterator[tuple[Data, Future[Parsed | None]]]:
    """The pieces in their order, each with what is being made of it; the next ones are read and parsed meanwhile."""
    waiting: deque[tuple[Data, Future[Parsed | None]]] = deque()
    pieces = file.pieces(offset)
    while True:
        line = file.line
        try:
            piece = next(pieces, None)
        except FileError as error:
            yield from waiting
            # the row was counted from the last line that had been taken then
            row = None if error.row is None else error.row - line + file.line
            raise FileError(error.problem, path=error.path, row=row, remedy=error.remedy) from None
        if piece is None:
            yield from waiting
            return
        waiting.append((piece, submit(piece)))
        if len(waiting) > _AHEAD:
            yield waiting.popleft()


def _word_columns(rows: Sequence[Row], count: int, dialect: Dialect) -> Iterator[int]:
    """The columns that hold words and no number, as far as the head shows."""
    rows = rows[: 20 + 100_000 // count]
    for j in range(count):
        kinds = {kind(row.cells[j], dialect.decimal) for row in rows if not row.comment and j < len(row.cells)}
        if Kind.TEXT in kinds and Kind.NUMBER not in kinds:
            yield j


class _Body:
    def __init__(self, file: TextFile, tally: Tally, form: Form) -> None:
        self.file, self.tally, self.form = file, tally, form
        self.way = PLAIN  # in which the last lines could be taken

    def take(self, data: Data, size: int | None = None) -> None:
        """Takes whole lines: at once, else in smaller and smaller parts, the smallest row by row."""
        size = len(data) if size is None else size
        if self._in_bulk(data):
            return
        if size <= SMALLEST:
            self._row_by_row(data)
            return
        size = max(size // _PARTS, SMALLEST)
        for part in _parts(data, size):
            self.take(part, size)

    def _in_bulk(self, data: Data) -> bool:
        form, tally = self.form, self.tally
        if tally.ended:  # only the rows of the other table count
            width = len(split(data[: data.find(b"\n")].decode("latin-1"), form.dialect.delimiter))
            form = Form(dialect=form.dialect, columns=width, words=frozenset(), encoding=form.encoding)
        for way in sorted((PLAIN, WORDS, FOREIGN), key=lambda way: way != self.way):
            if way == FOREIGN and not (b"D" in data or b"d" in data or not data.isascii()):
                continue
            parsed = parse(data, form, way)
            if parsed is None:
                continue
            self.way = way
            if tally.ended:
                tally.add_further(parsed.lines - len(parsed.blank))
                self.file.line += parsed.lines
            else:
                self.add(parsed)
            return True
        return False

    def add(self, parsed: Parsed) -> None:
        """Takes lines that have been parsed."""
        self.tally.add_parsed(parsed, self.file.line)
        self.file.line += parsed.lines

    def _row_by_row(self, data: Data) -> None:
        lines = _LINE_END.split(self.file.text(data, self.file.line))
        if data[-1:] in (b"\n", b"\r"):
            del lines[-1]
        rows = rows_of(lines, self.form.dialect, first=self.file.line - 1, path=self.file.path)
        self.tally.add_rows(rows)
        self.file.line += len(lines)


def _parts(data: Data, size: int) -> Iterator[Data]:
    """The lines in parts of about `size` bytes."""
    start = 0
    while start < len(data):
        stop = start + size
        ends = [at for at in (data.find(b"\n", stop - 1), data.find(b"\r", stop - 1)) if at >= 0]
        stop = min(ends) + 1 if ends and stop < len(data) else len(data)
        if data[stop - 1 : stop + 1] == b"\r\n":
            stop += 1
        yield data[start:stop]
        start = stop
