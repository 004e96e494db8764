"""Ballistic length and contacts of a nanotube from devices of eight lengths, and what is left when nobody knows the channels."""

import gzero
from gzero.pipeline.datasets import dataset

path = dataset("length_nanotube")
analysis = gzero.analyse(path)
for name in ("ballistic_length", "mean_free_path", "contact_resistance", "conductance_per_channel"):
    estimate = analysis.estimates[name]
    print(f"{name:24} {estimate.value:.4g} +- {estimate.std:.2g} {estimate.unit}")
devices = analysis.listings[0]
for row in devices.rows[:3]:
    print(f"  {1e9 * row[1].value:6.0f} nm: transmission {row[5]} of the line, {row[6]} of the device")

known = gzero.load(path)
unknown = gzero.Measurement.from_arrays(
    x=known.abscissa.values,
    y=known.ordinate.values,
    y_std=known.ordinate.std,
    x_unit="m",
    y_unit="ohm",
    experiment="length",
)
print(gzero.analyse(unknown, quantum="4e^2/h").warnings[-1])
