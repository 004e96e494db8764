"""The files that a batch leaves: tables and reports, made from the ledger alone, so that they do not tell who did the work."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

from gzero.pipeline.batch.run import Tally
from gzero.pipeline.batch.store import Store, readable
from gzero.pipeline.batch.tables import ResultTable, as_csv, as_parquet, failures_csv, heads, result_table
from gzero.report.batch import batch_document
from gzero.report.html import render_html
from gzero.report.pdf import render_pdf
from gzero.report.workbook import Number, render_tables
from gzero.report.write import write_together

#: Rows of a sheet: a workbook is slow to write, cell by cell, while all workers wait.
MOST_ROWS = 5_000

README = """This directory is what `gzero batch` found in many files.

report.pdf, report.html   all traces told together: read this first
results.csv               one row a trace: its file, the verdict, every estimate with its standard uncertainty;
                          the unit is in the header, NAME_ratio is the value in units of the quantum, stated_NAME
                          a condition as the file, its sidecar or an option states it
results.parquet           the same for programs
report.xlsx               the same for a spreadsheet, with the failures on a second sheet; the first 5000 rows of each
failures.csv              files and traces without a result, and why; empty but for its header where there is none
batch.sqlite              the ledger: every finished result, as the record that `gzero validate --json` prints
batch.lock                keeps a second batch out while one is at work

The same command, given again, analyses what is new or changed and writes all of this anew; --retry tries the failures
again. Without the ledger everything is analysed again. To begin from the start, remove the directory.
"""


def write_outputs(directory: Path, store: Store, tally: Tally) -> ResultTable:
    """Write the tables, the reports and what explains them, all of them or none, and give the table.

    Raises
    ------
    OutputError : one of them cannot be written; what stood there before is untouched.
    """
    table = result_table(store.results(tally.keys))
    failures = (*table.failures, *((readable(path), "", why) for path, why in tally.failures))
    table = replace(table, failures=failures)
    document = batch_document(
        table.columns, table.units, table.failures, files=tally.files, conditions=table.conditions
    )
    contents = {
        "results.csv": as_csv(table),
        "results.parquet": as_parquet(table),
        "failures.csv": failures_csv(table),
        "report.pdf": render_pdf(document),
        "report.html": render_html(document),
        "report.xlsx": _workbook(table),
        "README.txt": README.encode(),
    }
    write_together({directory / name: content for name, content in contents.items()})
    return table


def _workbook(table: ResultTable) -> bytes:
    first = itertools.islice(zip(*table.columns.values(), strict=True), MOST_ROWS)
    rows = [[Number(v) if isinstance(v, float) else v for v in row] for row in first]
    sheets = {"results": (heads(table), rows)}
    sheets["failures"] = (["path", "trace", "problem"], [list(f) for f in table.failures[:MOST_ROWS]])
    if max(len(table), len(table.failures)) > MOST_ROWS:
        text = f"The first {MOST_ROWS} rows of each sheet; results.csv ({len(table)} rows) and failures.csv hold all."
        sheets["note"] = (["note"], [[text]])
    return render_tables("Batch", sheets)
