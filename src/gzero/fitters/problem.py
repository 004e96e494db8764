"""What is minimised: a model against a curve under a noise, with some parameters held."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gzero.measurement.curve import Curve
from gzero.models.model import Array, Model, Parameter
from gzero.reduction.noise import Noise
from gzero.reduction.stacks import in_stacks

Loss = Literal["linear", "soft_l1", "huber", "cauchy"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """Least squares of one model on one curve.

    Parameters
    ----------
    model, curve, noise : of n points.
    fixed : parameter -> the value it is held at.
    loss : "linear" is least squares; the others bound the pull of single readings (`scipy.optimize.least_squares`),
        with their scale at one standard deviation.
    """

    model: Model
    curve: Curve
    noise: Noise
    fixed: dict[str, float] = field(default_factory=dict)
    loss: Loss = "linear"

    @property
    def free(self) -> tuple[Parameter, ...]:
        """The parameters that are fitted, in order."""
        if not self.fixed:
            return self.model.parameters
        return tuple(p for p in self.model.parameters if p.name not in self.fixed)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the free parameters."""
        return self.model.names if not self.fixed else tuple(n for n in self.model.names if n not in self.fixed)

    @property
    def is_free(self) -> NDArray[np.bool_]:
        """Which parameters of the model are fitted, shape (K,)."""
        return np.array([name not in self.fixed for name in self.model.names], dtype=bool)

    @property
    def bounds(self) -> Array:
        """Of the free parameters, shape (k, 2)."""
        return self.model.bounds if not self.fixed else self.model.bounds[self.is_free]

    def complete(self, values: Array) -> Array:
        """All parameters of the model, from the free ones, shape (k,)."""
        if not self.fixed:
            return np.asarray(values, dtype=np.float64)
        given = iter(values)
        return np.array([self.fixed[n] if n in self.fixed else next(given) for n in self.model.names])

    def residual(self, values: Array) -> Array:
        """Data minus model under white noise of unit variance, shape (n,)."""
        return self.noise.whiten(self.curve.y - self.model.function(self.curve.x, self.complete(values)))

    def jacobian(self, values: Array) -> Array:
        """d residual/d free parameter, shape (n, p)."""
        return -self.noise.whiten(self.design(values))

    def both(self, values: Array) -> tuple[Array, Array]:
        """(model [unit of y], shape (n,), its `design`, shape (n, p)), from one evaluation where the model has one."""
        return both_of([(self, values)])[0]

    def design(self, values: Array) -> Array:
        """d model/d free parameter [unit of y per unit of the parameter], shape (n, p)."""
        full = self.model.jacobian(self.curve.x, self.complete(values))
        if not self.fixed:
            return full
        return full[:, self.is_free]


def both_of(asked: Sequence[tuple[Problem, Array]]) -> list[tuple[Array, Array]]:
    """`Problem.both` of many problems, each at values of its free parameters, in their order."""
    return in_stacks(_both_alike, asked, shape=_shape)


def _shape(asked: tuple[Problem, Array]) -> tuple[Hashable, int]:
    """One formula with the same parameters held, on as many points."""
    problem, _ = asked
    n = len(problem.curve)
    return (id(problem.model), n, frozenset(problem.fixed)), n * len(problem.model.names)


def _both_alike(asked: Sequence[tuple[Problem, Array]]) -> list[tuple[Array, Array]]:
    first, _ = asked[0]
    x = np.array([problem.curve.x for problem, _ in asked])
    fitted, slopes = first.model.side_by_side(x, np.array([problem.complete(values) for problem, values in asked]))
    if first.fixed:
        slopes = slopes[:, first.is_free]
    return [(y, own.T) for y, own in zip(fitted, slopes, strict=True)]
