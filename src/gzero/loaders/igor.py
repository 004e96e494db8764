"""Igor Pro binary waves (.ibw), versions 2, 3, 5 and 7, in either byte order: one wave a file.

The layout is that of WaveMetrics' Technical Note 003 (PTN003, "Igor Binary Format"); see `igor_wave`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from gzero.loaders.igor_wave import (
    axis_of,
    check_numbers,
    checksum,
    metadata_in,
    options_in,
    read_wave,
    traces_in,
    values_of,
    version_of,
)  # fmt: skip
from gzero.loaders.source import looks_like, read_head, read_source, unread
from gzero.loaders.table import Table


@dataclass(frozen=True, slots=True)
class IgorLoader:
    """Reads one wave: a curve, or a map as one column for each trace."""

    name: str = "igor"
    description: str = "Igor Pro binary wave (.ibw), versions 2, 3, 5 and 7: a curve, or a map as one trace a column"
    suffixes: tuple[str, ...] = (".ibw", ".bwav")
    extra: str | None = None

    def recognises(self, path: Path) -> bool:
        """Whether the file begins with the headers of a wave whose checksum is right.

        Raises
        ------
        FileError : the file is missing, a directory, unreadable or empty.
        """
        head = read_head(path, 512)
        found = version_of(head)
        return found is not None and checksum(head, *found) == 0

    def read(self, path: str | os.PathLike[str]) -> Table:
        """The wave as columns: `axis 0` and the values, or for a map `axis 0` and one column for each trace.

        Values are as they are: NaN and infinities of a map stay. Complex waves give columns `... re` and `... im`.

        Raises
        ------
        FileError : unreadable, not a wave, damaged, a text wave, without points, or with three or four dimensions.
        """
        source = read_source(path)
        if version_of(source.data) is None:
            what = looks_like(source.data, Path(source.path).suffix)
            if what is not None:
                raise unread(what, source.path, loader=self.name)
        data = memoryview(source.data)
        wave = read_wave(data, path=source.path)
        check_numbers(wave, data, path=source.path)
        return Table(
            columns=(axis_of(wave), *traces_in(wave, values_of(wave, data))),
            metadata=metadata_in(wave),
            origin=source.origin(loader=self.name, options=options_in(wave), dropped=(), rows_read=wave.shape[0]),
        )


LOADER = IgorLoader()
