"""What a report rests on, as a list of references: units, constants, rules and published values, each where it was used."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gzero.analysis import Analysis
from gzero.report.document import Notes

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

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s,;]+[^\s,;.]|\barXiv:\s*[\w./-]+\w", re.IGNORECASE)


def references(analyses: Sequence[Analysis]) -> Notes:
    """The references of these analyses, in the order of the report, each once."""
    judged = [a.verdict for a in analyses if a.verdict is not None]
    found = [UNITS, CONSTANTS, UNCERTAINTY, ROUNDING]
    found += [EQUIVALENCE] if judged else []
    found += [CRITERION] if any(v.rivals for v in judged) else []
    found += [SPECIFICATION] if any(a.multiverse is not None for a in analyses) else []
    found += [f"{c.reference.rstrip('.')}: {c.name}." for a in analyses for c in a.comparisons if c.reference]
    said = [value for a in analyses for value in a.provenance.values()]
    said += [line for a in analyses for line in (*a.method, *(c.note for c in a.ledger))]
    known = " ".join(found)
    for text in said:
        for match in _DOI.finditer(text):
            if match[0] not in known:
                found.append(f"{match[0]}, named by the data or the method.")
                known += " " + match[0]
    return Notes(items=tuple(dict.fromkeys(found)))
