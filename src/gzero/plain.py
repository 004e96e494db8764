"""Plain JSON values, checked as they are read: nothing is executed, and what is wrong is named by its key."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from gzero.errors import InputError

_REMEDY = "write the result again with gzero, for example with gzero fit --json"
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entry:
    """One value of a JSON record, and the way to it.

    Parameters
    ----------
    value : what `json` made of it.
    key : the keys that lead to it, such as ``estimates.step_height.value``; "" for the whole record.
    path : of the file, None where there is none.

    Every method raises `InputError`, one line that names the key, where the value is not of the kind that is asked for.
    """

    value: object
    key: str = ""
    path: str | None = None

    def refused(self, problem: str) -> InputError:
        """The error for this value."""
        return InputError(f"key '{self.key}': {problem}" if self.key else problem, path=self.path, remedy=_REMEDY)

    def at(self, name: str) -> Entry:
        """The value of a key, which must be there."""
        members = self._object()
        if name not in members:
            raise self._below(name).refused("missing")
        return self._below(name, members[name])

    def stated(self, name: str) -> Entry | None:
        """The value of a key; None where it is missing or null."""
        value = self._object().get(name)
        return None if value is None else self._below(name, value)

    def members(self) -> dict[str, Entry]:
        """The values of an object by their keys."""
        return {name: self._below(name, value) for name, value in self._object().items()}

    def items(self, size: int | None = None) -> list[Entry]:
        """The values of an array, of `size` of them where that is asked."""
        if not isinstance(self.value, list | tuple):
            raise self._not("an array")
        if size is not None and len(self.value) != size:
            raise self.refused(f"{len(self.value)} values, where {size} are expected")
        return [Entry(value=v, key=f"{self.key}[{i}]", path=self.path) for i, v in enumerate(self.value)]

    def number(self, *, least: float = -math.inf) -> float:
        """A finite number that is not below `least`."""
        if not isinstance(self.value, int | float) or isinstance(self.value, bool):
            raise self._not("a number")
        try:
            number = float(self.value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self.refused("beyond the largest number")
        if number < least:
            raise self.refused(f"{number:g} is below {least:g}")
        return number

    def number_or_nan(self) -> float:
        """A finite number; null, which is how a record spells what was not determined, is NaN."""
        return math.nan if self.value is None else self.number()

    def text(self) -> str:
        """A text."""
        if not isinstance(self.value, str):
            raise self._not("a text")
        return self.value

    def word(self, allowed: Sequence[str]) -> str:
        """One of a few texts."""
        if self.text() not in allowed:
            raise self._not(" or ".join(f"'{word}'" for word in allowed))
        return self.text()

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self._not("true or false")
        return self.value

    def _object(self) -> dict[str, object]:
        if not isinstance(self.value, dict):
            raise self._not("an object")
        return self.value

    def _not(self, expected: str) -> InputError:
        return self.refused(f"{_shown(self.value)} is not {expected}")

    def _below(self, name: str, value: object = None) -> Entry:
        short = name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "..."
        return Entry(value=value, key=f"{self.key}.{short}" if self.key else short, path=self.path)


def _shown(value: object) -> str:
    """A foreign value in a few characters."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict | list | tuple):
        return "an object" if isinstance(value, dict) else "an array"
    if isinstance(value, int) and value.bit_length() > 200:
        return "a number of many digits"  # Python refuses to write out the longest of them
    shown = repr(value)
    return shown if len(shown) <= _LONGEST_NAME else shown[:_LONGEST_NAME] + "..."


def parse_json(data: bytes, path: str | None = None) -> Entry:
    """A JSON text as a record to read from.

    Stricter than `json`: UTF-8 only, no NaN and no Infinity, no key twice in an object.

    Raises
    ------
    InputError : it is not JSON, or nested deeper than any record of gzero.
    """

    def not_a_number(token: str) -> object:
        raise ValueError(f"{token} is no JSON number")

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for name, value in pairs:
            if name in found:
                raise ValueError(f"the key '{name[:_LONGEST_NAME]}' stands twice in one object")
            found[name] = value
        return found

    try:
        value = json.loads(data.decode("utf-8-sig"), parse_constant=not_a_number, object_pairs_hook=unique)
    except UnicodeDecodeError as error:
        problem = f"not JSON: byte {error.start + 1} is no UTF-8"
    except RecursionError:
        problem = "nested deeper than any result of gzero"
    except ValueError as error:  # json.JSONDecodeError is one, and so is a number of thousands of digits
        problem = f"not JSON: {error}"
    else:
        return Entry(value=value, path=path)
    raise InputError(problem, path=path, remedy="name a file that gzero fit --json or gzero report -o OUT.json wrote")
