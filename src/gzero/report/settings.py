"""What tells many measurements apart: the place in a map, or a condition that each of them states."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from gzero.analysis import Analysis
from gzero.errors import InputError
from gzero.estimate import parse_quantity
from gzero.report.figures import Array, shortened

#: Conditions that tell measurements apart, with their SI units, in the order in which they are looked for.
CONDITIONS = {
    "temperature": "K", "magnetic_field": "T", "bias": "V", "length": "m", "width": "m", "density": "1/m^2",
}  # fmt: skip


def stated_conditions(ledger: Iterable[tuple[str, str]]) -> dict[str, float]:
    """The `CONDITIONS` that a ledger holds [SI], by name; a text that is no quantity of its unit is none.

    Parameters
    ----------
    ledger : (choice, value) of its entries.

    >>> found = stated_conditions([("temperature", "-272.05(1) degC"), ("bias", "100 uV"), ("length", "long")])
    >>> {name: f"{value:.3g}" for name, value in found.items()}
    {'temperature': '1.1', 'bias': '0.0001'}
    """
    found: dict[str, float] = {}
    for choice, value in ledger:
        name = choice.replace(" ", "_")
        if name not in CONDITIONS:
            continue
        try:
            number, _, unit = parse_quantity(value)
        except InputError:
            continue
        if unit.si == CONDITIONS[name]:
            found[name] = number * unit.factor + unit.offset
    return found


def setting(analyses: Sequence[Analysis]) -> tuple[str, str | None, Array] | None:
    """(name, unit, values) of what tells the analyses apart: the map's coordinate, else the first stated condition.

    The unit of a condition is SI; a coordinate is as the file writes it, its unit is in the name and None is given. None of
    all where there is nothing that each of them states and that differs among them.
    """
    given = [a.coordinate for a in analyses]
    if all(c is not None and math.isfinite(c.value) for c in given) and len({c.name for c in given if c}) == 1:
        places = np.array([c.value for c in given if c is not None])
        first = given[0]
        if np.unique(places).size > 1 and first is not None:
            unit = f" [{shortened(first.unit_text, 12)}]" if first.unit_text else ""
            return shortened(first.name, 30) + unit, None, places
    stated = [stated_conditions((c.choice, c.value) for c in a.ledger) for a in analyses]
    for name, si in CONDITIONS.items():
        if all(name in one for one in stated):
            values = np.array([one[name] for one in stated])
            if np.unique(values).size >= min(3, max(2, values.size)):  # two values of many are two groups, and no axis
                return name.replace("_", " "), si, values
    return None
