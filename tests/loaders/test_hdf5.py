"""HDF5 files written by h5py, xarray and netCDF4 (synthetic), each value against a reading by the library that wrote it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import gzero.loaders.hdf5_client as client
from gzero.cli.app import app
from gzero.errors import ColumnError, FileError, InputError, MissingDependencyError
from gzero.loaders.hdf5 import LOADER
from gzero.loaders.registry import read_table
from gzero.loaders.table import Table

h5py = pytest.importorskip("h5py")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20)


def matrix(table: Table) -> np.ndarray:
    return np.array([column.values for column in table.columns if column.coordinate is not None])


def test_a_group_of_vectors_is_a_table(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "table.h5"
    g = rng.normal(size=50)
    with h5py.File(path, "w", track_order=True) as f:
        f.attrs["sample"] = "A7"
        run = f.create_group("run", track_order=True)
        run.create_dataset("gate", data=np.arange(50, dtype="i4")).attrs["Unit"] = "mV"
        run.create_dataset("conductance", data=g.astype(">f4"), chunks=(7,), compression="gzip").attrs["units"] = "uS"
        run["remark"] = [f"r{i}" for i in range(50)]
        run["temperature"] = 0.25
        run["temperature"].attrs["unit"] = "K"
        f["other"] = np.arange(3.0)
    table = read_table(path)
    assert [c.name for c in table.columns] == ["gate", "conductance"]  # as they were written, not by the alphabet
    assert [c.unit_text for c in table.columns] == ["mV", "uS"]
    np.testing.assert_array_equal(table.columns[0].values, np.arange(50.0))
    np.testing.assert_array_equal(table.columns[1].values, g.astype("f4").astype("f8"))
    assert table.labels["remark"][49] == "r49"
    assert table.metadata["sample"] == "A7"
    assert table.metadata["run/temperature"] == "0.25"
    assert table.metadata["run/temperature/unit"] == "K"
    assert table.origin.options["group"] == "/run"
    assert table.origin.parts == {"group": ("/", "/run")}
    assert table.origin.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert list(table.row_numbers) == list(range(1, 51))


@pytest.mark.parametrize("chunks", [None, (3, 7), (10, 40)])
def test_a_map_along_its_dimension_scales(
    tmp_path: Path, rng: np.random.Generator, chunks: tuple[int, int] | None
) -> None:
    path, values = tmp_path / "map.h5", rng.normal(size=(10, 40))
    with h5py.File(path, "w") as f:
        for name, n, unit in (("y", 10, "T"), ("x", 40, "V"), ("again", 40, "V")):
            f[name] = np.linspace(-1, 1, n)
            f[name].attrs["unit"] = unit
        f["x"].make_scale("gate")
        f["y"].make_scale("field")
        d = f.create_dataset("g", data=values, chunks=chunks, compression="gzip" if chunks else None)
        d.attrs["unit"] = "S"
        d.dims[0].attach_scale(f["y"])
        d.dims[1].attach_scale(f["x"])
    table = read_table(path)
    assert (table.columns[0].name, table.columns[0].unit_text) == ("x", "V")
    np.testing.assert_array_equal(table.columns[0].values, np.linspace(-1, 1, 40))
    np.testing.assert_array_equal(matrix(table), values)
    places = [c.coordinate for c in table.columns[1:] if c.coordinate]
    assert [p.value for p in places] == np.linspace(-1, 1, 10).tolist()
    assert (places[0].name, places[0].unit_text, table.columns[1].unit_text) == ("y", "T", "S")
    assert table.origin.options["axes"] == "'y' x 'x', by dimension scales"
    one = read_table(path, group="[3]")
    np.testing.assert_array_equal(matrix(one), values[3:4])
    assert one.columns[1].coordinate is not None
    assert one.columns[1].coordinate.value == places[3].value
    some = read_table(path, group="/g[2:5, 30:40]")
    np.testing.assert_array_equal(matrix(some), values[2:5, 30:40])
    np.testing.assert_array_equal(some.columns[0].values, np.linspace(-1, 1, 40)[30:40])


@pytest.mark.parametrize(
    ("lengths", "axes"),
    [
        ({"x": 40, "y": 10}, "'y' x 'x', the only vectors of their lengths beside the map"),
        ({"x": 40}, "index x 'x', the only vectors of their lengths beside the map"),
        ({"x": 40, "z": 40}, "indices (2 vectors would fit)"),
        ({"x": 7}, "indices"),
    ],
)
def test_axes_by_length_only_where_there_is_no_doubt(tmp_path: Path, lengths: dict[str, int], axes: str) -> None:
    path = tmp_path / "map.h5"
    with h5py.File(path, "w") as f:
        f["g"] = np.arange(400.0).reshape(10, 40)
        for name, n in lengths.items():
            f[name] = np.arange(n) * 2.0
    table = read_table(path)
    assert table.origin.options["axes"] == axes
    doubled = axes.startswith(("'y' x 'x'", "index x 'x'"))
    np.testing.assert_array_equal(table.columns[0].values, np.arange(40) * (2.0 if doubled else 1.0))
    np.testing.assert_array_equal(matrix(table), np.arange(400.0).reshape(10, 40))


def test_a_square_map_has_no_axes_by_length(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "map.h5", "w") as f:
        f["g"], f["x"] = np.ones((20, 20)), np.arange(20.0)
    table = read_table(tmp_path / "map.h5")
    assert table.origin.options["axes"] == "indices (both sides are equally long)"


def test_axes_by_attributes(tmp_path: Path) -> None:
    """NeXus: `signal` and `axes` of the group; others write `x` and `y` on the dataset."""
    path = tmp_path / "map.h5"
    with h5py.File(path, "w") as f:
        for group, on in (("nexus", "group"), ("plain", "dataset")):
            g = f.create_group(group)
            g["u"], g["v"], g["w"] = np.arange(12.0), np.arange(12.0) * 3, np.arange(12.0) * 5
            g["data"] = np.arange(144.0).reshape(12, 12)
            if on == "group":
                g.attrs["signal"], g.attrs["axes"] = "data", ["u", "v"]
            else:
                g["data"].attrs["x"], g["data"].attrs["y"] = "v", "u"
    for group in ("nexus", "plain"):
        table = read_table(path, group=f"/{group}/data")
        assert table.origin.options["axes"] == "'u' x 'v', by its attributes"
        np.testing.assert_array_equal(table.columns[0].values, np.arange(12.0) * 3)
        assert [c.coordinate.value for c in table.columns if c.coordinate] == list(range(12))


def test_compound_complex_integers_and_long_columns(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "kinds.h5"
    rows = np.zeros(30, dtype=[("V", "<f4"), ("n", "u2"), ("z", "c16"), ("name", "S4"), ("three", "f8", 3)])
    rows["V"], rows["n"], rows["z"] = rng.normal(size=30), np.arange(30), rng.normal(size=30) * (1 + 2j)
    big = np.array([1, 2**53, 2**53 + 1, -(2**60) - 1], dtype="i8")
    with h5py.File(path, "w") as f:
        f["rows"] = rows
        f["rows"].attrs["V_unit"] = "mV"
        f["big/n"] = big
        f["flags/b"] = np.array([True, False, True])
        f["xy"] = np.column_stack([np.arange(40.0), np.arange(40.0) ** 2])
        f["pair/z"] = np.array([1 + 2j, 3 - 4j])
    table = read_table(path, group="rows")
    assert [c.name for c in table.columns] == ["V", "n", "z re", "z im"]
    assert table.columns[0].unit_text == "mV"
    np.testing.assert_array_equal(table.columns[0].values, rows["V"].astype("f8"))
    np.testing.assert_array_equal(table.columns[3].values, rows["z"].imag)
    exact = read_table(path, group="/big")
    np.testing.assert_array_equal(exact.columns[0].values, big.astype("f8"))
    assert [(d.rule, d.rows) for d in exact.origin.dropped if "2**53" in d.rule] == [("integers beyond 2**53", 2)]
    assert read_table(path, group="flags").columns[0].values.tolist() == [1, 0, 1]
    assert [c.values.tolist() for c in read_table(path, group="pair").columns] == [[1, 3], [2, -4]]
    wide = read_table(path, group="xy")
    assert [c.name for c in wide.columns] == ["xy[:,0]", "xy[:,1]"]
    np.testing.assert_array_equal(wide.columns[1].values, np.arange(40.0) ** 2)


def test_a_stack_is_read_by_a_place(tmp_path: Path) -> None:
    path, cube = tmp_path / "cube.h5", np.arange(4 * 10 * 20.0).reshape(4, 10, 20)
    with h5py.File(path, "w") as f:
        f["d/cube"], f["d/x"] = cube, np.arange(20.0)
    np.testing.assert_array_equal(matrix(read_table(path, group="d/cube[2]")), cube[2])
    np.testing.assert_array_equal(matrix(read_table(path, group="d/cube[2,3:5]")), cube[2, 3:5])
    with pytest.raises(
        ColumnError, match=r"3 dimensions \(4 x 10 x 20\).*choose one map of it, as in .*'/d/cube\[0\]'"
    ):
        read_table(path, group="cube")
    for wrong, message in (
        ("cube[4]", "no place '4'"), ("cube[0,10]", "no place '10' along 10"), ("cube[0,3:2]", "no place '3:2'"),
        ("cube[0,0,0,0]", "has 2 dimensions, not 3"), ("nothing", "no group 'nothing'"), ("9", "no group '9'"),
    ):  # fmt: skip
        with pytest.raises(ColumnError, match=message):
            read_table(path, group=wrong)
    assert read_table(path).origin.parts == {"group": ("/d/cube", "/d")}
    assert read_table(path, group="2").columns[0].values.tolist() == list(range(20))


def test_links_inside_are_followed_and_others_are_not(tmp_path: Path) -> None:
    path, secret = tmp_path / "links.h5", tmp_path / "secret.h5"
    with h5py.File(secret, "w") as f:
        f["x"] = np.full(5, 42.0)
    (tmp_path / "raw.bin").write_bytes(np.full(5, 43.0).tobytes())
    layout = h5py.VirtualLayout(shape=(5,), dtype="f8")
    layout[:] = h5py.VirtualSource(str(secret), "x", shape=(5,))
    with h5py.File(path, "w") as f:
        f["a/x"], f["a/y"] = np.arange(4.0), np.arange(4.0) * 2
        f["soft"], f["a/loop"], f["a/self"] = h5py.SoftLink("/a"), f["/"], h5py.SoftLink("/a/self")
        f["out"], f["through"] = h5py.ExternalLink(str(secret), "/"), h5py.SoftLink("/out/x")
        f["broken"] = h5py.SoftLink("/nowhere")
        f.create_dataset("a/outside", (5,), "f8", external=[(str(tmp_path / "raw.bin"), 0, 40)])
        f.create_virtual_dataset("a/virtual", layout)
    table = read_table(path)
    assert [c.name for c in table.columns] == ["x", "y"]
    said = " | ".join(f"{d.rule}: {d.reason}" for d in table.origin.dropped)
    for text in ("'/out' is not followed", "'/through' leads to '/out/x'", "'/broken' leads to", "'/a/self' leads",
                 "'/a/outside' keeps its numbers in another file", "'/a/virtual' is a view"):  # fmt: skip
        assert text in said
    assert read_table(path, group="soft").origin.options["group"] == "/a"
    for name in ("out", "through", "a/outside", "a/virtual"):
        with pytest.raises(ColumnError):
            read_table(path, group=name)


def test_a_filter_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "packed.h5"
    with h5py.File(path, "w") as f:
        f.create_dataset("x", data=np.arange(1000.0), chunks=(1000,), compression="gzip")
    raw = path.read_bytes()
    # the filter pipeline message names deflate by 1; 32015 is zstd's registered number
    at = raw.index(b"\x01\x00\x08\x00\x01\x00\x01\x00deflate\0")
    path.write_bytes(raw[:at] + (32015).to_bytes(2, "little") + raw[at + 2 :])
    if h5py.h5z.filter_avail(32015):
        pytest.skip("zstd is installed here")
    with pytest.raises(FileError, match=r"packed with 'zstd' \(filter 32015\), which is not installed: .*hdf5plugin"):
        read_table(path)


@pytest.mark.parametrize("swmr", [False, True])
def test_a_file_that_is_being_written(tmp_path: Path, *, swmr: bool) -> None:
    path = tmp_path / "live.h5"
    with h5py.File(path, "w", libver="latest") as f:
        d = f.create_dataset("x", data=np.arange(10.0), maxshape=(None,), chunks=(8,))
        f.flush()
        if swmr:
            f.swmr_mode = True
        before = path.stat().st_mtime_ns
        table = read_table(path)
        np.testing.assert_array_equal(table.columns[0].values, np.arange(10.0))
        assert [d.rule for d in table.origin.dropped] == ["file is being written"]
        assert path.stat().st_mtime_ns == before
        d.resize((12,))  # and the writer goes on
        d[10:] = 7.0
    assert [p.name for p in tmp_path.iterdir()] == ["live.h5"]


def test_old_qcodes_maps(tmp_path: Path, rng: np.random.Generator) -> None:
    """The layout of QCoDeS' HDF5Format, synthetic: flat numbers with their shape in an attribute, a sweep for each row."""
    path, values = tmp_path / "qcodes.hdf5", rng.normal(size=(6, 9))
    with h5py.File(path, "w") as f:
        g = f.create_group("Data Arrays")
        arrays = (
            ("field", np.arange(6.0), [6], [], "T"),
            ("gate", np.tile(np.linspace(0, 1, 9), (6, 1)), [6, 9], ["field", "gate"], "mV"),
            ("current", values, [6, 9], ["field", "gate"], "A"),
        )
        for name, data, shape, sets, unit in arrays:
            d = g.create_dataset(name, data=data.reshape(-1, 1))
            d.attrs["shape"], d.attrs["unit"], d.attrs["name"] = shape, unit, name
            d.attrs["is_setpoint"] = str(name != "current")
            d.attrs["set_arrays"] = np.array(sets, dtype="S")
    table = read_table(path)
    assert table.origin.options["group"] == "/Data Arrays/current"
    assert (table.columns[0].name, table.columns[0].unit_text) == ("gate", "mV")
    np.testing.assert_array_equal(table.columns[0].values, np.linspace(0, 1, 9))
    np.testing.assert_array_equal(matrix(table), values)
    assert [c.coordinate.value for c in table.columns if c.coordinate] == list(range(6))
    np.testing.assert_array_equal(matrix(read_table(path, group="current[2:4]")), values[2:4])


def test_the_measured_qcodes_file(measured: Path) -> None:
    path = measured / "dots_qutech" / "polarization_line__polarization_line.hdf5"
    table = read_table(path)
    with h5py.File(path, "r") as f:
        for column, name in zip(table.columns, ("delta", "signal"), strict=True):
            assert (column.name, column.unit_text) == (name, None)  # its unit attribute is empty
            np.testing.assert_array_equal(column.values, f["Data Arrays"][name][:, 0].astype("f8"))


@pytest.mark.parametrize("engine", ["netcdf4", "h5netcdf"])
def test_xarray_exports_as_qcodes_writes_them(tmp_path: Path, rng: np.random.Generator, engine: str) -> None:
    """`DataSet.export("netcdf")` goes through xarray, with `unit`, `units`, `label` on each parameter (synthetic)."""
    xr = pytest.importorskip("xarray")
    pytest.importorskip("netCDF4" if engine == "netcdf4" else "h5netcdf")
    values = rng.normal(size=(8, 30))
    ds = xr.Dataset(
        {"dmm_i": (("dac_b", "dac_g"), values, {"unit": "A", "units": "A", "label": "current"})},
        coords={"dac_b": ("dac_b", np.arange(8.0), {"unit": "T"}), "dac_g": ("dac_g", np.linspace(0, 1, 30), {"unit": "V"})},
        attrs={"ds_name": "results", "run_id": 7},
    )  # fmt: skip
    ds.to_netcdf(tmp_path / "two.nc", engine=engine)
    table = read_table(tmp_path / "two.nc")
    assert table.origin.loader == "hdf5"
    assert (table.columns[0].name, table.columns[0].unit_text) == ("dac_g", "V")
    np.testing.assert_array_equal(matrix(table), values)
    assert [c.coordinate.value for c in table.columns if c.coordinate] == list(range(8))
    assert table.metadata["dmm_i/label"] == "current"
    assert table.metadata["run_id"] == "7"
    ds.isel(dac_b=3).drop_vars("dac_b").to_netcdf(tmp_path / "one.nc", engine=engine)
    line = read_table(tmp_path / "one.nc")
    assert [(c.name, c.unit_text) for c in line.columns] == [("dac_g", "V"), ("dmm_i", "A")]
    np.testing.assert_array_equal(line.columns[1].values, values[3])


def test_packed_netcdf_against_netcdf4(tmp_path: Path, rng: np.random.Generator) -> None:
    netcdf4 = pytest.importorskip("netCDF4")
    path = tmp_path / "packed.nc"
    with netcdf4.Dataset(path, "w") as f:
        f.createDimension("t", 50)
        f.createDimension("s", 50)  # as long as `t`, without values
        t = f.createVariable("t", "f8", ("t",))
        t[:], t.units = np.arange(50.0), "s"
        v = f.createVariable("v", "i2", ("t",), zlib=True, fill_value=-9999)
        v.scale_factor, v.add_offset, v.units = 0.5, 100.0, "uS"
        v[:] = np.ma.masked_array(np.round(rng.normal(size=50) * 50) / 2 + 100, np.arange(50) % 7 == 0)
        f.createVariable("w", "f4", ("s",))[:] = np.arange(50)
    table = read_table(path, group="/")
    assert [c.name for c in table.columns] == ["t", "v"]
    with netcdf4.Dataset(path) as f:
        expected = f["v"][:].filled(np.nan)
    np.testing.assert_array_equal(table.columns[1].values, expected)
    assert "scale_factor 0.5, add_offset 100.0, fill value -9999.0 as NaN" in table.origin.options["decoded 'v'"]
    assert [(d.rule, d.rows) for d in table.origin.dropped] == [("fill value", 8)]


def test_matlab_7_3(tmp_path: Path, rng: np.random.Generator) -> None:
    """The layout that MATLAB writes, by hand: 512 bytes before HDF5, transposed matrices, the class in an attribute."""
    path, g = tmp_path / "run.mat", rng.normal(size=(40, 6))
    with h5py.File(path, "w", userblock_size=512) as f:

        def put(name: str, data: np.ndarray, kind: str) -> None:
            f[name] = data
            f[name].attrs["MATLAB_class"] = np.bytes_(kind)

        put("Vg", np.linspace(0, 1, 40)[np.newaxis], "double")
        put("B", np.arange(6.0)[:, np.newaxis], "double")
        put("G", g.T, "double")
        put("s/a", np.arange(9, dtype="i4")[:, np.newaxis], "int32")
        f["s"].attrs["MATLAB_class"] = np.bytes_("struct")
        put("note", np.frombuffer("4 K".encode("utf-16-le"), "u2")[:, np.newaxis], "char")
        put("cells", np.array([[0]], dtype="u8"), "cell")
        put("fun", np.array([[0]], dtype="u8"), "function_handle")
        f["#refs#/a"] = np.arange(1000.0)
    head = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116) + bytes(8) + b"\x00\x02IM"
    with path.open("r+b") as stream:
        stream.write(head)
    table = read_table(path)
    assert (table.origin.loader, table.origin.options["kind"]) == ("hdf5", "MATLAB 7.3")
    np.testing.assert_array_equal(table.columns[0].values, np.linspace(0, 1, 40))
    np.testing.assert_array_equal(matrix(table), g.T)
    assert [c.coordinate.value for c in table.columns if c.coordinate] == list(range(6))
    assert table.metadata["note"] == "4 K"
    assert {d.reason for d in table.origin.dropped} == {
        "'/cells' is a cell, not an array of numbers", "'/fun' is a function_handle, not an array of numbers",
    }  # fmt: skip
    assert read_table(path, group="s").columns[0].values.tolist() == list(range(9))


def test_what_holds_no_numbers(tmp_path: Path) -> None:
    path = tmp_path / "empty.h5"
    with h5py.File(path, "w") as f:
        f["text"] = ["a", "b"]
        f["refs"] = np.array([f["text"].ref], dtype=h5py.ref_dtype)
    with pytest.raises(FileError, match="no array of numbers"):
        read_table(path)
    with h5py.File(path, "w") as f:
        f.create_group("g")
    with pytest.raises(FileError, match="no array of numbers"):
        read_table(path)


@pytest.mark.parametrize(
    ("shape", "chunks", "message"),
    [
        ((10**6, 10**4), (10, 10), "states 100000000 chunks, more than its file can hold"),
        ((10**5, 10**5), (10**3, 10**3), "100000 columns; at most 20000 are read"),
        ((10**9,), (10**6,), r"states 1e\+09 numbers, and the file has \d+ bytes"),
        ((10**5, 10**5), (10**4, 10**4), "chunks larger than 256 MiB"),
    ],
)
def test_a_file_that_states_more_than_it_can_hold(
    tmp_path: Path, shape: tuple[int, ...], chunks: tuple[int, ...], message: str
) -> None:
    path = tmp_path / "bomb.h5"
    with h5py.File(path, "w") as f:
        f.create_dataset("x", shape, "f8", chunks=chunks)
    with pytest.raises(FileError, match=message):
        read_table(path)


@pytest.mark.parametrize("keep", [0.2, 0.6, 0.95])
def test_truncated(tmp_path: Path, keep: float) -> None:
    path = tmp_path / "cut.h5"
    with h5py.File(path, "w") as f:
        f["x"] = np.arange(10_000.0)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * keep)])
    with pytest.raises(FileError, match="a damaged HDF5 file") as caught:
        read_table(path)
    assert caught.value.path == str(path)


def test_a_process_that_dies_or_sleeps_is_an_error_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as f:
        f["x"] = np.arange(3.0)
    monkeypatch.setattr(client, "_START", "import os; os.kill(os.getpid(), 9)")
    with pytest.raises(FileError, match="the HDF5 library crashed on it"):
        read_table(path)
    monkeypatch.setattr(client, "_START", "import time; time.sleep(60)")
    monkeypatch.setattr(client, "PATIENCE", 0.5)
    with pytest.raises(FileError, match="did not answer"):
        read_table(path)
    monkeypatch.setattr(client, "_START", "import sys; sys.stdout.write('Z' * 1000)")
    with pytest.raises(FileError, match="damaged HDF5 file"):
        read_table(path)


def test_without_h5py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as f:
        f["x"] = np.arange(3.0)
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "h5py" else found(name, *a))
    assert LOADER.recognises(path)
    assert LOADER.extra == "pip install 'gzero[hdf5]'"
    with pytest.raises(MissingDependencyError, match=r"needs h5py; pip install 'gzero\[hdf5\]'"):
        read_table(path)


def test_the_command_line(tmp_path: Path) -> None:
    """The same readings of a synthetic staircase as HDF5 and as CSV give the same estimates."""
    made = tmp_path / "stairs.csv"
    assert CliRunner().invoke(app, ["simulate", "staircase", "-o", str(made), "--seed", "3"]).exit_code == 0
    table = read_table(made)
    path = tmp_path / "stairs.h5"
    with h5py.File(path, "w", track_order=True) as f:
        g = f.create_group("run", track_order=True)
        for column in table.columns:
            g[column.name] = column.values
            if column.unit_text:
                g[column.name].attrs["unit"] = column.unit_text
    seen = CliRunner().invoke(app, ["inspect", str(path)])
    assert seen.exit_code == 0
    assert "/run" in seen.output
    a, b = (json.loads(CliRunner().invoke(app, ["fit", str(p), "--json"]).output) for p in (made, path))
    assert a["estimates"] == b["estimates"]


def test_mutants_are_read_or_refused(tmp_path: Path) -> None:
    """Bits flipped, bytes replaced, the end cut off, seeded: a table, or an error of the input that names the file."""
    path = tmp_path / "run.h5"
    with h5py.File(path, "w") as f:
        f["x"], f["g/a"] = np.arange(9.0), np.arange(4)
        f.create_dataset("map", data=np.ones((3, 9)), chunks=(2, 5), compression="gzip").attrs["unit"] = "S"
    raw, rng = path.read_bytes(), np.random.default_rng(77)
    read = unnamed = 0
    for _ in range(8):
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
    assert 0 < read < 8
