"""What was chosen about a staircase, and by whom: risers, noise, first plateau, claim; for the ledger and the warnings."""

from __future__ import annotations

import math

from gzero.fitters.levels import COARSE, Levels
from gzero.fitters.options import FitOptions
from gzero.measurement.ledger import Choice
from gzero.reduction.noise import Noise
from gzero.reduction.plateau import Plateau
from gzero.reduction.plateaus import Staircase, is_flat

_FIRST = "a curve that does not reach pinch-off has no counted n"


def default_choices(options: FitOptions, stairs: Staircase) -> list[Choice]:
    """How risers were read off, for the ledger."""
    s = options.selection
    window = s.x_low > -math.inf or s.x_high < math.inf
    return [
        Choice(
            choice="range",
            value=f"{s.x_low:g}:{s.x_high:g}" if window else "all of the sweep",
            origin="user" if window else "default",
        ),
        Choice(
            choice="smoothing of the slope",
            value=f"{stairs.smoothing} readings",
            origin="data",
            note="narrowest local parabola whose slope noise is below 4 % of the steep part",
        ),
    ]


def first_index(stairs: Staircase, options: FitOptions) -> tuple[int, str, Choice]:
    """How many risers lie below the first one in the data."""
    if stairs.pinched_off or not stairs.plateaus:
        return 0, "pinch-off", Choice(choice="first plateau", value="counted from pinch-off", origin="data")
    lowest = stairs.plateaus[0]
    below = max(0, round(lowest.level / options.unit) - lowest.index)
    note = f"{_FIRST}: the lowest level, {lowest.level / options.unit:.3f} {options.quantum.symbol}, is taken for n = {lowest.index + below}"
    return (
        below,
        "quantum",
        Choice(choice="first plateau", value=f"n = {lowest.index + below}, from the quantum", origin="data", note=note),
    )


def counted_plateaus(stairs: Staircase, first: int, options: FitOptions) -> list[Plateau]:
    """The plateaus that the claim is about: those declared, or every flat one from the first on without a gap."""
    if options.plateaus is not None:
        low, high = options.plateaus
        return [p for p in stairs.plateaus if low <= p.index + first <= high]
    out: list[Plateau] = []
    for plateau in stairs.plateaus:
        if not is_flat(plateau) or (out and plateau.index != out[-1].index + 1):
            break
        out.append(plateau)
    return out


def claim(counted: list[Plateau], stairs: Staircase, first: int, options: FitOptions) -> Choice:
    value = ", ".join(str(p.index + first) for p in counted) or "none"
    if options.plateaus is not None:
        return Choice(
            choice="plateaus of the claim",
            value=value,
            origin="user",
            note=f"declared {options.plateaus[0]}:{options.plateaus[1]}; {len(stairs.plateaus)} found",
        )
    return Choice(
        choice="plateaus of the claim",
        value=value,
        origin="data",
        note=f"every flat one from the first on; {len(stairs.plateaus)} found",
    )


def noise_choice(noise: Noise, levels: Levels, options: FitOptions) -> Choice:
    """How the noise came about and how it is carried, for the ledger."""
    note = noise.description
    if noise.red:
        note += "; carried in the covariance of the levels"
        if levels.reference is not None:
            note += ", which are counted from the reading at pinch-off, as slow noise moves all readings together"
    return Choice(
        choice="noise of one reading",
        value=f"{noise.typical / abs(options.unit):.3g} {options.quantum.symbol}",
        origin="data",
        note=note,
    )


def digit_choice(digit: float, noise: Noise, options: FitOptions) -> Choice:
    """The step of the digitiser, and whether noise averages over it."""
    coarse = noise.typical < COARSE * digit
    return Choice(
        choice="digitiser step",
        value=f"{digit / abs(options.unit):.3g} {options.quantum.symbol}",
        origin="data",
        note="more than the noise averages over: every level is uncertain by step/sqrt(12)"
        if coarse
        else "averaged over by the noise",
    )


def warnings_of(stairs: Staircase, options: FitOptions, counted: list[Plateau]) -> list[str]:
    out = []
    if not stairs.risers:
        out.append("no riser stands out of the slope of this curve")
    if options.plateaus is not None:
        wanted = options.plateaus[1] - options.plateaus[0] + 1
        if len(counted) < wanted:
            out.append(f"{len(counted)} of the {wanted} declared plateaus were found")
    for level, x in stairs.sub_steps:
        out.append(
            f"a shoulder at {level / options.unit:.2f} {options.quantum.symbol} (x = {x:.4g}) is too small for a riser: flagged, not counted"
        )
    return out
