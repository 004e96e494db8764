"""Tables I-IV under the conditions and the conventions that the user states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, get_args

from gzero.errors import ConfigError
from gzero.estimate import declared
from gzero.quanta import PREFACTORS, Conditions, Prefactor, particle, tables
from gzero.regimes import Action, Gas, Motion, Tables, TransmissionRule, motion_numbers, table_one

_SI = {
    "temperature": "K", "length": "m", "sound_speed": "m/s", "photon_energy": "J", "mean_free_path": "m", "velocity": "m/s",
}  # fmt: skip

#: Conventions of physics.md section 1: name -> what may be chosen, the default first.
CHOICES: dict[str, tuple[str, ...]] = {
    "prefactor": tuple(PREFACTORS),
    "diffusion": ("h/m", "hbar/m", "hbar/2m"),
    "vacuum": ("eps0*c", "2eps0*c"),
    "transmission": get_args(TransmissionRule),
    "action": get_args(Action),
    "gas": get_args(Gas),
}


def tables_for(
    name: str | None,
    mass: str | None,
    stated: Mapping[str, str | None],
    *,
    conventions: Mapping[str, str],
    degeneracy: float = 1.0,
) -> Tables:
    """Tables I-IV; of the electron unless another particle or a mass is named.

    Parameters
    ----------
    stated : quantities as texts: temperature, length, sound_speed, photon_energy, mean_free_path, velocity.
    conventions : one of `CHOICES` by name; what is left out is its default.
    degeneracy : of the rows of one mode.

    Raises
    ------
    ConfigError : an unknown particle, convention or quantity.  UnitError : a quantity of another dimension.
    """
    for option, chosen in conventions.items():
        allowed = CHOICES[option]
        if chosen not in allowed:
            raise ConfigError(
                f"--{option} '{chosen}' is no choice", remedy=f"choose {', '.join(allowed)}", allowed=allowed
            )
    who = particle(name or (None if mass else "electron"), mass=mass)
    si = {
        key: None if text is None else declared(text, si=_SI[key], what=key.replace("_", " "), source=key).value
        for key, text in stated.items()
    }
    for key, value in si.items():
        if value is not None and value <= 0:
            raise ConfigError(f"{key.replace('_', ' ')} must be positive, not {value:g} {_SI[key]}")
    choice = {option: conventions.get(option, allowed[0]) for option, allowed in CHOICES.items()}
    conditions = Conditions(
        mass=who.mass, temperature=si.get("temperature"), length=si.get("length"), sound_speed=si.get("sound_speed"),
        photon_energy=si.get("photon_energy"), prefactor=cast(Prefactor, choice["prefactor"]),
    )  # fmt: skip
    picked: dict[str, Any] = {key: choice[key] for key in ("gas", "transmission", "action", "diffusion")}
    motion = Motion(mean_free_path=si.get("mean_free_path"), velocity=si.get("velocity"), **picked)
    vacuum: Any = choice["vacuum"]
    return Tables(
        particle=who, conditions=conditions, motion=motion, vacuum=vacuum, degeneracy=degeneracy,
        first=table_one(conditions, motion), numbers=motion_numbers(conditions, motion),
        rows=tables(conditions, diffusion=motion.diffusion, vacuum=vacuum, degeneracy=degeneracy),
    )  # fmt: skip
