"""The noise of a sweep from its calm stretches: what is left of each about a cubic, put end to end.

Between the stretches the curve has structure of its own, and what that leaves at the ends of one is no noise: a cubic takes
it out (a straight line where there are few readings). The stretches are taken for one record: at a joint two readings
follow each other that did not do so in the sweep, which is one pair in hundreds; what is taken out of each is known to the
spectrum (`gzero.reduction.spectrum`), as short stretches lose much of their noise to it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.learnt_spectrum import estimate_spectrum
from gzero.reduction.noise import Noise, white_noise

Array = NDArray[np.float64]

#: A stretch that scatters by more than this times the others, from reading to reading, is noisier and is given its own.
_NOISIER, _ENOUGH = 1.5, 20
_FEWEST = 4  # readings of a stretch that a line leaves something of
_CUBIC = 16  # readings of a stretch that a cubic leaves most of


def calm_noise(
    x: Array,
    y: Array,
    pieces: Sequence[slice],
    *,
    stated: Array | None = None,
    source: str = "",
    assumed_white: bool = False,
) -> Noise:
    """The noise of all readings from what the calm ones show.

    Parameters
    ----------
    x, y : the whole sweep, shape (n,).
    pieces : stretches without structure, in order, none of them shared.
    stated : standard uncertainties of the readings, where the file states them, shape (n,); they are believed.
    source : where these come from, in words.
    assumed_white : readings are taken as independent, whatever they show.
    """
    n = x.size
    used = [piece for piece in pieces if piece.stop - piece.start >= _FEWEST]
    std = np.full(n, _scatter(y, used)) if stated is None else stated
    plain = Noise(std=std, stated=stated is not None, source=source, assumed_white=assumed_white)
    if not used:
        return plain
    if stated is None:
        std = _uneven(y, used, std)
    residuals, design = _records(x, y, used, std)
    free = residuals.size - design.shape[1]
    if assumed_white or free < _ENOUGH:
        scale = 1.0 if stated is not None else float(np.sqrt(residuals @ residuals / max(free, 1)))
        return Noise(std=std * (scale or 1.0), stated=plain.stated, source=source, assumed_white=assumed_white)
    spectrum = estimate_spectrum(residuals, design, stated=plain.stated)
    believed = plain.stated and spectrum.kind == "white"
    return Noise(std=std, stated=plain.stated, spectrum=None if believed else spectrum.resized(n), source=source)


def _scatter(y: Array, pieces: Sequence[slice]) -> float:
    """Standard deviation of a reading [unit of y] from third differences; never zero, as nothing is weighed by nothing."""
    found = [(white_noise(y[piece]), piece.stop - piece.start) for piece in pieces]
    pooled = float(np.sqrt(sum(s**2 * m for s, m in found) / max(sum(m for _, m in found), 1)))
    return pooled or white_noise(y) or 1e-9 * float(np.max(np.abs(y))) or 1.0


def _uneven(y: Array, pieces: Sequence[slice], std: Array) -> Array:
    """The standard deviations with those of noisier stretches raised, and of all others as these scatter."""
    own = {piece.start: white_noise(y[piece]) for piece in pieces if piece.stop - piece.start >= _ENOUGH}
    calmest = min((s for s in own.values() if s > 0), default=0.0)
    noisy = [p for p in pieces if calmest > 0 and own.get(p.start, 0.0) > _NOISIER * calmest]
    if not noisy:
        return std
    out = np.full_like(std, _scatter(y, [p for p in pieces if p not in noisy]))
    for piece in noisy:
        out[piece] = own[piece.start]
    return out


def _records(x: Array, y: Array, pieces: Sequence[slice], std: Array) -> tuple[Array, Array]:
    """(residuals about a cubic or a line of each piece over the standard deviations, end to end; the columns that were taken out)."""
    records: list[Array] = []
    blocks: list[Array] = []
    for piece in pieces:
        m = piece.stop - piece.start
        place = (x[piece] - x[piece].mean()) / (float(np.ptp(x[piece])) or 1.0)
        columns = np.vander(place, 4 if m >= _CUBIC else 2, increasing=True) / std[piece, None]
        q, _ = np.linalg.qr(columns)
        over = y[piece] / std[piece]
        records.append(over - q @ (q.T @ over))
        blocks.append(q)
    design = np.zeros((sum(r.size for r in records), sum(q.shape[1] for q in blocks)))
    row = column = 0
    for q in blocks:
        design[row : row + q.shape[0], column : column + q.shape[1]] = q
        row, column = row + q.shape[0], column + q.shape[1]
    return np.concatenate(records), design
