"""Diffusion coefficient, mobility and lifetime of a drifting packet, and whether D/mu = kB T/e.

All traces are fitted together (`fitters.packet_fit`). The initial width of the packet adds to 2 D t: one profile does not
tell the two apart, and no D is given from it unless the width is stated. Einstein's relation is put to a test of
equivalence; degenerate carriers exceed it (the factor is F_1/2/F_-1/2 of the reduced Fermi level in three dimensions).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from gzero.errors import ConfigError
from gzero.estimate import Estimate
from gzero.fitters.curve_fit import fit_warnings
from gzero.fitters.derived import Derived, Formula, Number, propagate
from gzero.fitters.exhibits import Answer, Listing, Outcome, Picture, Trace
from gzero.fitters.findings import Findings
from gzero.fitters.options import FitOptions
from gzero.fitters.packet_fit import PacketFit, fit_packet
from gzero.fitters.pulse_profiles import Profiles, profiles, start
from gzero.fitters.result import FitResult
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.models.model import Array
from gzero.quanta import KB, E

#: Value over standard uncertainty from which a lifetime and an initial width are given: nearer to zero, those that are seen
#: are the large ones.
_SEEN = 4.0
#: Relative standard uncertainty of D above which it is not determined.
_UNKNOWN = 1 / 3
#: Chance of the disagreement of the traces below which they are not of one packet.
_APART = 1e-3
_MOST_DRAWN = 6


def fit(measurement: Measurement, options: FitOptions) -> Findings:
    """What a drifting packet says of its carriers.

    Returns
    -------
    Findings with `diffusion` [m^2/s] where the readings determine it, `mobility` [m^2/(V s)] with a stated field,
    `velocity` [m/s], `lifetime` [s], `initial_width` [m], `einstein_ratio` = D e/(mu kB T) [1] with a stated temperature,
    and the answer to whether that is 1.

    Raises
    ------
    InputError, ColumnError : traces that are none.  FitError : no usable minimum.
    """
    _check(measurement)
    traces = profiles(measurement, options)
    width = measurement.conditions.get("width")
    plan = _plan(traces, width)
    begin = start(traces, free_width="initial_variance" not in plan.fixed, variance=plan.variance)
    packet = fit_packet(traces.problems(options, dict(plan.fixed)), {**begin, **plan.fixed})
    packet = replace(packet, fit=_in_unit(packet.fit, measurement.ordinate.unit))
    shifts = {}
    if width is not None:
        for source, shift in width.systematic.items():
            shifts[source] = packet.moved_by("initial_variance", 2 * width.value * shift)
    found = _Found(traces=traces, packet=packet, plan=plan, shifts=shifts)
    derived = _derived(found, measurement)
    return Findings(
        estimates=derived.estimates,
        curve=_all_points(traces, packet),
        exclusions=traces.exclusions,
        fit=packet.fit,
        fit_curve=None,
        budget=derived.budget,
        joint=derived.joint,
        ledger=(*traces.ledger, *plan.ledger, *_choices(packet, options)),
        warnings=(*traces.warnings, *plan.warnings, *_warnings(found, derived, measurement, options)),
        answer=_answer(derived, measurement, options.level_margin),
        pictures=(_picture(found),),
        listings=(_listing(found),),
        method=_METHOD,
    )


_METHOD = (
    "All traces are fitted together with N/sqrt(2 pi s) exp(-(x - x0 - v t)^2/2s - t/tau) + b, s = s0 + 2 D t (Haynes and "
    "Shockley 1951, doi 10.1103/PhysRev.81.835): one packet, each trace with its own noise, learnt from its residuals.",
    "The initial variance s0 adds to 2 D t. It is fitted where the packet is seen at two places or times, held where it is "
    "stated; otherwise no D is given.",
    "Einstein's relation holds where the 95 % interval of D e/(mu kB T), with what field and temperature are known to, lies "
    "inside the margin about 1.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """Which parameters are held, and why.

    Parameters
    ----------
    fixed : name -> value.  variance : initial variance [m^2] where it is held.
    determined : whether D may be given at all.
    """

    fixed: Mapping[str, float]
    variance: float
    determined: bool
    ledger: tuple[Choice, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Found:
    traces: Profiles
    packet: PacketFit
    plan: _Plan
    shifts: Mapping[str, Array]


def _check(measurement: Measurement) -> None:
    """Refuse a field that is stated twice.

    Raises
    ------
    ConfigError : as said.
    """
    if "electric_field" in measurement.conditions and "bias" in measurement.conditions:
        raise ConfigError(
            "the field is stated, and a bias as well", path=measurement.origin.path,
            remedy="state --electric-field, or --bias with the --length that it lies over",
        )  # fmt: skip


def _plan(traces: Profiles, width: Estimate | None) -> _Plan:
    fixed: dict[str, float] = {}
    warnings, several = [], traces.distinct > 1
    if width is not None:
        fixed["initial_variance"] = width.value**2
    elif not several:
        fixed["initial_variance"] = 0.0
        warnings.append(
            "one profile does not tell D from the initial width of the packet: no D is given; state --width (standard deviation at t = 0), or add a trace at another place or time"
        )
    if not several:
        fixed |= {"origin": 0.0, "rate": 0.0}
        warnings.append(
            "one profile does not tell where the packet began nor how fast it decays: it is taken to start at x = 0, without recombination"
        )
    how = "stated" if width is not None else "fitted" if several else "none"
    ledger = (
        Choice(
            choice="initial width", value=f"{width.value:.4g} m" if width is not None else how,
            origin="user" if width is not None else "data",
            note="standard deviation of the packet at t = 0",
        ),
        Choice(choice="place at t = 0, lifetime", value="fitted" if several else "x = 0, none", origin="data"),
    )  # fmt: skip
    return _Plan(
        fixed=fixed, variance=fixed.get("initial_variance", 0.0), determined=several or width is not None, ledger=ledger,
        warnings=tuple(warnings),
    )  # fmt: skip


def _derived(found: _Found, measurement: Measurement) -> Derived:
    fit, given, distance = found.packet.fit, measurement.conditions, found.traces.distance
    scale = _scale(distance)
    # which way the packet goes along the axis and the field along it is a matter of signs that files do not agree on
    direction = float(np.sign(fit.value("velocity")))
    has_field = "electric_field" in given or ("bias" in given and "length" in given)
    formulas: dict[str, Formula] = {}
    if _known(found):
        formulas["diffusion"] = (lambda n: n["diffusion"] * scale(n) ** 2, "m^2/s")

    def mobility(n: Mapping[str, Number]) -> Number:
        field = n["electric_field"] if "electric_field" in n else n["bias"] / n["length"]
        field = field if field.n > 0 else -field
        return direction * n["velocity"] * scale(n) / field

    if has_field:
        formulas["mobility"] = (mobility, "m^2/(V s)")
    formulas["velocity"] = (lambda n: direction * n["velocity"] * scale(n), "m/s")
    if _seen(fit, "rate"):
        formulas["lifetime"] = (lambda n: 1 / n["rate"], "s")
    if _seen(fit, "initial_variance"):
        formulas["initial_width"] = (lambda n: n["initial_variance"] ** 0.5 * scale(n), "m")
    if "diffusion" in formulas and has_field and "temperature" in given:
        formulas["einstein_ratio"] = (
            lambda n: n["diffusion"] * scale(n) ** 2 * E / (mobility(n) * KB * n["temperature"]), "",
        )  # fmt: skip
    return propagate(fit.names, fit.values, fit.covariance, found.shifts, formulas, conditions=given)


def _in_unit(fit: FitResult, unit: str | None) -> FitResult:
    """The fit with the unit of its readings where a parameter has that: traces do not share one curve to look it up in."""
    return replace(fit, units=tuple(unit if text == "y" else text for text in fit.units))


def _scale(distance: Estimate | None) -> Callable[[Mapping[str, Number]], Number]:
    """What a stated distance, over its best value, multiplies every length of the fit by."""
    if distance is None:
        return lambda n: 1.0
    return lambda n: n["length"] / distance.value


def _seen(fit: FitResult, name: str) -> bool:
    """Whether a fitted parameter is told from zero."""
    return name in fit.names and fit.value(name) > _SEEN * fit.std(name)


def _known(found: _Found) -> bool:
    """Whether the readings determine D."""
    fit = found.packet.fit
    return found.plan.determined and fit.std("diffusion") < _UNKNOWN * fit.value("diffusion")


def _answer(derived: Derived, measurement: Measurement, margin: float) -> Answer | None:
    """Whether D/mu = kB T/e: the interval of the ratio inside, outside or across 1 -+ margin."""
    ratio = derived.estimates.get("einstein_ratio")
    question = "Does D/μ = kB T/e hold?"
    if ratio is None:
        lacks = [
            what
            for what, there in (
                ("a diffusion coefficient", "diffusion" in derived.estimates),
                ("a field: --electric-field, or --bias over --length", "mobility" in derived.estimates),
                ("a temperature: --temperature", "temperature" in measurement.conditions),
            )
            if not there
        ]
        return Answer(
            question=question, outcome="undecided", headline="UNDECIDED whether D/μ = kB T/e",
            reasons=(f"it needs {' and '.join(lacks)}",), numbers={"ratio": None, "margin": margin},
        )  # fmt: skip
    low, high = ratio.value - 1.96 * ratio.std, ratio.value + 1.96 * ratio.std
    wanted = f"{1 - margin:g} to {1 + margin:g}"
    said = f"D e/(μ kB T) = {ratio.value:.3f}, 95 % interval {low:.3f} to {high:.3f}"
    outcome: Outcome = "undecided"
    headline, reasons = "UNDECIDED whether D/μ = kB T/e", [f"{said}: neither inside nor outside of {wanted}"]
    if max(1 - low, high - 1) <= margin:
        outcome, headline, reasons = (
            "yes",
            f"EINSTEIN'S RELATION HOLDS within {margin:g}",
            [f"{said}: inside {wanted}"],
        )
    elif low > 1 + margin:
        outcome, headline, reasons = "no", "D/μ IS LARGER THAN kB T/e", [
            f"{said}: beyond 1 + {margin:g}",
            "degenerate carriers have D/μ = (kB T/e) F_1/2/F_-1/2 above kB T/e; so have carriers hotter than the stated temperature",
        ]  # fmt: skip
    elif high < 1 - margin:
        outcome, headline, reasons = "no", "D/μ IS SMALLER THAN kB T/e", [
            f"{said}: below 1 - {margin:g}",
            "no degeneracy makes it smaller: field, distance, temperature or initial width may be off, or carriers are trapped on their way",
        ]  # fmt: skip
    elif abs(ratio.value - 1) < margin:
        smaller = 1.96 * ratio.std / (margin - abs(ratio.value - 1))
        reasons.append(f"a standard uncertainty {smaller:.2g} times smaller would decide")
    return Answer(
        question=question, outcome=outcome, headline=headline, reasons=tuple(reasons),
        numbers={"ratio": ratio.value, "ratio_low": low, "ratio_high": high, "margin": margin},
    )  # fmt: skip


def _choices(packet: PacketFit, options: FitOptions) -> tuple[Choice, ...]:
    return (
        Choice(choice="fit of the model", value=packet.fit.method, origin="data", note=f"noise {packet.fit.noise_model}"),
        Choice(
            choice="margin of Einstein's relation", value=f"{options.level_margin:g}",
            origin="default" if options.level_margin == 0.1 else "user", note="--level-margin",
        ),
    )  # fmt: skip


def _warnings(found: _Found, derived: Derived, measurement: Measurement, options: FitOptions) -> list[str]:
    packet, fit = found.packet, found.packet.fit
    out = list(fit_warnings(fit, packet.problems[0].noise))
    if packet.p_value < _APART:
        out.append(
            f"the traces are not of one packet (chance {packet.p_value:.1g}): their heights, places or widths do not follow one N, v, D and lifetime"
        )
    if found.plan.determined and "diffusion" not in derived.estimates:
        limit = fit.value("diffusion") + 1.645 * fit.std("diffusion")
        why = (
            "D and the initial width are not told apart"
            if "initial_variance" in fit.names
            else "D is not told from zero"
        )
        out.append(f"{why}: no D is given, it is below {limit:.3g} m^2/s (95 %)")
    if not found.plan.determined:
        limit = fit.value("diffusion") + 1.645 * fit.std("diffusion")
        out.append(f"D is below {limit:.3g} m^2/s (95 %), which a packet without initial width would have")
    if "mobility" not in derived.estimates:
        out.append("no field is stated, so there is no mobility: state --electric-field, or --bias over --length")
    if "rate" in fit.names and "lifetime" not in derived.estimates:
        fastest = fit.value("rate") + 1.645 * fit.std("rate")
        if fastest > 0:
            out.append(f"recombination is not seen: the lifetime is above {1 / fastest:.3g} s (95 %)")
    if "diffusion" in derived.estimates and options.quantum.value is None:
        out.append("D is not compared with h/m: state --particle or --mass")
    if "density" in measurement.conditions:
        out.append("the stated density is not used: the packet is fitted in the unit of its readings")
    return out


def _all_points(traces: Profiles, packet: PacketFit) -> Curve | None:
    """The points used, where one trace has them all; several do not lie on one abscissa."""
    return packet.problems[0].curve if len(traces.at) == 1 else None


def _picture(found: _Found) -> Picture:
    """Readings and packet of every trace, and the pulls of all."""
    packet, traces = found.packet, []
    pulls_x, pulls_y = [], []
    for i, problem in enumerate(packet.problems):
        curve = problem.curve
        fitted = problem.model.function(curve.x, packet.values(i))
        scale = 1.0 if problem.noise.spectrum is None else np.sqrt(problem.noise.spectrum.variance)
        pulls_x.append(curve.x)
        pulls_y.append((curve.y - fitted) / (problem.noise.std * scale))
        if i < _MOST_DRAWN:
            traces.append(Trace(label="readings" if i == 0 else "", x=curve.x, y=curve.y, look="points"))
            line = np.linspace(curve.x[0], curve.x[-1], 400)
            traces.append(
                Trace(label="drifting packet" if i == 0 else "", x=line, y=problem.model.function(line, packet.values(i)), look="fit")
            )  # fmt: skip
    over, curve = found.traces.over, packet.problems[0].curve
    what = "places" if over == "time" else "times"
    left = len(packet.problems) - _MOST_DRAWN
    return Picture(
        name="packet",
        caption=f"The packet at {found.traces.distinct} {what}, and one fit of all of them."
        + (f" {left} more traces are not drawn." if left > 0 else ""),
        alt=f"Readings over {over} with one packet for each trace, and the fitted packets",
        x_name=over, y_name=curve.y_name, x_unit=curve.x_unit, y_unit=curve.y_unit, traces=tuple(traces),
        pulls=Trace(
            label="data minus model over its standard deviation", x=np.concatenate(pulls_x), y=np.concatenate(pulls_y)
        ),
    )  # fmt: skip


def _listing(found: _Found) -> Listing:
    """Each trace: where it is, how many readings, their misfit, and their noise."""
    rows = []
    for i, problem in enumerate(found.packet.problems):
        pulls = problem.noise.whiten(problem.curve.y - problem.model.function(problem.curve.x, found.packet.values(i)))
        at = Estimate(value=found.traces.at[i], unit="m" if found.traces.over == "time" else "s")
        rows.append((at, float(len(problem.curve)), float(np.mean(pulls**2)), problem.noise.description))
    return Listing(
        name="traces", caption="The traces of the packet.",
        heads=("place" if found.traces.over == "time" else "time", "readings", "chi2 per reading", "noise"), rows=tuple(rows),
    )  # fmt: skip
