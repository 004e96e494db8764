"""Choices and exclusions: what was decided on the way from a file to a verdict, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

#: Who made a choice: nobody (the default), the user (option, configuration), or the data (an algorithm read it off).
By = Literal["default", "user", "data"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One entry of the ledger: what was chosen, its value as text, who chose it, and where that was said."""

    choice: str
    value: str
    origin: By
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exclusion:
    """Points left out of a curve by one rule.

    Parameters
    ----------
    rule : short name, such as "not finite" or "runaway".
    reason : why points of that kind say nothing about the quantity.
    indices : rows of the trace (from 0) that the rule removed; of a mask, rows of the trace before any mask.
    by : whose rule it is: the data's, or the user's.
    rows : of a mask, the rows of the file, from 1.
    x, y : of a mask, where its readings lie [SI], as read; empty where they give none.
    more : further points that are not listed, of a trace too long to be held.
    """

    rule: str
    reason: str
    indices: NDArray[np.int64]
    by: By = "data"
    rows: tuple[int, ...] = ()
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()
    more: int = 0

    @property
    def count(self) -> int:
        """How many points were left out, listed or not."""
        return int(self.indices.size) + self.more

    def __post_init__(self) -> None:
        indices = np.array(self.indices, dtype=np.int64)
        indices.setflags(write=False)
        object.__setattr__(self, "indices", indices)
