"""Random numbers in a random dialect come back as they were; damaged files give a GzeroError and nothing else."""

from __future__ import annotations

import io
import random
import tempfile
import time
import zipfile
from pathlib import Path
from struct import pack, unpack_from
from unittest import mock

import numpy as np
import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from gzero.errors import GzeroError
from gzero.loaders import body, pieces, registry
from gzero.loaders.registry import read_table
from gzero.loaders.text import LOADER as TEXT

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TABLES = st.integers(2, 5).flatmap(
    lambda m: st.lists(st.lists(NUMBERS, min_size=m, max_size=m), min_size=2, max_size=8)
)


@settings(max_examples=120, deadline=None)
@given(
    table=TABLES,
    delimiter=st.sampled_from([",", ";", "\t", "|", " ", "   "]),
    comma=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    header=st.sampled_from(["none", "names", "units", "comment"]),
    exponent=st.sampled_from(["e", "E", "D"]),
    quoted=st.booleans(),
)
def test_a_round_trip(
    table: list[list[float]],
    delimiter: str,
    comma: bool,
    encoding: str,
    newline: str,
    header: str,
    exponent: str,
    quoted: bool,
) -> None:
    decimal = "," if comma and delimiter != "," else "."

    def written(value: float) -> str:
        # repr gives the shortest digits that mean this very number
        text = repr(value).replace("e", exponent).replace(".", decimal)
        return f'"{text}"' if quoted else text

    names = [f"µ{j}x" for j in range(len(table[0]))]
    lines = {
        "none": [],
        "names": [delimiter.join(names)],
        "units": [delimiter.join(names), delimiter.join(["mV"] * len(names))],
        "comment": ["# " + delimiter.join(names)],
    }[header]
    lines = lines + [delimiter.join(written(v) for v in row) for row in table]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.txt"
        path.write_bytes(newline.join(lines).encode(encoding))
        # whole numbers leave the decimal sign open, and one-digit tables the delimiter; both are said then
        found = TEXT.read(path, decimal=decimal, delimiter=delimiter[0])
        guessed = read_table(path)
        # the same rows twenty times over, in bulk and in small pieces
        many = lines + lines[-len(table) :] * 19
        path.write_bytes(newline.join(many).encode(encoding))
        head = len(newline.join(many[: len(lines) + 60]).encode(encoding))
        with (
            mock.patch.object(pieces, "HEAD", head),
            mock.patch.object(pieces, "PIECE", 700),
            mock.patch.object(body, "SMALLEST", 100),
        ):
            pieced = TEXT.read(path, decimal=decimal, delimiter=delimiter[0])
    np.testing.assert_array_equal(
        np.array([column.values for column in pieced.columns]), np.tile(np.array(table).T, 20)
    )
    columns = np.array([column.values for column in found.columns])
    np.testing.assert_array_equal(columns, np.array(table).T)
    np.testing.assert_array_equal(np.array([column.values for column in guessed.columns]), columns)
    if header != "none":
        assert [column.name for column in found.columns] == names
    assert {column.unit_text for column in found.columns} == {"mV" if header == "units" else None}


def mutants(raw: bytes, count: int, rng: random.Random) -> list[bytes]:
    """Bytes changed, taken out, doubled, cut off and written over."""
    out = []
    for _ in range(count):
        data = bytearray(raw)
        for _ in range(rng.choice([1, 1, 2, 5, 20])):
            at = rng.randrange(max(len(data), 1))
            action = rng.randrange(6)
            if action == 0 and data:
                data[at] = rng.randrange(256)
            elif action == 1:
                del data[at : at + rng.randrange(1, 40)]
            elif action == 2:
                data[at:at] = data[at : at + rng.randrange(1, 40)]
            elif action == 3:
                del data[at + rng.randrange(len(data) - at + 1) :]
            elif action == 4:
                data[at : at + 4] = rng.choice([b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x01\0\0\x80"])
            else:
                data[at:at] = rng.choice([b'"', b"\n", b"#", b"\0", b",", b";", b"\t", b"1e999", b"\xff\xfe", b"(("])
        out.append(bytes(data))
    return out


TEXTS = [
    b"Sample: A3\nT = 4.2 K\n\nVg (V),I (nA)\n0.1,1\n0.2,2\n0.3,nan\n0.4,OVLD\n",
    "# dac\tamp\n# \"Gate (mV)\"\t\"µ (nA)\"\n# 3\n1\t10\n2\t20\n\n3\t30\n".encode(),
    b"Vg;I\nmV;nA\n0,1;1,5\n0,2;2,5\n# down\n0,1;1,4\n",
    b" x  y (S)\n--- ---\n 1.0D-3 2\n 3 4\n",
    "Vg (V)\tI (A)\r\n1\t2\r\n3\t4\r\n".encode("utf-16"),
    b'"Vg\n(V)","I, drain (nA)"\n"0.1","1"\nwords\n"0.2","2"\n',
]  # fmt: skip


def only_gzero_errors(raws: list[bytes], path: Path, limit: float) -> tuple[int, int]:
    """(read, refused); whatever else is raised fails the test, and the file that did it stays in its folder."""
    messages: list[str] = []
    begin = time.monotonic()
    installed = registry._entry_points()  # what is installed does not change, and finding it reads a file a package
    with mock.patch.object(registry, "_entry_points", return_value=installed):
        for raw in raws:
            path.write_bytes(raw)
            try:
                table = read_table(path)
            except GzeroError as error:
                messages.append(str(error))
            else:
                assert table.rows >= 1
    assert not [message for message in messages if "\n" in message]
    assert time.monotonic() - begin < limit  # no mutant may make a loader hang
    return len(raws) - len(messages), len(messages)


def test_mutants_of_text(tmp_path: Path) -> None:
    rng = random.Random(1)
    raws = [m for raw in TEXTS for m in mutants(raw, 170, rng)]
    read, refused = only_gzero_errors(raws, tmp_path / "a.txt", limit=60)
    assert read > 100  # most damage to a text leaves a table
    assert refused > 20


def test_mutants_of_the_corpus_in_small_pieces(tmp_path: Path) -> None:
    rng = random.Random(4)
    files = sorted(path for path in (Path(__file__).parent / "corpus").iterdir() if path.suffix not in (".toml", ".md"))
    raws = [mutant * rng.choice([1, 5]) for path in files for mutant in mutants(path.read_bytes(), 4, rng)]
    with (
        mock.patch.object(pieces, "HEAD", 150),
        mock.patch.object(pieces, "PIECE", 200),
        mock.patch.object(body, "SMALLEST", 64),
    ):
        read, refused = only_gzero_errors(raws, tmp_path / "a.txt", limit=60)
    assert read > 80
    assert refused > 20


def test_mutants_of_igor_waves(tmp_path: Path) -> None:
    rng = random.Random(2)
    curve = bytearray(384 + 24)
    curve[:64] = pack("<hh4i4i4iihhi", 7, 0, 320 + 24, 0, 4, 0, *[0] * 8, 0, 3, 0, 0)
    curve[76:82] = pack("<ih", 3, 4)
    curve[132:148] = pack("<4i", 3, 0, 0, 0)
    curve[148:212] = pack("<8d", 1, 1, 1, 1, 0, 0, 0, 0)
    raw = bytes(curve) + b"a: bxyz"

    def mended(data: bytes) -> bytes:
        """The mutant with its checksum made right, so that the damage is met behind it."""
        if len(data) < 384:
            return data
        words = unpack_from("<192H", data[:2] + b"\0\0" + data[4:384])
        return data[:2] + pack("<H", -sum(words) & 0xFFFF) + data[4:]

    raws = [mended(m) if i % 4 else m for i, m in enumerate(mutants(raw, 700, rng))]
    path = tmp_path / "a.ibw"
    path.write_bytes(mended(raw))
    assert read_table(path).columns[1].name == "xyz"
    read, refused = only_gzero_errors(raws, path, limit=60)
    assert read > 20
    assert refused > 100


def test_mutants_of_workbooks(tmp_path: Path) -> None:
    rng = random.Random(3)
    book = openpyxl.Workbook()
    sheet = book.create_sheet(index=0)
    for row in (["Vg (V)", "I (nA)"], [0.1, 1], [0.2, "x"], [0.3, "=A2"]):
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    raw = stream.getvalue()
    raws = mutants(raw, 100, rng)
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for name in ("xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"):
        for mutant in mutants(members[name], 60, rng):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as archive:  # a whole archive, so that the damage is met by the XML reader
                for member, data in members.items():
                    archive.writestr(member, mutant if member == name else data)
            raws.append(out.getvalue())
    read, refused = only_gzero_errors(raws, tmp_path / "a.xlsx", limit=60)
    assert read > 5
    assert refused > 50
