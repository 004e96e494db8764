"""What is in an HDF5 file: its datasets and attributes, with every count bounded, and the links that are not followed."""

from __future__ import annotations

import importlib
import importlib.util
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gzero.loaders.hdf5_unmarked import Unmarked

#: Objects, depth of groups, links a group, attributes an object and in all that are looked at.
MAX_OBJECTS = 20_000
MAX_DEPTH = 32
MAX_LINKS = 20_000
MAX_ATTRIBUTES = 200
MAX_ATTRIBUTES_IN_ALL = 20_000

#: Bytes of an attribute or a small dataset that are read, entries that are told, and signs of a text.
MAX_BYTES = 1 << 22
MAX_ENTRIES = 64
MAX_TEXT = 2000

#: Attributes that hold how the file is built, not what was measured.
_BUILT = ("DIMENSION_LIST", "REFERENCE_LIST", "_Netcdf4Coordinates", "_Netcdf4Dimid", "_nc3_strict", "MATLAB_fields")

#: Filters that libhdf5 and h5py always have (deflate, shuffle, fletcher32, szip, nbit, scaleoffset, lzf).
_NAMES = {307: "bzip2", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32015: "zstd", 32026: "blosc2"}


class RefusedError(Exception):
    """What gzero does not do with a file, as opposed to a file that is damaged."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.remedy = remedy


def plain_text(value: Any) -> str:
    """Text of a file, whatever its bytes are."""
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)


@dataclass(slots=True, kw_only=True, eq=False)
class _Found:
    """What a walk through the groups has met."""

    dropped: list[tuple[str, str]]
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    objects: list[tuple[dict[str, Any], Any]] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    soft: list[tuple[str, str]] = field(default_factory=list)


class Reader:
    """An HDF5 file, open for reading without a lock."""

    def __init__(self, path: str) -> None:
        h5py: Any = importlib.import_module("h5py")
        self._h5 = h5py
        self._size = os.stat(path).st_size
        self._notes: list[tuple[str, str]] = []
        self._file = self._opened(path)
        self._seen: dict[Any, str] = {}
        self._attributes = 0

    def _opened(self, path: str) -> Any:
        h5py = self._h5
        try:
            return h5py.File(path, "r", locking=False)
        except OSError as error:
            if "already open" not in str(error):
                raise
        self._notes.append(("file is being written", "a program has it open, or crashed so: read as it stands"))
        try:
            return h5py.File(path, "r", locking=False, swmr=True)  # its writer expects readers
        except OSError:
            return h5py.File(Unmarked(path), "r")

    # ---- links -------------------------------------------------------------------------------------------------------

    def _links(self, group: Any) -> Iterator[tuple[str, bytes, int]]:
        """(name, name as bytes, type) of the links in a group, as it was written where the file says that order."""
        h5 = self._h5
        tracked = group.get_create_plist().get_link_creation_order() & h5.h5p.CRT_ORDER_INDEXED
        found: list[tuple[bytes, int]] = []

        def note(name: bytes, info: Any) -> bool | None:
            found.append((name, int(info.type)))
            return True if len(found) >= MAX_LINKS else None

        order = h5.h5.INDEX_CRT_ORDER if tracked else h5.h5.INDEX_NAME
        if len(group):
            group.links.iterate(note, info=True, idx_type=order)
        for name, kind in found:
            yield plain_text(name), name, kind

    def _target(self, path: str, depth: int = 0) -> str | None:
        """The path that a soft link leads to, with every link on its way resolved; None where it leaves the file."""
        h5 = self._h5
        if depth > MAX_DEPTH:
            return None
        at, walked = self._h5.h5g.open(self._file.id, b"/"), ""
        names = [name for name in path.split("/") if name not in ("", ".")]
        for i, name in enumerate(names):
            link = at.links.get_info(name.encode())
            if link.type == h5.h5l.TYPE_SOFT:
                value = plain_text(at.links.get_val(name.encode()))
                rest = "/".join([value if value.startswith("/") else f"{walked}/{value}", *names[i + 1 :]])
                return self._target(rest, depth + 1)
            if link.type != h5.h5l.TYPE_HARD:
                return None
            walked += f"/{name}"
            if i + 1 < len(names):
                opened = h5.h5o.open(at, name.encode())
                if not isinstance(opened, h5.h5g.GroupID):
                    return None
                at = opened
        return walked or "/"

    def dataset(self, path: str) -> Any:
        """A dataset by a path without links, checked before anything of it is read."""
        if self._target(path) != path:
            raise RefusedError(f"'{path}' is a link")
        found = self._h5.Dataset(self._h5.h5o.open(self._file.id, path.encode()))
        reason = self._blocked(found)
        if reason:
            raise RefusedError(f"the dataset '{path}' {reason[0]}", reason[1])
        return found

    # ---- the tree ----------------------------------------------------------------------------------------------------

    def tree(self, alive: Callable[[], None]) -> dict[str, Any]:
        """All datasets and the attributes of all groups, in the order of the file.

        Parameters
        ----------
        alive : called now and then.
        """
        found = _Found(dropped=list(self._notes))
        pending: list[tuple[str, Any, int]] = [("", self._h5.h5g.open(self._file.id, b"/"), 0)]
        while pending:
            path, group, depth = pending.pop(0)
            if not self._new(group, path or "/"):
                found.links[path] = self._seen[self._key(group)]
                continue
            found.groups[path or "/"] = self._attributes_of(group)
            for name, raw, kind in self._links(group):
                if len(self._seen) + len(pending) >= MAX_OBJECTS:
                    raise RefusedError(f"more than {MAX_OBJECTS} groups and datasets", "split the file")
                if len(self._seen) % 500 == 0:
                    alive()
                below = f"{path}/{name}"
                opened = self._member(group, raw, kind, below, found)
                if isinstance(opened, self._h5.h5g.GroupID):
                    if depth >= MAX_DEPTH:
                        found.dropped.append(("groups too deep", f"'{below}'"))
                    else:
                        pending.append((below, opened, depth + 1))
        for below, value in found.soft:
            self._soft(below, value, found.links, found.dropped)
        for record, dataset in found.objects:
            record["scales"] = self._scales(self._h5.Dataset(dataset))
        records = [record for record, _ in found.objects]
        return {"groups": found.groups, "datasets": records, "links": found.links, "dropped": found.dropped}

    def _member(self, group: Any, raw: bytes, kind: int, below: str, found: _Found) -> Any:
        """What one link of a group leads to, noted; a group is handed back."""
        h5 = self._h5
        if kind == h5.h5l.TYPE_SOFT:
            found.soft.append((below, plain_text(group.links.get_val(raw))))
            return None
        if kind != h5.h5l.TYPE_HARD:
            found.dropped.append(("link to another file", f"'{below}' is not followed"))
            return None
        try:
            opened = h5.h5o.open(group, raw)
            if isinstance(opened, h5.h5d.DatasetID):
                if self._new(opened, below):
                    found.objects.append((self._describe(below, h5.Dataset(opened)), opened))
                else:
                    found.links[below] = self._seen[self._key(opened)]
        except Exception as error:  # noqa: BLE001 - h5py raises almost anything on a damaged object
            found.dropped.append(("unreadable object", f"'{below}': {' '.join(str(error).split())[:200]}"))
            return None
        return opened

    def _soft(self, below: str, value: str, links: dict[str, str], dropped: list[tuple[str, str]]) -> None:
        start = value if value.startswith("/") else below.rpartition("/")[0] + "/" + value
        try:
            target = self._target(start)
        except (KeyError, OSError, ValueError, RuntimeError):
            dropped.append(("broken link", f"'{below}' leads to '{value[:200]}', which is not there"))
            return
        if target is None:
            dropped.append(("link to another file", f"'{below}' leads to '{value[:200]}' and is not followed"))
        else:
            links[below] = target

    def _key(self, found: Any) -> Any:
        info = self._h5.h5o.get_info(found)
        return (int(info.fileno), int(info.addr))

    def _new(self, found: Any, path: str) -> bool:
        key = self._key(found)
        if key in self._seen:
            return False
        self._seen[key] = path
        return True

    # ---- one dataset -------------------------------------------------------------------------------------------------

    def _describe(self, path: str, dataset: Any) -> dict[str, Any]:
        attributes, shape = self._attributes_of(dataset.id), dataset.shape
        record: dict[str, Any] = {
            "path": path, "shape": None if shape is None else [int(n) for n in shape],
            "kind": "", "fields": {}, "attributes": attributes, "blocked": None, "scales": [],
        }  # fmt: skip
        if shape is None:
            record["blocked"] = "holds nothing"
            return record
        kind = dataset.dtype
        record["kind"] = _kind(kind)
        record["type"] = str(kind)[:100]
        if kind.names is not None and record["kind"] == "compound":
            record["fields"] = {name: _kind(kind[name]) for name in kind.names}
        reason = self._blocked(dataset)
        if reason is not None:
            record["blocked"] = ": ".join(part for part in reason if part)
            return record
        letters = attributes.get("MATLAB_class") == "char" and record["kind"] == "integer"
        size = math.prod(record["shape"])
        small = size == 1 or (letters and size <= MAX_TEXT)
        if small and kind.itemsize <= MAX_BYTES and record["kind"] in ("real", "integer", "text"):
            values = np.asarray(dataset[()]).ravel()
            record["value"] = "".join(map(chr, values.tolist())) if letters else _told(values)
        return record

    def _blocked(self, dataset: Any) -> tuple[str, str] | None:
        """Why a dataset is not read, and what can be done; None where it can be."""
        h5 = self._h5
        plist = dataset.id.get_create_plist()
        if plist.get_external_count() > 0:
            return "keeps its numbers in another file, which is not opened", "copy them into this file (h5repack)"
        layout = plist.get_layout()
        if layout == h5.h5d.VIRTUAL:
            return "is a view of other datasets, which is not opened", "copy it into one file (h5repack)"
        for i in range(min(plist.get_nfilters(), 32)):
            code, _, _, name = plist.get_filter(i)
            if not h5.h5z.filter_avail(code):
                told = _NAMES.get(code, plain_text(name)[:60] or "unnamed")
                have = importlib.util.find_spec("hdf5plugin") is not None
                remedy = "save it with gzip" if have else "pip install hdf5plugin, or save it with gzip"
                return f"is packed with '{told}' (filter {code}), which is not installed", remedy
        if layout == h5.h5d.CHUNKED:
            chunk = plist.get_chunk()
            if int(np.prod([int(n) for n in chunk], dtype=object)) * dataset.dtype.itemsize > 1 << 28:
                return "is cut into chunks larger than 256 MiB", "save it again with smaller chunks (h5repack)"
            chunks = 1
            for n, m in zip(dataset.shape, chunk, strict=True):
                chunks *= -(-int(n) // max(1, int(m)))
            if chunks > max(100_000, self._size // 8):
                return f"states {chunks} chunks, more than its file can hold", "is it damaged?"
        return None

    def _scales(self, dataset: Any) -> list[str | None]:
        """The paths of the dimension scales, one for each dimension that has any."""
        out: list[str | None] = []
        h5 = self._h5
        for i in range(len(dataset.shape or ())):
            path = None
            try:
                if h5.h5ds.get_num_scales(dataset.id, i) > 0:
                    path = self._seen.get(self._key(dataset.dims[i][0].id))
            except (OSError, RuntimeError, ValueError, KeyError, TypeError, IndexError):
                path = None
            out.append(path)
        return out

    # ---- attributes --------------------------------------------------------------------------------------------------

    def _attributes_of(self, found: Any) -> dict[str, Any]:
        h5 = self._h5
        out: dict[str, Any] = {}
        names: list[bytes] = []

        def note(name: bytes) -> bool | None:
            names.append(name)
            return True if len(names) >= MAX_ATTRIBUTES else None

        h5.h5a.iterate(found, note)
        holder = h5.AttributeManager(_Held(found))
        for raw in names:
            name = plain_text(raw)
            if name in _BUILT or self._attributes >= MAX_ATTRIBUTES_IN_ALL:
                continue
            self._attributes += 1
            try:
                attribute = h5.h5a.open(found, raw)
                size = int(np.prod([int(n) for n in attribute.shape], dtype=object)) * max(1, attribute.dtype.itemsize)
                if size <= MAX_BYTES and _kind(attribute.dtype) in ("real", "integer", "text", "complex"):
                    value = holder[name]
                    if not isinstance(value, h5.Empty):
                        out[name] = _told(np.asarray(value).ravel())
            except Exception:  # noqa: BLE001 - an attribute that cannot be read says nothing
                continue
        return out


class _Held:
    """What h5py's attribute manager asks of an object."""

    def __init__(self, found: Any) -> None:
        self.id = found


def _told(values: Any) -> Any:
    """A value, or a list of values, for JSON; a text for what is long."""
    entries = [_entry(value) for value in values[:MAX_ENTRIES].tolist()]
    if len(values) > MAX_ENTRIES:
        return f"{', '.join(str(entry) for entry in entries[:8])}, ... ({len(values)} entries)"[:MAX_TEXT]
    return entries[0] if len(entries) == 1 else entries


def _entry(value: Any) -> Any:
    if isinstance(value, (bytes, str)):
        return plain_text(value)[:MAX_TEXT]
    if isinstance(value, (bool, int, float)):
        return value
    return str(value)[:MAX_TEXT]


def _kind(kind: Any) -> str:
    """What the entries of a type are: real, integer, complex, text, compound, or "" for anything else."""
    if kind.subdtype is not None:
        return ""
    if kind.kind in "f":
        return "real"
    if kind.kind in "iub":
        return "integer"
    if kind.kind == "c":
        return "complex"
    if kind.kind in "SU":
        return "text"
    if kind.kind == "O":
        return "text" if importlib.import_module("h5py").check_string_dtype(kind) is not None else ""
    if kind.names is None:
        return ""
    names = tuple(name.casefold() for name in kind.names)
    numbers = all(kind[name].kind in "fiu" and kind[name].subdtype is None for name in kind.names)
    if numbers and names in (("r", "i"), ("re", "im"), ("real", "imag")):
        return "complex"
    return "compound"
