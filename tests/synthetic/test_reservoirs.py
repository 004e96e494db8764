"""Heat, decays and radiation with a known truth: without noise the data are the truth, and a file brings it back."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import constants

import gzero
from gzero.errors import ConfigError
from gzero.pipeline.simulation import Simulation, simulate_file
from gzero.synthetic import decay, heat, radiation


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("conductance", [False, True])
def test_heat_without_noise(conductance: bool) -> None:
    """The formulas of physics.md written out: J or K of every number of channels."""
    made = heat.simulate(
        rng(), seed=1, noise=0.0, conductance=conductance, channels=(1.0, 3.0), missing=0.5, coupling=2e-9
    )
    m, kappa0 = made.measurement, math.pi**2 * constants.k**2 / (3 * constants.h)
    t, n = m.abscissa.values, m.series["channels"].values - 0.5
    expected = (
        n * kappa0 * t + 2e-9 * t**3 if conductance else n * kappa0 / 2 * (t**2 - 0.024**2) + 2e-9 * (t**5 - 0.024**5)
    )
    np.testing.assert_allclose(m.ordinate.values, expected, rtol=1e-10)
    assert m.ordinate.std is None
    assert (made.truth["modes_1"], made.truth["modes_2"]) == (0.5, 2.5)


def test_decay_without_noise() -> None:
    made = decay.simulate(rng(), seed=1, noise=0.0, conductance=2.0, tau=0.25, offset=0.02)
    t = made.measurement.abscissa.values
    np.testing.assert_allclose(made.measurement.ordinate.values, 0.3 * np.exp(-t / 0.25) + 0.02, rtol=1e-12)
    # C = G tau with G = 2/h, as stated with six digits
    assert made.measurement.conditions["compressibility"].value == pytest.approx(2 / constants.h * 0.25, rel=1e-5)
    assert made.truth["initial_imbalance"] == pytest.approx(0.32, rel=1e-12)


@pytest.mark.parametrize("flow", [False, True])
def test_radiation_without_noise(flow: bool) -> None:
    """Stefan and Boltzmann's law with the sigma of scipy.constants."""
    m = radiation.simulate(rng(), seed=1, noise=0.0, flow=flow, area=2e-4).measurement
    t, sigma = m.abscissa.values, constants.Stefan_Boltzmann
    expected = sigma * 2e-4 * (t**4 - 200.0**4) if flow else 4 * sigma * 2e-4 * t**3
    np.testing.assert_allclose(m.ordinate.values, expected, rtol=1e-9)


@pytest.mark.parametrize("name", ["heat", "decay", "radiation"])
def test_a_file_brings_the_truth_back(name: str, tmp_path: Path) -> None:
    """Written, read with the sidecar alone, analysed: every truth of an estimate's name within 4 std (chance 6e-5 each)."""
    path, beside = simulate_file(Simulation(experiment=name, seed=12), tmp_path / "s.csv")
    assert beside.is_file()
    made = {"heat": heat, "decay": decay, "radiation": radiation}[name].simulate(rng(12), seed=12)
    analysis = gzero.analyse(path)
    assert analysis.experiment == name
    named = [n for n in analysis.estimates if n in made.truth]
    assert len(named) >= 3 - (name == "radiation")
    for n in named:
        e = analysis.estimates[n]
        assert abs(e.value - made.truth[n]) < 4 * e.std, n


@pytest.mark.parametrize("world", ["white", "ar1", "1/f"])
def test_a_seed_gives_the_same_data_and_another_others(world: str) -> None:
    for module in (heat, decay, radiation):
        first, again, other = (
            module.simulate(rng(seed), seed=seed, world=world).measurement.ordinate.values for seed in (5, 5, 6)
        )
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("module", "options"),
    [
        (heat, {"hottest": 0.01}),
        (heat, {"channels": ()}),
        (heat, {"points": 1}),
        (heat, {"channels": (1.0, -1.0)}),
        (decay, {"tau": 0.0}),
        (decay, {"points": 3}),
        (decay, {"amplitude": math.nan}),
        (radiation, {"prefactor": "eq99"}),
        (radiation, {"area": 0.0}),
        (radiation, {"coldest": 600.0}),
        (radiation, {"world": "purple"}),
    ],
)
def test_what_is_no_experiment_is_refused(module, options) -> None:
    with pytest.raises(ConfigError) as caught:
        module.simulate(rng(), seed=1, **options)
    assert caught.value.remedy
