"""Complex conductivities with a known truth: Drude, or Drude and Smith, in either convention of time."""

from __future__ import annotations

import numpy as np

from gzero.errors import ConfigError
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series
from gzero.models import drude
from gzero.synthetic.noise import World, draw, in_words
from gzero.synthetic.truth import Synthetic


def simulate(
    rng: np.random.Generator,
    *,
    seed: int,
    points: int = 100,
    noise: float = 0.02,
    world: World = "white",
    stated_std: bool = True,
    conductivity: float = 1500.0,
    tau: float = 80e-15,
    persistence: float = 0.0,
    low: float = 0.2e12,
    high: float = 2.5e12,
    imaginary_noise: float = 1.0,
    conjugate: bool = False,
    sheet: bool = False,
) -> Synthetic:
    """Real and imaginary part over evenly spaced frequencies.

    Parameters
    ----------
    rng : source of the noise; `seed` is what it was made from, for the record.
    noise : standard deviation of a reading of the real part, over sigma_0.  imaginary_noise : of the other over it.
    conductivity : sigma_0 [S/m, or S of a sheet].  tau [s], persistence c [1], low, high [Hz].
    conjugate : the imaginary part in the convention exp(+i omega t).

    Raises
    ------
    ConfigError : numbers that make no conductivity.
    """
    if not (points >= 4 and 0 < low < high < np.inf and conductivity > 0 and tau > 0 and -1 <= persistence <= 1):
        raise ConfigError(
            "a conductivity needs at least 4 frequencies, 0 < low < high, positive sigma_0 and tau, and c from -1 to 1",
            remedy="leave them to their defaults",
        )
    if not (noise >= 0 and imaginary_noise > 0):
        raise ConfigError("noise must not be negative", remedy="write for example --noise 0.02")
    f = np.linspace(low, high, points)
    x, values, sign = drude.axis(f, f), np.array([conductivity, tau, persistence]), -1.0 if conjugate else 1.0
    both = drude.drude_smith(x, values, sign)
    unit, std = ("S" if sheet else "S/m"), noise * conductivity
    stds = {"conductivity": std, "imaginary_conductivity": std * imaginary_noise}
    parts = {"conductivity": both[points:], "imaginary_conductivity": both[:points][::-1]}
    series = {"frequency": Series(name="frequency", label="f", short="f", written="THz", values=f, unit="Hz")}
    for name, short in (("conductivity", "Re sigma"), ("imaginary_conductivity", "Im sigma")):
        drawn = draw(world, rng, signal=parts[name], std=stds[name])
        given = drawn.std if stated_std and std > 0 else None
        series[name] = Series(
            name=name, label=short, short=short, written=unit, values=drawn.readings, std=given, unit=unit
        )
    measurement = Measurement(
        kind="drude",
        series=series,
        conditions={},
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=points),
        x="frequency",
        y="conductivity",
    )
    truth = {"tau": tau, "conductivity": conductivity, "persistence": persistence, "noise": std}
    return Synthetic(measurement=measurement, truth=truth, noise=in_words(world, std=std, unit=unit), seed=seed)
