"""A fit whose noise is learnt from its own residuals: white or red, and the scale where none is stated.

First an ordinary fit; then the spectrum of its residuals. White residuals leave the fit as it is, with the scale of the
noise from all of them. Red ones are carried by generalised least squares, with the reading at pinch-off free, as nothing
tells a constant from the lowest frequencies of red noise. Noise does not know where the plateaus are: where residuals are
far larger on the risers than on the flat stretches, or the flat stretches are far calmer by themselves than such noise
would be, the residuals hold a misfit of the model. Its best values then stay those of the ordinary fit, and what is left
over enters the covariance as if it were noise (a sandwich, White 1980, doi 10.2307/1912934).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.fitters.engine import Reached, at_minima
from gzero.fitters.looser import Freedom, Looser, TakenUp, taken_up
from gzero.fitters.minima import Asking, Together, Wanted, alone, fitted, wanted_from
from gzero.fitters.problem import Problem, both_of
from gzero.fitters.result import FitResult
from gzero.models.model import Array
from gzero.reduction.averages import mean
from gzero.reduction.learnt_spectrum import Residuals, estimate_spectra
from gzero.reduction.noise import Noise, unevenness
from gzero.reduction.spectrum import Spectrum, white

#: Mean square of the residuals over what it would be if they were noise: more is a misfit. Noise of the kinds that are
#: simulated stays below it in 98 of 100 sweeps.
MISFIT = 1.7


#: Share of the sum of squares that a looser fit leaves, below which its own residuals are the ones to look at. Above, what
#: it takes up is linear in its parameters, and residuals of the fit itself say the same once these are known to be free.
_TAKEN_UP = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learnt:
    """A fit and what its residuals say about the noise.

    Parameters
    ----------
    fit : of the problem under the learnt noise.
    noise : as learnt from the residuals; of the same points as the problem's curve.
    design : d model/d free parameter at the values of the fit, shape (n, p).
    misfit : mean square of the residuals over what it would be if they were noise: on the risers over that on the flat
        stretches, or expected on flat stretches about their own lines over that seen there, whichever is larger.
    """

    fit: FitResult
    noise: Noise
    design: Array
    misfit: float


def fit_learning(
    problem: Problem,
    start: Mapping[str, float],
    *,
    flat: NDArray[np.bool_],
    with_constant: Problem | None = None,
    looser: Looser | None = None,
) -> Learnt:
    """Fit, learn the noise from the residuals, and fit again where that changes the weights.

    Parameters
    ----------
    problem : its noise holds standard deviations and no spectrum.
    flat : readings on flat stretches, shape (n,).
    with_constant : the same problem with a free offset, used where the noise is red.
    looser : parameters -> a problem with more freedom on the same curve, and the values of its free parameters that are
        the same fit; what it takes up is no evidence about the noise (steps that are unequal must not look like slow
        noise).

    Raises
    ------
    InputError, FitError : as the engine does.
    """
    return alone(learning(problem, start, flat=flat, with_constant=with_constant, looser=looser))


def learning(
    problem: Problem,
    start: Mapping[str, float],
    *,
    flat: NDArray[np.bool_],
    with_constant: Problem | None = None,
    looser: Looser | None = None,
) -> Asking[Learnt]:
    """`fit_learning`, which asks for its minima."""
    best = yield wanted_from(problem, start)
    fitted_curve, design = yield Together(work=both_of, item=(problem, best.values))
    residuals = problem.curve.y - fitted_curve
    if not problem.noise.stated and (uneven := unevenness(residuals)) is not None:
        # the weights change, so the fit does
        problem = replace(problem, noise=replace(problem.noise, std=problem.noise.typical * uneven))
        with_constant = None if with_constant is None else replace(with_constant, noise=problem.noise)
        best = yield Wanted(problem=problem, start=best.values)
        fitted_curve, design = yield Together(work=both_of, item=(problem, best.values))
        residuals = problem.curve.y - fitted_curve
    spectrum = yield from _spectrum(problem, best.values, residuals, design, looser)
    misfit = max(_on_risers(problem, residuals, flat), _calm(problem, residuals, flat, spectrum))
    noise = problem.noise.with_spectrum(None if problem.noise.stated and spectrum.kind == "white" else spectrum)
    if spectrum.kind == "white" or misfit > MISFIT:
        reached = Reached(
            problem=replace(problem, noise=noise),
            values=best.values,
            message=best.message,
            converged=best.converged,
            sandwich=spectrum.kind != "white",
            seen=(fitted_curve, design),
        )
        fit = yield Together(work=at_minima, item=reached)
        return Learnt(fit=fit, noise=noise, design=design, misfit=misfit)
    wider = with_constant or problem
    found = {**start, **dict(zip(problem.names, best.values.tolist(), strict=True))}
    fit = yield from fitted(replace(wider, noise=noise), found)
    design = wider.design(fit.values)
    spectrum = yield from _spectrum(wider, fit.values, fit.residuals, design, looser)  # once more, about the better fit
    if spectrum.kind != "white":
        noise = problem.noise.with_spectrum(spectrum)
        fit = yield from fitted(replace(wider, noise=noise), dict(zip(fit.names, fit.values, strict=True)))
        design = wider.design(fit.values)
    return Learnt(fit=fit, noise=noise, design=design, misfit=misfit)


#: Steps of a quick look at how much a looser fit takes up, and the share along its derivatives that is worth one.
_STEPS_LOOSER, _WORTH_A_LOOK = 8, 0.2


def _spectrum(
    problem: Problem, values: Array, residuals: Array, design: Array, looser: Looser | None
) -> Asking[Spectrum]:
    noise = problem.noise
    if problem.loss != "linear" or noise.assumed_white:
        return white(len(problem.curve))
    std = noise.std
    left = Residuals(values=residuals / std, design=design / std[:, None], stated=noise.stated)
    if looser is not None:
        left = yield from _as_free(left, problem, *looser(dict(zip(problem.names, values.tolist(), strict=True))))
    spectrum: Spectrum = yield Together(work=estimate_spectra, item=left)
    return spectrum


def _as_free(left: Residuals, problem: Problem, free: Problem, at: Array) -> Asking[Residuals]:
    """Residuals of which what a looser fit would take up is no evidence about the noise.

    Parameters
    ----------
    left : by the fit of the problem.  free : the looser one.  at : values of its free parameters that are the same fit.
    """
    std = problem.noise.std
    free = replace(free, noise=problem.noise)
    taken: TakenUp = yield Together(work=taken_up, item=Freedom(left=left, names=problem.names, problem=free, at=at))
    # a fit that takes up most of the residuals begins by taking up a good part of them along its derivatives
    if taken.share > _WORTH_A_LOOK:
        found = yield Wanted(problem=free, start=at, steps=_STEPS_LOOSER)
        if found.chi2 < _TAKEN_UP * float(left.values @ left.values):
            curve, design = yield Together(work=both_of, item=(free, found.values))
            return replace(left, values=(problem.curve.y - curve) / std, design=design / std[:, None])
    return replace(left, design=np.vstack([left.design.T, taken.columns]).T)  # each column stays in one piece of memory


def _on_risers(problem: Problem, residuals: Array, flat: NDArray[np.bool_]) -> float:
    """Mean square of the residuals on the risers over that on the flat stretches."""
    square = (residuals / problem.noise.std) ** 2
    on_flats, on_risers = square[flat], square[~flat]
    if on_flats.size < 8 or on_risers.size < 8 or not (on_flats > 0).any():
        return 1.0
    return mean(on_risers) / mean(on_flats)


def _calm(problem: Problem, residuals: Array, flat: NDArray[np.bool_], spectrum: Spectrum) -> float:
    """Sum of squares about a straight line that the noise would leave on the flat stretches, over the one that is there."""
    if spectrum.kind == "white":
        return 1.0
    pulls = residuals / problem.noise.std
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flat, [False])).astype(int)))
    expected = seen = 0.0
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        m = int(last - first)
        if m < 8:
            continue
        line, _ = np.linalg.qr(np.column_stack([np.ones(m), np.arange(m) - (m - 1) / 2]))
        lags = spectrum.autocovariance(m)
        covariance = lags[np.abs(np.subtract.outer(np.arange(m), np.arange(m)))]
        expected += m * float(lags[0]) - float(np.trace(line.T @ covariance @ line))
        here = pulls[first:last]
        seen += float(here @ here) - float(np.sum((line.T @ here) ** 2))
    return expected / seen if seen > 0 else 1.0
