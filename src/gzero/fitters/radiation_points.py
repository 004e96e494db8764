"""Readings of radiated heat as the fit needs them: what each would be for a prefactor of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gzero.errors import ConfigError, InputError, UnitError
from gzero.fitters.options import FitOptions
from gzero.measurement.measurement import Measurement
from gzero.models.model import Array
from gzero.models.radiation import PHONON_BRANCHES, PHOTON_POLARISATIONS, areal
from gzero.quanta import C
from gzero.reduction.calibration import Calibration
from gzero.reduction.readings import select_readings
from gzero.reduction.selection import Selected

#: Exponent of temperature by unit of the readings: conductance, conductance per area, power, power per area, sigma itself.
EXPONENTS = {"W/K": 3, "W/(m^2 K)": 3, "W": 4, "W/m^2": 4, "W/(m^2 K^4)": 0}
_OF_AN_AREA = ("W/K", "W")
CONSTANT = "W/(m^2 K^4)"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RadiationPoints:
    """Readings of radiation.

    Parameters
    ----------
    selected : the readings, in the order of the file.
    unit : of the readings, a key of `EXPONENTS`.
    hot : T [K], shape (n,).  cold : T_0 of a power [K], shape (n,), 0 where it is not stated.
    area : [m^2]; 1 where the readings are per area.
    speed : of light or sound [m/s].  branches : 2 polarisations or 3 branches.
    """

    selected: Selected
    unit: str
    hot: Array
    cold: Array
    area: float
    speed: float
    branches: int

    @property
    def exponent(self) -> int:
        """Of temperature: 4 for a power, 3 for a conductance, 0 for the constant itself."""
        return EXPONENTS[self.unit]

    @property
    def photons(self) -> bool:
        """Whether light rather than sound carries the heat."""
        return self.branches == PHOTON_POLARISATIONS

    @property
    def per_prefactor(self) -> Array:
        """Readings for P = 1 [unit of the readings], shape (n,)."""
        each = float(areal(self.speed, self.branches)) * self.area
        if self.exponent == 3:
            return each * self.hot**3
        shape = self.hot**4 - self.cold**4 if self.exponent == 4 else np.ones_like(self.hot)
        return each / 4 * shape


def radiation_points(measurement: Measurement, options: FitOptions, calibration: Calibration) -> RadiationPoints:
    """The usable readings.

    Raises
    ------
    InputError : readings that are not finite, temperatures that are not positive, none left.
    ConfigError : readings of a whole body without its area.  UnitError : readings of another kind.
    """
    unit = measurement.ordinate.unit or ""
    if unit not in EXPONENTS:
        raise UnitError(
            f"readings in [{unit or 'an unknown unit'}] are no radiation",
            path=measurement.origin.path,
            remedy=f"give them in {', '.join(EXPONENTS)}",
        )
    area, sound = measurement.conditions.get("area"), measurement.conditions.get("sound_speed")
    if unit in _OF_AN_AREA and area is None:
        raise ConfigError(
            f"heat in [{unit}] is that of an area, which is not stated",
            path=measurement.origin.path,
            remedy="state it, for example --area '1.00(1) cm^2'",
        )
    if unit == CONSTANT and sound is not None:
        raise ConfigError(
            "a constant in [W/(m^2 K^4)] is that of light: phonons have one of their own for every speed of sound",
            path=measurement.origin.path,
            remedy="give a conductance or a power, or leave out --sound-speed",
        )
    power = EXPONENTS[unit] == 4
    below, stated = measurement.series.get("reservoir_temperature"), measurement.conditions.get("reservoir_temperature")
    selected = select_readings(
        measurement, calibration, options.selection, beside=("reservoir_temperature",) if power else (),
        positive=("temperature", "reservoir_temperature"), least=1,
    )  # fmt: skip
    rows = np.asarray(selected.curve.rows)
    cold = np.zeros(rows.size)
    if power and below is not None:
        cold = below.values[rows]
    elif power and stated is not None:
        cold = np.full(rows.size, stated.value)
    hot = measurement.abscissa.values[rows]
    if power and np.all(hot == cold):
        raise InputError(
            "the body is as warm as what it radiates to in every reading",
            path=measurement.origin.path,
            remedy="name the column of its temperature with --x",
        )
    return RadiationPoints(
        selected=selected, unit=unit, hot=hot, cold=cold,
        area=area.value if area is not None and unit in _OF_AN_AREA else 1.0,
        speed=C if sound is None else sound.value,
        branches=PHOTON_POLARISATIONS if sound is None else PHONON_BRANCHES,
    )  # fmt: skip


def moved_points(points: RadiationPoints, measurement: Measurement) -> Mapping[str, RadiationPoints]:
    """The readings as they would be taken with each common source one standard uncertainty up.

    The relative uncertainty of the stated temperature is that of the scale, which all temperatures share.
    """
    out: dict[str, RadiationPoints] = {}
    conditions = measurement.conditions
    if points.exponent:
        scale = dict(measurement.abscissa.common)
        stated = conditions.get("temperature")
        for source, std in stated.systematic.items() if stated is not None else ():
            scale[source] = scale.get(source, 0.0) + std / stated.value if stated is not None else 0.0
        for source, share in scale.items():
            out[source] = replace(points, hot=points.hot * (1 + share), cold=points.cold * (1 + share))
    for name, field in (("area", "area"), ("sound_speed", "speed")):
        if name == "area" and points.unit not in _OF_AN_AREA:
            continue
        for source, std in conditions[name].systematic.items() if name in conditions else ():
            out[source] = replace(points, **{field: getattr(points, field) + std})
    below = conditions.get("reservoir_temperature")
    if points.exponent == 4 and below is not None and "reservoir_temperature" not in measurement.series:
        for source, std in below.systematic.items():
            out[source] = replace(points, cold=points.cold + std)
    return out
