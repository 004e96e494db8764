"""House rule 14: which packages a command waits for. No time is tested; `benchmarks/cold_start.py` tells times."""

import os
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

#: What a package that is used imports, or might, and no report needs: of numpy, scipy and matplotlib, of the standard library, of gzero.
NEEDLESS = {
    "PIL.ExifTags", "fontTools.agl", "matplotlib.animation", "mpl_toolkits.mplot3d", "numpy.ctypeslib", "numpy.f2py", "numpy.polynomial",
    "numpy.testing", "scipy.cluster", "scipy.ndimage", "scipy.spatial", "scipy.spatial.transform",
    "asyncio", "http.client", "multiprocessing", "plistlib", "pydoc", "sqlite3", "ssl", "tkinter", "xml.etree.ElementTree",
    "gzero.audit.paper", "gzero.fitters.interval", "gzero.fitters.profile", "gzero.measurement.blindness",
    "gzero.measurement.inspection", "gzero.pipeline.multiverse", "gzero.reduction.hysteresis", "gzero.synthetic.truth",
    "gzero.universes",
}  # fmt: skip


def imported(*words: str, where: Path) -> set[str]:
    """The modules of both lists that have been executed when a command has ended."""
    code = (
        f"import sys; sys.argv = ['gzero', *{words!r}]; from gzero.cli.entry import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code in (0, 1, 3), end.code\n"
        # one that waits to be used is there, with a class of its own; to ask it for anything would import it
        f"there = {{m for m in {HEAVY | NEEDLESS!r} & set(sys.modules) if type(sys.modules[m]).__name__ != '_LazyModule'}}\n"
        "print('*', *sorted(there))"
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


def test_no_garbage_is_looked_for_during_a_report(lab: Path) -> None:
    """One collection goes through all modules that have been imported, 0.06 s for nothing."""
    code = (
        "import gc, sys; sys.argv = ['gzero', 'report', 'lab.csv', '-o', 'r.pdf']; from gzero.cli.entry import main\n"
        "seen = lambda: sum(generation['collections'] for generation in gc.get_stats())\n"
        "before = seen()\n"
        "try: main()\n"
        "except SystemExit: print('*', seen() - before)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=lab)
    assert out.stdout.splitlines()[-1] == "* 0"


def run(code: str, where: Path) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=where)


def test_what_was_postponed_is_whole_for_whoever_uses_it(tmp_path: Path) -> None:
    """A loader that is plugged in may use any of it, in the process of the command line."""
    run(
        "import sys\n"
        "from gzero.cli.lean_imports import POSTPONED, import_lean\n"
        "import_lean(); import_lean()\n"
        "import scipy.optimize, scipy.special, matplotlib.backends.backend_svg, matplotlib.figure\n"
        "waiting = {m for m in POSTPONED if type(sys.modules[m]).__name__ == '_LazyModule'}\n"
        "assert waiting == POSTPONED, POSTPONED - waiting\n"
        "import fontTools.agl, numpy, numpy.testing, plistlib, pydoc, scipy.spatial, PIL.ExifTags\n"
        "assert plistlib.loads(plistlib.dumps([1])) == [1] and pydoc.locate('numpy.pi') == numpy.pi\n"
        "assert PIL.ExifTags.TAGS[0x0132] == 'DateTime'\n"
        "from numpy.polynomial import Polynomial\n"
        "assert Polynomial([1, 2])(3) == 7\n"
        "numpy.testing.assert_allclose(scipy.spatial.distance.pdist([[0, 0], [3, 4]]), 5)\n"
        "assert fontTools.agl.toUnicode('Lcommaaccent') == '\u013b'\n"
        "assert numpy.f2py.get_include() and numpy.ctypeslib.as_array\n"
        "assert scipy.optimize.shgo(lambda x: (x[0] - 1) ** 2, [(0, 3)]).success\n",
        tmp_path,
    )


def test_axes_in_three_dimensions_are_matplotlibs_own(tmp_path: Path) -> None:
    run(
        "import sys\n"
        "from gzero.cli.lean_imports import import_lean\n"
        "import_lean()\n"
        "import matplotlib.backends.backend_svg\n"
        "from matplotlib.figure import Figure\n"
        "assert 'mpl_toolkits.mplot3d' not in sys.modules\n"
        "figure = Figure()\n"
        "first, second = figure.add_subplot(121, projection='3d', azim=30), figure.add_subplot(122, projection='3d')\n"
        "from mpl_toolkits.mplot3d import Axes3D\n"
        "from matplotlib.projections import get_projection_class\n"
        "assert type(first) is type(second) is Axes3D is get_projection_class('3d') and first.azim == 30\n"
        "first.plot([0, 1], [0, 1], [0, 1])\n"
        "import io; figure.savefig(io.BytesIO(), format='svg')\n",
        tmp_path,
    )


def test_only_help_texts_are_left_out_and_of_the_command_line_only(tmp_path: Path) -> None:
    """The methods of matplotlib and their signatures are the same; who imports gzero has matplotlib as it is."""
    code = (
        "import matplotlib.backends.backend_svg, matplotlib.figure, matplotlib.artist, inspect, sys\n"
        "from matplotlib.axes import Axes\n"
        "assert 'linewidth' in matplotlib.artist.kwdoc(matplotlib.lines.Line2D)\n"
        "print('adjustable: {' in Axes.set.__doc__, inspect.signature(Axes.set), sorted(dir(Axes)), type(sys.meta_path[0]).__name__)\n"
    )

    def said(before: str) -> tuple[str, str, str]:
        out = subprocess.run([sys.executable, "-c", before + code], capture_output=True, text=True, check=True)
        told, rest = out.stdout.strip().split(" ", 1)
        return told, *rest.rsplit(" ", 1)  # type: ignore[return-value]

    bare = said("")
    assert bare[0] == "True"
    assert said("import gzero; gzero.write_report; gzero.analyse\n") == bare
    assert said("from gzero.cli.lean_imports import import_lean; import_lean()\n") == ("False", bare[1], "_Lean")


@pytest.mark.parametrize(("stated", "expected"), [(None, "1"), ("3", "3")])
def test_the_command_has_one_thread_of_linear_algebra_unless_told_otherwise(stated: str | None, expected: str) -> None:
    """As a batch's processes have: sums that threads share end in other bits, and a record is promised to the last one."""
    code = (
        "import os, sys\nsys.argv = ['gzero', '--version']\nfrom gzero.cli.entry import main\n"
        "assert 'numpy' not in sys.modules\ntry:\n    main()\nexcept SystemExit:\n    print(os.environ['OPENBLAS_NUM_THREADS'])\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    environment |= {} if stated is None else {"OPENBLAS_NUM_THREADS": stated}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == expected
