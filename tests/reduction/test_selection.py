"""Which readings make the curve, and what is said of the others."""

import numpy as np
import pytest

from gzero.errors import InputError
from gzero.measurement.measurement import Measurement
from gzero.quanta import G0
from gzero.reduction.calibration import Calibration
from gzero.reduction.selection import Selection, runaway, select


def curve_of(x, y, selection=None, quantum=None, **options):
    m = Measurement.from_arrays(x=np.asarray(x, float), y=np.asarray(y, float), x_unit="V", y_unit="S", **options)
    return select(m, Calibration.of(m.conditions), selection or Selection(), quantum=quantum)


X = np.linspace(0, 1, 20)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["x", "y"])
def test_not_finite_is_refused_with_its_row(bad: float, where: str) -> None:
    x, y = X.copy(), X.copy()
    (x if where == "x" else y)[[6, 9]] = bad
    with pytest.raises(InputError) as caught:
        curve_of(x, y)
    assert caught.value.row == 7
    assert f"column '{where}'" in str(caught.value)
    assert "1 more row" in str(caught.value)
    assert "--invalid drop" in str(caught.value)


def test_not_finite_is_dropped_when_asked() -> None:
    y = X.copy()
    y[[3, 4]] = np.nan
    curve, excluded = curve_of(X, y, Selection(invalid="drop"))
    assert len(curve) == 18
    assert [e.rule for e in excluded] == ["not finite"]
    assert excluded[0].indices.tolist() == [3, 4]


def test_repeats_are_refused_and_averaged_when_asked() -> None:
    x = np.r_[X, X[5]]
    y = np.r_[X, 0.0]
    with pytest.raises(InputError, match="stands twice"):
        curve_of(x, y, Selection(sweep="sort"))
    curve, _ = curve_of(x, y, Selection(sweep="sort", repeats="mean"))
    assert len(curve) == 20
    assert curve.y[5] == X[5] / 2  # the mean of X[5] and 0


def test_weighted_mean_of_repeats() -> None:
    x, y, s = np.r_[X, X[5]], np.r_[X, 0.0], np.full(21, 0.1)
    s[20] = 0.2
    curve, _ = curve_of(x, y, Selection(sweep="sort", repeats="mean"), y_std=s)
    assert curve.y[5] == pytest.approx(0.8 * X[5])  # weights 1/0.01 and 1/0.04
    assert curve.y_std is not None
    assert curve.y_std[5] == pytest.approx(125**-0.5)


@pytest.mark.parametrize(("sweep", "points"), [("up", 20), ("down", 20), ("sort", 39)])
def test_a_sweep_that_turns_round(sweep, points) -> None:
    x = np.r_[X, X[-2::-1]]
    y = np.r_[X, X[-2::-1] + 1e-3]
    with pytest.raises(InputError, match="turns round") as caught:
        curve_of(x, y)
    assert caught.value.row == 20
    repeats = "mean" if sweep == "sort" else "refuse"
    curve, excluded = curve_of(x, y, Selection(sweep=sweep, repeats=repeats))
    assert len(curve) == (20 if sweep == "sort" else points)
    assert (excluded == ()) == (sweep == "sort")


def test_a_falling_sweep_is_sorted() -> None:
    curve, _ = curve_of(X[::-1], X)
    assert np.all(np.diff(curve.x) > 0)
    assert np.all(np.diff(curve.y) < 0)
    assert curve.rows is not None
    assert curve.rows[0] == 19


def test_range() -> None:
    curve, excluded = curve_of(X, X, Selection(x_low=0.2, x_high=0.8))
    assert curve.x[0] >= 0.2
    assert curve.x[-1] <= 0.8
    assert excluded[0].rule == "outside the range"


def test_too_few_points() -> None:
    with pytest.raises(InputError, match="7 usable points"):
        curve_of(X[:7], X[:7])


def test_runaway_leaves_a_staircase_alone() -> None:
    y = np.repeat(np.arange(6.0), 10)  # risers of one reading: one quantum each, never more
    assert not runaway(y, 1.0).any()


@pytest.mark.parametrize("mirrored", [False, True])
def test_runaway_cuts_the_junk_and_nothing_else(mirrored: bool) -> None:
    good = np.repeat(np.arange(6.0), 10)
    y = np.r_[good, 6.4, 9.0, 20.0, 60.0, -300.0, 219.0, 100.0]
    cut = runaway(y[::-1] if mirrored else y, 1.0)
    cut = cut[::-1] if mirrored else cut
    # 5 to 6.4 is the first of a run of unresolved intervals that covers more than 2.5 quanta
    assert not cut[: good.size].any()
    assert cut[good.size :].all()


def test_runaway_of_the_measured_map(measured) -> None:
    """The 2DEG map: rows above about -280 mV are division junk (NOTE of the file); the rule must find them itself."""
    from gzero.pipeline.config import configure
    from gzero.pipeline.load import load_traces

    traces = load_traces(measured / "qpc_ubc" / "dat1516_qpc_conductance.ibw", configure(quantum="2e^2/h"))
    for trace in traces:
        curve, excluded = select(trace, Calibration.of({}), Selection(), quantum=G0)
        assert -300 < curve.x[-1] < -270
        assert [e.rule for e in excluded] == ["runaway"]
