"""The live picture: what it shows on a terminal of which width."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from tailrace.cli.live import draw
from tailrace.runtime.picture import Watcher
from tailrace.runtime.project import open_project

from .folders import LINES, make_shop, tailrace


@pytest.fixture(scope="module")
def watcher(tmp_path_factory: pytest.TempPathFactory) -> Watcher:
    shop = make_shop(tmp_path_factory.mktemp("live"))
    assert tailrace(shop, "produce", "orders", "-", given=LINES).code == 0
    assert tailrace(shop, "run", "--available-now").code == 0
    opened = open_project(str(shop))
    return Watcher(opened.project, opened.compiled)


def shown(watcher: Watcher, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as capture:
        console.print(draw(watcher, ["bronze.orders", "silver.orders", "gold.revenue"], width))
    return [line.rstrip() for line in capture.get().splitlines()]


def cells(lines: list[str], name: str) -> dict[str, str]:
    """The line of a dataset by heading: what ends where the heading ends, or begins where it begins."""
    header = next(line for line in lines if line.startswith("dataset"))
    line = next(line for line in lines if line.startswith(name))
    spans = [match.span() for match in re.finditer(r"\S+", header)]
    state = line[spans[1][0] :].split()[0]
    found = {"state": state}
    begin = spans[1][0] + len(state)
    for start, end in spans[2:]:
        found[header[start:end]] = line[begin:end].strip()
        begin = end
    return found


@pytest.mark.parametrize("width", [120, 80, 60, 45])
def test_names_and_counts_are_whole_however_narrow_the_terminal_is(watcher: Watcher, width: int) -> None:
    lines = shown(watcher, width)
    assert not [line for line in lines if "…" in line or len(line) > width]
    silver = cells(lines, "silver.orders")
    assert (silver["state"], silver["in"], silver["error"], silver["out"]) == ("current", "3", "1", "1")


def test_a_view_has_no_account_of_its_input(watcher: Watcher) -> None:
    gold = cells(shown(watcher, 200), "gold.revenue")
    assert (gold["in"], gold["kept"], gold["error"], gold["rows/s"], gold["out"]) == ("1", "", "", "", "1")
