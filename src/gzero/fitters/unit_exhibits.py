"""How a search for a unit is told: its numbers together, the picture of the quantogram, the tables."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.estimate import Estimate
from gzero.fitters.exhibits import Band, Entry, Listing, Mark, Picture, Trace
from gzero.fitters.unit_rivals import ANOTHER, Rival
from gzero.fitters.unit_search import REPEATS, Array, Line, Null, Peak, Trials, reached_by_units
from gzero.models.quantogram import quantogram


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The unit that the file is written in, for sentences: SI value of one, and its text."""

    factor: float = 1.0
    text: str = ""

    def say(self, value: float, std: float = 0.0) -> str:
        """A value in SI, with two digits of its uncertainty, or four of its own.

        >>> Scale(factor=1e-6, text="uS").say(77.4809e-6, 0.0231e-6), Scale().say(1.23456)
        ('77.481 +- 0.023 uS', '1.235')
        """
        value, std = value / self.factor, std / self.factor
        text = f" {self.text}" if self.text else ""
        if not (math.isfinite(std) and std > 1e-12 * abs(value)):
            return f"{value:.4g}{text}"
        places = 1 - math.floor(math.log10(std))
        if 0 <= places <= 6 and abs(value) < 1e6:
            return f"{value:.{places}f} +- {std:.{places}f}{text}"
        power = math.floor(math.log10(max(abs(value), std)))
        digits = max(0, places + power)
        return f"({value / 10**power:.{digits}f} +- {std / 10**power:.{digits}f})e{power:+d}{text}"


def percent(share: float) -> str:
    """A share of the draws as per cent; the smallest that they can tell is a limit.

    >>> percent(1 / (REPEATS + 1)), percent(0.034)
    ('at most 0.1 %', '3.4 %')
    """
    least = 1 / (REPEATS + 1)
    return f"at most {100 * least:.1g} %" if share <= least * 1.0001 else f"{100 * share:.2g} %"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """All numbers of one search.

    Parameters
    ----------
    values, std : corrected values other than zero, shape (n,), and their uncertainties or None;  rows : of the file.
    unit_text : SI text;  scale : the unit of the file.
    best : the highest peak;  line : the values as its multiples;  rivals : other units.
    alone, together : the null with values that move one by one, and by multiple.
    open_units : trial units that are not excluded, shape (m,).
    """

    values: Array
    std: Array | None
    rows: tuple[int, ...]
    unit_text: str | None
    scale: Scale
    trial: Trials
    best: Peak
    line: Line
    rivals: tuple[Rival, ...]
    alone: Null
    together: Null
    open_units: NDArray[np.bool_]

    @property
    def at_zero(self) -> int:
        """Number of values that are read as the multiple 0, and say nothing about the unit."""
        return int(np.count_nonzero(self.best.multiples == 0))

    @property
    def at_edge(self) -> bool:
        """Whether the best unit lies within two trial units of an end of the range."""
        f, own = 1 / self.trial.units, 1 / self.best.unit
        step = f[1] - f[0]
        return bool(own < f[0] + 2 * step or own > f[-1] - 2 * step)


def picture(found: Found, margin: float) -> Picture:
    """phi(q), what chance does at each q and anywhere, and what a unit would do."""
    q = found.trial.units[::-1]
    order = slice(None, None, -1)
    phi = quantogram(found.values, q, found.std)
    reached = reached_by_units(q, found.values.size, found.std, margin / 1.96)
    worse = found.alone if found.alone.p_value >= found.together.p_value else found.together
    low = np.full(q.size, float(min(phi.min(), -1.0)))
    bands = tuple(
        Band(
            label=f"{100 * level:.0f} % of the null, at each q", x=q, low=low, high=worse.bands[level][order], dark=dark
        )
        for level, dark in ((0.99, False), (0.95, True))
    )
    lines = (
        Trace(label="φ(q)", x=q, y=phi),
        Trace(label="95 % of its highest peaks", x=q, y=worse.ceilings[0.95][order], look="limit"),
        Trace(label="99 % of its highest peaks", x=q, y=worse.ceilings[0.99][order], look="stricter limit"),
        Trace(label=f"a unit, ±{margin:g}", x=q, y=reached, look="model"),
    )
    marks = [Mark(label="q", x=found.line.unit, main=True)]
    marks += [Mark(label=f"q/{k}", x=found.line.unit / k) for k in (2, 3) if found.line.unit / k > found.trial.low]
    marks += [Mark(label=f"{k}q", x=found.line.unit * k) for k in (2, 3) if found.line.unit * k < found.trial.high]
    moved = "one by one" if worse is found.alone else "in groups, those of one multiple together"
    return Picture(
        name="quantogram",
        caption=(
            f"Cosine quantogram of {found.values.size} values. Grey: where 95 % and 99 % of the draws of the null lie at each"
            f" unit q (values moved {moved}); dashed: what its highest peak anywhere in the range stays below in 95 % and 99 %"
            f" of the draws. Dotted: what 95 of 100 units would exceed whose multiples hold within ±{margin:g} of the unit."
        ),
        alt=f"Quantogram: highest at {found.scale.say(found.best.unit)}, where it is {found.best.phi:.2f} of at most {math.sqrt(2 * found.values.size):.2f}.",
        x_name="unit q",
        x_unit=found.unit_text,
        y_name="φ(q)",
        y_unit="",
        traces=lines,
        bands=bands,
        marks=tuple(marks),
        logarithmic=True,
    )  # fmt: skip


def candidates_table(found: Found, *, harmonics: bool = True) -> Listing:
    """The best unit, its harmonics and the next peaks, with what excludes each."""
    rows: list[tuple[Entry, ...]] = [
        ("the highest peak", Estimate(value=found.best.unit, unit=found.unit_text), found.best.phi, "", "")
    ]
    for r in (r for r in found.rivals if harmonics or r.name == ANOTHER):
        place = r.against + ("" if r.inside else "; outside the range searched")
        rows.append((r.name, Estimate(value=r.unit, unit=found.unit_text), r.phi, r.disadvantage, place))
    return Listing(
        name="units",
        caption="The unit, its harmonics and other peaks" if harmonics else "The highest peaks",
        heads=("Unit", "q", "φ(q)", "Worse by 2 ln L", "What excludes it"),
        rows=tuple(rows),
        notes=(
            "2 ln L: twice the logarithm of the likelihood ratio of the phases; 6 is odds of 20 to 1. Halving a unit costs 2 n ln 2.",
        ),
    )


def values_table(found: Found, most: int = 60) -> Listing:
    """Each value as a multiple."""
    unit, text = found.line.unit, found.unit_text
    rows: list[tuple[Entry, ...]] = []
    for i, value in enumerate(found.values[:most]):
        own = 0.0 if found.std is None else float(found.std[i])
        size = Estimate(value=float(value), std_stat=own, unit=text)
        off = float(found.line.residuals[i]) / unit
        rest: Entry = Estimate(value=off, std_stat=own / unit) if own else round(off, 4)
        rows.append((str(found.rows[i]), size, str(int(found.best.multiples[i])), rest))
    left = found.values.size - most
    return Listing(
        name="multiples",
        caption="The values as multiples of the unit",
        heads=("Row", "Value", "Multiple n", "Value/q − n"),
        rows=tuple(rows),
        notes=(f"and {left} more values",) if left > 0 else (),
    )
