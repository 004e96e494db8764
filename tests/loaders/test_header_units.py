"""Column headers as laboratories write them: name, unit text and what the unit comes to in SI.

Factors and dimensions are those of the SI brochure (9th edition, tables 2 to 8), written out by hand; a header that only means
something, and says it in no unit that SI knows, has none. What stands here as unknown must never be multiplied by anything.
"""

from __future__ import annotations

import pytest

from gzero.loaders.header import name_and_unit
from gzero.units import parse_unit

#: header, name, unit text, factor, SI unit.
KNOWN: list[tuple[str, str, str, float, str]] = [
    # parentheses and brackets
    ("Vg (V)", "Vg", "V", 1, "V"), ("Vg(mV)", "Vg", "mV", 1e-3, "V"), ("I_ds [nA]", "I_ds", "nA", 1e-9, "A"), ("I[pA]", "I", "pA", 1e-12, "A"),
    ("Gate voltage [ V ]", "Gate voltage", "V", 1, "V"), ('"Vg (V)"', "Vg", "V", 1, "V"), ("  Vg   (V) ", "Vg", "V", 1, "V"),
    ("V_{g} (V)", "V_{g}", "V", 1, "V"), ("$V_g$ (V)", "$V_g$", "V", 1, "V"), ("CH1 (V)", "CH1", "V", 1, "V"), ("Channel 1 [V]", "Channel 1", "V", 1, "V"),
    ("I [nA] (raw)", "I (raw)", "nA", 1e-9, "A"), ("I (A) (2)", "I (2)", "A", 1, "A"), ("t (s) since start", "t since start", "s", 1, "s"),
    ("std(G) (S)", "std(G)", "S", 1, "S"), ("|I| (A)", "|I|", "A", 1, "A"), ("Re(Z) (Ohm)", "Re(Z)", "Ohm", 1, "ohm"), ("V - V0 (mV)", "V - V0", "mV", 1e-3, "V"),
    # a stroke, as ISO 80000-1 and German books write it
    ("U / mV", "U", "mV", 1e-3, "V"), ("U/mV", "U", "mV", 1e-3, "V"), ("R / Ohm", "R", "Ohm", 1, "ohm"), ("R/kΩ", "R", "kΩ", 1e3, "ohm"), ("T / K", "T", "K", 1, "K"),
    ("T/K", "T", "K", 1, "K"), ("T/mK", "T", "mK", 1e-3, "K"), ("B/T", "B", "T", 1, "T"), ("I/A", "I", "A", 1, "A"), ("t/min", "t", "min", 60, "s"),
    ("E / meV", "E", "meV", 1.602176634e-22, "J"), ("f / kHz", "f", "kHz", 1e3, "Hz"), ("m/kg", "m", "kg", 1, "kg"), ("C/pF", "C", "pF", 1e-12, "F"),
    ("G/uS", "G", "uS", 1e-6, "S"), ("p/mbar", "p", "mbar", 100, "Pa"), ("Z' / Ohm", "Z'", "Ohm", 1, "ohm"), ("L/um", "L", "um", 1e-6, "m"),
    # an underscore, a comma, a blank
    ("Vg_mV", "Vg", "mV", 1e-3, "V"), ("Vsd_uV", "Vsd", "uV", 1e-6, "V"), ("Isd_nA", "Isd", "nA", 1e-9, "A"), ("I_A", "I", "A", 1, "A"), ("B_T", "B", "T", 1, "T"),
    ("t_s", "t", "s", 1, "s"), ("Temp_K", "Temp", "K", 1, "K"), ("T_mc_mK", "T_mc", "mK", 1e-3, "K"), ("L_nm", "L", "nm", 1e-9, "m"), ("D_m2_s", "D", "m2/s", 1, "m^2/s"),
    ("G_uS", "G", "uS", 1e-6, "S"), ("P_nW", "P", "nW", 1e-9, "W"), ("f_Hz", "f", "Hz", 1, "Hz"), ("B_G", "B", "G", 1e-4, "T"), ("x_um", "x", "um", 1e-6, "m"),
    ("Vg,V", "Vg", "V", 1, "V"), ("Vg, mV", "Vg", "mV", 1e-3, "V"), ("Vg; V", "Vg", "V", 1, "V"), ("Drain current, A", "Drain current", "A", 1, "A"), ("Gate voltage V", "Gate voltage", "V", 1, "V"),
    # German
    ("Strom in nA", "Strom", "nA", 1e-9, "A"), ("Spannung [mV]", "Spannung", "mV", 1e-3, "V"), ("Zeit in s", "Zeit", "s", 1, "s"), ("Zeit / min", "Zeit", "min", 60, "s"),
    ("Widerstand in Ω", "Widerstand", "Ω", 1, "ohm"), ("Länge in µm", "Länge", "µm", 1e-6, "m"), ("Feld B in T", "Feld B", "T", 1, "T"), ("Kapazität (pF)", "Kapazität", "pF", 1e-12, "F"),
    ("Leistung (mW)", "Leistung", "mW", 1e-3, "W"), ("Druck p [hPa]", "Druck p", "hPa", 100, "Pa"), ("Drehmoment (Nm)", "Drehmoment", "Nm", 1, "J"),
    ("Leitwert (µS)", "Leitwert", "µS", 1e-6, "S"), ("Dichte (g/cm^3)", "Dichte", "g/cm^3", 1000, "kg m^-3"),
    # micro: U+00B5, U+03BC, u; ohm: U+2126, U+03A9, Ohm, ohm, Ohms
    ("Strom (\u00b5A)", "Strom", "\u00b5A", 1e-6, "A"), ("Strom (\u03bcA)", "Strom", "\u03bcA", 1e-6, "A"), ("Strom (uA)", "Strom", "uA", 1e-6, "A"), ("R (k\u2126)", "R", "k\u2126", 1e3, "ohm"),
    ("R (k\u03a9)", "R", "k\u03a9", 1e3, "ohm"), ("R (Ohm)", "R", "Ohm", 1, "ohm"), ("R (ohm)", "R", "ohm", 1, "ohm"), ("R (Ohms)", "R", "Ohms", 1, "ohm"),
    # prefixes
    ("R (MΩ)", "R", "MΩ", 1e6, "ohm"), ("R (mΩ)", "R", "mΩ", 1e-3, "ohm"), ("f (mHz)", "f", "mHz", 1e-3, "Hz"), ("f (MHz)", "f", "MHz", 1e6, "Hz"), ("I (fA)", "I", "fA", 1e-15, "A"),
    ("f (GHz)", "f", "GHz", 1e9, "Hz"), ("p (mbar)", "p", "mbar", 100, "Pa"), ("C (fF)", "C", "fF", 1e-15, "F"), ("T (nK)", "T", "nK", 1e-9, "K"), ("I (1e-9 A)", "I", "1e-9 A", 1e-9, "A"),
    ("I (10^-9 A)", "I", "10^-9 A", 1e-9, "A"),
    # compound
    ("1/T (1/K)", "1/T", "1/K", 1, "1/K"), ("dI/dV (µS)", "dI/dV", "µS", 1e-6, "S"), ("dI/dV (A/V)", "dI/dV", "A/V", 1, "S"), ("S (µV/K)", "S", "µV/K", 1e-6, "V/K"),
    ("kappa (W/(m K))", "kappa", "W/(m K)", 1, "W/(K m)"), ("mu (cm2/Vs)", "mu", "cm2/Vs", 1e-4, "m^2/(V s)"), ("µ (cm²/(V s))", "µ", "cm²/(V s)", 1e-4, "m^2/(V s)"),
    ("n (10^11 cm^-2)", "n", "10^11 cm^-2", 1e15, "1/m^2"), ("n [cm⁻²]", "n", "cm⁻²", 1e4, "1/m^2"), ("D [µm²/s]", "D", "µm²/s", 1e-12, "m^2/s"), ("rho (Ω m)", "rho", "Ω m", 1, "ohm m"),
    ("sigma (S/cm)", "sigma", "S/cm", 100, "S/m"), ("E (kV/cm)", "E", "kV/cm", 1e5, "V/m"), ("gm (mS/mm)", "gm", "mS/mm", 1, "S/m"), ("G (1/Ohm)", "G", "1/Ohm", 1, "S"),
    ("v (m/s)", "v", "m/s", 1, "m/s"), ("R*W (ohm um)", "R*W", "ohm um", 1e-6, "ohm m"), ("counts (1/s)", "counts", "1/s", 1, "Hz"),
    # temperature scales: the offset is in the next test
    ("Γ [1]", "Γ", "1", 1, ""), ("dT (mK)", "dT", "mK", 1e-3, "K"), ("ΔT [K]", "ΔT", "K", 1, "K"),
    # as instruments write them
    ("Time Stamp (sec)", "Time Stamp", "sec", 1, "s"), ("Magnetic Field (Oe)", "Magnetic Field", "Oe", 1000 / (4 * 3.141592653589793), "A/m"), ("Motor Current (amps)", "Motor Current", "amps", 1, "A"),
    ("Bridge 1 Resistance (ohms)", "Bridge 1 Resistance", "ohms", 1, "ohm"), ("Mass (grams)", "Mass", "grams", 1e-3, "kg"), ("Pressure (Torr)", "Pressure", "Torr", 101325 / 760, "Pa"),
    ("Q (C)", "Q", "C", 1, "C"), ("Cgs [F]", "Cgs", "F", 1, "F"), ("Attempt charge (C)", "Attempt charge", "C", 1, "C"),
]  # fmt: skip

#: header, name, unit text or None: unknown, never multiplied.
UNKNOWN: list[tuple[str, str, str | None]] = [
    # names that look like more than a name
    ("T", "T", None), ("V", "V", None), ("nA", "nA", None), ("x1", "x1", None), ("R_xx", "R_xx", None), ("V_g", "V_g", None), ("n_s", "n_s", None), ("µ_eff", "µ_eff", None), ("L / h", "L / h", None),
    ("V_S", "V_S", None), ("I_S", "I_S", None), ("V_T", "V_T", None), ("R_K", "R_K", None), ("R_H", "R_H", None), ("T_C", "T_C", None), ("T_m", "T_m", None), ("T_s", "T_s", None), ("E_C", "E_C", None),
    ("I_min", "I_min", None), ("k_F", "k_F", None), ("V_m", "V_m", None), ("I_p", "I_p", None), ("Sample A", "Sample A", None), ("Ch A", "Ch A", None), ("Run T", "Run T", None), ("Smu1.v[1][1]", "Smu1.v[1][1]", None), ("G[1]", "G[1]", None), ("VT(2)", "VT(2)", None),
    ("DrainI(1)", "DrainI(1)", None), ("GM(1)", "GM(1)", None), ("nu", "nu", None), ("h", "h", None), ("e", "e", None), ("Index", "Index", None), ("No.", "No.", None), ("Date", "Date", None),
    # quotients and functions of quantities
    ("dI/dV", "dI/dV", None), ("V/I", "V/I", None), ("I/V", "I/V", None), ("G(V)", "G(V)", None), ("U(t)", "U(t)", None), ("log10(G/G0)", "log10(G/G0)", None), ("ln(R/Ohm)", "ln(R/Ohm)", None),
    ("log10(I/A)", "log10(I/A)", None), ("log G", "log G", None), ("ln(I)", "ln(I)", None),
    # units that stand alone are no quantity in another unit
    ("A/W", "A/W", None), ("N/A", "N/A", None), ("m/s", "m/s", None), ("V/cm", "V/cm", None), ("K/W", "K/W", None), ("A/m^2", "A/m^2", None), ("g/cm^3", "g/cm^3", None), ("#/s", "#/s", None),
    ("a.u.", "a.u.", None), ("%", "%", None),
    # read rightly the unit would still say something else: the readings are multiplied, or logarithms, or differences
    ("I*1e9 (A)", "I*1e9 (A)", None), ("I × 10⁹ (A)", "I × 10⁹ (A)", None), ("I x 10^9 (A)", "I x 10^9 (A)", None), ("10^9*I (A)", "10^9*I (A)", None), ("U (V) * 100", "U (V) * 100", None),
    ("log G (S)", "log G (S)", None), ("log10(I) (A)", "log10(I) (A)", None), ("log10 I_A", "log10 I_A", None), ("ΔT (°C)", "ΔT (°C)", None), ("dT (degC)", "dT (degC)", None), ("delta T (°C)", "delta T (°C)", None),
    # quanta and constants are no units here: the quantum that is declared gives them
    ("G (2e2/h)", "G", "2e2/h"), ("G (e²/h)", "G", "e²/h"), ("G [2e^2/h]", "G", "2e^2/h"), ("G (2 e^2/h)", "G", "2 e^2/h"), ("G (2e²/h) std", "G std", "2e²/h"), ("G in 2e^2/h", "G", "2e^2/h"), ("G_2e2/h", "G", "2e2/h"),
    ("G/G0", "G", "G0"), ("G (G0)", "G", "G0"), ("Leitwert G / G0", "Leitwert G", "G0"), ("dI/dV (2e^2/h)", "dI/dV", "2e^2/h"), ("R (h/e²)", "R", "h/e²"), ("E (Ry)", "E", "Ry"),
    # scales without a factor
    ("Phase (deg)", "Phase", "deg"), ("Winkel (Grad)", "Winkel", "Grad"), ("Phase / °", "Phase / °", None), ("Efficiency (%)", "Efficiency", "%"), ("Gain (dB)", "Gain", "dB"), ("P (dBm)", "P", "dBm"),
    ("Signal (arb. units)", "Signal", "arb. units"), ("Intensity [a.u.]", "Intensity", "a.u."), ("Moment (emu)", "Moment", "emu"), ("SQUID Status (code)", "SQUID Status", "code"), ("Rate (cps)", "Rate", "cps"),
    ("R (Ω/□)", "R", "Ω/□"), ("Rs (Ohm/sq)", "Rs", "Ohm/sq"), ("V (Vrms)", "V", "Vrms"), ("Vac [mV rms]", "Vac", "mV rms"), ("Noise (V/sqrt(Hz))", "Noise", "V/sqrt(Hz)"), ("I (nA/div)", "I", "nA/div"),
    ("x [pixel]", "x", "pixel"), ("V (x10)", "V", "x10"), ("I (x 1e-9)", "I", "x 1e-9"), ("I (PA)", "I", "PA"), ("time (h)", "time", "h"), ("time stamp (UTC)", "time stamp", "UTC"), ("V (n/a)", "V", "n/a"),
    ("Temperature (F)", "Temperature", "°F"), ("T_probe (F)", "T_probe", "°F"), ("V ()", "V", None), ("eta (1)", "eta (1)", None),
]  # fmt: skip


@pytest.mark.parametrize(("header", "name", "text", "factor", "si"), KNOWN, ids=[repr(one[0]) for one in KNOWN])
def test_a_unit_in_a_header(header: str, name: str, text: str, factor: float, si: str) -> None:
    assert name_and_unit(header) == (name, text)
    unit = parse_unit(text)
    assert (unit.si, unit.offset) == (si, 0.0)
    assert unit.factor == pytest.approx(factor, rel=1e-13, abs=0)  # fourteen digits are kept


@pytest.mark.parametrize(("header", "name", "text"), UNKNOWN, ids=[repr(one[0]) for one in UNKNOWN])
def test_what_is_no_unit_is_not_guessed(header: str, name: str, text: str | None) -> None:
    assert name_and_unit(header) == (name, text)
    assert not parse_unit(text).known


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Temperatur (°C)", "Temperatur"), ("T (degC)", "T"), ("T_degC", "T"), ("Temp. (C)", "Temp."), ("System Temp. (C)", "System Temp."), ("Motor Heatsink Temp. (C)", "Motor Heatsink Temp."),
        ("Temperatur in C", "Temperatur"), ("T (C)", "T"), ("T1 (C)", "T1"), ("Temperature [deg C]", "Temperature"), ("T / °C", "T"),
    ],
)  # fmt: skip
def test_celsius_is_moved_never_only_multiplied(header: str, name: str) -> None:
    found, text = name_and_unit(header)
    unit = parse_unit(text)
    # SI brochure, 2.3.1: t/°C = T/K - 273.15
    assert (found, unit.si, unit.factor, unit.offset) == (name, "K", 1.0, 273.15)


def test_the_tables_are_what_they_claim() -> None:
    headers = [one[0] for one in KNOWN] + [one[0] for one in UNKNOWN]
    assert len(headers) == len(set(headers))
    assert len(headers) >= 120
