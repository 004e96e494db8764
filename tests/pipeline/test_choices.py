"""What may be chosen about a measurement, and what a choice does to it."""

from dataclasses import replace

import numpy as np
import pytest

import gzero
from gzero.measurement.measurement import Measurement
from gzero.pipeline.analyse import analyse_measurement
from gzero.pipeline.config import Config, configure
from gzero.pipeline.reasonable_choices import as_asked, dimensions_of, in_groups, outliers, possible

RNG = np.random.default_rng


def stairs(points: int = 160, steps: int = 4, noise: float = 0.01, seed: int = 1, **options: object) -> Measurement:
    x = np.linspace(0, 12 * steps + 6, points)
    y = sum(1 / (1 + np.exp(-(x - v))) for v in 6 + 12 * np.arange(steps)) + noise * RNG(seed).normal(size=points)
    return Measurement.from_arrays(x=x, y=y, x_unit="mV", y_unit="2e^2/h", **options)  # type: ignore[arg-type]


def line(y: np.ndarray, x: np.ndarray | None = None, std: np.ndarray | None = None) -> Measurement:
    x = np.arange(y.size, dtype=float) if x is None else x
    return Measurement.from_arrays(x=x, y=y, y_std=std, x_unit="V", y_unit="S")


def dimensions(measurement: Measurement, **options: object):
    config = configure(quantum="2e^2/h", **options)
    analysis = analyse_measurement(measurement, config)
    return dimensions_of(measurement, config, analysis), analysis


def names(options) -> list[str]:
    return [option.name for option in options]


# -- smoothing --------------------------------------------------------------------------------------------------------


def test_groups_are_means_with_their_standard_error() -> None:
    """Exact: the mean of three, and the root of the sum of three squares over 3; one reading is left over."""
    y, std = np.array([1.0, 2.0, 6.0, 4.0, 4.0, 1.0, 9.0]), np.array([1.0, 2.0, 2.0, 3.0, 3.0, 3.0, 1.0])
    found, _ = in_groups(line(y, std=std), Config(), centre="mean", rest=np.arange(7))
    assert found.ordinate.values.tolist() == [3.0, 3.0]
    assert found.abscissa.values.tolist() == [1.0, 4.0]
    assert found.ordinate.std == pytest.approx([1.0, np.sqrt(27) / 3])
    assert found.row_numbers == (1, 4)
    assert found.ledger[-1].choice == "smoothing"


def test_the_std_of_a_median_of_three_is_what_simulation_gives() -> None:
    """A spike does not reach the median; its std over many draws, to four standard errors of a std of 40 000."""
    y = RNG(1).normal(size=120_000)
    found, _ = in_groups(line(y, std=np.ones(y.size)), Config(), centre="median", rest=np.arange(y.size))
    assert found.ordinate.std is not None
    assert found.ordinate.std[0] == pytest.approx(np.std(found.ordinate.values), rel=4 / np.sqrt(2 * 40_000))
    spike, _ = in_groups(line(np.array([1.0, 99.0, 1.1])), Config(), centre="median", rest=np.arange(3))
    assert spike.ordinate.values.tolist() == [1.1]


def test_no_group_reaches_over_a_gap_or_over_a_reading_that_was_left_out() -> None:
    x = np.array([0, 1, 2, 3, 50, 51, 52, 53.0])
    y = np.arange(8.0)
    found, _ = in_groups(line(y, x), Config(), centre="mean", rest=np.arange(8))
    assert found.ordinate.values.tolist() == [1.0, 5.0]
    left, _ = in_groups(line(y, np.arange(8.0)), Config(), centre="mean", rest=np.array([0, 1, 2, 5, 6, 7]))
    assert left.ordinate.values.tolist() == [1.0, 6.0]


def test_smoothing_keeps_the_uncertainty_of_the_levels() -> None:
    """Means of three independent readings hold what the readings hold: step and std stay within what chance moves them."""
    measurement = stairs(points=600, y_std=np.full(600, 0.01))
    plain = gzero.analyse(measurement, quantum="2e^2/h").estimates["step_height"]
    smooth, _ = in_groups(measurement, Config(), centre="mean", rest=np.arange(600))
    found = gzero.analyse(smooth, quantum="2e^2/h").estimates["step_height"]
    assert abs(found.value - plain.value) < plain.std_stat
    assert 0.6 < found.std_stat / plain.std_stat < 1.6  # the windows of the plateaus are not quite the same


# -- masks ------------------------------------------------------------------------------------------------------------


def test_a_spike_is_an_outlier_and_a_riser_is_none() -> None:
    measurement = stairs(noise=0.01, seed=3)
    y = measurement.ordinate.values.copy()
    assert outliers(y).size == 0
    y[70] += 0.3 * 7.748e-5
    assert outliers(y).tolist() == [70]


def test_noise_free_or_short_data_have_no_outliers() -> None:
    assert outliers(np.zeros(50)).size == 0
    assert outliers(np.array([0.0, 9.0, 0.0])).size == 0


def test_the_mask_of_outliers_is_offered_where_there_are_any() -> None:
    clean = stairs(seed=3)
    assert names(dimensions(clean)[0]["readings"]) == ["all", "1st, 3rd, 5th, ...", "2nd, 4th, 6th, ..."]
    y = clean.ordinate.values.copy()
    y[70] += 0.3 * 7.748e-5
    spiked = replace(clean, series={**clean.series, clean.y: replace(clean.ordinate, values=y)})
    option = dimensions(spiked)[0]["readings"][-1]
    assert option.name == "without 1 outlier"
    kept, _ = option.change(spiked, Config())
    assert kept.ordinate.values.size == y.size - 1
    assert 71 not in kept.row_numbers


def test_the_two_halves_are_all_readings() -> None:
    measurement = stairs()
    _, first, second = dimensions(measurement)[0]["readings"]
    rows = [first.change(measurement, Config())[0].row_numbers, second.change(measurement, Config())[0].row_numbers]
    assert sorted(rows[0] + rows[1]) == list(range(1, 161))


# -- what is offered --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("falling", [False, True])
def test_a_window_never_leaves_pinch_off(falling: bool) -> None:
    """x from 0 to 54 mV, closed up to the first riser at 6 mV: half of that stretch at most, and 5 % at the open end."""
    measurement = stairs(points=240)
    if falling:
        x = -measurement.abscissa.values[::-1]
        series = {
            measurement.x: replace(measurement.abscissa, values=x),
            measurement.y: replace(measurement.ordinate, values=measurement.ordinate.values[::-1]),
        }
        measurement = replace(measurement, series=series)
    options = dimensions(measurement)[0]["window"]
    assert options[0].change is as_asked

    def ends(place: int) -> tuple[float, float]:
        low, high = (float(v) for v in (options[place].change(measurement, Config())[1].range or "").split(":"))
        return (-high, -low) if falling else (low, high)

    cut = ends(1)[0]
    assert 0 < cut < 3.0
    assert ends(1)[1] == pytest.approx(54)
    assert ends(2) == pytest.approx((0, 0.95 * 54), abs=1e-9)
    assert ends(3) == pytest.approx((cut, 0.95 * 54))


def test_plateaus_as_declared_or_found_and_without_their_ends() -> None:
    assert names(dimensions(stairs())[0]["plateaus"]) == [
        "every flat one (1 to 4)", "without the highest", "without the lowest",
    ]  # fmt: skip
    declared = dimensions(stairs(), plateaus="1:4")[0]["plateaus"]
    assert names(declared)[:2] == ["declared, 1:4", "every flat one"]
    assert declared[2].change(stairs(), configure(plateaus="1:4"))[1].plateaus == "1:3"
    # three plateaus would leave two, with one degree of freedom
    assert names(dimensions(stairs(steps=3))[0]["plateaus"]) == ["every flat one (1 to 3)"]


def test_a_stated_resistance_is_moved_by_its_uncertainty_and_never_left_out() -> None:
    """Readings behind 400 ohm, corrected by what is stated."""
    clean = stairs()
    y = clean.ordinate.values
    series = {**clean.series, clean.y: replace(clean.ordinate, values=y / (1 + 400 * y))}
    measurement = replace(clean, series=series)
    stated = {"series_resistance": "400(50) ohm"}
    config = configure(quantum="2e^2/h", **stated)
    from gzero.pipeline.load import with_stated

    measurement = with_stated(measurement, config)
    options = dimensions_of(measurement, config, analyse_measurement(measurement, config))["series resistance"]
    assert names(options) == ["400 ohm", "450 ohm, 1 std more", "350 ohm, 1 std less", "fitted"]
    moved, _ = options[1].change(measurement, config)
    assert moved.conditions["series_resistance"].value == 450
    assert moved.conditions["series_resistance"].std == 50
    fitted, asked = options[3].change(measurement, config)
    assert "series_resistance" not in fitted.conditions
    assert asked.series_resistance == "fit"


def test_stated_uncertainties_may_be_not_believed_where_there_are_any() -> None:
    assert "stated std not believed" not in names(dimensions(stairs())[0]["noise"])
    measurement = stairs(y_std=np.full(160, 0.01))
    option = dimensions(measurement)[0]["noise"][-1]
    assert option.name == "stated std not believed"
    assert option.change(measurement, Config())[0].ordinate.std is None


def test_no_combination_leaves_too_few_readings_or_plateaus() -> None:
    found, analysis = dimensions(stairs(points=140))
    asked = tuple(options[0] for options in found.values())
    assert possible(asked, analysis)

    def chosen(**places: int) -> tuple:
        return tuple(options[places.get(name.replace(" ", "_"), 0)] for name, options in found.items())

    points = float(np.median([level.points for level in analysis.levels]))
    assert 15 <= points < 30  # so that a third is enough, and a sixth is not
    assert possible(chosen(smoothing=1), analysis)
    assert not possible(chosen(smoothing=1, readings=1), analysis)
    assert possible(chosen(plateaus=1), analysis)
    assert possible(chosen(series_resistance=1), analysis)
    assert not possible(chosen(plateaus=1, series_resistance=1), analysis)  # three levels, two parameters


def test_an_analysis_with_no_plateau_still_has_choices() -> None:
    flat = line(np.full(60, 1e-5) + 1e-9 * RNG(1).normal(size=60))
    found, analysis = dimensions(flat)
    assert not [level for level in analysis.levels if level.counted]
    assert [options[0].change for options in found.values()] == [as_asked] * 6
    assert possible(tuple(options[-1] for options in found.values()), analysis)
