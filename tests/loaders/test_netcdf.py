"""Classic netCDF files written by scipy and netCDF4 (synthetic), read again by them."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from typer.testing import CliRunner

from gzero.cli.app import app
from gzero.errors import ColumnError, FileError, InputError
from gzero.loaders.netcdf import LOADER
from gzero.loaders.registry import read_table
from gzero.loaders.table import Table

FORMATS = ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA"]


def matrix(table: Table) -> np.ndarray:
    return np.array([column.values for column in table.columns if column.coordinate is not None])


@pytest.mark.parametrize("unlimited", [False, True])
@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_against_netcdf4(tmp_path: Path, kind: str, *, unlimited: bool) -> None:
    netcdf4 = pytest.importorskip("netCDF4")
    path, rng = tmp_path / "run.nc", np.random.default_rng(3)
    values = rng.normal(size=(6, 11))
    with netcdf4.Dataset(path, "w", format=kind) as f:
        f.title = "synthetic"
        f.createDimension("field", None if unlimited else 6)
        f.createDimension("gate", 11)
        f.createDimension("letters", 4)
        for name, unit, n in (("field", "T", 6), ("gate", "V", 11)):
            v = f.createVariable(name, "f8", (name,))
            v[:], v.units = np.linspace(0, 1, n), unit
        v = f.createVariable("current", "i2", ("field", "gate"), fill_value=-5)
        v.scale_factor, v.add_offset, v.units = 0.25, 3.0, "nA"
        v[:] = np.ma.masked_array(np.round(values * 40) / 4 + 3, np.abs(values) < 0.1)
        f.createVariable("temperature", "i1", ("field",))[:] = np.arange(6)
        f.createVariable("name", "S1", ("field", "letters"))[:] = [list(f"run{i}") for i in range(6)]
        f.createVariable("cube", "f4", ("field", "gate", "letters"))[:] = np.arange(6 * 11 * 4).reshape(6, 11, 4)
        if kind == "NETCDF3_64BIT_DATA":
            f.createVariable("big", "i8", ("field",))[:] = 2**60 + np.arange(6)
    table = read_table(path, group="current")
    assert table.origin.loader == "netcdf"
    with netcdf4.Dataset(path) as f:
        np.testing.assert_array_equal(matrix(table), f["current"][:].filled(np.nan))
        np.testing.assert_array_equal(table.columns[0].values, f["gate"][:])
        assert [c.coordinate.value for c in table.columns if c.coordinate] == f["field"][:].tolist()
    assert (table.columns[0].unit_text, table.columns[1].unit_text) == ("V", "nA")
    assert table.metadata["title"] == "synthetic"
    np.testing.assert_array_equal(matrix(read_table(path, group="current[2:4,3:7]")), matrix(table)[2:4, 3:7])
    rows = read_table(path, group="/temperature")
    assert [c.name for c in rows.columns][:2] == ["field", "temperature"]
    assert rows.columns[1].values.tolist() == list(range(6))
    assert rows.labels["name"][5] == "run5"
    cube = np.arange(6 * 11 * 4.0).reshape(6, 11, 4)
    np.testing.assert_array_equal(matrix(read_table(path, group="cube[3,2:9]")), cube[3, 2:9])
    with pytest.raises(ColumnError, match="3 dimensions"):
        read_table(path, group="cube")
    if kind == "NETCDF3_64BIT_DATA":
        assert rows.columns[2].values[0] == 2.0**60
        assert any(d.rule == "integers beyond 2**53" and d.rows == 6 for d in rows.origin.dropped)


def test_one_record_variable_is_not_padded(tmp_path: Path) -> None:
    path = tmp_path / "one.nc"
    with scipy.io.netcdf_file(path, "w") as f:
        f.createDimension("t", None)
        f.createVariable("x", "i2", ("t",))[:] = np.arange(7, dtype="i2")
    assert read_table(path).columns[0].values.tolist() == list(range(7))


def test_damaged_and_foreign(tmp_path: Path) -> None:
    path = tmp_path / "run.nc"
    with scipy.io.netcdf_file(path, "w") as f:
        f.createDimension("t", 50)
        f.createVariable("x", "f8", ("t",))[:] = np.arange(50.0)
    raw = path.read_bytes()
    for cut in (5, 20, 60, len(raw) - 8):
        path.write_bytes(raw[:cut])
        with pytest.raises(FileError, match="a damaged netCDF file") as caught:
            read_table(path)
        assert caught.value.path == str(path)
    path.write_bytes(raw.replace(struct.pack(">I", 50), struct.pack(">I", 2**31 - 1)))
    with pytest.raises(FileError, match="a damaged netCDF file: the numbers of 'x' end at byte"):
        read_table(path)
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(600))
    with pytest.raises(FileError, match="this looks like HDF5, which the loader 'netcdf' does not read"):
        LOADER.read(path)
    with scipy.io.netcdf_file(path, "w") as f:
        f.note = "nothing"
    with pytest.raises(FileError, match="no array of numbers"):
        read_table(path)


def test_mutants_are_read_or_refused(tmp_path: Path) -> None:
    """Bits flipped, bytes replaced, the end cut off, seeded: a table, or an error of the input that names the file."""
    path = tmp_path / "run.nc"
    with scipy.io.netcdf_file(path, "w") as f:
        f.createDimension("t", None)
        f.createDimension("x", 9)
        f.createVariable("t", "f8", ("t",))[:] = np.arange(5.0)
        f.createVariable("v", "f4", ("t", "x"))[:] = np.ones((5, 9))
        f.createVariable("x", "i2", ("x",))[:] = np.arange(9, dtype="i2")
    raw, rng = path.read_bytes(), np.random.default_rng(77)
    read = unnamed = 0
    for _ in range(150):
        mutant = bytearray(raw)
        for at in rng.integers(0, len(raw), size=rng.integers(1, 5)):
            mutant[at] = rng.choice([0, 255, 1, 128, mutant[at] ^ (1 << int(rng.integers(8)))])
        if rng.random() < 0.2:
            del mutant[int(rng.integers(len(raw) // 2, len(raw))) :]
        path.write_bytes(mutant)
        try:
            read += read_table(path).rows > 0
        except InputError as error:
            unnamed += str(path) not in str(error)
    assert unnamed == 0
    assert 0 < read < 150


def test_the_command_line(tmp_path: Path) -> None:
    """The same readings of a synthetic staircase in this format and as CSV give the same estimates."""
    made, path = tmp_path / "stairs.csv", tmp_path / "stairs.nc"
    assert CliRunner().invoke(app, ["simulate", "staircase", "-o", str(made), "--seed", "3"]).exit_code == 0
    table = read_table(made)
    with scipy.io.netcdf_file(path, "w") as f:
        f.createDimension("row", table.rows)
        for column in table.columns:
            variable = f.createVariable(column.name, "f8", ("row",))
            variable[:], variable.units = column.values, column.unit_text or ""
    options: list[str] = []
    seen = CliRunner().invoke(app, ["inspect", str(path), *options])
    assert seen.exit_code == 0, seen.output
    a, b = (json.loads(CliRunner().invoke(app, ["fit", str(p), "--json", *options]).output) for p in (made, path))
    assert a["estimates"] == b["estimates"]
