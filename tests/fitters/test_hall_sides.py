"""Both sides and ends of a Hall bar: synthetic truth on either side, and p-values that are uniform where all is well."""

from dataclasses import replace

import numpy as np
import pytest

from gzero.fitters.exhibits import Listing
from gzero.fitters.findings import Findings
from gzero.fitters.hall import fit
from gzero.fitters.hall_sides import agreement
from gzero.fitters.options import FitOptions
from gzero.quanta import E2_OVER_H, E, parse_quantum
from gzero.synthetic.hall import simulate
from gzero.synthetic.noise import World, draw

OPTIONS = FitOptions(quantum=parse_quantum("e^2/h"))


def found(*, both_signs: bool = False, options: FitOptions = OPTIONS, **parameters: object) -> Findings:
    made = simulate(
        np.random.default_rng(5), seed=5, both_sides=True, both_signs=both_signs, points=2400 if both_signs else 1200,
        **parameters,  # type: ignore[arg-type]
    )  # fmt: skip
    return fit(made.measurement, options)


def table(findings: Findings, name: str) -> Listing:
    return next(listing for listing in findings.listings if listing.name == name)


def checks(findings: Findings) -> dict[str, str]:
    return {str(row[0]): str(row[1]) for row in table(findings, "checks").rows}


def p_of(findings: Findings, what: str) -> float:
    """The p-value of a check; below 1e-6 it is not printed."""
    text = next(value for name, value in checks(findings).items() if name.startswith(what))
    return 0.0 if "below" in text else float(text.split()[2])


SIDES, EVEN, ODD, SUM = (
    "R_xx of both sides on the plateaus",
    "R_xx of both sides on the plateaus, even",
    "R_xx of both sides on the plateaus, odd",
    "sum rule",
)


def test_an_even_bar_passes() -> None:
    result = found()
    assert p_of(result, SIDES) > 0.01
    assert p_of(result, SUM) > 0.01
    assert not any("side" in warning or "probes" in warning for warning in result.warnings)
    used = {c.choice: c for c in result.ledger}["R_xx that is used"]
    assert (used.value, used.origin) == ("mean of both sides", "default")


def test_a_density_that_differs_along_the_bar() -> None:
    """1 % between the ends: R_xx of the sides differs with the sign of the field, the four voltages close, and low field gives the
    difference back."""
    result = found(density_difference=0.01, both_signs=True)
    assert p_of(result, EVEN) > 0.01
    assert p_of(result, ODD) < 1e-3
    assert p_of(result, SUM) > 0.01
    estimate = next(row[1] for row in table(result, "checks").rows if str(row[0]).startswith("density at the two ends"))
    assert abs(estimate.value - 0.01) < 4 * estimate.std  # type: ignore[union-attr]
    assert estimate.std < 0.002  # type: ignore[union-attr]
    assert any("density differs between the ends" in warning for warning in result.warnings)
    assert abs(result.estimates["step_height"].value / E2_OVER_H - 1) < 1e-4


def test_one_sign_of_the_field_does_not_tell_which() -> None:
    result = found(density_difference=0.01)
    assert p_of(result, SIDES) < 1e-3
    assert p_of(result, SUM) > 0.01
    assert any("both signs of the field tell which" in warning for warning in result.warnings)


def test_a_contact_that_does_not_reach_the_edge() -> None:
    """3 ohm that do not change sign with the field; probe 1 belongs to both pairs, so that the voltages close."""
    result = found(contact_fault=3.0, both_signs=True)
    assert p_of(result, EVEN) < 1e-3
    assert p_of(result, ODD) > 0.01
    assert p_of(result, SUM) > 0.01
    for row in table(result, "sides").rows:
        difference = row[3]
        assert abs(difference.value - 3.0) < 5 * difference.std  # type: ignore[union-attr]
    assert any("contact" in warning for warning in result.warnings)


def test_a_gain_breaks_the_sum_rule_alone() -> None:
    """1 in 1000 between the two Hall readings: 26 ohm at nu = 1."""
    result = found(gain_second=1.001)
    assert p_of(result, SIDES) > 0.01
    assert p_of(result, SUM) < 1e-3
    assert any("do not close" in warning for warning in result.warnings)


def test_a_pair_that_is_wired_the_other_way_round() -> None:
    made = simulate(np.random.default_rng(5), seed=5, both_sides=True, density_difference=0.01).measurement
    other = made.series["hall_resistance_2"]
    turned = replace(made, series={**made.series, "hall_resistance_2": replace(other, values=-other.values)})
    assert p_of(fit(turned, OPTIONS), SUM) > 0.01


@pytest.mark.parametrize(("choice", "fault"), [("mean", 1.5), ("first", 3.0), ("second", 0.0)])
def test_which_r_xx_is_used(choice: str, fault: float) -> None:
    """A fault of 3 ohm on the first side: 3, 1.5 and 0 ohm more of five squares of 1/(n e mu)."""
    result = found(contact_fault=3.0, both_signs=True, options=replace(OPTIONS, longitudinal=choice))  # type: ignore[arg-type]
    sheet = result.estimates["sheet_resistance"]
    assert abs(sheet.value - 5 / (3e15 * E * 100) - fault) < 4 * sheet.std
    said = {c.choice: c.origin for c in result.ledger}["R_xx that is used"]
    assert said == ("default" if choice == "mean" else "user")


@pytest.mark.parametrize("world", ["white", "ar1"])
@pytest.mark.parametrize("stated", [True, False])
def test_p_values_are_what_they_say(world: World, stated: bool) -> None:
    """Noise alone on 300 sweeps: below 0.05 in 5 %, with 3.3 binomial standard deviations at most 9.2 %."""
    x = np.linspace(0.01, 12, 1200)
    pieces = [slice(0, 57), slice(300, 320), slice(500, 590), slice(900, 1020)]
    responses = np.zeros((x.size, 3))
    for k, piece in enumerate(pieces[1:]):
        responses[piece, k] = 1 / (piece.stop - piece.start)
    below = 0
    for seed in range(300):
        y = draw(world, np.random.default_rng(seed), signal=np.zeros(x.size), std=1.0).readings
        std = np.ones(x.size) if stated else None
        below += agreement(x, y, responses, pieces, std=std, assumed_white=False).p_value < 0.05
    assert below / 300 < 0.092
