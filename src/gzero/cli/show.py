"""How results are shown on a terminal: one document through the terminal renderer, or JSON."""

from __future__ import annotations

import json as jsonlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from gzero.cli.entry import NOT_QUANTIZED, QUANTIZED, UNDECIDED

if TYPE_CHECKING:
    from rich.console import Console

    from gzero.analysis import Analysis
    from gzero.audit.item import AuditItem
    from gzero.coverage import SelfTest
    from gzero.fitters.together import JointFit
    from gzero.loaders.registry import LoaderDescription
    from gzero.measurement.inspection import Inspection
    from gzero.pipeline.datasets import Description
    from gzero.regimes import Tables
    from gzero.report.document import Document
    from gzero.verdict.plan import Plan

T = TypeVar("T")


def say(line: str) -> None:
    """One line on stdout."""
    print(line)


def _console() -> Console:
    from rich.console import Console

    # a pipe has no width: tables are then as wide as they need to be, for grep and for files
    return (
        Console()
        if sys.stdout is not None and sys.stdout.isatty()
        else Console(width=160, no_color=True, highlight=False)
    )


def _show(document: Document) -> None:
    from gzero.report.terminal import render_terminal

    render_terminal(document, _console())


def _json(value: object) -> None:
    print(jsonlib.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def with_progress(what: str, work: Callable[[Callable[[int, int], None] | None], T]) -> T:
    """Run some work; on a terminal with a bar on stderr when it has more than a few parts."""
    if sys.stderr is None or not sys.stderr.isatty():
        return work(None)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, visible=False)

        def step(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=total > 3)

        return work(step)


def show_fit(analyses: Sequence[Analysis], *, as_json: bool) -> None:
    """Estimates, levels and warnings."""
    if as_json:
        _print_record(analyses)
        return
    from gzero.report.brief import fit_document

    _show(fit_document(analyses))


def show_together(found: tuple[JointFit, Sequence[str]], path: str, *, as_json: bool) -> None:
    """A joint fit of the traces of one file."""
    from gzero.report.intervals import together_document, together_record

    joint, traces = found
    if as_json:
        from gzero.version import VERSION

        _json(together_record(joint, path, traces, VERSION))
        return
    _show(together_document(joint, path, traces))


def show_verdicts(analyses: Sequence[Analysis], *, as_json: bool) -> None:
    """The verdict with its reasons; of many traces, a table."""
    if as_json:
        _print_record(analyses)
        return
    from gzero.report.brief import verdict_document

    _show(verdict_document(analyses))


def frozen_choices(analyses: Sequence[Analysis]) -> str:
    """What was frozen, in one line."""
    from gzero.report.blindness import stated_choices

    blind = analyses[0].blind
    return "" if blind is None else f"frozen choices {blind.frozen[:12]}: {stated_choices(blind)}\n"


def _print_record(analyses: Sequence[Analysis]) -> None:
    from gzero.report.json import render_json

    sys.stdout.write(render_json(analyses).decode())


def exit_code(analyses: Sequence[Analysis]) -> int:
    """0 when all are quantized, 1 when any is not, 3 otherwise."""
    decisions = {a.verdict.decision if a.verdict else "undecided" for a in analyses}
    if "not quantized" in decisions:
        return NOT_QUANTIZED
    return QUANTIZED if decisions == {"quantized"} else UNDECIDED


def show_inspection(seen: Inspection, *, as_json: bool) -> None:
    """What the loader sees, and how to overrule it."""
    from dataclasses import asdict

    if as_json:
        _json({"schema": "gzero.inspection/1", **_finite(asdict(seen))})
        return
    from gzero.report.brief import inspection_document

    _show(inspection_document(seen))


def _finite(value: Any) -> Any:
    """The same tree with None where a number is not finite, which JSON cannot say."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and value - value != 0 else value


def show_selftest(test: SelfTest, *, as_json: bool) -> None:
    """Pulls and coverage."""
    if as_json:
        _json(test.to_dict())
        return
    from gzero.report.selftest import selftest_document

    _show(selftest_document(test))


def show_plan(made: Plan, *, as_json: bool) -> None:
    """How much a verdict needs."""
    if as_json:
        _json(made.to_dict())
        return
    from gzero.report.plan import plan_document

    _show(plan_document(made))


def show_quanta(tables: Tables, *, as_json: bool) -> None:
    """Tables I-IV."""
    from gzero.report.quanta import quanta_document, quanta_record

    if as_json:
        _json(_finite(quanta_record(tables)))
        return
    _show(quanta_document(tables))


def show_audit(items: Sequence[AuditItem], *, as_json: bool) -> None:
    """The source paper, item by item."""
    from gzero.report.audit import audit_document, audit_record

    if as_json:
        _json(audit_record(items))
        return
    _show(audit_document(items))


def show_datasets(described: Sequence[Description], *, whole: bool, as_json: bool) -> None:
    """The shipped data with what their sidecars state; of one, its rows as well."""
    if as_json:
        _json(
            [{"name": d.name, "path": str(d.path), "rows": d.rows, "provenance": dict(d.provenance)} for d in described]
        )
        return
    from gzero.report.wording import several

    for d in described:
        say(f"{d.name}  ({several(d.rows, 'row')})  {d.path}")
        for key, value in d.provenance.items():
            say(f"    {key}: {value}")
        if whole:
            say(d.path.read_text(encoding="utf-8"))


def show_formats(loaders: Sequence[LoaderDescription], *, as_json: bool) -> None:
    """The loaders, their options, and what is to be installed."""
    from dataclasses import asdict

    if as_json:
        _json([asdict(loader) for loader in loaders])
        return
    for loader in loaders:
        state = f"to install: {loader.install}" if loader.install else "ready"
        options = ", ".join("--" + option.replace("_", "-") for option in loader.options)
        say(
            f"{loader.name:15} {' '.join(loader.suffixes):33} {state}\n                {loader.description}"
            + (f"\n                options: {options}" if options else "")
        )
