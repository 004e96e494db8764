"""Step, resistance and levels together: exact maps, finite differences, and 4,000 synthetic experiments."""

from dataclasses import replace

import numpy as np
import pytest
from uncertainties import covariance_matrix

import gzero
from gzero.errors import InputError
from gzero.fitters.joint_levels import joint_of_levels
from gzero.fitters.level_set import LevelSet
from gzero.fitters.step_height import step_height
from gzero.quanta import G0


def levels(values, covariance, shifts=None, indices=None, fit=False) -> LevelSet:
    values = np.asarray(values, float)
    n = np.arange(1, values.size + 1) if indices is None else np.asarray(indices)
    return LevelSet(
        indices=n, values=values, covariance=np.asarray(covariance, float), shifts=shifts or {},
        flat=(True,) * values.size, counted_from="pinch-off", resistance_fitted=fit,
    )  # fmt: skip


def joint_of(level_set: LevelSet):
    return joint_of_levels(level_set, step_height(level_set, "S"))


def test_equal_weights_by_hand() -> None:
    """h = sum n level_n/sum n^2: var(h) = s^2/30, cov(h, level_n) = s^2 n/30; exact but for the floor of the weights, 1e-12."""
    n, std = np.arange(1, 5), 0.01
    joint = joint_of(levels(1.02 * n, std**2 * np.eye(4)))
    assert joint.names == ("step_height", "level_1", "level_2", "level_3", "level_4")
    assert joint.statistical[0] == pytest.approx(std**2 * np.array([1, *n]) / 30, rel=1e-9)
    assert joint.statistical[1:, 1:] == pytest.approx(std**2 * np.eye(4), rel=1e-12)
    assert [e.value for e in joint.estimates.values()] == pytest.approx([1.02, *(1.02 * n)], rel=1e-12)
    assert {e.unit for e in joint.estimates.values()} == {"S"}


def test_levels_are_named_by_their_count() -> None:
    assert joint_of(levels([2.0, 3.0], 1e-4 * np.eye(2), indices=[2, 3])).names == ("step_height", "level_2", "level_3")
    assert joint_of(levels([1.0], [[1e-4]])).correlation().tolist() == [[1, 1], [1, 1]]  # the step is the level


def test_a_common_gain_cancels_from_every_ratio() -> None:
    """A gain moves all levels by the same share: level_n/h knows nothing of it, whatever its std."""
    n = np.arange(1, 5)
    joint = joint_of(levels(n, 1e-4 * np.eye(4), shifts={"gain": -0.3 * n, "offset": np.full(4, 0.01)}))
    assert joint.estimates["level_3"].systematic == pytest.approx({"gain": -0.9, "offset": 0.01}, rel=1e-12)
    numbers = joint.as_ufloats()
    ratio = numbers["level_3"] / numbers["step_height"]
    # what is left, by hand: offset 0.01 (1 - 3 * 10/30), which vanishes, and noise 1e-4 (1 + 9/30 - 2 * 3 * 3/30)
    assert ratio.std_dev == pytest.approx(np.sqrt(1e-4 * 0.7), rel=1e-6)


def test_scatter_widens_the_step_and_leaves_levels_and_correlations() -> None:
    """The scale factor stands in the step's row, as in StepHeight: levels keep the std they were measured with."""
    n, covariance = np.arange(1, 5), 1e-4 * (np.eye(4) + 0.3)
    scattered = levels(n + np.array([0.1, -0.1, 0.1, -0.1]), covariance)
    line = step_height(scattered, "S")
    assert line.scale > 3
    joint, plain = joint_of_levels(scattered, line), joint_of(levels(n, covariance))
    assert joint.estimates["step_height"] is line.step
    assert joint.statistical[0, 0] == pytest.approx(line.scale**2 * plain.statistical[0, 0], rel=1e-9)
    assert joint.statistical[1:, 1:] == pytest.approx(covariance, rel=1e-12)
    assert joint.correlation() == pytest.approx(plain.correlation(), abs=1e-9)


@pytest.mark.parametrize("resistance", [0.0, 300.0, -30.0])
@pytest.mark.parametrize("plateaus", [2, 4])
def test_a_fitted_resistance_by_finite_differences(resistance: float, plateaus: int) -> None:
    """The maps of the record against differences of the whole line fit, on exact levels with correlated noise.

    Central differences over 1e-5 of a level are good to about 1e-8 of each slope.
    """
    n = np.arange(1, plateaus + 1)
    read = 1 / (1 / (n * G0) + resistance)
    covariance = (1e-3 * G0) ** 2 * (np.eye(plateaus) + 0.5)
    shifts = {"gain": -0.01 * read, "offset": np.full(plateaus, 1e-8)}
    exact = levels(read, covariance, shifts, fit=True)

    def found(values):
        line = step_height(replace(exact, values=values), "S")
        return np.array([line.step.value, line.series_resistance.value, *line.corrected])

    steps = 1e-5 * np.diag(read)
    slopes = np.column_stack([(found(read + d) - found(read - d)) / (2 * d.sum()) for d in steps])
    joint = joint_of(exact)
    assert joint.names[:3] == ("step_height", "series_resistance", "level_1")
    assert [e.unit for e in joint.estimates.values()] == ["S", "ohm", *("S" for _ in n)]
    stds = np.sqrt(np.diag(joint.statistical))
    expected = slopes @ covariance @ slopes.T
    assert np.all(np.abs(joint.statistical - expected) < 1e-5 * np.outer(stds, stds))
    for row, estimate in zip(slopes, joint.estimates.values(), strict=True):
        for source, shift in shifts.items():
            assert estimate.systematic.get(source, 0.0) == pytest.approx(row @ shift, rel=1e-5, abs=1e-5 * estimate.std)


def test_the_correlations_are_those_of_synthetic_experiments() -> None:
    """4,000 experiments with four plateaus: a correlation is then known to (1 - r^2)/63, here better than 0.016."""
    rng = np.random.default_rng(11)
    n, std = np.arange(1, 5), 2e-3 * G0
    true = 1 / (1 / (n * G0) + 300.0)
    found = []
    for noise in rng.normal(size=(4000, 4)):
        line = step_height(levels(true + std * noise, std**2 * np.eye(4), fit=True), "S")
        found.append([line.step.value, line.series_resistance.value, *line.corrected])
    stated = joint_of(levels(true, std**2 * np.eye(4), fit=True))
    assert np.abs(np.corrcoef(np.array(found).T) - stated.correlation()).max() < 4 * 0.016
    assert np.std(found, axis=0) == pytest.approx(np.sqrt(np.diag(stated.statistical)), rel=0.05)
    assert stated.correlation()[0, 1] == pytest.approx(0.96, abs=0.01)  # statistics.md, section 3


def test_a_singular_covariance_is_usable() -> None:
    """Six numbers are made of four levels."""
    n = np.arange(1, 5)
    joint = joint_of(levels(1 / (1 / (n * G0) + 300.0), (1e-3 * G0) ** 2 * np.eye(4), fit=True))
    assert np.linalg.matrix_rank(joint.correlation(), tol=1e-9) == 4  # of 6
    numbers = list(joint.as_ufloats().values())
    stds = np.sqrt(np.diag(joint.covariance()))
    assert np.all(np.abs(np.array(covariance_matrix(numbers)) - joint.covariance()) <= 1e-12 * np.outer(stds, stds))


@pytest.mark.parametrize("resistance", ["450(10) ohm", "fit"])
def test_it_agrees_with_the_analysis_of_a_curve(resistance: str) -> None:
    """Step, resistance and the table of plateaus state the same numbers, which come by other ways."""
    gate = np.linspace(0, 54, 400)
    steps = sum(1 / (1 + np.exp(-(gate - v))) for v in (6, 18, 30, 42)) * G0
    read = steps / (1 + 450 * steps) + 0.01 * G0 * np.random.default_rng(5).normal(size=gate.size)
    measurement = gzero.Measurement.from_arrays(
        x=gate, y=read, x_unit="mV", y_unit="S", gain="1.000(5)", series_resistance=None if resistance == "fit" else resistance
    )  # fmt: skip
    options = {"series_resistance": "fit"} if resistance == "fit" else {}
    analysis = gzero.analyse(measurement, quantum="2e^2/h", **options)
    level_set = analysis.fit.levels
    joint = joint_of_levels(level_set, step_height(level_set, "S"))
    names = ["step_height", *(["series_resistance"] if resistance == "fit" else [])]
    told = {name: analysis.estimates[name] for name in names}
    told |= {f"level_{level.index}": level.level for level in analysis.levels if level.counted}
    assert list(joint.estimates) == list(told)
    for name, estimate in told.items():
        assert joint.estimates[name].value == pytest.approx(estimate.value, rel=1e-12)
        assert joint.estimates[name].std_stat == pytest.approx(estimate.std_stat, rel=1e-9)
        assert joint.estimates[name].systematic == pytest.approx(estimate.systematic, rel=1e-9)


def test_a_line_through_other_levels_is_refused() -> None:
    n = np.arange(1, 4)
    line = step_height(levels(n, 1e-4 * np.eye(3)), "S")
    with pytest.raises(InputError, match="statistical std of 'step_height'"):
        joint_of_levels(levels(n, 4e-4 * np.eye(3)), line)


def test_levels_without_any_uncertainty_are_exact() -> None:
    joint = joint_of(levels([1.0, 2.0], np.zeros((2, 2))))
    assert not joint.statistical.any()
    assert [x.std_dev for x in joint.as_ufloats().values()] == [0.0, 0.0, 0.0]
