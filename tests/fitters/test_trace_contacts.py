"""A breaking gold contact on an oscilloscope (TU Delft teaching lab, CC BY 4.0): an offset that nobody documented.

The divider gives G = V/((V_in - V) R_cal). With the readings as they are the levels lie at 1.6, 2.6, 3.3 quanta; with the 2.5 mV that
an open contact seems to read taken off, at 0, 0.95, 1.67 (shared/measured/contacts_delft/NOTE.md).
"""

import json
from pathlib import Path

import numpy as np
import pytest

import gzero
from gzero.analysis import Analysis
from gzero.quanta import G0

OPEN = 2.5e-3  # V


@pytest.fixture(scope="module")
def traces(measured: Path) -> tuple[np.ndarray, float, float]:
    """(voltages [V] of ten traces of 1000 readings, source [V], series resistor [ohm])."""
    (path,) = (measured / "contacts_delft").glob("*.json")
    data = json.loads(path.read_text(encoding="utf-8"))["data"]
    return np.array(data["data"]), float(data["Vin"]), float(data["Rcal"])


def conductance(v: np.ndarray, source: float, resistor: float) -> np.ndarray:
    return v / ((source - v) * resistor)


def analysed(tmp_path: Path, g: np.ndarray, **options: object) -> Analysis:
    path = tmp_path / "contact.csv"
    rows = "\n".join(f"{0.02 * i:.2f},{1e6 * v:.6g}" for i, v in enumerate(g))  # 2 us a division, 50 readings each
    path.write_text(f"t [us],G [uS]\n{rows}\n", encoding="utf-8")
    return gzero.analyse(path, experiment="trace", quantum="2e^2/h", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", range(10))
def test_without_its_offset_nothing_is_decided(
    traces: tuple[np.ndarray, float, float], tmp_path: Path, number: int
) -> None:
    voltages, source, resistor = traces
    analysis = analysed(tmp_path, conductance(voltages[number], source, resistor))
    assert analysis.verdict is not None
    assert analysis.verdict.decision == "undecided"
    assert "--offset" in analysis.verdict.reasons[0]
    assert any("state --offset" in warning for warning in analysis.warnings)


def near(analysis: Analysis, value: float) -> float:
    """The level nearest to a value [quanta]."""
    return min((lv.level.value / G0 for lv in analysis.levels), key=lambda found: abs(found - value))


def test_with_the_offset_the_levels_of_the_note_come_out(
    traces: tuple[np.ndarray, float, float], tmp_path: Path
) -> None:
    """0, 0.95, 1.67 of the note are read off by eye to 0.05 mV, or 0.03 quanta. The last plateau itself decays by 0.35 mV, or 0.2
    quanta, so that its parts lie 0.1 on both sides of its middle; the open contact reads 2.51 mV, not 2.5."""
    voltages, source, resistor = traces
    readings = conductance(voltages[0] - OPEN, source, resistor)
    analysis = analysed(tmp_path, readings, offset="0(0.3) uS")
    assert [lv.index for lv in analysis.levels[:2]] == [0, 1]
    for expected in (0.0, 0.95, 1.67):
        assert near(analysis, expected) == pytest.approx(expected, abs=0.05)
    assert analysis.verdict is not None
    assert analysis.verdict.decision == "not quantized"  # 1.67 is no multiple


def test_an_offset_of_the_voltage_is_nearly_one_of_the_conductance(
    traces: tuple[np.ndarray, float, float], tmp_path: Path
) -> None:
    """The same offset stated behind the divider, 2.5 mV read as a conductance: (V - V0) over (V_in - V) in place of (V_in - V + V0)
    stretches levels by V_in/(V_in - V) of them, 2 to 3 % here."""
    voltages, source, resistor = traces
    offset = 1e6 * conductance(np.array([OPEN]), source, resistor)[0]
    analysis = analysed(tmp_path, conductance(voltages[0], source, resistor), offset=f"{offset:.4g}(0.3) uS")
    for expected in (0.0, 0.95, 1.67):
        assert near(analysis, expected) == pytest.approx(1.025 * expected, abs=0.05)


def test_readings_at_the_end_of_the_range_are_left_out(traces: tuple[np.ndarray, float, float], tmp_path: Path) -> None:
    """Three of the traces begin at 14.898 mV, the end of the scope's range, 12, 38 and 59 readings by counting. Where one of them
    stands apart from the run it stays, as one reading may be what it is."""
    voltages, source, resistor = traces
    at_rail = (voltages == voltages.max()).sum(axis=1)
    assert sorted(at_rail)[-3:] == [12, 38, 59]
    for number in np.flatnonzero(at_rail > 5):
        analysis = analysed(tmp_path, conductance(voltages[number], source, resistor))
        left_out = {rule: rows.size for rule, rows in _exclusions(analysis)}
        runs = [len(run) for run in "".join("x" if v else " " for v in voltages[number] == voltages.max()).split()]
        assert left_out == {"overload": sum(length for length in runs if length >= 5)}


def _exclusions(analysis: Analysis) -> list[tuple[str, np.ndarray]]:
    return [(e.rule, np.asarray(e.indices)) for e in analysis.exclusions]
