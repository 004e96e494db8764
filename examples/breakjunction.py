"""The period of a break-junction histogram is data: aluminium-like contacts, and gold-like ones that can be called quantized."""

import numpy as np

import gzero
from gzero.pipeline.datasets import dataset
from gzero.quanta import G0
from gzero.synthetic.breakjunction import simulate

aluminium = gzero.analyse(dataset("break_junction"))
step = aluminium.estimates["step_height"]
print(f"aluminium-like: period {step.value / G0:.4f} +- {step.std / G0:.4f} 2e^2/h: {aluminium.verdict.decision}")
print(" ", aluminium.verdict.reasons[0])
for n, place, over_n, *_ in aluminium.listings[0].rows:
    print(f"  peak {n} at {place.value:.3f} +- {place.std:.3f}, {over_n.value:.4f} n")

session = simulate(np.random.default_rng(7), seed=7, traces=300, period=1.0)
gold = gzero.analyse(session.measurement, quantum="2e^2/h", gain="1.000(5)")
step = gold.estimates["step_height"]
print(f"gold-like: period {step.value / G0:.4f} +- {step.std / G0:.4f} 2e^2/h: {gold.verdict.decision}")
print(f"  {100 * gold.verdict.false_positive_rate:.2g} % of random staircases would pass as well")
