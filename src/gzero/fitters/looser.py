"""How much of what a fit leaves would a looser one take up, along its derivatives?

What more freedom takes up is no evidence about the noise: steps that are unequal must not look like slow noise. Of many
fits at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.fitters.problem import Problem, both_of
from gzero.models.model import Array
from gzero.reduction.learnt_spectrum import Residuals
from gzero.reduction.orthonormal import sizes
from gzero.reduction.stacks import in_stacks

#: Parameters -> a problem with more freedom on the same curve, and the values of its free parameters that are the same fit.
Looser = Callable[[Mapping[str, float]], tuple[Problem, Array]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Freedom:
    """A fit and a looser one.

    Parameters
    ----------
    left : what the fit leaves, and its design.
    names : of its free parameters, shape (p,).
    problem : with more freedom, on the same curve under the same noise.
    at : values of its free parameters that are the same fit, shape (q,).
    """

    left: Residuals
    names: tuple[str, ...]
    problem: Problem
    at: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TakenUp:
    """What the looser fit does.

    Parameters
    ----------
    share : of the sum of squares that lies along its derivatives.
    columns : its derivatives that the fit itself does not have, over the standard deviations, shape (c, n).
    """

    share: float
    columns: Array


def taken_up(several: Sequence[Freedom]) -> list[TakenUp]:
    """What the looser fit of each does, in their order."""
    designs = [design for _, design in both_of([(one.problem, one.at) for one in several])]
    return in_stacks(_taken_up, list(zip(several, designs, strict=True)), shape=_shape)


def _shape(asked: tuple[Freedom, Array]) -> tuple[Hashable, int]:
    """Two formulas, on as many points."""
    one, design = asked
    return (one.names, one.problem.names, design.shape), design.size


def _taken_up(asked: Sequence[tuple[Freedom, Array]]) -> list[TakenUp]:
    first, _ = asked[0]
    columns = np.array([design.T for _, design in asked])
    columns /= np.array([one.problem.noise.std for one, _ in asked])[:, None, :]
    pulls = np.array([one.left.values for one, _ in asked])
    sums = np.einsum("mn,mn->m", pulls, pulls)
    shares = np.divide(along(columns, pulls), sums, out=np.zeros_like(sums), where=sums > 0)
    designs = np.array([one.left.design.T for one, _ in asked])
    new = not_in(designs, first.names, columns, first.problem.names)
    return [TakenUp(share=s, columns=own[which]) for s, own, which in zip(shares.tolist(), columns, new, strict=True)]


def along(columns: Array, pulls: Array) -> Array:
    """Sum of squares of the part of the pulls, shape (m, n), that lies along the columns, shape (m, q, n); shape (m,)."""
    size = sizes(columns)
    size = np.where(size > 0, size, 1.0)[:, :, None]
    slope = (columns @ pulls[:, :, None]) / size
    # columns that are nearly one another's multiples are held apart by a billionth
    matrix = (columns @ columns.swapaxes(1, 2)) / (size * size.swapaxes(1, 2)) + 1e-9 * np.eye(size.shape[1])
    return np.asarray((slope * np.linalg.solve(matrix, slope)).sum(axis=(1, 2)))


def not_in(columns: Array, names: tuple[str, ...], others: Array, their: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which columns of other designs, shape (m, q, n), are not those of the same name in these, shape (m, p, n): what stands
    twice says nothing, and costs the decompositions that follow. Shape (m, q)."""
    pairs = [(names.index(name), j) for j, name in enumerate(their) if name in names]
    new = np.ones(others.shape[:2], dtype=bool)
    for i, j in pairs:
        new[:, j] = (columns[:, i] != others[:, j]).any(axis=1)
    return new
