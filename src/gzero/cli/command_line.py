"""The command line as it is run: every command listed, and only the one that is asked for made.

The commands have 500 options between them. typer makes all of them before it looks at what was typed, which takes 0.04 s; the
list of commands needs none, and a command its own.
"""

from __future__ import annotations

import copy
import inspect
import re
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command
from typer.models import CommandInfo

from gzero.cli.app import app


def _called(info: CommandInfo) -> str:
    return info.name or str(getattr(info.callback, "__name__", ""))


class _Listed(TyperCommand):
    """A command by name and description; it is made when its arguments are to be read."""

    def __init__(self, info: CommandInfo) -> None:
        assert info.callback is not None
        super().__init__(_called(info), help=info.help or inspect.getdoc(info.callback), hidden=info.hidden)
        self._info = info

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the command itself, which is in it as `command`."""
        return get_command(_with([self._info])).make_context(info_name, args, parent=parent, **extra)


def _with(commands: list[CommandInfo], *, alone: bool = True) -> typer.Typer:
    """The application with these commands only; `alone` without the options that stand before a command."""
    lean = copy.copy(app)
    lean.registered_commands = commands
    if alone:
        lean.registered_callback = None
    return lean


#: Commands on one file, and what to do with many.
_MANY = "make one report of them with gzero report FILE FILE -o OUT.pdf, or work through many with gzero batch FILE FILE -o DIRECTORY"
_ONE_FILE = {
    "fit": _MANY, "validate": _MANY, "inspect": "give it once for each file", "selftest": "give it once for each file",
    "unblind": "give it once for each file", "plan": "a plan is made from one first sweep: give the one that is most like those to come",
}  # fmt: skip

#: Names that are listed of many.
_NAMED = 3


def misused(error: Exception) -> str | None:
    """What is wrong with a command line, in one line with what to do; None where the error is none of the command line's.

    Parameters
    ----------
    error : of the parser: a flag that does not exist, an argument that is missing or one too many.
    """
    show = getattr(error, "format_message", None)
    if show is None:
        return None
    message = str(show())
    context = getattr(error, "ctx", None)
    name = getattr(context, "info_name", None)
    extra = re.search(r"unexpected extra arguments?(?:\(s\))? \((.*)\)$", message)
    if extra is None or name not in _ONE_FILE:
        known = {_called(info) for info in app.registered_commands}
        return f"{message} (see gzero {f'{name} ' if name in known else ''}--help)"
    return _too_many(name, str(getattr(context, "params", {}).get("file") or ""), extra[1])


def _too_many(name: str, first: str, extra: str) -> str:
    """One argument was enough; the others are files, or what lacks its option or its quotes."""
    others = extra.split()
    files = [other for other in others if Path(other).exists()]
    if len(files) < len(others):
        return (
            f"{name} takes one file, and beside '{first}' stands '{extra}'; write an option before its value, such as --quantum "
            "2e^2/h, and quotes around a name with blanks"
        )
    shown = ", ".join([first, *files][:_NAMED]) + (", ..." if len(files) >= _NAMED else "")
    return f"{name} takes one file, and {1 + len(files)} were given ({shown}); {_ONE_FILE[name]}"


def command_line() -> Any:
    """What runs the command line, as typer's `get_command(app)` does."""
    group: Any = get_command(_with([], alone=False))
    for info in app.registered_commands:
        group.add_command(_Listed(info))
    return group
