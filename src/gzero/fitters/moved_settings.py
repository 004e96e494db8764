"""What a common error of the settings (a temperature scale, an area) does to the parameters of a fit.

To first order the readings stand still while the model moves by d f, so that

    d parameters = -(J^T C^-1 J)^-1 J^T C^-1 d f,

one shift a named source, beside those of gain and offset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from gzero.fitters.curve_fit import CurveFit
from gzero.models.model import Array, Model


def with_moved(found: CurveFit, moved: Mapping[str, Model]) -> CurveFit:
    """The fit with the shifts of further sources.

    Parameters
    ----------
    moved : source -> the model of the fit with the settings as they are when that source moves up by one standard
        uncertainty; same parameters.
    """
    fit = found.fit
    if fit.problem is None or not moved:
        return found
    noise = fit.problem.noise
    weigh = noise.with_spectrum(None) if fit.method.endswith("sandwich covariance") else noise
    design = weigh.whiten(fit.problem.design(fit.values))
    size = np.linalg.norm(design, axis=0)
    shifts: dict[str, Array] = dict(found.shifts)
    everything = fit.problem.complete(fit.values)
    for source, model in moved.items():
        change = model.function(found.curve.x, everything) - fit.fitted
        shift = -np.linalg.lstsq(design / size, weigh.whiten(change), rcond=None)[0] / size
        shifts[source] = shifts[source] + shift if source in shifts else shift
    return replace(found, shifts=shifts)
