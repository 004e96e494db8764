"""QCoDeS databases: written by QCoDeS itself, and read by it as the second reader. All values are synthetic."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gzero.cli.entry import main
from gzero.errors import ColumnError, FileError
from gzero.loaders import qcodes_runs
from gzero.loaders.registry import read_table
from gzero.loaders.table import Table

WRITER = Path(__file__).with_name("qcodes_writer.py")

Runs = dict[int, dict[str, NDArray[np.generic]]]


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of databases that QCoDeS wrote, with what QCoDeS reads from them."""
    pytest.importorskip("qcodes", reason="QCoDeS is not installed")
    folder = tmp_path_factory.mktemp("qcodes")
    home = folder / "home"
    home.mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP") if name in os.environ}
    environment = kept | {"HOME": str(home), "USERPROFILE": str(home), "MPLCONFIGDIR": str(home)}
    command = [sys.executable, "-I", str(WRITER), str(folder)]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def copied(lab: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A copy of one of the databases, to be changed."""

    def copy(name: str) -> Path:
        shutil.copy(lab / name, tmp_path / name)
        return tmp_path / name

    return copy


def by_qcodes(lab: Path, run: int, name: str = "lab.db") -> dict[str, NDArray[np.generic]]:
    with np.load(lab / f"{name}.{run}.npz") as found:
        return dict(found)


def as_written(lab: Path, run: str, name: str = "lab.db") -> dict[str, NDArray[np.generic]]:
    """What was handed to QCoDeS, by parameter."""
    with np.load(lab / f"{name}.written.npz") as found:
        return {key.split("/")[1]: found[key] for key in found.files if key.startswith(f"{run}/")}


def to_15_digits(numbers: NDArray[np.generic]) -> NDArray[np.float64]:
    """What QCoDeS makes of a number: its converter is handed SQLite's text of it, which has 15 digits, not the number."""
    return np.array([float(f"{number:.15g}") for number in numbers.ravel()]).reshape(numbers.shape)


def values(table: Table, name: str) -> NDArray[np.float64]:
    return next(column.values for column in table.columns if column.name == name)


def typed(*words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command prints."""
    monkeypatch.setattr(sys, "argv", ["gzero", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    printed = capsys.readouterr()
    assert not stopped.value.code, printed.err
    return printed.out


def listing(folder: Path) -> dict[str, str]:
    """Every file below a folder, by the hash of its bytes."""
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()}


# --- every value, against QCoDeS -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lab.db", "old.db"])
@pytest.mark.parametrize(
    ("run", "title", "top", "settings"),
    [(1, "curve", "current", "gate"), (6, "named", "current", "gate"), (7, "scaled", "current", "dac")],
)
def test_a_curve(lab: Path, name: str, run: int, title: str, top: str, settings: str) -> None:
    table = read_table(lab / name, run=str(run))
    written, theirs = as_written(lab, title, name), by_qcodes(lab, run, name)
    assert table.columns[0].name == settings
    for column in table.columns:
        np.testing.assert_array_equal(column.values, written[column.name].astype(float))
        key = f"{top}/{column.name}" if f"{top}/{column.name}" in theirs else f"{column.name}/{column.name}"
        np.testing.assert_array_equal(to_15_digits(column.values), theirs[key])
    assert table.origin.sha256 == hashlib.sha256((lab / name).read_bytes()).hexdigest()


def test_names_units_and_what_is_said_beside(lab: Path) -> None:
    table = read_table(lab / "lab.db", run="1")
    assert [(c.name, c.unit_text) for c in table.columns] == [("gate", "V"), ("current", "A"), ("lead", None)]
    said = table.metadata
    assert (said["experiment"], said["sample"], said["name"]) == ("synthetic", "no sample", "curve")
    assert (said["mixing_chamber"], said["operator"], said["label/gate"]) == ("0.042 K", "nobody", "the gate")
    assert read_table(lab / "lab.db", run="2").metadata["cooldown"] == "third"
    assert table.origin.parts["run"][:2] == ("1: curve", "2: plane")
    assert len(said["guid"]) == 36
    assert said["started"].endswith("+00:00")


@pytest.mark.parametrize(
    ("run", "title", "levels"), [(2, "plane", [0.0, 0.25, 0.5]), (3, "arrays", [0.0, 0.5, 1.0, 1.5])]
)
def test_a_map_of_numbers_and_one_of_arrays(lab: Path, run: int, title: str, levels: list[float]) -> None:
    table = read_table(lab / "lab.db", run=str(run))
    written, theirs = as_written(lab, title), by_qcodes(lab, run)
    length = written["current"].size // len(levels)
    traces = np.array([c.values for c in table.columns[1:]])
    np.testing.assert_array_equal(table.columns[0].values, written["gate"].ravel()[:length])
    np.testing.assert_array_equal(traces.ravel(), written["current"].ravel())
    by_them = theirs["current/current"].ravel()  # arrays are not turned into text
    np.testing.assert_array_equal(traces.ravel() if run == 3 else to_15_digits(traces.ravel()), by_them)
    found = [c.coordinate for c in table.columns[1:] if c.coordinate is not None]
    assert [(c.name, c.value, c.unit_text) for c in found] == [("field", level, "T") for level in levels]


def test_groups_of_other_settings_are_chosen_by_name(lab: Path) -> None:
    table = read_table(lab / "lab.db", run="3", group="offset")
    theirs = by_qcodes(lab, 3)
    np.testing.assert_array_equal(to_15_digits(values(table, "offset")), theirs["offset/offset"])
    np.testing.assert_array_equal(values(table, "field"), theirs["offset/field"])
    assert table.origin.parts["group"] == ("current", "offset")
    left = read_table(lab / "lab.db", run="3").origin.dropped
    assert [(d.rule, "'offset'" in d.reason) for d in left] == [("another group", True)]
    with pytest.raises(ColumnError, match="no group 'voltage'; its groups are 'current', 'offset'"):
        read_table(lab / "lab.db", run="3", group="voltage")


@pytest.mark.parametrize(("run", "top", "settings"), [(4, "s21", "frequency"), (5, "s11", "frequency")])
def test_complex_numbers_and_arrays_of_them(lab: Path, run: int, top: str, settings: str) -> None:
    table = read_table(lab / "lab.db", run=str(run))
    theirs = by_qcodes(lab, run)
    both = values(table, f"{top} re") + 1j * values(table, f"{top} im")
    np.testing.assert_array_equal(both, theirs[f"{top}/{top}"].ravel())
    np.testing.assert_array_equal(values(table, settings), theirs[f"{top}/{settings}"].ravel())


def test_texts_stand_beside_the_numbers(lab: Path) -> None:
    table = read_table(lab / "lab.db", run="named")
    assert table.labels == {"phase": ("up",) * 3 + ("down",) * 3}


def test_a_run_that_was_interrupted(lab: Path) -> None:
    table = read_table(lab / "lab.db")  # run 9 is empty
    assert table.origin.options["run"] == "8: stopped (the latest with data)"
    assert table.origin.options["completed"] == "no"
    assert {d.rule for d in table.origin.dropped} == {"run not completed", "run without data"}
    theirs = by_qcodes(lab, 8)["current/current"]
    numbers = np.concatenate([c.values for c in table.columns[1:]])
    np.testing.assert_array_equal(numbers[:25], as_written(lab, "stopped")["current"])
    np.testing.assert_array_equal(to_15_digits(numbers[:25]), theirs)
    assert np.isnan(numbers[25:]).all()
    assert len(numbers) == 30  # three traces of ten points, the last one cut short


@pytest.mark.parametrize("wanted", ["2", "2: plane", "plane", "PLANE"])
def test_runs_by_number_and_name(lab: Path, wanted: str) -> None:
    assert read_table(lab / "lab.db", run=wanted).metadata["name"] == "plane"


def test_runs_by_guid_and_by_the_number_where_they_were_measured(lab: Path) -> None:
    guid = read_table(lab / "lab.db", run="3").metadata["guid"]
    assert read_table(lab / "lab.db", run=guid).metadata["run_id"] == "3"
    # the extracted database holds runs 1 and 3 as its runs 1 and 2
    for wanted in ("3", "2", guid):
        table = read_table(lab / "extracted.db", run=wanted)
        assert (table.metadata["run_id"], table.metadata["captured_run_id"]) == ("2", "3")
        theirs = by_qcodes(lab, 3)["current/current"].ravel()
        np.testing.assert_array_equal(np.concatenate([c.values for c in table.columns[1:]]), theirs)


def test_runs_that_are_not_there_or_of_one_name(copied: Callable[[str], Path]) -> None:
    path = copied("lab.db")
    with pytest.raises(ColumnError, match="no run '99'; its runs are '1: curve', '2: plane'"):
        read_table(path, run="99")
    with pytest.raises(FileError, match="run 9: empty holds no data"):
        read_table(path, run="9")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE runs SET name = 'sweep'")
    connection.close()
    with pytest.raises(ColumnError, match=r"9 runs are called 'sweep'; give its number: 1, 2, 3"):
        read_table(path, run="sweep")


# --- older and other layouts ---------------------------------------------------------------------------------------------


def change(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def same(one: Table, other: Table) -> None:
    assert [(c.name, c.unit_text) for c in one.columns] == [(c.name, c.unit_text) for c in other.columns]
    for a, b in zip(one.columns, other.columns, strict=True):
        np.testing.assert_array_equal(a.values, b.values)


@pytest.mark.parametrize("run", ["1", "2", "4", "6"])
def test_descriptions_of_the_first_version(copied: Callable[[str], Path], run: str) -> None:
    path = copied("old.db")
    now = read_table(path, run=run)
    (text,) = sqlite3.connect(path).execute("SELECT run_description FROM runs WHERE run_id = ?", (run,)).fetchone()
    first = {"version": 0, "interdependencies": json.loads(text)["interdependencies"]}  # QCoDeS writes it still
    change(path, f"UPDATE runs SET run_description = '{json.dumps(first)}' WHERE run_id = {run}")
    same(read_table(path, run=run), now)


def test_databases_without_descriptions_have_tables_instead(copied: Callable[[str], Path]) -> None:
    path = copied("old.db")
    now = read_table(path, run="2")
    change(path, "UPDATE runs SET run_description = NULL")
    same(read_table(path, run="2"), now)


def split(path: Path, folder: Path, stated: str | None = None) -> Path:
    """Run 1 in a file of its own, as QCoDeS's pull request 8219 writes it: `<guid>.db` with the table of the run only,
    and its path in the column `raw_data_db_path` of `runs`."""
    connection = sqlite3.connect(path, isolation_level=None)
    ((guid, table),) = connection.execute("SELECT guid, result_table_name FROM runs WHERE run_id = 1").fetchall()
    raw = folder / f"{guid}.db"
    folder.mkdir(exist_ok=True)
    connection.execute("ATTACH ? AS raw", (str(raw),))
    connection.execute(
        f'CREATE TABLE raw."{table}" (id INTEGER PRIMARY KEY, gate numeric, current numeric, lead numeric)'
    )
    connection.execute(f'INSERT INTO raw."{table}" SELECT * FROM main."{table}"')
    connection.execute(f'DROP TABLE main."{table}"')
    connection.execute("ALTER TABLE runs ADD COLUMN raw_data_db_path TEXT")
    connection.execute("UPDATE runs SET raw_data_db_path = ? WHERE run_id = 1", (stated or str(raw),))
    connection.execute("DELETE FROM runs WHERE run_id > 1")
    connection.close()
    return raw


@pytest.mark.parametrize("inside", [".", "old_db", "elsewhere"])
def test_numbers_in_a_file_of_their_own(copied: Callable[[str], Path], inside: str) -> None:
    path = copied("old.db")
    whole = read_table(path, run="1")
    raw = split(path, path.parent / inside)
    table = read_table(path)
    same(table, whole)
    assert table.metadata["experiment"] == "synthetic"
    assert table.origin.options["raw_data"] == raw.relative_to(path.parent).as_posix()
    assert table.origin.options["raw_data_sha256"] == hashlib.sha256(raw.read_bytes()).hexdigest()
    # the file alone says nothing of units and settings: its columns as they stand
    alone = read_table(raw)
    assert [(c.name, c.unit_text) for c in alone.columns] == [("gate", None), ("current", None), ("lead", None)]
    kept = np.isfinite(values(alone, "current"))
    np.testing.assert_array_equal(values(alone, "current")[kept], values(whole, "current"))


def test_files_that_were_moved_along_are_found_by_their_name(copied: Callable[[str], Path]) -> None:
    path = copied("old.db")
    whole = read_table(path, run="1")
    split(path, path.parent / "old_db", stated=r"D:\measurements\old_db\never.db")
    ((guid,),) = sqlite3.connect(path).execute("SELECT guid FROM runs").fetchall()
    change(path, rf"UPDATE runs SET raw_data_db_path = 'D:\measurements\old_db\{guid}.db'")
    same(read_table(path), whole)


def test_files_outside_of_the_folder_are_named_and_not_opened(copied: Callable[[str], Path], tmp_path: Path) -> None:
    path = copied("old.db")
    inner = tmp_path / "inner"
    inner.mkdir()
    path = Path(shutil.move(path, inner))
    raw = split(path, tmp_path / "outside")
    with pytest.raises(
        FileError, match=rf"they are in '{raw.name}', which is not beside it; move '{raw.name}' into its folder"
    ):
        read_table(path)
    os.symlink(raw, inner / raw.name)  # a link is no way out either
    with pytest.raises(FileError, match="which is not beside it"):
        read_table(path)


def test_numbers_that_were_exported_are_named(lab: Path, copied: Callable[[str], Path]) -> None:
    (netcdf,) = (lab / "netcdf").iterdir()
    with pytest.raises(
        FileError, match=rf"run 1: curve has no numbers in this database: they were exported; open '.*{netcdf.name}'"
    ):
        read_table(lab / "exported.db")
    path = copied("exported.db")
    (path.parent / "exported_db").mkdir()
    shutil.copy(netcdf, path.parent / "exported_db")
    with pytest.raises(FileError) as error:
        read_table(path)
    assert str(path.parent / "exported_db" / netcdf.name) in str(error.value)


# --- through the whole program -------------------------------------------------------------------------------------------


def test_inspect_shows_the_runs(lab: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    printed = typed("inspect", str(lab / "lab.db"), "--run", "plane", monkeypatch=monkeypatch, capsys=capsys)
    shown = " ".join(printed.split())
    assert "2: plane (named)" in shown
    assert "choose with --run" in shown


def test_a_staircase_gives_what_it_gives_as_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(7)
    gate = np.linspace(-1, 0, 400)
    levels = sum(1 / (1 + np.exp(-(gate - at) / 0.008)) for at in (-0.8, -0.6, -0.4, -0.2))
    conductance = 7.748091729e-5 * levels + rng.normal(0, 3e-7, gate.size)
    (tmp_path / "lab.csv").write_text(
        "gate [V],conductance [S]\n"
        + "".join(f"{x!r},{y!r}\n" for x, y in zip(gate.tolist(), conductance.tolist(), strict=True))
    )
    connection = sqlite3.connect(tmp_path / "lab.db")
    described = {
        "version": 1,
        "interdependencies": {
            "parameters": {
                "gate": {"name": "gate", "paramtype": "numeric", "label": "", "unit": "V"},
                "conductance": {"name": "conductance", "paramtype": "numeric", "label": "", "unit": "S"},
            },
            "dependencies": {"conductance": ["gate"]}, "inferences": {}, "standalones": [],
        },
    }  # fmt: skip
    with connection:
        connection.execute(
            "CREATE TABLE runs (run_id INTEGER PRIMARY KEY, name TEXT, result_table_name TEXT, run_description TEXT)"
        )
        connection.execute("INSERT INTO runs VALUES (1, 'staircase', 'results-1-1', ?)", (json.dumps(described),))
        connection.execute('CREATE TABLE "results-1-1" (id INTEGER PRIMARY KEY, gate numeric, conductance numeric)')
        rows = zip(gate.tolist(), conductance.tolist(), strict=True)
        connection.executemany('INSERT INTO "results-1-1" (gate, conductance) VALUES (?, ?)', rows)
    connection.close()
    found = []
    for name in ("lab.csv", "lab.db"):
        printed = typed(
            "fit", str(tmp_path / name), "--json", "--quantum", "2e^2/h", monkeypatch=monkeypatch, capsys=capsys
        )
        found.append(json.loads(printed)["estimates"])
    assert found[0] == found[1]
    assert found[0]["step_height"]["value"] == pytest.approx(7.748091729e-5, rel=0.01)  # the synthetic truth


# --- databases that mean harm, and odd ones ------------------------------------------------------------------------------


def test_descriptions_without_end(copied: Callable[[str], Path]) -> None:
    path = copied("old.db")
    whole = read_table(path, run="1")
    nested = '{"a":' * 200_000
    change(path, f"UPDATE runs SET run_description = '{nested}', snapshot = '{nested}'")
    table = read_table(path, run="1")  # the tables `layouts` and `dependencies` say the same
    same(table, whole)
    assert "mixing_chamber" not in table.metadata


@pytest.mark.parametrize(
    "description",
    ["", "[]", "{}", "null", "not JSON", '{"interdependencies": 3}', '{"interdependencies": {"paramspecs": [1, {"name": 2}]}}',
     '{"interdependencies_": {"parameters": {"x": 1, "y": {"name": []}}, "dependencies": {"y": 3}, "standalones": {}}}',
     '{"interdependencies_": {"parameters": {"gate": {"unit": 7}}, "dependencies": {"gate": ["gate", "none", 4]}}}'],
)  # fmt: skip
def test_descriptions_that_make_no_sense(copied: Callable[[str], Path], description: str) -> None:
    path = copied("old.db")
    change(path, "DROP TABLE layouts", f"UPDATE runs SET run_description = '{description}'")
    np.testing.assert_array_equal(values(read_table(path, run="1", group="gate"), "gate")[:3], [-1.5, -1.5, -1.4])


def npy(text: str, data: bytes = b"") -> bytes:
    head = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + data


@pytest.mark.parametrize(
    "blob",
    [
        npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", b"cos\nsystem\n(S'true'\ntR."),
        npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", bytes(8)),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999,), }", bytes(8)),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, ), }", bytes(8)),
        npy("{'descr': '<f3', 'fortran_order': False, 'shape': (1,), }", bytes(8)),
        npy("{'descr': '<U4', 'fortran_order': False, 'shape': (1,), }", bytes(16)),
        npy("__import__('os').abort()", bytes(8)), b"\x93NUMPY\x01", b"", b"PK\x03\x04",
    ],
)  # fmt: skip
def test_arrays_that_are_no_plain_numbers(lab: Path, copied: Callable[[str], Path], blob: bytes) -> None:
    path = copied("old.db")
    connection = sqlite3.connect(path)
    with connection:
        connection.execute('UPDATE "results-1-3" SET current = ? WHERE current IS NOT NULL AND field = 0', (blob,))
    connection.close()
    table = read_table(path, run="3")
    traces = np.array([c.values for c in table.columns[1:]])
    assert np.isnan(traces[0]).all()
    np.testing.assert_array_equal(traces[1:], as_written(lab, "arrays", "old.db")["current"][1:])
    assert {d.rule for d in table.origin.dropped} == {"another group", "not a number"}


def blob_of(array: NDArray[np.generic]) -> bytes:
    with io.BytesIO() as out:
        np.lib.format.write_array(out, array, allow_pickle=False)
        return out.getvalue()


def test_arrays_of_one_length_in_bytes_and_not_in_numbers(tmp_path: Path) -> None:
    path = tmp_path / "odd.db"
    arrays = [np.arange(4.0), np.arange(8, dtype="f4"), (np.arange(4) * (1 + 2j)).astype("c8")]
    assert len({len(blob_of(array)) for array in arrays}) == 1
    for chosen in (arrays[:2], arrays[::2], arrays):
        path.unlink(missing_ok=True)
        connection = sqlite3.connect(path)
        with connection:
            connection.execute("CREATE TABLE t (x array)")
            connection.executemany("INSERT INTO t VALUES (?)", [(blob_of(array),) for array in chosen])
        connection.close()
        table = read_table(path)
        whole = np.concatenate(chosen)
        np.testing.assert_array_equal(table.columns[0].values, whole.real)
        assert len(table.columns) == 1 + np.iscomplexobj(whole)
        np.testing.assert_array_equal(table.columns[-1].values, whole.imag if np.iscomplexobj(whole) else whole)


def test_arrays_in_any_order_and_of_any_length(tmp_path: Path) -> None:
    path = tmp_path / "odd.db"
    connection = sqlite3.connect(path)
    parts = []
    with connection:
        connection.execute("CREATE TABLE t (x array, y array, z numeric)")
        grid = np.arange(6.0).reshape(2, 3)
        rows = [
            (grid, np.asfortranarray(grid + 10), 1.0),
            (np.arange(4, dtype=">i2"), np.arange(4, dtype="f4") + 0.5, 2.0),
            (np.array([7.0]), np.array([True, False]), 3.0),
            (np.arange(3), np.arange(2) + 2**60 + 1, 4.0),
        ]
        for x, y, z in rows:
            parts.append((x.ravel(), y.ravel(), z))
            connection.execute("INSERT INTO t VALUES (?, ?, ?)", (blob_of(x), blob_of(y), z))
    connection.close()
    table = read_table(path)
    x, y, z = (column.values for column in table.columns)
    np.testing.assert_array_equal(x, np.r_[parts[0][0], parts[1][0], 7.0, 7.0, 0.0, 1.0, 2.0])
    np.testing.assert_array_equal(y, np.r_[parts[0][1], parts[1][1], 1.0, 0.0, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(z, np.repeat([1.0, 2.0, 3.0, 4.0], [6, 4, 2, 3]))
    assert [(d.rule, d.rows) for d in table.origin.dropped] == [("array of another length", 1)]


def test_parameters_at_other_values_of_the_settings_are_a_group_of_their_own(copied: Callable[[str], Path]) -> None:
    path = copied("old.db")
    change(path, 'UPDATE "results-1-1" SET gate = gate + 1 WHERE lead IS NOT NULL')
    table = read_table(path, run="1")
    assert [c.name for c in table.columns] == ["gate", "current"]
    (dropped,) = table.origin.dropped
    assert "'lead' stands at other values of the settings" in dropped.reason
    shifted = read_table(path, run="1", group="lead")
    np.testing.assert_array_equal(values(shifted, "gate"), values(table, "gate") + 1)


def test_numbers_that_are_none(copied: Callable[[str], Path]) -> None:
    path = copied("old.db")
    change(
        path, """UPDATE "results-1-6" SET current = 'broken' WHERE gate = 1 AND phase IS NULL""",
        'UPDATE "results-1-6" SET current = 9007199254740993 WHERE gate = 2 AND phase IS NULL',
        'UPDATE "results-1-6" SET current = zeroblob(3) WHERE gate = 3 AND phase IS NULL',
    )  # fmt: skip
    table = read_table(path, run="6")
    np.testing.assert_array_equal(values(table, "current"), [0, np.nan, 2.0**53, np.nan, 16, 25])
    assert {(d.rule, d.rows) for d in table.origin.dropped} == {("not a number", 2), ("rounded integer", 1)}


def test_settings_of_a_snapshot_are_bounded(copied: Callable[[str], Path]) -> None:
    path = copied("old.db")
    settings = {f"p{i}": {"value": i, "unit": "V" if i % 2 else "", "ts": ""} for i in range(1900)}
    snapshot = {
        "station": {
            "instruments": {
                "dac": {
                    "parameters": settings,
                    "submodules": {"ch1": {"parameters": {"v": {"value": 1.5, "unit": "mV"}}}},
                }
            }
        }
    }
    change(path, f"UPDATE runs SET snapshot = '{json.dumps(snapshot)}'")
    table = read_table(path, run="1")
    assert len(table.metadata) <= 1000
    assert table.metadata["dac/ch1/v"] == "1.5 mV"
    assert table.metadata["dac/p1"] == "1 V"  # those with a unit first
    assert [d.rule for d in table.origin.dropped] == ["metadata left out"]


def test_the_list_of_runs_is_bounded(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qcodes_runs, "MAX_RUNS", 5)
    with pytest.raises(FileError, match="more than 5 runs"):
        read_table(lab / "lab.db")


def test_reading_leaves_the_folder_as_it_was(lab: Path) -> None:
    before = listing(lab)
    for run in range(1, 9):
        read_table(lab / "lab.db", run=str(run))
    assert listing(lab) == before
