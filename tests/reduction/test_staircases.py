"""Many staircases at once: each is what it is alone."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from gzero.measurement.curve import Curve
from gzero.quanta import G0, parse_quantum
from gzero.reduction.plateau import Plateau
from gzero.reduction.plateaus import Staircase, find_staircase, find_staircases
from gzero.synthetic.staircase import simulate

WORLDS = ("white", "ar1", "1/f", "telegraph", "heteroscedastic", "adc")


def synthetic(
    seed: int, *, steps: int, points: int, noise: float, descending: bool = False, stated: bool = True
) -> Curve:
    """A synthetic staircase, in quanta."""
    made = simulate(
        np.random.default_rng(seed), quantum=parse_quantum("2e^2/h"), seed=seed, steps=steps, points=points, noise=noise,
        world=WORLDS[seed % len(WORLDS)], descending=descending, stated_std=stated,
    ).measurement  # fmt: skip
    std = made.ordinate.std
    return Curve(x=made.abscissa.values, y=made.ordinate.values / G0, y_std=None if std is None else std / G0)


def shoulder(noise: NDArray[np.float64]) -> Curve:
    """Three steps, the first of them with a sub-step at 0.7."""
    x = np.linspace(0, 54, noise.size)
    risers = ((0.7, 6), (0.3, 14), (1.0, 26), (1.0, 40))
    return Curve(x=x, y=noise + sum(height / (1 + np.exp(place - x)) for height, place in risers))


@cache
def curves() -> tuple[Curve, ...]:
    """Of all lengths and numbers of steps, noises and directions, with what has no riser, few readings, a riser at an end,
    equal readings, uneven settings."""
    rng = np.random.default_rng(7)
    out = [
        synthetic(
            seed,
            steps=1 + seed % 8,
            points=int(rng.choice([60, 150, 151, 400, 1200])),
            noise=float(rng.choice([0.0, 0.01, 0.05, 0.2])),
            descending=seed % 3 == 0,
            stated=seed % 2 == 0,
        )
        for seed in range(36)
    ]
    plain = out[3]
    x = np.linspace(0, 1, 200)
    out += [
        Curve(x=x, y=np.full(x.size, 2.0)),
        Curve(x=x, y=0.01 * rng.normal(size=x.size)),
        Curve(x=x, y=4 * x),
        Curve(x=x, y=np.floor(5 * x)),
        Curve(x=x[:8], y=x[:8]),
        Curve(x=plain.x[40:], y=plain.y[40:]),
        Curve(x=plain.x[::11], y=plain.y[::11]),
        Curve(x=np.sort(plain.x + 0.01 * rng.normal(size=len(plain))), y=plain.y),
        Curve(x=plain.x, y=np.round(plain.y, 1)),
        shoulder(0.003 * rng.normal(size=800)),
    ]
    return tuple(out)


def numbers(stairs: Staircase) -> dict[str, object]:
    """Everything that there is to know of it."""
    halves = [half for riser in stairs.risers for half in (riser.whole, riser.foot, riser.shoulder)]
    return {
        "noise": (stairs.noise, stairs.correlation_length, stairs.smoothing),
        "shape": (stairs.descending, stairs.pinched_off, stairs.sub_steps),
        "risers": [(half.intercept, half.steepness) for half in halves] + [(riser.rise,) for riser in stairs.risers],
        "plateaus": [of_plateau(plateau) for plateau in (stairs.baseline, *stairs.plateaus) if plateau is not None],
    }


def of_plateau(plateau: Plateau) -> tuple[object, ...]:
    single = (getattr(plateau, name) for name in Plateau.__slots__ if name not in ("changes", "response"))
    arrays = (plateau.response, *(change.weights for change in plateau.changes))
    return (*single, *(change.value for change in plateau.changes), *(array.tolist() for array in arrays))


@pytest.mark.parametrize("at_once", [2, 7, 46])
def test_in_a_batch_each_is_what_it_is_alone(at_once: int) -> None:
    """Exactly: what is summed up of one curve is summed up in the same order wherever it stands among others."""
    order = np.random.default_rng(at_once).permutation(len(curves())).tolist()
    for first in range(0, len(order), at_once):
        batch = [curves()[i] for i in order[first : first + at_once]]
        for curve, stairs in zip(batch, find_staircases(batch), strict=True):
            assert numbers(stairs) == numbers(find_staircase(curve))


def test_the_curves_are_of_all_kinds() -> None:
    """What the test above is worth: it sees none and many risers, both directions, baselines, sub-steps, jumps."""
    found = find_staircases(curves())
    counts = {len(stairs.risers) for stairs in found}
    assert counts >= {0, 1, 2, 3, 4, 5, 6}
    assert {stairs.descending for stairs in found} == {stairs.pinched_off for stairs in found} == {True, False}
    assert any(stairs.sub_steps for stairs in found)
    assert any(riser.foot.width != riser.width for stairs in found for riser in stairs.risers)
    assert any(riser.foot.width == riser.width for stairs in found for riser in stairs.risers)


def test_none_are_none() -> None:
    assert find_staircases([]) == []
