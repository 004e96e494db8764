"""What is wrong with options whatever the file: said once, before many files are opened."""

from __future__ import annotations

from gzero.measurement.kinds import KINDS, kind
from gzero.pipeline.config import Config, columns, loss, noise_model, plateaus, risers, selection
from gzero.pipeline.conventions import conventions, longitudinal, phonon_exponent, rows
from gzero.pipeline.load import environment, stated_conditions
from gzero.pipeline.margins import margins_of
from gzero.pipeline.preparation import masks_of
from gzero.quanta import parse_quantum


def check_options(config: Config) -> None:
    """Refuse options that no file could be analysed with.

    Raises
    ------
    InputError : a quantity, a quantum, an experiment or a choice that is none.
    """
    experiment = next(iter(KINDS.values())) if config.experiment is None else kind(config.experiment)
    if config.quantum is not None:
        parse_quantum(config.quantum, environment(config))
    stated_conditions(config, experiment)
    choices = (selection, plateaus, risers, loss, noise_model, conventions, longitudinal, phonon_exponent)
    for check in (margins_of, *choices, columns, rows, masks_of):
        check(config)
