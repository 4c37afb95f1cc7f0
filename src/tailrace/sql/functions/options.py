"""Arguments that choose what a function does: units, patterns, charsets, numbers of digits.

The functions are written for a literal in such a place. `with_options` gives them the value of any
expression of literals there, and lets a column choose among the values that an option lists, as one CASE:

    with_options(Function(("trunc",), "scalar", resolve_trunc), Option(1, choices=UNITS, otherwise=null))

A NULL among the choices makes the result NULL; any other value that is not among them fails its row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tailrace.model import types as t
from tailrace.sql import coerce
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch
from tailrace.sql.functions.table import Arg, Function, Resolved
from tailrace.sql.typed import ABSENT, fail, once, text

UNKNOWN = fail("UNSUPPORTED_FEATURE", "This value of the argument is not answered where it is no literal")


@dataclass(frozen=True)
class Option:
    """The argument at `index`, whose value as `kind` (STRING or INT) is given to the function if it is constant.

    `choices` are the values that a column may hold, compared after `fold` (DuckDB SQL over `{}`);
    `otherwise` is the result for any other value, over all arguments. Without choices the function itself
    sees to a column. `condition` is Spark's where only a constant is taken.
    """

    index: int
    choices: tuple[str | int, ...] = ()
    fold: str = "{}"
    otherwise: Callable[[Sequence[str]], str] = lambda _: UNKNOWN
    kind: t.DataType = t.STRING
    condition: str = ""

    def known(self, arg: Arg) -> Any:
        """The value of a constant, or ABSENT."""
        return arg.known_whole if self.kind == t.INT else arg.known_text


def with_options(function: Function, *options: Option) -> Function:
    """The function with these arguments given as values of constants, or chosen row by row."""
    resolve = function.resolve
    for option in options:
        resolve = _with(resolve, option)
    return replace(function, resolve=resolve)


def whole(index: int, condition: str = "") -> Option:
    """An option that is a number."""
    return Option(index, kind=t.INT, condition=condition)


def _with(
    resolve: Callable[[Sequence[Arg]], Resolved], option: Option
) -> Callable[[Sequence[Arg]], Resolved]:
    def answer(args: Sequence[Arg]) -> Resolved:
        if option.index >= len(args):
            return resolve(args)
        arg = args[option.index]
        known = option.known(arg)
        if known is None and option.choices:
            first = resolve(_given(args, option.index, option.choices[0]))
            return replace(
                first, lower=lambda v: f"CAST(NULL AS {duck(first.result)})", nullable=True, fallible=False
            )
        if known is not ABSENT:
            return resolve(_given(args, option.index, known))
        if arg.is_literal:  # its cast fails, or gives what is not known here
            args = _given(args, option.index, ABSENT)
        if option.condition:
            raise Mismatch(f"[{option.condition}] argument {option.index + 1} must be a constant")
        if not option.choices or not coerce.implicit(arg.type, option.kind):
            return resolve(args)
        return _chosen(resolve, args, option)

    return answer


def _given(args: Sequence[Arg], index: int, value: Any) -> list[Arg]:
    return [replace(arg, value=value) if i == index else arg for i, arg in enumerate(args)]


def _chosen(resolve: Callable[[Sequence[Arg]], Resolved], args: Sequence[Arg], option: Option) -> Resolved:
    made = [(choice, resolve(_given(args, option.index, choice))) for choice in option.choices]
    first = made[0][1]

    def body(v: Sequence[str]) -> str:
        chosen = option.fold.format(v[option.index])
        arms = " ".join(
            f"WHEN {chosen} = {text(one) if isinstance(one, str) else one} THEN {resolved.lower(v)}"
            for one, resolved in made
        )
        return f"CASE WHEN {v[option.index]} IS NULL THEN NULL {arms} ELSE {option.otherwise(v)} END"

    return replace(first, lower=lambda v: once(v, body), nullable=True, fallible=True)
