"""The restricted likelihood of noise whose covariance is diagonal, behind a linear fit.

    -2 ln L = dof ln(scale) + sum ln S + ln|B^T S^-1 B|,      dof scale = r^T S^-1 r - b^T (B^T S^-1 B)^-1 b,  b = B^T S^-1 r

with the variances scale S of the readings r and an orthonormal basis B of what was fitted to them: the likelihood of
what the fit cannot reach (Patterson and Thompson 1971, doi 10.1093/biomet/58.3.545), its scale at the best value.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.orthonormal import bases, independent

Array = NDArray[np.float64]

#: What rounding may add to a lower bound of -2 ln L.
_ROUNDING = 1e-6


class RestrictedLikelihood:
    """-2 ln L of variances up to their scale, of one set of readings; `white` and `floors` of many at once.

    Parameters
    ----------
    r : readings less a fit, shape (..., n), in the basis in which their covariance is diagonal.
    basis : orthonormal rows that span the derivatives of the fit in the same basis, shape (..., p, n).

    `of` makes it from a design, `stacks` from many.
    """

    def __init__(self, r: Array, basis: Array) -> None:
        self._r, self._basis = r, basis
        self.dof = r.shape[-1] - basis.shape[-2]

    @classmethod
    def of(cls, r: Array, design: Array) -> RestrictedLikelihood:
        """That of readings, shape (n,), less a fit of some design, shape (n, q); its columns may repeat."""
        basis, _ = independent(design.T)
        return cls(r, basis)

    @classmethod
    def stacks(cls, r: Array, columns: Array) -> list[tuple[list[int], RestrictedLikelihood]]:
        """(which of them, their likelihood) of m fits, those together whose designs have one rank.

        Parameters
        ----------
        r : shape (m, n).  columns : of the designs, shape (m, q, n); they may repeat.
        """
        return [(members, cls(r[members], basis)) for members, basis in bases(columns)]

    def __getitem__(self, i: int) -> RestrictedLikelihood:
        """That of one of many."""
        return RestrictedLikelihood(self._r[i], self._basis[i])

    @cached_property
    def _both(self) -> Array:
        return np.vstack([self._basis, self._r])

    def __call__(self, variances: Array) -> tuple[float, float]:
        """(-2 ln L, scale) of variances S, shape (n,)."""
        from scipy.linalg.lapack import dpotrf

        # [B r]^T S^-1 [B r] = L L^T: the last pivot is what B leaves of r^T S^-1 r, the others make the determinant
        factor, failed = dpotrf((self._both / variances) @ self._both.T, lower=True)
        *pivots, left = factor.diagonal().tolist()
        scale = left**2 / self.dof
        if failed or not scale > 0:  # B leaves nothing
            return np.inf, 0.0
        determinants = float(np.add.reduce(np.log(variances))) + 2 * sum(map(math.log, pivots))
        return self.dof * math.log(scale) + determinants, scale

    def white(self) -> tuple[Array, Array]:
        """(-2 ln L, scale) of S = 1, whose determinants are 1; each of shape (...)."""
        inside = _times(self._basis, self._r)
        left = (np.einsum("...n,...n", self._r, self._r) - np.einsum("...p,...p", inside, inside)) / self.dof
        logs = np.log(left, out=np.full(np.shape(left), np.inf), where=left > 0)
        return self.dof * logs, np.where(left > 0, left, 0.0)

    def floors(self, variances: Array, logs: Array) -> Array:
        """Values that -2 ln L of many S is not below, at the price of few matrix products for all of them.

            sum ln S + ln|B^T S^-1 B| >= sum (1 - h) ln S,   h = diag(B B^T)     (Jensen, for each eigenvector of B^T S^-1 B)
            dof scale >= (u^T r)^2/(u^T S u)   for every u orthogonal to B       (Cauchy and Schwarz)

        u is S^-1 r without its part in B, B b with b = B^T S^-1 r, which reaches equality where S mixes B with nothing else;
        with r orthogonal to B, u^T r = r^T S^-1 r and u^T S u = r^T S^-1 r + (B b)^T S (B b).

        Parameters
        ----------
        variances, logs : S and ln S, shapes (k, n).

        Returns
        -------
        shape (..., k); minus infinity where there is no bound.
        """
        basis = self._basis
        rest = self._r - _times(basis.swapaxes(-1, -2), _times(basis, self._r))
        inverse = 1 / variances
        along = rest**2 @ inverse.T
        inside = ((rest[..., None, :] * inverse) @ basis.swapaxes(-1, -2)) @ basis
        across = np.einsum("...kn,...kn,kn->...k", inside, inside, variances)
        with np.errstate(divide="ignore", invalid="ignore"):  # of residuals that are zero there is no bound
            least = along**2 / (along + across) / self.dof
            floors = self.dof * np.log(least) + (1 - np.einsum("...pn,...pn->...n", basis, basis)) @ logs.T
        return np.where(np.isfinite(floors), floors - _ROUNDING, -np.inf)

    def information(self, variances: Array, slopes: Array) -> Array:
        """Expected information about parameters of S, shape (p, p), from the slopes d ln S/d parameter, shape (p, n)."""
        q, _ = np.linalg.qr((self._basis / np.sqrt(variances)).T)
        leverage = (q**2).sum(axis=1)
        inside = np.array([(q.T * row) @ q for row in slopes])
        return np.asarray(
            0.5 * ((slopes * (1 - 2 * leverage)) @ slopes.T + np.einsum("aij,bji->ab", inside, inside)),
            dtype=np.float64,
        )


def _times(matrix: Array, vector: Array) -> Array:
    """Matrices, shape (..., i, j), times a vector each, shape (..., j)."""
    return np.asarray((matrix @ vector[..., None])[..., 0])
