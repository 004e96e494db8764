"""Which staircases there are: the options, which of them go together, and the parameters that each brings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from gzero.models.model import Parameter

Heights = Literal["equal", "free"]
SeriesResistance = Literal["none", "free"]
Widths = Literal["free", "shared"]
GateMap = Literal["linear", "exponential"]
Broadening = Literal["single", "thermal*saddle"]
Bias = Literal["none", "free"]
Modulation = Literal["none", "free"]
SubStep = Literal["none", "free"]

_CHOICES = {
    "heights": get_args(Heights),
    "series_resistance": get_args(SeriesResistance),
    "widths": get_args(Widths),
    "gate_map": get_args(GateMap),
    "broadening": get_args(Broadening),
    "bias": get_args(Bias),
    "modulation": get_args(Modulation),
    "sub_step": get_args(SubStep),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaircaseOptions:
    """The options of `gzero.models.staircase.staircase`, which says what each does.

    Raises
    ------
    ValueError : no modes, an unknown choice, or two options that make no sense together.
    """

    modes: int
    heights: Heights
    series_resistance: SeriesResistance
    offset: bool
    descending: bool
    widths: Widths
    gate_map: GateMap
    broadening: Broadening
    temperature: float | None
    bias: Bias
    bias_symmetry: float
    modulation: Modulation
    sub_step: SubStep

    def __post_init__(self) -> None:
        if self.modes < 1:
            raise ValueError(f"a staircase has at least one step, not {self.modes}")
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"no such option: {name}={getattr(self, name)!r}; choose {' or '.join(allowed)}")
        if self.temperature is not None:
            if self.broadening != "thermal*saddle":
                raise ValueError(
                    "a temperature fixes the thermal part of a riser, which broadening='single' does not keep apart; "
                    "choose broadening='thermal*saddle', or leave the temperature out"
                )
            if not 0 < self.temperature < math.inf:
                raise ValueError(f"a temperature is positive and finite, in kelvin, not {self.temperature!r}")
        if not 0 <= self.bias_symmetry <= 1:
            raise ValueError(f"bias_symmetry is a share between 0 and 1, not {self.bias_symmetry!r}")
        if self.bias == "none" and self.bias_symmetry != 0.5:
            raise ValueError("bias_symmetry divides a finite bias; choose bias='free', or leave it out")

    @property
    def title(self) -> str:
        """The name of the model, with what it has beyond plain logistic steps."""
        extras = {
            "shared width": self.broadening == "single" and self.widths == "shared",
            "exponential gate map": self.gate_map == "exponential",
            "thermal*saddle risers": self.broadening == "thermal*saddle" and self.temperature is None,
            f"thermal*saddle risers at {self.temperature} K": self.temperature is not None,
            "finite bias": self.bias == "free",
            "modulation": self.modulation == "free",
            "sub-step": self.sub_step == "free",
            "series resistance": self.series_resistance == "free",
        }
        return ", ".join(
            [f"staircase, {self.modes} {self.heights} steps", *(text for text, has in extras.items() if has)]
        )

    @property
    def reference(self) -> str:
        """Where the formula is from: the thermal steps, and the options beyond."""
        sources = {
            "doi:10.1016/S0081-1947(08)60091-0": True,
            "doi:10.1103/PhysRevB.41.7906": self.broadening == "thermal*saddle",
            "doi:10.1103/PhysRevB.39.8040": self.bias == "free",
        }
        return "; ".join(text for text, used in sources.items() if used)


def parameters(options: StaircaseOptions) -> tuple[Parameter, ...]:
    """The parameters in their order: heights, thresholds, widths, what shapes the risers, sub-step, offset, R_s."""
    each = range(1, options.modes + 1)
    if options.heights == "equal":
        out = [Parameter(name="step_height", symbol="g", unit="y", meaning="height of every step")]
    else:
        out = [Parameter(name=f"height_{n}", symbol=f"g_{n}", unit="y", meaning=f"height of step {n}") for n in each]
    out += [Parameter(name=f"threshold_{n}", symbol=f"V_{n}", unit="x", meaning=f"where mode {n} opens") for n in each]
    out += _widths(options)
    if options.gate_map == "exponential":
        out.append(
            Parameter(
                name="curvature", symbol="c", unit="1/x", meaning="relative change of the lever arm with the gate"
            )
        )
    if options.bias == "free":
        meaning = "bias window, over the lever arm"
        out.append(Parameter(name="bias_splitting", symbol="V_sd/α", unit="x", meaning=meaning, lower=0.0))
    if options.modulation == "free":
        meaning = "peak amplitude of the lock-in modulation, over the lever arm"
        out.append(Parameter(name="modulation", symbol="V_mod", unit="x", meaning=meaning, lower=0.0))
    if options.sub_step == "free":
        out += [
            Parameter(
                name="sub_fraction", symbol="a", unit="", meaning="part of step 1 that opens at threshold_1", lower=0.0, upper=1.0
            ),
            Parameter(name="sub_threshold", symbol="V_s", unit="x", meaning="where the rest of step 1 opens"),
            Parameter(name="sub_width", symbol="w_s", unit="x", meaning="width of that part's riser", lower=0.0),
        ]  # fmt: skip
    if options.offset:
        out.append(Parameter(name="offset", symbol="G_off", unit="y", meaning="reading at pinch-off"))
    if options.series_resistance == "free":
        meaning = "resistance in series with the constriction"
        out.append(Parameter(name="series_resistance", symbol="R_s", unit="1/y", meaning=meaning))
    return tuple(out)


def _widths(options: StaircaseOptions) -> list[Parameter]:
    if options.broadening == "thermal*saddle":
        saddle = Parameter(
            name="saddle_width", symbol="w_S", unit="x", meaning="saddle-point width of the risers", lower=0.0
        )
        if options.temperature is None:
            meaning = "thermal width of the risers"
            return [Parameter(name="thermal_width", symbol="w_T", unit="x", meaning=meaning, lower=0.0), saddle]
        meaning = "energy of a level over e times gate voltage"
        return [Parameter(name="lever_arm", symbol="α", unit="", meaning=meaning, lower=0.0), saddle]
    if options.widths == "shared":
        return [Parameter(name="width", symbol="w", unit="x", meaning="width of every riser", lower=0.0)]
    return [
        Parameter(name=f"width_{n}", symbol=f"w_{n}", unit="x", meaning=f"width of riser {n}", lower=0.0)
        for n in range(1, options.modes + 1)
    ]
