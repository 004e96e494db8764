"""Readings that make no curve of one abscissa: each stands by itself, at settings of several columns.

Where y depends on more than x (a heat flow between two temperatures, at several numbers of channels) readings at the same
x must not be averaged, nor sorted by it. They stay in the order of the file, which is the order in which they were taken,
so that noise which hangs together is seen; x of the curve is then the number of the reading.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gzero.errors import InputError
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import By, Choice, Exclusion
from gzero.measurement.measurement import Measurement, Series
from gzero.reduction.calibration import Calibration
from gzero.reduction.selection import Selected, Selection


def select_readings(
    measurement: Measurement,
    calibration: Calibration,
    selection: Selection,
    *,
    beside: Sequence[str] = (),
    positive: Sequence[str] = (),
    least: int = 3,
) -> Selected:
    """The calibrated readings of a measurement in the order of the file, and what was left out.

    Parameters
    ----------
    beside : series that a reading needs beside x and y, where the measurement has them.
    positive : those among x and `beside` that must be above zero.
    least : fewest readings.

    Returns
    -------
    Selected; x of its curve counts the readings from 1, and `rows` says where each stands among those of the measurement.

    Raises
    ------
    InputError : a reading that is not finite where that is refused, a setting that is not positive, too few readings.
    """
    y = measurement.ordinate
    settings = [measurement.abscissa, *(measurement.series[name] for name in beside if name in measurement.series)]
    finite = np.isfinite(y.values)
    culprits: list[Series] = []
    for series in settings:
        if not np.isfinite(series.values).all():
            culprits.append(series)
        finite &= np.isfinite(series.values)
    if y.std is not None:
        finite &= np.isfinite(y.std) & (y.std > 0)
    if not finite.all() and selection.invalid == "refuse":
        raise _not_finite(measurement, finite, culprits)
    for series in settings:
        _positive(measurement, series, finite, series.name in positive)
    low, high = measurement.abscissa.values < selection.x_low, measurement.abscissa.values > selection.x_high
    outside = finite & (low | high)
    keep = finite & ~outside
    exclusions = tuple(
        Exclusion(rule=rule, reason=reason, indices=np.flatnonzero(rows))
        for rule, reason, rows in (
            ("not finite", "a reading that is not a finite number says nothing", ~finite),
            (
                "outside the range",
                f"the range {selection.x_low:g} to {selection.x_high:g} was asked for",
                outside,
            ),
        )
        if rows.any()
    )
    rows = np.flatnonzero(keep)
    if rows.size < least:
        raise InputError(
            f"{rows.size} usable {'reading is' if rows.size == 1 else 'readings are'} too few",
            path=measurement.origin.path,
            remedy=f"give at least {least}, or widen --range",
        )
    corrected = calibration.apply(y.values[rows])
    if not corrected.any():
        raise InputError(
            "every reading is zero", path=measurement.origin.path, column=y.label, remedy="name another column with --y"
        )
    std = None if y.std is None else y.std[rows] * np.abs(calibration.slope(corrected))
    curve = Curve(
        x=np.arange(1.0, rows.size + 1),
        y=corrected,
        y_std=std,
        x_name="reading",
        y_name=y.short,
        x_unit="",
        y_unit=y.unit,
        rows=rows,
    )
    by: By = "default" if selection.invalid == Selection().invalid else "user"
    return Selected(
        curve=curve,
        exclusions=exclusions,
        ledger=(
            Choice(choice="rows that are not finite", value=selection.invalid, origin=by),
            Choice(choice="repeated settings", value="kept", origin="default", note="every reading enters by itself"),
        ),
        noise="" if std is None else "stated in the file",
    )


def _not_finite(measurement: Measurement, finite: np.ndarray, culprits: list[Series]) -> InputError:
    """The error for the first row that holds no number."""
    row, y = int(np.argmin(finite)), measurement.ordinate
    series = next((s for s in (*culprits, y) if not np.isfinite(s.values[row])), y)
    value = series.values[row]
    what = f"'{value}' where a finite number is needed"
    if series is y and np.isfinite(value) and y.std is not None:
        what = f"a standard uncertainty of '{y.std[row]}'"
    count = int((~finite).sum())
    return InputError(
        what + (f" (and {count - 1} more rows)" if count > 1 else ""),
        path=measurement.origin.path,
        row=measurement.row(row),
        column=series.label,
        remedy="correct the file, or leave such rows out by rule with --invalid drop",
    )


def _positive(measurement: Measurement, series: Series, finite: np.ndarray, demanded: bool) -> None:
    bad = finite & ~(series.values > 0)
    if demanded and bad.any():
        row = int(np.argmax(bad))
        raise InputError(
            f"{series.name.replace('_', ' ')} {series.values[row]:g} {series.unit or ''} must be positive".replace(
                "  ", " "
            ),
            path=measurement.origin.path,
            row=measurement.row(row),
            column=series.label,
            remedy="correct it, or state another unit of the column",
        )
