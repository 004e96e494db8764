"""The noise of two parts that were read side by side: each with its own size and its own spectrum.

Real and imaginary part are one curve to the fit, and two records to the noise: what hangs together along the frequency in
one says nothing of the other, and where the two are joined nothing hangs together at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gzero.models.model import Array
from gzero.reduction.learnt_spectrum import estimate_spectrum
from gzero.reduction.noise import Noise
from gzero.reduction.spectrum import Spectrum, cosine, white

#: Least variance over that of the readings' estimated noise: data without any scatter.
_EXACT = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NoiseOfParts(Noise):
    """Noise that is stationary within each of two parts.

    Parameters
    ----------
    first : readings of the first part; the rest are the second. The powers of the spectrum stand part after part.
    """

    first: int = 0

    def whiten(self, columns: Array) -> Array:
        """Columns whose noise is white with unit variance, each part by its own spectrum; shape as given."""
        over = columns / (self.std if columns.ndim == 1 else self.std[:, None])
        if self.spectrum is None:
            return np.asarray(over)
        if self.spectrum.kind == "white":
            return np.asarray(over / np.sqrt(self.spectrum.powers[0]))
        cut = [part for part in (over[: self.first], over[self.first :]) if part.shape[0]]
        turned = np.concatenate([cosine(part) for part in cut])
        root = np.sqrt(self.spectrum.powers)
        return np.asarray(turned / (root if columns.ndim == 1 else root[:, None]))


def learn(noise: NoiseOfParts, residuals: Array, design: Array) -> NoiseOfParts:
    """The noise with the spectra that the residuals of a fit show.

    Parameters
    ----------
    residuals : data minus fit, shape (n,).  design : derivatives of the fit by its parameters, shape (n, p).
    """
    over, slopes = residuals / noise.std, design / noise.std[:, None]
    n, p = design.shape
    spectra = [
        estimate_spectrum(over[part], slopes[part], stated=noise.stated)
        for part in (slice(0, noise.first), slice(noise.first, n))
        if over[part].size
    ]
    if all(spectrum.kind == "white" for spectrum in spectra):
        plain = (
            None if noise.stated else white(n, scale=max(float(over @ over) / max(n - p, 1), _EXACT), dof=max(n - p, 1))
        )
        return _with(noise, plain)
    return _with(noise, _together(spectra))


def _with(noise: NoiseOfParts, spectrum: Spectrum | None) -> NoiseOfParts:
    return NoiseOfParts(
        std=noise.std, stated=noise.stated, source=noise.source, assumed_white=noise.assumed_white, spectrum=spectrum,
        first=noise.first,
    )  # fmt: skip


def _together(spectra: list[Spectrum]) -> Spectrum:
    """Several spectra as one, part after part: their parameters side by side, those of one part without effect on the other."""
    from scipy.linalg import block_diag

    reddest = max(spectra, key=lambda s: (s.kind != "white", s.correlation_length))
    return Spectrum(
        kind=reddest.kind,
        powers=np.concatenate([s.powers for s in spectra]),
        gradients=np.asarray(block_diag(*(s.gradients for s in spectra))),
        uncertainty=np.asarray(block_diag(*(s.uncertainty for s in spectra))),
        gain=max(s.gain for s in spectra),
        knee=reddest.knee,
        exponent=reddest.exponent,
        share=reddest.share,
        probability=reddest.probability,
    )
