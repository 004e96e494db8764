"""Symbols of quanta and units, typeset: from the canonical ASCII of `gzero.quanta` to Unicode, LaTeX, or marked parts.

Every function is total: what is not a symbol that gzero knows comes back as plain text, never as markup of any format.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Literal

#: Quantities: ASCII name -> (base glyph, subscript).
_QUANTITIES = {
    "h": ("h", ""), "hbar": ("ħ", ""), "e": ("e", ""), "m": ("m", ""), "m0": ("m", "0"), "m_e": ("m", "e"),
    "m*": ("m", ""), "m_r": ("m", "r"),
    "c": ("c", ""), "s": ("s", ""), "L": ("L", ""), "l": ("l", ""), "T": ("T", ""), "P": ("P", ""), "f": ("f", ""),
    "n": ("n", ""), "N": ("N", ""),
    "kB": ("k", "B"), "k_B": ("k", "B"), "kappa0": ("κ", "0"), "eps": ("ε", ""), "eps0": ("ε", "0"),
    "mu0": ("μ", "0"), "lambda": ("λ", ""),
    "pi": ("π", ""), "Gamma": ("Γ", ""), "tau": ("τ", ""), "v_x": ("v", "x"), "v_F": ("v", "F"), "h_s": ("h", "s"),
    "q": ("q", ""), "q_P": ("q", "P"),
    "G": ("G", ""), "G0": ("G", "0"), "D": ("D", ""), "D0": ("D", "0"), "Z0": ("Z", "0"), "R_s": ("R", "s"),
    "R_K": ("R", "K"), "chi2": ("χ²", ""),
    "K": ("K", ""), "mu": ("μ", ""), "alpha": ("α", ""), "omega_x": ("ω", "x"), "omega_y": ("ω", "y"), "M": ("M", ""),
    "v": ("v", ""), "W": ("W", ""), "A": ("A", ""), "F": ("F", ""), "f0": ("f", "0"), "k_F": ("k", "F"), "tau_T": ("τ", "T"),
    "tau_r": ("τ", "r"), "lambda_b": ("λ", "b"), "dN2": ("δN²", ""), "zeta": ("ζ", ""),
}  # fmt: skip

#: Greek and others as LaTeX commands.
_LATEX = {
    "ħ": r"\hbar", "κ": r"\kappa", "ε": r"\varepsilon", "μ": r"\mu", "λ": r"\lambda", "π": r"\pi", "Γ": r"\Gamma",
    "τ": r"\tau", "χ²": r"\chi^{2}", "δN²": r"\delta N^{2}", "ζ": r"\zeta",
    "α": r"\alpha", "ω": r"\omega", "Ω": r"\Omega", "µ": r"\mu", "√": r"\surd", "Å": r"\text{Å}",
    "°C": r"^{\circ}\mathrm{C}",
}  # fmt: skip

#: Unicode spellings that are read back to the ASCII names.
_READ = {
    "ħ": "hbar", "κ₀": "kappa0", "κ0": "kappa0", "ε₀": "eps0", "ε0": "eps0", "ε": "eps", "μ₀": "mu0", "λ": "lambda",
    "π": "pi", "Γ": "Gamma", "τ": "tau",
    "\u03a9": "ohm", "\u2126": "ohm", "·": "*", "−": "-",
}  # fmt: skip
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"
_TO_SUPERSCRIPT = str.maketrans("0123456789-", _SUPERSCRIPTS)
_FROM_SUPERSCRIPT = str.maketrans(_SUPERSCRIPTS, "0123456789-")
_TO_SUBSCRIPT = str.maketrans("0123456789xs", "₀₁₂₃₄₅₆₇₈₉ₓₛ")

_UNIT_ATOMS = {
    "S", "V", "A", "ohm", "Hz", "W", "J", "K", "T", "m", "g", "s", "eV", "F", "C", "H", "N", "Pa", "rad", "mol", "u",
    "min", "Wb", "bar",
    "degC", "angstrom", "Da", "m_e", "m0",
}  # fmt: skip
_UNIT_GLYPHS = {"ohm": "Ω", "degC": "°C", "angstrom": "Å", "m_e": "mₑ", "m0": "m₀"}

_TOKEN = re.compile(
    r"(?P<number>\d+(?:\.\d+)?)|(?P<word>m\*(?=$|[)/\s])|[A-Za-z][A-Za-z_]*\d*)"
    r"|\^(?:\((?P<inner>-?\d+)\)|(?P<power>-?\d+))|(?P<mark>[*/()+]|\s+)"
)

Kind = Literal["quantity", "unit", "number", "mark", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One piece of a typeset symbol: base glyphs with what stands below and above them.

    kind : "quantity" is set in italics, everything else upright; "text" is whatever was not understood, as typed.
    """

    base: str
    kind: Kind
    lower: str = ""
    upper: str = ""


def symbol_parts(symbol: str) -> tuple[Part, ...]:
    """A quantum or formula in pieces; one piece of kind "text" for anything that is not one.

    >>> [(p.base, p.lower, p.upper) for p in symbol_parts("2e^2/h")]
    [('2', '', ''), ('e', '', '2'), ('/', '', ''), ('h', '', '')]
    """
    return _parts(symbol, "quantity")


def unit_parts(unit: str) -> tuple[Part, ...]:
    """A unit in pieces; one piece of kind "text" for anything that is not one."""
    return _parts(unit, "unit")


@functools.lru_cache(maxsize=512)
def _parts(symbol: str, kind: Literal["quantity", "unit"]) -> tuple[Part, ...]:
    spelled = re.sub(f"[{_SUPERSCRIPTS}]+", lambda m: "^" + m[0].translate(_FROM_SUPERSCRIPT), symbol.strip())
    for seen, name in _READ.items():
        spelled = spelled.replace(seen, name)
    parts: list[Part] = []
    at = 0
    while at < len(spelled) and len(spelled) <= 120:
        match = _TOKEN.match(spelled, at)
        part = None if match is None else _part(match, kind, parts)
        if match is None or part is None:
            return (Part(base=symbol, kind="text"),)
        parts.append(part)
        at = match.end()
    if at < len(spelled):
        return (Part(base=symbol, kind="text"),)
    return tuple(_spaced(parts))


def _part(match: re.Match[str], kind: Literal["quantity", "unit"], before: list[Part]) -> Part | None:
    """The piece of one token; a power takes the piece before it off the list. None where it makes no sense."""
    if match["number"]:
        return Part(base=match["number"], kind="number")
    power = match["power"] or match["inner"]
    if power:
        if not before or before[-1].upper or (before[-1].kind == "mark" and before[-1].base != ")"):
            return None
        last = before.pop()
        return Part(base=last.base, kind=last.kind, lower=last.lower, upper=power)
    if match["mark"]:
        return Part(base=match["mark"] if not match["mark"].isspace() else " ", kind="mark")
    word = match["word"]
    if kind == "unit":
        glyphs = _unit_glyphs(word)
        return None if glyphs is None else Part(base=glyphs, kind="unit")
    if word == "sqrt":
        return Part(base="√", kind="mark")
    if word not in _QUANTITIES:
        return None
    base, lower = _QUANTITIES[word]
    return Part(base=base, kind="quantity", lower=lower, upper="*" if word == "m*" else "")


def _unit_glyphs(word: str) -> str | None:
    if word in _UNIT_ATOMS:
        return _UNIT_GLYPHS.get(word, word)
    if word[0] in "zafpnumkMGTPcd" and word[1:] in _UNIT_ATOMS:
        return word[0].replace("u", "µ") + _UNIT_GLYPHS.get(word[1:], word[1:])
    return None


def _spaced(parts: list[Part]) -> list[Part]:
    """Products written with a star stand close when both factors are one letter, with a space when they are not."""
    out: list[Part] = []
    for i, part in enumerate(parts):
        if part.base != "*" or part.kind != "mark":
            out.append(part)
            continue
        neighbours = parts[max(0, i - 1) : i] + parts[i + 1 : i + 2]
        close = all(p.kind == "quantity" and not (p.lower and p.lower.isalpha()) for p in neighbours)
        if not close:
            out.append(Part(base=" ", kind="mark"))
    return out


def _text(parts: tuple[Part, ...]) -> str:
    pieces = []
    for part in parts:
        lower = part.lower.translate(_TO_SUBSCRIPT)
        pieces.append(part.base + lower + part.upper.translate(_TO_SUPERSCRIPT))
    return "".join(pieces)


def symbol_text(symbol: str) -> str:
    """A quantum or formula as Unicode text; an unknown one as it came.

    >>> symbol_text("2e^2/h"), symbol_text("kappa0*T"), symbol_text("hbar/2m"), symbol_text("P*kB*c/L")
    ('2e²/h', 'κ₀T', 'ħ/2m', 'P kB c/L')
    """
    return _text(symbol_parts(symbol))


def unit_text(unit: str | None) -> str:
    """A unit as Unicode text; "" for dimensionless, "(unit unknown)" for None, an unknown one as it came.

    >>> unit_text("m^2/s"), unit_text("1/(J s)"), unit_text("ohm"), unit_text("")
    ('m²/s', '1/(J s)', 'Ω', '')
    """
    return "(unit unknown)" if unit is None else _text(unit_parts(unit))


def _latex(parts: tuple[Part, ...]) -> str:
    pieces: list[str] = []
    for part in parts:
        base = part.base
        if part.kind == "text":
            base = rf"\text{{{latex_text(base)}}}"
        elif part.kind == "unit":
            base = "".join(_LATEX.get(c, rf"\mathrm{{{c}}}") for c in re.findall(r"[A-Za-z]+|°C|.", base))
        elif part.base == " ":
            base = r"\,"
        else:
            base = _LATEX.get(base, base)
        lower = rf"_{{\mathrm{{{part.lower}}}}}" if part.lower else ""
        upper = rf"^{{{part.upper}}}" if part.upper else ""
        piece = base + lower + upper
        if pieces and re.search(r"\\[A-Za-z]+$", pieces[-1]) and piece[:1].isalpha():
            piece = " " + piece
        pieces.append(piece)
    return "".join(pieces)


def symbol_latex(symbol: str) -> str:
    r"""A quantum or formula for LaTeX's mathematics, without the dollars; an unknown one as escaped `\text{...}`.

    >>> symbol_latex("2e^2/h"), symbol_latex("hbar/2m")
    ('2e^{2}/h', '\\hbar/2m')
    """
    return _latex(symbol_parts(symbol))


def unit_latex(unit: str | None) -> str:
    r"""A unit for LaTeX's mathematics, without the dollars.

    >>> unit_latex("m^2/s")
    '\\mathrm{m}^{2}/\\mathrm{s}'
    """
    return r"\text{(unit unknown)}" if unit is None else _latex(unit_parts(unit))


_LATEX_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
}  # fmt: skip


def latex_text(text: str) -> str:
    """Text with every character that LaTeX would act on escaped, on one line."""
    return " ".join("".join(_LATEX_ESCAPES.get(c, c) for c in text).split())
