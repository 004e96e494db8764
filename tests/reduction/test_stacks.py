"""Items of one shape are answered together, as many at a time as fit, and every answer stands at its item's place."""

from collections.abc import Sequence

from gzero.reduction.stacks import in_stacks


def test_the_answers_stand_where_the_items_do() -> None:
    words = ["a", "bbb", "cc", "ddd", "e", "", "ff"]
    asked: list[list[str]] = []

    def upper(alike: Sequence[str]) -> list[str]:
        asked.append(list(alike))
        return [word.upper() for word in alike]

    assert in_stacks(upper, words, shape=lambda word: (len(word), len(word))) == [word.upper() for word in words]
    assert asked == [["a", "e"], ["bbb", "ddd"], ["cc", "ff"], [""]]


def test_large_items_go_one_by_one_and_small_ones_in_parts() -> None:
    sizes: list[int] = []

    def count(alike: Sequence[int]) -> Sequence[int]:
        sizes.append(len(alike))
        return alike

    assert in_stacks(count, range(5), shape=lambda _: ("large", 10**9)) == list(range(5))
    assert sizes == [1] * 5
    sizes.clear()
    assert in_stacks(count, range(100), shape=lambda _: ("middling", 2000)) == list(range(100))
    assert len(sizes) > 1
    assert sum(sizes) == 100
    assert max(sizes) * 2000 <= 100_000


def test_one_item_is_a_stack_by_itself_and_none_is_no_work() -> None:
    assert in_stacks(lambda alike: [len(alike)], ["alone"], shape=lambda _: ("", 1)) == [1]
    assert in_stacks(lambda alike: [1 / 0 for _ in alike], [], shape=lambda _: ("", 1)) == []
