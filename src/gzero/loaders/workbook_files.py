"""What a file says of being a workbook, before anything in it is unpacked.

Formats: ZIP (APPNOTE.TXT) of OOXML (ECMA-376) and OpenDocument; [MS-CFB], "Compound File Binary File Format", of the
older ones and of those that a password protects.
"""

from __future__ import annotations

import io
import struct
import zipfile

from gzero.errors import FileError

#: What a workbook may unpack to, and its ratio to the packed size (checked from 32 MiB on).
MAX_UNPACKED = 1 << 30
MAX_RATIO = 200

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def members_of(data: bytes, *, path: str) -> dict[str, int]:
    """The members of a ZIP archive, and their bytes when unpacked.

    Raises
    ------
    FileError : they unpack to far more than a workbook does.
    zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error : no archive, or a damaged one.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED or (unpacked > 1 << 25 and unpacked > MAX_RATIO * len(data)):
        problem = f"{unpacked / 2**20:.0f} MiB when unpacked, from {len(data) / 2**20:.1f} MiB"
        raise FileError(problem, path=path, remedy="save the sheet as CSV if this is meant")
    return {member.filename: member.file_size for member in members}


def _has_stream(data: bytes, *names: str) -> bool:
    """Whether the directory of a compound file has a stream of one of these names.

    An entry is the name in UTF-16, 64 bytes, then its length with the closing zero, and 2 for a stream: enough to be
    found wherever in the file the directory stands.
    """
    if not data.startswith(OLE):
        return False
    entries = (name.encode("utf-16-le").ljust(64, b"\0") + struct.pack("<HB", 2 * len(name) + 2, 2) for name in names)
    return any(entry in data for entry in entries)


def is_old_workbook(data: bytes) -> bool:
    """Whether it is a compound file with a workbook of Excel 5 to 2003 in it ([MS-XLS])."""
    return _has_stream(data, "Workbook", "Book", "WORKBOOK", "BOOK")


def is_encrypted(data: bytes) -> bool:
    """Whether it is a workbook that a password protects ([MS-OFFCRYPTO])."""
    return _has_stream(data, "EncryptedPackage")
