"""Which prefactor radiated heat has: that of Stefan and Boltzmann, or one of the three others in print.

The prefactor P of kB v/L per quantum is fitted with the exponent of temperature held at what theory says (4 of a power, 3 of
a conductance), and the exponent is then set free as a check. Four candidates are put to the value: the paper prints three
that differ from each other and from Stefan and Boltzmann's law by factors of 2, 2 pi and 4 pi.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gzero.estimate import Estimate
from gzero.fitters.curve_fit import CurveFit, fit_curve
from gzero.fitters.derived import Derived, Formula, derive, propagate
from gzero.fitters.exhibits import Picture, Trace
from gzero.fitters.findings import Comparison, Findings
from gzero.fitters.moved_settings import with_moved
from gzero.fitters.options import FitOptions
from gzero.fitters.radiation_answer import CANDIDATES, answer_of, candidates_table
from gzero.fitters.radiation_points import CONSTANT, RadiationPoints, moved_points, radiation_points
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.models.radiation import areal, power_law, radiated
from gzero.reduction.calibration import Calibration

#: Fewest readings, and least ratio of the temperatures' ends, that tell an exponent.
_FEWEST, _LEAST_RATIO = 5, 1.1
#: Standard uncertainties from which on the exponent is not the one of the law.
ANOTHER_LAW = 3.0
METHOD = (
    "K = P N kB v/L with N quanta in a cube of side L, eqs. (17) and (18) of arXiv:2604.19828; L cancels, and P = "
    "π⁴/(30 ζ(3)) is Stefan and Boltzmann's law, K = 4σAT³. A power is its integral, (T⁴ − T_0⁴)/4.",
    "P is fitted with the exponent of temperature held; set free, the exponent is a check. Area, emissivity (stated as "
    "--gain), speed of sound and temperature scale are named sources, common to all readings.",
    "The four prefactors that are in print are put to the value: equivalence within the margin, distance in standard "
    "uncertainties, and the ratio of their likelihoods exp(−z²/2).",
)


def fit(measurement: Measurement, options: FitOptions) -> Findings:
    """The prefactor of radiated heat.

    Returns
    -------
    Findings with `prefactor` [1], `stefan_boltzmann` [W/(m^2 K^4)] of photons, `exponent` [1] where the readings tell it,
    and the answer which prefactor it is.

    Raises
    ------
    InputError, ConfigError, UnitError : as `radiation_points`.
    """
    calibration = Calibration.of(measurement.conditions, measurement.ordinate.common)
    calibration.check(measurement.ordinate.unit)
    points = radiation_points(measurement, options, calibration)
    moved = moved_points(points, measurement)
    found: CurveFit | None = None
    if len(points.selected.curve) > 1:
        found = fit_curve(
            measurement, options, radiated(points.per_prefactor), _start(points), selected=points.selected
        )
        found = with_moved(found, {source: radiated(p.per_prefactor) for source, p in moved.items()})
        derived = derive(found, _formulas(points), conditions={})
    else:
        derived = _single(points, calibration, moved)
    exponent = None if found is None else _exponent(measurement, options, points, found)
    main = next(iter(derived.estimates.values()))
    estimates = {**derived.estimates, **({"exponent": exponent} if exponent is not None else {})}
    return Findings(
        estimates=estimates,
        fit=None if found is None else found.fit,
        exclusions=points.selected.exclusions,
        budget=derived.budget,
        comparisons=_comparisons(main),
        joint=derived.joint,
        ledger=(*(points.selected.ledger if found is None else found.ledger), *_ledger(measurement, points)),
        warnings=(*(found.warnings if found else ()), *_warnings(measurement, points, main, exponent)),
        answer=answer_of(main, options, doubts=_doubts(points, exponent)),
        pictures=() if found is None or not points.exponent else (_picture(points, found),),
        listings=(candidates_table(main, options),),
        method=METHOD,
    )


def _start(points: RadiationPoints) -> dict[str, float]:
    """P of all readings together."""
    each, y = points.per_prefactor, points.selected.curve.y
    size = float(np.max(np.abs(each)))
    return {"prefactor": float((each / size) @ (y / size) / ((each / size) @ (each / size)))}


def _formulas(points: RadiationPoints) -> dict[str, Formula]:
    formulas: dict[str, Formula] = {"prefactor": (lambda q: q["prefactor"], "")}
    if points.photons:
        formulas["stefan_boltzmann"] = (lambda q: q["prefactor"] * areal() / 4, CONSTANT)
    return formulas


def _single(points: RadiationPoints, calibration: Calibration, moved: Mapping[str, RadiationPoints]) -> Derived:
    """The prefactor of one reading, which needs no fit."""
    curve, each = points.selected.curve, float(points.per_prefactor[0])
    value = float(curve.y[0]) / each
    std = 0.0 if curve.y_std is None else float(curve.y_std[0]) / abs(each)
    shifts = {source: np.array([s / each]) for source, s in calibration.shifts(float(curve.y[0])).items()}
    for source, p in moved.items():
        before = shifts.get(source, np.zeros(1))
        shifts[source] = before - value * (float(p.per_prefactor[0]) / each - 1)
    return propagate(
        ("prefactor",), np.array([value]), np.array([[std**2]]), shifts, _formulas(points), conditions={},
        noise="stated uncertainty of the value",
    )  # fmt: skip


def _exponent(
    measurement: Measurement, options: FitOptions, points: RadiationPoints, found: CurveFit
) -> Estimate | None:
    """The exponent set free; None where the readings cannot tell one."""
    ratio = float(points.hot.max() / points.hot.min())
    prefactor = found.fit.value("prefactor")
    if not points.exponent or len(found.curve) < _FEWEST or ratio < _LEAST_RATIO:
        return None
    if prefactor < 10 * found.fit.std("prefactor"):
        return None  # where nothing is radiated beyond the noise, any exponent will do
    pivot = float(np.sqrt(points.hot.max() * points.hot.min()))
    cold = points.cold if points.exponent == 4 else None
    size = float(np.max(np.abs(points.selected.curve.y)))
    model = power_law(points.hot, cold, size=size, pivot=pivot)
    each = float(areal(points.speed, points.branches)) * points.area / (4 if points.exponent == 4 else 1)
    start = {"size": prefactor * each * pivot**points.exponent / size, "exponent": float(points.exponent)}
    free = fit_curve(measurement, options, model, start, selected=points.selected)
    if "exponent" in free.fit.at_bounds:
        return None
    return Estimate(value=free.fit.value("exponent"), std_stat=free.fit.std("exponent"), unit="")


def _comparisons(main: Estimate) -> tuple[Comparison, ...]:
    """The prefactor over each of the four."""
    return tuple(
        Comparison(name=c.formula, value=c.value, unit="", ratio=main.value / c.value, ratio_std=main.std / c.value)
        for c in CANDIDATES
    )


def _doubts(points: RadiationPoints, exponent: Estimate | None) -> tuple[str, ...]:
    """What keeps the value from being a prefactor at all."""
    if exponent is None or exponent.std == 0 or abs(exponent.value - points.exponent) < ANOTHER_LAW * exponent.std:
        return ()
    return (
        f"the readings go with the power {exponent.value:.3g} +- {exponent.std:.2g} of temperature and not with "
        f"{points.exponent}: other heat is among them, and no prefactor follows",
    )


def _ledger(measurement: Measurement, points: RadiationPoints) -> tuple[Choice, ...]:
    conditions = measurement.conditions
    out = [
        Choice(
            choice="what radiates",
            value="photons, 2 polarisations" if points.photons else f"phonons, 3 branches of {points.speed:.4g} m/s",
            origin="default" if points.photons else "user",
        )
    ]
    if points.exponent == 4 and not np.any(points.cold):
        out.append(
            Choice(choice="temperature of the surroundings", value="0 K", origin="default", note="none is stated")
        )
    if points.unit != CONSTANT:
        emissivity = conditions.get("gain")
        out.append(
            Choice(
                choice="emissivity", value="1" if emissivity is None else f"{emissivity.value:g}",
                origin="default" if emissivity is None else "user", note="stated as --gain",
            )
        )  # fmt: skip
    stated = conditions.get("temperature")
    if points.exponent and stated is not None and stated.std > 0:
        out.append(
            Choice(
                choice="temperature scale", value=f"{100 * stated.std / stated.value:.2g} %, common to all temperatures",
                origin="user", note="the relative uncertainty of the stated temperature",
            )
        )  # fmt: skip
    return tuple(out)


def _warnings(
    measurement: Measurement, points: RadiationPoints, main: Estimate, exponent: Estimate | None
) -> tuple[str, ...]:
    out = list(_doubts(points, exponent))
    conditions = measurement.conditions
    if main.std == 0:
        out.append("no uncertainty is stated for this single reading, so the prefactor has none: give a column of it")
    if points.unit != CONSTANT and points.photons and "gain" not in conditions:
        out.append(
            "no emissivity is stated, and 1 is taken: a grey body of emissivity 0.5 with the prefactor of eq. (17) would "
            "radiate as a black one with half of it; state it as --gain '0.98(1)'"
        )
    if points.exponent == 4 and not np.any(points.cold):
        out.append("no temperature of the surroundings is stated, and 0 K is taken: state --reservoir-temperature")
    return tuple(out)


def _picture(points: RadiationPoints, found: CurveFit) -> Picture:
    """Readings over temperature with the fitted law and that of every candidate that lies in sight."""
    curve, fit = found.curve, found.fit
    order = np.argsort(points.hot, kind="stable")
    std = found.noise.std * (1.0 if found.noise.spectrum is None else np.sqrt(found.noise.spectrum.variance))
    shown = std if curve.y_std is not None and len(curve) <= 120 else None
    each, hot = points.per_prefactor[order], points.hot[order]
    what = "power" if points.exponent == 4 else "conductance"
    traces = [Trace(label="readings", x=points.hot, y=curve.y, look="points", std=shown)]
    traces.append(Trace(label="fit", x=hot, y=fit.fitted[order], look="fit"))
    traces += [Trace(label=c.formula, x=hot, y=c.value * each, look="limit") for c in CANDIDATES]
    return Picture(
        name="radiation",
        caption=f"Radiated {what} over temperature, with the four prefactors that are in print",
        alt=f"Readings of the radiated {what} on one of four curves that differ by their prefactor",
        x_name="temperature",
        y_name=what,
        x_unit="K",
        y_unit=points.unit,
        traces=tuple(traces),
        logarithmic=True,
        logarithmic_y=True,
        pulls=Trace(label="data minus model over its standard deviation", x=points.hot, y=fit.residuals / std),
    )
