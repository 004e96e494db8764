"""Blind mode, in order: a record is begun, the readings are scaled, what would betray the factor is left out, choices are
written down; after unblinding every analysis is held against the choices that were frozen."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gzero.analysis import Analysis
from gzero.errors import ConfigError
from gzero.fitters.findings import Findings
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.pipeline.blind_record import BlindRecord, Step, append, find_record, now
from gzero.pipeline.config import Config
from gzero.pipeline.stated_choices import choices_of, differences, hash_of
from gzero.verdict.margins import Margins
from gzero.verdict.verdict import Verdict
from gzero.version import VERSION

if TYPE_CHECKING:
    from gzero.measurement.blindness import Blindness

# Known beforehand in units of the true conductance (a step of a converter, a stated std): beside the blind ones they would
# give the factor away at a glance.
_RULERS = ("noise of one reading", "digitiser step")
_HIDDEN = "hidden while blind"


def blind_verdict(margins: Margins, path: str, record: str | None = None) -> Verdict:
    """No verdict is worked out on blind data, as every number of it would be wrong; the reason says what ends it.

    Parameters
    ----------
    record : where the blind record is, when it is not beside the file.
    """
    where = "" if record is None else f" --blind-record {shlex.quote(str(record))}"
    return Verdict(
        decision="undecided",
        margin=margins.step,
        level_margin=margins.level,
        confidence=margins.confidence,
        reasons=(
            "the data are blind: the conductance is multiplied by a hidden factor until the choices are frozen; "
            f"`gzero unblind {shlex.quote(path)}{where}` freezes them and gives the verdict",
        ),
    )


def without_rulers(findings: Findings, measurement: Measurement) -> Findings:
    """The findings on blind data without what has a scale from outside, and with what the reader must know."""
    estimates, levels = dict(findings.estimates), findings.level_set
    stated = [name for name in ("series_resistance", "offset") if name in measurement.conditions]
    fitted = levels is not None and levels.resistance_fitted
    if "series_resistance" in stated and not fitted:
        estimates.pop("series_resistance", None)  # the declared one over the factor
    warnings = list(findings.warnings)
    if stated:
        names = " and ".join(name.replace("_", " ") for name in stated)
        warnings.append(
            f"the uncertainty of the {names} is left out while the data are blind: it would betray the scale"
        )
    if levels is not None and levels.counted_from in ("quantum", "nearest multiple"):
        what = (
            "the first plateau was counted" if levels.counted_from == "quantum" else "levels were given their multiples"
        )
        warnings.append(f"{what} by the quantum on blind data: the count may be another one after unblinding")
    if any(exclusion.rule == "runaway" for exclusion in findings.exclusions):
        warnings.append(
            "the runaway rule is in quanta: on blind data it may leave out other readings than after unblinding"
        )
    return replace(
        findings,
        estimates=estimates,
        # levels would let a verdict on them be asked for
        fit=None if findings.fit is None else replace(findings.fit, levels=None),
        ledger=tuple(replace(c, value=_HIDDEN) if c.choice in _RULERS else c for c in findings.ledger),
        warnings=tuple(warnings),
    )


def without_truth(config: Config) -> Config:
    """The configuration without what its provenance states of simulated data: their truth and their noise."""
    hidden = {key: _HIDDEN for key in config.provenance if key in ("truth", "synthetic")}
    return replace(config, provenance={**config.provenance, **hidden})


def settle(path: str | Path, config: Config, analyses: Sequence[Analysis]) -> tuple[Analysis, ...]:
    """Analyses of a file with what its blind record says of them; what they were made with goes on record first.

    Raises
    ------
    InputError, OutputError : a record that is broken, was unblinded meanwhile, or cannot be written.
    """
    found = None if not analyses else find_record(path, config.blind_record, analyses[0].origin.sha256)
    if found is None:
        if any(a.blind is not None for a in analyses):
            raise ConfigError(
                "the blind record is gone", path=str(path), remedy="run it again, with --blind for a new record"
            )
        return tuple(analyses)
    meanwhile = ConfigError("the data were unblinded or blinded meanwhile", path=str(path), remedy="run it again")
    if any((a.blind is not None) != (found.unblinded is None) for a in analyses):
        raise meanwhile
    choices = choices_of(config)
    record = append(found.path, lambda there: _entry(there, config, choices))
    if (record.unblinded is None) != (found.unblinded is None):
        raise meanwhile
    return marked(analyses, record, choices)


def marked(analyses: Sequence[Analysis], record: BlindRecord, choices: dict[str, str]) -> tuple[Analysis, ...]:
    """Analyses with the state of their record, in the ledger as well."""
    blindness = blindness_of(record, choices)
    frozen = record.unblinded
    choice = Choice(
        choice="blind analysis",
        value=blindness.state,
        origin="user",
        note=f"configuration {blindness.configuration[:12]}"
        + (f"; frozen {frozen.configuration[:12]} on {frozen.time}" if frozen else "")
        + f"; {record.tried} configuration{'s' if record.tried != 1 else ''} tried while blind",
    )
    return tuple(
        replace(a, blind=blindness, ledger=(choice, *(c for c in a.ledger if c.choice != choice.choice)))
        for a in analyses
    )


def blindness_of(record: BlindRecord, choices: dict[str, str]) -> Blindness:
    """What a record says of an analysis with these choices."""
    from gzero.measurement.blindness import Blindness

    frozen = record.unblinded
    last = record.last_blind
    same = frozen is not None and not differences(frozen.choices, choices)
    return Blindness(
        state="blind" if frozen is None else "changed after unblinding" if record.changes else "frozen first",
        configuration=frozen.configuration if frozen is not None and same else hash_of(choices),
        frozen="" if frozen is None else frozen.configuration,
        choices=() if last is None else tuple((name, last.choices[name]) for name in sorted(last.options)),
        blinded_at=record.steps[0].time,
        unblinded_at="" if frozen is None else frozen.time,
        tried=record.tried,
        changes=record.changes,
        version="" if frozen is None else frozen.version,
        record=record.path.name,
        entries=len(record.steps),
        head=record.steps[-1].hash,
    )


def _entry(record: BlindRecord, config: Config, choices: dict[str, str]) -> Step | None:
    """What an analysis adds to the record: a configuration that was not the last one, or a change that is new."""
    frozen = record.unblinded
    configuration = hash_of(choices)
    if frozen is None:
        last = record.last_blind
        if last is not None and last.configuration == configuration:
            return None
        return step_of("configuration", config, choices)
    changes = differences(frozen.choices, choices)
    known = {step.configuration for step in record.steps if step.action == "changed"}
    return (
        None if not changes or configuration in known else replace(step_of("changed", config, choices), changes=changes)
    )


def step_of(action: str, config: Config, choices: dict[str, str]) -> Step:
    """An entry that holds a configuration, in its canonical text and as it was said."""
    said = {f.name: getattr(config, f.name) for f in fields(Config) if f.name in choices}
    said = {name: value for name, value in said.items() if value is not None}
    return Step(
        action=action,  # type: ignore[arg-type]
        time=now(),
        version=VERSION,
        choices=choices,
        configuration=hash_of(choices),
        options=said,
        said_by={name: config.said_by.get(name, "user") for name in said},
    )
