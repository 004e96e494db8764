"""Texts of quantities, and estimates whose shared sources stay shared."""

import contextlib
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uncertainties import ufloat

from gzero.errors import ConfigError, UnitError
from gzero.estimate import Estimate, declared, parse_quantity

#: text -> value, std, unit text. Parentheses as the SI brochure (9th edition, 7.5.5) has them: the digits in
#: parentheses are the standard uncertainty in the last digits; with a decimal point of their own they are the
#: uncertainty itself (design.md section 4).
QUANTITIES = [
    ("420(12) ohm", 420, 12, "ohm"), ("1.00(1)", 1, 0.01, ""), ("0(0.1) uS", 0, 0.1, "uS"), ("42 nK", 42, None, "nK"), ("1.2um", 1.2, None, "um"),
    ("1.234(56) V", 1.234, 0.056, "V"), ("1.234(5) V", 1.234, 0.005, "V"), ("1.234(567) V", 1.234, 0.567, "V"), ("1.234(5678) V", 1.234, 5.678, "V"),
    ("12(3.5) V", 12, 3.5, "V"), ("1.5(0.2) V", 1.5, 0.2, "V"), ("1000(5) V", 1000, 5, "V"), ("-5(1) mV", -5, 1, "mV"), ("+5(1) mV", 5, 1, "mV"),
    (".5(1) V", 0.5, 0.1, "V"), ("5.(1) V", 5, 1, "V"), ("5.0(0) V", 5, 0, "V"),
    # behind the parenthesis the exponent belongs to both
    ("1.00(1)e3 V", 1000, 10, "V"), ("6.62607015(0)e-34 J s", 6.62607015e-34, 0, "J s"), ("1.2(0.1)e2 V", 120, 10, "V"), ("9.1093837139(28)e-31 kg", 9.1093837139e-31, 28e-41, "kg"),
    # +/- states both numbers in full
    ("5 +/- 1 V", 5, 1, "V"), ("5 ± 1 V", 5, 1, "V"), ("5±1V", 5, 1, "V"), ("5 +- 1 V", 5, 1, "V"), ("1e3 +/- 1e1 V", 1000, 10, "V"), ("5 +/- 0.5", 5, 0.5, ""),
    ("1e-3 V", 1e-3, None, "V"), ("1E+3V", 1000, None, "V"), ("\u22125 mV", -5, None, "mV"), ("  5   V  ", 5, None, "V"), ("5\u00a0V", 5, None, "V"), ("3 1/(J s)", 3, None, "1/(J s)"),
    ("5 eV", 5, None, "eV"), ("0.26 m_e", 0.26, None, "m_e"), ("5 [V]", 5, None, "[V]"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value", "std", "unit"), QUANTITIES, ids=[q[0] for q in QUANTITIES])
def test_quantities(text: str, value: float, std: float | None, unit: str) -> None:
    found = parse_quantity(text)
    assert found[0] == value  # decimal texts: the nearest double, to the bit
    assert found[1] == (None if std is None else pytest.approx(std, rel=1e-15, abs=0))
    assert found[2].text == unit
    assert found[2].known


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "V", "nan", "inf", "-inf V", "nan V", "1e999 V", "-1e999", "1(1)e999", "5 +/- 1e999 V", "5 +/- inf V", "5 ± nan", "5 +/- -1 V", "5 ± -0.1", "5 +/- V", "5 ± V",
        "5() V", "5(1 V", "5)1( V", "5(1)(2) V", "5(1) +/- 1 V", "5 (1) V", "5 ± 1 ± 2 V", "5(-1) V", "5(1e2) V", "5(a) V", "1.0e3(1) V", "1,5 V", "1_000 V", "1..5 V", "--5 V", "5 5 V", "1:2", "0(1", "e5",
        "1" * 500, "1(" + "1" * 5000 + ")", "1e" + "9" * 5000, "(" * 5000, "5 +" * 1000, "\x00", "5 V\n6 V" * 40,
    ],
    ids=lambda t: repr(t[:20]),
)  # fmt: skip
def test_garbage_is_refused_in_one_clear_line(text: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_quantity(text)
    line = str(raised.value)
    assert len(line.splitlines()) == 1
    assert len(line) < 400
    assert raised.value.remedy
    assert text.strip()[:20].isprintable() is False or text.strip()[:20] in raised.value.problem


@given(st.text(max_size=120) | st.text(alphabet="0123456789.eE+-()± /Vm%", max_size=40))
def test_no_text_crashes(text: str) -> None:
    try:
        value, std, _ = parse_quantity(text)
    except ConfigError:
        return
    assert math.isfinite(value)
    assert std is None or (math.isfinite(std) and std >= 0)
    for si in ("V", "K", ""):
        with contextlib.suppress(ConfigError, UnitError):
            assert math.isfinite(declared(text, si=si, what="it", source="it").std)


@given(st.integers(0, 10**6), st.integers(0, 6), st.integers(0, 9999))
def test_parentheses_count_in_the_last_place(digits: int, decimals: int, last: int) -> None:
    text = f"{digits}" if decimals == 0 else f"{digits // 10**decimals}.{digits % 10**decimals:0{decimals}d}"
    value, std, _ = parse_quantity(f"{text}({last}) V")
    assert value == pytest.approx(digits / 10**decimals, rel=1e-15)
    assert std == pytest.approx(last / 10**decimals, rel=1e-15)


def test_uncertainties_writes_what_is_read() -> None:
    """The shorthand of an independent package comes back."""
    for number in (ufloat(420.0, 12.0), ufloat(1.0, 0.01), ufloat(-0.00123, 0.00004), ufloat(1.5e9, 2e7)):
        value, std, _ = parse_quantity(f"{number:.2uS}")
        assert value == pytest.approx(number.nominal_value, rel=1e-12)
        assert std == pytest.approx(number.std_dev, rel=1e-12)


def test_declared_is_in_si_and_its_uncertainty_systematic() -> None:
    estimate = declared("420(12) ohm", si="ohm", what="series resistance", source="series_resistance")
    assert (estimate.value, estimate.std_stat, dict(estimate.systematic)) == (420.0, 0.0, {"series_resistance": 12.0})
    milli = declared("0.42(12) kΩ", si="ohm", what="series resistance", source="r")
    assert (milli.value, milli.std_sys) == (pytest.approx(420, rel=1e-15), pytest.approx(120, rel=1e-15))
    bare = declared("1.00", si="", what="gain", source="gain")
    assert (bare.std, dict(bare.systematic), bare.unit) == (0.0, {}, "")


def test_declared_celsius() -> None:
    """T/K = t/degC + 273.15, exactly; a degree of uncertainty is a kelvin."""
    estimate = declared("25.0(5) degC", si="K", what="temperature", source="temperature")
    assert (estimate.value, estimate.std, estimate.unit) == (pytest.approx(298.15, abs=1e-12), 0.5, "K")
    assert declared("-40 °C", si="K", what="temperature", source="t").value == pytest.approx(233.15, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "si", "said"),
    [
        ("42", "K", "has no unit, where [K] is asked"), ("42 V", "K", "unit 'V', where [K]"), ("42 foo", "K", "unit 'foo'"), ("5 %", "", "unit '%', where [a pure number]"),
        ("1.0 V", "", "where [a pure number]"),
    ],
)  # fmt: skip
def test_declared_refuses_other_dimensions(text: str, si: str, said: str) -> None:
    with pytest.raises(UnitError) as raised:
        declared(text, si=si, what="it", source="it")
    assert said in str(raised.value)
    assert text in str(raised.value)


def test_declared_refuses_what_overflows() -> None:
    with pytest.raises(ConfigError, match="beyond the largest number"):
        declared("1e308 TV", si="V", what="bias", source="bias")


# -- Estimate ---------------------------------------------------------------------------------------------------------


def test_std_is_the_root_sum_of_squares() -> None:
    estimate = Estimate(value=1.0, std_stat=2.0, systematic={"a": 3.0, "b": -6.0}, unit="V")
    assert estimate.std_sys == pytest.approx(math.sqrt(45), rel=1e-15)
    assert estimate.std == 7.0  # 4 + 9 + 36 = 49
    assert Estimate(value=1.0).std == 0.0


def test_scaled_keeps_signs_of_shifts_and_turns_none_of_the_stds() -> None:
    scaled = Estimate(value=2.0, std_stat=0.5, systematic={"a": 0.1}, unit="V").scaled(-10.0, "mV")
    assert (scaled.value, scaled.std_stat, dict(scaled.systematic), scaled.unit) == (-20.0, 5.0, {"a": -1.0}, "mV")


def test_parts_of_one_source_add_linearly() -> None:
    """GUM (JCGM 100:2008) 5.2.2, r = 1: fully correlated parts add as they are, not in quadrature."""
    estimate = Estimate(value=1.0, systematic={"gain": 0.03}).with_part("gain", 0.04).with_part("offset", 0.24)
    assert dict(estimate.systematic) == {"gain": pytest.approx(0.07), "offset": 0.24}
    assert estimate.std == pytest.approx(0.25, rel=1e-12)  # 7, 24, 25
    assert dict(estimate.with_part("gain", -0.07).systematic).get("gain", 0.0) == pytest.approx(0.0, abs=1e-17)
    assert dict(Estimate(value=1.0, systematic={"gain": 0.0}).systematic) == {}


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
def test_impossible_uncertainties_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="finite and not negative"):
        Estimate(value=1.0, std_stat=bad)
    if not bad < 0:  # a shift has a sign
        with pytest.raises(ValueError, match="finite and not negative"):
            Estimate(value=1.0, systematic={"gain": bad})


def test_estimates_that_share_a_source_stay_correlated() -> None:
    """statistics.md, trap 3. a and b move together by the gain: it cancels from a - b and doubles in a + b."""
    a = Estimate(value=1.0, std_stat=0.3, systematic={"gain": 1.0})
    b = Estimate(value=1.0, std_stat=0.4, systematic={"gain": 1.0})
    sources = {"gain": ufloat(0, 1)}
    ua, ub = a.as_ufloat(sources), b.as_ufloat(sources)
    assert (ua - ub).std_dev == pytest.approx(0.5, rel=1e-12)  # 3, 4, 5: only the statistical parts
    assert (ua + ub).std_dev == pytest.approx(math.sqrt(0.25 + 4.0), rel=1e-12)
    # without the sources nothing is shared: sqrt(0.09 + 1 + 0.16 + 1)
    assert (a.as_ufloat() - b.as_ufloat()).std_dev == pytest.approx(1.5, rel=1e-12)
    # one that moves the other way
    c = Estimate(value=1.0, systematic={"gain": -1.0}).as_ufloat(sources)
    assert (ua + c).std_dev == pytest.approx(0.3, rel=1e-12)
    assert (ua.nominal_value, ua.std_dev) == (1.0, pytest.approx(a.std, rel=1e-12))


def test_sources_that_are_not_in_the_mapping_are_independent() -> None:
    a = Estimate(value=1.0, systematic={"offset": 1.0})
    sources = {"gain": ufloat(0, 1)}
    assert (a.as_ufloat(sources) - a.as_ufloat(sources)).std_dev == pytest.approx(math.sqrt(2), rel=1e-12)


def test_an_exact_estimate_is_an_exact_number() -> None:
    number = Estimate(value=2.0, unit="V").as_ufloat()
    assert (number.nominal_value, number.std_dev) == (2.0, 0.0)
    assert not number.derivatives


def test_pickled_estimates_keep_their_sources() -> None:
    """What a ufloat loses in a pickle (trap 3) an Estimate keeps, as the source is a name."""
    a = Estimate(value=1.0, std_stat=0.3, systematic={"gain": 1.0}, unit="V")
    b = pickle.loads(pickle.dumps(a))  # noqa: S301
    assert (b.value, b.std_stat, b.systematic, b.unit) == (a.value, a.std_stat, a.systematic, a.unit)
    sources = {"gain": ufloat(0, 1)}
    assert (a.as_ufloat(sources) - b.as_ufloat(sources)).std_dev == pytest.approx(0.3 * math.sqrt(2), rel=1e-12)
    assert "1 +- 0.3 (stat) +- 1 (sys) V" in repr(b)
