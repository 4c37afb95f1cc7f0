"""A stream's way through a query: one input, and row programs with explodes between them.

A pipe is immutable; each step of the query gives a new one. Projections collapse as in Spark's optimizer:
columns are carried as expressions over the input, so that one which is not used is never computed, and a
filter sees the input below it. A long expression that a subquery names is held as a `"__let_<k>"` until the
program is finished: used once it is put in, used more often it becomes a `Let`. A value with a form of its own that
raises nothing (`Typed.soft`) always becomes one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tailrace.sql.compiled import COERCES, Branch, Column, Explode, Input, Let, Quick, RowProgram
from tailrace.sql.functions.generators import Generated
from tailrace.sql.scope import Relation, Visible
from tailrace.sql.typed import Typed, fail, quote

HEAVY_CHARS_MIN = 80
"""A shorter expression is cheaper to compute again than to keep."""
TEXT_CHARS_MAX = 4_000
"""A longer one is not written a second time only to get its own error text."""

_LET = re.compile(r'"__let_(\d+)"')


class Lets:
    """The held expressions of one compilation."""

    def __init__(self) -> None:
        self.held: list[Typed] = []

    def hold(self, value: Typed) -> Typed:
        """A short name for a long expression; for the same one the same name."""
        if value.is_column or len(value.sql) < HEAVY_CHARS_MIN or _LET.fullmatch(value.sql):
            return value
        for number, held in enumerate(self.held):
            if held.soft is not None and held.soft == value.soft and held.sql == value.sql:
                return value.with_sql(f'"__let_{number}"')
        self.held.append(value)
        return value.with_sql(f'"__let_{len(self.held) - 1}"')

    def opened(self, sql: str) -> str:
        """The text with every held expression put in."""
        while _LET.search(sql):
            sql = _LET.sub(lambda match: f"({self.held[int(match[1])].sql})", sql)
        return sql

    def settle(self, texts: Sequence[str]) -> tuple[tuple[Let, ...], list[str]]:
        """Lets for what the texts use more than once; everything else is put in."""
        texts = list(texts)
        kept: list[Let] = []
        for number in range(len(self.held) - 1, -1, -1):
            name = f'"__let_{number}"'
            uses = sum(sql.count(name) for sql in texts)
            if uses == 0:
                continue
            value = self.held[number]
            if not _has_own_form(value) and (uses == 1 or self._is_short(value, uses)):
                texts = [sql.replace(name, f"({value.sql})") for sql in texts]
                continue
            kept.append(self._let(number, value))
            texts = [sql.replace(name, f"__LET_{number}__") for sql in texts]
        for let in kept:
            again = let.sql if len(let.sql) <= TEXT_CHARS_MAX else fail("INTERNAL_ERROR", "A value failed.")
            again = again.replace(COERCES, "")
            held = self.held[int(let.name.rsplit("_", 1)[1])]
            access = f"struct_extract({quote(let.name)}, 'v')"
            if held.fallible:
                access = f"CASE WHEN {quote(let.name)} IS NULL THEN ({again}) ELSE {access} END"
            texts = [sql.replace(f"__LET_{let.name.rsplit('_', 1)[1]}__", access) for sql in texts]
        return tuple(reversed(kept)), texts

    def _is_short(self, value: Typed, uses: int) -> bool:
        """Whether to write it out: it reads a value that is a let in any case, and is not long itself."""
        read = (self.held[int(number)] for number in _LET.findall(value.sql))
        return any(map(_has_own_form, read)) and len(value.sql) * uses <= TEXT_CHARS_MAX

    def _let(self, number: int, value: Typed) -> Let:
        name = f"__let_{number}"
        soft = value.soft
        if soft is None or not _has_own_form(value):
            return Let(name, self.opened(value.sql))
        quick = None
        if soft.quick is not None:
            source, *texts = soft.quick
            column = quote(f"{name}_text")
            quick = Quick(
                f"{name}_text", self.opened(source), *(text.replace("{}", column) for text in texts)
            )
        return Let(name, self.opened(value.sql), self.opened(soft.text), quick, soft.counts)


def _has_own_form(value: Typed) -> bool:
    return value.soft is not None and value.soft.sql == value.sql


@dataclass(frozen=True)
class Level:
    """A finished program: what is computed before an explode, and the explode."""

    where: tuple[Typed, ...]
    carried: tuple[tuple[str, Typed], ...]
    items: Typed
    outer: bool


@dataclass(frozen=True)
class Pipe:
    """One input and what the query has done to it so far."""

    input: Input
    relations: tuple[Relation, ...]
    where: tuple[Typed, ...] = ()
    levels: tuple[Level, ...] = ()
    names: tuple[str, ...] = field(default=())
    """Names in use for carried columns."""

    @property
    def columns(self) -> tuple[Visible, ...]:
        return tuple(c for relation in self.relations for c in relation.columns if not c.hidden)

    def filtered(self, conditions: Sequence[Typed], lets: Lets) -> Pipe:
        """With conditions added: each at the earliest level that has all it reads."""
        pipe = self
        for condition in conditions:
            level, text = len(pipe.levels), condition
            while level > 0 and not _reads_element(lets.opened(text.sql)) and text.deterministic:
                below = pipe.levels[level - 1]
                text = text.with_sql(_substituted(lets.opened(text.sql), below.carried))
                level -= 1
            if level == len(pipe.levels):
                pipe = replace(pipe, where=(*pipe.where, text))
            else:
                levels = list(pipe.levels)
                levels[level] = replace(levels[level], where=(*levels[level].where, text))
                pipe = replace(pipe, levels=tuple(levels))
        return pipe

    def exploded(
        self, made: Generated, items: Typed, extra: Sequence[Typed], number: int
    ) -> tuple[Pipe, list[Typed]]:
        """After an explode: every visible column (and `extra`) is carried under a name of its own.

        Gives the new pipe and `extra` as seen after it.
        """
        carried: list[tuple[str, Typed]] = []

        def carry(value: Typed) -> Typed:
            name = f"_{number}_{len(carried)}"
            carried.append((name, value))
            return replace(value, sql=quote(name), fallible=False, is_column=True)

        relations = tuple(
            Relation(r.parts, tuple(replace(c, value=carry(c.value)) for c in r.columns))
            for r in self.relations
        )
        after = [carry(value) for value in extra]
        level = Level(self.where, tuple(carried), items.with_sql(made.items), made.outer)
        return replace(self, relations=relations, where=(), levels=(*self.levels, level)), after

    def branch(self, columns: Sequence[tuple[str, Typed]], lets: Lets) -> Branch:
        """The finished branch with these output columns. Carried columns that nothing reads are left out."""
        explodes: list[Explode] = []
        program = _program(self.where, columns, lets)
        for level in reversed(self.levels):
            explodes.insert(0, Explode(level.outer, program))
            used = _text_of(program)
            kept = [(name, value) for name, value in level.carried if quote(name) in used]
            program = _program(level.where, [*kept, ("__items", level.items)], lets)
        return Branch(self.input, program, tuple(explodes))


def _reads_element(sql: str) -> bool:
    return '"__item"' in sql or '"__pos"' in sql


def _substituted(sql: str, carried: Sequence[tuple[str, Typed]]) -> str:
    for name, value in carried:
        sql = sql.replace(quote(name), value.sql if value.is_column else f"({value.sql})")
    return sql


def _text_of(program: RowProgram) -> str:
    return "\n".join(
        [program.where or "", *(c.sql for c in program.columns), *(let.sql for let in program.lets)]
    )


def _program(where: Sequence[Typed], columns: Sequence[tuple[str, Typed]], lets: Lets) -> RowProgram:
    values = [value for _, value in columns]
    kept, texts = lets.settle([*(w.sql for w in where), *(v.sql for v in values)])
    conditions, outputs = texts[: len(where)], texts[len(where) :]
    made = [
        Column(name, value.type, sql, value.fallible)
        for (name, value), sql in zip(columns, outputs, strict=True)
    ]
    return RowProgram(kept, _all_of(list(where), conditions), tuple(made))


def _all_of(where: Sequence[Typed], texts: Sequence[str]) -> str | None:
    """All conditions in order; a later one is looked at only where the earlier ones hold."""
    if not texts:
        return None
    result = texts[-1]
    for value, sql in reversed(list(zip(where[:-1], texts[:-1], strict=True))):
        later_fails = any(w.fallible for w in where[where.index(value) + 1 :])
        result = f"CASE WHEN {sql} THEN {result} ELSE false END" if later_fails else f"({sql} AND {result})"
    return result
