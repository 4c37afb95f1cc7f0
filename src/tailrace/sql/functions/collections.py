"""Functions of arrays, maps and structs, and the generators over them, by Spark's answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tailrace.model import types as t
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions import (
    collections_arrays,
    collections_lambdas,
    collections_maps,
    collections_sort,
    collections_zip,
)
from tailrace.sql.functions.table import Arg, Function, Resolved, T, U, coerce_args
from tailrace.sql.typed import quote


def _has_map(kind: t.DataType) -> bool:
    if isinstance(kind, t.ArrayType):
        return _has_map(kind.element)
    if isinstance(kind, t.StructType):
        return any(_has_map(field.type) for field in kind.fields)
    return isinstance(kind, t.MapType)


def _resolve_map(args: Sequence[Arg]) -> Resolved:
    if len(args) % 2:
        raise Mismatch("[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes an even number of arguments")
    types = coerce_args([T if i % 2 == 0 else U for i in range(len(args))], args)
    if not types:
        return Resolved((), t.MapType(t.VOID, t.VOID, False), lambda _: "MAP([], [])", nullable=False)
    if _has_map(types[0]):
        raise Mismatch(f"[DATATYPE_MISMATCH.INVALID_MAP_KEY_TYPE] a key cannot be or contain {types[0]}")
    nullable = any(arg.nullable for arg in args[1::2])

    def lower(texts: Sequence[str]) -> str:
        keys = ", ".join(collections_maps.plain_key(text, types[0]) for text in texts[::2])
        return f"MAP([{keys}], [{', '.join(texts[1::2])}])"

    return Resolved(tuple(types), t.MapType(types[0], types[1], nullable), lower, False, fallible=True)


def _resolve_array(args: Sequence[Arg]) -> Resolved:
    if not args:
        return Resolved((), t.ArrayType(t.VOID, False), lambda _: "[]", nullable=False)
    types = coerce_args([T] * len(args), args)
    kind = t.ArrayType(types[0], any(arg.nullable for arg in args))
    return Resolved(tuple(types), kind, lambda x: f"[{', '.join(x)}]", nullable=False)


def _packed(fields: Sequence[t.Field]) -> Callable[[Sequence[str]], str]:
    """A struct of these fields, in their types."""

    def lower(texts: Sequence[str]) -> str:
        parts = (
            f"{quote(f.name)} := CAST({one} AS {duck(f.type)})" for f, one in zip(fields, texts, strict=True)
        )
        return f"struct_pack({', '.join(parts)})"

    return lower


def _resolve_named_struct(args: Sequence[Arg]) -> Resolved:
    if not args or len(args) % 2:
        raise Mismatch("[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes names and values in turn")
    names = [arg.known for arg in args[::2]]
    if not all(isinstance(name, str) for name in names):
        raise NotAnswered("the names must be literals")
    fields = [t.Field(name, b.type, b.nullable) for name, b in zip(names, args[1::2], strict=True)]
    _refuse_same_names(fields)
    pack = _packed(fields)
    return Resolved(
        tuple(None for _ in args), t.StructType(tuple(fields)), lambda x: pack(x[1::2]), nullable=False
    )


def struct_of(names: Sequence[str | None]) -> Function:
    """`struct` with the names that its values have as they are written; the others are col1, col2, ..."""

    def resolve(args: Sequence[Arg]) -> Resolved:
        if not args:
            raise NotAnswered("a struct without fields is not answered")
        if any(arg.name == "namedlambdavariable()" for arg in args):
            raise NotAnswered("a lambda's argument needs a name here, as in `struct(x AS x)`")
        pairs = enumerate(zip(names, args, strict=True))
        fields = [t.Field(name or f"col{i + 1}", arg.type, arg.nullable) for i, (name, arg) in pairs]
        _refuse_same_names(fields)
        kind = t.StructType(tuple(fields))
        return Resolved(tuple(None for _ in args), kind, _packed(fields), nullable=False)

    return Function(("struct",), "scalar", resolve)


def _resolve_struct(args: Sequence[Arg]) -> Resolved:
    return struct_of([None] * len(args)).resolve(args)


def _refuse_same_names(fields: Sequence[t.Field]) -> None:
    if len({f.name.lower() for f in fields}) < len(fields):
        raise NotAnswered("a struct with two fields of one name is not answered")


FUNCTIONS: tuple[Function, ...] = (
    Function(("map",), "scalar", _resolve_map),
    Function(("array",), "scalar", _resolve_array),
    Function(("named_struct",), "scalar", _resolve_named_struct),
    Function(("struct",), "scalar", _resolve_struct),
    *collections_arrays.FUNCTIONS,
    *collections_sort.FUNCTIONS,
    *collections_zip.FUNCTIONS,
    *collections_maps.FUNCTIONS,
    *collections_lambdas.FUNCTIONS,
)
