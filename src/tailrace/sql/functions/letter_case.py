"""Upper and lower case as Java has them (Unicode with its special cases), on DuckDB's simple ones.

ASCII takes the short way. Other texts first get the letters replaced that DuckDB maps to one letter, or
not at all, where Java maps them to others: `ß` to `SS`, `ﬁ` to `FI`. Where Java looks at the neighbours
(the last sigma of a word) a pattern does.
"""

from __future__ import annotations

from tailrace.sql.functions.letter_case_table import INITCAP, LOWER, UPPER
from tailrace.sql.typed import once, text

_CASED = r"\p{Lu}\p{Ll}\p{Lt}"
_IGNORED = r"\p{Mn}\p{Me}\p{Cf}\p{Lm}\p{Sk}'.:·’"


def _is_ascii(v: str) -> str:
    return f"length({v}) = strlen({v})"


def _mapped(v: str, pairs: dict[str, str]) -> str:
    single = {k: w for k, w in pairs.items() if len(w) == 1}
    out = f"translate({v}, {text(''.join(single))}, {text(''.join(single.values()))})" if single else v
    for letter, word in pairs.items():
        if len(word) != 1:
            out = f"replace({out}, {text(letter)}, {text(word)})"
    return out


def _special(pairs: dict[str, str]) -> str:
    return text("[" + "".join(pairs) + "]")


def upper_text(sql: str) -> str:
    """DuckDB SQL of Java's `toUpperCase`."""
    return once(
        [sql],
        lambda v: (
            f"CASE WHEN {_is_ascii(v[0])} OR NOT regexp_matches({v[0]}, {_special(UPPER)}) THEN upper({v[0]}) "
            f"ELSE upper({_mapped(v[0], UPPER)}) END"
        ),
    )


def lower_text(sql: str) -> str:
    """DuckDB SQL of Java's `toLowerCase`."""

    def body(v: str) -> str:
        sigma = rf"([{_CASED}][{_IGNORED}]*)Σ([{_IGNORED}]*(?:[^{_CASED}{_IGNORED}]|$))"
        ended = f"regexp_replace({v}, {text(sigma)}, '\\1ς\\2', 'g')"
        return (
            f"CASE WHEN {_is_ascii(v)} OR NOT regexp_matches({v}, {_special({**LOWER, 'Σ': ''})}) THEN lower({v}) "
            f"ELSE lower({_mapped(ended, LOWER)}) END"
        )

    return once([sql], lambda names: body(names[0]))


def initcap_text(sql: str) -> str:
    """DuckDB SQL of Spark's `initcap`: words end at blanks."""
    head, tail = "left(_w, 1)", "substr(_w, 2)"
    first = (
        f"(CASE WHEN regexp_matches({head}, {_special(INITCAP)}) THEN {_mapped(head, INITCAP)} "
        f"ELSE {upper_text(head)} END)"
    )
    words = f"list_transform(string_split({sql}, ' '), lambda _w: {first} || {lower_text(tail)})"
    return f"array_to_string({words}, ' ')"
