"""The command line as it is run: every command listed, and only the one that is asked for made.

The commands have 500 options between them. typer makes all of them before it looks at what was typed, which takes 0.04 s; the
list of commands needs none, and a command its own.
"""

from __future__ import annotations

import copy
import inspect
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command
from typer.models import CommandInfo

from gzero.cli.app import app


class _Listed(TyperCommand):
    """A command by name and description; it is made when its arguments are to be read."""

    def __init__(self, info: CommandInfo) -> None:
        assert info.callback is not None
        super().__init__(
            info.name or info.callback.__name__, help=info.help or inspect.getdoc(info.callback), hidden=info.hidden
        )
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


def command_line() -> Any:
    """What runs the command line, as typer's `get_command(app)` does."""
    group: Any = get_command(_with([], alone=False))
    for info in app.registered_commands:
        group.add_command(_Listed(info))
    return group
