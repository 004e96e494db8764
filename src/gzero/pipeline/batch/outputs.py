"""The files that a batch leaves: tables and reports, made from the ledger alone, so that they do not tell who did the work."""

from __future__ import annotations

from pathlib import Path

from gzero.pipeline.batch.run import Tally
from gzero.pipeline.batch.store import Store
from gzero.pipeline.batch.tables import ResultTable, as_csv, as_parquet, failures_csv, result_table
from gzero.report.batch import batch_document
from gzero.report.html import render_html
from gzero.report.pdf import render_pdf
from gzero.report.workbook import Number, render_tables
from gzero.report.write import write_bytes


def write_outputs(directory: Path, store: Store, tally: Tally) -> ResultTable:
    """Write results.csv, results.parquet, failures.csv, report.pdf, report.html and report.xlsx, and give the table.

    Raises
    ------
    OutputError : one of them cannot be written; what stood there before is untouched.
    """
    table = result_table(store.results(tally.keys))
    failures = (*table.failures, *((path, "", why) for path, why in tally.failures))
    table = ResultTable(columns=table.columns, units=table.units, failures=failures)
    document = batch_document(table.columns, table.units, table.failures, files=tally.files)
    write_bytes(directory / "results.csv", as_csv(table))
    write_bytes(directory / "results.parquet", as_parquet(table))
    write_bytes(directory / "failures.csv", failures_csv(table))
    write_bytes(directory / "report.pdf", render_pdf(document))
    write_bytes(directory / "report.html", render_html(document))
    write_bytes(directory / "report.xlsx", _workbook(table))
    return table


def _workbook(table: ResultTable) -> bytes:
    heads = [f"{name} [{table.units[name]}]" if table.units.get(name) else name for name in table.columns]
    rows = [
        [Number(v) if isinstance(v, float) else v for v in row] for row in zip(*table.columns.values(), strict=True)
    ]
    sheets = {"results": (heads, rows)}
    sheets["failures"] = (["path", "trace", "problem"], [list(f) for f in table.failures])
    return render_tables("Batch", sheets)
