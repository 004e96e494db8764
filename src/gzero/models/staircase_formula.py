"""The conductance of a staircase and its derivatives, for any of the options, of one curve or of many side by side.

Every riser, the modes' and the sub-step's, is known by the positions of its height, threshold and width in the value
vector; what several risers share stands at the same position. The chain rule then is one addition a riser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.models.gate_map import exponential
from gzero.models.model import Array
from gzero.models.risers import NARROWEST, Nodes, Slopes, nodes, opening, opening_slopes
from gzero.models.staircase_options import StaircaseOptions, parameters
from gzero.quanta import KB, E

#: Stands for a lever arm of zero, whose thermal width has no number.
_SMALLEST_LEVER_ARM = 1e-30


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Places:
    """Where in the value vector each riser's own stands, shape (r,).

    `span` is all of them where none shares a place, `one` the place where all share one.
    """

    each: NDArray[np.intp]
    span: slice | None
    one: int | None

    @classmethod
    def of(cls, places: list[int]) -> _Places:
        in_a_row = places == list(range(places[0], places[0] + len(places)))
        span = slice(places[0], places[0] + len(places)) if in_a_row else None
        one = places[0] if len(set(places)) == 1 else None
        return cls(each=np.array(places, dtype=np.intp), span=span, one=one)

    def add(self, out: Array, columns: Array) -> None:
        """Add the column of each riser, shape (..., r, n), at its place in `out`, shape (..., k, n)."""
        if self.span is not None:
            out[..., self.span, :] = columns
            return
        if self.one is not None:
            out[..., self.one, :] += np.add.reduce(columns, axis=-2)
            return
        for i, place in enumerate(self.each):
            out[..., place, :] += columns[..., i, :]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Risers:
    """The values of all r risers: heights, thresholds, widths, each (..., r), and as many extents as the broadening has."""

    heights: Array
    thresholds: Array
    widths: Array
    extents: tuple[Array, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StaircaseFormula:
    """G and dG/dvalues at given options.

    Parameters
    ----------
    options : which staircase.
    at : parameter name to its place in the value vector.
    heights, thresholds, widths : of the risers; the sub-step is the last one, and its height is that of step 1.
    extents : the parameters among the extents of the broadening, which come last there.
    rule : the broadening of every riser.
    """

    options: StaircaseOptions
    at: Mapping[str, int]
    heights: _Places
    thresholds: _Places
    widths: _Places
    extents: tuple[str, ...]
    rule: Nodes

    @classmethod
    def of(cls, options: StaircaseOptions) -> StaircaseFormula:
        """The formula of these options."""
        at = {parameter.name: i for i, parameter in enumerate(parameters(options))}
        each = range(1, options.modes + 1)
        heights = [at["step_height" if options.heights == "equal" else f"height_{n}"] for n in each]
        thresholds = [at[f"threshold_{n}"] for n in each]
        widths = [at[_width_name(options, n)] for n in each]
        if options.sub_step == "free":
            heights.append(heights[0])
            thresholds.append(at["sub_threshold"])
            widths.append(at["sub_width"])
        rule = nodes(
            convolution=options.broadening == "thermal*saddle",
            bias_symmetry=options.bias_symmetry if options.bias == "free" else None,
            modulation=options.modulation == "free",
        )
        return cls(
            options=options,
            at=at,
            heights=_Places.of(heights),
            thresholds=_Places.of(thresholds),
            widths=_Places.of(widths),
            extents=tuple(name for name in ("bias_splitting", "modulation") if name in at),
            rule=rule,
        )

    def function(self, x: Array, values: Array) -> Array:
        """G [unit of y], shape (..., n), at x [unit of x], shape (..., n), for values of shape (..., k)."""
        risers = self._risers(values)
        energy, _, _ = self._energy(x, risers, values)
        two = self._two(risers, opening(energy, risers.widths, risers.extents, self.rule), values)
        if "series_resistance" in self.at:
            two /= 1.0 + self._value(values, "series_resistance") * two
        return two

    def jacobian(self, x: Array, values: Array) -> Array:
        """dG/dvalues, shape (n, k)."""
        return self.together(x, values)[1].T

    def together(self, x: Array, values: Array) -> tuple[Array, Array]:
        """G [unit of y], shape (..., n), and dG/dvalues, shape (..., k, n), from the same steps."""
        risers = self._risers(values)
        energy, by_gate, by_curvature = self._energy(x, risers, values)
        slopes = opening_slopes(energy, risers.widths, risers.heights, risers.extents, self.rule)
        two = self._two(risers, slopes.value, values)
        out = np.zeros((*values.shape[:-1], len(self.at), x.shape[-1]))
        self._heights(out, slopes.value, values)
        along = slopes.by_energy if by_gate is None else slopes.by_energy * by_gate
        self.thresholds.add(out, along if self.options.descending else -along)
        if by_curvature is not None:
            out[..., self.at["curvature"], :] = (slopes.by_energy * by_curvature).sum(axis=-2)
        if self.options.broadening == "thermal*saddle":
            self._thermal_and_saddle(out, slopes, values)
        else:
            self.widths.add(out, slopes.by_width)
        own = slopes.by_extents[len(slopes.by_extents) - len(self.extents) :]
        for name, slope in zip(self.extents, own, strict=True):
            out[..., self.at[name], :] = slope.sum(axis=-2)
        if "offset" in self.at:
            out[..., self.at["offset"], :] = 1.0
        if "series_resistance" in self.at:
            less = 1.0 + self._value(values, "series_resistance") * two
            out[..., self.at["series_resistance"], :] = -(two**2)
            out /= (less**2)[..., None, :]
            two /= less
        return two, out

    def _value(self, values: Array, name: str) -> Array:
        """One parameter, shape (..., 1), to go with the points of each curve."""
        return values[..., self.at[name], None]

    def _risers(self, values: Array) -> _Risers:
        heights = values[..., self.heights.each]
        if "sub_fraction" in self.at:
            fraction = values[..., self.at["sub_fraction"]]
            heights[..., 0] *= fraction
            heights[..., -1] *= 1.0 - fraction
        # a width of zero is the limit of narrow ones; widths below zero are not in the model's bounds
        widths = np.maximum(values[..., self.widths.each], NARROWEST)
        extents = tuple(np.broadcast_to(self._value(values, name), widths.shape) for name in self.extents)
        if self.options.broadening == "thermal*saddle":
            thermal, _ = self._thermal_width(values)
            extents = (np.minimum(widths, thermal), *extents)
            widths = np.maximum(widths, thermal)
        return _Risers(heights=heights, thresholds=values[..., self.thresholds.each], widths=widths, extents=extents)

    def _energy(self, x: Array, risers: _Risers, values: Array) -> tuple[Array, Array | None, Array | None]:
        """Energy above each threshold [unit of x], shape (..., r, n), its derivative by the gate (None: 1), by curvature."""
        thresholds, x = risers.thresholds[..., None], x[..., None, :]
        distance = thresholds - x if self.options.descending else x - thresholds
        if "curvature" not in self.at:
            return distance, None, None
        return exponential(distance, self._value(values, "curvature")[..., None])

    def _two(self, risers: _Risers, opened: Array, values: Array) -> Array:
        """G_two [unit of y], shape (..., n)."""
        two: Array = np.matmul(risers.heights[..., None, :], opened)[..., 0, :]
        if "offset" in self.at:
            two += self._value(values, "offset")
        return two

    def _heights(self, out: Array, opened: Array, values: Array) -> None:
        """The derivatives by the heights, and by the part of step 1 that is not the sub-step."""
        if "sub_fraction" in self.at:
            fraction, height = values[..., self.at["sub_fraction"]], values[..., self.heights.each[0], None]
            out[..., self.at["sub_fraction"], :] = height * (opened[..., 0, :] - opened[..., -1, :])
            opened = opened.copy()
            opened[..., 0, :] *= fraction[..., None]
            opened[..., -1, :] *= 1.0 - fraction[..., None]
        self.heights.add(out, opened)

    def _thermal_width(self, values: Array) -> tuple[Array, Array | float]:
        """The thermal width [unit of x], not 0, shape (..., 1), and its derivative by the parameter that it comes from."""
        if self.options.temperature is None:
            return np.maximum(self._value(values, "thermal_width"), NARROWEST), 1.0
        lever_arm = np.maximum(self._value(values, "lever_arm"), _SMALLEST_LEVER_ARM)
        width = KB * self.options.temperature / (E * lever_arm)
        return width, -width / lever_arm

    def _thermal_and_saddle(self, out: Array, slopes: Slopes, values: Array) -> None:
        """Hand the derivatives by the wider and the narrower width to the two that they are."""
        thermal, by_parameter = self._thermal_width(values)
        thermal_is_wider = (thermal > values[..., self.widths.each])[..., None]
        by_narrower = slopes.by_extents[0]
        by_thermal = np.where(thermal_is_wider, slopes.by_width, by_narrower)
        name = "thermal_width" if self.options.temperature is None else "lever_arm"
        out[..., self.at[name], :] = by_thermal.sum(axis=-2) * by_parameter
        self.widths.add(out, np.where(thermal_is_wider, by_narrower, slopes.by_width))


def _width_name(options: StaircaseOptions, n: int) -> str:
    """The parameter that holds the width of mode n's riser; with thermal*saddle, the part that is its own."""
    if options.broadening == "thermal*saddle":
        return "saddle_width"
    return "width" if options.widths == "shared" else f"width_{n}"
