"""The function table: what a function's name means, by Spark's signatures.

Each category module of this folder defines a tuple `FUNCTIONS`; `registry.py` collects them. What is not
in the table is refused. One function is one declarator:

    scalar("upper ucase", [STRING], STRING, "upper({0})")
    scalar("instr", [STRING, STRING], INT, "instr({0}, {1})::INTEGER")
    scalar("coalesce", [T, ...], T, "coalesce({*})", null="never", min_args=1)
    Function(("round",), "scalar", resolve_round)          # anything: a Python resolve

Parameters are types, or patterns of this module; the framework inserts Spark's implicit casts, so the
texts that reach `lower` are of the parameter's type. `{0}` is the first argument, `{*}` all of them
separated by commas. A text must answer as Spark does for every value of those types, errors included
(`fallible=True`; raise with `typed.fail`), or the signature must not be there. Raise `Mismatch` for what
Spark refuses, `NotAnswered` for what only Tailrace does not answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import EllipsisType
from typing import Any, Literal

from tailrace.model import types as t
from tailrace.sql import coerce
from tailrace.sql.constants import as_text, as_whole
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.typed import ABSENT, Lambda, Typed

Kind = Literal["scalar", "aggregate", "window", "generator"]
Nullness = Literal["any", "never", "always"]
"""When the result may be NULL: if any argument may, never, always."""
Lower = Callable[[Sequence[str]], str]


@dataclass(frozen=True)
class Arg:
    """An argument as the query has it. `value` is the literal's value, ABSENT for anything else."""

    type: t.DataType
    nullable: bool = True
    value: Any = ABSENT
    sql: str = ""
    name: str = ""
    lambda_: Lambda | None = None
    constant: Any = ABSENT
    """The value of an expression of literals, which counts for options of a function, not for types."""

    @property
    def is_literal(self) -> bool:
        return self.value is not ABSENT

    @property
    def known(self) -> Any:
        """The value that does not depend on a row, or ABSENT."""
        return self.value if self.is_literal else self.constant

    @property
    def known_text(self) -> Any:
        """The same as a STRING."""
        return as_text(self.known, self.type)

    @property
    def known_whole(self) -> Any:
        """The same as an INT."""
        return as_whole(self.known)


@dataclass(frozen=True)
class Resolved:
    """What a call is: argument types after casts (None: left as it is), result, DuckDB SQL.

    For aggregates `lower` gives the aggregate call itself, such as `max({0})`; where something has to be
    done to its result as well, `finish` does that to the result's text. DISTINCT and FILTER are added by
    the framework: `lower` then receives a first text that begins with `DISTINCT `.
    """

    types: tuple[t.DataType | None, ...]
    result: t.DataType
    lower: Lower
    nullable: bool = True
    fallible: bool = False
    deterministic: bool = True
    order_sensitive: bool = False
    mergeable: bool = False
    finish: Callable[[str], str] | None = None
    beside: tuple[Lower, Callable[[str, str], str]] | None = None
    """Aggregates: a second one over the same rows, and the text made of the results of both."""
    last_wins: bool = False
    """Aggregates that pick a row: of equal ones the last is taken."""
    eager: bool = False
    """Aggregates: whether Spark computes the arguments of rows that FILTER leaves out as well."""
    over: Resolved | None = None
    """Aggregates: the same call with OVER, where that is lowered in another way."""
    filtered: Resolved | None = None
    """The same with FILTER and OVER, which DuckDB does not have for all aggregates."""
    soft: Lower | None = None
    """Long functions that fail often: `struct_pack(v := value)`, NULL where `lower` raises, without raising."""
    quick: Callable[[Sequence[str]], tuple[str, str, str, str] | None] | None = None
    """With `soft`: a cheaper way for plain rows, see `typed.Soft.quick`."""
    counts: bool = False
    """Whether `soft` counts the values that become NULL for their type, see `compiled.Let.counts`."""
    strict: Resolved | None = None
    """The same call where such a value fails its row."""
    pretty: Callable[[str, Sequence[str]], str] | None = None
    """As `Function.pretty`, where the name depends on the types."""
    columns: tuple[t.Field, ...] = ()
    """Generators: the columns of a row. `lower` gives the list that is exploded (see `generator`)."""


Resolve = Callable[[Sequence[Arg]], Resolved]


@dataclass(frozen=True)
class Function:
    """One function: its names (the first is the usual one), kind, and how a call is resolved.

    `pretty` prints an unnamed call as Spark names it, given the arguments' names; default `f(a, b)`
    with the name that was written. `named` is what Spark prints in place of an alias, if it does.
    """

    names: tuple[str, ...]
    kind: Kind
    resolve: Resolve
    pretty: Callable[[str, Sequence[str]], str] | None = None
    lambdas: tuple[tuple[int, int], ...] = ()
    """Places of lambda functions and how many parameters each has at least; any other value there is constant."""
    needs_frame: bool = False
    """Window functions: whether a frame is obeyed (aggregates, first_value); ranks have their own."""


@dataclass(frozen=True)
class Pattern:
    """A parameter that takes several types. `pick` gives the type the argument is cast to, or None."""

    name: str
    pick: Callable[[t.DataType], t.DataType | None]
    same: str | None = None
    """Parameters with one `same` meet in a common type before `pick` (which then sees that type)."""


Param = t.DataType | Pattern


def _one_of(name: str, classes: tuple[type[t.DataType], ...], default: t.DataType) -> Pattern:
    def pick(kind: t.DataType) -> t.DataType | None:
        if isinstance(kind, classes):
            return kind
        if isinstance(kind, t.VoidType) or (coerce.is_string(kind)):
            return default
        return None

    return Pattern(name, pick)


ANY = Pattern("any", lambda kind: kind)
T = Pattern("T", lambda kind: kind, same="T")
"""All parameters written `T` are cast to their common type."""
U = Pattern("U", lambda kind: kind, same="U")
NUMERIC = _one_of("numeric", (t.NumericType,), t.DOUBLE)
INTEGRAL = _one_of("integral", (t.IntegralType,), t.LONG)
ARRAY = Pattern("array", lambda kind: _array(kind))
MAP = Pattern("map", lambda kind: kind if isinstance(kind, t.MapType) else None)
STRUCT = Pattern("struct", lambda kind: kind if isinstance(kind, t.StructType) else None)


def _array(kind: t.DataType) -> t.DataType | None:
    if isinstance(kind, t.VoidType):
        return t.ArrayType(kind)
    return kind if isinstance(kind, t.ArrayType) else None


def either(*types: t.DataType) -> Pattern:
    """The argument's own type if it is one of these, else the first that it casts to (TypeCollection)."""

    def pick(kind: t.DataType) -> t.DataType | None:
        if kind in types:
            return kind
        return next((one for one in types if coerce.implicit(kind, one)), None)

    return Pattern(" or ".join(str(one) for one in types), pick)


def scalar(
    names: str,
    params: Sequence[Param | EllipsisType],
    result: t.DataType | Pattern | Callable[[Sequence[t.DataType]], t.DataType],
    sql: str | Lower,
    *,
    min_args: int | None = None,
    defaults: Mapping[int, str] | None = None,
    null: Nullness = "any",
    fallible: bool = False,
    deterministic: bool = True,
    kind: Kind = "scalar",
    order_sensitive: bool = False,
    mergeable: bool = False,
    finish: Callable[[str], str] | None = None,
    pretty: Callable[[str, Sequence[str]], str] | None = None,
) -> Function:
    """A function with fixed parameters; `...` after the last repeats it any number of times.

    `min_args` says how many must be given (default: all; with `...` one less than written); `defaults`
    gives DuckDB texts of those left out, by index. `result` is a type, a pattern (then the type that this
    parameter got), or a function of the coerced types.
    """
    signature = _Signature(tuple(params), min_args)
    resolve = _resolver(
        signature,
        result,
        sql,
        dict(defaults or {}),
        null,
        fallible,
        deterministic,
        order_sensitive,
        mergeable,
        finish,
    )
    return Function(tuple(names.split()), kind, resolve, pretty)


def aggregate(
    names: str,
    params: Sequence[Param | EllipsisType],
    result: t.DataType | Pattern | Callable[[Sequence[t.DataType]], t.DataType],
    sql: str | Lower,
    **options: Any,
) -> Function:
    """An aggregate; the same options as `scalar`, NULL always possible unless `null` says otherwise."""
    options.setdefault("null", "always")
    return scalar(names, params, result, sql, kind="aggregate", **options)


def overloads(*functions: Function) -> Function:
    """One function of several signatures: the first that takes the arguments without a cast, else the
    first that takes them at all."""

    def resolve(args: Sequence[Arg]) -> Resolved:
        first: Exception | None = None
        found: Resolved | None = None
        for function in functions:
            try:
                resolved = function.resolve(args)
            except (Mismatch, NotAnswered) as error:
                first = first or error
                continue
            if all(kind is None or kind == arg.type for kind, arg in zip(resolved.types, args, strict=True)):
                return resolved
            found = found or resolved
        if found is None:
            assert first is not None
            raise first
        return found

    return replace(functions[0], resolve=resolve)


@dataclass(frozen=True)
class _Signature:
    params: tuple[Param | EllipsisType, ...]
    min_args: int | None

    def expand(self, count: int) -> list[Param]:
        """A parameter for each of `count` arguments."""
        fixed: list[Param] = [param for param in self.params if not isinstance(param, EllipsisType)]
        variadic = len(fixed) < len(self.params)
        least = self.min_args if self.min_args is not None else len(fixed) - (1 if variadic else 0)
        most = None if variadic else len(fixed)
        if count < least or (most is not None and count > most):
            wanted = (
                str(least)
                if least == most
                else f"{least} to {most}"
                if most is not None
                else f"at least {least}"
            )
            raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes {wanted} arguments, not {count}")
        while len(fixed) < count:
            fixed.append(fixed[-1])
        return fixed[:count]


def coerce_args(params: Sequence[Param], args: Sequence[Arg]) -> list[t.DataType]:
    """The type each argument is cast to. Raises Mismatch or NotAnswered."""
    shared: dict[str, t.DataType] = {}
    for name in {p.same for p in params if isinstance(p, Pattern) and p.same}:
        group = [
            a.type for p, a in zip(params, args, strict=True) if isinstance(p, Pattern) and p.same == name
        ]
        met = coerce.common(group)
        if met is None:
            kinds = ", ".join(f'"{kind.simple_string.upper()}"' for kind in group)
            raise Mismatch(f"[DATATYPE_MISMATCH.DATA_DIFF_TYPES] the arguments have no common type: {kinds}")
        shared[name] = met
    return [_coerce_one(i, p, a, shared) for i, (p, a) in enumerate(zip(params, args, strict=True))]


def _coerce_one(index: int, param: Param, arg: Arg, shared: Mapping[str, t.DataType]) -> t.DataType:
    if arg.lambda_ is not None:
        raise Mismatch(f"[UNEXPECTED_LAMBDA] argument {index + 1} cannot be a lambda function")
    if isinstance(param, Pattern):
        picked = param.pick(shared[param.same] if param.same else arg.type)
    else:
        picked = param if coerce.implicit(arg.type, param) else None
    if picked is None:
        wanted = param.name if isinstance(param, Pattern) else param.simple_string
        raise Mismatch(
            f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] argument {index + 1} must be {wanted.upper()}, "
            f"not {arg.type.simple_string.upper()}"
        )
    return picked


def _resolver(
    signature: _Signature,
    result: t.DataType | Pattern | Callable[[Sequence[t.DataType]], t.DataType],
    sql: str | Lower,
    defaults: Mapping[int, str],
    null: Nullness,
    fallible: bool,
    deterministic: bool,
    order_sensitive: bool,
    mergeable: bool,
    finish: Callable[[str], str] | None,
) -> Resolve:
    def resolve(args: Sequence[Arg]) -> Resolved:
        params = signature.expand(len(args))
        types = coerce_args(params, args)
        if isinstance(result, t.DataType):
            kind = result
        elif isinstance(result, Pattern):
            kind = types[next(i for i, p in enumerate(params) if p is result)]
        else:
            kind = result(types)
        nullable = null == "always" or (null == "any" and any(arg.nullable for arg in args))
        return Resolved(
            types=tuple(types),
            result=kind,
            lower=_template(sql, defaults) if isinstance(sql, str) else sql,
            nullable=nullable,
            fallible=fallible,
            deterministic=deterministic,
            order_sensitive=order_sensitive,
            mergeable=mergeable,
            finish=finish,
        )

    return resolve


_HOLE = re.compile(r"\{(\*|\d+)\}")


def _template(sql: str, defaults: Mapping[int, str]) -> Lower:
    def lower(texts: Sequence[str]) -> str:
        given = list(texts)
        while len(given) in defaults:
            given.append(defaults[len(given)])

        def one(match: re.Match[str]) -> str:
            if match[1] == "*":
                return ", ".join(given)
            return given[int(match[1])] if int(match[1]) < len(given) else match[0]

        return _HOLE.sub(one, sql)  # in one pass: an argument's own text may hold braces too

    return lower


def lambda_body(
    arg: Arg, parameters: Sequence[tuple[t.DataType, bool]], names: Sequence[str] | None = None
) -> tuple[str, Typed]:
    """Bind a lambda argument: `(types and nullability of its parameters)` -> its DuckDB parameter list
    such as `"x", "i"`, and the typed body. `names` overrides what the parameters are in DuckDB SQL."""
    assert arg.lambda_ is not None
    own = [f'"{name}"' for name in arg.lambda_.parameters]
    if len(own) > len(parameters):
        raise Mismatch(f"[INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH] a lambda of {len(own)} arguments")
    texts = names or own
    bound = [Typed(texts[i], parameters[i][0], parameters[i][1], is_column=True) for i in range(len(own))]
    return ", ".join(own), arg.lambda_.bind(bound)


class Table:
    """Functions by name, without regard to case."""

    def __init__(self, modules: Sequence[Sequence[Function]]) -> None:
        self._by_name: dict[str, Function] = {}
        for functions in modules:
            for function in functions:
                for name in function.names:
                    assert name not in self._by_name, f"{name} is in the function table twice"
                    self._by_name[name] = function

    def find(self, name: str) -> Function | None:
        return self._by_name.get(name.lower())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._by_name))
