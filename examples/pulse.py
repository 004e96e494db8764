"""Haynes and Shockley's packet: D, mobility and lifetime from four places, and Einstein's relation put to the test."""

import gzero
from gzero.pipeline.datasets import dataset

analysis = gzero.analyse(dataset("haynes_shockley"))
print(analysis.answer.headline)
print(" ", analysis.answer.reasons[0])
for name in ("diffusion", "mobility", "lifetime", "initial_width", "einstein_ratio"):
    found = analysis.estimates[name]
    print(f"  {name:15} {found.value:.4g} +- {found.std:.2g} {found.unit}")

# a field that is known to a few per cent only leaves the question open
unsure = gzero.analyse(dataset("haynes_shockley"), electric_field="2.0(2) kV/m")
print(unsure.answer.headline, "with a field known to 10 %")
