"""Correlated noise: its power spectrum from the residuals of a fit, and what it does to a mean or a parameter.

The noise of n readings, each over its own standard deviation, is taken as stationary. In the cosine transform over the
sweep its covariance is then diagonal (the transform is the asymptotic Karhunen-Loeve basis of such noise: Ahmed,
Natarajan and Rao 1974, doi 10.1109/T-C.1974.223784), with the power S at w_j = pi j/n as its variances:

    S(w) = scale [(1 - share) + share R(w)/<R>],      R(w) = (knee^2 + 4 sin^2(w/2))^(-exponent)

exponent 1 is the first-order autoregression (rho with knee^2 = (1 - rho)^2/rho) and the random telegraph, with the white
part that an amplifier adds; knee -> 0 with exponent 1/2 is 1/f noise. The parameters maximise the restricted likelihood
(Patterson and Thompson 1971, doi 10.1093/biomet/58.3.545), which knows that fitted parameters have used up residuals.
One sweep often cannot tell the two shapes apart, and they differ by a factor of three in the uncertainty of a step: then
both count, by their probability, and which one it is counts as one more parameter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.restricted_likelihood import RestrictedLikelihood

Array = NDArray[np.float64]
Kind = Literal["white", "knee", "1/f"]

#: Gain in -2 ln L that makes noise red: three parameters more than white noise, 1 in 500 by chance.
RED = 12.0
#: Advantage of 1/f over a knee in -2 ln L before the data speak: a knee that is none promises too much at low frequency.
_KNEE = 3.0
#: A shape with less than this weight is left out.
_NEGLIGIBLE = 0.02
#: Chance that a sweep of the stated variance shows no more than this one does, below which the stated one is believed
#: instead: that of `RED`. Slow noise just happens to be calm, and the more so the shorter the sweep.
_CALM = 1 / 500
_NO_KNEE = 1e-4  # far below the lowest frequency of any sweep
_EXPONENTS = (0.40, 0.65)  # of the amplitude: what is called 1/f noise has powers of 0.8 to 1.3 ...
#: ... and mostly near 1 (Weissman 1988, doi 10.1103/RevModPhys.60.537): center and width of what is expected before the
#: data speak. Without it the edge of a knee is taken for a steep 1/f.
_EXPECTED = (0.5, 0.05)
_SHARE = (-6.0, 9.0)  # logit of the red share
_KNEES = (float(np.log(0.002)), float(np.log(3.0)))
#: Readings beyond which no start is ruled out beforehand: the powers of all of them at once take memory.
_LONG = 10_000
#: The same of the net of shapes, and how far beyond the lowest value on it a shape between its knots may lie: less than 1
#: where a gain near `RED` is in question, in 964 sweeps of 60 to 512 readings with white, weakly and strongly red noise.
_LONG_FOR_NET, _BETWEEN = 2_000, 3.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spectrum:
    """Power of the noise of n readings in units of their stated or assumed variances.

    Parameters
    ----------
    kind : "white", "knee" (autoregressive, telegraph) or "1/f", the more probable one.
    powers : S at w_j = pi j/n, shape (n,); their mean is the variance of one reading.
    gradients : d ln S/d parameter at the same frequencies, shape (p, n); the first parameter is ln(scale).
    uncertainty : covariance of these parameters, shape (p, p); zero where the scale is stated.
    gain : improvement of -2 ln L over white noise.
    knee, exponent, share : as in the formula, of this kind.
    probability : of this kind; the powers hold the other one with the rest.
    """

    kind: Kind
    powers: Array
    gradients: Array
    uncertainty: Array
    gain: float = 0.0
    knee: float = np.inf
    exponent: float = 0.0
    share: float = 0.0
    probability: float = 1.0

    @property
    def variance(self) -> float:
        """Of one reading, over its stated or assumed variance."""
        return float(self.powers[1:].mean())

    @property
    def correlation_length(self) -> float:
        """Readings per independent reading of a mean over the sweep: S at its lowest frequency over the mean."""
        return max(1.0, float(self.powers[1] / self.variance))

    def normalised(self) -> Spectrum:
        """The same shape with a mean power of 1: noise whose size is known. What was uncertain of the size is out of it."""
        return replace(self, powers=self.powers / self.powers.mean(), gradients=self.gradients - self._by[:, None])

    @property
    def _by(self) -> Array:
        """d ln(mean power)/d parameter, shape (p,)."""
        return np.asarray(self.gradients @ self.powers / self.powers.sum())

    def resized(self, n: int) -> Spectrum:
        """The same spectrum for a sweep of n readings."""
        old, new = (np.arange(m) / m for m in (self.powers.size, n))
        return replace(
            self,
            powers=np.interp(new, old, self.powers),
            gradients=np.vstack([np.interp(new, old, row) for row in self.gradients]),
        )

    def autocovariance(self, lags: int) -> Array:
        """Covariance of two readings 0 ... lags - 1 apart, over their standard deviations, shape (lags,)."""
        n = self.powers.size
        # sum_j S_j cos(pi j k/n): the real part of a Fourier transform over a period of 2n
        return np.asarray(np.fft.fft(self.powers, 2 * n).real.take(np.arange(lags), mode="wrap") / n)

    def covariance(self, weights: Array) -> tuple[Array, Array]:
        """(covariance, degrees of freedom) of linear statistics of the noise.

        Parameters
        ----------
        weights : of every reading over its standard deviation, shape (n, k).

        Returns
        -------
        shape (k, k) and (k,): the degrees of freedom of a chi2 whose relative variance is that of the estimated
        variance (Satterthwaite 1946, doi 10.2307/3002019).
        """
        if self.kind == "white":  # the same in every basis
            total = self.powers[0] * (weights.T @ weights)
            relative = (total.diagonal() > 0) * float(self.gradients[:, 0] @ self.uncertainty @ self.gradients[:, 0])
            return total, 2.0 / np.maximum(relative, 1e-12)
        transformed = cosine(weights)
        total = (transformed * self.powers[:, None]).T @ transformed
        parts = np.einsum("nk,n,pn->pk", transformed**2, self.powers, self.gradients) / np.maximum(
            np.diag(total), np.finfo(float).tiny
        )
        relative = np.einsum("pk,pq,qk->k", parts, self.uncertainty, parts)
        return total, 2.0 / np.maximum(relative, 1e-12)

    def variances(self, weights: Array) -> Array:
        """The diagonal of the `covariance` by itself, shape (k,)."""
        if self.kind == "white":
            return np.asarray(self.powers[0] * np.einsum("nk,nk->k", weights, weights))
        return np.asarray(self.powers @ cosine(weights) ** 2)


def cosine(columns: Array) -> Array:
    """Orthonormal cosine transform (type 2) along the first axis."""
    from scipy.fft import dct

    return np.asarray(dct(columns, type=2, norm="ortho", axis=0))


def uncosine(columns: Array) -> Array:
    """What `cosine` gave, transformed back."""
    from scipy.fft import idct

    return np.asarray(idct(columns, type=2, norm="ortho", axis=0))


def white(n: int, *, scale: float = 1.0, dof: int | None = None) -> Spectrum:
    """White noise: of stated scale, or of one estimated with `dof` degrees of freedom."""
    return Spectrum(
        kind="white",
        powers=np.full(n, scale),
        gradients=np.ones((1, n)),
        uncertainty=np.array([[0.0 if dof is None else 2.0 / dof]]),
    )


def autoregressive(n: int, rho: float) -> Spectrum:
    """First-order autoregression of unit variance with correlation rho between neighbours, 0 < rho < 1."""
    shape = _Shape("knee", 30.0, float(np.log((1 - rho) / np.sqrt(rho))), 1.0)
    return Spectrum(
        kind="knee",
        powers=shape.powers(n, slowest=0.0),
        gradients=np.ones((1, n)),
        uncertainty=np.zeros((1, 1)),
        knee=float(np.exp(shape.log_knee)),
        exponent=1.0,
        share=1.0,
    )


def estimate_spectrum(
    residuals: Array, design: Array, *, stated: bool, pieces: tuple[int, ...] | None = None
) -> Spectrum:
    """The spectrum of the noise in the residuals of a fit.

    Parameters
    ----------
    residuals : data minus fit, over the standard deviation of each reading, in the order of the sweep, shape (n,).
    design : derivatives of the fit by its free parameters, over the same, shape (n, p); columns may repeat.
    stated : whether the standard deviations are stated; white noise then has scale 1, and red noise is not
        believed to be far smaller.
    pieces : lengths of sweeps that stand one after the other, with one spectrum and nothing else in common; None is one
        sweep.

    Returns
    -------
    Spectrum of n readings, or of as many as the longest piece has, white unless the residuals say otherwise beyond chance.
    """
    n, lengths = residuals.size, pieces or (residuals.size,)
    longest = max(lengths)
    likelihood = RestrictedLikelihood(*_transformed(residuals, design, lengths))
    if likelihood.dof <= 0:
        return white(longest)  # nothing is left over to learn from
    base, scale = likelihood.white()
    plain = white(longest) if stated else white(longest, scale=scale, dof=likelihood.dof)
    if n < 24 or scale <= 0 or not np.isfinite(base):
        return plain
    floors = likelihood.floors(*_of_starts(lengths)) if n <= _LONG else np.full(len(_STARTS), -np.inf)
    if base - floors.min() < RED / 4:
        return plain  # no start can be better by more, whatever its value is
    starts = [_best_start(likelihood, lengths, floors, kind) for kind in ("knee", "1/f")]
    if base - min(value for _, value in starts) < RED / 4:
        return plain
    # white noise often is a little better described by some red one: a look all over saves the long way to how little
    if n <= _LONG_FOR_NET and base - likelihood.floors(*_of_net(lengths)).min() < RED - _BETWEEN:
        return plain
    (knee, knee_value), (flicker, flicker_value) = (_refined(likelihood, lengths, start) for start, _ in starts)
    if base - min(knee_value, flicker_value) < RED:
        return plain
    each = [
        _spectrum(likelihood, lengths, shape, gain=base - value)
        for shape, value in ((knee, knee_value), (flicker, flicker_value))
    ]
    odds = np.exp(np.clip((flicker_value - _KNEE - knee_value) / 2, -50, 50))
    spectrum = _averaged(*each, weight=float(odds / (1 + odds)))
    return _not_calmer(spectrum) if stated else spectrum


def _transformed(residuals: Array, design: Array, lengths: tuple[int, ...]) -> tuple[Array, Array]:
    """Residuals and design in the cosine transform of every sweep, with a constant for each: nothing tells it from the
    lowest frequencies of red noise, and it is taken out with the design."""
    q = design.shape[1] + 1
    rows = np.zeros(
        (q + len(lengths), residuals.size)
    )  # each column in one piece of memory, for the transform and the QR
    rows[0], rows[1:q] = residuals, design.T
    for k, (i, j) in enumerate(pairwise((0, *accumulate(lengths))), q):
        rows[:q, i:j] = cosine(rows[:q, i:j].T).T
        rows[k, i] = 1.0
    return rows[0], rows[1:].T


@dataclass(frozen=True, slots=True)
class _Shape:
    """A spectrum up to its scale: logit of the red share, ln(knee), exponent."""

    kind: Kind
    logit: float
    log_knee: float
    exponent: float

    def powers(self, n: int, *, slowest: float = 0.5) -> Array:
        """S over its mean at w_j = pi j/n; the constant has that of j = `slowest`.

        A knee far below the lowest frequency is not told from one at it, but would make the mean of the sweep any noisier:
        half of that frequency is where what is learnt from a sweep ends.
        """
        red = (np.exp(2 * self.log_knee) + _squared_frequencies(n, slowest)) ** -self.exponent
        share = 1 / (1 + np.exp(-self.logit))
        powers = (1 - share) + share * red / (np.add.reduce(red[1:]) / (n - 1))
        if self.kind == "1/f":
            powers[0] = powers[1] * 2  # no finite mean power: that of a period of four sweeps
        return np.asarray(powers)

    def over(self, lengths: tuple[int, ...]) -> Array:
        """The powers of sweeps of these lengths, one after the other, shape (n,)."""
        if len(lengths) == 1:
            return self.powers(lengths[0])
        each = {length: self.powers(length) for length in set(lengths)}
        return np.concatenate([each[length] for length in lengths])

    def slopes(self, n: int) -> Array:
        """d ln S/d ln(scale) and by the two free parameters, shape (3, n)."""
        rows = [np.ones(n)]
        for i, step in enumerate((0.05, 0.05 if self.kind == "knee" else 0.01)):
            up, down = np.array(self.free), np.array(self.free)
            up[i], down[i] = up[i] + step, down[i] - step
            rows.append(np.log(self.at(up).powers(n) / self.at(down).powers(n)) / (2 * step))
        return np.array(rows)

    @property
    def free(self) -> tuple[float, float]:
        return (self.logit, self.log_knee if self.kind == "knee" else self.exponent)

    def at(self, free: Array) -> _Shape:
        if self.kind == "knee":
            return _Shape("knee", float(free[0]), float(free[1]), 1.0)
        return _Shape("1/f", float(free[0]), float(np.log(_NO_KNEE)), float(free[1]))

    @property
    def surprise(self) -> float:
        """-2 ln of the prior of the exponent, over that of the most expected one."""
        center, width = _EXPECTED
        return ((self.exponent - center) / width) ** 2 if self.kind == "1/f" else 0.0

    @property
    def bounds(self) -> tuple[tuple[float, float], tuple[float, float]]:
        return (_SHARE, _KNEES if self.kind == "knee" else _EXPONENTS)


@lru_cache(maxsize=4)
def _squared_frequencies(n: int, slowest: float) -> Array:
    """4 sin^2(w/2) at w_j = pi j/n, the first of them at j = `slowest`, shape (n,)."""
    places = np.arange(n, dtype=np.float64)
    places[0] = slowest
    squared = 4 * np.sin(np.pi * places / (2 * n)) ** 2
    squared.setflags(write=False)
    return squared


_STARTS = (
    *(_Shape("knee", logit, float(np.log(k)), 1.0) for logit in (0.0, 5.0) for k in (0.02, 0.1, 0.5)),
    *(_Shape("1/f", logit, float(np.log(_NO_KNEE)), 0.5) for logit in (-1.5, 0.5, 5.0)),
)


#: Shapes all over their bounds, dense enough that the likelihood changes little from one to the next.
_NET = tuple(
    shape
    for logit in np.arange(-5.0, 6.0, 1.5).tolist()
    for shape in (
        *(_Shape("knee", logit, log_knee, 1.0) for log_knee in np.arange(*_KNEES, 0.75).tolist()),
        *(_Shape("1/f", logit, float(np.log(_NO_KNEE)), exponent) for exponent in np.linspace(*_EXPONENTS, 3).tolist()),
    )
)


@lru_cache(maxsize=8)
def _of_starts(lengths: tuple[int, ...]) -> tuple[Array, Array]:
    """(S, ln S) of every start for sweeps of these lengths, shapes (k, n)."""
    return _tabulated(_STARTS, lengths)


@lru_cache(maxsize=2)
def _of_net(lengths: tuple[int, ...]) -> tuple[Array, Array]:
    """The same of every knot of the net."""
    return _tabulated(_NET, lengths)


def _tabulated(shapes: tuple[_Shape, ...], lengths: tuple[int, ...]) -> tuple[Array, Array]:
    powers = np.array([shape.over(lengths) for shape in shapes])
    logs = np.log(powers)
    powers.setflags(write=False)
    logs.setflags(write=False)
    return powers, logs


def _best_start(
    likelihood: RestrictedLikelihood, lengths: tuple[int, ...], floors: Array, kind: Kind
) -> tuple[_Shape, float]:
    """The most likely of the starts of one kind and its -2 ln L; one whose floor lies above that of another is no candidate."""
    found: list[tuple[float, int]] = []
    for floor, k in sorted((float(floors[k]), k) for k, start in enumerate(_STARTS) if start.kind == kind):
        if found and floor > min(found)[0]:
            break
        found.append((likelihood(_STARTS[k].over(lengths))[0], k))
    value, k = min(found)
    return _STARTS[k], value


def _refined(likelihood: RestrictedLikelihood, lengths: tuple[int, ...], start: _Shape) -> tuple[_Shape, float]:
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

    half = 1.0 / max(float(spectrum._by @ spectrum.uncertainty @ spectrum._by), 1e-12)  # of the degrees of freedom
    if spectrum.powers.mean() >= gammaincinv(half, _CALM) / half:
        return spectrum
    return spectrum.normalised()


def _spectrum(likelihood: RestrictedLikelihood, lengths: tuple[int, ...], shape: _Shape, *, gain: float) -> Spectrum:
    longest, variances = max(lengths), shape.over(lengths)
    slopes = {length: shape.slopes(length) for length in set(lengths)}
    powers = shape.powers(longest) * likelihood(variances)[1]
    information = likelihood.information(variances, np.hstack([slopes[length] for length in lengths]))
    # shape parameters at the end of their range carry no information of their own
    ridge = np.diag([0.0, 0.02, 0.02 if shape.kind == "knee" else _EXPECTED[1] ** -2])
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
