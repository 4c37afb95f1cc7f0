"""The clicks of the weblogs template: what its tailrace.yaml makes, in exact numbers of its seed."""

from __future__ import annotations

import json
from collections import Counter
from importlib.resources import as_file, files
from typing import Any

from tailrace.project.load import load_project
from tailrace.sources.generate import Generator
from tailrace.sources.options import GenerateOptions, read_options

TOPIC = "user_browsing_logs"
ROWS = 10_000
NOON_US = 1_704_110_400_000_000  # 2024-01-01 12:00:00 UTC


def template_options(profile: str | None = None) -> GenerateOptions:
    with as_file(files("tailrace.templates") / "weblogs") as folder:
        source = load_project(folder, profile=profile, environment={}).settings.topics[TOPIC].source
    assert source is not None
    return read_options(source.options)


def clicks() -> tuple[list[dict[str, Any]], int]:
    """(the first records that are JSON, how many are not)."""
    good, bad = [], 0
    for value in Generator(template_options()).rows(0, [NOON_US] * ROWS).values:
        try:
            good.append(json.loads(value))
        except ValueError:
            bad += 1
    return good, bad


def test_the_load_profile_changes_the_rate_and_no_row() -> None:
    usual, load = template_options(), template_options("load")
    assert (usual.rate, load.rate) == (10, 5000)
    times = [NOON_US] * 50
    assert Generator(usual).rows(0, times) == Generator(load).rows(0, times)


def test_a_click_has_the_fields_the_queries_read() -> None:
    good, _ = clicks()
    names = ["date_time", "state", "ip_address", "category", "sub_cat", "type", "pid"]
    assert all(list(click) == names for click in good)
    assert {click["date_time"] for click in good} == {"2024-01-01 12:00:00", "2024-01-01 10:00:00"}
    assert len({click["state"] for click in good}) == 50


def test_a_cart_add_has_a_product_and_a_visit_has_none() -> None:
    good, _ = clicks()
    carts = [click for click in good if click["category"] == "products"]
    visits = [click for click in good if click["category"] != "products"]
    assert all(1 <= click["pid"] <= 2000 for click in carts)
    assert {click["sub_cat"] for click in carts} == {"mens-wear", "womens-wear", "men", "women"}
    assert all(click["pid"] is None and click["sub_cat"] == "list" for click in visits)
    assert (len(carts), len(visits)) == (5321, 4672)  # 53 of 100


def test_its_dirt_is_what_the_generator_says() -> None:
    good, bad = clicks()
    made = Generator(template_options()).made(ROWS)
    times = Counter(click["date_time"] for click in good)
    assert bad == made.dirt["malformed"]
    assert times["2024-01-01 10:00:00"] == made.dirt["late"]
    assert len(good) + bad == made.records == ROWS + made.dirt["duplicate"]
