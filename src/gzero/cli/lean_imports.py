"""What the command line does not wait for, although a package that it uses imports it.

scipy takes all names of numpy, the front end of a Fortran compiler and tools for tests among them, and all of geometry for one
optimizer; matplotlib writes 120 help texts for the methods of its artists, and imports axes in three dimensions. None of that
answers a question of ours, and it was a quarter of the imports of a report. Here such a module is imported when it is first
used: by `importlib.util.LazyLoader`, and the axes in three dimensions by a class that makes them. Who uses it (a loader that is
plugged in, say) finds it whole. Only the help texts are left out: the list of properties in the docstring of an artist's `set`.

All of it rests on public names, and belongs to the process of the command line, which is ours: nothing of it happens where
gzero is imported as a library.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import LazyLoader
from types import ModuleType
from typing import Any

#: Modules that wait until somebody uses them: who imports them, and for what.
POSTPONED = frozenset(
    {
        "PIL.ExifTags",  # PIL.Image, for the tags of photographs
        "fontTools.agl",  # matplotlib, for the glyph names of TeX
        "numpy.ctypeslib",  # this and the next three: scipy, for `from numpy import *`
        "numpy.f2py",
        "numpy.polynomial",
        "numpy.testing",
        "plistlib",  # matplotlib, for the fonts of a Mac
        "pydoc",  # scipy, for docstrings
        "scipy.spatial",  # scipy.optimize, for shgo
    }
)

#: Modules that are imported without help texts and axes in three dimensions: all that gzero draws with.
PLAIN = frozenset({"matplotlib.backends.backend_svg", "matplotlib.figure"})

_SOLID = "mpl_toolkits.mplot3d"


def import_lean() -> None:
    """From now on, in this process, postpone what is named above."""
    if _LEAN not in sys.meta_path:
        sys.meta_path.insert(0, _LEAN)


class _Lean:
    """Finds the modules named above where they are, and has them imported in another way."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in POSTPONED and fullname not in PLAIN:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        # anything else than a file of source (a zip archive, say) is imported as ever
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            lean = LazyLoader if fullname in POSTPONED else _Plain
            spec.loader = lean(spec.loader)
        return spec


_LEAN = _Lean()


class _Plain(SourceFileLoader):
    """A loader of source, that runs while matplotlib writes no help texts and has no axes in three dimensions."""

    def __init__(self, loader: SourceFileLoader) -> None:
        super().__init__(loader.name, loader.path)

    def exec_module(self, module: ModuleType) -> None:
        with _without_help_texts(), _without_solid_axes():
            super().exec_module(module)


@contextlib.contextmanager
def _without_help_texts() -> Iterator[None]:
    """matplotlib's `kwdoc`, which lists the properties of an artist for docstrings, says nothing."""
    from matplotlib import artist

    kwdoc = getattr(artist, "kwdoc", None)
    if kwdoc is None:  # of another matplotlib
        yield
        return
    artist.kwdoc = lambda artist: ""
    try:
        yield
    finally:
        artist.kwdoc = kwdoc


@contextlib.contextmanager
def _without_solid_axes() -> Iterator[None]:
    """matplotlib finds `_SolidAxes` where it looks for its own axes in three dimensions; nobody else does."""
    if _SOLID in sys.modules:
        yield
        return
    stand_in = ModuleType(_SOLID)
    stand_in.Axes3D = _SolidAxes  # type: ignore[attr-defined]
    sys.modules[_SOLID] = stand_in
    try:
        yield
    finally:
        del sys.modules[_SOLID]


class _SolidAxes:
    """What `add_subplot(projection="3d")` makes: matplotlib's own axes, imported now."""

    name = "3d"

    def __new__(cls, *said: Any, **named: Any) -> Any:
        from matplotlib.projections import register_projection
        from mpl_toolkits.mplot3d import Axes3D  # type: ignore[import-untyped]

        register_projection(Axes3D)
        return Axes3D(*said, **named)
