"""D(T) of one sample: exact power laws, published mobilities, an independent engine, statistics, coverage."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from iminuit import Minuit
from scipy import constants

from gzero.errors import ConfigError, InputError
from gzero.estimate import Estimate
from gzero.fitters import diffusion
from gzero.fitters.diffusion_curve import power_law
from gzero.fitters.findings import Findings
from gzero.fitters.options import Conventions, FitOptions
from gzero.measurement.measurement import Measurement
from gzero.models.carriers import gas, phase_space_density
from gzero.quanta import parse_quantum
from gzero.reduction.selection import Selection
from gzero.synthetic.diffusion_curve import simulate
from gzero.synthetic.noise import World

OPTIONS = FitOptions(quantum=parse_quantum("h/m"), declared=False)
SILICON = 0.26 * constants.m_e


def made(seed: int = 1, **options: object) -> Measurement:
    return simulate(np.random.default_rng(seed), seed=seed, **options).measurement  # type: ignore[arg-type]


def fitted(measurement: Measurement, conventions: Conventions | None = None, **conditions: Estimate) -> Findings:
    given = {"mass": Estimate(value=SILICON, unit="kg"), **conditions}
    options = replace(OPTIONS, conventions=conventions or Conventions())
    return diffusion.fit(replace(measurement, conditions=given), options)


def test_an_exact_power_law() -> None:
    """Without noise: D, exponents, mobility and tau by the relations written out."""
    for mobile in (False, True):
        found = fitted(made(noise=0.0, as_mobility=mobile)).estimates
        assert found["diffusion"].value == pytest.approx(3.5e-3, rel=1e-8)
        assert found["exponent"].value == pytest.approx(1.4, rel=1e-7)
        assert found["exponent_mobility"].value == pytest.approx(2.4, rel=1e-7)
        mobility = 3.5e-3 * constants.e / (constants.k * 300)
        assert found["mobility"].value == pytest.approx(mobility, rel=1e-8)
        assert found["tau"].value == pytest.approx(mobility * SILICON / constants.e, rel=1e-8)


def test_the_least_squares_of_iminuit() -> None:
    """The same cost with stated uncertainties, by another engine; tolerance: of its minimum, 1e-3 of a standard uncertainty."""
    m = made(3)
    t, y, std = m.abscissa.values, m.ordinate.values, m.ordinate.std
    assert std is not None

    def cost(d: float, p: float) -> float:
        return float(np.sum(((y - d * (t / 300) ** -p) / std) ** 2))

    engine = Minuit(cost, d=3e-3, p=1.0)
    engine.errordef = Minuit.LEAST_SQUARES
    engine.tol = 1e-6
    engine.migrad()
    engine.hesse()
    found = fitted(m).estimates
    for name, key in (("diffusion", "d"), ("exponent", "p")):
        assert abs(found[name].value - engine.values[key]) < 1e-3 * engine.errors[key]
        # Hesse's second derivatives hold the residuals, the Jacobian does not: they differ by some percent at 60 readings
        assert found[name].std_stat == pytest.approx(engine.errors[key], rel=0.05)


@pytest.mark.parametrize(
    ("material", "carrier", "source", "exponent", "mobility"),
    [
        ("Si", "e", "Jacoboni1977", 2.42, 1448.0),  # Jacoboni et al. 1977, doi 10.1016/0038-1101(77)90054-5
        ("Si", "h", "Jacoboni1977", 2.20, 479.0),
        ("Si", "e", "Ludwig", 2.5, 1350.0),  # Ludwig and Watters 1956, doi 10.1103/PhysRev.101.1699
        ("Si", "h", "Ludwig", 2.7, 480.0),
        ("Ge", "e", "NSM", 1.66, 3786.0),  # NSM archive, Ioffe institute
        ("Ge", "h", "NSM", 2.33, 1776.0),
    ],
)
def test_published_mobilities(
    facts: Path, material: str, carrier: str, source: str, exponent: float, mobility: float
) -> None:
    """D(T) of silicon and germanium inside the ranges that their sources state: exponent and mobility at 300 K come back.

    The table has five digits; 300 K of Ludwig and Watters is 1350(100) and 480(15), their law 1347 and 472."""
    with (facts / "si_ge_D_of_T.csv").open(encoding="utf-8") as file:
        rows = [
            r for r in csv.DictReader(file)
            if r["material"] == material and r["carrier"] == carrier and r["source"].startswith(source) and r["inside"] == "1"
        ]  # fmt: skip
    assert len(rows) >= 6
    t, d = (np.array([float(r[name]) for r in rows]) for name in ("T_K", "D_m2_s"))
    template = made(points=t.size, stated_std=False)
    series = {
        name: replace(template.series[name], values=values) for name, values in (("temperature", t), ("diffusion", d))
    }
    found = fitted(replace(template, series=series)).estimates
    assert found["exponent_mobility"].value == pytest.approx(exponent, abs=1e-3)
    uncertainty = {1350.0: 100.0, 480.0: 15.0}.get(mobility, 0.5)
    assert 1e4 * found["mobility"].value == pytest.approx(mobility, abs=uncertainty)


def test_a_degenerate_gas() -> None:
    """Mobility of electrons in a doped semiconductor: D = mu kB T/(e F) at every temperature, tau = mu m/e whatever F is, and
    the density's uncertainty is a systematic part of its own."""
    density = Estimate(value=1e26, systematic={"density": 1e25}, unit="1/m^3")
    taken = Conventions(statistics="fermi", degeneracy=2, said=frozenset({"statistics", "degeneracy"}))
    at = Estimate(value=300.0, unit="K")
    found = fitted(
        made(noise=0.0, as_mobility=True, low=280, high=320), taken, density=density, temperature=at
    ).estimates
    f = gas(phase_space_density(1e26, 300.0, SILICON, dimensions=3, degeneracy=2), "fermi", 3).fano
    mobility = 3.5e-3 * constants.e / (constants.k * 300)
    assert found["fano_factor"].value == pytest.approx(f, rel=1e-9)
    # the power law of mu times a factor that F bends: 1e-3 over 280 to 320 K
    assert found["diffusion"].value == pytest.approx(mobility * constants.k * 300 / (constants.e * f), rel=2e-3)
    assert found["tau"].value == pytest.approx(mobility * SILICON / constants.e, rel=2e-3)
    assert found["diffusion"].std_stat < 1e-6
    # F ~ n^(-2/3) when degenerate (F = 3T/(2T_F)), a little less here: D moves by almost 2/3 of the density
    share = found["diffusion"].systematic["density"] / found["diffusion"].value
    assert 0.4 < share / 0.1 < 0.667


def test_conventions_that_contradict() -> None:
    m, sheet = made(), Estimate(value=1e15, unit="1/m^2")
    with pytest.raises(ConfigError, match="gas of fermions needs its density"):
        fitted(m, Conventions(statistics="fermi"))
    with pytest.raises(ConfigError, match="that of a sheet, and the gas has 3 dimensions"):
        fitted(m, density=sheet)
    with pytest.raises(ConfigError, match="condensate"):
        fitted(m, Conventions(statistics="bose"), density=Estimate(value=1e28, unit="1/m^3"))
    warned = fitted(m, density=Estimate(value=1e26, unit="1/m^3")).warnings
    assert any("fermions would have a Fano factor" in w for w in warned)


def test_a_bend_is_said() -> None:
    """An exponent that goes from 1.2 to 1.8 over the range (impurities at the cold end), noise of 0.5 %."""
    m = made(2, noise=0.005)
    u = np.log(m.abscissa.values / 300)
    bent = replace(m.ordinate, values=m.ordinate.values * np.exp(-0.3 * u**2))
    found = fitted(replace(m, series={**m.series, "diffusion": bent}))
    assert any("one power law does not hold" in w for w in found.warnings)
    assert not any("one power law" in w for w in fitted(m).warnings)


def test_what_is_far_is_said_and_what_is_wrong_refused() -> None:
    assert any("300 K lies outside" in w for w in fitted(made(low=80, high=200)).warnings)
    m = made()
    with pytest.raises(InputError, match="power law of temperature needs positive values"):
        fitted(replace(m, series={**m.series, "diffusion": replace(m.ordinate, values=-m.ordinate.values)}))
    narrow = replace(OPTIONS, selection=Selection(x_low=200, x_high=203))
    with pytest.raises(InputError, match="too few"):
        diffusion.fit(replace(m, conditions={"mass": Estimate(value=SILICON, unit="kg")}), narrow)


@pytest.mark.parametrize(
    ("world", "stated", "points", "experiments"),
    [("white", True, 60, 500), ("white", False, 60, 500), ("ar1", False, 120, 100)],
)
def test_coverage(world: World, stated: bool, points: int, experiments: int) -> None:
    """95 % intervals hold the truth in 95 % of the experiments within 3.3 binomial standard deviations (91.8 to 98.2 % of 500).

    Red noise (AR(1), rho 0.9, of 100 experiments: 87.8 %, and no upper limit: what 120 readings cannot tell of its lowest
    frequencies is counted in): an ordinary fit covers 40 % of D."""
    hits = {"diffusion": 0, "exponent": 0}
    truth = {"diffusion": 3.5e-3, "exponent": 1.4}
    for seed in range(experiments):
        fit = power_law(made(seed, world=world, stated_std=stated, points=points), OPTIONS).fit
        for name in hits:
            hits[name] += abs(fit.value(name) - truth[name]) < 1.959964 * fit.std(name)
    spread = 3.3 * math.sqrt(0.95 * 0.05 / experiments)
    for count in hits.values():
        assert count / experiments > 0.95 - spread
        assert world == "ar1" or count / experiments < 0.95 + spread


def test_a_gain_moves_d_and_not_the_exponent() -> None:
    """D -> D/gain: a gain of 1.00(1) shifts D by 1 % of itself; ln D over ln T keeps its slope."""
    found = fitted(made(6), gain=Estimate(value=1.0, systematic={"gain": 0.01})).estimates
    assert found["diffusion"].systematic["gain"] == pytest.approx(-0.01 * found["diffusion"].value, rel=1e-9)
    assert found["exponent"].systematic == {}


def test_few_temperatures_do_not_tell_slow_noise() -> None:
    """Said below 60 readings, and not where the user takes them as white."""
    few, many = (fitted(made(points=n)) for n in (20, 60))
    assert any("do not tell slow noise" in warning for warning in few.warnings)
    assert not any("do not tell slow noise" in warning for warning in many.warnings)
