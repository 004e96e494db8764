"""Plateaus at several currents of one file, against the truth that a generator put in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gzero
from gzero.fitters.findings import Findings
from gzero.fitters.hall import fit
from gzero.fitters.options import FitOptions
from gzero.pipeline.datasets import write_synthetic
from gzero.quanta import E2_OVER_H, parse_quantum
from gzero.reduction.current_groups import at_currents
from gzero.synthetic.hall import simulate
from gzero.synthetic.noise import World
from gzero.synthetic.truth import Synthetic

OPTIONS = FitOptions(quantum=parse_quantum("e^2/h"))
CURRENTS = (1e-6, 1e-5, 2e-5, 4e-5, 8e-5)


def made(seed: int = 1, **parameters: object) -> Synthetic:
    return simulate(np.random.default_rng(seed), seed=seed, **{"currents": CURRENTS, "points": 800, **parameters})  # type: ignore[arg-type]


def row(findings: Findings, what: str) -> str:
    listing = next(one for one in findings.listings if one.name == "checks")
    return next((str(r[1]) for r in listing.rows if str(r[0]).startswith(what)), "")


def test_the_breakdown_lies_where_it_was_put() -> None:
    """A critical current of 60 uA: between 40 and 80."""
    found = fit(made(critical_current=6e-5).measurement, OPTIONS)
    assert row(found, "breakdown") == "between 40 uA and 80 uA"
    assert any("break down" in warning for warning in found.warnings)
    ledger = {c.choice: c.value for c in found.ledger}
    assert ledger["current of the levels"] == "1 uA"
    assert ledger["extrapolation to zero current"] == "in I^2, 4 currents up to 40 uA"
    exclusion = next(e for e in found.exclusions if e.rule == "other currents")
    assert exclusion.indices.tolist() == list(range(800, 4000))


def test_heated_levels_come_back_to_zero_current() -> None:
    """R_xx rises by 40 ohm (I/80 uA)^2 and R_xy by half of it: 20 ohm, which is 1600 ppm of nu = 2 at the largest current."""
    found = fit(made(heating=40.0, mixing=0.5).measurement, OPTIONS)
    zero = found.estimates["step_height_zero_current"]
    assert abs(zero.value - E2_OVER_H) < 4 * zero.std
    assert zero.std < 2e-5 * E2_OVER_H
    assert row(found, "breakdown") == ""
    assert any("step_height_zero_current" in warning for warning in found.warnings)
    table = next(one for one in found.listings if one.name == "currents")
    hottest = next(r for r in table.rows if r[0] == "2" and r[1] == "80 uA")
    assert hottest[3].value == pytest.approx(20 * 2 / 25812.807 * 1e6, rel=0.05)  # type: ignore[union-attr]
    assert hottest[4].value == pytest.approx(40.0, abs=0.5)  # type: ignore[union-attr]


def test_nothing_changes_without_heating() -> None:
    found = fit(made().measurement, OPTIONS)
    assert row(found, "breakdown") == ""
    assert row(found, "first current that changes") == ""
    assert float(row(found, "levels at 5 currents").split()[-1]) > 0.01
    # five times the readings, none of them in the way
    assert found.estimates["step_height_zero_current"].std_stat < found.estimates["step_height"].std_stat


def test_one_current_is_noted() -> None:
    assert row(fit(simulate(np.random.default_rng(1), seed=1).measurement, OPTIONS), "current") == "not stated"
    one = fit(made(currents=(2e-5,)).measurement, OPTIONS)
    assert row(one, "current") == "one current, 20 uA"
    assert "step_height_zero_current" not in one.estimates


def test_the_order_of_the_readings_does_not_matter() -> None:
    """Current by current, field by field, and with every second current reversed."""
    m = made(critical_current=6e-5).measurement
    n = m.abscissa.values.size
    by_field = m.taken(np.argsort(m.abscissa.values, kind="stable"))
    current = m.series["current"]
    turned = replace(m, series={**m.series, "current": replace(current, values=current.values * (-1) ** np.arange(n))})
    first = fit(m, OPTIONS).estimates
    for other in (by_field, turned):
        again = fit(other, OPTIONS).estimates
        assert list(again) == list(first)
        for name, estimate in first.items():
            assert again[name].value == pytest.approx(estimate.value, rel=1e-12)


def test_currents_that_drift_are_no_settings() -> None:
    m = made(currents=()).measurement
    drifting = replace(made(currents=(1e-6,)).measurement.series["current"], values=np.linspace(1e-6, 2e-6, 800))
    assert at_currents(replace(m, series={**m.series, "current": drifting})) == ()


def test_a_file_with_several_currents_is_one_answer(tmp_path: Path) -> None:
    """Sweeps that follow each other are no branches where the current tells them apart."""
    path, _ = write_synthetic(made(critical_current=6e-5), tmp_path / "bar.csv", {"experiment": "hall"})
    analysis = gzero.analyse(path)
    assert "step_height_zero_current" in analysis.estimates
    assert analysis.verdict is not None
    assert analysis.verdict.decision == "quantized"


@pytest.mark.parametrize(("world", "stated"), [("white", False), ("ar1", True)])
def test_zero_current_is_covered(world: World, stated: bool) -> None:
    """30 experiments, of which 95 % hold the truth: 3.3 binomial standard deviations are 13 %."""
    inside = 0
    for seed in range(30):
        m = made(seed, world=world, stated_std=stated, heating=2.0, mixing=0.5, points=600).measurement
        zero = fit(m, OPTIONS).estimates["step_height_zero_current"]
        inside += abs(zero.value - E2_OVER_H) < 1.96 * zero.std
    assert inside / 30 >= 0.82
