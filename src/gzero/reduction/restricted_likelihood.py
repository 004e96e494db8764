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

Array = NDArray[np.float64]

#: What rounding may add to a lower bound of -2 ln L.
_ROUNDING = 1e-6
#: Singular value over the largest one, from which a direction of the design counts.
_RANK = 1e-8
#: What a column adds to others, over its size: as good as nothing, and more than enough for such a singular value.
_NOTHING, _PLENTY = 1e-12, 1e-5
#: Condition number of columns up to which their matrix of products is good enough for a basis of them: orthonormal to 1e-10.
_WELL_CONDITIONED = 1e3


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
        basis, _ = _independent(design.T)
        return cls(r, basis)

    @classmethod
    def stacks(cls, r: Array, columns: Array) -> list[tuple[list[int], RestrictedLikelihood]]:
        """(which of them, their likelihood) of m fits, those together whose designs have one rank.

        Parameters
        ----------
        r : shape (m, n).  columns : of the designs, shape (m, q, n); they may repeat.
        """
        return [(members, cls(r[members], basis)) for members, basis in _bases(columns)]

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
        scale = np.where(left > 0, left, 0.0)
        with np.errstate(divide="ignore"):
            return np.where(left > 0, self.dof * np.log(scale), np.inf), scale

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


def _independent(columns: Array) -> tuple[Array, NDArray[np.intp] | None]:
    """An orthonormal basis, shape (p, n), of the columns of a design, shape (q, n), without those that others already span;
    and which columns span it, where that is clear.

    QR with pivoting, whose diagonal is what each column adds to those before it (Golub and Van Loan, Matrix Computations,
    5.4.2); singular values, which take three times as long, only where that leaves the rank open.
    """
    from scipy.linalg.lapack import dgeqp3, dorgqr

    scaled = _scaled(columns).T
    factors, order, reflections, _, _ = dgeqp3(scaled)
    added = np.abs(factors.diagonal())
    rank = int(np.count_nonzero(added > _PLENTY))
    if not (added[rank:] <= _NOTHING).all():
        left, singular, _ = np.linalg.svd(scaled, full_matrices=False)
        return np.asarray(left[:, singular > _RANK * singular[0]].T), None
    basis, _, _ = dorgqr(factors[:, :rank], reflections[:rank])
    return np.asarray(basis.T, dtype=np.float64), order[:rank] - 1  # LAPACK counts from 1


def _scaled(columns: Array) -> Array:
    """Columns, shape (..., q, n), over their size; those of zeros as they are."""
    size = np.sqrt(np.einsum("...qn,...qn->...q", columns, columns))
    return np.asarray(columns / np.maximum(size, np.finfo(float).tiny)[..., None])


def _bases(columns: Array) -> list[tuple[list[int], Array]]:
    """(which designs, their bases of shape (s, p, n)) of m designs of shape (q, n), those together that have one rank.

    Designs of one formula repeat the same columns: those that span the first one span the others too, where a look at
    what they leave of the rest says so. Their basis then is L^-1 A, with A A^T = L L^T of the columns (Golub and Van Loan,
    5.2.6). Where that is not clear, a design is decomposed by itself.
    """
    first, spanning = _independent(columns[0])
    if len(columns) == 1 or spanning is None:
        return [([0], first[None]), *(([i], _independent(columns[i])[0][None]) for i in range(1, len(columns)))]
    scaled = _scaled(columns[1:])
    own = scaled[:, spanning]
    try:
        root = np.linalg.inv(np.linalg.cholesky(own @ own.swapaxes(1, 2)))
    except np.linalg.LinAlgError:  # at least one of them spans less
        return [([i], _independent(own)[0][None]) for i, own in enumerate(columns)]
    basis = root @ own
    # columns of unit size: the condition number is at most the root of p times the size of the inverse
    sound = spanning.size * np.einsum("mij,mij->m", root, root) < _WELL_CONDITIONED**2
    if spanning.size < columns.shape[1]:
        repeated = np.delete(scaled, spanning, axis=1)
        beyond = repeated - (repeated @ basis.swapaxes(1, 2)) @ basis
        sound &= (np.einsum("mqn,mqn->mq", beyond, beyond) <= _NOTHING**2).all(axis=1)
    alike = [0, *(np.flatnonzero(sound) + 1).tolist()]
    apart = (np.flatnonzero(~sound) + 1).tolist()
    return [
        (alike, np.concatenate([first[None], basis[sound]])),
        *(([i], _independent(columns[i])[0][None]) for i in apart),
    ]
