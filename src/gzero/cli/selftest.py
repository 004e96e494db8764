"""`gzero selftest`: which measurement, how many repeats, and what is shown when it is stopped half-way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gzero.cli.entry import INTERRUPTED
from gzero.cli.options import Asked
from gzero.cli.show import show_selftest, with_progress
from gzero.errors import ConfigError

if TYPE_CHECKING:
    from gzero.pipeline.config import Config
    from gzero.pipeline.selftest import Repeat

#: Exit codes beside those of any command.
HOLD, DO_NOT_HOLD = 0, 1


def split_repeats(words: Sequence[str], asked: Asked) -> tuple[int | None, Asked]:
    """(number of repeats, what is asked of the file): `--repeats` is both here, a number and a word.

    Raises
    ------
    ConfigError : two numbers, or two words.
    """
    numbers = [word for word in words if word.strip().lstrip("+-").isdigit()]
    others = [word for word in words if word not in numbers]
    for several in (numbers, others):
        if len(several) > 1:
            raise ConfigError(f"--repeats is stated twice: {' and '.join(several)}", remedy="state it once")
    asked = replace(asked, options={**asked.options, "repeats": others[0] if others else None})
    return int(numbers[0]) if numbers else None, asked


def run_selftest(file: Path, config: Config, count: int | None, *, as_json: bool) -> int:
    """Run it, show it, and say by the exit code whether the intervals hold."""
    from gzero.pipeline.selftest import REPEATS, SEED, measurement_of, repeats_of, selftest_of
    from gzero.pipeline.twin import twin_of

    asked = REPEATS if count is None else count
    seed = SEED if config.seed is None else config.seed
    twin = twin_of(measurement_of(file, config), config)
    done: list[Repeat] = []

    def work(step: Callable[[int, int], None] | None) -> bool:
        try:
            for repeat in repeats_of(twin, repeats=asked, seed=seed):
                done.append(repeat)
                if step is not None:
                    step(len(done), asked)
        except KeyboardInterrupt:
            if not done:
                raise
            return False
        return True

    whole = with_progress(str(file), work)
    test = selftest_of(twin, done, asked=asked, seed=seed)
    show_selftest(test, as_json=as_json)
    if not whole:
        return INTERRUPTED
    return HOLD if test.holds else DO_NOT_HOLD
