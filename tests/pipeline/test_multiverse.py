"""The multiverse: each of its analyses is the ordinary one, its sample is balanced, and what fails is kept."""

import itertools
from collections import Counter

import numpy as np
import pytest

import gzero
from gzero.errors import ColumnError, ConfigError, FitError
from gzero.measurement.measurement import Measurement
from gzero.pipeline import multiverse as room
from gzero.pipeline.multiverse import multiverse, sample_of

QUANTUM = "2e^2/h"


@pytest.fixture(scope="module")
def lab() -> Measurement:
    """Four steps of exactly the quantum, 160 readings with 1 % of noise."""
    x = np.linspace(0, 54, 160)
    y = sum(1 / (1 + np.exp(-(x - v))) for v in (6, 18, 30, 42)) + 0.01 * np.random.default_rng(1).normal(size=x.size)
    return Measurement.from_arrays(x=x, y=y, x_unit="mV", y_unit=QUANTUM)


def by_option(found: gzero.Multiverse, dimension: str, option: str) -> object:
    """The analysis that differs from the first one in this option alone."""
    d = next(i for i, dim in enumerate(found.dimensions) if dim.name == dimension)
    wanted = [0] * len(found.dimensions)
    wanted[d] = found.dimensions[d].options.index(option)
    return next(u for u in found.universes if u.options == tuple(wanted))


def test_each_analysis_is_the_ordinary_one(lab: Measurement) -> None:
    """Against gzero.analyse with the same option said by hand: the same numbers, to the last digit."""
    found = multiverse(lab, quantum=QUANTUM, choices=20)
    said = {
        ("noise", "white"): {"noise_model": "white"},
        ("noise", "robust fit (soft_l1)"): {"loss": "soft_l1"},
        ("series resistance", "fitted"): {"series_resistance": "fit"},
        ("plateaus", "without the highest"): {"plateaus": "1:3"},
    }
    for (dimension, option), options in {("noise", "learnt from the residuals"): {}, **said}.items():
        analysis = gzero.analyse(lab, quantum=QUANTUM, **options)  # type: ignore[arg-type]
        universe = by_option(found, dimension, option)
        assert analysis.verdict is not None
        assert analysis.quantum is not None
        assert universe.decision == analysis.verdict.decision  # type: ignore[attr-defined]
        assert universe.interval == pytest.approx(analysis.verdict.interval, rel=1e-12)  # type: ignore[attr-defined]
        ratio = analysis.estimates["step_height"].value / analysis.quantum.value
        assert universe.ratio == pytest.approx(ratio, rel=1e-12)  # type: ignore[attr-defined]


def test_a_true_quantum_is_one_whatever_is_chosen(lab: Measurement) -> None:
    """Synthetic truth: the step is the quantum, the noise 1 %; no reasonable choice may deny it."""
    found = multiverse(lab, quantum=QUANTUM, choices=80)
    assert found.decisions["not quantized"] == 0
    assert found.agreement > 0.9
    assert found.warning == ""
    assert found.spread is not None
    assert abs(found.spread["median"] - 1) < 0.01
    assert found.combinations > len(found.universes) == 80


def test_the_same_again_and_another_seed(lab: Measurement) -> None:
    first, again, other = (multiverse(lab, quantum=QUANTUM, choices=30, seed=s) for s in (4, 4, 5))
    assert first.to_dict() == again.to_dict()
    assert [u.options for u in first.universes] != [u.options for u in other.universes]
    assert (first.seed, other.seed) == (4, 5)
    assert first.declared == other.declared


def test_two_processes_give_what_one_gives(lab: Measurement) -> None:
    """To rounding: a library of linear algebra may add in another order with another number of threads."""
    one, two = (multiverse(lab, quantum=QUANTUM, choices=14, processes=n) for n in (1, 2))
    assert [(u.options, u.decision, u.plateaus) for u in one.universes] == [
        (u.options, u.decision, u.plateaus) for u in two.universes
    ]
    assert [u.ratio for u in one.universes] == pytest.approx([u.ratio for u in two.universes], rel=1e-9)


def test_a_machine_that_starts_no_process_does_it_in_this_one(
    lab: Measurement, monkeypatch: pytest.MonkeyPatch
) -> None:
    import concurrent.futures

    def refused(*_: object, **__: object) -> None:
        raise PermissionError("no semaphores here")

    expected = multiverse(lab, quantum=QUANTUM, choices=12)
    monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", refused)
    assert multiverse(lab, quantum=QUANTUM, choices=12, processes=2).to_dict() == expected.to_dict()


def test_a_choice_that_fails_is_kept_with_its_reason(lab: Measurement, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = room.analyse_measurement

    def picky(measurement: Measurement, config, **how: bool):
        if config.noise_model == "white":
            raise FitError("no minimum today")
        return whole(measurement, config, **how)

    monkeypatch.setattr(room, "analyse_measurement", picky)
    found = multiverse(lab, quantum=QUANTUM, choices=20)
    failed = [u for u in found.universes if u.decision == "no result"]
    assert failed
    assert {u.failure for u in failed} == {"no minimum today"}
    assert len(failed) == next(t.choices for t in found.tallies if t.option == "white")


def test_progress_is_told_to_the_end(lab: Measurement) -> None:
    seen: list[tuple[int, int]] = []
    multiverse(lab, quantum=QUANTUM, choices=12, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(i, 12) for i in range(1, 13)]


def test_without_a_declared_quantum_all_are_told_in_units_of_the_first(lab: Measurement) -> None:
    found = multiverse(lab, choices=16)
    assert found.quantum == QUANTUM
    assert found.declared.decision == "undecided"
    assert all(u.ratio is None or abs(u.ratio - 1) < 0.05 for u in found.universes)


@pytest.mark.parametrize("choices", [0, 9, 100_001])
def test_a_number_that_is_none_is_refused(lab: Measurement, choices: int) -> None:
    with pytest.raises(ConfigError, match="is not a number from 10"):
        multiverse(lab, quantum=QUANTUM, choices=choices)


def test_a_file_of_single_values_has_none(tmp_path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("material,D [cm^2/s],T [K]\nSi,36,300\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="not available for the experiment 'diffusion'"):
        multiverse(path, particle="electron")


def test_of_several_traces_one_is_asked_for(lab: Measurement, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "load_traces", lambda path, config: (lab, lab))
    with pytest.raises(ColumnError, match="the file holds 2 traces, and a multiverse is of one") as caught:
        multiverse("map.ibw", quantum=QUANTUM)
    assert "--trace" in str(caught.value)


# -- the sample -------------------------------------------------------------------------------------------------------

SIZES = (4, 3, 4, 3, 2, 4)


def test_the_sample_has_the_asked_one_all_single_changes_and_no_repeat() -> None:
    everything = list(itertools.product(*map(range, SIZES)))
    chosen = sample_of(everything, 200, np.random.default_rng(1))
    assert chosen[0] == (0,) * 6
    singles = {c for c in everything if sum(map(bool, c)) == 1}
    assert set(chosen[1 : 1 + len(singles)]) == singles
    assert len(chosen) == len(set(chosen)) == 200


def test_every_option_comes_about_as_often_as_the_others() -> None:
    """200 of 1152: 50, 67 or 100 times each, whatever the order; pairs within a few of their share."""
    everything = list(itertools.product(*map(range, SIZES)))
    chosen = sample_of(everything, 200, np.random.default_rng(2))
    for d, size in enumerate(SIZES):
        for count in Counter(c[d] for c in chosen).values():
            assert abs(count - 200 / size) <= 2
    for d, e in itertools.combinations(range(6), 2):
        pairs = Counter((c[d], c[e]) for c in chosen)
        share = 200 / (SIZES[d] * SIZES[e])
        assert len(pairs) == SIZES[d] * SIZES[e]
        # the analysis as asked and its single changes hold the first options together: ten more of those at most
        assert all(0.5 * share <= n <= share + 10 for n in pairs.values())


def test_all_of_them_where_there_are_no_more() -> None:
    everything = list(itertools.product(range(2), range(3)))
    chosen = sample_of(everything, 200, np.random.default_rng(1))
    assert sorted(chosen) == sorted(everything)
    assert chosen[0] == (0, 0)


def test_a_sample_smaller_than_the_single_changes_still_begins_with_the_asked_one() -> None:
    everything = list(itertools.product(*map(range, SIZES)))
    chosen = sample_of(everything, 5, np.random.default_rng(1))
    assert chosen[0] == (0,) * 6
    assert len(chosen) == 5
