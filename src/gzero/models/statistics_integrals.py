"""The integrals of quantum statistics, F_j of Fermi and Dirac and G_j of Bose and Einstein, from one point of view.

    F_j(eta) = 1/Gamma(j + 1) int_0^inf x^j dx/(exp(x - eta) + 1) = -Li_{j+1}(-exp(eta))
    G_j(eta) = 1/Gamma(j + 1) int_0^inf x^j dx/(exp(x - eta) - 1) =  Li_{j+1}(+exp(eta)),   eta < 0

with eta = mu/(kB T) [1] and dF_j/d eta = F_{j-1}, which carries them to j <= -1. Both tend to exp(eta) for eta -> -inf.
NIST Digital Library of Mathematical Functions, sections 25.12 and 25.14; Blakemore 1982, doi 10.1016/0038-1101(82)90143-5.

Fermi and Dirac, half-integer orders: x = t^2 makes the integrand smooth, even and analytic up to the poles
t^2 = eta + i pi, so the trapezoidal sum over all t converges like exp(-2 pi Im(t)/step) (Trefethen and Weideman 2014,
doi 10.1137/130932132); above eta = 40 Sommerfeld's series, whose first neglected part exp(-eta) is below rounding.
F_0 and its derivatives are elementary. Bose and Einstein: the sum of exp(k eta)/k^(j+1), and near eta = 0 the series of
Li about its branch point. Relative accuracy 1e-13 or better, against mpmath in the tests.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

#: Above it Sommerfeld's series replaces the sum: what it neglects is of the order exp(-eta).
_SOMMERFELD = 40.0
#: Terms of Sommerfeld's series; the twelfth is below 1e-16 at eta = 40.
_TERMS = 14
#: Below it (in -eta) the series about eta = 0, which converges for |eta| < 2 pi; above it the sum of exponentials.
_NEAR = 1.0
#: -ln of the accuracy that the step and the cut of the trapezoidal sum are made for.
_DIGITS = 40.0


def fermi_dirac(order: float, eta: float) -> float:
    """F_j(eta) [1] for j = `order` = ..., -3/2, -1, -1/2, 0, 1/2 (half-integers, and integers up to 0) and any eta [1].

    Raises
    ------
    ValueError : another order.
    """
    if order == 0:
        return float(np.logaddexp(0.0, eta))
    if order in (-1, -2):
        f = _occupied(eta)
        return f if order == -1 else f * _occupied(-eta)
    if order not in (-2.5, -1.5, -0.5, 0.5, 1.5):
        raise ValueError(f"F_j of order {order} is not among those that a gas needs")
    return _sommerfeld(order, eta) if eta > _SOMMERFELD else _trapezoidal(order, eta)


def bose_einstein(order: float, eta: float) -> float:
    """G_j(eta) = Li_{j+1}(exp(eta)) [1] for any order that is no positive integer, and eta < 0 [1].

    Raises
    ------
    ValueError : eta >= 0, where the ground state is occupied without bound.
    """
    if not eta < 0:
        raise ValueError(f"Bose particles have eta < 0, not {eta:g}")
    if order == 0:
        return -math.log(-math.expm1(eta)) if eta > -0.5 else -math.log1p(-math.exp(eta))
    s = order + 1
    if eta < -_NEAR:
        k = np.arange(1.0, math.ceil(_DIGITS / -eta) + 2)
        return float(np.sum(np.exp(k * eta) / k**s))
    # DLMF 25.12.12: Li_s(e^eta) = Gamma(1 - s) (-eta)^(s - 1) + sum zeta(s - k) eta^k/k!
    return float(math.gamma(1 - s) * (-eta) ** (s - 1)) + float(np.polynomial.polynomial.polyval(eta, _zetas(s)))


def _occupied(eta: float) -> float:
    """1/(exp(-eta) + 1) [1] without overflow."""
    return 1 / (1 + math.exp(-eta)) if eta >= 0 else math.exp(eta) / (1 + math.exp(eta))


def _trapezoidal(order: float, eta: float) -> float:
    """F_j by the sum over t, x = t^2, of the derivative of the occupation that brings the order down to -1/2 or 1/2."""
    from scipy.special import expit

    times = max(0, round(-0.5 - order))  # derivatives of the occupation
    base = order + times  # -1/2, 1/2, 3/2
    # the occupation has its pole at a height Im(t) above the axis, and has grown by exp(height^2) on the way there
    height = min(math.sqrt((math.hypot(eta, math.pi) - eta) / 2), math.sqrt(_DIGITS))
    step = 2 * math.pi * height / (_DIGITS + height**2)
    t = np.arange(0.0, math.sqrt(max(eta, 0.0) + _DIGITS + 5.0) + step, step)
    x = t**2 - eta
    f = expit(-x)
    if times == 1:
        f = f * expit(x)
    elif times == 2:
        f = f * expit(x) * (1 - 2 * f)
    terms = t ** (2 * base + 1) * f
    return float(2 * step * (np.sum(terms) - terms[0] / 2) / math.gamma(base + 1))


def _sommerfeld(order: float, eta: float) -> float:
    """F_j for eta >> 1: sum over k of 2 (1 - 2^(1 - 2k)) zeta(2k) eta^(j + 1 - 2k)/Gamma(j + 2 - 2k)."""
    from scipy.special import rgamma, zeta

    k = np.arange(1, _TERMS)
    dirichlet = (1 - 2.0 ** (1 - 2 * k)) * zeta(2.0 * k)
    inner = np.sum(2 * dirichlet * rgamma(order + 2 - 2 * k) * eta ** (-2.0 * k))
    return float(eta ** (order + 1) * (rgamma(order + 2) + inner))


@lru_cache(maxsize=16)
def _zetas(s: float) -> tuple[float, ...]:
    """zeta(s - k)/k!, k = 0 ... : coefficients of the series about eta = 0, of which the last is below 1e-17 at eta = -1."""
    from scipy.special import zeta

    return tuple(float(zeta(s - k)) / math.factorial(k) for k in range(24))
