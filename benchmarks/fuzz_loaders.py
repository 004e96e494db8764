"""Damaged files of every format through every loader: each is read, or refused in one clear line, and nothing else.

    python benchmarks/fuzz_loaders.py [--mutants 200000] [--seed 1] [--processes 2] [--loaders text igor ...] [--folder DIR]

The mutants are divided equally over the loaders. The seeds come from `tests/loaders/seeds.py` and, where they are there,
from the measured files beside the checkout; `tests/loaders/fuzzing.py` says what a failure is. The run notes what it has
done in its folder and can be taken up again by the same command; failing files are kept there. What is printed is
Markdown. Exit code 1 when a mutant fails.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "loaders")]


def main() -> int:
    """Run it."""
    from fuzzing import Run, fuzz, table_of, world_of

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mutants", type=int, default=200_000, help="of all loaders together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--loaders", nargs="*", default=[], help="all when left out; '(none)' for files that none reads"
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="that one file may take")
    parser.add_argument("--without-measured", action="store_true", help="seeds from tests/loaders/seeds.py only")
    parser.add_argument("--folder", type=Path, help="for progress and failing files")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.gettempdir()) / f"gzero-fuzz-{given.seed}"
    run = Run(
        per_loader=given.mutants, folder=folder, seed=given.seed, processes=given.processes,
        loaders=tuple(given.loaders), seconds=given.seconds, measured=not given.without_measured,
    )  # fmt: skip
    made = world_of(run)
    world = made[0]
    number = sum(1 for name, seeds in world.seeds.items() if seeds and (not run.loaders or name in run.loaders))
    if not number:
        parser.error(f"no such loader; one of {', '.join(world.seeds)}")
    run = dataclasses.replace(run, per_loader=-(-given.mutants // number))

    def show(line: str) -> None:
        if sys.stderr.isatty():
            print(f"\r{line:<100}", end="", file=sys.stderr, flush=True)

    outcome = fuzz(run, made=made, progress=show)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    print(table_of(outcome))
    return 1 if any(row.failures for row in outcome.rows.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
