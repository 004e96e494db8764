"""Which staircase model has the wished shapes of risers, and where do their parameters start?

A trace asks for the same few models several times, and a map for those of every trace: they are kept by their options.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

from gzero.fitters.options import RiserShape
from gzero.models.model import Model
from gzero.models.staircase import staircase
from gzero.models.staircase_options import GateMap
from gzero.reduction.averages import middle


@lru_cache(maxsize=64)
def shaped_staircase(
    modes: int, shapes: frozenset[RiserShape], *, series: bool, offset: bool, descending: bool
) -> Model:
    """The staircase model with equal heights and the wished shapes of its risers."""
    return staircase(
        modes,
        series_resistance="free" if series else "none",
        offset=offset,
        descending=descending,
        widths="shared" if "shared" in shapes else "free",
        gate_map="exponential" if "curved" in shapes else "linear",
        broadening="thermal*saddle" if "thermal*saddle" in shapes else "single",
        bias="free" if "bias" in shapes else "none",
        modulation="free" if "modulation" in shapes else "none",
        sub_step="free" if "sub-step" in shapes else "none",
    )


@lru_cache(maxsize=64)
def unequal_staircase(modes: int, *, offset: bool, descending: bool, curved: bool) -> Model:
    """The one with a height of its own for every step, on a straight gate map or a curved one."""
    gate_map: GateMap = "exponential" if curved else "linear"
    return staircase(modes, heights="free", offset=offset, descending=descending, gate_map=gate_map)


def shape_starts(start: dict[str, float], sign: float) -> dict[str, float]:
    """Starts of whatever shapes the risers, from their widths."""
    width = middle([value for name, value in start.items() if name.startswith("width_")])
    return {
        "width": width,
        "thermal_width": 0.8 * width,
        "saddle_width": 0.5 * width,
        "curvature": 0.0,
        "bias_splitting": 2 * width,
        "modulation": 2 * width,
        "sub_fraction": 0.7,
        "sub_threshold": start["threshold_1"] + sign * 3 * start["width_1"],
        "sub_width": start["width_1"],
    }


def widths_of(found: Mapping[str, float], modes: int) -> dict[str, float]:
    """A width for every riser, where a fit has one or two for all."""
    names = [f"width_{n}" for n in range(1, modes + 1)]
    if all(name in found for name in names):
        return {name: found[name] for name in names}
    common = found.get("width", math.hypot(found.get("thermal_width", 0.0), found.get("saddle_width", 0.0)))
    return {name: found.get(name, common) for name in names}
