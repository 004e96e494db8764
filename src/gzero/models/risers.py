"""How does the opening of one mode look when something broadens it?

Every broadening here is a weighted sum of shifted logistic steps,

    F(u) = sum_k weight_k f((u - sum_m shift_mk p_m)/w),     f(z) = 1/(1 + exp(-z)),

with fixed weights and shifts: u is the energy of the Fermi level above the mode's threshold, w the width of the step,
and each extent p_m says how far one broadening reaches (all in the unit of x). So one routine gives the value and every
derivative, whatever is combined. Errors below are of F itself, which goes from 0 to 1.

- one logistic, thermal or of a saddle: one node. Exact.
- thermal*saddle: the saddle point's transmission convolved with -df/dE. Both are logistic, and the convolution does not
  tell them apart: the wider is the step w, the density of the narrower, whose width is the extent, gives the weights.
  In t = 10 sinh(v) the trapezoid rule with 67 nodes has an error below 2e-13, and of the slopes below 1e-12/w, for any
  two widths. (In t itself the poles at distance pi ask for 115.) It is this close because equal widths must look
  undetermined to a fit, not determined by what the rule leaves.
- bias: two nodes, the two ends of the window. Exact.
- modulation: Gauss and Chebyshev's rule of the second kind for the semi-ellipse, 24 nodes. The error is below 2e-11 up
  to an extent of 6 widths, 6e-9 at 8, 2e-7 at 10; the sum turns into 24 visible steps beyond 30.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gzero.models.model import Array

#: Stands for a width of zero, so that 0/0 cannot occur: far below any unit of x, and its inverse square is a number.
NARROWEST = 1e-100

_CONVOLUTION_NODES = 67
_CONVOLUTION_REACH = 29.0  # where exp(-t) is 3e-13
_CONVOLUTION_SCALE = 10.0
_MODULATION_NODES = 24
_BLOCK = 32768  # numbers at a time: what the cache near the processor holds


def logistic(z: Array) -> Array:
    """f(z) = 1/(1 + exp(-z)) [1], z [1]; without overflow at either end."""
    return _logistic_of_negative(-np.asarray(z, dtype=np.float64))


def _logistic_of_negative(z: Array) -> Array:
    """1/(1 + exp(z)), written over z. An exp that overflows is the zero that it should be."""
    with np.errstate(over="ignore"):
        np.exp(z, out=z)
    z += 1.0
    return np.divide(1.0, z, out=z)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nodes:
    """A broadening.

    Parameters
    ----------
    weights : shape (k,), their sum is 1.
    shifts : in units of the extents, shape (m, k): the narrower width, the bias splitting, the modulation, as there are.
    """

    weights: Array
    shifts: Array


def nodes(*, convolution: bool, bias_symmetry: float | None, modulation: bool) -> Nodes:
    """The product of the broadenings that were asked for, in this order; without any, one node that does not shift.

    Parameters
    ----------
    convolution : thermal*saddle.
    bias_symmetry : beta [1], the share of the bias by which the upper end lies above mu; None without a bias.
    modulation : lock-in modulation.
    """
    rules = []
    if convolution:
        rules.append(_logistic_density())
    if bias_symmetry is not None:
        rules.append((np.array([0.5, 0.5]), np.array([-bias_symmetry, 1.0 - bias_symmetry])))
    if modulation:
        rules.append(_semi_ellipse())
    weights, shifts = np.ones(1), np.empty((0, 1))
    for weight, shift in rules:
        shifts = np.vstack([np.repeat(shifts, weight.size, axis=1), np.tile(shift, weights.size)])
        weights = np.outer(weights, weight).ravel()
    return Nodes(weights=weights, shifts=shifts)


def _logistic_density() -> tuple[Array, Array]:
    """Weights and places of the average over the density exp(-t)/(1 + exp(-t))^2."""
    end = np.arcsinh(_CONVOLUTION_REACH / _CONVOLUTION_SCALE)
    v = np.linspace(-end, end, _CONVOLUTION_NODES)
    t = _CONVOLUTION_SCALE * np.sinh(v)
    weights = np.cosh(v) / np.cosh(0.5 * t) ** 2
    return weights / weights.sum(), t


def _semi_ellipse() -> tuple[Array, Array]:
    """Weights and places of the average over (2/pi) sqrt(1 - s^2) on [-1, 1]; exact for polynomials of degree 47."""
    angle = np.pi * np.arange(1, _MODULATION_NODES + 1) / (_MODULATION_NODES + 1)
    return 2 / (_MODULATION_NODES + 1) * np.sin(angle) ** 2, np.cos(angle)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slopes:
    """F [1], shape (..., r, n), and height times its derivatives by u, by w, and by the extents, shape (m, ..., r, n)."""

    value: Array
    by_energy: Array
    by_width: Array
    by_extents: Array


def opening(u: Array, width: Array, extents: tuple[Array, ...], rule: Nodes) -> Array:
    """F [1], shape (..., r, n), of the r risers of one curve or of many.

    Parameters
    ----------
    u : energy above the threshold [unit of x], shape (..., r, n).
    width : w [unit of x], shape (..., r), at least `NARROWEST`.
    extents : p [unit of x], m of shape (..., r).
    rule : the broadening.
    """
    if not extents:
        return _logistic_of_negative(u * (-1.0 / width)[..., None])
    total = np.zeros(u.size)
    for part, f in _steps(u, width, extents, rule):
        total += rule.weights[part] @ f
    return total.reshape(u.shape)


def opening_slopes(u: Array, width: Array, height: Array, extents: tuple[Array, ...], rule: Nodes) -> Slopes:
    """F and height times its derivatives, height of shape (..., r), for the arguments of `opening`, from the same steps."""
    rate = (1.0 / width)[..., None]
    if not extents:
        value = _logistic_of_negative(u * -rate)
        by_energy = _density(value)
        by_energy *= height[..., None] * rate
        by_width = u * by_energy
        by_width *= -rate
        return Slopes(value=value, by_energy=by_energy, by_width=by_width, by_extents=np.empty((0, *u.shape)))
    total = np.zeros(u.size)
    # what each derivative weighs the density of a step with: by u, then by every extent
    weights = rule.weights * np.vstack([np.ones_like(rule.weights), -rule.shifts])
    sums = np.zeros((weights.shape[0], u.size))
    for part, f in _steps(u, width, extents, rule):
        total += rule.weights[part] @ f
        sums += weights[:, part] @ _density(f)
    slopes = sums.reshape(-1, *u.shape)
    slopes *= height[..., None] * rate
    by_energy, by_extents = slopes[0], slopes[1:]
    # F depends on ratios of u, p and w alone (Euler): u dF/du + sum p dF/dp + w dF/dw = 0
    by_width = u * by_energy
    for extent, slope in zip(extents, by_extents, strict=True):
        by_width += extent[..., None] * slope
    by_width *= -rate
    return Slopes(value=total.reshape(u.shape), by_energy=by_energy, by_width=by_width, by_extents=by_extents)


def _density(f: Array) -> Array:
    """f (1 - f), the derivative of a logistic step by its argument."""
    out = np.square(f)
    return np.subtract(f, out, out=out)


def _steps(u: Array, width: Array, extents: tuple[Array, ...], rule: Nodes) -> Iterator[tuple[slice, Array]]:
    """The logistic steps f of some nodes at a time: which nodes, and f of shape (nodes, u.size)."""
    rate = (1.0 / width)[..., None]
    shifts = np.tensordot(rule.shifts.T, np.stack(extents), axes=1)
    at_a_time = max(1, _BLOCK // max(1, u.size))
    for first in range(0, len(shifts), at_a_time):
        shift = shifts[first : first + at_a_time, ..., None]
        z = shift - u
        z *= rate
        yield slice(first, first + len(shift)), _logistic_of_negative(z).reshape(len(shift), u.size)
