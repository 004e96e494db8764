"""What was chosen about a Hall bar, and by whom, and what the reader must know: ledger, warnings, budget, method."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gzero.fitters.findings import BudgetLine
from gzero.fitters.hall_count import FROM_QUANTUM, Source
from gzero.fitters.hall_levels import HallLevels
from gzero.fitters.hall_look import Found
from gzero.fitters.level_set import LevelSet
from gzero.fitters.options import FitOptions
from gzero.fitters.step_height import StepHeight
from gzero.measurement.ledger import By, Choice
from gzero.measurement.measurement import Measurement
from gzero.reduction.noise import Noise

#: Part of R_xy that reversal of the field must not change, over R_xy on a plateau, from which it is worth a word.
_LEFT_OVER = 0.01
#: Change of the current along a file, over the largest, from which plateaus at different currents may differ.
_CURRENT = 0.05


def choices(found: Found, options: FitOptions, degeneracy: int, measurement: Measurement) -> list[Choice]:
    """Range, field reversal, classical part, states a level, noise, for the ledger."""
    s, bar = options.selection, found.bar
    window = s.x_low > -math.inf or s.x_high < math.inf
    out = [
        Choice(
            choice="range",
            value=f"{s.x_low:g}:{s.x_high:g}" if window else "all of the sweep",
            origin="user" if window else "default",
        ),
        _reversal(found),
    ]
    if found.low is not None:
        end = found.low.structure
        first = (
            "R_xy shows no structure" if math.isinf(end) else f"60 % of the field of the first structure, {end:.3g} T"
        )
        out.append(
            Choice(
                choice="classical part",
                value=f"up to {found.low.end:.3g} T, {found.low.readings} readings",
                origin="data",
                note=first,
            )
        )
    if found.waves is not None:
        out.append(
            Choice(
                choice="states of a Landau level (g)",
                value=str(degeneracy),
                origin="data",
                note=f"{found.waves.periods:.1f} periods between {found.waves.curve.x[0]:.3g} and "
                f"{found.waves.curve.x[-1]:.3g} T; the low-field slope settles g",
            )
        )
    if found.sides is not None:
        value = {"mean": "mean of both sides", "first": "first side", "second": "second side"}[options.longitudinal]
        origin: By = "default" if options.longitudinal == "mean" else "user"
        out.append(Choice(choice="R_xx that is used", value=value, origin=origin, note="two columns were read"))
    if bar.longitudinal is not None and not {"length", "width"} <= set(measurement.conditions):
        out.append(
            Choice(
                choice="squares between the probes of R_xx",
                value="1",
                origin="default",
                note="state --length and --width for the resistance per square and the mobility",
            )
        )
    noise = found.noise
    note = noise.description + ("; carried in the covariance of the levels" if noise.red else "")
    out.append(Choice(choice="noise of one reading", value=f"{noise.typical:.3g} ohm", origin="data", note=note))
    return out


def _reversal(found: Found) -> Choice:
    bar = found.bar
    if not bar.over_field:
        value, note = "none", "the sweep goes over density"
    elif bar.parity == "odd":
        value, note = "R_xy antisymmetrised, R_xx symmetrised", "both signs of the field were read, and R_xy is odd"
    elif bar.parity == "even":
        value, note = "both symmetrised", "R_xy is even in the field: two terminals, whose contacts are in series"
    else:
        value = "one sign of the field"
        note = "what probes that do not face each other add of R_xx is in R_xy"
        note += f"; {bar.unused} readings of the other sign left out" if bar.unused else ""
    return Choice(choice="field reversal", value=value, origin="data", note=note)


def claim(levels: HallLevels, at: Sequence[int], options: FitOptions) -> Choice:
    """Which plateaus the claim rests on."""
    value = ", ".join(str(levels.counted[k].index) for k in at) or "none"
    many = f"{len(levels.counted)} found"
    if options.plateaus is not None:
        low, high = options.plateaus
        return Choice(
            choice="plateaus of the claim", value=value, origin="user", note=f"declared nu = {low}:{high}; {many}"
        )
    return Choice(
        choice="plateaus of the claim",
        value=value,
        origin="data",
        note=f"every flat one of an integer filling where R_xx falls; {many}",
    )


def warnings_of(
    found: Found, levels: HallLevels, at: Sequence[int], measurement: Measurement, options: FitOptions
) -> list[str]:
    """What the reader must know."""
    bar, out = found.bar, []
    if not found.plateaus:
        out.append("R_xy follows the classical line: no plateau stands out of it")
    if bar.longitudinal is None:
        read = "longitudinal_resistance" in measurement.series
        out.append(
            "R_xx was not read"
            + (" at most of the settings" if read else "")
            + ": nothing shows that dissipation vanishes "
            "on the plateaus, and there is no mobility"
        )
    elif found.waves is None and found.why:
        out.append(f"no density from oscillations: {found.why}")
    if bar.longitudinal is not None and not {"length", "width"} <= set(measurement.conditions):
        out.append("R_xx is taken per square: state --length and --width of the bar for its mobility")
    if (
        not ({"gain", "offset", "series_resistance"} & set(measurement.conditions))
        and not options.fit_resistance
        and at
    ):
        out.append("no gain, offset or series resistance was stated: the scale of the resistance is taken as exact")
    out += _claims(levels, at, options)
    out += _current(measurement)
    if bar.rest is not None and levels.counted:
        plateau = levels.counted[0].plateau
        for one in (levels.counted[k].plateau for k in at):
            plateau = one if one.level > plateau.level else plateau
        share = float(np.mean(bar.rest[plateau.first : plateau.last + 1])) / plateau.level
        if abs(share) > _LEFT_OVER:
            out.append(
                f"reversing the field changes R_xy of the highest plateau by {100 * 2 * abs(share):.1f} % in size: probes that do "
                "not face each other, or an offset"
            )
    return out


def _current(measurement: Measurement) -> list[str]:
    """A current that is not the same at all readings: plateaus break down with it, and one level then stands for several."""
    series = measurement.series.get("current")
    sizes = np.abs(series.values[np.isfinite(series.values)]) if series is not None else np.zeros(0)
    if sizes.size == 0 or np.ptp(sizes) <= _CURRENT * np.max(sizes):
        return []
    return [
        f"the current lies between {np.min(sizes):.3g} and {np.max(sizes):.3g} A, and is no setting that covers the sweep: readings at "
        "all of them make one level; read the whole sweep at each current, in this file or in one of its own"
    ]


def _claims(levels: HallLevels, at: Sequence[int], options: FitOptions) -> list[str]:
    """Declared plateaus that are not there, and those of no integer."""
    out = []
    if options.plateaus is not None:
        wanted = set(range(options.plateaus[0], options.plateaus[1] + 1))
        missing = sorted(wanted - {levels.counted[k].index for k in at})
        if missing:
            out.append(f"declared fillings without a plateau: {', '.join(str(n) for n in missing)}")
    for one in levels.counted:
        if one.index == 0:
            place = f"{one.plateau.x_low:.4g} to {one.plateau.x_high:.4g}"
            out.append(f"the plateau at {place} is not counted: {one.note}")
    return out


def budget(
    levels: HallLevels, at: Sequence[int], level_set: LevelSet, line: StepHeight, noise: Noise
) -> tuple[BudgetLine, ...]:
    """Where the uncertainty of the step height comes from; shares of the variance."""
    slope = -(level_set.values**2)
    w = line.weights * slope
    readings = float(np.sqrt(max(float(w @ levels.noise[np.ix_(at, at)] @ w), 0.0)))
    window = float(np.linalg.norm(w * levels.window[list(at)]))
    left = 1 - (readings**2 + window**2) / line.step.std_stat**2 if line.step.std_stat > 0 else 0.0
    excess = line.step.std_stat * math.sqrt(left) if left > 1e-6 else 0.0
    rows = [
        ("noise of the readings", "statistical", noise.description, readings),
        (
            "slope and choice of the windows",
            "statistical",
            f"{len(at)} plateau{'s' * (len(at) != 1)}, beyond the noise",
            window,
        ),
        ("scatter of the levels about nu h", "statistical", f"chi2/dof {line.chi2:.3g}/{line.dof}", excess),
    ]
    rows += [
        (
            source.replace("_", " "),
            "systematic",
            "s R_xx" if source == "longitudinal resistance" else "declared",
            abs(shift),
        )
        for source, shift in line.step.systematic.items()
    ]
    total = sum(std**2 for *_, std in rows)
    return tuple(
        BudgetLine(source=s, kind=k, value=v, std=std, share=std**2 / total if total > 0 else 0.0)
        for s, k, v, std in rows
    )


def method(found: Found, source: Source) -> tuple[str, ...]:
    """How the numbers came about, for the reader of a report."""
    how = {
        "odd": "Both signs of the field were combined: R_xy as their difference, R_xx as their sum.",
        "even": "Both signs of the field were combined as their sum, as R_xy is even: two terminals.",
        "one sign": "",
    }[found.bar.parity]
    counted = (
        "The first plateau is counted by the quantum under test, which the verdict does not accept."
        if source.name == FROM_QUANTUM
        else f"Filling factors are counted from the {source.name}, never by rounding R_xy."
    )
    sentences = (
        "Plateaus are stretches where R_xy leaves the classical line for a slope near zero; a level is the mean over readings "
        "in which the tails of the neighbouring levels are small against the noise.",
        how,
        counted,
        "The conductance a filled level is that of the line 1/R_xy = nu h through the levels with their joint covariance.",
    )
    return tuple(sentence for sentence in sentences if sentence)
