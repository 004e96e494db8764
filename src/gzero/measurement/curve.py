"""One ordered curve, ready to be reduced and fitted."""

from __future__ import annotations

import mmap
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.errors import InputError
from gzero.loaders.room import pieces, rest


def frozen(values: object) -> NDArray[np.float64]:
    """A float64 array that cannot be written to: a copy, unless nobody can write to it any more."""
    owner = values
    while isinstance(owner, np.ndarray) and owner.dtype == np.float64 and not owner.flags.writeable:
        if owner.base is None or isinstance(owner.base, mmap.mmap):
            return np.asarray(values)
        owner = owner.base
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def goes_one_way(x: NDArray[np.float64]) -> bool:
    """Whether no two steps between finite settings go opposite ways; a long sweep is never in memory as a whole."""
    before, up, down = np.nan, False, False
    for at in pieces(x.size):
        some = x[at][np.isfinite(x[at])]
        steps = np.diff(some, prepend=before)
        up, down = up or bool((steps > 0).any()), down or bool((steps < 0).any())
        if up and down:
            return False
        before = some[-1] if some.size else before
        rest(x)
    return True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """y over x, in SI, with x strictly increasing.

    Parameters
    ----------
    x, y : shape (n,).
    y_std : stated standard uncertainties, shape (n,), or None where the file states none.
    x_name, y_name : for labels.
    x_unit, y_unit : SI text; None is unknown.
    rows : the row of the trace that each point came from, shape (n,).

    Raises
    ------
    InputError : unequal lengths, a value that is not finite, an uncertainty that is not positive, or x not increasing.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    y_std: NDArray[np.float64] | None = None
    x_name: str = "x"
    y_name: str = "y"
    x_unit: str | None = None
    y_unit: str | None = None
    rows: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", frozen(self.x))
        object.__setattr__(self, "y", frozen(self.y))
        if self.y_std is not None:
            object.__setattr__(self, "y_std", frozen(self.y_std))
        arrays = [self.x, self.y] + ([self.y_std] if self.y_std is not None else [])
        if any(a.ndim != 1 or a.size != self.x.size for a in arrays):
            raise InputError(f"a curve needs columns of equal length, not {[a.shape for a in arrays]}")
        if any(np.count_nonzero(np.isfinite(a)) < a.size for a in arrays):
            raise InputError("a curve holds only finite numbers", remedy="exclude the others by a rule first")
        if self.y_std is not None and np.any(self.y_std <= 0):
            raise InputError("a stated uncertainty must be positive", remedy="leave out those that are not known")
        if np.count_nonzero(self.x[1:] <= self.x[:-1]):
            raise InputError(
                "x must increase from point to point", remedy="sort the sweep and combine repeated settings first"
            )

    def __len__(self) -> int:
        return int(self.x.size)
