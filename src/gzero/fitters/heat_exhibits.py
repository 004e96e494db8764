"""What a heat measurement brings to a report: its curves, its modes over channels, and what other phonon laws give."""

from __future__ import annotations

import numpy as np

from gzero.estimate import Estimate
from gzero.fitters.exhibits import Entry, Listing, Picture, Trace
from gzero.fitters.heat_fit import HeatFit
from gzero.fitters.heat_phonons import Phonons


def flow_picture(found: HeatFit) -> Picture:
    """Readings over temperature with the model of each setting, and the pulls."""
    points, model = found.points, found.model
    curve, fitted = model.curve, model.fit.fitted
    std = model.noise.std * (1.0 if model.noise.spectrum is None else np.sqrt(model.noise.spectrum.variance))
    shown = std if curve.y_std is not None and len(curve) <= 120 else None
    lines = []
    for i, label in enumerate(points.labels):
        at = np.flatnonzero(points.setting == i)
        at = at[np.argsort(points.hot[at], kind="stable")]
        lines.append(
            Trace(label="model" if points.count == 1 else f"model, {label}", x=points.hot[at], y=fitted[at], look="fit")
        )
    what = "Heat flow" if points.flow else "Heat conductance"
    return Picture(
        name="heat",
        caption=f"{what} over temperature, with the modes of each setting and phonons common to all",
        alt=f"{what} rising with temperature, one curve for each number of channels, and the pulls below",
        x_name="temperature of the hot side" if points.flow else "temperature",
        y_name=what.lower(),
        x_unit="K",
        y_unit=curve.y_unit,
        traces=(Trace(label="readings", x=points.hot, y=curve.y, look="points", std=shown), *lines),
        pulls=Trace(label="data minus model over its standard deviation", x=points.hot, y=model.fit.residuals / std),
    )


def modes_picture(found: HeatFit) -> Picture | None:
    """Modes of every setting over its channels, with one quantum a channel; None without two numbers of channels."""
    channels = found.points.channels
    if channels is None or channels.size < 2:
        return None
    modes = [found.total.estimates[f"modes_{i}"] for i in range(1, channels.size + 1)]
    ends = np.array([0.0, float(channels.max())])
    return Picture(
        name="modes",
        caption="Modes of heat, in units of κ₀T, over the number of channels (model with a power law of the phonons)",
        alt="Modes rising with the number of channels, beside the line of one quantum a channel",
        x_name="channels",
        y_name="modes",
        x_unit="",
        y_unit="",
        traces=(
            Trace(label="one quantum a channel", x=ends, y=ends, look="limit"),
            Trace(
                label="modes", x=channels, y=np.array([m.value for m in modes]), look="points",
                std=np.array([m.std for m in modes]),
            ),
        ),
    )  # fmt: skip


def settings_table(found: HeatFit) -> Listing | None:
    """Modes of every setting; None for a single one, whose modes stand among the estimates."""
    points = found.points
    if points.count < 2:
        return None
    rows: list[tuple[Entry, ...]] = []
    for i, label in enumerate(points.labels, 1):
        modes = found.total.estimates[f"modes_{i}"]
        n = None if points.channels is None else float(points.channels[i - 1])
        each: Entry = "" if not n else modes.scaled(1 / n, "")
        rows.append((label, f"{int(np.sum(points.setting == i - 1))}", modes, each))
    notes = ["modes in units of κ₀T, from the model with a power law of the phonons"]
    if found.line is not None:
        zero: Estimate = found.line.estimates["modes_at_zero"]
        notes.append(f"a straight line through them has {zero.value:.3g} +- {zero.std:.2g} modes at zero channels")
    return Listing(
        name="settings",
        caption="Modes of every setting",
        heads=("Setting", "Readings", "Modes", "Modes per channel"),
        rows=tuple(rows),
        notes=tuple(notes),
    )


def exponents_table(phonons: Phonons) -> Listing:
    """What other exponents of the phonons would give."""
    said = "stated" if phonons.stated else "usual"
    rows: list[tuple[Entry, ...]] = [
        (
            f"{exponent:.3g}" + (", best" if exponent == phonons.best else "") + (f", {said}" if exponent == phonons.usual else ""),
            ", ".join(f"{m:.4g}" for m in modes),
            f"{max(worse, 0.0):.3g}" if worse > 1e-6 else "0",
        )
        for exponent, modes, worse in phonons.tried
    ]  # fmt: skip
    return Listing(
        name="exponents",
        caption="Exponents of the phonon term",
        heads=("Exponent", "Modes", "Chi2 above the least"),
        rows=tuple(rows),
        notes=("from 9 on the usual exponent gives way to a fitted one, and a stated one is excluded",),
    )
