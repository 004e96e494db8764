"""Particles that flow from the fuller of two reservoirs to the emptier one.

    dN(t) = dN_0 exp(-t/tau) + offset,      tau = C/G,      1/C = 1/C_L + 1/C_R

dN is the imbalance N_L - N_R, or that over N; C_L, C_R = dN/dmu [1/J] are the compressibilities of the reservoirs, in
series as capacitors are: of two equal ones C is the half of one. From I = G dmu, d(dN)/dt = -2 I and dmu = dN/2 (1/C_L +
1/C_R) with opposite changes of N_L and N_R (Brantut et al. 2012, doi 10.1126/science.1223175; Krinner et al. 2015,
doi 10.1038/nature14049). Valid in linear response, |dmu| below kB T or the level spacing, with constant C.
All arguments are SI floats or numbers of the `uncertainties` package.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gzero.models.model import Array, Model, Parameter

REFERENCE = "doi 10.1126/science.1223175"

#: A float, or a number of the `uncertainties` package (untyped): the formulas use nothing but arithmetic.
Number = Any


def imbalance(time: Array, amplitude: float, rate: float, offset: float = 0.0) -> Array:
    """dN(t), shape (n,), in the unit of the amplitude, from t [s] of shape (n,) and the rate 1/tau [1/s]."""
    return np.asarray(amplitude * np.exp(-rate * time) + offset)


def conductance(rate: Number, compressibility: Number) -> Number:
    """G = C/tau [1/(J s)] from the rate 1/tau [1/s] and C [1/J]; linear in the rate, so that its noise stays normal."""
    return compressibility * rate


def _function(x: Array, values: Array) -> Array:
    return imbalance(x, float(values[0]), float(values[1]), float(values[2]))


def _jacobian(x: Array, values: Array) -> Array:
    fallen = np.exp(-values[1] * x)
    return np.column_stack([fallen, -values[0] * x * fallen, np.ones_like(x)])


def decay() -> Model:
    """The decay with its parameters `amplitude` [unit of y], `rate` = 1/tau [1/s], `offset` [unit of y]."""
    return Model(
        name="decay",
        parameters=(
            Parameter(name="amplitude", symbol="dN_0", unit="y", meaning="imbalance at t = 0, without the offset"),
            Parameter(name="rate", symbol="1/tau", unit="1/s", meaning="of the decay"),
            Parameter(name="offset", symbol="dN_inf", unit="y", meaning="imbalance that is left"),
        ),
        function=_function,
        jacobian=_jacobian,
        reference=REFERENCE,
    )
