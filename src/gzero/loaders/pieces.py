"""The bytes of a text file in pieces that end where lines end: a file of gigabytes is never held at once."""

from __future__ import annotations

import codecs
import hashlib
import os
import re
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import BinaryIO

from gzero.errors import FileError
from gzero.loaders.dialect import check_encoding, check_text, guess_encoding
from gzero.loaders.source import check_file

#: A piece of a file; never changed by those who get it.
Data = bytes | bytearray

#: Larger text files are refused: nobody looks at more readings at once.
MAX_BYTES = 1 << 32

#: Bytes that are looked at to find encoding, dialect, header and table; a file that is no longer is held whole.
HEAD = 1 << 18

#: Bytes of a piece.
PIECE = 1 << 22

#: Pieces that may wait to be hashed.
_BEHIND = 3

#: No table has a longer line; a longer one is a damaged or a hostile file.
LONGEST_LINE = 1 << 22

#: How far down the table may begin.
LONGEST_HEAD = 1 << 23

_LINE_END = re.compile(r"\r\n|\n|\r")
_LINE_END_BYTES = re.compile(rb"\r\n|\n|\r")


class TextFile:
    """A text file that is being read: its head first, then the rest in pieces, hashed on the way.

    Bytes that are not ASCII in another way than UTF-8 or a code page (UTF-16, Shift-JIS) are turned into UTF-8; `body` is the
    encoding of the pieces then, `encoding` that of the file.

    Parameters
    ----------
    encoding : as the user named it; found when None.

    Raises
    ------
    FileError : missing, unreadable, empty, too large, no text, or not in the encoding that was named.
    ConfigError : the named encoding does not exist.
    """

    def __init__(self, path: str | os.PathLike[str], *, encoding: str | None) -> None:
        self.path = os.fspath(path)
        place = check_file(path, limit=MAX_BYTES)
        self.size = place.stat().st_size
        self._hash = hashlib.sha256()
        self._hasher = ThreadPoolExecutor(1)
        self._hashing: deque[Future[None]] = deque()
        self._named = encoding is not None
        self._decoder: codecs.IncrementalDecoder | None = None
        self.padding = 0
        self.line = 1  # of the first byte that no piece has given
        self.at_end = False
        try:
            self._stream: BinaryIO = place.open("rb")
        except OSError as error:
            raise self._unreadable(error) from None
        try:
            self.raw_head = self._raw(HEAD)
            self.whole = self.at_end  # whether the first look has seen all of it
            self.encoding = encoding or guess_encoding(self.raw_head)
            check_encoding(self.encoding, self.path)
        except BaseException:
            self._stream.close()
            raise

    def __enter__(self) -> TextFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._hasher.shutdown()
        self._stream.close()

    def _unreadable(self, error: OSError) -> FileError:
        return FileError(f"cannot be read ({error.strerror or error})", path=self.path, remedy="check its permissions")

    def _wait(self, left: int = 0) -> None:
        """Until no more than `left` pieces wait to be hashed."""
        while len(self._hashing) > left:
            self._hashing.popleft().result()

    def _raw(self, count: int) -> bytes:
        """The next bytes as they stand; hashed in a thread while they are worked on."""
        self._wait(_BEHIND)
        try:
            data = self._stream.read(count) or b""
            self.at_end = len(data) < count or self._stream.tell() >= self.size
        except OSError as error:
            raise self._unreadable(error) from None
        if count > HEAD:
            self._hashing.append(self._hasher.submit(self._hash.update, data))
        else:
            self._wait()
            self._hash.update(data)
        return data

    @property
    def progress(self) -> float:
        """How much of the file has been read, from 0 to 1."""
        return min(self._stream.tell() / self.size, 1.0)

    def digest(self) -> str:
        """The SHA-256 of the whole file; what has not been read is read now."""
        while not self.at_end:
            self._raw(PIECE)
        self._wait()
        return self._hash.hexdigest()

    def begin(self) -> None:
        """Settles the encoding of the whole file, and takes the head for text.

        Raises
        ------
        FileError : no text.
        """
        # a mark settles the encoding, and that of a head that is all was found from all
        self._named = self._named or self.at_end or self.encoding == "utf-8-sig"
        if not self._named and self.encoding in ("utf-8", "cp1252", "latin-1") and not self.raw_head.isascii():
            self._settle()
        self.body = "utf-8" if self.encoding == "utf-8-sig" else self.encoding
        if not _keeps_ascii(self.encoding):
            self._decoder = codecs.getincrementaldecoder(self.encoding)()
            self.body = "utf-8"
        head = self._turned(self.raw_head)
        while head.startswith(codecs.BOM_UTF8):
            head = head[3:]
        self.head: Data = self._without_padding(head)
        self.text(self.head[: len(self.head) if self.at_end else _last_end(self.head)])
        check_text(self.head.decode(self.body, errors="replace"), self.path)

    @property
    def can_lengthen(self) -> bool:
        """Whether there is more, and the head may hold it."""
        return not self.at_end and len(self.head) < LONGEST_HEAD

    def lengthen(self) -> bool:
        """Makes the head eight times as long; False where it cannot be longer."""
        if not self.can_lengthen:
            return False
        self.head = self.head + self._without_padding(self._turned(self._raw(7 * len(self.head))), self.head)
        return True

    def text(self, data: Data, row: int | None = None) -> str:
        """Bytes of a piece as text.

        Raises
        ------
        FileError : they are not in the encoding that was named.
        """
        if not self._named and self.body == "utf-8" and self._decoder is None and not data.isascii():
            self._settle()
            self.body = self.encoding  # all that was read before was ASCII
        try:
            return data.decode(self.body)
        except ValueError as error:
            raise self._wrong(error, row) from None

    def _settle(self) -> None:
        """UTF-8 where the whole file is, else Windows-1252, else Latin-1: a byte at its end may decide."""
        self._named = True
        left = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8", "cp1252")}
        try:
            with open(self.path, "rb", buffering=0) as stream:
                while data := stream.read(PIECE):
                    for name in list(left):
                        if data.isascii() and not left[name].getstate()[0]:
                            continue
                        try:
                            left[name].decode(data)
                        except ValueError:
                            del left[name]
        except OSError as error:
            raise self._unreadable(error) from None
        if "utf-8" in left and left["utf-8"].getstate()[0].strip(b"\0"):
            del left["utf-8"]  # a character that the end of the file cuts
        self.encoding = next(iter(left), "latin-1")

    def _turned(self, data: bytes) -> bytes:
        if self._decoder is None:
            return data
        try:
            return self._decoder.decode(data, final=self.at_end).encode()
        except ValueError as error:
            raise self._wrong(error) from None

    def _wrong(self, error: ValueError, row: int | None = None) -> FileError:
        problem = f"not valid {self.encoding} text ({error})"
        return FileError(problem, path=self.path, row=row, remedy="name its encoding")

    def _without_padding(self, data: Data, before: Data = b"") -> Data:
        """The piece without the null bytes and Ctrl-Z that fill the file's end; nulls elsewhere are no text."""
        if self.at_end and data[-1:] in (b"\x1a", b"\0"):
            kept = data.rstrip(b"\0\x1a")
            self.padding += data.count(b"\0", len(kept))
            data = kept
        at = data.find(b"\0")
        if at < 0:
            return data
        if not self.at_end and not data[at:].strip(b"\0") and self._only_nulls_follow():
            self.padding += len(data) - at
            return data[:at]
        line = self.line + len(_LINE_END_BYTES.findall(before)) + len(_LINE_END_BYTES.findall(data, 0, at))
        problem = "null bytes: a binary or damaged file, not text"
        raise FileError(problem, path=self.path, row=line, remedy="export it as CSV")

    def _only_nulls_follow(self) -> bool:
        while not self.at_end:
            data = self._turned(self._raw(PIECE))
            if data.strip(b"\0\x1a"):
                return False
            self.padding += data.count(b"\0")
        return True

    def lines(self) -> list[str]:
        """The lines of the head, without the one that its end cuts.

        Raises
        ------
        FileError : not in the encoding that was named, or a line that is longer than any table's.
        """
        if self.at_end:
            lines = _LINE_END.split(self.text(self.head))
            if len(self.head) > LONGEST_LINE:
                check_line(max(map(len, lines)), self.path)
            return lines
        cut = _last_end(self.head)
        check_line(len(self.head) - cut, self.path)
        if cut == 0:
            return []
        return _LINE_END.split(self.text(self.head[:cut]))[:-1]

    def offset(self, line: int) -> int:
        """Where the line (counted from 0) begins in the head."""
        if line == 0:
            return 0
        ends = _LINE_END_BYTES.finditer(self.head)
        return next((end.end() for i, end in enumerate(ends, 1) if i == line), len(self.head))

    def sample(self, count: int) -> list[str]:
        """So many lines from the middle and the end of a file that is longer than its head."""
        out: list[str] = []
        unit = 4 if "32" in self.encoding else 2
        for start in (self.size // 2, max(self.size - (1 << 14), 0)):
            with open(self.path, "rb", buffering=0) as stream:
                stream.seek(start - start % unit)
                data = stream.read(1 << 14)
            name = {"utf-16": "utf-16-be" if self.raw_head[:1] == b"\xfe" else "utf-16-le"}.get(
                self.encoding, self.body
            )
            if self._decoder is not None and self.encoding != "utf-16":
                name = self.encoding
            found = _LINE_END.split(data.decode(name, errors="replace").rstrip("\0\x1a"))[1:]
            filled = [line for line in found if line.strip()]
            out += filled[-count:] if out else filled[:count]
        return out

    def pieces(self, offset: int) -> Iterator[Data]:
        """What follows in the head from `offset` on, and all the rest; whoever takes a piece sets `line` to its end.

        Raises
        ------
        FileError : null bytes, or a line that is longer than any table's.
        """
        rest: Data = self.head[offset:]
        if self._decoder is None and not self.at_end and (cut := _last_end(rest)):
            yield rest[:cut]
            rest = yield from self._whole_lines(rest[cut:])
        while not self.at_end:
            new = self._without_padding(self._turned(self._raw(PIECE)), rest)
            cut = len(new) if self.at_end else _last_end(new)
            if cut:
                yield b"".join((rest, memoryview(new)[:cut]))
                rest = new[cut:]
            else:
                rest += new
                check_line(len(rest), self.path, self.line)
        if rest:
            yield rest

    def _whole_lines(self, rest: Data) -> Generator[Data, None, Data]:
        """Pieces that end where a line ends, each read into its place and never copied whole.

        Gives what is left in the end: all of a piece that is less than a line.

        Parameters
        ----------
        rest : the beginning of the first line, which has been hashed.
        """
        hashed = len(rest)
        while not self.at_end:
            self._wait(_BEHIND)
            piece = bytearray(len(rest) + PIECE)
            piece[: len(rest)] = rest
            try:
                with memoryview(piece) as whole, whole[len(rest) :] as room:
                    count = self._stream.readinto(room) or 0  # type: ignore[attr-defined]
                self.at_end = count < PIECE or self._stream.tell() >= self.size
            except OSError as error:
                raise self._unreadable(error) from None
            del piece[len(rest) + count :]
            cut = len(piece) if self.at_end else _last_end(piece)
            if not cut:
                self._wait()
                self._hash.update(piece[hashed:])
                return self._without_padding(piece)
            rest = bytes(piece[cut:])
            del piece[cut:]
            # nobody changes the piece any more
            self._hashing.append(self._hasher.submit(self._hash.update, memoryview(piece)[hashed:]))
            hashed = 0
            yield self._without_padding(piece)
        return rest


def check_line(length: int, path: str, row: int | None = None) -> None:
    """Refuses a line of more bytes than any table has.

    Raises
    ------
    FileError : it is longer than `LONGEST_LINE`.
    """
    if length > LONGEST_LINE:
        problem = f"a line of more than {LONGEST_LINE >> 20} MiB is longer than any table's"
        raise FileError(problem, path=path, row=row, remedy="is this the data file?")


def _last_end(data: Data) -> int:
    """Behind the last line end that is one for certain: a return at the very end may be half of one."""
    return max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1


def _keeps_ascii(encoding: str) -> bool:
    """Whether bytes below 128 mean ASCII, and only they do."""
    if codecs.lookup(encoding).name in ("utf-8", "utf-8-sig"):
        return True
    single = bytes(range(256)).decode(encoding, errors="replace")
    return len(single) == 256 and single[:128] == bytes(range(128)).decode("ascii")
