"""Noise of a sweep with known statistics, in six worlds.

Every world is stationary along the sweep except `heteroscedastic`, starts in its stationary state, and is scaled in the
ensemble: no realisation is normalised to its own variance, which would tie its readings together. Let S be the standard
deviation that is asked for, i = 0 ... n - 1 the reading, and e_i independent standard normal numbers.

    white            S e_i
    heteroscedastic  s_i e_i,  s_i^2 = S^2 (1/4 + 15/4 u_i^4),  u_i = (i + 1/2)/n: from S/2 to 2 S, mean square S^2
    ar1              x_i = rho x_{i-1} + sqrt(1 - rho^2) S e_i,  x_0 = S e_0: autocovariance S^2 rho^k at lag k
    1/f              power 1/f on the lines f = j/(16 n), j = 1 ... 8 n - 1: autocovariance S^2 sum_j cos(2 pi j k/(16 n))/j
                     over sum_j 1/j (Kasdin 1995, doi 10.1109/5.381848)
    telegraph        +-S with exponential dwell times: autocovariance S^2 exp(-2 k/dwell) (Machlup 1954,
                     doi 10.1063/1.1721637); and 0.3 S e_i, as no instrument reads a state without noise
    adc              S e_i, and the reading (signal and noise together) is rounded to a multiple of a step
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ConfigError

World = Literal["white", "heteroscedastic", "ar1", "1/f", "telegraph", "adc"]
WORLDS: tuple[World, ...] = get_args(World)

RHO = 0.9  #: correlation of neighbouring readings of `ar1`
DWELL = 20.0  #: mean time in one state of `telegraph`, in readings
SHORTEST_DWELL = 1e-3  #: its least value; from 0.1 on downwards two readings share nothing
ADC_STEP = 0.3  #: step of the readings of `adc`, over their standard deviation
TELEGRAPH_WHITE = 0.3  #: white noise of `telegraph`, over the distance of a state from their mean
LEAST, MOST = 0.5, 2.0  #: standard deviation of `heteroscedastic` at the ends of the sweep, over its rms
RECORD = 16  #: length of the record that `1/f` is cut from, in sweeps: it has power below 1/n and is not periodic in n

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NoiseDraw:
    """One realisation.

    Parameters
    ----------
    readings : signal and noise [unit of the signal], shape (n,); what the instrument says, rounded where it rounds.
    std : standard deviation of each reading about the signal over all realisations [unit of the signal], shape (n,).
    parameters : what the world has beside a standard deviation: `rho` [1], `dwell` [readings], `white` and `step`
        [unit of the signal].
    """

    readings: Array
    std: Array
    parameters: Mapping[str, float]


def draw(
    world: World,
    rng: np.random.Generator,
    *,
    signal: Array,
    std: float,
    rho: float = RHO,
    dwell: float = DWELL,
    adc_step: float = ADC_STEP,
) -> NoiseDraw:
    """Readings of a signal in one of the worlds.

    Parameters
    ----------
    rng : source of the noise.
    signal : what a perfect instrument would read, shape (n,), n >= 1, in the order in which it is read.
    std : S above [unit of the signal]. It is the standard deviation of a reading about the signal, and not about the
        mean of its sweep, so that it means the same in every world; in `1/f` 38 % of S^2 (at n = 400) lies below 1/n
        and moves the sweep as a whole. `telegraph` has 1.09 S^2, `adc` S^2 (1 + adc_step^2/12) (rounding noise;
        exact up to exp(-2 pi^2/adc_step^2); Widrow 1996, doi 10.1109/19.492748).
    rho : of `ar1`, inside (-1, 1).  dwell : of `telegraph` [readings], >= 0.001.  adc_step : of `adc`, over `std`, > 0.

    Raises
    ------
    ConfigError : no such world, or parameters outside of these ranges.
    """
    _check(world, std=std, rho=rho, dwell=dwell, adc_step=adc_step)
    n = signal.size
    total = np.full(n, std)
    parameters: dict[str, float] = {}
    if world == "white":
        readings = signal + std * rng.normal(size=n)
    elif world == "heteroscedastic":
        total = std * _growth(n)
        readings = signal + total * rng.normal(size=n)
    elif world == "ar1":
        readings = signal + std * _autoregressive(rng, n, rho)
        parameters["rho"] = rho
    elif world == "1/f":
        readings = signal + std * _flicker(rng, n)
    elif world == "telegraph":
        readings = signal + std * (_telegraph(rng, n, dwell) + TELEGRAPH_WHITE * rng.normal(size=n))
        total = total * math.hypot(1.0, TELEGRAPH_WHITE)
        parameters |= {"dwell": dwell, "white": TELEGRAPH_WHITE * std}
    elif world == "adc":
        readings = _rounded(signal + std * rng.normal(size=n), adc_step * std)
        total = total * math.hypot(1.0, adc_step / math.sqrt(12.0))
        parameters["step"] = adc_step * std
    else:
        raise _no_world(world)
    return NoiseDraw(readings=readings, std=total, parameters=parameters)


def in_words(
    world: World, *, std: float, unit: str, rho: float = RHO, dwell: float = DWELL, adc_step: float = ADC_STEP
) -> str:
    """What `draw` adds, for a reader: `std` in `unit`, the rest as there.

    Raises
    ------
    ConfigError : no such world.
    """
    size = f"standard deviation {std:g} {unit}"
    if world == "white":
        return f"white, {size}"
    if world == "heteroscedastic":
        return f"white, standard deviation from {LEAST * std:g} to {MOST * std:g} {unit} across the sweep, rms {std:g} {unit}"
    if world == "ar1":
        return f"AR(1) with rho {rho:g}, {size}"
    if world == "1/f":
        return f"1/f down to 1/{RECORD} of a cycle in a sweep, {size}"
    if world == "telegraph":
        return f"random telegraph with a mean dwell of {dwell:g} readings, {size}, and white, {TELEGRAPH_WHITE * std:g} {unit}"
    if world == "adc":
        return f"white, {size}, read in steps of {adc_step * std:g} {unit}"
    raise _no_world(world)


def _growth(n: int) -> Array:
    """s_i/S of `heteroscedastic`: the power 4 is the one for which the ends 1/2 and 2 go with a mean square of 1."""
    u = (np.arange(n) + 0.5) / n
    return np.sqrt(LEAST**2 + (MOST**2 - LEAST**2) * u**4)


def _autoregressive(rng: np.random.Generator, n: int, rho: float) -> Array:
    """AR(1) of unit variance that began long ago: the first value is drawn from the marginal."""
    shocks = rng.normal(size=n)
    shocks[1:] *= math.sqrt(1.0 - rho**2)
    return np.fromiter(accumulate(shocks.tolist(), lambda last, shock: rho * last + shock), dtype=np.float64, count=n)


def _flicker(rng: np.random.Generator, n: int) -> Array:
    """1/f noise of unit variance about zero: every line a normal cosine and sine, cut from a record of `RECORD` sweeps.

    Its variance about the mean of a sweep would depend less on the length of the record, but it is no longer the
    standard deviation of a reading.
    """
    record = RECORD * n
    lines = np.arange(1, record // 2)
    power = 1.0 / lines
    cosine, sine = rng.normal(size=(2, lines.size)) * np.sqrt(power / power.sum())
    spectrum = np.zeros(record // 2 + 1, dtype=np.complex128)
    spectrum[1:-1] = (cosine - 1j * sine) * (record / 2)
    return np.asarray(np.fft.irfft(spectrum, record)[:n])


def _telegraph(rng: np.random.Generator, n: int, dwell: float) -> Array:
    """States +-1. Exponential dwell times make a Poisson number of switches between two readings, odd or even."""
    switches = rng.poisson(1.0 / dwell, size=n)
    switches[0] = rng.integers(2)
    return np.asarray(1.0 - 2.0 * (np.cumsum(switches) % 2))


def _rounded(readings: Array, step: float) -> Array:
    """The nearest multiples of a step; a step of zero is the limit of fine ones."""
    return np.asarray(np.rint(readings / step) * step) if step > 0 else readings


def _no_world(world: object) -> ConfigError:
    return ConfigError(
        f"there is no noise world '{world}'", remedy=f"choose {', '.join(WORLDS[:-1])} or {WORLDS[-1]}", allowed=WORLDS
    )


def _check(world: str, *, std: float, rho: float, dwell: float, adc_step: float) -> None:
    if world not in WORLDS:
        raise _no_world(world)
    if not (std >= 0 and math.isfinite(std)):
        raise ConfigError(f"a standard deviation of {std:g} is none", remedy="state one that is not negative")
    if not -1 < rho < 1:
        raise ConfigError(f"rho {rho:g} makes no stationary AR(1)", remedy="choose it between -1 and 1, such as 0.9")
    if not (SHORTEST_DWELL <= dwell < math.inf):
        raise ConfigError(
            f"a dwell of {dwell:g} readings is none", remedy=f"choose at least {SHORTEST_DWELL:g}, such as {DWELL:g}"
        )
    if not (adc_step > 0 and math.isfinite(adc_step)):
        raise ConfigError(f"an ADC step of {adc_step:g} is none", remedy="choose a positive number, such as 0.3")
