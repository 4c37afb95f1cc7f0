"""Every law sees exactly the row that was lost, doubled or miscounted on one of its sides."""

from dataclasses import replace

import pytest

from tailrace.engine import account
from tailrace.engine.account import Tally
from tailrace.engine.parking import ParkDataset
from tailrace.model.account import DatasetAccount, EdgeAccount

EDGE = EdgeAccount("silver.a", "silver.a", "bronze.b", 100, 3, 7, None, None, 90)
TOTAL = DatasetAccount("silver.a", emitted=90, violated=5, out=85)
BALANCED = Tally("silver.a", (EDGE,), (90,), (90,), TOTAL)
LAWS = {
    "input": account.check_input,
    "output": account.check_output,
    "edge": lambda tally: account.check_edge(tally, {"bronze.b": 100}),
    "lake": lambda tally: account.check_lake("silver.a", tally.total.out, 85),
    "rejected errors": lambda tally: account.check_rejected("silver.a", "error", tally.edges[0].error, 3),
    "rejected violated": lambda tally: account.check_rejected(
        "silver.a", "violated", tally.total.violated, 5
    ),
}

BREAKS = {
    "one input row lost before its fate": (
        replace(BALANCED, edges=(replace(EDGE, in_=101),)),
        {"input", "edge"},
    ),
    "one error row counted twice": (
        replace(BALANCED, edges=(replace(EDGE, error=4),)),
        {"input", "rejected errors"},
    ),
    "one filtered row not counted": (replace(BALANCED, edges=(replace(EDGE, filtered=6),)), {"input"}),
    "one kept row not emitted": (
        replace(BALANCED, emitted_by_branch=(89,)),
        {"output"},
    ),
    "one emitted row doubled on the way to the output": (
        replace(BALANCED, total=replace(TOTAL, emitted=91)),
        {"output"},
    ),
    "one violated row kept": (
        replace(BALANCED, total=replace(TOTAL, violated=4)),
        {"output", "rejected violated"},
    ),
    "one row of the output not staged": (replace(BALANCED, total=replace(TOTAL, out=84)), {"output", "lake"}),
}


def broken_laws(tally: Tally) -> set[str]:
    found = set()
    for name, law in LAWS.items():
        try:
            law(tally)
        except ParkDataset as park:
            assert park.cause == "account"
            found.add(name)
    return found


def test_a_balanced_batch_breaks_no_law() -> None:
    assert broken_laws(BALANCED) == set()


@pytest.mark.parametrize("case", BREAKS)
def test_a_miscounted_row_is_seen_by_its_laws_alone(case: str) -> None:
    tally, expected = BREAKS[case]
    assert broken_laws(tally) == expected


def test_exploded_rows_must_be_as_many_as_their_lists_say() -> None:
    tally = replace(BALANCED, emitted_by_branch=(230,), kept_makes=(231,))
    with pytest.raises(ParkDataset, match="output law on bronze.b does not hold: 231 and 230"):
        account.check_output(tally)


def test_an_unknown_input_count_is_not_checked() -> None:
    account.check_input(replace(BALANCED, edges=(replace(EDGE, in_=None, unknown=("in",)),)))


@pytest.mark.parametrize(("rows", "errors", "parks"), [(99, 99, False), (100, 50, False), (100, 51, True)])
def test_the_breaker_acts_on_more_than_half_of_at_least_a_hundred_rows(
    rows: int, errors: int, parks: bool
) -> None:
    tally = replace(BALANCED, edges=(replace(EDGE, in_=rows, error=errors),))
    if not parks:
        account.check_breaker(tally)
        return
    with pytest.raises(ParkDataset, match="the query is wrong, not the data") as found:
        account.check_breaker(tally)
    assert found.value.cause == "breaker"
