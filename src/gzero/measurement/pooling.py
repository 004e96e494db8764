"""Traces of one file that are one measurement."""

from __future__ import annotations

from dataclasses import replace

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
