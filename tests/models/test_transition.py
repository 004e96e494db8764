"""The line of a charge transition: exact limits, quadrature and mpmath as independent engines, derivatives, and a series."""

import mpmath
import numpy as np
import pytest
from scipy.integrate import quad

from gzero.models.transition import SHAPES, occupation, polygamma, quarter_width, transition
from gzero.quanta import KB, E

X = np.linspace(-1.0, 1.0, 41)
VALUES = {
    "position": 0.1, "amplitude": -0.5, "thermal_width": 0.05, "lifetime_width": 0.03, "lever_arm": KB * 0.2 / E / 0.05,
    "base_temperature": 0.15, "level": 0.3, "slope": 0.2, "curvature": -0.1,
}  # fmt: skip


@pytest.mark.parametrize(
    "z", [0.5 + 0.3j, 0.05 + 2j, 1.4 + 1e-6j, 3 + 40j, 0.5 + 0j, 0.5 + 300j, 12 + 0.1j, 0.7 + 1e100j]
)
def test_polygamma_against_mpmath(z: complex) -> None:
    """mpmath in 30 digits; 1e-14 is a few roundings of the sum of ten terms and a series. Of psi a line is the imaginary part,
    which is held to its own size, as near the middle of the step it is small."""
    with mpmath.workdps(30):
        psi, trigamma = (complex(mpmath.psi(order, mpmath.mpc(z.real, z.imag))) for order in (0, 1))
    found = [complex(f[0]) for f in polygamma(np.array([z]))]
    assert found[0].imag == pytest.approx(psi.imag, rel=1e-14)
    assert found[0].real == pytest.approx(psi.real, rel=1e-14, abs=1e-14)  # psi has a zero at 1.46
    assert abs(found[1] / trigamma - 1) < 1e-14


def test_polygamma_of_arrays_is_that_of_their_numbers() -> None:
    """In any shape, to a rounding: sums of an array may be taken in another order."""
    z = 0.6 + 1j * np.linspace(-3, 3, 6)
    for whole, single in zip(
        polygamma(z.reshape(2, 3)), zip(*(polygamma(z[i : i + 1]) for i in range(6)), strict=True), strict=True
    ):
        np.testing.assert_allclose(whole.ravel(), np.concatenate(single), rtol=1e-14)


def test_the_line_is_the_convolution_of_fermi_and_lorentz() -> None:
    """g(v) = int tanh(u/2 Theta) L(v - u) du, by quadrature (1e-9 is what it promises)."""
    theta, gamma = 0.05, 0.03
    for v in (-0.4, -0.03, 0.0, 0.02, 0.15):

        def integrand(u: float, v: float = v) -> float:
            return np.tanh(u / (2 * theta)) * gamma / np.pi / ((v - u) ** 2 + gamma**2)

        inner = quad(integrand, -3, 3, points=[v, 0.0], limit=400, epsabs=1e-12, epsrel=1e-12)[0]
        # beyond +-3 the hyperbolic tangent is 1 to 1e-25
        outer = (np.arctan((v + 3) / gamma) - np.arctan((3 - v) / gamma)) / np.pi
        tails = 0.5 - np.arctan((3 - v) / gamma) / np.pi - (0.5 - np.arctan((3 + v) / gamma) / np.pi)
        assert outer == pytest.approx(tails, abs=1e-12)
        assert occupation(np.array([v]), theta, gamma)[0] == pytest.approx(inner + tails, abs=1e-9)


def test_limits() -> None:
    """Gamma -> 0 is tanh(v/2 Theta) to first order in Gamma; Theta -> 0 is (2/pi) arctan(v/Gamma) to second order in Theta."""
    np.testing.assert_allclose(occupation(X, 0.05, 1e-12), np.tanh(X / 0.1), atol=1e-10)
    np.testing.assert_allclose(occupation(X, 1e-7, 0.03), 2 / np.pi * np.arctan(X / 0.03), atol=1e-10)
    np.testing.assert_allclose(occupation(-X, 0.05, 0.03), -occupation(X, 0.05, 0.03), atol=1e-15)
    assert occupation(np.array([1e4]), 0.05, 0.03)[0] == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_array_equal(occupation(X, -0.05, 0.03), occupation(X, 0.05, 0.03))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("background", ["line", "parabola"])
@pytest.mark.parametrize("temperature", [None, 0.1])
def test_the_jacobian_is_the_derivative(shape, background, temperature) -> None:
    """Central differences of step 1e-5: good to about 1e-9 of the largest slope."""
    if shape == "lifetime" and temperature is not None:
        with pytest.raises(ValueError, match="no temperature"):
            transition(shape, background=background, temperature=temperature)
        return
    model = transition(shape, background=background, temperature=temperature)
    at = np.array([VALUES[name] for name in model.names])
    steps = np.diag(1e-5 * np.maximum(np.abs(at), 1e-7))
    numeric = np.column_stack([(model.function(X, at + d) - model.function(X, at - d)) / (2 * d.sum()) for d in steps])
    analytic = model.jacobian(X, at)
    assert np.all(np.abs(analytic - numeric).max(axis=0) < 1e-7 * np.abs(analytic).max(axis=0) + 1e-12)


def test_a_temperature_is_a_width() -> None:
    """Theta = kB sqrt(T^2 + T_0^2)/(e alpha), by hand."""
    warm = transition("thermal*lifetime", temperature=0.3)
    plain = transition("thermal*lifetime")
    given = {**VALUES, "lever_arm": 0.02, "base_temperature": 0.4, "thermal_width": KB * 0.5 / (E * 0.02)}
    np.testing.assert_allclose(
        warm.function(X, np.array([given[n] for n in warm.names])),
        plain.function(X, np.array([given[n] for n in plain.names])),
        rtol=1e-13,
    )


def test_quarter_width() -> None:
    """tanh(u/2 Theta) = 1/2 at 2 artanh(1/2) Theta = ln 3 Theta, arctan at Gamma; degree one in the widths (Euler)."""
    assert quarter_width("thermal", 2.0, np.nan)[0] == pytest.approx(2 * np.log(3.0), rel=1e-14)
    assert quarter_width("lifetime", np.nan, 3.0)[0] == 3.0
    at, slopes = quarter_width("thermal*lifetime", 2.0, 1.5)
    assert occupation(np.array([at]), 2.0, 1.5)[0] == pytest.approx(0.5, abs=1e-12)
    assert slopes @ [2.0, 1.5] == pytest.approx(at, rel=1e-10)


def test_no_such_line() -> None:
    with pytest.raises(ValueError, match="no such shape"):
        transition("kondo")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no such background"):
        transition("thermal", background="cubic")  # type: ignore[arg-type]


def test_as_lmfit() -> None:
    """The same numbers by name, with the bounds as hints."""
    model = transition("thermal*lifetime")
    lmfit_model = model.as_lmfit()
    by_name = {name: VALUES[name] for name in model.names}
    np.testing.assert_array_equal(lmfit_model.eval(x=X, **by_name), model.function(X, np.array(list(by_name.values()))))
    assert lmfit_model.param_hints["lifetime_width"]["min"] == 0.0
