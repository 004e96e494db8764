"""What a verdict needs: against the closed forms of a gain alone and of noise alone, and against the verdict itself."""

import numpy as np
import pytest
from scipy.stats import norm, t

import gzero
from gzero.errors import ConfigError
from gzero.fitters.level_set import LevelSet
from gzero.quanta import G0, parse_quantum
from gzero.verdict.decide import decide
from gzero.verdict.freedoms import Freedoms
from gzero.verdict.margins import Margins
from gzero.verdict.plan import Plan, expected_levels, plan_for

Q = parse_quantum("2e^2/h")
WIDE = Margins(level=0.9)  # levels that decide nothing


def planned(levels: LevelSet, margins: Margins | None = None, power: float = 0.9) -> Plan:
    return plan_for(levels, Q, margins or Margins(), Freedoms(), power=power, assumptions=())


def test_the_gain_that_is_needed() -> None:
    """Of exact levels: h/q - 1 is normal with the gain's std g and the half-width is 1.96 g, so that the power is
    2 Phi(m/g - 1.96) - 1. For 90 %: g = m/(1.96 + 1.645)."""
    expected = 0.05 / (norm.ppf(0.975) + norm.ppf(0.95))
    out = planned(expected_levels(Q, indices=range(1, 5), noise=1e-6, points=40))
    assert out.gain is None
    # 2,000 staircases know a power of 90 % to 0.7 %, and the gain to a fifth of that
    assert out.gain_needed == pytest.approx(expected, rel=0.03)
    assert out.gain_limit == pytest.approx(expected, rel=0.03)


def test_the_number_of_sweeps_for_noise_alone() -> None:
    """Two levels of std s: h = (L_1 + 2 L_2)/5 has std s/sqrt(5), and the half-width is Student's 12.7 of them for a scatter
    of one degree of freedom. The claim passes where the scatter widens nothing (95 %) and |h - 1| is below what is left; with
    12.7 of them in the margin that is all but certain, so the power leaps from none to 95 % near m = (12.7 s/(sqrt(5) 0.05))^2.
    """
    noise, points = 0.2, 25
    out = planned(expected_levels(Q, indices=range(1, 3), noise=noise, points=points), WIDE)
    per_sweep = noise / np.sqrt(points) / np.sqrt(5)
    quantile = t.ppf(0.975, 1)
    none = (quantile * per_sweep / 0.05) ** 2
    enough = ((quantile + 3) * per_sweep / 0.05) ** 2
    assert out.sweeps is not None
    assert none < out.sweeps < enough
    powers = dict(out.powers)
    assert all(p == 0 for m, p in powers.items() if m < 0.9 * none)
    assert powers[out.sweeps] >= 0.9


def test_with_as_many_sweeps_the_verdict_is_given() -> None:
    """Staircases of the quantum with the planned number of sweeps, judged one by one: at least as many are called quantized
    as planned, less four binomial standard deviations of 300."""
    levels = expected_levels(Q, indices=range(1, 5), noise=0.5, points=30, gain_std=0.01)
    out = planned(levels)
    assert out.sweeps is not None
    assert out.sweeps > 1
    from dataclasses import replace

    rng = np.random.default_rng(2)
    many = replace(levels, covariance=levels.covariance / out.sweeps)
    n = levels.indices
    hits = 0
    for _ in range(300):
        read = n * G0 * (1 + 0.01 * rng.normal()) + np.sqrt(np.diag(many.covariance)) * rng.normal(size=4)
        hits += decide(replace(many, values=read), Q, Margins(), simulate=False).decision == "quantized"
    assert hits / 300 > 0.9 - 4 * np.sqrt(0.09 / 300)


def test_a_gain_that_fills_the_margin_is_no_matter_of_sweeps() -> None:
    out = planned(expected_levels(Q, indices=range(1, 5), noise=0.02, points=40, gain_std=0.03))
    assert out.sweeps is None
    assert out.limit < 0.9
    assert out.gain == pytest.approx(0.03)
    assert out.gain_needed is not None
    assert out.gain_needed < 0.02


def test_freedoms_that_no_number_of_sweeps_pays_for() -> None:
    out = gzero.plan(quantum="2e^2/h", series_resistance="400 ohm", plateaus="1:2")
    assert not out.possible
    assert gzero.plan(quantum="2e^2/h", series_resistance="400(10) ohm", plateaus="1:2").possible


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "needs the quantum"),
        ({"quantum": "2e^2/h", "noise": 0.0}, "noise 0 is no part of a quantum"),
        ({"quantum": "2e^2/h", "points": 0}, "0 readings"),
        ({"quantum": "2e^2/h", "power": 1.0}, "power 1 must lie between"),
        ({"quantum": "2e^2/h", "plateaus": "1:99"}, "99 plateaus are more than 30"),
    ],
)
def test_what_cannot_be_planned(options: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        gzero.plan(**options)  # type: ignore[arg-type]
