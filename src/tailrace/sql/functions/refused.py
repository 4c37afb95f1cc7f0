"""Functions that are known and refused, with the reason and what to write instead."""

from __future__ import annotations

_CHANCE = (
    "{} gives other values each time it is computed, and a batch must be the same when it is planned again"
)
_PLACE = "{} depends on how the work is divided, and a batch must be the same when it is planned again"
_WHO = "{} depends on who runs the project, not on its data"
_SKETCH = "{} is an estimate whose value Spark does not promise"
_OTHER = "{} is a function of Spark that is not answered"
_STATE = "{} is answered in the list and in GROUP BY of a query over whole tables"
_KEY = "Take a key of the row, or a hash of it, such as xxhash64(key)."
_VIEW = "Put it into a materialized view over the table."

REFUSED: dict[str, tuple[str, str | None]] = {
    **dict.fromkeys(("rand", "random", "randn", "randstr", "uniform", "uuid"), (_CHANCE, _KEY)),
    "shuffle": (_CHANCE, "array_sort gives an order that stays."),
    "monotonically_increasing_id": (_PLACE, _KEY),
    "spark_partition_id": (_PLACE, _KEY),
    **dict.fromkeys(
        ("current_user", "session_user", "user", "is_member", "is_account_group_member"),
        (_WHO, "Write the name as a literal or as a variable of the project."),
    ),
    **dict.fromkeys(
        ("current_catalog", "current_database", "current_schema", "current_metastore"),
        ("{} depends on the session, and a project has none", "Write the name as a literal."),
    ),
    "input_file_block_start": ("{} is not answered", "_metadata.file_block_start is, over files."),
    "input_file_block_length": ("{} is not answered", "_metadata.file_block_length is, over files."),
    **dict.fromkeys(("approx_count_distinct", "hll_sketch_agg"), (_SKETCH, "count(DISTINCT x) is exact.")),
    **dict.fromkeys(
        ("approx_percentile", "percentile_approx"),
        (_SKETCH, "percentile(x, p) is exact."),
    ),
    "approx_top_k": (_SKETCH, "Count by key, order and limit."),
    **dict.fromkeys(
        ("format_number", "format_string", "printf"),
        (_OTHER, "Build the text with round, CAST, lpad and concat."),
    ),
    **dict.fromkeys(
        ("to_number", "try_to_number"),
        (_OTHER, "CAST(replace(x, ',', '') AS DECIMAL(18, 2)) reads a number with such signs."),
    ),
    **dict.fromkeys(
        ("to_char", "to_varchar"), (_OTHER, "date_format writes times, CAST(x AS STRING) numbers.")
    ),
    **dict.fromkeys(
        ("parse_url", "try_parse_url"),
        (_OTHER, "regexp_extract(url, '^[a-z]+://([^/?#]+)', 1) takes the host, other patterns the rest."),
    ),
    **dict.fromkeys(
        ("schema_of_json", "schema_of_csv"),
        (_OTHER, "Write the schema where it is used, as from_json takes it."),
    ),
    **dict.fromkeys(("from_csv", "to_csv"), (_OTHER, "split and concat_ws take lines apart and together.")),
    "conv": (_OTHER, "hex, unhex and bin know the bases 16 and 2."),
    **dict.fromkeys(
        ("make_interval", "try_make_interval"),
        (_OTHER, "make_ym_interval and make_dt_interval make intervals of months and of days."),
    ),
    "stack": ("{} takes the number of rows as a literal from 1 to 1000", "stack(2, a, b, c, d)."),
    **dict.fromkeys(
        ("grouping", "grouping_id"),
        ("{} is answered only above ROLLUP, CUBE and GROUPING SETS", "Group by sets, in a view."),
    ),
    "window": (_STATE, _VIEW),
    "session_window": ("{} is not answered", "lag() and a running sum tell sessions apart."),
    "window_time": ("{} is not answered", "window.end - INTERVAL 1 MICROSECOND is the same."),
}
"""By name, lower case: words with a place for the name, and a hint."""


def refusal(name: str) -> tuple[str, str | None] | None:
    """The message and the hint for a function of this list."""
    found = REFUSED.get(name.lower())
    return (f"{found[0].format(f'{name}()')}.", found[1]) if found else None
