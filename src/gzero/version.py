"""The version of gzero, and of the packages that its numbers rest on."""

from __future__ import annotations

import functools
from importlib import metadata

VERSION = "0.1.0"

_NUMBERS_REST_ON = ("numpy", "scipy", "lmfit", "uncertainties", "periodictable", "pyarrow")


@functools.cache
def versions() -> dict[str, str]:
    """Version of each package that a number rests on, by name."""
    return {name: metadata.version(name) for name in _NUMBERS_REST_ON}
