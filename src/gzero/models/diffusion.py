"""Scattering time, mean free path and transmission of a classical gas from its diffusion coefficient.

Reggiani, Alfinito, Intini (2026), arXiv:2604.19828, eqs. (2), (3), (5), (6), (19), with the action h_s = m v L that
makes (1), (8), (12), (15), (19), (23) identities; transmission by Landauer's crossover. Valid for a non-degenerate gas
(Fano factor 1). All arguments and results are SI floats, or numbers of the `uncertainties` package.
"""

from __future__ import annotations

import math
from typing import Any

from gzero.quanta import KB

#: A float, or a number of the `uncertainties` package (untyped): the formulas use nothing but arithmetic.
Number = Any

#: Ballistic mean free path over l = v tau in a non-degenerate gas: one-sided flux v/sqrt(2 pi) against D = l v.
BALLISTIC = math.sqrt(2 * math.pi)


def velocity_squared(temperature: Number, mass: Number) -> Number:
    """v_x^2 = kB T/m [m^2/s^2] of a classical gas, T [K], m [kg]; eq. (3) with Fano factor 1."""
    return KB * temperature / mass


def scattering_time(diffusion: Number, temperature: Number, mass: Number) -> Number:
    """tau = D/v^2 [s] from D [m^2/s], T [K], m [kg]; eq. (19)."""
    return diffusion / velocity_squared(temperature, mass)


def mean_free_path(diffusion: Number, temperature: Number, mass: Number) -> Number:
    """l = v tau = D/v [m] from D [m^2/s], T [K], m [kg]; eq. (6)."""
    return diffusion / velocity_squared(temperature, mass) ** 0.5


def transmission(free_path: Number, length: Number) -> Number:
    """Gamma = lambda/(lambda + L) [1], lambda = sqrt(2 pi) l, from l [m] and L [m].

    L -> 0 gives 1, L >> l gives lambda/L. Datta 1995, doi 10.1017/CBO9780511805776, section 2.2; the factor between
    lambda and l is that of a non-degenerate gas in any dimension.
    """
    ballistic = BALLISTIC * free_path
    return ballistic / (ballistic + length)


def transmission_drude(free_path: Number, length: Number) -> Number:
    """Gamma = l/L [1] from l [m] and L [m]; eq. (5) of the paper, which exceeds 1 for L < l."""
    return free_path / length
