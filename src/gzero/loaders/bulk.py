"""Lines of numbers by the million, through Arrow's CSV reader; whatever is not plain numbers is left to the reader of rows.

Arrow reads decimal numbers with correct rounding (fast_float, doi:10.1002/spe.2984), so that both readers give the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gzero.loaders.cells import MISSING, Kind, kind, number
from gzero.loaders.dialect import Dialect, comment_text, split
from gzero.loaders.growing import Floats
from gzero.loaders.pieces import Data
from gzero.loaders.tally import Parsed

#: Cells that are empty once their blanks are taken away.
_EMPTY = tuple(" " * i for i in range(9))
_WORDS = tuple(
    dict.fromkeys((*MISSING, *(m.upper() for m in MISSING), *(m.capitalize() for m in MISSING), "NaN", "-NaN"))
)

#: Ways of taking a piece, from the plainest on: with empty cells only, with words for missing values as well, with
#: exponents and minus signs of other writing.
PLAIN, WORDS, FOREIGN = range(3)

#: With one of these a comment may begin.
_SIGNS = frozenset("#%!/;")

#: Bytes that Arrow parses at a time. Each gives a column a piece of its own, so that many columns are parsed in one go.
_BLOCK, _MANY = 1 << 20, 64

_MINUS = "\N{MINUS SIGN}".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What lines must look like to be read in bulk.

    Parameters
    ----------
    columns : of the table; cells beyond them must be empty.
    words : the columns that hold words.
    encoding : of the bytes.
    """

    dialect: Dialect
    columns: int
    words: frozenset[int]
    encoding: str


def parse(data: Data, form: Form, way: int) -> Parsed | None:
    """The numbers in whole lines; None where they hold anything that has to be looked at row by row."""
    blanks = form.dialect.delimiter == " "
    if len(form.dialect.delimiter) > 1:
        return None
    quoted = b'"' in data
    if blanks and quoted:
        return None
    taken = _one_blank(data) if blanks else data
    if way == FOREIGN:
        taken = taken.replace(_MINUS, b"-") if form.encoding.startswith("utf-8") else taken
        taken = taken.replace(b"D", b"E").replace(b"d", b"e")
    width = _width(taken, form)
    if width is None:
        return None
    table = _read(taken, form, width, quoted=quoted, way=way)
    if table is None:
        return None
    return _Look(data, form, way, width, table).parsed()


def _width(data: Data, form: Form) -> int | None:
    """Cells of the first line."""
    end = min((at for at in (data.find(b"\n"), data.find(b"\r")) if at >= 0), default=len(data))
    cells = split(data[:end].decode("latin-1"), form.dialect.delimiter)
    if (
        len(cells) < 1
        or len(cells) > form.columns + 100
        or (len(cells) < form.columns and form.dialect.delimiter == " ")
    ):
        return None
    if form.words and max(form.words) >= len(cells):
        return None
    return len(cells)


def _one_blank(data: Data) -> Data:
    """The lines with one blank for each run of blanks and tabs, and none at their ends."""
    data = data.replace(b"\t", b" ")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    letters = np.frombuffer(data, dtype=np.uint8)
    if letters.size < 2:
        return data.strip(b" ")
    blank = letters == 32
    # a blank goes where another one, a line end or nothing stands before it, or a line end or nothing behind it
    edge = blank | (letters == 10)
    goes = blank.copy()
    goes[1:-1] &= edge[:-2] | (letters[2:] == 10)
    goes[-1] = blank[-1]
    if goes[1:-1].any() or goes[0] or goes[-1]:
        data = letters[~goes].tobytes()
    return data.replace(b" \n", b"\n").rstrip(b" ")


def _read(data: Data, form: Form, width: int, *, quoted: bool, way: int) -> Any | None:
    import pyarrow as pa
    from pyarrow import csv

    types = {f"f{j}": pa.binary() if j in form.words else pa.float64() for j in range(width)}
    try:
        return csv.read_csv(
            pa.BufferReader(data),
            read_options=csv.ReadOptions(
                column_names=list(types), block_size=_BLOCK if width < _MANY else len(data) + 1, use_threads=False
            ),
            parse_options=csv.ParseOptions(
                delimiter=form.dialect.delimiter,
                quote_char='"' if quoted else False,
                ignore_empty_lines=False,
            ),
            convert_options=csv.ConvertOptions(
                column_types=types,
                null_values=[*_EMPTY, *_WORDS] if way else list(_EMPTY),
                decimal_point=form.dialect.decimal,
                check_utf8=False,
            ),
            memory_pool=_pool(pa),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowKeyError, ValueError):
        return None


def _pool(pa: Any) -> Any:
    """Arrow's own pool reserves a gigabyte of addresses, which a process under `ulimit -v` may not have."""
    try:
        import resource
    except ImportError:  # Windows
        return pa.default_memory_pool()
    limited = resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY
    return pa.system_memory_pool() if limited else pa.default_memory_pool()


class _Look:
    """What Arrow made of some lines, checked against what the reader of rows would make of them."""

    def __init__(self, data: Data, form: Form, way: int, width: int, table: Any) -> None:
        self.data, self.form, self.way, self.width, self.table = data, form, way, width, table
        self.lines: int = table.num_rows
        self.blank = np.zeros(self.lines, dtype=bool)  # lines without any cell that holds something
        self.gaps: dict[int, Any] = {}  # by column, whether a line has no finite number in it
        self.empty_only: dict[int, bool] = {}

    def parsed(self) -> Parsed | None:
        """All of it; None where a line must be looked at more closely."""
        columns = {j: self._numbers(j) for j in range(self.width) if j not in self.form.words}
        words = {j: self._words(j) for j in sorted(self.form.words)}
        if not columns or any(texts is None for texts in words.values()) or not self._sound_commas():
            return None
        if not self._find_blank(columns, words):
            return None
        odd = self._odd()
        if odd is None or not self._fits(odd):
            return None
        kept = ~self.blank
        if self.blank.any():
            columns = {j: _masked(chunks, kept) for j, chunks in columns.items()}
            words = {j: [t for t, k in zip(texts or (), kept.tolist(), strict=True) if k] for j, texts in words.items()}
        empties = {j: self._empties(j) for j in self.gaps if j < self.form.columns and self.empty_only[j]}
        return Parsed(
            lines=self.lines,
            width=self.width,
            columns={j: chunks for j, chunks in columns.items() if j < self.form.columns},
            blank=np.flatnonzero(self.blank),
            empties={j: found for j, found in empties.items() if found[0]},
            odd=odd,
            words={j: texts for j, texts in words.items() if texts is not None},
            ends_in_words=self._ends_in_words(odd, words),
        )

    def _numbers(self, column: int) -> list[Floats]:
        chunked = self.table.column(column)
        chunks = [chunk.to_numpy(zero_copy_only=False) for chunk in chunked.chunks]
        gaps = [~np.isfinite(chunk) for chunk in chunks]
        if any(gap.any() for gap in gaps):
            self.gaps[column] = np.concatenate(gaps)
            chunks = [np.where(gap, np.nan, chunk) for gap, chunk in zip(gaps, chunks, strict=True)]
            self.empty_only[column] = self.way == PLAIN and self.gaps[column].sum() == chunked.null_count
        return chunks

    def _words(self, column: int) -> list[str] | None:
        """The texts of a column of words; None where one of them is a number, or begins a comment."""
        raw = [text or b"" for text in self.table.column(column).to_pylist()]
        texts: dict[bytes, str] = {}
        for text in dict.fromkeys(raw):
            if b"\n" in text or b"\r" in text:  # an open quote has joined lines
                return None
            try:
                word = text.decode(self.form.encoding)
            except ValueError:
                return None
            if column == 0 and word.lstrip(' \t"')[:1] in _SIGNS:
                return None
            word = word.strip().strip('"').strip()
            if number(word, self.form.dialect.decimal) is not None:
                return None
            texts[text] = word
        return [texts[text] for text in raw]

    def _sound_commas(self) -> bool:
        """Whether a digit stands behind each decimal comma: `1,` is no number, though Arrow takes it for one."""
        if self.form.dialect.decimal != ",":
            return True
        letters = np.frombuffer(self.data, dtype=np.uint8)
        if not letters.size or letters[-1] == 44:
            return False
        for start in range(0, len(letters), 1 << 18):
            part = letters[start : start + (1 << 18) + 1]
            if ((part[:-1] == 44) & ((part[1:] - 48) > 9)).any():  # unsigned: below "0" wraps around
                return False
        return True

    def _find_blank(self, columns: dict[int, list[Floats]], words: dict[int, list[str] | None]) -> bool:
        """Marks the lines that hold nothing; False where a line without a number holds something all the same."""
        if len(self.gaps) < len(columns):
            return True
        none = np.logical_and.reduce([self.gaps[j] for j in columns])
        if not none.any():
            return True
        if not all(self.empty_only[j] for j in columns):
            return False
        if any(texts is None or any(texts[i] for i in np.flatnonzero(none).tolist()) for texts in words.values()):
            return False
        self.blank = none
        return True

    def _empties(self, column: int) -> tuple[int, int]:
        lines = self.gaps[column] & ~self.blank
        return int(lines.sum()), int(lines.argmax())

    def _odd(self) -> tuple[tuple[int, Sequence[str], Sequence[int]], ...] | None:
        """The lines in which a word stands for a number, each split as the reader of rows splits it."""
        at: dict[int, list[int]] = {}
        for j, gaps in self.gaps.items():
            if not self.empty_only[j]:
                for line in np.flatnonzero(gaps).tolist():
                    at.setdefault(line, []).append(j)
        if not at:
            return ()
        data = self.data
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == 10)
        out = []
        for line, columns in sorted(at.items()):
            start = int(ends[line - 1]) + 1 if line else 0
            stop = int(ends[line]) if line < len(ends) else len(data)
            try:
                text = data[start:stop].decode(self.form.encoding)
            except ValueError:
                return None
            cells = split(text, self.form.dialect.delimiter)
            if len(cells) != self.width or comment_text(text, self.form.dialect.delimiter) is not None:
                return None
            out.append((line, cells, columns))
        return tuple(out)

    def _fits(self, odd: Sequence[tuple[int, Sequence[str], Sequence[int]]]) -> bool:
        """Whether the cells beyond the last column are empty."""
        decimal = self.form.dialect.decimal
        for j in range(self.form.columns, self.width):
            if j in self.form.words or not np.all(self.gaps.get(j, False)) or not self.empty_only[j]:
                return False
        # a cell that Arrow takes for no number must be none to the reader of rows, too
        return not any(number(cells[j], decimal) is not None for _, cells, columns in odd for j in columns)

    def _ends_in_words(
        self, odd: Sequence[tuple[int, Sequence[str], Sequence[int]]], words: dict[int, list[str] | None]
    ) -> bool:
        if not self.lines:
            return False
        last = [texts[-1] for texts in words.values() if texts]
        if odd and odd[-1][0] == self.lines - 1:
            last += [odd[-1][1][j] for j in odd[-1][2]]
        return any(kind(text, self.form.dialect.decimal) is Kind.TEXT for text in last)


def _masked(chunks: Sequence[Floats], kept: Any) -> list[Floats]:
    out, start = [], 0
    for chunk in chunks:
        out.append(chunk[kept[start : start + len(chunk)]])
        start += len(chunk)
    return out
