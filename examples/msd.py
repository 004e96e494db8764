"""Diffusion from trajectories: three estimators, and whether the motion may be called diffusion at all."""

import numpy as np

import gzero
from gzero.fitters.msd import fit
from gzero.fitters.options import FitOptions
from gzero.pipeline.datasets import dataset
from gzero.quanta import parse_quantum
from gzero.synthetic.msd import simulate

analysis = gzero.analyse(dataset("msd_trajectories"))
print(analysis.answer.headline)
print(" ", analysis.answer.reasons[0])
for estimator, value, offset in analysis.listings[0].rows:
    print(f"  {estimator:38} D = {value.value:.4g} +- {value.std:.2g} m^2/s, c/2d = {offset.value:.3g} m^2")
print(f"  localisation error {1e9 * analysis.estimates['localisation_std'].value:.0f} nm")

slow = simulate(np.random.default_rng(3), seed=3, alpha=0.6, trajectories=60, points=100, noise=2e-8).measurement
print(fit(slow, FitOptions(quantum=parse_quantum("h/m"))).answer.headline, "(a motion with alpha = 0.6)")
