"""Formulas as text: what they are as an expression, a dimension and a number, and what is refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants

from gzero.audit.algebra import UNITS, dimension, expression, number, ratio_of, unit_dimension
from gzero.audit.algebra import constants as known
from gzero.audit.checks import Dimension, Identity, Measured, Rounds, shown
from gzero.audit.paper import claims
from gzero.errors import ConfigError, UnitError
from gzero.units import dimension_of


@pytest.mark.parametrize(
    ("formula", "unit"),
    # SI: the unit of each side by definition
    [("e^2/h", "S"), ("m^2/h", "kg^2/(J s)"), ("eps^2/h", "W"), ("pi^2*kB^2*T/(3*h)", "W/K"), ("h/m", "m^2/s"), ("eps0*c", "S"),
     ("sqrt(kB*T/m)", "m/s"), ("1/sqrt(eps0*mu0)", "m/s"), ("(h*c)^-3", "1/(J m)^3"), ("zeta(3)*L/l", "1"), ("2*n + 1", "1"), ("-h", "J s")],
)  # fmt: skip
def test_dimensions(formula: str, unit: str) -> None:
    assert dimension(formula) == unit_dimension(unit)


def test_unlike_things_are_not_added() -> None:
    assert dimension("L + T") is None
    assert dimension("2*(L + T)") is None
    assert dimension("Max(h, L)") is None
    assert dimension("L - l") == unit_dimension("m")


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("e^2/h", constants.e**2 / constants.h),
        ("pi^4/(30*zeta(3))", 2.70117803292),  # units_codata2022.csv
        ("pi^5/(15*zeta(3))", 16.9720021285),
        ("Max(1, 2) - Min(3, 4)", -1.0),
        ("-2^4*1.5e1", -240.0),
        ("1/sqrt(eps0*mu0)/c", 1.0),
    ],
)
def test_numbers(formula: str, value: float) -> None:
    assert number(formula) == pytest.approx(value, rel=1e-9)


def test_numbers_agree_with_sympy() -> None:
    """The float and the exact value of every printed formula that has no letters but constants of nature."""
    for text in ("pi^4/(15*zeta(3))", "2^4*pi*zeta(3)", "(2*pi)^3/(4*pi^2)"):
        assert number(text) == pytest.approx(float(expression(text)), rel=1e-14)


def test_ratios() -> None:
    assert ratio_of("h/m", "hbar/(2*m)", {"hbar": "h/(2*pi)"}) == 4 * expression("pi")
    assert ratio_of("h_s*Gamma/m", "v^2*tau", {"h_s": "m*v*L", "Gamma": "l/L", "l": "v*tau"}) == 1
    assert ratio_of("2*n", "n + n", {}) == 1


@pytest.mark.parametrize(
    "text", ["", "e^2/", "x", "h.real", "__import__('os')", "h[0]", "h if h else m", "exp(h)", "h == m", "'h'"]
)
def test_what_is_no_formula_is_refused(text: str) -> None:
    for work in (expression, dimension, number):
        with pytest.raises(ConfigError):
            work(text)  # type: ignore[operator]


def test_a_letter_without_a_value() -> None:
    with pytest.raises(ConfigError, match="'m' has no value"):
        number("h/m")


@given(st.text(max_size=30))
def test_no_text_does_anything_else(text: str) -> None:
    try:
        number(text)
    except (ConfigError, ZeroDivisionError, OverflowError, ValueError):
        return


def test_every_letter_has_a_unit() -> None:
    for unit in UNITS.values():
        assert len(unit_dimension(unit)) == 6
    with pytest.raises(UnitError):
        dimension_of("furlong")


def test_constants_are_codata() -> None:
    assert known()["h"] == constants.h
    assert known()["m0"] == constants.m_e
    assert known()["eps0"] * known()["mu0"] * constants.c**2 == pytest.approx(1, rel=1e-9)


def test_every_printed_form_is_read() -> None:
    """A form is a formula, a number, a list of rows or a comparison: all but the last two can be parsed."""
    for claim in claims():
        if claim.item in ("text geometry", "text each unit contains h"):
            continue
        for piece in claim.form.split(" ; "):
            assert expression(piece) is not None
            assert dimension(piece) is not None, claim.item


def test_kinds_of_check() -> None:
    assert Identity(condition="", derived="h/m", given={}).case("h/m").holds
    away = Identity(condition="", derived="h/m").case("2*h/m")
    assert (away.holds, away.ratio, away.found) == (False, 2.0, "2 times `h/m`")
    assert Identity(condition="", derived="h/m").case("h/m_r").found == "`m/m_r` times `h/m`"
    assert "another dimension" in Identity(condition="", derived="h/m").case("h").found
    assert not Dimension(condition="", unit="S").case("e^2/m").holds
    assert Rounds(condition="", derived=lambda: 1.2549).case("1.25").holds
    assert not Rounds(condition="", derived=lambda: 1.2551).case("1.25").holds
    assert Measured(condition="", measured=lambda: (1.0, 0.1)).case("1.19").holds
    assert not Measured(condition="", measured=lambda: (1.0, 0.1)).case("1.21").holds


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (math.pi, "3.142"), (1e33, "1e33"), (0.0099, "9.9e-3"), (-2.5, "-2.5")]
)
def test_numbers_in_sentences(value: float, text: str) -> None:
    assert shown(value) == text
