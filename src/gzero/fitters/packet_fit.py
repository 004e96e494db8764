"""One fit of all traces of a packet: one D, drift velocity, lifetime and width for all, each trace with its own noise.

The noise of every trace is learnt from its own residuals of the joint fit (`reduction.spectrum`), and where one is red
the fit is made again under what was learnt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gzero.fitters.engine import fit_problem
from gzero.fitters.problem import Problem
from gzero.fitters.result import FitResult
from gzero.fitters.together import JointFit, fit_together
from gzero.models.model import Array
from gzero.reduction.noise import unevenness
from gzero.reduction.spectrum import estimate_spectrum

_ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PacketFit:
    """A fit of one or several traces.

    Parameters
    ----------
    fit : of all traces, with every parameter once.
    problems : of the traces, with their noise as learnt.
    p_value : chance of what sharing costs in chi2 where the packet is the same one in all traces; nan where that was not
        worked out.
    """

    fit: FitResult
    problems: tuple[Problem, ...]
    p_value: float

    def values(self, i: int = 0) -> Array:
        """All parameters of the model of one trace, fitted and held, shape (7,)."""
        problem = self.problems[i]
        return problem.complete(np.array([self.fit.value(p.name) for p in problem.free]))

    def moved_by(self, name: str, shift: float) -> Array:
        """Change of the fitted parameters, shape (k,), when a held one moves up by `shift`: to first order the fit of what
        the readings then lack."""
        rows, lacks = [], []
        for i, problem in enumerate(self.problems):
            full = problem.model.jacobian(problem.curve.x, self.values(i))
            at = problem.model.names.index(name)
            rows.append(problem.noise.whiten(full[:, [n not in problem.fixed for n in problem.model.names]]))
            lacks.append(problem.noise.whiten(-full[:, at] * shift))
        design = np.vstack(rows)
        size = np.linalg.norm(design, axis=0)
        return np.asarray(np.linalg.lstsq(design / size, np.concatenate(lacks), rcond=None)[0] / size)


def fit_packet(problems: tuple[Problem, ...], start: Mapping[str, float]) -> PacketFit:
    """Fit all traces together and learn the noise of each.

    Parameters
    ----------
    problems : one a trace, in white noise.  start : a value of every parameter.

    Raises
    ------
    FitError, InputError : as the engine does.
    """
    found = _together(problems, start)
    for _ in range(_ROUNDS):
        before = problems
        problems = tuple(_learnt(p, found.values(i)) for i, p in enumerate(found.problems))
        same = [
            a.noise.spectrum is None and b.noise.spectrum is None and np.array_equal(a.noise.std, b.noise.std)
            for a, b in zip(problems, before, strict=True)
        ]
        if all(same):
            break
        found = _together(problems, dict(zip(found.fit.names, (float(v) for v in found.fit.values), strict=True)))
        if not any(p.noise.red for p in problems):
            break
    return found


def _together(problems: tuple[Problem, ...], start: Mapping[str, float]) -> PacketFit:
    if len(problems) == 1:
        fit = fit_problem(problems[0], {p.name: start[p.name] for p in problems[0].free})
        return PacketFit(fit=fit, problems=problems, p_value=float("nan"))
    joint: JointFit = fit_together(problems, [start] * len(problems), shared=[p.name for p in problems[0].free])
    return PacketFit(fit=replace(joint.fit, fixed=dict(problems[0].fixed)), problems=problems, p_value=joint.p_value)


def _learnt(problem: Problem, values: Array) -> Problem:
    """The same problem with what the residuals of its trace say of its noise."""
    noise = problem.noise
    if problem.loss != "linear" or noise.assumed_white:
        return problem
    left = problem.curve.y - problem.model.function(problem.curve.x, values)
    if not noise.stated and (uneven := unevenness(left)) is not None:
        noise = replace(noise, std=float(np.median(noise.std)) * uneven)
    free = [name not in problem.fixed for name in problem.model.names]
    design = problem.model.jacobian(problem.curve.x, values)[:, free] / noise.std[:, None]
    size = np.linalg.norm(design, axis=0)
    spectrum = estimate_spectrum(left / noise.std, design[:, size > 0], stated=noise.stated)
    return replace(problem, noise=noise.with_spectrum(None if noise.stated and spectrum.kind == "white" else spectrum))
