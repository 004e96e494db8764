"""The comparison of change-point libraries runs, on a tiny size, and its own counting is right. No time is tested."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "change_points.py"


def test_it_runs() -> None:
    words = ["--traces", "2", "--points", "120", "--worlds", "white", "--methods", "gzero", "ruptures PELT"]
    out = subprocess.run([sys.executable, str(SCRIPT), *words], capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
    assert out.stdout.count("| gzero |") == 2
    assert "| ruptures |" in out.stdout


def test_the_count_of_steps_is_right() -> None:
    """One step found at its reading, one a reading off, one false, one missed; each true step counts once."""
    spec = importlib.util.spec_from_file_location("benchmark_change_points", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    signal = np.repeat([0.0, 1.0, 0.0, 1.0], 25)
    score = module.Score()
    score.add([25, 51, 52, 90], np.array([25, 50, 75]), signal, signal)
    assert (score.steps, score.found, score.exact, score.false, score.right) == (3, 2, 1, 2, 0)
    exact = module.Score()
    exact.add([25, 50, 75], np.array([25, 50, 75]), signal, signal)
    assert (exact.right, exact.level_error, exact.spoiled) == (1, 0.0, 0)
