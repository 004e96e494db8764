"""The Python interface, as other people's scripts use it."""

import numpy as np
import pytest

import gzero
from gzero.errors import ColumnError, ConfigError, FitError


@pytest.fixture
def measurement() -> gzero.Measurement:
    """A synthetic staircase of four steps with 1 % noise and a 1 % gain uncertainty."""
    x = np.linspace(0, 54, 400)
    y = sum(1 / (1 + np.exp(-(x - v))) for v in (6, 18, 30, 42)) + 0.01 * np.random.default_rng(3).normal(size=x.size)
    return gzero.Measurement.from_arrays(x=x, y=y, x_unit="mV", y_unit="2e^2/h", gain="1.00(1)")


def test_fit_and_verdict_agree_with_the_analysis(measurement) -> None:
    analysis = gzero.analyse(measurement, quantum="2e^2/h")
    fit = gzero.fit(measurement, quantum="2e^2/h")
    assert fit.value("step_height") == analysis.estimates["step_height_model"].value
    for verdict in (
        gzero.validate(measurement, quantum="2e^2/h"),
        gzero.validate(fit, quantum="2e^2/h"),
        gzero.validate(analysis),
    ):
        assert verdict.decision == "quantized"
        assert verdict.interval == analysis.verdict.interval


def test_a_fit_needs_a_quantum_to_be_judged(measurement) -> None:
    with pytest.raises(ConfigError, match="judged against a quantum"):
        gzero.validate(gzero.fit(measurement, quantum="2e^2/h"))


def test_options_are_those_of_the_command_line(measurement) -> None:
    assert gzero.validate(measurement, quantum="2e^2/h", margin=0.001).decision == "undecided"
    with pytest.raises(ConfigError, match="did you mean 'margin'"):
        gzero.analyse(measurement, quantum="2e^2/h", margn=0.1)  # type: ignore[call-arg]


def test_a_straight_line_has_no_model_to_fit() -> None:
    x = np.linspace(0, 1, 100)
    line = gzero.Measurement.from_arrays(x=x, y=3 * x, y_unit="2e^2/h")
    with pytest.raises(FitError) as caught:
        gzero.fit(line, quantum="2e^2/h")
    assert caught.value.result.verdict.decision == "undecided"


def test_a_map_must_be_named_by_trace(measured) -> None:
    path = measured / "qpc_ubc" / "dat1516_qpc_conductance.ibw"
    with pytest.raises(ColumnError, match="101 traces"):
        gzero.load(path, quantum="2e^2/h")
    assert gzero.load(path, quantum="2e^2/h", trace=3).coordinate.value == -650.0 - 3 * 7.5
    assert len(gzero.load_traces(path, quantum="2e^2/h")) == 101


def test_results_show_themselves_in_notebooks(measurement) -> None:
    analysis = gzero.analyse(measurement, quantum="2e^2/h")
    for shown in (analysis, analysis.verdict, analysis.fit, analysis.estimates["step_height"]):
        html = shown._repr_html_()
        assert html
        assert "<script" not in html


def test_records_survive_pickling(measurement) -> None:
    """Workers of a batch send their results back by pickle; the record stays the same."""
    import pickle

    analysis = gzero.analyse(measurement, quantum="2e^2/h")
    assert pickle.loads(pickle.dumps(analysis)).to_dict() == analysis.to_dict()  # noqa: S301


def test_the_shipped_schema_of_configurations_is_what_is_read(tmp_path) -> None:
    """Every shipped sidecar is valid, every key is an option, and the file says what the code reads."""
    import json
    import tomllib
    from importlib import resources

    import jsonschema

    from gzero.pipeline.config import config_schema
    from gzero.pipeline.datasets import shipped

    shipped_schema = json.loads((resources.files("gzero") / "pipeline" / "schema" / "config-1.json").read_text())
    assert shipped_schema == config_schema()
    for path in shipped().values():
        jsonschema.validate(tomllib.loads(path.with_suffix(".toml").read_text()), shipped_schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"quantom": "G0"}, shipped_schema)


def test_what_options_state_about_arrays_counts(make) -> None:
    """A gain of 1.10 declared for a measurement in memory divides its step, as it does for a file."""
    measurement = make(noise=0.005).measurement
    plain = gzero.analyse(measurement, quantum="2e^2/h")
    scaled = gzero.analyse(measurement, quantum="2e^2/h", gain="1.10(2)")
    ratio = scaled.estimates["step_height"].value / plain.estimates["step_height"].value
    assert ratio == pytest.approx(1 / 1.10, rel=1e-4)
    assert scaled.estimates["step_height"].systematic["gain"] / scaled.estimates["step_height"].value == pytest.approx(
        -0.02 / 1.10, rel=1e-3
    )
