"""Diffusion from trajectories and from tables: what comes out, what is refused, and what independent points would give."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from gzero.errors import ColumnError, InputError, UnitError
from gzero.estimate import Estimate
from gzero.fitters.correlated_line import straight
from gzero.fitters.findings import Findings
from gzero.fitters.msd import fit
from gzero.fitters.msd_points import prepare
from gzero.fitters.options import FitOptions
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series
from gzero.quanta import KB, Conditions, parse_quantum
from gzero.reduction.selection import Selection
from gzero.synthetic.msd import simulate
from gzero.synthetic.truth import Synthetic

OPTIONS = FitOptions(quantum=parse_quantum("h/m"), declared=False)


def drawn(seed: int, **given: float) -> Synthetic:
    return simulate(np.random.default_rng(seed), seed=seed, **given)


def table(
    lags: np.ndarray, msd: np.ndarray, beside: Mapping[str, np.ndarray] | None = None, *, name: str = "MSD_2d", std: np.ndarray | None = None
) -> Measurement:  # fmt: skip
    columns = {
        "time": Series(name="time", label="lag", values=lags, unit="s"),
        "displacement": Series(name="displacement", label=name, values=msd, std=std, unit="m^2"),
        **{k: Series(name=k, label=k, values=np.asarray(v, dtype=float), unit="") for k, v in (beside or {}).items()},
    }
    return Measurement(
        kind="msd", series=columns, conditions={}, origin=Origin(path="t.csv", sha256="", loader="", rows_read=lags.size),
        x="time", y="displacement",
    )  # fmt: skip


def as_table(synthetic: Synthetic, *, points: bool = True, std: bool = False) -> Measurement:
    """The MSD of simulated trajectories as a table, as other programs write it."""
    found = prepare(synthetic.measurement, OPTIONS).points
    windows = np.maximum(found.lengths[:, None] - found.lags, 0).T @ found.counts
    noise = straight(found).problem
    assert noise is not None
    return table(
        found.curve.x, found.curve.y, {"points": windows} if points else None, std=noise.noise.std if std else None
    )


def is_true(findings: Findings, truth: Mapping[str, float], *names: str) -> None:
    """Within four standard uncertainties of the truth: 6 in 1e5 by chance."""
    for name in names:
        found = findings.estimates[name]
        assert abs(found.value - truth[name]) < 4 * found.std_stat, name


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_trajectories(dimensions: int) -> None:
    synthetic = drawn(1, trajectories=300 // dimensions, dimensions=dimensions)
    findings = fit(synthetic.measurement, OPTIONS)
    is_true(findings, synthetic.truth, "diffusion", "localisation_std", "alpha")
    assert findings.answer is not None
    assert findings.answer.outcome == "yes"
    assert next(iter(findings.estimates)) == "diffusion"
    assert findings.fit is not None
    assert findings.fit.method == "generalised least squares"


def test_motion_blur_is_given_back() -> None:
    """With the shutter open all of the time sigma^2 = c/2d + D dt/3 (Berglund 2010); without a stated exposure the offset
    is too small by that, which the truth is far from."""
    synthetic = drawn(2, trajectories=200, exposure=0.05, diffusion=2e-12)
    is_true(fit(synthetic.measurement, OPTIONS), synthetic.truth, "diffusion", "localisation_std")
    unstated = {k: v for k, v in synthetic.measurement.series.items() if k != "exposure"}
    blurred = fit(replace(synthetic.measurement, series=unstated), OPTIONS)
    assert any("state the exposure" in w for w in blurred.warnings)
    assert "localisation_std" not in blurred.estimates


def test_three_estimators_agree() -> None:
    """Hausman 1978: the difference to the efficient one has the difference of the variances; four of its deviations."""
    findings = fit(drawn(3, trajectories=60).measurement, OPTIONS)
    line, likely, by_covariance = (row[1] for row in findings.listings[0].rows)
    for other in (line, by_covariance):
        gap = np.sqrt(max(other.std_stat**2 - likely.std_stat**2, 0.0))
        assert abs(other.value - likely.value) < 4 * gap + 0.2 * likely.std_stat
    assert not any("differ by" in w for w in findings.warnings)


@pytest.mark.parametrize(("alpha", "said"), [(0.6, "slower"), (1.6, "faster")])
def test_other_motion_is_no_diffusion(alpha: float, said: str) -> None:
    synthetic = drawn(4, trajectories=60, points=100, alpha=alpha, noise=2e-8)
    findings = fit(synthetic.measurement, OPTIONS)
    assert findings.answer is not None
    assert findings.answer.outcome == "no"
    assert said in findings.answer.headline
    assert "diffusion" not in findings.estimates
    assert "diffusion" not in " ".join(listing.caption for listing in findings.listings)
    is_true(findings, synthetic.truth, "alpha")


def test_confinement_is_no_diffusion() -> None:
    """A walk reflected at the walls of a box five steps wide: MSD -> box^2/6 per direction."""
    rng = np.random.default_rng(5)
    path = np.cumsum(0.2 * rng.normal(size=(40, 100, 2)), axis=1)
    folded = np.abs((path + 0.5) % 2.0 - 1.0) * 1e-6  # reflection at 0 and 1 um
    synthetic = drawn(5, trajectories=40, points=100)
    series = dict(synthetic.measurement.series)
    for name, i in (("displacement", 0), ("position_y", 1)):
        series[name] = replace(series[name], values=folded[:, :, i].ravel())
    findings = fit(replace(synthetic.measurement, series=series), OPTIONS)
    assert findings.answer is not None
    assert findings.answer.outcome == "no"
    assert "confinement" in findings.answer.reasons[0]


def test_a_common_drift_is_seen_and_taken_off_where_a_mark_shows_it() -> None:
    synthetic = drawn(6, trajectories=40, drift=1e-6)
    findings = fit(synthetic.measurement, OPTIONS)
    assert findings.answer is not None
    assert findings.answer.outcome != "yes"
    assert any("common drift" in w for w in findings.warnings)
    m = synthetic.measurement
    mark = replace(m.series["displacement"], name="drift_x", values=1e-6 * m.abscissa.values)
    still = fit(replace(m, series={**m.series, "drift_x": mark}), OPTIONS)
    is_true(still, synthetic.truth, "diffusion")
    assert not any("common drift" in w for w in still.warnings)


def test_a_table_with_its_windows_is_the_trajectories() -> None:
    """The same lags, the same covariance: the same fit to the tolerance of the engine."""
    synthetic = drawn(7, trajectories=30)
    own, other = fit(synthetic.measurement, OPTIONS), fit(as_table(synthetic), OPTIONS)
    assert other.estimates["diffusion"].value == pytest.approx(own.estimates["diffusion"].value, rel=1e-6)
    assert other.estimates["diffusion"].std == pytest.approx(own.estimates["diffusion"].std, rel=1e-6)


def test_a_table_with_stated_uncertainties_keeps_them() -> None:
    """Twice the stated std, twice that of D; correlations as before."""
    synthetic = drawn(8, trajectories=30)
    once = as_table(synthetic, std=True)
    y = once.series["displacement"]
    twice = replace(once, series={**once.series, "displacement": replace(y, std=2 * np.asarray(y.std))})
    a, b = fit(once, OPTIONS), fit(twice, OPTIONS)
    assert b.estimates["diffusion"].std == pytest.approx(2 * a.estimates["diffusion"].std, rel=1e-3)
    assert a.fit is not None
    assert "stated" in a.fit.noise_model


def test_a_bare_table_takes_its_scale_from_the_scatter_and_says_so() -> None:
    synthetic = drawn(9, trajectories=30)
    findings = fit(as_table(synthetic, points=False), OPTIONS)
    is_true(findings, synthetic.truth, "diffusion")
    assert any("no column says how many windows" in w for w in findings.warnings)
    assert findings.fit is not None
    assert "scatter" in findings.fit.noise_model


def test_several_curves_of_one_table_are_their_mean() -> None:
    synthetic = drawn(10, trajectories=30)
    one = as_table(synthetic)
    doubled = replace(
        one, series={k: replace(s, values=np.concatenate([s.values, s.values])) for k, s in one.series.items()}
    )
    a, b = fit(one, OPTIONS), fit(doubled, OPTIONS)
    assert b.estimates["diffusion"].value == pytest.approx(a.estimates["diffusion"].value, rel=1e-6)
    # twice the trajectories are taken to be behind it: widening by few degrees of freedom leaves a per cent
    assert b.estimates["diffusion"].std == pytest.approx(a.estimates["diffusion"].std / np.sqrt(2), rel=0.02)


def test_a_mass_is_asked_for_where_there_is_none() -> None:
    m = drawn(11).measurement
    asked = [w for w in fit(m, OPTIONS).warnings if "state --particle or --mass" in w]
    known = replace(OPTIONS, quantum=parse_quantum("h/m", Conditions(mass=1e-17)))
    assert len(asked) == 1
    assert not any("--mass" in w for w in fit(m, known).warnings)


def test_friction() -> None:
    """Einstein: kB T/D, the temperature's uncertainty systematic."""
    m = drawn(11).measurement
    t = Estimate(value=300.0, systematic={"temperature": 3.0}, unit="K")
    e = fit(replace(m, conditions={"temperature": t}), OPTIONS).estimates
    assert e["friction"].value == pytest.approx(KB * 300 / e["diffusion"].value, rel=1e-12)
    assert e["friction"].std_sys == pytest.approx(0.01 * e["friction"].value, rel=1e-9)


def test_least_squares_of_independent_points_covers_far_too_little() -> None:
    """What is usually done: numpy's straight line through all lags, its uncertainty from the scatter about it. Its 95 %
    intervals hold the truth in less than half of 200 experiments; those of the covariance in as many as chance allows
    (0.27 % in the two tails of the binomial law)."""
    naive = honest = 0
    for seed in range(200):
        synthetic = drawn(20_000 + seed, points=80, trajectories=10)
        points = prepare(synthetic.measurement, OPTIONS).points
        (slope, _), covariance = np.polyfit(points.curve.x, points.curve.y, 1, cov=True)
        naive += abs(slope / 4 - synthetic.truth["diffusion"]) < 1.96 * np.sqrt(covariance[0, 0]) / 4
        found = straight(points)
        honest += abs(found.value("diffusion") - synthetic.truth["diffusion"]) < 1.96 * found.std("diffusion")
    assert naive < 100
    assert binom.ppf(0.00135, 200, 0.95) <= honest <= binom.ppf(0.99865, 200, 0.95)


# -- what is refused ---------------------------------------------------------------------------------------------------

LAGS = 0.1 * np.arange(1.0, 9)


def test_a_range_of_lags() -> None:
    m = drawn(12).measurement
    options = replace(OPTIONS, selection=Selection(x_low=0.1, x_high=0.3))
    findings = fit(m, options)
    assert findings.fit_curve is not None
    assert findings.fit_curve.x == pytest.approx([0.1, 0.15, 0.2, 0.25, 0.3])
    with pytest.raises(InputError, match="2 lags are too few"):
        fit(m, replace(OPTIONS, selection=Selection(x_low=0.1, x_high=0.15)))


@pytest.mark.parametrize(
    ("measurement", "error", "said"),
    [
        (table(LAGS, LAGS * 1e-12, name="MSD"), ColumnError, "in how many dimensions"),
        (table(LAGS, LAGS * 1e-12, {"dimensions": np.full(8, 4.0)}, name="MSD"), InputError, "4 dimensions"),
        (table(LAGS, LAGS * 1e-12, {"dimensions": np.arange(1.0, 9)}, name="MSD"), InputError, "changes from row to row"),
        (table(LAGS, LAGS * 1e-12, {"points": np.full(8, 5.0)}), InputError, "have no lag of 8 frames"),
        (table(LAGS, LAGS * 1e-12, {"points": np.array([9.0, 3, 8, 1, 7, 2, 5, 5])}), InputError, "not M \\(N - n\\)"),
        (table(LAGS, LAGS * 1e-12, {"points": np.full(8, 0.0)}), InputError, "without windows"),
        (table(np.array([0.1, 0.2, 0.333, 0.4]), np.ones(4)), InputError, "no multiples"),
        (table(-LAGS, LAGS * 1e-12), InputError, "negative"),
        (table(LAGS, np.where(np.arange(8) == 2, np.nan, LAGS)), InputError, "row 3, column 'MSD_2d': 'nan'"),
        (table(LAGS[:2], LAGS[:2]), InputError, "2 usable rows are too few"),
        (table(LAGS, LAGS * 1e-12, std=np.zeros(8)), InputError, "must be positive"),
    ],
)  # fmt: skip
def test_bad_tables_are_one_line(measurement: Measurement, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said) as raised:
        fit(measurement, OPTIONS)
    assert "\n" not in str(raised.value)


def test_another_unit_is_refused() -> None:
    m = table(LAGS, LAGS)
    series = {**m.series, "displacement": replace(m.series["displacement"], unit="s")}
    with pytest.raises(UnitError, match="no displacement"):
        fit(replace(m, series=series), OPTIONS)


def test_rows_that_are_not_numbers_are_left_out_where_asked() -> None:
    m = drawn(13, trajectories=30).measurement
    values = np.array(m.series["position_y"].values)
    values[100] = np.nan
    broken = replace(m, series={**m.series, "position_y": replace(m.series["position_y"], values=values)})
    with pytest.raises(InputError, match="'nan' where a finite number is needed"):
        fit(broken, OPTIONS)
    findings = fit(broken, replace(OPTIONS, selection=Selection(invalid="drop")))
    assert findings.exclusions[0].indices.tolist() == [100]
    # row 100 begins the third trajectory: nothing is cut
    assert not any("missing" in w for w in findings.warnings)
