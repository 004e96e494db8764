"""Between a table as read and its meaning: metadata that are declared to be conditions, signal chains, masks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from gzero.errors import ConfigError, GzeroError, InputError
from gzero.estimate import Estimate, parse_quantity
from gzero.loaders.table import Table
from gzero.measurement.chain import Chain, Converted, convert, convert_declared
from gzero.measurement.chain_text import parse_chain
from gzero.measurement.kinds import Kind
from gzero.measurement.ledger import Choice, Exclusion
from gzero.measurement.masks import Mask, Masked, differs_by_trace, dropped, kept_rows, masked, parse_masks
from gzero.measurement.measurement import Measurement
from gzero.measurement.offers import asked_for, taken
from gzero.measurement.roles import Layout, Wanted, columns_of, find_column, header
from gzero.measurement.spread import uncertainty_columns
from gzero.pipeline.config import Config
from gzero.quanta import Conditions, unit_or_quantum
from gzero.report.rounding import format_with_unit

Measure = Callable[[Table], tuple[Measurement, ...]]

#: Conditions that metadata may state and that no option takes: they are kept for the reader, and nothing rests on them.
_RECORDED = ("frequency",)
#: The key of the chain of a declared bias, which is then what the source was set to.
_BIAS = "bias"
#: How the ledger calls a declared bias that has a chain, before and behind it.
OF_SOURCE, AT_SAMPLE = "bias of the source", "bias at the sample"
#: Stages that `--gain` could be meant for as well.
_GAINS = ("amplifier", "iv_converter")
#: Experiments that carry what all of their x have in common into their estimates.
_CARRY_X = ("heat", "radiation")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Undone:
    """A table whose signal chains are undone, and the chain of the declared bias (None where it has none)."""

    converted: Converted
    bias: Chain | None = None

    @property
    def table(self) -> Table:
        """Every converted column in the place of its raw one, which it holds."""
        return self.converted.table


# -- metadata ---------------------------------------------------------------------------------------------------------


def with_metadata(config: Config, metadata: Mapping[str, str], path: str | None = None) -> Config:
    """The configuration with the conditions that it takes from the metadata of its file; a declared one wins over them.

    Raises
    ------
    ConfigError : an entry that is not there, is not the only one, or states no unit.
    """
    if config.from_metadata is None:
        return config
    found, said = {}, {}
    for name, key in asked_for(config.from_metadata).items():
        if name not in _RECORDED and getattr(config, name) is None:
            offer = taken(metadata, name, key, path=path)
            found[name], said[name] = offer.text, f"metadata '{offer.key}'"
    return replace(config, **found, said_by={**config.said_by, **said}) if found else config  # type: ignore[arg-type]


def recorded(config: Config, metadata: Mapping[str, str], path: str) -> tuple[dict[str, Estimate], tuple[Choice, ...]]:
    """(conditions that no option takes, what there is to say of the metadata that were asked for).

    Parameters
    ----------
    config : as stated, without what it takes from the metadata.

    Raises
    ------
    ConfigError : as `with_metadata`.
    """
    conditions, ledger = {}, []
    asked = {} if config.from_metadata is None else asked_for(config.from_metadata)
    for name, key in asked.items():
        stated = getattr(config, name, None)
        if name in _RECORDED:
            offer = taken(metadata, name, key, path=path)
            value, std, unit = parse_quantity(offer.text)
            conditions[name] = Estimate(
                value=value * unit.factor, systematic={name: (std or 0.0) * unit.factor}, unit=unit.si
            )
            note = f"metadata '{offer.key}'; kept for the reader, nothing is computed from it"
            ledger.append(Choice(choice=name, value=offer.text, origin="data", note=note))
        elif stated is not None:
            try:
                offer = taken(metadata, name, key, path=path)
            except ConfigError:
                continue
            note = f"metadata '{offer.key}'; not used, as the declared {stated} wins"
            ledger.append(
                Choice(choice=f"{name.replace('_', ' ')} of the file", value=offer.text, origin="data", note=note)
            )
    return conditions, tuple(ledger)


# -- signal chains ----------------------------------------------------------------------------------------------------


def undone(table: Table, experiment: Kind, wanted: Wanted, config: Config, environment: Conditions) -> Undone:
    """The table with the signal chains of the configuration undone.

    Raises
    ------
    ConfigError, ColumnError, UnitError : a chain that is none, or that the columns cannot have gone through.
    """
    if config.chain is None:
        return Undone(converted=Converted(table=table))
    chains = parse_chain(config.chain, table.metadata)
    names = {column.name.casefold() for column in table.columns}
    of_bias = [c for c in chains if config.bias is not None and c.column.casefold() == _BIAS and _BIAS not in names]
    found = convert(
        table,
        [chain for chain in chains if chain not in of_bias],
        lambda key: columns_of(table, key, experiment, wanted),
        spreads=_spreads(table, experiment, wanted, environment),
        environment=environment,
        note=config.origin("chain")[1],
    )
    for key, unit in (("x", wanted.x_unit), ("y", wanted.y_unit)):
        _check_stated_unit(found, key, unit, experiment, wanted)
    return Undone(converted=found, bias=of_bias[0] if of_bias else None)


def _check_stated_unit(found: Converted, key: str, unit: str | None, experiment: Kind, wanted: Wanted) -> None:
    """Refuse a unit that is stated besides the chain of the same column: of the raw numbers, or of what they become?"""
    indices: tuple[int, ...] = ()
    if unit is not None:
        with suppress(InputError):  # whichever column it is, the layout will say what is wrong with it
            indices = columns_of(found.table, key, experiment, wanted)
    if any(index in found.chains for index in indices):
        raise ConfigError(
            f"{key}_unit is stated, and a signal chain of the same column", path=found.table.origin.path,
            column=found.table.columns[indices[0]].name,
            remedy=f"state the unit of the raw numbers in the chain, unit={unit}, and leave {key}_unit out",
        )  # fmt: skip


def _spreads(table: Table, experiment: Kind, wanted: Wanted, environment: Conditions) -> dict[int, tuple[int, ...]]:
    """Column -> columns of its standard uncertainties: those that are named after it; of y also those that the user names, or
    that name nothing."""
    names = [column.name.casefold() for column in table.columns]
    units = [unit_or_quantum(column.unit_text, environment) for column in table.columns]
    spread = uncertainty_columns([column.name for column in table.columns], units, experiment)
    out = {i: tuple(k for k, of in spread.items() if of.casefold() == name) for i, name in enumerate(names)}
    try:
        ordinate = columns_of(table, "y", experiment, wanted)
    except InputError:
        ordinate = ()
    if len(ordinate) == 1:
        i = ordinate[0]
        more = (find_column(table, wanted.std),) if wanted.std else tuple(k for k, of in spread.items() if not of)
        out[i] = tuple(dict.fromkeys((*out[i], *more)))
    return out


def biased(conditions: Mapping[str, Estimate], undone: Undone) -> dict[str, Estimate]:
    """The declared conditions, with the bias brought from the source to the sample where it has a chain."""
    if undone.bias is None:
        return dict(conditions)
    return {**conditions, "bias": convert_declared(undone.bias, conditions["bias"], "declared bias")}


def bias_ledger(undone: Undone, stated: Mapping[str, Estimate], config: Config) -> tuple[Choice, ...]:
    """What the chain of the declared bias makes of it."""
    if undone.bias is None:
        return ()
    at = convert_declared(undone.bias, stated["bias"], "declared bias")
    _, file = config.origin("chain")
    stages = ", ".join(f"{stage.kind} {stage.text}" for stage in undone.bias.stages)
    note = "; ".join(word for word in (f"declared {config.bias}; {stages}", file) if word)
    value = format_with_unit(at.value, at.std, at.unit) if at.std > 0 else f"{at.value:.6g} {at.unit}"
    return (Choice(choice=AT_SAMPLE, value=value, origin="user", note=note),)


def check_chain(undone: Undone, layout: Layout, experiment: Kind, config: Config) -> tuple[str, ...]:
    """Refuse chains that do not fit what their columns turned out to be; warnings on those that do.

    Raises
    ------
    ConfigError : a ratio of an amplitude and of nobody knows what.
    """
    chains, table = undone.converted.chains, undone.table
    path = table.origin.path
    y = layout.y[0] if layout.y else None
    _check_amplitudes(undone, layout, path)
    warnings = []
    of_y = None if y is None else chains.get(y)
    if of_y is not None and config.gain is not None and any(s.kind in _GAINS for s in of_y.stages):
        warnings.append(
            f"a gain of {config.gain} is stated besides the chain of {of_y.column}: the readings are divided by both"
        )
    of_x = [layout.x] if layout.x is not None and experiment.name not in _CARRY_X else []
    for index in (*of_x, *(i for _, i, _ in layout.beside), *(i for _, i in layout.conditions)):
        column = table.columns[index]
        if column.common or column.shift:
            warnings.append(
                f"what the chain of '{column.name}' is uncertain by moves all of its values together: it is in no uncertainty "
                "of what is found along them"
            )
    return tuple(dict.fromkeys(warnings))


def _check_amplitudes(undone: Undone, layout: Layout, path: str) -> None:
    """Refuse a ratio of which one side says which amplitude it is, and the other does not."""
    chains, table = undone.converted.chains, undone.table
    if not layout.y or layout.derivation not in ("current over voltage", "current over bias"):
        return
    above = chains.get(layout.y[0])
    voltage = layout.voltage
    below = undone.bias if voltage is None else chains.get(voltage)
    said = [chain is not None and chain.amplitude for chain in (above, below)]
    if said[0] == said[1]:
        return
    current = f"'{header(table.columns[layout.y[0]])}'"
    other = "the declared bias" if voltage is None else f"'{header(table.columns[voltage])}'"
    known, silent = (current, other) if said[0] else (other, current)
    key = _BIAS if voltage is None and said[0] else table.columns[layout.y[0] if not said[0] else voltage or 0].name
    raise ConfigError(
        f"{known} is said to be an amplitude of a lock-in, and {silent} in the same ratio is not",
        path=path, remedy=f"say which it is, for example '{key}: lockin=rms'",
    )  # fmt: skip


# -- masks ------------------------------------------------------------------------------------------------------------


def masks_of(config: Config) -> tuple[Mask, ...]:
    """The masks that a configuration states.

    Raises
    ------
    ConfigError : text that is no mask, or a mask without a reason.
    """
    return () if config.mask is None else parse_masks(config.mask)


def measured_behind_masks(
    table: Table,
    experiment: Kind,
    wanted: Wanted,
    layout: Layout | None,
    config: Config,
    environment: Conditions,
    measure: Measure,
) -> tuple[Measurement, ...]:
    """The measurements of a table without the readings that are masked, with what was masked.

    Parameters
    ----------
    layout : the roles of the columns, where they can be told before anything is masked.
    measure : gives the measurements of a table.

    Raises
    ------
    InputError : a mask that cannot be understood, or that leaves nothing.
    """
    masks, (_, note) = masks_of(config), config.origin("mask")
    if not masks:
        return measure(table)

    def find(key: str) -> tuple[int, ...]:
        return columns_of(table, key, experiment, wanted, layout)

    apart = experiment.pooled or experiment.per_row or experiment.listed or experiment.catalogue
    if differs_by_trace(table, masks, find):
        if apart:
            raise ConfigError(
                "a mask on y would be another one for every trace, and here all traces are one measurement",
                path=table.origin.path, remedy="mask rows, or a column that all traces share",
            )  # fmt: skip
        return tuple(
            _told(
                m.taken(np.flatnonzero(left.keep)),
                replace(left, exclusions=tuple(_placed(e, m, e.indices) for e in left.exclusions)),
            )
            for i, m in enumerate(measure(table))
            for left in [masked(table, masks, find, environment, trace=i, note=note)]
        )
    left = masked(table, masks, find, environment, note=note)
    kept = kept_rows(table, left.keep)
    if experiment.per_row or experiment.catalogue:  # no row is left out of another one's answer
        origin = replace(kept.origin, dropped=(*kept.origin.dropped, *dropped(left.exclusions)))
        return tuple(_told(m, replace(left, exclusions=())) for m in measure(replace(kept, origin=origin)))
    found = measure(kept)
    gone = _gone(kept_rows(table, ~left.keep), measure) if left.exclusions and not apart else ()
    if len(gone) != len(found):
        return tuple(_told(m, left) for m in found)
    at = np.cumsum(~left.keep) - 1
    return tuple(
        _told(m, replace(left, exclusions=tuple(_placed(e, g, at[e.indices]) for e in left.exclusions)))
        for m, g in zip(found, gone, strict=True)
    )


def seen_by_masks(
    table: Table, experiment: Kind, wanted: Wanted, layout: Layout, config: Config, environment: Conditions
) -> tuple[str, ...]:
    """What masks would leave out, in words, for `gzero inspect`; of a map, of its first trace."""
    masks = masks_of(config)
    if not masks:
        return ()
    left = masked(table, masks, lambda key: columns_of(table, key, experiment, wanted, layout), environment, trace=0)
    said = [f"{e.rule}: {e.reason} ({e.count} rows)" for e in left.exclusions]
    return (*said, *left.warnings)


def _gone(table: Table, measure: Measure) -> tuple[Measurement, ...]:
    """What the masked readings would be, for a figure; they may be what no measurement can have."""
    try:
        return measure(table)
    except GzeroError:
        return ()


def _placed(
    exclusion: Exclusion, measurement: Measurement, readings: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
) -> Exclusion:
    """An exclusion with where its readings lie."""
    x, y = measurement.abscissa.values[readings], measurement.ordinate.values[readings]
    return replace(exclusion, x=tuple(map(float, x)), y=tuple(map(float, y)))


def _told(measurement: Measurement, left: Masked) -> Measurement:
    return replace(
        measurement,
        exclusions=(*measurement.exclusions, *left.exclusions),
        ledger=(*measurement.ledger, *left.ledger),
        warnings=(*measurement.warnings, *left.warnings),
    )
