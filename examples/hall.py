"""A quantum Hall bar: plateaus counted from the density, in parts per million of h/(nu e^2)."""

import gzero
from gzero.models.hall import R_K
from gzero.pipeline.datasets import dataset

analysis = gzero.analyse(dataset("hall_bar"))
assert analysis.verdict is not None
print(f"{analysis.verdict.decision}: {analysis.verdict.reasons[0]}")
for name in ("density", "density_sdh", "mobility"):
    print(f"{name:12} {analysis.estimates[name]}")
for level in analysis.levels:
    if level.counted:
        ppm = 1e6 * (1 / (level.level.value * R_K / level.index) - 1)
        print(
            f"nu = {level.index}: R_xy nu/R_K - 1 = {ppm:8.1f} +- {1e6 * level.level.std / level.level.value:.1f} ppm"
        )
