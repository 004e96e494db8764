"""The quanta against facts/units_codata2022.csv, the SI definitions, CODATA, pint and Stefan and Boltzmann's law."""

import csv
import math
import re
from pathlib import Path

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants
from scipy.special import zeta

from gzero.errors import ConfigError
from gzero.quanta import (
    CANDIDATES,
    E2_OVER_H,
    G0,
    HBAR,
    KAPPA0,
    KB,
    LORENZ,
    NO_CONDITIONS,
    PREFACTORS,
    ZETA3,
    C,
    Conditions,
    E,
    H,
    QuantaRow,
    candidates,
    parse_quantum,
    particle,
    tables,
    unit_or_quantum,
)
from gzero.units import parse_unit

#: The table of facts prints twelve digits: half a unit in the last of them.
PRINTED = 5e-12
#: The 3He row of the facts was computed with the AME2020 mass, 3.01602932197 u; periodictable carries a newer
#: value that differs by 6e-10. Both agree far beyond any use.
HELIUM3 = 1e-9
ELECTRON = particle("electron")
WHOLE = Conditions(mass=ELECTRON.mass, temperature=4.2, length=1e-6, sound_speed=5e3, photon_energy=1.602176634e-19)


def rows(conditions: Conditions = WHOLE, **options: str) -> dict[str, QuantaRow]:
    return {row.row: row for row in tables(conditions, **options)}  # type: ignore[arg-type]


# -- constants --------------------------------------------------------------------------------------------------------


def test_constants_are_the_definitions_of_the_si() -> None:
    """SI brochure, 9th edition, section 2.2: exact; scipy as the second source."""
    assert (H, E, KB, C) == (6.62607015e-34, 1.602176634e-19, 1.380649e-23, 299792458.0)
    assert (constants.h, constants.e, constants.k, constants.c) == (H, E, KB, C)
    assert pytest.approx(constants.hbar, rel=1e-15) == HBAR


def test_the_two_conductance_quanta_differ_by_two() -> None:
    assert G0 / E2_OVER_H == 2.0
    assert (
        pytest.approx(constants.physical_constants["conductance quantum"][0], rel=1e-9) == G0
    )  # printed to ten digits
    assert pytest.approx(1 / constants.physical_constants["von Klitzing constant"][0], rel=1e-9) == E2_OVER_H


def test_zeta_and_lorenz() -> None:
    assert pytest.approx(float(zeta(3)), rel=1e-15) == ZETA3
    # Wiedemann and Franz: K/(G T) = L0 whatever the number of modes
    assert pytest.approx(LORENZ, rel=1e-15) == KAPPA0 / E2_OVER_H


def _facts(folder: Path) -> list[tuple[str, float]]:
    with (folder / "units_codata2022.csv").open(encoding="utf-8") as file:
        return [(row["name"], float(row["value"])) for row in csv.DictReader(file)]


def _ours(name: str) -> float:
    """The number that this package gives for a row of the facts."""
    plain = {
        "1/h": parse_quantum("1/h").value, "e^2/h": parse_quantum("e^2/h").value, "2e^2/h": parse_quantum("G0").value, "kappa0": KAPPA0, "L0": LORENZ,
        "eps0 c": parse_quantum("eps0*c").value, "2 eps0 c": parse_quantum("2eps0*c").value, "1/mu0": rows(Conditions(length=1.0))["em"].product.value,
        "eps^2/h at 1 eV": parse_quantum("eps^2/h", Conditions(photon_energy=E)).value, "c lambda at 1 eV": parse_quantum("c*lambda", Conditions(photon_energy=E)).value,
        "P_SB": PREFACTORS["stefan-boltzmann"], "P_17": PREFACTORS["eq17"], "P_26": PREFACTORS["eq26"], "P_28": PREFACTORS["eq28"], "kB c": KB * C,
    }  # fmt: skip
    if name in plain:
        return float(plain[name] or math.nan)
    quantity, _, who = name.rpartition(" ")
    conditions = Conditions(mass=particle(who).mass)
    row = rows(conditions)
    values = {
        "m": row["m"].product.value, "m^2/h": row["m"].conductance.value, "h/m": row["m"].diffusion.value, "hbar/m": parse_quantum("hbar/m", conditions).value,
        "hbar/2m": parse_quantum("hbar/2m", conditions).value, "m/h^2": row["N"].ratio.value, "m^3/h^2": row["m"].ratio.value, "1/m": row["N"].product.value,
    }  # fmt: skip
    return float(values[quantity] or math.nan)


def test_every_row_of_the_facts_to_its_printed_digits(facts: Path) -> None:
    table = _facts(facts)
    assert len(table) == 47
    for name, value in table:
        assert _ours(name) == pytest.approx(
            value, rel=HELIUM3 * (3 if "^3" in name else 2) if "3He" in name else PRINTED, abs=0
        ), name


@pytest.mark.parametrize(
    ("name", "dalton"),
    # Wang et al. 2021, Chinese Physics C 45, 030003 (AME2020), table I, masses of neutral atoms in u
    [("3He", 3.01602932197), ("4He", 4.00260325413), ("6Li", 6.01512288742), ("7Li", 7.01600343426), ("23Na", 22.98976928195), ("40K", 39.963998165), ("87Rb", 86.909180529)],
)  # fmt: skip
def test_masses_of_atoms(name: str, dalton: float) -> None:
    found = particle(name)
    assert found.mass == pytest.approx(dalton * constants.physical_constants["atomic mass constant"][0], rel=1e-9)
    assert "AME2020" in found.reference


@pytest.mark.parametrize("name", ["electron", "neutron", "proton"])
def test_masses_of_particles_are_codata(name: str) -> None:
    assert particle(name).mass == constants.physical_constants[f"{name} mass"][0]


def test_a_mass_that_is_declared() -> None:
    assert particle(mass="6.015 u").mass == pytest.approx(
        6.015 * constants.physical_constants["atomic mass constant"][0], rel=1e-12
    )
    assert particle(mass="0.26 m_e").mass == pytest.approx(0.26 * constants.m_e, rel=1e-12)
    assert particle("6Li", mass="1 kg").name == "6Li"
    assert particle("6Li", mass="1 kg").mass == 1.0  # the stated mass wins
    assert particle().mass is None


@pytest.mark.parametrize("mass", ["6.015", "6 V", "-1 u", "0 kg", "u", "6 %", "1e999 kg"])
def test_what_is_no_mass(mass: str) -> None:
    with pytest.raises(ConfigError):
        particle(mass=mass)


def test_an_unknown_particle_is_refused_with_the_list() -> None:
    with pytest.raises(ConfigError, match="choose electron, neutron, proton, 3He, 4He, 6Li") as raised:
        particle("muon")
    assert "6Li" in raised.value.allowed


# -- names ------------------------------------------------------------------------------------------------------------

SPELLINGS = {
    "2e^2/h": ["G0", "G_0", "G₀", "2e2/h", "2e²/h", "2 e^2/h", "2*e^2/h", "2e**2/h", "2·e²/h", "(2e^2/h)", "2(e^2/h)", " 2e^2 / h ", "1G0"],
    "e^2/h": ["e2/h", "e²/h", "e**2/h", "1e^2/h", "0.5G0"],
    "4e^2/h": ["2G0", "4e²/h", "4 e2/h"],
    "1/h": ["1 / h", "1/h "],
    "2/h": ["2 / h"],
    "m^2/h": ["m2/h", "m²/h"],
    "eps^2/h": ["ε²/h", "ε^2/h", "eps2/h", "h f^2", "h*f²"],
    "kappa0*T": ["kappa0 T", "κ0 T", "κ₀T", "k0T", "pi^2 kB^2 T/3h", "π²k_B²T/3h"],
    "P*kB*c/L": ["P kB c/L", "P k_B c / L"],
    "P*kB*s/L": ["P kB s/L"],
    "eps0*c": ["eps0 c", "ε0 c", "ε₀c"],
    "hbar/m": ["ħ/m", "ħ / m"],
    "hbar/2m": ["ħ/2m", "ħ/(2m)", "hbar/(2m)"],
    "c*lambda": ["c lambda", "cλ", "h/m_r"],
    "c*L": ["c L", "cL"],
    "s*L": ["s L"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("symbol", "spelling"), [(s, spelling) for s, many in SPELLINGS.items() for spelling in [s, *many]]
)
def test_spellings_are_equal(symbol: str, spelling: str) -> None:
    assert parse_quantum(spelling, WHOLE) == parse_quantum(symbol, WHOLE)
    assert parse_quantum(spelling, WHOLE).symbol == symbol


@pytest.mark.parametrize(
    "text",
    [
        "",
        "h",
        "e",
        "2",
        "e^2",
        "/h",
        "e^3/h",
        "G1",
        "V",
        "nan",
        "-e^2/h",
        "0e^2/h",
        "1/0e^2/h",
        "x" * 10_000,
        "9" * 400 + "e^2/h",
        "e^2/h; rm",
        "((e^2/h))",
    ],
)
def test_unknown_quanta_are_refused_with_the_list(text: str) -> None:
    with pytest.raises(ConfigError, match=r"names no quantum; choose one of 1/h, e\^2/h, m\^2/h") as raised:
        parse_quantum(text)
    assert "h/m" in raised.value.allowed
    assert len(str(raised.value)) < 400


@given(st.text(max_size=80) | st.text(alphabet="0123456789.*/^e2hmGkBT()πεħ²", max_size=20))
def test_no_text_crashes(text: str) -> None:
    try:
        quantum = parse_quantum(text, WHOLE)
    except ConfigError:
        assert unit_or_quantum(text).si == parse_unit(text).si
        return
    assert quantum.value is not None
    assert 0 < quantum.value < math.inf


@pytest.mark.parametrize(
    ("text", "factor"),
    [("2e^2/h", 2), ("4e^2/h", 4), ("0.5e^2/h", 0.5), ("1/3e^2/h", 1 / 3), ("2.5*e^2/h", 2.5), ("10e^2/h", 10)],
)
def test_a_leading_number_is_the_degeneracy(text: str, factor: float) -> None:
    quantum = parse_quantum(text)
    assert quantum.degeneracy == factor
    assert quantum.value == pytest.approx(factor * E**2 / H, rel=1e-15)


@given(st.floats(1e-3, 1e6))
def test_the_symbol_names_the_quantum_again(factor: float) -> None:
    """Sidecars store the symbol: what it loses, the next run loses. Twelve digits are kept."""
    quantum = parse_quantum(f"{factor:.9f}e^2/h")
    assert parse_quantum(quantum.symbol).value == pytest.approx(quantum.value, rel=1e-11)


# -- conditions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "needs"),
    [
        ("1/h", ()), ("e^2/h", ()), ("eps0*c", ()), ("m^2/h", ("mass",)), ("h/m", ("mass",)), ("hbar/m", ("mass",)), ("hbar/2m", ("mass",)), ("eps^2/h", ("photon_energy",)),
        ("c*lambda", ("photon_energy",)), ("kappa0*T", ("temperature",)), ("P*kB*c/L", ("length",)), ("c*L", ("length",)), ("P*kB*s/L", ("length", "sound_speed")), ("s*L", ("length", "sound_speed")),
    ],
)  # fmt: skip
def test_missing_conditions_give_no_value(symbol: str, needs: tuple[str, ...]) -> None:
    assert parse_quantum(symbol).needs == needs
    assert (parse_quantum(symbol).value is None) == bool(needs)
    for missing in needs:
        given_rest = {name: getattr(WHOLE, name) for name in needs if name != missing}
        assert parse_quantum(symbol, Conditions(**given_rest)).value is None
    assert (
        parse_quantum(symbol, Conditions(**{name: getattr(WHOLE, name) for name in needs})).value
        == parse_quantum(symbol, WHOLE).value
    )


def test_tables_without_conditions_keep_their_symbols() -> None:
    bare = rows(NO_CONDITIONS)
    assert list(bare) == ["N", "e", "m", "eps", "th", "pht", "phn", "em"]  # Table II
    for row in bare.values():
        assert all(entry.symbol and entry.unit for entry in (row.conductance, row.diffusion, row.ratio, row.product))
    known = {name for name, row in bare.items() if row.conductance.value is not None}
    assert known == {"N", "e", "em"}
    # the length cancels from P kB c^2; Table IV needs it for no photon
    assert bare["pht"].product.value == pytest.approx(PREFACTORS["stefan-boltzmann"] * KB * C**2, rel=1e-15)
    assert bare["phn"].product.value is None
    assert rows(Conditions(sound_speed=5e3))["phn"].product.value == pytest.approx(
        PREFACTORS["stefan-boltzmann"] * KB * 25e6, rel=1e-15
    )
    assert bare["pht"].ratio.value is None


@pytest.mark.parametrize("name", ["mass", "temperature", "length", "sound_speed", "photon_energy"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_impossible_conditions_are_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match="must be positive"):
        Conditions(**{name: value})


def test_unknown_conventions_are_refused() -> None:
    with pytest.raises(ConfigError, match="prefactor 'eq99' is no choice"):
        Conditions(prefactor="eq99")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"convention 'e\^2/h' is no choice"):
        tables(diffusion="e^2/h")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="convention '1/Z0' is no choice"):
        tables(vacuum="1/Z0")  # type: ignore[arg-type]


# -- Tables II to IV --------------------------------------------------------------------------------------------------


_CONDITIONS = st.builds(
    Conditions, mass=st.floats(1e-31, 1e-24), temperature=st.floats(1e-9, 1e3), length=st.floats(1e-9, 1.0), sound_speed=st.floats(1.0, 1e4),
    photon_energy=st.floats(1e-24, 1e-15), prefactor=st.sampled_from(list(PREFACTORS)),
)  # fmt: skip


@given(_CONDITIONS, st.sampled_from(["h/m", "hbar/m", "hbar/2m"]), st.sampled_from(["eps0*c", "2eps0*c"]))
def test_tables_iii_and_iv_follow_from_ii(conditions: Conditions, diffusion: str, vacuum: str) -> None:
    for row in tables(conditions, diffusion=diffusion, vacuum=vacuum):  # type: ignore[arg-type]
        g, d = row.conductance.value, row.diffusion.value
        assert g is not None
        assert d is not None
        assert row.ratio.value == pytest.approx(g / d, rel=1e-14, abs=0)
        assert row.product.value == pytest.approx(g * d, rel=1e-14, abs=0)


def test_the_formulas_of_tables_iii_and_iv_give_their_numbers() -> None:
    """The symbols of the tables, worked out from their own letters."""
    t, length, s, eps = 4.2, 1e-6, 5e3, E
    m, p = constants.m_e, PREFACTORS["stefan-boltzmann"]
    eps0, mu0 = constants.epsilon_0, constants.mu_0
    wave = H * C / eps
    expected = {
        "N": ("m/h^2", m / H**2, "1/m", 1 / m),
        "e": ("e^2 m/h^2", E**2 * m / H**2, "e^2/m", E**2 / m),
        "m": ("m^3/h^2", m**3 / H**2, "m", m),
        "eps": ("eps/lambda^2", eps / wave**2, "eps c^2", eps * C**2),
        "th": (
            "(pi^2/3) m kB^2 T/h^2",
            math.pi**2 / 3 * m * KB**2 * t / H**2,
            "(pi^2/3) kB^2 T/m",
            math.pi**2 / 3 * KB**2 * t / m,
        ),
        "pht": ("P kB/L^2", p * KB / length**2, "P kB c^2", p * KB * C**2),
        "phn": ("P kB/L^2", p * KB / length**2, "P kB s^2", p * KB * s**2),
        "em": ("eps0/L", eps0 / length, "L/mu0", length / mu0),
    }
    for name, row in rows().items():
        third, ratio, fourth, product = expected[name]
        assert (row.ratio.symbol, row.product.symbol) == (third, fourth)
        # eps0 and mu0 are measured apart in CODATA: eps0 mu0 c^2 = 1 to 1e-10
        assert row.ratio.value == pytest.approx(ratio, rel=1e-9)
        assert row.product.value == pytest.approx(product, rel=1e-9)


_PINT = pint.UnitRegistry()
#: The letters of the symbols as pint knows them; pi, 3, P and the numerals have no dimension.
_LETTERS = {
    "h": "planck_constant", "hbar": "planck_constant", "e": "elementary_charge", "m": "kilogram", "kB": "boltzmann_constant", "T": "kelvin", "c": "speed_of_light",
    "L": "meter", "s": "meter/second", "lambda": "meter", "eps": "joule", "eps0": "vacuum_permittivity", "mu0": "vacuum_permeability",
    "kappa0": "watt/kelvin**2", "P": "dimensionless", "pi": "dimensionless",
}  # fmt: skip


def _dimension_of_symbol(symbol: str) -> object:

    text = re.sub(r"(?<=[\w)])\s+(?=[A-Za-z(])", "*", symbol).replace("^", "**").replace(")(", ")*(")
    text = re.sub(r"(?<![\w.])(\d+)(?=[A-Za-z])", r"\1*", text)
    text = re.sub(r"/(\d\*)?([A-Za-z]\w*)$", r"/\2", text)  # hbar/2m: all of it divides
    text = re.sub(r"/(\d\*)([A-Za-z]\w*)\)", r"/\2)", text)
    return _PINT.parse_expression(re.sub(r"[A-Za-z]\w*", lambda m: f"({_LETTERS[m[0]]})", text)).dimensionality


def _dimension_of_unit(unit: str) -> object:
    text = unit.replace("^", "**").replace(" ", "*")
    return _PINT.parse_expression(text).dimensionality


@pytest.mark.parametrize(("diffusion", "vacuum"), [("h/m", "eps0*c"), ("hbar/2m", "2eps0*c")])
def test_symbols_and_units_have_one_dimension(diffusion: str, vacuum: str) -> None:
    for row in rows(diffusion=diffusion, vacuum=vacuum).values():
        for entry in (row.conductance, row.diffusion, row.ratio, row.product):
            assert _dimension_of_symbol(entry.symbol) == _dimension_of_unit(entry.unit), (row.row, entry)


def test_other_conventions_are_written_out() -> None:
    em = rows(vacuum="2eps0*c")["em"]
    assert (em.conductance.symbol, em.ratio.symbol, em.product.symbol) == (
        "2eps0*c",
        "(2eps0*c)/(c*L)",
        "(2eps0*c)(c*L)",
    )
    n = rows(diffusion="hbar/m")["N"]
    assert (n.diffusion.symbol, n.ratio.symbol) == ("hbar/m", "(1/h)/(hbar/m)")
    ratio = rows()["N"].diffusion.value / n.diffusion.value  # type: ignore[operator]
    assert ratio == pytest.approx(2 * math.pi, rel=1e-14)  # physics.md: 2 pi smaller
    assert rows()["em"].conductance.value == pytest.approx(
        1 / constants.physical_constants["characteristic impedance of vacuum"][0], rel=1e-9
    )


def test_the_prefactor_that_stefan_and_boltzmann_demand() -> None:
    """K = dP/dT of a black body of area L^2 is 4 sigma L^2 T^3. With the paper's number of photons in L^3,
    N = 2 zeta(3)/(pi^2 c^3 hbar^3) (L kB T)^3, (18), K = P N kB c/L holds for one P only, at any L and T."""
    sigma = constants.Stefan_Boltzmann
    for length, t in ((1e-6, 300.0), (1.0, 4.2)):
        photons = 2 * float(zeta(3)) / (math.pi**2 * C**3 * (H / (2 * math.pi)) ** 3) * (length * KB * t) ** 3
        demanded = 4 * sigma * length**2 * t**3 / (photons * KB * C / length)
        assert PREFACTORS["stefan-boltzmann"] == pytest.approx(demanded, rel=1e-9)  # sigma of scipy: ten digits
    # what the paper prints, physics.md section 1
    off = {name: value / PREFACTORS["stefan-boltzmann"] for name, value in PREFACTORS.items()}
    assert off["eq17"] == pytest.approx(2, rel=1e-15)
    assert off["eq26"] == pytest.approx(2 * math.pi, rel=1e-15)
    assert off["eq28"] == pytest.approx(4 * math.pi, rel=1e-15)


@pytest.mark.parametrize("prefactor", PREFACTORS)
def test_a_chosen_prefactor_is_said(prefactor: str) -> None:
    conditions = Conditions(length=1.0, sound_speed=1.0, prefactor=prefactor)  # type: ignore[arg-type]
    for symbol in ("P*kB*c/L", "P*kB*s/L"):
        assert parse_quantum(symbol, conditions).convention == f"P: {prefactor}"
    assert parse_quantum("P*kB*s/L", conditions).value == pytest.approx(PREFACTORS[prefactor] * KB, rel=1e-15)  # type: ignore[index]
    assert parse_quantum("e^2/h", conditions).convention == ""


@pytest.mark.parametrize("degeneracy", [1.0, 2.0, 4.0, 0.5])
def test_a_degeneracy_multiplies_the_rows_of_one_mode(degeneracy: float) -> None:
    """physics.md section 1: 1 per mode and spin, 2 of a point contact, 4 of a nanotube; radiation and vacuum count their own."""
    for row in tables(WHOLE, degeneracy=degeneracy):
        one = rows()[row.row]
        factor = degeneracy if row.row in ("N", "e", "m", "eps", "th") else 1.0
        for part in ("conductance", "ratio", "product"):
            assert getattr(row, part).value == pytest.approx(factor * getattr(one, part).value, rel=1e-14)
            assert getattr(row, part).unit == getattr(one, part).unit
        assert row.diffusion == one.diffusion
        assert parse_quantum(row.conductance.symbol, WHOLE).value == row.conductance.value  # the symbol says the factor


def test_symbols_with_a_degeneracy() -> None:
    found = {row.row: row for row in tables(WHOLE, degeneracy=2.0)}
    assert [found[r].conductance.symbol for r in ("N", "e", "m", "th")] == ["2/h", "2e^2/h", "2m^2/h", "2kappa0*T"]
    assert found["e"].ratio.symbol == "(2e^2/h)/(h/m)"
    assert found["e"].conductance.value == pytest.approx(7.74809172986e-5, rel=PRINTED)  # units_codata2022.csv
    assert found["pht"].product.symbol == "P kB c^2"


@pytest.mark.parametrize("degeneracy", [0.0, -2.0, math.nan, math.inf, 1e7])
def test_what_is_no_degeneracy(degeneracy: float) -> None:
    with pytest.raises(ConfigError, match="no number of modes and spins"):
        tables(degeneracy=degeneracy)


# -- in place of a unit -----------------------------------------------------------------------------------------------


def test_a_quantum_stands_in_for_a_unit() -> None:
    assert (unit_or_quantum("2e²/h").factor, unit_or_quantum("2e²/h").si) == (G0, "S")
    assert (unit_or_quantum("G0").factor, unit_or_quantum("mV").si) == (G0, "V")
    assert unit_or_quantum("1/h").si == "1/(J s)"
    assert not unit_or_quantum("h/m").known  # of what mass?
    assert unit_or_quantum("h/m", Conditions(mass=constants.m_e)).factor == pytest.approx(
        7.273895e-4, rel=1e-6
    )  # physics.md
    assert not unit_or_quantum("kappa0*T").known
    assert unit_or_quantum("kappa0*T", Conditions(temperature=2.0)).factor == pytest.approx(2 * KAPPA0, rel=1e-15)


@pytest.mark.parametrize("text", [None, "", "%", "counts", "e^2", "h", "x" * 500])
def test_what_is_neither_stays_unknown(text: str | None) -> None:
    assert not unit_or_quantum(text).known


@pytest.mark.parametrize("unit", CANDIDATES)
def test_candidates_have_the_dimension_and_a_value(unit: str) -> None:
    found = candidates(unit, WHOLE)
    assert [quantum.symbol for quantum in found] == list(CANDIDATES[unit])
    assert {quantum.unit for quantum in found} == {unit}
    assert all(quantum.value for quantum in found)
    assert candidates("V", WHOLE) == ()
    needing = [symbol for symbol in CANDIDATES[unit] if parse_quantum(symbol).needs]
    assert len(candidates(unit)) == len(CANDIDATES[unit]) - len(needing)
