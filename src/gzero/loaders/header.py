"""The rows above a table of numbers: names, units and metadata."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gzero.errors import FileError
from gzero.loaders.cells import MAX_COLUMNS, Block, Cell, Kind, Row, cell_text, is_rule_line, kind, number
from gzero.units import parse_unit, split_header

#: Units that no unit table knows but that header rows state all the same.
_LOOSE_UNITS = re.compile(
    r"%|-+|1|deg|°|counts?|cts|dB[a-zA-Z]*|code|ppm|none|n/a|(a|arb)\.?\s*(u|units?)\.?|[2]?e\^?2/h|G0|emu|Oe|\#",
    re.IGNORECASE,
)

_KEY_VALUE = re.compile(
    r"(?P<key>[^\W\d_][^:=,;\t|]{1,60}?|[^\W\d_])\s*(?::=|=|:(?=\s)|(?<=[^\W\d_]{2}):(?=[^\\/]))\s*(?P<value>\S.*)"
)
_DATE_OR_TIME = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|\d{1,2}:\d{2}(:\d{2}.*)?(\s*[ap]m)?", re.IGNORECASE)

#: A word with its unit in brackets after it, for headers whose columns are separated by blanks.
_BRACKETS = r"(?:\([^()]*\)|\[[^\[\]]*\])"
_WORD_WITH_UNIT = re.compile(rf'"[^"]*"|(?:{_BRACKETS}|[^\s()\[\]]|[()\[\]])+(?:\s+{_BRACKETS})?')

_MAX_METADATA = 1000
_MAX_VALUE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Names and units above a table.

    Parameters
    ----------
    names : one for each column of the header; empty where it has none.
    units : the unit texts, or None.
    rows : numbers of the rows that were used, from 1; empty where the file has no header.
    labels : other names of the columns, by name (the second line of a QCoDeS file).
    """

    names: tuple[str, ...]
    units: tuple[str | None, ...]
    rows: tuple[int, ...]
    labels: dict[str, str] = field(default_factory=dict)


NO_HEADER = Header(names=(), units=(), rows=())


def find_header(rows: Sequence[Row], block: Block, *, decimal: str) -> Header:
    """The header above a block of numbers; `NO_HEADER` when nothing above it fits.

    The last row that is no comment is asked first (a units row, and a row of remarks as Origin writes it, may stand
    below the names), then the comment lines directly above the numbers.
    """
    above = [row for row in rows[: block.start] if not row.blank and not is_rule_line(row)]
    plain = [row for row in above if not row.comment]
    found = _from_rows(plain, block.width, decimal)
    if found is None:
        last = plain[-1].number if plain else 0
        found = _from_comments([row for row in above if row.comment and row.number > last], block.width, decimal)
    return found or NO_HEADER


def named_header(rows: Sequence[Row], header_row: int, *, block: Block, decimal: str) -> Header:
    """The header in the row that the user named, with a units row below it if there is one."""
    place = next(i for i, row in enumerate(rows) if row.number == header_row)
    cells = _fitted(rows[place], block.width) or rows[place].cells
    between = [row for row in rows[place + 1 : block.start] if not row.blank and not is_rule_line(row)]
    below = next((row for row in between if _are_units(row, len(cells), decimal)), None)
    return _header(cells, (_fitted(below, len(cells)) or below.cells) if below else None, rows[place], below)


def _header(cells: Sequence[Cell], units: Sequence[Cell] | None, *rows: Row | None) -> Header:
    texts = [cell_text(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    if len(texts) > MAX_COLUMNS:
        raise FileError(f"{len(texts)} names in one header are more than any table has ({MAX_COLUMNS})")
    parts = [name_and_unit(text) for text in texts]
    stated = [_bare_unit(cell_text(cell)) for cell in units or ()]
    stated += [None] * (len(parts) - len(stated))
    return Header(
        names=tuple(name for name, _ in parts),
        units=tuple(below or inside for (_, inside), below in zip(parts, stated, strict=False)),
        rows=tuple(sorted(row.number for row in rows if row is not None)),
    )


def name_and_unit(text: str) -> tuple[str, str | None]:
    """One header cell as (name, unit text), whatever text it holds; the unit text is None where it states none."""
    if not _is_sound(text):
        return " ".join(text.split()), None
    name, unit = split_header(text)
    # a bare number behind a name counts columns (`Run 2`, `Map 01`); it is a unit only in brackets
    if unit is not None and not re.search(r"[^\W\d_]|[%°]", unit) and not text.rstrip("\"' ").endswith((")", "]")):
        return " ".join(text.split()), None
    return name, unit


def _is_known_unit(text: str) -> bool:
    return bool(re.search(r"[A-Za-z%°Ωµμ]", text)) and _is_sound(text) and parse_unit(text).known


def _is_sound(text: str) -> bool:
    """Whether a text may be asked for its unit: brackets in pairs, and no power that would take hours to work out."""
    depth = 0
    for sign in text:
        depth += (sign in "([") - (sign in ")]")
        if depth < 0:
            return False
    powers = re.sub(r"\s", "", text).replace("**", "^")
    return depth == 0 and not re.search(r"\^[-+(]*\d{3}|\^[-+(]*\d+\)*\^|[⁰¹²³⁴⁵⁶⁷⁸⁹]{3}", powers)


def _bare_unit(text: str) -> str | None:
    text = text.strip().strip("\"'").strip()
    if len(text) > 2 and (text[0], text[-1]) in (("(", ")"), ("[", "]")):
        text = text[1:-1].strip()
    return text or None


def _from_rows(plain: Sequence[Row], width: int, decimal: str) -> Header | None:
    for back in (1, 2):  # the units may stand directly above the numbers, or above one row of remarks
        if len(plain) > back and _are_units(plain[-back], width, decimal):
            names = _names(plain[-back - 1], width, decimal)
            # with remarks below the units, all three rows must be equally wide to be taken for a header of three
            if names and (back == 1 or len(plain[-1].cells) == len(plain[-2].cells) == len(plain[-3].cells)):
                units = _fitted(plain[-back], len(names)) or plain[-back].cells
                return _header(names, units, plain[-back - 1], plain[-back])
    names = _names(plain[-1], width, decimal) if plain else None
    return _header(names, None, plain[-1]) if names else None


def _from_comments(block: Sequence[Row], width: int, decimal: str) -> Header | None:
    qcodes = _from_qcodes(block, width, decimal)
    if qcodes or not block:
        return qcodes
    if len(block) > 1 and _are_units(block[-1], width, decimal):
        names = _names(block[-2], width, decimal)
        if names:
            return _header(names, _fitted(block[-1], width) or block[-1].cells, block[-2], block[-1])
    for distance, row in enumerate(reversed(block)):
        names = _names(row, width, decimal, strict=distance > 0)
        if names:
            return _header(names, None, row)
    return None


def _from_qcodes(block: Sequence[Row], width: int, decimal: str) -> Header | None:
    """The three comment lines of legacy QCoDeS files: names, labels with units, numbers of points."""
    if len(block) < 3:
        return None
    sizes = block[-1].text.split()
    names, labels = _names(block[-3], width, decimal), _names(block[-2], width, decimal)
    if not names or not labels or not all(size.isdecimal() for size in sizes) or len(sizes) > width:
        return None
    plain, labelled = _header(names, None, block[-3]), _header(labels, None, block[-2])
    units = tuple(a or b for a, b in zip(plain.units, labelled.units, strict=False))
    texts = {f"label of {name}": label for name, label in zip(plain.names, labelled.names, strict=False)}
    return Header(names=plain.names, units=units, rows=(block[-3].number, block[-2].number), labels=texts)


def _names(row: Row, width: int, decimal: str, *, strict: bool = False) -> tuple[Cell, ...] | None:
    """The cells of a row if they can be the names of `width` columns."""
    cells = _fitted(row, width, strict=strict)
    if cells is None:
        # delimiters stand between the cells of a header as of data; a row of text that only blanks divide is a title
        if row.comment or len(_filled(row.cells)) < 2 or (row.text and not re.search(r"[\t,;|]", row.text)):
            return None
        cells = row.cells
    filled = _filled(cells)
    kinds = [kind(cell, decimal) for cell in filled]
    texts = kinds.count(Kind.TEXT)
    if not filled or kinds[0] is Kind.NUMBER or texts == 0 or (texts < len(kinds) and (width < 3 or row.comment)):
        return None
    if any(_DATE_OR_TIME.fullmatch(cell_text(cell)) for cell in filled) or any(len(cell_text(c)) > 200 for c in filled):
        return None
    own = len(_filled(row.cells))
    if row.text and (own <= 2 or row.comment) and _is_key_value(row, own):
        return None
    return cells


def _is_key_value(row: Row, own: int) -> bool:
    match = _KEY_VALUE.match(row.text)
    if not match:
        return False
    # `Vg (V), T = 4 K` in a cell of its own is a name; `T = 4 K` alone, or behind a comment sign, is a remark
    return own <= 2 and not (own == 2 and re.search(r"[\t,;|]", row.text[: match.end("key")]))


def _filled(cells: Sequence[Cell]) -> list[Cell]:
    return [cell for cell in cells if cell is not None and cell != ""]


def _fitted(row: Row, width: int, *, strict: bool = False) -> tuple[Cell, ...] | None:
    """The cells of a row, split in the way that gives one for each of `width` columns; None if no way does.

    Parameters
    ----------
    strict : only by delimiters that cannot stand in free text, and at least two cells.
    """
    if strict and width < 2:
        return None
    if row.cells and _fits(row.cells, width) and not (strict and not re.search(r"[\t,;|]", row.text)):
        return row.cells
    if not row.text or len(row.text) > 20_000:
        return None
    if width == 1:
        return (row.text.strip().strip('"'),)
    ways = [row.text.split(sign) for sign in ("\t", ",", ";", "|")]
    if not strict:
        ways += [re.split(r"\s{2,}", row.text.strip()), _WORD_WITH_UNIT.findall(row.text), row.text.split()]
    for way in ways:
        cells = tuple(cell.strip().strip('"') for cell in way)
        if len(cells) > 1 and _fits(cells, width):
            return cells
    return None


def _fits(cells: Sequence[Cell], width: int) -> bool:
    if len(cells) == width:
        return True
    trimmed = len(cells) - next((i for i, cell in enumerate(reversed(cells)) if cell not in (None, "")), len(cells))
    return trimmed == width


def _are_units(row: Row, width: int, decimal: str) -> bool:
    cells = _fitted(row, width) or row.cells
    filled = _filled(cells)
    if not filled or len(cells) > MAX_COLUMNS:
        return False
    known = 0
    for cell in filled:
        if isinstance(cell, float):
            return False
        text = cell_text(cell).strip().strip("\"'")
        bare = _bare_unit(text) or ""
        if number(cell, decimal) is not None and bare != "1":
            return False
        understood = _is_known_unit(bare)
        known += understood or bare != text
        if not (understood or bare != text or _LOOSE_UNITS.fullmatch(bare)):
            return False
    return known > 0 or any(re.search(r"\w", cell_text(cell)) for cell in filled if not isinstance(cell, float))


def metadata_of(rows: Iterable[Row]) -> dict[str, str]:
    """What rows outside the table say: `key: value`, `key = value`, a key and its cells; else `line N`.

    A key that comes again gets a number behind it; at most 1000 entries are kept.
    """
    out: dict[str, str] = {}
    for row in rows:
        if row.blank and not row.text.strip():
            continue
        if is_rule_line(row):
            continue
        key, value = _entry(row)
        name, again = key, 2
        while name in out:
            name, again = f"{key} ({again})", again + 1
            if again > 100:
                break
        out[name] = value[:_MAX_VALUE]
        if len(out) >= _MAX_METADATA:
            break
    return out


def _entry(row: Row) -> tuple[str, str]:
    texts = [cell_text(cell) for cell in row.cells]
    text = row.text.strip() or next((t for t in texts if t), "")
    filled = [t for t in texts if t]
    match = _KEY_VALUE.fullmatch(text.strip('"')) if row.text or len(filled) == 1 else None
    if match and len(match["key"].split()) <= 6:
        return match["key"].strip(), match["value"].strip().strip('"')
    # cells that only blanks divide are the words of a sentence
    divided = not row.text or re.search(r"[\t,;|]", row.text) is not None
    if divided and len(filled) > 1 and re.match(r"[^\W\d_]", filled[0]) and texts[0] and len(filled[0]) <= 60:
        return filled[0].rstrip(" :="), ", ".join(filled[1:])
    return f"line {row.number}", text if row.text else ", ".join(filled)
