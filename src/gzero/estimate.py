"""A number with its uncertainty, its unit, and the sources that it shares with other numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gzero.errors import ConfigError, InputError, UnitError
from gzero.units import DIMENSIONLESS, Unit, parse_unit

if TYPE_CHECKING:
    from uncertainties.core import AffineScalarFunc


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimate:
    """A value [unit] with a statistical standard uncertainty and named systematic parts.

    Parameters
    ----------
    value : in `unit`.
    std_stat : statistical standard uncertainty, >= 0.
    systematic : source name -> signed shift of `value` when that source moves up by one standard uncertainty.
        Two estimates with a part of the same name move together: their covariance from it is the product of the shifts.
    unit : SI unit text; "" is dimensionless, None is unknown.

    Raises
    ------
    ValueError : a negative or non-finite uncertainty.
    """

    value: float
    std_stat: float = 0.0
    systematic: Mapping[str, float] = field(default_factory=dict)
    unit: str | None = ""

    def __post_init__(self) -> None:
        if not (
            math.isfinite(self.std_stat) and self.std_stat >= 0 and all(map(math.isfinite, self.systematic.values()))
        ):
            raise ValueError(
                f"an uncertainty must be finite and not negative: {self.std_stat}, {dict(self.systematic)}"
            )
        object.__setattr__(self, "systematic", {name: float(s) for name, s in self.systematic.items() if s != 0.0})

    @property
    def std_sys(self) -> float:
        """Root sum of squares of the systematic parts [unit]."""
        return math.hypot(*self.systematic.values()) if self.systematic else 0.0

    @property
    def std(self) -> float:
        """Total standard uncertainty [unit]."""
        return math.hypot(self.std_stat, self.std_sys)

    def scaled(self, factor: float, unit: str | None) -> Estimate:
        """The estimate times an exact factor, in another unit."""
        parts = {name: s * factor for name, s in self.systematic.items()}
        return Estimate(value=self.value * factor, std_stat=self.std_stat * abs(factor), systematic=parts, unit=unit)

    def with_part(self, source: str, shift: float) -> Estimate:
        """The estimate with one more systematic part; a part of the same name is added linearly, as it is the same source."""
        return replace(self, systematic={**self.systematic, source: self.systematic.get(source, 0.0) + shift})

    def as_ufloat(self, sources: Mapping[str, AffineScalarFunc] | None = None) -> AffineScalarFunc:
        """A number of the `uncertainties` package.

        Parameters
        ----------
        sources : unit normal variables (0 +- 1) by source name. Estimates built from the same mapping stay correlated;
            without it this number is correlated with nothing.

        Raises
        ------
        InputError : a source that is not a unit variable.
        """
        from uncertainties import ufloat
        from uncertainties.core import AffineScalarFunc, LinearCombination

        # an exact number has no variables at all; ufloat(x, 0) would be a variable, and warns
        exact = AffineScalarFunc(self.value, LinearCombination({}))
        number = ufloat(self.value, self.std_stat) if self.std_stat > 0 else exact
        for name, shift in self.systematic.items():
            number = number + shift * unit_source(name, sources)
        return number

    def _repr_html_(self) -> str:
        """Value, statistical and systematic part, for notebooks."""
        from html import escape

        return f"{self.value:.6g} ± {self.std_stat:.2g} (stat) ± {self.std_sys:.2g} (sys) {escape(self.unit or '')}"

    def __repr__(self) -> str:
        return f"Estimate({self.value:.6g} +- {self.std_stat:.2g} (stat) +- {self.std_sys:.2g} (sys) {self.unit})"


def unit_source(name: str, sources: Mapping[str, AffineScalarFunc] | None) -> AffineScalarFunc:
    """The variable of a source, 0 +- 1: the one in `sources`, or a new one that is shared with nothing.

    Raises
    ------
    InputError : what stands in `sources` is not 0 +- 1; the source itself (a gain of 1.00 +- 0.01) is an easy mistake.
    """
    from uncertainties import ufloat

    if sources is None or name not in sources:
        return ufloat(0.0, 1.0, name)
    found = sources[name]
    if not (abs(found.nominal_value) < 1e-9 and abs(found.std_dev - 1) < 1e-9):  # exact but for rounding
        raise InputError(
            f"the source '{name}' is {found.nominal_value:g} +- {found.std_dev:g}, and a shared source is 0 +- 1",
            remedy=f"give {{'{name}': ufloat(0, 1)}}; the estimates know their shifts",
        )
    return found


def html_table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A small table for notebooks, all text escaped."""
    from html import escape

    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


_LONGEST_QUANTITY = 100
_DIGITS = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"


_NUMBER = rf"[-+]?{_DIGITS}(?:[eE][-+]?[0-9]+)?"
_QUANTITY = re.compile(
    rf"""^(?P<mantissa>[-+]?{_DIGITS})
         (?:\((?P<paren>[0-9]+(?:\.[0-9]+)?)\))?
         (?P<exponent>[eE][-+]?[0-9]+)?
         (?:\s*(?:\+/-|±|\+-)\s*(?P<plusminus>{_NUMBER}))?
         \s*(?P<unit>(?![eE][-+]?[0-9])(?:[^\W\d_]|[%°\[]).*|1/.*)?$""",
    re.VERBOSE,
)


def parse_quantity(text: str) -> tuple[float, float | None, Unit]:
    """Value, standard uncertainty (None when not stated) and unit of a text.

    `number[(uncertainty)] unit` or `number +/- uncertainty unit`; digits in parentheses count in the last digits of
    the number, unless they hold a decimal point, which makes them absolute (before the exponent, as the number is).

    Raises
    ------
    ConfigError : the text is not of that form.

    >>> parse_quantity("420(12) ohm")[:2], parse_quantity("1.00(1)")[:2], parse_quantity("0(0.1) uS")[:2]
    ((420.0, 12.0), (1.0, 0.01), (0.0, 0.1))
    """
    match = _QUANTITY.match(text.strip().replace("−", "-")) if len(text) <= _LONGEST_QUANTITY else None
    if match is None or (match["paren"] and match["plusminus"]):
        raise ConfigError(
            f"'{text[:_LONGEST_QUANTITY]}' is not a quantity",
            remedy="write number(uncertainty) unit or number +/- uncertainty unit, for example '420(12) ohm'",
        )
    exponent = int(match["exponent"][1:]) if match["exponent"] else 0
    value = float(match["mantissa"] + (match["exponent"] or ""))
    std: float | None = None
    if match["paren"]:
        decimals = 0 if "." in match["paren"] else len(match["mantissa"].partition(".")[2])
        std = float(f"{match['paren']}e{exponent - decimals}")
    elif match["plusminus"]:
        std = float(match["plusminus"])
        if std < 0:
            raise ConfigError(
                f"'{text}': an uncertainty cannot be negative", remedy="write number +/- uncertainty unit"
            )
    if not math.isfinite(value) or not math.isfinite(std or 0.0):
        raise ConfigError(f"'{text}' is beyond the largest number", remedy="use a prefix of the unit")
    unit_text = (match["unit"] or "").strip()
    return value, std, parse_unit(unit_text) if unit_text else DIMENSIONLESS


def declared(text: str, *, si: str, what: str, source: str) -> Estimate:
    """A quantity that the user states, in SI; its uncertainty is systematic, under the name `source`.

    Parameters
    ----------
    text : such as ``"42 nK"``, ``"420(12) ohm"``.
    si : the SI unit asked for.
    what : the quantity's name, for the error.

    Raises
    ------
    ConfigError : not a quantity.  UnitError : not of that dimension.
    """
    value, std, unit = parse_quantity(text)
    if unit.si != si:
        stated = f"unit '{unit.text}'" if unit.text else "no unit"
        raise UnitError(
            f"{what}: '{text}' has {stated}, where [{si or 'a pure number'}] is asked",
            remedy=f"write it as, for example, '{f'{value:g} {si}'.strip()}'",
        )
    value, std = value * unit.factor + unit.offset, (std or 0.0) * unit.factor
    if not (math.isfinite(value) and math.isfinite(std)):
        raise ConfigError(f"{what}: '{text}' is beyond the largest number", remedy=f"state it in [{si}]")
    return Estimate(value=value, systematic={source: std}, unit=si)
