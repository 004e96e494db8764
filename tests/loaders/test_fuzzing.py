"""A short run of the fuzzer over every loader, and the faults that it must find.

The long run is `python benchmarks/fuzz_loaders.py`; both read the same mutants for the same seed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fuzzing import NO_LOADER, Outcome, Run, fuzz, table_of, world_of
from mutation import mutants, mutate, steps_of
from planted import FAULTS, SEEDS
from seeds import all_seeds

from gzero.loaders.registry import BUILT_IN, read_table
from gzero.loaders.table import Table

PLANTED = str(Path(__file__).with_name("planted.py"))

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits of memory need Linux")


def test_every_loader_has_a_seed_and_reads_it(tmp_path: Path) -> None:
    """Damage to a file that was not read before finds nothing: a seed must be whole."""
    world, lacking = world_of(Run(per_loader=1, folder=tmp_path, measured=False))
    installed = [name for name, loader in BUILT_IN.items() if loader.extra is None]
    assert [name for name in installed if f"loader '{name}'" in lacking] == []
    for name in installed:
        for seed in world.seeds[name]:
            path = tmp_path / f"seed{seed.suffix}"
            path.write_bytes(seed.data)
            assert isinstance(read_table(path), Table), seed.name
            path.unlink()


#: Loaders that read in a process of their own, which takes a tenth of a second to start: they get fewer mutants here.
APART = ("hdf5", "workbooks")


def test_a_short_run_over_every_loader(tmp_path: Path) -> None:
    made = world_of(Run(per_loader=1, folder=tmp_path, measured=False))
    apart = tuple(name for name in made[0].seeds if name in APART)
    others = tuple(name for name in made[0].seeds if name not in APART)
    rows = {}
    for loaders, count in ((others, 60), (apart, 12)):
        if not loaders:
            continue
        run = Run(per_loader=count, folder=tmp_path / str(count), seed=20, processes=2, loaders=loaders, measured=False)
        outcome = fuzz(run, made=made)
        assert [row.failures for row in outcome.rows.values()] == [0] * len(outcome.rows), table_of(outcome)
        assert {row.mutants for row in outcome.rows.values()} == {count}
        assert all(row.read + sum(row.refused.values()) == count for row in outcome.rows.values())
        rows |= outcome.rows
    for name in ("igor", "text"):  # of these a good part survives damage, so that what is behind the signature is met
        assert rows[name].read > 5
        assert sum(rows[name].refused.values()) > 5


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Path]:
    """What the fuzzer finds in the loaders of `planted.py`."""
    folder = tmp_path_factory.mktemp("planted")
    quick = tuple(name for name in FAULTS if name not in ("sometimes", "stuck", "hanging"))
    outcome = fuzz(Run(per_loader=2, folder=folder, loaders=quick, plugged=PLANTED))
    return outcome, folder


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in ("sometimes", "stuck", "hanging")])
def test_planted_faults_are_found(planted: tuple[Outcome, Path], name: str) -> None:
    outcome, _ = planted
    expected = FAULTS[name][1]
    found = {failure["kind"] for failure in outcome.failures if failure["loader"] == name}
    assert found == ({expected} if expected else set())
    row = outcome.rows[name]
    assert row.mutants == 2
    assert row.failures == (2 if expected and expected != "files left open" else 0)


def test_what_is_said_of_a_failure(planted: tuple[Outcome, Path]) -> None:
    outcome, folder = planted
    said = {failure["loader"]: failure["said"] for failure in outcome.failures}
    assert said["raising"] == "ValueError: a fault"
    assert said["leaving"].startswith("SystemExit")
    assert "mutant.writing.cache" in said["writing"]
    assert "mutant.database.db" in said["database"]
    assert "/etc/passwd" in said["curious"]
    assert said["pickled"].startswith("pickle.find_class")
    assert said["hiding"].startswith("pickle.find_class")
    assert said["calling"].startswith("os.system")
    assert said["starting"].startswith("subprocess.Popen")
    assert said["fetching"].startswith("socket.")
    assert said["shouting"] == "printed: reading\n"
    assert "Segmentation fault" in said["crashing"]
    shown = table_of(outcome)
    assert "| good | 2 | 2 | 0 |" in shown
    assert "| strict | 2 | 0 | 2 |" in shown
    assert "raising, mutant 0: raised (2 alike)" in shown
    kept = json.loads((folder / "failures" / "raising-0.raising.txt").read_text())
    assert kept["reproduced"] is True
    assert kept["minimal"]["steps"] == []  # it fails without any damage


@pytest.mark.parametrize("name", ["hanging", "stuck"])
def test_what_hangs_is_killed_and_the_rest_is_read(tmp_path: Path, name: str) -> None:
    outcome = fuzz(Run(per_loader=1, folder=tmp_path, loaders=(name, "good"), plugged=PLANTED, seconds=1.0))
    assert [failure["kind"] for failure in outcome.failures] == ["hang"]
    assert outcome.failures[0]["reproduced"] is True
    assert outcome.rows[name].slowest == 1.0
    assert outcome.rows["good"].read == 1


def test_a_failure_is_reduced_to_the_step_that_matters(tmp_path: Path) -> None:
    """The loader fails where there is a null byte: what is kept has one, and no step that does not give one."""
    outcome = fuzz(Run(per_loader=150, folder=tmp_path, loaders=("sometimes",), plugged=PLANTED))
    first = next(failure for failure in outcome.failures if "minimal" in failure)
    assert first["alike"] == outcome.rows["sometimes"].failures > 5
    assert "loaders/planted.py:" in first["where"]
    assert b"\0" in Path(first["file"]).read_bytes()
    kept, key = first["minimal"]["kept"], f"1:sometimes:{first['n']}"
    (core,) = [seed.core for seed in SEEDS if seed.suffix == ".sometimes"]
    others = [seed.core for seed in SEEDS]
    assert b"\0" in mutate(core, key=key, others=others, keep=kept).data
    for step in kept:
        assert b"\0" not in mutate(core, key=key, others=others, keep=set(kept) - {step}).data
    assert outcome.rows["sometimes"].read > 50


def test_a_run_is_taken_up_where_it_was_left(tmp_path: Path) -> None:
    run = Run(per_loader=1200, folder=tmp_path, loaders=("good",), plugged=PLANTED)
    lines: list[str] = []
    whole = fuzz(run, progress=lines.append)
    kept: dict[str, Any] = json.loads((tmp_path / "progress.json").read_text())
    assert sorted(kept["done"]) == [["good", 0], ["good", 1000]]
    kept["done"].remove(["good", 1000])
    kept["rows"][0] |= {"mutants": 1000, "read": 1000}
    (tmp_path / "progress.json").write_text(json.dumps(kept))
    again: list[str] = []
    resumed = fuzz(run, progress=again.append)
    assert resumed.rows["good"].mutants == whole.rows["good"].mutants == 1200
    assert lines[-1].startswith("1200 of 1200 mutants"), table_of(whole)
    assert again[-1].startswith("200 of 200 mutants")
    assert fuzz(run).rows["good"].mutants == 1200  # nothing is left to do


def test_mutants_are_those_of_their_key() -> None:
    core = bytes(range(256)) * 4
    assert mutate(core, key="a") == mutate(core, key="a")
    assert len(set(mutants(core, 200))) > 190
    assert len(mutate(core, key="a", keep=[]).steps) == 0
    assert mutate(core, key="a", keep=[]).data == core
    assert all(len(mutate(core, key=str(i)).steps) == steps_of(str(i)) for i in range(50))
    for core in (b"", b"1"):  # nothing to damage is no reason to fail
        assert all(isinstance(one, bytes) for one in mutants(core, 300, others=[b"", b"abc"]))


def test_every_kind_of_damage_is_done() -> None:
    done = " ".join(step for i in range(400) for step in mutate(b"1.5,2;3\t4\n" * 9, key=str(i), others=[b"abc"]).steps)
    for word in (
        "flip",
        "cut off",
        "delete",
        "copy",
        "exchange",
        "of file 0",
        "as 8 bytes (big)",
        "utf-16",
        "b'1e999'",
        " for b','",
    ):
        assert word in done, word


def test_seeds_are_the_same_files_each_time() -> None:
    """In two processes: the mutants of a number are the same ones tomorrow."""
    code = "import hashlib, seeds; print([hashlib.md5(s.data).hexdigest() for s in seeds.all_seeds(measured=False)[0]])"
    here = Path(__file__).parent
    both = [subprocess.Popen([sys.executable, "-c", code], cwd=here, stdout=subprocess.PIPE, text=True) for _ in "ab"]
    shown = [one.communicate()[0] for one in both]
    assert shown[0] == shown[1]
    assert len(all_seeds(measured=False)[0]) == shown[0].count("'") // 2


def test_files_that_no_loader_reads_are_tried_too(tmp_path: Path) -> None:
    world, _ = world_of(Run(per_loader=1, folder=tmp_path, measured=False))
    assert "npy" in [seed.name for seed in world.seeds[NO_LOADER]]


def test_the_command(tmp_path: Path) -> None:
    script = Path(__file__).resolve().parents[2] / "benchmarks" / "fuzz_loaders.py"
    words = ["--mutants", "20", "--loaders", "igor", "text", "--without-measured", "--folder", str(tmp_path)]
    out = subprocess.run([sys.executable, str(script), *words], capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stdout + out.stderr
    assert "| igor | 10 |" in out.stdout
    assert out.stderr == ""  # progress is for a terminal
