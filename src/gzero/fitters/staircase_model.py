"""The staircase model on a curve whose plateaus are known: starts from the data, number of steps, offset, noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FitError
from gzero.fitters.learnt_noise import MISFIT, Learnt, learning
from gzero.fitters.looser import Looser
from gzero.fitters.minima import Asking, Found, Together, wanted_from
from gzero.fitters.options import FitOptions, RiserShape
from gzero.fitters.problem import Problem
from gzero.fitters.result import FitResult
from gzero.fitters.score import Slope, decreases
from gzero.fitters.staircase_shapes import shape_starts, shaped_staircase, unequal_staircase, widths_of
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import Choice
from gzero.models.model import Array
from gzero.reduction.averages import median, middle
from gzero.reduction.noise import Noise, white_noise
from gzero.reduction.plateau import Plateau
from gzero.reduction.plateaus import Staircase

#: Difference of the information criterion beyond which a rival number of steps counts (Kass and Raftery 1995,
#: doi 10.1080/01621459.1995.10476572: "very strong").
DECISIVE = 10.0
#: Decrease of chi2 from which an offset that nobody stated is fitted: three and a half of its standard uncertainties. A
#: lower one would fit what noise makes of a true zero, which costs more precision of the step than it saves.
OFFSET = 12.0
#: Steps of a quick look at a rival, and of one that has to come near its minimum.
_SHORT_LOOK, _LONG_LOOK = 3, 40
#: Share of the rise of a riser beyond the fitted range that may reach into it.
_FELT = 0.002


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelFit:
    """The model's fit and what belongs to it.

    Parameters
    ----------
    result : the fit;  curve : the part of the curve it was made on;  first : position of its first point in the curve.
    noise : of the whole curve, as learnt from the residuals.
    misfit : mean square of the residuals over what it would be if they were noise.
    steps : number of steps -> information criterion minus that of the number used, for the rivals.
    """

    result: FitResult
    curve: Curve
    noise: Noise
    misfit: float
    steps: dict[int, float]

    @property
    def warnings(self) -> list[str]:
        """What its numbers give to think."""
        fit, out = self.result, []
        if fit.at_bounds:
            out.append(
                f"the model's fit ended on the bound of {', '.join(fit.at_bounds)}: no uncertainty is known for it"
            )
        if fit.inflation > 1:
            out.append(
                f"chi2/dof of the model is {fit.chi2_reduced:.3g}: its uncertainties are widened by {fit.inflation:.3g}, as "
                + ("the stated uncertainties are too small for it, " if self.noise.stated else "")
                + "its shape is wrong or the steps are not of one height"
            )
        if not self.describes:
            out.append(
                f"the model misses the shape of the curve (its residuals are {self.misfit**0.5:.2g} times what noise would leave): "
                "what it leaves over is in its uncertainties, and those of the plateaus rest on the flat stretches alone"
            )
        better = {n: d for n, d in self.steps.items() if d < -DECISIVE and self.describes}
        if better:
            n = min(better, key=lambda number: better[number])
            out.append(
                f"{n} steps explain the curve better than those counted (delta BIC {better[n]:.0f}), the most that was tried: "
                "look for a riser that was not seen, or for steps of unequal height"
            )
        return out

    @property
    def choices(self) -> list[Choice]:
        """For the ledger."""
        counted = sum(name.startswith("threshold") for name in self.result.names)
        rivals = ", ".join(f"{n}: {d:+.0f}" for n, d in sorted(self.steps.items()))
        return [
            Choice(
                choice="number of steps",
                value=str(counted),
                origin="data",
                note=f"risers counted; BIC of rivals minus this one: {rivals}" if rivals else "risers counted",
            ),
            Choice(
                choice="fit of the model",
                value=self.result.method,
                origin="data",
                note=f"noise {self.result.noise_model}" + ("; offset fitted" if "offset" in self.result.names else ""),
            ),
        ]

    @property
    def describes(self) -> bool:
        """Whether the model describes the risers, so that its residuals are noise."""
        return self.misfit <= MISFIT


def initial_noise(curve: Curve, stairs: Staircase, scale: float, source: str) -> Noise:
    """The noise before any fit: stated, or from the flat stretches; a thousandth of a step where there is none to see.

    Parameters
    ----------
    scale : height of a step [unit of y].  source : where stated uncertainties come from, in words.
    """
    if curve.y_std is not None:
        return Noise(std=curve.y_std, stated=True, source=source)
    return Noise(std=np.full(len(curve), stairs.noise if stairs.noise > 0 else 1e-3 * abs(scale)), stated=False)


def fit_staircase(
    curve: Curve,
    stairs: Staircase,
    counted: list[Plateau],
    *,
    noise: Noise,
    step: float,
    resistance: float | None,
    options: FitOptions,
    offset_known: bool,
) -> Asking[ModelFit]:
    """The staircase model up to the end of the last counted plateau: a range that ends on a riser biases its height.

    Parameters
    ----------
    noise : before any fit, of the whole curve.
    step : height to start from [unit of y].  resistance : to start from where one is fitted, else None [1/unit of y].
    offset_known : whether the reading at pinch-off was stated, so that none is fitted.

    Raises
    ------
    InputError : fewer points than parameters.  FitError : no minimum from any start.
    """
    part, first = _part(curve, stairs, counted[-1])
    noise = replace(noise, std=noise.std[first : first + len(part)])
    risers = stairs.risers[: counted[-1].index]
    flat = _flat(part, first, (stairs.baseline, *stairs.plateaus))
    sign = -1.0 if stairs.descending else 1.0
    start = {"step_height": step, "offset": 0.0, "series_resistance": resistance or 0.0}
    for n, riser in enumerate(risers, 1):
        start[f"threshold_{n}"] = sign * riser.x
        start[f"width_{n}"] = riser.width
    series = resistance is not None and len(risers) >= 3

    start |= shape_starts(start, sign)

    def problem(
        modes: int, *, offset: bool, shapes: frozenset[RiserShape] = options.risers, noise: Noise = noise
    ) -> Problem:
        model = shaped_staircase(modes, shapes, series=series, offset=offset, descending=stairs.descending)
        return Problem(model=model, curve=part, noise=noise, loss=options.loss)

    def unequal(found: Mapping[str, float]) -> tuple[Problem, Array]:
        """The same with a height of its own for every step, and the curvature of the map where there is one."""
        values = {**start, **found, **widths_of(found, len(risers))}
        curved = values["curvature"] != 0
        model = unequal_staircase(len(risers), offset="offset" in found, descending=stairs.descending, curved=curved)
        fixed = {"curvature": values["curvature"]} if curved else {}
        free = Problem(model=model, curve=part, noise=noise, fixed=fixed)
        return free, np.array([values["step_height" if n.startswith("height") else n] for n in free.names])

    def fitted(shapes: frozenset[RiserShape]) -> Asking[tuple[Learnt, float]]:
        """The fit, and the share of what it leaves that a curvature would explain."""
        free = None if offset_known else problem(len(risers), offset=True, shapes=shapes)
        learnt = yield from _best_start(problem(len(risers), offset=False, shapes=shapes), start, flat, free, unequal)
        gain, lopsided = yield from _explained(learnt, part.x, sign)
        if free is not None and "offset" not in learnt.fit.names and gain > OFFSET:
            learnt = yield from learning(free, {**start, **_values(learnt.fit)}, flat=flat, looser=unequal)
            _, lopsided = yield from _explained(learnt, part.x, sign)
        return learnt, lopsided

    shapes = options.risers
    learnt, lopsided = yield from fitted(shapes)
    if not shapes and lopsided > _LOPSIDED:
        trial = problem(len(risers), offset=False, shapes=frozenset({"curved"}))
        if (yield from _all_but_noise(trial, {**start, **_values(learnt.fit)})):
            curved = yield from _curved(fitted, learnt)
            learnt, shapes = (curved, frozenset({"curved"})) if curved is not None else (learnt, shapes)
    steps = yield from _step_numbers(learnt, partial(problem, shapes=shapes), start, sign)
    return ModelFit(
        result=learnt.fit, curve=part, noise=learnt.noise.over(len(curve), first), misfit=learnt.misfit, steps=steps
    )


#: Curvature of the gate-to-energy map times the width of a riser, beyond which the map itself, which ends at -1/c, is felt.
_CURVED = 0.2
#: Share of the residuals that a curvature would explain, from which it is tried.
_LOPSIDED = 0.3


def _by_offset(fit: FitResult) -> Array:
    """d model/d offset, of G/(1 + R G), shape (n,)."""
    resistance = fit.value("series_resistance") if "series_resistance" in fit.names else 0.0
    return np.asarray((1 - resistance * fit.fitted) ** 2)


def _by_curvature(learnt: Learnt, x: Array, sign: float) -> Array:
    """d model/d curvature of the gate map, c, where it is straight: phi = s + c s^2/2 at the distance s from a threshold, so
    that every threshold's own derivative, -dphi/ds, weighs it; shape (n,)."""
    at = [i for i, name in enumerate(learnt.fit.names) if name.startswith("threshold")]
    distance = x - learnt.fit.values[at, None]
    return np.asarray(-sign / 2 * (learnt.design.T[at] * distance**2).sum(axis=0))


def _explained(learnt: Learnt, x: Array, sign: float) -> Asking[tuple[float, float]]:
    """(decrease of chi2 that a free offset would bring, share of the sum of squares of the residuals that a curvature of the
    gate map would explain)."""
    fit, noise, std = learnt.fit, learnt.noise, learnt.noise.std
    columns = np.array([_by_offset(fit), _by_curvature(learnt, x, sign)]).T
    slope = Slope(
        design=noise.whiten(learnt.design), columns=noise.whiten(columns), residuals=noise.whiten(fit.residuals)
    )
    offset, curvature = yield Together(work=decreases, item=slope)
    if noise.correlated:  # a shape is looked for in the residuals as they are
        design, column = learnt.design / std[:, None], columns[:, 1:] / std[:, None]
        slope = Slope(design=design, columns=column, residuals=fit.residuals / std)
        (curvature,) = yield Together(work=decreases, item=slope)
    size = float(slope.residuals @ slope.residuals)
    return float(offset), float(curvature) / size if size > 0 else 0.0


def _all_but_noise(trial: Problem, start: Mapping[str, float]) -> Asking[bool]:
    """Whether a quick fit leaves nothing but noise: the mean square is that of neighbouring readings, within a half."""
    quick: Found = yield wanted_from(trial, start, steps=_LONG_LOOK)
    alone = white_noise(trial.curve.y) / median(trial.noise.std)
    return quick.chi2 / (len(trial.curve) - len(trial.free)) < 1.5 * max(alone**2, 1e-12)


def _curved(
    fitted: Callable[[frozenset[RiserShape]], Asking[tuple[Learnt, float]]], plain: Learnt
) -> Asking[Learnt | None]:
    """The fit with lopsided risers, where it describes the curve better than symmetric ones do beyond doubt."""
    try:
        curved, _ = yield from fitted(frozenset({"curved"}))
    except FitError:
        return None
    widest = max(curved.fit.value(name) for name in curved.fit.names if name.startswith("width"))
    if curved.noise.red or curved.misfit > MISFIT or abs(curved.fit.value("curvature")) * widest > _CURVED:
        return None
    std = plain.noise.std
    gain = float(np.sum((plain.fit.residuals / std) ** 2) - np.sum((curved.fit.residuals / std) ** 2))
    per_point = float(np.sum((curved.fit.residuals / std) ** 2)) / curved.fit.dof
    return curved if gain / per_point > DECISIVE + np.log(std.size) else None


def _values(fit: FitResult) -> dict[str, float]:
    return dict(zip(fit.names, fit.values.tolist(), strict=True))


def _part(curve: Curve, stairs: Staircase, top: Plateau) -> tuple[Curve, int]:
    """The curve up to the end of the top plateau, before the next riser is felt there, and the position of its first point."""
    first, last = (top.first, len(curve) - 1) if stairs.descending else (0, top.last)
    if top.index < len(stairs.risers):
        foot = stairs.risers[top.index].foot
        end = foot.position - float(np.log(1 / _FELT)) * foot.width
        middle = (top.first + top.last) // 2
        if stairs.descending:
            first = min(middle, max(first, int(np.searchsorted(curve.x, -end))))
        else:
            last = max(middle, min(last, int(np.searchsorted(curve.x, end))))
    here = slice(first, last + 1)
    part = Curve(
        x=curve.x[here], y=curve.y[here], y_std=None if curve.y_std is None else curve.y_std[here],
        x_name=curve.x_name, y_name=curve.y_name, x_unit=curve.x_unit, y_unit=curve.y_unit,
    )  # fmt: skip
    return part, first


def _flat(part: Curve, first: int, stretches: tuple[Plateau | None, ...]) -> NDArray[np.bool_]:
    """Readings that lie in the window of a level."""
    flat = np.zeros(len(part), dtype=bool)
    for stretch in stretches:
        if stretch is not None:
            flat[max(0, stretch.first - first) : max(0, stretch.last + 1 - first)] = True
    return flat


def _best_start(
    problem: Problem,
    start: dict[str, float],
    flat: NDArray[np.bool_],
    free: Problem | None,
    looser: Looser,
) -> Asking[Learnt]:
    """The fit from the shapes of the risers; where that fails or misses them, the best of a few other widths."""
    first: Learnt | None = None
    failure: FitError | None = None
    try:
        first = yield from learning(problem, start, flat=flat, with_constant=free, looser=looser)
    except FitError as error:
        failure = error
    if first is not None and first.misfit <= MISFIT:
        return first
    # a quick look from other widths; only what is better by more than a per cent is worth the whole way
    best = np.inf if first is None else float(np.sum((first.fit.residuals / problem.noise.std) ** 2))
    better: dict[str, float] | None = None
    for factor in (0.4, 2.5):
        scaled = {name: value * factor if "width" in name else value for name, value in start.items()}
        found = yield wanted_from(problem, scaled, steps=_LONG_LOOK)
        within = all(p.lower < v < p.upper for p, v in zip(problem.free, found.values, strict=True))
        if within and np.isfinite(found.chi2) and found.chi2 < 0.99 * best:
            best = found.chi2
            better = {
                **scaled,
                **dict(zip((p.name for p in problem.free), (float(v) for v in found.values), strict=True)),
            }
    if better is not None:
        try:
            return (yield from learning(problem, better, flat=flat, with_constant=free, looser=looser))
        except FitError as error:
            failure = error
    if first is None and failure is not None:
        raise failure
    return cast(Learnt, first)


def _step_numbers(learnt: Learnt, problem: _Build, start: dict[str, float], sign: float) -> Asking[dict[int, float]]:
    """Information criterion of one step fewer and one more, minus that of the number counted, under the same noise."""
    fit = learnt.fit
    if fit.problem is None:
        return {}
    here = _values(fit)
    modes = sum(name.startswith("threshold") for name in fit.names)
    counted = {**start, **here, **widths_of(here, modes)}
    part = fit.problem.curve
    own = fit.chi2 / fit.inflation**2
    # where something is left to explain, a rival is given the time to do it
    poor = fit.chi2_reduced > 1 + 3 * np.sqrt(2 / fit.dof)
    out: dict[int, float] = {}
    for number in (modes - 1, modes + 1):
        if number < 1:
            continue
        rival = problem(number, offset="offset" in fit.names, noise=fit.problem.noise)
        begin = counted if number < modes else _one_more(counted, modes, part.x, fit.residuals, sign)
        if len(part) <= len(rival.free):
            continue
        quick = _SHORT_LOOK if number < modes else 2 * _SHORT_LOOK
        chi2 = np.inf
        for h in (1.0, modes / number) if poor else (1.0,):
            scaled = {**begin, "step_height": h * begin["step_height"]}
            chi2 = min(chi2, (yield wanted_from(rival, scaled, steps=_LONG_LOOK if poor else quick)).chi2)
        penalty = (len(rival.free) - len(fit.names)) * float(np.log(len(part)))
        out[number] = chi2 / fit.inflation**2 - own + penalty
    return out


def _one_more(counted: Mapping[str, float], modes: int, x: Array, residuals: Array, sign: float) -> dict[str, float]:
    """Values to start from with one riser more than counted, where the residuals are largest over its width."""
    risers = [(sign * counted[f"threshold_{n}"], counted[f"width_{n}"]) for n in range(1, modes + 1)]
    width = middle([w for _, w in risers])
    span = min(max(3, int(4 * width / median(x[1:] - x[:-1]))), x.size)
    away = np.abs(np.convolve(residuals, np.ones(span), mode="same"))
    risers.append((sign * float(x[int(away.argmax())]), width))
    begin = dict(counted)
    for n, (place, w) in enumerate(sorted(risers), 1):
        begin[f"threshold_{n}"], begin[f"width_{n}"] = sign * place, w
    return begin


class _Build(Protocol):
    """The problem with a number of modes, with an offset or without."""

    def __call__(self, modes: int, *, offset: bool, noise: Noise) -> Problem:
        """The problem."""
