"""One model on one curve, against exact linear algebra and against coverage under known noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from gzero.errors import FitError, InputError
from gzero.estimate import Estimate
from gzero.fitters.curve_fit import CurveFit, curve_picture, fit_curve, usable
from gzero.fitters.derived import derive, propagate
from gzero.fitters.options import FitOptions
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series, condition
from gzero.models.model import Model, Parameter
from gzero.quanta import Quantum
from gzero.synthetic.noise import World, draw

Array = NDArray[np.float64]

LINE = Model(
    name="line",
    parameters=(
        Parameter(name="slope", symbol="b", unit="y", meaning="per x"),
        Parameter(name="offset_y", symbol="a", unit="y", meaning="at zero", lower=-1e6, upper=1e6),
    ),
    function=lambda x, p: p[1] + p[0] * x,
    jacobian=lambda x, p: np.column_stack([x, np.ones_like(x)]),
    reference="a straight line",
)
OPTIONS = FitOptions(quantum=Quantum(symbol="", value=None, unit="", row=""))
X = np.linspace(0.0, 2.0, 80)


def measured(y: Array, *, std: Array | None = None, x: Array = X, kind: str = "decay", **stated: str) -> Measurement:
    """Readings of an experiment whose abscissa is in any order."""
    return Measurement(
        kind=kind,
        series={
            "time": Series(name="time", label="t", values=x, unit="s"),
            "imbalance": Series(name="imbalance", label="y", values=y, std=std, unit=""),
        },
        conditions={name: condition(name, text) for name, text in stated.items()},
        origin=Origin(path="arrays", sha256="", loader="test", rows_read=x.size),
        x="time",
        y="imbalance",
    )


def fitted(measurement: Measurement, *, least: int = 8) -> CurveFit:
    return fit_curve(measurement, OPTIONS, LINE, {"slope": 1.0, "offset_y": 0.0}, least=least)


def test_stated_uncertainties_give_the_least_squares_of_the_text_book() -> None:
    """(J^T W J)^-1 and J^T W y, written out with numpy; 1e-9 is far below a std and above rounding."""
    rng = np.random.default_rng(1)
    std = rng.uniform(0.01, 0.03, X.size)
    y = 0.4 + 1.2 * X + std * rng.normal(size=X.size)
    found = fitted(measured(y, std=std))
    design = np.column_stack([X, np.ones_like(X)]) / std[:, None]
    covariance = np.linalg.inv(design.T @ design)
    expected = covariance @ design.T @ (y / std)
    assert found.fit.values == pytest.approx(expected, rel=1e-9)
    assert found.fit.covariance == pytest.approx(covariance, rel=1e-6)


def test_gain_and_offset_move_the_parameters_of_a_line_exactly() -> None:
    """y = (read - offset)/gain: slope and intercept both go as 1/gain, and only the intercept follows the offset."""
    y = 0.4 + 1.2 * X + 1e-3 * np.random.default_rng(2).normal(size=X.size)
    found = fitted(measured(y, gain="1.00(1)"))
    slope, offset = found.fit.values
    assert found.shifts["gain"] == pytest.approx([-0.01 * slope, -0.01 * offset], rel=1e-9)
    assert found.parameter("slope").systematic["gain"] == pytest.approx(-0.01 * slope, rel=1e-9)


def test_readings_in_any_order_are_the_same_curve() -> None:
    """A permutation of the rows of a file changes nothing."""
    rng = np.random.default_rng(3)
    y = 0.4 + 1.2 * X + 0.01 * rng.normal(size=X.size)
    order = rng.permutation(X.size)
    one, other = fitted(measured(y)), fitted(measured(y[order], x=X[order]))
    assert one.fit.values == pytest.approx(other.fit.values, rel=1e-12)


@pytest.mark.parametrize(
    ("world", "stated"), [("white", True), ("white", False), ("ar1", False), ("heteroscedastic", False)]
)
def test_coverage_of_a_line(world: World, stated: bool) -> None:
    """95 % intervals hold the truth in 95 % of 400 experiments of 120 readings, within 3.3 binomial std (91.4 to 98.6 %).

    Red noise is AR(1) with 0.9: an ordinary fit would cover 40 % (statistics of AR(1): (1 - rho)/(1 + rho))."""
    rng = np.random.default_rng(4)
    x = np.linspace(0.0, 2.0, 120)
    signal = 0.4 + 1.2 * x
    hits = 0
    for _ in range(400):
        drawn = draw(world, rng, signal=signal, std=0.02)
        found = fitted(measured(drawn.readings, x=x, std=drawn.std if stated else None))
        hits += abs(found.fit.value("slope") - 1.2) < 1.959964 * found.fit.std("slope")
    assert 0.914 <= hits / 400 <= 0.986


def test_a_wrong_shape_is_said() -> None:
    """A parabola under stated uncertainties is no line: what is left over hangs together, and the uncertainties hold it."""
    found = fitted(measured(X**2, std=np.full(X.size, 0.01)))
    assert any("a shape that the line does not have" in w for w in found.warnings)
    plain = 0.01 / np.sqrt(np.sum((X - X.mean()) ** 2))
    assert found.fit.std("slope") > 5 * plain


def test_scatter_beyond_the_stated_uncertainties_widens() -> None:
    """White scatter of three times what is stated: chi2/dof of 9, and uncertainties three times as wide (within 3.3/sqrt(2 dof))."""
    y = 0.4 + 1.2 * X + 0.03 * np.random.default_rng(8).normal(size=X.size)
    found = fitted(measured(y, std=np.full(X.size, 0.01)))
    assert found.fit.inflation == pytest.approx(3.0, rel=3.3 / np.sqrt(2 * 78))
    assert any("widened" in w for w in found.warnings)


def test_uncertainties_that_are_too_large_are_said() -> None:
    y = 0.4 + 1.2 * X + 0.001 * np.random.default_rng(5).normal(size=X.size)
    assert any("larger than the scatter" in w for w in fitted(measured(y, std=np.full(X.size, 0.01))).warnings)


def test_too_few_readings_are_refused() -> None:
    with pytest.raises(InputError, match="5 usable points are too few"):
        fitted(measured(np.ones(5), x=np.arange(5.0)))
    assert fitted(measured(np.array([0.0, 1.1, 1.9]), x=np.arange(3.0)), least=3).fit.dof == 1


def test_a_parameter_on_its_bound_is_no_number() -> None:
    bounded = Model(
        name="line of falling slope",
        parameters=(Parameter(name="slope", symbol="b", unit="y", meaning="", upper=0.0), LINE.parameters[1]),
        function=LINE.function,
        jacobian=LINE.jacobian,
        reference="",
    )
    y = 0.4 + 1.2 * X + 0.01 * np.random.default_rng(6).normal(size=X.size)
    found = fit_curve(measured(y), OPTIONS, bounded, {"slope": -1.0, "offset_y": 0.0})
    assert any("bound of slope" in w for w in found.warnings)
    with pytest.raises(FitError, match="do not determine"):
        usable(found.fit, "slope")


def test_the_picture_holds_the_readings_and_the_model() -> None:
    y = 0.4 + 1.2 * X + 0.01 * np.random.default_rng(7).normal(size=X.size)
    found = fitted(measured(y))
    picture = curve_picture(found, caption="c", alt="a")
    points, line = picture.traces
    assert points.y == pytest.approx(y)
    assert line.y == pytest.approx(found.fit.value("offset_y") + found.fit.value("slope") * line.x)
    assert picture.pulls is not None
    assert np.std(picture.pulls.y) == pytest.approx(1.0, abs=0.3)  # 3.3/sqrt(2 * 78) of a std of the scatter


def test_quantities_carry_covariance_and_shared_sources() -> None:
    """Ratio and product of two correlated parameters, by the law of propagation written out; a common gain cancels in the ratio."""
    values, covariance = np.array([2.0, 4.0]), np.array([[0.04, 0.03], [0.03, 0.09]])
    shifts = {"gain": np.array([0.02, 0.04])}
    length = Estimate(value=10.0, systematic={"length": 0.1}, unit="m")
    formulas: dict[str, tuple[Callable[..., object], str]] = {
        "ratio": (lambda v: v["b"] / v["a"], ""),
        "product": (lambda v: v["a"] * v["b"] * v["length"], "m"),
    }
    found = propagate(("a", "b"), values, covariance, shifts, formulas, conditions={"length": length})  # type: ignore[arg-type]
    ratio, product = found.estimates["ratio"], found.estimates["product"]
    slope = np.array([-4.0 / 4.0, 1.0 / 2.0])
    assert ratio.value == 2.0
    assert ratio.std_stat == pytest.approx(float(np.sqrt(slope @ covariance @ slope)))
    assert ratio.systematic.get("gain", 0.0) == pytest.approx(0.0, abs=1e-12)
    assert product.systematic == pytest.approx({"gain": 8.0 * 10 * 0.02, "length": 0.8})
    other = np.array([40.0, 20.0])
    assert found.joint.statistical[0, 1] == pytest.approx(float(slope @ covariance @ other))
    assert sum(line.share for line in found.budget) == pytest.approx(1.0)


def test_quantities_of_conditions_alone() -> None:
    found = derive(
        None, {"twice": (lambda v: 2 * v["length"], "m")}, conditions={"length": condition("length", "3.0(1) m")}
    )
    assert found.estimates["twice"].value == 6.0
    assert found.estimates["twice"].systematic == pytest.approx({"length": 0.2})


def test_a_sum_has_the_uncertainty_of_its_own_variance() -> None:
    """Under red noise the height of a line at x = 1 is one number, whether it is a parameter or a sum of two: value, weights and
    degrees of freedom follow from the readings. 80 readings of AR(1) leave either parameter fewer than four degrees
    and their sum 2.7, so that the sum of both, each widened for its own, would be another number, by 6 % in this sweep."""
    y = 1.0 + 0.5 * X + draw("ar1", np.random.default_rng(2), signal=np.zeros(80), std=0.1).readings
    about = replace(
        LINE,
        function=lambda x, p: p[1] + p[0] * (x - 1),
        jacobian=lambda x, p: np.column_stack([x - 1, np.ones_like(x)]),
    )
    own = fit_curve(measured(y), OPTIONS, about, {"slope": 1.0, "offset_y": 0.0})
    of_two = derive(fitted(measured(y)), {"height": (lambda q: q["offset_y"] + q["slope"], "")}, conditions={})
    height = of_two.estimates["height"]
    assert own.noise.red
    assert height.value == pytest.approx(own.fit.value("offset_y"), rel=1e-6)
    assert height.std_stat == pytest.approx(own.fit.std("offset_y"), rel=1e-6)
    parts = fitted(measured(y)).fit
    assert np.sqrt(parts.covariance.sum()) != pytest.approx(height.std_stat, rel=0.03)
    # no part of it is lost on the way to the joint covariance
    assert of_two.joint.statistical[0, 0] == pytest.approx(height.std_stat**2, rel=1e-9)
