"""One value against a declared quantum: equivalence, its error rates, and what it does not claim."""

import numpy as np
import pytest

from gzero.estimate import Estimate
from gzero.quanta import G0, Quantum, parse_quantum
from gzero.verdict.equality import equality
from gzero.verdict.margins import Margins

QUANTUM = parse_quantum("2e^2/h")


def asked(ratio: float, std: float, *, quantum: Quantum = QUANTUM, systematic: float = 0.0) -> str | None:
    value = Estimate(value=ratio * G0, std_stat=std * G0, systematic={"gain": systematic * G0}, unit="S")
    answer = equality({"conductance": value}, quantum, Margins(step=0.05, level=0.1, confidence=0.95))
    return None if answer is None else answer.outcome


@pytest.mark.parametrize(
    ("ratio", "std", "outcome"),
    [
        # 1.96 std are inside, across, or outside of 5 %
        (1.00, 0.02, "yes"),
        (1.00, 0.03, "undecided"),
        (1.15, 0.02, "no"),
        (1.08, 0.02, "undecided"),
        (0.80, 0.05, "no"),
        (1.04, 0.004, "yes"),
        (1.06, 0.004, "no"),
    ],
)
def test_three_answers(ratio: float, std: float, outcome: str) -> None:
    assert asked(ratio, std) == outcome


def test_a_systematic_part_counts_like_noise() -> None:
    assert asked(1.0, 0.001) == "yes"
    assert asked(1.0, 0.001, systematic=0.03) == "undecided"


def test_a_value_at_the_margin_is_called_equal_in_one_of_forty() -> None:
    """Two one-sided tests: at ratio 1.05 "yes" has the chance of one tail, 2.5 % (binomial limit of 4000 draws: 3.3 std)."""
    rng = np.random.default_rng(1)
    yes = sum(asked(1.05 + 0.01 * rng.normal(), 0.01) == "yes" for _ in range(4000)) / 4000
    assert yes == pytest.approx(0.025, abs=3.3 * np.sqrt(0.025 * 0.975 / 4000))


def test_one_value_is_no_staircase() -> None:
    value = Estimate(value=G0, std_stat=0.001 * G0, unit="S")
    answer = equality({"conductance": value}, QUANTUM, Margins())
    assert answer is not None
    assert answer.headline == "EQUAL TO 2e^2/h within 5 %"
    assert "no staircase" in answer.reasons[-1]


@pytest.mark.parametrize(
    "estimates",
    [
        {},
        {"tau": Estimate(value=1.0, std_stat=0.1, unit="s")},
        {"conductance": Estimate(value=G0, unit="S")},  # without an uncertainty nothing can be said
    ],
)
def test_what_cannot_be_compared_has_no_answer(estimates: dict[str, Estimate]) -> None:
    assert equality(estimates, QUANTUM, Margins()) is None


def test_what_would_decide_is_said() -> None:
    """1.00(3) needs 1.96 std within 5 %: a std smaller by 1.96 * 0.03/0.05 = 1.18."""
    value = Estimate(value=G0, std_stat=0.03 * G0, unit="S")
    answer = equality({"conductance": value}, QUANTUM, Margins())
    assert answer is not None
    assert any("1.2 times smaller would decide" in reason for reason in answer.reasons)


def test_the_ends_of_a_narrow_interval_are_told_apart() -> None:
    """9 ppm, 1.96 times: 0.999984 to 1.000020 of a value of 1.000002; four digits would say 1 to 1."""
    value = Estimate(value=1.000002 * G0, std_stat=9e-6 * G0, unit="S")
    answer = equality({"conductance": value}, QUANTUM, Margins(step=0.05, level=0.1, confidence=0.95))
    assert answer is not None
    assert "is 1.000002, 95 % interval 0.999984 to 1.000020" in answer.reasons[0]
