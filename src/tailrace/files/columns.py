"""Which value of a record belongs to which column.

Header names are cut of blanks around them (Spark keeps these; files in the wild have hundreds of them and
nobody means them); a nameless column is `_c<position>`; of names that are equal but for case each gets its
position appended, as Spark does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tailrace.model.types import Schema


def header_names(values: Sequence[str | None]) -> tuple[str, ...]:
    """Names of the columns that a header line gives."""
    names = [(value or "").strip() for value in values]
    counts = Counter(name.lower() for name in names)
    return tuple(
        f"_c{position}" if not name else f"{name}{position}" if counts[name.lower()] > 1 else name
        for position, name in enumerate(names)
    )


def positions(schema: Schema, names: Sequence[str], skip: Sequence[str], by_name: bool) -> dict[str, int]:
    """Column of the schema to its position in a record; columns without one are missing.

    `skip` are columns that come from elsewhere: rescued data, folders.
    """
    left_out = {name.lower() for name in skip}
    wanted = [field.name for field in schema.fields if field.name.lower() not in left_out]
    if not by_name:
        return {name: position for position, name in enumerate(wanted) if position < len(names)}
    places = {name.lower(): position for position, name in enumerate(names)}
    return {name: places[name.lower()] for name in wanted if name.lower() in places}
