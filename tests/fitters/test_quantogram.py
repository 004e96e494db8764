"""The search for a unit: coverage, false units, traps, published values, and what is refused."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import gzero
from gzero.errors import ColumnError, ConfigError, InputError, UnitError
from gzero.fitters.unit_search import left_over, line_of, null, peaks, trials
from gzero.pipeline.datasets import dataset
from gzero.quanta import G0

#: Charges of drops [1e-19 C] and their multiples: R. A. Millikan's experiment as tabulated by T. Pang, An Introduction to
#: Computational Physics (2006), doi 10.1017/CBO9780511800870, chapter 2 ("the Millikan experiment").
MILLIKAN = (6.558, 8.206, 9.880, 11.50, 13.14, 14.81, 16.40, 18.04, 19.68, 21.32, 22.96, 24.60, 26.24, 27.88, 29.52)


def written(path: Path, head: str, values: object, *, std: float | None = None) -> Path:
    names = [head] if std is None else [head, f"{head.partition(' ')[0]}_std {head.partition(' ')[2]}".strip()]
    rows = [f"{v:.8g}" if std is None else f"{v:.8g},{std:g}" for v in np.asarray(values, float)]
    path.write_text("\n".join([",".join(names), *rows]) + "\n", encoding="utf-8")
    return path


def found(path: Path, **options: object) -> gzero.Analysis:
    return gzero.analyse(path, experiment="quantogram", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "top", "scatter", "stated"),
    [(6, 6, 0.03, None), (30, 8, 0.12, None), (12, 6, 0.05, 1.0), (12, 6, 0.05, 0.4)],
    ids=["few", "broad", "stated", "stated too small"],
)
def test_coverage_of_the_unit(count: int, top: int, scatter: float, stated: float | None) -> None:
    """95 % intervals of the unit hold the truth in 93 to 97 % of 2000 lists (binomial: 0.5 %), as the task of gzero asks."""
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(2000):
        n = rng.integers(1, top + 1, count)
        x = n + scatter * rng.normal(size=count)
        line = line_of(x, None if stated is None else np.full(count, scatter * stated), n)
        hits += abs(line.unit - 1) < 1.959964 * line.std
    assert 0.93 <= hits / 2000 <= 0.97 + 0.005  # with true uncertainties no scatter is taken away again: a little more


DRAWS = {
    "even": lambda rng: rng.uniform(0.5, 10.5, 15),
    "one hump": lambda rng: rng.normal(3.0, 0.3, 30),
    "log-normal": lambda rng: np.exp(rng.normal(0.0, 0.7, 20)),
}


@pytest.mark.parametrize("kind", DRAWS)
def test_values_without_a_unit_rarely_look_like_one(kind: str) -> None:
    """The chance that the first null is as small as 5 % must be 5 % for smooth laws: at most 16 of 150 (binomial, 99.7 %)."""
    rng = np.random.default_rng(11)
    small = 0
    for _ in range(150):
        x = DRAWS[kind](rng)
        trial = trials(x, None)
        top = peaks(x, None, trial)[0]
        small += null(x, None, trial, top.unit, groups=np.arange(x.size), rng=rng, repeats=99).p_value <= 0.05
    assert small <= 16


def test_groups_that_stand_anywhere_are_no_unit(tmp_path: Path) -> None:
    """The trap: 15 values at 1.00 and 15 at 1.83 have a peak that no list of single values would have."""
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(1.0, 0.05, 15), rng.normal(1.83, 0.05, 15)])
    answer = found(written(tmp_path / "x.csv", "level", x)).answer
    assert answer is not None
    alone, groups = answer.numbers["p_value_values"], answer.numbers["p_value_groups"]
    assert alone is not None
    assert groups is not None
    assert alone <= 0.01 < groups
    assert answer.outcome != "yes"


def test_the_shipped_levels() -> None:
    """Seven measured plateaus, whose source has 2e^2/h as its unit: evenly spaced, and nobody named the quantum.

    The plateaus of the source are within 0.5 to 1.5 % of n (histogram modes 0.99-1.01, ..., 3.91-4.03 of its note).
    """
    analysis = gzero.analyse(dataset("qpc_levels"))
    assert analysis.answer is not None
    assert analysis.answer.outcome == "yes"
    assert analysis.quantum is None
    unit = analysis.estimates["unit"]
    assert unit.value == pytest.approx(G0, rel=0.015)
    assert [c.name for c in analysis.comparisons] == ["2e^2/h", "e^2/h"]
    assert analysis.seed == 1
    table = next(listing for listing in analysis.listings if listing.name == "multiples")
    assert [row[2] for row in table.rows] == list("1234567")


def test_charges_of_drops(tmp_path: Path) -> None:
    """The multiples are the published 4 to 18, and the unit the least squares of charge on published multiple."""
    analysis = found(written(tmp_path / "m.csv", "charge (1e-19 C)", MILLIKAN))
    n = np.arange(4, 19)
    expected = float(n @ np.array(MILLIKAN) / (n @ n)) * 1e-19
    assert analysis.answer is not None
    assert analysis.answer.outcome == "yes"
    assert analysis.estimates["unit"].value == pytest.approx(expected, rel=1e-9)
    assert analysis.estimates["unit"].unit == "C"
    table = next(listing for listing in analysis.listings if listing.name == "multiples")
    assert [int(str(row[2])) for row in table.rows] == list(n)


@pytest.mark.parametrize("unit", [0.35, 1.0, 1.64])
def test_the_answer_does_not_hang_on_the_size_of_the_unit(tmp_path: Path, unit: float) -> None:
    rng = np.random.default_rng(5)
    x = unit * (np.array([1, 2, 3, 4, 5, 7, 8]) + 0.02 * rng.normal(size=7))
    analysis = found(written(tmp_path / "x.csv", "peak (uS)", x))
    assert analysis.answer is not None
    assert analysis.answer.outcome == "yes"
    e = analysis.estimates["unit"]
    assert abs(e.value - unit * 1e-6) < 4 * e.std
    assert e.value == pytest.approx(unit * 1e-6, rel=0.02)


def test_even_values_have_no_unit(tmp_path: Path) -> None:
    """60 values without a unit exclude every unit whose multiples hold within 0.1."""
    x = np.random.default_rng(8).uniform(0.5, 10, 60)
    analysis = found(written(tmp_path / "x.csv", "peak", x))
    assert analysis.answer is not None
    assert analysis.answer.outcome == "no"
    assert not analysis.estimates


def test_a_no_is_rarely_wrong() -> None:
    """A unit whose multiples hold within 0.1 (95 %) is excluded at its own trial unit in 5 % of lists at most: 33 of 400 (binomial, 99.7 %)."""
    rng = np.random.default_rng(9)
    gone = 0
    for _ in range(400):
        x = rng.integers(1, 7, 20) + 0.1 / 1.96 * rng.normal(size=20)
        trial = trials(x, None)
        near = np.argmin(np.abs(trial.units - 1.0))
        gone += not left_over(x, None, trial, 0.1 / 1.96)[max(0, near - 1) : near + 2].any()
    assert gone <= 33


def test_four_values_cannot_tell_a_unit_from_its_half(tmp_path: Path) -> None:
    """2^-4 is one in 16: 2 n ln 2 = 5.5 is short of odds of 20."""
    analysis = found(written(tmp_path / "x.csv", "level", [1.001, 1.998, 3.003, 3.999]))
    assert analysis.answer is not None
    assert analysis.answer.outcome == "undecided"
    assert "its half" in analysis.answer.reasons[0]


def test_common_factor_of_the_multiples_is_told(tmp_path: Path) -> None:
    """Multiples of 2 searched below 1.5 only: the half is found, and the warning names the double."""
    x = 2.0 * np.array([1, 2, 3, 4, 5, 7]) + 0.01 * np.random.default_rng(2).normal(size=6)
    analysis = found(written(tmp_path / "x.csv", "level", x), range="0.8:1.5")
    assert any("share the factor 2" in w for w in analysis.warnings)


def test_an_offset_is_told(tmp_path: Path) -> None:
    x = np.arange(1, 9) + 0.08 + 0.01 * np.random.default_rng(2).normal(size=8)
    analysis = found(written(tmp_path / "x.csv", "level", x))
    assert any("off their multiples" in w for w in analysis.warnings)


def test_a_common_gain_is_a_systematic_part(tmp_path: Path) -> None:
    """All values share it: 2 % of the unit, whatever the number of values; the statistical part knows nothing of it."""
    path = written(tmp_path / "x.csv", "G (2e^2/h)", [1.01, 1.99, 3.02, 3.99, 5.0, 6.01], std=0.01)
    plain, scaled = found(path), found(path, gain="1.00(2)")
    unit = scaled.estimates["unit"]
    assert unit.systematic["gain"] == pytest.approx(-0.02 * unit.value, rel=1e-9)
    assert unit.std_stat == pytest.approx(plain.estimates["unit"].std_stat, rel=1e-12)


def test_zero_and_the_seed(tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", "level", [0.0, 1.01, 1.99, 3.02, 3.99, 5.0, 6.01])
    first, again, other = found(path, seed=3), found(path, seed=3), found(path, seed=4)
    assert [e.rule for e in first.exclusions] == ["zero"]
    assert first.to_dict() == again.to_dict()
    assert first.seed == 3
    assert other.seed == 4
    # another seed draws another null and leaves the unit alone
    assert other.estimates["unit"].value == first.estimates["unit"].value


def test_the_record_is_json_and_valid(tmp_path: Path) -> None:
    import jsonschema

    from gzero.report.json import schema

    analysis = gzero.analyse(dataset("qpc_levels"))
    record = json.loads(json.dumps(analysis.to_dict(), allow_nan=False))
    jsonschema.validate(record, schema())
    assert record["answer"]["outcome"] == "yes"
    gzero.write_report(analysis, tmp_path / "r.json")
    assert gzero.read_result(tmp_path / "r.json")[0].estimates["unit"].value == analysis.estimates["unit"].value


@pytest.mark.parametrize("ending", ["pdf", "html", "md", "tex", "xlsx"])
def test_every_format_tells_the_answer(tmp_path: Path, ending: str) -> None:
    out = gzero.write_report(gzero.analyse(dataset("qpc_levels")), tmp_path / f"r.{ending}")
    assert out.stat().st_size > 1000
    if ending in ("html", "md"):
        text = out.read_text(encoding="utf-8")
        assert "A UNIT IS THERE" in text
        assert "its half" in text
    if ending == "html":
        assert "φ(q)" in text


@pytest.mark.parametrize(
    ("head", "values", "options", "error", "words"),
    [
        ("level", [1.0, 2.0], {}, InputError, "2 values other than zero"),
        ("level (frog)", [1.0, 2.0, 3.0], {}, UnitError, "frog"),
        ("level", [1.0, math.nan, 3.0, 4.0], {}, InputError, "row 3"),
        ("level", [1.0, 2.0, 3.0], {"range": "20:60"}, ConfigError, "larger than the largest value"),
        ("level", [1.0, 2.0, 3.0], {"range": "2:1e-9"}, ConfigError, "too many units"),
        ("level", [1.0, 2.0, 3.0], {"range": "-2:-1"}, ConfigError, "no unit lies between"),
        ("level", [1.0, 2.0, 3.0], {"y": "peak"}, ColumnError, "no column 'peak'"),
    ],
)  # fmt: skip
def test_what_is_refused(
    tmp_path: Path, head: str, values: list[float], options: dict[str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        found(written(tmp_path / "x.csv", head, values), **options)


def test_two_lists_must_be_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("up level,down level\n1,1.1\n2,2.1\n3,3.1\n4,4.1\n5,5.1\n", encoding="utf-8")
    with pytest.raises(ColumnError, match="--y"):
        found(path)
    assert found(path, y="down level").rows_used == 5


def test_simulated_lists_hold_their_truth(tmp_path: Path) -> None:
    """The generator: unit and scatter of 400 values, within five standard errors."""
    from gzero.synthetic.quantogram import simulate

    made = simulate(
        np.random.default_rng(1), unit=0.83 * G0, seed=1, unit_text="S", multiples=8, repeats=50, scatter=0.04
    )
    n = np.tile(np.arange(1, 9), 50)
    rest = made.measurement.ordinate.values / made.truth["unit"] - n
    assert abs(rest.mean()) < 5 * 0.04 / math.sqrt(400)
    assert rest.std() == pytest.approx(0.04, rel=5 / math.sqrt(800))
    with pytest.raises(ConfigError):
        simulate(np.random.default_rng(1), unit=-1.0, seed=1)


def test_exact_multiples_do_not_hide_behind_their_half(tmp_path: Path) -> None:
    """2 n ln 2 = 11.1 for eight values, however exact they are."""
    analysis = found(written(tmp_path / "x.csv", "level", np.arange(1, 9)))
    assert analysis.answer is not None
    assert analysis.answer.outcome == "yes"
    half = next(row for row in analysis.listings[0].rows if row[0] == "its half")
    assert half[3] == pytest.approx(2 * 8 * math.log(2), rel=1e-3)


def test_many_values_in_bins_are_those_one_by_one() -> None:
    """300 values: bins of 1/64 of the smallest unit turn a phase by at most pi/64, 0.05, at random: 0.05 sqrt(2 n/3)/sqrt(n)."""
    from gzero.fitters.unit_search import many_quantograms
    from gzero.models.quantogram import quantogram

    x = np.random.default_rng(1).uniform(0.5, 9, 300)
    trial = trials(x, None)
    exact = quantogram(x, trial.units)
    assert np.abs(many_quantograms(x[None, :], trial, None)[0] - exact).max() < 5 * 0.05 * math.sqrt(2 / 3)
    np.testing.assert_allclose(
        many_quantograms(x[None, :150], trial, None)[0], quantogram(x[:150], trial.units), atol=1e-9
    )


@pytest.mark.parametrize("size", [1e-300, 1e200])
def test_sizes_that_cannot_be_squared_are_refused(tmp_path: Path, size: float) -> None:
    with pytest.raises(InputError, match="cannot be squared"):
        found(written(tmp_path / "x.csv", "level", size * np.arange(1, 7)))


def test_a_long_list_is_searched(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    x = rng.integers(1, 8, 3000) + 0.12 * rng.normal(size=3000)
    analysis = found(written(tmp_path / "x.csv", "step height (uS)", x))
    assert analysis.answer is not None
    assert analysis.answer.outcome == "yes"
    assert abs(analysis.estimates["unit"].value - 1e-6) < 4 * analysis.estimates["unit"].std


def test_values_far_below_the_unit_are_no_evidence(tmp_path: Path) -> None:
    """1, 2, 3 and a million: three of the four are multiple 0 of any unit near the million."""
    answer = found(written(tmp_path / "x.csv", "level", [1, 2, 3, 1e6])).answer
    assert answer is not None
    assert answer.outcome == "undecided"
    assert "multiple 0" in answer.reasons[0]
