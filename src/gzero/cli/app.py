"""The commands. Each is a few lines: read what was asked, call the pipeline, show what came back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gzero.cli.options import Asked, Said, takes_options, takes_simulation
from gzero.errors import ConfigError

if TYPE_CHECKING:
    from gzero.analysis import Analysis
    from gzero.audit.item import AuditItem
    from gzero.pipeline.config import Config

app = typer.Typer(
    name="gzero",
    help="Is it the quantum? From a measured conductance or diffusion curve to a verdict in fundamental units.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog='Example: gzero validate lab.csv --quantum "2e^2/h" --gain "1.00(1)"',
)

File = Annotated[
    Path, typer.Argument(help="A measured file; `gzero formats` lists what can be read.", show_default=False)
]
Multiverse = Annotated[
    bool, typer.Option("--multiverse", help="The verdict again over 200 other reasonable choices.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def _config(asked: Asked, path: Path) -> Config:
    from gzero.pipeline.config import configure, with_files

    return with_files(configure(**asked.options), path, asked.config)


def _analyse(file: Path, config: Config, step: Callable[[int, int], None] | None) -> tuple[Analysis, ...]:
    from gzero.pipeline.analyse import analyse_traces

    return analyse_traces(file, config, progress=step)


def _analyse_over_choices(file: Path, config: Config, step: Callable[[int, int], None] | None) -> tuple[Analysis, ...]:
    from gzero.pipeline.multiverse import analyse_with_multiverse

    return (analyse_with_multiverse(file, config, processes=2, progress=step),)


def _audited() -> tuple[AuditItem, ...]:
    from gzero.audit.paper import audit_paper

    return audit_paper()


def _version(wanted: bool) -> None:
    if wanted:
        from gzero.version import VERSION

        typer.echo(f"gzero {VERSION}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Is it the quantum?"""


@app.command("inspect", epilog="Example: gzero inspect lab.csv")
@takes_options
def inspect_file(file: File, asked: Asked, json: Json = False) -> None:
    """What the loader sees: columns, units, the role each would play and why, metadata, what was dropped."""
    from gzero.cli.show import show_inspection
    from gzero.pipeline.load import inspect_path

    show_inspection(inspect_path(file, _config(asked, file)), as_json=json)


@app.command(epilog='Example: gzero fit lab.csv --quantum "2e^2/h" --series-resistance "420(12) ohm"')
@takes_options
def fit(
    file: File,
    asked: Asked,
    intervals: Annotated[
        str | None,
        typer.Option(help="Of the model's parameters: profile, bootstrap or emcee.", show_default=False),
    ] = None,
    together: Annotated[
        str | None,
        typer.Option(help="Parameters that all traces share, such as step_height,width_1.", show_default=False),
    ] = None,
    json: Json = False,
) -> None:
    """The estimates, in SI and in the quantum."""
    from gzero.cli.show import show_fit, show_together, with_progress

    config = _config(asked, file)
    if intervals is not None:
        from gzero.pipeline.refine import check_method, with_intervals

        check_method(intervals)
    if together is not None:
        from gzero.pipeline.together import traces_together

        show_together(traces_together(file, config, shared=together, intervals=intervals), str(file), as_json=json)
        return
    analyses = with_progress(str(file), partial(_analyse, file, config))
    if intervals is not None:
        analyses = with_progress(
            f"{file}: {intervals}", lambda step: with_intervals(analyses, intervals, config, progress=step)
        )
    show_fit(analyses, as_json=json)


@app.command(epilog='Example: gzero validate lab.csv --quantum "2e^2/h" --gain "1.00(1)" --plateaus 1:4')
@takes_options
def validate(file: File, asked: Asked, multiverse: Multiverse = False, json: Json = False) -> int:
    """The verdict. Exit 0 quantized, 1 not quantized, 3 undecided, 2 input or usage error.

    Of many traces: 0 when all are quantized, 1 when any is not, 3 otherwise.
    """
    from gzero.cli.show import exit_code, show_verdicts, with_progress

    config = _config(asked, file)
    analyses = with_progress(str(file), partial(_analyse_over_choices if multiverse else _analyse, file, config))
    show_verdicts(analyses, as_json=json)
    return exit_code(analyses)


@app.command(epilog='Example: gzero report lab.csv -o lab.pdf --quantum "2e^2/h"')
@takes_options
def report(
    files: Annotated[list[Path], typer.Argument(help="Measured files.", show_default=False)],
    output: Annotated[
        Path, typer.Option("--output", "-o", help=".pdf .html .xlsx .json .tex or .md", show_default=False)
    ],
    asked: Asked,
    paper: Annotated[str, typer.Option(help="Paper of the PDF: a4 or us-letter.")] = "a4",
    archive: Annotated[
        bool, typer.Option("--archive", help="A PDF that is PDF/A-2b as well, for archives.", show_default=False)
    ] = False,
    each: Annotated[
        bool, typer.Option("--each", help="Of many traces or files, a page for each.", show_default=False)
    ] = False,
    multiverse: Multiverse = False,
    audit: Annotated[
        bool,
        typer.Option("--audit", help="Work the audit of the paper out anew, and tell its reasons.", show_default=False),
    ] = False,
) -> None:
    """The report, in the format that OUT ends with."""
    from gzero.cli.show import say, with_progress
    from gzero.report.write import check_target, write_report

    check_target(output, paper)
    if multiverse and len(files) > 1:
        raise ConfigError(f"a multiverse is of one file, not of {len(files)}", remedy="make one report a file")
    analyses: list[Analysis] = []
    for file, config in [(file, _config(asked, file)) for file in files]:
        analyses += with_progress(str(file), partial(_analyse_over_choices if multiverse else _analyse, file, config))
    write_report(analyses, output, paper=paper, archive=archive, each=each, audit=_audited() if audit else ())  # type: ignore[arg-type]
    say(f"wrote {output}")


@app.command(epilog='Example: gzero batch cooldown/ --quantum "2e^2/h" -o results')
@takes_options
def batch(
    paths: Annotated[list[str], typer.Argument(help="Files, folders, or patterns in quotes.", show_default=False)],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Directory of the ledger and the results.", show_default=False)
    ],
    asked: Asked,
    workers: Annotated[int | None, typer.Option(help="Processes (one a core).", show_default=False)] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler, such as tcp://10.0.0.1:8786.", show_default=False)
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try files again that failed.", show_default=False)] = False,
) -> int:
    """Many files: what is new or changed is analysed, every finished piece is kept, and one bad file stops nothing.

    Writes results.csv, results.parquet, failures.csv and report.pdf, .html and .xlsx. Exit 0 when every file has its
    result, 1 when some have none, 2 input or usage error, 130 when interrupted; the same command goes on.
    """
    from gzero.cli.batch import run

    return run(paths, output, asked, workers=workers, scheduler=scheduler, retry=retry)


@app.command(epilog="Example: gzero unblind lab.csv")
def unblind(
    file: File,
    blind_record: Annotated[
        str | None, typer.Option(help="Where the blind record is (FILE.blind.json).", show_default=False)
    ] = None,
    json: Json = False,
) -> int:
    """The end of blind mode: freeze the last choices that were looked at blind, and give the verdict with them.

    Exit codes as of validate. Choices that are changed afterwards go on record.
    """
    from gzero.cli.show import exit_code, frozen_choices, say, show_verdicts, with_progress
    from gzero.pipeline.unblind import unblind_file

    analyses = with_progress(str(file), lambda step: unblind_file(file, blind_record=blind_record, progress=step))
    if not json:
        say(frozen_choices(analyses))
    show_verdicts(analyses, as_json=json)
    return exit_code(analyses)


@app.command(epilog='Example: gzero selftest lab.csv --quantum "2e^2/h" --repeats 300 --seed 1')
@takes_options
def selftest(
    file: File,
    asked: Asked,
    repeats: Annotated[
        list[str] | None,
        typer.Option(
            help="How many measurements to simulate (300). A word is what the other commands take here: refuse, mean.",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Coverage on your own data: simulate it from its fit, analyse that again, and count how often the intervals hold.

    Exit 0 when those of 95 % hold, 1 when not, 2 input or usage error, 130 when interrupted (what is done is printed).
    """
    from gzero.cli.selftest import run_selftest, split_repeats

    count, asked = split_repeats(repeats or [], asked)
    return run_selftest(file, _config(asked, file), count, as_json=json)


@app.command(epilog='Example: gzero plan --quantum "2e^2/h" --plateaus 1:4 --noise 0.02 --points 40 --gain "1.00(3)"')
@takes_options
def plan(
    asked: Asked,
    file: Annotated[
        Path | None, typer.Argument(help="A first sweep, to plan from its own uncertainties.", show_default=False)
    ] = None,
    noise: Annotated[
        float | None, typer.Option(help="Without FILE: std of one reading, in quanta (0.02).", show_default=False)
    ] = None,
    points: Annotated[
        int | None, typer.Option(help="Without FILE: readings on each plateau (40).", show_default=False)
    ] = None,
    power: Annotated[float, typer.Option(help="Share of true staircases that are to be called quantized.")] = 0.9,
    json: Json = False,
) -> None:
    """How many sweeps, or how small a gain uncertainty, a verdict needs."""
    from gzero.cli.show import show_plan
    from gzero.pipeline.plan import plan_measurement

    config = _config(asked, file or Path())
    show_plan(plan_measurement(file, config, noise=noise, points=points, power=power), as_json=json)


@app.command(epilog='Example: gzero quanta --particle 6Li --temperature "42 nK" --length "10 um"')
def quanta(
    particle: Annotated[str | None, typer.Option(help="electron, 6Li, 3He, 40K, ...", show_default=False)] = None,
    mass: Annotated[str | None, typer.Option(help='Mass, such as "0.26 m_e".', show_default=False)] = None,
    temperature: Annotated[str | None, typer.Option(help='Such as "42 nK".', show_default=False)] = None,
    length: Annotated[str | None, typer.Option(help='Such as "10 um".', show_default=False)] = None,
    sound_speed: Annotated[
        str | None, typer.Option(help='Of the phonons, such as "8433 m/s".', show_default=False)
    ] = None,
    photon_energy: Annotated[str | None, typer.Option(help='Such as "1 eV".', show_default=False)] = None,
    mean_free_path: Annotated[str | None, typer.Option(help='l = v tau, such as "40 nm".', show_default=False)] = None,
    velocity: Annotated[
        str | None,
        typer.Option(help="Along x; of a classical gas it follows from mass and temperature.", show_default=False),
    ] = None,
    degeneracy: Annotated[
        float, typer.Option(help="Of a mode: 1 per spin, 2 of a point contact, 4 of a nanotube.")
    ] = 1.0,
    prefactor: Annotated[
        str, typer.Option(help="Of the black body: stefan-boltzmann, eq17, eq26 or eq28.")
    ] = "stefan-boltzmann",
    diffusion: Annotated[str, typer.Option(help="Diffusion unit: h/m, hbar/m or hbar/2m.")] = "h/m",
    vacuum: Annotated[str, typer.Option(help="Vacuum conductance: eps0*c or 2eps0*c.")] = "eps0*c",
    transmission: Annotated[str, typer.Option(help="From a length: landauer, or l/L as printed in (5).")] = "landauer",
    action: Annotated[str, typer.Option(help="The action of (2): m*v*L or kB*T*tau_T.")] = "m*v*L",
    gas: Annotated[
        str, typer.Option(help="For lambda_b/l: classical, degenerate-1d, degenerate-2d or degenerate-3d.")
    ] = "classical",
    json: Json = False,
) -> None:
    """The fundamental units: Tables I-IV of arXiv:2604.19828 with numbers, in their corrected form."""
    from gzero.cli.show import show_quanta
    from gzero.pipeline.quanta import tables_for

    asked = {"temperature": temperature, "length": length, "sound_speed": sound_speed, "photon_energy": photon_energy}
    asked |= {"mean_free_path": mean_free_path, "velocity": velocity}
    chosen = {"prefactor": prefactor, "diffusion": diffusion, "vacuum": vacuum}
    chosen |= {"transmission": transmission, "action": action, "gas": gas}
    show_quanta(tables_for(particle, mass, asked, conventions=chosen, degeneracy=degeneracy), as_json=json)


@app.command(epilog="Example: gzero audit -o audit.pdf")
def audit(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help=".pdf .html .xlsx .json .tex or .md", show_default=False)
    ] = None,
    paper: Annotated[str, typer.Option(help="Paper of the PDF: a4 or us-letter.")] = "a4",
    json: Json = False,
) -> None:
    """The source paper (arXiv:2604.19828), checked line by line: each verdict follows from a computation."""
    from gzero.audit.paper import audit_paper
    from gzero.cli.show import say, show_audit
    from gzero.report.audit import write_audit
    from gzero.report.write import check_target

    if output is None:
        show_audit(audit_paper(), as_json=json)
        return
    if json:
        raise ConfigError(
            "--json prints, -o writes", remedy="leave one of them out, or write to a file ending in .json"
        )
    check_target(output, paper)
    say(f"wrote {write_audit(audit_paper(), output, paper=paper)}")  # type: ignore[arg-type]


@app.command(epilog="Example: gzero simulate staircase -o sim.csv --noise-world 1/f --gain 1.01 --seed 7")
@takes_simulation
def simulate(
    experiment: Annotated[str, typer.Argument(help="staircase, hall, decay, ...: any experiment.", show_default=False)],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="CSV file; its truth is written beside it.", show_default=False)
    ],
    said: Said,
) -> None:
    """Synthetic data with the truth beside it: FILE.csv and FILE.toml, labelled synthetic wherever they are shown."""
    from gzero.cli.show import say
    from gzero.pipeline.simulation import Simulation, simulate_file

    data, beside = simulate_file(Simulation(experiment=experiment, **said.options), output)
    say(f"wrote {data} (synthetic) and its truth, {beside}")


@app.command(epilog="Example: gzero datasets li6_steps")
def datasets(
    name: Annotated[str | None, typer.Argument(help="A data set.", show_default=False)] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Copy it, with its sidecar, to this directory.", show_default=False),
    ] = None,
    json: Json = False,
) -> None:
    """The shipped data."""
    from gzero.cli.show import say, show_datasets
    from gzero.pipeline.datasets import copy_dataset, dataset, describe, shipped

    if name is not None and output is not None:
        say("wrote " + " and ".join(str(path) for path in copy_dataset(name, output)))
        return
    show_datasets(
        [describe(dataset(name))] if name else [describe(path) for path in shipped().values()],
        whole=name is not None,
        as_json=json,
    )


@app.command(epilog="Example: gzero demo -o reports")
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Directory for the reports.")] = Path(),
    every: Annotated[
        bool, typer.Option("--all", help="Every shipped data set, not only the first three.", show_default=False)
    ] = False,
) -> None:
    """The main job on shipped data: writes PDF reports and prints the verdicts."""
    from gzero.cli.show import say, show_verdicts
    from gzero.pipeline.demo import run_demo

    for analyses, path in run_demo(output, every=every):
        show_verdicts(analyses, as_json=False)
        say(f"wrote {path}\n")


@app.command(epilog="Example: gzero formats")
def formats(json: Json = False) -> None:
    """The loaders, and what to install for those that are missing."""
    from gzero.cli.show import show_formats
    from gzero.loaders.registry import describe_loaders

    show_formats(describe_loaders(), as_json=json)
