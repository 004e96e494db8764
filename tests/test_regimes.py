"""Table I and the motion of a gas, against constants of scipy, quadrature, the numbers of physics.md, and dimensions."""

import csv
import math
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants
from scipy.integrate import quad

from gzero.audit.algebra import dimension, unit_dimension
from gzero.errors import ConfigError
from gzero.quanta import TABLE_I, Conditions, particle
from gzero.regimes import BALLISTIC_PATHS, DiffusionRow, Motion, motion_numbers, table_one, transmission_of

ROOM = Conditions(mass=0.26 * constants.m_e, temperature=300.0, length=1e-7, photon_energy=constants.e)
MOTION = Motion(mean_free_path=3e-8)
ROWS = ("classical diffusive", "classical ballistic", "relativistic ballistic", "quantum diffusive", "quantum ballistic", "quantum relativistic")  # fmt: skip


def rows(conditions: Conditions = ROOM, motion: Motion = MOTION) -> dict[str, DiffusionRow]:
    return dict(zip(ROWS, table_one(conditions, motion), strict=True))


def test_every_row_from_its_own_letters() -> None:
    """Table I of arXiv:2604.19828, worked out with scipy's constants."""
    speed = math.sqrt(constants.k * 300.0 / (0.26 * constants.m_e))
    path = math.sqrt(2 * math.pi) * 3e-8
    expected = {
        "classical diffusive": speed * 3e-8,
        "classical ballistic": speed * 1e-7,
        "relativistic ballistic": constants.c * 1e-7,
        "quantum diffusive": constants.h / (0.26 * constants.m_e) * path / (path + 1e-7),
        "quantum ballistic": constants.h / (0.26 * constants.m_e),
        "quantum relativistic": constants.c * constants.h * constants.c / constants.e,
    }
    for name, row in rows().items():
        assert row.value == pytest.approx(expected[name], rel=1e-12), name
        assert row.unit == "m^2/s"


def test_symbols_are_those_of_the_printed_table() -> None:
    assert [(r.physics, r.symbol) for r in table_one()] == [(physics, symbol) for physics, _, symbol in TABLE_I]
    assert [r.regime for r in table_one()] == [regime for _, regime, _ in TABLE_I]


def test_units_by_dimension() -> None:
    """The dimension of each expression by its letters, pint's, against that of its unit; v_x is a velocity."""
    for action in ("m*v*L", "kB*T*tau_T"):
        for row in rows(motion=replace(MOTION, action=action)).values():  # type: ignore[arg-type]
            letters = row.symbol.replace("v_x", "v").replace(" ", "*")
            assert dimension(letters) == unit_dimension(row.unit), row


@pytest.mark.parametrize("name", ["electron", "3He", "4He", "6Li", "40K"])
def test_quantum_diffusion_of_any_particle(name: str, facts: Path) -> None:
    """units_codata2022.csv where it has the particle; its twelve digits, for 3He within the two published masses (6e-10)."""
    with (facts / "units_codata2022.csv").open(encoding="utf-8") as file:
        table = {line["name"]: float(line["value"]) for line in csv.DictReader(file)}
    for unit in ("h/m", "hbar/m", "hbar/2m"):
        found = rows(Conditions(mass=particle(name).mass), Motion(diffusion=unit))["quantum ballistic"]  # type: ignore[arg-type]
        assert found.symbol == unit
        expected = table.get(f"{unit} {name}")
        if expected is None:  # 4He is not in the table: AME2020 mass 4.00260325413 u
            scale = {"h/m": constants.h, "hbar/m": constants.hbar, "hbar/2m": constants.hbar / 2}[unit]
            expected = scale / (4.00260325413 * constants.physical_constants["atomic mass constant"][0])
        assert found.value == pytest.approx(expected, rel=1e-9 if name in ("3He", "4He") else 5e-12)


def test_wavelengths_of_physics_md() -> None:
    """Section 2: h_s <= h is L <= 8.71 um for 6Li at 42 nK, 21 nm for electrons of 0.26 m_e in silicon at 300 K."""
    lithium = motion_numbers(Conditions(mass=particle("6Li").mass, temperature=42e-9, length=8.71e-6), Motion())
    assert lithium.wavelength == pytest.approx(8.71e-6, rel=1e-3)
    assert lithium.action_over_h == pytest.approx(1.0, rel=1e-3)
    assert motion_numbers(ROOM, MOTION).wavelength == pytest.approx(21e-9, rel=0.02)


@pytest.mark.parametrize(("gas", "d"), [("degenerate-2d", 2), ("degenerate-3d", 3)])
def test_ballistic_paths_by_quadrature(gas: str, d: int) -> None:
    """2 sqrt(<cos^2>)/<|cos|> over the directions in d dimensions."""

    def mean(n: int) -> float:
        top = quad(lambda a: math.cos(a) ** n * math.sin(a) ** (d - 2), 0, math.pi / 2)[0]
        return top / quad(lambda a: math.sin(a) ** (d - 2), 0, math.pi / 2)[0]

    assert BALLISTIC_PATHS[gas] == pytest.approx(2 * math.sqrt(mean(2)) / mean(1), rel=1e-9)  # type: ignore[index]


def test_other_ballistic_paths() -> None:
    """1D degenerate: every carrier moves at v, 2. Classical: <|v|> = sqrt(2/pi) v by Maxwell's law, sqrt(2 pi)."""
    mean = quad(lambda v: v * math.exp(-v * v / 2), 0, 40)[0] / quad(lambda v: math.exp(-v * v / 2), 0, 40)[0]
    assert BALLISTIC_PATHS["classical"] == pytest.approx(2 / mean, rel=1e-9)
    assert BALLISTIC_PATHS["degenerate-1d"] == 2.0


@given(st.floats(1e-9, 1e-3), st.floats(1e-9, 1e-3), st.sampled_from(list(BALLISTIC_PATHS)))
def test_transmissions(path: float, length: float, gas: str) -> None:
    landauer = transmission_of(path, length, Motion(gas=gas))  # type: ignore[arg-type]
    printed = transmission_of(path, length, Motion(gas=gas, transmission="l/L"))  # type: ignore[arg-type]
    assert 0 < landauer < 1
    assert printed == path / length  # not capped
    assert landauer < BALLISTIC_PATHS[gas] * printed  # type: ignore[index]


def test_the_two_actions() -> None:
    """m v L = F kB T tau_T: one and the same for a classical gas, F times apart for a stated velocity."""
    same = [motion_numbers(ROOM, replace(MOTION, action=a)).action for a in ("m*v*L", "kB*T*tau_T")]  # type: ignore[arg-type]
    assert same[0] == pytest.approx(same[1], rel=1e-14)
    fast = replace(MOTION, velocity=1e6, gas="degenerate-3d")
    told = [motion_numbers(ROOM, replace(fast, action=a)) for a in ("m*v*L", "kB*T*tau_T")]  # type: ignore[arg-type]
    fano = 0.26 * constants.m_e * 1e12 / (constants.k * 300.0)
    assert told[0].inverse_fano == pytest.approx(fano, rel=1e-12)
    assert told[0].action / told[1].action == pytest.approx(fano, rel=1e-12)  # type: ignore[operator]
    # D = (h_s/m) Gamma of the ballistic row follows the chosen action
    ballistic = [rows(motion=replace(fast, action=a))["classical ballistic"] for a in ("m*v*L", "kB*T*tau_T")]  # type: ignore[arg-type]
    assert ballistic[0].value / ballistic[1].value == pytest.approx(fano, rel=1e-12)  # type: ignore[operator]
    assert [r.symbol for r in ballistic] == ["sqrt(v_x^2) L", "(kB T/m) tau_T"]


def test_what_is_missing_is_none_and_named() -> None:
    bare = dict(zip(ROWS, table_one(), strict=True))
    assert all(row.value is None and row.needs for row in bare.values())
    assert bare["quantum diffusive"].needs == ("mass", "mean_free_path", "length")
    assert set(asdict(motion_numbers(Conditions(), Motion())).values()) == {None}
    # a degenerate gas has no velocity from its temperature
    degenerate = rows(motion=replace(MOTION, gas="degenerate-1d"))["classical diffusive"]
    assert degenerate.value is None
    assert degenerate.needs == ("velocity", "mean_free_path")
    known = {"mass", "temperature", "length", "photon_energy", "mean_free_path", "velocity"}
    assert set().union(*(row.needs for row in bare.values())) <= known


@pytest.mark.parametrize("name", ["mean_free_path", "velocity"])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_impossible_motion_is_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match="must be positive"):
        Motion(**{name: value})


@pytest.mark.parametrize("name", ["gas", "transmission", "action", "diffusion"])
def test_unknown_conventions_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} 'eq99' is no choice; choose"):
        Motion(**{name: "eq99"})
