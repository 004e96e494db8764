"""Text tables: how long gzero reads beside `pyarrow.csv.read_csv`, and how much memory a gigabyte of traces takes.

    python benchmarks/text.py             # times, one line a dialect (1e6 rows x 3)
    python benchmarks/text.py --memory    # a CSV of 101 columns and about 1 GB, in a process of its own

All numbers are synthetic. gzero hashes the file, finds its dialect and its header, and keeps an account of every gap; pyarrow is
told the delimiter, the decimal sign and the names. Both read in turn, seven times each; the median of the times is shown, and the
median of the seven ratios. Where pyarrow cannot read the dialect (runs of blanks, a word among numbers), it reads the plain comma file.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROWS, REPEATS = 1_000_000, 7


def lines_of(values: np.ndarray, delimiter: str) -> list[str]:
    return [delimiter.join(map(repr, row)) for row in values.tolist()]


def write_dialects(folder: Path) -> dict[str, tuple[Path, dict[str, str] | None]]:
    """Each dialect's file, and how pyarrow reads it (None where it cannot)."""
    rng = np.random.default_rng(1)
    rows = lines_of(rng.normal(size=(ROWS, 3)), ",")
    empty = list(rows)
    for i in rng.choice(ROWS, ROWS // 100, replace=False).tolist():
        a, _, c = empty[i].split(",")
        empty[i] = f"{a},,{c}"
    word = list(rows)
    word[ROWS // 2] = "0.5,broken,0.25"
    comma = {"delimiter": ",", "decimal": "."}
    texts: dict[str, tuple[str, list[str], dict[str, str] | None]] = {
        "comma": ("Vg (V),I (nA),G (uS)", rows, comma),
        "semicolon, decimal comma": (
            "Vg (V);I (nA);G (uS)",
            [row.replace(",", ";").replace(".", ",") for row in rows],
            {"delimiter": ";", "decimal": ","},
        ),
        "tab": (
            "Vg (V)\tI (nA)\tG (uS)",
            [row.replace(",", "\t") for row in rows],
            {"delimiter": "\t", "decimal": "."},
        ),
        "runs of blanks": ("# Vg I G", [" " + row.replace(",", "   ") for row in rows], None),
        "comma, 1 % empty cells": ("Vg (V),I (nA),G (uS)", empty, comma),
        "comma, one word in the middle": ("Vg (V),I (nA),G (uS)", word, None),
    }
    out: dict[str, tuple[Path, dict[str, str] | None]] = {}
    for name, (header, body, how) in texts.items():
        path = folder / f"{len(out)}.csv"
        path.write_text("\n".join([header, *body, ""]))
        out[name] = path, how
    return out


def seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def time_dialects() -> None:
    from pyarrow import csv

    from gzero.loaders.registry import read_table

    def by_arrow(path: Path, how: dict[str, str]) -> object:
        return csv.read_csv(
            path,
            parse_options=csv.ParseOptions(delimiter=how["delimiter"]),
            convert_options=csv.ConvertOptions(decimal_point=how["decimal"]),
        )

    with tempfile.TemporaryDirectory() as folder:
        files = write_dialects(Path(folder))
        plain = files["comma"][0]
        print(f"{ROWS} rows x 3, median of {REPEATS} [s]              gzero  pyarrow  ratio")
        for name, (path, how) in files.items():
            beside, options = (path, how) if how else (plain, {"delimiter": ",", "decimal": "."})
            read_table(path), by_arrow(beside, options)  # once for the caches and the imports
            times = [
                (seconds(lambda p=path: read_table(p)), seconds(lambda p=beside, o=options: by_arrow(p, o)))  # type: ignore[misc]
                for _ in range(REPEATS)
            ]
            ours, theirs = (statistics.median(column) for column in zip(*times, strict=True))
            ratio = statistics.median(a / b for a, b in times)
            print(f"{name:42s} {ours:6.3f}  {theirs:6.3f}  {ratio:6.2f}{'' if how else '  (pyarrow: the comma file)'}")


def write_traces(path: Path, size: int, columns: int = 101) -> int:
    """About `size` bytes of traces; returns the number of rows."""
    rng = np.random.default_rng(2)
    names = ",".join(["Vg (V)", *(f"trace {i} (uS)" for i in range(1, columns))])
    rows = 0
    block = lines_of(rng.normal(size=(2000, columns)), ",")
    with path.open("w") as stream:
        stream.write(names + "\n")
        while stream.tell() < size:
            stream.write("\n".join(block) + "\n")
            rows += len(block)
    return rows


def measure_memory(path: Path) -> None:
    """In a process of its own: the peak of resident memory over what it is before the file is read."""
    import pyarrow.csv

    from gzero.loaders.registry import read_table

    small = path.with_suffix(".small.csv")
    small.write_text("\n".join(["a,b", *["1.5,2.5"] * 100_000, ""]))
    read_table(small)  # everything that is imported late, and Arrow's threads
    small.unlink()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    table = read_table(path)
    took = time.perf_counter() - start
    kept = sum(column.values.nbytes for column in table.columns)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    size = path.stat().st_size
    print(
        f"{size / 1e9:.2f} GB, {table.rows} rows x {len(table.columns)} (pyarrow {pyarrow.__version__}): {took:.1f} s; "
        f"numbers kept {kept / 1e6:.0f} MB, peak above the start {peak * 1024 / 1e6:.0f} MB, ratio {peak * 1024 / kept:.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memory", action="store_true", help="measure memory instead of times")
    parser.add_argument("--size", type=float, default=1e9, help="bytes of the file of traces")
    parser.add_argument("--columns", type=int, default=101, help="columns of the file of traces")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        measure_memory(given.read)
    elif given.memory:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "traces.csv"
            write_traces(path, int(given.size), given.columns)
            subprocess.run([sys.executable, __file__, "--read", str(path)], check=True)
    else:
        time_dialects()


if __name__ == "__main__":
    main()
