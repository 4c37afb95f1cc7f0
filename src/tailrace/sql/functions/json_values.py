"""The tokens of a JSON document as values of Spark's types, NULL where a token is of another type.

`converted` takes a token of a plain type. `outcome` takes one of any type and gives `struct_pack(v, n)`: the
value, and how many values in it became NULL for their type; `n` is NULL where the whole did. An element of
another type loses its array, a value its map, but a field only itself. Neither raises, but for what is not
answered: numbers in a text that Java prints with an exponent, a key that comes twice for a map.

A value is read in steps, in which all structs of the schema go side by side; elements of arrays and maps go deeper.
"""

from __future__ import annotations

from dataclasses import dataclass

from tailrace.model import types as t
from tailrace.sql.duck_types import duck
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.casts import cast_sql, double_text
from tailrace.sql.functions.date_patterns import parse_text
from tailrace.sql.functions.json_document import CUT_MARKED, in_halves, string_of
from tailrace.sql.functions.json_options import Reading
from tailrace.sql.functions.steps import Steps
from tailrace.sql.typed import fail, quote, text

_PLAIN = Reading()


def _is_string(token: str) -> str:
    return f"starts_with({token}, '\"')"


_FINITE = {
    "NaN": "nan",
    "Infinity": "inf",
    "+Infinity": "inf",
    "+INF": "inf",
    "-Infinity": "-inf",
    "-INF": "-inf",
}


def _special_arm(word: str, value: str) -> str:
    return f"""WHEN '"{word}"' THEN '{value}' WHEN '"\\"{word}\\""' THEN '{value}'"""


def converted(token: str, kind: t.DataType, how: Reading = _PLAIN) -> str:
    """The token's value, NULL where it is null or of another type. `token` is JSON text, not NULL."""
    if isinstance(kind, t.StringType):
        whole = r"-?[0-9]+|true|false"
        # NaN and the infinities, which are no JSON, keep the quotes that Spark writes around them
        number = double_text(f"TRY_CAST({token} AS DOUBLE)")
        raw = f"CASE WHEN isinf(TRY_CAST({token} AS DOUBLE)) THEN '\"' || {number} || '\"' ELSE {number} END"
        inner = f"CASE WHEN regexp_full_match({token}, '{whole}') THEN {token} ELSE {raw} END"
        special = f"regexp_extract({string_of(token)}, '^\"([+-]?)(?:Infinity|NaN|INF)\"$', 0)"
        spelled = (
            f"CASE WHEN {special} IN ('\"NaN\"') THEN {special} WHEN starts_with({special}, '\"-') "
            f"THEN '\"-Infinity\"' ELSE '\"Infinity\"' END"
        )
        return (
            f"CASE WHEN {token} IN ('null', {text(CUT_MARKED)}) THEN NULL WHEN {_is_string(token)} THEN "
            f"CASE WHEN starts_with({token}, '\"\\\"') AND {special} <> '' THEN {spelled} ELSE {string_of(token)} END "
            f"WHEN starts_with({token}, '{{') OR starts_with({token}, '[') THEN {_nested_text(token)} ELSE {inner} END"
        )
    if isinstance(kind, t.IntegralType):
        return f"TRY_CAST(CASE WHEN regexp_full_match({token}, '-?[0-9]+') THEN {token} END AS {duck(kind)})"
    if isinstance(kind, (t.DoubleType, t.FloatType)):
        arms = " ".join(_special_arm(a, b) for a, b in _FINITE.items())
        return (
            f"TRY_CAST(CASE WHEN {_is_string(token)} THEN CASE {token} {arms} END "
            f"WHEN regexp_full_match({token}, '[-0-9.eE+]+') THEN {token} END AS {duck(kind)})"
        )
    if isinstance(kind, t.BooleanType):
        return f"CASE {token} WHEN 'true' THEN true WHEN 'false' THEN false END"
    if isinstance(kind, t.DecimalType):
        number = f"CASE WHEN {_is_string(token)} THEN {string_of(token)} ELSE {token} END"
        valid = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
        sql, _ = cast_sql(
            f"CASE WHEN regexp_full_match({number}, '{valid}') THEN {number} END", t.STRING, kind, True
        )
        return sql
    return _convert_time(token, kind, how)


def _nested_text(token: str) -> str:
    """A nested value as Spark prints it; numbers that Java prints with an exponent are not answered."""
    far = r"(?:[:,\[])-?(?:[0-9]{8,}\.|0\.000|[0-9.]+e)"
    return f"CASE WHEN regexp_matches({token}, '{far}') THEN {fail('UNSUPPORTED_FEATURE', 'a nested number with an exponent')} ELSE {in_halves(token)} END"


def _convert_time(token: str, kind: t.DataType, how: Reading) -> str:
    value = string_of(token)
    if isinstance(kind, t.DateType):
        if how.date_format is not None:
            read = parse_text(how.date_format)(value, True)
            return f"CASE WHEN {_is_string(token)} THEN CAST({read} AS DATE) END"
        sql, _ = cast_sql(value, t.STRING, kind, True)
        days = f"TRY_CAST(CASE WHEN regexp_full_match({value}, '[+-]?[0-9]+') THEN {value} END AS INTEGER)"
        return f"CASE WHEN {_is_string(token)} THEN coalesce({sql}, DATE '1970-01-01' + {days}) END"
    if isinstance(kind, t.TimestampType):
        sql, _ = cast_sql(value, t.STRING, kind, True)
        if how.timestamp_format is not None:
            sql = f"CAST({parse_text(how.timestamp_format)(value, True)} AS TIMESTAMPTZ)"
        seconds = f"TRY_CAST({token} AS BIGINT)"
        far = (
            f"CAST((CAST({seconds} AS HUGEINT) * 1000000 + 9223372036854775808) % 18446744073709551616 "
            "- 9223372036854775808 AS BIGINT)"
        )  # Java's product of two longs goes round
        near = f"abs(CAST({seconds} AS DOUBLE)) <= 9e12"
        epoch = (
            f"CAST(make_timestamp(CASE WHEN {near} THEN {seconds} * 1000000 ELSE {far} END) AS TIMESTAMPTZ)"
        )
        return f"CASE WHEN {_is_string(token)} THEN {sql} WHEN regexp_full_match({token}, '-?[0-9]+') THEN {epoch} END"
    raise NotAnswered(f"from_json into {kind.simple_string} is not answered")


def path_of(name: str) -> str:
    return '$."' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def is_nested(kind: t.DataType) -> bool:
    """Whether `outcome` is needed: `converted` takes the plain types only."""
    return isinstance(kind, (t.StructType, t.ArrayType, t.MapType))


def outcome(token: str, kind: t.DataType, how: Reading, depth: int) -> str:
    """`struct_pack(v, n)` of a token, which is JSON text, not NULL; `depth` keeps the names of lambdas apart.

    `how.strict`: of a key that comes twice the value that is of another type counts.
    """
    return f"{_outcomes(f'[{token}]', kind, how, depth)}[1]"


def made(value: str, lost: str) -> str:
    """A value and how many in it were lost."""
    return f"struct_pack(v := {value}, n := CAST({lost} AS INTEGER))"


def _outcomes(tokens: str, kind: t.DataType, how: Reading, depth: int) -> str:
    """The outcomes of a list of JSON values."""
    row = f"_o{depth}"
    steps = Steps(
        f"list_transform({tokens}, lambda {row}: struct_pack(j := CAST({row} AS VARCHAR)))", row, "j"
    )
    token, none = f"{row}.j", f"CAST(NULL AS {duck(kind)})"
    lost, null = made(none, "CAST(NULL AS INTEGER)"), made(none, "0")
    opening = "[" if isinstance(kind, t.ArrayType) else "{"
    if isinstance(kind, t.ArrayType):
        found = _array(steps, kind, lost, how, depth)
    elif isinstance(kind, t.MapType):
        found = _map(steps, kind, lost, how, depth)
    elif isinstance(kind, t.StructType):
        found = made(*record(steps, "j", kind, how, depth))
    else:
        steps.add({"v": converted(token, kind, how)})
        return steps.mapped(made(f"{row}.v", f"CASE WHEN {row}.v IS NOT NULL OR {token} = 'null' THEN 0 END"))
    return steps.mapped(
        f"CASE WHEN {token} = 'null' THEN {null} WHEN starts_with({token}, '{opening}') THEN {found} ELSE {lost} END"
    )


def _array(steps: Steps, kind: t.ArrayType, lost: str, how: Reading, depth: int) -> str:
    row, one = steps.row, f"_q{depth}"
    each = _outcomes(f"json_extract({row}.j, '$[*]')", kind.element, how, depth + 1)
    steps.add({"r": f"CASE WHEN starts_with({row}.j, '[') THEN {each} END"})
    value = f"list_transform({row}.r, lambda {one}: {one}.v)"
    return f"CASE WHEN {_any_lost(f'{row}.r', one)} THEN {lost} ELSE {made(value, _sum(f'{row}.r', one))} END"


def _any_lost(results: str, one: str) -> str:
    return f"len(list_filter({results}, lambda {one}: {one}.n IS NULL)) > 0"


def _sum(results: str, one: str) -> str:
    return f"coalesce(list_sum(list_transform({results}, lambda {one}: {one}.n)), 0)"


def _map(steps: Steps, kind: t.MapType, lost: str, how: Reading, depth: int) -> str:
    if not isinstance(kind.key, t.StringType):
        raise Mismatch(
            "[DATATYPE_MISMATCH.INVALID_JSON_MAP_KEY_TYPE] the keys of a map in JSON are STRING, "
            f"not {kind.key.simple_string.upper()}"
        )
    row, one = steps.row, f"_q{depth}"
    each = _outcomes(f"json_extract({row}.j, '$.*')", kind.value, how, depth + 1)
    steps.add(
        {
            "k": f"CASE WHEN starts_with({row}.j, '{{') THEN json_keys({row}.j) END",
            "r": f"CASE WHEN starts_with({row}.j, '{{') THEN {each} END",
        }
    )
    twice = fail("UNSUPPORTED_FEATURE", "a key that comes twice for a MAP")
    value = f"CAST(map({row}.k, list_transform({row}.r, lambda {one}: {one}.v)) AS {duck(kind)})"
    return (
        f"CASE WHEN {_any_lost(f'{row}.r', one)} THEN {lost} "
        f"WHEN len(list_distinct({row}.k)) < len({row}.k) THEN {twice} "
        f"ELSE {made(value, _sum(f'{row}.r', one))} END"
    )


@dataclass(frozen=True)
class _Object:
    """A struct of the schema: its fields' tokens are in the field `tokens` of the steps, by position."""

    number: int
    kind: t.StructType
    level: int
    inner: dict[int, _Object]
    """Fields that are structs themselves, by position."""

    @property
    def tokens(self) -> str:
        return f"t{self.number}"


def record(steps: Steps, doc: str, schema: t.StructType, how: Reading, depth: int) -> tuple[str, str]:
    """Adds what it takes to read the object in the field `doc`; its value and how many were lost, over `row`."""
    objects: list[_Object] = []
    root = _objects(schema, 0, objects)
    row, docs = steps.row, {root.number: doc}
    for level in range(max(item.level for item in objects) + 1):
        here = [item for item in objects if item.level == level]
        steps.add({item.tokens: tokens_of(f"{row}.{docs[item.number]}", item.kind, how) for item in here})
        docs |= {inner.number: f"j{inner.number}" for item in here for inner in item.inner.values()}
        documents = {
            docs[inner.number]: f"CASE WHEN starts_with({token}, '{{') THEN {token} END"
            for item in here
            for i, inner in item.inner.items()
            for token in [_token(row, item, i)]
        }
        if documents:
            steps.add(documents)
    steps.add(
        {
            f"c{item.number}_{i}": f"CASE WHEN {row}.{item.tokens}[{i + 1}] IS NOT NULL THEN {_leaf(row, item, i, how, depth)} END"
            for item in objects
            for i in range(len(item.kind.fields))
            if i not in item.inner
        }
    )
    for level in range(max(item.level for item in objects), 0, -1):
        put: dict[str, str] = {}
        for item in objects:
            if item.level == level:
                value, lost = _put_together(row, item)
                put |= {f"v{item.number}": value, f"n{item.number}": lost}
        steps.add(put)
    return _put_together(row, root)


def _objects(kind: t.StructType, level: int, found: list[_Object]) -> _Object:
    """The struct and all structs in it that no array or map holds; `found` has them by their numbers."""
    inner: dict[int, _Object] = {}
    item = _Object(len(found), kind, level, inner)
    found.append(item)
    for i, field in enumerate(kind.fields):
        if isinstance(field.type, t.StructType):
            inner[i] = _objects(field.type, level + 1, found)
    return item


def _token(row: str, item: _Object, i: int) -> str:
    return f"CAST({row}.{item.tokens}[{i + 1}] AS VARCHAR)"


def _leaf(row: str, item: _Object, i: int, how: Reading, depth: int) -> str:
    kind, token = item.kind.fields[i].type, _token(row, item, i)
    return outcome(token, kind, how, depth + 1) if is_nested(kind) else converted(token, kind, how)


def _put_together(row: str, item: _Object) -> tuple[str, str]:
    """The struct's value and how many values in it were lost."""
    values, lost = [], []
    for i, field in enumerate(item.kind.fields):
        there, is_null = f"{row}.{item.tokens}[{i + 1}] IS NOT NULL", f"{_token(row, item, i)} = 'null'"
        found = f"{row}.c{item.number}_{i}"
        if i in item.inner:
            inner = item.inner[i].number
            value = f"CASE WHEN {row}.j{inner} IS NOT NULL THEN {row}.v{inner} END"
            lost.append(
                f"CASE WHEN {row}.j{inner} IS NOT NULL THEN {row}.n{inner} WHEN {there} AND NOT {is_null} THEN 1 ELSE 0 END"
            )
        elif is_nested(field.type):
            value = f"{found}.v"
            lost.append(f"CASE WHEN {there} THEN coalesce({found}.n, 1) ELSE 0 END")
        else:
            value = found
            lost.append(f"CASE WHEN {found} IS NOT NULL OR NOT {there} OR {is_null} THEN 0 ELSE 1 END")
        values.append(f"{quote(field.name)} := {value}")
    return f"struct_pack({', '.join(values)})", " + ".join(lost)


def tokens_of(doc: str, schema: t.StructType, how: Reading) -> str:
    """The list of the fields' tokens in an object, NULL for a field that is not there."""
    names = [field.name for field in schema.fields]
    paths = ", ".join(text(path_of(name)) for name in names)
    twice = " OR ".join(f"{doc} LIKE {text(pattern)}" for pattern in (f'%"{n}"%"{n}"%' for n in names))
    picked = ", ".join(_last(field, how) for field in schema.fields)
    pairs = f"list_zip(json_keys({doc}), json_extract({doc}, '$.*'))"
    slow = f"list_transform([{pairs}], lambda _p: [{picked}])[1]"
    return f"CASE WHEN contains({doc}, '\\') OR {twice} THEN {slow} ELSE json_extract({doc}, [{paths}]) END"


def _last(field: t.Field, how: Reading) -> str:
    """Of a key that comes several times the last token that can be of the type; FAILFAST sees any other."""
    found = f"list_filter(_p, lambda _e: _e[1] = {text(field.name)})"
    if isinstance(field.type, (t.ArrayType, t.MapType)):
        twice = fail("UNSUPPORTED_FEATURE", "a key that comes twice for an ARRAY or a MAP")
        return f"CASE WHEN len({found}) > 1 THEN {twice} ELSE {found}[1][2] END"
    token = "CAST(_e[2] AS VARCHAR)"
    fits = f"regexp_full_match({token}, {text(_shape(field.type))})"
    judged: tuple[type[t.DataType], ...] = (t.DoubleType, t.FloatType, t.BooleanType, t.DecimalType)
    judged += (t.DateType,) if how.date_format is not None else ()
    judged += (t.TimestampType,) if how.timestamp_format is not None else ()
    if isinstance(field.type, judged):
        fits = f"({token} = 'null' OR {converted(token, field.type, how)} IS NOT NULL)"
    last = f"list_filter({found}, lambda _e: {fits})[-1][2]"
    unfit = f"list_filter({found}, lambda _e: NOT {fits})[1][2]"
    return f"coalesce({unfit}, {last})" if how.strict else f"coalesce({last}, {unfit})"


def _shape(kind: t.DataType) -> str:
    if isinstance(kind, t.IntegralType):
        return r"-?[0-9]+|null"
    if isinstance(kind, (t.TimestampType, t.DateType)):
        return r'(?s)"[+-]?[0-9]{4}.*"|-?[0-9]+|null'
    return r"(?s)\{.*|null" if isinstance(kind, t.StructType) else "(?s).*"
