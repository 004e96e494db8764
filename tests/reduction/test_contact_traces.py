"""Traces out of one long record: every rule leaves out what it names, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from gzero.errors import InputError, UnitError
from gzero.measurement.measurement import Measurement, condition
from gzero.quanta import G0
from gzero.reduction.calibration import Calibration
from gzero.reduction.contact_session import contact_traces
from gzero.reduction.contact_traces import ContactTraces, noise_of
from gzero.reduction.selection import Selection
from gzero.synthetic.breakjunction import simulate


def session(**given: object) -> Measurement:
    return simulate(np.random.default_rng(2), seed=2, traces=40, points=100, **given).measurement  # type: ignore[arg-type]


def gathered(
    m: Measurement, calibration: Calibration | None = None, selection: Selection | None = None
) -> ContactTraces:
    return contact_traces(m, calibration or Calibration.of({}), selection or Selection(), quantum=G0)


def changed(m: Measurement, values: np.ndarray, name: str = "conductance") -> Measurement:
    return replace(m, series={**m.series, name: replace(m.series[name], values=values)})


def rules(traces: ContactTraces) -> dict[str, int]:
    return {e.rule: e.indices.size for e in traces.exclusions}


def test_a_clean_session_is_kept_whole() -> None:
    found = gathered(session())
    assert len(found) == 40
    assert rules(found) == {}
    assert np.array_equal(found.sizes, np.full(40, 100))
    assert np.array_equal(found.numbers, np.arange(1, 41))


def test_interleaved_rows_are_the_same_traces() -> None:
    """Rows in order of displacement: each trace has the same readings in the same order as before."""
    m = session()
    order = np.argsort(np.tile(np.arange(100), 40), kind="stable")
    mixed = replace(m, series={n: replace(s, values=s.values[order]) for n, s in m.series.items()})
    assert np.array_equal(gathered(mixed).values, gathered(m).values)


def test_rules_about_traces_leave_out_whole_traces() -> None:
    m = session()
    y = m.ordinate.values.reshape(40, 100).copy()
    y[3] = 0.1 * G0  # no contact
    y[7] = np.maximum(y[7], 0.8 * G0)  # never breaks
    numbers = m.series["trace"].values.copy()
    numbers[-5:] = 41  # a stub of five readings
    found = gathered(changed(changed(m, y.ravel()), numbers, "trace"))
    assert rules(found) == {"too short": 5, "no contact": 100, "never breaks": 100}
    assert set(found.numbers) == set(range(1, 41)) - {4, 8}
    assert [c.value for c in found.ledger] == ["1 of 41 left out", "1 of 41 left out", "1 of 41 left out"]


def test_clipped_readings_are_left_out_and_only_those() -> None:
    """The generator clips at 3.2 by a minimum, which is what an amplifier does: readings at exactly 3.2 are clipped ones."""
    m = session(rail=3.2)
    found = gathered(m)
    assert rules(found)["clipped"] == int((m.ordinate.values == 3.2 * G0).sum())
    assert found.rail == pytest.approx(3.2 * G0)
    assert found.values.max() < 3.2 * G0


def test_a_digitiser_is_no_rail() -> None:
    assert "clipped" not in rules(gathered(session(world="adc", adc_step=2.0)))


def test_a_calibration_is_taken_off_before_any_rule() -> None:
    """Read through gain 1.1, offset 0.03 and 400 ohm and corrected again: the readings without an instrument, to rounding."""
    made = {"gain": 1.1, "offset": 0.03, "series_resistance": 400.0}
    conditions = {"gain": condition("gain", "1.1"), "offset": condition("offset", "0.03 2e^2/h"), "series_resistance": condition("series_resistance", "400 ohm")}  # fmt: skip
    plain, read = gathered(session(noise=0.0)), gathered(session(noise=0.0, **made), Calibration.of(conditions))
    assert read.values == pytest.approx(plain.values, rel=1e-9, abs=1e-12 * G0)


@pytest.mark.parametrize("noise", [0.005, 0.02])
def test_noise_comes_from_differences(noise: float) -> None:
    """White noise of known size: 4000 readings know it to about 2 % (1.6/sqrt n for a quartile), steps and slides left alone."""
    found = gathered(session(noise=noise, between=0.0))
    assert found.open_noise == pytest.approx(noise * G0, rel=0.15)
    pure = np.random.default_rng(1).normal(0.0, 1.0, 20_000)
    assert noise_of(pure, np.ones(pure.size, dtype=bool)) == pytest.approx(1.0, rel=0.04)


def test_not_finite_is_refused_or_dropped() -> None:
    m = session()
    y = m.ordinate.values.copy()
    y[[120, 121]] = np.nan
    with pytest.raises(InputError, match=r"row 121.*and 1 more.*--invalid drop"):
        gathered(changed(m, y))
    assert rules(gathered(changed(m, y), selection=Selection(invalid="drop"))) == {"not finite": 2}


def test_a_range_of_displacements_is_a_rule() -> None:
    m = session()
    far = float(m.abscissa.values.max())
    found = gathered(m, selection=Selection(x_low=0.0, x_high=0.8 * far))
    assert found.displacement.max() <= 0.8 * far
    assert rules(found)["outside the range"] == int((m.abscissa.values > 0.8 * far).sum())


def test_contacts_that_close_are_named() -> None:
    m = session()
    y = m.ordinate.values.reshape(40, 100)[:, ::-1].ravel()
    assert "end higher than they begin" in gathered(changed(m, y)).warnings[0]
    assert gathered(m).warnings == ()


def without(m: Measurement, name: str) -> Measurement:
    return replace(m, series={n: s for n, s in m.series.items() if n != name})


def test_what_makes_no_session_is_refused_in_one_line() -> None:
    m = session()
    with pytest.raises(InputError, match="no column says which trace"):
        gathered(without(m, "trace"))
    numbers = m.series["trace"].values.copy()
    numbers[250] = np.nan
    with pytest.raises(InputError, match=r"row 251.*without a trace number"):
        gathered(changed(m, numbers, "trace"))
    with pytest.raises(InputError, match=r"0 usable traces.*no contact.*check the unit"):
        gathered(changed(m, m.ordinate.values / 1000))
    few = replace(m, series={n: replace(s, values=s.values[:400]) for n, s in m.series.items()})
    with pytest.raises(InputError, match="4 usable traces are too few"):
        gathered(few)
    kelvin = replace(m, series={**m.series, "displacement": replace(m.abscissa, unit="K")})
    with pytest.raises(UnitError, match=r"in \[K\], where a displacement"):
        gathered(kelvin)
