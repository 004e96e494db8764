"""The LaTeX fragment: nothing of a text reaches TeX unescaped, numbers by siunitx; compiled where LaTeX is."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from renderer_samples import HOSTILE, LONG, UNPRINTABLE, document

from gzero.report.tex import PACKAGES, escape_tex, render_tex

#: Every command that the renderer writes; another one must have come from a text.
COMMANDS = {
    "providecommand", "gzerochar", "ifdefined", "XeTeXversion", "directlua", "else", "fi", "section",
    "subsection", "par", "noindent", "fbox", "parbox", "linewidth", "bfseries", "leavevmode", "newline",
    "footnotesize", "item", "begin", "end", "textbf", "emph", "caption", "toprule", "midrule", "bottomrule",
    "endhead", "raggedright", "arraybackslash", "num", "ensuremath", "allowbreak", "textbackslash",
    "textasciicircum", "textasciitilde", "textless", "textgreater", "textbar", "textasciigrave", "textemdash",
    "quad", "begingroup", "endgroup", "setlength", "tabcolsep", "mu", "Omega", "kappa", "mathrm",
}  # fmt: skip


def _back(escaped: str) -> str:
    """The text that LaTeX would set, by the definitions of the commands."""
    named = {
        "textbackslash": "\\", "textasciicircum": "^", "textasciitilde": "~", "textless": "<", "textgreater": ">",
        "textbar": "|", "textasciigrave": "`", "allowbreak": "", "quad": "\t",
    }  # fmt: skip
    text = re.sub(r"\\gzerochar\{[0-9A-F]+\}\{(.)\}", r"\1", escaped, flags=re.DOTALL)
    text = text.replace(r"\ensuremath{\mu}", "µ").replace(r"\ensuremath{\Omega}", "Ω").replace(r"\ ", " ")
    text = re.sub(r"\\([a-z]+)\{\}", lambda m: f"\0{named[m[1]]}\0", text)
    text = re.sub(r"([-',])\{\}", r"\1", text).replace("{[}", "[").replace("{]}", "]")
    return re.sub(r"\\([{}$&#%_])", r"\1", text).replace("\0", "")


@pytest.mark.parametrize("text", [*HOSTILE, LONG])
def test_text_reads_back_as_typed(text: str) -> None:
    assert _back(escape_tex(text, newline="\n")) == text


@pytest.mark.parametrize("text", [*HOSTILE, *UNPRINTABLE, LONG])
def test_text_brings_no_command(text: str) -> None:
    plain, hostile = (render_tex(document(t, banner=t)).decode() for t in ("plain", text))
    body = "\n".join(line for line in hostile.split("\n") if not line.startswith("%"))
    assert set(re.findall(r"\\([A-Za-z]+)", body.replace(r"\\", " "))) <= COMMANDS
    for mark in (r"(?<!\\)\$", r"(?<!\\)&", r"\\begin\b", r"\\end\b", r"(?<!\\)%", r"\\item", r"(?<!\\)#"):
        assert len(re.findall(mark, body)) == len(re.findall(mark, plain.split("\n", 3)[3])), mark
    balance = 0
    for brace in re.findall(r"(?<!\\)[{}]", body.replace(r"\\", "  ")):
        balance += 1 if brace == "{" else -1
        assert balance >= 0
    assert balance == 0


def test_numbers_by_siunitx_and_symbols_as_mathematics() -> None:
    content = render_tex(document()).decode()
    assert r"\num{77.70(8)} & plain & $2e^{2}/h$ \\" in content
    assert r"\num{-1.0027(14)e-5}" in content
    assert r"\num{77.70(8)}\,\ensuremath{\mu}S" in content
    assert r"$\kappa_{\mathrm{0}}T$" in content or r"$\kappa_{0}T$" in content
    assert r"level {[}\ensuremath{\mu}S{]}" in content


def test_the_first_lines_name_the_packages() -> None:
    assert rf"\usepackage{{{PACKAGES}}}" in render_tex(document()).decode().split("\n")[1]


def test_a_title_of_many_lines_stays_in_its_comment() -> None:
    assert render_tex(document("a\n\\input{b}")).decode().split("\n")[1].startswith("% Needs")


def test_figures_are_told_by_their_caption() -> None:
    assert r"\emph{Figure (not in this file):} a caption" in render_tex(document("a caption")).decode()


def test_the_bytes_are_the_same_each_time() -> None:
    assert render_tex(document(*HOSTILE)) == render_tex(document(*HOSTILE))


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX on this computer")
def test_it_compiles(tmp_path: Path) -> None:
    (tmp_path / "report.tex").write_bytes(render_tex(document("plain", *HOSTILE, *UNPRINTABLE, LONG, banner="banner")))
    paper = rf"\documentclass{{article}}\usepackage{{{PACKAGES}}}\begin{{document}}\input{{report}}\end{{document}}"
    (tmp_path / "paper.tex").write_text(paper, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "-draftmode", "paper"],
        cwd=tmp_path, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace")[-2000:]
