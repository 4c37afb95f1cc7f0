"""Spark's hash functions: `hash` (Murmur3, 32 bits), `xxhash64`, `crc32`, and the check sums of bytes.

Several arguments are one chain: each value's hash is the next one's seed, and NULL leaves the seed as it is.
Products that go round are computed in a wider unsigned type and cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tailrace.model import types as t
from tailrace.sql import intervals
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.table import Arg, Function, Resolved, scalar
from tailrace.sql.typed import quote

_CUT32 = "4294967295::UBIGINT"
_CUT64 = "18446744073709551615::UHUGEINT"
_SEED = 42


def _let(value: str, name: str, body: str) -> str:
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def _times32(value: str, factor: int) -> str:
    return f"(({value} * {factor}::UBIGINT) & {_CUT32})"


def _turn32(value: str, bits: int) -> str:
    return _let(f"{value} * {2**bits}::UBIGINT", "_r", f"((_r & {_CUT32}) | (_r // 4294967296::UBIGINT))")


def _mix32(seed: str, word: str) -> str:
    """One word of 32 bits into the hash."""
    mixed = _times32(_turn32(_times32(word, 0xCC9E2D51), 15), 0x1B873593)
    return f"(({_turn32(f'xor({seed}, {mixed})', 13)} * 5::UBIGINT + 3864292196::UBIGINT) & {_CUT32})"


def _end32(value: str, length: str) -> str:
    def fold(inner: str, bits: int) -> str:
        return _let(inner, "_f", f"xor(_f, _f // {2**bits}::UBIGINT)")

    first = fold(f"xor({value}, {length}::UBIGINT)", 16)
    return fold(_times32(fold(_times32(first, 0x85EBCA6B), 13), 0xC2B2AE35), 16)


def _times64(value: str, factor: int) -> str:
    return f"(({value} * {factor}::UHUGEINT) & {_CUT64})"


def _plus64(value: str, other: str) -> str:
    return f"(({value} + {other}) & {_CUT64})"


def _turn64(value: str, bits: int) -> str:
    return _let(
        f"{value} * {2**bits}::UHUGEINT",
        "_r",
        f"((_r & {_CUT64}) | (_r // 18446744073709551616::UHUGEINT))",
    )


_P1, _P2, _P3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
_P4, _P5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5


def _end64(value: str) -> str:
    def fold(inner: str, bits: int) -> str:
        return _let(inner, "_f", f"xor(_f, _f // {2**bits}::UHUGEINT)")

    return fold(_times64(fold(_times64(fold(value, 33), _P2), 29), _P3), 32)


def _lane64(seed: str, word: str) -> str:
    return _times64(_turn64(_plus64(seed, _times64(word, _P2)), 31), _P1)


def _eight64(seed: str, word: str) -> str:
    inner = f"xor({seed}, {_times64(_turn64(_times64(word, _P2), 31), _P1)})"
    return _plus64(_times64(_turn64(inner, 27), _P1), f"{_P4}::UHUGEINT")


def _four64(seed: str, word: str) -> str:
    inner = f"xor({seed}, {_times64(word, _P1)})"
    return _plus64(_times64(_turn64(inner, 23), _P2), f"{_P3}::UHUGEINT")


def _unsigned(value: str, bits: int, kind: str) -> str:
    return f"CAST(CASE WHEN {value} < 0 THEN {value}::HUGEINT + {2**bits}::HUGEINT ELSE {value}::HUGEINT END AS {kind})"


def _signed(value: str, bits: int, kind: str) -> str:
    half = 2 ** (bits - 1)
    return f"CAST(CASE WHEN {value} >= {half} THEN {value}::HUGEINT - {2**bits}::HUGEINT ELSE {value}::HUGEINT END AS {kind})"


def byte_list(blob: str) -> str:
    """The bytes of a BLOB as a list of whole numbers from 0 to 255."""
    return _let(
        f"hex({blob})",
        "_h",
        "list_transform(range(0, length(_h), 2), lambda _i: CAST('0x' || substr(_h, _i + 1, 2) AS UBIGINT))",
    )


def _word(first: str, count: int) -> str:
    """The little-endian word of `count` bytes of the list `_y` from index `first`."""
    kind = "UBIGINT" if count == 4 else "UHUGEINT"
    return " + ".join(f"_y[{first} + {i}]::{kind} * {256**i}::{kind}" for i in range(count))


def _bytes32(blob: str, seed: str) -> str:
    words = f"list_transform(range(1, len(_y) - 2, 4), lambda _i: {_word('_i', 4)})"
    rest = (
        "list_transform(_y[len(_y) // 4 * 4 + 1:], "
        "lambda _i: CASE WHEN _i >= 128 THEN _i + 4294967040::UBIGINT ELSE _i END)"
    )
    mixed = f"list_reduce({words} || {rest}, lambda _a, _w: {_mix32('_a', '_w')}, {seed})"
    return _let(byte_list(blob), "_y", _end32(mixed, "len(_y)"))


def _bytes64(blob: str, seed: str) -> str:
    blocks = "len(_y) // 32"

    def lane(index: int) -> str:
        start = (
            _plus64(seed, f"{(_P1 + _P2) % 2**64}::UHUGEINT"),
            _plus64(seed, f"{_P2}::UHUGEINT"),
            seed,
            _plus64(seed, f"{2**64 - _P1}::UHUGEINT"),
        )[index]
        words = f"list_transform(range(0, {blocks}), lambda _i: {_word(f'_i * 32 + {8 * index + 1}', 8)})"
        return f"list_reduce({words}, lambda _a, _w: {_lane64('_a', '_w')}, {start})"

    lanes = ", ".join(lane(i) for i in range(4))
    joined = " + ".join(_turn64(f"_v[{i + 1}]", bits) for i, bits in enumerate((1, 7, 12, 18)))
    merged = f"(({joined}) & {_CUT64})"
    for i in range(4):
        inner = f"xor({merged}, {_lane64('0::UHUGEINT', f'_v[{i + 1}]')})"
        merged = _plus64(_times64(inner, _P1), f"{_P4}::UHUGEINT")
    long_text = f"list_transform([[{lanes}]], lambda _v: {merged})[1]"
    short_text = _plus64(seed, f"{_P5}::UHUGEINT")
    started = _plus64(f"CASE WHEN len(_y) >= 32 THEN {long_text} ELSE {short_text} END", "len(_y)::UHUGEINT")
    eights = f"list_transform(range({blocks} * 32, len(_y) - 7, 8), lambda _i: {_word('_i + 1', 8)})"
    by_eight = f"list_reduce({eights}, lambda _a, _w: {_eight64('_a', '_w')}, {started})"
    four = f"({_word('len(_y) // 8 * 8 + 1', 4)})::UHUGEINT"
    by_four = _let(by_eight, "_g", f"CASE WHEN len(_y) % 8 >= 4 THEN {_four64('_g', four)} ELSE _g END")
    one = _times64(_turn64(f"xor(_a, {_times64('_w', _P5)})", 11), _P1)
    rest = "list_transform(_y[len(_y) // 4 * 4 + 1:], lambda _i: _i::UHUGEINT)"
    whole = f"list_reduce({rest}, lambda _a, _w: {one}, {by_four})"
    return _let(byte_list(blob), "_y", _end64(whole))


def _int64(value: str, seed: str) -> str:
    started = _plus64(seed, f"{(_P5 + 4) % 2**64}::UHUGEINT")
    return _end64(_four64(started, f"{_unsigned(value, 32, 'UHUGEINT')}"))


def _long64(value: str, seed: str) -> str:
    started = _plus64(seed, f"{(_P5 + 8) % 2**64}::UHUGEINT")
    return _end64(_eight64(started, _unsigned(value, 64, "UHUGEINT")))


def _int32(value: str, seed: str) -> str:
    return _end32(_mix32(seed, _unsigned(value, 32, "UBIGINT")), "4")


def _long32(value: str, seed: str) -> str:
    halves = _mix32(_mix32(seed, f"(_l & {_CUT32})"), "(_l // 4294967296::UBIGINT)")
    return _let(_unsigned(value, 64, "UBIGINT"), "_l", _end32(halves, "8"))


def _bits(value: str, kind: str, whole: str, nan: int) -> str:
    """The bits of a floating number as a whole one; all NaN alike, and no negative zero."""
    return (
        f"CASE WHEN isnan({value}) THEN {nan} WHEN {value} = 0 THEN 0 "
        f"ELSE CAST(CAST({value} AS BIT) AS {whole}) END"
    )


Hash = Callable[[str, str], str]


def _in_turn(parts: Sequence[tuple[str, Hash]], seed: str) -> str:
    """The hash of values one after the other; NULL leaves the seed as it is."""
    for value, of in parts:
        body = f"CASE WHEN _x.v IS NULL THEN _x.s ELSE {of('_x.v', '_x.s')} END"
        seed = _let(f"struct_pack(v := {value}, s := {seed})", "_x", body)
    return seed


def _of_elements(value: str, seed: str, kind: t.DataType, of: Hash) -> str:
    empty = f"CAST(NULL AS {duck(kind)})"
    items = f"list_transform({value}, lambda _e: struct_pack(v := _e, s := {seed}))"
    step = f"struct_pack(v := {empty}, s := {_in_turn([('_b.v', of)], '_a.s')})"
    return f"list_reduce({items}, lambda _a, _b: {step}, struct_pack(v := {empty}, s := {seed})).s"


def _unscaled_bytes(value: str) -> str:
    """The fewest bytes of the number without its point, the highest first, as Java's BigInteger."""
    whole = f"CAST(replace(CAST({value} AS VARCHAR), '.', '') AS HUGEINT)"
    rest = "CASE WHEN _u < 0 THEN -1 - _u ELSE _u END"
    digits = f"hex({rest})"
    full = f"length({digits}) % 2 = 0 AND left({digits}, 1) >= '8'"
    size = f"(length({digits}) + 1) // 2 + CASE WHEN {full} THEN 1 ELSE 0 END"
    padded = f"lpad({digits}, CAST(2 * ({size}) AS INTEGER), '0')"
    turned = (
        f"CASE WHEN _u < 0 THEN translate({padded}, '0123456789ABCDEF', 'FEDCBA9876543210') ELSE {padded} END"
    )
    return f"unhex({_let(whole, '_u', turned)})"


def _hash_of(kind: t.DataType, of_int: Hash, of_long: Hash, of_bytes: Hash) -> Hash:
    """`(value, seed)` -> the hash of a value that is not NULL."""
    if isinstance(kind, t.BooleanType):
        return lambda v, s: of_int(f"CAST({v} AS INTEGER)", s)
    if kind in (t.BYTE, t.SHORT, t.INT):
        return of_int
    if kind == t.LONG:
        return of_long
    if kind == t.DATE:
        return lambda v, s: of_int(f"({v} - DATE '1970-01-01')", s)
    if kind in (t.TIMESTAMP, t.TIMESTAMP_NTZ):
        return lambda v, s: of_long(f"epoch_us({v})", s)
    if isinstance(kind, t.DayTimeIntervalType):
        return lambda v, s: of_long(intervals.count(v, kind), s)
    if isinstance(kind, t.YearMonthIntervalType):
        return lambda v, s: of_int(intervals.count(v, kind), s)
    if kind == t.FLOAT:
        return lambda v, s: of_int(_bits(v, "FLOAT", "INTEGER", 0x7FC00000), s)
    if kind == t.DOUBLE:
        return lambda v, s: of_long(_bits(v, "DOUBLE", "BIGINT", 0x7FF8000000000000), s)
    if isinstance(kind, t.DecimalType) and kind.precision <= 18:
        return lambda v, s: of_long(f"CAST(replace(CAST({v} AS VARCHAR), '.', '') AS BIGINT)", s)
    if isinstance(kind, t.DecimalType):
        return lambda v, s: of_bytes(_unscaled_bytes(v), s)
    if isinstance(kind, t.ArrayType):
        element = _hash_of(kind.element, of_int, of_long, of_bytes)
        return lambda v, s: _of_elements(v, s, kind.element, element)
    if isinstance(kind, t.StructType):
        parts = [(f"_h.{quote(f.name)}", _hash_of(f.type, of_int, of_long, of_bytes)) for f in kind.fields]
        return lambda v, s: _let(v, "_h", _in_turn(parts, s))
    if isinstance(kind, t.StringType):
        return lambda v, s: of_bytes(f"encode({v})", s)
    if isinstance(kind, t.BinaryType):
        return of_bytes
    raise NotAnswered(f"a hash of {kind.simple_string} is not answered")


def _chained(name: str, start: str, result: t.DataType, bits: int, of: tuple[Hash, Hash, Hash]) -> Function:
    def resolve(args: Sequence[Arg]) -> Resolved:
        if not args:
            raise Mismatch("[WRONG_NUM_ARGS.WITHOUT_SUGGESTION] it takes at least 1 argument")
        if any(_has_map(arg.type) for arg in args):
            raise Mismatch("[DATATYPE_MISMATCH.HASH_MAP_TYPE] a MAP has no hash")
        hashes = [None if isinstance(arg.type, t.VoidType) else _hash_of(arg.type, *of) for arg in args]

        def lower(texts: Sequence[str]) -> str:
            parts = [(v, one) for v, one in zip(texts, hashes, strict=True) if one is not None]
            seed = _in_turn(parts, start)
            kind = "INTEGER" if bits == 32 else "BIGINT"
            return _let(seed, "_z", _signed("_z", bits, kind))

        return Resolved((None,) * len(args), result, lower, False)

    return Function((name,), "scalar", resolve)


def _has_map(kind: t.DataType) -> bool:
    if isinstance(kind, t.MapType):
        return True
    if isinstance(kind, t.ArrayType):
        return _has_map(kind.element)
    return isinstance(kind, t.StructType) and any(_has_map(f.type) for f in kind.fields)


def _crc_table() -> str:
    entries = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
        entries.append(str(value))
    return "[" + ", ".join(entries) + "]::UBIGINT[]"


def _crc32(texts: Sequence[str]) -> str:
    step = "xor(_t[(xor(_a, _w) & 255::UBIGINT)::BIGINT + 1], _a // 256::UBIGINT)"
    whole = f"xor(list_reduce(_y, lambda _a, _w: {step}, {_CUT32}), {_CUT32})::BIGINT"
    tables = _let(_crc_table(), "_t", whole)
    return (
        f"list_transform([{texts[0]}], lambda _d: CASE WHEN _d IS NOT NULL THEN "
        f"{_let(byte_list('_d'), '_y', tables)} END)[1]"
    )


FUNCTIONS: tuple[Function, ...] = (
    _chained("hash", f"{_SEED}::UBIGINT", t.INT, 32, (_int32, _long32, _bytes32)),
    _chained("xxhash64", f"{_SEED}::UHUGEINT", t.LONG, 64, (_int64, _long64, _bytes64)),
    scalar("crc32", [t.BINARY], t.LONG, _crc32),
)
