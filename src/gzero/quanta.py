"""The fundamental units of conductance and diffusion: constants, particles, quanta by name, Tables I-IV.

Source of the theory: Reggiani, Alfinito, Intini (2026), arXiv:2604.19828, Tables I-IV; where a convention changes a
number it is an explicit choice here, and the printed alternatives stay selectable so that they can be compared.
Constants: CODATA 2022 as in `scipy.constants`; isotope masses: AME2020 as in `periodictable`.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gzero.errors import ConfigError
from gzero.estimate import parse_quantity
from gzero.unit_grammar import canonical
from gzero.units import Unit, parse_unit

CONSTANTS_SET = "CODATA 2022"

# Exact since the SI of 2019.
H = 6.62607015e-34  #: Planck constant [J s]
HBAR = H / (2 * math.pi)  #: reduced Planck constant [J s]
E = 1.602176634e-19  #: elementary charge [C]
KB = 1.380649e-23  #: Boltzmann constant [J/K]
C = 299792458.0  #: speed of light in vacuum [m/s]

E2_OVER_H = E**2 / H  #: conductance of one mode and one spin [S]
G0 = 2 * E2_OVER_H  #: conductance quantum 2e^2/h, the gzero of this package [S]
KAPPA0 = math.pi**2 * KB**2 / (3 * H)  #: thermal conductance of one mode over temperature [W/K^2]
LORENZ = math.pi**2 * KB**2 / (3 * E**2)  #: Sommerfeld value of the Lorenz number [W ohm/K^2]
ZETA3 = 1.2020569031595942854  #: Riemann zeta(3) (Apery's constant, OEIS A002117)

Prefactor = Literal["stefan-boltzmann", "eq17", "eq26", "eq28"]

#: Prefactor of kB c/L for black-body photons: the one that Stefan and Boltzmann's law demands, and the three printed.
PREFACTORS: dict[Prefactor, float] = {
    "stefan-boltzmann": math.pi**4 / (30 * ZETA3),
    "eq17": math.pi**4 / (15 * ZETA3),
    "eq26": math.pi**5 / (15 * ZETA3),
    "eq28": 2 * math.pi**5 / (15 * ZETA3),
}

_ISOTOPES = {
    "3He": ("He", 3),
    "4He": ("He", 4),
    "6Li": ("Li", 6),
    "7Li": ("Li", 7),
    "23Na": ("Na", 23),
    "40K": ("K", 40),
    "87Rb": ("Rb", 87),
}


@functools.cache
def _measured(name: str) -> float:
    from scipy.constants import physical_constants

    return float(physical_constants[name][0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Particle:
    """What is transported: name, mass [kg] (None where none is stated), and where the mass comes from."""

    name: str
    mass: float | None
    reference: str


def particle(name: str | None = None, *, mass: str | None = None) -> Particle:
    """A particle by name (electron, neutron, proton, 3He, 4He, 6Li, 7Li, 23Na, 40K, 87Rb) or by its mass, `"6.015 u"`.

    Raises
    ------
    ConfigError : an unknown name, or a mass that is not a mass.
    """
    if mass is not None:
        value, _, unit = parse_quantity(mass)
        if unit.si != "kg" or value <= 0:
            raise ConfigError(
                f"'{mass}' is not a mass", remedy="write for example '6.015 u', '0.26 m_e' or '9.99e-27 kg'"
            )
        return Particle(name=name or f"mass {mass}", mass=value * unit.factor, reference="declared")
    check_particle(name)
    if name is None:
        return Particle(name="", mass=None, reference="not stated")
    if name not in _ISOTOPES:
        return Particle(name=name, mass=_measured(f"{name} mass"), reference=CONSTANTS_SET)
    import periodictable

    symbol, number = _ISOTOPES[name]
    kilograms = float(getattr(periodictable, symbol)[number].mass) * _measured("atomic mass constant")
    return Particle(name=name, mass=kilograms, reference=f"AME2020, periodictable {periodictable.__version__}")


def check_particle(name: str | None) -> None:
    """Refuse a name that no particle has; its mass, for which a library is imported, is not looked up.

    Raises
    ------
    ConfigError : an unknown name.
    """
    known = ("electron", "neutron", "proton", *_ISOTOPES)
    if name is not None and name not in known:
        remedy = f"choose {', '.join(known)}, or state --mass"
        raise ConfigError(f"particle '{name}' is not known", remedy=remedy, allowed=known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantum:
    """A fundamental unit.

    Parameters
    ----------
    symbol : canonical spelling, such as "2e^2/h".
    value : in `unit`; None while a condition that it needs is not stated.
    unit : SI unit text.
    row : the row of Table II it belongs to.
    needs : conditions it depends on, of "mass", "temperature", "length", "sound_speed", "photon_energy".
    degeneracy : the leading factor, 1 per mode and spin.
    convention : what was chosen where conventions differ; "" where they do not.
    """

    symbol: str
    value: float | None
    unit: str
    row: str
    needs: tuple[str, ...] = ()
    degeneracy: float = 1.0
    convention: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a quantum may depend on, in SI: mass [kg], temperature [K], length [m], sound speed [m/s], photon energy [J].

    Raises
    ------
    ConfigError : a condition that is not positive and finite: no quantum has a value there.
    """

    mass: float | None = None
    temperature: float | None = None
    length: float | None = None
    sound_speed: float | None = None
    photon_energy: float | None = None
    prefactor: Prefactor = "stefan-boltzmann"

    def __post_init__(self) -> None:
        for name in ("mass", "temperature", "length", "sound_speed", "photon_energy"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ConfigError(f"{name.replace('_', ' ')} must be positive, not {value:g}", remedy="state it in SI")
        if self.prefactor not in PREFACTORS:
            raise ConfigError(
                f"prefactor '{self.prefactor}' is no choice",
                remedy=f"choose {', '.join(PREFACTORS)}",
                allowed=tuple(PREFACTORS),
            )


NO_CONDITIONS = Conditions()

# symbol -> (row, SI unit, needs, value from the conditions). The needs are checked before the function is called.
_Value = Callable[[dict[str, float], float], float]
_BASES: dict[str, tuple[str, str, tuple[str, ...], _Value]] = {
    "1/h": ("N", "1/(J s)", (), lambda q, p: 1 / H),
    "e^2/h": ("e", "S", (), lambda q, p: E2_OVER_H),
    "m^2/h": ("m", "kg^2/(J s)", ("mass",), lambda q, p: q["mass"] ** 2 / H),
    "eps^2/h": ("eps", "W", ("photon_energy",), lambda q, p: q["photon_energy"] ** 2 / H),
    "kappa0*T": ("th", "W/K", ("temperature",), lambda q, p: KAPPA0 * q["temperature"]),
    "P*kB*c/L": ("pht", "W/K", ("length",), lambda q, p: p * KB * C / q["length"]),
    "P*kB*s/L": ("phn", "W/K", ("length", "sound_speed"), lambda q, p: p * KB * q["sound_speed"] / q["length"]),
    "eps0*c": ("em", "S", (), lambda q, p: _measured("vacuum electric permittivity") * C),
    "h/m": ("m", "m^2/s", ("mass",), lambda q, p: H / q["mass"]),
    "hbar/m": ("m", "m^2/s", ("mass",), lambda q, p: HBAR / q["mass"]),
    "hbar/2m": ("m", "m^2/s", ("mass",), lambda q, p: HBAR / (2 * q["mass"])),
    "c*lambda": ("eps", "m^2/s", ("photon_energy",), lambda q, p: H * C**2 / q["photon_energy"]),
    "c*L": ("pht", "m^2/s", ("length",), lambda q, p: C * q["length"]),
    "s*L": ("phn", "m^2/s", ("length", "sound_speed"), lambda q, p: q["sound_speed"] * q["length"]),
}

_SPELLINGS = {
    "G0": "2*e^2/h", "kappa0T": "kappa0*T", "k0*T": "kappa0*T", "k0T": "kappa0*T", "κ0*T": "kappa0*T", "κ0T": "kappa0*T",
    "pi^2*kB^2*T/3h": "kappa0*T", "pi^2kB^2T/3h": "kappa0*T", "ε^2/h": "eps^2/h", "h*f^2": "eps^2/h",
    "ε0*c": "eps0*c", "ε0c": "eps0*c", "eps0c": "eps0*c", "cλ": "c*lambda", "h/m_r": "c*lambda", "h/mr": "c*lambda", "c*λ": "c*lambda",
    "G_0": "2*e^2/h", "(e^2/h)": "e^2/h", "cL": "c*L", "sL": "s*L", "PkBc/L": "P*kB*c/L", "PkBs/L": "P*kB*s/L", "ħ/m": "hbar/m", "ħ/2m": "hbar/2m", "hbar/(2m)": "hbar/2m", "ħ/(2m)": "hbar/2m",
}  # fmt: skip

#: The quanta that a value could be meant in, by SI unit: the rivals of an undeclared quantum.
CANDIDATES = {
    "S": ("2e^2/h", "e^2/h"),
    "1/(J s)": ("1/h", "2/h"),
    "kg^2/(J s)": ("m^2/h", "2m^2/h"),
    "W": ("eps^2/h",),
    "W/K": ("kappa0*T", "2kappa0*T"),
    "m^2/s": ("h/m", "hbar/m", "hbar/2m"),
}


_LONGEST_NAME = 60


def _split(text: str) -> tuple[float, str] | None:
    """(leading factor, canonical base) of a quantum's name; None when it is not one."""
    spelled = canonical(text).replace("k_B", "kB").replace("π", "pi")
    if re.fullmatch(r"\([^()]*\)", spelled):
        spelled = spelled[1:-1]
    spelled = re.sub(r"(?<=[a-zε])2(?=/h)", "^2", spelled)  # e2/h
    number = re.match(r"^(\d+(?:\.\d+)?(?:/\d+)?)\*?(?=[^\d/].*)", spelled)
    factor, base = 1.0, spelled
    if re.fullmatch(r"\d+(?:\.\d+)?/h", spelled):
        factor, base = float(spelled[:-2]), "1/h"
    elif spelled not in _BASES and number:
        above, _, below = number[1].partition("/")
        factor, base = float(above) / (float(below or 1) or math.inf), spelled[number.end() :]
    base = _SPELLINGS.get(base, base)
    if base == "2*e^2/h":
        factor, base = 2 * factor, "e^2/h"
    return (
        (factor, base) if base in _BASES and 1e-3 <= factor <= 1e6 else None
    )  # a degeneracy, written without exponent


def parse_quantum(text: str, conditions: Conditions = NO_CONDITIONS) -> Quantum:
    """The quantum that a text names, with its value under the given conditions.

    Parameters
    ----------
    text : ``"1/h"``, ``"e^2/h"``, ``"2e^2/h"``, ``"m^2/h"``, ``"eps^2/h"``, ``"kappa0*T"``, ``"h/m"``, ``"hbar/m"``, ...;
        ``"e2/h"``, ``"e²/h"``, ``"G0"`` mean what they look like; a leading number is the degeneracy.
    conditions : what `needs` asks for; where one is missing the value is None.

    Raises
    ------
    ConfigError : no quantum of that name.

    >>> parse_quantum("G0").symbol, parse_quantum("2e²/h").value == G0
    ('2e^2/h', True)
    """
    split = _split(text) if len(text) < _LONGEST_NAME else None
    if split is None:
        raise ConfigError(
            f"'{text[:_LONGEST_NAME]}' names no quantum",
            remedy=f"choose one of {', '.join(_BASES)}, with a leading number for the degeneracy",
            allowed=tuple(_BASES),
        )
    factor, base = split
    row, unit, needs, function = _BASES[base]
    given = {name: getattr(conditions, name) for name in needs}
    value = None
    if all(v is not None for v in given.values()):
        value = factor * function({k: float(v) for k, v in given.items()}, PREFACTORS[conditions.prefactor])
    multiple = f"{factor:.12g}/h" if base == "1/h" else f"{factor:.12g}{base}"
    symbol = base if factor == 1 else multiple
    convention = f"P: {conditions.prefactor}" if base.startswith("P*") else ""
    return Quantum(
        symbol=symbol, value=value, unit=unit, row=row, needs=needs, degeneracy=factor, convention=convention
    )


def candidates(unit: str, conditions: Conditions = NO_CONDITIONS) -> tuple[Quantum, ...]:
    """Every fundamental unit of the dimension `unit` (SI text) whose conditions are met, the likeliest first."""
    found = (parse_quantum(symbol, conditions) for symbol in CANDIDATES.get(unit, ()))
    return tuple(quantum for quantum in found if quantum.value is not None)


def unit_or_quantum(text: str | None, conditions: Conditions = NO_CONDITIONS) -> Unit:
    """A unit text of a header, where a quantum may stand in for a unit (`G [2e^2/h]`).

    >>> unit_or_quantum("2e^2/h").si, unit_or_quantum("mV").si
    ('S', 'V')
    """
    plain = parse_unit(text)
    if plain.known or text is None:
        return plain
    split = _split(text) if len(text) < _LONGEST_NAME else None
    if split is None:
        return plain
    quantum = parse_quantum(text, conditions)
    return plain if quantum.value is None else Unit(text=text, factor=quantum.value, si=quantum.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One cell of a table: symbol, value (None while a condition is missing), SI unit."""

    symbol: str
    value: float | None
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantaRow:
    """One quasi-particle: its conductance and diffusion units (Table II), their ratio (III) and product (IV)."""

    row: str
    name: str
    conductance: Entry
    diffusion: Entry
    ratio: Entry
    product: Entry


# row, quasi-particle, conductance quantum, diffusion quantum, Table III (symbol, unit), Table IV (symbol, unit)
_TABLE_II: tuple[tuple[str, str, str, str, tuple[str, str], tuple[str, str]], ...] = (
    ("N", "number", "1/h", "h/m", ("m/h^2", "kg/(J s)^2"), ("1/m", "1/kg")),
    ("e", "charge", "e^2/h", "h/m", ("e^2 m/h^2", "S s/m^2"), ("e^2/m", "C^2/kg")),
    ("m", "mass", "m^2/h", "h/m", ("m^3/h^2", "kg^3/(J s)^2"), ("m", "kg")),
    ("eps", "photon energy", "eps^2/h", "c*lambda", ("eps/lambda^2", "J/m^2"), ("eps c^2", "J m^2/s^2")),
    (
        "th",
        "heat, one mode",
        "kappa0*T",
        "h/m",
        ("(pi^2/3) m kB^2 T/h^2", "J/(K m^2)"),
        ("(pi^2/3) kB^2 T/m", "W m^2/(K s)"),
    ),
    ("pht", "black-body photons", "P*kB*c/L", "c*L", ("P kB/L^2", "J/(K m^2)"), ("P kB c^2", "W m^2/(K s)")),
    ("phn", "acoustic phonons", "P*kB*s/L", "s*L", ("P kB/L^2", "J/(K m^2)"), ("P kB s^2", "W m^2/(K s)")),
    ("em", "vacuum", "eps0*c", "c*L", ("eps0/L", "F/m^2"), ("L/mu0", "m^2/H")),
)


def tables(
    conditions: Conditions = NO_CONDITIONS,
    *,
    diffusion: Literal["h/m", "hbar/m", "hbar/2m"] = "h/m",
    vacuum: Literal["eps0*c", "2eps0*c"] = "eps0*c",
    degeneracy: float = 1.0,
) -> tuple[QuantaRow, ...]:
    """Tables II-IV with numbers, the corrected forms (Table III th carries its mass, pht and phn are P kB/L^2).

    Parameters
    ----------
    conditions : mass, temperature, length, ...; a row whose condition is missing keeps its symbol and has value None.
    diffusion : convention of the diffusion unit of massive particles.
    vacuum : 1/Z0 as printed, or twice that, which is what the paper's equation (10) gives.
    degeneracy : of a mode, in the rows N, e, m, eps, th: 1 per spin, 2 of a point contact, 4 of a nanotube.

    Source: arXiv:2604.19828, Tables II-IV, corrected.

    Raises
    ------
    ConfigError : no such convention.
    """
    if not 1e-3 <= degeneracy <= 1e6:
        raise ConfigError(f"degeneracy {degeneracy:g} is no number of modes and spins", remedy="choose 1, 2 or 4")
    for chosen, allowed in ((diffusion, ("h/m", "hbar/m", "hbar/2m")), (vacuum, ("eps0*c", "2eps0*c"))):
        if chosen not in allowed:
            raise ConfigError(
                f"convention '{chosen}' is no choice", remedy=f"choose {', '.join(allowed)}", allowed=allowed
            )
    rows = []
    for row, name, conductance, diffuse, third, fourth in _TABLE_II:
        one = f"{degeneracy:.12g}{conductance.removeprefix('1')}" if row in _ONE_MODE else conductance
        g = parse_quantum(vacuum if row == "em" else one, conditions)
        d = parse_quantum(diffusion if diffuse == "h/m" else diffuse, conditions)
        ratio = product = None
        if g.value is not None and d.value is not None:
            ratio, product = g.value / d.value, g.value * d.value
        elif row in _RADIATION:
            product = _product_at_any_length(row, conditions)
        # the printed symbols of III and IV hold for h/m and 1/Z0; any other convention is written out
        printed = d.symbol == diffuse and g.symbol == conductance
        symbols = (third[0], fourth[0]) if printed else (f"({g.symbol})/({d.symbol})", f"({g.symbol})({d.symbol})")
        rows.append(
            QuantaRow(
                row=row,
                name=name,
                conductance=Entry(symbol=g.symbol, value=g.value, unit=g.unit),
                diffusion=Entry(symbol=d.symbol, value=d.value, unit=d.unit),
                ratio=Entry(symbol=symbols[0], value=ratio, unit=third[1]),
                product=Entry(symbol=symbols[1], value=product, unit=fourth[1]),
            )
        )
    return tuple(rows)


_ONE_MODE, _RADIATION = ("N", "e", "m", "eps", "th"), ("pht", "phn")


def _product_at_any_length(row: str, conditions: Conditions) -> float | None:
    """P kB v^2 [W m^2/(K s)] of radiation at the speed v: the length cancels, so it needs none."""
    speed = C if row == "pht" else conditions.sound_speed
    return None if speed is None else PREFACTORS[conditions.prefactor] * KB * speed**2


#: Table I: expressions of the diffusion coefficient (physics, regime, symbol).
TABLE_I = (
    ("classical", "diffusive", "sqrt(v_x^2) l"),
    ("classical", "ballistic", "sqrt(v_x^2) L"),
    ("relativistic", "ballistic", "c L"),
    ("quantum", "diffusive", "(h/m) Gamma"),
    ("quantum", "ballistic", "h/m"),
    ("quantum relativistic", "ballistic", "c lambda"),
)
