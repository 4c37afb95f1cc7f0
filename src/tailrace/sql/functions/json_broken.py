"""What Spark still reads of a JSON object that is broken inside one of its nested values.

A document that is broken at its own level is no record. Where the damage is inside a nested value, Spark's parser
loses that value and goes on where it stood, so that the shape of the damage decides what is read:

- after a name (`{"c": None}`, `{"c" 1}`) the record ends: the fields before the value are kept;
- a comma too many or another bracket at the end of an object, a bare word in an array of plain values: all but
  the value is kept;
- the same at the end of an array, a comma too few there, a bare name, the end of the text: there is no record.

Damage of other shapes, or deeper, is not answered: the row fails with that as its reason.
"""

from __future__ import annotations

from tailrace.model import types as t
from tailrace.sql.functions.json_document import SUSPECT, bracketed, strict_text
from tailrace.sql.functions.steps import Steps
from tailrace.sql.typed import fail, text

_BLANK = r"[ \t\r\n]*"
_STRING = r'"(?:[^"\\]|\\.)*"'
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_WORD = r"true|false|null|NaN|[+-]?Infinity|[+-]INF"
_NESTED = bracketed(6)
_NAME = rf"{_BLANK}{_STRING}{_BLANK}"
_MEMBERS = rf"(?:{_NAME}:{_BLANK}(?:{_STRING}|{_NUMBER}|{_WORD}|{_NESTED}){_BLANK},)*"
_NO_VALUE = (
    r"[^\s\"'\[{0-9\-+tfnNI]|0[0-9]|[0-9]+\.(?:[^0-9]|$)|[0-9.]+[eE][+-]?(?:[^0-9+\-]|$)|"
    r"-(?:[^0-9I]|$)|\+(?:[^I]|$)|[tfnNI][A-Za-z0-9_$]*|$"
)
"""The beginning of what is no value, or a word that may be one."""
_AFTER_NAME = rf"(?s)^\{{({_MEMBERS}){_NAME}(?:[^:\s]|$|:{_BLANK}({_NO_VALUE}))"
_BARE_NAME = rf"(?s)^\{{({_MEMBERS}){_BLANK}[A-Za-z_$][A-Za-z0-9_$]*{_BLANK}:"
_UNCLOSED = rf"(?s)^{_BLANK}\{{{_MEMBERS}{_NAME}:{_BLANK}([\[{{].*)$"
_BEFORE = rf"(?s)^(.*[,{{]){_BLANK}\"((?:[^\"\\]|\\.)*)\"{_BLANK}:{_BLANK}$"
_ENDS_AFTER_NAME = rf"(?s)[{{,]{_NAME}(?::{_BLANK}(?:-|[A-Za-z]+|[0-9]+\.)?)?$"
_PLAIN = rf"{_BLANK}(?:{_STRING}|{_NUMBER}|{_WORD}){_BLANK}"
_NO_COMMA = rf"(?s)^\[(?:{_PLAIN},)*{_PLAIN}[^,\]}}\s0-9.eE+\-]{_BLANK}[^,\]}}\s]"
_BARE_ITEM = r"([\[,]\s*)([A-Za-z_$][A-Za-z0-9_$]*)(\s*[,\]])"


def kept(doc: str, schema: t.StructType) -> str | None:
    """The part that Spark reads of a text of which no strict document can be made, as a document.

    NULL where there is no record, None where there never is one. `doc` is SQL, `schema` is that of the record.
    """
    reads = [f"(_k.key = {text(f.name)} AND {test})" for f in schema.fields if (test := _reads(f.type))]
    if not reads:
        return None
    texts = [f"_k.key = {text(f.name)}" for f in schema.fields if _holds_text(f.type)]
    pieces = (
        f"regexp_extract_all(substr(_k.doc, strpos(_k.doc, '{{') + 1), {text(f'(?s){_STRING}|{_NESTED}')})"
    )
    at = "strpos(_k.doc, _k.value)"
    steps = Steps(f"[struct_pack(doc := {strict_text(doc)})]", "_k", "doc")
    for fields in (
        {
            "closed": f"list_filter({pieces}, lambda _x: NOT starts_with(_x, '\"') AND NOT {_valid('_x')})[1]",
            "tail": f"regexp_extract(_k.doc, {text(_UNCLOSED)}, 1)",
        },
        {"value": f"coalesce(_k.closed, CASE WHEN {_unclosed('_k.tail')} THEN _k.tail END)"},
        {"before": f"regexp_extract(substr(_k.doc, 1, {at} - 1), {text(_BEFORE)}, ['text', 'key'])"},
        {
            "key": "_k.before.key",
            "head": f"regexp_replace(_k.before.text, ',{_BLANK}$', '')",
            "rest": f"substr(_k.doc, {at} + length(_k.value))",
            "named": f"regexp_extract(_k.value, {text(_AFTER_NAME)}, ['members', 'word'])",
            "bare": f"regexp_extract(_k.value, {text(_BARE_NAME)}, 1)",
        },
        {
            "record": "_k.head || '}'",
            "others": _others(),
            "named_members": _members("_k.named.members"),
            "bare_members": _members("_k.bare"),
            "mended": _closed(),
            "nulled": _items_nulled(),
        },
    ):
        steps.add(fields)
    answer = (
        f"CASE WHEN _k.value IS NULL OR _k.before.text = '' OR NOT {_valid('_k.record')} "
        f"OR NOT ({' OR '.join(reads)}) THEN NULL "
        f"WHEN regexp_matches(_k.value, {text(_AFTER_NAME)}) AND NOT regexp_full_match(_k.named.word, {text(_WORD)}) "
        f"AND {_valid('_k.named_members')} THEN _k.record "
        f"WHEN _k.closed IS NULL THEN CASE WHEN regexp_matches(_k.value, {text(_ENDS_AFTER_NAME)}) THEN {_UNANSWERED} END "
        f"WHEN regexp_matches(_k.value, {text(_BARE_NAME)}) AND {_valid('_k.bare_members')} THEN NULL "
        f"WHEN regexp_matches(_k.value, {text(_NO_COMMA)}) THEN NULL "
        f"WHEN {_valid('_k.mended')} AND starts_with(_k.value, '[') THEN NULL "
        f"WHEN {_valid('_k.others')} AND ({_valid('_k.mended')} OR ({' OR '.join(texts) or 'false'}) "
        f"AND starts_with(_k.value, '[') AND NOT contains(_k.value, '{{') AND {_valid('_k.nulled')}) "
        f"THEN _k.others ELSE {_UNANSWERED} END"
    )
    return f"{steps.mapped(answer)}[1]"


_UNANSWERED = fail("UNSUPPORTED_FEATURE", "a record that is broken deep inside a nested value")


def _valid(doc: str) -> str:
    return f"(json_valid({doc}) AND NOT regexp_matches({doc}, {text(SUSPECT)}))"


def _reads(kind: t.DataType) -> str:
    """Whether the type reads the nested value; any other loses the record with it. Empty: never."""
    if isinstance(kind, t.StringType):
        return "true"
    if isinstance(kind, t.ArrayType):
        return "starts_with(_k.value, '[')"
    return "starts_with(_k.value, '{')" if isinstance(kind, (t.StructType, t.MapType)) else ""


def _holds_text(kind: t.DataType) -> bool:
    return isinstance(kind.element if isinstance(kind, t.ArrayType) else kind, t.StringType)


def _unclosed(tail: str) -> str:
    return f"{tail} <> '' AND NOT regexp_matches({tail}, {text(f'(?s)^{_NESTED}')})"


def _members(found: str) -> str:
    """Members and their commas as an object."""
    return f"'{{' || {found} || '\"_\":0}}'"


def _others() -> str:
    """The document without the broken member."""
    first = f"regexp_matches(_k.head, '[{{]{_BLANK}$')"
    return f"_k.head || CASE WHEN {first} THEN regexp_replace(_k.rest, '^{_BLANK},', '') ELSE _k.rest END"


def _closed() -> str:
    """The value without a comma at its end and closed as it was opened."""
    less = rf"regexp_replace(_k.value, '([^,\[{{ \t\r\n]){_BLANK},?{_BLANK}[\]}}]$', '\1')"
    return f"{less} || CASE WHEN starts_with(_k.value, '{{') THEN '}}' ELSE ']' END"


def _items_nulled() -> str:
    once = rf"regexp_replace(_k.value, {text(_BARE_ITEM)}, '\1null\3', 'g')"
    return rf"regexp_replace({once}, {text(_BARE_ITEM)}, '\1null\3', 'g')"  # neighbours share a separator
