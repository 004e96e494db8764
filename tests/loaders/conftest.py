"""What the tests of the loaders share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# `mutation.py`, `seeds.py` and `fuzzing.py` stand here for the tests of every loader; pytest's importlib mode puts no folder on the path
sys.path.insert(0, str(Path(__file__).resolve().parent))

#: Beside the checkout, not in it: the files are other people's and are never copied into the project.
MEASURED = Path(__file__).resolve().parents[3] / "shared" / "measured"


@pytest.fixture(scope="session")
def measured() -> Path:
    """The folder of measured files; the test is skipped where it is absent."""
    if not MEASURED.is_dir():
        pytest.skip(f"no measured files at {MEASURED}")
    return MEASURED


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a text or bytes to a file of the given name and returns its path."""

    def write_file(content: str | bytes, name: str = "data.txt", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write_file
