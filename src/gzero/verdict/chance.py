"""How often chance would pass, and how often the truth would: the false-positive rate and the power of a verdict.

False positives: staircases whose steps are each anything between half and one and a half quanta, with the uncertainties
of the data, judged by the same criteria under the freedoms that the analysis had; whatever was free is turned until
they pass. Levels that were given their nearest multiples are random in the same way, and are then given theirs. Power:
staircases of the quantum, judged in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gzero.coverage import wilson_interval
from gzero.fitters.level_set import LevelSet
from gzero.quanta import Quantum
from gzero.verdict.criteria import needed, weigh
from gzero.verdict.freedoms import GAINS, RESISTANCES, Freedoms
from gzero.verdict.margins import Margins
from gzero.verdict.rivals import others

Array = NDArray[np.float64]

#: Heights of steps that are no quanta, in quanta: even between these.
HEIGHTS = (0.5, 1.5)
#: Of a verdict that is to be believed.
ALLOWED = 0.01
SEED = 1
TRIALS = 5_000
_POWER_TRIALS = 1_000
_MORE = 3  # times the trials, where as many do not decide
_SETTINGS = 21  # of a knob that can be turned


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """What simulation says of a verdict.

    Parameters
    ----------
    false_positive_rate : share of random staircases that pass.  upper : end of its 95 % interval (Wilson).
    power : share of true ones that pass.
    trials, seed : of the simulation.  freedoms : what was free in it.
    """

    false_positive_rate: float
    upper: float
    power: float
    trials: int
    seed: int
    freedoms: tuple[str, ...]


def chances(
    levels: LevelSet,
    quantum: Quantum,
    margins: Margins,
    freedoms: Freedoms,
    *,
    seed: int = SEED,
    trials: int = TRIALS,
) -> Chances:
    """Simulate a verdict on levels with the uncertainties of these; the same freedoms are simulated once.

    Parameters
    ----------
    levels : their values matter only through their uncertainties.
    trials : random staircases; three times as many where these leave open whether the rate is small enough.
    """
    question = _Question.of(levels, quantum, margins, freedoms)
    found = _cached(question, seed, trials)
    if found.false_positive_rate < ALLOWED <= found.upper:
        return _cached(question, seed, _MORE * trials)  # the rate would do, and only its own uncertainty does not
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What the chances depend on, as values that compare: uncertainties in quanta, rounded as `_coarse` does."""

    indices: tuple[int, ...]
    covariance: bytes
    systematic: bytes
    resistance_fitted: bool
    quantum: Quantum
    margins: Margins
    freedoms: Freedoms

    @classmethod
    def of(cls, levels: LevelSet, quantum: Quantum, margins: Margins, freedoms: Freedoms) -> _Question:
        q = float(quantum.value or 0.0)
        return cls(
            indices=tuple(int(n) for n in levels.indices),
            covariance=_coarse(levels.covariance / q**2).tobytes(),
            systematic=_coarse(levels.systematic() / q**2).tobytes(),
            resistance_fitted=levels.resistance_fitted,
            quantum=quantum,
            margins=margins,
            freedoms=freedoms,
        )

    def levels(self) -> LevelSet:
        """Levels at multiples of the quantum with these uncertainties."""
        q = float(self.quantum.value or 0.0)
        n = np.array(self.indices)
        k = n.size
        systematic = np.frombuffer(self.systematic).reshape(k, k) * q**2
        values, vectors = np.linalg.eigh(systematic)
        parts = vectors * np.sqrt(np.maximum(values, 0.0))
        return LevelSet(
            indices=n,
            values=n * q,
            covariance=np.frombuffer(self.covariance).reshape(k, k) * q**2,
            shifts={str(i): parts[:, i] for i in range(k)},
            flat=(True,) * k,
            counted_from=self.freedoms.counted_from,
            resistance_fitted=self.resistance_fitted,
        )


def _coarse(covariance: Array) -> Array:
    """Standard deviations rounded up to the next twentieth of a decade (at most 12 %), correlations to a twentieth."""
    std = np.sqrt(np.diag(covariance))
    safe = np.where(std > 0, std, 1.0)
    rounded = np.where(std > 0, 10 ** (np.ceil(20 * np.log10(safe)) / 20), 0.0)
    correlation = np.round(20 * covariance / np.outer(safe, safe)) / 20
    np.fill_diagonal(correlation, 1.0)
    # rounded correlations need not be a covariance any more: the nearest one
    values, vectors = np.linalg.eigh(correlation)
    nearest = (vectors * np.maximum(values, 1e-9)) @ vectors.T
    scale = np.sqrt(np.diag(nearest))
    return np.asarray(nearest / np.outer(scale, scale) * np.outer(rounded, rounded))


@lru_cache(maxsize=256)
def _cached(question: _Question, seed: int, trials: int) -> Chances:
    rng = np.random.default_rng(seed)
    levels, quantum, margins, freedoms = question.levels(), question.quantum, question.margins, question.freedoms
    k = levels.indices.size
    if k < needed(resistance_fitted=levels.resistance_fitted):
        passed, power = 0, 0.0  # refused whatever the levels are
    else:
        q = float(quantum.value or 0.0)
        heights = rng.uniform(*HEIGHTS, (trials, int(levels.indices[-1]))) * q
        at = np.cumsum(heights, axis=1)[:, levels.indices - 1]
        if freedoms.counted_from == "quantum":
            at += rng.uniform(0.0, q, (trials, 1))  # what lies below the first level was not seen
        random = at + _errors(levels, trials, rng)
        passed = int(_passes_somehow(levels, random, quantum, margins, freedoms).sum())
        power = power_of(levels, quantum, margins, freedoms, rng=rng)
    return Chances(
        false_positive_rate=passed / trials,
        upper=wilson_interval(passed, trials, confidence=0.95)[1],
        power=power,
        trials=trials,
        seed=seed,
        freedoms=freedoms.sentences(),
    )


def power_of(
    levels: LevelSet,
    quantum: Quantum,
    margins: Margins,
    freedoms: Freedoms,
    *,
    rng: np.random.Generator,
    trials: int = _POWER_TRIALS,
) -> float:
    """Share of staircases of the quantum that pass with the uncertainties of these levels."""
    if len(levels) < needed(resistance_fitted=levels.resistance_fitted):
        return 0.0
    true = levels.indices * float(quantum.value or 0.0) + _errors(levels, trials, rng)
    return float(weigh(levels, true, quantum, margins, freedoms).met(margins).mean())


def _errors(levels: LevelSet, trials: int, rng: np.random.Generator) -> Array:
    """Errors as the uncertainties say, shape (trials, k)."""
    values, vectors = np.linalg.eigh(levels.covariance + levels.systematic())
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(rng.normal(size=(trials, levels.indices.size)) @ root.T)


def _passes_somehow(
    levels: LevelSet, values: Array, quantum: Quantum, margins: Margins, freedoms: Freedoms
) -> NDArray[np.bool_]:
    """Whether some setting of what was free makes each row pass."""
    out = np.zeros(values.shape[0], dtype=bool)
    for unit in (quantum, *(() if freedoms.declared else others(quantum))):
        for gain in _gains(freedoms):
            for resistance in _resistances(freedoms, quantum):
                for zero in _zeros(freedoms, unit):
                    turned = _turned(values, gain, resistance) - zero
                    out |= _passes(levels, turned, unit, margins, freedoms)
    return out


def _gains(freedoms: Freedoms) -> Array:
    return np.linspace(*GAINS, _SETTINGS) if freedoms.gain == "assumed" else np.ones(1)


def _resistances(freedoms: Freedoms, quantum: Quantum) -> Array:
    """What the series resistance can be turned to, from where it is [ohm]."""
    if quantum.unit != "S" or freedoms.resistance in ("none", "fitted"):
        return np.zeros(1)
    if freedoms.resistance == "assumed":
        return np.linspace(*RESISTANCES, _SETTINGS)
    return np.linspace(-2, 2, 5) * freedoms.resistance_std


def _zeros(freedoms: Freedoms, quantum: Quantum) -> Array:
    """What the zero of the readings can be turned to: anything within half a quantum, as multiples repeat."""
    q = float(quantum.value or 0.0)
    return np.linspace(-0.5, 0.5, _SETTINGS) * q if freedoms.zero == "free" else np.zeros(1)


def _turned(values: Array, gain: float, resistance: float) -> Array:
    """Levels with another gain and more series resistance taken off; nan where it would be all there is."""
    scaled = values * gain
    left = 1 - scaled * resistance
    return np.asarray(np.where(left > 0, scaled / np.where(left > 0, left, 1.0), np.nan))


def _passes(
    levels: LevelSet, values: Array, quantum: Quantum, margins: Margins, freedoms: Freedoms
) -> NDArray[np.bool_]:
    """Whether each row passes. Only rows that could are weighed: none of whose levels is far from its multiple."""
    q = float(quantum.value or 0.0)
    indices = np.broadcast_to(levels.indices, values.shape)
    if freedoms.counted_from == "quantum":
        first = np.maximum(np.nan_to_num(np.round(values[:, :1] / q)), 1).astype(np.int64)
        indices = first + levels.indices - levels.indices[0]
    ordered = np.ones(values.shape[0], dtype=bool)
    if freedoms.counted_from == "nearest multiple":
        indices = np.maximum(np.nan_to_num(np.round(values / q)), 1).astype(np.int64)
        ordered = np.all(np.diff(indices, axis=1) > 0, axis=1)  # two levels on one multiple are refused in data as well
    # a step within its margin and a level within its own are together within this of n q
    near = np.abs(values / q - indices) <= margins.step * indices + margins.level
    out = np.zeros(values.shape[0], dtype=bool)
    rows = np.ones(values.shape[0], dtype=bool) if levels.resistance_fitted else near.all(axis=1)
    rows &= np.isfinite(values).all(axis=1) & ordered
    for own_indices in np.unique(indices[rows], axis=0):
        here = np.flatnonzero(rows & (indices == own_indices).all(axis=1))
        own = replace(levels, indices=own_indices)
        out[here] = weigh(own, values[here], quantum, margins, freedoms).met(margins)
    return out
