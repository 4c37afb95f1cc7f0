"""Expressions: their types by Spark's coercion, their names, and what is refused."""

from __future__ import annotations

import duckdb
import pytest

from tailrace.model.errors import ProjectError, Refused
from tailrace.model.types import (
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    SHORT,
    STRING,
    TIMESTAMP,
    ArrayType,
    DataType,
    DecimalType,
    Field,
    MapType,
    StructType,
)
from tailrace.sql import coerce
from tailrace.sql.expression import analyze_expression, type_expression

SCHEMA = StructType(
    (
        Field("y", BYTE),
        Field("h", SHORT),
        Field("i", INT),
        Field("l", LONG),
        Field("f", FLOAT),
        Field("d", DOUBLE),
        Field("x", DecimalType(10, 2)),
        Field("s", STRING),
        Field("b", BOOLEAN),
        Field("day", DATE),
        Field("at", TIMESTAMP),
        Field("required", INT, nullable=False),
        Field("arr", ArrayType(INT)),
        Field("m", MapType(STRING, INT)),
        Field("st", StructType((Field("f", INT), Field("in", StructType((Field("g", STRING),)))))),
    )
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("y + h", "smallint"),
        ("i + l", "bigint"),
        ("l + f", "double"),
        ("f + f", "float"),
        ("x + i", "decimal(13,2)"),
        ("x + 1", "decimal(11,2)"),
        ("x * x", "decimal(21,4)"),
        ("x / 3", "decimal(14,6)"),
        ("x + d", "double"),
        ("i / 2", "double"),
        ("i div 2", "bigint"),
        ("s + 1", "bigint"),
        ("s + 1.5", "double"),
        ("day + 1", "date"),
        ("day + INTERVAL 1 HOUR", "timestamp"),
        ("at + INTERVAL 1 MONTH", "timestamp"),
        ("CASE WHEN b THEN i ELSE x END", "decimal(12,2)"),
        ("coalesce(y, l)", "bigint"),
        ("coalesce(day, at)", "timestamp"),
        ("if(b, s, day)", "date"),
        ("st.f", "int"),
        ("st.in.g", "string"),
        ("arr[0]", "int"),
        ("m['k']", "int"),
        ("m.k", "int"),
        ("CAST(s AS DECIMAL(5,1))", "decimal(5,1)"),
        ("i::string", "string"),
        ("1L", "bigint"),
        ("1.50", "decimal(3,2)"),
        ("1e2", "double"),
        ("2147483648", "bigint"),
    ],
)
def test_type(text: str, kind: str) -> None:
    assert analyze_expression(text, SCHEMA)[0].simple_string == kind


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("i + 1 * l", "(i + (1 * l))"),
        ("NOT b AND i IS NOT NULL", "((NOT b) AND (i IS NOT NULL))"),
        ("i != 1", "(NOT (i = 1))"),
        ("i BETWEEN 1 AND 2", "between(i, 1, 2)"),
        ("s LIKE 'a%'", "s LIKE a%"),
        ("CASE WHEN b THEN 1 END", "CASE WHEN b THEN 1 END"),
        ("-i", "(- i)"),
        ("b IS TRUE", "(b <=> true)"),
        ("i > 1.5", "(i > 1)"),
        ("i >= 1.5", "(i >= 2)"),
        ("1.5 < i", "(1 < i)"),
        ("i = 1.5", "(i = 1.5)"),
        ("day + 1", "date_add(day, 1)"),
        ("DATE '2024-01-01'", "DATE '2024-01-01'"),
        ("INTERVAL 90 MINUTES", "INTERVAL '90' MINUTE"),
        ("coalesce(t.i, 0)", "coalesce(i, 0)"),
    ],
)
def test_name(text: str, name: str) -> None:
    assert type_expression(text, SCHEMA).name == name


def test_what_can_fail_and_what_can_be_null_is_known() -> None:
    assert not type_expression("required", SCHEMA).nullable
    assert not type_expression("coalesce(i, 0)", SCHEMA).nullable
    assert type_expression("required / 2", SCHEMA).nullable
    assert not type_expression("coalesce(i, 0)", SCHEMA).fallible
    assert type_expression("i + 1", SCHEMA).fallible
    assert not type_expression("CAST(i AS BIGINT)", SCHEMA).fallible
    assert type_expression("CAST(l AS INT)", SCHEMA).fallible


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("i + b", "BINARY_OP_DIFF_TYPES"),
        ("m = m", "BINARY_OP_DIFF_TYPES"),
        ("CASE WHEN b THEN 1 ELSE arr END", "DATA_DIFF_TYPES"),
        ("i AND b", "UNEXPECTED_INPUT_TYPE"),
        ("CAST(arr AS INT)", "DATATYPE_MISMATCH"),
        ("nope", "UNRESOLVED_COLUMN"),
        ("st.nope", "FIELD_NOT_FOUND"),
        ("arr['k']", "UNEXPECTED_INPUT_TYPE"),
        ("coalesce()", "WRONG_NUM_ARGS"),
        ("row_number()", "WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE"),
        ("sum(i)", "INVALID_AGGREGATE"),
    ],
)
def test_what_spark_refuses_is_wrong_here_too(text: str, condition: str) -> None:
    with pytest.raises(ProjectError, match=condition) as caught:
        analyze_expression(text, SCHEMA)
    assert not isinstance(caught.value, Refused)


@pytest.mark.parametrize(
    "text", ["no_such_function(i)", "s COLLATE utf8_lcase", "i BETWEEN SYMMETRIC 1 AND 2", "s:a.b"]
)
def test_what_is_not_in_the_table_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        analyze_expression(text, SCHEMA)


def test_a_text_stays_linear_however_deep_the_expression() -> None:
    deep = "i"
    for _ in range(12):
        deep = f"({deep}) / l"
    assert len(analyze_expression(deep, SCHEMA)[1]) < 20_000


def test_a_deep_expression_still_computes() -> None:
    deep = "i"
    for _ in range(8):
        deep = f"({deep}) / l"
    _, sql = analyze_expression(deep, SCHEMA)
    connection = duckdb.connect()
    connection.execute("SET disabled_optimizers = 'common_subexpressions,expression_rewriter'")
    assert connection.execute(f"SELECT {sql} FROM (SELECT 256::INT AS i, 2::BIGINT AS l)").fetchall() == [
        (1.0,)
    ]


@pytest.mark.parametrize(
    ("types", "met"),
    [
        ((BYTE, LONG), LONG),
        ((INT, FLOAT), DOUBLE),
        ((STRING, INT), LONG),
        ((STRING, FLOAT), DOUBLE),
        ((STRING, DATE), DATE),
        ((DecimalType(10, 2), LONG), DecimalType(22, 2)),
        ((DecimalType(38, 10), DecimalType(38, 0)), DecimalType(38, 0)),
        ((DATE, TIMESTAMP), TIMESTAMP),
        ((BOOLEAN, INT), None),
        ((ArrayType(INT), ArrayType(LONG)), ArrayType(LONG)),
    ],
)
def test_common_type(types: tuple[DataType, DataType], met: DataType | None) -> None:
    assert coerce.common(types) == met
    assert coerce.common(types[::-1]) == met


def test_braces_in_the_text_of_an_argument_are_left_alone() -> None:
    kind, sql = analyze_expression("if(b, s, DATE '2024-01-01')", SCHEMA)
    assert kind == DATE
    assert sql.count("CAST('2024-01-01' AS DATE)") == 1
