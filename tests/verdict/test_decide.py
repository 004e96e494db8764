"""Three values, and which of them each situation demands (statistics.md 4)."""

import re
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from gzero.fitters.level_set import LevelSet
from gzero.quanta import Conditions, parse_quantum
from gzero.verdict.criteria import weigh
from gzero.verdict.decide import decide
from gzero.verdict.freedoms import Freedoms
from gzero.verdict.margins import Margins
from gzero.verdict.rivals import others
from gzero.verdict.verdict import Verdict

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
    simulate=True,
):
    n = np.arange(1, len(ratios) + 1) if indices is None else np.asarray(indices)
    values = np.asarray(ratios, float) * Q.value
    levels = LevelSet(
        indices=n, values=values, covariance=np.eye(len(ratios)) * (std * Q.value) ** 2,
        shifts={"gain": -gain * values} if gain else {}, flat=flat or (True,) * len(ratios),
        counted_from=counted_from, resistance_fitted=fitted,
    )  # fmt: skip
    free = Freedoms(resistance="fitted" if fitted else "none", declared=declared, counted_from=counted_from)
    return decide(levels, Q, margins or Margins(), freedoms=free, simulate=simulate)


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


def told(out: Verdict, pattern: str) -> float:
    """The number that a reason names."""
    found = re.search(pattern, " ".join(out.reasons))
    assert found is not None, out.reasons
    return float(found[1])


def test_not_significantly_different_is_not_quantized() -> None:
    """Levels too uncertain to differ from the quantum: undecided, and the gain that is asked for does decide."""
    out = verdict([1.0, 2.0, 3.0, 4.0], gain=0.05)
    assert out.decision == "undecided"
    enough = told(out, r"a better gain does: its part of the step is 5 %, and ([0-9.]+) % would be small enough") / 100
    assert 0.01 < enough < 0.05
    assert verdict([1.0, 2.0, 3.0, 4.0], gain=enough).decision == "quantized"
    assert verdict([1.0, 2.0, 3.0, 4.0], gain=1.3 * enough).decision == "undecided"


def test_the_number_of_sweeps_that_is_told_decides() -> None:
    """Averages of m sweeps have 1/m of the variance; the number is printed to two figures, so a tenth either way."""
    ratios, std = [1.01, 2.0, 3.03, 4.02], 0.1
    out = verdict(ratios, std=std)
    assert out.decision == "undecided"
    sweeps = told(out, r"about ([0-9.]+) times the sweeps")
    enough, short = (told_step(verdict(ratios, std=std / np.sqrt(m))) for m in (1.1 * sweeps, 0.9 * sweeps))
    assert enough <= 0.05 < short


def told_step(out: Verdict) -> float:
    assert out.tightest_margin is not None
    return out.tightest_margin


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
    gain = 1 + 0.01 * rng.normal(size=(4000, 1))
    values = (gain * n + 0.005 * rng.normal(size=(4000, 4))) * Q.value
    levels = LevelSet(
        indices=n, values=n * Q.value, covariance=np.eye(4) * (0.005 * Q.value) ** 2, shifts={"gain": -0.01 * n * Q.value},
        flat=(True,) * 4, counted_from="pinch-off", resistance_fitted=False,
    )  # fmt: skip
    found = weigh(levels, values, Q, Margins(), Freedoms())
    assert np.mean(np.abs(found.step) <= found.step_half) > 0.95 - 3 * 0.0034
    # one of them, asked for by itself
    interval = decide(replace(levels, values=values[17]), Q, Margins(), simulate=False).interval
    assert interval == pytest.approx((found.step[17] - found.step_half[17], found.step[17] + found.step_half[17]))


def test_rivals_are_named_with_their_evidence() -> None:
    out = verdict([1.0, 2.0, 3.0, 4.0])
    names = {rival.name for rival in out.rivals}
    assert {"equal steps of another height", "steps of unequal height", "steps of e^2/h"} <= names
    assert all(rival.delta_bic > 0 for rival in out.rivals)
    other = verdict([0.5, 1.0, 1.5, 2.0])
    assert min(other.rivals, key=lambda r: r.delta_bic).name == "steps of e^2/h"


def test_a_flat_shoulder_forbids_quantized() -> None:
    """Levels 0.35, 1.05, 2, 3 are no equal steps, whatever is called structure on a riser."""
    n = np.arange(1, 5)
    plain = LevelSet(
        indices=n, values=n * Q.value, covariance=np.eye(4) * (0.005 * Q.value) ** 2, shifts={}, flat=(True,) * 4,
        counted_from="pinch-off", resistance_fitted=False,
    )  # fmt: skip
    assert decide(plain, Q, Margins()).decision == "quantized"
    assert decide(replace(plain, shoulders=(0.35,)), Q, Margins()).decision == "undecided"


@pytest.mark.parametrize("resistance", [0.0, 500.0])
def test_a_fitted_resistance_is_judged_by_the_joint_fit(resistance: float) -> None:
    """True staircases behind a resistance that is fitted with them are quantized; random heights and a traceback are not."""
    n = np.arange(1, 6)
    read = 1 / (1 / (n * Q.value) + resistance)
    levels = LevelSet(
        indices=n, values=read, covariance=np.eye(5) * (0.002 * Q.value) ** 2, shifts={}, flat=(True,) * 5,
        counted_from="pinch-off", resistance_fitted=True,
    )  # fmt: skip
    assert decide(levels, Q, Margins()).decision == "quantized"
    rng = np.random.default_rng(3)
    for _ in range(200):
        heights = np.cumsum(rng.uniform(0.3, 1.7, 5)) * Q.value
        assert decide(replace(levels, values=heights), Q, Margins()).decision != "quantized"


def behind(resistance: float, ratios: NDArray[np.float64]) -> NDArray[np.float64]:
    """Levels of these heights as they read behind a series resistance [ohm]."""
    return np.asarray(1 / (1 / ratios + resistance * Q.value))


def test_a_hidden_resistance_is_named_and_not_taken_for_other_steps() -> None:
    """Steps of the quantum behind 500 ohm read 0.96, 1.86, 2.69, 3.47: no quantized steps as they stand, and no proof of
    others either, as 1/level against 1/n is a straight line through 1/q."""
    out = verdict(behind(500.0, np.arange(1.0, 5.0)), std=0.002)
    assert out.decision == "undecided"
    assert told(out, r"behind a series resistance of (\d+) \+- \d+ ohm, which was not stated") == pytest.approx(
        500, abs=60
    )
    # steps that are low by themselves stay what they are
    assert verdict(0.9 * np.arange(1, 5), std=0.002).decision == "not quantized"


@pytest.mark.parametrize("height", [0.92, 1.10])
@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_no_resistance_that_is_turned_hides_a_gain_error(height: float, k: int) -> None:
    """Levels of 0.92 n, corrected by the series resistance that brings them nearest to integers, and of 1.10 n behind the
    one that does: within the level margin of n q, and never "quantized", stated with an uncertainty or without."""
    ohms = np.linspace(-1500, 1500, 301)
    with np.errstate(divide="ignore"):
        corrected = [behind(-r, height * np.arange(1, k + 1)) for r in ohms]
    worst = [np.max(np.abs(levels - np.arange(1, k + 1))) for levels in corrected]
    best = int(np.argmin(worst))
    levels = corrected[best]
    taken_off = float(ohms[best])
    assert (taken_off > 0) == (height < 1)
    stated = (
        Freedoms(resistance="assumed", resistance_value=taken_off),
        Freedoms(resistance="measured", resistance_value=taken_off, resistance_std=20.0),
    )
    for free in stated if taken_off > 0 else (Freedoms(),):
        held = LevelSet(
            indices=np.arange(1, k + 1), values=levels * Q.value, covariance=np.eye(k) * (0.003 * Q.value) ** 2,
            shifts={}, flat=(True,) * k, counted_from="pinch-off", resistance_fitted=False,
        )  # fmt: skip
        assert decide(held, Q, Margins(), freedoms=free).decision != "quantized"


def test_the_smooth_rival() -> None:
    """A smooth curve that describes the readings better takes the claim away, and decides against it beyond doubt."""
    n = np.arange(1, 5)
    held = LevelSet(
        indices=n, values=n * Q.value, covariance=np.eye(4) * (0.005 * Q.value) ** 2, shifts={}, flat=(True,) * 4,
        counted_from="pinch-off", resistance_fitted=False,
    )  # fmt: skip
    decisions = [decide(held, Q, Margins(), smooth=d, simulate=False).decision for d in (300.0, -5.0, -30.0)]
    assert decisions == ["quantized", "undecided", "not quantized"]


def test_the_verdict_as_the_claim_grows() -> None:
    """A fifth level that is a third of a quantum low takes the claim away, and the lower four keep it."""
    out = verdict([1.0, 2.0, 3.0, 4.0, 4.67], std=0.003)
    assert out.by_plateaus[:3] == ((2, "quantized"), (3, "quantized"), (4, "quantized"))
    assert out.by_plateaus[-1] == (5, "not quantized") == (5, out.decision)


def test_too_much_freedom_is_no_verdict() -> None:
    """Two plateaus, and a series resistance that is stated without any uncertainty: 1 in 65 random staircases passes."""
    held = verdict([1.0, 2.0], std=0.003)
    assert held.decision == "quantized"
    n = np.arange(1, 3)
    levels = LevelSet(
        indices=n, values=n * Q.value, covariance=np.eye(2) * (0.003 * Q.value) ** 2, shifts={}, flat=(True,) * 2,
        counted_from="pinch-off", resistance_fitted=False,
    )  # fmt: skip
    out = decide(levels, Q, Margins(), freedoms=Freedoms(resistance="assumed", resistance_value=300.0))
    assert out.false_positive_rate is not None
    assert out.false_positive_rate > 0.01
    assert out.decision == "undecided"
    assert "would pass" in out.reasons[0]


@pytest.mark.parametrize(
    ("symbol", "conditions", "other", "ratio"),
    [
        ("2e^2/h", Conditions(), "e^2/h", 0.5),
        ("1/h", Conditions(), "2/h", 2.0),
        ("kappa0*T", Conditions(temperature=0.1), "2kappa0*T", 2.0),
        ("m^2/h", Conditions(mass=1e-26), "2m^2/h", 2.0),
        ("h/m", Conditions(mass=1e-26), "hbar/m", 1 / (2 * np.pi)),
    ],
)
def test_the_other_quanta_of_a_dimension(symbol: str, conditions: Conditions, other: str, ratio: float) -> None:
    """Their ratios hold no mass and no temperature: the spin, or 2 pi of the convention."""
    quantum = parse_quantum(symbol, conditions)
    assert quantum.value is not None
    found = {rival.symbol: rival.value for rival in others(quantum)}
    assert found[other] == pytest.approx(ratio * quantum.value, rel=1e-12)
    assert symbol not in found
