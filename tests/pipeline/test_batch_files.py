"""What a batch meets in real folders: names, links, files that change, and directories that are none."""

from __future__ import annotations

import csv
import os
import shutil
import sys
from pathlib import Path

import pyarrow.parquet
import pytest
from batches import Here, contents, igor_map, run, staircase, told

from gzero.errors import ConfigError, OutputError
from gzero.pipeline.batch.files import find_files
from gzero.pipeline.batch.jobs import Job
from gzero.pipeline.batch.run import run_batch
from gzero.pipeline.batch.store import NAME, Store
from gzero.pipeline.config import configure


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two good files."""
    place = tmp_path / "data"
    place.mkdir()
    for i, name in enumerate(("a.csv", "b.csv")):
        staircase(place / name, shift=0.01 * i)
    return place


def _failures(out: Path) -> dict[str, str]:
    with (out / "failures.csv").open() as stream:
        return {Path(row["path"]).name: row["problem"] for row in csv.DictReader(stream)}


# -- which files ------------------------------------------------------------------------------------------------------


def test_a_file_that_is_meant_twice_is_taken_once(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data)
    assert find_files(["a.csv", "./a.csv", str(data), "*.csv", "../data/b.csv"]) == ("a.csv", f"{data}/b.csv")


def test_a_name_that_is_not_there_makes_no_directory(data: Path, tmp_path: Path) -> None:
    """One of several that are missing is a failure among results; nothing but missing names is a mistake."""
    with pytest.raises(ConfigError, match="no such file or folder"):
        find_files([str(data / "c.csv"), str(data / "nowhere")])
    assert len(find_files([str(data / "c.csv"), str(data)])) == 3
    ran = told(data / "nowhere", out=tmp_path / "out")
    assert ran.returncode == 2
    assert not (tmp_path / "out").exists()


def test_links_that_go_round_end_and_a_dangling_one_is_a_failure(data: Path, tmp_path: Path) -> None:
    (data / "again").symlink_to(data)
    (data / "loop.csv").symlink_to("loop.csv")
    (data / "dangling.csv").symlink_to("nowhere.csv")
    (data / "c.csv").symlink_to("a.csv")  # a name of its own, which may have a sidecar of its own
    names = ["a.csv", "b.csv", "c.csv", "dangling.csv", "loop.csv"]
    assert [Path(p).name for p in find_files([data])] == names
    assert [Path(p).name for p in find_files([f"{data}/**/*.csv"])] == names[:3]
    tally = run(data, tmp_path / "out", Here())
    assert (tally.files, tally.done) == (5, 3)
    failures = _failures(tmp_path / "out")
    assert set(failures) == {"dangling.csv", "loop.csv"}
    assert "there is no such file" in failures["dangling.csv"]
    assert "Too many levels of symbolic links" in failures["loop.csv"]


def test_what_a_batch_wrote_is_no_data_of_the_next(data: Path) -> None:
    """The directory of the results lies in the folder of the data, or is that folder."""
    assert run(data, data / "results", Here()).files == 2
    assert run(data, data / "results", Here()).files == 2
    assert run(data, data, Here()).files == 2
    assert run(data, data, Here()).files == 2
    assert find_files([f"{data}/**/*.csv"]) == (f"{data}/a.csv", f"{data}/b.csv")
    assert find_files([data / "results" / "results.csv"]) == (f"{data}/results/results.csv",)  # who names it means it


ODD = ("new\nline", "quo'te\"", "ünïcode – 測定", "-dash", "semi;colon, comma", "tab\t", "*star[1]", "<b>&amp;", "#set $x_1$ `raw`", "a" * 240, "\u202eright to left")  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="names that other systems do not allow")
def test_names_of_any_characters(data: Path, tmp_path: Path) -> None:
    for name in ODD:
        shutil.copy(data / "a.csv", data / f"{name}.csv")
    shutil.copy(data / "a.csv", os.path.join(os.fsencode(data), b"latin\xe9.csv"))
    (data / "bad\udcff.csv").write_text("words\n")
    out = tmp_path / "out"
    tally = run(data, out, Here())
    assert (tally.files, tally.done) == (len(ODD) + 4, len(ODD) + 4)
    names = {Path(p).stem for p in pyarrow.parquet.read_table(out / "results.parquet")["path"].to_pylist()}
    assert names == {"a", "b", "latin\\udce9", *ODD}
    assert list(_failures(out)) == ["bad\\udcff.csv"]
    again = Here()
    assert run(data, out, again).kept == len(ODD) + 4
    assert again.worked == []


# -- files that change ------------------------------------------------------------------------------------------------


def test_a_file_that_changes_or_goes_while_the_batch_runs_is_not_kept(data: Path, tmp_path: Path) -> None:
    """What comes of other bytes must not stand in the ledger under the name of those that were seen."""
    for name in ("c.csv", "d.csv"):
        staircase(data / name, shift=0.02)
    old = (data / "b.csv").read_bytes()

    def meddle(job: Job) -> None:
        if job.path.endswith("b.csv"):
            staircase(data / "b.csv", shift=0.05)
        elif job.path.endswith("c.csv"):
            (data / "c.csv").unlink()
        elif job.path.endswith("d.csv"):
            (data / "d.csv").write_text("cut in the mid")

    out = tmp_path / "out"
    tally = run(data, out, Here(before=meddle))
    assert len(tally.failures) == 3
    failures = _failures(out)
    assert set(failures) == {"b.csv", "c.csv", "d.csv"}
    assert all("changed or went away while the batch ran; call again" in why for why in failures.values())
    # the old bytes come back: nothing was kept for them
    (data / "b.csv").write_bytes(old)
    again = Here()
    run(data, out, again)
    assert again.worked == ["b.csv whole", "d.csv whole"]
    assert set(_failures(out)) == {"d.csv"}


def test_a_map_that_changes_between_its_pieces_is_one_failure(tmp_path: Path) -> None:
    place = tmp_path / "maps"
    place.mkdir()
    igor_map(place / "w.ibw", traces=40)
    other = staircase(tmp_path / "other.csv")

    def meddle(job: Job) -> None:
        if job.piece == "16:32":
            shutil.copy(other, place / "other.ibw")
            os.replace(place / "other.ibw", place / "w.ibw")
            from gzero.pipeline.batch import work

            work._LATEST._key = ""  # as another worker, which has not read it

    tally = run(place, tmp_path / "out", Here(before=meddle), y_unit="e^2/h", x_unit="V")
    assert len(tally.failures) == 1
    assert "changed or went away" in tally.failures[0][1]


def test_a_file_that_was_written_just_now_is_hashed_again(data: Path, tmp_path: Path) -> None:
    """It may be written once more within the same tick of its clock, with the same size."""
    out = tmp_path / "out"
    run(data, out, Here())
    status = (data / "a.csv").stat()
    text = (data / "a.csv").read_text()
    (data / "a.csv").write_text(text.replace("-0.00625,", "-0.00624,"))
    os.utime(data / "a.csv", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (data / "a.csv").stat().st_size == status.st_size
    again = Here()
    run(data, out, again)
    assert again.worked == ["a.csv whole"]


# -- directories ------------------------------------------------------------------------------------------------------


def test_a_directory_that_is_a_file_is_one_clear_line(data: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    done = told(data, out=tmp_path / "taken")
    assert done.returncode == 2
    assert done.stderr == (f"gzero: {tmp_path}/taken: is a file, and a batch needs a directory; name another with -o\n")
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.skipif(not os.path.isdir("/proc/1"), reason="no directory that nobody can write to")
def test_a_directory_that_cannot_be_made_is_one_clear_line(data: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot be written .*; name a directory that can be written to with -o"):
        run(data, Path("/proc/gzero/out"), Here())


def test_tables_that_are_of_no_batch_are_not_overwritten(data: Path, tmp_path: Path) -> None:
    (data / "results.csv").write_text("my own\n")
    with pytest.raises(OutputError, match=r"holds a 'results\.csv' and no ledger of a batch, and would lose it"):
        run(data, data, Here())
    assert not (data / NAME).exists()
    assert (data / "results.csv").read_text() == "my own\n"


def test_scraps_of_a_killed_run_go(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / ".gzero-0123456789abcdef.tmp").write_bytes(b"half of a table")
    (out / "batch.scratch").mkdir()
    (out / "batch.scratch" / "x.f8").write_bytes(b"numbers")
    run(data, out, Here())
    assert set(contents(out)) == {
        "README.txt", "failures.csv", "report.html", "report.pdf", "report.xlsx", "results.csv", "results.parquet",
    }  # fmt: skip
    assert sorted(p.name for p in out.glob("batch.*")) == ["batch.lock", "batch.sqlite"]
    # what the README tells of is what is there
    told_of = {n for line in (out / "README.txt").read_text().splitlines() for n in line[:25].replace(",", " ").split()}
    assert {p.name for p in out.iterdir()} - {"README.txt"} <= told_of


# -- configurations ---------------------------------------------------------------------------------------------------


def test_a_bad_option_is_one_line_and_a_bad_sidecar_one_failure(data: Path, tmp_path: Path) -> None:
    for options, problem in (
        ({"margin": 5.0}, "must lie between 0 and 1"),
        ({"experiment": "stairs"}, "stairs"),
        ({"series_resistance": "a lot"}, "series-resistance"),
    ):
        with pytest.raises(ConfigError, match=problem):
            run(data, tmp_path / "never", Here(), **options)
    (data / "a.toml").write_text("margin = [\n")
    out = tmp_path / "out"
    run(data, out, Here())
    assert set(_failures(out)) == {"a.csv"}
    assert "a.toml" in _failures(out)["a.csv"]


def test_a_bad_configuration_file_is_one_line(data: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("temperatur = '4 K'\n")
    with Store(tmp_path / "out") as store, pytest.raises(ConfigError, match="temperatur"):
        run_batch(find_files([data]), configure(), store, Here(), config_file=bad)
