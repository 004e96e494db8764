"""Which mass a diffusion coefficient is compared with, and the fundamental units of diffusion for it."""

from __future__ import annotations

from gzero.errors import ConfigError
from gzero.estimate import Estimate
from gzero.fitters.findings import Comparison
from gzero.measurement.measurement import Measurement
from gzero.quanta import Conditions, Particle, parse_quantum, particle

_UNITS = ("h/m", "hbar/m", "hbar/2m")


def mass_of(measurement: Measurement) -> tuple[Particle | None, Estimate]:
    """(the bare particle where one is named, the mass for velocity and time): a stated mass before that of the particle.

    Raises
    ------
    ConfigError : neither.
    """
    bare = particle(measurement.particle) if measurement.particle is not None else None
    stated = measurement.conditions.get("mass")
    if stated is None and (bare is None or bare.mass is None):
        raise ConfigError(
            "a diffusion coefficient is compared with h/m, and no mass is known",
            remedy="state --particle or --mass",
            path=measurement.origin.path,
        )
    return bare, stated or Estimate(value=float(bare.mass) if bare and bare.mass else float("nan"), unit="kg")


def charged(measurement: Measurement) -> bool:
    """Whether what moves may carry the charge e, so that it has a mobility: a named atom or neutron does not."""
    return measurement.particle in (None, "electron", "proton")


def in_units(d: Estimate, bare: Particle | None, mass: Estimate, *, effective: bool) -> list[Comparison]:
    """D in every fundamental unit of diffusion, for the bare and the effective mass."""
    masses = (
        [("m0" if bare is not None and bare.name == "electron" else "m", bare.mass)]
        if bare is not None and bare.mass
        else []
    )
    if effective:
        masses.append(("m*", mass.value))
    out = []
    for symbol in _UNITS:
        for name, kg in masses:
            unit = parse_quantum(symbol, Conditions(mass=kg)).value
            if unit is not None:
                shown = symbol.replace("m", name) if not symbol.startswith("hbar/2") else f"hbar/2{name}"
                out.append(
                    Comparison(name=shown, value=unit, unit="m^2/s", ratio=d.value / unit, ratio_std=d.std / unit)
                )
    return out
