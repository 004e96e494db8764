"""How long a trace stays in each state, and where it goes from there.

The dwell times of a state that does not age are exponential, and of one whose ends were not all seen the maximum of the
likelihood is (stays whose end was not seen add their time and no exit)

    tau = T/N,    T = time in the state, N = exits seen,    2 T/tau ~ chi2 with 2 N degrees of freedom.

A stay that has begun before the trace still has the same mean left, so the first stay counts as well. The count of exits
is Poisson; the interval from the chi2 law is exact for any N (Garwood 1936, doi 10.1093/biomet/28.3-4.437).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.estimate import Estimate
from gzero.fitters.trace_states import Visit, stays

#: Dwell times from which on their evenness is looked at, and how far below and above one is a warning [std]: its law is skew.
_ENOUGH, _BELOW, _ABOVE = 10, 3.0, 4.0
_TWO_SIDED = 1.96
#: Exits from which on a mean dwell time is an estimate; of fewer only the interval says something.
FEW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Dwell:
    """The dwell times of one state.

    Parameters
    ----------
    exits : N.  time : T [unit of x].  complete, censored : stays whose two ends were seen, and the others.
    low, high : 95 % interval of the mean [unit of x]; high is infinite without an exit.
    longest : [unit of x].
    evenness : mean square of the complete dwell times over twice the square of their mean: 1 for one exponential,
        above for several, below for stays that take turns; None for fewer than ten.
    evenness_std : of it for one exponential.
    """

    exits: int
    time: float
    complete: int
    censored: int
    low: float
    high: float
    longest: float
    evenness: float | None
    evenness_std: float

    @property
    def mean(self) -> float | None:
        """tau [unit of x]; None without an exit."""
        return self.time / self.exits if self.exits else None

    def estimate(self, unit: str | None) -> Estimate | None:
        """tau with its standard uncertainty; None without an exit.

        It is tau/sqrt(N), that of a Poisson count, and for few exits more: the law is skew, and 1.96 of it reach at least the
        upper 95 % limit of the chi2 law, so that tau +- 1.96 of it holds 95 % for any N.
        """
        if not self.exits:
            return None
        tau = self.time / self.exits
        upper = interval(self.time, self.exits, confidence=0.9)[1]
        return Estimate(value=tau, std_stat=max(tau / np.sqrt(self.exits), (upper - tau) / _TWO_SIDED), unit=unit)

    @property
    def odd(self) -> bool:
        """Whether one exponential does not describe the dwell times."""
        if self.evenness is None:
            return False
        away = (self.evenness - 1) / self.evenness_std
        return not -_BELOW <= away <= _ABOVE


def dwells_of(visits: tuple[Visit, ...], states: int) -> tuple[Dwell, ...]:
    """The dwell times of every state."""
    seen = stays(visits)
    return tuple(_dwell([v for v in seen if v.state == k]) for k in range(states))


def _dwell(own: list[Visit]) -> Dwell:
    time = float(sum(v.duration for v in own))
    exits = sum(v.ends for v in own)
    complete = np.array([v.duration for v in own if v.begins and v.ends])
    low, high = interval(time, exits)
    even, std = evenness(complete)
    return Dwell(
        exits=exits, time=time, complete=complete.size, censored=len(own) - complete.size, low=low, high=high,
        longest=max((v.duration for v in own), default=0.0), evenness=even, evenness_std=std,
    )  # fmt: skip


def interval(time: float, exits: int, confidence: float = 0.95) -> tuple[float, float]:
    """(lower, upper) end of the interval of tau from T and N, in the unit of `time`."""
    from scipy.special import chdtri

    tail = (1 - confidence) / 2
    # chdtri(v, p) is exceeded with the chance p
    low = 2 * time / float(chdtri(2 * exits + 2, tail))
    high = 2 * time / float(chdtri(2 * exits, 1 - tail)) if exits else float("inf")
    return low, high


def lasting(own: list[Visit]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(times at which stays of one state end, share that lasts longer) [unit of x, 1]; the share in the middle of its step.

    The product over the times t of 1 - d/n, with d of the n stays that were seen for at least t ending there.
    """
    durations = np.array([v.duration for v in own])
    ended = np.array([v.ends for v in own], dtype=bool)
    times = np.unique(durations[ended])
    ending = np.array([np.count_nonzero(ended & (durations == t)) for t in times])
    still = np.array([np.count_nonzero(durations >= t) for t in times])
    after = np.cumprod(1 - ending / still)
    return times, (np.concatenate(([1.0], after[:-1])) + after) / 2


def evenness(dwells: NDArray[np.float64]) -> tuple[float | None, float]:
    """(sum t^2/n over twice the square of the mean, its standard deviation) of n exponential times.

    The shares of their sum are those of random divisions of an interval (Greenwood's statistic G = sum of their squares):
    E G = 2/(n + 1), var G = 4 (n - 1)/((n + 1)^2 (n + 2)(n + 3)).
    """
    n = dwells.size
    if n < _ENOUGH or not dwells.sum() > 0:
        return None, float("inf")
    greenwood = float((dwells**2).sum() / dwells.sum() ** 2)
    std = 2 * np.sqrt((n - 1) / ((n + 2) * (n + 3))) / (n + 1)
    return greenwood * (n + 1) / 2, float(std * (n + 1) / 2)


def transitions(visits: tuple[Visit, ...], states: int) -> NDArray[np.int64]:
    """How often the trace was seen to go from state i to state j, shape (states, states)."""
    out = np.zeros((states, states), dtype=np.int64)
    seen = stays(visits)
    for one, two in itertools.pairwise(seen):
        if one.ends and two.begins:
            out[one.state, two.state] += 1
    return out
