"""The drifting packet: it solves its equation, holds its number, and has the moments of a drift and a diffusion."""

import numpy as np
import pytest
from scipy.integrate import quad

from gzero.models.pulse import PARAMETERS, along, packet, passing, slopes

# a packet as in silicon: N, D, v, s_0, x_0, 1/tau, b
VALUES = np.array([1e-3, 1.2e-3, 240.0, 1e-8, 1e-4, 3e4, 0.02])


def at(x: float, t: float, values: np.ndarray = VALUES) -> float:
    return float(packet(np.array([x]), np.array([t]), values)[0])


def test_it_solves_the_continuity_equation() -> None:
    """dn/dt = D n'' - v n' - n/tau of the packet without background, by central differences of second order: steps of a
    hundredth of the packet leave 1e-4 of each term."""
    values = VALUES.copy()
    values[6] = 0.0
    t = 1e-5
    width = np.sqrt(values[3] + 2 * values[1] * t)
    h, k = 0.01 * width, 0.01 * width / values[2]
    for x in values[4] + values[2] * t + width * np.array([-1.5, -0.3, 0.8, 2.0]):
        in_time = (at(x, t + k, values) - at(x, t - k, values)) / (2 * k)
        once = (at(x + h, t, values) - at(x - h, t, values)) / (2 * h)
        twice = (at(x + h, t, values) - 2 * at(x, t, values) + at(x - h, t, values)) / h**2
        terms = [values[1] * twice, -values[2] * once, -values[5] * at(x, t, values)]
        assert abs(in_time - sum(terms)) < 1e-3 * max(abs(v) for v in (*terms, in_time))


@pytest.mark.parametrize("t", [0.0, 3e-6, 2e-5])
def test_number_mean_and_variance(t: float) -> None:
    """Integrals over x: N exp(-t/tau), x_0 + v t, s_0 + 2 D t, by quadrature."""
    n, d, v, s0, x0, rate, b = VALUES
    width = np.sqrt(s0 + 2 * d * t)
    ends = (x0 + v * t - 12 * width, x0 + v * t + 12 * width)
    weight = [
        quad(lambda x, k=k: (x - ends[0]) ** k * (at(x, t) - b), *ends, epsabs=0, epsrel=1e-10)[0] for k in range(3)
    ]
    mean = weight[1] / weight[0]
    assert weight[0] == pytest.approx(n * np.exp(-rate * t), rel=1e-8)
    assert mean + ends[0] == pytest.approx(x0 + v * t, rel=1e-8)
    assert weight[2] / weight[0] - mean**2 == pytest.approx(s0 + 2 * d * t, rel=1e-6)


def test_before_the_injection_there_is_the_background() -> None:
    assert at(1e-4, -1e-9) == VALUES[6]
    assert np.all(slopes(np.array([1e-4]), np.array([-1e-9]), VALUES)[0, :6] == 0)
    # a point at t = 0 is nowhere else, and nothing warns
    point = VALUES.copy()
    point[3] = 0.0
    assert at(5e-4, 0.0, point) == VALUES[6]


def test_both_views_are_the_same_packet() -> None:
    x, t = np.array([1e-3, 2.4e-3]), np.array([8e-6, 1e-5])
    assert along(1e-5).function(x, VALUES)[1] == passing(2.4e-3).function(t, VALUES)[1] == at(2.4e-3, 1e-5)


@pytest.mark.parametrize("i", range(7))
def test_the_derivatives(i: int) -> None:
    """Against central differences: second order in 1e-5 of the value."""
    x, t = np.linspace(1.5e-3, 3.3e-3, 9), np.full(9, 1e-5)
    step = 1e-5 * VALUES[i]
    up, down = VALUES.copy(), VALUES.copy()
    up[i], down[i] = VALUES[i] + step, VALUES[i] - step
    expected = (packet(x, t, up) - packet(x, t, down)) / (2 * step)
    found = slopes(x, t, VALUES)[:, i]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7 * np.max(np.abs(expected)))
    assert PARAMETERS[i].name == along(1.0).names[i]
