"""Simulated files: synthetic data as CSV with their truth and their gzero configuration beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gzero.errors import ConfigError
from gzero.estimate import declared
from gzero.pipeline.datasets import write_synthetic
from gzero.quanta import Conditions, parse_quantum, particle


def simulate_file(
    experiment: str,
    output: Path,
    *,
    quantum: str | None,
    particle: str | None,
    mass: str | None,
    temperature: str | None,
    steps: int,
    points: int,
    noise: float,
    height: float,
    seed: int,
) -> tuple[Path, Path]:
    """Write a simulated file and its sidecar; returns both paths.

    Raises
    ------
    ConfigError : an unknown experiment or options that make no data.  OutputError : the file cannot be written.
    """
    if output.suffix != ".csv":
        raise ConfigError(f"'{output.name}' does not end in .csv", remedy="simulated data are written as CSV")
    if experiment == "staircase":
        return _staircase(
            output,
            quantum=quantum,
            name=particle,
            mass=mass,
            temperature=temperature,
            steps=steps,
            points=points,
            noise=noise,
            height=height,
            seed=seed,
        )
    if experiment == "diffusion":
        return _diffusion(output, name=particle, mass=mass, noise=noise, seed=seed)
    raise ConfigError(
        f"experiment '{experiment}' cannot be simulated",
        remedy="choose staircase or diffusion",
        allowed=("staircase", "diffusion"),
    )


def _staircase(
    output: Path, *, quantum: str | None, name: str | None, mass: str | None, temperature: str | None, steps: int, points: int,
    noise: float, height: float, seed: int,
) -> tuple[Path, Path]:  # fmt: skip
    from gzero.synthetic.staircase import simulate

    kelvin = declared(temperature, si="K", what="temperature", source="temperature").value if temperature else None
    who = particle(name, mass=mass)
    unit = parse_quantum(quantum or "2e^2/h", Conditions(mass=who.mass, temperature=kelvin))
    cold = kelvin is not None and unit.unit != "S"
    # without a lever arm a temperature widens risers in energy: the abscissa is then an energy over kB
    synthetic = simulate(
        np.random.default_rng(seed), quantum=unit, seed=seed, steps=steps, points=points, noise=noise, height=height,
        width=kelvin if cold and kelvin else 5e-3, x_unit="K" if cold else "V", x_name="gate potential" if cold else "Vg",
    )  # fmt: skip
    sidecar = {"experiment": "staircase", "quantum": unit.symbol, "x": "gate potential" if cold else "Vg", "y": "G"}
    sidecar |= {
        key: value for key, value in (("particle", name), ("mass", mass), ("temperature", temperature)) if value
    }
    heads = ("gate potential [nK]", f"G [{unit.symbol}]") if cold else ("Vg [mV]", f"G [{unit.symbol}]")
    return write_synthetic(
        synthetic, output, sidecar, heads=heads, units=(1e-9 if cold else 1e-3, float(unit.value or 1.0))
    )


def _diffusion(output: Path, *, name: str | None, mass: str | None, noise: float, seed: int) -> tuple[Path, Path]:
    from gzero.synthetic.diffusion import simulate

    who = particle(name or (None if mass else "electron"), mass=mass)
    synthetic = simulate(np.random.default_rng(seed), particle=who, seed=seed, noise=noise)
    sidecar = {"experiment": "diffusion", "quantum": "h/m"} | ({"mass": mass} if mass else {"particle": who.name})
    return write_synthetic(synthetic, output, sidecar, heads=("T [K]", "D [m^2/s]"), units=(1.0, 1.0))
