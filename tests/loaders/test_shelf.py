"""What a file must have before a loader is imported is never more than the loader itself asks."""

import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gzero.errors import FileError
from gzero.loaders.shelf import SHELF

#: How files of each format begin, by their specifications (those that the loaders name).
BEGINNINGS = [
    b"\x05\x00", b"\x00\x05", struct.pack("<5i", 0, 3, 1, 0, 2) + b"x\0" + bytes(24), struct.pack(">5i", 1000, 1, 1, 0, 2) + b"y\0" + bytes(8),
    b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM", b"CDF\x01", b"CDF\x05", b"SQLite format 3\x00", b"TDSm", b"TDSh", b"PAR1", b"PARE", b"ARROW1", b"FEA1",
    b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"LabVIEW Measurement\r\n", b"IGOR\rWAVES a\r", b"IGOR\nWAVES/D a\n",
    b"[Header]\r\nFILEOPENTIME,1\r\nBYAPP,PPMS\r\n", b"[header]\nINFO,a\n[Data]\n", b"Setup title,a\nClassic test name,b\n", b"SetupTitle, a\nDataName, V, I\n",
    b"TestParameter, a\nDataName, V, I\n", b'# a\tb\n# "a"\t"b"\n# 3\n', b"{\"a\": [1]}", b"[[1, 2]]", b"[-Infinity]", b"{}", b"\x89HDF\r\n\x1a\n",
    struct.pack("<HhI", 3, 0, 4) + b"abcd", struct.pack(">HhI", 3, 0, 4) + b"abcd", struct.pack("<HhI", 3, 0x4141, 4) + b"abcd",
]  # fmt: skip
_START = st.sampled_from(
    [b"", b"\xef\xbb\xbf", b" ", b"\n\t ", b"\xef\xbb\xbf \r\n", bytes(512), b"a" * 512, b"1,2\n" * 16384]
)
_FILES = st.builds(
    lambda start, beginning, rest, cut: (start + beginning + rest)[: cut or None] or b"\0",
    _START, st.sampled_from(BEGINNINGS) | st.binary(max_size=40), st.binary(max_size=60) | st.just(b"1,2\n3,4\n"), st.integers(0, 30) | st.just(0),
)  # fmt: skip


@pytest.mark.parametrize("one", SHELF, ids=lambda one: one.name)
def test_names_are_those_of_the_loaders(one: object) -> None:
    assert one.loader.name == one.name  # type: ignore[attr-defined]


@given(_FILES)
@example(b"a" * 512 + b"\x89HDF\r\n\x1a\n")
@example(b"1,2\n" * 16384 + b"\x89HDF\r\n\x1a\n")  # behind 2^16 bytes
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_loader_recognises_could_be_its_own(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    for one in SHELF:
        assert one.recognises(path) == one.loader.recognises(path), one.name


def test_every_beginning_is_let_through_to_its_loader(tmp_path: Path) -> None:
    """So that the test above can fail: most formats are recognised by their beginning alone."""
    path, seen = tmp_path / "file", set()
    for data in BEGINNINGS:
        path.write_bytes(data)
        seen |= {one.name for one in SHELF if one.loader.recognises(path)}
    assert seen >= {one.name for one in SHELF} - {"igor", "excel", "workbooks"}  # a checksum, members, a directory


def test_a_file_that_is_too_large_for_a_workbook_is_refused_as_before(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as stream:
        stream.truncate((1 << 30) + 1)  # sparse: no byte is written
    for name in ("excel", "workbooks"):
        one = next(one for one in SHELF if one.name == name)
        with pytest.raises(FileError, match="more than gzero reads at once"):
            one.recognises(path)


def test_a_text_imports_no_other_loader(tmp_path: Path) -> None:
    (tmp_path / "lab.csv").write_text("Vg (V),G (uS)\n0,1\n1,2\n")
    code = (
        "import sys; from gzero.loaders.registry import read_table; read_table('lab.csv')\n"
        f"print([m for m in {[one.module for one in SHELF]!r} if f'gzero.loaders.{{m}}' in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert out.stdout.strip() == "[]"
