"""Units of measurement: the one place that says what a unit text means.

A unit is text in a header; here it becomes a factor to SI and a dimension, or stays unknown. Unknown is not
dimensionless: a column without a stated unit must be given one before it can be compared with a quantum.
"""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass

from gzero.errors import UnitError
from gzero.unit_grammar import BASES, NO_DIMENSION, Dimension, canonical, read_expression

#: Texts that state that there is no dimension; percent, degree, dB and arb. units do not: their scale is not known.
ONES = {"1", "dimensionless", "none", "-", "--"}

#: What newtons over amperes are not.
_NOT_AVAILABLE = ("N/A", "N.A")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit with its meaning in SI.

    Parameters
    ----------
    text : as written.
    factor : value in SI = factor * value as written + offset.
    si : the SI unit, canonical text ("S", "V", "m^2/s", "" for dimensionless); None when the unit is unknown.
    offset : for degree Celsius only.
    """

    text: str
    factor: float = 1.0
    si: str | None = None
    offset: float = 0.0

    @property
    def known(self) -> bool:
        """False for a unit that is not stated or not understood (which is not the same as dimensionless)."""
        return self.si is not None


UNKNOWN = Unit(text="")
DIMENSIONLESS = Unit(text="", si="")

#: Canonical SI text of the dimensions that gzero names.
SI_NAMES = (
    "S", "V", "A", "ohm", "Hz", "W", "J", "K", "T", "m", "s", "kg", "F", "C", "H", "N", "Pa", "Wb", "W/K", "W/K^2", "1/(J s)", "kg^2/(J s)",
    "m^2/s", "m^2/(V s)", "V/m", "1/m", "1/m^2", "1/m^3", "W/m", "W/(K m)", "ohm m", "S/m", "m/s", "K/W", "1/s^2", "J s", "kg^3/(J s)^2", "kg/(J s)^2",
    "1/K", "A/W", "V/K", "F/m^2", "m/H", "A^2", "V^2", "m^2", "m^3", "W/m^2", "W/(m^2 K^4)", "A/m", "A m^2", "W/(m^2 K)", "1/J", "s/m", "ohm m^2",
)  # fmt: skip


@functools.lru_cache(maxsize=512)
def parse_unit(text: str | None) -> Unit:
    """The unit that a text states; unknown when it states none or none that is understood.

    Parameters
    ----------
    text : such as ``"mV"``, ``"kΩ"``, ``"cm^2/(V s)"``, ``"1/(J s)"``, ``"1"`` (dimensionless), or None.

    >>> parse_unit("nA").factor, parse_unit("nA").si
    (1e-09, 'A')
    >>> parse_unit("arb. units").known, parse_unit("%").known, parse_unit(None).known
    (False, False, False)
    """
    if text is None or not text.strip() or len(text) > 60:
        return UNKNOWN
    bare = text.strip()
    if (bare[0], bare[-1]) in (("[", "]"), ("(", ")")) and not re.search(r"[\[\]()]", bare[1:-1]):
        bare = bare[1:-1].strip()
    if bare in ONES:
        return Unit(text=text, si="")
    expression = canonical(bare)
    # a bare number counts something, and a bare micro sign is no mass
    if (
        bare in _NOT_AVAILABLE
        or re.fullmatch(r"[0-9.]*", expression)
        or re.search(r"[\u00b5\u03bc](?![A-Za-z\u03a9\u2126\u00c5\u212b])", bare)
    ):
        return Unit(text=text)
    meaning = read_expression(expression, named=_named_dimensions)
    if meaning is None:
        return Unit(text=text)
    factor, dimension = meaning
    # fourteen digits: a factor is a short decimal, and binary dust in it would show in every number
    factor = float(f"{factor:.14g}")
    si = _si_name(dimension)
    # `°C` alone is a scale with an offset, `W/°C` counts differences; `10 °C` could be either
    shifted = expression == "degC"
    if not (math.isfinite(factor) and factor > 0) or ("degC" in expression and si == "K" and not shifted):
        return Unit(text=text)
    return Unit(text=text, factor=factor, si=si, offset=273.15 if shifted else 0.0)


@functools.cache
def _named_dimensions() -> dict[Dimension, str]:
    named: dict[Dimension, str] = {}
    for name in SI_NAMES:
        meaning = read_expression(canonical(name))
        assert meaning is not None, name
        named.setdefault(meaning[1], name)
    return named


def _si_name(dimension: Dimension) -> str:
    if dimension == NO_DIMENSION:
        return ""
    written = (base if n == 1 else f"{base}^{n}" for base, n in zip(BASES, dimension, strict=True) if n)
    return _named_dimensions().get(dimension) or " ".join(written)


def dimension_of(text: str) -> Dimension:
    """Exponents of kg, m, s, A, K, mol of a unit text; "" and "1" have none.

    Raises
    ------
    UnitError : no unit that is understood.

    >>> dimension_of("W"), dimension_of("1")
    ((1, 2, -3, 0, 0, 0), (0, 0, 0, 0, 0, 0))
    """
    if not text.strip() or text.strip() in ONES:
        return NO_DIMENSION
    meaning = read_expression(canonical(text), named=_named_dimensions)
    if meaning is None:
        raise UnitError(f"unit '{text}' is not known", remedy="write it in SI units, such as kg^2/(J s)")
    return meaning[1]


#: What a column of such a name is usually measured in: `G_S` is a conductance in siemens, but `V_S` a source voltage
#: without a unit, `G(V)` a function of V, `I/V` a ratio.
_USUAL_DIMENSIONS = {
    "V": "V", "U": "V", "I": "A", "G": "S", "R": "ohm", "B": "T", "T": "K", "t": "s", "E": "J", "D": "m^2/s",
    "L": "m", "f": "Hz", "P": "W", "K": "W/K",
}  # fmt: skip

#: The same for letters that are units themselves, where `m/kg` could be a unit or a mass in kilograms.
_USUAL_OF_UNITS = _USUAL_DIMENSIONS | {"m": "kg", "u": "V", "C": "F", "H": "A/m", "F": "N"}

#: Names of temperatures, of differences, of logarithms, and names that say by which number the readings were multiplied.
_TEMPERATURE = re.compile(
    r"T(?:\d*|_.*|[chse]|mix|mc|set|bath|sample|base|probe|stage)|(?i:.*temp(?:s|erature?n?|eratures)?(?![a-z]).*)"
)
_DIFFERENCE = re.compile(r"(?:[Δ∆δ]|delta(?![a-z])|diff|d(?=T(?![a-z])))", re.IGNORECASE)
_LOGARITHM = re.compile(r"(?:log(?:_?(?:10|2|e))?|lg|ln)(?![a-z])", re.IGNORECASE)
_MULTIPLIED = re.compile(
    r"[*×·]\s*(?:\d|\()|(?<=\S)\s+x\s*1(?:0|[eE])|^\s*\d+(?:\.\d+)?(?:[eE][-+]?\d+|\s*\^\s*[-+]?\d+)?\s*[*×·]", re.ASCII
)

#: Words before a letter that counts (`Sample A`, `Run T`), and words for a function of what follows (`std(G)`, `log G`).
_COUNTED = re.compile(
    r"(?:.*[\W_])?(?:sample|run|channel|ch|trace|device|sweep|set|column|col|data|series|scan|curve|chip|cell|contact|lead|"
    r"site|config|experiment|exp|test|step|number|no|of|group|part|line|probe)\.?",
    re.IGNORECASE,
)
_FUNCTION = re.compile(
    r"(?:.*[\W_])?(?:std|stdev|stddev|sd|se|sem|err|error|stderr|sigma|σ|unc|u|s|d|delta|Δ|mean|avg|var|log|log10|log_10|lg|ln|exp|abs|re|im|"
    r"sqrt|sin|cos|tan)",
    re.IGNORECASE,
)
_TIME = re.compile(r"t|(?i:.*(?:time|zeit|elapsed|duration|dauer|clock).*)")

#: Quanta that stand for a unit behind a stroke or a blank: `G/G0`, `dI/dV in 2e^2/h`; `gzero.quanta` gives their values.
_QUANTUM = re.compile(r"\(?\s*[0-9.]*\s*[*·]?\s*(?:G_?[0₀]|e\s*(?:\^|\*\*)?\s*[2²]\s*/\s*h)\s*\)?")

_LONGEST_HEADER = 300


def split_header(text: str) -> tuple[str, str | None]:
    """A column header as (name, unit text); the unit text is None where the header states none.

    Brackets and parentheses are taken at their word; a slash, an underscore, a comma or a space only when what follows
    is a known unit and not a likelier subscript (`R/kOhm`, `I_nA`, `Vg mV`, `D_m2_s`, but not `V_gate`, `dI/dV`, `n_s`).

    A unit that is read correctly can still say something else: `I*1e9 (A)`, `log G (S)` and `ΔT (°C)` keep their text whole and
    have no unit, `Temp. (C)` is in degrees Celsius and not in coulombs.

    >>> split_header("Vg (V)"), split_header("G [2e^2/h]"), split_header("I_nA"), split_header("V_gate")
    (('Vg', 'V'), ('G', '2e^2/h'), ('I', 'nA'), ('V_gate', None))
    """
    text = " ".join(text.split()).strip().strip("\"'").strip()
    if len(text) > _LONGEST_HEADER:
        return text, None
    name, unit = _as_written(text)
    if unit is None:
        return name, None
    if _LOGARITHM.match(name) or _MULTIPLIED.search(name):
        return text, None
    if unit in ("C", "F") and _TEMPERATURE.fullmatch(name):
        unit = f"°{unit}"
    shifted = parse_unit(unit).offset != 0 if re.search(r"[Cc]", unit) else False
    return (text, None) if shifted and _DIFFERENCE.match(name) else (name, unit)


def _as_written(text: str) -> tuple[str, str | None]:
    """Name and unit by brackets, a stroke or a separator, whatever they mean together."""
    bracketed = _bracketed(text)
    if bracketed:
        return bracketed
    name, stroke, unit = (part.strip() for part in text.partition("/"))
    if stroke and re.search(r"[^\W\d_]", name) and _is_unit(unit):
        return (text, None) if _is_other_quantity(name, unit) or _is_a_unit_itself(text, name, unit) else (name, unit)
    for separator in re.finditer(r"(?:[\s_,;]|\bin\s)+", text):
        name, unit = text[: separator.start()], text[separator.end() :]
        if "," in unit or not re.search(r"[^\W\d_]", name):
            continue
        unit = unit if re.search(r"\s", unit) else unit.replace("_", "/")
        if unit != "u" and not _is_subscript(name, unit) and _is_unit(unit):  # the cheaper question first
            return name, unit
    return text, None


def _bracketed(text: str) -> tuple[str, str | None] | None:
    """Name and unit of a header that has a unit in brackets, or brackets that are its name's own; None without either."""
    groups: list[tuple[int, int]] = []
    opened: list[int] = []
    for i, sign in enumerate(text):
        if sign in "([":
            opened.append(i)
        elif sign in ")]":
            if not opened:
                return None
            start = opened.pop()
            if not opened and start > 0:
                groups.append((start, i + 1))
    if opened or not groups:
        return None
    for start, end in reversed(groups):  # the last that is a unit: `G (uS) std`, `I [nA] (raw)`
        name, inside = text[:start].rstrip(" /").rstrip(), text[start + 1 : end - 1].strip()
        if name and (
            _is_unit(inside) or (inside in ONES and text[start] == "[" and end == len(text) and text[start - 1] in " /")
        ):
            attached = text[start] == "(" and text[start - 1] not in " /"
            if attached and (_is_other_quantity(name, inside) or (_FUNCTION.fullmatch(name) and inside == "G")):
                return text, None
            return " ".join((name + " " + text[end:]).split()), inside
    start, end = groups[-1]
    name, inside = text[:start].rstrip(" /").rstrip(), text[start + 1 : end - 1].strip()
    if end < len(text) or not name:
        return None
    # `I(2)` numbers the column, `I[_]` says nothing, `std(G)` is a function; any other bracket is a unit, known or not
    function = text[start] == "(" and text[start - 1] != " " and _FUNCTION.fullmatch(name)
    if re.fullmatch(r"[\d_]*", inside) or (function and re.search(r"[^\W\d_]", inside)):
        return (text, None) if inside else (name, None)
    return name, inside


def _is_unit(text: str) -> bool:
    """Whether a text without brackets around it says a unit, or a quantum in place of one; a bare number does not."""
    if _QUANTUM.fullmatch(text):
        return True
    return re.search(r"[^\W\d_]|°", text) is not None and text not in ONES and parse_unit(text).known


def _is_other_quantity(name: str, unit: str) -> bool:
    """Whether a single letter behind another one is a quantity rather than its unit: `I/V`, `G(V)`."""
    usual = _USUAL_DIMENSIONS.get(name)
    return len(unit) == 1 and usual is not None and name != "E" and usual != parse_unit(unit).si


def _is_a_unit_itself(text: str, name: str, unit: str) -> bool:
    """Whether a text with a stroke is a unit and no quantity in one: `A/W`, `m/s`, `N/A`; but `T/K` is a temperature."""
    whole = text in _NOT_AVAILABLE or parse_unit(text).known
    return whole and _USUAL_OF_UNITS.get(name) != parse_unit(unit).si


def _is_subscript(name: str, unit: str) -> bool:
    """Whether what follows an underscore or a space belongs to the name (`V_S`, `I_min`, `Sample A`) and is no unit."""
    if unit == "min":
        return _TIME.fullmatch(name) is None
    if len(unit) > 1:
        return False
    if unit == "G":
        return re.search(r"b|field|feld", name, re.IGNORECASE) is None or _FUNCTION.fullmatch(name) is not None
    if name in ("x", "y"):
        return False
    # a quantity with its own subscript: `Vg`, `I_ds`
    usual = _USUAL_DIMENSIONS.get(name[0]) if re.fullmatch(r"[A-Za-z](?:_?[a-z0-9]{1,2})?", name) else None
    if len(name) < 3 or usual:
        return usual is None or usual != parse_unit(unit).si
    return (_COUNTED.fullmatch(name) or _FUNCTION.fullmatch(name)) is not None
