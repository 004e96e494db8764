"""Readings that stay by themselves: nothing is sorted, averaged or left out in silence."""

import numpy as np
import pytest

from gzero.errors import InputError
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series, condition
from gzero.reduction.calibration import Calibration
from gzero.reduction.readings import select_readings
from gzero.reduction.selection import Selection

X = (0.03, 0.05, 0.03, 0.04)
Y = (1.0, 3.0, 1.2, 2.0)


def measured(x=X, y=Y, std=None, cold=(0.02,) * 4, **conditions: str) -> Measurement:
    series = {
        "temperature": Series(name="temperature", label="T_h [K]", values=np.array(x), unit="K"),
        "heat_current": Series(
            name="heat_current", label="J [W]", values=np.array(y), std=None if std is None else np.array(std), unit="W"
        ),
        "reservoir_temperature": Series(name="reservoir_temperature", label="T_0 [K]", values=np.array(cold), unit="K"),
    }
    return Measurement(
        kind="heat", series=series, conditions={k: condition(k, v) for k, v in conditions.items()},
        origin=Origin(path="lab.csv", sha256="", loader="test", rows_read=len(x)), x="temperature", y="heat_current",
        row_numbers=tuple(range(2, 2 + len(x))),
    )  # fmt: skip


def selected(measurement: Measurement, **options):
    calibration = Calibration.of(measurement.conditions)
    return select_readings(
        measurement, calibration, Selection(**options), beside=("reservoir_temperature",),
        positive=("temperature", "reservoir_temperature"),
    )  # fmt: skip


def test_the_order_of_the_file_and_every_repeat_stay() -> None:
    found = selected(measured())
    np.testing.assert_array_equal(found.curve.y, Y)
    np.testing.assert_array_equal(found.curve.rows, [0, 1, 2, 3])
    np.testing.assert_array_equal(found.curve.x, [1, 2, 3, 4])
    assert found.exclusions == ()
    assert found.curve.y_std is None


def test_gain_is_taken_out_of_readings_and_their_uncertainties() -> None:
    """A gain of 2 halves both, by its definition (measured over true)."""
    found = selected(measured(std=(0.1, 0.2, 0.1, 0.1), gain="2.00(1)"))
    np.testing.assert_allclose(found.curve.y, np.array(Y) / 2, rtol=1e-15)
    np.testing.assert_allclose(found.curve.y_std, [0.05, 0.1, 0.05, 0.05], rtol=1e-15)


def test_a_range_and_rows_that_are_not_finite_are_on_record() -> None:
    m = measured(x=(0.03, 0.05, float("nan"), 0.04, 0.06), y=(*Y, 4.0), cold=(0.02,) * 5)
    found = selected(m, invalid="drop", x_high=0.055)
    np.testing.assert_array_equal(found.curve.rows, [0, 1, 3])
    assert {e.rule: e.indices.tolist() for e in found.exclusions} == {"not finite": [2], "outside the range": [4]}


@pytest.mark.parametrize(
    ("change", "words", "row"),
    [
        ({"x": (0.03, 0.05, float("nan"), 0.04)}, "'nan' where a finite number", 4),
        ({"y": (1.0, float("inf"), 1.0, 2.0)}, "'inf' where a finite number", 3),
        ({"cold": (0.02, 0.02, 0.02, float("nan"))}, "'nan' where a finite number", 5),
        ({"std": (0.1, 0.1, 0.0, 0.1)}, "a standard uncertainty of '0.0'", 4),
        ({"x": (0.03, 0.05, -0.03, 0.04)}, "temperature -0.03 K must be positive", 4),
        ({"cold": (0.02, 0.0, 0.02, 0.02)}, "reservoir temperature 0 K must be positive", 3),
        ({"y": (0.0, 0.0, 0.0, 0.0)}, "every reading is zero", None),
    ],
)
def test_what_is_refused(change, words: str, row: int | None) -> None:
    with pytest.raises(InputError, match=words) as caught:
        selected(measured(**change))
    assert caught.value.row == row
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


def test_too_few() -> None:
    with pytest.raises(InputError, match="2 usable readings are too few"):
        selected(measured(), x_low=0.035)
