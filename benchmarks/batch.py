"""What `gzero batch` keeps when it is killed, how fast it is with several workers, how it grows, and its memory.

python benchmarks/batch.py kills [--kills 50] [--seed 1] [--files 40]
python benchmarks/batch.py speed [--files 300] [--repeats 3]
python benchmarks/batch.py growth [--files 50 100 200] [--workers 1 2 4]
python benchmarks/batch.py memory [--megabytes 1000] [--cases map many long wide time qcodes] [--report] [--map MEASURED.ibw]

Every batch is the real command in processes of its own. All data but a measured map are synthetic.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

TABLES = ("results.csv", "results.parquet", "failures.csv", "report.html", "report.pdf", "report.xlsx", "README.txt")

#: Runs the command and tells the processor time of this process, and of all workers, on the last line of stderr.
MEASURED = """
import json, resource, sys, time
from gzero.cli.entry import main
start = time.perf_counter()
try:
    main()
finally:
    wall = time.perf_counter() - start
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps([wall, *(u.ru_utime + u.ru_stime for u in used)]), file=sys.stderr)
"""


def staircases(folder: Path, count: int, *, first: int = 0) -> None:
    """Files of one staircase of 400 readings each, and a map of 40 traces cut to pieces where there are fewer than 100."""
    from gzero.pipeline.simulation import Simulation, simulate_file

    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(first, first + count):
        simulate_file(Simulation(experiment="staircase", seed=seed + 1), folder / f"sweep_{seed:05}.csv")


def map_of(path: Path, rows: int, traces: int) -> None:
    """A map as QCoDeS writes it in text: the slow gate, the fast gate and the conductance in every row."""
    import numpy as np

    x = np.linspace(-1.0, 0.0, rows)
    rng = np.random.default_rng(1)
    with path.open("w") as out:
        out.write(
            '# slow\\tfast\\tconductance\\n# "Slow gate (V)"\\t"Fast gate (V)"\\t"Conductance (2e^2/h)"\\n'.replace(
                "\\t", "\t"
            ).replace("\\n", "\n")
        )
        out.write(f"# {traces}\t{rows}\n")
        for j in range(traces):
            y = sum(1 / (1 + np.exp(-(x - c - 1e-4 * j) / 0.012)) for c in (-0.8, -0.5, -0.2))
            y = y + 0.01 * rng.standard_normal(rows)
            out.writelines(f"{1e-3 * j:.6e}\t{a:.9e}\t{b:.9e}\n" for a, b in zip(x.tolist(), y.tolist(), strict=True))
            out.write("\n")


def command(data: Path, out: Path, workers: int, *more: str) -> list[str]:
    return [
        sys.executable, "-m", "gzero", "batch", str(data), "-o", str(out), "--workers", str(workers),
        "--quantum", "2e^2/h", *more,
    ]  # fmt: skip


# -- kills ------------------------------------------------------------------------------------------------------------


def kills(asked: argparse.Namespace) -> int:
    """Kill whole process groups at random moments, resume, and hold what is left against an undisturbed run."""
    rng = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as inside:
        data, place = Path(inside) / "data", Path(inside)
        staircases(data, asked.files)
        map_of(data / "map.dat", 81, 40)
        (data / "bad.csv").write_text("nothing but words\n")
        begin = time.perf_counter()
        quiet = subprocess.run(command(data, place / "quiet", 2), capture_output=True, text=True, check=False)
        print(
            f"undisturbed: {time.perf_counter() - begin:.1f} s, exit {quiet.returncode}, {quiet.stdout.splitlines()[0]}"
        )
        expected = records(place / "quiet")
        if sum(row[4] is not None for row in expected[1]) != asked.files + 40:
            print(f"its traces have no results: {quiet.stdout}")
            return 2
        total = len(expected[0])
        print(f"{total} pieces, {len(expected[1])} records\n")
        killed, rounds, wrong, moments, kept = 0, 0, 0, Counter[str](), []
        while killed < asked.kills:
            rounds += 1
            out = place / f"round{rounds}"
            prepare(out)
            last = min(asked.kills, killed + rng.randint(3, 8))
            while True:
                before = finished(out)
                target = None if killed >= last else rng.randint(before, total)
                moment = one_run(command(data, out, rng.choice([1, 2])), out, before, target, total, rng)
                if moment is None:
                    break
                killed += 1
                moments["between two pieces" if moment.startswith("at") else moment] += 1
                kept.append(finished(out))
                print(
                    f"kill {killed:2}: round {rounds}, {moment}, {kept[-1]} of {total} pieces in the ledger", flush=True
                )
            wrong += check(place / "quiet", out, expected, rounds)
        print(f"\n{killed} kills of a running batch in {rounds} rounds: {dict(moments)}")
        print(
            "every round equals the undisturbed run, and no piece was kept twice"
            if not wrong
            else f"{wrong} ROUNDS DIFFER"
        )
        return int(wrong > 0)


def prepare(out: Path) -> None:
    """A ledger that writes down every result that it is given, so that one that is computed again after it was kept shows."""
    from gzero.pipeline.batch.store import NAME, Store

    with Store(out):
        pass
    with contextlib.closing(sqlite3.connect(out / NAME)) as database, database:
        database.execute("CREATE TABLE given (key TEXT, piece TEXT)")
        database.execute(
            "CREATE TRIGGER count AFTER INSERT ON pieces BEGIN INSERT INTO given VALUES (NEW.key, NEW.piece); END"
        )


def finished(out: Path) -> int:
    """Pieces in the ledger. It is looked at read-only and closed at once, so that a killed run leaves it by itself."""
    with contextlib.closing(sqlite3.connect(f"file:{out}/batch.sqlite?mode=ro", uri=True)) as database:
        count: int = database.execute("SELECT count(*) FROM pieces").fetchone()[0]
    return count


def one_run(line: list[str], out: Path, before: int, target: int | None, total: int, rng: random.Random) -> str | None:
    """Run until so many pieces are finished and a little longer, and kill; None where it ended by itself."""
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    try:
        if target is None:
            process.wait()
            return None
        where = f"at {target} pieces"
        if target == before < total:
            where = "while it starts"
            wait_for(process, rng.uniform(0.0, 3.0))
        else:
            while process.poll() is None and finished(out) < target:
                wait_for(process, 0.03)
            if target == total:
                where = "while it writes the tables"
            wait_for(process, rng.uniform(0.0, 1.5 if target == total else 0.15))
        if process.poll() is not None:
            return None
        os.killpg(process.pid, signal.SIGKILL)
        return where
    finally:
        process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 0)
            time.sleep(0.2)


def wait_for(process: subprocess.Popen[bytes], seconds: float) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def records(out: Path) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """All of the ledger but the time that each piece took."""
    with contextlib.closing(sqlite3.connect(f"file:{out}/batch.sqlite?mode=ro", uri=True)) as database:
        pieces = database.execute("SELECT key, piece, place, path, split, problem FROM pieces ORDER BY 1, 2").fetchall()
        traces = database.execute("SELECT key, piece, number, trace, record, problem FROM traces ORDER BY 1, 2, 3")
        return pieces, traces.fetchall()


def check(quiet: Path, out: Path, expected: object, number: int) -> int:
    """1 where anything differs."""
    # before the ledger is looked at: a reader leaves files beside it
    scraps = [p.name for p in out.iterdir() if p.name not in (*TABLES, "batch.sqlite", "batch.lock")]
    differ = [name for name in TABLES if (quiet / name).read_bytes() != (out / name).read_bytes()]
    if records(out) != expected:
        differ.append("the records of the ledger")
    with contextlib.closing(sqlite3.connect(f"file:{out}/batch.sqlite?mode=ro", uri=True)) as database:
        given = Counter(database.execute("SELECT key, piece FROM given").fetchall())
    twice = sum(count > 1 for count in given.values())
    print(
        f"round {number}: {sum(given.values())} results kept, {twice} of them twice; differing: {differ}; left over: {scraps}"
    )
    return int(bool(differ or twice or scraps))


# -- speed and growth -------------------------------------------------------------------------------------------------


def timed(data: Path, out: Path, workers: int) -> tuple[float, float, float]:
    """(wall, processor time of the parent, of its workers) [s] of a batch."""
    line = [sys.executable, "-c", MEASURED, *command(data, out, workers)[3:]]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    wall, own, others = json.loads(done.stderr.splitlines()[-1])
    return wall, own, others


def speed(asked: argparse.Namespace) -> int:
    """One worker against two, in turns."""
    with tempfile.TemporaryDirectory() as inside:
        data = Path(inside) / "data"
        staircases(data, asked.files)
        ratios, walls = [], {1: [], 2: []}
        print(
            "| run | 1 worker [s] | 2 workers [s] | ratio | parent's CPU [s] | workers' CPU [s] | ratio by CPU | load |"
        )
        print("|--:|--:|--:|--:|--:|--:|--:|--:|")
        for i in range(asked.repeats):
            found = {n: timed(data, Path(inside) / f"out{i}_{n}", n) for n in ((1, 2) if i % 2 else (2, 1))}
            ratios.append(found[1][0] / found[2][0])
            for n in found:
                walls[n].append(found[n][0])
            (one, own1, work1), (two, own2, work2) = found[1], found[2]
            print(
                f"| {i + 1} | {one:.1f} | {two:.1f} | {ratios[-1]:.2f} | {own1:.1f}, {own2:.1f} | {work1:.1f}, {work2:.1f} |"
                f" {(own1 + work1) / (own2 + work2 / 2):.2f} | {os.getloadavg()[0]:.1f} |",
                flush=True,
            )
        best = min(walls[1]) / min(walls[2])
        print(
            "\nby CPU: as if the parent's work were all before or behind that of the workers, who share theirs evenly"
        )
        print(f"ratio: median {statistics.median(ratios):.2f}, of the smallest times {best:.2f} (target 1.7)")
    return 0


def growth(asked: argparse.Namespace) -> int:
    """Time over the number of files and of workers."""
    with tempfile.TemporaryDirectory() as inside:
        print("| files | workers | wall [s] | parent's CPU [s] | workers' CPU [s] | per file [ms] |")
        print("|--:|--:|--:|--:|--:|--:|")
        for count in asked.files:
            data = Path(inside) / f"data{count}"
            staircases(data, count)
            for n in asked.workers:
                wall, own, others = timed(data, Path(inside) / f"out{count}_{n}", n)
                print(
                    f"| {count} | {n} | {wall:.1f} | {own:.1f} | {others:.1f} | {1e3 * wall / count:.0f} |", flush=True
                )
    return 0


# -- memory -----------------------------------------------------------------------------------------------------------


def hdf5_map(path: Path, rows: int, traces: int, chunk: int = 16) -> None:
    """A map of float64 in chunks of a few traces each."""
    import h5py
    import numpy as np

    x = np.linspace(-1.0, 0.0, rows)
    rng = np.random.default_rng(1)
    with h5py.File(path, "w") as f:
        f["gate"], f["field"] = x, 1e-3 * np.arange(traces)
        f["gate"].attrs["units"], f["field"].attrs["units"] = "V", "T"
        data = f.create_dataset("conductance", (traces, rows), "f8", chunks=(chunk, rows))
        data.attrs["units"] = "S"
        for first in range(0, traces, chunk):
            place = 1e-6 * np.arange(first, min(first + chunk, traces))[:, None]
            y = sum(1 / (1 + np.exp(-(x - c - place) / 0.012)) for c in (-0.8, -0.5, -0.2))
            data[first : first + chunk] = 7.748091729e-5 * (y + 0.01 * rng.standard_normal(np.shape(y)))


def many_traces(path: Path, megabytes: float) -> None:
    """A map of staircases of 400 readings: more traces than a table has columns."""
    hdf5_map(path, 400, max(20_001, int(megabytes * 1e6 / 8 / 400)), chunk=256)


def contacts(traces: int, points: int) -> tuple[list[float], list[list[float]]]:
    """A break-junction session: displacements [nm], and readings [2e^2/h] with one row a trace."""
    import numpy as np

    from gzero.quanta import G0
    from gzero.synthetic.breakjunction import simulate

    made = simulate(np.random.default_rng(1), seed=1, traces=traces, points=points).measurement
    return (made.abscissa.values[:points] * 1e9).tolist(), (made.ordinate.values.reshape(traces, points) / G0).tolist()


def long_csv(path: Path, megabytes: float) -> None:
    """Traces of 300 readings one behind the other, numbered; 400 of them again and again."""
    x, y = contacts(400, 300)
    bodies = [[f",{a:.6f},{b:.9g}\n" for a, b in zip(x, row, strict=True)] for row in y]
    number = 0
    with path.open("w") as out:
        out.write("trace,displacement (nm),conductance (2e^2/h)\n")
        while out.tell() < megabytes * 1e6:
            for body in bodies:
                number += 1
                out.write("".join([f"{number}{line}" for line in body]))


def wide_csv(path: Path, megabytes: float) -> None:
    """2000 traces beside each other, as long as the file makes them; 200 of them again and again."""
    traces, points = 2000, max(50, int(megabytes * 1e6 / 12.8 / 2000))
    x, y = contacts(200, points)
    with path.open("w") as out:
        out.write(",".join(["displacement (nm)", *(f"t{j} (2e^2/h)" for j in range(traces))]) + "\n")
        for i, a in enumerate(x):
            row = ",".join(f"{one[i]:.9g}" for one in y)
            out.write(f"{a:.6f},{','.join([row] * (traces // 200))}\n")


def time_csv(path: Path, megabytes: float) -> None:
    """One record in time, of two levels."""
    import numpy as np

    rng, rows, some = np.random.default_rng(1), 0, 200_000
    with path.open("w") as out:
        out.write("time (s),conductance (uS)\n")
        while out.tell() < megabytes * 1e6:
            at = rows + np.arange(some)
            y = 77.48 * (1 + (at // 1_000_000) % 2) + 2 * rng.standard_normal(some)
            out.writelines(f"{a:.6f},{b:.6f}\n" for a, b in zip((1e-5 * at).tolist(), y.tolist(), strict=True))
            rows += some


#: Name: (ending, what writes it, the experiment, how many of its pieces are analysed; 0 for a file that is none).
CASES: dict[str, tuple[str, Callable[[Path, float], None], str, int]] = {
    "map": (".h5", lambda path, size: hdf5_map(path, 20_000, max(40, int(size * 1e6 / 8 / 20_000))), "", 4),
    "many": (".h5", many_traces, "", 1),
    "long": (".csv", long_csv, "breakjunction", 0),
    "wide": (".csv", wide_csv, "breakjunction", 0),
    "time": (".csv", time_csv, "trace", 0),
    "qcodes": (".dat", lambda path, size: map_of(path, 20_000, max(40, int(size * 1e6 / 47 / 20_000))), "", 4),
}


def memory(asked: argparse.Namespace) -> int:
    """The largest resident memory of the parent, of each worker and of each process that reads HDF5 for it."""
    print("| file | MB | command | wall [s] | said | parent [MiB] | others [MiB] | others, not mapped [MiB] |")
    print("|---|--:|---|--:|---|--:|---|---|")
    with tempfile.TemporaryDirectory(dir=asked.folder) as inside:
        for name in asked.cases if asked.megabytes else ():
            ending, write, experiment, cut = CASES[name]
            path, more = Path(inside) / (name + ending), ["--experiment", experiment] if experiment else []
            write(path, asked.megabytes)
            for n in asked.workers if cut else [1]:
                line = [*command(path, Path(inside) / f"{name}{n}", n), *more]
                told(path, f"batch, {n} at work", line, Path(inside) / f"{name}{n}", min(cut, asked.pieces or cut))
            if asked.report and not cut:
                report = [sys.executable, "-m", "gzero", "report", str(path), "-o", f"{inside}/{name}.html", *more]
                told(path, "report", [*report, "--quantum", "2e^2/h"], Path(inside), 0)
            path.unlink()
        if asked.map is not None:
            for n in asked.workers:
                out = Path(inside) / f"measured{n}"
                told(asked.map, f"batch, {n} at work", command(asked.map, out, n), out, 0)
    return 0


def told(path: Path, what: str, line: list[str], out: Path, pieces: int) -> None:
    """Run a command and print the row on it."""
    begin = time.perf_counter()
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    parent, others = watched(process, out, pieces)
    wall = time.perf_counter() - begin
    said = "; ".join(process.stdout.read().splitlines()[:2]) if process.stdout else ""
    total, own = (", ".join(f"{w[i] / 1024:.0f}" for w in others) for i in (0, 1))
    size = path.stat().st_size / 1e6
    print(
        f"| {path.name} | {size:.0f} | {what} | {wall:.1f} | {said} | {parent / 1024:.0f} | {total} | {own} |",
        flush=True,
    )


def watched(process: subprocess.Popen[str], out: Path, pieces: int) -> tuple[int, list[tuple[int, int]]]:
    """Peaks [kB] of a command: of its process, and of all below it (resident, and without what is mapped from files).

    Parameters
    ----------
    pieces : after so many it is interrupted; 0 for never.
    """
    parent, workers = 0, dict[int, tuple[int, int]]()
    while process.poll() is None:
        parent = max(parent, status(process.pid).get("VmHWM", 0))
        for child in children(process.pid):
            seen = status(child)
            peak, own = workers.get(child, (0, 0))
            workers[child] = max(peak, seen.get("VmHWM", 0)), max(own, seen.get("RssAnon", 0))
        with contextlib.suppress(sqlite3.Error):
            if pieces and finished(out) > pieces:  # the first is the file itself, which was cut
                process.send_signal(signal.SIGINT)
                pieces = 0
        time.sleep(0.05)
    return parent, [w for w in workers.values() if w[0] > 40_000]  # the tracker of semaphores is no worker


def status(pid: int) -> dict[str, int]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {k: int(v.split()[0]) for k, _, v in (line.partition(":") for line in lines) if k in ("VmHWM", "RssAnon")}


def children(pid: int) -> Iterator[int]:
    """All processes below one."""
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from children(child)


def main(argv: Sequence[str] | None = None) -> int:
    """Do what is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(required=True)
    one = parts.add_parser("kills")
    one.add_argument("--kills", type=int, default=50)
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--files", type=int, default=40)
    one.set_defaults(do=kills)
    one = parts.add_parser("speed")
    one.add_argument("--files", type=int, default=300)
    one.add_argument("--repeats", type=int, default=3)
    one.set_defaults(do=speed)
    one = parts.add_parser("growth")
    one.add_argument("--files", type=int, nargs="+", default=[50, 100, 200])
    one.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    one.set_defaults(do=growth)
    one = parts.add_parser("memory")
    one.add_argument("--megabytes", type=float, default=1000)
    one.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    one.add_argument("--report", action="store_true", help="the texts as a single file as well")
    one.add_argument(
        "--pieces", type=int, help="of a map of staircases that are analysed, where it is fewer than usual"
    )
    one.add_argument("--map", type=Path, help="a measured file")
    one.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    one.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where the files are written")
    one.set_defaults(do=memory)
    asked = parser.parse_args(argv)
    code: int = asked.do(asked)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
