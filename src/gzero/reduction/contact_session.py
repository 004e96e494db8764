"""A session of traces: what every look at it needs to know of the whole, and its traces a few at a time.

Some rules need all readings (the rail is the largest of them, the noise is a sample of them), most need one trace. So a session is
looked through twice, for the rail and for the rules, and what stays of it are a few numbers for each trace; whoever wants its readings
goes through them once more, in pieces. Memory is that of one piece and of the few numbers, whether the readings are held
or come out of a file (`Measurement.pieces`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gzero.errors import InputError, UnitError
from gzero.measurement.ledger import Choice, Exclusion
from gzero.measurement.measurement import Measurement
from gzero.reduction.calibration import Calibration
from gzero.reduction.contact_plateaus import last_above
from gzero.reduction.contact_runs import READINGS, Runs, in_runs
from gzero.reduction.contact_traces import (
    CONTACT,
    OF_TRACES,
    REASONS,
    SAMPLE,
    ContactTraces,
    Rules,
    Sample,
    noise_in,
    taken,
)
from gzero.reduction.selection import Selection

Array = NDArray[np.float64]

#: Traces without which there is no spread between them.
FEWEST_TRACES = 5
_ALONG = ("m", "V", "s", "", None)  # what a trace may run along; None is not stated
_BETWEEN = 0.3  # quanta: a contact above, none below
_REPEATED, _MORE = 5, 3  # readings at a rail, and times as many as repeat below it
_NEAR_RAIL = 0.02  # of the span: where readings that could repeat as well are looked at
_OPEN_READINGS = 5  # at the end of a trace


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContactSession:
    """T traces that a histogram can be made of.

    Parameters
    ----------
    numbers, sizes, tops, ends : of each trace its number in the file, its readings, its largest reading and the mean of its last five
        [unit of y], shape (T,).
    low, high : smallest and largest reading [unit of y].
    before, behind : ends of the displacements, counted from the last reading above half a quantum of the same trace [unit of x]; nan
        where no trace has one.
    spacing : displacement from one reading to the next [unit of x]; 0 where readings are not evenly spaced.
    rail, noise, open_noise, exclusions, ledger, warnings : as of `ContactTraces`.
    """

    numbers: Array
    sizes: NDArray[np.int64]
    tops: Array
    ends: Array
    low: float
    high: float
    before: float
    behind: float
    spacing: float
    rail: float
    noise: float
    open_noise: float
    exclusions: tuple[Exclusion, ...]
    ledger: tuple[Choice, ...]
    warnings: tuple[str, ...]
    _runs: Runs
    _rules: Rules
    _good: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.numbers.size)

    @property
    def readings(self) -> int:
        """Of all traces."""
        return int(self.sizes.sum())

    def highest(self) -> Array:
        """Largest reading of each trace [unit of y], shape (T,)."""
        return self.tops

    def pieces(self) -> Iterator[ContactTraces]:
        """The traces in order, a few at a time, as often as it is called."""
        for piece in _pieces(self._runs, self._rules, self._good):
            yield replace(piece, rail=self.rail, noise=self.noise, open_noise=self.open_noise)


def _pieces(runs: Runs, rules: Rules, good: NDArray[np.bool_]) -> Iterator[ContactTraces]:
    """What is used of every run of which anything is."""
    for run in runs():
        mine = good[run.trace : run.trace + run.numbers.size]
        if mine.any():
            values, keep, _ = rules.corrected(run)
            yield taken(run, values, keep, mine)


def contact_traces(
    measurement: Measurement, calibration: Calibration, selection: Selection, *, quantum: float
) -> ContactTraces:
    """The traces of a session all at once; parameters and errors as of `contact_session`."""
    session = contact_session(measurement, calibration, selection, quantum=quantum)
    pieces = list(session.pieces())
    return ContactTraces(
        values=np.concatenate([p.values for p in pieces]), displacement=np.concatenate([p.displacement for p in pieces]),
        starts=np.concatenate([[0], np.cumsum(session.sizes)]), numbers=session.numbers, rail=session.rail, noise=session.noise,
        open_noise=session.open_noise, exclusions=session.exclusions, ledger=session.ledger, warnings=session.warnings,
    )  # fmt: skip


def contact_session(
    measurement: Measurement,
    calibration: Calibration,
    selection: Selection,
    *,
    quantum: float,
    readings: int = READINGS,
) -> ContactSession:
    """The traces of a measurement that a histogram can be made of.

    Parameters
    ----------
    quantum : what a contact of one atom is expected to be of the order of [unit of y]; for the rules about contact and break.
    readings : that are looked at together; nothing depends on them but time and memory.

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
    runs = in_runs(measurement, readings)
    rules = Rules(calibration=calibration, selection=selection, quantum=quantum)
    rules, total = _railed(runs, rules, measurement.origin.path)
    survey = _surveyed(runs, rules, total)
    exclusions = survey.exclusions(rules, measurement)
    if survey.traces < FEWEST_TRACES:
        raise InputError(
            f"{survey.traces} usable traces are too few for a histogram with uncertainties",
            path=measurement.origin.path,
            remedy=_why(exclusions) or f"give at least {FEWEST_TRACES} contacts, hundreds for narrow intervals",
        )
    good = np.concatenate(survey.good)
    if survey.used != total:  # the sample is one of those that are used
        survey.sample = Sample(total=survey.used)
        for piece in _pieces(runs, rules, good):
            survey.sample.add(piece.values)
    top = rules.top
    blocks = survey.sample.blocks()
    return ContactSession(
        numbers=np.concatenate(survey.numbers),
        sizes=np.concatenate(survey.sizes),
        tops=np.concatenate(survey.tops),
        ends=np.concatenate(survey.ends),
        low=survey.low,
        high=survey.high,
        before=survey.before,
        behind=survey.behind,
        spacing=_spacing(np.concatenate(survey.displacements), np.concatenate(survey.sizes)),
        rail=float(top if rules.plain else calibration.apply(np.array([top]))[0]) if np.isfinite(top) else np.inf,
        noise=noise_in(blocks, blocks > _BETWEEN * quantum),
        open_noise=noise_in(blocks, blocks < _BETWEEN * quantum),
        exclusions=exclusions,
        ledger=survey.ledger(),
        warnings=_closing(survey.rising / survey.traces),
        _runs=runs,
        _rules=rules,
        _good=good,
    )


def _railed(runs: Runs, rules: Rules, path: str) -> tuple[Rules, int]:
    """(the rules with the rail of the amplifier, where there is one, and whether all is finite; readings in all).

    Readings that are continuous never meet, and those of a converter repeat at every code; only at a rail many more are equal than at
    any code just below it.

    Raises
    ------
    InputError : a reading that is not a finite number, where such are refused.
    """
    total = bad = equal = 0
    where = row = -1
    top, low = -np.inf, np.inf
    numbers = []
    for run in runs():
        total += run.read.size
        numbers.append(run.numbers)
        ends = float(run.read.min()), float(run.read.max())  # of what is no number they are none
        finite = np.isfinite(ends).all() and np.isfinite(run.x.sum())
        looked = rules if finite else replace(rules, finite=False)
        keep, gone = looked.read(run)
        if "not finite" in gone:
            at = run.rows(gone["not finite"])
            bad += at.size
            if where < 0 or at.min() < where:
                where = int(at.min())
                row = run.row(where)
        read = run.read if keep is None else run.read[keep]
        if read.size:
            lowest, highest = ends if keep is None else (float(read.min()), float(read.max()))
            low = min(low, lowest)
            if highest >= top:
                equal = int(np.count_nonzero(read == highest)) + (equal if highest == top else 0)
                top = highest
    if bad and rules.selection.invalid == "refuse":
        raise InputError(
            "a reading that is not a finite number" + (f" (and {bad - 1} more)" if bad > 1 else ""),
            path=path,
            row=row,
            remedy="correct the file, or leave such rows out by rule with --invalid drop",
        )
    _check_together(np.concatenate(numbers) if numbers else np.zeros(0), path)
    rules = replace(rules, finite=not bad)
    if equal < _REPEATED or top <= 0:
        return rules, total
    near = []
    for run in runs():
        keep, _ = rules.read(run)
        read = run.read if keep is None else run.read[keep]
        near.append(read[(read >= top - _NEAR_RAIL * (top - low)) & (read < top)])
    below = np.concatenate(near)
    most = int(np.unique(below, return_counts=True)[1].max()) if below.size else 0
    return replace(rules, top=top) if equal > _MORE * max(most, 1) else rules, total


def _check_together(numbers: Array, path: str) -> None:
    """Refuse a trace that comes back in a later piece of a file: two halves would count as two contacts.

    Raises
    ------
    InputError : as said.
    """
    kinds, times = np.unique(numbers, return_counts=True)
    if kinds.size < numbers.size:
        raise InputError(
            f"the readings of trace {kinds[np.argmax(times > 1)]:g} do not stand together, and the file is too long to be held",
            path=path, remedy="sort its rows by the trace, or save it in parts",
        )  # fmt: skip


@dataclass(slots=True, kw_only=True, eq=False)
class _Survey:
    """What a look through all runs gathers."""

    sample: Sample
    numbers: list[Array] = field(default_factory=list)
    sizes: list[NDArray[np.int64]] = field(default_factory=list)
    tops: list[Array] = field(default_factory=list)
    ends: list[Array] = field(default_factory=list)
    displacements: list[Array] = field(default_factory=list)
    good: list[NDArray[np.bool_]] = field(default_factory=list)
    gone: dict[str, list[NDArray[np.int64]]] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    low: float = np.inf
    high: float = -np.inf
    before: float = np.nan
    behind: float = np.nan
    rising: int = 0
    traces: int = 0
    used: int = 0

    def out(self, rule: str, rows: NDArray[np.int64], *, listed: bool) -> None:
        """Readings that a rule leaves out; those that nobody holds are only counted."""
        self.gone.setdefault(rule, []).extend([rows] if listed else [])
        self.more[rule] = self.more.get(rule, 0) + (0 if listed else rows.size)

    def add(self, piece: ContactTraces, level: float) -> None:
        """Traces that are used.

        Parameters
        ----------
        level : conductance that a contact reaches [unit of y].
        """
        values, starts, along = piece.values, piece.starts, piece.displacement
        self.sample.add(values)
        self.numbers.append(piece.numbers)
        self.sizes.append(piece.sizes)
        self.ends.append(values[starts[1:, None] - 1 - np.arange(_OPEN_READINGS)].mean(axis=1))
        if (held := sum(d.size for d in self.displacements)) < SAMPLE:
            self.displacements.append(along[: SAMPLE - held].copy())
        self.rising += int(np.count_nonzero(values[starts[1:] - 1] > values[starts[:-1]]))
        self.traces += len(piece)
        self.used += values.size
        last = last_above(piece, level)
        there = last >= 0
        if there.any():
            zero = along[last[there]]
            first = np.minimum.reduceat(along, starts[:-1])[there] - zero
            final = np.maximum.reduceat(along, starts[:-1])[there] - zero
            self.before = float(np.fmin(self.before, first.min()))
            self.behind = float(np.fmax(self.behind, final.max()))

    def exclusions(self, rules: Rules, measurement: Measurement) -> tuple[Exclusion, ...]:
        """What was left out, in order of the rules."""
        out = []
        for rule in ("not finite", "outside the range", "clipped", "beyond the series resistance", *OF_TRACES):
            if rule not in self.gone:
                continue
            rows = np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *self.gone[rule]]))
            count = rows.size + self.more[rule]
            selection = rules.selection
            said = {
                "outside the range": f"the displacements {selection.x_low:g} to {selection.x_high:g} were asked for",
                "clipped": f"{count} readings repeat the largest one exactly: the amplifier clips there, and what lies above was not measured",
            }
            out.append(Exclusion(rule=rule, reason=REASONS.get(rule) or said[rule], indices=rows, more=self.more[rule]))
        return tuple(out)

    def ledger(self) -> tuple[Choice, ...]:
        """How many traces each rule leaves out."""
        total = sum(g.size for g in self.good)
        return tuple(
            Choice(choice=f"traces: {rule}", value=f"{n} of {total} left out", origin="default", note=REASONS[rule])
            for rule, n in self.left_out.items()
        )


def _surveyed(runs: Runs, rules: Rules, total: int) -> _Survey:
    """One look through all runs; `total` is how many readings the sample of the noise is to be taken from."""
    survey = _Survey(sample=Sample(total=total), left_out=dict.fromkeys(OF_TRACES, 0))
    for run in runs():
        values, keep, gone = rules.corrected(run)
        bad, low, high = rules.of_traces(run, values, keep)
        for rule, traces in bad.items():
            survey.left_out[rule] += int(traces.sum())
            if traces.any():
                mask = np.repeat(traces, run.sizes)
                mask &= True if keep is None else keep
                if mask.any():
                    gone[rule] = mask
        for rule, mask in gone.items():
            survey.out(rule, run.rows(mask), listed=run.before == 0)
        good = ~np.any(list(bad.values()), axis=0)
        survey.good.append(good)
        if good.any():
            survey.low, survey.high = min(survey.low, float(low[good].min())), max(survey.high, float(high[good].max()))
            survey.tops.append(high[good])
            survey.add(taken(run, values, keep, good), CONTACT * rules.quantum)
    return survey


def _spacing(displacement: Array, sizes: NDArray[np.int64]) -> float:
    """Displacement from one reading to the next [unit of x], of the first readings, as a session is read at one rate; 0 where they
    are not evenly spaced."""
    inside = np.ones(displacement.size, dtype=bool)
    inside[np.minimum(np.cumsum(sizes), displacement.size) - 1] = False
    steps = np.abs(np.diff(displacement, append=displacement[-1:])[inside])
    typical = float(np.median(steps)) if steps.size else 0.0
    even = typical > 0 and float(np.mean(np.abs(steps - typical) > 0.05 * typical)) < 0.05
    return typical if even else 0.0


def _why(excluded: tuple[Exclusion, ...]) -> str:
    """What was left out, as a remedy: the rule that took most."""
    if not excluded:
        return ""
    worst = max(excluded, key=lambda e: e.count)
    return f"most readings fell to the rule '{worst.rule}' ({worst.reason}): check the unit and the calibration"


def _closing(rising: float) -> tuple[str, ...]:
    """Whether most traces rise: contacts that are closed, not torn."""
    if rising <= 0.5:
        return ()
    return (
        f"{100 * rising:.0f} % of the traces end higher than they begin: contacts that close stand elsewhere than those that are torn",
    )
