"""From a diffusion coefficient to the kinetics of its carriers under stated conventions: tau, l, Gamma, the action h_s.

What every experiment that finds a diffusion coefficient shares: the formulas of `gzero.models.diffusion` with the statistics
of `gzero.models.carriers`, which of them can be given, and what the report says of the conventions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gzero.errors import ConfigError
from gzero.estimate import Estimate
from gzero.fitters.derived import Formula
from gzero.fitters.options import Conventions
from gzero.measurement.ledger import Choice
from gzero.models import diffusion as formula
from gzero.models.carriers import Gas, gas, phase_space_density
from gzero.quanta import H

#: A number of the `uncertainties` package (untyped).
Number = Any

_UNITS = {1: "1/m", 2: "1/m^2", 3: "1/m^3"}
_BODIES = {1: "line", 2: "sheet", 3: "volume"}
#: A classical gas whose Fano factor would differ by more than this from 1 as one of fermions is worth a warning.
_DEGENERATE = 0.01


def check(conventions: Conventions, conditions: Mapping[str, Estimate], path: str | None = None) -> None:
    """Refuse conventions that contradict what is stated.

    Raises
    ------
    ConfigError : quantum statistics without a density, or a density of other dimensions than the gas.
    """
    density = conditions.get("density")
    if density is None:
        if conventions.statistics != "classical":
            raise ConfigError(
                f"a gas of {_kind(conventions)} needs its density",
                path=path,
                remedy=f"state --density in {_UNITS[conventions.dimensions]}, or --statistics classical",
            )
        return
    if density.unit != _UNITS[conventions.dimensions]:
        own = next((d for d, unit in _UNITS.items() if unit == density.unit), None)
        what = f"a density in {density.unit} is that of a {_BODIES[own]}" if own else f"{density.unit} is no density"
        raise ConfigError(
            f"{what}, and the gas has {conventions.dimensions} dimensions",
            path=path,
            remedy=f"state --dimensions {own}, or the density in {_UNITS[conventions.dimensions]}"
            if own
            else "state another",
        )


def _kind(conventions: Conventions) -> str:
    return {"fermi": "fermions", "bose": "bosons"}.get(conventions.statistics, "classical particles")


def gas_of(conventions: Conventions, numbers: Mapping[str, Number]) -> Gas:
    """The gas at a temperature, with the mass and the density by name in `numbers` (SI).

    Raises
    ------
    ConfigError : bosons that condense.
    """
    if conventions.statistics == "classical":
        return gas(1.0, "classical", conventions.dimensions)
    u = phase_space_density(
        numbers["density"], numbers["temperature"], numbers["mass"],
        dimensions=conventions.dimensions, degeneracy=conventions.degeneracy,
    )  # fmt: skip
    return gas(u, conventions.statistics, conventions.dimensions)


def kinetics(conventions: Conventions, conditions: Mapping[str, Estimate]) -> dict[str, Formula]:
    """The formulas that the conditions allow, of numbers that hold `diffusion`, `temperature`, `mass`, `length`, `density`.

    Without a temperature or a mass there is none; without a length neither Gamma nor h_s.
    """
    if "temperature" not in conditions or "mass" not in conditions:
        return {}

    def of(function: Any) -> Any:
        """A formula of D (or nothing), T, m and F."""
        return lambda n: function(n["diffusion"], n["temperature"], n["mass"], gas_of(conventions, n).fano)

    out: dict[str, Formula] = {
        "tau": (of(formula.scattering_time), "s"),
        "mean_free_path": (of(formula.mean_free_path), "m"),
    }
    if conventions.statistics != "classical":
        out["fano_factor"] = (lambda n: gas_of(conventions, n).fano, "")
    if "length" not in conditions:
        return out

    def landauer(n: Mapping[str, Number]) -> Number:
        path = of(formula.mean_free_path)(n)
        return formula.transmission(path, n["length"], gas_of(conventions, n).ballistic)

    def drude(n: Mapping[str, Number]) -> Number:
        return formula.transmission_drude(of(formula.mean_free_path)(n), n["length"])

    def action(n: Mapping[str, Number]) -> Number:
        form = formula.action if conventions.action == "mvL" else formula.action_of_transit
        return form(n["temperature"], n["mass"], n["length"], gas_of(conventions, n).fano)

    if conventions.transmission == "landauer":
        out |= {"transmission": (landauer, ""), "transmission_drude": (drude, "")}
    else:
        out |= {"transmission": (drude, ""), "transmission_landauer": (landauer, "")}
    return out | {"action": (action, "J s"), "action_over_h": (lambda n: action(n) / H, "")}


def choices(conventions: Conventions, conditions: Mapping[str, Estimate]) -> tuple[Choice, ...]:
    """The conventions that the numbers rest on, for the ledger."""
    d, kind = conventions.dimensions, conventions.statistics

    def by(name: str, value: str, note: str) -> Choice:
        return Choice(choice=name, value=value, origin="user" if name in conventions.said else "default", note=note)

    notes = {
        "classical": "v^2 = kB T/m, of a gas that is not degenerate",
        "fermi": f"v^2 = kB T/(m F), F = <dN^2>/<N> by Fermi-Dirac integrals; v_F^2/{d} when degenerate",
        "bose": "v^2 = kB T/(m F), F = <dN^2>/<N> by Bose-Einstein integrals, short of condensation",
    }
    out = [by("statistics", kind, notes[kind])]
    if kind != "classical" or "density" in conditions:
        out.append(by("dimensions", str(d), f"a density is in {_UNITS[d]}"))
        out.append(by("degeneracy", f"{conventions.degeneracy:g}", "states that the stated density counts"))
    if "length" in conditions:
        longer = "sqrt(2 pi) l" if kind == "classical" else "l times its value for these statistics"
        forms = {
            "landauer": f"lambda/(lambda + L), lambda = {longer}; l/L of the paper's eq. (5) is given beside it",
            "drude": "l/L, eq. (5) of the paper, may exceed 1; Landauer's is given beside it",
        }
        out.append(by("transmission", conventions.transmission, forms[conventions.transmission]))
        actions = {
            "mvL": "h_s = m v L: D = (h_s/m) l/L is an identity",
            "kBT": "h_s = kB T L/v, which is F times m v L: equal for a classical gas alone",
        }
        out.append(by("action", conventions.action, actions[conventions.action]))
    return tuple(out)


def warnings(conventions: Conventions, conditions: Mapping[str, Estimate]) -> tuple[str, ...]:
    """What the stated density says against the conventions."""
    if not all(name in conditions for name in ("density", "temperature", "mass")):
        return ()
    out = []
    values = {name: conditions[name].value for name in ("density", "temperature", "mass")}
    if "degeneracy" not in conventions.said:
        out.append(
            "the density is taken as that of one spin and one valley: state --degeneracy, 2 for both spins of electrons"
        )
    u = phase_space_density(
        values["density"], values["temperature"], values["mass"], dimensions=conventions.dimensions,
        degeneracy=conventions.degeneracy,
    )  # fmt: skip
    f = float(gas(u, "fermi", conventions.dimensions).fano)
    if conventions.statistics == "classical" and abs(f - 1) > _DEGENERATE:
        out.append(
            f"at this density fermions would have a Fano factor of {f:.3g}: a classical gas makes tau {1 / f:.3g} times too long "
            "(state --statistics fermi)"
        )
    return tuple(out)
