"""A unit that nobody named: seven measured plateau levels, and a list of values that has none."""

import tempfile
from pathlib import Path

import numpy as np

import gzero
from gzero.pipeline.datasets import dataset

analysis = gzero.analyse(dataset("qpc_levels"))
print(analysis.answer.headline)
for reason in analysis.answer.reasons:
    print(" ", reason)
for name, q, phi, worse, against in analysis.listings[0].rows[1:4]:
    print(f"  {name:12} {1e6 * q.value:6.2f} uS  phi {phi:5.2f}  worse by 2 ln L = {worse:5.1f}: {against}")
for comparison in analysis.comparisons:
    print(f"  the unit is {comparison.ratio:.4f} +- {comparison.ratio_std:.4f} {comparison.name}")

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "even.csv"
    values = np.random.default_rng(8).uniform(0.5, 10, 60)
    path.write_text("peak [uS]\n" + "\n".join(f"{v:.4f}" for v in values), encoding="utf-8")
    print(gzero.analyse(path, experiment="quantogram", seed=1).answer.headline, "(60 values, evenly scattered)")
