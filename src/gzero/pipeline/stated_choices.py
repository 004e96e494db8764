"""The choices of a configuration: what can change the answer, in one spelling, so that the same choices have one hash."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields

from gzero.errors import GzeroError
from gzero.measurement.chain_text import canonical_chain
from gzero.measurement.kinds import kind
from gzero.measurement.masks import canonical_masks
from gzero.measurement.measurement import DECLARABLE, condition
from gzero.pipeline.blind_record import digest
from gzero.pipeline.config import Config, loss, plateaus, risers, selection
from gzero.pipeline.conventions import NAMES, conventions, longitudinal, rows
from gzero.pipeline.load import FIT, environment
from gzero.quanta import parse_quantum
from gzero.verdict.margins import Margins

#: What is in no hash: who said an option, statements about the data, and blind mode itself. Everything else that a
#: configuration holds is a choice, a seed (one can shop for it) and a trace (one can pick it) included.
_NO_CHOICES = ("said_by", "provenance", "blind", "blind_record")

#: How an option reads that nobody stated and that has no default to name.
NOT_STATED = "not stated"


def choices_of(config: Config) -> dict[str, str]:
    """Option -> its value as canonical text, defaults included, sorted by name.

    Two spellings of one value ("G0" and "2e2/h", "420 ohm" and "0.42 kohm", a default that is typed) are one text. A
    column by its header and by its number are two, as are a trace by name and by index.

    Raises
    ------
    ConfigError : an option without a usable value.
    """
    names = [f.name for f in fields(Config) if f.name not in _NO_CHOICES]
    out = {name: _plain(getattr(config, name)) for name in names}
    default, chosen = Margins(), selection(config)
    out |= {
        "margin": _plain(default.step if config.margin is None else config.margin),
        "level_margin": _plain(default.level if config.level_margin is None else config.level_margin),
        "confidence": _plain(default.confidence if config.confidence is None else config.confidence),
        "invalid": chosen.invalid,
        "repeats": chosen.repeats,
        "sweep": chosen.sweep,
        "loss": loss(config),
        "rows": rows(config),
        "longitudinal": longitudinal(config),
    }
    taken = conventions(config)
    out |= {name: _plain(getattr(taken, name)) for name in NAMES}
    if config.range is not None:
        all_of_it = chosen.x_low == -math.inf and chosen.x_high == math.inf
        out["range"] = NOT_STATED if all_of_it else f"{_plain(chosen.x_low)}:{_plain(chosen.x_high)}"
    if config.experiment is not None:
        out["experiment"] = kind(config.experiment).name
    if config.risers is not None:
        out["risers"] = ",".join(sorted(risers(config))) or NOT_STATED
    if (claimed := plateaus(config)) is not None:
        out["plateaus"] = f"{claimed[0]}:{claimed[1]}"
    if config.chain is not None:
        out["chain"] = canonical_chain(config.chain)
    if config.mask is not None:
        out["mask"] = canonical_masks(config.mask)
    if config.quantum is not None:
        out["quantum"] = parse_quantum(config.quantum, environment(config)).symbol
    for name in DECLARABLE:
        stated = getattr(config, name, None)
        if stated is not None:
            out[name] = FIT if stated.strip() == FIT else _quantity(name, stated)
    return dict(sorted(out.items()))


def _plain(value: object) -> str:
    if value is None:
        return NOT_STATED
    return f"{value:.12g}" if isinstance(value, float) else str(value).strip()


def _quantity(name: str, text: str) -> str:
    """Value and uncertainty in SI; what cannot be read so stays as it was typed, and the analysis says what is wrong."""
    try:
        found = condition(name, text)
    except GzeroError:
        return text.strip()
    return f"{found.value:.12g} +/- {found.std:.12g} {found.unit or ''}".strip()


def hash_of(choices: Mapping[str, str]) -> str:
    """SHA-256 of choices."""
    return digest(dict(choices))


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """(option, from, to) of every option that is not the same."""
    names = sorted({*before, *after})
    return tuple(
        (name, before.get(name, NOT_STATED), after.get(name, NOT_STATED))
        for name in names
        if before.get(name, NOT_STATED) != after.get(name, NOT_STATED)
    )
