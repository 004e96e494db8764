"""The built-in loaders, each behind what a file must have to be one of its own: its module is imported when a file has that.

A text file is none of a dozen binary formats; to import the readers of all of them first took as long as to read it.
What is asked here is less than a loader asks itself and costs no import: where it is false the loader says no as well.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from gzero.loaders.plugins import Loader
from gzero.loaders.source import check_file, read_head
from gzero.loaders.table import Pieces, Table

#: An HDF5 file may begin behind 2^16 bytes of something else.
_HEAD = (1 << 16) + 8
_BOM = b"\xef\xbb\xbf"

#: Whether a file, by its first bytes, could be of a format.
CouldBe = Callable[[Path, bytes], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """A loader that is imported when it is used.

    Parameters
    ----------
    name : of the loader.
    module : in `gzero.loaders`, with the loader as `LOADER`.
    could_be : false only where the loader's `recognises` is.
    """

    name: str
    module: str
    could_be: CouldBe

    @property
    def loader(self) -> Loader:
        """The loader itself."""
        found: Loader = import_module(f"gzero.loaders.{self.module}").LOADER
        return found

    @property
    def description(self) -> str:
        """Of the loader."""
        return self.loader.description

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Endings of its files."""
        return self.loader.suffixes

    @property
    def extra(self) -> str | None:
        """The line that installs what it lacks."""
        return self.loader.extra

    @property
    def read(self) -> Callable[..., Table]:
        """Its `read`, with its options."""
        return self.loader.read

    @property
    def in_pieces(self) -> Callable[..., Pieces | None] | None:
        """Its way to read a file a piece at a time, where it has one."""
        found: Callable[..., Pieces | None] | None = getattr(self.loader, "in_pieces", None)
        return found

    @property
    def many_traces(self) -> Callable[..., tuple[str, int, int] | None] | None:
        """Its way to tell maps of more traces than a table has columns, where it has one."""
        found: Callable[..., tuple[str, int, int] | None] | None = getattr(self.loader, "many_traces", None)
        return found

    def recognises(self, path: Path) -> bool:
        """Whether the loader says that the file is one of its own.

        Raises
        ------
        FileError : the file is missing, a directory, unreadable, empty, or larger than the loader reads.
        """
        return self.could_be(path, read_head(path, _HEAD)) and self.loader.recognises(path)


def _begins(*signatures: bytes) -> CouldBe:
    return lambda _, head: head.startswith(signatures)


def _holds(*words: bytes) -> CouldBe:
    return lambda _, head: any(word in head for word in words)


def _opens(*signs: bytes) -> CouldBe:
    """The first sign that is no blank, behind a mark of the byte order."""
    return lambda _, head: head.removeprefix(_BOM).lstrip()[:1] in signs


def _is_wave(_: Path, head: bytes) -> bool:
    return 0 in head[:2]  # a version below 256, in two bytes


def _is_matlab(_: Path, head: bytes) -> bool:
    return head.startswith(b"MATLAB") or 0 in head[:4]  # level 4 begins with a number below 2000, in four bytes


def _is_archive(path: Path, _: bytes) -> bool:
    place = check_file(path)
    try:
        return zipfile.is_zipfile(place)  # it is known by its end
    except (zipfile.BadZipFile, ValueError, struct.error):  # one in pieces, or a damaged one: the loader's to say
        return True


def _is_office(path: Path, head: bytes) -> bool:
    check_file(path)
    return head.startswith((b"\xd0\xcf\x11\xe0", b"PK"))


def _is_packed(path: Path, head: bytes) -> bool:
    # four bytes are the size of the first record: no byte below 9 in them states 151 million, in either order
    return min(head[4:8], default=0) < 9 or path.stat().st_size > 0x0909_0909


#: In the order in which they are asked: the surest signature first; text, which takes what is left, is always there.
SHELF = (
    Shelved(name="igor", module="igor", could_be=_is_wave),
    Shelved(name="hdf5", module="hdf5", could_be=_holds(b"\x89HDF\r\n\x1a\n")),
    Shelved(name="netcdf", module="netcdf", could_be=_begins(b"CDF")),
    Shelved(name="matlab", module="matlab", could_be=_is_matlab),
    Shelved(name="qcodes", module="qcodes", could_be=_begins(b"SQLite format 3")),
    Shelved(name="tdms", module="tdms", could_be=_begins(b"TDS")),
    Shelved(name="parquet", module="parquet", could_be=_begins(b"PAR", b"ARROW", b"FEA")),
    Shelved(name="excel", module="excel", could_be=_is_archive),
    Shelved(name="workbooks", module="workbooks", could_be=_is_office),
    Shelved(name="igor-packed", module="igor_packed", could_be=_is_packed),
    Shelved(name="lvm", module="lvm", could_be=_holds(b"LabVIEW Measurement")),
    Shelved(name="igor-text", module="igor_text", could_be=_begins(b"IGOR", _BOM + b"IGOR")),
    Shelved(name="quantum-design", module="quantum_design", could_be=_opens(b"[")),
    Shelved(
        name="keysight",
        module="keysight",
        could_be=_holds(b"Setup title", b"SetupTitle", b"PrimitiveTest", b"TestParameter", b"MetaData"),
    ),
    Shelved(name="qcodes-dat", module="qcodes_dat", could_be=_opens(b"#")),
    Shelved(name="json", module="json_file", could_be=_opens(b"{", b"[")),
)
