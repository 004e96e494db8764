"""The variables of an Igor packed experiment: numbers and strings that a data folder holds beside its waves.

The layout is that of WaveMetrics' Technical Note 003 (PTN003), `VarHeader1`/`VarHeader2` and what follows them, packed
to two bytes.
"""

from __future__ import annotations

import struct

from gzero.loaders.igor_wave import text_of

#: At most so many variables of one folder, and characters of a string, are kept.
MAX_VARIABLES = 1000
MAX_VALUE = 2000


def variables_in(data: memoryview, order: str) -> dict[str, str]:
    """The numbers and strings in one record of variables, as text by name.

    System variables (`K0`, `K1`, ...) that are zero are left out. A record that ends too early gives what stands before
    its end: variables are remarks beside the waves.
    """
    out: dict[str, str] = {}
    try:
        (version,) = struct.unpack_from(order + "h", data)
        system, numbers, strings = struct.unpack_from(order + "3h", data, 2)
        at = {1: 8, 2: 12}[version]
        for i in range(min(system, MAX_VARIABLES)):
            (value,) = struct.unpack_from(order + "f", data, at)
            at += 4
            if value != 0:
                out[f"K{i}"] = repr(value)
        for _ in range(min(numbers, MAX_VARIABLES)):
            # name, 1 for a number, then its number type, real and imaginary part, four bytes of zero
            name, _is_number, kind, real, imaginary = struct.unpack_from(order + "32shhdd4x", data, at)
            at += 56
            out[text_of(name, order)] = repr(complex(real, imaginary)) if kind & 1 else repr(real)
        form = {1: "32sh", 2: "32si"}[version]
        for _ in range(min(strings, MAX_VARIABLES)):
            name, size = struct.unpack_from(order + form, data, at)
            at += struct.calcsize(order + form)
            if size < 0 or at + size > len(data):
                break
            out[text_of(name, order)] = text_of(bytes(data[at : at + min(size, MAX_VALUE)]), order, whole=True)
            at += size
    except (struct.error, KeyError):  # beyond the end, or a version that PTN003 does not know
        pass
    return out
