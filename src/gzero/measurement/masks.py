"""Masks: readings that the user leaves out by a rule with a reason, which stay out of everything that follows.

    mask  := where ":" REASON            where := clause { " and " clause }
    clause := COLUMN (< | <= | > | >= | = | !=) NUMBER [UNIT]  |  COLUMN (= | !=) WORD  |  "rows" FIRST ":" LAST

A column is a header, a number from 1 or a role, and it need not play any role; one with an operator or ` and ` in its header
stands in double quotes. Numbers are in the unit that the file writes the column in unless one is written. Rows are those of the
file, from 1, both ends included. A cell that holds no number matches nothing. Nothing is evaluated.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ColumnError, ConfigError, InputError, UnitError
from gzero.loaders.table import Column, Dropped, Table
from gzero.measurement.ledger import Choice, Exclusion
from gzero.measurement.roles import header
from gzero.quanta import Conditions, unit_or_quantum

Rows = NDArray[np.bool_]
Find = Callable[[str], tuple[int, ...]]

_EXAMPLE = 'write for example "G1 > -280: channel not formed" or "rows 10:20: gate settling"'
_LONGEST = 500  # signs of one mask
_NUMBER = r"[-+−]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_ROWS = re.compile(r"rows?\s+([0-9]{1,9})(?:\s*:\s*([0-9]{1,9}))?", re.IGNORECASE)
_CLAUSE = re.compile(
    rf"""(?:"(?P<quoted>[^"]+)"|(?P<bare>[^"<>=!≤≥][^<>=!≤≥]*?))\s*(?P<sign><=|>=|!=|==|=|<|>|≤|≥)\s*
         (?:(?P<number>{_NUMBER})(?:(?:\s*(?=[^\s0-9:.])|\s+(?=[0-9]))(?P<unit>[^:]+))?|(?P<word>"[^"]+"|[^\W\d_][^:"<>=!]*))""",
    re.VERBOSE,
)
_SIGNS = {"==": "=", "≤": "<=", "≥": ">="}
_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One condition on a reading.

    Parameters
    ----------
    column : header, number or role; "" for file rows, of which `first` and `last` are both included.
    sign, number, unit : what the column's number is compared with, in that unit; None is the file's own.
    word : what a column of text is compared with; "" for a number.
    """

    column: str = ""
    sign: str = ""
    number: float = 0.0
    unit: str | None = None
    word: str = ""
    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """A rule with its reason: readings that meet all of the clauses are left out.

    Parameters
    ----------
    where : the rule as it was written.
    """

    where: str
    clauses: tuple[Clause, ...]
    reason: str

    @property
    def rule(self) -> str:
        """The name of the exclusion."""
        return f"mask {self.where}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Masked:
    """What masks leave of the readings of one trace.

    Parameters
    ----------
    keep : rows of the table that are left.
    exclusions : one a mask that hits anything that no mask before it has hit.
    ledger, warnings : one entry a mask; masks that hit nothing.
    """

    keep: Rows
    exclusions: tuple[Exclusion, ...]
    ledger: tuple[Choice, ...]
    warnings: tuple[str, ...]


def parse_masks(text: str) -> tuple[Mask, ...]:
    """The masks that a text states, one a line.

    Raises
    ------
    ConfigError : not of the grammar above, or without a reason.

    >>> [(m.where, m.reason) for m in parse_masks("G1 > -280 mV and I_leak < 1 nA: not formed: see p. 12")]
    [('G1 > -280 mV and I_leak < 1 nA', 'not formed: see p. 12')]
    """
    out = [_mask(line.strip()) for line in text.splitlines() if line.strip()]
    if not out:
        raise ConfigError("mask: it states nothing", remedy=_EXAMPLE)
    return tuple(out)


def mask_text(stated: object) -> str:
    """The text of masks that stand as tables with `where` and `reason`, as texts, or as a list of either.

    Raises
    ------
    ConfigError : something else, or no reason.

    >>> mask_text([{"where": "G1 > -280", "reason": "channel not formed"}, "rows 1:3: settling"])
    'G1 > -280: channel not formed\\nrows 1:3: settling'
    """
    if isinstance(stated, list | tuple):
        return "\n".join(mask_text(one) for one in stated)
    if isinstance(stated, str):
        return stated
    if not isinstance(stated, Mapping):
        raise ConfigError(f"mask: {stated!r} is no mask", remedy="write [[mask]] with lines where = and reason =")
    for key in stated:
        if key not in ("where", "reason"):
            raise ConfigError(f"mask: there is no key '{key}'", remedy="a mask has the keys where and reason")
    where, reason = (" ".join(str(stated.get(key, "")).split()) for key in ("where", "reason"))
    if not reason or not where:
        raise ConfigError(
            f"mask '{where}' has no reason" if where else "a mask has no rule",
            remedy='write where = "..." and reason = "..."',
        )
    return f"{where}: {reason}"


def joined(below: str, above: str) -> str:
    """Masks of two texts, one a line, each once: what one has left out, the other does not bring back."""
    return "\n".join(dict.fromkeys([*below.splitlines(), *above.splitlines()]))


def canonical_masks(text: str) -> str:
    """Masks in one order, one spelling of blanks. What cannot be read so stays as it is typed."""
    try:
        return "\n".join(sorted(f"{mask.where}: {mask.reason}" for mask in parse_masks(text)))
    except ConfigError:
        return text.strip()


def mask_schema() -> dict[str, Any]:
    """JSON Schema of what stands under `mask` in a configuration file: a text, tables with a rule and its reason, or a list."""
    text = {"type": "string"}
    table = {
        "type": "object",
        "properties": {"where": text, "reason": text},
        "required": ["where", "reason"],
        "additionalProperties": False,
    }
    one = [{"type": ["string", "number"]}, table]
    return {"anyOf": [*one, {"type": "array", "items": {"anyOf": one}}]}


def _mask(text: str) -> Mask:
    """One mask: the reason begins behind the last colon before which everything is a rule."""
    if len(text) > _LONGEST:
        raise ConfigError(f"mask: a text of {len(text)} signs is none", remedy=_EXAMPLE)
    bare = text.rstrip(": ")
    if _where(bare) is not None:
        raise ConfigError(f"mask '{bare[:80]}' has no reason", remedy=_EXAMPLE)
    for at in reversed([i for i, sign in enumerate(text) if sign == ":"]):
        clauses, reason = _where(text[:at]), " ".join(text[at + 1 :].split())
        if clauses is not None and reason:
            return Mask(where=" ".join(text[:at].split()), clauses=clauses, reason=reason)
    raise ConfigError(f"'{text[:80]}' is no mask", remedy=_EXAMPLE)


def _where(text: str) -> tuple[Clause, ...] | None:
    """The clauses of a rule; None where it is none."""
    out = []
    for part in re.split(r'\s+and\s+(?=(?:[^"]*"[^"]*")*[^"]*$)', text.strip()):
        if (rows := _ROWS.fullmatch(part.strip())) is not None:
            first, last = int(rows[1]), int(rows[2] or rows[1])
            out.append(Clause(first=min(first, last), last=max(first, last)))
            continue
        match = _CLAUSE.fullmatch(part.strip())
        if match is None:
            return None
        sign = _SIGNS.get(match["sign"], match["sign"])
        word = (match["word"] or "").strip().strip('"')
        if word and sign not in ("=", "!="):
            return None
        out.append(
            Clause(
                column=(match["quoted"] or match["bare"]).strip(),
                sign=sign,
                number=float((match["number"] or "0").replace("−", "-")),
                unit=match["unit"].strip() if match["unit"] else None,
                word=word,
            )
        )
    return tuple(out)


def masked(
    table: Table,
    masks: tuple[Mask, ...],
    find: Find,
    environment: Conditions,
    *,
    trace: int | None = None,
    note: str = "",
) -> Masked:
    """The readings that masks leave.

    Parameters
    ----------
    find : the columns that a key names: one, or all traces of a map.
    trace : which of several columns a key then means.
    note : where the masks were stated, for the ledger.

    Raises
    ------
    ColumnError, UnitError, ConfigError : a column or a unit that is none.  InputError : nothing is left.
    """
    keep = np.ones(table.rows, dtype=bool)
    exclusions, ledger, warnings = [], [], []
    for mask in masks:
        hit = np.ones(table.rows, dtype=bool)
        for clause in mask.clauses:
            hit &= _hit(table, clause, find, environment, trace)
        new = np.flatnonzero(hit & keep)
        keep &= ~hit
        if not hit.any():
            warnings.append(f"the mask '{mask.where}' ({mask.reason}) hits no reading")
        if not keep.any():
            raise InputError(
                f"the mask '{mask.where}' leaves no reading", path=table.origin.path,
                remedy="numbers are in the unit that the file writes the column in, unless one is written",
            )  # fmt: skip
        if new.size:
            rows = tuple(table.row_numbers[int(i)] if table.row_numbers else int(i) + 1 for i in new)
            exclusions.append(Exclusion(rule=mask.rule, reason=mask.reason, indices=new, by="user", rows=rows))
        said = f"{int(hit.sum())} of {table.rows} readings"
        said += "" if new.size == hit.sum() else f", {new.size} of them not masked before"
        ledger.append(
            Choice(
                choice="mask", value=mask.where, origin="user",
                note="; ".join(word for word in (mask.reason, said, note) if word),
            )
        )  # fmt: skip
    return Masked(keep=keep, exclusions=tuple(exclusions), ledger=tuple(ledger), warnings=tuple(warnings))


def differs_by_trace(table: Table, masks: tuple[Mask, ...], find: Find) -> bool:
    """Whether a mask asks something of every trace by itself."""
    keys = {c.column for mask in masks for c in mask.clauses if c.column and not c.word}
    return any(len(find(key)) > 1 for key in keys)


def kept_rows(table: Table, keep: Rows) -> Table:
    """The table with some of its rows; it still says how many the file holds, and which of them these are."""
    if keep.all():
        return table
    at = np.flatnonzero(keep)
    columns = tuple(
        replace(c, values=c.values[at], raw=None if c.raw is None else replace(c.raw, values=c.raw.values[at]))
        for c in table.columns
    )
    return replace(
        table,
        columns=columns,
        labels={name: tuple(texts[i] for i in at) for name, texts in table.labels.items()},
        row_numbers=tuple(table.row_numbers[int(i)] if table.row_numbers else int(i) + 1 for i in at),
    )


def dropped(exclusions: tuple[Exclusion, ...]) -> tuple[Dropped, ...]:
    """Exclusions as what the whole file lost, for tables whose every row is an answer of its own."""
    return tuple(Dropped(rule=e.rule, reason=e.reason, rows=int(e.indices.size)) for e in exclusions)


def _hit(table: Table, clause: Clause, find: Find, environment: Conditions, trace: int | None) -> Rows:
    """Rows of the table that meet a clause."""
    if not clause.column:
        numbers = np.array(table.row_numbers or range(1, table.rows + 1))
        return np.asarray((numbers >= clause.first) & (numbers <= clause.last))
    if clause.word:
        return _says(table, clause)
    found = find(clause.column)
    column = table.columns[found[0] if len(found) == 1 or trace is None else found[trace]]
    values, number = _numbers(table, column, clause, environment)
    if clause.sign in _COMPARE:
        with np.errstate(invalid="ignore"):
            return np.asarray(_COMPARE[clause.sign](values, number), dtype=bool)
    # a decimal that went through a unit is equal but for rounding
    equal = values == number if clause.unit is None else np.isclose(values, number, rtol=1e-9, atol=0.0)
    return np.asarray(equal if clause.sign == "=" else ~equal & np.isfinite(values))


def _says(table: Table, clause: Clause) -> Rows:
    """Rows whose text is, or is not, a word."""
    names = [name for name in table.labels if name.casefold() == clause.column.casefold()]
    if not names:
        raise ColumnError(
            f"mask: there is no column of text '{clause.column}' that could be '{clause.word}'", path=table.origin.path,
            remedy=f"columns of text are {', '.join(table.labels)}" if table.labels else "compare a column with a number",
        )  # fmt: skip
    same = np.array([text.strip().casefold() == clause.word.casefold() for text in table.labels[names[0]]])
    return same if clause.sign == "=" else ~same


def _numbers(
    table: Table, column: Column, clause: Clause, environment: Conditions
) -> tuple[NDArray[np.float64], float]:
    """What is compared: the column as the file writes it, or in SI where the rule states a unit.

    Raises
    ------
    UnitError : the stated unit is unknown, or not one of the column.  ConfigError : it could be meant before or behind a chain.
    """
    if clause.unit is None:
        return (column.raw or column).values, clause.number
    unit = unit_or_quantum(clause.unit, environment)
    where = f"mask '{clause.column} {clause.sign} {clause.number:g} {clause.unit}'"
    if not unit.known:
        raise UnitError(f"{where}: unit '{clause.unit}' is not known", path=table.origin.path, remedy=_EXAMPLE)
    fits = [
        c for c in (column.raw, column) if c is not None and unit_or_quantum(c.unit_text, environment).si == unit.si
    ]
    if not fits:
        shown = f"states [{column.unit_text}]" if column.unit_text else "states no unit"
        raise UnitError(
            f"{where}: its header {shown}", path=table.origin.path, column=header(column),
            remedy="leave the unit out: the number is then in what the file writes",
        )  # fmt: skip
    if len(fits) > 1 and not np.array_equal(fits[0].values, fits[1].values, equal_nan=True):
        raise ConfigError(
            f"{where}: before or behind the signal chain?", path=table.origin.path, column=column.name,
            remedy="leave the unit out: the number is then in what the file writes",
        )  # fmt: skip
    own = unit_or_quantum(fits[0].unit_text, environment)
    return fits[0].values * own.factor + own.offset, clause.number * unit.factor + unit.offset
