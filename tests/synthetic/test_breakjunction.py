"""Torn contacts with a known truth: what was put in is there."""

import numpy as np
import pytest

from gzero.errors import ConfigError
from gzero.quanta import G0
from gzero.synthetic.breakjunction import simulate


def matrix(traces: int, points: int, **given: object) -> tuple[np.ndarray, np.ndarray, dict[str, float]]:
    made = simulate(np.random.default_rng(4), seed=4, traces=traces, points=points, **given)  # type: ignore[arg-type]
    m = made.measurement
    return (
        m.ordinate.values.reshape(traces, points) / G0, m.abscissa.values.reshape(traces, points) * 1e9, dict(made.truth),
    )  # fmt: skip


def test_plateaus_last_as_long_as_the_law_says() -> None:
    """Jumps and no noise: the displacement above 0.5 is a sum of 3 exponentials of mean 0.25; 2000 traces know it to 1.3 %."""
    y, z, truth = matrix(2000, 400, peaks=3, between=0.0, noise=0.0, spread=0.0)
    spent = (y > 0.5).sum(axis=1) * (z[0, 1] - z[0, 0])
    std = 0.25 * np.sqrt(3 / 2000)
    # a reading is as wide as its neighbours are apart: half of that is a bias at most
    assert abs(spent.mean() - 0.75) < 4 * std + 0.5 * (z[0, 1] - z[0, 0])
    assert truth["plateau_length"] == pytest.approx(0.25e-9)
    assert {round(v, 9) for v in np.unique(y[y > 0.5])} == {1.0, 2.0, 3.0}


def test_plateaus_scatter_about_their_conductance() -> None:
    """The median height of the plateau at 1.15 (one height a trace) and its spread, 0.07 x 1.15, over 2000 traces."""
    y, _, truth = matrix(2000, 300, peaks=2, period=1.15, between=0.0, noise=0.0)
    heights = np.array([row[(row > 0.6) & (row < 1.7)][0] for row in y if ((row > 0.6) & (row < 1.7)).any()])
    assert heights.mean() == pytest.approx(1.15, abs=4 * 0.0805 / np.sqrt(heights.size))
    assert heights.std() == pytest.approx(0.0805, rel=4 / np.sqrt(2 * heights.size))
    assert truth["step_height"] == pytest.approx(1.15 * G0)
    assert truth["peak_2"] == pytest.approx(2.30 * G0)


def test_tunnelling_decays() -> None:
    """ln G falls by 1 in `decay`: between two readings after the break, exactly without noise."""
    y, z, _ = matrix(50, 500, peaks=1, noise=0.0, decay=0.1)
    late = np.log(y[:, -40:])
    slope = (late[:, -1] - late[:, 0]) / (z[0, -1] - z[0, -40])
    assert slope == pytest.approx(np.full(50, -10.0), rel=1e-9)


def test_the_instrument_reads_as_stated() -> None:
    """G_read = gain/(1/G + R_s) + offset, clipped: each against the formula from the same draws."""
    plain, _, _ = matrix(20, 100, noise=0.0)
    read, _, truth = matrix(20, 100, noise=0.0, series_resistance=400.0, gain=1.1, offset=0.03, rail=2.5)
    wanted = np.minimum(1.1 * plain / (1 + plain * G0 * 400.0) + 0.03, 2.5)
    assert read == pytest.approx(wanted, rel=1e-12)
    assert truth["offset"] == pytest.approx(0.03 * G0)


@pytest.mark.parametrize("world", ["white", "ar1", "adc"])
def test_noise_of_each_world_is_as_asked(world: str) -> None:
    """Standard deviation 0.02 about the noiseless traces; 6000 correlated readings (AR(1) 0.9: 19 to one) know it to 5 %."""
    plain, _, _ = matrix(40, 150, noise=0.0)
    noisy, _, _ = matrix(40, 150, world=world)
    assert np.std(noisy - plain) == pytest.approx(0.02, rel=0.2)


def test_positions_take_the_place_of_a_period() -> None:
    made = simulate(np.random.default_rng(1), seed=1, positions=(0.5, 1.0, 2.0))
    assert "step_height" not in made.truth
    assert made.truth["peak_1"] == pytest.approx(0.5 * G0)


@pytest.mark.parametrize(
    "given",
    [
        {"traces": 0}, {"points": 3}, {"period": -1.0}, {"peaks": 0}, {"positions": (2.0, 1.0)}, {"spread": -0.1},
        {"plateau_length": 0.0}, {"noise": float("nan")}, {"gain": 0.0}, {"rail": 0.0}, {"series_resistance": -1.0},
        {"length": -1.0}, {"decay": 0.0}, {"offset": float("inf")}, {"world": "pink"},
    ],
)  # fmt: skip
def test_a_session_that_there_is_not_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        simulate(np.random.default_rng(1), seed=1, **given)  # type: ignore[arg-type]
