"""The kinds of check: an identity, a dimension, a number, a rounded number, a measured number, or a computation of its own.

A form with several parts ("c*L ; eps0*c") is taken apart by `part`: a check looks at one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from gzero.audit.algebra import dimension, number, ratio_of, spelled, unit_dimension
from gzero.audit.item import Case
from gzero.errors import ConfigError

#: Two numbers that were worked out in floats by different ways are one below this relative difference.
FLOATS = 1e-9

#: A measured value contradicts a stated one from this many standard uncertainties on.
STANDARD_UNCERTAINTIES = 2.0


def parts(form: str) -> tuple[str, ...]:
    """The parts of a form.

    >>> parts("h/m ; 1/h")
    ('h/m', '1/h')
    """
    return tuple(piece.strip() for piece in form.split(";"))


def _part(form: str, index: int) -> str:
    found = parts(form)
    if index >= len(found):
        raise ConfigError(f"'{form}' has no part {index + 1}", remedy="part the forms of a claim by ' ; '")
    return found[index]


def shown(value: float, digits: int = 4) -> str:
    """A number inside a sentence, to so many significant digits and without padding.

    >>> shown(2.0), shown(7.273895e-4), shown(1234.5), shown(0.05)
    ('2', '7.274e-4', '1234', '0.05')
    """
    if value == 0:
        return "0"
    text = f"{value:.{digits - 1}e}" if abs(value) < 1e-2 else f"{value:.{digits}g}"
    mantissa, power, exponent = text.partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}" if power else mantissa


def compared(condition: str, value: float, derived: float, *, within: float = FLOATS, what: str = "") -> Case:
    """The case that two numbers are the same within a relative difference."""
    ratio = value / derived
    holds = abs(ratio - 1) <= within
    words = what or "what follows"
    found = f"equal to {words}" if holds else f"{shown(ratio)} times {words}"
    return Case(condition=condition, holds=holds, found=found, ratio=ratio)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The form is identically what is derived, once the letters of `given` are replaced in both.

    Parameters
    ----------
    derived : the formula that follows; a function where it has to be worked out first.
    given : letter -> formula.
    what : what the derived formula is, for the reader.
    part : which part of the form.
    needed : every case needs it.
    """

    condition: str
    derived: str
    given: Mapping[str, str] = field(default_factory=dict)
    what: str = ""
    part: int = 0
    needed: bool = False

    def case(self, form: str) -> Case:
        """Divide the two: the quotient must have the dimension of a number, and be 1."""
        printed = _part(form, self.part)
        words = self.what or f"`{self.derived}`"
        if dimension(printed) != dimension(self.derived):
            return self._case(False, f"another dimension than {words}", None)
        ratio = ratio_of(printed, self.derived, self.given)
        if ratio == 1:
            return self._case(True, f"identical with {words}", 1.0)
        if ratio.is_number:
            return self._case(False, f"{shown(float(ratio))} times {words}", float(ratio))
        return self._case(False, f"`{spelled(ratio)}` times {words}", None)

    def _case(self, holds: bool, found: str, ratio: float | None) -> Case:
        return Case(condition=self.condition, holds=holds, found=found, ratio=ratio, needed=self.needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """The form has the dimension of a unit: no case of its own, unless the claim says no more than that."""

    condition: str
    unit: str
    part: int = 0
    given: Mapping[str, str] = field(default_factory=dict)
    needed: bool = True

    def case(self, form: str) -> Case:
        """Compare the exponents of the base units."""
        printed = _part(form, self.part)
        for letter, replacement in self.given.items():
            printed = _with(printed, letter, replacement)
        holds = dimension(printed) == unit_dimension(self.unit)
        return Case(
            condition=self.condition, holds=holds, found=self.unit if holds else f"not {self.unit}", needed=self.needed
        )  # fmt: skip


def _with(text: str, letter: str, replacement: str) -> str:
    """A formula with one letter replaced, as text: `q` stands for a quantity whose unit differs from row to row."""
    import re

    return re.sub(rf"\b{re.escape(letter)}\b", f"({replacement})", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """The form has the value that was worked out another way.

    Parameters
    ----------
    values : the letters' values [SI], constants of nature apart; a function where they have to be worked out.
    derived : the number worked out another way; called when it is asked for.
    within : relative difference that counts as none.
    """

    condition: str
    derived: Callable[[], float]
    values: Mapping[str, float] | Callable[[], Mapping[str, float]] = field(default_factory=dict)
    within: float = FLOATS
    what: str = ""
    part: int = 0

    def case(self, form: str) -> Case:
        """Divide the two numbers."""
        values = self.values() if callable(self.values) else self.values
        value = number(_part(form, self.part), values)
        return compared(self.condition, value, self.derived(), within=self.within, what=self.what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """The derived number, rounded to the digits that are printed, is the printed one."""

    condition: str
    derived: Callable[[], float]

    def case(self, form: str) -> Case:
        """Round half to even at the last printed digit."""
        printed = Decimal(form.strip())
        derived = self.derived()
        place = Decimal(1).scaleb(int(printed.as_tuple().exponent))
        rounded = Decimal(repr(derived)).quantize(place)
        holds = rounded == printed
        found = f"{shown(derived, 7)}, which rounds to {'it' if holds else shown(float(rounded))}"
        return Case(condition=self.condition, holds=holds, found=found, ratio=float(printed) / derived)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The form agrees with a measured value, within two of its standard uncertainties.

    Parameters
    ----------
    stated : the number that the form states [the measured unit]; None for the form itself as a number.
    measured : (value, standard uncertainty), worked out when it is asked for.
    part : which part of the form.
    """

    condition: str
    measured: Callable[[], tuple[float, float]]
    stated: Callable[[str], float] | None = None
    part: int = 0

    def case(self, form: str) -> Case:
        """Count the standard uncertainties between them."""
        printed = _part(form, self.part)
        value = number(printed) if self.stated is None else self.stated(printed)
        reference, std = self.measured()
        away = (value - reference) / std
        far = f"{abs(away):.1f}" if abs(away) < 100 else f"{abs(away):.0f}"
        found = f"{shown(value)} against {shown(reference)} with std {shown(std, 2)}, {far} std away"
        return Case(
            condition=self.condition, holds=abs(away) <= STANDARD_UNCERTAINTIES, found=found, ratio=value / reference
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """A check of its own: a function of the form."""

    condition: str
    work: Callable[[str, str], Case]

    def case(self, form: str) -> Case:
        """Call it with the condition and the form."""
        return self.work(self.condition, form)
