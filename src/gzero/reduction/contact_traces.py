"""The traces of torn contacts that make a histogram: calibrated, cut out of one long record, every exclusion by a rule.

A trace is one contact, from closed to broken. It is the independent unit of everything that follows: readings of one contact
stand on the same few plateaus. Rules look at all readings at once (`numpy.ufunc.reduceat`), so that ten thousand traces of two
thousand readings take a fraction of a second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.errors import InputError, UnitError
from gzero.measurement.curve import frozen
from gzero.measurement.ledger import Choice, Exclusion
from gzero.measurement.measurement import Measurement
from gzero.reduction.calibration import Calibration
from gzero.reduction.selection import Selection

Array = NDArray[np.float64]

#: Conductance [quanta] that a contact reaches, and a broken one does not.
CONTACT = 0.5
#: Readings without which a trace shows no plateau; traces without which there is no spread between them.
FEWEST_READINGS, FEWEST_TRACES = 8, 5
_ALONG = ("m", "V", "s", "", None)  # what a trace may run along; None is not stated
_BETWEEN = 0.3  # quanta: a contact above, none below
_SAMPLE = 200_000  # readings that the noise is taken from
_THIRD = (
    np.sqrt(20.0) * 0.3186394
)  # lower quartile of |third difference| over the standard deviation, of white normal noise
_REPEATED, _MORE = 5, 3  # readings at a rail, and times as many as repeat below it
_NEAR_RAIL = 0.02  # of the span: where readings that could repeat as well are looked at


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContactTraces:
    """Readings of T traces, one trace after the other.

    Parameters
    ----------
    values : corrected conductance, shape (n,) [unit of y].
    displacement : shape (n,) [unit of x].
    starts : first reading of each trace, and n, shape (T + 1,).
    numbers : of the traces in the file, shape (T,).
    rail : corrected conductance at which the amplifier clips [unit of y]; infinite where it was not reached.
    noise, open_noise : standard deviation of one reading of a contact, and of a broken one [unit of y].
    exclusions, ledger, warnings : what was left out and chosen, and what the reader must know.
    """

    values: Array
    displacement: Array
    starts: NDArray[np.int64]
    numbers: Array
    rail: float
    noise: float
    open_noise: float
    exclusions: tuple[Exclusion, ...]
    ledger: tuple[Choice, ...]
    warnings: tuple[str, ...]

    def __len__(self) -> int:
        return int(self.numbers.size)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Readings of each trace, shape (T,)."""
        return np.diff(self.starts)

    def highest(self) -> Array:
        """Largest reading of each trace [unit of y], shape (T,)."""
        return np.asarray(np.maximum.reduceat(self.values, self.starts[:-1]))


def contact_traces(
    measurement: Measurement, calibration: Calibration, selection: Selection, *, quantum: float
) -> ContactTraces:
    """The traces of a measurement that a histogram can be made of.

    Parameters
    ----------
    quantum : what a contact of one atom is expected to be of the order of [unit of y]; for the rules about contact and break.

    Raises
    ------
    UnitError : traces along something else.
    InputError : no trace numbers, readings that are not finite and are not to be dropped, fewer than 5 usable traces.
    """
    along = measurement.abscissa
    if along.unit not in _ALONG:
        raise UnitError(
            f"the traces run along '{along.label}' in [{along.unit}], where a displacement [m], a piezo voltage [V] or a time [s] is asked",
            path=measurement.origin.path,
            column=along.label,
            remedy="name another column with --x",
        )
    order, numbers = _order(measurement)
    read, x = _ordered(measurement.ordinate.values, order), _ordered(measurement.abscissa.values, order)
    excluded: list[Exclusion] = []
    keep = _readings(measurement, order, read, x, selection, excluded)
    top = _rail(read if keep is None else read[keep])
    if np.isfinite(top):
        clipped = read >= top
        clipped &= True if keep is None else keep
        reason = (
            f"{int(clipped.sum())} readings repeat the largest one exactly: the amplifier clips there, and what lies above "
            "was not measured"
        )
        excluded.append(Exclusion(rule="clipped", reason=reason, indices=_rows(clipped, order)))
        keep = ~clipped if keep is None else keep & ~clipped
    values = _corrected(read, calibration)
    unphysical = ~np.isfinite(values) & (True if keep is None else keep)
    if unphysical.any():
        reason = "the stated series resistance accounts for all of the measured resistance"
        excluded.append(Exclusion(rule="beyond the series resistance", reason=reason, indices=_rows(unphysical, order)))
        keep = ~unphysical if keep is None else keep & ~unphysical
    good, choices = _whole_traces(values, numbers, keep, order, quantum, excluded)
    if good is not None:
        keep = good if keep is None else keep & good
    if keep is not None:
        values, x, numbers = values[keep], x[keep], numbers[keep]
    starts = _starts(numbers)
    if starts.size - 1 < FEWEST_TRACES:
        raise InputError(
            f"{starts.size - 1} usable traces are too few for a histogram with uncertainties",
            path=measurement.origin.path,
            remedy=_why(excluded) or f"give at least {FEWEST_TRACES} contacts, hundreds for narrow intervals",
        )
    rail = float(_corrected(np.array([top]), calibration)[0]) if np.isfinite(top) else np.inf
    return ContactTraces(
        values=frozen(values) if values.flags.writeable and values.base is not None else values,
        displacement=x,
        starts=starts,
        numbers=numbers[starts[:-1]],
        rail=rail,
        noise=noise_of(values, values > _BETWEEN * quantum),
        open_noise=noise_of(values, values < _BETWEEN * quantum),
        exclusions=tuple(excluded),
        ledger=choices,
        warnings=_closing(values, starts),
    )


def noise_of(values: Array, where: NDArray[np.bool_]) -> float:
    """Standard deviation of one reading from third differences [unit of values], of the readings in `where`.

    The lower quartile of their sizes does not see the half that may straddle a step (white noise: 1, 3, 3, 1 add up to a variance
    of 20). Where there are too few such readings, all of them are taken.
    """
    stride = max(1, values.size // _SAMPLE)
    whole = values.size - values.size % 64
    blocks = values[:whole].reshape(-1, 64)[::stride] if whole else values[None]
    inside = where[:whole].reshape(-1, 64)[::stride] if whole else where[None]
    third = np.abs(np.diff(blocks, 3, axis=1))
    wanted = inside[:, :-3] & inside[:, 3:]
    third = third[wanted] if wanted.sum() >= 20 else third.ravel()
    return float(np.quantile(third, 0.25) / _THIRD) if third.size else 0.0


def _order(measurement: Measurement) -> tuple[NDArray[np.int64] | None, Array]:
    """(order that puts each trace in one piece, or None where it is already; trace number of each reading in that order)."""
    series = measurement.series.get("trace")
    if series is None:
        raise InputError(
            "no column says which trace a reading belongs to",
            path=measurement.origin.path,
            remedy="name it with --columns trace=HEADER, or write one column a trace; one trace alone is --experiment trace",
        )
    numbers = series.values
    if not np.isfinite(numbers).all():
        raise InputError(
            "a reading without a trace number",
            path=measurement.origin.path,
            row=measurement.row(int(np.argmin(np.isfinite(numbers)))),
            column=series.label,
            remedy="number every row",
        )
    firsts = numbers[_starts(numbers)[:-1]]
    if np.unique(firsts).size == firsts.size:
        return None, numbers
    order = np.argsort(numbers, kind="stable")
    return order, numbers[order]


def _ordered(values: Array, order: NDArray[np.int64] | None) -> Array:
    return values if order is None else values[order]


def _rows(mask: NDArray[np.bool_], order: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Readings of the measurement, from 0, of a mask in order of the traces."""
    return np.flatnonzero(mask) if order is None else np.sort(order[mask])


def _starts(numbers: Array) -> NDArray[np.int64]:
    """First reading of each trace, and the number of readings."""
    inside = np.flatnonzero(numbers[1:] != numbers[:-1]) + 1
    return np.concatenate([[0], inside, [numbers.size]]) if numbers.size else np.zeros(1, dtype=np.int64)


def _readings(
    measurement: Measurement,
    order: NDArray[np.int64] | None,
    read: Array,
    x: Array,
    selection: Selection,
    excluded: list[Exclusion],
) -> NDArray[np.bool_] | None:
    """Which readings pass the rules that look at them one by one; None where all do."""
    finite = np.isfinite(read)
    finite &= np.isfinite(x)
    keep: NDArray[np.bool_] | None = None
    if not finite.all():
        if selection.invalid == "refuse":
            first, more = int(_rows(~finite, order)[0]), int((~finite).sum()) - 1
            raise InputError(
                "a reading that is not a finite number" + (f" (and {more} more)" if more else ""),
                path=measurement.origin.path,
                row=measurement.row(first),
                remedy="correct the file, or leave such rows out by rule with --invalid drop",
            )
        reason = "a reading that is not a finite number says nothing"
        excluded.append(Exclusion(rule="not finite", reason=reason, indices=_rows(~finite, order)))
        keep = finite
    if np.isfinite(selection.x_low) or np.isfinite(selection.x_high):
        outside = (x < selection.x_low) | (x > selection.x_high)
        outside &= finite
        if outside.any():
            reason = f"the displacements {selection.x_low:g} to {selection.x_high:g} were asked for"
            excluded.append(Exclusion(rule="outside the range", reason=reason, indices=_rows(outside, order)))
            keep = finite & ~outside
    return keep


def _rail(read: Array) -> float:
    """The largest reading, where the amplifier stands at it; infinite where it does not.

    Readings that are continuous never meet, and those of a converter repeat at every code; only at a rail many more are
    equal than at any code just below it.
    """
    if read.size == 0:
        return np.inf
    top, low = float(read.max()), float(read.min())
    equal = int((read == top).sum())
    if equal < _REPEATED or top <= 0:
        return np.inf
    near = read[(read >= top - _NEAR_RAIL * (top - low)) & (read < top)]
    most = int(np.unique(near, return_counts=True)[1].max()) if near.size else 0
    return top if equal > _MORE * max(most, 1) else np.inf


def _corrected(read: Array, calibration: Calibration) -> Array:
    """Corrected values; the readings themselves where nothing is corrected, which saves a copy of a long record."""
    plain = calibration.gain.value == 1 and calibration.offset.value == 0 and calibration.series_resistance.value == 0
    return read if plain else calibration.apply(read)


def _whole_traces(
    values: Array,
    numbers: Array,
    keep: NDArray[np.bool_] | None,
    order: NDArray[np.int64] | None,
    quantum: float,
    excluded: list[Exclusion],
) -> tuple[NDArray[np.bool_] | None, tuple[Choice, ...]]:
    """Which readings belong to traces that pass the rules about traces; None where all do."""
    starts = _starts(numbers)
    if starts.size < 2:
        return None, ()
    first, sizes = starts[:-1], np.diff(starts)
    if keep is None:
        counted, high, low = sizes, np.maximum.reduceat(values, first), np.minimum.reduceat(values, first)
    else:
        counted = np.add.reduceat(keep.astype(np.int64), first)
        high = np.maximum.reduceat(np.where(keep, values, -np.inf), first)
        low = np.minimum.reduceat(np.where(keep, values, np.inf), first)
    level = CONTACT * quantum
    rules = (
        (
            "too short",
            f"a trace with fewer than {FEWEST_READINGS} readings shows no plateau",
            counted < FEWEST_READINGS,
        ),
        (
            "no contact",
            f"a trace that never reaches {CONTACT:g} quanta is no contact: it tunnels, or is open",
            high < level,
        ),
        (
            "never breaks",
            f"a trace that stays above {CONTACT:g} quanta did not break: its plateaus are cut off, and are not counted from zero",
            low > level,
        ),
    )
    good = np.ones(first.size, dtype=bool)
    choices = []
    for rule, reason, bad in rules:
        gone = good & bad
        choices.append(Choice(choice=f"traces: {rule}", value=f"{int(gone.sum())} of {first.size} left out", origin="default", note=reason))  # fmt: skip
        if gone.any():
            mask = np.repeat(gone, sizes)
            mask &= True if keep is None else keep
            excluded.append(Exclusion(rule=rule, reason=reason, indices=_rows(mask, order)))
            good &= ~gone
    return (None if good.all() else np.repeat(good, sizes)), tuple(choices)


def _why(excluded: list[Exclusion]) -> str:
    """What was left out, as a remedy: the rule that took most."""
    if not excluded:
        return ""
    worst = max(excluded, key=lambda e: e.indices.size)
    return f"most readings fell to the rule '{worst.rule}' ({worst.reason}): check the unit and the calibration"


def _closing(values: Array, starts: NDArray[np.int64]) -> tuple[str, ...]:
    """Whether most traces rise: contacts that are closed, not torn."""
    rising = float(np.mean(values[starts[1:] - 1] > values[starts[:-1]]))
    if rising <= 0.5:
        return ()
    return (
        f"{100 * rising:.0f} % of the traces end higher than they begin: contacts that close stand elsewhere than those that are torn",
    )
