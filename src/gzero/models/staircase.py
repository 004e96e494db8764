"""Conductance of a constriction whose modes open one after the other.

    G_two(V) = sum_n g_n F_n(phi(s (V - V_n))) + offset,     G = G_two / (1 + R_s G_two)

with s = 1, or -1 where conductance falls with V. By default phi(V) = V and F_n(u) = f(u/w_n), f(z) = 1/(1 + exp(-z)):
the thermal step of a mode whose threshold passes the Fermi level, w = kB T/(e alpha) with lever arm alpha; Beenakker and
van Houten 1991, doi 10.1016/S0081-1947(08)60091-0. At zero temperature the transmission of a saddle point,
1/(1 + exp(-2 pi E/hbar omega_x)), is the same function with w = hbar omega_x/(2 pi e alpha); Buettiker 1990,
doi 10.1103/PhysRevB.41.7906. What else shapes a riser is an option of `staircase`; energies are written in units of x,
over e times the lever arm at the riser's threshold.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from gzero.models.model import Model
from gzero.models.staircase_formula import StaircaseFormula
from gzero.models.staircase_options import (
    Bias,
    Broadening,
    GateMap,
    Heights,
    Modulation,
    SeriesResistance,
    StaircaseOptions,
    SubStep,
    Widths,
    parameters,
)

if TYPE_CHECKING:
    from lmfit import Model as LmfitModel


def staircase(
    modes: int,
    *,
    heights: Heights = "equal",
    series_resistance: SeriesResistance = "none",
    offset: bool = True,
    descending: bool = False,
    widths: Widths = "free",
    gate_map: GateMap = "linear",
    broadening: Broadening = "single",
    temperature: float | None = None,
    bias: Bias = "none",
    bias_symmetry: float = 0.5,
    modulation: Modulation = "none",
    sub_step: SubStep = "none",
) -> Model:
    """The staircase of `modes` risers; without options, of thermal steps with a width each.

    Parameters
    ----------
    modes : number of risers, >= 1.
    heights : one `step_height` [unit of y] for all, or `height_1` ... `height_n`.
    series_resistance : "free" adds the parameter `series_resistance` [1/unit of y]; it needs three modes to be told
        from the step height.
    offset : whether a constant [unit of y] is added to the conductance of the modes.
    descending : whether conductance falls with x (holes; a gate that repels).
    widths : `width_1` ... `width_n` [unit of x], or "shared": one `width`. Both parts of "thermal*saddle" are shared.
    gate_map : "exponential" is phi(V) = (exp(c V) - 1)/c about each threshold, with the parameter `curvature` c
        [1/unit of x]: risers symmetric in energy and lopsided in gate voltage. c = 0 is the linear map.
    broadening : "single" is one logistic step, thermal or of a saddle point: the same function, so one width cannot say
        which. "thermal*saddle" is the saddle point's transmission convolved with -df/dE, with `thermal_width`
        kB T/(e alpha) and `saddle_width` hbar omega_x/(2 pi e alpha) [unit of x] for all modes. It is symmetric in the
        two: one curve does not say which is which, and where they are equal it cannot tell them apart at all.
    temperature : T [K] of the thermal part, known: then x is in volt and `lever_arm` alpha [1], energy of a level over e
        times gate voltage, > 0, takes the place of `thermal_width` = kB T/(e alpha). A series of temperatures with one
        `lever_arm` and one `saddle_width` separates the two.
    bias : "free" is a finite bias, G = [G(mu + beta eV) + G(mu - (1 - beta) eV)]/2, with the parameter `bias_splitting`
        V_sd/alpha [unit of x], >= 0; half plateaus where it exceeds the widths. Kouwenhoven 1989,
        doi 10.1103/PhysRevB.39.8040; Martin-Moreno 1992, doi 10.1088/0953-8984/4/5/012.
    bias_symmetry : beta [1], between 0 and 1, the share of the bias by which the upper end lies above mu.
    modulation : "free" is the first harmonic of a lock-in, the average over (2/pi) sqrt(1 - s^2) of shifts by s times the
        parameter `modulation` [unit of x], >= 0, the peak amplitude (sqrt(2) times the rms) over the lever arm. Good to
        2e-11 of a step up to 6 widths (of the wider part), 2e-7 up to 10.
    sub_step : "free" is the 0.7 structure: step 1 opens with the part `sub_fraction` [1] at `threshold_1` and the rest at
        `sub_threshold` [unit of x], over `sub_width` [unit of x] (its saddle-point part in "thermal*saddle"). The height
        of step 1 is still all of it: a sub-step is flagged, never counted as a quantum. Start it with
        sub_threshold beyond threshold_1; the two parts may otherwise trade places.

    Returns
    -------
    Model with parameters in the order: heights, thresholds `threshold_n` [unit of x], widths (or `thermal_width` or
    `lever_arm`, and `saddle_width`), `curvature`, `bias_splitting`, `modulation`, `sub_fraction`, `sub_threshold`,
    `sub_width`, `offset`, `series_resistance`, as far as there are any. For w -> 0 each riser is a jump; for V far above
    all thresholds G_two is the sum of the heights; w = 0 is the jump itself, half a height at the threshold.

    Raises
    ------
    ValueError : modes < 1, an unknown option, or options that make no sense together.

    Notes
    -----
    A riser is 1 evaluation of a step by itself, 67 in "thermal*saddle", 2 with a bias, 24 with a modulation, and the
    product of these together: 4 modes on 400 points take 0.03 ms, 1 ms, 0.1 ms, 0.5 ms, and 0.1 s with all of them.
    """
    options = StaircaseOptions(
        modes=modes,
        heights=heights,
        series_resistance=series_resistance,
        offset=offset,
        descending=descending,
        widths=widths,
        gate_map=gate_map,
        broadening=broadening,
        temperature=temperature,
        bias=bias,
        bias_symmetry=bias_symmetry,
        modulation=modulation,
        sub_step=sub_step,
    )
    return _of(options)


@lru_cache(maxsize=256)  # the same options are the same formula, which lets many fits be made side by side
def _of(options: StaircaseOptions) -> Model:
    formula = StaircaseFormula.of(options)
    return Model(
        name=options.title,
        parameters=parameters(options),
        function=formula.function,
        jacobian=formula.jacobian,
        reference=options.reference,
        together=formula.together,
    )


def as_lmfit(
    modes: int = 4,
    *,
    heights: Heights = "equal",
    series_resistance: SeriesResistance = "none",
    offset: bool = True,
    descending: bool = False,
    widths: Widths = "free",
    gate_map: GateMap = "linear",
    broadening: Broadening = "single",
    temperature: float | None = None,
    bias: Bias = "none",
    bias_symmetry: float = 0.5,
    modulation: Modulation = "none",
    sub_step: SubStep = "none",
) -> LmfitModel:
    """The staircase as an `lmfit.Model` of x with the options and parameters of `staircase`, for scripts that use lmfit.

    >>> as_lmfit(2).param_names
    ['step_height', 'threshold_1', 'threshold_2', 'width_1', 'width_2', 'offset']
    """
    model = staircase(
        modes,
        heights=heights,
        series_resistance=series_resistance,
        offset=offset,
        descending=descending,
        widths=widths,
        gate_map=gate_map,
        broadening=broadening,
        temperature=temperature,
        bias=bias,
        bias_symmetry=bias_symmetry,
        modulation=modulation,
        sub_step=sub_step,
    )
    return model.as_lmfit()
