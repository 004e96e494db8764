"""Real and imaginary part of a conductivity as one curve: the same frequencies, chosen by the same rules."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from gzero.errors import InputError, UnitError
from gzero.fitters.curve_fit import choose
from gzero.fitters.options import FitOptions
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.models.drude import axis
from gzero.models.model import Array
from gzero.reduction.calibration import Calibration
from gzero.reduction.selection import Selected

IMAGINARY = "imaginary_conductivity"
#: Fewest readings of each part.
_LEAST = 4
_OMEGA = re.compile(r"omega|ω|w|ang.*freq.*|kreisfrequenz", re.I)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """Both parts, ready to be fitted.

    Parameters
    ----------
    curve : over -f and f, the imaginary part first (`gzero.models.drude`).
    shown : the real part alone.  selected : its selection, with the exclusions.
    stated : whether both parts state their uncertainties.  complex : whether there is an imaginary part.
    highest : frequency [Hz].  first : readings of the imaginary part.
    """

    curve: Curve
    shown: Curve
    selected: Selected
    stated: bool
    complex: bool
    highest: float
    first: int
    ledger: tuple[Choice, ...]
    warnings: tuple[str, ...]


def both_parts(measurement: Measurement, options: FitOptions, calibration: Calibration) -> Parts:
    """The two parts of a measurement at the same frequencies.

    Raises
    ------
    InputError : frequencies that are negative, too few of them.  UnitError : parts of different units.
    """
    turns, note = _per_turn(measurement)
    real = choose(measurement, options, calibration, least=_LEAST)
    if real.curve.x[0] < 0:
        raise InputError(
            f"a frequency of {real.curve.x[0]:g} Hz is negative",
            path=measurement.origin.path,
            remedy="give positive frequencies; the conductivity of the others is its complex conjugate",
        )
    other = measurement.series.get(IMAGINARY)
    ledger, warnings = [*real.ledger, note], list(real.warnings)
    if other is None:
        f = real.curve.x * turns
        curve = _curve(measurement, axis(f, f[:0]), real.curve.y, real.curve.y_std)
        return Parts(
            curve=curve, shown=curve, selected=real, stated=curve.y_std is not None, complex=False, highest=float(f[-1]), first=0,
            ledger=tuple(ledger), warnings=tuple(warnings),
        )  # fmt: skip
    if other.unit != measurement.ordinate.unit:
        raise UnitError(
            f"the real part is in [{measurement.ordinate.unit}] and the imaginary part in [{other.unit}]",
            path=measurement.origin.path, column=other.label, remedy="give both in one unit",
        )  # fmt: skip
    turned = replace(measurement, y=IMAGINARY)
    imaginary = choose(turned, options, calibration, least=_LEAST)
    at = imaginary.curve.x > 0
    f_real, f_imaginary = real.curve.x * turns, imaginary.curve.x[at] * turns
    stds = [real.curve.y_std, None if imaginary.curve.y_std is None else imaginary.curve.y_std[at]]
    stated = all(std is not None for std in stds)
    if not stated and any(std is not None for std in stds):
        warnings.append(
            f"only the {'real' if stds[0] is not None else 'imaginary'} part states its uncertainties: those of both are learnt from the "
            "residuals"
        )
    std = np.concatenate([np.asarray(stds[1])[::-1], np.asarray(stds[0])]) if stated else None
    curve = _curve(
        measurement, axis(f_real, f_imaginary), np.concatenate([imaginary.curve.y[at][::-1], real.curve.y]), std
    )
    shown = _curve(measurement, f_real, real.curve.y, real.curve.y_std)
    return Parts(
        curve=curve, shown=shown, selected=real, stated=stated, complex=True, highest=float(f_real[-1]), first=int(f_imaginary.size),
        ledger=tuple(ledger), warnings=tuple(dict.fromkeys([*warnings, *imaginary.warnings])),
    )  # fmt: skip


def _curve(measurement: Measurement, x: Array, y: Array, std: Array | None) -> Curve:
    return Curve(
        x=x, y=y, y_std=std, x_name="frequency", y_name=measurement.ordinate.short, x_unit="Hz",
        y_unit=measurement.ordinate.unit,
    )  # fmt: skip


def _per_turn(measurement: Measurement) -> tuple[float, Choice]:
    """(frequency over abscissa [1], why): an angular frequency is told by rad in its unit, or by its name where the unit is 1/s."""
    series = measurement.abscissa
    text = (series.written or "").replace(" ", "")
    named = _OMEGA.fullmatch(series.short.strip()) is not None
    angular = "rad" in text.lower() or (named and "hz" not in text.lower())
    note = f"'{series.label}'" + (": named as an angular frequency, but in Hz" if named and not angular else "")
    choice = Choice(
        choice="frequency", value="angular, omega/(2 pi)" if angular else "cycles in a second", origin="data", note=note
    )
    return (1 / (2 * np.pi) if angular else 1.0), choice
