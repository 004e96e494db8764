"""Which loader reads a file, and what is said when none does."""

from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from gzero.errors import ConfigError, FileError, MissingDependencyError
from gzero.loaders import registry
from gzero.loaders.registry import BUILT_IN, Loader, describe_loaders, read_table
from gzero.loaders.table import Column, Origin, Table

Write = Callable[..., Path]

NAMES = ", ".join(BUILT_IN)


class Tally:
    """A third party's loader: counts bytes of files that begin with TALLY."""

    name = "tally"
    description = "counts bytes"
    suffixes = (".tally",)
    extra = None

    def recognises(self, path: Path) -> bool:
        return path.read_bytes().startswith(b"TALLY\0")

    def read(self, path: Path, *, encoding: str | None = None) -> Table:
        column = Column(name="bytes", unit_text=None, values=np.array([3.0]), source="file")
        return Table(
            columns=(column,), metadata={}, origin=Origin(path=str(path), sha256="", loader=encoding or "tally")
        )


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("tally_module")
    module.LOADER = Tally()  # type: ignore[attr-defined]
    module.NO_LOADER = 5  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tally_module", module)
    entries = (
        EntryPoint("tally", "tally_module:LOADER", "gzero.loaders"),
        EntryPoint("gone", "no_such_module:LOADER", "gzero.loaders"),
        EntryPoint("five", "tally_module:NO_LOADER", "gzero.loaders"),
    )
    monkeypatch.setattr(registry, "_entry_points", lambda: entries)


@pytest.mark.parametrize("name", ["a.csv", "a.dat", "a", "a.ibw", "a.xlsx"])
def test_content_counts_before_the_ending(write: Write, name: str) -> None:
    assert read_table(write("a,b\n1,2\n", name=name)).origin.loader == "text"


def test_a_workbook_under_another_name(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet(index=0)
    for row in (["a", "b"], [1, 2]):
        sheet.append(row)
    path = tmp_path / "a.txt"
    book.save(path)
    assert read_table(path).origin.loader == "excel"
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(FileError, match="looks like"):
        read_table(path)
    damaged = path.rename(tmp_path / "a.xlsx")
    with pytest.raises(FileError, match="a damaged or encrypted workbook"):
        read_table(damaged)


def test_all_loaders_keep_the_protocol() -> None:
    # text is asked last: it takes every file that holds a digit
    assert next(iter(BUILT_IN)) == "igor"
    assert list(BUILT_IN)[-1] == "text"
    assert all(name == loader.name for name, loader in BUILT_IN.items())
    assert {"hdf5", "netcdf", "matlab", "igor", "igor-packed", "excel", "workbooks", "parquet", "tdms", "qcodes"} < set(
        BUILT_IN
    )
    assert all(isinstance(loader, Loader) for loader in BUILT_IN.values())


def test_options_reach_the_loader(write: Write) -> None:
    table = read_table(
        write("1,5;2\n"), loader="text", encoding="utf-8", delimiter="semicolon", decimal=",", header_row=0
    )
    assert table.columns[0].values.tolist() == [1.5]


@pytest.mark.parametrize("options", [{"sheet": "1"}, {"sheet": "IV", "decimal": "."}])
def test_an_option_that_the_loader_does_not_know_is_an_error(write: Write, options: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="the loader 'text' has no option 'sheet'; leave it out") as caught:
        read_table(write("a,b\n1,2\n"), **options)  # type: ignore[arg-type]
    assert caught.value.allowed == ("encoding", "delimiter", "decimal", "header_row")


def test_no_such_loader(write: Write) -> None:
    with pytest.raises(ConfigError, match=f"no loader 'csv'; one of {', '.join(BUILT_IN)}"):
        read_table(write("1,2\n"), loader="csv")


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "a.h5", "a damaged HDF5 file"),
        (b"TDSm" + bytes(100), "a.tdms", "no segment begins at byte 28"),
        (b"MATLAB 5.0 MAT-file" + bytes(100), "a.mat", "a damaged MATLAB file: its header"),
        (b"SQLite format 3\0" + bytes(100), "a.db", "a damaged database"),
        (b"PAR1" + bytes(100), "a.parquet", "does not end as a Parquet file does"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xls", "an old Office file without a workbook in it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.doc", "looks like an old binary Office file"),
        (b"PK\x03\x04" + bytes(100), "a.ods", "a damaged workbook"),
        (b"\x80\x04\x95" + bytes(100), "a.pkl", "looks like a Python pickle"),
        (b"{}", "a.json", "no list of numbers in it"),
        (bytes(range(256)) * 4, "a.bin", f"in no format that a loader reads .tried: {NAMES}."),
        (bytes(range(256)) * 4, "a.csv", "null bytes"),
        (bytes(range(256)) * 4, "a.ibw", "not an Igor binary wave"),
        (b"words only\n", "a.txt", "no number in it"),
        (b"words only\n", "a.word", f"tried: {NAMES}"),
    ],
)
def test_what_no_loader_reads(write: Write, content: bytes, name: str, message: str) -> None:
    path = write(content, name=name)
    with pytest.raises(FileError, match=message) as caught:
        read_table(path)
    assert caught.value.path == str(path)
    assert str(caught.value).startswith(str(path))


def test_missing_directory_empty(tmp_path: Path, write: Write) -> None:
    for path, message in (
        (tmp_path / "no.csv", "no such file"),
        (tmp_path, "is a directory"),
        (write(b""), "is empty"),
    ):
        with pytest.raises(FileError, match=message):
            read_table(path)


def test_one_column_is_a_table(write: Write) -> None:
    assert len(read_table(write("G (S)\n1\n2\n")).columns) == 1


@pytest.mark.usefixtures("plugged")
def test_an_installed_loader_is_asked_when_those_built_in_do_not_recognise(write: Write) -> None:
    assert read_table(write(b"TALLY\0\1", name="a.x")).origin.loader == "tally"
    assert read_table(write(b"a,b\n1,2\n", name="a.tally")).origin.loader == "text"
    assert read_table(write(b"other\0\1", name="a.tally")).origin.loader == "tally"
    assert read_table(write(b"a,b\n1,2\n"), loader="tally", encoding="x").origin.loader == "x"
    with pytest.raises(
        ConfigError, match="the loader 'tally' has no option 'decimal'; leave it out; its options are encoding"
    ):
        read_table(write(b"TALLY\0\1"), decimal=".")


@pytest.mark.usefixtures("plugged")
def test_a_broken_plug_in_stops_no_other_and_is_named(write: Write) -> None:
    with pytest.raises(FileError, match=rf"tried: {NAMES}, tally.*'gone' cannot be imported.*'five' is no loader"):
        read_table(write(b"\0\1\2", name="a.bin"))
    with pytest.raises(MissingDependencyError, match="the plug-in 'gone' cannot be imported"):
        read_table(write(b"1,2\n"), loader="gone")


def test_describe_loaders() -> None:
    found = {one.name: one for one in describe_loaders()}
    assert list(found)[: len(BUILT_IN)] == list(BUILT_IN)
    assert found["workbooks"].options == ("sheet", "header_row")
    assert found["igor-packed"].options == ("group",)
    assert found["qcodes"].options == ("run", "group")
    assert found["tdms"].options == ("group",)
    assert found["text"].options == ("encoding", "delimiter", "decimal", "header_row")
    assert found["excel"].options == ("sheet", "header_row")
    assert found["igor"].options == ()
    assert ".csv" in found["text"].suffixes
    assert found["excel"].install is None


@pytest.mark.usefixtures("plugged")
def test_describe_names_what_is_missing() -> None:
    found = {one.name: one for one in describe_loaders()}
    assert found["tally"].install is None
    assert found["gone"].install == "update or remove the package 'no_such_module'"


def test_heavy_packages_are_imported_only_when_a_file_needs_them() -> None:
    heavy = ("pandas", "openpyxl", "pint", "igor2", "pyarrow", "python_calamine")
    code = f"import sys, gzero.loaders.registry; print([m for m in {heavy} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
