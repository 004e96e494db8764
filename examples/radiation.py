"""Which prefactor has black-body radiation? The measured Stefan-Boltzmann constant, and phonons of known sound speed."""

import tempfile
from pathlib import Path

import gzero
from gzero.pipeline.datasets import dataset
from gzero.pipeline.simulation import Simulation, simulate_file

analysis = gzero.analyse(dataset("stefan_boltzmann"))
print(analysis.answer.headline)
for formula, source, value, ratio, z, *_ in analysis.listings[0].rows:
    print(f"  {formula:16} {source:26} {value:>9}  measured over it {ratio.value:.4f} +- {ratio.std:.4f}  z = {z}")

with tempfile.TemporaryDirectory() as folder:
    phonons = ("sound_speed=6000", "coldest=0.1", "hottest=0.6")
    path, _ = simulate_file(Simulation(experiment="radiation", parameters=phonons, seed=3), Path(folder) / "k.csv")
    found = gzero.analyse(path)
    p, m = found.estimates["prefactor"], found.estimates["exponent"]
    print(f"phonons (synthetic): P = {p.value:.3f} +- {p.std:.3f}, exponent {m.value:.3f} +- {m.std:.3f}")
