"""Tables that have been read, a piece at a time: along their rows, or along columns that stand beside each other.

A piece looks at the numbers of the whole and copies none. Where those lie in a file (`room`), the pages of a piece go when
the next one is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from gzero.loaders import room
from gzero.loaders.table import Pieces, Table


def rows_of(table: Table, first: int, last: int) -> Table:
    """The rows of a table from `first` up to `last` (not included), counted from 0; it says as before how many were read."""
    return replace(
        table,
        columns=tuple(replace(c, values=c.values[first:last]) for c in table.columns),
        labels={name: texts[first:last] for name, texts in table.labels.items()},
        row_numbers=table.row_numbers[first:last],
    )


def cut_rows(table: Table, numbers: int) -> Pieces:
    """A table in pieces of whole rows, about so many numbers each."""
    step = max(2, numbers // len(table.columns))

    def cut() -> Iterator[Table]:
        for first, last in _even(table.rows, step):
            yield rows_of(table, first, last)
            room.rest(*(c.values for c in table.columns))

    return cut


def cut_columns(table: Table, beside: Sequence[int], numbers: int) -> Pieces:
    """A table in pieces that share all columns but those that stand beside each other: two of them at least in each.

    Parameters
    ----------
    beside : places of those columns, in order.  numbers : of a piece, about.
    """
    step, several = max(2, numbers // max(table.rows, 1)), frozenset(beside)

    def cut() -> Iterator[Table]:
        for first, last in _even(len(beside), step):
            mine = frozenset(beside[first:last])
            yield replace(table, columns=tuple(c for i, c in enumerate(table.columns) if i in mine or i not in several))
            room.rest(*(c.values for c in table.columns))

    return cut


def _even(size: int, step: int) -> Iterator[tuple[int, int]]:
    """Stretches that fill so many places, as long as each other, none shorter than a step."""
    count = max(1, size // step)
    return pairwise(size * i // count for i in range(count + 1))
