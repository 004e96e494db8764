"""The line of a charge transition, or of tunnelling through one level, as a gate moves it past the Fermi level.

    I(V) = A g(V - V_0) + slope (V - V_0) + curvature (V - V_0)^2 + level

with g from -1 to 1 and A half of the step. Theta = kB T/(e alpha) is the thermal width, Gamma the half width of the level's
Lorentzian, both in volt at the gate, alpha the lever arm:

    thermal            g(v) = tanh(v/2 Theta)
    thermal*lifetime   g(v) = (2/pi) Im psi(1/2 + (Gamma + i v)/(2 pi Theta)),    psi the digamma function
    lifetime           g(v) = (2/pi) arctan(v/Gamma)

The second is the Fermi function convolved with the Lorentzian; Gamma -> 0 gives the first, Theta -> 0 the third. Beenakker
1991, doi 10.1103/PhysRevB.44.1646 (thermal; lifetime in its section V); DiCarlo et al. 2004,
doi 10.1103/PhysRevLett.92.226801 (the sensor's line). Valid for one level without interactions; strong coupling to a spin
(Kondo) has another line.

In a series over temperatures the electrons do not follow the stage to the lowest: T_e^2 = T_0^2 + T^2.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from gzero.models.model import Array, Model, Parameter
from gzero.quanta import KB, E

Complex = NDArray[np.complex128]
Shape = Literal["thermal", "thermal*lifetime", "lifetime"]
Background = Literal["line", "parabola"]
SHAPES: tuple[Shape, ...] = get_args(Shape)

#: The formula goes on below Gamma = 0, to where its first pole is met at Gamma = -pi Theta; a fit may look there for the
#: minimum, and no farther than this part of the way.
_NEAREST_POLE = 0.05
#: Stands for a lever arm of zero, which a search may try: its line is too wide to be seen.
_NO_LEVER = 1e-9
#: Stands for a width of zero, so that 0/0 cannot occur: far below any unit of x.
_NARROWEST = 1e-100
_REFERENCE = "10.1103/PhysRevLett.92.226801"
#: Steps of the recurrence: from Re z = 1/2 eight terms of the series are then below 1e-15.
_STEPS = np.arange(10)
#: Bernoulli numbers B_2 ... B_16 (DLMF 24.2).
_BERNOULLI = np.array([1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510])
#: B_2k/2k, as psi has them.
_PER_ORDER = _BERNOULLI / np.arange(2, 17, 2)


def polygamma(z: Complex) -> tuple[Complex, Complex]:
    """psi(z) [1] and psi'(z) [1] for Re z > 0, shape as z, to a few 1e-15 of their size.

    The recurrences psi(z) = psi(z + 1) - 1/z, psi'(z) = psi'(z + 1) + 1/z^2 and then the series for large z (DLMF 5.5.2,
    5.11.2, 5.15.5, 5.15.8). Not scipy's psi, which near its zero at z = 1.46, where
    lines with both widths often lie, takes five times as long for psi alone.
    """
    poles = 1 / (z + _STEPS.reshape(-1, *(1,) * z.ndim))
    far = z + _STEPS.size
    inverse = 1 / far
    square = inverse * inverse
    first, second = np.full_like(z, _PER_ORDER[-1]), np.full_like(z, _BERNOULLI[-1])
    for low, high in zip(_PER_ORDER[-2::-1], _BERNOULLI[-2::-1], strict=True):
        first, second = first * square + low, second * square + high
    psi = np.log(far) - inverse / 2 - first * square - poles.sum(axis=0)
    return psi, inverse + square / 2 + second * square * inverse + (poles * poles).sum(axis=0)


def occupation(v: Array, thermal_width: float, lifetime_width: float) -> Array:
    """g [1] of `thermal*lifetime`, shape (n,): v [x], widths Theta, of which the sign is nothing, and Gamma [x]."""
    return np.asarray(2 / np.pi * polygamma(_argument(v, thermal_width, lifetime_width))[0].imag)


def quarter_width(shape: Shape, thermal_width: float, lifetime_width: float) -> tuple[float, Array]:
    """Half of the distance from a quarter to three quarters of the step [x], and its slopes by the widths that the shape has.

    2 artanh(1/2) Theta of a thermal line, Gamma of a lifetime; between them where g = 1/2. It is of degree one in the
    widths, so that it is the sum of each times its slope.
    """
    from scipy.optimize import brentq

    if shape == "thermal":
        return 2 * float(np.arctanh(0.5)) * thermal_width, np.array([2 * np.arctanh(0.5)])
    if shape == "lifetime":
        return lifetime_width, np.ones(1)
    ends = (0.5 * (thermal_width + lifetime_width), 4 * (thermal_width + lifetime_width))
    at = float(
        brentq(lambda v: occupation(np.array([v]), thermal_width, lifetime_width)[0] - 0.5, *ends, xtol=1e-14 * ends[1])
    )
    _, by_v, by_widths = _both(np.array([at]), np.array([thermal_width, lifetime_width]))
    return at, -by_widths[0] / by_v[0]


def _argument(v: Array, theta: float, gamma: float) -> Complex:
    size = max(abs(theta), _NARROWEST)
    real = max(0.5 + gamma / (2 * np.pi * size), _NEAREST_POLE)
    return np.asarray(real + 1j * (v / (2 * np.pi * size)))


def _thermal(v: Array, widths: Array) -> tuple[Array, Array, Array]:
    """g, dg/dv [1/x], dg/d widths [1/x] of shape (n, 1) or (n, 2)."""
    z = v / (2 * widths[0])
    g = np.tanh(z)
    by_z = 1 - g**2
    return g, by_z / (2 * widths[0]), (-by_z * z / widths[0])[:, None]


def _lifetime(v: Array, widths: Array) -> tuple[Array, Array, Array]:
    z = v / widths[0]
    by_z = 2 / np.pi / (1 + z**2)
    return 2 / np.pi * np.arctan(z), by_z / widths[0], (-by_z * z / widths[0])[:, None]


def _both(v: Array, widths: Array) -> tuple[Array, Array, Array]:
    theta, gamma = float(widths[0]), float(widths[1])
    argument = _argument(v, theta, gamma)
    psi, trigamma = polygamma(argument)
    slope = trigamma * (2 / np.pi)
    per = 1 / (2 * np.pi * max(abs(theta), _NARROWEST))
    by_theta = -(slope * (argument - 0.5)).imag * 2 * np.pi * per * np.sign(theta)
    return 2 / np.pi * psi.imag, slope.real * per, np.column_stack([by_theta, slope.imag * per])


_LINES = {"thermal": _thermal, "thermal*lifetime": _both, "lifetime": _lifetime}


def transition(
    shape: Shape, *, background: Background = "line", temperature: float | None = None, free: bool = False
) -> Model:
    """The line as a model.

    Parameters
    ----------
    shape, background : of the line, and of what it stands on.
    temperature : of the stage [K]; the thermal width is then kB sqrt(T^2 + T_0^2)/(e alpha), with parameters `lever_arm`
        alpha [1] and `base_temperature` T_0 [K], and x in volt.
    free : let a search go through widths of zero instead of ending there.

    Raises
    ------
    ValueError : no such shape or background; a temperature for a shape without a thermal width.
    """
    if shape not in SHAPES:
        raise ValueError(f"no such shape: {shape!r}")
    if background not in ("line", "parabola"):
        raise ValueError(f"no such background: {background!r}")
    if temperature is not None and shape == "lifetime":
        raise ValueError("a line without a thermal width has no temperature")
    return Model(
        name=f"charge transition ({shape})",
        parameters=_parameters(shape, background, at_temperature=temperature is not None, free=free),
        function=lambda x, values: _function(shape, temperature, x, values),
        jacobian=lambda x, values: _jacobian(shape, temperature, x, values),
        reference=_REFERENCE,
    )


def _parameters(shape: Shape, background: Background, *, at_temperature: bool, free: bool) -> tuple[Parameter, ...]:
    widths: list[Parameter] = []
    lowest = -np.inf if free else 0.0
    if at_temperature:
        widths.append(Parameter(name="lever_arm", symbol="α", unit="", meaning="energy over e times gate", lower=0.0))
        meaning = "temperature that the electrons of a cold stage keep"
        widths.append(Parameter(name="base_temperature", symbol="T_0", unit="K", meaning=meaning, lower=0.0))
    elif shape != "lifetime":
        meaning = "kB T/(e alpha)"
        widths.append(Parameter(name="thermal_width", symbol="Θ", unit="x", meaning=meaning, lower=lowest))
    if shape != "thermal":
        meaning = "half width of the level's Lorentzian"
        widths.append(Parameter(name="lifetime_width", symbol="Γ", unit="x", meaning=meaning, lower=lowest))
    bent = [Parameter(name="curvature", symbol="c", unit="y/x^2", meaning="of the background")]
    return (
        Parameter(name="position", symbol="V_0", unit="x", meaning="where the level meets the Fermi level"),
        Parameter(name="amplitude", symbol="A", unit="y", meaning="half of the step; negative where it goes down"),
        *widths,
        Parameter(name="level", symbol="I_0", unit="y", meaning="reading half-way up the step"),
        Parameter(name="slope", symbol="b", unit="y/x", meaning="of the background"),
        *(bent if background == "parabola" else []),
    )


def _widths(shape: Shape, temperature: float | None, values: Array) -> tuple[Array, Array, int]:
    """(widths [x], d widths/d their parameters, place behind them): shapes (m,), (m, p)."""
    if temperature is None:
        count = 2 if shape == "thermal*lifetime" else 1
        return values[2 : 2 + count], np.eye(count), 2 + count
    lever_arm, base = max(float(values[2]), _NO_LEVER), float(values[3])
    electrons = float(np.hypot(temperature, base))
    theta = KB * electrons / (E * lever_arm)
    slopes = np.array([[-theta / lever_arm, theta * base / electrons**2]])
    if shape == "thermal":
        return np.array([theta]), slopes, 4
    out = np.zeros((2, 3))
    out[0, :2], out[1, 2] = slopes[0], 1.0
    return np.array([theta, float(values[4])]), out, 5


def _function(shape: Shape, temperature: float | None, x: Array, values: Array) -> Array:
    widths, _, at = _widths(shape, temperature, values)
    v = x - values[0]
    if shape == "thermal*lifetime":
        g = occupation(v, float(widths[0]), float(widths[1]))
    else:
        g = _LINES[shape](v, widths)[0]
    return np.asarray(values[1] * g + _ground(v, values[at:])[0])


def _jacobian(shape: Shape, temperature: float | None, x: Array, values: Array) -> Array:
    widths, chain, at = _widths(shape, temperature, values)
    v = x - values[0]
    g, by_v, by_widths = _LINES[shape](v, widths)
    powers = [np.ones_like(v), v, v * v][: values.size - at]
    out = [-values[1] * by_v - _ground(v, values[at:])[1], g, values[1] * by_widths @ chain, *powers]
    return np.column_stack(out)


def _ground(v: Array, ground: Array) -> tuple[Array, Array]:
    """The background [y] and its slope [y/x], ground the coefficients of 1, v and perhaps v^2; numpy's polynomials take longer
    than the line itself."""
    level, slope = float(ground[0]), float(ground[1])
    bend = float(ground[2]) if ground.size > 2 else 0.0
    return level + v * (slope + v * bend), slope + 2 * bend * v
