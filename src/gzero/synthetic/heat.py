"""Heat that flows out of a hot island through channels and into phonons, with a known truth."""

from __future__ import annotations

import math

import numpy as np

from gzero.errors import ConfigError
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series, condition
from gzero.models.heat import CONDUCTANCE_EXPONENT, FLOW_EXPONENT, heat_conductance, heat_flow
from gzero.synthetic.noise import World, draw, in_words
from gzero.synthetic.truth import Synthetic


def simulate(
    rng: np.random.Generator,
    *,
    seed: int,
    points: int = 30,
    noise: float = 20e-18,
    world: World = "white",
    stated_std: bool = True,
    channels: tuple[float, ...] = (1.0, 2.0, 3.0),
    per_channel: float = 1.0,
    missing: float = 0.0,
    coupling: float = 4e-9,
    exponent: float = 0.0,
    coldest: float = 0.024,
    hottest: float = 0.06,
    scale_std: float = 0.005,
    conductance: bool = False,
) -> Synthetic:
    """Heat flow J(T_h) from an island into a reservoir at T_0, or heat conductance K(T), at several numbers of channels.

    Parameters
    ----------
    rng : source of the noise; `seed` is what it was made from, for the record.
    points : temperatures of each number of channels.  noise : standard deviation [W, or W/K].  world : of the noise, along
        the whole record.  stated_std : whether the file states it.
    channels : numbers of open channels.  per_channel : heat modes of a channel [1]; 1 is the quantum kappa0 T.
    missing : modes that are blocked whatever the number of channels [1].
    coupling : of the phonons, SV [W/K^p] or c [W/K^(p + 1)].  exponent : p; 0 takes 5 for a flow and 3 for a conductance.
    coldest : T_0 [K], or the lowest T of a conductance.  hottest : [K].
    scale_std : relative standard uncertainty of the temperature scale, stated beside the data; the temperatures are true.
    conductance : K(T) rather than J(T_h).

    Raises
    ------
    ConfigError : numbers that make no such experiment.
    """
    values = (*channels, coldest, hottest)
    if (
        points < 2
        or not channels
        or not all(v > 0 and math.isfinite(v) for v in values)
        or hottest <= coldest
        or scale_std < 0
    ):
        raise ConfigError(
            f"no heat flow at {points} temperatures from {coldest:g} K to {hottest:g} K through {len(channels)} settings",
            remedy="use at least 2 temperatures, coldest below hottest, and positive numbers of channels",
        )
    usual = CONDUCTANCE_EXPONENT if conductance else FLOW_EXPONENT
    power = exponent or usual
    # from T_0 upwards, without T_0 itself, where nothing flows
    t = np.linspace(coldest, hottest, points + 1)[1:] if not conductance else np.linspace(coldest, hottest, points)
    modes = [per_channel * n - missing for n in channels]
    cold = np.full(t.size, coldest)
    parts = [
        heat_conductance(t, m, coupling, power) if conductance else heat_flow(t, cold, m, coupling, power)
        for m in modes
    ]
    drawn = draw(world, rng, signal=np.concatenate(parts), std=noise)
    hot, number = np.tile(t, len(channels)), np.repeat(channels, t.size)
    name, unit, written = ("K", "W/K", "fW/K") if conductance else ("J", "W", "fW")
    middle = (coldest + hottest) / 2
    stated = {"temperature": f"{1e3 * middle:.6g} +/- {1e3 * scale_std * middle:.3g} mK"}
    if not conductance:
        stated["reservoir_temperature"] = f"{1e3 * coldest:.6g} mK"
    measurement = Measurement(
        kind="heat",
        series={
            "temperature": Series(
                name="temperature", label="T", short="T" if conductance else "T_h", values=hot, unit="K", written="mK"
            ),
            "heat_current": Series(
                name="heat_current", label=name, short=name, values=drawn.readings,
                std=drawn.std if stated_std and noise > 0 else None, unit=unit, written=written,
            ),
            "channels": Series(name="channels", label="channels", short="channels", values=number, unit="", written=""),
        },
        conditions={key: condition(key, text) for key, text in stated.items()},
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=hot.size),
        x="temperature",
        y="heat_current",
    )  # fmt: skip
    truth = {"modes_per_channel": per_channel, "noise": noise}
    # an exponent other than the usual one is there to be found, and the coupling has no unit of its own beside it
    truth |= {"phonon_coupling": coupling} if power == usual else {"exponent": power}
    if len(modes) > 1:
        truth |= {f"modes_{i}": m for i, m in enumerate(modes, 1)}
        truth |= {"modes_per_channel_model": per_channel} if not missing else {}
    else:
        truth["modes"] = modes[0]
    truth |= {f"noise_{key}": value for key, value in drawn.parameters.items()}
    return Synthetic(
        measurement=measurement, truth=truth, noise=in_words(world, std=noise, unit=unit), seed=seed, stated=stated
    )
