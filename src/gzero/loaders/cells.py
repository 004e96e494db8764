"""Rows of cells, whatever file they stood in: which are numbers, and where the table of numbers begins."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from gzero.errors import ColumnError, FileError

Cell = str | float | None

#: More columns than any sweep has; a wider table is a damaged or a hostile file.
MAX_COLUMNS = 20_000

_MISSING_WORDS = """
nan -nan +nan nan() 1.#qnan -1.#qnan 1.#ind -1.#ind 1.#inf -1.#inf inf -inf +inf infinity -infinity
na n/a n.a. #n/a #na null none nil missing - -- --- ---- ----- ? * ** ***
#ref #ref! #div/0! #value! #num! #name? #null! err error #err
ovld -ovld ovfl ovl ovflw overflow -overflow +overflow overload overrange over ol o.l. -ol
"""

#: Cells, in lower case, by which instruments and programs say that there is no number.
MISSING = frozenset(_MISSING_WORDS.split())

#: A number with a decimal point or a decimal comma; E or D exponents. Thousands separators are never guessed.
_NUMBERS = {
    ".": re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?", re.ASCII),
    ",": re.compile(r"[+-]?(?:\d+(?:,\d+)?|,\d+)(?:[eEdD][+-]?\d+)?", re.ASCII),
}

#: No instrument writes more digits; working out a million of them takes minutes.
_LONGEST_NUMBER = 100

_RULE_LINE = re.compile(r"[-=_+|*~.:\s]+")


class Kind(Enum):
    """What one cell holds."""

    EMPTY = "-"
    NUMBER = "N"
    MISSING = "M"
    TEXT = "T"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as it stands in the file.

    Parameters
    ----------
    number : its line or sheet row, from 1.
    cells : stripped texts, finite numbers, or None.
    text : the line itself, where another way of splitting it may fit better; empty for a spreadsheet.
    comment : whether it began with a comment sign (which cells and text no longer hold).
    """

    number: int
    cells: tuple[Cell, ...]
    text: str = ""
    comment: bool = False

    @property
    def blank(self) -> bool:
        """Whether no cell holds anything."""
        return all(cell is None or cell == "" for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Where the numbers stand.

    Parameters
    ----------
    start, last : index of the first data row, and of the last that was seen.
    width : cells of an ordinary row.
    peeled : indices of rows of numbers directly above that belong to the lines above.
    others : (first index, last index) of other tables above.
    """

    start: int
    width: int
    last: int
    peeled: tuple[int, ...] = ()
    others: tuple[tuple[int, int], ...] = ()


def number(cell: Cell, decimal: str) -> float | None:
    """The finite number in a cell, or None.

    >>> number("1,5e-3", ","), number("1.0D-3", "."), number("1,234.5", "."), number("inf", ".")
    (0.0015, 0.001, None, None)
    """
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else None
    if not cell or len(cell) > _LONGEST_NUMBER:
        return None
    if "\N{MINUS SIGN}" in cell:
        cell = cell.replace("\N{MINUS SIGN}", "-")
    if not _NUMBERS[decimal].fullmatch(cell):
        return None
    if decimal == ",":
        cell = cell.replace(",", ".")
    if "d" in cell or "D" in cell:
        cell = cell.replace("d", "e").replace("D", "e")
    value = float(cell)
    return value if math.isfinite(value) else None


def kind(cell: Cell, decimal: str) -> Kind:
    """What a cell holds, read with the given decimal sign."""
    if cell is None or cell == "":
        return Kind.EMPTY
    if number(cell, decimal) is not None:
        return Kind.NUMBER
    if isinstance(cell, float) or not cell.strip("*"):
        return Kind.MISSING
    if cell.lower() in MISSING and cell != "nA":  # the nanoampere of a units row, not "not available"
        return Kind.MISSING
    return Kind.TEXT


def cell_text(cell: Cell) -> str:
    """A cell as text; whole numbers without a trailing point."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return cell


def is_rule_line(row: Row) -> bool:
    """Whether a row only draws a line ("-----", "|---|---|")."""
    texts = [cell_text(cell) for cell in row.cells]
    joined = "".join(texts)
    return len(joined) > 1 and _RULE_LINE.fullmatch(joined) is not None


def find_block(rows: Sequence[Row], *, decimal: str, path: str, after: int | None = None) -> Block:
    """Where the largest table of numbers stands.

    A run is a stretch of rows that hold a number; blank rows, comments and rows of missing values do not end it.
    The run with most numbers wins; an earlier run of the same pattern belongs to it.

    Parameters
    ----------
    rows : all rows, or the first of a long file.
    decimal : "." or ",".
    after : row number of a header that the user named; the block then begins below it.

    Raises
    ------
    FileError : no row holds a number, the file is prose, or a row is wider than any table.
    ColumnError : the row that `after` names is not there, or is blank.
    """
    if after is not None and not any(row.number == after and not row.blank for row in rows):
        raise ColumnError("no header in this row", path=path, row=after, remedy="rows count from 1; 0 for no header")
    kinds = {i: tuple(kind(cell, decimal) for cell in row.cells) for i, row in enumerate(rows) if not row.comment}
    for i, cells in kinds.items():
        if len(cells) > MAX_COLUMNS:
            problem = f"{len(cells)} cells in one row are more than any table has ({MAX_COLUMNS})"
            raise FileError(problem, path=path, row=rows[i].number, remedy="is the delimiter right?")
    first = 0 if after is None else next((i for i, row in enumerate(rows) if row.number > after), len(rows))
    runs = _runs(rows, kinds, first)
    if not runs:
        remedy = "is this the data file? if so, name its delimiter and decimal sign"
        raise FileError("no number in it", path=path, remedy=remedy)
    weight = {id(run): sum(kinds[i].count(Kind.NUMBER) for i in run) for run in runs}
    best = max(reversed(runs), key=lambda run: _even_weight(run, kinds))
    texts = sum(kinds[i].count(Kind.TEXT) for i in best)
    if weight[id(best)] < 0.2 * texts:
        raise FileError("no table of numbers in it", path=path, remedy="is this the data file?")
    pattern = _pattern(best, kinds)
    width = _usual_width(best, kinds)
    run = runs[0] if after is not None else _first_of(runs, best, rows, kinds, width)
    kept = run if after is not None else _peel(rows, run, kinds, pattern)
    peeled = tuple(i for i in run[: len(run) - len(kept)] if kinds[i][0] is Kind.NUMBER)
    above = [one for one in runs if one[-1] < run[0] and len(one) >= 3 and _pattern(one, kinds).startswith("NN")]
    return Block(
        start=kept[0],
        width=_usual_width(kept, kinds),
        last=best[-1],
        peeled=peeled,
        others=tuple((one[0], one[-1]) for one in above),
    )


def _even_weight(run: Sequence[int], kinds: dict[int, tuple[Kind, ...]]) -> int:
    """The numbers in those rows of a run that are as wide as most: settings, each with its own number of values, are no table."""
    width = _usual_width(run, kinds)
    return sum(kinds[i].count(Kind.NUMBER) for i in run if len(kinds[i]) == width)


def _usual_width(run: Sequence[int], kinds: dict[int, tuple[Kind, ...]]) -> int:
    widths = Counter(len(kinds[i]) for i in run[:200])
    return max(widths, key=lambda w: (widths[w], w))


def names_columns(cells: Sequence[Cell], width: int, decimal: str) -> bool:
    """Whether a row between numbers has the look of another table's header: a different word for each column."""
    words = [
        cell for cell in cells if isinstance(cell, str) and cell[:1].isalpha() and kind(cell, decimal) is Kind.TEXT
    ]
    return len(words) >= 2 and len(words) == len(cells) == width and len(set(words)) == len(words)


def _words(run: Sequence[int], rows: Sequence[Row], kinds: dict[int, tuple[Kind, ...]]) -> set[tuple[int, Cell]]:
    """(column, word) of the words in a run."""
    return {(j, rows[i].cells[j]) for i in run for j, k in enumerate(kinds[i]) if k is Kind.TEXT}


def _first_of(
    runs: list[list[int]], best: list[int], rows: Sequence[Row], kinds: dict[int, tuple[Kind, ...]], width: int
) -> list[int]:
    """The earliest run of the table of which `best` is the longest: same pattern, and no new header between them."""
    first, pattern = best, _pattern(best, kinds)
    for run in reversed([run for run in runs if run[0] < best[0]]):
        between = [rows[i] for i in range(run[-1] + 1, first[0]) if i in kinds]
        header = next((rows[i].cells for i in range(run[0] - 1, -1, -1) if i in kinds and not rows[i].blank), ())
        # the decimal sign decides which cells are numbers, never which are words: a point serves for both here
        new = any(names_columns(row.cells, width, ".") and row.cells != header for row in between)
        # a column of states ("OK") goes on behind a point that failed ("FAIL, overrun"); behind a header it does not
        if new and _words(run[-20:], rows, kinds) & _words(first[:20], rows, kinds):
            new = False
        if new or _pattern(run, kinds) != pattern:
            break
        first = run
    return first


def _runs(rows: Sequence[Row], kinds: dict[int, tuple[Kind, ...]], first: int) -> list[list[int]]:
    runs: list[list[int]] = []
    current: list[int] = []
    for i, cells in kinds.items():
        if i < first or all(cell is Kind.EMPTY for cell in cells):
            continue
        missing = Kind.MISSING in cells and Kind.TEXT not in cells
        if Kind.NUMBER in cells or (missing and not is_rule_line(rows[i])):
            current.append(i)
        elif not (len(cells) == 1 and is_rule_line(rows[i])):
            runs.append(current)
            current = []
    runs.append(current)
    return [run for run in runs if any(Kind.NUMBER in kinds[i] for i in run)]


def _pattern(run: Sequence[int], kinds: dict[int, tuple[Kind, ...]]) -> str:
    """What most rows of a run hold, a letter a column: "N" number, "T" text, "-" neither."""
    sample = [kinds[i] for i in run[:50]]
    out = []
    for column in range(max(len(cells) for cells in sample)):
        found = [cells[column] for cells in sample if column < len(cells)]
        half = 0.5 * len(sample)
        letter = next((k.value for k in (Kind.NUMBER, Kind.TEXT) if found.count(k) >= half), "-")
        out.append(letter)
    return "".join(out).rstrip("-")


def _peel(rows: Sequence[Row], run: list[int], kinds: dict[int, tuple[Kind, ...]], pattern: str) -> list[int]:
    """The run without rows at its beginning that belong to the lines above it.

    Those are rows that start with a word where the others start with a number (`Temperature 300`), and rows with less
    than half the cells (a count of points on a line of its own).
    """
    filled = Counter(len([c for c in kinds[i] if c is not Kind.EMPTY]) for i in run[:50]).most_common(1)[0][0]
    for position, i in enumerate(run):
        cells = kinds[i]
        place = next(c for c, k in enumerate(cells) if k is not Kind.EMPTY)
        word = cells[place] is Kind.TEXT and cell_text(rows[i].cells[place])[0].isalpha()
        word = word and place < len(pattern) and pattern[place] == Kind.NUMBER.value
        few = 2 * len([c for c in cells if c is not Kind.EMPTY]) < filled
        if not word and not few:
            return run[position:]
    return run
