"""The restricted likelihood of noise whose covariance is diagonal, behind a linear fit.

    -2 ln L = dof ln(scale) + sum ln S + ln|B^T S^-1 B|,      dof scale = r^T S^-1 r - b^T (B^T S^-1 B)^-1 b,  b = B^T S^-1 r

with the variances scale S of the readings r and an orthonormal basis B of what was fitted to them: the likelihood of
what the fit cannot reach (Patterson and Thompson 1971, doi 10.1093/biomet/58.3.545), its scale at the best value.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: What rounding may add to a lower bound of -2 ln L.
_ROUNDING = 1e-6
#: Singular value over the largest one, from which a direction of the design counts.
_RANK = 1e-8
#: What a column adds to others, over its size: as good as nothing, and more than enough for such a singular value.
_NOTHING, _PLENTY = 1e-12, 1e-5


class RestrictedLikelihood:
    """-2 ln L of variances up to their scale.

    Parameters
    ----------
    r : readings less a fit, shape (n,), in the basis in which their covariance is diagonal.
    design : derivatives of the fit in the same basis, shape (n, q); columns may repeat.
    """

    def __init__(self, r: Array, design: Array) -> None:
        self._r, self._basis = r, _independent(design)
        self._both = np.vstack([self._basis.T, r]).T
        self.dof = r.size - self._basis.shape[1]

    def __call__(self, variances: Array) -> tuple[float, float]:
        """(-2 ln L, scale) of variances S, shape (n,)."""
        from scipy.linalg.lapack import dpotrf

        # [B r]^T S^-1 [B r] = L L^T: the last pivot is what B leaves of r^T S^-1 r, the others make the determinant
        factor, failed = dpotrf((self._both / variances[:, None]).T @ self._both, lower=True)
        *pivots, left = factor.diagonal().tolist()
        scale = left**2 / self.dof
        if failed or not scale > 0:  # B leaves nothing
            return np.inf, 0.0
        determinants = float(np.add.reduce(np.log(variances))) + 2 * sum(map(math.log, pivots))
        return self.dof * math.log(scale) + determinants, scale

    def white(self) -> tuple[float, float]:
        """(-2 ln L, scale) of S = 1, whose determinants are 1."""
        inside = self._basis.T @ self._r
        scale = float(self._r @ self._r - inside @ inside) / self.dof
        return (self.dof * math.log(scale), scale) if scale > 0 else (np.inf, 0.0)

    def floors(self, variances: Array, logs: Array) -> Array:
        """Values that -2 ln L of many S is not below, at the price of few matrix products for all of them.

            sum ln S + ln|B^T S^-1 B| >= sum (1 - h) ln S,   h = diag(B B^T)     (Jensen, for each eigenvector of B^T S^-1 B)
            dof scale >= (u^T r)^2/(u^T S u)   for every u orthogonal to B       (Cauchy and Schwarz)

        u is S^-1 r without its part in B, which reaches equality where S mixes B with nothing else.

        Parameters
        ----------
        variances, logs : S and ln S, shapes (k, n).

        Returns
        -------
        shape (k,); minus infinity where there is no bound.
        """
        rest = self._r - self._basis @ (self._basis.T @ self._r)
        u = rest / variances
        u -= (u @ self._basis) @ self._basis.T
        with np.errstate(divide="ignore", invalid="ignore"):  # of residuals that are zero there is no bound
            least = (u @ rest) ** 2 / np.einsum("kn,kn->k", u * u, variances) / self.dof
            floors = self.dof * np.log(least) + logs @ (1 - np.einsum("np,np->n", self._basis, self._basis))
        return np.where(np.isfinite(floors), floors - _ROUNDING, -np.inf)

    def information(self, variances: Array, slopes: Array) -> Array:
        """Expected information about parameters of S, shape (p, p), from the slopes d ln S/d parameter, shape (p, n)."""
        q, _ = np.linalg.qr(self._basis / np.sqrt(variances)[:, None])
        leverage = (q**2).sum(axis=1)
        inside = np.array([(q.T * row) @ q for row in slopes])
        return np.asarray(
            0.5 * ((slopes * (1 - 2 * leverage)) @ slopes.T + np.einsum("aij,bji->ab", inside, inside)),
            dtype=np.float64,
        )


def _independent(design: Array) -> Array:
    """An orthonormal basis of the design's columns, without those that others already span.

    QR with pivoting, whose diagonal is what each column adds to those before it (Golub and Van Loan, Matrix Computations,
    5.4.2); singular values, which take three times as long, only where that leaves the rank open.
    """
    from scipy.linalg.lapack import dgeqp3, dorgqr

    scaled = design / np.maximum(np.sqrt(np.einsum("nq,nq->q", design, design)), np.finfo(float).tiny)
    factors, _, reflections, _, _ = dgeqp3(scaled)
    added = np.abs(factors.diagonal())
    rank = int(np.count_nonzero(added > _PLENTY))
    if not (added[rank:] <= _NOTHING).all():
        left, singular, _ = np.linalg.svd(scaled, full_matrices=False)
        return np.asarray(left[:, singular > _RANK * singular[0]])
    basis, _, _ = dorgqr(factors[:, :rank], reflections[:rank])
    return np.asarray(basis, dtype=np.float64)
