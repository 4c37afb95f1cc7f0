"""Every pair of primitive types: CAST, TRY_CAST."""

from __future__ import annotations

from scripts.record_spark.ask import Case, Category
from scripts.record_spark.cases.values import SETS, TYPES

CATEGORIES = tuple(
    Category(
        f"casts_{'text' if name in ('v_string', 'v_time') else 'values'}_{name[2:]}",
        (rowset,),
        tuple(Case(f"{how}(c0 as {to})", name) for to in TYPES for how in ("cast", "try_cast")),
    )
    for name, rowset in SETS.items()
)
