"""The main job on shipped data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from gzero.analysis import Analysis
from gzero.pipeline.analyse import analyse_traces
from gzero.pipeline.config import configure, with_files
from gzero.pipeline.datasets import dataset, shipped
from gzero.report.write import check_target, write_report

DEMO = ("li6_steps", "si_diffusivity", "qpc_levels")

#: What the report of a data set is called where that is not the name of the data set.
_TITLES = {"published": "world"}


def run_demo(directory: Path, *, every: bool = False) -> Iterator[tuple[tuple[Analysis, ...], Path]]:
    """Analyse and report each data set of the demonstration, or every shipped one, one after the other.

    Raises
    ------
    OutputError : the directory cannot be written to.
    """
    for name in sorted(shipped()) if every else DEMO:
        yield report_of(name, directory)


def report_of(name: str, directory: Path) -> tuple[tuple[Analysis, ...], Path]:
    """(analyses, PDF) of one shipped data set, as its sidecar asks.

    Raises
    ------
    ColumnError : there is no data set of that name.  OutputError : the directory cannot be written to.
    """
    path = dataset(name)
    target = directory / f"{_TITLES.get(name, name)}.pdf"
    check_target(target)
    analyses = tuple(
        # the report says which shipped file it is about, not where this machine keeps it
        replace(a, origin=replace(a.origin, path=f"datasets/{path.name}"))
        for a in analyse_traces(path, with_files(configure(), path, None))
    )
    write_report(analyses, target)
    return analyses, target
