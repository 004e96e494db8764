"""Is it the quantum? Could these data tell?

The criteria are those of `gzero.verdict.criteria`; here they become one of three answers with its reasons. Absence of a
significant difference is not acceptance: wide intervals end in "undecided", and so does a claim that random staircases
would pass too often under the freedoms that the analysis had.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gzero.errors import FitError
from gzero.fitters.level_set import LevelSet
from gzero.fitters.step_height import step_height
from gzero.measurement.kinds import LevelName
from gzero.quanta import Quantum
from gzero.verdict.chance import ALLOWED, SEED, Chances, chances
from gzero.verdict.criteria import DECISIVE, PREFERRED, Criteria, needed, weigh
from gzero.verdict.freedoms import Freedoms
from gzero.verdict.margins import Margins, decimals
from gzero.verdict.remedies import REPEATED, remedy
from gzero.verdict.verdict import Decision, Rival, Verdict

SMOOTH = "no steps: a smooth curve"

#: What is said where no level was found, what random ones are a set of, and what would bring more of them.
_NONE: dict[LevelName, str] = {
    "plateau": "no flat plateau was found, so there is no step whose height could be compared",
    "peak": "no peak of the histogram was found, so there is no period that could be compared",
    "level": "no level above the open contact is counted, so there is no step whose height could be compared",
}
_RANDOM: dict[LevelName, str] = {"plateau": "staircases", "peak": "sets of peaks", "level": "sets of levels"}
_MORE: dict[LevelName, str] = {
    "plateau": "more of the staircase", "peak": "more traces, or to a higher conductance", "level": "a longer trace"
}  # fmt: skip


def decide(
    levels: LevelSet | None,
    quantum: Quantum,
    margins: Margins,
    *,
    freedoms: Freedoms | None = None,
    smooth: float | None = None,
    seed: int | None = None,
    simulate: bool = True,
    what: LevelName = "plateau",
) -> Verdict:
    """The verdict on a set of levels.

    Parameters
    ----------
    levels : corrected levels with joint covariance; None or too few end in "undecided".
    freedoms : what the analysis was free to choose; None takes what the levels show.
    smooth : information criterion of a smooth monotone curve minus that of the staircase, where both were fitted.
    seed : of the simulation.
    simulate : whether the false-positive rate and the power are simulated, and the decision followed as plateaus are added;
        without them nothing is held back for them.
    what : what a level is called where there are none; those that there are say it themselves.

    Returns
    -------
    Verdict; its reasons are sentences, the decisive one first.
    """
    blank = Verdict(
        decision="undecided", margin=margins.step, level_margin=margins.level, confidence=margins.confidence
    )
    smooth_rival = () if smooth is None else (Rival(name=SMOOTH, delta_bic=smooth),)
    if levels is None or len(levels) == 0 or quantum.value is None:
        return replace(
            blank,
            rivals=smooth_rival,
            reasons=(_NONE[what],),
        )
    free = freedoms or Freedoms(
        resistance="fitted" if levels.resistance_fitted else "none",
        counted_from=levels.counted_from,
        zero=levels.zero,
    )
    try:
        step_height(levels, quantum.unit)
    except FitError as error:
        return replace(blank, reasons=(f"{error.problem}: {error.remedy}",))
    start = SEED if seed is None else seed
    # two levels on one multiple pass never, whatever chance does
    single = np.unique(levels.indices).size == len(levels)
    simulated = chances(levels, quantum, margins, free, seed=start) if simulate and single else None
    judged = _Judgement.of(levels, quantum, margins, free, smooth=smooth, simulated=simulated)
    decision, reasons = judged.answer()
    criteria = judged.criteria
    step, half = float(criteria.step[0]), float(criteria.step_half[0])
    return replace(
        blank,
        decision=decision,
        p_value=judged.p_value(),
        interval=(step - half, step + half),
        tightest_margin=abs(step) + half,
        tightest_level_margin=float(np.max(np.abs(criteria.residuals[0]) + criteria.residual_halves[0])),
        false_positive_rate=None if simulated is None else simulated.false_positive_rate,
        power=None if simulated is None else simulated.power,
        freedoms=() if simulated is None else simulated.freedoms,
        trials=0 if simulated is None else simulated.trials,
        seed=None if simulated is None else simulated.seed,
        rivals=(*(Rival(name=n, delta_bic=float(v[0])) for n, v in criteria.rivals.items()), *smooth_rival),
        by_plateaus=_as_it_grows(levels, quantum, margins, free, decision, seed=start) if simulate and single else (),
        reasons=tuple(reasons),
    )


def _as_it_grows(
    levels: LevelSet, quantum: Quantum, margins: Margins, freedoms: Freedoms, whole: Decision, *, seed: int
) -> tuple[tuple[int, Decision], ...]:
    """The decision on the lowest k plateaus, k from the least that says anything to all."""
    out: list[tuple[int, Decision]] = []
    for k in range(needed(resistance_fitted=levels.resistance_fitted), len(levels)):
        some = levels.lowest(k)
        try:
            step_height(some, quantum.unit)
        except FitError:
            continue
        # plateaus that were counted are judged without chance here; levels that were given their multiples are not
        chance = (
            chances(some, quantum, margins, freedoms, seed=seed) if levels.counted_from == "nearest multiple" else None
        )
        judged = _Judgement.of(some, quantum, margins, freedoms, smooth=None, simulated=chance)
        out.append((k, judged.answer()[0]))
    return (*out, (len(levels), whole))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Judgement:
    """One set of levels with all that is held for and against it."""

    levels: LevelSet
    quantum: Quantum
    margins: Margins
    freedoms: Freedoms
    criteria: Criteria
    smooth: float | None
    simulated: Chances | None

    @classmethod
    def of(
        cls,
        levels: LevelSet,
        quantum: Quantum,
        margins: Margins,
        freedoms: Freedoms,
        *,
        smooth: float | None,
        simulated: Chances | None,
    ) -> _Judgement:
        return cls(
            levels=levels,
            quantum=quantum,
            margins=margins,
            freedoms=freedoms,
            criteria=weigh(levels, levels.values[None], quantum, margins, freedoms),
            smooth=smooth,
            simulated=simulated,
        )

    def answer(self) -> tuple[Decision, list[str]]:
        """Decision and reasons, strictest first: what contradicts, then what is missing, then what supports."""
        if self.levels.zero == "free":
            return "undecided", self._no_zero()
        if len(self.levels) < needed(resistance_fitted=self.levels.resistance_fitted):
            return "undecided", [self._too_few(), self._found()]
        if against := self._against():
            hidden = self._hidden_resistance()
            return ("undecided", [hidden, *against]) if hidden else ("not quantized", against)
        if missing := [*self._not_narrow(), *self._not_sound(), *self._not_unique()]:
            return "undecided", missing
        return "quantized", self._support()

    def p_value(self) -> float:
        """Of the two one-sided tests: the chance of a step this near to the quantum were it at the margin."""
        from scipy.special import stdtr

        difference, std = float(self.criteria.step[0]), float(self.criteria.step_std[0])
        room = self.margins.step - abs(difference)
        if std == 0:
            return 0.0 if room > 0 else 1.0
        spent = 2 if self.levels.resistance_fitted else 1
        return float(stdtr(max(len(self.levels) - spent, 1), -room / std))

    @property
    def _random(self) -> str:
        return _RANDOM[self.levels.what]

    @property
    def _counted(self) -> str:
        if self.levels.counted_from == "nearest multiple":
            return f"levels at the multiples {', '.join(str(n) for n in self.levels.indices)}"
        if self.levels.what == "peak":
            return "peaks counted from the break"
        return f"flat plateaus counted from {self.levels.counted_from}"

    def _found(self) -> str:
        low, high = (1 + self.criteria.step[0] + side * self.criteria.step_half[0] for side in (-1, 1))
        digits = decimals(self.criteria.step_half[0])
        return (
            f"step height {1 + self.criteria.step[0]:.{digits}f} {self.quantum.symbol}, "
            f"{100 * self.margins.confidence:g} % interval {low:.{digits}f} to {high:.{digits}f}"
        )

    def _no_zero(self) -> list[str]:
        """What is known of levels whose zero is not."""
        out = [
            "no offset was stated, so any reading could be that of an open contact, and no level has a known multiple: measure "
            "what an open contact reads and state it with --offset",
            f"above the lowest level: {self._found()}",
        ]
        if self.simulated is not None:
            out.append(
                f"{100 * self.simulated.false_positive_rate:.2g} % of random levels would pass with "
                f"{_joined(self.simulated.freedoms)}"
            )
        return out

    def _too_few(self) -> str:
        k, what = len(self.levels), self.levels.what
        if self.levels.resistance_fitted:
            return (
                f"{k} {what}{'s' if k > 1 else ''} with a fitted series resistance: with fewer than 3 it can turn any level "
                f"into an integer; state it with its uncertainty, or measure more {what}s"
            )
        return f"{k} {what}: at least 2 are needed, as one level can always be some quantum; measure {_MORE[what]}"

    def _against(self) -> list[str]:
        """What contradicts the claim."""
        criteria, margins = self.criteria, self.margins
        out = []
        if abs(criteria.step[0]) - criteria.step_half[0] > margins.step:
            out.append(f"{self._found()}: all of it beyond +-{100 * margins.step:g} % of the quantum")
        far = np.abs(criteria.residuals[0]) - criteria.residual_halves[0] > margins.level
        if far.any():
            names = ", ".join(str(n) for n in self.levels.indices[far])
            out.append(
                f"level {names}: farther from a multiple of the common step than {margins.level:g} quanta, "
                f"at {100 * margins.confidence:g} %"
            )
        out += [
            f"{name} explain the levels decisively better (delta BIC {value[0]:.0f})"
            for name, value in criteria.rivals.items()
            if value[0] < -DECISIVE
        ]
        if self.smooth is not None and self.smooth < -DECISIVE:
            out.append(
                f"a smooth curve without steps, of as many parameters, describes the readings decisively better than the "
                f"staircase (delta BIC {self.smooth:.0f})"
            )
        return out

    def _hidden_resistance(self) -> str:
        """What a series resistance that nobody stated would do to levels that contradict the claim without it; "" for
        nothing. Steps of the quantum behind a contact are no steps of another height."""
        criteria = self.criteria
        difference, half, resistance, std = criteria.free[:, 0]
        surely = abs(difference) + half <= self.margins.step and resistance > 2 * std
        if self.freedoms.resistance != "none" or not surely or len(self.levels) < needed(resistance_fitted=True):
            return ""
        return (
            f"behind a series resistance of {resistance:.0f} +- {std:.0f} ohm, which was not stated, the levels would be steps of "
            f"{1 + difference:.3f} +- {half:.3f} {self.quantum.symbol}: measure it and state --series-resistance"
        )

    def _not_narrow(self) -> list[str]:
        """Intervals that are not surely within their margins, with what would decide."""
        criteria, margins = self.criteria, self.margins
        step, levels = criteria.inside(margins)
        out = []
        if not step[0]:
            out.append(
                f"{self._found()}: not all of it within +-{100 * margins.step:g} %; "
                + remedy(self.levels, self.quantum, criteria, margins)
            )
        if not levels[0]:
            worst = int(np.argmax(np.abs(criteria.residuals[0]) + criteria.residual_halves[0]))
            value, half = criteria.residuals[0, worst], criteria.residual_halves[0, worst]
            out.append(
                f"level {self.levels.indices[worst]} lies {value:+.3f} +- {half:.3f} quanta from its multiple of the step, "
                f"not surely within {margins.level:g}: "
                + (
                    f"about {(half / (margins.level - abs(value))) ** 2:.1f} times the {REPEATED[self.levels.what]} would decide"
                    if abs(value) < margins.level
                    else f"more {REPEATED[self.levels.what]} would show it to lie outside; --level-margin {abs(value) + half:.2f} is the tightest that it supports"
                )
            )
        return out

    def _not_sound(self) -> list[str]:
        """What is missing for the levels to be evidence at all."""
        levels, out = self.levels, []
        not_flat = [str(n) for n, flat in zip(levels.indices, levels.flat, strict=True) if not flat]
        if not_flat:
            out.append(
                f"plateau {', '.join(not_flat)} is not flat: a level that changes across its window is no plateau; "
                "claim those below it with --plateaus, declared beforehand"
            )
        if levels.shoulders:
            shown = ", ".join(f"{shoulder:.2f}" for shoulder in levels.shoulders)
            out.append(
                f"a flat shoulder {shown} of a step above a level was not counted as a plateau: equal steps have none"
            )
        if levels.counted_from == "quantum":
            out.append(
                "the sweep never reaches the place that plateaus are counted from (pinch-off, or the low field of a Hall bar), so "
                "the first one was counted by the quantum that is to be tested: extend the sweep to it"
            )
        if levels.counted_from == "nearest multiple":
            out += self._multiples()
        if not self.freedoms.declared:
            out.append(
                f"no quantum was declared: {self.quantum.symbol} was chosen by the data; declare it with --quantum to have "
                "it tested"
            )
        return out

    def _multiples(self) -> list[str]:
        """What is odd about multiples that were not counted."""
        n, symbol = self.levels.indices, self.quantum.symbol
        twice = sorted({int(v) for v in n if np.count_nonzero(n == v) > 1})
        out = []
        if twice:
            shown = ", ".join(str(v) for v in twice)
            out.append(
                f"more than one level lies nearest to the multiple {shown}: levels that are multiples have one each"
            )
        common = int(np.gcd.reduce(n))
        if common > 1:
            out.append(
                f"all levels lie nearest to multiples of {common} {symbol}: steps of {common} {symbol} explain them as well, and a "
                f"level at an odd multiple would tell"
            )
        return out

    def _not_unique(self) -> list[str]:
        """What else would explain the levels."""
        criteria, out = self.criteria, []
        out += [
            f"{name} explain the levels better (delta BIC {value[0]:.1f}): more {self.levels.what}s, or better known levels, would tell"
            for name, value in criteria.rivals.items()
            if value[0] < -PREFERRED
        ]
        if self.smooth is not None and self.smooth < -PREFERRED:
            out.append(
                f"a smooth curve without steps describes the readings better than the staircase (delta BIC {self.smooth:.1f}): "
                "a sweep with less noise, or at lower temperature, would tell"
            )
        if criteria.negative[0]:
            out.append(
                "the fitted series resistance is negative beyond its uncertainty: a gain error does that, no resistance; "
                "calibrate the gain and state it with --gain"
            )
        if criteria.contradicted[0]:
            difference, half, resistance, _ = criteria.free[:, 0]
            total = resistance + self.freedoms.resistance_value
            out.append(
                f"with the series resistance left free the levels are steps of {1 + difference:.3f} +- {half:.3f} "
                f"{self.quantum.symbol} behind {total:.0f} ohm: measure the series resistance by itself, or in four-terminal "
                "geometry"
            )
        chance = self.simulated
        if chance is not None and chance.upper >= ALLOWED:
            out.append(
                f"{100 * chance.false_positive_rate:.2g} % of random {self._random}, at most {100 * chance.upper:.2g} %, would "
                f"pass with {_joined(chance.freedoms)}, and {100 * ALLOWED:g} % is too many: state what was free with its "
                f"uncertainty, measure more {self.levels.what}s, or use tighter margins"
            )
        return out

    def _support(self) -> list[str]:
        out = [
            f"{self._found()}: within +-{100 * self.margins.step:g} %",
            f"{len(self.levels)} {self._counted}, every level within {self.margins.level:g} quanta of its multiple of the step",
        ]
        if self.simulated is not None:
            rate = self.simulated.false_positive_rate
            shown = f"{100 * rate:.2g} %" if rate > 0 else f"fewer than 1 in {self.simulated.trials:,}"
            out.append(
                f"{shown} of random {self._random} would pass as well, with {_joined(self.simulated.freedoms)} "
                f"({self.simulated.trials:,} simulated, seed {self.simulated.seed})"
            )
        if not self.levels.calibrated:
            out.append("gain, offset and series resistance were not stated and are taken as exact")
        return out


def _joined(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
