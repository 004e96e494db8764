"""Where the numbers of a large file lie while its pieces are worked on: one file of float64, which every worker maps.

A worker then holds the columns that its piece looks at, and the file is read once, by whoever comes first. A shelf is
never needed: where it cannot be written, each worker reads the file for itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from gzero.loaders.places import Places
from gzero.loaders.room import AT_ONCE, pieces, rest
from gzero.loaders.table import Column, Coordinate, Dropped, Origin, Table

#: Bytes of numbers from which it is worth it.
LEAST = 1 << 25

NAME = "batch.scratch"


class Shelf:
    """The place of one file's numbers.

    Parameters
    ----------
    directory : "" for no shelf.  key : of the job whose file it is.
    """

    def __init__(self, directory: str, key: str) -> None:
        self._numbers = Path(directory, f"{key}.f8") if directory else None
        self._words = Path(directory, f"{key}.json")

    def table(self) -> Table | None:
        """The table that lies here; None where there is none."""
        if self._numbers is None:
            return None
        try:
            said = json.loads(self._words.read_text("ascii"))
            # unlike an array of `numpy.memmap`, a view of it is an ordinary array
            mapped = np.asarray(np.memmap(self._numbers, np.float64, "r", shape=(len(said["columns"]), said["rows"])))
        except (OSError, ValueError, KeyError):
            return None
        return _table(said, mapped)

    def shared(self, table: Table) -> Table:
        """The same table with its numbers on the shelf; the table itself where it is small, or there is no room."""
        if self._numbers is None or sum(column.values.nbytes for column in table.columns) < LEAST:
            return table
        mark = secrets.token_hex(4)
        beside = [place.with_suffix(f".{mark}{place.suffix}") for place in (self._numbers, self._words)]
        try:
            if not self._words.exists():
                # not on another computer, where the directory of the results is none
                self._numbers.parent.mkdir(exist_ok=True)
                with beside[0].open("wb") as stream:
                    _lay_down(table, stream)
                beside[1].write_text(json.dumps(_said(table)), "ascii")
                os.replace(beside[0], self._numbers)
                os.replace(beside[1], self._words)
        except OSError:
            for place in beside:
                with contextlib.suppress(OSError):
                    place.unlink()
            return table
        return self.table() or table


def clear(directory: str) -> None:
    """Take a whole shelf away."""
    if directory:
        shutil.rmtree(directory, ignore_errors=True)


def _lay_down(table: Table, stream: BinaryIO) -> None:
    """The columns one behind the other; what lies in a file already is never all in memory."""
    since = 0
    for column in table.columns:
        for at in pieces(table.rows):
            np.ascontiguousarray(column.values[at]).tofile(stream)
            since += at.stop - at.start
            if since >= AT_ONCE:
                since = 0
                rest(*(c.values for c in table.columns))


def _said(table: Table) -> dict[str, Any]:
    """Everything but the numbers."""
    origin = table.origin
    return {
        "rows": table.rows,
        "columns": [
            [c.name, c.unit_text, c.source, c.coordinate and [c.coordinate.name, c.coordinate.value, c.coordinate.unit_text]]
            for c in table.columns
        ],
        "metadata": dict(table.metadata),
        "labels": {name: list(texts) for name, texts in table.labels.items()},
        "runs": _runs(table.row_numbers),
        "origin": {
            "path": origin.path, "sha256": origin.sha256, "loader": origin.loader, "options": dict(origin.options),
            "dropped": [[d.rule, d.reason, d.rows] for d in origin.dropped], "rows_read": origin.rows_read,
            "parts": {name: list(names) for name, names in origin.parts.items()},
        },
    }  # fmt: skip


def _table(said: dict[str, Any], numbers: np.ndarray[Any, np.dtype[np.float64]]) -> Table:
    columns = []
    for values, (name, unit, source, place) in zip(numbers, said["columns"], strict=True):
        at = None if place is None else Coordinate(name=place[0], value=place[1], unit_text=place[2])
        columns.append(Column(name=name, unit_text=unit, values=values, source=source, coordinate=at))
    places = Places()
    for first, count in said["runs"]:
        places.add(first, count)
    origin = dict(said["origin"])
    origin["dropped"] = tuple(Dropped(rule=rule, reason=why, rows=rows) for rule, why, rows in origin["dropped"])
    origin["parts"] = {name: tuple(names) for name, names in origin["parts"].items()}
    return Table(
        columns=tuple(columns),
        metadata=said["metadata"],
        origin=Origin(**origin),
        labels={name: tuple(texts) for name, texts in said["labels"].items()},
        row_numbers=places.sequence() if said["runs"] else (),
    )


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Row numbers as (first, count) of consecutive ones."""
    if not len(numbers):
        return []
    listed = np.fromiter(numbers, np.int64, len(numbers))
    starts = np.concatenate([[0], np.flatnonzero(np.diff(listed) != 1) + 1])
    counts = np.diff([*starts.tolist(), listed.size])
    return list(zip(listed[starts].tolist(), counts.tolist(), strict=True))
