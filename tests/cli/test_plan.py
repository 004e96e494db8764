"""`gzero plan`, from numbers and from a first sweep."""

import json
from pathlib import Path


def test_from_numbers(gzero) -> None:
    ran = gzero("plan", "--quantum", "2e^2/h", "--gain", "1.00(3)", "--json")
    assert ran.code == 0
    made = json.loads(ran.out)
    assert made["schema"] == "gzero.plan/1"
    assert made["sweeps"] is None
    assert made["gain_std"] == 0.03
    said = gzero("plan", "--quantum", "2e^2/h", "--gain", "1.00(3)").out
    assert "NO NUMBER OF SWEEPS" in said
    assert f"{100 * made['gain_std_limit']:.2g} %" in said


def test_from_a_first_sweep(gzero, tmp_path: Path) -> None:
    """For a margin of 1 % a simulated sweep needs several of its like, and one with half the noise fewer."""
    sweeps = []
    for name, noise in (("a", 0.08), ("b", 0.04)):
        path = tmp_path / f"{name}.csv"
        assert gzero("simulate", "staircase", "-o", path, "--noise", str(noise), "--seed", "3").code == 0
        ran = gzero("plan", path, "--quantum", "2e^2/h", "--margin", "0.01", "--json")
        assert ran.code == 0, ran.err
        made = json.loads(ran.out)
        assert made["plateaus"] == [1, 2, 3, 4]
        sweeps.append(made["sweeps"])
    assert sweeps[0] > sweeps[1] >= 1


def test_bad_input(gzero, tmp_path: Path) -> None:
    for words in (
        ["plan"],
        ["plan", "--quantum", "2e^2/h", "--power", "2"],
        ["plan", tmp_path / "none.csv", "--quantum", "2e^2/h"],
        ["plan", tmp_path / "none.csv", "--quantum", "2e^2/h", "--noise", "0.1"],
    ):
        ran = gzero(*words)
        assert ran.code == 2
        assert ran.err.count("\n") == 1
        assert not ran.out
