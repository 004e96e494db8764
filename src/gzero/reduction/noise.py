"""How noisy the readings are: the standard deviation of each, and how they hang together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gzero.measurement.curve import frozen
from gzero.reduction.averages import median, medians
from gzero.reduction.spectrum import Spectrum, cosine
from gzero.reduction.stretches import Places, Stretches

Array = NDArray[np.float64]

# A third difference of white noise of unit variance has variance 1 + 9 + 9 + 1.
_THIRD_DIFFERENCE = np.sqrt(20.0)
_MAD_TO_STD = 1.4826  # of a normal distribution


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Noise:
    """The noise of the readings of one curve.

    Parameters
    ----------
    std : standard deviation of each reading [unit of y], shape (n,): stated, or estimated and said so.
    stated : whether the file, or the scatter of the repeats in it, states them; they are then believed as they stand.
    spectrum : how readings hang together, of the noise over `std`; None is white noise of exactly `std`.
    source : where `std` comes from, in words.
    assumed_white : readings are taken as independent, whatever the residuals say.
    """

    std: Array
    stated: bool
    spectrum: Spectrum | None = None
    source: str = ""
    assumed_white: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "std", frozen(self.std))

    @property
    def red(self) -> bool:
        """Whether readings are correlated."""
        return self.spectrum is not None and self.spectrum.kind != "white"

    @property
    def correlated(self) -> bool:
        """Whether a fit has to whiten: the noise is red, or states a covariance (`reduction.correlated`)."""
        return self.red

    @property
    def typical(self) -> float:
        """Standard deviation of one reading [unit of y], the median over the sweep."""
        scale = 1.0 if self.spectrum is None else float(np.sqrt(self.spectrum.variance))
        return median(self.std) * scale

    @property
    def correlation_length(self) -> float:
        """Readings per independent one, 1 for white noise."""
        return self.spectrum.correlation_length if self.red and self.spectrum is not None else 1.0

    def with_spectrum(self, spectrum: Spectrum | None) -> Noise:
        """The same standard deviations with another spectrum."""
        return replace(self, spectrum=spectrum)

    def over(self, n: int, first: int) -> Noise:
        """The same noise for a longer sweep of n readings, of which this one is the part from `first` on; beyond its ends the
        standard deviations go on as they are there."""
        if first == 0 and n == self.std.size:
            return self
        std = self.std[np.clip(np.arange(n) - first, 0, self.std.size - 1)]
        return replace(self, std=std, spectrum=None if self.spectrum is None else self.spectrum.resized(n))

    def whiten(self, columns: Array) -> Array:
        """Columns whose noise is white with unit variance: over the standard deviations, and over the root of the spectrum.

        Parameters
        ----------
        columns : shape (n,) or (n, k) [unit of y].
        """
        over = columns / (self.std if columns.ndim == 1 else self.std[:, None])
        if self.spectrum is None:
            return np.asarray(over)
        if self.spectrum.kind == "white":
            return np.asarray(over / np.sqrt(self.spectrum.powers[0]))
        root = np.sqrt(self.spectrum.powers)
        return np.asarray(cosine(over) / (root if columns.ndim == 1 else root[:, None]))

    def covariance(self, weights: Array) -> tuple[Array, Array]:
        """(covariance [unit of y squared], degrees of freedom) of weighted sums of readings.

        Parameters
        ----------
        weights : shape (n, k), one column a sum.
        """
        scaled = weights * self.std[:, None]
        if self.spectrum is None:
            return scaled.T @ scaled, np.full(weights.shape[1], np.inf)
        return self.spectrum.covariance(scaled)

    def variances(self, weights: Array) -> Array:
        """The diagonal of `covariance` by itself, shape (k,)."""
        scaled = weights * self.std[:, None]
        if self.spectrum is None:
            return np.asarray(np.einsum("nk,nk->k", scaled, scaled))
        return self.spectrum.variances(scaled)

    @property
    def description(self) -> str:
        """One clause for the record: where the numbers come from, and whether the noise is white."""
        source = self.source or ("stated" if self.stated else "estimated from the data")
        if self.assumed_white:
            return f"{source}, taken as white"
        if not self.red or self.spectrum is None:
            return f"{source}, white"
        if self.spectrum.kind == "1/f":
            shape = f"1/f, power exponent {2 * self.spectrum.exponent:.1f}"
        else:
            shape = f"{self.correlation_length:.0f} readings per independent one"
        if self.spectrum.probability < 1:
            shape += f"; {100 * self.spectrum.probability:.0f} % sure of this shape, the other is counted in"
        return f"{source}, red ({shape})"


#: Degrees of freedom of a variance that fewer count as: of fewer, Student's quantile says more of the approximation than of it.
FEWEST_DOF = 3.0


def widening(dof: Array, confidence: float = 0.95) -> Array:
    """Factor on a standard deviation whose variance has few degrees of freedom, so that 1.96 of it cover 95 %.

    Student's quantile over the normal one; degrees of freedom below `FEWEST_DOF` count as these.
    """
    if dof.ndim == 1 and dof.size > 1 and (dof == dof[0]).all():  # as those of all parameters are under white noise
        return np.full(dof.shape, _one_widening(float(dof[0]), confidence))
    return _widening(dof, confidence)


@lru_cache(maxsize=64)
def _one_widening(dof: float, confidence: float) -> float:
    return float(_widening(np.array(dof), confidence))


def _widening(dof: Array, confidence: float) -> Array:
    from scipy.special import ndtri, stdtrit

    q = 0.5 + confidence / 2
    return np.asarray(stdtrit(np.minimum(np.maximum(dof, FEWEST_DOF), 1e9), q) / ndtri(q))


_BLOCK = 24  # readings: enough for a variance, few enough to follow it along the sweep
_UNEVEN = 1e-3  # chance that even noise is called uneven


def unevenness(residuals: Array) -> Array | None:
    """How the noise of a reading changes along the sweep, or None where it does not beyond chance.

    Parameters
    ----------
    residuals : data minus fit in the order of the sweep, shape (n,).

    Returns
    -------
    Standard deviation over its root mean square, shape (n,): a parabola in ln(variance) through blocks of third
    differences, which neither a misfit nor slow noise reaches. Test of equal variances: Bartlett 1937,
    doi 10.1098/rspa.1937.0109.
    """
    from scipy.special import chdtrc, digamma

    blocks = min(16, residuals.size // _BLOCK)
    if blocks < 4:
        return None
    square = _third_differences(residuals) ** 2 / _THIRD_DIFFERENCE**2
    means, sizes = _blocks(square, blocks)
    if (means <= 0).any():
        return None
    # neighbouring third differences of white noise are correlated: 1 + 2 (0.75^2 + 0.3^2 + 0.05^2) of them count as one
    dof = sizes / 2.31
    total = dof.sum()
    statistic = total * np.log((dof * means).sum() / total) - (dof * np.log(means)).sum()
    statistic /= 1 + ((1 / dof).sum() - 1 / total) / (3 * (blocks - 1))
    if chdtrc(blocks - 1, statistic) > _UNEVEN:
        return None
    place, _ = _blocks(np.linspace(-1, 1, square.size), blocks)
    logs = np.log(means) - (digamma(dof / 2) - np.log(dof / 2))
    curve = np.polynomial.Polynomial.fit(place, logs, 2, w=np.sqrt(dof), domain=[-1, 1])
    std = np.exp(0.5 * curve(np.linspace(-1, 1, residuals.size)))
    return np.asarray(std / np.sqrt(np.mean(std**2)))


def _blocks(values: Array, blocks: int) -> tuple[Array, Array]:
    """(mean, size) of consecutive blocks, the first of which are longer by one where the values do not divide evenly."""
    size, longer = divmod(values.size, blocks)
    ends = longer * (size + 1)
    means = [values[:ends].reshape(longer, size + 1).mean(axis=1), values[ends:].reshape(-1, size).mean(axis=1)]
    return np.concatenate(means), size + (np.arange(blocks) < longer).astype(np.float64)


def _third_differences(y: Array) -> Array:
    for _ in range(3):
        y = y[..., 1:] - y[..., :-1]
    return y


def white_noise(y: NDArray[np.float64]) -> float:
    """Standard deviation of one reading, from third differences, which a smooth curve does not reach.

    Parameters
    ----------
    y : readings at equal steps, shape (n,), n >= 4.

    Returns
    -------
    sigma [unit of y]; 0.0 where more than half of the readings repeat (quantised or constant data), and for n < 4.

    The median absolute deviation keeps risers and glitches out (Rousseeuw and Croux 1993,
    doi 10.1080/01621459.1993.10476408). Correlated noise is underestimated here; the spectrum says so.
    """
    return float(white_noises(y))


def white_noises(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """`white_noise` of many curves of one length, shape (..., n)."""
    if y.shape[-1] < 4:
        return np.zeros(y.shape[:-1])
    third = _third_differences(y)
    away = np.abs(third - medians(third)[..., None])
    return np.asarray(_MAD_TO_STD * medians(away) / _THIRD_DIFFERENCE)


def correlation_lengths(rest: Array, here: Stretches, firsts: Places) -> Array:
    """Readings per independent reading of curves, from the lag-one autocorrelation rho of residuals: (1 + rho)/(1 - rho).

    Parameters
    ----------
    rest : residuals about a straight line in each flat stretch, shape (n,), stretch after stretch.
    here : the stretches, those of one curve after those of the one before.
    firsts : which of them is the first of each curve; those of a curve are pooled, as each alone is short.

    Returns
    -------
    >= 1, shape (curves,); exactly 1 where fewer than 20 pairs are there to tell.

    The line that was taken out of a piece of m readings biases the estimate by -(2 + 4 rho)/m to leading order
    (the expansion of Marriott and Pope 1954, doi 10.1093/biomet/41.3-4.390, with a line in place of the mean), which is
    given back.
    """
    lagged = np.empty_like(rest)
    np.multiply(rest[:-1], rest[1:], out=lagged[:-1])
    lagged[here.starts - 1] = 0.0  # what follows the last reading of a stretch is of another
    each = np.array((here.sums(lagged), here.sums(rest * rest), here.sizes, np.ones(here.sizes.size)))
    each[:, here.sizes < 5] = 0.0
    above, below, pairs, used = np.add.reduceat(each, firsts, axis=1)
    told = (pairs >= 20) & (below > 0)
    share = np.minimum(used / np.where(told, pairs, 1.0), 0.15)
    rho = (above / np.where(told, below, 1.0) + 2 * share) / (1 - 4 * share)
    rho = np.minimum(np.maximum(rho, 0.0), 0.98)
    return np.where(told, (1 + rho) / (1 - rho), 1.0)
