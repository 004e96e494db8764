"""Tables I-IV under the conditions that the user states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from gzero.errors import ConfigError
from gzero.estimate import declared
from gzero.quanta import PREFACTORS, Conditions, Particle, Prefactor, QuantaRow, particle, tables

_SI = {"temperature": "K", "length": "m", "sound_speed": "m/s", "photon_energy": "J"}

Tables = tuple[Particle, Conditions, tuple[QuantaRow, ...]]


def tables_for(
    name: str | None, mass: str | None, stated: Mapping[str, str | None], *, prefactor: str, diffusion: str, vacuum: str
) -> Tables:
    """Particle, conditions in SI, and the rows of Tables II-IV; the electron unless another particle is named.

    Raises
    ------
    ConfigError : an unknown particle, convention or quantity.  UnitError : a quantity of another dimension.
    """
    choices = {
        "--prefactor": (prefactor, tuple(PREFACTORS)),
        "--diffusion": (diffusion, ("h/m", "hbar/m", "hbar/2m")),
        "--vacuum": (vacuum, ("eps0*c", "2eps0*c")),
    }
    for option, (chosen, allowed) in choices.items():
        if chosen not in allowed:
            raise ConfigError(
                f"{option} '{chosen}' is no choice", remedy=f"choose {', '.join(allowed)}", allowed=allowed
            )
    who = particle(name or (None if mass else "electron"), mass=mass)
    si = {
        key: None if text is None else declared(text, si=_SI[key], what=key.replace("_", " "), source=key).value
        for key, text in stated.items()
    }
    for key, value in si.items():
        if value is not None and value <= 0:
            raise ConfigError(f"{key.replace('_', ' ')} must be positive, not {value:g} {_SI[key]}")
    conditions = Conditions(
        mass=who.mass, temperature=si["temperature"], length=si["length"], sound_speed=si["sound_speed"],
        photon_energy=si["photon_energy"], prefactor=cast(Prefactor, prefactor),
    )  # fmt: skip
    return who, conditions, tables(conditions, diffusion=diffusion, vacuum=vacuum)  # type: ignore[arg-type]
