"""`gzero quanta`: every convention is an option, and is said; the JSON keeps its fixed keys."""

import json
import math

import pytest
from scipy import constants

CONVENTIONS = {
    "--prefactor": ("prefactor", "eq17"), "--diffusion": ("diffusion", "hbar/2m"), "--vacuum": ("vacuum", "2eps0*c"),
    "--transmission": ("transmission", "l/L"), "--action": ("action", "kB*T*tau_T"), "--gas": ("gas", "degenerate-2d"),
}  # fmt: skip


def test_the_fixed_keys_stay(gzero) -> None:
    """design.md, section 4: schema, conditions, rows with four entries of symbol, value and unit."""
    record = json.loads(gzero("quanta", "--json").out)
    assert list(record)[:3] == ["schema", "conditions", "rows"]
    for row in record["rows"]:
        assert list(row) == ["row", "conductance", "diffusion", "ratio", "product"]
        assert all(list(row[part]) == ["symbol", "value", "unit"] for part in list(row)[1:])


def test_table_one_in_json(gzero) -> None:
    record = json.loads(
        gzero("quanta", "--temperature", "300 K", "--length", "100 nm", "--mean-free-path", "30 nm", "--json").out
    )
    first = record["table_one"]
    assert [list(row) for row in first] == [["physics", "regime", "symbol", "value", "unit", "needs"]] * 6
    assert first[0]["value"] == pytest.approx(math.sqrt(constants.k * 300 / constants.m_e) * 3e-8, rel=1e-9)
    assert first[2]["value"] == pytest.approx(constants.c * 1e-7, rel=1e-12)
    assert first[4]["value"] == pytest.approx(7.27389509335e-4, rel=5e-12)  # units_codata2022.csv
    assert first[5]["value"] is None
    assert record["motion"]["transmission"] == pytest.approx(
        math.sqrt(2 * math.pi) * 0.3 / (math.sqrt(2 * math.pi) * 0.3 + 1)
    )


@pytest.mark.parametrize("option", CONVENTIONS)
def test_conventions_are_chosen_and_said(gzero, option: str) -> None:
    key, chosen = CONVENTIONS[option]
    words = ["quanta", "--temperature", "4 K", "--length", "1 um", "--mean-free-path", "1 um", "--velocity", "1e5 m/s"]
    plain, other = (json.loads(gzero(*words, *more, "--json").out) for more in ([], [option, chosen]))
    assert plain["conditions"][key] != chosen
    assert other["conditions"][key] == chosen
    changed = [key for key in ("rows", "table_one", "motion") if plain[key] != other[key]]
    assert changed  # and it changes a number
    assert gzero(*words, option, "none").code == 2


def test_degeneracy(gzero) -> None:
    record = json.loads(gzero("quanta", "--degeneracy", "2", "--json").out)
    assert record["conditions"]["degeneracy"] == 2.0
    assert record["rows"][1]["conductance"]["symbol"] == "2e^2/h"
    assert record["rows"][1]["conductance"]["value"] == pytest.approx(
        7.74809172986e-5, rel=5e-12
    )  # units_codata2022.csv
    assert gzero("quanta", "--degeneracy", "0").code == 2


def test_the_text_says_every_convention(gzero) -> None:
    out = gzero("quanta", "--mass", "0.26 m_e", "--temperature", "300 K", "--action", "kB*T*tau_T", "--velocity", "1e6 m/s", "--gas", "degenerate-3d", "--length", "1 um").out  # fmt: skip
    for words in ("Degeneracy", "Diffusion unit", "Black-body prefactor", "Vacuum", "Transmission", "Landauer", "degenerate-3d", "kB T τ_T", "inverse Fano factor"):  # fmt: skip
        assert words in out
    assert "√(vₓ²) l" in out


def test_bad_quantities_are_one_line(gzero) -> None:
    for words in (["--mean-free-path", "3 V"], ["--velocity", "-1 m/s"], ["--particle", "muon"], ["--mass", "3 V"]):
        ran = gzero("quanta", *words)
        assert ran.code == 2
        assert ran.err.count("\n") == 1
