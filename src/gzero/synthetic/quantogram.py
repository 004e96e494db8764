"""A list of values with a known unit: its multiples, each with a deviate of its own."""

from __future__ import annotations

import numpy as np

from gzero.errors import ConfigError
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series
from gzero.synthetic.truth import Synthetic


def simulate(
    rng: np.random.Generator,
    *,
    unit: float,
    seed: int,
    unit_text: str | None = None,
    multiples: int = 8,
    repeats: int = 1,
    scatter: float = 0.05,
    stated_std: bool = True,
) -> Synthetic:
    """Values at the multiples 1 to `multiples` of a unit, each `repeats` times.

    Parameters
    ----------
    rng : source of the scatter; `seed` is what it was made from, for the record.
    unit : in SI, of the text `unit_text`.  scatter : standard deviation of a value about its multiple, over the unit.
    stated_std : whether the values come with that uncertainty.

    Raises
    ------
    ConfigError : numbers that make no list.
    """
    if not (unit > 0 and np.isfinite([unit, scatter]).all() and scatter >= 0 and multiples >= 1 and repeats >= 1):
        raise ConfigError(
            "a unit, its multiples and their scatter must be positive", remedy="leave them to their defaults"
        )
    n = np.tile(np.arange(1, multiples + 1), repeats)
    values = unit * (n + scatter * rng.normal(size=n.size))
    std = np.full(n.size, scatter * unit) if stated_std and scatter > 0 else None
    rows = np.arange(1.0, n.size + 1)
    measurement = Measurement(
        kind="quantogram",
        series={
            "row": Series(name="row", label="row", values=rows, unit=""),
            "value": Series(name="value", label="value", values=values, std=std, unit=unit_text),
        },
        conditions={},
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=n.size),
        x="row",
        y="value",
    )
    truth = {"unit": unit, "scatter": scatter * unit}
    return Synthetic(measurement=measurement, truth=truth, noise=f"white, {scatter:g} of the unit", seed=seed)
