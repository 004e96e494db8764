"""Peaks fitted to a histogram: the minimum against scipy, the covariance against what other sessions give."""

import numpy as np
import pytest
from scipy.optimize import curve_fit

from gzero.errors import FitError
from gzero.fitters.histogram_fit import PeakFit, fit_peaks, peak_positions
from gzero.models.breakjunction import histogram_model
from gzero.quanta import G0
from gzero.reduction.calibration import Calibration
from gzero.reduction.contact_session import contact_traces
from gzero.reduction.histogram import TraceHistogram, linear_histogram, redrawn
from gzero.reduction.histogram_peaks import Bump
from gzero.reduction.selection import Selection
from gzero.synthetic.breakjunction import simulate

PEAKS = 3


def histogram(seed: int, **given: object) -> TraceHistogram:
    made = simulate(np.random.default_rng(seed), seed=seed, traces=200, points=150, peaks=PEAKS, **given)  # type: ignore[arg-type]
    t = contact_traces(made.measurement, Calibration.of({}), Selection(), quantum=G0)
    h = linear_histogram(t, low=0.2 * G0, high=3.4 * G0, quantum=G0, rng=np.random.default_rng(1))
    return TraceHistogram(edges=h.edges / G0, by_trace=h.by_trace)


BUMPS = tuple(Bump(centre=float(n), width=0.08, height=1.0, z=10.0, p_value=0.001) for n in range(1, PEAKS + 1))


def fitted(h: TraceHistogram, *, draws: int = 200, seed: int = 2) -> PeakFit:
    weights = redrawn(np.random.default_rng(seed), h.by_trace.shape[0], draws)
    return fit_peaks(h, h.replicates(weights), BUMPS)


def test_the_minimum_is_that_of_scipy() -> None:
    """`scipy.optimize.curve_fit` with the same formula and weights from another start: within a hundredth of a standard
    uncertainty, its own tolerance being far finer."""
    h = histogram(1)
    found = fitted(h)
    model = histogram_model(PEAKS, found.within)
    start = found.values * 1.05
    values, _ = curve_fit(
        lambda x, *v: model.function(x, np.array(v)), h.centres, h.counts, p0=start, sigma=found.std,
        jac=lambda x, *v: model.jacobian(x, np.array(v)), xtol=1e-12, ftol=1e-12,
    )  # fmt: skip
    stds = np.sqrt(np.diag(found.covariance))
    assert (values - found.values) / stds == pytest.approx(np.zeros(values.size), abs=0.01)
    assert found.chi2 == pytest.approx(
        np.sum(((h.counts - model.function(h.centres, values)) / found.std) ** 2), rel=1e-4
    )


def test_redrawn_experiments_are_fits_of_their_own() -> None:
    """Each solves J^T W (data - N) = 0 with the Jacobian of the first fit: the decrease of chi2 that is left is below 1e-4."""
    h = histogram(2)
    weights = redrawn(np.random.default_rng(3), h.by_trace.shape[0], 60)
    replicates = h.replicates(weights)
    found = fit_peaks(h, replicates, BUMPS)
    model = histogram_model(PEAKS, found.within)
    design = model.jacobian(h.centres, found.values) / found.std[:, None]
    for data, values in zip(replicates, found.redrawn, strict=True):
        pulls = (data - model.function(h.centres, values)) / found.std
        step, *_ = np.linalg.lstsq(design, pulls, rcond=None)
        assert np.sum((design @ step) ** 2) < 1e-3


def test_the_covariance_is_the_scatter_of_other_sessions() -> None:
    """120 sessions: the scatter of their positions against the mean stated variance, known to sqrt(2/120) = 13 % (3 std 39 %);
    that they correlate between peaks no more than chance is in the coverage test."""
    found = [fitted(histogram(100 + i), draws=60) for i in range(120)]
    places = np.array([f.centres for f in found])
    stated = np.mean([np.diag(f.of_centres()) for f in found], axis=0)
    assert places.var(axis=0, ddof=1) / stated == pytest.approx(np.ones(PEAKS), abs=0.39)
    bias = (places.mean(axis=0) - np.arange(1, PEAKS + 1)) / np.sqrt(stated / 120)
    assert np.abs(bias).max() < 4


def test_plain_poisson_errors_would_be_too_small() -> None:
    """Why traces are redrawn: readings dealt out as if each were independent make the position of a peak look several times
    better known than it is."""
    h = histogram(4)
    rng = np.random.default_rng(4)
    poisson = rng.poisson(h.counts, (200, h.counts.size)).astype(float)
    as_readings = fit_peaks(h, poisson, BUMPS)
    ratio = np.sqrt(np.diag(fitted(h).of_centres()) / np.diag(as_readings.of_centres()))
    assert ratio.min() > 1.5


def test_the_readings_of_a_peak_is_the_time_spent_there() -> None:
    """Mean plateau of 0.25 nm: readings above the background, as displacement a trace, within 4 standard uncertainties."""
    made = simulate(np.random.default_rng(5), seed=5, traces=400, points=200, peaks=PEAKS)
    t = contact_traces(made.measurement, Calibration.of({}), Selection(), quantum=G0)
    h = linear_histogram(t, low=0.2 * G0, high=3.4 * G0, quantum=G0, rng=np.random.default_rng(1))
    found = fitted(TraceHistogram(edges=h.edges / G0, by_trace=h.by_trace))
    spacing = float(made.measurement.abscissa.values[1])
    lengths = found.stays * spacing / len(t)
    assert (lengths - 0.25e-9) / (found.stay_stds * spacing / len(t)) == pytest.approx(np.zeros(PEAKS), abs=4)


def test_a_shape_that_is_no_sum_of_normal_peaks_is_noticed() -> None:
    """Peaks with a shoulder on one side only, in many traces: no redrawn experiment misses its curve by as much."""
    h = histogram(6)
    assert fitted(h).p_value > 0.02
    lopsided = h.by_trace.copy()
    for n in range(1, PEAKS + 1):
        beside = (h.centres > n + 0.12) & (h.centres < n + 0.35)
        lopsided[:, beside] = np.round(lopsided[:, beside] * 6 + (np.arange(200)[:, None] % 3 == 0))
    assert fitted(TraceHistogram(edges=h.edges, by_trace=lopsided)).p_value < 0.02


def test_a_background_of_another_order_is_a_fit_of_its_own() -> None:
    """The same order gives the same positions; one order less is what scipy finds with that order, to 0.01 standard
    uncertainties."""
    h = histogram(7)
    found = fitted(h)
    stds = np.sqrt(np.diag(found.of_centres()))
    assert (peak_positions(h, found, degree=3) - found.centres) / stds == pytest.approx(np.zeros(PEAKS), abs=0.02)
    model = histogram_model(PEAKS, found.within, degree=2)
    values, _ = curve_fit(
        lambda x, *v: model.function(x, np.array(v)), h.centres, h.counts, p0=found.values[:-1], sigma=found.std, xtol=1e-12,
        jac=lambda x, *v: model.jacobian(x, np.array(v)),
    )  # fmt: skip
    other = peak_positions(h, found, degree=2)
    assert (other - values[1 : 3 * PEAKS : 3]) / stds == pytest.approx(np.zeros(PEAKS), abs=0.02)


def test_peaks_that_are_lost_when_traces_are_redrawn_are_an_error() -> None:
    h = histogram(8)
    broken = np.full((50, h.counts.size), np.nan)
    with pytest.raises(FitError, match="lost in 100 %"):
        fit_peaks(h, broken, BUMPS)
