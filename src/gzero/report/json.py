"""The record as JSON, for other programs: the schema is shipped as `schema/analysis-1.json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from gzero.analysis import SCHEMA_MANY, Analysis
from gzero.audit.item import AuditItem
from gzero.errors import OutputError
from gzero.report.audit_notes import notes_record


def render_json(analyses: Sequence[Analysis], audit: Sequence[AuditItem] = ()) -> bytes:
    """The record of one analysis (gzero.analysis/1), or of several (gzero.analyses/1), as UTF-8 JSON.

    Keys keep their documented order; numbers are written in full, so that they read back to the same floats.

    Parameters
    ----------
    analyses : at least one.
    audit : of the source paper, worked out there and then; without it the shipped results that touch the analyses are told.

    Raises
    ------
    OutputError : no analysis, or a number that JSON cannot hold.
    """
    if not analyses:
        raise OutputError("there is no analysis to write", remedy="give at least one")
    if len(analyses) == 1:
        record: dict[str, object] = analyses[0].to_dict()
    else:
        records = [analysis.to_dict() for analysis in analyses]
        record = {"schema": SCHEMA_MANY, "gzero": analyses[0].version, "analyses": records}
    record["audit"] = notes_record(analyses, audit)
    try:
        text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise OutputError("a number of the record is not finite", remedy="report this as a defect of gzero") from error
    # a file name that is not UTF-8 holds lone surrogates: `\udcff` is how JSON itself spells them
    return (text + "\n").encode("utf-8", "backslashreplace")


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of gzero.analysis/1 and gzero.analyses/1."""
    text = files("gzero.report").joinpath("schema", "analysis-1.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
