"""The measured files, each value against another reading of the same file."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from gzero.errors import FileError
from gzero.loaders.registry import read_table

igor2 = pytest.importorskip("igor2.binarywave")

QPC = [
    "dat1382_dot_2d", "dat1448_cs_gf_demo_20mk", "dat1448_dot_gf_demo_20mk", "dat1490_cs_gf_demo_400mk",
    "dat1490_dot_gf_demo_400mk", "dat1532_cs_gf_demo_275mk", "dat1532_dot_gf_demo_275mk", "dat1572_cs_gf_demo_90mk",
    "dat1572_dot_gf_demo_90mk", "dat5717_cs_etemp_avg", "dat5720_cs_etemp_avg", "dat5724_cs_etemp_avg",
    "dat5726_cs_etemp_avg", "dat7809_dot_avg",
]  # fmt: skip
IGOR = ["mac-double", "mac-version2", "mac-version5", "win-double", "win-version2", "win-version5"]


@pytest.mark.parametrize("name", [f"qpc_ubc/{n}" for n in QPC] + [f"format_igor/{n}" for n in IGOR])
def test_igor_waves_against_igor2(measured: Path, name: str) -> None:
    path = measured / f"{name}.ibw"
    loaded = igor2.load(str(path))
    wave, header = loaded["wave"], loaded["wave"]["wave_header"]
    table = read_table(path)
    old = loaded["version"] < 5
    step, offset = (header["hsA"], header["hsB"]) if old else (header["sfA"][0], header["sfB"][0])
    values = np.asarray(wave["wData"], dtype=np.float64).reshape(len(wave["wData"]), -1)
    # the same two numbers give the axis by one product and one sum: no rounding to forgive
    np.testing.assert_array_equal(table.columns[0].values, offset + step * np.arange(len(values)))
    assert len(table.columns) == 1 + values.shape[1]
    for j, column in enumerate(table.columns[1:]):
        np.testing.assert_array_equal(column.values, values[:, j])
        if column.coordinate is not None:
            assert column.coordinate.value == header["sfB"][1] + header["sfA"][1] * j
    assert table.metadata["wave"] == header["bname"].decode()
    note = wave.get("note", b"").decode()
    assert not note or note in table.metadata.values()
    assert table.origin.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_version_7_map_against_struct(measured: Path) -> None:
    path = measured / "qpc_ubc" / "dat1516_qpc_conductance.ibw"
    raw = path.read_bytes()
    table = read_table(path)
    # offsets of PTN003: dimensions at 132, scales at 148, offsets at 180, numbers at 384, column after column
    n, m = struct.unpack_from("<2i", raw, 132)
    steps, offsets = struct.unpack_from("<4d", raw, 148), struct.unpack_from("<4d", raw, 180)
    assert (n, m) == (243, 101)  # NOTE.md
    numbers = struct.unpack_from(f"<{n * m}f", raw, 384)
    assert len(table.columns) == 1 + m
    assert table.columns[0].values.tolist() == [offsets[0] + steps[0] * i for i in range(n)]
    for j, column in enumerate(table.columns[1:]):
        assert tuple(column.values) == numbers[j * n : (j + 1) * n]
        assert column.name == f"dat1516_qpc_conductance_averaged[{j}]"
        assert column.coordinate is not None
        assert column.coordinate.value == -650 - 7.5 * j  # NOTE.md: -650 .. -1400 mV
    assert raw.endswith(table.metadata["wave"].encode())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mac-textWave.ibw", "a text wave holds no numbers"),
        ("mac-version3Dependent.ibw", "a formula and no data"),
        ("mac-zeroPointWave.ibw", "a wave without points"),
        ("win-zeroPointWave.ibw", "a wave without points"),
    ],
)
def test_igor_files_without_numbers_are_refused(measured: Path, name: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        read_table(measured / "format_igor" / name)


def compare(path: Path, frame: pd.DataFrame) -> None:
    """Every column that holds a number, in order, equal to the frame's; and no other."""
    table = read_table(path)
    numeric = frame.apply(pd.to_numeric, errors="coerce").replace([np.inf, -np.inf], np.nan)
    places = [j for j in range(numeric.shape[1]) if numeric.iloc[:, j].notna().any()]
    assert [c.source for c in table.columns] == [f"column {j + 1}" for j in places]
    for j, column in zip(places, table.columns, strict=True):
        np.testing.assert_array_equal(column.values, numeric.iloc[:, j].to_numpy(dtype=float))


@pytest.mark.parametrize(("current", "rows"), [("180uA", 168), ("360uA", 168), ("900uA", 169)])
def test_hall_germanium(measured: Path, current: str, rows: int) -> None:
    path = measured / "hall_germanium" / f"{current}_3500G_95K_350K.txt"
    frame = pd.read_csv(path, sep="\t", skiprows=3, index_col=False)
    frame = frame.loc[:, ~frame.columns.str.startswith("Unnamed")]
    assert frame.shape == (rows, 18)
    compare(path, frame)
    table = read_table(path)
    assert [(c.name, c.unit_text) for c in table.columns[:3]] == [
        ("Temperature", "K"),
        ("B-Field", "Gauss"),
        ("sample current AB", None),
    ]
    assert table.origin.dropped == ()
    assert table.metadata["line 1"].endswith("2022")


@pytest.mark.parametrize("pair", ["p3p2", "p3p4", "p5p4", "p5p6", "p7p6", "p7p8"])
def test_length_mos2(measured: Path, pair: str) -> None:
    path = measured / "length_mos2" / f"isoMoS2_topleft_{pair}_IdVg.txt"
    frame = pd.read_csv(path, sep="\t", na_values=["#REF"])
    assert frame.shape == (152, 14)  # NOTE.md: 152 rows
    compare(path, frame)
    table = read_table(path)
    assert [c.name for c in table.columns] == list(frame.columns)
    notes = {d.reason.split(":")[0]: d.rows for d in table.origin.dropped}
    assert notes == {
        "column 5 'GM(1)'": 2,
        "column 7 'VT(1)'": 151,  # NOTE.md: VT only in row 1
        "column 12 'GM(2)'": 2,
        "column 14 'VT(2)'": 151,
    }


@pytest.mark.parametrize("sheet", ["IdVg", "IdVd"])
def test_the_measured_workbook(measured: Path, sheet: str) -> None:
    path = measured / "length_mos2" / "SampleExcel.xlsx"
    table = read_table(path, sheet=sheet)
    cells = list(openpyxl.load_workbook(path, data_only=True)[sheet].values)
    numbers = [[float(v) if isinstance(v, (int, float)) else np.nan for v in row] for row in cells[1:]]
    columns = np.array(numbers).T
    used = [j for j in range(len(columns)) if np.isfinite(columns[j]).any()]
    assert len(table.columns) == len(used)
    for j, column in zip(used, table.columns, strict=True):
        np.testing.assert_array_equal(column.values, columns[j])
        assert column.name == cells[0][j]
    assert read_table(path).origin.options["sheet"] == "IdVd"


@pytest.mark.parametrize(
    ("name", "names", "units", "rows"),
    [
        ("pinchoff_scan_barrier_gate__B8", ["B8", "keithley2_amplitude"], ["mV", "a.u."], 200),
        ("coulomb_peak__SD2b", ["SD2b", "measured"], ["mV", None], 462),
        ("addition_line_scan__gates_P4_set", ["gates_P4_set", "keithley2_amplitude"], [None, None], 800),
    ],
)
def test_dots_qutech(measured: Path, name: str, names: list[str], units: list[str | None], rows: int) -> None:
    path = measured / "dots_qutech" / f"{name}.dat"
    compare(path, pd.read_csv(path, sep="\t", comment="#", header=None))
    table = read_table(path)
    assert [c.name for c in table.columns] == names
    assert [c.unit_text for c in table.columns] == units
    assert table.rows == rows  # the third comment line of the file


@pytest.mark.parametrize(("name", "skip", "rows"), [("mpms_mvst", 27, 300), ("qd_edp124", 30, 401)])
def test_quantum_design(measured: Path, name: str, skip: int, rows: int) -> None:
    path = measured / "format_quantum_design" / f"{name}.dat"
    frame = pd.read_csv(path, skiprows=skip, low_memory=False)
    assert len(frame) == rows
    compare(path, frame)
    assert ("Temperature", "K") in [(c.name, c.unit_text) for c in read_table(path).columns]
