"""One staircase in the six noise worlds: what each does to the step height, and whether its uncertainty knows.

A pull is (found - true)/std. Over many seeds the pulls of an honest uncertainty have a standard deviation of 1; one seed,
as here, only shows how to look.
"""

import numpy as np

import gzero
from gzero.synthetic.noise import WORLDS
from gzero.synthetic.staircase import simulate

quantum = gzero.quanta.parse_quantum("2e^2/h")

print("world             step height / (2e^2/h)    pull")
for world in WORLDS:
    # four modes, 12 thermal widths apart; every reading is off by 0.02 quanta, in the way of its world
    made = simulate(np.random.default_rng(3), quantum=quantum, seed=3, noise=0.02, world=world)
    analysis = gzero.analyse(made.measurement, quantum=quantum.symbol)
    height = analysis.estimates.get("step_height")
    if height is None:  # no flat plateau in such noise
        print(f"{world:16}  not determined")
        continue
    ratio = height.scaled(1 / quantum.value, "")
    pull = (height.value - made.truth["step_height"]) / height.std
    print(f"{world:16}  {ratio.value:.4f} +- {ratio.std:.4f}       {pull:+6.2f}")
