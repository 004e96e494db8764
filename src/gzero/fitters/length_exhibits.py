"""What a set of devices brings to a report: its picture, the table of devices, and the limits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gzero.estimate import Estimate
from gzero.fitters.device_checks import fieller
from gzero.fitters.device_line import DeviceLine
from gzero.fitters.exhibits import Band, Entry, Listing, Picture, Trace
from gzero.measurement.curve import Curve
from gzero.measurement.measurement import Measurement
from gzero.models.length import transmission
from gzero.quanta import E as CHARGE
from gzero.quanta import H

Array = NDArray[np.float64]

_SHOWN = 60  #: devices of a table
_WIDE = 20.0  #: longest over shortest from which axes are logarithmic


def picture(line: DeviceLine, curve: Curve) -> Picture:
    """The devices, the line through them with its 95 % band, and the pulls below."""
    fit = line.fit
    wide = bool(curve.x[0] > 0 and curve.x[-1] > _WIDE * curve.x[0])
    x = np.geomspace(curve.x[0], curve.x[-1], 200) if wide else np.linspace(0.0, curve.x[-1], 200)
    resistance = fit.value("intercept") + fit.value("slope") * x
    rows = np.column_stack([np.ones_like(x), x])
    root = np.sqrt(np.einsum("ni,ij,nj->n", rows, fit.covariance, rows))
    low, high = resistance - 1.96 * root, resistance + 1.96 * root
    y = resistance
    if curve.y_unit == "S":
        keep = low > 0
        x, y, low, high = x[keep], 1 / resistance[keep], 1 / high[keep], 1 / low[keep]
    steep = bool(wide and curve.y.max() > _WIDE * curve.y.min())
    name = "Conductance" if curve.y_unit == "S" else "Resistance"
    return Picture(
        name="length",
        caption=f"{name} of {len(curve)} devices over their length, with the line through them and its 95 % band; bars: "
        "standard deviation of a device about the line, stated uncertainty and scatter together.",
        alt=f"{name} over length: {len(curve)} devices from {1e6 * curve.x[0]:.3g} to {1e6 * curve.x[-1]:.3g} um and a line.",
        x_name=curve.x_name,
        y_name=curve.y_name,
        x_unit="m",
        y_unit=curve.y_unit,
        traces=(
            Trace(label="devices", x=curve.x, y=curve.y, look="points", std=line.std),
            Trace(label=fit.model, x=x, y=y, look="fit"),
        ),
        bands=(Band(label="95 % of the line", x=x, low=low, high=high),),
        logarithmic=wide,
        logarithmic_y=steep,
        pulls=Trace(label="data minus line over its standard deviation", x=curve.x, y=fit.residuals / line.std),
    )


def devices_table(line: DeviceLine, measurement: Measurement, path: Estimate | None, behind: float | None) -> Listing:
    """Every device with the line, its pull, and its transmission where channels or contacts are known.

    Parameters
    ----------
    path : ballistic length [m].  behind : resistance of both contacts [ohm].
    """
    fit = line.fit
    curve = fit.problem.curve if fit.problem is not None else None
    if curve is None or curve.rows is None:
        raise ValueError("a line of devices carries its curve")
    far = {outlier.place for outlier in line.outliers}
    unit = curve.y_unit
    told = path is not None and behind is not None
    rows: list[tuple[Entry, ...]] = []
    for i in range(min(len(curve), _SHOWN)):
        row: list[Entry] = [
            str(measurement.row(int(curve.rows[i]))),
            Estimate(value=float(curve.x[i]), unit="m"),
            Estimate(value=float(curve.y[i]), std_stat=float(line.std[i]), unit=unit),
            Estimate(value=float(fit.fitted[i]), unit=unit),
            f"{fit.residuals[i] / line.std[i]:+.2f}{' *' if i in far else ''}",
        ]
        if path is not None and behind is not None:
            own = float(curve.y[i]) if unit == "ohm" else 1 / float(curve.y[i])
            ballistic = fit.value("intercept") - behind
            row += [f"{transmission(float(curve.x[i]), path.value):.3g}", f"{ballistic / (own - behind):.3g}"]
        rows.append(tuple(row))
    notes = [f"the first {_SHOWN} of {len(curve)} devices"] if len(curve) > _SHOWN else []
    if far:
        notes.append("* off the line of the others beyond chance")
    if told:
        notes.append(
            "Γ of the line is λ/(λ + L); Γ of the device its resistance without the contacts, against that of its channels"
        )
    return Listing(
        name="devices",
        caption="Devices and the line through them",
        heads=("Row", "Length", "Reading", "Line", "Pull", *(("Γ of the line", "Γ of the device") if told else ())),
        rows=tuple(rows),
        notes=tuple(notes),
    )


def limits_table(
    values: Array,
    covariance: Array,
    estimates: Mapping[str, Estimate],
    conductance: float,
    conditions: Mapping[str, Estimate],
) -> Listing | None:
    """95 % intervals of quantities that are no linear function of the line; None where there is none.

    Parameters
    ----------
    values, covariance : of intercept [ohm] and slope [ohm/m], systematic parts included.
    conductance : of one channel [S].  conditions : as declared.
    """
    start, rise = values
    rows: list[tuple[Entry, ...]] = []

    def add(what: str, value: float, ends: tuple[float, float] | None, unit: str) -> None:
        if ends is None:
            rows.append((what, Estimate(value=value, unit=unit), "no end", "no end"))
        else:
            low, high = (Estimate(value=end, unit=unit) for end in ends)
            rows.append((what, Estimate(value=value, unit=unit), low, high))

    def inverse(i: int) -> tuple[float, float] | None:
        half = 1.959964 * float(np.sqrt(covariance[i, i]))
        return None if values[i] <= half else (1 / (values[i] + half), 1 / (values[i] - half))

    def times(ends: tuple[float, float] | None, factor: float) -> tuple[float, float] | None:
        return None if ends is None else (ends[0] * factor, ends[1] * factor)

    if "conductance" in estimates:
        add("conductance at zero length", 1 / start, inverse(0), "S")
    if "ballistic_length" in estimates and "channels" in conditions:
        factor = 1 / (conductance * conditions["channels"].value)
        add("ballistic length", factor / rise, times(inverse(1), factor), "m")
    elif "ballistic_length" in estimates:
        behind = conditions["series_resistance"]
        wider = covariance + np.diag([behind.std**2, 0.0])
        above = start - behind.value
        add("ballistic length", above / rise, fieller(above, rise, wider), "m")
    if "transfer_length" in estimates:
        add("transfer length", start / (2 * rise), times(fieller(start, rise, covariance), 0.5), "m")
    bounded = "channels" not in conditions and "series_resistance" not in conditions
    if bounded and start > 0:
        top = start + 1.645 * float(np.sqrt(covariance[0, 0]))
        rows.append(("contacts, both (95 % below)", "", "0", Estimate(value=top, unit="ohm")))
        rows.append(
            (
                f"channels of {conductance * H / CHARGE**2:g} e²/h (95 % above)",
                "",
                f"{1 / (conductance * top):.3g}",
                "no end",
            )
        )
        ratio = fieller(start, rise, covariance, 1.645)
        end: Entry = "no end" if ratio is None else Estimate(value=ratio[1], unit="m")
        rows.append(("ballistic length (95 % below)", "", "0", end))
    if not rows:
        return None
    return Listing(
        name="limits",
        caption="95 % intervals and limits of what is no linear function of the line",
        heads=("Quantity", "Value", "Low", "High"),
        rows=tuple(rows),
        notes=(
            "Ratios by Fieller's theorem, reciprocals from the ends of the line's numbers; systematic parts included.",
        ),
    )
