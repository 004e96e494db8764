"""Equations (15) and (16): the heat that electrons conduct."""

from __future__ import annotations

from collections.abc import Callable

from gzero import quanta
from gzero.audit import gases
from gzero.audit.algebra import number
from gzero.audit.checks import Computed, Dimension, Identity, Number, compared, shown
from gzero.audit.drude import DRUDE, UNIT
from gzero.audit.item import Case, Claim

CHAPTER = "Heat"

_ROWS = ("th", "conductance")
#: Everything 1 but the prefactor.
_ONES = {"N": 1.0, "Gamma": 1.0, "h_s": 1.0, "h": 1.0, "kB": 1.0, "T": 1.0}


def _prefactor(condition: str, derived: Callable[[], float], what: str) -> Number:
    return Number(condition=condition, derived=derived, values=_ONES, what=what)


def _no_mode_carries_more(condition: str, form: str) -> Case:
    """The unit as a bound: the massive modes of every filling stay below it."""
    unit = number(form, _ONES)
    largest = max(gases.heat_of_mode(eta) for eta in (-10.0, -2.0, 0.0, 2.0, 5.0, 10.0, 15.0))
    holds = largest <= unit * (1 + 1e-9)
    return Case(condition=condition, holds=holds, found=f"{largest / unit:.4f} of it at most", ratio=largest / unit)


def _fillings() -> str:
    top = gases.degenerate_heat()
    told = ", ".join(f"{gases.heat_of_mode(eta) / top:.3f} at eta = {eta:g}" for eta in (0.0, 5.0, 10.0))
    classical = gases.heat_of_mode(-10.0) / gases.open_mode(-10.0) / top
    return (
        f"A massive fermion mode whose bottom lies only eta kB T below mu conducts less: {told}; its Lorenz number falls to "
        f"{shown(classical, 3)} of the Sommerfeld value."
    )


def _lorenz(condition: str, form: str) -> Case:
    """Over the quantum of charge: the Lorenz number times T."""
    ratio = number(form, {"T": 1.0}) / quanta.E2_OVER_H
    return compared(condition, ratio, quanta.LORENZ, what="the Lorenz number times T")


def claims() -> tuple[Claim, ...]:
    """The claims of this chapter, in the paper's order."""
    form, unit = "pi^2*N*kB^2*T*Gamma/(3*h_s)", "pi^2*kB^2*T/(3*h)"
    return (
        Claim(
            item="eq 15", chapter=CHAPTER, rows=_ROWS, form=form,
            says=f"Electrons conduct the heat `{form}`, whatever their statistics.",
            checks=(
                Identity(
                    condition="both printed forms", derived="pi^2*N*tau*kB^2*T/(3*m*L^2)", given=DRUDE, what="the other one",
                    needed=True,
                ),
                _prefactor("degenerate fermions", gases.degenerate_heat, "the prefactor by quadrature"),
                _prefactor("a classical gas with constant tau", lambda: gases.maxwell_heat(0.0), "its prefactor 5/2 by quadrature"),
            ),
            corrected="`pi^2/3` for degenerate fermions, 5/2 + r for a classical gas with tau going as the r-th power of the energy",
            remark=lambda: (
                f"By quadrature the classical prefactor is {shown(gases.maxwell_heat(0.0))} for r = 0 and "
                f"{shown(gases.maxwell_heat(-0.5))} for r = -1/2: the statistics matter."
            ),
        ),
        Claim(
            item="eq 15 vs 16", chapter=CHAPTER, rows=("th", "e", "conductance"), form=unit,
            says=f"The unit `{unit}` is (15) for one particle, as (8) is (1).",
            checks=(
                Identity(condition="(15) at N = 1, Gamma = 1, h_s = h", derived=form, given=UNIT),
                Computed(condition="the same over (8)", work=_lorenz),
            ),
        ),
        Claim(
            item="eq 16", chapter=CHAPTER, rows=_ROWS, form=unit,
            says=f"The quantum of heat conductance is `{unit}`.",
            checks=(
                Dimension(condition="its unit", unit="W/K"),
                _prefactor("a mode of massless bosons", gases.boson_heat, "the heat it carries, by quadrature"),
                _prefactor("an open mode of degenerate fermions", gases.degenerate_heat, "the heat it carries, by quadrature"),
                Computed(condition="a bound for any filling", work=_no_mode_carries_more),
            ),
            corrected=lambda: f"{shown(number('pi^2*kB^2/(3*h)'), 10)} W/K^2 times T",
            remark=_fillings,
        ),
    )  # fmt: skip
