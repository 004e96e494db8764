"""Break junctions with a known truth: many contacts that are torn, each with plateaus of its own lengths and heights."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ConfigError
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series
from gzero.quanta import G0
from gzero.synthetic.noise import ADC_STEP, DWELL, RHO, World, draw, in_words
from gzero.synthetic.truth import Synthetic

Array = NDArray[np.float64]

_NM = 1e-9
#: Where the tunnelling current starts after the break, over 2e^2/h, and the factor by which that varies.
_TUNNELLING, _TUNNELLING_SPREAD = 0.05, 2.0
_STDS = 5.0  # beyond the mean of the break: hardly a contact does not break within a trace
#: Worlds whose readings hang together: their noise is drawn trace by trace.
_RED = ("ar1", "1/f", "telegraph")


def simulate(
    rng: np.random.Generator,
    *,
    seed: int,
    traces: int = 300,
    points: int = 200,
    period: float = 1.0,
    peaks: int = 4,
    positions: Sequence[float] = (),
    spread: float = 0.07,
    plateau_length: float = 0.25,
    between: float = 0.5,
    decay: float = 0.05,
    length: float = 0.0,
    noise: float = 0.02,
    series_resistance: float = 0.0,
    offset: float = 0.0,
    gain: float = 1.0,
    rail: float = math.inf,
    stated_std: bool = False,
    world: World = "white",
    rho: float = RHO,
    dwell: float = DWELL,
    adc_step: float = ADC_STEP,
) -> Synthetic:
    """Conductance while contacts are torn, long form: trace, displacement, conductance.

    From half to one period above the highest plateau every trace comes down a ramp to it, stays for a length drawn from an exponential
    law, goes on down a ramp to the next, and so on; below the last ramp it tunnels, G ~ exp(-z/decay).

        level_n = c_n + spread period e_n,  c_n = n period (or `positions`),  e_n standard normal, anew on every plateau

    Parameters
    ----------
    rng : source of everything random; `seed` is what it was made from, for the record.
    traces, points : contacts that are torn; readings of each.
    period : of the preferred conductances [2e^2/h].  peaks : their number.
    positions : of the preferred conductances [2e^2/h], rising, in place of multiples of a period.
    spread : standard deviation of a plateau's height about its preferred conductance, in periods.
    plateau_length : mean of the exponential law [nm].
    between : mean length of a ramp from one plateau to the next, over that of a plateau [1]; 0 is a jump.
    decay : length in which the tunnelling current falls by e [nm].
    length : displacement of a trace [nm]; 0 takes as much as hardly a contact outlasts.
    noise : standard deviation of a reading [2e^2/h].
    series_resistance : [ohm] of the leads; 1/G_two = 1/G + R_s.
    offset : reading at zero conductance [2e^2/h].  gain : reading over truth [1].
    rail : reading above which the amplifier clips [2e^2/h].  The measurement states none of these four.
    stated_std : whether the file states the standard deviation of each reading.
    world, rho, dwell, adc_step : of the noise along a trace, as in `gzero.synthetic.noise.draw`.

    Returns
    -------
    Synthetic; `truth` holds `step_height` [S] (the period; none where positions are given), `peak_n` [S],
    `plateau_length` [m] (mean of the law), `series_resistance` [ohm], `gain` [1], `offset` [S], `noise` [S].

    Raises
    ------
    ConfigError : a session that there is not.
    """
    centres = period * np.arange(1.0, peaks + 1) if len(positions) == 0 else np.array(positions, dtype=np.float64)
    _check(traces, points, centres, spread, plateau_length, between, decay, noise)
    _check_instrument(series_resistance, gain, offset, rail, length)
    apart = period if len(positions) == 0 else float(np.diff(centres, prepend=0.0).min())
    levels = centres + spread * apart * rng.normal(size=(traces, centres.size))
    lasting = rng.exponential(plateau_length, size=(traces, centres.size))
    mean = plateau_length * (centres.size * (1 + between) + between)
    spread_of_break = plateau_length * math.sqrt(centres.size * (1 + between**2) + between**2)
    end = length or mean + _STDS * spread_of_break
    z = np.linspace(0.0, end, points)
    above = rng.uniform(0.5, 1.0, traces)
    ramps = rng.exponential(1.0, size=(traces, centres.size + 1)) * between * plateau_length
    ramps[:, 0] *= above
    true = _torn(rng, z, levels, lasting, ramps, top=centres[-1] + apart * above, decay=decay)
    two = true / (1 + true * G0 * series_resistance)
    readings, std, parameters = _read(
        rng, gain * two + offset, world=world, noise=noise, rho=rho, dwell=dwell, adc_step=adc_step
    )
    readings = np.minimum(readings, rail)
    truth = {} if len(positions) else {"step_height": period * G0}
    truth |= {f"peak_{n}": float(c) * G0 for n, c in enumerate(centres, 1)}
    truth |= {
        "plateau_length": plateau_length * _NM,
        "series_resistance": series_resistance,
        "gain": gain,
        "offset": offset * G0,
        "noise": noise * G0,
    }
    truth |= {f"noise_{name}": value for name, value in parameters.items()}
    words = in_words(world, std=noise, unit="2e^2/h", rho=rho, dwell=dwell, adc_step=adc_step)
    return Synthetic(
        measurement=_measurement(z, readings, std if stated_std and noise > 0 else None),
        truth=truth,
        noise=f"{words}; {traces} traces, plateaus about their conductance with standard deviation {spread:g} periods",
        seed=seed,
    )


def _torn(
    rng: np.random.Generator, z: Array, levels: Array, lasting: Array, ramps: Array, *, top: Array, decay: float
) -> Array:
    """True conductance [2e^2/h] of every contact at every displacement, shape (traces, points).

    Parameters
    ----------
    z : shape (points,) [nm].  levels, lasting : of the plateaus, lowest first, shape (traces, k) [2e^2/h], [nm].
    ramps : lengths, highest first, shape (traces, k + 1) [nm].  top : where each begins, shape (traces,) [2e^2/h].
    """
    traces, steps = levels.shape
    start = _TUNNELLING * _TUNNELLING_SPREAD ** rng.normal(size=traces)
    before, at = top, np.zeros(traces)
    out = np.broadcast_to(start[:, None], (traces, z.size)).copy()
    fresh = np.ones(out.shape, dtype=bool)
    for k in range(steps):
        n = steps - 1 - k
        level = levels[:, n]
        for span, height in ((ramps[:, k], before), (lasting[:, n], level)):
            here = fresh & (z < (at + span)[:, None])
            share = (z - at[:, None]) / np.maximum(span, 1e-12)[:, None]
            np.copyto(out, height[:, None] + share * (level - height)[:, None], where=here)
            fresh &= ~here
            at = at + span
        before = level
    last = ramps[:, steps]
    here = fresh & (z < (at + last)[:, None])
    share = (z - at[:, None]) / np.maximum(last, 1e-12)[:, None]
    np.copyto(out, before[:, None] + share * (start - before)[:, None], where=here)
    fresh &= ~here
    tail = start[:, None] * np.exp(-np.maximum(z - (at + last)[:, None], 0.0) / decay)
    np.copyto(out, tail, where=fresh)
    return out


def _read(
    rng: np.random.Generator, signal: Array, *, world: World, noise: float, rho: float, dwell: float, adc_step: float
) -> tuple[Array, Array, dict[str, float]]:
    """(readings, standard deviation of each) [2e^2/h], trace after trace, and the parameters of the world."""
    parts = list(signal) if world in _RED else [signal.ravel()]
    drawn = [draw(world, rng, signal=part, std=noise, rho=rho, dwell=dwell, adc_step=adc_step) for part in parts]
    return (
        np.concatenate([d.readings for d in drawn]),
        np.concatenate([d.std for d in drawn]),
        dict(drawn[0].parameters),
    )


def _measurement(z: Array, readings: Array, std: Array | None) -> Measurement:
    """The readings as a loader would hand them on, long form."""
    traces = readings.size // z.size
    return Measurement(
        kind="breakjunction",
        series={
            "displacement": Series(
                name="displacement", label="displacement", values=np.tile(z * _NM, traces), unit="m", written="nm"
            ),
            "conductance": Series(
                name="conductance", label="conductance", values=readings * G0,
                std=None if std is None else std * G0, unit="S", written="2e^2/h",
            ),
            "trace": Series(
                name="trace", label="trace", values=np.repeat(np.arange(1.0, traces + 1), z.size), unit="", written=""
            ),
        },
        conditions={},
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=readings.size),
        x="displacement",
        y="conductance",
    )  # fmt: skip


def _check(
    traces: int, points: int, centres: Array, spread: float, plateau: float, between: float, decay: float, noise: float
) -> None:
    if traces < 1 or points < 8:
        raise ConfigError(
            f"no session of {traces} traces with {points} points", remedy="use at least 1 trace and 8 points"
        )
    if centres.size < 1 or not np.isfinite(centres).all() or not np.all(np.diff(centres, prepend=0.0) > 0):
        raise ConfigError(
            "preferred conductances must be positive and rise",
            remedy="state a positive period and at least 1 peak, or positions such as 1,1.8,2.9",
        )
    if not all(math.isfinite(v) for v in (spread, plateau, between, decay, noise)) or min(spread, between, noise) < 0:
        raise ConfigError("spread, between and noise must not be negative", remedy="0 switches any of them off")
    if plateau <= 0 or decay <= 0:
        raise ConfigError("a plateau and a decay need a positive length", remedy="state them in nm")


def _check_instrument(series_resistance: float, gain: float, offset: float, rail: float, length: float) -> None:
    if not series_resistance >= 0 or math.isinf(series_resistance):
        raise ConfigError(f"a series resistance of {series_resistance:g} is none", remedy="choose it 0 or more")
    if not (gain > 0 and math.isfinite(gain)) or not math.isfinite(offset):
        raise ConfigError(
            f"gain {gain:g} and offset {offset:g} are none", remedy="choose a positive gain; 1 and 0 do nothing"
        )
    if not rail > 0 or not 0 <= length < math.inf:
        raise ConfigError("the rail must be positive and the length not negative", remedy="leave them out")
