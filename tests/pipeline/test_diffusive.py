"""Tables of D and mobility from file to answer: rows or a curve, mobilities, conventions, a plate of four contacts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from scipy import constants

import gzero
from gzero.errors import ColumnError, ConfigError, InputError
from gzero.models.carriers import gas, phase_space_density

SILICON = 0.26 * constants.m_e
LAW = [(t, 1e4 * 3.5e-3 * (t / 300) ** -1.5) for t in range(150, 400, 25)]  # ten temperatures, D in cm^2/s


def table(path: Path, head: str, rows: list[tuple[object, ...]]) -> Path:
    path.write_text("\n".join([head, *(",".join(str(v) for v in row) for row in rows)]) + "\n", encoding="utf-8")
    return path


def said(analysis: gzero.Analysis, choice: str) -> tuple[str, str, str]:
    return next((c.value, c.origin, c.note) for c in analysis.ledger if c.choice == choice)


def test_ten_temperatures_of_one_sample_are_a_curve(tmp_path: Path) -> None:
    path = table(tmp_path / "d.csv", "T (K),D (cm^2/s)", LAW)
    (one,) = gzero.analyse_traces(path, particle="electron")
    assert one.estimates["exponent"].value == pytest.approx(1.5, rel=1e-6)
    value, origin, note = said(one, "rows")
    assert (value, origin) == ("one curve", "data")
    assert "10 temperatures" in note
    each = gzero.analyse_traces(path, particle="electron", rows="each")
    assert len(each) == 10
    assert said(each[0], "rows")[:2] == ("an answer each", "user")


@pytest.mark.parametrize(
    ("head", "extra", "why"),
    [
        ("T (K),D (cm^2/s),carrier", lambda i: ("electrons" if i % 2 else "holes",), "'carrier' differs"),
        ("T (K),D (cm^2/s),m* (m_e)", lambda i: (0.26 if i % 2 else 0.37,), "'m*' differs"),
    ],
)
def test_what_tells_rows_apart_makes_them_answers(tmp_path: Path, head: str, extra, why: str) -> None:  # type: ignore[no-untyped-def]
    path = table(tmp_path / "d.csv", head, [(*row, *extra(i)) for i, row in enumerate(LAW)])
    found = gzero.analyse_traces(path, particle="electron")
    assert len(found) == 10
    assert why in said(found[0], "rows")[2]
    (one,) = gzero.analyse_traces(path, particle="electron", rows="curve")
    assert why in said(one, "rows")[2]


def test_a_mass_that_all_rows_state_is_that_of_the_curve(tmp_path: Path) -> None:
    path = table(tmp_path / "d.csv", "T (K),D (cm^2/s),m* (m_e)", [(*row, 0.26) for row in LAW])
    (one,) = gzero.analyse_traces(path, particle="electron")
    assert one.estimates["tau"].value == pytest.approx(3.5e-3 * SILICON / (constants.k * 300), rel=1e-6)


def test_few_temperatures_are_rows(tmp_path: Path) -> None:
    found = gzero.analyse_traces(table(tmp_path / "d.csv", "T (K),D (cm^2/s)", LAW[:7]), particle="electron")
    assert len(found) == 7
    assert "too few for a curve" in said(found[0], "rows")[2]


def test_a_mobility_becomes_d(tmp_path: Path) -> None:
    """1350(100) cm^2/Vs (Ludwig and Watters 1956) is D = 3.49(26)e-3 m^2/s (physics.md section 3), tau = mu m/e."""
    path = table(tmp_path / "mu.csv", "T (K),mobility (cm^2/Vs),mobility_std (cm^2/Vs)", [(300, 1350, 100)])
    (one,) = gzero.analyse_traces(path, particle="electron", mass="0.26 m_e")
    d = one.estimates["diffusion"]
    assert d.value == pytest.approx(3.49e-3, abs=0.005e-3)
    assert d.std == pytest.approx(0.26e-3, abs=0.005e-3)
    assert one.estimates["tau"].value == pytest.approx(0.135 * SILICON / constants.e, rel=1e-12)
    assert one.quantum is not None
    assert one.quantum.symbol == "h/m"


def test_a_mobility_beside_d_measures_the_fano_factor(tmp_path: Path) -> None:
    """D e/(mu kB T) = 1/F: made with the F of a Fermi gas, it contradicts a classical one and no other."""
    f = float(gas(phase_space_density(1e26, 300.0, SILICON, dimensions=3, degeneracy=2), "fermi", 3).fano)
    d = 0.1 * constants.k * 300 / (constants.e * f)
    head = "T (K),D (m^2/s),D_std (m^2/s),mobility (m^2/(V s)),mobility_std (m^2/(V s))"
    path = table(tmp_path / "both.csv", head, [(300, d, 0.01 * d, 0.1, 0.001)])
    (plain,) = gzero.analyse_traces(path, particle="electron", mass="0.26 m_e")
    ratio = plain.estimates["einstein_ratio"]
    assert ratio.value == pytest.approx(1 / f, rel=1e-5)
    assert ratio.std == pytest.approx(ratio.value * 0.01 * 2**0.5, rel=1e-3)
    assert any("D/mu is" in w for w in plain.warnings)
    assert any(c.name.startswith("mu kB T/e") for c in plain.comparisons)
    (dense,) = gzero.analyse_traces(
        path, particle="electron", mass="0.26 m_e", statistics="fermi", density="1e26 1/m^3", degeneracy=2
    )
    assert not any("D/mu is" in w for w in dense.warnings)


def test_conventions_are_reported_whether_stated_or_not(tmp_path: Path) -> None:
    """h_s = kB T L/v is F times m v L, and the transmission that is not asked for stands beside the other."""
    path = table(tmp_path / "d.csv", "T (K),D (m^2/s),D_std (m^2/s)", [(300, 3.5e-3, 1e-4)])
    options = {
        "particle": "electron",
        "mass": "0.26 m_e",
        "length": "100 nm",
        "density": "1e20 1/cm^3",
        "degeneracy": 2,
    }
    (plain,) = gzero.analyse_traces(path, **options)
    assert [said(plain, n)[1] for n in ("statistics", "dimensions", "degeneracy", "transmission", "action")] == [
        "default", "default", "user", "default", "default"
    ]  # fmt: skip
    (other,) = gzero.analyse_traces(path, **options, statistics="fermi", action="kBT", transmission="drude")
    (same,) = gzero.analyse_traces(path, **options, statistics="fermi")
    f = other.estimates["fano_factor"].value
    assert other.estimates["action"].value == pytest.approx(f * same.estimates["action"].value, rel=1e-12)
    assert other.estimates["transmission"].value == pytest.approx(same.estimates["transmission_drude"].value, rel=1e-12)
    assert other.estimates["transmission_landauer"].value == pytest.approx(
        same.estimates["transmission"].value, rel=1e-12
    )
    (staircase,) = gzero.analyse_traces(
        table(tmp_path / "g.csv", "Vg (V),G (uS)", [(i / 100, 77.48 * (1 + i // 50)) for i in range(200)]),
        statistics="bose",
    )
    assert "of no use" in said(staircase, "statistics")[2]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"statistics": "fermi"}, "needs its density"),
        ({"density": "1e12 1/cm^2"}, "that of a sheet, and the gas has 3 dimensions; state --dimensions 2"),
        ({"statistics": "bose", "density": "1e30 1/m^3"}, "condensate"),
        ({"degeneracy": -1, "density": "1e20 1/m^3"}, "must be positive"),
        ({"statistics": "anyons"}, "choose classical, fermi, bose"),
        ({"dimensions": "4"}, "choose 3, 2, 1"),
        ({"rows": "some"}, "choose auto, each, curve"),
    ],
)
def test_bad_conventions_are_one_line(tmp_path: Path, options: dict[str, object], match: str) -> None:
    path = table(tmp_path / "d.csv", "T (K),D (cm^2/s)", LAW)
    with pytest.raises(ConfigError, match=match) as raised:
        gzero.analyse_traces(path, particle="electron", **options)  # type: ignore[arg-type]
    assert "\n" not in str(raised.value)


def test_bad_tables_are_one_line(tmp_path: Path) -> None:
    mobility = table(tmp_path / "m.csv", "sample,mobility (cm^2/Vs)", [("a", 1350), ("b", 480)])
    with pytest.raises(ConfigError, match="at which temperature"):
        gzero.analyse_traces(mobility, experiment="diffusion", particle="electron")
    with pytest.raises(InputError, match="needs a column of temperatures"):
        gzero.analyse_traces(mobility, experiment="diffusion", particle="electron", rows="curve")
    gap = table(tmp_path / "nan.csv", "T (K),D (cm^2/s)", [*LAW, (500, "nan")])
    with pytest.raises(InputError, match="finite number is needed"):
        gzero.analyse_traces(gap, particle="electron")
    with pytest.raises(ColumnError, match="could be the diffusion"):
        gzero.analyse_traces(
            table(tmp_path / "two.csv", "T (K),Dn (cm^2/s),Dp (cm^2/s)", [(300, 36, 12)] * 2), particle="electron"
        )


@pytest.mark.parametrize("current", [180, 360, 900])
def test_measured_germanium_from_its_file(measured: Path, current: int) -> None:
    """Mobility exponent between -1.5 and -2.3 below 280 K; D at 300 K by Einstein's relation. Drift mobility of holes is 1776
    cm^2/Vs there (NSM), and a Hall mobility is above it by r_H, 1 to 2 in p-type germanium."""
    path = measured / "hall_germanium" / f"{current}uA_3500G_95K_350K.txt"
    (one,) = gzero.analyse_traces(path, particle="electron", mass="0.25 m_e")
    assert one.experiment == "diffusion"
    assert 1.5 < one.estimates["exponent_mobility"].value < 2.3
    mobility, d = one.estimates["mobility"], one.estimates["diffusion"]
    assert d.value == pytest.approx(mobility.value * constants.k * 300 / constants.e, rel=1e-12)
    assert 0.1776 < mobility.value < 2 * 0.1776
    assert any("Hall mobility" in w for w in one.warnings)
    assert any(d.rule == "mixed conduction" for d in one.origin.dropped)
    assert one.curve is not None
    assert one.curve.x[-1] < 280


def test_a_plate_without_a_field_is_one_line(measured: Path, tmp_path: Path) -> None:
    text = (measured / "hall_germanium" / "360uA_3500G_95K_350K.txt").read_text(encoding="utf-8")
    bare = tmp_path / "bare.txt"
    bare.write_text(text.replace("B-Field (Gauss)", "B-Field"), encoding="utf-8")
    with pytest.raises(ColumnError, match="one of the magnetic field"):
        gzero.analyse_traces(bare, experiment="diffusion", particle="electron")
    one_sign = tmp_path / "one.txt"
    one_sign.write_text(re.sub(r"\t-(?=2\d{3}\.)", "\t", text), encoding="utf-8")
    with pytest.raises(InputError, match="not reversed"):
        gzero.analyse_traces(one_sign, particle="electron")
