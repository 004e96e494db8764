"""What a model is: a formula with its parameters, and nothing about data."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lmfit import Model as LmfitModel

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a model.

    Parameters
    ----------
    name, symbol : as in code and as in print.
    unit : SI text; "x" and "y" stand for the units of abscissa and ordinate.
    meaning : one clause.
    lower, upper : bounds that the formula needs, in that unit.
    """

    name: str
    symbol: str
    unit: str
    meaning: str
    lower: float = -np.inf
    upper: float = np.inf


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """A formula y(x; parameters) with its analytic Jacobian.

    Parameters
    ----------
    name : of the model.
    parameters : in the order of the value vector, shape (k,).
    function : (x, values) -> y, shapes (n,), (k,) -> (n,).
    jacobian : (x, values) -> dy/dvalues, shape (n, k).
    reference : DOI or arXiv number of the formula.
    together : (x, values) -> (y, dy/dvalues) of r curves at once, shapes (r, n), (r, k) -> (r, n), (r, k, n), where the
        formula can; what `side_by_side` goes without.
    names : of the parameters, shape (k,), and bounds : of them, shape (k, 2); both follow from `parameters`, once for the
        many curves that one model is fitted to.
    """

    name: str
    parameters: tuple[Parameter, ...]
    function: Callable[[Array, Array], Array]
    jacobian: Callable[[Array, Array], Array]
    reference: str
    together: Callable[[Array, Array], tuple[Array, Array]] | None = None
    names: tuple[str, ...] = field(init=False)
    bounds: Array = field(init=False)

    def __post_init__(self) -> None:
        bounds = np.array([(p.lower, p.upper) for p in self.parameters], dtype=np.float64).reshape(-1, 2)
        bounds.setflags(write=False)
        object.__setattr__(self, "names", tuple(p.name for p in self.parameters))
        object.__setattr__(self, "bounds", bounds)

    def side_by_side(self, x: Array, values: Array) -> tuple[Array, Array]:
        """(y, dy/dvalues) of r curves, shapes (r, n), (r, k, n), at x of shape (r, n) for values of shape (r, k)."""
        if self.together is not None:
            return self.together(x, values)
        pairs = [(self.function(own, v), self.jacobian(own, v).T) for own, v in zip(x, values, strict=True)]
        return np.array([y for y, _ in pairs]), np.array([slopes for _, slopes in pairs])

    def as_lmfit(self) -> LmfitModel:
        """The same formula as an `lmfit.Model`, with its bounds as hints, for scripts that use lmfit."""
        import lmfit

        function = _keyword_function(self.function, self.names)
        model = lmfit.Model(function, independent_vars=["x"], name=self.name)
        for parameter in self.parameters:
            model.set_param_hint(parameter.name, min=parameter.lower, max=parameter.upper)
        return model


def _keyword_function(function: Callable[[Array, Array], Array], names: tuple[str, ...]) -> Callable[..., Array]:
    """The formula with its parameters as keywords, as lmfit calls it."""

    def by_keyword(x: Array, **values: float) -> Array:
        # lmfit hands on what it is given: a list, a pandas.Series, one number
        points = np.asarray(x, dtype=np.float64)
        return function(points.ravel(), np.array([values[name] for name in names])).reshape(points.shape)

    # lmfit reads the parameters off the signature
    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    by_keyword.__signature__ = inspect.Signature([inspect.Parameter(name, keyword) for name in ("x", *names)])  # type: ignore[attr-defined]
    return by_keyword
