"""The conventions about a gas of carriers that a configuration states: each changes numbers, so each has an option."""

from __future__ import annotations

from gzero.errors import ConfigError
from gzero.fitters.options import Conventions, Rows
from gzero.pipeline.config import Config, one_of

#: Options that are reported by the experiments that rest on them.
NAMES = ("statistics", "dimensions", "degeneracy", "transmission", "action")


def conventions(config: Config) -> Conventions:
    """What is taken about a gas of carriers.

    Raises
    ------
    ConfigError : a word or a degeneracy that is none.
    """
    degeneracy = 1.0 if config.degeneracy is None else config.degeneracy
    if not degeneracy > 0:
        raise ConfigError(f"degeneracy {degeneracy:g} must be positive", remedy="write for example --degeneracy 2")
    return Conventions(
        statistics=one_of(config.statistics, "statistics"),  # type: ignore[arg-type]
        dimensions=int(one_of(config.dimensions, "dimensions")),  # type: ignore[arg-type]
        degeneracy=degeneracy,
        transmission=one_of(config.transmission, "transmission"),  # type: ignore[arg-type]
        action=one_of(config.action, "action"),  # type: ignore[arg-type]
        said=frozenset(name for name in NAMES if getattr(config, name) is not None),
    )


def rows(config: Config) -> Rows:
    """Whether the rows of a table are answers of their own or one curve.

    Raises
    ------
    ConfigError : no such choice.
    """
    return one_of(config.rows, "rows")  # type: ignore[return-value]
