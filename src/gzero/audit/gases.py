"""Ideal gases by quadrature: what the paper's prefactors are held against.

x = eps/kBT, eta = mu/kBT, f = 1/(exp(x - eta) + 1) for fermions, 1/(exp(x - eta) - 1) for bosons; f(1 -+ f) = -df/dx is the
variance of a level's occupation. Everything is a pure number; each integral is worked out once in a run.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Literal

Statistics = Literal["fermi", "bose"]

#: Beyond this x - eta the occupation is below 1e-26.
_REACH = 60.0


def _integral(function: Callable[[float], float], low: float, high: float, *, at: tuple[float, ...] = ()) -> float:
    from scipy.integrate import quad

    inside = [point for point in at if low < point < high]
    return float(quad(function, low, high, points=inside or None, epsabs=0.0, epsrel=1e-10, limit=500)[0])


def _occupation(x: float, eta: float, statistics: Statistics) -> tuple[float, float]:
    """(f, -df/dx)."""
    sign = 1 if statistics == "fermi" else -1
    small = math.exp(-abs(x - eta))  # the same for both sides of eta, and never too large
    f = (small if x >= eta else 1.0) / (1.0 + sign * small)
    return f, small / (1.0 + sign * small) ** 2


@functools.cache
def number_and_variance(d: int, eta: float, statistics: Statistics = "fermi") -> tuple[float, float]:
    """(N, dN^2) of massive particles in d dimensions, both over the same constant: integrals of x^(d/2-1) f and of
    x^(d/2-1) (-df/dx) over x from 0. The Fano factor is their quotient; bosons need eta < 0."""
    top = math.sqrt(max(eta, 0.0) + _REACH)
    edge = (math.sqrt(eta),) if eta > 0 else ()

    def weighted(which: int) -> float:  # x = u^2 takes the singularity of one dimension away
        return _integral(lambda u: 2 * u ** (d - 1) * _occupation(u * u, eta, statistics)[which], 0.0, top, at=edge)

    return weighted(0), weighted(1)


def inverse_fano(d: int, eta: float, statistics: Statistics = "fermi") -> float:
    """F = N/dN^2 [1]."""
    number, variance = number_and_variance(d, eta, statistics)
    return number / variance


@functools.cache
def velocity_squared(d: int, eta: float, statistics: Statistics = "fermi") -> float:
    """m v_x^2/(kB T) [1], the mean over what fluctuates: the integral of (2x/d) x^(d/2-1) (-df/dx) over that without 2x/d.

    Gantsevich, Katilius, Gurevich 1979, Rivista del Nuovo Cimento 2, 1: the differential mean square velocity.
    """
    top = math.sqrt(max(eta, 0.0) + _REACH)
    edge = (math.sqrt(eta),) if eta > 0 else ()
    moment = _integral(lambda u: (4 / d) * u ** (d + 1) * _occupation(u * u, eta, statistics)[1], 0.0, top, at=edge)
    return moment / number_and_variance(d, eta, statistics)[1]


def drude_over_landauer(eta: float) -> float:
    """(e^2 N/h_s)/((e^2/h) f(0)) of a spinless 1D Fermi gas [1]; also lambda_b/l, which makes the diffusive ends agree.

    N = (L/h) sqrt(2 pi m kB T) F_{-1/2}(eta), h_s = m v L, v^2 = F kB T/m; a mode conducts (e^2/h) f(0) since the
    integral of -df/dx over x from 0 is f(0). sqrt(2 pi) for eta -> -infinity, 2 for eta -> infinity.
    """
    number, variance = number_and_variance(1, eta)
    return math.sqrt(2) * number / (math.sqrt(number / variance) * open_mode(eta))


@functools.cache
def open_mode(eta: float) -> float:
    """G/(e^2/h) of a mode that transmits fully and begins eta kB T below mu: the integral of -df/dx over x from 0 [1]."""
    return _integral(lambda x: _occupation(x, eta, "fermi")[1], 0.0, max(eta, 0.0) + _REACH, at=(eta,))


@functools.cache
def _heat_moment(n: int, eta: float) -> float:
    """The integral of t^n (-df/dt), t = x - eta, from -eta on; the odd one cancels between -eta and eta."""
    low = abs(eta) if n % 2 else -eta
    at = (0.0,) if low < 0 else ()
    return _integral(lambda t: t**n * _occupation(t, 0.0, "fermi")[1], low, max(low, 0.0) + _REACH, at=at)


def heat_of_mode(eta: float) -> float:
    """K h/(kB^2 T) of a massive 1D fermion mode without current: I2 - I1^2/I0, I_n of (x - eta)^n (-df/dx) [1].

    pi^2/3 for eta -> infinity. Greiner, Reggiani, Kuhn, Varani 1997, doi 10.1103/PhysRevLett.78.1114.
    """
    return _heat_moment(2, eta) - _heat_moment(1, eta) ** 2 / open_mode(eta)


@functools.cache
def degenerate_heat() -> float:
    """The integral of x^2 (-df/dx) over all x at eta = 0 [1]: the heat that degenerate fermions carry, whatever their bands."""
    return 2 * _integral(lambda x: x * x * _occupation(x, 0.0, "fermi")[1], 0.0, _REACH + 20)


@functools.cache
def boson_heat() -> float:
    """The integral of x^2 (-db/dx) over x > 0 of massless bosons in one dimension [1]."""
    return bose_moment(2, variance=True)


def maxwell_heat(power: float) -> float:
    """Lorenz number over (kB/e)^2 of a classical 3D gas with tau proportional to x^power [1]: <x^2> - <x>^2 by x^(3/2+power) e^-x."""
    moments = [_integral(lambda x, n=n: x ** (1.5 + power + n) * math.exp(-x), 0.0, 200.0) for n in range(3)]  # type: ignore[misc]
    return moments[2] / moments[0] - (moments[1] / moments[0]) ** 2


@functools.cache
def bose_moment(n: int, *, variance: bool = False, top: float = 0.0) -> float:
    """The integral of x^n b, or of x^n (-db/dx), b = 1/(e^x - 1), from 0 to `top` (0: to infinity) [1]."""
    which = 1 if variance else 0
    return _integral(lambda x: x**n * _occupation(x, 0.0, "bose")[which] if x > 0 else 0.0, 0.0, top or _REACH + 20)


@functools.cache
def massless_number(lowest: float) -> float:
    """Number of massless bosons in one dimension above x = lowest, over L kB T/(h c): grows without bound as lowest -> 0 [1]."""
    return _integral(lambda x: _occupation(x, 0.0, "bose")[0], lowest, _REACH + 20, at=(1.0,))


@functools.cache
def ballistic_path(d: int) -> float:
    """lambda_b/l of a degenerate gas in d dimensions [1]: 2 sqrt(<v_x^2>)/<|v_x|> over the directions of one speed.

    2 in 1D, pi/sqrt(2) in 2D, 4/sqrt(3) in 3D. Datta 1995, doi 10.1017/CBO9780511805776, section 2.2.
    """
    if d == 1:
        return 2.0

    def mean(n: int) -> float:
        def weight(angle: float) -> float:
            return math.sin(angle) ** (d - 2)

        moment = _integral(lambda angle: math.cos(angle) ** n * weight(angle), 0.0, math.pi / 2)
        return moment / _integral(weight, 0.0, math.pi / 2)

    return 2 * math.sqrt(mean(2)) / mean(1)


def photon_number(temperature: float, length: float, speed: float, h: float, kb: float) -> float:
    """Photons in a cube at a temperature [1]: 2 polarisations, 8 pi (L kB T/h c)^3 times the integral of x^2 b."""
    return 8 * math.pi * (length * kb * temperature / (h * speed)) ** 3 * bose_moment(2)


def radiated(temperature: float, length: float, speed: float, h: float, kb: float) -> float:
    """dJ/dT [W/K] of what a black surface of area L^2 sends out into its half-space, with two polarisations.

    Planck's law: J = L^2 (2 pi kB^4 T^4/(h^3 c^2)) times the integral of x^3 b; its derivative has x^4 (-db/dx).
    """
    return (
        2 * math.pi * length**2 * kb**4 * temperature**3 / (h**3 * speed**2) * bose_moment(4, variance=True)
    )  # = 4 sigma L^2 T^3
