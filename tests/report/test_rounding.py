"""The rounding rule against the examples of the Particle Data Group and against exact decimal arithmetic.

Source: Review of Particle Physics, Introduction, section 5.3 (doi 10.1103/PhysRevD.110.030001): the text gives
0.827 +- 0.119 -> 0.83 +- 0.12 and 0.827 +- 0.367 -> 0.8 +- 0.4, and the limits 354, 355, 949, 950.
"""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gzero.estimate import parse_quantity
from gzero.report.rounding import (
    NOTHING,
    format_number,
    format_value,
    format_with_unit,
    prefix_of,
    show_interval,
    show_number,
    show_percent,
    show_std,
    show_value,
    typographic,
)


@pytest.mark.parametrize(
    ("value", "std", "shown"),
    [
        (0.827, 0.119, "0.83 +/- 0.12"),  # PDG, the text's first example
        (0.827, 0.367, "0.8 +/- 0.4"),  # PDG, the text's second example
        (1.0, 0.0100, "1.000 +/- 0.010"),  # PDG, lower limit of two digits
        (1.0, 0.0354, "1.000 +/- 0.035"),  # PDG, upper limit of two digits
        (1.0, 0.0355, "1.00 +/- 0.04"),  # PDG, lower limit of one digit
        (1.0, 0.0949, "1.00 +/- 0.09"),  # PDG, upper limit of one digit
        (1.0, 0.0950, "1.00 +/- 0.10"),  # PDG: 950 becomes 1000 and keeps two digits
        (1.0, 0.0999, "1.00 +/- 0.10"),  # PDG: 999 as well
        (1350.0, 100.0, "1350 +/- 100"),
        (12.3, 1.2, "12.3 +/- 1.2"),
    ],
)
def test_rule_of_the_particle_data_group(value: float, std: float, shown: str) -> None:
    assert format_value(value, std, style="plusminus") == shown


@pytest.mark.parametrize(
    ("value", "std", "shown"),
    [
        (1.00273, 0.00142, "1.0027(14)"),
        (1.00273e-5, 1.42e-8, "1.0027(14)e-05"),
        (-0.0004, 0.1, "0.00(10)"),  # a rounded zero has no sign
        (0.0, 1.2e-7, "0.0(1.2)e-07"),
        (10.0, 1.2, "10.0(1.2)"),
        (5.0, None, "5"),
        (5.0, 0.0, "5"),
        (1.5, math.nan, "1.5(?)"),
        (1.5, math.inf, "1.5(inf)"),
        (math.nan, 0.1, "nan"),
        (-math.inf, 0.1, "-inf"),
        (0.99996, 0.00004, "0.99996(4)"),
        (9.9999e-5, 0.02e-5, "1.0000(20)e-04"),
    ],
)
def test_parentheses(value: float, std: float | None, shown: str) -> None:
    assert format_value(value, std) == shown


def test_display_text_has_true_minus_signs_and_powers() -> None:
    assert typographic("-1.0027(14)e-05") == "−1.0027(14) × 10⁻⁵"
    assert show_value(-1.5e20, 1e18, style="plusminus") == "(−1.500 ± 0.010) × 10²⁰"
    assert show_number(math.nan) == NOTHING
    assert show_number(-0.25) == "−0.25"
    assert show_value(math.inf, 1.0) == "∞"


@pytest.mark.parametrize(
    ("value", "std", "unit", "shown"),
    [
        (7.748e-5, 2e-8, "S", "77.480(20) µS"),
        (12906.40373, None, "ohm", "12.9064 kΩ"),  # h/2e^2, CODATA 2022
        (42e-9, 1e-9, "K", "42.0(1.0) nK"),
        (20000.0, None, "K", "20000 K"),  # nobody writes kK
        (-0.27, 0.001, "V", "−270.0(1.0) mV"),
        (1.509190e33, None, "1/(J s)", "1.50919 × 10³³ 1/(J s)"),  # 1/h, units_codata2022.csv
        (6.633801e-8, 4e-14, "m^2/s", "6.633801(4) × 10⁻⁸ m²/s"),
        (9.1e-31, None, "kg", "9.1 × 10⁻³¹ kg"),
        (1.0, 0.1, None, "1.00(10) (unit unknown)"),
        (1.0, 0.1, "", "1.00(10)"),
        (0.0, 0.0, "S", "0 S"),
        (math.nan, 0.1, "S", NOTHING),
    ],
)
def test_units_and_prefixes(value: float, std: float | None, unit: str | None, shown: str) -> None:
    assert format_with_unit(value, std, unit) == shown


def test_prefixes_never_stack_and_never_meet_a_compound() -> None:
    assert prefix_of("kg", 1e6) == (1.0, "kg")
    assert prefix_of("m^2/s", 1e-8) == (1.0, "m²/s")
    assert prefix_of("W/K", 1e-12) == (1.0, "W/K")
    assert prefix_of(None, 1e6) == (1.0, "(unit unknown)")


def test_part_of_an_uncertainty_has_the_prefix_of_its_value() -> None:
    assert show_std(1.6e-7, "S", size=77.7e-6) == "0.16 µS"
    assert show_std(0.0, "S") == show_std(math.nan, "S") == NOTHING


@pytest.mark.parametrize(
    ("std", "unit", "size", "shown"),
    # digits by the PDG rule, prefixes of the SI: no part stands behind more than two zeros, or three without a prefix
    [(3.4e-13, "S", 7.7e-5, "340 fS"), (1.6e-10, "S", 3.87e-5, "160 pS"), (0.11, "ohm", 25812.8, "110 mΩ"),
     (1.6e-9, "S", 1.2e-6, "0.0016 µS"), (4e-6, "", 1.0, "4 × 10⁻⁶"), (3.54e-4, "", 1.0, "0.00035"), (3.54e-5, "", 1.0, "3.5 × 10⁻⁵"), (9.5e-5, "", 1.0, "0.00010"),
     (2.34e-12, "m^2/s", 1.3e-7, "2.3 × 10⁻¹² m²/s"), (3.55e-5, "K", 4.2, "40 µK")],
)  # fmt: skip
def test_part_that_is_small_beside_its_value_has_a_prefix_or_a_power_of_ten(
    std: float, unit: str, size: float, shown: str
) -> None:
    assert show_std(std, unit, size=size) == shown


@given(st.floats(1e-14, 1e12), st.floats(1e-14, 1e12), st.sampled_from(["S", "ohm", "m^2/s", "", "K", "1/m^2"]))
def test_no_part_of_an_uncertainty_is_a_row_of_zeros(std: float, size: float, unit: str) -> None:
    assert not re.search(r"0\.0000", show_std(std, unit, size=size))


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [(-3e-9, 5e-9, "(−3.0 to +5.0) × 10⁻⁷ %"), (-7e-6, 1.7e-5, "−0.0007 % to +0.0017 %")],
)
def test_a_narrow_interval_has_a_power_of_ten(low: float, high: float, shown: str) -> None:
    assert show_interval(low, high, percent=True) == shown


def test_intervals_and_percent() -> None:
    assert show_interval(-0.01234, 0.0181, percent=True) == "−1.2 % to +1.8 %"
    assert show_interval(0.1, 0.1) == "0.100000 to 0.100000"
    assert show_percent(None) == show_percent(math.nan) == NOTHING


def test_unknown_style_raises() -> None:
    with pytest.raises(ValueError, match="paren"):
        format_value(1.0, 0.1, style="brackets")  # type: ignore[arg-type]


@given(st.floats(-1e12, 1e12, allow_nan=False), st.floats(1e-15, 1e12, allow_nan=False, exclude_min=True))
def test_read_back_within_half_a_digit(value: float, std: float) -> None:
    """`parse_quantity` reads what `format_value` wrote; rounding moves either by at most half the last place.

    The PDG rule keeps one digit from 355 on, so the uncertainty moves by at most 0.05/0.355 = 14.1 % of itself.
    """
    assume(std > 1e-15 * abs(value))  # below that a float has no digit left for it
    read_value, read_std, _ = parse_quantity(format_value(value, std))
    assert read_std == pytest.approx(std, rel=0.142)
    assert read_value == pytest.approx(value, abs=0.142 * std + 1e-9 * abs(value))


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(allow_nan=True, allow_infinity=True))
def test_total(value: float, std: float) -> None:
    for unit in ("S", "m^2/s", "", None):
        assert format_with_unit(value, std, unit)
    assert format_number(value)
