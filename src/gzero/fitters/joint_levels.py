"""What a line through levels gives, with everything that its numbers share: step, series resistance and levels together.

All of them are linear maps of the levels (`fitters/step_height.py`), so their statistical covariance is that of the levels
carried through the maps,

    S = A C A^T,     rows of A: s w (step), s w_R (series resistance, where it was fitted), J (corrected levels)

with C `LevelSet.covariance`, w = dh/dlevel, w_R = dR_s/dlevel, J = d corrected/d level, and the shift of a source is
A d for its shifts d of the levels. s is `StepHeight.scale`, which widens the step and the resistance where the levels
scatter about the line beyond C. It stands in their rows only, as in `StepHeight` and in the table of plateaus: a level
keeps the uncertainty that it was measured with, and every correlation coefficient is that of C.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gzero.estimate import Estimate
from gzero.fitters.level_set import LevelSet
from gzero.fitters.step_height import StepHeight
from gzero.joint import JointEstimates, covariance_root


def joint_of_levels(level_set: LevelSet, line: StepHeight) -> JointEstimates:
    """Step height, series resistance and levels with their joint covariance.

    Parameters
    ----------
    level_set : the levels that the line was put through.
    line : what `step_height` found on them.

    Returns
    -------
    JointEstimates of `step_height` [unit of the levels], `series_resistance` [ohm] where one was fitted, and
    `level_n` for every level by its index n [unit of the levels], behind a fitted resistance as the line has them.

    Raises
    ------
    InputError : a covariance of levels that is none, or a line that was not put through these levels.
    """
    unit = line.step.unit
    rows = [line.scale * line.weights]
    estimates = {"step_height": line.step}
    if line.series_resistance is not None:
        rows.append(line.scale * _resistance_weights(line))
        estimates["series_resistance"] = line.series_resistance
    # the root first: S is then positive semidefinite, however singular the map
    root = np.vstack([*rows, line.jacobian]) @ covariance_root(level_set.covariance)
    stds = np.sqrt(np.einsum("km,km->k", root, root))[len(rows) :].tolist()
    shifts = {source: (line.jacobian @ shift).tolist() for source, shift in level_set.shifts.items()}
    for k, (n, value) in enumerate(zip(level_set.indices.tolist(), line.corrected.tolist(), strict=True)):
        estimates[f"level_{n}"] = Estimate(
            value=value,
            std_stat=stds[k],
            systematic={source: shift[k] for source, shift in shifts.items()},
            unit=unit,
        )
    return JointEstimates.of_root(estimates, root)


def _resistance_weights(line: StepHeight) -> NDArray[np.float64]:
    """dR_s/dlevel [1/SI^2], shape (k,).

    A level j moves the corrected level i beside it only by the resistance: 1/G_i = 1/level_i - R_s gives
    dG_i/dlevel_j = G_i^2 dR_s/dlevel_j for i != j, which is read off the Jacobian.
    """
    k = line.corrected.size
    beside = (np.arange(k) + 1) % k
    return np.asarray(line.jacobian[beside, np.arange(k)] / line.corrected[beside] ** 2)
