"""Which power spectrum the noise has that the residuals of a fit show: white, or red beyond chance.

The parameters of the shapes (`spectral_shapes`) maximise the restricted likelihood (Patterson and Thompson 1971,
doi 10.1093/biomet/58.3.545), which knows that fitted parameters have used up residuals. One sweep often cannot tell the
two shapes apart, and they differ by a factor of three in the uncertainty of a step: then both count, by their
probability, and which one it is counts as one more parameter. Most noise is white, which one look at many sweeps at a
time says; those that may be red are worked out one by one.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

import numpy as np

from gzero.reduction.restricted_likelihood import RestrictedLikelihood
from gzero.reduction.spectral_shapes import EXPECTED, STARTS, Array, Kind, Shape, of_net, of_starts
from gzero.reduction.spectrum import Spectrum, cosine, white
from gzero.reduction.stacks import in_stacks

#: Gain in -2 ln L that makes noise red: three parameters more than white noise, 1 in 500 by chance.
RED = 12.0
#: Advantage of 1/f over a knee in -2 ln L before the data speak: a knee that is none promises too much at low frequency.
_KNEE = 3.0
#: A shape with less than this weight is left out.
_NEGLIGIBLE = 0.02
#: Chance that a sweep of the stated variance shows no more than this one does, below which the stated one is believed
#: instead: that of `RED`. Slow noise just happens to be calm, and the more so the shorter the sweep.
_CALM = 1 / 500
#: Readings beyond which no start is ruled out beforehand: the powers of all of them at once take memory.
_LONG = 10_000
#: The same of the net of shapes, and how far beyond the lowest value on it a shape between its knots may lie: less than 1
#: where a gain near `RED` is in question, in 964 sweeps of 60 to 512 readings with white, weakly and strongly red noise.
_LONG_FOR_NET, _BETWEEN = 2_000, 3.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Residuals:
    """What a fit leaves of a sweep of n readings.

    Parameters
    ----------
    values : data minus fit, over the standard deviation of each reading, in the order of the sweep, shape (n,).
    design : derivatives of the fit by its free parameters, over the same, shape (n, p); columns may repeat.
    stated : whether the standard deviations are stated; white noise then has scale 1, and red noise is not
        believed to be far smaller.
    pieces : lengths of sweeps that stand one after the other, with one spectrum and nothing else in common; None is one
        sweep.
    """

    values: Array
    design: Array
    stated: bool
    pieces: tuple[int, ...] | None = None

    @property
    def lengths(self) -> tuple[int, ...]:
        """Of the sweeps."""
        return self.pieces or (self.values.size,)

    @property
    def shape(self) -> tuple[Hashable, int]:
        """What many must have in common to be looked at together, and how many numbers they bring."""
        return (self.design.shape, self.pieces), self.design.size


def estimate_spectrum(
    residuals: Array, design: Array, *, stated: bool, pieces: tuple[int, ...] | None = None
) -> Spectrum:
    """The spectrum of the noise in the residuals of a fit.

    Parameters
    ----------
    residuals, design, stated, pieces : as `Residuals` has them.

    Returns
    -------
    Spectrum of n readings, or of as many as the longest piece has, white unless the residuals say otherwise beyond chance.
    """
    return estimate_spectra([Residuals(values=residuals, design=design, stated=stated, pieces=pieces)])[0]


def estimate_spectra(several: Sequence[Residuals]) -> list[Spectrum]:
    """`estimate_spectrum` of many, in their order."""
    return in_stacks(_spectra, several, shape=lambda one: one.shape)


def _spectra(alike: Sequence[Residuals]) -> list[Spectrum]:
    """The spectra of residuals of one shape."""
    n, lengths = alike[0].values.size, alike[0].lengths
    longest = max(lengths)
    out: dict[int, Spectrum] = {}
    for members, likelihood in RestrictedLikelihood.stacks(*_transformed(alike, lengths)):
        if likelihood.dof <= 0:  # nothing is left over to learn from
            out |= {i: white(longest) for i in members}
            continue
        bases, scales = likelihood.white()
        floors = np.full((len(members), len(STARTS)), -np.inf)
        if 24 <= n <= _LONG:
            floors = likelihood.floors(*of_starts(lengths))
        # no start can be better by more than this, whatever its value is
        perhaps = (n >= 24) & (scales > 0) & ~(bases - floors.min(axis=1) < RED / 4)
        for k, (i, base, scale) in enumerate(zip(members, bases.tolist(), scales.tolist(), strict=True)):
            stated = alike[i].stated
            red = _red(likelihood[k], lengths, floors[k], base) if perhaps[k] else None
            if red is None:
                out[i] = white(longest) if stated else white(longest, scale=scale, dof=likelihood.dof)
            else:
                out[i] = _not_calmer(red) if stated else red
    return [out[i] for i in range(len(alike))]


def _transformed(alike: Sequence[Residuals], lengths: tuple[int, ...]) -> tuple[Array, Array]:
    """Residuals, shape (m, n), and the columns of the designs, shape (m, q, n), in the cosine transform of every sweep, with
    a constant for each sweep: nothing tells it from the lowest frequencies of red noise, and it is taken out with the
    design."""
    n, p = alike[0].design.shape
    rows = np.zeros(
        (len(alike), 1 + p + len(lengths), n)
    )  # each column in one piece of memory, for transform and products
    for own, one in zip(rows, alike, strict=True):
        own[0], own[1 : 1 + p] = one.values, one.design.T
    for k, (i, j) in enumerate(pairwise((0, *accumulate(lengths))), 1 + p):
        rows[:, : 1 + p, i:j] = cosine(rows[:, : 1 + p, i:j], axis=-1)
        rows[:, k, i] = 1.0
    return rows[:, 0], rows[:, 1:]


def _red(likelihood: RestrictedLikelihood, lengths: tuple[int, ...], floors: Array, base: float) -> Spectrum | None:
    """The red spectrum that explains residuals better than white noise does beyond chance, or None.

    Parameters
    ----------
    floors : values that -2 ln L of the starts is not below, shape (k,).  base : -2 ln L of white noise.
    """
    starts = [_best_start(likelihood, lengths, floors, kind) for kind in ("knee", "1/f")]
    if base - min(value for _, value in starts) < RED / 4:
        return None
    # white noise often is a little better described by some red one: a look all over saves the long way to how little
    if sum(lengths) <= _LONG_FOR_NET and base - likelihood.floors(*of_net(lengths)).min() < RED - _BETWEEN:
        return None
    (knee, knee_value), (flicker, flicker_value) = (_refined(likelihood, lengths, start) for start, _ in starts)
    if base - min(knee_value, flicker_value) < RED:
        return None
    each = [
        _spectrum(likelihood, lengths, shape, gain=base - value)
        for shape, value in ((knee, knee_value), (flicker, flicker_value))
    ]
    odds = np.exp(np.clip((flicker_value - _KNEE - knee_value) / 2, -50, 50))
    return _averaged(*each, weight=float(odds / (1 + odds)))


def _best_start(
    likelihood: RestrictedLikelihood, lengths: tuple[int, ...], floors: Array, kind: Kind
) -> tuple[Shape, float]:
    """The most likely of the starts of one kind and its -2 ln L; one whose floor lies above that of another is no candidate."""
    found: list[tuple[float, int]] = []
    for floor, k in sorted((float(floors[k]), k) for k, start in enumerate(STARTS) if start.kind == kind):
        if found and floor > min(found)[0]:
            break
        found.append((likelihood(STARTS[k].over(lengths))[0], k))
    value, k = min(found)
    return STARTS[k], value


def _refined(likelihood: RestrictedLikelihood, lengths: tuple[int, ...], start: Shape) -> tuple[Shape, float]:
    """The most likely shape of the kind of the start."""
    from scipy.optimize import minimize

    def deviance(free: Array) -> float:
        shape = start.at(free)
        return likelihood(shape.over(lengths))[0] + shape.surprise

    out = minimize(
        deviance,
        np.array(start.free),
        method="Nelder-Mead",
        bounds=list(start.bounds),
        options={"xatol": 0.02, "fatol": 0.02, "maxfev": 80},
    )
    return start.at(out.x), float(out.fun)


def _averaged(knee: Spectrum, flicker: Spectrum, *, weight: float) -> Spectrum:
    """Both shapes by their probability: that of a knee is `weight`; which one it is counts as a parameter."""
    first, second = (knee, flicker) if weight > 0.5 else (flicker, knee)
    weight = max(weight, 1 - weight)
    if weight > 1 - _NEGLIGIBLE:
        return first
    p = first.uncertainty.shape[0]
    uncertainty = np.zeros((p + 1, p + 1))
    uncertainty[:p, :p] = first.uncertainty
    uncertainty[p, p] = weight * (1 - weight)
    return replace(
        first,
        powers=weight * first.powers + (1 - weight) * second.powers,
        gradients=np.vstack([first.gradients, np.log(second.powers / first.powers)]),
        uncertainty=uncertainty,
        probability=weight,
    )


def _not_calmer(spectrum: Spectrum) -> Spectrum:
    """The spectrum, or one of the stated variance where it shows less than a sweep of that variance would by chance.

    The mean power is an estimated variance: of chi2 with the degrees of freedom that the uncertainty of the spectrum leaves
    (Satterthwaite 1946, doi 10.2307/3002019), some four for 40 readings of AR(1) with 0.9 and forty for 400.
    """
    from scipy.special import gammaincinv

    half = 1.0 / max(
        float(spectrum.relative_slopes @ spectrum.uncertainty @ spectrum.relative_slopes), 1e-12
    )  # of the degrees of freedom
    if spectrum.powers.mean() >= gammaincinv(half, _CALM) / half:
        return spectrum
    return spectrum.normalised()


def _spectrum(likelihood: RestrictedLikelihood, lengths: tuple[int, ...], shape: Shape, *, gain: float) -> Spectrum:
    longest, variances = max(lengths), shape.over(lengths)
    slopes = {length: shape.slopes(length) for length in set(lengths)}
    powers = shape.powers(longest) * likelihood(variances)[1]
    information = likelihood.information(variances, np.hstack([slopes[length] for length in lengths]))
    # shape parameters at the end of their range carry no information of their own
    ridge = np.diag([0.0, 0.02, 0.02 if shape.kind == "knee" else EXPECTED[1] ** -2])
    return Spectrum(
        kind=shape.kind,
        powers=powers,
        gradients=slopes[longest],
        uncertainty=np.asarray(np.linalg.inv(information + ridge), dtype=np.float64),
        gain=gain,
        knee=float(np.exp(shape.log_knee)),
        exponent=shape.exponent,
        share=1 / (1 + float(np.exp(-shape.logit))),
    )
