"""The blocks and the scaling commands of an Igor text file, as waves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FileError
from gzero.loaders.cells import MAX_COLUMNS
from gzero.loaders.delimited import check_filled
from gzero.loaders.growing import Floats
from gzero.loaders.table import Dropped

#: A name of a wave: a word, or anything between single quotes.
_NAME = r"'[^'\r\n]{1,255}'|[^\W\d]\w{0,254}"
_WAVES = re.compile(
    r"\s*WAVES?(?P<flags>(?:\s*/\s*[A-Za-z0-9]+(?:=\([^)]*\)|=\S+)?)*)[\s,]*(?P<names>.*)", re.IGNORECASE
)
_SHAPE = re.compile(r"/\s*N\s*=\s*(?:\(([^)]*)\)|([\d.eE+]+))", re.IGNORECASE)
_SCALE = re.compile(
    r"SetScale\s*(?P<flag>/[PI])?\s*(?P<axis>[xyzd])\s*,?\s*(?P<a>[-+\w.]+)\s*(?:,\s*(?P<b>[-+\w.]+)\s*)?"
    rf'(?:,\s*"(?P<unit>[^"]*)"\s*)?(?P<waves>(?:,\s*(?:{_NAME})\s*)*)',
    re.IGNORECASE,
)
_NOTE = re.compile(rf'Note(?:/\w+(?:=\w+)?)*\s+(?P<wave>{_NAME})\s*,\s*"(?P<text>(?:[^"\\]|\\.)*)"', re.IGNORECASE)
#: One of the commands that semicolons divide; a semicolon between quotes divides none.
_COMMAND = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*"|")+')
_LONGEST_LINE = 100_000
_ESCAPES = {"r": "\n", "n": "\n", "t": "\t", '"': '"', "\\": "\\", "'": "'"}

#: What a cell of a numeric wave may hold; `float` alone would take `1_000` too.
_NUMBER = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d+)?|nan|inf(?:inity)?)", re.IGNORECASE | re.ASCII)
_LONGEST = 100

#: More waves, or commands, than a measurement has.
MAX_WAVES = MAX_COLUMNS
MAX_COMMANDS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """An axis: value of the first point, step, unit; `stated` is false for the points' own numbers."""

    start: float = 0.0
    step: float = 1.0
    unit: str = ""

    @property
    def stated(self) -> bool:
        """Whether the axis says more than the number of the point."""
        return (self.start, self.step) != (0.0, 1.0) or bool(self.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """One wave: its numbers (rows, or rows x columns; complex where it is), or its words."""

    name: str
    values: NDArray[np.float64] | NDArray[np.complex128]
    words: tuple[str, ...] | None = None
    axes: tuple[Scale, Scale] = field(default=(Scale(), Scale()))
    unit: str = ""
    note: str = ""


def read_waves(lines: Sequence[str], *, path: str) -> tuple[list[Wave], list[Dropped]]:
    """All waves of a file with the scaling that its commands give them, and what was left out.

    Raises
    ------
    FileError : a block without an end, a wave of more than two dimensions, or more waves than any measurement has.
    """
    waves: dict[str, Wave] = {}
    dropped: list[Dropped] = []
    commands: list[tuple[int, str]] = []
    i = 0
    while i < len(lines):
        line = lines[i].strip()
        match = _WAVES.match(lines[i]) if line[:4].upper() == "WAVE" else None
        if match:
            end = _block(lines, i, path=path)
            for wave in _waves(match["flags"], match["names"], lines, end[0], end[1], dropped, path=path):
                if wave.name in waves:
                    dropped.append(
                        Dropped(rule="wave again", reason=f"'{wave.name}' comes twice; the last is read", rows=0)
                    )
                waves[wave.name] = wave
            if len(waves) > MAX_WAVES:
                raise FileError(f"more than {MAX_WAVES} waves", path=path, remedy="is this the data file?")
            i = end[1]
        elif line[:2].upper() in ("X ", "X\t"):
            commands.append((i + 1, line[2:]))
        i += 1
    if len(commands) > MAX_COMMANDS:
        raise FileError(f"more than {MAX_COMMANDS} commands", path=path, remedy="is this the data file?")
    dropped += _obeyed(waves, commands)
    return list(waves.values()), dropped


def _block(lines: Sequence[str], start: int, *, path: str) -> tuple[int, int]:
    """Indices of the lines BEGIN and END of the block whose WAVES line is given."""
    begin = next((i for i in range(start + 1, min(start + 20, len(lines))) if lines[i].strip()), len(lines))
    if begin == len(lines) or lines[begin].strip().upper() != "BEGIN":
        raise FileError("damaged: no BEGIN below the names of the waves", path=path, row=start + 1)
    for i in range(begin + 1, len(lines)):
        if lines[i].strip().upper() == "END":
            return begin, i
    raise FileError("damaged: a block of waves without END", path=path, row=begin + 1, remedy="was the file cut short?")


def _waves(
    flags: str, names: str, lines: Sequence[str], begin: int, end: int, dropped: list[Dropped], *, path: str
) -> list[Wave]:
    listed = [name.strip("'") for name in re.findall(_NAME, names)]
    if not listed or len(listed) > MAX_COLUMNS:
        raise FileError(f"{len(listed)} names in a block of waves", path=path, row=begin)
    kinds = {flag.upper() for flag in re.findall(r"/\s*([A-Za-z]+)", re.sub(r"=\([^)]*\)|=\S+", "", flags))}
    rows = [line for line in lines[begin + 1 : end] if line.strip()]
    if "T" in kinds:
        return _words(listed, rows)
    shape = _shape(flags, path=path, row=begin)
    parts = 2 if "C" in kinds else 1
    first = begin + 2
    if len(shape) > 1:
        if len(listed) != 1:
            raise FileError(
                "a block of several maps", path=path, row=begin, remedy="save every map in a block of its own"
            )
        numbers = _numbers(rows, shape[1] * parts, first, listed[0], dropped, path=path)
    else:
        numbers = _numbers(rows, len(listed) * parts, first, ", ".join(listed[:3]), dropped, path=path)
    if shape and len(numbers) != shape[0]:
        reason = f"'{listed[0]}' states {shape[0]} rows, and {len(numbers)} are there"
        dropped.append(Dropped(rule="rows", reason=reason, rows=0))
    values: NDArray[np.float64] | NDArray[np.complex128] = numbers
    if parts == 2:
        values = numbers[:, 0::2] + 1j * numbers[:, 1::2]
    if len(shape) > 1:
        return [Wave(name=listed[0], values=values)]
    return [Wave(name=name, values=values[:, j]) for j, name in enumerate(listed)]


def _shape(flags: str, *, path: str, row: int) -> tuple[int, ...]:
    match = _SHAPE.search(flags)
    if not match:
        return ()
    try:
        shape = tuple(int(float(n)) for n in re.split(r"\s*,\s*", (match[1] or match[2] or "").strip()))
    except (ValueError, OverflowError):
        raise FileError(f"'{match[0][:40]}' states no number of points", path=path, row=row) from None
    while len(shape) > 1 and shape[-1] in (0, 1) and len(shape) > 2:
        shape = shape[:-1]
    if len(shape) > 2:
        stated = " x ".join(str(n) for n in shape)
        problem = f"a wave of {len(shape)} dimensions ({stated}); curves and maps have one or two"
        raise FileError(problem, path=path, row=row, remedy="save one layer of it as a wave of its own")
    if not all(0 <= n <= 10**9 for n in shape) or (len(shape) == 2 and not 0 < shape[1] <= MAX_COLUMNS):
        raise FileError(f"a wave of {' x '.join(str(n) for n in shape)} points", path=path, row=row)
    return shape if len(shape) < 2 or shape[1] > 0 else shape[:1]


def _numbers(rows: Sequence[str], width: int, first: int, name: str, dropped: list[Dropped], *, path: str) -> Floats:
    """The rows as numbers, NaN where a cell is empty or holds a word."""
    check_filled(len(rows), width, sum(map(len, rows)), path=path)
    out = np.full((len(rows), width), np.nan)
    odd, example, empty = 0, "", 0
    for i, line in enumerate(rows):
        cells = _cells(line, width)
        if len(cells) > width:
            problem = f"{len(cells)} numbers where the block states {width}"
            raise FileError(problem, path=path, row=first + i, remedy="was the file cut or spliced?")
        empty += width - len(cells)
        for j, cell in enumerate(cells):
            if not cell:
                empty += 1
            elif len(cell) <= _LONGEST and _NUMBER.fullmatch(cell):
                out[i, j] = float(cell.replace("d", "e").replace("D", "e"))
            else:
                odd, example = odd + 1, example or cell[:40]
    if odd:
        dropped.append(Dropped(rule="not a number", reason=f"{name}: {odd} cells ('{example}'); NaN", rows=odd))
    if empty:
        dropped.append(Dropped(rule="empty cell", reason=f"{name}: {empty} cells are empty; NaN", rows=empty))
    return out


def _cells(line: str, width: int) -> list[str]:
    """The cells of a row; where tabs divide them, an empty one is a missing point."""
    if "\t" in line:
        cells = [cell.strip(" ,") for cell in line.lstrip(" \t").rstrip().split("\t")]
        # rows begin with a tab, so that a first empty cell shows as a second tab
        lead = len(line) - len(line.lstrip(" \t"))
        tabs = line[:lead].count("\t")
        cells = [""] * max(0, tabs - 1) + cells
        if len(cells) <= width:
            return cells
    return [cell for cell in re.split(r"[\s,]+", line.strip()) if cell]


def _words(names: Sequence[str], rows: Sequence[str]) -> list[Wave]:
    cells = [re.findall(r'"((?:[^"\\]|\\.)*)"', line) for line in rows]
    return [
        Wave(
            name=name,
            values=np.empty(0),
            words=tuple(_plain(row[j])[:2000] if j < len(row) else "" for row in cells),
        )
        for j, name in enumerate(names)
    ]


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text)


def _obeyed(waves: dict[str, Wave], commands: Sequence[tuple[int, str]]) -> list[Dropped]:
    """Puts the scaling and the notes that the commands state into the waves; tells the commands that were left out."""
    left: list[tuple[int, str]] = []
    for row, line in commands:
        for command in _COMMAND.findall(line[:_LONGEST_LINE]):
            command = command.strip()
            scale, note = _SCALE.fullmatch(command), _NOTE.fullmatch(command)
            if scale:
                for name in re.findall(_NAME, scale["waves"]):
                    wave = waves.get(name.strip("'"))
                    if wave is not None:
                        waves[wave.name] = _scaled(wave, scale)
            elif note and note["wave"].strip("'") in waves:
                wave = waves[note["wave"].strip("'")]
                waves[wave.name] = replace(wave, note=f"{wave.note}\n{_plain(note['text'])}".strip()[:100_000])
            elif command:
                left.append((row, command))
    if not left:
        return []
    row, example = left[0]
    more = f", and {len(left) - 1} more" if len(left) > 1 else ""
    reason = f"row {row}: the command '{example[:40]}' was not carried out{more}"
    return [Dropped(rule="command", reason=reason, rows=0)]


def _scaled(wave: Wave, command: re.Match[str]) -> Wave:
    axis, unit = command["axis"].lower(), (command["unit"] or "").strip()
    # of a curve, Igor writes the unit of the numbers as that of y; of a map y is the second axis
    if axis == "d" or (axis == "y" and wave.values.ndim == 1):
        return replace(wave, unit=unit or wave.unit)
    if axis == "z":
        return wave
    which = 0 if axis == "x" else 1
    try:
        a, b = float(command["a"]), float(command["b"] or "nan")
    except ValueError:
        return wave
    count = wave.values.shape[which] if wave.values.ndim > which else 0
    step = b
    if (command["flag"] or "").upper() == "/I":
        step = (b - a) / (count - 1) if count > 1 else 0.0
    elif not command["flag"]:
        step = (b - a) / count if count else 0.0
    if not (np.isfinite(a) and np.isfinite(step)):
        return wave
    scale = Scale(start=a, step=step, unit=unit)
    axes = (scale, wave.axes[1]) if which == 0 else (wave.axes[0], scale)
    return replace(wave, axes=axes)
