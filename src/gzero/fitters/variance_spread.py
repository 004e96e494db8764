"""Standard uncertainties of sums of fitted parameters under a noise whose spectrum is estimated.

Student's quantile pays for the degrees of freedom of an estimated variance, and those of a sum are not those of its terms:
an amplitude and an offset that hang on the lowest frequencies may hang on them with opposite signs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.noise import widening

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VarianceSpread:
    """How the covariance of k fitted parameters moves with the a parameters of the spectrum.

    Parameters
    ----------
    plain : covariance before any widening, shape (k, k).
    known : the same as a known spectrum would make it, shape (k, k).
    moved : its derivatives by the parameters of the spectrum, shape (a, k, k).
    uncertainty : covariance of these, shape (a, a).
    """

    plain: Array
    known: Array
    moved: Array
    uncertainty: Array

    def dof(self, along: Array) -> float:
        """Degrees of freedom of the variance of the sum `along` @ parameters (Satterthwaite 1946, doi 10.2307/3002019)."""
        variance = float(along @ self.known @ along)
        if not variance > 0:
            return np.inf
        shares = np.einsum("k,akl,l->a", along, self.moved, along) / variance
        return float(2.0 / max(float(shares @ self.uncertainty @ shares), 1e-12))

    def std(self, along: Array) -> float:
        """Standard uncertainty of the sum, widened so that 1.96 of it cover 95 %."""
        variance = max(float(along @ self.plain @ along), 0.0)
        return float(np.sqrt(variance) * widening(np.array([self.dof(along)]))[0])
