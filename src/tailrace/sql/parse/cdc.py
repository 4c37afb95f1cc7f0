"""What follows the target of `APPLY CHANGES INTO` and `AUTO CDC INTO`: clauses in any order."""

from __future__ import annotations

from typing import Any

from tailrace.sql.parse.cursor import Cursor
from tailrace.sql.parse.statement import At, Cdc, ColumnSet, Span

_STARTS = (
    ("FROM",),
    ("KEYS",),
    ("WHERE",),
    ("IGNORE", "NULL"),
    ("APPLY", "AS"),
    ("SEQUENCE", "BY"),
    ("SYSTEM", "SEQUENCE"),
    ("COLUMNS",),
    ("STORED", "AS"),
    ("TRACK", "HISTORY"),
)
_WORDS = tuple(words[0] for words in _STARTS)
_REQUIRED = (("source", "FROM"), ("keys", "KEYS"), ("sequence_by", "SEQUENCE BY"))


def take_cdc(cursor: Cursor, what: str) -> Cdc:
    """All clauses to the end of the statement; `what` names the statement in errors."""
    taken: dict[str, At[Any]] = {}
    while not cursor.at_end:
        token, at = cursor.token, cursor.here
        name, title, value = _take_clause(cursor)
        if name in taken:
            raise cursor.error(
                f"{title} stands twice; the first is in line {taken[name].at.line}.", token=token
            )
        taken[name] = At(value, at)
    for name, title in _REQUIRED:
        if name not in taken:
            raise cursor.error(f"{what} has no {title}.", hint=f"Add {title}; it is required.")
    _check(cursor, taken)
    source = taken.pop("source").value
    return Cdc(source=source, **taken)


def _take_clause(cursor: Cursor) -> tuple[str, str, Any]:
    if cursor.try_words("FROM"):
        return "source", "FROM", _take_text(cursor, "a source after FROM")
    if cursor.try_words("KEYS"):
        return "keys", "KEYS", cursor.take_names("KEYS")
    if cursor.try_words("WHERE"):
        return "where", "WHERE", _take_text(cursor, "a condition after WHERE")
    if cursor.at_words("IGNORE"):
        cursor.take_words("IGNORE", "NULL", "UPDATES")
        columns = None
        if cursor.try_words("ON"):
            columns = _take_set(cursor, "IGNORE NULL UPDATES ON")
        return "ignore_null_updates", "IGNORE NULL UPDATES", columns
    if cursor.at_words("APPLY"):
        cursor.take_words("APPLY", "AS")
        kind = cursor.take_one_of(("DELETE", "TRUNCATE"))
        cursor.take_words("WHEN")
        title = f"APPLY AS {kind} WHEN"
        return f"{kind.lower()}_when", title, _take_text(cursor, f"a condition after {title}")
    if cursor.at_words("SEQUENCE"):
        cursor.take_words("SEQUENCE", "BY")
        return "sequence_by", "SEQUENCE BY", _take_text(cursor, "a column after SEQUENCE BY")
    if cursor.at_words("SYSTEM"):
        cursor.take_words("SYSTEM", "SEQUENCE", "BY")
        title = "SYSTEM SEQUENCE BY"
        return "system_sequence_by", title, _take_text(cursor, f"a column after {title}")
    if cursor.try_words("COLUMNS"):
        return "columns", "COLUMNS", _take_set(cursor, "COLUMNS")
    if cursor.try_words("STORED", "AS", "BITEMPORAL"):
        return "bitemporal", "STORED AS", True
    if cursor.at_words("STORED"):
        return "scd_type", "STORED AS", _take_scd(cursor)
    if cursor.at_words("TRACK"):
        cursor.take_words("TRACK", "HISTORY", "ON")
        return "track_history", "TRACK HISTORY ON", _take_set(cursor, "TRACK HISTORY ON")
    raise cursor.expected("a clause such as KEYS, SEQUENCE BY or COLUMNS", _WORDS)


def _take_text(cursor: Cursor, what: str) -> Span:
    """Text up to the next clause; bracketed queries and CASE pass."""
    first = cursor.token

    def stop() -> bool:
        if cursor.token is first:
            return any(cursor.at_words(*words) for words in _STARTS if len(words) > 1)
        return any(cursor.at_words(*words) for words in _STARTS)

    return cursor.take_until(stop, what)


def _take_set(cursor: Cursor, what: str) -> ColumnSet:
    if cursor.try_sign("*"):
        if not cursor.try_words("EXCEPT"):
            raise cursor.expected(f"EXCEPT (columns) after {what} *", ["EXCEPT"])
        return ColumnSet(cursor.take_names(f"{what} * EXCEPT"), except_=True)
    if cursor.at_sign("("):
        return ColumnSet(cursor.take_names(what))
    names = [cursor.take_dotted(f"columns or * EXCEPT (columns) after {what}")]
    while cursor.try_sign(","):
        names.append(cursor.take_dotted(f"a column in {what}"))
    return ColumnSet(tuple(names))


def _take_scd(cursor: Cursor) -> int:
    cursor.take_words("STORED", "AS", "SCD", "TYPE")
    token = cursor.token
    number = cursor.take_integer("1 or 2 after SCD TYPE")
    if number not in (1, 2):
        raise cursor.error(f"SCD TYPE {number} does not exist.", token=token, hint="It is 1 or 2.")
    return number


def _check(cursor: Cursor, taken: dict[str, At[Any]]) -> None:
    """Clauses that contradict each other."""
    if "bitemporal" in taken and "scd_type" in taken:
        raise _at(cursor, taken["scd_type"], "STORED AS stands twice.")
    if "bitemporal" in taken and "system_sequence_by" not in taken:
        raise _at(cursor, taken["bitemporal"], "STORED AS BITEMPORAL needs SYSTEM SEQUENCE BY.")
    scd = taken["scd_type"].value if "scd_type" in taken else 1
    if "track_history" in taken and scd != 2:
        raise _at(cursor, taken["track_history"], "TRACK HISTORY ON needs STORED AS SCD TYPE 2.")
    if "truncate_when" in taken and scd == 2:
        raise _at(cursor, taken["truncate_when"], "APPLY AS TRUNCATE WHEN needs SCD TYPE 1.")
    columns = taken.get("columns")
    if columns is None:
        return
    keys = {key.lower() for key in taken["keys"].value}
    named = {name.lower() for name in columns.value.names}
    left_out = (keys & named) if columns.value.except_ else (keys - named)
    if left_out:
        raise _at(cursor, columns, f"COLUMNS leaves out the key '{min(left_out)}'.")


def _at(cursor: Cursor, clause: At[Any], message: str) -> Exception:
    token = next(token for token in cursor.tokens if token.start == clause.at.offset)
    return cursor.error(message, token=token)
