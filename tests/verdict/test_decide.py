"""Three values, and which of them each situation demands (statistics.md 4)."""

import numpy as np
import pytest

from gzero.fitters.level_set import LevelSet
from gzero.quanta import parse_quantum
from gzero.verdict.decide import Margins, decide

Q = parse_quantum("2e^2/h")


def verdict(
    ratios,
    std=0.005,
    gain=0.0,
    *,
    indices=None,
    flat=None,
    counted_from="pinch-off",
    fitted=False,
    declared=True,
    margins=None,
):
    n = np.arange(1, len(ratios) + 1) if indices is None else np.asarray(indices)
    values = np.asarray(ratios, float) * Q.value
    levels = LevelSet(
        indices=n, values=values, covariance=np.eye(len(ratios)) * (std * Q.value) ** 2,
        shifts={"gain": -gain * values} if gain else {}, flat=flat or (True,) * len(ratios),
        counted_from=counted_from, resistance_fitted=fitted,
    )  # fmt: skip
    return decide(levels, Q, margins or Margins(), declared=declared)


def test_steps_of_the_quantum_are_quantized() -> None:
    out = verdict([1.002, 1.997, 3.004, 3.996], gain=0.01)
    assert out.decision == "quantized"
    assert out.interval is not None
    assert -0.05 < out.interval[0] < 0 < out.interval[1] < 0.05
    assert out.p_value is not None
    assert out.p_value < 0.025
    assert out.tightest_margin == pytest.approx(max(abs(out.interval[0]), abs(out.interval[1])))


@pytest.mark.parametrize("height", [0.80, 0.90, 1.08, 1.20, 0.5, 1.5])
def test_equal_steps_of_another_height_are_not(height: float) -> None:
    assert verdict(height * np.arange(1, 5)).decision == "not quantized"


def test_unequal_heights_are_not() -> None:
    assert verdict([1.0, 1.7, 3.0, 4.3]).decision == "not quantized"


def test_an_eight_percent_gain_error_is_never_quantized() -> None:
    for gain in (0.0, 0.01, 0.03, 0.1):
        assert verdict(1.08 * np.arange(1, 5), gain=gain).decision != "quantized"


def test_not_significantly_different_is_not_quantized() -> None:
    """Levels too uncertain to differ from the quantum: undecided, with what would decide."""
    out = verdict([1.0, 2.0, 3.0, 4.0], gain=0.05)
    assert out.decision == "undecided"
    assert "narrower would decide" in " ".join(out.reasons)


@pytest.mark.parametrize("ratios", [[1.0], []])
def test_one_plateau_or_none_is_undecided(ratios) -> None:
    assert verdict(ratios).decision == "undecided"


@pytest.mark.parametrize("k", [1, 2])
def test_a_fitted_resistance_needs_three_plateaus(k: int) -> None:
    out = verdict(np.arange(1, k + 1), fitted=True)
    assert out.decision == "undecided"
    assert "series resistance" in out.reasons[0]


def test_no_pinch_off_no_flatness_no_declaration_leave_it_open() -> None:
    ratios = [1.0, 2.0, 3.0, 4.0]
    assert verdict(ratios).decision == "quantized"
    assert verdict(ratios, counted_from="quantum").decision == "undecided"
    assert verdict(ratios, flat=(True, True, False, True)).decision == "undecided"
    assert verdict(ratios, declared=False).decision == "undecided"


def test_margins_are_obeyed() -> None:
    ratios = 1.02 * np.arange(1, 5)
    assert verdict(ratios, std=0.001).decision == "quantized"
    assert verdict(ratios, std=0.001, margins=Margins(step=0.01)).decision == "not quantized"
    wavy = [1.0, 2.07, 3.0, 4.0]
    assert verdict(wavy, std=0.001, margins=Margins(level=0.2)).decision == "quantized"
    assert verdict(wavy, std=0.001, margins=Margins(level=0.02)).decision == "not quantized"


def test_the_interval_covers() -> None:
    """95 % intervals of h/q - 1 over 4,000 experiments of four levels with a 1 % gain error.

    The statistical part uses Student's quantile and never shrinks below the stated noise, so it may cover more than
    95 %; it must not cover less than 95 % minus three binomial standard deviations (0.34 % each).
    """
    rng = np.random.default_rng(7)
    n = np.arange(1, 5)
    hits = 0
    for _ in range(4000):
        gain = 1 + 0.01 * rng.normal()
        out = verdict(gain * n + 0.005 * rng.normal(size=4), gain=0.01)
        assert out.interval is not None
        hits += out.interval[0] <= 0 <= out.interval[1]
    assert hits / 4000 > 0.95 - 3 * 0.0034


def test_rivals_are_named_with_their_evidence() -> None:
    out = verdict([1.0, 2.0, 3.0, 4.0])
    names = {rival.name for rival in out.rivals}
    assert {"equal steps of another height", "steps of unequal height", "steps of e^2/h"} <= names
    assert all(rival.delta_bic > 0 for rival in out.rivals)
    other = verdict([0.5, 1.0, 1.5, 2.0])
    assert min(other.rivals, key=lambda r: r.delta_bic).name == "steps of e^2/h"


def test_a_flat_shoulder_forbids_quantized() -> None:
    """Levels 0.35, 1.05, 2, 3 are no equal steps, whatever is called structure on a riser."""
    from dataclasses import replace

    n = np.arange(1, 5)
    plain = LevelSet(
        indices=n, values=n * Q.value, covariance=np.eye(4) * (0.005 * Q.value) ** 2, shifts={}, flat=(True,) * 4,
        counted_from="pinch-off", resistance_fitted=False,
    )  # fmt: skip
    assert decide(plain, Q, Margins(), declared=True).decision == "quantized"
    assert decide(replace(plain, shoulders=(0.35,)), Q, Margins(), declared=True).decision == "undecided"


@pytest.mark.parametrize("resistance", [0.0, 500.0])
def test_a_fitted_resistance_is_judged_by_the_joint_fit(resistance: float) -> None:
    """True staircases behind a resistance that is fitted with them are quantized; random heights and a traceback are not."""
    from dataclasses import replace

    n = np.arange(1, 6)
    read = 1 / (1 / (n * Q.value) + resistance)
    levels = LevelSet(
        indices=n, values=read, covariance=np.eye(5) * (0.002 * Q.value) ** 2, shifts={}, flat=(True,) * 5,
        counted_from="pinch-off", resistance_fitted=True,
    )  # fmt: skip
    assert decide(levels, Q, Margins(), declared=True).decision == "quantized"
    rng = np.random.default_rng(3)
    for _ in range(200):
        heights = np.cumsum(rng.uniform(0.3, 1.7, 5)) * Q.value
        assert decide(replace(levels, values=heights), Q, Margins(), declared=True).decision != "quantized"
