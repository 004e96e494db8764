"""Resampling against exact covariances, and what it says when it could not do all of it."""

from dataclasses import replace

import numpy as np
import pytest

from gzero.errors import ConfigError, InputError
from gzero.fitters.bootstrap import Bootstrap, block_length, bootstrap, over_traces
from gzero.fitters.engine import at_minimum, fit_problem
from gzero.fitters.problem import Problem
from gzero.fitters.refits import refit_many
from gzero.measurement.curve import Curve
from gzero.models.model import Model, Parameter
from gzero.models.staircase import staircase
from gzero.reduction.noise import Noise
from gzero.reduction.spectrum import autoregressive

#: Five standard deviations of a standard deviation from 1000 samples: 5/sqrt(2000).
CHANCE = 0.11


def model_of(function, jacobian, *names: str) -> Model:
    return Model(
        name="test",
        parameters=tuple(Parameter(name=n, symbol=n, unit="", meaning=n) for n in names),
        function=function,
        jacobian=jacobian,
        reference="",
    )


LINE = model_of(lambda x, v: v[0] + v[1] * x, lambda x, v: np.column_stack([np.ones_like(x), x]), "a", "b")
MEAN = model_of(lambda x, v: np.full_like(x, v[0]), lambda x, v: np.ones((x.size, 1)), "a")


def fitted(model: Model, y: np.ndarray, noise: Noise):
    x = np.linspace(-1, 1, y.size)
    problem = Problem(model=model, curve=Curve(x=x, y=y), noise=noise)
    return fit_problem(problem, dict.fromkeys(model.names, 0.0))


def ar1(n: int, rho: float, rng: np.random.Generator) -> np.ndarray:
    out = rng.normal(size=n)
    for i in range(1, n):
        out[i] = rho * out[i - 1] + np.sqrt(1 - rho**2) * out[i]
    return out


def test_a_straight_line_in_white_noise() -> None:
    """The residual bootstrap of a linear model has the covariance s^2 (X^T X)^-1."""
    y = 1 + 0.1 * np.random.default_rng(1).normal(size=200)
    fit = fitted(LINE, y, Noise(std=np.full(200, 0.1), stated=True))
    out = bootstrap(fit, rng=np.random.default_rng(2))
    std = np.sqrt(np.diag(fit.covariance) * fit.chi2_reduced)
    assert [out.std("a"), out.std("b")] == pytest.approx(list(std), rel=CHANCE)
    assert out.drawn == "readings"
    assert (out.asked, out.done, out.failed, out.note) == (1000, 1000, 0, "")
    found = out.interval("b")
    assert found.method == "bootstrap"
    # percentiles of a normal sample of 1000: each end is known to 8 % of a std
    assert [found.low, found.high] == pytest.approx(
        [fit.value("b") - 1.96 * std[1], fit.value("b") + 1.96 * std[1]], abs=0.4 * std[1]
    )


def test_few_readings_do_not_make_it_small() -> None:
    """Mean over 200 lines of 6 readings: the variance is sigma^2 (X^T X)^-1, where bare residuals would give 4/6 of it.

    The variance of one line scatters by sqrt(2/4), and by sqrt(2/60) from its 60 repeats: the mean of 200 is good to
    5.2 %; three of these are half of the difference.
    """
    variances = []
    for seed in range(200):
        y = np.random.default_rng(seed).normal(size=6)
        out = bootstrap(
            fitted(LINE, y, Noise(std=np.ones(6), stated=True)), rng=np.random.default_rng(seed), repeats=60
        )
        variances.append(np.diag(out.covariance))
    assert np.mean(variances, axis=0) == pytest.approx([1 / 6, 1 / np.sum(np.linspace(-1, 1, 6) ** 2)], rel=0.156)


def test_uneven_noise_stays_where_it_is() -> None:
    """A mean over two halves, the second ten times as noisy and weighed so: exactly 1/sqrt(sum 1/std^2)."""
    std = np.repeat([0.1, 1.0], 300)
    y = std * np.random.default_rng(1).normal(size=600)
    out = bootstrap(fitted(MEAN, y, Noise(std=std, stated=True)), rng=np.random.default_rng(2))
    assert out.std("a") == pytest.approx(1 / np.sqrt(np.sum(std**-2)), rel=CHANCE + 0.06)  # and 1/sqrt(300) of the data


def test_red_noise_is_drawn_by_frequency() -> None:
    """Mean and slope in AR(1) noise of known spectrum: the covariance of generalised least squares."""
    noise = Noise(std=np.ones(400), stated=True, spectrum=autoregressive(400, 0.9))
    fit = fitted(LINE, ar1(400, 0.9, np.random.default_rng(3)), noise)
    out = bootstrap(fit, rng=np.random.default_rng(4))
    assert out.drawn == "frequencies"
    assert [out.std("a"), out.std("b")] == pytest.approx([fit.std("a"), fit.std("b")], rel=CHANCE)


def test_an_uncertain_spectrum_widens() -> None:
    """The scale known to 50 % (variance of its logarithm 0.25): exp(0.25/2) on the variance, by the lognormal mean."""
    known = autoregressive(400, 0.9)
    fit = fitted(LINE, ar1(400, 0.9, np.random.default_rng(3)), Noise(std=np.ones(400), stated=True, spectrum=known))
    unsure = replace(known, uncertainty=np.array([[0.25]]))
    wide = at_minimum(replace(fit.problem, noise=Noise(std=np.ones(400), stated=True, spectrum=unsure)), fit.values)
    out = bootstrap(wide, rng=np.random.default_rng(4), repeats=4000)
    assert out.std("a") == pytest.approx(fit.std("a") * np.exp(0.25 / 4), rel=0.06)


def test_blocks_keep_what_neighbours_share() -> None:
    """Ordinary mean of 6000 readings with rho = 0.7: the exact std is sqrt((1 + rho)/(1 - rho)/n) times that of white ones.

    Blocks of 60 miss about (correlation length)/60 of the variance, 5 % of the std, and the data scatter by as much.
    """
    fit = fitted(MEAN, ar1(6000, 0.7, np.random.default_rng(5)), Noise(std=np.ones(6000), stated=True))
    exact = np.sqrt((1.7 / 0.3) / 6000)
    assert bootstrap(fit, rng=np.random.default_rng(1), block=60).std("a") == pytest.approx(exact, rel=0.2)
    assert bootstrap(fit, rng=np.random.default_rng(1), block=1).std("a") < 0.5 * exact


@pytest.mark.parametrize("rho", [0.3, 0.9])
def test_block_length_is_the_published_optimum(rho: float) -> None:
    """(2 G^2/D)^(1/3) n^(1/3) of Politis and White with G and D summed from the autocovariances."""
    lags = np.arange(1, 2000)
    g0 = 1 + 2 * np.sum(rho**lags)
    g = 2 * np.sum(lags * rho**lags)
    expected = np.cbrt(2 * g**2 / (4 / 3 * g0**2) * 1000)
    assert block_length(1000, (1 + rho) / (1 - rho)) == round(float(expected))


def test_block_length_ends() -> None:
    assert block_length(400, 1.0) == 1
    assert block_length(400, 400.0) == 100


def staircase_fit():
    model = staircase(4, offset=False)
    truth = np.array([1.0, 0.15, 0.38, 0.61, 0.84, *[0.02] * 4])
    x = np.linspace(0, 1, 400)
    y = model.function(x, truth) + 0.02 * np.random.default_rng(1).normal(size=x.size)
    problem = Problem(model=model, curve=Curve(x=x, y=y), noise=Noise(std=np.full(400, 0.02), stated=True))
    return fit_problem(problem, dict(zip(model.names, truth, strict=True)))


def test_a_staircase() -> None:
    """1000 refits of nine parameters: the standard deviations are those of the fit, scaled to its residuals."""
    fit = staircase_fit()
    out = bootstrap(fit, rng=np.random.default_rng(1))
    ratio = np.sqrt(np.diag(out.covariance) / (np.diag(fit.covariance) * fit.chi2_reduced))
    assert ratio == pytest.approx(np.ones(9), abs=CHANCE)
    assert "bootstrap over readings" in out._repr_html_()


def test_a_refit_costs_a_handful_of_evaluations() -> None:
    """What makes 1000 refits a matter of a second: five or six evaluations of the model each, made side by side."""
    fit = staircase_fit()
    evaluated = []

    def counted(x, values):
        evaluated.append(len(values))
        return staircase(4, offset=False).together(x, values)

    model = replace(fit.problem.model, together=counted)
    rng = np.random.default_rng(1)
    readings = fit.fitted[:, None] + 0.02 * rng.normal(size=(400, 100))
    refit_many(replace(fit.problem, model=model), readings, fit.values)
    assert 100 < sum(evaluated) < 600
    assert len(evaluated) < sum(evaluated) / 4


def test_the_same_generator_gives_the_same_samples() -> None:
    fit = fitted(LINE, np.random.default_rng(1).normal(size=50), Noise(std=np.ones(50), stated=True))
    first, again, other = (bootstrap(fit, rng=np.random.default_rng(s), repeats=20).samples for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_failures_are_counted_and_close_no_interval() -> None:
    """A model that has no value above the best one: every other refit fails, and those that do not are one-sided."""
    fit = fitted(MEAN, np.random.default_rng(1).normal(size=50), Noise(std=np.ones(50), stated=True))
    top = fit.value("a")
    half = replace(MEAN, function=lambda x, v: np.full_like(x, v[0] if v[0] <= top else np.nan))
    broken = replace(fit, problem=replace(fit.problem, model=half))
    out = bootstrap(broken, rng=np.random.default_rng(2), repeats=400)
    assert out.done == out.asked == 400
    assert len(out.samples) + out.failed == 400
    assert out.failed == pytest.approx(200, abs=50)
    found = out.interval("a")
    assert (found.low, found.high) == (None, None)
    assert f"{out.failed} of 400 refits failed; the experiments that failed may be the tails" in found.note


def test_ctrl_c_leaves_what_is_done() -> None:
    fit = fitted(LINE, np.random.default_rng(1).normal(size=50), Noise(std=np.ones(50), stated=True))
    seen = []

    def progress(done: int, total: int) -> None:
        seen.append((done, total))
        if done >= 100:
            raise KeyboardInterrupt

    out = bootstrap(fit, rng=np.random.default_rng(2), progress=progress)
    assert len(out.samples) == 100
    assert seen == [(0, 1000), (50, 1000), (100, 1000)]
    assert out.note == "100 of 1000 resampled experiments done"
    assert "100 samples are too few for 95 %: at least 200" in out.interval("a").note
    assert out.interval("a", confidence=0.9).low is not None
    with pytest.raises(KeyboardInterrupt):
        bootstrap(
            fit, rng=np.random.default_rng(2), progress=lambda done, total: (_ for _ in ()).throw(KeyboardInterrupt)
        )


def test_traces_of_a_map() -> None:
    """The variance of a mean over m traces is s^2/m, without the bias (m - 1)/m of drawing m of m."""
    values = np.random.default_rng(1).normal(size=(5, 2)) * [1.0, 3.0] + [7.0, 0.0]
    out = over_traces(values, names=("step_height", "offset"), rng=np.random.default_rng(2), repeats=20000)
    exact = values.std(axis=0, ddof=1) / np.sqrt(5)
    assert [out.std("step_height"), out.std("offset")] == pytest.approx(list(exact), rel=0.03)
    assert out.values == pytest.approx(values.mean(axis=0))
    assert out.drawn == "traces"
    middle = over_traces(
        values[:, 0],
        names=("step_height",),
        rng=np.random.default_rng(2),
        statistic=lambda rows: np.median(rows, axis=0),
    )
    assert middle.values == pytest.approx([np.median(values[:, 0])])
    assert set(middle.samples[:, 0]) <= {float(v) for pair in _pairs(values[:, 0]) for v in pair}


def _pairs(values: np.ndarray) -> list[tuple[float, float]]:
    """Every value, and every mean of two: the medians that four draws can have."""
    return [(float(a), float((a + b) / 2)) for a in values for b in values]


def test_refusals() -> None:
    fit = fitted(LINE, np.random.default_rng(1).normal(size=50), Noise(std=np.ones(50), stated=True))
    rng = np.random.default_rng(1)
    with pytest.raises(ConfigError, match="0 repeats make no bootstrap"):
        bootstrap(fit, rng=rng, repeats=0)
    with pytest.raises(ConfigError, match="a block of 51 of 50 readings"):
        bootstrap(fit, rng=rng, block=51)
    with pytest.raises(InputError, match="does not carry what was minimised"):
        bootstrap(replace(fit, problem=None), rng=rng)
    with pytest.raises(InputError, match="1 trace cannot be resampled"):
        over_traces(np.ones((1, 1)), names=("a",), rng=rng)
    with pytest.raises(InputError, match="a value of a trace is not finite"):
        over_traces(np.array([1.0, np.nan]), names=("a",), rng=rng)
    with pytest.raises(InputError, match="2 columns for 1 names"):
        over_traces(np.ones((3, 2)), names=("a",), rng=rng)
    empty = Bootstrap(names=("a",), units=("",), values=np.ones(1), samples=np.ones((1, 1)), asked=1)
    assert np.isnan(empty.std("a"))
