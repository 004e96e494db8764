"""How often the intervals of a mean squared displacement hold the truth, with its correlated points: 500 experiments each.

95 % intervals are value +- 1.96 std_stat. Of 500 experiments the binomial law has a standard deviation of 0.97 % about 95 %;
3.3 of them (1 in 1000 by chance, both tails) are allowed: 91.8 to 98.2 %. Seeds are fixed."""

import numpy as np
import pytest

from gzero.fitters.msd import fit
from gzero.fitters.options import FitOptions
from gzero.quanta import parse_quantum
from gzero.synthetic.msd import simulate

OPTIONS = FitOptions(quantum=parse_quantum("h/m"), declared=False)
EXPERIMENTS = 500
ALLOWED = 0.95 + 3.3 * np.sqrt(0.95 * 0.05 / EXPERIMENTS) * np.array([-1.0, 1.0])
#: Few experiments call free motion none: alpha lies all outside of 1 -+ 0.1.
FEWEST = 495


@pytest.mark.parametrize(
    "given",
    [
        {"trajectories": 20, "points": 30, "noise": 1.5e-7},
        {"trajectories": 10, "points": 40, "noise": 1.5e-7, "exposure": 0.05, "dimensions": 3},
    ],
    ids=["instants", "blurred"],
)
def test_coverage(given: dict[str, float]) -> None:
    hits: dict[str, list[bool]] = {}
    for seed in range(EXPERIMENTS):
        synthetic = simulate(np.random.default_rng(40_000 + seed), seed=seed, **given)  # type: ignore[arg-type]
        findings = fit(synthetic.measurement, OPTIONS)
        for name in ("diffusion", "localisation_std", "alpha", "diffusion_likelihood"):
            if name in findings.estimates:
                found = findings.estimates[name]
                truth = synthetic.truth["diffusion" if name == "diffusion_likelihood" else name]
                hits.setdefault(name, []).append(abs(found.value - truth) <= 1.96 * found.std_stat)
    for name, one in hits.items():
        assert len(one) >= FEWEST, name
        assert ALLOWED[0] <= np.mean(one) <= ALLOWED[1], (name, np.mean(one))
