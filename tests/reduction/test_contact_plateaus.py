"""Plateaus trace by trace: levels, order and lengths against what was put in."""

import numpy as np
import pytest

from gzero.quanta import G0
from gzero.reduction.calibration import Calibration
from gzero.reduction.contact_plateaus import aligned, plateaus
from gzero.reduction.contact_session import contact_traces
from gzero.reduction.contact_traces import ContactTraces
from gzero.reduction.selection import Selection
from gzero.synthetic.breakjunction import simulate


def traces(**given: object) -> ContactTraces:
    made = simulate(np.random.default_rng(5), seed=5, **given)  # type: ignore[arg-type]
    return contact_traces(made.measurement, Calibration.of({}), Selection(), quantum=G0)


def staircase(*stretches: tuple[float, int]) -> np.ndarray:
    return np.concatenate([np.full(n, level) for level, n in stretches])


def by_hand(*contacts: np.ndarray, noise: float = 0.01) -> ContactTraces:
    rng = np.random.default_rng(6)
    values = np.concatenate(contacts) + noise * rng.normal(size=sum(c.size for c in contacts))
    starts = np.concatenate([[0], np.cumsum([c.size for c in contacts])])
    along = np.concatenate([np.arange(c.size, dtype=float) for c in contacts])
    return ContactTraces(
        values=values, displacement=along, starts=starts, numbers=np.arange(1.0, len(contacts) + 1), rail=np.inf,
        noise=noise, open_noise=noise, exclusions=(), ledger=(), warnings=(),
    )  # fmt: skip


def test_levels_orders_and_lengths_of_contacts_drawn_by_hand() -> None:
    """Known steps: the first reading of a stretch is after the step, so lengths in readings are those put in."""
    one = staircase((3.0, 40), (2.0, 25), (1.0, 60), (0.0, 50))
    two = staircase((2.0, 30), (1.0, 20), (0.0, 70))
    found = plateaus(by_hand(one, two), above=0.2)
    assert found.trace.tolist() == [0, 0, 0, 1, 1]
    assert found.order.tolist() == [3, 2, 1, 2, 1]
    assert found.level == pytest.approx([3.0, 2.0, 1.0, 2.0, 1.0], abs=4 * 0.01 / np.sqrt(12))
    assert found.length == pytest.approx([40, 25, 60, 30, 20], abs=1.0)  # half a reading on either side


def test_a_slide_is_no_plateau() -> None:
    slide = np.concatenate([np.full(40, 2.0), np.linspace(2.0, 1.0, 30), np.full(40, 1.0), np.zeros(30)])
    found = plateaus(by_hand(slide), above=0.2)
    assert found.level == pytest.approx([2.0, 1.0], abs=0.01)


def test_no_window_reaches_into_the_next_trace() -> None:
    """A trace that ends on a plateau, and one that begins on another: both end where they are cut, at full length."""
    found = plateaus(by_hand(staircase((0.0, 30), (1.0, 30)), staircase((5.0, 30), (0.0, 30))), above=0.2)
    assert found.level == pytest.approx([1.0, 5.0], abs=0.01)
    assert found.length == pytest.approx([30, 30], abs=1.0)


def test_without_noise_every_step_is_seen() -> None:
    found = plateaus(by_hand(staircase((2.0, 20), (1.0, 20), (0.0, 20)), noise=0.0), above=0.2)
    assert found.level == pytest.approx([2.0, 1.0])


def test_last_plateaus_of_a_session_stand_at_the_period() -> None:
    """Jumps between plateaus of period 1.15: where the last one is long enough to be seen it is the first preferred conductance;
    200 medians of spread 0.08 know it to 0.007."""
    t = traces(traces=200, points=800, period=1.15, between=0.0, plateau_length=1.0)
    found = plateaus(t, above=0.2 * G0)
    last = found.level[found.order == 1] / G0
    assert last.size > 180
    assert np.median(last) == pytest.approx(1.15, abs=0.03)


def test_traces_are_laid_upon_each_other_at_their_break() -> None:
    t = by_hand(staircase((1.0, 40), (0.0, 20)), staircase((1.0, 15), (0.0, 45)), np.zeros(20))
    along, there = aligned(t, at=0.5)
    assert along[[39, 60 + 14]].tolist() == [0.0, 0.0]
    assert there.sum() == 120  # the third never was a contact
