"""What a line through resistances says, case by case, and on a measured set of MoS2 transistors."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import constants

from gzero.errors import ConfigError, InputError
from gzero.fitters.length import fit
from gzero.fitters.options import Conventions, FitOptions
from gzero.loaders.registry import read_table
from gzero.measurement.measurement import Measurement, condition
from gzero.quanta import E2_OVER_H, HBAR, E, parse_quantum
from gzero.reduction.selection import Selection
from gzero.synthetic.length import simulate

FOUR = FitOptions(quantum=parse_quantum("4e^2/h"), declared=True)
CHANNEL = 1 / (4 * E2_OVER_H)


def devices(*, conditions=None, x=None, y=None, noise=0.0, options=FOUR, **given):
    """Findings of a set with nothing but what is stated; exact unless noise is asked for."""
    made = simulate(np.random.default_rng(1), seed=1, noise=noise, **given).measurement
    stated = {name: condition(name, text) for name, text in (conditions or {}).items()}
    series = dict(made.series)
    if x is not None:
        series["length"] = replace(series["length"], values=np.asarray(x, dtype=float))
    if y is not None:
        series["resistance"] = replace(series["resistance"], values=np.asarray(y, dtype=float), std=None)
    return fit(replace(made, series=series, conditions=stated), options)


def value(found, name: str) -> float:
    return found.estimates[name].value


def test_with_channels() -> None:
    """Noise-free: the truth of the generator, by the formula."""
    found = devices(conditions={"channels": "1", "length": "0.3 um"})
    assert next(iter(found.estimates)) == "conductance_per_channel"
    assert value(found, "ballistic_length") == pytest.approx(6e-7, rel=1e-9)
    assert value(found, "contact_resistance") == pytest.approx(1500.0, rel=1e-8)
    assert value(found, "mean_free_path") == pytest.approx(3e-7, rel=1e-9)
    assert value(found, "transmission") == pytest.approx(2 / 3, rel=1e-9)
    assert value(found, "conductance") == pytest.approx(1 / (CHANNEL + 3000), rel=1e-9)
    gamma = {row[0]: row[5:] for row in found.listings[0].rows}
    assert gamma["1"] == ("0.857", "0.857")  # 6/(6 + 1)


def test_with_contacts() -> None:
    """Both contacts stated: channels and ballistic length come out; their uncertainty is a part of its own."""
    found = devices(conditions={"series_resistance": "3000(100) ohm"}, noise=1e-6, channels=2.0)
    assert value(found, "channels") == pytest.approx(2.0, rel=1e-4)
    assert value(found, "ballistic_length") == pytest.approx(6e-7, rel=1e-4)
    # d ln M = dR/(R_0 - R): 100 ohm of 3226 ohm
    assert found.estimates["channels"].systematic["series_resistance"] == pytest.approx(2 * 100 / 3226.6, rel=1e-3)


def test_with_neither_there_are_limits_only() -> None:
    found = devices()
    assert "ballistic_length" not in found.estimates
    assert "channels" not in found.estimates
    assert any("no line tells one from the other" in w for w in found.warnings)
    limits = {row[0]: row for row in found.listings[1].rows}
    assert limits["contacts, both (95 % below)"][3].value == pytest.approx(CHANNEL + 3000, rel=1e-6)
    assert float(limits["channels of 4 e²/h (95 % above)"][2]) == pytest.approx(CHANNEL / (CHANNEL + 3000), rel=5e-3)


def test_a_film() -> None:
    """Sheet, contacts, transfer length and mobility by their definitions."""
    undeclared = replace(FOUR, declared=False)
    found = devices(conditions={"width": "4.0 um", "density": "1e13 1/cm^2"}, options=undeclared)
    slope, start = CHANNEL / 6e-7, CHANNEL + 3000
    assert next(iter(found.estimates)) == "sheet_resistance"
    assert value(found, "sheet_resistance") == pytest.approx(slope * 4e-6, rel=1e-9)
    assert value(found, "contact_resistance_width") == pytest.approx(start * 2e-6, rel=1e-9)
    assert value(found, "transfer_length") == pytest.approx(start / slope / 2, rel=1e-9)
    assert value(found, "mobility") == pytest.approx(1 / (E * 1e17 * slope * 4e-6), rel=1e-9)
    assert not any("tells" in w for w in found.warnings)
    assert "conductance_per_channel" in devices(conditions={"width": "4 um", "channels": "1"}).estimates


def test_tau() -> None:
    """tau = l/v_F with v_F = hbar pi n/(2 m) in one dimension."""
    found = devices(conditions={"channels": "1", "density": "2e8 1/m", "mass": "9.109e-32 kg"})
    velocity = HBAR * np.pi * 1e8 / 9.109e-32
    assert value(found, "tau") == pytest.approx(3e-7 / velocity, rel=1e-6)


def gas_options(*said: str, **chosen: object) -> FitOptions:
    return replace(FOUR, conventions=Conventions(said=frozenset({*said, *chosen}), **chosen))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("chosen", "ratio", "name"),
    [
        ({}, 2.0, "1D degenerate"),
        ({"statistics": "fermi"}, 2.0, "1D degenerate"),
        ({"dimensions": 2}, math.pi / math.sqrt(2), "2D degenerate"),
        ({"dimensions": 3, "statistics": "fermi"}, 4 / math.sqrt(3), "3D degenerate"),
        ({"statistics": "classical"}, math.sqrt(2 * math.pi), "non-degenerate"),
    ],
)
def test_the_gas_is_a_choice(chosen: dict[str, object], ratio: float, name: str) -> None:
    """lambda_b/l in its limits, `physics.md` 1; the truth of the generator is lambda_b = 0.6 um."""
    found = devices(conditions={"channels": "1"}, options=gas_options(**chosen))
    assert value(found, "mean_free_path") == pytest.approx(6e-7 / ratio, rel=1e-9)
    gas = {c.choice: c for c in found.ledger}["gas"]
    assert (gas.value, gas.origin) == (name, "user" if chosen else "default")


@pytest.mark.parametrize(
    ("temperature", "limit"), [("0.01 K", math.pi / math.sqrt(2)), ("1e6 K", math.sqrt(2 * math.pi))]
)
def test_a_gas_between_the_limits(temperature: str, limit: float) -> None:
    """Two-dimensional electrons of 1e15 1/m^2, T_F = 414 K at 0.067 m_e: both ends are the limits, in l and in tau = l/v."""
    stated = {"channels": "1", "temperature": temperature, "mass": "0.067 m_e", "density": "1e15 1/m^2"}
    found = devices(conditions=stated, options=gas_options(statistics="fermi", dimensions=2))
    assert value(found, "mean_free_path") == pytest.approx(6e-7 / limit, rel=2e-3)
    mass = 0.067 * constants.m_e
    k_fermi = math.sqrt(2 * math.pi * 1e15)
    speed = HBAR * k_fermi / mass / math.sqrt(2) if limit < 2.3 else math.sqrt(constants.k * 1e6 / mass)
    assert value(found, "tau") == pytest.approx(6e-7 / limit / speed, rel=2e-3)


def test_bosons_need_their_density() -> None:
    with pytest.raises(ConfigError, match="ballistic length of bosons"):
        devices(conditions={"channels": "1"}, options=gas_options(statistics="bose"))


def test_a_common_error_of_the_lengths() -> None:
    """All lengths 20 nm too long: stated as such it is taken out; its uncertainty moves R_0 by s times it, and no slope."""
    at = np.linspace(1e-7, 1e-6, 6)
    r = CHANNEL * (1 + at / 6e-7) + 3000
    found = devices(x=at + 2e-8, y=r, conditions={"channels": "1", "length_offset": "20(5) nm"})
    assert value(found, "contact_resistance") == pytest.approx(1500.0, rel=1e-6)
    part = found.estimates["intercept"].systematic["length_offset"]
    assert part == pytest.approx(CHANNEL / 6e-7 * 5e-9, rel=1e-6)
    assert "length_offset" not in found.estimates["slope"].systematic
    assert "length_offset" not in found.estimates["ballistic_length"].systematic


def test_a_gain_moves_everything() -> None:
    """R_read = gain R: 2 % of the gain are 2 % of the line, and of the ballistic length with the other sign."""
    found = devices(conditions={"channels": "1", "gain": "1.00(2)"})
    for name, share in (("intercept", -0.02), ("slope", -0.02), ("ballistic_length", 0.02)):
        estimate = found.estimates[name]
        assert estimate.systematic["gain"] == pytest.approx(share * estimate.value, rel=1e-6)


def test_devices_of_one_length_count_one_by_one() -> None:
    """Three devices at each of two lengths: the slope's uncertainty is that of two means, by hand, with four degrees of
    freedom (the law changes by 5 %, and so would one in proportion)."""
    x = np.repeat([1e-6, 2e-6], 3)
    y = np.array([100.0, 101, 99, 105, 106, 104]) * 1e3
    found = devices(x=x, y=y, points=6, conditions={"channels": "1"})
    spread = np.sqrt(4 * 1e6 / 4)  # pooled: squares 2e6 + 2e6 over 6 - 2
    by_hand = spread * np.sqrt(2 / 3) / 1e-6 * 2.776445 / 1.959964
    assert found.estimates["slope"].std_stat == pytest.approx(by_hand, rel=0.01)
    assert found.curve is not None
    assert len(found.curve) == 6
    assert any("two lengths only" in w for w in found.warnings)
    refusing = replace(FOUR, selection=Selection(repeats="refuse"))
    with pytest.raises(InputError, match="4 devices have the length of another"):
        devices(x=x, y=y, points=6, options=refusing)


def test_a_flat_set_has_no_ballistic_length() -> None:
    y = 9000.0 * (1 + 0.01 * np.random.default_rng(4).normal(size=8))
    found = devices(y=y, conditions={"channels": "1"})
    assert "ballistic_length" not in found.estimates
    assert any("does not grow with length" in w and "λ is above" in w for w in found.warnings)


def test_contradictions_are_said() -> None:
    negative = devices(noise=0.001, conditions={"channels": "0.5"})
    assert any("negative" in w for w in negative.warnings)
    apart = devices(noise=0.001, conditions={"channels": "1", "series_resistance": "5(0.1) kohm"})
    assert any("5000 ohm" in w and "apart" in w for w in apart.warnings)
    bad = devices(noise=0.003, outlier=0.5, stated_std=False, conditions={"channels": "1"})
    assert any("row 5" in w and "Without it" in w for w in bad.warnings)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"y": [1e3] * 7 + [np.nan]}, InputError, "no finite"),
        ({"y": [1e3] * 7 + [-1.0]}, InputError, "not positive"),
        ({"x": [-1e-7, *np.linspace(1e-7, 1e-6, 7)]}, InputError, "below zero"),
        ({"options": replace(FOUR, quantum=parse_quantum("1/h"))}, ConfigError, "e\\^2/h each"),
    ],
)
def test_refusals(change, error, message) -> None:
    with pytest.raises(error, match=message):
        devices(**change)


def test_molybdenum_disulphide(measured) -> None:
    """Six transistors 0.5 to 3.5 um, width 4 um (measured/length_mos2/NOTE.md): forward sweep, V_g = 50 V, V_d = 1 V.

    The note's own straight line through R W has 5.4 kohm a square and 2 R_c W = 7.4 kohm um. Here both must come out within
    a standard uncertainty, which the scatter of the devices (0.5 um above the line) makes large.
    """
    assigned = {"p3p2": 0.5, "p3p4": 1.0, "p5p4": 2.0, "p5p6": 2.5, "p7p6": 3.0, "p7p8": 3.5}
    resistances = []
    for pair in assigned:
        columns = {
            c.name: c.values for c in read_table(measured / f"length_mos2/isoMoS2_topleft_{pair}_IdVg.txt").columns
        }
        at = int(np.flatnonzero(columns["GateV(1)"] == 50.0)[0])  # the first time: the sweep goes up first
        resistances.append(1.0 / columns["DrainI(1)"][at])
    kilo_ohm_um = np.array(resistances) * 4e-3
    np.testing.assert_allclose(kilo_ohm_um, [11.8, 11.4, 14.9, 22.8, 27.3, 24.1], atol=0.051)  # the note, to its digits
    measurement = Measurement.from_arrays(
        x=np.array(list(assigned.values())), y=np.array(resistances), x_unit="um", y_unit="ohm", experiment="length",
        conditions={"width": "4 um"},
    )  # fmt: skip
    found = fit(measurement, FitOptions(quantum=parse_quantum("e^2/h"), declared=False))
    sheet, contacts = found.estimates["sheet_resistance"], found.estimates["contact_resistance_width"]
    assert abs(sheet.value - 5.4e3) < sheet.std
    assert abs(2 * contacts.value - 7.4e-3) < 2 * contacts.std
    assert 0.1 < sheet.std / sheet.value < 0.5  # as noisy as it looks
    assert 0.1 < found.estimates["device_scatter"].value < 0.3
