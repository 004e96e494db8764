"""How a text is written: its encoding, its delimiter, its decimal sign, its comment signs."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gzero.errors import ConfigError, FileError
from gzero.loaders.cells import MISSING, Kind, kind

#: Delimiters by the names that options and origins use.
COMMA_BLANK = ", "
DELIMITERS = {"tab": "\t", "semicolon": ";", "comma": ",", "pipe": "|", "blanks": " ", "comma and blank": COMMA_BLANK}
_NAMES = {sign: name for name, sign in DELIMITERS.items()} | {"\\t": "tab", "space": "blanks", "whitespace": "blanks"}

#: Tried in this order; on equal terms the earlier one is taken.
CANDIDATES = (
    ("\t", "."), (";", "."), (",", "."), ("|", "."), (" ", "."),
    ("\t", ","), (";", ","), ("|", ","), (" ", ","), (",", ","),
)  # fmt: skip

COMMENT_SIGNS = ("#", "%", "!", "//", ";")

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

#: Control characters that no text holds (tab, line feed, form feed, return, Ctrl-Z and escape aside).
_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x19\x1c-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A delimiter (" " for runs of blanks) and a decimal sign."""

    delimiter: str
    decimal: str

    @property
    def name(self) -> str:
        """The delimiter by name."""
        return _NAMES[self.delimiter]


def decode(data: bytes, *, encoding: str | None, path: str) -> tuple[str, str]:
    """The text of some bytes, and the encoding it was read with.

    A byte order mark decides; else UTF-16 where every second byte is null, UTF-8 where it is valid, Windows-1252,
    and Latin-1 last.

    Raises
    ------
    ConfigError : the named encoding does not exist.
    FileError : the bytes are not text, or not in the named encoding.
    """
    if encoding is None:
        encoding = guess_encoding(data)
    check_encoding(encoding, path)
    try:
        text = data.decode(encoding)
    except ValueError as error:
        raise FileError(f"not valid {encoding} text ({error})", path=path, remedy="name its encoding") from None
    text = text.lstrip("\ufeff").rstrip("\x00\x1a")
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        problem = "null bytes: a binary or damaged file, not text"
        raise FileError(problem, path=path, row=line, remedy="export it as CSV")
    check_text(text, path)
    return text, encoding


#: Python's codecs of texts that no file is written in: names of computers, escapes of source code.
_NOT_OF_FILES = frozenset(
    {"idna", "punycode", "unicode-escape", "unicode_escape", "raw-unicode-escape", "raw_unicode_escape", "undefined"}
)


def check_encoding(encoding: str, path: str) -> None:
    """Refuses an encoding that there is not, or that is none of text ("zip").

    Raises
    ------
    ConfigError : there is no such encoding.
    """
    try:
        if codecs.lookup(encoding).name not in _NOT_OF_FILES:
            b"abcd".decode(encoding)
            return
    except UnicodeError:
        return  # there is one, in which these bytes are no text
    except (LookupError, ValueError):
        pass
    usual = ("utf-8", "utf-16", "cp1252", "latin-1")
    problem = f"there is no text encoding '{encoding}'"
    raise ConfigError(problem, path=path, remedy=f"usual ones are {', '.join(usual)}", allowed=usual)


def check_text(text: str, path: str) -> None:
    """Refuses what holds too many control characters to be text.

    Raises
    ------
    FileError : more than one in 200.
    """
    if len(_CONTROLS.findall(text[: 1 << 20])) > 0.005 * min(len(text), 1 << 20) + 1:
        raise FileError("control characters: a binary file, not text", path=path, remedy="export it as CSV")


def guess_encoding(data: bytes | bytearray) -> str:
    """The encoding of bytes: by their mark, by their nulls, by the first that reads them."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    head = data[: 1 << 16]
    even, odd, half = head[0::2].count(0), head[1::2].count(0), len(head) / 2
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    for name in ("utf-8", "cp1252"):
        try:
            data.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "latin-1"


def split(line: str, delimiter: str) -> list[str]:
    """The cells of a line, stripped of blanks and of the quotes around them."""
    if delimiter == " ":
        if '"' not in line:
            return line.split()
        return [cell.strip('"').strip() for cell in re.findall(r'"[^"]*"|[^\s"]\S*|"\S*', line)]
    if '"' not in line:
        return [cell.strip() for cell in line.split(delimiter)]
    delimiter = delimiter[:1]  # `csv` knows no longer ones
    try:
        cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        cells = line.split(delimiter)
    return [cell.strip().strip('"').strip() for cell in cells]


def comment_text(line: str, delimiter: str) -> str | None:
    """What stands behind the comment sign of a line; None when the line is no comment."""
    bare = line.lstrip(' \t"')
    if not bare or bare[0] not in "#%!/;":  # most lines: no further look
        return None
    for sign in COMMENT_SIGNS:
        if not bare.startswith(sign) or sign == delimiter:
            continue
        cells = split(line[:200], delimiter)
        # `#REF` in the first column is a spreadsheet's error, not a comment
        return None if cells and cells[0].lower() in MISSING and cells[0] != sign else bare[len(sign) :].strip()
    return None


def find_dialect(lines: Sequence[str], *, delimiter: str | None, decimal: str | None, path: str) -> Dialect:
    """The delimiter and decimal sign by which most cells of the lines are numbers.

    Parameters
    ----------
    lines : the file's lines, or a sample of them.
    delimiter, decimal : what the user said; only the other is sought then.

    Raises
    ------
    ConfigError : not a delimiter or a decimal sign.
    """
    if delimiter is not None and delimiter not in _NAMES and delimiter not in DELIMITERS:
        allowed = tuple(DELIMITERS)
        raise ConfigError(
            f"'{delimiter}' is not a delimiter", path=path, remedy=f"one of {', '.join(allowed)}", allowed=allowed
        )
    if decimal not in (None, ".", ","):
        raise ConfigError(f"'{decimal}' is not a decimal sign", path=path, remedy="'.' or ','", allowed=(".", ","))
    sign = None if delimiter is None else DELIMITERS[_NAMES.get(delimiter, delimiter)]
    stated = re.fullmatch(r'"?sep=(.)"?', lines[0].strip(" \r\n")) if lines else None  # as Excel writes it
    if sign is None and stated and stated[1] in _NAMES:
        sign = stated[1]
    if sign == COMMA_BLANK:
        return Dialect(delimiter=sign, decimal=decimal or ",")
    if sign in (None, ",") and decimal in (None, ",") and delimiter is None and _commas_and_blanks(lines):
        return Dialect(delimiter=COMMA_BLANK, decimal=",")
    candidates = [c for c in CANDIDATES if sign in (None, c[0]) and decimal in (None, c[1])]
    scores = _Scores(lines)
    best = max(candidates, key=lambda c: scores.of(*c) * _WEIGHTS.get(c[0], 1.0))
    return Dialect(delimiter=best[0], decimal=best[1])


def _commas_and_blanks(lines: Sequence[str]) -> bool:
    """Whether a comma with a blank behind it divides the cells and one without is the decimal sign: `0,1, 2,5`.

    A comma file with blanks for alignment looks alike; the names above tell: as many of them as there are cells.
    """
    if not any("," in line for line in lines):
        return False
    plain = [line for line in lines if comment_text(line, ",") is None]
    data = [line for line in plain if _COMMA_BLANK_ROW.fullmatch(line.strip())]
    widths = {line.count(COMMA_BLANK) for line in data}
    if len(data) < 0.5 * len(plain) or len(widths) != 1 or 0 in widths:
        return False
    words = [line for line in plain if re.match(r"\s*\"?[^\W\d_]", line)]
    return any(len(re.split(r",(?![^(\[]*[)\]])", line)) - 1 in widths for line in words)


#: Numbers with a decimal comma, one or more of them, a comma and one blank between each two.
_COMMA_BLANK_ROW = re.compile(
    r"(?=.*\d,\d)[+-]?\d{1,30}(?:,\d{1,30})?(?:[eE][+-]?\d{1,3})?(?:, [+-]?\d{1,30}(?:,\d{1,30})?(?:[eE][+-]?\d{1,3})?)+"
)


#: Blanks and commas stand in free text too: they must fit clearly better than a tab or a semicolon.
_WEIGHTS = {",": 0.95, " ": 0.8}


class _Scores:
    """How well lines are divided, for one pair of delimiter and decimal sign after the other."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = [line[:20_000] for line in lines]
        self._found: dict[tuple[str, str], float] = {}
        self._kinds: dict[tuple[str, str], Kind] = {}

    def of(self, delimiter: str, decimal: str) -> float:
        """Cells that are numbers, less half of those that are text; lines that are mostly text count little."""
        # delimiters that no line holds divide nothing, one as the other
        key = (delimiter if delimiter == " " or any(delimiter in line for line in self._lines) else "", decimal)
        if key not in self._found:
            self._found[key] = sum(self._line(line, delimiter, decimal) for line in self._lines)
        return self._found[key]

    def _line(self, line: str, delimiter: str, decimal: str) -> float:
        if comment_text(line, ";" if line.lstrip().startswith(";") else delimiter) is not None:
            return 0.0
        numbers = texts = 0
        for cell in split(line, delimiter)[:200]:
            found = self._kinds.get((cell, decimal))
            if found is None:
                found = self._kinds[cell, decimal] = kind(cell, decimal)
            numbers += found is Kind.NUMBER
            texts += found is Kind.TEXT
        return numbers - 0.5 * texts if numbers >= texts else 0.1 * numbers
