"""Signal chains, masks, places and metadata as a user types them. The files are synthetic: exactly 2e^2/h."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

G0 = 7.748091729863649e-05  # 2e^2/h [S], CODATA 2022


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A gate sweep as a multimeter behind an I/V converter of 1e8 V/A wrote it, at 100 uV."""
    gate = np.linspace(-900.0, -300.0, 301)
    steps = sum(1 / (1 + np.exp(-(gate - t) / 5)) for t in (-800.0, -680.0, -560.0, -440.0))
    rows = [
        f"{a:.6g},{b:.8g},{c:.3g}"
        for a, b, c in zip(gate, steps * G0 * 1e-4 * 1e8, np.where(gate < -850, 5.0, 0.01), strict=True)
    ]
    text = "\n".join(
        ["# Temperature: 1.5 K", "# Preamp gain: 1e8 V/A", "# Oscillator (mV): 0.1", "Vg (mV),DMM (V),leak (nA)", *rows]
    )
    (tmp_path / "lab.csv").write_text(text + "\n", encoding="utf-8")
    return tmp_path / "lab.csv"


CHAIN = ("--y", "DMM", "--bias", "100 uV", "--chain", "DMM: iv_converter=1.00(1)e8 V/A", "--quantum", "2e^2/h")


def test_a_chain_and_masks_on_the_command_line(gzero: Callable, lab: Path) -> None:
    ran = gzero("fit", lab, *CHAIN, "--mask", "leak > 1: gate leaks", "--mask", "rows 300:305: end", "--json")
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    step = found["estimates"]["step_height"]
    assert step["ratio"] == pytest.approx(1, abs=2e-3)
    assert step["std_sys"] / step["value"] == pytest.approx(0.01, rel=1e-6)
    assert found["source"]["excluded"] == [
        {"rule": "mask leak > 1", "reason": "gate leaks", "rows": 25},
        {"rule": "mask rows 300:305", "reason": "end", "rows": 6},
    ]
    assert found["source"]["rows_used"] == 301 - 31


def test_a_text_report_tells_the_chain_and_the_masks(gzero: Callable, lab: Path) -> None:
    assert gzero("report", lab, *CHAIN, "--mask", "leak > 1: gate leaks", "-o", "out.md").code == 0
    text = Path("out.md").read_text(encoding="utf-8")
    for words in (
        "chain of DMM: iv\\_converter",
        "1.00(1)e8 V/A",
        "gate leaks",
        "the user",
        "chain: iv converter of DMM",
    ):
        assert words in text or words.replace("\\", "") in text, words


def test_inspect_shows_what_becomes_of_a_column_and_what_would_be_left_out(gzero: Callable, lab: Path) -> None:
    seen = json.loads(gzero("inspect", lab, *CHAIN, "--mask", "leak > 1: gate leaks", "--json").out)
    column = seen["columns"][1]
    assert (column["unit_text"], column["role"]) == ("V", "current")
    assert column["reason"].endswith("its signal chain makes it [A]")
    assert column["high"] == pytest.approx(4 * G0 * 1e-4 * 1e8, rel=1e-3)  # as the file writes it
    assert seen["dropped"] == ["mask leak > 1: gate leaks (25 rows)"]
    assert seen["problem"] == ""
    broken = json.loads(gzero("inspect", lab, "--chain", "DMM: divider=10", "--json").out)
    assert "between 0 and 1" in broken["problem"]


def test_inspect_offers_and_uses_nothing(gzero: Callable, lab: Path) -> None:
    ran = gzero("inspect", lab)
    flat = " ".join(ran.out.split())
    assert "offered: temperature = 1.5 K (metadata 'Temperature'), used only when declared: --from-metadata" in flat
    assert "offered: gain = 1e8 V/A (metadata 'Preamp gain')" in flat
    silent = gzero("fit", lab, *CHAIN, "--json")
    assert "lever_arm" not in json.loads(silent.out)["estimates"]
    told = gzero("fit", lab, *CHAIN, "--from-metadata", "temperature", "--json")
    found = json.loads(told.out)
    assert found["estimates"]["lever_arm"]["value"] > 0
    assert {"choice": "temperature", "value": "1.5 K", "origin": "data", "note": "metadata 'Temperature'"} in found[
        "ledger"
    ]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--mask", "leak > 1"), "mask 'leak > 1' has no reason"), (("--mask", "leak > 1 V: x"), "its header states [nA]"),
        (("--chain", "DMM: gain=3"), "'gain=3' is no stage"), (("--chain", "DMN: amplifier=3"), "there is no column 'DMN'"),
        (("--from-metadata", "magnetic_field"), "no entry of the metadata states a magnetic field"), (("--trace", "G2 = 3 V"), "the file is no map"),
    ],
)  # fmt: skip
def test_errors_are_one_line(gzero: Callable, lab: Path, options: tuple[str, ...], problem: str) -> None:
    own = CHAIN if "--chain" not in options else ("--y", "DMM")
    ran = gzero("fit", lab, *own, *options)
    assert ran.code == 2
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1
    assert problem in ran.err


def test_raw_volts_without_a_chain_are_told_of_it(gzero: Callable, lab: Path) -> None:
    ran = gzero("fit", lab, "--y", "DMM")
    assert ran.code == 2
    assert "or say what lies between it and the sample, such as --chain 'DMM: iv_converter=1e8 V/A'" in ran.err


def test_every_command_that_reads_a_file_takes_them(gzero: Callable) -> None:
    for command in ("inspect", "fit", "validate", "report", "selftest", "plan"):
        text = gzero(command, "--help").out
        assert all(option in text for option in ("--chain", "--mask", "--from-metadata")), command


def test_a_trace_of_a_measured_map_by_its_place(gzero: Callable, measured: Path) -> None:
    """Zenodo map of 101 traces at -650 - 7.5 k, an axis without a unit (its own header)."""
    path = measured / "qpc_ubc" / "dat1516_qpc_conductance.ibw"
    ran = gzero("fit", path, "--trace", "-700", "--quantum", "2e^2/h", "--json")
    found = json.loads(ran.out)
    assert found["trace"].endswith("[7]")
    assert found["coordinate"]["value"] == -702.5
    assert {
        "choice": "trace",
        "value": "axis 1 = -702.5",
        "origin": "user",
        "note": "asked for as -700, 2.5 off",
    } in found["ledger"]
    wrong = gzero("fit", path, "--trace", "-640", "--quantum", "2e^2/h")
    assert wrong.code == 2
    assert "no trace is at -640; the nearest are axis 1 = -650 (trace 0)" in wrong.err
