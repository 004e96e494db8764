"""D(T) or mobility over temperature with a known truth: one power law, noise as a part of each reading."""

from __future__ import annotations

import numpy as np

from gzero.errors import ConfigError
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series
from gzero.models.diffusion import POWER_LAW, to_mobility
from gzero.synthetic.noise import World, draw, in_words
from gzero.synthetic.truth import Synthetic


def simulate(
    rng: np.random.Generator,
    *,
    seed: int,
    points: int = 60,
    noise: float = 0.02,
    world: World = "white",
    stated_std: bool = True,
    diffusion: float = 3.5e-3,
    exponent: float = 1.4,
    low: float = 150.0,
    high: float = 400.0,
    as_mobility: bool = False,
) -> Synthetic:
    """Diffusion coefficients of one sample at evenly spaced temperatures.

    Parameters
    ----------
    rng : source of the noise; `seed` is what it was made from, for the record.
    noise : standard deviation of a reading, over the reading.
    diffusion : at 300 K [m^2/s].  exponent : D falls as T^-exponent.  low, high : temperatures [K].
    as_mobility : mu = e D/(kB T) instead, of a classical gas.

    Raises
    ------
    ConfigError : numbers that make no curve.
    """
    if not (points >= 2 and 0 < low < high < np.inf and diffusion > 0 and noise >= 0 and np.isfinite(exponent)):
        raise ConfigError(
            "D(T) needs at least 2 temperatures, 0 < low < high and a positive D", remedy="leave them to their defaults"
        )
    t = np.linspace(low, high, points)
    d = POWER_LAW.function(t, np.array([diffusion, exponent]))
    scale = to_mobility(d, t) if as_mobility else d
    drawn = draw(world, rng, signal=np.ones(points), std=noise)
    unit = "m^2/(V s)" if as_mobility else "m^2/s"
    short, written = ("mobility", "cm^2/(V s)") if as_mobility else ("D", "m^2/s")
    measurement = Measurement(
        kind="diffusion",
        series={
            "temperature": Series(name="temperature", label="T", short="T", written="K", values=t, unit="K"),
            "diffusion": Series(
                name="diffusion", label=short, short=short, written=written, values=scale * drawn.readings,
                std=scale * drawn.std if stated_std and noise > 0 else None, unit=unit,
            ),
        },
        conditions={},
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=points),
        x="temperature",
        y="diffusion",
        particle="electron",
    )  # fmt: skip
    truth = {"diffusion": diffusion, "exponent": exponent}
    return Synthetic(
        measurement=measurement, truth=truth, noise=in_words(world, std=noise, unit="of each reading"), seed=seed,
        stated={"particle": "electron"},
    )  # fmt: skip
