"""Equations (10) to (14): the Planck charge, the vacuum, and the conductance of mass."""

from __future__ import annotations

import math
from collections.abc import Callable

from gzero import quanta
from gzero.audit.algebra import constants, number
from gzero.audit.checks import Computed, Dimension, Identity, Number, Rounds, compared, shown
from gzero.audit.drude import UNIT
from gzero.audit.item import AnyOf, Case, Claim

CHAPTER = "Units of conductance"

#: The Planck charge, in the sense of (10).
PLANCK_CHARGE = {"q_P": "sqrt(4*pi*eps0*hbar*c)", "hbar": "h/(2*pi)"}


def _fine_structure() -> float:
    from scipy.constants import physical_constants

    return float(physical_constants["fine-structure constant"][0])


def _impedance() -> float:
    from scipy.constants import physical_constants

    return float(physical_constants["characteristic impedance of vacuum"][0])


def mass_quantum(name: str) -> float:
    """m^2/h [kg^2/(J s)] of a particle."""
    found = quanta.parse_quantum("m^2/h", quanta.Conditions(mass=quanta.particle(name).mass)).value
    assert found is not None, name
    return found


def vacuum_admittance(what: str, part: int = 0) -> Number:
    """That a form is 1/Z0; eps0 and Z0 are told apart by CODATA's ten digits."""
    return Number(condition=what, derived=lambda: 1 / _impedance(), part=part, what="1/Z0")


def _of_a_rule(spin: int) -> Identity:
    words = f"{spin} `q_P^2/h`" if spin > 1 else "`q_P^2/h`"
    return Identity(condition=f"{spin} per mode", derived=f"{spin}*q_P^2/h", given=PLANCK_CHARGE, what=words)


def _measured_in(row: str) -> Callable[[str, str], Case]:
    """Whether the unit that the atoms' conductance was measured in is that of a row of Table II."""

    def work(condition: str, form: str) -> Case:
        unit = Dimension(condition=condition, unit=quanta.parse_quantum(row).unit, needed=False).case(form)
        atom = {"m": quanta.particle("6Li").mass or math.nan}
        return compared(condition, number(form, atom), number(row, atom), what=f"`{row}`") if unit.holds else unit

    return work


def claims() -> tuple[Claim, ...]:
    """The claims of this chapter, in the paper's order."""
    return (*_vacuum(), *_mass())


def _vacuum() -> tuple[Claim, ...]:
    return (
        Claim(
            item="eq 10", chapter=CHAPTER, rows=("em", "e", "conductance"), form="e^2/(2*eps0*h*c)",
            says="The squared charge over the squared Planck charge is alpha = `e^2/(2*eps0*h*c)`.",
            checks=(
                Identity(
                    condition="q_P^2 = 4 pi eps0 hbar c", derived="e^2/q_P^2", given=PLANCK_CHARGE, what="`e^2/q_P^2`"
                ),
                Number(condition="its value", derived=_fine_structure, what="the measured alpha"),
            ),
            corrected=lambda: f"`q_P` is {shown(math.sqrt(number('2*eps0*h*c')), 7)} C",
        ),
        Claim(
            item="eq 11", chapter=CHAPTER, rows=("em", "conductance"), form="eps0*c", mended="2*eps0*c",
            says="Putting the Planck charge in place of e in `e^2/h` gives `eps0*c`.",
            checks=(
                AnyOf(
                    condition="the rule, with any number of spins",
                    readings=tuple(_of_a_rule(spin) for spin in (1, 2, 4)),
                ),
            ),
            corrected=lambda: f"`q_P^2/h` = `2*eps0*c`, {shown(number('2*eps0*c'), 7)} S",
            remark=lambda: (
                f"As the admittance of the vacuum `eps0*c` is right: {shown(number('eps0*c'), 7)} S, "
                f"{shown(number('eps0*c') * _impedance(), 9)} of 1/Z0; it does not come from this rule."
            ),
        ),
    )  # fmt: skip


def _mass() -> tuple[Claim, ...]:
    mass = ("m", "conductance")
    return (
        Claim(
            item="eq 12", chapter=CHAPTER, rows=mass, form="m^2*N*Gamma/h_s",
            says="The conductance of neutral mass is `m^2*N*Gamma/h_s`.",
            checks=(
                Identity(condition="(1) with mass for charge", derived="m^2/e^2*(e^2*N*Gamma/h_s)", what="(1) times m^2/e^2"),
                Dimension(condition="its unit", unit="kg^2/(J s)"),
            ),
            remark=lambda: "It is driven by a difference of chemical potential over mass.",
        ),
        Claim(
            item="eq 13", chapter=CHAPTER, rows=mass, form="m^2/h",
            says="Its quantum is `m^2/h`.",
            checks=(
                Identity(condition="(12) at N = 1, Gamma = 1, h_s = h", derived="m^2*N*Gamma/h_s", given=UNIT),
                Dimension(condition="its unit", unit="kg^2/(J s)"),
            ),
            remark=lambda: f"Of 3He with both spins it is twice that, {shown(2 * mass_quantum('3He'), 7)} kg^2/(J s).",
        ),
        Claim(
            item="eq 14", chapter=CHAPTER, rows=mass, form="1.25e-27",
            says="Of an electron it is 1.25e-27 kg^2/(J s).",
            checks=(Rounds(condition="CODATA", derived=lambda: mass_quantum("electron")),),
            corrected=lambda: f"{shown(mass_quantum('electron'), 7)} kg^2/(J s)",
        ),
        Claim(
            item="text after 14", chapter=CHAPTER, rows=("N", "m", "conductance"), form="1/h",
            says="Steps of 6Li in units of `1/h` confirm the quantum of mass.",
            checks=(
                Computed(condition="the quantum of row N", work=_measured_in("1/h")),
                Computed(condition="the quantum of row m", work=_measured_in("m^2/h")),
            ),
            corrected=lambda: f"`1/h` confirms row N; of 6Li `m^2/h` is {shown(mass_quantum('6Li'), 7)} kg^2/(J s)",
            remark=lambda: (
                f"The two differ by m^2, {shown((quanta.particle('6Li').mass or math.nan) ** 2)} kg^2, which the experiment "
                "(Krinner et al. 2015, doi 10.1038/nature14049) did not measure."
            ),
        ),
    )  # fmt: skip


def planck_constants() -> tuple[float, float, float]:
    """(h, kB, c) as the package has them at this moment."""
    known = constants()
    return known["h"], known["kB"], known["c"]
