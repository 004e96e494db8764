"""Lever arm and the electrons' own temperature of lines with a known truth."""

from dataclasses import replace

import numpy as np
import pytest

from gzero.errors import InputError, UnitError
from gzero.estimate import Estimate
from gzero.fitters import together
from gzero.fitters.transition_series import fit_transition_series
from gzero.quanta import KB, E
from gzero.synthetic.transition import simulate

STAGES = (0.02, 0.09, 0.2, 0.4)
OWN, ARM = 0.06, 0.05


def lines(seed=1, *, lifetime=0.0, noise=0.005, own=OWN):
    """One transition at every stage; the lifetime is in units of the thermal width at 0.1 K."""
    out = []
    for i, stage in enumerate(STAGES):
        electrons = float(np.hypot(stage, own))
        made = simulate(
            np.random.default_rng(100 * seed + i), seed=seed, temperature=stage, base_temperature=own, noise=noise, points=150,
            lifetime=lifetime * 0.1 / electrons, reach=14 * (1 + lifetime) * np.sqrt(0.1 / electrons),
        )  # fmt: skip
        out.append(made.measurement)
    return out


def stages(share: float = 0.0) -> list[Estimate]:
    return [Estimate(value=t, systematic={"thermometer": share * t}, unit="K") for t in STAGES]


@pytest.mark.parametrize("lifetime", [0.0, 1.0])
def test_the_truth_comes_back(lifetime) -> None:
    series = fit_transition_series(lines(noise=1e-8, lifetime=lifetime), stages())
    found = series.estimates.estimates
    assert found["lever_arm"].value == pytest.approx(ARM, rel=1e-4)
    assert found["base_temperature"].value == pytest.approx(OWN, rel=1e-4)
    assert series.shape == ("thermal*lifetime" if lifetime else "thermal")
    if lifetime:
        assert found["lifetime_width"].value == pytest.approx(KB * 0.1 / (E * ARM), rel=1e-4)
    assert series.electron_temperature(0.08) == pytest.approx(0.1, rel=1e-4)
    assert "lever_arm" in series._repr_html_()


def test_intervals_cover(monkeypatch: pytest.MonkeyPatch) -> None:
    """60 series, 95 % less 3.3 binomial standard deviations; whether the lines agree is not asked, which takes most of the time."""
    monkeypatch.setattr(together, "_disagreement", lambda stack, joint: (np.nan, 0, np.nan))
    held = np.zeros(2)
    for seed in range(60):
        found = fit_transition_series(lines(seed), stages(), shape="thermal").estimates.estimates
        for k, (name, truth) in enumerate((("lever_arm", ARM), ("base_temperature", OWN))):
            held[k] += abs(found[name].value - truth) < 1.96 * found[name].std_stat
    assert np.all(held >= 60 * (0.95 - 3.3 * np.sqrt(0.95 * 0.05 / 60))), held


def test_a_thermometer_that_is_off_moves_all() -> None:
    """All stages 1 % too high: alpha and T_0 rise by 1 % (Theta is what is measured), to second order in 1 %."""
    found = fit_transition_series(lines(noise=1e-4), stages(0.01)).estimates.estimates
    for name in ("lever_arm", "base_temperature"):
        assert found[name].systematic["thermometer"] == pytest.approx(0.01 * found[name].value, rel=0.02)


def test_electrons_that_follow_their_stage() -> None:
    """No temperature of their own: it ends on its bound, or is said to be hardly seen."""
    series = fit_transition_series(lines(own=0.0), stages(), shape="thermal")
    assert series.notes
    assert series.estimates.estimates["lever_arm"].value == pytest.approx(ARM, rel=0.05)


def test_refusals() -> None:
    two = lines()[:2]
    with pytest.raises(InputError, match="one temperature"):
        fit_transition_series(two, [Estimate(value=0.1, unit="K")] * 2)
    with pytest.raises(InputError, match="needs the temperature"):
        fit_transition_series(two)
    with pytest.raises(InputError, match="1 temperatures for 2 lines"):
        fit_transition_series(two, stages()[:1])
    unknown = [replace(m, series={**m.series, "gate_voltage": replace(m.abscissa, unit=None)}) for m in two]
    with pytest.raises(UnitError, match="gate in volt"):
        fit_transition_series(unknown, stages()[:2])
