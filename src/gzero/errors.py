"""The one exception tree of gzero.

    GzeroError
    ├── InputError (ValueError)           something that was read or typed is not usable
    │   ├── FileError (OSError)           a file is missing, a directory, unreadable, in no known format
    │   ├── ColumnError (LookupError)     a column, sheet, group or trace is missing or ambiguous
    │   ├── UnitError                     a unit is unknown, or contradicts what is asked
    │   └── ConfigError                   an option or a configuration key is not usable
    ├── FitError (RuntimeError)           a fit failed; carries the result it reached
    ├── OutputError (OSError)             a report could not be written; the old one is whole
    └── MissingDependencyError (ImportError)

Every error is one line for the reader (where, what is wrong, what to do) and a set of facts for a program.
"""

from __future__ import annotations


class GzeroError(Exception):
    """Base of every error that gzero raises on purpose.

    Parameters
    ----------
    problem : what is wrong, in one clause.
    remedy : what the reader can do about it, in one clause.
    path, row, column : where it is; rows count from 1 as an editor does.
    allowed : the values that would have been accepted.
    result : what had been computed when it went wrong (a `FitResult`, say).
    """

    def __init__(
        self,
        problem: str,
        *,
        remedy: str = "",
        path: str | None = None,
        row: int | None = None,
        column: str | None = None,
        allowed: tuple[str, ...] = (),
        result: object | None = None,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.path = path
        self.row = row
        self.column = column
        self.allowed = allowed
        self.result = result

    def __str__(self) -> str:
        where = [str(self.path)] if self.path else []
        if self.row is not None:
            where.append(f"row {self.row}")
        if self.column is not None:
            where.append(f"column '{self.column}'")
        line = f"{', '.join(where)}: {self.problem}" if where else self.problem
        if self.remedy:
            line += f"; {self.remedy}"
        # one line of printable signs, whatever the file's own text held
        return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in " ".join(line.split()))

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only facts are lost by the default reduction: batch workers send errors back by pickle.
        return (_rebuild, (type(self), self.problem, self.facts()))

    def facts(self) -> dict[str, object]:
        """Everything the error knows, by name."""
        return {
            "remedy": self.remedy,
            "path": self.path,
            "row": self.row,
            "column": self.column,
            "allowed": self.allowed,
            "result": self.result,
        }


def _rebuild(kind: type[GzeroError], problem: str, facts: dict[str, object]) -> GzeroError:
    return kind(problem, **facts)  # type: ignore[arg-type]


class InputError(GzeroError, ValueError):
    """Something that was read or typed cannot be used."""


class FileError(InputError, OSError):
    """A file is missing, is a directory, cannot be read, or is in no format that a loader recognises."""


class ColumnError(InputError, LookupError):
    """A column, sheet, group or trace is missing, or more than one would fit."""


class UnitError(InputError):
    """A unit is not known, or contradicts the quantity that is asked for."""


class ConfigError(InputError):
    """An option or a configuration key cannot be used."""


class FitError(GzeroError, RuntimeError):
    """A fit did not reach a usable minimum; `result` holds where it stopped."""


class OutputError(GzeroError, OSError):
    """A report could not be written. What stood there before is untouched."""


class MissingDependencyError(GzeroError, ImportError):
    """An optional package is needed; the remedy is the exact install line."""
