"""Aggregates over a whole set, and window functions."""

from __future__ import annotations

from scripts.record_spark.ask import Category, RowSet, on, rows

_VALUES: dict[str, tuple[str, list[list[object]]]] = {
    "byte": ("tinyint", [[1, 127, -128, None, 5], [127, 127]]),
    "int": ("int", [[1, 2, 2, None, -7, 100], [2147483647, 2147483647, 1], [-2147483648, None], [3]]),
    "long": ("bigint", [[1, 2, None, 2], [9223372036854775807, 1], [-9223372036854775808, -1], [9223372036854775807, 1, -5], [9007199254740993, 1]]),
    "double": ("double", [[1.5, 2.25, None, -3.0], [0.0, -0.0], [-0.0], [-0.0, 0.0, -0.0], [1.0, "NaN", 2.0], ["Infinity", "-Infinity"], ["Infinity", 1.0], [1e308, 1e308], ["NaN", "NaN", 1.0], [7.5], [4.0, 4.0, 4.0]]),
    "float": ("float", [[1.5, 2.25, None, -3.0], [0.5, "NaN"], [-0.0, 0.0], [16777216.0, 1.0]]),
    "dec": ("decimal(10,2)", [["1.50", "2.25", None, "-3.01"], ["99999999.99", "99999999.99", "0.01"], ["0.01", "0.02", "0.02"], ["-0.01", "0.00", "0.00"], ["1.00", "1.00", "1.01"]]),
    "big": ("decimal(38,2)", [["999999999999999999999999999999999999.99", "0.01"], ["999999999999999999999999999999999999.99", "999999999999999999999999999999999999.99"], ["1.50", None, "2.25"]]),
    "mid": ("decimal(20,6)", [["1.500000", "2.250001", None], ["99999999999999.999999", "99999999999999.999999", "0.000001"], ["0.000001", "0.000001", "0.000002"]]),
    "text": ("string", [["b", "a", None, "", "a"], ["ä", "Z", "z"], ["1", "2.5"], ["x"], ["😀", "\uffff"]]),
    "date": ("date", [["2024-01-02", None, "2023-05-06", "2024-01-02"], ["1969-12-31"]]),
    "ts": ("timestamp", [["2024-01-02 03:04:05.000006", None, "1969-12-31 23:59:59"], ["2024-01-01 00:00:00"]]),
    "bool": ("boolean", [[True, False, None], [True, True], [False], [None, True]]),
    "binary": ("binary", [["00ff", "7f", None, ""], ["80"]]),
    "array": ("array<int>", [[[1, 2], [], None, [1]], [[None], [3]]]),
}  # fmt: skip


def _sets() -> dict[str, list[RowSet]]:
    """Each type's groups, one of nothing and one of NULLs only."""
    made = {}
    for name, (kind, groups) in _VALUES.items():
        given = [*groups, [], [None, None]]
        made[name] = [
            rows(f"{name}_{i}", [kind, "int"], [(v, k) for k, v in enumerate(group)])
            for i, group in enumerate(given)
        ]
    return made


SETS = _sets()
ANY = ["count(*)", "count(c0)", "count(c0,c1)", "count(distinct c0)", "count(distinct c0,c1)", "min(c0)", "max(c0)", "min_by(c0,c1)", "max_by(c0,c1)", "min_by(c1,c0)", "max_by(c1,c0)", "collect_set(c0)", "array_size(collect_set(c0))", "sort_array(collect_list(c0))", "sort_array(array_agg(c0))", "first(c0) filter (where c1=1)", "any_value(c0) filter (where c1=0)", "last(c0) filter (where c1=1)", "count(c0) filter (where c1>0)", "max(c0) filter (where c1>0)", "max(distinct c0)", "min(distinct c0)", "approx_count_distinct(c0)", "mode(c0)", "count_if(c0 is null)", "count_if(c1>0)", "count(1)", "max(struct(c0,c1))", "max_by(c0,c1) filter (where c0 is not null)", "sort_array(collect_list(distinct c0))", "bit_xor(c1)", "count(null)", "sum(c1)", "hash(count(c0))", "grouping(c0)", "histogram_numeric(c0,3)", "max(c0) is null", "count(distinct c0)+1", "max(null)"]  # fmt: skip
NUMBER = ["sum(c0)", "avg(c0)", "mean(c0)", "sum(distinct c0)", "avg(distinct c0)", "try_sum(c0)", "try_avg(c0)", "stddev(c0)", "std(c0)", "stddev_samp(c0)", "stddev_pop(c0)", "variance(c0)", "var_samp(c0)", "var_pop(c0)", "covar_pop(c0,c1)", "covar_samp(c0,c1)", "corr(c0,c1)", "skewness(c0)", "kurtosis(c0)", "median(c0)", "percentile(c0,0.5)", "percentile(c0,0.25)", "percentile(c0,array(0.0,0.3,1.0))", "percentile_cont(0.4) within group (order by c0)", "percentile_disc(0.4) within group (order by c0)", "percentile_approx(c0,0.5)", "approx_percentile(c0,0.25)", "percentile_approx(c0,array(0.1,0.9))", "percentile_approx(c0,0.5,100)", "bit_and(c0)", "bit_or(c0)", "bit_xor(c0)", "regr_count(c0,c1)", "regr_avgx(c0,c1)", "regr_avgy(c0,c1)", "regr_slope(c0,c1)", "regr_intercept(c0,c1)", "regr_r2(c0,c1)", "regr_sxx(c0,c1)", "regr_syy(c0,c1)", "regr_sxy(c0,c1)", "sum(c0) filter (where c1>0)", "avg(c0) filter (where c1>0)", "sum(c0*2)", "sum(c0)+1", "product(c0)", "sum(c0)/count(c0)", "percentile(c0,0.5,2)", "sum(abs(c0))"]  # fmt: skip
BOOLEAN = ["bool_and(c0)", "bool_or(c0)", "every(c0)", "some(c0)", "any(c0)", "count_if(c0)", "count_if(not c0)", "bool_and(c0) filter (where c1>0)", "sum(c0)", "count_if(distinct c0)"]  # fmt: skip
TEXT = ["sum(c0)", "avg(c0)", "listagg(c0) within group (order by c0)", "listagg(c0,',') within group (order by c0)", "string_agg(c0,',') within group (order by c0 desc)", "listagg(c0,',') within group (order by c1)", "listagg(distinct c0,',') within group (order by c0)", "listagg(c0,null) within group (order by c1)", "listagg(c0,',') filter (where c1>0)", "bool_and(c0)", "bit_and(c0)", "stddev(c0)", "median(c0)"]  # fmt: skip

WINDOW = rows("win", ["int", "int", "double", "string", "decimal(10,2)"], [
    (1, 10, 1.5, "a", "1.50"), (1, 20, None, None, "2.50"), (1, 20, -0.0, "b", None), (1, None, "NaN", None, "0.01"), (1, 30, 2.5, "c", "99999999.99"),
    (2, 5, 1.0, None, None), (2, 6, 2.0, "x", "1.00"), (None, 1, 3.0, "y", "7.77"), (None, 2, None, "", "1.01"), (3, 1, 0.25, None, "0.33"),
])  # fmt: skip
_P = "partition by c0 order by c1"
_U = "partition by c0 order by c1,_i"
OVER = [
    f"{f} over ({w})"
    for w in (_P, "order by c1", f"{_P} desc")
    for f in ("rank()", "dense_rank()", "percent_rank()", "cume_dist()", "sum(c1)", "count(*)", "count(c1)", "max(c1)", "min(c2)", "avg(c4)", "sum(c4)", "max(c3)", "bool_and(c1>5)", "count_if(c1>5)")
] + [
    f"{f} over ({w})"
    for w in (_U, "order by c1,_i", "partition by c0 order by c1 desc nulls first,_i")
    for f in ("row_number()", "ntile(2)", "ntile(3)", "ntile()", "lag(c1)", "lead(c1)", "lag(c1,2)", "lead(c1,2,-1)", "lag(c1,1,0)", "lag(c1,0)", "lag(c1,-1)", "lead(c1,-1,9)", "lag(c3) ignore nulls", "lead(c3) ignore nulls", "lag(c3,2) ignore nulls", "lag(c3,1,'z') ignore nulls", "lag(c3,1) respect nulls", "first_value(c3)", "first(c3)", "last_value(c3)", "last(c3)", "first_value(c3) ignore nulls", "first(c3,true)", "last_value(c3) ignore nulls", "last(c3,true)", "any_value(c3)", "any_value(c3) ignore nulls", "nth_value(c3,2)", "nth_value(c3,1)", "nth_value(c3,2) ignore nulls", "collect_list(c3)", "array_agg(c1)", "sum(c1)", "avg(c1)", "max_by(c1,c4)", "min_by(c3,c1)", "collect_set(c1)", "stddev(c1)", "median(c1)", "sum(c1) filter (where c1>6)", "lag(c4,1,0)", "lag(c1,1,1.5)", "lag(c2,1,0)", "lead(c3,1,c3)", "lag(c1,c1)")
] + [
    f"{f} over ({_U} {frame})"
    for frame in ("rows between 1 preceding and 1 following", "rows between unbounded preceding and unbounded following", "rows between current row and unbounded following", "rows 1 preceding", "rows between 2 following and 3 following", "rows between 3 preceding and 2 preceding", "range between unbounded preceding and unbounded following", "range between current row and unbounded following", "rows between unbounded preceding and 1 preceding")
    for f in ("sum(c1)", "avg(c1)", "count(*)", "count(c3)", "min(c1)", "max(c2)", "sum(c4)", "avg(c4)", "first_value(c3)", "last_value(c3)", "first_value(c3) ignore nulls", "last_value(c3) ignore nulls", "nth_value(c1,2)", "collect_list(c3)", "max_by(c1,c4)", "bool_or(c1>5)", "lag(c1)")
] + [
    f"{f} over ({_P} range between 10 preceding and current row)" for f in ("sum(c1)", "count(*)")
] + ["sum(c1) over (partition by c0)", "count(*) over ()", "sum(c1) over ()", "max(c2) over (partition by c0)", "avg(c4) over (partition by c0)", "count(distinct c1) over (partition by c0)", "collect_set(c1) over (partition by c0)", "row_number() over (partition by c0)", "rank() over ()", "sum(c1) over (partition by c0) + 1", "listagg(c3) over (partition by c0)", "median(c1) over (partition by c0)", "percentile(c1,0.5) over (partition by c0)", "bit_or(c1) over (partition by c0)"]  # fmt: skip


def _cases(names: tuple[str, ...], texts: list[str]) -> tuple[object, ...]:
    return tuple(case for name in names for made in SETS[name] for case in on(made.name, *texts, how="group"))


_NUMBERS = ("byte", "int", "long", "double", "float", "dec", "big", "mid")
CATEGORIES = (
    Category("windows", (WINDOW,), on("win", *OVER, how="window")),
    *(
        Category(f"aggregates_{name}", tuple(SETS[name]), _cases((name,), [*ANY, *more]))  # type: ignore[arg-type]
        for name, more in (
            *((n, NUMBER) for n in _NUMBERS),
            ("text", TEXT), ("date", []), ("ts", []), ("bool", BOOLEAN), ("binary", []), ("array", []),
        )
    ),
)  # fmt: skip
