"""From the record of an analysis to its figures: arrays in readable units, captions, and the text for the blind."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gzero.analysis import Analysis, Level
from gzero.fitters.result import FitResult
from gzero.report.blindness import is_blind
from gzero.report.document import FigureBlock
from gzero.report.figures import Array, LevelMark, shortened, staircase_figure, to_svg
from gzero.report.forest import comparison_figure, forest_plot
from gzero.report.overview import overview_figure, thinned
from gzero.report.plot import Ink, Panel, Plot, PlotSeries, is_counted
from gzero.report.pulls import PULLS, correlated, pull_panels
from gzero.report.rounding import prefix_of, show_percent, show_value
from gzero.report.settings import setting
from gzero.report.symbols import symbol_text
from gzero.report.wording import called, scale_of, typeset

_LEVEL_INKS: tuple[Ink, Ink] = ("data", "model")

#: A level further from its multiple than this is beyond the band of an overview, relative to n.
BAND = 0.03


def axis(name: str, unit: str | None, values: Array) -> tuple[float, str]:
    """(factor, label) of an axis: the factor brings the values into the unit that the label names."""
    size = float(np.max(np.abs(values), initial=0.0))
    factor, text = prefix_of(unit, size)
    label = shortened(typeset(name), 40)
    return factor, f"{label} [{text}]" if text and unit is not None else label


def _mark(level: Level, quantum: float, factor: float) -> LevelMark:
    return LevelMark(
        index=level.index,
        level=level.level.value / quantum,
        std_stat=level.level.std_stat / quantum,
        std=level.level.std / quantum,
        x_low=level.x_low * factor,
        x_high=level.x_high * factor,
        counted=level.counted,
    )


def _pulls(analysis: Analysis, fitted: Array | None) -> tuple[Array | None, str]:
    """(data minus fit over the standard deviation of a reading, what that is): the stated uncertainty, else the spread of the
    residuals, which makes the width of the pulls 1 whatever the fit is like.

    Both bear the hidden factor of blind data, so that pulls are the same with it and without.
    """
    curve = analysis.curve
    if curve is None or fitted is None:
        return None, ""
    residuals = curve.y - fitted
    if curve.y_std is not None:
        std, name = np.broadcast_to(curve.y_std, curve.y.shape), "the stated standard uncertainty"
    elif np.isfinite(residuals).sum() >= 3:
        spread = float(np.nanstd(residuals))
        std, name = np.full(curve.y.shape, spread), "the standard deviation of all, so that their width is 1"
    else:
        return None, ""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(std > 0, residuals / std, np.nan), name


def _over_curve(fit: FitResult, y: Array) -> Array | None:
    """The model at every point of the curve, NaN beyond the range that was fitted; None where that is not found."""
    used = fit.fitted + fit.residuals
    if not 0 < used.size <= y.size:
        return None
    for start in np.flatnonzero(np.isclose(y[: y.size - used.size + 1], used[0], rtol=1e-9, atol=0.0)):
        if np.allclose(y[start : start + used.size], used, rtol=1e-9, atol=1e-12 * float(np.max(np.abs(y)))):
            whole = np.full(y.size, np.nan)
            whole[start : start + used.size] = fit.fitted
            return whole
    return None


def staircase_block(analysis: Analysis) -> FigureBlock | None:
    """The curve in units of the quantum; None when there is no curve or no unit to put it in."""
    curve = analysis.curve
    quantum = None if curve is None else scale_of(analysis, curve.y_unit)
    own_picture = bool(analysis.pictures)  # an experiment that draws its curve itself
    if curve is None or quantum is None or analysis.quantum is None or len(curve) < 2 or own_picture:
        return None
    factor, x_label = axis(curve.x_name, curve.x_unit, curve.x)
    symbol = symbol_text(analysis.quantum.symbol)
    fit = analysis.fit
    fitted = None if fit is None else _over_curve(fit, curve.y)
    pulls, std_name = _pulls(analysis, fitted)
    fitted = None if fitted is None else fitted / quantum
    left_out = [np.array([v for _, x, y in analysis.excluded for v in (x, y)[i]], dtype=float) for i in (0, 1)]
    margin = analysis.verdict.level_margin if analysis.verdict is not None else None
    marks = [_mark(level, quantum, factor) for level in analysis.levels]
    y_label = f"{shortened(curve.y_name, 30)} [{symbol}]"
    figure = staircase_figure(
        x=curve.x * factor,
        y=curve.y / quantum,
        x_label=x_label,
        y_label=y_label,
        fitted=fitted,
        pulls=pulls,
        excluded_x=left_out[0] * factor,
        excluded_y=left_out[1] / quantum,
        levels=marks,
        level_margin=margin,
    )
    stated = None if curve.y_std is None else np.broadcast_to(curve.y_std / quantum, curve.y.shape)
    plot = staircase_plot(
        x=curve.x * factor, y=curve.y / quantum, std=stated, x_label=x_label, y_label=y_label,
        fitted=fitted, pulls=pulls, levels=marks, level_margin=margin, excluded=(left_out[0] * factor, left_out[1] / quantum),
    )  # fmt: skip
    levels = "; ".join(
        f"n = {level.index}: {show_value(level.level.value / quantum, level.level.std / quantum)}"
        for level in analysis.levels[:12]
    )
    caption = _said(analysis, symbol, margin, pulls, std_name)
    alt = f"Staircase of {len(curve)} points over {curve.x_name}. Levels in units of {symbol}: {levels or 'none'}."
    return FigureBlock(svg=to_svg(figure), caption=caption, alt=alt, name="staircase", plot=_seen(plot, analysis))


def _said(analysis: Analysis, symbol: str, margin: float | None, pulls: Array | None, std_name: str) -> str:
    """The caption of a staircase."""
    caption = f"Data in units of {symbol}."
    if analysis.levels:
        band = f"; grey: ±{margin:g}" if margin is not None else ""
        caption = (
            f"Data in units of {symbol}; bars: flat windows of the plateaus at their levels. Level minus n with its standard "
            f"uncertainty (thick: statistical, thin: total{band})."
        )
    if pulls is None:
        return caption
    told = PULLS.replace("the standard deviation of a reading", std_name)
    return f"{caption} {told} {correlated(pulls)}".rstrip()


def _seen(plot: Plot, *analyses: Analysis) -> Plot | None:
    """The plot, and nothing while the data are blind: numbers beside the file's own would give the hidden factor away."""
    return None if any(is_blind(a) for a in analyses) else plot


def staircase_plot(
    *,
    x: Array,
    y: Array,
    std: Array | None,
    x_label: str,
    y_label: str,
    fitted: Array | None,
    pulls: Array | None,
    levels: Sequence[LevelMark],
    level_margin: float | None,
    excluded: tuple[Array, Array],
) -> Plot:
    """A staircase as numbers: readings, fit, plateaus with their uncertainties, and the pulls below."""
    low, high = float(np.min(y)), float(np.max(y))
    series = [PlotSeries(label="data", kind="points" if x.size <= 1500 else "line", x=x, y=y, std=std)]
    inside = (excluded[1] >= low - 0.1 * (high - low)) & (excluded[1] <= high + 0.1 * (high - low))
    if inside.any():
        series.append(
            PlotSeries(label="excluded", kind="points", ink="quiet", x=excluded[0][inside], y=excluded[1][inside])
        )
    if fitted is not None:
        series.append(PlotSeries(label="fit", kind="line", ink="model", x=x, y=fitted))
    for m in levels:
        said = f"n = {m.index}: level {show_value(m.level, m.std)}, from {m.x_low:.6g} to {m.x_high:.6g}"
        window, level = np.array([m.x_low, m.x_high]), np.full(2, m.level)
        ink: Ink = "limit" if m.counted else "quiet"
        name = "plateau counted" if m.counted else "plateau not counted"
        series.append(PlotSeries(label=name, kind="line", ink=ink, x=window, y=level, texts=(said, said)))
    panels = [Panel(x_label=x_label, y_label=y_label, series=tuple(series), weight=3.2)]
    if pulls is not None:
        panels += pull_panels(x_label, x, pulls)
    if levels:
        panels.append(_level_errors(levels, level_margin))
    return Plot(panels=tuple(panels))


def _level_errors(levels: Sequence[LevelMark], margin: float | None) -> Panel:
    """Level minus n against n, with the margin as a band."""
    n = np.array([float(m.index) for m in levels])
    apart = np.array([m.level for m in levels]) - n
    series = [PlotSeries(label="level − n", kind="points", x=n, y=apart, std=np.array([m.std for m in levels]))]
    if margin is not None:
        ends = np.array([n.min() - 0.4, n.max() + 0.4])
        low = np.full(2, -margin)
        name = f"±{margin:g} quanta"
        series.insert(0, PlotSeries(label=name, kind="band", ink="quiet", x=ends, y=low, low=low, high=-low))
    return Panel(x_label="n", y_label="level − n", series=tuple(series), whole_x=True)


def comparison_block(analysis: Analysis) -> FigureBlock | None:
    """The main estimate over every unit or published value it is compared with; None with fewer than three."""
    rows = [c for c in analysis.comparisons if math.isfinite(c.ratio)]
    if len(rows) < 3 or not analysis.estimates:
        return None
    main = called(next(iter(analysis.estimates)))
    names = [typeset(symbol_text(c.name)) for c in rows]
    return _forest(names, [c.ratio for c in rows], [c.ratio_std for c in rows], f"{main} over the unit or value named")


def records_block(analyses: Sequence[Analysis]) -> FigureBlock | None:
    """The main estimate of each record in units of its own quantum; None when fewer than two have one."""
    rows = []
    for i, analysis in enumerate(analyses):
        main = next(iter(analysis.estimates.values()), None)
        scale = None if main is None else scale_of(analysis, main.unit)
        if main is not None and scale is not None:
            rows.append((record_name(analysis, i), main.value / scale, main.std / scale))
    if not 2 <= len(rows) <= 60:
        return None
    names, ratios, stds = zip(*rows, strict=True)
    symbols = {symbol_text(a.quantum.symbol) for a in analyses if a.quantum is not None}
    unit = symbols.pop() if len(symbols) == 1 else "the quantum"
    main_name = called(next(iter(analyses[0].estimates)))
    return _forest(names, ratios, stds, f"{main_name} in units of {unit}")


def _forest(names: Sequence[str], ratios: Sequence[float], stds: Sequence[float], label: str) -> FigureBlock:
    figure = comparison_figure(names=names, ratios=ratios, stds=stds, axis_label=label)
    rows = "; ".join(f"{shortened(n, 60)}: {show_value(r, s)}" for n, r, s in zip(names, ratios, stds, strict=True))
    return FigureBlock(
        svg=to_svg(figure),
        caption=f"{label}; bars: total standard uncertainty; dashed line: 1.",
        alt=f"{label}. {rows}.",
        name="comparison",
        plot=forest_plot(names, ratios, stds, label),
    )


def record_name(analysis: Analysis, number: int) -> str:
    """What one of many is called: its trace, else its file with its number."""
    return analysis.trace or f"{analysis.origin.path} #{number + 1}"


def overview_block(analyses: Sequence[Analysis]) -> FigureBlock | None:
    """All staircases of a map; None unless at least two have a curve in units of one common quantum."""
    kept = [a for a in analyses if a.curve is not None and not a.pictures and scale_of(a, a.curve.y_unit) is not None]
    if len(kept) < 2 or len({(a.quantum.symbol, a.quantum.value) for a in kept if a.quantum is not None}) != 1:
        return None
    first = kept[0]
    assert first.curve is not None
    assert first.quantum is not None
    assert first.quantum.value
    quantum, symbol = first.quantum.value, symbol_text(first.quantum.symbol)
    factor, x_label = axis(first.curve.x_name, first.curve.x_unit, first.curve.x)
    places, place_label = coordinates(kept)
    levels = []
    for n in range(1, 1 + max((level.index for a in kept for level in a.levels), default=0)):
        found = [next((lv for lv in a.levels if lv.index == n), None) for a in kept]
        if sum(lv is not None for lv in found) * 2 >= len(kept):
            values = np.array([math.nan if lv is None else lv.level.value / quantum for lv in found])
            stds = np.array([math.nan if lv is None else lv.level.std / quantum for lv in found])
            levels.append((n, values, stds))
    figure = overview_figure(
        traces=[(a.curve.x * factor, a.curve.y / quantum) for a in kept if a.curve is not None],
        coordinates=places,
        coordinate_label=place_label,
        x_label=x_label,
        y_label=f"{shortened(first.curve.y_name, 30)} [{symbol}]",
        levels=levels,
        band=BAND,
    )
    below = ""
    if levels:
        below = (
            f" Below: levels with their total standard uncertainty against {place_label}; line: n; grey band: "
            f"±{show_percent(BAND)} of n; triangles: levels further out."
        )
    plot = _overview_plot(kept, factor, quantum, x_label, f"{shortened(first.curve.y_name, 30)} [{symbol}]", levels)
    spread = "; ".join(f"n = {n}: median {np.nanmedian(v):.4g}" for n, v, _ in levels[:6])
    return FigureBlock(
        svg=to_svg(figure),
        name="overview",
        caption=f"{len(kept)} traces in units of {symbol}, coloured by {place_label}.{below}",
        alt=f"{len(kept)} staircases in units of {symbol} over {x_label}. Levels: {spread or 'none in common'}.",
        plot=_seen(plot, *kept),
    )


def _overview_plot(
    kept: Sequence[Analysis],
    factor: float,
    quantum: float,
    x_label: str,
    y_label: str,
    levels: Sequence[tuple[int, Array, Array]],
) -> Plot:
    """All staircases of a map as numbers, and below them the levels along the map."""
    places, place_label = coordinates(kept)
    names = [record_name(a, i) for i, a in enumerate(kept)]
    curves = [
        PlotSeries(label=name, kind="line", x=x * factor, y=y / quantum)
        for name, (x, y) in zip(names, ((a.curve.x, a.curve.y) for a in kept if a.curve is not None), strict=True)
        for x, y in [thinned(x, y)]
    ]
    panels = [Panel(x_label=x_label, y_label=y_label, series=tuple(curves), weight=2.0)]
    if levels:
        along = tuple(
            PlotSeries(label=f"level of n = {n}", kind="points", ink=_LEVEL_INKS[n % 2], x=np.array(places), y=v, std=s)
            for n, v, s in levels
        )
        panels.append(Panel(x_label=place_label, y_label="levels", series=along, whole_x=is_counted(places)))
    return Plot(panels=tuple(panels))


def coordinates(analyses: Sequence[Analysis]) -> tuple[list[float], str]:
    """(place of each trace, label): what tells them apart, or the trace's number where nothing does."""
    found = setting(analyses)
    if found is None:
        return [float(i + 1) for i in range(len(analyses))], "trace number"
    name, unit, places = found
    if unit is None:
        return places.tolist(), name
    factor, label = axis(name, unit, places)
    return [float(f"{place * factor:.12g}") for place in places], label  # no binary dust of the prefix
