"""Branches of one sweep held against each other: hysteresis between opposite directions, drift between equal ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gzero.analysis import Analysis
from gzero.measurement.ledger import Choice
from gzero.reduction.branches import branch_of
from gzero.report.rounding import format_with_unit, show_value

if TYPE_CHECKING:
    from gzero.reduction.hysteresis import Displacement


def between_branches(analyses: tuple[Analysis, ...]) -> tuple[Analysis, ...]:
    """Each analysis of a branch with how far it lies from its neighbours, in the ledger, and beyond chance as a warning.

    A branch is held against the next one, where that goes the other way (hysteresis along x, drift along y), and
    against the last one that went the same way (drift along both).
    """
    out = list(analyses)
    for members in _sweeps(analyses):
        for k, i in enumerate(members):
            before = [j for j in members[:k] if _way(analyses[j]) == _way(analyses[i])][-1:]
            if k and _way(analyses[members[k - 1]]) != _way(analyses[i]):
                before.append(members[k - 1])
            for j in before:
                notes, warnings = _compared(analyses[j], analyses[i])
                for n in (j, i):
                    out[n] = replace(out[n], ledger=(*out[n].ledger, *notes), warnings=(*out[n].warnings, *warnings))
    return tuple(out)


def _sweeps(analyses: Sequence[Analysis]) -> list[list[int]]:
    """The analyses that are branches of one trace, in the order in which they were taken."""
    found: dict[tuple[str, str], list[int]] = {}
    for i, analysis in enumerate(analyses):
        name = branch_of(analysis.ledger)
        if name:
            found.setdefault((analysis.origin.path, analysis.trace.removesuffix(name)), []).append(i)
    return list(found.values())


def _way(analysis: Analysis) -> str:
    return branch_of(analysis.ledger).split()[0]


def _compared(earlier: Analysis, later: Analysis) -> tuple[list[Choice], list[str]]:
    """What two branches of one trace say of each other."""
    from gzero.reduction.hysteresis import displacement

    # up comes first between opposite directions, so that the sign of a hysteresis does not hang on the order
    first, second = (later, earlier) if (_way(earlier), _way(later)) == ("down", "up") else (earlier, later)
    names = branch_of(first.ledger), branch_of(second.ledger)
    same = _way(first) == _way(second)
    what = f"{'drift' if same else 'hysteresis'}, {names[1]} against {names[0]}"
    found = None
    if first.curve is not None and second.curve is not None:
        found = displacement(first.curve, second.curve)
    if found is None or first.curve is None:
        why = "the two branches share too little of x, or no riser that stands out of the noise"
        return [Choice(choice=what, value="not determined", origin="data", note=why)], []
    along_x = format_with_unit(found.along_x, found.along_x_std, first.curve.x_unit)
    along_y = _in_quanta(found.along_y, found.along_y_std, first)
    note = f"{names[1]} minus {names[0]}: along x at the same conductance; on the same plateaus {along_y} (drift)"
    choice = Choice(choice=what, value=along_x, origin="data", note=note)
    return [choice], _warnings(found, first, names, same=same)


def _warnings(found: Displacement, first: Analysis, names: tuple[str, str], *, same: bool) -> list[str]:
    from gzero.reduction.hysteresis import BEYOND

    out = []
    if first.curve is not None and abs(found.along_x) > BEYOND * found.along_x_std:
        shown = format_with_unit(abs(found.along_x), found.along_x_std, first.curve.x_unit)
        side = "above" if found.along_x > 0 else "below"
        why = "drift along x" if same else "hysteresis, or readings that lag behind the setting"
        out.append(f"the {names[1]} sweep lies {shown} {side} the {names[0]} sweep along x: {why}")
    if abs(found.along_y) > BEYOND * found.along_y_std:
        shown = _in_quanta(abs(found.along_y), found.along_y_std, first)
        side = "above" if found.along_y > 0 else "below"
        out.append(f"on the same plateaus the {names[1]} sweep reads {shown} {side} the {names[0]} sweep: drift")
    return out


def _in_quanta(value: float, std: float, analysis: Analysis) -> str:
    """A difference of conductances in units of the quantum, or in its own unit where that has no value."""
    quantum = analysis.quantum
    if quantum is None or not quantum.value or analysis.curve is None or quantum.unit != analysis.curve.y_unit:
        return format_with_unit(value, std, None if analysis.curve is None else analysis.curve.y_unit)
    return f"{show_value(value / quantum.value, std / quantum.value)} {quantum.symbol}"
