"""Sessions of traces that come a piece at a time: every piece made of whole traces, each with its number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gzero.measurement.measurement import Measurement

TRACE = "trace"  #: the role of the column that numbers the traces


def whole_traces(pieces: Iterator[Measurement], *, numbered: bool) -> Iterator[Measurement]:
    """The same readings in pieces that do not end within a trace.

    Parameters
    ----------
    pieces : in the order of the file.
    numbered : whether the file numbers the traces, so that a piece may end anywhere; traces that stand beside each other come whole, and
        are numbered through.
    """
    rest: Measurement | None = None
    before = 0
    for piece in pieces:
        if not numbered:
            traces = piece.series[TRACE]
            if not traces.values.size:  # cells that hold nothing
                continue
            yield _with(piece, TRACE, traces.values + before)
            before += int(traces.values[-1])
            continue
        joined = piece if rest is None else _joined(rest, piece)
        numbers = joined.series[TRACE].values
        others = np.flatnonzero(numbers != numbers[-1])
        last = int(others[-1]) + 1 if others.size else 0
        if 0 < last < numbers.size:
            yield _part(joined, slice(0, last))
        rest = joined if last == 0 else _part(joined, slice(last, None)) if last < numbers.size else None
        if last == numbers.size:  # no number at all: whoever looks at it says so
            yield joined
    if rest is not None:
        yield rest


def _with(measurement: Measurement, name: str, values: NDArray[np.float64]) -> Measurement:
    return replace(measurement, series={**measurement.series, name: replace(measurement.series[name], values=values)})


def _part(measurement: Measurement, at: slice) -> Measurement:
    series = {
        name: replace(s, values=s.values[at], std=None if s.std is None else s.std[at])
        for name, s in measurement.series.items()
    }
    raw = {name: replace(column, values=column.values[at]) for name, column in measurement.raw.items()}
    return replace(measurement, series=series, raw=raw, row_numbers=measurement.row_numbers[at])


def _joined(one: Measurement, other: Measurement) -> Measurement:
    series = {}
    for name, s in one.series.items():
        more = other.series[name]
        std = None if s.std is None or more.std is None else np.concatenate([s.std, more.std])
        series[name] = replace(s, values=np.concatenate([s.values, more.values]), std=std)
    raw = {
        name: replace(column, values=np.concatenate([column.values, other.raw[name].values]))
        for name, column in one.raw.items()
    }
    return replace(one, series=series, raw=raw, row_numbers=_behind(one, other))


def _behind(one: Measurement, other: Measurement) -> range:
    """The rows of two pieces of one table that follow each other."""
    size = one.ordinate.values.size + other.ordinate.values.size
    first = one.row_numbers[0] if one.row_numbers else 1
    return range(first, first + size)
