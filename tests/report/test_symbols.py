"""Symbols and units: every one that `gzero` itself writes is typeset, everything else comes back as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gzero.quanta import TABLE_I, tables
from gzero.report.symbols import (
    latex_text,
    symbol_latex,
    symbol_parts,
    symbol_text,
    unit_latex,
    unit_parts,
    unit_text,
)
from gzero.units import SI_NAMES

ENTRIES = [e for row in tables() for e in (row.conductance, row.diffusion, row.ratio, row.product)]


@pytest.mark.parametrize("symbol", sorted({e.symbol for e in ENTRIES} | {t[2] for t in TABLE_I}))
def test_every_symbol_of_the_quanta_is_known(symbol: str) -> None:
    assert all(part.kind != "text" for part in symbol_parts(symbol))
    assert "^" not in symbol_text(symbol)
    assert r"\text" not in symbol_latex(symbol)


@pytest.mark.parametrize("unit", sorted({e.unit for e in ENTRIES} | set(SI_NAMES)))
def test_every_unit_is_known(unit: str) -> None:
    assert all(part.kind != "text" for part in unit_parts(unit))
    assert "^" not in unit_text(unit)


@pytest.mark.parametrize(
    ("symbol", "text", "latex"),
    [
        ("2e^2/h", "2e²/h", "2e^{2}/h"),
        ("2e²/h", "2e²/h", "2e^{2}/h"),
        ("kappa0*T", "κ₀T", r"\kappa_{\mathrm{0}}T"),
        ("hbar/2m", "ħ/2m", r"\hbar/2m"),
        ("P*kB*c/L", "P kB c/L", r"P\,k_{\mathrm{B}}\,c/L"),
        ("(pi^2/3) m kB^2 T/h^2", "(π²/3) m kB² T/h²", r"(\pi^{2}/3)\,m\,k_{\mathrm{B}}^{2}\,T/h^{2}"),
        ("e^2 m/h^2", "e² m/h²", r"e^{2}\,m/h^{2}"),
        ("h/m*", "h/m*", "h/m^{*}"),
    ],
)
def test_symbols(symbol: str, text: str, latex: str) -> None:
    assert symbol_text(symbol) == text
    assert symbol_latex(symbol) == latex


def test_units() -> None:
    assert unit_text("kg^2/(J s)") == "kg²/(J s)"
    assert unit_text("kohm") == "kΩ"
    assert unit_text("") == ""
    assert unit_text(None) == "(unit unknown)"
    assert unit_latex("m^2/s") == r"\mathrm{m}^{2}/\mathrm{s}"


@pytest.mark.parametrize("hostile", ['#import "x"', r"\input{/etc/passwd}", "a_b$^{", "Krinner et al. 2015", "", "^2"])
def test_what_is_no_symbol_stays_text(hostile: str) -> None:
    assert symbol_text(hostile) == hostile
    assert "\\input" not in symbol_latex(hostile)


def test_latex_text_is_escaped() -> None:
    assert latex_text("50% of a_b & {x}\n~$^#\\") == (
        r"50\% of a\_b \& \{x\} \textasciitilde{}\$\textasciicircum{}\#\textbackslash{}"
    )


@given(st.text())
def test_total(text: str) -> None:
    for function in (symbol_text, symbol_latex, unit_text, unit_latex):
        assert isinstance(function(text), str)
