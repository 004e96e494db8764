"""What `gzero inspect` tells of a table: everything the file says, and what it would be taken for."""

from collections.abc import Callable

import numpy as np
import pytest

from gzero.loaders.table import Table
from gzero.measurement.inspection import inspect_table
from gzero.measurement.kinds import kind
from gzero.measurement.layout import lay_out
from gzero.measurement.roles import Wanted
from gzero.quanta import NO_CONDITIONS

BuildTable = Callable[..., Table]


def test_columns_units_ranges_roles(table: BuildTable) -> None:
    built = table({"Vg (mV)": (3, 1, 2), "G [2e^2/h]": (np.nan, 1, 2), "x (foo)": (np.nan,) * 3})
    layout = lay_out(built, kind("staircase"), Wanted(y="2"))
    seen = inspect_table(built, "staircase", layout, "", NO_CONDITIONS)
    gate, conductance, rest = seen.columns
    assert (gate.number, gate.name, gate.unit_text, gate.si, gate.factor) == (1, "Vg", "mV", "V", 1e-3)
    assert (gate.low, gate.high, gate.missing, gate.role) == (1.0, 3.0, 0, "gate_voltage")
    assert (conductance.si, conductance.factor) == (
        "S",
        pytest.approx(2 * 1.602176634e-19**2 / 6.62607015e-34, rel=1e-15),
    )
    assert (conductance.missing, conductance.low, conductance.by_user) == (1, 1.0, True)
    assert (rest.si, rest.factor, rest.role, rest.missing) == (None, None, "not used", 3)
    assert np.isnan(rest.low)
    assert (seen.path, seen.rows, seen.experiment, seen.derivation, seen.map_traces, seen.problem) == (
        "lab.csv",
        3,
        "staircase",
        "as written",
        0,
        "",
    )


def test_a_layout_that_cannot_be_decided_is_told(table: BuildTable) -> None:
    built = table({"a": (1, 2), "b": (1, 2), "c": (1, 2)})
    seen = inspect_table(built, "staircase", None, "no column is recognised", NO_CONDITIONS)
    assert [column.role for column in seen.columns] == ["undecided"] * 3
    assert seen.problem == "no column is recognised"


def test_a_map_shows_its_axis_and_its_first_trace(table: BuildTable) -> None:
    built = table(
        {"gate": (1, 2), "a (uS)": (1, 2), "b (uS)": (1, 2), "c (uS)": (1, 2)}, places=(0.1, 0.2, 0.3), axis="gate"
    )
    seen = inspect_table(built, "staircase", lay_out(built, kind("staircase"), Wanted()), "", NO_CONDITIONS)
    assert [column.name for column in seen.columns] == ["gate", "a"]
    assert seen.map_traces == 3
