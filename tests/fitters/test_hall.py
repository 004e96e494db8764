"""A Hall bar from its file to the verdict: what is counted, what is believed, and what is not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gzero.analysis import Analysis
from gzero.errors import ConfigError, UnitError
from gzero.estimate import Estimate
from gzero.fitters.findings import Findings
from gzero.fitters.hall import fit
from gzero.fitters.options import FitOptions
from gzero.measurement.measurement import Measurement, Series, condition
from gzero.models.hall import R_K, resistivities
from gzero.pipeline.analyse import analyse_measurement
from gzero.pipeline.config import Config
from gzero.quanta import E2_OVER_H, E, parse_quantum
from gzero.synthetic.hall import simulate

OPTIONS = FitOptions(quantum=parse_quantum("e^2/h"))
DENSITY = 3e15


def bar(seed: int = 1, **parameters: object) -> Measurement:
    return simulate(np.random.default_rng(seed), seed=seed, **parameters).measurement  # type: ignore[arg-type]


def with_series(m: Measurement, **values: np.ndarray) -> Measurement:
    """The measurement with other values of some of its series."""
    return replace(m, series={n: replace(s, values=values.get(n, s.values)) for n, s in m.series.items()})


def stating(m: Measurement, **conditions: str) -> Measurement:
    return replace(m, conditions={name: condition(name, text) for name, text in conditions.items()})


def counted(findings: Findings | Analysis) -> list[int]:
    return [level.index for level in findings.levels if level.counted]


def near(estimate: Estimate, truth: float, sigmas: float = 4.0) -> bool:
    """Within a number of standard uncertainties: 4 are exceeded once in 16 000 cases."""
    return abs(estimate.value - truth) < sigmas * estimate.std


@pytest.fixture(scope="module")
def found() -> Findings:
    return fit(stating(bar(), length="0.5 mm", width="0.1 mm"), OPTIONS)


def test_the_truth_of_a_simulated_bar(found: Findings) -> None:
    """Synthetic truth: h/e^2, 3e15 1/m^2, 100 m^2/(V s), five squares."""
    e = found.estimates
    assert next(iter(e)) == "step_height"
    assert near(e["step_height"], E2_OVER_H)
    assert e["step_height"].std < 2e-5 * E2_OVER_H
    assert near(e["von_klitzing"], R_K)
    assert near(e["density"], DENSITY)
    assert near(e["density_sdh"], DENSITY)
    assert near(e["mobility"], 100.0)
    assert near(e["sheet_resistance"], 1 / (DENSITY * E * 100.0))
    assert counted(found)[:4] == [1, 2, 3, 4]
    units = {name: estimate.unit for name, estimate in e.items()}
    assert units["density_sdh"] == "1/m^2"
    assert units["mobility"] == "m^2/(V s)"


def test_what_the_record_says(found: Findings) -> None:
    """Where fillings come from and which g was taken is said, and the levels stand beside R_xx."""
    ledger = {c.choice: c for c in found.ledger}
    assert "period of the oscillations" in ledger["filling factors"].value
    assert ledger["states of a Landau level (g)"].value == "2"
    assert ledger["field reversal"].value == "one sign of the field"
    assert {listing.name for listing in found.listings} == {"plateaus", "checks"}
    assert [picture.name for picture in found.pictures] == ["hall", "oscillations"]
    assert sum(line.share for line in found.budget) == pytest.approx(1.0)
    assert found.joint is not None
    assert "longitudinal resistance" in found.estimates["step_height"].systematic


@pytest.mark.parametrize("error", [0.99, 1.01])
def test_a_density_one_percent_off_counts_the_same(error: float) -> None:
    plain = stating(bar(), density=f"{DENSITY * error} 1/m^2")
    result = fit(plain, OPTIONS)
    assert "stated density" in {c.choice: c.value for c in result.ledger}["filling factors"]
    assert counted(result)[:4] == [1, 2, 3, 4]
    assert near(result.estimates["step_height"], E2_OVER_H)


def test_the_count_knows_nothing_of_the_quantum() -> None:
    """With another quantum declared the integers stay where density and field put them."""
    for symbol in ("e^2/h", "2e^2/h"):
        assert counted(fit(bar(), FitOptions(quantum=parse_quantum(symbol))))[:4] == [1, 2, 3, 4]


def decision(m: Measurement, **config: str) -> Analysis:
    return analyse_measurement(m, Config(experiment="hall", **{"quantum": "e^2/h", **config}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("parameters", "config", "expected"),
    [
        ({}, {}, "quantized"),
        ({"spin_field": 100.0}, {}, "quantized"),
        ({"both_signs": True, "points": 2400, "mixing": 0.1}, {}, "quantized"),
        ({}, {"quantum": "2e^2/h"}, "not quantized"),
        ({"gain": 1.1}, {}, "not quantized"),
        ({"contact_resistance": 800.0}, {}, "undecided"),
        ({"lowest_field": 2.0}, {}, "undecided"),
        ({"quantum_mobility": 0.005}, {}, "undecided"),
    ],
    ids=["spin", "no spin", "mixed probes", "wrong quantum", "gain", "hidden contacts", "no low field", "classical"],
)
def test_verdicts(parameters: dict[str, object], config: dict[str, str], expected: str) -> None:
    """What the physics demands: levels of nu e^2/h whether spin is resolved or not; 10 % of gain is beyond the margin of 5 %; a
    resistance of contacts that nobody stated, a count from the quantum and no plateau at all decide nothing."""
    verdict = decision(bar(**parameters), **config).verdict
    assert verdict is not None
    assert verdict.decision == expected


def test_only_even_fillings_without_spin() -> None:
    """Landau levels of two states: no plateau at odd fillings."""
    indices = counted(fit(bar(spin_field=100.0), OPTIONS))
    assert indices
    assert all(nu % 2 == 0 for nu in indices)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("world", ["white", "ar1"])
def test_classical_bars_never_have_plateaus(world: str, seed: int) -> None:
    """Noise of 20 ohm on a classical line, without stated uncertainties: no level, no step."""
    m = bar(seed, quantum_mobility=0.005, world=world, noise=20.0, stated_std=False, points=600)
    result = fit(m, OPTIONS)
    assert result.level_set is None
    assert "step_height" not in result.estimates
    assert near(result.estimates["density"], DENSITY)


def test_a_count_from_the_quantum_says_so() -> None:
    result = fit(bar(lowest_field=2.0), OPTIONS)
    assert result.level_set is not None
    assert result.level_set.counted_from == "quantum"
    assert "density" not in result.estimates
    assert counted(result)[:3] == [1, 2, 3]


def test_contacts_in_series() -> None:
    """800 ohm, stated or fitted, come off; both give h/e^2, and the fit gives the resistance back."""
    m = bar(contact_resistance=800.0)
    stated = fit(stating(m, series_resistance="800(2) ohm"), OPTIONS)
    assert near(stated.estimates["step_height"], E2_OVER_H)
    assert "series_resistance" in stated.estimates["step_height"].systematic
    fitted = fit(m, replace(OPTIONS, fit_resistance=True))
    assert near(fitted.estimates["step_height"], E2_OVER_H)
    assert near(fitted.estimates["series_resistance"], 800.0)
    assert fitted.levels[0].level.value == pytest.approx(E2_OVER_H, rel=1e-3)


def test_two_terminals_over_both_signs() -> None:
    """|R_xy| + R_c is even, and the sum of both signs is taken."""
    m = bar(contact_resistance=800.0, both_signs=True, points=2400)
    result = fit(stating(m, series_resistance="800(2) ohm"), OPTIONS)
    assert {c.choice: c.value for c in result.ledger}["field reversal"] == "both symmetrised"
    assert near(result.estimates["step_height"], E2_OVER_H)


def test_reversal_removes_what_probes_mix() -> None:
    """A fifth of R_xx in R_xy: between plateaus that is hundreds of ohm; the levels are those of the true bar."""
    result = fit(bar(both_signs=True, points=2400, mixing=0.2), OPTIONS)
    assert near(result.estimates["step_height"], E2_OVER_H)
    assert near(result.estimates["density"], DENSITY)


def test_gain_and_its_uncertainty() -> None:
    """A stated gain comes off, and its 1 % is a common part of every level, of opposite sign to that of the density."""
    result = fit(stating(bar(gain=1.1), gain="1.10(1)"), OPTIONS)
    e = result.estimates
    assert e["step_height"].value == pytest.approx(E2_OVER_H, rel=1e-4)
    assert e["step_height"].systematic["gain"] == pytest.approx(0.01 / 1.1 * E2_OVER_H, rel=1e-3)
    assert e["density"].systematic["gain"] == pytest.approx(0.01 / 1.1 * DENSITY, rel=1e-2)


def test_a_gain_that_nobody_stated_shows_in_the_two_densities() -> None:
    """The period knows no gain: 10 % apart."""
    result = fit(bar(gain=1.1), OPTIONS)
    assert result.estimates["density_sdh"].value / result.estimates["density"].value == pytest.approx(1.1, rel=5e-3)
    assert any("off that from the slope" in warning for warning in result.warnings)


def fractional(filling: float, width: float) -> Measurement:
    """A bar of ever higher field with a plateau at a fraction, where R_xx falls as well."""
    m = bar(density=DENSITY, field=12.0)
    x = m.abscissa.values
    nu = DENSITY / (E * x) * (R_K * E**2)
    here = np.abs(nu - filling) < width
    rng = np.random.default_rng(5)
    hall, along = np.array(m.ordinate.values), np.array(m.series["longitudinal_resistance"].values)
    hall[here] = R_K / filling + 2.0 * rng.normal(size=int(here.sum()))
    along[here] = 0.5 * rng.normal(size=int(here.sum()))
    return with_series(m, hall_resistance=hall, longitudinal_resistance=along)


def test_a_fraction_is_shown_and_not_counted() -> None:
    """4/3 between 1 and 2: named, no integer, and the claim about the integers stands."""
    result = fit(fractional(4 / 3, 0.04), OPTIONS)
    odd = [level for level in result.levels if not level.counted and "4/3" in level.note]
    assert len(odd) == 1
    assert odd[0].index == 0
    assert odd[0].level.value == pytest.approx(4 / 3 * E2_OVER_H, rel=1e-3)
    assert {1, 2, 4} <= set(counted(result))
    assert near(result.estimates["step_height"], E2_OVER_H)


def test_a_sweep_over_density_at_a_stated_field() -> None:
    """nu = n h/(e B) at 6 T; half the count of electrons in a level of 6 T is 7.25e14 1/m^2."""
    n = np.linspace(1e15, 8e15, 1200)
    xx, xy = resistivities(np.full(1200, 6.0), density=n, mobility=100.0, quantum_mobility=2.0, spin_field=1.0)
    rng = np.random.default_rng(2)
    m = bar()
    series = {
        "magnetic_field": Series(name="magnetic_field", label="n", values=n, unit="1/m^2"),
        "hall_resistance": replace(m.ordinate, values=xy + rng.normal(size=1200), std=np.ones(1200)),
        "longitudinal_resistance": replace(
            m.series["longitudinal_resistance"], values=xx + 0.5 * rng.normal(size=1200), std=np.full(1200, 0.5)
        ),
    }
    swept = replace(m, series=series)
    result = fit(stating(swept, magnetic_field="6.00(1) T"), OPTIONS)
    assert counted(result)[:4] == [1, 2, 3, 4]
    assert near(result.estimates["step_height"], E2_OVER_H)
    assert result.level_set is not None
    assert result.level_set.counted_from == "density and field"
    # without the field nothing but the quantum is left to count by
    by_quantum = fit(swept, OPTIONS).level_set
    assert by_quantum is not None
    assert by_quantum.counted_from == "quantum"


def test_a_column_of_filling_factors_counts() -> None:
    """The file states nu: a sweep without a low field needs nothing else."""
    m = bar(lowest_field=2.0)
    nu = Series(name="filling_factor", label="nu", values=DENSITY * R_K * E / m.abscissa.values, unit="")
    result = fit(replace(m, series={**m.series, "filling_factor": nu}), OPTIONS)
    assert result.level_set is not None
    assert result.level_set.counted_from == "density and field"
    assert counted(result)[:3] == [1, 2, 3]


def test_without_the_longitudinal_resistance() -> None:
    m = bar()
    series = {name: s for name, s in m.series.items() if name != "longitudinal_resistance"}
    result = fit(replace(m, series=series), OPTIONS)
    assert near(result.estimates["step_height"], E2_OVER_H)
    assert "mobility" not in result.estimates
    assert any("R_xx was not read" in warning for warning in result.warnings)


def test_a_plateau_that_dissipates_is_not_counted() -> None:
    """R_xx that stays at its peaks: flat stretches of R_xy are then no quantum Hall plateaus."""
    m = bar()
    flat = np.full(m.abscissa.values.size, 500.0)
    result = fit(with_series(m, longitudinal_resistance=flat), OPTIONS)
    assert counted(result) == []
    assert any("R_xx does not fall" in level.note for level in result.levels)


def test_currents_that_are_no_settings_of_a_sweep() -> None:
    """Each has a part of the sweep: nothing is compared, and what that means is said."""
    m = bar()
    current = Series(name="current", label="I", values=np.where(m.abscissa.values > 6, 1e-6, 2e-6), unit="A")
    result = fit(replace(m, series={**m.series, "current": current}), OPTIONS)
    assert any("current" in warning and "whole sweep at each current" in warning for warning in result.warnings)
    assert "step_height_zero_current" not in result.estimates


def test_declared_plateaus() -> None:
    result = fit(bar(), replace(OPTIONS, plateaus=(1, 5)))
    assert counted(result) == [1, 2, 3, 4]
    assert any("5" in warning and "declared" in warning for warning in result.warnings)


def test_negative_and_reversed_readings() -> None:
    """Holes, or a reversed pair of probes, or a field swept downwards: the same bar."""
    m = bar()
    turned = with_series(m, hall_resistance=-m.ordinate.values)
    assert near(fit(turned, OPTIONS).estimates["step_height"], E2_OVER_H)
    opposite = with_series(m, magnetic_field=-m.abscissa.values)
    assert near(fit(opposite, OPTIONS).estimates["step_height"], E2_OVER_H)


def test_conditions_that_are_none_of_a_bar() -> None:
    with pytest.raises(ConfigError, match="sheet"):
        fit(stating(bar(), density="3e21 1/m^3"), OPTIONS)
    with pytest.raises(UnitError, match="offset"):
        fit(stating(bar(), offset="1 uS"), OPTIONS)


def test_generators_refuse_what_is_no_bar() -> None:
    for wrong in (
        {"density": -1.0},
        {"points": 3},
        {"lowest_field": 20.0},
        {"contact_resistance": -5.0},
        {"gain": 0.0},
    ):
        with pytest.raises(ConfigError):
            bar(**wrong)


def test_the_shipped_bar() -> None:
    """The example's truth is in its sidecar."""
    import gzero
    from gzero.pipeline.datasets import dataset

    analysis = gzero.analyse(Path(dataset("hall_bar")))
    assert analysis.verdict is not None
    assert analysis.verdict.decision == "quantized"
    assert near(analysis.estimates["step_height"], E2_OVER_H)


@pytest.mark.parametrize("readings", [12, 60])
def test_the_size_of_slow_noise_from_few_readings(readings: int) -> None:
    """AR(1) with 0.9 behind a parabola: a variance on average, with the scatter of chi2/dof. Four standard errors of 600
    draws, and 3 % for the cosine transform of 400 readings (`test_spectrum`: up to (1 + rho)/(1 - rho)/2n = 2.4 %)."""
    from gzero.fitters.hall_low_field import _mean_square
    from gzero.reduction.spectrum import autoregressive
    from gzero.synthetic.noise import draw

    rng, draws = np.random.default_rng(3), 600
    design = np.column_stack([np.ones(readings), np.linspace(0, 1, readings) ** 2])
    basis, _ = np.linalg.qr(design)
    found = []
    for _ in range(draws):
        y = draw("ar1", rng, signal=np.zeros(readings), std=2.0, rho=0.9).readings
        square, dof = _mean_square(y - basis @ (basis.T @ y), design, autoregressive(400, 0.9))
        found.append(square)
    error = np.sqrt(2 / dof / draws)
    assert np.mean(found) == pytest.approx(4.0, rel=4 * error + 0.03)
    # the fourth moment of a sum of few squares is that of chi2 to a third
    assert np.var(found) / 16 == pytest.approx(2 / dof, rel=1 / 3)
    white_square, white_dof = _mean_square(np.ones(readings), design, None)
    assert (white_square, white_dof) == (readings / (readings - 2), readings - 2)
