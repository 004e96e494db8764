"""What both sides of a Hall bar say, in rows and words."""

from __future__ import annotations

import math

from gzero.estimate import Estimate
from gzero.fitters.exhibits import Entry, Listing
from gzero.fitters.hall_sides import Agreement, SideChecks


def side_rows(checks: SideChecks | None) -> tuple[tuple[Entry, ...], ...]:
    """Agreement of the sides, density along the bar and sum rule, for the table of checks."""
    if checks is None:
        return ()
    rows: list[tuple[Entry, ...]] = []
    if checks.odd is None:
        what = "above 0.01 where the sides agree; else a density that differs along the bar, or a contact"
        rows.append(("R_xx of both sides on the plateaus", _chance(checks.even), what))
    else:
        what = "above 0.01; else a contact that does not reach the edge"
        rows.append(("R_xx of both sides on the plateaus, even in the field", _chance(checks.even), what))
        what = "above 0.01; else the density differs between the ends"
        rows.append(("R_xx of both sides on the plateaus, odd in the field", _chance(checks.odd), what))
    if checks.gradient is not None:
        signed = (
            "the first over the second, less 1" if checks.closing is not None else "size of the relative difference"
        )
        rows.append((f"density at the two ends, from low field: {signed}", checks.gradient, "0 for an even density"))
    if checks.closing is not None:
        sign = {1: "+", -1: "-", 0: "+-"}[checks.sign]
        rows.append(
            (
                f"sum rule on the plateaus, R_xy(1) - R_xy(2) = {sign}[R_xx(1) - R_xx(2)]",
                _chance(checks.closing),
                "above 0.01 in any bar: voltages round four probes; else a reading is wrong",
            )
        )
    return tuple(rows)


def _chance(test: Agreement) -> str:
    """A p-value with its statistic."""
    p = "below 1e-6" if test.p_value < 1e-6 else f"{test.p_value:.2g}"
    return f"p = {p} (F {test.statistic:.3g}, {test.values.size} plateaus)"


def side_table(checks: SideChecks | None) -> tuple[Listing, ...]:
    """R_xx of either side on every plateau of the claim, and how the four probes close."""
    if checks is None:
        return ()
    heads = ["nu", "R_xx, first side [ohm]", "R_xx, second side [ohm]", "difference"]
    columns = [_column(checks.even)]
    if checks.odd is not None:
        heads[-1] += ", even in B"
        heads.append("difference, odd in B")
        columns.append(_column(checks.odd))
    if checks.closing is not None:
        heads.append("sum rule: what is left")
        columns.append(_column(checks.closing))
    rows: tuple[tuple[Entry, ...], ...] = tuple(
        (str(nu), f"{checks.first[k]:.4g}", f"{checks.second[k]:.4g}", *(column[k] for column in columns))
        for k, nu in enumerate(checks.fillings)
    )
    notes = "R_xx of neither side should be seen on a plateau; a difference that changes sign with the field is a density that"
    notes += " differs along the bar, one that does not is a contact or probes at other distances."
    return (Listing(name="sides", caption="Both sides of the Hall bar", heads=tuple(heads), rows=rows, notes=(notes,)),)


def _column(test: Agreement) -> list[Estimate]:
    return [
        Estimate(value=float(value), std_stat=float(std), unit="ohm")
        for value, std in zip(test.values, test.std, strict=True)
    ]


def side_warnings(checks: SideChecks | None) -> list[str]:
    """What a disagreement means."""
    out: list[str] = []
    if checks is None:
        return out
    worst = _worst(checks.even, checks.fillings)
    if not checks.even.holds:
        what = f"R_xx of the two sides of the bar differs on plateaus by up to {worst} (p {_small(checks.even)}): "
        out.append(
            what
            + (
                "a density that differs along the bar, or a contact that does not reach the edge; both signs of the field tell which"
                if checks.odd is None
                else "the part that reversal of the field leaves is a contact that does not reach the edge, or one of the readings"
            )
        )
    if checks.odd is not None and not checks.odd.holds:
        out.append(
            f"R_xx of the two sides differs on plateaus by up to {_worst(checks.odd, checks.fillings)} with the sign of the field "
            f"(p {_small(checks.odd)}): the density differs between the ends of the bar"
        )
    if checks.closing is not None and not checks.closing.holds:
        out.append(
            f"the voltages round the four probes do not close: up to {_worst(checks.closing, checks.fillings)} are left "
            f"(p {_small(checks.closing)}): a gain, an offset or the name of one of the four columns is wrong"
        )
    return out


def _worst(test: Agreement, fillings: tuple[int, ...]) -> str:
    k = int(max(range(test.values.size), key=lambda i: abs(test.values[i]) / test.std[i] if test.std[i] > 0 else 0.0))
    digits = max(0, 1 - math.floor(math.log10(test.std[k]))) if test.std[k] > 0 else 2
    return f"{test.values[k]:.{digits}f} +- {test.std[k]:.{digits}f} ohm at nu = {fillings[k]}"


def _small(test: Agreement) -> str:
    return f"= {test.p_value:.2g}" if test.p_value >= 1e-6 else "below 1e-6"
