"""The period of a break-junction histogram: where contacts like to stand, whether that is a multiple of one step, and of which.

Peaks of the histogram of all traces are counted from the break, 1, 2, ...; their positions against the count give the period,
which is data: aluminium has 1.15(2) of 2e^2/h (Yanson et al. 2007, arXiv:0707.1336), carbon monoxide on gold a peak near 0.5
(Kiguchi et al. 2006, arXiv:cond-mat/0610250). Every uncertainty comes from redrawing whole traces.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gzero.errors import FitError
from gzero.estimate import Estimate
from gzero.fitters.breakjunction_exhibits import Shown, exhibits
from gzero.fitters.contact_histogram import BEGIN, DRAWS, LOWEST, PROMINENT, ContactHistogram, contact_histogram
from gzero.fitters.findings import BudgetLine, Findings, Level
from gzero.fitters.histogram_fit import PeakFit
from gzero.fitters.joint_levels import joint_of_levels
from gzero.fitters.level_set import LevelSet
from gzero.fitters.options import FitOptions
from gzero.fitters.result import FitResult
from gzero.fitters.step_height import StepHeight, step_height
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.models.breakjunction import DEGREE, Range, histogram_model
from gzero.quanta import G0
from gzero.reduction.adc import adc_step
from gzero.reduction.calibration import Calibration
from gzero.reduction.contact_session import ContactSession, contact_session
from gzero.reduction.histogram import JOINED, WIDTH
from gzero.reduction.histogram_peaks import SIGNIFICANT, piled_up

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

#: Traces below which their own spread is hardly known.
_FEW = 30
#: Digitiser step over the finest bin beyond which its codes would beat with the bins; readings that are looked at for it.
_COARSE, _SAMPLE = 0.2, 200_000
_UNEXPLAINED = "reading of the open contact"
_OPEN_SPREAD = 0.1  # of the ends of traces [quanta] where all are open
_MISFIT = 0.01
_GAP = 1.6  # spacing over the median one beyond which a peak may be missing


def fit(measurement: Measurement, options: FitOptions) -> Findings:
    """The peaks of a session, their period, and the plateaus behind them.

    Returns
    -------
    Findings with `step_height` (the period), `plateau_length` of the first peak [unit of x], the peaks as levels with their joint
    covariance; without estimates where no peak stands out from a smooth background.

    Raises
    ------
    InputError : no trace numbers, readings that are not finite, too few usable traces, nothing between the histogram's ends.
    """
    unit = measurement.ordinate.unit
    quantum = G0 if unit == "S" else options.unit
    calibration = Calibration.of(measurement.conditions, measurement.ordinate.common)
    calibration.check(unit)
    traces = contact_session(measurement, calibration, options.selection, quantum=quantum)
    step = adc_step(measurement.ordinate.values[:_SAMPLE]) / abs(calibration.gain.value)
    coarse = step if step > _COARSE * WIDTH * quantum else 0.0
    found = contact_histogram(traces, quantum=quantum, rng=np.random.default_rng(options.seed), step=coarse)
    symbol = ("2e^2/h" if unit == "S" else options.quantum.symbol).replace("^2", "²")
    session = Shown(
        traces=traces, found=found, quantum=quantum, symbol=symbol, unit=unit,
        x_unit=measurement.abscissa.unit, x_name=measurement.abscissa.short, spacing=traces.spacing, seed=options.seed,
    )  # fmt: skip
    ledger = (*traces.ledger, *_ledger(session, options, coarse, measurement))
    pictures, listings = exhibits(session)
    curve = Curve(
        x=found.linear.centres * quantum, y=found.linear.counts, x_name="conductance", y_name="readings", x_unit=unit,
        y_unit="",
    )  # fmt: skip
    common = Findings(
        estimates={},
        curve=curve,
        exclusions=traces.exclusions,
        ledger=ledger,
        warnings=tuple(_warnings(found, traces)),
        pictures=pictures,
        listings=listings,
        seed=options.seed,
        method=_method(found, traces),
        used=traces.readings,
    )
    counted = _counted(found, options)
    if found.fit is None or not counted:
        return common
    return _with_levels(common, measurement, options, calibration, session, found.fit, counted)


def _counted(found: ContactHistogram, options: FitOptions) -> list[int]:
    """Positions (from 0) of the peaks that the claim is about: all, or the declared ones, as far as the count is sure."""
    if found.fit is None:
        return []
    low, high = options.plateaus or (1, found.fit.peaks)
    sure = int(np.sum(found.fit.centres < _unsure(found)))
    return [n - 1 for n in range(low, high + 1) if 1 <= n <= sure]


def _unsure(found: ContactHistogram) -> float:
    """Conductance [quanta] above which nobody can count: that of the lowest doubtful bump."""
    return min((b.centre for b in found.search.doubtful), default=np.inf)


def _with_levels(
    common: Findings,
    measurement: Measurement,
    options: FitOptions,
    calibration: Calibration,
    session: Shown,
    peaks: PeakFit,
    counted: list[int],
) -> Findings:
    """What the peaks say."""
    unit, quantum = measurement.ordinate.unit, session.quantum
    levels, warnings = _levels(measurement, calibration, session, peaks, fitted=options.fit_resistance)
    claim = replace(
        levels,
        indices=levels.indices[counted],
        values=levels.values[counted],
        covariance=levels.covariance[np.ix_(counted, counted)],
        shifts={source: shift[counted] for source, shift in levels.shifts.items()},
        flat=(True,) * len(counted),
        resistance_fitted=options.fit_resistance,
    )
    line, problem = _line(claim, unit)
    warnings += [problem] if problem else []
    estimates = {"step_height": line.step}
    declared = measurement.conditions.get("series_resistance")
    if line.series_resistance is not None:
        estimates["series_resistance"] = line.series_resistance
    elif declared is not None:
        estimates["series_resistance"] = declared
    if session.spacing > 0:
        each = session.spacing / len(session.traces)
        estimates["plateau_length"] = Estimate(
            value=float(peaks.stays[0]) * each, std_stat=float(peaks.stay_stds[0]) * each, unit=session.x_unit
        )
    return replace(
        common,
        estimates=estimates,
        levels=_table(levels, peaks, session, counted, fitted=line.series_resistance is not None),
        level_set=claim,
        fit=_result(peaks, session, claim),
        fit_curve=Curve(
            x=session.found.linear.centres[: peaks.fitted.size] * quantum,
            y=session.found.linear.counts[: peaks.fitted.size], y_std=peaks.std, x_name="conductance", y_name="readings",
            x_unit=unit, y_unit="",
        ),
        joint=joint_of_levels(claim, line),
        budget=_budget(line, session),
        warnings=(*common.warnings, *warnings),
    )  # fmt: skip


def _levels(
    measurement: Measurement, calibration: Calibration, session: Shown, peaks: PeakFit, *, fitted: bool
) -> tuple[LevelSet, list[str]]:
    """Every peak as a level, with what calibration, background and the open contact do to all of them."""
    quantum, values = session.quantum, peaks.centres * session.quantum
    moved = [calibration.shifts(float(v)) for v in values]
    shifts = {s: np.array([m.get(s, 0.0) for m in moved]) for s in sorted({s for m in moved for s in m})}
    if np.any(session.found.background):
        shifts["background of the histogram"] = session.found.background * quantum
    stated = {"gain", "offset", "series_resistance", "bias"} & set(measurement.conditions)
    warnings = []
    reading, std = _open_contact(session.traces, quantum)
    if "offset" not in stated and abs(reading) > max(3 * std, 0.002 * float(values[0])):
        shifts[_UNEXPLAINED] = np.full(values.size, -reading)
        warnings.append(
            f"the open contact reads {reading / quantum:.3f} {session.symbol}, not zero: state --offset if it is one"
        )
    known = bool(stated) or measurement.ordinate.chained or fitted
    if not known:
        warnings.append(
            "no gain, offset or series resistance was stated: the scale of the conductance is taken as exact"
        )
    levels = LevelSet(
        indices=np.arange(1, values.size + 1),
        values=values,
        covariance=peaks.of_centres() * quantum**2,
        shifts=shifts,
        flat=(True,) * values.size,
        counted_from="pinch-off",
        resistance_fitted=False,
        calibrated=known,
        what="peak",
    )
    return levels, warnings


def _line(claim: LevelSet, unit: str | None) -> tuple[StepHeight, str]:
    """The line through the peaks; where a series resistance cannot be fitted, the one without it, and why."""
    try:
        return step_height(claim, unit), ""
    except FitError as error:
        plain = step_height(replace(claim, resistance_fitted=False), unit)
        return plain, f"no series resistance was fitted: {error.problem}"


def _open_contact(traces: ContactSession, quantum: float) -> tuple[float, float]:
    """(reading after the break, its standard uncertainty) [unit of y]: the median of what the traces end on."""
    last = traces.ends
    spread = float(1.4826 * np.median(np.abs(last - np.median(last))))
    if spread > _OPEN_SPREAD * quantum:  # traces that were cut before all were open read anything there
        return 0.0, 0.0
    return float(np.median(last)), 1.2533 * spread / np.sqrt(last.size)


def _table(levels: LevelSet, peaks: PeakFit, session: Shown, counted: list[int], *, fitted: bool) -> tuple[Level, ...]:
    """The peaks in the table of plateaus; the window is one standard deviation of the peak to either side."""
    stds = np.sqrt(np.diag(levels.covariance))
    out = []
    for k in range(peaks.peaks):
        weights = np.zeros(peaks.peaks)
        weights[k] = 1 / session.quantum
        if k:
            weights[k - 1] = -1 / session.quantum
        step = Estimate(
            value=float(weights @ levels.values),
            std_stat=float(np.sqrt(max(float(weights @ levels.covariance @ weights), 0.0))),
            systematic={s: float(weights @ v) for s, v in levels.shifts.items()},
            unit="",
        )
        level = Estimate(
            value=float(levels.values[k]), std_stat=float(stds[k]),
            systematic={s: float(v[k]) for s, v in levels.shifts.items()}, unit=session.unit,
        )  # fmt: skip
        half = float(peaks.widths[k]) * session.quantum
        out.append(
            Level(
                index=k + 1, level=level, transmission=step, x_low=float(levels.values[k]) - half,
                x_high=float(levels.values[k]) + half, slope=float("nan"), points=round(float(peaks.stays[k])), counted=k in counted,
                note=("as read, in front of the fitted series resistance" if fitted else "") if k in counted else "outside of what is claimed",
            )
        )  # fmt: skip
    return tuple(out)


def _result(peaks: PeakFit, session: Shown, claim: LevelSet) -> FitResult:
    """The fit as any other: parameters in SI, covariance from the redrawn traces."""
    quantum = session.quantum
    within = Range(low=peaks.within.low * quantum, high=peaks.within.high * quantum, scale=quantum)
    model = histogram_model(peaks.peaks, within, degree=DEGREE)
    size = np.array([quantum if parameter.unit == "x" else 1.0 for parameter in model.parameters])
    data = session.found.linear.counts[: peaks.fitted.size]
    return FitResult(
        model=model.name,
        names=model.names,
        units=tuple(parameter.unit for parameter in model.parameters),
        values=peaks.values * size,
        covariance=peaks.covariance * np.outer(size, size),
        fixed={},
        chi2=peaks.chi2,
        dof=peaks.dof,
        fitted=peaks.fitted,
        residuals=data - peaks.fitted,
        noise_model=f"counts scatter between traces {session.found.linear.excess:.1f} times as much as independent readings",
        inflation=1.0,
        success=True,
        message=f"{100 * (1 - peaks.failed):.0f} % of {DRAWS} redrawn experiments reached a minimum as well, and "
        f"{100 * peaks.p_value:.2g} % miss their curve by as much as the measured one",
        at_bounds=tuple(model.names[i] for i in peaks.at_bounds),
        bic=peaks.chi2 + peaks.values.size * float(np.log(peaks.fitted.size)),
        levels=claim,
        reference=model.reference,
    )


def _budget(line: StepHeight, session: Shown) -> tuple[BudgetLine, ...]:
    """Where the uncertainty of the period comes from."""
    total = line.step.std**2 or 1.0
    plain = line.step.std_stat / line.scale
    excess = float(np.sqrt(max(line.step.std_stat**2 - plain**2, 0.0)))
    rows = [
        ("spread of the traces", "statistical", f"{len(session.traces)} traces, {DRAWS} times redrawn", plain),
        ("scatter of the peaks about n h", "statistical", f"chi2/dof {line.chi2:.3g}/{line.dof}", excess),
    ]
    rows += [(s.replace("_", " "), "systematic", "", abs(v)) for s, v in line.step.systematic.items()]
    return tuple(
        BudgetLine(source=s, kind=k, value=v, std=std, share=std**2 / total) for s, k, v, std in rows if std > 0
    )


def _ledger(session: Shown, options: FitOptions, step: float, measurement: Measurement) -> list[Choice]:
    """What was chosen on the way to the peaks."""
    found, traces, quantum, symbol = session.found, session.traces, session.quantum, session.symbol
    linear = found.linear
    rail = f", and 4 standard deviations of a reading below the rail at {traces.rail / quantum:.3g}" if np.isfinite(traces.rail) else ""  # fmt: skip
    widths = " or ".join(f"{WIDTH * m:g}" for m in JOINED)
    out = [
        Choice(choice="histogram from", value=f"{linear.edges[0]:.3g} {symbol}", origin="default", note=f"above {LOWEST:g} and above the noise of an open contact"),
        Choice(choice="histogram to", value=f"{linear.edges[-1]:.3g} {symbol}", origin="data", note=f"nine tenths of the traces begin above{rail}"),
        Choice(choice="bin width", value=f"{linear.width:.3g} {symbol}", origin="data", note=f"of {widths}, the one that predicts a trace left out best"),
        Choice(choice="uncertainties", value=f"{found.weights.shape[0]} redrawn experiments", origin="default", note=_together(found)),
        Choice(choice="peaks", value=f"{0 if found.fit is None else found.fit.peaks}", origin="data", note=f"in a histogram without peaks one as high has a chance below {SIGNIFICANT:g}; {PROMINENT:g} of the background high or more"),
        Choice(choice="count of the peaks", value="1, 2, ... from the break", origin="default", note="no quantum chooses an index"),
        Choice(choice="background", value=f"1/G and a polynomial of order {DEGREE}", origin="default", note=f"one order less moves the peaks by at most {np.max(np.abs(found.background), initial=0.0):.2g} {symbol}: a systematic part"),
        Choice(choice="claimed plateaus", value="all peaks" if options.plateaus is None else f"{options.plateaus[0]} to {options.plateaus[1]}", origin="default" if options.plateaus is None else "user"),
    ]  # fmt: skip
    if step > 0:
        out.append(Choice(choice="digitiser step", value=f"{step / quantum:.3g} {symbol}", origin="data", note="readings are spread evenly over it, as its codes would beat with the bins"))  # fmt: skip
    if measurement.ordinate.std is not None:
        out.append(Choice(choice="stated uncertainties of readings", value="not used", origin="default", note="a peak is as broad as contacts differ; its uncertainty comes from the traces"))  # fmt: skip
    return out


def _together(found: ContactHistogram) -> str:
    if found.block > 1:
        drawn = f"{found.block * found.unit} neighbouring traces drawn together, as they are alike"
        of_what = "" if found.unit == 1 else f" of {found.unit} traces"
        return f"{drawn} (lag-1 correlation{of_what} {found.alike:.2f})"
    if found.unit > 1:
        return f"{found.unit} neighbouring traces counted and drawn together: {found.linear.by_trace.shape[0]} such units know the spread to 1 %"
    return "whole traces drawn with replacement: readings of one trace hang together"


def _warnings(found: ContactHistogram, traces: ContactSession) -> list[str]:
    """What the reader must know about the histogram."""
    out = list(traces.warnings)
    if len(traces) < _FEW:
        out.append(f"{len(traces)} traces are few: the spread between them is itself hardly known")
    if not found.search.bumps:
        out.append(
            f"no peak stands out: a smooth histogram of such traces has one as high with a chance of {100 * found.search.p_value:.2g} %"
        )
    if found.flat:
        out.append(
            f"{found.flat} bumps are significant and less than {100 * PROMINENT:g} % of the background high: not counted as peaks"
        )
    if found.fit is not None and _unsure(found) < found.fit.centres[-1]:
        bump = found.search.doubtful[0]
        out.append(
            f"a bump at {bump.centre:.2f} is too unsure for a peak ({bump.z:.1f} standard deviations, {found.search.threshold:.1f} are "
            "needed) and too high for none: peaks above it cannot be counted, and are not claimed; more traces decide"
        )
    out += _cut_off(found, traces)
    if found.problem:
        out.append(f"the peaks were not fitted as asked: {found.problem}")
    if found.block > 1:
        out.append(
            f"traces that follow each other are alike (correlation {found.alike:.2f}): close the contact further in between"
        )
    if found.fit is None:
        return out
    if found.fit.p_value < _MISFIT:
        out.append(
            f"peaks that are normal on a smooth background miss the shape of the histogram (chance {100 * found.fit.p_value:.2g} %): "
            "a position is then the middle of the best normal peak"
        )
    spacings = np.diff(found.fit.centres, prepend=0.0)
    wide = np.flatnonzero(spacings > _GAP * np.median(spacings)) if spacings.size > 2 else np.zeros(0, dtype=int)
    out += [
        f"the way from {f'peak {k}' if k else 'zero'} to peak {k + 1} is {spacings[k] / np.median(spacings):.1f} of the others: a peak may be "
        f"missing there, and those above are then counted too low; claim those below with --plateaus 1:{max(int(k), 1)}"
        for k in wide
    ]
    return out


def _cut_off(found: ContactHistogram, traces: ContactSession) -> list[str]:
    """What a reader must know of readings that pile up where the histogram ends."""
    linear, none = found.linear, np.zeros(0)
    place = piled_up(
        linear.counts, found.replicates, low=float(linear.edges[0]), bin_width=linear.width,
        centres=none if found.fit is None else found.fit.centres, widths=none if found.fit is None else found.fit.widths,
    )  # fmt: skip
    if place is None:
        return []
    railed = float(np.quantile(traces.highest(), BEGIN)) > traces.rail - 4 * traces.noise
    why = "below the rail of the readings" if railed else f"which {100 * (1 - BEGIN):.0f} % of the traces reach"
    return [
        f"the histogram ends at {linear.edges[-1]:.2f} quanta, {why}, and readings pile up towards it (at {place:.2f}): a peak that is "
        "cut off there is not counted; begin the traces with the contact further closed"
    ]


def _method(found: ContactHistogram, traces: ContactSession) -> tuple[str, ...]:
    return (
        f"Readings of {len(traces)} traces are counted in bins of {found.linear.width:.2g} quanta, each trace once. Peaks are bumps that a "
        "histogram without peaks, of traces that scatter as these do, shows anywhere with a chance below 1 %; normal peaks on a smooth "
        "background (a term in 1/G for tunnelling, and a polynomial) are fitted to them.",
        "All uncertainties come from drawing whole traces with replacement, as readings of one trace hang together. The period is the "
        "slope of the positions against their count from the break, with their joint covariance; no quantum enters it.",
    )
