"""Every benchmark beside its peers, in one run: ratios, growth, cold starts.

    pip install 'gzero[bench]' && python benchmarks/compare.py [--write] [--only NAME ...]

With `--write` the tables go to docs/benchmarks.md too. Each part is a script of its own in this folder, run as a process of its
own, one after the other; what it prints are ratios to a peer in the same process or the same minute. The machine should
have nothing else to do.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "benchmarks.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One benchmark: what it tells, its script and its arguments."""

    title: str
    script: str
    arguments: tuple[str, ...] = ()


PARTS = {
    "fits": Part(title="Fits: one by one, side by side, the whole path a trace", script="side_by_side.py"),
    "growth": Part(title="Fits: how the cost grows", script="side_by_side.py", arguments=("--growth",)),
    "single": Part(
        title="One staircase beside other fitters", script="staircase.py", arguments=("--repetitions", "20")
    ),
    "steps": Part(
        title="Steps in a trace of time: ruptures and skchange", script="change_points.py", arguments=("--traces", "10")
    ),
    "histograms": Part(title="Break-junction histograms", script="breakjunction.py"),
    "text": Part(title="Text files beside pyarrow", script="text.py"),
    "batch": Part(
        title="Batches: two workers over one",
        script="batch.py",
        arguments=("speed", "--files", "600", "--repeats", "1"),
    ),
    "kills": Part(title="Batches: killed at random moments", script="batch.py", arguments=("kills", "--kills", "50")),
    "cold": Part(title="Cold starts", script="cold_start.py"),
}


def run(part: Part) -> str:
    """What a benchmark prints; where it fails, that."""
    command = [sys.executable, str(HERE / part.script), *part.arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and not done.stdout:
        return f"failed with exit code {done.returncode}: {done.stderr.strip().splitlines()[-1:]}"
    return done.stdout.strip()


def page(found: dict[str, str]) -> str:
    """The page of all tables."""
    out = [
        "# Benchmarks",
        "",
        "Written by `python benchmarks/compare.py --write`. All data are synthetic. Ratios are to a peer in the same run; times",
        f"are those of one machine ({os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}).",
    ]
    for name, text in found.items():
        part = PARTS[name]
        command = " ".join((part.script, *part.arguments))
        out += ["", f"## {part.title}", "", f"`python benchmarks/{command}`", "", *_shown(text.splitlines())]
    return "\n".join(out) + "\n"


def _shown(lines: list[str]) -> list[str]:
    """Tables as they are; a blank line before each, and columns that are kept by blanks as they stand."""
    if not any(line.startswith("|") for line in lines):
        return ["```text", *lines, "```"]
    out: list[str] = []
    for line in lines:
        if out and line.startswith("|") != out[-1].startswith("|") and line and out[-1]:
            out.append("")
        out.append(line)
    return out


def main(argv: Sequence[str] | None = None) -> int:
    """Run, print, and write where that is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"also write {PAGE.name}")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS), metavar="NAME")
    asked = parser.parse_args(argv)
    found = {}
    for name in asked.only:
        begin = time.perf_counter()
        print(f"\n=== {PARTS[name].title}", flush=True)
        found[name] = run(PARTS[name])
        print(found[name], f"\n({time.perf_counter() - begin:.0f} s)", flush=True)
    if asked.write:
        PAGE.write_text(page(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
