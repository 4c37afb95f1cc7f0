"""Write docs/functions.md from the function table: names, kind, arguments as far as they are declared."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import getclosurevars, isfunction
from pathlib import Path
from types import EllipsisType

from tailrace.model.types import DataType
from tailrace.sql.functions.options import Option
from tailrace.sql.functions.refused import REFUSED
from tailrace.sql.functions.registry import TABLE
from tailrace.sql.functions.table import Function

PATH = Path(__file__).parents[1] / "docs" / "functions.md"
OPENING = """# Functions

Written by `scripts/write_functions.py` from the function table; what is not here is refused when a project
is validated. Each function answers as Spark 4.2 does in ANSI mode. *args* are the declared parameters:
`...` repeats the last one, `[x]` may be left out, `T` is the common type of all arguments written `T`;
an empty cell means that the function decides by what it is given, as Spark does. *note* names arguments that
choose what the function does: such a one is a literal or an expression of literals (`'yyyy' || '-MM'`), and
where the note says *or listed*, also a column whose values are known ones: usual patterns of dates, units,
days, charsets, group numbers. Another value in such a column fails its row.

A regular expression is Java's, without lookaround, back references and possessive quantifiers; `\\b` is answered
for texts of ASCII. One that is a column may be made of plain characters, escapes, classes, groups and
quantifiers; with `.`, `$` or `\\s` in it, over texts without line ends. Anything else fails its row.
"""
PLACED = """
## Calls with a place of their own

`window(time, 'duration'[, 'slide'[, 'start']])` stands in the list and in GROUP BY of a query over whole
tables; `window.start` and `window.end` are its fields, and a row whose time is NULL is dropped.
`grouping(key)` and `grouping_id([keys])` stand above GROUP BY with ROLLUP, CUBE or GROUPING SETS.
`stack(2, a, b, c, d)` makes rows in the list and in LATERAL VIEW; its first value is a literal. So does
`json_tuple(x, 'a', 'b')`, whose names are literals, one row of a column for each name.
`listagg(x, ',') WITHIN GROUP (ORDER BY y)` has its order, `percentile_cont(0.5) WITHIN GROUP (ORDER BY x)` and
`percentile_disc` their values in brackets behind them. `mode(x)` and `max_by(x, y, n)` are refused, as Spark takes
any of equal ones: `mode(x, true)` is the least of the most frequent. Several generators in one list make the product of their rows.
`input_file_name()` is `_metadata.file_path` with `file:///` before it, where the FROM names files and nothing else.

## Refused by name

| function | why | instead |
|---|---|---|
"""
KINDS = {
    "scalar": "Functions of one row",
    "generator": "Generators (rows from an array or a map)",
    "aggregate": "Aggregates",
    "window": "Window functions",
}


def document() -> str:
    """The whole page."""
    functions = {
        id(function): function
        for name in TABLE.names
        if (function := TABLE.find(name)) and not name.startswith("__")
    }
    parts = [OPENING]
    for kind, title in KINDS.items():
        chosen = sorted(
            (function for function in functions.values() if function.kind == kind),
            key=lambda function: function.names[0],
        )
        parts.append(f"\n## {title}\n\n{len(chosen)} functions.\n")
        parts.append("\n| function | also | args | note |\n|---|---|---|---|\n")
        parts += [_row(function) for function in chosen]
    parts.append(PLACED)
    parts += [f"| `{name}` | {reason} | {hint or ''} |\n" for name, (reason, hint) in _refusals()]
    return "".join(parts)


def _refusals() -> Iterator[tuple[str, tuple[str, str | None]]]:
    """Name, reason and way out of what is refused by name."""
    for name in sorted(set(REFUSED) - {"window", "grouping", "grouping_id", "stack"}):
        reason, hint = REFUSED[name]
        yield name, (reason.format("it"), hint)


def _row(function: Function) -> str:
    shapes = list(_shapes(function.resolve))
    also = ", ".join(f"`{name}`" for name in function.names[1:])
    args = "<br>".join(f"`{shape}`" if shape else "none" for shape in shapes)
    note = "; ".join(_notes(function.resolve))
    return f"| `{function.names[0]}` | {also} | {args.replace('|', chr(92) + '|')} | {note} |\n"


def _notes(resolve: object) -> Iterator[str]:
    """What each option among the arguments may be."""
    declared = getclosurevars(resolve).nonlocals if isfunction(resolve) else {}
    option = declared.get("option")
    if isinstance(option, Option):
        yield from _notes(declared["resolve"])
        listed = len(option.choices) > 1
        if listed or option.condition:
            yield f"{option.index + 1}: constant{' or listed' if listed else ''}"


def _shapes(resolve: object) -> Iterator[str]:
    """Each declared signature as text; nothing where none is declared."""
    if not isfunction(resolve):
        return
    declared = getclosurevars(resolve).nonlocals
    if isinstance(declared.get("option"), Option):
        yield from _shapes(declared["resolve"])
    for one in declared.get("functions", ()):
        yield from _shapes(one.resolve)
    signature = declared.get("signature")
    if signature is None or not hasattr(signature, "params"):
        return
    params = list(signature.params)
    fixed = sum(not isinstance(param, EllipsisType) for param in params)
    least = signature.min_args
    if least is None:
        least = fixed - (1 if fixed < len(params) else 0)
    words = []
    for index, param in enumerate(params):
        if isinstance(param, EllipsisType):
            words.append("...")
            continue
        word = param.simple_string.upper() if isinstance(param, DataType) else param.name
        words.append(word if index < least else f"[{word}]")
    yield ", ".join(words)


def main() -> None:
    PATH.write_text(document(), encoding="utf-8")
    print(PATH)


if __name__ == "__main__":
    main()
