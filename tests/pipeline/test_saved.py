"""Saved results: what is written is read back with its correlations, and a wrong file ends in one clear line."""

import json
import math
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from uncertainties import ufloat

import gzero
from gzero.errors import FileError, InputError
from gzero.estimate import Estimate
from gzero.fitters.joint_levels import joint_of_levels
from gzero.fitters.step_height import step_height
from gzero.joint import JointEstimates
from gzero.pipeline.saved import read_result
from gzero.report.json import render_json


def _analysis(seed: int, gain: str = "1.00(1)") -> gzero.Analysis:
    """A synthetic staircase of four steps with 1 % noise and a common gain uncertainty; its joint covariance is put in."""
    x = np.linspace(0, 54, 400)
    y = sum(1 / (1 + np.exp(-(x - v))) for v in (6, 18, 30, 42))
    y = y + 0.01 * np.random.default_rng(seed).normal(size=x.size)
    measurement = gzero.Measurement.from_arrays(x=x, y=y, x_unit="mV", y_unit="2e^2/h", gain=gain)
    analysis = gzero.analyse(measurement, quantum="2e^2/h")
    return replace(analysis, joint=joint_of_levels(analysis.fit.levels, step_height(analysis.fit.levels, "S")))


@pytest.fixture(scope="module")
def analysis() -> gzero.Analysis:
    return _analysis(3)


@pytest.fixture(scope="module")
def record(analysis: gzero.Analysis) -> str:
    return render_json([analysis]).decode()


@pytest.fixture
def save(tmp_path: Path) -> Callable[[object], Path]:
    """A file of that content: bytes, text, or a record."""

    def write(content: object) -> Path:
        path = tmp_path / "saved.json"
        data = content if isinstance(content, bytes | str) else json.dumps(content)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


# -- what comes back --------------------------------------------------------------------------------------------------


def test_everything_comes_back_to_the_last_bit(analysis, record, save) -> None:
    (saved,) = read_result(save(record))
    assert (saved.path, saved.sha256, saved.trace) == (analysis.origin.path, analysis.origin.sha256, "")
    assert (saved.experiment, saved.version) == ("staircase", analysis.version)
    assert (saved.quantum.symbol, saved.quantum.unit, saved.quantum.declared) == ("2e^2/h", "S", True)
    assert saved.quantum.value == analysis.quantum.value
    assert saved.decision == analysis.verdict.decision == "quantized"
    assert list(saved.estimates) == list(analysis.estimates)
    for name, estimate in analysis.estimates.items():
        back = saved.estimates[name]
        assert (back.value, back.std_stat, back.systematic, back.unit) == (
            estimate.value,
            estimate.std_stat,
            estimate.systematic,
            estimate.unit,
        )
    assert saved.joint.to_dict() == analysis.joint.to_dict()
    assert saved.joint.statistical.tobytes() == analysis.joint.statistical.tobytes()
    fit = analysis.fit
    assert saved.fit.parameters.names == fit.names
    assert saved.fit.parameters.statistical == pytest.approx(fit.covariance, rel=1e-12, abs=0)
    assert [e.value for e in saved.fit.parameters.estimates.values()] == list(fit.values)
    units = {name: e.unit for name, e in saved.fit.parameters.estimates.items()}  # those of x and y, in SI
    assert (units["step_height"], units["threshold_1"], units["width_4"]) == ("S", "V", "V")
    for name in ("model", "chi2", "dof", "noise_model", "inflation", "at_bounds", "success", "message", "bic"):
        assert getattr(saved.fit, name) == getattr(fit, name), name


@pytest.mark.parametrize(("y_unit", "said"), [("S", "1/S"), ("1/(J s)", "1/(1/(J s))"), ("", ""), (None, None)])
def test_units_of_the_fit_are_those_of_the_curve(analysis, save, y_unit, said) -> None:
    """A model states them as that of its x, its y, or one over it."""
    fit = replace(
        analysis.fit, names=("a", "b"), units=("1/y", "K"), values=np.ones(2), covariance=np.eye(2), at_bounds=()
    )
    written = replace(analysis, fit=fit, curve=replace(analysis.curve, y_unit=y_unit))
    (saved,) = read_result(save(render_json([written])))
    assert [e.unit for e in saved.fit.parameters.estimates.values()] == [said, "K"]


def test_a_file_of_many_traces(analysis, save) -> None:
    pair = [
        replace(analysis, trace="a"),
        replace(analysis, trace="b", verdict=None, fit=None, joint=None, quantum=None),
    ]
    one, other = read_result(save(render_json(pair)))
    assert (one.trace, other.trace) == ("a", "b")
    assert (other.decision, other.fit, other.joint, other.quantum) == (None, None, None, None)
    assert one.joint.to_dict() == analysis.joint.to_dict()


def test_what_was_not_determined_stays_so(analysis, save) -> None:
    """Null is how the record spells a number that is not finite."""
    k = len(analysis.fit.names)
    fit = replace(analysis.fit, covariance=np.full((k, k), np.nan), bic=math.nan)
    estimates = {**analysis.estimates, "odd": Estimate(value=math.nan, unit=None)}
    (saved,) = read_result(save(render_json([replace(analysis, fit=fit, estimates=estimates)])))
    assert saved.fit.parameters is None
    assert math.isnan(saved.fit.bic)
    assert math.isnan(saved.estimates["odd"].value)
    assert saved.estimates["odd"].unit is None


def test_a_report_and_a_path_object_and_a_byte_order_mark(analysis, record, save, tmp_path) -> None:
    path = gzero.write_report(analysis, tmp_path / "report.json")
    for name in (path, str(path), save(b"\xef\xbb\xbf" + record.encode())):
        assert gzero.read_result(name)[0].sha256 == analysis.origin.sha256


def test_a_result_of_one_diffusion_coefficient(tmp_path) -> None:
    """Several estimates from one reading and no joint covariance: no numbers that would look independent."""
    from gzero.pipeline.datasets import dataset

    path = gzero.write_report(gzero.analyse_traces(dataset("si_diffusivity")), tmp_path / "si.json")
    results = read_result(path)
    assert {r.experiment for r in results} == {"diffusion"}
    several = next(r for r in results if len(r.estimates) > 1)
    if several.joint is None:
        with pytest.raises(InputError, match="no joint covariance of its estimates; take one number at a time"):
            several.as_ufloats()
    alone = replace(several, joint=None, estimates={"diffusion": several.estimates["diffusion"]}).as_ufloats()
    assert alone["diffusion"].std_dev == pytest.approx(several.estimates["diffusion"].std, rel=1e-14)


# -- correlations -----------------------------------------------------------------------------------------------------


def test_the_trap_of_the_pickled_number(analysis, save) -> None:
    """statistics.md, trap 3: std(a - b) of two numbers with correlation 0.9 is 0.447; pickled alone it becomes 1.414."""
    estimates = {name: Estimate(value=1.0, std_stat=1.0) for name in "ab"}
    joint = JointEstimates(estimates=estimates, statistical=np.array([[1.0, 0.9], [0.9, 1.0]]))
    a, b = joint.as_ufloats().values()
    assert (a - b).std_dev == pytest.approx(math.sqrt(0.2), rel=1e-12)
    lost = [pickle.loads(pickle.dumps(x)) for x in (a, b)]  # noqa: S301
    assert (lost[0] - lost[1]).std_dev == pytest.approx(math.sqrt(2), rel=1e-12)
    numbers = read_result(save(render_json([replace(analysis, joint=joint)])))[0].as_ufloats()
    assert (numbers["a"] - numbers["b"]).std_dev == pytest.approx(math.sqrt(0.2), rel=1e-12)


def test_levels_of_one_file_stay_correlated(analysis, record, save) -> None:
    """level_2 - 2 h is made of the noise alone: of the gain's shift, 1 % of each, 1 % of the difference is left."""
    numbers = read_result(save(record))[0].as_ufloats()
    joint = analysis.joint
    weights = np.array([-2.0, 0, 1, 0, 0])
    noise = math.sqrt(weights @ joint.statistical @ weights)
    difference = numbers["level_2"] - 2 * numbers["step_height"]
    assert difference.std_dev == pytest.approx(math.hypot(noise, 0.01 * difference.nominal_value), rel=1e-9)
    level, step = joint.estimates["level_2"], joint.estimates["step_height"]
    assert difference.std_dev < 0.6 * math.hypot(level.std, 2 * step.std)  # what independent numbers would give


@pytest.mark.parametrize("whole", [False, True])
def test_two_files_with_one_amplifier(tmp_path, whole: bool) -> None:
    """The gain of both is one source: of it the difference keeps the difference of the shifts, exactly."""
    paths = [gzero.write_report(_analysis(seed), tmp_path / f"{seed}.json") for seed in (1, 2)]
    results = [read_result(path)[0] for path in paths]
    sources = {"gain": ufloat(0, 1)}
    steps = [r.estimates["step_height"] for r in results]
    if whole:
        a, b = (r.as_ufloats(sources)["step_height"] for r in results)
    else:
        a, b = (step.as_ufloat(sources) for step in steps)
    shifts = [step.systematic["gain"] for step in steps]
    left = math.sqrt(steps[0].std_stat ** 2 + steps[1].std_stat ** 2 + (shifts[0] - shifts[1]) ** 2)
    assert (a - b).std_dev == pytest.approx(left, rel=1e-12)
    assert left < 0.3 * steps[0].std
    # another amplifier each: nothing cancels
    apart = [r.as_ufloats()["step_height"] for r in results]
    assert (apart[0] - apart[1]).std_dev == pytest.approx(math.hypot(steps[0].std, steps[1].std), rel=1e-12)


# -- wrong and hostile files ------------------------------------------------------------------------------------------


def refuses(path: Path, said: str) -> None:
    with pytest.raises(InputError, match=said) as raised:
        read_result(path)
    line = str(raised.value)
    assert line.startswith(str(path))
    assert len(line.splitlines()) == 1
    assert len(line) < len(str(path)) + 400
    assert raised.value.remedy


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file is empty"), (" ", "not JSON: Expecting value"), ("{", "not JSON"), ("5", "5 is not an object"), ("[]", "an array is not an object"), ("null", "null is not an object"),
        ("{}", "key 'schema': missing"), ('{"schema": 1}', "key 'schema': 1 is not a text"), ('{"schema": "gzero.quanta/1"}', "'gzero.quanta/1' is not 'gzero.analysis/1' or 'gzero.analyses/1'"),
        ('{"schema": "gzero.analysis/2"}', "'gzero.analysis/2' is not"), ('{"schema": "gzero.analyses/1", "analyses": []}', "key 'analyses': holds no analysis"),
        ('{"schema": "gzero.analyses/1", "analyses": [{"schema": "gzero.analyses/1"}]}', r"key 'analyses\[0\].schema'"),
        ('{"schema": "gzero.analyses/1", "analyses": {"schema": "gzero.analysis/1"}}', "key 'analyses': an object is not an array"), ('{"schema": "gzero.analysis/1"}', "key 'source': missing"),
        ("Vg (V),G (uS)\n0,1\n", "not JSON"), ("\xff\xfe", "not JSON"), (b"\xff\xfe{\x00}\x00", "byte 1 is no UTF-8"), ('{"a": NaN}', "NaN is no JSON number"), ('{"a": -Infinity}', "-Infinity is no JSON number"),
        ('{"schema": "gzero.analysis/1", "schema": "gzero.analyses/1"}', "the key 'schema' stands twice"), ("[" * 100_000, "nested deeper"), ('{"a":' * 100_000, "nested deeper"),
        ('{"schema": "gzero.analysis/1", "x": ' + "9" * 5000 + "}", "not JSON"), (b"\x80\x04\x95\x0b\x00\x00\x00.", "pickle"), (b"%PDF-1.7", "this looks like PDF"), ("<html></html>", "this looks like HTML"),
    ],
    ids=lambda c: repr(c[:30]),
)  # fmt: skip
def test_what_is_no_saved_result(content: object, said: str, save) -> None:
    refuses(save(content), said)


def test_nothing_in_a_pickle_is_run(tmp_path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "ran",))

    path = tmp_path / "result.json"
    path.write_bytes(pickle.dumps(Trap()))
    refuses(path, "never opens those")
    assert not (tmp_path / "ran").exists()


def test_a_place_that_is_no_file(tmp_path) -> None:
    with pytest.raises(FileError, match="there is no such file"):
        read_result(tmp_path / "nowhere.json")
    with pytest.raises(FileError, match="is a directory"):
        read_result(tmp_path)


def _at(record: Any, way: str) -> tuple[Any, Any]:
    *keys, last = [int(k) if k.isdigit() else k for k in way.split("/")]
    for key in keys:
        record = record[key]
    return record, last


GONE = object()


@pytest.mark.parametrize(
    ("way", "value", "said"),
    [
        ("gzero", 1, "key 'gzero': 1 is not a text"),
        ("source/sha256", GONE, "key 'source.sha256': missing"),
        ("source", None, "key 'source': null is not an object"),
        ("quantum/value", "7", "key 'quantum.value': '7' is not a number"),
        ("quantum/declared", "yes", "key 'quantum.declared': 'yes' is not true or false"),
        ("estimates", [], "key 'estimates': an array is not an object"),
        ("estimates/step_height", 5, "key 'estimates.step_height': 5 is not an object"),
        ("estimates/step_height/std_stat", -1.0, "key 'estimates.step_height.std_stat': -1 is below 0"),
        ("estimates/step_height/std_stat", None, "null is not a number"),
        ("estimates/step_height/systematic", GONE, "key 'estimates.step_height.systematic': missing"),
        ("estimates/step_height/systematic", {}, "'estimates.step_height.std_sys': .* under 'systematic' make 0"),
        ("estimates/step_height/systematic/gain", "x", "key 'estimates.step_height.systematic.gain': 'x'"),
        ("estimates/step_height/systematic/gain", 1e999, "not a|no JSON number"),
        ("verdict/decision", "maybe", "'maybe' is not 'quantized' or 'not quantized' or 'undecided'"),
        ("trace", 4, "key 'trace': 4 is not a text"),
        ("joint", [], "key 'joint': an array is not an object"),
        ("joint/schema", "gzero.estimates/9", "key 'joint.schema'"),
        ("joint/statistical_covariance/0/1", 1.0, "key 'joint.statistical_covariance': the covariance of 'step_height'"),
        ("joint/statistical_covariance/2", [0.0], r"'joint.statistical_covariance\[2\]': 1 values, where 5"),
        ("joint/estimates/level_1", GONE, "key 'joint.estimates.level_1': missing"),
        ("fit/names", ["a"], r"key 'fit\.\w+': \d+ values, where 1 are expected"),
        ("fit/names/1", "step_height", "key 'fit.names': a name stands twice"),
        ("fit/covariance/0/1", 1.0, "key 'fit.covariance': the covariance of 'step_height'"),
        ("fit/covariance", None, "key 'fit.covariance': null is not an array"),
        ("fit/stds/0", -1.0, r"key 'fit.stds\[0\]': -1 is below 0"),
        ("fit/stds/0", 1.0, "key 'fit.covariance': .* not 1 as stated"),
        ("fit/dof", 3.5, "key 'fit.dof': 3.5 is not a whole number"),
        ("fit/success", 1, "key 'fit.success': 1 is not true or false"),
    ],
)  # fmt: skip
def test_a_changed_file_is_refused_by_its_key(way: str, value: object, said: str, record: str, save) -> None:
    read = json.loads(record)
    inner, last = _at(read, way)
    if value is GONE:
        del inner[last]
    else:
        inner[last] = value
    refuses(save(read), said)


@pytest.mark.parametrize("way", ["trace", "quantum", "joint", "fit", "verdict"])
@pytest.mark.parametrize("value", [None, GONE])
def test_optional_parts_may_be_null_or_missing(way: str, value: object, record: str, save) -> None:
    """A file of an earlier gzero has no joint and no fit."""
    read = json.loads(record)
    read[way] = None
    if value is GONE:
        del read[way]
    (saved,) = read_result(save(read))
    assert not getattr(saved, "decision" if way == "verdict" else way)


def test_keys_of_later_versions_are_not_looked_at(record: str, save) -> None:
    read = json.loads(record)
    read["later"] = read["estimates"]["step_height"]["later"] = {"deep": [1]}
    assert read_result(save(read))[0].experiment == "staircase"


@given(st.data())
def test_no_truncation_and_no_changed_byte_crashes(analysis, tmp_path_factory, data: st.DataObject) -> None:
    """Cut anywhere, or any byte replaced: read, or refused in one line."""
    whole = render_json([replace(analysis, ledger=(), warnings=())])
    place = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.none() | st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "fuzzed.json"
    path.write_bytes(whole[:place] if byte is None else whole[:place] + bytes([byte]) + whole[place + 1 :])
    try:
        read_result(path)
    except InputError as error:
        said = str(error)
    else:
        return
    assert len(said.splitlines()) == 1
    assert len(said) < 600


def test_it_shows_itself_in_notebooks(record: str, save) -> None:
    html = read_result(save(record))[0]._repr_html_()
    assert "quantized" in html
    assert "step_height" in html
