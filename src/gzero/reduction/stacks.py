"""Which of many items are worked on as one array: those of the same shape, as many at a time as the cache holds.

What a small array costs is the calls around its arithmetic; a stack of them pays for these once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cache
from typing import TypeVar

import numpy as np

#: Numbers that the items of a stack bring: what the cache near the processor holds, with what is made of them.
_BLOCK = 100_000
#: Numbers of a block of memory that, once it is given back, tells the C library to keep what is freed up to that size.
_KEPT = 500_000

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def in_stacks(
    work: Callable[[Sequence[Item]], Sequence[Answer]],
    items: Sequence[Item],
    *,
    shape: Callable[[Item], tuple[Hashable, int]],
) -> list[Answer]:
    """The answers to many items, in their order.

    Parameters
    ----------
    work : answers items of one shape, at least one, in their order.
    shape : what items of one stack have in common, and how many numbers each brings.
    """
    _keep_memory()
    if len(items) == 1:
        return list(work(items))
    alike: dict[tuple[Hashable, int], list[int]] = {}
    for i, item in enumerate(items):
        alike.setdefault(shape(item), []).append(i)
    out: dict[int, Answer] = {}
    for (_, numbers), members in alike.items():
        at_once = max(1, _BLOCK // max(1, numbers))
        for first in range(0, len(members), at_once):
            some = members[first : first + at_once]
            out.update(zip(some, work([items[i] for i in some]), strict=True))
    return [out[i] for i in range(len(items))]


@cache
def _keep_memory() -> None:
    """Have the memory of stacks used again, once in a process.

    glibc hands what it frees from 128 kB on back to the system, which clears its pages anew for the next stack: 300 page
    faults a trace of a map, about a tenth of its time. After a larger block was freed it keeps what is smaller
    (mallopt(3), "dynamic mmap threshold"): 5 page faults a trace. The block is never written to, so it takes no memory.
    """
    np.empty(_KEPT)
