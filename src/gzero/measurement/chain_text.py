"""How a signal chain is written: one text on the command line, tables in TOML, a dict in Python; all say the same.

    chain := of { ";" of }           of := COLUMN ":" stage { "," stage }
    stage := NAME "=" VALUE [ "@" INSTRUMENT ]      NAME := iv_converter | amplifier | divider | lockin | offset | unit | instrument

A column is a header, a number from 1 or a role; one with a colon, comma or semicolon in it stands in double quotes. Nothing is
evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from gzero.errors import ConfigError, GzeroError
from gzero.estimate import parse_quantity
from gzero.measurement.chain import AMPLITUDES, STAGES, Chain, Stage, StageKind

_EXAMPLE = 'write for example "I_meas: iv_converter=1.00(1)e8 V/A, amplifier=100; V_bias: divider=1:1000"'
_WORDS = (*STAGES, "unit", "instrument")
_BY_METADATA = "metadata "
_LONGEST = 4000

_NUMBER = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
#: `1e8(1e6)`: an uncertainty in parentheses behind an exponent is absolute.
_ABSOLUTE = re.compile(rf"({_NUMBER})\(((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)\)(.*)")
_PERCENT = re.compile(rf"({_NUMBER})\s*(?:\+/-|±|\+-)\s*({_NUMBER})\s*%(.*)")


def parse_chain(text: str, metadata: Mapping[str, str] | None = None) -> tuple[Chain, ...]:
    """The chains that a text states.

    Parameters
    ----------
    metadata : of the file, for stages such as ``iv_converter=metadata Gain``, which are used because they are declared so.

    Raises
    ------
    ConfigError : not of the grammar above, or a value that no such stage has.

    >>> [(c.column, [s.kind for s in c.stages], c.factor) for c in parse_chain("I: amplifier=100, iv_converter=1e8 V/A")]
    [('I', ['amplifier', 'iv_converter'], 1e-10)]
    """
    if len(text) > _LONGEST:
        raise ConfigError(f"chain: a text of {len(text)} signs is none", remedy=_EXAMPLE)
    out = [_one(part, metadata or {}) for part in _split(text, ";\n") if part.strip()]
    if not out:
        raise ConfigError("chain: it states nothing", remedy=_EXAMPLE)
    return tuple(out)


def chain_text(stated: object) -> str:
    """The text that says what a table of tables does: column -> stage -> value, or a list of them for a stage that comes twice.

    Raises
    ------
    ConfigError : something else than such tables.

    >>> chain_text({"Lockin X": {"amplifier": [100, "10.0(1)"], "lockin": "rms"}})
    '"Lockin X": amplifier=100, amplifier=10.0(1), lockin=rms'
    """
    if not isinstance(stated, Mapping):
        raise ConfigError(
            f"chain: {stated!r} is no table of columns", remedy="write [chain.COLUMN] with a line a stage"
        )
    parts = []
    for column, stages in stated.items():
        if not isinstance(stages, Mapping):
            raise ConfigError(
                f"chain: {column} = {stages!r} is no table of stages",
                remedy=f'write [chain.{column}] with lines such as amplifier = "100.0(5)"',
            )
        entries = [
            f"{name}={_value(column, name, value)}"
            for name, values in stages.items()
            for value in (values if isinstance(values, list | tuple) else [values])
        ]
        if not entries:
            raise ConfigError(f"chain: {column} has no stage", remedy=_EXAMPLE)
        parts.append(f"{_quoted(str(column))}: {', '.join(entries)}")
    return "; ".join(parts)


def chain_schema() -> dict[str, Any]:
    """JSON Schema of what stands under `chain` in a configuration file: the text, or a table a column."""
    value = {"type": ["string", "number"]}
    several = {"anyOf": [value, {"type": "array", "items": value}]}
    stages = {"type": "object", "properties": dict.fromkeys(_WORDS, several), "additionalProperties": False}
    return {"anyOf": [value, {"type": "object", "additionalProperties": stages}]}


def canonical_chain(text: str) -> str:
    """One spelling of a chain: columns sorted, values in SI. What cannot be read so stays as it is typed."""
    try:
        chains = parse_chain(text)
    except GzeroError:
        return text.strip()
    return "; ".join(
        f"{chain.column}: "
        + ", ".join(
            f"{s.kind}={s.value:.12g} +/- {s.std:.12g} {s.unit}".rstrip()
            + (f" @ {s.instrument}" if s.instrument else "")
            for s in chain.stages
        )
        + (f", unit={chain.unit}" if chain.unit is not None else "")
        for chain in sorted(chains, key=lambda c: c.column)
    )


def _one(text: str, metadata: Mapping[str, str]) -> Chain:
    """One column with its stages."""
    column, rest = _column(text)
    stages: list[Stage] = []
    said: dict[str, str] = {}
    for part in _split(rest, ","):
        name, sign, value = (piece.strip() for piece in part.partition("="))
        name = name.replace("-", "_").casefold()
        if not sign or not value or name not in _WORDS:
            close = f"'{part.strip()}' is no stage" if part.strip() else "a stage is missing"
            raise ConfigError(
                f"chain of {column}: {close}",
                remedy=f"write NAME=VALUE with a name of {', '.join(_WORDS)}",
                allowed=_WORDS,
            )
        if name in ("unit", "instrument"):
            if name in said:
                raise ConfigError(f"chain of {column}: {name} is stated twice", remedy="state it once")
            said[name] = value.strip('"')
            continue
        stages.append(_stage(column, cast(StageKind, name), value, metadata))
    if not stages:
        raise ConfigError(f"chain of {column}: no stage is stated", remedy=_EXAMPLE)
    if sum(stage.kind == "lockin" for stage in stages) > 1:
        raise ConfigError(f"chain of {column}: lockin is stated twice", remedy="state it once")
    whose = said.get("instrument", "")
    named = [s if s.instrument or not whose else replace(s, instrument=whose) for s in stages]
    ordered = sorted(named, key=lambda stage: STAGES.index(stage.kind))
    return Chain(column=column, stages=tuple(ordered), unit=said.get("unit"))


def _column(text: str) -> tuple[str, str]:
    """The column that a part is about, and its stages."""
    text = text.strip()
    if text.startswith('"'):
        column, _, rest = text[1:].partition('"')
        sign, rest = rest.strip()[:1], rest.strip()[1:]
    else:
        column, sign, rest = text.partition(":")
    if sign != ":" or not column.strip() or "=" in column:
        raise ConfigError(f"chain: '{text[:60]}' is not COLUMN: STAGE=VALUE", remedy=_EXAMPLE)
    return column.strip(), rest


def _stage(column: str, kind: StageKind, text: str, metadata: Mapping[str, str]) -> Stage:
    """One stage with its value in SI.

    Raises
    ------
    ConfigError : not a value that such a stage has.
    """
    text, _, instrument = (piece.strip() for piece in text.partition("@"))
    instrument, where = instrument.strip('"').strip(), f"chain of {column}: {kind}"
    said = text
    if text.startswith(_BY_METADATA):
        key = text.removeprefix(_BY_METADATA).strip().strip('"')
        found = [name for name in metadata if name == key] or [n for n in metadata if n.casefold() == key.casefold()]
        if len(found) != 1:
            raise ConfigError(f"{where}: the file has no metadata '{key}'", remedy="gzero inspect lists its metadata")
        text = metadata[found[0]].strip()
        said = f"{text} (metadata '{found[0]}')"
    if kind == "lockin":
        if text not in AMPLITUDES:
            raise ConfigError(
                f"{where}: '{text}' is no amplitude",
                remedy=f"choose {', '.join(AMPLITUDES)}",
                allowed=tuple(AMPLITUDES),
            )
        return Stage(kind=kind, value=AMPLITUDES[text], text=said, instrument=instrument)
    value, std, unit = _ratio(where, text) if kind == "divider" else _quantity(where, text)
    if kind == "iv_converter" and unit == "S":  # a sensitivity such as 1e-8 A/V
        value, std, unit = 1 / value if value else 0.0, std / value**2 if value else 0.0, "ohm"
    asked = {"iv_converter": "ohm", "amplifier": "", "divider": ""}.get(kind)
    if asked is not None and unit != asked:
        stated = f"has the unit [{unit}]" if unit else "states no unit"
        wanted = "1e8 V/A" if kind == "iv_converter" else "0.1000(2)" if kind == "divider" else "100.0(5)"
        raise ConfigError(f"{where}: '{text}' {stated}", remedy=f"write for example {kind}={wanted}")
    if kind == "offset" and not unit:
        raise ConfigError(
            f"{where}: '{text}' states no unit", remedy="write it in the unit of the raw numbers, such as 3 mV"
        )
    if kind != "offset" and value == 0:
        raise ConfigError(f"{where}: '{text}' must be other than zero", remedy=_EXAMPLE)
    if kind == "divider" and not 0 < value <= 1:
        raise ConfigError(
            f"{where}: '{text}' is not between 0 and 1: the source is multiplied by it", remedy="write 1:10, or 0.1"
        )
    return Stage(kind=kind, value=value, std=std, unit=unit, text=said, instrument=instrument)


def _quantity(where: str, text: str) -> tuple[float, float, str]:
    """Value, standard uncertainty and unit in SI."""
    share = None
    if (match := _PERCENT.fullmatch(text)) is not None:
        text, share = f"{match[1]} {match[3].strip()}".strip(), abs(float(match[2])) / 100
    elif (match := _ABSOLUTE.fullmatch(text)) is not None and re.search("[eE]", match[1]):
        text = f"{match[1]} +/- {match[2]} {match[3].strip()}".strip()
    try:
        value, std, unit = parse_quantity(text)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error.problem}", remedy=error.remedy) from None
    if not unit.known or unit.offset:
        raise ConfigError(f"{where}: unit '{unit.text}' is not known", remedy=_EXAMPLE)
    std = abs(value) * share if share is not None else std or 0.0
    return value * unit.factor, std * unit.factor, unit.si or ""


def _ratio(where: str, text: str) -> tuple[float, float, str]:
    """A divider: a number, or `1:10` and `1/10`, either side with its uncertainty."""
    sides = re.split(r"\s*[:/]\s*(?=[0-9.])", text, maxsplit=1)
    if len(sides) == 1 or "+" in sides[0]:
        return _quantity(where, text)
    (a, a_std, a_unit), (b, b_std, b_unit) = (_quantity(where, side) for side in sides)
    if a_unit or b_unit or not b:
        raise ConfigError(f"{where}: '{text}' is no ratio of numbers", remedy="write 1:10, or 0.1")
    value = a / b
    return value, abs(value) * (((a_std / a) if a else 0.0) ** 2 + (b_std / b) ** 2) ** 0.5, ""


def _split(text: str, signs: str) -> list[str]:
    """Parts between any of the signs, those inside double quotes kept whole."""
    out, quoted = [""], False
    for sign in text:
        quoted ^= sign == '"'
        if sign in signs and not quoted:
            out.append("")
        else:
            out[-1] += sign
    return out


def _quoted(column: str) -> str:
    if '"' in column:
        raise ConfigError(f"chain: a double quote cannot stand in {column!r}", remedy="give the column's number")
    return column if re.fullmatch(r"\w+", column) else f'"{column}"'


def _value(column: object, name: object, value: object) -> str:
    """One value of a table as text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or re.search(r"[,;\n]", str(value)):
        raise ConfigError(
            f"chain of {column}: {name} = {value!r} is no value", remedy=f'write for example {name} = "1.00(1)"'
        )
    return str(value)
