"""What a batch found, as one table: a row a trace, from the records that the ledger holds."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gzero.pipeline.batch.store import Kept, readable
from gzero.report.settings import CONDITIONS, stated_conditions

Value = str | float | int | bool | None

#: Of every row, before the estimates.
FIRST = (
    "path", "sha256", "trace", "coordinate", "coordinate_value", "coordinate_unit", "experiment", "quantum",
    "quantum_declared", "decision", "interval_low", "interval_high", "p_value", "answer", "plateaus", "rows_used",
    "warnings", "synthetic",
)  # fmt: skip

#: Before the name of a condition in the table: a fitted temperature is another column than a stated one.
STATED = "stated_"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResultTable:
    """Columns by name, equally long; failures apart.

    Parameters
    ----------
    columns : in the order in which they are written. Of an estimate: its value, `NAME_std`, `NAME_ratio` and
        `NAME_ratio_std`, the value and its standard uncertainty in units of the quantum.
    units : of the estimates' values, SI; "" is dimensionless.
    conditions : columns of conditions that were stated, `stated_temperature` and such, with their units, SI.
    failures : (path, trace, why) of every file or trace without a result.
    """

    columns: dict[str, list[Value]]
    units: dict[str, str]
    failures: tuple[tuple[str, str, str], ...]
    conditions: dict[str, str]

    def __len__(self) -> int:
        return len(self.columns["path"])


def result_table(kept: Iterable[Kept]) -> ResultTable:
    """The table of all traces, in the order in which they come."""
    rows: list[dict[str, Value]] = []
    failures: list[tuple[str, str, str]] = []
    units: dict[str, str] = {}
    for one in kept:
        if not one.record:
            failures.append((one.path, one.trace, one.problem))
            continue
        rows.append(_row(json.loads(one.record), units))
    conditions = {
        f"{STATED}{name}": unit for name, unit in CONDITIONS.items() if any(f"{STATED}{name}" in row for row in rows)
    }
    estimates = [f"{name}{part}" for name in units for part in ("", "_std", "_ratio", "_ratio_std")]
    return ResultTable(
        columns={name: [row.get(name) for row in rows] for name in (*FIRST, *conditions, *estimates)},
        units=units, failures=tuple(failures), conditions=conditions,
    )  # fmt: skip


def _row(record: dict[str, Any], units: dict[str, str]) -> dict[str, Value]:
    place, quantum, verdict = record["coordinate"] or {}, record["quantum"] or {}, record["verdict"] or {}
    low, high = verdict.get("interval") or (None, None)
    answer = record["answer"] or {}
    row: dict[str, Value] = {
        "path": readable(record["source"]["path"]), "sha256": record["source"]["sha256"], "trace": record["trace"],
        "coordinate": place.get("name"), "coordinate_value": place.get("value"), "coordinate_unit": place.get("unit"),
        "experiment": record["experiment"], "quantum": quantum.get("symbol"),
        "quantum_declared": quantum.get("declared"), "decision": verdict.get("decision"), "interval_low": low,
        "interval_high": high, "p_value": verdict.get("p_value"), "answer": answer.get("headline"),
        "plateaus": len(record["plateaus"]), "rows_used": record["source"]["rows_used"],
        "warnings": "\n".join(record["warnings"]), "synthetic": "synthetic" in record["provenance"],
    }  # fmt: skip
    stated = stated_conditions((str(c["choice"]), str(c["value"])) for c in record["ledger"])
    row |= {f"{STATED}{name}": value for name, value in stated.items()}
    for name, estimate in record["estimates"].items():
        # the same name in another unit is another quantity: it gets a column of its own
        unit = estimate["unit"] if estimate["unit"] is not None else "unit unknown"
        column = name if units.setdefault(name, unit) == unit else f"{name} [{unit}]"
        units.setdefault(column, unit)
        row |= {column: estimate["value"], f"{column}_std": estimate["std"]}
        row |= {f"{column}_ratio": estimate["ratio"], f"{column}_ratio_std": estimate["ratio_std"]}
    return row


def heads(table: ResultTable) -> list[str]:
    """Names of the columns with their units."""
    units = {**table.units, **table.conditions}
    return [f"{name} [{units[name]}]" if units.get(name) else name for name in table.columns]


def as_csv(table: ResultTable) -> bytes:
    """The table as CSV with the units in its header, numbers in full; the same bytes for the same table."""
    return _csv(heads(table), zip(*table.columns.values(), strict=True))


def failures_csv(table: ResultTable) -> bytes:
    """What has no result, and why."""
    return _csv(["path", "trace", "problem"], table.failures)


def _csv(heads: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    for row in rows:
        writer.writerow(["" if v is None else repr(v) if isinstance(v, float) else _safe(v) for v in row])
    return out.getvalue().encode("utf-8", "backslashreplace")


def _safe(value: Value) -> Value:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it, as one types it there."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def as_parquet(table: ResultTable) -> bytes:
    """The table as Parquet; the unit of each estimate is in the metadata of its field."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields, arrays = [], []
    for name, values in table.columns.items():
        kind = _kind(name, pa)
        unit = table.units.get(name, table.conditions.get(name))
        fields.append(pa.field(name, kind, metadata=None if unit is None else {"unit": unit}))
        arrays.append(_array(values, kind, pa))
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), sink, compression="zstd")
    return bytes(sink.getvalue())


def _array(values: Sequence[Value], kind: Any, pa: Any) -> Any:
    """The values as an Arrow array, by its buffers: `pyarrow.array` imports pandas, which takes longer than all of the table."""
    import numpy as np

    known = np.array([value is not None for value in values], dtype=bool)
    there = pa.py_buffer(np.packbits(known, bitorder="little").tobytes())
    if kind == pa.string():
        texts = [b"" if value is None else str(value).encode() for value in values]
        ends = np.cumsum([0, *map(len, texts)])
        if ends[-1] >= 1 << 31:
            return pa.array(values, type=kind)
        return pa.Array.from_buffers(
            kind, len(texts), [there, pa.py_buffer(ends.astype("<i4").tobytes()), pa.py_buffer(b"".join(texts))]
        )
    if kind == pa.bool_():
        content = np.packbits(np.array([bool(value) for value in values], dtype=bool), bitorder="little")
    else:
        content = np.array(
            [0 if value is None else value for value in values], dtype="<f8" if kind == pa.float64() else "<i8"
        )
    return pa.Array.from_buffers(kind, len(values), [there, pa.py_buffer(content.tobytes())])


_INTEGERS, _FLAGS = ("plateaus", "rows_used"), ("quantum_declared", "synthetic")
_NUMBERS = ("coordinate_value", "interval_low", "interval_high", "p_value")


def _kind(name: str, pa: Any) -> Any:
    if name in _INTEGERS:
        return pa.int64()
    if name in _FLAGS:
        return pa.bool_()
    return pa.float64() if name in _NUMBERS or name not in FIRST else pa.string()
