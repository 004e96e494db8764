"""Radiation: the measured constant selects its prefactor, closed forms, common errors, the three answers, what is refused."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import constants

import gzero
from gzero.errors import ConfigError, InputError
from gzero.fitters.findings import Findings
from gzero.fitters.options import FitOptions
from gzero.fitters.radiation import fit
from gzero.measurement.measurement import Measurement, condition
from gzero.pipeline.datasets import dataset
from gzero.quanta import PREFACTORS, Quantum
from gzero.synthetic.radiation import simulate

OPTIONS = FitOptions(quantum=Quantum(symbol="", value=None, unit="W", row=""))
SIGMA = constants.Stefan_Boltzmann


def made(seed: int = 1, **options: object) -> Measurement:
    return simulate(np.random.default_rng(seed), seed=seed, **options).measurement  # type: ignore[arg-type]


def found(measurement: Measurement, **options: float) -> Findings:
    return fit(measurement, replace(OPTIONS, **options))


def stating(measurement: Measurement, **conditions: str) -> Measurement:
    more = {name: condition(name, text) for name, text in conditions.items()}
    return replace(measurement, conditions={**measurement.conditions, **more})


def test_the_measured_constant_selects_its_prefactor() -> None:
    """Blevin and Brown 1971 (doi 10.1088/0026-1394/7/1/003): 5.6644(75)e-8, 0.9989(13) of the sigma of CODATA, 0.80 standard
    uncertainties off; the printed prefactors, 2, 2 pi and 4 pi times as large, are excluded by hundreds of them."""
    analysis = gzero.analyse(dataset("stefan_boltzmann"))
    answer = analysis.answer
    assert answer is not None
    assert answer.outcome == "yes"
    assert "Stefan and Boltzmann" in answer.headline
    e = analysis.estimates["stefan_boltzmann"]
    assert (e.value, e.std) == pytest.approx((5.6644e-8, 0.0075e-8), rel=1e-12)
    ratio = 5.6644e-8 / SIGMA
    assert answer.numbers["ratio_to_stefan-boltzmann"] == pytest.approx(ratio, rel=1e-9)
    assert ratio == pytest.approx(0.9989, abs=5e-5)
    assert answer.numbers["z_stefan-boltzmann"] == pytest.approx((5.6644e-8 - SIGMA) / 0.0075e-8, rel=1e-6)
    for key, factor in (("eq17", 2.0), ("eq26", 2 * math.pi), ("eq28", 4 * math.pi)):
        assert answer.numbers[f"ratio_to_{key}"] == pytest.approx(ratio / factor, rel=1e-9)
        assert answer.numbers[f"z_{key}"] == pytest.approx((5.6644e-8 - factor * SIGMA) / 0.0075e-8, rel=1e-6)
    assert any("Blevin" in c.reference for c in analysis.comparisons)


def test_one_prefactor_is_a_weighted_mean() -> None:
    """sum(w x y)/sum(w x^2) with std 1/sqrt(sum(w x^2)), written out; x = 4 sigma A T^3/P of Stefan and Boltzmann."""
    m = made()
    t, y, std = m.abscissa.values, m.ordinate.values, np.asarray(m.ordinate.std)
    x = 4 * SIGMA * 1e-4 * t**3 / PREFACTORS["stefan-boltzmann"]
    e = found(m).estimates["prefactor"]
    assert e.value == pytest.approx(np.sum(x * y / std**2) / np.sum(x**2 / std**2), rel=1e-8)
    assert e.std_stat == pytest.approx(1 / math.sqrt(np.sum(x**2 / std**2)), rel=1e-8)


@pytest.mark.parametrize("flow", [False, True], ids=["conductance", "power"])
@pytest.mark.parametrize("key", PREFACTORS)
def test_each_prefactor_is_told(key: str, flow: bool) -> None:
    f = found(made(3, prefactor=key, flow=flow))
    assert f.answer is not None
    assert f.answer.outcome == "yes"
    e = f.estimates["prefactor"]
    assert abs(e.value - PREFACTORS[key]) < 4 * e.std  # type: ignore[index]
    held = {row[0]: row[-1] for row in f.listings[0].rows}
    assert list(held.values()).count("yes") == 1


def test_phonons_of_three_branches() -> None:
    """6 km/s below 1 K: P of the generator, no Stefan-Boltzmann constant; 1 % of the speed is 2 % of P (v^-2)."""
    m = stating(made(2, sound_speed=6000.0, coldest=0.1, hottest=0.6), sound_speed="6000(60) m/s")
    f = found(m)
    e = f.estimates["prefactor"]
    assert abs(e.value - PREFACTORS["stefan-boltzmann"]) < 4 * e.std_stat
    assert "stefan_boltzmann" not in f.estimates
    assert e.systematic["sound_speed"] == pytest.approx(0.02 * e.value, rel=0.02)  # to its second order


@pytest.mark.parametrize(("flow", "power"), [(False, 3), (True, 4)], ids=["conductance", "power"])
def test_common_errors_enter_as_their_powers(flow: bool, power: int) -> None:
    """1 % of the area is -1 % of P, 1 % of the scale -3 or -4 %, 1 % of the emissivity -1 %: each within its second order."""
    m = stating(made(2, flow=flow, area_std=0.01), temperature="300(3) K", gain="1.00(1)")
    e = found(m).estimates["prefactor"]
    assert e.systematic["area"] == pytest.approx(-0.01 * e.value, rel=0.02)
    assert e.systematic["temperature"] == pytest.approx(-0.01 * power * e.value, rel=0.02)
    assert e.systematic["gain"] == pytest.approx(-0.01 * e.value, rel=0.02)


def test_a_single_reading_shares_its_sources() -> None:
    """One reading and no fit: the same shifts as many readings have."""
    m = stating(made(2, points=1, noise=0.001), temperature="300(3) K", gain="1.00(1)")
    e = found(m).estimates["prefactor"]
    assert e.systematic["area"] == pytest.approx(-0.005 * e.value, rel=0.02)
    assert e.systematic["temperature"] == pytest.approx(-0.03 * e.value, rel=0.02)
    assert e.systematic["gain"] == pytest.approx(-0.01 * e.value, rel=0.02)
    assert e.std_stat == pytest.approx(0.001 * PREFACTORS["stefan-boltzmann"], rel=1e-9)


def test_a_grey_body_by_its_emissivity() -> None:
    """Half of the readings with --gain 0.5 are the black body again."""
    m = made()
    half = replace(
        m,
        series={
            **m.series,
            "radiation": replace(m.ordinate, values=m.ordinate.values / 2, std=np.asarray(m.ordinate.std) / 2),
        },
    )
    e = found(stating(half, gain="0.50(1)")).estimates["prefactor"]
    assert e.value == pytest.approx(found(m).estimates["prefactor"].value, rel=1e-9)
    assert any("no emissivity is stated" in w for w in found(m).warnings)
    assert not any("no emissivity" in w for w in found(stating(half, gain="0.50(1)")).warnings)


def test_another_exponent_withholds_the_answer() -> None:
    """Heat that goes with T^2 in a file of conductances: its mean prefactor is none, whatever its value."""
    m = made(noise=0.001)
    t = m.abscissa.values
    series = {**m.series, "radiation": replace(m.ordinate, values=m.ordinate.values * 400.0 / t)}
    f = found(replace(m, series=series))
    e = f.estimates["exponent"]
    assert abs(e.value - 2) < 4 * e.std
    assert f.answer is not None
    assert f.answer.outcome == "undecided"
    assert "not with 3" in f.answer.reasons[0]


@pytest.mark.parametrize(
    ("options", "outcome", "words"),
    [
        ({"noise": 0.3, "points": 8}, "undecided", "would decide, if its value stays"),
        ({"area_std": 0.2}, "undecided", "the systematic part"),
        ({"area": 1e-4, "area_std": 0.01}, "yes", "within +-5 %"),
    ],
)
def test_answers(options: dict[str, float], outcome: str, words: str) -> None:
    f = found(made(3, **options))
    assert f.answer is not None
    assert f.answer.outcome == outcome
    assert any(words in reason for reason in f.answer.reasons)


def test_none_of_the_four() -> None:
    """An emissivity of 0.7 that nobody states: beyond 5 % of all four."""
    m = made(3)
    series = {**m.series, "radiation": replace(m.ordinate, values=0.7 * m.ordinate.values)}
    f = found(replace(m, series=series))
    assert f.answer is not None
    assert f.answer.outcome == "no"


def test_without_an_uncertainty_there_is_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("T (K),K (W/K)\n300,6.124e-4\n")
    analysis = gzero.analyse(path, experiment="radiation", area="1 cm^2")
    assert analysis.answer is not None
    assert analysis.answer.outcome == "undecided"
    assert any("no uncertainty is stated" in w for w in analysis.warnings)
    # 4 sigma A T^3 = 6.124e-4 W/K, digits as written
    assert analysis.estimates["prefactor"].value == pytest.approx(PREFACTORS["stefan-boltzmann"], rel=1e-4)


@pytest.mark.parametrize(
    ("text", "options", "error", "words"),
    [
        ("T (K),K (W/K)\n300,6e-4\n310,6.7e-4\n", {}, ConfigError, "of an area, which is not stated"),
        ("T (K),K (W/K)\n300,nan\n310,6.7e-4\n", {"area": "1 cm^2"}, InputError, "'nan' where a finite number"),
        ("T (K),K (W/K)\n-300,6e-4\n310,6.7e-4\n", {"area": "1 cm^2"}, InputError, "must be positive"),
        ("T (K),P (W)\n300,1\n300,2\n", {"area": "1 cm^2", "reservoir_temperature": "300 K"}, InputError, "as warm as"),
        ("T (K),P (V)\n300,1\n310,2\n", {"area": "1 cm^2"}, InputError, "contradicts a radiation"),
        ("T (K),P (W)\n300,1\n310,2\n", {"area": "1 cm"}, InputError, r"where \[m\^2\] is asked"),
        ("T (K),P (W)\n300,0\n310,0\n", {"area": "1 cm^2"}, InputError, "every reading is zero"),
        ("T (K),sb (W/(m^2 K^4))\n300,5.7e-8\n", {"y": "sb", "sound_speed": "6 km/s"}, ConfigError, "that of light"),
    ],
)
def test_what_is_refused(
    tmp_path: Path, text: str, options: dict[str, str], error: type[Exception], words: str
) -> None:
    path = tmp_path / "lab.csv"
    path.write_text(text)
    with pytest.raises(error, match=words) as caught:
        gzero.analyse(path, experiment="radiation", **options)
    assert "\n" not in str(caught.value)


def test_power_into_unknown_surroundings_says_so(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    rows = "\n".join(
        f"{t},{SIGMA * 1e-4 * t**4:.8g},{0.01 * SIGMA * 1e-4 * t**4:.3g}" for t in (300, 320, 340, 360, 400)
    )
    path.write_text("T (K),P (W),P_std (W)\n" + rows + "\n")
    analysis = gzero.analyse(path, experiment="radiation", area="1 cm^2")
    assert analysis.estimates["prefactor"].value == pytest.approx(PREFACTORS["stefan-boltzmann"], rel=1e-7)
    assert any("0 K is taken" in w for w in analysis.warnings)
