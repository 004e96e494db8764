"""Levels that were given their nearest multiples: what that freedom costs, and that nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest

from gzero.fitters.level_set import LevelSet
from gzero.quanta import G0, parse_quantum
from gzero.verdict.chance import HEIGHTS, chances
from gzero.verdict.decide import decide
from gzero.verdict.freedoms import Freedoms
from gzero.verdict.margins import Margins
from gzero.verdict.verdict import Verdict

Q = parse_quantum("2e^2/h")
NEAREST = Freedoms(counted_from="nearest multiple")


def level_set(ratios: list[float], *, std: float = 0.003, zero: str = "known") -> LevelSet:
    """Levels [quanta], each on its nearest multiple."""
    values = np.array(ratios)
    return LevelSet(
        indices=np.maximum(np.rint(values), 1).astype(np.int64), values=values * G0,
        covariance=np.eye(values.size) * (std * G0) ** 2, shifts={}, flat=(True,) * values.size,
        counted_from="nearest multiple", resistance_fitted=False, zero=zero,  # type: ignore[arg-type]
    )  # fmt: skip


def verdict(ratios: list[float], *, std: float = 0.003, zero: str = "known", margins: Margins | None = None) -> Verdict:
    free = Freedoms(counted_from="nearest multiple", zero=zero)  # type: ignore[arg-type]
    return decide(level_set(ratios, std=std, zero=zero), Q, margins or Margins(), freedoms=free)


def test_the_share_that_passes_is_that_of_the_table() -> None:
    """statistics.md 4, "all plateaus within 0.05 of an integer", unit fixed: 9.4, 1.0, 0.13, 0.03 % of 1 to 4 plateaus. That is the
    nearest multiple of random steps, drawn here with the verdict's own heights; the verdict, whose criteria are wider for
    single levels (0.1) and narrower for their step and rivals, must not be far above (twice, and four binomial
    standard deviations)."""
    trials = 20_000
    levels = np.cumsum(np.random.default_rng(3).uniform(*HEIGHTS, (trials, 4)), axis=1)
    near = np.logical_and.accumulate(np.abs(levels - np.rint(levels)) <= 0.05, axis=1).mean(axis=0)
    table = np.array([9.4, 1.0, 0.13, 0.03]) / 100
    assert np.all(np.abs(near - table) < 4 * np.sqrt(2 * table / 10_000) + 0.0005)
    narrow = Margins(step=0.05, level=0.05)
    for k in (2, 3, 4):
        found = chances(level_set([float(n) for n in range(1, k + 1)]), Q, narrow, NEAREST, trials=trials)
        assert found.false_positive_rate < 2 * table[k - 1] + 4 * np.sqrt(table[k - 1] / trials)


def test_the_simulation_judges_as_the_verdict_does() -> None:
    """Random levels one by one: nearest multiples as an analysis gives them, `decide` itself; two binomial shares."""
    margins, rng, trials = Margins(step=0.15, level=0.25), np.random.default_rng(4), 1000
    at = np.cumsum(rng.uniform(*HEIGHTS, (trials, 3)), axis=1) + 0.003 * rng.normal(size=(trials, 3))
    passed = sum(
        decide(level_set(list(row)), Q, margins, freedoms=NEAREST, simulate=False).decision == "quantized" for row in at
    )
    rate = chances(level_set([1.0, 2.0, 3.0]), Q, margins, NEAREST, trials=20_000).false_positive_rate
    assert rate > 0.02
    assert abs(passed / trials - rate) < 4 * np.sqrt(rate / trials)


def test_any_multiple_costs_more_than_a_count_and_a_free_zero_more_still() -> None:
    """With tolerant margins and skipped states, where a nearest multiple can be another one than that counted."""
    margins, levels = Margins(step=0.1, level=0.3), level_set([2.0, 4.0, 5.0])
    rates = [
        chances(levels, Q, margins, free, trials=5_000).false_positive_rate
        for free in (Freedoms(), NEAREST, replace(NEAREST, zero="free"))
    ]
    assert rates == sorted(rates)
    assert rates[1] > rates[0]
    assert rates[2] > 2 * rates[1]


def test_multiples_with_a_known_zero_may_be_quantized() -> None:
    out = verdict([1.003, 1.998, 3.004])
    assert out.decision == "quantized"
    assert any("at the multiples 1, 2, 3" in reason for reason in out.reasons)
    assert "the nearest multiple for every level" in out.freedoms
    assert out.false_positive_rate is not None


def test_levels_that_are_no_multiples_are_not() -> None:
    """0.95 and 1.67 quanta, as a breaking gold contact had."""
    out = verdict([0.95, 1.67, 2.62])
    assert out.decision == "not quantized"


def test_published_memristor_levels_are_two_and_that_is_few() -> None:
    """Ag/SiO2/Pt, Milano et al. 2025, doi 10.1038/s41565-025-02037-5: 1 G0 3.8 % low, 2 G0 0.6 % high. The step through them,
    (0.962 + 2 x 2.012)/5 = 0.9972, is the quantum's; that of 1 lies 0.035 off."""
    out = verdict([0.962, 2.012], std=0.002)
    assert out.interval is not None
    assert (out.interval[0] + out.interval[1]) / 2 == pytest.approx((0.962 + 2 * 2.012) / 5 - 1, abs=1e-9)
    assert out.decision != "not quantized"


def test_an_unknown_zero_is_undecided_whatever_the_levels_are() -> None:
    for ratios in ([1.0, 2.0, 3.0, 4.0], [0.95, 1.67], [0.4, 0.6]):
        out = verdict(ratios, zero="free")
        assert out.decision == "undecided"
        assert "--offset" in out.reasons[0]
    assert "any zero of the readings" in verdict([1.0, 2.0, 3.0], zero="free").freedoms


def test_two_levels_on_one_multiple_and_common_factors_are_undecided() -> None:
    twice = verdict([0.97, 1.03, 2.0, 3.0])
    assert twice.decision == "undecided"
    assert any("more than one level lies nearest to the multiple 1" in reason for reason in twice.reasons)
    even = verdict([2.0, 4.0, 6.0])
    assert even.decision == "undecided"
    assert any("multiples of 2 2e^2/h" in reason for reason in even.reasons)


def test_two_levels_on_one_multiple_only() -> None:
    """No line with a series resistance goes through one multiple: no crash, and no claim."""
    out = verdict([0.98, 1.02])
    assert out.decision == "undecided"
    fitted = replace(level_set([0.98, 1.02, 1.04]), resistance_fitted=True)
    assert decide(fitted, Q, Margins()).decision == "undecided"


def test_a_count_from_pinch_off_is_judged_as_before() -> None:
    """The same levels with and without the freedom: a staircase's verdict does not know of it."""
    levels = replace(level_set([1.0, 2.0, 3.0, 4.0]), counted_from="pinch-off")
    out = decide(levels, Q, Margins())
    assert out.decision == "quantized"
    assert "4 flat plateaus counted from pinch-off" in " ".join(out.reasons)
    assert all("nearest" not in words for words in out.freedoms)
