"""Measurements from arrays, conditions as text and as numbers with an uncertainty, curves."""

import math

import numpy as np
import pandas as pd
import pytest
from uncertainties import ufloat

from gzero.errors import ConfigError, GzeroError, InputError, UnitError
from gzero.loaders.table import Origin
from gzero.measurement.curve import Curve
from gzero.measurement.measurement import DECLARABLE, Measurement, Series, condition

X, Y = np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 2.0])
H, E = 6.62607015e-34, 1.602176634e-19  # exact, SI brochure
ORIGIN = Origin(path="lab.csv", sha256="", loader="text")


# -- from arrays ------------------------------------------------------------------------------------------------------


def test_arrays_with_units_and_quantities_as_text() -> None:
    found = Measurement.from_arrays(
        x=X, y=Y, y_std=[0.1, 0.2, 0.3], x_unit="mV", y_unit="2e^2/h", temperature="42 nK", series_resistance="420(12) ohm", gain="1.00(1)",
        offset="0(0.1) uS", length="1.2 um",
    )  # fmt: skip
    np.testing.assert_allclose(found.abscissa.values, [0, 1e-3, 2e-3], rtol=1e-15)
    np.testing.assert_allclose(found.ordinate.values, np.array([0, 2, 4]) * E**2 / H, rtol=1e-15)
    np.testing.assert_allclose(found.ordinate.std, np.array([0.2, 0.4, 0.6]) * E**2 / H, rtol=1e-14)
    assert (found.abscissa.unit, found.ordinate.unit) == ("V", "S")
    conditions = {name: (e.value, e.std, e.unit) for name, e in found.conditions.items()}
    assert conditions == {
        "temperature": (pytest.approx(42e-9), 0.0, "K"),
        "series_resistance": (420.0, 12.0, "ohm"),
        "gain": (1.0, 0.01, ""),
        "offset": (0.0, pytest.approx(1e-7), "S"),
        "length": (pytest.approx(1.2e-6), 0.0, "m"),
    }
    assert all(set(e.systematic) <= {name} for name, e in found.conditions.items())


def test_numbers_of_the_uncertainties_package_are_in_si() -> None:
    gain, resistance = ufloat(1.0, 0.01), ufloat(420.0, 12.0)
    found = Measurement.from_arrays(
        x=X, y=Y, y_unit="S", gain=gain, series_resistance=resistance, length=1.2e-6, temperature=np.float64(4.2)
    )  # type: ignore[arg-type]
    assert (found.conditions["gain"].value, found.conditions["gain"].std) == (1.0, 0.01)
    assert dict(found.conditions["series_resistance"].systematic) == {"series_resistance": 12.0}
    assert (found.conditions["length"].value, found.conditions["temperature"].value) == (1.2e-6, 4.2)


def test_quanta_that_need_a_mass_a_temperature_or_a_length() -> None:
    kb = 1.380649e-23
    heat = Measurement.from_arrays(x=X, y=Y, y_unit="kappa0*T", temperature="2 K")
    assert heat.ordinate.values[1] == pytest.approx(math.pi**2 * kb**2 * 2 / (3 * H), rel=1e-14)
    light = Measurement.from_arrays(x=X, y=Y, y_unit="P*kB*c/L", length="1 m")
    # P = pi^4/(30 zeta(3)), zeta(3) of Apery: physics.md section 1
    assert light.ordinate.values[1] == pytest.approx(math.pi**4 / (30 * 1.2020569031595942) * kb * 299792458, rel=1e-14)
    lithium = Measurement.from_arrays(x=X, y=Y, y_unit="m^2/h", particle="6Li")
    assert lithium.ordinate.values[1] == pytest.approx(1.50567477738e-19, rel=1e-9)  # facts/units_codata2022.csv
    assert lithium.particle == "6Li"
    for unit in ("kappa0*T", "m^2/h"):
        with pytest.raises(UnitError, match="needs a condition that is not stated"):
            Measurement.from_arrays(x=X, y=Y, y_unit=unit)


def test_no_unit_leaves_it_unknown() -> None:
    found = Measurement.from_arrays(x=X, y=Y)
    assert (found.abscissa.unit, found.ordinate.unit) == (None, None)
    np.testing.assert_array_equal(found.ordinate.values, Y)


@pytest.mark.parametrize("unit", ["furlong", "%", "arb. units", "", "counts"])
def test_a_stated_unit_must_be_understood(unit: str) -> None:
    for which in ("x_unit", "y_unit"):
        with pytest.raises(UnitError, match="is not known"):
            Measurement.from_arrays(x=X, y=Y, **{which: unit})


@pytest.mark.parametrize("unit", ["V", "nA", "kOhm", "1", "m^2/s"])
def test_a_unit_that_contradicts_a_conductance(unit: str) -> None:
    with pytest.raises(UnitError, match="contradicts a conductance"):
        Measurement.from_arrays(x=X, y=Y, y_unit=unit)


@pytest.mark.parametrize(
    "arrays",
    [
        {"x": X, "y": Y[:2]}, {"x": X, "y": Y, "y_std": Y[:2]}, {"x": np.zeros((3, 2)), "y": np.zeros((3, 2))}, {"x": 1.0, "y": 2.0}, {"x": X, "y": ["a", "b", "c"]}, {"x": X, "y": [1, [2], 3]},
        {"x": X, "y": None}, {"x": X, "y": [object()] * 3},
    ],
)  # fmt: skip
def test_arrays_that_are_no_columns(arrays: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Measurement.from_arrays(**arrays)  # type: ignore[arg-type]


def test_lists_series_integers_and_masks() -> None:
    masked = np.ma.masked_array([0.0, 99.0, 2.0], mask=[False, True, False])
    for y in ([0, 1, 2], (0, 1, 2), pd.Series([0, 1, 2]), np.array([0, 1, 2], dtype=np.int8)):
        np.testing.assert_array_equal(Measurement.from_arrays(x=[0, 1, 2], y=y, y_unit="S").ordinate.values, Y)  # type: ignore[arg-type]
    found = Measurement.from_arrays(x=X, y=masked, y_unit="S").ordinate.values
    assert list(np.isfinite(found)) == [True, False, True]  # a masked reading is no reading


def test_the_same_arrays_have_the_same_hash() -> None:
    def digest(*arrays: object) -> str:
        return Measurement.from_arrays(x=arrays[0], y=arrays[1]).origin.sha256  # type: ignore[arg-type]

    assert digest(X, Y) == digest(list(X), Y.copy()) != digest(X, Y + 1e-16 + 1)
    assert Measurement.from_arrays(x=X, y=Y).origin.rows_read == 3


def test_arrays_are_copied_and_read_only() -> None:
    x = X.copy()
    found = Measurement.from_arrays(x=x, y=Y, y_std=Y + 1, x_unit="V", y_unit="S")
    x[0] = 7.0
    assert found.abscissa.values[0] == 0.0
    for array in (found.abscissa.values, found.ordinate.values, found.ordinate.std):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7.0  # type: ignore[index]


def test_series_of_unequal_lengths() -> None:
    def series(name: str, n: int) -> Series:
        return Series(name=name, label=name, values=np.zeros(n))

    with pytest.raises(InputError, match=r"lab\.csv: series of unequal lengths: \{'x': 2, 'y': 3\}"):
        Measurement(
            kind="staircase",
            series={"x": series("x", 2), "y": series("y", 3)},
            conditions={},
            origin=ORIGIN,
            x="x",
            y="y",
        )
    with pytest.raises(InputError, match="y: 2 uncertainties for 3 values"):
        Series(name="y", label="y", values=np.zeros(3), std=np.ones(2))


# -- conditions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", "0 K"), ("temperature", "-1 K"), ("temperature", "-300 degC"), ("temperature", -1.0), ("length", "0 m"), ("length", "-1 um"), ("mass", "-1 u"), ("gain", "0"), ("bias", "0 mV"),
        ("bias", "0(1) mV"), ("gain", math.nan), ("gain", math.inf), ("gain", [1.0]), ("gain", None), ("gain", ufloat(1.0, math.nan)), ("temperature", "warm"), ("gain", "1,0"),
    ],
)  # fmt: skip
def test_what_no_measurement_can_have_is_refused(name: str, value: object) -> None:
    with pytest.raises(ConfigError) as raised:
        condition(name, value)
    assert DECLARABLE[name][1] in str(raised.value) or "is not a quantity" in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"), [("gain", "-1.00(1)"), ("bias", "-100 uV"), ("series_resistance", "0 ohm"), ("offset", "-1 uS")]
)
def test_what_a_measurement_can_have(name: str, value: str) -> None:
    assert condition(name, value).unit == DECLARABLE[name][0]


@pytest.mark.parametrize(
    ("name", "value"), [("temperature", "4.2"), ("temperature", "4.2 V"), ("gain", "1 V"), ("length", "1 K")]
)
def test_conditions_of_another_dimension(name: str, value: str) -> None:
    with pytest.raises(UnitError):
        condition(name, value)


@pytest.mark.parametrize("particle", ["muon", ""])
def test_unknown_particles(particle: str) -> None:
    with pytest.raises(GzeroError, match="is not known"):
        Measurement.from_arrays(x=X, y=Y, particle=particle)


# -- curves -----------------------------------------------------------------------------------------------------------


def test_a_curve_holds_read_only_copies() -> None:
    y = Y.copy()
    curve = Curve(x=X, y=y, y_std=Y + 1)
    y[0] = 7.0
    assert (curve.y[0], len(curve)) == (0.0, 3)
    for array in (curve.x, curve.y, curve.y_std):
        assert array is not None
        assert array.dtype == np.float64
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7.0


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x": X, "y": Y[:2]}, "equal length"), ({"x": X, "y": Y, "y_std": Y[:2] + 1}, "equal length"), ({"x": np.zeros((2, 2)), "y": np.zeros((2, 2))}, "equal length"),
        ({"x": X, "y": np.array([0, np.nan, 1])}, "finite"), ({"x": np.array([0, 1, np.inf]), "y": Y}, "finite"), ({"x": X, "y": Y, "y_std": np.array([1, np.nan, 1])}, "finite"),
        ({"x": np.array([0.0, 1.0, 1.0]), "y": Y}, "increase"), ({"x": X[::-1], "y": Y}, "increase"),
        ({"x": X, "y": Y, "y_std": np.array([1.0, 0.0, 1.0])}, "must be positive"), ({"x": X, "y": Y, "y_std": np.array([1.0, -1.0, 1.0])}, "must be positive"),
    ],
)  # fmt: skip
def test_what_is_no_curve(arrays: dict[str, np.ndarray], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Curve(**arrays)  # type: ignore[arg-type]
