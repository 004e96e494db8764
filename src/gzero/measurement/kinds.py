"""The kinds of measurement that gzero knows: one row an experiment.

A row says what the columns of such a file mean and by which names laboratories call them. The model and the fitter
of an experiment carry its name: `gzero.models.<name>`, `gzero.fitters.<name>`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gzero.errors import ConfigError
from gzero.measurement.quantities import (
    CHANNELS,
    COLD,
    CONDUCTANCE,
    CURRENT,
    GATE,
    HALL_RESISTANCE,
    LENGTH,
    LONGITUDINAL,
    MASS,
    MOBILITY,
    OTHER_HALL,
    OTHER_LONGITUDINAL,
    RESISTANCE,
    TEMPERATURE,
    TIME,
    TRACE,
    Role,
)

#: What one of the levels is that are put to a verdict.
LevelName = Literal["plateau", "peak", "level"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One experiment.

    Parameters
    ----------
    name : as in `--experiment`.
    title : for headings.
    x, y : the abscissa and the quantity that is measured.
    beside : further columns that belong to the same readings, by name (R_xx beside R_xy); a file may lack them.
    conditions : columns that may state the conditions of a row.
    catalogue : every row is a published value with its own unit and quantum.
    per_row : every row is an answer of its own (a table of diffusivities) rather than a point of a curve.
    listed : the file is a list of values of any unit, without an abscissa, and no unit is named beforehand.
    pooled : all traces of a file are one measurement; its series "trace" says which one a reading belongs to.
    pieced : its fitter goes through sessions that are too long to be held a piece at a time (`Measurement.pieces`).
    stepped : its levels are put to the verdict; otherwise a single value is compared with a unit.
    level : what one of its levels is called.
    swept : x is set in order and may turn round; otherwise readings come in any order.
    monotone : its curve is monotone, so that a smooth monotone curve is a rival of its steps.
    equated : where it has no verdict, its main estimate is held against a declared quantum by equivalence.
    compared : SI unit of the estimate that is compared with a quantum; None is that of y, "" compares nothing.
    quantum : what it is compared with where the user declares none; "" takes the likeliest of the dimension.
    paper_rows : rows of Table II of the source paper (arXiv:2604.19828) that its question touches besides that of the quantum.
    telltale : SI units whose columns give the experiment away where nobody names it; empty where none do.
    """

    name: str
    title: str
    x: Role
    y: Role
    beside: tuple[Role, ...] = ()
    conditions: tuple[Role, ...] = ()
    per_row: bool = False
    listed: bool = False
    catalogue: bool = False
    pooled: bool = False
    pieced: bool = False
    stepped: bool = False
    level: LevelName = "plateau"
    swept: bool = True
    monotone: bool = False
    equated: bool = True
    compared: str | None = None
    quantum: str = ""
    paper_rows: tuple[str, ...] = ()
    telltale: tuple[str, ...] = ()

    @property
    def sweeps(self) -> bool:
        """Whether a file may hold a sweep that turns round: readings by themselves and pooled traces are none."""
        return self.swept and not (self.per_row or self.listed or self.pooled or self.catalogue)


KINDS: dict[str, Kind] = {
    "staircase": Kind(
        name="staircase", title="Conductance staircase", x=GATE, y=CONDUCTANCE, stepped=True, monotone=True
    ),
    "hall": Kind(
        name="hall",
        title="Quantum Hall plateaus",
        x=Role(
            name="magnetic_field", units=("T", "1/m^2"),
            words=(r"b(_?(z|perp|field))?", r"mu0 ?h", r"h", r".*field.*", r"n(_?s)?", r".*density.*"),
        ),
        y=HALL_RESISTANCE,
        beside=(
            LONGITUDINAL,
            OTHER_LONGITUDINAL,
            OTHER_HALL,
            Role(name="filling_factor", units=("",), words=(r"nu", r"ν", r".*filling.*"), unitless=True),
            Role(name="current", units=("A",), words=CURRENT.words),
        ),
        stepped=True,
        compared="S",
        quantum="e^2/h",
        telltale=("T", "ohm"),
    ),
    "breakjunction": Kind(
        name="breakjunction",
        title="Break junction",
        x=Role(
            name="displacement", units=("m", "V", "s"),
            words=(r"x", r"z", r"d", r".*displace.*", r".*distance.*", r".*piezo.*", *TIME.words), unitless=True,
        ),
        y=CONDUCTANCE,
        beside=(TRACE,),
        pooled=True,
        pieced=True,
        stepped=True,
        level="peak",
        quantum="2e^2/h",
    ),
    "trace": Kind(
        name="trace", title="Switching trace", x=TIME, y=CONDUCTANCE, stepped=True, level="level", quantum="2e^2/h"
    ),
    "heat": Kind(
        name="heat",
        title="Heat flow",
        x=Role(
            name="temperature", units=("K",),
            words=(*TEMPERATURE.words, r"t_?\{?(h|hot|el?|omega)\}?", r".*hot.*"),
        ),
        y=Role(
            name="heat_current", units=("W", "W/K"),
            words=(r"j(_?(q|h|e))?", r"q(dot)?", r"k(appa)?", r"p(ower)?", r".*heat.*", r".*thermal.*", r".*power.*"),
        ),
        beside=(COLD, CHANNELS, TRACE),
        pooled=True,
        compared="",
        paper_rows=("th", "phn"),
        swept=False,
    ),
    "decay": Kind(
        name="decay",
        title="Decay of an imbalance",
        x=TIME,
        y=Role(
            name="imbalance", units=("",),
            words=(r"(d|delta|Δ) ?n(/n)?", r"n", r".*imbalance.*", r".*difference.*"), unitless=True,
        ),
        compared="1/(J s)",
        quantum="1/h",
        swept=False,
    ),
    "diffusion": Kind(
        name="diffusion",
        title="Diffusion coefficients",
        x=TEMPERATURE,
        y=Role(name="diffusion", units=("m^2/s", "m^2/(V s)"), words=(r"d(_?(n|p|e|h|x))?", r".*diffus.*")),
        beside=(MOBILITY,),
        per_row=True,
        conditions=(TEMPERATURE, MASS, LENGTH),
        compared="m^2/s",
        quantum="h/m",
        swept=False,
        telltale=("m^2/s",),
        equated=False,
    ),
    "pulse": Kind(
        name="pulse",
        title="Drifting pulse",
        # a profile along the sample has a column of times as well: which of the two stands still is seen in the numbers
        x=Role(name="time", units=("s",), words=TIME.words),
        y=Role(
            name="density", units=(), words=(r"n", r"p", r"s", r"u", r".*density.*", r".*signal.*", r".*counts?.*", r".*concentration.*"),
            unitless=True,
        ),
        beside=(
            TRACE,
            Role(name="position", units=("m",), words=(r"x", r"z", r"l", r"d", r".*position.*", r".*distance.*")),
        ),
        pooled=True,
        compared="m^2/s",
        quantum="h/m",
        swept=False,
    ),
    "msd": Kind(
        name="msd",
        title="Mean squared displacement",
        x=Role(name="time", units=("s",), words=TIME.words),
        y=Role(
            name="displacement", units=("m^2", "m"),
            words=(r"msd.*", r".*squared.*", r"x(_?pos)?", r"position_?x", r"<.*>"),
        ),
        beside=(
            TRACE,
            Role(name="position_y", units=("m",), words=(r"y(_?pos)?", r"position_?y")),
            Role(name="position_z", units=("m",), words=(r"z(_?pos)?", r"position_?z")),
            Role(name="drift_x", units=("m",), words=(r"drift_?x", r"(stage|fiducial|marker)_?x")),
            Role(name="drift_y", units=("m",), words=(r"drift_?y", r"(stage|fiducial|marker)_?y")),
            Role(name="drift_z", units=("m",), words=(r"drift_?z", r"(stage|fiducial|marker)_?z")),
            Role(name="exposure", units=("s",), words=(r"t_?(e|exp)", r"exposure.*", r"shutter.*")),
            Role(name="dimensions", units=("",), words=(r"dim(ension)?s?",), unitless=True),
            Role(
                name="points", units=("",), words=(r"n", r"n_?(points|pairs|windows|obs)", r"points", r"pairs", r"windows", r"counts?"),
                unitless=True,
            ),
        ),
        pooled=True,
        compared="m^2/s",
        quantum="h/m",
        swept=False,
        telltale=("s", "m^2"),
    ),
    "length": Kind(
        name="length",
        title="Resistance over length",
        x=Role(name="length", units=("m",), words=(*LENGTH.words, r"d", r".*distance.*", r".*spacing.*")),
        y=Role(name="resistance", units=("ohm", "S"), words=(*RESISTANCE.words, *CONDUCTANCE.words)),
        beside=(CHANNELS,),
        compared="S",
        quantum="e^2/h",
        swept=False,
        telltale=("m", "ohm"),
        equated=False,  # a line through devices ends in contacts as well as in channels
    ),
    "drude": Kind(
        name="drude",
        title="Drude conductivity",
        x=Role(name="frequency", units=("Hz",), words=(r"f", r"nu", r"ν", r"omega", r"ω", r".*freq.*")),
        y=Role(
            name="conductivity", units=("S/m", "S"),
            words=(r"(re|real)[ _(]*(sigma|σ|cond).*", r"(sigma|σ)_?(1|re|real|r)", r".*real.*"),
        ),
        beside=(
            Role(
                name="imaginary_conductivity", units=("S/m", "S"),
                words=(r"(im|imag)[ _(]*(sigma|σ|cond).*", r"(sigma|σ)_?(2|im|imag|i)", r".*imag.*"),
            ),
        ),
        compared="",
        paper_rows=("e",),
        swept=False,
        telltale=("Hz", "S/m"),
    ),
    "radiation": Kind(
        name="radiation",
        title="Radiation and ballistic phonons",
        x=TEMPERATURE,
        y=Role(
            name="radiation", units=("W/K", "W", "W/m^2", "W/(m^2 K)", "W/(m^2 K^4)"),
            words=(r"k(appa)?", r"p(ower)?", r"g(_?th)?", r"j", r"m", r".*thermal.*", r".*power.*", r".*radian.*", r".*exitance.*", r".*conduct.*", r".*boltzmann.*"),
        ),
        beside=(COLD,),
        compared="",
        paper_rows=("pht", "phn"),
        swept=False,
    ),
    "transition": Kind(
        name="transition",
        title="Charge transition",
        x=GATE,
        y=Role(
            name="current", units=("A", "S", "V"),
            words=(*CURRENT.words, *CONDUCTANCE.words, r".*sensor.*", r".*signal.*", r"cs.*"), unitless=True,
        ),
        compared="",
    ),
    "quantogram": Kind(
        name="quantogram",
        title="Quantogram: a unit that is not known in advance",
        x=Role(name="row", units=(), words=(r"no\.?|nr\.?|#|index|row|rows|number|i|n|k|zeile",)),
        y=Role(
            name="value",
            units=(),
            words=(
                *CONDUCTANCE.words, *RESISTANCE.words,
                r"x|values?|wert|werte|(plateau )?levels?|peaks?( positions?)?|step( ?heights?)?|steps?|heights?|charges?|q(_?\w)?",
            ),
        ),
        listed=True,
        equated=False,
    ),
    "published": Kind(
        name="published",
        title="Published values beside the fundamental units",
        x=Role(name="row", units=("",), words=()),
        y=Role(name="value", units=(), words=(r"value",)),
        catalogue=True,
        compared="",
        equated=False,
    ),
}  # fmt: skip


#: Units that say what was measured: a file that has one beyond those of an experiment's telltale is of another kind.
_ELECTRICAL = {"V", "A", "S", "ohm"}


def kind_of_units(units: set[str | None]) -> Kind:
    """The experiment that the units of a file's columns give away; a staircase where they give none away.

    >>> kind_of_units({"T", "ohm"}).name, kind_of_units({"V", "T", "ohm"}).name, kind_of_units({"K", "m^2/s"}).name
    ('hall', 'staircase', 'diffusion')
    """
    for one in KINDS.values():
        tell = set(one.telltale)
        if tell and tell <= units and not (units & _ELECTRICAL) - tell:
            return one
    return KINDS["staircase"]


def kind(name: str) -> Kind:
    """The kind of that name.

    Raises
    ------
    ConfigError : there is none.
    """
    if name not in KINDS:
        raise ConfigError(
            f"experiment '{name}' is not known", remedy=f"choose {', '.join(KINDS)}", allowed=tuple(KINDS)
        )
    return KINDS[name]
