"""Resistance of a conductor of M channels over its length: quantum, scattering and contacts in series.

    R(L) = (h/(g e^2 M)) (1 + L/lambda_b) + 2 R_c = R_0 + s L,
    R_0 = h/(g e^2 M) + 2 R_c,    s = h/(g e^2 M lambda_b),    Gamma(L) = lambda_b/(lambda_b + L)

Datta 1995, doi 10.1017/CBO9780511805776, section 2.2; arXiv:2604.19828, eq. (5), has l/L for Gamma. A line through R(L) has
two numbers, the formula three unknowns: M, lambda_b, R_c. One of M and R_c must be known from elsewhere. In a film of width
W with many channels the same line is read as s = R_sheet/W and R_0 = 2 R_c, with the transfer length L_T = R_c W/R_sheet
below each contact (Berger 1972, doi 10.1016/0038-1101(72)90048-2).

All arguments and results are SI floats, or numbers of the `uncertainties` package, unless they are arrays.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from gzero.models.model import Array, Model, Parameter
from gzero.quanta import HBAR

Number = Any
Ordinate = Literal["resistance", "conductance"]
Gas = Literal["1D degenerate", "2D degenerate", "3D degenerate", "non-degenerate"]

#: lambda_b over l = sqrt(v_x^2) tau: twice the mean speed of the forward half over sqrt(v_x^2), by dimension and statistics.
BALLISTIC: dict[Gas, float] = {
    "1D degenerate": 2.0,
    "2D degenerate": math.pi / math.sqrt(2),
    "3D degenerate": 4 / math.sqrt(3),
    "non-degenerate": math.sqrt(2 * math.pi),
}

_DATTA = "10.1017/CBO9780511805776"


def line(ordinate: Ordinate) -> Model:
    """R = R_0 + s L [ohm], or G = 1/(R_0 + s L) [S], with parameters `intercept` R_0 [ohm] and `slope` s [ohm/m].

    Raises
    ------
    ValueError : no such ordinate.
    """
    parameters = (
        Parameter(name="intercept", symbol="R_0", unit="ohm", meaning="resistance at zero length"),
        Parameter(name="slope", symbol="s", unit="ohm/m", meaning="resistance per length"),
    )
    if ordinate == "resistance":
        return Model(
            name="line through R(L)", parameters=parameters, function=_resistance, jacobian=_straight, reference=_DATTA
        )
    if ordinate == "conductance":
        return Model(
            name="reciprocal line through G(L)",
            parameters=parameters,
            function=_conductance,
            jacobian=_reciprocal,
            reference=_DATTA,
        )
    raise ValueError(f"no such ordinate: {ordinate!r}")


def _straight(x: Array, values: Array) -> Array:
    return np.column_stack([np.ones_like(x), x])


def _resistance(x: Array, values: Array) -> Array:
    return np.asarray(values[0] + values[1] * x)


def _conductance(x: Array, values: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(1 / _resistance(x, values))


def _reciprocal(x: Array, values: Array) -> Array:
    return np.asarray(-(_conductance(x, values) ** 2)[:, None] * _straight(x, values))


def resistance(length: Number, channel: Number, free_path: Number, contacts: Number) -> Number:
    """R = R_M (1 + L/lambda_b) + 2 R_c [ohm] from L [m], R_M = h/(g e^2 M) [ohm], lambda_b [m], 2 R_c [ohm].

    L -> 0 gives R_M + 2 R_c; lambda_b -> infinity gives that at any length.
    """
    return channel * (1 + length / free_path) + contacts


def transmission(length: Number, free_path: Number) -> Number:
    """Gamma = lambda_b/(lambda_b + L) [1] from L [m] and lambda_b [m]; 1 at L = 0, lambda_b/L at L >> lambda_b."""
    return free_path / (free_path + length)


def fermi_velocity(density: Number, mass: Number, dimension: int, degeneracy: float = 2.0) -> Number:
    """v_F = hbar k_F/m [m/s] from the density of all carriers [1/m^dimension] and their mass [kg].

    k_F = pi n/g (1D), sqrt(4 pi n/g) (2D), (6 pi^2 n/g)^(1/3) (3D), g the spins (and valleys) of one band state.

    Raises
    ------
    ValueError : no such dimension.
    """
    per = density / degeneracy
    if dimension == 1:
        k = math.pi * per
    elif dimension == 2:
        k = (4 * math.pi * per) ** 0.5
    elif dimension == 3:
        k = (6 * math.pi**2 * per) ** (1 / 3)
    else:
        raise ValueError(f"no such dimension: {dimension!r}")
    return HBAR * k / mass
