"""Pictures and tables of a Hall bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gzero.estimate import Estimate
from gzero.fitters.exhibits import Band, Entry, Listing, Mark, Picture, Trace
from gzero.fitters.hall_levels import HallLevels
from gzero.fitters.hall_low_field import LowField
from gzero.fitters.hall_oscillation import Oscillation
from gzero.models.hall import R_K
from gzero.reduction.field_reversal import Bar
from gzero.reduction.hall_plateaus import Steepness

_PPM = 1e6


def pictures(
    bar: Bar, levels: HallLevels, at: Sequence[int], low: LowField | None, waves: Oscillation | None
) -> tuple[Picture, ...]:
    """The sweep with its plateaus, and the oscillations with their fit."""
    out = [_sweep(bar, levels, at, low)]
    if waves is not None:
        out.append(_waves(waves))
    return tuple(out)


def _sweep(bar: Bar, levels: HallLevels, at: Sequence[int], low: LowField | None) -> Picture:
    """R_xy and R_xx over the field; bands where plateaus were read."""
    traces = [Trace(label="R_xy", x=bar.x, y=bar.hall, look="data")]
    caption = "R_xy over the size of the field" if bar.over_field else "R_xy over density"
    if bar.longitudinal is not None:
        factor = _magnified(bar)
        traces.append(
            Trace(label="R_xx" if factor == 1 else f"{factor:g} R_xx", x=bar.x, y=factor * bar.longitudinal, look="fit")
        )
        caption += " with R_xx"
    if low is not None:
        line = np.array([0.0, float(bar.x[-1])])
        traces.append(
            Trace(label="classical line", x=line, y=low.intercept.value + low.slope.value * line, look="limit")
        )
    top = float(np.max(bar.hall)) * 1.05
    bands = [
        Band(
            label="readings of a level" if k == at[0] else "",
            x=np.array([levels.counted[k].plateau.x_low, levels.counted[k].plateau.x_high]),
            low=np.zeros(2),
            high=np.full(2, top),
        )
        for k in at
    ]
    marks = [
        Mark(
            label=str(levels.counted[k].index),
            x=_middle(levels.counted[k].plateau.x_low, levels.counted[k].plateau.x_high),
        )
        for k in at
    ]
    names = ", ".join(str(levels.counted[k].index) for k in at) or "none"
    return Picture(
        name="hall",
        caption=f"{caption}; shaded: readings that make a level, with the filling factor counted for it.",
        alt=f"R_xy of {len(bar)} readings; plateaus counted at filling factors {names}.",
        x_name="|B|" if bar.over_field else "density",
        y_name="resistance",
        x_unit="T" if bar.over_field else "1/m^2",
        y_unit="ohm",
        traces=tuple(traces),
        bands=tuple(bands),
        marks=tuple(marks),
    )


def _middle(low: float, high: float) -> float:
    return (low + high) / 2


def _magnified(bar: Bar) -> float:
    """A round factor that makes R_xx fill a third of the picture."""
    assert bar.longitudinal is not None
    top, size = float(np.max(bar.hall)), float(np.max(np.abs(bar.longitudinal)))
    wanted = 0.4 * top / size if size > 0 else 1.0
    rounds = [m * 10.0**e for e in range(-3, 6) for m in (1, 2, 5)]
    return max((r for r in rounds if r <= wanted), default=1.0)


def _waves(waves: Oscillation) -> Picture:
    curve, fit = waves.curve, waves.fit
    inverse = 1 / curve.x[::-1]
    fine = np.linspace(inverse[0], inverse[-1], 600)
    model = fit.fitted[::-1]
    if fit.problem is not None:
        model = fit.problem.model.function(1 / fine, fit.problem.complete(fit.values))
    return Picture(
        name="oscillations",
        caption=f"Shubnikov-de Haas oscillations over 1/B with their fit: {waves.periods:.1f} periods of 1/({waves.frequency.value:.4g} T).",
        alt=f"R_xx over 1/B with a fitted oscillation of frequency {waves.frequency.value:.4g} T.",
        x_name="1/B",
        y_name="R_xx",
        x_unit="1/T",
        y_unit="ohm",
        traces=(
            Trace(label="R_xx", x=inverse, y=curve.y[::-1], look="points"),
            Trace(label=fit.model, x=fine, y=model, look="fit"),
        ),
    )


def listings(
    bar: Bar,
    levels: HallLevels,
    view: Steepness,
    estimates: Mapping[str, Estimate],
    degeneracy: int,
    *,
    more: Sequence[tuple[Entry, ...]] = (),
    tables: Sequence[Listing] = (),
) -> tuple[Listing, ...]:
    """The plateaus one by one, and what a metrologist checks.

    Parameters
    ----------
    more : further checks, as rows;  tables : what they rest on, plateau by plateau.
    """
    if not levels.counted:
        return ()
    return (_plateaus(levels), *tables, *_checks(bar, levels, view, estimates, degeneracy, more))


def _plateaus(levels: HallLevels) -> Listing:
    rows: list[tuple[Entry, ...]] = []
    for k, one in enumerate(levels.counted):
        loss, away, extra = levels.dissipation[k], levels.deviation(k), levels.extrapolated(k)
        rows.append(
            (
                str(one.index) if one.index else "none",
                "by the quantum"
                if one.filling is None
                else Estimate(value=one.filling.value, std_stat=one.filling.std),
                f"{one.plateau.x_low:.4g} to {one.plateau.x_high:.4g}",
                levels.resistance(k),
                "" if away is None else away.scaled(_PPM, ""),
                "not read" if loss is None else loss.resistance,
                "" if loss is None or loss.slope is None else loss.slope,
                "" if extra is None else f"{extra * _PPM:.0f}",
            )
        )
    return Listing(
        name="plateaus",
        caption="Plateaus of the Hall bar",
        heads=(
            "nu",
            "filling counted",
            "range of readings",
            "R_xy",
            "R_xy nu/R_K - 1, ppm",
            "R_xx",
            "s",
            "at R_xx = 0, ppm",
        ),
        rows=tuple(rows),
        notes=(
            f"R_K = h/e^2 = {R_K:.3f} ohm, exact since 2019. s: part of R_xx that R_xy follows beside the plateau; the last "
            "column is the ratio with s R_xx taken off. s R_xx is a systematic part of the level.",
        ),
    )


def _checks(
    bar: Bar,
    levels: HallLevels,
    view: Steepness,
    estimates: Mapping[str, Estimate],
    degeneracy: int,
    more: Sequence[tuple[Entry, ...]],
) -> tuple[Listing, ...]:
    """Density twice, field reversal, resistivity rule."""
    rows: list[tuple[Entry, ...]] = []
    slope, period = estimates.get("density"), estimates.get("density_sdh")
    if slope is not None and period is not None:
        ratio = period.value / slope.value
        std = ratio * float(np.hypot(period.std / period.value, slope.std / slope.value))
        rows.append(
            (
                f"density from the period (g = {degeneracy}) over that from the slope",
                Estimate(value=ratio, std_stat=std),
                "1 for one band and a gain of 1",
            )
        )
    if bar.rest is not None:
        for one in levels.counted:
            if one.index:
                rest = float(np.mean(bar.rest[one.plateau.first : one.plateau.last + 1])) / one.plateau.level
                rows.append((f"field reversal at nu = {one.index}, ppm", f"{rest * _PPM:.0f}", "0: left out of R_xy"))
    if bar.longitudinal is not None and bar.over_field and (rule := _rule(bar, view)) is not None:
        rows.append(
            (
                "resistivity rule, R_xx = a B dR_xy/dB: a",
                f"{rule[0]:.3g}, correlation {rule[1]:.2f}",
                "correlation near 1: R_xx and R_xy are of one piece",
            )
        )
    rows += more
    if not rows:
        return ()
    return (Listing(name="checks", caption="Checks", heads=("check", "result", "expected"), rows=tuple(rows)),)


def _rule(bar: Bar, view: Steepness) -> tuple[float, float] | None:
    """(a, correlation) of R_xx and B dR_xy/dB above the classical part (Chang and Tsui 1985, doi 10.1016/0038-1098(85)90555-X)."""
    assert bar.longitudinal is not None
    first = np.flatnonzero(view.values < 0.5)
    if first.size == 0:
        return None
    here = slice(int(first[0]), len(bar))
    rise = bar.x[here] * view.values[here] * view.classical[here]
    xx = bar.longitudinal[here]
    if xx.size < 20 or np.std(rise) == 0 or np.std(xx) == 0:
        return None
    return float(rise @ xx / (rise @ rise)), float(np.corrcoef(rise, xx)[0, 1])
