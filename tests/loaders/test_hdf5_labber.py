"""Labber log files, synthetic: written by hand in the layout that shabanipy.labber and LabLogViewer's notes describe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gzero.errors import ColumnError, FileError
from gzero.loaders.registry import read_table
from gzero.loaders.table import Table

h5py = pytest.importorskip("h5py")

TEXT = h5py.string_dtype()
UNITS = {"Vg": "V", "B": "T", "I": "A", "S21": "dB", "R": "ohm"}


def write(
    path: Path,
    data: np.ndarray | None,
    names: Sequence[tuple[str, str]],
    logged: Sequence[str],
    traces: dict[str, dict[str, Any]] | None = None,
    log_2: np.ndarray | None = None,
) -> Path:
    """A log file: `data` is points of the first step x channels x points of all other steps."""
    with h5py.File(path, "w") as f:
        f.attrs["log_name"], f.attrs["comment"] = "sweep", "synthetic"
        fields = [("name", TEXT), ("instrument", TEXT), ("quantity", TEXT), ("unitPhys", TEXT), ("unitInstr", TEXT)]
        channels = [(name, "DAC", "Voltage", unit, "counts", 1.0) for name, unit in UNITS.items()]
        f["Channels"] = np.array(channels, dtype=[*fields, ("gain", "f8")])
        f["Log list"] = np.array([(name,) for name in logged], dtype=[("channel_name", TEXT)])
        f.create_group("Instrument config/DAC").attrs["Voltage"] = 0.25
        for prefix, values in (("", data), ("Log_2/", log_2)):
            if values is not None:
                f[f"{prefix}Data/Data"] = values
                f[f"{prefix}Data/Channel names"] = np.array(list(names), dtype=[("name", TEXT), ("info", TEXT)])
        for name, trace in (traces or {}).items():
            d = f.create_dataset(f"Traces/{name}", data=trace["data"])
            d.attrs["complex"], d.attrs["x, name"], d.attrs["x, unit"] = trace.get("complex", False), "Frequency", "Hz"
            if "t0dt" in trace:
                f[f"Traces/{name}_t0dt"] = trace["t0dt"]
                f[f"Traces/{name}_N"] = np.full(d.shape[2], d.shape[0])
    return path


def matrix(table: Table) -> np.ndarray:
    return np.array([column.values for column in table.columns if column.coordinate is not None])


def places(table: Table) -> list[float]:
    return [column.coordinate.value for column in table.columns if column.coordinate is not None]


X, Y = np.linspace(-1, 0, 30), np.arange(5.0)
STEPS = (("Vg", ""), ("B", ""), ("I", ""))


def scalar_map(x: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(what Labber stores, current as field x gate)."""
    current = np.random.default_rng(5).normal(size=(5, 30))
    data = np.empty((30, 3, 5))
    data[:, 0, :] = X[:, np.newaxis] if x is None else x
    data[:, 1, :] = Y
    data[:, 2, :] = current.T
    return data, current


def test_one_step_is_a_table_of_all_channels(tmp_path: Path) -> None:
    data = np.stack([X, X * 2, X * 3 + 1], axis=1)[:, :, np.newaxis]
    path = write(tmp_path / "one.hdf5", data, (("Vg", ""), ("S21", "Real"), ("S21", "Imaginary")), ["S21"])
    table = read_table(path)
    assert table.origin.options["kind"] == "Labber log file"
    assert [(c.name, c.unit_text) for c in table.columns] == [("Vg", "V"), ("S21 re", "dB"), ("S21 im", "dB")]
    for column, values in zip(table.columns, (X, X * 2, X * 3 + 1), strict=True):
        np.testing.assert_array_equal(column.values, values)
    assert table.metadata["Instrument config/DAC/Voltage"] == "0.25"
    assert table.metadata["log_name"] == "sweep"
    assert read_table(path, group="Data[3:7]").columns[0].values.tolist() == X[3:7].tolist()


def test_two_steps_are_a_map(tmp_path: Path) -> None:
    data, current = scalar_map()
    path = write(tmp_path / "map.hdf5", data, STEPS, ["I"], log_2=data + 1)
    table = read_table(path)
    assert table.origin.parts == {"group": ("I", "Log_2/I")}
    assert (table.columns[0].name, table.columns[0].unit_text) == ("Vg", "V")
    np.testing.assert_array_equal(table.columns[0].values, X)
    np.testing.assert_array_equal(matrix(table), current)
    assert places(table) == Y.tolist()
    assert table.columns[1].coordinate is not None
    assert (table.columns[1].coordinate.name, table.columns[1].coordinate.unit_text) == ("B", "T")
    np.testing.assert_array_equal(matrix(read_table(path, group="Log_2/I")), current + 1)
    np.testing.assert_array_equal(matrix(read_table(path, group="I[2:4,5:9]")), current[2:4, 5:9])
    with pytest.raises(ColumnError, match="no group 'Q'; its groups are 'I', 'Log_2/I'"):
        read_table(path, group="Q")


def test_sweeps_back_and_forth_are_turned_round(tmp_path: Path) -> None:
    x = np.repeat(X[:, np.newaxis], 5, axis=1)
    x[:, 1::2] = x[::-1, 1::2]
    data, current = scalar_map(x)
    data[:, 2, 1::2] = data[::-1, 2, 1::2]
    table = read_table(write(tmp_path / "zigzag.hdf5", data, STEPS, ["I"]))
    np.testing.assert_array_equal(matrix(table), current)
    assert table.origin.options["direction"].startswith("2 traces were swept backwards")


def test_a_run_that_was_stopped(tmp_path: Path) -> None:
    data, current = scalar_map()
    data[10:, :, 3] = np.nan
    data[:, :, 4] = np.nan
    table = read_table(write(tmp_path / "stopped.hdf5", data, STEPS, ["I"]))
    np.testing.assert_array_equal(matrix(table)[:3], current[:3])
    np.testing.assert_array_equal(matrix(table)[3, :10], current[3, :10])
    assert np.isnan(matrix(table)[3, 10:]).all()
    assert [d.reason for d in table.origin.dropped] == ["the last 1 of 5 traces were not measured"]


def test_traces_over_different_points_are_long_columns(tmp_path: Path) -> None:
    data, current = scalar_map(X[:, np.newaxis] + Y)
    table = read_table(write(tmp_path / "shear.hdf5", data, STEPS, ["I"]))
    assert [c.name for c in table.columns] == ["Vg", "B", "I"]
    np.testing.assert_array_equal(table.columns[0].values, (X[:, np.newaxis] + Y).T.ravel())
    np.testing.assert_array_equal(table.columns[2].values, current.ravel())


@pytest.mark.parametrize("stored", [False, True])
def test_vectors_over_one_step(tmp_path: Path, *, stored: bool) -> None:
    rng = np.random.default_rng(6)
    z = rng.normal(size=(5, 20)) + 1j * rng.normal(size=(5, 20))
    frequency = 4e9 + 1e6 * np.arange(20)
    parts = [z.real.T, z.imag.T] + ([np.repeat(frequency[:, np.newaxis], 5, axis=1)] if stored else [])
    trace = {"data": np.stack(parts, axis=1), "complex": True}
    if not stored:
        trace["t0dt"] = np.array([[4e9, 1e6]])
    path = write(tmp_path / "vna.hdf5", Y[:, np.newaxis, np.newaxis], (("B", ""),), ["S21"], {"S21": trace})
    table = read_table(path)
    assert (table.columns[0].name, table.columns[0].unit_text) == ("Frequency", "Hz")
    np.testing.assert_array_equal(table.columns[0].values, frequency)
    np.testing.assert_array_equal(matrix(table)[0::2], z.real)
    np.testing.assert_array_equal(matrix(table)[1::2], z.imag)
    assert places(table)[::2] == Y.tolist()
    assert table.columns[1].unit_text == "dB"
    assert read_table(path, group="Data").columns[0].values.tolist() == Y.tolist()
    np.testing.assert_array_equal(matrix(read_table(path, group="S21[3]"))[0], z.real[3])


def test_vectors_over_two_steps_are_a_stack(tmp_path: Path) -> None:
    cube = np.random.default_rng(7).normal(size=(3, 4, 20))  # field x gate x frequency
    data = np.empty((4, 2, 3))
    data[:, 0, :], data[:, 1, :] = np.arange(4.0)[:, np.newaxis], np.arange(3.0)
    entries = cube.reshape(12, 20).T[:, np.newaxis]  # the first step, the gate, runs fastest
    path = write(
        tmp_path / "stack.hdf5", data, (("Vg", ""), ("B", "")), ["R"], {"R": {"data": entries, "t0dt": [[0, 1.0]]}}
    )
    with pytest.raises(ColumnError, match=r"over two steps \(3 x 4 traces of 20 points\); choose .*'R\[0\]'"):
        read_table(path, group="R")
    table = read_table(path, group="R[2]")
    np.testing.assert_array_equal(matrix(table), cube[2])
    assert places(table) == [0, 1, 2, 3]
    np.testing.assert_array_equal(matrix(read_table(path, group="R[1,3]")), cube[1, 3:4])


def test_vectors_alone_and_over_unlike_points(tmp_path: Path) -> None:
    values = np.arange(40.0).reshape(20, 1, 2)
    path = write(tmp_path / "a.hdf5", None, (), ["R"], {"R": {"data": values, "t0dt": np.array([[0, 1.0], [5, 1.0]])}})
    with pytest.raises(ColumnError, match="run over different points"):
        read_table(path)
    table = read_table(path, group="R[1]")
    np.testing.assert_array_equal(table.columns[0].values, 5 + np.arange(20.0))
    np.testing.assert_array_equal(table.columns[1].values, values[:, 0, 1])


def test_names_that_do_not_fit_the_channels(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="damaged Labber log file: 2 names for 3 channels"):
        read_table(write(tmp_path / "bad.hdf5", scalar_map()[0], STEPS[:2], ["I"]))
