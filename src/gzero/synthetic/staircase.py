"""Staircases with a known truth."""

from __future__ import annotations

import math

import numpy as np

from gzero.errors import ConfigError
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series
from gzero.models.staircase import staircase
from gzero.quanta import Quantum
from gzero.synthetic.truth import Synthetic

#: Energy between two modes over the thermal width of a riser: wide plateaus, risers of a dozen readings.
SPACING_OVER_WIDTH = 12.0


def simulate(
    rng: np.random.Generator,
    *,
    quantum: Quantum,
    seed: int,
    steps: int = 4,
    points: int = 400,
    noise: float = 0.02,
    height: float = 1.0,
    series_resistance: float = 0.0,
    width: float = 1.0,
    x_unit: str | None = "V",
    x_name: str = "gate_voltage",
    stated_std: bool = True,
) -> Synthetic:
    """A thermally broadened staircase with white noise.

    Parameters
    ----------
    rng : source of the noise; `seed` is what it was made from, for the record.
    steps, points : of the staircase.
    noise : standard deviation of a reading, in quanta.
    height : of a step, in quanta; 1 is quantized.
    series_resistance : [1/unit of the quantum].
    width : thermal width of the risers [unit of x]; modes are `SPACING_OVER_WIDTH` widths apart.
    stated_std : whether the file states the uncertainty of each reading.

    Raises
    ------
    ConfigError : a staircase that has no shape, or a quantum without a value.
    """
    if quantum.value is None:
        raise ConfigError(f"the quantum {quantum.symbol} has no value", remedy="state its particle or temperature")
    finite = all(math.isfinite(value) for value in (noise, height, series_resistance, width))
    if steps < 1 or points < 8 or noise < 0 or width <= 0 or not finite:
        raise ConfigError(
            f"no staircase with {steps} steps of {height:g}, {points} points, noise {noise:g}, width {width:g}",
            remedy="use at least 1 step, 8 points, and a positive width",
        )
    q = quantum.value
    spacing = SPACING_OVER_WIDTH * width
    x = np.linspace(0.0, (steps + 0.5) * spacing, points)
    model = staircase(steps, series_resistance="free", offset=False)
    thresholds = spacing * (np.arange(steps) + 0.5)
    values = np.concatenate([[height * q], thresholds, np.full(steps, width), [series_resistance]])
    y = model.function(x, values) + noise * q * rng.normal(size=points)
    std = np.full(points, noise * q) if stated_std and noise > 0 else None
    measurement = Measurement(
        kind="staircase",
        series={
            x_name: Series(name=x_name, label=x_name, values=x, unit=x_unit),
            "conductance": Series(name="conductance", label="conductance", values=y, std=std, unit=quantum.unit),
        },
        conditions={},
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=points),
        x=x_name,
        y="conductance",
    )
    truth = {"step_height": height * q, "series_resistance": series_resistance, "noise": noise * q}
    truth |= {f"threshold_{n}": float(v) for n, v in enumerate(thresholds, 1)}
    truth |= {f"width_{n}": width for n in range(1, steps + 1)}
    return Synthetic(
        measurement=measurement, truth=truth, noise=f"white, standard deviation {noise:g} {quantum.symbol}", seed=seed
    )
