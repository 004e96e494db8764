"""A conductance that switches between levels, and how long it stays on each.

    G(t) = G_k  for t_k <= t < t_{k+1}          levels G_k [unit of y], switches t_k [unit of t]
    S(t) = exp(-t/tau)                          share of dwell times longer than t, of a state that does not age

The second is the law of a memoryless switch (random telegraph: Machlup 1954, doi 10.1063/1.1721637). Valid while a switch is
fast beside the time between two readings. Limits: S(0) = 1, S -> 0; mean dwell time tau.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gzero.models.model import Model, Parameter

Array = NDArray[np.float64]

REFERENCE = "10.1063/1.1721637"


def levels_in_time(switches: Array) -> Model:
    """Levels between switches at given times.

    Parameters
    ----------
    switches : ascending, shape (k - 1,) [unit of t]; the model has k levels `level_1`, `level_2`, ... [unit of y].
    """
    k = switches.size + 1

    def place(t: Array) -> NDArray[np.int64]:
        return np.searchsorted(switches, t, side="right")

    def function(t: Array, values: Array) -> Array:
        return np.asarray(values[place(t)])

    def jacobian(t: Array, values: Array) -> Array:
        return np.asarray(place(t)[:, None] == np.arange(values.size)[None, :], dtype=np.float64)

    return Model(
        name="levels in time",
        parameters=tuple(
            Parameter(name=f"level_{i}", symbol=f"G_{i}", unit="y", meaning=f"level of stretch {i}")
            for i in range(1, k + 1)
        ),
        function=function,
        jacobian=jacobian,
        reference=REFERENCE,
    )


def survival(t: Array, tau: float) -> Array:
    """S(t) = exp(-t/tau) [1] at times `t` [s], shape (n,), of a mean dwell time `tau` [s]."""
    return np.asarray(np.exp(-t / tau))
