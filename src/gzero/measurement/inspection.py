"""What a file says and what it would be taken for, before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gzero.loaders.table import Table
from gzero.measurement.offers import Offer, offers
from gzero.measurement.roles import Layout
from gzero.quanta import Conditions, unit_or_quantum


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSeen:
    """One column: number from 1, name, unit as written, what that is in SI, range, missing cells, role and reason."""

    number: int
    name: str
    unit_text: str | None
    si: str | None
    factor: float | None
    low: float
    high: float
    missing: int
    role: str
    reason: str
    by_user: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inspection:
    """Everything `gzero inspect` tells.

    Parameters
    ----------
    parts : sheets, groups or runs that could be read instead, by the option that chooses one.
    problem : why the file cannot be analysed as it stands; "" when it can.
    blind : whether the ranges of all columns but the abscissa are left out.
    offered : entries of the metadata that could be conditions.
    map_traces : traces of a map, of which only the first is among the columns; 0 for a table.
    """

    path: str
    loader: str
    options: Mapping[str, str]
    parts: Mapping[str, tuple[str, ...]]
    rows: int
    columns: tuple[ColumnSeen, ...]
    labels: Mapping[str, tuple[str, ...]]
    metadata: Mapping[str, str]
    dropped: tuple[str, ...]
    experiment: str
    derivation: str
    map_traces: int
    problem: str
    blind: bool = False
    offered: tuple[Offer, ...] = ()


def inspect_table(
    table: Table, experiment: str, layout: Layout | None, problem: str, environment: Conditions, *, blind: bool = False
) -> Inspection:
    """What a table says and how its columns are read; without a layout, the problem says why there is none.

    Parameters
    ----------
    blind : leave out the ranges of all columns but the abscissa.
    """
    return Inspection(
        path=table.origin.path,
        loader=table.origin.loader,
        options=table.origin.options,
        parts=table.origin.parts,
        rows=table.rows,
        columns=_columns(table, layout, environment, blind=blind),
        labels=table.labels,
        metadata=table.metadata,
        dropped=tuple(f"{d.rule}: {d.reason} ({d.rows} rows)" for d in table.origin.dropped),
        experiment=experiment,
        derivation=layout.derivation if layout else "",
        map_traces=sum(column.coordinate is not None for column in table.columns),
        problem=problem,
        blind=blind,
        offered=offers(table.metadata),
    )


def _columns(table: Table, layout: Layout | None, environment: Conditions, *, blind: bool) -> tuple[ColumnSeen, ...]:
    out = []
    slices = 0
    for i, placed in enumerate(table.columns):
        column = placed
        if column.coordinate is not None:
            slices += 1
            if slices > 1:
                continue
        behind = "" if column.raw is None else f"; its signal chain makes it [{column.unit_text}]"
        column = column if column.raw is None else column.raw
        unit = unit_or_quantum(column.unit_text, environment)
        finite = column.values[np.isfinite(column.values)]
        if blind and (layout is None or i != layout.x):
            finite = finite[:0]
        missing = int(np.count_nonzero(~np.isfinite(column.values)))
        reading = layout.readings[i] if layout else None
        out.append(
            ColumnSeen(
                number=i + 1,
                name=column.name,
                unit_text=column.unit_text,
                si=unit.si,
                factor=unit.factor if unit.known else None,
                low=float(finite.min()) if finite.size else float("nan"),
                high=float(finite.max()) if finite.size else float("nan"),
                missing=missing,
                role=reading.role if reading else "undecided",
                reason=(reading.reason if reading else "") + behind,
                by_user=reading.by_user if reading else False,
            )
        )
    return tuple(out)
