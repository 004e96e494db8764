"""What an experiment brings to a report beside its estimates: an answer, pictures as arrays, and lists.

They are data in no drawing format: `report` draws and typesets every one of them in the same way, whichever experiment it
comes from, so that a new experiment brings its own figure without the report knowing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gzero.estimate import Estimate

Outcome = Literal["yes", "no", "undecided"]
Look = Literal["data", "points", "model", "fit", "limit", "stricter limit"]
#: What a row of a list holds: a text, a number, or an estimate.
Entry = str | float | Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The three-valued answer to the question of an experiment that is no comparison with a declared quantum.

    Parameters
    ----------
    question : what was asked.  outcome : "undecided" is an answer, and the reasons say what would decide.
    headline : the answer in a few words.  reasons : sentences, the decisive one first.
    numbers : what the answer rests on, by name [1 unless the name says so]; None where not determined.
    """

    question: str
    outcome: Outcome
    headline: str
    reasons: tuple[str, ...] = ()
    numbers: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trace:
    """A curve of a picture: x, y of equal shape (n,) in SI, and what it is; points may have standard uncertainties."""

    label: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    look: Look = "data"
    std: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Band:
    """A shaded range of a picture: x, low, high of equal shape (n,) in SI; the darker, the narrower it should be."""

    label: str
    x: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    dark: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place on the x axis of a picture, with a short label."""

    label: str
    x: float
    main: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """One figure.

    Parameters
    ----------
    name : for files and links.  caption : below it.  alt : for a reader who cannot see it.
    x_name, y_name : of the axes;  x_unit, y_unit : SI text, None is unknown, "" none.
    logarithmic, logarithmic_y : whether x, y are drawn so.
    pulls : (x, pull) of every reading, drawn below the curve: data minus model over the standard deviation.
    """

    name: str
    caption: str
    alt: str
    x_name: str
    y_name: str
    x_unit: str | None
    y_unit: str | None = ""
    traces: tuple[Trace, ...]
    bands: tuple[Band, ...] = ()
    marks: tuple[Mark, ...] = ()
    logarithmic: bool = False
    logarithmic_y: bool = False
    pulls: Trace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One table: rows as long as the heads, and notes below."""

    name: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]
    notes: tuple[str, ...] = ()
