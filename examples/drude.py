"""Drude or Drude and Smith: the shipped (synthetic) conductivity of a film, real and imaginary part together."""

import gzero
from gzero.pipeline.datasets import dataset

analysis = gzero.analyse(dataset("drude_film"), mass="0.2 m_e")
for name, estimate in analysis.estimates.items():
    print(f"{name:18} {estimate.value:12.5g} +- {estimate.std:8.2g} {estimate.unit}")
for choice in analysis.ledger:
    if choice.choice in ("formula", "sign of the imaginary part"):
        print(f"{choice.choice}: {choice.value} ({choice.note})")
