"""From fitted parameters and stated conditions to the quantities of physics, with everything that they share.

Every quantity is a formula of the parameters and the conditions. Its uncertainty is propagated to first order (GUM, JCGM
100:2008, 5.1.2 and 5.2.2): the covariance of the fit, the common shifts of gain and offset, and each condition's named
source stay apart, so that two quantities which share a source stay correlated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gzero.estimate import Estimate
from gzero.fitters.curve_fit import CurveFit
from gzero.fitters.findings import BudgetLine
from gzero.fitters.variance_spread import VarianceSpread
from gzero.joint import JointEstimates, covariance_root

#: A number of the `uncertainties` package (untyped): formulas use nothing but arithmetic and `uncertainties.umath`.
Number = Any
#: (formula of the numbers by name, SI unit of its result).
Formula = tuple[Callable[[Mapping[str, Number]], Number], str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Derived:
    """Quantities with their joint covariance.

    Parameters
    ----------
    estimates : by name, in the order of the formulas.
    joint : the same with their covariance;  budget : of the first.
    """

    estimates: Mapping[str, Estimate]
    joint: JointEstimates
    budget: tuple[BudgetLine, ...]


def derive(
    found: CurveFit | None,
    formulas: Mapping[str, Formula],
    *,
    conditions: Mapping[str, Estimate],
    noise: str = "noise of the readings",
) -> Derived:
    """Quantities of a fit and its conditions.

    Parameters
    ----------
    found : a fit, whose parameters the formulas know by name; None where everything follows from the conditions.
    formulas : at least one, the main one first.
    noise : what the statistical part is called in the budget.
    """
    if found is None:
        return propagate((), np.zeros(0), np.zeros((0, 0)), {}, formulas, conditions=conditions, noise=noise)
    fit = found.fit
    exact = {name: Estimate(value=value, unit=None) for name, value in fit.fixed.items()}
    return propagate(
        fit.names, fit.values, fit.covariance, found.shifts, formulas, conditions={**exact, **conditions}, noise=noise,
        spread=fit.variance_spread,
    )  # fmt: skip


def propagate(
    names: Sequence[str],
    values: NDArray[np.float64],
    covariance: NDArray[np.float64],
    shifts: Mapping[str, NDArray[np.float64]],
    formulas: Mapping[str, Formula],
    *,
    conditions: Mapping[str, Estimate],
    noise: str = "noise of the readings",
    spread: VarianceSpread | None = None,
) -> Derived:
    """Quantities of parameters with a covariance and of conditions.

    Parameters
    ----------
    names, values : of the parameters, shape (k,).  covariance : statistical, shape (k, k).
    shifts : source -> shift of every parameter when it moves up by one standard uncertainty, each shape (k,).
    spread : degrees of freedom of sums of the parameters, where the covariance is widened for those of each.
    """
    from uncertainties import ufloat
    from uncertainties.core import AffineScalarFunc, LinearCombination

    sources = {
        source: ufloat(0.0, 1.0, source)
        for source in sorted({*shifts, *(s for c in conditions.values() for s in c.systematic)})
    }
    root = covariance_root(covariance) if values.size else np.zeros((0, 0))
    random = [ufloat(0.0, 1.0) for _ in range(root.shape[1])]
    numbers: dict[str, Number] = {}
    own: dict[str, Number] = {}
    for name, condition in conditions.items():
        if condition.std_stat > 0:
            own[name] = ufloat(0.0, 1.0)
        number = AffineScalarFunc(condition.value, LinearCombination({}))
        for source, shift in condition.systematic.items():
            number = number + shift * sources[source]
        numbers[name] = number + condition.std_stat * own[name] if name in own else number
    places = [ufloat(0.0, 1.0) for _ in names]  # their derivatives are those by the parameters themselves
    for i, name in enumerate(names):
        parameter = AffineScalarFunc(float(values[i]), LinearCombination({})) + places[i]
        for slope, variable in zip(root[i], random, strict=True):
            parameter = parameter + float(slope) * variable
        for source, moved in shifts.items():
            parameter = parameter + float(moved[i]) * sources[source]
        numbers[name] = parameter
    results = {name: (formula(numbers), unit) for name, (formula, unit) in formulas.items()}
    statistical = np.array([_slopes(number, [*random, *own.values()]) for number, _ in results.values()])
    if spread is not None:
        for row, (number, _) in zip(statistical, results.values(), strict=True):
            along, by_fit = np.array(_slopes(number, places)), float(np.linalg.norm(row[: len(random)]))
            if by_fit > 0 and spread.rules(along):
                row[: len(random)] *= spread.std(along) / by_fit
    estimates = {
        name: Estimate(
            value=float(number.n if hasattr(number, "n") else number),
            std_stat=float(np.linalg.norm(row)),
            systematic=dict(zip(sources, _slopes(number, list(sources.values())), strict=True)),
            unit=unit,
        )
        for (name, (number, unit)), row in zip(results.items(), statistical, strict=True)
    }
    joint = JointEstimates(estimates=estimates, statistical=statistical @ statistical.T)
    return Derived(estimates=estimates, joint=joint, budget=budget_of(next(iter(estimates.values())), noise=noise))


def _slopes(number: Number, variables: Sequence[Number]) -> list[float]:
    """d number/d variable, each variable being 0 +- 1."""
    slopes = getattr(number, "derivatives", {})
    return [float(slopes.get(variable, 0.0)) for variable in variables]


def budget_of(main: Estimate, *, noise: str = "noise of the readings") -> tuple[BudgetLine, ...]:
    """What the uncertainty of an estimate is made of; the shares of the variance add up to 1."""
    total = main.std**2 or 1.0
    rows = [(noise, "statistical", main.std_stat)]
    rows += [(source.replace("_", " "), "systematic", abs(shift)) for source, shift in main.systematic.items()]
    return tuple(BudgetLine(source=s, kind=k, value="", std=std, share=std**2 / total) for s, k, std in rows)
