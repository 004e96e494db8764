"""The corrections, their inverse, and the shift of every common source against a finite difference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gzero.errors import InputError, UnitError
from gzero.estimate import Estimate
from gzero.measurement.measurement import condition
from gzero.quanta import G0
from gzero.reduction.calibration import Calibration


def calibration(**stated: str) -> Calibration:
    return Calibration.of({name: condition(name, text) for name, text in stated.items()})


def test_500_ohm_moves_the_integers() -> None:
    """statistics.md 3: 500 ohm makes 1, 2, 3, 4 read 0.963, 1.856, 2.688, 3.463 (printed to three decimals)."""
    read = np.array([0.963, 1.856, 2.688, 3.463]) * G0
    corrected = calibration(series_resistance="500 ohm").apply(read) / G0
    # half a unit of the last printed digit, stretched by d(corrected)/d(read) = (1 + n G0 R)^2
    stretch = (1 + np.arange(1, 5) * G0 * 500) ** 2
    assert np.all(np.abs(corrected - np.arange(1, 5)) < 0.0006 * stretch)


@given(
    g=st.floats(0.1, 8.0),
    gain=st.floats(0.5, 2.0),
    offset=st.floats(-0.1, 0.1),
    resistance=st.floats(0.0, 1500.0),
)
def test_round_trip(g: float, gain: float, offset: float, resistance: float) -> None:
    true = g * G0
    two = true / (1 + true * resistance)
    read = gain * two + offset * G0
    c = calibration(gain=f"{gain!r}", offset=f"{offset * G0!r} S", series_resistance=f"{resistance!r} ohm")
    assert c.apply(np.array([read]))[0] == pytest.approx(true, rel=1e-9)


def test_shifts_are_finite_differences() -> None:
    level = 2.3 * G0
    stated = {"gain": "0.98(1)", "offset": "0.5(2) uS", "series_resistance": "420(12) ohm"}
    c = calibration(**stated)
    two = level / (1 + level * 420)
    read = np.array([0.98 * two + 0.5e-6])
    assert c.apply(read)[0] == pytest.approx(level, rel=1e-12)
    moved = {
        "gain": calibration(**{**stated, "gain": "0.98001"}).apply(read)[0] - level,
        "offset": calibration(**{**stated, "offset": "0.5002 uS"}).apply(read)[0] - level,
        "series_resistance": calibration(**{**stated, "series_resistance": "420.012 ohm"}).apply(read)[0] - level,
    }
    for source, shift in c.shifts(level).items():
        # one thousandth of a standard uncertainty was moved; what is left is of second order
        assert shift == pytest.approx(1000 * moved[source], rel=1e-3)


def test_a_gain_is_positive() -> None:
    with pytest.raises(InputError, match="gain"):
        Calibration.of({"gain": Estimate(value=-1.0)}).check("S")


def test_corrections_have_the_dimension_of_the_data() -> None:
    with pytest.raises(UnitError, match="offset"):
        calibration(offset="1 uS").check("1/(J s)")
    with pytest.raises(UnitError, match="series resistance"):
        calibration(series_resistance="420(12) ohm").check("1/(J s)")
    calibration(offset="0.01(1) 1/h").check("1/(J s)")
    assert condition("offset", "0.5(1) 2e^2/h").value == pytest.approx(0.5 * G0, rel=1e-12)
