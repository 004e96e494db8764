"""Charts of a workbook that its own program draws and its reader can change: the curve with its fit, residuals, plateaus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from gzero.analysis import Analysis
from gzero.report.blindness import is_blind
from gzero.report.figures import BLUE, VERMILLION
from gzero.report.symbols import unit_text
from gzero.report.workbook import print_setup

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

#: Points of a chart: with more, Excel becomes slow.
_MOST_POINTS = 20_000


def add_charts(book: Workbook, analysis: Analysis, banner: str) -> None:
    """A sheet "charts" with charts that refer to the sheets "data" and "plateaus"; none where there is nothing to draw.

    Parameters
    ----------
    banner : stands in the printed header.
    book : whose sheets "data" and "plateaus" are those of this analysis, without a column "trace".
    """
    curve = analysis.curve
    if curve is None or is_blind(analysis) or len(curve) < 2:
        return
    data = cast("Worksheet", book["data"])
    rows = min(len(curve), _MOST_POINTS) + 1
    fitted = analysis.fit is not None and analysis.fit.fitted.size == len(curve) == analysis.fit.residuals.size
    x_name, y_name = _axis(curve.x_name, curve.x_unit), _axis(curve.y_name, curve.y_unit)
    charts = [_scatter(f"{curve.y_name} over {curve.x_name}", x_name, y_name)]
    _series(charts[0], data, column=2, rows=rows, name="data", colour=BLUE, points=True)
    if fitted:
        _series(charts[0], data, column=4, rows=rows, name="fit", colour=VERMILLION, points=False)
        charts.append(_scatter("Data minus fit", x_name, "data minus fit"))
        _series(charts[1], data, column=5, rows=rows, name="data minus fit", colour=BLUE, points=True)
    if analysis.levels and analysis.quantum is not None:
        levels = _scatter("Levels in quanta over n", "n", "level / quantum")
        plateaus = cast("Worksheet", book["plateaus"])
        _series(
            levels, plateaus, column=6, rows=len(analysis.levels) + 1, name="level / quantum", colour=BLUE, points=True
        )
        charts.append(levels)
    sheet = cast("Worksheet", book.create_sheet("charts"))
    print_setup(sheet, banner)
    for i, chart in enumerate(charts):
        sheet.add_chart(cast("Any", chart), f"B{2 + 22 * i}")


def _scatter(title: str, x_name: str, y_name: str) -> Any:
    from openpyxl.chart import ScatterChart
    from openpyxl.chart.legend import Legend

    chart = ScatterChart(style=13)
    chart.title, chart.x_axis.title, chart.y_axis.title = (_plain(text) for text in (title, x_name, y_name))
    chart.width, chart.height = 24, 10.5  # [cm]
    # openpyxl hides the axes of files that Excel itself would draw
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.x_axis.tickLblPos = chart.y_axis.tickLblPos = "low"  # beside the chart, not through its middle
    chart.x_axis.number_format = chart.y_axis.number_format = "General"
    chart.x_axis.majorGridlines = None
    chart.legend = Legend()
    chart.legend.position = "b"
    return chart


def _axis(name: str, unit: str | None) -> str:
    shown = unit_text(unit)
    return f"{name} [{shown}]" if shown and unit is not None else name


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:120] or "value"


def _series(chart: Any, sheet: Any, *, column: int, rows: int, name: str, colour: str, points: bool) -> None:
    from openpyxl.chart import Reference, Series

    x = Reference(sheet, min_col=1, min_row=2, max_row=rows)
    y = Reference(sheet, min_col=column, min_row=2, max_row=rows)
    series = Series(y, x, title=name)
    if points:
        series.marker.symbol, series.marker.size = "circle", 3
        series.marker.graphicalProperties.solidFill = colour[1:]
        series.marker.graphicalProperties.line.solidFill = colour[1:]
        series.graphicalProperties.line.noFill = True
    else:
        series.marker.symbol = "none"
        series.graphicalProperties.line.solidFill = colour[1:]
        series.graphicalProperties.line.width = 19050  # 1.5 pt in EMU
    series.smooth = False
    chart.series.append(series)
