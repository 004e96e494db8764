"""Published measurements that the paper's numbers are held against, each with its reference."""

from __future__ import annotations

from dataclasses import dataclass

from gzero import quanta


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A measured value [unit] with its standard uncertainty and its DOI."""

    what: str
    value: float
    std: float
    unit: str
    reference: str
    doi: str


LUDWIG_WATTERS = ("Ludwig and Watters, Phys. Rev. 101, 1699 (1956)", "10.1103/PhysRev.101.1699")

#: Drift mobilities of silicon at 300 K.
SI_ELECTRONS = Published(
    what="Si electrons", value=1350e-4, std=100e-4, unit="m^2/(V s)", reference=LUDWIG_WATTERS[0], doi=LUDWIG_WATTERS[1]
)
SI_HOLES = Published(
    what="Si holes", value=480e-4, std=15e-4, unit="m^2/(V s)", reference=LUDWIG_WATTERS[0], doi=LUDWIG_WATTERS[1]
)

#: Low-field mobility a T^-b [cm^2/Vs]: carrier -> (a, b). Jacoboni, Canali, Ottaviani, Alberigi Quaranta 1977,
#: Solid-State Electron. 20, 77, doi 10.1016/0038-1101(77)90054-5; fitted above 150 K (electrons) and 100 K (holes).
JACOBONI = {"electrons": (1.43e9, 2.42), "holes": (1.35e8, 2.20)}

#: Conductivity masses of silicon over m_e, from the band masses of the NSM archive (Ioffe institute):
#: electrons 3/(1/0.98 + 2/0.19), holes (0.49^(3/2) + 0.16^(3/2))/(0.49^(1/2) + 0.16^(1/2)).
SI_MASSES = {
    "electrons": 3 / (1 / 0.98 + 2 / 0.19),
    "holes": (0.49**1.5 + 0.16**1.5) / (0.49**0.5 + 0.16**0.5),
}

#: Stefan's constant from a black body at the gold point.
STEFAN_BOLTZMANN = Published(
    what="Stefan's constant", value=5.6644e-8, std=0.0075e-8, unit="W/(m^2 K^4)",
    reference="Blevin and Brown, Metrologia 7, 15 (1971)", doi="10.1088/0026-1394/7/1/003",
)  # fmt: skip

#: Measured diffusivities near the quantum, in hbar/m. Electrons: none was found.
SPIN_DIFFUSION = (
    Published(
        what="40K, unitary gas in 3D", value=2.3, std=0.4, unit="hbar/m",
        reference="Trotzky et al., Phys. Rev. Lett. 114, 015301 (2015)", doi="10.1103/PhysRevLett.114.015301",
    ),
    Published(
        what="40K, Fermi gas in 2D", value=1.7, std=0.6, unit="hbar/m",
        reference="Luciuk et al., Phys. Rev. Lett. 118, 130405 (2017)", doi="10.1103/PhysRevLett.118.130405",
    ),
    Published(
        what="40K, Fermi gas in 2D, transverse", value=0.25, std=0.03, unit="hbar/m",
        reference="Koschorreck et al., Nature Phys. 9, 405 (2013)", doi="10.1038/nphys2637",
    ),
)  # fmt: skip

#: The same for charge carriers.
ELECTRON_DIFFUSION: tuple[Published, ...] = ()


def einstein(mobility: Published, temperature: float) -> tuple[float, float]:
    """(D, its standard uncertainty) [m^2/s] of carriers of charge e: D = mu kB T/e (Einstein 1905)."""
    factor = quanta.KB * temperature / quanta.E
    return mobility.value * factor, mobility.std * factor


def jacoboni(carrier: str, temperature: float) -> float:
    """D [m^2/s] from the mobility fit at T [K], by Einstein's relation."""
    a, b = JACOBONI[carrier]
    return float(a * temperature**-b) * 1e-4 * quanta.KB * temperature / quanta.E
