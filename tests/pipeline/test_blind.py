"""Blind mode: the scaled sweep is the scaled sweep, nothing betrays the factor, and what was frozen or changed is on record."""

import dataclasses
import json
import re
import threading
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import gzero
from gzero.errors import ConfigError, FitError, InputError, OutputError
from gzero.estimate import Estimate
from gzero.measurement.blindness import hide
from gzero.pipeline import blind_record as room
from gzero.pipeline.blind_record import BlindRecord, read_record
from gzero.pipeline.config import Config, configure
from gzero.pipeline.simulation import Simulation, simulate_file
from gzero.pipeline.stated_choices import choices_of, differences, hash_of
from gzero.reduction.calibration import Calibration

QUANTUM, HEIGHT = "2e^2/h", 0.9137
G0 = 7.748091729863649e-5  # 2e^2/h [S], CODATA 2022 (exact)
FACTOR = 1.2


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """lab.csv with steps of 0.9137 quanta behind 420 ohm, whose sidecar states the truth."""
    monkeypatch.chdir(tmp_path)
    made = Simulation(
        experiment="staircase", height=HEIGHT, series_resistance="420 ohm", points=240, seed=5, noise_world="adc"
    )
    simulate_file(made, Path("lab.csv"))
    return Path("lab.csv")


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> float:
    """A hidden factor that the test knows."""
    monkeypatch.setattr(BlindRecord, "factor", lambda record: FACTOR)
    return FACTOR


STATED = {"quantum": QUANTUM, "gain": "1.00(1)", "series_resistance": "420(12) ohm", "offset": "0(0.1) uS"}


# -- the factor -------------------------------------------------------------------------------------------------------


def records(count: int) -> list[BlindRecord]:
    return [BlindRecord(path=Path("x"), data="x", sha256="ab", salt=str(i), steps=()) for i in range(count)]


def test_factors_are_log_uniform_over_an_octave_without_a_gap() -> None:
    """log2 f of 4000 salts is uniform in (-1/2, 1/2): Kolmogorov-Smirnov at a chance of 1e-3, deterministic salts.

    A share 2 log2(1.05) = 0.141 lies within 5 % of 1, as it must: with a gap there, a blind step at the quantum would be
    known not to be the quantum. Its standard deviation is 0.0055.
    """
    from scipy.stats import kstest

    found = np.log2([record.factor() for record in records(4000)])
    assert kstest(found + 0.5, "uniform").pvalue > 1e-3
    assert np.mean(np.abs(found) < np.log2(1.05)) == pytest.approx(2 * np.log2(1.05), abs=0.02)


def test_the_factor_hangs_on_salt_and_data_and_on_nothing_else() -> None:
    first = records(1)[0]
    assert dataclasses.replace(first, path=Path("y"), data="y").factor() == first.factor()
    assert dataclasses.replace(first, sha256="cd").factor() != first.factor()
    assert dataclasses.replace(first, salt="other").factor() != first.factor()


def test_the_corrected_curve_is_scaled_exactly(make: Callable[..., object]) -> None:
    """f G for every reading, whatever gain, offset and series resistance are stated: the identity of `measurement.blindness`.

    The tolerance is rounding of a few operations.
    """
    measurement = make(noise=0.01).measurement  # type: ignore[attr-defined]
    conditions = {
        "gain": Estimate(value=1.02, systematic={"gain": 0.01}),
        "offset": Estimate(value=3e-7, systematic={"offset": 1e-7}, unit="S"),
        "series_resistance": Estimate(value=420.0, systematic={"series_resistance": 12.0}, unit="ohm"),
    }
    plain = dataclasses.replace(measurement, conditions=conditions)
    blind = hide(plain, 0.83)
    one, other = (Calibration.of(m.conditions).apply(m.ordinate.values) for m in (plain, blind))
    np.testing.assert_allclose(other, 0.83 * one, rtol=1e-13)
    assert blind.conditions["gain"] is conditions["gain"]
    assert not any(blind.conditions[name].systematic for name in ("offset", "series_resistance"))
    assert plain.ordinate.std is not None
    assert blind.ordinate.std is not None
    np.testing.assert_allclose(blind.ordinate.std, 0.83 * plain.ordinate.std, rtol=1e-15)


def test_the_blind_estimates_are_the_true_ones_times_the_factor(lab: Path, known: float) -> None:
    """1e-6: the model's minimum is found to its tolerance at either scale; levels are linear in the readings."""
    blind = gzero.analyse(lab, blind=True, **STATED)
    (true,) = gzero.unblind(lab)
    for name in ("step_height", "step_height_model", "transmission"):
        assert blind.estimates[name].value == pytest.approx(known * true.estimates[name].value, rel=1e-6)
        assert blind.estimates[name].std_stat == pytest.approx(known * true.estimates[name].std_stat, rel=1e-3)
    assert true.estimates["step_height"].value / G0 == pytest.approx(HEIGHT, rel=0.01)  # the synthetic truth
    assert true.fit is not None
    assert blind.fit is not None
    assert blind.fit.value("threshold_2") == pytest.approx(true.fit.value("threshold_2"), rel=1e-6)
    assert blind.fit.chi2_reduced == pytest.approx(true.fit.chi2_reduced, rel=1e-6)


# -- what is told while blind ------------------------------------------------------------------------------------------


def test_no_verdict_while_blind_and_how_to_end_it(lab: Path) -> None:
    analysis = gzero.analyse(lab, blind=True, **STATED)
    verdict = analysis.verdict
    assert verdict is not None
    assert verdict.decision == "undecided"
    assert "blind" in verdict.reasons[0]
    assert "gzero unblind lab.csv" in verdict.reasons[0]
    numbers = (verdict.p_value, verdict.interval, verdict.tightest_margin, verdict.false_positive_rate, verdict.power)
    assert numbers == (None,) * 5
    assert verdict.rivals == ()
    assert "series_resistance" not in analysis.estimates  # 420 ohm over the factor
    assert {"series_resistance", "offset"} & set(analysis.estimates["step_height"].systematic) == set()
    assert any("series resistance and offset is left out" in warning for warning in analysis.warnings)
    assert "BLIND" in analysis._repr_html_()
    assert analysis.fit is not None
    with pytest.raises(FitError, match="no levels"):
        gzero.validate(analysis.fit, quantum=QUANTUM)


def test_a_record_keeps_the_data_blind_without_the_flag(lab: Path, known: float) -> None:
    """Otherwise leaving out one word would be an unblinding that nobody wrote down."""
    blind = gzero.analyse(lab, blind=True, quantum=QUANTUM)
    again = gzero.analyse(lab, quantum=QUANTUM)
    assert again.blind is not None
    assert again.blind.state == "blind"
    assert again.estimates["step_height"].value == blind.estimates["step_height"].value
    for hands_out in (gzero.load, gzero.load_traces):
        with pytest.raises(ConfigError, match="blind"):
            hands_out(lab)
    with pytest.raises(ConfigError, match="needs a file"):
        gzero.analyse(gzero.Measurement.from_arrays(x=np.arange(9.0), y=np.arange(9.0), y_unit="uS"), blind=True)


def texts(analysis: gzero.Analysis, folder: Path) -> dict[str, str]:
    """Every output of an analysis, as the text that a reader or a program finds in it."""
    import openpyxl
    import pypdf

    from gzero.report.brief import fit_document, verdict_document
    from gzero.report.markdown import render_markdown

    out = {"html in a notebook": analysis._repr_html_()}
    for ending in ("pdf", "html", "xlsx", "json", "tex", "md"):
        path = gzero.write_report(analysis, folder / f"out.{ending}")
        if ending == "pdf":
            out[ending] = "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
        elif ending == "xlsx":
            book = openpyxl.load_workbook(path)
            out[ending] = "\n".join(str(v) for sheet in book for row in sheet.values for v in row if v is not None)
        else:
            out[ending] = path.read_text(encoding="utf-8")
    # drawings are looked at apart: coordinates on paper, of which thousands are near anything
    out["drawn words"] = drawn_words(analysis)
    out["html"] = re.sub(r"<svg.*?</svg>", "", out["html"], flags=re.S)
    for name, document in (("validate", verdict_document([analysis])), ("fit", fit_document([analysis]))):
        out[name] = render_markdown(document).decode()
    return out


def drawn_words(analysis: gzero.Analysis) -> str:
    """Labels, ticks and marks of the figures, those that are seen."""
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    from gzero.report import pictures

    seen: list[str] = []
    to_svg = pictures.to_svg

    def look(figure: Figure) -> bytes:
        svg = to_svg(figure)
        seen.extend(t.get_text() for t in figure.findobj(Text) if isinstance(t, Text) and t.get_visible())
        return svg

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pictures, "to_svg", look)
        pictures.staircase_block(analysis)
        pictures.comparison_block(analysis)
    return "\n".join(seen)


def numbers(text: str) -> set[float]:
    """Numbers of at least three digits, with their power of ten where one is written; hashes and times are none, and
    differ from run to run."""
    text = re.sub(r"\b(?=[0-9a-f]*[a-f])[0-9a-f]{12,64}\b|\d{4}-\d\d-\d\dT[\d:.]+Z?", " ", text)
    found = set()
    pattern = r"(?<![\w.#-])[-−]?(\d+\.?\d*)(?:\(\d[\d.]*\))?(?:e([+-]?\d+)|\s*×\s*10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?"
    powers = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    for mantissa, exponent, power in re.findall(pattern, text):
        if len(mantissa.replace(".", "").strip("0")) >= 3:
            found.add(float(mantissa) * 10.0 ** int(exponent or power.translate(powers) or 0))
    return found


def test_no_output_holds_the_true_step_a_true_level_or_the_factor(lab: Path, known: float, tmp_path: Path) -> None:
    """Steps of 0.9137 quanta: no number of any output is within 1 % of n steps, in quanta, S or µS, nor of the factor.

    The same search finds them all once the data are unblinded, so that it can fail.
    """
    truth = [n * HEIGHT * unit for n in (1, 2, 3, 4) for unit in (1.0, G0, G0 * 1e6)]
    factors = [known, 1 / known, 420 / known, 12 / known]
    hidden = texts(gzero.analyse(lab, blind=True, **STATED), tmp_path)
    for name, text in hidden.items():
        close = [(v, t) for v in numbers(text) for t in truth + factors if abs(v / t - 1) < 0.01]
        assert not close, (name, close)
        assert ("hidden factor" if name == "drawn words" else '"state": "blind"' if name == "json" else "BLIND") in text
    (true,) = gzero.unblind(lab)
    shown = texts(true, tmp_path)
    for name in ("pdf", "html", "xlsx", "json", "tex", "md", "validate", "fit"):
        found = numbers(shown[name])
        assert any(abs(v / t - 1) < 0.01 for v in found for t in truth[:3]), name
        assert "BLIND" not in shown[name]


def test_rulers_that_are_known_beforehand_are_not_shown(lab: Path, known: float) -> None:
    """The stated noise and the converter's step in blind quanta, beside the ones of the file, would be the factor."""
    analysis = gzero.analyse(lab, blind=True, **STATED)
    rulers = {c.choice: c.value for c in analysis.ledger if c.choice in ("noise of one reading", "digitiser step")}
    assert rulers
    assert set(rulers.values()) == {"hidden while blind"}
    assert "0.9137" not in json.dumps(analysis.to_dict())  # the truth that the sidecar states
    assert analysis.provenance["truth"] == "hidden while blind"


def without(text: str, own: list[str]) -> str:
    """A text without white space, hashes, the beginnings of hashes, and times."""
    text = re.sub(r"\s|\\allowbreak{}", "", text)
    for word in [*own, *(word[:12] for word in own)]:
        text = text.replace(word, "")
    return text


def test_the_output_is_the_same_for_another_true_scale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No information at all: G with the factor 1.1, and 2 G with the factor 0.55, are told word for word alike.

    Times two is exact in binary, so that even the last digits agree. Hashes and times are of the file, and left out.
    """
    from gzero.cli.entry import main

    rng = np.random.default_rng(4)
    x = np.linspace(-1, 0, 200)
    y = 70 / (1 + np.exp(-(x + 0.75) / 0.02)) + 70 / (1 + np.exp(-(x + 0.3) / 0.02)) + rng.normal(0, 1.0, x.size)
    y = np.round(y * 16) / 16  # a converter, as well
    said = []
    for scale in (1, 2):
        folder = tmp_path / str(scale)
        folder.mkdir()
        monkeypatch.chdir(folder)
        monkeypatch.setattr(BlindRecord, "factor", lambda record, scale=scale: 1.1 / scale)
        rows = "".join(f"{a!r},{scale * b!r},{scale * 1.0!r}\n" for a, b in zip(x.tolist(), y.tolist(), strict=True))
        Path("lab.csv").write_text("Vg (V),G (uS),G_std (uS)\n" + rows, encoding="utf-8")
        analysis = gzero.analyse("lab.csv", blind=True, quantum=QUANTUM, gain="1.00(1)")
        out = texts(analysis, folder)
        out["drawings"] = (folder / "out.html").read_text(encoding="utf-8")
        for word in ("inspect", "selftest"):
            more = ["--repeats", "10"] if word == "selftest" else []
            with monkeypatch.context() as typed, (folder / word).open("w", encoding="utf-8") as stream:
                typed.setattr("sys.argv", ["gzero", word, "lab.csv", "--quantum", QUANTUM, *more])
                typed.setattr("sys.stdout", stream)
                with pytest.raises(SystemExit):
                    main()
            out[word] = (folder / word).read_text(encoding="utf-8")
            assert len(out[word]) > 500
        assert analysis.blind is not None
        own = [analysis.origin.sha256, analysis.blind.head, analysis.blind.configuration, analysis.blind.blinded_at]
        said.append({name: without(text, own) for name, text in out.items()})
    for name in said[0]:
        assert said[0][name] == said[1][name], name


# -- choices ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"quantum": "G0"}, {"quantum": "2e2/h"}),
        ({}, {"margin": 0.05, "confidence": 0.95, "sweep": "split", "loss": "linear"}),
        ({"series_resistance": "420(12) ohm"}, {"series_resistance": "0.420 +/- 0.012 kohm"}),
        ({"range": "-0.9:-0.3"}, {"range": "-0.90:-0.30"}),
        ({"range": ":"}, {}),
        ({"plateaus": "1:4"}, {"plateaus": "1.0:4"}),
        ({"risers": "curved,bias"}, {"risers": "bias, curved"}),
        ({"blind": True, "blind_record": "x.json"}, {}),
    ],
)
def test_two_spellings_of_a_choice_are_one(one: dict[str, object], other: dict[str, object]) -> None:
    assert choices_of(configure(**one)) == choices_of(configure(**other))


def test_every_option_is_a_choice_but_those_of_blind_mode() -> None:
    """An option that a later version adds is in the hash without being asked for."""
    assert set(choices_of(Config())) == {f.name for f in dataclasses.fields(Config)} - {
        "said_by", "provenance", "blind", "blind_record",
    }  # fmt: skip
    for option in ({"seed": 2}, {"trace": "3"}, {"y": "2"}, {"margin": 0.1}, {"gain": "1.01"}, {"std": "3"}):
        name = next(iter(option))
        assert [n for n, *_ in differences(choices_of(Config()), choices_of(configure(**option)))] == [name]


# -- frozen, changed --------------------------------------------------------------------------------------------------


def test_frozen_first_then_changed_for_good(lab: Path) -> None:
    gzero.analyse(lab, blind=True, quantum=QUANTUM)
    gzero.analyse(lab, quantum=QUANTUM, margin=0.05, plateaus="1:3")
    (first,) = gzero.unblind(lab)
    frozen = hash_of(choices_of(configure(quantum="G0", plateaus="1:3", experiment="staircase", x="Vg", y="G")))
    assert first.blind is not None
    assert (first.blind.state, first.blind.frozen, first.blind.configuration) == ("frozen first", frozen, frozen)
    assert first.blind.tried == 2
    assert first.verdict is not None
    assert first.verdict.decision == "not quantized"  # steps of 0.91 quanta, margin 5 %
    assert len(first.levels) >= 3
    assert sum(level.counted for level in first.levels) == 3
    same = gzero.analyse(lab, quantum="G0", plateaus="1:3")
    assert same.blind == first.blind
    assert same.to_dict()["estimates"] == first.to_dict()["estimates"]
    (again,) = gzero.unblind(lab)
    assert again.blind == first.blind

    changed = gzero.analyse(lab, quantum=QUANTUM, margin=0.1, plateaus="1:3")
    assert changed.blind is not None
    assert [(c.option, c.before, c.after) for c in changed.blind.changes] == [("margin", "0.05", "0.1")]
    assert changed.blind.state == "changed after unblinding"
    entries = changed.blind.entries
    back = gzero.analyse(lab, quantum=QUANTUM, plateaus="1:3")
    assert back.blind is not None
    assert back.blind.state == "changed after unblinding"
    assert back.blind.configuration == frozen
    repeat = gzero.analyse(lab, quantum=QUANTUM, margin=0.10, plateaus="1:3")
    assert repeat.blind is not None
    assert repeat.blind.entries == entries  # the same change twice is one entry
    report = gzero.write_report(back, Path("out.md")).read_text(encoding="utf-8")
    assert "changed after unblinding" in report
    assert "margin 0.05 → 0.1" in report
    assert back.blind.head in report


def test_the_record_of_a_result_is_valid_and_is_read_back(lab: Path) -> None:
    from gzero.report.json import schema

    for analysis in (gzero.analyse(lab, blind=True, quantum=QUANTUM), *gzero.unblind(lab)):
        jsonschema.validate(analysis.to_dict(), schema())
        path = gzero.write_report(analysis, Path("out.json"))
        (saved,) = gzero.read_result(path)
        assert analysis.blind is not None
        assert saved.blind == analysis.blind.state
    plain = gzero.analyse(gzero.Measurement.from_arrays(x=np.arange(30.0), y=np.arange(30.0) % 7, y_unit="uS"))
    assert plain.to_dict()["blind"] is None


def test_a_sidecar_may_say_blind_and_hold_the_choices(lab: Path) -> None:
    """The sidecar's options are part of the configuration; `blind = true` there is no demand after unblinding."""
    side = lab.with_suffix(".toml")
    head, table, rest = side.read_text(encoding="utf-8").partition("[provenance]")
    extra = 'blind = true\nblind_record = "hidden.json"\nmargin = 0.2\nquantum = "2e^2/h"\n'
    side.write_text(extra + head.replace("quantum =", "#") + table + rest, encoding="utf-8")
    assert gzero.analyse(lab).blind is not None
    assert Path("hidden.json").is_file()
    assert not Path("lab.csv.blind.json").exists()
    (true,) = gzero.unblind(lab)
    assert true.verdict is not None
    assert true.verdict.margin == 0.2
    assert true.provenance["synthetic"]
    after = gzero.analyse(lab)
    assert after.blind is not None
    assert after.blind.state == "frozen first"
    with pytest.raises(ConfigError, match="cannot be unseen"):
        gzero.analyse(lab, blind=True)


def summaries(analyses: tuple[gzero.Analysis, ...]) -> dict[str, str]:
    """Many traces on a terminal and in a report."""
    from gzero.report.brief import verdict_document
    from gzero.report.markdown import render_markdown

    written = gzero.write_report(analyses, Path("many.md")).read_text(encoding="utf-8")
    return {"terminal": render_markdown(verdict_document(analyses)).decode(), "report": written}


def test_all_traces_of_a_file_have_one_factor(lab: Path, known: float) -> None:
    """Up and down again: two branches of one sweep, both blind, and one record."""
    text = lab.read_text(encoding="utf-8").splitlines()
    rows = [line for line in text if re.match(r"[-\d]", line)]
    head = text[: len(text) - len(rows)]
    lab.write_text("\n".join([*head, *rows, *rows[-2::-1]]) + "\n", encoding="utf-8")
    blind = gzero.analyse_traces(lab, blind=True, quantum=QUANTUM)
    assert len(blind) == 2
    for name, text in summaries(blind).items():
        assert "BLIND: UNDECIDED: all 2 traces" in re.sub(r"\s+", " ", text), name
        assert "would freeze" in text, name
    true = gzero.unblind(lab)
    for one, other in zip(blind, true, strict=True):
        ratio = one.estimates["step_height"].value / other.estimates["step_height"].value
        assert ratio == pytest.approx(known, rel=1e-6)
        assert other.blind is not None
        assert other.blind.state == "frozen first"
    picked = gzero.analyse(lab, quantum=QUANTUM, trace="0")  # one of several, after both were seen
    assert picked.blind is not None
    assert [c.option for c in picked.blind.changes] == ["trace"]


# -- what cannot be ----------------------------------------------------------------------------------------------------


def test_nothing_to_unblind(lab: Path) -> None:
    with pytest.raises(ConfigError, match=r"no blind record.*--blind"):
        gzero.unblind(lab)
    with pytest.raises(InputError):
        gzero.analyse(lab, blind=True, trace="7")
    with pytest.raises(ConfigError, match="nothing has been looked at blind"):
        gzero.unblind(lab)


def test_other_data_are_refused(lab: Path) -> None:
    """A row more is other data, also for those who would look at them without the flag."""
    gzero.analyse(lab, blind=True, quantum=QUANTUM)
    with lab.open("a", encoding="utf-8") as stream:
        stream.write("\n")
    for look in (gzero.unblind, gzero.analyse):
        with pytest.raises(InputError, match="of other data"):
            look(lab)


def test_single_values_are_refused(tmp_path: Path) -> None:
    from gzero.pipeline.datasets import copy_dataset

    data, _ = copy_dataset("si_diffusivity", tmp_path)
    with pytest.raises(ConfigError, match="for staircases"):
        gzero.analyse_traces(data, blind=True)
    assert not list(tmp_path.glob("*.blind.json"))


def edit_salt(content: dict[str, object]) -> None:
    content["salt"] = "0" * 32


def edit_choice(content: dict[str, list[dict[str, dict[str, str]]]]) -> None:
    content["entries"][1]["choices"]["margin"] = "0.2"


def edit_time(content: dict[str, list[dict[str, str]]]) -> None:
    content["entries"][2]["time"] = "2020-01-01T00:00:00Z"


def cut_the_end(content: dict[str, list[object]]) -> None:
    content["entries"].pop()


def cut_the_middle(content: dict[str, list[object]]) -> None:
    del content["entries"][1]


def cut_everything(content: dict[str, object]) -> None:
    content["entries"], content["head"] = [], ""


def another_schema(content: dict[str, object]) -> None:
    content["schema"] = "gzero.blind/2"


@pytest.mark.parametrize(
    "edit", [edit_salt, edit_choice, edit_time, cut_the_end, cut_the_middle, cut_everything, another_schema]
)
def test_an_edited_record_is_one_clear_line(lab: Path, edit: Callable[[dict[str, object]], None]) -> None:
    place = Path("lab.csv.blind.json")
    gzero.analyse(lab, blind=True, quantum=QUANTUM)
    gzero.unblind(lab)
    whole = place.read_text(encoding="utf-8")
    content = json.loads(whole)
    edit(content)
    place.write_text(json.dumps(content), encoding="utf-8")
    for look in (gzero.unblind, gzero.analyse):
        with pytest.raises(InputError, match="not whole, so that nothing can be said of blindness") as refused:
            look(lab)
        assert "\n" not in str(refused.value)
        assert str(place) in str(refused.value)
    place.write_text(json.dumps(json.loads(whole)), encoding="utf-8")  # another layout of the same JSON is no edit
    gzero.analyse(lab, quantum=QUANTUM)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"schema": "gzero.blind/1"}', "\udcff"])
def test_what_is_no_record_is_one_clear_line(lab: Path, content: str) -> None:
    Path("lab.csv.blind.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError):
        gzero.analyse(lab, quantum=QUANTUM)


def test_a_record_cut_anywhere_is_refused(lab: Path) -> None:
    place = Path("lab.csv.blind.json")
    gzero.analyse(lab, blind=True, quantum=QUANTUM)
    whole = place.read_bytes()
    for size in range(0, len(whole) - 2, 37):
        place.write_bytes(whole[:size])
        with pytest.raises(InputError):
            read_record(place)


def test_what_cannot_be_recorded_is_not_shown(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full when the choices are to be frozen: the data are still blind."""
    gzero.analyse(lab, blind=True, quantum=QUANTUM)
    before = Path("lab.csv.blind.json").read_bytes()

    def full(path: Path, content: bytes) -> None:
        raise OutputError("cannot be written: no space left on device", path=str(path))

    with monkeypatch.context() as patched:
        patched.setattr(room, "write_bytes", full)
        with pytest.raises(OutputError):
            gzero.unblind(lab)
    assert Path("lab.csv.blind.json").read_bytes() == before
    after = gzero.analyse(lab, quantum=QUANTUM)
    assert after.blind is not None
    assert after.blind.state == "blind"
    assert sorted(path.name for path in Path().iterdir() if "blind" in path.name) == ["lab.csv.blind.json"]


def test_entries_of_two_at_once_are_all_kept(lab: Path) -> None:
    """Eight threads append a configuration each; one that dies with the lock is named by the next."""
    record = room.start(lab, None, "ab")

    def add(number: int) -> None:
        choices = {"margin": str(number)}
        step = room.Step(
            action="configuration", time=room.now(), version="0", choices=choices, configuration=hash_of(choices),
            options={}, said_by={},
        )  # fmt: skip
        room.append(record.path, lambda there: step)

    threads = [threading.Thread(target=add, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_record(record.path).tried == 8


def test_a_lock_that_was_left_is_named(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_PATIENCE", 0.05)
    lock = Path("lab.csv.blind.json.lock")
    lock.touch()
    with pytest.raises(OutputError, match=r"delete 'lab\.csv\.blind\.json\.lock'"):
        gzero.analyse(lab, blind=True, quantum=QUANTUM)


def test_a_curve_that_is_not_pinched_off_is_counted_blind_and_said_so(lab: Path) -> None:
    """Its first plateau is counted by the quantum, which on blind data counts something else."""
    text = lab.read_text(encoding="utf-8").splitlines()
    rows = [line for line in text if re.match(r"[-\d]", line)]
    lab.write_text("\n".join([*text[: len(text) - len(rows)], *rows[60:]]) + "\n", encoding="utf-8")
    analysis = gzero.analyse(lab, blind=True, quantum=QUANTUM)
    assert any("counted by the quantum on blind data" in warning for warning in analysis.warnings)
