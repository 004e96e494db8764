"""Published values over their quanta: the ratios that the table of facts states, and everything that is left out or refused."""

import csv
import re
from pathlib import Path

import pytest

import gzero
from gzero.errors import ColumnError, InputError, UnitError
from gzero.fitters.published import prefactor_of
from gzero.pipeline.datasets import dataset
from gzero.pipeline.published import published_beside
from gzero.quanta import E2_OVER_H, PREFACTORS

HEADS = "system,quantity,value,std,unit,quantum,multiple,particle,temperature,verified,reference"


def catalogue(path: Path, *rows: str, heads: str = HEADS) -> Path:
    path.write_text("\n".join([heads, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def world() -> dict[str, gzero.Analysis]:
    return {a.trace: a for a in gzero.analyse_traces(dataset("published"))}


@pytest.mark.parametrize(
    ("start", "ratio", "std"),
    [
        # ratio_to_quantum of ../shared/facts/published_values.csv, to its printed digits
        ("40K unitary Fermi gas 3D: bare transverse", 0.366, 0.064),
        ("40K 2D Fermi gas: bare transverse", 0.27, 0.10),
        ("40K 2D Fermi gas: transverse spin", 0.040, 0.005),
        ("Si electrons: drift mobility", 4.80, 0.36),
        ("Si holes: drift mobility", 1.71, 0.05),
        ("black body", 0.9989, 0.0013),
        ("Al work-hardened", 1.15, 0.02),
        ("SiN phonon waveguides (4", 1.0, 0.0),
        ("Ag/SiO2/Pt memristor: deviation of 1", 0.962, 0.0),
        ("Ag/SiO2/Pt memristor: deviation of 2", 1.006, 0.0),
    ],
)
def test_ratios_are_those_of_the_table_of_facts(
    world: dict[str, gzero.Analysis], start: str, ratio: float, std: float
) -> None:
    found = next(a for name, a in world.items() if name.startswith(start)).comparisons[0]
    digits = len(f"{ratio}".partition(".")[2])
    assert found.ratio == pytest.approx(ratio, abs=0.51 * 10**-digits)
    assert found.ratio_std == pytest.approx(std, abs=0.51 * 10 ** -len(f"{std}".partition(".")[2]))


def test_rows_that_nobody_verified_are_in_no_claim(world: dict[str, gzero.Analysis], facts: Path) -> None:
    """Every row that the table of facts marks "no" is left out, by rule, and named in the record."""
    with (facts / "published_values.csv").open(encoding="utf-8") as file:
        unverified = [r for r in csv.DictReader(file) if r["verified"] == "no" and r["system"] != "constants"]
    for row in unverified:
        assert f"{row['system']}: {row['quantity']}" not in world
    dropped = {d.rule: d.rows for d in next(iter(world.values())).origin.dropped}
    assert dropped["not verified"] >= sum(bool(re.fullmatch(r"[-+.0-9e]+", r["value"])) for r in unverified)


def test_every_shipped_number_is_in_the_table_of_facts(facts: Path) -> None:
    """A row of the same system and quantity is there; the numbers that were rewritten are named here."""
    known: dict[tuple[str, str, str], set[float]] = {}
    with (facts / "published_values.csv").open(encoding="utf-8") as file:
        for r in csv.DictReader(file):
            number = re.sub(r"[^-+.0-9e]", "", r["value"].split("(")[0])
            value = float(number) if re.fullmatch(r"[-+]?[0-9]+(\.[0-9]*)?(e[-+]?[0-9]+)?", number) else 1.0
            known.setdefault((r["system"], r["quantity"], r["verified"]), set()).add(value)
    # -3.8 % of 1 and +0.6 % of 2; 2 kappa0 T; a relative difference of 0(8.6)e-11 is 1 within that
    rewritten = {"0.962", "2.012", "2"}
    with dataset("published").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            facts_of = known[row["system"], row["quantity"], row["verified"]]
            if row["value"] and row["value"] not in rewritten and not row["stated"].startswith("graphene"):
                assert float(row["value"]) in facts_of


def test_stefan_boltzmann_without_a_length_is_the_prefactor() -> None:
    """sigma = 2 pi^5 kB^4/(15 h^3 c^2) of scipy gives pi^4/(30 zeta(3))."""
    from scipy.constants import Stefan_Boltzmann

    assert prefactor_of(Stefan_Boltzmann) == pytest.approx(PREFACTORS["stefan-boltzmann"], rel=1e-9)


def test_the_world_as_a_report(tmp_path: Path) -> None:
    analyses = gzero.analyse_traces(dataset("published"))
    out = tmp_path / "world.md"
    gzero.write_report(analyses, out)
    text = out.read_text(encoding="utf-8")
    assert "Al work-hardened nanowires" in text
    assert "1.150(20)" in text
    assert "10.1088/0026-1394/7/1/003" in text
    assert "not verified" in text
    assert "Wharam" not in text  # not verified
    assert "limiting value (trap)" not in text


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    path = catalogue(
        tmp_path / "x.csv",
        "wire,step,155.2,1.1,uS,e^2/h,4,electron,,yes,ours",
        "wire,old,100,,uS,e^2/h,,,,no,hearsay",
        "edge,heat,0.93,0.02,pW/K,kappa0*T,1,,1,yes,ours",
    )
    found = gzero.analyse_traces(path, experiment="published")
    assert len(found) == 2
    assert found[0].estimates["ratio"].value == pytest.approx(155.2e-6 / E2_OVER_H)
    assert found[0].estimates["ratio_of_one"].value == pytest.approx(155.2e-6 / E2_OVER_H / 4)
    # kappa0 = 9.464312e-13 W/K^2 (../shared/facts/units_codata2022.csv)
    assert found[1].comparisons[0].ratio == pytest.approx(0.93e-12 / 9.464312e-13, rel=1e-6)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("wire,step,155,-1,uS,e^2/h,,,,yes,", "a std of -1 is not positive"),
        ("wire,step,155,1,uS,e^2/h,0,,,yes,", "a multiple of 0 is not positive"),
        ("wire,step,155,1,uS,e^3/h,,,,yes,", "names no quantum"),
        ("wire,step,155,1,uS,e^2/h,,axion,,yes,", "particle 'axion' is not known"),
        ("wire,step,155,1,mV,e^2/h,,,,yes,", "the value is in 'mV' and its quantum is e\\^2/h"),
        ("wire,step,155,1,uS,e^2/h,,,,no,", "no row holds a verified value"),
    ],
)
def test_rows_that_cannot_be_used_are_one_line(tmp_path: Path, row: str, problem: str) -> None:
    path = catalogue(tmp_path / "x.csv", row, "a,b,1,,,,,,,,")
    with pytest.raises((InputError, UnitError), match=problem) as raised:
        gzero.analyse_traces(path, experiment="published")
    assert "\n" not in str(raised.value)
    assert "x.csv" in str(raised.value)


def test_a_table_without_the_columns_says_which(tmp_path: Path) -> None:
    path = catalogue(tmp_path / "x.csv", "a,1", "b,2", heads="system,value")
    with pytest.raises(ColumnError, match="missing: unit, quantum"):
        gzero.analyse_traces(path, experiment="published")


def test_published_values_stand_beside_a_result() -> None:
    """A period of 1.15(2) G0 over the published 1.15(2) is 1 with both uncertainties in it; a blind result has no ruler."""
    from gzero.estimate import Estimate
    from gzero.quanta import G0

    rows = published_beside("breakjunction", "step_height", Estimate(value=1.15 * G0, std_stat=0.02 * G0, unit="S"))
    al = next(row for row in rows if row.name.startswith("Al"))
    assert al.ratio == pytest.approx(1.0)
    assert al.ratio_std == pytest.approx(2**0.5 * 0.02 / 1.15)
    assert published_beside("breakjunction", "lever_arm", Estimate(value=1.0)) == ()


def test_a_value_in_units_of_a_mass_is_of_its_particle() -> None:
    """2.3 hbar/m of 40K says nothing of a bead; of 40K it does."""
    from gzero.estimate import Estimate

    d = Estimate(value=3.65e-9, std_stat=1e-10, unit="m^2/s")
    assert published_beside("msd", "diffusion", d) == ()
    assert len(published_beside("msd", "diffusion", d, particle="40K")) == 3
