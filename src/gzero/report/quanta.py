"""Tables I-IV as a document and as JSON: the fundamental units, the conditions they need, the conventions they rest on."""

from __future__ import annotations

from dataclasses import asdict

from gzero.quanta import CONSTANTS_SET, PREFACTORS, Entry
from gzero.regimes import BALLISTIC_PATHS, Tables
from gzero.report.document import Cell, Document, Facts, Notes, Section, TableBlock
from gzero.report.rounding import NOTHING, show_number
from gzero.report.symbols import unit_text
from gzero.report.wording import text

SCHEMA = "gzero.quanta/1"


def _shown(value: float | None, unit: str) -> str:
    return NOTHING if value is None else f"{show_number(value, digits=10)} {unit_text(unit)}".strip()


def _entry(entry: Entry) -> tuple[Cell, Cell]:
    return Cell(text=entry.symbol, kind="symbol"), text(_shown(entry.value, entry.unit))


def quanta_record(tables: Tables) -> dict[str, object]:
    """The tables as plain JSON values (schema gzero.quanta/1)."""
    particle, motion = tables.particle, tables.motion
    stated = {"particle": particle.name or None, "mass_reference": particle.reference, **asdict(tables.conditions)}
    stated |= {"degeneracy": tables.degeneracy, "vacuum": tables.vacuum, **asdict(motion)}
    stated |= {"constants": CONSTANTS_SET}
    parts = ("conductance", "diffusion", "ratio", "product")
    rows = [{"row": r.row, **{part: asdict(getattr(r, part)) for part in parts}} for r in tables.rows]
    first = [{**asdict(row), "needs": list(row.needs)} for row in tables.first]
    return {"schema": SCHEMA, "conditions": stated, "rows": rows, "table_one": first, "motion": asdict(tables.numbers)}


def _conditions(tables: Tables) -> Facts:
    particle, conditions, motion = tables.particle, tables.conditions, tables.motion
    pairs = [("Particle", text(particle.name or "not stated")), ("Constants", text(CONSTANTS_SET))]
    if particle.mass is not None:
        pairs.append(("Mass", text(f"{show_number(particle.mass, digits=11)} kg ({particle.reference})")))
    for name, value, unit in (
        ("Temperature", conditions.temperature, "K"), ("Length", conditions.length, "m"),
        ("Sound speed", conditions.sound_speed, "m/s"), ("Photon energy", conditions.photon_energy, "J"),
        ("Mean free path", motion.mean_free_path, "m"), ("Velocity", motion.velocity, "m/s"),
    ):  # fmt: skip
        pairs.append((name, text(NOTHING if value is None else f"{show_number(value)} {unit}")))
    return Facts(pairs=tuple(pairs))


def _conventions(tables: Tables) -> Facts:
    motion, prefactor = tables.motion, tables.conditions.prefactor
    path = show_number(BALLISTIC_PATHS[motion.gas], digits=5)
    rule = "l/L, as printed in (5), not capped" if motion.transmission == "l/L" else "λ_b/(λ_b + L), Landauer's"
    action = "kB T τ_T" if motion.action == "kB*T*tau_T" else "m v L"
    pairs = (
        ("Degeneracy", text(f"{tables.degeneracy:g} for N, e, m, eps and th; 1 is per mode and spin")),
        ("Diffusion unit", Cell(text=motion.diffusion, kind="symbol")),
        ("Black-body prefactor", text(f"{prefactor}, P = {show_number(PREFACTORS[prefactor], digits=7)}")),
        ("Vacuum", Cell(text=tables.vacuum, kind="symbol")),
        ("Transmission", text(rule)),
        ("Gas", text(f"{motion.gas}, λ_b = {path} l")),
        ("Action hₛ", text(action)),
    )
    return Facts(pairs=pairs)


def _first(tables: Tables) -> TableBlock:
    rows = tuple(
        (
            text(r.physics), text(r.regime), Cell(text=r.symbol, kind="symbol"), text(_shown(r.value, r.unit)),
            text(", ".join(r.needs).replace("_", " ")),
        )
        for r in tables.first
    )  # fmt: skip
    return TableBlock(caption="Table I: diffusion", heads=("Physics", "Regime", "D", "value", "Needs"), rows=rows)


def _motion(tables: Tables) -> TableBlock:
    n = tables.numbers
    rows = (
        ("Velocity along x", "v", n.velocity, "m/s"), ("Inverse Fano factor", "m*v^2/(kB*T)", n.inverse_fano, ""),
        ("Wavelength", "h/(m*v)", n.wavelength, "m"), ("Action", "h_s", n.action, "J s"), ("Action over h", "h_s/h", n.action_over_h, ""),
        ("Ballistic path", "lambda_b", n.ballistic_path, "m"), ("Transmission", "Gamma", n.transmission, ""),
    )  # fmt: skip
    cells = tuple(
        (text(name), Cell(text=symbol, kind="symbol"), text(_shown(value, unit))) for name, symbol, value, unit in rows
    )
    return TableBlock(caption="What the motion implies", heads=("Quantity", "Symbol", "value"), rows=cells)


def _others(tables: Tables) -> tuple[TableBlock, ...]:
    rows = tables.rows
    second = TableBlock(
        caption="Table II: units of conductance and diffusion",
        heads=("Row", "Quasi-particle", "G", "value", "D", "value"),
        rows=tuple((text(r.row), text(r.name), *_entry(r.conductance), *_entry(r.diffusion)) for r in rows),
    )
    third = TableBlock(
        caption="Table III: G/D",
        heads=("Row", "G/D", "value"),
        rows=tuple((text(r.row), *_entry(r.ratio)) for r in rows),
    )
    fourth = TableBlock(
        caption="Table IV: G D",
        heads=("Row", "G D", "value"),
        rows=tuple((text(r.row), *_entry(r.product)) for r in rows),
    )
    return second, third, fourth


def quanta_document(tables: Tables) -> Document:
    """Tables I-IV with numbers, what was stated, and what was chosen."""
    notes = [
        "Corrected where the paper errs: the prefactor P of pht and phn is that of Stefan and Boltzmann, Table III th carries "
        "its mass, pht and phn of Table III are P kB/L². The command gzero audit says why.",
        "A dash waits for a condition: --temperature, --length, --sound-speed, --photon-energy, --mean-free-path, --velocity.",
    ]
    fano = tables.numbers.inverse_fano
    if tables.motion.action == "kB*T*tau_T" and fano is not None and abs(fano - 1) > 1e-9:
        notes.append(f"The two forms of the action differ by the inverse Fano factor, {show_number(fano)}.")
    return Document(
        title="Fundamental units of conductance and diffusion",
        subtitle="arXiv:2604.19828, Tables I-IV",
        sections=(
            Section(title="Conditions", blocks=(_conditions(tables),)),
            Section(title="Conventions", blocks=(_conventions(tables),)),
            Section(
                title="Tables", blocks=(_first(tables), *_others(tables), _motion(tables), Notes(items=tuple(notes)))
            ),
        ),
    )
