"""What a report rests on, as a list of references: units, constants, rules and published values, each where it was used."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gzero.analysis import Analysis
from gzero.report.document import Notes
from gzero.report.symbols import symbol_text
from gzero.report.wording import typeset

UNITS = "L. Reggiani, E. Alfinito, F. Intini (2026), arXiv:2604.19828: the fundamental units, with its corrections."
CONSTANTS = "P. J. Mohr et al., CODATA recommended values of the fundamental physical constants: 2022, Rev. Mod. Phys. 97, 025002 (2025), doi:10.1103/RevModPhys.97.025002."
ROUNDING = (
    "Particle Data Group, Phys. Rev. D 110, 030001 (2024), doi:10.1103/PhysRevD.110.030001: the rule of rounding."
)
UNCERTAINTY = "JCGM 100:2008, Guide to the expression of uncertainty in measurement, doi:10.59161/JCGM100-2008E."
EQUIVALENCE = (
    "D. J. Schuirmann, J. Pharmacokinet. Biopharm. 15, 657 (1987), doi:10.1007/BF01068419: the test of equivalence."
)
CRITERION = (
    "G. Schwarz, Ann. Stat. 6, 461 (1978), doi:10.1214/aos/1176344136: the information criterion BIC of the rivals."
)
SPECIFICATION = "U. Simonsohn, J. P. Simmons, L. D. Nelson, Nat. Hum. Behav. 4, 1208 (2020), doi:10.1038/s41562-020-0912-z: the specification curve."

NOISE = (
    "P. J. Rousseeuw, C. Croux, J. Am. Stat. Assoc. 88, 1273 (1993), doi:10.1080/01621459.1993.10476408: the noise of a reading, "
    "from differences of neighbours."
)
RED_NOISE = (
    "H. D. Patterson, R. Thompson, Biometrika 58, 545 (1971), doi:10.1093/biomet/58.3.545: the restricted likelihood of a noise "
    "spectrum, given fitted parameters."
)
WILSON = "E. B. Wilson, J. Am. Stat. Assoc. 22, 209 (1927), doi:10.1080/01621459.1927.10502953: the interval of a simulated rate."

#: What bears these DOIs, where a model or a method names no more than the DOI.
SOURCES = {
    "10.1002/andp.19003060312": "P. Drude, Ann. Phys. 306, 566 (1900)",
    "10.1016/S0081-1947(08)60091-0": "C. W. J. Beenakker, H. van Houten, Solid State Phys. 44, 1 (1991)",
    "10.1016/S0370-1573(00)00070-3": "R. Metzler, J. Klafter, Phys. Rep. 339, 1 (2000)",
    "10.1016/S0370-1573(02)00633-6": "N. Agraït, A. Levy Yeyati, J. M. van Ruitenbeek, Phys. Rep. 377, 81 (2003)",
    "10.1017/CBO9780511805776": "S. Datta, Electronic Transport in Mesoscopic Systems, Cambridge University Press (1995)",
    "10.1063/1.1721637": "S. Machlup, J. Appl. Phys. 25, 341 (1954)",
    "10.1080/01621459.2012.737745": "R. Killick, P. Fearnhead, I. A. Eckley, J. Am. Stat. Assoc. 107, 1590 (2012)",
    "10.1098/rsta.1974.0020": "D. G. Kendall, Phil. Trans. R. Soc. Lond. A 276, 231 (1974)",
    "10.1103/PhysRev.101.1699": "G. W. Ludwig, R. L. Watters, Phys. Rev. 101, 1699 (1956)",
    "10.1103/PhysRev.81.835": "J. R. Haynes, W. Shockley, Phys. Rev. 81, 835 (1951)",
    "10.1103/PhysRevB.39.1120": "P. T. Coleridge, R. Stoner, R. Fletcher, Phys. Rev. B 39, 1120 (1989)",
    "10.1103/PhysRevB.39.8040": "L. P. Kouwenhoven et al., Phys. Rev. B 39, 8040 (1989)",
    "10.1103/PhysRevB.41.7906": "M. Büttiker, Phys. Rev. B 41, 7906 (1990)",
    "10.1103/PhysRevB.64.155106": "N. V. Smith, Phys. Rev. B 64, 155106 (2001)",
    "10.1103/PhysRevE.82.041914": "X. Michalet, Phys. Rev. E 82, 041914 (2010)",
    "10.1103/PhysRevE.85.061916": "X. Michalet, A. J. Berglund, Phys. Rev. E 85, 061916 (2012)",
    "10.1103/PhysRevLett.92.226801": "L. DiCarlo et al., Phys. Rev. Lett. 92, 226801 (2004)",
    "10.1126/science.1223175": "J.-P. Brantut et al., Science 337, 1069 (2012)",
    "10.1126/science.1241912": "S. Jezouin et al., Science 342, 601 (2013)",
}

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s,;]+|\barXiv:\s*[\w./-]+\w", re.IGNORECASE)
_BARE = re.compile(r"(?<![\w:/.])(?:doi:?\s+)?(10\.\d{4,9}/)")


def references(analyses: Sequence[Analysis]) -> Notes:
    """The references of these analyses, in the order of the report, each once: units and constants, rules of the numbers,
    the verdict, the noise, the formulas of the models, and the published values beside them.
    """
    judged = [a.verdict for a in analyses if a.verdict is not None]
    found = [UNITS, CONSTANTS, UNCERTAINTY, ROUNDING]
    tested = [r for a in analyses if a.answer is not None for r in a.answer.reasons if "% interval" in r]
    found += [EQUIVALENCE] if judged or tested else []
    found += [CRITERION] if any(v.rivals for v in judged) else []
    found += [WILSON] if any(v.trials for v in judged) else []
    found += [SPECIFICATION] if any(a.multiverse is not None for a in analyses) else []
    found += _of_noise(analyses)
    found += _of_models(analyses)
    found += _of_published(analyses)
    said = [value for a in analyses for value in a.provenance.values()]
    said += [line for a in analyses for line in (*a.method, *(c.note for c in a.ledger))]
    known = " ".join(found).lower()
    for text in said:
        for match in _DOI.finditer(text):
            if (name := _whole(match[0])).lower() not in known:
                found.append(f"{cited(name)}: named by the data or the method.")
                known += " " + name.lower()
    return Notes(items=tuple(dict.fromkeys(found)))


def _of_noise(analyses: Sequence[Analysis]) -> list[str]:
    """How noise was learnt where nobody stated it; a noise model says so in words."""
    models = [a.fit.noise_model for a in analyses if a.fit is not None]
    out = [NOISE] if any("estimated" in m or "learnt" in m for m in models) else []
    return out + ([RED_NOISE] if any("red" in m.split() or "red (" in m for m in models) else [])


def _of_models(analyses: Sequence[Analysis]) -> list[str]:
    """The source of every model's formula, with the models that it gives."""
    sources: dict[str, list[str]] = {}
    for a in analyses:
        if a.fit is not None:
            reference = a.fit.reference or ("" if a.fit.problem is None else a.fit.problem.model.reference)
            for one in filter(None, reference.split("; ")):
                names = sources.setdefault(cited(one), [])
                names += [] if a.fit.model in names else [a.fit.model]
    return [f"{one}: the formula of “{'” and “'.join(names)}”." for one, names in sources.items()]


def cited(reference: str) -> str:
    """A reference as it stands in a list: a bare DOI with what bears it, and every DOI marked as one.

    >>> cited("doi 10.1063/1.1721637"), cited("arXiv:2604.19828, eqs. (17), (18)")
    ('S. Machlup, J. Appl. Phys. 25, 341 (1954), doi:10.1063/1.1721637', 'arXiv:2604.19828, eqs. (17), (18)')
    """
    marked = _marked(reference.strip())
    bare = marked.removeprefix("doi:")
    return f"{SOURCES[bare]}, {marked}" if bare in SOURCES else marked


def _of_published(analyses: Sequence[Analysis]) -> list[str]:
    """The published values that something is compared with; of one publication all of them together."""
    values: dict[str, list[str]] = {}
    for a in analyses:
        for c in a.comparisons:
            if c.reference:
                shown = values.setdefault(c.reference.rstrip("."), [])
                name = typeset(symbol_text(c.name))
                shown += [] if name in shown else [name]
    return [f"{_marked(reference)}: {'; '.join(names)}." for reference, names in values.items()]


def _whole(doi: str) -> str:
    """A DOI without the punctuation of its sentence; a bracket that it opens itself stays.

    >>> _whole("10.1098/rsta.1974.0020)."), _whole("10.1016/0038-1101(77)90054-5.")
    ('10.1098/rsta.1974.0020', '10.1016/0038-1101(77)90054-5')
    """
    kept = doi.rstrip(".:'\"")
    while kept.endswith(")") and kept.count(")") > kept.count("("):
        kept = kept[:-1].rstrip(".")
    return kept


def _marked(reference: str) -> str:
    """A reference whose DOI is marked as one.

    >>> _marked("Kendall 1974, 10.1098/rsta.1974.0020"), _marked("doi 10.1/x: no DOI")
    ('Kendall 1974, doi:10.1098/rsta.1974.0020', 'doi 10.1/x: no DOI')
    """
    return _BARE.sub(r"doi:\1", reference)
