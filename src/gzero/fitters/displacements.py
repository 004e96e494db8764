"""D and localisation variance straight from displacements, without a mean squared displacement: two more estimators.

The displacements of a trajectory of N steps are normal with covariance A + 2 s^2 on the diagonal and -s^2 beside it, whose
eigenvectors are sines: in the sine transform they are independent with variances

    psi_k = A + 2 s^2 (1 - cos(pi k/(N + 1))),     k = 1 ... N,     A = 2 D dt,     s^2 = sigma^2 - D t_E/3

Maximum likelihood (Berglund 2010, doi 10.1103/PhysRevE.82.011917; Michalet and Berglund 2012,
doi 10.1103/PhysRevE.85.061916) is exact there, and its scoring steps are weighed straight lines. The covariance-based
estimator (Vestergaard, Blainey and Flyvbjerg 2014, doi 10.1103/PhysRevE.89.022726) needs no iteration:

    D = <dx_k^2>/(2 dt) + <dx_k dx_(k+1)>/dt
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gzero.errors import FitError
from gzero.models.model import Array
from gzero.reduction.tracks import Tracks

_ROUNDS = 200
_SMALLEST = 1e-9  # of the largest variance: below, a displacement would have none


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Displacements:
    """A [m^2] and s^2 [m^2] of the displacements, in this order.

    Parameters
    ----------
    values : shape (2,).  covariance : shape (2, 2).
    """

    values: Array
    covariance: Array


def covariance_based(found: Tracks) -> Displacements:
    """Vestergaard's estimator over all trajectories and directions.

    A = <dx_k^2> + 2 <dx_k dx_(k+1)>, s^2 = -<dx_k dx_(k+1)>. Its covariance is that of normal displacements with these
    values (Isserlis), sums over k written out.

    Raises
    ------
    FitError : no trajectory of three positions.
    """
    squares = neighbours = 0.0
    singles = doubles = 0
    parts = np.zeros((2, 2))
    for stack in found.stacks():
        step = np.diff(stack, axis=1)
        squares += float(np.sum(step**2))
        neighbours += float(np.sum(step[:, 1:] * step[:, :-1]))
        singles += step.size
        doubles += step[:, 1:].size
    if not doubles:
        raise FitError("no trajectory has three positions", remedy="give longer trajectories")
    c0, c1 = squares / singles, neighbours / doubles
    for stack in found.stacks():
        n, many = stack.shape[1] - 1, stack.shape[0] * stack.shape[2]
        # covariances of the sums of squares and of neighbours' products of one trajectory
        parts += many * np.array(
            [
                [2 * n * c0**2 + 4 * (n - 1) * c1**2, 4 * (n - 1) * c0 * c1],
                [4 * (n - 1) * c0 * c1, (n - 1) * (c0**2 + c1**2) + 2 * max(n - 2, 0) * c1**2],
            ]
        )
    spread = parts / np.outer([singles, doubles], [singles, doubles])
    slopes = np.array([[1.0, 2.0], [0.0, -1.0]])
    return Displacements(values=slopes @ np.array([c0, c1]), covariance=slopes @ spread @ slopes.T)


def most_likely(found: Tracks, start: Array) -> Displacements:
    """Maximum likelihood over all trajectories and directions, its covariance from the Fisher information.

    Parameters
    ----------
    start : A and s^2 [m^2], shape (2,).

    Raises
    ------
    FitError : no maximum inside psi > 0.
    """
    power, waves, weights = _transformed(found)
    design = np.column_stack([np.ones_like(waves), waves])
    values = _admissible(np.asarray(start, dtype=np.float64), power)
    for _ in range(_ROUNDS):
        psi = design @ values
        weighted = design * (weights / psi**2)[:, None]
        information = weighted.T @ design
        step = np.linalg.solve(information, weighted.T @ (power - psi))
        share = 1.0
        while np.any(design @ (values + share * step) <= _SMALLEST * power.max()) and share > 1e-6:
            share /= 2  # stay where every displacement has a variance
        values = values + share * step
        if share == 1.0 and step @ information @ step < 1e-16 * weights.sum():
            return Displacements(values=values, covariance=np.asarray(2 * np.linalg.inv(information), dtype=np.float64))
    raise FitError(
        "the likelihood of the displacements has no maximum: they have no variance at some wavelength",
        remedy="look at the positions for repeated or interpolated frames",
    )


def _transformed(found: Tracks) -> tuple[Array, Array, Array]:
    """(mean square of each sine coefficient [m^2], 2 (1 - cos) [1], how many it is a mean of), over all lengths."""
    from scipy.fft import dst

    power, waves, weights = [], [], []
    for stack in found.stacks():
        step = np.diff(stack, axis=1)
        n = step.shape[1]
        power.append(np.mean(dst(step, type=1, norm="ortho", axis=1) ** 2, axis=(0, 2)))
        waves.append(2 * (1 - np.cos(np.pi * np.arange(1, n + 1) / (n + 1))))
        weights.append(np.full(n, float(step.shape[0] * step.shape[2])))
    return np.concatenate(power), np.concatenate(waves), np.concatenate(weights)


def _admissible(values: Array, power: Array) -> Array:
    """A start inside psi > 0."""
    step, noise = float(values[0]), float(values[1])
    size = float(np.mean(power))
    if step > 0 and step + 4 * noise > 0:
        return np.array([step, noise])
    return np.array([max(step, 0.05 * size), max(noise, 0.0)])
