"""Whether the queries and conditions inside of a statement parse as Spark SQL: `validate --syntax`.

Only parsing: names, types and functions are looked at by the steps after this one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tailrace.model.errors import Place, ProjectError
from tailrace.sql.parse import statement as s
from tailrace.sql.parse.cut_off import cut_off, plain_complaint
from tailrace.sql.parse.heads import QUERY_WORDS
from tailrace.sql.parse.scan import Position

_VARIABLE = re.compile(r"\$\{[^}\n]*\}|\$(?=\w)")
_WINDOW = re.compile(r"\bwindow(?=\s*\()", re.IGNORECASE)
_OPTIONS = re.compile(r"\bWITH\s*\(\s*(?:'[^']*'|[\w.]+)\s*(?:(?:=|')[^()]*)?\)", re.IGNORECASE)
_WATERMARK = re.compile(
    r"\bWATERMARK\s[^;]{1,300}?\sDELAY\s+OF\s+INTERVAL\s+(?:'[^']*'|\"[^\"]*\"|\d+)(?:\s+(?:MICRO|MILLI)?"
    r"(?:SECOND|MINUTE|HOUR|DAY|WEEK)S?\b)?",
    re.IGNORECASE,
)
_PARSED_WORDS = ("", *QUERY_WORDS, "INSERT", "MERGE", "DELETE", "UPDATE")
_TEMPLATE = re.compile(r"\{\{|\{%|\}\}")


def problem_of(statement: s.Statement, file: str) -> ProjectError | None:
    """The first query or expression of the statement that does not parse."""
    for span, wrap in _spans(statement):
        problem = _check(span, wrap, file)
        if problem is not None:
            return problem
    return None


def _spans(statement: s.Statement) -> Iterator[tuple[s.Span, str]]:
    """Every text to parse, with what stands in front of it to make it a query."""
    if isinstance(statement, s.Dataset):
        for column in statement.columns:
            if column.default:
                yield column.default.value, "SELECT 1 WHERE "
            if column.generated and column.generated.value.expression:
                yield column.generated.value.expression, "SELECT 1 WHERE "
        for expect in statement.expectations:
            yield expect.condition, "SELECT 1 WHERE "
        if isinstance(statement, s.StreamingTable) and statement.cdc:
            yield from _cdc_spans(statement.cdc.value)
    if isinstance(statement, s.AutoCdc):
        yield from _cdc_spans(statement.cdc)
    replace_where = getattr(statement, "replace_where", None)
    if replace_where:
        yield replace_where.value, "SELECT 1 WHERE "
    query = getattr(statement, "query", None)
    if query:
        yield query, ""
    if isinstance(statement, s.Other) and statement.word in _PARSED_WORDS:
        yield statement.text, ""


def _cdc_spans(cdc: s.Cdc) -> Iterator[tuple[s.Span, str]]:
    yield cdc.source, "SELECT * FROM "
    for clause in (cdc.where, cdc.delete_when, cdc.truncate_when, cdc.sequence_by, cdc.system_sequence_by):
        if clause:
            yield clause.value, "SELECT 1 WHERE "


def _check(span: s.Span, wrap: str, file: str) -> ProjectError | None:
    # sqlglot takes 0.1 s to import, which `--help` must not wait for.
    import sqlglot
    from sqlglot.errors import ParseError, TokenError

    template = _TEMPLATE.search(span.text)
    if template:
        return ProjectError(
            "A template '{{ }}' is not filled in.",
            place=_place(span.at, span.text, template.start(), file),
            hint="Render the template first, or use ${name}.",
        )
    text = wrap + _plain_spark(span.text)
    try:
        tokens = sqlglot.tokenize(text, read="databricks")
        short = cut_off(tokens)
        parsed = sqlglot.parse(text, read="databricks")
    except ParseError as error:
        detail = error.errors[0] if error.errors else {}
        offset = _offset(text, detail.get("line"), detail.get("col"), detail.get("highlight")) - len(wrap)
        message = plain_complaint(str(detail.get("description") or "The query does not parse"))
        found = detail.get("highlight")
        near = f" near '{found}'" if found else ""
        return ProjectError(f"{message}{near}.", place=_place(span.at, span.text, max(offset, 0), file))
    except RecursionError:
        return ProjectError("The query is nested too deeply.", place=_place(span.at, span.text, 0, file))
    except TokenError as error:
        message = str(error).splitlines()[0]
        return ProjectError(f"{message}.", place=_place(span.at, span.text, 0, file))
    if short is not None:
        place = _place(span.at, span.text, max(tokens[short[0]].start - len(wrap), 0), file)
        return ProjectError(f"{short[1]}.", place=place)
    first = parsed[0] if parsed else None
    opaque = isinstance(first, sqlglot.exp.Command)
    if first is None or (opaque and first.name.upper() in QUERY_WORDS):
        return ProjectError("The query does not parse.", place=_place(span.at, span.text, 0, file))
    return None


def _plain_spark(text: str) -> str:
    """What sqlglot does not read, replaced by as many signs that it does, so that places stay right."""
    text = _VARIABLE.sub(lambda match: re.sub(r"\W", "_", match.group()), text)
    text = _WINDOW.sub("windov", text)
    text = _OPTIONS.sub(_blank, text)
    return _WATERMARK.sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def _offset(text: str, line: int | None, column: int | None, found: str | None) -> int:
    """sqlglot's column is that of a token's last character; lines count from 1."""
    if not line or column is None:
        return 0
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    end = starts[min(line, len(starts)) - 1] + column
    return end - len(found or "")


def _place(at: Position, text: str, offset: int, file: str) -> Place:
    before = text[:offset]
    lines = before.count("\n")
    if lines == 0:
        return Place(file, at.line, at.column + offset)
    return Place(file, at.line + lines, offset - before.rfind("\n"))
