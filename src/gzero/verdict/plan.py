"""How much a verdict needs: sweeps, or a smaller gain uncertainty, until staircases of the quantum are called so.

The statistical covariance of the levels falls with the number of sweeps, what is common to them (gain, offset, series
resistance) does not. For each number the power is simulated, with the same errors scaled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ConfigError
from gzero.fitters.level_set import LevelSet
from gzero.quanta import Quantum
from gzero.verdict.chance import ALLOWED, SEED, chances, power_of
from gzero.verdict.freedoms import Freedoms
from gzero.verdict.margins import Margins

#: Sweeps beyond which nobody measures.
MOST = 10_000
_TRIALS = 2000
_STEPS = (1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What a verdict needs.

    Parameters
    ----------
    quantum : symbol.  plateaus : indices of the levels of the claim.  margins : what counts as equal.
    asked : power that is asked for.
    powers : number of sweeps -> power, in order.
    sweeps : fewest sweeps with the power asked for; None where no number has it.
    limit : power with an endless number of sweeps.
    gain : relative standard uncertainty of the gain now; None where it is exact.
    gain_needed : largest one that has the power asked for with the sweeps at hand; None where none has.
    gain_limit : the same with an endless number of sweeps.
    false_positive_rate : of random staircases, with one sweep;  possible : whether it is small enough for a verdict.
    freedoms : what was free in that simulation.  seed : of both simulations.
    assumptions : sentences.
    """

    quantum: str
    plateaus: tuple[int, ...]
    margins: Margins
    asked: float
    powers: Mapping[int, float]
    sweeps: int | None
    limit: float
    gain: float | None
    gain_needed: float | None
    gain_limit: float | None
    false_positive_rate: float
    possible: bool
    freedoms: tuple[str, ...]
    seed: int
    assumptions: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """As plain values (schema gzero.plan/1)."""
        return {
            "schema": "gzero.plan/1",
            "quantum": self.quantum,
            "plateaus": list(self.plateaus),
            "margin": self.margins.step,
            "level_margin": self.margins.level,
            "confidence": self.margins.confidence,
            "power": self.asked,
            "powers": [{"sweeps": m, "power": p} for m, p in self.powers.items()],
            "sweeps": self.sweeps,
            "power_limit": self.limit,
            "gain_std": self.gain,
            "gain_std_needed": self.gain_needed,
            "gain_std_limit": self.gain_limit,
            "false_positive_rate": self.false_positive_rate,
            "possible": self.possible,
            "freedoms": list(self.freedoms),
            "seed": self.seed,
            "assumptions": list(self.assumptions),
        }


def expected_levels(
    quantum: Quantum,
    *,
    indices: range,
    noise: float,
    points: int,
    gain_std: float = 0.0,
    offset_std: float = 0.0,
    resistance_std: float = 0.0,
    resistance_fitted: bool = False,
) -> LevelSet:
    """Levels of a staircase that is yet to be measured: flat plateaus in white noise.

    Parameters
    ----------
    indices : counted plateaus.
    noise : standard deviation of one reading, in quanta.  points : readings on each plateau.
    gain_std : relative.  offset_std [SI], resistance_std [ohm] : dG = G^2 dR.
    """
    q = float(quantum.value or 0.0)
    n = np.array(indices)
    values = n * q
    shifts: dict[str, NDArray[Any]] = {
        "gain": -gain_std * values,
        "offset": np.full(n.size, -offset_std),
        "series_resistance": resistance_std * values**2,
    }
    return LevelSet(
        indices=n,
        values=values,
        covariance=np.eye(n.size) * (noise * q) ** 2 / points,
        shifts={name: shift for name, shift in shifts.items() if np.any(shift)},
        flat=(True,) * n.size,
        counted_from="pinch-off",
        resistance_fitted=resistance_fitted,
    )


def plan_for(
    levels: LevelSet,
    quantum: Quantum,
    margins: Margins,
    freedoms: Freedoms,
    *,
    power: float,
    assumptions: tuple[str, ...],
    seed: int | None = None,
) -> Plan:
    """What a verdict on levels like these needs.

    Parameters
    ----------
    levels : of one sweep.  power : share of true staircases that are to be called quantized.

    Raises
    ------
    ConfigError : a power that is none.
    """
    if not 0 < power < 1:
        raise ConfigError(f"power {power:g} must lie between 0 and 1", remedy="write for example --power 0.9")
    start = SEED if seed is None else seed

    def at(sweeps: float, gain: float | None = None) -> float:
        some = replace(levels, covariance=levels.covariance / sweeps)
        if gain is not None:
            q = float(quantum.value or 0.0)
            shift: NDArray[Any] = -gain * levels.indices * q
            some = replace(some, shifts={**levels.shifts, "gain": shift})
        rng = np.random.default_rng(start)
        return power_of(some, quantum, margins, freedoms, rng=rng, trials=_TRIALS)

    chance = chances(levels, quantum, margins, freedoms, seed=start)
    limit = at(1e12)
    fewest = _fewest(at, power) if limit >= power else None
    shown = sorted(
        {*(m for m in _STEPS if fewest is None or m <= 4 * fewest or m <= 10), *([fewest] if fewest else [])}
    )
    gain = levels.shifts.get("gain")
    now = None if gain is None else float(np.max(np.abs(gain / levels.values)))
    return Plan(
        quantum=quantum.symbol,
        plateaus=tuple(int(n) for n in levels.indices),
        margins=margins,
        asked=power,
        powers={m: at(m) for m in shown},
        sweeps=fewest,
        limit=limit,
        gain=now,
        gain_needed=_largest_gain(lambda g: at(1, g), power, margins),
        gain_limit=_largest_gain(lambda g: at(1e12, g), power, margins),
        false_positive_rate=chance.false_positive_rate,
        possible=chance.upper < ALLOWED,
        freedoms=chance.freedoms,
        seed=start,
        assumptions=assumptions,
    )


def _fewest(at: Callable[[float], float], power: float) -> int | None:
    """The least number of sweeps with the power, by doubling and halving."""
    high = 1
    while at(high) < power:
        high *= 2
        if high > MOST:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if at(middle) >= power else (middle, high)
    return high


def _largest_gain(at: Callable[[float], float], power: float, margins: Margins) -> float | None:
    """The largest relative standard uncertainty of the gain with the power, to a per cent of itself."""
    low, high = 0.0, margins.step
    if at(low) < power:
        return None
    while high - low > 0.01 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle) >= power else (low, middle)
    return low if low > 0 else None
