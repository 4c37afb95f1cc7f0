"""A computation in steps: a list of structs, to which each step adds fields.

DuckDB binds the body of a lambda twice, of one inside of it four times, and so on; steps stand beside each other.
"""

from __future__ import annotations

from collections.abc import Mapping


class Steps:
    """SQL of a list of structs. `row` is the struct inside of a step."""

    def __init__(self, listed: str, row: str, *fields: str) -> None:
        """`fields` are those that the structs of `listed` have."""
        self.row = row
        self._listed, self._fields = listed, [*fields]

    def add(self, fields: Mapping[str, str]) -> None:
        """Compute these fields of the ones before."""
        kept = [f"{name} := {self.row}.{name}" for name in self._fields]
        new = [f"{name} := {value}" for name, value in fields.items()]
        self._listed = self.mapped(f"struct_pack({', '.join(kept + new)})")
        self._fields += fields

    def mapped(self, value: str) -> str:
        """The list of `value`, an expression over `row`."""
        return f"list_transform({self._listed}, lambda {self.row}: {value})"
