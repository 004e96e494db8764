"""Files that are meant to do harm, and places that are no files: each is read or refused, and harms nobody.

What is built here is read by a process that the fuzzer watches (`fuzzing.trial`): five seconds, one gigabyte, no other
file, no text executed, nothing unpickled, no network.
"""

from __future__ import annotations

import io
import os
import pickle
import socket
import sqlite3
import stat
import struct
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fuzzing import trial
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutation import DIGITS, TOKENS
from seeds import all_seeds

from gzero.errors import FileError, InputError
from gzero.loaders import registry
from gzero.loaders.registry import BUILT_IN, read_table
from gzero.loaders.table import Table

Write = Callable[..., Path]
linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits of memory need Linux")

XML = '<?xml version="1.0" encoding="UTF-8"?>'
LAUGHS = "<!DOCTYPE x [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 12)
) + "]>"  # fmt: skip
QUADRATIC = f"<!DOCTYPE x [<!ENTITY a11 '{'x' * 100_000}'>]>"
OUTSIDE = "<!DOCTYPE x [<!ENTITY a11 SYSTEM 'file:///etc/passwd'>]>"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def packed(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def seed_members(suffix: str) -> dict[str, bytes]:
    """The members of a whole workbook."""
    data = next(seed.data for seed in SEEDS if seed.suffix == suffix)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


SEEDS = all_seeds(measured=False)[0]


def workbook(suffix: str, **changed: bytes) -> bytes:
    """A workbook with members changed: by the last part of their names."""
    members = seed_members(suffix)
    for name, data in changed.items():
        whole = next((one for one in members if one.rpartition("/")[2].split(".")[0] == name), name)
        members[whole] = data
    return packed(**members)


def bomb(begin: bytes, piece: bytes, end: bytes, size: int) -> tuple[bytes, int, int]:
    """(deflated, size, CRC) of a piece repeated to `size` bytes: deflated once, as blocks after a full flush stand alone."""
    pieces = piece * (1 + (1 << 22) // len(piece))
    times = size // len(pieces)
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = press.compress(begin) + press.flush(zlib.Z_FULL_FLUSH)
    body = press.compress(pieces) + press.flush(zlib.Z_FULL_FLUSH)
    tail = press.compress(end) + press.flush()
    crc = zlib.crc32(begin)
    for _ in range(times):
        crc = zlib.crc32(pieces, crc)
    return head + body * times + tail, len(begin) + times * len(pieces) + len(end), zlib.crc32(end, crc)


def with_bomb(
    members: dict[str, bytes], name: str, content: tuple[bytes, int, int], *, stated: int | None = None
) -> bytes:
    """An archive whose member `name` is deflated already; `stated` is the size that its headers tell."""
    deflated, size, crc = content
    size = size if stated is None else stated
    out, directory = io.BytesIO(), io.BytesIO()
    for member, data in ({k: v for k, v in members.items() if k != name} | {name: deflated}).items():
        method, length, check = (8, size, crc) if member == name else (0, len(data), zlib.crc32(data))
        fields = struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 33, check, len(data), length, len(member), 0)
        directory.write(b"PK\1\2\x14\0" + fields + struct.pack("<HHHII", 0, 0, 0, 0, out.tell()) + member.encode())
        out.write(b"PK\3\4" + fields + member.encode() + data)
    at, content_ = out.tell(), directory.getvalue()
    count = len(members | {name: b""})
    return out.getvalue() + content_ + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(content_), at, 0)


def bombs() -> Iterator[tuple[str, bytes]]:
    row = b"<row><c><v>1</v></c><c><v>2</v></c></row>"
    rows = bomb(f'{XML}<worksheet xmlns="{SHEET}"><sheetData>'.encode(), row, b"</sheetData></worksheet>", 1 << 30)
    book = seed_members(".xlsx")
    yield "bomb.xlsx", with_bomb(book, "xl/worksheets/sheet1.xml", rows)
    yield "lying.xlsx", with_bomb(book, "xl/worksheets/sheet1.xml", rows, stated=1000)
    text = bomb(f'{XML}<sst xmlns="{SHEET}"><si><t>'.encode(), b" " * 64, b"</t></si></sst>", 1 << 30)
    yield "strings.xlsx", with_bomb(book, "xl/sharedStrings.xml", text)
    small = bomb(f'{XML}<worksheet xmlns="{SHEET}"><sheetData>'.encode(), b"<row>" * 10, b"", 30 << 20)
    yield "deep.xlsx", with_bomb(book, "xl/worksheets/sheet1.xml", small)
    sheet = seed_members(".ods")
    start, _, end = sheet["content.xml"].partition(b"<table:table-row")
    cell = b"<table:table-row><table:table-cell office:value-type='float' office:value='1'/></table:table-row>"
    end = b"<table:table-row" + end
    yield "bomb.ods", with_bomb(sheet, "content.xml", bomb(start, cell, end, 1 << 30))
    yield "lying.ods", with_bomb(sheet, "content.xml", bomb(start, cell, end, 1 << 30), stated=1000)
    wide = cell.replace(b"<table:table-cell", b"<table:table-cell table:number-columns-repeated='16384'")
    tall = wide.replace(b"<table:table-row", b"<table:table-row table:number-rows-repeated='1048576'", 1)
    yield "repeated.ods", workbook(".ods", content=start + tall + end)
    huge = wide.replace(b"16384", b"9" * 18)
    yield "columns.ods", workbook(".ods", content=start + huge + end)
    yield "negative.ods", workbook(".ods", content=start + wide.replace(b"16384", b"-7") + end)
    spaces = cell.replace(
        b"/></table:table-row>", b"><text:p><text:s text:c='2000000000'/></text:p></table:table-cell></table:table-row>"
    )
    yield "spaces.ods", workbook(".ods", content=start + spaces + end)
    inner = packed(**{"a.zip": packed(**{"b.zip": packed(c=bytes(1 << 24))})})
    yield "nested.zip", inner
    yield "nested.xlsx", packed(**{"xl/workbook.xml": inner, "[Content_Types].xml": inner})
    yield "nested.ods", packed(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", **{"content.xml": inner})


def markup() -> Iterator[tuple[str, bytes]]:
    for name, head in {"laughs": LAUGHS, "quadratic": QUADRATIC, "outside": OUTSIDE}.items():
        many = "&a11;" * (2000 if name == "quadratic" else 1)
        cells = f'<row><c t="inlineStr"><is><t>{many}</t></is></c><c><v>1</v></c></row><row><c><v>1</v></c><c><v>2</v></c></row>'
        sheet = f'{XML}{head}<worksheet xmlns="{SHEET}"><sheetData>{cells}</sheetData></worksheet>'
        yield f"{name}.xlsx", workbook(".xlsx", sheet1=sheet.encode())
        yield f"{name}16.xlsx", workbook(".xlsx", sheet1=sheet.replace("UTF-8", "UTF-16").encode("utf-16"))
        book = seed_members(".xlsx")["xl/workbook.xml"].decode()
        yield (
            f"{name}-book.xlsx",
            workbook(".xlsx", workbook=(head + book.replace('name="IV"', 'name="&a11;"')).encode()),
        )
        content = seed_members(".ods")["content.xml"].decode()
        declared = content.replace("?>", f"?>{head}", 1).replace("Vg (V)", many)
        yield f"{name}.ods", workbook(".ods", content=declared.encode())
    deep = b"<a>" * 300_000
    yield "deep.ods", workbook(".ods", content=seed_members(".ods")["content.xml"].split(b"<table:table-row")[0] + deep)
    away = b'<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target='
    relations = seed_members(".xlsx")["xl/_rels/workbook.xml.rels"]
    begin = relations[: relations.index(b"<Relationship ")]
    for i, target in enumerate(
        (b'"../../../../../etc/passwd"', b'"file:///etc/passwd"', b'"http://127.0.0.1:9/a" TargetMode="External"')
    ):
        yield (
            f"away{i}.xlsx",
            packed(
                **seed_members(".xlsx") | {"xl/_rels/workbook.xml.rels": begin + away + target + b"/></Relationships>"}
            ),
        )
    for suffix in (".xlsx", ".ods"):
        yield (
            f"traversal{suffix}",
            packed(**seed_members(suffix) | {"../../escaped": b"1,2", "/tmp/gzero-escaped": b"1,2", "a/../../b": b"1"}),
        )


def formulas() -> Iterator[tuple[str, bytes]]:
    lines = [
        "x,y",
        "=1+1,2",
        "=cmd|' /C calc'!A0,3",
        '"=WEBSERVICE(""http://127.0.0.1:9/"")",4',
        "@SUM(1),5",
        "+1-1,6",
        "1,7",
        "2,8",
    ]
    yield "formulas.csv", "\n".join(lines).encode()
    cells = "".join(
        f'<row><c t="str"><f>{f}</f></c><c><v>1</v></c></row>'
        for f in ("1+1", "WEBSERVICE(&quot;http://127.0.0.1:9/&quot;)", "A1" * 9000)
    )
    yield (
        "formulas.xlsx",
        workbook(
            ".xlsx", sheet1=f'{XML}<worksheet xmlns="{SHEET}"><sheetData>{cells}</sheetData></worksheet>'.encode()
        ),
    )


def texts() -> Iterator[tuple[str, bytes]]:
    """Text that is long in a way that somebody's algorithm does not expect."""
    mega = 1 << 20
    pieces: dict[str, bytes] = {
        "header": b",".join(b"column%d (mV)" % i for i in range(1_200_000)) + b"\n1,2\n",
        "commas": b"," * (20 * mega) + b"\n1,2\n",
        "digit": b"7" * (5 * mega),
        "digits": b"x,y\n1," + b"7" * (5 * mega) + b"\n2,3\n",
        "exponents": b"x,y\n1,1" + b"e1" * mega + b"\n2,3\n",
        "dots": b"x,y\n" + b"1." * mega + b",2\n2,3\n",
        "signs": b"x,y\n" + b"-+" * mega + b"1,2\n2,3\n",
        "quotes": b'"' * (5 * mega) + b"\n1,2\n",
        "open quote": b'"a\n' + b"1,2\n" * 200_000,
        "quote a line": b'"\n' * 200_000 + b"1,2\n",
        "brackets": b"(" * mega + b"1,2\n" + b")" * mega,
        "unit": b"x (" + b"V*" * 500_000 + b"),y [" + b"[" * 500_000 + b"\n1,2\n3,4\n",
        "blanks": b" " * (2 * mega) + b"1 2\n3 4\n",
        "tabs in blanks": b"1" + b" \t" * mega + b"2\n3 4\n",
        "comments": b"# a: b\n" * 300_000 + b"1,2\n",
        "hashes": b"#" * (2 * mega) + b"1,2\n3,4\n",
        "words": b"word\n" * 500_000 + b"1,2\n",
        "keys": b"".join(b"key%d: value\n" % i for i in range(200_000)) + b"1,2\n3,4\n",
        "colons": b"a:" * mega + b"\n1,2\n3,4\n",
        "empty lines": b"\n" * (5 * mega) + b"1,2\n",
        "carriage returns": b"\r" * (2 * mega) + b"1,2\r3,4\r",
        "one number": b"no number here\n" * 300_000 + b"5\n",
        "one line": b"1,2," * mega,
        "one column": b"1\n" * mega,
        "gaps": b"x,y\n" + b",1\n1,\n" * 100_000,
        "labels": b"x,y,z\n" + b"a,1,b\n" * 100_000,
        "ragged": b"".join(b"1," * (i % 40) + b"1\n" for i in range(30_000)),
        "growing": b"".join(b"1," * i + b"1\n" for i in range(1500)),
        "tables": b"a,b\n1,2\n\nc,d\n3,4\n\n" * 30_000,
        "nulls": b"x,y\n1\0,2\n3,4\0\n",
        "null": bytes(mega),
        "all bytes": bytes(range(256)) * 4000,
        "mixed": "µ,y\n1,2\n".encode() + "µ,y\n3,4\n".encode("cp1252") + "µ,y\n5,6\n".encode("utf-16"),
        "cut utf-16": "µ,y\n1,2\n".encode("utf-16")[:-1],
        "utf-32": "x,y\n1,2\n".encode("utf-32"),
        "surrogates": b"\xed\xa0\x80,y\n1,2\n",
        "combining": b"e" + "\u0301".encode() * mega + b",y\n1,2\n",
        "escapes": b"\x1b[2J\x1b]0;owned\x07,y\n1,2\n3,4\n",
        "right to left": "\u202egnp.exe,y\n1,2\n3,4\n".encode(),
        "sep": b"sep=" + b";" * mega + b"\n1;2\n",
    }  # fmt: skip
    for name, data in pieces.items():
        yield f"{name}.csv", data
    yield "deep.json", b"[" * mega
    yield "deep objects.json", b'{"a":' * 500_000 + b"1"
    yield "digits.json", b'{"x": [1, 2], "y": [' + b"7" * (5 * mega) + b", 1]}"
    yield "keys.json", b"{" + b",".join(b'"k%d": [%d]' % (i, i) for i in range(300_000)) + b"}"
    yield "wide.json", b'{"x": [' + b"[1]," * 500_000 + b"[2]]}"


class Evil:
    """Runs a program when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("touch /tmp/gzero-was-here",)


def pickles() -> Iterator[tuple[str, bytes]]:
    for protocol in range(6):
        for suffix in ("pkl", "dat", "npy", "mat", "csv"):
            yield f"pickle{protocol}.{suffix}", pickle.dumps([Evil()], protocol=protocol)
    objects = np.array([Evil(), 1], dtype=object)
    stream = io.BytesIO()
    np.save(stream, objects, allow_pickle=True)
    for suffix in ("npy", "dat", "csv"):
        yield f"object.{suffix}", stream.getvalue()
    archive = io.BytesIO()
    np.savez(archive, a=objects, allow_pickle=True)
    for suffix in ("npz", "xlsx", "zip"):
        yield f"object.{suffix}", archive.getvalue()
    from scipy.io import savemat

    content = io.BytesIO()
    savemat(
        content,
        {
            "a": np.array([{"b": 1}, "two", [3, 4]], dtype=object),
            "f": np.array([(1, "x")], dtype=[("n", "O"), ("m", "O")]),
        },
    )
    yield "object.mat", content.getvalue()


def hdf5_files(folder: Path) -> Iterator[str]:
    h5py = pytest.importorskip("h5py")
    secret = folder / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["secret"] = np.full(8, 4242.0)
        file["x"] = np.arange(8.0)

    def file_of(name: str, fill: Callable[[Any], object], **options: Any) -> str:
        with h5py.File(folder / name, "w", **options) as file:
            fill(file)
        return name

    def rings(file: Any) -> None:
        group = file
        for _ in range(500):
            group = group.create_group("g")
        group["back"] = file["/"]
        file["x"] = [1.0, 2.0]

    def virtual(file: Any) -> None:
        layout = h5py.VirtualLayout(shape=(8,), dtype="f8")
        layout[:] = h5py.VirtualSource(str(secret), "secret", shape=(8,))
        file.create_virtual_dataset("virtual", layout)

    yield file_of("external link.h5", lambda file: file.__setitem__("a", h5py.ExternalLink(str(secret), "/secret")))
    yield file_of("external group.h5", lambda file: file.__setitem__("a", h5py.ExternalLink(str(secret), "/")))
    yield file_of(
        "soft links.h5",
        lambda file: (file.__setitem__("a", h5py.SoftLink("/b")), file.__setitem__("b", h5py.SoftLink("/a"))),
    )
    yield file_of("virtual.h5", virtual)
    yield file_of("raw.h5", lambda file: file.create_dataset("a", (64,), "u1", external=[("/etc/passwd", 0, 64)]))
    yield file_of("huge.h5", lambda file: file.create_dataset("a", (1 << 40,), "f8", chunks=(1 << 16,)))
    yield file_of(
        "huge map.h5",
        lambda file: file.create_dataset("a", (1 << 20, 1 << 20), "f8", chunks=(256, 256), compression="gzip"),
    )
    yield file_of(
        "large chunk.h5",
        lambda file: file.create_dataset("a", (1 << 28,), "u1", chunks=(1 << 28,), compression="gzip").__setitem__(
            0, 1
        ),
    )
    yield file_of("rings.h5", rings)
    yield file_of("groups.h5", lambda file: [file.create_group(f"g{i}") for i in range(4000)], libver="latest")
    yield file_of("attribute.h5", lambda file: file.attrs.create("a", np.zeros(1 << 24)), libver="latest")
    yield file_of("attributes.h5", lambda file: [file.attrs.create(f"a{i}", i) for i in range(4000)], libver="latest")
    yield file_of("objects.h5", lambda file: file.create_dataset("a", (2,), h5py.special_dtype(ref=h5py.Reference)))
    yield file_of("text.h5", lambda file: file.create_dataset("a", data=["a" * (1 << 20)] * 50))
    yield file_of(
        "compound.h5",
        lambda file: file.create_dataset("a", data=np.zeros(3, [("x", "f8", (50, 50)), ("n", [("y", "i4")])])),
    )
    whole = next(seed.data for seed in SEEDS if seed.name == "hdf5 earliest")
    for i, size in enumerate((8, 50, 96, 500, 2048, len(whole) - 1, len(whole) // 2)):
        (folder / f"cut{i}.h5").write_bytes(whole[:size])
        yield f"cut{i}.h5"


def sqlite_files(folder: Path) -> Iterator[str]:
    whole = next(seed.data for seed in SEEDS if seed.name == "qcodes database")
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
    statements = {
        "endless runs": f"ALTER TABLE runs RENAME TO r; CREATE VIEW runs AS {endless} SELECT x AS run_id, r.* FROM c, r",
        "endless results": f'ALTER TABLE "results-1-1" RENAME TO r; CREATE VIEW "results-1-1" AS {endless} SELECT x AS id, x AS gate, x AS current FROM c',
        "endless layouts": f"ALTER TABLE layouts RENAME TO l; CREATE VIEW layouts AS {endless} SELECT l.*, x FROM c, l",
        "generated": "CREATE TABLE big (a INT, b BLOB AS (zeroblob(900000000))); INSERT INTO big (a) VALUES (1)",
        "generated results": 'DROP TABLE "results-1-1"; CREATE TABLE "results-1-1" (id INTEGER PRIMARY KEY, gate BLOB AS (zeroblob(900000000)), current REAL); '
        'INSERT INTO "results-1-1" (current) VALUES (1), (2)',
        "name": """UPDATE runs SET result_table_name = 'results-1-1"; DROP TABLE runs; --'""",
        "attach": """UPDATE runs SET result_table_name = 'x"; ATTACH ''/tmp/gzero-was-here'' AS y; --'""",
        "description": "UPDATE runs SET run_description = '" + "[" * 100_000 + "'",
        "no description": "UPDATE runs SET run_description = NULL, result_table_name = NULL, parameters = NULL",
        "extension": "DROP TABLE layouts; CREATE VIEW layouts AS SELECT load_extension('/tmp/evil') AS layout_id, 1 AS run_id",
        "trigger": "CREATE TRIGGER t AFTER UPDATE ON runs BEGIN DELETE FROM experiments; END",
        "many tables": ";".join(f"CREATE TABLE t{i} (a REAL)" for i in range(1000)),
    }  # fmt: skip
    for name, script in statements.items():
        path = folder / f"{name}.db"
        path.write_bytes(whole)
        base = sqlite3.connect(path)
        try:
            base.execute("PRAGMA synchronous = OFF")
            base.executescript(script)
            base.commit()
        finally:
            base.close()
        yield path.name
    (folder / "wal.db").write_bytes(whole[:18] + b"\2\2" + whole[20:])
    yield "wal.db"
    (folder / "hot.db").write_bytes(whole)
    (folder / "hot.db-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(600))
    yield "hot.db"


def judge(folder: Path, *, seconds: float = 5.0) -> dict[str, dict[str, Any]]:
    """What becomes of every file in a folder; fails on anything but a table and a refusal."""
    files = sorted(path for path in folder.iterdir() if path.name != "secret.h5" and not path.name.endswith("-journal"))
    answers = trial([(path, {}) for path in files], folder=folder, seconds=seconds)
    found = {path.name: answer for path, answer in zip(files, answers, strict=True)}
    lines = [
        f"{n}: {a['kind']}: {a['said']} {a['where']}" for n, a in found.items() if a["kind"] not in ("read", "refused")
    ]
    assert not lines, "\n".join(lines)
    assert not Path("/tmp/gzero-was-here").exists()
    assert not Path("/tmp/gzero-escaped").exists()
    return found


def laid_out(folder: Path, files: Iterator[tuple[str, bytes]]) -> Path:
    for name, data in files:
        (folder / name).write_bytes(data)
    return folder


@linux
def test_archives_that_unpack_to_more_than_there_is(tmp_path: Path) -> None:
    found = judge(laid_out(tmp_path, bombs()))
    assert (tmp_path / "bomb.xlsx").stat().st_size < 8 << 20
    for name in (
        "bomb.xlsx",
        "lying.xlsx",
        "strings.xlsx",
        "bomb.ods",
        "lying.ods",
        "nested.xlsx",
        "nested.ods",
        "nested.zip",
    ):
        assert found[name]["kind"] == "refused", name


@linux
def test_markup_that_expands_or_points_elsewhere(tmp_path: Path) -> None:
    found = judge(laid_out(tmp_path, markup()))
    assert not [name for name, answer in found.items() if "root:" in answer["said"]]  # of /etc/passwd
    for name in ("laughs.xlsx", "laughs.ods", "quadratic.ods"):
        assert found[name]["kind"] == "refused", name


@linux
def test_formulas_are_never_calculated(tmp_path: Path) -> None:
    judge(laid_out(tmp_path, formulas()))
    table = read_table(tmp_path / "formulas.csv")
    first = next(column for column in table.columns if column.name == "x")
    # `+1-1` and the others are no numbers; the two that are stay as written
    np.testing.assert_array_equal(first.values[np.isfinite(first.values)], [1.0, 2.0])


@linux
def test_text_of_shapes_that_take_long(tmp_path: Path) -> None:
    judge(laid_out(tmp_path, texts()))


@linux
def test_pickles_and_arrays_of_objects_are_refused(tmp_path: Path) -> None:
    found = judge(laid_out(tmp_path, pickles()))
    assert {name for name, answer in found.items() if answer["kind"] == "read"} <= {"object.mat"}


@linux
def test_hostile_hdf5(tmp_path: Path) -> None:
    names = list(hdf5_files(tmp_path))
    found = judge(tmp_path)
    assert set(names) == set(found)
    assert not [name for name, answer in found.items() if "4242" in answer["said"]]  # of the other file
    assert found["raw.h5"]["kind"] == "refused"


@linux
def test_hostile_databases(tmp_path: Path) -> None:
    list(sqlite_files(tmp_path))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    judge(tmp_path)
    for name, data in before.items():
        assert (tmp_path / name).read_bytes() == data, name


def in_time(read: Callable[[], object], seconds: float = 5.0) -> object:
    """What a call returns or raises; fails when it does not come back (a FIFO that nobody writes to)."""
    out: list[object] = []

    def run() -> None:
        try:
            out.append(read())
        except Exception as error:  # noqa: BLE001 - told to the test
            out.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert out, "it hangs"
    return out[0]


@pytest.mark.parametrize("loader", [None, *BUILT_IN])
@pytest.mark.parametrize(
    "name",
    ["fifo", "socket", "loop", "ring", "folder", "dangling", "/dev/zero", "/dev/null", "/dev/random", "/dev/stdin", "/dev/tty",
     "/proc/self/environ", "/proc/self/mem", "/proc/self/maps", "/proc/kcore", "/proc/self/fd/0", "zero", "\0", "a" * 5000, ""],
)  # fmt: skip
def test_what_is_no_file(tmp_path: Path, name: str, loader: str | None) -> None:
    place = tmp_path / name if name in ("fifo", "socket", "loop", "ring", "folder", "dangling", "zero") else Path(name)
    if name == "fifo":
        os.mkfifo(place)
    elif name == "socket":
        with socket.socket(socket.AF_UNIX) as end:
            here = Path.cwd()
            os.chdir(tmp_path)  # the path of a socket has at most 107 bytes
            end.bind("socket")
            os.chdir(here)
    elif name == "loop":
        place.symlink_to(place)
    elif name == "ring":
        place.symlink_to(tmp_path / "other")
        (tmp_path / "other").symlink_to(place)
    elif name == "folder":
        place.mkdir()
    elif name == "dangling":
        place.symlink_to(tmp_path / "nowhere")
    elif name == "zero":
        place.symlink_to("/dev/zero")
    error = in_time(partial(read_table, str(place), loader=loader))
    if isinstance(error, Table):  # a system may have a real file in such a place
        assert stat.S_ISREG(place.stat().st_mode)
        return
    assert isinstance(error, FileError), error
    assert len(str(error).splitlines()) == 1
    assert error.path == str(place)


def test_no_permission_to_read(write: Write) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path = write("a,b\n1,2\n")
    path.chmod(0)
    for loader in (None, *BUILT_IN):
        with pytest.raises(FileError, match="permission"):
            read_table(path, loader=loader)


CHANGES: dict[str, Callable[[Path], object]] = {
    "vanishes": lambda path: path.unlink(),
    "is emptied": lambda path: path.write_bytes(b""),
    "becomes a folder": lambda path: (path.unlink(), path.mkdir()),
    "is cut off": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "becomes text": lambda path: path.write_bytes(b"a,b\n1,2\n"),
    "becomes noise": lambda path: path.write_bytes(bytes(range(256)) * 8),
    "grows": lambda path: path.write_bytes(path.read_bytes() * 2),
    "becomes a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_file_that_changes_once_it_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """An instrument still writes, a folder is synchronised: for every seed, between `recognises` and `read`."""
    found = registry._find
    for i, seed in enumerate(SEEDS):
        path = tmp_path / f"{i}{seed.suffix}"
        path.write_bytes(seed.data)

        def find(place: Path, text: str) -> registry.Loader:
            loader = found(place, text)
            CHANGES[what](place)
            return loader

        monkeypatch.setattr(registry, "_find", find)
        answer = in_time(partial(read_table, str(path)))
        assert isinstance(answer, (Table, InputError)), f"{seed.name} {what}: {answer!r}"
        if isinstance(answer, InputError):
            assert str(path) in str(answer)


@pytest.mark.parametrize(
    "name",
    ["a\nb.csv", "a\rb.csv", "a\x1b[31mb.csv", "a\u202egnp.csv", "a\x07b.csv", "a\u2028b.csv", "a\x85b.csv", "\udcff\udcfe.csv",
     " .csv", "-rf.csv", "a'b\"c.csv", "a;b|c$(d).csv", "%s%n.csv", "{path}.csv", "a\u0301.csv", "\U0001f600.csv", "..csv", "a" * 240 + ".csv"],
)  # fmt: skip
@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"words only\n", b"\x00\x01\x02"])
def test_names_of_files_in_messages(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    if content.startswith(b"a,b"):
        assert read_table(path).origin.path == str(path)
        return
    with pytest.raises(FileError) as caught:
        read_table(path)
    text = str(caught.value)
    assert text.isprintable()  # no line is broken, no terminal is told anything, no letter turns the others round
    assert caught.value.path == str(path)
    if name.isprintable():
        assert text.startswith(str(path))


SUFFIXES = sorted({seed.suffix for seed in SEEDS})
READERS = st.sampled_from([None, *BUILT_IN])


def reads_or_refuses(data: bytes, suffix: str, loader: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        path.write_bytes(data)
        try:
            table = read_table(path, loader=loader)
        except InputError as error:
            told = str(error)
        else:
            told = str(path)
            assert table.rows == len(table.columns[0].values)
        assert str(path) in told
        assert len(told.splitlines()) == 1
        assert os.listdir(folder) == [path.name]
        assert path.read_bytes() == data


@settings(max_examples=150, deadline=5000, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.binary(min_size=1, max_size=300), suffix=st.sampled_from(SUFFIXES), loader=READERS)
def test_any_bytes(data: bytes, suffix: str, loader: str | None) -> None:
    reads_or_refuses(data, suffix, loader)


@settings(max_examples=150, deadline=5000, suppress_health_check=[HealthCheck.too_slow])
@given(
    data=st.sampled_from(sorted({seed.data[:64] for seed in SEEDS})),
    rest=st.binary(max_size=300),
    cut=st.integers(1, 64),
    suffix=st.sampled_from(SUFFIXES),
    loader=READERS,
)
def test_the_beginning_of_a_format_and_then_any_bytes(
    data: bytes, rest: bytes, cut: int, suffix: str, loader: str | None
) -> None:
    reads_or_refuses(data[:cut] + rest, suffix, loader)


CELLS = st.one_of(
    st.sampled_from([*DIGITS, *TOKENS, b"", b"nan", b"Vg (mV)", b"# x", b"T = 4.2 K", b"OL"]),
    st.floats().map(lambda value: repr(value).encode()),
    st.text(max_size=6).map(lambda text: text.encode("utf-8", errors="surrogatepass")),
)
LINES = st.builds(
    lambda cells, sign: sign.join(cells),
    st.lists(CELLS, max_size=6),
    st.sampled_from([b",", b";", b"\t", b" ", b"|", b"  "]),
)


@settings(max_examples=200, deadline=5000, suppress_health_check=[HealthCheck.too_slow])
@given(
    lines=st.lists(LINES, min_size=1, max_size=25),
    newline=st.sampled_from([b"\n", b"\r\n", b"\r", b"\n\r", b"\0\n"]),
    times=st.sampled_from([1, 1, 1, 200]),
    suffix=st.sampled_from([".csv", ".txt", ".dat", ".lvm", ".itx", ".json"]),
)
def test_text_of_cells_that_mean_trouble(lines: list[bytes], newline: bytes, times: int, suffix: str) -> None:
    reads_or_refuses((newline.join(lines) + newline) * times or b"\n", suffix, None)
