"""What counts as equal, as a configuration asks."""

from __future__ import annotations

from gzero.errors import ConfigError
from gzero.pipeline.config import Config
from gzero.verdict.margins import Margins


def margins_of(config: Config) -> Margins:
    """What counts as equal, as asked.

    Raises
    ------
    ConfigError : a margin or a confidence that is none.
    """
    default = Margins()
    margins = Margins(
        step=config.margin if config.margin is not None else default.step,
        level=config.level_margin if config.level_margin is not None else default.level,
        confidence=config.confidence if config.confidence is not None else default.confidence,
    )
    if not (0 < margins.step < 1 and 0 < margins.level < 1):
        raise ConfigError(
            f"margins {margins.step:g} and {margins.level:g} must lie between 0 and 1",
            remedy="write for example --margin 0.05 --level-margin 0.1",
        )
    if not 0.5 < margins.confidence < 1:
        raise ConfigError(
            f"confidence {margins.confidence:g} must lie between 0.5 and 1",
            remedy="write for example --confidence 0.95",
        )
    return margins
