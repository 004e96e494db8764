"""MATLAB files of levels 4 and 5 written by scipy (synthetic) or by hand after "MAT-File Format"; scipy as second reader."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from typer.testing import CliRunner

from gzero.cli.app import app
from gzero.errors import ColumnError, FileError, InputError
from gzero.loaders.registry import read_table
from gzero.loaders.table import Table

HEADER = b"MATLAB 5.0 MAT-file, by hand".ljust(116) + bytes(8)


def matrix(table: Table) -> np.ndarray:
    return np.array([column.values for column in table.columns if column.coordinate is not None])


def element(kind: int, data: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "II", kind, len(data)) + data + bytes(-len(data) % 8)


def array(name: str, shape: tuple[int, ...], data: bytes, *, stored: int, kind: int = 6, order: str = "<") -> bytes:
    body = element(6, struct.pack(order + "II", kind, 0), order)
    body += element(5, struct.pack(f"{order}{len(shape)}i", *shape), order)
    body += element(1, name.encode(), order) + element(stored, data, order)
    return element(14, body, order)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("level", ["5", "4"])
def test_vectors_and_a_map_against_scipy(tmp_path: Path, level: str, *, packed: bool) -> None:
    path, rng = tmp_path / "run.mat", np.random.default_rng(9)
    held = {
        "Vg": np.linspace(0, 1, 40), "B": np.arange(12.0), "G": rng.normal(size=(40, 12)), "T": 0.25,
        "z": rng.normal(size=(7, 1)) + 1j, "u": rng.integers(0, 200, size=(7, 1)).astype("u1"), "note": "4 K",
    }  # fmt: skip
    scipy.io.savemat(path, held, format=level, do_compression=packed and level == "5")
    table, other = read_table(path), scipy.io.loadmat(path)
    assert (table.origin.loader, table.origin.options["kind"]) == ("matlab", f"MATLAB, level {level}")
    np.testing.assert_array_equal(table.columns[0].values, other["Vg"].ravel())
    np.testing.assert_array_equal(matrix(table), other["G"].T)
    assert [c.coordinate.value for c in table.columns if c.coordinate] == other["B"].ravel().tolist()
    assert table.origin.options["axes"].startswith("'B' x 'Vg', the only vectors")
    assert (table.metadata["T"], table.metadata["note"]) == ("0.25", "4 K")
    rows = read_table(path, group="z")
    assert [c.name for c in rows.columns] == ["z re", "z im", "u"]
    np.testing.assert_array_equal(rows.columns[0].values, other["z"].ravel().real)
    np.testing.assert_array_equal(rows.columns[1].values, other["z"].ravel().imag)
    np.testing.assert_array_equal(rows.columns[2].values, other["u"].ravel())
    np.testing.assert_array_equal(matrix(read_table(path, group="G[3:5,10:20]")), other["G"][10:20, 3:5].T)


@pytest.mark.parametrize("packed", [False, True])
def test_structs_stacks_and_what_is_not_read(tmp_path: Path, *, packed: bool) -> None:
    path, cube = tmp_path / "run.mat", np.random.default_rng(2).normal(size=(20, 4, 3))
    cells = np.array([1.0, "a"], dtype=object)
    held = {
        "run": {"I": np.arange(9.0), "V": np.arange(9.0) * 2, "more": {"t": np.arange(5.0)}, "who": "me", "c": cells},
        "cells": cells, "cube": cube, "empty": np.zeros((0, 3)), "structs": np.zeros(2, dtype=[("a", object)]),
        "sparse": scipy.sparse.csc_array(np.eye(3)), "flags": np.array([[True, False]]),
    }  # fmt: skip
    scipy.io.savemat(path, held, do_compression=packed)
    table = read_table(path, group="run")
    assert [c.name for c in table.columns] == ["I", "V"]
    assert table.columns[1].values.tolist() == (np.arange(9.0) * 2).tolist()
    assert read_table(path, group="/run/more").columns[0].values.tolist() == list(range(5))
    assert table.metadata["run/who"] == "me"
    said = {d.reason for d in table.origin.dropped}
    assert said == {
        "'/run/c' is a cell array", "'/cells' is a cell array", "'/empty' is empty", "'/structs' is an array of structs",
        "'/sparse' is a sparse matrix",
    }  # fmt: skip
    # a place along the last dimension of MATLAB chooses a matrix, whose columns are the traces
    np.testing.assert_array_equal(matrix(read_table(path, group="cube[2]")), cube[:, :, 2].T)
    with pytest.raises(ColumnError, match=r"3 dimensions \(3 x 4 x 20\)"):
        read_table(path, group="cube")
    with pytest.raises(ColumnError, match="no group 'cells'"):
        read_table(path, group="cells")


def test_few_columns(tmp_path: Path) -> None:
    path, xy = tmp_path / "xy.mat", np.column_stack([np.arange(50.0), np.arange(50.0) ** 2])
    scipy.io.savemat(path, {"data": xy})
    table = read_table(path)
    assert [c.name for c in table.columns] == ["data(:,1)", "data(:,2)"]
    np.testing.assert_array_equal(np.array([c.values for c in table.columns]), xy.T)
    scipy.io.savemat(path, {"G": xy, "x": np.arange(50.0) / 10})
    map_ = read_table(path)
    assert [c.name for c in map_.columns] == ["x", "G(:,1)", "G(:,2)"]
    np.testing.assert_array_equal(matrix(map_), xy.T)


@pytest.mark.parametrize("order", ["<", ">"])
def test_by_hand_in_either_byte_order(tmp_path: Path, order: str) -> None:
    """Numbers may be stored in a smaller type than their class has; small elements keep theirs in the tag."""
    path = tmp_path / "hand.mat"
    mark = b"\x00\x01IM" if order == "<" else b"\x01\x00MI"
    small = struct.pack(order + "II", (3 << 16) | 2, 0)[:4] + bytes([7, 8, 9]) + b"\0"
    body = element(6, struct.pack(order + "II", 6, 0), order) + element(5, struct.pack(order + "2i", 1, 3), order)
    body += element(1, b"tiny", order) + small
    big = array("wide", (1, 3), struct.pack(order + "3q", 1, 2**60 + 1, -3), stored=12, kind=14, order=order)
    short = array("n", (3, 1), struct.pack(order + "3h", -1, 0, 1), stored=3, order=order)
    path.write_bytes(HEADER + mark + element(14, body, order) + big + short)
    table = read_table(path)
    assert [c.name for c in table.columns] == ["tiny", "wide", "n"]
    assert [c.values.tolist() for c in table.columns] == [[7, 8, 9], [1, 2.0**60, -3], [-1, 0, 1]]
    assert [(d.rule, d.rows) for d in table.origin.dropped] == [("integers beyond 2**53", 1)]


def test_a_function_handle_and_an_object_are_named(tmp_path: Path) -> None:
    path = tmp_path / "objects.mat"
    handle = element(
        14, element(6, struct.pack("<II", 16, 0)) + element(5, struct.pack("<2i", 1, 1)) + element(1, b"f")
    )
    opaque = element(14, element(6, struct.pack("<II", 17, 0)) + element(1, b"obj") + element(1, b"MCOS"))
    path.write_bytes(HEADER + b"\x00\x01IM" + handle + opaque)
    with pytest.raises(FileError, match=r"no array of numbers that is read .*'/f' is a function handle.*is an object"):
        read_table(path)


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.mat"
    inner = array("x", (1, 1 << 28), b"", stored=9)
    # 2 GiB of zeros are stated and packed to 2 MB
    head = inner[:-8] + struct.pack("<II", 9, 1 << 31)
    packer = zlib.compressobj(9)
    packed = packer.compress(struct.pack("<II", 14, (len(head) - 8) + (1 << 31)) + head[8:])
    packed += b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()
    path.write_bytes(HEADER + b"\x00\x01IM" + struct.pack("<II", 15, len(packed)) + packed)
    with pytest.raises(FileError, match=r"states 2.68e\+08 numbers, and the file has \d+ bytes"):
        read_table(path)


@pytest.mark.parametrize("packed", [False, True])
def test_truncated(tmp_path: Path, *, packed: bool) -> None:
    path = tmp_path / "cut.mat"
    scipy.io.savemat(path, {"x": np.random.default_rng(0).normal(size=500)}, do_compression=packed)
    raw = path.read_bytes()
    for keep in (140, 200, len(raw) // 2, len(raw) - 9):
        path.write_bytes(raw[:keep])
        with pytest.raises(FileError, match="a damaged MATLAB file") as caught:
            read_table(path)
        assert caught.value.path == str(path)


@pytest.mark.parametrize("packed", [False, True])
def test_mutants_are_read_or_refused(tmp_path: Path, *, packed: bool) -> None:
    """Bits flipped, bytes replaced, the end cut off, seeded: a table, or an error of the input that names the file."""
    path = tmp_path / "run.mat"
    held = {"x": np.arange(9.0), "G": np.ones((9, 12)), "s": {"a": np.arange(4.0), "b": "text"}, "z": np.array([1j])}
    scipy.io.savemat(path, held, do_compression=packed)
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
    made, path = tmp_path / "stairs.csv", tmp_path / "stairs.mat"
    assert CliRunner().invoke(app, ["simulate", "staircase", "-o", str(made), "--seed", "3"]).exit_code == 0
    table = read_table(made)
    scipy.io.savemat(path, {column.name: column.values for column in table.columns})
    options: list[str] = [
        part
        for c, o in zip(table.columns, ("x", "y"), strict=False)
        for part in (f"--{o}", c.name, f"--{o}-unit", c.unit_text or "")
    ]
    seen = CliRunner().invoke(app, ["inspect", str(path), *options])
    assert seen.exit_code == 0, seen.output
    a, b = (json.loads(CliRunner().invoke(app, ["fit", str(p), "--json", *options]).output) for p in (made, path))
    assert a["estimates"] == b["estimates"]
