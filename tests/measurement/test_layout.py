"""Which column plays which role: headers as laboratories write them."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gzero.errors import ColumnError, GzeroError, InputError, UnitError
from gzero.loaders.table import Column, Origin, Table
from gzero.measurement.kinds import KINDS, kind
from gzero.measurement.layout import lay_out
from gzero.measurement.quantities import CONDUCTANCE, matches
from gzero.measurement.roles import Layout, Wanted, find_column
from gzero.quanta import Conditions
from gzero.units import split_header

BuildTable = Callable[..., Table]
V = (1.0, 2.0, 3.0)
STAIRCASE, DIFFUSION = kind("staircase"), kind("diffusion")
NOBODY = Wanted()


def roles(layout: Layout) -> list[str]:
    return [reading.role for reading in layout.readings]


def laid(table: BuildTable, *headers: str, experiment: str = "staircase", bias: bool = False, **wanted: str) -> Layout:
    return lay_out(table(dict.fromkeys(headers, V)), kind(experiment), Wanted(**wanted), bias_declared=bias)


# -- what is y --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    ["G (uS)", "G [2e^2/h]", "G", "G/G0", "Conductance (µS)", "conductance_uS", "Leitwert (uS)", "dI/dV (uS)", "dI/dV", "dIdV [G0]", "g_meas (S)", "I/V (uS)", "y", "N [1/h]"],
)  # fmt: skip
def test_a_conductance_is_taken_as_written(table: BuildTable, header: str) -> None:
    layout = laid(table, "Vg (V)", header)
    assert (layout.x, layout.y, layout.std, layout.derivation) == (0, (1,), (None,), "as written")
    assert roles(layout) == ["gate_voltage", "conductance"]


@pytest.mark.parametrize(
    ("gate", "current", "bias"),
    [
        # the names of quantum point contacts; `Isd` and `Vsd` once passed for standard deviations of I and V
        ("Vg (V)", "Isd (nA)", "Vsd (mV)"),
        ("Vg (V)", "I_sd (nA)", "V_sd (mV)"),
        ("Vg (V)", "Ids (nA)", "Vds (mV)"),
        ("V_QPC (V)", "I (nA)", "V_bias (uV)"),
        ("V_gate", "I_nA", "V_mV"),
        ("P1 (mV)", "Current (A)", "Bias (V)"),
        # German; `Strom` once passed for the standard deviation of `trom`, `U_G` for the uncertainty of G
        ("U_G (V)", "I (nA)", "U_SD (mV)"),
        ("Gatespannung (V)", "Strom (nA)", "Spannung (mV)"),
        ("gate", "Source current (nA)", "Source voltage (mV)"),
        ("gate", "Drain current (nA)", "Drain voltage (mV)"),
    ],
)
def test_a_current_is_divided_by_the_voltage_beside_it(table: BuildTable, gate: str, current: str, bias: str) -> None:
    for order in ((gate, current, bias), (bias, gate, current), (current, bias, gate)):
        layout = laid(table, *order)
        assert layout.derivation == "current over voltage"
        assert (layout.x, layout.y, layout.voltage) == (order.index(gate), (order.index(current),), order.index(bias))
        assert layout.std == (None,)


def test_a_current_over_the_stated_bias(table: BuildTable) -> None:
    layout = laid(table, "Vg (V)", "I (nA)", bias=True)
    assert (layout.derivation, layout.y, layout.voltage) == ("current over bias", (1,), None)
    assert "stated bias" in layout.readings[1].reason
    # the stated bias wins over a voltage column
    assert laid(table, "Vg (V)", "I (nA)", "Vsd (mV)", bias=True).derivation == "current over bias"


def test_a_current_alone_is_no_conductance(table: BuildTable) -> None:
    with pytest.raises(ColumnError, match=r"a current alone is no conductance.*--bias '100 uV'") as raised:
        laid(table, "Vg (V)", "I (nA)")
    assert (raised.value.path, raised.value.column) == ("lab.csv", "I")


def test_two_bias_voltages_are_not_chosen_between(table: BuildTable) -> None:
    with pytest.raises(ColumnError, match=r"2 columns could be the bias: 'V_bias \[mV\]' and 'V_sd \[mV\]'") as raised:
        laid(table, "Vg (V)", "I (nA)", "V_bias (mV)", "V_sd (mV)")
    assert "--bias" not in raised.value.remedy  # which takes a voltage, not a column


@pytest.mark.parametrize("header", ["R (kOhm)", "R_2t (Ω)", "Resistance (Ohms)", "Widerstand / kΩ", "V/A-meter (kΩ)"])
def test_a_resistance_is_inverted(table: BuildTable, header: str) -> None:
    layout = laid(table, "Vg (V)", header)
    assert (layout.derivation, layout.y) == ("inverse of resistance", (1,))


def test_a_conductance_wins_over_a_current_and_a_resistance(table: BuildTable) -> None:
    layout = laid(table, "Vg (V)", "I (nA)", "Vsd (mV)", "R (kOhm)", "G (uS)")
    assert (layout.derivation, layout.y) == ("as written", (4,))
    assert roles(layout)[3] == "not used"


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        (("Vg (V)", "G1 (uS)", "G2 (uS)"), r"'G1 \[uS\]' and 'G2 \[uS\]'"),
        (("Vg", "G", "dI/dV"), "'G' and 'dI/dV'"),
        (("Vg (V)", "I_1 (nA)", "I_2 (nA)"), r"'I_1 \[nA\]' and 'I_2 \[nA\]'"),
    ],
)
def test_two_candidates_are_both_named_with_the_option(table: BuildTable, headers: tuple[str, ...], names: str) -> None:
    with pytest.raises(
        ColumnError, match=f"2 columns could be the .*: {names}; choose one with --y, by name or number"
    ):
        laid(table, *headers)


def test_two_gates_are_both_named_with_the_option(table: BuildTable) -> None:
    with pytest.raises(ColumnError, match=r"2 columns could be the gate voltage: .*; choose one with --x"):
        laid(table, "V_g1 (V)", "V_g2 (V)", "G (uS)")


def test_two_columns_without_names(table: BuildTable) -> None:
    layout = laid(table, "a", "b")
    assert (layout.x, layout.y, layout.derivation) == (0, (1,), "as written")
    assert "second of two columns" in layout.readings[1].reason


def test_three_columns_without_names_are_not_guessed(table: BuildTable) -> None:
    with pytest.raises(
        ColumnError, match="no column is recognised as the conductance; name it with --y; columns: 1 'a', 2 'b', 3 'c'"
    ):
        laid(table, "a", "b", "c")


def test_one_column_is_no_curve(table: BuildTable) -> None:
    with pytest.raises(InputError, match="one column of numbers, a curve needs two"):
        laid(table, "b")


@pytest.mark.parametrize("unit", ["V", "mV", "K", "s"])
def test_a_unit_that_contradicts_is_said(table: BuildTable, unit: str) -> None:
    with pytest.raises(UnitError, match=rf"unit '{unit}' \[.\] contradicts a conductance \[S or 1/\(J s\)"):
        laid(table, "Vg (V)", f"signal ({unit})")
    with pytest.raises(UnitError, match=rf"column 'G': unit '{unit}' \[.\] contradicts a conductance .*--y-unit"):
        laid(table, "Vg (V)", f"G ({unit})", y="G")


@pytest.mark.parametrize("header", ["log10 G", "log(G/G0)", "ln conductance", "log_conductance"])
def test_a_logarithm_is_another_quantity(table: BuildTable, header: str) -> None:
    with pytest.raises(ColumnError, match="no column is recognised as the conductance"):
        laid(table, "Vg (V)", header)


# -- what is x --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    ["Vg (V)", "V_gate", "Vbg (mV)", "V_{g}", "Gate voltage / V", "U_G/V", "P4 (mV)", "sweep", "x", "whatever", "gate (V)", "V_TG"],
)  # fmt: skip
def test_the_swept_column(table: BuildTable, header: str) -> None:
    layout = laid(table, header, "G (uS)")
    assert (layout.x, layout.y) == (0, (1,))


def test_other_columns_are_left_aside_with_a_reason(table: BuildTable) -> None:
    layout = laid(table, "time (s)", "Vg (V)", "G (uS)", "T (K)", "Phase (deg)", "flux (foo)")
    assert roles(layout) == ["not used", "gate_voltage", "conductance", "not used", "not used", "not used"]
    assert [r.reason for r in layout.readings[3:]] == ["no role left", "unit not understood", "unit not understood"]
    assert [r.column for r in layout.readings] == list(range(6))


def test_no_recognisable_sweep(table: BuildTable) -> None:
    with pytest.raises(ColumnError, match="no column is recognised as the swept gate voltage; name it with --x"):
        laid(table, "alpha", "beta", "G (uS)")


# -- what the user names ----------------------------------------------------------------------------------------------


def test_the_user_wins_by_name_and_by_number(table: BuildTable) -> None:
    for x, y in (("T", "G2"), ("2", "4"), ("T [K]", "G2 [uS]"), ("t", "g2")):
        layout = laid(table, "Vg (V)", "T (K)", "G1 (uS)", "G2 (uS)", x=x, y=y)
        assert (layout.x, layout.y) == (1, (3,))
        assert [r.by_user for r in layout.readings] == [False, True, False, True]


def test_a_named_current_without_a_unit_takes_the_stated_one(table: BuildTable) -> None:
    layout = laid(table, "Vg (V)", "I", y="I", y_unit="nA", bias=True)
    assert layout.derivation == "current over bias"
    assert laid(table, "Vg (V)", "signal", y="signal", y_unit="kOhm").derivation == "inverse of resistance"
    with pytest.raises(UnitError, match=r"contradicts a conductance"):
        laid(table, "Vg (V)", "signal", y="signal", y_unit="mV")


def test_a_name_that_is_a_number_is_a_name_first(table: BuildTable) -> None:
    assert find_column(table({"Vg": V, "1": V}), "1") == 1
    assert find_column(table({"Vg": V, "G": V}), "1") == 0


@pytest.mark.parametrize("wanted", ["0", "3", "-1", "H", "", " ", "1.0", "²", "9" * 50])
def test_a_column_that_is_not_there(table: BuildTable, wanted: str) -> None:
    with pytest.raises(ColumnError, match=r"there is no column '.*'; choose one of 1 'Vg \[V\]', 2 'G'") as raised:
        find_column(table({"Vg (V)": V, "G": V}), wanted)
    assert raised.value.allowed == ("Vg", "G")


def test_a_name_that_fits_twice() -> None:
    def column(name: str) -> Column:
        return Column(name=name, unit_text=None, values=V, source="")  # type: ignore[arg-type]

    origin = Origin(path="lab.csv", sha256="", loader="text")
    two = Table(columns=(column("G"), column("G"), column("g")), metadata={}, origin=origin)
    with pytest.raises(ColumnError, match="2 columns are called 'G'; give its number, 1, 2"):
        find_column(two, "G")
    assert find_column(two, "g") == 2
    assert find_column(two, "2") == 1


# -- uncertainties ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "G_std (uS)", "G std (uS)", "G (uS) std", "G_err [uS]", "G_uS_err", "Gerr (uS)", "G_error", "G stderr", "G uncertainty (uS)", "G_unc", "G_sigma", "G ± (uS)", "G sd (nS)", "Gsd (uS)",
        "std(G) (uS)", "std(G)", "std G (uS)", "err(G)", "error of G (uS)", "Error in G", "sigma_G (uS)", "sigma(G)", "σ_G", "σ(G)", "u(G) (uS)", "s_G", "dG (uS)", "delta G", "ΔG (uS)", "± G",
        "std", "std (uS)", "stdev", "Std. Dev. (uS)", "standard deviation (uS)", "Standard error", "error", "err (uS)", "sigma (uS)", "uncertainty (uS)", "unc", "SEM", "+/- (uS)", "±", "Unsicherheit (uS)", "Fehler",
        "conductance_err (uS)", "Conductance std. dev. (uS)",
    ],
)  # fmt: skip
def test_names_of_uncertainties(table: BuildTable, header: str) -> None:
    layout = laid(table, "Vg (V)", "G (uS)", header)
    assert layout.std == (2,)
    assert layout.y == (1,)
    assert layout.readings[2].role == "std"


@pytest.mark.parametrize("y", ["Conductance (uS)", "conductance (uS)", "Leitwert (uS)", "I/V (uS)"])
def test_the_uncertainty_of_a_long_name(table: BuildTable, y: str) -> None:
    name, _ = split_header(y)
    for header in (f"{name} error (uS)", f"{name}_std (uS)", f"std({name}) (uS)", f"{name} standard deviation (uS)"):
        layout = laid(table, "Vg (V)", y, header)
        assert (layout.y, layout.std) == ((1,), (2,))


def test_the_uncertainty_of_a_resistance_and_of_a_current(table: BuildTable) -> None:
    assert laid(table, "Vg (V)", "R (kOhm)", "R_err (kOhm)").std == (2,)
    assert laid(table, "Vg (V)", "R (kOhm)", "dR (kOhm)").std == (2,)
    assert laid(table, "Vg (V)", "I (nA)", "Vsd (mV)", "I_err (nA)").std == (3,)


@pytest.mark.parametrize(
    "header",
    ["T_err (K)", "Vg_std (V)", "std(Vg) (V)", "H_err (uS)", "G_err (%)", "G_err (mV)", "std (K)", "Phase (deg)", "noise", "source", "Setpoint", "Us", "sample", "dV (mV)", "sigma (S/m)"],
)  # fmt: skip
def test_what_is_not_the_uncertainty_of_g(table: BuildTable, header: str) -> None:
    """Of another column, in another unit, or only a word that begins with u, s or d."""
    layout = laid(table, "Vg (V)", "G (uS)", header)
    assert (layout.y, layout.std) == ((1,), (None,))
    assert layout.readings[2].role == "not used"


@pytest.mark.parametrize(
    "headers", [("U_G", "G (uS)"), ("uG", "G"), ("Gate_s", "G (uS)"), ("Vg (V)", "I (nA)", "V_sd (mV)", "V (K)")]
)
def test_a_name_that_has_a_role_is_no_uncertainty(table: BuildTable, headers: tuple[str, ...]) -> None:
    """`U_G` is a gate voltage where nobody states its unit, also beside a column called G."""
    layout = laid(table, *headers)
    assert layout.x == 0
    assert layout.std == (None,)
    assert layout.voltage == (2 if len(headers) > 2 else None)


def test_the_nearest_name_wins(table: BuildTable) -> None:
    assert laid(table, "Vg (V)", "G (uS)", "std", "G_err (uS)").std == (3,)
    assert laid(table, "Vg (V)", "G1 (uS)", "G1_err", "G2 (uS)", "G2_err", y="G2").std == (4,)
    assert laid(table, "Vg (V)", "G1 (uS)", "G2 (uS)", "G2_err", y="G1").std == (None,)


def test_two_uncertainties_are_not_chosen_between(table: BuildTable) -> None:
    with pytest.raises(
        ColumnError,
        match=r"2 columns could be the uncertainty of 'G': 'G_std \[uS\]' and 'G_err \[uS\]'; choose one with --std",
    ):
        laid(table, "Vg (V)", "G (uS)", "G_std (uS)", "G_err (uS)")
    assert laid(table, "Vg (V)", "G (uS)", "G_std (uS)", "G_err (uS)", std="G_err").std == (3,)


def test_the_amplitudes_of_a_lock_in_are_no_uncertainties(table: BuildTable) -> None:
    assert laid(table, "Vg (V)", "I (nA)", "Vsd (mV)", "dI (nA)", "dV (uV)").std == (None,)


# -- maps -------------------------------------------------------------------------------------------------------------


def test_a_map_has_one_trace_a_coordinate(table: BuildTable) -> None:
    built = table({"gate": V, "0.1": V, "0.2": V, "0.3": V}, places=(0.1, 0.2, 0.3), axis="gate")
    layout = lay_out(built, STAIRCASE, NOBODY)
    assert (layout.x, layout.y, layout.std) == (0, (1, 2, 3), (None, None, None))
    assert layout.derivation == "as written"


def test_a_map_of_currents_and_of_resistances(table: BuildTable) -> None:
    currents = table({"gate": V, "a (nA)": V, "b (nA)": V}, places=(0.1, 0.2), axis="gate")
    assert lay_out(currents, STAIRCASE, NOBODY, bias_declared=True).derivation == "current over bias"
    resistances = table({"gate": V, "a (kOhm)": V, "b (kOhm)": V}, places=(0.1, 0.2), axis="gate")
    assert lay_out(resistances, STAIRCASE, NOBODY).derivation == "inverse of resistance"


def test_one_trace_of_a_map_by_name(table: BuildTable) -> None:
    built = table({"axis": V, "up": V, "down": V}, places=(0.1, 0.2), axis="axis")
    assert lay_out(built, STAIRCASE, Wanted(y="down")).y == (2,)


# -- diffusion --------------------------------------------------------------------------------------------------------


def test_a_table_of_diffusivities(table: BuildTable) -> None:
    layout = laid(table, "T (K)", "D (cm^2/s)", "D_err (cm^2/s)", "m* (m_e)", "L (um)", experiment="diffusion")
    assert (layout.x, layout.y, layout.std) == (0, (1,), (2,))
    assert dict(layout.conditions) == {"temperature": 0, "mass": 3, "length": 4}
    assert roles(layout) == ["temperature", "diffusion", "std", "mass", "length"]


@pytest.mark.parametrize("header", ["D (m^2/s)", "D_n (cm²/s)", "Diffusion coefficient (cm2/s)", "Diffusivity [m^2/s]"])
@pytest.mark.parametrize("std", ["dD (cm^2/s)", "D_std (cm^2/s)", "u(D) (cm^2/s)", "std (cm^2/s)"])
def test_names_of_diffusivities(table: BuildTable, header: str, std: str) -> None:
    layout = laid(table, header, std, experiment="diffusion")
    assert (layout.x, layout.y) == (None, (0,))
    if split_header(header)[0] == "D":
        assert layout.std == (1,)


def test_a_unit_is_enough_for_a_diffusivity(table: BuildTable) -> None:
    assert laid(table, "material", "foo (cm^2/s)", "foo_err (cm^2/s)", experiment="diffusion").y == (1,)


def test_a_diffusivity_in_siemens_is_refused(table: BuildTable) -> None:
    with pytest.raises(UnitError, match=r"contradicts a diffusion \[m\^2/s or m\^2/\(V s\)\]"):
        laid(table, "T (K)", "D (uS)", experiment="diffusion", y="D")


# -- whatever comes ---------------------------------------------------------------------------------------------------

_HEADER = st.sampled_from(
    ["Vg (V)", "V", "I (nA)", "I", "G (uS)", "G", "R (Ohm)", "T (K)", "D (m^2/s)", "std", "G_err", "dI", "dV", "x", "y", "Vsd (mV)", "u", "s", "d", "", "±", "log G", "S", "%"]
) | st.text(max_size=12)  # fmt: skip


@given(st.lists(_HEADER, min_size=1, max_size=6), st.sampled_from(sorted(KINDS)), st.booleans())
def test_every_table_is_laid_out_or_refused_in_one_line(headers: list[str], experiment: str, bias: bool) -> None:
    columns = []
    for header in headers:
        name, unit = split_header(header)
        columns.append(Column(name=name, unit_text=unit, values=V, source=""))  # type: ignore[arg-type]
    origin = Origin(path="lab.csv", sha256="", loader="text")
    built = Table(columns=tuple(columns), metadata={}, origin=origin)
    layout, refused = None, None
    try:
        layout = lay_out(built, kind(experiment), NOBODY, bias_declared=bias)
    except InputError as error:
        refused = error
    if layout is None:
        assert refused is not None
        assert refused.path == "lab.csv"
        return
    assert len(layout.readings) == len(headers)
    assert len(layout.y) == len(layout.std)
    assert len(layout.y) == 1 or kind(experiment).pooled  # traces that are one measurement
    used = [
        i
        for i in (*layout.y, *layout.std, layout.x if experiment == "staircase" else None, layout.voltage)
        if i is not None
    ]
    assert len(set(used)) == len(used)  # no column plays two parts


def test_headers_that_name_a_quantum_need_its_condition(table: BuildTable) -> None:
    built = table({"Vg (V)": V, "M [m^2/h]": V})
    known = lay_out(built, STAIRCASE, NOBODY, conditions=Conditions(mass=1e-26))
    assert known.y == (1,)
    assert "[kg^2/(J s)]" in known.readings[1].reason


def test_role_words() -> None:
    assert matches("G", CONDUCTANCE)
    assert matches(" conductance ", CONDUCTANCE)
    assert not matches("Gate", CONDUCTANCE)
    with pytest.raises(GzeroError, match="experiment 'hal' is not known; choose staircase, hall"):
        kind("hal")
