"""The columns that a star stands for once EXCEPT has taken some away.

EXCEPT names columns as an expression does, with or without their relation; a name with further parts takes
a field out of a struct. What it names must be there, and be one column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from tailrace.model import types as t
from tailrace.sql.errors import Origin
from tailrace.sql.scope import Relation, Scope, Visible, fields_of
from tailrace.sql.typed import Typed, quote

_CUT = "cut "
"""Begins the attribute of a struct that has lost a field."""


def left_of(star: exp.Star, relations: Sequence[Relation], origin: Origin) -> list[Relation]:
    """The relations without what the star's EXCEPT names."""
    if star.args.get("replace") or star.args.get("rename"):
        raise origin.refused("* REPLACE and * RENAME are not answered.", star)
    shown = [replace(r, columns=tuple(c for c in r.columns if not c.hidden)) for r in relations]
    for node in star.args.get("except_") or star.args.get("except") or []:
        parts = [part.name for part in node.parts] if isinstance(node, exp.Column) else [node.name]
        shown = _without(shown, parts, origin, node)
    return shown


def _without(relations: list[Relation], parts: list[str], origin: Origin, node: Any) -> list[Relation]:
    scope = Scope(tuple(relations))
    for used in range(min(len(parts) - 1, 3), -1, -1):
        hits = scope.columns(parts[:used], parts[used])
        if len(hits) > 1:
            raise origin.wrong(
                f"[AMBIGUOUS_REFERENCE] * EXCEPT names `{'`.`'.join(parts)}`, which {len(hits)} columns are.",
                node,
                hint="Write the relation's name before it.",
            )
        if hits:
            if used + 1 == len(parts) and hits[0].attribute.startswith(_CUT):
                raise origin.wrong(
                    "[EXCEPT_OVERLAPPING_COLUMNS] * EXCEPT names a struct and its field.", node
                )
            return [
                replace(r, columns=tuple(_cut(r.columns, hits[0], parts[used + 1 :], origin, node)))
                for r in relations
            ]
    raise origin.wrong(
        f"[UNRESOLVED_COLUMN] * EXCEPT names `{'`.`'.join(parts)}`, which is no column here.", node
    )


def _cut(
    columns: Sequence[Visible], hit: Visible, fields: list[str], origin: Origin, node: Any
) -> list[Visible]:
    """The columns without the one that was hit, or with it without a field."""
    same = [c.identity == hit.identity and c.name.lower() == hit.name.lower() for c in columns]
    if not fields:
        return [c for c, hidden in zip(columns, same, strict=True) if not hidden]
    return [
        replace(c, value=_without_field(c.value, fields, origin, node), attribute=f"{_CUT}{c.value.sql}")
        if found
        else c
        for c, found in zip(columns, same, strict=True)
    ]


def _without_field(base: Typed, fields: list[str], origin: Origin, node: Any) -> Typed:
    """The struct made anew of its other fields; where it was NULL they are."""
    kind = fields_of(base, fields[:1], origin, node) and base.type
    if not isinstance(kind, t.StructType):
        raise origin.wrong(f"* EXCEPT takes a field out of a struct, not of {kind}.", node)
    made: list[tuple[str, Typed]] = []
    for part in kind.fields:
        value = fields_of(base, [part.name], origin, node)
        if part.name.lower() != fields[0].lower():
            made.append((part.name, value))
        elif len(fields) > 1:
            made.append((part.name, _without_field(value, fields[1:], origin, node)))
    if not made:
        raise origin.refused("* EXCEPT that leaves a struct no field is not answered.", node)
    sql = f"struct_pack({', '.join(f'{quote(name)} := {value.sql}' for name, value in made)})"
    result = t.StructType(tuple(t.Field(name, value.type, value.nullable) for name, value in made))
    return replace(base, sql=sql, type=result, nullable=False, is_column=False)
