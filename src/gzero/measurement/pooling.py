"""Traces of one file that are one measurement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ConfigError
from gzero.loaders.table import Column
from gzero.measurement.measurement import Measurement, Series


def pooled(measurements: tuple[Measurement, ...]) -> Measurement:
    """Traces of one file as one measurement, with the number of its trace, from 1, beside every reading.

    A trace that is shorter than the others is padded with cells that hold nothing: those behind its last reading are left out.
    """
    first = measurements[0]
    kept = [_up_to_the_last(m.ordinate.values) for m in measurements]
    if any(p.series[p.y].common != first.ordinate.common for p in measurements):
        raise ConfigError(
            "its traces are one measurement, and their signal chains differ", path=first.origin.path,
            remedy="state one chain for all of them, under the key y",
        )  # fmt: skip
    series: dict[str, Series] = {}
    for name, one in first.series.items():
        parts = [m.series[name] for m in measurements]
        std = (
            None
            if any(p.std is None for p in parts)
            else np.concatenate([np.asarray(p.std)[k] for p, k in zip(parts, kept, strict=True)])
        )
        series[name] = replace(
            one, values=np.concatenate([p.values[k] for p, k in zip(parts, kept, strict=True)]), std=std,
            label=one.label if name != first.y else first.y.replace("_", " "), short=one.short if name != first.y else first.y.replace("_", " "),
        )  # fmt: skip
    numbers = np.concatenate([np.full(int(k.sum()), i, dtype=float) for i, k in enumerate(kept, 1)])
    series["trace"] = Series(name="trace", label="trace", values=numbers, unit="")
    warnings = tuple(dict.fromkeys(w for m in measurements for w in m.warnings))
    rows = tuple(m.row(int(i)) for m, k in zip(measurements, kept, strict=True) for i in np.flatnonzero(k))
    raw = {} if not first.raw else _raw(measurements, kept)
    return replace(first, series=series, trace="", coordinate=None, row_numbers=rows, warnings=warnings, raw=raw)


def pooled_alike(first: Measurement, y: Series, traces: int) -> Measurement:
    """What `pooled` makes of traces that share everything but the readings, without a measurement for each of them.

    Parameters
    ----------
    first : the first trace.  y : the ordinate of all of them, one behind the other.
    """
    points = y.values.size // traces
    what = first.y.replace("_", " ")
    kept = None
    # a trace that is shorter than the others ends in cells that hold nothing
    if not np.isfinite(y.values.reshape(traces, points)[:, -1]).all():
        finite = np.isfinite(y.values.reshape(traces, points)[:, ::-1])
        sizes = np.where(finite.any(axis=1), points - finite.argmax(axis=1), 0)
        kept = np.flatnonzero((np.arange(points) < sizes[:, None]).ravel())
    series = {
        name: _tiled(one, traces, kept)
        if name != first.y
        else replace(y, label=what, short=what, values=_taken(y.values, kept))
        for name, one in first.series.items()
    }
    numbers = np.repeat(np.arange(1.0, traces + 1), points)
    series["trace"] = Series(name="trace", label="trace", values=_taken(numbers, kept), unit="")
    rows = _Rows(first.row_numbers, points, traces, kept) if first.row_numbers else ()
    return replace(first, series=series, trace="", coordinate=None, row_numbers=rows)


def _tiled(one: Series, traces: int, kept: NDArray[np.int64] | None) -> Series:
    std = None if one.std is None else _taken(np.tile(one.std, traces), kept)
    return replace(one, values=_taken(np.tile(one.values, traces), kept), std=std)


def _taken(values: NDArray[np.float64], kept: NDArray[np.int64] | None) -> NDArray[np.float64]:
    values = values if kept is None else values[kept]
    values.setflags(write=False)
    return values


@dataclass(frozen=True, slots=True)
class _Rows(Sequence[int]):
    """The rows of traces that stand beside each other, one trace behind the other: those of the first, again and again.

    Parameters
    ----------
    kept : which of them, where it is not all.
    """

    of_trace: Sequence[int]
    points: int
    traces: int
    kept: NDArray[np.int64] | None

    def __len__(self) -> int:
        return self.points * self.traces if self.kept is None else int(self.kept.size)

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[int]: ...
    def __getitem__(self, at: int | slice) -> int | Sequence[int]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        place = at % len(self) if self.kept is None else int(self.kept[at])
        return self.of_trace[place % self.points]


def _raw(measurements: tuple[Measurement, ...], kept: list[NDArray[np.bool_]]) -> dict[str, Column]:
    """Raw columns one behind the other, under the headers of the first trace."""
    out = {}
    for place, (name, column) in enumerate(measurements[0].raw.items()):
        parts = [tuple(m.raw.values())[place].values[k] for m, k in zip(measurements, kept, strict=True)]
        out[name] = replace(column, values=np.concatenate(parts))
    return out


def _up_to_the_last(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Readings up to the last finite one."""
    finite = np.flatnonzero(np.isfinite(values))
    return np.arange(values.size) <= (finite[-1] if finite.size else -1)
