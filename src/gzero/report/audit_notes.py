"""What the audit of the source paper says of the quanta and the experiments of a report, and how its sentences are typeset."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gzero.analysis import Analysis
from gzero.audit.item import VERDICTS, AuditItem, Verdict
from gzero.audit.relevance import SOURCE, counts, of_rows, touching
from gzero.audit.results import shipped_results
from gzero.errors import ConfigError
from gzero.measurement.kinds import kind
from gzero.quanta import Quantum, parse_quantum
from gzero.report.document import Block, Notes, Paragraph, Section, TableBlock
from gzero.report.rounding import typographic
from gzero.report.symbols import symbol_parts, symbol_text
from gzero.report.wording import text
from gzero.version import VERSION

TITLE = "The source paper on this quantum"

#: How a verdict follows, for the reader.
RULE = (
    "Each statement is put as a formula or a number and worked out in several cases: states of nature that it covers, or "
    "readings that its words allow. It is consistent when it holds in all of them, conditional when in some, inconsistent "
    "when in none, or when it lacks what every case needs, such as the right dimension.",
    "Each fault counts once, at the statement that makes it: what a statement takes from another one is taken as it holds.",
)

_MARKS: dict[Verdict, str] = {
    "consistent": "✔ consistent",
    "conditional": "? conditional",
    "inconsistent": "✘ inconsistent",
}

#: Letters that stand in sentences by their ASCII names.
_LETTERS = {
    "Gamma": "Γ", "lambda_b": "λ_b", "lambda": "λ", "h_s": "hₛ", "tau_T": "τ_T", "tau_r": "τ_r", "tau": "τ", "eta": "η", "sigma": "σ",
    "kappa0": "κ₀", "eps0": "ε₀", "eps": "ε", "hbar": "ħ", "pi": "π", "m_r": "m_r", "Fuerth": "Fürth", "um": "µm",
    "Schroedinger's": "Schrödinger's", "alpha": "α",
}  # fmt: skip
_WORD = re.compile(rf"(?<![A-Za-z_])(?:{'|'.join(_LETTERS)})(?![A-Za-z_])")
_SUBSCRIPT = str.maketrans("0123456789s", "₀₁₂₃₄₅₆₇₈₉ₛ")
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def readable(sentence: str) -> str:
    """A sentence of the audit with its formulas, letters, powers and numbers typeset in Unicode.

    >>> readable("2 times `q_P^2/h`, with Gamma = 1 and 7.3e-4 m^2/s")
    '2 times q_P²/h, with Γ = 1 and 7.3 × 10⁻⁴ m²/s'
    """
    pieces = sentence.split("`")
    for i, piece in enumerate(pieces):
        if i % 2:
            pieces[i] = _formula(piece)
            continue
        plain = re.sub(r"(?<![\w.])\d+(?:\.\d+)?e-?\d+", lambda m: typographic(m[0]), piece)
        plain = re.sub(r"\bsqrt\((\w+)\)", r"√\1", _WORD.sub(lambda m: _LETTERS[m[0]], plain))
        pieces[i] = re.sub(r"\^(-?\d+)", lambda m: m[1].translate(_SUPERSCRIPT), plain).replace("<=", "≤")
        pieces[i] = re.sub(r"(?<=[= ])-(?=\d)|(?<= )-(?= )", "−", pieces[i])
    return "".join(pieces)


def _formula(symbol: str) -> str:
    """A formula in Unicode; a subscript that Unicode lacks stays behind an underscore, but that of kB."""
    pieces = []
    for part in symbol_parts(symbol):
        lower = part.lower.translate(_SUBSCRIPT)
        joint = "_" if lower.isalpha() and lower.isascii() and part.base != "k" else ""
        pieces.append(part.base + joint + lower + part.upper.translate(_SUPERSCRIPT))
    return "".join(pieces)


def items_table(items: Sequence[AuditItem], caption: str, *, name: str) -> TableBlock:
    """Items with all that was worked out."""
    rows = tuple(
        (
            text(i.item), text(readable(i.claim)), text(_MARKS[i.verdict]), text(readable(i.corrected)), text(readable(i.reason)),
        )
        for i in items
    )  # fmt: skip
    heads = ("Item", "The paper says", "Verdict", "What holds", "What was worked out")
    return TableBlock(caption=caption, heads=heads, rows=rows, name=name)


def counted(found: dict[Verdict, int]) -> str:
    """Counts in words, without those that are nought."""
    return ", ".join(f"{found[verdict]} {verdict}" for verdict in VERDICTS if found[verdict])


def items_on(items: Sequence[AuditItem], analyses: Sequence[Analysis]) -> tuple[AuditItem, ...]:
    """The items that touch a quantum or an experiment of these analyses, in the paper's order."""
    found = {item.item for q in _quanta(analyses) for item in touching(items, q)}
    for name in dict.fromkeys(a.experiment for a in analyses):
        found |= {item.item for item in of_rows(items, kind(name).paper_rows, "conductance")}
    return tuple(item for item in items if item.item in found)


def _quanta(analyses: Sequence[Analysis]) -> list[Quantum]:
    """The quanta that the analyses are about: theirs, else that of their experiment, else those they are compared with."""
    found: dict[tuple[str, str], Quantum] = {}
    for a in analyses:
        named = [a.quantum] if a.quantum is not None else [_parsed(kind(a.experiment).quantum)]
        if named == [None]:
            named = [_parsed(c.name) for c in a.comparisons]
        found |= {(q.symbol, q.unit): q for q in named if q is not None}
    return list(found.values())


def _parsed(name: str) -> Quantum | None:
    """The quantum of that name, None where it is the name of something else."""
    try:
        return parse_quantum(name) if name else None
    except ConfigError:
        return None


def notes_section(analyses: Sequence[Analysis], audit: Sequence[AuditItem] = ()) -> Section:
    """The section of a report on the statements of the paper that touch it.

    Parameters
    ----------
    analyses : whose quanta and experiments are asked for.
    audit : the items worked out there and then, which are told with all that was worked out; none for the shipped results,
        which are told with claim, verdict and corrected form.
    """
    shipped = None if audit else shipped_results()
    items = audit if shipped is None else shipped.items
    kept = items_on(items, analyses)
    if not kept:
        return Section(
            title=TITLE,
            blocks=(Paragraph(text="No statement of the paper touches the quantum or the experiment of this report."),),
        )
    quanta = _quanta(analyses)
    subject = (
        ", ".join(symbol_text(q.symbol) for q in quanta)
        if len(quanta) <= 4
        else f"the {len(quanta)} units of this report"
    )
    said = f"{len(kept)} of {len(items)} statements of {SOURCE} touch {subject or 'this experiment'}: {counted(counts(kept))}."
    if shipped is None:
        worked = f" All were worked out for this report, with gzero {VERSION}."
        blocks: tuple[Block, ...] = (Notes(items=RULE), items_table(kept, "Audit of the paper", name="audit"))
    else:
        worked = f" Worked out with gzero {shipped.version}; with --audit a report works them out anew and tells the reasons."
        blocks = tuple(_brief_tables(kept))
        sound = [i.item for i in kept if i.verdict == "consistent"]
        if len(sound) > _LISTED:
            blocks += (Paragraph(text=f"These hold as printed ({_MARKS['consistent']}): {', '.join(sound)}."),)
    return Section(title=TITLE, blocks=(Paragraph(text=said + worked), *blocks))


#: Sound statements that are told one by one; of more, as in a report on all units, only the names.
_LISTED = 30


def _brief_tables(items: Sequence[AuditItem]) -> list[TableBlock]:
    """Those that do not hold as printed, with what holds; below them those that do."""
    faulty = [i for i in items if i.verdict != "consistent"]
    sound = [i for i in items if i.verdict == "consistent"]
    tables = []
    if faulty:
        judged = tuple(
            (text(i.item), text(readable(i.claim)), text(_MARKS[i.verdict]), text(readable(i.corrected)))
            for i in faulty
        )
        heads: tuple[str, ...] = ("Item", "The paper says", "Verdict", "What holds")
        caption = "Statements that hold in some cases (conditional) or in none (inconsistent)"
        tables.append(TableBlock(caption=caption, heads=heads, rows=judged, notes=RULE, name="audit"))
    if sound and len(sound) <= _LISTED:
        rows = tuple((text(i.item), text(readable(i.claim)), text(readable(i.corrected))) for i in sound)
        heads = ("Item", "The paper says", "Numbers and remarks")
        caption = f"Statements that hold as printed ({_MARKS['consistent']})"
        tables.append(TableBlock(caption=caption, heads=heads, rows=rows, name="audit-sound"))
    return tables


def notes_record(analyses: Sequence[Analysis], audit: Sequence[AuditItem] = ()) -> dict[str, object]:
    """The same for the JSON record: the version that worked them out, and one entry an item."""
    shipped = None if audit else shipped_results()
    items = audit if shipped is None else shipped.items
    kept = items_on(items, analyses)
    return {"gzero": VERSION if shipped is None else shipped.version, "items": [item.to_dict() for item in kept]}


def audit_rows(items: Sequence[AuditItem]) -> tuple[list[str], list[list[str]]]:
    """(heads, one row an item) for a workbook."""
    rows = [
        [i.item, i.chapter, readable(i.claim), i.verdict, readable(i.corrected), readable(i.reason), ", ".join(i.rows)]
        for i in items
    ]
    return ["item", "chapter", "claim", "verdict", "corrected", "reason", "rows of Table II and quantities"], rows
