"""Two results that must agree: published heat and charge, diffusion and mobility, two terminals and Hall."""

import gzero
from gzero.quanta import E2_OVER_H, KAPPA0, H


def estimate(value: float, std: float, unit: str) -> gzero.Estimate:
    return gzero.Estimate(value=value, std_stat=std, unit=unit)


# One electronic channel carries 1.00(10) kappa0 T (Jezouin et al. 2013, doi 10.1126/science.1241912); a mode of graphene
# in the quantum Hall regime 1.00(5) (Srivastav et al. 2019, doi 10.1126/sciadv.aaw5798). A channel conducts e^2/h.
kelvin, charge = 0.03, estimate(E2_OVER_H, 0.0, "S")
for who, std in (("one channel, 2013", 0.10), ("graphene, 2019", 0.05)):
    heat = estimate(1.0, std, "W/K").scaled(KAPPA0 * kelvin, "W/K")
    print(f"{who}: {gzero.wiedemann_franz(heat, charge, estimate(kelvin, 0.0, 'K'))}")

# Silicon at 300 K: diffusion of arXiv:2604.19828, drift mobility of Ludwig and Watters 1956, doi 10.1103/PhysRev.101.1699.
for who, diffusion, mobility, std in (("Si electrons", 3.5e-3, 1350, 100), ("Si holes", 1.5e-3, 480, 15)):
    check = gzero.einstein_relation(
        estimate(diffusion, 0.0, "m^2/s"), estimate(mobility, std, "cm^2/(V s)"), estimate(300, 0.0, "K")
    )
    print(f"{who}: D e/(mu kB T) = {check.ratio.value:.3f} +- {check.ratio.std:.3f}, {check.decision}")

# The plateau nu = 2 through contacts of 420 ohm: made numbers.
hall = H / (2 * 1.602176634e-19**2)
check = gzero.two_terminal_against_hall(
    estimate(1 / (hall + 420), 2e-8, "S"), estimate(hall, 0.5, "ohm"), filling_factor=2, margin=0.01
)
print(f"made numbers, nu = 2: {check}")
