"""LabVIEW TDMS: files of npTDMS's writer and files made here byte by byte after NI's description; npTDMS as the second
reader of all of them. All values are synthetic."""

from __future__ import annotations

import contextlib
import hashlib
import json
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gzero.cli.entry import main
from gzero.errors import ColumnError, FileError, GzeroError
from gzero.loaders import tdms, tdms_format
from gzero.loaders.registry import read_table
from gzero.loaders.table import Table
from gzero.loaders.tdms import LOADER
from gzero.loaders.tdms_scaling import UnknownScaleError, scaling_of

nptdms = pytest.importorskip("nptdms")

META, NEW, RAW, INTERLEAVED, BIG, DAQMX = 2, 4, 8, 32, 64, 128

Write = Callable[..., Path]


def by_nptdms(path: Path) -> dict[str, NDArray[Any]]:
    """Every channel by the other reader, as group/channel."""
    file = nptdms.TdmsFile.read(path)
    return {f"{group.name}/{channel.name}": channel[:] for group in file.groups() for channel in group.channels()}


def compare(table: Table, theirs: Mapping[str, NDArray[Any]], *names: str) -> None:
    """The named channels are all that was read, and equal to the other reader's."""
    by_source = {c.source.removeprefix("channel ").strip("'"): c for c in table.columns if c.source != "waveform"}
    assert tuple(by_source) == names
    for name in names:
        np.testing.assert_array_equal(by_source[name].values, theirs[name].astype(float))


# --- files as NI describes them ------------------------------------------------------------------------------------------


def text(value: str, order: str = "<") -> bytes:
    raw = value.encode()
    return struct.pack(order + "I", len(raw)) + raw


def property_(name: str, value: object, order: str = "<") -> bytes:
    if isinstance(value, str):
        return text(name, order) + struct.pack(order + "I", 0x20) + text(value, order)
    if isinstance(value, float):
        return text(name, order) + struct.pack(order + "Id", 10, value)
    return text(name, order) + struct.pack(order + "Ii", 3, value)


def object_(path: str, index: bytes, properties: Mapping[str, object] | None = None, order: str = "<") -> bytes:
    stated = properties or {}
    parts = b"".join(property_(name, value, order) for name, value in stated.items())
    return text(path, order) + index + struct.pack(order + "I", len(stated)) + parts


def plain(code: int, count: int, order: str = "<") -> bytes:
    return struct.pack(order + "IIIQ", 20, code, 1, count)


def segment(objects: Sequence[bytes], raw: bytes, toc: int = META | NEW | RAW, *, after: int | None = None) -> bytes:
    order = ">" if toc & BIG else "<"
    meta = struct.pack(order + "I", len(objects)) + b"".join(objects) if toc & META else b""
    stop = len(meta) + len(raw) if after is None else after
    return b"TDSm" + struct.pack("<I", toc) + struct.pack(order + "IQQ", 4713, stop, len(meta)) + meta + raw


def daqmx(
    count: int,
    scalers: Sequence[tuple[int, int, int, int]],
    widths: Sequence[int],
    *,
    digital: bool = False,
    code: int = 0xFFFFFFFF,
) -> bytes:
    """scalers: (type, buffer, byte or bit offset, scale)."""
    out = struct.pack("<IIIQI", 0x126A if digital else 0x1269, code, 1, count, len(scalers))
    for kind, buffer, offset, scale in scalers:
        out += struct.pack("<IIIBI" if digital else "<IIIII", kind, buffer, offset, 0, scale)
    return out + struct.pack(f"<I{len(widths)}I", len(widths), *widths)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1, "i1"),
        (2, "i2"),
        (3, "i4"),
        (4, "i8"),
        (5, "u1"),
        (6, "u2"),
        (7, "u4"),
        (8, "u8"),
        (9, "f4"),
        (10, "f8"),
        (0x21, "u1"),
    ],
)
def test_every_type_of_number(write: Write, order: str, code: int, kind: str) -> None:
    rng = np.random.default_rng(code)
    raw = rng.integers(0, 2, size=21) if code == 0x21 else rng.integers(0, 100, size=21)
    numbers = raw.astype(kind) if kind[0] != "f" else rng.normal(size=21).astype(kind)
    big = BIG if order == ">" else 0
    one = object_("/'g'/'c'", plain(code, 21, order), order=order)
    path = write(segment([one], numbers.astype(order + kind).tobytes(), META | NEW | RAW | big), "a.tdms")
    table = read_table(path)
    np.testing.assert_array_equal(table.columns[0].values, numbers.astype(float))
    compare(table, by_nptdms(path), "g/c")
    assert table.origin.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("big", [0, BIG])
def test_interleaved_channels(write: Write, big: int) -> None:
    order = ">" if big else "<"
    rng = np.random.default_rng(2)
    rows = np.zeros(60, dtype=[("a", order + "f8"), ("b", order + "i2"), ("c", order + "f4")])
    rows["a"], rows["b"], rows["c"] = rng.normal(size=60), rng.integers(-99, 99, 60), rng.normal(size=60)
    objects = [object_(f"/'g'/'{n}'", plain(c, 20, order), order=order) for n, c in (("a", 10), ("b", 2), ("c", 9))]
    path = write(segment(objects, rows.tobytes(), META | NEW | RAW | INTERLEAVED | big), "a.tdms")  # three chunks of 20
    table = read_table(path)
    compare(table, by_nptdms(path), "g/a", "g/b", "g/c")
    for column, name in zip(table.columns, "abc", strict=True):
        np.testing.assert_array_equal(column.values, rows[name].astype(float))


def test_segments_state_only_what_has_changed(write: Write) -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=40), rng.normal(size=40)
    same, none = struct.pack("<I", 0), struct.pack("<I", 0xFFFFFFFF)
    parts = [
        segment([object_("/", none, {"name": "x"}), object_("/'g'", none), object_("/'g'/'a'", plain(10, 5), {"unit_string": "V"}), object_("/'g'/'b'", plain(10, 5))], a[:5].tobytes() + b[:5].tobytes()),
        segment([], a[5:10].tobytes() + b[5:10].tobytes() + a[10:15].tobytes() + b[10:15].tobytes(), RAW),  # two chunks
        segment([object_("/'g'/'a'", plain(10, 10))], a[15:25].tobytes() + b[15:20].tobytes(), META | RAW),
        segment([object_("/'g'/'b'", none)], a[25:35].tobytes(), META | RAW),
        segment([object_("/'g'/'b'", plain(10, 20)), object_("/'g'/'a'", none)], b[20:40].tobytes(), META | NEW | RAW),
        segment([object_("/'g'/'a'", same, {"unit_string": "mV"})], np.r_[a[35:40], np.arange(5.0)].tobytes(), META | NEW | RAW),
    ]  # fmt: skip
    path = write(b"".join(parts), "a.tdms")
    theirs = by_nptdms(path)
    np.testing.assert_array_equal(theirs["g/a"][:40], a)
    table = read_table(path, group="g/a")
    compare(table, theirs, "g/a")
    assert table.columns[0].unit_text == "mV"
    compare(read_table(path, group="g/b"), theirs, "g/b")
    assert [d.rule for d in table.origin.dropped] == ["another group"]
    assert table.origin.parts["group"] == ("g", "g/a", "g/b")


@pytest.mark.parametrize("cut", [0, 1, 7, 8, 33, 160, 161, 200])
def test_a_measurement_that_stopped_while_it_was_written(write: Write, cut: int) -> None:
    a, b = np.arange(20.0), -np.arange(20.0)
    objects = [object_("/'g'/'a'", plain(10, 20)), object_("/'g'/'b'", plain(10, 20))]
    raw = a.tobytes() + b.tobytes()
    whole = segment(objects, raw * 2, after=0xFFFFFFFFFFFFFFFF)
    path = write(whole[: len(whole) - cut], "a.tdms")
    theirs = by_nptdms(path)
    for name in ("a", "b"):
        compare(read_table(path, group=f"g/{name}"), theirs, *(["g/a", "g/b"] if cut == 0 else [f"g/{name}"]))
    assert "truncated file" in {d.rule for d in read_table(path).origin.dropped}


def test_rows_of_a_device(write: Write) -> None:
    # two channels of int16 in rows of 6 bytes; the first one scaled, the second one not
    rng = np.random.default_rng(4)
    rows = rng.integers(-3000, 3000, size=(30, 3)).astype("<i2")
    scales = {"NI_Number_Of_Scales": 2, "NI_Scale[1]_Scale_Type": "Linear", "NI_Scale[1]_Linear_Slope": 3.05e-4, "NI_Scale[1]_Linear_Y_Intercept": 0.25, "NI_Scale[1]_Linear_Input_Source": 0}  # fmt: skip
    objects = [
        object_("/'g'/'a'", daqmx(10, [(3, 0, 0, 0)], [6]), scales | {"unit_string": "Volts"}),
        object_("/'g'/'b'", daqmx(10, [(3, 0, 4, 0)], [6]), {"NI_Number_Of_Scales": 1}),
    ]
    path = write(segment(objects, rows.tobytes(), META | NEW | RAW | DAQMX), "a.tdms")
    table = read_table(path)
    compare(table, by_nptdms(path), "g/a", "g/b")
    np.testing.assert_array_equal(table.columns[0].values, rows[:, 0] * 3.05e-4 + 0.25)
    np.testing.assert_array_equal(table.columns[1].values, rows[:, 2].astype(float))
    assert table.columns[0].unit_text == "Volts"


def test_rows_of_two_devices_and_digital_lines(write: Write) -> None:
    rng = np.random.default_rng(5)
    first, second = rng.integers(0, 255, size=(12, 2)).astype("u1"), rng.integers(0, 9999, size=(8, 1)).astype("<u4")
    objects = [
        object_("/'g'/'line 3'", daqmx(6, [(0, 0, 3, 0)], [2, 4], digital=True, code=5)),
        object_("/'g'/'line 9'", daqmx(6, [(0, 0, 9, 0)], [2, 4], digital=True, code=5)),
        object_("/'h'/'counter'", daqmx(4, [(4, 1, 0, 0)], [2, 4]), {"NI_Number_Of_Scales": 1}),
    ]
    raw = b"".join(first[6 * i : 6 * i + 6].tobytes() + second[4 * i : 4 * i + 4].tobytes() for i in range(2))
    path = write(segment(objects, raw, META | NEW | RAW | DAQMX), "a.tdms")
    theirs = by_nptdms(path)
    table = read_table(path, group="g")
    compare(table, theirs, "g/line 3", "g/line 9")
    np.testing.assert_array_equal(table.columns[0].values, first[:, 0] >> 3 & 1)
    np.testing.assert_array_equal(table.columns[1].values, first[:, 1] >> 1 & 1)
    compare(read_table(path, group="h"), theirs, "h/counter")


def test_pieces_make_no_difference(measured: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    a, b = rng.normal(size=500), rng.integers(0, 9, 500).astype("<i2")
    objects = [object_("/'g'/'a'", plain(10, 500)), object_("/'g'/'b'", plain(2, 500))]
    path = write(segment(objects, (a.tobytes() + b.tobytes()) * 3), "a.tdms")
    for file in (path, measured / "format_tdms" / "raw1.tdms"):
        whole = read_table(file)
        for size in (1, 100, 6000):
            monkeypatch.setattr(tdms, "_PIECE", size)
            for one, other in zip(read_table(file).columns, whole.columns, strict=True):
                np.testing.assert_array_equal(one.values, other.values)


# --- files of another writer ---------------------------------------------------------------------------------------------


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """Two groups, written by npTDMS: a waveform with units, times and texts, and something longer."""
    rng = np.random.default_rng(7)
    path = tmp_path / "lab.tdms"
    with nptdms.TdmsWriter(path) as writer:
        for k in range(2):
            waveform = {"wf_increment": 0.5, "wf_start_offset": 2.0, "unit_string": "A"}
            when = np.datetime64("2024-05-01T12:00:00.250") + (100 * np.arange(30) + 3000 * k).astype("m8[ms]")
            writer.write_segment([
                nptdms.RootObject({"operator": "nobody"}), nptdms.GroupObject("sweep", {"temperature": 0.042}),
                nptdms.ChannelObject("sweep", "current", rng.normal(size=30), waveform),
                nptdms.ChannelObject("sweep", "lead", rng.normal(size=30).astype("f4"), waveform | {"unit_string": ""}),
                nptdms.ChannelObject("clock", "when", when),
                nptdms.ChannelObject("clock", "z", rng.normal(size=30) + 1j * rng.normal(size=30)),
                nptdms.ChannelObject("clock", "remark", [f"°{i}" for i in range(30)]),
            ])  # fmt: skip
    return path


def test_waveforms_have_their_time(lab: Path) -> None:
    table = read_table(lab)
    theirs = by_nptdms(lab)
    assert [(c.name, c.unit_text) for c in table.columns] == [("Time", "s"), ("current", "A"), ("lead", None)]
    np.testing.assert_array_equal(table.columns[0].values, 2.0 + 0.5 * np.arange(60))
    channel = nptdms.TdmsFile.read(lab)["sweep"]["current"]
    np.testing.assert_allclose(
        table.columns[0].values, channel.time_track(), rtol=1e-15
    )  # it divides where we multiply
    compare(table, theirs, "sweep/current", "sweep/lead")
    assert table.metadata["operator"] == "nobody"
    assert table.metadata["sweep/temperature"] == "0.042"
    assert table.origin.options["time"] == "of the waveform: from 2.0 in steps of 0.5"
    assert {d.rows for d in table.origin.dropped} == {60}


def test_times_complex_numbers_and_texts(lab: Path) -> None:
    table = read_table(lab, group="clock")
    theirs = by_nptdms(lab)
    assert [(c.name, c.unit_text) for c in table.columns] == [("when", "s"), ("z re", None), ("z im", None)]
    np.testing.assert_array_equal(table.columns[1].values + 1j * table.columns[2].values, theirs["clock/z"])
    # npTDMS keeps microseconds; fractions of 2^-64 s are exact to that
    seconds = (theirs["clock/when"] - theirs["clock/when"][0]) / np.timedelta64(1, "s")
    np.testing.assert_allclose(table.columns[0].values, seconds, atol=1.1e-6)
    assert table.origin.options["seconds of 'when'"].startswith("since 2024-05-01T12:00:00.2")
    assert table.labels["remark"] == tuple(theirs["clock/remark"])
    assert table.labels["remark"][1] == "°1"


def test_groups_that_are_not_there(lab: Path) -> None:
    with pytest.raises(ColumnError, match=r"no group 'sweeps'; its groups are 'sweep', 'clock', 'sweep/current'"):
        read_table(lab, group="sweeps")
    with pytest.raises(FileError, match="'clock/remark' holds no numbers"):
        read_table(lab, group="clock/remark")


# --- scales --------------------------------------------------------------------------------------------------------------


def scaled(*steps: Mapping[str, object], **more: object) -> dict[str, Any]:
    out: dict[str, Any] = {"NI_Number_Of_Scales": len(steps), **more}
    for i, step in enumerate(steps):
        out |= {f"NI_Scale[{i}]_{name}": value for name, value in step.items()}
    return out


POLYNOMIAL = {"Scale_Type": "Polynomial", "Polynomial_Coefficients_Size": 3, "Polynomial_Coefficients[0]": 1.5, "Polynomial_Coefficients[1]": -2.0, "Polynomial_Coefficients[2]": 0.125}  # fmt: skip
LINEAR = {"Scale_Type": "Linear", "Linear_Slope": 0.1, "Linear_Y_Intercept": -3.0}
TABLE = {"Scale_Type": "Table", "Table_Pre_Scaled_Values_Size": 3, "Table_Scaled_Values_Size": 3, "Table_Pre_Scaled_Values[0]": 9.0, "Table_Pre_Scaled_Values[1]": 4.0, "Table_Pre_Scaled_Values[2]": -1.0, "Table_Scaled_Values[0]": 1.0, "Table_Scaled_Values[1]": 0.5, "Table_Scaled_Values[2]": 7.0}  # fmt: skip


@pytest.mark.parametrize(
    "properties",
    [
        scaled(LINEAR), scaled(POLYNOMIAL), scaled(TABLE), scaled({"Scale_Type": "AdvancedAPI"}),
        scaled(LINEAR, POLYNOMIAL | {"Polynomial_Input_Source": 0}),
        scaled(LINEAR, POLYNOMIAL, {"Scale_Type": "Add", "Add_Left_Operand_Input_Source": 0, "Add_Right_Operand_Input_Source": 1}),
        scaled(LINEAR, POLYNOMIAL, {"Scale_Type": "Subtract", "Subtract_Left_Operand_Input_Source": 0, "Subtract_Right_Operand_Input_Source": 1}),
        scaled(LINEAR, NI_Scaling_Status="scaled"), {},
    ],
)  # fmt: skip
def test_scales_against_the_other_reader(tmp_path: Path, properties: dict[str, Any]) -> None:
    path = tmp_path / "a.tdms"
    with nptdms.TdmsWriter(path) as writer:
        writer.write_segment(
            [nptdms.ChannelObject("g", "c", np.arange(-5, 15, dtype="i2"), properties | {"unit_string": "K"})]
        )
    table = read_table(path)
    compare(table, by_nptdms(path), "g/c")
    assert table.columns[0].unit_text == "K"
    assert table.origin.dropped == ()


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        (scaled({"Scale_Type": "Thermocouple", "Thermocouple_Type": 10073}), "'Thermocouple'"),
        (scaled({"Scale_Type": "of another world"}), "'of another world'"),
        (scaled({"Scale_Type": "Linear", "Linear_Slope": 2.0}), "Linear_Y_Intercept is missing"),
        (scaled(LINEAR | {"Linear_Input_Source": 0}), "Linear_Input_Source = 0"),
        (scaled(TABLE | {"Table_Pre_Scaled_Values[1]": 99.0}), "is no function"),
        (scaled(POLYNOMIAL | {"Polynomial_Coefficients_Size": 10**9}), "Coefficients_Size = 1000000000"),
        ({"NI_Number_Of_Scales": 10**9}, "1000000000 scales"),
    ],
)
def test_scales_that_are_not_applied_are_said(tmp_path: Path, properties: dict[str, Any], said: str) -> None:
    path = tmp_path / "a.tdms"
    with nptdms.TdmsWriter(path) as writer:
        writer.write_segment([nptdms.ChannelObject("g", "c", np.arange(5.0), properties | {"unit_string": "K"})])
    table = read_table(path)
    np.testing.assert_array_equal(table.columns[0].values, np.arange(5.0))
    assert table.columns[0].unit_text is None
    (dropped,) = table.origin.dropped
    assert dropped.rule == "scaling not applied"
    assert said in dropped.reason


def test_scales_that_double_without_end_are_refused() -> None:
    doubling = [LINEAR] + [
        {"Scale_Type": "Add", "Add_Left_Operand_Input_Source": i, "Add_Right_Operand_Input_Source": i}
        for i in range(60)
    ]
    with pytest.raises(UnknownScaleError, match="more steps than a channel has"):
        scaling_of(scaled(*doubling))


# --- damage --------------------------------------------------------------------------------------------------------------


def one_channel(*, code: int = 10, count: int = 4, raw: bytes = bytes(32), toc: int = META | NEW | RAW) -> bytes:
    return segment([object_("/'g'/'c'", plain(code, count))], raw, toc)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"TDSm" + bytes(3), "no channel holds numbers"),
        (one_channel() + b"TDSX" + bytes(40), "no segment begins at byte"),
        (one_channel(code=0x0B), "of a kind that is not read .extended float."),
        (one_channel(code=0x77), "of a kind that is not read .type 0x77."),
        (one_channel(count=1 << 60), "dimensions and 1152921504606846976 values"),
        (one_channel(count=0), "32 bytes of numbers belong to no channel"),
        (one_channel(toc=RAW), "32 bytes of numbers belong to no channel|ends before|belong to no channel"),
        (segment([object_("/'g'/'c'", struct.pack("<I", 0))], bytes(8)), "to be as before"),
        (segment([object_("/'g'/'c'", daqmx(4, [(3, 0, 5, 0)], [6]))], bytes(24), META | NEW | RAW | DAQMX), "beyond the row"),
        (segment([object_("/'g'/'c'", daqmx(4, [(77, 0, 0, 0)], [6]))], bytes(24), META | NEW | RAW | DAQMX), "a scaler of type 0x4d"),
        (segment([object_("/'g'/'c'", daqmx(4, [(3, 0, 0, 0)], [6])), object_("/'g'/'d'", plain(10, 4))], bytes(99), META | NEW | RAW | DAQMX), "stand beside others"),
        (segment([object_("/'g'/'c'", struct.pack("<IIIQQ", 28, 0x20, 1, 2, 9))], struct.pack("<II", 9, 1) + b"x"), "no channel holds numbers"),
    ],
)  # fmt: skip
def test_damaged_files_are_refused(write: Write, data: bytes, message: str) -> None:
    path = write(data, "a.tdms")
    with pytest.raises(FileError, match=message) as error:
        LOADER.read(path)
    assert error.value.path == str(path)


def test_texts_that_overlap_are_refused(write: Write) -> None:
    # each entry says where its text ends; ends that jump back would repeat a long text without end
    texts = struct.pack("<4I", 4, 0, 4, 0) + b"abcd"
    objects = [object_("/'g'/'t'", struct.pack("<IIIQQ", 28, 0x20, 1, 4, 20)), object_("/'g'/'c'", plain(10, 4))]
    with pytest.raises(FileError, match="a text ends before it begins"):
        read_table(write(segment(objects, texts + bytes(32)), "a.tdms"))


def test_metadata_without_end_are_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tdms_format, "MAX_STEPS", 100)
    none = struct.pack("<I", 0xFFFFFFFF)
    part = segment([object_(f"/'g'/'{i}'", none) for i in range(40)], b"", META)
    with pytest.raises(FileError, match="its metadata have no end"):
        read_table(write(part * 3, "a.tdms"))


def test_numbers_that_many_channels_share_are_bounded(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gzero.loaders.source.FREE_NUMBERS", 1000)
    objects = [object_(f"/'g'/'{i}'", daqmx(100, [(0, 0, 0, 0)], [1]), {"NI_Number_Of_Scales": 1}) for i in range(2000)]
    path = write(segment(objects, bytes(20_000), META | NEW | RAW | DAQMX), "a.tdms")
    with pytest.raises(FileError, match=r"the file states 4e\+07 numbers"):
        read_table(path)


def test_index_files_and_others_are_named(write: Write, lab: Path) -> None:
    path = write(b"TDSh" + bytes(100), "lab.tdms_index")
    with pytest.raises(
        FileError, match=r"is the index of a TDMS file, which holds none of its numbers; open 'lab.tdms' instead"
    ):
        read_table(path)
    with pytest.raises(FileError, match="this looks like PDF, which the loader 'tdms' does not read"):
        read_table(write(b"%PDF-1.7 and more", "a.tdms"), loader="tdms")
    assert LOADER.recognises(lab)


def test_room_that_was_never_written_to(write: Write) -> None:
    table = read_table(write(one_channel(raw=np.arange(4.0).tobytes()) + bytes(500), "a.tdms"))
    np.testing.assert_array_equal(table.columns[0].values, np.arange(4.0))
    assert [d.rule for d in table.origin.dropped] == ["truncated file"]


def test_mutants_are_refused_or_read(lab: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    whole = lab.read_bytes()
    path = tmp_path / "mutant.tdms"
    refused = 0
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(int(rng.integers(1, 4))):
            at = int(rng.integers(len(data)))
            data[at : at + 4] = rng.bytes(int(rng.integers(0, 9)))
        path.write_bytes(bytes(data) if rng.random() < 0.8 else bytes(data[: int(rng.integers(1, len(data)))]))
        with contextlib.suppress(GzeroError):
            LOADER.read(path)
            continue
        refused += 1
    assert 20 < refused < 300


# --- measured files and the whole program --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("Digital_Input", ["07/09/2012 06:58:23 PM - Digital Input - All Data/Dev1_port3_line7 - line 0"]),
        ("big_endian", ["Measured Data/Amplitude sweep", "Measured Data/Phase sweep"]),
        ("raw1", [f"Layer Data/{n}" for n in ("First  Channel", "Second Chan", "Third Chan", "Fourth Chan", "Fifth Chan", "Sixth Chan", "Seventh Cha")]),
        ("raw_timestamps", ["Untitled/Untitled"]),
    ],
)  # fmt: skip
def test_measured_files_against_nptdms(measured: Path, name: str, columns: list[str]) -> None:
    path = measured / "format_tdms" / f"{name}.tdms"
    theirs = by_nptdms(path)
    compare(read_table(path), theirs, *columns)
    for group in {full.rsplit("/", 1)[0] for full in theirs} - {columns[0].rsplit("/", 1)[0]}:
        table = read_table(path, group=group)
        compare(table, theirs, *[full for full in theirs if full.rsplit("/", 1)[0] == group])


def test_a_staircase_gives_what_it_gives_as_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(9)
    gate = np.linspace(-1, 0, 400)
    levels = sum(1 / (1 + np.exp(-(gate - at) / 0.008)) for at in (-0.8, -0.6, -0.4, -0.2))
    conductance = 7.748091729e-5 * levels + rng.normal(0, 3e-7, gate.size)
    pairs = zip(gate.tolist(), conductance.tolist(), strict=True)
    (tmp_path / "lab.csv").write_text("gate [V],conductance [S]\n" + "".join(f"{x!r},{y!r}\n" for x, y in pairs))
    with nptdms.TdmsWriter(tmp_path / "lab.tdms") as writer:
        writer.write_segment([
            nptdms.ChannelObject("sweep", "gate", gate, {"unit_string": "V"}),
            nptdms.ChannelObject("sweep", "conductance", conductance, {"unit_string": "S"}),
        ])  # fmt: skip

    def typed(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["gzero", *words])
        with pytest.raises(SystemExit) as stopped:
            main()
        printed = capsys.readouterr()
        assert not stopped.value.code, printed.err
        return printed.out

    found = [
        json.loads(typed("fit", str(tmp_path / name), "--json", "--quantum", "2e^2/h"))["estimates"]
        for name in ("lab.csv", "lab.tdms")
    ]
    assert found[0] == found[1]
    assert found[0]["step_height"]["value"] == pytest.approx(7.748091729e-5, rel=0.01)  # the synthetic truth
    assert "sweep" in typed("inspect", str(tmp_path / "lab.tdms"))


def test_an_error_quotes_no_name_of_a_megabyte(write: Write) -> None:
    path = write(segment([object_("/'g'/'" + "c" * 100_000 + "'", struct.pack("<I", 0))], bytes(8)), name="a.tdms")
    with pytest.raises(FileError, match=r"damaged TDMS file: .*\.\.\.; copy it again") as caught:
        read_table(path)
    assert len(str(caught.value)) < 600
