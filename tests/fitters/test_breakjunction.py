"""What a session is called: the period is data, whatever stands at it; and what must not be called quantized."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gzero
from gzero.errors import InputError
from gzero.estimate import Estimate
from gzero.fitters import breakjunction
from gzero.fitters.findings import Findings
from gzero.fitters.options import FitOptions
from gzero.pipeline.datasets import about, dataset
from gzero.quanta import G0, parse_quantum
from gzero.synthetic.breakjunction import simulate
from gzero.synthetic.truth import Synthetic
from gzero.verdict.decide import decide
from gzero.verdict.equality import equality
from gzero.verdict.margins import Margins

QUANTUM = parse_quantum("2e^2/h")


def session(seed: int = 1, **given: object) -> Synthetic:
    return simulate(np.random.default_rng(seed), seed=seed, **given)  # type: ignore[arg-type]


def analysed(made: Synthetic, **options: object) -> gzero.Analysis:
    return gzero.analyse(made.measurement, quantum="2e^2/h", **options)  # type: ignore[arg-type]


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pictures and lists, where hundreds of sessions are looked at."""
    monkeypatch.setattr(breakjunction, "exhibits", lambda shown: ((), ()))


def fitted(made: Synthetic, **options: object) -> Findings:
    return breakjunction.fit(made.measurement, FitOptions(quantum=QUANTUM, **options))  # type: ignore[arg-type]


def test_gold_like_contacts_are_called_quantized() -> None:
    """Period 1 of 2e^2/h: the period within 3 of its standard uncertainties, and the chance of a random one was simulated."""
    made = session(traces=300)
    found = analysed(made)
    step = found.estimates["step_height"]
    assert abs(step.value - made.truth["step_height"]) < 3 * step.std
    assert found.verdict is not None
    assert found.verdict.decision == "quantized"
    assert found.verdict.trials >= 5000
    assert found.verdict.false_positive_rate is not None
    assert found.verdict.false_positive_rate < 0.01


def test_aluminium_like_contacts_are_not_the_quantum() -> None:
    """Period 1.15 of 2e^2/h, as of aluminium (1.15(2), up to 11 peaks; Yanson et al. 2007, arXiv:0707.1336): equidistant, and not
    the quantum."""
    made = session(period=1.15, peaks=6)
    found = analysed(made)
    step = found.estimates["step_height"]
    assert abs(step.value - 1.15 * G0) < 3 * step.std
    assert len(found.levels) == 6
    assert found.verdict is not None
    assert found.verdict.decision == "not quantized"
    assert "beyond +-5 % of the quantum" in found.verdict.reasons[0]


def test_the_shipped_session_is_not_the_quantum() -> None:
    found = gzero.analyse(dataset("break_junction"))
    truth = dict(part.split(" = ") for part in about(dataset("break_junction")).provenance["truth"].split("; "))
    step = found.estimates["step_height"]
    assert abs(step.value - float(truth["step_height"])) < 3 * step.std
    assert found.verdict is not None
    assert found.verdict.decision == "not quantized"


def test_the_published_period_of_aluminium_is_not_the_quantum() -> None:
    """1.15(2) of 2e^2/h as published, by the same margin: its 95 % interval begins at 1.111."""
    rows = [a for a in gzero.analyse_traces(dataset("published")) if a.trace.startswith("Al work-hardened nanowires")]
    (aluminium,) = rows
    ratio = aluminium.comparisons[0]
    period = Estimate(value=ratio.ratio * G0, std_stat=ratio.ratio_std * G0, unit="S")
    answer = equality({"step_height": period}, QUANTUM, Margins())
    assert answer is not None
    assert answer.outcome == "no"
    assert answer.numbers["ratio_low"] == pytest.approx(1.15 - 1.96 * 0.02, abs=1e-4)


def test_a_peak_of_carbon_monoxide_is_counted_and_breaks_the_steps() -> None:
    """A peak near 0.5 (Kiguchi et al. 2006, arXiv:cond-mat/0610250) below those at 1 and 2: no equal steps."""
    found = analysed(session(positions=(0.5, 1.0, 2.0)))
    assert [lv.level.value / G0 for lv in found.levels] == pytest.approx([0.5, 1.0, 2.0], abs=0.03)
    assert found.verdict is not None
    assert found.verdict.decision == "not quantized"


def test_peaks_anywhere_are_not_called_quantized(plain: None) -> None:
    """Each step anywhere from half to one and a half quanta: the chance that four fall into the margins is below 1 %
    (0.03 % for levels within 0.05: statistics of the verdict), so of 50 sessions 1 at most (binomial, 99 %)."""
    rng = np.random.default_rng(5)
    called = []
    for i in range(50):
        steps = rng.uniform(0.5, 1.5, 4)
        found = fitted(session(100 + i, traces=120, points=100, positions=tuple(np.cumsum(steps))))
        called.append(decide(found.level_set, QUANTUM, Margins(), simulate=False).decision)
    assert called.count("quantized") <= 1
    assert called.count("not quantized") >= 38


def test_gold_like_sessions_are_called_quantized_in_nine_of_ten(plain: None) -> None:
    """The power that is asked of a verdict, on 40 sessions of 200 traces: at least 32 (binomial, 99 %)."""
    called = [
        decide(fitted(session(i, traces=200, points=100)).level_set, QUANTUM, Margins(), simulate=False).decision
        for i in range(40)
    ]
    assert called.count("quantized") >= 32
    assert called.count("not quantized") == 0


def test_contacts_that_only_slide_have_no_peaks_and_no_period() -> None:
    found = analysed(session(traces=150, points=100, plateau_length=0.01, between=40.0))
    assert found.estimates == {}
    assert found.verdict is not None
    assert found.verdict.decision == "undecided"
    assert any("no peak stands out" in w for w in found.warnings)


def test_few_traces_do_not_count_past_a_doubtful_peak(plain: None) -> None:
    """Twelve gold-like contacts often show peaks 2 and 4 alone, which would be a period of 2: "not quantized" would be wrong."""
    for i in range(15):
        found = fitted(session(i, traces=12))
        decision = decide(found.level_set, QUANTUM, Margins(), simulate=False).decision
        assert decision != "not quantized", i
        assert any("12 traces are few" in w for w in found.warnings)


class TestInstrument:
    """Gain, offset and series resistance move all peaks together; stated ones are taken off and carried as named parts."""

    def test_a_stated_resistance_is_taken_off(self) -> None:
        """300 ohm stated as 300(10): the period comes back, with the shift that 10 ohm make of it, d G = G^2 d R, as a part of its
        own (weighted levels: between those of one and of four quanta)."""
        found = analysed(session(series_resistance=300.0), series_resistance="300(10) ohm")
        step = found.estimates["step_height"]
        assert abs(step.value - G0) < 3 * step.std
        assert G0**2 * 10 < step.systematic["series_resistance"] < 4 * G0**2 * 10
        assert found.verdict is not None
        assert found.verdict.decision == "quantized"

    def test_a_resistance_that_is_not_stated_is_not_called_another_quantum(self) -> None:
        """Peaks of monovalent metals lie below the integers by a series resistance (Bakker et al., cond-mat): undecided, not "not
        quantized"."""
        found = analysed(session(series_resistance=500.0))
        assert found.verdict is not None
        assert found.verdict.decision == "undecided"
        assert "series resistance" in found.verdict.reasons[0]

    def test_a_fitted_resistance_is_found(self) -> None:
        found = analysed(session(series_resistance=300.0), series_resistance="fit")
        resistance = found.estimates["series_resistance"]
        assert abs(resistance.value - 300.0) < 3 * resistance.std
        assert abs(found.estimates["step_height"].value - G0) < 3 * found.estimates["step_height"].std

    def test_a_stated_gain_is_one_source(self) -> None:
        """1.00(1): every peak moves by 1 % of itself, and so does the period."""
        found = analysed(session(), gain="1.00(1)")
        step = found.estimates["step_height"]
        assert step.systematic["gain"] == pytest.approx(-0.01 * step.value, rel=1e-6)

    def test_an_open_contact_that_does_not_read_zero_is_named(self) -> None:
        """0.05 of offset: found on the open contacts (the median of 300 means of five readings of 0.02 knows it to 0.001), carried as
        a systematic part, and gone where it is stated."""
        made = session(offset=0.05)
        found = analysed(made)
        (said,) = [w for w in found.warnings if "the open contact reads" in w]
        assert float(said.split("reads ")[1].split()[0]) == pytest.approx(0.05, abs=0.003)
        assert "reading of the open contact" in found.levels[0].level.systematic
        stated = analysed(made, offset="0.050(1) 2e^2/h")
        assert abs(stated.estimates["step_height"].value - G0) < 3 * stated.estimates["step_height"].std
        assert stated.verdict is not None
        assert stated.verdict.decision == "quantized"

    def test_clipped_readings_end_the_histogram(self) -> None:
        found = analysed(session(rail=3.3))
        assert "clipped" in {e.rule for e in found.exclusions}
        assert found.curve is not None
        assert found.curve.x.max() < 3.3 * G0 - 3 * 0.02 * G0
        assert [lv.index for lv in found.levels][:2] == [1, 2]


def test_traces_that_are_alike_are_drawn_together() -> None:
    """Every contact recorded six times over is one contact: drawn in blocks of neighbours, the uncertainty is that of the 60
    contacts there are, and sqrt(6) times that of 360 independent ones."""
    made = session(traces=60, points=150, peaks=3)
    m = made.measurement
    columns = {n: s.values.reshape(60, 150) for n, s in m.series.items()}
    noise = np.random.default_rng(2).normal(0.0, 0.02 * G0, (360, 150))
    again = {n: np.repeat(v, 6, axis=0) for n, v in columns.items()}
    again["conductance"] = again["conductance"] + noise
    again["trace"] = np.repeat(np.arange(1.0, 361), 150).reshape(360, 150)
    copied = replace(m, series={n: replace(m.series[n], values=v.ravel()) for n, v in again.items()})
    once, six = fitted(made), breakjunction.fit(copied, FitOptions(quantum=QUANTUM))
    assert any("traces that follow each other are alike" in w for w in six.warnings)
    assert not any("alike" in w for w in once.warnings)
    ratio = six.estimates["step_height"].std_stat / once.estimates["step_height"].std_stat
    assert 0.6 < ratio < 1.5  # sixty traces know a standard uncertainty to 20 %; independent ones would have 0.41


def test_one_trace_a_column_and_long_form_agree(tmp_path: Path) -> None:
    """The same session in both forms, to the last bit of the text: the same period."""
    m = session(traces=80, points=100, peaks=3).measurement
    z, y = (m.abscissa.values.reshape(80, 100)[0] * 1e9, m.ordinate.values.reshape(80, 100) / G0)
    long = ["displacement [nm],G [2e^2/h],trace"]
    long += [f"{z[j]:.6g},{y[i, j]:.6g},{i + 1}" for i in range(80) for j in range(100)]
    wide = ["displacement [nm]," + ",".join(f"G {i + 1} [2e^2/h]" for i in range(80))]
    wide += [f"{z[j]:.6g}," + ",".join(f"{y[i, j]:.6g}" for i in range(80)) for j in range(100)]
    found = []
    for name, lines in (("long", long), ("wide", wide)):
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        found.append(gzero.analyse(path, experiment="breakjunction", quantum="2e^2/h"))
    assert found[0].estimates["step_height"].value == found[1].estimates["step_height"].value
    assert found[0].rows_used == found[1].rows_used == 8000


def test_declared_plateaus_and_the_record_of_choices() -> None:
    found = analysed(session(), plateaus="1:2", gain="1.000(5)")
    assert [lv.counted for lv in found.levels] == [True, True, False, False]
    choices = {c.choice: c for c in found.ledger}
    assert choices["claimed plateaus"].origin == "user"
    assert choices["uncertainties"].value == "400 redrawn experiments"
    assert {"bin width", "histogram from", "histogram to", "background", "traces: never breaks"} <= set(choices)
    assert found.joint is not None
    assert found.joint.names == ("step_height", "level_1", "level_2")
    assert sum(line.share for line in found.budget) == pytest.approx(1.0, abs=1e-9)


def test_pictures_and_lists_come_with_a_session() -> None:
    found = analysed(session())
    assert [p.name for p in found.pictures] == ["histogram", "logarithmic_histogram", "traces", "lengths"]
    assert [li.name for li in found.listings] == ["peaks", "plateaus_by_trace"]
    histogram = found.pictures[0]
    band = histogram.bands[0]
    readings = histogram.traces[0].y
    # pointwise bands of 95 % around the histogram they were drawn from: it lies inside nearly everywhere
    assert np.mean((band.low <= readings) & (readings <= band.high)) > 0.95
    median = found.pictures[2].traces[0].y
    assert median[0] > 3
    assert median[-1] < 0.1


def test_the_same_seed_gives_the_same_answer_to_the_last_bit() -> None:
    one, two, other = (fitted(session(), seed=s) for s in (7, 7, 8))
    assert one.estimates["step_height"].std_stat == two.estimates["step_height"].std_stat
    assert one.estimates["step_height"].std_stat != other.estimates["step_height"].std_stat


def test_readings_without_plateaus_between_the_ends_are_refused() -> None:
    made = session(noise=0.9)
    with pytest.raises(InputError, match="no plateau between"):
        fitted(made)


def test_the_command_line_reads_what_it_simulated(tmp_path: Path) -> None:
    run = [sys.executable, "-W", "error", "-m", "gzero"]
    made = [*run, "simulate", "breakjunction", "-o", "s.csv", "--points", "80", "--set", "traces=60", "--set", "period=1.15", "--seed", "3"]  # fmt: skip
    assert subprocess.run(made, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    asked = [*run, "validate", "s.csv", "--quantum", "2e^2/h"]
    out = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (out.returncode, out.stderr) == (1, ""), out.stderr
    assert "NOT QUANTIZED" in out.stdout
    shutil.copy(tmp_path / "s.csv", tmp_path / "t.csv")  # and without its configuration
    text = (tmp_path / "t.csv").read_text(encoding="utf-8").replace(",trace\n", ",pass\n", 1)
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    asked = [
        *run,
        "validate",
        "t.csv",
        "--experiment",
        "breakjunction",
        "--quantum",
        "2e^2/h",
        "--columns",
        "trace=pass",
    ]
    out = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert out.returncode == 1, out.stderr


def _steps_of_one(path: Path, *, above: bool) -> Path:
    """400 synthetic traces that step from 3 quanta to 2, to 1 and to nothing, spread 0.07, noise 0.02; `above`: from a ramp down
    to 3 instead of on the plateau itself."""
    rng = np.random.default_rng(1)
    lines = ["trace,z [nm],G [2e^2/h]"]
    for trace in range(400):
        parts = [np.linspace(4.0, 3.1, 25)] if above else []
        for n in (3, 2, 1):
            parts.append(np.full(5 + int(rng.exponential(50)), n + 0.07 * rng.normal()))
        y = np.concatenate([*parts, np.zeros(30)])
        y += 0.02 * rng.normal(size=y.size)
        lines += [f"{trace},{0.005 * i:.4g},{value:.5g}" for i, value in enumerate(y)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(("above", "peaks"), [(False, [1, 2]), (True, [1, 2, 3])])
def test_a_peak_that_the_histogram_cuts_off_is_told(tmp_path: Path, above: bool, peaks: list[int]) -> None:
    found = gzero.analyse(_steps_of_one(tmp_path / "three.csv", above=above), experiment="breakjunction")
    assert [level.index for level in found.levels] == peaks
    said = [line for line in found.warnings if "cut off" in line]
    assert len(said) == (0 if above else 1)
    if said:
        assert said[0].startswith("the histogram ends at 2.9")
        assert "90 % of the traces reach" in said[0]
