"""Imbalances of two reservoirs that decay with a known conductance."""

from __future__ import annotations

import math

import numpy as np

from gzero.errors import ConfigError
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series, condition
from gzero.models.decay import imbalance
from gzero.quanta import H
from gzero.synthetic.noise import World, draw, in_words
from gzero.synthetic.truth import Synthetic


def simulate(
    rng: np.random.Generator,
    *,
    seed: int,
    points: int = 80,
    noise: float = 0.01,
    world: World = "white",
    stated_std: bool = True,
    conductance: float = 1.0,
    tau: float = 0.5,
    amplitude: float = 0.3,
    offset: float = 0.0,
    duration: float = 2.0,
    compressibility_std: float = 0.05,
) -> Synthetic:
    """dN/N of two reservoirs joined by a channel, at equal waiting times.

    Parameters
    ----------
    rng : source of the noise; `seed` is what it was made from, for the record.
    points : waiting times from 0 on.  noise : standard deviation of dN/N [1].  world : of the noise.
    stated_std : whether the file states it.
    conductance : in units of 1/h.  tau : [s].  amplitude, offset : dN/N at the start and in the end [1].
    duration : of the longest wait [s].
    compressibility_std : relative standard uncertainty of the compressibility C = G tau, which is stated beside the data
        with its true value.

    Raises
    ------
    ConfigError : numbers that make no decay.
    """
    if points < 4 or not all(v > 0 and math.isfinite(v) for v in (conductance, tau, duration)):
        raise ConfigError(
            f"no decay of {points} points with tau {tau:g} s over {duration:g} s",
            remedy="use at least 4 points, and a positive conductance, tau and duration",
        )
    if not all(map(math.isfinite, (amplitude, offset))) or not 0 <= compressibility_std < 1:
        raise ConfigError("amplitude and offset must be finite", remedy="state them as parts of N, such as 0.3")
    t = np.linspace(0.0, duration, points)
    drawn = draw(world, rng, signal=imbalance(t, amplitude, 1 / tau, offset), std=noise)
    g = conductance / H
    stated = f"{g * tau:.6g} +/- {compressibility_std * g * tau:.3g} 1/J"
    measurement = Measurement(
        kind="decay",
        series={
            "time": Series(name="time", label="time", short="time", values=t, unit="s", written="s"),
            "imbalance": Series(
                name="imbalance", label="dN/N", short="dN/N", values=drawn.readings,
                std=drawn.std if stated_std and noise > 0 else None, unit="", written="",
            ),
        },
        conditions={"compressibility": condition("compressibility", stated)},
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=points),
        x="time",
        y="imbalance",
    )  # fmt: skip
    truth = {"conductance": g, "tau": tau, "initial_imbalance": amplitude + offset, "offset": offset, "noise": noise}
    truth |= {f"noise_{name}": value for name, value in drawn.parameters.items()}
    return Synthetic(
        measurement=measurement,
        truth=truth,
        noise=in_words(world, std=noise, unit="of N"),
        seed=seed,
        stated={"compressibility": stated},
    )
