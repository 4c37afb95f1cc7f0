"""The grid of typing of whole queries: aggregates, windows, keys, set operations, and calls of three arguments.

Each template is a query over a table `t` whose columns `a0`, `b0`, ... have the types of `grid.KINDS`; what
counts is the type of its first column. The lines of `typing_queries.txt` are those of `typing.txt`.
"""

from __future__ import annotations

import re
from pathlib import Path

from tailrace.sql.functions.registry import TABLE

FILE = Path(__file__).parent / "typing_queries.txt"
_KEY = "a2"
"""A column of type INT, for what the template does not vary."""

_PAIRS = (
    *("count", "max_by", "min_by", "corr", "covar_pop", "covar_samp"),
    *("regr_count", "regr_avgx", "regr_sxx", "regr_sxy", "regr_r2", "regr_slope", "regr_intercept"),
)
_CALLS = (
    *("percentile(a, 0.5)", "percentile(1, a)", "percentile(a, array(0.1, 0.9))", "percentile(1, 0.5, a)"),
    *("percentile_cont(0.5) WITHIN GROUP (ORDER BY a)", "percentile_cont(a) WITHIN GROUP (ORDER BY a2)"),
    *("percentile_disc(0.5) WITHIN GROUP (ORDER BY a DESC)", "mode() WITHIN GROUP (ORDER BY a)"),
    *(
        "mode(a, true)",
        "mode(a2, a)",
        "listagg(a, ',')",
        "listagg('x', a)",
        "listagg(a) WITHIN GROUP (ORDER BY a)",
    ),
    *("listagg('x') WITHIN GROUP (ORDER BY a)", "listagg(DISTINCT a) WITHIN GROUP (ORDER BY a)"),
    *("first(a, true)", "first(a) IGNORE NULLS", "last(a2, a)", "any_value(a) IGNORE NULLS"),
    *("max_by(a, a2, 2)", "min_by(a2, a, 2)", "max_by(a2, a2, a)"),
    *("count(a, a2)", "count(DISTINCT a, b)", "count(*) FILTER (WHERE a)", "max(a) FILTER (WHERE true)"),
)
_OVER = (
    "ORDER BY a", "PARTITION BY a", "PARTITION BY a ORDER BY a DESC NULLS FIRST",
    "ORDER BY a ROWS BETWEEN 1 PRECEDING AND CURRENT ROW", "ORDER BY a RANGE BETWEEN CURRENT ROW AND CURRENT ROW",
    "ORDER BY a RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
)  # fmt: skip
_DISTANCES = (
    "1", "1L", "1Y", "1S", "1.5BD", "1D", "1.5", "1F", "INTERVAL 1 DAY", "INTERVAL 1 HOUR", "INTERVAL '1:2' MINUTE TO SECOND",
    "INTERVAL 1 MONTH", "INTERVAL 1 YEAR", "'1'", "DATE'2020-01-01'", "true", "NULL",
)  # fmt: skip
_WINDOW_CALLS = (
    *("lag(a)", "lead(a, 2)", "lag(a, a2)", "lag(a2, a)", "lag(a) IGNORE NULLS", "lead(a2, 1, a)"),
    *("lag(a, 1, 1)", "lag(a, 1, 'x')", "lag(a, 1, NULL)", "lag(a, 1, b)", "lead(a, -1, b)"),
    *("nth_value(a, 2)", "nth_value(a2, a)", "nth_value(a, 2) IGNORE NULLS", "ntile(a)", "ntile(4)"),
    *("last_value(a) IGNORE NULLS", "max_by(a, a2)", "min_by(a2, a)", "mode(a, true)", "percentile(a, 0.5)"),
)
_KEYS = (
    "SELECT a FROM t GROUP BY a", "SELECT DISTINCT a FROM t", "SELECT a FROM t ORDER BY a",
    "SELECT a FROM t GROUP BY ROLLUP(a)", "SELECT count(*) FROM t GROUP BY a, b",
    "SELECT a FROM t UNION SELECT b FROM t", "SELECT a FROM t UNION ALL SELECT b FROM t",
    "SELECT a FROM t INTERSECT SELECT b FROM t", "SELECT a FROM t EXCEPT ALL SELECT b FROM t",
    "SELECT a IN (SELECT b FROM t) FROM t", "SELECT (SELECT max(a) FROM t) FROM t",
    "SELECT x FROM VALUES (a), (b) v(x)", "SELECT a2 FROM t WHERE a", "SELECT a2 FROM t LIMIT a",
    "SELECT a2 FROM t GROUP BY a2 HAVING max(a)", "SELECT 1 FROM t JOIN t AS u ON a",
)  # fmt: skip
_THREE = (
    *(
        "a IN (b, 'x')",
        "a IN (b, 1)",
        "a NOT IN (1, b, 2.5)",
        "'x' IN (a, b)",
        "a BETWEEN b AND 'x'",
        "1 BETWEEN a AND b",
    ),
    *(
        "coalesce(a, b, 'x')",
        "coalesce('x', a, b)",
        "coalesce(a, 1, b)",
        "greatest(a, b, 1)",
        "least('x', a, b)",
    ),
    *(
        "CASE WHEN true THEN a WHEN false THEN b ELSE 'x' END",
        "CASE WHEN true THEN 1 WHEN false THEN a ELSE b END",
    ),
    *("CASE a WHEN b THEN 1 WHEN 'x' THEN 2 END", "CASE WHEN a THEN 1 WHEN true THEN b END"),
    *(
        "array(a, b, 'x')",
        "array(1, a, b)",
        "map(a, 1, b, 2)",
        "map('x', a, 'y', b)",
        "if(a, b, 1)",
        "concat(a, b, 'x')",
    ),
    *("if(true, a, b)", "nvl2(a, b, 'x')", "nvl2(a, 1, b)", "array(array(a), array(b))"),
)
_GOOD = """
aggregate(array(1, 2), 0, (x, y) -> x + y); array_insert(array(1), 1, 2); array_join(array('x'), ',', 'n')
btrim('x'); concat_ws(',', 'x', 'y'); convert_timezone('UTC', 'Asia/Tokyo', TIMESTAMP_NTZ'2020-01-01 00:00:00')
decode(1, 2, 3); elt(1, 'x', 'y'); from_json('{}', 'z INT', map('mode', 'FAILFAST')); hash(1, 2, 3)
levenshtein('x', 'y', 2); locate('x', 'y', 1); lpad('x', 2, 'y'); rpad('x', 2, 'y'); make_date(2020, 1, 1)
make_timestamp(2020, 1, 1, 1, 1, 1); make_timestamp_ntz(2020, 1, 1, 1, 1, 1); make_dt_interval(1, 2, 3, 4)
make_ym_interval(1, 2); months_between(DATE'2020-01-01', DATE'2020-02-01', true); overlay('xyz', 'w', 2, 1)
regexp_extract('x', 'x', 0); regexp_extract_all('x', 'x', 0); regexp_instr('x', 'x', 0); regexp_replace('x', 'x', 'y', 1)
replace('x', 'x', 'y'); sequence(1, 5, 2); sequence(DATE'2020-01-01', DATE'2020-02-01', INTERVAL 1 DAY)
slice(array(1), 1, 1); split('x', 'x', 2); split_part('x', 'x', 1); str_to_map('x', ',', ':'); substring('x', 1, 2)
substring_index('x', 'x', 1); timestampadd(DAY, 1, DATE'2020-01-01'); timestampdiff(DAY, DATE'2020-01-01', DATE'2020-01-02')
to_timestamp('2020-01-01', 'yyyy-MM-dd'); translate('x', 'x', 'y'); transform_keys(map('x', 1), (x, y) -> x)
map_zip_with(map('x', 1), map('x', 2), (x, y, z) -> y + z); zip_with(array(1), array(2), (x, y) -> x + y)
named_struct('x', 1, 'y', 2); nvl2(1, 2, 3); width_bucket(1, 2, 3, 4); xxhash64(1, 2, 3); sha2('x', 256)
sentences('x', 'y', 'z'); like('x', 'y', '!'); mask('x', 'v', 'w'); try_add(1, 2); date_part('DAY', DATE'2020-01-01')
array_sort(array(1), (x, y) -> x - y); filter(array(1), (x, y) -> x > y); make_timestamp(2020, 1, 1, 1, 1, 1, 'UTC')
"""
"""Calls of which one argument after the other becomes `a`."""


def templates() -> list[tuple[str, int]]:
    """Every query of the grid and how many arguments vary in it."""
    functions = {TABLE.find(name) for name in TABLE.names}
    names = sorted({f.names[0] for f in functions if f and f.kind == "aggregate"})
    calls = [f"{name}({inner})" for name in names for inner in ("a", "DISTINCT a")]
    calls += [f"{name}(a, b)" for name in _PAIRS]
    calls += [f"{name}({inner})" for name in names if name not in _PAIRS for inner in ("a, 1", "1, a")]
    calls += _CALLS
    frames = (f"ORDER BY {_KEY}", f"ORDER BY {_KEY} ROWS BETWEEN 1 PRECEDING AND CURRENT ROW")
    windows = [f"{name}(a) OVER ({frame})" for name in names for frame in frames]
    windows += [f"{call} OVER (ORDER BY {_KEY})" for call in _WINDOW_CALLS]
    windows += [
        f"{call} OVER ({over})"
        for over in _OVER
        for call in ("sum(a2)", "max(a)", "first_value(a)", "lag(a)")
    ]
    windows += [f"{name}() OVER (ORDER BY a)" for name in ("rank", "row_number", "cume_dist", "dense_rank")]
    windows += [f"sum(a2) OVER (ORDER BY a RANGE BETWEEN {d} PRECEDING AND CURRENT ROW)" for d in _DISTANCES]
    windows += [
        f"sum(a2) OVER (ORDER BY a RANGE BETWEEN 1 PRECEDING AND {d} FOLLOWING)" for d in _DISTANCES[:8]
    ]
    listed = [*calls, *windows, *_THREE, *_varied()]
    queries = [*(f"SELECT {call} FROM t" for call in listed), *_KEYS]
    return [(query, 2 if re.search(r"\bb\b", query) else 1) for query in dict.fromkeys(queries)]


def _varied() -> list[str]:
    """The calls of `_GOOD` with `a` in place of one argument, lambda functions and units left alone."""
    made = []
    for call in re.split(r"[;\n]", _GOOD):
        name, _, inner = call.strip().partition("(")
        if TABLE.find(name) is None:
            continue
        args = _arguments(inner[:-1])
        for place, one in enumerate(args):
            if "->" not in one and one != "DAY":
                made.append(f"{name}({', '.join([*args[:place], 'a', *args[place + 1 :]])})")
    return made


def _arguments(text: str) -> list[str]:
    """The parts between the commas outside of brackets and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, letter in enumerate(text):
        quoted ^= letter == "'"
        depth += 0 if quoted else (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0 and not quoted:
            parts.append(text[start:at].strip())
            start = at + 1
    return [*parts, text[start:].strip()]
