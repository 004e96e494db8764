"""Heat through one, two and three channels: quanta of heat conductance, with the phonons cancelled by differences."""

import gzero
from gzero.pipeline.datasets import dataset

analysis = gzero.analyse(dataset("heat_channels"))
print(analysis.answer.headline)
for reason in analysis.answer.reasons:
    print(" ", reason)
for name in ("modes_per_channel", "modes_per_channel_model", "modes_1", "modes_2", "modes_3"):
    e = analysis.estimates[name]
    print(f"{name:24} {e.value:.3f} +- {e.std_stat:.3f} (noise) +- {e.std_sys:.3f} (temperature scale)")
coupling = analysis.estimates["phonon_coupling"]
print(f"phonons {1e9 * coupling.value:.2f} +- {1e9 * coupling.std:.2f} nW/K^5")
for row in analysis.comparisons:
    if row.ratio_std > 0 and row.reference:
        print(f"  over {row.name}: {row.ratio:.3f} +- {row.ratio_std:.3f}")
