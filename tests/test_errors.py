"""One line, all facts, through a pickle; caught as what they are."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gzero import errors
from gzero.errors import (
    ColumnError,
    ConfigError,
    FileError,
    FitError,
    GzeroError,
    InputError,
    MissingDependencyError,
    OutputError,
    UnitError,
)

#: The tree that the module's docstring draws, with the builtins beside the names.
TREE = {
    InputError: (GzeroError, ValueError),
    FileError: (InputError, ValueError, OSError),
    ColumnError: (InputError, ValueError, LookupError),
    UnitError: (InputError, ValueError),
    ConfigError: (InputError, ValueError),
    FitError: (GzeroError, RuntimeError),
    OutputError: (GzeroError, OSError),
    MissingDependencyError: (GzeroError, ImportError),
}
FACTS = {
    "remedy": "do this",
    "path": "lab.csv",
    "row": 17,
    "column": "G (uS)",
    "allowed": ("a", "b"),
    "result": {"chi2": 1.5},
}


def test_the_tree_of_the_docstring_is_the_whole_tree() -> None:
    found = {c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, GzeroError)}
    assert found == {*TREE, GzeroError}
    for name in (c.__name__ for c in found):
        assert errors.__doc__ is not None
        assert name in errors.__doc__


@pytest.mark.parametrize("kind", TREE)
def test_each_is_caught_as_its_builtin(kind: type[GzeroError]) -> None:
    for base in TREE[kind]:
        with pytest.raises(base, match="went wrong"):
            raise kind("went wrong", **FACTS)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [GzeroError, *TREE])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling_keeps_type_and_facts(kind: type[GzeroError], protocol: int) -> None:
    error = kind("went wrong", **FACTS)  # type: ignore[arg-type]
    back = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301
    assert type(back) is kind
    assert back.facts() == FACTS
    assert (back.problem, back.args, str(back)) == (error.problem, error.args, str(error))
    assert copy.copy(error).facts() == FACTS


def test_the_line_says_where_what_and_what_to_do() -> None:
    error = ColumnError("two fit", path="lab.csv", row=3, column="G", remedy="choose one")
    assert str(error) == "lab.csv, row 3, column 'G': two fit; choose one"
    assert str(ConfigError("no such key")) == "no such key"
    # row 0 and an empty column name are facts too
    assert str(InputError("odd", row=0, column="")) == "row 0, column '': odd"


@given(*(st.text() for _ in range(4)))
def test_one_printable_line_whatever_is_inside(problem: str, remedy: str, path: str, column: str) -> None:
    line = str(InputError(problem, remedy=remedy, path=path, column=column))
    assert len(line.splitlines()) <= 1
    assert line.isprintable()
    line.encode("utf-8")  # no lone surrogates: an undecodable file name must not break the terminal


@pytest.mark.parametrize(
    "sign", ["\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x1b[2J", "\x00", "\u202e", "\udc80"]
)
def test_a_hostile_header_reaches_no_terminal(sign: str) -> None:
    line = str(ColumnError(f"there is no column 'a{sign}b'"))
    assert sign not in line
    assert line.startswith("there is no column 'a")
    assert line.endswith("b'")


def test_facts_keep_the_text_as_it_was() -> None:
    assert ColumnError("a", column="a\nb").column == "a\nb"
