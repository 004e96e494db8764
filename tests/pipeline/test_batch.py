"""Batches: the answers of single files, each once, whoever works and whatever is killed."""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from batches import Here, command, contents, igor_map, run, staircase, told

from gzero.errors import ConfigError, OutputError
from gzero.pipeline.analyse import analyse_traces
from gzero.pipeline.batch.engines import Cluster, Processes
from gzero.pipeline.batch.files import find_files
from gzero.pipeline.batch.jobs import Job
from gzero.pipeline.batch.outputs import write_outputs
from gzero.pipeline.batch.run import run_batch
from gzero.pipeline.batch.store import NAME, Store
from gzero.pipeline.batch.tables import result_table
from gzero.pipeline.batch.work import pieces_of
from gzero.pipeline.config import configure


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three good files and a bad one."""
    place = tmp_path / "data"
    (place / "deeper").mkdir(parents=True)
    for i, name in enumerate(("a.csv", "b.csv", "deeper/c.csv")):
        staircase(place / name, shift=0.01 * i)
    (place / "bad.csv").write_text("nothing but words\n")
    (place / "a.toml").write_text('temperature = "1.5 K"\n')
    (place / ".hidden.csv").write_text("1,2\n3,4\n")
    return place


def test_files_of_folders_patterns_and_names(folder: Path) -> None:
    names = [Path(p).relative_to(folder).as_posix() for p in find_files([folder])]
    assert names == ["a.csv", "b.csv", "bad.csv", "deeper/c.csv"]
    assert find_files([f"{folder}/?.csv", folder / "a.csv"]) == (f"{folder}/a.csv", f"{folder}/b.csv")
    assert find_files([f"{folder}/**/c.csv"]) == (f"{folder}/deeper/c.csv",)
    with pytest.raises(ConfigError, match="no file to analyse"):
        find_files([f"{folder}/*.ibw"])


def test_each_record_is_that_of_the_single_file(folder: Path, tmp_path: Path) -> None:
    with Store(tmp_path / "out") as store:
        tally = run_batch(find_files([folder]), configure(quantum="e^2/h"), store, Here())
        kept = list(store.results(tally.keys))
    from gzero.pipeline.config import with_files

    for one in (k for k in kept if k.record):
        path = Path(one.path)
        alone = analyse_traces(path, with_files(configure(quantum="e^2/h"), path, None))
        assert json.loads(one.record) == alone[0].to_dict()  # floats and all, to the last bit
    assert [(Path(k.path).name, bool(k.record)) for k in kept] == [
        ("a.csv", True), ("b.csv", True), ("bad.csv", False), ("c.csv", True),
    ]  # fmt: skip
    assert "no number in it" in kept[2].problem


def test_the_second_call_does_what_is_new_or_changed(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(folder, out, Here()).done == 4
    before = contents(out)
    engine = Here()
    assert run(folder, out, engine).done == 0
    assert engine.worked == []
    assert contents(out) == before
    staircase(folder / "b.csv", shift=0.03)
    staircase(folder / "new.csv", shift=0.04)
    engine = Here()
    tally = run(folder, out, engine)
    assert engine.worked == ["b.csv whole", "new.csv whole"]
    assert (tally.done, tally.kept) == (2, 3)
    # a sidecar is part of what the answer depends on, and so is an option
    (folder / "deeper" / "c.toml").write_text('temperature = "4 K"\n')
    engine = Here()
    run(folder, out, engine)
    assert engine.worked == ["c.csv whole"]
    engine = Here()
    run(folder, out, engine, margin=0.02)
    assert len(engine.worked) == 5


def test_failures_are_kept_and_tried_again_when_asked(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(folder, out, Here())
    engine = Here()
    with Store(out) as store:
        run_batch(find_files([folder]), configure(quantum="e^2/h"), store, engine, retry=True)
    assert engine.worked == ["bad.csv whole"]
    with (out / "failures.csv").open() as stream:
        assert [(Path(r["path"]).name, "no number in it" in r["problem"]) for r in csv.DictReader(stream)] == [
            ("bad.csv", True)
        ]


def test_many_traces_are_cut_into_pieces_that_leave_none_out() -> None:
    assert pieces_of(40) == ((0, 16), (16, 32), (32, 40))
    assert pieces_of(33) == ((0, 16), (16, 33))  # no piece of one trace
    assert pieces_of(100_000)[-1][1] == 100_000
    assert len(pieces_of(100_000)) <= 256


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """A map of 20 traces."""
    place = tmp_path / "wide"
    place.mkdir()
    igor_map(place / "w.ibw")
    return place


def with_threads(count: int, folder: Path, out: Path, **options: Any) -> None:
    """A batch in a new process with so many threads of linear algebra: a user's has one a core, a worker of a batch one."""
    code = "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); from batches import Here, run\n"
    code += f"run(Path(sys.argv[2]), Path(sys.argv[3]), Here(), **{options!r})"
    threads = {"OPENBLAS_NUM_THREADS": str(count), "OMP_NUM_THREADS": str(count)}
    words = [sys.executable, "-c", code, str(Path(__file__).parent), str(folder), str(out)]
    subprocess.run(words, check=True, env={**os.environ, **threads})


def test_order_and_number_of_workers_and_of_threads_change_nothing(wide: Path, tmp_path: Path) -> None:
    options = {"y_unit": "e^2/h", "x_unit": "V"}
    first = run(wide, tmp_path / "one", Here(), **options)
    run(wide, tmp_path / "back", Here(backwards=True), **options)
    for count in (2, 4):
        run(wide, tmp_path / f"{count}", Processes(count), **options)
    with_threads(4, wide, tmp_path / "threads", **options)
    assert first.done == 1
    expected = contents(tmp_path / "one")
    assert contents(tmp_path / "back") == expected
    assert contents(tmp_path / "2") == contents(tmp_path / "4") == contents(tmp_path / "threads") == expected
    rows = list(csv.DictReader(expected["results.csv"].decode().splitlines()))
    assert [float(r["coordinate_value"]) for r in rows] == list(range(20))
    alone = analyse_traces(wide / "w.ibw", configure(quantum="e^2/h", **options))
    for row, analysis in zip(rows, alone, strict=True):
        assert float(row["step_height [S]"]) == analysis.estimates["step_height"].value
        assert float(row["step_height_std"]) == analysis.estimates["step_height"].std


def test_parquet_and_csv_hold_the_same(folder: Path, tmp_path: Path) -> None:
    run(folder, tmp_path / "out", Here())
    table = pyarrow.parquet.read_table(tmp_path / "out" / "results.parquet")
    assert table.schema.field("step_height").metadata == {b"unit": b"S"}
    with (tmp_path / "out" / "results.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [float(r["step_height [S]"]) for r in rows] == table["step_height"].to_pylist()
    assert [r["decision"] for r in rows] == table["decision"].to_pylist()


def test_stated_conditions_are_columns_and_the_axis_of_the_figures(tmp_path: Path) -> None:
    """The temperatures are those of the sidecars below: millikelvin and an uncertainty in brackets become kelvin."""
    place = tmp_path / "cooldown"
    place.mkdir()
    for i, stated in enumerate(("300 mK", "1.20(5) K", "4.2 K")):
        staircase(place / f"{i}.csv", shift=0.01 * i)
        (place / f"{i}.toml").write_text(f'temperature = "{stated}"\n')
    run(place, tmp_path / "out", Here())
    with (tmp_path / "out" / "results.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["stated_temperature [K]"]) for row in rows] == pytest.approx([0.3, 1.2, 4.2])
    assert "stated_bias [V]" not in rows[0]
    table = pyarrow.parquet.read_table(tmp_path / "out" / "results.parquet")
    assert table.schema.field("stated_temperature").metadata == {b"unit": b"K"}
    assert "along temperature" in (tmp_path / "out" / "report.html").read_text()


def test_a_batch_without_any_result_says_so(tmp_path: Path) -> None:
    place = tmp_path / "words"
    place.mkdir()
    (place / "bad.csv").write_text("nothing but words\n")
    run(place, tmp_path / "out", Here())
    page = (tmp_path / "out" / "report.html").read_text()
    assert "NO RESULT" in page
    assert "judge no steps" not in page
    assert "1 file, 0 traces" in page


def test_an_arrow_array_from_its_buffers_is_the_one_that_pyarrow_makes() -> None:
    """Checked by pyarrow itself; and pandas, which that takes a second to import, is not needed."""
    import pyarrow as pa

    from gzero.pipeline.batch.tables import _array

    for kind, values in (
        (pa.float64(), [1.5, None, -0.0, float("inf"), 7]),
        (pa.int64(), [1, None, -(2**53)]),
        (pa.bool_(), [True, None, False, *[True] * 9]),
        (pa.string(), ["", None, "μ\n", "a" * 300]),
        (pa.string(), []),
        (pa.float64(), [None, None]),
    ):
        found = _array(values, kind, pa)
        found.validate(full=True)
        assert found.equals(pa.array(values, type=kind))


def test_a_workbook_of_many_traces_says_that_it_is_cut(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables hold all."""
    from openpyxl import load_workbook

    from gzero.pipeline.batch import outputs

    monkeypatch.setattr(outputs, "MOST_ROWS", 2)
    run(folder, tmp_path / "out", Here())
    book = load_workbook(tmp_path / "out" / "report.xlsx")
    assert book.sheetnames == ["results", "failures", "note"]
    assert book["results"].max_row == 3
    assert book["note"]["A2"].value == (
        "The first 2 rows of each sheet; results.csv (3 rows) and failures.csv hold all."
    )
    assert len((tmp_path / "out" / "results.csv").read_text().splitlines()) == 4


def test_a_name_that_a_spreadsheet_would_run_is_text(tmp_path: Path) -> None:
    place = tmp_path / "d"
    place.mkdir()
    staircase(place / "=cmd.csv")
    previous = Path.cwd()
    os.chdir(place)
    try:
        with Store(tmp_path / "out") as store:
            tally = run_batch(["=cmd.csv"], configure(quantum="e^2/h"), store, Here())
            write_outputs(tmp_path / "out", store, tally)
    finally:
        os.chdir(previous)
    assert (tmp_path / "out" / "results.csv").read_text().splitlines()[1].startswith("'=cmd.csv,")


def test_two_batches_in_one_directory_are_refused(tmp_path: Path) -> None:
    with Store(tmp_path), pytest.raises(OutputError, match="another batch is at work"), Store(tmp_path):
        pass


def test_a_damaged_ledger_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    with pytest.raises(OutputError, match=r"batch\.sqlite"), Store(tmp_path):
        pass


def test_a_worker_that_dies_loses_nothing_and_repeats_nothing(folder: Path, tmp_path: Path) -> None:
    """One worker is killed while the batch runs."""
    out, plain = tmp_path / "out", tmp_path / "plain"
    run(folder, plain, Here())
    killed: list[int] = []

    class Killing(Processes):
        def run(self, take: Callable[[], Job | None]) -> Any:
            def taking() -> Job | None:
                children = multiprocessing.active_children()
                if not killed and children:
                    time.sleep(0.5)
                    killed.append(children[0].pid or 0)
                    os.kill(killed[0], signal.SIGKILL)
                    time.sleep(0.2)  # so that the pool is broken where it is given the next job
                return take()

            return super().run(taking)

    run(folder, out, Killing(2))
    assert killed
    assert contents(out) == contents(plain)


def test_kill_9_of_the_batch_at_any_moment(folder: Path, tmp_path: Path) -> None:
    """The whole process group is killed at growing delays; after the last resume the table is that of a quiet run."""
    out, plain = tmp_path / "out", tmp_path / "plain"
    run(folder, plain, Here())
    for delay in (0.3, 1.5, 2.5):
        process = subprocess.Popen(
            command(folder, out=out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    last = told(folder, out=out)
    assert last.returncode == 1, last.stderr  # one file has no result
    assert "Traceback" not in last.stderr
    assert contents(out) == contents(plain)
    with sqlite3.connect(out / NAME) as database:
        assert database.execute("SELECT count(*) FROM pieces").fetchone() == (4,)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_cluster_gives_the_same_though_a_worker_is_killed(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="dask.distributed is the extra `cluster`")
    plain = tmp_path / "plain"
    run(folder, plain, Here())
    port = _free_port()
    address = f"tcp://127.0.0.1:{port}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
    worker = [
        sys.executable,
        "-m",
        "distributed.cli.dask_worker",
        address,
        "--nthreads",
        "1",
        "--no-nanny",
        "--no-dashboard",
    ]
    running = [subprocess.Popen([*scheduler, "--no-dashboard"], cwd=tmp_path, **quiet)]  # type: ignore[call-overload]
    try:
        running += [subprocess.Popen(worker, cwd=tmp_path, **quiet) for _ in range(2)]  # type: ignore[call-overload]
        deadline = time.monotonic() + 60
        while True:
            try:
                engine = Cluster(address)
                engine._client.wait_for_workers(2, timeout=60)
                break
            except ConfigError:
                assert time.monotonic() < deadline
        running[1].kill()
        run(folder, tmp_path / "out", engine)
    finally:
        for process in running:
            process.kill()
            process.wait()
    assert contents(tmp_path / "out") == contents(plain)


def test_nobody_at_the_address_is_one_clear_line() -> None:
    pytest.importorskip("distributed", reason="dask.distributed is the extra `cluster`")
    with pytest.raises(ConfigError, match="no Dask scheduler answers"):
        Cluster(f"tcp://127.0.0.1:{_free_port()}")


def test_the_table_of_nothing() -> None:
    assert len(result_table([])) == 0
