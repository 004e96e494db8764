"""One synthetic staircase in every text format of an instrument: the same estimates as from CSV, through the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from gzero.cli.entry import main

Writer = Callable[[Sequence[float], Sequence[float]], str]


def _lines(x: Sequence[float], y: Sequence[float], delimiter: str, before: str = "") -> str:
    return "".join(f"{before}{a!r}{delimiter}{b!r}\n" for a, b in zip(x, y, strict=True))


def csv(x: Sequence[float], y: Sequence[float]) -> str:
    return "Vg (mV),G (uS)\n" + _lines(x, y, ",")


def lvm(x: Sequence[float], y: Sequence[float]) -> str:
    head = (
        "LabVIEW Measurement\nSeparator\tTab\nDecimal_Separator\t.\nX_Columns\tNo\n***End_of_Header***\n\nChannels\t2\n"
    )
    units = "Y_Unit_Label\tmV\tuS\nX_Dimension\tTime\tTime\nX0\t0\t0\nDelta_X\t1\t1\n***End_of_Header***\nX_Value\tVg\tG\tComment\n"
    return head + units + _lines(x, y, "\t", "\t")


def quantum_design(x: Sequence[float], y: Sequence[float]) -> str:
    return "[Header]\nTITLE,synthetic\nBYAPP,by hand\n[Data]\nComment,Vg (mV),G (uS)\n" + _lines(x, y, ",", ",")


def qcodes_dat(x: Sequence[float], y: Sequence[float]) -> str:
    return f'# Vg\tG\n# "Vg (mV)"\t"G (uS)"\n# {len(x)}\n' + _lines(x, y, "\t")


def igor_text(x: Sequence[float], y: Sequence[float]) -> str:
    scales = 'X SetScale d 0,0,"mV", Vg\nX SetScale d 0,0,"uS", G\n'
    return "IGOR\nWAVES/D\tVg\tG\nBEGIN\n" + _lines(x, y, "\t", "\t") + "END\n" + scales


def json_file(x: Sequence[float], y: Sequence[float]) -> str:
    return json.dumps({"scop": {"time": 1.0}, "data": {"Vg (mV)": list(x), "G (uS)": list(y)}})


def keysight(x: Sequence[float], y: Sequence[float]) -> str:
    head = "SetupTitle, synthetic\nPrimitiveTest, I/V Sweep\nTestParameter, Channel.VName, a\n"
    units = "AnalysisSetup, Analysis.Setup.Vector.List.Datum.Name, Vg, G\nAnalysisSetup, Analysis.Setup.Vector.List.Datum.Unit, mV, uS\n"
    return (
        head
        + units
        + f"Dimension1, {len(x)}, {len(x)}\nDimension2, 1, 1\nDataName, Vg, G\n"
        + _lines(x, y, ", ", "DataValue, ")
    )


FORMATS: dict[str, tuple[Writer, str]] = {
    "lvm": (lvm, ".lvm"), "quantum-design": (quantum_design, ".dat"), "qcodes-dat": (qcodes_dat, ".dat"), "igor-text": (igor_text, ".itx"),
    "json": (json_file, ".json"), "keysight": (keysight, ".csv"),
}  # fmt: skip


def staircase() -> tuple[list[float], list[float]]:
    """Synthetic: four steps of 2e^2/h (77.48 uS) in 150 points."""
    rng = np.random.default_rng(5)
    x = np.linspace(-600.0, -60.0, 150).round(3)
    y = sum(1 / (1 + np.exp(-(x - v) / 10)) for v in (-540, -420, -300, -180)) * 77.48091729863649
    return x.tolist(), (y + rng.normal(size=x.size)).round(4).tolist()


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> dict[str, object]:
    monkeypatch.setattr(sys, "argv", ["gzero", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    printed = capsys.readouterr()
    assert stopped.value.code in (0, None), printed.err
    found: dict[str, object] = json.loads(printed.out)
    return found


@pytest.fixture(scope="module")
def expected() -> dict[str, object]:
    """Of the CSV file, filled by the first test that asks."""
    return {}


@pytest.mark.parametrize("loader", FORMATS)
def test_the_same_estimates_as_from_csv(
    loader: str,
    expected: dict[str, object],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    x, y = staircase()
    if not expected:
        (tmp_path / "lab.csv").write_text(csv(x, y))
        expected |= run(
            capsys, monkeypatch, "fit", "lab.csv", "--experiment", "staircase", "--x", "Vg", "--y", "G", "--json"
        )
    writer, suffix = FORMATS[loader]
    name = f"lab{suffix}" if suffix != ".csv" else "export.csv"
    (tmp_path / name).write_text(writer(x, y))
    seen = run(capsys, monkeypatch, "inspect", name, "--experiment", "staircase", "--x", "Vg", "--y", "G", "--json")
    assert loader in json.dumps(seen)
    found = run(capsys, monkeypatch, "fit", name, "--experiment", "staircase", "--x", "Vg", "--y", "G", "--json")
    assert found["estimates"] == expected["estimates"]
    assert found["plateaus"] == expected["plateaus"]
    source = found["source"]
    assert isinstance(source, dict)
    assert (source["loader"], source["rows_read"]) == (loader, 150)
