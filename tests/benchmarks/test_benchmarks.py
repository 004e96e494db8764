"""The benchmarks run, on tiny sizes, and their own sums are right. No time is tested."""

import importlib.util
import re
import subprocess
import sys
from math import comb
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "benchmarks"


def load(name: str) -> ModuleType:
    """A script as a module."""
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def run(name: str, *words: str) -> str:
    out = subprocess.run(
        [sys.executable, "-W", "error", str(FOLDER / f"{name}.py"), *words], capture_output=True, text=True, check=False
    )
    assert out.returncode == 0, out.stdout + out.stderr
    assert out.stderr == ""  # progress is for a terminal
    return out.stdout


def test_staircase_compares_all_that_is_installed() -> None:
    names = ["curve_fit, Jacobian", "lmfit Model.fit", "iminuit", "gzero engine", "gzero.fit"]
    out = run("staircase", "--repetitions", "2", "--refits", "3", "--only", *names)
    for title in ("6 parameters", "9 parameters"):
        assert f"{title}: 4 steps, 400 readings" in out
    for name in ("curve_fit", *names):
        assert len(re.findall(rf"^\| {re.escape(name)} +\|", out, re.M)) == 2
    assert out.count("all agree on the step height") == 2
    assert out.count("3 refits of") == 2


def test_a_map_is_fitted_side_by_side() -> None:
    out = run("side_by_side", "--traces", "6", "--sample", "1")
    for name in ("lmfit Model.fit", "fits side by side", "whole path"):
        assert len(re.findall(rf"^\| {re.escape(name)} +\|", out, re.M)) == 2
    away = [float(number) for number in re.findall(r"precision: (\S+) std", out)]
    assert len(away) == 2
    assert max(away) < 1e-6


def test_all_benchmarks_are_one_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    compare = load("compare")
    assert all((FOLDER / part.script).is_file() for part in compare.PARTS.values())
    monkeypatch.setattr(compare, "HERE", tmp_path)
    monkeypatch.setattr(compare, "PAGE", tmp_path / "page.md")
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text("print('| peer | 1.0 |')")
    bad.write_text("raise SystemExit('no such peer')")
    monkeypatch.setattr(compare, "PARTS", {n: compare.Part(title=n, script=f"{n}.py") for n in ("good", "bad")})
    assert compare.main(["--write", "--only", "good", "bad"]) == 0
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "## good" in page
    assert "| peer | 1.0 |" in page
    assert "failed with exit code 1: ['no such peer']" in page


def test_a_peer_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    staircase = load("staircase")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert list(staircase.installed(["curve_fit", "kafe2", "gzero engine"])) == ["curve_fit", "gzero engine"]
    assert capsys.readouterr().out == "kafe2: not installed; pip install 'gzero[bench]'\n"


def test_fitters_that_disagree_make_the_comparison_void(capsys: pytest.CaptureFixture[str]) -> None:
    staircase = load("staircase")

    def off(case: object) -> tuple[float, float, bool]:
        value, std, converged = staircase.curve_fit(case)
        return value + 0.01 * std, std, converged

    model = staircase.models()["6 parameters"]
    seen, seconds = staircase.compare(model, {"curve_fit": staircase.curve_fit, "off": off}, 1)
    assert not staircase.report("title", seen, seconds)
    assert "VOID" in capsys.readouterr().out


def test_a_fitter_that_gives_up_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    staircase = load("staircase")

    def fails(case: object) -> tuple[float, float, bool]:
        raise RuntimeError("no minimum")

    model = staircase.models()["6 parameters"]
    seen, seconds = staircase.compare(model, {"curve_fit": staircase.curve_fit, "fails": fails}, 2)
    assert seen["fails"].failed == 2
    assert staircase.report("title", seen, seconds)
    assert "RuntimeError: no minimum" in capsys.readouterr().out


def test_one_width_is_nine_parameters_with_equal_widths() -> None:
    """Whichever version of the model the 6 parameters come from."""
    models = load("staircase").models()
    shared, own = models["6 parameters"], models["9 parameters"]
    assert (len(shared.names), len(own.names)) == (6, 9)
    x = np.linspace(0, 54, 90)
    values = np.array([1.1, 6.2, 17.9, 30.1, 41.8, 1.3])
    long = np.concatenate([values, np.full(3, 1.3)])
    np.testing.assert_allclose(shared.function(x, values), own.function(x, long), rtol=1e-12, atol=1e-15)
    full = own.jacobian(x, long)
    # the chain rule: one width moves all four
    expected = np.column_stack([full[:, :5], full[:, 5:].sum(axis=1)])
    np.testing.assert_allclose(shared.jacobian(x, values), expected, rtol=1e-9, atol=1e-12)


def test_multiverse_prints_its_line() -> None:
    out = run("multiverse", "--choices", "12", "--processes", "1")
    assert re.fullmatch(r"one analysis \d+ ms; multiverse of 12, 1 processes: [\d.]+ s .*\n", out)


def test_coverage_prints_every_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert load("coverage").main(["--experiments", "3", "--worlds", "white", "adc"]) == 0
    out = capsys.readouterr().out
    for words in ("Coverage of 95 % intervals", "Pulls: mean", "std stated", "std not stated", "Cramer-Rao bound"):
        assert words in out
    for name in ("step_height_model", "transmission_4", "threshold_4", "raised", "no step_height"):
        assert len(re.findall(rf"^\| {name} +\|", out, re.M)) >= 2
    assert "| experiments          |     3 |   3 |" in out


def test_coverage_of_two_processes_is_that_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--experiments", "2", "--worlds", "white", "--points", "200", "--steps", "2")
    assert load("coverage").main([*words]) == 0
    assert run("coverage", *words, "--processes", "2") == capsys.readouterr().out


def test_what_went_wrong_is_listed_with_its_seed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    coverage = load("coverage")
    task = coverage.Task(world="ar1", stated=False, seed=17, steps=4, points=400, noise=0.02)
    far = coverage.Experiment(task=task, pulls={"step_height": -7.25, "threshold_1": 0.5})
    coverage.odd_ones([far])
    assert capsys.readouterr().out.splitlines()[-1] == "- ar1, seed 17, not stated: step_height -7.2"

    def breaks(*_: object) -> None:
        raise ZeroDivisionError("no levels")

    monkeypatch.setattr("gzero.pipeline.analyse.analyse_measurement", breaks)
    raised = coverage.experiment(task)
    assert raised.raised == "ZeroDivisionError: no levels"
    coverage.odd_ones([raised])
    assert capsys.readouterr().out.splitlines()[-1] == "- ar1, seed 17, not stated: ZeroDivisionError: no levels"


def test_the_bound_is_that_of_least_squares() -> None:
    """Independent of the Jacobian: the spread of curve_fit's step over noisy data, which the bound is the limit of."""
    from scipy.optimize import curve_fit

    coverage = load("coverage")
    noise = 0.002  # small: the model is then linear over its uncertainty, and the fit reaches the bound
    task = coverage.Task(world="white", stated=True, seed=0, steps=2, points=100, noise=noise)
    bound = coverage.bounds(task)["step, thresholds, widths free"]
    x = np.linspace(0, 2.5, 100)  # in spacings: the scale of x is in no step height

    def formula(x, step, first, second, narrow, wide):
        return step * sum(1 / (1 + np.exp(-(x - v) / w)) for v, w in ((first, narrow), (second, wide)))

    start = [1, 0.5, 1.5, 1 / 12, 1 / 12]
    rng = np.random.default_rng(1)
    steps = [
        curve_fit(formula, x, formula(x, *start) + noise * rng.normal(size=x.size), start)[0][0] for _ in range(400)
    ]
    # the standard deviation of a standard deviation of 400 is 1/sqrt(800) of it; four of them
    assert np.std(steps) == pytest.approx(bound, rel=4 / np.sqrt(800))


def test_an_interrupt_prints_what_is_done(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    coverage = load("coverage")

    def stopped(tasks, processes):
        yield coverage.Experiment(task=tasks[0], pulls={"step_height": 0.1}, errors={"step_height": 0.001})
        raise KeyboardInterrupt

    monkeypatch.setattr(coverage, "experiments", stopped)
    assert coverage.main(["--experiments", "4", "--worlds", "white"]) == 130
    assert capsys.readouterr().out.startswith("PARTIAL: interrupted after 1 of 8 experiments")


def test_verdict_counts_what_is_called_quantized(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--curves", "2", "--kinds", "low", "quantized", "--freedoms", "declared", "R tuned", "--processes", "1"]
    assert load("verdict").main(words) == 0
    out = capsys.readouterr().out
    assert "| declared | 0 / 2 / 0 | 2 / 0 / 0 |" in out
    assert "Called quantized and no quantum: 0 of 4" in out


def test_experiments_counts_intervals_that_hold_the_truth() -> None:
    """Two experiments of a kind run; of pulls drawn from a normal law 95 % hold, and half as wide ones are marked."""
    out = run("experiments", "decay", "--experiments", "2", "--worlds", "white", "--processes", "1")
    assert "### decay: 2 experiments a world" in out
    assert "| `tau` |" in out
    experiments = load("experiments")
    pulls = np.random.default_rng(1).normal(size=2000)

    def cell(hits: int, total: int = 2000, where: str = "") -> object:
        return experiments.Cell(where=where, hits=hits, total=total)

    hits = int(np.sum(np.abs(pulls) < 1.959964))
    assert experiments.mark(cell(hits)) == ""
    assert experiments.mark(cell(int(np.sum(np.abs(pulls) < 1.2)))) == " <"
    assert experiments.mark(cell(1995)) == " >"


def test_all_cells_are_held_to_what_chance_makes_of_them() -> None:
    """93 to 97 % of 500 are 465 to 485, which a binomial of 95 % misses in 3.05 % (its exact sums); of 200 right cells one
    beyond Holm's limit has a chance of 5 %, and one of 99.4 % (5e-8) is named among them."""
    experiments = load("experiments")
    drawn = np.random.default_rng(2).binomial(500, 0.95, size=200)
    cells = [experiments.Cell(where=f"c{i}", hits=int(h), total=500) for i, h in enumerate(drawn)]
    exact = 1 - sum(comb(500, k) * 0.95**k * 0.05 ** (500 - k) for k in range(465, 486))
    assert cells[0].chance_outside == pytest.approx(exact, rel=1e-9)
    outside = int(np.sum((drawn < 465) | (drawn > 485)))
    assert experiments.together(cells).splitlines() == [
        f"{outside} of 200 cells outside of 93 to 97 %, where chance alone puts {200 * exact:.1f}.",
        "None is beyond chance by itself.",
    ]
    told = experiments.together([*cells, experiments.Cell(where="long", hits=497, total=500)]).splitlines()
    assert told[1:] == ["- beyond chance: long, 99.4 % of 500, p = 5e-08"]
    # three intervals are no cell
    assert experiments.together([experiments.Cell(where="few", hits=0, total=3)]).startswith("0 of 0 cells")


def test_cold_start_adds_up_what_importtime_says() -> None:
    """The text of `python -X importtime` (https://docs.python.org/3/using/cmdline.html#cmdoption-X), self times in microseconds."""
    cold = load("cold_start")
    said = (
        "import time: self [us] | cumulative | imported package\n"
        "import time:       250 |        250 |     abc\n"
        "import time:      1500 |       1750 |   io\nanother line | 7 | of the command\n"
    )
    assert cold.imports_in(said) == pytest.approx(1750e-6, rel=1e-12)
    ours = cold.Times(wall=[2.0, 3.0, 9.0], processor=[1.0, 1.0, 1.0], imports=[0.5, 0.7, 0.6])
    peer = cold.Times(wall=[1.0, 2.0, 3.0], processor=[2.0, 2.0, 2.0], imports=[0.1, 0.2, 0.3])
    # medians: 3.0 s, of the ratios 2, 1.5, 3 it is 2, and so on
    assert cold.table({"fit": ours, "peer": peer})[2] == "| `gzero fit FILE` | 3.00 | 2.00 | 1.00 | 0.50 | 0.60 |"


def test_cold_start_prints_a_line_a_command() -> None:
    out = run("cold_start", "--repeats", "1", "--only", "help")
    assert "| `gzero --help` | " in out
    assert "import lmfit, pandas" in out
    assert "median of 1 processes each" in out
