"""`gzero selftest`, as typed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gzero.pipeline import selftest as room


@pytest.fixture
def lab(gzero, tmp_path: Path) -> str:
    assert gzero("simulate", "staircase", "-o", "lab.csv", "--seed", 3).code == 0
    return "lab.csv"


def test_table_conclusion_and_exit_code(gzero, lab: str) -> None:
    ran = gzero("selftest", lab, "--repeats", 12, "--seed", 2)
    assert ran.code == 0, ran.out
    assert ran.err == ""  # a progress bar is for a terminal
    for word in ("step_height_model", "transmission_4", "threshold_4", "12 of 12, seed 2", "THE INTERVALS HOLD"):
        assert word in ran.out
    assert "PARTIAL" not in ran.out


def test_json_has_every_key_and_is_the_same_again(gzero, lab: str) -> None:
    first = gzero("selftest", lab, "--repeats", 10, "--json")
    record = json.loads(first.out)
    assert record["schema"] == "gzero.selftest/1"
    assert (record["seed"], record["repeats"], record["done"], record["complete"]) == (1, 10, 10, True)
    assert set(record["quantities"][0]) == {
        "name", "truth", "unit", "repeats", "mean_pull", "std_pull", "largest_pull", "coverage_68", "coverage_95",
        "expected_95", "intervals", "factor",
    }  # fmt: skip
    assert gzero("selftest", lab, "--repeats", 10, "--json").out == first.out
    assert gzero("selftest", lab, "--repeats", 10, "--seed", 2, "--json").out != first.out


def test_intervals_that_do_not_hold_end_in_one(gzero, lab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An analysis that states a third of its uncertainties."""
    whole = room.analyse_many

    def wrong(measurements, config, **how):
        return [
            replace(a, estimates={name: replace(e, std_stat=e.std_stat / 3) for name, e in a.estimates.items()})
            for a in whole(measurements, config, **how)
        ]

    monkeypatch.setattr(room, "analyse_many", wrong)
    ran = gzero("selftest", lab, "--repeats", 30)
    assert ran.code == 1
    assert "NOT ALL INTERVALS HOLD" in ran.out
    assert "TOO SHORT" in ran.out
    assert "step_height_model are too short by a factor" in ran.out


def stop_at(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """The interrupt key, while some repeats are at work side by side."""
    whole, calls = room.analyse_many, []

    def analyse_many(*arguments: object, **how: object):
        calls.append(1)
        if len(calls) == number:
            raise KeyboardInterrupt
        return whole(*arguments, **how)

    monkeypatch.setattr(room, "analyse_many", analyse_many)
    monkeypatch.setattr(room, "_AT_ONCE", 6)


def test_an_interrupt_prints_what_is_done(gzero, lab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_at(monkeypatch, 3)
    ran = gzero("selftest", lab, "--repeats", 50)
    assert ran.code == 130
    assert "PARTIAL" in ran.out
    assert "Interrupted after 12 of 50 repeats" in ran.out
    assert ran.err == "gzero: interrupted; nothing was left half-written\n"


def test_an_interrupt_of_json_says_so_too(gzero, lab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_at(monkeypatch, 3)
    ran = gzero("selftest", lab, "--repeats", 50, "--json")
    assert ran.code == 130
    record = json.loads(ran.out)
    assert (record["complete"], record["done"], record["repeats"]) == (False, 12, 50)


def test_an_interrupt_before_anything_is_done(gzero, lab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_at(monkeypatch, 1)
    ran = gzero("selftest", lab)
    assert (ran.code, ran.out) == (130, "")
    assert "interrupted" in ran.err


def test_repeats_is_a_number_and_a_word(gzero, lab: str) -> None:
    """What the other commands take at --repeats can still be said: here a setting stands twice."""
    text = Path(lab).read_text(encoding="utf-8").splitlines()
    Path("twice.csv").write_text("\n".join([*text, text[-1]]), encoding="utf-8")
    said = ("selftest", "twice.csv", "--quantum", "2e^2/h", "--repeats", 10)
    refused = gzero(*said, "--repeats", "refuse")
    assert refused.code == 2
    assert "stands twice" in refused.err
    assert gzero(*said, "--repeats", "mean").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--repeats", "0"), "--repeats: 0 is not a number from 10"),
        (("--repeats", "10", "--repeats", "20"), "stated twice"),
        (("--repeats", "many"), "many"),
    ],
)
def test_a_wrong_number_is_one_clear_line(gzero, lab: str, words: tuple[str, ...], said: str) -> None:
    ran = gzero("selftest", lab, *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1


def test_of_several_traces_one_is_asked_for(gzero, lab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = room.load_traces
    monkeypatch.setattr(room, "load_traces", lambda path, config: whole(path, config) * 3)
    ran = gzero("selftest", lab)
    assert (ran.code, ran.out) == (2, "")
    assert "the file holds 3 traces" in ran.err
    assert "--trace" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_one_trace_of_a_measured_map(gzero, measured: Path) -> None:
    path = measured / "qpc_ubc" / "dat1516_qpc_conductance.ibw"
    assert gzero("selftest", path, "--quantum", "2e^2/h").code == 2
    ran = gzero("selftest", path, "--quantum", "2e^2/h", "--trace", 20, "--repeats", 10, "--json")
    record = json.loads(ran.out)
    assert record["done"] == 10
    # its risers are no logistics: the physics of the file, and what the self-test must then say
    assert any("says nothing of the measured shape" in note for note in record["notes"])


def test_a_diffusion_has_none(gzero, tmp_path: Path) -> None:
    assert gzero("simulate", "diffusion", "-o", "d.csv").code == 0
    ran = gzero("selftest", "d.csv")
    assert ran.code == 2
    assert "not available for the experiment 'diffusion'" in ran.err
