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


def ole_names(data: bytes) -> frozenset[str]:
    """Names in the first sector of a compound file's directory (at most 32 entries of 128 bytes); empty for others."""
    if not data.startswith(OLE) or len(data) < 512:
        return frozenset()
    (shift,) = struct.unpack_from("<H", data, 30)
    (sector,) = struct.unpack_from("<I", data, 48)
    if shift not in (9, 12):
        return frozenset()
    start = (sector + 1) << shift
    entries = [data[at : at + 66] for at in range(start, start + (1 << shift), 128) if at + 66 <= len(data)]
    names = []
    for entry in entries:
        (length,) = struct.unpack_from("<H", entry, 64)
        names.append(entry[: max(0, min(length, 64) - 2)].decode("utf-16-le", errors="replace"))
    return frozenset(names)


def is_encrypted(data: bytes) -> bool:
    """Whether it is a workbook that a password protects ([MS-OFFCRYPTO])."""
    return bool({"EncryptedPackage", "EncryptionInfo"} & ole_names(data))
