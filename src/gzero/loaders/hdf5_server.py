"""The process that opens an HDF5 file: tells what is in it and sends numbers, in pieces, over its standard output.

libhdf5 is a large C library, and a damaged file can end the process that uses it or keep it busy for ever (see decision
24). So this module runs as a process of its own, which `hdf5_client` starts and may lose. It follows no link out of the
file: external links, external storage and virtual datasets over other files are named and not opened.

Public specification: "HDF5 File Format Specification Version 3.0" (The HDF Group), "HDF5 Dimension Scale Specification".

Requests are lines of JSON on standard input. Each answer is a series of frames that begin with one letter: `.` says that
there is more to come; `J`, a length (4 bytes) and JSON, which ends the answer; `T`, five counts (8 bytes each: part, first
and end row, first and end column) and float64 numbers.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any, BinaryIO

import numpy as np

from gzero.loaders.hdf5_tree import MAX_TEXT, Reader, RefusedError, plain_text

#: Seconds of processor time after which the process ends itself: without a piece of numbers, and for the whole tree,
#: which may take longer the larger the file is (a dataset takes up to half a millisecond, and half a kilobyte).
PATIENCE = 2.5
TREE = 3.0
TREE_PER_BYTE = 1.5e-6
TREE_MOST = 60.0

#: Bytes that it may take for itself beyond what it holds at its start.
MEMORY = 800 << 20

#: Numbers in one piece, and bytes of one chunk that are unpacked at once.
PIECE = 1 << 20
MAX_CHUNK = 1 << 28

#: Integers beyond are not exact as float64.
EXACT = 2**53


def main(path: str) -> None:
    """Serves requests on the file until standard input ends."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not mix with the answers
    _limit_memory()
    progress()
    if importlib.util.find_spec("hdf5plugin") is not None:
        with suppress(ImportError):
            importlib.import_module("hdf5plugin")  # registers the filters that it brings
    patience = min(TREE_MOST, TREE + TREE_PER_BYTE * os.stat(path).st_size)
    reader: Reader | None = None
    for line in sys.stdin:
        request = json.loads(line)
        progress(patience if request["do"] == "tree" else PATIENCE)
        try:
            reader = reader or Reader(path)
            answer = _answer(reader, request, out)
        except RefusedError as error:
            answer = {"error": str(error), "remedy": error.remedy}
        except Exception as error:  # noqa: BLE001 - h5py raises almost anything on a damaged file
            answer = {"error": _reason(error), "damaged": True}
        _send(out, answer)


def progress(seconds: float = PATIENCE) -> None:
    """Starts the clock that ends this process anew."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _limit_memory() -> None:
    try:
        import resource
        from pathlib import Path

        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, held + MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        pass  # a system that has no such limit


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__


def _send(out: BinaryIO, answer: dict[str, Any]) -> None:
    text = json.dumps(answer).encode()
    out.write(b"J" + struct.pack("<I", len(text)) + text)
    out.flush()


def _alive(out: BinaryIO) -> None:
    out.write(b".")
    out.flush()


def _answer(reader: Reader, request: dict[str, Any], out: BinaryIO) -> dict[str, Any]:
    if request["do"] == "tree":
        return reader.tree(lambda: _alive(out))
    dataset = reader.dataset(request["path"])
    if request["do"] == "rows":
        return {"rows": _rows(dataset, int(request["limit"]))}
    if request["do"] == "texts":
        return {"texts": _texts(dataset, tuple(request["range"]))}
    return _numbers(dataset, request["field"], [_selected(i) for i in request["index"]], out)


def _selected(index: int | list[int]) -> int | tuple[int, int]:
    return index if isinstance(index, int) else (index[0], index[1])


def _rows(dataset: Any, limit: int) -> list[dict[str, Any]]:
    """The rows of a small compound dataset, as text and numbers."""
    values = np.atleast_1d(dataset[:limit] if dataset.shape else dataset[()])
    names = values.dtype.names or ()
    return [{name: _cell(row[name]) for name in names} for row in values]


def _cell(value: Any) -> Any:
    if isinstance(value, (bytes, str)):
        return plain_text(value)[:MAX_TEXT]
    if isinstance(value, (np.bool_, np.integer)):
        return int(value)
    return float(value) if isinstance(value, np.floating) else None


def _texts(dataset: Any, span: tuple[int, int]) -> list[str]:
    return [plain_text(value)[:MAX_TEXT] for value in dataset[span[0] : span[1]].ravel()]


Index = Sequence[int | tuple[int, int]]


def _numbers(dataset: Any, field: str | None, index: Index, out: BinaryIO) -> dict[str, Any]:
    """Sends the numbers in one or two ranges of a dataset as rows and columns; says how many are not exact."""
    kind = dataset.dtype if field is None else dataset.dtype[field]
    pairs = kind.names if kind.names is not None else None
    inexact = 0
    for part in range(2 if pairs or kind.kind == "c" else 1):
        for rows, columns, where in _pieces(dataset, index):
            source = dataset if field is None else dataset.fields(field)
            values = source[where]
            if pairs:
                values = values[pairs[part]]
            elif kind.kind == "c":
                values = values.real if part == 0 else values.imag
            if values.dtype.kind in "iu" and values.dtype.itemsize == 8:
                inexact += int(np.count_nonzero((values > EXACT) | (values < -EXACT)))
            numbers = np.ascontiguousarray(values, dtype="<f8")
            out.write(b"T" + struct.pack("<5Q", part, *rows, *columns))
            out.write(numbers.data)
            out.flush()
            progress()
    return {"inexact": inexact}


def _pieces(dataset: Any, index: Index) -> Iterator[tuple[tuple[int, int], tuple[int, int], tuple[int | slice, ...]]]:
    """The ranges cut along the chunks, so that each chunk is unpacked once or nearly so."""
    ranges = [i for i, at in enumerate(index) if not isinstance(at, int)]
    chunk = dataset.chunks or (1,) * len(index)
    size = [_bounds(index[i])[1] - _bounds(index[i])[0] for i in ranges]
    width = size[-1] if size else 1
    if len(ranges) == 2:
        # a piece holds whole chunks in both directions, at least one
        step = chunk[ranges[0]] * max(1, PIECE // max(1, chunk[ranges[0]] * width))
        across = width
        if step * width > 8 * PIECE:
            across = chunk[ranges[1]] * max(1, PIECE // max(1, step * chunk[ranges[1]]))
    else:
        step, across = 1, chunk[ranges[0]] * max(1, PIECE // chunk[ranges[0]]) if ranges else 1
    firsts = _cuts(_bounds(index[ranges[0]]), step) if len(ranges) == 2 else [(0, 1)]
    lasts = _cuts(_bounds(index[ranges[-1]]), across) if ranges else [(0, 1)]
    for first in firsts:
        for last in lasts:
            where: list[int | slice] = [at if isinstance(at, int) else slice(*at) for at in index]
            base = (0, 0)
            if ranges:
                where[ranges[-1]] = slice(*last)
                base = (_bounds(index[ranges[0]])[0] if len(ranges) == 2 else 0, _bounds(index[ranges[-1]])[0])
            if len(ranges) == 2:
                where[ranges[0]] = slice(*first)
            rows = (first[0] - base[0], first[1] - base[0])
            yield rows, (last[0] - base[1], last[1] - base[1]), tuple(where)


def _bounds(at: int | tuple[int, int]) -> tuple[int, int]:
    return (at, at + 1) if isinstance(at, int) else at


def _cuts(bounds: tuple[int, int], step: int) -> list[tuple[int, int]]:
    """A range cut at the multiples of a step."""
    start, stop = bounds
    edges = [start, *range((start // step + 1) * step, stop, step), stop]
    return [(a, b) for a, b in pairwise(edges) if b > a]
