"""The one rounding rule of every report: that of the Particle Data Group.

If the three highest digits of the uncertainty lie between 100 and 354 it keeps two digits, between 355 and 949 one,
and from 950 to 999 it becomes 1000 and keeps two; the value is rounded to the same place.
Source: Review of Particle Physics, Introduction, section 5.3, doi 10.1103/PhysRevD.110.030001.

Two kinds of text: *plain* (`-1.0027(14)e-05`, read back by `gzero.estimate.parse_quantity`) and *display*
(`−1.0027(14) × 10⁻⁵`), which `typographic` makes of it. What names no unit returns plain text unless it says otherwise.
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

from gzero.report.symbols import unit_text

Style = Literal["paren", "plusminus"]

#: What stands where a number was not determined.
NOTHING = "—"

#: Units that take an SI prefix, with the largest power of ten that laboratories prefix them by.
_PREFIXED = {
    "S": 9, "V": 9, "A": 9, "ohm": 12, "Hz": 12, "W": 9, "J": 9, "K": 0, "T": 0, "m": 3, "s": 0, "F": 0, "C": 0,
    "H": 0, "N": 3, "Pa": 9, "eV": 12,
}  # fmt: skip
_PREFIXES = {12: "T", 9: "G", 6: "M", 3: "k", 0: "", -3: "m", -6: "µ", -9: "n", -12: "p", -15: "f", -18: "a"}

#: Decimal exponents that are written out in full; beyond them a power of ten is split off.
_LOWEST, _HIGHEST = -3, 5

_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def round_std(std: float) -> tuple[Decimal, int]:
    """An uncertainty rounded by the PDG rule, and the decimal place that it ends at.

    Parameters
    ----------
    std : positive and finite.

    >>> round_std(0.119), round_std(0.367), round_std(0.962)
    ((Decimal('0.12'), -2), (Decimal('0.4'), -1), (Decimal('1.0'), -1))
    """
    exact = Decimal(repr(float(std)))
    exponent = exact.adjusted()
    leading = int(exact.scaleb(2 - exponent))
    if leading >= 950:
        exact, place = Decimal(1).scaleb(exponent + 1), exponent
    else:
        place = exponent - 1 if leading <= 354 else exponent
    return _round(exact, place), place


def _round(number: Decimal, place: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(place), rounding=ROUND_HALF_EVEN)


def _fixed(number: Decimal, place: int) -> str:
    """Digits of a rounded number without a power of ten; a rounded zero has no sign."""
    text = f"{number:.{max(0, -place)}f}"
    return text.lstrip("-") if not number else text


def format_value(value: float, std: float | None, *, style: Style = "paren") -> str:
    """A number with its standard uncertainty [the same unit], plain text.

    An uncertainty of None or 0 gives the number alone; NaN or infinity is shown as `?` or `inf`, a value that is not
    finite as `nan` or `inf`.

    >>> format_value(1.00273, 0.00142), format_value(0.827, 0.119, style="plusminus"), format_value(1.00273e-5, 1.4e-8)
    ('1.0027(14)', '0.83 +/- 0.12', '1.0027(14)e-05')
    """
    if style not in ("paren", "plusminus"):
        raise ValueError(f"style is 'paren' or 'plusminus', not {style!r}")
    if std is None or std == 0 or not math.isfinite(value):
        return format_number(value)
    if not math.isfinite(std):
        unknown = "?" if math.isnan(std) else "inf"
        return f"{format_number(value)}({unknown})" if style == "paren" else f"{format_number(value)} +/- {unknown}"
    if abs(std) < abs(value) * 1e-16:  # below the last digit that a float has: nothing of it could be shown
        return format_number(value, digits=17)
    rounded_std, place = round_std(abs(std))
    rounded = _round(Decimal(repr(float(value))), place)
    top = max(rounded.adjusted() if rounded else place, rounded_std.adjusted())
    exponent = 0 if _LOWEST <= top <= _HIGHEST else top
    place -= exponent
    number = _fixed(rounded.scaleb(-exponent), place)
    scaled = rounded_std.scaleb(-exponent)
    power = f"e{exponent:+03d}" if exponent else ""
    if style == "plusminus":
        between = f"{number} +/- {_fixed(scaled, place)}"
        return f"({between}){power}" if power else between
    digits = _fixed(scaled, place) if scaled >= 1 or place >= 0 else str(int(scaled.scaleb(-place)))
    return f"{number}({digits}){power}"


def format_number(value: float | None, *, digits: int = 6) -> str:
    """A number without uncertainty to so many significant digits, trailing zeros dropped; plain text.

    >>> format_number(7.748091729e-5, digits=4), format_number(101), format_number(0.05)
    ('7.748e-05', '101', '0.05')
    """
    if value is None or math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if value == 0:
        return "0"
    exact = Decimal(repr(float(value)))
    rounded = _round(exact, exact.adjusted() - digits + 1)
    exponent = rounded.adjusted()
    if _LOWEST <= exponent <= max(_HIGHEST, digits - 1):
        return _trimmed(f"{rounded:f}")
    return f"{_trimmed(f'{rounded.scaleb(-exponent):f}')}e{exponent:+03d}"


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def typographic(plain: str) -> str:
    """Display text of a plain number: true minus signs, powers of ten, ± and a dash for what was not determined.

    >>> typographic("-1.0027(14)e-05"), typographic("0.83 +/- 0.12"), typographic("nan")
    ('−1.0027(14) × 10⁻⁵', '0.83 ± 0.12', '—')
    """
    if plain == "nan":
        return NOTHING
    text = re.sub(r"(?<=[\d)])e([-+]?\d+)", lambda m: f" × 10{str(int(m[1])).translate(_SUPERSCRIPT)}", plain)
    return text.replace("+/-", "±").replace("-", "−").replace("inf", "∞")


def show_value(value: float, std: float | None, *, style: Style = "paren") -> str:
    """`format_value` as display text."""
    return typographic(format_value(value, std, style=style))


def show_number(value: float | None, *, digits: int = 6) -> str:
    """`format_number` as display text."""
    return typographic(format_number(value, digits=digits))


def show_percent(fraction: float | None, *, digits: int = 3) -> str:
    """A fraction in percent, display text.

    >>> show_percent(0.05), show_percent(-0.0123)
    ('5 %', '−1.23 %')
    """
    if fraction is None or not math.isfinite(fraction):
        return NOTHING
    return f"{show_number(100 * fraction, digits=digits)} %"


def show_interval(low: float, high: float, *, percent: bool = False) -> str:
    """An interval, both ends rounded to a twentieth of its width or finer; display text.

    >>> show_interval(-0.01234, 0.0181, percent=True), show_interval(-4.1e-9, 2e-9, percent=True)
    ('−1.2 % to +1.8 %', '(−4.1 to +2.0) × 10⁻⁷ %')
    """
    scale = 100.0 if percent else 1.0
    if not (math.isfinite(low) and math.isfinite(high)):
        return f"{show_number(low * scale)} to {show_number(high * scale)}"
    width = abs(high - low) * scale
    place = math.floor(math.log10(width / 20)) if width > 0 else -6
    mark = " %" if percent else ""
    exact = [Decimal(repr(float(end * scale))) for end in (low, high)]
    top = max(abs(end) for end in exact).adjusted()
    power = top if width > 0 and top < _LOWEST else 0  # so that no row of zeros stands before what is said
    ends = []
    for end in exact:
        number = _round(end, min(place, 0)).scaleb(-power)
        sign = "+" if percent and number > 0 else ""
        ends.append(f"{sign}{_fixed(number, min(place, 0) - power)}".replace("-", "−") + ("" if power else mark))
    joined = " to ".join(ends)
    return f"({joined}) × 10{str(power).translate(_SUPERSCRIPT)}{mark}" if power else joined


def show_std(std: float, unit: str | None, *, size: float | None = None) -> str:
    """An uncertainty alone with its unit, display text; a dash for 0 or what was not determined.

    Parameters
    ----------
    std : in `unit`.
    size : of the value it belongs to [unit], whose prefix it carries as long as that leaves no more than two zeros behind
        the point (three where the unit takes no prefix); then it has one of its own, or a power of ten.

    >>> show_std(1.234e-7, "S", size=7.7e-5), show_std(3.4e-13, "S", size=7.7e-5), show_std(0.0, "S")
    ('0.12 µS', '340 fS', '—')
    """
    if not math.isfinite(std) or std <= 0:
        return NOTHING
    factor, text = prefix_of(unit, std if not size else max(abs(size), std))
    rounded, place = round_std(_shift(std, factor))
    lowest = _LOWEST if unit in _PREFIXED else _LOWEST - 1  # a power of ten is no easier to read than one zero more
    if rounded.adjusted() < lowest:
        factor, text = prefix_of(unit, std)
        rounded, place = round_std(_shift(std, factor))
    if not lowest <= rounded.adjusted() <= _HIGHEST:
        exponent = rounded.adjusted()
        plain = f"{_fixed(rounded.scaleb(-exponent), place - exponent)}e{exponent:+03d}"
    else:
        plain = _fixed(rounded, place)
    return f"{typographic(plain)} {text}".rstrip()


def prefix_of(unit: str | None, size: float) -> tuple[float, str]:
    """(factor, unit text) that bring a value of this size [SI] into a readable range; (1, the unit) where none fits.

    The value times the factor is in the unit text; only a single prefixable symbol takes a prefix.

    >>> prefix_of("S", 7.7e-5), prefix_of("m^2/s", 1e-8)
    ((1000000.0, 'µS'), (1.0, 'm²/s'))
    """
    if unit not in _PREFIXED or not math.isfinite(size) or size == 0:
        return 1.0, unit_text(unit)
    exponent = 3 * (Decimal(repr(abs(float(size)))).adjusted() // 3)
    exponent = max(-18, min(exponent, _PREFIXED[unit]))
    return float(f"1e{-exponent}"), _PREFIXES[exponent] + unit_text(unit)


def format_with_unit(value: float, std: float | None, unit: str | None, *, style: Style = "paren") -> str:
    """A value with its uncertainty and its unit, display text.

    Parameters
    ----------
    value, std : in `unit`; std None or 0 for a number without uncertainty.
    unit : SI text such as "S"; "" is dimensionless, None is unknown (and said so).

    >>> format_with_unit(7.748e-5, 2e-8, "S"), format_with_unit(12906.4, None, "ohm")
    ('77.480(20) µS', '12.9064 kΩ')
    >>> format_with_unit(1.323035e-7, 4e-12, "m^2/s")
    '1.32304(4) × 10⁻⁷ m²/s'
    """
    if not math.isfinite(value):
        return show_number(value)
    size = max(abs(value), std) if std is not None and math.isfinite(std) else abs(value)
    factor, text = prefix_of(unit, size)
    # a power of ten is shifted in decimal, so that no binary dust reaches the digits
    number, scaled = (None if v is None else _shift(v, factor) for v in (value, std))
    shown = show_value(number if number is not None else value, scaled, style=style)
    if style == "plusminus" and "±" in shown and text and not shown.startswith("("):
        shown = f"({shown})"
    return f"{shown} {text}".rstrip()


def _shift(value: float, factor: float) -> float:
    if factor == 1.0 or not math.isfinite(value):
        return value
    return float(Decimal(repr(float(value))).scaleb(round(math.log10(factor))))
