"""A session cut into runs of whole traces, so that nobody has to look at all of its readings at once.

A run is short enough that what is worked out on the way stays in a processor's cache, and that memory is bounded by the run and not by
the session. Every look at a session goes through all of its runs in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.errors import InputError
from gzero.measurement.measurement import Measurement

Array = NDArray[np.float64]

#: Readings of one run, unless a single trace has more.
READINGS = 1 << 17


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """Readings of a few whole traces as they were read, one trace after the other.

    Parameters
    ----------
    read, x : shape (n,) [unit of y], [unit of x].
    starts : first reading of each trace, and n, shape (k + 1,).
    numbers : of the traces in the file, shape (k,).
    first, trace : reading and trace of the session that the run begins with, from 0.
    places : of the readings in what is held of the session; None where they stand in order.
    held : the measurement that the readings stand in;  before : readings of the session before its first.
    """

    read: Array
    x: Array
    starts: NDArray[np.int64]
    numbers: Array
    first: int
    trace: int
    places: NDArray[np.int64] | None
    held: Measurement
    before: int

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Readings of each trace, shape (k,)."""
        return np.diff(self.starts)

    def rows(self, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Readings of the session, from 0, of a mask over those of the run."""
        return np.flatnonzero(mask) + self.first if self.places is None else self.places[mask] + self.before

    def row(self, reading: int) -> int:
        """The row of the file, from 1, that a reading of the session stands in."""
        return self.held.row(reading - self.before)


Runs = Callable[[], Iterator[Run]]


def in_runs(measurement: Measurement, readings: int = READINGS) -> Runs:
    """What goes through the runs of a measurement, as often as it is asked to.

    Parameters
    ----------
    readings : of one run, unless a single trace has more.

    Raises
    ------
    InputError : no trace numbers, or a reading without one.
    """
    if measurement.pieces is None:
        held = _Held.of(measurement)
        return lambda: held.runs(readings, before=0, trace=0)
    pieces = measurement.pieces

    def runs() -> Iterator[Run]:
        first = trace = 0
        for piece in pieces():
            held = _Held.of(piece)
            yield from held.runs(readings, before=first, trace=trace)
            first, trace = first + held.readings, trace + held.traces

    return runs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Held:
    """A measurement with its traces told apart; `order` puts each trace in one piece, None where it is already."""

    measurement: Measurement
    order: NDArray[np.int64] | None
    starts: NDArray[np.int64]
    numbers: Array

    @classmethod
    def of(cls, measurement: Measurement) -> _Held:
        series = measurement.series.get("trace")
        if series is None:
            raise InputError(
                "no column says which trace a reading belongs to",
                path=measurement.origin.path,
                remedy="name it with --columns trace=HEADER, or write one column a trace; one trace alone is --experiment trace",
            )
        numbers = series.values
        starts = trace_starts(numbers)
        firsts = numbers[starts[:-1]]
        if not np.isfinite(firsts).all():  # what is no number differs from all others
            raise InputError(
                "a reading without a trace number",
                path=measurement.origin.path,
                row=measurement.row(int(np.argmin(np.isfinite(numbers)))),
                column=series.label,
                remedy="number every row",
            )
        order = None
        if np.unique(firsts).size != firsts.size:
            order = np.argsort(numbers, kind="stable")
            numbers = numbers[order]
            starts = trace_starts(numbers)
        return cls(measurement=measurement, order=order, starts=starts, numbers=numbers[starts[:-1]])

    @property
    def readings(self) -> int:
        return int(self.starts[-1])

    @property
    def traces(self) -> int:
        return int(self.numbers.size)

    def runs(self, readings: int, *, before: int, trace: int) -> Iterator[Run]:
        y, x = self.measurement.ordinate.values, self.measurement.abscissa.values
        for a, b in cuts(self.starts, readings):
            at = slice(int(self.starts[a]), int(self.starts[b]))
            places = None if self.order is None else self.order[at]
            yield Run(
                read=y[at] if places is None else y[places],
                x=x[at] if places is None else x[places],
                starts=self.starts[a : b + 1] - self.starts[a],
                numbers=self.numbers[a:b],
                first=before + at.start,
                trace=trace + a,
                places=places,
                held=self.measurement,
                before=before,
            )


def cuts(starts: NDArray[np.int64], readings: int) -> Iterator[tuple[int, int]]:
    """(first trace, trace behind the last) of pieces that have no more readings than asked, but one trace at least."""
    a, traces = 0, starts.size - 1
    while a < traces:
        b = int(np.searchsorted(starts, starts[a] + readings, side="right")) - 1
        b = min(max(b, a + 1), traces)
        yield a, b
        a = b


def trace_starts(numbers: Array) -> NDArray[np.int64]:
    """First reading of each trace, and the number of readings."""
    inside = np.flatnonzero(numbers[1:] != numbers[:-1]) + 1
    return np.concatenate([[0], inside, [numbers.size]]) if numbers.size else np.zeros(1, dtype=np.int64)
