"""The false-positive rate and the power: against the published table, exact areas, and the criteria themselves."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

from gzero.fitters.level_set import LevelSet
from gzero.quanta import G0, parse_quantum
from gzero.verdict.chance import HEIGHTS, chances
from gzero.verdict.decide import decide
from gzero.verdict.freedoms import GAINS, RESISTANCES, Freedoms
from gzero.verdict.margins import Margins

Array = NDArray[np.float64]
Q = parse_quantum("2e^2/h")


def level_set(k: int, *, std: float = 0.003, gain: float = 0.0, fitted: bool = False, first: int = 1) -> LevelSet:
    n = np.arange(first, first + k)
    return LevelSet(
        indices=n, values=n * G0, covariance=np.eye(k) * (std * G0) ** 2,
        shifts={"gain": -gain * n * G0} if gain else {}, flat=(True,) * k, counted_from="pinch-off",
        resistance_fitted=fitted,
    )  # fmt: skip


# -- the population -----------------------------------------------------------------------------------------------------


def coincidences(trials: int, *, resistances: Array, gains: Array, units: tuple[float, ...]) -> Array:
    """Share of staircases of random steps whose lowest k levels all lie within 0.05 of an integer, k = 1 ... 5."""
    levels = np.cumsum(np.random.default_rng(5).uniform(*HEIGHTS, (trials, 5)), axis=1)
    out = np.zeros((trials, 5), dtype=bool)
    for resistance in resistances * G0:
        for gain in gains:
            left = 1 / (levels * gain) - resistance
            behind = np.where(left > 0, 1 / np.where(left > 0, left, 1.0), 0.5)
            for unit in units:
                n = np.round(behind / unit)
                out |= np.logical_and.accumulate((np.abs(behind / unit - n) <= 0.05) & (n >= 1), axis=1)
    return np.asarray(out.mean(axis=0))


#: Rows of the table in `shared/statistics.md` 4 [%]; the last two come from a search over a grid of their own.
TABLE = {
    "unit fixed": (9.4, 1.0, 0.13, 0.03, 0.0),
    "series resistance free": (22, 10, 2.9, 0.5, 0.1),
    "and gain": (56, 31, 14, 5, 1.1),
    "and degeneracy": (84, 69, 44, 15, 1.9),
}


def test_the_population_is_that_of_the_table() -> None:
    """Steps between half and one and a half quanta give the table's rates for a fixed unit and a free resistance.

    The table is printed to two figures from a simulation of unknown size; 10,000 are assumed, which is what 0.03 %
    asks for at least: binomial errors of both, four of them, and half of the last digit.
    """
    trials = 10_000
    found = {
        "unit fixed": coincidences(trials, resistances=np.zeros(1), gains=np.ones(1), units=(1.0,)),
        "series resistance free": coincidences(
            trials, resistances=np.linspace(*RESISTANCES, 41), gains=np.ones(1), units=(1.0,)
        ),
    }
    for row, shares in found.items():
        for share, published in zip(shares, np.array(TABLE[row]) / 100, strict=True):
            error = np.sqrt(2 * max(published, 1e-4) / trials)
            assert abs(share - published) < 4 * error + 0.005 * (published >= 0.1) + 0.0005


def test_more_freedom_reaches_what_the_table_says() -> None:
    """With gain and degeneracy free as well. Few plateaus are as published; for many the rate grows with how finely the
    knobs are turned (of four plateaus 8 % pass on a grid of 81 by 81 and 4 % on 41 by 21), so that for 4 and 5
    plateaus the published figures are only bracketed: between a coarse grid and a fine one."""
    trials = 1500
    coarse, fine = (
        {
            "and gain": coincidences(trials, resistances=r, gains=g, units=(1.0,)),
            "and degeneracy": coincidences(trials, resistances=r, gains=g, units=(1.0, 0.5)),
        }
        for r, g in (
            (np.linspace(*RESISTANCES, 21), np.linspace(*GAINS, 11)),
            (np.linspace(*RESISTANCES, 61), np.linspace(*GAINS, 41)),
        )
    )
    for row in coarse:
        for k in range(5):
            published = TABLE[row][k] / 100
            error = 4 * np.sqrt(published / trials)
            assert coarse[row][k] - error - 0.01 <= published <= fine[row][k] + error + 0.01


# -- the rate -----------------------------------------------------------------------------------------------------------


def test_two_exact_levels_pass_as_often_as_the_area_says() -> None:
    """Levels without any uncertainty: h = (L_1 + 2 L_2)/5 within 1 +- 0.05 and both residuals within 0.1 is a
    parallelogram in the plane of the two heights, which are even in a unit square.

    L_2 = 2 h - d/2 and L_1 = h + d with the first residual d, whose half is the second's: |d| <= 0.1, |h - 1| <= 0.05. The
    heights are L_1 and L_2 - L_1, so the area is 0.1 x 0.2 x |d(L_1, L_2)/d(h, d)| = 0.02 x 2.5 = 5 %. It is an upper
    limit: rivals and the free series resistance take a part of it away.
    """
    out = chances(level_set(2, std=0.0), Q, Margins(), Freedoms(), trials=20_000)
    assert out.false_positive_rate < 0.05 + 4 * np.sqrt(0.05 / 20_000)
    # units without a series resistance, and margins so narrow that nothing but the area matters
    q = parse_quantum("1/h")
    assert q.value is not None
    levels = level_set(2, std=0.0)
    margins = Margins(step=0.02, level=0.04)
    atoms = LevelSet(
        indices=levels.indices, values=levels.indices * q.value, covariance=np.zeros((2, 2)), shifts={},
        flat=(True, True), counted_from="pinch-off", resistance_fitted=False,
    )  # fmt: skip
    area = 2 * margins.step * 2 * margins.level * 2.5
    trials = 200_000
    rate = chances(atoms, q, margins, Freedoms(), trials=trials).false_positive_rate
    assert abs(rate - area) < 4 * np.sqrt(area / trials)


@pytest.mark.parametrize("fitted", [False, True])
def test_the_simulation_judges_as_the_verdict_does(fitted: bool) -> None:
    """The rate is the share of random staircases that `decide` itself calls quantized, one by one."""
    levels, margins = level_set(3, std=0.0005, fitted=fitted), Margins(step=0.15, level=0.2)
    rng = np.random.default_rng(11)
    trials = 1000
    at = np.cumsum(rng.uniform(*HEIGHTS, (trials, 3)), axis=1) * G0 + 0.0005 * G0 * rng.normal(size=(trials, 3))
    free = Freedoms(resistance="fitted" if fitted else "none")
    passed = sum(
        decide(replace(levels, values=row), Q, margins, freedoms=free, simulate=False).decision == "quantized"
        for row in at
    )
    rate = chances(levels, Q, margins, free, trials=20_000).false_positive_rate
    # two independent binomial shares; 0.0005 is rounded up by 0.2 % only
    assert abs(passed / trials - rate) < 4 * np.sqrt(max(rate, 1e-3) / trials)


def test_more_freedom_is_never_less_chance() -> None:
    levels = level_set(3)
    rates = [
        chances(levels, Q, Margins(), free).false_positive_rate
        for free in (
            Freedoms(),
            Freedoms(resistance="measured", resistance_value=400, resistance_std=20),
            Freedoms(resistance="assumed", resistance_value=400),
            Freedoms(resistance="assumed", resistance_value=400, gain="assumed"),
            Freedoms(resistance="assumed", resistance_value=400, gain="assumed", declared=False),
        )
    ]
    assert rates == sorted(rates)
    assert rates[-1] > rates[0]


def test_one_plateau_passes_never() -> None:
    for fitted, k in ((False, 1), (True, 2)):
        out = chances(level_set(k, fitted=fitted), Q, Margins(), Freedoms(resistance="fitted" if fitted else "none"))
        assert (out.false_positive_rate, out.power) == (0.0, 0.0)


# -- the power ----------------------------------------------------------------------------------------------------------


def test_the_power_of_a_gain_alone() -> None:
    """Exact levels and a gain of standard uncertainty g: h/q - 1 is normal with std g, the half-width is 1.96 g, and the
    claim passes where |h/q - 1| <= 0.05 - 1.96 g. A scatter that is none leaves no other reason to fail."""
    from scipy.stats import norm

    for gain in (0.01, 0.015, 0.02):
        expected = 2 * norm.cdf((0.05 - 1.96 * gain) / gain) - 1
        power = chances(level_set(4, std=1e-5, gain=gain), Q, Margins(), Freedoms()).power
        # uncertainties are rounded up by as much as 12 % before they are simulated
        worst = 2 * norm.cdf((0.05 - 1.96 * 1.122 * gain) / (1.122 * gain)) - 1
        slack = 4 * np.sqrt(0.25 / 1000)
        assert worst - slack < power < expected + slack


def test_the_same_question_has_the_same_answer() -> None:
    one, two = (chances(level_set(4), Q, Margins(), Freedoms(), seed=3) for _ in range(2))
    assert one is two
    other = chances(level_set(4), Q, Margins(), Freedoms(), seed=4)
    assert other.seed == 4
    assert binom.sf(round(other.false_positive_rate * other.trials) - 1, other.trials, one.upper) > 1e-4


def test_a_rate_near_the_limit_is_simulated_longer() -> None:
    """Where 5,000 leave open whether a rate is below 1 %, 15,000 are simulated; the two agree within their errors."""
    free = Freedoms(resistance="assumed", resistance_value=300.0)
    out = [chances(level_set(4, std=0.0006), Q, Margins(), free, seed=seed) for seed in range(6)]
    assert {c.trials for c in out} <= {5000, 15000}
    assert 15000 in {c.trials for c in out}
    rates = [c.false_positive_rate for c in out]
    assert max(rates) - min(rates) < 5 * np.sqrt(2 * np.mean(rates) / 5000)
    for c in out:
        assert c.trials == 15000 or not c.false_positive_rate < 0.01 <= c.upper
