"""Equations (1) to (9): Drude's conductance rewritten with an action, its Fano factor, its transmission, its quantum limit."""

from __future__ import annotations

import math
from collections.abc import Callable

from gzero import quanta
from gzero.audit import gases
from gzero.audit.algebra import constants, expression, number, spelled
from gzero.audit.checks import Computed, Dimension, Identity, compared, shown
from gzero.audit.item import Case, Claim

CHAPTER = "Modified Drude relations"

#: The letters of the modified Drude model in terms of m, v, L and tau: the action is m v L.
DRUDE = {"h_s": "m*v*L", "Gamma": "l/L", "l": "v*tau", "tau_T": "L/v"}
#: One particle, passing with certainty, with the quantum of action.
UNIT = {"N": "1", "Gamma": "1", "h_s": "h"}
#: Unit of the conductance of every quasi-particle, and what stands for q.
_ROWS = {"1": "1/(J s)", "e": "S", "m": "kg^2/(J s)", "eps": "W"}

_ALL = ("N", "e", "m", "eps", "conductance")

#: Reduced chemical potentials from non-degenerate to degenerate.
ETAS = (-10.0, 0.0, 4.0, 10.0)


def mode_of_gas(eta: float, lengths: float) -> dict[str, float]:
    """N, h_s, l, L, lambda_b, f0 [SI] of electrons in one mode at 1 K, with L so many mean free paths long."""
    known = constants()
    number_, variance = gases.number_and_variance(1, eta)
    speed = math.sqrt(known["kB"] / known["m0"] * number_ / variance)
    path = 1e-6
    length = lengths * path
    # N = (L/h) sqrt(2 pi m kB T) F_{-1/2}, and F_{-1/2} is the integral over sqrt(pi)
    particles = length / known["h"] * math.sqrt(2 * known["m0"] * known["kB"]) * number_
    ballistic = gases.drude_over_landauer(eta) * path
    action = known["m0"] * speed * length
    return {
        "N": particles, "h_s": action, "l": path, "L": length, "lambda_b": ballistic, "f0": gases.open_mode(eta), "Gamma": path / length,
    }  # fmt: skip


def _against_landauer(eta: float) -> Callable[[str, str], Case]:
    """At the ballistic end, where Gamma is 1: what the form gives over (e^2/h) f(0)."""

    def work(condition: str, form: str) -> Case:
        gas = mode_of_gas(eta, 1e-6) | {"Gamma": 1.0}
        landauer = quanta.E2_OVER_H * gas["f0"]
        return compared(condition, number(form, gas), landauer, within=1e-4, what="`e^2*f0/h`")

    return work


def _transmission(eta: float, lengths: float) -> Callable[[str, str], Case]:
    """e^2 N/h_s times the form, over Landauer's (e^2/h) f(0) lambda_b/(lambda_b + L)."""

    def work(condition: str, form: str) -> Case:
        gas = mode_of_gas(eta, lengths)
        drude = number("e^2*N/h_s", gas) * number(form, gas)
        landauer = quanta.E2_OVER_H * gas["f0"] * gas["lambda_b"] / (gas["lambda_b"] + gas["L"])
        return compared(condition, drude, landauer, within=1e-3, what="Landauer's conductance")

    return work


def _probability(condition: str, form: str) -> Case:
    value = number(form, {"l": 2.0, "L": 1.0})
    return Case(
        condition=condition, holds=0 <= value <= 1, found=f"{shown(value)}, which is no probability", ratio=None
    )


def _paths() -> str:
    ways = ", ".join(f"{shown(gases.ballistic_path(d))} l in {d}D" for d in (1, 2, 3))
    return (
        f"The diffusive ends agree with lambda_b = {ways} of a degenerate gas and "
        f"{shown(gases.drude_over_landauer(-30.0))} l of a classical one."
    )


def _fano(condition: str, form: str, inverse: float) -> Case:
    """The form with kB T tau_T as it is, over m v L = F kB T tau_T."""
    value = number(form, {"T": 1.0, "tau_T": 1.0, "F": inverse})
    return compared(condition, value, inverse * quanta.KB, what="m v L")


def _photon_fano() -> float:
    return gases.bose_moment(2) / gases.bose_moment(2, variance=True)


def _velocities(d: int, statistics: gases.Statistics, etas: tuple[float, ...]) -> Computed:
    """The form at several fillings, over the mean of v_x^2 over what fluctuates, by its own integral; the worst is told."""

    def work(condition: str, form: str) -> Case:
        cases = []
        for eta in etas:
            gas = {"kB": 1.0, "T": 1.0, "m": 1.0, "F": gases.inverse_fano(d, eta, statistics)}
            mean = gases.velocity_squared(d, eta, statistics)
            cases.append(compared(condition, number(form, gas), mean, what="the quadrature of `v^2`"))
        return next((case for case in cases if not case.holds), cases[0])

    kind = {"fermi": "fermions", "bose": "bosons"}[statistics]
    told = " and ".join(f"{eta:g}" for eta in etas).replace(" and ", ", ", max(0, len(etas) - 2))
    return Computed(condition=f"{kind} in {d}D at eta = {told}", work=work)


def _degenerate_velocity() -> str:
    # at eta = 400 the thermal part is below (pi/eta)^2
    found = [gases.velocity_squared(d, 400.0) / (2 * 400.0) for d in (1, 2, 3)]
    return f"Degenerate, over v_F^2: {', '.join(f'{shown(v)} in {d}D' for d, v in enumerate(found, start=1))}. A gas without mass has no such relation."


def _one_level(sign: int) -> Callable[[str, str], Case]:
    """The form with N and dN^2 of one level from its grand partition function, over 1 - f (fermion) or 1 + f (boson)."""

    def work(condition: str, form: str) -> Case:
        import sympy

        eta = sympy.Symbol("eta", negative=True)
        log_z = sign * sympy.log(1 + sign * sympy.exp(eta))
        mean, variance = sympy.diff(log_z, eta), sympy.diff(log_z, eta, 2)
        found = expression(form).subs(
            {sympy.Symbol("dN2", positive=True): variance, sympy.Symbol("N", positive=True): mean}
        )
        holds = sympy.simplify(found - (1 - sign * mean)) == 0
        words = "1 - f" if sign == 1 else "1 + f"
        return Case(condition=condition, holds=holds, found=f"{'' if holds else 'not '}{words}")

    return work


def _long_mode(condition: str, form: str) -> Case:
    """A degenerate gas in an open mode ten wavelengths long: quantised, though h_s = 10 h is not below h."""
    conductance = gases.open_mode(10.0)
    below = number(form, {"h_s": 10 * quanta.H}) <= quanta.H * (1 + 1e-12)
    quantised = abs(conductance - 1) < 1e-3
    return Case(
        condition=condition,
        holds=below is quantised,
        found=f"it conducts {conductance:.4f} `e^2/h` with h_s = 10 h",
        ratio=None,
    )


def _put_in(condition: str, form: str) -> Case:
    """Half the quantum of action: what e^2 N/h_s is there, against e^2/h."""
    value = number(form, {"h_s": quanta.H / 2})
    return compared(condition, quanta.H / value, 1.0, what="the unit, until h is put in place of h_s by hand")


def _wavelengths() -> str:
    atoms, carriers = quanta.particle("6Li").mass or math.nan, 0.26 * constants()["m0"]
    lithium = quanta.H / math.sqrt(atoms * quanta.KB * 42e-9)
    silicon = quanta.H / math.sqrt(carriers * quanta.KB * 300)
    return (
        f"The condition says L <= h/(m v): {shown(1e6 * lithium, 3)} um for 6Li at 42 nK, {shown(1e9 * silicon, 2)} nm for "
        "electrons of 0.26 m_e in silicon at 300 K, both classical."
    )


def _in_a_well(condition: str, form: str) -> Case:
    """Schroedinger's equation between hard walls, with sin(n pi x/W)."""
    import sympy

    x, width, n = sympy.Symbol("x"), sympy.Symbol("W", positive=True), sympy.Symbol("n", positive=True)
    hbar, m = sympy.Symbol("hbar", positive=True), sympy.Symbol("m", positive=True)
    wave = sympy.sin(n * sympy.pi * x / width)
    energy = sympy.simplify(-(hbar**2) / (2 * m) * sympy.diff(wave, x, 2) / wave)
    ratio = sympy.simplify(expression(form) / energy)
    holds = ratio == 1
    return Case(
        condition=condition, holds=holds, found="an eigenvalue of Schroedinger's equation" if holds else f"`{spelled(ratio)}` times it"
    )  # fmt: skip


def _between_levels(condition: str, form: str) -> Case:
    """E_(n+1) - E_n of the same well, for the lowest three n."""
    import sympy

    n = sympy.Symbol("n", positive=True)
    level = expression("hbar^2*pi^2*n^2/(2*m*W^2)")
    gap = level.subs(n, n + 1) - level
    ratios = [sympy.simplify((expression(form) / gap).subs(n, k)) for k in (1, 2, 3)]
    holds = all(ratio == 1 for ratio in ratios)
    found = "the difference of two levels" if holds else f"{', '.join(map(str, ratios))} times the gap for n = 1, 2, 3"
    return Case(condition=condition, holds=holds, found=found, ratio=float(ratios[0]))


def claims() -> tuple[Claim, ...]:
    """The claims of this chapter, in the paper's order."""
    return (*_conductance(), *_statistics(), *_ballistic(), *_quantum())


def _conductance() -> tuple[Claim, ...]:
    return (
        Claim(
            item="eq 1", chapter=CHAPTER, rows=_ALL, form="q^2*N*Gamma/h_s",
            says="Drude's conductance of any quasi-particle q is `q^2*N*Gamma/h_s`.",
            checks=(
                Identity(
                    condition="h_s = m v L", derived="q^2*N*tau/(m*L^2)", given=DRUDE, what="Drude's `q^2*N*tau/(m*L^2)`"
                ),
                *(Dimension(condition=f"q = {q}", unit=unit, given={"q": q}) for q, unit in _ROWS.items()),
            ),
            corrected="h_s is m v L",
            remark=lambda: "With kB T tau_T for the action it would be off by F = `N/dN2`.",
        ),
        Claim(
            item="eq 1 vs Landauer", chapter=CHAPTER, rows=("e", "N", "m", "conductance"), form="e^2*N/h_s",
            says="At Gamma = 1 the form `e^2*N/h_s` is the ballistic conductance of one mode.",
            mended="e^2*f0*lambda_b/(h*(lambda_b + L))",
            checks=tuple(Computed(condition=f"eta = {eta:g}", work=_against_landauer(eta)) for eta in ETAS),
            corrected="`e^2*f0/h*lambda_b/(lambda_b + L)`, `f0` the occupation at the bottom of the mode",
            remark=lambda: f"Limits: {shown(gases.drude_over_landauer(-30.0))} without degeneracy, 2 for a degenerate gas.",
        ),
    )  # fmt: skip


def _statistics() -> tuple[Claim, ...]:
    action = ("N", "e", "m", "conductance", "diffusion")
    return (
        Claim(
            item="eq 2 first form", chapter=CHAPTER, rows=action, form="m*v*L",
            says="The action is defined as h_s = `m*v*L`, v the root of the mean square velocity along x.",
            checks=(
                Dimension(condition="its unit", unit="J s"),
                Identity(
                    condition="Drude's conductance", derived="q^2*N*Gamma/(q^2*N*tau/(m*L^2))", given=DRUDE,
                    what="the action that (1) needs",
                ),
            ),
        ),
        Claim(
            item="eq 2 second equality", chapter=CHAPTER, rows=action, form="kB*T*tau_T", mended="F*kB*T*tau_T",
            says="The same action is `kB*T*tau_T`, tau_T the transit time L/v.",
            checks=(
                Computed(condition="a Poissonian gas", work=lambda c, form: _fano(c, form, 1.0)),
                Computed(
                    condition="a 3D Fermi gas at eta = 20", work=lambda c, form: _fano(c, form, gases.inverse_fano(3, 20.0))
                ),
                Computed(condition="photons", work=lambda c, form: _fano(c, form, _photon_fano())),
            ),
            corrected="`F*kB*T*tau_T`, F = `N/dN2`",
            remark=lambda: (
                f"F is {shown(gases.inverse_fano(3, 20.0))} and {shown(_photon_fano(), 3)} in the last two; of a degenerate "
                f"3D gas it nears 2 T_F/3T (at T = T_F/400 within {shown(abs(gases.inverse_fano(3, 400.0) / (2 * 400 / 3) - 1), 1)})."
            ),
        ),
        Claim(
            item="eq 3", chapter=CHAPTER, rows=action, form="kB*T/m*F",
            says="The mean square velocity over what fluctuates is `kB*T/m*F`, F = `N/dN2`.",
            checks=(
                *(_velocities(d, "fermi", (-10.0, 0.0, 10.0)) for d in (1, 2, 3)),
                _velocities(3, "bose", (-0.1,)),
            ),
            remark=_degenerate_velocity,
        ),
        Claim(
            item="eq 4", chapter=CHAPTER, rows=action, form="dN2/N",
            says="The Fano factor is the variance of the number over its mean, `dN2/N`.",
            checks=(
                Computed(condition="one level of fermions", work=_one_level(1)),
                Computed(condition="one level of bosons", work=_one_level(-1)),
            ),
            remark=lambda: "Both are 1, Poisson's value, where the level is rarely occupied.",
        ),
    )  # fmt: skip


def _ballistic() -> tuple[Claim, ...]:
    both = ("N", "e", "m", "eps", "conductance", "diffusion")
    return (
        Claim(
            item="eq 5", chapter=CHAPTER, rows=both, form="l/L",
            says="The transmission is `l/L`, between 0 and 1.",
            checks=(
                Computed(condition="L = 10^4 l without degeneracy", work=_transmission(-10.0, 1e4)),
                Computed(condition="L = 10^4 l degenerate", work=_transmission(10.0, 1e4)),
                Computed(condition="L = l without degeneracy", work=_transmission(-10.0, 1.0)),
                Computed(condition="L = l degenerate", work=_transmission(10.0, 1.0)),
                Computed(condition="L = l/2", work=_probability),
            ),
            corrected="`lambda_b/(lambda_b + L)`, with the number of modes in place of N/h_s",
            remark=_paths,
        ),
        Claim(
            item="eq 6", chapter=CHAPTER, rows=both, form="v*tau",
            says="The mean free path along x is l = `v*tau`.",
            checks=(
                Dimension(condition="its unit", unit="m"),
                Identity(condition="D = v^2 tau = l v", derived="D/v", given={"D": "v^2*tau"}),
            ),
        ),
        Claim(
            item="eq 7", chapter=CHAPTER, rows=both, form="h_s",
            says="The quantum limit is h_s <= h, and below it h takes the place of h_s.",
            checks=(
                Identity(condition="L = h/(m v), where h_s = h", derived="h", given=DRUDE | {"L": "h/(m*v)"}),
                Computed(condition="L half as long", work=_put_in),
                Computed(condition="an open mode ten wavelengths long", work=_long_mode),
            ),
            corrected="L <= h/(m v) is a label for short samples, not what a plateau needs",
            remark=_wavelengths,
        ),
    )  # fmt: skip


def _quantum() -> tuple[Claim, ...]:
    gas = {"N": "k_F*L/pi", "v": "h*k_F/(2*pi*m)"}  # spinless, one-dimensional, degenerate
    charge = ("e", "conductance")
    return (
        Claim(
            item="eq 8 first equality", chapter=CHAPTER, rows=charge, form="e^2*N*tau_T/(m*L^2)",
            says="The ballistic conductance is Drude's with the transit time, `e^2*N*tau_T/(m*L^2)`.",
            checks=(
                Identity(condition="(1) at Gamma = 1", derived="e^2*N/h_s", given=DRUDE),
                Dimension(condition="its unit", unit="S"),
            ),
            corrected="also `e^2*N/(m*v*L)`",
        ),
        Claim(
            item="eq 8 second equality", chapter=CHAPTER, rows=charge, form="e^2*N/h_s",
            says="That conductance is `e^2/h`.",
            checks=(
                Identity(condition="N = 1 and h_s = h", derived="e^2/h", given={"N": "1", "h_s": "h"}),
                Identity(
                    condition="a spinless degenerate 1D gas at h_s = h", derived="e^2/h",
                    given=gas | {"h_s": "h", "L": "h/(m*v)"},
                ),
                Identity(
                    condition="the same gas with one particle", derived="e^2/h",
                    given=gas | {"h_s": "m*v*L", "L": "pi/k_F"},
                ),
            ),
            corrected="N = 1 and h_s = h, set as a postulate",
            remark=lambda: f"A 1D gas is never in the state N = 1, h_s = h. The value is right: {shown(quanta.E2_OVER_H, 7)} S.",
        ),
        Claim(
            item="eq 9", chapter=CHAPTER, rows=("N", "e", "m", "conductance"), form="hbar^2*pi^2*n^2/(2*m*W^2)",
            says="The gap between transverse modes is `hbar^2*pi^2*n^2/(2*m*W^2)`.",
            checks=(
                Computed(condition="a level between hard walls", work=_in_a_well),
                Computed(condition="the gap above that level", work=_between_levels),
            ),
            corrected="level `hbar^2*pi^2*n^2/(2*m*W^2)`, gap `(2*n + 1)*hbar^2*pi^2/(2*m*W^2)`",
        ),
    )  # fmt: skip
