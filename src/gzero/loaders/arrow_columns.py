"""Arrow's columns, piece by piece, to columns of float64 and labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FileError
from gzero.loaders.header import name_and_unit
from gzero.loaders.room import rest, room
from gzero.loaders.source import check_growth
from gzero.loaders.table import Column, Dropped

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]

#: Integers beyond this are not all numbers of float64.
EXACT = 1 << 53

#: The longest text of a label.
MAX_TEXT = 2000

#: What pandas calls an index without a name, by its beginning.
PANDAS_INDEX = "__index_level_"

SECONDS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


def _kind(kind: pa.DataType) -> str | None:
    """ "number", "text", "time" (a point in time), "duration"; None for what is no column of a table."""
    from pyarrow import types as t

    if t.is_dictionary(kind):
        inside = _kind(kind.value_type)
        return inside if inside in ("number", "text") else None
    if t.is_integer(kind) or t.is_floating(kind) or t.is_decimal(kind) or t.is_boolean(kind) or t.is_null(kind):
        return "number"
    if t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind):
        return "text"
    if t.is_timestamp(kind) or t.is_date(kind):
        return "time"
    return "duration" if t.is_duration(kind) or t.is_time(kind) else None


def kept_fields(schema: pa.Schema) -> tuple[list[int], list[str]]:
    """Places of the fields that can be columns or labels, and a note on each of the others."""
    kept, left_out = [], []
    for i, one in enumerate(schema):
        if _kind(one.type) is None:
            left_out.append(f"'{one.name[:60]}' ({str(one.type)[:40]})")
        else:
            kept.append(i)
    return kept, left_out


@dataclass(slots=True, kw_only=True)
class Filling:
    """Columns while batches are read into them: allocated once, read-only when `columns` hands them out.

    Parameters
    ----------
    fields : places in the schema of the fields that are read.
    rows : that the file states.
    left_out : notes on the fields that are not read.
    """

    schema: pa.Schema
    fields: list[int]
    rows: int
    left_out: list[str]
    path: str
    filled: int = 0
    unpacked: int = 0
    values: Floats = field(init=False)
    texts: dict[int, list[str]] = field(default_factory=dict)
    first: dict[int, int] = field(default_factory=dict)
    nulls: dict[int, int] = field(default_factory=dict)
    beyond: dict[int, int] = field(default_factory=dict)
    places: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        numeric = [i for i in self.fields if not self.is_text(self.schema.field(i).type)]
        self.places = {i: j for j, i in enumerate(numeric)}
        self.values = room(len(numeric), self.rows)
        self.texts = {i: [] for i in self.fields if i not in self.places}

    @staticmethod
    def is_text(kind: pa.DataType) -> bool:
        """Whether a field becomes labels."""
        return _kind(kind) == "text"

    def add(self, batch: pa.RecordBatch, columns: list[int]) -> None:
        """The next rows.

        Parameters
        ----------
        columns : where in the batch each of `fields` stands.

        Raises
        ------
        FileError : more rows than are stated.
        """
        count = batch.num_rows
        if self.filled + count > self.rows:
            raise FileError(f"damaged: more than the {self.rows} rows that are stated", path=self.path)
        for i, column in zip(self.fields, columns, strict=True):
            array = batch.column(column)
            if i in self.texts:
                self._texts(i, array)
            else:
                self._numbers(i, array, self.values[self.places[i], self.filled : self.filled + count])
        self.filled += count
        rest(self.values)

    def _numbers(self, i: int, array: Any, out: Floats) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc
        from pyarrow import types as t

        self.nulls[i] = self.nulls.get(i, 0) + array.null_count
        if t.is_dictionary(array.type):
            array = array.dictionary_decode()
        kind = array.type
        if t.is_null(kind):
            out[:] = np.nan
        elif _kind(kind) in ("time", "duration"):
            self._seconds(i, array, out)
        else:
            if t.is_int64(kind) or t.is_uint64(kind):
                held = array.fill_null(0).to_numpy(zero_copy_only=False)
                self.beyond[i] = self.beyond.get(i, 0) + int(((held > EXACT) | (held < -EXACT)).sum())
            if t.is_boolean(kind):
                array = pc.cast(array, pa.int8())
            if not t.is_float64(array.type):
                array = pc.cast(array, pa.float64(), safe=False)
            out[:] = array.to_numpy(zero_copy_only=False)

    def _seconds(self, i: int, array: Any, out: Floats) -> None:
        """Points in time as seconds since the column's first, durations and times of day as seconds."""
        import pyarrow as pa
        import pyarrow.compute as pc
        from pyarrow import types as t

        kind = array.type
        if t.is_date32(kind):
            per_second = 1 / 86400.0
            whole = pc.cast(pc.cast(array, pa.int32()), pa.int64())
        else:
            per_second = SECONDS["ms" if t.is_date64(kind) else kind.unit]
            whole = pc.cast(pc.cast(array, pa.int32()) if t.is_time32(kind) else array, pa.int64())
        missing = whole.is_null().to_numpy(zero_copy_only=False)
        ticks = whole.fill_null(0).to_numpy(zero_copy_only=False)
        if _kind(kind) == "time":
            if i not in self.first and not missing.all():
                self.first[i] = int(ticks[~missing][0])
            with np.errstate(over="ignore"):
                ticks = ticks - np.int64(self.first.get(i, 0))
        out[:] = ticks / per_second
        out[missing] = np.nan

    def _texts(self, i: int, array: Any) -> None:
        """Texts, empty where null; what a dictionary repeats is held once."""
        from pyarrow import types as t

        if t.is_dictionary(array.type):
            words = [_text(word) for word in array.dictionary.to_pylist()]
            found = ["" if place is None else words[place] for place in array.indices.to_pylist()]
        else:
            # texts stored as differences may unpack to any length: the sum is what counts
            self.unpacked += array.nbytes
            check_growth(self.path, self.unpacked // 8, what="one of its columns of text")
            found = [_text(one.as_py()) for one in array]
        self.texts[i] += found

    def columns(self) -> tuple[Column, ...]:
        """The columns that hold a number."""
        self.values.setflags(write=False)
        out = []
        for i, j in self.places.items():
            if self.nulls.get(i, 0) == self.rows:
                continue
            name, unit = self._name(i)
            if _kind(self.schema.field(i).type) in ("time", "duration"):
                unit = "s"
            out.append(Column(name=name, unit_text=unit, values=self.values[j], source=f"column {i + 1}"))
        return tuple(out)

    def labels(self) -> dict[str, tuple[str, ...]]:
        """The columns of text by name."""
        return {self._name(i)[0]: tuple(texts) for i, texts in self.texts.items()}

    def _name(self, i: int) -> tuple[str, str | None]:
        """Name and unit text of a field: by its metadata, else by its name."""
        one = self.schema.field(i)
        stated = {key.lower(): value for key, value in (one.metadata or {}).items()}
        unit = (stated.get(b"unit") or stated.get(b"units") or b"").decode("utf-8", errors="replace").strip()
        if one.name.startswith(PANDAS_INDEX):
            return "index", unit or None
        if unit:
            return one.name[:MAX_TEXT] or f"column {i + 1}", unit[:MAX_TEXT]
        name, inside = name_and_unit(one.name[:MAX_TEXT])
        return name or f"column {i + 1}", inside

    def options(self) -> dict[str, str]:
        """How times were read, by column."""
        import pyarrow as pa

        out = {}
        for i in self.places:
            kind = self.schema.field(i).type
            what, name = _kind(kind), self._name(i)[0]
            if what == "duration":
                out[f"time of '{name}'"] = "in seconds"
            elif what == "time" and i in self.first:
                unit = "D" if pa.types.is_date32(kind) else "ms" if pa.types.is_date64(kind) else kind.unit
                zone = getattr(kind, "tz", None)
                start = str(np.array(self.first[i]).astype(f"datetime64[{unit}]")) + (
                    f" UTC (zone {zone[:40]})" if zone else ""
                )
                out[f"time of '{name}'"] = f"in seconds since {start}"
        return out

    def dropped(self) -> tuple[Dropped, ...]:
        """What was left out, and what gave NaN."""
        out = []
        if self.left_out:
            more = f" and {len(self.left_out) - 6} more" if len(self.left_out) > 6 else ""
            reason = f"{', '.join(self.left_out[:6])}{more}: no column of numbers or texts"
            out.append(Dropped(rule="nested column", reason=reason, rows=0))
        for i, count in self.nulls.items():
            label = f"column {i + 1} '{self._name(i)[0]}'"
            if count == self.rows:
                out.append(Dropped(rule="empty column", reason=f"{label}: no cell holds anything", rows=0))
            elif count:
                cells = "1 cell is" if count == 1 else f"{count} cells are"
                out.append(Dropped(rule="empty cell", reason=f"{label}: {cells} null; NaN", rows=count))
        for i, count in self.beyond.items():
            if count:
                reason = f"column {i + 1} '{self._name(i)[0]}': integers beyond 2^53, rounded to float64"
                out.append(Dropped(rule="rounded", reason=reason, rows=count))
        return tuple(out)


def _text(word: str | None) -> str:
    return "" if word is None else word[:MAX_TEXT]
