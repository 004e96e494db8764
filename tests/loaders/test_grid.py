"""Long tables over two settings become traces exactly where they are a full map."""

import numpy as np
import pytest

from gzero.loaders.grid import Setting, traces_of


def _setting(name: str, values: object, unit: str | None = None) -> Setting:
    return Setting(name=name, unit_text=unit, values=np.asarray(values, dtype=float), source=name)


def _long(slow: list[float], fast: list[float]) -> tuple[Setting, Setting, Setting]:
    outer, inner = np.repeat(slow, len(fast)), np.tile(fast, len(slow))
    return _setting("B", outer, "T"), _setting("V", inner, "mV"), _setting("I", 10 * outer + inner, "nA")


def test_a_full_map_becomes_one_trace_for_each_slow_value() -> None:
    slow, fast, reading = _long([1.0, 2.0, 4.0], [0.0, 0.1, 0.2, 0.3])
    columns = traces_of(slow, fast, [reading])
    assert columns is not None
    x, *traces = columns
    assert (x.name, x.unit_text, x.values.tolist()) == ("V", "mV", [0.0, 0.1, 0.2, 0.3])
    assert [(t.coordinate.name, t.coordinate.value, t.coordinate.unit_text) for t in traces if t.coordinate] == [
        ("B", 1.0, "T"), ("B", 2.0, "T"), ("B", 4.0, "T"),
    ]  # fmt: skip
    for trace, b in zip(traces, (1.0, 2.0, 4.0), strict=True):
        assert trace.values.tolist() == [10 * b + v for v in (0.0, 0.1, 0.2, 0.3)]


def test_a_run_that_was_stopped_keeps_what_it_has() -> None:
    slow, fast, reading = _long([1.0, 2.0, 4.0], [0.0, 0.1, 0.2, 0.3])
    cut = [_setting(s.name, s.values[:10]) for s in (slow, fast, reading)]
    columns = traces_of(cut[0], cut[1], [cut[2]])
    assert columns is not None
    np.testing.assert_array_equal(columns[-1].values, [40.0, 40.1, np.nan, np.nan])


@pytest.mark.parametrize(
    ("slow", "fast"),
    [
        ([1.0, 1.0, 1.0, 1.0], [0.0, 1.0, 2.0, 3.0]),  # one stretch only: a curve
        ([1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 0.0]),  # every row a setting of its own
        ([1.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0], [0.0, 1.0, 2.0, 0.0, 1.0, 0.0, 1.0]),  # stretches of unequal length
        ([1.0, 1.0, 2.0, 2.0], [0.0, 1.0, 1.0, 0.0]),  # the second sweep runs back
        ([1.0, 1.0, 2.0, 2.0], [0.0, 1.0, 0.0, 1.5]),  # other values the second time
        ([1.0, 1.0, 2.0, 2.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]),  # the slow setting comes back
        ([1.0, 1.0, np.nan, np.nan], [0.0, 1.0, 0.0, 1.0]),
    ],
)
def test_what_is_no_full_map_stays_a_long_table(slow: list[float], fast: list[float]) -> None:
    reading = _setting("I", np.arange(len(slow)))
    assert traces_of(_setting("B", slow), _setting("V", fast), [reading]) is None


def test_the_numbers_are_held_once() -> None:
    columns = traces_of(*_long([1.0, 2.0], [0.0, 0.1, 0.2])[:2], [_long([1.0, 2.0], [0.0, 0.1, 0.2])[2]])
    assert columns is not None
    assert columns[1].values.base is columns[2].values.base is not None
    assert not columns[1].values.flags.writeable
