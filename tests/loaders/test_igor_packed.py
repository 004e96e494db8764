"""Igor packed experiments: written here record by record after PTN003, and read again; igor2 as the second reader."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gzero.errors import ColumnError, FileError, GzeroError
from gzero.loaders.igor_packed import LOADER
from gzero.loaders.registry import read_table

packed = pytest.importorskip("igor2.packed")

Write = Callable[..., Path]
Record = tuple[int, bytes]


def alone(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line, in a process of its own."""
    command = [sys.executable, "-m", "gzero", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def wave(
    name: str,
    values: NDArray[np.generic],
    *,
    order: str = "<",
    step: float = 1.0,
    offset: float = 0.0,
    unit: str = "",
    x_unit: str = "",
    note: str = "",
    texts: list[str] | None = None,
) -> Record:
    """A wave of version 5 (PTN003, `BinHeader5` and `WaveHeader5`); a text wave where `texts` are given."""
    values = np.asarray(values)
    data, ends, kind = values.astype(order + "f8").tobytes(order="F"), b"", 4
    shape, points = (*values.shape, 0, 0, 0, 0)[:4], values.size
    if texts is not None:
        encoded = [text.encode() for text in texts]
        data, kind, points, shape = b"".join(encoded), 0, len(texts), (len(texts), 0, 0, 0)
        ends = np.cumsum([len(text) for text in encoded]).astype(order + "i4").tobytes()
    head_5 = struct.pack(
        order + "4xIIihh6xh32s4x4x4i4d4d4s4s4s4s4shhdd4x16x16x4x64xhhhcc4xihh4x4x", 0, 0, points, kind, 0, 1,
        name.encode(), *shape, step, 1, 1, 1, offset, 0, 0, 0, unit.encode(), x_unit.encode(), b"", b"", b"",
        0, 0, 0.0, 0.0, 0, 0, 0, b"\0", b"\0", 0, 0, 0,
    )  # fmt: skip
    assert len(head_5) == 320

    def head(check: int) -> bytes:
        sizes = (320 + len(data), 0, len(note), 0, *[0] * 8, len(ends), 0, 0)
        return struct.pack(order + "hh4i4i4iiii", 5, check, *sizes)

    total = sum(struct.unpack(f"{order}192h", head(0) + head_5))
    return 3, head(((-total + 0x8000) & 0xFFFF) - 0x8000) + head_5 + data + note.encode() + ends


def folder(name: str, *records: Record) -> list[Record]:
    return [(9, name.encode().ljust(32, b"\0")), *records, (10, b"")]


def stream(*records: Record | list[Record], order: str = "<") -> bytes:
    out = b""
    for one in records:
        for kind, data in one if isinstance(one, list) else [one]:
            out += struct.pack(order + "HhI", kind, 0, len(data)) + data
    return out


def variables(numbers: dict[str, float], texts: dict[str, str], *, version: int = 1, order: str = "<") -> Record:
    """PTN003's `VarHeader1` or `VarHeader2`, one system variable, then numbers and strings."""
    out = struct.pack(order + "4h", version, 1, len(numbers), len(texts)) + (b"" if version == 1 else bytes(4))
    out += struct.pack(order + "f", 128.0)
    for name, value in numbers.items():
        out += struct.pack(order + "32shhdd4x", name.encode(), 1, 4, value, 0.0)
    for name, text in texts.items():
        out += struct.pack(order + ("32sh" if version == 1 else "32si"), name.encode(), len(text)) + text.encode()
    return 1, out


GATE, CURRENT = np.array([-1.0, -0.5, 0.0]), np.array([1e-9, np.nan, 3e-9])


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_waves_of_a_folder_are_a_table(write: Write, order: str) -> None:
    raw = stream(
        (11, bytes(52)),
        variables({"gain": 1e6}, {"sample": "A3"}, order=order),
        wave("short", np.arange(2.0), order=order),
        folder(
            "run1",
            wave("gate", GATE, order=order, unit="V", note="lockin: SR830\rtau=0.3"),
            wave("current", CURRENT, order=order, unit="A"),
            wave("state", np.zeros(0), order=order, texts=["ok", "", "Übersteuert"]),
            wave("histogram", np.arange(2.0), order=order),
        ),
        order=order,
    )
    path = write(raw, name="a.pxp")
    assert LOADER.recognises(path)
    table = read_table(path)
    assert [(c.name, c.unit_text, c.source) for c in table.columns] == [
        ("gate", "V", "wave 'root:run1:gate'"),
        ("current", "A", "wave 'root:run1:current'"),
    ]
    np.testing.assert_array_equal(table.columns[0].values, GATE)
    np.testing.assert_array_equal(table.columns[1].values, CURRENT)
    assert table.labels == {"state": ("ok", "", "Übersteuert")}
    assert table.metadata == {
        "root/K0": "128.0", "root/gain": "1000000.0", "root/sample": "A3", "gate/lockin": "SR830", "gate/tau": "0.3"
    }  # fmt: skip
    assert table.origin.options == {
        "group": "root:run1", "byte_order": "little" if order == "<" else "big", "waves": "2"
    }  # fmt: skip
    assert table.origin.parts == {
        "group": (
            "root", "root:short", "root:run1", "root:run1:gate", "root:run1:current", "root:run1:histogram"
        )
    }  # fmt: skip
    assert [(d.rule, d.reason) for d in table.origin.dropped] == [
        ("another length", "'root:run1:histogram' (2 points, the table has 3 rows)")
    ]


@pytest.mark.parametrize("group", ["root:run1:current", "ROOT:RUN1:CURRENT", "5"])
def test_one_wave_by_name_or_number(write: Write, group: str) -> None:
    raw = stream(
        wave("short", np.arange(2.0)),
        folder("run1", wave("gate", GATE), wave("current", CURRENT, step=0.25, offset=-1, x_unit="V", unit="A")),
    )
    axis, current = read_table(write(raw, name="a.pxp"), group=group).columns
    assert (axis.name, axis.unit_text, current.name, current.unit_text) == ("axis 0", "V", "current", "A")
    np.testing.assert_array_equal(axis.values, [-1, -0.75, -0.5])  # -1 + i/4, exact in binary
    np.testing.assert_array_equal(current.values, CURRENT)


def test_no_such_wave(write: Write) -> None:
    with pytest.raises(ColumnError, match="no group 'root:x'; its groups are 'root', 'root:gate'"):
        read_table(write(stream(wave("gate", GATE)), name="a.pxp"), group="root:x")


def test_a_scaling_becomes_an_axis(write: Write) -> None:
    scaled = {"step": 0.5, "offset": 2.0, "x_unit": "T"}
    one = read_table(write(stream(wave("a", GATE, **scaled), wave("b", GATE, **scaled)), name="a.pxp"))
    assert [(c.name, c.unit_text) for c in one.columns] == [("axis 0", "T"), ("a", None), ("b", None)]
    np.testing.assert_array_equal(one.columns[0].values, [2, 2.5, 3])
    two = read_table(write(stream(wave("a", GATE, **scaled), wave("b", GATE, step=2.0)), name="b.pxp"))
    assert [c.name for c in two.columns] == ["axis 0 of a", "axis 0 of b", "a", "b"]
    np.testing.assert_array_equal(two.columns[1].values, [0, 2, 4])


def test_a_map_with_most_numbers_is_taken(write: Write) -> None:
    raw = stream(wave("gate", GATE), wave("map", np.arange(8.0).reshape(4, 2)))
    table = read_table(write(raw, name="a.pxp"))
    assert table.origin.options["group"] == "root:map"
    assert [c.name for c in table.columns] == ["axis 0", "map[0]", "map[1]"]
    np.testing.assert_array_equal(table.columns[2].values, [1, 3, 5, 7])


def test_what_is_left_out_is_said(write: Write) -> None:
    damaged = bytearray(wave("bad", GATE)[1])
    damaged[100] ^= 1
    raw = stream(
        wave("gate", GATE),
        (0x8000 | 3, wave("old", GATE)[1]),
        wave("gate", -GATE),
        wave("cube", np.zeros((2, 2, 2))),
        (3, bytes(damaged)),
    )
    table = read_table(write(raw, name="a.pxp"))
    np.testing.assert_array_equal(table.columns[1].values, -GATE)  # beside its axis, as it stands alone
    assert {d.rule: d.reason for d in table.origin.dropped} == {
        "superseded wave": "'root:old': a newer one follows",
        "repeated wave": "'root:gate': the last of this name is read",
        "unread wave": "'root:cube': a wave of 3 dimensions (2 x 2 x 2); curves and maps have one or two",
        "damaged wave": "in 'root': damaged Igor wave: the checksum of its headers is wrong",
    }


@pytest.mark.parametrize("version", [1, 2])
def test_variables_against_igor2(write: Write, version: int) -> None:
    record = variables({"gain": -2.5, "T": 4.2}, {"who": "AB", "empty": ""}, version=version)
    table = read_table(write(stream(record, wave("gate", GATE)), name="a.pxp"))
    assert table.metadata["root/gain"] == "-2.5"
    assert table.metadata["root/T"] == "4.2"
    assert table.metadata["root/who"] == "AB"
    if version == 1:  # igor2 0.5.15 reads one sign of a string of version 2
        _, tree = packed.load(BytesIO(stream(record, wave("gate", GATE))), initial_byte_order="<")
        assert tree["root"][b"gain"] == -2.5
        assert tree["root"][b"T"] == 4.2
        assert tree["root"][b"who"] == b"AB"


def test_variables_that_end_too_early(write: Write) -> None:
    kind, data = variables({"gain": -2.5, "T": 4.2}, {"who": "AB"})
    for size in range(len(data)):
        table = read_table(write(stream((kind, data[:size]), wave("gate", GATE)), name="a.pxp"))
        assert set(table.metadata) <= {"root/K0", "root/gain", "root/T"}


def test_a_long_folder_name(write: Write) -> None:
    name = "a folder whose name has more than thirty-one signs"
    raw = stream(
        wave("a", np.zeros(1)), (101, struct.pack("<I", len(name)) + name.encode()), wave("gate", GATE), (10, b"")
    )
    assert read_table(write(raw, name="a.pxp")).origin.options["group"] == f"root:{name}"


SOUND = stream(folder("run1", wave("gate", GATE)))
REFUSED = [
    ("cut", SOUND[:-12], "record 2 at byte 40 states 408 bytes"),
    ("cut in a header", SOUND[:-3], "5 bytes at its end are no record"),
    ("no wave", stream((2, b"history")), "no wave of numbers in the packed experiment"),
    ("no folder", stream(wave("a", GATE), (10, b"")), "a folder ends at byte 424 that did not begin"),
    ("depth", stream(*[folder("x")[0] for _ in range(70)]), "folders in folders, more than 64"),
    ("text only", stream(wave("s", np.zeros(0), texts=["a"])), "no wave of numbers"),
    ("three dimensions", stream(wave("c", np.zeros((2, 2, 2)))), "unread wave: 'root:c': a wave of 3 dimensions"),
    ("words", b"Vg,I\n1,2\n", "its first records do not follow one another"),
    ("PDF", b"%PDF-1.7\n" + bytes(90), "looks like PDF, which the loader 'igor-packed' does not read"),
]


@pytest.mark.parametrize(("raw", "message"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_is_refused(write: Write, raw: bytes, message: str) -> None:
    with pytest.raises(FileError, match=message):
        LOADER.read(write(raw, name="a.pxp"))


@pytest.mark.parametrize("raw", [b"x", b"Vg,I\n1,2\n" * 50, bytes(64), b"\x01\x00\x00\x00\xff\xff\xff\x7f", b"\0" * 7])
def test_other_files_are_not_recognised(write: Write, raw: bytes) -> None:
    assert not LOADER.recognises(write(raw, name="a.pxp"))


def test_a_cut_file_is_named_by_its_ending(write: Write) -> None:
    with pytest.raises(FileError, match=r"a\.pxp: damaged Igor packed file"):
        read_table(write(SOUND[:60], name="a.pxp"))


def test_mutants_give_a_table_or_an_error(write: Write) -> None:
    raw = stream(
        variables({"gain": 1.0}, {"s": "t"}),
        folder("run1", wave("gate", GATE), wave("t", np.zeros(0), texts=["a", "bc", ""]), wave("m", np.ones((2, 2)))),
    )
    rng = np.random.default_rng(20240607)
    read = named = 0
    for _ in range(300):
        data = bytearray(raw)
        for _ in range(int(rng.integers(1, 4))):
            at = int(rng.integers(len(data) - 4))
            match int(rng.integers(4)):
                case 0:
                    data[at] ^= 1 << int(rng.integers(8))
                case 1:
                    data[at : at + 4] = struct.pack("<i", int(rng.choice([-1, 0, 1, 2**31 - 1, -(2**31), 255])))
                case 2:
                    del data[at:]
                case _:
                    data[at:at] = data[at : at + int(rng.integers(600))]
            if len(data) < 8:
                break
        path = write(bytes(data) or b"x", name="a.pxp")
        try:
            read_table(path)
        except GzeroError as error:
            named += str(path) in str(error)
        else:
            read += 1
    assert read + named == 300
    assert 30 < read < 270  # mutants of both kinds were made


@pytest.mark.parametrize(("name", "order"), [("packed-byteorder.pxt", ">"), ("polar-graphs-demo.pxp", "<")])
def test_the_measured_files_against_igor2(measured: Path, name: str, order: str) -> None:
    path = measured / "format_igor" / name
    _, tree = packed.load(str(path), initial_byte_order=order)
    waves: dict[str, NDArray[np.float64]] = {}

    def walk(node: dict[object, object], place: str) -> None:
        for key, value in node.items():
            text = key if isinstance(key, str) else key.decode()  # type: ignore[attr-defined]
            if isinstance(value, dict):
                walk(value, f"{place}:{text}")
            elif hasattr(value, "wave"):
                waves[f"{place}:{text}"] = value.wave["wave"]

    walk(tree["root"], "root")
    table = read_table(path)
    folders = {place.rpartition(":")[0] for place in waves}
    assert set(table.origin.parts["group"]) - folders == set(waves)
    for place, expected in waves.items():
        header = expected["wave_header"]
        step, offset = (header["sfA"][0], header["sfB"][0]) if "sfA" in header else (header["hsA"], header["hsB"])
        values = np.asarray(expected["wData"], dtype=np.float64).reshape(len(expected["wData"]), -1)
        axis, *columns = read_table(path, group=place).columns
        np.testing.assert_array_equal(axis.values, offset + step * np.arange(len(values)))
        assert len(columns) == values.shape[1]
        for j, column in enumerate(columns):
            np.testing.assert_array_equal(column.values, values[:, j])
    for column in table.columns:
        if column.source.startswith("wave 'root:radius"):
            np.testing.assert_array_equal(column.values, waves[f"root:{column.name}"]["wData"])


def test_inspect_and_fit_as_from_csv(tmp_path: Path, gzero: Callable[..., Any]) -> None:
    """A synthetic staircase of steps of 2e^2/h, as waves and as CSV."""
    gate = np.linspace(-1.0, 0.0, 200)
    conductance = 77.48091729 * np.round(4 * (gate + 1)) + np.random.default_rng(5).normal(0, 0.3, 200)
    (tmp_path / "a.pxp").write_bytes(
        stream(folder("run1", wave("Vg", gate, unit="V"), wave("G", conductance, unit="uS")))
    )
    rows = "".join(f"{x!r},{y!r}\n" for x, y in zip(gate.tolist(), conductance.tolist(), strict=True))
    (tmp_path / "a.csv").write_text("Vg (V),G (uS)\n" + rows, encoding="utf-8")
    words = ("--experiment", "staircase", "--quantum", "2e^2/h", "--json")
    first = alone("fit", str(tmp_path / "a.pxp"), *words)
    assert first.returncode == 0, first.stderr
    found = [json.loads(first.stdout)["estimates"]]
    for name in ("a.csv",):
        run = gzero("fit", tmp_path / name, *words)
        assert run.code == 0, run.err
        found.append(json.loads(run.out)["estimates"])
    assert found[0] == found[1]
    assert "root:run1:Vg" in gzero("inspect", tmp_path / "a.pxp").out
