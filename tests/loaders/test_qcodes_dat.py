"""Legacy QCoDeS text files: written by hand after `qcodes.data.gnuplot_format`, and the measured ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gzero.errors import FileError
from gzero.loaders import pieces, qcodes_dat, room
from gzero.loaders.qcodes_dat import LOADER, MAX_SNAPSHOT
from gzero.loaders.registry import read_table

Write = Callable[..., Path]

FILES = {
    "pinchoff_scan_barrier_gate__B8": ["mV", "a.u."],
    "coulomb_peak__SD2b": ["mV", None],
    "addition_line_scan__gates_P4_set": [None, None],
}


@pytest.mark.parametrize("name", FILES)
def test_the_measured_files_against_numpy(measured: Path, name: str) -> None:
    path = measured / "dots_qutech" / f"{name}.dat"
    numbers = np.loadtxt(path)
    table = read_table(path)
    assert table.origin.loader == "qcodes-dat"
    np.testing.assert_array_equal(np.array([c.values for c in table.columns]).T, numbers)
    assert [c.unit_text for c in table.columns] == FILES[name]
    assert table.origin.dropped == ()


def test_settings_of_the_instruments_are_offered(measured: Path) -> None:
    path = measured / "dots_qutech" / "pinchoff_scan_barrier_gate__B8.dat"
    snapshot = json.loads((path.parent / "pinchoff_scan_barrier_gate__snapshot.json").read_text())
    table = read_table(path)
    keithley = snapshot["station"]["instruments"]["keithley2"]["parameters"]
    assert table.metadata["keithley2/timeout"] == f"{keithley['timeout']['value']} s"
    assert table.metadata["label of B8"] == "B8"
    assert table.origin.options["snapshot"] == "pinchoff_scan_barrier_gate__snapshot.json"


def sweep(rows: str, sizes: str = "3\t4") -> str:
    return f'# g2_set\tg1_set\tdmm_I\n# "Gate 2"\t"Gate 1 (mV)"\t"Current, \\"raw\\""\n# {sizes}\n{rows}'


MAP = "\n".join("".join(f"{10 * i}\t{j}\t{i + 0.1 * j:.15g}\n" for j in range(4)) for i in range(3))
SNAPSHOT = {
    "station": {
        "instruments": {
            "g2": {"parameters": {"set": {"name": "set", "instrument_name": "g2", "full_name": "g2_set", "unit": "V", "value": 20}}},
            "dmm": {"parameters": {"I": {"name": "I", "instrument_name": "dmm", "unit": "nA", "value": 2.3},
                                   "mode": {"name": "mode", "instrument_name": "dmm", "unit": "", "value": "dc"},
                                   "off": {"name": "off", "instrument_name": "dmm", "unit": "V", "value": None}}},
        }
    },
    "arrays": {"g1_set": {"array_id": "g1_set", "unit": "V", "label": "Gate 1"}},
}  # fmt: skip


def test_a_map_with_units_from_the_snapshot(write: Write) -> None:
    write(json.dumps(SNAPSHOT), name="snapshot.json")
    path = write(sweep(MAP), name="run.dat")
    table = read_table(path)
    assert [(c.name, c.unit_text) for c in table.columns] == [
        ("g1_set", "mV"),
        ("dmm_I[0]", "nA"),
        ("dmm_I[1]", "nA"),
        ("dmm_I[2]", "nA"),
    ]
    assert table.columns[0].values.tolist() == [0, 1, 2, 3]
    numbers = np.loadtxt(path).reshape(3, 4, 3)
    for i, column in enumerate(table.columns[1:]):
        assert column.values.tolist() == numbers[i, :, 2].tolist()
        assert column.coordinate is not None
        assert (column.coordinate.name, column.coordinate.value, column.coordinate.unit_text) == (
            "g2_set",
            10.0 * i,
            "V",
        )
    assert [d.reason for d in table.origin.dropped] == [
        "'g1_set': the label says 'mV', the snapshot 'V'; the label is taken"
    ]
    assert table.metadata["label of dmm_I"] == 'Current, "raw"'
    assert table.metadata["dmm/I"] == "2.3 nA"
    assert table.metadata["dmm/mode"] == "dc"
    assert "dmm/off" not in table.metadata
    assert table.origin.options["sizes"] == "3 x 4"


def test_a_run_that_was_stopped(write: Write) -> None:
    lines = sweep(MAP).splitlines(keepends=True)
    table = read_table(write("".join(lines[:-2]), name="run.dat"))
    assert np.isnan(table.columns[3].values).tolist() == [False, False, True, True]
    assert "states 12 points, and 10 are there" in table.origin.dropped[-1].reason


def test_rows_that_are_no_map_stay_as_they_are(write: Write) -> None:
    table = read_table(write(sweep("0\t0\t1\n1\t1\t2\n2\t2\t3\n", sizes="3\t1"), name="run.dat"))
    assert [c.name for c in table.columns] == ["g2_set", "g1_set", "dmm_I"]
    assert "no full map" in table.origin.dropped[0].reason


def test_a_long_sweep(write: Write) -> None:
    numbers = np.random.default_rng(1).normal(size=(2500, 2))
    rows = "\n".join(f"{a!r}\t{b!r}" for a, b in numbers.tolist())
    table = read_table(write(f'# a\tb\n# "a"\t"b"\n# 2500\n{rows}\n', name="run.dat"))
    np.testing.assert_array_equal(np.array([c.values for c in table.columns]).T, numbers)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"a": ', "not valid JSON"),
        ("[" * 100_000, "nested too deeply"),
        (b"\0\1\2" * 50, "null bytes"),
        ("[" + " " * MAX_SNAPSHOT + "]", "are more than gzero reads at once"),
    ],
)
def test_a_snapshot_that_cannot_be_read_is_told_and_stops_nothing(
    write: Write, content: str | bytes, reason: str
) -> None:
    write(content, name="run__snapshot.json")
    table = read_table(write(sweep(MAP), name="run__g2.dat"))
    assert [d.rule for d in table.origin.dropped] == ["snapshot"]
    assert reason in table.origin.dropped[0].reason
    assert table.columns[1].unit_text is None


@pytest.mark.parametrize("text", ["# a b\n# 3\n1 2\n", '# a\tb\n# "a"\t"b"\n# 3 4\n1 2\n', "a\tb\n1\t2\n"])
def test_other_comments_are_not_taken_for_it(write: Write, text: str) -> None:
    path = write(text, name="a.dat")
    assert not LOADER.recognises(path)
    assert read_table(path).origin.loader == "text"


def test_a_header_that_does_not_fit(write: Write) -> None:
    with pytest.raises(FileError, match="2 names and 1 labels"):
        read_table(write('# a b\n# "a"\n# 3\n1 2\n'), loader="qcodes-dat")
    with pytest.raises(FileError, match="three comment lines"):
        read_table(write("1 2\n"), loader="qcodes-dat")
    with pytest.raises(FileError, match="3 cells where the header names 2"):
        read_table(write('# a\tb\n# "a"\t"b"\n# 3\n1 2\n1 2 3\n', name="a.dat"))


@pytest.mark.parametrize("stop", [None, 17])
def test_a_large_file_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int | None) -> None:
    """All of it as from memory, bit by bit: a map, one that was stopped, one with a remark and a word in it."""
    rng = np.random.default_rng(4)
    for odd in (False, True):
        lines = ["# b\tv\ti", '# "B (T)"\t"Gate (mV)"\t"Current (nA)"', "# 40\t200"]
        for j in range(40):
            lines += [
                f"{j / 8!r}\t{i / 4!r}\t{rng.normal()!r}" for i in range(200 if (stop, j) != (17, 39) else stop or 0)
            ]
            lines.append("")
        if odd:
            lines[3000] = "# the fridge was refilled"
            lines[4000] = lines[4000].rpartition("\t")[0] + "\tovld"
        path = tmp_path / f"{odd}.dat"
        path.write_text("\n".join(lines) + "\n")
        with monkeypatch.context() as patch:
            held = read_table(path)
            patch.setattr(qcodes_dat, "LARGE", 0)
            patch.setattr(room, "HELD", 1 << 10)
            patch.setattr(room, "AT_ONCE", 1 << 10)
            patch.setattr(pieces, "HEAD", 1 << 13)
            patch.setattr(pieces, "PIECE", 1 << 14)
            found = read_table(path)
        assert held.origin.loader == found.origin.loader == "qcodes-dat"
        assert (len(held.columns) == 41) != odd
        for one, other in zip(held.columns, found.columns, strict=True):
            assert one.values.tobytes() == other.values.tobytes()
            assert (one.name, one.unit_text, one.source) == (other.name, other.unit_text, other.source)
            assert [c.coordinate and c.coordinate.value for c in (one, other)].count(None) in (0, 2)
        told = [
            (t.metadata, t.labels, t.origin.dropped, t.origin.rows_read, t.origin.sha256, dict(t.origin.options))
            for t in (held, found)
        ]
        assert told[0] == told[1]
        assert list(held.row_numbers) == list(found.row_numbers)
