"""Lever arm and saddle energy of curves with a known truth."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from gzero.errors import FitError, InputError, UnitError
from gzero.estimate import Estimate
from gzero.fitters import together
from gzero.fitters.engine import fit_problem
from gzero.fitters.problem import Problem
from gzero.fitters.temperature_series import fit_temperature_series
from gzero.measurement.curve import Curve
from gzero.models.staircase import staircase
from gzero.quanta import KB, E
from gzero.reduction.noise import Noise

STEP, LEVER_ARM, SADDLE = 1.0, 0.05, 2e-3  # [1], [1], [V]: hbar omega_x = 0.63 meV
ENERGY = 2 * np.pi * E * LEVER_ARM * SADDLE
TEMPERATURES = (0.3, 1.5, 4.0)  # thermal widths of 0.5, 2.6 and 6.9 mV


def kelvin(value: float, **parts: float) -> Estimate:
    return Estimate(value=value, systematic=parts, unit="K")


def fits_of(temperatures=TEMPERATURES, *, seed=1, noise=0.02, saddle=SADDLE, descending=False, x_unit="V"):
    """Two steps on 100 points at each temperature, fitted with a width for each riser."""
    rng = np.random.default_rng(seed)
    sign = -1 if descending else 1
    out = []
    x = np.linspace(-0.11, 0.11, 100)
    for t in temperatures:
        model = staircase(2, broadening="thermal*saddle", temperature=t, offset=False, descending=descending)
        y = model.function(x, np.array([STEP, -0.05 * sign, 0.04 * sign, LEVER_ARM, saddle]))
        curve = Curve(x=x, y=y + noise * rng.normal(size=x.size), x_unit=x_unit, y_unit="S")
        plain = staircase(2, offset=False, descending=descending)
        width = float(np.hypot(KB * t / (E * LEVER_ARM), saddle))
        start = dict(zip(plain.names, [STEP, -0.05 * sign, 0.04 * sign, width, width], strict=True))
        weights = Noise(std=np.full(x.size, max(noise, 1e-6)), stated=True)
        out.append(fit_problem(Problem(model=plain, curve=curve, noise=weights), start))
    return out


@pytest.mark.parametrize("descending", [False, True])
def test_without_noise_the_truth_comes_back(descending: bool) -> None:
    series = fit_temperature_series(fits_of(noise=0.0, descending=descending), [kelvin(t) for t in TEMPERATURES])
    found = series.estimates.estimates
    assert found["step_height"].value == pytest.approx(STEP, rel=1e-6)
    assert found["lever_arm"].value == pytest.approx(LEVER_ARM, rel=1e-6)
    assert found["hbar_omega_x"].value == pytest.approx(ENERGY, rel=1e-6)
    assert (found["step_height"].unit, found["lever_arm"].unit, found["hbar_omega_x"].unit) == ("S", "", "J")
    assert "hbar_omega_x" in series._repr_html_()


def test_intervals_cover(monkeypatch: pytest.MonkeyPatch) -> None:
    """100 experiments: the 95 % intervals of all three hold the truth, and so does their joint ellipsoid.

    Within the 99.8 % range of the binomial distribution, for each of the four. Whether the curves agree is not asked: the
    fits of each by itself, which tell neither width from the other, take three quarters of the time.
    """
    monkeypatch.setattr(together, "_disagreement", lambda stack, joint: (np.nan, 0, np.nan))
    held = np.zeros(4)
    truth = np.array([STEP, LEVER_ARM, ENERGY])
    for seed in range(100):
        series = fit_temperature_series(fits_of(seed=seed), [kelvin(t) for t in TEMPERATURES])
        off = np.array([e.value for e in series.estimates.estimates.values()]) - truth
        scale = np.sqrt(np.diag(series.estimates.statistical))
        held[:3] += np.abs(off) < 1.96 * scale
        held[3] += (off / scale) @ np.linalg.solve(series.estimates.correlation(), off / scale) < 7.815
    low, high = binom.ppf([0.001, 0.999], 100, 0.95)
    assert np.all((low <= held) & (held <= high)), held


def test_the_covariance_is_propagated() -> None:
    """The energy is a product: relative variances and twice the relative covariance add up."""
    series = fit_temperature_series(fits_of(), [kelvin(t) for t in TEMPERATURES])
    fit = series.joint.fit
    i, j = fit.names.index("lever_arm"), fit.names.index("saddle_width")
    relative = fit.covariance[np.ix_([i, j], [i, j])] / np.outer(fit.values[[i, j]], fit.values[[i, j]])
    energy = series.estimates.estimates["hbar_omega_x"]
    assert (energy.std_stat / energy.value) ** 2 == pytest.approx(relative.sum(), rel=1e-9)


def test_an_error_of_the_thermometer_is_one_of_the_lever_arm() -> None:
    """Exact limit: only T/alpha enters, so a common relative error of T is the same of alpha and of the energy."""
    series = fit_temperature_series(fits_of(), [kelvin(t, thermometer=0.02 * t) for t in TEMPERATURES])
    found = series.estimates.estimates
    for name in ("lever_arm", "hbar_omega_x"):
        assert found[name].systematic["thermometer"] == pytest.approx(0.02 * found[name].value, rel=2e-3)
    assert abs(found["step_height"].systematic["thermometer"]) < 1e-3 * found["step_height"].std_stat


def test_thermal_risers_have_no_saddle_energy() -> None:
    """With a saddle width of a fiftieth of the coldest thermal width about half of the fits end on its bound."""
    notes = []
    for seed in range(6):
        series = fit_temperature_series(fits_of((1.5, 4.0), saddle=5e-5, seed=seed), [kelvin(t) for t in (1.5, 4.0)])
        found = series.estimates.estimates
        assert abs(found["lever_arm"].value - LEVER_ARM) < 4 * found["lever_arm"].std_stat
        notes.append(series.note)
        assert ("hbar_omega_x" in found) == (series.note == "")
    assert any("ended on its bound 0" in note for note in notes)


def test_refusals_are_one_line() -> None:
    fits = fits_of()
    with pytest.raises(InputError, match="all curves are at 1 K: one temperature does not separate"):
        fit_temperature_series(fits, [kelvin(1.0)] * 3)
    with pytest.raises(InputError, match="2 temperatures for 3 curves"):
        fit_temperature_series(fits, [kelvin(1.0), kelvin(2.0)])
    with pytest.raises(InputError, match="a temperature is positive"):
        fit_temperature_series(fits, [kelvin(0.0), kelvin(1.0), kelvin(2.0)])
    with pytest.raises(UnitError, match="the gate in volt, not"):
        fit_temperature_series(fits_of(x_unit=None), [kelvin(t) for t in TEMPERATURES])
    with pytest.raises(InputError, match="curve 1 has no fit of equal steps"):
        fit_temperature_series([fits[0], replace(fits[1], problem=None), fits[2]], [kelvin(t) for t in TEMPERATURES])


def test_temperatures_that_are_too_close() -> None:
    """1.5 and 1.51 K: the two widths are one number."""
    close = (1.5, 1.51)
    with pytest.raises(FitError, match=r"1\.5 K, 1\.51 K do not separate lever arm and saddle width"):
        fit_temperature_series(fits_of(close, noise=0.002), [kelvin(t) for t in close])
