"""Measured Hall mobility of p-type germanium as a diffusion coefficient: power law, tau and l, classical and with Fermi statistics."""

import gzero
from gzero.pipeline.datasets import dataset

file = dataset("ge_hall_mobility")
classical = gzero.analyse(file)
dense = gzero.analyse(file, statistics="fermi", density="1e19 1/cm^3", degeneracy=2, temperature="200 K")
for title, analysis in (("classical, at 300 K", classical), ("Fermi gas of 1e19 1/cm^3, at 200 K", dense)):
    d, tau, path = (analysis.estimates[name] for name in ("diffusion", "tau", "mean_free_path"))
    print(
        f"{title}: D = {1e4 * d.value:.1f} +- {1e4 * d.std:.1f} cm^2/s, tau = {1e15 * tau.value:.0f} fs, l = {1e9 * path.value:.1f} nm"
    )
exponent = classical.estimates["exponent_mobility"]
print(f"mobility falls as T^-{exponent.value:.2f} +- {exponent.std:.2f}")
for warning in classical.warnings:
    print("note:", warning)
