"""Scattering time, mean free path, transmission and action of a gas from its diffusion coefficient; D over temperature.

Reggiani, Alfinito, Intini (2026), arXiv:2604.19828, eqs. (2), (3), (5), (6), (19), with the action h_s = m v L that
makes (1), (8), (12), (15), (19), (23) identities; transmission by Landauer's crossover. The Fano factor and the ballistic
length are those of a dilute gas unless `gzero.models.carriers` gives others. All arguments and results of the relations
are SI floats, or numbers of the `uncertainties` package.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gzero.models.carriers import DILUTE
from gzero.models.model import Array, Model, Parameter
from gzero.quanta import KB, E

#: A float, or a number of the `uncertainties` package (untyped): the formulas use nothing but arithmetic.
Number = Any

#: Ballistic mean free path over l = v tau in a non-degenerate gas: one-sided flux v/sqrt(2 pi) against D = l v.
BALLISTIC = DILUTE

#: The temperature that D and mobility are stated at [K].
REFERENCE = 300.0


def velocity_squared(temperature: Number, mass: Number, fano: Number = 1.0) -> Number:
    """v_x^2 = kB T/(m F) [m^2/s^2], T [K], m [kg], F = <dN^2>/<N> [1], 1 for a classical gas; eq. (3)."""
    return KB * temperature / (mass * fano)


def scattering_time(diffusion: Number, temperature: Number, mass: Number, fano: Number = 1.0) -> Number:
    """tau = D/v^2 [s] from D [m^2/s], T [K], m [kg], F [1]; eq. (19)."""
    return diffusion / velocity_squared(temperature, mass, fano)


def mean_free_path(diffusion: Number, temperature: Number, mass: Number, fano: Number = 1.0) -> Number:
    """l = v tau = D/v [m] from D [m^2/s], T [K], m [kg], F [1]; eq. (6)."""
    return diffusion / velocity_squared(temperature, mass, fano) ** 0.5


def from_mobility(mobility: Number, temperature: Number, fano: Number = 1.0) -> Number:
    """D = mu kB T/(e F) [m^2/s] from mu [m^2/(V s)], T [K], F [1]: sigma = n e mu = e^2 D dn/dmu, dn/dmu = n F/(kB T)."""
    return mobility * KB * temperature / (E * fano)


def to_mobility(diffusion: Number, temperature: Number, fano: Number = 1.0) -> Number:
    """mu = e D F/(kB T) [m^2/(V s)] from D [m^2/s], T [K], F [1]; the inverse of `from_mobility`, equal to e tau/m."""
    return diffusion * E * fano / (KB * temperature)


def transmission(free_path: Number, length: Number, ballistic: Number = BALLISTIC) -> Number:
    """Gamma = lambda/(lambda + L) [1], lambda = `ballistic` l, from l [m], L [m] and lambda/l [1].

    L -> 0 gives 1, L >> l gives lambda/L. Datta 1995, doi 10.1017/CBO9780511805776, section 2.2; the factor between
    lambda and l is sqrt(2 pi) for a non-degenerate gas in any dimension, and else `carriers.ballistic_ratio`.
    """
    mean = ballistic * free_path
    return mean / (mean + length)


def transmission_drude(free_path: Number, length: Number) -> Number:
    """Gamma = l/L [1] from l [m] and L [m]; eq. (5) of the paper, which exceeds 1 for L < l."""
    return free_path / length


def action(temperature: Number, mass: Number, length: Number, fano: Number = 1.0) -> Number:
    """h_s = m v L [J s], T [K], m [kg], L [m], F [1]; eq. (2), first form: D = (h_s/m) l/L is then an identity."""
    return mass * velocity_squared(temperature, mass, fano) ** 0.5 * length


def action_of_transit(temperature: Number, mass: Number, length: Number, fano: Number = 1.0) -> Number:
    """h_s = kB T L/v [J s]; eq. (2), second form, which is F times the first (`action`): equal for F = 1 alone."""
    return KB * temperature * length / velocity_squared(temperature, mass, fano) ** 0.5


def _power_law(x: Array, values: Array) -> Array:
    d0, p = values
    return np.asarray(d0 * (x / REFERENCE) ** -p)


def _power_law_jacobian(x: Array, values: Array) -> Array:
    d0, p = values
    ratio = x / REFERENCE
    power = ratio**-p
    return np.column_stack([power, -d0 * power * np.log(ratio)])


#: D(T) = D_300 (T/300 K)^-p: lattice scattering within one range of temperatures; the mobility then falls as T^-(p + 1).
POWER_LAW = Model(
    name="power law of temperature",
    parameters=(
        Parameter(name="diffusion", symbol="D_300", unit="y", meaning="diffusion coefficient at 300 K", lower=0.0),
        Parameter(name="exponent", symbol="p", unit="", meaning="D falls as T^-p"),
    ),
    function=_power_law,
    jacobian=_power_law_jacobian,
    reference="10.1103/PhysRev.101.1699",
)
