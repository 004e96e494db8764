"""When a trace switches: change points of a level in noise, each with its significance.

Two steps. A search proposes too many: PELT with squared residuals (Killick, Fearnhead and Eckley 2012,
doi 10.1080/01621459.2012.737745; the exact minimum, in C by the package `ruptures`) with the penalty

    2 ln(n) s^2,     s^2 = variance of half of the difference of neighbours

which is that of steps in white noise and lets red noise make false ones. Each is then weighed under the noise as it is: all
steps together are fitted by generalised least squares with the spectrum of the noise, and the least significant is taken
out until every one that is left has a score |t| = height over its standard uncertainty of at least z,

    2 _WAYS n Phi(-z) = 1 %

so that a trace without steps shows one in about a hundred traces (n places, and `_WAYS` widths of what may stand there). "No step"
is an answer. The spectrum is learnt from the residuals, and steps and spectrum are repeated until neither changes. A first
spectrum comes from medians of differences over one and two readings, which few steps do not move (Chakar, Lebarbier,
Levy-Leduc and Robin, arXiv:1403.1958). Slow noise and steps explain each other: of the two ends, steps in white noise
and fewer steps in red noise, the one with the larger likelihood less z^2/2 a step is kept.
"""

from __future__ import annotations

import importlib
import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.learnt_spectrum import estimate_spectrum
from gzero.reduction.noise import Noise
from gzero.reduction.spectrum import Spectrum, autoregressive, cosine, white

Array = NDArray[np.float64]
Places = NDArray[np.int64]

#: Chance of a false step in a trace without any.
CHANCE = 0.01
#: Independent widths of what may stand at one reading; measured on white noise (benchmarks/change_points.py).
_WAYS = 2.0
_MAD_TO_STD = 1.4826
#: Most candidates of the search, and the most of the readings: every fifth.
_MOST, _DENSEST = 250, 5
_ROUNDS = 5
#: Noise below this share of the range of the readings is none.
_NOTHING = 1e-9
#: Variance of the residuals, over the first one, that stands for none: exact readings.
_LEAST_SCALE = 1e-6
#: Parameters of a spectrum beyond its scale.
_SHAPE = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChangePoints:
    """Where a trace switches.

    Parameters
    ----------
    starts : first reading after each change, ascending, shape (k,); the gaps are among them.
    scores : height of each over its standard uncertainty [1], shape (k,).
    chances : chance of a score as large somewhere in a trace without steps [1], shape (k,); nan for a gap.
    gaps : whether readings are missing there, so that nothing is known of a switch, shape (k,).
    noise : of the readings.
    threshold : z, the least score.  penalty : of the search [unit of y squared].  candidates : that it proposed.
    """

    starts: Places
    scores: Array
    chances: Array
    gaps: NDArray[np.bool_]
    noise: Noise
    threshold: float
    penalty: float
    candidates: int

    def pieces(self, n: int) -> list[tuple[int, int]]:
        """(first reading, one after the last) of every stretch between two change points."""
        edges = [0, *self.starts.tolist(), n]
        return list(itertools.pairwise(edges))


def threshold(n: int, chance: float = CHANCE) -> float:
    """The least score z of a step among n readings [1]."""
    from scipy.special import ndtri

    return float(-ndtri(min(chance / (2 * _WAYS * n), 0.25)))


def chance_of(score: float, n: int) -> float:
    """Chance of such a score somewhere in n readings without a step [1], at most 1."""
    from scipy.special import ndtr

    return float(min(1.0, 2 * _WAYS * n * ndtr(-abs(score))))


def find_change_points(
    y: Array,
    *,
    std: Array | None = None,
    gaps: tuple[int, ...] = (),
    assumed_white: bool = False,
    source: str = "",
) -> ChangePoints:
    """Change points of readings in the order of time.

    Parameters
    ----------
    y : shape (n,), n >= 8, at even times.
    std : stated standard deviation of each reading [unit of y], shape (n,), or None.
    gaps : readings before which others are missing; a change is allowed there, and is no switch.
    assumed_white : take the noise as white, whatever it is.
    source : where `std` comes from, in words.
    """
    n = y.size
    first, rho = _first_noise(y)
    own = np.full(n, first) if std is None else std
    penalty = 2 * np.log(n) * (first**2 if std is None else max(first**2, float(np.median(std**2))))
    candidates, penalty = _search(y, penalty)
    places = np.union1d(candidates, np.array(gaps, dtype=np.int64)).astype(np.int64)
    task = _Task.of(y, own, places, np.isin(places, gaps), stated=std is not None)
    found, spectrum = task.settle(white(n) if std is not None else None, rho, assumed_white=assumed_white)
    kept, scores = task.scores(found, spectrum)
    chances = np.array([np.nan if gap else chance_of(t, n) for t, gap in zip(scores, task.fixed[kept], strict=True)])
    noise = Noise(
        std=own, stated=std is not None, spectrum=spectrum, assumed_white=assumed_white,
        source=source or ("" if std is not None else "estimated from the residuals about the levels"),
    )  # fmt: skip
    return ChangePoints(
        starts=places[kept], scores=scores, chances=chances, gaps=task.fixed[kept], noise=noise,
        threshold=threshold(n), penalty=penalty, candidates=int(candidates.size),
    )  # fmt: skip


def _first_noise(y: Array) -> tuple[float, float]:
    """(standard deviation of half of the difference of neighbours, correlation of neighbours), both by medians."""
    one, two = (_MAD_TO_STD * float(np.median(np.abs(y[lag:] - y[:-lag]))) for lag in (1, 2))
    range_ = float(np.ptp(y)) or float(np.abs(y).max()) or 1.0
    least = _NOTHING * range_
    if one / np.sqrt(2.0) <= least:
        # of readings on a coarse grid more than half repeat: then its spacing is what there is of noise
        spacings = np.diff(np.unique(y))
        spacings = spacings[spacings > least]
        return max(float(spacings.min()) / np.sqrt(12.0) if spacings.size else 0.0, least), 0.0
    return one / np.sqrt(2.0), float(np.clip((two / one) ** 2 - 1, 0.0, 0.95))


def _search(y: Array, penalty: float) -> tuple[Places, float]:
    """Proposed change points, and the penalty that keeps their number within what can be weighed."""
    kernel: Any = importlib.import_module("ruptures").KernelCPD  # squared residuals are the linear kernel
    search = kernel(kernel="linear", min_size=1, jump=1).fit(np.ascontiguousarray((y - y.mean())[:, None]))
    while True:
        found = np.array(search.predict(pen=penalty)[:-1], dtype=np.int64)
        if found.size <= min(_MOST, max(8, y.size // _DENSEST)):
            return found, penalty
        penalty *= 1.4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Task:
    """Candidates with their steps in the cosine transform, where noise of any spectrum is diagonal.

    transformed : of the constant and every step over `own`, shape (n, 1 + k).  data : of the readings over it.
    plain : the same columns not transformed.
    """

    y: Array
    own: Array
    fixed: NDArray[np.bool_]
    plain: Array
    transformed: Array
    data: Array
    stated: bool
    least: float

    @classmethod
    def of(cls, y: Array, own: Array, places: Places, fixed: NDArray[np.bool_], *, stated: bool) -> _Task:
        n = y.size
        columns = np.column_stack([np.ones(n), np.arange(n)[:, None] >= places[None, :]]) / own[:, None]
        centred = y - np.average(y, weights=own**-2)
        return cls(
            y=centred, own=own, fixed=fixed, plain=columns, transformed=cosine(columns),
            data=cosine(centred / own), stated=stated, least=threshold(n),
        )  # fmt: skip

    def weigh(self, kept: Places, powers: Array) -> tuple[Array, Array, float]:
        """(heights and inverse Gram matrix of constant and steps, -2 ln L) under a spectrum."""
        at = np.concatenate(([0], kept + 1))
        columns = self.transformed[:, at] / np.sqrt(powers)[:, None]
        data = self.data / np.sqrt(powers)
        inverse = np.asarray(np.linalg.inv(columns.T @ columns), dtype=np.float64)  # steps at different readings
        heights = inverse @ (columns.T @ data)
        residual = data - columns @ heights
        return heights, inverse, float(residual @ residual + np.log(powers).sum())

    def scores(self, kept: Places, spectrum: Spectrum | None) -> tuple[Places, Array]:
        heights, inverse, _ = self.weigh(kept, _powers(spectrum, self.y.size))
        return kept, np.asarray(heights[1:] / np.sqrt(np.diag(inverse)[1:]))

    def without_weak(self, powers: Array) -> Places:
        """The candidates that are left when the least significant is taken out again and again."""
        heights, inverse, _ = self.weigh(np.arange(self.fixed.size), powers)
        kept = np.arange(-1, self.fixed.size)
        while kept.size > 1:
            scores = np.abs(heights) / np.sqrt(np.maximum(np.diag(inverse), np.finfo(float).tiny))
            scores[(kept < 0) | self.fixed[kept]] = np.inf
            j = int(np.argmin(scores))
            if scores[j] >= self.least:
                break
            left = np.arange(kept.size) != j
            # one parameter less: the others move by what they shared with it
            heights = (heights - inverse[:, j] * heights[j] / inverse[j, j])[left]
            inverse = (inverse - np.outer(inverse[:, j], inverse[j]) / inverse[j, j])[np.ix_(left, left)]
            kept = kept[left]
        return np.asarray(kept[1:], dtype=np.int64)

    def learnt(self, kept: Places) -> Spectrum:
        """The spectrum of the residuals about these levels."""
        design = self.plain[:, np.concatenate(([0], kept + 1))]
        scaled = self.y / self.own
        residual = scaled - design @ np.linalg.lstsq(design, scaled, rcond=None)[0]
        if not self.stated and residual @ residual <= _LEAST_SCALE * residual.size:
            return self.white(kept)
        return estimate_spectrum(residual, design, stated=self.stated)

    def white(self, kept: Places) -> Spectrum:
        """White noise of the scale of the residuals, or of the stated one."""
        n = self.y.size
        if self.stated:
            return white(n)
        _, _, chi2 = self.weigh(kept, np.ones(n))
        dof = max(n - kept.size - 1, 1)
        return white(n, scale=max(chi2 / dof, _LEAST_SCALE), dof=dof)

    def criterion(self, kept: Places, spectrum: Spectrum) -> float:
        """-2 ln L, with z^2 a step and ln n for every parameter of a shape."""
        shape = 0 if spectrum.kind == "white" else _SHAPE
        return self.weigh(kept, spectrum.powers)[2] + kept.size * self.least**2 + shape * float(np.log(self.y.size))

    def settle(self, stated: Spectrum | None, rho: float, *, assumed_white: bool) -> tuple[Places, Spectrum]:
        """(positions of the steps that are left, spectrum of the noise): the better one of the two ends."""
        n = self.y.size
        kept = self.without_weak(np.ones(n))
        plain = self.white(kept)
        for _ in range(0 if stated is not None else 2):  # the first scale is that of differences
            kept = self.without_weak(plain.powers)
            plain = self.white(kept)
        if assumed_white:
            return kept, plain
        ends = [self._repeat(kept, self.learnt(kept))] if rho < 3 / np.sqrt(n) else []
        if not ends or ends[0][1].kind != "white":
            # neighbours share this much by medians: the scale follows from their differences
            scale = 1.0 if self.stated else 1 / (1 - rho)
            start = autoregressive(n, max(rho, 0.02))
            first = self.without_weak(start.powers * scale)
            ends.append(self._repeat(first, self.learnt(first)))
            if len(ends) == 1 and self.criterion(kept, plain) < self.criterion(*ends[0]):
                ends.append(self._repeat(kept, self.learnt(kept)))
        return min(ends, key=lambda end: self.criterion(*end))

    def _repeat(self, kept: Places, spectrum: Spectrum) -> tuple[Places, Spectrum]:
        for _ in range(_ROUNDS):
            again = self.without_weak(spectrum.powers)
            if np.array_equal(again, kept):
                break
            kept, spectrum = again, self.learnt(again)
        return kept, spectrum


def _powers(spectrum: Spectrum | None, n: int) -> Array:
    return np.ones(n) if spectrum is None else spectrum.powers
