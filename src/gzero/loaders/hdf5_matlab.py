"""MATLAB 7.3 files: HDF5 behind a block of 512 bytes, with the class of every variable in an attribute.

MATLAB counts the first dimension fastest and HDF5 the last, so that a matrix of m x n stands there as n x m: its columns
are the traces. Public specification: MathWorks, "MAT-File Versions"; the attributes are those that MATLAB writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gzero.loaders.arrays import Array
from gzero.loaders.conventions import unit_of

#: Classes of numbers.
NUMERIC = ("double", "single", "logical", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)))


def is_matlab(tree: Mapping[str, Any]) -> bool:
    """Whether MATLAB wrote the file."""
    return any("MATLAB_class" in record["attributes"] for record in tree["datasets"]) or any(
        "MATLAB_class" in held for held in tree["groups"].values()
    )


def from_matlab(tree: Mapping[str, Any]) -> tuple[list[Array], list[tuple[str, str]]]:
    """The numeric variables, those in structs among them, and what is left out."""
    sparse = [path for path, held in tree["groups"].items() if "MATLAB_sparse" in held]
    dropped = [("variable not read", f"'{path}' is a sparse matrix") for path in sparse]
    arrays = []
    for record in tree["datasets"]:
        path, held = record["path"], record["attributes"]
        if path.startswith(("/#refs#", "/#subsystem#")) or any(path.startswith(f"{one}/") for one in sparse):
            continue  # the insides of cells and objects
        kind = str(held.get("MATLAB_class", ""))
        if record["blocked"] is not None:
            dropped.append(("variable not read", f"'{path}' {record['blocked']}"))
        elif held.get("MATLAB_empty"):
            dropped.append(("variable not read", f"'{path}' is empty"))
        elif (kind and kind not in NUMERIC) or "MATLAB_object_decode" in held:
            if kind != "char":
                dropped.append(("variable not read", f"'{path}' is a {kind or 'object'}, not an array of numbers"))
        elif record["kind"] in ("real", "integer", "complex") and record["shape"]:
            arrays.append(
                Array(
                    path=path,
                    shape=tuple(record["shape"]),
                    kind="complex" if record["kind"] == "complex" else "number",
                    name=path.rpartition("/")[2],
                    unit_text=unit_of(held),
                    column_major=True,
                )
            )
        else:
            dropped.append(("variable not read", f"'{path}' is no array of numbers"))
    return arrays, dropped
