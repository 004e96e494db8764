"""What the metadata of a file offer as conditions: found by name, shown, and used only where somebody declares that they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gzero.errors import ConfigError, GzeroError
from gzero.estimate import parse_quantity
from gzero.measurement.measurement import DECLARABLE, condition
from gzero.units import split_header

#: Conditions that metadata may state, and the names that instruments and laboratories give them (whole last part of the key).
_NAMES: Mapping[str, tuple[str, ...]] = {
    "temperature": (
        r"t|t_?k|temp|t_?(sample|mc|mxc|base|bath|cryo(stat)?|stage|e(l|lectron)?|probe)",
        r"(.*[ _.])?temp(erature)?([ _.].*)?|.*temperatur.*",
    ),
    "bias": (
        r"v_?(sd|ds|bias|ac|dc|exc|osc|in)|(.*[ _.])?bias([ _.].*)?",
        r"(.*[ _.])?(excitation|source[ _-]?drain|osc(illator)?|sine)([ _.-](voltage|amplitude|ampl|level|out))?([ _.](rms))?",
    ),
    "frequency": (r"f|f_?(ref|mod|exc|ac|osc|lockin)|(.*[ _.])?freq(uency)?([ _.].*)?",),
    "magnetic_field": (r"b|b_?(perp|z|field)|mu_?0 ?h|(.*[ _.])?(magnetic[ _])?field([ _.].*)?",),
    "length": (r"l|(.*[ _.])?(channel|gate|device|wire)[ _]?length",),
    "series_resistance": (r"r_?(s|ser|series|c|contact|filter|line|wiring)|(.*[ _.])?series[ _]?resistance",),
    "gain": (
        r"gain|(.*[ _.])?(gain|sensitivity|transimpedance|amplification|conversion([ _]factor)?)([ _.].*)?",
    ),
}  # fmt: skip
#: Gains have units of many kinds, and a number without one could be a factor, V/A or a power of ten.
_CHAIN = "gain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One entry of the metadata that could be a condition.

    Parameters
    ----------
    name : of the condition;  key : of the entry;  text : value with its unit, as they stand there.
    problem : why it cannot be used as it is, "" where it can.
    how : what the user writes to use it, or to state it.
    """

    name: str
    key: str
    text: str
    problem: str
    how: str


def offers(metadata: Mapping[str, str]) -> tuple[Offer, ...]:
    """Every entry that could be a condition, in the order of the file.

    >>> [(o.name, o.text, o.problem) for o in offers({"Sample temperature": "4.2 K", "T_mc (mK)": "12", "operator": "T. K."})]
    [('temperature', '4.2 K', ''), ('temperature', '12 mK', '')]
    """
    out = []
    for key, value in metadata.items():
        name, _ = _named(key)
        for what, words in _NAMES.items():
            if any(re.fullmatch(word, name, re.IGNORECASE) for word in words) and re.match(r"\s*[-+−]?\.?[0-9]", value):
                out.append(_offer(what, key, value))
                break
    return tuple(out)


def asked_for(text: str) -> dict[str, str]:
    """Condition -> key of the metadata that states it, "" where the one that its name offers is meant.

    Raises
    ------
    ConfigError : a condition that is none.

    >>> asked_for('temperature=Sample temperature, bias')
    {'temperature': 'Sample temperature', 'bias': ''}
    """
    out = {}
    for part in re.split(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', text):
        name, sign, key = (piece.strip() for piece in part.partition("="))
        name = name.casefold().replace("-", "_").replace(" ", "_")
        if not part.strip():
            continue
        if name not in _NAMES and name not in DECLARABLE:
            known = tuple(dict.fromkeys((*_NAMES, *DECLARABLE)))
            raise ConfigError(
                f"from-metadata: '{name}' is no condition", remedy=f"choose {', '.join(known)}", allowed=known
            )
        if sign and not key:
            raise ConfigError(f"from-metadata: {name} has no key", remedy=f'write {name}="Sample temperature"')
        out[name] = key.strip('"')
    if not out:
        raise ConfigError("from-metadata: it names no condition", remedy='write for example "temperature, bias"')
    return out


def taken(metadata: Mapping[str, str], name: str, key: str, *, path: str | None = None) -> Offer:
    """The entry that a user declares to be a condition.

    Parameters
    ----------
    key : of the entry; "" takes the one whose name says so.

    Raises
    ------
    ConfigError : there is none, there are several that differ, or it states no unit.
    """
    if key:
        found = [k for k in metadata if k == key] or [k for k in metadata if k.casefold() == key.casefold()]
        if len(found) != 1:
            keys = ", ".join(f"'{k}'" for k in list(metadata)[:12])
            raise ConfigError(
                f"from-metadata: there is no entry '{key}'", path=path, remedy=f"its metadata are {keys or 'empty'}"
            )
        offer = _offer(name, found[0], metadata[found[0]])
    else:
        fitting = [offer for offer in offers(metadata) if offer.name == name]
        if len({offer.text for offer in fitting}) > 1:
            each = " and ".join(f"{o.text} ('{o.key}')" for o in fitting[:4])
            raise ConfigError(
                f"from-metadata: {len(fitting)} entries could be the {_words(name)}: {each}", path=path,
                remedy=f'choose one, with "{name}={fitting[0].key}"',
            )  # fmt: skip
        if not fitting:
            raise ConfigError(
                f"from-metadata: no entry of the metadata states a {_words(name)}", path=path,
                remedy=f'name it, with "{name}=KEY"; gzero inspect lists the metadata',
            )  # fmt: skip
        offer = fitting[0]
    if offer.problem:
        raise ConfigError(f"from-metadata: {offer.problem}", path=path, remedy=offer.how)
    return offer


def _offer(name: str, key: str, value: str) -> Offer:
    """An entry as a condition, with what stands in the way."""
    _, unit = _named(key)
    text = " ".join(value.split())
    option = f"--{name.replace('_', '-')}"
    instead = f"state it with {option}" if name in DECLARABLE else "leave it out: nothing rests on it"
    declare = f'--from-metadata "{name}={key}"'
    try:
        number, _, own = parse_quantity(text)
        if not own.text and unit and name != _CHAIN:
            text = f"{text} {unit}"
            number, _, own = parse_quantity(text)
    except ConfigError as error:
        return Offer(name=name, key=key, text=text, problem=f"entry '{key}': {error.problem}", how=instead)
    if name == _CHAIN:
        stage = "iv_converter" if own.si in ("ohm", "S") else "amplifier"
        problem = "" if own.text else "a number without a unit could be a factor, V/A or a power of ten"
        how = f"a stage of a signal chain: --chain 'COLUMN: {stage}=metadata {key}'"
        if not own.text:
            how = f"say which: --chain 'COLUMN: iv_converter={text} V/A', or amplifier={text}"
        return Offer(name=name, key=key, text=text, problem=problem or f"'{key}' is a stage of a signal chain", how=how)
    if not own.text and DECLARABLE.get(name, ("Hz",))[0] != "":
        example = f"{number:g} {_example(name)}"
        return Offer(
            name=name,
            key=key,
            text=text,
            problem=f"entry '{key}' is {text}, without a unit",
            how=f"{instead} '{example}'" if name in DECLARABLE else instead,
        )
    try:
        _checked(name, text)
    except GzeroError as error:
        return Offer(name=name, key=key, text=text, problem=f"entry '{key}': {error.problem}", how=instead)
    return Offer(name=name, key=key, text=text, problem="", how=declare)


def _checked(name: str, text: str) -> None:
    """Refuse what is no such condition."""
    if name != "frequency":
        condition(name, text)
    elif (unit := parse_quantity(text)[2]).si != "Hz":
        raise ConfigError(f"'{text}' is no frequency [{unit.si or 'a pure number'}]", remedy="state it in Hz")


def _named(key: str) -> tuple[str, str | None]:
    """Name and unit of an entry: of `instruments/lockin/frequency (Hz)`, the last part."""
    match = re.fullmatch(r"(.*?)\s*([(\[][^()\[\]]*[)\]])?\s*", key, re.DOTALL)
    path, bracket = (match[1], match[2] or "") if match else (key, "")
    last = re.split(r"[/\\:|]|(?<=[a-z0-9])\.(?=[A-Za-z])", path)[-1].strip()
    name, unit = split_header(f"{last} {bracket}".strip())
    return name.strip(), unit


def _example(name: str) -> str:
    return {"frequency": "Hz"}.get(name) or DECLARABLE[name][0] or ""


def _words(name: str) -> str:
    return name.replace("_", " ")
