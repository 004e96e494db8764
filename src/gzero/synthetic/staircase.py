"""Staircases with a known truth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ConfigError
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series
from gzero.models.staircase import staircase
from gzero.quanta import Quantum
from gzero.synthetic.noise import ADC_STEP, DWELL, RHO, World, draw, in_words
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
    world: World = "white",
    rho: float = RHO,
    dwell: float = DWELL,
    adc_step: float = ADC_STEP,
    transmissions: Sequence[float] | None = None,
    offset: float = 0.0,
    gain: float = 1.0,
    spacing_over_width: float = SPACING_OVER_WIDTH,
    descending: bool = False,
    repeats: int = 1,
) -> Synthetic:
    """A thermally broadened staircase with noise of one of the six worlds.

        G = h sum_n Gamma_n f((V - V_n)/w),   1/G_two = 1/G + R_s,   G_read = gain G_two + offset + noise

    Parameters
    ----------
    rng : source of the noise; `seed` is what it was made from, for the record.
    steps, points : of the staircase; readings of one sweep.
    noise : standard deviation of a reading about the truth, in quanta; `gzero.synthetic.noise` has the law of each world.
    height : of a step, in quanta; 1 is quantized.
    series_resistance : [1/unit of the quantum], not negative.
    width : thermal width w of the risers [unit of x]; modes are `spacing_over_width` widths apart.
    stated_std : whether the file states the standard deviation of each reading. Where readings are correlated it is
        that of one reading by itself.
    world : of the noise.  rho, dwell, adc_step : its parameters, as in `gzero.synthetic.noise.draw`.
    transmissions : Gamma_n of every mode, above 0 and at most 1; all 1 where None.
    offset : reading at zero conductance, in quanta.  gain : reading over truth [1], positive. The measurement states
        neither, nor the series resistance.
    descending : whether conductance falls with x.
    repeats : sweeps, one after the other over the same x, each with noise of its own.

    Returns
    -------
    Synthetic; `truth` holds `step_height`, `series_resistance` [1/unit of the quantum], `gain`, `offset`,
    `threshold_n`, `width_n` [unit of x], `transmission_n` [1], `noise` (S, as asked for) and `noise_rho` [1],
    `noise_dwell` [readings], `noise_white`, `noise_step` where the world has them; in the unit of the quantum where none
    is named here.

    Raises
    ------
    ConfigError : a staircase that has no shape, a quantum without a value, or noise that there is not.
    """
    if quantum.value is None:
        raise ConfigError(f"the quantum {quantum.symbol} has no value", remedy="state its particle or temperature")
    gammas = [1.0] * max(steps, 0) if transmissions is None else [float(gamma) for gamma in transmissions]
    _check_shape(steps, points, noise, height, series_resistance, width)
    _check_faults(steps, gammas, series_resistance, offset, gain)
    if not (spacing_over_width > 0 and math.isfinite(spacing_over_width)) or repeats < 1:
        raise ConfigError(
            f"no staircase with modes {spacing_over_width:g} widths apart in {repeats} sweeps",
            remedy="use a positive number, such as 12, and at least 1 sweep",
        )
    q = quantum.value
    spacing = spacing_over_width * width
    x = np.linspace(0.0, (steps + 0.5) * spacing, points)
    thresholds = spacing * (np.arange(steps) + 0.5)
    if descending:
        thresholds = x[-1] - thresholds
    model = staircase(steps, heights="free", series_resistance="free", offset=False, descending=descending)
    heights = height * q * np.array(gammas)
    two = model.function(x, np.concatenate([heights, thresholds, np.full(steps, width), [series_resistance]]))
    sweeps = [
        draw(world, rng, signal=gain * two + offset * q, std=noise * q, rho=rho, dwell=dwell, adc_step=adc_step)
        for _ in range(repeats)
    ]
    truth = {"step_height": height * q, "series_resistance": series_resistance, "noise": noise * q}
    truth |= {f"noise_{name}": value for name, value in sweeps[0].parameters.items()}
    truth |= {"gain": gain, "offset": offset * q}
    truth |= {f"threshold_{n}": float(v) for n, v in enumerate(thresholds, 1)}
    truth |= {f"width_{n}": width for n in range(1, steps + 1)}
    truth |= {f"transmission_{n}": gamma for n, gamma in enumerate(gammas, 1)}
    measurement = _measurement(
        np.tile(x, repeats),
        np.concatenate([sweep.readings for sweep in sweeps]),
        np.concatenate([sweep.std for sweep in sweeps]) if stated_std and noise > 0 else None,
        x_name=x_name,
        x_unit=x_unit,
        y_unit=quantum.unit,
    )
    words = in_words(world, std=noise, unit=quantum.symbol, rho=rho, dwell=dwell, adc_step=adc_step)
    if repeats > 1:
        words += f"; {repeats} sweeps, each with noise of its own"
    return Synthetic(measurement=measurement, truth=truth, noise=words, seed=seed)


def _measurement(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    std: NDArray[np.float64] | None,
    *,
    x_name: str,
    x_unit: str | None,
    y_unit: str,
) -> Measurement:
    """The readings as a loader would hand them on."""
    return Measurement(
        kind="staircase",
        series={
            x_name: Series(name=x_name, label=x_name, values=x, unit=x_unit),
            "conductance": Series(name="conductance", label="conductance", values=y, std=std, unit=y_unit),
        },
        conditions={},
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=x.size),
        x=x_name,
        y="conductance",
    )


def _check_shape(steps: int, points: int, noise: float, height: float, series_resistance: float, width: float) -> None:
    finite = all(math.isfinite(value) for value in (noise, height, series_resistance, width))
    if steps < 1 or points < 8 or noise < 0 or width <= 0 or not finite:
        raise ConfigError(
            f"no staircase with {steps} steps of {height:g}, {points} points, noise {noise:g}, width {width:g}",
            remedy="use at least 1 step, 8 points, and a positive width",
        )


def _check_faults(steps: int, gammas: Sequence[float], series_resistance: float, offset: float, gain: float) -> None:
    if len(gammas) != steps:
        raise ConfigError(
            f"{len(gammas)} transmissions for {steps} steps", remedy="state one for each step, from the first mode on"
        )
    if not all(0 < gamma <= 1 for gamma in gammas):
        wrong = next(gamma for gamma in gammas if not 0 < gamma <= 1)
        raise ConfigError(f"a transmission of {wrong:g} is none", remedy="choose it above 0 and at most 1")
    if series_resistance < 0:
        raise ConfigError(f"a series resistance of {series_resistance:g} is none", remedy="choose it 0 or more")
    if not (gain > 0 and math.isfinite(gain)):
        raise ConfigError(f"a gain of {gain:g} is not a gain", remedy="choose it positive; 1 has no effect")
    if not math.isfinite(offset):
        raise ConfigError(f"an offset of {offset:g} is none", remedy="state a number of quanta")
