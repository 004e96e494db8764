"""The self-test: its twin has the truth that it says, and it finds intervals that are wrong as well as those that are right."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from gzero.errors import ConfigError, FitError
from gzero.measurement.measurement import Measurement, condition
from gzero.pipeline import selftest as room
from gzero.pipeline.config import configure
from gzero.pipeline.selftest import measurement_of, repeats_of, selftest_of, true_values
from gzero.pipeline.twin import draw_noise, read_back, twin_of
from gzero.reduction.calibration import Calibration
from gzero.reduction.noise import Noise
from gzero.reduction.spectrum import autoregressive

QUANTUM = "2e^2/h"


def with_conditions(measurement: Measurement, **texts: str) -> Measurement:
    stated = {name: condition(name, text) for name, text in texts.items()}
    return replace(measurement, conditions={**measurement.conditions, **stated})


def run(measurement: Measurement, repeats: int = 40, **options: object):
    config = configure(quantum=QUANTUM, **options)
    twin = twin_of(measurement, config)
    done = list(repeats_of(twin, repeats=repeats, seed=1))
    return selftest_of(twin, done, asked=repeats, seed=1)


def by_name(test) -> dict:
    return {quantity.name: quantity for quantity in test.quantities}


class Columns:
    """Stands for a generator: hands out the columns of the identity, so that a draw is a column of its linear map."""

    def __init__(self) -> None:
        self.next = 0

    def normal(self, *, size: int) -> np.ndarray:
        out = np.zeros(size)
        out[self.next] = 1.0
        self.next += 1
        return out


@pytest.mark.parametrize("red", [False, True])
def test_drawn_noise_is_white_again_when_it_is_whitened(red: bool) -> None:
    """The map from white noise to a draw is the inverse of the map that fits use: exactly the learnt covariance."""
    n = 60
    std = np.linspace(0.5, 2.0, n)
    noise = Noise(std=std, stated=False, spectrum=autoregressive(n, 0.8) if red else None)
    columns = Columns()
    drawn = np.column_stack([draw_noise(noise, columns) for _ in range(n)])  # type: ignore[arg-type]
    # 60 products of numbers of order 1: rounding
    np.testing.assert_allclose(noise.whiten(drawn), np.eye(n), atol=1e-12)


def test_what_is_read_back_is_what_the_calibration_undoes() -> None:
    stated = {"gain": "1.02(1)", "offset": "0.3(1) uS", "series_resistance": "420(12) ohm"}
    calibration = Calibration.of({name: condition(name, text) for name, text in stated.items()})
    true = np.linspace(0, 4e-4, 50)
    np.testing.assert_allclose(calibration.apply(read_back(calibration, true)), true, rtol=1e-12, atol=1e-18)


@pytest.mark.parametrize("descending", [False, True])
def test_the_twin_reads_what_the_measurement_reads(make, descending: bool) -> None:
    """With every fault declared the simulated readings differ from the measured ones by noise alone."""
    faults = {"series_resistance": 420.0, "gain": 1.02, "offset": 0.01}
    made = make(seed=7, descending=descending, **faults)
    stated = {"gain": "1.02(1)", "offset": "0.01(1) 2e^2/h", "series_resistance": "420(12) ohm"}
    measurement = with_conditions(made.measurement, **stated)
    twin = twin_of(measurement, configure(quantum=QUANTUM))
    assert twin.measurement.conditions == measurement.conditions
    x, y = twin.measurement.abscissa.values, twin.measurement.ordinate
    order = np.argsort(measurement.abscissa.values)
    here = np.isin(measurement.abscissa.values[order], x)
    measured = measurement.ordinate.values[order][here]
    # measured readings are handed on as they are, through the calibration and back
    np.testing.assert_allclose(y.values, measured, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(y.std, measurement.ordinate.std[order][here], rtol=1e-9)
    drawn = twin.draw(np.random.default_rng(3)).ordinate.values
    pulls = (drawn - measured) / y.std
    # the variances of two independent noises add up; the standard deviation of a variance of n readings is sqrt(2/n)
    assert np.mean(pulls**2) == pytest.approx(2, abs=4 * 2 * np.sqrt(2 / pulls.size))
    assert abs(np.mean(pulls)) < 4 * np.sqrt(2 / pulls.size)


def test_the_truth_is_the_fit_with_level_n_at_n_steps(make) -> None:
    made = make(seed=2)
    twin = twin_of(made.measurement, configure(quantum=QUANTUM))
    fit = twin.analysis.fit
    assert twin.truth.step == fit.value("step_height")
    # the middle of a plateau lies 6 widths from either riser: exp(-6) of a step on both sides, which cancel
    places = list(twin.truth.thresholds.values())
    middles = [(a + b) / 2 for a, b in pairwise(places)]
    found = np.interp(middles, twin.measurement.abscissa.values, twin.truth.curve)
    np.testing.assert_allclose(found / twin.truth.step, [1, 2, 3], atol=2 * np.exp(-6))


@pytest.mark.parametrize("descending", [False, True])
def test_risers_above_the_claim_are_simulated_as_well(make, descending: bool) -> None:
    """What a riser above does to the highest level of the claim is a part of the measurement."""
    made = make(seed=2, descending=descending)
    twin = twin_of(made.measurement, configure(quantum=QUANTUM, plateaus="1:2"))
    assert twin.measurement.abscissa.values.size == 400
    assert "2 more above the claim" in twin.truth.words
    assert len(twin.truth.thresholds) == 4
    # beyond all of them: the last one is 6 widths away
    assert np.max(twin.truth.curve) / twin.truth.step == pytest.approx(4, abs=2 * np.exp(-6))
    for n in (3, 4):  # read off the data, to a small part of a width
        away = twin.truth.thresholds[f"threshold_{n}"] - made.truth[f"threshold_{n}"]
        assert abs(away) < 0.5 * made.truth[f"width_{n}"]
    test = selftest_of(twin, list(repeats_of(twin, repeats=10, seed=1)), asked=10, seed=1)
    assert test.same == 10
    assert [name for name in by_name(test) if "transmission" in name] == ["transmission_1", "transmission_2"]


def test_a_riser_that_is_no_whole_step_ends_the_simulated_sweep(make) -> None:
    """Half a step above the second plateau: nobody knows what level it would lead to."""
    made = make(seed=2, steps=3, transmissions=(1.0, 1.0, 0.5))
    twin = twin_of(made.measurement, configure(quantum=QUANTUM, plateaus="1:2"))
    x = twin.measurement.abscissa.values
    assert made.truth["threshold_2"] < x[-1] < made.truth["threshold_3"]
    assert len(twin.truth.thresholds) == 2


def test_an_offset_that_nobody_stated_is_no_part_of_the_truth(make) -> None:
    twin = twin_of(make(seed=2, offset=0.05).measurement, configure(quantum=QUANTUM))
    assert "offset" in twin.analysis.fit.names
    # far below the first riser: 6 widths, exp(-6) of a step
    assert twin.truth.curve[0] / twin.truth.step == pytest.approx(0, abs=2 * np.exp(-6))
    assert any("offset" in note for note in twin.notes[1:])


def test_a_count_from_the_quantum_goes_on_in_the_twin(make) -> None:
    made = make(seed=2)
    low = made.truth["threshold_1"] + 6 * made.truth["width_1"]
    x = made.measurement.abscissa.values
    here = x > low
    series = {
        name: replace(s, values=s.values[here], std=None if s.std is None else s.std[here])
        for name, s in made.measurement.series.items()
    }
    twin = twin_of(replace(made.measurement, series=series), configure(quantum=QUANTUM))
    assert twin.truth.below == 1
    assert twin.truth.curve[0] / twin.truth.step == pytest.approx(1, abs=2 * np.exp(-6))
    assert any("n = 2" in note for note in twin.notes)


def test_right_uncertainties_hold(make) -> None:
    test = run(make(seed=3).measurement)
    names = [
        "step_height",
        "step_height_model",
        *(f"{n}_{i}" for n in ("transmission", "threshold") for i in (1, 2, 3, 4)),
    ]
    assert list(by_name(test)) == names
    assert test.same == 40
    assert test.decisions == {"quantized": 40}
    assert not test.failures
    for quantity in (by_name(test)[name] for name in ("step_height", "step_height_model")):
        assert quantity.answer == "hold", quantity.to_dict()
        # four standard deviations of a mean, and of a standard deviation, of 40 pulls
        assert abs(quantity.mean) < 4 / np.sqrt(40)
        assert abs(quantity.std - 1) < 4 / np.sqrt(80)
    assert test.conclusion[0].startswith("the intervals hold")
    json.dumps(test.to_dict(), allow_nan=False)


@pytest.mark.parametrize(("factor", "answer"), [(0.5, "too short"), (3.0, "too long")])
def test_uncertainties_that_are_wrong_are_found(
    make, monkeypatch: pytest.MonkeyPatch, factor: float, answer: str
) -> None:
    """An analysis that states `factor` times its uncertainties."""
    whole = room.analyse_many

    def wrong(measurements, config, **how):
        return [
            replace(a, estimates={name: replace(e, std_stat=factor * e.std_stat) for name, e in a.estimates.items()})
            for a in whole(measurements, config, **how)
        ]

    monkeypatch.setattr(room, "analyse_many", wrong)
    # 0.95^n stays above the 0.5 % of the band up to n = 103: fewer repeats cannot tell a coverage of 100 % from 95 %
    test = run(make(seed=3, steps=2, points=120).measurement, repeats=110)
    for name in ("step_height", "step_height_model"):
        found = by_name(test)[name]
        assert found.answer == answer
        # a 95 % quantile of 110 pulls is good to 11 %; 3 of these, for uncertainties that are right to 10 %
        assert found.factor * factor == pytest.approx(1, abs=0.35)
    assert not test.holds


@pytest.mark.parametrize("factor", [0.5, 2.5])
def test_readings_are_drawn_as_they_scatter(make, factor: float) -> None:
    """Whatever standard deviations are stated, here `factor` times those of the readings; they stay as they are."""
    measurement = make(seed=3).measurement
    y = measurement.ordinate
    series = {**measurement.series, measurement.y: replace(y, std=y.std * factor)}
    twin = twin_of(replace(measurement, series=series), configure(quantum=QUANTUM))
    assert any(f"scatter {1 / factor:.1f}" in note for note in twin.notes)
    drawn = [twin.draw(np.random.default_rng(seed)).ordinate for seed in range(20)]
    np.testing.assert_allclose(drawn[0].std, y.std[: drawn[0].std.size] * factor, rtol=1e-9)
    away = np.concatenate([d.values - twin.truth.curve for d in drawn])
    # the scatter of this file is known to 1/sqrt(2 n) of it, 3.5 % for 400 readings; three of these
    assert np.std(away) == pytest.approx(y.std[0], rel=0.11)


def test_seeds_give_the_same_repeats_in_any_number(make) -> None:
    twin = twin_of(make(seed=3).measurement, configure(quantum=QUANTUM))
    few = [repeat.pulls for repeat in repeats_of(twin, repeats=10, seed=5)]
    many = repeats_of(twin, repeats=500, seed=5)
    assert [next(many).pulls for _ in range(3)] == few[:3]
    assert next(repeats_of(twin, repeats=10, seed=6)).pulls != few[0]


@pytest.mark.parametrize("repeats", [-1, 0, 9, 10**9])
def test_a_number_of_repeats_that_is_none(make, repeats: int) -> None:
    twin = twin_of(make(seed=3).measurement, configure(quantum=QUANTUM))
    with pytest.raises(ConfigError, match="--repeats"):
        repeats_of(twin, repeats=repeats, seed=1)


def lopsided(seed: int = 1) -> Measurement:
    """Risers whose upper half is four times as wide as the lower one: no logistic describes them."""
    x = np.linspace(0, 54, 600)
    rng = np.random.default_rng(seed)
    z = [x - v for v in (6, 18, 30, 42)]
    steps = sum(1 / (1 + np.exp(-np.where(u < 0, u / 0.3, u / 1.2))) for u in z)
    noise = 0.004 * rng.normal(size=x.size)
    return Measurement.from_arrays(x=x, y=steps + noise, y_std=np.full(x.size, 0.004), x_unit="mV", y_unit=QUANTUM)


def test_a_shape_that_the_model_misses_is_said_to_be_untested() -> None:
    measurement = lopsided()
    twin = twin_of(measurement, configure(quantum=QUANTUM))
    assert any("misses the shape" in warning for warning in twin.analysis.warnings)
    assert any("says nothing of the measured shape" in note for note in twin.notes)
    # the noise is that of the flat stretches, 0.004 of a quantum as stated, and not what the model leaves over
    quantum = twin.analysis.quantum.value
    np.testing.assert_allclose(twin.noise.std / quantum, 0.004, rtol=1e-6)


def test_without_a_fit_the_truth_comes_from_the_plateaus(make, monkeypatch: pytest.MonkeyPatch) -> None:
    import gzero.fitters.staircase as fitter

    def fails(*_: object, **__: object) -> None:
        raise FitError("no minimum")

    made = make(seed=3)
    monkeypatch.setattr(fitter, "fit_staircase", fails)
    twin = twin_of(made.measurement, configure(quantum=QUANTUM))
    assert twin.analysis.fit is None
    assert twin.truth.step == twin.analysis.estimates["step_height"].value
    assert any(note.startswith("no model was fitted") for note in twin.notes)
    # risers as read off: thresholds of this file to a few of their standard uncertainties, 0.1 of a width each
    for n in range(1, 5):
        away = twin.truth.thresholds[f"threshold_{n}"] - made.truth[f"threshold_{n}"]
        assert abs(away) < 0.5 * made.truth[f"width_{n}"]


def test_a_curve_without_flat_plateaus_has_nothing_to_test() -> None:
    """Plateaus that climb by a third of a step each."""
    x = np.linspace(0, 54, 400)
    rng = np.random.default_rng(1)
    steps = sum(0.64 / (1 + np.exp(-(x - v))) for v in (6, 18, 30, 42)) + 0.03 * np.clip(x - 6, 0, None)
    y = steps + 0.002 * rng.normal(size=x.size)
    measurement = Measurement.from_arrays(x=x, y=y, y_std=np.full(x.size, 0.002), x_unit="mV", y_unit=QUANTUM)
    with pytest.raises(FitError, match="no step height to test"):
        twin_of(measurement, configure(quantum=QUANTUM))


def test_other_experiments_have_no_self_test() -> None:
    from gzero.pipeline.datasets import dataset

    with pytest.raises(ConfigError, match="not available for the experiment 'diffusion'"):
        measurement_of(dataset("si_diffusivity"), configure())


def test_a_failed_analysis_is_a_result(make, monkeypatch: pytest.MonkeyPatch) -> None:
    twin = twin_of(make(seed=3).measurement, configure(quantum=QUANTUM))
    whole = room.analyse_many

    def sometimes(measurements, config, **how):
        found = whole(measurements, config, **how)
        found[3::4] = [FitError("no minimum", remedy="none")] * len(found[3::4])
        return found

    monkeypatch.setattr(room, "analyse_many", sometimes)
    test = selftest_of(twin, list(repeats_of(twin, repeats=12, seed=1)), asked=12, seed=1)
    assert test.failures == {"FitError: no minimum": 3}
    assert (test.done, by_name(test)["step_height"].trials, by_name(test)["step_height"].experiments) == (12, 9, 12)


def test_a_threshold_of_another_riser_is_no_pull(make) -> None:
    twin = twin_of(make(seed=3).measurement, configure(quantum=QUANTUM))
    fit = twin.analysis.fit
    k = fit.names.index("threshold_2")
    values = fit.values.copy()
    values[k] = twin.truth.thresholds["threshold_3"]
    shifted = replace(twin.analysis, fit=replace(fit, values=values))
    assert "threshold_2" in true_values(twin.truth, twin.analysis)
    assert "threshold_2" not in true_values(twin.truth, shifted)
    assert "threshold_3" in true_values(twin.truth, shifted)


def test_a_fitted_series_resistance_is_tested(make) -> None:
    measurement = make(seed=4, series_resistance=420.0).measurement
    test = run(measurement, repeats=12, series_resistance="fit")
    found = by_name(test)["series_resistance"]
    assert found.unit == "ohm"
    # its own uncertainty on this file is 30 ohm
    assert found.truth == pytest.approx(420, abs=150)
    assert np.max(np.abs(found.pulls)) < 5
