"""What the tests of the command line share."""

import pytest


@pytest.fixture
def few_universes(monkeypatch: pytest.MonkeyPatch) -> int:
    """How many analyses a multiverse has here, in one process: the second one is started in tests/pipeline/test_multiverse.py,
    and all 200 are asked for in tests/test_docs.py."""
    from gzero.pipeline import multiverse as room

    whole, count = room.multiverse_of, 24

    def fewer(*arguments: object, **options: object) -> object:
        return whole(*arguments, **{**options, "choices": count, "processes": 1})  # type: ignore[arg-type]

    monkeypatch.setattr(room, "multiverse_of", fewer)
    return count
