"""The quantities that columns hold, and the names that laboratories give them."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What a column can be.

    Parameters
    ----------
    name : of the quantity, as in `Measurement.series`.
    units : SI unit texts it may have; empty where any will do.
    words : patterns (regular expressions, whole header, case ignored) of the names that laboratories give it.
    unitless : a column whose header states no unit may play it, as written; a pure number where `units` is ("",).
    second : name of the role that the second of two such columns plays (the other side of a bar); "" where two contradict.
    """

    name: str
    units: tuple[str, ...]
    words: tuple[str, ...]
    unitless: bool = False
    second: str = ""


GATE = Role(
    name="gate_voltage",
    units=("V",),
    words=(
        r"v_?\{?(g|bg|tg|fg|gate|qpc|sg|plunger)\d*\}?(ate)?s?", r".*gate.*", r"u_?g(ate)?", r"g\d+", r"g_?v", r".*gatespannung.*",
        r"gatev", r"p\d+", r"b\d+", r"sweep.*",
    ),
    unitless=True,
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


MOBILITY = Role(
    name="mobility",
    units=("m^2/(V s)",),
    words=(r"(mu|µ|μ)(_?\w{1,5})?", r".*mobilit.*", r".*beweglichkeit.*"),
)


TEMPERATURE = Role(name="temperature", units=("K",), words=(r"t(emp)?(_k)?", r".*temperatur.*"))


MASS = Role(name="mass", units=("kg",), words=(r"m\*?", r".*mass.*", r"m_?eff"))


LENGTH = Role(name="length", units=("m",), words=(r"l", r".*length.*", r".*laenge.*", r".*länge.*"))


TIME = Role(
    name="time", units=("s",), words=(r"t(ime)?", r".*time.*", r"zeit.*", r"lag.*", r"tau", r"delay.*"), unitless=True
)


TRACE = Role(
    name="trace",
    units=("",),
    words=(r"traces?( ?no\.?| ?number)?", r"run", r"no\.?", r"nr\.?", r"index", r"id", r"track.*", r"particle"),
    unitless=True,
)


CHANNELS = Role(name="channels", units=("",), words=(r"channels?", r"n_?ch(annels)?", r"modes?"), unitless=True)


COLD = Role(
    name="reservoir_temperature",
    units=("K",),
    words=(r"t_?\{?(0|c|cold|base|bath|res(ervoir)?)\}?", r".*(cold|base|bath|reservoir).*"),
)


#: How the two ends and the two sides of a Hall bar are told in a header, behind "R_xy" and "R_xx".
_PLACE = r"([_ -]?(left|right|source|drain|top|bottom|upper|lower|up|down)|[_ -][lrsdtbu])?_?\d*"

HALL_RESISTANCE = Role(
    name="hall_resistance",
    units=("ohm",),
    words=(rf"r_?\{{?(xy|yx|h|hall)\}}?{_PLACE}", r".*hall.*", rf"rho_?(xy|yx){_PLACE}", r"transverse.*"),
    second="hall_resistance_2",
)


LONGITUDINAL = Role(
    name="longitudinal_resistance",
    units=("ohm",),
    words=(rf"r_?\{{?xx\}}?{_PLACE}", rf"rho_?xx{_PLACE}", r".*longitudinal.*"),
    second="longitudinal_resistance_2",
)


#: The Hall pair at the other end of a bar and R_xx on its other side: told by standing beside the first, not by names.
OTHER_HALL = Role(name="hall_resistance_2", units=("ohm",), words=())
OTHER_LONGITUDINAL = Role(name="longitudinal_resistance_2", units=("ohm",), words=())


def is_logarithm(name: str) -> bool:
    """Whether a header names the logarithm of a quantity, which is another quantity."""
    return re.match(r"(?:log|ln|lg)(?:10|2)?(?:[\W_]|10)", name.strip(), re.IGNORECASE) is not None


def matches(name: str, role: Role) -> bool:
    """Whether a header name is one that laboratories give to the role."""
    return not is_logarithm(name) and any(re.fullmatch(word, name.strip(), re.IGNORECASE) for word in role.words)
