"""The staircase: limits, Jacobian, mirror, series resistance, and the same fit by two engines."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iminuit import Minuit
from iminuit.cost import LeastSquares
from scipy.special import expit

from gzero.models.model import Model
from gzero.models.staircase import as_lmfit, staircase

OPTIONS = [
    (h, r, o, d) for h in ("equal", "free") for r in ("none", "free") for o in (False, True) for d in (False, True)
]


def build(modes: int, option: tuple[str, str, bool, bool]) -> Model:
    heights, resistance, offset, descending = option
    return staircase(modes, heights=heights, series_resistance=resistance, offset=offset, descending=descending)  # type: ignore[arg-type]


@st.composite
def parameters(draw: st.DrawFn) -> tuple[int, np.ndarray]:
    """Modes and a vector for the longest model: heights, thresholds, widths, offset, series resistance."""
    modes = draw(st.integers(1, 4))
    heights = draw(st.lists(st.floats(0.2, 3), min_size=modes, max_size=modes))
    thresholds = draw(st.lists(st.floats(-3, 3), min_size=modes, max_size=modes))
    widths = draw(st.lists(st.floats(0.05, 2), min_size=modes, max_size=modes))
    return modes, np.array([*heights, *thresholds, *widths, draw(st.floats(-0.5, 0.5)), draw(st.floats(0, 0.5))])


def vector(full: np.ndarray, modes: int, option: tuple[str, str, bool, bool]) -> np.ndarray:
    heights, resistance, offset, _ = option
    pieces = [full[:1] if heights == "equal" else full[:modes], full[modes : 3 * modes]]
    return np.concatenate([*pieces, full[-2:-1] if offset else [], full[-1:] if resistance == "free" else []])


@pytest.mark.parametrize("option", OPTIONS, ids=str)
@given(parameters())
@settings(max_examples=25)
def test_the_jacobian_is_the_derivative(option: tuple[str, str, bool, bool], drawn: tuple[int, np.ndarray]) -> None:
    modes, full = drawn
    model, values = build(modes, option), vector(full, modes, option)
    assert len(model.names) == values.size
    x = np.linspace(-4, 4, 17)
    exact = model.jacobian(x, values)
    assert exact.shape == (17, values.size)
    step = 6e-6  # cube root of the machine precision: the best step of a central difference
    for k in range(values.size):
        up, down = values.copy(), values.copy()
        up[k] += step
        down[k] -= step
        numeric = (model.function(x, up) - model.function(x, down)) / (2 * step)
        # third derivatives grow as w^-3: truncation step^2 (g/w^3)/6 <= 6e-12 * 3/0.05^3/6, rounding 1e-15/step
        np.testing.assert_allclose(exact[:, k], numeric, atol=3e-7 + 1e-8 * np.abs(exact[:, k]).max())


@given(parameters(), st.sampled_from(OPTIONS))
def test_the_formula_of_the_docstring(drawn: tuple[int, np.ndarray], option: tuple[str, str, bool, bool]) -> None:
    """G_two = sum_n g_n f((V - V_n)/w_n) + offset, G = G_two/(1 + R_s G_two), written out with scipy's logistic."""
    modes, full = drawn
    heights, resistance, offset, descending = option
    x = np.linspace(-4, 4, 9)
    two = np.full(x.size, full[-2] if offset else 0.0)
    for n in range(modes):
        z = (x - full[modes + n]) / full[2 * modes + n]
        two = two + (full[0] if heights == "equal" else full[n]) * expit(-z if descending else z)
    expected = two / (1 + (full[-1] if resistance == "free" else 0.0) * two)
    np.testing.assert_allclose(
        build(modes, option).function(x, vector(full, modes, option)), expected, rtol=1e-12, atol=1e-14
    )


@pytest.mark.parametrize("width", [0.0, 1e-300, 1e-12])
def test_narrow_risers_are_jumps(width: float) -> None:
    """w -> 0: the sum of the heights whose thresholds are passed; half a height on a threshold."""
    model = staircase(3, heights="free", offset=True)
    values = np.array([1.0, 2.0, 4.0, -1.0, 0.0, 1.0, width, width, width, 0.25])
    x = np.array([-5.0, -1.0, -0.5, 0.0, 0.5, 1.0, 5.0])
    np.testing.assert_array_equal(model.function(x, values) - 0.25, [0, 0.5, 1, 2, 3, 5, 7])
    assert np.isfinite(model.jacobian(x, values)).all()


def test_far_away_it_is_flat() -> None:
    model = staircase(3, heights="free", offset=True)
    values = np.array([1.0, 2.0, 4.0, -1.0, 0.0, 1.0, 0.1, 0.2, 0.3, 0.25])
    np.testing.assert_array_equal(model.function(np.array([-1e6, 1e6]), values), [0.25, 7.25])
    jacobian = model.jacobian(np.array([1e6]), values)[0]
    np.testing.assert_array_equal(jacobian, [1, 1, 1, 0, 0, 0, 0, 0, 0, 1])


@given(st.integers(1, 8), st.floats(1e-5, 1e-4), st.floats(0, 5e4))
def test_series_resistance_adds_to_the_resistance(n: int, step: float, resistance: float) -> None:
    """1/G = 1/(n g) + R_s far above n thresholds: resistors in series."""
    model = staircase(n, series_resistance="free", offset=False)
    values = np.concatenate([[step], np.arange(n), np.full(n, 0.01), [resistance]])
    measured = model.function(np.array([100.0]), values)[0]
    assert 1 / measured == pytest.approx(1 / (n * step) + resistance, rel=1e-12)


@given(parameters())
def test_descending_is_the_mirror(drawn: tuple[int, np.ndarray]) -> None:
    modes, full = drawn
    up, down = build(modes, ("free", "free", True, False)), build(modes, ("free", "free", True, True))
    mirrored = full.copy()
    mirrored[modes : 2 * modes] *= -1
    x = np.linspace(-4, 4, 9)
    np.testing.assert_allclose(down.function(x, mirrored), up.function(-x, full), rtol=1e-13)


@given(parameters())
def test_conductance_rises_with_x(drawn: tuple[int, np.ndarray]) -> None:
    """Positive heights, R_s >= 0 and an offset >= 0 leave no way down."""
    modes, full = drawn
    full[-2] = abs(full[-2])
    y = build(modes, ("free", "free", True, False)).function(np.linspace(-5, 5, 101), full)
    assert np.all(np.diff(y) >= -1e-14)


def test_parameters_say_what_they_are() -> None:
    model = staircase(2, series_resistance="free")
    assert model.names == (
        "step_height",
        "threshold_1",
        "threshold_2",
        "width_1",
        "width_2",
        "offset",
        "series_resistance",
    )
    assert [p.unit for p in model.parameters] == ["y", "x", "x", "x", "x", "y", "1/y"]
    assert [p.lower for p in model.parameters if p.name.startswith("width")] == [0.0, 0.0]
    assert all(p.meaning and p.symbol for p in model.parameters)
    assert staircase(2, heights="free").names[:2] == ("height_1", "height_2")
    assert model.reference.startswith("doi:10.1016/")


@pytest.mark.parametrize(
    "options", [{"modes": 0}, {"modes": -1}, {"modes": 2, "heights": "same"}, {"modes": 2, "series_resistance": "fit"}]
)
def test_impossible_options(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"at least one step|no such option"):
        staircase(**options)  # type: ignore[arg-type]


# -- options ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "widths"),
    [
        ({}, ["width_1", "width_2"]),
        ({"widths": "shared"}, ["width"]),
        ({"broadening": "thermal*saddle"}, ["thermal_width", "saddle_width"]),
        ({"broadening": "thermal*saddle", "temperature": 4.2}, ["lever_arm", "saddle_width"]),
    ],
)
def test_the_order_of_all_parameters(options: dict[str, object], widths: list[str]) -> None:
    everything = {
        **options,
        "heights": "free",
        "series_resistance": "free",
        "gate_map": "exponential",
        "bias": "free",
        "modulation": "free",
        "sub_step": "free",
    }
    model = staircase(2, **everything)  # type: ignore[arg-type]
    names = as_lmfit(2, **everything).param_names  # type: ignore[arg-type]
    shapes = ["curvature", "bias_splitting", "modulation", "sub_fraction", "sub_threshold", "sub_width"]
    order = ["height_1", "height_2", "threshold_1", "threshold_2", *widths, *shapes, "offset", "series_resistance"]
    assert list(model.names) == order
    assert names == order
    assert all(p.meaning and p.symbol for p in model.parameters)
    bounds = {p.name: (p.lower, p.upper) for p in model.parameters}
    assert {n for n in order if bounds[n][0] == 0} == {
        *widths,
        "bias_splitting",
        "modulation",
        "sub_fraction",
        "sub_width",
    }
    assert {n for n in order if bounds[n][1] < np.inf} == {"sub_fraction"}


def test_the_references_follow_the_options() -> None:
    assert staircase(2).reference == "doi:10.1016/S0081-1947(08)60091-0"
    reference = staircase(2, broadening="thermal*saddle", bias="free").reference
    assert reference.endswith("; doi:10.1103/PhysRevB.41.7906; doi:10.1103/PhysRevB.39.8040")
    assert staircase(2, broadening="thermal*saddle", temperature=4.2).name.endswith("thermal*saddle risers at 4.2 K")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"widths": "equal"}, "no such option: widths='equal'; choose free or shared"),
        ({"gate_map": "log"}, "gate_map"),
        ({"broadening": "thermal"}, "broadening"),
        ({"bias": 0.1}, "bias=0.1"),
        ({"modulation": "on"}, "modulation"),
        ({"sub_step": "0.7"}, "sub_step"),
        ({"temperature": 4.2}, "a temperature fixes the thermal part"),
        ({"broadening": "thermal*saddle", "temperature": 0.0}, "positive and finite"),
        ({"broadening": "thermal*saddle", "temperature": math.inf}, "positive and finite"),
        ({"broadening": "thermal*saddle", "temperature": math.nan}, "positive and finite"),
        ({"bias": "free", "bias_symmetry": 1.1}, "between 0 and 1"),
        ({"bias": "free", "bias_symmetry": math.nan}, "between 0 and 1"),
        ({"bias_symmetry": 0.4}, "divides a finite bias"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)) as caught:
        staircase(2, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


# -- in other people's code -------------------------------------------------------------------------------------------


def noisy() -> tuple[np.ndarray, np.ndarray, float, dict[str, float]]:
    truth = {
        "step_height": 1.02,
        "threshold_1": 1.0,
        "threshold_2": 3.1,
        "width_1": 0.15,
        "width_2": 0.2,
        "offset": 0.05,
    }
    x, std = np.linspace(0, 4.5, 120), 0.02
    y = staircase(2).function(x, np.array(list(truth.values()))) + std * np.random.default_rng(7).normal(size=x.size)
    return x, y, std, truth


def test_lmfit_and_iminuit_agree() -> None:
    """Two engines, one cost: the minimum and the covariance of the same least squares."""
    x, y, std, truth = noisy()
    model = as_lmfit(2)
    start = {name: value * 1.05 for name, value in truth.items()}
    ours = model.fit(y, x=x, weights=np.full(x.size, 1 / std), scale_covar=False, **start)
    names = staircase(2).names

    def formula(x: np.ndarray, *values: float) -> np.ndarray:
        return staircase(2).function(x, np.array(values))

    minuit = Minuit(LeastSquares(x, y, std, formula), *[start[n] for n in names], name=names)
    minuit.strategy, minuit.tol = 2, 1e-6
    minuit.migrad()
    minuit.hesse()
    assert ours.success
    assert minuit.valid
    for name in names:
        assert ours.params[name].value == pytest.approx(minuit.values[name], abs=1e-4 * minuit.errors[name])
        # lmfit linearises (Gauss and Newton), iminuit takes the whole Hessian: they differ by curvature times residuals
        assert ours.params[name].stderr == pytest.approx(minuit.errors[name], rel=0.1)
        assert (
            abs(ours.params[name].value - truth[name]) < 5 * ours.params[name].stderr
        )  # 6e-7 each by chance; the seed is fixed


def test_the_lmfit_model_is_ours() -> None:
    x, _, _, truth = noisy()
    model = as_lmfit(2)
    expected = staircase(2).function(x, np.array(list(truth.values())))
    assert model.param_names == list(staircase(2).names)
    assert model.independent_vars == ["x"]
    np.testing.assert_array_equal(model.eval(x=x, **truth), expected)
    np.testing.assert_array_equal(model.eval(x=pd.Series(x), **truth), expected)
    np.testing.assert_array_equal(model.eval(x=list(x), **truth), expected)
    assert float(model.eval(x=x[7], **truth)) == pytest.approx(expected[7], rel=1e-15)
    made = model.make_params(**truth)
    assert (made["width_1"].min, made["step_height"].min) == (0.0, -math.inf)


def test_every_option_reaches_lmfit() -> None:
    assert as_lmfit(1, heights="free", series_resistance="free", offset=False).param_names == [
        "height_1",
        "threshold_1",
        "width_1",
        "series_resistance",
    ]
    values = {"step_height": 1.0, "threshold_1": 0.0, "width_1": 0.1}
    assert as_lmfit(1, offset=False, descending=True).eval(x=np.array([-9.0, 9.0]), **values) == pytest.approx(
        [1.0, 0.0]
    )
