"""Simulated files: synthetic data as CSV with their truth and their gzero configuration beside them."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from gzero.errors import ConfigError
from gzero.estimate import declared, parse_quantity
from gzero.measurement.kinds import KINDS
from gzero.pipeline.datasets import write_synthetic
from gzero.quanta import Conditions, Quantum, parse_quantum, particle

#: Experiments whose generator takes options of its own here; every other one takes its parameters by `--set`.
_OWN = ("staircase", "diffusion", "quantogram")
EXPERIMENTS = tuple(name for name, kind in KINDS.items() if not kind.catalogue)

#: Options that a simulated diffusion and a simulated list have; the others belong to the staircase.
_OF_DIFFUSION = ("experiment", "particle", "mass", "noise", "seed")
_OF_QUANTOGRAM = (
    "experiment",
    "quantum",
    "particle",
    "mass",
    "height",
    "steps",
    "repeats",
    "noise",
    "stated_std",
    "seed",
)

_OF_ANY = ("experiment", "points", "noise", "noise_world", "stated_std", "seed", "parameters")

#: More than a sweep ever has; neighbours of so many settings still differ in the six digits of the file.
MOST_READINGS, MOST_STEPS = 100_000, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What is asked of a simulated file; quantities are texts as on the command line.

    Parameters
    ----------
    quantum : height of the steps, "2e^2/h" unless stated.
    particle, mass, temperature : stated in the sidecar; a temperature is the width of the risers.
    steps, points, repeats : of the staircase; readings of a sweep; sweeps.
    noise : standard deviation of a reading, in quanta (diffusion: relative).
    height : of a step, in quanta.
    noise_world : one of `gzero.synthetic.noise.WORLDS`.
    series_resistance, gain, offset [quanta], transmissions : faults that are in the readings and in the truth, and not in
        the keys that an analysis reads: finding them, or stating them, is up to whoever analyses the file.
    descending : whether conductance falls with x.
    stated_std : whether the file has a column of standard deviations.
    parameters : `NAME=NUMBER` for parameters of the experiment's own generator.
    """

    experiment: str
    quantum: str | None = None
    particle: str | None = None
    mass: str | None = None
    temperature: str | None = None
    steps: int = 4
    points: int = 400
    repeats: int = 1
    noise: float = 0.02
    height: float = 1.0
    noise_world: str = "white"
    series_resistance: str | None = None
    gain: float = 1.0
    offset: float = 0.0
    transmissions: str | None = None
    descending: bool = False
    stated_std: bool = True
    seed: int = 1
    parameters: tuple[str, ...] = ()


def simulate_file(wanted: Simulation, output: Path) -> tuple[Path, Path]:
    """Write a simulated file and its sidecar; returns both paths.

    Raises
    ------
    ConfigError : an unknown experiment or options that make no data.  UnitError : a quantity in another unit.
    OutputError : the file cannot be written.
    """
    if output.suffix != ".csv":
        raise ConfigError(f"'{output.name}' does not end in .csv", remedy="simulated data are written as CSV")
    if wanted.experiment not in EXPERIMENTS:
        raise ConfigError(
            f"experiment '{wanted.experiment}' cannot be simulated",
            remedy=f"choose {', '.join(EXPERIMENTS)}",
            allowed=EXPERIMENTS,
        )
    if wanted.seed < 0:
        raise ConfigError(f"seed {wanted.seed} is not a whole number from 0", remedy="write for example --seed 7")
    if wanted.experiment not in _OWN:
        return _any(wanted, output)
    if wanted.experiment == "diffusion" and _is_curve(wanted):
        return _any(wanted, output, generator="diffusion_curve")
    if wanted.parameters:
        raise ConfigError(
            f"--set is not for {wanted.experiment}", remedy="it has options of its own: see gzero simulate --help"
        )
    writers = {"staircase": _staircase, "diffusion": _diffusion, "quantogram": _quantogram}
    return writers[wanted.experiment](wanted, output)


def _is_curve(wanted: Simulation) -> bool:
    """Whether D over temperature of one sample is asked for, and not a row a temperature."""
    return any(
        getattr(wanted, option.name) != option.default
        for option in fields(wanted)
        if option.name in ("points", "parameters")
    )


def _any(wanted: Simulation, output: Path, *, generator: str = "") -> tuple[Path, Path]:
    """An experiment's own generator, with what is set of its parameters."""
    _only(wanted, _OF_ANY)
    generate = importlib.import_module(f"gzero.synthetic.{generator or wanted.experiment}").simulate
    known = {name: p for name, p in inspect.signature(generate).parameters.items() if name not in ("rng", "seed")}
    given: dict[str, object] = {}
    default = Simulation(experiment=wanted.experiment)
    for option, name in (
        ("points", "points"),
        ("noise", "noise"),
        ("noise_world", "world"),
        ("stated_std", "stated_std"),
    ):
        if (value := getattr(wanted, option)) == getattr(default, option):
            continue
        if name not in known:
            raise ConfigError(f"--{option.replace('_', '-')} is not for {wanted.experiment}", remedy="leave it out")
        given[name] = value
    given |= _set(wanted, known)
    if isinstance(points := given.get("points"), int) and points > MOST_READINGS:
        raise ConfigError(f"{points} readings are too many", remedy=f"use at most {MOST_READINGS}")
    synthetic = generate(np.random.default_rng(wanted.seed), seed=wanted.seed, **given)
    return write_synthetic(synthetic, output, {"experiment": wanted.experiment})


def _set(wanted: Simulation, known: Mapping[str, inspect.Parameter]) -> dict[str, object]:
    """What --set says, in the type of each parameter's default.

    Raises
    ------
    ConfigError : no such parameter, or no value of its type.
    """
    out: dict[str, object] = {}
    for text in wanted.parameters:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not sign or name not in known:
            raise ConfigError(
                f"--set '{text}': {wanted.experiment} has no such parameter",
                remedy=f"choose {', '.join(f'{k}={_shown(p.default)}' for k, p in known.items())}",
                allowed=tuple(known),
            )
        kind = type(known[name].default)
        try:
            if kind is bool:
                out[name] = {"true": True, "false": False}[value.lower()]
            elif kind is tuple:
                out[name] = tuple(float(part) for part in value.split(":"))
            else:
                out[name] = kind(value) if kind in (int, str) else float(value)
        except (KeyError, ValueError):
            raise ConfigError(
                f"--set '{text}': '{value}' is no value of {name}",
                remedy=f"write for example {name}={_shown(known[name].default)}",
            ) from None
    return out


def _shown(default: object) -> str:
    return ":".join(f"{v:g}" for v in default) if isinstance(default, tuple) else str(default)


def _staircase(wanted: Simulation, output: Path) -> tuple[Path, Path]:
    from gzero.synthetic.staircase import simulate

    if wanted.points * wanted.repeats > MOST_READINGS or wanted.steps > MOST_STEPS:
        raise ConfigError(
            f"{wanted.steps} steps in {wanted.repeats} x {wanted.points} readings are too many",
            remedy=f"use at most {MOST_STEPS} steps and {MOST_READINGS} readings",
        )
    kelvin = (
        declared(wanted.temperature, si="K", what="temperature", source="temperature").value
        if wanted.temperature
        else None
    )
    who = particle(wanted.particle, mass=wanted.mass)
    unit = parse_quantum(wanted.quantum or "2e^2/h", Conditions(mass=who.mass, temperature=kelvin))
    cold = kelvin is not None and unit.unit != "S"
    x_name = "gate potential" if cold else "Vg"
    synthetic = simulate(
        np.random.default_rng(wanted.seed), quantum=unit, seed=wanted.seed, steps=wanted.steps, points=wanted.points,
        # without a lever arm a temperature widens risers in energy: the abscissa is then an energy over kB
        width=kelvin if cold and kelvin else 5e-3, x_unit="K" if cold else "V", x_name=x_name,
        noise=wanted.noise, height=wanted.height,
        world=wanted.noise_world,  # type: ignore[arg-type] # a name that is none is refused by `draw`
        series_resistance=_resistance(wanted.series_resistance, unit), gain=wanted.gain, offset=wanted.offset,
        transmissions=_numbers(wanted.transmissions), descending=wanted.descending, stated_std=wanted.stated_std,
        repeats=wanted.repeats,
    )  # fmt: skip
    sidecar = {"experiment": "staircase", "quantum": unit.symbol, "x": x_name, "y": "G"}
    stated = {"particle": wanted.particle, "mass": wanted.mass, "temperature": wanted.temperature}
    sidecar |= {key: value for key, value in stated.items() if value}
    if wanted.repeats > 1:
        sidecar |= {"sweep": "sort", "repeats": "mean"}
    heads = ("gate potential [nK]", f"G [{unit.symbol}]") if cold else ("Vg [mV]", f"G [{unit.symbol}]")
    return write_synthetic(
        synthetic, output, sidecar, heads=heads, units=(1e-9 if cold else 1e-3, float(unit.value or 1.0))
    )


def _resistance(text: str | None, unit: Quantum) -> float:
    """A series resistance [ohm] as typed; a truth has no uncertainty."""
    if text is None:
        return 0.0
    value = declared(text, si="ohm", what="--series-resistance", source="series resistance").value
    if parse_quantity(text)[1] is not None:
        raise ConfigError(
            f"--series-resistance: the truth has no uncertainty, and '{text}' states one",
            remedy=f"write for example '{value:g} ohm'",
        )
    if unit.unit != "S":
        raise ConfigError(
            f"--series-resistance: a resistance in ohm cannot be in series with a conductance in [{unit.unit}]",
            remedy="leave it out, or choose an electric quantum",
        )
    return value


def _numbers(text: str | None) -> tuple[float, ...] | None:
    """Transmissions as typed, with commas between them."""
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(
            f"--transmissions: '{text}' is not a list of numbers",
            remedy="write for example --transmissions 1,0.98,0.9,1",
        ) from None


def _diffusion(wanted: Simulation, output: Path) -> tuple[Path, Path]:
    from gzero.synthetic.diffusion import simulate

    _only(wanted, _OF_DIFFUSION)
    who = particle(wanted.particle or (None if wanted.mass else "electron"), mass=wanted.mass)
    synthetic = simulate(np.random.default_rng(wanted.seed), particle=who, seed=wanted.seed, noise=wanted.noise)
    sidecar = {"experiment": "diffusion", "quantum": "h/m"}
    sidecar |= {"mass": wanted.mass} if wanted.mass else {"particle": who.name}
    return write_synthetic(synthetic, output, sidecar, heads=("T [K]", "D [m^2/s]"), units=(1.0, 1.0))


def _only(wanted: Simulation, known: tuple[str, ...]) -> None:
    for option in fields(wanted):
        if option.name not in known and getattr(wanted, option.name) != option.default:
            raise ConfigError(
                f"--{option.name.replace('_', '-')} belongs to the staircase",
                remedy="leave it out, or write gzero simulate staircase",
            )


def _quantogram(wanted: Simulation, output: Path) -> tuple[Path, Path]:
    """A list of the multiples 1 to `steps` of a unit of `height` quanta, each `repeats` times."""
    from gzero.synthetic.quantogram import simulate

    _only(wanted, _OF_QUANTOGRAM)
    if wanted.steps > MOST_STEPS or wanted.steps * wanted.repeats > MOST_READINGS:
        raise ConfigError("too many values", remedy=f"use at most {MOST_STEPS} steps and {MOST_READINGS} values")
    quantum = parse_quantum(
        wanted.quantum or "2e^2/h", Conditions(mass=particle(wanted.particle, mass=wanted.mass).mass)
    )
    if quantum.value is None:
        raise ConfigError(f"the quantum {quantum.symbol} has no value yet", remedy="state --particle or --mass")
    synthetic = simulate(
        np.random.default_rng(wanted.seed), unit=wanted.height * quantum.value, seed=wanted.seed, unit_text=quantum.unit,
        multiples=wanted.steps, repeats=wanted.repeats, scatter=wanted.noise, stated_std=wanted.stated_std,
    )  # fmt: skip
    heads = ("no.", f"level [{quantum.symbol}]")
    return write_synthetic(synthetic, output, {"experiment": "quantogram"}, heads=heads, units=(1.0, quantum.value))
