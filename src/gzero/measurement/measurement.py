"""Numbers with their meaning: quantities in SI, the conditions they were taken under, and where they came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ConfigError, InputError, UnitError
from gzero.estimate import Estimate, declared, parse_quantity
from gzero.loaders.table import Column, Coordinate, Origin
from gzero.measurement.curve import frozen
from gzero.measurement.kinds import Kind, kind
from gzero.measurement.ledger import Choice, Exclusion
from gzero.quanta import Conditions, unit_or_quantum
from gzero.quanta import particle as particle_of
from gzero.units import Unit

#: What a user may state about a measurement: condition -> (SI unit, None where there are several; how it is called in an error).
DECLARABLE: dict[str, tuple[str | None, str]] = {
    "temperature": ("K", "temperature"),
    "series_resistance": ("ohm", "series resistance"),
    "gain": ("", "gain"),
    "offset": ("S", "offset"),
    "length": ("m", "length"),
    "bias": ("V", "bias"),
    "lever_arm": ("", "lever arm"),
    "mass": ("kg", "mass"),
    "width": ("m", "width"),
    "area": ("m^2", "area"),
    "electric_field": ("V/m", "electric field"),
    "magnetic_field": ("T", "magnetic field"),
    "compressibility": ("1/J", "compressibility"),
    "channels": ("", "number of channels"),
    "density": (None, "density"),
    "reservoir_temperature": ("K", "reservoir temperature"),
    "sound_speed": ("m/s", "speed of sound"),
    "length_offset": ("m", "offset of the lengths"),
    "exposure": ("s", "exposure"),
}
#: Units that a density may have: of a line, a sheet, a volume.
DENSITIES = ("1/m", "1/m^2", "1/m^3")


_POSITIVE = (
    "temperature", "length", "mass", "lever_arm", "width", "area", "compressibility", "channels", "density",
    "reservoir_temperature", "sound_speed",
)  # fmt: skip
_NOT_ZERO = ("gain", "bias", "electric_field", "magnetic_field")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """One quantity of a measurement.

    Parameters
    ----------
    name : the quantity ("gate_voltage", "conductance").
    label : the header it was read from, or how it was derived.
    short : the header's name without its unit, for axes and tables.
    written : the unit text that options such as --range are typed in; None is unknown.
    values : in SI, shape (n,); not necessarily finite.
    std : stated standard uncertainties in SI, shape (n,), or None.
    unit : SI unit text; None is unknown (the values are then as written).
    common : source -> relative shift of all values when that source moves up by one standard uncertainty.
    chained : whether a signal chain lies between the sample and what was read.
    """

    name: str
    label: str
    values: NDArray[np.float64]
    std: NDArray[np.float64] | None = None
    unit: str | None = None
    short: str = ""
    written: str | None = None
    common: Mapping[str, float] = field(default_factory=dict)
    chained: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", frozen(self.values))
        object.__setattr__(self, "short", self.short or self.label)
        if self.std is not None:
            object.__setattr__(self, "std", frozen(self.std))
            if self.std.shape != self.values.shape:
                raise InputError(f"{self.label}: {self.std.size} uncertainties for {self.values.size} values")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measurement:
    """One trace, or one row of a table of answers.

    Parameters
    ----------
    kind : name of a row of `measurement.kinds`.
    series : "x" and "y" quantities by name, equal lengths.
    conditions : temperature, bias, length, mass, gain, offset, series_resistance, each an `Estimate` in SI.
    x, y : names of the abscissa and the ordinate among the series.
    trace : name of the trace, "" for a file of one.  coordinate : its place in a map.
    row_numbers : where each reading stands in the file, from 1; empty where it has no rows.
    ledger : the choices that gave the numbers their meaning.
    warnings : what the reader must know about them.
    blind : whether the ordinate is multiplied by a hidden factor (`measurement.blindness`).
    raw : columns that a signal chain was undone of, as the file holds them, by header; as long as the series.
    exclusions : readings that the user masked; they are in no series.
    pieces : of a session of traces that is too long to be held: goes through all of it, a few thousand whole traces at a time, as often
        as it is called; the series here are those of the first piece. None where the series are everything.
    """

    kind: str
    series: Mapping[str, Series]
    conditions: Mapping[str, Estimate]
    origin: Origin
    x: str
    y: str
    trace: str = ""
    coordinate: Coordinate | None = None
    particle: str | None = None
    row_numbers: Sequence[int] = ()
    ledger: tuple[Choice, ...] = ()
    warnings: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    blind: bool = False
    raw: Mapping[str, Column] = field(default_factory=dict)
    exclusions: tuple[Exclusion, ...] = ()
    pieces: Callable[[], Iterator[Measurement]] | None = None

    def __post_init__(self) -> None:
        if len({s.values.size for s in self.series.values()}) > 1:
            lengths = {s.label: s.values.size for s in self.series.values()}
            raise InputError(f"series of unequal lengths: {lengths}", path=self.origin.path)

    def row(self, reading: int) -> int:
        """The row of the file, from 1, that a reading (from 0) stands in."""
        return self.row_numbers[reading] if self.row_numbers else reading + 1

    def taken(self, readings: NDArray[np.int64]) -> Measurement:
        """The measurement with some of its readings, in that order, each with its row of the file."""
        return replace(
            self,
            series={
                name: replace(s, values=s.values[readings], std=None if s.std is None else s.std[readings])
                for name, s in self.series.items()
            },
            raw={name: replace(column, values=column.values[readings]) for name, column in self.raw.items()},
            row_numbers=tuple(self.row(int(i)) for i in readings),
        )

    @property
    def abscissa(self) -> Series:
        """The series that y is plotted over."""
        return self.series[self.x]

    @property
    def ordinate(self) -> Series:
        """The series that is compared with a quantum."""
        return self.series[self.y]

    @classmethod
    def from_arrays(
        cls,
        *,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        y_std: NDArray[np.float64] | None = None,
        x_unit: str | None = None,
        y_unit: str | None = None,
        temperature: str | None = None,
        series_resistance: str | None = None,
        gain: str | None = None,
        offset: str | None = None,
        length: str | None = None,
        lever_arm: str | None = None,
        particle: str | None = None,
        experiment: str = "staircase",
        beside: Mapping[str, tuple[NDArray[np.float64], str | None]] | None = None,
        conditions: Mapping[str, str] | None = None,
        name: str = "arrays",
    ) -> Measurement:
        """A measurement from arrays: a staircase, or what `experiment` says.

        Parameters
        ----------
        x, y, y_std : shape (n,), in `x_unit` and `y_unit`; y_std is the standard uncertainty of each y.
        x_unit, y_unit : unit texts or quanta (``"mV"``, ``"uS"``, ``"2e^2/h"``); None leaves them unknown.
        temperature, series_resistance, gain, offset, length, lever_arm : quantities as text (``"1.00(1)"``, ``"420(12) ohm"``)
            or numbers of the `uncertainties` package in SI.
        particle : what flows, for quanta that need a mass.
        experiment : the kind of measurement; x and y are then what its row says.
        beside : role -> (values, unit text) of what was read with y, such as ``{"longitudinal_resistance": (r_xx, "ohm")}``.
        conditions : further declared quantities by name, such as ``{"compressibility": "1.2(1)e33 1/J"}``.

        Raises
        ------
        InputError : unequal lengths, or no columns of numbers.  UnitError, ConfigError : a text that is not such a quantity.
        """
        row = kind(experiment)
        given: dict[str, str | None] = {
            **_known(conditions or {}),
            "temperature": temperature,
            "series_resistance": series_resistance,
            "gain": gain,
            "offset": offset,
            "length": length,
            "lever_arm": lever_arm,
        }
        stated = {name: condition(name, value) for name, value in given.items() if value is not None}
        mass = particle_of(particle).mass
        if mass is not None and not row.stepped and not row.per_row:
            stated.setdefault("mass", Estimate(value=mass, unit="kg"))
        environment = Conditions(
            mass=mass,
            temperature=stated["temperature"].value if "temperature" in stated else None,
            length=stated["length"].value if "length" in stated else None,
        )
        units = [_stated_unit(text, environment) for text in (x_unit, y_unit)]
        what = row.y.name.replace("_", " ")
        if units[1].known and row.y.units and units[1].si not in row.y.units:
            raise UnitError(
                f"unit '{y_unit}' [{units[1].si or 'dimensionless'}] contradicts a {what} [{' or '.join(row.y.units)}]",
                remedy=f"give y as a {what}",
            )
        x, y = _column(x, "x"), _column(y, "y")
        y_std = None if y_std is None else _column(y_std, "y_std")
        series = {
            row.x.name: Series(
                name=row.x.name, label="x", written=x_unit, values=x * units[0].factor + units[0].offset, unit=units[0].si
            ),
            row.y.name: Series(
                name=row.y.name, label="y", written=y_unit if experiment != "staircase" else None, values=y * units[1].factor,
                std=None if y_std is None else y_std * units[1].factor,
                unit="" if not units[1].known and row.y.units == ("",) else units[1].si,
            ),
            **_beside(row, beside or {}, environment),
        }  # fmt: skip
        origin = Origin(path=name, sha256=_hash_arrays(x, y, y_std), loader="arrays", rows_read=x.size)
        return cls(
            kind=row.name,
            series=series,
            conditions=stated,
            origin=origin,
            x=row.x.name,
            y=row.y.name,
            particle=particle,
        )


def _known(conditions: Mapping[str, str]) -> dict[str, str | None]:
    """Declared quantities by name.

    Raises
    ------
    ConfigError : a name that is none.
    """
    for name in conditions:
        if name not in DECLARABLE:
            raise ConfigError(
                f"'{name}' is no condition", remedy=f"choose {', '.join(DECLARABLE)}", allowed=tuple(DECLARABLE)
            )
    return dict(conditions)


def _beside(
    row: Kind, given: Mapping[str, tuple[NDArray[np.float64], str | None]], environment: Conditions
) -> dict[str, Series]:
    """Arrays that were read with y, by role.

    Raises
    ------
    ConfigError : a role that the experiment does not have.  UnitError : a unit that contradicts it.
    """
    roles = {role.name: role for role in row.beside}
    out = {}
    for name, (values, text) in given.items():
        if name not in roles:
            known = ", ".join(roles) or "none"
            raise ConfigError(f"{row.name} has no role '{name}'", remedy=f"its roles are {known}", allowed=tuple(roles))
        unit, role = _stated_unit(text, environment), roles[name]
        if role.units and (unit.si not in role.units if unit.known else not role.unitless):
            raise UnitError(
                f"unit '{text}' contradicts a {name.replace('_', ' ')} [{' or '.join(role.units) or 'a pure number'}]",
                remedy=f"give it in [{role.units[0]}]",
            )
        out[name] = Series(
            name=name, label=name, written=text, values=_column(values, name) * unit.factor + unit.offset,
            unit=unit.si if unit.known else "" if role.units == ("",) else None,
        )  # fmt: skip
    return out


def condition(name: str, value: object) -> Estimate:
    """A declared condition as an Estimate in SI, its uncertainty systematic under the condition's own name.

    Parameters
    ----------
    value : a text ("420(12) ohm"), a number in SI, or a number of the `uncertainties` package in SI.

    Raises
    ------
    ConfigError : not a quantity, or one that no measurement can have.  UnitError : not of that dimension.
    """
    si, what = DECLARABLE[name]
    if si is None:
        si = _density_unit(value)
    if isinstance(value, str):
        stated = _stated_offset(value) if name == "offset" else declared(value, si=si, what=what, source=name)
    else:
        try:
            nominal, std = float(getattr(value, "nominal_value", value)), float(getattr(value, "std_dev", 0.0))  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise ConfigError(f"{what}: {value!r} is no quantity", remedy="write for example '1.00(1)'") from None
        if not (np.isfinite(nominal) and np.isfinite(std)):
            raise ConfigError(f"{what}: {value!r} is not finite", remedy="leave it out where it is not known")
        stated = Estimate(value=nominal, systematic={name: std}, unit=si)
    if (name in _POSITIVE and stated.value <= 0) or (name in _NOT_ZERO and stated.value == 0):
        wanted = "positive" if name in _POSITIVE else "other than zero"
        raise ConfigError(f"{what}: '{value}' must be {wanted}", remedy=f"state it in [{si or 'a pure number'}]")
    return stated


def _density_unit(value: object) -> str:
    """The unit of a stated density: of a line, a sheet or a volume; a bare number is refused with the third."""
    unit = parse_quantity(value)[2].si if isinstance(value, str) else None
    return unit if unit in DENSITIES else DENSITIES[-1]


def _stated_offset(text: str) -> Estimate:
    """An offset in any unit that readings have, a quantum included: `0(0.1) uS`, `0.09(1) 2e^2/h`, `0.01 1/h`; a bare number
    is the offset of readings that are pure numbers."""
    number, _, unit_text = text.strip().partition(" ")
    if unit_text.lstrip().startswith(("+/-", "±")):
        number, unit_text = text.strip(), ""
        unit = parse_quantity(text)[2]
    else:
        unit = unit_or_quantum(unit_text)
    value, std, plain = parse_quantity(number)
    unit = unit if unit.known else plain
    bare = not unit_text.strip() and plain.text == ""
    if not (bare or (unit.known and unit.si and unit.factor)):
        raise UnitError(f"offset: '{text}' has no unit of a conductance", remedy="write for example '0(0.1) uS'")
    return Estimate(value=value * unit.factor, systematic={"offset": (std or 0.0) * unit.factor}, unit=unit.si)


def _stated_unit(text: str | None, environment: Conditions) -> Unit:
    """The unit of an array; one that is stated must be understood, or it would pass for one that is not stated."""
    unit = unit_or_quantum(text, environment)
    if text is not None and not unit.known:
        raise UnitError(
            f"unit '{text}' is not known, or needs a condition that is not stated",
            remedy="write for example 'mV', 'uS' or '2e^2/h', or None where the unit is not known",
        )
    return unit


def _column(values: object, name: str) -> NDArray[np.float64]:
    """One column of numbers; what is masked is not a number."""
    try:
        array = np.ma.filled(np.ma.asarray(values).astype(np.float64), np.nan)
    except (TypeError, ValueError):
        raise InputError(f"{name} holds something else than numbers", remedy="give an array of numbers") from None
    if array.ndim != 1:
        raise InputError(f"{name} has the shape {array.shape}", remedy="give one column of numbers")
    return np.asarray(array, dtype=np.float64)


def _hash_arrays(*arrays: NDArray[np.float64] | None) -> str:
    import hashlib

    digest = hashlib.sha256()
    for array in arrays:
        if array is not None:
            digest.update(np.ascontiguousarray(array, dtype="<f8").tobytes())
    return digest.hexdigest()
