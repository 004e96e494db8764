"""`gzero validate --multiverse` and `gzero report --multiverse`, as typed."""

import json

import pytest

from gzero.pipeline import multiverse as room


@pytest.fixture
def lab(gzero, few_universes: int) -> str:
    assert gzero("simulate", "staircase", "-o", "lab.csv", "--seed", 3, "--points", 160, "--steps", 3).code == 0
    return "lab.csv"


def test_the_summary_and_the_exit_code_of_the_verdict(gzero, lab: str) -> None:
    plain, ran = gzero("validate", lab), gzero("validate", lab, "--multiverse")
    assert ran.code == plain.code == 0
    assert ran.err == ""  # a progress bar is for a terminal
    assert "Over other choices (multiverse)" in ran.out
    assert "24, a balanced sample of" in ran.out
    assert "multiverse" not in plain.out


def test_json_holds_the_record_and_is_the_same_again(gzero, lab: str) -> None:
    ran = gzero("validate", lab, "--multiverse", "--seed", 7, "--json")
    record = json.loads(ran.out)
    assert record["multiverse"]["choices"] == len(record["multiverse"]["universes"]) == 24
    assert record["multiverse"]["seed"] == record["seed"] == 7
    assert record["multiverse"]["decision"] == record["verdict"]["decision"]
    assert next(c["note"] for c in record["ledger"] if c["choice"] == "multiverse").endswith("seed 7")
    assert gzero("validate", lab, "--multiverse", "--seed", 7, "--json").out == ran.out
    assert json.loads(gzero("validate", lab, "--json").out)["multiverse"] is None


def test_a_decision_that_hangs_on_a_choice_is_a_warning(gzero, lab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An analysis that undoes every verdict but the one that was asked for."""
    from dataclasses import replace

    whole, calls = room.analyse_measurement, []

    def swaying(measurement, config, **how):
        analysis = whole(measurement, config, **how)
        calls.append(1)
        return (
            analysis if len(calls) == 1 else replace(analysis, verdict=replace(analysis.verdict, decision="undecided"))
        )

    monkeypatch.setattr(room, "analyse_measurement", swaying)
    ran = gzero("validate", lab, "--multiverse")
    assert ran.code == 0  # the decision itself stays what it is
    assert "holds in 4 % of 24 reasonable choices; one other choice is enough to lose it" in " ".join(ran.out.split())


def test_a_report_has_it(gzero, lab: str) -> None:
    assert gzero("report", lab, "-o", "lab.html", "--multiverse").code == 0
    from pathlib import Path

    told = Path("lab.html").read_text(encoding="utf-8")
    assert "Specification curve" in told


def test_several_files_or_traces_are_refused_in_one_line(gzero, lab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    two = gzero("report", lab, lab, "-o", "lab.html", "--multiverse")
    assert (two.code, two.out) == (2, "")
    assert "a multiverse is of one file, not of 2" in two.err
    whole = room.load_traces
    monkeypatch.setattr(room, "load_traces", lambda path, config: whole(path, config) * 3)
    ran = gzero("validate", lab, "--multiverse")
    assert (ran.code, ran.out) == (2, "")
    assert "the file holds 3 traces, and a multiverse is of one; name it with --trace" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_noise_model_can_be_said(gzero, lab: str) -> None:
    ran = gzero("validate", lab, "--noise-model", "white", "--json")
    notes = [c["note"] for c in json.loads(ran.out)["ledger"] if c["choice"] == "noise of one reading"]
    assert notes == ["stated in the file, taken as white"]
    wrong = gzero("validate", lab, "--noise-model", "pink")
    assert wrong.code == 2
    assert "--noise-model 'pink' is no choice" in wrong.err


def test_white_noise_on_request_is_white_where_it_is_red(gzero, lab: str) -> None:
    """Red noise, as simulated: taken as white, the levels claim to be surer than they are."""
    assert gzero("simulate", "staircase", "-o", "red.csv", "--seed", 3, "--noise-world", "ar1").code == 0
    records = [
        json.loads(gzero("validate", "red.csv", *said, "--json").out) for said in ((), ("--noise-model", "white"))
    ]
    learnt, white = (record["estimates"]["step_height"]["std_stat"] for record in records)
    assert white < 0.7 * learnt


def test_an_interrupt_ends_it_with_nothing_printed(gzero, lab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, calls = room.analyse_measurement, []

    def stopped(measurement, config, **how):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return whole(measurement, config, **how)

    monkeypatch.setattr(room, "analyse_measurement", stopped)
    ran = gzero("validate", lab, "--multiverse")
    assert (ran.code, ran.out) == (130, "")
    assert ran.err == "gzero: interrupted; nothing was left half-written\n"
