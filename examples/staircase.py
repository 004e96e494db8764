"""A conductance staircase from arrays: estimates, verdict, report. Run it in any directory that it may write to."""

import numpy as np

import gzero

# A synthetic constriction: four modes, 12 thermal widths apart, 450 ohm in series, 2 % noise.
rng = np.random.default_rng(20)
gate = np.linspace(0, 54, 400)  # mV
steps = sum(1 / (1 + np.exp(-(gate - threshold))) for threshold in (6, 18, 30, 42))
g0 = gzero.quanta.G0
read = steps * g0 / (1 + 450 * steps * g0) + 0.02 * g0 * rng.normal(size=gate.size)

measurement = gzero.Measurement.from_arrays(
    x=gate, y=read, x_unit="mV", y_unit="S", gain="1.000(5)", series_resistance="450(10) ohm", name="synthetic example"
)
analysis = gzero.analyse(measurement, quantum="2e^2/h")
print(analysis.verdict.decision)
for reason in analysis.verdict.reasons:
    print("  ", reason)
for name, estimate in analysis.estimates.items():
    print(f"{name}: {estimate.value:.6g} +- {estimate.std:.2g} {estimate.unit}")
print(gzero.write_report(analysis, "staircase.pdf"))
