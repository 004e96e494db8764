"""The benchmark of break junctions runs, on a tiny session. No time and no memory is tested."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "breakjunction.py"


def run(*words: str) -> list[str]:
    out = subprocess.run(
        [sys.executable, "-W", "error", str(SCRIPT), *words], capture_output=True, text=True, check=False
    )
    assert out.returncode == 0, out.stderr
    return out.stdout.splitlines()


def test_it_tells_every_part() -> None:
    lines = run("--traces", "100", "--points", "150", "--repetitions", "1")
    assert len(lines) == 8
    assert lines[0].startswith("reading and one linear fill")
    assert sum("target 3" in line for line in lines) == 3


def test_it_tells_the_memory_of_sessions_out_of_files() -> None:
    pytest.importorskip("h5py")
    (line,) = run("--memory", "100", "--points", "150")
    assert line.startswith("      100 traces: peak")
    assert line.endswith("the numbers as float64      0 MiB")
