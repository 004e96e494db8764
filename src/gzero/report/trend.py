"""Many answers along one setting: the main estimate against temperature, field or gate, and the values that stand out."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from gzero.analysis import Analysis
from gzero.fitters.exhibits import Picture, Trace
from gzero.report.document import FigureBlock
from gzero.report.exhibits import figure_block
from gzero.report.pictures import coordinates, record_name
from gzero.report.rounding import format_with_unit, show_number
from gzero.report.symbols import symbol_text
from gzero.report.wording import called, scale_of

#: Settings that a file states as estimates, in the order in which they are looked for, with their SI unit.
_SETTINGS = {"temperature": "K", "magnetic_field": "T", "bias": "V", "length": "m", "width": "m", "density": "1/m^2"}

#: How far from the median of all a value stands out: in units of its own uncertainty and the spread of all together.
FAR = 5.0

#: The median absolute deviation of a normal distribution times this is its standard deviation.
_MAD = 1.4826


def place(analyses: Sequence[Analysis]) -> tuple[str, str | None, np.ndarray] | None:
    """(name, unit, values) of the setting that tells the analyses apart: the map's coordinate, else a condition in SI.

    None where there is none that all of them state and that differs.
    """
    if len(analyses) < 3:
        return None
    if all(a.coordinate is not None and math.isfinite(a.coordinate.value) for a in analyses):
        places, label = coordinates(analyses)
        found = np.asarray(places, float)
        return (label, None, found) if np.unique(found).size > 2 else None
    for name, unit in _SETTINGS.items():
        given = [a.estimates.get(name) for a in analyses]
        if all(e is not None and e.unit == unit for e in given):
            found = np.array([e.value for e in given if e is not None])
            if np.unique(found).size > 2:
                return called(name), unit, found
    return None


def _main(analyses: Sequence[Analysis]) -> tuple[str, str | None, np.ndarray, np.ndarray] | None:
    """(name, unit, values, standard uncertainties) of the main estimate that all share, in quanta where all have one."""
    names = [next(iter(a.estimates), "") for a in analyses]
    if not names[0] or len(set(names)) != 1:
        return None
    mains = [a.estimates[names[0]] for a in analyses]
    if len({m.unit for m in mains}) != 1:
        return None
    scales = [scale_of(a, m.unit) for a, m in zip(analyses, mains, strict=True)]
    symbols = {symbol_text(a.quantum.symbol) for a in analyses if a.quantum is not None}
    if all(scales) and len(symbols) == 1:
        factors, name, unit = [1 / s for s in scales if s], f"{called(names[0])} [{symbols.pop()}]", ""
    else:
        factors, name, unit = [1.0] * len(mains), called(names[0]), mains[0].unit or ""
    values = np.array([m.value * f for m, f in zip(mains, factors, strict=True)])
    stds = np.array([m.std * f for m, f in zip(mains, factors, strict=True)])
    return name, unit, values, stds


def trend_block(analyses: Sequence[Analysis]) -> FigureBlock | None:
    """The main estimate along the setting; None where nothing tells the analyses apart."""
    setting, main = place(analyses), _main(analyses)
    if setting is None or main is None:
        return None
    x_name, x_unit, x = setting
    y_name, y_unit, y, std = main
    sound = np.isfinite(y)
    if sound.sum() < 3:
        return None
    order = np.argsort(x[sound], kind="stable")
    points = Trace(
        label=y_name, look="points", x=x[sound][order], y=y[sound][order], std=np.nan_to_num(std[sound][order])
    )
    picture = Picture(
        name="trend",
        caption=f"{y_name} along {x_name}, one point for each of {int(sound.sum())}; bars: total standard uncertainty.",
        alt=f"{y_name} along {x_name}: from {show_number(float(y[sound].min()))} to {show_number(float(y[sound].max()))}.",
        x_name=x_name, x_unit=x_unit, y_name=y_name, y_unit=y_unit, traces=(points,),
    )  # fmt: skip
    return figure_block(picture)


def far_values(analyses: Sequence[Analysis], *, named: Collection[int] = ()) -> tuple[str, ...]:
    """Sentences on the main estimates that lie far from the median of all, of at least eight.

    Far is more than `FAR` times the root of the sum of squares of the value's own standard uncertainty and of the spread
    of all, which is the median absolute deviation, so that the outliers themselves do not widen it.

    Parameters
    ----------
    named : places in `analyses` that are named already, for another reason.
    """
    main = _main(analyses)
    if main is None or len(analyses) < 8:
        return ()
    name, unit, values, stds = main
    sound = np.isfinite(values)
    if sound.sum() < 8:
        return ()
    middle = float(np.median(values[sound]))
    spread = _MAD * float(np.median(np.abs(values[sound] - middle)))
    lines = []
    for i in np.flatnonzero(sound).tolist():
        own = float(stds[i]) if math.isfinite(stds[i]) else 0.0
        scale = math.hypot(own, spread)
        if i not in named and scale > 0 and abs(values[i] - middle) > FAR * scale:
            shown = format_with_unit(float(values[i]), own or None, unit)
            lines.append(
                f"{record_name(analyses[i], i)}: {name} {shown}, {show_number((values[i] - middle) / scale, digits=2)} "
                f"times the spread from the median {show_number(middle, digits=5)}."
            )
    return tuple(lines[:30]) + ((f"{len(lines) - 30} more lie as far.",) if len(lines) > 30 else ())
