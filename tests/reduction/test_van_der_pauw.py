"""Van der Pauw and Hall: exact plates, an independent root finder, every offset that reversal takes out, the measured germanium."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from gzero.errors import ColumnError, InputError, UnitError
from gzero.loaders.registry import read_table
from gzero.loaders.table import Column, Origin, Table
from gzero.reduction.van_der_pauw import Readings, hall_curve, is_bridge, readings_of, sheet_resistance

ORIGIN = Origin(path="plate.txt", sha256="", loader="test")


@given(st.floats(1e-3, 1e6), st.floats(1e-2, 1.0))
def test_the_equation(first: float, ratio: float) -> None:
    """exp(-pi R1/R_s) + exp(-pi R2/R_s) = 1 (van der Pauw 1958), and the root that scipy's brentq finds."""
    second = first * ratio
    found = float(sheet_resistance(np.array([first]), np.array([second]))[0])
    assert math.exp(-math.pi * first / found) + math.exp(-math.pi * second / found) == pytest.approx(1, abs=1e-12)
    root = brentq(lambda s: math.exp(-math.pi / s) + math.exp(-math.pi * ratio / s) - 1, 1e-3, 1e2, xtol=1e-14)
    assert found == pytest.approx(first * root, rel=1e-9)


def test_exact_plates() -> None:
    """Equal resistances give pi R/ln 2; x = exp(-pi R1/R_s) = 3/4 for R2/R1 = ln 4/ln(4/3)."""
    assert sheet_resistance(np.array([2.0]), np.array([2.0]))[0] == pytest.approx(2 * math.pi / math.log(2), rel=1e-14)
    first, second = math.log(4 / 3), math.log(4)
    assert sheet_resistance(np.array([first]), np.array([second]))[0] == pytest.approx(math.pi, rel=1e-13)
    for bad in (0.0, -1.0, math.nan):
        with pytest.raises(InputError, match="not positive"):
            sheet_resistance(np.array([1.0, bad]), np.array([1.0, 1.0]))


def plate(
    mobility: float = 0.5, *, sheet: float = 800.0, shift: float = 0.0, thermal: float = 0.0, low: bool = True
) -> Table:
    """A plate at ten temperatures and three fields: equal edges, contacts out of line by 9 % of R_s, a field meter off by
    `shift` [T], thermal voltages [V], magnetoresistance of 30 % at the large fields."""
    t, b = np.meshgrid(np.linspace(100, 190, 10), [0.3, 0.0, -0.3] if low else [0.3, -0.3], indexing="ij")
    t, b = (t + 0.2 * b).ravel(), b.ravel()
    stronger = 1 + 3.3 * b**2
    edge = sheet * math.log(2) / math.pi * stronger
    hall = mobility * sheet * b
    resistances = {
        "AB": edge, "AD": edge, "AC": hall + 0.09 * sheet * stronger, "BD": hall - 0.09 * sheet * stronger,
    }  # fmt: skip
    probes = {"AB": "CD", "AD": "BC", "AC": "BD", "BD": "AC"}
    columns = [
        Column(name="T", unit_text="K", values=t, source=""),
        Column(name="B", unit_text="Gauss", values=(b + shift) * 1e4, source=""),
    ]
    for sign in ("", "-"):
        current = 1e-3 * (-1 if sign else 1)
        columns += [
            Column(name=f"current {sign}{k}", unit_text=None, values=np.full(t.size, current), source="")
            for k in probes
        ]
    for sign in ("", "-"):
        current = 1e-3 * (-1 if sign else 1)
        columns += [
            Column(name=f"voltage {sign}{v}", unit_text=None, values=resistances[k] * current + thermal, source="")
            for k, v in probes.items()
        ]
    return Table(columns=tuple(columns), metadata={}, origin=ORIGIN)


@pytest.mark.parametrize("mobility", [0.5, -0.5])
def test_offsets_cancel(mobility: float) -> None:
    """Thermal voltages, contacts out of line and the zero of the field meter are all there, and the truth comes out; the sign
    of the Hall voltage depends on the wiring, so that of the coldest readings is positive."""
    table = plate(mobility, shift=0.01, thermal=2e-3)
    assert is_bridge(table)
    curve = hall_curve(readings_of(table))
    np.testing.assert_allclose(curve.sheet_resistance, 800.0, rtol=1e-12)
    np.testing.assert_allclose(curve.mobility, 0.5, rtol=1e-9)
    assert curve.field_zero == pytest.approx(0.01, rel=1e-9)
    assert curve.one_kind.any()


def test_without_a_small_field_the_magnetoresistance_stays() -> None:
    """1 + 3.3 B^2 = 1.297 of the plate above goes into the sheet resistance, and the ledger says so."""
    curve = hall_curve(readings_of(plate(low=False)))
    inner = curve.mobility[2:-2]
    np.testing.assert_allclose(inner, 0.5 / 1.297, rtol=1e-3)
    assert any("averaged" in choice.value for choice in curve.ledger)


def test_a_field_of_one_sign_is_refused() -> None:
    r = readings_of(plate())
    with pytest.raises(InputError, match="not reversed"):
        hall_curve(
            Readings(temperature=r.temperature, field=np.abs(r.field), first=r.first, second=r.second, across=r.across)
        )


def test_what_is_no_plate() -> None:
    table = plate()
    rest = [c for c in table.columns if "AC" not in c.name and "BD" not in c.name]
    with pytest.raises(ColumnError, match="not enough for a plate"):
        readings_of(Table(columns=tuple(rest), metadata={}, origin=ORIGIN))
    assert not is_bridge(Table(columns=table.columns[:6], metadata={}, origin=ORIGIN))
    renamed = tuple(
        Column(name="voltage AD", unit_text=None, values=c.values, source="") if c.name == "voltage CD" else c
        for c in table.columns
    )
    with pytest.raises(ColumnError, match="share a contact"):
        readings_of(Table(columns=renamed, metadata={}, origin=ORIGIN))
    wrong = tuple(
        Column(name=c.name, unit_text="K" if c.name == "current AB" else c.unit_text, values=c.values, source="")
        for c in table.columns
    )
    assert not is_bridge(Table(columns=wrong, metadata={}, origin=ORIGIN))  # two temperatures
    volts = tuple(
        Column(name=c.name, unit_text="S" if c.name == "current AB" else c.unit_text, values=c.values, source="")
        for c in table.columns
    )
    with pytest.raises(UnitError, match=r"where \[A\] is asked"):
        readings_of(Table(columns=volts, metadata={}, origin=ORIGIN))
    broken = tuple(
        Column(name=c.name, unit_text=c.unit_text, values=np.where(np.arange(c.values.size) == 3, np.nan, c.values), source="")
        if c.name == "voltage CD" else c
        for c in table.columns
    )  # fmt: skip
    with pytest.raises(InputError, match="not a finite number"):
        readings_of(Table(columns=broken, metadata={}, origin=ORIGIN))


@pytest.mark.parametrize("current", [180, 360, 900])
def test_measured_germanium(measured: Path, current: int) -> None:
    """Al-doped germanium, 95 to 350 K (NOTE.md): below the onset of intrinsic conduction the Hall mobility falls as T^-1.5
    (acoustic phonons) to T^-2.3 (NSM archive: 1.05e9 T^-2.33 for holes); above, electrons turn the sign of the Hall
    coefficient, as they are the more mobile ones (3800 against 1800 cm^2/Vs, NSM)."""
    curve = hall_curve(readings_of(read_table(measured / "hall_germanium" / f"{current}uA_3500G_95K_350K.txt")))
    t, mobility, one = curve.temperature, curve.mobility, curve.one_kind
    assert one.sum() > 20
    assert t[one][-1] < 280
    exponent = np.polyfit(np.log(t[one]), np.log(mobility[one]), 1)[0]
    assert -2.3 < exponent < -1.5
    assert mobility[t > 320].max() < 0
    # the zero of the field meter that the two fields of the note, +3070 and -2876 G, share
    assert curve.field_zero == pytest.approx((3070 - 2876) / 2 * 1e-4, rel=0.05)


def test_the_three_currents_agree(measured: Path) -> None:
    """Ohm: the Hall coefficient of one sample at 180, 360 and 900 uA. Its carriers are all ionised between 130 and 170 K, so that it
    moves by 0.2 % a kelvin only and a thermal lag of 2 K between the runs by 0.4 %: 1 % holds both and the meters."""
    curves = [
        hall_curve(readings_of(read_table(measured / "hall_germanium" / f"{c}uA_3500G_95K_350K.txt")))
        for c in (180, 360, 900)
    ]
    for t in (135.0, 150.0, 170.0):
        values = [float(np.interp(t, c.temperature, c.hall)) for c in curves]
        assert np.ptp(values) < 0.01 * np.mean(values)
