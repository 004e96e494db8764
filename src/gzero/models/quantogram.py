"""The cosine quantogram: how well values are multiples of a unit that is not known in advance.

D. G. Kendall (1974), Hunting quanta, Phil. Trans. R. Soc. Lond. A 276, 231, doi 10.1098/rsta.1974.0020. With standard
uncertainties every term is weighed by its own attenuation: a value that scatters by s about a multiple of q has a cosine
of mean a = exp(-2 pi^2 s^2/q^2), and the sum weighed by a has the largest signal over noise of all weighted sums.

    phi(q) = sqrt(2/sum a_i^2) sum a_i cos(2 pi x_i/q),     a_i = exp(-2 pi^2 s_i^2/q^2)

Values with no unit of about q have phi of mean 0 and variance 1; without uncertainties all a_i are 1 and phi is Kendall's.
Values, uncertainties and units are in one unit of any dimension. Valid where the largest value is several units.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def attenuation(std: Array, units: Array) -> Array:
    """a = exp(-2 pi^2 s^2/q^2) [1], shape (m, n), of values with uncertainties `std` (n,) about multiples of `units` (m,).

    s -> 0 gives 1, s >> q gives 0; it is the characteristic function of the normal law at 2 pi/q.
    """
    return np.asarray(np.exp(-2 * np.pi**2 * (std / units[:, None]) ** 2))


def _weights(values: Array, units: Array, std: Array | None) -> Array:
    return np.ones((units.size, values.size)) if std is None else attenuation(std, units)


def quantogram(values: Array, units: Array, std: Array | None = None) -> Array:
    """phi(q) [1], shape (m,), of `values` (n,) with standard uncertainties `std` (n,) or None, at trial `units` (m,) > 0.

    Largest possible is sqrt(2 n), when every value is a multiple of q.
    """
    weights = _weights(values, units, std)
    norm = np.sqrt(np.maximum(np.sum(weights**2, axis=1) / 2, np.finfo(np.float64).tiny))
    return np.asarray(np.sum(weights * np.cos(2 * np.pi * values / units[:, None]), axis=1) / norm)


def slope(values: Array, units: Array, std: Array | None = None) -> Array:
    """d phi/d q [1/unit of the values], shape (m,); arguments as of `quantogram`."""
    q = units[:, None]
    weights = _weights(values, units, std)
    widening = np.zeros_like(weights) if std is None else weights * 4 * np.pi**2 * std**2 / q**3
    angle = 2 * np.pi * values / q
    above = np.sum(weights * np.cos(angle), axis=1)
    d_above = np.sum(widening * np.cos(angle) + weights * np.sin(angle) * angle / q, axis=1)
    norm = np.sqrt(np.maximum(np.sum(weights**2, axis=1) / 2, np.finfo(np.float64).tiny))
    d_norm = np.sum(weights * widening, axis=1) / (2 * norm)
    return np.asarray(d_above / norm - above * d_norm / norm**2)


def of_a_unit(units: Array, count: int, std: Array | None, scatter: float) -> tuple[Array, Array]:
    """(mean, standard deviation) of phi at the unit of values that are its multiples, each of shape (m,).

    Parameters
    ----------
    units : shape (m,).  count : number of values.  std : their uncertainties (count,), or None.
    scatter : further standard deviation of a value about its multiple, over the unit [1].
    """
    own = np.zeros(count) if std is None else std
    weights = attenuation(own, units)
    a = weights * np.exp(-2 * np.pi**2 * scatter**2)
    norm = np.sqrt(np.maximum(np.sum(weights**2, axis=1) / 2, np.finfo(np.float64).tiny))
    mean = np.sum(weights * a, axis=1) / norm
    # of cos(t), t normal with E cos t = a: E cos^2 t = (1 + a^4)/2
    variance = np.sum(weights**2 * ((1 + a**4) / 2 - a**2), axis=1) / norm**2
    return np.asarray(mean), np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def log_likelihood(values: Array, unit: float, std: Array | None = None) -> float:
    """ln of the likelihood of a unit over that of no unit [1], with the best concentration kappa of the phases.

    The phases 2 pi x/q are taken for von Mises about 0 against even ones: kappa S - N ln I0(kappa), with S the sum of
    their cosines; weighed values count as N = (sum a)^2/sum a^2. Halving a unit that fits costs N ln 2.
    """
    from scipy.optimize import brentq
    from scipy.special import i0e, i1e

    weights = _weights(values, np.array([unit]), std)[0]
    total = float(np.sum(weights))
    if total <= 0:
        return 0.0
    resultant = float(np.sum(weights * np.cos(2 * np.pi * values / unit))) / total
    effective = total**2 / float(np.sum(weights**2))
    if resultant <= 1e-9:
        return 0.0
    # exact multiples would have kappa without end at any part of the unit: no value counts as better than a millionth of
    # the largest, which is the same at q and at q/2
    top = min(1e12, (unit / (2 * np.pi * 1e-6 * float(np.max(np.abs(values))))) ** 2)
    if resultant >= float(i1e(top) / i0e(top)):
        kappa = top
    else:
        kappa = float(brentq(lambda k: float(i1e(k) / i0e(k)) - resultant, 1e-12, top, xtol=1e-12, rtol=1e-12))
    return effective * (kappa * (resultant - 1) - float(np.log(i0e(kappa))))
