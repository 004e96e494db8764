"""JSON of other people: read with bounds, its repeated keys told, its settings as flat text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from gzero.errors import FileError
from gzero.loaders.dialect import decode

#: Objects of Python that a text becomes, in bytes: a number with its place in a list, an object or array.
_NUMBER_SIZE, _NEST_SIZE = 48, 160

#: Memory that one JSON text may become.
MAX_MEMORY = 700_000_000

#: What stands deeper is not looked at: no instrument nests its settings so.
MAX_DEPTH = 40

_MAX_VALUE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A JSON text as Python objects, and the keys that came twice in one object (the last value counts)."""

    tree: object
    repeated: tuple[str, ...] = ()
    encoding: str = "utf-8"


def parse_json(data: bytes, *, path: str) -> Parsed:
    """The objects that a JSON text holds; one object a line (JSON Lines) becomes a list of them.

    NaN, Infinity and -Infinity, which JSON does not know, are numbers here: Python and oscilloscopes write them.

    Raises
    ------
    FileError : not text, not JSON, nested too deeply, or so large that it would not fit the memory.
    """
    memory = (
        _NUMBER_SIZE * data.count(b",") + _NEST_SIZE * (data.count(b"[") + data.count(b"{")) + 60 * data.count(b":")
    )
    if memory + 2 * len(data) > MAX_MEMORY:
        problem = f"JSON of {len(data) / 2**20:.0f} MiB needs more memory than gzero gives it"
        raise FileError(problem, path=path, remedy="export the data as CSV, HDF5 or .npy, or keep fewer points")
    text, encoding = decode(data, encoding=None, path=path)
    repeated: dict[str, None] = {}

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs) and len(repeated) < 100:
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    repeated[key] = None
                seen.add(key)
        return found

    decoder = json.JSONDecoder(object_pairs_hook=unique)
    try:
        tree = _decoded(decoder, text)
    except json.JSONDecodeError as error:
        problem = f"not valid JSON ({error.msg}, line {error.lineno} column {error.colno})"
        raise FileError(problem, path=path, row=error.lineno, remedy="was it cut short? save it again") from None
    except RecursionError:
        raise FileError(
            "JSON nested too deeply to be a measurement", path=path, remedy="is this the data file?"
        ) from None
    except ValueError as error:  # a whole number of thousands of digits
        raise FileError(f"not usable JSON ({error})", path=path, remedy="is this the data file?") from None
    return Parsed(tree=tree, repeated=tuple(repeated), encoding=encoding)


def _decoded(decoder: json.JSONDecoder, text: str) -> object:
    try:
        return decoder.decode(text)
    except json.JSONDecodeError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if not error.msg.startswith("Extra data") or len(lines) < 2:
            raise
        try:
            return [decoder.decode(line) for line in lines]
        except json.JSONDecodeError:
            raise error from None


def settings_of(tree: object, *, limit: int, skip: frozenset[str] = frozenset()) -> dict[str, str]:
    """The single values of nested objects by their flat path: ``{"scop/time/scal": "2e-06"}``.

    Parameters
    ----------
    limit : entries at most.
    skip : paths that are left out.
    """
    out: dict[str, str] = {}
    for path, value in _leaves(tree, "", 0):
        if len(out) >= limit:
            break
        if path and path not in skip and value is not None:
            out[path] = str(value)[:_MAX_VALUE] if isinstance(value, str) else json.dumps(value)[:_MAX_VALUE]
    return out


def _leaves(node: object, path: str, depth: int) -> Iterator[tuple[str, object]]:
    if depth > MAX_DEPTH:
        return
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, f"{path}/{key}" if path else str(key), depth + 1)
    elif not isinstance(node, list):
        yield path, node
