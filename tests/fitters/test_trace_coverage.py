"""Intervals of levels, step height and dwell times of 500 synthetic traces hold the truth in 95 % of them.

Limits: 95 % +- 3.3 binomial standard deviations of 500 traces, 91.8 to 98.2 %. A trace with 10 to 30 switches may lose a stay of one
or two readings, or a state that it hardly visits: at most 5 % of traces have another number of states than the truth, and
these are left out, as which level belongs to which is then open.
"""

import numpy as np
import pytest

from gzero.fitters.options import FitOptions
from gzero.fitters.trace import fit
from gzero.quanta import parse_quantum
from gzero.synthetic.trace import simulate

OPTIONS = FitOptions(quantum=parse_quantum("2e^2/h"))
TRACES = 500
LOW, HIGH = 0.918, 0.982


@pytest.mark.parametrize(("world", "points", "stated"), [("white", 500, False), ("ar1", 500, True)])
def test_intervals_hold_the_truth(world: str, points: int, stated: bool) -> None:
    hits: dict[str, list[bool]] = {"step_height": [], "level": [], "dwell_time": []}
    other = 0
    for seed in range(TRACES):
        made = simulate(
            np.random.default_rng(seed), seed=seed, points=points, levels=(0.0, 1.0, 2.0), dwell=(0.04,), noise=0.1,
            world=world, stated_std=stated, offset_std=1e-6,
        )  # type: ignore[arg-type] # fmt: skip
        found, truth = fit(made.measurement, OPTIONS), made.truth
        true = [truth[name] for name in truth if name.startswith("level_")]
        if len(found.levels) != len(true):
            other += 1
            continue
        for level, value in zip(found.levels, true, strict=True):
            hits["level"].append(abs(level.level.value - value) <= 1.96 * level.level.std_stat)
        for name, estimate in found.estimates.items():
            kind = "dwell_time" if name.startswith("dwell") else name
            if kind in hits:
                hits[kind].append(abs(estimate.value - truth[name]) <= 1.96 * estimate.std_stat)
    assert other <= 0.05 * TRACES
    for name, held in hits.items():
        # levels of one trace share its noise: they are no more than 500 independent ones
        assert LOW <= np.mean(held) <= HIGH, (name, np.mean(held))
        assert len(held) > 0.9 * TRACES
