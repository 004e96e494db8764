"""How sure are the parameters at a minimum: the covariance under the noise as it is known.

(J^T J)^-1 of the whitened Jacobian J where the noise is white or stated; under red noise its estimated spectrum adds to
that; of an ordinary fit under red noise, and of a robust one, a sandwich.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.fitters.problem import Problem
from gzero.fitters.variance_spread import VarianceSpread
from gzero.models.model import Array
from gzero.reduction.noise import FEWEST_DOF
from gzero.reduction.orthonormal import inverse_roots, sizes
from gzero.reduction.spectrum import Spectrum
from gzero.reduction.stacks import in_stacks

_EDGE = 1e-6  # of a value: closer to a bound than this is on it
_NONE = np.array([], dtype=np.intp)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Covariance:
    """What is known of how sure k parameters are.

    Parameters
    ----------
    matrix : shape (k, k); a parameter on a bound has no standard uncertainty (not a number), and those of the others are
        given its value.
    few : degrees of freedom of each variance, shape (k,).
    lost : names of what the data do not determine; the matrix then is not a number.
    on_bound : which parameters lie on a bound, shape (k,).
    spread : degrees of freedom of the variances of sums, under red noise.
    """

    matrix: Array
    few: Array
    lost: tuple[str, ...]
    on_bound: NDArray[np.bool_]
    spread: VarianceSpread | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """Where a problem is looked at.

    Parameters
    ----------
    values : of the free parameters, shape (k,).
    design : d model/d free parameter there, shape (n, k).
    pulls : whitened residuals, shape (n,).
    sandwich : whether the readings were weighed as if the noise were white, and its spectrum enters the covariance only.
    """

    problem: Problem
    values: Array
    design: Array
    pulls: Array
    sandwich: bool = False


def covariances(places: Sequence[Place]) -> list[Covariance]:
    """The covariance of the parameters of each, in their order."""
    on_bounds = in_stacks(_on_bounds, places, shape=lambda place: (place.design.shape, place.design.size))
    weighted = [_weighted(place, on_bound) for place, on_bound in zip(places, on_bounds, strict=True)]
    inverses = in_stacks(_inverses, weighted, shape=lambda columns: (columns.shape, columns.size))
    each = zip(places, on_bounds, weighted, inverses, strict=True)
    return [_covariance(place, on_bound, own, *inverse) for place, on_bound, own, inverse in each]


def _weighted(place: Place, on_bound: NDArray[np.bool_]) -> Array:
    """The whitened derivatives by the parameters that are not on a bound, shape (n, k')."""
    noise = place.problem.noise.with_spectrum(None) if place.sandwich else place.problem.noise
    return noise.whiten(place.design[:, ~on_bound] if on_bound.any() else place.design)


def _covariance(
    place: Place, on_bound: NDArray[np.bool_], weighted: Array, inverse: Array, lost: NDArray[np.intp]
) -> Covariance:
    problem, k = place.problem, on_bound.size
    inside = (~on_bound).nonzero()[0]
    few = np.full(k, np.inf)
    if not lost.size:
        # a place on the abscissa known worse than the sweep is long is not known
        sweep = float(problem.curve.x[-1] - problem.curve.x[0])
        far = (inverse.diagonal() > sweep**2).nonzero()[0]
        lost = np.array([i for i in far if problem.free[inside[i]].unit == "x"], dtype=np.intp)
    if lost.size:
        names = tuple(problem.free[inside[i]].name for i in lost)
        return Covariance(matrix=np.full((k, k), np.nan), few=few, lost=names, on_bound=on_bound)
    part, dof, spread = _spread(problem, weighted, inverse, place.pulls, sandwich=place.sandwich)
    if inside.size == k:
        return Covariance(matrix=part, few=dof, lost=(), on_bound=on_bound, spread=spread)
    matrix = np.full((k, k), np.nan)
    matrix[np.ix_(inside, inside)] = part
    few[inside] = dof
    return Covariance(matrix=matrix, few=few, lost=(), on_bound=on_bound)


def _spread(
    problem: Problem, weighted: Array, inverse: Array, pulls: Array, *, sandwich: bool
) -> tuple[Array, Array, VarianceSpread | None]:
    """(covariance, degrees of freedom, those of sums under red noise) of the parameters that are not on a bound."""
    spectrum = problem.noise.spectrum
    many = np.full(inverse.shape[0], np.inf)
    if problem.loss != "linear":
        return _robust(weighted, pulls, problem.loss), many, None
    if spectrum is None:
        return inverse, many, None
    if sandwich:
        return *spectrum.covariance(weighted @ inverse), None
    if not problem.noise.red:  # white, its scale estimated
        return inverse, np.full(many.size, 2.0 / max(float(spectrum.uncertainty[0, 0]), 1e-12)), None
    # what each reading contributes to each parameter, to see what the spectrum's own uncertainty does to it
    columns = weighted @ inverse
    moved = np.einsum("np,an,nq->apq", columns, spectrum.gradients, columns, optimize=True)
    shares = np.diagonal(moved, axis1=1, axis2=2) / np.diag(inverse)
    relative = np.einsum("ap,ab,bp->p", shares, spectrum.uncertainty, shares)
    few = 2.0 / np.maximum(relative, 1e-12)
    scatter = _scatter_of_weights(columns, spectrum)
    # an expansion for a spectrum that is nearly known: it says nothing from there down where Student's quantile ends too
    added = np.maximum(np.diag(scatter), 0.0) * np.maximum(1 - FEWEST_DOF / few, 0.0)
    grown = np.sqrt(1 + added / np.diag(inverse))
    spread = VarianceSpread(known=inverse, scatter=scatter, moved=moved, uncertainty=spectrum.uncertainty)
    return inverse * np.outer(grown, grown), few, spread


def _scatter_of_weights(columns: Array, spectrum: Spectrum) -> Array:
    """Covariance that the parameters gain as the weights of the readings are estimated too, shape (p, p).

    With W the whitened Jacobian, Phi = (W^T W)^-1, G_i = diag(d ln S/d parameter i) and U their covariance:

        Lambda = Phi sum_ij U_ij (W^T G_i G_j W - W^T G_i W Phi W^T G_j W) Phi

    (Kackar and Harville 1984, doi 10.1080/01621459.1984.10477102). The bracket is what is left of G W behind W, so that its
    diagonal is not negative for a U that is none; the columns of W Phi are `columns`.
    """
    moved = spectrum.gradients[:, :, None] * columns  # G_i W Phi, shape (a, n, p)
    q, _ = np.linalg.qr(columns)
    moved = moved - np.einsum("nk,akp->anp", q, np.einsum("nk,anp->akp", q, moved))
    return np.asarray(np.einsum("ab,anp,bnq->pq", spectrum.uncertainty, moved, moved, optimize=True))


def _robust(weighted: Array, pulls: Array, loss: str) -> Array:
    """Sandwich covariance of an M-estimator (Huber 1964, doi 10.1214/aoms/1177703732): A^-1 B A^-1 with A = J^T psi' J,
    B = J^T psi^2 J, for the losses of `scipy.optimize.least_squares` at scale 1."""
    square = pulls**2
    if loss == "soft_l1":
        first, second = (1 + square) ** -0.5, -0.5 * (1 + square) ** -1.5
    elif loss == "huber":
        inside = square <= 1
        root = np.sqrt(np.maximum(square, 1.0))
        first, second = np.where(inside, 1.0, 1 / root), np.where(inside, 0.0, -0.5 / root**3)
    elif loss == "cauchy":
        first, second = 1 / (1 + square), -1 / (1 + square) ** 2
    else:
        raise ValueError(f"no such loss: {loss!r}")
    slope = first + 2 * second * square  # d psi/d pull of psi = pull * first
    bread, _ = _inverses([weighted * np.sqrt(np.maximum(np.mean(slope), 1e-6))])[0]
    return np.asarray(bread @ ((weighted * (first**2 * square)[:, None]).T @ weighted) @ bread)


def _inverses(weighted: Sequence[Array]) -> list[tuple[Array, NDArray[np.intp]]]:
    """((J^T J)^-1, columns that the data do not determine) of Jacobians J of one shape (n, k): by the Cholesky factors of the
    products of their columns, or by singular values where these may tell of such columns."""
    n, k = weighted[0].shape
    if not k:  # every parameter lies on a bound
        return [(np.zeros((0, 0)), _NONE) for _ in weighted]
    columns = np.array([own.T for own in weighted])
    scale = sizes(columns)
    sound = (np.isfinite(scale) & (scale > 0)).all(axis=1) & (n >= k)
    if not sound.all():
        columns[~sound] = np.eye(k, n)  # of these, nothing is read
    size = np.where(sound[:, None], scale, 1.0)[:, :, None]
    roots, good = inverse_roots(columns / size)
    inverses = (roots.swapaxes(1, 2) @ roots) / (size * size.swapaxes(1, 2))
    sound &= good
    return [
        (inverse, _NONE) if good else _by_singular_values(own, size)
        for own, size, inverse, good in zip(weighted, scale, inverses, sound, strict=True)
    ]


def _by_singular_values(weighted: Array, scale: Array) -> tuple[Array, NDArray[np.intp]]:
    """The same of one, with the size of its columns, shape (k,)."""
    k = scale.size
    unusable = ~np.isfinite(scale) | (scale == 0)
    if unusable.any():
        return np.full((k, k), np.nan), np.flatnonzero(unusable)
    _, singular, right = np.linalg.svd(weighted / scale, full_matrices=False)
    if singular[-1] < 1e-10 * singular[0]:
        return np.full((k, k), np.nan), np.flatnonzero(np.abs(right[-1]) > 0.1)
    root = right.T / singular
    return (root @ root.T) / (scale[:, None] * scale), _NONE


def _on_bounds(places: Sequence[Place]) -> list[NDArray[np.bool_]]:
    """Which values lie on a finite bound, to a thousandth of what the readings can tell of them; of designs of one shape."""
    values = np.array([place.values for place in places])
    bounds = np.array([place.problem.bounds for place in places])
    with np.errstate(invalid="ignore"):  # of values that are not finite
        away = np.abs(values[:, :, None] - bounds).min(axis=2)  # infinite where there is no bound
    std = np.array([place.problem.noise.std for place in places])
    size = sizes(np.array([place.design.T for place in places]) / std[:, None, :])
    near = np.maximum(_EDGE * np.abs(values), 1e-3 / np.maximum(size, np.finfo(float).tiny))
    return list(away <= near)
