"""95 % intervals of a charge transition: white noise, stated and not, slow noise, and a line with a lifetime.

Limits: 0.95 +- 3.3 binomial standard deviations, which a right interval misses once in a thousand. The interval is value +-
1.96 std_stat where the line is the true one; `benchmarks/experiments.py transition` does 500 a world.
"""

from dataclasses import replace

import numpy as np
import pytest

from gzero.fitters.options import FitOptions
from gzero.fitters.transition import fit
from gzero.measurement.measurement import condition
from gzero.quanta import Quantum
from gzero.synthetic.transition import simulate

OPTIONS = FitOptions(quantum=Quantum(symbol="", value=None, unit="A", row=""))


@pytest.mark.parametrize(
    ("experiments", "world"),
    [
        (500, {"points": 60, "reach": 10.0}),
        (150, {"points": 60, "reach": 10.0, "stated_std": False}),
        (100, {"points": 250, "world": "ar1", "stated_std": False}),
        (300, {"points": 150, "noise": 0.001, "lifetime": 1.0}),
    ],
    ids=["stated", "learnt", "ar1", "lifetime"],
)
def test_intervals_cover(experiments, world) -> None:
    held: dict[str, list[bool]] = {}
    for seed in range(experiments):
        made = simulate(np.random.default_rng(seed), seed=seed, **world)
        found = fit(
            replace(made.measurement, conditions={"lever_arm": condition("lever_arm", "0.05")}), OPTIONS
        ).estimates
        for name, estimate in found.items():
            if name in made.truth:
                held.setdefault(name, []).append(abs(estimate.value - made.truth[name]) < 1.96 * estimate.std_stat)
    half = 3.3 * np.sqrt(0.95 * 0.05 / experiments)
    shares = {name: float(np.mean(each)) for name, each in held.items()}
    assert {"temperature", "thermal_width", "width", "position", "amplitude"} <= shares.keys()
    assert all(0.95 - half <= share <= min(0.95 + half, 1.0) for share in shares.values()), shares
