"""Other explanations of the levels, by -2 ln of the evidence ratio (which BIC approximates).

All are Gaussian in the levels, so the evidence is exact. "Steps of the quantum" allows the stated margins, as an exact
point would lose to anything once the noise is small enough; the rivals allow the same irregularity of single levels,
or more.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gzero.fitters.level_set import LevelSet
from gzero.fitters.step_height import Lines
from gzero.quanta import CANDIDATES, Conditions, Quantum, parse_quantum
from gzero.verdict.margins import Margins

Array = NDArray[np.float64]

_ANY = Conditions(mass=1.0, temperature=1.0, photon_energy=1.0)
_HEIGHT_SPREAD = 1 / np.sqrt(12.0)  # of a step anywhere between half and one and a half quanta
_TOLERANCE = 1.959963984540054  # a margin is read as a 95 % range


def others(quantum: Quantum) -> tuple[Quantum, ...]:
    """The other quanta of the same dimension, with their values; a mass or a temperature that both need cancels in the
    ratio of two of them."""
    own = parse_quantum(quantum.symbol, _ANY)
    rivals = (parse_quantum(symbol, _ANY) for symbol in CANDIDATES.get(quantum.unit, ()) if symbol != quantum.symbol)
    return tuple(
        replace(rival, value=quantum.value * rival.value / own.value)
        for rival in rivals
        if quantum.value and own.value and rival.value and rival.needs == own.needs
    )


def evidence(levels: LevelSet, lines: Lines, quantum: Quantum, margins: Margins) -> dict[str, Array]:
    """Rival -> -2 ln of its evidence minus that of steps of the quantum, for every line, each shape (N,)."""
    q = float(quantum.value or 0.0)
    n = levels.indices.astype(np.float64)
    k = n.size
    values = lines.corrected
    total = lines.jacobians @ (levels.covariance + levels.systematic()) @ lines.jacobians.transpose(0, 2, 1)
    irregular = total + (margins.level * q / _TOLERANCE) ** 2 * np.eye(k)
    common = np.outer(n, n)
    claim = _deviance(values, n * q, irregular + common * (q * margins.step / _TOLERANCE) ** 2)
    out = {
        "equal steps of another height": _deviance(values, n * q, irregular + common * (q * _HEIGHT_SPREAD) ** 2)
        - claim
    }
    if k >= 2:
        below = np.tril(np.ones((k, k)))
        below[:, 0] *= n[0]  # the first level in the data stands for all the steps below it
        spread = below @ below.T * (q * _HEIGHT_SPREAD) ** 2
        out["steps of unequal height"] = _deviance(values, n * q, irregular + spread) - claim
    for other in others(quantum):
        value = float(other.value or 0.0)
        own = common * (value * margins.step / _TOLERANCE) ** 2
        out[f"steps of {other.symbol}"] = _deviance(values, n * value, irregular + own) - claim
    return out


def _deviance(values: Array, mean: Array, covariance: Array) -> Array:
    """-2 ln of the normal density, up to a constant; shapes (N, k), (k,), (N, k, k) -> (N,)."""
    k = values.shape[1]
    scale = np.trace(covariance, axis1=1, axis2=2) / k
    residual = values - mean
    _, logdet = np.linalg.slogdet(covariance / scale[:, None, None])
    solved = np.linalg.solve(covariance, residual[:, :, None])[:, :, 0]
    return np.asarray((residual * solved).sum(axis=1) + logdet + k * np.log(scale))
