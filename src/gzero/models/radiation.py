"""Heat that bodies radiate: black-body photons, and phonons that fly from contact to contact.

    K = P N kB v/L,      N = g zeta(3)/pi^2 (L kB T/hbar v)^3                 (17), (18) of arXiv:2604.19828

is the conductance of a cube of side L, with v the speed of light (g = 2 polarisations) or of sound (g = 3 branches) and
P a prefactor for which the paper prints three different numbers. L cancels: K = P g zeta(3)/pi^2 kB^4 A T^3/(hbar^3 v^2)
with A = L^2, which is 4 sigma A T^3 of Stefan and Boltzmann's law for P = pi^4/30 zeta(3). A measurement of K(T) or of
the power is one of P. Phonons: Klitsner et al. 1988, doi 10.1103/PhysRevB.38.7576; valid below the Debye temperature,
with one speed for all branches (1/s^2 averaged). All arguments are SI floats, arrays, or numbers of `uncertainties`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gzero.models.model import Array, Model, Parameter
from gzero.quanta import HBAR, KB, PREFACTORS, ZETA3, C

REFERENCE = "arXiv:2604.19828, eqs. (17), (18)"

#: A float, an array, or a number of the `uncertainties` package (untyped): nothing but arithmetic is used.
Number = Any

PHOTON_POLARISATIONS, PHONON_BRANCHES = 2, 3
#: P of Stefan and Boltzmann's law, pi^4/30 zeta(3).
STEFAN_BOLTZMANN = PREFACTORS["stefan-boltzmann"]


def conductance(
    prefactor: Number, temperature: Number, area: Number, *, speed: Number = C, branches: int = PHOTON_POLARISATIONS
) -> Number:
    """K = P N kB v/L [W/K] from P [1], T [K], A = L^2 [m^2], v [m/s]."""
    return prefactor * areal(speed, branches) * area * temperature**3


def power(
    prefactor: Number,
    hot: Number,
    cold: Number,
    area: Number,
    *,
    speed: Number = C,
    branches: int = PHOTON_POLARISATIONS,
) -> Number:
    """Integral of K from T_0 to T_h [W]: P ... A (T_h^4 - T_0^4)/4, sigma A (T_h^4 - T_0^4) for Stefan and Boltzmann's P."""
    return prefactor * areal(speed, branches) / 4 * area * (hot**4 - cold**4)


def areal(speed: Number = C, branches: int = PHOTON_POLARISATIONS) -> Number:
    """g zeta(3)/pi^2 kB^4/(hbar^3 v^2) [W/(m^2 K^4)]: K = P times this times A T^3; 4 sigma/P for photons."""
    # in an order that stays within floats: kB^4 is 4e-92, hbar^3 is 1e-102
    return branches * ZETA3 / math.pi**2 * KB * (KB / HBAR) ** 3 / speed**2


def radiated(per_prefactor: Array) -> Model:
    """y = P times what the readings would be for P = 1, shape (n,); x is the number of the reading."""

    def function(x: Array, values: Array) -> Array:
        return np.asarray(values[0] * per_prefactor)

    def jacobian(x: Array, values: Array) -> Array:
        return per_prefactor[:, None]

    return Model(
        name="radiation",
        parameters=(Parameter(name="prefactor", symbol="P", unit="", meaning="of kB v/L per quantum"),),
        function=function,
        jacobian=jacobian,
        reference=REFERENCE,
    )


def power_law(hot: Array, cold: Array | None, *, size: float, pivot: float) -> Model:
    """y = a size (T_h^m - T_0^m)/pivot^m with the exponent m free: the check that it is 4 (power) or 3 (conductance).

    Parameters
    ----------
    hot : [K], shape (n,).  cold : [K], shape (n,), for a power; None for a conductance.
    size : typical y.  pivot : typical T [K]: both keep the parameters `size` and `exponent` of order one.
    """

    def parts(exponent: float) -> tuple[Array, Array]:
        warm = (hot / pivot) ** exponent
        slope = warm * np.log(hot / pivot)
        if cold is None:
            return warm, slope
        cool = (cold / pivot) ** exponent
        # T_0 = 0 radiates nothing, whatever the exponent
        return warm - cool, slope - cool * np.log(np.where(cold > 0, cold / pivot, 1.0))

    def function(x: Array, values: Array) -> Array:
        return np.asarray(size * values[0] * parts(float(values[1]))[0])

    def jacobian(x: Array, values: Array) -> Array:
        law, slope = parts(float(values[1]))
        return np.column_stack([size * law, size * values[0] * slope])

    return Model(
        name="power law",
        parameters=(
            Parameter(name="size", symbol="a", unit="", meaning="over the typical reading"),
            Parameter(name="exponent", symbol="m", unit="", meaning="of temperature", lower=0.2, upper=20.0),
        ),
        function=function,
        jacobian=jacobian,
        reference=REFERENCE,
    )
