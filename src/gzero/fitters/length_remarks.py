"""What the reader of a line through devices must know: devices that lie off, and what the line does not tell."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gzero.estimate import Estimate
from gzero.fitters.device_line import DeviceLine, is_bent
from gzero.measurement.measurement import Measurement

#: Standard uncertainties from which a slope, or a resistance at zero length, is told from zero.
TOLD = 2.0


def remarks(
    measurement: Measurement,
    line: DeviceLine,
    estimates: Mapping[str, Estimate],
    conditions: Mapping[str, Estimate],
    conductance: float,
) -> tuple[str, ...]:
    """What the reader of a line must know.

    Parameters
    ----------
    estimates : that follow from it.  conditions : as declared.  conductance : of one channel [S].
    """
    out = [*_about_devices(measurement, line), *_about_limits(line, estimates, conditions, conductance)]
    contacts = estimates.get("contact_resistance")
    if contacts is not None and contacts.value < -TOLD * contacts.std:
        out.append(
            f"the contact resistance is negative, {contacts.value:.4g} ohm, by {abs(contacts.value) / contacts.std:.1f} standard "
            "uncertainties: more channels conduct than stated, or gain or lengths are off"
        )
    stated = conditions.get("series_resistance")
    if contacts is not None and stated is not None:
        both, std = 2 * contacts.value - stated.value, float(np.hypot(2 * contacts.std, stated.std))
        if abs(both) > TOLD * std:
            out.append(
                f"the stated series resistance is {stated.value:.4g} ohm and the contacts of the line have "
                f"{2 * contacts.value:.4g} ohm, {abs(both) / std:.1f} standard uncertainties apart"
            )
    return tuple(out)


def _about_devices(measurement: Measurement, line: DeviceLine) -> list[str]:
    """Devices that lie off, scatter beyond what is stated, or bend."""
    out = []
    curve, rows = line.fit.problem.curve if line.fit.problem else None, None
    if curve is not None:
        rows = curve.rows
    for outlier in line.outliers[:5]:
        if curve is None or rows is None:
            continue
        start, rise = outlier.without
        out.append(
            f"the device of row {measurement.row(int(rows[outlier.place]))} ({1e6 * curve.x[outlier.place]:.4g} um) lies "
            f"{outlier.distance:.1f} standard deviations off the line of the others (chance {outlier.p_value:.2g}); it counts. "
            f"Without it the line is {start:.4g} ohm + {1e-6 * rise:.4g} ohm/um"
        )
    if line.scatter > 0 and np.isfinite(line.excess):
        out.append(
            f"the devices scatter beyond the stated uncertainties (chance {line.excess:.2g}): {100 * line.scatter:.2g} % from "
            "device to device is added to each"
        )
    if is_bent(line):
        out.append(
            f"the readings bend (chance {line.bent:.2g} on a straight line): devices differ in more than their length, or "
            "localisation sets in; the numbers of the line depend on the range of lengths"
        )
    if curve is not None and np.unique(np.round(curve.x / curve.x[-1], 9)).size < 3:
        out.append("there are two lengths only: whether the resistance is a straight line in length is not tested")
    return out


def _about_limits(
    line: DeviceLine, estimates: Mapping[str, Estimate], conditions: Mapping[str, Estimate], conductance: float
) -> list[str]:
    """What could not be told, and what it is bounded by."""
    out = []
    start, rise = (line.fit.value(n) for n in ("intercept", "slope"))
    if "conductance" not in estimates:
        out.append(
            f"the resistance at zero length, {start:.4g} +- {line.fit.std('intercept'):.2g} ohm, is not told from zero: no "
            "conductance follows from it"
        )
    asked = "channels" in conditions or "series_resistance" in conditions
    if asked and "ballistic_length" not in estimates:
        top = rise + 1.645 * line.fit.std("slope")
        bound = f": λ is above {1 / (conductance * conditions['channels'].value * top):.3g} m (95 %)" if (
            "channels" in conditions and top > 0) else ""  # fmt: skip
        out.append(
            f"the resistance does not grow with length beyond its uncertainty: no ballistic length follows{bound}"
        )
    if not asked and "width" not in conditions:
        out.append(
            "neither the number of channels nor the resistance of the contacts is stated, and no line tells one from the other: "
            "the resistance at zero length is an upper limit of 2 R_c, its conductance a lower limit of the channels; state "
            "--channels, or both contacts as --series-resistance"
        )
    return out
