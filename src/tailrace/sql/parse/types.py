"""Types as column lists write them, nested ones too.

A type that Spark has and the model does not (VARIANT, CHAR, ...) is kept as text without a `DataType`.
"""

from __future__ import annotations

from tailrace.model import types as t
from tailrace.sql.parse.cursor import Cursor, nearest
from tailrace.sql.parse.statement import ColumnType

_SIMPLE: dict[str, t.DataType] = {
    "BOOLEAN": t.BOOLEAN,
    "TINYINT": t.BYTE,
    "BYTE": t.BYTE,
    "SMALLINT": t.SHORT,
    "SHORT": t.SHORT,
    "INT": t.INT,
    "INTEGER": t.INT,
    "BIGINT": t.LONG,
    "LONG": t.LONG,
    "FLOAT": t.FLOAT,
    "REAL": t.FLOAT,
    "DOUBLE": t.DOUBLE,
    "STRING": t.STRING,
    "BINARY": t.BINARY,
    "DATE": t.DATE,
    "TIMESTAMP": t.TIMESTAMP,
    "TIMESTAMP_LTZ": t.TIMESTAMP,
    "TIMESTAMP_NTZ": t.TIMESTAMP_NTZ,
    "VOID": t.VOID,
}
_DECIMAL = ("DECIMAL", "DEC", "NUMERIC")
_SIZED = ("CHAR", "CHARACTER", "VARCHAR", "GEOMETRY", "GEOGRAPHY", "TIME")
_BARE = ("VARIANT", "OBJECT", "TIME", "GEOMETRY", "GEOGRAPHY")
_NESTED = ("ARRAY", "MAP", "STRUCT", "INTERVAL")
TYPE_WORDS = tuple(sorted({*_SIMPLE, *_DECIMAL, *_SIZED, *_BARE, *_NESTED}))
"""Every word that begins a type."""

_DAY_TIME = ("DAY", "HOUR", "MINUTE", "SECOND")
_YEAR_MONTH = ("YEAR", "MONTH")


def take_type(cursor: Cursor) -> ColumnType:
    """One type, with the text as written."""
    first, at = cursor.token, cursor.here
    known = _take(cursor)
    return ColumnType(cursor.span(first).text, known, at)


def _take(cursor: Cursor) -> t.DataType | None:
    word = cursor.token.upper
    if word not in TYPE_WORDS:
        before = cursor.tokens[cursor.index - 1]
        raise cursor.expected(
            "a type", TYPE_WORDS, hint=nearest(before.text, ("CONSTRAINT", "PRIMARY", "FOREIGN"))
        )
    cursor.take()
    if word in _DECIMAL:
        return _decimal(cursor)
    if word == "ARRAY":
        return _array(cursor)
    if word == "MAP":
        return _map(cursor)
    if word == "STRUCT":
        return _struct(cursor)
    if word == "INTERVAL":
        return _interval(cursor)
    if word in _SIZED and cursor.at_sign("("):
        cursor.take_group("a length")
        return None
    if word in _SIZED and word not in _BARE:
        raise cursor.expected(f"a length in brackets after {word}", hint=f"{word}(10), or STRING.")
    if word == "STRING" and cursor.try_words("COLLATE"):
        collation = cursor.take_part("a collation")
        return t.STRING if collation.upper() == "UTF8_BINARY" else None
    return _SIMPLE.get(word)


def _decimal(cursor: Cursor) -> t.DataType:
    token = cursor.token
    if not cursor.try_sign("("):
        return t.DecimalType(10, 0)
    precision, scale = cursor.take_integer("a precision"), 0
    if cursor.try_sign(","):
        scale = cursor.take_integer("a scale")
    cursor.take_sign(")")
    if not (1 <= precision <= 38 and 0 <= scale <= precision):
        raise cursor.error(
            f"DECIMAL({precision},{scale}) does not exist.",
            token=token,
            hint="The precision is 1 to 38, the scale 0 to the precision.",
        )
    return t.DecimalType(precision, scale)


def _array(cursor: Cursor) -> t.DataType | None:
    cursor.take_sign("<", "'<' after ARRAY")
    element = _take(cursor)
    cursor.take_sign(">", "'>' to close ARRAY<")
    return t.ArrayType(element) if element else None


def _map(cursor: Cursor) -> t.DataType | None:
    cursor.take_sign("<", "'<' after MAP")
    key = _take(cursor)
    cursor.take_sign(",", "',' between the types of MAP")
    value = _take(cursor)
    cursor.take_sign(">", "'>' to close MAP<")
    return t.MapType(key, value) if key and value else None


def _struct(cursor: Cursor) -> t.DataType | None:
    cursor.take_sign("<", "'<' after STRUCT")
    fields: list[t.Field] = []
    complete = True
    while not cursor.at_sign(">"):
        token = cursor.token
        name = cursor.take_part("a field of STRUCT")
        if any(field.name.lower() == name.lower() for field in fields):
            raise cursor.error(f"The field '{name}' stands twice in STRUCT.", token=token)
        cursor.try_sign(":")
        known = _take(cursor)
        nullable = not cursor.try_words("NOT", "NULL")
        comment = cursor.take_string("a comment") if cursor.try_words("COMMENT") else None
        complete = complete and known is not None
        fields.append(t.Field(name, known or t.VOID, nullable, comment))
        if not cursor.try_sign(","):
            break
    cursor.take_sign(">", "',' or '>' in STRUCT<")
    return t.StructType(tuple(fields)) if complete else None


def _interval(cursor: Cursor) -> t.DataType:
    start = cursor.take_one_of((*_DAY_TIME, *_YEAR_MONTH))
    end = cursor.take_one_of((*_DAY_TIME, *_YEAR_MONTH)) if cursor.try_words("TO") else start
    if start in _YEAR_MONTH:
        return t.YearMonthIntervalType(start.lower(), end.lower())
    return t.DayTimeIntervalType(start.lower(), end.lower())
