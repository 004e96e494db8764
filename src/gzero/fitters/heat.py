"""How many modes carry heat, in units of kappa0 T, beside what phonons carry.

Two estimators that must agree. Differences between numbers of channels hold no phonons, whatever their law (Jezouin et al.
2013, doi 10.1126/science.1241912): they give the modes of an added channel. A model of each number of channels, with a
power law of the phonons common to all, gives the modes in total.
"""

from __future__ import annotations

import numpy as np

from gzero.fitters.findings import Comparison, Findings
from gzero.fitters.heat_answer import MISSING, answer_of
from gzero.fitters.heat_exhibits import exponents_table, flow_picture, modes_picture, settings_table
from gzero.fitters.heat_fit import HeatFit, fit_heat
from gzero.fitters.heat_phonons import EXCLUDED
from gzero.fitters.heat_points import heat_points
from gzero.fitters.options import FitOptions
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.quanta import Conditions, candidates
from gzero.reduction.calibration import Calibration

METHOD = (
    "J = N (π²kB²/6h)(T_h² − T_0²) + ΣV (T_h^p − T_0^p), or K = N κ₀T + c T^p, with N the modes in units of κ₀T = "
    "π²kB²T/3h; every number of channels has its own N, and all share the phonons.",
    "Where there are several numbers of channels, the modes per channel come from their differences, which no phonons are "
    "in: the heat of phonons is there any smooth function of temperature (a polynomial), and no law of it is assumed.",
    "An error of the temperature scale is common to all readings: it enters as a named source, about twice as large in N.",
)


def fit(measurement: Measurement, options: FitOptions) -> Findings:
    """Modes of heat in units of kappa0 T.

    Returns
    -------
    Findings with `modes` [1] of a single setting, or `modes_1` ... of several; `modes_per_channel` [1] where the channels
    are declared (of several settings from their differences, and `modes_per_channel_model` from the model);
    `thermal_conductance` of one channel [W/K] at the stated temperature, `phonon_coupling` [W/K^p], or `exponent` where
    it was fitted; an answer where channels are declared.

    Raises
    ------
    InputError, ConfigError : as `heat_points`.  FitError : readings that do not tell modes from phonons.
    """
    calibration = Calibration.of(measurement.conditions, measurement.ordinate.common)
    calibration.check(measurement.ordinate.unit)
    points = heat_points(measurement, options, calibration)
    found = fit_heat(measurement, options, points)
    pictures = (flow_picture(found), modes_picture(found))
    listings = (settings_table(found), exponents_table(found.phonons))
    return Findings(
        estimates=found.estimates,
        fit=found.model.fit,
        exclusions=points.selected.exclusions,
        budget=found.leading.budget,
        comparisons=_comparisons(found),
        # of the two fits of several settings only the leading one has a joint covariance
        joint=found.leading.joint,
        ledger=(*found.model.ledger, *_ledger(measurement, found)),
        warnings=_warnings(measurement, found),
        answer=answer_of(found, options),
        pictures=tuple(p for p in pictures if p is not None),
        listings=tuple(t for t in listings if t is not None),
        method=METHOD,
    )


def _comparisons(found: HeatFit) -> tuple[Comparison, ...]:
    """Modes of a channel over kappa0 T and 2 kappa0 T, at the temperature that is stated."""
    main = found.per_channel
    if main is None:
        return ()
    return tuple(
        Comparison(
            name=q.symbol, value=q.value, unit=q.unit, ratio=main.value / q.degeneracy,
            ratio_std=main.std / q.degeneracy,
        )
        for q in candidates("W/K", Conditions(temperature=found.temperature))
        if q.value
    )  # fmt: skip


def _ledger(measurement: Measurement, found: HeatFit) -> tuple[Choice, ...]:
    points, phonons = found.points, found.phonons
    out = [
        Choice(
            choice="exponent of the phonons",
            value=f"{phonons.usual:g}, held" if not phonons.fitted else f"fitted, from {phonons.exponent:.3g}",
            origin="user" if phonons.stated else "data" if phonons.fitted else "default",
            note=f"{phonons.usual:g} is excluded: chi2 falls by more than {EXCLUDED:g}" if phonons.excluded else "",
        ),
        Choice(
            choice="temperature of kappa0 T",
            value=f"{found.temperature:.4g} K",
            origin="user" if "temperature" in measurement.conditions else "data",
            note="where the conductance of a channel is given; the modes do not depend on it",
        ),
    ]
    if points.channels is not None:
        named = "channels" in measurement.series
        numbers = ", ".join(f"{n:g}" for n in points.channels)
        out.append(
            Choice(choice="channels", value=numbers, origin="data" if named else "user", note="declared beforehand")
        )
    stated = measurement.conditions.get("temperature")
    if stated is not None and stated.std > 0:
        out.append(
            Choice(
                choice="temperature scale",
                value=f"{100 * stated.std / stated.value:.2g} %, common to all temperatures",
                origin="user",
                note="the relative uncertainty of the stated temperature",
            )
        )
    return tuple(out)


def _warnings(measurement: Measurement, found: HeatFit) -> tuple[str, ...]:
    out = list(dict.fromkeys((*found.model.warnings, *(found.differences.warnings if found.differences else ()))))
    stated = measurement.conditions.get("temperature")
    if (stated is None or stated.std == 0) and not measurement.abscissa.common:
        out.append(
            "no uncertainty of the temperature scale is stated: each per cent of it is about two per cent of the modes; "
            "state it as that of --temperature, such as '30.0(3) mK'"
        )
    if found.points.channels is None:
        out.append("no number of channels is declared, so that there are modes and no answer: state --channels")
    size, std = found.model.fit.value("phonons"), found.model.fit.std("phonons")
    if size < -3 * std:
        out.append(
            "the phonon term is negative beyond its noise: heat is missing, or the offset of the readings is not zero"
        )
    if found.phonons.stated and found.phonons.excluded:
        out.append(
            f"the readings exclude the stated exponent {found.phonons.usual:g} of the phonons (best {found.phonons.best:.2g}): the "
            "modes of the model rest on it, those from differences do not"
        )
    return (*out, *_disagreements(found))


def _disagreements(found: HeatFit) -> list[str]:
    """Where the two estimators, or the laws of the phonons, do not agree."""
    out = []
    line = None if found.line is None else found.line.estimates["modes_at_zero"]
    if line is not None and abs(line.value) > MISSING * line.std > 0:
        less = "fewer" if line.value < 0 else "more"
        out.append(
            f"there are {abs(line.value):.3g} +- {line.std:.2g} modes {less} than channels whatever their number: a blocked "
            "channel (heat Coulomb blockade), a heat leak, or another law of the phonons"
        )
    first, second = found.per_channel, found.total.estimates.get("modes_per_channel_model")
    if line is None and found.points.count == 1:
        modes = found.total.estimates["modes"]
        near = [float(m[0]) for _, m, worse in found.phonons.tried if worse < EXCLUDED]
        if not found.phonons.fitted and near and max(abs(m - modes.value) for m in near) > modes.std:
            out.append(
                f"the modes hang on the law of the phonons: exponents that the readings allow give {min(near):.3g} to "
                f"{max(near):.3g}; a second number of channels would cancel the phonons"
            )
    if first is not None and second is not None and found.added is not None:
        gap, std = first.value - second.value, float(np.hypot(first.std_stat, second.std_stat))
        if abs(gap) > MISSING * std > 0:
            out.append(
                f"differences give {first.value:.4g} modes per channel and the model {second.value:.4g}: believe the "
                "differences, which need no law of the phonons and no count from zero"
            )
    return out
