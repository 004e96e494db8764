"""Statistics of a gas of carriers: Fano factor, v^2 and ballistic length, classical, of Fermi or of Bose, in 1 to 3 dimensions.

A gas of free particles of mass m, d dimensions, g states (spins, valleys) a wave vector, chemical potential mu, with
eta = mu/(kB T), lambda_T = h/sqrt(2 pi m kB T) and f_j the integrals of `statistics_integrals`:

    density                    n = g lambda_T^-d f_{d/2-1}(eta)
    Fano factor                F = <dN^2>/<N> = d ln n/d eta = f_{d/2-2}/f_{d/2-1}
    differential velocity      v^2 = (kB T/m) <N>/<dN^2> = kB T/(m F)                       arXiv:2604.19828, eq. (3)
    ballistic conductance      G_b/A = q^2 dj/dmu = q^2 (g/h) lambda_T^(1-d) f_{(d-3)/2},   j the one-sided flux
    diffusive conductivity     sigma = q^2 D dn/dmu = q^2 D n F/(kB T)                      (Einstein)
    ballistic length           lambda_b = sigma A/G_b, so that G = G_b lambda_b/(lambda_b + L) has both limits
                               lambda_b/l = sqrt(2 pi) sqrt(f_{d/2-1} f_{d/2-2})/f_{(d-3)/2},   l = v tau = D/v

The flux follows from v_x dp_x = dE_x: j = (g/h) kB T lambda_T^(1-d) f_{(d-1)/2}. Limits: F -> 1 and lambda_b/l -> sqrt(2 pi)
for a dilute gas of any kind; degenerate fermions have F = d T/(2 T_F), v^2 = v_F^2/d and lambda_b/l = 2, pi/sqrt 2,
4/sqrt 3 in d = 1, 2, 3; bosons have F -> infinity at condensation. lambda_b takes D as one number of the gas: where tau
depends on energy it is that of the average. Datta 1995, doi 10.1017/CBO9780511805776, section 2.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from gzero.errors import ConfigError
from gzero.models.statistics_integrals import bose_einstein, fermi_dirac
from gzero.quanta import KB, H

Statistics = Literal["classical", "fermi", "bose"]
Dimensions = Literal[1, 2, 3]
STATISTICS: tuple[Statistics, ...] = get_args(Statistics)
DIMENSIONS: tuple[Dimensions, ...] = get_args(Dimensions)

#: A float, or a number of the `uncertainties` package (untyped).
Number = Any

#: lambda_b/l of a dilute gas in any dimension: one-sided flux v/sqrt(2 pi) against D = l v.
DILUTE = math.sqrt(2 * math.pi)

#: n lambda_T^3/g at which bosons in three dimensions condense: zeta(3/2).
CRITICAL = 2.6123753486854883

#: <dN^2>/<N> of black-body photons, zeta(2)/zeta(3): <n(n+1)> over <n>, each times k^2 dk. Its inverse is 0.7308.
PHOTONS = 1.3684327776202059


@dataclass(frozen=True, slots=True, kw_only=True)
class Gas:
    """What the statistics of a gas do to its kinetics.

    Parameters
    ----------
    eta : chemical potential over kB T [1]; not a number for a classical gas, which needs none.
    fano : F = <dN^2>/<N> [1], a number that carries the uncertainties of what it was made from.
    ballistic : lambda_b/l [1], likewise.
    """

    eta: float
    fano: Number
    ballistic: Number


def phase_space_density(
    density: Number, temperature: Number, mass: Number, *, dimensions: Dimensions, degeneracy: float = 1.0
) -> Number:
    """u = n lambda_T^d/g [1] from n [m^-d], T [K], m [kg] and g [1]; u << 1 is a classical gas."""
    wavelength = H / (2 * math.pi * mass * KB * temperature) ** 0.5
    return density * wavelength**dimensions / degeneracy


def gas(u: Number, statistics: Statistics, dimensions: Dimensions) -> Gas:
    """Fano factor and ballistic length at the phase-space density u [1] (`phase_space_density`).

    Parameters
    ----------
    u : a float or a number of the `uncertainties` package; its uncertainty is carried to first order.

    Raises
    ------
    ConfigError : bosons beyond the critical density.
    """
    if statistics == "classical":
        return Gas(eta=math.nan, fano=1.0, ballistic=DILUTE)
    nominal = _nominal(u)
    eta = reduced_potential(nominal, statistics, dimensions)
    f, ratio = fano(eta, statistics, dimensions), ballistic_ratio(eta, statistics, dimensions)
    of_fano, of_ratio = _slopes(eta, statistics, dimensions)
    moved = (u - nominal) / nominal  # d ln u, and zero but for its uncertainty
    return Gas(eta=eta, fano=f * (1 + of_fano * moved), ballistic=ratio * (1 + of_ratio * moved))


def _nominal(number: Number) -> float:
    """The value without its uncertainty."""
    value: Any = getattr(number, "nominal_value", number)
    return float(value)


def fano(eta: float, statistics: Statistics, dimensions: Dimensions) -> float:
    """F = <dN^2>/<N> [1] at eta = mu/(kB T) [1]: 1 classical, below 1 for fermions, above 1 for bosons (eta < 0)."""
    if statistics == "classical":
        return 1.0
    j = dimensions / 2 - 1
    return _integral(j - 1, eta, statistics) / _integral(j, eta, statistics)


def ballistic_ratio(eta: float, statistics: Statistics, dimensions: Dimensions) -> float:
    """lambda_b/l [1] at eta [1]; sqrt(2 pi) classical, 2, pi/sqrt 2, 4/sqrt 3 for degenerate fermions in 1, 2, 3 dimensions."""
    if statistics == "classical":
        return DILUTE
    j = dimensions / 2 - 1
    above = _integral(j, eta, statistics) * _integral(j - 1, eta, statistics)
    return DILUTE * math.sqrt(above) / _integral((dimensions - 3) / 2, eta, statistics)


def reduced_potential(u: float, statistics: Statistics, dimensions: Dimensions) -> float:
    """eta = mu/(kB T) [1] of a gas of phase-space density u = n lambda_T^d/g [1]: f_{d/2-1}(eta) = u.

    Raises
    ------
    ConfigError : u is not positive, or bosons so dense that they condense.
    """
    if not (u > 0 and math.isfinite(u)):
        raise ConfigError(f"a phase-space density of {u:g} is none", remedy="state a positive --density")
    if statistics == "classical":
        return math.log(u)
    if statistics == "fermi":
        return _fermi_potential(u, dimensions)
    if statistics == "bose":
        return _bose_potential(u, dimensions)
    raise ValueError(f"no such statistics: {statistics!r}")


def _fermi_potential(u: float, dimensions: Dimensions) -> float:
    if dimensions == 2:
        return u + math.log(-math.expm1(-u))
    j = dimensions / 2 - 1
    # ln F_j is concave and rises, so Newton's steps come from below and never pass the root
    eta = math.log(u) if u < 1 else (u * math.gamma(j + 2)) ** (1 / (j + 1))
    for _ in range(60):
        value = fermi_dirac(j, eta)
        step = (math.log(u) - math.log(value)) * value / fermi_dirac(j - 1, eta)
        eta += step
        if abs(step) < 1e-13 * max(1.0, abs(eta)):
            break
    return eta


def _bose_potential(u: float, dimensions: Dimensions) -> float:
    from scipy.optimize import brentq

    if dimensions == 3 and u >= CRITICAL:
        raise ConfigError(
            f"bosons at n lambda^3/g = {u:.4g} are beyond the critical {CRITICAL:.4g}: part of them is a condensate",
            remedy="state a lower --density or a higher --temperature; the condensate is none of the gases here",
        )
    if dimensions == 2:
        eta = math.log1p(-math.exp(-u)) if u > 0.5 else math.log(-math.expm1(-u))
    else:
        j = dimensions / 2 - 1
        low, high = -300.0, math.log(max(1.0, 2 - math.log(u)))
        eta = -math.exp(float(brentq(lambda y: bose_einstein(j, -math.exp(y)) / u - 1, low, high, xtol=1e-14)))
    if not eta < -1e-290:
        raise ConfigError(
            f"bosons at n lambda^{dimensions}/g = {u:.4g} are condensed to within rounding",
            remedy="state a lower --density or a higher --temperature",
        )
    return eta


def _integral(order: float, eta: float, statistics: Statistics) -> float:
    if statistics == "fermi":
        return fermi_dirac(order, eta)
    if statistics == "bose":
        return bose_einstein(order, eta)
    raise ValueError(f"no such statistics: {statistics!r}")


def _slopes(eta: float, statistics: Statistics, dimensions: Dimensions) -> tuple[float, float]:
    """(d ln F/d ln u, d ln(lambda_b/l)/d ln u) [1] at eta; d ln u = F d eta."""
    j = dimensions / 2 - 1
    zeroth, first, second = (_integral(j - k, eta, statistics) for k in range(3))
    flux, slower = (_integral((dimensions - 3) / 2 - k, eta, statistics) for k in range(2))
    f = first / zeroth
    of_fano = second / first - f
    return of_fano / f, (0.5 * (f + second / first) - slower / flux) / f
