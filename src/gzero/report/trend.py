"""Many answers along one setting: the main estimate against temperature, field or gate, and the values that stand out."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from gzero.analysis import Analysis
from gzero.fitters.exhibits import Picture, Trace
from gzero.report.document import FigureBlock
from gzero.report.exhibits import figure_block
from gzero.report.pictures import record_name
from gzero.report.rounding import format_with_unit, show_number
from gzero.report.settings import CONDITIONS, setting
from gzero.report.symbols import symbol_text
from gzero.report.wording import called, scale_of

#: Estimates that are drawn along the setting.
MOST_DRAWN = 4

#: How far from the median of all a value stands out: in units of its own uncertainty and the spread of all together.
FAR = 5.0

#: The median absolute deviation of a normal distribution times this is its standard deviation.
_MAD = 1.4826


def place(analyses: Sequence[Analysis]) -> tuple[str, str | None, np.ndarray] | None:
    """(name, unit, values) of the setting that tells the analyses apart: the map's coordinate, else a condition in SI.

    None where there is none that all of them state, or estimate beside their main result, and that differs.
    """
    if len(analyses) < 3:
        return None
    stated = setting(analyses)
    if stated is not None:
        return stated if np.unique(stated[2]).size > 2 else None
    mains = {next(iter(a.estimates), "") for a in analyses}
    for name, unit in CONDITIONS.items():
        given = [a.estimates.get(name) for a in analyses]
        if name not in mains and all(e is not None and e.unit == unit for e in given):
            found = np.array([e.value for e in given if e is not None])
            if np.unique(found).size > 2:
                return called(name), unit, found
    return None


def _main(analyses: Sequence[Analysis]) -> tuple[str, str | None, np.ndarray, np.ndarray] | None:
    """`_along` of the main estimate, where all have the same."""
    names = {next(iter(a.estimates), "") for a in analyses}
    name = names.pop()
    return None if names or not name else _along(analyses, name)


def _along(analyses: Sequence[Analysis], name: str) -> tuple[str, str | None, np.ndarray, np.ndarray] | None:
    """(name, unit, values, standard uncertainties) of an estimate that all share, in quanta where all have one."""
    found = [a.estimates.get(name) for a in analyses]
    estimates = [e for e in found if e is not None]
    if len(estimates) < len(found) or len({e.unit for e in estimates}) != 1:
        return None
    scales = [scale_of(a, e.unit) for a, e in zip(analyses, estimates, strict=True)]
    symbols = {symbol_text(a.quantum.symbol) for a in analyses if a.quantum is not None}
    if all(scales) and len(symbols) == 1:
        factors, head, unit = [1 / s for s in scales if s], f"{called(name)} [{symbols.pop()}]", ""
    else:
        factors, head, unit = [1.0] * len(estimates), called(name), estimates[0].unit or ""
    values = np.array([e.value * f for e, f in zip(estimates, factors, strict=True)])
    stds = np.array([e.std * f for e, f in zip(estimates, factors, strict=True)])
    return head, unit, values, stds


def trend_blocks(analyses: Sequence[Analysis]) -> tuple[FigureBlock, ...]:
    """The first estimates that all share along the setting; none where nothing tells the analyses apart."""
    found = place(analyses)
    if found is None:
        return ()
    shared = [name for name in analyses[0].estimates if called(name) != found[0]]
    drawn = [trend_figure(found, along, name) for name in shared if (along := _along(analyses, name)) is not None]
    return tuple(block for block in drawn if block is not None)[:MOST_DRAWN]


def trend_figure(
    along: tuple[str, str | None, np.ndarray],
    drawn: tuple[str, str | None, np.ndarray, np.ndarray],
    name: str,
) -> FigureBlock | None:
    """One estimate along one setting; None of fewer than three points, or where it is the same at all of them.

    Parameters
    ----------
    along : (name, unit, values) of the setting.  drawn : (name, unit, values, standard uncertainties) of the estimate, NaN
        where there is none.  name : of the estimate, for links.
    """
    x_name, x_unit, x = along
    y_name, y_unit, y, std = drawn
    sound = np.isfinite(x) & np.isfinite(y)
    if sound.sum() < 3 or np.unique(y[sound]).size < 2:
        return None
    order = np.argsort(x[sound], kind="stable")
    points = Trace(
        label=y_name, look="points", x=x[sound][order], y=y[sound][order], std=np.nan_to_num(std[sound][order])
    )
    picture = Picture(
        name=f"trend-{name}",
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
