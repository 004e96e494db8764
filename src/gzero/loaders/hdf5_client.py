"""The near end of the process that reads an HDF5 file (`hdf5_server`): starts it, asks it, outlives it."""

from __future__ import annotations

import contextlib
import json
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FileError
from gzero.loaders.room import rest

#: Seconds that may pass without an answer (a slow network drive) before the process is given up.
PATIENCE = 60.0

#: Bytes of a description that are taken.
MAX_ANSWER = 1 << 27

_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from gzero.loaders.hdf5_server import main; main(sys.argv[2])"
)

_REMEDY = "copy it again from where it was measured, or save it again (h5repack)"

Index = Sequence[int | tuple[int, int]]


@dataclass(slots=True, kw_only=True, eq=False)
class Hdf5File:
    """An HDF5 file as another process sees it; a context manager.

    Parameters
    ----------
    path : as the user gave it, for messages and for the process.
    """

    path: str
    _process: subprocess.Popen[bytes] = field(init=False)
    _heard: float = field(init=False, default=0.0)
    _slow: bool = field(init=False, default=False)
    _done: threading.Event = field(init=False, default_factory=threading.Event)

    def __enter__(self) -> Hdf5File:
        # one thread each: the process only unpacks, and thread pools take memory that damaged files are denied
        threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START, json.dumps(sys.path), os.path.abspath(self.path)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ | threads,
            )  # fmt: skip
        except OSError as error:
            problem = f"the process that reads HDF5 files cannot be started ({error.strerror or error})"
            raise FileError(problem, path=self.path, remedy="free some memory, and try again") from None
        self._heard = time.monotonic()
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # the process went before it had read all
                    stream.close()
        self._process.wait()

    def _watch(self) -> None:
        while not self._done.wait(0.5):
            if time.monotonic() - self._heard > PATIENCE:
                self._slow = True
                self._process.kill()
                return

    def tree(self) -> dict[str, Any]:
        """The groups, datasets, links and what is left out; see `hdf5_tree.Reader.tree`.

        Raises
        ------
        FileError : the file is damaged, or holds more than is looked at.
        """
        return self._ask({"do": "tree"})

    def rows(self, path: str, *, limit: int) -> list[dict[str, Any]]:
        """The first rows of a compound dataset.

        Raises
        ------
        FileError : the file is damaged.
        """
        found: list[dict[str, Any]] = self._ask({"do": "rows", "path": path, "limit": limit})["rows"]
        return found

    def texts(self, path: str, start: int, stop: int) -> tuple[str, ...]:
        """The entries of a dataset of texts.

        Raises
        ------
        FileError : the file is damaged.
        """
        return tuple(self._ask({"do": "texts", "path": path, "range": [start, stop]})["texts"])

    def read(self, path: str, column: str | None, index: Index, out: NDArray[np.float64]) -> int:
        """Fills an array with numbers; returns how many integers float64 does not hold exactly.

        Parameters
        ----------
        column : the field of a compound dataset, else None.
        index : for each dimension an index or a range; one or two ranges.
        out : (real and imaginary part, or one) x rows x columns; one row where there is one range.

        Raises
        ------
        FileError : the file is damaged, or packed with a filter that is not installed.
        """
        answer = self._ask({"do": "numbers", "path": path, "field": column, "index": list(index)}, out)
        return int(answer["inexact"])

    def _ask(self, request: dict[str, Any], out: NDArray[np.float64] | None = None) -> dict[str, Any]:
        self._heard = time.monotonic()
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # both are pipes
        assert stdout is not None
        try:
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
        except OSError:
            raise self._gone() from None
        while True:
            letter = self._take(stdout, 1)
            self._heard = time.monotonic()
            if letter == b".":
                continue
            if letter == b"T" and out is not None:
                self._piece(stdout, out)
                continue
            (size,) = struct.unpack("<I", self._take(stdout, 4))
            if letter != b"J" or size > MAX_ANSWER:
                raise self._gone()
            answer: dict[str, Any] = json.loads(self._take(stdout, size))
            if "error" in answer:
                if answer.get("damaged"):
                    problem = f"a damaged HDF5 file ({answer['error']})"
                    raise FileError(problem, path=self.path, remedy=_REMEDY)
                raise FileError(answer["error"], path=self.path, remedy=answer["remedy"])
            return answer

    def _piece(self, stdout: IO[bytes], out: NDArray[np.float64]) -> None:
        part, row, end, first, last = struct.unpack("<5Q", self._take(stdout, 40))
        if part >= out.shape[0] or end > out.shape[1] or last > out.shape[2] or row >= end or first >= last:
            raise self._gone()
        target = out[part, row:end, first:last]
        if target.flags.c_contiguous:
            view = target.reshape(-1).view(np.uint8).data
            if stdout.readinto(view) != len(view):  # type: ignore[attr-defined]  # a buffered reader has it
                raise self._gone()
        else:
            data = self._take(stdout, target.size * 8)
            target[...] = np.frombuffer(data, dtype="<f8").reshape(target.shape)
        rest(out)

    def _take(self, stdout: IO[bytes], size: int) -> bytes:
        data = stdout.read(size)
        if len(data) != size:
            raise self._gone()
        return data

    def _gone(self) -> FileError:
        """The error for a process that ended or talked nonsense."""
        if self._slow:
            problem = f"the HDF5 library did not answer for {PATIENCE:.0f} s"
            return FileError(problem, path=self.path, remedy="copy the file to this computer, or is it damaged?")
        problem = "a damaged HDF5 file (the HDF5 library crashed on it, or ran out of its time or memory)"
        return FileError(problem, path=self.path, remedy=_REMEDY)
