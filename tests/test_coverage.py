"""Pulls, coverage, and what chance makes of a number of trials."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from gzero.coverage import Coverage, SelfTest, chance_band, wilson_interval


def coverage(pulls, name: str = "step_height", experiments: int | None = None) -> Coverage:
    pulls = np.asarray(pulls, dtype=float)
    return Coverage(name=name, truth=2.0, unit="S", pulls=pulls, experiments=experiments or pulls.size)


def normal_pulls(n: int = 400, scale: float = 1.0, shift: float = 0.0) -> np.ndarray:
    """The quantiles of a normal distribution: pulls with no scatter of their own."""
    return shift + scale * stats.norm.ppf((np.arange(n) + 0.5) / n)


@pytest.mark.parametrize(("hits", "trials"), [(0, 10), (1, 10), (95, 100), (286, 300), (10, 10)])
@pytest.mark.parametrize("confidence", [0.68, 0.95, 0.99])
def test_wilson_ends_are_where_the_score_test_gives_way(hits: int, trials: int, confidence: float) -> None:
    """Their definition: (p - end)^2 = z^2 end (1 - end)/n, one end on either side of p."""
    z = stats.norm.ppf(0.5 + confidence / 2)
    low, high = wilson_interval(hits, trials, confidence=confidence)
    p = hits / trials
    assert 0 <= low <= p <= high <= 1
    for end in (low, high):
        # rounding: the two sides are differences of numbers of order 1
        assert (p - end) ** 2 == pytest.approx(z**2 * end * (1 - end) / trials, abs=1e-14)


@pytest.mark.parametrize(("hits", "trials"), [(0, 0), (3, 2), (-1, 2)])
def test_wilson_refuses_what_is_no_count(hits: int, trials: int) -> None:
    with pytest.raises(ValueError, match="trials"):
        wilson_interval(hits, trials)


@pytest.mark.parametrize("trials", [1, 10, 57, 300, 1000])
def test_the_band_of_chance_is_that_of_the_binomial_distribution(trials: int) -> None:
    """Independent code: scipy.stats.binom. The band holds 99 % or more, and no narrower one of its kind does."""
    low, high = chance_band(trials, 0.95)
    law = stats.binom(trials, 0.95)
    assert low * trials == pytest.approx(law.ppf(0.005))
    assert high * trials == pytest.approx(law.ppf(0.995))
    assert law.cdf(round(high * trials)) - law.cdf(round(low * trials) - 1) >= 0.99


def test_right_intervals_hold() -> None:
    found = coverage(normal_pulls())
    assert found.answer == "hold"
    assert found.mean == pytest.approx(0, abs=1e-12)
    # quantiles at (i + 1/2)/n: a share that n values can express lies within 1/n of the normal one
    assert found.share(1.96) == pytest.approx(0.95, abs=1 / 400)
    assert found.share(1.0) == pytest.approx(0.6827, abs=1 / 400)
    assert found.factor == pytest.approx(1, abs=0.01)
    assert not found.biased


@pytest.mark.parametrize(("scale", "answer"), [(1.5, "too short"), (0.6, "too long")])
def test_wrong_intervals_are_told_with_the_factor(scale: float, answer: str) -> None:
    found = coverage(normal_pulls(scale=scale))
    assert found.answer == answer
    # the 95 % quantile of |normal| is 1.96 scales; 400 values give it to 1/400 of a probability, 1 % of it
    assert found.factor == pytest.approx(scale, rel=0.01)
    test = record((found, coverage(normal_pulls(), "other")))
    assert not test.holds
    shown = f"{scale:.2f}" if scale > 1 else f"{1 / scale:.2f}"
    said = [line for line in test.conclusion if line.startswith("the intervals of step_height")]
    assert len(said) == 1
    assert f"{answer} by a factor" in said[0]
    assert abs(float(said[0].split("factor ")[1].split(":")[0]) - float(shown)) < 0.03
    assert "(other)" in test.conclusion[0]


def test_93_to_97_percent_are_good_enough_whatever_the_number() -> None:
    """With 20000 experiments chance alone leaves 94.6 to 95.4 %."""
    pulls = np.concatenate([np.zeros(18700), np.full(1300, 3.0)])
    found = coverage(pulls)
    assert found.expected == (0.93, 0.97)
    assert found.share(1.96) == pytest.approx(0.935)
    assert found.answer == "hold"


def test_a_bias_is_told() -> None:
    found = coverage(normal_pulls(shift=1.5))
    assert found.biased
    assert found.answer == "too short"
    assert "off by +1.50 of its standard uncertainty" in record((found,)).conclusion[0]


@pytest.mark.parametrize("n", [0, 1, 9])
def test_few_pulls_test_nothing(n: int) -> None:
    found = coverage(np.zeros(n), experiments=12)
    assert found.answer == "not tested"
    test = record((found,))
    assert not test.holds
    assert f"{n} of 12 repeats" in test.conclusion[0]
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["repeats"] == n


def test_what_was_not_tested_does_not_spoil_the_rest() -> None:
    assert record((coverage(normal_pulls()), coverage([], "threshold_4"))).holds


def test_the_largest_pull_keeps_its_sign() -> None:
    assert coverage([1.0, -7.5, 3.0]).largest == -7.5
    assert math.isnan(coverage([]).largest)


def record(quantities: tuple[Coverage, ...], *, asked: int = 400, done: int = 400) -> SelfTest:
    return SelfTest(
        version="0", path="lab.csv", sha256="00", trace="", experiment="staircase", decision="quantized", seed=1,
        asked=asked, truth="curve", noise="white", quantities=quantities, plateaus=(1, 2), same=done,
        decisions={"quantized": done - 3}, failures={"FitError: no": 3},
    )  # fmt: skip


def test_a_part_is_called_a_part() -> None:
    test = record((coverage(normal_pulls(60)),), asked=400, done=60)
    assert (test.done, test.complete) == (60, False)
    assert test.conclusion[0].startswith("interrupted after 60 of 400 repeats")
    plain = json.loads(json.dumps(test.to_dict(), allow_nan=False))
    assert plain["schema"] == "gzero.selftest/1"
    assert plain["complete"] is False
    assert plain["failures"] == {"FitError: no": 3}
