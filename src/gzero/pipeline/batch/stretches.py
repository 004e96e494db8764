"""Some traces of a map, measured without the others: the memory of a piece is that of its own traces."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gzero.loaders.table import Table
from gzero.measurement.kinds import kind
from gzero.measurement.measurement import Measurement
from gzero.pipeline.blind_record import find_record
from gzero.pipeline.config import Config
from gzero.pipeline.load import traces_of
from gzero.reduction.branches import branch_of


def traces_apart(table: Table, path: Path, config: Config) -> int:
    """How many traces a map has, if each can be measured without looking at the others; 0 where that is not certain.

    It is not where columns are named by number, a chain or a mask may be of one trace, data are blind, a sweep turns
    round, or traces are pooled.

    Raises
    ------
    InputError : anything about the file or the options that cannot be used.
    """
    places = _places(table)
    named = (config.y, config.std, config.columns, config.trace, config.chain, config.mask)
    if len(places) < 3 or any(said is not None for said in named) or (config.x or "").strip().isdigit():
        return 0
    if len({table.columns[i].unit_text for i in places}) > 1:
        return 0
    if config.blind or find_record(path, config.blind_record, table.origin.sha256) is not None:
        return 0
    first = stretch(table, path, config, 0, 2)
    experiment = kind(first[0].kind)
    apart = not (experiment.pooled or experiment.per_row or experiment.catalogue or experiment.listed)
    apart = apart and len(first) == 2 and not any(m.blind or branch_of(m.ledger) for m in first)
    return len(places) if apart and experiment.name != "diffusion" else 0


def stretch(table: Table, path: Path, config: Config, first: int, last: int) -> tuple[Measurement, ...]:
    """The traces of a map from `first` up to `last` (not included), two at least, each as among all of them."""
    wanted = set(_places(table)[first:last])
    columns = tuple(c for i, c in enumerate(table.columns) if c.coordinate is None or i in wanted)
    return traces_of(replace(table, columns=columns), path, config)


def _places(table: Table) -> list[int]:
    return [i for i, column in enumerate(table.columns) if column.coordinate is not None]
