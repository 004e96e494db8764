"""How often intervals contain the truth: pulls over many experiments, and what chance makes of their number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

SCHEMA_SELFTEST = "gzero.selftest/1"

#: Half-widths of the two intervals that are counted, in standard uncertainties, and how often each should hold [1].
ONE_STD, NOMINAL_ONE = 1.0, 0.6827
WIDE_STD, NOMINAL_WIDE = 1.96, 0.95

#: A coverage of 95 % intervals inside these needs no statistics to be good enough [1].
_GOOD = (0.93, 0.97)
#: Fewer experiments than these tell nothing of a coverage of 95 %.
FEWEST = 10
_CHANCE = 0.99  # of the band around 95 % that chance is given

Answer = Literal["hold", "too short", "too long", "not tested"]


def wilson_interval(hits: int, trials: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Confidence interval of a probability [1], from the number of trials in which something happened.

        (p + z^2/2n -+ z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n),     p = hits/n

    Wilson 1927, doi 10.1080/01621459.1927.10502953. It stays inside 0 to 1, and has a width also for 0 and n hits.

    Raises
    ------
    ValueError : no trials, or hits beyond them.

    >>> low, high = wilson_interval(95, 100)
    >>> round(low, 4), round(high, 4)
    (0.8882, 0.9785)
    """
    from scipy.special import ndtri

    if trials < 1 or not 0 <= hits <= trials:
        raise ValueError(f"{hits} hits in {trials} trials")
    z, p = float(ndtri(0.5 + confidence / 2)), hits / trials
    middle = p + z**2 / (2 * trials)
    half = z * math.sqrt(p * (1 - p) / trials + z**2 / (4 * trials**2))
    scale = 1 + z**2 / trials
    # at the ends of the range the ends of the interval are exact
    low = (middle - half) / scale if hits > 0 else 0.0
    return low, (middle + half) / scale if hits < trials else 1.0


def chance_band(trials: int, probability: float, *, confidence: float = _CHANCE) -> tuple[float, float]:
    """Shares of trials [1] between which chance leaves something of this probability, in `confidence` of all cases or more.

    The quantiles of the binomial distribution at half of the rest on either side.

    Raises
    ------
    ValueError : no trials.
    """
    from scipy.special import bdtr

    if trials < 1:
        raise ValueError(f"{trials} trials")
    reached = bdtr(np.arange(trials + 1), trials, probability)
    rest = (1 - confidence) / 2
    low, high = np.searchsorted(reached, [rest, 1 - rest])
    return float(low) / trials, float(min(high, trials)) / trials


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coverage:
    """What many experiments say of the standard uncertainty of one quantity.

    Parameters
    ----------
    name : of the quantity.
    truth : its true value [unit];  unit : SI text, None is unknown.
    pulls : (estimate - truth)/std of every experiment that gave both, shape (n,) [1].
    experiments : how many there were, with those that gave none.
    """

    name: str
    truth: float
    unit: str | None
    pulls: NDArray[np.float64]
    experiments: int

    @property
    def trials(self) -> int:
        """Experiments that gave a pull."""
        return int(self.pulls.size)

    @property
    def mean(self) -> float:
        """Of the pulls [1]; 0 without bias. Not a number without pulls."""
        return float(np.mean(self.pulls)) if self.pulls.size else math.nan

    @property
    def std(self) -> float:
        """Of the pulls about their mean [1]; 1 where uncertainties are right. Not a number below two pulls."""
        return float(np.std(self.pulls, ddof=1)) if self.pulls.size > 1 else math.nan

    @property
    def biased(self) -> bool:
        """Whether the mean of the pulls is off zero beyond what chance does in 1 of 100 cases, and by a fifth or more."""
        return self.trials > 1 and abs(self.mean) > max(2.576 * self.std / math.sqrt(self.trials), 0.2)

    @property
    def largest(self) -> float:
        """The pull that is farthest from zero [1]."""
        return float(self.pulls[np.argmax(np.abs(self.pulls))]) if self.pulls.size else math.nan

    def share(self, half_width: float) -> float:
        """Share of the experiments whose interval of so many standard uncertainties holds the truth [1]."""
        return self._hits(half_width) / self.trials if self.trials else math.nan

    def interval(self, half_width: float) -> tuple[float, float]:
        """The same with what its number of experiments leaves open: the 95 % interval of Wilson [1]."""
        return wilson_interval(self._hits(half_width), self.trials) if self.trials else (math.nan, math.nan)

    def _hits(self, half_width: float) -> int:
        return int(np.count_nonzero(np.abs(self.pulls) <= half_width))

    @property
    def expected(self) -> tuple[float, float]:
        """Shares of 95 % intervals that are called right [1]: what chance leaves 99 of 100 times, and 93 to 97 %."""
        if not self.trials:
            return math.nan, math.nan
        low, high = chance_band(self.trials, NOMINAL_WIDE)
        return min(low, _GOOD[0]), max(high, _GOOD[1])

    @property
    def answer(self) -> Answer:
        """Whether the 95 % intervals hold."""
        if self.trials < FEWEST:
            return "not tested"
        low, high = self.expected
        share = self.share(WIDE_STD)
        return "too short" if share < low else "too long" if share > high else "hold"

    @property
    def factor(self) -> float:
        """What the standard uncertainty had to be multiplied by for 95 % intervals to hold in 95 % of these experiments [1]."""
        if not self.trials:
            return math.nan
        return float(np.quantile(np.abs(self.pulls), NOMINAL_WIDE)) / WIDE_STD

    def to_dict(self) -> dict[str, object]:
        """As plain values; None where not determined."""
        low, high = self.expected
        one, wide = (self.interval(half) for half in (ONE_STD, WIDE_STD))
        return {
            "name": self.name,
            "truth": _number(self.truth),
            "unit": self.unit,
            "repeats": self.trials,
            "mean_pull": _number(self.mean),
            "std_pull": _number(self.std),
            "largest_pull": _number(self.largest),
            "coverage_68": {"value": _number(self.share(ONE_STD)), "low": _number(one[0]), "high": _number(one[1])},
            "coverage_95": {"value": _number(self.share(WIDE_STD)), "low": _number(wide[0]), "high": _number(wide[1])},
            "expected_95": [_number(low), _number(high)],
            "intervals": self.answer,
            "factor": _number(self.factor),
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SelfTest:
    """The coverage of the intervals of one measurement, on measurements simulated from its own fit.

    Parameters
    ----------
    version : of gzero.
    path, sha256, trace : of the measurement;  experiment : its kind.
    decision : the verdict on the measurement itself.
    seed, asked : of the simulation; how many measurements it was to have.
    truth : what was simulated, in words;  noise : what was drawn, in words.
    quantities : one coverage a quantity.
    plateaus : the plateaus that the claim of the measurement rests on, by index;  same : repeats with exactly these.
    decisions : verdict -> number of repeats.
    failures : why an analysis came to no end -> number of repeats.
    notes : what the reader must know.
    """

    version: str
    path: str
    sha256: str
    trace: str
    experiment: str
    decision: str | None
    seed: int
    asked: int
    truth: str
    noise: str
    quantities: tuple[Coverage, ...]
    plateaus: tuple[int, ...]
    same: int
    decisions: Mapping[str, int]
    failures: Mapping[str, int]
    notes: tuple[str, ...] = ()

    @property
    def done(self) -> int:
        """Repeats that were made, with those that failed."""
        return sum(self.decisions.values()) + sum(self.failures.values())

    @property
    def complete(self) -> bool:
        """Whether all repeats were made."""
        return self.done >= self.asked

    @property
    def holds(self) -> bool:
        """Whether the 95 % intervals of every quantity that could be tested hold."""
        tested = [quantity.answer for quantity in self.quantities if quantity.answer != "not tested"]
        return bool(tested) and all(answer == "hold" for answer in tested)

    @property
    def conclusion(self) -> tuple[str, ...]:
        """Sentences, the first one for all that holds."""
        out = (
            []
            if self.complete
            else [f"interrupted after {self.done} of {self.asked} repeats: all numbers are of these"]
        )
        right = [q for q in self.quantities if q.answer == "hold"]
        if right:
            shares = sorted(100 * q.share(WIDE_STD) for q in right)
            spread = f"{shares[0]:.1f} %" if len(right) == 1 else f"{shares[0]:.1f} to {shares[-1]:.1f} %"
            which = "all" if len(right) == len(self.quantities) else ", ".join(q.name for q in right)
            out.append(f"the intervals hold ({which}): those of 95 % contain the truth in {spread} of the repeats")
        for q in self.quantities:
            if q.answer == "not tested":
                out.append(
                    f"{q.name} was not tested: {q.trials} of {q.experiments} repeats gave it with an uncertainty"
                )
            elif q.answer != "hold":
                factor = q.factor if q.answer == "too short" else 1 / q.factor if q.factor > 0 else math.inf
                line = (
                    f"the intervals of {q.name} are {q.answer} by a factor {factor:.2f}: those of 95 % contain the truth "
                    f"in {100 * q.share(WIDE_STD):.1f} % of the repeats"
                )
                if q.biased:
                    line += f", and the estimate is off by {q.mean:+.2f} of its standard uncertainty on average"
                out.append(line)
        return tuple(out)

    def to_dict(self) -> dict[str, object]:
        """The record as plain values, keys always present, None where not determined (schema gzero.selftest/1)."""
        return {
            "schema": SCHEMA_SELFTEST,
            "gzero": self.version,
            "source": {"path": self.path, "sha256": self.sha256, "trace": self.trace or None},
            "experiment": self.experiment,
            "decision": self.decision,
            "seed": self.seed,
            "repeats": self.asked,
            "done": self.done,
            "complete": self.complete,
            "truth": self.truth,
            "noise": self.noise,
            "quantities": [quantity.to_dict() for quantity in self.quantities],
            "plateaus": {"expected": list(self.plateaus), "same": self.same},
            "decisions": dict(self.decisions),
            "failures": dict(self.failures),
            "holds": self.holds,
            "conclusion": list(self.conclusion),
            "notes": list(self.notes),
        }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
