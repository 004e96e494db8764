"""Who finds the minima that a fit asks for: one by one, or side by side with those of other fits.

A fit in several stages (a minimum, what its residuals say, the next minimum) is written once, as a generator that yields
what it wants minimised and is sent the minimum. `alone` answers one fit with the engine; `side_by_side` runs many fits and
answers all that want the same formula at a time; a step that is written for many at once (`Together`) is asked for in the
same way. Both find the same minima, to less than 1e-6 of a standard uncertainty
(`tests/fitters/test_side_by_side.py`: every kind of staircase); a fit of several stages under red noise adds a few of these up.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from gzero.errors import GzeroError
from gzero.fitters.descent import MOST_STEPS, NEAR, Rows, Stack, Whitening, by_one, descend
from gzero.fitters.engine import at_minimum, minimum, too_few
from gzero.fitters.problem import Problem
from gzero.fitters.result import FitResult
from gzero.models.model import Array
from gzero.reduction.spectrum import cosine

#: Damping to begin with: starts that are read off a curve lie a fraction of a width away.
_DAMPING = 1e-3
#: Decrease of chi2, per its mean square pull, that a quick look may leave: its chi2 is held against differences of ten.
_NEAR_ENOUGH = 1e-3
#: Curves of so different lengths do not go side by side: the shorter ones are filled up with points of no weight.
_LONGER = 1.25

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wanted:
    """A minimum that is asked for.

    Parameters
    ----------
    problem : what to minimise.
    start : values of its free parameters, shape (k,).
    steps : of a quick look, at most; 0 asks for the minimum itself.
    """

    problem: Problem
    start: Array
    steps: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """The answer: values of the free parameters, shape (k,), chi2 there, in words how it ended, whether it converged."""

    values: Array
    chi2: float
    message: str = ""
    converged: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Together:
    """A step that is done for many at once, so that what it costs is its arithmetic and not the calls around it.

    Parameters
    ----------
    work : called with the items of all that ask for it at a time, at least one; their answers in that order. An answer that
        is an error of gzero is raised where its item was asked for.
    item : of the one who asks.
    """

    work: Callable[[Sequence[Any]], Sequence[Any]]
    item: Any


Asking = Generator[Wanted | Together, Any, T]


def wanted_from(problem: Problem, start: Mapping[str, float], *, steps: int = 0) -> Wanted:
    """The minimum from a value for every free parameter, by name.

    Raises
    ------
    InputError : no more points than free parameters, where it is no quick look.
    """
    free = problem.free
    if len(problem.curve) <= len(free) and not steps:
        raise too_few(problem)
    return Wanted(problem=problem, start=np.array([start[p.name] for p in free]), steps=steps)


def fitted(problem: Problem, start: Mapping[str, float]) -> Asking[FitResult]:
    """The fit of one problem, as `engine.fit_problem` makes it.

    Raises
    ------
    InputError, FitError : as there.
    """
    found = yield wanted_from(problem, start)
    return at_minimum(problem, found.values, message=found.message, converged=found.converged)


def alone(asking: Asking[T]) -> T:
    """What one fit comes to, each minimum by the engine.

    Raises
    ------
    What the fit raises.
    """
    try:
        wanted = next(asking)
        while True:
            found = _alone(wanted)
            wanted = asking.throw(found) if isinstance(found, GzeroError) else asking.send(found)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


E = TypeVar("E", bound=Exception)


def side_by_side(askings: Iterable[Asking[T]], *, failures: tuple[type[E], ...]) -> list[T | E]:
    """What many fits come to, in their order; of one that failed in a way that is foreseen, the error."""
    running = dict(enumerate(askings))
    out: dict[int, T | E] = {}
    answers: dict[int, Any] = dict.fromkeys(running)  # a generator is sent nothing to begin with
    while answers:
        wanted: dict[int, Wanted | Together] = {}
        for i, answer in answers.items():
            try:
                asking = running[i]
                wanted[i] = asking.throw(answer) if isinstance(answer, GzeroError) else asking.send(answer)
            except StopIteration as end:
                out[i] = end.value
            except failures as error:
                out[i] = error
        answers = {}
        for group in _groups(wanted):
            answers |= zip(group, _answers([wanted[i] for i in group]), strict=True)
    return [out[i] for i in sorted(out)]


def _alone(wanted: Wanted | Together) -> Any:
    if isinstance(wanted, Together):
        return wanted.work([wanted.item])[0]
    return _quick([wanted])[0] if wanted.steps else _or_error(wanted)


def _by_the_engine(wanted: Wanted) -> Found:
    values, message, converged = minimum(wanted.problem, wanted.start)
    return Found(values=values, chi2=np.nan, message=message, converged=converged)


def _answers(asked: Sequence[Wanted | Together]) -> Sequence[Any]:
    """The answers of a group; a minimum that does not end well inside the bounds goes to the engine, as if it were alone."""
    if isinstance(asked[0], Together):
        return asked[0].work([one.item for one in asked if isinstance(one, Together)])
    group = [one for one in asked if isinstance(one, Wanted)]
    if group[0].steps:
        return list(_quick(group))
    out: list[Found | GzeroError] = []
    if group[0].problem.loss != "linear":  # the engine's own
        return [_or_error(wanted) for wanted in group]
    for wanted, found in zip(group, _together(group, 0), strict=True):
        lower, upper = wanted.problem.bounds.T
        inside = np.all(
            (wanted.start > lower) & (wanted.start < upper) & (found.values > lower) & (found.values < upper)
        )
        out.append(found if found.converged and inside else _or_error(wanted))
    return out


def _or_error(wanted: Wanted) -> Found | GzeroError:
    try:
        return _by_the_engine(wanted)
    except GzeroError as error:
        return error


def _quick(group: Sequence[Wanted]) -> list[Found]:
    return _together(group, group[0].steps)


def _groups(asked: dict[int, Wanted | Together]) -> list[list[int]]:
    """Which of them go side by side: the same step; the same formula with the same parameters held, curves of nearly one
    length."""
    steps: dict[Hashable, list[int]] = {}
    alike: dict[Hashable, list[int]] = {}
    wanted: dict[int, Wanted] = {}
    for i, one in asked.items():
        if isinstance(one, Together):
            steps.setdefault(one.work, []).append(i)
            continue
        wanted[i], problem = one, one.problem
        # red noise is whitened by a transform of the whole curve, which nothing can be filled up for
        length = len(problem.curve) if problem.noise.correlated else 0
        stated = i if problem.noise.correlated and not problem.noise.red else None  # a covariance of its own
        key = (id(problem.model), frozenset(problem.fixed), problem.loss, one.steps, length, stated)
        alike.setdefault(key, []).append(i)
    out = list(steps.values())
    for members in alike.values():
        members.sort(key=lambda i: len(wanted[i].problem.curve))
        first = 0
        for last in range(1, len(members) + 1):
            longest = _LONGER * len(wanted[members[first]].problem.curve)
            if last == len(members) or len(wanted[members[last]].problem.curve) > longest:
                out.append(members[first:last])
                first = last
    return out


def _together(group: Sequence[Wanted], steps: int) -> list[Found]:
    """Minima of one formula, or where so many steps lead."""
    problems = [wanted.problem for wanted in group]
    first = problems[0]
    n = max(len(problem.curve) for problem in problems)
    # a shorter curve goes on with its last point, at no weight
    x, y, weights = np.empty((len(group), n)), np.zeros((len(group), n)), np.zeros((len(group), n))
    for own_x, own_y, own_weights, problem in zip(x, y, weights, problems, strict=True):
        length = len(problem.curve)
        own_x[:length], own_x[length:], own_y[:length] = problem.curve.x, problem.curve.x[-1], problem.curve.y
        own_weights[:length] = 1 / problem.noise.std
    stack = Stack(
        model=first.model,
        free=first.is_free,
        held=np.array([[p.fixed.get(name, np.nan) for name in first.model.names] for p in problems])
        if first.fixed
        else np.full((len(group), len(first.model.names)), np.nan),
        x=x,
        y=y,
        whiten=_whitening(problems, weights),
        bounds=first.bounds,
    )
    start = np.array([wanted.start for wanted in group])
    near = _NEAR_ENOUGH if steps else NEAR
    out = descend(stack, start, damping=_DAMPING, steps=steps or MOST_STEPS, near=near)
    return [
        Found(values=values, chi2=float(cost), message="the parameters move no further", converged=bool(converged))
        for values, cost, converged in zip(out.values, out.cost, out.converged, strict=True)
    ]


def _whitening(problems: Sequence[Problem], weights: Array) -> Whitening:
    """The whitening of curves that are all white, all red, or one alone."""
    noises = [problem.noise for problem in problems]
    if len(noises) == 1:
        return by_one(noises[0])
    if not noises[0].red:
        scales = [1.0 if noise.spectrum is None else float(noise.spectrum.powers[0]) ** -0.5 for noise in noises]
        weights = weights * np.array(scales)[:, None]
        return lambda rows, columns: np.multiply(columns, weights[rows, None, :], out=columns)
    roots = np.sqrt([noise.spectrum.powers for noise in noises if noise.spectrum is not None])

    def whiten(rows: Rows, columns: Array) -> Array:
        columns *= weights[rows, None, :]
        return np.asarray(cosine(columns.T).T / roots[rows, None, :])

    return whiten
