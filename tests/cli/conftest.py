"""Running the command as a user does, in the same process."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gzero.cli.entry import main


@dataclass(frozen=True)
class Ran:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def gzero(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Ran]:
    """`gzero(*words)` in an empty directory."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["gzero", *(str(word) for word in words)])
        with pytest.raises(SystemExit) as stopped:
            main()
        captured = capsys.readouterr()
        code = stopped.value.code
        return Ran(code=code if isinstance(code, int) else 0, out=captured.out, err=captured.err)

    return run


@pytest.fixture
def few_universes(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many analyses a multiverse has here, in one process: the second one is started in tests/pipeline/test_multiverse.py,
    and all 200 are asked for in tests/test_docs.py."""
    from gzero.pipeline import multiverse as room

    whole, count = room.multiverse_of, 24

    def fewer(*arguments: object, **options: object) -> object:
        return whole(*arguments, **{**options, "choices": count, "processes": 1})  # type: ignore[arg-type]

    monkeypatch.setattr(room, "multiverse_of", fewer)
    return count
