"""Orthonormal bases of the columns of designs: of one, by a decomposition that says which columns repeat, or of many.

Many go by the Cholesky factor of the products of their columns, A A^T = L L^T: the rows of L^-1 A are orthonormal, and
L^-T L^-1 is the inverse of the products (Golub and Van Loan, Matrix Computations, 5.2.6 and 5.3.2). It doubles the digits that
ill-conditioned columns cost, so that it stands where they cost few.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Singular value over the largest one, from which a direction of the design counts.
_RANK = 1e-8
#: What a column adds to others, over its size: as good as nothing, and more than enough for such a singular value.
_NOTHING, _PLENTY = 1e-12, 1e-5
#: Condition number of columns of unit size up to which their products will do: what comes of them is good to 1e-10.
_WELL_CONDITIONED = 1e3


def sizes(columns: Array) -> Array:
    """Root of the sum of squares of columns of shape (..., q, n), shape (..., q)."""
    return np.asarray(np.sqrt(np.einsum("...qn,...qn->...q", columns, columns)))


def inverse_roots(columns: Array) -> tuple[Array, NDArray[np.bool_]]:
    """L^-1 of designs whose columns have unit size, shape (m, q, q), and whether it is good to 1e-10, shape (m,).

    Parameters
    ----------
    columns : shape (m, q, n).
    """
    products = columns @ columns.swapaxes(1, 2)
    try:
        roots = np.linalg.inv(np.linalg.cholesky(products))
    except np.linalg.LinAlgError:  # at least one of them is singular
        if len(columns) == 1:
            return np.full_like(products, np.nan), np.array([False])
        each = [inverse_roots(own) for own in columns[:, None]]
        return np.concatenate([root for root, _ in each]), np.concatenate([sound for _, sound in each])
    # columns of unit size: the condition number is at most the root of q times the size of the inverse
    return roots, columns.shape[1] * np.einsum("mij,mij->m", roots, roots) < _WELL_CONDITIONED**2


def independent(columns: Array) -> tuple[Array, NDArray[np.intp] | None]:
    """An orthonormal basis, shape (p, n), of the columns of a design, shape (q, n), without those that others already span;
    and which columns span it, where that is clear.

    QR with pivoting, whose diagonal is what each column adds to those before it (Golub and Van Loan, Matrix Computations,
    5.4.2); singular values, which take three times as long, only where that leaves the rank open.
    """
    from scipy.linalg.lapack import dgeqp3, dorgqr

    scaled = unit(columns).T
    factors, order, reflections, _, _ = dgeqp3(scaled)
    added = np.abs(factors.diagonal())
    rank = int(np.count_nonzero(added > _PLENTY))
    if not (added[rank:] <= _NOTHING).all():
        left, singular, _ = np.linalg.svd(scaled, full_matrices=False)
        return np.asarray(left[:, singular > _RANK * singular[0]].T), None
    basis, _, _ = dorgqr(factors[:, :rank], reflections[:rank])
    return np.asarray(basis.T, dtype=np.float64), order[:rank] - 1  # LAPACK counts from 1


def unit(columns: Array) -> Array:
    """Columns, shape (..., q, n), over their size; those of zeros as they are."""
    return np.asarray(columns / np.maximum(sizes(columns), np.finfo(float).tiny)[..., None])


def bases(columns: Array) -> list[tuple[list[int], Array]]:
    """(which designs, their bases of shape (s, p, n)) of m designs of shape (q, n), those together that have one rank.

    Designs of one formula repeat the same columns: those that span the first one span the others too, where a look at
    what they leave of the rest says so. Where that is not clear, a design is decomposed by itself.
    """
    first, spanning = independent(columns[0])
    if len(columns) == 1 or spanning is None:
        return [([0], first[None]), *(([i], independent(columns[i])[0][None]) for i in range(1, len(columns)))]
    scaled = unit(columns[1:])
    own = scaled[:, spanning]
    roots, sound = inverse_roots(own)
    basis = roots @ own
    if spanning.size < columns.shape[1]:
        repeated = np.delete(scaled, spanning, axis=1)
        beyond = repeated - (repeated @ basis.swapaxes(1, 2)) @ basis
        sound &= (sizes(beyond) <= _NOTHING).all(axis=1)
    alike = [0, *(np.flatnonzero(sound) + 1).tolist()]
    apart = (np.flatnonzero(~sound) + 1).tolist()
    return [
        (alike, np.concatenate([first[None], basis[sound]])),
        *(([i], independent(columns[i])[0][None]) for i in apart),
    ]
