"""Several estimates that belong together: their values, what they share, and how their noise hangs together.

The covariance of two estimates i and j is

    C_ij = S_ij + sum over sources s of d_is d_js

with S the statistical covariance and d_is the signed shift of estimate i when source s moves up by one standard
uncertainty (GUM, JCGM 100:2008, 5.2; the shared source as in F.1.2.3). The record is plain numbers by name, so that it
can be written, read back and combined without losing a correlation; a number of the `uncertainties` package that is
pickled alone loses it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gzero.errors import InputError
from gzero.estimate import Estimate, html_table, unit_source
from gzero.plain import Entry

if TYPE_CHECKING:
    from uncertainties.core import AffineScalarFunc

SCHEMA_ESTIMATES = "gzero.estimates/1"

# Covariances come from products of matrices: each entry is good to about 1e-15 of its row and column, and a record that
# another program rounded to ten digits is still meant.
_ROUNDING = 1e-9
# Below its root a variance is not a normal float any more, and says nothing about its std.
_SMALLEST = 1e-150


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JointEstimates:
    """Named estimates with their joint covariance.

    Parameters
    ----------
    estimates : by name, at least one, all finite; the order is that of rows and columns below.
    statistical : covariance of the statistical parts, shape (k, k) [product of the units of row and column]; its
        diagonal is the square of each `std_stat`. It may be singular.

    Raises
    ------
    InputError : a value that is not finite, or a matrix that is not k x k, finite, symmetric, positive semidefinite, or
        not consistent with a `std_stat`; each within rounding.
    """

    estimates: Mapping[str, Estimate]
    statistical: NDArray[np.float64]

    def __post_init__(self) -> None:
        matrix = np.array(self.statistical, dtype=np.float64)
        if problem := _contradiction(self.estimates, matrix):
            raise _refusal(problem)
        matrix += (matrix.T - matrix) / 2  # leaves a symmetric matrix as it is, to the last bit
        matrix.setflags(write=False)
        object.__setattr__(self, "estimates", dict(self.estimates))
        object.__setattr__(self, "statistical", matrix)

    @classmethod
    def of_root(cls, estimates: Mapping[str, Estimate], root: NDArray[np.float64]) -> JointEstimates:
        """With the covariance R R^T, which is symmetric and positive semidefinite by its form: neither is asked again.

        Parameters
        ----------
        estimates : as above.  root : R, shape (k, m).

        Raises
        ------
        InputError : as above, of values and standard uncertainties.
        """
        matrix = root @ root.T
        if problem := _mismatch(estimates, matrix):
            raise _refusal(problem)
        return cls._made_of(estimates, matrix)

    @classmethod
    def _made_of(cls, estimates: Mapping[str, Estimate], matrix: NDArray[np.float64]) -> JointEstimates:
        """The record of what is known to belong together."""
        out = object.__new__(cls)
        matrix.setflags(write=False)
        object.__setattr__(out, "estimates", dict(estimates))
        object.__setattr__(out, "statistical", matrix)
        return out

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the order of rows and columns, length k."""
        return tuple(self.estimates)

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of all sources of systematic parts, sorted."""
        return tuple(sorted({source for estimate in self.estimates.values() for source in estimate.systematic}))

    def covariance(self) -> NDArray[np.float64]:
        """Statistical and systematic parts together, shape (k, k) [product of the units of row and column]."""
        total = self.statistical.copy()
        for source in self.sources:
            shift = np.array([estimate.systematic.get(source, 0.0) for estimate in self.estimates.values()])
            total += np.outer(shift, shift)
        return total

    def correlation(self) -> NDArray[np.float64]:
        """Correlation coefficients [1], shape (k, k); an exact number is correlated with nothing but itself."""
        stds = np.array([estimate.std for estimate in self.estimates.values()])
        stds[stds == 0] = 1.0
        out = np.asarray(np.clip(self.covariance() / stds[:, None] / stds, -1.0, 1.0))
        np.fill_diagonal(out, 1.0)
        return out

    def as_ufloats(self, sources: Mapping[str, AffineScalarFunc] | None = None) -> dict[str, AffineScalarFunc]:
        """Numbers of the `uncertainties` package by name, correlated with each other as they are here.

        Parameters
        ----------
        sources : unit variables, ``ufloat(0, 1)``, by name of a source. Whatever is built from the same mapping shares
            them; a source that is not in it is shared within this record and with nothing else. Two calls share only
            what the mapping holds, since the statistical parts are made anew.

        Raises
        ------
        InputError : a source that is not a unit variable.
        """
        from uncertainties import ufloat
        from uncertainties.core import AffineScalarFunc, LinearCombination

        shared = {name: unit_source(name, sources) for name in self.sources}
        root = covariance_root(self.statistical)
        noise = [ufloat(0.0, 1.0) for _ in range(root.shape[1])]
        out = {}
        for (name, estimate), row in zip(self.estimates.items(), root, strict=True):
            number = AffineScalarFunc(estimate.value, LinearCombination({}))
            for slope, variable in zip(row, noise, strict=True):
                number = number + float(slope) * variable if slope else number
            for source, shift in estimate.systematic.items():
                number = number + shift * shared[source]
            out[name] = number
        return out

    def to_dict(self) -> dict[str, object]:
        """Plain JSON values (schema gzero.estimates/1); written and read back, every float is the same."""
        return {
            "schema": SCHEMA_ESTIMATES,
            "names": list(self.names),
            "estimates": {
                name: {"value": float(e.value), "std_stat": float(e.std_stat), "systematic": dict(e.systematic), "unit": e.unit}
                for name, e in self.estimates.items()
            },
            "statistical_covariance": self.statistical.tolist(),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, record: object) -> JointEstimates:
        """What `to_dict` gave, read back.

        Raises
        ------
        InputError : one line that names the key.
        """
        return read_joint(Entry(value=record))

    def _repr_html_(self) -> str:
        """Values with both parts, and the correlation of each with the first, for notebooks."""
        beside = self.correlation()[0]
        rows = [
            (name, f"{e.value:.6g}", f"{e.std_stat:.2g}", f"{e.std_sys:.2g}", e.unit or "", f"{r:+.3f}")
            for (name, e), r in zip(self.estimates.items(), beside, strict=True)
        ]
        heads = ("estimate", "value", "statistical", "systematic", "unit", f"correlation with {self.names[0]}")
        return html_table("joint estimates", heads, rows)


def covariance_root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """A matrix R with R R^T = covariance, shape (k, m), m the rank; the covariance may be singular.

    Directions whose share of the variance is rounding are left out: their root, 1e-8 of a std, would not be.
    """
    stds = np.sqrt(np.maximum(covariance.diagonal(), 0.0))
    scale = np.where(stds > 0, stds, 1.0)
    values, vectors = np.linalg.eigh(covariance / scale[:, None] / scale)
    kept = values > 10 * stds.size * np.finfo(np.float64).eps * max(1.0, float(values[-1]))
    return np.asarray(stds[:, None] * vectors[:, kept] * np.sqrt(values[kept]))


def read_joint(entry: Entry) -> JointEstimates:
    """`JointEstimates` from a record.

    Raises
    ------
    InputError : one line that names the key.
    """
    entry.at("schema").word((SCHEMA_ESTIMATES,))
    names = [name.text() for name in entry.at("names").items()]
    if len(set(names)) < len(names):
        raise entry.at("names").refused("a name stands twice")
    found = entry.at("estimates")
    if extra := sorted(set(found.members()) - set(names)):
        raise found.members()[extra[0]].refused("not among the names")
    estimates = {name: read_estimate(found.at(name)) for name in names}
    rows = entry.at("statistical_covariance")
    matrix = np.array([[v.number() for v in row.items(len(names))] for row in rows.items(len(names))])
    return checked_joint(estimates, matrix, rows)


def checked_joint(estimates: Mapping[str, Estimate], matrix: NDArray[np.float64], entry: Entry) -> JointEstimates:
    """`JointEstimates` with a matrix that was read from `entry`.

    Raises
    ------
    InputError : one line that names the entry's key, where the matrix is no covariance of these estimates.
    """
    if problem := _contradiction(estimates, matrix):
        raise entry.refused(problem)
    return JointEstimates(estimates=estimates, statistical=matrix)


def read_estimate(entry: Entry) -> Estimate:
    """An `Estimate` from a record with its value, std_stat, systematic and unit; further keys are not looked at.

    Raises
    ------
    InputError : one line that names the key.
    """
    parts = entry.at("systematic").members()
    unit = entry.at("unit")
    return Estimate(
        value=entry.at("value").number_or_nan(),
        std_stat=entry.at("std_stat").number(least=0.0),
        systematic={source: shift.number() for source, shift in parts.items()},
        unit=None if unit.value is None else unit.text(),
    )


def _refusal(problem: str) -> InputError:
    return InputError(
        f"joint estimates: {problem}",
        remedy="give the covariance of their statistical parts, a row and a column for each in this order",
    )


def _contradiction(estimates: Mapping[str, Estimate], matrix: NDArray[np.float64]) -> str:
    """What makes the matrix no statistical covariance of these estimates; "" where it is one."""
    return _mismatch(estimates, matrix) or _no_covariance(list(estimates), matrix)


def _mismatch(estimates: Mapping[str, Estimate], matrix: NDArray[np.float64]) -> str:
    """What makes the shape of the matrix or its diagonal another one than that of these estimates; "" where nothing does."""
    names, k = list(estimates), len(estimates)
    if k == 0:
        return "no estimate"
    if matrix.shape != (k, k):
        return f"a covariance of shape {matrix.shape} for {k} estimates"
    for name, estimate in estimates.items():
        if not math.isfinite(estimate.value):
            return f"the value of '{name}' is not finite"
    if not np.isfinite(matrix).all():
        return "the covariance is not finite"
    variances = matrix.diagonal()
    if (variances < 0).any():
        return f"the variance of '{names[int(np.argmin(variances))]}' is negative"
    stds = np.sqrt(variances)
    stated = np.array([estimate.std_stat for estimate in estimates.values()])
    if (off := np.abs(stds - stated) > _ROUNDING * stated + _SMALLEST).any():
        i = int(np.argmax(off))
        return f"the covariance makes the statistical std of '{names[i]}' {stds[i]:.6g}, not {stated[i]:.6g} as stated"
    return ""


def _no_covariance(names: list[str], matrix: NDArray[np.float64]) -> str:
    """What makes a matrix with a usable diagonal no covariance; "" where it is one."""
    stds = np.sqrt(matrix.diagonal())
    positive = stds > 0
    scale = np.where(positive, stds, 1.0)
    with np.errstate(over="ignore"):
        unit = matrix / scale[:, None] / scale
    limit = np.where(positive[:, None] & positive, 1 + _ROUNDING, 0.0)
    for wrong, what in (
        (np.abs(unit) > limit, "is larger than their variances allow"),
        (~(np.abs(unit - unit.T) <= _ROUNDING), "is not the same both ways"),
    ):
        if wrong.any():
            i, j = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
            return f"the covariance of '{names[int(i)]}' and '{names[int(j)]}' {what}"
    if np.linalg.eigvalsh(unit)[0] < -_ROUNDING * len(names):
        return "the covariance is not positive semidefinite: its correlations contradict each other"
    return ""
