"""The data that travel with gzero: where they are, what they are, and simulated files with their truth beside them."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ColumnError
from gzero.measurement.measurement import Measurement
from gzero.pipeline.config import Config, read_config
from gzero.quanta import unit_or_quantum
from gzero.report.write import write_bytes

if TYPE_CHECKING:
    from gzero.synthetic.truth import Synthetic


def folder() -> Path:
    """Where the shipped data are: inside the installed package, or `datasets/` of a checkout."""
    installed = Path(str(resources.files("gzero"))) / "datasets"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "datasets"


def shipped() -> dict[str, Path]:
    """Name -> path of every shipped file."""
    return {path.stem: path for path in sorted(folder().glob("*.csv"))}


def dataset(name: str) -> Path:
    """Path of one shipped file.

    Raises
    ------
    ColumnError : there is none of that name.
    """
    found = shipped()
    key = name.removesuffix(".csv")
    if key not in found:
        raise ColumnError(
            f"there is no shipped data set '{name}'", remedy=f"choose {', '.join(found)}", allowed=tuple(found)
        )
    return found[key]


def about(path: Path) -> Config:
    """What the sidecar of a shipped file states."""
    return read_config(path.with_suffix(".toml"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a shipped file is: name, path, rows, and the statements of its sidecar."""

    name: str
    path: Path
    rows: int
    provenance: Mapping[str, str]


def describe(path: Path) -> Description:
    """One shipped file."""
    rows = len(path.read_text(encoding="utf-8").splitlines()) - 1
    return Description(name=path.stem, path=path, rows=rows, provenance=about(path).provenance)


def copy_dataset(name: str, directory: Path) -> tuple[Path, Path]:
    """A shipped file and its sidecar, copied to a directory.

    Raises
    ------
    ColumnError : there is none of that name.  OutputError : the directory cannot be written to.
    """
    source = dataset(name)
    out = []
    for path in (source, source.with_suffix(".toml")):
        target = directory / path.name
        write_bytes(target, path.read_bytes())
        out.append(target)
    return out[0], out[1]


#: What a constriction and an instrument without faults have.
_FAULTLESS = {"transmission": 1.0, "gain": 1.0, "offset": 0.0}


def _worth_saying(truth: Mapping[str, float]) -> dict[str, float]:
    """A truth for a reader: without gain, offset and transmissions where they are those of no fault."""

    def kind(name: str) -> str:
        return name.rstrip("_0123456789")

    faults = {kind(name) for name, value in truth.items() if value != _FAULTLESS.get(kind(name))}
    return {name: float(f"{value:.12g}") for name, value in truth.items() if kind(name) in faults}


def write_synthetic(
    synthetic: Synthetic,
    path: Path,
    sidecar: Mapping[str, str],
    *,
    heads: tuple[str, str] | None = None,
    units: tuple[float, float] = (1.0, 1.0),
) -> tuple[Path, Path]:
    """A simulated measurement as CSV, and beside it a TOML file: its gzero configuration, its provenance and its truth.

    Parameters
    ----------
    sidecar : configuration keys.
    heads : headers of x and y, with their units, where they are not those of the series.  units : SI value of those units.

    Raises
    ------
    OutputError : the file cannot be written.
    """
    m = synthetic.measurement
    names, columns = _columns(m) if heads is None else _two_columns(m, heads, units)
    lines = [",".join(names)] + [",".join(_cell(v) for v in row) for row in zip(*columns, strict=True)]
    data = ("\n".join(lines) + "\n").encode()
    truth = _worth_saying(synthetic.truth)
    keys = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in {**sidecar, **synthetic.stated}.items()
    ]
    provenance = {
        "synthetic": f"made by gzero simulate, seed {synthetic.seed}; noise: {synthetic.noise}",
        "truth": "; ".join(f"{k} = {v:.6g}" for k, v in truth.items()),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    toml = (
        "\n".join(
            [*keys, "", "[provenance]", *(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in provenance.items())]
        )
        + "\n"
    )
    beside = path.with_suffix(".toml")
    for target, content in ((path, data), (beside, toml.encode())):
        write_bytes(target, content)
    return path, beside


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def _two_columns(
    m: Measurement, heads: tuple[str, str], units: tuple[float, float]
) -> tuple[list[str], list[NDArray[np.float64]]]:
    """x and y under given headers, and the uncertainty of y where it is stated."""
    names, columns = list(heads), [m.abscissa.values / units[0], m.ordinate.values / units[1]]
    if m.ordinate.std is not None:
        columns.append(m.ordinate.std / units[1])
        name, bracket, unit = heads[1].partition(" [")
        names.append(f"{name}_std{bracket}{unit}")
    return names, columns


def _columns(m: Measurement) -> tuple[list[str], list[NDArray[np.float64]]]:
    """Every series in the unit it is written in, x and y first, each with its uncertainty where it is stated."""
    names, columns = [], []
    for series in (m.abscissa, m.ordinate, *(s for name, s in m.series.items() if name not in (m.x, m.y))):
        unit = unit_or_quantum(series.written if series.written is not None else series.unit)
        factor = unit.factor if unit.known else 1.0
        bracket = f" [{unit.text}]" if unit.known and unit.text else ""
        names.append(series.short + bracket)
        columns.append(series.values / factor)
        if series.std is not None:
            names.append(f"{series.short}_std{bracket}")
            columns.append(series.std / factor)
    return names, columns
