"""95 % intervals of the period, of every peak's position and of the plateau length over 500 sessions each."""

import numpy as np
import pytest

from gzero.fitters import breakjunction
from gzero.fitters.contact_histogram import contact_histogram
from gzero.fitters.options import FitOptions
from gzero.quanta import parse_quantum
from gzero.reduction import histogram
from gzero.synthetic.breakjunction import simulate

SESSIONS = 500
#: 3.3 binomial standard deviations around 95 % of 500: of the 8 shares tested here one in a hundred such tests would fail by chance.
LOW, HIGH = 0.918, 0.982


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer redrawn experiments and no pictures: what is tested is the same, a tenth as dear. 60 draws know a standard
    uncertainty to 9 %, which costs 0.4 % of coverage."""
    monkeypatch.setattr(breakjunction, "contact_histogram", lambda *a, **k: contact_histogram(*a, **k, draws=60))
    monkeypatch.setattr(breakjunction, "exhibits", lambda shown: ((), ()))


@pytest.mark.parametrize(
    "given",
    [
        {"traces": 200, "points": 80, "peaks": 2, "period": 1.15},
        {"traces": 200, "points": 60, "peaks": 2, "world": "ar1", "noise": 0.03, "rho": 0.9},
        {"traces": 400, "points": 60, "peaks": 2, "units": 100},
    ],
    ids=["aluminium-like, white", "gold-like, red", "drawn in units of four traces"],
)
def test_coverage(given: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings are used one by one only to be counted, so that red noise along a trace is of no consequence: whole traces are
    redrawn. The interval is value +- 1.96 of the statistical standard uncertainty. Long sessions are counted and drawn in units of
    neighbouring traces; here of four, so that a hundred units stand for what ten thousand are otherwise."""
    quick(monkeypatch)
    given = dict(given)
    monkeypatch.setattr(histogram, "UNITS", given.pop("units", histogram.UNITS))
    options = FitOptions(quantum=parse_quantum("2e^2/h"))
    pulls: dict[str, list[float]] = {}
    other = 0
    for i in range(SESSIONS):
        made = simulate(np.random.default_rng(40_000 + i), seed=i, **given)  # type: ignore[arg-type]
        found = breakjunction.fit(made.measurement, options)
        if len(found.levels) != 2:  # one histogram in a hundred may have a peak by chance
            other += 1
            continue
        stated = dict(found.estimates) | {f"peak_{level.index}": level.level for level in found.levels}
        for name, estimate in stated.items():
            pulls.setdefault(name, []).append((estimate.value - made.truth[name]) / estimate.std_stat)
    assert set(pulls) == {"step_height", "plateau_length", "peak_1", "peak_2"}
    assert other <= 14  # 1 % of 500, binomial 99.9 %
    # a session with another number of peaks covers nothing
    covered = {name: float(np.sum(np.abs(p) < 1.96)) / SESSIONS for name, p in pulls.items()}
    assert all(LOW <= share <= HIGH for share in covered.values()), covered
