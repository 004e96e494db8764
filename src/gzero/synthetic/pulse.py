"""Haynes and Shockley's experiment with a known truth: a packet of carriers seen at several places, or at several times."""

from __future__ import annotations

import numpy as np

from gzero.errors import ConfigError
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series
from gzero.models.pulse import packet
from gzero.quanta import KB, E
from gzero.synthetic.noise import World, draw, in_words
from gzero.synthetic.truth import Synthetic


def simulate(
    rng: np.random.Generator,
    *,
    seed: int,
    points: int = 120,
    positions: tuple[float, ...] = (2e-3, 4e-3, 6e-3),
    delays: tuple[float, ...] = (),
    mobility: float = 0.048,
    field: float = 5e3,
    temperature: float = 300.0,
    einstein_ratio: float = 1.0,
    lifetime: float = 3e-5,
    initial_width: float = 1e-4,
    noise: float = 0.02,
    world: World = "white",
    stated_std: bool = True,
) -> Synthetic:
    """Readings in units of the first packet's height.

    Parameters
    ----------
    rng : source of the noise; `seed` is what it was made from, for the record.
    points : readings of a trace.  positions : of the detector [m], one trace each, n(t).
    delays : after the injection [s], one trace each, n(x); where there are some, no positions are looked at.
    mobility : mu [m^2/(V s)].  field : E [V/m].  temperature : [K].
    einstein_ratio : D e/(mu kB T) [1]; 1 is Einstein's relation.
    lifetime : tau_r [s].  initial_width : standard deviation of the packet at t = 0 [m].
    noise : standard deviation of a reading, over the height of the first packet.  world : of `synthetic.noise`.
    stated_std : whether that standard deviation is stated.

    Raises
    ------
    ConfigError : numbers that make no packet.
    """
    places = np.array(delays or positions, dtype=np.float64)
    numbers = [mobility, field, temperature, einstein_ratio, lifetime, initial_width, noise, *places]
    if not (np.isfinite(numbers).all() and min(numbers[:5]) > 0 and min(initial_width, noise) >= 0 and points >= 8):
        raise ConfigError("no packet of these numbers", remedy="leave them to their defaults")
    if places.size == 0 or np.any(places <= 0):
        raise ConfigError("positions and delays must be positive", remedy="state for example positions=0.002:0.004")
    velocity = mobility * field
    diffusion = einstein_ratio * mobility * KB * temperature / E
    values = np.array([1.0, diffusion, velocity, initial_width**2, 0.0, 1 / lifetime, 0.0])
    x, t = _grid(places, points, values, by_delay=bool(delays))
    signal = packet(x.ravel(), t.ravel(), values).reshape(x.shape)
    values[0] = 1 / float(np.max(signal[0]))
    signal = signal * values[0]
    drawn = [draw(world, rng, signal=row, std=noise) for row in signal]
    readings = np.concatenate([one.readings for one in drawn])
    std = np.concatenate([one.std for one in drawn]) if stated_std and noise > 0 else None
    return Synthetic(
        measurement=_measurement(x, t, readings, std),
        truth={
            "diffusion": diffusion, "mobility": mobility, "lifetime": lifetime, "initial_width": initial_width,
            "einstein_ratio": einstein_ratio, "velocity": velocity,
        },
        noise=in_words(world, std=noise, unit="of the first packet's height"),
        seed=seed,
        stated={"electric_field": f"{field:g} V/m", "temperature": f"{temperature:g} K"},
    )  # fmt: skip


def _grid(places: np.ndarray, points: int, values: np.ndarray, *, by_delay: bool) -> tuple[np.ndarray, np.ndarray]:
    """(x, t), shape (traces, points): from 5 standard deviations before the packet to 5 behind it."""
    _, diffusion, velocity, variance, *_ = values
    time = places if by_delay else places / velocity
    width = np.sqrt(variance + 2 * diffusion * time)
    reach = np.linspace(-5, 5, points) * width[:, None]
    if by_delay:
        return velocity * time[:, None] + reach, np.repeat(time[:, None], points, axis=1)
    return np.repeat(places[:, None], points, axis=1), np.maximum(time[:, None] + reach / velocity, 0.0)


def _measurement(x: np.ndarray, t: np.ndarray, readings: np.ndarray, std: np.ndarray | None) -> Measurement:
    many, points = x.shape

    def series(name: str, values: np.ndarray, unit: str, written: str) -> Series:
        return Series(name=name, label=name, short=name, values=values.ravel(), unit=unit, written=written)

    columns = {
        "time": series("time", t, "s", "us"),
        "density": Series(name="density", label="signal", short="signal", values=readings, std=std, unit=None),
        "position": series("position", x, "m", "mm"),
        "trace": series("trace", np.repeat(np.arange(1.0, many + 1), points), "", ""),
    }
    return Measurement(
        kind="pulse", series=columns, conditions={},
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=x.size), x="time", y="density",
    )  # fmt: skip
