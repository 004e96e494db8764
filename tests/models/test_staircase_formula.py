"""The riser family: every Jacobian, values by other engines, exact limits, and what the data can tell apart."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import least_squares
from scipy.special import expit

from gzero.models.model import Model
from gzero.models.staircase import staircase

WIDTHS: list[dict[str, object]] = [
    {"widths": "free"},
    {"widths": "shared"},
    {"broadening": "thermal*saddle"},
    {"broadening": "thermal*saddle", "temperature": 2000.0},  # a thermal width of 0.17 V over the lever arm
]
FAMILY = [
    {**width, "gate_map": gate_map, "bias": bias, "modulation": modulation, "sub_step": sub_step}
    for width in WIDTHS
    for gate_map in ("linear", "exponential")
    for bias in ("none", "free")
    for modulation in ("none", "free")
    for sub_step in ("none", "free")
]
EVERYTHING = FAMILY[-1] | {"heights": "free", "series_resistance": "free"}

RANGES = {
    "step_height": (0.2, 3), "height": (0.2, 3), "threshold": (-3, 3), "width": (0.2, 2), "thermal_width": (0.2, 2),
    "saddle_width": (0.2, 2), "lever_arm": (0.3, 1), "bias_splitting": (0, 3), "modulation": (0, 2),
    "sub_fraction": (0, 1), "sub_threshold": (-3, 3), "sub_width": (0.2, 2), "offset": (0, 0.5), "series_resistance": (0, 0.5),
}  # fmt: skip
CURVATURES = st.floats(-0.3, 0.3) | st.sampled_from([0.0, 1e-9, -1e-7])


def draw_values(data: st.DataObject, model: Model) -> np.ndarray:
    """A value for every parameter, from the range of its kind."""

    def one(name: str) -> float:
        kind = name if name in RANGES else name.rpartition("_")[0]
        return data.draw(CURVATURES if name == "curvature" else st.floats(*RANGES[kind]), label=name)

    return np.array([one(name) for name in model.names])


def draw_model(data: st.DataObject, options: dict[str, object], **fixed: object) -> Model:
    """One to three modes with the given options and any of the older ones."""
    older = {
        "heights": st.sampled_from(["equal", "free"]),
        "series_resistance": st.sampled_from(["none", "free"]),
        "offset": st.booleans(),
        "descending": st.booleans(),
    }
    drawn = {
        name: fixed[name] if name in fixed else data.draw(strategy, label=name) for name, strategy in older.items()
    }
    if options["bias"] == "free":
        drawn["bias_symmetry"] = fixed.get("bias_symmetry", data.draw(st.sampled_from([0.0, 0.5, 0.7]), label="beta"))
    return staircase(data.draw(st.integers(1, 3), label="modes"), **options, **drawn)  # type: ignore[arg-type]


def named(model: Model, **values: float) -> np.ndarray:
    """The value vector, by names."""
    assert set(values) == set(model.names)
    return np.array([values[name] for name in model.names])


@pytest.mark.parametrize("options", FAMILY, ids=lambda o: "-".join(map(str, o.values())))
@given(st.data())
@settings(max_examples=8, deadline=None)
def test_every_jacobian_is_the_derivative(options: dict[str, object], data: st.DataObject) -> None:
    """Against central differences, extrapolated to a step of zero (Richardson)."""
    model = draw_model(data, options)
    values = draw_values(data, model)
    x = np.linspace(-4, 4, 7)
    exact = model.jacobian(x, values)
    assert exact.shape == (7, len(model.names))

    def central(k: int, step: float) -> np.ndarray:
        up, down = values.copy(), values.copy()
        up[k] += step
        down[k] -= step
        return (model.function(x, up) - model.function(x, down)) / (2 * step)

    for k in range(values.size):
        step = 2e-4
        numeric = (4 * central(k, step / 2) - central(k, step)) / 3
        # left over: (8 step/w)^4/480 of a slope of at most 8 * 3/w (a curved map stretches by 8, w >= 0.17), 1e-9; rounding
        # 1e-14/step; and the 2e-13 of the convolution over step, where the narrower width becomes the wider on the way
        np.testing.assert_allclose(exact[:, k], numeric, atol=1e-8, rtol=1e-8, err_msg=model.names[k])


@pytest.mark.parametrize("options", FAMILY, ids=lambda o: "-".join(map(str, o.values())))
@given(st.data())
@settings(max_examples=5, deadline=None)
def test_the_family_rises_from_the_offset_to_all_the_heights(options: dict[str, object], data: st.DataObject) -> None:
    """Monotone; no mode far below and every height far above, whatever shapes the risers."""
    model = draw_model(data, options, series_resistance="none", descending=False)
    values = draw_values(data, model)
    at = dict(zip(model.names, values, strict=True))
    y = model.function(np.linspace(-8, 8, 81), values)
    assert np.all(np.diff(y) >= -1e-13)
    if "curvature" in at:
        return  # a curved map ends at an energy of 1/c on one side, which need not be far
    offset = at.get("offset", 0.0)
    total = sum(v for n, v in at.items() if n.startswith("height")) or at["step_height"] * sum(
        n.startswith("threshold") for n in at
    )
    np.testing.assert_allclose(model.function(np.array([-1e4, 1e4]), values), [offset, total + offset], atol=1e-13)


@pytest.mark.parametrize("options", FAMILY, ids=lambda o: "-".join(map(str, o.values())))
@given(st.data())
@settings(max_examples=5, deadline=None)
def test_descending_is_the_mirror_of_every_riser(options: dict[str, object], data: st.DataObject) -> None:
    """The map, the bias and the sub-step all act on the distance past the threshold, upwards in energy."""
    model = draw_model(
        data, options, heights="free", series_resistance="free", offset=True, descending=False, bias_symmetry=0.7
    )
    down = staircase(
        sum(name.startswith("height") for name in model.names),
        **options, heights="free", series_resistance="free", descending=True,
        bias_symmetry=0.7 if options["bias"] == "free" else 0.5,
    )  # type: ignore[arg-type]  # fmt: skip
    values = draw_values(data, model)
    mirrored = np.where(["threshold" in name for name in model.names], -values, values)
    x = np.linspace(-4, 4, 9)
    np.testing.assert_allclose(down.function(x, mirrored), model.function(-x, values), rtol=1e-13)
    turned = np.where(["threshold" in name for name in model.names], -1.0, 1.0)
    np.testing.assert_allclose(down.jacobian(x, mirrored) * turned, model.jacobian(-x, values), atol=1e-12)


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_series_resistance_adds_to_the_resistance_of_every_riser(data: st.DataObject) -> None:
    """1/G = 1/G_two + R_s at any x, with all options at once."""
    bare, loaded = (staircase(2, **EVERYTHING | {"series_resistance": r}) for r in ("none", "free"))  # type: ignore[arg-type]
    values, x = draw_values(data, bare), np.linspace(-2, 4, 7)
    two = bare.function(x, values)
    np.testing.assert_allclose(1 / loaded.function(x, np.append(values, 0.3)), 1 / two + 0.3, rtol=1e-12)


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_the_plain_staircase_is_the_limit_of_all_options(data: st.DataObject) -> None:
    """T -> 0, bias -> 0, modulation -> 0, c -> 0, and no second part of step 1."""
    plain, full = staircase(2, widths="shared", heights="free", series_resistance="free"), staircase(
        2, **EVERYTHING | {"temperature": None}  # type: ignore[arg-type]
    )  # fmt: skip
    values = dict(zip(plain.names, draw_values(data, plain), strict=True))
    width = values.pop("width")
    nothing = {
        "curvature": 0.0,
        "bias_splitting": 0.0,
        "modulation": 0.0,
        "sub_fraction": 1.0,
        "sub_threshold": 0.0,
        "sub_width": 1.0,
    }
    x = np.linspace(-4, 4, 33)
    expected = plain.function(x, named(plain, **values, width=width))
    for one, other in (("thermal_width", "saddle_width"), ("saddle_width", "thermal_width")):
        got = full.function(x, named(full, **values, **nothing, **{one: width, other: 0.0}))
        np.testing.assert_allclose(got, expected, atol=1e-14)


@given(st.floats(0.05, 2), st.floats(0.05, 2), st.floats(-2, 2))
def test_the_two_parts_of_a_riser_are_interchangeable(thermal: float, saddle: float, threshold: float) -> None:
    """So one curve does not say which is which."""
    assume(thermal != saddle)  # there the rule treats one as the wider: the next test
    model = staircase(1, broadening="thermal*saddle", offset=False)
    x = np.linspace(-4, 4, 17)
    one, other = ([1.0, threshold, *pair] for pair in ((thermal, saddle), (saddle, thermal)))
    np.testing.assert_array_equal(model.function(x, np.array(one)), model.function(x, np.array(other)))
    np.testing.assert_array_equal(model.jacobian(x, np.array(one))[:, [0, 1, 3, 2]], model.jacobian(x, np.array(other)))


def test_equal_parts_have_the_same_derivative() -> None:
    """And where the two are equal it cannot tell them apart at all: two columns of the Jacobian are one.

    The tolerance is what the rule leaves between the wider and the narrower width.
    """
    model = staircase(4, broadening="thermal*saddle")
    jacobian = model.jacobian(np.linspace(0, 1, 200), np.array([1.0, 0.2, 0.4, 0.6, 0.8, 0.02, 0.02, 0.0]))
    np.testing.assert_allclose(jacobian[:, 5], jacobian[:, 6], atol=1e-12 / 0.02)
    assert np.abs(jacobian[:, 5]).max() > 1


def test_a_series_of_temperatures_separates_them() -> None:
    """Six curves of one lever arm and one saddle, without noise: the truth comes back, from a start 30 % off."""
    truth = {"step_height": 1.0, "threshold_1": 0.02, "threshold_2": 0.05, "lever_arm": 0.05, "saddle_width": 1e-3}
    temperatures = (0.3, 1.0, 2.0, 4.2, 8.0, 12.0)  # thermal widths 0.5 to 21 mV over the lever arm
    models = [staircase(2, broadening="thermal*saddle", temperature=t, offset=False) for t in temperatures]
    x = np.linspace(0, 0.08, 161)  # V
    values = named(models[0], **truth)
    measured = [model.function(x, values) for model in models]
    scale = values * [1, 1, 1, 0.7, 1.3]
    fit = least_squares(
        lambda p: np.concatenate([m.function(x, p * scale) - y for m, y in zip(models, measured, strict=True)]),
        np.ones(5), jac=lambda p: np.vstack([m.jacobian(x, p * scale) * scale for m in models]), xtol=1e-14, ftol=1e-14, gtol=1e-14,
    )  # fmt: skip
    np.testing.assert_allclose(fit.x * scale, values, rtol=1e-8)
    # the exact k_B/e of the SI: 8.617333e-5 eV/K
    wide = staircase(2, broadening="thermal*saddle", offset=False)
    thermal = named(
        wide, **{n: v for n, v in truth.items() if n != "lever_arm"}, thermal_width=8.617333262e-5 * 4.2 / 0.05
    )
    np.testing.assert_allclose(wide.function(x, thermal), measured[3], atol=1e-9)


@pytest.mark.parametrize("beta", [0.5, 0.3, 1.0])
def test_half_plateaus(beta: float) -> None:
    """V_sd far above the widths, below the spacing: a plateau at n + 1/2 between V_n - beta V_sd and V_n + (1 - beta) V_sd."""
    model = staircase(3, bias="free", bias_symmetry=beta, widths="shared")
    values = named(
        model, step_height=2.0, threshold_1=0, threshold_2=10, threshold_3=20, width=0.05, bias_splitting=4, offset=0.0
    )
    half = np.array([0.0, 10.0, 20.0]) + (0.5 - beta) * 4
    np.testing.assert_allclose(model.function(half, values), [1, 3, 5], atol=1e-13)  # 40 widths from either end
    np.testing.assert_allclose(model.function(half + 5, values), [2, 4, 6], atol=1e-13)
    np.testing.assert_allclose(model.function(half - 2, values), [0.5, 2.5, 4.5], atol=1e-13)  # on the lower riser
    np.testing.assert_allclose(model.function(half + 2, values), [1.5, 3.5, 5.5], atol=1e-13)


def test_a_sub_step_is_no_step() -> None:
    """The 0.7 structure: a shoulder at 0.7 of step 1, and every plateau where it was."""
    model = staircase(2, sub_step="free", widths="shared")
    values = named(
        model, step_height=1.0, threshold_1=0, threshold_2=20, width=0.1, sub_fraction=0.7, sub_threshold=5, sub_width=0.2,
        offset=0.0,
    )  # fmt: skip
    np.testing.assert_allclose(model.function(np.array([-5, 2.5, 12, 30]), values), [0, 0.7, 1, 2], atol=1e-5)


def test_a_curved_map_makes_lopsided_risers() -> None:
    """As far below the threshold as above, in energy: (1/c) ln(1 +- c w z) in gate voltage."""
    model = staircase(1, gate_map="exponential", offset=False)
    values = named(model, step_height=1.0, threshold_1=2.0, width_1=0.5, curvature=0.4)
    z = np.array([-3.0, -1.0, 0.0, 1.0, 3.0])
    np.testing.assert_allclose(model.function(2 + np.log1p(0.4 * 0.5 * z) / 0.4, values), expit(z), rtol=1e-13)


def test_everything_at_once_by_another_engine() -> None:
    """Written out: the closed form of equal widths, averaged over the bias and (by quad) the modulation, on a curved map."""
    options = {**EVERYTHING, "temperature": None, "bias_symmetry": 0.3, "descending": True}
    model = staircase(1, **options)  # type: ignore[arg-type]
    values = named(
        model, height_1=2.0, threshold_1=0.5, thermal_width=0.3, saddle_width=0.3, curvature=0.2, bias_splitting=1.1,
        modulation=0.9, sub_fraction=0.6, sub_threshold=-0.4, sub_width=0.3, offset=0.1, series_resistance=0.2,
    )  # fmt: skip

    def closed(z: float) -> float:
        return 0.5 + z / 6 if abs(z) < 1e-4 else float(np.exp(z) * (np.expm1(z) - z) / np.expm1(z) ** 2)

    def opened(distance: float) -> float:
        energy = np.expm1(0.2 * distance) / 0.2
        shifted = (energy + 0.3 * 1.1, energy - 0.7 * 1.1)

        def integrand(angle: float) -> float:
            return 2 / np.pi * np.cos(angle) ** 2 * sum(closed((u - 0.9 * np.sin(angle)) / 0.3) for u in shifted) / 2

        return float(quad(integrand, -np.pi / 2, np.pi / 2, epsabs=1e-12)[0])

    x = np.linspace(-3, 3, 13)
    two = np.array([2.0 * (0.6 * opened(0.5 - v) + 0.4 * opened(-0.4 - v)) + 0.1 for v in x])
    # 2e-11 of the convolution, and the error of `closed` at small z, (1e-4)^3, over a step of height 2
    np.testing.assert_allclose(model.function(x, values), two / (1 + 0.2 * two), atol=1e-10)


@pytest.mark.parametrize("extra", [{}, {"temperature": 4.2}])
def test_widths_of_zero_are_jumps_with_a_finite_jacobian(extra: dict[str, float]) -> None:
    model = staircase(2, broadening="thermal*saddle", bias="free", offset=False, **extra)  # type: ignore[arg-type]
    for lever_arm in (0.0, 1e-300, 1.0) if extra else (0.0,):
        values = np.array([1.0, 0.0, 1.0, lever_arm, 0.0, 0.5])
        x = np.array([-3.0, 0.0, 0.25, 0.5, 4.0])
        if not extra:
            np.testing.assert_allclose(model.function(x, values), [0, 0.5, 0.75, 1, 2], atol=1e-14)
        assert np.isfinite(model.function(x, values)).all()
        assert np.isfinite(model.jacobian(x, values)).all()
