"""A trace of a map by its place along the slow axis. Places and traces are those of a map built by hand."""

import numpy as np
import pytest

from gzero.errors import ColumnError
from gzero.loaders.table import Coordinate, Origin
from gzero.measurement.measurement import Measurement, Series
from gzero.pipeline.trace_choice import by_place

X = np.linspace(0.0, 1.0, 9)


def traces(*places: float, name: str = "G2", unit: str | None = "mV") -> list[Measurement]:
    """One measurement a place."""
    return [
        Measurement(
            kind="staircase",
            series={n: Series(name=n, label=n, values=X, unit="V") for n in ("gate_voltage", "conductance")},
            conditions={}, origin=Origin(path="map.pxp", sha256="0", loader="igor"), x="gate_voltage", y="conductance",
            trace=f"w[{i}]", coordinate=Coordinate(name=name, value=place, unit_text=unit),
        )
        for i, place in enumerate(places)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ("G2 = -700 mV", 1), ("-700 mV", 1), ("-700", 1), ("g2=-0.7 V", 1), ("G2 = −700", 1), ("-0.7V", 1), ("G2 = -7e5 uV", 1),
        ("-704 mV", 1), ("-696.0 mV", 1), ("-705.1 mV", 0), ("G2 = -690 mV", 2), ("-713 mV", 0), ("G2 = -687 mV", 2), ('"G2" = -690', 2),
    ],
)  # fmt: skip
def test_the_nearest_within_half_of_the_spacing(wanted: str, index: int) -> None:
    found = by_place(traces(-710.0, -700.0, -690.0), wanted, "map.pxp")
    assert found is not None
    assert found.trace == f"w[{index}]"
    (choice,) = found.ledger
    assert (choice.choice, choice.origin) == ("trace", "user")
    assert choice.value == f"G2 = {(-710, -700, -690)[index]} mV"
    assert wanted in choice.note


def test_how_far_off_is_on_record() -> None:
    found = by_place(traces(-710.0, -700.0), "-703.5 mV", "map.pxp")
    assert found is not None
    assert found.ledger[0].note == "asked for as -703.5 mV, 3.5 mV off"


@pytest.mark.parametrize("wanted", ["0", "2", "17", "w[1]", "up", "G2", "G2 = high", ""])
def test_what_is_no_place(wanted: str) -> None:
    """A bare whole number has always been the number of a trace."""
    assert by_place(traces(-710.0, -700.0), wanted, "map.pxp") is None


@pytest.mark.parametrize(
    ("places", "wanted", "problem"),
    [
        ((-710.0, -700.0), "-720 mV", r"no trace is at -720 mV; the nearest are G2 = -710 mV \(trace 0\), G2 = -700 mV \(trace 1\)"),
        ((-710.0, -700.0), "-705 mV", "two traces are as near to -705 mV; choose by number"),
        ((-700.0, -700.0, -690.0), "-700 mV", "two traces are as near"), ((-700.0,), "-699 mV", "no trace is at -699 mV"),
        ((-710.0, -700.0), "G3 = -700 mV", "there is no axis 'G3'; its slow axis is G2: write G2 = -710 mV"),
        ((-710.0, -700.0), "-700 K", r"'K' is no unit of G2, which is in \[mV\]"), ((-710.0, -700.0), "-700 furlong", "'furlong' is no unit of G2"),
        ((0.0, 1.0, 10.0), "3 V", "no trace is at 3 V"),
    ],
)  # fmt: skip
def test_what_names_no_trace_or_two(places: tuple[float, ...], wanted: str, problem: str) -> None:
    unit = "V" if 10.0 in places else "mV"
    with pytest.raises(ColumnError, match=problem) as raised:
        by_place(traces(*places, unit=unit), wanted, "map.pxp")
    assert raised.value.path == "map.pxp"


def test_an_axis_without_a_unit_takes_bare_numbers() -> None:
    found = by_place(traces(1.5, 2.5, unit=None), "2.5", "map.pxp")
    assert found is not None
    assert found.trace == "w[1]"
    with pytest.raises(ColumnError, match="which is without a unit"):
        by_place(traces(1.5, 2.5, unit=None), "2.5 V", "map.pxp")


def test_a_single_trace_at_its_place() -> None:
    found = by_place(traces(-700.0), "-700 mV", "map.pxp")
    assert found is not None


def test_a_file_that_is_no_map() -> None:
    from dataclasses import replace

    plain = [replace(m, coordinate=None) for m in traces(1.0, 2.0)]
    assert by_place(plain, "1.5", "lab.csv") is None
    with pytest.raises(ColumnError, match="the file is no map, whose traces have places; choose a number from 0 to 1"):
        by_place(plain, "1.5 mV", "lab.csv")
