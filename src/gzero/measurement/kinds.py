"""The kinds of measurement that gzero knows: one row an experiment.

A row says what the columns of such a file mean and by which names laboratories call them. The model and the fitter
of an experiment carry its name: `gzero.models.<name>`, `gzero.fitters.<name>`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gzero.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What a column can be.

    Parameters
    ----------
    name : of the quantity, as in `Measurement.series`.
    units : SI unit texts it may have; empty where any will do.
    words : patterns (regular expressions, whole header, case ignored) of the names that laboratories give it.
    """

    name: str
    units: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One experiment.

    Parameters
    ----------
    name : as in `--experiment`.
    title : for headings.
    x, y : the abscissa and the quantity that is compared with a quantum.
    per_row : every row is an answer of its own (a table of diffusivities) rather than a point of a curve.
    conditions : columns that may state the conditions of a row.
    listed : the file is a list of values of any unit, without an abscissa, and no unit is named beforehand.
    """

    name: str
    title: str
    x: Role
    y: Role
    per_row: bool = False
    conditions: tuple[Role, ...] = ()
    listed: bool = False


GATE = Role(
    name="gate_voltage",
    units=("V",),
    words=(
        r"v_?\{?(g|bg|tg|fg|gate|qpc|sg|plunger)\d*\}?(ate)?s?", r".*gate.*", r"u_?g(ate)?", r"g\d+", r"g_?v", r".*gatespannung.*",
        r"gatev", r"p\d+", r"b\d+", r"sweep.*",
    ),
)  # fmt: skip

CONDUCTANCE = Role(
    name="conductance",
    units=("S", "1/(J s)", "kg^2/(J s)", "W/K", "W"),
    words=(
        r"g(_?(meas|raw|corr|diff|xx|2t|4t|dc|ac))?\d*",
        r".*conduct.*",
        r".*leitwert.*",
        r"cond\.?",
        r"di/?dv.*",
        r"i/v",
        r"y",
    ),
)

CURRENT = Role(
    name="current",
    units=("A",),
    words=(r"i(_?(d|ds|sd|drain|meas|dc|ac|x))?\d*", r".*current.*", r".*strom.*", r"draini.*"),
)

BIAS = Role(
    name="bias",
    units=("V",),
    words=(
        r"v_?\{?(sd|ds|d|b|bias|drain|x|meas|dc|ac|4t|2t)\}?(c)?\d*",
        r"v",
        r"u",
        r".*bias.*",
        r".*drain.*",
        r".*source.*",
        r"voltage",
        r"spannung",
        r"u_?(sd|ds)",
    ),
)

RESISTANCE = Role(
    name="resistance", units=("ohm",), words=(r"r(_?(meas|raw|2t|4t|xx|dc))?\d*", r".*resist.*", r".*widerstand.*")
)

TEMPERATURE = Role(name="temperature", units=("K",), words=(r"t(emp)?(_k)?", r".*temperatur.*"))
MASS = Role(name="mass", units=("kg",), words=(r"m\*?", r".*mass.*", r"m_?eff"))
LENGTH = Role(name="length", units=("m",), words=(r"l", r".*length.*", r".*laenge.*", r".*länge.*"))

KINDS: dict[str, Kind] = {
    "staircase": Kind(name="staircase", title="Conductance staircase", x=GATE, y=CONDUCTANCE),
    "diffusion": Kind(
        name="diffusion",
        title="Diffusion coefficients",
        x=TEMPERATURE,
        y=Role(name="diffusion", units=("m^2/s",), words=(r"d(_?(n|p|e|h|x))?", r".*diffus.*")),
        per_row=True,
        conditions=(TEMPERATURE, MASS, LENGTH),
    ),
    "quantogram": Kind(
        name="quantogram",
        title="Quantogram: a unit that is not known in advance",
        x=Role(name="row", units=(), words=(r"no\.?|nr\.?|#|index|row|rows|number|i|n|k|zeile",)),
        y=Role(
            name="value",
            units=(),
            words=(
                *CONDUCTANCE.words, *RESISTANCE.words,
                r"x|values?|wert|werte|(plateau )?levels?|peaks?( positions?)?|step( ?heights?)?|steps?|heights?|charges?|q(_?\w)?",
            ),
        ),
        listed=True,
    ),
}  # fmt: skip


def is_logarithm(name: str) -> bool:
    """Whether a header names the logarithm of a quantity, which is another quantity."""
    return re.match(r"(?:log|ln|lg)(?:10|2)?(?:[\W_]|10)", name.strip(), re.IGNORECASE) is not None


def matches(name: str, role: Role) -> bool:
    """Whether a header name is one that laboratories give to the role."""
    return not is_logarithm(name) and any(re.fullmatch(word, name.strip(), re.IGNORECASE) for word in role.words)


def kind(name: str) -> Kind:
    """The kind of that name.

    Raises
    ------
    ConfigError : there is none.
    """
    if name not in KINDS:
        raise ConfigError(
            f"experiment '{name}' is not known", remedy=f"choose {', '.join(KINDS)}", allowed=tuple(KINDS)
        )
    return KINDS[name]
