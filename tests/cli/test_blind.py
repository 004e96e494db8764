"""Blind mode, as typed: from `--blind` to `gzero unblind`, exit codes, one line on every misuse."""

import json
import shlex
from pathlib import Path

import pytest

from gzero.pipeline.blind_record import BlindRecord

STATED = ("--quantum", "G0", "--gain", "1.00(1)")


@pytest.fixture
def lab(gzero, monkeypatch: pytest.MonkeyPatch) -> str:
    """A staircase of quanta, and a hidden factor of 1.2."""
    monkeypatch.setattr(BlindRecord, "factor", lambda record: 1.2)
    assert gzero("simulate", "staircase", "-o", "lab.csv", "--seed", 3, "--points", 240).code == 0
    return "lab.csv"


def test_a_value_that_is_stated_without_uncertainty_is_told_without(gzero, lab: str) -> None:
    options = ("--temperature", "0.1 K", "--gain", "1.00(1)", "--quantum", "2e^2/h")
    for ran in (gzero("validate", lab, "--blind", *options), gzero("unblind", lab)):
        said = " ".join(ran.out.replace("│", " ").split())
        assert "temperature 0.1 K" in said
        assert "gain 1 ± 0.01" in said
        assert "+/-" not in said


def test_the_whole_way(gzero, lab: str) -> None:
    """A step of 1 quantum reads 1.2 while blind; the verdict is undecided (3), then quantized (0), with the record told."""
    blind = gzero("validate", lab, "--blind", *STATED)
    assert blind.code == 3
    assert blind.err == ""
    for words in ("BLIND: UNDECIDED", "BLIND: conductance times a hidden factor", "`gzero unblind lab.csv`", "1.2"):
        assert words in blind.out
    assert gzero("validate", lab, *STATED).out == blind.out  # the flag is needed once

    fit = gzero("fit", lab, *STATED)
    assert fit.code == 0
    assert "BLIND" in fit.out

    end = gzero("unblind", lab)
    assert end.code == 0
    for words in ("frozen choices", "gain 1 ± 0.01", "QUANTIZED", "frozen before the data were unblinded"):
        assert words in end.out
    assert "BLIND" not in end.out

    again = gzero("validate", lab, *STATED, "--json")
    assert again.code == 0
    record = json.loads(again.out)
    assert record["blind"]["state"] == "frozen first"
    assert record["blind"]["frozen"] == record["blind"]["configuration"]
    assert record["estimates"]["step_height"]["ratio"] == pytest.approx(1.0, abs=0.02)
    assert json.loads(gzero("unblind", lab, "--json").out)["blind"] == record["blind"]
    entry = next(c for c in record["ledger"] if c["choice"] == "blind analysis")
    assert entry["value"] == "frozen first"
    assert record["blind"]["frozen"][:12] in entry["note"]

    changed = gzero("validate", lab, *STATED, "--margin", "0.1")
    back = gzero("validate", lab, *STATED)
    for ran in (changed, back):
        assert ran.code == 0
        assert "changed after unblinding: margin 0.05 → 0.1" in ran.out
    assert "this analysis has other choices" in changed.out
    assert "this analysis has the frozen choices" in back.out
    assert gzero("report", lab, *STATED, "-o", "lab.html").code == 0
    assert "changed after unblinding" in Path("lab.html").read_text(encoding="utf-8")


def test_what_unblinding_would_freeze_is_said_beforehand(gzero, lab: str) -> None:
    """A look at something else is the last one, and would be frozen: whoever reads the screen is not surprised."""
    first = gzero("validate", lab, "--blind", *STATED, "--range", "0:240").out
    second = gzero("validate", lab, *STATED, "--margin", "0.2").out
    assert "would freeze" in first
    assert "range 0:240" in first
    assert "margin 0.2" not in first
    assert "margin 0.2" in second
    assert "range" not in second.partition("would freeze")[2].partition("\n\n")[0].partition("Plateaus")[0]
    assert "margin 0.2" in gzero("unblind", lab).out.splitlines()[0]


def test_json_while_blind(gzero, lab: str) -> None:
    ran = gzero("validate", lab, "--blind", *STATED, "--json")
    assert ran.code == 3
    record = json.loads(ran.out)
    assert record["blind"]["state"] == "blind"
    assert record["blind"]["frozen"] is None
    assert record["verdict"]["decision"] == "undecided"
    assert record["estimates"]["step_height"]["ratio"] == pytest.approx(1.2, abs=0.02)


def test_a_record_elsewhere(gzero, lab: str) -> None:
    """Stated with every command, or once in the sidecar."""
    assert gzero("validate", lab, "--blind", "--blind-record", "own.json", *STATED).code == 3
    assert not Path("lab.csv.blind.json").exists()
    assert gzero("unblind", lab, "--blind-record", "own.json").code == 0


def test_inspection_hides_the_ranges(gzero, lab: str) -> None:
    """Four quanta are the largest reading; 270 mV is the end of the gate and stays."""
    seen = json.loads(gzero("inspect", lab, "--json").out)
    hidden = json.loads(gzero("inspect", lab, "--blind", "--json").out)
    assert seen["columns"][1]["high"] == pytest.approx(4, abs=0.1)
    assert [c["high"] for c in hidden["columns"][1:]] == [None, None]
    assert hidden["columns"][0]["high"] == seen["columns"][0]["high"]
    assert "The data are blind" in gzero("inspect", lab, "--blind").out
    assert not Path("lab.csv.blind.json").exists()  # looking at columns is no analysis


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("unblind", "lab.csv"), "no blind record"),
        (("unblind", "gone.csv"), "gone.csv"),
        (("fit", "lab.csv", "--blind", "--together", "step_height"), "not fitted together while they are blind"),
        (("validate", "lab.csv", "--blind", "--blind-record", "gone/x.json"), "cannot be written"),
    ],
)
def test_misuse_is_one_line(gzero, lab: str, words: tuple[str, ...], line: str) -> None:
    ran = gzero(*words)
    assert (ran.code, ran.out) == (2, "")
    assert line in ran.err
    assert ran.err.count("\n") == 1


def test_refusals_after_the_fact(gzero, lab: str) -> None:
    """Blind again, other data, an edited record: exit 2, one line, nothing of the verdict."""
    gzero("validate", lab, "--blind", *STATED)
    gzero("unblind", lab)
    twice = gzero("validate", lab, "--blind", *STATED)
    record = Path("lab.csv.blind.json")
    whole = record.read_text(encoding="utf-8")
    record.write_text(whole.replace('"margin": "0.05"', '"margin": "0.06"', 1), encoding="utf-8")
    edited = gzero("validate", lab, *STATED)
    record.write_text(whole, encoding="utf-8")
    with Path(lab).open("a", encoding="utf-8") as stream:
        stream.write("\n")
    other = gzero("unblind", lab)
    for ran, line in ((twice, "cannot be unseen"), (edited, "nothing can be said of blindness"), (other, "other data")):
        assert (ran.code, ran.out) == (2, "")
        assert line in ran.err
        assert ran.err.count("\n") == 1


def test_what_waits_for_the_end(gzero, lab: str, few_universes: int) -> None:
    """A plan and a multiverse of blind data: what they say would be of the hidden factor, or of nothing."""
    assert gzero("validate", lab, "--blind", *STATED).code == 3
    for words in (("plan", lab, *STATED), ("validate", lab, "--multiverse", *STATED)):
        ran = gzero(*words)
        assert ran.code == 2
        assert "blind" in ran.err
        assert ran.err.count("\n") == 1
        assert not ran.out
    assert gzero("unblind", lab).code == 0
    assert gzero("plan", lab, *STATED).code == 0
    changed = gzero("validate", lab, *STATED, "--plateaus", "1:3", "--multiverse")
    assert changed.code == 0
    said = " ".join(changed.out.split())
    assert "changed after unblinding" in said
    assert f"{few_universes}, a balanced sample of" in said


def test_what_ends_blind_mode_names_a_record_that_is_elsewhere(gzero, tmp_path: Path) -> None:
    """The command that the reader is told runs as it stands."""
    lab, record = tmp_path / "lab.csv", tmp_path / "sealed.json"
    assert gzero("simulate", "staircase", "-o", lab, "--seed", "3").code == 0
    ran = gzero("validate", lab, "--blind", "--blind-record", record, "--json")
    told = json.loads(ran.out)["verdict"]["reasons"][0].split("`")[1]
    assert told == f"gzero unblind {lab} --blind-record {record}"
    assert "frozen choices" in gzero(*shlex.split(told)[1:]).out
