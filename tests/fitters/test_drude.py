"""Complex conductivity: exact formulas, an independent engine, which formula and which sign, columns, coverage."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from iminuit import Minuit
from scipy import constants, stats

from gzero.errors import ConfigError, InputError, UnitError
from gzero.estimate import Estimate
from gzero.fitters import drude
from gzero.fitters.drude_rivals import _counted
from gzero.fitters.findings import Findings
from gzero.fitters.options import FitOptions
from gzero.measurement.measurement import Measurement
from gzero.quanta import Quantum
from gzero.synthetic.drude import simulate
from gzero.synthetic.noise import World

OPTIONS = FitOptions(quantum=Quantum(symbol="", value=None, unit="", row=""), declared=False)


def made(seed: int = 1, **options: object) -> Measurement:
    return simulate(np.random.default_rng(seed), seed=seed, **options).measurement  # type: ignore[arg-type]


def fitted(measurement: Measurement, **conditions: Estimate) -> Findings:
    return drude.fit(replace(measurement, conditions=conditions), OPTIONS)


def chosen(found: Findings, choice: str) -> str:
    return next(c.value for c in found.ledger if c.choice == choice)


@pytest.mark.parametrize("conjugate", [False, True])
@pytest.mark.parametrize("sheet", [False, True])
def test_without_noise_the_truth(conjugate: bool, sheet: bool) -> None:
    """And what follows from it, by the relations written out: n/m = sigma_0/(e^2 tau), omega_p^2 = sigma_0/(eps0 tau), mu = e tau/m."""
    mass = Estimate(value=0.2 * constants.m_e, unit="kg")
    weight = 2e-3 if sheet else 1500.0
    m = made(noise=0.0, persistence=-0.6, conjugate=conjugate, sheet=sheet, conductivity=weight)
    found = fitted(m, mass=mass)
    e = found.estimates
    assert e["tau"].value == pytest.approx(80e-15, rel=1e-7)
    assert e["conductivity"].value == pytest.approx(weight, rel=1e-7)
    assert e["persistence"].value == pytest.approx(-0.6, rel=1e-6)
    assert e["dc_conductivity"].value == pytest.approx(0.4 * weight, rel=1e-6)
    density = weight / (constants.e**2 * 80e-15) * constants.m_e
    assert e["density_over_mass"].value == pytest.approx(density, rel=1e-7)
    assert e["density"].value == pytest.approx(0.2 * density, rel=1e-7)
    assert (e["density"].unit, e["conductivity"].unit) == (("1/m^2", "S") if sheet else ("1/m^3", "S/m"))
    assert e["mobility"].value == pytest.approx(constants.e * 80e-15 / (0.2 * constants.m_e), rel=1e-7)
    assert ("plasma_frequency" in e) != sheet
    assert chosen(found, "sign of the imaginary part") == ("exp(+i omega t)" if conjugate else "exp(-i omega t)")


def test_the_least_squares_of_iminuit() -> None:
    """Both parts, stated uncertainties, complex arithmetic written out; within 1e-3 of a standard uncertainty."""
    m = made(4, persistence=-0.7)
    w = 2 * math.pi * m.abscissa.values
    real, imaginary = m.series["conductivity"], m.series["imaginary_conductivity"]
    assert real.std is not None
    assert imaginary.std is not None

    def cost(s: float, t: float, c: float) -> float:
        r = 1 / (1 - 1j * w * t * 1e-15)
        sigma = s * r * (1 + c * r)
        return float(
            np.sum(((real.values - sigma.real) / real.std) ** 2)
            + np.sum(((imaginary.values - sigma.imag) / imaginary.std) ** 2)
        )

    engine = Minuit(cost, s=1400.0, t=70.0, c=-0.6)
    engine.errordef = Minuit.LEAST_SQUARES
    engine.tol = 1e-6
    engine.migrad()
    engine.hesse()
    e = fitted(m).estimates
    for name, key, unit in (("conductivity", "s", 1.0), ("tau", "t", 1e-15), ("persistence", "c", 1.0)):
        assert abs(e[name].value - engine.values[key] * unit) < 1e-3 * engine.errors[key] * unit
        # second derivatives against Jacobian: some percent at 200 readings
        assert e[name].std_stat == pytest.approx(engine.errors[key] * unit, rel=0.05)


def test_which_formula() -> None:
    """Drude where c = 0, Drude and Smith where c = -0.7; each with its rival and the difference of BIC, which for Drude is at most
    ln(2 n) = 5.3 of 200 readings."""
    plain, smith = fitted(made(1)), fitted(made(1, persistence=-0.7))
    assert chosen(plain, "formula") == "Drude"
    assert "persistence" not in plain.estimates
    assert chosen(smith, "formula") == "Drude-Smith"
    assert abs(smith.estimates["persistence"].value + 0.7) < 4 * smith.estimates["persistence"].std
    rows = smith.listings[0].rows
    difference = {row[0]: row[4] for row in rows}
    assert difference["Drude-Smith"] == 0
    assert isinstance(difference["Drude"], float)
    assert difference["Drude"] > 100


@pytest.mark.parametrize(("gain", "dof"), [(12.0, 5.0), (30.0, 7.0), (4.0, 60.0), (200.0, 198.0)])
def test_a_gain_under_a_learnt_noise_counts_by_its_chance(gain: float, dof: float) -> None:
    """Two-sided chance of Student's t = chance of chi2 with one degree of freedom, by scipy's distributions."""
    assert stats.chi2.sf(_counted(gain, dof), 1) == pytest.approx(2 * stats.t.sf(math.sqrt(gain), dof), rel=1e-9)
    assert _counted(gain, math.inf) == gain
    assert _counted(0.0, dof) == 0.0


def test_red_noise_is_no_memory_of_the_velocity() -> None:
    """40 sweeps of Drude in AR(1): the formula of Smith is taken at a gain of ln 200 + 6 = 11.3, which chance makes in 1 of
    1,300; two of 40 have a chance of 5e-4."""
    found = [fitted(made(seed, world="ar1", stated_std=False)) for seed in range(260, 300)]
    assert sum("persistence" in f.estimates for f in found) <= 1


def test_the_end_of_smiths_formula_is_held() -> None:
    """c = -1 is a bound: it is held, said, and no uncertainty is invented."""
    found = fitted(made(2, persistence=-1.0, noise=0.003))
    if found.fit is not None and "persistence" in found.fit.fixed:
        assert found.fit.fixed["persistence"] == -1.0
        assert any("c is at -1" in w for w in found.warnings)
    assert found.estimates["persistence"].value == pytest.approx(-1.0, abs=0.02)


def test_noise_of_each_part_is_learnt() -> None:
    """The imaginary part three times as noisy, none stated: chi2/dof about 1 of each (5 std of chi2/100: 0.71)."""
    found = fitted(made(3, stated_std=False, imaginary_noise=3.0, persistence=-0.5))
    assert found.fit is not None
    assert found.fit.problem is not None
    std = found.fit.problem.noise.std
    assert std[0] / std[-1] == pytest.approx(3.0, rel=5 / math.sqrt(100))
    assert std[-1] == pytest.approx(30.0, rel=5 / math.sqrt(200))


def test_angular_frequencies() -> None:
    """rad/s, or a column called omega in 1/s, is divided by 2 pi; omega in THz is not, and that is said."""
    m = made(1, noise=0.0)
    for short, written, angular in (
        ("w", "Trad/s", True),
        ("omega", "1/s", True),
        ("omega", "THz", False),
        ("f", "1/s", False),
    ):
        x = replace(m.abscissa, short=short, label=f"{short} [{written}]", written=written)
        found = fitted(replace(m, series={**m.series, "frequency": x}))
        assert found.estimates["tau"].value == pytest.approx(80e-15 * (2 * math.pi if angular else 1), rel=1e-6)
        note = next(c for c in found.ledger if c.choice == "frequency")
        assert ("named as an angular" in note.note) == (short == "omega" and not angular)


def test_a_reading_at_zero_frequency_is_one_of_the_real_part() -> None:
    m = made(1, noise=0.0, persistence=-0.5)
    series = {}
    for name, value in (("frequency", 0.0), ("conductivity", 750.0), ("imaginary_conductivity", 0.0)):
        one = m.series[name]
        series[name] = replace(one, values=np.concatenate([[value], one.values]), std=None)
    found = fitted(replace(m, series=series))
    assert found.estimates["dc_conductivity"].value == pytest.approx(750.0, rel=1e-6)
    assert found.fit_curve is not None
    assert len(found.fit_curve) == 201


def test_the_real_part_alone() -> None:
    m = made(1, persistence=0.0)
    alone = replace(m, series={name: s for name, s in m.series.items() if name != "imaginary_conductivity"})
    found = fitted(alone)
    assert any("no imaginary part" in w for w in found.warnings)
    assert abs(found.estimates["tau"].value - 80e-15) < 4 * found.estimates["tau"].std


def test_what_is_refused() -> None:
    m = made()
    with pytest.raises(ConfigError, match="--offset corrects a conductance"):
        fitted(m, offset=Estimate(value=1.0, unit="S"))
    negative = replace(m.abscissa, values=m.abscissa.values - 1e12)
    with pytest.raises(InputError, match="is negative"):
        fitted(replace(m, series={**m.series, "frequency": negative}))
    sheet = replace(m.series["imaginary_conductivity"], unit="S")
    with pytest.raises(UnitError, match=r"in \[S/m\] and the imaginary part in \[S\]"):
        fitted(replace(m, series={**m.series, "imaginary_conductivity": sheet}))


def test_a_gain_moves_the_weight_and_not_the_time() -> None:
    """sigma_0 -> sigma_0/gain: its shift is -1 % for a gain of 1.00(1), that of tau is zero but for the curvature of noise."""
    e = fitted(made(5), gain=Estimate(value=1.0, systematic={"gain": 0.01})).estimates
    assert e["conductivity"].systematic["gain"] == pytest.approx(-0.01 * e["conductivity"].value, rel=0.01)
    assert abs(e["tau"].systematic["gain"]) < 0.1 * e["tau"].std_stat


@pytest.mark.parametrize(
    ("world", "options"),
    [
        ("white", {}), ("white", {"stated_std": False, "imaginary_noise": 2.0, "persistence": -0.7}),
        ("ar1", {"stated_std": False}),
    ],
)  # fmt: skip
def test_coverage(world: World, options: dict[str, object]) -> None:
    """95 % intervals hold the truth in 95 % of the experiments within 3.3 binomial standard deviations (500: 91.8 to 98.2 %).

    Red noise (AR(1), rho 0.9, 60 experiments) has no upper limit: what its lowest frequencies may hold is counted in."""
    experiments = 60 if world == "ar1" else 500
    hits = {"tau": 0, "conductivity": 0} | ({"persistence": 0} if "persistence" in options else {})
    for seed in range(experiments):
        points = 100 if world == "ar1" else 40
        synthetic = simulate(np.random.default_rng(seed), seed=seed, world=world, points=points, **options)  # type: ignore[arg-type]
        fit = drude.fit(synthetic.measurement, OPTIONS).fit
        assert fit is not None
        for name in hits:
            value, std = fit.value(name), fit.std(name)
            hits[name] += abs(value - synthetic.truth[name]) < 1.959964 * std
    spread = 3.3 * math.sqrt(0.95 * 0.05 / experiments)
    for count in hits.values():
        assert count / experiments > 0.95 - spread
        assert world == "ar1" or count / experiments < 0.95 + spread
