"""Diffusion coefficient from trajectories, or from a table of mean squared displacements.

MSD = 2 d D t + c is fitted with the covariance that overlapping windows give its points (`fitters.correlated_line`).
Trajectories give D a second and a third time, straight from their displacements (`fitters.displacements`). Whether the
motion may be called diffusion is decided by the exponent of MSD ~ t^alpha: where it is not 1, no D is given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from uncertainties import umath

from gzero.errors import FitError
from gzero.estimate import Estimate
from gzero.fitters.correlated_line import bent, straight
from gzero.fitters.curve_fit import fit_warnings
from gzero.fitters.derived import Derived, Formula, propagate
from gzero.fitters.displacements import Displacements, covariance_based, most_likely
from gzero.fitters.exhibits import Answer, Listing, Outcome, Picture, Trace
from gzero.fitters.findings import Findings
from gzero.fitters.msd_points import Prepared, prepare
from gzero.fitters.options import FitOptions
from gzero.fitters.result import FitResult
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.models.msd import pairs
from gzero.quanta import KB
from gzero.reduction.tracks import Tracks

#: Two-sided chance below which a common drift is called one, over all directions.
_DRIFT = 1e-3
#: sigma^2 over its standard uncertainty from which its root is given: nearer to zero, those that are seen are the large ones.
_SEEN = 4.0
#: Difference of the estimators, over what sampling allows, from which a word is due.
_APART = 3.0


def fit(measurement: Measurement, options: FitOptions) -> Findings:
    """D, localisation error and exponent of diffusing particles.

    Returns
    -------
    Findings with `diffusion` [m^2/s] unless the motion is none, `alpha` [1], `localisation_std` [m] where it is seen,
    `diffusion_likelihood` [m^2/s] of trajectories, `friction` [kg/s] where a temperature is stated; the answer to whether
    it is diffusion.

    Raises
    ------
    InputError : readings that make no curve.  FitError : no fit whose covariance settles.
    """
    prepared = prepare(measurement, options)
    line = straight(prepared.points)
    found = _Found(
        prepared=prepared,
        line=line,
        power=_power(prepared, line),
        others=_others(prepared.tracks),
        drift=_drift(prepared),
    )
    answer = _answer(found, options.level_margin)
    derived = _derived(found, measurement, diffusing=answer.outcome != "no")
    return Findings(
        estimates={
            **({} if derived is None else derived.estimates),
            **_beside(found, diffusing=answer.outcome != "no"),
        },
        # every position counts as used: 22 points of 4000 rows would be misread
        curve=prepared.points.curve if prepared.tracks is None else None,
        exclusions=prepared.exclusions,
        fit=line,
        fit_curve=prepared.points.curve,
        budget=() if derived is None else derived.budget,
        joint=None if derived is None else derived.joint,
        ledger=(*prepared.ledger, *_ledger(line, options)),
        warnings=(*prepared.warnings, *_warnings(found, answer), *without_mass(options, answer.outcome != "no")),
        answer=answer,
        pictures=(_picture(found),),
        listings=_listings(found, diffusing=answer.outcome != "no"),
        method=_METHOD if prepared.tracks is not None else _METHOD[:2],
    )


_METHOD = (
    "The mean squared displacement 2 d D t + c is fitted by generalised least squares: its points share windows, and their "
    "covariance follows from D, c and the number of windows (Michalet 2010, doi 10.1103/PhysRevE.82.041914); it is worked out "
    "again until it is that of the fitted values.",
    "The exponent alpha comes from MSD = a t^alpha + c with the covariance of fractional Brownian motion. The motion is called "
    "diffusion where the 95 % interval of alpha lies inside the margin about 1.",
    "A second estimate of D is the maximum of the likelihood of the displacements, which knows nothing of an MSD (Michalet "
    "and Berglund 2012, doi 10.1103/PhysRevE.85.061916).",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Found:
    """All fits of one measurement.

    Parameters
    ----------
    power : of t^alpha, or why there is none.  others : maximum likelihood and covariance-based estimate.
    drift : (velocity [m/s] of the largest drift over its std, that ratio, chance of as much in any direction), or None.
    """

    prepared: Prepared
    line: FitResult
    power: FitResult | str
    others: tuple[Displacements, Displacements] | None
    drift: tuple[float, float, float] | None

    @property
    def alpha(self) -> Estimate | None:
        if isinstance(self.power, str):
            return None
        return Estimate(value=self.power.value("alpha"), std_stat=self.power.std("alpha"))


def _power(prepared: Prepared, line: FitResult) -> FitResult | str:
    try:
        return bent(prepared.points, line)
    except FitError as error:
        return error.problem


def _others(found: Tracks | None) -> tuple[Displacements, Displacements] | None:
    if found is None:
        return None
    by_covariance = covariance_based(found)
    return most_likely(found, by_covariance.values), by_covariance


def _drift(prepared: Prepared) -> tuple[float, float, float] | None:
    """The common velocity, its largest component over its standard uncertainty, and the chance of that."""
    from scipy.special import stdtr

    if prepared.tracks is None:
        return None
    mean, std = prepared.tracks.velocity()
    if np.any(std <= 0):
        return None
    ratio = np.abs(mean / std)
    most = int(np.argmax(ratio))
    many = len(prepared.tracks.positions)
    dof = float(many - 1 if many >= 8 else prepared.tracks.steps)
    chance = 1 - (1 - 2 * float(stdtr(dof, -ratio[most]))) ** mean.size
    return float(mean[most]), float(ratio[most]), chance


def _derived(found: _Found, measurement: Measurement, *, diffusing: bool) -> Derived | None:
    """What follows from the line; the exponent alone where the motion is no diffusion, or nothing."""
    line, d, exposure = found.line, found.prepared.points.dimensions, found.prepared.exposure
    if not diffusing:
        if isinstance(found.power, str):
            return None
        power = found.power
        return propagate(
            power.names, power.values, power.covariance, {}, {"alpha": (lambda n: n["alpha"], "")}, conditions={}
        )
    formulas: dict[str, Formula] = {"diffusion": (lambda n: n["diffusion"], "m^2/s")}
    variance, std = _localisation(line, d, exposure)
    if variance > _SEEN * std:
        formulas["localisation_std"] = (
            lambda n: umath.sqrt(n["offset"] / (2 * d) + n["diffusion"] * n["exposure"] / 3), "m",
        )  # fmt: skip
    if "temperature" in measurement.conditions and line.value("diffusion") > 0:
        formulas["friction"] = (lambda n: KB * n["temperature"] / n["diffusion"], "kg/s")
    return propagate(
        line.names,
        line.values,
        line.covariance,
        {},
        formulas,
        conditions={**measurement.conditions, "exposure": exposure},
    )


def _localisation(line: FitResult, d: int, exposure: Estimate) -> tuple[float, float]:
    """sigma^2 = c/2d + D t_E/3 [m^2] and its statistical standard uncertainty."""
    slopes = np.array([exposure.value / 3, 1 / (2 * d)])
    return float(slopes @ line.values), float(np.sqrt(slopes @ line.covariance @ slopes))


def _beside(found: _Found, *, diffusing: bool) -> dict[str, Estimate]:
    """Estimates of other fits of the same displacements; their covariance with the line's is not worked out."""
    out = {}
    if diffusing and found.alpha is not None:
        out["alpha"] = found.alpha
    if diffusing and found.others is not None:
        value, std = _diffusion_of(found, found.others[0])
        out["diffusion_likelihood"] = Estimate(value=value, std_stat=std, unit="m^2/s")
    return out


def _diffusion_of(found: _Found, one: Displacements) -> tuple[float, float]:
    """D and its std [m^2/s] from the variance of a step."""
    per_step = 2 * found.prepared.points.interval
    return float(one.values[0]) / per_step, float(np.sqrt(one.covariance[0, 0])) / per_step


def _answer(found: _Found, margin: float) -> Answer:
    """Whether the motion may be called diffusion: the interval of alpha inside, outside or across 1 -+ margin."""
    alpha, drift = found.alpha, found.drift
    drifts = drift is not None and drift[2] < _DRIFT
    numbers: dict[str, float | None] = {
        "alpha": None, "alpha_low": None, "alpha_high": None, "margin": margin,
        "drift_over_std": None if drift is None else drift[1],
    }  # fmt: skip
    outcome: Outcome = "undecided"
    reasons: list[str] = []
    if alpha is None:
        headline = "UNDECIDED whether it is diffusion"
        reasons.append(f"no exponent is known: {found.power}")
        if found.line.inflation > 1:
            outcome, headline = "no", "NOT DIFFUSION: the MSD is no straight line"
            reasons.insert(0, f"chi2/dof of the straight line is {found.line.chi2_reduced:.3g}")
    else:
        low, high = alpha.value - 1.96 * alpha.std, alpha.value + 1.96 * alpha.std
        numbers |= {"alpha": alpha.value, "alpha_low": low, "alpha_high": high}
        said = f"MSD ∝ t^α, α = {alpha.value:.3f}, 95 % interval {low:.3f} to {high:.3f}"
        wanted = f"{1 - margin:g} to {1 + margin:g}"
        if max(1 - low, high - 1) <= margin:
            outcome, headline = "yes", f"DIFFUSION, α = 1 within {margin:g}"
            reasons.append(f"{said}: inside {wanted}")
        elif high < 1 - margin:
            outcome, headline = "no", "NOT DIFFUSION: slower"
            reasons.append(f"{said}: subdiffusion, confinement or obstacles")
        elif low > 1 + margin:
            outcome, headline = "no", "NOT DIFFUSION: faster"
            reasons.append(f"{said}: " + ("a common drift" if drifts else "directed motion or superdiffusion"))
        else:
            headline = "UNDECIDED whether it is diffusion"
            reasons.append(f"{said}: neither inside nor outside of {wanted}")
            more = (1.96 * alpha.std / max(abs(margin - abs(alpha.value - 1)), 1e-3 * margin)) ** 2
            if more < 100:
                reasons.append(
                    f"about {more:.2g} times as many trajectories would decide if α is as found, or longer ones"
                )
    if drifts and drift is not None:
        reasons.append(
            f"all particles drift together, {1e6 * drift[0]:.3g} um/s at {drift[1]:.1f} of its standard uncertainties"
        )
        if outcome == "yes":
            outcome, headline = "undecided", "UNDECIDED: diffusion and a drift"
    return Answer(
        question="Is the motion diffusion?", outcome=outcome, headline=headline, reasons=tuple(reasons), numbers=numbers
    )


def _ledger(line: FitResult, options: FitOptions) -> tuple[Choice, ...]:
    return (
        Choice(choice="fit of the model", value=line.method, origin="default", note=f"noise {line.noise_model}"),
        Choice(
            choice="margin of alpha", value=f"{options.level_margin:g}",
            origin="default" if options.level_margin == FitOptions.__dataclass_fields__["level_margin"].default else "user",
            note="--level-margin",
        ),
    )  # fmt: skip


def _warnings(found: _Found, answer: Answer) -> list[str]:
    """What the reader must know."""
    line, d = found.line, found.prepared.points.dimensions
    out = list(fit_warnings(line, line.problem.noise)) if line.problem is not None else []
    if answer.outcome == "no":
        out.append("no diffusion coefficient is given, as the motion is none; --range to short lags may find one")
    elif answer.outcome == "undecided":
        out.append(f"whether D may be called a diffusion coefficient is open: {answer.reasons[-1]}")
        if found.alpha is not None and abs(found.alpha.value - 1) > 1.96 * found.alpha.std:
            out.append(
                f"alpha is {abs(found.alpha.value - 1) / found.alpha.std:.1f} standard uncertainties off 1: D depends on the lags it is read from"
            )
    if line.value("diffusion") < 2 * line.std("diffusion"):
        out.append("D is not told from zero: the particles may stand still")
    variance, std = _localisation(line, d, found.prepared.exposure)
    if variance <= _SEEN * std and answer.outcome != "no":
        limit = np.sqrt(max(variance, 0.0) + 1.645 * std)
        out.append(f"the localisation error is not told from zero; it is below {1e9 * limit:.3g} nm (95 %)")
    if variance < -3 * std:
        out.append("the offset is negative beyond chance: state the exposure, as motion blur lowers it")
    out += _disagreement(found) if answer.outcome != "no" else []
    drift = found.drift
    if drift is not None and drift[2] < _DRIFT:
        out.append(
            f"a common drift of {1e6 * drift[0]:.3g} um/s adds (v t)^2 to the MSD; give positions of a fixed mark as drift_x, drift_y to take it off"
        )
    return out


def without_mass(options: FitOptions, given: bool) -> tuple[str, ...]:
    """What to state so that a given D is compared with h/m."""
    return (
        ("D is not compared with h/m: state --particle or --mass",) if given and options.quantum.value is None else ()
    )


def _disagreement(found: _Found) -> list[str]:
    """Where D of the line and D of the likelihood differ by more than two views of the same displacements do.

    Of an efficient estimator and another one the variance of the difference is the difference of the variances (Hausman
    1978, doi 10.2307/1913827); a fifth of a standard uncertainty is what the normal approximation leaves open.
    """
    if found.others is None:
        return []
    value, std = _diffusion_of(found, found.others[0])
    own, own_std = found.line.value("diffusion"), found.line.std("diffusion")
    allowed = float(np.hypot(np.sqrt(max(own_std**2 - std**2, 0.0)), 0.2 * std))
    if abs(own - value) <= _APART * allowed:
        return []
    return [
        f"D of the MSD, {own:.4g} m^2/s, and D of the displacements, {value:.4g} m^2/s, differ by {abs(own - value) / std:.1f} "
        "standard uncertainties, more than two views of the same displacements do: the motion is not free diffusion"
    ]


def _picture(found: _Found) -> Picture:
    curve, line = found.prepared.points.curve, found.line
    std = line.problem.noise.std if line.problem is not None else np.zeros(len(curve))
    t = np.geomspace(curve.x[0], curve.x[-1], 200)
    traces = [Trace(label="readings", x=curve.x, y=curve.y, look="points", std=std)]
    if line.problem is not None:
        traces.append(Trace(label="2 d D t + c", x=t, y=line.problem.model.function(t, line.values), look="fit"))
    if isinstance(found.power, FitResult) and found.power.problem is not None:
        whole = found.power.problem.complete(found.power.values)
        y = found.power.problem.model.function(t, whole)
        traces.append(Trace(label="a t^α + c", x=t, y=y, look="model"))
    return Picture(
        name="msd",
        caption="Mean squared displacement against lag time. Neighbours share windows and scatter together.",
        alt="Points of the mean squared displacement against lag time on logarithmic axes, a straight line with offset through them",
        x_name="lag time", y_name="MSD", x_unit="s", y_unit="m^2", traces=tuple(traces), logarithmic=True, logarithmic_y=True,
        pulls=Trace(label="data minus model over its standard deviation", x=curve.x, y=line.residuals / std),
    )  # fmt: skip


def _points_listing(found: _Found) -> Listing:
    """The points, with the windows behind each."""
    points = found.prepared.points
    std = found.line.problem.noise.std if found.line.problem is not None else np.zeros(len(points.curve))
    windows = pairs(points.lags, points.lengths, points.counts)
    return Listing(
        name="msd", caption="The mean squared displacement.", heads=("lag time", "MSD", "windows", "fitted"),
        rows=tuple(
            (
                Estimate(value=float(t), unit="s"), Estimate(value=float(y), std_stat=float(s), unit="m^2"), float(k),
                Estimate(value=float(f), unit="m^2"),
            )
            for t, y, s, k, f in zip(points.curve.x, points.curve.y, std, windows, found.line.fitted, strict=True)
        ),
        notes=("Windows overlap, within a lag and between lags: the uncertainties of the points are correlated.",),
    )  # fmt: skip


def _listings(found: _Found, *, diffusing: bool) -> tuple[Listing, ...]:
    """D by each estimator where there are several and it may be called so, and the points."""
    if found.others is None or not diffusing:
        return (_points_listing(found),)
    line = found.line
    rows = [("MSD, generalised least squares", line.value("diffusion"), line.std("diffusion"))]
    for name, one in zip(("maximum likelihood of displacements", "covariance-based"), found.others, strict=True):
        rows.append((name, *_diffusion_of(found, one)))
    return (
        Listing(
            name="estimators", caption="The diffusion coefficient by three estimators.",
            heads=("estimator", "D", "offset over 2 d"),
            rows=tuple(
                (name, Estimate(value=value, std_stat=std, unit="m^2/s"), offset)
                for (name, value, std), offset in zip(rows, _offsets(found), strict=True)
            ),
            notes=("All three look at the same displacements: they must agree far better than their uncertainties.",),
        ),
        _points_listing(found),
    )  # fmt: skip


def _offsets(found: _Found) -> list[Estimate]:
    """s^2 = c/2d [m^2] by each estimator."""
    d, line = found.prepared.points.dimensions, found.line
    out = [Estimate(value=line.value("offset") / (2 * d), std_stat=line.std("offset") / (2 * d), unit="m^2")]
    for one in found.others or ():
        out.append(Estimate(value=float(one.values[1]), std_stat=float(np.sqrt(one.covariance[1, 1])), unit="m^2"))
    return out
