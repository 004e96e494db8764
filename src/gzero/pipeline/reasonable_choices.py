"""The choices that a reasonable person may make about one measurement, each as a change to it or to what is asked.

Only choices that are as good as the one that was made belong here. One that is known to be worse would show how wrong
analyses scatter, not how sure this one is (Del Giudice and Gangestad 2021, doi 10.1177/2515245920954925). So readings are
smoothed in groups, which stay independent, and not by a running mean, which makes neighbours depend on each other; and a
series resistance that was stated is not left out, but moved by its uncertainty or fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gzero.analysis import Analysis
from gzero.estimate import Estimate
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.pipeline.analyse import x_factor
from gzero.pipeline.config import Config
from gzero.pipeline.load import FIT
from gzero.reduction.noise import white_noise

Change = Callable[[Measurement, Config], tuple[Measurement, Config]]
Centre = Literal["mean", "median"]

#: Of the range of x, left out at an end [1].
TRIMMED = 0.05
#: Readings that are put together by smoothing.
GROUP = 3
#: Readings that half of the plateaus of the claim must keep; a combination that leaves fewer is none.
FEWEST_READINGS = 5
#: Degrees of freedom of the levels that a combination must leave.
FEWEST_FREE = 2
#: Distance of a reading from the median of five neighbours beyond which it is an outlier [standard deviations].
OUTLIER = 5.0
#: Steps of x, over the median one, beyond which two readings are no neighbours.
_GAP = 5.0
_CLOSED = 0.25  # of the first level, below which a curve is at pinch-off
_READINGS = "readings"  # the ledger's word for a mask
#: Variance of the median of three normal readings over that of one: exactly 1 - sqrt(3)/pi, from their order statistics.
_MEDIAN_OF_THREE = 1 - np.sqrt(3) / np.pi


def as_asked(measurement: Measurement, config: Config) -> tuple[Measurement, Config]:
    """No change."""
    return measurement, config


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing that may be chosen.

    Parameters
    ----------
    name : in a few words.
    change : what it does; a function of a module, so that it can be sent to another process.
    keeps : share of the readings that it keeps [1].
    drops : plateaus of the claim that it leaves out.
    spends : degrees of freedom of the levels that it takes for itself.
    """

    name: str
    change: Change = as_asked
    keeps: float = 1.0
    drops: int = 0
    spends: int = 0


def dimensions_of(measurement: Measurement, config: Config, analysis: Analysis) -> dict[str, tuple[Option, ...]]:
    """Dimension -> its options, the first one as asked; in the order in which they act.

    Parameters
    ----------
    analysis : of this measurement under this configuration; it says what there is to choose.
    """
    gone = np.concatenate([np.empty(0, np.int64), *(e.indices for e in analysis.exclusions if e.by != "user")])
    rest = np.setdiff1d(np.arange(measurement.ordinate.values.size), gone)
    return {
        "window": _windows(measurement, analysis),
        "plateaus": _plateaus(config, analysis),
        "readings": _masks(measurement, rest),
        "smoothing": _smoothings(measurement, rest),
        "series resistance": _resistances(measurement, config, analysis),
        "noise": _noises(measurement, config),
    }


def possible(options: tuple[Option, ...], analysis: Analysis) -> bool:
    """Whether a combination leaves enough readings and plateaus for a verdict; the analysis as asked always counts.

    With a single degree of freedom left among the levels, intervals are 12.7 standard uncertainties wide on either side:
    such a combination tells nothing of the data.

    Parameters
    ----------
    options : one of each dimension.
    """
    if all(option.change is as_asked for option in options):
        return True
    counted = [level for level in analysis.levels if level.counted]
    points = float(np.median([level.points for level in counted])) if counted else float(analysis.rows_used)
    if points * float(np.prod([option.keeps for option in options])) < FEWEST_READINGS:
        return False
    # one is spent on the step height
    free = len(counted) - 1 - sum(option.drops + option.spends for option in options)
    changed = any(o.drops or (o.spends and o.change is not as_asked) for o in options)
    return not changed or free >= FEWEST_FREE


def _windows(measurement: Measurement, analysis: Analysis) -> tuple[Option, ...]:
    """The range as asked, and without its ends."""
    asked = Option(name="as asked" if analysis.curve is None else "all of it")
    if analysis.curve is None:
        return (asked,)
    x, y = analysis.curve.x, np.abs(analysis.curve.y)
    whole, factor = float(x[-1] - x[0]), x_factor(measurement)
    tenth = max(2, x.size // 10)
    rising = float(np.median(y[:tenth])) <= float(np.median(y[-tenth:]))
    x, y = (x, y) if rising else (x[::-1], y[::-1])
    # levels are counted from pinch-off: a window without it would not be as good
    first = min((level.level.value for level in analysis.levels), default=0.0)
    closed = abs(float(x[int(np.argmax(y > _CLOSED * abs(first)))] - x[0]))
    at_pinch = min(TRIMMED * whole, closed / 2) if closed > 0 else TRIMMED * whole
    at_open = TRIMMED * whole
    cuts = {"pinch-off": (at_pinch, 0.0), "the open end": (0.0, at_open), "both ends": (at_pinch, at_open)}
    out = [asked]
    for end, (a, b) in cuts.items():
        low, high = sorted((float(x[0]) + (a if rising else -a), float(x[-1]) - (b if rising else -b)))
        change = partial(_in_window, low=low / factor, high=high / factor)
        out.append(Option(name=f"{100 * (a + b) / whole:.2g} % less at {end}", change=change))
    return tuple(out)


def _in_window(measurement: Measurement, config: Config, *, low: float, high: float) -> tuple[Measurement, Config]:
    return measurement, replace(config, range=f"{low:.12g}:{high:.12g}")


def _plateaus(config: Config, analysis: Analysis) -> tuple[Option, ...]:
    """Those of the claim, every flat one where others were declared, and without the last or the first."""
    counted = [level.index for level in analysis.levels if level.counted]
    shown = f"{counted[0]} to {counted[-1]}" if len(counted) > 1 else "".join(map(str, counted)) or "none"
    if config.plateaus is None:
        out = [Option(name=f"every flat one ({shown})")]
    else:
        out = [Option(name=f"declared, {config.plateaus}"), Option(name="every flat one", change=_every_flat)]
    if len(counted) > FEWEST_FREE + 1:
        first, last = counted[0], counted[-1]
        out += [
            Option(name="without the highest", change=partial(_of_claim, first=first, last=last - 1), drops=1),
            Option(name="without the lowest", change=partial(_of_claim, first=first + 1, last=last), drops=1),
        ]
    return tuple(out)


def _every_flat(measurement: Measurement, config: Config) -> tuple[Measurement, Config]:
    return measurement, replace(config, plateaus=None)


def _of_claim(measurement: Measurement, config: Config, *, first: int, last: int) -> tuple[Measurement, Config]:
    return measurement, replace(config, plateaus=f"{first}:{last}")


def _masks(measurement: Measurement, rest: NDArray[np.int64]) -> tuple[Option, ...]:
    """All readings, either half of them, and all but the outliers where there are any."""
    out = [Option(name="all")]
    for start, name in enumerate(("1st, 3rd, 5th, ...", "2nd, 4th, 6th, ...")):
        said = f"every second one, from number {start + 1} on"
        out.append(Option(name=name, change=partial(_only, rows=rest[start::2], said=said), keeps=0.5))
    found = outliers(measurement.ordinate.values[rest])
    if found.size:
        said = f"without {found.size} outlier{'s' if found.size > 1 else ''}"
        out.append(Option(name=said, change=partial(_only, rows=np.delete(rest, found), said=said)))
    return tuple(out)


def outliers(y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places of isolated outliers: readings that lie more than `OUTLIER` standard deviations of a reading from the median of
    the five around them. A riser is monotonic, and its middle reading is that median.

    Parameters
    ----------
    y : in the order in which they were taken, shape (n,).
    """
    if y.size < 5:
        return np.empty(0, np.int64)
    around = np.median(np.lib.stride_tricks.sliding_window_view(np.pad(y, 2, mode="reflect"), 5), axis=1)
    std = white_noise(y)
    return np.flatnonzero(np.abs(y - around) > OUTLIER * std) if std > 0 else np.empty(0, np.int64)


def _only(
    measurement: Measurement, config: Config, *, rows: NDArray[np.int64], said: str
) -> tuple[Measurement, Config]:
    """Some of the readings."""
    series = {
        name: replace(s, values=s.values[rows], std=None if s.std is None else s.std[rows])
        for name, s in measurement.series.items()
    }
    kept = replace(
        measurement,
        series=series,
        row_numbers=tuple(measurement.row(int(row)) for row in rows),
        ledger=(*measurement.ledger, Choice(choice=_READINGS, value=said, origin="user")),
    )
    return kept, config


def _smoothings(measurement: Measurement, rest: NDArray[np.int64]) -> tuple[Option, ...]:
    """None, and groups of neighbours in the place of single readings; not where readings have few neighbours."""
    if 1.5 * _groups(measurement.abscissa.values, rest).size < rest.size:
        return (Option(name="none"),)
    return (
        Option(name="none"),
        *(
            Option(name=f"{centre}s of {GROUP}", change=partial(in_groups, centre=centre, rest=rest), keeps=1 / GROUP)
            for centre in ("mean", "median")
        ),
    )


def _groups(x: NDArray[np.float64], rest: NDArray[np.int64]) -> NDArray[np.int64]:
    """Readings that follow each other without a gap, in threes, shape (k, 3)."""
    steps = np.abs(np.diff(x[rest]))
    typical = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    runs = np.split(rest, np.flatnonzero(~(steps <= _GAP * typical)) + 1)
    return np.concatenate([run[: run.size // GROUP * GROUP].reshape(-1, GROUP) for run in runs])


def in_groups(
    measurement: Measurement, config: Config, *, centre: Centre, rest: NDArray[np.int64]
) -> tuple[Measurement, Config]:
    """Every three neighbours as one reading at the mean of their x; what a gap leaves over is left out.

    The noise of groups is as independent as that of readings. A stated standard uncertainty becomes that of the mean,
    sqrt(sum of squares)/3, or of the median of normal readings, sqrt(1 - sqrt(3)/pi) times their root mean square.

    Parameters
    ----------
    rest : readings that no rule of the analysis as asked left out, such as those at a rail; only they are put together.
        Of a measurement that was masked before, all are.
    """
    masked = any(choice.choice == _READINGS for choice in measurement.ledger)
    rows = _groups(measurement.abscissa.values, np.arange(measurement.ordinate.values.size) if masked else rest)
    series = {}
    for name, s in measurement.series.items():
        middle = np.median if centre == "median" and name == measurement.y else np.mean
        std = None
        if s.std is not None:
            size = np.sqrt(np.mean(s.std[rows] ** 2, axis=1))
            std = size * np.sqrt(_MEDIAN_OF_THREE if middle is np.median else 1 / GROUP)
        series[name] = replace(s, values=middle(s.values[rows], axis=1), std=std)
    said = Choice(choice="smoothing", value=f"{centre}s of {GROUP} neighbours, one reading for each", origin="user")
    first = tuple(measurement.row(int(row)) for row in rows[:, 0])
    return replace(measurement, series=series, row_numbers=first, ledger=(*measurement.ledger, said)), config


def _resistances(measurement: Measurement, config: Config, analysis: Analysis) -> tuple[Option, ...]:
    """As asked, moved by its standard uncertainty, fitted."""
    stated = measurement.conditions.get("series_resistance")
    fitted = Option(name="fitted", change=_fitted, spends=1)
    if analysis.quantum is None or analysis.quantum.unit != "S" or measurement.ordinate.unit != "S":
        return (Option(name="none"),)
    if config.series_resistance is not None and config.series_resistance.strip() == FIT:
        return (Option(name="fitted", spends=1), Option(name="none", change=_unfitted))
    enough = sum(level.counted for level in analysis.levels) - 1 - fitted.spends >= FEWEST_FREE
    if stated is None:
        return (Option(name="none"), fitted) if enough else (Option(name="none"),)
    out = [Option(name=f"{stated.value:.4g} ohm")]
    if stated.std > 0:
        for way, shift in (("more", stated.std), ("less", -stated.std)):
            moved = replace(stated, value=stated.value + shift)
            out.append(Option(name=f"{moved.value:.4g} ohm, 1 std {way}", change=partial(_moved, to=moved)))
    return (*out, fitted) if enough else tuple(out)


def _fitted(measurement: Measurement, config: Config) -> tuple[Measurement, Config]:
    conditions = {name: value for name, value in measurement.conditions.items() if name != "series_resistance"}
    return replace(measurement, conditions=conditions), replace(config, series_resistance=FIT)


def _unfitted(measurement: Measurement, config: Config) -> tuple[Measurement, Config]:
    return measurement, replace(config, series_resistance=None)


def _moved(measurement: Measurement, config: Config, *, to: Estimate) -> tuple[Measurement, Config]:
    return replace(measurement, conditions={**measurement.conditions, "series_resistance": to}), config


def _noises(measurement: Measurement, config: Config) -> tuple[Option, ...]:
    """As asked, the readings as independent, single readings with a bounded pull, stated uncertainties not believed."""
    stated = measurement.ordinate.std is not None
    out = []
    if config.noise_model in (None, "learnt") and config.loss in (None, "linear"):
        out = [
            Option(name="learnt from the residuals"),
            Option(name="white", change=partial(_noise, noise_model="white")),
            Option(name="robust fit (soft_l1)", change=partial(_noise, loss="soft_l1")),
        ]
    else:
        asked = [text for text in (config.noise_model, config.loss) if text not in (None, "learnt", "linear")]
        out = [
            Option(name="as asked, " + ", ".join(str(text) for text in asked)),
            Option(name="learnt from the residuals", change=partial(_noise, noise_model="learnt", loss="linear")),
        ]
    if stated:
        out.append(Option(name="stated std not believed", change=_estimated))
    return tuple(out)


def _noise(measurement: Measurement, config: Config, **changes: str) -> tuple[Measurement, Config]:
    return measurement, replace(config, **changes)  # type: ignore[arg-type]  # keys of the configuration, all texts


def _estimated(measurement: Measurement, config: Config) -> tuple[Measurement, Config]:
    series = {**measurement.series, measurement.y: replace(measurement.ordinate, std=None)}
    said = Choice(choice="stated uncertainties", value="not believed", origin="user")
    return replace(measurement, series=series, ledger=(*measurement.ledger, said)), config
