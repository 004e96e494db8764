"""Trajectories with a known truth: diffusion, fractional Brownian motion or confinement, read with blur and errors."""

from __future__ import annotations

import numpy as np

from gzero.errors import ConfigError
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series
from gzero.models.model import Array
from gzero.synthetic.truth import Synthetic


def simulate(
    rng: np.random.Generator,
    *,
    seed: int,
    points: int = 50,
    trajectories: int = 20,
    dimensions: int = 2,
    diffusion: float = 4e-13,
    interval: float = 0.05,
    noise: float = 8e-8,
    exposure: float = 0.0,
    alpha: float = 1.0,
    drift: float = 0.0,
) -> Synthetic:
    """Positions of particles at equal times, each trajectory from the origin on.

    Parameters
    ----------
    rng : source of motion and errors; `seed` is what it was made from, for the record.
    points : positions of a trajectory.  trajectories : how many.  dimensions : 1, 2 or 3.
    diffusion : D [m^2/s]; with another alpha what a step over one interval shows.  interval : [s] between positions.
    noise : localisation error of every coordinate [m].  exposure : [s] over which a position is averaged, <= interval.
    alpha : exponent of the MSD, 0 to 2; other than 1 is fractional Brownian motion.  drift : common velocity along x [m/s].

    Raises
    ------
    ConfigError : numbers that make no trajectories.
    """
    numbers = [diffusion, interval, noise, exposure, alpha, drift]
    if not (points >= 3 and trajectories >= 1 and dimensions in (1, 2, 3) and np.isfinite(numbers).all()):
        raise ConfigError("no trajectories of these numbers", remedy="leave them to their defaults")
    if not (diffusion >= 0 and interval > 0 and noise >= 0 and 0 <= exposure <= interval and 0 < alpha < 2):
        raise ConfigError("D, interval, noise and exposure must be positive", remedy="leave them to their defaults")
    if exposure > 0 and alpha != 1:
        raise ConfigError("motion blur is simulated for alpha = 1 only", remedy="leave the exposure out")
    shape = (trajectories, points, dimensions)
    place = _moved(rng, shape, 2 * diffusion * interval, alpha, exposure / interval)
    time = np.arange(points) * interval
    place[:, :, 0] += drift * time
    place += noise * rng.normal(size=shape)
    return Synthetic(
        measurement=_measurement(place, np.asarray(time, dtype=np.float64), exposure),
        truth={
            "diffusion": diffusion, "localisation_std": noise, "alpha": alpha, "exposure": exposure, "drift": drift,
        },
        noise=f"localisation error of standard deviation {1e9 * noise:g} nm in every coordinate",
        seed=seed,
    )  # fmt: skip


def _moved(
    rng: np.random.Generator, shape: tuple[int, int, int], step: float, alpha: float, open_share: float
) -> Array:
    """Positions without errors [m], step being the variance of one step [m^2]."""
    many, points, dimensions = shape
    if alpha == 1 and open_share == 0:
        steps = rng.normal(size=(many, points - 1, dimensions)) * np.sqrt(step)
        return np.concatenate([np.zeros((many, 1, dimensions)), np.cumsum(steps, axis=1)], axis=1)
    if alpha == 1:
        return _blurred(rng, shape, step, open_share)
    # fractional Brownian motion from the covariance of its steps
    k = np.arange(points - 1, dtype=np.float64)
    lag = np.abs(np.subtract.outer(k, k))
    covariance = 0.5 * step * (np.abs(lag + 1) ** alpha + np.abs(lag - 1) ** alpha - 2 * lag**alpha)
    root = np.linalg.cholesky(covariance)
    steps = np.einsum("kl,mld->mkd", root, rng.normal(size=(many, points - 1, dimensions)))
    return np.concatenate([np.zeros((many, 1, dimensions)), np.cumsum(steps, axis=1)], axis=1)


def _blurred(rng: np.random.Generator, shape: tuple[int, int, int], step: float, open_share: float) -> Array:
    """Means over the time that the shutter is open, exact: of a Brownian path from 0 to W over a time t_E the mean is
    W/2 + N(0, 2 D t_E/12)."""
    many, _, dimensions = shape
    open_step, closed_step = step * open_share, step * (1 - open_share)
    opened = rng.normal(size=shape) * np.sqrt(open_step)
    closed = rng.normal(size=shape) * np.sqrt(closed_step)
    bridge = rng.normal(size=shape) * np.sqrt(open_step / 12)
    starts = np.concatenate([np.zeros((many, 1, dimensions)), np.cumsum(opened + closed, axis=1)[:, :-1]], axis=1)
    return np.asarray(starts + opened / 2 + bridge)


def _measurement(place: Array, time: Array, exposure: float) -> Measurement:
    many, points, dimensions = place.shape
    flat = place.reshape(-1, dimensions)

    def series(name: str, short: str, values: Array, unit: str, written: str) -> Series:
        return Series(name=name, label=short, short=short, values=values, unit=unit, written=written)

    columns = {
        "time": series("time", "t", np.tile(time, many), "s", "s"),
        "displacement": series("displacement", "x", flat[:, 0], "m", "um"),
    }
    for i, axis in enumerate("yz"[: dimensions - 1], 1):
        columns[f"position_{axis}"] = series(f"position_{axis}", axis, flat[:, i], "m", "um")
    columns["trace"] = series("trace", "trace", np.repeat(np.arange(1.0, many + 1), points), "", "")
    if exposure > 0:
        columns["exposure"] = series("exposure", "exposure", np.full(many * points, exposure), "s", "ms")
    return Measurement(
        kind="msd", series=columns, conditions={},
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=many * points), x="time", y="displacement",
    )  # fmt: skip
