"""Chains against exact posteriors, and the intervals that they refuse."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t, truncnorm

from gzero.errors import ConfigError, InputError, MissingDependencyError
from gzero.fitters.engine import at_minimum, fit_problem
from gzero.fitters.problem import Problem
from gzero.fitters.sampling import Samples, sample
from gzero.measurement.curve import Curve
from gzero.models.model import Model, Parameter
from gzero.reduction.noise import Noise, widening
from gzero.reduction.spectrum import autoregressive, white

#: Ends of 95 % intervals from 4000 independent samples are good to sqrt(0.025 0.975/4000)/0.0584 = 0.042 of a std, 0.0584
#: being the normal density at 1.96; just under four of these. A chain of 32 walkers gives 32/tau of them a step.
CHANCE = 0.16
INDEPENDENT = 4000


def line(lower: float = -np.inf) -> Model:
    return Model(
        name="line",
        parameters=(
            Parameter(name="a", symbol="a", unit="y", meaning="at zero"),
            Parameter(name="b", symbol="b", unit="y/x", meaning="per x", lower=lower),
        ),
        function=lambda x, v: v[0] + v[1] * x,
        jacobian=lambda x, v: np.column_stack([np.ones_like(x), x]),
        reference="",
    )


def line_fit(n: int, noise: Noise, *, lower: float = -np.inf, seed: int = 1, slope: float = 2.0):
    x = np.linspace(-1, 1, n)
    y = 1 + slope * x + 0.1 * np.random.default_rng(seed).normal(size=n)
    problem = Problem(model=line(lower), curve=Curve(x=x, y=y), noise=noise)
    return fit_problem(problem, {"a": 0.0, "b": 0.5})


def independent(out: Samples) -> float:
    """Number of samples that are."""
    return float(out.walkers * out.steps / out.autocorrelation.max())


@pytest.fixture(scope="module")
def stated():
    return line_fit(40, Noise(std=np.full(40, 0.1), stated=True))


def test_stated_noise_gives_the_normal_distribution(stated) -> None:
    """A linear model under a flat prior: mean and covariance of the fit, and quantiles of a normal distribution."""
    out = sample(stated, rng=np.random.default_rng(1), steps=1400)
    assert independent(out) > INDEPENDENT
    std = np.sqrt(np.diag(stated.covariance))
    assert np.sqrt(np.diag(out.covariance)) == pytest.approx(std, rel=0.05)
    assert out.samples.mean(axis=0) == pytest.approx(stated.values, abs=0.1 * std.min())
    for name, s in zip(("a", "b"), std, strict=True):
        found = out.interval(name)
        assert [found.low, found.high] == pytest.approx(
            [found.value - 1.96 * s, found.value + 1.96 * s], abs=CHANCE * s
        )
        assert (found.method, found.note) == ("emcee", "")
    assert 0.2 < out.acceptance < 0.9
    assert "autocorrelation time" in out._repr_html_()


def test_an_estimated_scale_gives_student_s_distribution() -> None:
    """8 readings of a line: 6 degrees of freedom, whose interval is 2.45 std and not 1.96."""
    plain = line_fit(8, Noise(std=np.ones(8), stated=False))
    s2 = float(np.sum(plain.residuals**2)) / 6
    noise = Noise(std=np.ones(8), stated=False, spectrum=white(8, scale=s2, dof=6))
    fit = at_minimum(replace(plain.problem, noise=noise), plain.values)
    out = sample(fit, rng=np.random.default_rng(2), steps=1800)
    assert independent(out) > INDEPENDENT
    std = np.sqrt(s2 / np.sum(plain.problem.curve.x**2))
    found = out.interval("b")
    half = t.ppf(0.975, 6) * std
    # the tails of Student's distribution are thinner populated, 0.031 per std at 2.45: twice the chance
    assert [found.low, found.high] == pytest.approx([found.value - half, found.value + half], abs=2 * CHANCE * std)


def test_a_bound_cuts_the_distribution() -> None:
    """The slope is 0.01 +- 0.03 and not negative: quantiles of a truncated normal distribution (a is not correlated)."""
    noise = Noise(std=np.full(41, 0.1), stated=True)
    fit = line_fit(41, noise, slope=0.02, seed=5)
    bounded = line_fit(41, noise, lower=0.0, slope=0.02, seed=5)
    mean, std = fit.value("b"), fit.std("b")
    exact = truncnorm((0 - mean) / std, np.inf, loc=mean, scale=std)
    out = sample(bounded, rng=np.random.default_rng(3), steps=2400)  # the last bit of a covariance is another chain
    assert independent(out) > INDEPENDENT
    found = out.interval("b")
    assert [found.low, found.high] == pytest.approx(list(exact.ppf([0.025, 0.975])), abs=CHANCE * std)
    assert found.low > 0


def test_a_spectrum_that_is_estimated_moves_the_ends_out() -> None:
    """By Student's factor for the degrees of freedom of the variance, from the median."""
    known = autoregressive(60, 0.6)
    unsure = replace(known, uncertainty=np.array([[0.2]]))  # 10 degrees of freedom
    fit = line_fit(60, Noise(std=np.full(60, 0.1), stated=True, spectrum=unsure))
    out = sample(fit, rng=np.random.default_rng(4), steps=1000)
    assert out.variance_dof == pytest.approx([10.0, 10.0])
    wide, plain = out.interval("b"), replace(out, variance_dof=np.full(2, np.inf)).interval("b")
    assert (wide.high - wide.low) / (plain.high - plain.low) == pytest.approx(float(widening(np.array(10.0))), rel=1e-6)


def test_a_short_chain_gives_no_interval(stated) -> None:
    out = sample(stated, rng=np.random.default_rng(1), steps=150)
    found = out.interval("b")
    assert (found.low, found.high) == (None, None)
    assert "is shorter than 50 autocorrelation times" in found.note
    again = sample(stated, rng=np.random.default_rng(1), steps=150)
    assert np.array_equal(again.samples, out.samples)  # the same seed, the same chain
    wanted = int(found.note.rpartition("ask for ")[2])
    assert sample(stated, rng=np.random.default_rng(1), steps=2 * wanted).interval("b").low is not None


def test_by_itself_it_goes_on_until_it_is_long_enough(stated) -> None:
    seen: list[int] = []
    out = sample(stated, rng=np.random.default_rng(1), progress=lambda done, most: seen.append(done))
    assert out.steps >= 50 * out.autocorrelation.max()
    assert seen[:2] == [0, 250]
    assert out.steps < out.asked == 20000


def test_ctrl_c_leaves_what_is_done(stated) -> None:
    def progress(done: int, most: int) -> None:
        if done >= 500:
            raise KeyboardInterrupt

    out = sample(stated, rng=np.random.default_rng(1), steps=5000, progress=progress)
    assert 250 <= out.steps <= 500


def test_refusals(stated, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    robust = fit_problem(replace(stated.problem, loss="cauchy"), {"a": 1.0, "b": 2.0})
    with pytest.raises(InputError, match="the loss 'cauchy' is no likelihood"):
        sample(robust, rng=rng)
    red = replace(stated.problem, noise=Noise(std=np.full(40, 0.1), stated=True, spectrum=autoregressive(40, 0.6)))
    with pytest.raises(InputError, match="hold a misfit of its model"):
        sample(fit_problem(red, {"a": 1.0, "b": 2.0}, sandwich=True), rng=rng)
    with pytest.raises(ConfigError, match="4 walkers and 20000 steps for 2 parameters; take at least 6"):
        sample(stated, rng=rng, walkers=4)
    monkeypatch.setitem(sys.modules, "emcee", None)
    with pytest.raises(MissingDependencyError, match=r"sampling needs the package emcee; pip install 'gzero\[mcmc\]'"):
        sample(stated, rng=rng)
