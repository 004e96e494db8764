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
    selected = curve_of(X, y, Selection(invalid="drop"))
    assert len(selected.curve) == 18
    assert [e.rule for e in selected.exclusions] == ["not finite"]
    assert selected.exclusions[0].indices.tolist() == [3, 4]


def test_repeats_are_averaged_and_refused_when_asked() -> None:
    x = np.r_[X, X[5]]
    y = np.r_[X, 0.0]
    selected = curve_of(x, y, Selection(sweep="sort"))
    assert len(selected.curve) == 20
    assert selected.curve.y[5] == X[5] / 2  # the mean of X[5] and 0
    assert selected.curve.y_std is None  # one degree of freedom tells no scatter
    assert selected.noise == ""
    with pytest.raises(InputError, match="stands twice") as caught:
        curve_of(x, y, Selection(sweep="sort", repeats="refuse"))
    assert caught.value.row == 21
    assert "--repeats mean" in str(caught.value)


def test_repeats_give_the_uncertainties() -> None:
    """Five readings at each of 40 settings, noise 0.02: standard errors of 0.02/sqrt(5) within 4/sqrt(2 x 160) = 22 %."""
    x = np.repeat(np.linspace(0, 1, 40), 5)
    selected = curve_of(x, x + 0.02 * np.random.default_rng(1).normal(size=x.size))
    assert selected.curve.y_std == pytest.approx(np.full(40, 0.02 / np.sqrt(5)), rel=0.22)
    assert selected.noise == "standard error of a mean, from the scatter of the repeats"
    note = next(c for c in selected.ledger if c.choice == "repeated settings")
    assert note.origin == "default"
    assert "40 of 40 settings were read 5 times" in note.note


def test_weighted_mean_of_repeats() -> None:
    x, y, s = np.r_[X, X[5]], np.r_[X, 0.0], np.full(21, 0.1)
    s[20] = 0.2
    selected = curve_of(x, y, Selection(sweep="sort"), y_std=s)
    assert selected.curve.y[5] == pytest.approx(0.8 * X[5])  # weights 1/0.01 and 1/0.04
    assert selected.curve.y_std is not None
    assert selected.curve.y_std[5] == pytest.approx(125**-0.5)
    assert selected.noise == "stated in the file"


def test_stated_uncertainties_that_repeats_contradict_are_warned_of() -> None:
    x = np.repeat(np.linspace(0, 1, 40), 5)
    y = x + 0.02 * np.random.default_rng(1).normal(size=x.size)
    assert curve_of(x, y, y_std=np.full(x.size, 0.02)).warnings == ()
    (warning,) = curve_of(x, y, y_std=np.full(x.size, 0.01)).warnings
    assert "times as far as the stated uncertainties say" in warning


UP_DOWN = np.r_[X, X[-2::-1]]


@pytest.mark.parametrize(("sweep", "points", "left_out"), [("up", 20, 19), ("down", 19, 20), ("sort", 20, 0)])
def test_a_sweep_that_turns_round(sweep, points: int, left_out: int) -> None:
    selected = curve_of(UP_DOWN, np.r_[X, X[-2::-1] + 1e-3], Selection(sweep=sweep))
    assert len(selected.curve) == points
    assert [(e.rule, e.indices.size) for e in selected.exclusions] == (
        [("other sweep direction", left_out)] if left_out else []
    )
    choice = next(c for c in selected.ledger if c.choice == "sweep direction")
    assert (choice.value, choice.origin) == (sweep, "user")


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        ("split", ('sweep="up" or sweep="down"', "gzero.analyse_traces")),
        ("refuse", ("--sweep up or --sweep down", "--sweep split")),
    ],
)
def test_one_trace_that_turns_round_is_refused(sweep, said: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="turns round at x = 1: it has 2 branches") as caught:
        curve_of(UP_DOWN, UP_DOWN, Selection(sweep=sweep))
    assert caught.value.row == 20
    for words in said:
        assert words in str(caught.value)


@pytest.mark.parametrize("sweep", ["split", "refuse", "up", "down"])
def test_readings_in_no_order_are_refused(sweep) -> None:
    x = np.random.default_rng(1).permutation(X)
    with pytest.raises(InputError, match="in no order") as caught:
        curve_of(x, x, Selection(sweep=sweep))
    assert "--sweep sort" in str(caught.value)
    assert np.array_equal(curve_of(x, x, Selection(sweep="sort")).curve.x, X)


def test_no_part_goes_that_way() -> None:
    with pytest.raises(InputError, match="no part of the sweep goes down"):
        curve_of(X, X, Selection(sweep="down"))


def test_jitter_is_sorted_and_on_record() -> None:
    x = X.copy()
    x[[7, 8]] = x[[8, 7]]
    selected = curve_of(x, x)
    assert np.array_equal(selected.curve.x, X)
    choice = next(c for c in selected.ledger if c.choice == "sweep direction")
    assert "1 of 20 steps go back, by at most 0.0526 V" in choice.note
    assert selected.warnings == ()
    with pytest.raises(InputError, match="turns round"):
        curve_of(x, x, Selection(sweep="refuse"))
    x = np.arange(20) + np.tile([0, 0, 1.5], 7)[:20]
    (warning,) = curve_of(x, x).warnings
    assert "x jitters: 6 of 20" in warning


def test_readings_on_the_way_to_the_start_are_left_out() -> None:
    selected = curve_of(np.r_[0.5, X], np.r_[0.5, X])
    assert len(selected.curve) == 20
    assert [(e.rule, e.indices.tolist()) for e in selected.exclusions] == [("between two sweeps", [0])]


def test_readings_at_a_rail_are_left_out() -> None:
    x = np.linspace(0, 1, 100)
    y = np.minimum(x + 0.01 * np.random.default_rng(1).normal(size=100), 0.8)
    selected = curve_of(x, y, gain="2")  # judged before calibration
    assert [e.rule for e in selected.exclusions] == ["overload"]
    assert "rail" in selected.exclusions[0].reason
    assert np.all(y[selected.exclusions[0].indices] == 0.8)
    # x reaches 0.8 at reading 80; the noise of 0.01 is one step of x
    assert selected.exclusions[0].indices.tolist() == list(range(80, 100))
    assert selected.curve.y.max() <= 0.4


def test_a_falling_sweep_is_sorted() -> None:
    curve = curve_of(X[::-1], X).curve
    assert np.all(np.diff(curve.x) > 0)
    assert np.all(np.diff(curve.y) < 0)
    assert curve.rows is not None
    assert curve.rows[0] == 19


def test_range() -> None:
    selected = curve_of(X, X, Selection(x_low=0.2, x_high=0.8))
    assert selected.curve.x[0] >= 0.2
    assert selected.curve.x[-1] <= 0.8
    assert selected.exclusions[0].rule == "outside the range"


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
        selected = select(trace, Calibration.of({}), Selection(), quantum=G0)
        assert -300 < selected.curve.x[-1] < -270
        assert [e.rule for e in selected.exclusions] == ["runaway"]
