"""Two reservoirs of cold 6Li joined by a channel: the conductance from the decay of their imbalance, and where there is none."""

import gzero
from gzero.pipeline.datasets import dataset

path = dataset("li6_decay")
for offset in (None, "0"):
    analysis = gzero.analyse(path, offset=offset)
    g = analysis.estimates["conductance"].scaled(1 / analysis.quantum.value, "")
    tau = analysis.estimates["tau"]
    print(
        f"offset {'held at 0' if offset else 'fitted':9}  tau = {1e3 * tau.value:.0f} +- {1e3 * tau.std:.0f} ms   "
        f"G h = {g.value:.3f} +- {g.std_stat:.3f} (decay) +- {g.std_sys:.3f} (compressibility)"
    )

# the first 0.4 s only: less than tau, so that there is a limit and no number
short = gzero.analyse(path, range="0:0.4")
print(short.answer.headline)
for reason in short.answer.reasons:
    print(" ", reason)
