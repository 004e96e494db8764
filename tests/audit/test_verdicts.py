"""The audit of the paper: the findings of ../shared/facts/paper_audit.csv come out of the computations."""

import csv
import re
from pathlib import Path

import pytest

from gzero.audit.item import QUANTITIES, ROWS, VERDICTS, AuditItem, Case, judge, verdict_of
from gzero.audit.paper import audit_paper, claims
from gzero.audit.relevance import counts, touching
from gzero.errors import ConfigError
from gzero.quanta import Conditions, parse_quantum

ITEMS = {claim.item: claim for claim in claims()}


@pytest.fixture(scope="module")
def items() -> dict[str, AuditItem]:
    return {item.item: item for item in audit_paper()}


@pytest.fixture(scope="module")
def findings(facts: Path) -> list[dict[str, str]]:
    with (facts / "paper_audit.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_finding_comes_out(items: dict[str, AuditItem], findings: list[dict[str, str]]) -> None:
    """Names, order and verdicts of the table of findings, which was derived by hand."""
    assert list(items) == [row["item"] for row in findings]
    assert {name: item.verdict for name, item in items.items()} == {row["item"]: row["verdict"] for row in findings}


def test_counts(items: dict[str, AuditItem]) -> None:
    """physics.md: 78 findings, of which 45 consistent, 19 conditional, 14 inconsistent."""
    assert len(items) == 78
    assert counts(items.values()) == {"consistent": 45, "conditional": 19, "inconsistent": 14}


#: item -> numbers of the findings that its text must hold (paper_audit.csv and physics.md, sections 1 and 3).
NUMBERS = {
    "eq 1 vs Landauer": ["2.507", "2.404", "2.01"],
    "eq 2 second equality": ["0.731"],  # zeta(3)/zeta(2)
    "eq 5": ["2.22", "2.309", "2.507"],  # pi/sqrt 2, 4/sqrt 3, sqrt(2 pi)
    "eq 7": ["8.71 um", "21 nm"],
    "eq 10": ["1.875546e-18"],
    "eq 11": ["5.308837e-3", "2.654419e-3"],
    "eq 14": ["1.252339e-27"],
    "text after 14": ["1.505675e-19"],
    "eq 16": ["9.464311516e-13", "0.208", "0.924", "0.998", "0.304"],
    "eq 17": ["2.701178", "5.402356", "2 times"],
    "eq 21": ["7.273895e-4", "6.633801e-8", "1.323035e-7"],
    "text after 21": ["12.57 times"],  # 4 pi
    "number 7.3e-4": ["7.273895e-4"],
    "Si numbers 77 K": ["38 %"],
    "Si electrons 300 K": ["3.49e-3", "2.6e-4"],
    "Si holes 300 K": ["1.24e-3", "580 cm", "21 %", "6.7 std"],
    "Si comparison": ["22, 8.39, 4.81, 2.06", "3.1, 1.25, 0.763"],
    "eq 25": ["371.6953"],
    "eq 26": ["6.283 times", "16.972"],
    "eq 28": ["12.57 times"],
    "eq 28 universality": ["12.2 um", "3.222", "6.444", "20.24", "40.49"],
    "Table II N": ["1.50919e33"],
    "Table II e": ["3.874046e-5"],
    "Table II pht": ["6.283 times", "3.142", "0.5"],
    "Table II em": ["0.5 times"],
}


@pytest.mark.parametrize("name", NUMBERS)
def test_the_numbers_of_the_findings(name: str, items: dict[str, AuditItem]) -> None:
    told = f"{items[name].corrected} {items[name].reason}"
    for number in NUMBERS[name]:
        assert number in told


def test_sentences_are_our_own(items: dict[str, AuditItem], findings: list[dict[str, str]]) -> None:
    """No clause of the findings of six words or more stands here: the facts are shared, the sentences are not."""
    ours = " ".join(f"{i.claim} {i.corrected} {i.reason}" for i in items.values()).replace("`", "").lower()
    for row in findings:
        for clause in re.split(r"[;:.,(\"]\s", row["reason"]):
            assert len(clause.split()) < 6 or clause.strip().lower() not in ours, row["item"]


def test_an_item_is_plain_text_with_the_five_keys(items: dict[str, AuditItem]) -> None:
    for item in items.values():
        plain = item.to_dict()
        assert list(plain) == ["item", "claim", "verdict", "corrected", "reason"]
        assert "`" not in "".join(plain.values())
        assert item.claim.endswith(".")
        assert item.reason.startswith(("Holds for", "Fails for"))
        assert set(item.rows) <= {*ROWS, *QUANTITIES}
        assert set(item.rows) & set(ROWS)
        assert set(item.rows) & set(QUANTITIES)
        if item.verdict != "consistent" and item.item != "Si numbers 77 K":  # nobody knows a better number there
            assert item.corrected


def test_an_inconsistent_item_says_by_how_much(items: dict[str, AuditItem]) -> None:
    """Every failing case that is a number says its factor; what is none differs in dimension or in letters."""
    for item in items.values():
        for case in item.cases:
            if not case.holds and case.ratio is not None:
                assert case.ratio != 1
    wrong = [i for i in items.values() if i.verdict == "inconsistent"]
    told = [any(c.ratio is not None or "dimension" in c.found for c in i.cases if not c.holds) for i in wrong]
    assert told.count(False) == 1  # "each unit contains h" is about letters


# -- the rule ---------------------------------------------------------------------------------------------------------


def case(holds: bool, *, needed: bool = False) -> Case:
    return Case(condition="", holds=holds, found="", needed=needed)


@pytest.mark.parametrize(
    ("cases", "verdict"),
    [
        ([case(True), case(True)], "consistent"),
        ([case(True), case(False)], "conditional"),
        ([case(False), case(False)], "inconsistent"),
        ([case(True, needed=True)], "consistent"),
        ([case(False, needed=True)], "inconsistent"),
        ([case(False, needed=True), case(True)], "inconsistent"),
        ([case(True, needed=True), case(False)], "inconsistent"),
        ([case(True, needed=True), case(True), case(False)], "conditional"),
    ],
)
def test_a_verdict_is_a_quantifier(cases: list[Case], verdict: str) -> None:
    assert verdict_of(cases) == verdict


def test_nothing_follows_from_no_case() -> None:
    with pytest.raises(ConfigError, match="without a case"):
        verdict_of([])


def test_no_verdict_is_written_down() -> None:
    """No module but the rule's own names a verdict."""
    import gzero.audit.item

    folder = Path(gzero.audit.item.__file__).parent
    for path in folder.glob("*.py"):
        text = re.sub(r'"""[\s\S]*?"""', "", path.read_text(encoding="utf-8"))
        if path.name != "item.py":
            assert not re.search("|".join(VERDICTS), text), path.name


# -- what touches a quantum -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "within", "without"),
    [
        ("2e^2/h", {"eq 1", "eq 8 second equality", "Table II e"}, {"eq 14", "eq 17", "eq 21", "Si holes 300 K"}),
        ("m^2/h", {"eq 12", "eq 13", "eq 14", "Table III m"}, {"eq 16", "eq 21", "Table II e"}),
        ("h/m", {"eq 19", "eq 21", "Si holes 300 K", "Table I quantum ballistic"}, {"eq 14", "eq 17", "eq 11"}),
        ("kappa0*T", {"eq 15", "eq 16", "Table II th"}, {"eq 9", "eq 18", "eq 21"}),
        ("P*kB*c/L", {"eq 17", "eq 28", "Table III pht"}, {"eq 1", "eq 16", "Table II phn"}),
        ("eps0*c", {"eq 11", "Table II em"}, {"eq 1", "eq 28"}),
        ("c*lambda", {"eq 25", "Table I quantum relativistic"}, {"eq 21", "eq 12"}),
    ],
)
def test_items_that_touch_a_quantum(
    symbol: str, within: set[str], without: set[str], items: dict[str, AuditItem]
) -> None:
    whole = Conditions(mass=1.0, temperature=1.0, length=1.0, photon_energy=1.0)
    found = {item.item for item in touching(items.values(), parse_quantum(symbol, whole))}
    assert within <= found
    assert not without & found


def test_judging_again_gives_the_same(items: dict[str, AuditItem]) -> None:
    assert judge(ITEMS["eq 17"]) == items["eq 17"]
