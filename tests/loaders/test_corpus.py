"""Small files in the dialects of instruments: the loader reads in them what a person reads."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gzero.loaders import body, pieces
from gzero.loaders.table import Table
from gzero.loaders.text import LOADER

FOLDER = Path(__file__).parent / "corpus"
FILES: list[dict[str, Any]] = tomllib.loads((FOLDER / "corpus.toml").read_text(encoding="utf-8"))["file"]
ONE = pytest.mark.parametrize("stated", FILES, ids=[stated["name"] for stated in FILES])


def rules(table: Table) -> dict[str, int]:
    found: Counter[str] = Counter()
    for dropped in table.origin.dropped:
        found[dropped.rule] += dropped.rows
    return dict(found)


@ONE
def test_what_the_file_says(stated: dict[str, Any], request: pytest.FixtureRequest) -> None:
    if "fails" in stated:
        request.applymarker(pytest.mark.xfail(reason=stated["fails"], strict=True))
    table = LOADER.read(FOLDER / stated["name"])
    options = table.origin.options
    assert (options["delimiter"], options["decimal"]) == (stated["delimiter"], stated["decimal"])
    assert options["encoding"] == stated["encoding"]
    assert [column.name for column in table.columns] == stated["names"]
    assert [column.unit_text or "" for column in table.columns] == stated["units"]
    assert table.rows == stated["rows"]
    np.testing.assert_array_equal([column.values[0] for column in table.columns], stated["first"])
    np.testing.assert_array_equal([column.values[-1] for column in table.columns], stated["last"])
    assert rules(table) == stated["dropped"]
    assert {name: list(words) for name, words in table.labels.items()} == stated.get("labels", {})
    assert table.metadata == table.metadata | stated.get("metadata", {})


@ONE
def test_in_small_pieces(stated: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its last row many times over, read whole and read in bulk."""
    table = LOADER.read(FOLDER / stated["name"])
    encoding = table.origin.options["encoding"]
    text = (FOLDER / stated["name"]).read_bytes().decode(encoding).rstrip("\x00\x1a")
    end = next((end for end in ("\r\n", "\r", "\n") if end in text), "\n")
    lines = text.split(end)
    last = table.row_numbers[-1] - 1 if encoding and len(lines) > table.row_numbers[-1] - 1 else -1
    path = tmp_path / stated["name"]
    many = [*lines[: last + 1], *[lines[last]] * 300, *lines[last + 1 :]] if last >= 0 else [*lines, *[lines[-1]] * 300]
    path.write_bytes(end.join(many).encode(encoding))
    whole = LOADER.read(path)
    size = len(end.join(lines).encode(encoding)) + 80 * len((lines[last] + end).encode(encoding))
    for room, name, value in ((pieces, "HEAD", size), (pieces, "PIECE", 512), (body, "SMALLEST", 64)):
        monkeypatch.setattr(room, name, value)
    found = LOADER.read(path)
    for a, b in zip(whole.columns, found.columns, strict=True):
        assert (a.name, a.unit_text, a.source) == (b.name, b.unit_text, b.source)
        np.testing.assert_array_equal(a.values, b.values)
    assert told(whole) == told(found)
    assert (whole.metadata, whole.labels) == (found.metadata, found.labels)
    assert list(whole.row_numbers) == list(found.row_numbers)


def told(table: Table) -> tuple[object, ...]:
    origin = table.origin
    return origin.sha256, origin.options, origin.dropped, origin.rows_read


def test_there_are_enough_files_and_all_are_stated() -> None:
    names = [stated["name"] for stated in FILES]
    assert len(names) == len(set(names)) >= 60
    assert set(names) == {path.name for path in FOLDER.iterdir()} - {"corpus.toml", "README.md"}
