r"""A document as a LaTeX fragment for `\input`: booktabs tables, numbers by siunitx, symbols as mathematics.

Nothing of a text reaches TeX unescaped. pdfLaTeX, XeLaTeX and LuaLaTeX compile the fragment; a character that pdfLaTeX
has no glyph for becomes its code point there (`[U+1F600]`), the other two set it in the document's font.
"""

from __future__ import annotations

import re
import unicodedata

from gzero.report.document import Block, Box, Cell, Document, Facts, FigureBlock, Notes, Paragraph, Section, TableBlock
from gzero.report.symbols import symbol_latex, symbol_parts
from gzero.report.terminal import numeric_column, visible_text

PACKAGES = "amsmath,array,booktabs,longtable,siunitx"

_PREAMBLE = r"""\providecommand{\gzerochar}[2]{\ifdefined\XeTeXversion#2\else\ifdefined\directlua#2\else[U+#1]\fi\fi}"""

_ASCII = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "`": r"\textasciigrave{}", "[": "{[}", "]": "{]}", "\t": r"\quad{}",
}  # fmt: skip

#: Two of these in a row would become another character.
_LIGATURES = set("-',")

_MARKS = {
    "\xa0": "~", "\u202f": r"\,", "\u2009": r"\,", "–": r"\textendash{}", "—": r"\textemdash{}",
    "‘": r"\textquoteleft{}", "’": r"\textquoteright{}", "“": r"\textquotedblleft{}", "”": r"\textquotedblright{}",
    "…": r"\ldots{}", "•": r"\textbullet{}", "§": r"\S{}", "©": r"\textcopyright{}",
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "ø": r"\o{}", "Ø": r"\O{}", "œ": r"\oe{}", "Œ": r"\OE{}",
    "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}",
}  # fmt: skip

_MATHS = {
    "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\varepsilon", "ζ": r"\zeta", "η": r"\eta",
    "θ": r"\theta", "ι": r"\iota", "κ": r"\kappa", "λ": r"\lambda", "μ": r"\mu", "µ": r"\mu", "ν": r"\nu", "ξ": r"\xi",
    "π": r"\pi", "ρ": r"\rho", "σ": r"\sigma", "ς": r"\varsigma", "τ": r"\tau", "υ": r"\upsilon", "φ": r"\varphi",
    "χ": r"\chi", "ψ": r"\psi", "ω": r"\omega", "Γ": r"\Gamma", "Δ": r"\Delta", "Θ": r"\Theta", "Λ": r"\Lambda",
    "Ξ": r"\Xi", "Π": r"\Pi", "Σ": r"\Sigma", "Φ": r"\Phi", "Ψ": r"\Psi", "Ω": r"\Omega", "\u2126": r"\Omega",
    "ħ": r"\hbar", "ℏ": r"\hbar", "±": r"\pm", "×": r"\times", "·": r"\cdot", "⋅": r"\cdot", "−": "-", "≤": r"\leq",
    "≥": r"\geq", "≠": r"\neq", "≈": r"\approx", "∞": r"\infty", "√": r"\surd", "→": r"\rightarrow", "∂": r"\partial",
    "←": r"\leftarrow", "°": r"^{\circ}", "∝": r"\propto", "≪": r"\ll", "≫": r"\gg", "¬": r"\neg",
}  # fmt: skip
_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+", strict=True))
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉ₑₓₛ", "0123456789exs", strict=True))

#: Accents that every font encoding of LaTeX can put on a letter.
_ACCENTS = set("\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327")

#: A number as `report.rounding` shows it, and what stands behind it.
_NUMBER = re.compile(
    r"(?P<sign>[-−+]?)(?P<digits>[0-9]+(?:\.[0-9]+)?)"
    r"(?:\((?P<paren>[0-9]+(?:\.[0-9]+)?)\)| ± (?P<std>[0-9]+(?:\.[0-9]+)?))?"
    r"(?: × 10(?P<power>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+))?(?P<rest> .*)?",
    re.DOTALL,
)

#: Letters without a space after which a line may break, and the longest text that stands in a column of its own width.
_UNBROKEN, _NARROW = 16, 26


def render_tex(document: Document) -> bytes:
    r"""The document as a LaTeX fragment, UTF-8; figures are left to the other formats.

    Parameters
    ----------
    document : what is told; all of its text is shown as typed.
    """
    title = " ".join(visible_text(document.title).split())
    lines = [
        f"% {title} - written by gzero",
        rf"% Needs in the preamble: \usepackage{{{PACKAGES}}}",
        r"% and for characters beyond Latin and Greek XeLaTeX or LuaLaTeX with a font that has them.",
        _PREAMBLE,
        "",
        rf"\section*{{{escape_tex(document.title)}}}",
    ]
    if document.banner:
        lines += [rf"\noindent\fbox{{\parbox{{0.95\linewidth}}{{\bfseries {escape_tex(document.banner)}}}}}\par", ""]
    if document.subtitle:
        lines += [rf"\noindent {_flowing(document.subtitle)}\par", ""]
    for section in document.sections:
        lines += _section(section)
    if document.footer:
        lines += [rf"\noindent{{\footnotesize {_flowing(document.footer)}\par}}", ""]
    return ("\n".join(lines) + "\n").encode("utf-8")


def escape_tex(text: str, *, newline: str = " ") -> str:
    r"""Text that LaTeX sets as typed; long words may break, a newline becomes `newline`.

    >>> escape_tex(r"50% of $x$_1 µS"), escape_tex("[a]--b")
    ('50\\% of \\$x\\$\\_1 \\ensuremath{\\mu}S', '{[}a{]}-{}-b')
    """
    pieces, unbroken, before = [], 0, ""
    for character in visible_text(text):
        if character in " \n":
            unbroken = 0
        elif unbroken == _UNBROKEN:
            pieces.append(r"\allowbreak{}")
            unbroken = 0
        elif character == before and character in _LIGATURES:
            pieces.append("{}")
        unbroken, before = unbroken + (character not in " \n"), character
        pieces.append(newline if character == "\n" else _character(character))
    # to TeX blanks in a row are one, and at the ends none
    return re.sub(r"^ | $|(?<= ) ", lambda _: r"\ ", "".join(pieces))


def _character(character: str) -> str:
    if character.isascii():
        return _ASCII.get(character, character)
    if character in _MARKS:
        return _MARKS[character]
    if character in _MATHS:
        return rf"\ensuremath{{{_MATHS[character]}}}"
    if character in _SUPERSCRIPTS:
        return rf"\ensuremath{{^{{{_SUPERSCRIPTS[character]}}}}}"
    if character in _SUBSCRIPTS:
        return rf"\ensuremath{{_{{\mathrm{{{_SUBSCRIPTS[character]}}}}}}}"
    plain = unicodedata.normalize("NFD", character)
    if (
        len(plain) == 2
        and plain[0].isascii()
        and plain[0].isalpha()
        and plain[1] in _ACCENTS
        and ord(character) < 0x180
    ):
        return character
    return rf"\gzerochar{{{ord(character):04X}}}{{{character}}}"


def _flowing(text: str) -> str:
    """Text of several lines, where a line may end."""
    return escape_tex(text, newline="\\leavevmode\\newline{}\n")


def _section(section: Section) -> list[str]:
    lines = [rf"\subsection*{{{escape_tex(section.title)}}}"]
    for block in section.blocks:
        lines += [*_block(block), ""]
    return lines


def _block(block: Block) -> list[str]:
    if isinstance(block, Paragraph):
        return [rf"{{}}{_flowing(block.text)}\par"]
    if isinstance(block, Notes):
        items = [rf"  \item {{}}{_flowing(item)}" for item in block.items]
        return [r"\begin{itemize}", *items, r"\end{itemize}"] if items else []
    if isinstance(block, Box):
        lines = [rf"{{}}{_flowing(line)}\par" for line in block.lines]
        return [r"\begin{quote}", rf"\textbf{{{escape_tex(block.headline)}}}\par", *lines, r"\end{quote}"]
    if isinstance(block, Facts):
        rows = [rf"{{}}{_flowing(name)} & {_inner(cell)} \\" for name, cell in block.pairs]
        raggedright = r">{\raggedright\arraybackslash}p"
        columns = rf"@{{}}{raggedright}{{0.27\linewidth}}{raggedright}{{0.66\linewidth}}@{{}}"
        return [rf"\begin{{longtable}}{{{columns}}}", r"\toprule", *rows, r"\bottomrule", r"\end{longtable}"]
    if isinstance(block, TableBlock):
        return _table(block)
    if isinstance(block, FigureBlock):
        return [rf"\noindent\emph{{Figure (not in this file):}} {_flowing(block.caption)}\par"]
    raise TypeError(f"LaTeX cannot show {type(block).__name__}")


def _table(block: TableBlock) -> list[str]:
    count = len(block.heads)
    heads = " & ".join(_flowing(head) for head in block.heads)
    rows = [rf"{{}}{' & '.join(_inner(cell) for cell in row)} \\" for row in block.rows]
    caption = [rf"\caption{{{escape_tex(block.caption)}}}\\"] if block.caption else []
    notes = [rf"\noindent{{\footnotesize {_flowing(note)}\par}}" for note in block.notes]
    columns, fits = _columns(block, count)
    small = [] if fits else [r"\begingroup\footnotesize\setlength{\tabcolsep}{3pt}"]
    return [
        *small,
        rf"\begin{{longtable}}{{{columns}}}",
        *caption,
        r"\toprule",
        rf"{{}}{heads} \\",
        r"\midrule",
        r"\endhead",
        *rows,
        r"\bottomrule",
        r"\end{longtable}",
        *([] if fits else [r"\endgroup"]),
        *notes,
    ]


def _columns(block: TableBlock, count: int) -> tuple[str, bool]:
    """Short columns in their own width, the others share what is left of the line; and whether the line is enough."""
    texts = [[block.heads[i], *(row[i].text for row in block.rows)] for i in range(count)]
    lengths = [max(len(text) if "\n" not in visible_text(text) else 1000 for text in column) for column in texts]
    wide = [length > _NARROW for length in lengths]
    room = 0.94 - 0.03 * count - sum(0.013 * length for length in lengths if length <= _NARROW)
    share = max(0.12, room / max(1, sum(wide)))
    narrow = ["r" if numeric_column(block, i) else "l" for i in range(count)]
    flowing = rf">{{\raggedright\arraybackslash}}p{{{share:.3f}\linewidth}}"
    columns = "".join(flowing if is_wide else own for is_wide, own in zip(wide, narrow, strict=True))
    return columns, room >= 0.12 * sum(wide)


def _inner(cell: Cell) -> str:
    if cell.kind == "symbol" and any(part.kind != "text" for part in symbol_parts(cell.text)):
        return f"${symbol_latex(cell.text)}$"
    number = _NUMBER.fullmatch(cell.text) if cell.kind == "number" else None
    return _flowing(cell.text) if number is None else _number(number)


def _number(number: re.Match[str]) -> str:
    digits = number["sign"].replace("−", "-") + number["digits"]
    std = number["std"]
    if number["paren"]:
        whole = "." in number["paren"]
        digits, std = (digits, number["paren"]) if whole else (f"{digits}({number['paren']})", None)
    power = "".join(_SUPERSCRIPTS[c] for c in number["power"]) if number["power"] else ""
    shown = digits + (f" +- {std}" if std else "") + (f"e{power}" if power else "")
    rest = rf"\,{escape_tex(number['rest'][1:])}" if number["rest"] else ""
    return rf"\num{{{shown}}}{rest}"
