"""Reading: the quirks of real files, row numbers, what is rescued, counts, inference over several files."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.duck.infer_files import infer_schema
from tailrace.duck.read_files import drop_file, read_file
from tailrace.files.listing import list_files
from tailrace.files.opening import BrokenFile, open_source
from tailrace.files.options import FileOptions, parse_options
from tailrace.model import types as t
from tailrace.model.errors import ProjectError

from .file_reading import Reader, columns, listed_one, options_of, put

HEADER = options_of("csv", header="true")
AB = columns("a INT", "b STRING")


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def inferred(reader: Reader, path: str, options: FileOptions, hints: t.Schema | None = None) -> str:
    listed = list_files(path, reader.folder, options)
    return infer_schema(
        reader.connection, listed, options, reader.folder / ".scratch", hints=hints
    ).simple_string


# The register files: a nameless first column, two names for one column, blanks in the header, members.

OLD = "," + "C/A,UNIT,ENTRIES,EXITS" + " " * 60 + "\n0,A002,R051,10,20\n1,A002,R051,11,21\n"
NEW = ",CA,UNIT,ENTRIES,EXITS\n0,A002,R051,12,22\n"


def test_register_files_have_one_schema(reader: Reader) -> None:
    put(reader.folder, "in/old.csv.gz", gzip.compress(OLD[:50].encode()) + gzip.compress(OLD[50:].encode()))
    put(reader.folder, "in/new.csv.gz", gzip.compress(NEW.encode()))
    options = parse_options("read_files", "csv", {"header": "true", "tailrace.orderBy": "name"})
    assert inferred(reader, "in", options) == (
        "struct<_c0:int,CA:string,UNIT:string,ENTRIES:int,EXITS:int,C/A:string,_rescued_data:string>"
    )
    schema = columns("_c0 INT", "CA STRING", "C/A STRING", "EXITS INT", "_rescued_data STRING")
    wanted = t.Schema(
        (*schema.fields[:3], t.Field("UNIT", t.STRING), t.Field("entries", t.LONG), *schema.fields[3:])
    )
    assert reader.rows("in/old.csv.gz", wanted, options) == [
        (0, None, "A002", "R051", 10, 20, None),
        (1, None, "A002", "R051", 11, 21, None),
    ]
    assert reader.read is not None
    assert (reader.read.rows, reader.read.in_) == (2, 2)
    assert reader.rows("in/new.csv.gz", wanted, options) == [(0, "A002", None, "R051", 12, 22, None)]


@pytest.mark.skipif(
    "TAILRACE_MTA_DIR" not in os.environ, reason="TAILRACE_MTA_DIR names no folder of real files"
)
def test_the_real_register_files(reader: Reader) -> None:
    folder = Path(os.environ["TAILRACE_MTA_DIR"])
    options = parse_options("read_files", "csv", {"header": "true", "tailrace.orderBy": "name"})
    listed = list_files(str(folder), reader.folder, options, [folder])
    schema = infer_schema(reader.connection, listed, options, reader.folder / ".scratch")
    assert {"_c0", "CA", "C/A", "ENTRIES", "EXITS"} <= set(schema.names)
    total = 0
    for file in listed:
        plain = open_source(file, options, reader.folder / ".scratch")
        read = read_file(reader.connection, plain, schema, options, "f")
        plain.close()
        assert read.rows == read.in_
        ordered = reader.connection.execute(
            "SELECT count(*) FILTER (_c0 <> __row), count(_rescued_data), count(ENTRIES) FROM f"
        ).fetchone()
        assert ordered == (0, 0, read.rows)
        total += read.rows
    assert total > 2_000_000 or len(listed) < 8


# Row numbers and hidden columns


@pytest.mark.parametrize("quoted", [False, True])
def test_rows_are_numbered_in_the_order_of_the_file(reader: Reader, quoted: bool) -> None:
    mark = '"' if quoted else ""
    put(reader.folder, "a.csv", "".join(f"{i},{mark}v{i}{mark}\n" for i in range(150_000)))
    reader.rows("a.csv", columns("n INT", "v STRING"), options_of("csv"))
    found = reader.connection.execute(
        "SELECT count(*), count(*) FILTER (n <> __row), min(__row), max(__row) FROM f"
    ).fetchone()
    assert found == (150_000, 0, 0, 149_999)


@pytest.mark.parametrize(
    ("text", "raws"),
    [
        ("1,x\n2,\n,y\n", [b"1,x", b"2,", b",y"]),
        ('1,"x"\n\n2,"q,r"\r\n3,z', [b'1,"x"', b'2,"q,r"', b"3,z"]),
    ],
)
def test_raw_is_the_record_as_written(reader: Reader, text: str, raws: list[bytes]) -> None:
    put(reader.folder, "a.csv", text)
    rows = reader.rows("a.csv", AB, options_of("csv"), ", __row, __raw, __file")
    assert [(row[-3], row[-2], row[-1]) for row in rows] == [(i, r, "a.csv") for i, r in enumerate(raws)]


def test_bytes_that_are_no_text_are_kept_raw_and_read_with_a_mark(reader: Reader) -> None:
    put(reader.folder, "a.csv", b"1,\xff\n2,ok\n")
    rows = reader.rows("a.csv", AB, options_of("csv"), ", __raw")
    assert rows == [(1, "\ufffd", b"1,\xff"), (2, "ok", b"2,ok")]


def test_metadata_of_a_row(reader: Reader) -> None:
    path = put(reader.folder, "in/a b.csv", "1,x\n")
    os.utime(path, ns=(5_000_001_000, 5_000_001_000))
    ((_, _, found),) = reader.rows("in/a b.csv", AB, options_of("csv"), ", _metadata")
    moment = found.pop("file_modification_time")
    assert moment == datetime(1970, 1, 1, 0, 0, 5, 1, tzinfo=UTC)
    assert found == {
        "file_path": f"file:{path.parent}/a%20b.csv",
        "file_name": "a%20b.csv",
        "file_size": 4,
        "file_block_start": 0,
        "file_block_length": 4,
    }


# What does not fit


def test_what_does_not_fit_is_rescued(reader: Reader) -> None:
    put(reader.folder, "a.csv", "b,new,a\nx,n1,1\ny,,oops\nz,n3,3,more,\nw\n")
    assert reader.rescued("a.csv", AB, HEADER) == [
        {"new": "n1"},
        {"a": "oops"},
        {"new": "n3", "_c3": "more"},
        None,
    ]
    assert reader.rows("a.csv", AB, HEADER) == [(1, "x"), (None, "y"), (3, "z"), (None, "w")]


def test_nothing_is_rescued_where_nobody_asks_or_all_fits(reader: Reader) -> None:
    put(reader.folder, "a.csv", "a,b,c\n1,x,2\n")
    none = options_of("csv", header="true", schemaEvolutionMode="none")
    assert reader.rescued("a.csv", AB, none) == [None]
    wide = columns("a INT", "b STRING", "c INT")
    assert reader.rescued("a.csv", wide, HEADER) == [None]
    assert inferred(reader, "a.csv", none) == "struct<a:int,b:string,c:int>"


def test_the_corrupt_record_column_has_the_record(reader: Reader) -> None:
    put(reader.folder, "a.csv", "1,x\n2\nz,y\n")
    schema = columns("a INT", "b STRING", "_corrupt_record STRING")
    assert reader.rows("a.csv", schema, options_of("csv")) == [
        (1, "x", None),
        (2, None, "2"),
        (None, "y", "z,y"),
    ]


def test_bytes_that_are_no_utf8_are_replaced_in_texts_and_corrupt_in_json(reader: Reader) -> None:
    put(reader.folder, "a.txt", b"x\xffy\nz\n")
    value = columns("value STRING")
    assert reader.rows("a.txt", value, options_of("text")) == [("x\ufffdy",), ("z",)]
    assert reader.rows("a.txt", value, options_of("text", wholeText="true")) == [("x\ufffdy\nz\n",)]
    schema = columns("a STRING", "_corrupt_record STRING")
    put(reader.folder, "a.json", b'{"a":"x\xffy"}\n{"a":"\xc3\xa9"}\n[{"a":"1"},2]\n')
    assert reader.rows("a.json", schema, options_of("json")) == [
        (None, '{"a":"x\ufffdy"}'),
        ("\xe9", None),
        ("1", None),
        (None, "2"),
    ]
    put(reader.folder, "b.json", b'{"a":"x\xffy"}')
    whole = options_of("json", multiLine="true")
    assert reader.rows("b.json", schema, whole) == [(None, '{"a":"x\ufffdy"}')]
    put(reader.folder, "a.csv", b"x\xff\n\xff,z\n\xc3\xa9,2\n")
    assert reader.rows("a.csv", schema, options_of("csv")) == [
        ("x\ufffd", None),
        ("\ufffd", "\ufffd,z"),
        ("\xe9", "\xe9,2"),
    ]


def test_json_is_rescued(reader: Reader) -> None:
    put(reader.folder, "a.json", '{"a":1,"b":"x","c":[1,2]}\n{"a":"no"}\nbroken\n{"a":2}\n7\n')
    assert reader.rescued("a.json", AB, options_of("json")) == [
        {"c": "[1,2]"},
        {"a": "no"},
        {"_corrupt_record": "broken"},
        None,
        {"_corrupt_record": "7"},
    ]
    assert reader.read is not None
    assert (reader.read.rows, reader.read.in_) == (5, 5)


def test_failfast_refuses_the_file(reader: Reader) -> None:
    put(reader.folder, "a.csv", "1,x\nz,y\n")
    with pytest.raises(BrokenFile, match="row 1 is malformed"):
        reader.rows("a.csv", AB, options_of("csv", mode="FAILFAST"))


def test_fail_on_new_columns_refuses_the_file(reader: Reader) -> None:
    put(reader.folder, "a.csv", "a,b,c\n1,x,2\n")
    strict = options_of("csv", header="true", schemaEvolutionMode="failOnNewColumns")
    with pytest.raises(BrokenFile, match="columns c"):
        reader.rows("a.csv", AB, strict)


# Schemas that are given


def test_a_header_finds_columns_by_name_or_by_position(reader: Reader) -> None:
    put(reader.folder, "a.csv", "B,A\nx,1\n")
    assert reader.rows("a.csv", AB, HEADER) == [(1, "x")]
    by_position = options_of("csv", header="true", enforceSchema="true")
    assert reader.rows("a.csv", columns("q STRING", "r INT"), by_position) == [("x", 1)]


def test_hints_and_folders_make_columns(reader: Reader) -> None:
    put(reader.folder, "in/day=2024-01-02/n=7/a.csv", "a,b\n1,x\n")
    assert inferred(reader, "in", HEADER, columns("a BIGINT", "z DOUBLE")) == (
        "struct<a:bigint,b:string,day:date,n:int,z:double,_rescued_data:string>"
    )
    (listed,) = list_files("in", reader.folder, HEADER)
    plain = open_source(listed, HEADER, reader.folder / ".scratch")
    schema = columns("a INT", "day DATE", "n INT")
    read_file(reader.connection, plain, schema, HEADER, "p")
    assert reader.connection.execute("SELECT a, day, n FROM p").fetchall() == [(1, date(2024, 1, 2), 7)]
    drop_file(reader.connection, "p")
    left = reader.connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
    assert left == []


def test_an_input_without_files_needs_a_schema(reader: Reader) -> None:
    with pytest.raises(ProjectError, match="give schema"):
        inferred(reader, "nowhere", HEADER)
    declared = infer_schema(reader.connection, [], HEADER, reader.folder, declared=AB)
    assert declared == AB


# Empty and odd files


@pytest.mark.parametrize("text", ["", "\n", " \n\n", "a,b\n", "a,b"])
def test_files_without_rows(reader: Reader, text: str) -> None:
    put(reader.folder, "a.csv", text)
    assert reader.rows("a.csv", AB, HEADER) == []
    assert reader.read is not None
    assert reader.read.in_ == 0


@pytest.mark.parametrize("format", ["json", "text"])
def test_empty_files_of_other_formats(reader: Reader, format: str) -> None:
    put(reader.folder, "a", "")
    assert reader.rows("a", columns("value STRING"), options_of(format)) == []


def test_long_lines(reader: Reader) -> None:
    long = "x" * 5_000_000
    for mark in ("", '"'):
        put(reader.folder, "a.csv", f"1,{mark}{long}{mark}\n2,y\n")
        rows = reader.rows("a.csv", AB, options_of("csv"))
        assert [(a, len(b)) for a, b in rows] == [(1, 5_000_000), (2, 1)]


def test_null_characters_and_separators_of_ours(reader: Reader) -> None:
    put(reader.folder, "a.csv", "1,a\0b\n2,\x1e\x1f\x1e\x1f\n")
    assert reader.rows("a.csv", AB, options_of("csv")) == [(1, "a\0b"), (2, "\x1e\x1f\x1e\x1f")]
    put(reader.folder, "a.txt", "x\x1e\x1f\x1e\x1fy\nz\n")
    text = columns("value STRING")
    assert reader.rows("a.txt", text, options_of("text")) == [("x\x1e\x1f\x1e\x1fy",), ("z",)]


@pytest.mark.parametrize(
    ("format", "data"), [("parquet", b"PAR1 this is not a footer PAR1"), ("parquet", b"")]
)
def test_a_file_of_another_format_is_broken(reader: Reader, format: str, data: bytes) -> None:
    put(reader.folder, "a.parquet", data)
    with pytest.raises(BrokenFile, match=r"a\.parquet cannot be read as parquet"):
        reader.rows("a.parquet", AB, options_of(format))


# Other formats


def test_parquet(reader: Reader) -> None:
    path = reader.folder / "a.parquet"
    reader.connection.execute(
        "COPY (SELECT i::INT AS A, 'v' || i AS b, {x: i::SMALLINT, y: [1.5::DECIMAL(4,1)]} AS s, "
        f"make_timestamptz(0::BIGINT) AS w, i AS extra FROM range(5) r(i)) TO '{path}' (FORMAT parquet)"
    )
    assert inferred(reader, "a.parquet", options_of("parquet")) == (
        "struct<A:int,b:string,s:struct<x:smallint,y:array<decimal(4,1)>>,w:timestamp,extra:bigint,"
        "_rescued_data:string>"
    )
    assert reader.rows("a.parquet", columns("b STRING", "a BIGINT", "z INT"), options_of("parquet"))[1] == (
        "v1", 1, None,
    )  # fmt: skip
    assert reader.read is not None
    assert (reader.read.rows, reader.read.in_) == (5, 5)
    narrow = columns("a INT", "b INT")
    assert reader.rescued("a.parquet", narrow, options_of("parquet"))[0] == {
        "b": "v0", "extra": "0", "w": "1970-01-01 00:00:00+00", "s": "{'x': 0, 'y': [1.5]}",
    }  # fmt: skip


def test_binary_files(reader: Reader) -> None:
    path = put(reader.folder, "a.bin", b"\0\xff\n\r")
    schema = t.Schema((t.Field("path", t.STRING), t.Field("length", t.LONG), t.Field("content", t.BINARY)))
    assert reader.rows("a.bin", schema, options_of("binaryFile")) == [(f"file:{path}", 4, b"\0\xff\n\r")]


def test_nested_text_of_json_is_kept_as_written(reader: Reader) -> None:
    put(reader.folder, "a.json", '{"b": {"x" : 1.50, "y":[ ]}, "a":1}\n{"b":[1,2]}\n{"b":"s"}\n')
    rows = reader.rows("a.json", AB, options_of("json"))
    assert rows == [(1, '{"x" : 1.50, "y":[ ]}'), (None, "[1,2]"), (None, "s")]


def test_elements_of_a_list_have_their_own_raw_bytes(reader: Reader) -> None:
    put(reader.folder, "a.json", '[\n{"a":1},\n7\n]')
    rows = reader.rows("a.json", AB, options_of("json", multiLine="true"), ", __raw, __row")
    assert rows == [(1, None, b'{"a":1}', 0), (None, None, b"7", 1)]


def test_members_and_columns_with_odd_names(reader: Reader) -> None:
    put(reader.folder, "a.json", '{"a.b":1,"c\\"d":2,"e\'f":3,"":4,"ä b":{"x y":5}}\n')
    assert inferred(reader, "a.json", options_of("json")) == (
        "struct<a.b:bigint,c\"d:bigint,e'f:bigint,ä b:struct<x y:bigint>,_rescued_data:string>"
    )
    odd = t.Schema((t.Field("a.b", t.LONG), t.Field('c"d', t.STRING), t.Field("e'f", t.INT)))
    assert reader.rows("a.json", odd, options_of("json")) == [(1, "2", 3)]
    assert reader.rescued("a.json", odd, options_of("json")) == [{"": "4", "ä b": '{"x y":5}'}]
    put(reader.folder, "b.json", '{"z":1,"z":2,"m":{"k":1,"k":2,"~/":3}}\n')
    found = t.Schema((t.Field("m", t.MapType(t.STRING, t.INT)),))
    assert reader.rows("b.json", found, options_of("json")) == [({"k": 1, "~/": 3},)]
    assert reader.rescued("b.json", found, options_of("json")) == [{"z": "1"}]
    put(reader.folder, "a.csv", "_rescued_data,a b\nx,1\n")
    assert inferred(reader, "a.csv", HEADER) == "struct<a b:int,_rescued_data:string>"
    assert reader.rescued("a.csv", t.Schema((t.Field("a b", t.INT),)), HEADER) == [{"_rescued_data": "x"}]


# Inference over several files


def test_types_widen_over_files(reader: Reader) -> None:
    put(reader.folder, "in/1.csv", "a,b,c,d,e\n1,2024-01-01,1,,true\n")
    put(reader.folder, "in/2.csv", "a,b,c,d,F\n2.5,2024-01-01 10:00:00,x,,10:00:00\n")
    assert inferred(reader, "in", HEADER) == (
        "struct<a:double,b:timestamp,c:string,d:string,e:boolean,F:string,_rescued_data:string>"
    )
    cloud = parse_options("cloud_files", "csv", {"header": "true"})
    assert inferred(reader, "in", cloud) == (
        "struct<a:string,b:string,c:string,d:string,e:string,F:string,_rescued_data:string>"
    )


def test_a_guess_from_the_first_rows_is_checked_against_all(reader: Reader) -> None:
    rows = "".join("1,,true,x\n" for _ in range(12_000))
    put(reader.folder, "a.csv", f"a,b,c,d\n{rows}9999999999,2.5,7,y\n")
    assert inferred(reader, "a.csv", HEADER).startswith("struct<a:bigint,b:double,c:string,d:string")


def test_json_objects_unite(reader: Reader) -> None:
    put(reader.folder, "in/1.json", '{"k":1,"o":{"b":1}}\n')
    put(reader.folder, "in/2.json", '{"k":2.5,"o":{"a":"x"},"n":null}\n')
    assert inferred(reader, "in", options_of("json")) == (
        "struct<k:double,o:struct<a:string,b:bigint>,n:string,_rescued_data:string>"
    )


def test_broken_files_do_not_spoil_the_columns_of_others(reader: Reader) -> None:
    put(reader.folder, "in/1.csv.gz", b"no gzip")
    put(reader.folder, "in/2.csv", "a\n1\n")
    assert inferred(reader, "in", HEADER) == "struct<a:int,_rescued_data:string>"
    (reader.folder / "in/2.csv").unlink()
    with pytest.raises(ProjectError, match="damaged gzip"):
        inferred(reader, "in", HEADER)


# Any values, written in either way, come back


VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=8)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=6))
def test_quoted_values_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    reader = Reader(tmp_path_factory.mktemp("values"))
    text = "\n".join(
        ",".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in row) for row in rows
    )
    put(reader.folder, "a.csv", text)
    found = reader.rows("a.csv", columns("a STRING", "b STRING", "c STRING"), options_of("csv"))
    assert found == [tuple(value or None for value in row) for row in rows]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from("ab"), st.integers(-(2**40), 2**40) | VALUES | st.none()), max_size=6
    )
)
def test_json_values_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, int | str | None]]
) -> None:
    reader = Reader(tmp_path_factory.mktemp("values"))
    put(reader.folder, "a.json", "".join(json.dumps(row) + "\n" for row in rows))
    found = reader.rows("a.json", columns("a STRING", "b BIGINT"), options_of("json"))
    expected = [
        (
            None if row.get("a") is None else str(row["a"]),
            row.get("b") if isinstance(row.get("b"), int) else None,
        )
        for row in rows
    ]
    assert found == expected


def test_decimals_keep_their_digits(reader: Reader) -> None:
    put(reader.folder, "a.json", '{"d":123456789012345678.25}\n')
    schema = t.Schema((t.Field("d", t.DecimalType(38, 2)),))
    assert reader.rows("a.json", schema, options_of("json")) == [(Decimal("123456789012345678.25"),)]


def test_a_listed_file_is_found_by_its_path(reader: Reader) -> None:
    path = put(reader.folder, "x/y.csv", "1,x\n")
    assert listed_one(reader.folder, path, options_of("csv")).path == "x/y.csv"


def test_a_header_with_nul_characters_gives_no_columns(reader: Reader) -> None:
    put(reader.folder, "in/a.csv", "a,b\n1,2\n".encode("utf-16-le"))
    with pytest.raises(ProjectError, match="NUL characters in its header"):
        inferred(reader, "in", HEADER)


def test_no_columns_are_inferred_of_values_that_are_nested_without_end(reader: Reader) -> None:
    deep = "[" * 200 + "1" + "]" * 200
    put(reader.folder, "in/a.json", f'{{"a": 1, "b": {{"c": {deep}}}}}\n'.encode())
    with pytest.raises(ProjectError, match="more than 100 deep"):
        inferred(reader, "in", options_of("json"))
    put(reader.folder, "in/b.json", b'{"a": 1}\n')
    assert inferred(reader, "in", options_of("json")) == "struct<a:bigint,_rescued_data:string>"


def test_many_brackets_beside_each_other_are_no_depth(reader: Reader) -> None:
    many = ",".join('{"x": "[{\\"", "y": [1]}' for _ in range(300))
    put(reader.folder, "in/a.json", f'{{"a": [{many}]}}\n'.encode())
    assert inferred(reader, "in", options_of("json")) == (
        "struct<a:array<struct<x:string,y:array<bigint>>>,_rescued_data:string>"
    )
