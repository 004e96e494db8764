"""Which columns state uncertainties, and of what."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gzero.loaders.table import Column
from gzero.measurement.kinds import Kind
from gzero.measurement.quantities import BIAS, CURRENT, RESISTANCE, matches
from gzero.units import Unit, parse_unit, split_header

_STD = (
    r"std\.?|stdev|stddev|std[ ._]*dev(?:iation)?\.?|std[ ._]*err(?:or)?\.?|standard[ _](?:deviation|error|uncertainty)|"
    r"stderr|sem|err|error|unc|uncertainty|unsicherheit|fehler|sigma|σ"
)

#: Names that say a standard uncertainty whatever else stands in the file; `of` is the name of what it belongs to.
STD_WORDS = (
    rf"(?:{_STD})",
    rf"(?:{_STD})(?:[ _.]+(?:of |in )?|\()(?P<of>.+?)\)?",
    rf"(?P<of>.+?)[ _.,]+(?:{_STD})",
    r"(?:±|\+/-)\s*(?P<of>.*)",
)

#: Names that say one only beside a column called `of`: `dG` and `Gsd`, but `Isd` is a current and `Strom` no std of `trom`.
SHORT_STD_WORDS = (
    rf"(?:{_STD}|sd|se|delta|Δ|u|s|d)[ _.(]*(?P<of>.+?)\)?",
    rf"(?P<of>.+?)[ _.]*(?:{_STD}|sd|se|±)",
)


#: Where a conductivity is measured, sigma is its symbol: `Re sigma` and `sigma_1` are no uncertainties of `Re` and `1`.
CONDUCTIVITY_WORD = r"(?:(?:re|real|im|imag|imaginary)[ _({\[]*)?(?:sigma|σ)[ _]*(?:1|2|re|real|r|im|imag|i|xx)?[)\]}]*"


def uncertainty_columns(names: Sequence[str], units: Sequence[Unit], kind: Kind) -> dict[int, str]:
    """Columns that state an uncertainty -> the name of what it belongs to, "" where they do not say."""
    out: dict[int, str | None] = {}
    for i, name in enumerate(names):
        if kind.y.name == "conductivity" and re.fullmatch(CONDUCTIVITY_WORD, name.strip(), re.IGNORECASE):
            continue
        of = _stated_outright(name)
        out[i] = _stated_beside(i, names, units, kind) if of is None else of
    return {i: of for i, of in out.items() if of is not None}


def _stated_outright(name: str) -> str | None:
    for word in STD_WORDS:
        match = re.fullmatch(word, name.strip(), re.IGNORECASE)
        if match:
            return _stripped(match.groupdict().get("of") or "")
    return None


def _stated_beside(index: int, names: Sequence[str], units: Sequence[Unit], kind: Kind) -> str | None:
    name = names[index]
    if any(matches(name, role) for role in (kind.x, kind.y, CURRENT, BIAS, RESISTANCE, *kind.conditions)):
        return None
    others = {_plain(other): i for i, other in enumerate(names) if i != index}
    if _plain(name) == "di" and "dv" in others:
        return None  # the amplitudes of a differential conductance
    for word in SHORT_STD_WORDS:
        match = re.fullmatch(word, name.strip(), re.IGNORECASE)
        of = _stripped(match["of"]) if match else ""
        if of and _plain(of) in others and not _contradict(units[index], units[others[_plain(of)]]):
            return of
    return None


def belonging(of: str, index: int, y: int, columns: Sequence[Column], units: Sequence[Unit], kind: Kind) -> int:
    """How surely a column of uncertainties belongs to the ordinate `y`: 3 by its name, 2 it names nothing, 1 by another
    name of the same quantity, 0 not at all (it names another column, or its unit is another or not understood).

    Parameters
    ----------
    of : the name of what the column `index` is the uncertainty of.
    """
    if _contradict(units[index], units[y]) or (columns[index].unit_text and not units[index].known):
        return 0
    names = [_plain(column.name) for column in columns]
    name, text = split_header(of)  # `G_uS_err`
    unit = parse_unit(text)
    same = unit.known and (unit.si, unit.factor) == (units[y].si, units[y].factor)
    if _plain(of) == names[y] or (_plain(name) == names[y] and same):
        return 3
    if not of:
        return 2
    return 1 if _plain(of) not in names and matches(of, kind.y) else 0


def _contradict(one: Unit, other: Unit) -> bool:
    """Whether two units have different dimensions."""
    return one.known and other.known and one.si != other.si


def _stripped(name: str) -> str:
    return name.strip(" _().,[]")


def _plain(name: str) -> str:
    return _stripped(name).casefold()
