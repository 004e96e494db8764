"""The gas behind a ballistic length: how far lambda_b is from the mean free path l, and how fast its carriers are.

lambda_b/l is 2, pi/sqrt(2) and 4/sqrt(3) for degenerate fermions in one, two and three dimensions and sqrt(2 pi) for a gas that is
not degenerate. Where temperature, mass and density are stated it is the ratio of Fermi-Dirac or Bose integrals in between
(`gzero.models.carriers`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import get_args

from gzero.errors import ConfigError
from gzero.estimate import Estimate
from gzero.fitters.derived import Number
from gzero.fitters.kinetics import check, gas_of
from gzero.fitters.options import Conventions
from gzero.measurement.ledger import Choice
from gzero.models.diffusion import velocity_squared
from gzero.models.length import BALLISTIC, Gas, fermi_velocity

#: The gas whose forward half carries the current, where nobody says another: one channel of a wire or tube is 1D.
GAS: Gas = "1D degenerate"
#: States that a density counts where nobody says: both spins.
_SPINS = 2.0
_DEGENERATE: Mapping[int, Gas] = {1: "1D degenerate", 2: "2D degenerate", 3: "3D degenerate"}
_UNITS = {1: "1/m", 2: "1/m^2", 3: "1/m^3"}
_NEEDS = ("temperature", "mass", "density")


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthGas:
    """What is taken about the carriers.

    Parameters
    ----------
    limit : the limit whose ratio is taken, where `exact` is None.
    exact : statistics and dimensions of a gas whose temperature, mass and density are stated.
    dimensions : of the gas.
    said : what the user chose of statistics and dimensions.
    """

    limit: Gas = GAS
    exact: Conventions | None = None
    dimensions: int = 1
    said: tuple[tuple[str, str], ...] = ()

    def ratio(self, numbers: Mapping[str, Number]) -> Number:
        """lambda_b/l [1], with the stated conditions by name in `numbers` (SI)."""
        return BALLISTIC[self.limit] if self.exact is None else gas_of(self.exact, numbers).ballistic

    def speed(self, numbers: Mapping[str, Number]) -> Number:
        """v = sqrt(v_x^2) [m/s]; None where what is stated does not give it."""
        if self.exact is not None:
            return velocity_squared(numbers["temperature"], numbers["mass"], gas_of(self.exact, numbers).fano) ** 0.5
        if self.limit == "non-degenerate":
            return velocity_squared(numbers["temperature"], numbers["mass"]) ** 0.5
        return fermi_velocity(numbers["density"], numbers["mass"], self.dimensions) / self.dimensions**0.5

    def moves(self, conditions: Mapping[str, Estimate]) -> bool:
        """Whether the conditions give a speed."""
        if self.exact is not None:
            return True
        if self.limit == "non-degenerate":
            return {"temperature", "mass"} <= set(conditions)
        density = conditions.get("density")
        return density is not None and density.unit == _UNITS[self.dimensions] and "mass" in conditions

    def choices(self, ratio: float) -> tuple[Choice, ...]:
        """Entries of the ledger; `ratio` as it came out."""
        what: str = self.limit
        if self.exact is not None:
            particles = "fermions" if self.exact.statistics == "fermi" else "bosons"
            what = f"{self.dimensions}D {particles} at the stated temperature, mass and density (g = {self.exact.degeneracy:g})"
        others = ", ".join(
            f"{other} {BALLISTIC[other]:.4g}" for other in get_args(Gas) if other != self.limit or self.exact
        )
        return (
            Choice(
                choice="gas", value=what, origin="user" if self.said else "default",
                note=f"λ = {ratio:.4g} l; others: {others}",
            ),
            *(Choice(choice=name, value=value, origin="user") for name, value in self.said),
        )  # fmt: skip


def length_gas(conventions: Conventions, conditions: Mapping[str, Estimate], path: str | None = None) -> LengthGas:
    """The gas that statistics and dimensions name; fermions in one dimension where one of them is not stated.

    Raises
    ------
    ConfigError : bosons without temperature, mass and density, or a density of other dimensions.
    """
    said = tuple((n, str(getattr(conventions, n))) for n in ("statistics", "dimensions") if n in conventions.said)
    if not said:
        return LengthGas()
    statistics = conventions.statistics if "statistics" in conventions.said else "fermi"
    dimensions = conventions.dimensions if "dimensions" in conventions.said else 1
    if statistics == "classical":
        return LengthGas(limit="non-degenerate", dimensions=dimensions, said=said)
    if set(_NEEDS) <= set(conditions):
        degeneracy = conventions.degeneracy if "degeneracy" in conventions.said else _SPINS
        exact = replace(conventions, statistics=statistics, dimensions=dimensions, degeneracy=degeneracy)
        check(exact, conditions, path)
        return LengthGas(limit=_DEGENERATE[dimensions], exact=exact, dimensions=dimensions, said=said)
    if statistics == "bose":
        raise ConfigError(
            "the ballistic length of bosons hangs on how dense they are",
            path=path,
            remedy="state --temperature, --mass and --density, or --statistics classical",
        )
    return LengthGas(limit=_DEGENERATE[dimensions], dimensions=dimensions, said=said)
