"""Columns that are read beside x and y, traces that are one measurement, quantities without a unit, arrays of any experiment."""

from pathlib import Path

import numpy as np
import pytest

import gzero
from gzero.errors import ColumnError, ConfigError, InputError, UnitError
from gzero.measurement.kinds import KINDS, kind_of_units
from gzero.measurement.measurement import Measurement, condition
from gzero.pipeline.config import configure
from gzero.pipeline.load import inspect_path


def lab(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


HALL = "B (T),Rxy (kohm),Rxx (ohm),Rxx_std (ohm)\n" + "".join(f"{b},{b * 0.6},{100 + b},2\n" for b in range(1, 13))


def test_a_column_beside_comes_in_si_with_its_own_uncertainty(tmp_path: Path) -> None:
    m = gzero.load(lab(tmp_path / "bar.csv", HALL), experiment="hall")
    assert m.ordinate.values[1] == pytest.approx(1200.0)
    assert m.series["longitudinal_resistance"].values[0] == 101.0
    assert m.series["longitudinal_resistance"].std is not None
    assert m.series["longitudinal_resistance"].std[0] == 2.0
    assert m.ordinate.std is None  # the uncertainty belongs to the other column
    assert any(c.choice == "longitudinal resistance column" for c in m.ledger)


def two_sides(*heads: str) -> str:
    return (
        ",".join(["B (T)", *(f"{head} (ohm)" for head in heads)])
        + "\n"
        + "".join(f"{b}," + ",".join(f"{b * 600 + k}" for k in range(len(heads))) + "\n" for b in range(1, 13))
    )


@pytest.mark.parametrize(
    "heads",
    [
        ("Rxy_left", "Rxy_right", "Rxx_top", "Rxx_bottom"),
        ("Rxy1", "Rxy2", "Rxx1", "Rxx2"),
        ("R_H_source", "R_H_drain", "R_xx_upper", "R_xx_lower"),
        ("Rxy_l", "Rxy_r", "Rxx_t", "Rxx_b"),
    ],
)
def test_two_columns_are_both_sides_of_a_bar(tmp_path: Path, heads: tuple[str, ...]) -> None:
    """The first of two plays the main role, the other the second one; a user's choice turns them."""
    m = gzero.load(lab(tmp_path / "bar.csv", two_sides(*heads)), experiment="hall")
    read = {name: series.short for name, series in m.series.items()}
    assert (read["hall_resistance"], read["hall_resistance_2"]) == heads[:2]
    assert (read["longitudinal_resistance"], read["longitudinal_resistance_2"]) == heads[2:]
    keys = f'experiment = "hall"\ny = "{heads[1]}"\ncolumns = "longitudinal_resistance={heads[3]}"\n'
    (tmp_path / "bar.toml").write_text(keys, encoding="utf-8")
    turned = gzero.load(tmp_path / "bar.csv")
    read = {name: series.short for name, series in turned.series.items()}
    assert (read["hall_resistance"], read["hall_resistance_2"]) == heads[1::-1]
    assert (read["longitudinal_resistance"], read["longitudinal_resistance_2"]) == heads[:1:-1]


def test_three_columns_are_not_two_sides(tmp_path: Path) -> None:
    path = lab(tmp_path / "bar.csv", two_sides("Rxy", "Rxx1", "Rxx2", "Rxx3"))
    with pytest.raises(ColumnError, match="3 columns could be the longitudinal resistance"):
        gzero.load(path, experiment="hall")


def test_inspect_names_both_sides(tmp_path: Path) -> None:
    path = lab(tmp_path / "bar.csv", two_sides("Rxy_left", "Rxy_right", "Rxx_top", "Rxx_bottom"))
    seen = inspect_path(path, configure(experiment="hall"))
    assert [column.role for column in seen.columns] == [
        "magnetic_field", "hall_resistance", "hall_resistance_2", "longitudinal_resistance", "longitudinal_resistance_2",
    ]  # fmt: skip
    assert "the other longitudinal resistance" in seen.columns[4].reason


def test_the_units_of_a_hall_bar_give_it_away(tmp_path: Path) -> None:
    assert gzero.load(lab(tmp_path / "bar.csv", HALL)).kind == "hall"
    assert kind_of_units({"T", "ohm", "V"}).name == "staircase"


def test_a_column_beside_by_the_users_name(tmp_path: Path) -> None:
    path = lab(tmp_path / "bar.csv", HALL.replace("Rxx", "lockin 2"))
    (tmp_path / "bar.toml").write_text('experiment = "hall"\ncolumns = "longitudinal_resistance=lockin 2"\n')
    m = gzero.load(path)
    assert m.series["longitudinal_resistance"].values[0] == 101.0
    assert any(c.choice == "longitudinal resistance column" and c.origin == "user" for c in m.ledger)


@pytest.mark.parametrize(
    ("columns", "error", "problem"),
    [
        (
            "colour=Rxx",
            ColumnError,
            "there is no role 'colour'; roles of hall are longitudinal_resistance, longitudinal_resistance_2, hall_resistance_2, "
            "filling_factor, current",
        ),
        ("longitudinal_resistance=Ryy", ColumnError, "there is no column 'Ryy'"),
        ("longitudinal_resistance", ConfigError, "is not ROLE=COLUMN"),
        ("current=Rxx", UnitError, "contradicts a current"),
    ],
)
def test_columns_that_cannot_be_are_one_line(
    tmp_path: Path, columns: str, error: type[Exception], problem: str
) -> None:
    path = lab(tmp_path / "bar.csv", HALL)
    with pytest.raises(error, match=problem):
        gzero.analyse(path, experiment="hall", columns=columns)


def test_a_field_without_a_unit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnitError, match=r"the header states no unit where a magnetic field \[T or 1/m\^2\] is asked"):
        gzero.load(lab(tmp_path / "bar.csv", HALL.replace("B (T)", "B")), experiment="hall")


def test_a_pure_number_needs_no_unit_and_has_none(tmp_path: Path) -> None:
    text = "t (s),dN/N\n" + "".join(f"{t},{0.9**t}\n" for t in range(12))
    m = gzero.load(lab(tmp_path / "d.csv", text), experiment="decay")
    assert m.ordinate.unit == ""
    assert m.warnings == ()


def test_a_reading_without_a_unit_is_taken_as_written_and_said(tmp_path: Path) -> None:
    text = "gate,sensor\n" + "".join(f"{t},{0.9**t}\n" for t in range(12))
    m = gzero.load(lab(tmp_path / "d.csv", text), experiment="transition", y="sensor", x="gate")
    assert m.ordinate.unit is None
    assert any("taken as written" in w for w in m.warnings)


@pytest.mark.parametrize("form", ["long", "wide"])
def test_traces_that_are_one_measurement(tmp_path: Path, form: str) -> None:
    """The same readings in both forms: trace by trace, with the number of the trace beside each."""
    z = np.linspace(0, 1, 6)
    traces = [np.exp(-z), np.exp(-2 * z)]
    if form == "long":
        rows = [f"{k},{a:.6f},{g:.6f}" for k, t in enumerate(traces, 1) for a, g in zip(z, t, strict=True)]
        text = "trace,z (nm),G (2e^2/h)\n" + "\n".join(rows) + "\n"
    else:
        rows = [f"{a:.6f},{g:.6f},{h:.6f}" for a, g, h in zip(z, *traces, strict=True)]
        text = "z (nm),G1 (2e^2/h),G2 (2e^2/h)\n" + "\n".join(rows) + "\n"
    m = gzero.load(lab(tmp_path / "bj.csv", text), experiment="breakjunction")
    assert m.series["trace"].values.tolist() == [1.0] * 6 + [2.0] * 6
    assert m.abscissa.values[:6] == pytest.approx(z * 1e-9, abs=1e-15)
    assert m.ordinate.values[6:] == pytest.approx(traces[1] * gzero.quanta.G0, rel=1e-5)


def test_arrays_of_any_experiment() -> None:
    b = np.linspace(0.1, 9, 20)
    m = Measurement.from_arrays(
        x=b, y=0.6 * b, x_unit="T", y_unit="kohm", experiment="hall", beside={"longitudinal_resistance": (b, "ohm")},
        conditions={"width": "50 um"}, length="100 um",
    )  # fmt: skip
    assert m.kind == "hall"
    assert m.ordinate.values[-1] == pytest.approx(5400.0)
    assert m.conditions["width"].value == pytest.approx(50e-6)
    with pytest.raises(ConfigError, match="hall has no role 'colour'"):
        Measurement.from_arrays(x=b, y=b, x_unit="T", y_unit="ohm", experiment="hall", beside={"colour": (b, None)})
    with pytest.raises(ConfigError, match="'colour' is no condition"):
        Measurement.from_arrays(x=b, y=b, conditions={"colour": "red"})


@pytest.mark.parametrize(("text", "unit"), [("3e11 1/cm^2", "1/m^2"), ("2.0(1)e18 1/m^3", "1/m^3"), ("5 1/um", "1/m")])
def test_a_density_of_a_line_a_sheet_or_a_volume(text: str, unit: str) -> None:
    assert condition("density", text).unit == unit


def test_a_density_needs_its_unit() -> None:
    with pytest.raises(UnitError, match="density: '3e11' has no unit"):
        condition("density", "3e11")


def test_a_quantum_where_nothing_is_compared_is_refused(tmp_path: Path) -> None:
    text = "T (K),K (W/K)\n" + "".join(f"{t},{t}e-12\n" for t in range(1, 12))
    with pytest.raises(ConfigError, match="radiation has no quantum to be compared with"):
        gzero.load(lab(tmp_path / "r.csv", text), experiment="radiation", quantum="e^2/h")


def test_every_row_is_consistent() -> None:
    """A kind that is put to the verdict compares a conductance; a telltale is made of units that the columns may have."""
    for one in KINDS.values():
        assert one.name in KINDS
        units = {u for role in (one.x, one.y, *one.beside, *one.conditions) for u in role.units}
        assert set(one.telltale) <= units
        if one.stepped and one.compared is not None:
            assert one.compared == "S"


def test_the_usual_quantum_is_only_for_its_own_dimension(tmp_path: Path) -> None:
    """A switching trace of cold atoms, in 1/h, is not held against 2e^2/h."""
    from gzero.pipeline.analyse import quantum_of
    from gzero.pipeline.config import configure

    text = "t (s),G (1/h)\n" + "".join(f"{t},{1 + t // 20}\n" for t in range(60))
    m = gzero.load(lab(tmp_path / "t.csv", text), experiment="trace")
    quantum, declared = quantum_of(configure(experiment="trace"), m)
    assert quantum.unit == "1/(J s)"
    assert not declared


@pytest.mark.parametrize("number", ["1e200", "1e-200"])
def test_numbers_that_cannot_be_squared_are_refused(tmp_path: Path, number: str) -> None:
    text = "Vg (V),G (uS)\n" + "".join(f"{t},{number}\n" for t in range(60))
    with pytest.raises(InputError, match="none of a laboratory"):
        gzero.load(lab(tmp_path / "t.csv", text))
    for head in ("T (K),D (m^2/s)\n300,{}\n", "T (K),D (m^2/s)\n{},1e-3\n"):
        with pytest.raises(InputError, match="none of a laboratory"):
            gzero.analyse_traces(lab(tmp_path / "d.csv", head.format(number)), particle="electron")
