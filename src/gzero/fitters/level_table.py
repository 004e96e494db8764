"""The table of a staircase's plateaus: levels, transmissions, and why one is not counted."""

from __future__ import annotations

import numpy as np

from gzero.estimate import Estimate
from gzero.fitters.findings import Level
from gzero.fitters.options import FitOptions
from gzero.fitters.step_height import StepHeight
from gzero.reduction.calibration import Calibration
from gzero.reduction.plateau import Plateau
from gzero.reduction.plateaus import FLAT, Staircase, is_flat


def _calibrated(plateau: Plateau, calibration: Calibration, unit: str | None) -> Estimate:
    """A plateau's level with its statistical part and the shifts of the common sources."""
    return Estimate(
        value=plateau.level,
        std_stat=float(np.hypot(plateau.std_noise, plateau.std_window)),
        systematic=calibration.shifts(plateau.level),
        unit=unit,
    )


def level_table(
    stairs: Staircase,
    first: int,
    calibration: Calibration,
    options: FitOptions,
    counted: list[Plateau],
    line: StepHeight | None = None,
) -> tuple[Level, ...]:
    """Every plateau found, those not counted with their reason; transmission is the height over the one below."""
    unit = options.quantum.unit
    out = []
    below: Estimate | None = Estimate(value=0.0, unit=unit) if first == 0 else None
    previous = 0
    for plateau in stairs.plateaus:
        level = _calibrated(plateau, calibration, unit)
        if line is not None and plateau in counted:
            k = counted.index(plateau)
            level = Estimate(
                value=float(line.corrected[k]),
                std_stat=float(
                    np.linalg.norm(line.jacobian[k] * [np.hypot(p.std_noise, p.std_window) for p in counted])
                ),
                systematic=_moved(line, calibration, counted, k),
                unit=unit,
            )
        transmission = _difference(level, below, plateau.index - previous, options.unit)
        note = ""
        if plateau not in counted:
            note = (
                _why_not_flat(plateau)
                if not is_flat(plateau)
                else "above the claim"
                if options.plateaus is None
                else "outside the declared plateaus"
            )
        elif not is_flat(plateau):
            note = f"declared, but {_why_not_flat(plateau)}"
        out.append(
            Level(
                index=plateau.index + first, level=level, transmission=transmission, x_low=plateau.x_low, x_high=plateau.x_high,
                slope=plateau.slope, points=plateau.points, counted=plateau in counted, note=note,
            )
        )  # fmt: skip
        below, previous = level, plateau.index
    return tuple(out)


def _why_not_flat(plateau: Plateau) -> str:
    if plateau.flatness_std > FLAT:
        return f"too noisy to tell whether it is flat ({plateau.flatness:.2f} +- {plateau.flatness_std:.2f})"
    return f"not flat ({plateau.flatness:.2f})"


def _moved(line: StepHeight, calibration: Calibration, counted: list[Plateau], k: int) -> dict[str, float]:
    """Systematic shifts of the k-th level behind the fitted series resistance."""
    out: dict[str, float] = {}
    for slope, plateau in zip(line.jacobian[k], counted, strict=True):
        for source, shift in calibration.shifts(plateau.level).items():
            out[source] = out.get(source, 0.0) + float(slope) * shift
    return out


def _difference(level: Estimate, below: Estimate | None, modes: int, quantum: float) -> Estimate:
    """(level - level below) per mode, in quanta; where the level below is not in the data, the level over its index."""
    if below is None:
        return Estimate(
            value=level.value / quantum / max(1, round(level.value / quantum)),
            std_stat=level.std_stat / quantum,
            unit="",
        )
    sources = set(level.systematic) | set(below.systematic)
    parts = {s: (level.systematic.get(s, 0.0) - below.systematic.get(s, 0.0)) / quantum / modes for s in sources}
    std = float(np.hypot(level.std_stat, below.std_stat)) / quantum / modes
    return Estimate(value=(level.value - below.value) / quantum / modes, std_stat=std, systematic=parts, unit="")
