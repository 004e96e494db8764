"""What a looser fit would take up, against least squares by numpy; many together as each alone."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gzero.fitters.looser import Freedom, along, not_in, taken_up
from gzero.fitters.problem import Problem, both_of
from gzero.measurement.curve import Curve
from gzero.models.staircase import staircase
from gzero.reduction.learnt_spectrum import Residuals
from gzero.reduction.noise import Noise

Array = NDArray[np.float64]
S = 0.02


def freedom(seed: int, *, points: int, steps: int) -> Freedom:
    """A staircase of equal steps at its truth, and the one with a height for every step; synthetic."""
    rng = np.random.default_rng(seed)
    x = np.linspace(0.0, 12.0 * steps, points)
    equal, free = staircase(steps, offset=False), staircase(steps, heights="free", offset=False)
    truth = np.array([1.0, *(12.0 * (np.arange(steps) + 0.5)), *np.full(steps, 1.0 + 0.1 * (seed % 3))])
    noise = Noise(std=S * rng.uniform(0.8, 1.2, size=points), stated=True)
    curve = Curve(x=x, y=equal.function(x, truth) + noise.std * rng.normal(size=points))
    fit = Problem(model=equal, curve=curve, noise=noise)
    fitted, design = fit.both(truth)
    left = Residuals(values=(curve.y - fitted) / noise.std, design=design / noise.std[:, None], stated=True)
    at = np.concatenate([np.ones(steps), truth[1:]])
    return Freedom(left=left, names=fit.names, problem=replace(fit, model=free), at=at)


def test_many_take_up_what_each_does_alone() -> None:
    """Of two numbers of steps and three of readings in one company; the share is that of numpy's least squares."""
    asked = [freedom(seed, points=(80, 120, 200)[seed % 3], steps=2 + seed % 2) for seed in range(12)]
    for one, found in zip(asked, taken_up(asked), strict=True):
        steps = len(one.names) // 2
        loose = one.problem.design(one.at) / one.problem.noise.std[:, None]
        pulls = one.left.values
        rest = pulls - loose @ np.linalg.lstsq(loose, pulls, rcond=None)[0]
        assert abs(found.share - (1 - rest @ rest / (pulls @ pulls))) < 1e-7
        # thresholds and widths stand in the design of equal steps already; the heights do not
        np.testing.assert_allclose(found.columns, loose.T[:steps], rtol=1e-12)
        (alone,) = taken_up([one])
        assert alone.columns.shape == found.columns.shape
        assert abs(alone.share - found.share) < 1e-10


def test_curves_of_many_are_those_of_each() -> None:
    asked = [
        (one.problem, one.at) for one in (freedom(seed, points=80 + 40 * (seed % 2), steps=3) for seed in range(6))
    ]
    asked.append((replace(asked[0][0], fixed={"width_2": 1.3}), np.delete(asked[0][1], 7)))
    for (problem, values), (fitted, design) in zip(asked, both_of(asked), strict=True):
        full = problem.complete(values)
        np.testing.assert_allclose(fitted, problem.model.function(problem.curve.x, full), rtol=1e-12)
        np.testing.assert_allclose(design, problem.design(values), rtol=1e-12, atol=1e-15)
    assert asked[-1][0].complete(asked[-1][1])[7] == 1.3


def test_what_lies_along_columns_that_repeat_counts_once() -> None:
    rng = np.random.default_rng(4)
    columns, pulls = rng.normal(size=(5, 3, 30)), rng.normal(size=(5, 30))
    exact = []
    for own, y in zip(columns, pulls, strict=True):
        q, _ = np.linalg.qr(own.T)
        exact.append(np.sum((q.T @ y) ** 2))
    np.testing.assert_allclose(along(columns, pulls), exact, rtol=1e-7)
    twice = np.concatenate([columns, 2 * columns, np.zeros((5, 1, 30))], axis=1)
    np.testing.assert_allclose(along(twice, pulls), exact, rtol=1e-7)


def test_what_stands_in_a_design_already_is_left_out() -> None:
    """By name and number: of the same name with other numbers, or of another name with the same, stays; each by itself."""
    rng = np.random.default_rng(3)
    design = rng.normal(size=(2, 3, 20))
    new = rng.normal(size=(2, 20))
    other = np.stack([design[:, 2], design[:, 0], new, design[:, 1]], axis=1)
    other[1, 0, 7] += 1e-15
    found = not_in(design, ("a", "b", "c"), other, ("c", "a", "b", "d"))
    assert found.tolist() == [[False, False, True, True], [True, False, True, True]]
    assert not_in(design, ("a", "b", "c"), other, ("e", "f", "g", "h")).all()
