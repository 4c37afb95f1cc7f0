"""`input_file_name()`: the file that a row was read from, where a query reads files and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tailrace.model import types as t
from tailrace.sql.errors import Origin
from tailrace.sql.scope import Scope, fields_of
from tailrace.sql.typed import Typed

NAME = "input_file_name()"


def input_file_name(scope: Scope, origin: Origin, node: Any, one_input: bool) -> Typed:
    """`_metadata.file_path` of the files in reach, with Spark's two slashes more; '' where nothing is read,
    or a topic."""
    relations = scope.relations
    found = [c for r in relations for c in r.columns if c.hidden and c.name == "_metadata"]
    if len(found) == 1 and (one_input or len(relations) == 1) and found[0].value.sql[:2] != '"!':
        path = fields_of(found[0].value, ["file_path"], origin, node)
        sql = f"('file://' || substr({path.sql}, 6))"
        return replace(path, sql=sql, name=NAME, nullable=False, is_column=False)
    read = {relation for r in relations for c in r.columns for relation, _ in c.value.sources}
    if not relations or (one_input and read and all(one.startswith("topic:") for one in read)):
        return Typed("''", t.STRING, nullable=False, name=NAME)
    raise origin.refused(
        "input_file_name() is answered only where the FROM names files and nothing else.",
        node,
        hint="Take _metadata.file_path from the files in a subquery and give it a name.",
    )
