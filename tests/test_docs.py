"""Every code block of the documents and every example is run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "docs" / "guide.md"]
BLOCKS = [
    pytest.param(document, block, id=f"{document.name}-{i}")
    for document in DOCUMENTS
    for i, block in enumerate(re.findall(r"```python\n(.*?)```", document.read_text(encoding="utf-8"), re.S))
]
COMMANDS = [
    pytest.param(line.strip(), id=re.sub(r"\W+", "-", line.strip())[:60])
    for document in DOCUMENTS
    for line in re.findall(r"^    (gzero .*)$", document.read_text(encoding="utf-8"), re.M)
]

SESSIONS = re.findall(r"```sh\n(gzero .*?)```", (ROOT / "docs" / "guide.md").read_text(encoding="utf-8"), re.S)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A directory with the shipped data and a lab file."""
    (tmp_path / "datasets").symlink_to(ROOT / "datasets")
    code = "import sys; sys.argv = ['gzero', 'simulate', 'staircase', '-o', 'lab.csv']; from gzero.cli.entry import main; main()"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


def run(arguments: list[str], where: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, cwd=where, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("document", "block"), BLOCKS)
def test_code_blocks(document: Path, block: str, desk: Path) -> None:
    out = run([sys.executable, "-W", "error", "-c", block], desk)
    assert out.returncode == 0, out.stderr


@pytest.mark.parametrize("line", COMMANDS)
def test_command_lines(line: str, desk: Path) -> None:
    import shlex

    code = f"import sys; sys.argv = {shlex.split(line)!r}; from gzero.cli.entry import main; main()"
    out = run([sys.executable, "-c", code], desk)
    # `validate` answers by its exit code; 2 is an error
    assert out.returncode in (0, 1, 3), out.stderr
    assert out.stderr == ""


@pytest.mark.parametrize("block", SESSIONS)
def test_sessions(block: str, desk: Path) -> None:
    """Lines of one block belong together: each finds what the ones before it left."""
    for line in block.strip().splitlines():
        test_command_lines(line, desk)


@pytest.mark.parametrize("script", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.name)
def test_examples(script: Path, tmp_path: Path) -> None:
    out = run([sys.executable, "-W", "error", str(script)], tmp_path)
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
