"""A report is written whole or not at all; what stood there before is untouched when anything fails."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from renderer_samples import analysis, bare

import gzero.report.json as json_renderer
import gzero.report.write as module
from gzero.analysis import Analysis
from gzero.audit.item import AuditItem
from gzero.errors import ConfigError, OutputError
from gzero.report.write import write_report

OLD = b"the old report"


def _left(directory: Path) -> list[str]:
    return sorted(entry.name for entry in directory.iterdir())


@pytest.mark.parametrize(
    ("ending", "magic"),
    [(".pdf", b"%PDF-"), (".html", b"<!DOCTYPE html>"), (".xlsx", b"PK\x03\x04"), (".json", b"{\n"), (".tex", b"% "),
     (".md", b"# "), (".JSON", b"{\n")],
)  # fmt: skip
def test_the_ending_chooses_the_format(tmp_path: Path, ending: str, magic: bytes) -> None:
    target = tmp_path / f"report{ending}"
    assert write_report([analysis()], target) == target
    assert target.read_bytes().startswith(magic)
    assert _left(tmp_path) == [target.name]


@pytest.mark.parametrize("ending", [".html", ".xlsx", ".json", ".tex", ".md"])
def test_two_runs_give_the_same_bytes(tmp_path: Path, ending: str) -> None:
    pair = [write_report([analysis(), bare()], tmp_path / f"{n}{ending}") for n in (1, 2)]
    assert pair[0].read_bytes() == pair[1].read_bytes()


def test_one_analysis_and_a_path_as_text(tmp_path: Path) -> None:
    written = write_report(analysis(), str(tmp_path / "one.json"))
    record = json.loads(written.read_bytes())
    assert record.pop("audit")["items"]
    assert record == analysis().to_dict()


@pytest.mark.parametrize("name", ["report.docx", "report", "report.", ".pdf"])
def test_another_ending_is_refused_and_the_allowed_are_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        write_report([analysis()], tmp_path / name)
    assert caught.value.allowed == (".pdf", ".html", ".xlsx", ".json", ".tex", ".md")
    assert ".xlsx" in str(caught.value)
    assert _left(tmp_path) == []


def test_nothing_to_report(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing to report"):
        write_report([], tmp_path / "a.json")


def _fails(error: Exception) -> Any:
    def render(analyses: Sequence[Analysis], audit: Sequence[AuditItem] = ()) -> bytes:
        raise error

    return render


@pytest.mark.parametrize(
    "error", [RuntimeError("renderer"), OSError(errno.ENOSPC, "No space left on device"), KeyError("k")]
)
def test_a_renderer_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    target = tmp_path / "report.json"
    target.write_bytes(OLD)
    monkeypatch.setattr(json_renderer, "render_json", _fails(error))
    with pytest.raises(OutputError if isinstance(error, OSError) else type(error)):
        write_report([analysis()], target)
    assert target.read_bytes() == OLD
    assert _left(tmp_path) == ["report.json"]


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_a_disk_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    target = tmp_path / "report.json"
    target.write_bytes(OLD)

    def fail(*args: object, **keywords: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(module.os, step, fail)
    with pytest.raises(OutputError) as caught:
        write_report([analysis()], target)
    monkeypatch.undo()
    assert str(caught.value).startswith(f"{target}: cannot be written: ")
    assert "; " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert target.read_bytes() == OLD
    assert _left(tmp_path) == ["report.json"]


def test_an_interrupt_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.json"
    target.write_bytes(OLD)

    def interrupt(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_report([analysis()], target)
    assert target.read_bytes() == OLD
    assert _left(tmp_path) == ["report.json"]


def test_what_cannot_be_written_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "directory.json").mkdir()
    (tmp_path / "file").write_bytes(OLD)
    os.mkfifo(tmp_path / "pipe.json")
    cases = {
        "directory.json": "is a directory",
        "missing/report.json": "directory does not exist",
        "file/report.json": "parent is not a directory",
        "pipe.json": "is not a file",
        f"{'n' * 300}.json": "name too long",
        "nul\0.json": "NUL",
    }
    monkeypatch.setattr(json_renderer, "render_json", _fails(AssertionError("asked before the work is done")))
    for name, reason in cases.items():
        with pytest.raises(OutputError, match=reason):
            write_report([analysis()], tmp_path / name)
    assert _left(tmp_path) == ["directory.json", "file", "pipe.json"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_may_not_be_written_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="choose a directory that you may write to"):
            write_report([analysis()], tmp_path / "report.json")
    finally:
        tmp_path.chmod(0o700)


def test_a_new_file_has_the_mode_of_any_new_file(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    written = write_report([analysis()], tmp_path / "report.json")
    assert stat.S_IMODE(written.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_an_old_file_keeps_its_mode(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    target.write_bytes(OLD)
    target.chmod(0o640)
    write_report([analysis()], target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert target.read_bytes() != OLD


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "report.json"
    real.write_bytes(OLD)
    link = tmp_path / "link.json"
    link.symlink_to(real)
    write_report([analysis()], link)
    assert link.is_symlink()
    assert real.read_bytes() != OLD
    assert _left(real.parent) == ["report.json"]
