"""What a file says, before anybody asks what it means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ColumnError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coordinate:
    """Where a trace stands along the slow axis of a map: name, value as written, unit text or None."""

    name: str
    value: float
    unit_text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column:
    """One column as written.

    Parameters
    ----------
    name : the header text without its unit.
    unit_text : the unit as the header writes it; None where the header states none (which is not "dimensionless").
    values : float64, read-only; NaN where a cell is empty or not a number. An array that is read-only already is kept as
        it is, every other one is copied: a loader that freezes what it has read holds the numbers once.
    source : where the column stands ("column 2", "axis 0", "sheet 'IV', column C").
    coordinate : for one trace of a map, its place along the slow axis.
    raw : where a signal chain was undone (`gzero.measurement.chain`), the column as the file holds it; None otherwise.
    common, shift : what the chain is uncertain by: source -> relative shift of all values [1], and absolute shift [SI], when
        that source moves up by one standard uncertainty.
    """

    name: str
    unit_text: str | None
    values: NDArray[np.float64]
    source: str
    coordinate: Coordinate | None = None
    raw: Column | None = None
    common: Mapping[str, float] = field(default_factory=dict)
    shift: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", _frozen(self.values))


def _frozen(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values, copied unless nobody can write to them any more."""
    owner: object = values
    while isinstance(owner, np.ndarray):
        if owner.flags.writeable or owner.dtype != np.float64:
            values = np.array(values, dtype=np.float64)
            values.setflags(write=False)
            return values
        owner = owner.base
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Rows or columns that the loader left out, and why."""

    rule: str
    reason: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Origin:
    """Where a table came from.

    Parameters
    ----------
    path : as the user gave it.
    sha256 : of the file's bytes.
    loader : name of the loader that read it.
    options : how it was read, as text (encoding, delimiter, sheet, ...).
    dropped : what was left out and why.
    rows_read : data rows in the file, those dropped included.
    parts : what else could be chosen from the file, by the option that chooses ("sheet", "group", "run"): its names, the
        one that was read among them.
    """

    path: str
    sha256: str
    loader: str
    options: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[Dropped, ...] = ()
    rows_read: int = 0
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", dict(self.options))
        object.__setattr__(self, "parts", dict(self.parts))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Columns as written, the metadata around them, and where they came from.

    Parameters
    ----------
    columns : equal lengths, at least one.
    metadata : comment and preamble lines of the form `key: value`, instrument settings, notes.
    origin : path, hash, loader, options, what was dropped.
    labels : columns of text by name (sample, carrier, remark), as many entries as there are rows.
    row_numbers : where each row stands in the file, from 1 as an editor counts (a `range` where no line is left out);
        empty where a file has no such rows.

    Raises
    ------
    ColumnError : no column at all, or columns of unequal lengths.
    """

    columns: tuple[Column, ...]
    metadata: Mapping[str, str]
    origin: Origin
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    row_numbers: Sequence[int] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "metadata", dict(self.metadata))
        object.__setattr__(self, "labels", dict(self.labels))
        if not self.columns:
            raise ColumnError("the file holds no column of numbers", path=self.origin.path)
        lengths = {len(column.values) for column in self.columns}
        if len(lengths) != 1:
            raise ColumnError(
                f"columns of unequal lengths: {sorted(lengths)}",
                path=self.origin.path,
                remedy="pad the shorter columns with empty cells, or save them to separate files",
            )

    @property
    def rows(self) -> int:
        """Number of data rows."""
        return len(self.columns[0].values)


#: Goes through the rows or traces of a table that is too long to be held, as often as it is called: each piece is a table like the
#: whole, and says in its origin how many rows that has.
Pieces = Callable[[], Iterator[Table]]
