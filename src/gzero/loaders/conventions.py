"""What attributes say of an array: its unit, how its numbers are stored, and all of them as metadata.

The names are those of the netCDF users' guide and the CF conventions (https://cfconventions.org), and of the programs
that write beside them (QCoDeS, Labber, MATLAB).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from gzero.loaders.arrays import Decoding

#: Attributes that state a unit, the surest first.
UNITS = ("unit", "units", "unit_text", "unit_string", "IGORWaveUnits")

#: Limits of `Table.metadata`.
MAX_METADATA = 1000
MAX_VALUE = 2000


def unit_of(attributes: Mapping[str, Any]) -> str | None:
    """The unit as an attribute writes it, or None where none does."""
    folded = {name.casefold(): value for name, value in reversed(list(attributes.items()))}
    for name in UNITS:
        value = folded.get(name.casefold())
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


def decoding_of(attributes: Mapping[str, Any], *, bits: int = 0) -> Decoding:
    """How the numbers of a netCDF variable are stored.

    Parameters
    ----------
    bits : of a signed integer type, which the attribute `_Unsigned` turns into an unsigned one; 0 for any other type.
    """
    scale, offset = _number(attributes.get("scale_factor")), _number(attributes.get("add_offset"))
    unsigned = str(attributes.get("_Unsigned", "")).casefold() in ("true", "1") and bits > 0
    fills: list[float] = []
    for name in ("_FillValue", "missing_value"):
        value = attributes.get(name)
        for entry in value if isinstance(value, list) else [value]:
            number = _number(entry)
            if number is not None and not math.isnan(number) and number not in fills:
                fills.append(number)
    return Decoding(
        scale=1.0 if scale is None else scale, offset=0.0 if offset is None else offset, fills=tuple(fills),
        unsigned_bits=bits if unsigned else 0,
    )  # fmt: skip


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def metadata_from(entries: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """Texts by name, cut where they are long, the first thousand of them."""
    out: dict[str, str] = {}
    for name, value in entries:
        if len(out) >= MAX_METADATA:
            break
        text = ", ".join(str(entry) for entry in value) if isinstance(value, list) else str(value)
        if text.strip():
            out[name.strip("/")] = text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 4] + " ..."
    return out
