"""Diffusion coefficients of silicon in units of h/m: the shipped table, one answer a row."""

import gzero
from gzero.pipeline.datasets import dataset

for analysis in gzero.analyse_traces(dataset("si_diffusivity")):
    d = analysis.estimates["diffusion"].scaled(1 / analysis.quantum.value, "")
    tau, path = analysis.estimates["tau"], analysis.estimates["mean_free_path"]
    print(
        f"{analysis.trace:48} D m/h = {d.value:6.2f} +- {d.std:.2f}   "
        f"tau = {1e15 * tau.value:6.0f} +- {1e15 * tau.std:.0f} fs   l = {1e9 * path.value:5.1f} +- {1e9 * path.std:.1f} nm"
    )
