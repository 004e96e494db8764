"""Reads a workbook with calamine in a process of its own, and writes its rows to standard output as lines of JSON.

Run as a script by `calamine_rows`, with the file, the folder that holds `python_calamine`, limits in bytes and seconds,
and what is asked for. calamine is Rust: on some damaged files it panics, and where a sheet states two cells far from one
another it asks for memory for all cells between them and ends the process. Here that ends nothing else.
"""

import json
import sys
from typing import Any

#: Rows that one line of the output holds.
ROWS = 1000

#: No format has sheets of more columns; damaged ones state 65536.
MAX_WIDTH = 20_000

#: What a sheet of settings is called, as the Keithley 4200 and Clarius write it.
SETTINGS = "settings"


def _limit(size: int, seconds: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    for kind, value in ((resource.RLIMIT_AS, size), (resource.RLIMIT_CPU, seconds)):
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):  # macOS knows no limit of addresses; a lower limit may be set already
            continue


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return float(value)
    text = str(value).strip()
    return text or None


def _sheet(book: Any, name: str) -> Any:
    sheet = book.get_sheet_by_name(name)
    if sheet.width > MAX_WIDTH:
        raise ValueError(f"{sheet.width} columns in sheet '{name[:40]}'")
    return sheet


def _numbers(sheet: Any) -> int:
    return sum(isinstance(v, (int, float)) and not isinstance(v, bool) for row in sheet.iter_rows() for v in row)


def _write(line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


def _write_rows(sheet: Any) -> None:
    start = [None] * (sheet.start[1] if sheet.start else 0)
    rows: list[Any] = []
    for number, values in enumerate(sheet.iter_rows(), 1):
        cells = [_cell(value) for value in values]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            rows.append([number, start + cells])
        if len(rows) == ROWS:
            _write({"rows": rows})
            rows = []
    _write({"rows": rows})


def _chosen(book: Any, names: list[str], visible: list[str]) -> tuple[str, Any]:
    """The visible sheet with most numbers, or where none holds a number the hidden one."""
    best: tuple[str, Any, int] = (names[0], None, -1)
    for group in (visible, [name for name in names if name not in visible]):
        for name in group:
            sheet = _sheet(book, name)
            count = _numbers(sheet)
            if count > best[2]:
                best = (name, sheet, count)
        if best[2] > 0:
            break
    return best[0], best[1]


def main(path: str, wanted: str) -> None:
    """Writes the names of all sheets, and the rows of one and of the settings."""
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_path(path)
    sheets = [m for m in book.sheets_metadata if str(m.typ).endswith("WorkSheet")]
    names = [m.name for m in sheets]
    visible = [m.name for m in sheets if str(m.visible).endswith(".Visible")]
    _write({"names": names, "hidden": [name for name in names if name not in visible]})
    if not names:
        return
    if wanted == "names":
        _write({"end": True})
        return
    if wanted:
        name = json.loads(wanted)
        sheet = _sheet(book, name)
    else:
        name, sheet = _chosen(book, names, visible)
    _write({"sheet": name})
    _write_rows(sheet)
    for other in names:
        if other.strip().casefold() == SETTINGS and other != name:
            _write({"settings": other})
            _write_rows(_sheet(book, other))
            break
    _write({"end": True})


if __name__ == "__main__":
    place, package, memory, time, asked = sys.argv[1:6]
    _limit(int(memory), int(time))
    sys.path.insert(0, package)
    try:
        main(place, asked)
    except BaseException as error:  # noqa: BLE001 -- a panic of Rust is no Exception
        _write({"error": type(error).__name__, "reason": str(error)[:300]})
