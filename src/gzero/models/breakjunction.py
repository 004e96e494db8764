"""The histogram of conductances of many breaking contacts: peaks where contacts like to stand, on a smooth background.

    N(G) = sum_n a_n exp(-(G - c_n)^2/(2 w_n^2)) + b_t (s/G) + sum_j b_j P_j(u)

Agrait, Levy Yeyati, van Ruitenbeek (2003), Phys. Rep. 377, 81, doi 10.1016/S0370-1573(02)00633-6, section V (histograms and what
shifts their peaks). A contact that is torn apart steadily spends d z in every d G, so that a tunnelling current
G ~ exp(-2 kappa z) fills the histogram as d z/d G ~ 1/G, and contacts on their way between two plateaus fill it smoothly: P_j are
Legendre polynomials of u = 2 (G - G_low)/(G_high - G_low) - 1. Positions are whatever they are: no quantum enters.
Valid for G > 0 and peaks that are narrower than their distance. All conductances in one unit, N in counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.models.model import Model, Parameter

Array = NDArray[np.float64]

#: Highest order of the background's polynomial.
DEGREE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The part of the histogram that is described: low, high > 0, and the scale s of the tunnelling term [unit of G]."""

    low: float
    high: float
    scale: float


def background(x: Array, within: Range, *, degree: int = DEGREE) -> Array:
    """Terms of the smooth background [1], shape (n, degree + 2): s/G, then P_0 ... P_degree.

    Parameters
    ----------
    x : conductances [unit of G], all above 0, shape (n,).
    """
    u = 2 * (x - within.low) / (within.high - within.low) - 1
    return np.column_stack([within.scale / x, np.polynomial.legendre.legvander(u, degree)])


def peak_shapes(x: Array, centres: Array, widths: Array) -> Array:
    """exp(-(G - c)^2/(2 w^2)) [1], shape (..., n, k).

    Parameters
    ----------
    x : shape (n,) [unit of G].  centres, widths : shape (..., k) [unit of G], widths above 0.

    Limits: 1 at G = c, exp(-1/2) one width off.
    """
    z = (x[:, None] - centres[..., None, :]) / widths[..., None, :]
    return np.asarray(np.exp(-0.5 * z**2))


def split(values: Array, peaks: int) -> tuple[Array, Array, Array, Array]:
    """(heights [counts], centres, widths [unit of G], background coefficients [counts]) of values of shape (..., 3 k + m)."""
    triples = values[..., : 3 * peaks].reshape(*values.shape[:-1], peaks, 3)
    return triples[..., 0], triples[..., 1], triples[..., 2], values[..., 3 * peaks :]


def counts(x: Array, values: Array, peaks: int, terms: Array) -> Array:
    """N(G) [counts], shape (..., n), for any number of sets of values at once.

    Parameters
    ----------
    x : shape (n,) [unit of G].  values : height, centre, width of each peak, then the background; shape (..., 3 k + m).
    terms : of the background, shape (n, m).
    """
    heights, centres, widths, smooth = split(values, peaks)
    bumps = (peak_shapes(x, centres, widths) @ heights[..., :, None])[..., 0]
    return np.asarray(bumps + smooth @ terms.T)


def slopes(x: Array, values: Array, peaks: int, terms: Array) -> Array:
    """dN/dvalues, shape (..., n, 3 k + m); arguments as of `counts`."""
    heights, centres, widths, _ = split(values, peaks)
    z = (x[:, None] - centres[..., None, :]) / widths[..., None, :]
    shape = np.exp(-0.5 * z**2)
    by_centre = heights[..., None, :] * shape * z / widths[..., None, :]
    triples = np.stack([shape, by_centre, by_centre * z], axis=-1)
    own = triples.reshape(*triples.shape[:-2], 3 * peaks)
    return np.concatenate([own, np.broadcast_to(terms, (*own.shape[:-1], terms.shape[1]))], axis=-1)


def histogram_model(peaks: int, within: Range, *, degree: int = DEGREE) -> Model:
    """The model of a histogram with a number of peaks, as a `Model` of G [unit of x] in counts [unit of y].

    Raises
    ------
    ValueError : a range that is empty or reaches zero.
    """
    if not 0 < within.low < within.high or within.scale <= 0 or peaks < 0:
        raise ValueError(f"no histogram with {peaks} peaks between {within.low:g} and {within.high:g}")
    parameters: list[Parameter] = []
    span = within.high - within.low
    for n in range(1, peaks + 1):
        parameters += [
            Parameter(name=f"height_{n}", symbol=f"a_{n}", unit="y", meaning=f"height of peak {n} above the background"),
            Parameter(
                name=f"peak_{n}", symbol=f"c_{n}", unit="x", meaning=f"position of peak {n}",
                lower=within.low, upper=within.high,
            ),
            Parameter(
                name=f"width_{n}", symbol=f"w_{n}", unit="x", meaning=f"standard deviation of peak {n}",
                lower=1e-6 * span, upper=span,
            ),
        ]  # fmt: skip
    parameters.append(
        Parameter(name="background_tunnelling", symbol="b_t", unit="y", meaning="smooth background that falls as 1/G")
    )
    parameters += [
        Parameter(name=f"background_{j}", symbol=f"b_{j}", unit="y", meaning=f"smooth background, order {j}")
        for j in range(degree + 1)
    ]

    def function(x: Array, values: Array) -> Array:
        return counts(x, values, peaks, background(x, within, degree=degree))

    def jacobian(x: Array, values: Array) -> Array:
        return slopes(x, values, peaks, background(x, within, degree=degree))

    return Model(
        name=f"{peaks} peaks on a smooth background",
        parameters=tuple(parameters),
        function=function,
        jacobian=jacobian,
        reference="doi 10.1016/S0370-1573(02)00633-6",
    )
