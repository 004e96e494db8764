"""The line of a charge transition with a known truth."""

from __future__ import annotations

import numpy as np

from gzero.errors import ConfigError
from gzero.loaders.table import Origin
from gzero.measurement.measurement import Measurement, Series
from gzero.models.transition import quarter_width, transition
from gzero.quanta import HBAR, KB, E
from gzero.synthetic.noise import World, draw, in_words
from gzero.synthetic.truth import Synthetic


def simulate(
    rng: np.random.Generator,
    *,
    seed: int,
    points: int = 300,
    noise: float = 0.02,
    world: World = "white",
    stated_std: bool = True,
    temperature: float = 0.1,
    base_temperature: float = 0.0,
    lever_arm: float = 0.05,
    lifetime: float = 0.0,
    step: float = -1e-10,
    level: float = 4e-10,
    slope: float = -0.01,
    curvature: float = 0.0,
    position: float = -0.75,
    reach: float = 20.0,
) -> Synthetic:
    """A sensor's current while a gate moves one level past the Fermi level.

    Parameters
    ----------
    rng : source of the noise; `seed` is what it was made from, for the record.
    points, noise : readings of the sweep; their standard deviation over the step.  world : of the noise.
    temperature, base_temperature : of the stage, and what the electrons keep of it [K]: T_e^2 = T^2 + T_0^2.
    lever_arm : alpha [1], which the file states as temperatures are asked for.
    lifetime : Gamma over the thermal width Theta = kB T_e/(e alpha) [1]; 0 is a thermal line.
    step, level : change of the current, and its value half-way [A].
    slope, curvature : of the background, over the step, per thermal width and its square [1].
    position : of the transition [V].  reach : of the sweep to either side, in thermal widths.

    Raises
    ------
    ConfigError : numbers that make no line, or noise that there is not.
    """
    numbers = (
        noise,
        temperature,
        base_temperature,
        lever_arm,
        lifetime,
        step,
        level,
        slope,
        curvature,
        position,
        reach,
    )
    positive = temperature > 0 and lever_arm > 0 and reach > 0 and noise >= 0 and lifetime >= 0 and step != 0
    if not (np.isfinite(numbers).all() and positive and base_temperature >= 0 and points >= 8):
        raise ConfigError(
            "a line needs 8 points or more, a temperature, a lever arm and a reach above zero, and a step",
            remedy="leave them to their defaults",
        )
    electrons = float(np.hypot(temperature, base_temperature))
    theta = KB * electrons / (E * lever_arm)
    broad = lifetime > 0
    model = transition("thermal*lifetime" if broad else "thermal", background="parabola")
    truth = {
        "temperature": electrons,
        "thermal_width": theta,
        "lever_arm": lever_arm,
        "width": quarter_width("thermal*lifetime" if broad else "thermal", theta, lifetime * theta)[0],
        "position": position,
        "amplitude": step / 2,
        "level": level,
        "slope": slope * step / theta,
        "curvature": curvature * step / theta**2,
    }
    if broad:
        truth["lifetime_width"] = lifetime * theta
        truth["lifetime"] = HBAR / (2 * E * lever_arm * lifetime * theta)
    if base_temperature > 0:
        truth |= {"base_temperature": base_temperature, "stage_temperature": temperature}
    x = position + np.linspace(-reach, reach, points) * theta
    signal = model.function(x, np.array([truth[name] for name in model.names]))
    drawn = draw(world, rng, signal=signal, std=noise * abs(step))
    measurement = Measurement(
        kind="transition",
        series={
            "gate_voltage": Series(name="gate_voltage", label="Vg", short="Vg", values=x, unit="V", written="mV"),
            "current": Series(
                name="current", label="I", short="I", values=drawn.readings,
                std=drawn.std if stated_std and noise > 0 else None, unit="A", written="nA",
            ),
        },
        conditions={},
        origin=Origin(path="synthetic", sha256="", loader="synthetic", rows_read=points),
        x="gate_voltage",
        y="current",
    )  # fmt: skip
    words = in_words(world, std=noise * abs(step), unit="A")
    return Synthetic(
        measurement=measurement, truth=truth, noise=words, seed=seed, stated={"lever_arm": f"{lever_arm:g}"}
    )
