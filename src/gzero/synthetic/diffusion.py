"""Diffusion coefficients with a known truth: one row a temperature, D = v^2 tau of a classical gas."""

from __future__ import annotations

import numpy as np

from gzero.errors import ConfigError
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series
from gzero.models.diffusion import velocity_squared
from gzero.quanta import Particle
from gzero.synthetic.truth import Synthetic


def simulate(
    rng: np.random.Generator,
    *,
    particle: Particle,
    seed: int,
    temperatures: tuple[float, ...] = (77.0, 150.0, 300.0),
    tau: float = 2e-13,
    noise: float = 0.05,
) -> Synthetic:
    """Diffusion coefficients at several temperatures for one scattering time.

    Parameters
    ----------
    rng : source of the noise; `seed` is what it was made from, for the record.
    temperatures : [K].  tau : [s].  noise : relative standard deviation of a value.

    Raises
    ------
    ConfigError : a particle without a mass, or values that are not positive.
    """
    if particle.mass is None:
        raise ConfigError("a diffusion coefficient needs a mass", remedy="state --particle or --mass")
    t = np.array(temperatures)
    if t.size == 0 or not (np.all(t > 0) and tau > 0 and noise >= 0 and np.isfinite([*t, tau, noise]).all()):
        raise ConfigError("temperatures and tau must be positive", remedy="state them in K and s")
    d = np.array([velocity_squared(float(v), particle.mass) for v in t]) * tau
    values = d * (1 + noise * rng.normal(size=t.size))
    measurement = Measurement(
        kind="diffusion",
        series={
            "temperature": Series(name="temperature", label="temperature", values=t, unit="K"),
            "diffusion": Series(
                name="diffusion", label="diffusion", values=values, std=noise * d if noise > 0 else None, unit="m^2/s"
            ),
        },
        conditions={},
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=t.size),
        x="temperature",
        y="diffusion",
        particle=particle.name,
    )
    truth = {"tau": tau} | {f"diffusion at {v:g} K": float(w) for v, w in zip(t, d, strict=True)}
    return Synthetic(measurement=measurement, truth=truth, noise=f"white, {100 * noise:g} % of each value", seed=seed)
