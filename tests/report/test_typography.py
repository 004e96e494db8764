"""One typography in all that is rendered: what the record spells in ASCII is typeset alike in every format.

The Hall bar is synthetic. Patterns are of the ASCII spellings that `gzero.units` and `gzero.quanta` know: `ohm`, `uA`, Greek names,
`^2`, `+-`, `1e-5`. A text in quotes is as its file wrote it, and stays.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from rich.console import Console

from gzero.analysis import Analysis
from gzero.pipeline.config import configure, with_files
from gzero.pipeline.load import inspect_path
from gzero.pipeline.public import analyse
from gzero.pipeline.simulation import Simulation, simulate_file
from gzero.report.brief import fit_document, inspection_document, verdict_document
from gzero.report.build import build_document
from gzero.report.html import render_html
from gzero.report.markdown import render_markdown
from gzero.report.terminal import render_terminal
from gzero.report.wording import typeset
from gzero.report.xlsx import render_xlsx

ASCII = re.compile(
    r"\b[kM]?ohm\b|(?<![A-Za-z0-9_])u[AVSms]\b|(?<![\w-])(?:nu|mu|tau|sigma|omega|lambda|alpha|pi|rho|chi2)\b|\+-|\+/-"
    r"|[A-Za-z0-9)]\^[-\d]|\b\d+e[-+]\d|sqrt\(|delta BIC|(?<= )-(?= \w)"
)
QUOTED = re.compile(r"(?<!\w)'[^']*'(?!\w)")


def _faults(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if ASCII.search(QUOTED.sub("''", line))]


@pytest.fixture(scope="module")
def bar(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    path = tmp_path_factory.mktemp("hall") / "bar.csv"
    simulate_file(Simulation(experiment="hall", seed=1, parameters=("currents=5e-6:2e-5", "heating=2")), path)
    return analyse(path)


def _printed(*documents: object) -> list[str]:
    out = io.StringIO()
    for document in documents:
        render_terminal(document, Console(file=out, width=400, no_color=True))  # type: ignore[arg-type]
    return out.getvalue().splitlines()


def test_a_hall_bar_is_told_in_one_typography(bar: Analysis) -> None:
    document = build_document([bar])
    page = re.sub(r"<(script|style).*?</\1>", "", render_html(document).decode(), flags=re.DOTALL)
    texts = {
        "markdown": render_markdown(document).decode().replace("\\", "").splitlines(),
        "html": html.unescape(re.sub(r"<[^>]+>", "\n", page)).splitlines(),
        "terminal": _printed(verdict_document([bar]), fit_document([bar])),
        "workbook": [
            cell
            for sheet in load_workbook(io.BytesIO(render_xlsx(document, [bar]))).worksheets
            for row in sheet.iter_rows(values_only=True)
            for cell in row
            if isinstance(cell, str)
        ],
    }
    for name, lines in texts.items():
        assert _faults(lines) == [], name
        assert any("Ω" in line for line in lines), name
        assert any("µS" in line for line in lines) or name == "workbook"


def test_a_look_into_the_file_is_typeset_but_for_what_the_file_says(bar: Analysis) -> None:
    path = Path(bar.origin.path)
    lines = _printed(inspection_document(inspect_path(path, with_files(configure(), path, None))))
    because = [line for line in lines if "by its name 'R_xy' and its unit 'ohm'" in line]
    assert because
    assert all("'ohm' [Ω]" in line for line in because)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("noise of 1.41 ohm, 5(1) uA and 2 kohm", "noise of 1.41 Ω, 5(1) µA and 2 kΩ"),
        ("I [uA], T [degC], d [angstrom]", "I [µA], T [°C], d [Å]"),
        ("nu = n h/(e B), R_xy nu", "ν = n h/(e B), R_xy ν"),
        ("F = <dN^2>/<N>", "F = ⟨δN²⟩/⟨N⟩"),
        ("exp(-(x - x0)^2/2s - t/tau)", "exp(−(x − x₀)²/2s − t/τ)"),
        ("the column 'nu [ohm]' of \"2e^2/h - 1\"", "the column 'nu [ohm]' of \"2e^2/h - 1\""),
        ("the paper's nu and the reader's mu", "the paper's ν and the reader's μ"),
        ("menu, gnu-plot, um, us and ohmic stay", "menu, gnu-plot, um, us and ohmic stay"),
        ("--level-margin, sub-step, 0.5-0.9 and 2e^2/h", "--level-margin, sub-step, 0.5-0.9 and 2e²/h"),
        ("doi 10.1103/PhysRevB.39.1120", "doi 10.1103/PhysRevB.39.1120"),
    ],
)
def test_a_line_is_typeset(line: str, shown: str) -> None:
    assert typeset(line) == shown
    assert typeset(shown) == shown
