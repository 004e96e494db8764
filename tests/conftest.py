"""What all tests share: where the measured files are, and curves with a known truth."""

import contextlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gzero.quanta import Quantum, parse_quantum
from gzero.synthetic.staircase import simulate
from gzero.synthetic.truth import Synthetic

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def measured() -> Path:
    """The folder of measured files, which does not travel with the project."""
    folder = SHARED / "measured"
    if not folder.is_dir():
        pytest.skip("the measured files are not here (../shared/measured)")
    return folder


@pytest.fixture(scope="session")
def measured_map(measured: Path) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and records of the main job, which takes its time: `gzero validate` of the 101 staircases of the 2DEG map."""
    from gzero.cli.entry import main

    path = measured / "qpc_ubc" / "dat1516_qpc_conductance.ibw"
    words = ["--quantum", "2e^2/h", "--gain", "1.00(1)", "--plateaus", "1:4", "--json"]
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
        patch.setattr(sys, "argv", ["gzero", "validate", str(path), *words])
        with pytest.raises(SystemExit) as stopped:
            main()
    assert isinstance(stopped.value.code, int)
    return stopped.value.code, json.loads(out.getvalue())["analyses"]


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
