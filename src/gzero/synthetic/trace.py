"""A switching trace with a known truth: levels, dwell times, noise of every world."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ConfigError
from gzero.estimate import Estimate
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series
from gzero.models.trace import levels_in_time
from gzero.quanta import G0
from gzero.synthetic.noise import ADC_STEP, RHO, World, draw, in_words
from gzero.synthetic.truth import Synthetic

Array = NDArray[np.float64]
_MOST_SWITCHES = 100_000


def simulate(
    rng: np.random.Generator,
    *,
    seed: int,
    points: int = 2000,
    noise: float = 0.05,
    world: World = "white",
    stated_std: bool = True,
    levels: tuple[float, ...] = (0.0, 1.0, 2.0, 3.0),
    dwell: tuple[float, ...] = (0.05,),
    interval: float = 1e-3,
    height: float = 1.0,
    offset: float = 0.0,
    offset_std: float = 0.002,
    gain: float = 1.0,
    rho: float = RHO,
    adc_step: float = ADC_STEP,
) -> Synthetic:
    """A contact that jumps between levels at random times, read at even intervals.

        G_read = gain G(t) + offset + noise,    dwell times exponential, every other level equally likely next

    Parameters
    ----------
    rng : source of path and noise; `seed` is what it was made from, for the record.
    points : readings.  interval : between two of them [s].
    noise : standard deviation of a reading [2e^2/h], in the sense of its `world` (`gzero.synthetic.noise`, with `rho`, `adc_step`).
    stated_std : whether the file states it for each reading.
    levels : in units of `height` (so 1 is the first of them).  height : [2e^2/h]; 1 is quantized.
    dwell : mean dwell time of each level [s], or one for all.
    offset : reading of an open contact [2e^2/h], which the measurement states with the uncertainty `offset_std`; of 0 it
        states none.
    gain : reading over truth [1], which it does not state.

    Returns
    -------
    Synthetic; `truth` holds `step_height` [S], and for every level that was visited, from the lowest on, `level_n` [S] and
    `dwell_time_n` [s], `switches` [1], `gain`, `offset` [S] and `noise` [S].

    Raises
    ------
    ConfigError : a trace that cannot be.
    """
    means = dwell * len(levels) if len(dwell) == 1 else dwell
    _check(points, noise, levels, means, interval, height, offset_std, gain, offset)
    time: Array = np.arange(points, dtype=np.float64) * interval
    switches, states = _path(rng, float(time[-1]), np.array(means))
    true: Array = np.array(levels, dtype=np.float64) * (height * G0)
    signal = levels_in_time(switches).function(time, np.asarray(true[states], dtype=np.float64))
    drawn = draw(world, rng, signal=gain * signal + offset * G0, std=noise * G0, rho=rho, dwell=20.0, adc_step=adc_step)
    visited = sorted(
        {int(s) for s in np.asarray(states)[np.searchsorted(switches, time, side="right")]}, key=lambda s: true[s]
    )
    truth = {"step_height": height * G0}
    truth |= {f"level_{n}": float(true[s]) for n, s in enumerate(visited, 1)}
    truth |= {f"dwell_time_{n}": float(means[s]) for n, s in enumerate(visited, 1)}
    truth |= {
        "switches": float(np.count_nonzero(np.diff(signal))),
        "gain": gain,
        "offset": offset * G0,
        "noise": noise * G0,
    }
    conditions, stated = {}, {"quantum": "2e^2/h"}
    if offset_std > 0:
        conditions["offset"] = Estimate(value=offset * G0, systematic={"offset": offset_std * G0}, unit="S")
        stated["offset"] = f"{offset:.6f}({offset_std:.6f}) 2e^2/h"
    measurement = Measurement(
        kind="trace",
        series={
            "time": Series(name="time", label="time", short="time", values=time, unit="s", written="s"),
            "conductance": Series(
                name="conductance", label="G", short="G", values=drawn.readings, unit="S", written="2e^2/h",
                std=drawn.std if stated_std and noise > 0 else None,
            ),
        },
        conditions=conditions,
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=points),
        x="time",
        y="conductance",
    )  # fmt: skip
    words = in_words(world, std=noise, unit="2e^2/h", rho=rho, dwell=20.0, adc_step=adc_step)
    return Synthetic(measurement=measurement, truth=truth, noise=words, seed=seed, stated=stated)


def _path(rng: np.random.Generator, duration: float, means: Array) -> tuple[Array, list[int]]:
    """(times of the switches, state of every stretch) of a memoryless walk among the states."""
    k = means.size
    states = [int(rng.integers(k))]
    times: list[float] = []
    now = 0.0
    while k > 1:
        now += float(rng.exponential(means[states[-1]]))
        if now > duration:
            break
        times.append(now)
        states.append(int((states[-1] + rng.integers(1, k)) % k))
    return np.array(times), states


def _check(
    points: int, noise: float, levels: tuple[float, ...], means: tuple[float, ...], interval: float, height: float,
    offset_std: float, gain: float, offset: float,
) -> None:  # fmt: skip
    if points < 20 or not levels or len(means) != len(levels):
        raise ConfigError(
            f"no trace of {points} readings, {len(levels)} levels and {len(means)} dwell times",
            remedy="use at least 20 readings, one level, and one dwell time for all or one for each",
        )
    numbers = (*levels, *means, interval, height, offset, offset_std, gain, noise)
    if (
        not all(math.isfinite(v) for v in numbers)
        or min(*means, interval, height, gain) <= 0
        or min(noise, offset_std) < 0
    ):
        raise ConfigError(
            "dwell times, interval, height and gain must be positive, noise not negative",
            remedy="leave them to their defaults",
        )
    if len(set(levels)) < len(levels):
        raise ConfigError("two levels are the same", remedy="state each once")
    if points * interval * len(levels) > _MOST_SWITCHES * min(means):
        raise ConfigError("too many switches", remedy="use fewer readings or longer dwell times")
