"""A loader for gzero: the logs of a dipstick insert (an invented format).

DIPSTICK 1
sample = A3
temperature = 4.2 K
columns = gate [V], conductance [S]
--
(float32, little-endian, one row after another)
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gzero.errors import FileError
from gzero.loaders.source import read_head, read_source
from gzero.loaders.table import Column, Table

FIRST_LINE = b"DIPSTICK 1\n"


@dataclass(frozen=True, slots=True)
class DipstickLoader:
    """Reads one sweep."""

    name: str = "dipstick"  # the same as in pyproject.toml
    description: str = "log of the dipstick insert (.dip)"
    suffixes: tuple[str, ...] = (".dip",)
    extra: str | None = None  # "pip install ..." where a package is missing that `read` needs

    def recognises(self, path: Path) -> bool:
        """Whether the first line is that of a log: content, not the ending, and nothing but a look."""
        return read_head(path, len(FIRST_LINE)) == FIRST_LINE

    def read(self, path: str) -> Table:
        """The columns as they are written. Every fault of the file is a `FileError`."""
        source = read_source(path)
        head, ends, body = source.data.partition(b"--\n")
        lines = head.decode("utf-8", errors="replace").splitlines()[1:]
        facts = dict(re.findall(r"^(.+?) = (.*)$", "\n".join(lines), re.M))
        titles = re.findall(r"([^,\[]+?) *(?:\[(.*?)\])? *(?:,|$)", facts.pop("columns", ""))
        if not source.data.startswith(FIRST_LINE) or not ends or not titles:
            raise FileError("not a whole log of the dipstick insert", path=source.path, remedy="copy it again")
        width = 4 * len(titles)
        rows, left = divmod(len(body), width)
        if left or not rows:
            raise FileError(
                f"{len(body)} bytes are no whole number of rows of {width}",
                path=source.path,
                remedy="was the log cut off?",
            )
        with np.errstate(invalid="ignore"):
            numbers = np.frombuffer(body, dtype="<f4").astype(np.float64).reshape(rows, len(titles))
        columns = tuple(
            Column(name=name.strip(), unit_text=unit or None, values=numbers[:, j], source=f"column {j + 1}")
            for j, (name, unit) in enumerate(titles)
        )
        return Table(
            columns=columns,
            metadata={key: text[:2000] for key, text in list(facts.items())[:1000]},  # a damaged file may hold any
            origin=source.origin(loader=self.name, options={}, dropped=(), rows_read=rows),
        )


LOADER = DipstickLoader()
