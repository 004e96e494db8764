"""What the widths of the risers say in energy: an electron temperature, or the lever arm of the gate.

    w = kB T/(e alpha)          thermal width w [V] of the risers, lever arm alpha [1]

A saddle point widens risers in the same way (w = hbar omega_x/(2 pi e alpha)), and one curve cannot tell which of the two
it shows: a temperature from a width is then an upper bound, a lever arm a lower one. A series of temperatures separates
them (`fitters/temperature_series.py`). Beenakker and van Houten 1991, doi 10.1016/S0081-1947(08)60091-0.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gzero.estimate import Estimate
from gzero.fitters.result import FitResult
from gzero.quanta import KB, E


def energies(
    fit: FitResult, conditions: Mapping[str, Estimate], x_unit: str | None
) -> tuple[dict[str, Estimate], list[str]]:
    """`temperature` [K] where the lever arm is stated, `lever_arm` [1] where the temperature is.

    Parameters
    ----------
    conditions : `lever_arm` [1], `temperature` [K], each with its systematic parts.
    x_unit : "V" for a gate voltage; "K" for an energy over kB, whose width is the temperature itself.

    Returns
    -------
    (estimates, warnings); nothing where neither is stated or the widths have no uncertainty.
    """
    lever_arm, temperature = conditions.get("lever_arm"), conditions.get("temperature")
    told = x_unit == "K" or (x_unit == "V" and (lever_arm is not None or temperature is not None))
    width = _width(fit) if told else None
    if width is None:
        return {}, []
    value, std = width
    if x_unit == "K":
        found = Estimate(value=value, std_stat=std, unit="K")
        return {"temperature": found}, _against(found, temperature)
    if lever_arm is not None:
        to_kelvin = E / KB * lever_arm.value
        parts = {source: value * E / KB * shift for source, shift in lever_arm.systematic.items()}
        found = Estimate(value=value * to_kelvin, std_stat=std * to_kelvin, systematic=parts, unit="K")
        return {"temperature": found}, _against(found, temperature)
    if temperature is not None:
        alpha = KB * temperature.value / (E * value)
        parts = {source: alpha * shift / temperature.value for source, shift in temperature.systematic.items()}
        return {"lever_arm": Estimate(value=alpha, std_stat=alpha * std / value, systematic=parts, unit="")}, []
    return {}, []


def _width(fit: FitResult) -> tuple[float, float] | None:
    """The common width of the risers with its standard uncertainty, widened where the widths scatter beyond theirs."""
    names = [name for name in fit.names if name == "width" or name.startswith("width_")]
    at = [fit.names.index(name) for name in names]
    covariance = fit.covariance[np.ix_(at, at)]
    if not names or not np.isfinite(covariance).all():
        return None
    values, ones = fit.values[at], np.ones(len(at))
    inverse = np.linalg.inv(covariance)
    variance = 1 / float(ones @ inverse @ ones)
    mean = variance * float(ones @ inverse @ values)
    chi2 = float((values - mean) @ inverse @ (values - mean))
    scale = max(1.0, np.sqrt(chi2 / (len(at) - 1))) if len(at) > 1 else 1.0
    return (mean, float(np.sqrt(variance) * scale)) if mean > 0 else None


def _against(found: Estimate, stated: Estimate | None) -> list[str]:
    """A warning where the width is that of another temperature than the stated one."""
    if stated is None:
        return []
    away = abs(found.value - stated.value) / float(np.hypot(found.std, stated.std))
    if away < 3:
        return []
    why = (
        "the saddle point, a bias or a modulation widens them too"
        if found.value > stated.value
        else "the lever arm is smaller, or the temperature is not that of the electrons"
    )
    return [
        f"the risers are as wide as those of {found.value:.3g} K, {away:.0f} standard uncertainties off the stated {stated.value:.3g} K: {why}"
    ]
