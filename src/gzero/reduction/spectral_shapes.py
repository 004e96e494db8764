"""Which spectra noise may have: the shapes that the residuals of a fit are compared with.

    S(w) = scale [(1 - share) + share R(w)/<R>],      R(w) = (knee^2 + 4 sin^2(w/2))^(-exponent)

exponent 1 is the first-order autoregression (rho with knee^2 = (1 - rho)^2/rho) and the random telegraph, with the white
part that an amplifier adds; knee -> 0 with exponent 1/2 is 1/f noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Kind = Literal["white", "knee", "1/f"]

_NO_KNEE = 1e-4  # far below the lowest frequency of any sweep
_EXPONENTS = (0.40, 0.65)  # of the amplitude: what is called 1/f noise has powers of 0.8 to 1.3 ...
#: ... and mostly near 1 (Weissman 1988, doi 10.1103/RevModPhys.60.537): center and width of what is expected before the
#: data speak. Without it the edge of a knee is taken for a steep 1/f.
EXPECTED = (0.5, 0.05)
_SHARE = (-6.0, 9.0)  # logit of the red share
_KNEES = (float(np.log(0.002)), float(np.log(3.0)))


@dataclass(frozen=True, slots=True)
class Shape:
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

    def at(self, free: Array) -> Shape:
        if self.kind == "knee":
            return Shape("knee", float(free[0]), float(free[1]), 1.0)
        return Shape("1/f", float(free[0]), float(np.log(_NO_KNEE)), float(free[1]))

    @property
    def surprise(self) -> float:
        """-2 ln of the prior of the exponent, over that of the most expected one."""
        center, width = EXPECTED
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


STARTS = (
    *(Shape("knee", logit, float(np.log(k)), 1.0) for logit in (0.0, 5.0) for k in (0.02, 0.1, 0.5)),
    *(Shape("1/f", logit, float(np.log(_NO_KNEE)), 0.5) for logit in (-1.5, 0.5, 5.0)),
)


#: Shapes all over their bounds, dense enough that the likelihood changes little from one to the next.
_NET = tuple(
    shape
    for logit in np.arange(-5.0, 6.0, 1.5).tolist()
    for shape in (
        *(Shape("knee", logit, log_knee, 1.0) for log_knee in np.arange(*_KNEES, 0.75).tolist()),
        *(Shape("1/f", logit, float(np.log(_NO_KNEE)), exponent) for exponent in np.linspace(*_EXPONENTS, 3).tolist()),
    )
)


@lru_cache(maxsize=8)
def of_starts(lengths: tuple[int, ...]) -> tuple[Array, Array]:
    """(S, ln S) of every start for sweeps of these lengths, shapes (k, n)."""
    return _tabulated(STARTS, lengths)


@lru_cache(maxsize=2)
def of_net(lengths: tuple[int, ...]) -> tuple[Array, Array]:
    """The same of every knot of the net."""
    return _tabulated(_NET, lengths)


def _tabulated(shapes: tuple[Shape, ...], lengths: tuple[int, ...]) -> tuple[Array, Array]:
    powers = np.array([shape.over(lengths) for shape in shapes])
    logs = np.log(powers)
    powers.setflags(write=False)
    logs.setflags(write=False)
    return powers, logs
