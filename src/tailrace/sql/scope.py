"""Names in reach of an expression: relations with columns, and lambda parameters.

A name is looked up as Spark does: `column`, `relation.column`, `schema.relation.column`, then struct
fields. Names match without case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tailrace.model import types as t
from tailrace.sql.errors import Origin
from tailrace.sql.typed import Typed, quote


@dataclass(frozen=True)
class Visible:
    """One column of a relation. `hidden` ones are found by name but are not part of `*`."""

    name: str
    value: Typed
    hidden: bool = False
    qualified: bool = False
    """Found only with its relation's name before it (the sides of a column of USING)."""
    attribute: str = ""
    """What it shares with other columns of a list that are the same column of the FROM, see `identity`."""

    @property
    def identity(self) -> str:
        """Equal for columns that are one, so that a name of all of them is not ambiguous."""
        return self.attribute or self.value.sql


@dataclass(frozen=True)
class Relation:
    """What a FROM item gives: how it may be called (`("schema", "table")`, `("alias",)`) and its columns."""

    parts: tuple[str, ...]
    columns: tuple[Visible, ...]

    def answers_to(self, parts: Sequence[str]) -> bool:
        wanted = tuple(part.lower() for part in parts)
        return bool(wanted) and tuple(part.lower() for part in self.parts[-len(wanted) :]) == wanted


@dataclass(frozen=True)
class Scope:
    """The relations of a FROM, and around them those of the enclosing query (`outer`)."""

    relations: tuple[Relation, ...] = ()
    outer: Scope | None = None
    extra: dict[str, Typed] = field(default_factory=dict)
    """Names that win over columns: lambda parameters."""
    aliases: dict[str, Typed] = field(default_factory=dict)
    """Names that columns win over: aliases of the same SELECT list, lower case."""
    twice: frozenset[str] = frozenset()
    """Those of the aliases that stand for several values, which may not be used."""

    met: dict[int, str] | None = None
    """Columns that inner queries have read of this scope: the node's id and the name."""

    def resolve(self, parts: Sequence[str], origin: Origin, node: Any) -> Typed:
        """The expression behind a dotted name."""
        found = self._find(parts, origin, node)
        if found is None:
            known = [
                column.name for relation in self.relations for column in relation.columns if not column.hidden
            ]
            raise origin.wrong(
                f"[UNRESOLVED_COLUMN] There is no column `{'`.`'.join(parts)}`.",
                node,
                hint=f"Columns here: {', '.join(known[:12]) or 'none'}{', ...' if len(known) > 12 else ''}.",
            )
        return found

    def _find(self, parts: Sequence[str], origin: Origin, node: Any) -> Typed | None:
        head = parts[0].lower()
        if head in self.extra:
            if self.met is not None:
                self.met[id(node)] = parts[0]
            return fields_of(self.extra[head], parts[1:], origin, node)
        for used in range(min(len(parts) - 1, 3), -1, -1):
            hits = self.columns(parts[:used], parts[used])
            if hits and hits[0].qualified and self.columns((), parts[0]):
                continue  # a column of the relation's name comes before a side of USING
            if len(hits) > 1:
                raise origin.wrong(
                    f"[AMBIGUOUS_REFERENCE] `{'`.`'.join(parts)}` could be a column of {len(hits)} relations.",
                    node,
                    hint="Write the relation's name before it.",
                )
            if hits:
                if self.met is not None:
                    self.met[id(node)] = parts[used]
                base = replace(hits[0].value, name=parts[used])
                return fields_of(base, parts[used + 1 :], origin, node)
        if head in self.aliases:
            if head in self.twice:
                raise origin.wrong(
                    f"[AMBIGUOUS_LATERAL_COLUMN_ALIAS] `{parts[0]}` is the alias of several columns.", node
                )
            if self.met is not None:
                self.met[id(node)] = self.aliases[head].name or head
            return fields_of(self.aliases[head], parts[1:], origin, node)
        return self.outer._find(parts, origin, node) if self.outer else None

    def columns(self, qualifier: Sequence[str], name: str) -> list[Visible]:
        """The columns of a name; of several that are one column the first."""
        wanted = name.lower()
        hits = [
            column
            for relation in self.relations
            if not qualifier or relation.answers_to(qualifier)
            for column in relation.columns
            if column.name.lower() == wanted and (qualifier or not column.qualified)
        ]
        return (
            list({column.identity: column for column in reversed(hits)}.values()) if len(hits) > 1 else hits
        )


def fields_of(base: Typed, names: Sequence[str], origin: Origin, node: Any) -> Typed:
    """`base.a.b`: fields of structs, of structs in arrays (an array of the field), keys of maps."""
    for name in names:
        base = _field(base, name, origin, node)
    return base


def _field(base: Typed, name: str, origin: Origin, node: Any) -> Typed:
    label = f"{base.name}.{name}"
    if isinstance(base.type, t.StructType):
        same = [f for f in base.type.fields if f.name.lower() == name.lower()]
        if len(same) > 1:
            raise origin.wrong(f"[AMBIGUOUS_REFERENCE_TO_FIELDS] The field `{name}` stands twice.", node)
        if same:
            sql = f"struct_extract({base.sql}, {_key(same[0].name)})"
            nullable = base.nullable or same[0].nullable
            return replace(
                base, sql=sql, type=same[0].type, nullable=nullable, name=label, is_column=base.is_column
            )
    elif isinstance(base.type, t.ArrayType) and isinstance(base.type.element, t.StructType):
        field_ = base.type.element.find(name)
        if field_:
            sql = f"list_transform({base.sql}, lambda _f: struct_extract(_f, {_key(field_.name)}))"
            kind = t.ArrayType(field_.type, base.type.contains_null or field_.nullable)
            return replace(base, sql=sql, type=kind, name=label, is_column=False)
    elif isinstance(base.type, t.MapType) and isinstance(base.type.key, t.StringType):
        sql = f"map_extract_value({base.sql}, {_key(name)})"
        return replace(
            base, sql=sql, type=base.type.value, nullable=True, name=f"{base.name}[{name}]", is_column=False
        )
    known = ", ".join(base.type.names) if isinstance(base.type, t.StructType) else str(base.type)
    raise origin.wrong(f"[FIELD_NOT_FOUND] There is no field `{name}` in {known}.", node)


def _key(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def relation_of(
    parts: tuple[str, ...], schema: t.Schema, source: str = "", hidden: Sequence[t.Field] = ()
) -> Relation:
    """A relation whose columns are plain columns of DuckDB's relation. `source` is its name in lineage."""
    columns = [Visible(f.name, _column(f, source)) for f in schema.fields]
    columns += [Visible(f.name, _column(f, source), hidden=True) for f in hidden]
    return Relation(parts, tuple(columns))


def _column(field_: t.Field, source: str) -> Typed:
    sources = frozenset({(source, field_.name)}) if source else frozenset()
    return Typed(
        quote(field_.name), field_.type, field_.nullable, name=field_.name, sources=sources, is_column=True
    )
