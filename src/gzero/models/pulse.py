"""A packet of carriers that drifts, spreads and recombines (Haynes and Shockley 1951, doi 10.1103/PhysRev.81.835).

    n(x, t) = N/sqrt(2 pi s) exp(-u^2/(2 s) - t/tau_r) + b,     s = s_0 + 2 D t,     u = x - x_0 - v t,     v = mu E

is the solution of the continuity equation with constant D, v and lifetime tau_r for a packet that is Gaussian with variance
s_0 about x_0 at t = 0; s_0 -> 0 is a point, tau_r -> infinity keeps N. Before t = 0 there is the background b alone. A profile
along the sample is n(x) at one t; a detector at one place reads n(t), which is skewed, as the packet still spreads while
it passes. Valid for carriers few enough to leave the field as it is, far from contacts. All arguments and results are SI
floats; n is in any unit, N in that unit times m.
"""

from __future__ import annotations

import numpy as np

from gzero.models.model import Array, Model, Parameter

REFERENCE = "doi 10.1103/PhysRev.81.835"

PARAMETERS = (
    Parameter(name="number", symbol="N", unit="", meaning="area of the packet over its length at t = 0"),
    Parameter(name="diffusion", symbol="D", unit="m^2/s", meaning="diffusion coefficient"),
    Parameter(name="velocity", symbol="v", unit="m/s", meaning="drift velocity"),
    Parameter(name="initial_variance", symbol="s_0", unit="m^2", meaning="variance of the packet at t = 0"),
    Parameter(name="origin", symbol="x_0", unit="m", meaning="centre of the packet at t = 0"),
    Parameter(name="rate", symbol="1/tau_r", unit="1/s", meaning="recombination rate"),
    Parameter(name="background", symbol="b", unit="y", meaning="reading without a packet"),
)

_NARROWEST = 1e-300  # [m^2]: a variance that is not positive has no packet


def packet(x: Array, t: Array, values: Array) -> Array:
    """n [unit of y] at places x [m] and times t [s] of one shape; values as in `PARAMETERS`."""
    return np.asarray(_parts(x, t, values)[0] + values[6])


def slopes(x: Array, t: Array, values: Array) -> Array:
    """d n/d value, shape (n, 7)."""
    shape, s, u, clock = _parts(x, t, values)
    widening = (u**2 / s - 1) / (2 * s)
    bare = shape / values[0] if values[0] else _parts(x, t, np.array([1.0, *values[1:]]))[0]
    return np.column_stack(
        [bare, shape * widening * 2 * clock, shape * u * clock / s, shape * widening, shape * u / s, -shape * clock, np.ones_like(shape)]
    )  # fmt: skip


def _parts(x: Array, t: Array, values: Array) -> tuple[Array, Array, Array, Array]:
    """(packet, s, u, t) of equal shape (n,); the packet is zero before t = 0 and where its variance is not positive."""
    number, diffusion, velocity, variance, origin, rate, _ = values
    x, t = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(t, dtype=np.float64))
    s = variance + 2 * diffusion * t
    there = (t >= 0) & (s > _NARROWEST)
    s = np.where(there, s, 1.0)
    u = x - origin - velocity * t
    exponent = np.where(there, -(u**2) / (2 * s) - rate * t, -np.inf)
    # far outside of the packet, and for a rate of the wrong sign on the way to the minimum
    with np.errstate(over="ignore"):
        shape = number / np.sqrt(2 * np.pi * s) * np.exp(np.clip(exponent, -700.0, 700.0)) * there
    return shape, s, u, np.where(there, t, 0.0)


def along(time: float) -> Model:
    """n(x) [unit of y] over places x [m] at one time [s] after the injection."""
    return Model(
        name="drifting packet",
        parameters=PARAMETERS,
        function=lambda x, values: packet(x, np.full_like(x, time), values),
        jacobian=lambda x, values: slopes(x, np.full_like(x, time), values),
        reference=REFERENCE,
    )


def passing(position: float) -> Model:
    """n(t) [unit of y] over times t [s] after the injection at one place [m]."""
    return Model(
        name="drifting packet",
        parameters=PARAMETERS,
        function=lambda t, values: packet(np.full_like(t, position), t, values),
        jacobian=lambda t, values: slopes(np.full_like(t, position), t, values),
        reference=REFERENCE,
    )
