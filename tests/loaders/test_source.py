"""Files before they are opened: what is wrong with a path, and what the first bytes say."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gzero.errors import FileError
from gzero.loaders import source
from gzero.loaders.source import FREE_NUMBERS, check_file, check_growth, digest_of, looks_like, read_head, read_source

Write = Callable[..., Path]


def test_the_bytes_and_their_hash(write: Write) -> None:
    path = write(b"1,2\n")
    found = read_source(path)
    assert found.data == b"1,2\n"
    origin = found.origin(loader="x", options={"a": "b"}, dropped=(), rows_read=1)
    assert origin.sha256 == hashlib.sha256(b"1,2\n").hexdigest()
    assert (origin.path, origin.loader, origin.rows_read) == (str(path), "x", 1)


def test_the_path_stays_as_the_user_gave_it(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(b"1,2\n")
    monkeypatch.chdir(path.parent)
    assert read_source("./data.txt").path == "./data.txt"


def test_a_missing_file_names_close_ones(write: Write) -> None:
    path = write(b"1", name="sweep_12.csv")
    with pytest.raises(FileError, match=r"no such file; did you mean 'sweep_12.csv'"):
        check_file(path.with_name("sweep_21.csv"))
    with pytest.raises(FileError, match=r"nothing in .* has a similar name"):
        check_file(path.with_name("quite different"))
    with pytest.raises(FileError, match=r"the folder .* is not there"):
        check_file(path.parent / "no" / "file.csv")


def test_a_directory_an_empty_file_a_pipe(tmp_path: Path, write: Write) -> None:
    with pytest.raises(FileError, match="is a directory; name a file in it"):
        check_file(tmp_path)
    with pytest.raises(FileError, match="the file is empty"):
        check_file(write(b""))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(FileError, match="not a regular file"):
        check_file(pipe)


@pytest.mark.parametrize("name", ["a\0b", "x" * 300])
def test_a_name_that_no_system_takes(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match="cannot be opened"):
        check_file(os.path.join(tmp_path, name))


def test_no_permission(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    # root may read everything, so the system's refusal is imitated
    def refuse(*_: object, **__: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    path = write(b"1")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    monkeypatch.setattr(Path, "open", refuse)
    for read in (read_source, read_head):
        with pytest.raises(FileError, match=r"cannot be read .Permission denied"):
            read(path)


def test_a_file_that_is_too_large(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_BYTES", 3)
    with pytest.raises(FileError, match="more than gzero reads at once"):
        check_file(write(b"1234"))


@pytest.mark.parametrize(
    ("head", "suffix", "what"),
    [
        (b"\x89HDF\r\n\x1a\nxx", ".txt", "HDF5"),
        (b"MATLAB 5.0 MAT-file, Platform", ".mat", "a MATLAB file"),
        (b"x" * 512 + b"\x89HDF\r\n\x1a\n", ".mat", "a MATLAB 7.3 or HDF5 file"),
        (b"TDSm\x0e\0\0\0", ".tdms", "LabVIEW TDMS"),
        (b"SQLite format 3\0", ".db", "an SQLite database (QCoDeS, perhaps)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls", "an old binary Office file (.xls)"),
        (b"PAR1\x15", ".parquet", "Parquet"),
        (b"\x93NUMPY\x01", ".npy", "a NumPy array (.npy)"),
        (b"%PDF-1.4", ".pdf", "PDF"),
        (b"\x80\x04\x95", ".dat", "a Python pickle (gzero never opens those: they can run programs)"),
        (
            b"PK\x03\x04....mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
            ".x",
            "an OpenDocument spreadsheet (.ods)",
        ),
        (b"PK\x03\x04....xl/workbook.bin", ".x", "a binary Excel workbook (.xlsb)"),
        (b"PK\x03\x04....arr_0.npy", ".npz", "a NumPy archive (.npz)"),
        (b"PK\x03\x04....a.txt", ".zip", "a ZIP archive"),
        (b' {"a": 1}', ".txt", "JSON"),
        (b"[[1, 2], [3, 4]]", ".txt", "JSON"),
        (b"<!DOCTYPE html>", ".csv", "HTML or XML"),
        (b"\x01\x00", ".opj", "an Origin project"),
        (b"[Header]\n; QD", ".dat", None),
        (b"1,2\n", ".csv", None),
    ],
)
def test_what_a_file_looks_like(head: bytes, suffix: str, what: str | None) -> None:
    assert looks_like(head, suffix) == what


def test_a_file_may_not_unpack_to_more_than_it_can_hold(tmp_path: Path) -> None:
    place = tmp_path / "small.h5"
    place.write_bytes(b"x" * 5000)
    check_growth(place, FREE_NUMBERS, what="the dataset '/map'")
    with pytest.raises(
        FileError, match=r"small\.h5: the dataset '/map' states 1e\+12 numbers, and the file has 5000 bytes"
    ):
        check_growth(place, 10**12, what="the dataset '/map'")


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    place = tmp_path / "abc"
    place.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert digest_of(place) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
