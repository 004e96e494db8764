"""The engine against independent engines, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
from iminuit import Minuit
from scipy.optimize import curve_fit

from gzero.errors import FitError, InputError
from gzero.fitters.engine import Reached, at_minima, at_minimum, fit_problem, refit
from gzero.fitters.problem import Problem
from gzero.measurement.curve import Curve
from gzero.models.diffusion import POWER_LAW
from gzero.models.model import Model, Parameter
from gzero.models.staircase import staircase
from gzero.reduction.noise import Noise, widening
from gzero.reduction.spectrum import Spectrum, autoregressive, cosine

TRUE_STEP_AND_OFFSET = {"step_height": 1.0, "offset": 0.01}


def problem(seed: int = 1, modes: int = 4, noise: float = 0.02):
    rng = np.random.default_rng(seed)
    model = staircase(modes)
    values = np.array([1.0, *(0.15 + 0.23 * n for n in range(modes)), *([0.02] * modes), 0.01])
    x = np.linspace(0, 1, 400)
    y = model.function(x, values) + noise * rng.normal(size=x.size)
    return model, Curve(x=x, y=y), dict(zip(model.names, values * 1.03 + 0.002, strict=True)), np.full(x.size, noise)


def fitted(model, curve, start, std, fixed=()):
    held = {name: start[name] for name in fixed}
    return fit_problem(Problem(model=model, curve=curve, noise=Noise(std=std, stated=True), fixed=held), start)


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_iminuit(seed: int) -> None:
    """Same cost, another engine: values to 1e-4 of a standard uncertainty."""
    model, curve, start, std = problem(seed)
    ours = fitted(model, curve, start, std)

    def cost(p):
        return float(np.sum(((curve.y - model.function(curve.x, np.asarray(p))) / std) ** 2))

    def gradient(p):
        pulls = (curve.y - model.function(curve.x, np.asarray(p))) / std
        return -2 * pulls @ (model.jacobian(curve.x, np.asarray(p)) / std[:, None])

    minuit = Minuit(cost, np.array([start[n] for n in model.names]), grad=gradient)
    minuit.errordef = Minuit.LEAST_SQUARES
    minuit.strategy = 2
    minuit.tol = 1e-8
    minuit.migrad(ncall=20000)
    sigma = np.sqrt(np.diag(ours.covariance)) / ours.inflation
    assert np.all(np.abs(np.array(minuit.values) - ours.values) < 1e-4 * sigma)
    assert ours.chi2 == pytest.approx(minuit.fval, rel=1e-9)


def test_covariance_is_absolute_and_agrees_with_curve_fit() -> None:
    model, curve, start, std = problem()
    ours = fitted(model, curve, start, std)
    _, covariance = curve_fit(
        lambda x, *p: model.function(x, np.array(p)),
        curve.x,
        curve.y,
        p0=list(start.values()),
        sigma=std,
        absolute_sigma=True,
    )
    # curve_fit's Jacobian is a finite difference of relative accuracy 1e-8 in x, 1e-5 in the derivatives of a riser
    assert ours.covariance == pytest.approx(covariance, rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("factor", [0.25, 4.0])
def test_stated_uncertainties_are_believed(factor: float) -> None:
    """Trap 2 of statistics.md: the stderr follows the stated std, unless the misfit is beyond chance."""
    model, curve, start, std = problem()
    right = fitted(model, curve, start, std)
    other = fitted(model, curve, start, std * factor)
    if factor > 1:
        assert other.std("step_height") == pytest.approx(factor * right.std("step_height"), rel=1e-3)
        assert other.inflation == 1.0
    else:
        assert other.inflation == pytest.approx(np.sqrt(other.chi2_reduced))
        assert other.std("step_height") == pytest.approx(right.std("step_height"), rel=0.15)


def test_too_few_points() -> None:
    model, curve, start, std = problem()
    few = Curve(x=curve.x[:10], y=curve.y[:10])
    with pytest.raises(InputError, match="10 points for 10 parameters"):
        fitted(model, few, start, std[:10])


def test_what_the_data_do_not_determine_is_a_failure() -> None:
    model, curve, start, std = problem()
    flat = Curve(x=curve.x + 100, y=curve.y * 0 + 4)  # far above every threshold: thresholds and widths are unseen
    with pytest.raises(FitError) as caught:
        fitted(model, flat, start, std)
    assert caught.value.result is not None


def test_two_parameters_that_do_the_same_are_named() -> None:
    """The widths of "thermal*saddle" enter alike: where they are equal, so are their derivatives, and J^T J is singular."""
    model = staircase(2, broadening="thermal*saddle", offset=False)
    values = np.array([1.0, 0.3, 0.7, 0.02, 0.02])
    x = np.linspace(0, 1, 400)
    assert np.linalg.matrix_rank(model.jacobian(x, values), tol=1e-9) == 4  # of 5
    curve, noise = Curve(x=x, y=model.function(x, values)), Noise(std=np.full(400, 0.01), stated=True)
    with pytest.raises(FitError, match="the data do not determine thermal_width, saddle_width") as caught:
        at_minimum(Problem(model=model, curve=curve, noise=noise), values)
    assert np.isnan(caught.value.result.covariance).all()


@pytest.mark.parametrize(("apart", "good_to"), [(0.1, 1e-8), (1e-2, 1e-8), (1e-5, 1e-8), (1e-7, 1e-6)])
def test_the_covariance_of_parameters_that_do_nearly_the_same(apart: float, good_to: float) -> None:
    """a + b (1 + e t) with sum t = 0, sum t^2 = T: var b = 1/(e^2 T), cov(a + b, b) = 0, var(a + b) = 1/n, whichever
    decomposition the condition of the design asks for; a stated noise counts 1e9 degrees of freedom, which widens by 1e-9."""
    t = np.linspace(-1, 1, 101)
    model = Model(
        name="two that are nearly one",
        parameters=tuple(Parameter(name=name, symbol=name, unit="y", meaning="a part") for name in "ab"),
        function=lambda x, v: v[0] + v[1] * (1 + apart * x),
        jacobian=lambda x, v: np.column_stack([np.ones_like(x), 1 + apart * x]),
        reference="",
    )
    exact = Problem(model=model, curve=Curve(x=t, y=2 + apart * t), noise=Noise(std=np.ones(t.size), stated=True))
    b = 1 / (apart**2 * float(t @ t))
    covariance = at_minimum(exact, np.ones(2)).covariance
    np.testing.assert_allclose(covariance, [[b + 1 / t.size, -b], [-b, b]], rtol=good_to)


def test_fixed_parameters_are_held() -> None:
    model, curve, start, std = problem()
    start["step_height"] = 1.0
    out = fitted(model, curve, start, std, fixed=("step_height",))
    assert "step_height" not in out.names
    assert out.value("step_height") == 1.0
    assert out.std("step_height") == 0.0
    assert out.dof == len(curve) - 9


def test_the_quick_refit_is_the_same_minimum() -> None:
    """MINPACK without lmfit's parameters: to 1e-5 of a standard uncertainty."""
    model, curve, start, std = problem(5)
    full = fitted(model, curve, start, std)
    assert full.problem is not None
    values, chi2 = refit(full.problem, np.array([start[name] for name in full.names]))
    assert np.all(np.abs(values - full.values) < 1e-5 * np.sqrt(np.diag(full.covariance)))
    assert chi2 == pytest.approx(full.chi2, rel=1e-10)


@pytest.mark.parametrize("loss", ["soft_l1", "huber", "cauchy"])
def test_robust_losses_resist_glitches(loss: str) -> None:
    """Five readings of 400 are off by fifty standard deviations, all on one plateau and upwards."""
    model, curve, start, std = problem(2)
    y = curve.y.copy()
    y[[190, 195, 200, 205, 210]] += 1.0
    bad = Curve(x=curve.x, y=y)
    noise = Noise(std=std, stated=True)
    plain = fit_problem(Problem(model=model, curve=bad, noise=noise), start)
    robust = fit_problem(Problem(model=model, curve=bad, noise=noise, loss=loss), start)
    assert robust.method == "robust"
    for name, true in TRUE_STEP_AND_OFFSET.items():
        assert abs(robust.value(name) - true) < 3 * robust.std(name)
    # the glitches lift the curve: least squares puts that into the offset, fifteen of the honest uncertainties
    assert plain.value("offset") - 0.01 > 5 * robust.std("offset")
    # an M-estimator pays 5 to 20 % in precision where there are no glitches (Huber 1964)
    clean = fit_problem(Problem(model=model, curve=curve, noise=noise), start)
    assert 1.0 < robust.std("step_height") / clean.std("step_height") < 1.3


def test_a_parameter_on_its_bound_is_named() -> None:
    """A jump between two readings has no width that the data could tell: exp(-50) of it is left at the nearest one."""
    x = np.linspace(0, 1, 200)
    y = np.where(x > 0.5, 1.0, 0.0) + 0.01 * np.random.default_rng(1).normal(size=200)
    model = staircase(1, offset=False)
    start = {"step_height": 1.0, "threshold_1": 0.4999, "width_1": 5e-5}
    with pytest.raises(FitError, match="the data do not determine threshold_1") as caught:
        fitted(model, Curve(x=x, y=y), start, np.full(200, 0.01))
    assert caught.value.result.at_bounds == ("width_1",)
    held = fitted(model, Curve(x=x, y=y), start, np.full(200, 0.01), fixed=("threshold_1",))
    assert held.at_bounds == ("width_1",)
    assert np.isnan(held.std("width_1"))
    # 99 readings on the plateau and 101 below it, of which none tells of the step
    assert held.std("step_height") == pytest.approx(0.01 / np.sqrt(100), rel=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_lmfit_finds_the_same_minimum(seed: int) -> None:
    """The short way past lmfit's parameters ends where lmfit ends, to 1e-4 of a standard uncertainty, as
    both stop at changes of 1e-10, of different variables where a bound is mapped."""
    from gzero.fitters.engine import _with_lmfit

    model, curve, start, std = problem(seed)
    ours = fitted(model, curve, start, std)
    assert ours.problem is not None
    theirs, _, converged = _with_lmfit(ours.problem, np.array([start[name] for name in ours.names]))
    assert converged
    assert np.all(np.abs(theirs - ours.values) < 1e-4 * np.sqrt(np.diag(ours.covariance)))


def test_a_bound_that_is_felt_is_left_to_lmfit() -> None:
    """Readings that fall where the model can only rise: the width ends on zero or the fit fails, never below zero."""
    x = np.linspace(0, 1, 100)
    y = np.where(x > 0.5, 1.0, 0.0) + 0.001 * np.random.default_rng(1).normal(size=100)
    model = staircase(1, offset=False)
    start = {"step_height": 1.0, "threshold_1": 0.4998, "width_1": 0.05}
    try:
        width = fitted(model, Curve(x=x, y=y), start, np.full(100, 0.001)).value("width_1")
    except FitError as error:
        width = error.result.value("width_1")
    assert width >= 0


@pytest.mark.parametrize("unsure", [1.0, 30.0])
def test_weights_that_are_estimated_scatter_the_values(unsure: float) -> None:
    """Generalised least squares at a spectrum whose two parameters are known to U: the values move by dB/dtheta y with B the
    matrix that gives them from the readings, here by finite differences, and the variance of that under the true noise is
    sum_ij U_ij dB_i C dB_j^T. It comes on top of (J^T C^-1 J)^-1, and Student's factor on both. Of a U that leaves dof
    degrees of freedom the part 1 - 3/dof counts: all where the spectrum is known, none from three down."""
    n = 60
    w = np.pi * np.arange(n) / n
    powers = 0.1 + 1 / (0.05 + w**2)
    gradients = np.array([np.ones(n), np.exp(-3 * w)])
    uncertainty = unsure * np.array([[0.05, 0.02], [0.02, 0.3]])
    spectrum = Spectrum(kind="knee", powers=powers, gradients=gradients, uncertainty=uncertainty)
    model, x = POWER_LAW, np.linspace(200.0, 400.0, n)
    truth = np.array([1.0, 1.4])
    noise = Noise(std=np.full(n, 1e-3), stated=False, spectrum=spectrum)
    curve = Curve(x=x, y=model.function(x, truth))
    fit = at_minimum(Problem(model=model, curve=curve, noise=noise), truth)

    jacobian = cosine(model.jacobian(x, truth) / 1e-3)

    def solution(*theta: float) -> np.ndarray:
        inverse = 1 / (powers * np.exp(np.array(theta) @ gradients))
        return np.linalg.solve((jacobian.T * inverse) @ jacobian, jacobian.T * inverse)

    slopes = [(solution(*(1e-5 * e)) - solution(*(-1e-5 * e))) / 2e-5 for e in np.eye(2)]
    plain = np.diag(solution(0.0, 0.0) * powers @ solution(0.0, 0.0).T)
    gained = sum(uncertainty[i, j] * np.diag(slopes[i] * powers @ slopes[j].T) for i in range(2) for j in range(2))
    assert np.max(gained / plain) > 0.003  # there is something to be seen
    assert np.all(fit.variance_dof < 3) == (unsure > 1)
    gained = gained * np.maximum(1 - 3 / fit.variance_dof, 0.0)
    widened = np.sqrt(np.diag(fit.covariance)) / widening(fit.variance_dof)
    np.testing.assert_allclose(widened**2 / plain - 1, gained / plain, rtol=1e-3, atol=1e-9)


def test_many_are_recorded_as_each_alone() -> None:
    """Of two lengths, white and red, weighed as if white, robust, on a bound, with one held, with what the data do not
    determine: none takes another along."""
    several: list[Reached] = []
    for seed in range(6):
        model, curve, start, std = problem(seed)
        short = Curve(x=curve.x[:300], y=curve.y[:300])
        white_noise, red = Noise(std=std, stated=True), Noise(std=std, stated=False, spectrum=autoregressive(400, 0.8))
        values = np.array(list(start.values()))
        plain = Problem(model=model, curve=curve, noise=white_noise)
        several += [
            Reached(problem=plain, values=values),
            Reached(problem=replace(plain, noise=red), values=values),
            Reached(problem=replace(plain, noise=red), values=values, sandwich=True),
            Reached(problem=replace(plain, loss="huber"), values=values, message="as it was told"),
            Reached(problem=replace(plain, curve=short, noise=Noise(std=std[:300], stated=True)), values=values),
            Reached(problem=plain, values=np.where(np.arange(values.size) == 6, 0.0, values)),
            Reached(problem=replace(plain, fixed={"offset": 0.01}), values=values[:-1], seen=None),
            Reached(problem=plain, values=values, converged=False),
            Reached(problem=replace(plain, curve=Curve(x=curve.x + 100, y=curve.y)), values=values),
        ]
    found = at_minima(several)
    assert [isinstance(one, FitError) for one in found] == [*([False] * 5), True, False, True, True] * 6
    for one, together in zip(several, found, strict=True):
        (alone,) = at_minima([one])
        assert type(alone) is type(together)
        if isinstance(alone, FitError) and isinstance(together, FitError):
            assert str(alone) == str(together)
            alone, together = alone.result, together.result
        for name in ("message", "method", "at_bounds", "noise_model", "names", "success"):
            assert getattr(alone, name) == getattr(together, name)
        np.testing.assert_allclose(together.values, alone.values, rtol=0)
        np.testing.assert_allclose(together.covariance, alone.covariance, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose([together.chi2, together.bic], [alone.chi2, alone.bic], rtol=1e-11)
    assert found[3].message == "as it was told"  # type: ignore[union-attr]
    assert "the data do not determine threshold_2" in str(found[5])  # beside a width of zero
    assert found[5].result.at_bounds == ("width_2",)  # type: ignore[union-attr]
