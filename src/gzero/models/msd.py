"""Mean squared displacement of diffusing particles against lag time, and how its points hang together.

Positions are read at frames dt apart, each the mean over an exposure t_E with a localisation error of standard deviation
sigma in every direction. In d dimensions, at a lag of n frames, t = n dt,

    MSD(t) = 2 d D t + c,     c = 2 d (sigma^2 - D t_E/3)

(Qian, Sheetz and Elson 1991, doi 10.1016/S0006-3495(91)82125-7; motion blur: Berglund 2010,
doi 10.1103/PhysRevE.82.011917, with R = t_E/6 dt). Every point is a mean over windows that overlap with each other and with
those of every other lag. Displacements are normal, so that the covariance of two points is known (Isserlis): with
C_nm(j) the covariance in one direction of a displacement over n frames and one over m frames that starts j frames later,

    cov(MSD_n, MSD_m) = 2 d/(K_n K_m) sum_j W_nm(j) C_nm(j)^2
    C_nm(j) = (A/2) (|j + m|^alpha + |n - j|^alpha - |j|^alpha - |n - m - j|^alpha)
              + s^2 (delta(j) + delta(n - m - j) - delta(n - j) - delta(m + j))

with A = 2 D dt the variance of one step, s^2 = c/2d, K_n the number of windows of n frames, W_nm(j) the number of pairs of
windows at offset j, and alpha = 1. Michalet 2010, doi 10.1103/PhysRevE.82.041914, has the sums for alpha = 1 written out.
alpha other than 1 is fractional Brownian motion, MSD ~ t^alpha (Mandelbrot and Van Ness 1968, doi 10.1137/1010093).
All arguments and results are SI floats.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gzero.models.model import Array, Model, Parameter

IntArray = NDArray[np.int64]

REFERENCE = "doi 10.1103/PhysRevE.82.041914"

_DIFFUSION = Parameter(name="diffusion", symbol="D", unit="m^2/s", meaning="diffusion coefficient")
_OFFSET = Parameter(
    name="offset", symbol="c", unit="m^2", meaning="localisation errors less motion blur, MSD at t -> 0"
)


def line(dimensions: int) -> Model:
    """MSD = 2 d D t + c [m^2] over lag times t [s]."""
    slope = 2.0 * dimensions

    def function(t: Array, values: Array) -> Array:
        return np.asarray(slope * values[0] * t + values[1])

    def jacobian(t: Array, values: Array) -> Array:
        return np.column_stack([slope * t, np.ones_like(t)])

    return Model(
        name="mean squared displacement, free diffusion",
        parameters=(_DIFFUSION, _OFFSET),
        function=function,
        jacobian=jacobian,
        reference=REFERENCE,
    )


def power_law(dimensions: int, interval: float) -> Model:
    """MSD = 2 d D dt (t/dt)^alpha + c [m^2] over lag times t [s]: D is what a step over one interval dt [s] shows.

    alpha -> 1 is the line. Anomalous diffusion: Metzler and Klafter 2000, doi 10.1016/S0370-1573(00)00070-3.
    """
    one_step = 2.0 * dimensions * interval

    def function(t: Array, values: Array) -> Array:
        return np.asarray(one_step * values[0] * (t / interval) ** values[1] + values[2])

    def jacobian(t: Array, values: Array) -> Array:
        power = one_step * (t / interval) ** values[1]
        return np.column_stack([power, values[0] * power * np.log(t / interval), np.ones_like(t)])

    return Model(
        name="mean squared displacement, power law",
        parameters=(
            _DIFFUSION,
            Parameter(name="alpha", symbol="alpha", unit="", meaning="exponent of the mean squared displacement"),
            _OFFSET,
        ),
        function=function,
        jacobian=jacobian,
        reference="doi 10.1016/S0370-1573(00)00070-3",
    )


def pairs(lags: IntArray, lengths: IntArray, counts: IntArray) -> Array:
    """K_n [1], shape (p,): windows of n frames in `counts` trajectories of `lengths` positions each."""
    return np.asarray(np.maximum(lengths[:, None] - lags, 0).T @ counts, dtype=np.float64)


def overlaps(lags: IntArray, lengths: IntArray, counts: IntArray) -> tuple[IntArray, Array]:
    """(offsets j, shape (q,); W_nm(j)/(K_n K_m) [1], shape (p, p, q)) of windows of n and m frames.

    Parameters
    ----------
    lags : n in frames, shape (p,).
    lengths, counts : positions of a trajectory, and how many trajectories there are of that length, shape (u,).
    """
    longest = int(lags.max())
    j = np.arange(-longest, longest + 1)
    n, m = lags[:, None, None], lags[None, :, None]
    windows = np.zeros((lags.size, lags.size, j.size))
    for length, count in zip(lengths, counts, strict=True):
        first, last = np.maximum(0, -j), np.minimum(length - n, length - m - j)
        windows += count * np.maximum(last - first, 0)
    total = pairs(lags, lengths, counts)
    return j, windows / (total[:, None, None] * total[None, :, None])


def displacement_covariance(lags: IntArray, j: IntArray, *, step: float, noise: float, alpha: float = 1.0) -> Array:
    """C_nm(j) [m^2], shape (p, p, q), for a step variance A = `step` [m^2], s^2 = `noise` [m^2], `alpha` [1].

    n = m, j = 0 is the variance of a displacement in one direction, A n^alpha + 2 s^2. s^2 may be negative (motion blur);
    A + 4 s^2 > 0 makes the matrix a covariance for alpha = 1.
    """
    n, m = lags[:, None, None], lags[None, :, None]
    # |i|^alpha from a table: powers of whole numbers, many times over
    power = np.arange(0, 2 * int(lags.max()) + int(np.abs(j).max()) + 1, dtype=np.float64) ** alpha
    motion = power[np.abs(j + m)] + power[np.abs(n - j)] - power[np.abs(j)] - power[np.abs(n - m - j)]
    shared = (j == 0).astype(np.float64) + (n - m == j) - (n == j).astype(np.float64) - (m == -j)
    return np.asarray(0.5 * step * motion + noise * shared)


def covariance(
    lags: IntArray, windows: tuple[IntArray, Array], *, step: float, noise: float, dimensions: int, alpha: float = 1.0
) -> Array:
    """cov(MSD_n, MSD_m) [m^4], shape (p, p).

    Parameters
    ----------
    lags : n in frames, shape (p,).  windows : of these lags, from `overlaps`.
    step : A [m^2].  noise : s^2 [m^2].  dimensions : d.  alpha : [1].
    """
    j, share = windows
    one_way = displacement_covariance(lags, j, step=step, noise=noise, alpha=alpha)
    return np.asarray(2 * dimensions * np.einsum("nmj,nmj->nm", share, one_way**2))
