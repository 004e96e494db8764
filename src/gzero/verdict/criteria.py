"""The criteria of "quantized" in numbers, for one set of levels or for thousands of simulated ones.

Hypothesis Q: level_n = n h and h = q for the declared quantum q, n counted. It is accepted only by equivalence: the
confidence interval of h/q - 1 within +-margin and that of every level_n/q - n h/q within +-level_margin (two one-sided
tests: Schuirmann 1987, doi 10.1007/BF01068419), and only while no other explanation is better.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.fitters.level_set import LevelSet
from gzero.fitters.step_height import Lines, lines
from gzero.quanta import Quantum
from gzero.verdict.freedoms import Freedoms
from gzero.verdict.margins import Margins
from gzero.verdict.rivals import evidence

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: -2 ln of the evidence ratio beyond which a rival is preferred, and preferred decisively (Kass and Raftery 1995,
#: doi 10.1080/01621459.1995.10476572: "positive" and "very strong").
PREFERRED, DECISIVE = 2.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Criteria:
    """What N sets of levels say, in quanta.

    Parameters
    ----------
    step, step_half : h/q - 1 and the half-width of its interval, shape (N,);  step_std : standard uncertainty.
    statistical, systematic : its parts, half-widths [1], shape (N,).
    residuals, residual_halves : level_n/q - n h/q, shape (N, k).
    negative : whether the fitted series resistance is negative beyond its uncertainty, shape (N,).
    free : h/q - 1 with the series resistance left free, its half-width, that resistance and its standard uncertainty
        [1/SI], shape (4, N); nan where that is no question.
    contradicted : whether the levels, with the series resistance left free, are steps of another height, shape (N,).
    rivals : name -> -2 ln of the evidence ratio to steps of the quantum, shape (N,); negative favours the rival.
    possible : whether there is a line at all, shape (N,).
    """

    step: Array
    step_half: Array
    step_std: Array
    statistical: Array
    systematic: Array
    residuals: Array
    residual_halves: Array
    negative: Flags
    free: Array
    contradicted: Flags
    rivals: dict[str, Array]
    possible: Flags

    def inside(self, margins: Margins) -> tuple[Flags, Flags]:
        """(whether the step, whether every level) is surely within its margin."""
        return (
            np.abs(self.step) + self.step_half <= margins.step,
            np.all(np.abs(self.residuals) + self.residual_halves <= margins.level, axis=1),
        )

    def met(self, margins: Margins) -> Flags:
        """Whether all of them are met, shape (N,)."""
        step, levels = self.inside(margins)
        best = np.min(list(self.rivals.values()), axis=0)
        met = self.possible & step & levels & ~self.negative & ~self.contradicted & (best >= -PREFERRED)
        return np.asarray(met)


def needed(*, resistance_fitted: bool) -> int:
    """Plateaus without which nothing can be said: one level is always some quantum, and a resistance costs one more."""
    return 3 if resistance_fitted else 2


def weigh(levels: LevelSet, values: Array, quantum: Quantum, margins: Margins, freedoms: Freedoms) -> Criteria:
    """The criteria for every row of `values`, shape (N, k), with everything else as in `levels`."""
    q = abs(float(quantum.value or 0.0))
    line = lines(levels, values, resistance_fitted=levels.resistance_fitted)
    statistical, systematic = _halves(levels, line, margins, q=q)
    std = np.hypot(_statistical(levels, line.weights) * line.scale, _systematic(levels, line.weights)) / q
    project = line.jacobians - levels.indices[:, None] * line.weights[:, None, :]
    total = levels.covariance + levels.systematic()
    variance = ((project @ total) * project).sum(axis=2) / q**2
    resistance_std = np.hypot(
        _statistical(levels, line.resistance_weights) * line.scale, _systematic(levels, line.resistance_weights)
    )
    free, contradicted = _left_free(levels, values, quantum, margins, freedoms)
    none = np.zeros(values.shape[0], dtype=bool)
    return Criteria(
        step=line.steps / q - 1,
        step_half=np.hypot(statistical, systematic),
        step_std=std,
        statistical=statistical,
        systematic=systematic,
        residuals=(line.corrected - levels.indices * line.steps[:, None]) / q,
        residual_halves=_normal(margins) * np.sqrt(np.maximum(variance, 0.0)),
        negative=np.asarray(line.resistances < -2 * resistance_std) if levels.resistance_fitted else none,
        free=free,
        contradicted=contradicted,
        rivals=evidence(levels, line, quantum, margins),
        possible=line.possible,
    )


def _normal(margins: Margins) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + margins.confidence / 2))


def _statistical(levels: LevelSet, weights: Array) -> Array:
    """Standard uncertainty of a weighted sum of levels, before any scale factor, shape (N,)."""
    return np.asarray(np.sqrt(((weights @ levels.covariance) * weights).sum(axis=1)))


def _systematic(levels: LevelSet, weights: Array) -> Array:
    shifts = [(weights @ shift) ** 2 for shift in levels.shifts.values()]
    return np.sqrt(np.sum(shifts, axis=0)) if shifts else np.zeros(weights.shape[0])


def _halves(levels: LevelSet, line: Lines, margins: Margins, *, q: float) -> tuple[Array, Array]:
    """Half-widths of h/q: Student's quantile for the scatter of few levels, the normal one for declared common parts."""
    from scipy.special import stdtrit

    quantile = float(stdtrit(max(line.dof, 1), 0.5 + margins.confidence / 2))
    return (
        quantile * _statistical(levels, line.weights) * line.scale / q,
        _normal(margins) * _systematic(levels, line.weights) / q,
    )


def _left_free(
    levels: LevelSet, values: Array, quantum: Quantum, margins: Margins, freedoms: Freedoms
) -> tuple[Array, Flags]:
    """What the levels say when the series resistance is left to them: a stated one, or none, must not hide other steps.

    Steps of 0.92 q behind a resistance chosen by hand, or of 1.10 q behind one that nobody stated, lie within the level
    margin of n q; 1/level against 1/n tells. It counts only as far as the resistance is none that is negative.
    """
    nothing = np.full((4, values.shape[0]), np.nan)
    if levels.resistance_fitted or np.unique(levels.indices).size < 2 or quantum.unit != "S":
        return nothing, np.zeros(values.shape[0], dtype=bool)
    line = lines(replace(levels, resistance_fitted=True), values, resistance_fitted=True)
    q = abs(float(quantum.value or 0.0))
    std = np.hypot(_statistical(levels, line.weights) * line.scale, _systematic(levels, line.weights)) / q
    half = _normal(margins) * std
    resistance_std = np.hypot(
        _statistical(levels, line.resistance_weights) * line.scale, _systematic(levels, line.resistance_weights)
    )
    real = line.resistances + freedoms.resistance_value > -2 * resistance_std
    difference = line.steps / q - 1
    other = line.possible & real & (np.abs(difference) - half > margins.step)
    return np.where(line.possible, np.array([difference, half, line.resistances, resistance_std]), np.nan), other
