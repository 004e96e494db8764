"""Analyses to write reports of. All data are made up here from stated truths; nothing was measured."""

from __future__ import annotations

import math

import numpy as np

from gzero.analysis import Analysis, BudgetLine, Comparison, Level
from gzero.estimate import Estimate
from gzero.fitters.result import FitResult
from gzero.loaders.table import Coordinate, Dropped, Origin
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import Choice, Exclusion
from gzero.quanta import CONSTANTS_SET, G0, HBAR, Conditions, H, parse_quantum, particle
from gzero.verdict.verdict import Rival, Verdict

SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
VERSIONS = {"python": "3.11.7", "numpy": "2.4.6", "scipy": "1.17.0", "lmfit": "1.3.4"}
SYNTHETIC = {
    "synthetic": "made by gzero's tests from stated parameters, seed 7; not a measurement",
    "theory": "Reggiani, Alfinito, Intini (2026), arXiv:2604.19828",
}


def origin(path: str, rows: int) -> Origin:
    return Origin(
        path=path,
        sha256=SHA,
        loader="delimited",
        options={"delimiter": "comma", "encoding": "utf-8"},
        rows_read=rows,
        dropped=(Dropped(rule="comment", reason="starts with #", rows=9),),
    )


def _curve(plateaus: int, points: int, noise: float, stretch: float, seed: int) -> tuple[Curve, np.ndarray]:
    """A staircase of height G0 * stretch with Fermi-shaped risers a unit apart; gate voltage [V]."""
    rng = np.random.default_rng(seed)
    gate = np.linspace(-0.4, plateaus + 0.35, points)
    truth = sum(1 / (1 + np.exp(-(gate - n) / 0.06)) for n in range(plateaus)) * G0 * stretch
    curve = Curve(
        x=-1.2 + 0.09 * gate,
        y=truth + rng.normal(0, noise * G0, points),
        x_name="Vg",
        y_name="G",
        x_unit="V",
        y_unit="S",
    )
    return curve, truth


def _levels(plateaus: int, stretch: float, std: float, seed: int) -> tuple[Level, ...]:
    rng = np.random.default_rng(seed)
    out = []
    for n in range(1, plateaus + 1):
        gain = {"gain": 0.004 * n * G0}
        value = n * G0 * stretch + rng.normal(0, std * G0)
        mid = -1.2 + 0.09 * (n - 0.5)
        last = plateaus > 2 and n == plateaus
        out.append(
            Level(
                index=n,
                level=Estimate(value=value, std_stat=std * G0, systematic=gain, unit="S"),
                transmission=Estimate(
                    value=stretch + rng.normal(0, std), std_stat=1.4 * std, systematic={"gain": 0.004}
                ),
                x_low=mid - 0.014,
                x_high=mid + 0.014,
                slope=2.1e-6 * (1 + n),
                points=17,
                counted=not last,
                note="slope above the limit of a flat plateau" if last else "",
            )
        )
    return tuple(out)


def _fit(curve: Curve, truth: np.ndarray) -> FitResult:
    names = ("step_height", "temperature", "series_resistance", "offset", "lever_arm")
    units = ("S", "K", "ohm", "S", "eV/V")
    values = np.array([0.9995 * G0, 0.0981, 412.0, 1.2e-8, 0.0451])
    stds = np.array([2.1e-3 * G0, 0.0034, 35.0, 2.2e-8, 0.0009])
    return FitResult(
        model="saddle-point staircase",
        names=names,
        units=units,
        values=values,
        covariance=np.diag(stds**2),
        fixed={"bias": 1e-4},
        chi2=478.2,
        dof=len(curve) - 5,
        fitted=truth,
        residuals=curve.y - truth,
        noise_model="estimated, AR(1) rho = 0.42",
        inflation=1.13,
        success=True,
        message="converged in 41 evaluations",
        at_bounds=("offset",),
        bic=-9021.4,
    )


def _verdict(decision: str, ratio: float, std: float) -> Verdict:
    reasons = {
        "quantized": (
            "The 95 % interval of the step height over 2e^2/h minus 1 lies inside the margin of 5 %.",
            "Every counted level lies within 10 % of its multiple.",
        ),
        "not quantized": ("The step height differs from 2e^2/h by more than the margin of 5 % at 95 % confidence.",),
        "undecided": (
            "Only one plateau qualifies as flat: a step height needs two.",
            "One more plateau, or a gain known to 1 %, would decide it.",
        ),
    }
    determined = decision != "undecided"
    return Verdict(
        decision=decision,  # type: ignore[arg-type]
        margin=0.05,
        level_margin=0.1,
        confidence=0.95,
        p_value=3.2e-9 if determined else None,
        interval=(ratio - 1 - 1.96 * std, ratio - 1 + 1.96 * std) if determined else None,
        tightest_margin=abs(ratio - 1) + 1.96 * std if determined else None,
        false_positive_rate=0.0042 if determined else None,
        power=0.97 if determined else None,
        rivals=(
            Rival(name="equal steps of another height", delta_bic=4.1),
            Rival(name="smooth curve", delta_bic=812.0),
        ),
        reasons=reasons[decision],
    )


def staircase(
    plateaus: int = 4,
    *,
    decision: str = "quantized",
    stretch: float = 1.003,
    fit: bool = True,
    synthetic: bool = True,
    noise: float = 0.012,
    points: int = 400,
    seed: int = 7,
    trace: str = "",
    place: float | None = None,
    path: str = "qpc/cooldown3/sample A, sweep 12.csv",
    title: str = "Quantum point contact",
    x_name: str = "Vg",
) -> Analysis:
    """A staircase of so many plateaus; ratio of its step height to 2e^2/h is `stretch`."""
    curve, truth = _curve(plateaus, points, noise, stretch, seed)
    curve = Curve(x=curve.x, y=curve.y, x_name=x_name, y_name="G", x_unit="V", y_unit="S")
    std = 0.0021
    step = Estimate(
        value=stretch * G0, std_stat=std * G0, systematic={"gain": 0.004 * G0, "offset": 0.0007 * G0}, unit="S"
    )
    estimates = {
        "step_height": step,
        "step_height_model": step.scaled(0.9962, "S"),
        "series_resistance": Estimate(value=412.0, std_stat=35.0, unit="ohm"),
        "temperature": Estimate(value=0.0981, std_stat=0.0034, unit="K"),
    }
    junk = np.array([180, 181, 182])
    return Analysis(
        version="0.1.0",
        versions=VERSIONS,
        constants=CONSTANTS_SET,
        origin=origin(path, points + 12),
        rows_used=len(curve),
        experiment="staircase",
        title=title,
        quantum=parse_quantum("2e^2/h"),
        declared=True,
        estimates=estimates,
        verdict=_verdict(decision, stretch, math.hypot(std, 0.004)),
        trace=trace,
        coordinate=None if place is None else Coordinate(name="B", value=place, unit_text="T"),
        levels=_levels(plateaus, stretch, 0.004, seed),
        curve=curve,
        excluded=(("runaway", (-1.1, -1.05, -0.9), (9e-3, -4e-3, 1.1e-4)),),
        exclusions=(Exclusion(rule="runaway", reason="beyond the rails of the amplifier", indices=junk),),
        fit=_fit(curve, truth) if fit else None,
        budget=(
            BudgetLine(source="noise", kind="statistical", value="white, estimated", std=std * G0, share=0.21),
            BudgetLine(source="gain", kind="systematic", value="1.000(4)", std=0.004 * G0, share=0.77),
            BudgetLine(source="offset", kind="systematic", value="0.00(5) uS", std=0.0007 * G0, share=0.02),
        ),
        comparisons=(
            Comparison(name="2e^2/h", value=G0, unit="S", ratio=stretch, ratio_std=0.0045),
            Comparison(name="e^2/h", value=G0 / 2, unit="S", ratio=2 * stretch, ratio_std=0.009),
        ),
        ledger=(
            Choice(choice="quantum", value="2e^2/h", origin="user", note="--quantum"),
            Choice(choice="margin", value="5 %", origin="default"),
            Choice(choice="plateaus", value=f"1:{plateaus}", origin="data", note="all that qualify as flat"),
        ),
        warnings=(
            "the fit's step height and the plateaus' differ by 0.4 %: believe the plateaus, risers are not logistic",
        ),
        provenance=SYNTHETIC if synthetic else {},
        seed=7,
    )


def staircase_map(traces: int = 101, *, points: int = 200) -> list[Analysis]:
    """A map of staircases over magnetic field: six not quantized, three undecided, the rest quantized."""
    out = []
    for i in range(traces):
        decision, stretch = "quantized", 1.0 + 0.006 * math.sin(i / 7)
        if i % 17 == 5:
            decision, stretch = "not quantized", 1.09
        elif i % 40 == 11:
            decision = "undecided"
        out.append(
            staircase(
                4,
                decision=decision,
                stretch=stretch,
                fit=False,
                points=points,
                seed=i,
                trace=f"trace {i}",
                place=0.01 * i,
                path="maps/field sweep.h5",
            )
        )
    return out


def diffusion(record: int = 0) -> Analysis:
    """One of four records of a diffusion file; the values are those of facts/published_values.csv, rounded."""
    names = ("Si, electrons, 300 K", "Si, holes, 300 K", "Si, holes, 77 K", "6Li, 42 nK")
    values, stds = (3.49e-3, 1.24e-3, 6.34e-3, 1.9e-8), (2.6e-4, 4e-5, 5e-4, 3e-9)
    mass = particle("6Li" if record == 3 else "electron").mass
    assert mass is not None
    quantum = parse_quantum("h/m", Conditions(mass=mass))
    assert quantum.value is not None
    value, std = values[record], stds[record]
    main = Estimate(value=value, std_stat=std, systematic={"temperature": value * 0.003}, unit="m^2/s")
    ratio = value / quantum.value
    comparisons = (
        Comparison(name="h/m", value=quantum.value, unit="m^2/s", ratio=ratio, ratio_std=std / quantum.value),
        Comparison(
            name="hbar/m", value=HBAR / mass, unit="m^2/s", ratio=value / (HBAR / mass), ratio_std=std / (HBAR / mass)
        ),
        Comparison(
            name="h/m*",
            value=H / (0.26 * mass),
            unit="m^2/s",
            ratio=value / (H / (0.26 * mass)),
            ratio_std=std / (H / (0.26 * mass)),
            reference="m* = 0.26 m0, conductivity mass",
        ),
        Comparison(
            name="Reggiani et al. (2026), Table V",
            value=3.5e-3,
            unit="m^2/s",
            ratio=value / 3.5e-3,
            ratio_std=std / 3.5e-3,
            reference="arXiv:2604.19828",
        ),
    )
    undecided = Verdict(
        decision="undecided" if record else "not quantized",
        margin=0.05,
        level_margin=0.1,
        confidence=0.95,
        interval=(ratio - 1 - 2 * std / quantum.value, ratio - 1 + 2 * std / quantum.value),
        reasons=("One diffusion coefficient has no steps to count: its ratio to h/m is a transmission, not a level.",),
    )
    return Analysis(
        version="0.1.0",
        versions=VERSIONS,
        constants=CONSTANTS_SET,
        origin=origin("diffusion/si_records.csv", 13),
        rows_used=1,
        experiment="diffusion",
        title="Diffusion coefficient from a mobility",
        quantum=quantum,
        declared=False,
        estimates={
            "diffusion": main,
            "temperature": Estimate(
                value=(300.0, 300.0, 77.0, 42e-9)[record], systematic={"temperature": 0.1}, unit="K"
            )
            if record < 3
            else Estimate(value=42e-9, std_stat=2e-9, unit="K"),
            "tau": Estimate(value=2.0e-13, std_stat=1.6e-14, unit="s"),
            "mean_free_path": Estimate(value=2.67e-8, std_stat=2.1e-9, unit="m"),
            "transmission": Estimate(value=ratio, std_stat=std / quantum.value),
        },
        verdict=undecided,
        trace=names[record],
        comparisons=comparisons,
        budget=(BudgetLine(source="mobility", kind="statistical", value="1350(100) cm^2/(V s)", std=std, share=0.99),),
        ledger=(
            Choice(choice="diffusion unit", value="h/m", origin="default", note="hbar/m and hbar/2m are compared"),
        ),
        provenance={"citation": "values of this record as published; see the comparison"},
    )
