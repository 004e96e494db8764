"""What the current does to the plateaus of a Hall bar, in estimates, rows and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FitError
from gzero.estimate import Estimate
from gzero.fitters.exhibits import Entry, Listing
from gzero.fitters.hall_current import Currents
from gzero.fitters.hall_levels import LONGITUDINAL
from gzero.fitters.level_set import LevelSet
from gzero.fitters.step_height import step_height
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.models.hall import R_K

_PPM = 1e6


def at_no_current(found: Currents, level_set: LevelSet, window: NDArray[np.float64]) -> Mapping[str, Estimate]:
    """`step_height_zero_current`: the line through the levels at zero current [S].

    What dissipation does to a level goes with the current; the other systematic parts are those of the claim.

    Parameters
    ----------
    level_set : the same levels at the lowest current;  window : standard uncertainty of each from its window [ohm], shape (k,).
    """
    values = 1 / found.zero
    slopes = level_set.values**2
    zero = replace(
        level_set,
        values=values,
        # what the choice of the windows adds to a level is the same at every current
        covariance=found.zero_covariance * np.outer(values**2, values**2) + np.diag((window * slopes) ** 2),
        shifts={source: shift for source, shift in level_set.shifts.items() if source != LONGITUDINAL},
    )
    try:
        return {"step_height_zero_current": step_height(zero, "S").step}
    except FitError:
        return {}


def current_choices(currents: Sequence[tuple[float, object]], found: Currents | None) -> list[Choice]:
    """Which current has the main answer, and which ones the extrapolation."""
    if not currents:
        return []
    sizes = ", ".join(_amperes(current) for current, _ in currents)
    out = [
        Choice(
            choice="current of the levels", value=_amperes(currents[0][0]), origin="default",
            note=f"the lowest one that covers the sweep; read at {sizes}; --mask leaves currents out",
        )
    ]  # fmt: skip
    if found is not None:
        law = "two currents, which any law passes" if found.law is None else f"p = {found.law:.2g} of the law"
        value = f"in I^2, {len(found.sound)} currents up to {_amperes(found.sound[-1].current)}"
        out.append(Choice(choice="extrapolation to zero current", value=value, origin="data", note=law))
    return out


def current_rows(found: Currents | None, measurement: Measurement, at: Sequence[int]) -> tuple[tuple[Entry, ...], ...]:
    """Dependence on the current and breakdown, for the table of checks."""
    if found is None:
        if not at:
            return ()
        series = measurement.series.get("current")
        size = None if series is None else np.abs(series.values[np.isfinite(series.values)])
        one = f"one current, {_amperes(float(np.mean(size)))}" if size is not None and size.size else "not stated"
        return (("current", one, "several show whether the plateaus depend on it"),)
    top = _amperes(found.sound[-1].current)
    rows: list[tuple[Entry, ...]] = [
        (
            f"levels at {len(found.sound)} currents up to {top}: independent of it",
            f"p = {found.dependence:.2g}",
            "above 0.01; else they are heated",
        )
    ]
    if found.changed is not None:
        rows.append(
            ("first current that changes a level or R_xx", _between(found, found.changed), "above that of the levels")
        )
    if found.broken is not None:
        rows.append(("breakdown of the plateaus", _between(found, found.broken), "above that of the levels"))
    return tuple(rows)


def current_table(found: Currents | None) -> tuple[Listing, ...]:
    """Levels and R_xx at every current, and the levels at none."""
    if found is None:
        return ()
    rows: list[tuple[Entry, ...]] = []
    for k, nu in enumerate(found.fillings):
        for one in found.read:
            level = Estimate(value=float(one.hall[k]), std_stat=float(np.sqrt(one.hall_covariance[k, k])), unit="ohm")
            along: Entry = "not read"
            if one.longitudinal is not None and one.longitudinal_std is not None:
                along = Estimate(value=float(one.longitudinal[k]), std_stat=float(one.longitudinal_std[k]), unit="ohm")
            rows.append((str(nu), _amperes(one.current), level, _parts(level, nu), along))
        std = float(np.sqrt(found.zero_covariance[k, k]))
        level = Estimate(value=float(found.zero[k]), std_stat=std, unit="ohm")
        rows.append((str(nu), "0, extrapolated", level, _parts(level, nu), ""))
    notes = f"Means over the readings of the plateaus at {_amperes(found.read[0].current)}; statistical uncertainties alone, as gain and "
    notes += "offset are common to all currents. Zero current: a line in I^2 through "
    notes += ", ".join(_amperes(one.current) for one in found.sound) + "."
    if found.left_out:
        notes += f" Too few readings on a plateau at {', '.join(_amperes(c) for c in found.left_out)}."
    return (
        Listing(
            name="currents", caption="Plateaus of the Hall bar over the current",
            heads=("nu", "current", "R_xy", "R_xy nu/R_K - 1, ppm", "R_xx"), rows=tuple(rows), notes=(notes,),
        ),
    )  # fmt: skip


def current_warnings(found: Currents | None) -> list[str]:
    """A breakdown, and levels that depend on the current."""
    out: list[str] = []
    if found is None:
        return out
    if found.broken is not None:
        out.append(
            f"the plateaus break down {_between(found, found.broken)}: readings there are shown, and no part of any level"
        )
    if found.dependence < 0.01:
        out.append(
            f"the levels change with the current below that (p = {found.dependence:.2g}): step_height_zero_current is the step at "
            "zero current"
        )
    return out


def _parts(level: Estimate, nu: int) -> Estimate:
    """R_xy nu/R_K - 1 in ppm."""
    ratio = level.scaled(nu / R_K, "")
    return Estimate(value=(ratio.value - 1) * _PPM, std_stat=ratio.std_stat * _PPM)


def _between(found: Currents, place: int) -> str:
    below, above = found.read[place - 1].current, found.read[place].current
    return f"between {_amperes(below)} and {_amperes(above)}"


def _amperes(current: float) -> str:
    """A current with a prefix."""
    for factor, unit in ((1.0, "A"), (1e-3, "mA"), (1e-6, "uA"), (1e-9, "nA")):
        if current >= factor:
            return f"{current / factor:.4g} {unit}"
    return f"{current:.3g} A"
