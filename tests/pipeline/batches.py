"""What the tests of batches share: synthetic lab files, an engine without processes, and the real command."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np

from gzero.pipeline.batch.files import find_files
from gzero.pipeline.batch.jobs import Done, Job, work
from gzero.pipeline.batch.outputs import write_outputs
from gzero.pipeline.batch.run import Tally, run_batch
from gzero.pipeline.batch.store import Store
from gzero.pipeline.config import configure


class Here:
    """This process does the work itself; jobs are taken as an engine of several processes would take them."""

    def __init__(self, backwards: bool = False, before: Callable[[Job], None] | None = None) -> None:
        self.worked: list[str] = []
        self._backwards, self._before = backwards, before

    def run(self, take: Callable[[], Job | None]) -> Generator[tuple[Job, Done], None, None]:
        """See `Engine`."""
        while (job := take()) is not None:
            found = [job]
            while self._backwards and (other := take()) is not None:
                found.insert(0, other)
            for one in found:
                self.worked.append(f"{Path(one.path).name} {one.piece}")
                if self._before is not None:
                    self._before(one)
                yield one, work(one)


def staircase(path: Path, *, shift: float = 0.0, traces: int = 1) -> Path:
    """A synthetic staircase of three steps of e^2/h, exact but for a small ripple, as a lab file."""
    x = np.linspace(-1.0, 0.0, 161)
    heads = ["Vg (V)"] + [f"G{j} (uS)" for j in range(traces)]
    columns = [x]
    for j in range(traces):
        place = shift + 0.002 * j
        y = sum(38.740458649 / (1 + np.exp(-(x - c - place) / 0.012)) for c in (-0.8, -0.5, -0.2))
        columns.append(y + 0.05 * np.sin(1e3 * x * (1.1 + j)))
    rows = [",".join(heads), *(",".join(f"{v:.9g}" for v in row) for row in zip(*columns, strict=True))]
    path.write_text("\n".join(rows) + "\n")
    return path


def igor_wave(values: Any, *, step: float, start: float) -> bytes:
    """A wave of version 5 by WaveMetrics' Technical Note 003: two headers of 64 and 320 bytes, then the numbers."""
    head = bytearray(384)
    rows, columns = values.shape
    struct.pack_into("<h", head, 0, 5)
    struct.pack_into("<i", head, 4, 320 + 8 * values.size)
    struct.pack_into("<ih", head, 76, values.size, 4)
    head[92:96] = b"map\0"
    struct.pack_into("<4i", head, 132, rows, columns, 0, 0)
    struct.pack_into("<4d", head, 148, step, 1.0, 1.0, 1.0)
    struct.pack_into("<4d", head, 180, start, 0.0, 0.0, 0.0)
    words = np.frombuffer(bytes(head), dtype="<i2").sum(dtype=np.int64)
    struct.pack_into("<h", head, 2, int(((-words) + 0x8000) % 0x10000 - 0x8000))
    return bytes(head) + np.asarray(values, "<f8").tobytes(order="F")


def igor_map(path: Path, traces: int = 20) -> Path:
    """A synthetic map whose traces are independent, in units of e^2/h."""
    x = np.linspace(-1.0, 0.0, 121)
    y = np.stack(
        [sum(1 / (1 + np.exp(-(x - c - 0.002 * j) / 0.012)) for c in (-0.8, -0.5, -0.2)) for j in range(traces)], axis=1
    )
    path.write_bytes(igor_wave(y + 0.002 * np.sin(1e3 * x)[:, None], step=1 / 120, start=-1.0))
    return path


def run(folder: Path, out: Path, engine: Any, **options: Any) -> Tally:
    """A batch of a folder, with everything that it writes."""
    with Store(out) as store:
        tally = run_batch(find_files([folder]), configure(quantum="e^2/h", **options), store, engine)
        write_outputs(out, store, tally)
        return tally


def contents(out: Path) -> dict[str, bytes]:
    """All that a batch wrote but the ledger."""
    return {p.name: p.read_bytes() for p in sorted(out.iterdir()) if not p.name.startswith("batch.")}


def command(*paths: str | Path, out: Path, workers: int = 1) -> list[str]:
    """The real command."""
    named = [os.fspath(path) for path in paths]
    return [
        sys.executable, "-m", "gzero", "batch", *named, "-o", str(out), "--quantum", "e^2/h", "--workers", str(workers)
    ]  # fmt: skip


def told(*paths: str | Path, out: Path, **how: Any) -> subprocess.CompletedProcess[str]:
    """The real command, run to its end."""
    return subprocess.run(command(*paths, out=out), capture_output=True, text=True, check=False, **how)
