"""The one table of all functions, from the category modules in a fixed order."""

from __future__ import annotations

from tailrace.sql.functions import (
    access,
    aggregates,
    arithmetic,
    assertions,
    collections,
    conditions,
    datetime,
    datetime_parts,
    datetime_read,
    generators,
    hashes,
    intervals_made,
    json,
    json_document,
    json_path,
    json_to,
    numbers,
    numbers_more,
    strings,
    strings_search,
    windows,
)
from tailrace.sql.functions.table import Table

TABLE = Table(
    (
        conditions.FUNCTIONS,
        access.FUNCTIONS,
        assertions.FUNCTIONS,
        strings.FUNCTIONS,
        strings_search.FUNCTIONS,
        hashes.FUNCTIONS,
        arithmetic.FUNCTIONS,
        numbers.FUNCTIONS,
        numbers_more.FUNCTIONS,
        datetime.FUNCTIONS,
        datetime_parts.FUNCTIONS,
        datetime_read.FUNCTIONS,
        intervals_made.FUNCTIONS,
        json.FUNCTIONS,
        json_document.FUNCTIONS,
        json_path.FUNCTIONS,
        json_to.FUNCTIONS,
        collections.FUNCTIONS,
        generators.FUNCTIONS,
        aggregates.FUNCTIONS,
        windows.FUNCTIONS,
    )
)
