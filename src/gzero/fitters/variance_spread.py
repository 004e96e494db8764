"""Standard uncertainties of sums of fitted parameters under a noise whose spectrum is estimated.

Student's quantile pays for the degrees of freedom of an estimated variance, and those of a sum are not those of its terms:
an amplitude and an offset that hang on the lowest frequencies may hang on them with opposite signs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.noise import FEWEST_DOF, widening

Array = NDArray[np.float64]

#: Degrees of freedom of a parameter, below which a sum that it enters has the uncertainty of its own variance.
_FEW = FEWEST_DOF + 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VarianceSpread:
    """How the covariance of k fitted parameters moves with the a parameters of the spectrum.

    Parameters
    ----------
    known : covariance as a known spectrum would make it, shape (k, k).
    scatter : what it gains as the weights of the readings are estimated too (Kackar and Harville 1984, doi
        10.1080/01621459.1984.10477102), shape (k, k).
    moved : derivatives of `known` by the parameters of the spectrum, shape (a, k, k).
    uncertainty : covariance of these, shape (a, a).
    """

    known: Array
    scatter: Array
    moved: Array
    uncertainty: Array

    def rules(self, along: Array) -> bool:
        """Whether a parameter of the sum has so few degrees of freedom that its widening says nothing of the sum's: it is then
        paid for by the least number that Student's quantile is given. Elsewhere the widenings of the parameters stand."""
        return any(self.dof(unit) < _FEW for unit in np.eye(along.size)[along != 0])

    def dof(self, along: Array) -> float:
        """Degrees of freedom of the variance of the sum `along` @ parameters (Satterthwaite 1946, doi 10.2307/3002019)."""
        variance = float(along @ self.known @ along)
        if not variance > 0:
            return np.inf
        shares = np.einsum("k,akl,l->a", along, self.moved, along) / variance
        return float(2.0 / max(float(shares @ self.uncertainty @ shares), 1e-12))

    def std(self, along: Array) -> float:
        """Standard uncertainty of the sum, widened so that 1.96 of it cover 95 %."""
        dof = self.dof(along)
        variance = float(along @ self.known @ along)
        variance += float(along @ self.scatter @ along) * max(1 - FEWEST_DOF / dof, 0.0)
        return float(np.sqrt(max(variance, 0.0)) * widening(np.array([dof]))[0])
