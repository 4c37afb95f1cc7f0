"""One statement: its kind by its first words, then its head, then the query as text.

`parse` gives every statement of a file, each with its own first problem; one broken statement does not
hide the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tailrace.model.errors import ProjectError
from tailrace.sql.parse import statement as s
from tailrace.sql.parse.cdc import take_cdc
from tailrace.sql.parse.clauses import CLAUSE_WORDS, TITLES, Taken, take_clause
from tailrace.sql.parse.columns import ColumnList, take_column_list, take_constraint
from tailrace.sql.parse.cursor import Cursor, nearest
from tailrace.sql.parse.scan import Position, Source
from tailrace.sql.parse.split import Piece, split
from tailrace.sql.parse.statement import At

QUERY_WORDS = ("SELECT", "WITH", "FROM", "VALUES", "TABLE", "MAP", "REDUCE")
_HEAD_WORDS = ("STREAMING", "INCREMENTAL", "LIVE", "MATERIALIZED", "VIEW", "TABLE", "FLOW")
_BEFORE_WORDS = ("TEMPORARY", "TEMP", "PRIVATE", "GLOBAL")
_OTHER_CREATES = (
    *("TABLE", "DATABASE", "SCHEMA", "CATALOG", "FUNCTION", "EXTERNAL", "VOLUME", "CONNECTION", "SHARE"),
    *("RECIPIENT", "ROLE", "GROUP", "VARIABLE", "PROCEDURE", "BLOOMFILTER", "INDEX", "SERVER", "AGGREGATE"),
    *("STORAGE", "CREDENTIAL", "POLICY"),
)
_OTHER_WORDS = (
    *QUERY_WORDS,
    *("ALTER", "ANALYZE", "ADD", "BEGIN", "CACHE", "CALL", "CLEAR", "CLONE", "COMMENT", "COPY", "DECLARE"),
    *("DELETE", "DENY", "DESC", "DESCRIBE", "DROP", "EXECUTE", "EXPLAIN", "FSCK", "GENERATE", "GRANT"),
    *(
        "INSERT",
        "LIST",
        "LOAD",
        "MERGE",
        "MSCK",
        "OPTIMIZE",
        "REFRESH",
        "REORG",
        "REPAIR",
        "REPLACE",
        "RESET",
    ),
    *("RESTORE", "REVOKE", "SHOW", "SYNC", "TRUNCATE", "UNCACHE", "UNDROP", "UPDATE", "VACUUM"),
)
_STARTS = ("CREATE", "APPLY", "SET", "USE", *_OTHER_WORDS)
_AFTER_TARGET = (*QUERY_WORDS, "BY", "REPLACE", "KEYS", "SEQUENCE")
_NO_VIEW_CLAUSES = ("partitioned_by", "cluster_by", "location", "using", "schedule", "trigger", "row_filter")


@dataclass(frozen=True)
class Parsed:
    """One statement of a file. `statement` is None exactly where `problem` is set."""

    position: Position
    kind: s.Kind
    name: str | None
    statement: s.Statement | None
    problem: ProjectError | None


def parse(text: str, file: str = "<sql>") -> list[Parsed]:
    """Every statement of a file in its order."""
    source = Source.of(text, file)
    return [_parse_piece(source, piece) for piece in split(source)]


def parse_one(text: str, file: str = "<sql>") -> s.Statement:
    """The one statement of a text; raises its problem."""
    parsed = parse(text, file)
    if len(parsed) != 1:
        raise ProjectError(f"Expected one statement, found {len(parsed)}.")
    if parsed[0].problem is not None:
        raise parsed[0].problem
    assert parsed[0].statement is not None
    return parsed[0].statement


def _parse_piece(source: Source, piece: Piece) -> Parsed:
    reader = _Reader(source, piece)
    position = source.position(piece.start)
    try:
        statement = reader.read()
    except ProjectError as problem:
        return Parsed(position, reader.kind, reader.name, None, problem)
    return Parsed(position, reader.kind, reader.name, statement, None)


class _Reader:
    """Reads one statement; `kind` and `name` hold what is known of it so far."""

    def __init__(self, source: Source, piece: Piece) -> None:
        self.cursor = Cursor(source, piece.tokens)
        self.at = self.cursor.here
        self.kind: s.Kind = "other"
        self.name: str | None = None

    def read(self) -> s.Statement:
        cursor = self.cursor
        word = cursor.token.upper
        if word == "CREATE":
            return self._create()
        if word == "APPLY":
            self.kind = "auto_cdc"
            cursor.take_words("APPLY", "CHANGES", "INTO")
            target = self._named("a table after APPLY CHANGES INTO")
            return s.AutoCdc(target, take_cdc(cursor, "APPLY CHANGES"), self.at)
        if word == "SET":
            return self._set()
        if word == "USE":
            return self._use()
        return self._other()

    # CREATE

    def _create(self) -> s.Statement:
        cursor = self.cursor
        cursor.take()
        create: s.Create = "create"
        if cursor.try_words("OR"):
            word = cursor.take_one_of(("REFRESH", "REPLACE"))
            create = "create or refresh" if word == "REFRESH" else "create or replace"
        visibility = self._visibility()
        word = cursor.token.upper
        if word == "FLOW" or (word == "ONCE" and cursor.ahead(1).upper == "FLOW"):
            return self._flow(create, visibility)
        if word in _OTHER_CREATES and create != "create or refresh" and not (visibility and word == "TABLE"):
            return self._other()
        return self._dataset(create, visibility)

    def _visibility(self) -> At[s.Visibility] | None:
        cursor = self.cursor
        at, token = cursor.here, cursor.token
        value: s.Visibility
        if cursor.try_words("TEMPORARY") or cursor.try_words("TEMP"):
            value = "temporary"
        elif cursor.try_words("PRIVATE"):
            value = "private"
        elif cursor.try_words("GLOBAL"):
            if not cursor.try_words("TEMP"):
                cursor.take_words("TEMPORARY")
            value = "global temporary"
        else:
            return None
        if cursor.token.upper in _BEFORE_WORDS:
            raise cursor.error(f"{token.upper} and {cursor.token.upper} exclude each other.")
        return At(value, at)

    def _dataset(self, create: s.Create, visibility: At[s.Visibility] | None) -> s.Statement:
        cursor = self.cursor
        streaming = cursor.try_words("STREAMING")
        incremental = not streaming and cursor.try_words("INCREMENTAL")
        late = None if visibility else self._visibility()
        live = cursor.try_words("LIVE")
        materialized = not streaming and not incremental and cursor.try_words("MATERIALIZED")
        visibility = visibility or late
        word = cursor.token.upper
        if word == "VIEW" and not materialized:
            self.kind = "temporary_view"
        elif materialized or (live and not streaming and not incremental):
            self.kind = "materialized_view"
        elif streaming or incremental:
            self.kind = "streaming_table"
        if incremental and not live:
            raise cursor.expected("LIVE TABLE or LIVE VIEW after INCREMENTAL", ["LIVE"])
        self._take_noun(live=live, streaming=streaming, materialized=materialized)
        if word == "VIEW" and streaming and not live:
            cursor.index -= 1
            raise cursor.expected("TABLE after STREAMING", hint="Write CREATE TEMPORARY VIEW.")
        if visibility and visibility.value == "global temporary" and self.kind != "temporary_view":
            raise cursor.error(f"GLOBAL TEMPORARY belongs to views, not to {word}.")
        if_not_exists = None
        if cursor.at_words("IF"):
            at, token = cursor.here, cursor.token
            cursor.take_words("IF", "NOT", "EXISTS")
            if create != "create":
                raise cursor.error(f"{create[7:].upper()} and IF NOT EXISTS exclude each other.", token=token)
            if_not_exists = At(True, at)
        name = self._named("the dataset's name")
        head: dict[str, Any] = {
            "name": name,
            "create": create,
            "at": self.at,
            "live": live,
            "incremental": incremental,
            "visibility": visibility,
            "if_not_exists": if_not_exists,
        }
        return self._body(head, streaming=streaming or incremental)

    def _take_noun(self, *, live: bool, streaming: bool, materialized: bool) -> None:
        cursor = self.cursor
        if materialized:
            cursor.take_words("VIEW")
        elif streaming and not live:
            if not cursor.at_words("TABLE") and not cursor.at_words("VIEW"):
                raise cursor.expected("TABLE after STREAMING", ("TABLE", "LIVE"))
            cursor.take()
        elif live:
            cursor.take_one_of(("TABLE", "VIEW"))
        elif cursor.at_words("VIEW"):
            cursor.take()
        elif cursor.at_words("TABLE"):
            raise cursor.error(
                "CREATE TABLE makes no pipeline dataset.",
                hint="Write STREAMING TABLE or MATERIALIZED VIEW.",
            )
        else:
            raise cursor.expected(
                "STREAMING TABLE, MATERIALIZED VIEW, VIEW or FLOW after CREATE",
                (*_HEAD_WORDS, *_BEFORE_WORDS, *_OTHER_CREATES, "OR"),
            )

    def _body(self, head: dict[str, Any], *, streaming: bool) -> s.Statement:
        """Column list, clauses in any order, query."""
        cursor = self.cursor
        listed, taken = ColumnList(), Taken()
        extra: dict[str, Any] = {}
        if cursor.at_sign("("):
            take_column_list(cursor, listed)
        while not cursor.at_end and not self._at_query():
            if cursor.at_words("CONSTRAINT"):
                take_constraint(cursor, listed)
            elif cursor.at_words("FLOW") and self.kind == "streaming_table":
                extra = self._inline_flow()
                break
            elif not take_clause(cursor, taken):
                self._unknown_clause(bool(listed.columns or listed.expectations))
        self._check_clauses(taken)
        query = extra.pop("query", None) if extra else self._query(required=self.kind != "streaming_table")
        fields: dict[str, Any] = {
            **head,
            "columns": tuple(listed.columns),
            "keys": tuple(listed.keys),
            "expectations": tuple(listed.expectations),
            "clauses": s.Clauses(**taken),
            "query": query,
        }
        if self.kind == "streaming_table":
            return s.StreamingTable(**fields, **extra)
        if self.kind == "materialized_view":
            return s.MaterializedView(**fields)
        return s.TemporaryView(**fields, streaming=streaming)

    def _unknown_clause(self, has_list: bool) -> None:
        cursor = self.cursor
        if cursor.at_sign("("):
            raise cursor.error(
                "A second list in brackets." if has_list else "The column list does not follow the name.",
                hint="The column list stands right after the dataset's name.",
            )
        raise cursor.expected("a clause or AS and a query", (*CLAUSE_WORDS, "AS", "CONSTRAINT", *QUERY_WORDS))

    def _check_clauses(self, taken: Taken) -> None:
        if self.kind != "temporary_view":
            return
        for name in _NO_VIEW_CLAUSES:
            if name in taken:
                offset = taken[name].at.offset
                token = next(token for token in self.cursor.tokens if token.start >= offset)
                raise self.cursor.error(
                    f"A temporary view stores nothing, so {TITLES[name]} has no meaning there.",
                    token=token,
                    hint="Make it a MATERIALIZED VIEW or take the clause away.",
                )

    # Queries

    def _at_query(self) -> bool:
        cursor = self.cursor
        if cursor.at_words("WITH") and cursor.ahead(1).upper in ("ROW", "SCHEMA"):
            return False
        return cursor.token.upper in ("AS", *QUERY_WORDS)

    def _before_query(self) -> bool:
        cursor = self.cursor
        bracket = cursor.at_sign("(") and cursor.ahead(1).upper in QUERY_WORDS
        return bracket or cursor.token.upper in QUERY_WORDS

    def _query(self, *, required: bool) -> s.Span | None:
        cursor = self.cursor
        if cursor.at_end and not required:
            return None
        if cursor.at_end:
            raise cursor.error(f"'{self.name}' has no query.", hint="Add AS SELECT ...")
        cursor.try_words("AS")
        return self._query_text()

    def _query_text(self) -> s.Span:
        """From here to the end of the statement; only its beginning and its brackets are looked at."""
        cursor = self.cursor
        if cursor.token.upper not in QUERY_WORDS and not cursor.at_sign("("):
            raise cursor.expected("a query", QUERY_WORDS, hint="A query begins with SELECT, WITH or FROM.")
        return cursor.take_until(lambda: cursor.at_end, "a query")

    # Flows

    def _inline_flow(self) -> dict[str, Any]:
        cursor = self.cursor
        at = cursor.here
        cursor.take_words("FLOW")
        if cursor.try_words("AUTO"):
            cursor.take_words("CDC")
            return {"cdc": At(take_cdc(cursor, "AUTO CDC"), at)}
        if cursor.at_words("REPLACE"):
            where = self._replace_where()
            return {"replace_where": where, "query": self._query_text()}
        cursor.take_words("INSERT")
        once = self._once(None)
        cursor.take_words("BY", "NAME")
        return {"once": once, "query": self._query_text()}

    def _replace_where(self) -> At[s.Span]:
        cursor = self.cursor
        at = cursor.here
        cursor.take_words("REPLACE", "WHERE")
        condition = cursor.take_until(lambda: cursor.at_words("BY", "NAME"), "a condition after WHERE")
        cursor.take_words("BY", "NAME")
        return At(condition, at)

    def _flow(self, create: s.Create, visibility: At[s.Visibility] | None) -> s.Statement:
        cursor = self.cursor
        self.kind = "flow"
        if create != "create" or visibility:
            raise cursor.error("A flow is written CREATE FLOW, without OR REFRESH, OR REPLACE or TEMPORARY.")
        once = self._once(None)
        cursor.take_words("FLOW")
        name = self._named("the flow's name")
        taken = Taken()
        while not cursor.at_end and not cursor.at_words("AS"):
            if not cursor.at_words("COMMENT") or not take_clause(cursor, taken):
                raise cursor.expected("COMMENT or AS after the flow's name", ("COMMENT", "AS"))
        cursor.take_words("AS")
        comment = taken.get("comment")
        if cursor.at_words("AUTO") or cursor.at_words("APPLY"):
            self.kind = "auto_cdc"
            if cursor.take().upper == "AUTO":
                cursor.take_words("CDC")
            else:
                cursor.take_words("CHANGES")
            once = self._once(once)
            cursor.take_words("INTO")
            once = self._once(once, may_be_name=True)
            target = cursor.take_name("a table after INTO")
            return s.AutoCdc(target, take_cdc(cursor, "AUTO CDC"), self.at, name, comment, once)
        if not cursor.try_words("INSERT"):
            raise cursor.expected("INSERT INTO or AUTO CDC INTO after AS", ("INSERT", "AUTO", "APPLY"))
        once = self._once(once)
        cursor.take_words("INTO")
        once = self._once(once, may_be_name=True)
        cursor.try_words("TABLE")
        target = cursor.take_name("a table after INSERT INTO")
        by_name, replace_where, replace_using = None, None, None
        if cursor.at_words("REPLACE"):
            replace_where = self._replace_where()
            by_name = At(True, replace_where.at)
        elif cursor.at_words("BY"):
            by_name = At(True, cursor.here)
            cursor.take_words("BY", "NAME")
            replace_using = self._replace_using()
        query = self._query_text()
        return s.Flow(name, target, query, self.at, once, by_name, comment, replace_where, replace_using)

    def _replace_using(self) -> At[s.ReplaceUsing] | None:
        cursor = self.cursor
        at = cursor.here
        if not cursor.at_words("REPLACE"):
            return None
        cursor.take_words("REPLACE", "USING")
        columns = cursor.take_names("REPLACE USING")
        sequence = None
        if cursor.at_words("SEQUENCE"):
            cursor.take_words("SEQUENCE", "BY")
            sequence = cursor.take_until(self._before_query, "a column after SEQUENCE BY")
        return At(s.ReplaceUsing(columns, sequence), at)

    def _once(self, once: At[bool] | None, *, may_be_name: bool = False) -> At[bool] | None:
        """ONCE where it is the keyword: a table may be called `once` too."""
        cursor = self.cursor
        after = cursor.ahead(1)
        named = after.kind in ("word", "backtick", "dquoted") and after.upper not in _AFTER_TARGET
        if not cursor.at_words("ONCE") or (may_be_name and not named):
            return once
        if once is not None:
            raise cursor.error("ONCE stands twice.")
        at = cursor.here
        cursor.take()
        return At(True, at)

    # The rest

    def _named(self, what: str) -> s.Name:
        name = self.cursor.take_name(what)
        self.name = str(name)
        return name

    def _set(self) -> s.Statement:
        cursor = self.cursor
        self.kind = "set"
        cursor.take()
        if cursor.at_end:
            return s.SetStatement("", None, self.at)
        key = cursor.take_until(lambda: cursor.at_sign("="), "a key after SET").text
        self.name = key
        if not cursor.try_sign("="):
            return s.SetStatement(key, None, self.at)
        return s.SetStatement(key, cursor.take_until(lambda: cursor.at_end, "a value after =").text, self.at)

    def _use(self) -> s.Statement:
        cursor = self.cursor
        self.kind = "use"
        cursor.take()
        catalog = cursor.try_words("CATALOG")
        if not catalog and cursor.ahead(1).kind != "end":
            _ = cursor.try_words("SCHEMA") or cursor.try_words("DATABASE") or cursor.try_words("NAMESPACE")
        name = self._named("a name after USE")
        if not cursor.at_end:
            raise cursor.expected("the end of the statement", ["SCHEMA"])
        return s.UseStatement("catalog" if catalog else "schema", name, self.at)

    def _other(self) -> s.Statement:
        """A statement that is no head; only its brackets are looked at here."""
        cursor = self.cursor
        cursor.index = 0
        first = cursor.token
        if first.upper not in _STARTS and not cursor.at_sign("("):
            hint = nearest(first.text, _STARTS) if first.kind == "word" else None
            if first.text in ("#", "/"):
                hint = "A comment begins with --."
            raise cursor.expected("a statement", _STARTS, hint=hint)
        text = cursor.take_until(lambda: cursor.at_end, "a statement")
        return s.Other(first.upper, text, self.at)
