"""A drifting packet: what its traces tell, what one of them cannot tell, Einstein's relation, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from gzero.errors import ColumnError, ConfigError, InputError
from gzero.estimate import Estimate
from gzero.fitters.findings import Findings
from gzero.fitters.options import FitOptions
from gzero.fitters.pulse import fit
from gzero.fitters.pulse_profiles import profiles
from gzero.measurement.measurement import Measurement
from gzero.quanta import KB, E, parse_quantum
from gzero.reduction.selection import Selection
from gzero.synthetic.pulse import simulate
from gzero.synthetic.truth import Synthetic

OPTIONS = FitOptions(quantum=parse_quantum("h/m"), declared=False)
STATED = {"temperature": Estimate(value=300.0, unit="K"), "electric_field": Estimate(value=5e3, unit="V/m")}


def drawn(seed: int = 1, **given: object) -> Synthetic:
    return simulate(np.random.default_rng(seed), seed=seed, **given)  # type: ignore[arg-type]


def stated(synthetic: Synthetic, **more: Estimate) -> Measurement:
    return replace(synthetic.measurement, conditions={**STATED, **more})


def without(m: Measurement, *names: str) -> Measurement:
    return replace(m, series={k: s for k, s in m.series.items() if k not in names})


def is_true(findings: Findings, synthetic: Synthetic, *names: str) -> None:
    """Within four standard uncertainties of the truth: 6 in 1e5 by chance."""
    for name in names:
        found = findings.estimates[name]
        assert abs(found.value - synthetic.truth[name]) < 4 * found.std_stat, name


ALL = ("diffusion", "mobility", "velocity", "lifetime", "initial_width", "einstein_ratio")


@pytest.mark.parametrize("delays", [(), (5e-6, 1e-5, 2e-5)], ids=["n(t)", "n(x)"])
def test_several_traces_tell_everything(delays: tuple[float, ...]) -> None:
    synthetic = drawn(delays=delays, noise=0.01)
    findings = fit(stated(synthetic), OPTIONS)
    is_true(findings, synthetic, *ALL)
    assert next(iter(findings.estimates)) == "diffusion"
    assert findings.answer is not None
    assert findings.answer.outcome == "yes"


def test_traces_are_told_apart_without_their_numbers() -> None:
    """The place stands still within a trace: the fit is the same."""
    synthetic = drawn()
    a, b = fit(stated(synthetic), OPTIONS), fit(without(stated(synthetic), "trace"), OPTIONS)
    assert b.estimates["diffusion"].value == pytest.approx(a.estimates["diffusion"].value, rel=1e-9)


def test_one_profile_tells_no_diffusion() -> None:
    """Its width is s_0 + 2 D t: the best D of a point source is the limit that is given, and no number."""
    synthetic = drawn(positions=(4e-3,), lifetime=1.0, noise=0.005)
    findings = fit(stated(synthetic), OPTIONS)
    assert "diffusion" not in findings.estimates
    assert "einstein_ratio" not in findings.estimates
    assert any("no D is given; state --width" in w for w in findings.warnings)
    assert findings.answer is not None
    assert findings.answer.outcome == "undecided"
    is_true(findings, synthetic, "mobility")


def test_one_profile_and_its_width() -> None:
    synthetic = drawn(positions=(4e-3,), lifetime=1.0, noise=0.005)
    width = Estimate(value=1e-4, systematic={"width": 1e-5}, unit="m")
    findings = fit(stated(synthetic, width=width), OPTIONS)
    is_true(findings, synthetic, "diffusion", "mobility", "einstein_ratio")
    # D = (s - s_0)/2 t: a shift of s_0 by 2 w dw moves D by -w dw/t, t = 4 mm/240 m/s
    shift = findings.estimates["diffusion"].systematic["width"]
    assert shift == pytest.approx(-1e-4 * 1e-5 / (4e-3 / 240.0), rel=0.02)


def test_a_stated_distance() -> None:
    """Time of flight: D goes with the square of the length, and its uncertainty does."""
    synthetic = drawn(positions=(4e-3,), lifetime=1.0, noise=0.005)
    length = Estimate(value=4e-3, systematic={"length": 4e-5}, unit="m")
    width = Estimate(value=1e-4, unit="m")
    m = without(stated(synthetic, length=length, width=width), "position")
    e = fit(m, OPTIONS).estimates
    assert e["velocity"].systematic["length"] == pytest.approx(0.01 * e["velocity"].value, rel=1e-9)
    assert e["diffusion"].systematic["length"] == pytest.approx(0.02 * e["diffusion"].value, rel=1e-9)


def test_the_field_from_a_bias_over_a_length() -> None:
    synthetic = drawn()
    bias = Estimate(value=50.0, systematic={"bias": 0.5}, unit="V")
    length = Estimate(value=1e-2, unit="m")
    conditions = {"temperature": STATED["temperature"], "bias": bias, "length": length}
    e = fit(replace(synthetic.measurement, conditions=conditions), OPTIONS).estimates
    assert e["mobility"].value == pytest.approx(e["velocity"].value / 5e3, rel=1e-12)
    assert e["mobility"].systematic["bias"] == pytest.approx(-0.01 * e["mobility"].value, rel=1e-9)
    # D/mu: a larger field is a smaller mobility and a larger ratio
    ratio = e["einstein_ratio"]
    assert ratio.value == pytest.approx(e["diffusion"].value * E / (e["mobility"].value * KB * 300), rel=1e-12)
    assert ratio.systematic["bias"] == pytest.approx(0.01 * ratio.value, rel=1e-9)


@pytest.mark.parametrize(("ratio", "outcome", "said"), [(1.6, "no", "degenerate"), (0.6, "no", "no degeneracy")])
def test_einstein_is_refused_where_it_fails(ratio: float, outcome: str, said: str) -> None:
    findings = fit(stated(drawn(einstein_ratio=ratio, noise=0.01)), OPTIONS)
    assert findings.answer is not None
    assert findings.answer.outcome == outcome
    assert any(said in reason for reason in findings.answer.reasons)


def test_einstein_is_open_where_the_field_is() -> None:
    """A field known to 10 % leaves the ratio open, however calm the readings are."""
    field = Estimate(value=5e3, systematic={"electric_field": 500.0}, unit="V/m")
    findings = fit(stated(drawn(noise=0.005), electric_field=field), OPTIONS)
    assert findings.answer is not None
    assert findings.answer.outcome == "undecided"
    assert findings.estimates["einstein_ratio"].std_sys == pytest.approx(
        0.1 * findings.estimates["einstein_ratio"].value
    )


def test_what_einstein_needs_is_named() -> None:
    findings = fit(drawn().measurement, OPTIONS)
    assert findings.answer is not None
    assert "--electric-field" in findings.answer.reasons[0]
    assert "--temperature" in findings.answer.reasons[0]
    assert "mobility" not in findings.estimates


def test_traces_of_two_packets_are_found_out() -> None:
    """The second trace twice as high as one packet makes it."""
    synthetic = drawn(noise=0.01)
    m = stated(synthetic)
    y = np.where(m.series["trace"].values == 2, 2 * m.ordinate.values, m.ordinate.values)
    findings = fit(replace(m, series={**m.series, "density": replace(m.ordinate, values=y)}), OPTIONS)
    assert any("not of one packet" in w for w in findings.warnings)
    assert not any("not of one packet" in w for w in fit(m, OPTIONS).warnings)


def test_packets_that_fall_are_packets() -> None:
    """An inverting amplifier, a background: D and mobility as before to the tolerance of the engine."""
    m = stated(drawn(noise=0.01))
    turned = replace(m, series={**m.series, "density": replace(m.ordinate, values=0.7 - m.ordinate.values)})
    a, b = fit(m, OPTIONS).estimates, fit(turned, OPTIONS).estimates
    for name in ("diffusion", "mobility", "lifetime"):
        assert b[name].value == pytest.approx(a[name].value, rel=1e-5)


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_no_place_and_no_distance() -> None:
    with pytest.raises(ColumnError, match="add a column 'position', or state the distance with --length"):
        fit(without(drawn(positions=(4e-3,)).measurement, "position"), OPTIONS)


def test_a_field_that_is_stated_twice() -> None:
    with pytest.raises(ConfigError, match="the field is stated, and a bias as well"):
        fit(stated(drawn(), bias=Estimate(value=1.0, unit="V")), OPTIONS)


def test_a_trace_over_both_coordinates() -> None:
    m = drawn().measurement
    mixed = replace(m.series["position"], values=np.linspace(1e-3, 2e-3, m.abscissa.values.size))
    with pytest.raises(InputError, match="both time and position change within a trace"):
        fit(replace(m, series={**m.series, "position": mixed}), OPTIONS)


def test_a_profile_at_the_injection() -> None:
    m = drawn(delays=(5e-6, 1e-5)).measurement
    early = replace(m.series["time"], values=np.where(m.series["trace"].values == 1, 0.0, m.series["time"].values))
    with pytest.raises(InputError, match="that of the injection"):
        fit(replace(m, series={**m.series, "time": early}), OPTIONS)


@pytest.mark.parametrize("name", ["density", "time", "position"])
def test_a_reading_that_is_no_number(name: str) -> None:
    m = stated(drawn())
    values = np.array(m.series[name].values)
    values[7] = np.nan
    broken = replace(m, series={**m.series, name: replace(m.series[name], values=values)})
    with pytest.raises(InputError, match="row 8"):
        fit(broken, OPTIONS)
    left = profiles(broken, replace(OPTIONS, selection=Selection(invalid="drop")))
    assert sum(len(s.curve) for s in left.selected) == m.abscissa.values.size - 1
