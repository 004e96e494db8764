"""The traces of torn contacts that make a histogram, and the rules by which a reading or a trace is none of them.

A trace is one contact, from closed to broken. It is the independent unit of everything that follows: readings of one contact
stand on the same few plateaus. Rules look at a run of whole traces at once (`numpy.ufunc.reduceat`), so that ten thousand traces of
two thousand readings take a fraction of a second; the session that they make is in `contact_session`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gzero.measurement.ledger import Choice, Exclusion
from gzero.reduction.calibration import Calibration
from gzero.reduction.contact_runs import READINGS, Run, cuts
from gzero.reduction.selection import Selection

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: Conductance [quanta] that a contact reaches, and a broken one does not.
CONTACT = 0.5
#: Readings without which a trace shows no plateau.
FEWEST_READINGS = 8
SAMPLE = 200_000  # readings that the noise is taken from
_BLOCK = 64  # readings in a row of that sample
_THIRD = (
    np.sqrt(20.0) * 0.3186394
)  # lower quartile of |third difference| over the standard deviation, of white normal noise
#: What is said of readings that a rule leaves out.
REASONS = {
    "not finite": "a reading that is not a finite number says nothing",
    "beyond the series resistance": "the stated series resistance accounts for all of the measured resistance",
    "too short": f"a trace with fewer than {FEWEST_READINGS} readings shows no plateau",
    "no contact": f"a trace that never reaches {CONTACT:g} quanta is no contact: it tunnels, or is open",
    "never breaks": f"a trace that stays above {CONTACT:g} quanta did not break: its plateaus are cut off, and are not counted from zero",
}
#: Of those, the rules about whole traces.
OF_TRACES = ("too short", "no contact", "never breaks")


class Traces(Protocol):
    """T traces that can be gone through in pieces."""

    def __len__(self) -> int: ...

    def pieces(self) -> Iterator[ContactTraces]:
        """All traces in order, a few at a time, as often as it is called."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContactTraces:
    """Readings of T traces, one trace after the other.

    Parameters
    ----------
    values : corrected conductance, shape (n,) [unit of y].
    displacement : shape (n,) [unit of x].
    starts : first reading of each trace, and n, shape (T + 1,).
    numbers : of the traces in the file, shape (T,).
    rail : corrected conductance at which the amplifier clips [unit of y]; infinite where it was not reached.
    noise, open_noise : standard deviation of one reading of a contact, and of a broken one [unit of y].
    exclusions, ledger, warnings : what was left out and chosen, and what the reader must know.
    """

    values: Array
    displacement: Array
    starts: NDArray[np.int64]
    numbers: Array
    rail: float = np.inf
    noise: float = 0.0
    open_noise: float = 0.0
    exclusions: tuple[Exclusion, ...] = ()
    ledger: tuple[Choice, ...] = ()
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.numbers.size)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Readings of each trace, shape (T,)."""
        return np.diff(self.starts)

    def highest(self) -> Array:
        """Largest reading of each trace [unit of y], shape (T,)."""
        return np.asarray(np.maximum.reduceat(self.values, self.starts[:-1]))

    def pieces(self) -> Iterator[ContactTraces]:
        """The traces in order, a few at a time."""
        for a, b in cuts(self.starts, READINGS):
            at = slice(int(self.starts[a]), int(self.starts[b]))
            yield replace(
                self, values=self.values[at], displacement=self.displacement[at], numbers=self.numbers[a:b],
                starts=self.starts[a : b + 1] - self.starts[a],
            )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rules:
    """By what a reading is used.

    Parameters
    ----------
    quantum : what a contact of one atom is expected to be of the order of [unit of y].
    top : reading of the amplifier's rail [unit of y, as read], infinite where there is none.
    finite : whether all readings and displacements are finite numbers.
    """

    calibration: Calibration
    selection: Selection
    quantum: float
    top: float = np.inf
    finite: bool = True

    @property
    def ranged(self) -> bool:
        """Whether a range of displacements was asked for."""
        return bool(np.isfinite(self.selection.x_low) or np.isfinite(self.selection.x_high))

    @property
    def plain(self) -> bool:
        """Whether nothing is corrected."""
        c = self.calibration
        return c.gain.value == 1 and c.offset.value == 0 and c.series_resistance.value == 0

    def read(self, run: Run) -> tuple[Mask | None, dict[str, Mask]]:
        """(readings that pass the rules that look at them as they were read, None where all do; what each rule leaves out)."""
        gone: dict[str, Mask] = {}
        keep: Mask | None = None
        if not self.finite:
            keep = np.isfinite(run.read)
            keep &= np.isfinite(run.x)
            _put(gone, "not finite", ~keep)
        if self.ranged:
            outside = (run.x < self.selection.x_low) | (run.x > self.selection.x_high)
            outside &= True if keep is None else keep
            if outside.any():
                _put(gone, "outside the range", outside)
                keep = ~outside if keep is None else keep & ~outside
        return (None if keep is None or keep.all() else keep), gone

    def corrected(self, run: Run) -> tuple[Array, Mask | None, dict[str, Mask]]:
        """(corrected values, readings that pass the rules about readings, what each leaves out)."""
        keep, gone = self.read(run)
        if np.isfinite(self.top):
            clipped = run.read >= self.top
            clipped &= True if keep is None else keep
            if clipped.any():
                _put(gone, "clipped", clipped)
                keep = ~clipped if keep is None else keep & ~clipped
        if self.plain:  # which saves a copy of a long record
            return run.read, keep, gone
        values = self.calibration.apply(run.read)
        unphysical = ~np.isfinite(values)
        unphysical &= True if keep is None else keep
        if unphysical.any():
            _put(gone, "beyond the series resistance", unphysical)
            keep = ~unphysical if keep is None else keep & ~unphysical
        return values, keep, gone

    def of_traces(self, run: Run, values: Array, keep: Mask | None) -> tuple[dict[str, Mask], Array, Array]:
        """(which traces each rule about traces leaves out, none by two of them; smallest and largest reading of each that is kept [unit of
        y]), shape (k,) each."""
        first, level = run.starts[:-1], CONTACT * self.quantum
        if keep is None:
            counted, high, low = run.sizes, np.maximum.reduceat(values, first), np.minimum.reduceat(values, first)
        else:
            counted = np.add.reduceat(keep.astype(np.int64), first)
            high = np.maximum.reduceat(np.where(keep, values, -np.inf), first)
            low = np.minimum.reduceat(np.where(keep, values, np.inf), first)
        out: dict[str, Mask] = {}
        good = np.ones(first.size, dtype=bool)
        for rule, bad in zip(OF_TRACES, (counted < FEWEST_READINGS, high < level, low > level), strict=True):
            out[rule] = good & bad
            good &= ~bad
        return out, low, high


def _put(gone: dict[str, Mask], rule: str, mask: Mask) -> None:
    if mask.any():
        gone[rule] = mask


def taken(run: Run, values: Array, keep: Mask | None, good: Mask) -> ContactTraces:
    """What is left of a run: readings to keep, of traces that are good."""
    if not good.all():
        of_good = np.repeat(good, run.sizes)
        keep = of_good if keep is None else keep & of_good
    if keep is None:
        return ContactTraces(values=values, displacement=run.x, starts=run.starts, numbers=run.numbers)
    sizes = np.add.reduceat(keep.astype(np.int64), run.starts[:-1])[good]
    return ContactTraces(
        values=values[keep], displacement=run.x[keep], starts=np.concatenate([[0], np.cumsum(sizes)]),
        numbers=run.numbers[good],
    )  # fmt: skip


def noise_of(values: Array, where: Mask) -> float:
    """Standard deviation of one reading from third differences [unit of values], of the readings in `where`.

    The lower quartile of their sizes does not see the half that may straddle a step (white noise: 1, 3, 3, 1 add up to a variance
    of 20). Where there are too few such readings, all of them are taken.
    """
    both = [Sample(total=values.size) for _ in range(2)]
    for sample, each in zip(both, (values, where.astype(np.float64)), strict=True):
        sample.add(each)
    return noise_in(both[0].blocks(), both[1].blocks() > 0)


def noise_in(blocks: Array, inside: Mask) -> float:
    """`noise_of` a sample of blocks of readings, each shape (m, block)."""
    third = np.abs(np.diff(blocks, 3, axis=1))
    wanted = inside[:, :-3] & inside[:, 3:]
    third = third[wanted] if wanted.sum() >= 20 else third.ravel()
    return float(np.quantile(third, 0.25) / _THIRD) if third.size else 0.0


class Sample:
    """A sample of blocks of readings, evenly out of all of them, filled piece by piece.

    Parameters
    ----------
    total : readings that there will be.
    """

    def __init__(self, *, total: int) -> None:
        self._stride = max(1, total // SAMPLE)
        self._rest: Array = np.zeros(0)
        self._passed = 0  # blocks
        self._taken: list[Array] = []

    def add(self, values: Array) -> None:
        """The next readings."""
        if self._rest.size:
            missing = min(_BLOCK - self._rest.size, values.size)
            self._rest = np.concatenate([self._rest, values[:missing]])
            values = values[missing:]
            if self._rest.size < _BLOCK:
                return
            self._take(self._rest[None])
        whole = values.size // _BLOCK
        self._take(values[: whole * _BLOCK].reshape(-1, _BLOCK))
        self._rest = values[whole * _BLOCK :].copy()

    def _take(self, blocks: Array) -> None:
        """Some of the blocks: of all there is only the sample stays."""
        self._taken.append(blocks[-self._passed % self._stride :: self._stride].copy())
        self._passed += blocks.shape[0]

    def blocks(self) -> Array:
        """The sample, shape (m, block); of fewer readings than a block all of them, in one row."""
        return np.concatenate(self._taken) if self._passed else self._rest[None]
