"""Resistance over length: channels, ballistic length, contacts; what a line can tell of them, and what it cannot.

The formula and its three unknowns are in `gzero.models.length`. With the number of channels stated the line gives the
ballistic length and the contact resistance; with the contacts' resistance stated (as a series resistance, both together) the
number of channels and the ballistic length; with neither only the two numbers of the line and one-sided limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from gzero.errors import ConfigError, InputError, UnitError
from gzero.estimate import Estimate
from gzero.fitters.curve_fit import parameter_shifts
from gzero.fitters.derived import Derived, Formula, Number, propagate
from gzero.fitters.device_line import DeviceLine, fit_devices
from gzero.fitters.exhibits import Listing
from gzero.fitters.findings import Findings
from gzero.fitters.length_exhibits import devices_table, limits_table, picture
from gzero.fitters.length_gas import LengthGas, length_gas
from gzero.fitters.length_remarks import TOLD, remarks
from gzero.fitters.options import FitOptions
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import Choice, Exclusion
from gzero.measurement.measurement import Measurement
from gzero.models import length as formula
from gzero.models.model import Array
from gzero.quanta import E
from gzero.reduction.calibration import Calibration

#: How the numbers come about, for a report.
METHOD = (
    "A line R = R₀ + s L is put through the devices, in the ordinate that was measured (R or G = 1/R); every device counts "
    "by itself, also several of one length.",
    "Stated uncertainties are believed unless the devices scatter beyond them; the scatter from device to device is then, or "
    "where none are stated, found from the devices, and intervals are Student's.",
    "With M channels R₀ = h/(g e² M) + 2 R_c and s = h/(g e² M λ): M and R_c are told apart by no line, so one of them must "
    "be stated. λ is the ballistic length of Γ = λ/(λ + L).",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """What is stated beside the readings.

    Parameters
    ----------
    conductance : g e^2/h of one channel [S], exact.
    conditions : as declared, with `channels` also from a column.
    gas : of the conversion from ballistic length to mean free path.
    """

    conductance: float
    conditions: Mapping[str, Estimate]
    gas: LengthGas = field(default_factory=LengthGas)

    def __contains__(self, name: str) -> bool:
        return name in self.conditions


def fit(measurement: Measurement, options: FitOptions) -> Findings:
    """A line through the resistances, or conductances, of devices of several lengths.

    Returns
    -------
    Findings with `conductance` at zero length [S], `intercept` [ohm] and `slope` [ohm/m]; with `channels` stated also
    `conductance_per_channel`, `ballistic_length`, `contact_resistance` (of one contact), `mean_free_path`, and `tau` with
    density and mass; with a series resistance `channels`; with a width `sheet_resistance` [ohm],
    `contact_resistance_width` [ohm m] and `transfer_length` [m]; `device_scatter` [1]. What the devices do
    not tell is missing, and a warning says so.

    Raises
    ------
    InputError : rows that are no device, too few of them.  UnitError, ConfigError : conditions that contradict the file.
    """
    known = _known(measurement, options)
    curve, calibration, exclusions, ledger = _devices(measurement, options)
    unit = "conductance" if curve.y_unit == "S" else "resistance"
    source = "stated in the file" if curve.y_std is not None else ""
    line = fit_devices(curve, formula.line(unit), loss=options.loss, source=source)  # type: ignore[arg-type]
    shifts = {**parameter_shifts(line.fit, curve, calibration), **_length_shifts(line, known)}
    formulas = _formulas(line, shifts, known, declared=options.declared)
    fit_ = line.fit
    derived = propagate(
        fit_.names, fit_.values, fit_.covariance, shifts, formulas, conditions=known.conditions,
        noise="scatter and noise of the devices",
    )  # fmt: skip
    scatter = Estimate(value=line.scatter, std_stat=line.scatter_std)
    return Findings(
        estimates={**derived.estimates, **({"device_scatter": scatter} if line.scatter > 1e-9 else {})},
        curve=curve,
        fit=fit_,
        exclusions=exclusions,
        budget=derived.budget,
        joint=derived.joint,
        ledger=(*ledger, *_ledger(line, known, options)),
        warnings=remarks(measurement, line, derived.estimates, known.conditions, known.conductance),
        pictures=(picture(line, curve),),
        listings=_listings(line, shifts, derived, known, measurement),
        method=METHOD,
    )


def _known(measurement: Measurement, options: FitOptions) -> Known:
    """What was stated, checked against itself."""
    quantum = options.quantum
    if quantum.unit != "S" or quantum.value is None:
        raise ConfigError(
            f"channels of a conductor carry e^2/h each, not {quantum.symbol}",
            remedy="state --quantum 'e^2/h' (one spin), '2e^2/h' (two) or '4e^2/h' (nanotube)",
        )
    conditions = dict(measurement.conditions)
    column = measurement.series.get("channels")
    if column is not None:
        found = np.unique(column.values[np.isfinite(column.values)])
        if found.size != 1 or found[0] <= 0:
            raise InputError(
                "a line needs devices of one number of channels",
                path=measurement.origin.path,
                column=column.label,
                remedy="put devices of other numbers into files of their own",
            )
        stated = conditions.get("channels")
        if stated is not None and stated.value != found[0]:
            raise ConfigError(
                f"--channels {stated.value:g} contradicts the column '{column.label}', which says {found[0]:g}",
                remedy="state one of them",
            )
        conditions["channels"] = stated or Estimate(value=float(found[0]))
    gas = length_gas(options.conventions, conditions, measurement.origin.path)
    return Known(conductance=float(quantum.value), conditions=conditions, gas=gas)


def _devices(
    measurement: Measurement, options: FitOptions
) -> tuple[Curve, Calibration, tuple[Exclusion, ...], tuple[Choice, ...]]:
    """One point a device in the order of the lengths, what was left out, and what was done."""
    x, series = measurement.abscissa, measurement.ordinate
    if series.unit not in ("ohm", "S"):
        raise UnitError(
            f"'{series.label}' is in [{series.unit or 'no unit'}]: a resistance or a conductance is asked",
            remedy="state --y-unit, such as kohm or uS",
        )
    corrections = {k: v for k, v in measurement.conditions.items() if k in ("gain", "offset")}
    calibration = Calibration.of(corrections, series.common)
    calibration.check(series.unit)
    offset = measurement.conditions.get("length_offset", Estimate(value=0.0, unit="m")).value
    lengths, values = x.values - offset, calibration.apply(series.values)
    std = None if series.std is None else series.std * np.abs(calibration.slope(values))
    finite = np.isfinite(lengths) & np.isfinite(values) & (True if std is None else np.isfinite(std))
    if not finite.all() and options.selection.invalid == "refuse":
        raise _bad_row(measurement, ~finite, "no finite length, value or uncertainty in this row",
                       "fill it in, or leave such rows out with --invalid drop")  # fmt: skip
    within = (x.values >= options.selection.x_low) & (x.values <= options.selection.x_high)
    kept = finite & within
    for bad, what in (
        (lengths < 0, "a length below zero"),
        (values <= 0, f"a {x_of(series.unit)} that is not positive"),
    ):
        if np.any(bad & kept):
            raise _bad_row(measurement, bad & kept, what, "correct the row, or leave it out with --range")
    if std is not None and np.any(bad := kept & ~(std > 0)):
        raise _bad_row(measurement, bad, "a standard uncertainty must be positive",
                       "state it, or leave the column out with another --std")  # fmt: skip
    exclusions = tuple(
        Exclusion(rule=rule, reason=reason, indices=np.flatnonzero(rows))
        for rule, reason, rows in (
            ("not finite", "a reading that is not a finite number says nothing", ~finite),
            ("outside the range", "another range of lengths was asked for", finite & ~within),
        )
        if rows.any()
    )
    order = np.flatnonzero(kept)[np.argsort(lengths[kept], kind="stable")]
    apart, repeats = _apart(lengths[order])
    if repeats and options.selection.repeats == "refuse":
        raise InputError(
            f"{repeats} devices have the length of another",
            path=measurement.origin.path,
            remedy="let them count one by one with --repeats mean",
        )
    curve = Curve(
        x=apart, y=values[order], y_std=None if std is None else std[order], x_name=x.short, y_name=series.short,
        x_unit="m", y_unit=series.unit, rows=order,
    )  # fmt: skip
    ledger = (
        Choice(choice="rows that are not finite", value=options.selection.invalid,
               origin="default" if options.selection.invalid == "refuse" else "user"),
        Choice(choice="devices of one length", value="one by one", origin="default",
               note=f"{repeats} of {order.size}: their scatter is that of the devices" if repeats else "there are none"),
    )  # fmt: skip
    return curve, calibration, exclusions, ledger


def x_of(unit: str | None) -> str:
    """The quantity of an ordinate, in words."""
    return "conductance" if unit == "S" else "resistance"


def _bad_row(measurement: Measurement, rows: np.ndarray, what: str, remedy: str) -> InputError:
    return InputError(
        what, path=measurement.origin.path, row=measurement.row(int(np.flatnonzero(rows)[0])), remedy=remedy
    )


def _apart(lengths: Array) -> tuple[Array, int]:
    """Lengths that increase: devices of one length stand one unit in the last place apart. (lengths, how many were moved)."""
    out = np.array(lengths)
    moved = 0
    for i in range(1, out.size):
        if out[i] <= out[i - 1]:
            out[i] = np.nextafter(out[i - 1], np.inf)
            moved += 1
    return out, moved


def _length_shifts(line: DeviceLine, known: Known) -> dict[str, Array]:
    """A common error of the lengths moves the line along itself: R_0 by s times it, and the slope not at all."""
    offset = known.conditions.get("length_offset")
    slope = line.fit.value("slope")
    return {} if offset is None else {k: np.array([slope * part, 0.0]) for k, part in offset.systematic.items()}


def _told(line: DeviceLine, shifts: Mapping[str, Array], name: str) -> bool:
    """Whether a parameter of the line is told from zero."""
    i = line.fit.names.index(name)
    std = float(np.hypot(line.fit.std(name), np.linalg.norm([shift[i] for shift in shifts.values()])))
    return line.fit.value(name) > TOLD * std


def _formulas(line: DeviceLine, shifts: Mapping[str, Array], known: Known, *, declared: bool) -> dict[str, Formula]:
    """What follows from the line and from what is stated, the main quantity first."""
    g = known.conductance
    start, rise = (_told(line, shifts, name) for name in ("intercept", "slope"))
    at_zero: dict[str, Formula] = {}
    film: dict[str, Formula] = {}
    if start and "channels" in known:
        at_zero["conductance_per_channel"] = (lambda q: 1 / (q["intercept"] * q["channels"]), "S")
    if start:
        at_zero["conductance"] = (lambda q: 1 / q["intercept"], "S")
    if "width" in known:
        film["sheet_resistance"] = (lambda q: q["slope"] * q["width"], "ohm")
        film["contact_resistance_width"] = (lambda q: q["intercept"] * q["width"] / 2, "ohm m")
        if rise:
            film["transfer_length"] = (lambda q: q["intercept"] / (2 * q["slope"]), "m")
        if rise and known.conditions.get("density", Estimate(value=0.0)).unit == "1/m^2":
            film["mobility"] = (lambda q: 1 / (E * q["density"] * q["slope"] * q["width"]), "m^2/(V s)")
    if "area" in known:
        film["resistivity"] = (lambda q: q["slope"] * q["area"], "ohm m")
    # a film is asked for its sheet, unless a quantum or channels were named
    first = {**film, **at_zero} if film and not (declared or "channels" in known) else {**at_zero, **film}
    return {
        **first,
        "intercept": (lambda q: q["intercept"], "ohm"),
        "slope": (lambda q: q["slope"], "ohm/m"),
        **_channels(g, rise, start, known),
    }


def _channels(g: float, rise: bool, start: bool, known: Known) -> dict[str, Formula]:
    """Ballistic length, contacts, channels, where they are determined."""
    out: dict[str, Formula] = {}
    path: Number = None
    if "channels" in known:
        out["contact_resistance"] = (lambda q: (q["intercept"] - 1 / (g * q["channels"])) / 2, "ohm")
        if rise:
            path = lambda q: 1 / (g * q["channels"] * q["slope"])  # noqa: E731
    elif "series_resistance" in known and start:
        out["channels"] = (lambda q: 1 / (g * (q["intercept"] - q["series_resistance"])), "")
        if rise:
            path = lambda q: (q["intercept"] - q["series_resistance"]) / q["slope"]  # noqa: E731
    if path is None:
        return out
    gas = known.gas
    out["ballistic_length"] = (path, "m")
    out["mean_free_path"] = (lambda q: path(q) / gas.ratio(q), "m")
    if "length" in known:
        out["transmission"] = (lambda q: formula.transmission(q["length"], path(q)), "")
    if gas.moves(known.conditions):
        out["tau"] = (lambda q: path(q) / gas.ratio(q) / gas.speed(q), "s")
    return out


def _listings(
    line: DeviceLine, shifts: Mapping[str, Array], derived: Derived, known: Known, measurement: Measurement
) -> tuple[Listing, ...]:
    covariance = line.fit.covariance + sum((np.outer(s, s) for s in shifts.values()), np.zeros((2, 2)))
    path = derived.estimates.get("ballistic_length")
    contacts = derived.estimates.get("contact_resistance")
    behind = 2 * contacts.value if contacts is not None else None
    if "channels" not in known and "series_resistance" in known:
        behind = known.conditions["series_resistance"].value
    limits = limits_table(line.fit.values, covariance, derived.estimates, known.conductance, known.conditions)
    return (devices_table(line, measurement, path, behind), *([limits] if limits is not None else []))


def _ledger(line: DeviceLine, known: Known, options: FitOptions) -> tuple[Choice, ...]:
    if "channels" in known:
        said = ("stated", "the line gives ballistic length and contact resistance")
    elif "series_resistance" in known:
        said = ("from the stated resistance of the contacts", "a series resistance is that of both contacts together")
    else:
        said = ("not stated", "channels and contacts are told apart by no line: limits only")
    slope = line.fit.value("slope")
    return (
        Choice(choice="number of channels", value=said[0], origin="user" if said[0] == "stated" else "default", note=said[1]),
        Choice(choice="conductance of a channel", value=options.quantum.symbol,
               origin="user" if options.declared else "default", note="the degeneracy is counted in it, not in the channels"),
        *known.gas.choices(float(known.gas.ratio({name: e.value for name, e in known.conditions.items()}))),
        Choice(choice="lengths", value="as written" if "length_offset" not in known else "less the stated offset",
               origin="default" if "length_offset" not in known else "user",
               note=f"a common error of 10 nm of all moves the resistance at zero length by {abs(slope) * 1e-8:.3g} ohm, the "
               "slope not at all"),
        Choice(choice="line", value=line.fit.method, origin="default" if options.loss == "linear" else "user",
               note=f"noise {line.fit.noise_model}; intervals widened {line.student:.3g} times for {line.fit.dof} degrees of "
               "freedom" if line.student > 1 else f"noise {line.fit.noise_model}"),
    )  # fmt: skip
