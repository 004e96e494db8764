"""One of the parts of a file (sheets, groups, runs), by name or number."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from gzero.errors import ColumnError

#: Names that an error lists before it says how many more there are.
_LISTED = 12

#: Letters of a name that was asked for, and of each that there is, that an error shows.
_SHOWN = 80


def part_named(wanted: str, names: Sequence[str], *, what: str, path: str) -> str:
    """The name of the part that a user means: spelled so, or alike but for case, or its number from 1.

    Parameters
    ----------
    names : of all parts, in the order of the file.
    what : a part is called ("sheet", "group", "run").

    Raises
    ------
    ColumnError : no part has this name, or several have it but for case.

    >>> part_named("iv", ["Settings", "IV"], what="sheet", path="a.xlsx")
    'IV'
    """
    if wanted in names:
        return wanted
    alike = [name for name in names if name.casefold().strip() == wanted.casefold().strip()]
    if len(alike) == 1:
        return alike[0]
    if wanted.isdecimal() and 1 <= int(wanted[:9]) <= len(names):
        return names[int(wanted[:9]) - 1]
    close = difflib.get_close_matches(wanted[:_SHOWN], names, n=3, cutoff=0.6) if len(names) > _LISTED else []
    listed = ", ".join(f"'{name[:_SHOWN]}'" for name in (close or names[:_LISTED]))
    if close:
        remedy = f"of its {len(names)} {what}s these come close: {listed}"
    else:
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        remedy = f"its {what}s are {listed}{more}"
    asked = wanted if len(wanted) <= _SHOWN else wanted[:_SHOWN] + "..."
    raise ColumnError(f"no {what} '{asked}'", path=path, remedy=remedy, allowed=tuple(names))
