"""Spark's names of unnamed calls, where they are not the function's name and what stands in its brackets."""

from __future__ import annotations

from collections.abc import Sequence

_UPPER = """
acos acosh asin asinh atan atan2 atanh cbrt cos cosh cot csc degrees exp expm1 hypot log log10 log1p log2
power radians sec signum sin sinh sqrt tan tanh
"""
UPPER = frozenset(_UPPER.split())
DEFAULTS = {
    "locate": (2, "1"),
    "position": (2, "1"),
    "lpad": (2, " "),
    "rpad": (2, " "),
    "overlay": (3, "-1"),
    "replace": (2, ""),
    "regexp_extract": (2, "1"),
    "regexp_extract_all": (2, "1"),
    "regexp_replace": (3, "1"),
    "months_between": (2, "true"),
    "to_unix_timestamp": (1, "yyyy-MM-dd HH:mm:ss"),
    "unix_timestamp": (1, "yyyy-MM-dd HH:mm:ss"),
}
"""What stands for the last argument where it is left out, and after how many others."""


USUAL = {"array_agg": "collect_list", "curdate": "current_date", "dateadd": "date_add"}
"""The name that Spark prints in place of another one of the same function."""


def call_name(name: str, given: Sequence[str]) -> str:
    """The name of a call, by the function's name and those of its arguments."""
    name = USUAL.get(name.lower(), name.lower())
    if name in ("ltrim", "rtrim") and len(given) == 2:
        return f"TRIM({'LEADING' if name == 'ltrim' else 'TRAILING'} {given[0]} FROM {given[1]})"
    if name == "log" and len(given) == 1:
        return f"LOG(E(), {given[0]})"
    count, default = DEFAULTS.get(name, (-1, ""))
    shown = [*given, default] if len(given) == count else given
    return f"{name.upper() if name in UPPER else name}({', '.join(shown)})"
