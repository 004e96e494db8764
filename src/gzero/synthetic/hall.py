"""Hall bars with a known truth: R_xy and R_xx over the field, from broadened Landau levels."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ConfigError
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series
from gzero.models.hall import resistivities
from gzero.quanta import E2_OVER_H, E
from gzero.synthetic.noise import ADC_STEP, DWELL, RHO, NoiseDraw, World, draw, in_words
from gzero.synthetic.truth import Synthetic

_ZERO_FIELD = 1e-9  # T: the formulas hold on both sides of it


def simulate(
    rng: np.random.Generator,
    *,
    seed: int,
    points: int = 1200,
    noise: float = 2.0,
    world: World = "white",
    stated_std: bool = True,
    density: float = 3e15,
    mobility: float = 100.0,
    quantum_mobility: float = 1.0,
    spin_field: float = 3.0,
    field: float = 12.0,
    lowest_field: float = 0.01,
    both_signs: bool = False,
    noise_longitudinal: float = 0.5,
    length: float = 5e-4,
    width: float = 1e-4,
    contact_resistance: float = 0.0,
    gain: float = 1.0,
    mixing: float = 0.0,
    rho: float = RHO,
    dwell: float = DWELL,
    adc_step: float = ADC_STEP,
) -> Synthetic:
    """R_xy and R_xx of one sweep of the field.

        R_xy,read = gain (R_xy + mixing R_xx + R_c) + noise,    R_xx,read = rho_xx length/width + noise

    Contacts that carry the current (R_c > 0) make a two-terminal reading, |R_xy| + R_c, even in the field.

    Parameters
    ----------
    rng : source of the noise; `seed` is what it was made from, for the record.
    noise, noise_longitudinal : standard deviation of a reading of R_xy and of R_xx [ohm].
    density [1/m^2], mobility, quantum_mobility [m^2/(V s)], spin_field [T] : as of `gzero.models.hall.resistivities`. A
        quantum mobility below 1/(10 field) leaves a classical Hall bar.
    field, lowest_field : ends of the sweep [T], positive;  both_signs : from -field to field instead.
    length, width : between the probes of R_xx, and of the bar [m].
    contact_resistance : R_c [ohm].  gain : of R_xy, measured over true [1].
    mixing : part of R_xx in the reading of R_xy, from probes that do not face each other [1].
    world, rho, dwell, adc_step : as of `gzero.synthetic.noise.draw`.

    Raises
    ------
    ConfigError : numbers that make no Hall bar.
    """
    _check({"density": density, "mobility": mobility, "quantum_mobility": quantum_mobility, "field": field})
    _check({"length": length, "width": width, "gain": gain})
    _check_sweep(points, lowest_field, field, (spin_field, contact_resistance, noise_longitudinal))
    b = np.linspace(-field if both_signs else lowest_field, field, points)
    at = np.where(b == 0, _ZERO_FIELD, b)
    longitudinal, hall = resistivities(
        at, density=density, mobility=mobility, quantum_mobility=quantum_mobility, spin_field=spin_field
    )
    r_xx = longitudinal * length / width
    r_xy = (np.abs(hall) if contact_resistance else hall) + mixing * r_xx + contact_resistance
    read = draw(world, rng, signal=gain * r_xy, std=noise, rho=rho, dwell=dwell, adc_step=adc_step)
    beside = draw(world, rng, signal=r_xx, std=noise_longitudinal, rho=rho, dwell=dwell, adc_step=adc_step)
    truth = {"step_height": E2_OVER_H, "density": density, "density_sdh": density, "mobility": mobility}
    truth |= {"sheet_resistance": 1 / (density * E * mobility), "quantum_mobility": quantum_mobility}
    truth |= {"series_resistance": contact_resistance, "gain": gain, "mixing": mixing, "noise": noise}
    truth |= {f"noise_{name}": value for name, value in read.parameters.items()}
    words = in_words(world, std=noise, unit="ohm", rho=rho, dwell=dwell, adc_step=adc_step)
    return Synthetic(
        measurement=_measurement(b, read, beside, stated=stated_std and min(noise, noise_longitudinal) > 0),
        truth=truth,
        noise=f"{words} (R_xy); {noise_longitudinal:g} ohm of the same kind (R_xx)",
        seed=seed,
        stated={"quantum": "e^2/h", "length": f"{length:g} m", "width": f"{width:g} m"},
    )


def _measurement(b: NDArray[np.float64], hall: NoiseDraw, longitudinal: NoiseDraw, *, stated: bool) -> Measurement:
    """The readings as a loader would hand them on."""
    return Measurement(
        kind="hall",
        series={
            "magnetic_field": Series(
                name="magnetic_field", label="B [T]", short="B", written="T", values=b, unit="T"
            ),
            "hall_resistance": Series(
                name="hall_resistance", label="R_xy [ohm]", short="R_xy", written="ohm",
                values=hall.readings, std=hall.std if stated else None, unit="ohm",
            ),
            "longitudinal_resistance": Series(
                name="longitudinal_resistance", label="R_xx [ohm]", short="R_xx", written="ohm",
                values=longitudinal.readings, std=longitudinal.std if stated else None, unit="ohm",
            ),
        },
        conditions={},
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=b.size),
        x="magnetic_field",
        y="hall_resistance",
    )  # fmt: skip


def _check_sweep(points: int, lowest: float, field: float, not_negative: tuple[float, ...]) -> None:
    if points < 8 or not 0 <= lowest < field or min(not_negative) < 0:
        raise ConfigError(
            f"no sweep of {points} readings from {lowest:g} to {field:g} T with fields and resistances below zero",
            remedy="use at least 8 readings, 0 <= lowest_field < field, and nothing negative",
        )


def _check(numbers: Mapping[str, float]) -> None:
    for name, value in numbers.items():
        if not (value > 0 and math.isfinite(value)):
            raise ConfigError(f"a {name.replace('_', ' ')} of {value:g} is none", remedy="choose it positive, in SI")
