"""The fits of many measurements in hand, such as the traces of a map: side by side, and in several processes."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Unpack

from gzero.errors import ConfigError, FitError, GzeroError
from gzero.fitters.result import FitResult
from gzero.measurement.measurement import Measurement
from gzero.pipeline.analyse import fits_many
from gzero.pipeline.config import Config, configure
from gzero.pipeline.load import with_stated
from gzero.pipeline.processes import Lost, NoProcessError, Processes

if TYPE_CHECKING:
    from gzero.pipeline.public import Options

Fits = list[FitResult | GzeroError]

#: Measurements that are fitted side by side in one go, at most, and how many readings they may have in all, as all their
#: curves and derivatives are held at a time.
PART, READINGS = 256, 200_000
#: The fewest of a part that is made smaller to share it among processes, and the parts of each process then.
FEWEST, SHARES = 32, 16
#: Measurements from which on other processes are worth their start whatever they are; of fewer, the seconds of work that are left
#: when the first part is done tell.
MANY, WORTH = 500, 1.5


def fit_many(
    measurements: Iterable[Measurement], *, quantum: str | None = None, workers: int = 1, **options: Unpack[Options]
) -> tuple[FitResult | GzeroError, ...]:
    """The model's fits of many measurements, such as the traces of a map, made side by side.

    Parameters
    ----------
    measurements : of one kind or of several; staircases gain most.
    quantum, options : of all of them, as in `fit`.
    workers : processes that share the work, this one among them; others are started where that saves time. They begin
        anew, so that a script that asks for more than one keeps what it does under ``if __name__ == "__main__":``.

    Returns
    -------
    In the order of the measurements: the fit, with the numbers that `fit` gives to about 1e-6 of a standard
    uncertainty; where one cannot be made, the error that `fit` would raise, so that one bad trace does not stop the rest.

    Raises
    ------
    gzero.errors.ConfigError : options that fit no measurement, or a number of workers that is none.
    """
    if workers < 1:
        raise ConfigError(f"{workers} workers", remedy="give a number from 1 on")
    asked = configure(quantum=quantum, **options)
    several = list(measurements)
    parts = _parts(several, workers)
    found: list[Fits] = []
    here = workers == 1
    if not here and len(several) < MANY:
        began = time.perf_counter()
        found = [_fits(asked, part) for part in parts[:1]]
        here = (time.perf_counter() - began) * (len(parts) - 1) < WORTH
    parts = parts[len(found) :]
    if here or len(parts) < 2:
        found += [_fits(asked, part) for part in parts]
    else:
        found += _in_processes(asked, parts, min(workers, len(parts)))
    return tuple(fit for part in found for fit in part)


def _parts(several: Sequence[Measurement], workers: int) -> list[Sequence[Measurement]]:
    longest = max((m.ordinate.values.size for m in several), default=1)
    size = max(1, min(PART, READINGS // max(1, longest)))
    if workers > 1:
        size = min(size, max(FEWEST, len(several) // (SHARES * workers)))
    return [several[first : first + size] for first in range(0, len(several), size)]


def _fits(asked: Config, part: Sequence[Measurement]) -> Fits:
    stated = [_stated(m, asked) for m in part]
    found = iter(fits_many([m for m in stated if isinstance(m, Measurement)], asked))
    return [next(found) if isinstance(m, Measurement) else m for m in stated]


def _stated(measurement: Measurement, asked: Config) -> Measurement | GzeroError:
    try:
        return with_stated(measurement, asked)
    except GzeroError as error:
        return error


def _in_processes(asked: Config, parts: Sequence[Sequence[Measurement]], workers: int) -> list[Fits]:
    """The fits of every part. This process works too, from the start on and not only when the others have come to life;
    where none can be started it makes them all."""
    from concurrent.futures import ThreadPoolExecutor

    out: dict[int, Fits] = {}
    left: Iterator[tuple[int, Sequence[Measurement]]] = iter(enumerate(parts))
    one_at_a_time = threading.Lock()

    def take() -> tuple[int, Sequence[Measurement]] | None:
        with one_at_a_time:
            return next(left, None)

    def others() -> None:
        engine: Processes[Config, tuple[int, Sequence[Measurement]], Fits] = Processes(_share, asked, workers - 1)
        with contextlib.suppress(NoProcessError):
            for (number, part), fits in engine.run(take):
                lost: Fits = [FitError("the process that fitted it ended without a word") for _ in part]
                out[number] = lost if isinstance(fits, Lost) else fits

    with ThreadPoolExecutor(1) as beside:
        done = beside.submit(others)
        try:
            while (piece := take()) is not None:
                out[piece[0]] = _fits(asked, piece[1])
        finally:
            left = iter(())  # whoever stops here has the others begin nothing more
        done.result()
    return [out[number] if number in out else _fits(asked, part) for number, part in enumerate(parts)]


def _share(asked: Config, item: tuple[int, Sequence[Measurement]]) -> Fits:
    return _fits(asked, item[1])
