"""Temperature of the electrons from a charge sensor's step, and the lines that were tried."""

import gzero
from gzero.pipeline.datasets import dataset

analysis = gzero.analyse(dataset("charge_transition"))
for name, estimate in analysis.estimates.items():
    parts = ", ".join(f"{source} {abs(shift):.2g}" for source, shift in estimate.systematic.items())
    print(
        f"{name:15} {estimate.value: .4g} +- {estimate.std_stat:.2g} {estimate.unit}" + (f" ({parts})" if parts else "")
    )
for line, worse, thermal, _ in analysis.listings[0].rows[:3]:
    width = f"{1e6 * thermal.value:.0f} uV" if hasattr(thermal, "value") else "no thermal width"
    print(f"  {line}: BIC {worse} over the best, {width}")
