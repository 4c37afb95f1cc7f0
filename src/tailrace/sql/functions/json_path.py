"""`get_json_object` by Spark's answers, for paths of names, indexes and at most one `[*]`, and `json_tuple`.

The document is read as far as its first object or array closes, all of it must be JSON, and of a key that
comes several times the first value that leads to something counts, for `json_tuple` the last one. Strings come without their quotes, anything
else as Spark prints it; what `[*]` finds is a list of JSON, or, if it is one value, that value with its quotes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tailrace.model import types as t
from tailrace.sql.errors import Mismatch, NotAnswered
from tailrace.sql.functions.json_document import NOT_FINITE, QUOTED, in_halves, strict_document
from tailrace.sql.functions.json_values import converted
from tailrace.sql.functions.table import Arg, Function, Resolved, scalar
from tailrace.sql.typed import fail, once, text

_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_ -]*)|\['([^'?*]+)'\]|\[([0-9]{1,6}|\*)\]")
_HALF_MARK = "\ue0ff"
"""Stands for half a surrogate, which no text can hold."""

_SHIFT = 0xE100
_CONTROLS = text("".join(map(chr, range(1, 32))))
_MOVED = text("".join(chr(_SHIFT + code) for code in range(1, 32)))
_MOVED_RANGE = "[\ue0ff-\ue120]"
"""Control characters inside of strings, which Spark lets pass, stand aside in a private range."""
_PIECES = r"""(?s)"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[^"']+"""
_SINGLE = r"(?s)'[^\\]*'"
_ODD = r"[\x01-\x1f']"

_PLAIN_NAME = re.compile(r"[^\"\\\x00-\x1f]+")
_ANY = -1
"""The step `[*]`."""

Step = str | int


def _steps(path: str) -> list[Step]:
    if not path.startswith("$"):
        raise NotAnswered(f"the path {path!r} is not answered")
    steps: list[Step] = []
    at = 1
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            raise NotAnswered(f"the path {path!r} is not answered")
        index = _ANY if found[3] == "*" else int(found[3] or 0)
        steps.append(index if found[3] else found[1] or found[2])
        at = found.end()
    if steps.count(_ANY) > 1:
        raise NotAnswered(f"the path {path!r}, which has more than one [*], is not answered")
    return steps


def _all_ways(steps: Sequence[Step], source: str) -> str:
    """Every value the path leads to in the document, in the order of the text, NULL left out."""
    found = f"[CAST({source} AS JSON)]"
    for step in steps:
        if isinstance(step, int):
            one = f"CASE WHEN json_type(_c) = 'ARRAY' THEN [json_extract(_c, '$[{step}]')] ELSE [] END"
        else:
            pairs = "list_zip(json_keys(_c), json_extract(_c, '$.*'))"
            named = f"list_filter({pairs}, lambda _e: _e[1] = {text(step)})"
            one = f"CASE WHEN json_type(_c) = 'OBJECT' THEN list_transform({named}, lambda _e: _e[2]) ELSE [] END"
        found = f"flatten(list_transform({found}, lambda _c: {one}))"
    named_last = bool(steps) and not isinstance(steps[-1], int)
    null = " AND CAST(_c AS VARCHAR) <> 'null'" if named_last else ""
    return f"list_filter({found}, lambda _c: _c IS NOT NULL{null})"


def _listed(steps: Sequence[Step]) -> str:
    """What a path with `[*]` leads to in the document `_j`, as text; several values stand in brackets."""
    at = steps.index(_ANY)
    before, after = steps[:at], steps[at + 1 :]
    each = f"list_transform(json_extract(_w, '$[*]'), lambda _g: {_all_ways(after, '_g')}[1])"
    kept = f"list_filter({each}, lambda _g: _g IS NOT NULL)"
    arrays = f"list_filter({_all_ways(before, '_j')}, lambda _w: json_type(_w) = 'ARRAY')"
    found = f"list_filter(list_transform({arrays}, lambda _w: {kept}), lambda _w: len(_w) > 0)[1]"
    token = "CAST(_g AS VARCHAR)"
    written = (
        f"CASE WHEN {token} = 'null' OR starts_with({token}, '\"') THEN {token} "
        f"ELSE {converted(token, t.STRING)} END"
    )
    joined = f"array_to_string(list_transform(_w, lambda _g: {written}), ',')"
    always = bool(before) and isinstance(before[-1], int)  # behind an index Spark keeps the brackets of one
    single = "false" if always else "len(_w) = 1"
    return (
        f"list_transform([{found}], lambda _w: CASE WHEN _w IS NULL THEN NULL WHEN {single} THEN {joined} "
        f"ELSE '[' || {joined} || ']' END)[1]"
    )


def _single(steps: Sequence[Step], last: bool) -> str:
    """The token that a path without `[*]` leads to in the document `_j`."""
    if not steps:
        return "CAST(json_extract(_j, '$') AS VARCHAR)"
    which = "[-1]" if last else "[1]"
    if any(isinstance(step, str) and not _PLAIN_NAME.fullmatch(step) for step in steps):
        return f"CAST({_all_ways(steps, '_j')}{which} AS VARCHAR)"
    names = [step for step in steps if isinstance(step, str)]
    path = "$" + "".join(f"[{s}]" if isinstance(s, int) else f'."{s}"' for s in steps)
    twice = " OR ".join(
        f"regexp_matches(_j, {text(chr(34) + re.escape(n) + chr(34) + '.*' + chr(34) + re.escape(n) + chr(34))}, 's')"
        for n in names
    )
    found = f"json_extract(_j, {text(path)})"
    if names:
        slow = f"{_all_ways(steps, '_j')}{which}"
        found = f"CASE WHEN contains(_j, '\\') OR {twice} THEN {slow} ELSE {found} END"
    return f"CAST({found} AS VARCHAR)"


def _whole(doc: str) -> str:
    """The path `$`. A document that is no object and no array is read where it is one plain value."""
    number = r"'\s*(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)\s*'"
    raised = fail("UNSUPPORTED_FEATURE", "a document that is neither an object, an array nor one plain value")
    word = r"'^\s*(?:true|false|null)(?:[^A-Za-z0-9_$]|$)'"
    first = r"regexp_extract({0}, '^[ \t\r\n]*(.)', 1)"
    plain = f"regexp_extract({{0}}, {number}, 1)"

    def body(v: Sequence[str]) -> str:
        token, start = plain.replace("{0}", v[0]), first.replace("{0}", v[0])
        return (
            f"CASE {start} WHEN '{{' THEN {_get(v[0], [], opening='{')} WHEN '[' THEN {_get(v[0], [], opening='[')} "
            f"ELSE CASE WHEN regexp_full_match({v[0]}, {number}) "
            f"THEN CASE WHEN {token} = 'null' THEN 'null' ELSE {converted(token, t.STRING)} END "
            f"WHEN {start} = chr(34) AND json_valid({v[0]}) THEN json_extract_string({v[0]}, '$') "
            f"WHEN regexp_matches({start}, '[-+.0-9\"]') OR {start} = chr(39) OR regexp_matches({v[0]}, {word}) "
            f"THEN {raised} END END"
        )

    return once([doc], body)


def _get(doc: str, steps: Sequence[Step], last: bool = False, opening: str = "") -> str:
    any_ = _ANY in steps
    token = _listed(steps) if any_ else _single(steps, last)
    marked = f"contains(_v, {text(_HALF_MARK)})"
    nested = "true" if any_ else "(starts_with(_v, '{') OR starts_with(_v, '['))"
    raised = fail("UNSUPPORTED_FEATURE", "a nested value with half a surrogate or a control character")
    inner = "_v"
    for sign, code in (("t", 9), ("n", 10), ("r", 13)):
        inner = f"replace({inner}, chr({_SHIFT + code}), '\\{sign}')"
    moved = f"regexp_matches(_v, {text(_MOVED_RANGE)})"
    put_back = f"list_transform([{inner}], lambda _v: CASE WHEN {moved} THEN {raised} ELSE _v END)[1]"
    ready = (
        f"CASE WHEN _v IS NULL OR NOT {moved} THEN _v "
        f"WHEN {nested} OR contains(_v, chr(92)) THEN {put_back} "
        f"WHEN {marked} THEN NULL ELSE translate(_v, {_MOVED}, {_CONTROLS}) END"
    )
    value = converted("_v", t.STRING)
    indexed = bool(steps) and isinstance(steps[-1], int)
    outer = f"CASE WHEN _v = 'null' THEN 'null' ELSE {value} END" if indexed else value
    before = steps[: steps.index(_ANY)] if any_ else []
    listed = in_halves("_v") if before and isinstance(before[-1], int) else "_v"
    outer = listed if any_ else f"CASE WHEN {nested} THEN {in_halves(outer)} ELSE {outer} END"
    pieces = f"regexp_extract_all(_d, {text(_PIECES)})"
    aside = f"translate(_k, {_CONTROLS}, {_MOVED})"
    single = f"regexp_full_match(_k, {text(_SINGLE)}) AND length(_k) > 1"
    doubled = (
        f"chr(34) || replace(substr({aside}, 2, length(_k) - 2), chr(34), chr(92) || chr(34)) || chr(34)"
    )
    piece = (
        f"CASE WHEN {single} THEN {doubled} WHEN left(_k, 1) IN (chr(34), chr(39)) THEN {aside} ELSE _k END"
    )
    kept = f"array_to_string(list_transform({pieces}, lambda _k: {piece}), '')"
    odd = f"NOT json_valid(_d) AND regexp_matches(_d, {text(_ODD)})"
    controls = f"CASE WHEN {odd} THEN {kept} ELSE _d END"
    unquoted = f"regexp_replace(_d, {text(QUOTED)}, chr(34) || chr(34), 'g')"
    opening = opening or ("[" if isinstance(steps[0], int) else "{")
    bare = (
        f"CASE WHEN NOT regexp_matches({unquoted}, {text(NOT_FINITE)}) "
        f"THEN {strict_document('_d', _HALF_MARK, opening)} END"
    )
    private = f"CASE WHEN regexp_matches(_d, {text(_MOVED_RANGE)}) THEN {raised} ELSE {controls} END"
    return (
        f"list_transform([{doc}], lambda _d: list_transform([{private}], lambda _d: list_transform([{bare}], "
        f"lambda _j: list_transform([CASE WHEN _j IS NOT NULL THEN {token} END], lambda _v: "
        f"list_transform([{ready}], lambda _v: CASE WHEN _v IS NOT NULL THEN {outer} END)[1])[1])[1])[1])[1]"
    )


def _resolve(args: Sequence[Arg]) -> Resolved:
    resolved = scalar("get_json_object", [t.STRING, t.STRING], t.STRING, "", null="always").resolve(args)
    if not isinstance(args[0].type, (t.StringType, t.VoidType)):
        raise Mismatch("[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] argument 1 must be STRING")
    path = args[1].known_text
    if path is None:
        return Resolved(resolved.types, t.STRING, lambda v: "CAST(NULL AS VARCHAR)", True)
    if not isinstance(path, str):
        raise NotAnswered("a path that is no literal is not answered")
    if re.search(r"\.\*", path):
        _steps(re.sub(r"\.\*", ".a", path))
        return Resolved(resolved.types, t.STRING, lambda v: "CAST(NULL AS VARCHAR)", True)  # leads to nothing
    steps = _steps(path)
    if not steps:
        return Resolved(resolved.types, t.STRING, lambda v: _whole(v[0]), True, fallible=True)
    return Resolved(resolved.types, t.STRING, lambda v: _get(v[0], steps), True, fallible=True)


def _resolve_field(args: Sequence[Arg]) -> Resolved:
    """One column of `json_tuple`: the last value of a key that is not null."""
    if any(not isinstance(arg.type, t.StringType) for arg in args):
        raise Mismatch("[DATATYPE_MISMATCH.NON_STRING_TYPE] all arguments of json_tuple are texts")
    name = args[1].known_text
    if not isinstance(name, str):
        raise NotAnswered("json_tuple is answered with names that are literals")
    return Resolved((None, None), t.STRING, lambda v: _get(v[0], [name], last=True), True, fallible=True)


FUNCTIONS: tuple[Function, ...] = (
    Function(("get_json_object",), "scalar", _resolve),
    Function(("__json_field",), "scalar", _resolve_field),
)
