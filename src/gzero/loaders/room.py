"""Room for many numbers: few lie in memory, many in a file without a name, mapped into memory where they are looked at.

What is mapped counts as memory of the process only as long as its pages stay: whoever has gone through much of it lets
them go (`rest`). Nothing is lost by that, they come back from the file.
"""

from __future__ import annotations

import contextlib
import math
import mmap
import os
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Numbers of one table that are held in memory (128 MiB); more lie in a file.
HELD = 1 << 24

#: Numbers that are worked on at once, and that are filled in before their pages are let go (32 MiB).
AT_ONCE = 1 << 22

#: A share of the free disk that is left alone.
_SPARE = 0.05


class Filed:
    """So many numbers in a file without a name, which goes with the last array that looks at it, whatever ends the process.

    Parameters
    ----------
    size : numbers; the disk is taken for them by `reserve` only.

    Raises
    ------
    OSError, ValueError, OverflowError : no such file can be made, or the addresses do not reach.
    """

    def __init__(self, size: int) -> None:
        import tempfile

        stream = tempfile.TemporaryFile(buffering=0, prefix="gzero-", suffix=".numbers", dir=folder())  # noqa: SIM115 - it outlives this block
        #: Nothing more is reserved; the numbers stay as long as an array looks at them.
        self.close = weakref.finalize(self, stream.close)
        self._handle = stream.fileno()
        os.ftruncate(self._handle, 8 * size)
        self._mapped = mmap.mmap(self._handle, 8 * size)

    def array(self, *shape: int) -> Floats:
        """The numbers, in some shape."""
        return np.ndarray(shape, np.float64, self._mapped)

    def reserve(self, first: int, count: int) -> None:
        """Takes the disk for some of the numbers: a page that is written to without one ends the process.

        Raises
        ------
        OSError : the disk is too full.
        """
        import shutil

        if 8 * count > (1 - _SPARE) * shutil.disk_usage(folder()).free:
            raise OSError(28, "No space left on device")
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(self._handle, 8 * first, 8 * count)
        elif hasattr(os, "pwrite"):
            for at in pieces(8 * count, 1 << 20):
                os.pwrite(self._handle, bytes(at.stop - at.start), 8 * first + at.start)


def room(*shape: int) -> Floats:
    """An array to be filled in: in memory up to `HELD` numbers, beyond that in a file where there is room for one.

    Raises
    ------
    MemoryError : neither has the room.
    """
    size = math.prod(shape)
    if size > HELD:
        with contextlib.suppress(OSError, ValueError, OverflowError):
            found = Filed(size)
            found.reserve(0, size)
            return found.array(*shape)
    return np.empty(shape)


def folder() -> str:
    """Where large temporary files belong: what TMPDIR says, else /var/tmp (file-hierarchy(7)), for /tmp is often memory."""
    import tempfile

    large = Path("/var/tmp")
    named = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    return str(large) if not named and large.is_dir() and os.access(large, os.W_OK) else tempfile.gettempdir()


def pieces(size: int, step: int | None = None) -> Iterator[slice]:
    """The places from 0 up to `size` in order, so many at a time (`AT_ONCE` where nothing is said)."""
    step = step or AT_ONCE
    for first in range(0, size, step):
        yield slice(first, min(first + step, size))


def mapping(values: object) -> mmap.mmap | None:
    """The mapped file that an array looks at; None where it lies in memory."""
    while isinstance(values, np.ndarray):
        values = values.base
    return values if isinstance(values, mmap.mmap) else None


def rest(*arrays: Floats | None) -> None:
    """Lets the pages go that are mapped for some arrays; their numbers stay in the file."""
    if not hasattr(mmap, "MADV_DONTNEED"):
        return
    found = {id(one): one for one in map(mapping, arrays) if one is not None}
    for one in found.values():
        one.madvise(mmap.MADV_DONTNEED)


def lock(array: Floats) -> None:
    """Nobody writes to an array any more, nor to what it is a part of."""
    array.setflags(write=False)
    if isinstance(array.base, np.ndarray):
        lock(array.base)


def counted(size: int, work: Callable[[Floats], Floats]) -> Floats:
    """What a function makes of 0, 1, 2, ... up to `size` (not included), read-only; see `worked_out`."""
    out = room(size)
    for at in pieces(size):
        out[at] = work(np.arange(at.start, at.stop, dtype=np.float64))
        rest(out)
    lock(out)
    return out


def worked_out(work: Callable[..., Floats], *arrays: Floats) -> Floats:
    """What a function makes of every number by itself: as it stands for few, a piece at a time for many.

    Parameters
    ----------
    work : gives as many numbers as it takes of each array, each from those at its place.  arrays : shape (n,).
    """
    size = arrays[0].size
    if size <= HELD:
        return work(*arrays)
    out = room(size)
    for at in pieces(size):
        out[at] = work(*(values[at] for values in arrays))
        rest(out, *arrays)
    lock(out)
    return out
