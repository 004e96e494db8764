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
    both_sides: bool = False,
    density_difference: float = 0.0,
    contact_fault: float = 0.0,
    gain_second: float = 1.0,
    currents: tuple[float, ...] = (),
    heating: float = 0.0,
    critical_current: float = math.inf,
    breakdown: float = 100.0,
) -> Synthetic:
    """R_xy and R_xx of one sweep of the field, on both sides of the bar and at several currents where these are asked for.

        R_xy,read = gain (R_xy + mixing R_xx + R_c) + noise,    R_xx,read = rho_xx length/width + noise

    Contacts that carry the current (R_c > 0) make a two-terminal reading, |R_xy| + R_c, even in the field. With both sides,
    probes 1 (first pair, first side), 2, 3 (facing 1), 4,

        R_xx(1,2) = R_xx + [R_xy(n_1) - R_xy(n_2)]/2 + F,    R_xx(3,4) = R_xx - [R_xy(n_1) - R_xy(n_2)]/2,
        R_xy(1,3) = R_xy(n_1) + F,                           R_xy(2,4) = R_xy(n_2),    n_1, n_2 = n (1 +- d/2),

    so that R_xy(1,3) - R_xy(2,4) = R_xx(1,2) - R_xx(3,4), as round any four probes. At a current I all R_xx gain
    heating (I/I_max)^2, and beyond the critical one `breakdown` as well; R_xy gains `mixing` of that.

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
    both_sides : columns of R_xx of either side and of R_xy at either end.
    density_difference : d of these [1].  contact_fault : F, what probe 1 reads too high, whatever the sign of the field [ohm].
    gain_second : of the second R_xy, measured over true [1]; other than `gain` breaks the sum.
    currents : one sweep each, one after the other, and their column [A]; none is one sweep without it.
    heating, critical_current, breakdown : [ohm], [A], [ohm], as above.

    Raises
    ------
    ConfigError : numbers that make no Hall bar.
    """
    _check({"density": density, "mobility": mobility, "quantum_mobility": quantum_mobility, "field": field})
    _check({"length": length, "width": width, "gain": gain})
    _check_sweep(points, lowest_field, field, (spin_field, contact_resistance, noise_longitudinal))
    if currents and not all(c > 0 and math.isfinite(c) for c in currents):
        raise ConfigError(
            "a current of a sweep is not positive", remedy="set for example currents=1e-6:1e-5:1e-4, in A"
        )
    _check({"gain_second": gain_second, "critical_current": min(critical_current, 1e9)})
    sweep = np.linspace(-field if both_signs else lowest_field, field, points)
    b = np.tile(sweep, max(len(currents), 1))
    at = np.where(b == 0, _ZERO_FIELD, b)
    half = density_difference / 2 if both_sides else 0.0

    def resistances(n: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        along, across = resistivities(
            at, density=n, mobility=mobility, quantum_mobility=quantum_mobility, spin_field=spin_field
        )
        return along * length / width, across

    r_xx, hall = resistances(density)
    first = resistances(density * (1 + half))[1] if half else hall
    second = resistances(density * (1 - half))[1] if half else hall
    current = np.repeat(currents, points) if currents else np.zeros(0)
    driven = heating * (current / max(currents)) ** 2 + breakdown * (current > critical_current) if currents else 0.0
    r_xx = r_xx + driven
    added = mixing * r_xx + contact_resistance
    faulty = contact_fault if both_sides else 0.0
    terminal = np.abs if contact_resistance else np.asarray
    true = {
        "hall_resistance": gain * (terminal(first) + added + faulty),
        "longitudinal_resistance": r_xx + ((first - second) / 2 + faulty if both_sides else 0.0),
    }
    if both_sides:
        true["longitudinal_resistance_2"] = r_xx - (first - second) / 2
        true["hall_resistance_2"] = gain_second * (terminal(second) + added)
    read = {
        name: draw(
            world, rng, signal=values, std=noise if name.startswith("hall") else noise_longitudinal, rho=rho, dwell=dwell,
            adc_step=adc_step,
        )
        for name, values in true.items()
    }  # fmt: skip
    density = density * (1 + half)
    truth = {"step_height": E2_OVER_H, "density": density, "density_sdh": density, "mobility": mobility}
    truth |= {"sheet_resistance": 1 / (density * E * mobility), "quantum_mobility": quantum_mobility}
    truth |= {"series_resistance": contact_resistance, "gain": gain, "mixing": mixing, "noise": noise}
    truth |= {f"noise_{name}": value for name, value in read["hall_resistance"].parameters.items()}
    if both_sides:
        truth |= {"density_difference": density_difference, "contact_fault": contact_fault, "gain_second": gain_second}
    if currents:
        truth |= {"step_height_zero_current": E2_OVER_H, "heating": heating, "critical_current": critical_current}
    words = in_words(world, std=noise, unit="ohm", rho=rho, dwell=dwell, adc_step=adc_step)
    return Synthetic(
        measurement=_measurement(b, read, current, stated=stated_std and min(noise, noise_longitudinal) > 0),
        truth=truth,
        noise=f"{words} (R_xy); {noise_longitudinal:g} ohm of the same kind (R_xx)",
        seed=seed,
        stated={"quantum": "e^2/h", "length": f"{length:g} m", "width": f"{width:g} m"},
    )


_LABELS = {
    "hall_resistance": ("R_xy", "R_xy_left"),
    "longitudinal_resistance": ("R_xx", "R_xx_top"),
    "longitudinal_resistance_2": ("R_xx", "R_xx_bottom"),
    "hall_resistance_2": ("R_xy", "R_xy_right"),
}


def _measurement(
    b: NDArray[np.float64], read: Mapping[str, NoiseDraw], current: NDArray[np.float64], *, stated: bool
) -> Measurement:
    """The readings as a loader would hand them on."""
    series = {
        "magnetic_field": Series(name="magnetic_field", label="B [T]", short="B", written="T", values=b, unit="T")
    }
    for name, one in read.items():
        label = _LABELS[name][len(read) > 2]
        series[name] = Series(
            name=name, label=f"{label} [ohm]", short=label, written="ohm", values=one.readings,
            std=one.std if stated else None, unit="ohm",
        )  # fmt: skip
    if current.size:
        series["current"] = Series(name="current", label="I [A]", short="I", written="A", values=current, unit="A")
    return Measurement(
        kind="hall",
        series=series,
        conditions={},
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=b.size),
        x="magnetic_field",
        y="hall_resistance",
    )


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
