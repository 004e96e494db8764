"""`gzero fit` with intervals, a robust loss, and traces fitted together."""

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from gzero.report.json import schema


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return write(tmp_path / "one.csv", sweeps=1)


@pytest.fixture
def three(tmp_path: Path) -> Path:
    return write(tmp_path / "three.csv", sweeps=3)


def write(path: Path, *, sweeps: int) -> Path:
    """Sweeps of three steps one after the other, the gate a little later each time: traces of one file."""
    rng = np.random.default_rng(2)
    rows = []
    for sweep in range(sweeps):
        x = np.linspace(0, 50, 250)
        y = sum(1 / (1 + np.exp(-(x - v - 0.2 * sweep))) for v in (8, 22, 36)) + 0.01 * rng.normal(size=x.size)
        rows += [f"{a:.5g},{b:.6g}" for a, b in zip(x, y, strict=True)]
    path.write_text("\n".join(["gate [mV],G [2e^2/h]", *rows]) + "\n", encoding="utf-8")
    return path


def test_intervals_are_printed_and_recorded(gzero, one: Path) -> None:
    ran = gzero("fit", one, "--intervals", "profile")
    assert ran.code == 0, ran.err
    assert "Parameters of the model with 95 % intervals (profile)" in ran.out
    ran = gzero("fit", one, "--intervals", "bootstrap", "--seed", 3, "--confidence", 0.9, "--json")
    record = json.loads(ran.out)
    jsonschema.validate(record, schema())
    found = record["fit"]["intervals"]["threshold_2"]
    middle, length = (found["low"] + found["high"]) / 2, found["high"] - found["low"]
    assert abs(middle - 0.022) < 1.5 * length  # V; 22 mV is the truth, and the length is 3.3 standard uncertainties
    assert (found["confidence"], found["method"], found["note"]) == (0.9, "bootstrap", None)
    assert record["seed"] == 3


def test_a_word_that_is_no_method(gzero, one: Path) -> None:
    ran = gzero("fit", one, "--intervals", "guess")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "gzero: --intervals 'guess' is no choice; choose profile, bootstrap, emcee\n"


def test_loss_on_the_command_line_and_in_a_file(gzero, one: Path) -> None:
    record = json.loads(gzero("fit", one, "--loss", "huber", "--json").out)
    assert {"choice": "loss", "value": "huber", "origin": "user", "note": None} in record["ledger"]
    one.with_suffix(".toml").write_text('loss = "cauchy"\n', encoding="utf-8")
    record = json.loads(gzero("fit", one, "--json").out)
    assert {"choice": "loss", "value": "cauchy", "origin": "user", "note": "one.toml"} in record["ledger"]
    assert gzero("fit", one, "--loss", "cubic").err.startswith("gzero: --loss 'cubic' is no choice")


def test_traces_together(gzero, three: Path) -> None:
    ran = gzero("fit", three, "--together", "step_height", "--intervals", "profile", "--gain", "1.00(1)")
    assert ran.code == 0, ran.err
    assert "Shared by all curves" in ran.out
    assert "With 95 % intervals (profile)" in ran.out
    ran = gzero("fit", three, "--together", "step_height, width_1", "--gain", "1.00(1)", "--json")
    record = json.loads(ran.out)
    assert record["schema"] == "gzero.together/1"
    assert record["shared"] == ["step_height", "width_1"]
    assert len(record["traces"]) == 3
    assert {"threshold_1[0]", "threshold_1[2]", "step_height"} <= set(record["fit"]["names"])
    step = record["estimates"]["estimates"]["step_height"]
    # one file, one amplifier: the whole 1 %
    assert step["systematic"]["gain"] == pytest.approx(-0.01 * step["value"], rel=2e-3)
    assert record["disagreement"]["freedom"] == 4
    assert 0 <= record["disagreement"]["p_value"] <= 1


def test_what_is_not_shared_is_said(gzero, three: Path) -> None:
    ran = gzero("fit", three, "--together", "threshold_1")
    assert "the curves contradict each other in what they share" in ran.out


def test_together_refuses_in_one_line(gzero, one: Path, three: Path) -> None:
    assert gzero("fit", one, "--together", "step_height").err == "gzero: 1 curve is no joint fit; give at least two\n"
    err = gzero("fit", three, "--together", "step_heigth").err
    assert err.startswith(
        "gzero: curve 0 (staircase, 3 equal steps) has no free parameter 'step_heigth' to share; free in"
    )
    assert err.count("\n") == 1
