"""The plateau estimator: counts from pinch-off, levels and their uncertainties against synthetic truth and measured files."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from gzero.measurement.curve import Curve
from gzero.quanta import G0
from gzero.reduction.plateaus import find_staircase, is_flat


def curve_of(synthetic, *, descending: bool = False) -> Curve:
    m = synthetic.measurement
    x, y = m.abscissa.values, m.ordinate.values / G0
    return Curve(x=-x[::-1], y=y[::-1]) if descending else Curve(x=x, y=y)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("steps", [1, 4, 7, 12])
def test_counts_and_levels_without_noise(make, steps: int, descending: bool) -> None:
    stairs = find_staircase(curve_of(make(noise=0.0, steps=steps, points=100 * steps), descending=descending))
    assert [p.index for p in stairs.plateaus] == list(range(1, steps + 1))
    assert stairs.pinched_off
    assert stairs.descending == descending
    for p in stairs.plateaus:
        # spacing 12 w: at a plateau's middle each neighbouring riser is exp(-6) = 0.25 % off, half a window further 2 %
        assert p.level == pytest.approx(p.index, abs=0.01)
        assert is_flat(p)
        assert abs(p.level - p.index) < 2 * np.hypot(p.std_noise, p.std_window)


def test_plateaus_are_counted_not_rounded(make) -> None:
    """Steps of 1.5 quanta are plateaus 1, 2, 3 all the same: an index is a number of risers."""
    stairs = find_staircase(curve_of(make(height=1.5, noise=0.005, steps=3)))
    assert [p.index for p in stairs.plateaus] == [1, 2, 3]
    assert [p.level for p in stairs.plateaus] == pytest.approx([1.5, 3.0, 4.5], abs=0.02)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("noise", [0.01, 0.02, 0.05])
def test_noise_makes_no_risers(make, seed: int, noise: float) -> None:
    stairs = find_staircase(curve_of(make(seed=seed, noise=noise)))
    assert [p.index for p in stairs.plateaus] == [1, 2, 3, 4]
    assert stairs.noise == pytest.approx(noise, rel=0.25)
    for p in stairs.plateaus:
        assert abs(p.level - p.index) < 4 * np.hypot(p.std_noise, p.std_window)


@pytest.mark.parametrize("world", ["heteroscedastic", "1/f", "telegraph"])
def test_noise_on_the_top_plateau_makes_no_riser(make, world: str) -> None:
    """A rise of a few per cent that the curve does not end on is held to the size of a riser, above the last one too.

    These seeds have such a rise; counted as a fifth step it made the step height 0.77 in 1/f noise.
    """
    seeds = {"heteroscedastic": (2, 3, 5, 12, 13), "1/f": (116,), "telegraph": (152, 184, 213)}[world]
    for seed in seeds:
        stairs = find_staircase(curve_of(make(seed=seed, world=world, noise=0.02, stated_std=False)))
        # each threshold to a width, which is a twelfth of their distance
        assert [riser.x for riser in stairs.risers] == pytest.approx([6, 18, 30, 42], abs=1.0)
        assert [p.index for p in stairs.plateaus] == [1, 2, 3, 4]


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_riser_that_the_curve_ends_on_is_one_however_little_of_it_is_seen(make, share: float) -> None:
    full = curve_of(make(noise=0.005, points=600))
    keep = full.x < 42 + np.log(share / (1 - share))  # where the last logistic of unit width passes that share
    stairs = find_staircase(Curve(x=full.x[keep], y=full.y[keep]))
    assert len(stairs.risers) == 4
    assert [p.index for p in stairs.plateaus] == [1, 2, 3]
    # its foot is not taken for plateau 3: 45 readings of 0.005 and what the window may change
    assert stairs.plateaus[-1].level == pytest.approx(3.0, abs=0.01)


def test_a_straight_line_has_no_plateau() -> None:
    x = np.linspace(0, 1, 200)
    rng = np.random.default_rng(0)
    stairs = find_staircase(Curve(x=x, y=4 * x + 0.01 * rng.normal(size=x.size)))
    assert not [p for p in stairs.plateaus if is_flat(p)]


def test_a_constant_has_no_riser() -> None:
    stairs = find_staircase(Curve(x=np.linspace(0, 1, 50), y=np.full(50, 2.0)))
    assert stairs.risers == ()
    assert stairs.plateaus == ()


def test_a_curve_that_starts_above_pinch_off_says_so(make) -> None:
    curve = curve_of(make(noise=0.01, steps=4))
    keep = curve.y > 1.5
    stairs = find_staircase(Curve(x=curve.x[keep], y=curve.y[keep]))
    assert not stairs.pinched_off


def test_a_shoulder_is_flagged_and_not_counted(make) -> None:
    """A sub-step at 0.7 of the first quantum, as published for clean constrictions (Thomas et al. 1996,
    doi 10.1103/PhysRevLett.77.135), is structure on the first riser."""
    x = np.linspace(0, 54, 800)
    f = lambda v: 1 / (1 + np.exp(-(x - v)))  # noqa: E731
    y = 0.7 * f(6) + 0.3 * f(14) + f(26) + f(40)
    stairs = find_staircase(Curve(x=x, y=y + 0.003 * np.random.default_rng(1).normal(size=x.size)))
    assert [round(p.level) for p in stairs.plateaus] == [p.index for p in stairs.plateaus]
    assert len(stairs.sub_steps) == 1
    assert stairs.sub_steps[0][0] == pytest.approx(0.7, abs=0.03)


# -- what the readings make of the levels -----------------------------------------------------------------------------

STEPS, NOISE = 4, 0.02


def evenly_spaced(spacing: float, steps: int = 3) -> Curve:
    """Logistic steps of unit width and height without noise, 25 readings to 12 widths."""
    x = np.linspace(0, (steps + 0.5) * spacing, int(300 * spacing / 12))
    return Curve(x=x, y=sum(1 / (1 + np.exp(-(x - spacing * (n + 0.5)))) for n in range(steps)))  # type: ignore[arg-type]


def levels_on(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Baseline and plateaus."""
    stairs = find_staircase(Curve(x=x, y=y))
    assert stairs.baseline is not None
    return np.array([stairs.baseline.level, *(p.level for p in stairs.plateaus)])


@cache
def drawn(draws: int = 300) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(levels, their claimed covariance, plain means over the same windows) of independent sweeps with white noise."""
    clean = evenly_spaced(12, STEPS)
    levels, covariances, means = [], [], []
    for seed in range(draws):
        y = clean.y + NOISE * np.random.default_rng(seed).normal(size=len(clean))
        plateaus = find_staircase(Curve(x=clean.x, y=y)).plateaus
        assert [p.index for p in plateaus] == [1, 2, 3, 4]
        response = np.array([p.response for p in plateaus])
        levels.append([p.level for p in plateaus])
        covariances.append(NOISE**2 * response @ response.T)
        means.append([y[p.first : p.last + 1].mean() for p in plateaus])
    return np.array(levels), np.array(covariances), np.array(means)


def test_levels_are_unbiased_on_the_top_plateau_too() -> None:
    """No riser above it makes up for what the one below still lacks: a plain mean is low there, by the mean of a tail of
    at most 6 %, which is eight of the standard errors that the level itself keeps three of."""
    levels, _, means = drawn()
    error = np.std(levels, axis=0, ddof=1) / np.sqrt(len(levels))
    assert np.all(error < 3.5e-4)  # a fiftieth of the noise of a reading
    assert np.all(np.abs(levels.mean(axis=0) - [1, 2, 3, 4]) < 3 * error)
    assert 4 - means[:, 3].mean() > 8 * error[3]


def test_levels_scatter_as_their_covariance_says() -> None:
    """Each std from 300 draws to 1/sqrt(600) and each correlation to 1/sqrt(300), times 3.5; windows that the noise
    chooses take another 3 %. Together: the squared pulls of the four levels, chi2 of four with std sqrt(8/300)."""
    levels, covariances, _ = drawn()
    claimed = covariances.mean(axis=0)
    scatter = np.cov(levels.T)
    ratio = np.sqrt(np.diag(scatter) / np.diag(claimed))
    np.testing.assert_allclose(ratio, 1.0, atol=3.5 / np.sqrt(600) + 0.03)
    sizes = np.sqrt(np.outer(np.diag(claimed), np.diag(claimed)))
    upper = np.triu_indices(STEPS, 1)
    np.testing.assert_allclose(np.corrcoef(levels.T)[upper], (claimed / sizes)[upper], atol=3.5 / np.sqrt(300))
    away = levels - np.arange(1, STEPS + 1)
    square = np.einsum("si,sij,sj->s", away, np.linalg.inv(covariances), away)
    assert np.mean(square) == pytest.approx(STEPS, abs=3.5 * np.sqrt(2 * STEPS / 300) + 0.06 * STEPS)


@pytest.mark.parametrize(("spacing", "tolerance"), [(12, 0.2), (40, 0.01), (80, 5e-3)])
def test_the_response_is_the_derivative_of_the_level(spacing: float, tolerance: float) -> None:
    """By central differences of the whole search, in ten random directions, over the response's length.

    Tails need levels and levels need tails, and two rounds of that are made, the second from the lines of the first:
    what they leave out is about the square of what one round does, 3/spacing, and vanishes with the distance of the
    risers. The step of the differences is small enough for no window to jump by a reading; they are exact to the square
    of it, 1e-12.
    """
    clean = evenly_spaced(spacing)
    stairs = find_staircase(clean)
    assert stairs.baseline is not None
    response = np.array([p.response for p in (stairs.baseline, *stairs.plateaus)])
    rng = np.random.default_rng(5)
    step = 1e-6
    for _ in range(10):
        direction = rng.normal(size=len(clean))
        up, down = (levels_on(clean.x, clean.y + sign * step * direction) for sign in (1, -1))
        error = (up - down) / (2 * step) - response @ direction
        assert np.all(np.abs(error) < tolerance * np.linalg.norm(response, axis=1))


@pytest.mark.parametrize("descending", [False, True])
def test_a_constant_moves_every_level_by_itself(descending: bool) -> None:
    """Whatever is taken out as tails rests on differences of readings; so the response adds up to one. And a level scales
    with the readings."""
    clean = evenly_spaced(12)
    x, y = (-clean.x[::-1], clean.y[::-1]) if descending else (clean.x, clean.y)
    plain = levels_on(x, y)
    for constant in (0.3, -0.2, 7.0):
        np.testing.assert_allclose(levels_on(x, y + constant) - constant, plain, atol=1e-12)
    np.testing.assert_allclose(levels_on(x, 2.5 * y), 2.5 * plain, atol=1e-12)
    stairs = find_staircase(Curve(x=x, y=y))
    for plateau in stairs.plateaus:
        assert plateau.response.sum() == pytest.approx(1.0, abs=1e-12)
        assert plateau.response.size == len(clean)
        # most of a level comes from its own window
        assert np.sum(plateau.response[plateau.first : plateau.last + 1]) > 0.8


def test_the_windows_of_falling_conductance_are_those_of_rising_conductance() -> None:
    clean = evenly_spaced(12)
    up = find_staircase(clean)
    down = find_staircase(Curve(x=-clean.x[::-1], y=clean.y[::-1]))
    for a, b in zip(up.plateaus, down.plateaus, strict=True):
        assert a.level == pytest.approx(b.level, rel=1e-12)
        assert (len(clean) - 1 - b.last, len(clean) - 1 - b.first) == (a.first, a.last)
        np.testing.assert_allclose(b.response[::-1], a.response, atol=1e-12)
        assert b.slope == pytest.approx(-a.slope, rel=1e-9)


def test_what_chance_makes_of_a_window_is_no_uncertainty_of_it() -> None:
    """A slope or a choice of the window within two and a half of its own standard uncertainties adds nothing: in white
    noise 1.2 % of each of the two do, and what is added has the size of what is beyond."""
    clean = evenly_spaced(12, STEPS)
    added = tried = 0
    for seed in range(100):
        y = clean.y + NOISE * np.random.default_rng(seed).normal(size=len(clean))
        for p in find_staircase(Curve(x=clean.x, y=y)).plateaus:
            tried += 1
            added += p.std_window > 0
            assert len(p.changes) == 2
            for change in p.changes:
                assert abs(change.weights.sum()) < 1e-9  # a change of a level is none by a constant
    # 2.5 % of 400 with five standard deviations, and as many again as noise of the windows' own choice
    assert added <= 2 * (0.025 * tried + 5 * np.sqrt(0.025 * tried))


@pytest.mark.parametrize("slope", [3e-4, 1.5e-3])
def test_a_sloping_plateau_is_uncertain_by_its_slope(slope: float) -> None:
    """The change across the window over sqrt(12), as a level anywhere in it has; and the level is that of its middle.

    Long plateaus, since a logistic tail takes up part of a slope: a seventh of it on plateaus of 40 widths.
    """
    clean = evenly_spaced(40)
    stairs = find_staircase(Curve(x=clean.x, y=clean.y + slope * clean.x))
    for p, plain in zip(stairs.plateaus, find_staircase(clean).plateaus, strict=True):
        assert p.std_window == pytest.approx(slope * (p.x_high - p.x_low) / np.sqrt(12), rel=0.2)
        assert plain.std_window < 0.01 * p.std_window
        assert p.level == pytest.approx(p.index + slope * (p.x_high + p.x_low) / 2, abs=p.std_window / 10)


def test_a_measured_pinch_off_has_no_counted_steps(measured) -> None:
    from gzero.pipeline.analyse import analyse_traces
    from gzero.pipeline.config import configure

    path = measured / "dots_qutech" / "pinchoff_scan_barrier_gate__B8.dat"
    (analysis,) = analyse_traces(path, configure(x="1", y="2", y_unit="2e^2/h", quantum="2e^2/h"))
    assert analysis.verdict is not None
    assert analysis.verdict.decision != "quantized"
