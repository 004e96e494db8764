"""From analyses to a file: the renderer by the file's ending, the file whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, get_args

from gzero.analysis import Analysis
from gzero.errors import ConfigError, GzeroError, OutputError

if TYPE_CHECKING:
    from gzero.audit.item import AuditItem
    from gzero.report.document import Document

Paper = Literal["a4", "us-letter"]

_REMEDIES = {
    errno.ENOSPC: "free some space or write to another disk; what stood there before is untouched",
    errno.EDQUOT: "free some of your quota or write to another disk; what stood there before is untouched",
    errno.EROFS: "choose a directory that can be written to",
    errno.EACCES: "choose a directory that you may write to, or close the program that holds the file",
    errno.EPERM: "choose a directory that you may write to, or close the program that holds the file",
    errno.ENAMETOOLONG: "choose a shorter name",
}


def write_report(
    analyses: Analysis | Sequence[Analysis],
    path: str | os.PathLike[str],
    *,
    paper: Paper = "a4",
    archive: bool = False,
    each: bool = False,
    audit: Sequence[AuditItem] = (),
) -> Path:
    """Write the report of one analysis or of several, and return its path.

    The file appears whole or not at all; when anything fails, what stood there before is untouched.

    Parameters
    ----------
    analyses : at least one.
    path : its ending chooses the format: .pdf .html .xlsx .json .tex .md
    paper : of the PDF, "a4" or "us-letter".
    archive : whether the PDF is PDF/A-2b as well, for archives.
    each : of several analyses, whether each gets a page of its own, however many they are.
    audit : of the source paper, worked out there and then: its items that touch the analyses' quanta and experiments are told
        with their reasons; without it the shipped results of the audit are.

    Raises
    ------
    ConfigError : another ending, or nothing to report.
    OutputError : the directory is missing or cannot be written to, the path is a directory, the disk is full.
    """
    target = Path(path)
    several = (analyses,) if isinstance(analyses, Analysis) else tuple(analyses)
    renderer = _renderer(target, paper, archive=archive)
    if not several:
        raise ConfigError("there is nothing to report", remedy="give at least one analysis", path=str(target))
    check_target(target, paper)
    try:
        content = renderer(_Told(analyses=several, audit=tuple(audit), each=each))
    except GzeroError:
        raise
    except OSError as error:  # a renderer may need temporary files
        raise _failed(target, error) from error
    write_together({target: content})
    return target


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What is told: analyses, and the items of an audit made for them."""

    analyses: tuple[Analysis, ...]
    audit: tuple[AuditItem, ...] = ()
    each: bool = False


def _document(told: _Told) -> Document:
    from gzero.report.build import build_document

    return build_document(told.analyses, each=told.each, audit=told.audit)


def _pdf(told: _Told, paper: Paper, *, archive: bool) -> bytes:
    from gzero.report.pdf import render_pdf

    return render_pdf(_document(told), paper=paper, extra_standards=("a-2b",) if archive else ())


def _html(told: _Told) -> bytes:
    from gzero.report.html import render_html

    return render_html(_document(told))


def _xlsx(told: _Told) -> bytes:
    from gzero.report.xlsx import render_xlsx

    return render_xlsx(_document(told), told.analyses, audit=told.audit)


def _json(told: _Told) -> bytes:
    from gzero.report.json import render_json

    return render_json(told.analyses, told.audit)


def _tex(told: _Told) -> bytes:
    from gzero.report.tex import render_tex

    return render_tex(_document(told))


def _markdown(told: _Told) -> bytes:
    from gzero.report.markdown import render_markdown

    return render_markdown(_document(told))


Renderer = Callable[[_Told], bytes]


def _renderer(target: Path, paper: Paper, *, archive: bool = False) -> Renderer:
    renderers: dict[str, Renderer] = {
        ".pdf": lambda told: _pdf(told, paper, archive=archive),
        ".html": _html,
        ".xlsx": _xlsx,
        ".json": _json,
        ".tex": _tex,
        ".md": _markdown,
    }
    allowed = tuple(renderers)
    found = renderers.get(target.suffix.lower())
    if found is None:
        ending = f"the ending '{target.suffix}'" if target.suffix else "no ending"
        raise ConfigError(
            f"{ending} names no report format",
            remedy=f"choose one of {' '.join(allowed)}",
            path=str(target),
            allowed=allowed,
        )
    return found


def check_target(target: Path, paper: str = "a4") -> None:
    """Say what will not work before the work is done.

    Raises
    ------
    ConfigError : an ending that names no format, or a paper that there is not.
    OutputError : a place that cannot be written to.
    """
    if paper not in get_args(Paper):
        raise ConfigError(
            f"paper '{paper}' is no choice", remedy=f"choose {' or '.join(get_args(Paper))}", allowed=get_args(Paper)
        )
    _renderer(target, cast(Paper, paper))
    _check(target)


def write_bytes(target: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    OutputError : the place cannot be written to.
    """
    write_together({target: content})


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write files that belong together: none of them takes its place before all are written.

    Raises
    ------
    OutputError : a place cannot be written to, or there is no room for all; what stood there before is untouched.
    """
    for target in contents:
        _check(target)
    written: dict[Path, str] = {}
    try:
        for target, content in contents.items():
            with _told_of(target):
                _write_beside(target, content, written)
        for target in contents:
            with _told_of(target):
                os.replace(written[target], os.path.realpath(target))
            del written[target]
    finally:
        for beside in written.values():
            with contextlib.suppress(OSError):
                os.unlink(beside)


def _check(target: Path) -> None:
    """Say why a place cannot be written to."""
    shown = str(target)
    if "\0" in shown:
        raise OutputError("a path cannot hold the character NUL", remedy="choose another name")
    try:
        if target.is_dir():
            raise OutputError("is a directory", path=shown, remedy="give the name of a file in it")
        if not target.parent.exists():
            raise OutputError("its directory does not exist", path=shown, remedy=f"create '{target.parent}' first")
        if not target.parent.is_dir():
            raise OutputError("its parent is not a directory", path=shown, remedy="choose another place")
        if target.exists() and not stat.S_ISREG(target.stat().st_mode):
            raise OutputError("exists and is not a file", path=shown, remedy="choose another name")
        if target.exists() and not os.access(target, os.W_OK):
            raise OutputError("is write-protected", path=shown, remedy="allow writing to it, or choose another name")
    except GzeroError:
        raise
    except OSError as error:
        raise _failed(target, error) from error


def _write_beside(target: Path, content: bytes, written: dict[Path, str]) -> None:
    """Put the content beside the target, with the mode of what stands there."""
    final = os.path.realpath(target)  # a link stays a link
    beside = os.path.join(os.path.dirname(final), f".gzero-{secrets.token_hex(8)}.tmp")
    # 0o666 less the umask, as any new file; never through a link that stands there
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    written[target] = beside
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    with contextlib.suppress(FileNotFoundError):
        os.chmod(beside, stat.S_IMODE(os.stat(final).st_mode))


@contextlib.contextmanager
def _told_of(target: Path) -> Iterator[None]:
    """An error of the system as one of ours."""
    try:
        yield
    except OSError as error:
        raise _failed(target, error) from error


def _failed(target: Path, error: OSError) -> OutputError:
    problem = (error.strerror or str(error) or type(error).__name__).lower()
    remedy = _REMEDIES.get(error.errno or 0, "choose another place")
    return OutputError(f"cannot be written: {problem}", path=str(target), remedy=remedy)
