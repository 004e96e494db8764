"""Is it the quantum? Could these data tell?

Hypothesis Q: level_n = n h and h = q for the declared quantum q, n counted. It is accepted only by equivalence: the
confidence interval of h/q - 1 within +-margin and that of every level_n/q - n h/q within +-level_margin. Absence of a
significant difference is not acceptance: wide intervals end in "undecided".
Two one-sided tests: Schuirmann 1987, doi 10.1007/BF01068419.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FitError
from gzero.estimate import Estimate
from gzero.fitters.level_set import LevelSet
from gzero.fitters.step_height import StepHeight, step_height
from gzero.quanta import Quantum, candidates
from gzero.verdict.verdict import Decision, Rival, Verdict

#: -2 ln of the evidence ratio beyond which a rival is preferred, and preferred decisively (Kass and Raftery 1995,
#: doi 10.1080/01621459.1995.10476572: "positive" and "very strong").
PREFERRED, DECISIVE = 2.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """What counts as equal, stated beforehand.

    Parameters
    ----------
    step : half-width for h/q - 1.  level : half-width for level_n/q - n h/q.  confidence : of the intervals.
    """

    step: float = 0.05
    level: float = 0.10
    confidence: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Interval:
    """A value with its half-width at the stated confidence, in quanta."""

    value: float
    half: float

    def inside(self, margin: float) -> bool:
        return abs(self.value) + self.half <= margin

    def outside(self, margin: float) -> bool:
        return abs(self.value) - self.half > margin


def decide(levels: LevelSet | None, quantum: Quantum, margins: Margins, *, declared: bool) -> Verdict:
    """The verdict on a set of levels.

    Parameters
    ----------
    levels : corrected levels with joint covariance; None or too few end in "undecided".
    declared : whether the quantum was named beforehand rather than chosen by the data.

    Returns
    -------
    Verdict; its reasons are sentences, the decisive one first.
    """
    blank = Verdict(
        decision="undecided", margin=margins.step, level_margin=margins.level, confidence=margins.confidence
    )
    if levels is None or levels.indices.size == 0 or quantum.value is None:
        return _with(
            blank, "undecided", ["no flat plateau was found, so there is no step whose height could be compared"]
        )
    k = levels.indices.size
    try:
        line = step_height(levels, quantum.unit)
    except FitError as error:
        return _with(blank, "undecided", [f"{error.problem}: {error.remedy}"])
    q = quantum.value
    spent = 1 + (1 if levels.resistance_fitted else 0)
    step = _step_interval(line, q, margins, dof=max(k - spent, 1))
    residuals = _residual_intervals(levels, line, q, margins)
    rivals = _rivals(levels, line, quantum, margins)
    p_value, tightest = _equivalence(line, q, margins, dof=max(k - spent, 1))
    needed = 3 if levels.resistance_fitted else 2
    decision, reasons = _judge(levels, quantum, margins, step, residuals, rivals, needed=needed, declared=declared)
    if decision == "quantized" and _negative(line.series_resistance):
        decision = "undecided"
        reasons = [
            "the fitted series resistance is negative beyond its uncertainty: a gain error does that, no resistance"
        ]
    return Verdict(
        decision=decision,
        margin=margins.step,
        level_margin=margins.level,
        confidence=margins.confidence,
        p_value=p_value,
        interval=(step.value - step.half, step.value + step.half),
        tightest_margin=tightest,
        rivals=rivals,
        reasons=tuple(reasons),
    )


def _negative(resistance: Estimate | None) -> bool:
    return resistance is not None and resistance.value < -2 * resistance.std


def _with(verdict: Verdict, decision: Decision, reasons: list[str]) -> Verdict:
    from dataclasses import replace

    return replace(verdict, decision=decision, reasons=tuple(reasons))


def _t(confidence: float, dof: int) -> float:
    """Two-sided quantile of Student's distribution: few levels make wide intervals."""
    from scipy.special import stdtrit

    return float(stdtrit(dof, 0.5 + confidence / 2))


def _half(statistical: float, systematic: float, confidence: float, dof: int) -> float:
    """Half-width: Student's quantile for the scatter of few levels, the normal one for declared common parts."""
    from scipy.special import ndtri

    return float(np.hypot(_t(confidence, dof) * statistical, float(ndtri(0.5 + confidence / 2)) * systematic))


def _step_interval(line: StepHeight, q: float, margins: Margins, *, dof: int) -> _Interval:
    half = _half(line.step.std_stat / abs(q), line.step.std_sys / abs(q), margins.confidence, dof)
    return _Interval(value=line.step.value / q - 1, half=half)


def _projection(levels: LevelSet, line: StepHeight) -> NDArray[np.float64]:
    """d residual / d level, in which what scales all levels alike cancels."""
    return np.asarray(line.jacobian - np.outer(levels.indices, line.weights))


def _residual_intervals(levels: LevelSet, line: StepHeight, q: float, margins: Margins) -> list[_Interval]:
    """level_n - n h in quanta with their intervals.

    Each interval is that of the level's own measurement: the scatter of the levels is what the residuals show, and
    widening them by it would let a level excuse itself by its own deviation.
    """
    from scipy.special import ndtri

    project = _projection(levels, line)
    values = (line.corrected - levels.indices * line.step.value) / q
    variance = np.diag(project @ (levels.covariance + levels.systematic()) @ project.T) / q**2
    halves = float(ndtri(0.5 + margins.confidence / 2)) * np.sqrt(np.maximum(variance, 0.0))
    return [_Interval(value=float(v), half=float(h)) for v, h in zip(values, halves, strict=True)]


def _equivalence(line: StepHeight, q: float, margins: Margins, *, dof: int) -> tuple[float | None, float]:
    """(p-value of the two one-sided tests, smallest margin that the interval still fits in)."""
    from scipy.special import stdtr

    difference = line.step.value / q - 1
    std = line.step.std / abs(q)
    tightest = abs(difference) + _half(line.step.std_stat / abs(q), line.step.std_sys / abs(q), margins.confidence, dof)
    if std == 0:
        return (0.0 if abs(difference) < margins.step else 1.0), tightest
    return float(stdtr(dof, -(margins.step - abs(difference)) / std)), tightest


_HEIGHT_SPREAD = 1 / np.sqrt(12.0)  # of a step anywhere between half and one and a half quanta
_TOLERANCE = 1.959963984540054  # a margin is read as a 95 % range


def _rivals(levels: LevelSet, line: StepHeight, quantum: Quantum, margins: Margins) -> tuple[Rival, ...]:
    """Other explanations of the levels, by -2 ln of the evidence ratio (which BIC approximates).

    All are Gaussian in the levels, so the evidence is exact. "Steps of the quantum" allows the stated margins, as an
    exact point would lose to anything once the noise is small enough; the rivals allow the same irregularity of single
    levels, or more.
    """
    q = float(quantum.value or 0.0)
    n = levels.indices.astype(np.float64)
    k = n.size
    values = line.corrected
    total = line.jacobian @ (levels.covariance + levels.systematic()) @ line.jacobian.T
    irregular = (margins.level * q / _TOLERANCE) ** 2 * np.eye(k)
    common = np.outer(n, n) * q**2
    below = np.tril(np.ones((k, k)))
    below[:, 0] *= n[0]  # the first level in the data stands for all the steps below it
    claim = _deviance(values, n * q, total + irregular + common * (margins.step / _TOLERANCE) ** 2)
    rivals = [
        Rival(
            name="equal steps of another height",
            delta_bic=_deviance(values, n * q, total + irregular + common * _HEIGHT_SPREAD**2) - claim,
        )
    ]
    if k >= 2:
        spread = below @ below.T * (q * _HEIGHT_SPREAD) ** 2
        rivals.append(
            Rival(
                name="steps of unequal height",
                delta_bic=_deviance(values, n * q, total + irregular + spread) - claim,
            )
        )
    for other in candidates(quantum.unit):
        if other.value is not None and other.symbol != quantum.symbol:
            own = np.outer(n, n) * (other.value * margins.step / _TOLERANCE) ** 2
            rivals.append(
                Rival(
                    name=f"steps of {other.symbol}",
                    delta_bic=_deviance(values, n * other.value, total + irregular + own) - claim,
                )
            )
    return tuple(rivals)


def _deviance(values: NDArray[np.float64], mean: NDArray[np.float64], covariance: NDArray[np.float64]) -> float:
    """-2 ln of the normal density, up to a constant."""
    scale = float(np.trace(covariance)) / values.size
    residual = values - mean
    _, logdet = np.linalg.slogdet(covariance / scale)
    return float(residual @ np.linalg.solve(covariance, residual) + logdet + values.size * np.log(scale))


def _judge(
    levels: LevelSet,
    quantum: Quantum,
    margins: Margins,
    step: _Interval,
    residuals: list[_Interval],
    rivals: tuple[Rival, ...],
    *,
    needed: int,
    declared: bool,
) -> tuple[Decision, list[str]]:
    """Decision and reasons, strictest first: what contradicts, then what is missing, then what supports."""
    k = levels.indices.size
    percent = f"{100 * margins.confidence:g} %"
    found = f"step height {1 + step.value:.4f} {quantum.symbol}, {percent} interval {1 + step.value - step.half:.4f} to {1 + step.value + step.half:.4f}"
    worst = int(np.argmax([abs(r.value) + r.half for r in residuals]))
    level = f"level {levels.indices[worst]} lies {residuals[worst].value:+.3f} +- {residuals[worst].half:.3f} quanta from its multiple of the step"
    if k < needed:
        return "undecided", [_too_few(levels, k), found]
    against = []
    if step.outside(margins.step):
        against.append(f"{found}: all of it beyond +-{100 * margins.step:g} % of the quantum")
    off = [i for i, r in enumerate(residuals) if r.outside(margins.level)]
    if off:
        names = ", ".join(str(levels.indices[i]) for i in off)
        against.append(
            f"level {names}: farther from a multiple of the common step than {margins.level:g} quanta, at {percent}"
        )
    against += [
        f"{r.name} explain the levels decisively better (delta BIC {r.delta_bic:.0f})"
        for r in rivals
        if r.delta_bic < -DECISIVE
    ]
    if against:
        return "not quantized", against
    missing = []
    if not step.inside(margins.step):
        missing.append(
            f"{found}: not all of it within +-{100 * margins.step:g} %; {_what_would_decide(step, margins.step)}"
        )
    if not all(r.inside(margins.level) for r in residuals):
        missing.append(f"{level}, not surely within {margins.level:g}")
    not_flat = [str(n) for n, flat in zip(levels.indices, levels.flat, strict=True) if not flat]
    if not_flat:
        missing.append(f"plateau {', '.join(not_flat)} is not flat")
    if levels.shoulders:
        shown = ", ".join(f"{shoulder:.2f}" for shoulder in levels.shoulders)
        missing.append(
            f"a flat shoulder {shown} of a step above a level was not counted as a plateau: equal steps have none"
        )
    if levels.counted_from == "quantum":
        missing.append(
            "the sweep never reaches pinch-off, so the first plateau was counted by the quantum that is to be tested: extend the sweep to pinch-off"
        )
    if not declared:
        missing.append(
            f"no quantum was declared: {quantum.symbol} was chosen by the data; declare it with --quantum to have it tested"
        )
    missing += [
        f"{r.name} explain the levels better (delta BIC {r.delta_bic:.1f})" for r in rivals if r.delta_bic < -PREFERRED
    ]
    if missing:
        return "undecided", missing
    support = [
        f"{found}: within +-{100 * margins.step:g} %",
        f"{k} flat plateaus counted from pinch-off, every level within {margins.level:g} quanta of its multiple of the step",
    ]
    if not levels.calibrated:
        support.append("gain, offset and series resistance were not stated and are taken as exact")
    return "quantized", support


def _too_few(levels: LevelSet, k: int) -> str:
    if levels.resistance_fitted:
        return f"{k} plateaus with a fitted series resistance: with fewer than 3 it can turn any level into an integer; state it with its uncertainty, or measure more plateaus"
    return f"{k} plateau: at least 2 are needed, as one level can always be some quantum; measure more of the staircase"


def _what_would_decide(step: _Interval, margin: float) -> str:
    """What it would take: a narrower interval, if the value itself lies inside."""
    room = margin - abs(step.value)
    if room <= 0:
        return "the value itself lies outside"
    return f"an interval {step.half / room:.1f} times narrower would decide (more sweeps where noise dominates, a better gain calibration where it does not: see the budget)"
