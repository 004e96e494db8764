"""Equations (17), (18) and (26) to (28): what black-body photons and phonons conduct."""

from __future__ import annotations

import math
from collections.abc import Callable

from gzero import quanta
from gzero.audit import gases
from gzero.audit.algebra import expression, number, substituted
from gzero.audit.checks import Computed, Dimension, Identity, Measured, Number, compared, parts, shown
from gzero.audit.experiments import STEFAN_BOLTZMANN
from gzero.audit.item import Case, Claim
from gzero.audit.quantum_units import planck_constants

CHAPTER = "Radiation"

#: The prefactor of kB c/L a photon that Stefan and Boltzmann's law demands, and the printed one of Tables II to IV.
P_LAW = "pi^4/(30*zeta(3))"
P_PRINTED = "pi^5/(15*zeta(3))"
N_18 = "2*zeta(3)*(L*kB*T)^3/(pi^2*c^3*hbar^3)"
N_27 = "2^4*pi*zeta(3)*L^3*(kB*T)^3/(h*c)^3"

_T, _L, _S = 300.0, 1e-3, 5e3  # any temperature, length and speed of sound: the ratios do not depend on them
_PHOTONS, _PHONONS = ("pht", "conductance"), ("phn", "conductance")


def _situation(speed: float) -> dict[str, float]:
    h, kb, c = planck_constants()
    count = gases.photon_number(_T, _L, speed, h, kb)
    return {"T": _T, "L": _L, "c": c, "s": speed, "N": count, "D": speed * _L}


def _of_the_law(speed: float) -> float:
    h, kb, _ = planck_constants()
    return gases.radiated(_T, _L, speed, h, kb)


def per_quasi_particle(condition: str, *, sound: bool = False, part: int = 0, unit: bool = False) -> Computed:
    """That a form is what a black surface of area L^2 radiates, differentiated by T.

    Parameters
    ----------
    sound : at a speed of sound instead of light.
    unit : the form is of one quasi-particle; it is multiplied by their number.
    """

    def work(words: str, form: str) -> Case:
        speed = _S if sound else planck_constants()[2]
        values = _situation(speed)
        value = number(parts(form)[part], values) * (values["N"] if unit else 1.0)
        return compared(words, value, _of_the_law(speed), what="Stefan and Boltzmann's 4 sigma L^2 T^3")

    return Computed(condition=condition, work=work)


def against_measured(condition: str, *, part: int = 0, unit: bool = False) -> Measured:
    """The Stefan-Boltzmann constant that a form implies, against the measured one."""

    def implied(form: str) -> float:
        values = _situation(planck_constants()[2])
        return number(form, values) * (values["N"] if unit else 1.0) / (4 * _L**2 * _T**3)

    return Measured(
        condition=condition, stated=implied, measured=lambda: (STEFAN_BOLTZMANN.value, STEFAN_BOLTZMANN.std), part=part
    )  # fmt: skip


def _counted(condition: str) -> Number:
    def photons() -> float:
        h, kb, c = planck_constants()
        return gases.photon_number(_T, _L, c, h, kb)

    return Number(
        condition=condition, derived=photons, values={"T": _T, "L": _L}, what="the photons of both polarisations, by quadrature"
    )  # fmt: skip


def _along_the_axis() -> str:
    """What 2 P_SB would be: the heat capacity of all photons, half of them going each way along x."""
    c = planck_constants()[2]
    values = _situation(c)
    # C_V = 4 a T^3 L^3 with a = 4 sigma/c; sigma from the law by quadrature
    capacity = 4 * _of_the_law(c) * _L / c
    printed = number("pi^4*N*kB*c/(15*zeta(3)*L)", values)
    return (
        f"The printed prefactor belongs to photons that all run along the axis: {shown(printed / (capacity * c / (2 * _L)))} "
        f"times C_V c/2L. {STEFAN_BOLTZMANN.reference}, doi {STEFAN_BOLTZMANN.doi}."
    )


def _branches(ratio: float, top: float) -> Callable[[str, str], Case]:
    """One longitudinal and two transverse branches, the longitudinal one `ratio` times as fast, cut at x = `top` kB T.

    Each branch has half the photons' number and half their flux at its own speed; the form sees N and the plain mean of s.
    """

    def work(condition: str, form: str) -> Case:
        h, kb, _ = planck_constants()
        speeds = (ratio * _S, _S, _S)
        cut = gases.bose_moment(2, top=top) / gases.bose_moment(2)
        heat = gases.bose_moment(4, variance=True, top=top) / gases.bose_moment(4, variance=True)
        count = cut * sum(gases.photon_number(_T, _L, speed, h, kb) for speed in speeds) / 2
        flux = heat * sum(gases.radiated(_T, _L, speed, h, kb) for speed in speeds) / 2
        mean = sum(speeds) / 3
        # the prefactor is the corrected one: its own fault is booked at (17)
        value = number(form, {"N": count, "s": mean, "L": _L, "P": number(P_LAW)})
        return compared(condition, value, flux, within=1e-3, what="what the branches radiate")

    return work


def _as_if() -> str:
    small = expression("2^3*zeta(3)*(L*kB*T/(h*c))^3")
    both = substituted(N_27, {}) / small
    between = number(P_PRINTED) / number("pi^4/(15*zeta(3))")
    return (
        f"It is {shown(between)} times that of (17); it would follow from a number of quasi-particles "
        f"{shown(float(both))} times smaller than (27)."
    )


def _letters(condition: str, form: str, letter: str, *, wanted: bool) -> Case:
    import sympy

    there = sympy.Symbol(letter, positive=True) in expression(form).free_symbols
    return Case(condition=condition, holds=there is wanted, found=f"{letter} {'is' if there else 'is not'} in it")


def _one_photon() -> dict[str, float]:
    """The cube that holds one photon at T [m]."""
    h, kb, c = planck_constants()
    length = (1 / gases.photon_number(_T, 1.0, c, h, kb)) ** (1 / 3)
    return {"T": _T, "L": length, "N": 1.0, "D": c * length}


def _is_kappa0(condition: str, form: str) -> Case:
    return compared(condition, number(form, _one_photon()), quanta.KAPPA0 * _T, what="`kappa0*T`")


def _ways_to_normalise() -> str:
    photon = _one_photon()
    forms = (P_LAW, "pi^4/(15*zeta(3))", P_PRINTED, f"2*{P_PRINTED}")
    told = [shown(number(f"{p}*kB*c/L", photon) / (quanta.KAPPA0 * _T)) for p in forms]
    decade = gases.massless_number(1e-6) - gases.massless_number(1e-5)
    return (
        f"At N = 1 (L = {shown(1e6 * photon['L'], 3)} um at 300 K) the law gives {told[0]} kappa0 T, (17) {told[1]}, Table II "
        f"{told[2]}, (28) {told[3]}. In one dimension N cannot be 1: it grows by {shown(decade)} L kB T/hc with every decade "
        "towards zero energy."
    )


def black_body() -> tuple[Claim, ...]:
    """The claims about (17) and (18)."""
    form = "pi^4*N*kB*c/(15*zeta(3)*L)"
    return (
        Claim(
            item="eq 17", chapter=CHAPTER, rows=_PHOTONS, form=form, mended="pi^4*N*kB*c/(30*zeta(3)*L)",
            says=f"Black-body photons in a cube conduct `{form}`.",
            checks=(
                per_quasi_particle("Planck's law"),
                against_measured("the measured Stefan-Boltzmann constant"),
            ),
            corrected=lambda: f"prefactor `{P_LAW}`, {shown(number(P_LAW), 7)}, for the printed {shown(number('pi^4/(15*zeta(3))'), 7)}",
            remark=_along_the_axis,
        ),
        Claim(
            item="eq 17 forms", chapter=CHAPTER, rows=_PHOTONS, form="c/L",
            says="The rate `c/L` is one over the transit time of light.",
            checks=(
                Identity(condition="tau_r = L/c", derived="1/tau_r", given={"tau_r": "L/c"}),
                Dimension(condition="its unit", unit="1/s"),
            ),
        ),
        Claim(
            item="eq 18", chapter=CHAPTER, rows=_PHOTONS, form=N_18,
            says=f"The cube holds `{N_18}` photons.",
            checks=(_counted("Planck's distribution"), Dimension(condition="its unit", unit="1")),
            remark=lambda: "Both polarisations are counted, though the text neglects them.",
        ),
        Claim(
            item="phonon analogue of 17", chapter=CHAPTER, rows=_PHONONS, form="P*N*kB*s/L",
            says="Below the Debye temperature phonons follow (17) with the velocity of sound for c.",
            checks=(
                Computed(condition="branches of one speed, cold", work=_branches(1.0, 50.0)),
                Computed(condition="a longitudinal branch sqrt(3) times as fast, cold", work=_branches(math.sqrt(3), 50.0)),
                Computed(condition="branches of one speed at the Debye temperature", work=_branches(1.0, 1.0)),
            ),
            corrected=f"`{P_LAW}` a quasi-particle, for branches of one speed between black contacts",
            remark=lambda: "Three branches hold 3/2 times the quasi-particles that two polarisations of light would.",
        ),
    )  # fmt: skip


def radiation_and_diffusion() -> tuple[Claim, ...]:
    """The claims about (26) to (28)."""
    relation = f"{P_PRINTED}*kB*N*D/L^2"
    return (
        Claim(
            item="eq 26", chapter=CHAPTER, rows=("pht", "conductance", "diffusion"), form=relation, mended=f"{P_LAW}*kB*N*D/L^2",
            says=f"Radiation conducts `{relation}`, D being c L.",
            checks=(per_quasi_particle("Planck's law"), against_measured("the measured Stefan-Boltzmann constant")),
            corrected=lambda: f"prefactor `{P_LAW}`, {shown(number(P_LAW), 7)}, for the printed {shown(number(P_PRINTED), 7)}",
            remark=_as_if,
        ),
        Claim(
            item="eq 26 dimension", chapter=CHAPTER, rows=("pht", "conductance", "diffusion"), form="kB*N*D/L^2",
            says="The relation of radiation to diffusion, `kB*N*D/L^2`, is a heat conductance.",
            checks=(Dimension(condition="its unit", unit="W/K"),),
        ),
        Claim(
            item="eq 27", chapter=CHAPTER, rows=_PHOTONS, form=N_27,
            says=f"The cube holds `{N_27}` photons.",
            checks=(
                Identity(condition="(18)", derived=N_18, given={"hbar": "h/(2*pi)"}, what="(18)"),
                _counted("Planck's distribution"),
            ),
        ),
        Claim(
            item="eq 28", chapter=CHAPTER, rows=_PHOTONS, form=f"2*{P_PRINTED}*kB*c/L", mended=f"{P_LAW}*kB*c/L",
            says=f"One photon conducts `2*{P_PRINTED}*kB*c/L`.",
            checks=(
                per_quasi_particle("Planck's law", unit=True),
                against_measured("the measured Stefan-Boltzmann constant", unit=True),
            ),
            corrected=lambda: f"`{P_LAW}*kB*c/L`, {shown(number(f'{P_LAW}*kB*c'), 7)} W m/K over L",
            remark=lambda: (
                f"Nor does it follow from (26) at N = 1: it is {shown(number(f'2*{P_PRINTED}') / number(P_PRINTED))} times that, "
                "and as much times the value of Table II."
            ),
        ),
        Claim(
            item="eq 28 universality", chapter=CHAPTER, rows=("pht", "th", "conductance"), form=f"2*{P_PRINTED}*kB*c/L",
            mended="pi^2*kB^2*T/(3*h)", says="That is a fundamental quantum unit.",
            checks=(
                Computed(condition="independence of the sample", work=lambda c, f: _letters(c, f, "L", wanted=False)),
                Computed(condition="Planck's constant", work=lambda c, f: _letters(c, f, "h", wanted=True)),
                Computed(condition="the quantum of one mode, at one photon", work=_is_kappa0),
            ),
            corrected="`kappa0*T` is the unit of one mode",
            remark=_ways_to_normalise,
        ),
    )  # fmt: skip
