"""The clauses between a dataset's name and its query, in any order, each at most once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, cast

from tailrace.sql.parse.cursor import Cursor
from tailrace.sql.parse.scan import string_value
from tailrace.sql.parse.statement import At, ClusterBy, Mask, Partition, Schedule, Trigger

_UNITS: dict[str, Literal["minute", "hour", "day", "week"]] = {
    "MINUTE": "minute",
    "MINUTES": "minute",
    "HOUR": "hour",
    "HOURS": "hour",
    "DAY": "day",
    "DAYS": "day",
    "WEEK": "week",
    "WEEKS": "week",
}
Taken = dict[str, At[Any]]


def take_clause(cursor: Cursor, taken: Taken) -> bool:
    """Take one clause into `taken` by its field's name; False if the next word begins none."""
    word = cursor.token.upper
    if word == "WITH":
        if cursor.ahead(1).upper not in ("ROW", "SCHEMA"):
            return False
        cursor.take()
        word = f"WITH {cursor.token.upper}"
    clause = CLAUSES.get(word)
    if clause is None:
        return False
    name, title, take = clause
    token, at = cursor.token, cursor.here
    if name in taken:
        first = taken[name].at
        raise cursor.error(f"{title} stands twice; the first is in line {first.line}.", token=token)
    for other, others_title in _EXCLUDES.get(name, ()):
        if other in taken:
            raise cursor.error(f"{title} and {others_title} exclude each other.", token=token)
    taken[name] = At(take(cursor), at)
    return True


def _take_comment(cursor: Cursor) -> str:
    cursor.take_words("COMMENT")
    return cursor.take_string("the comment's text after COMMENT")


def take_properties(cursor: Cursor) -> tuple[tuple[str, str], ...]:
    """`('key' = 'value', a.b = 1, ...)`, keys once, values as text."""
    seen: set[str] = set()

    def one() -> tuple[str, str]:
        token = cursor.token
        if token.kind in ("string", "dquoted"):
            key = string_value(cursor.take().text)
        else:
            key = cursor.take_dotted("the key of a property")
        if key in seen:
            raise cursor.error(f"The property '{key}' stands twice.", token=token)
        seen.add(key)
        if not cursor.try_sign("=") and (cursor.at_sign(",") or cursor.at_sign(")")):
            raise cursor.error(f"The property '{key}' has no value.", hint=f"'{key}' = 'value'")
        cursor.try_sign(">")
        return key, _take_value(cursor, key)

    return cursor.take_list(one, "properties in brackets")


def _take_value(cursor: Cursor, key: str) -> str:
    token = cursor.token
    if token.kind in ("string", "dquoted"):
        return cursor.take_string("a value")
    if token.kind == "number" or (token.text == "-" and cursor.ahead(1).kind == "number"):
        sign = cursor.take().text if token.text == "-" else ""
        return sign + cursor.take().text
    if token.kind == "word":
        return cursor.take_dotted("a value")
    raise cursor.expected(f"a value for the property '{key}'", hint="Put it in single quotes.")


def _properties_clause(cursor: Cursor) -> tuple[tuple[str, str], ...]:
    cursor.take()
    return take_properties(cursor)


def _take_partitions(cursor: Cursor) -> tuple[Partition, ...]:
    cursor.take_words("PARTITIONED", "BY")
    seen: set[str] = set()

    def one() -> Partition:
        token, what = cursor.token, "a column in PARTITIONED BY"
        if cursor.ahead(1).text in (",", ")"):
            found = Partition(cursor.take_part(what))
        else:
            span = cursor.take_until(lambda: cursor.at_sign(",") or cursor.at_sign(")"), what)
            found = Partition(span.text, is_expression=True)
        if found.text.lower() in seen:
            raise cursor.error(f"'{found.text}' stands twice in PARTITIONED BY.", token=token)
        seen.add(found.text.lower())
        return found

    return cursor.take_list(one, "columns in brackets for PARTITIONED BY")


def _take_cluster(cursor: Cursor) -> ClusterBy:
    cursor.take_words("CLUSTER", "BY")
    if cursor.try_words("AUTO"):
        return ClusterBy("auto")
    if cursor.try_words("NONE"):
        return ClusterBy("none")
    if not cursor.at_sign("("):
        raise cursor.expected("columns in brackets, AUTO or NONE after CLUSTER BY", ("AUTO", "NONE"))
    return ClusterBy("columns", cursor.take_names("CLUSTER BY"))


def _take_location(cursor: Cursor) -> str:
    cursor.take_words("LOCATION")
    return cursor.take_string("a path after LOCATION")


def _take_using(cursor: Cursor) -> str:
    cursor.take_words("USING")
    return cursor.take_dotted("a format after USING")


def _take_schedule(cursor: Cursor) -> Schedule:
    cursor.take_words("SCHEDULE")
    cursor.try_words("REFRESH")
    if cursor.try_words("CRON"):
        cron = cursor.take_string("a cron text after CRON")
        timezone = None
        if cursor.at_words("AT"):
            cursor.take_words("AT", "TIME", "ZONE")
            timezone = cursor.take_string("a time zone after AT TIME ZONE")
        return Schedule(cron=cron, timezone=timezone)
    if not cursor.try_words("EVERY"):
        raise cursor.expected("EVERY or CRON after SCHEDULE", ("EVERY", "CRON", "REFRESH"))
    token = cursor.token
    every = cursor.take_integer("a number after EVERY")
    if every < 1:
        raise cursor.error(f"SCHEDULE EVERY {every} is not at least 1.", token=token)
    return Schedule(every=every, unit=_UNITS[cursor.take_one_of(_UNITS)])


def _take_trigger(cursor: Cursor) -> Trigger:
    cursor.take_words("TRIGGER", "ON", "UPDATE")
    if not cursor.at_words("AT"):
        return Trigger()
    cursor.take_words("AT", "MOST", "EVERY")
    first = cursor.token
    cursor.try_words("INTERVAL")
    if cursor.token.kind in ("string", "dquoted"):
        cursor.take()
    else:
        cursor.take_integer("an interval after AT MOST EVERY")
    if cursor.token.upper.rstrip("S") in ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK"):
        cursor.take()
    elif cursor.tokens[cursor.index - 1].kind == "number":
        raise cursor.expected("a unit after the number", _UNITS)
    return Trigger(cursor.span(first))


def _take_row_filter(cursor: Cursor) -> Mask:
    cursor.take_words("ROW", "FILTER")
    function = cursor.take_name("a function after ROW FILTER")
    cursor.take_words("ON")
    if cursor.try_sign("("):
        if cursor.try_sign(")"):
            return Mask(function)
        cursor.index -= 1
    return Mask(function, cursor.take_names("ROW FILTER"))


def _take_refresh_policy(cursor: Cursor) -> str:
    cursor.take_words("REFRESH", "POLICY")
    policy = cursor.take_one_of(("AUTO", "INCREMENTAL", "FULL"))
    if policy == "INCREMENTAL" and cursor.try_words("STRICT"):
        return "INCREMENTAL STRICT"
    return policy


def _take_schema_mode(cursor: Cursor) -> str:
    cursor.take_words("SCHEMA")
    if cursor.try_words("TYPE"):
        cursor.take_words("EVOLUTION")
        return "TYPE EVOLUTION"
    return cursor.take_one_of(("BINDING", "COMPENSATION", "EVOLUTION"))


def _take_collation(cursor: Cursor) -> str:
    cursor.take_words("DEFAULT", "COLLATION")
    return cursor.take_part("a collation")


_Take = Callable[[Cursor], Any]
CLAUSES: dict[str, tuple[str, str, _Take]] = {
    "COMMENT": ("comment", "COMMENT", _take_comment),
    "TBLPROPERTIES": ("properties", "TBLPROPERTIES", _properties_clause),
    "PARTITIONED": ("partitioned_by", "PARTITIONED BY", _take_partitions),
    "CLUSTER": ("cluster_by", "CLUSTER BY", _take_cluster),
    "LOCATION": ("location", "LOCATION", _take_location),
    "USING": ("using", "USING", _take_using),
    "OPTIONS": ("options", "OPTIONS", _properties_clause),
    "SCHEDULE": ("schedule", "SCHEDULE", _take_schedule),
    "TRIGGER": ("trigger", "TRIGGER ON UPDATE", _take_trigger),
    "ROW": ("row_filter", "ROW FILTER", _take_row_filter),
    "WITH ROW": ("row_filter", "ROW FILTER", _take_row_filter),
    "WITH SCHEMA": ("schema_mode", "WITH SCHEMA", _take_schema_mode),
    "REFRESH": ("refresh_policy", "REFRESH POLICY", _take_refresh_policy),
    "DEFAULT": ("collation", "DEFAULT COLLATION", _take_collation),
}
"""First word -> (field of `Clauses`, what an error calls it, how it is read)."""

TITLES: dict[str, str] = {name: title for name, title, _ in CLAUSES.values()}
CLAUSE_WORDS = tuple(word for word in CLAUSES if " " not in word)

_EXCLUDES = cast(
    "dict[str, tuple[tuple[str, str], ...]]",
    {
        "partitioned_by": (("cluster_by", "CLUSTER BY"),),
        "cluster_by": (("partitioned_by", "PARTITIONED BY"),),
        "schedule": (("trigger", "TRIGGER ON UPDATE"),),
        "trigger": (("schedule", "SCHEDULE"),),
    },
)
