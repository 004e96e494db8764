"""Computations that are broken on purpose: a verdict that does not move when its computation does would be typed in.

Every statement that holds is spoilt, every statement that fails is mended, and constants, measurements and integrals are
replaced; the sources of the right forms are those of tests/audit/test_verdicts.py."""

import contextlib
import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from gzero import quanta
from gzero.audit import diffusion, experiments, gases, quantum_units, radiation
from gzero.audit.item import Claim, judge
from gzero.audit.paper import claims
from gzero.errors import ConfigError

CLAIMS = {claim.item: claim for claim in claims()}
VERDICT = {name: judge(claim).verdict for name, claim in CLAIMS.items()}


def rebuilt(name: str) -> Claim:
    """The claim, built again: its checks then take what has been replaced meanwhile."""
    return next(claim for claim in claims() if claim.item == name)


FAILS = [name for name, verdict in VERDICT.items() if verdict == "inconsistent"]
HOLDS = [name for name, verdict in VERDICT.items() if verdict == "consistent"]
DEPENDS = [name for name, verdict in VERDICT.items() if verdict == "conditional"]


@pytest.mark.parametrize("name", FAILS)
def test_what_fails_holds_when_it_is_mended(name: str) -> None:
    """The same checks, of the corrected form: all of them must pass."""
    mended = CLAIMS[name].mended
    assert mended is not None
    assert judge(CLAIMS[name], mended).verdict == "consistent"


@pytest.mark.parametrize("name", [n for n in DEPENDS if CLAIMS[n].mended])
def test_what_depends_holds_everywhere_when_it_is_mended(name: str) -> None:
    assert judge(CLAIMS[name], CLAIMS[name].mended).verdict == "consistent"


#: A factor of 2 is not seen where the claim is about the dimension only, and digits are no formula.
BLIND_TO_TWO = {"eq 26 dimension": "kB*N*D/L", "eq 14": "1.26e-27", "number 7.3e-4": "7.2e-4"}


@pytest.mark.parametrize("name", HOLDS)
def test_what_holds_fails_when_it_is_spoilt(name: str) -> None:
    """Twice each part of the form (or another unit, or another digit) no longer holds in all cases."""
    pieces = CLAIMS[name].form.split(" ; ")
    for i, piece in enumerate(pieces):
        spoilt = [*pieces]
        spoilt[i] = BLIND_TO_TWO.get(name, f"2*({piece})")
        assert judge(CLAIMS[name], " ; ".join(spoilt)).verdict != "consistent", piece


@pytest.mark.parametrize("name", [n for n in HOLDS if n not in BLIND_TO_TWO and n != "Si electrons 300 K"])
def test_another_dimension_is_seen(name: str) -> None:
    first, *rest = CLAIMS[name].form.split(" ; ")
    with contextlib.suppress(ConfigError):  # a check by numbers refuses a letter that it has no value for
        assert judge(CLAIMS[name], " ; ".join([f"L*({first})", *rest])).verdict != "consistent"


#: item, another form, and what its checks say of it.
OTHER_FORMS = [
    ("eq 2 second equality", "3*kB*T*tau_T", "inconsistent"),  # wrong also where F = 1
    ("eq 5", "2*l/L", "inconsistent"),  # wrong also in the diffusive limit
    ("eq 7", "3*h_s", "inconsistent"),
    ("eq 8 second equality", "e^2*N/(2*h_s)", "conditional"),  # right for the gas, wrong for the postulate
    ("eq 8 second equality", "3*e^2*N/h_s", "inconsistent"),
    ("eq 9", "(2*n + 1)*hbar^2*pi^2/(2*m*W^2)", "conditional"),  # a gap is no level
    ("eq 9", "hbar^2*n^2/(2*m*W^2)", "inconsistent"),
    ("text after 14", "m^2/h", "conditional"),  # of the other row
    ("text after 14", "1/kB", "inconsistent"),
    ("eq 15", "5*N*kB^2*T*Gamma/(2*h_s)", "inconsistent"),  # classical: but then the two printed forms differ
    ("phonon analogue of 17", "2*P*N*kB*s/L", "inconsistent"),
    ("eq 20", "2*h*Gamma/m", "inconsistent"),
    ("text after 21", "h/m^2", "inconsistent"),
    ("text after 21", "h/(4*pi*m)", "consistent"),  # hbar/2m itself
    ('text "absence of experiments"', "1", "inconsistent"),
    ("Si numbers 77 K", "2.6e-2 ; 0.61e-2", "consistent"),  # electrons as the fit has them, 2.58e-2
    ("Si numbers 77 K", "1.6e-2 ; 1.2e-2", "inconsistent"),
    ("Si comparison", "2*D*m0/h", "inconsistent"),
    ("eq 15", "pi^2*N*kB^2*T*Gamma/h_s", "inconsistent"),
    ("eq 22", "3*m*N*Gamma^2", "inconsistent"),
    ("eq 11", "4*eps0*c", "consistent"),  # with two spins in a mode the rule does give this
    ("eq 11", "3*eps0*c", "inconsistent"),
    ("text G x D", "h/m ; m", "inconsistent"),
    ("text G x D", "1/m ; e^2/m ; m", "consistent"),
    ("text each unit contains h", "N e m", "consistent"),
    ("text each unit contains h", "N em", "inconsistent"),
    ("eq 28 universality", "pi^2*kB^2*T/h", "conditional"),  # free of L, with h, and three times too large
    ("Table I quantum diffusive", "h*Gamma*lambda/m", "inconsistent"),
    ("Table II em", "c*L ; 2*eps0*c", "conditional"),  # the rule, but no longer 1/Z0
    ("Table II em", "c*L ; 3*eps0*c", "inconsistent"),
    ("Table II em", "2*c*L ; eps0*c", "inconsistent"),
    ("Table II pht", "2*c*L ; pi^4/(30*zeta(3))*kB*c/L", "inconsistent"),
    ("Table IV pht", "pi^5/(15*zeta(3))*kB*c^2/L ; h/m", "inconsistent"),
]


@pytest.mark.parametrize(("name", "form", "verdict"), OTHER_FORMS)
def test_other_forms(name: str, form: str, verdict: str) -> None:
    assert judge(CLAIMS[name], form).verdict == verdict


def test_every_item_is_spoilt_or_mended_somewhere() -> None:
    """The tests above leave out none of the 78."""
    covered = {*HOLDS, *FAILS, *(n for n in DEPENDS if CLAIMS[n].mended), *(name for name, *_ in OTHER_FORMS)}
    assert covered == set(CLAIMS)


@pytest.mark.parametrize(
    "prefactor", ["pi^4/(15*zeta(3))", "pi^5/(15*zeta(3))", "2*pi^5/(15*zeta(3))", "pi^4/(90*zeta(3))"]
)
def test_only_one_prefactor_radiates_as_stefan_and_boltzmann_say(prefactor: str) -> None:
    """pi^4/(30 zeta(3)), physics.md section 1; that of the heat content, pi^4/(90 zeta(3)) 3, is none either."""
    assert judge(CLAIMS["eq 17"], f"{prefactor}*N*kB*c/L").verdict == "inconsistent"
    assert judge(CLAIMS["Table II phn"], f"s*L ; {prefactor}*kB*s/L").verdict == "inconsistent"


# -- constants --------------------------------------------------------------------------------------------------------


def _value(monkeypatch: pytest.MonkeyPatch, name: str, factor: float) -> None:
    monkeypatch.setattr(quanta, name, getattr(quanta, name) * factor)


@pytest.mark.parametrize(
    ("constant", "factor", "name", "verdict"),
    [
        ("H", 1.01, "eq 10", "conditional"),  # the identity stays, the measured alpha goes
        ("H", 1.01, "eq 14", "inconsistent"),
        ("H", 1.01, "number 7.3e-4", "consistent"),  # 7.347e-4 still rounds to it
        ("H", 1.02, "number 7.3e-4", "inconsistent"),
        ("H", 1.01, "eq 21", "conditional"),  # CODATA's quantum of circulation
        ("E", 1.01, "eq 10", "conditional"),
        ("KB", 1.2, "Si electrons 300 K", "inconsistent"),  # 2.7 standard uncertainties
        ("KB", 1.21, "Si holes 300 K", "consistent"),  # the printed 1.5e-3 would be right
        ("C", 1.01, "Table II em", "inconsistent"),
        ("LORENZ", 2.0, "eq 15 vs 16", "conditional"),
        ("KAPPA0", 2.0, "eq 28 universality", "inconsistent"),
    ],
)
def test_constants(constant: str, factor: float, name: str, verdict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _value(monkeypatch, constant, factor)
    assert judge(rebuilt(name)).verdict == verdict


def test_the_impedance_of_the_vacuum(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were Z0 half as large, the rule of (10) would be right about the vacuum and the printed form in no reading."""
    monkeypatch.setattr(quantum_units, "_impedance", lambda: 376.730313412 / 2)
    assert judge(rebuilt("Table II em")).verdict == "inconsistent"
    assert judge(rebuilt("Table II em"), "c*L ; 2*eps0*c").verdict == "consistent"


# -- measurements -----------------------------------------------------------------------------------------------------


def test_another_mobility_of_holes(monkeypatch: pytest.MonkeyPatch) -> None:
    """580(15) cm^2/Vs is what the printed number asks for."""
    monkeypatch.setattr(experiments, "JACOBONI", {**experiments.JACOBONI, "holes": (1.35e8 * 580 / 479.4, 2.20)})
    assert judge(rebuilt("Si holes 300 K")).verdict == "conditional"  # one of the two sources


def test_an_experiment_on_electrons(monkeypatch: pytest.MonkeyPatch) -> None:
    """A measured diffusivity of electrons near h/m would contradict the paper altogether."""
    found = (replace(experiments.SPIN_DIFFUSION[0], what="an electron gas"),)
    claim = CLAIMS['text "absence of experiments"']
    check = diffusion._count(found)
    assert not check.case("0").holds
    assert judge(replace(claim, checks=(check, claim.checks[1]))).verdict == "inconsistent"


def test_without_the_experiments_on_atoms() -> None:
    claim = CLAIMS['text "absence of experiments"']
    none = diffusion._count(tuple(replace(p, std=p.value) for p in experiments.SPIN_DIFFUSION))
    assert judge(replace(claim, checks=(claim.checks[0], none))).verdict == "consistent"


def test_another_stefan_boltzmann_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the measured constant twice as large, (17) would contradict Planck's law only."""
    twice = replace(experiments.STEFAN_BOLTZMANN, value=2 * 5.6704e-8)
    monkeypatch.setattr(radiation, "STEFAN_BOLTZMANN", twice)
    assert judge(rebuilt("eq 17")).verdict == "conditional"


# -- integrals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("integral", "wrong", "name", "verdict"),
    [
        ("bose_moment", lambda n, **_: 2 * math.pi, "eq 18", "inconsistent"),
        ("radiated", lambda *_: 1.0, "eq 17", "inconsistent"),
        ("maxwell_heat", lambda power: math.pi**2 / 3, "eq 15", "consistent"),
        ("degenerate_heat", lambda: 2.5, "eq 15", "inconsistent"),
        ("degenerate_heat", lambda: 2.5, "eq 16", "conditional"),
        ("heat_of_mode", lambda eta: 4.0, "eq 16", "conditional"),
        ("open_mode", lambda eta: 2.00977, "eq 1 vs Landauer", "conditional"),  # right at eta = 10, if f0 were that
        ("velocity_squared", lambda d, eta, statistics="fermi": 1.0, "eq 3", "inconsistent"),
        ("inverse_fano", lambda d, eta, statistics="fermi": 1.0, "eq 2 second equality", "conditional"),
    ],
)
def test_integrals(
    integral: str, wrong: Callable[..., float], name: str, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another value of an integral moves the verdict that rests on it."""
    monkeypatch.setattr(gases, integral, wrong)
    assert judge(rebuilt(name)).verdict == verdict
