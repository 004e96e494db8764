"""What all tests share: where the measured files are, curves with a known truth, and the command as a user types it."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

# One thread of linear algebra in this process, in those of pytest-xdist and in those that tests start, before numpy reads it:
# matrices of a few dozen rows gain nothing by more, and two workers with two threads each wait for each other on two cores:
# fits took two to five times the processor time. Of a map of staircases tests/pipeline/test_batch.py asks that threads change no bit.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("VECLIB_MAXIMUM_THREADS", "1")

import numpy as np
import pytest
from hypothesis import settings

from gzero.cli.entry import main
from gzero.quanta import Quantum, parse_quantum
from gzero.synthetic.staircase import simulate
from gzero.synthetic.truth import Synthetic

# hypothesis' own 200 ms by the clock are missed by any test on a busy computer; what runs away is still caught
settings.register_profile("gzero", deadline=timedelta(seconds=10))
settings.load_profile("gzero")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def measured() -> Path:
    """The folder of measured files, which does not travel with the project."""
    folder = SHARED / "measured"
    if not folder.is_dir():
        pytest.skip("the measured files are not here (../shared/measured)")
    return folder


@pytest.fixture(scope="session")
def facts() -> Path:
    """The folder of published numbers, which does not travel with the project."""
    folder = SHARED / "facts"
    if not folder.is_dir():
        pytest.skip("the tables of facts are not here (../shared/facts)")
    return folder


@pytest.fixture(scope="session")
def g0() -> Quantum:
    """The conductance quantum 2e^2/h."""
    return parse_quantum("2e^2/h")


@pytest.fixture
def make(g0: Quantum) -> Callable[..., Synthetic]:
    """A synthetic staircase with its truth, by seed and keywords of `simulate`."""

    def build(seed: int = 1, **options: object) -> Synthetic:
        return simulate(np.random.default_rng(seed), quantum=g0, seed=seed, **options)  # type: ignore[arg-type]

    return build


@dataclass(frozen=True)
class Ran:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def gzero(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Ran]:
    """`gzero(*words)` in an empty directory."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["gzero", *(str(word) for word in words)])
        with pytest.raises(SystemExit) as stopped:
            main()
        captured = capsys.readouterr()
        code = stopped.value.code
        return Ran(code=code if isinstance(code, int) else 0, out=captured.out, err=captured.err)

    return run
