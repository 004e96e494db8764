"""One fit of all traces of a packet: one D, drift velocity, lifetime and width for all, each trace with its own noise.

The noise is learnt from the residuals of the joint fit (`reduction.spectrum`), and the fit is made again under what was
learnt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gzero.fitters.engine import fit_problem, refit
from gzero.fitters.problem import Problem
from gzero.fitters.result import FitResult
from gzero.fitters.together import JointFit, fit_together
from gzero.models.model import Array
from gzero.reduction.learnt_spectrum import estimate_spectrum
from gzero.reduction.noise import unevenness, widening
from gzero.reduction.spectrum import Spectrum

_ROUNDS = 2
_ALIKE = 1.6  # largest over smallest guess of the noise up to which traces share one
#: What one trace tells by itself.
_OWN = ("number", "diffusion", "velocity", "background")


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
    p_value: float = float("nan")

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
    """Fit all traces together and learn their noise.

    Parameters
    ----------
    problems : one a trace, in white noise.  start : a value of every parameter.

    Raises
    ------
    FitError, InputError : as the engine does.
    """
    found = _together(problems, start)
    for _ in range(_ROUNDS):
        problems, spectrum = _learnt(found)
        if spectrum is None:
            break
        fit = _together(problems, dict(zip(found.fit.names, (float(v) for v in found.fit.values), strict=True)))
        found = replace(fit, fit=_widened(fit, spectrum))
        if spectrum.kind == "white":
            break
    return replace(found, p_value=_disagreement(found))


def _disagreement(found: PacketFit) -> float:
    """Chance of what one packet for all traces costs in chi2 against a packet of its own for each.

    One trace tells four numbers: height, width, place and floor of its packet. Its own fit has N, D, v and b free.
    """
    from scipy.special import chdtrc

    if len(found.problems) < 2 or found.problems[0].loss != "linear":
        return float("nan")
    joint = apart = 0.0
    for i, problem in enumerate(found.problems):
        values = found.values(i)
        held = {n: float(v) for n, v in zip(problem.model.names, values, strict=True) if n not in _OWN}
        alone = replace(problem, fixed=held)
        free = np.array([v for n, v in zip(problem.model.names, values, strict=True) if n in _OWN])
        joint += float(np.sum(alone.residual(free) ** 2))
        apart += refit(alone, free)[1]
    freedom = len(_OWN) * len(found.problems) - len(found.fit.names)
    left = sum(len(p.curve) for p in found.problems) - len(_OWN) * len(found.problems)
    if freedom < 1 or left < 1 or not np.isfinite(apart):
        return float("nan")
    return float(chdtrc(freedom, max(joint - apart, 0.0) / max(1.0, apart / left)))


def _together(problems: tuple[Problem, ...], start: Mapping[str, float]) -> PacketFit:
    if len(problems) == 1:
        fit = fit_problem(problems[0], {p.name: start[p.name] for p in problems[0].free})
        return PacketFit(fit=fit, problems=problems)
    joint: JointFit = fit_together(
        problems, [start] * len(problems), shared=[p.name for p in problems[0].free], compare=False
    )
    return PacketFit(fit=replace(joint.fit, fixed=dict(problems[0].fixed)), problems=problems)


def _learnt(found: PacketFit) -> tuple[tuple[Problem, ...], Spectrum | None]:
    """(the same problems with what the residuals say of their noise, its spectrum); None where stated noise stands.

    One instrument reads all traces: their residuals give one spectrum, as a trace by itself is too short to show slow noise.
    """
    if found.problems[0].loss != "linear" or found.problems[0].noise.assumed_white:
        return found.problems, None
    pulls, designs, problems = [], [], []
    for i, problem in enumerate(_alike(found.problems)):
        noise, values = problem.noise, found.values(i)
        left = problem.curve.y - problem.model.function(problem.curve.x, values)
        if not noise.stated and (uneven := unevenness(left)) is not None:
            noise = replace(noise, std=float(np.sqrt(np.mean(noise.std**2))) * uneven)
        free = [name not in problem.fixed for name in problem.model.names]
        designs.append(problem.model.jacobian(problem.curve.x, values)[:, free] / noise.std[:, None])
        pulls.append(left / noise.std)
        problems.append(replace(problem, noise=noise))
    design = np.vstack(designs)
    size = np.linalg.norm(design, axis=0)
    stated = problems[0].noise.stated
    spectrum = estimate_spectrum(
        np.concatenate(pulls), design[:, size > 0], stated=stated, pieces=tuple(len(p.curve) for p in problems)
    )
    if stated and spectrum.kind == "white":
        return found.problems, None
    return (
        tuple(
            replace(p, noise=p.noise.with_spectrum(spectrum.resized(len(p.curve)))) for p in problems
        ),
        spectrum,
    )  # fmt: skip


def _alike(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Traces whose guessed noise is of about one size get one, that of all: guesses of it would be weights."""
    sizes = np.array([np.sqrt(np.mean(p.noise.std**2)) for p in problems])
    if problems[0].noise.stated or sizes.max() > _ALIKE * sizes.min():
        return problems
    common = float(np.sqrt(np.mean(sizes**2)))
    return tuple(replace(p, noise=replace(p.noise, std=np.full(len(p.curve), common))) for p in problems)


def _widened(found: PacketFit, spectrum: Spectrum) -> FitResult:
    """The joint fit with standard uncertainties for what one spectrum of all traces is known to.

    With W the whitened Jacobian, Phi = (W^T W)^-1, G_i = diag(d ln S/d parameter i) and U their covariance, weights that are
    estimated scatter the values by

        Lambda = Phi sum_ij U_ij (W^T G_i G_j W - W^T G_i W Phi W^T G_j W) Phi,     covariance = Phi + 2 Lambda

    (Kackar and Harville 1984, Kenward and Roger 1997, doi 10.2307/2533558); and the relative variance of a variance is
    g^T U g with g the shares that the parameters of the spectrum have in it (Satterthwaite 1946, doi 10.2307/3002019).
    """
    fit = found.fit
    if fit.variance_dof is None or not np.isfinite(fit.covariance).all():
        return fit
    whitened, slopes = [], []
    for i, problem in enumerate(found.problems):
        full = problem.model.jacobian(problem.curve.x, found.values(i))
        whitened.append(problem.noise.whiten(full[:, [name not in problem.fixed for name in problem.model.names]]))
        slopes.append(spectrum.gradients if problem.noise.spectrum is None else problem.noise.spectrum.gradients)
    design = np.vstack(whitened)
    size = np.linalg.norm(design, axis=0)
    root = np.linalg.pinv(design / size)
    bare = (root @ root.T) / np.outer(size, size)
    w, g = design @ bare, np.hstack(slopes)  # columns of w: what each reading does to each value
    inside = np.einsum("nk,an,nl->akl", w, g, w)
    spread = np.einsum("ab,nk,an,bn,nl->kl", spectrum.uncertainty, w, g, g, w, optimize=True)
    spread -= np.einsum("ab,akl,lm,bmn->kn", spectrum.uncertainty, inside, np.linalg.inv(bare), inside, optimize=True)
    covariance = (bare + 2 * spread) * fit.inflation**2
    shares = np.einsum("akk->ak", inside) / np.diag(bare)
    few = 2.0 / np.maximum(np.einsum("ap,ab,bp->p", shares, spectrum.uncertainty, shares), 1e-12)
    factor = widening(few)
    return replace(fit, covariance=covariance * np.outer(factor, factor), variance_dof=few)
