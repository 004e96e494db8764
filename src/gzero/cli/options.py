"""The options that `inspect`, `fit`, `validate` and `report` share, and those of `simulate`, each written down once."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line asks for, before any configuration file: option -> text."""

    options: dict[str, str | float | None]
    config: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the command line says of a simulated file: option -> value, without those that it leaves to their default."""

    options: dict[str, Any]


#: Option name, flag, type, help, panel.
Row = tuple[str, str, type, str, str]


# Quantities are texts such as "420(12) ohm".
_DATA, _PHYSICS, _CHOICES = "Reading the file", "What is known", "Choices"
_OPTIONS: tuple[Row, ...] = (
    (
        "experiment",
        "--experiment",
        str,
        "Kind of measurement, such as staircase, hall, decay; `gzero fit --experiment ?` lists them.",
        _DATA,
    ),
    ("x", "--x", str, "Column of the abscissa, by header or number from 1.", _DATA),
    ("y", "--y", str, "Column of the conductance, the current or the resistance.", _DATA),
    ("std", "--std", str, "Column of the standard uncertainty of y.", _DATA),
    ("columns", "--columns", str, "Further columns, as ROLE=COLUMN,ROLE=COLUMN.", _DATA),
    ("x_unit", "--x-unit", str, "Unit of x where the header states none.", _DATA),
    ("y_unit", "--y-unit", str, "Unit of y where the header states none.", _DATA),
    (
        "sheet",
        "--sheet",
        str,
        "Sheet of a workbook, by name or number, with a range of cells if wanted: IV!B3:F200.",
        _DATA,
    ),
    ("group", "--group", str, "Group, dataset, wave or variable of a file that holds many, by name or number.", _DATA),
    ("run", "--run", str, "Run of a database of measurements, by number or name.", _DATA),
    (
        "trace",
        "--trace",
        str,
        'One trace of a map or branch of a sweep: index from 0, name, or place such as "G2 = -700 mV".',
        _DATA,
    ),
    (
        "chain",
        "--chain",
        list,
        'Between sample and column: "I_meas: iv_converter=1.00(1)e8 V/A, amplifier=100"; again for each column.',
        _DATA,
    ),
    (
        "mask",
        "--mask",
        list,
        'Readings to leave out, with the reason: "G1 > -280: channel not formed", "rows 10:20: settling"; again for each.',
        _DATA,
    ),
    (
        "from_metadata",
        "--from-metadata",
        str,
        'Conditions to take from the file\'s metadata: "temperature, bias", or "temperature=Sample temperature".',
        _DATA,
    ),
    ("loader", "--loader", str, "Loader to use instead of the one that recognises the file.", _DATA),
    ("encoding", "--encoding", str, "Encoding of a text file.", _DATA),
    ("delimiter", "--delimiter", str, "Delimiter of a text file.", _DATA),
    ("decimal", "--decimal", str, "Decimal sign of a text file.", _DATA),
    ("header_row", "--header-row", int, "Line that holds the header, from 1.", _DATA),
    ("quantum", "--quantum", str, 'The unit to test: "2e^2/h", "1/h", "kappa0*T", "h/m".', _PHYSICS),
    ("particle", "--particle", str, "electron, 6Li, 3He, 40K, ...", _PHYSICS),
    ("mass", "--mass", str, 'Mass, such as "6.015 u" or "0.26 m_e".', _PHYSICS),
    ("temperature", "--temperature", str, 'Temperature, such as "42 nK".', _PHYSICS),
    ("length", "--length", str, 'Length of the channel, such as "1.2 um".', _PHYSICS),
    ("bias", "--bias", str, 'Bias voltage of a current column, such as "100(1) uV".', _PHYSICS),
    ("series_resistance", "--series-resistance", str, '"420(12) ohm", or "fit".', _PHYSICS),
    ("gain", "--gain", str, 'Measured over true, such as "1.00(1)".', _PHYSICS),
    ("offset", "--offset", str, 'Reading at zero, such as "0(0.1) uS".', _PHYSICS),
    ("lever_arm", "--lever-arm", str, 'Energy of a level over e times gate voltage, such as "0.05(1)".', _PHYSICS),
    ("width", "--width", str, 'Width of the channel (pulse: standard deviation at t = 0), such as "4 um".', _PHYSICS),
    ("area", "--area", str, 'Area that radiates, such as "1 cm^2".', _PHYSICS),
    ("electric_field", "--electric-field", str, 'Electric field, such as "2 V/cm".', _PHYSICS),
    ("magnetic_field", "--magnetic-field", str, 'Magnetic field, such as "9 T".', _PHYSICS),
    ("density", "--density", str, 'Density, such as "3e11 1/cm^2".', _PHYSICS),
    ("channels", "--channels", str, "Number of channels, declared beforehand.", _PHYSICS),
    (
        "compressibility",
        "--compressibility",
        str,
        'dN/dmu of both reservoirs in series (half of one of two equal ones), such as "1.2(1)e33 1/J".',
        _PHYSICS,
    ),
    ("reservoir_temperature", "--reservoir-temperature", str, 'Of the cold side, such as "20 mK".', _PHYSICS),
    (
        "length_offset",
        "--length-offset",
        str,
        'Length as written less the true one, of all devices, such as "0(20) nm".',
        _PHYSICS,
    ),
    ("exposure", "--exposure", str, 'Of one position of a track, such as "5 ms".', _PHYSICS),
    ("sound_speed", "--sound-speed", str, 'Of phonons that radiate, such as "6 km/s".', _PHYSICS),
    (
        "risers",
        "--risers",
        str,
        "What shapes the risers of the model: shared, curved, thermal*saddle, bias, modulation, sub-step.",
        _CHOICES,
    ),
    ("statistics", "--statistics", str, "Of the carriers: classical (default), fermi or bose.", _CHOICES),
    ("dimensions", "--dimensions", str, "Of the gas of carriers: 3 (default), 2 or 1.", _CHOICES),
    ("degeneracy", "--degeneracy", float, "States that a density counts: spins times valleys (1).", _CHOICES),
    ("transmission", "--transmission", str, "From a length: landauer (default) or drude, l/L.", _CHOICES),
    ("action", "--action", str, "h_s as mvL (default) or kBT, kB T times the time of transit.", _CHOICES),
    ("rows", "--rows", str, "Of a table of D: auto (default), each an answer, or one curve.", _CHOICES),
    (
        "longitudinal",
        "--longitudinal",
        str,
        "R_xx of a Hall bar that was read on both sides: mean (default), first or second.",
        _CHOICES,
    ),
    (
        "phonon_exponent",
        "--phonon-exponent",
        float,
        "p of the heat of phonons, T^p: held there, such as 4 (5 of a flow, 3 of a conductance, unless excluded).",
        _CHOICES,
    ),
    ("margin", "--margin", float, "Half-width of what counts as the quantum (0.05).", _CHOICES),
    ("level_margin", "--level-margin", float, "The same for every level, in quanta (0.1).", _CHOICES),
    ("confidence", "--confidence", float, "Confidence of the intervals (0.95).", _CHOICES),
    ("range", "--range", str, "LOW:HIGH of x, in the file's unit; of the units to try (quantogram).", _CHOICES),
    ("plateaus", "--plateaus", str, "FIRST:LAST plateau of the claim, declared beforehand.", _CHOICES),
    ("invalid", "--invalid", str, "Rows that are no finite numbers: refuse (default) or drop.", _CHOICES),
    ("repeats", "--repeats", str, "Settings that were read twice: mean (default) or refuse.", _CHOICES),
    ("sweep", "--sweep", str, "A sweep that turns round: split (default), refuse, up, down or sort.", _CHOICES),
    ("loss", "--loss", str, "Of the model's fit: linear (default), soft_l1, huber or cauchy.", _CHOICES),
    (
        "noise_model",
        "--noise-model",
        str,
        "Of the readings: learnt from the residuals (default), or white whatever they say.",
        _CHOICES,
    ),
    ("seed", "--seed", int, "Seed of anything random; it is in the report.", _CHOICES),
    ("blind", "--blind", bool, "Hide the scale of the conductance until `gzero unblind FILE`.", _CHOICES),
    ("blind_record", "--blind-record", str, "Where the blind record is (FILE.blind.json).", _CHOICES),
)


_SHAPE, _NOISE, _FAULTS = (
    "The curve",
    "The noise",
    "Faults, in the readings and the truth, in no key that gzero reads",
)
_SIMULATION: tuple[Row, ...] = (
    ("quantum", "--quantum", str, 'Height of the steps ("2e^2/h").', _SHAPE),
    ("particle", "--particle", str, "electron unless stated.", _SHAPE),
    ("mass", "--mass", str, 'Mass, such as "0.26 m_e".', _SHAPE),
    ("temperature", "--temperature", str, 'Width of the risers as a temperature, such as "42 nK".', _SHAPE),
    ("steps", "--steps", int, "Number of steps (4).", _SHAPE),
    ("points", "--points", int, "Number of readings of a sweep (400).", _SHAPE),
    ("repeats", "--repeats", int, "Sweeps one after the other (1); gzero reads their mean.", _SHAPE),
    ("height", "--height", float, "Step height in quanta (1, quantized).", _SHAPE),
    ("descending", "--descending", bool, "Conductance falls with x.", _SHAPE),
    ("noise", "--noise", float, "Standard deviation of a reading, in quanta; diffusion: relative (0.02).", _NOISE),
    ("noise_world", "--noise-world", str, "white (default), heteroscedastic, ar1, 1/f, telegraph, adc.", _NOISE),
    ("stated_std", "--stated-std/--no-stated-std", bool, "Whether the file states it (it does).", _NOISE),
    ("seed", "--seed", int, "Seed of the noise (1).", _NOISE),
    (
        "parameters",
        "--set",
        list,
        "NAME=NUMBER of the experiment's own generator; again for each; lists as 1:2:3.",
        _SHAPE,
    ),
    ("series_resistance", "--series-resistance", str, 'In series with the constriction, such as "420 ohm".', _FAULTS),
    ("gain", "--gain", float, "Reading over truth (1).", _FAULTS),
    ("offset", "--offset", float, "Reading at zero conductance, in quanta (0).", _FAULTS),
    ("transmissions", "--transmissions", str, 'Of each mode, such as "1,0.98,0.9,1" (1).', _FAULTS),
)


def takes_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the shared options; it receives them as one `asked: Asked`, without those that it declares itself."""
    own = inspect.signature(command).parameters
    rows = tuple(row for row in _OPTIONS if row[0] not in own)

    @functools.wraps(command)
    def run(**said: Any) -> Any:
        config = said.pop("config", None)
        shared = {name: _one_text(said.pop(name)) for name, *_ in rows}
        return command(**said, asked=Asked(options=shared, config=config))

    file = typer.Option(
        "--config", help="TOML file with any of these options as keys.", rich_help_panel=_CHOICES, show_default=False
    )
    config = inspect.Parameter(
        "config", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[Path | None, file]
    )
    return _signed(run, command, [*_parameters(rows), config], instead_of="asked")


def takes_simulation(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a simulated file; it receives those that were stated as one `said: Said`."""

    @functools.wraps(command)
    def run(**typed: Any) -> Any:
        stated = {name: typed.pop(name) for name, *_ in _SIMULATION}
        chosen = {name: tuple(v) if isinstance(v, list) else v for name, v in stated.items() if v is not None}
        return command(**typed, said=Said(options=chosen))

    return _signed(run, command, _parameters(_SIMULATION), instead_of="said")


def _parameters(rows: tuple[Row, ...]) -> list[inspect.Parameter]:
    return [_parameter(row) for row in rows]


@functools.cache
def _parameter(row: Row) -> inspect.Parameter:
    """An option as a parameter that is None where nothing was said; the commands share it."""
    name, flag, kind, text, panel = row
    stated = typer.Option(flag, help=text, rich_help_panel=panel, show_default=False)
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[(list[str] if kind is list else kind) | None, stated],
    )


def _one_text(said: Any) -> Any:
    """What was said more than once, one a line; None where nothing was."""
    return ("\n".join(said) or None) if isinstance(said, list | tuple) else said


def _signed(
    run: Callable[..., Any], command: Callable[..., Any], options: list[inspect.Parameter], *, instead_of: str
) -> Callable[..., Any]:
    """`run` with the parameters of the command, the one that gathers the options replaced by the options."""
    own = [p for p in inspect.signature(command, eval_str=True).parameters.values() if p.name != instead_of]
    run.__signature__ = inspect.Signature([*own, *options])  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in (*own, *options)}
    return run
