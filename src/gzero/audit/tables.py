"""The four tables, and what the text says about all of their rows at once.

A row of Table II is held against what its conductance and its diffusion are; a row of Tables III and IV against the quotient
and the product of Table II, as printed and as it holds, with the diffusion of the row and with the one that its label names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from gzero import quanta
from gzero.audit.algebra import expression, number, ratio_of, substituted
from gzero.audit.checks import Computed, Dimension, Identity, parts, shown
from gzero.audit.drude import DRUDE, UNIT
from gzero.audit.item import AnyOf, Case, Check, Claim
from gzero.audit.quantum_units import PLANCK_CHARGE, vacuum_admittance
from gzero.audit.radiation import P_LAW, P_PRINTED, against_measured, per_quasi_particle

CHAPTER = "Tables"

_PHOTON = {"m_r": "eps/c^2", "lambda": "h*c/eps"}
#: The speed of light, from the vacuum's two constants.
_VACUUM = {"mu0": "1/(eps0*c^2)"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the tables as printed, and its conductance as it holds where that is another one.

    label : the diffusion that the row of Tables III and IV names, where it is not the one of Table II.
    """

    diffusion: str
    conductance: str
    unit: str
    quotient: str
    quotient_unit: str
    product: str
    product_unit: str
    holds: str = ""
    label: str = ""


_HEAT, _HEAT_3 = "pi^2*kB^2*T/(3*h)", "pi^2*kB^2*T/(3*h^2)"
TABLE: Mapping[str, Row] = {
    "N": Row(
        diffusion="h/m", conductance="1/h", unit="1/(J s)", quotient="m/h^2", quotient_unit="kg/(J s)^2", product="1/m", product_unit="1/kg"
    ),
    "e": Row(
        diffusion="h/m", conductance="e^2/h", unit="S", quotient="e^2*m/h^2", quotient_unit="S s/m^2", product="e^2/m", product_unit="C^2/kg"
    ),
    "m": Row(
        diffusion="h/m", conductance="m^2/h", unit="kg^2/(J s)", quotient="m^3/h^2", quotient_unit="kg^3/(J s)^2", product="m", product_unit="kg"
    ),
    "eps": Row(
        diffusion="h/m_r", conductance="eps^2/h", unit="W", quotient="eps/lambda^2", quotient_unit="J/m^2", product="eps*c^2", product_unit="J m^2/s^2"
    ),
    "th": Row(
        diffusion="h/m", conductance=_HEAT, unit="W/K", quotient=_HEAT_3, quotient_unit="J/(K m^2)",
        product="pi^2*kB^2*T/(3*m)", product_unit="W m^2/(K s)",
    ),
    "pht": Row(
        diffusion="c*L", conductance=f"{P_PRINTED}*kB*c/L", holds=f"{P_LAW}*kB*c/L", unit="W/K",
        quotient=f"{P_PRINTED}*kB^2*T/h^2", quotient_unit="J/(K m^2)", product=f"{P_PRINTED}*kB*c^2", product_unit="W m^2/(K s)",
        label="h/m",
    ),
    "phn": Row(
        diffusion="s*L", conductance=f"{P_PRINTED}*kB*s/L", holds=f"{P_LAW}*kB*s/L", unit="W/K",
        quotient=f"{P_PRINTED}*kB^2*T/h^2", quotient_unit="J/(K m^2)", product=f"{P_PRINTED}*kB*s^2", product_unit="W m^2/(K s)",
        label="h/m",
    ),
    "em": Row(
        diffusion="c*L", conductance="eps0*c", unit="S", quotient="eps0/L", quotient_unit="F/m^2", product="L/mu0", product_unit="m^2/H"
    ),
}  # fmt: skip

_NAMES = {
    "N": "the number", "e": "the charge", "m": "the mass", "eps": "one photon", "th": "heat", "pht": "black-body photons",
    "phn": "phonons", "em": "the vacuum",
}  # fmt: skip


# -- what the text says of all rows -----------------------------------------------------------------------------------


#: What is called much larger is so many times as large, at least.
_MUCH = 10.0


def _geometry(condition: str, form: str) -> Case:
    """A/L^2 of a sample whose volume A L is that of the cube"""
    import sympy

    area, length = sympy.Symbol("A", positive=True), sympy.Symbol("L", positive=True)
    cube = sympy.solve(sympy.Eq(area * length, length**3), area)[0]
    found = float(cube / length**2)
    wide = form.strip() == "A >> L^2"
    ratio = found / _MUCH if wide else float((cube / expression(form)).subs(length, 1))
    told = f"A is {shown(found)} times `L^2`"
    return Case(condition=condition, holds=ratio >= 1 if wide else ratio == 1, found=told, ratio=ratio)


def _constant_free(given: Mapping[str, str]) -> Computed:
    """That Planck's constant is in none of the products, once the letters of `given` are replaced."""

    def work(condition: str, form: str) -> Case:
        held = [p for p in parts(form) if "h" in {str(s) for s in substituted(p, given).free_symbols}]
        found = f"h is in `{held[0]}`" if held else f"h is in none of {len(parts(form))} rows"
        return Case(condition=condition, holds=not held, found=found)

    return Computed(condition="eps written as h f" if given else "the letters of Table IV", work=work)


def _with_constant(condition: str, given: Mapping[str, str]) -> Computed:
    """That Planck's constant is in every unit of the rows that the form names."""

    def work(words: str, form: str) -> Case:
        rows = form.split()
        without = [
            r for r in rows if "h" not in {str(s) for s in substituted(TABLE[r].conductance, given).free_symbols}
        ]
        found = f"h is not in {', '.join(without)}" if without else f"h is in {', '.join(rows)}"
        return Case(condition=words, holds=not without, found=found)

    return Computed(condition=condition, work=work)


#: At one photon the length is a thermal wavelength: L = h c/(kB T (16 pi zeta(3))^(1/3)), the number left out.
_ONE_PHOTON = {"L": "h*c/(kB*T)"}


def texts() -> tuple[Claim, ...]:
    """The claims about the sample's shape and about all rows at once."""
    units = ("conductance", *TABLE)
    return (
        Claim(
            item="text geometry", chapter=CHAPTER, rows=("pht", "phn", "conductance"), form="A >> L^2", mended="L^2",
            says="The contact is much larger than the square of the length, and the volume is that of a cube.",
            checks=(Computed(condition="a volume A L equal to that of the cube", work=_geometry),),
            corrected="A = `L^2` for the cube",
            remark=lambda: "The two sections take different samples.",
        ),
        Claim(
            item="text G x D", chapter=CHAPTER, rows=(*TABLE, "conductance", "diffusion"),
            form=" ; ".join(row.product for row in TABLE.values()),
            says="Conductance times diffusion is free of Planck's constant.",
            checks=(_constant_free({}), _constant_free({"eps": "h*f"})),
            corrected="free of it in the letters of Table IV, where eps = h f hides it",
        ),
        Claim(
            item="text each unit contains h", chapter=CHAPTER, rows=units, form=" ".join(TABLE), mended="N e m eps th",
            says="Each unit of one mode contains Planck's constant.",
            checks=(
                _with_constant("the letters of Table II", {}),
                _with_constant("the Planck charge written out, one photon in the cube", PLANCK_CHARGE | _ONE_PHOTON),
            ),
            corrected="rows N, e, m, eps and th contain it",
            remark=lambda: "A sentence about each row is one statement, which one row contradicts; the vacuum does in any letters.",
        ),
    )  # fmt: skip


# -- Table I ----------------------------------------------------------------------------------------------------------


def table_one() -> tuple[Claim, ...]:
    """The claims of Table I."""
    classical, unit = ("N", "e", "m", "diffusion"), Dimension(condition="its unit", unit="m^2/s")
    rest = {"v": "h/(m*lambda)"}
    return (
        _first("classical diffusive", "v*l", (Identity(condition="l = v tau", derived="v^2*tau", given=DRUDE), unit), classical),
        _first(
            "classical ballistic", "v*L",
            (Identity(condition="(19) at Gamma = 1", derived="h_s*Gamma/m", given={"Gamma": "1", "h_s": "m*v*L"}), unit), classical,
        ),
        _first(
            "relativistic ballistic", "c*L", (Identity(condition="`v*L` at v = c", derived="v*L", given={"v": "c"}), unit),
            ("pht", "em", "diffusion"),
        ),
        _first(
            "quantum diffusive", "h*Gamma/m",
            (
                unit,
                Identity(condition="L = lambda", derived="v*l", given=rest | {"Gamma": "l/L", "L": "lambda"}),
                Identity(condition="L = 10 lambda", derived="v*l", given=rest | {"Gamma": "l/L", "L": "10*lambda"}),
            ),
            classical, "`h*l/(m*lambda)`",
        ),
        _first(
            "quantum ballistic", "h/m",
            (Identity(condition="(19) at Gamma = 1, h_s = h", derived="h_s*Gamma/m", given=UNIT), unit), classical,
        ),
        _first(
            "quantum relativistic", "c*lambda",
            (Identity(condition="m_r = h f/c^2", derived="h/m_r", given={"m_r": "h*f/c^2", "lambda": "c/f"}), unit), ("eps", "diffusion"),
        ),
    )  # fmt: skip


def _first(name: str, form: str, checks: tuple[Check, ...], rows: tuple[str, ...], corrected: str = "") -> Claim:
    says = f"D is `{form}` where diffusion is {name}."
    return Claim(
        item=f"Table I {name}", chapter=CHAPTER, rows=rows, says=says, form=form, checks=checks, corrected=corrected
    )  # fmt: skip


# -- Table II ---------------------------------------------------------------------------------------------------------


def table_two() -> tuple[Claim, ...]:
    """The claims of Table II."""
    return tuple(_second(name, row) for name, row in TABLE.items())


def _second(name: str, row: Row) -> Claim:
    form = f"{row.diffusion} ; {row.conductance}"
    units: tuple[Check, ...] = (
        Dimension(condition="the unit of D", unit="m^2/s"),
        Dimension(condition="that of G", unit=row.unit, part=1),
    )
    says = f"For {_NAMES[name]} D is `{row.diffusion}` and G is `{row.conductance}`."
    rows = (name, "conductance", "diffusion")
    if not {"m", "m_r"} & {str(s) for s in expression(row.diffusion).free_symbols}:
        speed = {"v": "s" if name == "phn" else "c"}
        units += (Identity(condition="D = v L", derived="v*L", given=speed, needed=True),)
    if name in ("pht", "phn"):
        measured = (
            (against_measured("the measured Stefan-Boltzmann constant", part=1, unit=True),) if name == "pht" else ()
        )
        condition = "Planck's law" if name == "pht" else "Planck's law at the speed of sound"
        law = per_quasi_particle(condition, sound=name == "phn", part=1, unit=True)
        return Claim(
            item=f"Table II {name}", chapter=CHAPTER, rows=rows, form=form, says=says, mended=f"{row.diffusion} ; {row.holds}",
            checks=(*units, law, *measured), corrected=f"G is `{row.holds}`", remark=_other_prefactors,
        )  # fmt: skip
    if name == "em":
        rule = Identity(condition="its own rule (10)", derived="q_P^2/h", given=PLANCK_CHARGE, what="`q_P^2/h`", part=1)
        return Claim(
            item="Table II em", chapter=CHAPTER, rows=rows, form=form, says=says,
            checks=(*units, vacuum_admittance("the admittance of the vacuum", part=1), rule), corrected="`2*eps0*c` by the rule, `eps0*c` as 1/Z0",
        )  # fmt: skip
    light = name == "eps"
    diffusion = Identity(condition="(25)", derived="c*lambda", given=_PHOTON) if light else _of_mass()
    return Claim(
        item=f"Table II {name}", chapter=CHAPTER, rows=rows, form=form, says=says, checks=(*units, diffusion, _source(name)),
        corrected=lambda: _value(name),
    )  # fmt: skip


def _of_mass() -> Identity:
    return Identity(condition="(19) at Gamma = 1, h_s = h", derived="h_s*Gamma/m", given=UNIT)


def _source(name: str) -> Identity:
    """(1) or (15) of one particle with the quantum of action."""
    charge = name in ("N", "e", "m", "eps")
    derived = ("N*Gamma/h_s" if name == "N" else f"{name}^2*N*Gamma/h_s") if charge else "pi^2*N*kB^2*T*Gamma/(3*h_s)"
    equation = "(1)" if charge else "(15)"
    return Identity(condition=f"{equation} at N = 1, Gamma = 1, h_s = h", derived=derived, given=UNIT, part=1)


def _value(name: str) -> str:
    values = {"N": {}, "e": {}, "m": {"m": quanta.particle("electron").mass or 0.0}, "eps": {"eps": quanta.E}}
    values["th"] = {"T": 1.0}
    where = {"m": " for an electron", "eps": " at 1 eV", "th": " at 1 K"}.get(name, "")
    return f"G is {shown(number(TABLE[name].conductance, values[name]), 7)} {TABLE[name].unit}{where}"


def _other_prefactors() -> str:
    printed = number(P_PRINTED)
    seventeen, twenty_eight = number("pi^4/(15*zeta(3))"), number(f"2*{P_PRINTED}")
    return (
        f"The printed prefactor is {shown(printed / seventeen)} times that of (17) and {shown(printed / twenty_eight)} of that of "
        f"(28). It belongs to three dimensions, and depends on L."
    )


# -- Tables III and IV ------------------------------------------------------------------------------------------------


def table_three() -> tuple[Claim, ...]:
    """The claims of Table III: G/D."""
    return tuple(_relation(name, row, quotient=True) for name, row in TABLE.items())


def table_four() -> tuple[Claim, ...]:
    """The claims of Table IV: G D."""
    return tuple(_relation(name, row, quotient=False) for name, row in TABLE.items())


def _joined(conductance: str, diffusion: str, quotient: bool) -> str:
    return f"({conductance}){'/' if quotient else '*'}({diffusion})"


def _relation(name: str, row: Row, *, quotient: bool) -> Claim:
    """A form is "relation ; diffusion that its label names"."""
    printed = row.quotient if quotient else row.product
    unit = row.quotient_unit if quotient else row.product_unit
    table, sign = ("III", "G/D") if quotient else ("IV", "G D")
    given = _PHOTON | _VACUUM
    readings = tuple(
        Identity(condition=words, derived=_joined(g, row.diffusion, quotient), given=given, what=f"{sign} of Table II")
        for words, g in (("as printed", row.conductance), ("as corrected", row.holds or row.conductance))
    )
    label = _labelled(row, quotient, needed=not row.holds)
    checks: tuple[Check, ...] = (Dimension(condition="its unit", unit=unit), label)
    if row.holds:
        corrected = replace(readings[1], condition="Table II as corrected")
        checks = (*checks, AnyOf(condition="Table II in any reading", readings=readings), corrected)
    else:
        checks = (*checks, replace(readings[0], condition="Table II"))
    mended = _mended(name, row, quotient)
    shown_form = f"`{mended}`, the diffusion being `{row.diffusion}`" if row.holds else f"`{mended}`"
    return Claim(
        item=f"Table {table} {name}", chapter=CHAPTER, rows=(name, "conductance", "diffusion"),
        form=f"{printed} ; {row.label or row.diffusion}", says=f"For {_NAMES[name]} {sign} is `{printed}`.", checks=tuple(checks),
        mended=mended and f"{mended} ; {row.diffusion}", corrected=shown_form if mended else "",
        remark=_made_to_fit(name) if quotient and row.holds else None,
    )  # fmt: skip


def _mended(name: str, row: Row, quotient: bool) -> str | None:
    """What Table II gives where the printed relation is another one."""
    if row.holds:
        return f"{P_LAW}*kB/L^2" if quotient else f"{P_LAW}*kB*{row.diffusion[0]}^2"
    return "pi^2*m*kB^2*T/(3*h^2)" if name == "th" and quotient else None


def _made_to_fit(name: str) -> Callable[[], str]:
    """What would have to be put into the printed quotient for the unit and the value to be right."""

    def remark() -> str:
        speed = "c" if name == "pht" else "s"
        mass, length = f"kB*T/{speed}^2", f"h*{speed}/(kB*T)"
        left = ratio_of(f"{TABLE[name].quotient}*{mass}", f"{P_PRINTED}*kB/L^2", {"L": length})
        return (
            f"Times a mass `{mass}` and with L = `{length}` it comes to {shown(float(left))} P kB/L^2; neither is said."
        )

    return remark


def _labelled(row: Row, quotient: bool, *, needed: bool) -> Computed:
    """The relation with the diffusion that the form's label names, over the same with that of Table II."""

    def work(condition: str, form: str) -> Case:
        conductance = row.holds or row.conductance
        derived = _joined(conductance, row.diffusion, quotient)
        check = Identity(condition=condition, derived=derived, what="the row's", needed=needed)
        return check.case(_joined(conductance, parts(form)[1], quotient))

    return Computed(condition="the diffusion that its label names", work=work)
