"""Functions of strings and bytes, by Spark's answers.

Characters are code points, as in Spark. Where DuckDB counts otherwise (graphemes in `reverse`, Unicode
blanks in `trim`, negative lengths in `left`) the text says what Spark means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tailrace.model.types import BINARY, BOOLEAN, INT, LONG, STRING, ArrayType, BinaryType, DataType, VoidType
from tailrace.sql import coerce
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions import octets
from tailrace.sql.functions.distance import levenshtein
from tailrace.sql.functions.letter_case import initcap_text, lower_text, upper_text
from tailrace.sql.functions.options import Option, with_options
from tailrace.sql.functions.regex import FUNCTIONS as REGEX_FUNCTIONS
from tailrace.sql.functions.table import (
    ARRAY,
    Arg,
    Function,
    Resolved,
    T,
    U,
    coerce_args,
    overloads,
    scalar,
)
from tailrace.sql.typed import fail, once, text

_INT_MAX = 2**31 - 1


def substring_text(value: str, position: str, length: str) -> str:
    """Spark's `substring`: from 1, 0 counts as 1, negative from the end; characters before it are lost."""

    def body(v: Sequence[str]) -> str:
        x, p, n = v
        start = (
            f"(CASE WHEN {p} > 0 THEN CAST({p} AS BIGINT) - 1 WHEN {p} < 0 THEN length({x}) + CAST({p} AS BIGINT) "
            "ELSE 0 END)"
        )
        end = f"({start} + CAST({n} AS BIGINT))"
        return (
            f"CASE WHEN {p} IS NOT NULL AND {n} IS NOT NULL THEN "
            f"substr({x}, greatest({start}, 0) + 1, greatest({end} - greatest({start}, 0), 0)) END"
        )

    return once([value, position, length], body)


def _resolve_substring(args: Sequence[Arg]) -> Resolved:
    kind: DataType = BINARY if args and isinstance(args[0].type, BinaryType) else STRING
    if kind == BINARY:
        return octets.substring(args)
    resolved = scalar("substring", [kind, INT, INT], kind, "", min_args=2).resolve(args)
    position = args[1].value
    length = args[2].value if len(args) > 2 else _INT_MAX
    if isinstance(position, int) and isinstance(length, int) and 0 <= position <= _INT_MAX >= length:
        first, count = max(position, 1), max(length, 0)
        if count == _INT_MAX:
            return replace(resolved, lower=lambda v: f"substr({v[0]}, {first})")
        return replace(resolved, lower=lambda v: f"substr({v[0]}, {first}, {count})")
    return replace(
        resolved, lower=lambda v: substring_text(v[0], v[1], v[2] if len(v) > 2 else str(_INT_MAX))
    )


def _resolve_concat(args: Sequence[Arg]) -> Resolved:
    if args and all(isinstance(a.type, ArrayType) for a in args):
        element = coerce_args([T] * len(args), args)
        return Resolved(tuple(element), element[0], _joined_lists, any(a.nullable for a in args))
    if args and all(isinstance(a.type, BinaryType) for a in args):
        return Resolved((BINARY,) * len(args), BINARY, _pipes, any(a.nullable for a in args))
    for i, arg in enumerate(args):
        if not coerce.implicit(arg.type, STRING):
            raise Mismatch(
                f"[DATATYPE_MISMATCH.DATA_DIFF_TYPES] argument {i + 1} is {arg.type.simple_string.upper()}"
            )
    return Resolved((STRING,) * len(args), STRING, _pipes, any(a.nullable for a in args))


def _pipes(texts: Sequence[str]) -> str:
    return "(" + " || ".join(texts) + ")" if texts else "''"


def _joined_lists(texts: Sequence[str]) -> str:
    nulls = " OR ".join(f"{one} IS NULL" for one in texts)
    joined = texts[0]
    for one in texts[1:]:
        joined = f"list_concat({joined}, {one})"
    return f"CASE WHEN {nulls} THEN NULL ELSE {joined} END"


def _resolve_concat_ws(args: Sequence[Arg]) -> Resolved:
    if not args:
        raise Mismatch("[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes at least 1 argument, not 0")
    types: list[DataType] = [STRING]
    if not coerce.implicit(args[0].type, STRING):
        raise Mismatch(f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] {args[0].type.simple_string.upper()}")
    for arg in args[1:]:
        listed = isinstance(arg.type, ArrayType)
        types.append(ArrayType(STRING) if listed else STRING)
        if not coerce.implicit(arg.type, types[-1]):
            raise Mismatch(f"[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] {arg.type.simple_string.upper()}")

    if args[0].value is None:
        return Resolved(tuple(types), STRING, lambda _: "CAST(NULL AS VARCHAR)", True)

    def lower(texts: Sequence[str]) -> str:
        if len(texts) == 1:
            return f"CASE WHEN {texts[0]} IS NOT NULL THEN '' END"
        if all(kind == STRING for kind in types):
            return f"concat_ws({', '.join(texts)})"
        parts = [t if kind != STRING else f"[{t}]" for t, kind in zip(texts[1:], types[1:], strict=True)]
        joined = f"coalesce({parts[0]}, [])"
        for part in parts[1:]:
            joined = f"list_concat({joined}, coalesce({part}, []))"
        kept = f"list_filter({joined}, lambda _p: _p IS NOT NULL)"
        if args[0].is_literal:
            return f"coalesce(array_to_string({kept}, {texts[0]}), '')"
        chain = f"list_reduce(_k, lambda _p, _q: _p || {texts[0]} || _q)"
        joined = f"list_transform([{kept}], lambda _k: CASE WHEN len(_k) = 0 THEN '' ELSE {chain} END)[1]"
        return f"CASE WHEN {texts[0]} IS NOT NULL THEN {joined} END"

    return Resolved(tuple(types), STRING, lower, args[0].nullable)


def _pad(name: str) -> Function:
    def lower(texts: Sequence[str]) -> str:
        pad = texts[2] if len(texts) > 2 else "' '"

        def body(v: Sequence[str]) -> str:
            x, n, p = v
            return (
                f"CASE WHEN {x} IS NULL OR {n} IS NULL OR {p} IS NULL THEN NULL WHEN {n} <= 0 THEN '' "
                f"WHEN {p} = '' THEN substr({x}, 1, {n}) ELSE {name}({x}, {n}, {p}) END"
            )

        return once([texts[0], texts[1], pad], body)

    def resolve(args: Sequence[Arg]) -> Resolved:
        if args and isinstance(args[0].type, BinaryType):
            shown = "" if len(args) > 2 else ", X'00'"
            return replace(
                octets.pad(name, args), pretty=lambda called, a: f"{called.lower()}({', '.join(a)}{shown})"
            )
        return scalar(name, [STRING, INT, STRING], STRING, lower, min_args=2).resolve(args)

    return Function((name,), "scalar", resolve)


def _locate(texts: Sequence[str]) -> str:
    if len(texts) == 2:
        return f"CAST(instr({texts[1]}, {texts[0]}) AS INTEGER)"

    def body(v: Sequence[str]) -> str:
        sub, x, p = v
        found = f"instr(substr({x}, {p}), {sub})"
        return (
            f"CASE WHEN {p} IS NULL THEN 0 WHEN {sub} IS NULL OR {x} IS NULL THEN NULL WHEN {p} <= 0 THEN 0 "
            f"WHEN {sub} = '' THEN 1 "
            f"WHEN {found} = 0 THEN 0 ELSE CAST({found} + {p} - 1 AS INTEGER) END"
        )

    return once(texts, body)


def _reverse(texts: Sequence[str]) -> str:
    return once(
        texts,
        lambda v: (
            f"CASE WHEN length({v[0]}) = strlen({v[0]}) THEN reverse({v[0]}) "
            f"WHEN {v[0]} IS NOT NULL THEN array_to_string(list_reverse(regexp_extract_all({v[0]}, '(?s).')), '') END"
        ),
    )


def _overlay(texts: Sequence[str]) -> str:
    length = texts[3] if len(texts) > 3 else "-1"

    def body(v: Sequence[str]) -> str:
        x, r, p, n = v
        count = f"(CASE WHEN {n} >= 0 THEN {n} WHEN {n} < 0 THEN length({r}) END)"
        head = substring_text(x, "1", octets.wrapped(f"CAST({p} AS BIGINT) - 1"))
        tail = substring_text(x, octets.wrapped(f"CAST({p} AS BIGINT) + {count}"), str(_INT_MAX))
        return f"({head} || {r} || {tail})"

    return once([*texts[:3], length], body)


def _sha2(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("sha2", [BINARY, INT], STRING, "", null="always").resolve(args)
    if isinstance(args[0].type, VoidType) and args[1].value in (224, 384, 512):
        return replace(resolved, lower=lambda _: "CAST(NULL AS VARCHAR)")
    if args[1].value in (224, 384, 512) or not isinstance(args[1].value, int):
        raise NotAnswered("sha2 is only answered for 256 bits")
    if args[1].value not in (0, 256):
        return replace(resolved, lower=lambda _: "CAST(NULL AS VARCHAR)")
    return replace(resolved, lower=lambda v: f"sha256({v[0]})")


def _other_sha(v: Sequence[str]) -> str:
    unknown = fail("UNSUPPORTED_FEATURE", "sha2 is answered for 256 bits alone")
    return f"CASE WHEN {v[0]} IS NOT NULL AND {v[1]} IN (224, 384, 512) THEN {unknown} END"


def _decode(args: Sequence[Arg]) -> Resolved:
    if len(args) != 2:
        return _decode_cases(args)
    return octets.DECODE.resolve(args)


def _decode_cases(args: Sequence[Arg]) -> Resolved:
    """`decode(x, search, result, ..., default)`."""
    if len(args) < 3:
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes more than {len(args)} arguments")
    params = [T]
    rest = len(args) - 1
    for i in range(rest):
        last = i == rest - 1 and rest % 2 == 1
        params.append(U if last or i % 2 == 1 else T)
    types = coerce_args(params, args)
    result = types[2]
    if rest % 2 == 0:  # the default is a NULL of type STRING
        met = coerce.common([*(arg.type for arg in args[2::2]), STRING])
        if met is None:
            raise Mismatch("[DATATYPE_MISMATCH.DATA_DIFF_TYPES] the results have no common type with a text")
        result = met
        types = [result if i > 0 and i % 2 == 0 else kind for i, kind in enumerate(types)]

    def lower(texts: Sequence[str]) -> str:
        def body(v: Sequence[str]) -> str:
            arms = "".join(
                f" WHEN {v[0]} IS NOT DISTINCT FROM {texts[i]} THEN {texts[i + 1]}"
                for i in range(1, len(texts) - 1, 2)
            )
            otherwise = f" ELSE {texts[-1]}" if rest % 2 == 1 else ""
            return f"CASE{arms}{otherwise} END"

        return once([texts[0]], body)

    return Resolved(tuple(types), result, lower, True)


def _elt(args: Sequence[Arg]) -> Resolved:
    if len(args) < 2:
        raise Mismatch("[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes more than 1 argument")
    kind: DataType = BINARY if all(isinstance(a.type, BinaryType) for a in args[1:]) else STRING
    types = coerce_args([INT, *[kind] * (len(args) - 1)], args)
    raised = fail("INVALID_ARRAY_INDEX", "The index is out of bounds")

    def lower(texts: Sequence[str]) -> str:
        def body(v: Sequence[str]) -> str:
            arms = "".join(f" WHEN {v[0]} = {i} THEN {one}" for i, one in enumerate(texts[1:], 1))
            return f"CASE WHEN {v[0]} IS NULL THEN NULL{arms} ELSE {raised} END"

        return once([texts[0]], body)

    return Resolved(tuple(types), kind, lower, True, fallible=True)


def _url_decode(texts: Sequence[str]) -> str:
    good = r"(?s)(?:[^%]|%[0-9A-Fa-f]{2})*"
    raised = fail("CANNOT_DECODE_URL", "The URL cannot be decoded")
    return once(
        texts,
        lambda v: (
            f"CASE WHEN {v[0]} IS NULL THEN NULL WHEN regexp_full_match({v[0]}, '{good}') "
            f"THEN url_decode(replace({v[0]}, '+', ' ')) ELSE {raised} END"
        ),
    )


def _typeof(args: Sequence[Arg]) -> Resolved:
    if len(args) != 1:
        raise Mismatch(f"[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes 1 argument, not {len(args)}")
    return Resolved((None,), STRING, lambda _: text(args[0].type.simple_string), False)


def _trim(name: str, sql: str) -> Function:
    """`trim(text)` takes blanks off; `trim(characters, text)` those characters."""
    return overloads(
        scalar(name, [STRING], STRING, f"{sql}({{0}}, ' ')"),
        scalar(name, [STRING, STRING], STRING, f"{sql}({{1}}, {{0}})"),
    )


def _length(names: str, of_text: str, of_bytes: str) -> Function:
    return overloads(
        scalar(names, [STRING], INT, of_text),
        scalar(names, [BINARY], INT, of_bytes),
    )


_OCTETS = "CAST(octet_length(encode({0})) AS INTEGER)"

FUNCTIONS: tuple[Function, ...] = (
    *REGEX_FUNCTIONS,
    scalar("upper ucase", [STRING], STRING, lambda v: upper_text(v[0])),
    scalar("lower lcase", [STRING], STRING, lambda v: lower_text(v[0])),
    scalar("initcap", [STRING], STRING, lambda v: initcap_text(v[0])),
    _length(
        "length len char_length character_length",
        "CAST(length({0}) AS INTEGER)",
        "CAST(octet_length({0}) AS INTEGER)",
    ),
    _length("octet_length", _OCTETS, "CAST(octet_length({0}) AS INTEGER)"),
    _length("bit_length", f"({_OCTETS} * 8)", "CAST(octet_length({0}) * 8 AS INTEGER)"),
    _trim("trim", "trim"),
    _trim("ltrim", "ltrim"),
    _trim("rtrim", "rtrim"),
    overloads(
        scalar("btrim", [STRING], STRING, "trim({0}, ' ')"),
        scalar("btrim", [STRING, STRING], STRING, "trim({0}, {1})"),
    ),
    octets.also(
        overloads(
            scalar("reverse", [STRING], STRING, _reverse),
            scalar("reverse", [ARRAY], ARRAY, "list_reverse({0})"),
        )
    ),
    scalar("ascii", [STRING], INT, "ascii({0})"),
    scalar(
        "char chr",
        [LONG],
        STRING,
        lambda v: once(
            v, lambda n: f"CASE WHEN {n[0]} < 0 THEN '' ELSE chr(CAST({n[0]} & 255 AS INTEGER)) END"
        ),
    ),
    Function(("concat",), "scalar", _resolve_concat),
    Function(("concat_ws",), "scalar", _resolve_concat_ws),
    Function(
        ("substring", "substr"),
        "scalar",
        _resolve_substring,
        lambda n, a: f"{n.lower()}({', '.join(a)}{', 2147483647' if len(a) < 3 else ''})",
    ),
    octets.also(scalar("left", [STRING, INT], STRING, "left({0}, CASE WHEN {1} < 0 THEN 0 ELSE {1} END)")),
    octets.also(scalar("right", [STRING, INT], STRING, "right({0}, CASE WHEN {1} < 0 THEN 0 ELSE {1} END)")),
    _pad("lpad"),
    _pad("rpad"),
    scalar("repeat", [STRING, INT], STRING, "repeat({0}, {1})"),
    scalar("space", [INT], STRING, "repeat(' ', {0})"),
    scalar("instr", [STRING, STRING], INT, "CAST(instr({0}, {1}) AS INTEGER)"),
    scalar("locate position", [STRING, STRING, INT], INT, _locate, min_args=2),
    octets.or_bytes(scalar("contains", [STRING, STRING], BOOLEAN, "contains({0}, {1})")),
    octets.or_bytes(scalar("startswith", [STRING, STRING], BOOLEAN, "starts_with({0}, {1})")),
    octets.or_bytes(scalar("endswith", [STRING, STRING], BOOLEAN, "ends_with({0}, {1})")),
    scalar(
        "replace", [STRING, STRING, STRING], STRING, "replace({0}, {1}, {2})", min_args=2, defaults={2: "''"}
    ),
    scalar("translate", [STRING, STRING, STRING], STRING, "translate({0}, {1}, {2})"),
    octets.also(scalar("overlay", [STRING, STRING, INT, INT], STRING, _overlay, min_args=3)),
    Function(("elt",), "scalar", _elt),
    scalar("md5", [BINARY], STRING, "md5({0})"),
    scalar("sha sha1", [BINARY], STRING, "sha1({0})"),
    with_options(Function(("sha2",), "scalar", _sha2), Option(1, (0, 256), otherwise=_other_sha, kind=INT)),
    *octets.FUNCTIONS,
    scalar("levenshtein", [STRING, STRING, INT], INT, levenshtein, min_args=2),
    scalar("base64", [BINARY], STRING, "to_base64({0})"),
    overloads(
        scalar("hex", [LONG], STRING, "upper(to_hex({0}))"),
        scalar("hex", [BINARY], STRING, "hex({0})"),
        scalar("hex", [STRING], STRING, "hex({0})"),
    ),
    scalar(
        "unhex",
        [STRING],
        BINARY,
        lambda v: once(
            v, lambda n: f"CASE WHEN regexp_full_match({n[0]}, '[0-9A-Fa-f]*') THEN unhex({n[0]}) END"
        ),
        null="always",
    ),
    scalar("bin", [LONG], STRING, "bin({0})"),
    Function(("decode",), "scalar", _decode),
    with_options(Function(("encode",), "scalar", octets.encode), octets.CHARSET),
    scalar(
        "url_encode",
        [STRING],
        STRING,
        "replace(replace(replace(url_encode({0}), '%20', '+'), '%2A', '*'), '~', '%7E')",
    ),
    scalar("url_decode", [STRING], STRING, _url_decode, fallible=True),
    Function(("typeof",), "scalar", _typeof),
)
