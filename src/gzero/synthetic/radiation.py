"""Radiated heat with a known prefactor."""

from __future__ import annotations

import math

import numpy as np

from gzero.errors import ConfigError
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series, condition
from gzero.models.radiation import PHONON_BRANCHES, PHOTON_POLARISATIONS, STEFAN_BOLTZMANN, conductance, power
from gzero.quanta import PREFACTORS, C
from gzero.synthetic.noise import World, draw, in_words
from gzero.synthetic.truth import Synthetic


def simulate(
    rng: np.random.Generator,
    *,
    seed: int,
    points: int = 120,
    noise: float = 0.01,
    world: World = "white",
    stated_std: bool = True,
    prefactor: str = "stefan-boltzmann",
    area: float = 1e-4,
    area_std: float = 0.005,
    coldest: float = 200.0,
    hottest: float = 500.0,
    sound_speed: float = 0.0,
    flow: bool = False,
) -> Synthetic:
    """Radiative conductance K(T), or the power P(T) into surroundings at the coldest temperature.

    Parameters
    ----------
    rng : source of the noise; `seed` is what it was made from, for the record.
    points : temperatures.  noise : standard deviation over the largest reading [1].  world : of the noise.
    stated_std : whether the file states it.
    prefactor : stefan-boltzmann, eq17, eq26, eq28.
    area : [m^2].  area_std : its relative standard uncertainty; its true value is stated beside the data.
    coldest, hottest : [K].
    sound_speed : [m/s] of three branches of phonons; 0 makes photons.
    flow : the power rather than the conductance.

    Raises
    ------
    ConfigError : numbers that make no such experiment.
    """
    if prefactor not in PREFACTORS:
        raise ConfigError(
            f"prefactor '{prefactor}' is no choice",
            remedy=f"choose {', '.join(PREFACTORS)}",
            allowed=tuple(PREFACTORS),
        )
    if (
        points < 1
        or not (0 < coldest < hottest < math.inf and 0 < area < math.inf and 0 <= area_std < 1)
        or sound_speed < 0
    ):
        raise ConfigError(
            f"no radiation of {area:g} m^2 at {points} temperatures from {coldest:g} K to {hottest:g} K",
            remedy="use positive numbers, coldest below hottest",
        )
    p, speed = PREFACTORS[prefactor], sound_speed or C
    branches = PHONON_BRANCHES if sound_speed else PHOTON_POLARISATIONS
    t = np.linspace(coldest, hottest, points + 1)[1:] if flow else np.linspace(coldest, hottest, points)
    signal = (
        power(p, t, coldest, area, speed=speed, branches=branches)
        if flow
        else conductance(p, t, area, speed=speed, branches=branches)
    )
    size = noise * float(np.max(np.abs(signal)))
    drawn = draw(world, rng, signal=np.asarray(signal), std=size)
    name, unit = ("P", "W") if flow else ("K", "W/K")
    stated = {"area": f"{area:.6g} +/- {area_std * area:.3g} m^2"}
    if flow:
        stated["reservoir_temperature"] = f"{coldest:.6g} K"
    if sound_speed:
        stated["sound_speed"] = f"{sound_speed:.6g} m/s"
    measurement = Measurement(
        kind="radiation",
        series={
            "temperature": Series(name="temperature", label="T", short="T", values=t, unit="K", written="K"),
            "radiation": Series(
                name="radiation", label=name, short=name, values=drawn.readings,
                std=drawn.std if stated_std and noise > 0 else None, unit=unit, written=unit,
            ),
        },
        conditions={key: condition(key, text) for key, text in stated.items()},
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=points),
        x="temperature",
        y="radiation",
    )  # fmt: skip
    truth = {"prefactor": p, "exponent": 4.0 if flow else 3.0, "noise": size}
    if not sound_speed:
        truth["stefan_boltzmann"] = p / STEFAN_BOLTZMANN * _SIGMA
    truth |= {f"noise_{key}": value for key, value in drawn.parameters.items()}
    return Synthetic(
        measurement=measurement, truth=truth, noise=in_words(world, std=size, unit=unit), seed=seed, stated=stated
    )


#: Stefan-Boltzmann constant [W/(m^2 K^4)], 2 pi^5 kB^4/(15 h^3 c^2): sigma of the law whose prefactor is pi^4/30 zeta(3).
_SIGMA = power(STEFAN_BOLTZMANN, 1.0, 0.0, 1.0)
