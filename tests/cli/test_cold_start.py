"""House rule 14: which packages a command waits for. No time is tested; `benchmarks/cold_start.py` tells times."""

import subprocess
import sys
from pathlib import Path

import pytest

#: What takes a tenth of a second and more to import, or belongs to files and reports that are not asked for.
HEAVY = {
    "boost_histogram", "calamine", "dask", "distributed", "emcee", "h5py", "lmfit", "matplotlib", "matplotlib.pyplot", "mpmath",
    "numpy", "openpyxl", "pandas", "periodictable", "pint", "pyarrow", "python_calamine", "rich.markdown", "ruptures", "scipy.integrate", "scipy.interpolate",
    "scipy.signal", "scipy.special", "scipy.stats", "sympy", "typst", "uncertainties",
}  # fmt: skip


def imported(*words: str, where: Path) -> set[str]:
    """The heavy modules that are there when a command has ended."""
    code = (
        f"import sys; sys.argv = ['gzero', *{words!r}]; from gzero.cli.entry import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code in (0, 1, 3), end.code\n"
        f"print('*', *sorted({HEAVY!r} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=where)
    return set(out.stdout.splitlines()[-1].split()[1:])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a synthetic staircase, in the file's own unit and with stated standard deviations."""
    folder = tmp_path_factory.mktemp("cold")
    imported("simulate", "staircase", "--points", "120", "-o", "lab.csv", where=folder)
    return folder


def test_help_waits_for_no_numbers(tmp_path: Path) -> None:
    assert imported("--help", where=tmp_path) <= {"rich.markdown"}  # typer's, for its own help
    assert imported("--version", where=tmp_path) == set()


def test_a_fit_of_a_text_waits_for_numpy_and_scipys_functions_alone(lab: Path) -> None:
    assert imported("fit", "lab.csv", "--json", where=lab) == {"numpy", "scipy.special"}
    assert imported("validate", "lab.csv", "--json", "--margin", "0.5", where=lab) == {"numpy", "scipy.special"}


def test_a_report_waits_for_its_own_format_alone(lab: Path) -> None:
    fitted = {"numpy", "scipy.special"}
    assert imported("report", "lab.csv", "-o", "r.json", where=lab) == fitted
    assert imported("report", "lab.csv", "-o", "r.pdf", where=lab) == {*fitted, "matplotlib", "typst"}
    assert imported("report", "lab.csv", "-o", "r.html", where=lab) == {*fitted, "matplotlib"}


def test_only_the_command_that_is_asked_for_is_made(lab: Path) -> None:
    """The list of commands is typer's own, and each command as typer makes it of all."""
    code = (
        "from typer.main import get_command; from gzero.cli.app import app; from gzero.cli.command_line import command_line\n"
        "from typer.testing import CliRunner\n"
        "whole, lean = get_command(app), command_line()\n"
        "assert list(whole.commands) == list(lean.commands) and len(whole.commands) > 10\n"
        "assert not any(len(one.params) for one in lean.commands.values())\n"
        "def said(group, *words):\n"
        "    import contextlib, io\n"
        "    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit): group(list(words), standalone_mode=False)\n"
        "    return out.getvalue()\n"
        "assert said(whole, '--help') == said(lean, '--help') != ''\n"
        "for name in whole.commands: assert said(whole, name, '--help') == said(lean, name, '--help') != ''\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=lab)
