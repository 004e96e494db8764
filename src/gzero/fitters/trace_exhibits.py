"""How a switching trace is told: the picture of its levels, the tables of states, steps, switches and transitions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.estimate import Estimate
from gzero.fitters.exhibits import Entry, Listing, Picture, Trace
from gzero.fitters.findings import Level
from gzero.fitters.options import FitOptions
from gzero.fitters.trace_count import Count
from gzero.fitters.trace_dwells import FEW, Dwell, lasting, transitions
from gzero.fitters.trace_states import PASSAGE, States, stays
from gzero.measurement.curve import Curve
from gzero.models.trace import survival

Array = NDArray[np.float64]

_MOST_SWITCHES = 30
_MOST_MULTIPLES = 30
_LARGEST_MATRIX = 6
#: Exits from which on the dwell times of a state are drawn, and states whose dwell times are.
_ENOUGH, _MOST_DWELLS = 5, 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """All that is shown of one trace."""

    curve: Curve
    states: States
    count: Count
    dwells: tuple[Dwell, ...]
    options: FitOptions

    def estimate(self, weights: Array, factor: float = 1.0, unit: str | None = None) -> Estimate:
        """A weighted sum of the levels with what they share."""
        return Estimate(
            value=float(weights @ self.count.values) * factor,
            std_stat=float(np.sqrt(max(float(weights @ self.count.covariance @ weights), 0.0))) * abs(factor),
            systematic={source: float(weights @ shift) * factor for source, shift in self.count.shifts.items()},
            unit=unit,
        )

    def level(self, k: int) -> Array:
        """The weights of one level."""
        return np.asarray(np.arange(len(self.states)) == k, dtype=np.float64)

    def step(self, k: int) -> Array:
        """The weights of the step from state k to the next higher one."""
        return self.level(k + 1) - self.level(k)

    @property
    def in_time(self) -> str:
        """Unit of time in brackets, for heads."""
        return f" [{self.curve.x_unit}]" if self.curve.x_unit else ""


def picture(told: Told, *, zero_known: bool) -> Picture:
    """The readings, the levels through them, and the pulls below."""
    curve, states, q = told.curve, told.states, told.options.unit
    fitted = np.empty(len(curve))
    for visit in states.visits:
        fitted[visit.first : visit.last + 1] = visit.level if visit.state == PASSAGE else states.values[visit.state]
    noise = states.noise
    std = noise.std * (1.0 if noise.spectrum is None else np.sqrt(noise.spectrum.variance))
    top = max(float(fitted.max()), float(q)) + 0.3 * abs(q)
    multiples = range(math.ceil(min(float(fitted.min()), 0.0) / abs(q) - 0.3), math.floor(top / abs(q)) + 1)
    symbol = told.options.quantum.symbol
    lines = [
        Trace(
            label="multiples of the quantum" if i == 0 else f"_{n} {symbol}", look="stricter limit",
            x=curve.x[[0, -1]], y=np.full(2, float(n)),
        )
        for i, n in enumerate(multiples if zero_known and len(multiples) <= _MOST_MULTIPLES else ())
    ]  # fmt: skip
    # a level stays until the switch: every edge is drawn twice
    edges = np.repeat([v.start for v in states.visits[1:]], 2)
    heights = np.repeat([fitted[v.first] for v in states.visits], 2)
    return Picture(
        name="trace",
        caption=f"The readings in units of {symbol}, and the levels that they stay on.",
        alt=f"{len(curve)} readings over {curve.x_name} with {len(states.visits) - 1} change points between {len(states)} levels.",
        x_name=curve.x_name,
        y_name=f"{curve.y_name} [{symbol}]",
        x_unit=curve.x_unit,
        y_unit="",
        traces=(
            *lines,
            Trace(label="readings", x=curve.x, y=curve.y / q, look="points"),
            Trace(label="levels", x=np.concatenate((curve.x[:1], edges, curve.x[-1:])), y=heights / q, look="fit"),
        ),
        pulls=Trace(label="reading minus level over its standard deviation", x=curve.x, y=(curve.y - fitted) / std),
    )


def dwell_picture(told: Told) -> Picture | None:
    """How long the most visited states last, beside the law of one that does not age; None where no state was left often enough.

    The share of stays longer than a time is the product-limit estimate (Kaplan and Meier 1958, doi
    10.1080/01621459.1958.10501452): a stay whose end was not seen counts as long as it was seen.
    """
    often = sorted((k for k, d in enumerate(told.dwells) if d.exits >= _ENOUGH), key=lambda k: -told.dwells[k].exits)
    traces: list[Trace] = []
    for k in sorted(often[:_MOST_DWELLS]):
        mean = told.dwells[k].mean
        if mean is None:
            continue
        at, share = lasting([v for v in stays(told.states.visits) if v.state == k])
        name = f"state {k + 1} ({told.count.values[k] / told.options.unit:.2f} {told.options.quantum.symbol})"
        times = np.linspace(0.0, float(at[-1]), 200)
        traces.append(Trace(label=f"stays of {name}", x=at, y=share, look="points"))
        traces.append(Trace(label=f"exp(-t/tau) of {name}", x=times, y=survival(times, mean), look="fit"))
    if not traces:
        return None
    return Picture(
        name="dwells",
        caption="Share of the stays that last longer than a time, and exp(-t/tau) with the mean dwell time tau: a straight line where the "
        "state does not age.",
        alt=f"Share of the stays that last longer than a time, of {len(traces) // 2} states.",
        x_name="dwell time", x_unit=told.curve.x_unit, y_name="share of the stays", y_unit="", traces=tuple(traces),
        logarithmic_y=True,
    )  # fmt: skip


def level_table(told: Told) -> tuple[Level, ...]:
    """Every state as a plateau: its multiple, its height, what it adds for every quantum above the state below."""
    out = []
    for k in range(len(told.states)):
        n, below = int(told.count.multiples[k]), int(told.count.multiples[k - 1]) if k else 0
        weights = told.step(k - 1) if k else told.level(0)
        longest = max((v for v in told.states.visits if v.state == k), key=lambda v: v.readings)
        drift = float(told.states.drift[k])
        span = told.curve.x[longest.last] - told.curve.x[longest.first]
        out.append(
            Level(
                index=n, level=told.estimate(told.level(k), unit=told.curve.y_unit),
                transmission=told.estimate(weights, 1 / (told.options.unit * max(n - below, 1)), ""),
                x_low=float(told.curve.x[longest.first]), x_high=float(told.curve.x[longest.last]),
                slope=drift / float(span) if span else 0.0, points=int(told.states.readings[k]),
                counted=k in told.count.counted, note=_note(told, k),
            )
        )  # fmt: skip
    return tuple(out)


def _note(told: Told, k: int) -> str:
    count, notes = told.count, []
    if count.multiples[k] == 0:
        free = count.level_set is not None and count.level_set.zero == "free"
        notes.append("the lowest state, from which the others are counted" if free else "the open contact")
    elif k not in count.counted:
        notes.append("outside the declared plateaus")
    elif k and count.multiples[k] == count.multiples[k - 1]:
        notes.append("nearest to the same multiple as the state below")
    if not count.flat[k]:
        notes.append("it drifts during its longest visit by more than the level margin")
    return "; ".join(notes)


def states_table(told: Told) -> Listing:
    """The states with their visits and dwell times."""
    total = sum(d.time for d in told.dwells) or 1.0
    rows: list[tuple[Entry, ...]] = []
    for k, dwell in enumerate(told.dwells):
        mean = (
            dwell.estimate(told.curve.x_unit) if dwell.exits >= FEW else f"{dwell.exits} exit{'s' * (dwell.exits != 1)}"
        )
        ends = f"{dwell.low:.2g} to {dwell.high:.2g}" if dwell.exits else f"above {dwell.low:.2g}"
        rows.append(
            (
                float(k + 1), float(told.count.multiples[k]), told.estimate(told.level(k), 1 / told.options.unit, ""),
                float(told.states.visits_of[k]), dwell.time / total, mean or "", ends,
                f"{dwell.complete} + {dwell.censored}",
                "" if dwell.evenness is None else Estimate(value=dwell.evenness, std_stat=dwell.evenness_std),
                "" if k + 1 == len(told.states) else told.states.separation(k),
            )
        )  # fmt: skip
    t = told.in_time
    return Listing(
        name="states",
        caption="States",
        heads=(
            "state", "multiple", "level [quanta]", "visits", "share of time", f"mean dwell time{t}",
            f"95 % interval{t}", "complete + cut off", "evenness", "to next [std]",
        ),
        rows=tuple(rows),
        notes=(
            "Mean dwell time: time in the state over exits seen, Poisson; stays that are cut off add their time.",
            "Evenness: mean square of the dwell times over twice the square of their mean; 1 for one exponential.",
        ),
    )  # fmt: skip


def steps_table(told: Told) -> Listing:
    """The steps between neighbouring states."""
    q, unit = told.options.unit, told.curve.y_unit
    rows: list[tuple[Entry, ...]] = [
        (
            f"{k + 1} to {k + 2}", told.estimate(told.step(k), unit=unit), told.estimate(told.step(k), 1 / q, ""),
            float(told.count.multiples[k + 1] - told.count.multiples[k]),
        )
        for k in range(len(told.states) - 1)
    ]  # fmt: skip
    return Listing(
        name="steps",
        caption="Steps between neighbouring states",
        heads=("states", "height", "height [quanta]", "multiples apart"),
        rows=tuple(rows),
    )


def transitions_table(told: Told) -> Listing:
    """How often the trace went from one state to another: a matrix, or the pairs that occurred where there are many states."""
    counts = transitions(told.states.visits, len(told.states))
    rows: list[tuple[Entry, ...]] = []
    note = "A share p of N exits has the standard uncertainty sqrt(p(1 - p)/N)."
    if len(told.states) > _LARGEST_MATRIX:
        for i, j in np.argwhere(counts > 0):
            out = int(counts[i].sum())
            rows.append((float(i + 1), float(j + 1), float(counts[i, j]), float(counts[i, j] / out), float(out)))
        return Listing(
            name="transitions", caption="Transitions between states", heads=("from", "to", "times", "share of exits", "exits"),
            rows=tuple(rows), notes=(note,),
        )  # fmt: skip
    for i, row in enumerate(counts):
        out = int(row.sum())
        shares = [f"{int(c)} ({100 * c / out:.0f} %)" if c else ("" if i == j else "0") for j, c in enumerate(row)]
        rows.append((f"from {i + 1}", *shares, float(out)))
    return Listing(
        name="transitions",
        caption="Transitions between states",
        heads=("", *(f"to {j + 1}" for j in range(len(told.states))), "in all"),
        rows=tuple(rows),
        notes=(note,),
    )


def switches_table(told: Told) -> Listing:
    """The switches, each with its significance."""
    q, rows = told.options.unit, []
    switches = [(a, b) for a, b in zip(told.states.visits[:-1], told.states.visits[1:], strict=True) if b.begins]
    for before, after in switches[:_MOST_SWITCHES]:
        rows.append(
            (
                f"{after.start:.6g}", _called(before.state), _called(after.state), (after.level - before.level) / q,
                abs(after.score), "< 1e-12" if after.chance < 1e-12 else after.chance,
            )
        )  # fmt: skip
    notes = [
        "Score: height over its standard uncertainty under the noise as it is; chance: of one as large in a trace without steps."
    ]
    if len(switches) > _MOST_SWITCHES:
        notes.append(f"The first {_MOST_SWITCHES} of {len(switches)}.")
    return Listing(
        name="switches",
        caption="Switches",
        heads=(f"at{told.in_time}", "from", "to", "height [quanta]", "score", "chance"),
        rows=tuple(rows),
        notes=tuple(notes),
    )


def _called(state: int) -> str:
    return "passage" if state == PASSAGE else str(state + 1)
