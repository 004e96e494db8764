"""Table I with numbers: which diffusion coefficient holds in which physics and regime, and what the motion of a gas implies.

Source: Reggiani, Alfinito, Intini (2026), arXiv:2604.19828, eqs. (2), (3), (5) to (7), (19), (20), (25) and Table I. Where
conventions differ (transmission from a length, action, diffusion unit) each is an explicit choice and is reported.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, cast, get_args

from gzero.errors import ConfigError
from gzero.quanta import KB, NO_CONDITIONS, Conditions, H, Particle, QuantaRow, parse_quantum

#: Transmission from a length: Landauer's lambda_b/(lambda_b + L), or l/L as printed in (5), which may exceed 1.
TransmissionRule = Literal["landauer", "l/L"]
#: The action h_s: m v L, with which the paper's relations are identities, or kB T tau_T, equal to it for Fano factor 1.
Action = Literal["m*v*L", "kB*T*tau_T"]
#: The gas, which sets lambda_b/l: classical (non-degenerate, any dimension), or degenerate in one, two, three dimensions.
Gas = Literal["classical", "degenerate-1d", "degenerate-2d", "degenerate-3d"]
DiffusionUnit = Literal["h/m", "hbar/m", "hbar/2m"]

#: lambda_b/l of each gas [1]: 2 sqrt(<v_x^2>)/<|v_x|>. Datta 1995, doi 10.1017/CBO9780511805776, section 2.2.
BALLISTIC_PATHS: dict[Gas, float] = {
    "classical": math.sqrt(2 * math.pi),
    "degenerate-1d": 2.0,
    "degenerate-2d": math.pi / math.sqrt(2),
    "degenerate-3d": 4 / math.sqrt(3),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """How the particles move, and the conventions that turn it into a transmission and an action.

    Parameters
    ----------
    mean_free_path : l = v tau [m].
    velocity : v, root of the mean square velocity along x [m/s]; of a classical gas it follows from mass and temperature.
    gas : which gas, for lambda_b/l.
    transmission : rule for a transmission from a length.
    action : which of the two forms of (2).
    diffusion : unit of quantum diffusion.

    Raises
    ------
    ConfigError : a length or a velocity that is not positive and finite, or no such convention.
    """

    mean_free_path: float | None = None
    velocity: float | None = None
    gas: Gas = "classical"
    transmission: TransmissionRule = "landauer"
    action: Action = "m*v*L"
    diffusion: DiffusionUnit = "h/m"

    def __post_init__(self) -> None:
        for name in ("mean_free_path", "velocity"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ConfigError(f"{name.replace('_', ' ')} must be positive, not {value:g}", remedy="state it in SI")
        for name, kind in (
            ("gas", Gas),
            ("transmission", TransmissionRule),
            ("action", Action),
            ("diffusion", DiffusionUnit),
        ):
            chosen, allowed = getattr(self, name), cast(tuple[str, ...], get_args(kind))
            if chosen not in allowed:
                raise ConfigError(
                    f"{name} '{chosen}' is no choice", remedy=f"choose {', '.join(allowed)}", allowed=allowed
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionNumbers:
    """What follows from mass, temperature, length and motion; None where a condition is missing.

    Parameters
    ----------
    velocity : v [m/s].  inverse_fano : F = m v^2/(kB T) [1], 1 for a classical gas.
    wavelength : lambda = h/(m v) [m].  action : h_s [J s], in the form that was chosen.  action_over_h : h_s/h [1].
    ballistic_path : lambda_b [m].  transmission : Gamma [1], by the rule that was chosen.
    """

    velocity: float | None
    inverse_fano: float | None
    wavelength: float | None
    action: float | None
    action_over_h: float | None
    ballistic_path: float | None
    transmission: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffusionRow:
    """One row of Table I: physics, regime, the expression, its value [m^2/s] (None while a condition is missing), its needs."""

    physics: str
    regime: str
    symbol: str
    value: float | None
    unit: str = "m^2/s"
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The fundamental units under stated conditions.

    Parameters
    ----------
    particle, conditions, motion : what was stated, with the conventions.
    vacuum, degeneracy : the two conventions that belong to Tables II-IV alone.
    first : Table I.  numbers : velocity, wavelength, action, transmission.  rows : Tables II-IV.
    """

    particle: Particle
    conditions: Conditions
    motion: Motion
    vacuum: str
    degeneracy: float
    first: tuple[DiffusionRow, ...]
    numbers: MotionNumbers
    rows: tuple[QuantaRow, ...]


def _product(*factors: float | None) -> float | None:
    return None if any(factor is None for factor in factors) else math.prod(cast(tuple[float, ...], factors))


def velocity_of(conditions: Conditions, motion: Motion) -> float | None:
    """v [m/s]: as stated, or sqrt(kB T/m) of a classical gas, eq. (3) with Fano factor 1; None where neither is known."""
    if motion.velocity is not None:
        return motion.velocity
    if motion.gas != "classical" or conditions.mass is None or conditions.temperature is None:
        return None
    return math.sqrt(KB * conditions.temperature / conditions.mass)


def transmission_of(free_path: float, length: float, motion: Motion) -> float:
    """Gamma [1] from l [m] and L [m]: lambda_b/(lambda_b + L), which nears 1 for L -> 0, or l/L of eq. (5), not capped."""
    if motion.transmission == "l/L":
        return free_path / length
    ballistic = BALLISTIC_PATHS[motion.gas] * free_path
    return ballistic / (ballistic + length)


def motion_numbers(conditions: Conditions, motion: Motion) -> MotionNumbers:
    """Velocity, wavelength, action and transmission of a gas; eqs. (2), (3), (5) to (7)."""
    mass, temperature, length = conditions.mass, conditions.temperature, conditions.length
    v, path = velocity_of(conditions, motion), motion.mean_free_path
    momentum = _product(mass, v)
    energy = _product(KB, temperature)
    if motion.action == "m*v*L":
        action = _product(momentum, length)
    else:  # kB T tau_T, tau_T = L/v
        action = _product(energy, length, None if v is None else 1 / v)
    inverse_fano = None if momentum is None or v is None or energy is None else momentum * v / energy
    return MotionNumbers(
        velocity=v,
        inverse_fano=inverse_fano,
        wavelength=None if momentum is None else H / momentum,
        action=action,
        action_over_h=None if action is None else action / H,
        ballistic_path=_product(BALLISTIC_PATHS[motion.gas], path),
        transmission=None if path is None or length is None else transmission_of(path, length, motion),
    )


def table_one(conditions: Conditions = NO_CONDITIONS, motion: Motion | None = None) -> tuple[DiffusionRow, ...]:
    """Table I with numbers: sqrt(v_x^2) l, sqrt(v_x^2) L, c L, (h/m) Gamma, h/m, c lambda.

    Parameters
    ----------
    conditions : mass, temperature, length, photon energy; a row whose condition is missing keeps its symbol, with value None.
    motion : mean free path, velocity, and the conventions.

    The ballistic row of classical diffusion is (h_s/m) at Gamma = 1, so it follows the chosen action.
    """
    chosen = motion or Motion()
    told = motion_numbers(conditions, chosen)
    unit = parse_quantum(chosen.diffusion, conditions)
    light, photon = parse_quantum("c*L", conditions), parse_quantum("c*lambda", conditions)
    speed = ("velocity",) if chosen.gas != "classical" or chosen.velocity is not None else ("mass", "temperature")
    heat = chosen.action == "kB*T*tau_T"
    needs = tuple(dict.fromkeys((*speed, *(("mass", "temperature") if heat else ()), "length")))
    across = _product(told.action, None if conditions.mass is None else 1 / conditions.mass)
    ballistic = across if heat else _product(told.velocity, conditions.length)
    return (
        DiffusionRow(
            physics="classical", regime="diffusive", symbol="sqrt(v_x^2) l",
            value=_product(told.velocity, chosen.mean_free_path), needs=(*speed, "mean_free_path"),
        ),
        DiffusionRow(
            physics="classical", regime="ballistic", symbol="(kB T/m) tau_T" if heat else "sqrt(v_x^2) L", value=ballistic,
            needs=needs,
        ),
        DiffusionRow(physics="relativistic", regime="ballistic", symbol="c L", value=light.value, needs=light.needs),
        DiffusionRow(
            physics="quantum", regime="diffusive", symbol=f"({unit.symbol}) Gamma", value=_product(unit.value, told.transmission),
            needs=("mass", "mean_free_path", "length"),
        ),
        DiffusionRow(physics="quantum", regime="ballistic", symbol=unit.symbol, value=unit.value, needs=unit.needs),
        DiffusionRow(
            physics="quantum relativistic", regime="ballistic", symbol="c lambda", value=photon.value, needs=photon.needs
        ),
    )  # fmt: skip
