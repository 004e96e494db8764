"""What the tests of the measurement room share: tables built by hand."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from gzero.loaders.table import Column, Coordinate, Origin, Table
from gzero.units import split_header

BuildTable = Callable[..., Table]


@pytest.fixture
def table() -> BuildTable:
    """A table from headers as a file would write them -> values; `places` makes the last columns traces of a map."""

    def build(
        columns: Mapping[str, Sequence[float]],
        *,
        labels: Mapping[str, tuple[str, ...]] | None = None,
        places: Sequence[float] = (),
        axis: str | None = None,
    ) -> Table:
        out = []
        for i, (text, values) in enumerate(columns.items()):
            name, unit = split_header(text)
            place = i - (len(columns) - len(places))
            coordinate = Coordinate(name="B", value=places[place], unit_text="T") if place >= 0 and places else None
            source = "axis 0" if text == axis else f"column {i + 1}"
            out.append(Column(name=name, unit_text=unit, values=np.array(values), source=source, coordinate=coordinate))
        rows = len(out[0].values)
        origin = Origin(path="lab.csv", sha256="0" * 64, loader="text", rows_read=rows)
        return Table(columns=tuple(out), metadata={"instrument": "SR830"}, origin=origin, labels=labels or {})

    return build
