"""Intervals and joint fits as other people's scripts ask for them."""

import json
from importlib import resources

import numpy as np
import pytest

import gzero
from gzero.errors import ConfigError, InputError, UnitError
from gzero.fitters.interval import Interval
from gzero.models.staircase import staircase
from gzero.pipeline.config import configure
from gzero.pipeline.refine import with_intervals
from gzero.quanta import G0

GATE = np.linspace(0, 54, 300)


def measured(seed: int = 3, *, noise: float = 0.01, **stated: str) -> gzero.Measurement:
    """Four steps, 12 widths apart, in units of 2e^2/h."""
    y = sum(1 / (1 + np.exp(-(GATE - v))) for v in (6, 18, 30, 42))
    y = y + noise * np.random.default_rng(seed).normal(size=GATE.size)
    return gzero.Measurement.from_arrays(x=GATE, y=y, x_unit="mV", y_unit="2e^2/h", **stated)


@pytest.fixture(scope="module")
def fit() -> gzero.FitResult:
    return gzero.fit(measured(), quantum="2e^2/h")


def test_a_profile_of_a_fit(fit) -> None:
    """The step is nearly linear: both ends lie where Student's t puts them, to 1 % of the length."""
    found = gzero.profile_interval(fit, "step_height")
    half = 1.96 * fit.std("step_height")
    assert [found.low, found.high] == pytest.approx([found.value - half, found.value + half], abs=0.02 * half)
    narrow = gzero.profile_interval(fit, "step_height", confidence=0.6827)
    assert (narrow.high - narrow.low) / (found.high - found.low) == pytest.approx(1 / 1.96, rel=0.02)


def test_a_bootstrap_of_a_fit(fit) -> None:
    first = gzero.bootstrap(fit, seed=4, repeats=300)
    assert np.array_equal(first.samples, gzero.bootstrap(fit, seed=4, repeats=300).samples)
    assert first.std("step_height") == pytest.approx(fit.std("step_height"), rel=0.25)  # five of 1/sqrt(600), and t
    assert first.interval("step_height").low < fit.value("step_height") < first.interval("step_height").high


def test_intervals_in_the_record(fit) -> None:
    """Every parameter, and the choice with its seed in the ledger."""
    import jsonschema

    from gzero.report.json import schema

    analysis = gzero.analyse(measured(), quantum="2e^2/h")
    (with_profile,) = with_intervals([analysis], "profile", configure(confidence=0.9))
    record = with_profile.to_dict()
    jsonschema.validate(record, schema())
    found = record["fit"]["intervals"]
    assert list(found) == record["fit"]["names"]
    assert found["width_2"]["confidence"] == 0.9
    assert found["width_2"]["method"] == "profile"
    assert record["ledger"][-1]["value"] == "profile"
    (drawn,) = with_intervals([analysis], "bootstrap", configure(seed=7))
    assert drawn.to_dict()["ledger"][-1]["value"] == "bootstrap, seed 7"
    assert drawn.seed == 7
    assert analysis.to_dict()["fit"]["intervals"] == {}
    with pytest.raises(ConfigError, match="--intervals 'guess' is no choice; choose profile, bootstrap, emcee"):
        with_intervals([analysis], "guess", configure())


def test_an_interval_says_itself() -> None:
    found = Interval(name="width_1", value=1.5, low=None, high=2.0, confidence=0.95, method="profile", note="why")
    assert str(found) == "width_1 = 1.5, 95 % interval open to 2 (profile); why"


def test_curves_together_have_one_step_height() -> None:
    measurements = [measured(seed) for seed in (1, 2, 3)]
    joint = gzero.fit_together(measurements, quantum="2e^2/h", shared=("step_height",))
    singles = [gzero.fit(m, quantum="2e^2/h") for m in measurements]
    weights = np.array([s.std("step_height") ** -2 for s in singles])
    assert joint.std("step_height") == pytest.approx(weights.sum() ** -0.5, rel=0.02)  # Jacobians at their own values
    mean = weights @ [s.value("step_height") for s in singles] / weights.sum()
    assert joint.value("step_height") == pytest.approx(mean, abs=0.05 * joint.std("step_height"))
    assert joint.estimates.estimates["step_height"].unit == "S"


def test_a_gain_is_common_to_what_it_was_common_to() -> None:
    """Exact: the step is the reading over the gain. One amplifier moves the joint step by 1 %; two amplifiers by their
    weights, which add up to 1 %."""
    measurements = [measured(seed, gain="1.00(1)") for seed in (1, 2)]
    one = gzero.fit_together(measurements, quantum="2e^2/h", shared=("step_height",), common=("gain",))
    step = one.estimates.estimates["step_height"]
    assert step.systematic == {"gain": pytest.approx(-0.01 * step.value, rel=1e-3)}
    two = gzero.fit_together(measurements, quantum="2e^2/h", shared=("step_height",))
    parts = two.estimates.estimates["step_height"].systematic
    assert set(parts) == {"gain of curve 0", "gain of curve 1"}
    assert sum(parts.values()) == pytest.approx(-0.01 * step.value, rel=1e-3)
    assert two.estimates.estimates["step_height"].std_sys < 0.75 * step.std_sys


def test_a_robust_loss_is_an_option() -> None:
    """Three wild readings on a plateau: the model's fit with a robust loss does not follow them."""
    wild = measured()
    y = wild.ordinate.values / G0
    y[130:133] += 5.0 * np.array([1, -1, 1])
    bad = gzero.Measurement.from_arrays(x=GATE, y=y, x_unit="mV", y_unit="2e^2/h")
    robust = gzero.fit(bad, quantum="2e^2/h", loss="cauchy")
    assert robust.method == "robust"
    assert abs(robust.value("step_height") / G0 - 1) < 4 * robust.std("step_height") / G0
    analysis = gzero.analyse(bad, quantum="2e^2/h", loss="cauchy")
    assert ("loss", "cauchy", "user") in [(c.choice, c.value, c.origin) for c in analysis.ledger]
    with pytest.raises(ConfigError, match="--loss 'square' is no choice; choose linear, soft_l1, huber, cauchy"):
        gzero.fit(bad, quantum="2e^2/h", loss="square")
    shipped = json.loads((resources.files("gzero") / "pipeline" / "schema" / "config-1.json").read_text())
    assert shipped["properties"]["loss"]["enum"] == ["linear", "soft_l1", "huber", "cauchy"]


def warm(temperature: float, seed: int, stated: str | None = None) -> gzero.Measurement:
    """Three steps of a saddle point with alpha = 0.05 and hbar omega_x = 0.63 meV."""
    model = staircase(3, broadening="thermal*saddle", temperature=temperature, offset=False)
    x = np.linspace(-0.1, 0.2, 200)
    y = model.function(x, np.array([1.0, -0.04, 0.04, 0.12, 0.05, 2e-3]))
    y = y + 0.01 * np.random.default_rng(seed).normal(size=x.size)
    return gzero.Measurement.from_arrays(
        x=x, y=y, x_unit="V", y_unit="2e^2/h", temperature=stated or f"{temperature} K", gain="1.00(1)"
    )


def test_a_temperature_series() -> None:
    """The truth within four standard uncertainties; a thermometer off by 2 % moves both energies by 2 %, a gain off by 1 %
    the step by 1 %."""
    measurements = [warm(t, i, f"{t} +/- {0.02 * t} K") for i, t in enumerate((0.3, 1.5, 4.0))]
    series = gzero.fit_temperature_series(measurements, quantum="2e^2/h", common=("temperature", "gain"))
    found = series.estimates.estimates
    truth = {"step_height": G0, "lever_arm": 0.05, "hbar_omega_x": 2 * np.pi * 1.602176634e-19 * 0.05 * 2e-3}
    for name, true in truth.items():
        assert abs(found[name].value - true) < 4 * found[name].std_stat
    assert found["lever_arm"].systematic["temperature"] == pytest.approx(0.02 * found["lever_arm"].value, rel=2e-3)
    assert found["step_height"].systematic["gain"] == pytest.approx(-0.01 * found["step_height"].value, rel=2e-3)


def test_what_cannot_be_fitted_together_is_one_line() -> None:
    with pytest.raises(InputError, match="1 curve is no joint fit"):
        gzero.fit_together([measured()], quantum="2e^2/h", shared=("step_height",))
    with pytest.raises(InputError, match="has no free parameter 'step' to share; free in all curves are step_height"):
        gzero.fit_together([measured(1), measured(2)], quantum="2e^2/h", shared=("step",))
    with pytest.raises(ConfigError, match="curve 0 has no temperature"):
        gzero.fit_temperature_series([measured(1), measured(2)], quantum="2e^2/h")


def test_errors_in_x_in_the_unit_of_the_gate(fit) -> None:
    """A number in SI, a text in any unit and one number a reading say the same; widths know that x is uncertain."""
    measurement = measured()
    text = gzero.fit_errors_in_x(measurement, x_std="0.3 mV", quantum="2e^2/h")
    for same in (
        gzero.fit_errors_in_x(measurement, x_std=3e-4, quantum="2e^2/h"),
        gzero.fit_errors_in_x(measurement, x_std=np.full(GATE.size, 3e-4), quantum="2e^2/h"),
        gzero.fit_errors_in_x(fit, x_std=3e-4),
    ):
        assert same.fit.values == pytest.approx(text.fit.values, rel=1e-6)
    # the readings were taken where they say: with such errors in x there would be more scatter on the risers
    assert text.value("width_1") == pytest.approx(fit.value("width_1"), abs=2 * fit.std("width_1"))
    uneven = np.where(GATE < 27, 3e-4, 1e-7)
    half = gzero.fit_errors_in_x(measurement, x_std=uneven, quantum="2e^2/h")
    assert half.x_std.max() == 3e-4
    assert half.std("threshold_4") < half.std("threshold_1")
    with pytest.raises(UnitError, match=r"x_std: '0\.3 K' has unit 'K', where"):
        gzero.fit_errors_in_x(measurement, x_std="0.3 K", quantum="2e^2/h")


def test_what_has_no_likelihood_has_open_intervals() -> None:
    """A robust fit cannot be sampled: every interval is open and says so, and nothing else is lost."""
    analysis = gzero.analyse(measured(), quantum="2e^2/h", loss="huber")
    (out,) = with_intervals([analysis], "emcee", configure())
    assert {(i.low, i.high) for i in out.fit.intervals.values()} == {(None, None)}
    assert "the loss 'huber' is no likelihood" in out.fit.intervals["step_height"].note
    assert out.ledger[-1].value == "emcee, seed 1"


def test_a_chain_of_a_fit(fit) -> None:
    """Under a flat prior the posterior of a nearly linear model is the fit: its std to 10 % by 300 steps of 36 walkers."""
    out = gzero.sample(fit, seed=2, steps=600)
    assert np.sqrt(np.diag(out.covariance)) == pytest.approx(np.sqrt(np.diag(fit.covariance)), rel=0.15)
