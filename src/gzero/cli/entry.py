"""Where the command `gzero` starts: run it, and turn an error of ours into one clear line and an exit code."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import traceback
from typing import NoReturn

from gzero.errors import GzeroError

#: Exit codes of `gzero validate`; any command ends with ERROR on bad input.
QUANTIZED, NOT_QUANTIZED, ERROR, UNDECIDED = 0, 1, 2, 3

INTERRUPTED = 130  # what a shell reports of a process that SIGINT ended
PIPE_CLOSED = 141  # what a shell reports of a process that SIGPIPE ended


def main() -> None:
    """Run the command line."""
    # modules and their classes live as long as the process: looking through them for garbage 360 times took 0.2 s of a report,
    # once still 0.06 s; a report makes 200,000 objects that stay
    gc.set_threshold(400_000)
    from gzero.cli.lean_imports import import_lean
    from gzero.pipeline.processes import THREADS

    # as in a batch's processes, whose results are the same to the last bit; it is read when numpy is imported
    for variable in THREADS:
        os.environ.setdefault(variable, "1")
    import_lean()
    from gzero.cli.command_line import command_line, misused

    try:
        code = command_line()(standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except GzeroError as error:
        fail(str(error))
    except SystemExit:
        # the terminal renderer leaves so when the reader of our output has gone
        _leave_pipe()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        _leave_pipe()
    except OSError as error:
        fail(f"the output cannot be written: {(error.strerror or str(error)).lower()}")
    except Exception as error:  # noqa: BLE001 - the last place that can turn a defect into one line
        said = misused(error)
        if said is None:
            # an exit code of 1 would read as a verdict; a defect of ours must never
            frame = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{frame.filename.rpartition('gzero/')[2]}:{frame.lineno}"
            fail(f"a defect in gzero, at {where}: {type(error).__name__}: {error}; please report it with the file")
        fail(said)
    if code == INTERRUPTED:  # the parser of the command line may have turned the key into this code
        fail("interrupted; nothing was left half-written", code=INTERRUPTED)
    raise SystemExit(code if isinstance(code, int) else 0)


def _leave_pipe() -> NoReturn:
    """The reader of our output has seen enough (`gzero quanta | head`): go as a pipeline expects."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(PIPE_CLOSED)


def fail(line: str, *, code: int = ERROR) -> NoReturn:
    """One line on stderr, and out."""
    print(f"gzero: {' '.join(line.split())}", file=sys.stderr)
    raise SystemExit(code)
