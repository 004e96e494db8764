"""Every code block of the documents and every example is run.

In this process, as a new one spends two seconds on imports; the first of each kind in a process of its own, as a user
starts it, which no module that another test has imported can help."""

import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gzero.cli.entry import main

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "experiments").glob("*.md")),
]
BLOCKS = [
    pytest.param(block, id=f"{document.name}-{i}")
    for document in DOCUMENTS
    for i, block in enumerate(re.findall(r"```python\n(.*?)```", document.read_text(encoding="utf-8"), re.S))
]
COMMANDS = [
    pytest.param(line.strip(), id=re.sub(r"\W+", "-", line.strip())[:60])
    for document in DOCUMENTS
    for line in re.findall(r"^    (gzero .*)$", document.read_text(encoding="utf-8"), re.M)
]
EXAMPLES = [pytest.param(script, id=script.name) for script in sorted((ROOT / "examples").glob("*.py"))]


def code_of(line: str) -> int:
    """Exit code of a command line."""
    before, sys.argv = sys.argv, shlex.split(line)
    try:
        with pytest.raises(SystemExit) as stopped:
            main()
    finally:
        sys.argv = before
    return stopped.value.code if isinstance(stopped.value.code, int) else 0


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab file."""
    folder = tmp_path_factory.mktemp("lab")
    here = Path.cwd()
    os.chdir(folder)
    try:
        assert code_of("gzero simulate staircase -o lab.csv") == 0
    finally:
        os.chdir(here)
    return folder


SESSIONS = re.findall(r"```sh\n(gzero .*?)```", (ROOT / "docs" / "guide.md").read_text(encoding="utf-8"), re.S)


@pytest.fixture
def desk(lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: with the shipped data and a lab file, which nobody has touched."""
    (tmp_path / "datasets").symlink_to(ROOT / "datasets")
    for path in lab.iterdir():
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def alone(arguments: list[str], where: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=where, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("block", BLOCKS[1:])
def test_code_blocks(block: str, desk: Path) -> None:
    exec(compile(block, "<block>", "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("block", BLOCKS[:1])
def test_the_first_code_block_alone(block: str, desk: Path) -> None:
    out = alone(["-W", "error", "-c", block], desk)
    assert out.returncode == 0, out.stderr


@pytest.fixture
def few_universes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a line asks for a multiverse that an earlier one has had whole: 24 analyses of 200, in this process."""
    from gzero.pipeline import multiverse as room

    whole = room.multiverse_of

    def fewer(*arguments: object, **options: object) -> object:
        return whole(*arguments, **{**options, "choices": 24, "processes": 1})  # type: ignore[arg-type]

    monkeypatch.setattr(room, "multiverse_of", fewer)


MULTIVERSES = [line for param in COMMANDS if "--multiverse" in (line := str(param.values[0]))]


@pytest.mark.parametrize("line", COMMANDS[1:])
def test_command_lines(
    line: str, desk: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    if line in MULTIVERSES[1:]:
        request.getfixturevalue("few_universes")
    # `validate` answers by its exit code; 2 is an error
    code, err = code_of(line), capsys.readouterr().err
    assert code in (0, 1, 3), err
    assert err == ""


@pytest.mark.parametrize("line", COMMANDS[:1])
def test_the_first_command_line_alone(line: str, desk: Path) -> None:
    code = f"import sys; sys.argv = {shlex.split(line)!r}; from gzero.cli.entry import main; main()"
    out = alone(["-c", code], desk)
    assert out.returncode in (0, 1, 3), out.stderr
    assert out.stderr == ""


@pytest.mark.parametrize("block", SESSIONS)
def test_sessions(block: str, desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines of one block belong together: each finds what the ones before it left."""
    for line in block.strip().splitlines():
        code = code_of(line)
        assert code in (0, 1, 3), f"{line}: {capsys.readouterr().err}"


@pytest.mark.parametrize("script", EXAMPLES[1:])
def test_examples(
    script: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(script), run_name="__main__")
    assert capsys.readouterr().out


@pytest.mark.parametrize("script", EXAMPLES[:1])
def test_the_first_example_alone(script: Path, tmp_path: Path) -> None:
    out = alone(["-W", "error", str(script)], tmp_path)
    assert out.returncode == 0, out.stderr
    assert out.stdout


def test_quick_start_is_one_block_of_two_lines() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition("## Quick start")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.S)
    assert len(blocks) == 1
    assert len(blocks[0].strip().splitlines()) == 2


def test_ci_runs_the_test_line_of_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    line = re.findall(r"```sh\n(.*?)```", text, re.S)[0].strip().splitlines()[1]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    extract = script.partition("line=$(")[2].partition(")\n")[0]
    out = subprocess.run(["bash", "-c", extract], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == line


def test_the_glossary_names_what_is_public() -> None:
    import gzero
    from gzero.measurement.measurement import DECLARABLE

    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    for name in [*gzero.__all__, *DECLARABLE]:
        assert f"`{name}`" in text, name
