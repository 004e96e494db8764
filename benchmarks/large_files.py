"""Peak memory of reading large files: `python benchmarks/large_files.py [--scale 1.0] [--only NAME] [--folder DIR]`.

Writes each file (synthetic), reads it by `read_table` in a fresh process, prints one row of Markdown, removes it. A row to
the table CASES is all that another format needs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

#: What a fresh process does: argv is the path and the group, or "".
READ = """
import json, resource, sys, time
from gzero.loaders.registry import read_table
start = time.perf_counter()
table = read_table(sys.argv[1], group=sys.argv[2] or None)
seconds = time.perf_counter() - start
kept = sum(column.values.nbytes for column in table.columns)
own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
helper = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print(json.dumps({"kept": kept, "own": own, "helper": helper, "seconds": seconds, "columns": len(table.columns)}))
"""


@dataclass(frozen=True)
class Case:
    """One file: how it is written, and what is read of it."""

    name: str
    suffix: str
    write: Callable[[Path, int, int], None]
    rows: int
    columns: int
    groups: tuple[str, ...] = ("",)


def hdf5_chunked(path: Path, rows: int, columns: int) -> None:
    _hdf5(path, rows, columns, "f4", chunks=(256, 512))


def hdf5_packed(path: Path, rows: int, columns: int) -> None:
    _hdf5(path, rows, columns, "f4", chunks=(256, 512), compression="gzip", compression_opts=1, shuffle=True)


def hdf5_contiguous(path: Path, rows: int, columns: int) -> None:
    _hdf5(path, rows, columns, "f8")


def _hdf5(path: Path, rows: int, columns: int, kind: str, **storage: object) -> None:
    import h5py

    rng = np.random.default_rng(1)
    with h5py.File(path, "w") as f:
        f["gate"], f["field"] = np.linspace(-1, 0, columns), np.linspace(0, 9, rows)
        data = f.create_dataset("map", (rows, columns), kind, **storage)
        for start in range(0, rows, 256):
            data[start : start + 256] = rng.standard_normal((min(256, rows - start), columns), dtype="f4")


CASES = (
    Case("HDF5 float32 in chunks", ".h5", hdf5_chunked, 20_000, 27_000, ("", "/map[17]", "/map[10:20]")),
    Case("HDF5 float64 in one piece", ".h5", hdf5_contiguous, 10_000, 27_000, ("",)),
    Case("HDF5 float32, gzip", ".h5", hdf5_packed, 5_000, 27_000, ("",)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="of the number of rows")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where the files are written")
    asked = parser.parse_args()
    print("| file | read | size [MiB] | kept [MiB] | peak [MiB] | with its helper [MiB] | peak / kept | time [s] |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for case in CASES:
        if asked.only in case.name:
            measure(case, asked.scale, asked.folder)


def measure(case: Case, scale: float, folder: Path) -> None:
    """Writes one file, reads it, removes it."""
    rows = max(10, int(case.rows * scale))
    if shutil.disk_usage(folder).free < 20 * rows * case.columns:
        print(f"| {case.name} | no room on the disk | | | | | | |")
        return
    with tempfile.TemporaryDirectory(dir=folder) as inside:
        path = Path(inside) / f"large{case.suffix}"
        case.write(path, rows, case.columns)
        for group in case.groups:
            done = subprocess.run(
                [sys.executable, "-c", READ, str(path), group], capture_output=True, text=True, check=True
            )
            seen = json.loads(done.stdout)
            size, kept, own, both = (
                n / 2**20 for n in (path.stat().st_size, seen["kept"], seen["own"], seen["own"] + seen["helper"])
            )
            print(
                f"| {case.name} | {group or 'all'} | {size:.0f} | {kept:.1f} | {own:.0f} | {both:.0f} |"
                f" {both / kept:.2f} | {seen['seconds']:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
