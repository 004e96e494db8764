"""Rows of a table as they come, one by one or in bulk: their numbers by column, and an account of all the rest."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FileError
from gzero.loaders.cells import Cell, Kind, Row, cell_text, is_rule_line, kind, names_columns, number
from gzero.loaders.growing import Columns, Floats
from gzero.loaders.header import Header
from gzero.loaders.places import Places
from gzero.loaders.table import Dropped

#: Comment lines between the rows that are kept for the metadata; more are counted.
_MAX_REMARKS = 10_000

#: Different words of a file that are held once, however often they come.
_MAX_WORDS = 10_000


@dataclass(slots=True, kw_only=True)
class Gaps:
    """The cells of one column that gave no number, while they are being counted.

    Parameters
    ----------
    texts : the words, by row from 0, while no cell of the column holds a number; "" in a row without.
    """

    empty: int = 0
    first_empty: int = 0
    words: int = 0
    first_word: int = 0
    example: str = ""
    texts: list[str] = field(default_factory=list)

    def add_empty(self, count: int, first: int) -> None:
        """Counts cells that hold nothing, the first of them in row `first` of the file."""
        if count:
            self.first_empty = min(self.first_empty, first) if self.empty else first
            self.empty += count

    def add_word(self, text: str, row: int, index: int | None) -> None:
        """Counts a word; it is kept where `index`, the row from 0, is given."""
        if not self.words:
            self.first_word, self.example = row, text
        self.words += 1
        if index is not None:
            self.texts += itertools.repeat("", index - len(self.texts))
            self.texts.append(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The rows of a block as numbers, before columns are chosen from them.

    Parameters
    ----------
    columns : read-only, NaN where a cell gave no number; None for a column without any number.
    gaps : by column, from 0, what those cells held.
    dropped : rows that were left out.
    rows : data rows that were kept.
    rows_read : data rows in the file, those left out included.
    places : number of each data row in the file, from 1.
    remarks : comment lines that stood between the rows.
    """

    columns: tuple[Floats | None, ...]
    gaps: dict[int, Gaps]
    dropped: tuple[Dropped, ...] = ()
    rows: int = 0
    rows_read: int = 0
    places: Sequence[int] = ()
    remarks: tuple[Row, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """Consecutive lines that were read in bulk, each with the same number of cells.

    Parameters
    ----------
    lines : how many, blank ones included.
    width : cells of each line.
    columns : by column, the numbers in pieces; without the blank lines.
    blank : the blank lines, from 0.
    empties : by column, the number of empty cells and the line of the first.
    odd : (line, cells, columns of the cells that gave no number) where those hold words.
    words : by column of words, its texts.
    kept : line of each row; None when no line is blank.
    ends_in_words : whether the last row holds a word that does not stand for a missing value.
    """

    lines: int
    width: int
    columns: dict[int, list[Floats]]
    blank: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    empties: dict[int, tuple[int, int]] = field(default_factory=dict)
    odd: tuple[tuple[int, Sequence[str], Sequence[int]], ...] = ()
    words: dict[int, list[str]] = field(default_factory=dict)
    ends_in_words: bool = False


class Tally:
    """Takes the rows of a table in the order of the file and counts what gave no number.

    Parameters
    ----------
    width : cells of an ordinary row.
    aligned : False where runs of blanks divide the cells, so that a short row does not say which cell it lacks.
    """

    def __init__(self, header: Header, *, width: int, decimal: str, aligned: bool, path: str) -> None:
        self.ordinary = len(header.names) or width
        self.aligned = aligned
        self.store = Columns(self.ordinary)
        self.ended = False  # whether another table has begun
        self._header, self._decimal, self._path = header, decimal, path
        self._numeric = True  # whether the row above held no words: among states and dates a row of words is no header
        self._gaps: dict[int, Gaps] = {}
        self._lengths: dict[int, list[int]] = {}  # cells of a row: first such row, how many
        self._lost: dict[str, list[tuple[int, str]]] = {}
        self._counts: dict[str, int] = {}
        self._remarks: list[Row] = []
        self._more_remarks = 0
        self._places = Places()
        self._pending: list[list[float]] = []
        self._known: dict[str, str] = {}

    def add_rows(self, rows: Iterable[Row]) -> None:
        """Takes rows one by one.

        Raises
        ------
        FileError : a row holds a number beyond the last column.
        """
        rest = iter(rows)
        for row in rest:
            if self.ended:
                self.add_further(int(_holds_number(row, self._decimal)) + sum(self._further(rest)))
            elif row.comment:
                self._add_remark(row)
            elif not row.blank and not (len(row.cells) == 1 and is_rule_line(row)):
                self._add_row(row)
        self._flush()

    def _further(self, rest: Iterator[Row]) -> Iterator[int]:
        return (_holds_number(row, self._decimal) for row in rest)

    def add_further(self, rows: int) -> None:
        """Counts rows of another table, which begins below this one."""
        self._counts["another table"] += rows

    def _add_row(self, row: Row) -> None:
        cells, ordinary, decimal = row.cells, self.ordinary, self._decimal
        if len(cells) == ordinary and _all_floats(cells):  # most rows of a large sheet
            self._numeric = True
            self._keep(row, list(cells))
            return
        found = [number(cell, decimal) for cell in cells[:ordinary]]
        rule = "short row" if not self.aligned and len(cells) < ordinary else None
        if not any(value is not None for value in found):
            rule = _reason_to_drop(cells, self._header, ordinary, decimal) or rule
            if rule == "text row" and self._numeric and names_columns(cells, ordinary, decimal):
                self._lose("another table", row.number, cells, count=0)
                self.ended = True
                return
        if rule:
            self._lose(rule, row.number, cells)
            return
        extra = [cell for cell in cells[ordinary:] if cell is not None and cell != ""] if len(cells) > ordinary else ()
        if any(number(cell, decimal) is not None for cell in extra):
            raise _over_long(cells, ordinary, row.number, named=bool(self._header.names), path=self._path)
        if extra:
            self._lose("extra text", row.number, extra)
        if None in found:
            self._numeric = not any(
                v is None and kind(c, decimal) is Kind.TEXT for v, c in zip(found, cells, strict=False)
            )
        else:
            self._numeric = True
        self._keep(row, self._with_gaps(found, cells, row.number))

    def _keep(self, row: Row, values: list[float]) -> None:
        self._add_length(len(row.cells), row.number, 1)
        self._places.add(row.number, 1)
        self._pending.append(values)

    def _with_gaps(self, found: list[float | None], cells: Sequence[Cell], row: int) -> list[float]:
        """The row with NaN where there is no number, and those cells counted."""
        out = []
        for j, value in enumerate(found):
            if value is None:
                self._add_gap(j, cells[j], row, self.store.length + len(self._pending))
                value = np.nan
            out.append(value)
        return out

    def _add_gap(self, column: int, cell: Cell, row: int, index: int) -> None:
        gaps, text = self._gaps.setdefault(column, Gaps()), cell_text(cell)
        if text:
            gaps.add_word(self._once(text), row, None if self.store.holds(column) else index)
        else:
            gaps.add_empty(1, row)

    def _once(self, text: str) -> str:
        return self._known.setdefault(text, text) if len(self._known) < _MAX_WORDS else self._known.get(text, text)

    def _flush(self) -> None:
        """The rows that wait into the columns."""
        lengths = [len(row) for row in self._pending]
        longest = max(lengths, default=0)
        if longest * len(lengths) <= 8 * sum(lengths) + 10_000:
            groups = [self._pending]
        else:  # a long row among many short ones would be padded to far more than there is
            groups = [list(rows) for _, rows in itertools.groupby(self._pending, len)]
        for rows in groups:
            width = max(map(len, rows), default=0)
            padded = [row if len(row) == width else row + [np.nan] * (width - len(row)) for row in rows]
            for j, column in enumerate(np.array(padded, dtype=np.float64).T):
                self.store.write(j, [column])
            self.store.advance(len(rows))
        self._forget_texts()
        self._pending = []

    def _forget_texts(self) -> None:
        """Words are kept for columns of words only."""
        for j, gaps in self._gaps.items():
            if gaps.texts and self.store.holds(j):
                gaps.texts = []

    def add_parsed(self, parsed: Parsed, first: int) -> None:
        """Takes lines that were read in bulk, the first of them line `first` of the file."""
        rows = parsed.lines - len(parsed.blank)
        before = self.store.length
        for j, chunks in parsed.columns.items():
            self.store.write(j, chunks)
        for j, (count, line) in parsed.empties.items():
            self._gaps.setdefault(j, Gaps()).add_empty(count, first + line)
        blank = parsed.blank
        for line, cells, columns in parsed.odd:
            index = before + line - int(np.searchsorted(blank, line))
            for j in columns:
                self._add_gap(j, cells[j], first + line, index)
        # runs of lines between the blank ones
        starts = np.concatenate([[0], blank + 1])
        counts = np.concatenate([blank, [parsed.lines]]) - starts
        for i in np.flatnonzero(counts).tolist():
            self._places.add(first + int(starts[i]), int(counts[i]))
        lines = np.delete(np.arange(parsed.lines), blank) if parsed.words else blank
        for j, texts in parsed.words.items():
            for i, text in enumerate(texts):
                self._add_gap(j, text, first + int(lines[i]), before + i)
        self.store.advance(rows)
        self._forget_texts()
        if rows:
            self._add_length(parsed.width, first + int(starts[counts > 0][0]), rows)
            self._numeric = not parsed.ends_in_words

    def _add_length(self, length: int, row: int, count: int) -> None:
        known = self._lengths.get(length)
        if known is None:
            self._lengths[length] = [row, count]
        else:
            known[1] += count

    def _lose(self, rule: str, row: int, cells: Sequence[Cell], *, count: int = 1) -> None:
        if rule not in self._counts:
            self._lost[rule], self._counts[rule] = [(row, _first_word(cells))], 0
        self._counts[rule] += count

    def _add_remark(self, row: Row) -> None:
        if len(self._remarks) < _MAX_REMARKS:
            self._remarks.append(row)
        else:
            self._more_remarks += 1

    def numbers(self) -> Numbers:
        """All that was taken; the tally ends with it."""
        self._count_lacking()
        columns = self.store.frozen(self.ordinary)
        dropped = [
            lost_rows(rule, *where[0], max(self._counts[rule], 1)) for rule, where in self._lost.items()
        ]  # a header of another table counts as one row where no number stands below it
        dropped += self._short_rows(columns)
        if self._more_remarks:
            reason = f"the first {_MAX_REMARKS} comment lines between the rows are kept as metadata; the others are not"
            dropped.append(Dropped(rule="comments", reason=reason, rows=self._more_remarks))
        lost = sum(count for rule, count in self._counts.items() if rule not in ("extra text", "another table"))
        return Numbers(
            columns=columns,
            gaps=self._gaps,
            dropped=tuple(dropped),
            rows=self.store.length,
            rows_read=self.store.length + lost,
            places=self._places.sequence(),
            remarks=tuple(self._remarks),
        )

    def _count_lacking(self) -> None:
        """The cells that short rows lack, as empty ones."""
        count, first = 0, 0
        lengths = sorted(self._lengths)
        for length, end in itertools.pairwise([*lengths, self.ordinary]):
            row, rows = self._lengths[length]
            first = min(first, row) if count else row
            count += rows
            for j in range(length, min(end, self.ordinary)):
                self._gaps.setdefault(j, Gaps()).add_empty(count, first)

    def _short_rows(self, columns: Sequence[Floats | None]) -> list[Dropped]:
        """The note on rows that end before the last column that holds numbers."""
        full = max((j + 1 for j, column in enumerate(columns) if column is not None), default=0)
        short = [where for length, where in self._lengths.items() if length < full]
        if not short:
            return []
        reason = f"row {min(row for row, _ in short)} ends before column {full}; the cells it lacks are NaN"
        return [Dropped(rule="short row", reason=reason, rows=sum(count for _, count in short))]


def _all_floats(cells: Sequence[Cell]) -> TypeGuard[Sequence[float]]:
    return set(map(type, cells)) == {float} and all(map(math.isfinite, cells))  # type: ignore[arg-type]


def _holds_number(row: Row, decimal: str) -> bool:
    return not row.comment and any(number(cell, decimal) is not None for cell in row.cells)


def _reason_to_drop(cells: Sequence[Cell], header: Header, width: int, decimal: str) -> str | None:
    """Why a row without a number is left out; None for a row of missing values, which stays."""
    if Kind.TEXT not in [kind(cell, decimal) for cell in cells[:width]]:
        return None
    if header.names and _is_header_again(cells, header):
        return "repeated header"
    return "text row"


def _is_header_again(cells: Sequence[Cell], header: Header) -> bool:
    texts = [cell_text(cell) for cell in cells][: len(header.names)]
    return all(text.startswith(name) for text, name in zip(texts, header.names, strict=False)) and bool(texts[0])


def _first_word(cells: Sequence[Cell]) -> str:
    return next((cell_text(cell) for cell in cells if cell_text(cell)), "")


def _over_long(cells: Sequence[Cell], width: int, row: int, *, named: bool, path: str) -> FileError:
    expected = f"the header names {width}" if named else f"the rows above have {width}"
    return FileError(
        f"{len(cells)} cells where {expected}",
        path=path,
        row=row,
        remedy="a decimal comma, a missing name in the header, or a second table that belongs in its own file?",
    )


_LOST = {
    "text row": "holds text only",
    "repeated header": "repeats the header",
    "short row": "has too few cells, and blanks do not say which are missing",
    "another table": "begins another table, which was not read: save it to a file of its own",
    "extra text": "holds text beyond the last column, which was ignored",
}


def lost_rows(rule: str, row: int, example: str, count: int) -> Dropped:
    """The note on rows that were left out by one rule, the first of them in row `row` of the file."""
    if rule == "another table":
        return Dropped(rule=rule, reason=f"row {row} ('{short(example)}') {_LOST[rule]}", rows=count)
    more = f", and {count - 1} more" if count > 1 else ""
    return Dropped(rule=rule, reason=f"row {row} {_LOST[rule]} ('{short(example)}'){more}", rows=count)


def short(text: str) -> str:
    """A text as a note quotes it."""
    text = " ".join(text[:400].split())
    return text if len(text) <= 40 else text[:37] + "..."
