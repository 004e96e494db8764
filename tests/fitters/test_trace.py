"""Switching traces: states, multiples and what is said of them, on traces whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gzero.errors import InputError, UnitError
from gzero.estimate import Estimate
from gzero.fitters.findings import Findings
from gzero.fitters.options import FitOptions
from gzero.fitters.trace import fit
from gzero.measurement.measurement import Measurement
from gzero.quanta import G0, parse_quantum
from gzero.synthetic.trace import simulate
from gzero.synthetic.truth import Synthetic
from gzero.verdict.decide import decide
from gzero.verdict.margins import Margins

OPTIONS = FitOptions(quantum=parse_quantum("2e^2/h"))


def made(seed: int = 1, **options: object) -> Synthetic:
    return simulate(np.random.default_rng(seed), seed=seed, **options)  # type: ignore[arg-type]


def with_readings(measurement: Measurement, y: np.ndarray, **changes: object) -> Measurement:
    series = replace(measurement.ordinate, values=y, std=None)
    return replace(measurement, series={**measurement.series, "conductance": series}, **changes)  # type: ignore[arg-type]


def steps(*levels: float, stay: int = 100, noise: float = 0.02, offset: Estimate | None = None) -> Measurement:
    """Levels [quanta] one after the other, in white noise."""
    out = made(points=20 + stay * len(levels)).measurement
    rng = np.random.default_rng(11)
    y = (np.repeat(levels, stay) + noise * rng.normal(size=stay * len(levels))) * G0
    x = np.arange(y.size) * 1e-3
    zero = Estimate(value=0.0, systematic={"offset": 0.002 * G0}, unit="S") if offset is None else offset
    return replace(
        out,
        series={
            "time": replace(out.abscissa, values=x),
            "conductance": replace(out.ordinate, values=y, std=None),
        },
        conditions={"offset": zero},
    )


def without_offset(measurement: Measurement) -> Measurement:
    return replace(measurement, conditions={})


def multiples(found: Findings) -> list[int]:
    return [level.index for level in found.levels]


def test_levels_are_means_of_their_readings() -> None:
    """White noise: the mean of the readings between the switches, without those beside a switch, by numpy; its standard
    uncertainty the noise over the root of their number (5 %: the noise of 300 readings is known to 4 %)."""
    measurement = steps(0.0, 1.0, 3.0)
    found = fit(measurement, OPTIONS)
    y = measurement.ordinate.values.reshape(3, 100)[:, 1:-1]
    np.testing.assert_allclose([lv.level.value for lv in found.levels], y.mean(axis=1), rtol=1e-9)
    np.testing.assert_allclose([lv.level.std_stat for lv in found.levels], 0.02 * G0 / np.sqrt(98), rtol=0.12)
    assert multiples(found) == [0, 1, 3]
    assert [lv.counted for lv in found.levels] == [False, True, True]
    assert found.levels[0].note == "the open contact"
    # the step above 1 is two quanta: per quantum it is one
    assert found.levels[2].transmission.value == pytest.approx(1.0, abs=0.01)


def test_the_step_height_is_the_line_through_the_counted_levels() -> None:
    """sum n L/sum n^2 of equally known levels, by hand; a common offset shifts it by sum n/sum n^2 of itself."""
    found = fit(steps(0.0, 1.0, 3.0), OPTIONS)
    one, three = found.levels[1].level, found.levels[2].level
    step = found.estimates["step_height"]
    assert step.value == pytest.approx((one.value + 3 * three.value) / 10, rel=1e-6)
    assert step.systematic["offset"] == pytest.approx(-0.002 * G0 * 4 / 10)


def test_states_that_are_visited_again_are_one() -> None:
    found = fit(steps(1.0, 2.0, 1.0, 0.0, 2.0, 1.0), OPTIONS)
    assert multiples(found) == [0, 1, 2]
    table = found.listings[0]
    assert [row[3] for row in table.rows] == [1.0, 3.0, 2.0]


def test_skipped_states_are_no_trouble_and_no_multiple_is_counted() -> None:
    found = fit(steps(0.0, 2.0, 5.0), OPTIONS)
    assert multiples(found) == [0, 2, 5]
    assert found.level_set is not None
    assert found.level_set.counted_from == "nearest multiple"


def test_a_level_below_half_a_quantum_is_not_hidden_as_an_open_contact() -> None:
    """0.3 quanta is no multiple: it is given the multiple 1 and lies 0.7 off it."""
    found = fit(steps(0.0, 0.3, 1.0, 2.0), OPTIONS)
    assert multiples(found) == [0, 1, 1, 2]
    assert "same multiple" in found.levels[2].note


def test_declared_plateaus_restrict_the_claim() -> None:
    found = fit(steps(0.0, 1.0, 2.0, 3.5), replace(OPTIONS, plateaus=(1, 2)))
    assert found.level_set is not None
    assert found.level_set.indices.tolist() == [1, 2]
    assert "outside" in found.levels[3].note


def test_an_offset_that_is_not_stated_is_free() -> None:
    """Heights are then above the lowest state, whatever it reads, and their zero is on record as free."""
    measurement = without_offset(steps(0.4, 1.4, 2.4))
    found = fit(measurement, OPTIONS)
    assert multiples(found) == [0, 1, 2]
    assert found.level_set is not None
    assert found.level_set.zero == "free"
    assert found.levels[1].level.value == pytest.approx(G0, abs=0.01 * G0)
    assert any("state --offset" in warning for warning in found.warnings)
    known = fit(steps(0.4, 1.4, 2.4), OPTIONS)
    assert known.level_set is not None
    assert known.level_set.zero == "known"
    assert any("never reaches an open contact" in warning for warning in known.warnings)


def test_a_trace_without_a_switch_says_what_it_would_have_seen() -> None:
    found = fit(made(levels=(1.0,), points=400, noise=0.05).measurement, OPTIONS)
    assert len(found.levels) == 1
    assert any("no switch was found; a step of 0.02" in warning for warning in found.warnings)
    # z sqrt(4/n) noise = 4.3 x 0.1 x 0.05 = 0.021
    alone = fit(made(levels=(0.0,), points=400, noise=0.05).measurement, OPTIONS)
    assert list(alone.estimates) == ["conductance"]


def test_spikes_and_slow_edges_are_passages() -> None:
    """One reading off its level, and two on the way between two levels: no states, and no stay ends at the spike."""
    measurement = steps(0.0, 1.0, 0.0, 1.0)
    y = measurement.ordinate.values.copy()
    y[150] = 6.3 * G0
    y[200:202] = 0.55 * G0, 0.45 * G0
    found = fit(with_readings(measurement, y), OPTIONS)
    assert multiples(found) == [0, 1]
    assert found.listings[2].name == "transitions"
    assert [row[-1] for row in found.listings[2].rows] == [2.0, 1.0]


def test_readings_at_the_rail_are_a_gap() -> None:
    """Clipped readings are left out, and what happened there is no switch."""
    measurement = steps(1.0, 4.0, 1.0, 2.0)
    y = np.minimum(measurement.ordinate.values, 3.0 * G0)
    found = fit(with_readings(measurement, y), OPTIONS)
    assert [e.rule for e in found.exclusions] == ["overload"]
    assert found.exclusions[0].indices.size == 100
    assert multiples(found) == [1, 2]
    switches = next(listing for listing in found.listings if listing.name == "switches")
    assert len(switches.rows) == 1


def test_a_long_trace_is_averaged_and_says_so() -> None:
    found = fit(made(points=20_000, levels=(0.0, 1.0), dwell=(1.0,), stated_std=True).measurement, OPTIONS)
    assert multiples(found) == [0, 1]
    choice = next(c for c in found.ledger if c.choice == "averaging")
    assert choice.value == "4 readings"
    assert found.curve is not None
    assert len(found.curve) == 5000
    # the mean of four independent readings of 0.05 quanta
    assert found.curve.y_std is not None
    assert found.curve.y_std[0] == pytest.approx(0.025 * G0)


def test_a_drifting_level_is_not_flat() -> None:
    """A level that rises by 0.3 quanta in noise of 0.3: too little for a step in the middle (0.15/(0.3 sqrt(4/300)) = 4.3 with
    luck), more than the margin of 0.1 by two standard uncertainties (0.3 sqrt(12/300) = 0.06)."""
    measurement = steps(0.0, 2.0, stay=300, noise=0.3)
    y = measurement.ordinate.values.copy()
    y[300:] += np.linspace(-0.15, 0.15, 300) * G0
    found = fit(with_readings(measurement, y), replace(OPTIONS, noise_model="white"))
    high = next(lv for lv in found.levels if lv.index == 2)
    assert "drifts" in high.note
    assert found.level_set is not None
    assert found.level_set.flat == (False,)


def test_what_makes_no_trace_is_refused() -> None:
    short = made(points=20).measurement
    few = replace(
        short,
        series={name: replace(s, values=s.values[:10], std=None) for name, s in short.series.items()},
    )
    with pytest.raises(InputError, match="too few"):
        fit(few, OPTIONS)
    volts = replace(short, conditions={"offset": Estimate(value=0.0, unit="V")})
    with pytest.raises(UnitError):
        fit(volts, OPTIONS)


def test_a_fitted_resistance_needs_two_multiples() -> None:
    found = fit(steps(0.0, 1.0), replace(OPTIONS, fit_resistance=True))
    assert any("no series resistance was fitted" in warning for warning in found.warnings)
    assert "step_height" in found.estimates


def test_high_multiples_are_near_the_quantum_by_themselves() -> None:
    """Levels that lie anywhere: 6.3, 7.45 and 8.6 quanta give a step within 4 % of one, and the reader is told."""
    found = fit(steps(0.0, 6.3, 7.45, 8.6), OPTIONS)
    assert found.estimates["step_height"].value == pytest.approx(G0, rel=0.05)
    assert any("near the quantum by itself" in warning for warning in found.warnings)


def test_negative_states_and_uneven_times_are_said() -> None:
    found = fit(steps(-1.0, 0.0, 1.0), OPTIONS)
    assert any("below zero" in warning for warning in found.warnings)
    measurement = steps(0.0, 1.0)
    x = measurement.abscissa.values.copy()
    x[::10] += 0.9e-3
    jittery = replace(
        measurement, series={**measurement.series, "time": replace(measurement.abscissa, values=np.sort(x))}
    )
    assert any("evenly spaced" in warning for warning in fit(jittery, OPTIONS).warnings)


def test_a_constant_record_has_one_level() -> None:
    found = fit(with_readings(steps(1.0, 1.0), np.full(200, G0)), OPTIONS)
    assert multiples(found) == [1]
    assert any("no switch was found" in warning for warning in found.warnings)


def test_many_states_give_pairs_and_few_a_matrix() -> None:
    many = fit(
        made(points=3000, levels=tuple(float(n) for n in range(8)), dwell=(0.05,), noise=0.05).measurement, OPTIONS
    )
    table = next(listing for listing in many.listings if listing.name == "transitions")
    assert table.heads[:2] == ("from", "to")
    switches = next(listing for listing in many.listings if listing.name == "switches")
    assert sum(float(row[2]) for row in table.rows) >= len(switches.rows)
    once = fit(steps(0.0, 1.0, 2.0), OPTIONS)
    assert "transitions" not in [listing.name for listing in once.listings]


def test_levels_that_are_all_the_open_contact_are_said_to_be_so() -> None:
    """0, 0.03 and 0.06 quanta lie within the level margin of 0.1 of zero: readings in another unit look like this."""
    found = fit(steps(0.0, 0.03, 0.06, noise=0.002), OPTIONS)
    assert multiples(found) == [0, 0, 0]
    assert found.level_set is None
    (said,) = [line for line in found.warnings if "levels were found" in line]
    assert said.startswith("3 levels were found, and all of them are the open contact")
    assert "the farthest 0.06 2e^2/h off" in said
    verdict = decide(found.level_set, OPTIONS.quantum, Margins(), what="level")
    assert verdict.decision == "undecided"
    assert verdict.reasons[0].startswith("no level above the open contact is counted")


def test_levels_beside_the_claim_are_said_to_be_so() -> None:
    found = fit(steps(0.0, 1.0, 2.0), replace(OPTIONS, plateaus=(5, 6)))
    (said,) = [line for line in found.warnings if "levels were found" in line]
    assert said == "3 levels were found, and none of them is one of the levels 5 to 6 that the claim is about"


def test_levels_that_are_counted_are_not_explained_away() -> None:
    assert not [line for line in fit(steps(0.0, 1.0, 2.0), OPTIONS).warnings if "levels were found" in line]
