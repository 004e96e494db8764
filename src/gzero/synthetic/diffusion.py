"""Diffusion coefficients with a known truth: one row a temperature, D = v^2 tau of a classical gas."""

from __future__ import annotations

import numpy as np

from gzero.errors import ConfigError
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series
from gzero.models.diffusion import REFERENCE, velocity_squared
from gzero.quanta import Particle
from gzero.synthetic.noise import World, draw, in_words
from gzero.synthetic.truth import Synthetic

#: Temperatures that are a curve; fewer are rows, each with an answer of its own.
_CURVE = 4


def simulate(
    rng: np.random.Generator,
    *,
    particle: Particle,
    seed: int,
    temperatures: tuple[float, ...] = (77.0, 150.0, 300.0),
    tau: float = 2e-13,
    noise: float = 0.05,
    world: World = "white",
    stated_std: bool = True,
) -> Synthetic:
    """Diffusion coefficients at several temperatures for one scattering time.

    Parameters
    ----------
    rng : source of the noise; `seed` is what it was made from, for the record.
    temperatures : [K].  tau : [s].  noise : relative standard deviation of a value.
    world : of the noise, from one temperature to the next.  stated_std : whether the file states it.

    Returns
    -------
    Synthetic; its truth holds `tau` and D at every temperature, and from four temperatures on, which are fitted with a power
    law of falling D, also `diffusion` at 300 K and the `exponent` of D proportional to T, -1.

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
    drawn = draw(world, rng, signal=np.ones(t.size), std=noise)
    measurement = Measurement(
        kind="diffusion",
        series={
            "temperature": Series(name="temperature", label="temperature", values=t, unit="K"),
            "diffusion": Series(
                name="diffusion", label="diffusion", values=d * drawn.readings,
                std=d * drawn.std if stated_std and noise > 0 else None, unit="m^2/s",
            ),
        },
        conditions={},
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=t.size),
        x="temperature",
        y="diffusion",
        particle=particle.name,
    )  # fmt: skip
    truth = {"tau": tau} | {f"diffusion at {v:g} K": float(w) for v, w in zip(t, d, strict=True)}
    if t.size >= _CURVE:
        truth |= {"diffusion": velocity_squared(REFERENCE, particle.mass) * tau, "exponent": -1.0}
    return Synthetic(
        measurement=measurement, truth=truth, noise=in_words(world, std=noise, unit="of each value"), seed=seed
    )
