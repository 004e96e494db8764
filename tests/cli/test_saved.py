"""What the commands write as JSON is read back by `gzero.read_result`."""

from pathlib import Path

import pytest

from gzero.pipeline.saved import read_result


@pytest.mark.parametrize("command", ["fit", "validate", "report"])
def test_the_json_of_every_command_is_read_back(gzero, tmp_path: Path, command: str) -> None:
    assert gzero("simulate", "staircase", "-o", "lab.csv").code == 0
    saved = tmp_path / "saved.json"
    words = ("-o", saved) if command == "report" else ("--json",)
    ran = gzero(command, "lab.csv", "--quantum", "2e^2/h", "--gain", "1.00(1)", *words)
    assert ran.code == 0
    if command != "report":
        saved.write_text(ran.out, encoding="utf-8")
    (result,) = read_result(saved)
    assert (result.path, result.experiment, result.decision) == ("lab.csv", "staircase", "quantized")
    step = result.estimates["step_height"]
    # a gain of 1.00 +- 0.01 moves a step by 1 % of it, downwards as the gain goes up
    assert step.systematic["gain"] == pytest.approx(-0.01 * step.value, rel=1e-9)


def test_the_json_of_many_traces_is_read_back(gzero, tmp_path: Path) -> None:
    assert gzero("datasets", "si_diffusivity", "-o", ".").code == 0
    assert gzero("report", "si_diffusivity.csv", "-o", "si.json").code == 0
    results = read_result(tmp_path / "si.json")
    assert len(results) > 1
    assert len({r.trace for r in results}) == len(results)
    assert {r.decision for r in results} == {None}
