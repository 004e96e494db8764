"""Noise with a full covariance matrix: readings that are correlated in a way that theory or a calibration states.

    white = L^-1 noise,     L L^T = covariance          (Aitken 1936, doi 10.1017/S0370164600014346)

A curve under such noise is fitted by the same engine as any other: it whitens residuals and Jacobian, and least squares of
what is white is generalised least squares.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from gzero.errors import InputError
from gzero.measurement.curve import frozen
from gzero.reduction.noise import Array, Noise
from gzero.reduction.spectrum import Spectrum


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CorrelatedNoise(Noise):
    """Noise of n readings whose covariance is known.

    Parameters
    ----------
    root : lower triangular L of the correlation matrix, L L^T = correlation [1], shape (n, n); `std` scales it.
    shape : how the readings hang together, in words.

    `CorrelatedNoise.of(matrix)` makes it from a covariance matrix.
    """

    root: Array
    shape: str = "covariance stated"
    _unroot: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # no super(): a dataclass with slots is a new class, and the zero-argument form would look for the old one
        Noise.__post_init__(self)
        object.__setattr__(self, "root", frozen(self.root))
        if self.root.shape != (self.std.size, self.std.size):
            raise InputError(f"a root of shape {self.root.shape} for {self.std.size} readings")
        # L^-1 once: a fit whitens hundreds of times, and to solve a small triangle each time took 2 ms where the linear
        # algebra calls threads for it
        object.__setattr__(self, "_unroot", frozen(np.linalg.inv(self.root)))

    @classmethod
    def of(cls, matrix: Array, *, stated: bool, source: str = "", shape: str = "covariance stated") -> CorrelatedNoise:
        """The noise of a covariance matrix [unit of y squared], shape (n, n).

        Raises
        ------
        InputError : not square, not finite, not symmetric, or not positive definite.
        """
        matrix = np.asarray(matrix, dtype=np.float64)
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.isfinite(matrix).all():
            raise InputError(
                "a covariance is a square matrix of finite numbers", remedy="give one row for each reading"
            )
        variances = np.diag(matrix)
        if np.any(variances <= 0):
            raise InputError("a covariance without positive variances", remedy="leave out readings without noise")
        std = np.sqrt(variances)
        correlation = matrix / std[:, None] / std
        if np.any(np.abs(correlation - correlation.T) > 1e-9):  # products of matrices are good to about 1e-15
            raise InputError("a covariance is the same both ways", remedy="give a symmetric matrix")
        try:
            root = np.linalg.cholesky((correlation + correlation.T) / 2)
        except np.linalg.LinAlgError:
            raise InputError(
                "the covariance is not positive definite: its correlations contradict each other, or a reading repeats",
                remedy="leave out readings that others already determine",
            ) from None
        return cls(std=std, stated=stated, source=source, root=np.asarray(root, dtype=np.float64), shape=shape)

    @property
    def correlated(self) -> bool:
        """Whether readings are correlated."""
        return True

    @property
    def correlation_length(self) -> float:
        """Readings per independent one of their weighed mean, 1/std^2: 1 without correlation."""
        ones = self._unroot @ np.ones(self.std.size)
        return float(self.std.size / (ones @ ones))

    def with_spectrum(self, spectrum: Spectrum | None) -> CorrelatedNoise:
        """The same: what a spectrum could say stands in the covariance."""
        return self

    def scaled(self, factor: float) -> CorrelatedNoise:
        """The same correlation, standard deviations times `factor`."""
        return replace(self, std=self.std * factor)

    def over(self, n: int, first: int) -> CorrelatedNoise:
        """A covariance says nothing about readings that it does not hold.

        Raises
        ------
        InputError : for any other n than that of these readings.
        """
        if n != self.std.size or first != 0:
            raise InputError(
                f"a covariance of {self.std.size} readings is none of {n}",
                remedy="state the noise of the longer sweep",
            )
        return self

    def whiten(self, columns: Array) -> Array:
        """Columns whose noise is white with unit variance: L^-1 of them over the standard deviations.

        Parameters
        ----------
        columns : shape (n,) or (n, k) [unit of y].
        """
        return np.asarray(self._unroot @ (columns / (self.std if columns.ndim == 1 else self.std[:, None])))

    def covariance(self, weights: Array) -> tuple[Array, Array]:
        """(covariance [unit of y squared], degrees of freedom, infinite) of weighted sums of readings, weights (n, k)."""
        turned = self.root.T @ (weights * self.std[:, None])
        return turned.T @ turned, np.full(weights.shape[1], np.inf)

    @property
    def description(self) -> str:
        """One clause for the record: where the numbers come from, and how the readings hang together."""
        source = self.source or ("stated" if self.stated else "estimated from the data")
        return f"{source}, correlated ({self.shape})"
