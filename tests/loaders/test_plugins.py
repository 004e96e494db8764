"""Loaders that other packages bring: the example is installed and used as a user would, and faults are told, not raised."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import types
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fuzzing import Run, fuzz, table_of

from gzero.errors import ColumnError, ConfigError, FileError, MissingDependencyError
from gzero.loaders import registry
from gzero.loaders.plugins import Loader, fault_of
from gzero.loaders.registry import BUILT_IN, describe_loaders, read_table
from gzero.loaders.table import Column, Origin, Table

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "loader_plugin"
NUMBERS = np.array([[0.0, 1.5e-9], [0.5, 2.5e-9], [1.0, 4e-9]], dtype="<f4")
LOG = b"DIPSTICK 1\nsample = A3\ntemperature = 4.2 K\ncolumns = gate [mV], conductance [S], count\n--\n"


def log(head: bytes, numbers: Any) -> bytes:
    return head + np.asarray(numbers, dtype="<f4").tobytes()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the example is installed into, by pip, without a network."""
    pytest.importorskip("hatchling", reason="the build backend of the example; pip install 'gzero[test]'")
    pytest.importorskip("pip", reason="an environment without pip")
    folder = tmp_path_factory.mktemp("plugin")
    source, target = folder / "source", folder / "site"
    shutil.copytree(EXAMPLE, source)  # a build may leave something behind
    words = ["install", "--quiet", "--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", *words, "--target", str(target), str(source)]
    out = subprocess.run(command, capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stdout + out.stderr
    return target


def gzero(*words: str, site: Path, where: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(site), str(ROOT / "src")])
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "gzero", *words],
        cwd=where, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def answer(*words: str, site: Path, where: Path) -> Any:
    out = gzero(*words, "--json", site=site, where=where)
    assert out.returncode == 0, out.stderr
    return json.loads(out.stdout)


def test_the_example_is_installed_listed_and_read(installed: Path, tmp_path: Path) -> None:
    formats = {one["name"]: one for one in answer("formats", site=installed, where=tmp_path)}
    assert formats["dipstick"] == {
        "name": "dipstick", "description": "log of the dipstick insert (.dip) (plug-in: gzero-dipstick)", "suffixes": [".dip"],
        "options": [], "install": None,
    }  # fmt: skip
    (tmp_path / "lab.dip").write_bytes(log(LOG, [[0.5, 1e-5, 1], [1, 2e-5, 2]]))
    shown = gzero("inspect", "lab.dip", site=installed, where=tmp_path)
    assert shown.returncode == 0, shown.stderr
    for text in ("dipstick", "gate", "mV", "conductance", "4.2 K"):
        assert text in shown.stdout
    without = gzero("inspect", "lab.dip", site=ROOT / "src", where=tmp_path)
    assert without.returncode == 2
    assert without.stderr.startswith("gzero: lab.dip: ")
    damaged = tmp_path / "cut.dip"
    damaged.write_bytes((tmp_path / "lab.dip").read_bytes()[:-1])
    refused = gzero("inspect", "cut.dip", site=installed, where=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr == "gzero: cut.dip: 23 bytes are no whole number of rows of 12; was the log cut off?\n"


def test_a_fit_is_that_of_the_same_numbers_as_text(installed: Path, tmp_path: Path) -> None:
    made = gzero("simulate", "staircase", "-o", "lab.csv", site=installed, where=tmp_path)
    assert made.returncode == 0, made.stderr
    (tmp_path / "lab.toml").unlink()
    numbers = np.loadtxt(tmp_path / "lab.csv", delimiter=",", skiprows=1).astype("<f4")
    titles = "Vg [mV], G [2e^2/h], G_std [2e^2/h]"
    (tmp_path / "lab.dip").write_bytes(log(f"DIPSTICK 1\ncolumns = {titles}\n--\n".encode(), numbers))
    rows = [",".join(repr(float(v)) for v in row) for row in numbers]
    (tmp_path / "lab.csv").write_text("\n".join([titles.replace(", ", ","), *rows]))
    found, expected = (
        answer("fit", name, "--x", "Vg", "--y", "G", "--std", "G_std", site=installed, where=tmp_path)
        for name in ("lab.dip", "lab.csv")
    )
    assert found["source"]["loader"] == "dipstick"
    assert expected["source"]["loader"] == "text"
    assert found["estimates"] == expected["estimates"]
    assert "step_height" in found["estimates"]


def example() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("gzero_dipstick", EXAMPLE / "gzero_dipstick.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_the_example_reads_what_was_written(tmp_path: Path) -> None:
    loader = example().LOADER
    path = tmp_path / "a.dip"
    path.write_bytes(log(LOG.replace(b", count", b""), NUMBERS))
    assert fault_of(loader, "dipstick") == ""
    assert loader.recognises(path)
    table = loader.read(str(path))
    assert [(c.name, c.unit_text) for c in table.columns] == [("gate", "mV"), ("conductance", "S")]
    np.testing.assert_array_equal(np.array([c.values for c in table.columns]).T, NUMBERS.astype(float))
    assert table.metadata == {"sample": "A3", "temperature": "4.2 K"}


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits of memory need Linux")
def test_the_example_bears_damage(tmp_path: Path) -> None:
    """What is shown to be copied must not be the first to break."""
    planted = tmp_path / "planted_example.py"
    planted.write_text(
        f"import sys; sys.path.insert(0, {str(EXAMPLE)!r})\n"
        "from gzero_dipstick import LOADER\nfrom seeds import Seed\nLOADERS = [LOADER]\n"
        f"SEEDS = [Seed(name='dip', suffix='.dip', core={log(LOG, np.ones((4, 3)))!r})]\n"
    )
    outcome = fuzz(Run(per_loader=400, folder=tmp_path / "run", plugged=str(planted)))
    assert outcome.rows["dipstick"].failures == 0, table_of(outcome)
    assert outcome.rows["dipstick"].read > 20


class Plain:
    """A loader that does as it is told."""

    name = "plain"
    description = "plain"
    suffixes: Any = (".plain",)
    extra: Any = None

    def recognises(self, path: Path) -> bool:
        return path.read_bytes().startswith(b"PLAIN")

    def read(self, path: Path, *, sheet: str | None = None, colour: str = "red") -> Table:
        column = Column(name="a", unit_text=None, values=np.zeros(2), source="file")
        return Table(columns=(column,), metadata={}, origin=Origin(path=str(path), sha256="", loader="plain"))


def raising(error: BaseException) -> Any:
    def method(self: object, *arguments: object, **options: object) -> Any:
        raise error

    return method


def variant(**changed: Any) -> Plain:
    return type("Variant", (Plain,), changed)()


Plug = Callable[..., None]


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Plug:
    """Makes entry points of the group, each of a name and the object that it names."""

    def plug_in(*found: tuple[str, object]) -> None:
        module = types.ModuleType("plug_in_module")
        for i, (_, one) in enumerate(found):
            setattr(module, f"L{i}", one)
        monkeypatch.setitem(sys.modules, "plug_in_module", module)
        entries = tuple(EntryPoint(name, f"plug_in_module:L{i}", "gzero.loaders") for i, (name, _) in enumerate(found))
        monkeypatch.setattr(registry, "_entry_points", lambda: entries)

    return plug_in


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A file of the plug-in's format, and one of text."""
    plain, text = tmp_path / "a.plain", tmp_path / "a.csv"
    plain.write_bytes(b"PLAIN\0\1")
    text.write_bytes(b"a,b\n1,2\n")
    return plain, text


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (5, "is no loader: it has no name"),
        (None, "is no loader: it has no name"),
        (Plain, "Plain is a class; the entry point must name an object of it"),
        (variant(name="other"), "it calls itself 'other'"),
        (variant(suffixes=".plain"), "its suffixes a tuple of texts"),
        (variant(suffixes=(1,)), "its suffixes a tuple of texts"),
        (variant(extra=3), "its extra must be a text or None"),
        (variant(read=7), "recognises and read must be functions"),
        (variant(name=property(raising(RuntimeError("no name today")))), "RuntimeError: no name today"),
    ],
)
def test_what_is_no_loader(plug: Plug, files: tuple[Path, Path], found: object, message: str) -> None:
    plug(("plain", found))
    plain, text = files
    assert read_table(text).origin.loader == "text"
    with pytest.raises(FileError, match="in no format that a loader reads") as caught:
        read_table(plain)
    assert message in str(caught.value)
    assert "the plug-in 'plain'" in str(caught.value)
    with pytest.raises(MissingDependencyError, match="the plug-in 'plain'"):
        read_table(plain, loader="plain")
    (line,) = [one for one in describe_loaders() if one.name == "plain"]
    assert message in line.description
    assert line.install == "update or remove the package 'plug_in_module'"


@pytest.mark.parametrize(
    "error", [ImportError("no lab"), SyntaxError("not Python"), ValueError("a fault"), SystemExit(3), KeyError("x")]
)
def test_what_cannot_be_imported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: tuple[Path, Path], error: BaseException
) -> None:
    (tmp_path / "faulty_plug_in.py").write_text(f"raise {error!r}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    entry = EntryPoint("faulty", "faulty_plug_in:LOADER", "gzero.loaders")
    monkeypatch.setattr(registry, "_entry_points", lambda: (entry,))
    plain, text = files
    assert read_table(text).origin.loader == "text"
    with pytest.raises(FileError, match=f"'faulty' cannot be imported .{type(error).__name__}"):
        read_table(plain)
    with pytest.raises(MissingDependencyError, match=f"'faulty' cannot be imported .{type(error).__name__}"):
        read_table(text, loader="faulty")
    (line,) = [one for one in describe_loaders() if one.name == "faulty"]
    assert line.install == "update or remove the package 'faulty_plug_in'"


@pytest.mark.parametrize("error", [ValueError("a\nfault"), SystemExit(3), RecursionError(), OSError("gone")])
def test_a_fault_in_recognises(plug: Plug, files: tuple[Path, Path], error: BaseException) -> None:
    plug(("faulty", variant(name="faulty", recognises=raising(error))), ("plain", Plain()))
    plain, text = files
    assert read_table(text).origin.loader == "text"
    assert read_table(plain).origin.loader == "plain"
    noise = plain.with_suffix(".bin")
    noise.write_bytes(b"\0\1\2")
    with pytest.raises(FileError, match=f"'faulty' failed to recognise files .{type(error).__name__}") as caught:
        read_table(noise)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "error", [ValueError("a\nfault"), SystemExit(3), RecursionError(), OSError("gone"), KeyError(1)]
)
def test_a_fault_in_read(plug: Plug, files: tuple[Path, Path], error: BaseException) -> None:
    plug(("plain", variant(read=raising(error))))
    plain, text = files
    assert read_table(text).origin.loader == "text"
    with pytest.raises(FileError, match=f"the plug-in 'plain' failed to read it .{type(error).__name__}") as caught:
        read_table(plain)
    assert str(caught.value).startswith(f"{plain}: ")
    assert "package 'plug_in_module'" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_its_own_errors_of_gzero_stay(plug: Plug, files: tuple[Path, Path]) -> None:
    plug(("plain", variant(read=raising(ColumnError("no such sweep", path="a.plain")))))
    with pytest.raises(ColumnError, match=r"a\.plain: no such sweep"):
        read_table(files[0])


def test_what_is_no_table(plug: Plug, files: tuple[Path, Path]) -> None:
    plug(("plain", variant(read=lambda self, path: [1, 2])))
    with pytest.raises(FileError, match="the plug-in 'plain' gave list, not a Table"):
        read_table(files[0])


def test_the_name_of_a_loader_of_gzero_is_not_to_be_had(plug: Plug, files: tuple[Path, Path]) -> None:
    text = variant(name="text", recognises=lambda self, path: True, read=raising(AssertionError("asked")))
    plug(("text", text), ("plain", Plain()))
    assert read_table(files[1]).origin.loader == "text"
    assert read_table(files[1], loader="text").columns[0].values.tolist() == [1.0]
    assert read_table(files[0]).origin.loader == "plain"
    lines = [one for one in describe_loaders() if one.name == "text"]
    assert lines[0].install is None
    assert lines[1].description == "the plug-in 'text' is not used: another loader has this name"


def test_of_two_plug_ins_of_one_name_the_first_is_used(plug: Plug, files: tuple[Path, Path]) -> None:
    plug(("plain", Plain()), ("plain", variant(read=raising(AssertionError("asked")))))
    assert read_table(files[0]).origin.loader == "plain"
    assert read_table(files[0], loader="plain").origin.loader == "plain"
    assert [one.install is None for one in describe_loaders()][-2:] == [True, False]


def test_a_plug_in_is_asked_before_text_and_after_the_others(plug: Plug, tmp_path: Path) -> None:
    """Text reads nearly everything; a format of text that has a loader of its own must reach it."""
    plug(("plain", Plain()))
    path = tmp_path / "a.csv"
    path.write_bytes(b"PLAIN\na,b\n1,2\n")
    assert read_table(path).origin.loader == "plain"
    assert read_table(path, loader="text").origin.loader == "text"
    plug(("plain", variant(recognises=lambda self, path: True)))
    wave = tmp_path / "a.txt"
    from seeds import igor_wave

    wave.write_bytes(next(igor_wave()).data)
    assert read_table(wave).origin.loader == "igor"


def test_only_options_that_can_be_given_are_listed(plug: Plug, files: tuple[Path, Path]) -> None:
    plug(("plain", Plain()))
    (line,) = [one for one in describe_loaders() if one.name == "plain"]
    assert line.options == ("sheet",)  # `colour` is none of gzero's
    assert read_table(files[0], sheet="1").origin.loader == "plain"
    with pytest.raises(ConfigError, match="has no option 'run'; leave it out; its options are sheet"):
        read_table(files[0], run="1")


def test_a_loader_is_what_the_protocol_says() -> None:
    assert isinstance(Plain(), Loader)
    assert all(fault_of(loader, name) == "" for name, loader in BUILT_IN.items())
