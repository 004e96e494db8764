"""What would one more parameter bring? Read off the slope of chi2 where the fit without it ends, of many fits at a time.

    decrease of chi2 = (c^T r)^2/(c^T c)

with the whitened residuals r and what the derivatives of the fit leave of the new one, c: Rao's score test (1948,
doi 10.1017/S0305004100023987).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gzero.models.model import Array
from gzero.reduction.orthonormal import inverse_roots, unit
from gzero.reduction.stacks import in_stacks


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slope:
    """A fit and further derivatives, all of them whitened.

    Parameters
    ----------
    design : derivatives of the fit by its free parameters, shape (n, p).
    columns : derivatives by parameters that it does not have, shape (n, c).
    residuals : shape (n,).
    """

    design: Array
    columns: Array
    residuals: Array


def decreases(several: Sequence[Slope]) -> list[Array]:
    """Decrease of chi2 that each further parameter of each fit would bring by itself, shape (c,); 0 for one that the fit has
    already."""
    return in_stacks(_decreases, several, shape=lambda one: ((one.design.shape, one.columns.shape), one.design.size))


def _decreases(alike: Sequence[Slope]) -> list[Array]:
    design = unit(np.array([one.design.T for one in alike]))
    columns = np.array([one.columns.T for one in alike])
    residuals = np.array([one.residuals for one in alike])
    roots, sound = inverse_roots(design)
    basis = roots @ design
    for i in np.flatnonzero(~sound):
        basis[i] = np.linalg.qr(design[i].T)[0].T
    columns -= (columns @ basis.swapaxes(1, 2)) @ basis
    size = np.einsum("mcn,mcn->mc", columns, columns)
    slope = np.einsum("mcn,mn->mc", columns, residuals)
    return list(np.divide(slope**2, size, out=np.zeros_like(size), where=size > 0))
