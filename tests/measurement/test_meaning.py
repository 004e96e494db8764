"""From columns to quantities in SI, with their uncertainties, their units and the ledger of choices."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from uncertainties import ufloat

from gzero.errors import ColumnError, InputError, UnitError
from gzero.loaders.table import Column, Origin, Table
from gzero.measurement.kinds import kind
from gzero.measurement.layout import lay_out
from gzero.measurement.meaning import measure
from gzero.measurement.measurement import Measurement, condition
from gzero.measurement.roles import Wanted
from gzero.quanta import NO_CONDITIONS, Conditions, parse_quantum

BuildTable = Callable[..., Table]
GATE = (-0.5, -0.4, -0.3)
#: 2e^2/h from the definitions of e and h, not from the code.
G0 = 2 * 1.602176634e-19**2 / 6.62607015e-34


def measured(
    built: Table, *, experiment: str = "staircase", quantum: str | None = None, environment: Conditions = NO_CONDITIONS, stated: Mapping[str, str] | None = None, **wanted: str
) -> tuple[Measurement, ...]:  # fmt: skip
    asked, conditions = Wanted(**wanted), {name: condition(name, text) for name, text in (stated or {}).items()}
    layout = lay_out(built, kind(experiment), asked, conditions=environment, bias_declared="bias" in conditions)
    return measure(
        built, layout, kind(experiment), asked, conditions=conditions, environment=environment,
        quantum=parse_quantum(quantum, environment) if quantum else None,
    )  # fmt: skip


def only(built: Table, **options: object) -> Measurement:
    (measurement,) = measured(built, **options)  # type: ignore[arg-type]
    return measurement


def chosen(measurement: Measurement, choice: str) -> tuple[str, str, str]:
    (entry,) = (c for c in measurement.ledger if c.choice == choice)
    return entry.value, entry.origin, entry.note


# -- as written -------------------------------------------------------------------------------------------------------


def test_values_and_uncertainties_in_si(table: BuildTable) -> None:
    found = only(table({"Vg (mV)": (-500, -400, -300), "G (uS)": (10, 20, 30), "G_err (nS)": (100, 200, 300)}))
    assert (found.kind, found.x, found.y) == ("staircase", "gate_voltage", "conductance")
    assert (found.abscissa.unit, found.ordinate.unit) == ("V", "S")
    np.testing.assert_allclose(found.abscissa.values, GATE, rtol=1e-15)
    np.testing.assert_allclose(found.ordinate.values, [1e-5, 2e-5, 3e-5], rtol=1e-15)
    np.testing.assert_allclose(found.ordinate.std, [1e-7, 2e-7, 3e-7], rtol=1e-15)
    assert chosen(found, "x column")[:2] == ("Vg [mV]", "data")
    assert chosen(found, "uncertainties") == ("G_err [nS]", "data", "stated, believed as absolute")
    assert (found.origin.path, found.metadata["instrument"], found.warnings) == ("lab.csv", "SR830", ())


def test_uncertainties_without_a_unit_are_in_that_of_the_values(table: BuildTable) -> None:
    found = only(table({"Vg (V)": GATE, "G (uS)": (10, 20, 30), "G_err": (1, 2, 3)}))
    np.testing.assert_allclose(found.ordinate.std, [1e-6, 2e-6, 3e-6], rtol=1e-15)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("G_err (%)", "unit '%' of the uncertainties is not known"),
        ("err (mV)", r"its unit \[V\] is not that of 'G' \[S\]"),
        ("err [1]", r"\[dimensionless\] is not"),
    ],
)
def test_uncertainties_in_another_unit_are_refused_when_they_are_named(
    table: BuildTable, header: str, said: str
) -> None:
    with pytest.raises(UnitError, match=said):
        only(table({"Vg (V)": GATE, "G (uS)": (10, 20, 30), header: (1, 2, 3)}), std="3")


@pytest.mark.parametrize("unit", ["2e^2/h", "G0", "2e²/h"])
def test_a_quantum_as_the_unit_of_a_header(table: BuildTable, unit: str) -> None:
    found = only(table({"Vg (V)": GATE, f"G [{unit}]": (0, 1, 2), "std": (0.1, 0.1, 0.2)}))
    np.testing.assert_allclose(found.ordinate.values, [0, G0, 2 * G0], rtol=1e-15)
    np.testing.assert_allclose(found.ordinate.std, [0.1 * G0, 0.1 * G0, 0.2 * G0], rtol=1e-15)
    assert found.warnings == ()


def test_a_quantum_that_needs_a_mass(table: BuildTable) -> None:
    built = table({"Vg (V)": GATE, "M [m^2/h]": (0, 1, 2)})
    found = only(built, environment=Conditions(mass=1e-26))
    np.testing.assert_allclose(found.ordinate.values, np.array([0, 1, 2]) * 1e-52 / 6.62607015e-34, rtol=1e-14)
    with pytest.raises(UnitError, match="unit 'm\\^2/h' is not known"):
        only(built, quantum="m^2/h")


def test_no_unit_is_read_in_the_declared_quantum_and_said(table: BuildTable) -> None:
    found = only(table({"Vg": GATE, "G": (0, 1, 2)}), quantum="2e^2/h")
    np.testing.assert_allclose(found.ordinate.values, [0, G0, 2 * G0], rtol=1e-15)
    assert chosen(found, "y unit")[:2] == ("2e^2/h", "default")
    assert any("states no unit" in warning and "2e^2/h" in warning for warning in found.warnings)
    assert found.abscissa.unit is None  # an unknown gate unit stays unknown
    np.testing.assert_array_equal(found.abscissa.values, GATE)


def test_no_unit_and_no_quantum(table: BuildTable) -> None:
    with pytest.raises(UnitError, match="column 'G': the header states no unit; state it with --y-unit"):
        only(table({"Vg": GATE, "G": (0, 1, 2)}))


@pytest.mark.parametrize("unit", ["%", "arb. units", "counts"])
def test_a_unit_that_is_not_understood_is_never_the_quantum(table: BuildTable, unit: str) -> None:
    with pytest.raises(UnitError, match=f"unit '{unit}' is not known"):
        only(table({"Vg": GATE, f"G [{unit}]": (0, 1, 2)}), quantum="2e^2/h")


def test_dimensionless_is_not_a_conductance(table: BuildTable) -> None:
    with pytest.raises(UnitError, match=r"contradicts a conductance"):
        only(table({"Vg": GATE, "G [1]": (0, 1, 2)}), quantum="2e^2/h")


def test_units_that_the_user_states(table: BuildTable) -> None:
    found = only(table({"Vg": GATE, "G": (0, 1, 2)}), x_unit="mV", y_unit="uS")
    np.testing.assert_allclose(found.abscissa.values, np.array(GATE) * 1e-3, rtol=1e-15)
    np.testing.assert_allclose(found.ordinate.values, [0, 1e-6, 2e-6], rtol=1e-15)
    assert chosen(found, "y unit") == ("uS", "user", "")
    # they win over the header
    assert only(table({"Vg (V)": GATE, "G (S)": (0, 1, 2)}), y_unit="2e^2/h").ordinate.values[1] == pytest.approx(
        G0, rel=1e-15
    )


@pytest.mark.parametrize(("option", "flag"), [("x_unit", "--x-unit"), ("y_unit", "--y-unit")])
def test_a_stated_unit_that_is_not_understood_is_refused(table: BuildTable, option: str, flag: str) -> None:
    """It once passed for a unit that nobody stated, and the values for multiples of the quantum."""
    with pytest.raises(UnitError, match=f"{flag}: unit 'furlong' is not known"):
        only(table({"Vg": GATE, "G": (0, 1, 2)}), quantum="2e^2/h", **{option: "furlong"})


def test_celsius_on_the_abscissa(table: BuildTable) -> None:
    found = only(table({"T (°C)": (-273.15, 0, 25), "G (uS)": (1, 2, 3)}), x="T")
    np.testing.assert_allclose(found.abscissa.values, [0, 273.15, 298.15], atol=1e-12)


# -- derived ----------------------------------------------------------------------------------------------------------


def test_current_over_voltage_row_by_row(table: BuildTable) -> None:
    found = only(table({"Vg (V)": GATE, "I (nA)": (1, -4, 9), "Vsd (mV)": (1, -2, 3), "I_err (pA)": (100, 100, 300)}))
    np.testing.assert_allclose(found.ordinate.values, [1e-6, 2e-6, 3e-6], rtol=1e-14)  # 1 nA / 1 mV = 1 uS
    np.testing.assert_allclose(found.ordinate.std, [1e-7, 0.5e-7, 1e-7], rtol=1e-14)  # positive at a negative bias too
    assert (found.ordinate.unit, dict(found.ordinate.common)) == ("S", {})
    assert chosen(found, "conductance from")[0] == "I [nA] / Vsd [mV]"


def test_a_bias_of_zero_gives_no_number_rather_than_a_crash(table: BuildTable) -> None:
    found = only(table({"Vg (V)": GATE, "I (nA)": (1, 0, 2), "Vsd (mV)": (0, 0, 1), "I_err (nA)": (1, 1, 1)}))
    assert list(np.isfinite(found.ordinate.values)) == [False, False, True]


def test_a_voltage_without_a_unit(table: BuildTable) -> None:
    with pytest.raises(UnitError, match=r"column 'Vsd': the header states no unit of the voltage; .*'V_bias \(mV\)'"):
        only(table({"Vg (V)": GATE, "I (nA)": (1, 2, 3), "Vsd": (1, 1, 1)}))


def test_a_current_without_a_unit(table: BuildTable) -> None:
    with pytest.raises(UnitError, match=r"the current over voltage needs a unit .* --y-unit nA"):
        only(table({"Vg (V)": GATE, "I": (1, 2, 3), "Vsd (mV)": (1, 1, 1)}))
    found = only(table({"Vg (V)": GATE, "I": (1, 2, 3), "Vsd (mV)": (1, 1, 1)}), y_unit="nA")
    np.testing.assert_allclose(found.ordinate.values, [1e-6, 2e-6, 3e-6], rtol=1e-14)


@given(st.floats(1e-5, 1.0), st.floats(0, 0.2), st.booleans())
def test_current_over_the_stated_bias(bias: float, relative: float, negative: bool) -> None:
    """Its uncertainty is common to all readings: dG/G = -dV/V, to first order as the uncertainties package has it."""
    sign = -1 if negative else 1
    columns = [("Vg", "V", GATE), ("I", "A", (1e-9, 2e-9, 3e-9)), ("I_err", "A", (1e-11, 1e-11, 2e-11))]
    built = Table(
        columns=tuple(Column(name=n, unit_text=u, values=np.array(v), source="") for n, u, v in columns),
        metadata={}, origin=Origin(path="lab.csv", sha256="", loader="text"),
    )  # fmt: skip
    found = only(built, stated={"bias": f"{sign * bias!r} +/- {relative * bias!r} V"})
    np.testing.assert_allclose(found.ordinate.values, np.array([1e-9, 2e-9, 3e-9]) / (sign * bias), rtol=1e-12)
    np.testing.assert_allclose(found.ordinate.std, np.array([1e-11, 1e-11, 2e-11]) / bias, rtol=1e-12)
    expected = 1 / ufloat(sign * bias, max(relative * bias, 1e-300))
    shift = found.ordinate.common.get("bias", 0.0)
    assert abs(shift) == pytest.approx(expected.std_dev / abs(expected.nominal_value), rel=1e-9, abs=1e-15)
    assert shift * sign <= 0  # a larger bias means a smaller conductance


def test_a_resistance_is_inverted_with_its_uncertainty(table: BuildTable) -> None:
    found = only(table({"Vg (V)": GATE, "R (kOhm)": (10, 20, -50), "R_err (Ohm)": (100, 200, 500)}))
    np.testing.assert_allclose(found.ordinate.values, [1e-4, 5e-5, -2e-5], rtol=1e-14)
    expected = [(1 / ufloat(r, u)).std_dev for r, u in ((1e4, 100.0), (2e4, 200.0), (-5e4, 500.0))]
    np.testing.assert_allclose(found.ordinate.std, expected, rtol=1e-12)
    assert chosen(found, "conductance from")[0] == "1/(R [kOhm])"


def test_a_resistance_of_zero_gives_no_number(table: BuildTable) -> None:
    found = only(table({"Vg (V)": GATE, "R (kOhm)": (0, 20, 50)}))
    assert list(np.isfinite(found.ordinate.values)) == [False, True, True]


# -- maps -------------------------------------------------------------------------------------------------------------


def test_one_measurement_a_trace(table: BuildTable) -> None:
    built = table({"gate (V)": GATE, "a (uS)": (1, 2, 3), "b (uS)": (4, 5, 6)}, places=(0.1, 0.2))
    first, second = measured(built)
    assert (first.trace, second.trace) == ("a", "b")
    assert first.coordinate is not None
    assert (first.coordinate.value, first.coordinate.name, first.coordinate.unit_text) == (0.1, "B", "T")
    np.testing.assert_allclose(second.ordinate.values, [4e-6, 5e-6, 6e-6], rtol=1e-15)
    assert second.abscissa is first.abscissa


def test_a_map_of_currents_over_the_stated_bias(table: BuildTable) -> None:
    built = table({"gate (V)": GATE, "a (nA)": (1, 2, 3), "b (nA)": (4, 5, 6)}, places=(0.1, 0.2))
    _, second = measured(built, stated={"bias": "2 mV"})
    np.testing.assert_allclose(second.ordinate.values, [2e-6, 2.5e-6, 3e-6], rtol=1e-14)


# -- diffusion --------------------------------------------------------------------------------------------------------


def test_rows_of_diffusivities_with_labels_and_conditions(table: BuildTable) -> None:
    built = table(
        {"T (K)": (300, 300, 77), "D (cm^2/s)": (35, 12.4, 63.4), "D_err (m^2/s)": (2.6e-4, np.nan, 5e-4), "m (m_e)": (0.26, np.nan, 0.4)},
        labels={"carrier": ("electrons", "holes", ""), "sample": ("A", "A", "A")},
    )  # fmt: skip
    rows = measured(built, experiment="diffusion", stated={"length": "1 um"})
    assert len(rows) == 3
    np.testing.assert_allclose([row.ordinate.values[0] for row in rows], [3.5e-3, 1.24e-3, 6.34e-3], rtol=1e-14)
    # the uncertainties have a unit of their own, which once was taken for that of the values
    assert [None if row.ordinate.std is None else float(row.ordinate.std[0]) for row in rows] == [2.6e-4, None, 5e-4]
    assert [row.conditions["temperature"].value for row in rows] == [300.0, 300.0, 77.0]
    assert rows[0].conditions["mass"].value == pytest.approx(0.26 * 9.1093837139e-31, rel=1e-12)  # CODATA 2022
    assert "mass" not in rows[1].conditions
    assert all(row.conditions["length"].value == 1e-6 for row in rows)
    for piece in ("electrons", "A", "300 K"):
        assert piece in rows[0].trace
    assert "77 K" in rows[2].trace
    assert {row.abscissa.values[0] for row in rows} == {300.0, 77.0}


def test_a_row_condition_wins_over_the_declared_one(table: BuildTable) -> None:
    built = table({"T (°C)": (26.85, np.nan), "D (cm^2/s)": (35, 12)})
    first, second = measured(built, experiment="diffusion", stated={"temperature": "77 K"})
    assert first.conditions["temperature"].value == pytest.approx(300.0, abs=1e-12)
    assert second.conditions["temperature"].value == 77.0


def test_an_empty_diffusivity_is_named_with_its_row(table: BuildTable) -> None:
    with pytest.raises(ColumnError, match="row 2, column 'D': no diffusion"):
        measured(table({"T (K)": (300, 77), "D (cm^2/s)": (35, np.nan)}), experiment="diffusion")


@pytest.mark.parametrize("temperature", [0.0, -5.0])
def test_an_impossible_temperature_is_named_with_its_row(table: BuildTable, temperature: float) -> None:
    with pytest.raises(InputError, match=r"row 2, column 'T': a temperature of .* K is not positive"):
        measured(table({"T (K)": (300, temperature), "D (cm^2/s)": (35, 12)}), experiment="diffusion")


def test_units_of_diffusivities(table: BuildTable) -> None:
    for header, said in (("D", "no unit where a diffusion"), ("D (%)", "unit '%' where a diffusion")):
        with pytest.raises(UnitError, match=said):
            measured(table({"T (K)": (300,), header: (35,)}), experiment="diffusion", y="D")
    (row,) = measured(table({"T (K)": (300,), "D": (35,)}), experiment="diffusion", y="D", y_unit="cm^2/s")
    assert row.ordinate.values[0] == pytest.approx(35e-4, rel=1e-15)
    with pytest.raises(UnitError, match="no unit of the temperature"):
        measured(table({"T": (300,), "D (cm^2/s)": (35,)}), experiment="diffusion")
    with pytest.raises(UnitError, match=r"column 'x': unit 'V' \[V\] contradicts a temperature \[K\]"):
        measured(table({"x (V)": (300,), "D (cm^2/s)": (35,)}), experiment="diffusion", x="x")
    with pytest.raises(UnitError, match=r"column 'D_err': its unit \[V\]"):
        measured(table({"T (K)": (300,), "D (cm^2/s)": (35,), "D_err (V)": (1,)}), experiment="diffusion", std="D_err")


# -- read-only --------------------------------------------------------------------------------------------------------


def test_nothing_can_be_written_to(table: BuildTable) -> None:
    gate = np.array(GATE)
    found = only(table({"Vg (V)": gate, "G (S)": (0, 1, 2), "std": (1, 1, 1)}))
    arrays: Sequence[np.ndarray] = (found.abscissa.values, found.ordinate.values, found.ordinate.std)  # type: ignore[assignment]
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7.0
    gate[0] = 7.0
    assert found.abscissa.values[0] == GATE[0]  # a copy: what the caller does to the file's array changes nothing
