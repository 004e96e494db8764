"""Relations between two results: identities, published numbers, what is shared, and what is refused."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants

import gzero
from gzero.errors import ConfigError, InputError, UnitError
from gzero.quanta import Conditions, tables

Estimate = gzero.Estimate
L0 = math.pi**2 * constants.k**2 / (3 * constants.e**2)
KAPPA0 = math.pi**2 * constants.k**2 / (3 * constants.h)


def est(value: float, unit: str, std: float = 0.0, **systematic: float) -> gzero.Estimate:
    return Estimate(value=value, std_stat=std, systematic=systematic, unit=unit)


def channel(value: float, std: float, modes: float = 1.0, kelvin: float = 0.03) -> tuple[gzero.Estimate, ...]:
    """Heat conductance of `modes` channels in units of theirs, their conductance, the temperature."""
    unit = modes * KAPPA0 * kelvin
    g = modes * constants.e**2 / constants.h
    return est(value * unit, "W/K", std * unit), est(g, "S"), est(kelvin, "K")


def test_one_quantum_of_heat_over_one_of_charge_is_the_lorenz_number() -> None:
    """kappa0 T/((e^2/h) T) = pi^2 kB^2/3e^2 = 2.443005e-8 W ohm/K^2 (physics.md section 2), exactly."""
    check = gzero.wiedemann_franz(*channel(1.0, 0.0))
    assert check.ratio.value == pytest.approx(1.0, rel=1e-14)
    assert check.derived["lorenz_number"].value == pytest.approx(2.443005e-8, abs=0.5e-14)
    assert check.decision == "consistent"
    assert "no uncertainty was stated" in check.reason


@pytest.mark.parametrize(
    ("value", "std", "margin", "decision"),
    [
        (1.0, 0.05, 0.1, "consistent"),  # Srivastav et al. 2019, doi 10.1126/sciadv.aaw5798: 5 % per mode
        (1.0, 0.10, 0.1, "undecided"),  # Jezouin et al. 2013, doi 10.1126/science.1241912: 1.00(10) of one channel
        (1.0, 0.10, 0.2, "consistent"),
        (0.304, 0.01, 0.1, "not consistent"),  # one mode far from degeneracy, facts/paper_audit.csv, eq. 16
    ],
)
def test_published_heat_conductances(value: float, std: float, margin: float, decision: str) -> None:
    """1.96 std against the margin: 0.098 < 0.1, 0.196 > 0.1 and < 0.2."""
    assert gzero.wiedemann_franz(*channel(value, std), margin=margin).decision == decision


def test_silver() -> None:
    """L = 2.31e-8 W ohm/K^2 of Ag is 0.946 L0 (facts/published_values.csv; printed to three digits)."""
    check = gzero.wiedemann_franz(est(2.31e-8 * 300.0, "W/K"), est(1.0, "S"), est(300.0, "K"))
    assert check.ratio.value == pytest.approx(0.946, abs=0.0005)


def test_a_shared_gain_cancels_and_another_does_not() -> None:
    """K and G read by one amplifier: 1 % of each from the same source leaves nothing in K/G; two sources leave 1.41 %."""
    t = est(0.1, "K")
    g, k = constants.e**2 / constants.h, KAPPA0 * 0.1
    shared = gzero.wiedemann_franz(est(k, "W/K", gain=0.01 * k), est(g, "S", gain=0.01 * g), t)
    assert shared.ratio.std == pytest.approx(0.0, abs=1e-15)
    apart = gzero.wiedemann_franz(est(k, "W/K", gain_heat=0.01 * k), est(g, "S", gain=0.01 * g), t)
    assert apart.ratio.std == pytest.approx(0.01 * math.sqrt(2), rel=1e-9)
    assert set(apart.ratio.systematic) == {"gain", "gain_heat"}


def test_statistical_parts_join_in_quadrature() -> None:
    """Against 200 000 draws: 1 % of a standard deviation, five times its standard error."""
    d, mu, t = est(3.5e-3, "m^2/s", 0.1e-3), est(1350, "cm^2/(V s)", 50), est(300, "K", 3)
    check = gzero.einstein_relation(d, mu, t)
    rng = np.random.default_rng(1)
    draws = (
        rng.normal(3.5e-3, 0.1e-3, 200_000) * constants.e
        / (rng.normal(0.135, 0.005, 200_000) * constants.k * rng.normal(300, 3, 200_000))
    )  # fmt: skip
    assert check.ratio.std_stat == pytest.approx(float(draws.std()), rel=0.01)


@pytest.mark.parametrize(
    ("carrier", "diffusion", "mobility", "std", "ratio", "decision"),
    [
        ("holes", 1.5e-3, 480, 15, 1.21, "not consistent"),  # 21 % above: facts/published_values.csv
        ("electrons", 3.5e-3, 1350, 100, 1.00, "undecided"),  # 3.49(26)e-3; 7.4 % is too much for a margin of 0.1
    ],
)
def test_silicon(carrier: str, diffusion: float, mobility: float, std: float, ratio: float, decision: str) -> None:
    """D of arXiv:2604.19828 against mu of Ludwig and Watters 1956, doi 10.1103/PhysRev.101.1699, at 300 K."""
    check = gzero.einstein_relation(est(diffusion, "m^2/s"), est(mobility, "cm^2/(V s)", std), est(300, "K"))
    assert check.ratio.value == pytest.approx(ratio, abs=0.005)
    assert check.decision == decision
    expected = {"holes": (1.241e-3, 0.039e-3), "electrons": (3.49e-3, 0.26e-3)}[carrier]
    derived = check.derived["diffusion_of_mobility"]
    assert (derived.value, derived.std) == (pytest.approx(expected[0], rel=2e-3), pytest.approx(expected[1], rel=0.02))


@given(st.floats(1e-6, 10.0), st.floats(1e-3, 1e3), st.floats(1e-31, 1e-25), st.floats(0.01, 2.0))
def test_degenerate_einstein_relation_is_v2_tau(tau: float, kelvin: float, mass: float, fano: float) -> None:
    """D = v^2 tau, v^2 = kB T/(m F), mu = e tau/m (eqs. (3), (19)): the ratio is 1 for every F."""
    d = constants.k * kelvin / (mass * fano) * tau
    check = gzero.einstein_relation(
        est(d, "m^2/s"), est(constants.e * tau / mass, "m^2/(V s)"), est(kelvin, "K"), fano=fano
    )
    assert check.ratio.value == pytest.approx(1.0, rel=1e-12)


def test_conductivity_of_a_two_dimensional_gas() -> None:
    """dn/dmu = m/(pi hbar^2) of a spin-degenerate gas: sigma = n e^2 tau/m and D = v_F^2 tau/2 with n = m E_F/(pi hbar^2)."""
    m, tau, energy = 0.067 * constants.m_e, 1e-11, 8e-3 * constants.e
    states = m / (math.pi * constants.hbar**2)
    sigma, d = states * energy * constants.e**2 * tau / m, energy / m * tau
    check = gzero.einstein_conductivity(est(sigma, "S"), est(d, "m^2/s"), est(states, "1/(J m^2)"))
    assert check.ratio.value == pytest.approx(1.0, rel=1e-12)
    in_ev = est(states * constants.e * 1e-4, "1/(eV cm^2)")
    again = gzero.einstein_conductivity(est(sigma, "S"), est(d * 1e4, "cm^2/s"), in_ev)
    assert again.ratio.value == pytest.approx(1.0, rel=1e-12)
    with pytest.raises(UnitError, match=r"needs dn/dmu in \[1/\(J m\^2\)\]"):
        gzero.einstein_conductivity(est(sigma, "S"), est(d, "m^2/s"), est(states, "1/(J m^3)"))


CONDITIONS = Conditions(mass=9.98834656e-27, temperature=42e-9, length=1e-6, sound_speed=5e3, photon_energy=constants.e)


@pytest.mark.parametrize("row", ["N", "e", "m", "eps", "th", "pht", "phn", "em"])
def test_all_rows_of_the_tables_agree_with_themselves(row: str) -> None:
    """Table II over and times itself is Table III and IV (corrected): G0/D0 and G0 D0 of every row, any N and Gamma."""
    entry = next(r for r in tables(CONDITIONS) if r.row == row)
    g, d = est(entry.conductance.value or 0.0, entry.conductance.unit), est(entry.diffusion.value or 0.0, "m^2/s")
    for check in (
        gzero.conductance_over_diffusion(g, d, row, conditions=CONDITIONS),
        gzero.conductance_times_diffusion(g, d, row, conditions=CONDITIONS),
    ):
        assert check.ratio.value == pytest.approx(1.0, rel=1e-9)
        assert check.decision == "consistent"


@given(st.floats(1.0, 1e4), st.floats(0.01, 3.0), st.floats(0.1, 1e3))
def test_the_generalised_relations_are_identities(carriers: float, gamma: float, action: float) -> None:
    """G = m^2 N Gamma/h_s and D = (h_s/m) Gamma (eqs. (12), (19)): G/D holds no Gamma, G D no h_s."""
    m, h_s = CONDITIONS.mass or 0.0, action * constants.h
    g, d = est(m**2 * carriers * gamma / h_s, "kg^2/(J s)"), est(h_s / m * gamma, "m^2/s")
    over = gzero.conductance_over_diffusion(g, d, "m", conditions=CONDITIONS, carriers=carriers, action=action)
    times = gzero.conductance_times_diffusion(g, d, "m", conditions=CONDITIONS, carriers=carriers, transmission=gamma)
    assert over.ratio.value == pytest.approx(1.0, rel=1e-9)
    assert times.ratio.value == pytest.approx(1.0, rel=1e-9)


def test_one_carrier_at_full_transmission_is_not_assumed_in_silence() -> None:
    """G D = m holds for N Gamma^2 = 1 only (facts/paper_audit.csv, eq. 22): 100 carriers at Gamma = 0.5 make it 25 m."""
    m = CONDITIONS.mass or 0.0
    g, d = est(m**2 * 100 * 0.5 / constants.h, "kg^2/(J s)"), est(constants.h / m * 0.5, "m^2/s")
    check = gzero.conductance_times_diffusion(g, d, "m", conditions=CONDITIONS)
    assert check.ratio.value == pytest.approx(25.0, rel=1e-9)
    assert check.decision == "not consistent"
    assert "N = 1, Gamma = 1" in check.conditions


R_K = constants.h / constants.e**2


@pytest.mark.parametrize("nu", [1, 2, 6, 1 / 3])
def test_an_ideal_plateau(nu: float) -> None:
    """G = nu e^2/h and R_xy = h/(nu e^2), of either sign: no contact resistance."""
    check = gzero.two_terminal_against_hall(est(nu / R_K, "S"), est(-R_K / nu, "ohm"), filling_factor=nu)
    assert check.ratio.value == pytest.approx(1.0, rel=1e-12)
    assert check.derived["filling_factor_hall"].value == pytest.approx(nu, rel=1e-12)
    assert check.derived["contact_resistance"].value == pytest.approx(0.0, abs=1e-9 * R_K)
    assert check.decision == "consistent"


def test_the_excess_is_a_contact_resistance() -> None:
    """420 ohm in series at nu = 2: 1/G - R_xy = 420, with std(1/G) = std(G)/G^2 joined with that of R_xy."""
    r = R_K / 2
    g = 1 / (r + 420)
    check = gzero.two_terminal_against_hall(est(g, "S", 1e-8), est(r, "ohm", 1.0), filling_factor=2, margin=0.02)
    contact = check.derived["contact_resistance"]
    assert contact.value == pytest.approx(420, rel=1e-9)
    assert contact.std == pytest.approx(math.hypot(1e-8 / g**2, 1.0), rel=1e-9)
    assert check.decision == "not consistent"  # 3.3 % is beyond 2 %
    assert "is a contact resistance" in check.reason
    # a shared gain of both readings moves 1/G and R_xy the opposite way
    both = gzero.two_terminal_against_hall(est(g, "S", gain=0.01 * g), est(r, "ohm", gain=-0.01 * r))
    assert both.ratio.std == pytest.approx(0.0, abs=1e-12)


def test_a_missing_resistance_is_no_contact() -> None:
    check = gzero.two_terminal_against_hall(est(1 / (R_K - 500), "S", 1e-9), est(R_K, "ohm", 1.0))
    assert "no contact resistance does" in check.reason


def test_a_wrong_plateau_is_told() -> None:
    """R_xy of nu = 4 is half of that of nu = 2, whatever G says."""
    check = gzero.two_terminal_against_hall(est(4 / R_K, "S"), est(R_K / 4, "ohm"), filling_factor=2)
    assert check.ratio.value == pytest.approx(1.0)
    assert check.decision == "not consistent"
    assert check.derived["hall_over_quantum"].value == pytest.approx(0.5)


def test_the_record() -> None:
    check = gzero.wiedemann_franz(*channel(1.0, 0.05))
    record = json.loads(json.dumps(check.to_dict(), allow_nan=False))
    assert record["schema"] == "gzero.crosscheck/1"
    assert record["decision"] == check.decision == "consistent"
    assert record["interval"] == [pytest.approx(1 - 0.098, abs=1e-4), pytest.approx(1 + 0.098, abs=1e-4)]
    assert "CONSISTENT" in check._repr_html_()
    assert "<script>" not in gzero.CrossCheck(**{**_fields(check), "reason": "<script>"})._repr_html_()


def _fields(check: gzero.CrossCheck) -> dict[str, object]:
    return {name: getattr(check, name) for name in check.__dataclass_fields__}


def test_what_is_refused() -> None:
    k, g, t = channel(1.0, 0.1)
    with pytest.raises(UnitError, match="conductance: it is in"):
        gzero.wiedemann_franz(k, est(1.0, "ohm"), t)
    with pytest.raises(UnitError, match="no unit"):
        gzero.wiedemann_franz(k, Estimate(value=1.0, unit=None), t)
    with pytest.raises(InputError, match="not positive"):
        gzero.wiedemann_franz(k, est(-1.0, "S"), t)
    with pytest.raises(InputError, match="not finite"):
        gzero.wiedemann_franz(est(math.nan, "W/K"), g, t)
    with pytest.raises(ConfigError, match="margin"):
        gzero.wiedemann_franz(k, g, t, margin=5.0)
    with pytest.raises(ConfigError, match="confidence"):
        gzero.wiedemann_franz(k, g, t, confidence=95)
    with pytest.raises(ConfigError, match="no row 'x'"):
        gzero.conductance_over_diffusion(g, est(1.0, "m^2/s"), "x")
    with pytest.raises(ConfigError, match="no value yet"):
        gzero.conductance_over_diffusion(g, est(1.0, "m^2/s"), "e")
    with pytest.raises(ConfigError, match="no action"):
        gzero.conductance_over_diffusion(k, est(1.0, "m^2/s"), "pht", conditions=CONDITIONS, action=2.0)
    with pytest.raises(ConfigError, match="filling factor"):
        gzero.two_terminal_against_hall(g, est(R_K, "ohm"), filling_factor=-1)
