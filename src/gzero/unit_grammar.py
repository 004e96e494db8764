"""The grammar of unit texts: from `cm^2/(V s)` to a factor to SI and the exponents of the base units.

A library of units reads many more things than a laboratory writes (`h` is an hour to pint, `e` a charge, `G` a constant of
nature), works out any power it is given, and reads `cm^2/V s` as a calculator would. So the grammar is this module's own: only
the atoms listed here are units, and everything else is unknown, not guessed. The tests hold every atom, and products of their
powers, against pint.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Container

#: Exponents of kg, m, s, A, K, mol.
Dimension = tuple[int, int, int, int, int, int]
BASES = ("kg", "m", "s", "A", "K", "mol")
NO_DIMENSION: Dimension = (0, 0, 0, 0, 0, 0)

#: Factor to SI and dimension: what a text comes to.
Meaning = tuple[float, Dimension]

#: Atoms that take an SI prefix, with their factor to SI and their exponents of kg, m, s, A, K, mol: the definitions of the SI
#: brochure (9th edition). The electron volt is exact since 2019; of gauss and oersted the factors are what gaussmeters mean
#: (1 G = 1e-4 T, 1 Oe = 1000/(4 pi) A/m), for in the CGS system their dimensions are others.
PREFIXABLE: dict[str, Meaning] = {
    "V": (1.0, (1, 2, -3, -1, 0, 0)), "A": (1.0, (0, 0, 0, 1, 0, 0)), "S": (1.0, (-1, -2, 3, 2, 0, 0)),
    "ohm": (1.0, (1, 2, -3, -2, 0, 0)), "Hz": (1.0, (0, 0, -1, 0, 0, 0)), "W": (1.0, (1, 2, -3, 0, 0, 0)),
    "J": (1.0, (1, 2, -2, 0, 0, 0)), "K": (1.0, (0, 0, 0, 0, 1, 0)), "T": (1.0, (1, 0, -2, -1, 0, 0)),
    "m": (1.0, (0, 1, 0, 0, 0, 0)), "g": (1e-3, (1, 0, 0, 0, 0, 0)), "s": (1.0, (0, 0, 1, 0, 0, 0)),
    "eV": (1.602176634e-19, (1, 2, -2, 0, 0, 0)), "F": (1.0, (-1, -2, 4, 2, 0, 0)), "C": (1.0, (0, 0, 1, 1, 0, 0)),
    "H": (1.0, (1, 2, -2, -2, 0, 0)), "N": (1.0, (1, 1, -2, 0, 0, 0)), "Pa": (1.0, (1, -1, -2, 0, 0, 0)),
    "rad": (1.0, NO_DIMENSION), "mol": (1.0, (0, 0, 0, 0, 0, 1)), "bar": (1e5, (1, -1, -2, 0, 0, 0)),
    "Wb": (1.0, (1, 2, -2, -1, 0, 0)), "G": (1e-4, (1, 0, -2, -1, 0, 0)), "Oe": (79.57747154594767, (0, -1, 0, 1, 0, 0)),
}  # fmt: skip

_DALTON: Meaning = (1.66053906892e-27, (1, 0, 0, 0, 0, 0))  # CODATA 2022, measured
_ELECTRON_MASS: Meaning = (9.1093837139e-31, (1, 0, 0, 0, 0, 0))  # CODATA 2022, measured

#: Atoms that stand alone, in the same way.
PLAIN: dict[str, Meaning] = {
    "min": (60.0, (0, 0, 1, 0, 0, 0)), "hour": (3600.0, (0, 0, 1, 0, 0, 0)), "day": (86400.0, (0, 0, 1, 0, 0, 0)),
    "degC": (1.0, (0, 0, 0, 0, 1, 0)), "angstrom": (1e-10, (0, 1, 0, 0, 0, 0)), "torr": (101325 / 760, (1, -1, -2, 0, 0, 0)),
    "u": _DALTON, "Da": _DALTON, "m_e": _ELECTRON_MASS, "m0": _ELECTRON_MASS, "me": _ELECTRON_MASS,
}  # fmt: skip

PREFIXES = {
    "T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3, "h": 1e2, "d": 1e-1, "c": 1e-2, "m": 1e-3, "u": 1e-6, "n": 1e-9,
    "p": 1e-12, "f": 1e-15, "a": 1e-18, "z": 1e-21,
}  # fmt: skip

#: Prefixes that laboratories use with few atoms: `dV` is a differential, not a tenth of a volt.
_RARE_PREFIXES = ("h", "d", "c")
_WITH_RARE_PREFIX = ("cm", "dm", "hPa")

#: Words that a prefix and an atom would make by accident (`Grad` is German for a degree).
_NO_UNITS = ("as", "am", "Grad")

#: How people spell the atoms.
SPELLINGS = {
    "Ohm": "ohm", "ohms": "ohm", "Ohms": "ohm", "OHM": "ohm", "mho": "S", "Volt": "V", "Volts": "V", "volt": "V", "volts": "V",
    "Amp": "A", "Amps": "A", "amp": "A", "amps": "A", "Ampere": "A", "ampere": "A", "Siemens": "S", "siemens": "S",
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "Sec": "s", "Kelvin": "K", "kelvin": "K", "Tesla": "T", "tesla": "T",
    "Gauss": "G", "gauss": "G", "Gs": "G", "Watt": "W", "watt": "W", "gram": "g", "grams": "g", "meter": "m", "metre": "m", "mins": "min", "minutes": "min",
    "Å": "angstrom", "Ang": "angstrom", "Hertz": "Hz", "hertz": "Hz", "amu": "u", "hr": "hour", "hours": "hour", "days": "day",
    "Torr": "torr", "KOhm": "kohm", "Kohm": "kohm", "KHz": "kHz", "micron": "um", "microns": "um", "mBar": "mbar",
}  # fmt: skip

_PREFIXED_SPELLINGS = (
    "ohms", "Ohms", "Ohm", "OHM", "Siemens", "siemens", "Volt", "volt", "Amp", "amp", "Kelvin", "kelvin",
)  # fmt: skip

_LONG_PREFIXES = {
    "kilo": "k", "mega": "M", "giga": "G", "milli": "m", "micro": "u", "nano": "n", "pico": "p", "femto": "f",
}  # fmt: skip

#: Atoms that are written together, `Vs` and `cm2/Vs`: the right one, and the left ones (any prefix) that it follows.
_TOGETHER = {
    "s": ("V", "A", "J", "W", "N", "Pa"),
    "K": ("m", "W", "J"),
    "m": ("ohm", "V", "A", "N", "W", "S", "T"),
    "cm": ("ohm", "V", "A", "W", "S"),
    "A": ("V",),
}

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")


def canonical(text: str) -> str:
    """One spelling for the many ways of writing the same unit.

    Micro signs U+00B5 and U+03BC become `u`, ohm signs `ohm`, superscripts powers, dots and spaces products.

    >>> canonical("µS"), canonical("kΩ"), canonical("cm²/Vs"), canonical("m s⁻¹")
    ('uS', 'kohm', 'cm^2/Vs', 'm*s^-1')
    """
    text = re.sub(r"(?<=[\w)])([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda m: "^" + m[1].translate(_SUPERSCRIPTS), text.strip())
    text = re.sub(r"[º˚](?=\s*C\b)", "°", text.replace("\u00c5", "angstrom").replace("\u212b", "angstrom"))
    text = unicodedata.normalize("NFKC", text)
    text = text.replace("µ", "u").replace("μ", "u").replace("Ω", "ohm").replace("−", "-")
    text = re.sub(r"(?:°|\b[dD]eg(?:rees?|\.)?)\s*C(?:elsius)?\b|\b[cC]elsius\b", "degC", text)
    text = text.replace("**", "^").replace("·", "*").replace("⋅", "*").replace("×", "*").replace("∙", "*")
    text = re.sub(r"(?<=[A-Za-z0-9)])\.(?=[A-Za-z])", "*", text)
    text = re.sub(r"\s*([*/^()])\s*", r"\1", text)
    return re.sub(r"\s+", "*", text)


def _atom(symbol: str) -> tuple[float, str] | None:
    """(factor of the prefix, atom) of one symbol; None when it is not one that laboratories write."""
    symbol = SPELLINGS.get(symbol, symbol)
    if symbol in PREFIXABLE or symbol in PLAIN:
        return 1.0, symbol
    if symbol in _NO_UNITS:
        return None
    word = next((word for word in _LONG_PREFIXES if symbol.casefold().startswith(word)), "")
    if word and symbol[len(word) :] in SPELLINGS:
        symbol = _LONG_PREFIXES[word] + SPELLINGS[symbol[len(word) :]]
    for spelling in _PREFIXED_SPELLINGS:
        if symbol.endswith(spelling):
            symbol = symbol.removesuffix(spelling) + SPELLINGS[spelling]
            break
    for atom in PREFIXABLE:
        prefix = symbol.removesuffix(atom)
        if prefix != symbol and prefix in PREFIXES and (prefix not in _RARE_PREFIXES or symbol in _WITH_RARE_PREFIX):
            return PREFIXES[prefix], atom
    return None


def _meaning(factor: float, atom: str) -> Meaning:
    return _product((factor, NO_DIMENSION), PREFIXABLE.get(atom) or PLAIN[atom])


def _power(meaning: Meaning, exponent: int) -> Meaning:
    factor, dimension = meaning
    a, b, c, d, e, f = (power * exponent for power in dimension)
    return factor**exponent, (a, b, c, d, e, f)


def _product(left: Meaning, right: Meaning, sign: int = 1) -> Meaning:
    """Left times (sign 1) or over (sign -1) right."""
    factor = left[0] * right[0] if sign > 0 else left[0] / right[0]
    a, b, c, d, e, f = (x + sign * y for x, y in zip(left[1], right[1], strict=True))
    return factor, (a, b, c, d, e, f)


class _NotAUnitError(Exception):
    """The text is no expression of units."""


_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+(?:\.[0-9]+)?)(?:[eE][-+]?[0-9]{1,3}(?![0-9.]))?)"
    r"|(?P<word>[A-Za-z_]+(?:[0-9]+|-[0-9]+)?)"
    r"|(?P<power>\^(?:[-+]?[0-9]{1,3}|\([-+]?[0-9]{1,3}\))(?![0-9.^]))"
    r"|(?P<sign>[*/()]|-(?=[A-Za-z]))"
)


class _Reader:
    """Reads an expression of units, such as `cm^2/(V*s)`, from left to right."""

    def __init__(self, text: str, named: Callable[[], Container[Dimension]]) -> None:
        self.named = named
        self.tokens: list[tuple[str, str]] = []
        self.last_was_word = False
        end = 0
        while end < len(text):
            token = _TOKEN.match(text, end)
            if token is None or token.lastgroup is None:
                raise _NotAUnitError
            self.tokens.append((token.lastgroup, token[0]))
            end = token.end()
        self.tokens.reverse()

    def peek(self) -> tuple[str, str]:
        return self.tokens[-1] if self.tokens else ("end", "")

    def expression(self) -> Meaning:
        """Factors up to the next closing parenthesis or the end.

        Behind a stroke `cm^2/V s` says V s to a laboratory, V times s to a calculator. Where the two readings differ,
        the one whose dimension has a name is meant; if both or neither has, the text is not understood.
        """
        strict = loose = self.factor()
        divides = False
        while self.peek()[0] != "end" and self.peek()[1] != ")":
            kind, text = self.peek()
            if kind == "sign" and text != "(":
                self.tokens.pop()
            elif kind == "power" or self.last_was_word:
                raise _NotAUnitError  # two powers on one symbol, or a number glued to the end of a word
            sign = -1 if text == "/" else 1
            divides = divides or sign < 0
            right = self.factor()
            strict = _product(strict, right, sign)
            loose = _product(loose, right, -1 if divides else 1)
        if strict == loose:
            return strict
        named = [meaning for meaning in (strict, loose) if meaning[1] in self.named()]
        if len(named) != 1:
            raise _NotAUnitError
        return named[0]

    def factor(self) -> Meaning:
        """A number, a symbol or a parenthesis, with its power."""
        kind, text = self.peek()
        if not self.tokens or kind == "power" or text in (")", "*", "/", "-"):
            raise _NotAUnitError
        self.tokens.pop()
        self.last_was_word = kind == "word"
        if text == "(":
            base, fixed = self.expression(), (1.0, NO_DIMENSION)
            if self.peek()[1] != ")":
                raise _NotAUnitError
            self.tokens.pop()
            self.last_was_word = True
        elif kind == "number":
            base, fixed = (float(text), NO_DIMENSION), (1.0, NO_DIMENSION)
        else:
            fixed, base = self.word(text)
        if self.peek()[0] == "power":
            exponent = int(self.tokens.pop()[1].strip("^()"))
            if exponent == 0 or (abs(exponent) > 99 and base[1] != NO_DIMENSION):
                raise _NotAUnitError
            base = _power(base, exponent)
        return _product(fixed, base)

    def word(self, text: str) -> tuple[Meaning, Meaning]:
        """What letters stand for, as a product whose last factor takes the power: `Vs`, `cm2` are `V*s`, `cm^2`."""
        found = _atom(text)
        if found:
            return (1.0, NO_DIMENSION), _meaning(*found)
        power = re.fullmatch(r"([A-Za-z_]+)([2-9]|-[1-9])", text)
        if power:
            fixed, last = self.word(power[1])
            return fixed, _power(last, int(power[2]))
        for right, lefts in _TOGETHER.items():
            left = text.removesuffix(right)
            a = _atom(left) if left and left != text else None
            b = _atom(right) if a and a[1] in lefts else None
            if a and b:
                return _meaning(*a), _meaning(*b)
        raise _NotAUnitError


def read_expression(expression: str, named: Callable[[], Container[Dimension]] = tuple) -> Meaning | None:
    """What an expression in the spelling of `canonical` comes to; None when it is no expression of units.

    Parameters
    ----------
    named : gives the dimensions that decide between the two readings of `cm^2/V s`; without any, such a text is not understood.
    """
    try:
        reader = _Reader(expression, named)
        meaning = reader.expression()
    except (_NotAUnitError, ArithmeticError):
        return None
    return None if reader.tokens else meaning
