"""`levenshtein` by Spark's answers: characters are counted, where DuckDB counts bytes."""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.sql.typed import fail, once, text

_SIGNS = text("".join(chr(code) for code in range(1, 128)))
"""What stands in for the different characters of two texts: DuckDB counts these as one each."""


def levenshtein(texts: Sequence[str]) -> str:
    """`levenshtein(a, b[, most])`: -1 beyond `most`."""
    if len(texts) == 2:
        return once(texts, _distance)

    def body(v: Sequence[str]) -> str:
        near = (
            f"list_transform([{_distance(v[:2])}], lambda _n: CASE WHEN _n <= {v[2]} THEN _n ELSE -1 END)[1]"
        )
        return f"CASE WHEN {v[0]} IS NOT NULL AND {v[1]} IS NOT NULL AND {v[2]} IS NOT NULL THEN {near} END"

    return once(texts, body)


def _distance(v: Sequence[str]) -> str:
    a, b = v
    apart = f"list_distinct(regexp_extract_all({a} || {b}, '(?s).'))"
    many = fail("UNSUPPORTED_FEATURE", "levenshtein of texts of more than 127 different characters")
    signs = f"array_to_string(_l, ''), substr({_SIGNS}, 1, CAST(len(_l) AS INTEGER))"
    moved = f"levenshtein(translate({a}, {signs}), translate({b}, {signs}))"
    slow = f"list_transform([{apart}], lambda _l: CASE WHEN len(_l) > 127 THEN {many} ELSE {moved} END)[1]"
    plain = f"strlen({a}) = length({a}) AND strlen({b}) = length({b})"
    return (
        f"CAST(CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL WHEN {plain} THEN levenshtein({a}, {b}) "
        f"ELSE {slow} END AS INTEGER)"
    )
