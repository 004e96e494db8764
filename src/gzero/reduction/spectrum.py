"""Correlated noise: its power spectrum, and what that does to a mean or a parameter.

The noise of n readings, each over its own standard deviation, is taken as stationary. In the cosine transform over the
sweep its covariance is then diagonal (the transform is the asymptotic Karhunen-Loeve basis of such noise: Ahmed,
Natarajan and Rao 1974, doi 10.1109/T-C.1974.223784), with the power S at w_j = pi j/n as its variances. Which shapes it
may have says `spectral_shapes`, which one the residuals of a fit show `learnt_spectrum`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.spectral_shapes import Kind, Shape

Array = NDArray[np.float64]


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
        return replace(
            self, powers=self.powers / self.powers.mean(), gradients=self.gradients - self.relative_slopes[:, None]
        )

    @property
    def relative_slopes(self) -> Array:
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


def cosine(columns: Array, *, axis: int = 0) -> Array:
    """Orthonormal cosine transform (type 2) along an axis."""
    from scipy.fft import dct

    return np.asarray(dct(columns, type=2, norm="ortho", axis=axis))


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
    shape = Shape("knee", 30.0, float(np.log((1 - rho) / np.sqrt(rho))), 1.0)
    return Spectrum(
        kind="knee",
        powers=shape.powers(n, slowest=0.0),
        gradients=np.ones((1, n)),
        uncertainty=np.zeros((1, 1)),
        knee=float(np.exp(shape.log_knee)),
        exponent=1.0,
        share=1.0,
    )
