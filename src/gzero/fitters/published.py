"""A published value in units of its quantum.

Two kinds of values are brought to the dimension of a quantum by an exact relation of physics, and the ledger says so: a
mobility by Einstein's D = mu kB T/e (non-degenerate carriers), and a Stefan-Boltzmann constant by 4 sigma L^2 T^3 = P N kB c/L
with N from eq. (18) of arXiv:2604.19828, in which L and T drop out:

    P = 4 sigma (pi^2/(2 zeta(3))) (hbar c)^3/(kB^4 c)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from gzero.errors import ConfigError, UnitError
from gzero.estimate import Estimate
from gzero.fitters.exhibits import Listing
from gzero.fitters.findings import Comparison, Findings
from gzero.fitters.options import FitOptions
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.quanta import (
    HBAR,
    KB,
    PREFACTORS,
    ZETA3,
    C,
    Conditions,
    E,
    Quantum,
    parse_quantum,
    particle,
    unit_or_quantum,
)

METHOD = (
    "Each value and its standard uncertainty stand as published, and are divided by the fundamental unit that the row names; "
    "where the row counts modes or levels, the ratio is also given for one of them.",
    "A mobility is brought to a diffusion coefficient by D = μ kB T/e, a Stefan–Boltzmann constant to the prefactor P of the "
    "unit P kB c/L; both relations are exact for what they are used on. Rows that nobody has verified are left out.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ratio:
    """A value over its quantum, with what was done to it on the way."""

    ratio: float
    std: float
    value: Estimate | None
    how: str = ""


def prefactor_of(sigma: float) -> float:
    """P = 4 sigma (pi^2/(2 zeta(3))) (hbar c)^3/(kB^4 c) [1] of a Stefan-Boltzmann constant [W/(m^2 K^4)].

    >>> round(prefactor_of(5.670374419e-8), 6)
    2.701178
    """
    return 4 * sigma * math.pi**2 / (2 * ZETA3) * (HBAR * C) ** 3 / (KB**4 * C)


def fit(measurement: Measurement, options: FitOptions) -> Findings:
    """The ratio of one published value to its quantum.

    Returns
    -------
    Findings with `ratio`, `ratio_of_one` where the row counts a multiple, and `value` in SI where it has one.

    Raises
    ------
    UnitError : a unit that is not that of the quantum.
    """
    said = measurement.metadata
    temperature = measurement.conditions.get("temperature")
    # a mass is looked up in a library, which is imported only where the unit or the quantum has one
    weighed = any("mass" in _needs(text) for text in (said["quantum"], said["unit"]))
    conditions = Conditions(
        mass=particle(measurement.particle).mass if weighed else None,
        temperature=temperature.value if temperature else None,
    )
    quantum = parse_quantum(said["quantum"], conditions)
    found = _ratio(measurement, quantum, conditions)
    estimates = {"ratio": Estimate(value=found.ratio, std_stat=found.std)}
    multiple = measurement.conditions.get("multiple")
    if multiple is not None:
        estimates["ratio_of_one"] = estimates["ratio"].scaled(1 / multiple.value, "")
    if found.value is not None:
        estimates["value"] = found.value
    one = estimates.get("ratio_of_one", estimates["ratio"])
    std = "" if measurement.ordinate.std is None else f" ± {measurement.ordinate.std[0]:g}"
    reference = ", ".join(said[k] for k in ("reference", "doi") if k in said)
    row = (
        said["system"], said.get("quantity", ""), f"{measurement.ordinate.values[0]:g}{std} {said['unit']}",
        "" if multiple is None else f"{multiple.value:g}", one, reference,
    )  # fmt: skip
    ledger = [Choice(choice="quantum", value=quantum.symbol, origin="data", note="named by the row")]
    if found.how:
        ledger.append(Choice(choice="conversion", value=found.how, origin="default"))
    return Findings(
        estimates=estimates,
        comparisons=(
            Comparison(
                name=quantum.symbol, value=quantum.value if quantum.value is not None else math.nan, unit=quantum.unit,
                ratio=one.value, ratio_std=one.std, reference=reference,
            ),
        ),
        ledger=tuple(ledger),
        warnings=() if found.std > 0 else ("the source states no uncertainty: the ratio cannot have one",),
        listings=(
            Listing(
                name=f"unit {quantum.symbol}",
                caption=f"In units of {quantum.symbol}",
                heads=("System", "Quantity", "Published", "Multiple", "Ratio (of one)", "Reference"),
                rows=(row,),
                notes=(found.how,) if found.how else (),
            ),
        ),
        method=METHOD,
        notes={"row": quantum.row},
    )  # fmt: skip


def _ratio(measurement: Measurement, quantum: Quantum, conditions: Conditions) -> _Ratio:
    """The value over the quantum: in SI where both have one there, else as the unit names the quantum itself."""
    value = float(measurement.ordinate.values[0])
    std = 0.0 if measurement.ordinate.std is None else float(measurement.ordinate.std[0])
    written = measurement.metadata["unit"]
    unit = unit_or_quantum(written, conditions)
    if unit.si == "W/(m^2 K^4)" and quantum.row == "pht":
        scale = prefactor_of(unit.factor) / PREFACTORS["stefan-boltzmann"]
        return _Ratio(
            ratio=value * scale, std=std * scale, value=Estimate(value=value * unit.factor, std_stat=std * unit.factor, unit=unit.si),
            how="P from 4 σ L² T³ = P N kB c/L",
        )  # fmt: skip
    if unit.si == "m^2/(V s)" and quantum.unit == "m^2/s" and conditions.temperature and quantum.value:
        einstein = unit.factor * KB * conditions.temperature / E
        d = Estimate(value=value * einstein, std_stat=std * einstein, unit="m^2/s")
        return _Ratio(ratio=d.value / quantum.value, std=d.std / quantum.value, value=d, how="D = μ kB T/e")
    if unit.known and unit.si == quantum.unit and quantum.value:
        si = Estimate(value=value * unit.factor, std_stat=std * unit.factor, unit=unit.si)
        return _Ratio(ratio=si.value / quantum.value, std=si.std / quantum.value, value=si)
    same = _same_quantum(written, quantum)
    if same is None:
        raise UnitError(
            f"the value is in '{written}' and its quantum is {quantum.symbol} [{quantum.unit}]",
            path=measurement.origin.path,
            row=measurement.row(0),
            remedy="give a unit of that dimension, and the temperature or particle that the quantum needs",
        )
    return _Ratio(ratio=value * same, std=std * same, value=None)


def _needs(text: str) -> tuple[str, ...]:
    """The conditions that a unit or a quantum asks for."""
    try:
        return parse_quantum(text).needs
    except ConfigError:
        return ()


def _same_quantum(written: str, quantum: Quantum) -> float | None:
    """The unit over the quantum where both are multiples of one base, which may have no value yet."""
    try:
        unit = parse_quantum(written)
    except ConfigError:
        return None
    base, other = (q.symbol.removeprefix(f"{q.degeneracy:.12g}") for q in (unit, quantum))
    return unit.degeneracy / quantum.degeneracy if base == other and unit.unit == quantum.unit else None
