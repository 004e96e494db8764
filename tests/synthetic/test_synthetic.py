"""Data with a known truth: the truth is in them, the noise has its stated size, the seed gives them again."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants
from scipy.special import expit
from scipy.stats import chi2

from gzero.errors import ConfigError
from gzero.measurement.kinds import KINDS
from gzero.quanta import Conditions, Quantum, parse_quantum, particle
from gzero.synthetic import diffusion, staircase
from gzero.synthetic.noise import WORLDS, World, draw, in_words
from gzero.synthetic.truth import Synthetic

G0 = 2 * constants.e**2 / constants.h
QUANTUM = parse_quantum("2e^2/h")


def steps(seed: int = 1, quantum: Quantum = QUANTUM, **options: object) -> Synthetic:
    return staircase.simulate(np.random.default_rng(seed), quantum=quantum, seed=seed, **options)  # type: ignore[arg-type]


def rows(seed: int = 1, who: str = "electron", **options: object) -> Synthetic:
    return diffusion.simulate(np.random.default_rng(seed), particle=particle(who), seed=seed, **options)  # type: ignore[arg-type]


@given(st.integers(1, 6), st.floats(0.5, 1.5), st.floats(0, 5e3), st.floats(1e-3, 10))
def test_without_noise_the_data_are_the_truth(modes: int, height: float, resistance: float, width: float) -> None:
    """The curve from the truth alone, with the formula written out: scipy's logistic, resistors in series."""
    made = steps(steps=modes, height=height, series_resistance=resistance, width=width, noise=0.0)
    truth, x = made.truth, made.measurement.abscissa.values
    two = sum(
        truth["step_height"] * expit((x - truth[f"threshold_{n}"]) / truth[f"width_{n}"]) for n in range(1, modes + 1)
    )
    np.testing.assert_allclose(made.measurement.ordinate.values, two / (1 + resistance * two), rtol=1e-11, atol=1e-24)
    assert truth["step_height"] == pytest.approx(height * G0, rel=1e-14)
    assert made.measurement.ordinate.std is None
    assert (truth["noise"], truth["series_resistance"]) == (0.0, resistance)


@pytest.mark.parametrize("stated", [True, False])
def test_noise_has_the_stated_size(stated: bool) -> None:
    """Sum of squared pulls within the central 1 - 2e-6 of its chi-square distribution; no two seeds share noise."""
    points = 20_000
    clean = steps(noise=0.0, points=points).measurement.ordinate.values
    drawn = []
    for seed in (1, 2, 3):
        made = steps(seed, noise=0.03, points=points, stated_std=stated)
        noise = (made.measurement.ordinate.values - clean) / made.truth["noise"]
        assert made.truth["noise"] == pytest.approx(0.03 * G0, rel=1e-14)
        low, high = chi2.ppf([1e-6, 1 - 1e-6], points)
        assert low < float(np.sum(noise**2)) < high
        assert abs(float(np.mean(noise))) < 5 / math.sqrt(points)
        assert abs(float(np.mean(noise[1:] * noise[:-1]))) < 5 / math.sqrt(points)  # white
        drawn.append(noise)
        if stated:
            np.testing.assert_allclose(made.measurement.ordinate.std, 0.03 * G0, rtol=1e-14)
        else:
            assert made.measurement.ordinate.std is None
    assert abs(float(np.corrcoef(drawn)[0, 1])) < 5 / math.sqrt(points)


@pytest.mark.parametrize("make", [steps, rows])
def test_a_seed_gives_the_same_data_and_another_others(make) -> None:
    first, again, other = (make(seed).measurement.ordinate.values for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert make(5).seed == 5


def test_every_step_is_in_the_window() -> None:
    made = steps(steps=5, noise=0.0)
    x, y = made.measurement.abscissa.values, made.measurement.ordinate.values
    assert np.all(np.diff(x) > 0)
    for n in range(
        6
    ):  # the levels are whole quanta in the middle of each plateau: e^-6 of a step is left of each riser
        level = y[np.argmin(abs(x - staircase.SPACING_OVER_WIDTH * n))]
        assert level / G0 == pytest.approx(n, abs=3 * math.exp(-6))
    assert [made.truth[f"threshold_{n}"] for n in range(1, 6)] == [6.0, 18.0, 30.0, 42.0, 54.0]


def test_names_units_and_origin() -> None:
    made = steps(x_unit="K", x_name="gate potential", quantum=parse_quantum("1/h"))
    found = made.measurement
    assert (found.kind, found.x, found.abscissa.unit, found.ordinate.unit) == (
        "staircase",
        "gate potential",
        "K",
        "1/(J s)",
    )
    assert (found.origin.loader, found.origin.rows_read, len(found.ordinate.values)) == ("synthetic", 400, 400)
    assert "0.02 1/h" in made.noise


@pytest.mark.parametrize(
    "bad",
    [
        {"steps": 0},
        {"points": 7},
        {"noise": -0.1},
        {"width": 0.0},
        {"width": -1.0},
        {"noise": math.nan},
        {"width": math.nan},
        {"height": math.nan},
        {"width": math.inf},
        {"series_resistance": math.inf},
    ],
)
def test_a_staircase_without_shape(bad: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="no staircase with"):
        steps(**bad)


@given(
    st.lists(st.floats(0.01, 1.0), min_size=1, max_size=5),
    st.floats(0.1, 10),
    st.floats(-2, 2),
    st.floats(0, 5e3),
    st.floats(1, 30),
    st.booleans(),
)
def test_faults_are_in_the_readings_and_in_the_truth(
    gammas: list[float], gain: float, offset: float, resistance: float, spacing: float, descending: bool
) -> None:
    """The curve from the truth alone: G_read = gain G_two + offset, 1/G_two = 1/G + R_s."""
    made = steps(
        steps=len(gammas), transmissions=gammas, gain=gain, offset=offset, series_resistance=resistance,
        spacing_over_width=spacing, descending=descending, noise=0.0,
    )  # fmt: skip
    truth, x = made.truth, made.measurement.abscissa.values
    sign = -1 if descending else 1
    one = sum(
        truth["step_height"]
        * truth[f"transmission_{n}"]
        * expit(sign * (x - truth[f"threshold_{n}"]) / truth[f"width_{n}"])
        for n in range(1, len(gammas) + 1)
    )
    read = truth["gain"] * one / (1 + truth["series_resistance"] * one) + truth["offset"]
    # 1e-11 of a step: readings pass through zero where the offset is negative
    np.testing.assert_allclose(made.measurement.ordinate.values, read, rtol=1e-11, atol=1e-11 * G0)
    assert [truth[f"transmission_{n}"] for n in range(1, len(gammas) + 1)] == gammas
    assert (truth["gain"], truth["offset"]) == (gain, pytest.approx(offset * G0, rel=1e-14))
    assert np.diff([truth[f"threshold_{n}"] for n in range(1, len(gammas) + 1)]) == pytest.approx(sign * spacing)
    # hidden: whoever analyses it has to find them
    assert not made.measurement.conditions


def test_a_descending_staircase_is_the_mirror_image() -> None:
    up, down = (steps(noise=0.0, descending=d).measurement for d in (False, True))
    np.testing.assert_array_equal(up.abscissa.values, down.abscissa.values)
    np.testing.assert_allclose(down.ordinate.values[::-1], up.ordinate.values, rtol=1e-9)


def test_without_faults_or_another_world_nothing_has_changed() -> None:
    """The curve with white noise as the generator draws it, to the last bit: shipped data are made again from their seed."""
    made = steps(7)
    clean = steps(7, noise=0.0).measurement.ordinate.values
    noise = 0.02 * float(QUANTUM.value or 0) * np.random.default_rng(7).normal(size=400)
    np.testing.assert_array_equal(made.measurement.ordinate.values, clean + noise)


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("stated", [True, False])
def test_a_world_is_in_the_readings_the_stated_std_the_truth_and_the_words(world: World, stated: bool) -> None:
    """The readings of `draw` from the same seed about the curve without noise; its laws are tested on their own."""
    options = {"rho": 0.5, "dwell": 7.0, "adc_step": 0.4}
    clean = steps(noise=0.0, gain=1.1, offset=0.1).measurement.ordinate.values
    made = steps(5, world=world, noise=0.03, gain=1.1, offset=0.1, stated_std=stated, **options)
    expected = draw(world, np.random.default_rng(5), signal=clean, std=0.03 * G0, **options)
    found = made.measurement.ordinate
    np.testing.assert_allclose(found.values, expected.readings, rtol=0, atol=1e-12 * G0)
    if stated:
        np.testing.assert_allclose(found.std, expected.std, rtol=1e-12)
    else:
        assert found.std is None
    own = {name: value for name, value in made.truth.items() if name.startswith("noise_")}
    assert own == pytest.approx({f"noise_{name}": value for name, value in expected.parameters.items()}, rel=1e-12)
    assert made.truth["noise"] == pytest.approx(0.03 * G0, rel=1e-14)
    assert made.noise == in_words(world, std=0.03, unit="2e^2/h", **options)


def test_repeats_are_sweeps_one_after_the_other_with_noise_of_their_own() -> None:
    made, single = steps(repeats=3, world="heteroscedastic"), steps(world="heteroscedastic")
    x, y = made.measurement.abscissa.values, made.measurement.ordinate
    np.testing.assert_array_equal(x, np.tile(single.measurement.abscissa.values, 3))
    np.testing.assert_array_equal(y.values[:400], single.measurement.ordinate.values)
    np.testing.assert_array_equal(y.std, np.tile(single.measurement.ordinate.std, 3))
    clean = steps(noise=0.0).measurement.ordinate.values
    pulls = (y.values.reshape(3, 400) - clean) / y.std.reshape(3, 400)
    correlations = np.corrcoef(pulls)[np.triu_indices(3, 1)]
    assert np.max(np.abs(correlations)) < 5 / math.sqrt(400)
    assert made.measurement.origin.rows_read == 1200
    assert "3 sweeps" in made.noise


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"transmissions": (1.0, 1.0)}, "2 transmissions for 4 steps"),
        ({"transmissions": ()}, "0 transmissions for 4 steps"),
        ({"transmissions": (1.0, 1.0, 1.2, 1.0)}, "a transmission of 1.2 "),
        ({"transmissions": (1.0, 0.0, 1.0, 1.0)}, "a transmission of 0 "),
        ({"transmissions": (1.0, math.nan, 1.0, 1.0)}, "a transmission of nan "),
        ({"gain": 0.0}, "a gain of 0 "),
        ({"gain": math.nan}, "a gain of nan "),
        ({"gain": math.inf}, "a gain of inf "),
        ({"offset": math.nan}, "an offset of nan "),
        ({"offset": math.inf}, "an offset of inf "),
        ({"series_resistance": -1.0}, "a series resistance of -1 "),
        ({"spacing_over_width": 0.0}, "modes 0 widths apart"),
        ({"spacing_over_width": math.nan}, "modes nan widths apart"),
        ({"repeats": 0}, "in 0 sweeps"),
        ({"world": "pink"}, "no noise world 'pink'"),
        ({"world": "ar1", "rho": 1.5}, "rho 1.5 "),
        ({"world": "telegraph", "dwell": -1.0}, "dwell of -1 readings"),
        ({"world": "adc", "adc_step": -1.0}, "ADC step of -1 "),
    ],
)
def test_faults_and_worlds_that_cannot_be(bad: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        steps(**bad)


def test_a_quantum_without_a_value() -> None:
    with pytest.raises(ConfigError, match=r"the quantum m\^2/h has no value"):
        steps(quantum=parse_quantum("m^2/h"))
    assert steps(quantum=parse_quantum("m^2/h", Conditions(mass=1e-26))).measurement.ordinate.unit == "kg^2/(J s)"


# -- diffusion --------------------------------------------------------------------------------------------------------


def test_diffusivities_without_noise_are_v_squared_tau() -> None:
    made = rows(temperatures=(77.0, 300.0), tau=2e-13, noise=0.0)
    expected = constants.k * np.array([77.0, 300.0]) / constants.m_e * 2e-13  # D = (kB T/m) tau, (19)
    np.testing.assert_allclose(made.measurement.ordinate.values, expected, rtol=1e-14)
    assert made.measurement.ordinate.std is None
    assert (made.truth["tau"], made.truth["diffusion at 77 K"]) == (2e-13, pytest.approx(expected[0], rel=1e-14))
    assert made.measurement.particle == "electron"


def test_noise_of_diffusivities_has_the_stated_size() -> None:
    temperatures = tuple(np.linspace(10.0, 300.0, 5000))
    clean = rows(temperatures=temperatures, noise=0.0).measurement.ordinate.values
    found = rows(temperatures=temperatures, noise=0.05).measurement.ordinate
    pulls = (found.values - clean) / found.std
    np.testing.assert_allclose(found.std, 0.05 * clean, rtol=1e-14)
    low, high = chi2.ppf([1e-6, 1 - 1e-6], 5000)
    assert low < float(np.sum(pulls**2)) < high


def test_diffusivities_in_red_noise() -> None:
    """Pulls of AR(1) have a lag-one correlation of 0.9 to 4 sqrt((1 - 0.81)/n); a curve has D_300 = kB 300 K/m tau."""
    temperatures = tuple(np.linspace(10.0, 300.0, 5000))
    made = rows(temperatures=temperatures, noise=0.05, world="ar1", stated_std=False)
    series = made.measurement.ordinate
    assert series.std is None
    pulls = series.values / (constants.k * np.array(temperatures) / constants.m_e * 2e-13) - 1
    lag = float(pulls[1:] @ pulls[:-1] / (pulls @ pulls))
    assert lag == pytest.approx(0.9, abs=4 * math.sqrt(0.19 / 5000))
    assert made.truth["diffusion"] == pytest.approx(constants.k * 300 / constants.m_e * 2e-13, rel=1e-14)
    assert made.truth["exponent"] == -1.0
    # rows by themselves have no D of the whole table
    assert "diffusion" not in rows(temperatures=(77.0, 150.0, 300.0)).truth


@pytest.mark.parametrize(
    "bad",
    [
        {"temperatures": ()},
        {"temperatures": (0.0,)},
        {"temperatures": (300.0, -1.0)},
        {"tau": 0.0},
        {"tau": -1.0},
        {"noise": -0.1},
        {"temperatures": (math.nan,)},
        {"tau": math.nan},
        {"noise": math.nan},
    ],
)
def test_diffusivities_that_cannot_be(bad: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="must be positive"):
        rows(**bad)


def test_diffusivities_need_a_mass() -> None:
    with pytest.raises(ConfigError, match="needs a mass"):
        diffusion.simulate(np.random.default_rng(1), particle=particle(), seed=1)


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if not kind.catalogue])
def test_every_experiment_is_written_read_and_fitted(tmp_path: Path, name: str) -> None:
    """What `gzero simulate` writes, `gzero fit` reads by its sidecar; estimates that have a truth of their name lie within
    five standard uncertainties of it (by chance in 1 of 1.7 million)."""
    import json
    import tomllib

    import gzero
    from gzero.pipeline.simulation import Simulation, simulate_file

    data, beside = simulate_file(Simulation(experiment=name, seed=5), tmp_path / "sim.csv")
    said = tomllib.loads(beside.read_text(encoding="utf-8"))["provenance"]
    assert "synthetic" in said
    truth = {k: float(v) for k, v in (part.split(" = ") for part in said["truth"].split("; "))}
    compared = 0
    for analysis in gzero.analyse_traces(data):
        json.dumps(analysis.to_dict(), allow_nan=False)
        for key, estimate in analysis.estimates.items():
            if key in truth and estimate.std > 0:
                assert abs(estimate.value - truth[key]) < 5 * estimate.std, key
                compared += 1
    assert compared
