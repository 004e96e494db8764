"""Parquet and Arrow IPC (Feather version 2) files, through pyarrow, in pieces.

Formats: Apache Parquet (https://parquet.apache.org/docs/file-format/) and Apache Arrow's columnar format
(https://arrow.apache.org/docs/format/Columnar.html, "IPC File Format"). pyarrow trusts what a file states of its sizes;
`parquet_pages` reads those first, and what would unpack to far more than the file can hold is refused.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from gzero.errors import FileError, InputError
from gzero.loaders.arrow_columns import Filling, kept_fields
from gzero.loaders.cells import MAX_COLUMNS
from gzero.loaders.parquet_pages import BATCH, chunks_in, messages_in, unpacked_of_pages
from gzero.loaders.source import check_file, check_growth, digest_of, looks_like, read_head, unread
from gzero.loaders.table import Origin, Table

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows of Parquet that are unpacked at once.
PIECE = 1 << 16

#: Bytes that one piece of texts stored as differences may unpack to, and those encodings
#: (DELTA_LENGTH_BYTE_ARRAY, DELTA_BYTE_ARRAY of `parquet.thrift`).
MAX_PIECE = 1 << 26
DELTAS = frozenset({6, 7})

#: The longest text, and the longest list, that the footer of a Parquet file may hold.
MAX_TEXT = 1 << 26
MAX_LIST = 1_000_000

#: Metadata that repeats the schema for programs.
NOT_FOR_PEOPLE = frozenset({"pandas", "ARROW:schema"})
MAX_METADATA = 1000
MAX_VALUE = 2000


@dataclass(frozen=True, slots=True)
class ParquetLoader:
    """Reads all columns of numbers; texts become labels."""

    name: str = "parquet"
    description: str = "Parquet, Feather and Arrow IPC (.parquet .feather .arrow): columns by name"
    suffixes: tuple[str, ...] = (".parquet", ".pq", ".feather", ".arrow", ".ipc")
    extra: str | None = None

    def recognises(self, path: Path) -> bool:
        """Whether the file begins as Parquet, Arrow IPC or Feather files do.

        Raises
        ------
        FileError : the file is missing, a directory, unreadable or empty.
        """
        return _format(read_head(path, 8)) is not None

    def read(self, path: str | os.PathLike[str]) -> Table:
        """The columns of a file.

        Units are those of a field's metadata ("unit" or "units"), else as its name states them. Nulls are NaN. Times are
        seconds since the first of their column, durations are seconds: `origin.options` says so. Texts become labels;
        lists, structures and bytes are left out with a note.

        Raises
        ------
        FileError : unreadable, damaged, encrypted, unpacking to far more than the file can hold, or without rows.
        ColumnError : no column of numbers.
        """
        text = os.fspath(path)
        place = check_file(path, limit=sys.maxsize)
        head = read_head(path, 1 << 12)
        form = _format(head)
        if form is None:
            what = looks_like(head, place.suffix)
            if what is not None:
                raise unread(what, text, loader=self.name)
            raise FileError("not a Parquet, Feather or Arrow file", path=text, remedy="leave out --loader")
        if form in REFUSED:
            problem, remedy = REFUSED[form]
            raise FileError(problem, path=text, remedy=remedy)
        with _damaged(text), place.open("rb") as stream:
            filling, options, metadata = (_parquet if form == "Parquet" else _arrow)(stream, text)
        if filling.filled == 0:
            raise FileError("the file has no rows", path=text, remedy="was the measurement saved?")
        if filling.filled < filling.rows:
            raise FileError(f"damaged: {filling.rows} rows are stated, {filling.filled} are there", path=text)
        return Table(
            columns=filling.columns(),
            metadata=metadata,
            origin=Origin(
                path=text,
                sha256=digest_of(path),
                loader=self.name,
                options=options | filling.options(),
                dropped=filling.dropped(),
                rows_read=filling.rows,
            ),
            labels=filling.labels(),
        )


LOADER = ParquetLoader()

#: (what is wrong, what to do) with formats that are recognised and not read.
REFUSED = {
    "encrypted": ("an encrypted Parquet file", "save it without encryption"),
    "Feather 1": ("a Feather file of version 1, which pyarrow reads no more safely", "write it again as version 2"),
}


def _format(head: bytes) -> str | None:
    signatures = {b"PAR1": "Parquet", b"PARE": "encrypted", b"ARROW1": "Arrow", b"FEA1": "Feather 1"}
    return next((form for signature, form in signatures.items() if head.startswith(signature)), None)


@contextmanager
def _damaged(path: str) -> Iterator[None]:
    """What pyarrow raises on a damaged file, as one line."""
    import pyarrow as pa

    try:
        yield
    except FileError:
        raise
    except InputError as error:
        raise FileError(f"damaged: {error.problem}", path=path, remedy="write it again") from None
    except (MemoryError, OverflowError):
        problem = "more memory than there is would be needed to unpack it"
        raise FileError(problem, path=path, remedy="a damaged file? else save the columns that are needed") from None
    except (pa.ArrowException, OSError, ValueError, KeyError, IndexError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise FileError(f"damaged or not readable ({reason})", path=path, remedy="write it again") from None


def _metadata(found: dict[bytes, bytes] | None) -> dict[str, str]:
    out: dict[str, str] = {}
    for key, value in (found or {}).items():
        name = key.decode("utf-8", errors="replace")
        if name not in NOT_FOR_PEOPLE and len(out) < MAX_METADATA:
            out[name[:MAX_VALUE]] = value[:MAX_VALUE].decode("utf-8", errors="replace")
    return out


def _check_width(schema: pa.Schema, path: str) -> None:
    if len(schema) > MAX_COLUMNS:
        raise FileError(f"{len(schema)} columns are more than any table has ({MAX_COLUMNS})", path=path)


def _parquet(stream: BinaryIO, path: str) -> tuple[Filling, dict[str, str], dict[str, str]]:
    import pyarrow.parquet as pq

    chunks = chunks_in(stream, os.fstat(stream.fileno()).st_size)
    unpacked = 0
    for chunk in chunks:
        unpacked += unpacked_of_pages(stream, chunk)
        check_growth(path, unpacked // 8, what="one of its columns")
    limits: dict[str, Any] = {
        "memory_map": False,
        "pre_buffer": False,  # what is read ahead is kept to the end
        "thrift_string_size_limit": MAX_TEXT,
        "thrift_container_size_limit": MAX_LIST,
        "page_checksum_verification": True,
    }
    with pq.ParquetFile(stream, **limits) as file:
        schema, stated = file.schema_arrow, file.metadata
        rows, groups, version = stated.num_rows, stated.num_row_groups, stated.format_version
    _check_width(schema, path)
    fields, left_out = kept_fields(schema)
    if rows < 0:
        raise InputError(f"{rows} rows")
    check_growth(path, rows * max(len(fields), 1), what="its footer")
    texts = {schema.field(i).name for i in fields if Filling.is_text(schema.field(i).type)}
    # a text that is repeated in every row is unpacked once, as a dictionary; pyarrow cannot do so for texts that are
    # stored as differences: of those few rows are unpacked at once, as each may be as long as all of them are stored
    deltas = [chunk for chunk in chunks if chunk.path in texts and DELTAS & chunk.encodings]
    longest = max((chunk.unpacked for chunk in deltas), default=0)
    piece = max(1, min(PIECE, MAX_PIECE // max(longest, 1)))
    texts -= {chunk.path for chunk in deltas}
    with pq.ParquetFile(stream, read_dictionary=sorted(texts), **limits) as file:
        filling = Filling(schema=schema, fields=fields, rows=rows, left_out=left_out, path=path)
        names = [field.name for field in schema]
        plain = len(set(names)) == len(names) and not any("." in name for name in names)
        columns = [names[i] for i in fields] if plain else None
        for batch in file.iter_batches(batch_size=piece, columns=columns, use_threads=False):
            filling.add(batch, list(range(len(fields))) if plain else fields)
    options = {"format": f"Parquet {version}", "row_groups": str(groups)}
    return filling, options, _metadata(schema.metadata)


def _arrow(stream: BinaryIO, path: str) -> tuple[Filling, dict[str, str], dict[str, str]]:
    import pyarrow as pa

    size = os.fstat(stream.fileno()).st_size
    rows = unpacked = batches = 0
    for message in messages_in(stream, 8, size):
        unpacked += message.unpacked
        check_growth(path, unpacked // 8, what="one of its batches")
        if message.kind == BATCH:
            rows, batches = rows + message.rows, batches + 1
    stream.seek(8)  # behind the signature an IPC file is a stream, and its footer repeats where the batches stand
    with pa.ipc.open_stream(pa.PythonFile(stream, mode="r")) as reader:
        schema = reader.schema
        _check_width(schema, path)
        fields, left_out = kept_fields(schema)
        check_growth(path, rows * max(len(fields), 1), what="the sum of its batches")
        filling = Filling(schema=schema, fields=fields, rows=rows, left_out=left_out, path=path)
        for batch in reader:
            batch.validate(full=True)  # offsets and indices are taken as they stand: nothing else checks them
            filling.add(batch, fields)
    return filling, {"format": "Arrow IPC", "batches": str(batches)}, _metadata(schema.metadata)
