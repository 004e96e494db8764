"""The words of a report: names of estimates, sentences on the method, cells made of numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from gzero.analysis import Analysis
from gzero.estimate import Estimate
from gzero.measurement.kinds import LevelName, kind
from gzero.quanta import CANDIDATES, Quantum
from gzero.report.document import Cell
from gzero.report.rounding import (
    NOTHING,
    format_with_unit,
    show_interval,
    show_number,
    show_percent,
    show_std,
    show_value,
    typographic,
)
from gzero.report.symbols import symbol_parts, symbol_text

#: What the estimates are called in a heading; an unlisted name is spelled out.
NAMES = {
    "step_height": "Step height",
    "step_height_model": "Step height, from the fit",
    "series_resistance": "Series resistance",
    "transmission": "Transmission Γ",
    "transmission_drude": "Transmission l/L, eq. (5)",
    "tau": "Relaxation time τ",
    "mean_free_path": "Mean free path l",
    "diffusion": "Diffusion coefficient D",
    "temperature": "Temperature",
    "lever_arm": "Lever arm",
    "offset": "Offset",
    "length": "Length",
    "mobility": "Mobility μ",
    "velocity": "Velocity v",
    "gain": "Gain",
    "pinch_off": "Pinch-off",
    "unit": "Unit q",
    "scatter": "Scatter about the multiples",
    "modes_per_channel": "Modes per channel",
    "modes_per_channel_model": "Modes per channel, from the model",
    "thermal_conductance": "Thermal conductance of a channel",
    "stefan_boltzmann": "Stefan-Boltzmann constant σ",
    "prefactor": "Prefactor P",
    "exponent": "Exponent of temperature",
    "von_klitzing": "h/e² from the plateaus",
    "step_height_zero_current": "Step height at zero current",
    "density": "Density n",
    "density_sdh": "Density, from the oscillations",
    "conductance": "Conductance G",
    "alpha": "Exponent α of time",
    "diffusion_likelihood": "D by maximum likelihood",
    "localisation_std": "Localisation uncertainty (std)",
    "einstein_ratio": "D e/(μ kB T)",
    "ratio": "Value over its unit",
    "ratio_of_one": "The same for one mode or level",
    "transmission_landauer": "Transmission λ/(λ + L)",
    "exponent_mobility": "Exponent of μ(T)",
    "fano_factor": "Fano factor ⟨δN²⟩/⟨N⟩",
    "action": "Action hₛ",
    "action_over_h": "Action hₛ/h",
    "conductivity": "Weight σ₀",
    "dc_conductivity": "Conductivity at zero frequency",
    "persistence": "Persistence c",
    "density_over_mass": "Density over m*/mₑ",
    "plasma_frequency": "Plasma frequency",
    "effective_mass": "Effective mass m*",
}

ORIGINS = {"default": "default", "user": "user", "data": "data"}

#: Names of quanta inside a sentence.
_QUANTA = re.compile(
    r"(?<![\w.])(?:\d+(?:\.\d+)?)?(?:"
    + "|".join(re.escape(n) for n in sorted({n for names in CANDIDATES.values() for n in names}, key=len, reverse=True))
    + r")(?!\w)"
)

#: What many random or true ones are called, by what one of their levels is.
SETS: dict[LevelName, str] = {"plateau": "staircases", "peak": "sets of peaks", "level": "sets of levels"}

THEORY = "L. Reggiani, E. Alfinito, F. Intini (2026), arXiv:2604.19828"


def called(name: str) -> str:
    """The name of an estimate or a parameter, as a reader says it."""
    return NAMES.get(name) or name.replace("_", " ").strip().capitalize()


def several(count: int, what: str) -> str:
    """A number of things that have a regular plural."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def these(analyses: Sequence[Analysis]) -> str:
    """What several analyses are called: traces where there are curves, records where there are single values."""
    curved = any(
        a.curve is not None or a.levels or a.verdict is not None for a in analyses
    )  # a verdict is one on steps
    return "traces" if curved else "records"


def text(value: str) -> Cell:
    """A cell of text; a dash where there is none."""
    return Cell(text=value if value.strip() else NOTHING)


def number(value: float, *, digits: int = 6) -> Cell:
    """A cell with a number that has no uncertainty."""
    return Cell(text=show_number(value, digits=digits), kind="number", value=value)


def pair(value: float, std: float) -> Cell:
    """A cell with a number and its standard uncertainty."""
    return Cell(text=show_value(value, std), kind="number", value=value, std=std)


def quantity(estimate: Estimate) -> Cell:
    """A cell with an estimate, its total standard uncertainty and its unit."""
    shown = format_with_unit(estimate.value, estimate.std, estimate.unit)
    return Cell(text=shown, kind="number", value=estimate.value, std=estimate.std)


def uncertainty(std: float, estimate: Estimate) -> Cell:
    """A cell with one part of an estimate's uncertainty."""
    shown = show_std(std, estimate.unit, size=estimate.value)
    return Cell(text=shown, kind="number", value=std if shown != NOTHING else None)


def percent(fraction: float) -> Cell:
    """A cell with a fraction in percent."""
    return Cell(text=show_percent(fraction, digits=2), kind="number", value=fraction)


def name_or_symbol(name: str) -> Cell:
    """A cell with a quantum's symbol, or with the text it is when it is none, typeset."""
    known = bool(name) and all(part.kind != "text" for part in symbol_parts(name))
    return Cell(text=name, kind="symbol") if known else text(typeset(name))


def scale_of(analysis: Analysis, unit: str | None) -> float | None:
    """Value of the quantum when it has the unit asked for, None when nothing can be put in its units."""
    quantum = analysis.quantum
    return quantum.value if quantum is not None and quantum.value and quantum.unit == unit else None


def ratio(analysis: Analysis, estimate: Estimate) -> Cell:
    """A cell with an estimate in units of the quantum, a dash where the units differ."""
    scale = scale_of(analysis, estimate.unit)
    return Cell(text=NOTHING, kind="number") if scale is None else pair(estimate.value / scale, estimate.std / scale)


def quantum_line(quantum: Quantum | None, *, declared: bool) -> str:
    """The quantum with its value, and who named it."""
    if quantum is None:
        return "none of this dimension"
    size = "value unknown: a condition is missing"
    if quantum.value is not None:
        shown = format_with_unit_digits(quantum.value, quantum.unit)
        size = f"{shown}"
    convention = f", {quantum.convention}" if quantum.convention else ""
    return f"{symbol_text(quantum.symbol)} = {size} ({'declared by the user' if declared else 'default'}{convention})"


def format_with_unit_digits(value: float, unit: str, *, digits: int = 9) -> str:
    """A number known to many digits, with its unit."""
    from gzero.report.rounding import prefix_of

    factor, shown = prefix_of(unit, value)
    return f"{show_number(value * factor, digits=digits)} {shown}".rstrip()


#: Letters and functions that sentences spell in ASCII.
_ASCII = {
    "nu": "ν", "mu": "μ", "tau": "τ", "omega": "ω", "sigma": "σ", "lambda": "λ", "alpha": "α", "pi": "π", "chi2": "χ²", "Chi2": "χ²",
    "rho": "ρ", "x0": "x₀", "s0": "s₀", "hbar": "ħ", "Gamma": "Γ", "kappa0": "κ₀", "phi": "φ", "dN^2": "δN²", "delta BIC": "ΔBIC",
}  # fmt: skip
_LETTER = re.compile(rf"(?<![\w'\"-])(?:{'|'.join(re.escape(name) for name in _ASCII)})(?![\w'\"])")
_POWERS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

#: What stands in quotes is as a file or its user wrote it.
_QUOTED = re.compile(r"(?<!\w)'[^'\n]*'(?!\w)|\"[^\"\n]*\"")

#: Units that sentences spell in ASCII, behind a number or in brackets.
_UNIT = re.compile(
    r"(?<![\w.])(?P<prefix>[pnumkMGT]?)ohm\b|(?P<before>[\d)] |\[)(?P<rest>u(?:[ASVWTFHCJKNms]|Hz|Pa|eV)|degC|angstrom)\b"
)
_GLYPHS = {"degC": "°C", "angstrom": "Å"}


def typeset(line: str) -> str:
    """A line of the record as a reader sees it, the same in every format: quanta, Greek letters, powers, units and numbers
    typeset, with true minus and plus-minus signs; what stands in quotes stays as it is.

    >>> typeset("R_xy nu/R_K - 1, from -2e-5 to 3 +- 1 ohm"), typeset("D e/(mu kB T) and column 'mu'")
    ('R_xy ν/R_K − 1, from −2 × 10⁻⁵ to 3 ± 1 Ω', "D e/(μ kB T) and column 'mu'")
    >>> typeset("I [uA] of 5(1) uA over 2e^2/h, its unit 'ohm' [ohm]")
    "I [µA] of 5(1) µA over 2e²/h, its unit 'ohm' [Ω]"
    """
    line = line.strip()
    pieces, at = [], 0
    for quoted in _QUOTED.finditer(line):
        pieces += [_typeset(line[at : quoted.start()]), quoted[0]]
        at = quoted.end()
    return "".join([*pieces, _typeset(line[at:])])


def _typeset(line: str) -> str:
    """`typeset` of what is not quoted."""
    shown = _QUANTA.sub(lambda m: symbol_text(m[0]), line)
    shown = re.sub(r"\+-|\+/-", "±", shown)
    shown = re.sub(r"(?<![\w.)])-(?=\d)", "−", shown)
    shown = _LETTER.sub(lambda m: _ASCII[m[0]], shown)
    shown = re.sub(r"<(δN²|N)>", r"⟨\1⟩", shown)
    shown = _UNIT.sub(_unit, shown)
    shown = re.sub(r"(?<![\w.])(\d+\.\d+e[-+]?\d+|\d+e(?:[-+]\d+|\d\d+))(?!\w)", lambda m: typographic(m[0]), shown)
    shown = re.sub(r"(?<=[\w)])\^(-?\d+)", lambda m: m[1].translate(_POWERS), shown)
    shown = re.sub(r"(?<= )-(?= )", "−", shown)
    shown = re.sub(r"(?<=[(^])-(?=[\w(])", "−", shown)
    return re.sub(r"\bsqrt\(", "√(", shown)


def _unit(found: re.Match[str]) -> str:
    if found["rest"] is None:
        return f"{found['prefix'].replace('u', 'µ')}Ω"
    return found["before"] + _GLYPHS.get(found["rest"], f"µ{found['rest'][1:]}")


def sentence(line: str) -> str:
    """A line of the record as a sentence: typeset, with a capital and a full stop.

    >>> sentence("level 5 lies -0.04 +- 0.07 quanta of 2e^2/h from its multiple")
    'Level 5 lies −0.04 ± 0.07 quanta of 2e²/h from its multiple.'
    """
    shown = typeset(line)
    if not shown:
        return shown
    first = shown.split()[0].rstrip(",:")
    if first.isalpha() and first.islower():
        shown = shown[0].upper() + shown[1:]
    return shown if shown[-1] in ".!?" else shown + "."


def opened(line: str) -> str:
    """A text that begins with a capital, unless it begins with a symbol.

    >>> opened("formula"), opened("s: part of R_xx"), opened("degrees of freedom")
    ('Formula', 's: part of R_xx', 'Degrees of freedom')
    """
    first = line.split()[0].rstrip(",:") if line.split() else ""
    word = first.isalpha() and first.islower() and first.isascii() and (len(first) > 2 or first in _SHORT)
    return line[0].upper() + line[1:] if word else line


_SHORT = {"a", "at", "by", "in", "is", "of", "on", "to"}


def closed(line: str) -> str:
    """A text that ends with a full stop."""
    return line if not line or line[-1] in ".!?" else line + "."


def names_in_a_row(names: Sequence[str]) -> str:
    """Names with commas; a long beginning that all of them share stands once.

    >>> names_in_a_row(["conductance_averaged[0]", "conductance_averaged[12]"]), names_in_a_row(["trace 1", "trace 2"])
    ('conductance_averaged[0], …[12]', 'trace 1, trace 2')
    """
    if len(names) < 2:
        return ", ".join(names)
    first, last = min(names), max(names)
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    shared = first[:same].rstrip("[(0123456789 ")
    if len(shared) < 9:
        return ", ".join(names)
    return ", ".join([names[0], *("…" + name[len(shared) :] for name in names[1:])])


def alike(line: str, name: str) -> str:
    """What two lines share that differ only in a trace's name and in numbers."""
    return re.sub(r"[-+−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?", "#", line.replace(name, "") if name else line)


def interval_line(analysis: Analysis) -> str:
    """The interval that the verdict rests on beside its margins; "" without a verdict."""
    verdict = analysis.verdict
    if verdict is None:
        return ""
    what = "step height" if analysis.levels else next((called(n).lower() for n in analysis.estimates), "value")
    if "diffusion" in analysis.estimates and not analysis.levels:
        what = "D"
    margins = f"margin ±{show_percent(verdict.margin)}"
    if analysis.levels:
        margins += f"; for each level ±{show_number(verdict.level_margin)} quanta"
    if verdict.interval is None or not all(math.isfinite(v) for v in verdict.interval):
        return f"No interval was determined for {what}/quantum − 1 ({margins})."
    shown = show_interval(*verdict.interval, percent=True)
    return f"{show_percent(verdict.confidence)} interval of {what}/quantum − 1: {shown} ({margins})."


def method(analysis: Analysis) -> tuple[str, ...]:
    """How the numbers were obtained, in a few sentences that hold for this analysis."""
    own = analysis.method
    verdict = analysis.verdict
    test = ""
    if verdict is not None:
        levels = ", and that of every counted level minus its multiple inside its own margin" if analysis.levels else ""
        test = (
            f"The verdict is a test of equivalence: “quantized” needs the {show_percent(verdict.confidence)} "
            f"confidence interval of value over quantum minus 1 inside ±{show_percent(verdict.margin)}{levels}. An"
            " absence of a significant difference is not enough, and what the data cannot tell is called "
            "undecided."
        )
        if verdict.trials:
            test += (
                f" Nor is it given where 1 % or more of random {SETS[kind(analysis.experiment).level]} would pass: {verdict.trials:,} are simulated with the "
                "uncertainties of these levels, and what was free in the analysis is turned until each passes. The levels are "
                "also read with the series resistance left free, so that none hides steps of another height."
            )
    common = (
        "Uncertainties are standard uncertainties. Statistical and systematic parts are kept apart, each "
        "systematic one by its named source, and joined in quadrature at the end.",
        "Values are rounded by the rule of the Particle Data Group; digits in parentheses are the standard "
        "uncertainty of the last digits shown.",
        f"Constants: {analysis.constants}. The fundamental units are those of arXiv:2604.19828, with its "
        "corrections where a convention changes a number.",
    )
    return tuple(line for line in (*map(typeset, own), test, *common) if line)
