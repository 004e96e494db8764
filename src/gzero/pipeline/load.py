"""From a path and a configuration to measurements: read, lay out, give meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gzero.errors import ColumnError, ConfigError, GzeroError, InputError, UnitError
from gzero.estimate import Estimate
from gzero.loaders.cutting import cut_columns, cut_rows, rows_of
from gzero.loaders.registry import read_in_pieces, read_table
from gzero.loaders.table import Pieces, Table
from gzero.measurement.catalogue import lay_out_catalogue, measure_catalogue
from gzero.measurement.columns import ratios_as_names
from gzero.measurement.curve import goes_one_way
from gzero.measurement.kinds import Kind, kind, kind_of_units
from gzero.measurement.layout import lay_out
from gzero.measurement.listed import lay_out_list, measure_list
from gzero.measurement.meaning import measure
from gzero.measurement.measurement import DECLARABLE, Measurement, condition
from gzero.measurement.roles import Layout, Wanted
from gzero.measurement.sessions import TRACE, whole_traces
from gzero.pipeline.blind_record import factor_of, find_record
from gzero.pipeline.config import Config, columns, selection
from gzero.pipeline.diffusive import Told, bridge_layout, of_rows, reduced, told
from gzero.pipeline.preparation import (
    Undone,
    bias_ledger,
    biased,
    check_chain,
    measured_behind_masks,
    recorded,
    seen_by_masks,
    undone,
    with_metadata,
)
from gzero.pipeline.trace_choice import by_place
from gzero.quanta import (
    Conditions,
    Particle,
    Quantum,
    parse_quantum,
    particle,
    unit_or_quantum,
)
from gzero.reduction.branches import split
from gzero.reduction.current_groups import at_currents
from gzero.reduction.van_der_pauw import is_bridge

if TYPE_CHECKING:
    from gzero.measurement.inspection import Inspection

#: Numbers of a file up to which a session of traces is held, and of the pieces of a longer one.
HELD, PIECE = 1 << 23, 1 << 20
FIT = "fit"  #: the value of --series-resistance that asks for it to be fitted


def read(path: str | Path, config: Config) -> Table:
    """The table that a file holds, read as the configuration asks."""
    return read_table(
        path, loader=config.loader, sheet=config.sheet, group=config.group, run=config.run, encoding=config.encoding, delimiter=config.delimiter,
        decimal=config.decimal, header_row=config.header_row,
    )  # fmt: skip


def experiment_of(table: Table, config: Config) -> Kind:
    """The kind of measurement: the one that is named, else the one that a column's unit or name gives away."""
    if config.experiment is not None:
        return kind(config.experiment)
    units = {unit_or_quantum(column.unit_text).si for column in table.columns}
    if (config.y is None and is_bridge(table)) or ({"K", "m^2/(V s)"} <= units and not units & {"S", "ohm", "A"}):
        return kind("diffusion")
    return kind_of_units(units)


def _wanted(config: Config) -> Wanted:
    """The columns that the user names."""
    return Wanted(
        x=config.x, y=config.y, std=config.std, x_unit=config.x_unit, y_unit=config.y_unit, columns=columns(config)
    )


def layout_of(table: Table, experiment: Kind, config: Config) -> Layout:
    """Which column plays which role."""
    wanted = _wanted(config)
    if experiment.catalogue:
        return lay_out_catalogue(table, experiment)
    if experiment.listed:
        return lay_out_list(table, experiment, wanted, conditions=environment(config))
    return lay_out(table, experiment, wanted, conditions=environment(config), bias_declared=config.bias is not None)


def inspect_path(path: str | Path, config: Config) -> Inspection:
    """Look at a file without analysing it; a layout that cannot be decided is told, not raised."""
    from gzero.measurement.inspection import inspect_table

    raw, asked = read(path, config), config
    layout, problem, experiment, table = None, "", None, raw
    left_out: tuple[str, ...] = ()
    try:
        config = with_metadata(asked, raw.metadata, str(path))
        found = undone(raw, experiment_of(raw, config), _wanted(config), config, environment(config))
        experiment = experiment_of(found.table, config)
        table = ratios_as_names(found.table, experiment)
        plate = experiment.name == "diffusion" and config.y is None and is_bridge(table)
        layout = bridge_layout(table) if plate else layout_of(table, experiment, config)
        check_chain(found, layout, experiment, config)
        left_out = seen_by_masks(table, experiment, _wanted(config), layout, config, environment(config))
    except InputError as error:
        problem = str(error)
    record = find_record(path, config.blind_record, table.origin.sha256)
    blind = bool(config.blind) if record is None else record.unblinded is None
    name = (experiment or experiment_of(raw, asked)).name
    seen = inspect_table(table, name, layout, problem, environment(asked), blind=blind)
    return replace(seen, dropped=(*seen.dropped, *left_out))


def load_traces(path: str | Path, config: Config) -> tuple[Measurement, ...]:
    """Every trace of a file, or the one that `trace` names; a sweep that turns round is one trace a branch.

    Where the file has a blind record that nobody has unblinded, or `blind` is asked, the conductance is multiplied by the
    hidden factor and the measurements say that they are blind.

    Raises
    ------
    InputError : anything about the file or the options that cannot be used.
    """
    return traces_of(read(path, config), path, config)


def traces_of(table: Table, path: str | Path, config: Config) -> tuple[Measurement, ...]:
    """`load_traces` of a table that has been read."""
    measurements = _measured(table, path, config)
    if config.blind and not all(kind(m.kind).monotone for m in measurements):
        raise ConfigError(
            "blind mode is for staircases: what other experiments hold cannot be hidden",
            path=str(path),
            remedy="leave out --blind",
        )
    factor = factor_of(path, table.origin.sha256, config)
    if factor is not None:
        from gzero.measurement.blindness import hide

        measurements = tuple(hide(m, factor) for m in measurements)
    return _of_trace(measurements, config, str(path))


def load_session(path: str | Path, config: Config) -> Measurement | None:
    """The session of traces that a file holds, a piece at a time (`Measurement.pieces`), where it is one that is too long to be held.

    The numbers that come of it are those of `load_traces`. None where that is to be used: a shorter file, another experiment, one trace
    that is asked for, a mask (which says of the whole what it hits), traces whose rows do not stand together, a format that is not
    read in pieces.

    Raises
    ------
    InputError : as of `load_traces`.
    """
    if not _pieced(config) or any(
        option is not None
        for option in (config.sheet, config.run, config.encoding, config.delimiter, config.decimal, config.header_row)
    ):
        return None
    found = read_in_pieces(path, loader=config.loader, group=config.group, beyond=HELD, numbers=PIECE)
    if found is None:
        return None
    return _session(found, path, config, numbered=all(column.coordinate is None for column in next(found()).columns))


def session_of(table: Table, path: str | Path, config: Config) -> Measurement | None:
    """`load_session` of a table that has been read: its numbers lie where they are, and are looked at a piece at a time."""
    if not _pieced(config) or table.rows * len(table.columns) <= HELD:
        return None
    asked = with_metadata(config, table.metadata, str(path))
    head = rows_of(table, 0, max(2, min(1000, PIECE // len(table.columns))))
    beside = [i for i, column in enumerate(table.columns) if column.coordinate is not None]
    named = (asked.y, asked.std, asked.columns, asked.chain)
    if not beside and all(said is None for said in named) and not (asked.x or "").strip().isdigit():
        several = layout_of(head, experiment_of(head, asked), asked).y
        beside = list(several) if len(several) > 1 else []
    if not beside:
        return _session(cut_rows(table, PIECE), path, config, numbered=True)
    session = _session(cut_columns(table, beside, PIECE), path, config, numbered=False)
    if session is None:
        return None
    # the ledger tells how many traces there are, whatever they read: those of the first stand for all
    like, traces = head.columns[beside[0]].values, frozenset(beside)
    columns = tuple(replace(c, values=like) if i in traces else c for i, c in enumerate(head.columns))
    whole = _measured(replace(head, columns=columns), path, config)[0]
    return replace(session, ledger=whole.ledger, warnings=whole.warnings)


def _pieced(config: Config) -> bool:
    """Whether the experiment goes through a session in pieces (it has to be named), and no option asks for the whole."""
    whole = config.blind or config.mask is not None or config.trace is not None
    return not whole and config.experiment is not None and kind(config.experiment).pieced


def _session(tables: Pieces, path: str | Path, config: Config, *, numbered: bool) -> Measurement | None:
    """A session that comes as pieces of a table, where its traces are numbered, or stand beside each other."""
    first = next(tables())
    if (
        not experiment_of(first, config).pooled
        or find_record(path, config.blind_record, first.origin.sha256) is not None
    ):
        return None

    def measurements() -> Iterator[Measurement]:
        for table in tables():
            yield from _measured(table, path, config)

    def pieces() -> Iterator[Measurement]:
        return whole_traces(measurements(), numbered=numbered)

    if TRACE not in next(measurements()).series:
        return None
    held = next(pieces())
    numbers = held.series[TRACE].values
    if np.unique(numbers).size != 1 + np.count_nonzero(np.diff(numbers)):
        return None
    return replace(held, pieces=pieces)


def traces_or_session(path: str | Path, config: Config) -> tuple[Measurement, ...]:
    """What a file is analysed from: its traces (`load_traces`), or its session in pieces where that is too long to be held."""
    session = load_session(path, config)
    if session is None:
        table = read(path, config)
        session = session_of(table, path, config)
        if session is None:
            return traces_of(table, path, config)
    return (session,)


def load_true(path: str | Path, config: Config) -> tuple[Measurement, ...]:
    """`load_traces` past the blind record: for the end of blind mode, and for nothing else."""
    return _of_trace(_measured(read(path, config), path, config), config, str(path))


def _measured(raw: Table, path: str | Path, asked: Config) -> tuple[Measurement, ...]:
    """Every trace that a table holds, as measured: behind its signal chains, without what is masked."""
    config = with_metadata(asked, raw.metadata, str(path))
    wanted, around = _wanted(config), environment(config)
    found = undone(raw, experiment_of(raw, config), wanted, config, around)
    experiment = experiment_of(found.table, config)
    table = ratios_as_names(found.table, experiment)
    quantum = parse_quantum(config.quantum, around) if config.quantum else None
    if quantum is not None:
        check_quantum(quantum, experiment, str(path))
    kept, ledger = recorded(asked, raw.metadata, str(path))
    stated = stated_conditions(config, experiment)
    ledger = (*ledger, *found.converted.ledger, *bias_ledger(found, stated, config))
    conditions = {**biased(stated, found), **kept}

    def measured(part: Table) -> tuple[Measurement, ...]:
        return _given_meaning(part, experiment, config, conditions, quantum, found)

    layout = None
    if config.mask is not None:
        with suppress(InputError):  # told where the measurement is made; a mask may name its columns without any role
            layout = layout_of(table, experiment, config)
    out = measured_behind_masks(table, experiment, wanted, layout, config, around, measured)
    return told(out, ledger, found.converted.warnings, {})


def _given_meaning(
    table: Table,
    experiment: Kind,
    config: Config,
    conditions: dict[str, Estimate],
    quantum: Quantum | None,
    chains: Undone,
) -> tuple[Measurement, ...]:
    """Every trace of a table whose chains are undone."""
    if experiment.catalogue:
        return measure_catalogue(table, layout_of(table, experiment, config), experiment)
    give_meaning = measure_list if experiment.listed else measure
    found = reduced(table) if experiment.name == "diffusion" and config.y is None else Told(table=table)
    layout = layout_of(found.table, experiment, config)
    warnings = found.warnings
    if found.table is table:
        warnings = (*warnings, *check_chain(chains, layout, experiment, config))
    elif any(column.common or column.shift for column in table.columns):
        warnings = (*warnings, "what the signal chain is uncertain by is in no uncertainty of the mobility")
    asked, ledger = experiment, found.ledger
    shared: dict[str, Estimate] = {}
    if experiment.per_row:
        asked, rows, shared = of_rows(found.table, experiment, layout, config)
        ledger = (*ledger, rows)
        layout = layout_of(found.table, asked, config)
    measurements = give_meaning(
        found.table,
        layout,
        asked,
        _wanted(config),
        conditions=conditions,
        environment=environment(config),
        particle=config.particle,
        quantum=quantum,
    )
    return told(measurements, ledger, warnings, shared)


def check_quantum(quantum: Quantum, experiment: Kind, path: str) -> None:
    """Refuse a quantum that nothing of the experiment can be compared with.

    Raises
    ------
    UnitError : it has another dimension.  ConfigError : the experiment has no quantum.
    """
    units = experiment.y.units if experiment.compared is None else (experiment.compared,)
    if experiment.compared == "":
        raise ConfigError(
            f"{experiment.name} has no quantum to be compared with", path=path, remedy="leave out --quantum"
        )
    if units and quantum.unit not in units:
        what = experiment.y.name if experiment.compared is None else f"{experiment.name} experiment"
        raise UnitError(
            f"the quantum {quantum.symbol} [{quantum.unit}] is not one of a {what}",
            path=path,
            remedy=f"choose one of [{' or '.join(units)}]",
        )


def with_stated(measurement: Measurement, config: Config) -> Measurement:
    """A measurement that was not read from a file, with what the options state about it.

    Raises
    ------
    ConfigError : blind mode, whose record stands beside a file; a signal chain or a mask, which are of a file's columns.
    """
    for name in ("chain", "mask"):
        if config.origin(name) == (
            "user",
            "",
        ):  # in a configuration file it may be what the measurement was loaded with
            raise ConfigError(
                f"a {name} is of the columns of a file, and this is a measurement", remedy=f"state it where the file is loaded: gzero.load(path, {name}=...)"
            )  # fmt: skip
    if config.blind:
        raise ConfigError("blind mode needs a file, beside which its record stands", remedy="give the path instead")
    stated = stated_conditions(config, kind(measurement.kind))
    return replace(measurement, conditions={**measurement.conditions, **stated}) if stated else measurement


def branches(measurements: Iterable[Measurement], config: Config) -> tuple[Measurement, ...]:
    """One measurement a branch of each sweep, where `sweep` asks for that; rows that are answers of their own have none."""
    if selection(config).sweep != "split":
        return tuple(measurements)
    return tuple(
        part
        for m in measurements
        for part in (
            split(m) if kind(m.kind).sweeps and not at_currents(m) and not goes_one_way(m.abscissa.values) else (m,)
        )
    )


def _of_trace(measurements: tuple[Measurement, ...], config: Config, path: str) -> tuple[Measurement, ...]:
    """The trace or branch that is asked for by name or by index from 0; all of them where none is.

    The name or the place of a trace of a map stands for all of its branches.
    """
    wanted = config.trace
    whole = [m for m in measurements if m.trace == wanted]
    if whole:
        return branches(whole, config)
    placed = None if wanted is None else by_place(measurements, wanted, path)
    if placed is not None:
        return branches((placed,), config)
    measurements = branches(measurements, config)
    if wanted is None:
        return measurements
    named = tuple(m for m in measurements if m.trace == wanted)
    if len(named) == 1:
        return named
    if wanted.lstrip("-").isdigit() and 0 <= int(wanted) < len(measurements):
        return (measurements[int(wanted)],)
    names = ", ".join(m.trace or str(i) for i, m in enumerate(measurements[:3]))
    raise ColumnError(
        f"there is no trace '{wanted}'",
        path=path,
        remedy=f"choose 0 to {len(measurements) - 1}, or a name such as {names}"
        if len(measurements) > 1
        else "it holds a single one: leave --trace out",
    )


def _particle(config: Config) -> Particle:
    return particle(config.particle, mass=config.mass)


def environment(config: Config) -> Conditions:
    """What a quantum may depend on, as declared."""
    declared: dict[str, float | None] = {"mass": _particle(config).mass}
    for name in ("temperature", "length"):
        text = getattr(config, name)
        declared[name] = condition(name, text).value if text is not None else None
    return Conditions(mass=declared["mass"], temperature=declared["temperature"], length=declared["length"])


def stated_conditions(config: Config, experiment: Kind) -> dict[str, Estimate]:
    """Every declared condition in SI; an offset is in the unit of the ordinate."""
    out: dict[str, Estimate] = {}
    for name in DECLARABLE:
        text = getattr(config, name, None)
        if text is None or name == "mass" or (name == "series_resistance" and text.strip() == FIT):
            continue
        try:
            out[name] = condition(name, text)
        except GzeroError as error:
            raise ConfigError(f"--{name.replace('_', '-')}: {error.problem}", remedy=error.remedy) from None
    if config.dimensions in ("1", "2", "3"):  # of a gas, and of a walk; another is refused where it is asked for
        out["dimensions"] = Estimate(value=float(config.dimensions))
    if config.mass is not None and not experiment.stepped:
        out["mass"] = condition("mass", config.mass)
    elif config.particle is not None and not (experiment.stepped or experiment.per_row):
        mass = _particle(config).mass  # a row of a table may state a mass of its own beside the bare one
        out |= {"mass": Estimate(value=mass, unit="kg")} if mass else {}
    return out
