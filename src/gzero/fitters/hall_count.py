"""Which filling factor belongs to a plateau: counted from the density and the field, never from the resistance.

The nearest integer of R_K/R_xy would make every set of plateaus look quantised. Here nu = n h/(e B) at the middle of a
plateau, with n from outside of it: a column of filling factors or densities, a declared density, or the low field, where
the slope of R_xy settles how many states a Landau level has and the period of the oscillations gives n. Only a sweep that
has none of them is counted by the quantum at its first plateau, and from there on by the fields; the verdict pays for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gzero.estimate import Estimate
from gzero.models.hall import filling_factor, nearest_fraction
from gzero.quanta import E, H
from gzero.reduction.field_reversal import Bar
from gzero.reduction.plateau import Plateau

#: How far the filling of a plateau's middle may lie from an integer, beside twice its uncertainty; a plateau that the sweep
#: ends on has no middle, and the readings of it may end that far from one.
_NEAR, _CUT = 0.15, 0.05
#: Uncertainty of a filling beyond which no integer is the nearest one for sure.
_TOO_WIDE = 0.2
#: A filling this near to a simple fraction is named with it.
_FRACTION = 0.03


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """What fillings are counted from.

    Parameters
    ----------
    name : in words, for the record.
    density : n [1/m^2]; None where the fillings are columns of the file, or come from the quantum.
    field : B [T] of a sweep over density.
    """

    name: str
    density: Estimate | None = None
    field: Estimate | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counted:
    """A plateau with its filling factor.

    Parameters
    ----------
    filling : at the middle of its readings [1]; None where nothing tells.
    index : the integer it stands for, 0 for none;  note : why there is none.
    """

    plateau: Plateau
    filling: Estimate | None
    index: int
    note: str = ""


def count(bar: Bar, plateaus: Sequence[Plateau], source: Source, *, quantum: float) -> tuple[Counted, ...]:
    """The filling of every plateau.

    Parameters
    ----------
    quantum : [S], for the one way of counting that rests on it.
    """
    if not plateaus:
        return ()
    if source.name == FROM_QUANTUM:
        return _by_quantum(bar, plateaus, quantum)
    return tuple(_once([_one(bar, p, source) for p in plateaus]))


#: Name of the source that is none.
FROM_QUANTUM = "the quantum"


def middle(bar: Bar, plateau: Plateau) -> float:
    """Field or density at the middle of a plateau's readings, in 1/B or in n [unit of x]."""
    low, high = float(bar.x[plateau.first]), float(bar.x[plateau.last])
    return 2 / (1 / low + 1 / high) if bar.over_field else (low + high) / 2


def _filling(bar: Bar, x: float, source: Source) -> Estimate:
    """nu at one reading of x."""
    if bar.filling is not None and source.density is None and source.field is None:
        return Estimate(value=float(np.interp(x, bar.x, bar.filling)))
    if source.field is not None:  # a sweep over density
        scale = source.field
        nu = float(filling_factor(x, scale.value))
        return Estimate(value=nu, systematic={s: -nu * v / scale.value for s, v in scale.systematic.items()})
    assert source.density is not None
    return source.density.scaled(H / (E * x), "")


def _one(bar: Bar, plateau: Plateau, source: Source) -> Counted:
    """The filling of one plateau, and the integer where there is one."""
    filling = _filling(bar, middle(bar, plateau), source)
    nearest = max(1, round(filling.value))
    away, room = abs(filling.value - nearest), 2 * filling.std
    if filling.std > _TOO_WIDE:
        return Counted(plateau=plateau, filling=filling, index=0, note="its filling is too uncertain to be counted")
    if _cut(bar, plateau):
        ends = [_filling(bar, float(bar.x[i]), source).value for i in (plateau.first, plateau.last)]
        if min(ends) - _CUT - room <= nearest <= max(ends) + _CUT + room:
            return Counted(plateau=plateau, filling=filling, index=nearest)
        return Counted(
            plateau=plateau, filling=filling, index=0, note="the sweep ends on it before its filling is an integer"
        )
    if away <= _NEAR + room:
        return Counted(plateau=plateau, filling=filling, index=nearest)
    fraction = nearest_fraction(filling.value)
    name = f"{fraction.numerator}/{fraction.denominator}"
    if abs(float(fraction) - filling.value) <= max(_FRACTION, room):
        return Counted(plateau=plateau, filling=filling, index=0, note=f"near {name}: a fraction is no integer plateau")
    return Counted(
        plateau=plateau, filling=filling, index=0, note=f"its filling {filling.value:.2f} lies between integers"
    )


def _cut(bar: Bar, plateau: Plateau) -> bool:
    """Whether the sweep ends on a plateau."""
    return plateau.last >= len(bar) - 3 or plateau.first <= 2


def _once(found: Sequence[Counted]) -> list[Counted]:
    """Every integer once: of several plateaus that would have the same one, that with the most readings."""
    out = []
    for one in found:
        same = [c for c in found if c.index == one.index and one.index > 0]
        if same and max(same, key=lambda c: c.plateau.points) is not one:
            one = replace(one, index=0, note=f"a wider plateau stands at filling {one.index}")
        out.append(one)
    return out


def _by_quantum(bar: Bar, plateaus: Sequence[Plateau], quantum: float) -> tuple[Counted, ...]:
    """One whole plateau at the lowest filling by the quantum, all others by their places relative to it."""
    whole = [p for p in plateaus if not _cut(bar, p)] or list(plateaus)
    reference = max(whole, key=lambda p: p.level)
    lowest = max(1, round(1 / (reference.level * quantum)))
    place = middle(bar, reference)
    source = (
        Source(name=FROM_QUANTUM, density=Estimate(value=lowest * E * place / H, unit="1/m^2"))
        if bar.over_field
        else Source(name=FROM_QUANTUM, field=Estimate(value=place * H / (E * lowest), unit="T"))
    )
    return tuple(_once([replace(_one(bar, p, source), filling=None) for p in plateaus]))
