"""What a charge transition says: known truths, declared quantities, the choice of the line, refusals, and measured sensors."""

from dataclasses import replace

import numpy as np
import pytest
from iminuit import Minuit
from scipy.special import psi

from gzero.errors import FitError, InputError, UnitError
from gzero.fitters.options import FitOptions
from gzero.fitters.transition import fit
from gzero.fitters.transition_shapes import fit_line
from gzero.measurement.measurement import Measurement, condition
from gzero.pipeline.public import load
from gzero.quanta import HBAR, KB, E, Quantum
from gzero.reduction.selection import Selection
from gzero.synthetic.transition import simulate

OPTIONS = FitOptions(quantum=Quantum(symbol="", value=None, unit="A", row=""))


def measurement(seed=1, *, conditions=None, **given) -> Measurement:
    made = simulate(np.random.default_rng(seed), seed=seed, **given).measurement
    stated = {name: condition(name, text) for name, text in (conditions or {}).items()}
    return replace(made, conditions=stated)


def arrays(x, y, **given) -> Measurement:
    return Measurement.from_arrays(
        x=np.asarray(x), y=np.asarray(y), experiment="transition", **{"x_unit": "mV", "y_unit": "nA", **given}
    )


def test_the_truth_comes_back_without_noise() -> None:
    """Readings to nine digits; both widths and the background."""
    made = simulate(np.random.default_rng(1), seed=1, noise=1e-9, lifetime=0.8)
    found = fit(replace(made.measurement, conditions={"lever_arm": condition("lever_arm", "0.05")}), OPTIONS)
    for name in ("temperature", "thermal_width", "lifetime_width", "lifetime", "width", "position", "amplitude"):
        assert found.estimates[name].value == pytest.approx(made.truth[name], rel=1e-5), name
    assert found.fit is not None
    assert found.fit.value("slope") == pytest.approx(made.truth["slope"], rel=1e-4)
    assert [e.unit for e in found.estimates.values()] == ["K", "V", "V", "s", "V", "V", "A"]
    assert dict(zip(found.fit.names, found.fit.units, strict=True))["slope"] == "A/V"


def test_the_fit_against_iminuit() -> None:
    """The same least squares by Minuit, with the digamma function written out here: values within a hundredth of a standard
    deviation; and uncertainties within 1 %, on readings without noise, where the curvature of chi2 has no part from the
    residuals (the noise is stated and white)."""
    m = measurement(3, noise=0.002, lifetime=1.0)
    found = fit(m, OPTIONS)
    assert found.fit is not None
    assert found.fit.model == "charge transition (thermal*lifetime)"
    x, y, std = m.abscissa.values, m.ordinate.values, m.ordinate.std
    best, size = found.fit.values, np.array([found.fit.std(name) for name in found.fit.names])

    def chi2(*away: float) -> float:
        position, amplitude, thermal, lifetime, level, slope = best + size * np.array(away)
        z = 0.5 + (lifetime + 1j * (x - position)) / (2 * np.pi * thermal)
        return float(np.sum(((y - amplitude * 2 / np.pi * psi(z).imag - level - slope * (x - position)) / std) ** 2))

    minuit = Minuit(chi2, *[0.3] * 6, name=found.fit.names)
    minuit.strategy = 2
    minuit.migrad()
    np.testing.assert_allclose(minuit.values, 0.0, atol=0.01)
    y = found.fit.fitted
    minuit.values = [0.0] * 6
    minuit.hesse()
    np.testing.assert_allclose(minuit.errors, 1.0, rtol=0.01)


def test_lever_arm_temperature_or_neither() -> None:
    """T = e alpha Theta/kB and alpha = kB T/(e Theta), with the stated uncertainty as a part of the same share."""
    warm = fit(measurement(conditions={"lever_arm": "0.050(1)"}), OPTIONS).estimates
    assert next(iter(warm)) == "temperature"
    assert warm["temperature"].value == pytest.approx(E * 0.05 * warm["thermal_width"].value / KB, rel=1e-12)
    assert warm["temperature"].systematic["lever_arm"] == pytest.approx(0.02 * warm["temperature"].value, rel=1e-9)
    arm = fit(measurement(conditions={"temperature": "100(3) mK"}), OPTIONS).estimates
    assert next(iter(arm)) == "lever_arm"
    assert arm["lever_arm"].value == pytest.approx(KB * 0.1 / (E * arm["thermal_width"].value), rel=1e-12)
    assert arm["lever_arm"].systematic["temperature"] == pytest.approx(0.03 * arm["lever_arm"].value, rel=1e-9)
    bare = fit(measurement(), OPTIONS)
    assert next(iter(bare.estimates)) == "thermal_width"
    assert any("neither a lever arm nor a temperature" in w for w in bare.warnings)


def test_a_lifetime_is_a_width_of_the_level() -> None:
    """tau = hbar/(2 e alpha Gamma), also where the lever arm follows from a temperature."""
    stated = {"noise": 0.001, "lifetime": 1.0}
    for conditions in ({"lever_arm": "0.05"}, {"temperature": "100 mK"}):
        found = fit(measurement(conditions=conditions, **stated), OPTIONS).estimates
        alpha = 0.05 if "lever_arm" in conditions else found["lever_arm"].value
        assert found["lifetime"].value == pytest.approx(
            HBAR / (2 * E * alpha * found["lifetime_width"].value), rel=1e-12
        )


def test_hot_electrons_are_said() -> None:
    hot = fit(measurement(conditions={"lever_arm": "0.05", "temperature": "50 mK"}, noise=0.001), OPTIONS)
    assert any("above the stated temperature" in w for w in hot.warnings)
    cold = fit(measurement(conditions={"lever_arm": "0.05", "temperature": "200 mK"}, noise=0.001), OPTIONS)
    assert any("nothing cools electrons" in w for w in cold.warnings)


@pytest.mark.parametrize(
    ("lifetime", "curvature", "shape", "background"),
    [(0.0, 0.0, "thermal", "line"), (2.0, 0.0, "thermal*lifetime", "line"), (0.0, 2e-4, "thermal", "parabola")],
)
def test_the_line_is_chosen(lifetime, curvature, shape, background) -> None:
    """Noise of 0.1 % of the step: the right line is decisive (BIC of 10) over every other shape that is no limit of it."""
    line = fit_line(measurement(noise=0.001, lifetime=lifetime, curvature=curvature), OPTIONS)
    assert (line.candidates[0].shape, line.candidates[0].background) == (shape, background)
    wrong = "lifetime" if shape == "thermal" else "thermal"
    assert min(c.delta_bic for c in line.candidates if c.shape == wrong) > 10


def test_a_lifetime_alone() -> None:
    """Fifty times the thermal width: no temperature follows, and the width is the lifetime's."""
    m = measurement(noise=0.001, lifetime=50.0, reach=600.0, conditions={"lever_arm": "0.05"})
    found = fit(m, OPTIONS)
    assert "temperature" not in found.estimates
    width = found.estimates["lifetime_width"]
    assert abs(width.value - 50 * KB * 0.1 / (E * 0.05)) < 3 * width.std
    assert any("hides the thermal width" in w for w in found.warnings)


def test_what_a_hidden_lifetime_would_do_is_a_part_of_its_own() -> None:
    """Gamma = Theta/2 in noise where most sweeps look thermal: the thermal width comes out too wide by more than its statistical
    uncertainty says, and the part "line shape" carries it (60 sweeps, 95 % less three binomial standard deviations)."""
    held = 0
    for seed in range(60):
        m = measurement(seed, points=120, noise=0.01, lifetime=0.5, conditions={"lever_arm": "0.05"})
        found = fit(m, OPTIONS).estimates
        if "temperature" in found:
            held += abs(found["temperature"].value - 0.1) < 1.96 * found["temperature"].std
    assert held >= 60 * (0.95 - 3 * np.sqrt(0.95 * 0.05 / 60))


def test_an_unknown_gate_unit_stays_unknown() -> None:
    x = np.linspace(-10.0, 10.0, 200)
    y = np.tanh(x / 1.4) + 0.01 * np.random.default_rng(1).normal(size=200)
    found = fit(arrays(x, y, x_unit=None, y_unit=None), OPTIONS)
    assert found.estimates["thermal_width"].unit is None
    width = found.estimates["thermal_width"]
    assert abs(width.value - 0.7) < 3 * width.std
    with pytest.raises(UnitError, match="gate in volt"):
        fit(arrays(x, y, x_unit=None, y_unit=None, lever_arm="0.1"), OPTIONS)


def test_refusals() -> None:
    x = np.linspace(-10.0, 10.0, 200)
    noise = np.random.default_rng(1).normal(size=200)
    with pytest.raises(FitError, match="no step is told"):
        fit(arrays(x, 1 + 0.1 * x + 0.01 * noise), OPTIONS)
    with pytest.raises(FitError, match="between two readings"):
        fit(arrays(x, np.sign(x - 0.05) + 0.01 * noise), OPTIONS)
    with pytest.raises(InputError, match="all readings are the same"):
        fit(arrays(x, np.ones(200)), OPTIONS)
    with pytest.raises(InputError, match="too few"):
        fit(arrays(x[:5], noise[:5]), OPTIONS)


def test_not_finite_ends_are_left_out_by_rule() -> None:
    m = measurement(noise=0.005)
    broken = np.array(m.ordinate.values)
    broken[:4] = broken[-3:] = np.nan
    cut = replace(m, series={**m.series, "current": replace(m.ordinate, values=broken)})
    with pytest.raises(InputError, match="finite"):
        fit(cut, OPTIONS)
    found = fit(cut, replace(OPTIONS, selection=Selection(invalid="drop")))
    assert found.exclusions[0].indices.size == 7


def _sensor(measured, name: str, **choices) -> dict:
    m = load(str(measured / "qpc_ubc" / f"{name}.ibw"), experiment="transition", x_unit="mV", y_unit="nA")
    return dict(fit(m, replace(OPTIONS, selection=Selection(**choices))).estimates)


def test_measured_lines_widen_with_the_temperature_in_their_names(measured) -> None:
    """GaAs charge sensor at 20, 90, 275, 400 mK (measured/qpc_ubc/NOTE.md), strongly coupled: not purely thermal.

    Within +-2.5 V of the gate as it is written, where the sensor's own response is nearly straight, the width grows from
    line to line; over the whole sweep the two coldest agree within their uncertainty, as the lifetime is then all of it, and the
    others lie three statistical standard deviations apart (the line is the same, and so is what its choice leaves open).
    """
    names = (
        "dat1448_cs_gf_demo_20mk",
        "dat1572_cs_gf_demo_90mk",
        "dat1532_cs_gf_demo_275mk",
        "dat1490_cs_gf_demo_400mk",
    )
    near = [_sensor(measured, name, x_low=-2.5, x_high=2.5) for name in names]
    assert np.all(np.diff([found["width"].value for found in near]) > 0)
    assert all("lifetime_width" in found for found in near)
    whole = [_sensor(measured, name)["width"] for name in names]
    assert abs(whole[0].value - whole[1].value) < 2 * np.hypot(whole[0].std, whole[1].std)
    for colder, warmer in ((1, 2), (2, 3)):
        difference = whole[warmer].value - whole[colder].value
        assert difference > 3 * np.hypot(whole[warmer].std_stat, whole[colder].std_stat)


def test_measured_weakly_coupled_lines_by_their_width(measured) -> None:
    """The four "electron temperature" lines: thermal or nearly so, wider in the order 5717, 5726, 5724, 5720 as the eye has it
    (a picture of the readings: 10 to 90 % in about 20, 80, 200 and 400 mV)."""
    found = [_sensor(measured, f"dat{n}_cs_etemp_avg") for n in (5717, 5726, 5724, 5720)]
    widths = [f["thermal_width"].value for f in found]
    assert np.all(np.diff(widths) > 0)
    # 10 to 90 % of a thermal line are 2 ln 9 = 4.4 of its widths
    np.testing.assert_allclose(4.4e3 * np.array(widths), [20, 80, 200, 400], rtol=0.35)
    assert all(f["lifetime_width"].value < f["thermal_width"].value for f in found if "lifetime_width" in f)
