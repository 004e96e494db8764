"""Conductance of a constriction whose modes open one after the other.

    G_two(V) = g * sum_n Gamma_n f((V - V_n)/w_n) + offset,     G = G_two / (1 + R_s G_two)

with f(z) = 1/(1 + exp(-z)), the thermal step of a mode whose threshold passes the Fermi level (w = kB T/(e alpha) with
lever arm alpha); Beenakker and van Houten 1991, doi 10.1016/S0081-1947(08)60091-0. The step g is
common to all modes, or every mode has its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from gzero.models.model import Array, Model, Parameter

if TYPE_CHECKING:
    from lmfit import Model as LmfitModel

#: Stands for a width of zero, so that 0/0 cannot occur: far below any unit of x, far above underflow.
_NARROWEST = 1e-200

Heights = Literal["equal", "free"]
SeriesResistance = Literal["none", "free"]


def logistic(z: Array) -> Array:
    """f(z) = 1/(1 + exp(-z)) [1], z [1]; without overflow at either end."""
    half = np.tanh(0.5 * z)
    return np.asarray(0.5 * (1.0 + half))


def staircase(
    modes: int,
    *,
    heights: Heights = "equal",
    series_resistance: SeriesResistance = "none",
    offset: bool = True,
    descending: bool = False,
) -> Model:
    """The staircase of `modes` thermally broadened steps.

    Parameters
    ----------
    modes : number of risers, >= 1.
    heights : one `step_height` [unit of y] for all, or `height_1` ... `height_n`.
    series_resistance : "free" adds the parameter `series_resistance` [1/unit of y]; it needs three modes to be told
        from the step height.
    offset : whether a constant [unit of y] is added to the conductance of the modes.
    descending : whether conductance falls with x (holes; a gate that repels).

    Returns
    -------
    Model with parameters in the order: heights, thresholds `threshold_n` [unit of x], widths `width_n` [unit of x],
    `offset`, `series_resistance`. For w -> 0 each riser is a jump; for V far above all thresholds G_two is the sum of
    the heights; w = 0 is the jump itself, half a height at the threshold.

    Raises
    ------
    ValueError : modes < 1, or an unknown option.
    """
    if modes < 1:
        raise ValueError(f"a staircase has at least one step, not {modes}")
    if heights not in ("equal", "free") or series_resistance not in ("none", "free"):
        raise ValueError(f"no such option: heights={heights!r}, series_resistance={series_resistance!r}")
    equal, series = heights == "equal", series_resistance == "free"
    first = 1 if equal else modes
    sign = -1.0 if descending else 1.0
    parameters = [Parameter(name="step_height", symbol="g", unit="y", meaning="height of every step")] if equal else [
        Parameter(name=f"height_{n}", symbol=f"g_{n}", unit="y", meaning=f"height of step {n}") for n in range(1, modes + 1)
    ]  # fmt: skip
    parameters += [
        Parameter(name=f"threshold_{n}", symbol=f"V_{n}", unit="x", meaning=f"where mode {n} opens")
        for n in range(1, modes + 1)
    ]
    parameters += [
        Parameter(name=f"width_{n}", symbol=f"w_{n}", unit="x", meaning=f"thermal width of riser {n}", lower=0.0)
        for n in range(1, modes + 1)
    ]
    if offset:
        parameters.append(Parameter(name="offset", symbol="G_off", unit="y", meaning="reading at pinch-off"))
    if series:
        parameters.append(
            Parameter(
                name="series_resistance", symbol="R_s", unit="1/y", meaning="resistance in series with the constriction"
            )
        )

    def parts(x: Array, values: Array) -> tuple[Array, Array, Array, Array, float, float]:
        g = np.full(modes, values[0]) if equal else values[:modes]
        # a width of zero is the limit of narrow ones; widths below zero are not in the model's bounds
        widths = np.maximum(values[first + modes : first + 2 * modes], _NARROWEST)
        z = sign * (x[:, None] - values[first : first + modes]) / widths
        constant = float(values[first + 2 * modes]) if offset else 0.0
        return g, widths, z, logistic(z), constant, float(values[-1]) if series else 0.0

    def function(x: Array, values: Array) -> Array:
        g, _, _, f, constant, resistance = parts(x, values)
        two = f @ g + constant
        return np.asarray(two / (1.0 + resistance * two))

    def jacobian(x: Array, values: Array) -> Array:
        g, widths, z, f, constant, resistance = parts(x, values)
        two = f @ g + constant
        outer = 1.0 / (1.0 + resistance * two) ** 2
        df = g * f * (1.0 - f)
        columns = [f.sum(axis=1)[:, None] if equal else f, -sign * df / widths, -df * z / widths]
        if offset:
            columns.append(np.ones((x.size, 1)))
        inner = np.hstack(columns) * outer[:, None]
        if not series:
            return inner
        return np.hstack([inner, (-(two**2) * outer)[:, None]])

    return Model(
        name=f"staircase, {modes} {heights} steps" + (", series resistance" if series else ""),
        parameters=tuple(parameters),
        function=function,
        jacobian=jacobian,
        reference="doi:10.1016/S0081-1947(08)60091-0",
    )


def as_lmfit(
    modes: int = 4,
    *,
    heights: Heights = "equal",
    series_resistance: SeriesResistance = "none",
    offset: bool = True,
    descending: bool = False,
) -> LmfitModel:
    """The staircase as an `lmfit.Model` of x with the parameters of `staircase`, for scripts that use lmfit.

    >>> as_lmfit(2).param_names
    ['step_height', 'threshold_1', 'threshold_2', 'width_1', 'width_2', 'offset']
    """
    model = staircase(modes, heights=heights, series_resistance=series_resistance, offset=offset, descending=descending)
    return model.as_lmfit()
