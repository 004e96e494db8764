"""The engine against independent engines, and what it refuses."""

import numpy as np
import pytest
from iminuit import Minuit
from scipy.optimize import curve_fit

from gzero.errors import FitError, InputError
from gzero.fitters.engine import fit_model
from gzero.measurement.curve import Curve
from gzero.models.staircase import staircase

TRUE = (
    {"step_height": 1.0, "offset": 0.01}
    | {f"threshold_{n}": 0.15 + 0.23 * n for n in range(4)}
    | {f"width_{n}": 0.02 for n in range(4)}
)


def problem(seed: int = 1, modes: int = 4, noise: float = 0.02):
    rng = np.random.default_rng(seed)
    model = staircase(modes)
    values = np.array([1.0, *(0.15 + 0.23 * n for n in range(modes)), *([0.02] * modes), 0.01])
    x = np.linspace(0, 1, 400)
    y = model.function(x, values) + noise * rng.normal(size=x.size)
    return model, Curve(x=x, y=y), dict(zip(model.names, values * 1.03 + 0.002, strict=True)), np.full(x.size, noise)


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_iminuit(seed: int) -> None:
    """Same cost, another engine: values to 1e-4 of a standard uncertainty."""
    model, curve, start, std = problem(seed)
    ours = fit_model(model, curve, start, y_std=std, noise_model="stated")

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
    ours = fit_model(model, curve, start, y_std=std, noise_model="stated")
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
    right = fit_model(model, curve, start, y_std=std, noise_model="stated")
    other = fit_model(model, curve, start, y_std=std * factor, noise_model="stated")
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
        fit_model(model, few, start, y_std=std[:10], noise_model="stated")


def test_what_the_data_do_not_determine_is_a_failure() -> None:
    model, curve, start, std = problem()
    flat = Curve(x=curve.x + 100, y=curve.y * 0 + 4)  # far above every threshold: thresholds and widths are unseen
    with pytest.raises(FitError) as caught:
        fit_model(model, flat, start, y_std=std, noise_model="stated")
    assert caught.value.result is not None


def test_fixed_parameters_are_held() -> None:
    model, curve, start, std = problem()
    start["step_height"] = 1.0
    out = fit_model(model, curve, start, y_std=std, noise_model="stated", fixed=frozenset({"step_height"}))
    assert "step_height" not in out.names
    assert out.value("step_height") == 1.0
    assert out.std("step_height") == 0.0
    assert out.dof == len(curve) - 9
