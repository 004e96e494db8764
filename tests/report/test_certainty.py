"""Budget and correlations: the same numbers as the record, by hand where they can be."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import samples

from gzero.estimate import Estimate
from gzero.joint import JointEstimates
from gzero.report.build import build_document
from gzero.report.certainty import budget_block, correlation_table, correlations
from gzero.report.document import TableBlock
from gzero.report.plot import plot_json


def test_a_correlation_is_the_covariance_over_the_stds() -> None:
    # by hand: std 2 and 3, covariance 3 -> 0.5; an exact number has no correlation
    found = correlations(np.array([[4.0, 3.0, 0.0], [3.0, 9.0, 0.0], [0.0, 0.0, 0.0]]))
    np.testing.assert_allclose(found, [[1.0, 0.5, np.nan], [0.5, 1.0, np.nan], [np.nan, np.nan, np.nan]])


def test_a_shared_gain_makes_levels_hang_together() -> None:
    # two levels of 1 % common gain and 1 % noise each: correlation 1/2
    estimates = {
        name: Estimate(value=v, std_stat=0.01 * v, systematic={"gain": 0.01 * v}, unit="S")
        for name, v in (("level_1", 1e-5), ("level_2", 2e-5))
    }
    joint = JointEstimates(estimates=estimates, statistical=np.diag([e.std_stat**2 for e in estimates.values()]))
    table = correlation_table(replace(samples.staircase(), joint=joint))
    assert isinstance(table, TableBlock)
    assert table.rows[1][1].value == pytest.approx(0.5)
    assert [cell.text for cell in table.rows[1][1:]] == ["0.50", "1.00"]
    assert table.rows[0][2].text == ""  # the upper half is the lower one again


def test_a_correlation_of_nothing_has_no_sign() -> None:
    estimates = {name: Estimate(value=1.0, std_stat=1.0, unit="S") for name in ("level_1", "level_2")}
    joint = JointEstimates(estimates=estimates, statistical=np.array([[1.0, -0.004], [-0.004, 1.0]]))
    table = correlation_table(replace(samples.staircase(), joint=joint))
    assert isinstance(table, TableBlock)
    assert table.rows[1][1].text == "0.00"


def test_the_bars_are_the_budget_over_the_whole() -> None:
    analysis = samples.staircase()
    main = next(iter(analysis.estimates.values()))
    block = budget_block(analysis)
    contributing = sorted((b.std for b in analysis.budget if b.std > 0), reverse=True)
    if len(contributing) < 2:
        assert block is None
        return
    assert block is not None
    assert block.plot is not None
    series = json.loads(plot_json(block.plot))["panels"][0]["series"][0]
    np.testing.assert_allclose(series["x"], np.array(contributing) / main.std, rtol=1e-6)


def test_the_report_has_the_matrix_and_says_what_it_rests_on() -> None:
    document = build_document([samples.staircase()])
    assert document.sections[-1].title == "References"
    text = " ".join(item for b in document.sections[-1].blocks for item in getattr(b, "items", ()))
    for needed in ("arXiv:2604.19828", "10.1103/RevModPhys.97.025002", "10.1007/BF01068419"):
        assert text.count(needed) == 1
