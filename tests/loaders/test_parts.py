"""One part of a file by its name or number, and what is said of one that is not there."""

from __future__ import annotations

import pytest

from gzero.errors import ColumnError
from gzero.loaders.parts import part_named

NAMES = ["Settings", "IV", "2", "iv "]


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("IV", "IV"), ("settings", "Settings"), (" SETTINGS", "Settings"), ("1", "Settings"), ("2", "2"), ("4", "iv ")],
)
def test_a_name_comes_before_a_number(wanted: str, name: str) -> None:
    assert part_named(wanted, NAMES, what="sheet", path="a.xlsx") == name


@pytest.mark.parametrize("wanted", ["0", "5", "-1", "", "Iv", "9" * 40, "\u00b2"])
def test_what_is_not_there(wanted: str) -> None:
    with pytest.raises(
        ColumnError, match=r"a\.xlsx: no sheet '.*'; its sheets are 'Settings', 'IV', '2', 'iv '"
    ) as caught:
        part_named(wanted, NAMES, what="sheet", path="a.xlsx")
    assert caught.value.allowed == tuple(NAMES)


def test_the_line_stays_short_whatever_is_asked_for() -> None:
    for names in (["b" * 5000] * 3, [f"{'b' * 5000}{i}" for i in range(500)]):
        with pytest.raises(ColumnError) as caught:
            part_named("a" * 5000, names, what="group", path="a.h5")
        assert len(str(caught.value)) < 2000


def test_close_names_are_offered_where_there_are_many() -> None:
    with pytest.raises(ColumnError, match="of its 100 groups these come close: 'sweep12'"):
        part_named("swep12", [f"sweep{i}" for i in range(100)], what="group", path="a.h5")
