"""How noisy the readings are, read off the data themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# A third difference of white noise of unit variance has variance 1 + 9 + 9 + 1.
_THIRD_DIFFERENCE = np.sqrt(20.0)
_MAD_TO_STD = 1.4826  # of a normal distribution


def white_noise(y: NDArray[np.float64]) -> float:
    """Standard deviation of one reading, from third differences, which a smooth curve does not reach.

    Parameters
    ----------
    y : readings at equal steps, shape (n,), n >= 4.

    Returns
    -------
    sigma [unit of y]; 0.0 where more than half of the readings repeat (quantised or constant data), and for n < 4.

    The median absolute deviation keeps risers and glitches out (Rousseeuw and Croux 1993,
    doi 10.1080/01621459.1993.10476408). Correlated noise is underestimated here; `correlation_length` says so.
    """
    if y.size < 4:
        return 0.0
    third = np.diff(y, 3)
    return float(_MAD_TO_STD * np.median(np.abs(third - np.median(third))) / _THIRD_DIFFERENCE)


def correlation_length(pieces: list[NDArray[np.float64]]) -> float:
    """Readings per independent reading, from the lag-one autocorrelation rho of residuals: (1 + rho)/(1 - rho).

    Parameters
    ----------
    pieces : residuals about a straight line, one array a flat stretch; pooled, as each alone is short.

    Returns
    -------
    >= 1; exactly 1 where fewer than 20 pairs are there to tell.

    The line that was taken out of a piece of m readings biases the estimate by -(2 + 4 rho)/m to leading order
    (the expansion of Marriott and Pope 1954, doi 10.1093/biomet/41.3-4.390, with a line in place of the mean), which is
    given back.
    """
    above = below = 0.0
    pairs = used = 0
    for piece in pieces:
        if piece.size >= 5:
            above += float(np.dot(piece[:-1], piece[1:]))
            below += float(np.dot(piece, piece))
            used += 1
            pairs += piece.size
    if pairs < 20 or below <= 0:
        return 1.0
    share = min(used / pairs, 0.15)
    rho = min(max((above / below + 2 * share) / (1 - 4 * share), 0.0), 0.98)
    return (1 + rho) / (1 - rho)
