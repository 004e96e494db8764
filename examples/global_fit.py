"""One constriction at three temperatures: what the curves share, what they say together, and intervals of it."""

import numpy as np

import gzero

# A synthetic saddle point: lever arm 0.05, hbar omega_x = 0.63 meV, three steps, 1 % noise, one amplifier.
E = 1.602176634e-19
gate = np.linspace(-0.1, 0.2, 250)  # V
rng = np.random.default_rng(7)
measurements = []
for kelvin in (0.3, 1.5, 4.0):
    model = gzero.models.staircase.staircase(3, offset=False, broadening="thermal*saddle", temperature=kelvin)
    truth = np.array([1.0, -0.04, 0.04, 0.12, 0.05, 2e-3])
    read = model.function(gate, truth) + 0.01 * rng.normal(size=gate.size)
    measurements.append(
        gzero.Measurement.from_arrays(
            x=gate, y=read, x_unit="V", y_unit="2e^2/h", temperature=f"{kelvin} +/- {0.01 * kelvin} K", gain="1.000(5)"
        )
    )

# One step height for all three; everything else is each curve's own.
joint = gzero.fit_together(measurements, quantum="2e^2/h", shared=("step_height",), common=("gain",))
step = joint.estimates.estimates["step_height"]
print(f"step height: {step.value * 1e6:.3f} +- {step.std_stat * 1e6:.3f} (noise) +- {step.std_sys * 1e6:.3f} (gain) uS")
print(f"chance of so much disagreement between the curves: {joint.p_value:.2f}")

# One lever arm and one saddle point as well: only the thermal part of the risers grows with the temperature.
series = gzero.fit_temperature_series(measurements, quantum="2e^2/h", common=("gain", "temperature"))
for name, scale, unit in (("lever_arm", 1.0, ""), ("hbar_omega_x", 1e3 / E, "meV")):
    found = series.estimates.estimates[name]
    print(f"{name}: {found.value * scale:.4f} +- {found.std_stat * scale:.4f} +- {found.std_sys * scale:.4f} {unit}")

# Any fit takes the same questions, a joint one included.
print(gzero.profile_interval(series.joint.fit, "saddle_width"))
print(gzero.bootstrap(joint.fit, seed=1, repeats=400).interval("step_height"))
