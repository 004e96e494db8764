"""JSON of oscilloscopes and scripts: equal arrays, lists of records, lists of traces, wherever they are nested.

Format: RFC 8259, with NaN and Infinity as Python writes them, and JSON Lines (one object a line). What is looked for are
the shapes in which programs write measurements: an object whose values are lists of one length, a list of objects with
the same keys, a list of lists (traces, or rows), a list of numbers, and pandas' `split` and `columns` forms.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gzero.errors import FileError
from gzero.loaders.json_tables import Candidate, columns_of, find_tables
from gzero.loaders.json_text import parse_json, settings_of
from gzero.loaders.parts import part_named
from gzero.loaders.source import read_head, read_source
from gzero.loaders.table import Dropped, Table

_OPENING = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*["}]|\[\s*(?:[\[{"\]]|-?\d|-?Infinity|NaN|null))')
_LISTED = 1000
_MAX_METADATA = 1000


@dataclass(frozen=True, slots=True)
class JsonLoader:
    """Reads one table of a file: the one with most numbers, or the one that `group` names by its path."""

    name: str = "json"
    description: str = "JSON (.json): arrays of one length, records, or the traces of an oscilloscope, nested or not"
    suffixes: tuple[str, ...] = (".json", ".jsonl", ".ndjson")
    extra: str | None = None

    def recognises(self, path: Path) -> bool:
        """Whether the file begins as an object or an array does.

        Raises
        ------
        FileError : the file is missing, a directory, unreadable or empty.
        """
        return _OPENING.match(read_head(path, 4096)) is not None

    def read(self, path: str | os.PathLike[str], *, group: str | None = None) -> Table:
        """The arrays of numbers as columns.

        A list of lists holds traces where each is at least as long as there are of them, else rows. Traces stand behind an
        axis that counts their points, or behind the list of the same object that has their length, if there is one only.
        Whole numbers beyond 2**53 are rounded, and told; null is NaN; so is a word among numbers, which is told.

        Parameters
        ----------
        group : path of the table ("data/data"), as far as it is unique, or its number from 1.

        Raises
        ------
        FileError : unreadable, not JSON, nested too deeply, too large, or without numbers.
        ColumnError : nothing of numbers at this path.
        """
        source = read_source(path)
        parsed = parse_json(source.data, path=source.path)
        candidates = find_tables(parsed.tree)
        if not candidates:
            raise FileError(
                "no list of numbers in it", path=source.path, remedy="is this the data file, or the settings beside it?"
            )
        names = tuple(candidate.path or "." for candidate in candidates)
        chosen = _chosen(candidates, names, group, path=source.path)
        columns, labels, notes, kind = columns_of(chosen, path=source.path)
        dropped = [Dropped(rule="repeated key", reason=f"'{key[:60]}' comes twice in one object; the last one is read", rows=0)
                   for key in parsed.repeated[:20]]  # fmt: skip
        others = [name for name in names if name != (chosen.path or ".")]
        if others:
            listed = ", ".join(others[:4]) + (f" and {len(others) - 4} more" if len(others) > 4 else "")
            reason = f"other lists of numbers were not read: {listed}; choose with --group"
            dropped.append(Dropped(rule="other lists", reason=reason, rows=0))
        return Table(
            columns=columns,
            metadata=_metadata(parsed.tree),
            origin=source.origin(
                loader=self.name,
                options={"encoding": parsed.encoding, "group": chosen.path or ".", "read_as": kind},
                dropped=(*dropped, *notes),
                rows_read=len(columns[0].values),
                parts={"group": names[:_LISTED]} if others else {},
            ),
            labels=labels,
        )


LOADER = JsonLoader()


def _chosen(candidates: list[Candidate], names: tuple[str, ...], group: str | None, *, path: str) -> Candidate:
    if group is None:
        return max(candidates, key=lambda candidate: candidate.numbers)
    ending = [i for i, name in enumerate(names) if name.endswith("/" + group.strip("/"))]
    if group not in names and len(ending) == 1:
        return candidates[ending[0]]
    return candidates[names.index(part_named(group.strip("/") or ".", names, what="group", path=path))]


def _metadata(tree: object) -> Mapping[str, str]:
    return settings_of(tree, limit=_MAX_METADATA)
