"""Loaders with faults, to see whether the fuzzer finds them: each reads a file that begins with its name.

Not a test and no part of gzero: `test_fuzzing.py` gives this file to the fuzzer in the place of the loaders built in.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import pickle
import re
import socket
import sqlite3
import subprocess
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from seeds import Seed

from gzero.errors import FileError
from gzero.loaders.table import Column, Origin, Table

TRAP: list[str] = []
HELD: list[object] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Faulty:
    """A loader whose `read` does something first."""

    name: str
    fault: Callable[[str, bytes], object]
    description: str = "planted"
    suffixes: tuple[str, ...] = ()
    extra: str | None = None

    def recognises(self, path: Path) -> bool:
        return path.suffix == f".{self.name}"

    def read(self, path: str) -> Table:
        data = Path(path).read_bytes()
        given = self.fault(path, data)
        if given is not None:
            return given  # type: ignore[return-value]
        return sound(path, data, self.name)


def sound(path: str, data: bytes, name: str, **changed: object) -> Table:
    origin = Origin(path=path, sha256=hashlib.sha256(data).hexdigest(), loader=name)
    column = Column(name="a", unit_text=None, values=np.zeros(2), source="planted")
    return Table(columns=(column,), metadata={}, origin=origin, **changed)  # type: ignore[arg-type]


def refuse(path: str, data: bytes) -> None:
    raise FileError("not today", path=path, remedy="come back tomorrow")


def refuse_without_name(path: str, data: bytes) -> None:
    raise FileError("not today")


def refuse_at_length(path: str, data: bytes) -> None:
    raise FileError("so " * 5000 + "bad", path=path)


def raise_value_error(path: str, data: bytes) -> None:
    raise ValueError("a fault")


def leave(path: str, data: bytes) -> None:
    raise SystemExit(1)


def hang(path: str, data: bytes) -> None:
    while True:
        time.sleep(1)


def hang_in_c(path: str, data: bytes) -> None:
    re.match(r"(a+)+$", "a" * 60 + "b")  # holds the interpreter's lock for longer than anybody waits


def eat(path: str, data: bytes) -> None:
    bytearray(3 << 30)


def crash(path: str, data: bytes) -> None:
    import faulthandler

    faulthandler._sigsegv()  # type: ignore[attr-defined]


def write_beside(path: str, data: bytes) -> None:
    Path(path + ".cache").write_bytes(b"0")


def write_through_c(path: str, data: bytes) -> None:
    base = sqlite3.connect(path + ".db")  # by no call of `open` that an audit hook hears of
    base.execute("CREATE TABLE a (b)")
    base.commit()
    base.close()


def change(path: str, data: bytes) -> None:
    os.truncate(path, 1)


def read_another(path: str, data: bytes) -> None:
    Path("/etc/passwd").read_bytes()


def unpickle(path: str, data: bytes) -> None:
    pickle.loads(pickle.dumps(Path("/")))  # noqa: S301 - a fault on purpose


def swallow(path: str, data: bytes) -> None:
    try:
        pickle.loads(pickle.dumps(Path("/")))  # noqa: S301 - a fault on purpose
    except BaseException:  # noqa: BLE001 - a loader that hides what it does
        raise FileError("damaged", path=path) from None


def unmarshal(path: str, data: bytes) -> None:
    marshal.loads(marshal.dumps(1))


def evaluate(path: str, data: bytes) -> None:
    eval("1 + 1")  # noqa: S307 - a fault on purpose


def call(path: str, data: bytes) -> None:
    os.system("true")


def start(path: str, data: bytes) -> None:
    subprocess.run(["true"], check=True)


def fetch(path: str, data: bytes) -> None:
    socket.create_connection(("127.0.0.1", 9), timeout=0.1)


def warn(path: str, data: bytes) -> None:
    warnings.warn("look out", UserWarning, stacklevel=2)


def shout(path: str, data: bytes) -> None:
    print("reading")  # noqa: T201 - a fault on purpose


def leak(path: str, data: bytes) -> None:
    HELD.append(os.open(path, os.O_RDONLY))


def no_table(path: str, data: bytes) -> object:
    return [1, 2]


def broken_table(path: str, data: bytes) -> Table:
    return sound(path, data, "broken", row_numbers=(1, 2, 3))


def other_file(path: str, data: bytes) -> Table:
    return sound(path, data + b"!", "other")


def sometimes(path: str, data: bytes) -> None:
    if b"\0" in data:
        raise IndexError("only where there is a null byte")


#: Name of a loader -> (what it does, the kind of failure that must be found; None for a sound one).
FAULTS: dict[str, tuple[Callable[[str, bytes], object], str | None]] = {
    "good": (lambda path, data: None, None),
    "strict": (refuse, None),
    "nameless": (refuse_without_name, "file not named"),
    "long": (refuse_at_length, "no clear line"),
    "raising": (raise_value_error, "raised"),
    "leaving": (leave, "raised"),
    "sometimes": (sometimes, "raised"),
    "hanging": (hang, "hang"),
    "stuck": (hang_in_c, "hang"),
    "hungry": (eat, "memory"),
    "crashing": (crash, "crash"),
    "writing": (write_beside, "forbidden"),
    "database": (write_through_c, "forbidden"),
    "changing": (change, "forbidden"),
    "curious": (read_another, "forbidden"),
    "pickled": (unpickle, "forbidden"),
    "hiding": (swallow, "forbidden"),
    "marshalled": (unmarshal, "forbidden"),
    "evaluating": (evaluate, "forbidden"),
    "calling": (call, "forbidden"),
    "starting": (start, "forbidden"),
    "fetching": (fetch, "forbidden"),
    "warning": (warn, "raised"),
    "shouting": (shout, "forbidden"),
    "leaking": (leak, "files left open"),
    "untabled": (no_table, "no table"),
    "broken": (broken_table, "broken table"),
    "other": (other_file, "broken table"),
}

LOADERS = [Faulty(name=name, fault=fault) for name, (fault, _) in FAULTS.items()]
SEEDS = [Seed(name=f"planted {name}", suffix=f".{name}", core=b"1 2 3 4 5 6 7 8 9\n" * 4) for name in FAULTS]
