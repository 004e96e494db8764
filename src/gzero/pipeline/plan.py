"""`gzero plan`: what a verdict needs, from a first sweep or from numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from gzero.errors import ColumnError, ConfigError, FitError
from gzero.estimate import Estimate
from gzero.measurement.measurement import condition
from gzero.pipeline.analyse import analyse_measurement, declared_quantum, freedoms_of
from gzero.pipeline.config import Config, configure, plateaus, with_files
from gzero.pipeline.load import FIT, load_traces
from gzero.pipeline.margins import margins_of
from gzero.pipeline.public import Options
from gzero.verdict.freedoms import Freedoms
from gzero.verdict.plan import Plan, expected_levels, plan_for

#: What is assumed where nothing is said: a reading of 2 % of a quantum, forty of them on each of four plateaus.
NOISE, POINTS, PLATEAUS, POWER = 0.02, 40, (1, 4), 0.9
_CONDITIONS = ("gain", "offset", "series_resistance")


def plan(
    source: str | Path | None = None,
    *,
    noise: float | None = None,
    points: int | None = None,
    power: float = POWER,
    config: str | Path | None = None,
    **options: Unpack[Options],
) -> Plan:
    """How many sweeps, or how small a gain uncertainty, a verdict needs.

    Parameters
    ----------
    source : a first sweep, whose uncertainties are taken; without one the numbers below.
    noise : standard deviation of one reading, in quanta.  points : readings on each plateau.
    power : share of true staircases that are to be called quantized.

    Raises
    ------
    gzero.errors.InputError : one line that names the place and the remedy.
    """
    path = None if source is None else Path(source)
    asked = with_files(configure(**options), path or Path(), None if config is None else Path(config))
    return plan_measurement(path, asked, noise=noise, points=points, power=power)


def plan_measurement(
    path: Path | None, config: Config, *, noise: float | None, points: int | None, power: float
) -> Plan:
    """The plan that a configuration asks for."""
    if config.quantum is None:
        raise ConfigError("a plan needs the quantum that is to be shown", remedy='name it: --quantum "2e^2/h"')
    if path is not None:
        if noise is not None or points is not None:
            raise ConfigError("--noise and --points are for a plan without a file", remedy="leave out one of them")
        return _from_file(path, config, power)
    return _from_numbers(config, NOISE if noise is None else noise, POINTS if points is None else points, power)


def _from_file(path: Path, config: Config, power: float) -> Plan:
    """From the uncertainties of a sweep that was measured."""
    traces = load_traces(path, config)
    if len(traces) > 1:
        raise ColumnError(
            f"holds {len(traces)} traces, and a plan starts from one",
            path=str(path),
            remedy="name it with --trace, by index from 0 or by name",
        )
    if traces[0].blind:
        raise ConfigError(
            "the data are blind, and how far they are from a verdict would tell the hidden factor",
            path=str(path),
            remedy="plan from numbers, without a file, or end blind mode with `gzero unblind`",
        )
    analysis = analyse_measurement(traces[0], config, simulate=False)
    levels = None if analysis.fit is None else analysis.fit.levels
    if levels is None or analysis.quantum is None:
        raise FitError(f"{path}: no staircase was found to plan from", remedy="plan from numbers, without a file")
    return plan_for(
        levels,
        analysis.quantum,
        margins_of(config),
        freedoms_of(traces[0].conditions, levels, declared=True),
        power=power,
        seed=config.seed,
        assumptions=(
            f"sweeps like {path.name}, on the plateaus that it shows: averages of m of them have 1/m of its statistical variance",
            "the steps are those of the quantum, and gain, offset and series resistance stay what they are from sweep to sweep",
        ),
    )


def _from_numbers(config: Config, noise: float, points: int, power: float) -> Plan:
    """From what is expected of a sweep that is yet to be measured."""
    if not 0 < noise < 1:
        raise ConfigError(f"noise {noise:g} is no part of a quantum", remedy="write for example --noise 0.02")
    if not 1 <= points <= 10**9:
        raise ConfigError(f"{points} readings are none that a plateau has", remedy="write for example --points 40")
    quantum = declared_quantum(config)
    first, last = plateaus(config) or PLATEAUS
    if last - first >= 30:
        raise ConfigError(f"{last - first + 1} plateaus are more than 30", remedy="write for example --plateaus 1:4")
    fitted = config.series_resistance is not None and config.series_resistance.strip() == FIT
    stated: dict[str, Estimate] = {
        name: condition(name, text)
        for name in _CONDITIONS
        if (text := getattr(config, name)) is not None and not (name == "series_resistance" and fitted)
    }
    levels = expected_levels(
        quantum,
        indices=range(first, last + 1),
        noise=noise,
        points=points,
        gain_std=_relative(stated.get("gain")),
        offset_std=stated["offset"].std if "offset" in stated else 0.0,
        resistance_std=stated["series_resistance"].std if "series_resistance" in stated else 0.0,
        resistance_fitted=fitted,
    )
    freedoms: Freedoms = freedoms_of(stated, levels, declared=True)
    return plan_for(
        levels,
        quantum,
        margins_of(config),
        freedoms,
        power=power,
        seed=config.seed,
        assumptions=(
            f"{points} readings on each of {last - first + 1} flat plateaus, each of {noise:g} {quantum.symbol}, white noise; "
            "slow noise needs more",
            "the steps are those of the quantum, counted from pinch-off",
        ),
    )


def _relative(gain: Estimate | None) -> float:
    return 0.0 if gain is None else abs(gain.std / gain.value)
