"""The bytes of a file, and what they look like before any loader opens them."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gzero.errors import FileError
from gzero.loaders.table import Dropped, Origin

#: Larger files are refused by loaders that hold all bytes of a file at once; those that read in pieces state their own.
MAX_BYTES = 1 << 30

#: Numbers that a file may unpack to whatever its size, and per byte of the file beyond that: a compressed or chunked file
#: of a few kilobytes may state terabytes. 16 numbers of 8 bytes are 128 : 1, far above what noise can be packed to.
FREE_NUMBERS = 1 << 24
NUMBERS_PER_BYTE = 16

#: (offset, signature, what the file is): formats that no loader of this version reads, by their first bytes.
SIGNATURES = (
    (0, b"\x89HDF\r\n\x1a\n", "HDF5"),
    (512, b"\x89HDF\r\n\x1a\n", "a MATLAB 7.3 or HDF5 file"),
    (0, b"MATLAB 5.0 MAT-file", "a MATLAB file"),
    (0, b"CDF\x01", "netCDF"),
    (0, b"CDF\x02", "netCDF"),
    (0, b"TDSm", "LabVIEW TDMS"),
    (0, b"SQLite format 3\x00", "an SQLite database (QCoDeS, perhaps)"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old binary Office file (.xls)"),
    (0, b"PAR1", "Parquet"),
    (0, b"ARROW1", "Arrow/Feather"),
    (0, b"FEA1", "Feather"),
    (0, b"\x93NUMPY", "a NumPy array (.npy)"),
    (0, b"SIMPLE  =", "FITS"),
    (0, b"CPYA ", "an Origin project"),
    (0, b"CPYUA", "an Origin project"),
    (0, b"root\x00", "a ROOT file"),
    (0, b"%PDF", "PDF"),
    (0, b"\x89PNG", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF8", "a GIF image"),
    (0, b"II*\x00", "a TIFF image"),
    (0, b"MM\x00*", "a TIFF image"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xfd7zXZ\x00", "an xz archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ\x90", "a program"),
    (0, b"{\\rtf", "rich text (RTF)"),
)

#: What the inside of a ZIP archive says: (a member's name, what the file is).
ZIP_MEMBERS = (
    (b"xl/workbook.bin", "a binary Excel workbook (.xlsb)"),
    (b"xl/", "an Excel workbook"),
    (b"word/", "a Word document"),
    (b"ppt/", "a PowerPoint file"),
    (b"opendocument.spreadsheet", "an OpenDocument spreadsheet (.ods)"),
    (b".npy", "a NumPy archive (.npz)"),
)

#: Formats that only the ending tells apart.
SUFFIXES = {
    ".json": "JSON", ".xml": "XML",
    ".html": "HTML", ".pkl": "a Python pickle (gzero never opens those: they can run programs)",
    ".opj": "an Origin project",
}  # fmt: skip

_JSON = re.compile(rb'\s*(\{\s*["}]|\[\s*(?:\[\s*-?\d|\{|"|-?\d[\d.eE+-]*\s*[,\]]))')
_MARKUP = re.compile(rb"\s*<(\?xml|!doctype|html|svg|[a-z]+ xmlns)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that has been read: its path as the user gave it, and its bytes."""

    path: str
    data: bytes

    def origin(
        self,
        *,
        loader: str,
        options: Mapping[str, str],
        dropped: tuple[Dropped, ...],
        rows_read: int,
        parts: Mapping[str, tuple[str, ...]] | None = None,
    ) -> Origin:
        """The `Origin` of a table that was read from these bytes."""
        digest = hashlib.sha256(self.data).hexdigest()
        return Origin(
            path=self.path, sha256=digest, loader=loader, options=options, dropped=dropped, rows_read=rows_read,
            parts=parts or {},
        )  # fmt: skip


def digest_of(path: str | os.PathLike[str]) -> str:
    """The SHA-256 of a file's bytes, read in pieces.

    Raises
    ------
    FileError : no permission to read, or the file is gone.
    """
    try:
        with Path(path).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileError(f"cannot be read ({reason})", path=os.fspath(path), remedy="check its permissions") from None


def check_growth(path: str | os.PathLike[str], numbers: int, *, what: str) -> None:
    """Refuse what unpacks to far more numbers than the file can hold: it is damaged, or meant to exhaust memory.

    Parameters
    ----------
    numbers : that would be held in memory.
    what : that states them ("the dataset '/map'").

    Raises
    ------
    FileError : more than `FREE_NUMBERS`, and more than `NUMBERS_PER_BYTE` for each byte of the file.
    """
    size = Path(path).stat().st_size
    if numbers > FREE_NUMBERS and numbers > NUMBERS_PER_BYTE * size:
        raise FileError(
            f"{what} states {numbers:.3g} numbers, and the file has {size} bytes",
            path=os.fspath(path),
            remedy="a damaged file? if it is meant, save the part that is needed to a file of its own",
        )


def check_file(path: str | os.PathLike[str], *, limit: int | None = None) -> Path:
    """The path, if it names a regular file that holds at least one byte and no more than `limit`
    (`MAX_BYTES` where none is given).

    Raises
    ------
    FileError : missing (with close matches in its folder), a directory, not a regular file, empty, too large.
    """
    text, place = os.fspath(path), Path(path)
    limit = MAX_BYTES if limit is None else limit
    try:
        status = place.stat()
    except FileNotFoundError:
        raise FileError("there is no such file", path=text, remedy=_near_names(place)) from None
    except (OSError, ValueError) as error:  # no permission for the folder, a name too long, a null byte in it
        raise FileError(f"cannot be opened ({error})", path=text, remedy="check the path and its permissions") from None
    if stat.S_ISDIR(status.st_mode):
        raise FileError("is a directory", path=text, remedy="name a file in it")
    if not stat.S_ISREG(status.st_mode):
        raise FileError("is not a regular file", path=text, remedy="save the data to a file first")
    if status.st_size == 0:
        raise FileError("the file is empty", path=text, remedy="was the measurement saved?")
    if status.st_size > limit:
        problem = f"{status.st_size / 2**30:.1f} GiB are more than gzero reads at once ({limit / 2**30:g} GiB)"
        raise FileError(problem, path=text, remedy="split the file, or keep fewer points")
    return place


def _near_names(place: Path) -> str:
    folder = place.parent
    try:
        names = [entry.name for entry in os.scandir(folder) if not entry.is_dir(follow_symlinks=False)]
    except (OSError, ValueError):
        return f"the folder '{folder}' is not there or cannot be listed"
    close = difflib.get_close_matches(place.name, names, n=3, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(f"'{name}'" for name in close) + "?"
    return f"nothing in '{folder}' has a similar name"


def read_source(path: str | os.PathLike[str]) -> Source:
    """All bytes of a file.

    Raises
    ------
    FileError : as `check_file`, or no permission to read.
    """
    place = check_file(path)
    try:
        data = place.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileError(f"cannot be read ({reason})", path=os.fspath(path), remedy="check its permissions") from None
    if not data:
        raise FileError("the file is empty", path=os.fspath(path), remedy="was the measurement saved?")
    return Source(path=os.fspath(path), data=data)


def read_head(path: str | os.PathLike[str], size: int = 1 << 16) -> bytes:
    """The first bytes of a file.

    Raises
    ------
    FileError : as `read_source`, the size aside.
    """
    place = check_file(path, limit=sys.maxsize)
    try:
        with place.open("rb") as stream:
            return stream.read(size)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileError(f"cannot be read ({reason})", path=os.fspath(path), remedy="check its permissions") from None


def looks_like(head: bytes, suffix: str = "") -> str | None:
    """What a file is that is no text ("HDF5", "PDF", ...); None when nothing is recognised.

    Parameters
    ----------
    head : its first bytes; for a ZIP archive the name of a member should be among them.
    suffix : its ending, for formats without a signature.
    """
    for offset, signature, what in SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return what
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return next((what for member, what in ZIP_MEMBERS if member in head), "a ZIP archive")
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return SUFFIXES[".pkl"]
    if _JSON.match(head[:4096]):
        return "JSON"
    if _MARKUP.match(head[:4096]):
        return "HTML or XML"
    return SUFFIXES.get(suffix.lower())


def unread(what: str, path: str, *, loader: str | None = None) -> FileError:
    """The error for a known format that the named loader, or every one, does not read."""
    reader, remedy = "this version", "export the data as CSV or XLSX"
    if loader is not None:
        reader, remedy = f"the loader '{loader}'", "leave out --loader, or export the data as CSV or XLSX"
    return FileError(f"this looks like {what}, which {reader} does not read", path=path, remedy=remedy)
