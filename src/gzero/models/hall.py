"""The quantum Hall bar: filling factor, quantised resistances, low-field line, Shubnikov-de Haas oscillations, line shape.

    R_xy = h/(nu e^2),    nu = n_s h/(e B),    R_K = h/e^2 = 25812.80745... ohm, exact since the SI of 2019

K. von Klitzing, G. Dorda, M. Pepper (1980), doi 10.1103/PhysRevLett.45.494. Between plateaus the line shape below is a
description and no theory: Landau levels of filling nu_k with a width of their own. It has the limits that measured bars have:
the classical line R_xy = B/(n_s e) and R_xx = R_0 at low field, oscillations of R_xx whose phase and period are those of
Lifshitz and Kosevich, R_xx that vanishes exponentially on plateaus, and peaks no higher than the semicircle law allows.
All arguments and results are SI floats or arrays of them.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gzero.models.model import Model, Parameter
from gzero.quanta import E, H

Array = NDArray[np.float64]
#: A float, an array, or a number of the `uncertainties` package (untyped): the formulas use nothing but arithmetic.
Number = Any

#: Von Klitzing constant h/e^2 [ohm], exact.
R_K = H / E**2
#: Denominators that fractional plateaus are named with: odd ones (Jain 1989, doi 10.1103/PhysRevLett.63.199), and 2 for 5/2.
_DENOMINATORS = (2, 3, 5, 7)
#: Width of a level in filling factor from which no level is told from the next; reach of its wings, in widths.
_CLASSICAL, _WINGS = 3.0, 36.0


def filling_factor(density: Number, field: Number) -> Number:
    """nu = n h/(e B) [1] from n [1/m^2] and B [T]."""
    return density * H / (E * field)


def hall_resistance(filling: Number) -> Number:
    """h/(nu e^2) [ohm] from nu [1]."""
    return R_K / filling


def density_from_slope(slope: Number) -> Number:
    """n = 1/(e dR_xy/dB) [1/m^2] from dR_xy/dB [ohm/T]; one kind of carrier, low field."""
    return 1 / (E * slope)


def density_from_frequency(frequency: Number, degeneracy: Number) -> Number:
    """n = g e F/h [1/m^2] from the frequency F [T] of oscillations in 1/B, period 1/F = g e/(n h); g states a level."""
    return degeneracy * E * frequency / H


def mobility(density: Number, sheet_resistance: Number) -> Number:
    """mu = 1/(n e R) [m^2/(V s)] from n [1/m^2] and R [ohm] per square at zero field."""
    return 1 / (density * E * sheet_resistance)


def conductivities(longitudinal: Number, hall: Number) -> tuple[Number, Number]:
    """(sigma_xx, sigma_xy) [S per square] from (rho_xx, rho_xy) [ohm per square]; the same formula leads back.

    sigma_xx = rho_xx/(rho_xx^2 + rho_xy^2),  sigma_xy = rho_xy/(rho_xx^2 + rho_xy^2).
    """
    square = longitudinal**2 + hall**2
    return longitudinal / square, hall / square


def nearest_fraction(filling: float) -> Fraction:
    """The nearest simple fraction p/q, q in 2, 3, 5, 7, to a filling factor [1] that is no integer."""
    found = [Fraction(max(1, round(filling * q)), q) for q in _DENOMINATORS]
    proper = [fraction for fraction in found if fraction.denominator > 1] or found
    return min(proper, key=lambda fraction: (abs(float(fraction) - filling) > 0.02, fraction.denominator))


def level_fillings(highest: int, split: Array | float = 1.0) -> Array:
    """Filling factors [1] at whose passing the levels k = 0 ... highest - 1 are half filled, shape (highest, ...).

    One state each: nu_k = 2 j + 1 -+ r/2 for the two spins of level j. r = 1 gives k + 1/2 (a plateau at every integer),
    r = 0 pairs of equal levels at 1, 3, 5, ... (plateaus at even integers only). r may be an array over the fields.
    """
    k = np.arange(highest)
    sign = np.where(k % 2 == 0, -0.5, 0.5)
    middle = 2.0 * (k // 2) + 1.0
    r = np.asarray(split, dtype=np.float64)
    return np.asarray(middle.reshape(-1, *(1,) * r.ndim) + sign.reshape(-1, *(1,) * r.ndim) * r)


def staircase(filling: Array, width: Array, split: Array) -> tuple[Array, Array]:
    """(N, dN/dnu) [1], each shape (n,): levels passed and density of states over its mean.

        N = sum_k 1/(1 + exp(-(nu - nu_k)/W)),    W the width of a level in filling factor

    W -> 0 gives the integers, W >> 1 gives N = nu and dN/dnu = 1 with oscillations of relative amplitude X/sinh(X),
    X = 2 pi^2 W/g: the factor of Lifshitz and Kosevich.

    Parameters
    ----------
    filling, width, split : nu, W and r of `level_fillings`, shape (n,).
    """
    counted, states = np.array(filling, dtype=np.float64), np.ones_like(filling)
    # wider than that, the oscillations are below exp(-30): the classical line
    sharp = width < _CLASSICAL
    if not sharp.any():
        return counted, states
    nu, wide, r = filling[sharp], width[sharp], split[sharp]
    # far below the filling all levels are full; only those within reach of the wings need the sum
    reach = np.ceil(_WINGS * wide) + 2.0
    base = 2 * np.floor(np.maximum(nu - reach, 0.0) / 2)
    levels = base + level_fillings(int(np.max(np.ceil(nu + reach) - base)) + 2, r)
    share = 1 / (1 + np.exp(-np.clip((nu - levels) / wide, -700, 700)))
    counted[sharp] = base + share.sum(axis=0)
    states[sharp] = (share * (1 - share)).sum(axis=0) / wide
    return counted, states


def resistivities(
    field: Array, *, density: float | Array, mobility: float, quantum_mobility: float, spin_field: float
) -> tuple[Array, Array]:
    """(rho_xx, rho_xy) [ohm per square], each shape (n,), of a disordered two-dimensional gas.

        rho_xy = R_K/N,    1/rho_xx = 1/(R_0 g^2) + d (2 N^2 + 1/2)/R_K,    R_0 = 1/(n e mu),  g = dN/dnu,
        d = exp(-pi/(mu_q B)),    W = 1/(pi mu_q B),    r = B^4/(B^4 + B_s^4)

    The second part of 1/rho_xx is the top of the semicircle sigma_xx^2 + (sigma_xy - N e^2/h)^2 = (e^2/2h)^2 (Dykhne and
    Ruzin 1994, doi 10.1103/PhysRevB.50.2369) as far as levels are resolved (d, the factor of Dingle). Odd in B (rho_xy),
    even in B (rho_xx).

    Parameters
    ----------
    field : B [T], not zero, shape (n,).  density : n [1/m^2], one or as many as fields.  mobility, quantum_mobility : mu, mu_q [m^2/(V s)].
    spin_field : B_s [T] at which levels of opposite spin are half resolved; 0 is resolved everywhere.
    """
    size = np.abs(field)
    ratio = (spin_field / size) ** 4
    counted, states = staircase(filling_factor(density, size), 1 / (np.pi * quantum_mobility * size), 1 / (1 + ratio))
    zero = 1 / (density * E * mobility)
    # beyond the lowest level nothing conducts: a bar is then an insulator, which no file of plateaus shows
    counted = np.maximum(counted, 1e-6)
    resolved = np.exp(-np.pi / (quantum_mobility * size))
    longitudinal = 1 / (1 / (zero * np.maximum(states, 1e-150) ** 2) + resolved * (2 * counted**2 + 0.5) / R_K)
    return np.asarray(longitudinal), np.asarray(np.sign(field) * R_K / counted)


def _oscillation(x: Array, values: Array) -> Array:
    """R_xx(B) of `OSCILLATION`."""
    zero, linear, amplitude, damping, frequency, phase, second, mean, third, cube = values
    angle = 2 * np.pi * frequency / x + phase
    fall = np.exp(-damping / x)
    once = amplitude * np.cos(angle)
    twice = mean + second * np.cos(2 * angle)
    thrice = cube * np.cos(angle) + third * np.cos(3 * angle)
    return np.asarray(zero + linear * x + fall * (once + fall * (twice + fall * thrice)), dtype=np.float64)


def _oscillation_jacobian(x: Array, values: Array) -> Array:
    _, _, amplitude, damping, frequency, phase, second, mean, third, cube = values
    angle = 2 * np.pi * frequency / x + phase
    fall = np.exp(-damping / x)
    first, twice, thrice = fall * np.cos(angle), fall**2 * np.cos(2 * angle), fall**3 * np.cos(3 * angle)
    cubed = fall**3 * np.cos(angle)
    turning = -(amplitude * fall + cube * fall**3) * np.sin(angle)
    turning -= 2 * second * fall**2 * np.sin(2 * angle) + 3 * third * fall**3 * np.sin(3 * angle)
    damped = amplitude * first + 2 * (second * twice + mean * fall**2) + 3 * (third * thrice + cube * cubed)
    return np.column_stack(
        [
            np.ones_like(x),
            x,
            first,
            -damped / x,
            turning * 2 * np.pi / x,
            turning,
            twice,
            fall**2,
            thrice,
            cubed,
        ]
    )


#: R_xx = R_0 + R_1 B + A f cos(phi_B) + f^2 [A_2 cos(2 phi_B) + A_0] + f^3 [A_3 cos(3 phi_B) + A_1 cos(phi_B)],
#: f = exp(-d/B),  phi_B = 2 pi F/B + phi: R_0 g^2, g = 1 - 2 D cos(2 pi nu/g_s) + ..., to the third order in the damping of
#: Dingle, d = pi/mu_q, with what square and cube of the first harmonic give to the mean and to the first one. The density
#: follows from F; phi is pi where minima lie at full levels.
OSCILLATION = Model(
    name="Shubnikov-de Haas oscillation",
    parameters=(
        Parameter(name="zero", symbol="R_0", unit="ohm", meaning="without oscillations, at zero field"),
        Parameter(name="linear", symbol="R_1", unit="ohm/T", meaning="slope of the background"),
        Parameter(name="amplitude", symbol="A", unit="ohm", meaning="of the first harmonic, undamped"),
        Parameter(name="damping", symbol="d", unit="T", meaning="pi over the quantum mobility", lower=0.0),
        Parameter(name="frequency", symbol="F", unit="T", meaning="n h/(g e), one over the period in 1/B", lower=0.0),
        Parameter(name="phase", symbol="phi", unit="", meaning="pi where minima lie at full levels"),
        Parameter(name="second", symbol="A_2", unit="ohm", meaning="of the second harmonic, undamped"),
        Parameter(name="mean", symbol="A_0", unit="ohm", meaning="of the squared oscillation, undamped"),
        Parameter(name="third", symbol="A_3", unit="ohm", meaning="of the third harmonic, undamped"),
        Parameter(
            name="cube", symbol="A_1", unit="ohm", meaning="of the cubed oscillation in the first harmonic, undamped"
        ),
    ),
    function=_oscillation,
    jacobian=_oscillation_jacobian,
    reference="P. T. Coleridge, R. Stoner, R. Fletcher (1989), doi 10.1103/PhysRevB.39.1120",
)
