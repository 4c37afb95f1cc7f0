"""Options: one table, checked names and values, and the page that is printed from it."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from tailrace.files.options import FORMATS, OPTIONS, FileOptions, parse_options
from tailrace.files.page import option_table
from tailrace.model.errors import Place, ProjectError, Refused

PLACE = Place("bronze.sql", 3, 7)


def test_keys_are_matched_without_case_and_prefix() -> None:
    options = parse_options(
        "cloud_files", "CSV", {"cloudFiles.inferColumnTypes": "true", "HEADER": "True", "delimiter": "\\t"}
    )
    assert (options.infer_types, options.header, options.sep) == (True, True, "\t")


def test_only_read_files_infers_types_by_default() -> None:
    assert parse_options("read_files", "csv", {}).infer_types
    assert not parse_options("cloud_files", "csv", {}).infer_types


def test_a_misspelt_option_is_named_with_the_nearest_one() -> None:
    with pytest.raises(ProjectError, match=r"bronze\.sql:3:7: .*'hedaer'.*'header'"):
        parse_options("read_files", "csv", {"hedaer": "true"}, PLACE)


@pytest.mark.parametrize(
    ("format", "key", "value"),
    [
        ("csv", "mode", "DROPMALFORMED"),
        ("csv", "locale", "de"),
        ("json", "singleVariantColumn", "v"),
        ("csv", "lineSep", ";"),
        ("csv", "dateFormat", "yyyy-QQ"),
        ("csv", "timestampFormat", "hh:mm"),
        ("csv", "timestampFormat", "XXX yyyy"),
        ("csv", "dateFormat", "yyyy'"),
        ("parquet", "mergeSchema", "true"),
    ],
)
def test_what_is_not_carried_out_is_refused_by_name(format: str, key: str, value: str) -> None:
    with pytest.raises(Refused, match=rf"{key}|{value}"):
        parse_options("read_files", format, {key: value}, PLACE)


@pytest.mark.parametrize(
    ("format", "key", "value", "message"),
    [
        ("csv", "header", "yes", "true or false"),
        ("csv", "quote", "''", "one character"),
        ("csv", "sep", "\n", "line break"),
        ("csv", "maxFilesPerTrigger", "0", "from 1"),
        ("csv", "maxBytesPerTrigger", "many", "size"),
        ("csv", "encoding", "utf-16", "utf-8"),
        ("csv", "modifiedAfter", "yesterday", "time"),
        ("json", "header", "true", "does not belong to the format json"),
        ("csv", "tailrace.orderBy", "size", "time, name"),
    ],
)
def test_a_wrong_value_is_an_error(format: str, key: str, value: str, message: str) -> None:
    with pytest.raises(ProjectError, match=message):
        parse_options("read_files", format, {key: value}, PLACE)


def test_contradictions_are_errors() -> None:
    with pytest.raises(ProjectError, match="contradict"):
        parse_options("read_files", "csv", {"schema": "a INT", "schemaHints": "a INT"})
    with pytest.raises(ProjectError, match="twice"):
        parse_options("read_files", "csv", {"sep": ";", "delimiter": ","})
    with pytest.raises(ProjectError, match="twice"):
        parse_options("cloud_files", "csv", {"header": "true", "cloudFiles.header": "false"})


@pytest.mark.parametrize("format", ["avro", "xml", "orc"])
def test_formats_that_are_not_read_are_refused(format: str) -> None:
    with pytest.raises(Refused, match=format):
        parse_options("read_files", format, {})


def test_an_unknown_format_is_an_error() -> None:
    with pytest.raises(ProjectError, match="csv, json, parquet"):
        parse_options("read_files", "cvs", {})
    with pytest.raises(ProjectError, match="needs a format"):
        parse_options("read_files", "", {})


def test_sizes_and_times() -> None:
    options = parse_options(
        "read_files", "csv", {"maxBytesPerTrigger": "10 MB", "modifiedAfter": "1970-01-02T00:00:00.5+01:00"}
    )
    assert options.max_bytes == 10 * 2**20
    assert options.modified_after_us == 82_800_500_000


def test_the_table_and_the_values_have_the_same_options_and_defaults() -> None:
    defaults = FileOptions("read_files", "csv")
    named = {option.attribute for option in OPTIONS if option.attribute}
    assert named | {"function", "rescue_given"} == {f.name for f in fields(FileOptions)}
    for option in OPTIONS:
        if option.attribute not in (None, "format", "infer_types"):
            assert getattr(defaults, option.attribute) == option.default, option.name
        assert set(option.formats) <= set(FORMATS)


def test_the_page_is_in_step_with_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "files.md").read_text(encoding="utf-8")
    assert option_table() in page
