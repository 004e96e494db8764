"""Pieces of a large map: each trace as among all of them, its numbers from a file that the workers share."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from batches import Here, contents, igor_map, run, staircase

from gzero.loaders.table import Column, Coordinate, Dropped, Origin, Table
from gzero.measurement.measurement import Measurement
from gzero.pipeline.analyse import analyse_traces
from gzero.pipeline.batch import shelf as room
from gzero.pipeline.batch.jobs import Job
from gzero.pipeline.batch.shelf import Shelf
from gzero.pipeline.batch.store import Store
from gzero.pipeline.batch.stretches import stretch, traces_apart
from gzero.pipeline.blind_record import start
from gzero.pipeline.config import Config, configure
from gzero.pipeline.load import read, traces_of

UNITS = {"y_unit": "e^2/h", "x_unit": "V"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A map of 40 traces."""
    place = tmp_path / "maps"
    place.mkdir()
    return igor_map(place / "w.ibw", traces=40)


@pytest.fixture
def config() -> Config:
    return configure(quantum="e^2/h", **UNITS)


def _parts(measurement: Measurement) -> tuple[Any, ...]:
    series = {
        name: (s.values.tobytes(), None if s.std is None else s.std.tobytes(), s.unit, s.label, s.short)
        for name, s in measurement.series.items()
    }
    place = measurement.coordinate and (measurement.coordinate.name, measurement.coordinate.value)
    return (
        series, place, measurement.trace, measurement.kind, measurement.ledger, measurement.warnings,
        measurement.exclusions, tuple(measurement.row_numbers), dict(measurement.conditions), dict(measurement.metadata),
    )  # fmt: skip


def test_a_stretch_is_what_it_is_among_all(path: Path, config: Config) -> None:
    table = read(path, config)
    assert traces_apart(table, path, config) == 40
    whole = [_parts(m) for m in traces_of(table, path, config)]
    for first, last in ((0, 2), (16, 32), (32, 40)):
        assert [_parts(m) for m in stretch(table, path, config, first, last)] == whole[first:last]


@pytest.mark.parametrize(
    "options",
    [
        {"trace": "3"},
        {"y": "5"},
        {"x": "0"},
        {"std": "5"},
        {"mask": "y > 2.5 : amplifier overload"},
        {"chain": "y: gain=2"},
        {"blind": True},
    ],
    ids=lambda options: next(iter(options)),
)
def test_what_may_hang_on_other_traces_is_measured_as_a_whole(
    options: dict[str, Any], path: Path, config: Config
) -> None:
    asked = replace(config, **options)
    assert traces_apart(read(path, config), path, asked) == 0


def test_blind_data_and_single_curves_are_measured_as_a_whole(path: Path, config: Config, tmp_path: Path) -> None:
    table = read(path, config)
    start(path, None, table.origin.sha256)
    assert traces_apart(table, path, config) == 0
    curve = staircase(tmp_path / "one.csv")
    assert traces_apart(read(curve, config), curve, config) == 0


def test_a_sweep_that_turns_round_is_measured_as_a_whole(path: Path, config: Config) -> None:
    """Each trace of it is two branches, which are held against each other."""
    table = read(path, config)

    def there_and_back(column: Column) -> Column:
        return replace(column, values=np.concatenate([column.values, column.values[::-1]]))

    turned = replace(table, columns=tuple(map(there_and_back, table.columns)), row_numbers=())
    assert len(traces_of(turned, path, config)) == 80
    assert traces_apart(turned, path, config) == 0


def test_a_masked_map_in_pieces_is_the_map_by_itself(path: Path, tmp_path: Path) -> None:
    options = {**UNITS, "mask": "x > -0.05 : the gate leaks"}
    engine = Here()
    run(path.parent, tmp_path / "out", engine, **options)
    assert engine.worked == ["w.ibw whole", "w.ibw 0:16", "w.ibw 16:32", "w.ibw 32:40"]
    alone = analyse_traces(path, configure(quantum="e^2/h", **options))
    with Store(tmp_path / "out") as store:
        keys = [row[0] for row in store._database.execute("SELECT DISTINCT key FROM pieces")]
        kept = list(store.results(keys))
    assert [json.loads(k.record) for k in kept] == [a.to_dict() for a in alone]


# -- the shelf --------------------------------------------------------------------------------------------------------


def _table() -> Table:
    values = np.array([[-0.0, 1.0, np.nan, np.inf], [1e-300, 0.1, -np.inf, 3.0], [5.0, 6.0, 7.0, 8.0]])
    columns = (
        Column(name="x", unit_text="V", values=values[0], source="axis 0"),
        Column(name="w[0]", unit_text=None, values=values[:, ::-1][1], source="w, trace 0",
               coordinate=Coordinate(name="B", value=float("nan"), unit_text="T")),
        Column(name="w[1]", unit_text="", values=values[2], source="w, trace 1",
               coordinate=Coordinate(name="B", value=0.1)),
    )  # fmt: skip
    origin = Origin(
        path="m\udcff.ibw", sha256="ab", loader="igor", options={"wave": "w"},
        dropped=(Dropped(rule="short", reason="ü", rows=2),), rows_read=6, parts={"group": ("w", "v")},
    )  # fmt: skip
    return Table(
        columns=columns, metadata={"T": "1,5 K"}, origin=origin, labels={"remark": ("", "a", "b", "c")},
        row_numbers=(3, 4, 7, 8),
    )  # fmt: skip


def _told(table: Table) -> tuple[Any, ...]:
    columns = [(c.name, c.unit_text, c.source, c.values.tobytes(), repr(c.coordinate)) for c in table.columns]
    return columns, dict(table.metadata), table.origin.__class__, _origin(table.origin), dict(table.labels)


def _origin(origin: Origin) -> dict[str, Any]:
    return {name: getattr(origin, name) for name in Origin.__slots__}


def test_a_table_comes_back_from_its_shelf_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LEAST", 0)
    table = _table()
    assert Shelf(str(tmp_path / "s"), "k").table() is None
    shared = Shelf(str(tmp_path / "s"), "k").shared(table)
    assert shared is not table
    for found in (shared, Shelf(str(tmp_path / "s"), "k").table()):
        assert found is not None
        assert _told(found) == _told(table)
        assert tuple(found.row_numbers) == (3, 4, 7, 8)
        assert not any(c.values.flags.writeable for c in found.columns)
    assert sorted(p.name for p in (tmp_path / "s").iterdir()) == ["k.f8", "k.json"]
    run_of_rows = Shelf(str(tmp_path / "s"), "r").shared(replace(table, row_numbers=range(5, 9)))
    assert run_of_rows.row_numbers == range(5, 9)


def test_a_small_table_and_one_without_room_stay_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = _table()
    assert Shelf(str(tmp_path / "s"), "k").shared(table) is table
    monkeypatch.setattr(room, "LEAST", 0)
    assert Shelf("", "k").shared(table) is table
    # the directory of the results of another computer
    assert Shelf(str(tmp_path / "elsewhere" / "s"), "k").shared(table) is table
    assert not (tmp_path / "elsewhere").exists()
    (tmp_path / "file").write_text("in the way")
    assert Shelf(str(tmp_path / "file"), "k").shared(table) is table

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room.os, "replace", full)
    assert Shelf(str(tmp_path / "s"), "k").shared(table) is table
    assert list((tmp_path / "s").iterdir()) == []


@pytest.mark.parametrize("damage", ["{", "{}", ""])
def test_a_damaged_shelf_is_none(damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LEAST", 0)
    Shelf(str(tmp_path), "k").shared(_table())
    (tmp_path / "k.json").write_text(damage)
    assert Shelf(str(tmp_path), "k").table() is None


def test_a_batch_from_the_shelf_is_the_batch_without_one(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the last bit; and nobody but the first has read the file."""
    run(path.parent, tmp_path / "plain", Here(), **UNITS)
    monkeypatch.setattr(room, "LEAST", 0)
    from gzero.pipeline.batch import work

    reads: list[str] = []

    def counted(place: Path, config: Config) -> Table:
        reads.append(place.name)
        return read(place, config)

    def forget(_: Job) -> None:
        work._LATEST._key = ""  # as another worker

    monkeypatch.setattr(work, "read", counted)
    run(path.parent, tmp_path / "out", Here(before=forget), **UNITS)
    assert reads == ["w.ibw"]
    assert contents(tmp_path / "out") == contents(tmp_path / "plain")
    assert not (tmp_path / "out" / "batch.scratch").exists()
