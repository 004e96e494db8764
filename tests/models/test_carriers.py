"""Statistics of carriers: exact limits, quadrature over momenta, thermodynamic identities, the photons of the paper's eq. (2)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants
from scipy.integrate import quad
from scipy.special import zeta
from uncertainties import ufloat

from gzero.errors import ConfigError
from gzero.models.carriers import (
    CRITICAL,
    DIMENSIONS,
    PHOTONS,
    Dimensions,
    Statistics,
    ballistic_ratio,
    fano,
    gas,
    phase_space_density,
    reduced_potential,
)
from gzero.models.diffusion import (
    action,
    action_of_transit,
    from_mobility,
    mean_free_path,
    scattering_time,
    to_mobility,
    transmission_drude,
    velocity_squared,
)

DEGENERATE = {1: 2.0, 2: math.pi / math.sqrt(2), 3: 4 / math.sqrt(3)}  # lambda_b/l, physics.md section 1
QUANTUM: tuple[Statistics, ...] = ("fermi", "bose")
SILICON = 0.26 * constants.m_e


@pytest.mark.parametrize("dimensions", DIMENSIONS)
def test_degenerate_fermions(dimensions: Dimensions) -> None:
    """F = d T/(2 T_F) and v^2 = v_F^2/d, of n ~ mu^(d/2); lambda_b/l of physics.md. Sommerfeld's first correction is
    of the order (1/eta)^2: 1e-12 at eta = 1e6."""
    eta = 1e6
    f = fano(eta, "fermi", dimensions)
    assert f == pytest.approx(dimensions / (2 * eta), rel=1e-11)
    t, m = 0.01, constants.m_e
    fermi_velocity = 2 * eta * constants.k * t / m
    assert velocity_squared(t, m, f) == pytest.approx(fermi_velocity / dimensions, rel=1e-11)
    assert ballistic_ratio(eta, "fermi", dimensions) == pytest.approx(DEGENERATE[dimensions], rel=1e-11)


@pytest.mark.parametrize("dimensions", DIMENSIONS)
@pytest.mark.parametrize("kind", QUANTUM)
def test_dilute_gases_are_classical(kind: Statistics, dimensions: Dimensions) -> None:
    """The first correction to F is u 2^(-d/2) (virial expansion), minus for fermions and plus for bosons."""
    u = 1e-5
    found = gas(u, kind, dimensions)
    sign = -1 if kind == "fermi" else 1
    assert found.fano == pytest.approx(1 + sign * u * 2 ** (-dimensions / 2), abs=1e-9)
    assert found.ballistic == pytest.approx(math.sqrt(2 * math.pi), abs=u)
    assert gas(u, "classical", dimensions).fano == 1.0
    assert gas(u, "classical", dimensions).ballistic == math.sqrt(2 * math.pi)


def _moments(eta: float, dimensions: int, sign: int) -> tuple[float, float, float]:
    """(n, dn/d eta, one-sided flux slope) over momenta p in units of sqrt(2 m kB T), by quadrature of the definitions.

    <n(1 -+ n)> is the variance of an occupation; the flux takes the mean of |v_x|/2 over directions.
    """
    shell = {1: 1.0, 2: 2 * math.pi, 3: 4 * math.pi}[dimensions]
    one_side = {1: 0.5, 2: 1 / math.pi, 3: 0.25}[dimensions]  # <v_x>_+/v over all directions
    if dimensions == 1:
        shell = 2.0

    def occupied(p: float) -> float:
        return 1 / (math.exp(p**2 - eta) + sign)

    def over(function: object) -> float:
        edge = math.sqrt(max(eta, 0.0))
        parts = [(0.0, edge), (edge, edge + 3), (edge + 3, edge + 9)]
        return sum(quad(function, a, b, epsabs=1e-15, epsrel=1e-12, limit=200)[0] for a, b in parts if b > a)  # type: ignore[call-overload]

    def spread(p: float) -> float:
        n = occupied(p)
        return n * (1 - sign * n)

    number = shell * over(lambda p: p ** (dimensions - 1) * occupied(p))
    variance = shell * over(lambda p: p ** (dimensions - 1) * spread(p))
    flux = shell * one_side * over(lambda p: p**dimensions * spread(p))
    return number, variance, flux


@pytest.mark.parametrize("dimensions", DIMENSIONS)
@pytest.mark.parametrize(("kind", "sign", "eta"), [("fermi", 1, -1.0), ("fermi", 1, 3.0), ("bose", -1, -0.7)])
def test_between_the_limits(kind: Statistics, sign: int, eta: float, dimensions: Dimensions) -> None:
    """F = <dN^2>/<N> with <dn^2> = n(1 -+ n), and lambda_b = sigma/G_b, all by quadrature over momenta.

    In units kB T = m = 1, v = sqrt(2) p: sigma = D dn/deta, G_b = d j/d eta, l = D sqrt(F)."""
    number, variance, flux = _moments(eta, dimensions, sign)
    f = variance / number
    assert fano(eta, kind, dimensions) == pytest.approx(f, rel=1e-9)
    ratio = variance / (math.sqrt(2) * flux) / math.sqrt(f)
    assert ballistic_ratio(eta, kind, dimensions) == pytest.approx(ratio, rel=1e-9)


@given(st.sampled_from(QUANTUM), st.sampled_from(DIMENSIONS), st.floats(-12, 0.9))
def test_the_fano_factor_is_the_compressibility(kind: Statistics, dimensions: Dimensions, power: float) -> None:
    """F = d ln n/d eta: from two neighbouring densities, error of second order in 1e-4."""
    u = 10**power
    if kind == "bose" and (dimensions == 3 and u > 2.5):
        u = 2.5
    step = 1e-4
    low, high = (reduced_potential(u * math.exp(s), kind, dimensions) for s in (-step, step))
    found = gas(u, kind, dimensions)
    assert 2 * step / (high - low) == pytest.approx(found.fano, rel=1e-5)
    assert (found.fano < 1) if kind == "fermi" else (found.fano > 1)


@given(st.sampled_from(QUANTUM), st.sampled_from(DIMENSIONS), st.floats(-3, 0.3))
def test_uncertainties_are_carried_to_first_order(kind: Statistics, dimensions: Dimensions, power: float) -> None:
    u = 10**power
    carried = gas(ufloat(u, 0.01 * u), kind, dimensions)
    step = 1e-4
    low, high = (gas(u * math.exp(s), kind, dimensions) for s in (-step, step))
    for name in ("fano", "ballistic"):
        slope = (getattr(high, name) - getattr(low, name)) / (2 * step)
        assert getattr(carried, name).std_dev == pytest.approx(0.01 * abs(slope), rel=1e-5, abs=1e-12)
        assert getattr(carried, name).nominal_value == pytest.approx(getattr(gas(u, kind, dimensions), name), rel=1e-14)


def test_a_metal() -> None:
    """Copper: T_F = 8.16e4 K (Ashcroft and Mermin 1976, table 2.1, n = 8.47e28 1/m^3, r_s = 2.67; three digits), so that
    F = 3 T/(2 T_F) and v^2 = v_F^2/3 with v_F = 1.57e6 m/s."""
    u = phase_space_density(8.47e28, 300.0, constants.m_e, dimensions=3, degeneracy=2)
    copper = gas(u, "fermi", 3)
    assert copper.eta * 300 == pytest.approx(8.16e4, rel=0.01)
    assert copper.fano == pytest.approx(1.5 * 300 / 8.16e4, rel=0.01)
    assert math.sqrt(3 * velocity_squared(300.0, constants.m_e, copper.fano)) == pytest.approx(1.57e6, rel=0.01)


def test_a_two_dimensional_gas() -> None:
    """n = g m E_F/(2 pi hbar^2): 1e15 1/m^2 of GaAs (0.067 m_e, g = 2) has E_F = 3.57 meV, eta = E_F/kB T when cold."""
    m = 0.067 * constants.m_e
    u = phase_space_density(1e15, 1.0, m, dimensions=2, degeneracy=2)
    energy = 1e15 * math.pi * constants.hbar**2 / m
    assert energy / constants.e == pytest.approx(3.57e-3, rel=1e-3)
    assert gas(u, "fermi", 2).eta == pytest.approx(energy / constants.k, rel=1e-12)


def test_photons_of_the_second_equation() -> None:
    """<dN^2>/<N> = int k^2 n(n + 1)/int k^2 n = zeta(2)/zeta(3) = 1.368: the 0.731 of the audit is its inverse, <N>/<dN^2>."""
    number = quad(lambda x: x**2 / math.expm1(x), 0, 60)[0]
    variance = quad(lambda x: x**2 * math.exp(x) / math.expm1(x) ** 2, 0, 60)[0]
    assert pytest.approx(variance / number, rel=1e-9) == PHOTONS
    assert pytest.approx(zeta(2.0) / zeta(3.0), rel=1e-14) == PHOTONS
    assert pytest.approx(0.731, abs=5e-4) == 1 / PHOTONS


def test_condensation() -> None:
    assert pytest.approx(zeta(1.5), rel=1e-14) == CRITICAL
    with pytest.raises(ConfigError, match=r"beyond the critical 2\.612"):
        gas(2.62, "bose", 3)
    with pytest.raises(ConfigError, match="condensed to within rounding"):
        gas(1e4, "bose", 2)
    assert gas(2.6, "bose", 3).fano > 100  # it has no end at the critical density
    # in one dimension there is no condensation: n ~ sqrt(pi/-eta), so F = d ln n/d eta = 1/(2 (-eta))
    thin = gas(1e3, "bose", 1)
    assert thin.fano == pytest.approx(1 / (2 * -thin.eta), rel=0.01)
    assert thin.ballistic == pytest.approx(math.pi, rel=0.01)  # sqrt(2 pi) sqrt(sqrt(pi) Gamma(3/2))


@pytest.mark.parametrize("u", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("kind", QUANTUM)
def test_a_density_that_is_none(u: float, kind: Statistics) -> None:
    with pytest.raises(ConfigError, match="phase-space density"):
        gas(u, kind, 3)


@given(st.floats(1.0, 1e3), st.floats(-2, 1.5), st.sampled_from(DIMENSIONS))
def test_the_relations_hold_with_any_statistics(temperature: float, power: float, dimensions: Dimensions) -> None:
    """tau = mu m/e from a mobility whatever F is; D = (h_s/m) l/L with h_s = m v L only, the other form is F times it."""
    f = gas(10**power, "fermi", dimensions).fano
    mu = 0.135  # 1350 cm^2/Vs
    d = from_mobility(mu, temperature, f)
    assert to_mobility(d, temperature, f) == pytest.approx(mu, rel=1e-14)
    assert scattering_time(d, temperature, SILICON, f) == pytest.approx(mu * SILICON / constants.e, rel=1e-12)
    path = mean_free_path(d, temperature, SILICON, f)
    h_s = action(temperature, SILICON, 1e-6, f)
    assert h_s / SILICON * transmission_drude(path, 1e-6) == pytest.approx(d, rel=1e-12)
    assert action_of_transit(temperature, SILICON, 1e-6, f) == pytest.approx(f * h_s, rel=1e-12)
