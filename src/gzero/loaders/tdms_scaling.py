"""What NI's drivers write beside raw readings of a TDMS channel: how they become values.

The properties `NI_Scale[i]_...` describe steps of which each takes the readings or the result of an earlier step; the last
one gives the value. Steps that need the physics of a sensor (thermocouples, bridges, resistance thermometers) are not
taken: those readings stay as they were stored, and the table says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from gzero.loaders.tdms_format import Property

Floats = NDArray[np.float64]

#: Raw readings by the number of their DAQmx scaler; None for a channel without scalers.
Raw = Mapping[int | None, Floats]
Scaling = Callable[[Raw], Floats]

_READINGS = 0xFFFFFFFF
_MOST_STEPS, _MOST_COEFFICIENTS = 100, 10_000


class UnknownScaleError(Exception):
    """A step that is not taken, named in the message."""


def scaling_of(*properties: Mapping[str, Property]) -> Scaling | None:
    """The function that makes values of raw readings; None where the readings are the values.

    Parameters
    ----------
    properties : of the channel, its group and the file: the first that states scales counts.

    Raises
    ------
    UnknownScaleError : the scales need a sensor's physics, are of an unknown kind, or make no sense.
    """
    for stated in properties:
        count = stated.get("NI_Number_Of_Scales")
        if count is None:
            count = 1 + max((i for i in range(_MOST_STEPS) if f"NI_Scale[{i}]_Scale_Type" in stated), default=-1)
        if not isinstance(count, int) or count < 0 or count > _MOST_STEPS:
            raise UnknownScaleError(f"{count!r} scales")
        if count == 0:
            continue
        if stated.get("NI_Scaling_Status") == "scaled":
            return None
        return _step(count - 1, stated, [_MOST_STEPS])
    return None


def _step(number: int, stated: Mapping[str, Property], left_over: list[int]) -> Scaling:
    """The function of one step, on top of those that it takes its input from; `left_over` counts the steps still allowed."""
    left_over[0] -= 1
    if left_over[0] < 0:
        raise UnknownScaleError("more steps than a channel has")
    if number == _READINGS:
        return lambda raw: raw[None] if None in raw else _first(raw)
    prefix = f"NI_Scale[{number}]"
    kind = stated.get(f"{prefix}_Scale_Type")
    if kind is None:
        return lambda raw: _scaler(raw, number)

    def source(what: str) -> Scaling:
        name = f"{prefix}_{what}Input_Source"
        value = stated.get(name, _READINGS)
        if not isinstance(value, int) or (value != _READINGS and not 0 <= value < number):
            raise UnknownScaleError(f"{name} = {value!r}")
        return _step(value, stated, left_over)

    def number_of(what: str) -> float:
        value = stated.get(f"{prefix}_{what}")
        if isinstance(value, (int, float)) and np.isfinite(value):
            return float(value)
        raise UnknownScaleError(f"{prefix}_{what} is missing")

    def numbers_of(what: str, size: str, default: float | None = None) -> list[float]:
        length = int(number_of(size)) if default is None or f"{prefix}_{size}" in stated else int(default)
        if not 0 <= length <= _MOST_COEFFICIENTS:
            raise UnknownScaleError(f"{prefix}_{size} = {length}")
        return [number_of(f"{what}[{i}]") for i in range(length)]

    if kind == "Linear":
        inner, slope, intercept = source("Linear_"), number_of("Linear_Slope"), number_of("Linear_Y_Intercept")
        return lambda raw: inner(raw) * slope + intercept
    if kind == "Polynomial":
        inner = source("Polynomial_")
        coefficients = numbers_of("Polynomial_Coefficients", "Polynomial_Coefficients_Size", default=4) or [0.0]
        return lambda raw: np.asarray(np.polynomial.polynomial.polyval(inner(raw), coefficients), dtype=np.float64)
    if kind == "Table":
        inner = source("Table_")
        x = numbers_of("Table_Pre_Scaled_Values", "Table_Pre_Scaled_Values_Size")
        y = numbers_of("Table_Scaled_Values", "Table_Scaled_Values_Size")
        if x[0:1] > x[-1:]:
            x, y = x[::-1], y[::-1]
        if len(x) != len(y) or not x or (np.diff(x) <= 0).any():
            raise UnknownScaleError(f"the table of {prefix} is no function")
        return lambda raw: np.interp(inner(raw), x, y)
    if kind in ("Add", "Subtract"):
        left, right = source(f"{kind}_Left_Operand_"), source(f"{kind}_Right_Operand_")
        if kind == "Add":
            return lambda raw: left(raw) + right(raw)
        return lambda raw: right(raw) - left(raw)  # NI's own readers take the left operand from the right one
    if kind == "AdvancedAPI":
        return source("AdvancedAPI_")
    raise UnknownScaleError(f"'{str(kind)[:40]}'")


def _first(raw: Raw) -> Floats:
    return next(iter(raw.values()))


def _scaler(raw: Raw, number: int) -> Floats:
    """The readings of one scaler; those there are where the channel has none of this number."""
    return raw[number] if number in raw else _first(raw)
