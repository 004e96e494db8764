"""The signal chain between sample and file: what an instrument wrote, brought back to what the sample saw.

    value = (raw - offset) * lockin * divider / amplifier / iv_converter

in this order, whichever way round the stages are written; a stage that is stated twice counts twice. The file is never
changed: the column as written stays beside the converted one. What a stage is uncertain by is common to all readings of its
column, and so it is a systematic part of everything that follows, under the stage's own name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from gzero.errors import ConfigError, UnitError
from gzero.estimate import Estimate
from gzero.loaders.table import Column, Table
from gzero.measurement.ledger import Choice
from gzero.measurement.roles import header
from gzero.quanta import NO_CONDITIONS, Conditions, unit_or_quantum
from gzero.units import Unit

StageKind = Literal["offset", "lockin", "divider", "amplifier", "iv_converter"]
#: The order in which stages are undone, from the file to the sample.
STAGES: tuple[StageKind, ...] = get_args(StageKind)

#: What an amplitude is multiplied by to become a root mean square.
AMPLITUDES = {"rms": 1.0, "peak": math.sqrt(0.5), "peak-to-peak": math.sqrt(0.125)}

#: Which columns a chain may be of, with the unit that each of its stages asks for.
_IN_WORDS = {
    "offset": "taken off the raw numbers",
    "lockin": "amplitude of the raw numbers, brought to rms",
    "divider": "multiplies the source",
    "amplifier": "divides the raw numbers",
    "iv_converter": "divides the raw voltage",
}
_NAMED = "instrument "


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of a signal chain.

    Parameters
    ----------
    kind : "amplifier" [1] and "iv_converter" [V/A] divide the raw numbers, "divider" [1] multiplies them, "offset" [unit of
        the raw column] is taken off them, "lockin" says which amplitude they are.
    value, std : in SI; of a lock-in the factor that brings the amplitude to rms, and 0.
    unit : SI text of `value`.
    text : as it was stated.
    instrument : the one whose uncertainty it is; stages that name the same one, in whatever file, share it. "" for none.
    """

    kind: StageKind
    value: float
    std: float = 0.0
    unit: str = ""
    text: str = ""
    instrument: str = ""

    @property
    def factor(self) -> float:
        """What the raw numbers are multiplied by, in SI; 1 for an offset."""
        if self.kind == "offset":
            return 1.0
        return 1 / self.value if self.kind in ("amplifier", "iv_converter") else self.value

    @property
    def relative(self) -> float:
        """Relative shift of the converted values when the stage moves up by one standard uncertainty [1]."""
        if self.kind == "offset":
            return 0.0
        return (-1 if self.kind in ("amplifier", "iv_converter") else 1) * self.std / self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The stages between the sample and one column.

    Parameters
    ----------
    column : header, number or role of the column, as stated.
    stages : in the order of `STAGES`.
    unit : of the raw numbers, where the header states none or a wrong one; None takes the header's.
    """

    column: str
    stages: tuple[Stage, ...]
    unit: str | None = None

    @property
    def factor(self) -> float:
        """What the raw numbers, in SI and without their offset, are multiplied by [1, or A/V with an I/V converter]."""
        return math.prod(stage.factor for stage in self.stages)

    @property
    def offset(self) -> float:
        """What is taken off the raw numbers [SI unit of the raw column]."""
        return math.fsum(stage.value for stage in self.stages if stage.kind == "offset")

    @property
    def amplitude(self) -> bool:
        """Whether the chain says which amplitude the raw numbers are."""
        return any(stage.kind == "lockin" for stage in self.stages)

    def sources(self) -> tuple[str, ...]:
        """The name of every stage's uncertainty, in the order of the stages."""
        out: list[str] = []
        for stage in self.stages:
            whose = f"{_NAMED}{stage.instrument}: {stage.kind}" if stage.instrument else f"chain: {stage.kind}"
            alike = sum(name.startswith(whose) for name in out)
            number = f" {alike + 1}" if alike else ""
            out.append(whose + number + ("" if stage.instrument else f" of {self.column}"))
        return tuple(out)

    def common(self) -> dict[str, float]:
        """Source -> relative shift of all converted values when that source moves up by one standard uncertainty [1]."""
        out: dict[str, float] = {}
        for source, stage in zip(self.sources(), self.stages, strict=True):
            if stage.relative:
                out[source] = out.get(source, 0.0) + stage.relative
        return out

    def shift(self) -> dict[str, float]:
        """Source -> absolute shift of all converted values [their SI unit] when that offset moves up by one standard
        uncertainty."""
        return {
            source: -stage.std * self.factor
            for source, stage in zip(self.sources(), self.stages, strict=True)
            if stage.kind == "offset" and stage.std
        }


def is_of_instrument(source: str) -> bool:
    """Whether a source of uncertainty names its instrument, and is one and the same in files that name the same one."""
    return source.startswith(_NAMED)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Converted:
    """A table whose chains are undone.

    Parameters
    ----------
    table : the converted columns, each with its raw one.
    chains : column index -> its chain.
    ledger : one entry a stage.
    warnings : what the reader must know.
    """

    table: Table
    chains: Mapping[int, Chain] = field(default_factory=dict)
    ledger: tuple[Choice, ...] = ()
    warnings: tuple[str, ...] = ()


def convert(
    table: Table,
    chains: Sequence[Chain],
    find: Callable[[str], tuple[int, ...]],
    *,
    spreads: Mapping[int, tuple[int, ...]] | None = None,
    environment: Conditions = NO_CONDITIONS,
    note: str = "",
) -> Converted:
    """The table with every chain undone.

    Parameters
    ----------
    find : the columns that a key names: one, or all traces of a map.
    spreads : column -> columns of its standard uncertainties, which are converted with it.
    environment : for headers that name a quantum.
    note : where the chains were stated, for the ledger.

    Raises
    ------
    UnitError : a unit that is not stated, or that a stage cannot be of; a current that would be converted once more.
    ConfigError : two chains of one column.
    """
    columns, of = list(table.columns), {}
    ledger: list[Choice] = []
    warnings: list[str] = []
    for chain in chains:
        found = find(chain.column)
        for index in found:
            if index in of:
                raise ConfigError(
                    "two signal chains are stated for it", path=table.origin.path, column=table.columns[index].name,
                    remedy="state all of its stages in one chain",
                )  # fmt: skip
            of[index] = chain
            column = table.columns[index]
            unit = _raw_unit(table, column, chain, environment)
            columns[index] = _converted(column, chain, unit)
            for i in (spreads or {}).get(index, ()):
                columns[i] = _spread(table.columns[i], chain, unit, environment)
        column = table.columns[found[0]]
        stated = unit_or_quantum(column.unit_text, environment)
        if chain.unit is not None and stated.known and stated.si != unit_or_quantum(chain.unit, environment).si:
            warnings.append(
                f"the header of '{header(column)}' states [{column.unit_text}], the chain [{chain.unit}]: its raw numbers are "
                f"read in {chain.unit}"
            )
        ledger += _entries(chain, column, note)
    return Converted(
        table=replace(table, columns=tuple(columns)), chains=of, ledger=tuple(ledger), warnings=tuple(warnings)
    )


def convert_declared(chain: Chain, stated: Estimate, what: str) -> Estimate:
    """A declared condition, such as the bias that a source was set to, brought to the sample.

    Raises
    ------
    UnitError : a stage that the condition's unit cannot have.
    """
    _check(chain, Unit(text=stated.unit or "", si=stated.unit), path=None, column=what)
    value = (stated.value - chain.offset) * chain.factor
    out = stated.scaled(chain.factor, "A" if _converts_current(chain) else stated.unit)
    parts = {source: value * share for source, share in chain.common().items()} | chain.shift()
    for source, shift in parts.items():
        out = out.with_part(source, shift)
    return replace(out, value=value)


def _converts_current(chain: Chain) -> bool:
    return any(stage.kind == "iv_converter" for stage in chain.stages)


def _raw_unit(table: Table, column: Column, chain: Chain, environment: Conditions) -> Unit:
    """The unit of the numbers that the file holds.

    Raises
    ------
    UnitError : none is known, or not one that the stages can be of.
    """
    unit = unit_or_quantum(chain.unit if chain.unit is not None else column.unit_text, environment)
    if not unit.known:
        said = chain.unit if chain.unit is not None else column.unit_text
        raise UnitError(
            f"unit '{said}' of the raw numbers is not known" if said else "the header states no unit of the raw numbers",
            path=table.origin.path, column=column.name,
            remedy=f"state it in the chain, for example '{chain.column}: unit=V, ...'",
        )  # fmt: skip
    if unit.offset:
        raise UnitError(
            f"a scale with a zero of its own ('{unit.text}') cannot be multiplied", path=table.origin.path,
            column=column.name, remedy="leave the column out of the chain",
        )  # fmt: skip
    _check(chain, unit, path=table.origin.path, column=column.name)
    return unit


def _check(chain: Chain, unit: Unit, *, path: str | None, column: str) -> None:
    """Refuse stages that raw numbers in `unit` cannot have gone through."""
    shown = unit.si or "dimensionless"
    for stage in chain.stages:
        if stage.kind == "iv_converter" and unit.si == "A":
            raise UnitError(
                "it is already in [A]: the instrument has converted it, and an I/V converter would do so once more",
                path=path, column=column,
                remedy="leave iv_converter out of its chain; if the header is wrong and the raw numbers are volts, say unit=V there",
            )  # fmt: skip
        asked = {"iv_converter": "V", "divider": "V", "offset": stage.unit}.get(stage.kind)
        if asked is not None and unit.si != asked:
            what = {"iv_converter": "an I/V converter gives volts", "divider": "a divider is of a voltage"}.get(
                stage.kind, f"an offset in [{stage.unit or 'dimensionless'}] is stated"
            )
            raise UnitError(
                f"{what}, and its raw numbers are in [{shown}]", path=path, column=column,
                remedy="correct the chain, or state the unit of the raw numbers in it, for example unit=V",
            )  # fmt: skip


def _converted(column: Column, chain: Chain, unit: Unit) -> Column:
    """The column at the sample. It keeps its unit where the stages do; behind an I/V converter it is in ampere."""
    values = (column.values * unit.factor - chain.offset) * chain.factor
    current = _converts_current(chain)
    written = chain.unit if chain.unit is not None else column.unit_text
    return replace(
        column,
        values=values if current else values / unit.factor,
        unit_text="A" if current else written,
        raw=column if column.unit_text == written else replace(column, unit_text=written),
        common=chain.common(),
        shift=chain.shift(),
    )


def _spread(column: Column, chain: Chain, unit: Unit, environment: Conditions) -> Column:
    """Standard uncertainties of a column that goes through a chain, in the unit of the raw numbers unless they say another.

    Those that are stated in another dimension are left as they are: they may be of the converted values already.
    """
    own = unit_or_quantum(column.unit_text, environment)
    if column.unit_text and (not own.known or own.si != unit.si):
        return column
    factor = own.factor if own.known else unit.factor
    si = column.values * factor * abs(chain.factor)
    text = "A" if _converts_current(chain) else unit.text
    raw = column if column.unit_text else replace(column, unit_text=unit.text)
    return replace(column, values=si if text == "A" else si / unit.factor, unit_text=text, raw=raw)


def _entries(chain: Chain, column: Column, note: str) -> list[Choice]:
    """The ledger of a chain: a line a stage, with whose uncertainty it is."""
    told = f"raw column '{header(column)}' kept" + (f", read in {chain.unit}" if chain.unit is not None else "")
    out = []
    for stage, source in zip(chain.stages, chain.sources(), strict=True):
        sure = f"standard uncertainty {abs(stage.relative):.2g} of the value" if stage.relative else "exact"
        if stage.kind == "offset" and stage.std:
            sure = f"standard uncertainty {stage.std:.2g} {stage.unit}"
        whose = f"; source '{source}'" if stage.std else ""
        words = [f"{_IN_WORDS[stage.kind]}; {sure}{whose}", told, note]
        out.append(
            Choice(
                choice=f"chain of {chain.column}: {stage.kind}", value=stage.text, origin="user",
                note="; ".join(word for word in words if word),
            )
        )  # fmt: skip
    return out
