"""The record of a multiverse: every number counted by hand on a handful of analyses."""

import json
from dataclasses import replace

import pytest

from gzero.universes import Dimension, Multiverse, Universe

DIMENSIONS = (
    Dimension(name="window", options=("all of it", "less")),
    Dimension(name="noise", options=("learnt", "white")),
)


def universe(options: tuple[int, int], decision: str, ratio: float | None = None) -> Universe:
    interval = None if ratio is None else (ratio - 1.01, ratio - 0.99)
    return Universe(options=options, decision=decision, ratio=ratio, interval=interval, plateaus=4, worst_residual=0.01)


def of(*universes: Universe, combinations: int | None = None) -> Multiverse:
    return Multiverse(
        path="lab.csv",
        trace="",
        quantum="2e^2/h",
        margin=0.05,
        confidence=0.95,
        dimensions=DIMENSIONS,
        universes=universes,
        combinations=len(universes) if combinations is None else combinations,
        seed=1,
    )


FOUR = of(
    universe((0, 0), "quantized", 1.02),
    universe((1, 0), "not quantized", 1.08),
    universe((0, 1), "quantized", 1.00),
    universe((1, 1), "undecided", 1.05),
)


def test_shares_spread_and_position_are_counted() -> None:
    assert FOUR.decisions == {"quantized": 2, "undecided": 1, "not quantized": 1, "no result": 0}
    assert (FOUR.share("quantized"), FOUR.agreement, FOUR.complete) == (0.5, 0.5, True)
    assert FOUR.spread is not None
    assert FOUR.spread["median"] == pytest.approx(1.035)  # the middle of 1.02 and 1.05
    assert (FOUR.spread["least"], FOUR.spread["most"]) == (1.00, 1.08)
    assert FOUR.position == 0.375  # one of four below, and itself by half
    assert [u.ratio for u in FOUR.curve] == [1.00, 1.02, 1.05, 1.08]


def test_what_moves_the_result_is_the_range_of_the_medians() -> None:
    """Windows: medians 1.01 and 1.065; noise: 1.05 and 1.025."""
    assert list(FOUR.moves) == ["window", "noise"]
    assert FOUR.moves["window"] == pytest.approx(0.055)
    assert FOUR.moves["noise"] == pytest.approx(0.025)


def test_the_choice_that_flips_it_is_named() -> None:
    assert [(t.dimension, t.option, t.alone) for t in FOUR.flips] == [("window", "less", "not quantized")]
    assert FOUR.warning == (
        '"quantized" holds in 50 % of 4 reasonable choices; one other choice is enough to lose it: window: less (not quantized)'
    )


def test_a_decision_that_only_several_choices_lose_names_the_worst() -> None:
    found = of(
        universe((0, 0), "quantized", 1.02),
        universe((1, 0), "quantized", 1.03),
        universe((0, 1), "quantized", 1.02),
        universe((1, 1), "undecided", 1.05),
    )
    assert found.flips == ()
    assert "no single other choice loses it" in found.warning
    assert "window: less (1 of 2 keep it)" in found.warning


@pytest.mark.parametrize(("lost", "warned"), [(1, False), (2, True)])
def test_a_warning_from_less_than_nine_of_ten_on(lost: int, warned: bool) -> None:
    base = [universe((0, 0), "quantized", 1.0)] * (10 - lost)
    found = of(*base, *[universe((1, 1), "undecided", 1.0)] * lost)
    assert bool(found.warning) is warned


def test_an_undecided_verdict_needs_no_warning() -> None:
    assert of(universe((0, 0), "undecided", 1.02), universe((1, 0), "quantized", 1.0)).warning == ""


def test_an_analysis_without_a_result_counts_and_stands_last() -> None:
    failed = Universe(options=(1, 0), decision="no result", failure="too few points")
    found = of(failed_first := universe((0, 0), "quantized", 1.0), failed, universe((0, 1), "quantized", 0.9))
    assert found.agreement == pytest.approx(2 / 3)
    assert found.curve[-1] is failed
    assert found.declared is failed_first
    assert next(t for t in found.tallies if t.option == "less").median is None
    assert "window" not in found.moves  # one median has no range


def test_nothing_to_compare_is_none() -> None:
    found = of(Universe(options=(0, 0), decision="undecided"), Universe(options=(0, 1), decision="undecided"))
    assert (found.spread, found.position, found.moves) == (None, None, {})


def test_the_record_is_plain_and_whole() -> None:
    record = json.loads(json.dumps(replace(FOUR, combinations=9).to_dict(), allow_nan=False))
    assert (record["schema"], record["choices"], record["combinations"]) == ("gzero.multiverse/1", 4, 9)
    assert [o["choices"] for d in record["dimensions"] for o in d["options"]] == [2, 2, 2, 2]
    assert record["dimensions"][0]["options"][1]["alone"] == "not quantized"
    assert record["universes"][3] == {
        "options": [1, 1], "decision": "undecided", "ratio": 1.05, "interval": pytest.approx([0.04, 0.06]),
        "plateaus": 4, "worst_residual": 0.01, "failure": None,
    }  # fmt: skip
    assert "50 % of 4" in FOUR._repr_html_()
