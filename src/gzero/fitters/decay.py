"""The conductance between two reservoirs from how fast their imbalance decays.

The rate 1/tau is fitted, not tau: G = C/tau is linear in it, and so its noise stays normal. A range that is shorter than
tau cannot tell a slow decay from a fast one towards another offset; there the answer is a limit, not a number.
"""

from __future__ import annotations

import numpy as np

from gzero.errors import InputError
from gzero.estimate import Estimate
from gzero.fitters.curve_fit import CurveFit, choose, curve_picture, fit_curve
from gzero.fitters.decay_range import FEWEST_TAUS, RateScan, scan
from gzero.fitters.derived import Derived, Formula, derive
from gzero.fitters.exhibits import Answer, Picture, Trace
from gzero.fitters.findings import Comparison, Findings
from gzero.fitters.options import FitOptions
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.models import decay as formula
from gzero.quanta import candidates
from gzero.reduction.calibration import Calibration

_LEAST = 5
_UNIT = "1/(J s)"
#: Per cent of 500 simulated decays of 80 readings in telegraph noise whose 95 % intervals hold (conductance, tau), by whether the
#: uncertainties of the readings were stated; `counted("decay", 500, ...)` of tests/fitters/test_reservoirs_coverage.py.
_TELEGRAPH = {True: (91.4, 90.6), False: (89.6, 88.6)}
_EXCLUDED = 1.96  # standard uncertainties of a rate that is not excluded, 95 %
METHOD = (
    "The imbalance is fitted by δN(t) = δN₀ exp(−t/τ) + offset with the rate 1/τ as its parameter; the noise (of atom "
    "numbers, of counting) is learnt from the residuals where the file does not state it.",
    "G = C/τ with the stated compressibility C of both reservoirs in series, 1/C = 1/C_L + 1/C_R: of two equal ones it is "
    "half of one. Its uncertainty is systematic and named.",
)


def fit(measurement: Measurement, options: FitOptions) -> Findings:
    """The decay of an imbalance.

    Returns
    -------
    Findings with `conductance` [1/(J s)] where the compressibility is stated, `tau` [s], `rate` [1/s],
    `initial_imbalance` and `offset` [unit of y]; without estimates and with an undecided answer where the readings do not
    determine the rate.

    Raises
    ------
    InputError : too few readings, readings that are not finite, or nothing but zeros.
    """
    calibration = Calibration.of(measurement.conditions, measurement.ordinate.common)
    calibration.check(measurement.ordinate.unit)
    held = "offset" in measurement.conditions
    selected = choose(measurement, options, calibration, least=_LEAST)
    if not selected.curve.y.any():
        raise InputError(
            "every reading is zero", path=measurement.origin.path, column=measurement.ordinate.label,
            remedy="name another column with --y",
        )  # fmt: skip
    seen = scan(selected.curve, offset_free=not held, white_std=selected.curve.y_std)
    ledger = (_offset_choice(held), *_compressibility_choice(measurement))
    if not seen.determined:
        return Findings(
            estimates={},
            curve=selected.curve,
            exclusions=selected.exclusions,
            ledger=(*selected.ledger, *ledger),
            warnings=selected.warnings,
            answer=_undetermined(seen, measurement.conditions.get("compressibility")),
            pictures=(_readings(selected.curve),),
            method=METHOD,
        )
    found = fit_curve(
        measurement, options, formula.decay(), seen.start, fixed={"offset": 0.0} if held else {},
        least=_LEAST, selected=selected,
    )  # fmt: skip
    slowest = found.fit.value("rate") - _EXCLUDED * found.fit.std("rate")
    if not held and slowest * float(np.ptp(selected.curve.x)) < FEWEST_TAUS:
        # the first look was about white noise; the fit knows better
        return _too_short(
            found, seen.beyond(found.fit.value("rate"), slowest), (*selected.ledger, *ledger), measurement
        )
    return _findings(measurement, found, ledger, held=held)


def _findings(measurement: Measurement, found: CurveFit, ledger: tuple[Choice, ...], *, held: bool) -> Findings:
    derived = _derived(measurement, found, held=held)
    main = next(iter(derived.estimates.values()))
    return Findings(
        estimates=derived.estimates,
        fit=found.fit,
        curve=found.curve,
        exclusions=found.selected.exclusions,
        budget=derived.budget,
        comparisons=_comparisons(main),
        joint=derived.joint,
        ledger=(*found.ledger, *ledger),
        warnings=(*found.warnings, *_warnings(measurement, found, derived)),
        pictures=(
            curve_picture(
                found,
                caption="Imbalance of the reservoirs over the waiting time, with the fitted decay",
                alt="Readings of the imbalance falling with time and the exponential through them",
                x_name="waiting time",
                y_name="imbalance",
            ),
        ),
        method=METHOD,
    )


def _derived(measurement: Measurement, found: CurveFit, *, held: bool) -> Derived:
    """G, tau and the parameters, the main one first."""
    unit = found.curve.y_unit or ""
    formulas: dict[str, Formula] = {}
    if "compressibility" in measurement.conditions:
        formulas["conductance"] = (lambda q: formula.conductance(q["rate"], q["compressibility"]), _UNIT)
    if _decays(found):
        formulas["tau"] = (lambda q: 1 / q["rate"], "s")
    formulas["rate"] = (lambda q: q["rate"], "1/s")
    formulas["initial_imbalance"] = (lambda q: q["amplitude"] + (0.0 if held else q["offset"]), unit)
    if not held:
        formulas["offset"] = (lambda q: q["offset"], unit)
    # the offset that was declared is out of the readings already: what its uncertainty does is among the shifts
    conditions = {n: c for n, c in measurement.conditions.items() if n == "compressibility"}
    return derive(found, formulas, conditions=conditions)


def _decays(found: CurveFit) -> bool:
    """Whether the rate is positive beyond its noise, so that tau is a number."""
    return found.fit.value("rate") > 3 * found.fit.std("rate")


def _comparisons(main: Estimate) -> tuple[Comparison, ...]:
    """The conductance over 1/h and 2/h."""
    return tuple(
        Comparison(name=q.symbol, value=q.value, unit=q.unit, ratio=main.value / q.value, ratio_std=main.std / q.value)
        for q in candidates(main.unit or "")
        if q.value and main.unit == _UNIT
    )


def _offset_choice(held: bool) -> Choice:
    return Choice(
        choice="offset of the decay",
        value="held at the declared one" if held else "fitted",
        origin="user" if held else "default",
        note="" if held else "--offset 0 holds it: equal reservoirs end equal",
    )


def _compressibility_choice(measurement: Measurement) -> tuple[Choice, ...]:
    stated = measurement.conditions.get("compressibility")
    if stated is None:
        return ()
    return (
        Choice(
            choice="compressibility",
            value=f"{stated.value:.4g} 1/J, of both reservoirs in series",
            origin="user",
            note="1/C = 1/C_L + 1/C_R; per spin state where the conductance is to be per spin state",
        ),
    )


def _warnings(measurement: Measurement, found: CurveFit, derived: Derived) -> tuple[str, ...]:
    out = []
    stated = measurement.conditions.get("compressibility")
    if stated is None:
        out.append("no compressibility is stated, so that there is tau but no conductance: state --compressibility")
    elif stated.std == 0:
        out.append(
            "the compressibility is stated without an uncertainty: the conductance is more uncertain than it says"
        )
    if found.noise.red:
        g, tau = _TELEGRAPH[found.noise.stated]
        whose = "stated" if found.noise.stated else "learnt from the readings"
        out.append(
            f"slow noise that is {whose}: should it be a switch between few long states (telegraph), the intervals are short; of 500 "
            f"simulated decays in such noise those of 95 % held the conductance in {g} % and tau in {tau} %; repeat the decay and "
            "take the mean"
        )
    if not _decays(found):
        out.append("the imbalance does not decay beyond its noise: tau is not determined")
    left = derived.estimates.get("offset")
    if left is not None and left.std > 0 and abs(left.value) > 3 * left.std:
        out.append(
            f"an imbalance of {left.value:.3g} is left, {abs(left.value) / left.std:.1f} standard uncertainties from zero: "
            "the reservoirs are unequal, or the decay is not exponential"
        )
    return tuple(out)


def _undetermined(seen: RateScan, compressibility: Estimate | None) -> Answer:
    """The answer where there is only a limit."""
    numbers: dict[str, float | None] = {
        "range_s": seen.span,
        "best_tau_s": 1 / seen.best if seen.best > 0 else None,
        "tau_at_least_s": 1 / seen.high if np.isfinite(seen.high) and seen.high > 0 else None,
        "tau_at_most_s": 1 / seen.low if seen.low > 0 else None,
    }
    reasons = [seen.why]
    if numbers["tau_at_least_s"] is not None:
        limit = f"tau is at least {numbers['tau_at_least_s']:.3g} s (95 %, taking the noise as white)"
        if compressibility is not None:
            limit += f", the conductance at most {compressibility.value * seen.high:.3g} {_UNIT}"
        reasons.append(limit)
    reasons.append(seen.remedy)
    return Answer(
        question="Is the decay time determined by these readings?",
        outcome="undecided",
        headline="DECAY TIME NOT DETERMINED",
        reasons=tuple(reasons),
        numbers=numbers,
    )


def _too_short(found: CurveFit, seen: RateScan, ledger: tuple[Choice, ...], measurement: Measurement) -> Findings:
    """A fit that does not exclude a tau beyond the range."""
    return Findings(
        estimates={},
        curve=found.curve,
        exclusions=found.selected.exclusions,
        ledger=ledger,
        warnings=found.warnings,
        answer=_undetermined(seen, measurement.conditions.get("compressibility")),
        pictures=(_readings(found.curve),),
        method=METHOD,
    )


def _readings(curve: Curve) -> Picture:
    """The readings where no decay is determined."""
    return Picture(
        name="curve",
        caption="Imbalance of the reservoirs over the waiting time; the readings do not determine a decay time",
        alt="Readings of the imbalance over time, without a fitted curve",
        x_name="waiting time",
        y_name="imbalance",
        x_unit=curve.x_unit,
        y_unit=curve.y_unit,
        traces=(Trace(label="readings", x=curve.x, y=curve.y, look="points", std=curve.y_std),),
    )
