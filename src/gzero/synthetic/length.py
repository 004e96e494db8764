"""Devices of several lengths with a known truth: resistance of channels, scattering and contacts in series."""

from __future__ import annotations

import math

import numpy as np

from gzero.errors import ConfigError
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series
from gzero.models import length as formula
from gzero.quanta import E2_OVER_H
from gzero.synthetic.noise import draw, in_words
from gzero.synthetic.truth import Synthetic

#: Most devices of a set, and the longest over the shortest: what one chip, or one tube, has.
_MOST, _SPAN = 10_000, 1e6


def simulate(
    rng: np.random.Generator,
    *,
    seed: int,
    points: int = 8,
    repeats: int = 1,
    noise: float = 0.03,
    stated_std: bool = True,
    ballistic_length: float = 0.6e-6,
    contact_resistance: float = 1500.0,
    channels: float = 1.0,
    degeneracy: float = 4.0,
    shortest: float = 100e-9,
    longest: float = 1e-6,
    scatter: float = 0.0,
    outlier: float = 0.0,
) -> Synthetic:
    """R(L) of devices that differ in nothing but their length: the numbers of a metallic nanotube unless others are given.

        R_i = (R_M (1 + L_i/lambda_b) + 2 R_c) (1 + scatter e_i) + noise

    Parameters
    ----------
    rng : source of the noise; `seed` is what it was made from, for the record.
    points, repeats : lengths, even in their logarithm, and devices of each.
    noise : standard deviation of a reading, over the resistance at zero length.
    stated_std : whether the file states it; `scatter` from device to device it never states.
    ballistic_length [m], contact_resistance (one of two, R_c) [ohm], channels, degeneracy (times e^2/h) : the truth.
    shortest, longest : [m].
    scatter : of a device about the law, over its resistance [1].
    outlier : added to the resistance of the middle device, over that resistance [1].

    Raises
    ------
    ConfigError : numbers that make no set of devices.
    """
    sizes = (ballistic_length, channels, degeneracy, shortest, longest)
    finite = np.isfinite([*sizes, contact_resistance, noise, scatter, outlier]).all()
    if not (finite and min(sizes) > 0 and contact_resistance >= 0 and noise >= 0 and scatter >= 0):
        raise ConfigError("lengths, channels and noise must be positive", remedy="leave them to their defaults")
    if points < 2 or repeats < 1 or points * repeats > _MOST or not 1 < longest / shortest <= _SPAN:
        raise ConfigError(
            f"{points} lengths of {repeats} devices from {shortest:g} to {longest:g} m are no set",
            remedy=f"use at least 2 lengths, at most {_MOST} devices, the longest after the shortest",
        )
    channel = 1 / (degeneracy * E2_OVER_H * channels)
    lengths = np.repeat(np.geomspace(shortest, longest, points), repeats)
    law = formula.resistance(lengths, channel, ballistic_length, 2 * contact_resistance)
    own = law * (1 + scatter * rng.normal(size=lengths.size))
    own[lengths.size // 2] *= 1 + outlier
    at_zero = channel + 2 * contact_resistance
    drawn = draw("white", rng, signal=own, std=noise * at_zero)
    measurement = Measurement(
        kind="length",
        series={
            "length": Series(name="length", label="L", short="L", values=lengths, unit="m", written="um"),
            "resistance": Series(
                name="resistance", label="R", short="R", values=drawn.readings,
                std=drawn.std if stated_std and noise > 0 else None, unit="ohm", written="kohm",
            ),
        },
        conditions={},
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=lengths.size),
        x="length",
        y="resistance",
    )  # fmt: skip
    truth = {
        "conductance": 1 / at_zero,
        "conductance_per_channel": 1 / (at_zero * channels),
        "intercept": at_zero,
        "slope": channel / ballistic_length,
        "ballistic_length": ballistic_length,
        "contact_resistance": contact_resistance,
        "channels": channels,
        "mean_free_path": ballistic_length / formula.BALLISTIC["1D degenerate"],
        "scatter": scatter,
    }
    words = in_words("white", std=noise * at_zero, unit="ohm")
    if scatter > 0:
        words += f"; from device to device {100 * scatter:g} % of each"
    stated = {"quantum": _symbol(degeneracy), "channels": f"{channels:g}"}
    return Synthetic(measurement=measurement, truth=truth, noise=words, seed=seed, stated=stated)


def _symbol(degeneracy: float) -> str:
    return "e^2/h" if math.isclose(degeneracy, 1.0) else f"{degeneracy:g}e^2/h"
