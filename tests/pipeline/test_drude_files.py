"""Files of a complex conductivity: which columns they are, in which units, and what is refused in one line."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import gzero
from gzero.errors import InputError, UnitError

F = np.linspace(0.2, 2.5, 40)  # THz


def written(
    path: Path, names: tuple[str, str, str], *, factor: float = 1.0, turns: float = 1.0, sheet: float = 1.0
) -> Path:
    """sigma_0 = 1500 S/m, tau = 80 fs, c = -0.6, without noise, to nine digits."""
    r = 1 / (1 - 2j * math.pi * F * 1e12 * 80e-15)
    sigma = 1500 * sheet * r * (1 - 0.6 * r) / factor
    rows = [f"{f * turns:.9g},{s.real:.9g},{s.imag:.9g}" for f, s in zip(F, sigma, strict=True)]
    path.write_text("\n".join([",".join(names), *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("names", "factor", "turns"),
    [
        (("f (THz)", "Re sigma (S/m)", "Im sigma (S/m)"), 1.0, 1.0),
        (("Frequency [THz]", "sigma_1 [S/cm]", "sigma_2 [S/cm]"), 100.0, 1.0),
        (("omega (Trad/s)", "Re(sigma) (S/m)", "Im(sigma) (S/m)"), 1.0, 2 * math.pi),
        (("ω (Trad/s)", "real conductivity (S/m)", "imaginary conductivity (S/m)"), 1.0, 2 * math.pi),
    ],
)
def test_columns_of_a_conductivity(tmp_path: Path, names: tuple[str, str, str], factor: float, turns: float) -> None:
    found = gzero.analyse(written(tmp_path / "s.csv", names, factor=factor, turns=turns), experiment="drude").estimates
    assert found["tau"].value == pytest.approx(80e-15, rel=1e-6)
    assert found["conductivity"].value == pytest.approx(1500, rel=1e-6)
    assert found["persistence"].value == pytest.approx(-0.6, rel=1e-5)


def test_a_sheet(tmp_path: Path) -> None:
    """In siemens: no plasma frequency, and a density of a sheet with the mass."""
    path = written(tmp_path / "s.csv", ("f (THz)", "Re sigma (mS)", "Im sigma (mS)"), factor=1e-3, sheet=1e-6)
    found = gzero.analyse(path, experiment="drude", mass="0.067 m_e").estimates
    assert (found["conductivity"].unit, found["density"].unit) == ("S", "1/m^2")
    assert "plasma_frequency" not in found


def test_a_density_gives_the_mass(tmp_path: Path) -> None:
    path = written(tmp_path / "s.csv", ("f (THz)", "Re sigma (S/m)", "Im sigma (S/m)"))
    light = gzero.analyse(path, experiment="drude", mass="0.2 m_e").estimates["density"].value
    back = gzero.analyse(path, experiment="drude", density=f"{light} 1/m^3").estimates["effective_mass"]
    assert back.value == pytest.approx(0.2 * 9.1093837e-31, rel=1e-6)  # CODATA 2022


def test_what_is_refused(tmp_path: Path) -> None:
    mixed = written(tmp_path / "a.csv", ("f (THz)", "Re sigma (S/m)", "Im sigma (S)"))
    with pytest.raises(UnitError, match="the imaginary part in"):
        gzero.analyse(mixed, experiment="drude")
    bare = written(tmp_path / "b.csv", ("f (THz)", "Re sigma", "Im sigma"))
    with pytest.raises(UnitError):
        gzero.analyse(bare, experiment="drude")
    metres = written(tmp_path / "c.csv", ("f (m)", "Re sigma (S/m)", "Im sigma (S/m)"))
    with pytest.raises(InputError):
        gzero.analyse(metres, experiment="drude")
    short = tmp_path / "d.csv"
    short.write_text("f (THz),Re sigma (S/m),Im sigma (S/m)\n1,2,3\n2,3,4\n", encoding="utf-8")
    with pytest.raises(InputError, match="2 usable points"):
        gzero.analyse(short, experiment="drude")
