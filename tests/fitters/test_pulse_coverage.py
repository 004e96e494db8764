"""How often the intervals of a drifting packet hold the truth, in white noise, stated and not, and in red noise.

95 % intervals are value +- 1.96 std_stat. Of 500 experiments the binomial law has a standard deviation of 0.97 % about 95 %;
3.3 of them (1 in 1000 by chance, both tails) are allowed: 91.8 to 98.2 %. Red noise takes eight times as long, so that 150
experiments have to do here, with their own binomial law. Seeds are fixed."""

from dataclasses import replace

import numpy as np
import pytest

from gzero.estimate import Estimate
from gzero.fitters.options import FitOptions
from gzero.fitters.pulse import fit
from gzero.quanta import parse_quantum
from gzero.synthetic.pulse import simulate

OPTIONS = FitOptions(quantum=parse_quantum("h/m"), declared=False)
STATED = {"temperature": Estimate(value=300.0, unit="K"), "electric_field": Estimate(value=5e3, unit="V/m")}


@pytest.mark.parametrize(
    ("given", "experiments"),
    [
        ({"points": 60, "positions": (2e-3, 6e-3)}, 500),
        ({"points": 60, "positions": (2e-3, 6e-3), "stated_std": False}, 500),
        ({"world": "ar1", "stated_std": False}, 150),
    ],
    ids=["white, stated", "white", "ar1"],
)
def test_coverage(given: dict[str, object], experiments: int) -> None:
    hits: dict[str, list[bool]] = {}
    for seed in range(experiments):
        synthetic = simulate(np.random.default_rng(60_000 + seed), seed=seed, **given)  # type: ignore[arg-type]
        findings = fit(replace(synthetic.measurement, conditions=STATED), OPTIONS)
        for name in ("diffusion", "mobility", "einstein_ratio", "lifetime"):
            if name in findings.estimates:
                found = findings.estimates[name]
                hits.setdefault(name, []).append(abs(found.value - synthetic.truth[name]) <= 1.96 * found.std_stat)
    allowed = 3.3 * np.sqrt(0.95 * 0.05 / experiments)
    for name, one in hits.items():
        assert len(one) >= 0.98 * experiments, name
        assert abs(np.mean(one) - 0.95) <= allowed, (name, np.mean(one))
