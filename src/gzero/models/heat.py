"""Heat from a hot reservoir to a cold one: ballistic modes, each of the quantum kappa0 T, and phonons beside them.

    J = N (pi^2 kB^2/6h) (T_h^2 - T_0^2) + SV (T_h^p - T_0^p)      heat flow [W]
    K = N kappa0 T + c T^p                                         heat conductance [W/K]

N is the number of modes in units of kappa0 T = pi^2 kB^2 T/3h (Pendry 1983, doi 10.1088/0305-4470/16/10/012; Rego and
Kirczenow 1998, doi 10.1103/PhysRevLett.81.232). SV (T_h^5 - T_0^5) is what electrons give to the phonons of a metal of
volume V (Wellstood, Urbina and Clarke 1994, doi 10.1103/PhysRevB.49.5942); T^3 is the conductance of phonons below the
Debye temperature. What phonons carry does not depend on the number of electron channels: differences cancel it, whatever
its law (Jezouin et al. 2013, doi 10.1126/science.1241912). All arguments are SI.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gzero.models.model import Array, Model, Parameter
from gzero.quanta import KAPPA0

REFERENCE = "doi 10.1126/science.1241912"
#: Exponent p of the phonons where nothing else is known: of a heat flow (metal), of a conductance (three dimensions).
FLOW_EXPONENT, CONDUCTANCE_EXPONENT = 5.0, 3.0
#: Exponents that a fit may find: dirty and clean metals and low-dimensional phonons lie well inside.
LEAST_EXPONENT, LARGEST_EXPONENT = 2.3, 9.0


def heat_flow(hot: Array, cold: Array, modes: float, coupling: float, exponent: float = FLOW_EXPONENT) -> Array:
    """J [W], shape (n,), from T_h [K] and T_0 [K] of shape (n,), N [1], SV [W/K^p] and p [1]; zero where T_h = T_0."""
    return np.asarray(modes * mode_flow(hot, cold) + coupling * (hot**exponent - cold**exponent))


def heat_conductance(
    temperature: Array, modes: float, coupling: float, exponent: float = CONDUCTANCE_EXPONENT
) -> Array:
    """K [W/K], shape (n,), from T [K] of shape (n,), N [1], c [W/K^(p + 1)] and p [1]."""
    return np.asarray(modes * KAPPA0 * temperature + coupling * temperature**exponent)


def mode_flow(hot: Array, cold: Array) -> Array:
    """(kappa0/2)(T_h^2 - T_0^2) [W], shape (n,): the heat flow of one mode between T_h [K] and T_0 [K]."""
    return np.asarray(KAPPA0 / 2 * (hot - cold) * (hot + cold))


def phonon_law(hot: Array, cold: Array | None, exponent: float | Array, pivot: float) -> tuple[Array, Array]:
    """(law, d law/d exponent), each of shape (n,), of the phonons over what one mode has at the pivot temperature.

    Temperatures of shape (n, 1) and exponents of shape (m,) give (n, m).

    Parameters
    ----------
    hot : T_h or T [K], shape (n,).  cold : T_0 [K], shape (n,), for a flow [W]; None for a conductance [W/K].
    pivot : temperature [K] at which a coefficient of 1 is as large as one mode (its flow into T_0 = 0), so that
        parameters are of order one in whatever unit the heat is.
    """
    unit = KAPPA0 * pivot if cold is None else KAPPA0 / 2 * pivot**2
    warm = (hot / pivot) ** exponent
    if cold is None:
        return unit * warm, unit * warm * np.log(hot / pivot)
    cool = (cold / pivot) ** exponent
    return unit * (warm - cool), unit * (warm * np.log(hot / pivot) - cool * np.log(cold / pivot))


def coupling_of(phonons: float, exponent: float, pivot: float, *, flow: bool) -> float:
    """SV [W/K^p] of a flow, c [W/K^(p + 1)] of a conductance, from the coefficient of `phonon_law` [1]."""
    unit = KAPPA0 / 2 * pivot**2 if flow else KAPPA0 * pivot
    return float(phonons * unit / pivot**exponent)


def settings_model(
    each: Array, hot: Array, cold: Array | None, setting: NDArray[np.int64], *, pivot: float, exponent: float | None
) -> Model:
    """Modes of every setting of the channels and one phonon term common to all; x is the number of the reading.

    Parameters
    ----------
    each : what one mode has [W or W/K], shape (n,).  hot, cold : [K], shape (n,); cold is None for a conductance.
    setting : which of the settings 0 ... m - 1 a reading belongs to, shape (n,).
    exponent : p, held there; None fits it.

    Parameters of the model: `modes_1` ... `modes_m` [1], `phonons` [1, as in `phonon_law`], and `exponent` [1].
    """
    count = int(setting.max()) + 1
    onto = np.equal.outer(setting, np.arange(count)) * each[:, None]

    def function(x: Array, values: Array) -> Array:
        law, _ = phonon_law(hot, cold, float(values[count + 1]) if exponent is None else exponent, pivot)
        return np.asarray(onto @ values[:count] + values[count] * law)

    def jacobian(x: Array, values: Array) -> Array:
        law, slope = phonon_law(hot, cold, float(values[count + 1]) if exponent is None else exponent, pivot)
        columns = [onto, law[:, None]] + ([values[count] * slope[:, None]] if exponent is None else [])
        return np.hstack(columns)

    modes = tuple(Parameter(name=f"modes_{i}", symbol=f"N_{i}", unit="", meaning=f"modes of setting {i}, in kappa0 T")
                  for i in range(1, count + 1))  # fmt: skip
    phonons = Parameter(name="phonons", symbol="b", unit="", meaning="phonon term over one mode at the pivot")
    free = Parameter(
        name="exponent", symbol="p", unit="", meaning="exponent of the phonon term",
        lower=LEAST_EXPONENT, upper=LARGEST_EXPONENT,
    )  # fmt: skip
    parameters = (*modes, phonons) + ((free,) if exponent is None else ())
    return Model(name="heat flow", parameters=parameters, function=function, jacobian=jacobian, reference=REFERENCE)


def differences_model(
    contrasts: Mapping[str, Array], each: Array, hot: Array, cold: Array | None, *, terms: int
) -> Model:
    """Modes that settings have beyond each other, with the phonons as any smooth function of temperature they share.

    y = each sum_k q_k contrast_k + F(T_h) - F(T_0) for a flow, + F(T) for a conductance, with F a polynomial and no law:
    whatever does not depend on the setting goes into F, so that only differences between settings tell q.

    Parameters
    ----------
    contrasts : parameter -> what multiplies it in every reading, shape (n,): the number of channels, or 1 in a setting.
    each, hot, cold : as in `settings_model`.
    terms : of the polynomial: degrees 1 ... terms for a flow, 0 ... terms for a conductance.

    Parameters of the model: those of `contrasts` [1], and `common_1` ... (Chebyshev coefficients over what one mode has [1]).
    """
    low, high = float(min(hot.min(), hot.min() if cold is None else cold.min())), float(hot.max())
    middle, half = (low + high) / 2, (high - low) / 2 or 1.0
    size = float(np.max(np.abs(each))) or 1.0
    basis = np.polynomial.chebyshev.chebvander((hot - middle) / half, terms)
    if cold is not None:  # a constant in F cancels
        basis = (basis - np.polynomial.chebyshev.chebvander((cold - middle) / half, terms))[:, 1:]
    design = np.column_stack([*(each * contrast for contrast in contrasts.values()), size * basis])

    def function(x: Array, values: Array) -> Array:
        return np.asarray(design @ values)

    def jacobian(x: Array, values: Array) -> Array:
        return design

    first = tuple(Parameter(name=name, symbol=name, unit="", meaning="modes, in kappa0 T") for name in contrasts)
    rest = tuple(Parameter(name=f"common_{i}", symbol=f"a_{i}", unit="", meaning="common to all settings")
                 for i in range(1, basis.shape[1] + 1))  # fmt: skip
    return Model(
        name="heat flow differences",
        parameters=(*first, *rest),
        function=function,
        jacobian=jacobian,
        reference=REFERENCE,
    )
