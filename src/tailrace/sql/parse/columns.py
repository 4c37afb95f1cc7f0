"""The brackets after a dataset's name: columns, keys, expectations, in any order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tailrace.sql.parse.cursor import Cursor
from tailrace.sql.parse.statement import (
    Action,
    At,
    Column,
    Expect,
    Generated,
    Key,
    Mask,
    References,
    Span,
)
from tailrace.sql.parse.types import TYPE_WORDS, take_type

_ACTIONS: dict[tuple[str, str], Action] = {
    ("DROP", "ROW"): "drop",
    ("FAIL", "UPDATE"): "fail",
    ("QUARANTINE", "ROW"): "quarantine",
}
_CONSTRAINT_WORDS = ("EXPECT", "PRIMARY", "FOREIGN", "CHECK")
_OPTIONS = (
    ("NOT", "ENFORCED"),
    ("ENFORCED",),
    ("NORELY",),
    ("RELY",),
    ("NOT", "DEFERRABLE"),
    ("DEFERRABLE",),
    ("INITIALLY", "DEFERRED"),
    ("INITIALLY", "IMMEDIATE"),
    ("TIMESERIES",),
    ("MATCH", "FULL"),
    ("ON", "UPDATE", "NO", "ACTION"),
    ("ON", "DELETE", "NO", "ACTION"),
)


@dataclass
class ColumnList:
    """What the brackets hold, in the order written within each kind."""

    columns: list[Column] = field(default_factory=list)
    keys: list[At[Key]] = field(default_factory=list)
    expectations: list[Expect] = field(default_factory=list)


def take_column_list(cursor: Cursor, into: ColumnList) -> None:
    """`( entry, entry, ... )`; the cursor stands at the opening bracket."""
    cursor.take_list(lambda: _take_entry(cursor, into), "columns or constraints")
    typed = [column for column in into.columns if column.type is not None]
    if typed and len(typed) != len(into.columns):
        bare = next(column for column in into.columns if column.type is None)
        token = next(token for token in cursor.tokens if token.start == bare.at.offset)
        raise cursor.error(f"Column '{bare.name}' has no type, others have one.", token=token)


def _take_entry(cursor: Cursor, into: ColumnList) -> None:
    is_column = cursor.ahead(1).upper in TYPE_WORDS and cursor.ahead(2).upper not in _CONSTRAINT_WORDS
    if cursor.at_words("CONSTRAINT") and not is_column:
        take_constraint(cursor, into)
    elif cursor.at_words("PRIMARY", "KEY") or cursor.at_words("FOREIGN", "KEY"):
        into.keys.append(At(_take_key(cursor, None), cursor.here))
    else:
        into.columns.append(_take_column(cursor, into))


def take_constraint(cursor: Cursor, into: ColumnList) -> None:
    """`CONSTRAINT name EXPECT (...) ...` or a named key."""
    at = cursor.here
    cursor.take_words("CONSTRAINT")
    token = cursor.token
    if token.upper == "EXPECT" and cursor.ahead(1).text == "(":
        raise cursor.error("CONSTRAINT has no name.", hint="CONSTRAINT name EXPECT (condition)")
    name = cursor.take_part("the constraint's name")
    if cursor.at_words("PRIMARY") or cursor.at_words("FOREIGN"):
        into.keys.append(At(_take_key(cursor, name), at))
        return
    if not cursor.try_words("EXPECT"):
        raise cursor.expected(
            "EXPECT, PRIMARY KEY or FOREIGN KEY after the constraint's name",
            ("EXPECT", "PRIMARY", "FOREIGN"),
            hint="CHECK constraints are written EXPECT." if cursor.at_words("CHECK") else None,
        )
    if any(known.name.lower() == name.lower() for known in into.expectations):
        raise cursor.error(f"The expectation '{name}' stands twice.", token=token)
    condition = cursor.take_group("a condition in brackets after EXPECT")
    into.expectations.append(Expect(name, condition, _take_action(cursor), at))


def _take_action(cursor: Cursor) -> Action:
    if not cursor.at_words("ON"):
        return "warn"
    cursor.take_words("ON", "VIOLATION")
    for words, action in _ACTIONS.items():
        if cursor.try_words(*words):
            if cursor.at_words("ON", "VIOLATION"):
                raise cursor.error("ON VIOLATION stands twice for one expectation.")
            return action
    first = cursor.token.upper
    whole = next((words for words in _ACTIONS if words[0] == first), None)
    raise cursor.expected(
        "DROP ROW, FAIL UPDATE or QUARANTINE ROW after ON VIOLATION",
        ("DROP", "FAIL", "QUARANTINE"),
        hint=f"Write {' '.join(whole)}." if whole else None,
    )


def _take_key(cursor: Cursor, name: str | None) -> Key:
    if cursor.try_words("PRIMARY"):
        cursor.take_words("KEY")
        columns = _take_key_columns(cursor, "PRIMARY KEY")
        return Key(columns, None, name, _take_options(cursor))
    cursor.take_words("FOREIGN", "KEY")
    columns = _take_key_columns(cursor, "FOREIGN KEY")
    cursor.take_words("REFERENCES")
    return Key(columns, _take_references(cursor), name)


def _take_key_columns(cursor: Cursor, what: str) -> tuple[str, ...]:
    def one() -> str:
        column = cursor.take_part(f"a column in {what}")
        return f"{column} TIMESERIES" if cursor.try_words("TIMESERIES") else column

    return cursor.take_list(one, f"column names in brackets for {what}")


def _take_references(cursor: Cursor) -> References:
    table = cursor.take_name("a table after REFERENCES")
    columns = cursor.take_names("REFERENCES") if cursor.at_sign("(") else ()
    return References(table, columns, _take_options(cursor))


def _take_options(cursor: Cursor) -> tuple[str, ...]:
    options: list[str] = []
    while True:
        words = next((option for option in _OPTIONS if cursor.at_words(*option)), None)
        if words is None:
            return tuple(options)
        if " ".join(words) in options:
            raise cursor.error(f"{' '.join(words)} stands twice.")
        cursor.take_words(*words)
        options.append(" ".join(words))


def _take_column(cursor: Cursor, into: ColumnList) -> Column:
    token, at = cursor.token, cursor.here
    name = cursor.take_part("a column name")
    if any(known.name.lower() == name.lower() for known in into.columns):
        raise cursor.error(f"The column '{name}' stands twice.", token=token)
    column = Column(name, at)
    cursor.try_sign(":")
    if not _at_column_end(cursor) and cursor.token.upper not in ("CONSTRAINT", *_PROPERTIES):
        column = replace(column, type=take_type(cursor))
    while not _at_column_end(cursor):
        column = _take_property(cursor, column, into)
    return column


def _at_column_end(cursor: Cursor) -> bool:
    return cursor.at_end or cursor.at_sign(",") or cursor.at_sign(")")


def _take_property(cursor: Cursor, column: Column, into: ColumnList) -> Column:
    """One property of a column; each may stand once."""
    at, token = cursor.here, cursor.token
    if token.upper == "CONSTRAINT" and cursor.ahead(2).upper == "EXPECT":
        take_constraint(cursor, into)
        return column
    constraint = cursor.take_part("the constraint's name") if cursor.try_words("CONSTRAINT") else None
    word = cursor.token.upper
    if word not in _PROPERTIES or (constraint and word not in ("PRIMARY", "FOREIGN", "REFERENCES")):
        known = (*_PROPERTIES, *TYPE_WORDS)
        raise cursor.expected(f"',' or ')' or a property of the column '{column.name}'", known)
    name, take = _PROPERTIES[word]
    value = take(cursor)
    if isinstance(value, Key):
        value = replace(value, columns=(column.name,), name=constraint)
    if getattr(column, name) is not None:
        raise cursor.error(f"{word} stands twice for the column '{column.name}'.", token=token)
    changes: dict[str, Any] = {name: At(value, at)}
    column = replace(column, **changes)
    if column.default and column.generated:
        raise cursor.error(f"The column '{column.name}' has DEFAULT and GENERATED.", token=token)
    return column


def _take_not_null(cursor: Cursor) -> bool:
    cursor.take_words("NOT", "NULL")
    return True


def _take_comment(cursor: Cursor) -> str:
    cursor.take_words("COMMENT")
    return cursor.take_string("the comment's text after COMMENT")


def _take_primary(cursor: Cursor) -> Key:
    cursor.take_words("PRIMARY", "KEY")
    return Key((), options=_take_options(cursor))


def _take_foreign(cursor: Cursor) -> Key:
    if cursor.try_words("FOREIGN"):
        cursor.take_words("KEY")
    cursor.take_words("REFERENCES")
    return Key((), _take_references(cursor))


def _take_default(cursor: Cursor) -> Span:
    def stop() -> bool:
        ends = cursor.at_sign(",") or cursor.at_sign(")")
        return ends or cursor.at_words("NOT", "NULL") or cursor.token.upper in ("COMMENT", "GENERATED")

    cursor.take_words("DEFAULT")
    return cursor.take_until(stop, "an expression after DEFAULT")


def _take_generated(cursor: Cursor) -> Generated:
    cursor.take_words("GENERATED")
    always = True
    if cursor.try_words("BY"):
        cursor.take_words("DEFAULT")
        always = False
    else:
        cursor.take_words("ALWAYS")
    cursor.take_words("AS")
    if not cursor.at_words("IDENTITY"):
        if not always:
            raise cursor.expected("IDENTITY after GENERATED BY DEFAULT AS", ["IDENTITY"])
        return Generated(True, cursor.take_group("IDENTITY, or an expression in brackets"))
    cursor.take()
    start = step = None
    if cursor.try_sign("("):
        while not cursor.try_sign(")"):
            if cursor.try_words("START"):
                cursor.take_words("WITH")
                start = cursor.take_integer("a number after START WITH")
            elif cursor.try_words("INCREMENT"):
                cursor.take_words("BY")
                step = cursor.take_integer("a number after INCREMENT BY")
            else:
                raise cursor.expected("START WITH n or INCREMENT BY n", ("START", "INCREMENT"))
            cursor.try_sign(",")
    return Generated(always, None, start, step)


def _take_mask(cursor: Cursor) -> Mask:
    cursor.take_words("MASK")
    function = cursor.take_name("a function after MASK")
    if not cursor.try_words("USING"):
        return Mask(function)
    cursor.take_words("COLUMNS")
    return Mask(function, cursor.take_list(lambda: _argument(cursor), "columns in brackets"))


def _argument(cursor: Cursor) -> str:
    return cursor.take_until(lambda: cursor.at_sign(",") or cursor.at_sign(")"), "an argument").text


_PROPERTIES: dict[str, tuple[str, Callable[[Cursor], Any]]] = {
    "NOT": ("not_null", _take_not_null),
    "COMMENT": ("comment", _take_comment),
    "DEFAULT": ("default", _take_default),
    "GENERATED": ("generated", _take_generated),
    "PRIMARY": ("key", _take_primary),
    "FOREIGN": ("key", _take_foreign),
    "REFERENCES": ("key", _take_foreign),
    "MASK": ("mask", _take_mask),
}
"""First word -> (field of `Column`, how it is read)."""
