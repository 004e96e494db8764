"""The benchmark of break junctions runs, on a tiny session. No time is tested."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "breakjunction.py"


def test_it_tells_every_part() -> None:
    words = ("--traces", "60", "--points", "150", "--repetitions", "1")
    out = subprocess.run(
        [sys.executable, "-W", "error", str(SCRIPT), *words], capture_output=True, text=True, check=False
    )
    assert out.returncode == 0, out.stderr
    parts = [line.rsplit(maxsplit=7)[0] for line in out.stdout.splitlines()]
    assert len(parts) == 4
    assert "reading and one fill" in out.stdout
    assert "logarithmic histogram with bands" in out.stdout
