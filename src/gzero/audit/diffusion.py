"""Equations (19) to (25) and (29), and the numbers of silicon: diffusion and its quantum."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gzero import quanta
from gzero.audit.algebra import constants, number
from gzero.audit.checks import Computed, Dimension, Identity, Measured, Number, Rounds, parts, shown
from gzero.audit.drude import DRUDE, UNIT
from gzero.audit.experiments import (
    ELECTRON_DIFFUSION,
    SI_ELECTRONS,
    SI_HOLES,
    SI_MASSES,
    SPIN_DIFFUSION,
    Published,
    einstein,
    jacoboni,
)
from gzero.audit.item import Case, Claim

CHAPTER = "Diffusion"

_MASSIVE = ("N", "e", "m", "diffusion")
_BOTH = ("N", "e", "m", "conductance", "diffusion")
_PHOTON = ("eps", "diffusion")
#: The paper's diffusion coefficients of silicon [m^2/s]: carrier, T [K], D.
PRINTED_SI = (
    ("electrons", 77, "1.6e-2"),
    ("holes", 77, "0.61e-2"),
    ("electrons", 300, "3.5e-3"),
    ("holes", 300, "1.5e-3"),
)


def diffusion_quantum(name: str) -> float:
    """h/m [m^2/s] of a particle."""
    found = quanta.parse_quantum("h/m", quanta.Conditions(mass=quanta.particle(name).mass)).value
    assert found is not None, name
    return found


def _circulation() -> float:
    from scipy.constants import physical_constants

    return 2 * float(physical_constants["quantum of circulation"][0])


def _quanta_of_the_day() -> str:
    told = ", ".join(
        f"{shown(diffusion_quantum(name), 7)} ({said})"
        for name, said in (("electron", "electron"), ("6Li", "6Li"), ("3He", "3He"))
    )
    return f"{told} m^2/s"


def _count(found: Sequence[Published]) -> Computed:
    """How many published diffusivities lie two standard uncertainties above zero and within ten quanta h/m or hbar/m."""

    def work(condition: str, form: str) -> Case:
        seen = [p for p in found if p.value >= 2 * p.std and 0.1 <= p.value <= 10 * 2 * math.pi]
        holds = len(seen) == number(form)
        return Case(condition=condition, holds=holds, found=f"{len(seen)} found")

    return Computed(condition="charge carriers" if found is ELECTRON_DIFFUSION else "neutral atoms", work=work)


def _seen() -> str:
    told = "; ".join(
        f"{p.what}: {shown(p.value)} with std {shown(p.std)} hbar/m, {shown(p.value / p.std, 2)} std above zero ({p.reference})"
        for p in SPIN_DIFFUSION
    )
    return f"Measured in spin transport: {told}."


def _extrapolated(carrier: str, mobility: Published) -> Measured:
    """The fit of Jacoboni et al. at 77 K, with the relative uncertainty of the mobility at 300 K."""

    def at_77() -> tuple[float, float]:
        fitted = jacoboni(carrier, 77.0)
        return fitted, fitted * mobility.std / mobility.value

    return Measured(
        condition=f"{carrier} by the mobility fit of Jacoboni et al.", measured=at_77, part=0 if carrier == "electrons" else 1
    )  # fmt: skip


def _beyond_the_fit() -> str:
    below = 1 - 1.6e-2 / jacoboni("electrons", 77.0)
    return (
        "The fit is read below its own range (150 K, holes 100 K), with the relative uncertainty of the mobility at 300 K; the "
        f"printed value of the electrons lies {shown(100 * below, 2)} % below it, and was found in no other page."
    )


def _needed() -> str:
    mobility = 1.5e-3 / (quanta.KB * 300 / quanta.E)
    return (
        f"The printed value asks for {shown(1e4 * mobility, 3)} cm^2/Vs, which is "
        f"{shown(100 * (mobility / SI_HOLES.value - 1), 2)} % more than measured. {SI_HOLES.reference}, doi {SI_HOLES.doi}; "
        "Jacoboni et al. 1977, doi 10.1016/0038-1101(77)90054-5."
    )


def _of_silicon(effective: bool) -> str:
    mass, h = constants()["m0"], quanta.H
    told = [float(d) * mass / h * (SI_MASSES[carrier] if effective else 1.0) for carrier, _, d in PRINTED_SI]
    return ", ".join(shown(value, 3) for value in told)


def _carrier(carrier: str, printed: str) -> Number:
    """D m/h of a carrier, over l/lambda with the mass that it moves with."""
    return Number(
        condition=f"{carrier} of silicon, {shown(SI_MASSES[carrier], 2)} m_e",
        derived=lambda: float(printed) * SI_MASSES[carrier] * constants()["m0"] / quanta.H,
        values={"D": float(printed)}, what="l/lambda",
    )  # fmt: skip


def _all_equal(condition: str, form: str) -> Case:
    """Every form of a chain of equalities against the first, with eps = h f and m_r = h f/c^2."""
    first, *others = parts(form)
    given = {"eps": "h*f", "m_r": "h*f/c^2"}
    cases = [Identity(condition=other, derived=first, given=given).case(other) for other in others]
    failed = [case for case in cases if not case.holds]
    found = failed[0].found if failed else f"all {len(cases) + 1} forms are identical"
    return Case(condition=condition, holds=not failed, found=found)


def claims() -> tuple[Claim, ...]:
    """The claims about (19) to (25), in the paper's order."""
    return (*_coefficient(), *_silicon(), *_relations())


def _coefficient() -> tuple[Claim, ...]:
    electron = {"h_s": "m*v*L"}
    return (
        Claim(
            item="eq 19", chapter=CHAPTER, rows=_MASSIVE, form="h_s*Gamma/m",
            says="The diffusion coefficient v^2 tau is `h_s*Gamma/m`.",
            checks=(
                Identity(condition="h_s = m v L", derived="v^2*tau", given=DRUDE),
                Dimension(condition="its unit", unit="m^2/s"),
            ),
            remark=lambda: "With kB T tau_T for the action it becomes Einstein's kB T tau/m, which lacks the factor F.",
        ),
        Claim(
            item="eq 20", chapter=CHAPTER, rows=_MASSIVE, form="h*Gamma/m", mended="h*l/(m*lambda)",
            says="In the quantum limit it is `h*Gamma/m`, Gamma = l/L.",
            checks=(
                Identity(
                    condition="L = lambda", derived="v*l", given={"Gamma": "l/L", "L": "lambda", "lambda": "h/(m*v)"}
                ),
                Identity(
                    condition="L = 10 lambda", derived="v*l", given={"Gamma": "l/L", "L": "10*lambda", "lambda": "h/(m*v)"}
                ),
            ),
            corrected="`h*l/(m*lambda)`, lambda = `h/(m*v)`, whatever L is",
            remark=lambda: (
                "D m/h is l/lambda and may exceed 1: in silicon at 77 K it is "
                f"{shown(1.6e-2 * SI_MASSES['electrons'] * constants()['m0'] / quanta.H, 3)} for electrons."
            ),
        ),
        Claim(
            item="eq 21", chapter=CHAPTER, rows=_MASSIVE, form="h/m",
            says="The quantum of diffusion is `h/m`.",
            checks=(
                Identity(condition="(19) at Gamma = 1, h_s = h", derived="h_s*Gamma/m", given=UNIT),
                Dimension(condition="its unit", unit="m^2/s"),
                Number(
                    condition="an electron", derived=_circulation, values={"m": constants()["m0"]}, what="CODATA's quantum of circulation"
                ),
            ),
            corrected=_quanta_of_the_day,
            remark=lambda: "It is a postulate: hbar/2m (Fuerth, Nelson) is 4 pi smaller, hbar/m (cold atoms) 2 pi.",
        ),
        Claim(
            item="text after 21", chapter=CHAPTER, rows=_MASSIVE, form="h/m",
            says="Fuerth's relation of 1933 and the uncertainty relation give the same `h/m`.",
            checks=(
                Dimension(condition="its dimension", unit="m^2/s", needed=False),
                Identity(condition="its value", derived="hbar/(2*m)", given={"hbar": "h/(2*pi)"} | electron, what="their `hbar/2m`"),
            ),
            corrected="`hbar/2m`, the same to an order of magnitude",
        ),
        Claim(
            item="number 7.3e-4", chapter=CHAPTER, rows=_MASSIVE, form="7.3e-4",
            says="Of an electron the quantum of diffusion is 7.3e-4 m^2/s.",
            checks=(Rounds(condition="CODATA", derived=lambda: diffusion_quantum("electron")),),
            corrected=lambda: f"{shown(diffusion_quantum('electron'), 7)} m^2/s",
        ),
    )  # fmt: skip


def _silicon() -> tuple[Claim, ...]:
    charge = ("e", "diffusion")
    electrons, holes = PRINTED_SI[2], PRINTED_SI[3]
    return (
        Claim(
            item='text "absence of experiments"', chapter=CHAPTER, rows=_MASSIVE, form="0",
            says="No experiment has measured diffusion near its quantum.",
            checks=(_count(ELECTRON_DIFFUSION), _count(SPIN_DIFFUSION)),
            corrected="none for electrons; diffusion of spin and sound in cold atoms has been measured",
            remark=_seen,
        ),
        Claim(
            item="Si numbers 77 K", chapter=CHAPTER, rows=charge, form="1.6e-2 ; 0.61e-2",
            says="At 77 K silicon has D = 1.6e-2 m^2/s for electrons and 0.61e-2 m^2/s for holes.",
            checks=(_extrapolated("electrons", SI_ELECTRONS), _extrapolated("holes", SI_HOLES)),
            remark=_beyond_the_fit,
        ),
        Claim(
            item="Si electrons 300 K", chapter=CHAPTER, rows=charge, form="3.5e-3",
            says="At 300 K electrons of silicon have D = 3.5e-3 m^2/s.",
            checks=(
                Measured(condition="the mobility of Ludwig and Watters", measured=lambda: einstein(SI_ELECTRONS, 300.0)),
            ),
            corrected=lambda: f"{shown(einstein(SI_ELECTRONS, 300.0)[0], 3)} m^2/s, std {shown(einstein(SI_ELECTRONS, 300.0)[1], 2)}",
            remark=lambda: f"{SI_ELECTRONS.reference}, doi {SI_ELECTRONS.doi}.",
        ),
        Claim(
            item="Si holes 300 K", chapter=CHAPTER, rows=charge, form="1.5e-3", mended="1.24e-3",
            says="At 300 K holes of silicon have D = 1.5e-3 m^2/s.",
            checks=(
                Measured(condition="the mobility of Ludwig and Watters", measured=lambda: einstein(SI_HOLES, 300.0)),
                Measured(
                    condition="the mobility fit of Jacoboni et al.",
                    measured=lambda: (jacoboni("holes", 300.0), einstein(SI_HOLES, 300.0)[1]),
                ),
            ),
            corrected=lambda: f"{shown(einstein(SI_HOLES, 300.0)[0], 3)} m^2/s, std {shown(einstein(SI_HOLES, 300.0)[1], 1)}",
            remark=_needed,
        ),
        Claim(
            item="Si comparison", chapter=CHAPTER, rows=charge, form="D*m0/h",
            says="Diffusion in silicon is measured against `h/m` of the free electron.",
            checks=(
                Identity(
                    condition="carriers with the mass of an electron", derived="l/lambda",
                    given={"D": "v*l", "lambda": "h/(m0*v)"},
                ),
                _carrier("electrons", electrons[2]),
                _carrier("holes", holes[2]),
            ),
            corrected=lambda: f"with the carriers' own masses D m/h is {_of_silicon(True)}",
            remark=lambda: f"With m_e it is {_of_silicon(False)} (electrons, holes at 77 K, then at 300 K): l/lambda, no transmission.",
        ),
    )  # fmt: skip


def _relations() -> tuple[Claim, ...]:
    light = {"m_r": "h*f/c^2", "lambda": "c/f"}
    both = "(m^2*N*Gamma/h_s)*(h_s*Gamma/m)"
    return (
        Claim(
            item="eq 22", chapter=CHAPTER, rows=("m", "conductance", "diffusion"), form="m", mended="m*N*Gamma^2",
            says="Conductance of mass times diffusion is m, for classical and quantum particles.",
            checks=(
                Identity(condition="N = 1, Gamma = 1", derived=both, given={"N": "1", "Gamma": "1"}, what="(12) times (19)"),
                Identity(condition="Gamma = 1/2", derived=both, given={"N": "1", "Gamma": "1/2"}, what="(12) times (19)"),
                Identity(condition="N = 2", derived=both, given={"N": "2", "Gamma": "1"}, what="(12) times (19)"),
            ),
            corrected="`m*N*Gamma^2`",
        ),
        Claim(
            item="eq 23", chapter=CHAPTER, rows=("e", "conductance", "diffusion"), form="e^2*m*N*D/((L*m)^2*v^2)",
            says="Conductance follows from diffusion as `e^2*m*N*D/((L*m)^2*v^2)`.",
            checks=(
                Identity(condition="the other form", derived="e^2*m*N*D/h_s^2", given=DRUDE),
                Identity(condition="(1) and (19)", derived="e^2*N*Gamma/h_s", given=DRUDE | {"D": "v^2*tau"}),
            ),
            corrected="v^2 is the mean of the square, though the bar is printed over v",
        ),
        Claim(
            item="eq 24", chapter=CHAPTER, rows=("e", "conductance", "diffusion"), form="e^2*m*D/h^2",
            says="The quanta of charge and diffusion are related by `e^2*m*D/h^2`.",
            checks=(Identity(condition="D = h/m", derived="e^2/h", given={"D": "h/m"}), Dimension(condition="its unit", unit="S")),
        ),
        Claim(
            item="eq 25", chapter=CHAPTER, rows=_PHOTON, form="h/m_r",
            says="Of a photon the quantum of diffusion is `h/m_r` = `c*lambda`.",
            checks=(
                Identity(condition="m_r = h f/c^2", derived="c*lambda", given=light),
                Dimension(condition="its unit", unit="m^2/s"),
            ),
            corrected=lambda: f"{shown(number('h*c^2/eps', {'eps': quanta.E}), 7)} m^2/s at 1 eV",
        ),
    )  # fmt: skip


def photon_units() -> tuple[Claim, ...]:
    """The claim about (29)."""
    form = "eps^2/h ; m_r^2*c^4/h ; eps*f ; h*f^2"
    return (
        Claim(
            item="eq 29", chapter=CHAPTER, rows=("eps", "conductance"), form=form,
            says="The unit of a photon's energy is `eps^2/h` = `m_r^2*c^4/h` = `eps*f` = `h*f^2`.",
            checks=(
                Computed(condition="eps = h f = m_r c^2", work=_all_equal),
                Dimension(condition="its unit", unit="W"),
            ),
        ),
    )  # fmt: skip
