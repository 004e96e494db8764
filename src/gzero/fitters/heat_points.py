"""Readings of heat as the fit needs them: what one mode would carry, both temperatures, and the setting of the channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ConfigError, InputError
from gzero.fitters.options import FitOptions
from gzero.measurement.measurement import Measurement
from gzero.models.heat import mode_flow
from gzero.models.model import Array
from gzero.quanta import KAPPA0
from gzero.reduction.calibration import Calibration
from gzero.reduction.readings import select_readings
from gzero.reduction.selection import Selected


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeatPoints:
    """Readings of a heat flow [W] or a heat conductance [W/K].

    Parameters
    ----------
    selected : the readings, in the order of the file.
    hot : T_h, or T of a conductance [K], shape (n,).  cold : T_0 [K], shape (n,); None for a conductance.
    setting : 0 ... m - 1 of every reading, shape (n,).
    channels : number of channels of every setting, shape (m,); None where it was not declared.
    labels : of the settings, length m.
    """

    selected: Selected
    hot: Array
    cold: Array | None
    setting: NDArray[np.int64]
    channels: Array | None
    labels: tuple[str, ...]

    @property
    def flow(self) -> bool:
        """Whether the readings are heat flows rather than conductances."""
        return self.cold is not None

    @property
    def each(self) -> Array:
        """What one mode carries [W or W/K], shape (n,)."""
        return KAPPA0 * self.hot if self.cold is None else mode_flow(self.hot, self.cold)

    @property
    def count(self) -> int:
        """Number of settings."""
        return len(self.labels)

    @property
    def pivot(self) -> float:
        """The highest temperature [K]."""
        return float(self.hot.max())

    @property
    def distinct(self) -> int:
        """Number of different temperatures, to a part in a million."""
        steps = np.diff(np.sort(self.hot))
        return 1 + int(np.sum(steps > 1e-6 * self.pivot))


def heat_points(measurement: Measurement, options: FitOptions, calibration: Calibration) -> HeatPoints:
    """The usable readings.

    Raises
    ------
    InputError : readings that are not finite, temperatures that are not positive, too few readings.
    ConfigError : a heat flow without the temperature of the cold side.
    """
    flow = measurement.ordinate.unit == "W"
    cold = measurement.series.get("reservoir_temperature")
    stated = measurement.conditions.get("reservoir_temperature")
    if flow and cold is None and stated is None:
        raise ConfigError(
            "a heat flow needs the temperature of the cold side",
            path=measurement.origin.path,
            remedy="give a column T_0, or state it, for example --reservoir-temperature '24.0(2) mK'",
        )
    beside = ("channels", *(("reservoir_temperature",) if flow else ()))
    selected = select_readings(
        measurement, calibration, options.selection, beside=beside,
        positive=("temperature", "reservoir_temperature"), least=4,
    )  # fmt: skip
    rows = np.asarray(selected.curve.rows)
    below: Array | None = None
    if flow and cold is not None:
        below = cold.values[rows]
    elif flow and stated is not None:
        below = np.full(rows.size, stated.value)
    hot = measurement.abscissa.values[rows]
    if below is not None and np.all(hot == below):
        raise InputError(
            "hot and cold side have one temperature in every reading, so that no heat flows",
            path=measurement.origin.path,
            remedy="name the column of the hot side with --x",
        )
    setting, channels, labels = _settings(measurement, rows)
    points = HeatPoints(selected=selected, hot=hot, cold=below, setting=setting, channels=channels, labels=labels)
    if points.distinct < 2:
        raise InputError(
            f"all readings are at one temperature, {points.pivot:g} K: modes are not told from phonons there",
            path=measurement.origin.path,
            remedy="give readings at several temperatures, or widen --range",
        )
    return points


def _settings(
    measurement: Measurement, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Array | None, tuple[str, ...]]:
    """(setting of every reading, channels of every setting or None, labels)."""
    counted, traces = measurement.series.get("channels"), measurement.series.get("trace")
    stated = measurement.conditions.get("channels")
    if counted is not None:
        values, setting = np.unique(counted.values[rows], return_inverse=True)
        if values[0] < 0:
            raise InputError(
                f"{values[0]:g} channels are none",
                path=measurement.origin.path,
                column=counted.label,
                remedy="count the open channels, from 0",
            )
        labels = tuple(f"{v:g} channel{'' if v == 1 else 's'}" for v in values)
        return setting.astype(np.int64), np.asarray(values, dtype=np.float64), labels
    if traces is not None:
        numbers, setting = np.unique(traces.values[rows], return_inverse=True)
        if numbers.size > 1:
            return setting.astype(np.int64), None, tuple(f"trace {v:g}" for v in numbers)
    zero = np.zeros(rows.size, dtype=np.int64)
    return zero, None if stated is None else np.array([stated.value]), ("all readings",)


def moved_points(points: HeatPoints, measurement: Measurement) -> Mapping[str, HeatPoints]:
    """The readings as they would be taken with each common source of the temperatures one standard uncertainty up.

    The relative uncertainty of the stated temperature is that of the scale, which all temperatures share.
    """
    out: dict[str, HeatPoints] = {}
    scale = dict(measurement.abscissa.common)
    stated = measurement.conditions.get("temperature")
    if stated is not None:
        for source, std in stated.systematic.items():
            scale[source] = scale.get(source, 0.0) + std / stated.value
    for source, share in scale.items():
        cold = None if points.cold is None else points.cold * (1 + share)
        out[source] = replace(points, hot=points.hot * (1 + share), cold=cold)
    below = measurement.conditions.get("reservoir_temperature")
    if below is not None and points.cold is not None and "reservoir_temperature" not in measurement.series:
        for source, std in below.systematic.items():
            out[source] = replace(points, cold=points.cold + std)
    return out
