"""A workbook, cell by cell: text stays text, numbers keep all their digits, and the same input gives the same bytes."""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from gzero.report.terminal import visible_text

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.workbook.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

#: Characters (UTF-16) that a cell can hold.
MAX_TEXT = 32_767


@dataclass(frozen=True, slots=True)
class Number:
    """A number and the way Excel shows it."""

    value: float | None
    shown: str = "General"


Item = str | int | bool | Number | None
Row = Sequence[Item]


def render_tables(title: str, tables: Mapping[str, tuple[list[str], Sequence[Row]]]) -> bytes:
    """A workbook of tables, name -> (heads, rows), one sheet each; same input, same bytes."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, (heads, rows) in tables.items():
        widths = [width([head, *(row[i] for row in rows)]) for i, head in enumerate(heads)]
        add_sheet(book, name, "", heads, rows, widths)
    return saved(book, title)


def width(items: Sequence[Item]) -> float:
    """Width of a column: enough for the longest line, within what can be read."""
    longest = 0
    for item in items:
        if isinstance(item, str):
            longest = max(longest, *(len(line) for line in item[:500].split("\n")))
        elif isinstance(item, Number):
            longest = max(longest, 14)
    return float(min(max(longest + 2, 10), 60))


def add_sheet(
    book: Workbook, name: str, banner: str, heads: Sequence[str], rows: Iterable[Row], widths: Sequence[float]
) -> None:
    """One sheet: heads that stay in sight and on every printed page, rows, and the banner in the header of the page."""
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    sheet = cast("Worksheet", book.create_sheet(name))  # write-only, which openpyxl's types do not know all of
    sheet.freeze_panes = "A2"
    for i, width in enumerate(widths[: len(heads)], start=1):
        sheet.column_dimensions[get_column_letter(i)].width = width
    sheet.print_title_rows = "1:1"
    print_setup(sheet, banner)
    bold, top, wrapped = Font(bold=True), Alignment(vertical="top"), Alignment(vertical="top", wrap_text=True)
    header = [_cell(sheet, head) for head in heads]
    for cell in header:
        cell.font, cell.alignment = bold, wrapped
    sheet.append(header)
    for row in rows:
        cells = [_cell(sheet, item) for item in row]
        for item, written in zip(row, cells, strict=True):
            if name != "data":
                written.alignment = wrapped if isinstance(item, str) and (len(item) > 60 or "\n" in item) else top
        sheet.append(cells)


def print_setup(sheet: Worksheet, banner: str) -> None:
    """Printed on landscape pages as wide as the sheet, with the banner in their header."""
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    if banner and sheet.oddHeader is not None:
        sheet.oddHeader.center.text = " ".join(visible_text(banner).replace("&", "&&").split())[:200]


def _cell(sheet: Worksheet, item: Item) -> Cell:
    """A cell of the right type: text stays text, whatever it begins with."""
    from openpyxl.cell import WriteOnlyCell

    if isinstance(item, str):
        text = visible_text(item)
        if len(text) > MAX_TEXT // 2 and len(text.encode("utf-16-le")) > 2 * MAX_TEXT:
            text = f"{text[: MAX_TEXT // 2 - 60]} … ({len(text) - MAX_TEXT // 2 + 60} more characters)"
        cell = WriteOnlyCell(sheet, value=text)
        cell.data_type = "s"  # openpyxl would make a formula of `=...` and an error of `#N/A`
        if text[:1] in ("=", "+", "-", "@", "\t"):
            cell.quotePrefix = True  # and Excel, when the cell is edited
        return cell
    if isinstance(item, Number):
        if item.value is None or not math.isfinite(item.value):
            return WriteOnlyCell(sheet)
        cell = WriteOnlyCell(sheet, value=repr(float(item.value)))
        cell.data_type = "n"  # openpyxl itself would write 16 digits, one too few to read the same float back
        cell.number_format = item.shown
        return cell
    return WriteOnlyCell(sheet, value=item)


def saved(book: Workbook, title: str) -> bytes:
    """The archive without the time of its making."""
    from datetime import datetime

    book.properties.creator, book.properties.title = "gzero", visible_text(title)[:250]
    book.properties.created = book.properties.modified = datetime(1980, 1, 1)
    raw, fixed = io.BytesIO(), io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as written, zipfile.ZipFile(fixed, "w") as out:
        for entry in written.infolist():
            content = written.read(entry)
            if entry.filename == "docProps/core.xml":  # openpyxl writes the time of saving over ours
                stamp = rb"(<dcterms:modified[^>]*>)[^<]*"
                content = re.sub(stamp, rb"\g<1>1980-01-01T00:00:00Z", content)
            info = zipfile.ZipInfo(entry.filename, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o600 << 16
            out.writestr(info, content)
    return fixed.getvalue()
