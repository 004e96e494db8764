"""Row numbers in runs."""

from __future__ import annotations

import pytest

from gzero.loaders import places
from gzero.loaders.places import Places, RowNumbers


def test_consecutive_rows_are_a_range() -> None:
    found = Places()
    found.add(3, 2)
    found.add(5, 4)
    found.add(9, 0)
    assert found.sequence() == range(3, 9)


def test_few_rows_are_listed_and_many_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Places()
    for first, count in ((2, 3), (7, 1), (10, 2)):
        found.add(first, count)
    assert found.sequence() == (2, 3, 4, 7, 10, 11)
    monkeypatch.setattr(places, "_FEW", 5)
    many = found.sequence()
    assert isinstance(many, RowNumbers)
    assert list(many) == [many[i] for i in range(6)] == [many[i - 6] for i in range(6)] == [2, 3, 4, 7, 10, 11]
    assert many[1:5:2] == (3, 7)
    assert 7 in many
    assert 8 not in many
    with pytest.raises(IndexError):
        many[6]
