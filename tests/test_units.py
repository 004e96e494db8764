"""Unit texts as laboratories write them. Factors are the definitions of the SI brochure (9th edition), CODATA 2022 for
measured masses, and, atom by atom and in products, what pint says, which the package does not use."""

import math
import subprocess
import sys
import time

import pint
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.constants import physical_constants

from gzero.unit_grammar import PLAIN, PREFIXABLE, PREFIXES, SPELLINGS, canonical
from gzero.units import DIMENSIONLESS, SI_NAMES, UNKNOWN, Unit, parse_unit, split_header

_REGISTRY = pint.UnitRegistry()

#: text -> factor, SI unit. Written out by hand from the SI prefixes; no number comes from the code.
NOTATIONS = [
    # volt, in all its signs: U+00B5 micro, U+03BC mu, u
    ("V", 1, "V"), ("mV", 1e-3, "V"), ("µV", 1e-6, "V"), ("μV", 1e-6, "V"), ("uV", 1e-6, "V"), ("nV", 1e-9, "V"), ("kV", 1e3, "V"),
    ("Volt", 1, "V"), ("volts", 1, "V"), ("mVolt", 1e-3, "V"), ("millivolts", 1e-3, "V"), ("[mV]", 1e-3, "V"), ("(mV)", 1e-3, "V"),
    (" mV ", 1e-3, "V"), ("1e-3 V", 1e-3, "V"), ("10^-3 V", 1e-3, "V"), ("10⁻³ V", 1e-3, "V"), ("10⁻⁶ A", 1e-6, "A"),
    # current
    ("A", 1, "A"), ("mA", 1e-3, "A"), ("µA", 1e-6, "A"), ("uA", 1e-6, "A"), ("nA", 1e-9, "A"), ("pA", 1e-12, "A"), ("fA", 1e-15, "A"),
    ("aA", 1e-18, "A"), ("Amps", 1, "A"), ("nAmp", 1e-9, "A"), ("nanoamps", 1e-9, "A"), ("1E-9A", 1e-9, "A"),
    # resistance: U+03A9 omega, U+2126 ohm sign
    ("ohm", 1, "ohm"), ("Ohm", 1, "ohm"), ("Ohms", 1, "ohm"), ("OHM", 1, "ohm"), ("\u03a9", 1, "ohm"), ("\u2126", 1, "ohm"),
    ("k\u03a9", 1e3, "ohm"), ("k\u2126", 1e3, "ohm"), ("kOhm", 1e3, "ohm"), ("KOhm", 1e3, "ohm"), ("kohms", 1e3, "ohm"), ("MΩ", 1e6, "ohm"),
    ("MOhm", 1e6, "ohm"), ("mOhm", 1e-3, "ohm"), ("GΩ", 1e9, "ohm"), ("V/A", 1, "ohm"), ("mV/nA", 1e6, "ohm"),
    ("10³ Ω", 1e3, "ohm"), ("10^3 Ohm", 1e3, "ohm"), ("1000 Ohm", 1e3, "ohm"),
    # conductance
    ("S", 1, "S"), ("mS", 1e-3, "S"), ("µS", 1e-6, "S"), ("uS", 1e-6, "S"), ("nS", 1e-9, "S"), ("uSiemens", 1e-6, "S"), ("mho", 1, "S"),
    ("A/V", 1, "S"), ("nA/V", 1e-9, "S"), ("µA/mV", 1e-3, "S"), ("1/Ohm", 1, "S"), ("1/kΩ", 1e-3, "S"), ("Ω^-1", 1, "S"), ("Ω⁻¹", 1, "S"),
    ("ohm-1", 1, "S"), ("A V^-1", 1, "S"),
    # mobility, the unit with the most spellings
    ("cm2/Vs", 1e-4, "m^2/(V s)"), ("cm^2/Vs", 1e-4, "m^2/(V s)"), ("cm²/Vs", 1e-4, "m^2/(V s)"), ("cm^2/(V s)", 1e-4, "m^2/(V s)"),
    ("cm²/(V·s)", 1e-4, "m^2/(V s)"), ("cm^2/V/s", 1e-4, "m^2/(V s)"), ("cm2 V-1 s-1", 1e-4, "m^2/(V s)"), ("cm² V⁻¹ s⁻¹", 1e-4, "m^2/(V s)"),
    ("cm^2 V^-1 s^-1", 1e-4, "m^2/(V s)"), ("cm**2/(V*s)", 1e-4, "m^2/(V s)"), ("cm2/V-s", 1e-4, "m^2/(V s)"), ("cm²/V·s", 1e-4, "m^2/(V s)"),
    ("cm^2/V s", 1e-4, "m^2/(V s)"), ("cm2.V-1.s-1", 1e-4, "m^2/(V s)"), ("m^2/Vs", 1, "m^2/(V s)"),
    # diffusion
    ("m^2/s", 1, "m^2/s"), ("m²/s", 1, "m^2/s"), ("cm2/s", 1e-4, "m^2/s"), ("cm²/s", 1e-4, "m^2/s"), ("cm^2 s^-1", 1e-4, "m^2/s"),
    ("um^2/s", 1e-12, "m^2/s"), ("µm²/ms", 1e-9, "m^2/s"), ("mm2/s", 1e-6, "m^2/s"),
    # temperature
    ("K", 1, "K"), ("mK", 1e-3, "K"), ("nK", 1e-9, "K"), ("µK", 1e-6, "K"), ("Kelvin", 1, "K"), ("mKelvin", 1e-3, "K"),
    # length, area, density
    ("m", 1, "m"), ("mm", 1e-3, "m"), ("cm", 1e-2, "m"), ("µm", 1e-6, "m"), ("um", 1e-6, "m"), ("nm", 1e-9, "m"), ("pm", 1e-12, "m"),
    ("micron", 1e-6, "m"), ("\u00c5", 1e-10, "m"), ("\u212b", 1e-10, "m"), ("angstrom", 1e-10, "m"), ("µm^2", 1e-12, "m^2"), ("nm²", 1e-18, "m^2"),
    ("cm^-2", 1e4, "1/m^2"), ("1/cm^2", 1e4, "1/m^2"), ("1/cm2", 1e4, "1/m^2"), ("cm-2", 1e4, "1/m^2"), ("cm⁻²", 1e4, "1/m^2"),
    ("10^11 cm^-2", 1e15, "1/m^2"), ("1e11 cm-2", 1e15, "1/m^2"), ("10¹¹ cm⁻²", 1e15, "1/m^2"), ("1E11/cm2", 1e15, "1/m^2"), ("cm^-3", 1e6, "1/m^3"),
    # field: 1 G = 1e-4 T, 1 Oe = 1000/(4 pi) A/m
    ("T", 1, "T"), ("mT", 1e-3, "T"), ("Tesla", 1, "T"), ("G", 1e-4, "T"), ("kG", 0.1, "T"), ("Gauss", 1e-4, "T"), ("Gs", 1e-4, "T"),
    ("Oe", 1000 / (4 * math.pi), "A/m"), ("kOe", 1e6 / (4 * math.pi), "A/m"),
    # time and frequency
    ("s", 1, "s"), ("sec", 1, "s"), ("ms", 1e-3, "s"), ("µs", 1e-6, "s"), ("ns", 1e-9, "s"), ("min", 60, "s"), ("hr", 3600, "s"), ("hours", 3600, "s"),
    ("days", 86400, "s"), ("Hz", 1, "Hz"), ("kHz", 1e3, "Hz"), ("KHz", 1e3, "Hz"), ("GHz", 1e9, "Hz"), ("1/s", 1, "Hz"), ("s⁻¹", 1, "Hz"),
    # a prefix binds closer than a power: per millisecond (SI brochure, 5.4.1)
    ("ms^-1", 1e3, "Hz"),
    # velocity
    ("m/s", 1, "m/s"), ("m s^-1", 1, "m/s"), ("m s⁻¹", 1, "m/s"), ("m·s^-1", 1, "m/s"), ("m.s-1", 1, "m/s"), ("cm/s", 1e-2, "m/s"),
    # energy: the electron volt is exact since 2019
    ("J", 1, "J"), ("eV", 1.602176634e-19, "J"), ("meV", 1.602176634e-22, "J"), ("µeV", 1.602176634e-25, "J"),
    # power, heat
    ("W", 1, "W"), ("nW", 1e-9, "W"), ("W/K", 1, "W/K"), ("pW/K", 1e-12, "W/K"), ("fW/mK", 1e-12, "W/K"), ("W/K^2", 1, "W/K^2"), ("W/(m K)", 1, "W/(K m)"),
    ("W m^-1 K^-1", 1, "W/(K m)"), ("W/m K", 1, "W/(K m)"), ("K/W", 1, "K/W"),
    # resistivity, conductivity
    ("Ω m", 1, "ohm m"), ("Ω·cm", 1e-2, "ohm m"), ("Ohm-cm", 1e-2, "ohm m"), ("Ohm.cm", 1e-2, "ohm m"), ("Ωcm", 1e-2, "ohm m"), ("S/cm", 100, "S/m"),
    # capacitance, inductance, flux, force, pressure, mass
    ("F", 1, "F"), ("fF", 1e-15, "F"), ("aF", 1e-18, "F"), ("nH", 1e-9, "H"), ("Vs", 1, "Wb"), ("V·s", 1, "Wb"), ("N", 1, "N"), ("mbar", 100, "Pa"),
    ("hPa", 100, "Pa"), ("Torr", 101325 / 760, "Pa"), ("kg", 1, "kg"), ("g", 1e-3, "kg"), ("mg", 1e-6, "kg"),
    # what the quanta are in
    ("1/(J s)", 1, "1/(J s)"), ("J^-1 s^-1", 1, "1/(J s)"), ("1/J s", 1, "1/(J s)"), ("kg^2/(J s)", 1, "kg^2/(J s)"), ("J s", 1, "J s"),
    # coefficients of a charge-coupled measurement
    ("V/cm", 100, "V/m"), ("kV/cm", 1e5, "V/m"), ("µV/K", 1e-6, "V/K"), ("Am²", 1, "A m^2"), ("VA", 1, "W"), ("V²", 1, "V^2"),
    # stated to be without dimension
    ("1", 1, ""), ("dimensionless", 1, ""), ("none", 1, ""), ("-", 1, ""), ("--", 1, ""), ("rad", 1, ""), ("mrad", 1e-3, ""), ("mV/V", 1e-3, ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "factor", "si"), NOTATIONS, ids=[repr(n[0]) for n in NOTATIONS])
def test_notations(text: str, factor: float, si: str) -> None:
    unit = parse_unit(text)
    assert unit.si == si
    # fourteen digits are kept
    assert unit.factor == pytest.approx(factor, rel=1e-13, abs=0)
    assert (unit.known, unit.offset, unit.text) == (True, 0.0, text)


@pytest.mark.parametrize("text", ["degC", "°C", "\u2103", "deg C", "º C", "Celsius", "degrees C", "(°C)", "[°C]"])
def test_celsius_is_a_scale_with_an_offset(text: str) -> None:
    unit = parse_unit(text)
    assert (unit.factor, unit.si, unit.offset) == (1.0, "K", 273.15)  # exact by definition


def test_celsius_in_a_compound_counts_differences() -> None:
    assert (parse_unit("V/°C").factor, parse_unit("V/°C").si, parse_unit("V/°C").offset) == (1.0, "V/K", 0.0)
    assert not parse_unit("10 °C").known  # a step of ten degrees, or ten degrees: not ours to say


UNKNOWNS = [
    "%", "percent", "ppm", "dB", "dBm", "deg", "°", "arb. units", "arb.u.", "a.u.", "a. u.", "au", "AU", "h", "e", "counts", "cts", "#", "px", "code",
    "", "  ", "\t", "NA", "n/a", "N/A", "N.A", "N.A.", "as", "am", "µ", "μ", "u/µ", "k", "M", "n", "emu", "Vrms", "V_rms", "mV (rms)", "V/√Hz", "V/sqrt(Hz)", "V/Hz^(1/2)", "V/Hz^0.5",
    "Ω/□", "Ohm/sq", "dV", "cV", "das", "KV", "EV", "PA", "mhz", "ma", "2", "10", "21", "²", "x10^3 Ohm", "×10³ Ω", "e-6 A", "m_p", "V0", "V1", "µu",
    "e^2/h", "e**2/h", "2e^2/h", "G0", "h/e^2", "kB T", "hbar", "c", "1/h", "R", "x", "V,A", "V;A", "V=1", "V+V", "V%", "½ V", "V!", "m\x00",
]  # fmt: skip


@pytest.mark.parametrize("text", UNKNOWNS, ids=repr)
def test_unknown_stays_unknown(text: str) -> None:
    unit = parse_unit(text)
    assert not unit.known
    assert (unit.factor, unit.offset) == (1.0, 0.0)


def test_unknown_is_not_dimensionless() -> None:
    assert not UNKNOWN.known
    assert DIMENSIONLESS.known
    assert parse_unit(None) == UNKNOWN


def test_pints_trap() -> None:
    """statistics.md, trap 1: pint reads e**2/h as A^2 s (h = hour), 31 orders of magnitude away from e^2/h in siemens."""
    trap = _REGISTRY.Quantity("e**2/h").to_base_units()
    assert str(trap.dimensionality) == "[current] ** 2 * [time]"
    assert not parse_unit("e**2/h").known


@pytest.mark.parametrize(
    "text",
    ["1/100 m", "kg/s m", "A/m^2 K^2", "V/s/m K"],
)
def test_an_ambiguous_stroke_is_not_guessed(text: str) -> None:
    assert not parse_unit(text).known


# -- what pint says of atoms, and of products -----------------------------------------------------------------------------

_PINT_NAMES = {
    "V": "volt", "A": "ampere", "S": "siemens", "ohm": "ohm", "Hz": "hertz", "W": "watt", "J": "joule", "K": "kelvin", "T": "tesla",
    "m": "meter", "g": "gram", "s": "second", "eV": "electron_volt", "F": "farad", "C": "coulomb", "H": "henry", "N": "newton", "Pa": "pascal",
    "rad": "radian", "mol": "mole", "bar": "bar", "Wb": "weber", "min": "minute", "hour": "hour", "day": "day", "degC": "kelvin",
    "angstrom": "angstrom", "torr": "torr", "u": "unified_atomic_mass_unit", "Da": "dalton", "m_e": "electron_mass", "m0": "electron_mass", "me": "electron_mass",
}  # fmt: skip
#: The conversions of these to SI are between systems of equations, which pint leaves to a context: 1 G = 1e-4 T and
#: 1 Oe = 1000/(4 pi) A/m by definition (ISO 80000-6:2022, annex).
_BY_DEFINITION = {"G", "Oe"}
MEASURED_MASSES = ("u", "Da", "m_e", "m0", "me")
_PREFIX_NAMES = {
    "T": "tera", "G": "giga", "M": "mega", "k": "kilo", "h": "hecto", "d": "deci", "c": "centi", "m": "milli", "u": "micro", "n": "nano",
    "p": "pico", "f": "femto", "a": "atto", "z": "zepto",
}  # fmt: skip


@pytest.fixture(scope="module")
def registry() -> pint.UnitRegistry:
    return _REGISTRY


def _si_of(name: str) -> str:
    """The SI_NAMES notation as pint writes it."""
    return name.replace("^", "**").replace(" ", "*") if name else "dimensionless"


@pytest.mark.parametrize("atom", sorted({*PREFIXABLE, *PLAIN} - _BY_DEFINITION))
def test_every_atom_is_what_pint_says(registry: pint.UnitRegistry, atom: str) -> None:
    ours, theirs = parse_unit(atom), registry.Quantity(1, _PINT_NAMES[atom])
    converted = theirs.to(_si_of(ours.si or ""))
    assert converted.magnitude == pytest.approx(ours.factor, rel=1e-13, abs=0)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_prefix_is_what_pint_says(registry: pint.UnitRegistry, prefix: str) -> None:
    atom = {"c": "m", "d": "m", "h": "Pa"}.get(prefix, "A")
    theirs = registry.Quantity(1, _PREFIX_NAMES[prefix] + _PINT_NAMES[atom]).to(_PINT_NAMES[atom])
    assert parse_unit(prefix + atom).factor == pytest.approx(theirs.magnitude, rel=1e-13, abs=0)


@pytest.mark.parametrize("name", SI_NAMES)
def test_every_si_name_has_factor_one_and_names_itself(registry: pint.UnitRegistry, name: str) -> None:
    unit = parse_unit(name)
    assert (unit.factor, unit.si) == (1.0, name)
    base = registry.Quantity(1, _si_of(name)).to_base_units()
    assert base.magnitude == pytest.approx(1.0, rel=1e-13)


_SYMBOLS = st.sampled_from(
    ["V", "A", "S", "ohm", "K", "T", "m", "s", "kg", "J", "W", "F", "Hz", "mV", "nA", "um", "cm", "meV", "ms"]
)
_FACTORS = st.lists(st.tuples(_SYMBOLS, st.integers(-4, 4).filter(bool)), min_size=1, max_size=4)


@given(_FACTORS)
@settings(max_examples=150)
def test_products_of_powers_are_what_pint_says(factors: list[tuple[str, int]]) -> None:
    ours = parse_unit(" ".join(f"{s}^{p}" for s, p in factors))
    theirs = _REGISTRY.Quantity(1, "*".join(f"{s}**({p})" for s, p in factors)).to_base_units()
    assert ours.known
    # fourteen digits are kept
    assert ours.factor == pytest.approx(theirs.magnitude, rel=1e-12, abs=0)
    again = parse_unit(ours.si) if ours.si else DIMENSIONLESS
    assert (again.factor, again.si) == (1.0, ours.si)  # the SI text is itself a unit text


#: Every atom with every prefix that it takes, by our name and by pint's; `Gs` is a gauss, `as` and `am` are words.
_EVERY = [
    *((atom, _PINT_NAMES[atom]) for atom in sorted({*PREFIXABLE, *PLAIN} - _BY_DEFINITION)),
    *(
        (prefix + atom, _PREFIX_NAMES[prefix] + _PINT_NAMES[atom])
        for atom in sorted(set(PREFIXABLE) - _BY_DEFINITION)
        for prefix in sorted(set(PREFIXES) - {"h", "d", "c"})
        if prefix + atom not in {*SPELLINGS, "as", "am", "Grad"}
    ),
]  # fmt: skip
_TERMS = st.lists(st.tuples(st.sampled_from(_EVERY), st.sampled_from([-2, -1, 1, 2])), min_size=1, max_size=3)


@given(_TERMS)
@settings(max_examples=300)
def test_products_of_all_atoms_have_pints_factor_and_dimension(terms: list[tuple[tuple[str, str], int]]) -> None:
    ours = parse_unit(" ".join(f"{ours}^{power}" for (ours, _), power in terms))
    theirs = _REGISTRY.Quantity(1, "*".join(f"{theirs}**({power})" for (_, theirs), power in terms))
    if any(name == "degC" for (name, _), _ in terms) and ours.si in ("K", None):
        return  # a scale with an offset, and not a factor
    assert ours.known
    # pint refuses another dimension; fourteen digits are kept
    assert theirs.to(_si_of(ours.si or "")).magnitude == pytest.approx(ours.factor, rel=1e-12, abs=0)


@pytest.mark.parametrize("name", MEASURED_MASSES)
def test_masses_are_codata(name: str) -> None:
    codata = {"u": "atomic mass constant", "Da": "atomic mass constant"}.get(name, "electron mass")
    assert parse_unit(name).factor == pytest.approx(
        physical_constants[codata][0], rel=1e-13
    )  # fourteen digits are kept


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spellings_mean_their_atom(spelling: str) -> None:
    spelled, atom = parse_unit(spelling), parse_unit(SPELLINGS[spelling])
    assert spelled.known
    assert (spelled.factor, spelled.si) == (atom.factor, atom.si)


# -- headers ----------------------------------------------------------------------------------------------------------

HEADERS = [
    ("Vg (V)", "Vg", "V"), ("Vg [mV]", "Vg", "mV"), ("Vg(mV)", "Vg", "mV"), ("Vg / mV", "Vg", "mV"), ("Vg/mV", "Vg", "mV"), ("Vg_mV", "Vg", "mV"),
    ("Vg_V", "Vg", "V"), ("Vg, mV", "Vg", "mV"), ("Vg mV", "Vg", "mV"), ("Vg in mV", "Vg", "mV"), ("  Vg   (mV) ", "Vg", "mV"), ('"Vg (mV)"', "Vg", "mV"),
    ("Gate Voltage (V)", "Gate Voltage", "V"), ("V_{g} (V)", "V_{g}", "V"), ("V$_g$ (V)", "V$_g$", "V"), ("x_V", "x", "V"),
    ("Gatespannung / V", "Gatespannung", "V"), ("U_G/V", "U_G", "V"), ("Strom in nA", "Strom", "nA"), ("Widerstand [kΩ]", "Widerstand", "kΩ"),
    ("I_nA", "I", "nA"), ("I_ds_nA", "I_ds", "nA"), ("I_A", "I", "A"), ("Ids A", "Ids", "A"), ("R/kOhm", "R", "kOhm"), ("R_xx (Ohm)", "R_xx", "Ohm"),
    ("G_S", "G", "S"), ("G_uS", "G", "uS"), ("dI/dV (uS)", "dI/dV", "uS"), ("D_m2_s", "D", "m2/s"), ("mu (cm^2/Vs)", "mu", "cm^2/Vs"),
    ("mu [cm²/(V s)]", "mu", "cm²/(V s)"), ("n (10^11 cm^-2)", "n", "10^11 cm^-2"), ("T_K", "T", "K"), ("T [°C]", "T", "°C"), ("B field T", "B field", "T"), ("B_G", "B", "G"), ("Field G", "Field", "G"),
    ("t_min", "t", "min"), ("time_min", "time", "min"), ("time_s", "time", "s"), ("E/V", "E", "V"), ("x/m", "x", "m"),
    # quanta in place of a unit
    ("G [2e^2/h]", "G", "2e^2/h"), ("G (2e²/h)", "G", "2e²/h"), ("G / (2e^2/h)", "G", "2e^2/h"), ("G/(e^2/h)", "G", "e^2/h"), ("G/G0", "G", "G0"), ("G (G0)", "G", "G0"),
    ("G in 2e^2/h", "G", "2e^2/h"), ("dI/dV [2e²/h]", "dI/dV", "2e²/h"), ("K [kappa0*T]", "K", "kappa0*T"),
    # brackets are taken at their word, understood or not
    ("X (arb. units)", "X", "arb. units"), ("Phase (deg)", "Phase", "deg"), ("err [%]", "err", "%"), ("Gamma [1]", "Gamma", "1"),
    # a unit in the middle
    ("G (uS) std", "G std", "uS"), ("I [nA] (raw)", "I (raw)", "nA"), ("std(G) (uS)", "std(G)", "uS"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "unit"), HEADERS, ids=[h[0] for h in HEADERS])
def test_headers_with_a_unit(text: str, name: str, unit: str) -> None:
    assert split_header(text) == (name, unit)


NO_UNIT = [
    "V_gate", "dI/dV", "n_s", "I(2)", "R_xy", "x/y", "Run 1", "Run number", "V_1", "S_21", "ch1", "V", "I", "A", "V_S", "V_D", "V_G", "U_G", "Vds G", "V_SD", "I_D", "R_H", "T_C",
    "V_min", "I_min", "G_min", "T_min", "x_min", "V_max", "m_e", "m_eff", "N_A", "E_F", "E_C", "f_0", "B_0", "I/V", "V/I", "1/T", "1/R", "d2I/dV2",
    "G(V)", "R(T)", "I(V)", "std(G)", "err(R)", "log(R)", "log(G/G0)", "log10 G", "std_G", "log_R", "sin(x)", "Sample A", "Channel T", "Run S", "Number of m",
    "Trace A", "x_u", "Comment", "Time stamp", "2", "10", "10^3", "1e5", "", "   ", "_", ",", "/", "/V", "V/", "[V]", "(nA)", "in", "in V", "measured as", "Vg (V", "Vg V)", "((V)",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_UNIT, ids=repr)
def test_headers_that_only_look_as_if_they_had_a_unit(text: str) -> None:
    assert split_header(text) == (text.strip(), None)


def test_quotes_and_empty_brackets() -> None:
    assert split_header('"G"') == ("G", None)
    assert split_header("G []") == ("G", None)
    assert split_header("'a b'") == ("a b", None)


# -- hostile ----------------------------------------------------------------------------------------------------------

HOSTILE = [
    "((((", "(" * 60, "(" * 5000, "[" * 5000 + "]" * 5000, "(a" * 2000, "m^999999999", "m^-999999999", "V^99 V^99 V^99", "1e999 V", "1e-999 V", "0 V", "1/0", "V/0", "9**9**9", "9^9^9^9", "9^99999999 V",
    "10^309 V", "2^9999999 V", "1.0^99999999999 V", "m^9^9^9", "m" + "^9" * 28, "(9)^(99999)", "1e9^1e9", "m" * 60, "s" * 5000, "V/" * 25, "_" * 5000, " ," * 3000, "a_" * 3000,
    "(m" * 20 + ")" * 20, "m^(2", "m)2", "*", "**", "/", "^", "^2", "V^", "V**", "*V", "V//m", "__import__('os').system('x')", "lambda: 0", "1_000 V", "0x10 V", "1j V", "nan", "inf", "nan V", "inf V",
    "m\u0663", "\u0663 V", "V\ud800", "\x00", "\x1b[31mV", "µ" * 60, "²" * 60, "m²²", "1" * 59 + "V", "1e5" * 20, "٣^٣^٣", "A" * 301 + " (V)",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=[repr(h[:20]) for h in HOSTILE])
def test_hostile_text_neither_crashes_nor_takes_time(text: str) -> None:
    parse_unit("u")  # CODATA is read before the clock starts
    begin = time.process_time()  # other processes must not count
    unit, (name, stated) = parse_unit(text), split_header(text)
    spent = time.process_time() - begin
    assert isinstance(unit, Unit)
    assert isinstance(name, str)
    assert stated is None or isinstance(stated, str)
    assert math.isfinite(unit.factor)
    assert unit.factor > 0
    assert spent < 0.05


_PIECES = st.text(alphabet="VAmsKTGuµΩ°²⁻13890eE.()[]/*^_-+,% \\", max_size=70) | st.text(max_size=70)


@given(_PIECES)
@example("V/Hz^(1/2)")  # ended in tokenize.TokenError
@example("9**9**9")  # never ended
@example("0[_)")  # gave the unit "_"
@example("G [arb_units]")  # an underscore in a stated unit stays one
@settings(max_examples=300)
def test_no_text_crashes(text: str) -> None:
    unit = parse_unit(text)
    assert isinstance(unit, Unit)
    assert math.isfinite(unit.factor)
    assert unit.factor > 0
    name, stated = split_header(text)
    assert isinstance(name, str)
    if stated is not None:
        # a unit is never made up: it is written there, or with underscores for its strokes (`D_m2_s`), and says something
        written = " ".join(text.split())
        assert stated in written or stated in written.replace("_", "/")
        assert stated.strip("_")
        assert name
    assert isinstance(canonical(text), str)


@pytest.mark.parametrize("header", ["0[_)", "G [_]", "G (__)", "G(_)", "G [1_2]"])
def test_an_underscore_is_no_unit(header: str) -> None:
    """It stands for a blank: what it brackets is not stated, which is not the same as a unit that is not understood."""
    assert split_header(header) == (header, None)
    assert not parse_unit("_").known


@given(st.sampled_from([n[0] for n in NOTATIONS if n[2]]), st.sampled_from(["Vg", "G", "D", "T1", "Gate voltage"]))
def test_bracketed_units_come_back(unit: str, name: str) -> None:
    if not unit.startswith(("[", "(")):
        # of a temperature, C and F are degrees and no coulombs or farads
        read = f"°{unit.strip()}" if name == "T1" and unit.strip() in ("C", "F") else unit.strip()
        assert split_header(f"{name} [{unit}]") == (name, read)


@given(st.sampled_from(NOTATIONS))
def test_the_si_text_of_a_unit_is_itself_one(notation: tuple[str, float, str]) -> None:
    if notation[2]:
        assert parse_unit(notation[2]).si == notation[2]


# -- speed and errors -------------------------------------------------------------------------------------------------


def test_units_are_read_without_any_library() -> None:
    """pint took half of the time that a cold `gzero fit` had."""
    code = (
        "import sys; from gzero.units import parse_unit, split_header\n"
        "for text in ('Run number', 'R_xy', 'V_gate', 'n_s', 'Sample A', 'x_u', 'I_min', 'Comment', 'G [2e^2/h]'): split_header(text)\n"
        "assert not parse_unit('arb. units').known\n"
        "assert all(parse_unit(text).known for text in ('mV', 'cm^2/Vs', 'Oe', 'u', 'm_e', 'Torr'))\n"
        "print(sorted({'pint', 'numpy', 'scipy', 'periodictable'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
