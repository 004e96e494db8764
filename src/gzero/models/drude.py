"""Conductivity over frequency: Drude, and Drude and Smith, with real and imaginary part as one curve.

    Drude          sigma = sigma_0/(1 - i omega tau)
    Drude-Smith    sigma = sigma_0/(1 - i omega tau) [1 + c/(1 - i omega tau)],   -1 <= c <= 0

P. Drude 1900, doi 10.1002/andp.19003060312; N. V. Smith 2001, Phys. Rev. B 64, 155106, doi 10.1103/PhysRevB.64.155106: c is
what is left of the velocity after the first collision, c = 0 is Drude, c = -1 no conduction at zero frequency. Time goes
as exp(-i omega t), so a current that lags has Im sigma > 0; with exp(+i omega t) the imaginary part has the other sign.

One curve: x = +f holds the real part at the frequency f, x = -f the imaginary part, so that x increases strictly and one
fit carries both; at f = 0 there is the real part alone. sigma_0 is the weight n e^2 tau/m: conductivity [S/m], or of a sheet [S].
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gzero.models.model import Array, Model, Parameter
from gzero.quanta import E

Number = Any
Complex = NDArray[np.complex128]

_WEIGHT = Parameter(
    name="conductivity", symbol="sigma_0", unit="y", meaning="n e^2 tau/m, the weight of the carriers", lower=0.0
)
_TIME = Parameter(name="tau", symbol="tau", unit="s", meaning="scattering time", lower=0.0)
_PERSISTENCE = Parameter(
    name="persistence", symbol="c", unit="", meaning="velocity kept after a collision", lower=-1.0, upper=1.0
)


def axis(real: Array, imaginary: Array) -> Array:
    """-f[::-1] of the imaginary part before f of the real part [Hz], each ascending; f = 0 has no imaginary part."""
    return np.concatenate([-imaginary[::-1], real])


def _response(x: Array, tau: float) -> tuple[Complex, Array]:
    """(1/(1 - i omega tau), omega) as complex numbers and [rad/s], at |x| [Hz]."""
    omega = 2 * math.pi * np.abs(x)
    return np.asarray(1 / (1 - 1j * omega * tau), dtype=np.complex128), omega


def _part(x: Array, sigma: Complex, sign: float) -> Array:
    """Real part where x >= 0, sign times the imaginary part where x < 0; columns likewise."""
    right = x >= 0 if sigma.ndim == 1 else (x >= 0)[:, None]
    return np.asarray(np.where(right, sigma.real, sign * sigma.imag))


def drude(x: Array, values: Array, sign: float = 1.0) -> Array:
    """sigma_0/(1 - i omega tau) as one curve [unit of sigma_0]; values sigma_0, tau [s], x [Hz] as above."""
    response, _ = _response(x, values[1])
    return _part(x, values[0] * response, sign)


def drude_jacobian(x: Array, values: Array, sign: float = 1.0) -> Array:
    """Derivatives of `drude` by sigma_0 and tau, shape (n, 2)."""
    response, omega = _response(x, values[1])
    return _part(x, np.column_stack([response, values[0] * 1j * omega * response**2]), sign)


def drude_smith(x: Array, values: Array, sign: float = 1.0) -> Array:
    """sigma_0/(1 - i omega tau) (1 + c/(1 - i omega tau)) as one curve; values sigma_0, tau [s], c [1]."""
    response, _ = _response(x, values[1])
    return _part(x, values[0] * response * (1 + values[2] * response), sign)


def drude_smith_jacobian(x: Array, values: Array, sign: float = 1.0) -> Array:
    """Derivatives of `drude_smith` by sigma_0, tau and c, shape (n, 3)."""
    weight, tau, c = values
    response, omega = _response(x, tau)
    by_tau = weight * 1j * omega * response**2 * (1 + 2 * c * response)
    return _part(x, np.column_stack([response * (1 + c * response), by_tau, weight * response**2]), sign)


def model(*, smith: bool, sign: float = 1.0) -> Model:
    """Drude's or Drude and Smith's formula; `sign` -1 for data in the convention exp(+i omega t)."""
    if smith:
        return Model(
            name="Drude-Smith conductivity",
            parameters=(_WEIGHT, _TIME, _PERSISTENCE),
            function=lambda x, values: drude_smith(x, values, sign),
            jacobian=lambda x, values: drude_smith_jacobian(x, values, sign),
            reference="10.1103/PhysRevB.64.155106",
        )
    return Model(
        name="Drude conductivity",
        parameters=(_WEIGHT, _TIME),
        function=lambda x, values: drude(x, values, sign),
        jacobian=lambda x, values: drude_jacobian(x, values, sign),
        reference="10.1002/andp.19003060312",
    )


def weight_over_mass(conductivity: Number, tau: Number) -> Number:
    """n/m = sigma_0/(e^2 tau) [1/(m^3 kg), or of a sheet 1/(m^2 kg)] from sigma_0 [S/m or S] and tau [s]."""
    return conductivity / (E**2 * tau)


def plasma_frequency(conductivity: Number, tau: Number) -> Number:
    """omega_p/(2 pi) [Hz], omega_p^2 = n e^2/(eps0 m) = sigma_0/(eps0 tau), from sigma_0 [S/m] and tau [s]; not of a sheet."""
    from scipy.constants import epsilon_0

    return (conductivity / (epsilon_0 * tau)) ** 0.5 / (2 * math.pi)


def mobility(tau: Number, mass: Number) -> Number:
    """mu = e tau/m [m^2/(V s)] from tau [s] and m [kg]."""
    return E * tau / mass
