"""One fit of several curves that share parameters, each curve with its own noise.

The curves are laid end to end, each whitened by its own noise, so that to the engine they are one curve of white readings
of unit variance and one model: the joint Jacobian has a block of rows for each curve. One covariance comes out over the
shared parameters and those of each curve; it carries what each noise is known to, as the fits of single curves do.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FitError, InputError, UnitError
from gzero.fitters.engine import fit_problem
from gzero.fitters.problem import Problem
from gzero.fitters.refits import refit_many
from gzero.fitters.result import FitResult, Method
from gzero.joint import JointEstimates
from gzero.measurement.curve import Curve
from gzero.models.model import Array, Model, Parameter
from gzero.reduction.noise import Noise, widening


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JointFit:
    """Several curves fitted together.

    Parameters
    ----------
    fit : of all curves: each shared parameter once, under its own name, the others as ``name[i]`` of curve i from 0, with
        their joint covariance. Its residuals are whitened [1], one curve after the other; profile, bootstrap and sampling
        take it as they take any fit.
    curves : of each curve, with the joint values and their covariance.
    shared : names of the shared parameters.
    disagreement : what sharing costs in chi2 against separate values in every curve;  freedom : how many values fewer
        there are. nan and 0 where it was not worked out (robust losses, a misfit of the model, a curve that has no fit by
        itself).
    p_value : chance of that much or more where the parameters are the same in all curves.
    weighed : what each curve was fitted with: model, readings, weights.
    estimates : the shared parameters with the systematic parts that the curves have in common; None where nobody said
        which those are.
    """

    fit: FitResult
    curves: tuple[FitResult, ...]
    shared: tuple[str, ...]
    disagreement: float
    freedom: int
    p_value: float
    weighed: tuple[Problem, ...]
    estimates: JointEstimates | None = None

    def value(self, name: str) -> float:
        """Best value of one parameter."""
        return self.fit.value(name)

    def std(self, name: str) -> float:
        """Standard uncertainty of one parameter."""
        return self.fit.std(name)

    def moved_by(self, shifts: Sequence[Array]) -> Array:
        """How far the values move when the readings of every curve move.

        Parameters
        ----------
        shifts : for each curve, of its readings [unit of y], shape (n,); small against the curve.

        Returns
        -------
        Change of every parameter of `fit`, shape (k,), by a refit of the fitted curves with the shifts on them.
        """
        if self.fit.problem is None:
            return np.full(self.fit.values.size, np.nan)
        moved = np.concatenate([p.noise.whiten(shift) for p, shift in zip(self.weighed, shifts, strict=True)])
        readings = self.fit.fitted[:, None] + np.column_stack([moved, -moved])
        found = refit_many(self.fit.problem, readings, self.fit.values)
        return np.asarray((found.values[0] - found.values[1]) / 2)

    def _repr_html_(self) -> str:
        """The parameters, for notebooks."""
        return self.fit._repr_html_()


def fit_together(
    problems: Sequence[Problem],
    starts: Sequence[Mapping[str, float]],
    *,
    shared: Collection[str],
    sandwich: Collection[int] = (),
    compare: bool = True,
) -> JointFit:
    """Least squares of several curves with some parameters in common.

    Parameters
    ----------
    problems : one a curve, at least two, with the same loss.
    starts : for each a value of every free parameter [its unit]; a shared one starts from the median.
    shared : names of the parameters that are the same in all curves.
    sandwich : places of the curves whose spectrum holds a misfit of the model as well as noise: they are weighed as if
        their noise were white, and the spectrum enters the covariance.
    compare : whether every curve is fitted by itself as well, to see what sharing costs.

    Raises
    ------
    InputError : fewer than two curves, nothing shared, or a name that is not a free parameter of every curve.
    UnitError : a shared parameter in different units.
    FitError : as the engine does.
    """
    names = _checked(problems, shared)
    stack = _Stack.of(problems, names, frozenset(sandwich))
    begin = {p.name: float(np.median(v)) for p, v in zip(stack.parameters, stack.spread(starts), strict=True)}
    found = fit_problem(stack.problem(), begin)
    covariance, dof, inflation = _covariance(stack, found)
    _refuse_unknown(stack, found, covariance)
    joint = replace(
        found,
        units=tuple(p.unit for p in stack.parameters),
        covariance=covariance,
        variance_dof=dof,
        inflation=inflation,
        bic=found.chi2 / inflation**2 + len(found.names) * float(np.log(len(found.fitted))),
        noise_model="; ".join(dict.fromkeys(p.noise.description for p in problems)),
        method=_method(problems, stack.sandwich),
    )
    cost, freedom, p_value = _disagreement(stack, joint) if compare else (float("nan"), 0, float("nan"))
    return JointFit(
        fit=joint,
        curves=tuple(_of_curve(stack, joint, i) for i in range(len(problems))),
        shared=names,
        disagreement=cost,
        freedom=freedom,
        p_value=p_value,
        weighed=stack.weighed,
    )


def _checked(problems: Sequence[Problem], shared: Collection[str]) -> tuple[str, ...]:
    """The shared names, in the order of the first model."""
    if len(problems) < 2:
        raise InputError(f"{len(problems)} curve is no joint fit", remedy="give at least two")
    free = [{p.name: p for p in problem.free} for problem in problems]
    common = tuple(name for name in free[0] if all(name in own for own in free))
    if not shared:
        raise InputError("nothing is shared", remedy=f"name one or more of {', '.join(common)}", allowed=common)
    for name in sorted(shared):
        for i, own in enumerate(free):
            if name not in own:
                raise InputError(
                    f"curve {i} ({problems[i].model.name}) has no free parameter '{name}' to share",
                    remedy=f"free in all curves are {', '.join(common) or 'none'}",
                    allowed=common,
                )
    if len({problem.loss for problem in problems}) > 1:
        raise InputError("the curves have different losses", remedy="give them the same")
    for name in sorted(shared):
        units = [_si(own[name].unit, problem.curve) for own, problem in zip(free, problems, strict=True)]
        if len(set(units)) > 1:
            shown = " and ".join(f"[{unit}]" for unit in dict.fromkeys(units))
            raise UnitError(
                f"'{name}' is in {shown}",
                remedy="give all curves in the same units",
            )
    return tuple(name for name in common if name in set(shared))


def _si(unit: str, curve: Curve) -> str:
    """Unit of a parameter, with those of the curve's axes in their places."""
    return unit.replace("x", f"({curve.x_unit})").replace("y", f"({curve.y_unit})") if unit in _AXES else unit


_AXES = ("x", "y", "1/x", "1/y")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stack:
    """Curves end to end.

    Parameters
    ----------
    given : the problems as they are given;  weighed : with the weights that are minimised.
    parameters : of the joint model, the shared ones first.
    places : for each curve, where its free parameters stand among them.
    rows : for each curve, its place among the readings.
    sandwich : the curves whose spectrum enters the covariance only.
    """

    given: tuple[Problem, ...]
    weighed: tuple[Problem, ...]
    parameters: tuple[Parameter, ...]
    places: tuple[NDArray[np.int64], ...]
    rows: tuple[slice, ...]
    sandwich: frozenset[int]

    @classmethod
    def of(cls, problems: Sequence[Problem], shared: tuple[str, ...], sandwich: frozenset[int]) -> _Stack:
        at: dict[str, Parameter] = {}
        for name in shared:
            each = [next(p for p in problem.free if p.name == name) for problem in problems]
            at[name] = replace(each[0], lower=max(p.lower for p in each), upper=min(p.upper for p in each))
        names: list[list[str]] = []
        for i, problem in enumerate(problems):
            own = {p.name: p.name if p.name in shared else f"{p.name}[{i}]" for p in problem.free}
            at |= {own[p.name]: replace(p, name=own[p.name]) for p in problem.free if p.name not in shared}
            names.append(list(own.values()))
        order = list(at)
        ends = np.concatenate(([0], np.cumsum([len(problem.curve) for problem in problems])))
        return cls(
            given=tuple(problems),
            weighed=tuple(
                replace(p, noise=p.noise.with_spectrum(None)) if i in sandwich else p for i, p in enumerate(problems)
            ),
            parameters=tuple(at.values()),
            places=tuple(np.array([order.index(name) for name in own]) for own in names),
            rows=tuple(slice(int(a), int(b)) for a, b in pairwise(ends)),
            sandwich=sandwich,
        )

    def problem(self) -> Problem:
        """The joint problem: white readings of unit variance over their number."""
        readings = np.concatenate([p.noise.whiten(p.curve.y) for p in self.weighed])
        model = Model(
            name=f"{len(self.given)} curves together ({', '.join(dict.fromkeys(p.model.name for p in self.given))})",
            # the abscissa is a number of a reading here: nothing may be held against its length
            parameters=tuple(replace(p, unit="") for p in self.parameters),
            function=self.function,
            jacobian=self.jacobian,
            reference=self.given[0].model.reference,
        )
        return Problem(
            model=model,
            curve=Curve(x=np.arange(readings.size, dtype=np.float64), y=readings),
            noise=Noise(std=np.ones(readings.size), stated=True),
            loss=self.given[0].loss,
        )

    def spread(self, starts: Sequence[Mapping[str, float]]) -> list[list[float]]:
        """The starting values that each joint parameter has been given."""
        out: list[list[float]] = [[] for _ in self.parameters]
        for problem, places, start in zip(self.given, self.places, starts, strict=True):
            for parameter, place in zip(problem.free, places, strict=True):
                out[place].append(start[parameter.name])
        return out

    def function(self, x: Array, values: Array) -> Array:
        """The whitened models, shape (n,); x is not looked at."""
        return np.concatenate(
            [
                p.noise.whiten(p.model.function(p.curve.x, p.complete(values[at])))
                for p, at in zip(self.weighed, self.places, strict=True)
            ]
        )

    def jacobian(self, x: Array, values: Array) -> Array:
        """Its derivatives, shape (n, k)."""
        out = np.zeros((self.rows[-1].stop, values.size))
        for p, at, rows in zip(self.weighed, self.places, self.rows, strict=True):
            out[rows, at] = p.noise.whiten(p.design(values[at]))
        return out


def _covariance(stack: _Stack, found: FitResult) -> tuple[Array, Array, float]:
    """(covariance, degrees of freedom of each variance, inflation), as the engine has them for one curve.

    With W = J (J^T J)^-1 the covariance is the sum over curves of W^T C W, C being 1 for a whitened curve and the spectrum
    for one that was weighed without it. What the curves know of their noise adds up as variances of the parts do
    (Satterthwaite 1946, doi 10.2307/3002019).
    """
    k = found.values.size
    many = np.full(k, np.inf)
    if found.problem is None or found.problem.loss != "linear":
        return np.asarray(found.covariance), many, found.inflation
    inside = np.flatnonzero(np.isfinite(np.diag(found.covariance)))
    inverse = found.covariance[np.ix_(inside, inside)] / found.inflation**2
    weights = stack.jacobian(found.problem.curve.x, found.values)[:, inside] @ inverse
    parts, unsure = [], []
    for i, (problem, rows) in enumerate(zip(stack.given, stack.rows, strict=True)):
        own, spectrum = weights[rows], problem.noise.spectrum
        if spectrum is None:
            parts.append(own.T @ own)
            unsure.append(np.zeros(inside.size))
        elif i in stack.sandwich:
            part, dof = spectrum.covariance(own)
            parts.append(part)
            unsure.append(2 / dof)
        else:
            parts.append(own.T @ own)
            share = spectrum.gradients @ own**2 / np.maximum(np.diag(parts[-1]), np.finfo(float).tiny)
            unsure.append(np.einsum("ap,ab,bp->p", share, spectrum.uncertainty, share))
    total = np.sum(parts, axis=0)
    relative = sum((np.diag(p) / np.diag(total)) ** 2 * u for p, u in zip(parts, unsure, strict=True))
    many[inside] = 2.0 / np.maximum(relative, 1e-12)
    inflation = _inflation(stack, found)
    factor = widening(many[inside]) * inflation
    out = np.full((k, k), np.nan)
    out[np.ix_(inside, inside)] = total * np.outer(factor, factor)
    return out, many, inflation


def _inflation(stack: _Stack, found: FitResult) -> float:
    """sqrt(chi2/dof) over the curves in white noise where that is beyond chance, else 1."""
    white = [
        rows
        for i, (p, rows) in enumerate(zip(stack.given, stack.rows, strict=True))
        if i not in stack.sandwich and not p.noise.red
    ]
    if not white:
        return 1.0
    pulls = np.concatenate([found.residuals[rows] for rows in white])
    return float(np.sqrt(_excess(float(pulls @ pulls), pulls.size * found.dof / found.fitted.size)))


def _excess(chi2: float, dof: float) -> float:
    """chi2/dof where that is beyond chance, else 1."""
    return chi2 / dof if chi2 / dof > 1 + 3 * np.sqrt(2 / dof) else 1.0


def _refuse_unknown(stack: _Stack, found: FitResult, covariance: Array) -> None:
    """A place on the abscissa known worse than the sweep is long is not known."""
    lost = []
    for problem, places in zip(stack.given, stack.places, strict=True):
        sweep = float(np.ptp(problem.curve.x))
        lost += [
            found.names[at]
            for p, at in zip(problem.free, places, strict=True)
            if p.unit == "x" and covariance[at, at] > sweep**2
        ]
    if lost:
        raise FitError(
            f"the curves do not determine {', '.join(dict.fromkeys(lost))}",
            remedy="share it, or fit fewer steps",
            result=found,
        )


def _method(problems: Sequence[Problem], sandwich: frozenset[int]) -> Method:
    if problems[0].loss != "linear":
        return "robust"
    return "generalised least squares" if sandwich or any(p.noise.red for p in problems) else "least squares"


def _of_curve(stack: _Stack, joint: FitResult, i: int) -> FitResult:
    """The part of the joint fit that is about one curve."""
    problem, at = stack.given[i], stack.places[i]
    values = joint.values[at]
    fitted = problem.model.function(problem.curve.x, problem.complete(values))
    pulls = problem.noise.whiten(problem.curve.y - fitted)
    chi2, n = float(pulls @ pulls), len(problem.curve)
    return FitResult(
        model=problem.model.name,
        names=tuple(p.name for p in problem.free),
        units=tuple(p.unit for p in problem.free),
        values=values,
        covariance=joint.covariance[np.ix_(at, at)],
        fixed=dict(problem.fixed),
        chi2=chi2,
        dof=n - values.size,
        fitted=fitted,
        residuals=problem.curve.y - fitted,
        noise_model=problem.noise.description,
        inflation=joint.inflation,
        success=True,
        message=f"curve {i} of {len(stack.given)} fitted together",
        at_bounds=tuple(
            p.name for p, place in zip(problem.free, at, strict=True) if joint.names[place] in joint.at_bounds
        ),
        bic=chi2 / joint.inflation**2 + values.size * float(np.log(n)),
        method=joint.method,
        variance_dof=None if joint.variance_dof is None else joint.variance_dof[at],
    )


def _disagreement(stack: _Stack, joint: FitResult) -> tuple[float, int, float]:
    """(rise of chi2 over separate fits, values fewer, chance of it)."""
    from scipy.special import chdtrc

    unknown = (float("nan"), 0, float("nan"))
    if stack.sandwich or joint.method == "robust":
        return unknown
    apart, counted = 0.0, 0
    for problem, at in zip(stack.weighed, stack.places, strict=True):
        own = refit_many(problem, problem.curve.y[:, None], joint.values[at])
        if not (own.converged[0] and np.isfinite(problem.design(own.values[0])).all()):
            return unknown  # one curve may not determine all of the shared parameters, and run away
        apart += float(own.cost[0])
        counted += _told(problem, own.values[0])
    freedom = counted - len(joint.names)
    rise, left = max(joint.chi2 - apart, 0.0), joint.fitted.size - counted
    if freedom < 1 or left < 1:
        return unknown
    return rise, freedom, float(chdtrc(freedom, rise / _excess(apart, left)))


def _told(problem: Problem, values: Array) -> int:
    """How many combinations of its parameters one curve tells of."""
    whitened = problem.noise.whiten(problem.design(values))
    size = np.linalg.norm(whitened, axis=0)
    if not np.any(size > 0):
        return 0
    return int(np.linalg.matrix_rank(whitened[:, size > 0] / size[size > 0], tol=1e-6))
