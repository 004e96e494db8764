"""The cold start: how long a command takes as a whole process, beside the imports of a script that is written by hand.

    python benchmarks/cold_start.py                    # median of 7 processes a command
    python benchmarks/cold_start.py --repeats 3 --only fit pdf
    python benchmarks/cold_start.py --file lab.csv     # a file of your own instead of a simulated one

The file is a simulated staircase of 500 readings with stated standard deviations. The peer does no work at all: it is what a
script by hand begins with, `import lmfit, pandas, matplotlib.pyplot, uncertainties`. All commands run in turn, so that a busy
machine is busy for all; wall time, processor time (user and system, all threads) and their ratio to the peer's of the same round
are shown, each as its median. The imports are the sum of what `python -X importtime` says each module took by itself, in
processes of their own: it adds a tenth or so to them. One process of each command goes first, for the files to be in memory and
the bytecode to be written, as an installed package has it.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

PEER = "import lmfit, pandas, matplotlib.pyplot, uncertainties"
COMMANDS: dict[str, tuple[str, ...]] = {
    "help": ("-m", "gzero", "--help"),
    "fit": ("-m", "gzero", "fit", "{file}"),
    "json": ("-m", "gzero", "report", "{file}", "-o", "r.json"),
    "html": ("-m", "gzero", "report", "{file}", "-o", "r.html"),
    "pdf": ("-m", "gzero", "report", "{file}", "-o", "r.pdf"),
    "peer": ("-c", PEER),
}
_IMPORT = re.compile(r"import time:\s+(\d+) \|")


@dataclass(slots=True, kw_only=True)
class Times:
    """What was measured of one command, one number a process [s]."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    imports: list[float] = field(default_factory=list)


def spent(words: list[str], folder: Path, environment: dict[str, str]) -> tuple[float, float, str]:
    """Wall time [s], processor time [s] and stderr of one process of Python."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ran = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ran.returncode != 0:
        raise SystemExit(f"{' '.join(words)} ended with {ran.returncode}: {ran.stderr[-500:]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, ran.stderr


def imports_in(said: str) -> float:
    """Seconds that all modules took by themselves, of the text that `-X importtime` writes."""
    return sum(int(microseconds) for microseconds in _IMPORT.findall(said)) / 1e6


def measure(names: list[str], file: Path, folder: Path, repeats: int) -> dict[str, Times]:
    """Every command in turn, `repeats` times, and again with its imports timed."""
    # who runs an installed package does not compile it every time
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    lines = {name: [word.format(file=file) for word in COMMANDS[name]] for name in names}
    out = {name: Times() for name in names}
    for words in lines.values():
        spent(words, folder, environment)
    for _ in range(repeats):
        for name, words in lines.items():
            wall, processor, _ = spent(words, folder, environment)
            out[name].wall.append(wall)
            out[name].processor.append(processor)
            out[name].imports.append(imports_in(spent(["-X", "importtime", *words], folder, environment)[2]))
    return out


def table(times: dict[str, Times]) -> list[str]:
    """One line a command, medians."""
    peer = times["peer"]
    lines = [
        "| command | wall [s] | of the peer's | processor [s] | of the peer's | imports [s] |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, one in times.items():
        walls, processors = (
            statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
            for ours, theirs in ((one.wall, peer.wall), (one.processor, peer.processor))
        )
        middle = [statistics.median(column) for column in (one.wall, one.processor, one.imports)]
        words = " ".join(COMMANDS[name]).replace("-m gzero", "gzero").replace("{file}", "FILE")
        lines.append(
            f"| `{words}` | {middle[0]:.2f} | {walls:.2f} | {middle[1]:.2f} | {processors:.2f} | {middle[2]:.2f} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--repeats", type=int, default=7, help="processes a command, and as many with timed imports (7)"
    )
    parser.add_argument("--file", type=Path, help="a file to fit (500 simulated readings)")
    parser.add_argument("--only", nargs="+", choices=[name for name in COMMANDS if name != "peer"], help="commands")
    asked = parser.parse_args()
    names = [*(asked.only or [name for name in COMMANDS if name != "peer"]), "peer"]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        file = asked.file.resolve() if asked.file else folder / "lab.csv"
        if asked.file is None:
            spent(
                ["-m", "gzero", "simulate", "staircase", "--points", "500", "-o", str(file)], folder, dict(os.environ)
            )
        times = measure(names, file, folder, asked.repeats)
    print("\n".join(table(times)))
    print(f"\nPython {sys.version.split()[0]}, {os.cpu_count()} processors, median of {asked.repeats} processes each")


if __name__ == "__main__":
    main()
