"""Published values of the same quantity, beside a result: the rows of the shipped table that name its experiment."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from gzero.estimate import Estimate
from gzero.fitters.findings import Comparison
from gzero.fitters.options import FitOptions
from gzero.fitters.published import fit
from gzero.measurement.measurement import Measurement
from gzero.pipeline.config import configure, with_files
from gzero.pipeline.datasets import dataset
from gzero.pipeline.load import load_traces
from gzero.quanta import PREFACTORS, Quantum, parse_quantum


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One published value: its size in its unit, and that unit."""

    name: str
    ratio: Estimate
    unit_value: float
    unit: str
    row: str
    reference: str
    particle: str


def published_beside(
    experiment: str, name: str, main: Estimate, *, particle: str | None = None
) -> tuple[Comparison, ...]:
    """The main estimate of an experiment over the published values of the same quantity.

    Parameters
    ----------
    name : of the estimate.  main : the estimate; a pure number is compared with the number of units that was published.
    particle : that was measured; a value in units of h/m is of the particle it was published for.

    Returns
    -------
    Comparisons whose ratio carries both uncertainties; none where nothing is published of it.
    """
    out = []
    for row in _rows(f"{experiment}:{name}"):
        if row.particle and row.particle != particle:
            continue
        value, std = row.ratio.value, row.ratio.std
        if main.unit == row.unit and np.isfinite(row.unit_value):
            value, std = value * row.unit_value, std * row.unit_value
        elif main.unit == "" and row.row == "pht":  # a prefactor P itself
            value, std = value * PREFACTORS["stefan-boltzmann"], std * PREFACTORS["stefan-boltzmann"]
        elif main.unit != "":
            continue
        ratio = main.value / value
        spread = abs(ratio) * float(np.hypot(main.std / main.value if main.value else 0.0, std / value))
        out.append(
            Comparison(
                name=row.name, value=value, unit=main.unit or "", ratio=ratio, ratio_std=spread, reference=row.reference
            )
        )
    return tuple(out)


@functools.cache
def _published() -> tuple[Measurement, ...]:
    """The verified rows of the shipped table."""
    path = dataset("published")
    return load_traces(path, with_files(configure(), path, None))


@functools.cache
def _rows(beside: str) -> tuple[_Row, ...]:
    """The rows that say that they are to be held against an estimate, `staircase:step_height`."""
    nothing = FitOptions(quantum=Quantum(symbol="", value=None, unit="", row=""))
    out = []
    for measurement in _published():
        if beside not in (part.strip() for part in measurement.metadata.get("beside", "").split(";")):
            continue
        findings = fit(measurement, nothing)
        unit = findings.comparisons[0]
        out.append(
            _Row(
                name=measurement.trace, ratio=findings.estimates.get("ratio_of_one", findings.estimates["ratio"]),
                unit_value=unit.value, unit=unit.unit, row=findings.notes["row"], reference=unit.reference,
                particle=(measurement.particle or "") if "mass" in parse_quantum(unit.name).needs else "",
            )
        )  # fmt: skip
    return tuple(out)
