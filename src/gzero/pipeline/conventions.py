"""The conventions that a configuration states, of a gas of carriers and others: each changes numbers, so each has an option."""

from __future__ import annotations

from gzero.errors import ConfigError
from gzero.fitters.options import Conventions, Longitudinal, Rows
from gzero.models.heat import LARGEST_EXPONENT, LEAST_EXPONENT
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


def longitudinal(config: Config) -> Longitudinal:
    """The R_xx of a Hall bar that was read on both sides.

    Raises
    ------
    ConfigError : no such choice.
    """
    return one_of(config.longitudinal, "longitudinal")  # type: ignore[return-value]


def phonon_exponent(config: Config) -> float | None:
    """The exponent of the phonons beside the modes of heat; None where nobody states one.

    Raises
    ------
    ConfigError : one that no phonons have.
    """
    stated = config.phonon_exponent
    if stated is not None and not LEAST_EXPONENT <= stated <= LARGEST_EXPONENT:
        raise ConfigError(
            f"phonon-exponent: {stated:g} is not between {LEAST_EXPONENT:g} and {LARGEST_EXPONENT:g}",
            remedy="write for example --phonon-exponent 4",
        )
    return stated
