"""What a measured diffusion coefficient says: D in units of h/m, scattering time, mean free path, transmission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gzero.errors import ConfigError
from gzero.estimate import Estimate
from gzero.fitters.findings import BudgetLine, Comparison, Findings
from gzero.fitters.options import FitOptions
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.models import diffusion as formula
from gzero.quanta import Conditions, Particle, parse_quantum, particle

if TYPE_CHECKING:
    from uncertainties.core import AffineScalarFunc

_UNITS = ("h/m", "hbar/m", "hbar/2m")


#: How the numbers come about, for a report.
METHOD = (
    "The diffusion coefficient is compared with the fundamental unit h/m of the stated particle, and with"
    " the other conventions (ħ/m, ħ/2m) beside it: they differ by factors of 2π and 4π.",
    "Where mass and temperature are known, τ = D/v² and l = D/v, with v² the mean square of one velocity "
    "component. D m/h may exceed 1 and is not capped.",
)


def fit(measurement: Measurement, options: FitOptions) -> Findings:
    """Derived quantities of one diffusion coefficient.

    Returns
    -------
    Findings with `diffusion` and, where temperature and mass are stated, `tau`, `mean_free_path`; with a length also
    `transmission` (Landauer) and `transmission_drude` (eq. (5) of the paper).

    Raises
    ------
    ConfigError : no particle or mass to compare with.
    """
    value = float(measurement.ordinate.values[0])
    std = 0.0 if measurement.ordinate.std is None else float(measurement.ordinate.std[0])
    d = Estimate(value=value, std_stat=std, unit="m^2/s")
    bare = (
        particle(measurement.particle) if measurement.particle in ("electron", None) and measurement.particle else None
    )
    stated = measurement.conditions.get("mass")
    if stated is None and (bare is None or bare.mass is None):
        raise ConfigError(
            "a diffusion coefficient is compared with h/m: which mass?",
            remedy="state --particle or --mass",
            path=measurement.origin.path,
        )
    mass = stated or Estimate(value=float(bare.mass) if bare and bare.mass else float("nan"), unit="kg")
    estimates = {"diffusion": d, **_derived(d, measurement.conditions, mass)}
    warnings = (
        [] if std > 0 else ["no uncertainty is stated for this value, so none of the derived numbers can have one"]
    )
    ledger = [
        Choice(
            choice="statistics",
            value="classical gas, v^2 = kB T/m",
            origin="default",
            note="valid for a non-degenerate gas",
        ),
        Choice(choice="mass for velocity and time", value=f"{mass.value:.4g} kg", origin="data" if stated else "user"),
        Choice(
            choice="transmission",
            value="lambda/(lambda + L), lambda = sqrt(2 pi) l",
            origin="default",
            note="Landauer; l/L of the paper's eq. (5) is given beside it",
        ),
    ]
    return Findings(
        estimates=estimates,
        comparisons=tuple(_comparisons(d, bare, mass, effective=stated is not None)),
        budget=(
            BudgetLine(
                source="stated uncertainty of the value",
                kind="statistical",
                value="from the file",
                std=std,
                share=1.0 if std else 0.0,
            ),
        ),
        ledger=tuple(ledger),
        warnings=tuple(warnings),
        method=METHOD,
    )


def _derived(d: Estimate, conditions: Mapping[str, Estimate], mass: Estimate) -> dict[str, Estimate]:
    """tau, l and Gamma, with D, T, m and L propagated together so that what they share stays shared."""
    from uncertainties import ufloat

    temperature, length = conditions.get("temperature"), conditions.get("length")
    if temperature is None:
        return {}
    names = {source for e in (d, temperature, mass, length) if e is not None for source in e.systematic}
    sources = {name: ufloat(0.0, 1.0, name) for name in sorted(names)}
    noise = ufloat(0.0, 1.0, "noise")
    big_d: Any = replace(d, std_stat=0.0).as_ufloat(sources) + d.std_stat * noise
    t, m = temperature.as_ufloat(sources), mass.as_ufloat(sources)
    path: Any = formula.mean_free_path(big_d, t, m)
    out = {
        "tau": _estimate(formula.scattering_time(big_d, t, m), noise, sources, "s"),
        "mean_free_path": _estimate(path, noise, sources, "m"),
    }
    if length is not None:
        long: Any = length.as_ufloat(sources)
        out["transmission"] = _estimate(formula.transmission(path, long), noise, sources, "")
        out["transmission_drude"] = _estimate(formula.transmission_drude(path, long), noise, sources, "")
    return out


def _estimate(number: Any, noise: AffineScalarFunc, sources: Mapping[str, AffineScalarFunc], unit: str) -> Estimate:
    """An uncertain number taken apart into its statistical part and the shift of every source."""
    slopes = number.derivatives
    # noise and sources are unit normal variables, so each slope is one standard uncertainty's shift
    parts = {name: float(slopes.get(source, 0.0)) for name, source in sources.items()}
    return Estimate(value=float(number.n), std_stat=abs(float(slopes.get(noise, 0.0))), systematic=parts, unit=unit)


def _comparisons(d: Estimate, bare: Particle | None, mass: Estimate, *, effective: bool) -> list[Comparison]:
    """D in every fundamental unit of diffusion, for the bare and the effective mass."""
    masses = (
        [("m0" if bare is not None and bare.name == "electron" else "m", bare.mass)]
        if bare is not None and bare.mass
        else []
    )
    if effective:
        masses.append(("m*", mass.value))
    out = []
    for symbol in _UNITS:
        for name, kg in masses:
            unit = parse_quantum(symbol, Conditions(mass=kg)).value
            if unit is not None:
                shown = symbol.replace("m", name) if not symbol.startswith("hbar/2") else f"hbar/2{name}"
                out.append(
                    Comparison(name=shown, value=unit, unit="m^2/s", ratio=d.value / unit, ratio_std=d.std / unit)
                )
    return out
