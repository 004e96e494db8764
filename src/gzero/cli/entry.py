"""Where the command `gzero` starts: run it, and turn an error of ours into one clear line and an exit code."""

from __future__ import annotations

import sys

from gzero.errors import GzeroError

#: Exit codes of `gzero validate`; any command ends with ERROR on bad input.
QUANTIZED, NOT_QUANTIZED, ERROR, UNDECIDED = 0, 1, 2, 3


def main() -> None:
    """Run the command line."""
    from gzero.cli.app import app

    try:
        code = app(standalone_mode=False)
    except GzeroError as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail("interrupted; nothing was left half-written", code=130)
    except BrokenPipeError:
        # the reader of our output has seen enough (`gzero quanta | head`)
        sys.stderr.close()
        raise SystemExit(0) from None
    except Exception as error:
        show = getattr(error, "format_message", None)  # click's own: a flag that does not exist, a missing argument
        if show is None:
            raise
        fail(f"{show()} (see gzero --help)")
    raise SystemExit(code if isinstance(code, int) else 0)


def fail(line: str, *, code: int = ERROR) -> None:
    """One line on stderr, and out."""
    print(f"gzero: {' '.join(line.split())}", file=sys.stderr)
    raise SystemExit(code)
