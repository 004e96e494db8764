"""What the user asks for: options of the command line and keys of a TOML file, merged, with who said what."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_args

from gzero.errors import ConfigError
from gzero.fitters.options import RISER_SHAPES, Action, Longitudinal, NoiseModel, RiserShape, Rows, Transmission
from gzero.fitters.problem import Loss
from gzero.measurement.chain_text import chain_schema, chain_text
from gzero.measurement.ledger import By
from gzero.measurement.masks import joined, mask_schema, mask_text
from gzero.models.carriers import Statistics
from gzero.reduction.selection import Selection

#: Options and the text that each takes; the same names as on the command line, dashes for underscores in neither.
_TEXTS = (
    "experiment", "x", "y", "std", "x_unit", "y_unit", "sheet", "group", "run", "trace", "loader", "encoding", "delimiter", "decimal",
    "quantum", "particle", "mass", "temperature", "series_resistance", "gain", "offset", "length", "bias",
    "lever_arm", "width", "area", "electric_field", "magnetic_field", "compressibility", "channels", "density",
    "reservoir_temperature", "sound_speed", "length_offset", "exposure", "columns", "risers", "range", "plateaus", "invalid", "repeats", "sweep", "loss", "noise_model", "blind_record",
    "statistics", "dimensions", "transmission", "action", "rows", "longitudinal", "chain", "mask", "from_metadata",
)  # fmt: skip
#: Options that take one of a few words, the default first.
_CHOICES: dict[str, tuple[str, ...]] = {
    "invalid": ("refuse", "drop"),
    "repeats": ("mean", "refuse"),
    "sweep": ("split", "refuse", "up", "down", "sort"),
    "loss": get_args(Loss),
    "noise_model": get_args(NoiseModel),
    "statistics": get_args(Statistics),
    "dimensions": ("3", "2", "1"),
    "transmission": get_args(Transmission),
    "action": get_args(Action),
    "rows": get_args(Rows),
    "longitudinal": get_args(Longitudinal),
}
_NUMBERS = ("margin", "level_margin", "confidence", "seed", "header_row", "degeneracy", "phonon_exponent")

#: Options that are said or not.
_FLAGS = ("blind",)

#: Options that may be tables in a file, and how those are written as one text.
_TABLES: Mapping[str, Callable[[object], str]] = {"chain": chain_text, "mask": mask_text}

#: Options that count, with their least value.
_COUNTS = {"seed": 0, "header_row": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that can be asked of one file; None where nothing was said.

    Parameters
    ----------
    said_by : option -> "user" (command line or Python), or the name of the configuration file that said it.
    provenance : the `[provenance]` table of a sidecar: statements that are shown wherever the data are.
    """

    experiment: str | None = None
    x: str | None = None
    y: str | None = None
    std: str | None = None
    x_unit: str | None = None
    y_unit: str | None = None
    sheet: str | None = None
    group: str | None = None
    run: str | None = None
    trace: str | None = None
    loader: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    header_row: int | None = None
    quantum: str | None = None
    particle: str | None = None
    mass: str | None = None
    temperature: str | None = None
    series_resistance: str | None = None
    gain: str | None = None
    offset: str | None = None
    length: str | None = None
    bias: str | None = None
    lever_arm: str | None = None
    width: str | None = None
    area: str | None = None
    electric_field: str | None = None
    magnetic_field: str | None = None
    compressibility: str | None = None
    channels: str | None = None
    density: str | None = None
    reservoir_temperature: str | None = None
    sound_speed: str | None = None
    length_offset: str | None = None
    exposure: str | None = None
    columns: str | None = None
    risers: str | None = None
    range: str | None = None
    plateaus: str | None = None
    invalid: str | None = None
    repeats: str | None = None
    sweep: str | None = None
    loss: str | None = None
    noise_model: str | None = None
    statistics: str | None = None
    dimensions: str | None = None
    degeneracy: float | None = None
    transmission: str | None = None
    action: str | None = None
    rows: str | None = None
    longitudinal: str | None = None
    phonon_exponent: float | None = None
    margin: float | None = None
    level_margin: float | None = None
    confidence: float | None = None
    seed: int | None = None
    blind: bool | None = None
    blind_record: str | None = None
    chain: str | None = None
    mask: str | None = None
    from_metadata: str | None = None
    said_by: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)

    def over(self, below: Config) -> Config:
        """This configuration, with `below` where it says nothing."""
        values: dict[str, Any] = {}
        for name in (*_TEXTS, *_NUMBERS, *_FLAGS):
            own = getattr(self, name)
            values[name] = own if own is not None else getattr(below, name)
        said = {**below.said_by, **self.said_by}
        if self.mask is not None and below.mask is not None:  # what one has left out, the other does not bring back
            values["mask"] = joined(below.mask, self.mask)
            who = {below.said_by.get("mask"): 0, self.said_by.get("mask"): 1}
            said["mask"] = " and ".join("the command line" if one == "user" else str(one) for one in who)
        return Config(**values, said_by=said, provenance={**below.provenance, **self.provenance})

    def origin(self, name: str) -> tuple[By, str]:
        """Who chose an option, and the file that said it ("" for the command line)."""
        if getattr(self, name) is None:
            return "default", ""
        said = self.said_by.get(name, "")
        return "data" if said.startswith("metadata ") else "user", "" if said == "user" else said


def configure(said: str = "user", /, **options: Any) -> Config:
    """A configuration from keywords; what is None was not said.

    Raises
    ------
    ConfigError : an option that does not exist, or has no usable value.
    """
    known = {f.name for f in fields(Config)} - {"said_by", "provenance"}
    for name in options:
        if name not in known:
            close = _closest(name, known)
            raise ConfigError(
                f"there is no option '{name}'",
                remedy=f"did you mean '{close}'?" if close else f"options are {', '.join(sorted(known))}",
                allowed=tuple(sorted(known)),
            )
    given: dict[str, Any] = {name: _typed(name, value) for name, value in options.items() if value is not None}
    return Config(**given, said_by=dict.fromkeys(given, said))


def _typed(name: str, value: object) -> object:
    """The option's value in its type; numbers are welcome where a text holds a number, and the other way round."""
    if name in _COUNTS:
        return _count(name, value)
    if name in _FLAGS:
        if not isinstance(value, bool):
            raise ConfigError(f"{name}: {value!r} is not true or false", remedy=f"write {name} = true, or leave it out")
        return value
    if name in _NUMBERS:
        try:
            number = float(str(value))
        except ValueError:
            raise ConfigError(
                f"{name.replace('_', '-')}: '{value}' is not a number", remedy="write for example 0.05"
            ) from None
        if not math.isfinite(number):
            raise ConfigError(f"{name.replace('_', '-')}: '{value}' is not finite", remedy="write for example 0.05")
        return number
    if name in _TABLES and not isinstance(value, str | int | float):
        return _TABLES[name](value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ConfigError(f"{name}: {value!r} is not a text", remedy='write it in quotes, for example "2e^2/h"')
    return str(value)


def _count(name: str, value: object) -> int:
    """A whole number, to the last digit."""
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"\+?[0-9]{1,40}", text) or int(text) < _COUNTS[name]:
        raise ConfigError(
            f"{name.replace('_', '-')}: '{text[:60]}' is not a whole number from {_COUNTS[name]}",
            remedy="write for example 1",
        )
    return int(text)


def _closest(name: str, known: set[str]) -> str | None:
    from difflib import get_close_matches

    found = get_close_matches(name.replace("-", "_"), known, n=1)
    return found[0] if found else None


def read_config(path: Path) -> Config:
    """The configuration that a TOML file states: its top-level keys, and the `[provenance]` table.

    Raises
    ------
    ConfigError : the file cannot be read or parsed, or holds an unknown key.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        content = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", path=str(path)) from error
    except (
        ValueError,
        RecursionError,
    ) as error:  # TOMLDecodeError, a number of thousands of digits, brackets without end
        raise ConfigError(f"is not TOML: {error}", path=str(path), remedy='write key = "value" lines') from error
    provenance = content.pop("provenance", {})
    content.pop("gzero", None)  # the version that wrote it
    if not isinstance(provenance, dict):
        raise ConfigError("provenance is a table", path=str(path), remedy="write [provenance] on a line of its own")
    twice = {key for key in content if "-" in key and key.replace("-", "_") in content}
    if twice:
        raise ConfigError(f"says {' and '.join(sorted(twice))} twice, with dash and underscore", path=str(path))
    try:
        config = configure(path.name, **{key.replace("-", "_"): value for key, value in content.items()})
    except ConfigError as error:
        raise ConfigError(error.problem, path=str(path), remedy=error.remedy, allowed=error.allowed) from None
    from dataclasses import replace

    if config.blind_record is not None:  # a file that moves with its directory
        config = replace(config, blind_record=str(path.parent / config.blind_record))
    return replace(config, provenance={str(k): str(v) for k, v in provenance.items()})


def with_files(options: Config, path: Path, config_file: Path | None) -> Config:
    """Options over `--config` over the sidecar `lab.toml` beside `lab.csv`."""
    out = options
    if config_file is not None:
        out = out.over(read_config(config_file))
    if not path.name:
        return out
    sidecar = path.with_suffix(".toml")
    if sidecar != path and sidecar.is_file() and sidecar != config_file:
        out = out.over(read_config(sidecar))
    return out


def selection(config: Config, x_factor: float = 1.0) -> Selection:
    """The readings that the configuration asks for; `range` is in the file's unit of x, `x_factor` brings it to SI.

    Raises
    ------
    ConfigError : a range or a choice that is none.
    """
    low, high = -math.inf, math.inf
    if config.range is not None:
        low, high = (value * x_factor for value in _pair(config.range, "range", "-0.9:-0.3"))
        low, high = min(low, high), max(low, high)
    return Selection(
        invalid=one_of(config.invalid, "invalid"),  # type: ignore[arg-type]
        repeats=one_of(config.repeats, "repeats"),  # type: ignore[arg-type]
        sweep=one_of(config.sweep, "sweep"),  # type: ignore[arg-type]
        x_low=low,
        x_high=high,
    )


def risers(config: Config) -> frozenset[RiserShape]:
    """What shapes the risers of the model.

    Raises
    ------
    ConfigError : a word that is none.
    """
    words = [word.strip() for word in (config.risers or "").split(",") if word.strip()]
    for word in words:
        if word not in RISER_SHAPES:
            raise ConfigError(
                f"--risers '{word}' is no shape",
                remedy=f"choose from {', '.join(RISER_SHAPES)}, separated by commas",
                allowed=RISER_SHAPES,
            )
    return frozenset(word for word in RISER_SHAPES if word in words)


def loss(config: Config) -> Loss:
    """How far single readings may pull the model's fit.

    Raises
    ------
    ConfigError : no such loss.
    """
    return one_of(config.loss, "loss")  # type: ignore[return-value]


def noise_model(config: Config) -> NoiseModel:
    """Whether readings may hang together.

    Raises
    ------
    ConfigError : no such noise model.
    """
    return one_of(config.noise_model, "noise_model")  # type: ignore[return-value]


def plateaus(config: Config) -> tuple[int, int] | None:
    """First and last plateau of the claim.

    Raises
    ------
    ConfigError : not of the form 1:4.
    """
    if config.plateaus is None:
        return None
    low, high = _pair(config.plateaus, "plateaus", "1:4")
    if not (1 <= low <= high < 1000 and low.is_integer() and high.is_integer()):
        raise ConfigError(
            f"plateaus '{config.plateaus}' is not a range of counts", remedy="write for example --plateaus 1:4"
        )
    return int(low), int(high)


def columns(config: Config) -> dict[str, str]:
    """Role -> column, for what is read beside x and y.

    Raises
    ------
    ConfigError : not of the form ROLE=COLUMN.
    """
    out: dict[str, str] = {}
    for part in (config.columns or "").split(","):
        role, sign, column = part.partition("=")
        if part.strip() and not (sign and role.strip() and column.strip()):
            raise ConfigError(
                f"columns '{part.strip()}' is not ROLE=COLUMN",
                remedy="write for example --columns longitudinal_resistance=Rxx",
            )
        if part.strip():
            out[role.strip()] = column.strip()
    return out


def _pair(text: str, name: str, example: str) -> tuple[float, float]:
    first, colon, second = text.partition(":")
    try:
        low, high = float(first) if first.strip() else -math.inf, float(second) if second.strip() else math.inf
    except ValueError:
        low = high = math.nan
    if not colon or math.isnan(low) or math.isnan(high):
        raise ConfigError(f"{name} '{text}' is not LOW:HIGH", remedy=f"write for example --{name} {example}")
    return low, high


def one_of(value: str | None, name: str) -> str:
    """The word that an option takes, its default where nothing was said.

    Raises
    ------
    ConfigError : a word that is none of them.
    """
    allowed = _CHOICES[name]
    if value is None:
        return allowed[0]
    if value not in allowed:
        flag = name.replace("_", "-")
        raise ConfigError(f"--{flag} '{value}' is no choice", remedy=f"choose {', '.join(allowed)}", allowed=allowed)
    return value


def config_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a configuration file: what a TOML sidecar may hold."""
    kinds: dict[str, Any] = {name: {"type": ["string", "number"]} for name in _TEXTS} | {
        name: {"type": "number"} for name in _NUMBERS
    }
    for name in ("seed", "header_row"):
        kinds[name] = {"type": "integer"}
    for name in _FLAGS:
        kinds[name] = {"type": "boolean"}
    for name, allowed in _CHOICES.items():
        kinds[name] = {"enum": [*allowed, *(int(word) for word in allowed if word.isdigit())]}
    kinds |= {"chain": chain_schema(), "mask": mask_schema()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "gzero.config/1",
        "title": "gzero configuration: options of the command line as keys, with underscores",
        "type": "object",
        "properties": {
            **kinds,
            "gzero": {"type": "string"},
            "provenance": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}},
        },
        "additionalProperties": False,
    }
