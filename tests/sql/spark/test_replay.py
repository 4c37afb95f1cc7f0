"""Every recorded answer of Spark is Tailrace's, or the function is refused: never another value."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sql.spark.replay import FIXTURES, replay, tally

FILES = sorted(FIXTURES.glob("*.jsonl"))

EXPONENT = "a number inside of a nested value that Java prints with an exponent raises here"
HALF = "half a surrogate inside of a nested value raises here"
UNORDERED = "a collected map has Java's order of its keys; map_entries of the same call is recorded as well"
NO_ORDER = (
    "a comparator that calls NULL equal to all raises here; what Java makes of it depends on its algorithm"
)
DECLARED: dict[tuple[str, str], str] = {
    ("maps", "map_zip_with(c0,c1,(k,a,b)->coalesce(a,b))"): UNORDERED,
    ("j_docs", "from_json(c0, 'map<string,int>')"): UNORDERED,
    ("j_docs", "from_json(c0, 'map<string,string>')"): UNORDERED,
    ("ints_arrays", "array_sort(c0,(a,b)->case when a<b then 1 when a>b then -1 else 0 end)"): NO_ORDER,
    ("j_docs", "get_json_object(c0,'$')"): HALF,
    ("j_nested", 'get_json_object(c0,"$.a")'): EXPONENT,
    ("j_nested", "get_json_object(c0,\"$['a']\")"): EXPONENT,
}
"""Cases that differ, and why; one that does not differ any more fails the test."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_answers_as_spark(path: Path) -> None:
    outcomes = list(replay(path))
    wrong = {(o.on, o.sql): o.details[:3] for o in outcomes if o.verdict in ("different", "lenient")}
    known = {(o.on, o.sql) for o in outcomes if (o.on, o.sql) in DECLARED}
    assert set(wrong) == known, wrong


def test_at_least_sixty_functions_are_recorded_exactly() -> None:
    names = set()
    rows = 0
    for path in FILES:
        outcomes = list(replay(path)) if path.stem in ("strings", "timestamps", "numbers_double") else []
        rows += tally(outcomes)["rows"]
        names |= {o.sql.split("(")[0] for o in outcomes if o.verdict == "same" and o.rows}
    assert len({name for name in names if name.isidentifier()}) >= 60
    assert rows > 5_000
