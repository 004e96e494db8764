"""Cross-checks that join two results: relations that conductance, heat, diffusion and Hall resistance must obey together.

Every function takes `Estimate`s (any unit of the right dimension) and returns a `CrossCheck`. A systematic source that two
results share by its name, such as one amplifier's "gain", is one source and stays correlated; rename it where two
instruments have one each. Statistical parts are taken as independent.

The relations are those of physics.md: Reggiani, Alfinito, Intini (2026), arXiv:2604.19828, with its corrections.
"""

from __future__ import annotations

from dataclasses import replace

from gzero.errors import ConfigError, UnitError
from gzero.estimate import Estimate
from gzero.quanta import KB, LORENZ, NO_CONDITIONS, Conditions, E, H, QuantaRow, tables
from gzero.units import parse_unit
from gzero.verdict.cross_check import (
    CrossCheck,
    agreement,
    check_margins,
    combined,
    in_si,
    interval_of,
    positive,
    sentence,
)

MARGIN, CONFIDENCE = 0.1, 0.95

_PAPER = "arXiv:2604.19828"


def _checked(
    name: str,
    equation: str,
    ratio: Estimate,
    *,
    margin: float,
    confidence: float,
    conditions: str,
    reference: str,
    derived: dict[str, Estimate],
) -> CrossCheck:
    return CrossCheck(
        name=name,
        equation=equation,
        ratio=ratio,
        expected=1.0,
        margin=margin,
        confidence=confidence,
        interval=interval_of(ratio, confidence),
        decision=agreement(ratio, margin, confidence),
        reason=sentence(ratio, margin, confidence),
        conditions=conditions,
        reference=reference,
        derived=derived,
    )


def wiedemann_franz(
    heat: Estimate,
    conductance: Estimate,
    temperature: Estimate,
    *,
    margin: float = MARGIN,
    confidence: float = CONFIDENCE,
) -> CrossCheck:
    """L = K/(G T) in units of L0 = pi^2 kB^2/(3 e^2) = 2.443005e-8 W ohm/K^2.

    Parameters
    ----------
    heat : thermal conductance K of the carriers alone, without phonons [W/K].
    conductance : G [S].  temperature : T, the mean of both sides [K].
    margin : half-width of what counts as equal, for L/L0 - 1.  confidence : of the interval.

    Returns
    -------
    CrossCheck with the ratio L/L0 and, derived, `lorenz_number` [W ohm/K^2].

    Raises
    ------
    UnitError : another dimension.  InputError : a value that is not positive.  ConfigError : a margin that is none.

    Greiner, Reggiani, Kuhn, Varani 1997, doi 10.1103/PhysRevLett.78.1114. L/L0 is 1 for degenerate carriers scattered
    elastically; one massive mode far from degeneracy has 0.304, and inelastic scattering or interactions lower it.
    """
    check_margins(margin, confidence)
    k = positive(in_si(heat, ("W/K",), "heat conductance"), "heat conductance")
    g = positive(in_si(conductance, ("S",), "conductance"), "conductance")
    t = positive(in_si(temperature, ("K",), "temperature"), "temperature")
    lorenz = combined(lambda k, g, t: k / (g * t), "W ohm/K^2", k=k, g=g, t=t)
    return _checked(
        "Wiedemann-Franz law",
        "K/(G T) = pi^2 kB^2/(3 e^2)",
        lorenz.scaled(1 / LORENZ, ""),
        margin=margin,
        confidence=confidence,
        conditions="degenerate carriers, elastic scattering, heat of the carriers alone",
        reference="doi 10.1103/PhysRevLett.78.1114",
        derived={"lorenz_number": lorenz},
    )


def einstein_relation(
    diffusion: Estimate,
    mobility: Estimate,
    temperature: Estimate,
    *,
    fano: Estimate | float = 1.0,
    margin: float = MARGIN,
    confidence: float = CONFIDENCE,
) -> CrossCheck:
    """D e F/(mu kB T): the diffusion coefficient over the one that the mobility asks for.

    Parameters
    ----------
    diffusion : D [m^2/s].  mobility : mu, not negative, of drift and not of Hall [m^2/(V s)].  temperature : T [K].
    fano : F = dN^2/N of the carriers [1], 1 for a classical gas, (3/2) T/T_F far below T_F in three dimensions.
    margin : half-width of what counts as equal, for the ratio - 1.  confidence : of the interval.

    Returns
    -------
    CrossCheck with the ratio and, derived, `diffusion_of_mobility` [m^2/s].

    Raises
    ------
    UnitError : another dimension.  InputError : a value that is not positive.  ConfigError : a margin that is none.

    Einstein 1905, doi 10.1002/andp.19053220806; with F, eq. (3) of arXiv:2604.19828: D = v^2 tau, mu = e tau/m,
    v^2 = kB T/(m F).
    """
    check_margins(margin, confidence)
    d = positive(in_si(diffusion, ("m^2/s",), "diffusion coefficient"), "diffusion coefficient")
    mu = positive(in_si(mobility, ("m^2/(V s)",), "mobility"), "mobility")
    t = positive(in_si(temperature, ("K",), "temperature"), "temperature")
    f = fano if isinstance(fano, Estimate) else Estimate(value=float(fano))
    f = positive(in_si(f, ("",), "Fano factor"), "Fano factor")
    expected = combined(lambda mu, t, f: mu * KB * t / (E * f), "m^2/s", mu=mu, t=t, f=f)
    ratio = combined(lambda d, mu, t, f: d * E * f / (mu * KB * t), "", d=d, mu=mu, t=t, f=f)
    return _checked(
        "Einstein relation",
        "D = mu kB T/(e F)",
        ratio,
        margin=margin,
        confidence=confidence,
        conditions=f"one kind of carriers in equilibrium, Fano factor F = {f.value:g}"
        + (", classical statistics" if f.value == 1 and f.std == 0 else ""),
        reference=f"doi 10.1002/andp.19053220806; {_PAPER}, eq. (3)",
        derived={"diffusion_of_mobility": expected},
    )


def einstein_conductivity(
    conductivity: Estimate,
    diffusion: Estimate,
    density_of_states: Estimate,
    *,
    margin: float = MARGIN,
    confidence: float = CONFIDENCE,
) -> CrossCheck:
    """sigma/(e^2 (dn/dmu) D): the conductivity over the one that diffusion asks for, in any degeneracy.

    Parameters
    ----------
    conductivity : sigma [S/m] in three dimensions, [S] in two, [S m] in one.  diffusion : D [m^2/s].
    density_of_states : dn/dmu, thermodynamic, all spins and valleys [1/(J m^3)], [1/(J m^2)] or [1/(J m)].
    margin : half-width of what counts as equal, for the ratio - 1.  confidence : of the interval.

    Returns
    -------
    CrossCheck with the ratio.

    Raises
    ------
    UnitError : another dimension, or two that do not belong together.  InputError : a value that is not positive.
    ConfigError : a margin that is none.

    Kubo 1966, doi 10.1088/0034-4885/29/1/306.
    """
    check_margins(margin, confidence)
    pairs = {
        parse_unit(sigma).si or "": parse_unit(states).si or ""
        for sigma, states in (("S/m", "1/(J m^3)"), ("S", "1/(J m^2)"), ("S m", "1/(J m)"))
    }
    sigma = positive(in_si(conductivity, tuple(pairs), "conductivity"), "conductivity")
    wanted = pairs[sigma.unit or ""]
    try:
        states = in_si(density_of_states, (wanted,), "density of states")
    except UnitError as error:
        shown = {"S/m": "1/(J m^3)", "S": "1/(J m^2)"}.get(sigma.unit or "", "1/(J m)")
        raise UnitError(error.problem, remedy=f"a conductivity in [{sigma.unit}] needs dn/dmu in [{shown}]") from None
    states = positive(states, "density of states")
    d = positive(in_si(diffusion, ("m^2/s",), "diffusion coefficient"), "diffusion coefficient")
    ratio = combined(lambda sigma, d, states: sigma / (E**2 * states * d), "", sigma=sigma, d=d, states=states)
    return _checked(
        "Einstein relation of the conductivity",
        "sigma = e^2 (dn/dmu) D",
        ratio,
        margin=margin,
        confidence=confidence,
        conditions="linear response; dn/dmu of all carriers that conduct",
        reference="doi 10.1088/0034-4885/29/1/306",
        derived={},
    )


def _row(row: str, conditions: Conditions) -> QuantaRow:
    """A row of Tables II-IV with its numbers; ConfigError where there is none."""
    rows = {r.row: r for r in tables(conditions)}
    if row not in rows:
        raise ConfigError(f"there is no row '{row}'", remedy=f"choose {', '.join(rows)}", allowed=tuple(rows))
    return rows[row]


def _number(value: Estimate | float, what: str) -> Estimate:
    estimate = value if isinstance(value, Estimate) else Estimate(value=float(value))
    return positive(in_si(estimate, ("",), what), what)


def conductance_over_diffusion(
    conductance: Estimate,
    diffusion: Estimate,
    row: str,
    *,
    conditions: Conditions = NO_CONDITIONS,
    carriers: Estimate | float = 1.0,
    action: Estimate | float = 1.0,
    margin: float = MARGIN,
    confidence: float = CONFIDENCE,
) -> CrossCheck:
    """G/D over N q^2 m/h_s^2 (Table III times N (h/h_s)^2): the transmission cancels.

    Parameters
    ----------
    conductance, diffusion : G and D [units of the row of Table II].
    row : "N", "e", "m", "eps", "th", "pht", "phn" or "em".
    conditions : mass, temperature, length, ... that the row needs [SI].
    carriers : N, the particles in the channel [1].  action : h_s/h with h_s = m v L [1]; radiation ("pht", "phn", "em")
        has no such action and takes 1.
    margin : half-width of what counts as equal, for the ratio - 1.  confidence : of the interval.

    Raises
    ------
    ConfigError : no such row, a missing condition, an action where there is none, a margin that is none.
    UnitError : another dimension.  InputError : a value that is not positive.

    arXiv:2604.19828, eqs. (1), (19), (23) and Table III with its corrections (the row th carries its mass).
    """
    check_margins(margin, confidence)
    entry = _row(row, conditions)
    if entry.ratio.value is None:
        raise ConfigError(f"row '{row}' has no value yet: {entry.ratio.symbol}", remedy="state the conditions it needs")
    n, s = _number(carriers, "carriers"), _number(action, "action")
    if row in ("pht", "phn", "em") and (s.value != 1 or s.std):
        raise ConfigError(f"row '{row}' has no action h_s", remedy="leave action out")
    g = positive(in_si(conductance, (entry.conductance.unit,), "conductance"), "conductance")
    d = positive(in_si(diffusion, (entry.diffusion.unit,), "diffusion coefficient"), "diffusion coefficient")
    unit = entry.ratio.value
    ratio = combined(lambda g, d, n, s: g / d / (unit * n / s**2), "", g=g, d=d, n=n, s=s)
    measured = combined(lambda g, d: g / d, entry.ratio.unit, g=g, d=d)
    return _checked(
        f"G/D of row {row}",
        f"G/D = N (h/h_s)^2 {entry.ratio.symbol}",
        ratio,
        margin=margin,
        confidence=confidence,
        conditions=f"the same transmission in G and D; N = {n.value:g}, h_s/h = {s.value:g}, h_s = m v L",
        reference=f"{_PAPER}, eq. (23) and Table III, corrected",
        derived={"conductance_over_diffusion": measured},
    )


def conductance_times_diffusion(
    conductance: Estimate,
    diffusion: Estimate,
    row: str,
    *,
    conditions: Conditions = NO_CONDITIONS,
    carriers: Estimate | float = 1.0,
    transmission: Estimate | float = 1.0,
    margin: float = MARGIN,
    confidence: float = CONFIDENCE,
) -> CrossCheck:
    """G D over N Gamma^2 q^2/m (Table IV times N Gamma^2): the action cancels, and with it h.

    Parameters
    ----------
    conductance, diffusion, row, conditions, carriers : as of `conductance_over_diffusion`.
    transmission : Gamma = l/L of both, which the product holds twice [1].
    margin : half-width of what counts as equal, for the ratio - 1.  confidence : of the interval.

    Raises
    ------
    As `conductance_over_diffusion`.

    arXiv:2604.19828, Table IV; its eq. (22), G D = m, holds for N Gamma^2 = 1 only.
    """
    check_margins(margin, confidence)
    entry = _row(row, conditions)
    if entry.product.value is None:
        raise ConfigError(
            f"row '{row}' has no value yet: {entry.product.symbol}", remedy="state the conditions it needs"
        )
    n, gamma = _number(carriers, "carriers"), _number(transmission, "transmission")
    g = positive(in_si(conductance, (entry.conductance.unit,), "conductance"), "conductance")
    d = positive(in_si(diffusion, (entry.diffusion.unit,), "diffusion coefficient"), "diffusion coefficient")
    unit = entry.product.value
    ratio = combined(lambda g, d, n, gamma: g * d / (unit * n * gamma**2), "", g=g, d=d, n=n, gamma=gamma)
    measured = combined(lambda g, d: g * d, entry.product.unit, g=g, d=d)
    return _checked(
        f"G D of row {row}",
        f"G D = N Gamma^2 {entry.product.symbol}",
        ratio,
        margin=margin,
        confidence=confidence,
        conditions=f"the same transmission in G and D; N = {n.value:g}, Gamma = {gamma.value:g}",
        reference=f"{_PAPER}, Table IV",
        derived={"conductance_times_diffusion": measured},
    )


def two_terminal_against_hall(
    two_terminal: Estimate,
    hall: Estimate,
    *,
    filling_factor: float | None = None,
    margin: float = MARGIN,
    confidence: float = CONFIDENCE,
) -> CrossCheck:
    """(1/G)/|R_xy| on a quantum Hall plateau: 1, or the excess is a contact resistance.

    Parameters
    ----------
    two_terminal : G between source and drain [S].  hall : R_xy on the same plateau, of either sign [ohm].
    filling_factor : nu, where R_xy is to be compared with h/(nu e^2) as well; an integer or a fraction.
    margin : half-width of what counts as equal, for the ratio - 1.  confidence : of the interval.

    Returns
    -------
    CrossCheck with the ratio and, derived, `contact_resistance` = 1/G - |R_xy| of both contacts together [ohm],
    `filling_factor_hall` = h/(e^2 |R_xy|) [1] and, with nu, `hall_over_quantum` = |R_xy| nu e^2/h [1].

    Raises
    ------
    UnitError : another dimension.  InputError : G not positive, R_xy or nu zero.  ConfigError : a margin that is none.

    Buettiker 1988, doi 10.1103/PhysRevB.38.9375: without backscattering the two-terminal resistance is the Hall resistance.
    """
    check_margins(margin, confidence)
    g = positive(in_si(two_terminal, ("S",), "two-terminal conductance"), "two-terminal conductance")
    signed = in_si(hall, ("ohm",), "Hall resistance")
    r = positive(signed if signed.value >= 0 else signed.scaled(-1.0, "ohm"), "Hall resistance")
    if filling_factor is not None and not 0 < filling_factor < 1e6:
        raise ConfigError(f"filling factor {filling_factor:g} is not positive", remedy="give for example 2 or 1/3")
    quantum = H / E**2
    contact = combined(lambda g, r: 1 / g - r, "ohm", g=g, r=r)
    derived = {"contact_resistance": contact, "filling_factor_hall": combined(lambda r: quantum / r, "", r=r)}
    ratio = combined(lambda g, r: 1 / (g * r), "", g=g, r=r)
    found = _checked(
        "two-terminal against Hall",
        "1/G = |R_xy|",
        ratio,
        margin=margin,
        confidence=confidence,
        conditions="both on one plateau, R_xx = 0; 1/G = h/(nu e^2) + contact resistance",
        reference="doi 10.1103/PhysRevB.38.9375",
        derived=derived,
    )
    found = _with_excess(found, contact)
    return found if filling_factor is None else _with_filling(found, r, filling_factor)


def _with_excess(found: CrossCheck, contact: Estimate) -> CrossCheck:
    """The reason with what the excess of 1/G means."""
    size = f"{contact.value:.4g} +- {contact.std:.2g} ohm"
    if abs(contact.value) <= 2 * contact.std:
        said = f"1/G - |R_xy| = {size} shows no contact resistance beyond its uncertainty"
    elif contact.value > 0:
        said = f"the excess of 1/G over |R_xy|, {size}, is a contact resistance (both contacts and leads)"
    else:
        said = f"1/G lies {size} below |R_xy|, which no contact resistance does: a parallel path, a gain, or another plateau"
    return replace(found, reason=f"{found.reason}; {said}")


def _with_filling(found: CrossCheck, hall: Estimate, filling_factor: float) -> CrossCheck:
    """The check joined with that of R_xy against its quantum: both must hold, and one that fails decides."""
    own = combined(lambda r: r * filling_factor * E**2 / H, "", r=hall)
    decision = agreement(own, found.margin, found.confidence)
    order = ("not consistent", "undecided", "consistent")
    whole = min(found.decision, decision, key=order.index)
    said = f"R_xy over h/({filling_factor:g} e^2): {sentence(own, found.margin, found.confidence)}"
    return replace(
        found,
        equation=f"1/G = |R_xy| = h/({filling_factor:g} e^2)",
        decision=whole,
        reason=f"{found.reason}; {said}",
        derived={**found.derived, "hall_over_quantum": own},
    )
