"""Ask Spark: type by analysis, value or error of every row, in code generation and interpreted.

Rows come from a Parquet file, so that nothing is folded. Which rows fail is found without jobs: the
optimised expression is made a projection and applied to one row after the other. The values of the
others are then collected, many expressions in one query. What the two modes do not agree on is dropped.
"""

from __future__ import annotations

import logging
import os
import tempfile
from typing import Any

os.environ["TZ"] = "UTC"

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as st
from scripts.record_spark.ask import Case, RowSet
from scripts.record_spark.values import to_json, to_python

MODES = {
    "codegen": {"spark.sql.codegen.wholeStage": "true", "spark.sql.codegen.factoryMode": "CODEGEN_ONLY"},
    "interpreted": {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"},
}
EXPRESSIONS_MAX = 40
_CATALYST = "org.apache.spark.sql.catalyst.expressions."


def start() -> SparkSession:
    """A local session as the fixtures assume it: ANSI, UTC, one thread of tasks."""
    logging.getLogger("SQLQueryContextLogger").disabled = True
    builder = SparkSession.builder.master("local[2]").appName("record")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -Xss16m",
        "spark.driver.memory": "3g",
        "spark.sql.shuffle.partitions": "1",
        "spark.log.level": "OFF",
        "spark.sql.mapKeyDedupPolicy": "EXCEPTION",
    }.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def load(spark: SparkSession, rowset: RowSet) -> DataFrame:
    """The set as a table of a Parquet file, with the row's place in `_i`."""
    types = [st._parse_datatype_string(t) for t in rowset.columns]
    schema = st.StructType([st.StructField("_i", st.IntegerType(), False)])
    for i, type_ in enumerate(types):
        schema = schema.add(f"c{i}", type_)
    data = [
        (i, *(to_python(v, t) for v, t in zip(row, types, strict=True))) for i, row in enumerate(rowset.rows)
    ]
    path = tempfile.mkdtemp(prefix="rows-") + "/t"
    spark.createDataFrame(data, schema).coalesce(1).write.parquet(path)
    frame = spark.read.schema(schema).parquet(path)
    frame.createOrReplaceTempView(rowset.name)
    return frame


def condition(error: Exception) -> str:
    """Spark's name for an error, or the exception's class."""
    if isinstance(error, Py4JJavaError):
        raised = error.java_exception
        while raised is not None:
            try:
                named = raised.getCondition()
                if named and named != "FAILED_EXECUTE_UDF":
                    return str(named)
            except Exception:  # not a SparkThrowable
                pass
            if raised.getCause() is None:
                return str(raised.getClass().getSimpleName())
            raised = raised.getCause()
    named = error.getCondition() if isinstance(error, PySparkException) else None
    return str(named) if named else type(error).__name__


class Asker:
    """Answers of one set of rows."""

    def __init__(self, spark: SparkSession, rowset: RowSet) -> None:
        self.spark = spark
        self.rowset = rowset
        self.frame = load(spark, rowset)
        java = self.frame._jdf.queryExecution()
        self.attributes = java.analyzed().output()
        self.inputs = [row.copy() for row in java.executedPlan().executeCollect()]
        self.inputs.sort(key=lambda row: row.getInt(0))
        name = _CATALYST + "UnsafeProjection$"
        loader = spark._jvm.java.lang.Thread.currentThread().getContextClassLoader()
        classes = spark._jvm.java.lang.Class
        self.projections = classes.forName(name, True, loader).getField("MODULE$").get(None)
        # Generated classes share one name, by which py4j caches methods: call through reflection.
        parameters = spark.sparkContext._gateway.new_array(classes, 1)
        parameters[0] = classes.forName("org.apache.spark.sql.catalyst.InternalRow", True, loader)
        self.apply = classes.forName(name[:-1], True, loader).getMethod("apply", parameters)
        self.arguments = spark.sparkContext._gateway.new_array(spark._jvm.java.lang.Object, 1)

    def answer(self, cases: list[Case]) -> list[dict[str, Any]]:
        """A line per case, in order; `"out"` has an answer per row (one for a group)."""
        lines: list[dict[str, Any]] = []
        typed: list[tuple[Case, dict[str, Any], st.DataType]] = []
        for case in cases:
            line: dict[str, Any] = {"sql": case.sql, "on": case.on}
            if case.how != "row":
                line["how"] = case.how
            lines.append(line)
            try:
                type_ = self.frame.selectExpr(f"{case.sql} AS x").schema[0].dataType
            except Exception as error:
                line["refused"] = condition(error)
                continue
            line["type"] = type_.simpleString()
            typed.append((case, line, type_))
        both = [self._all(mode, typed) for mode in MODES.values()]
        for i, (_, line, _t) in enumerate(typed):
            a, b = both[0][i], both[1][i]
            line["out"] = [_agreed(x, y) for x, y in zip(a, b, strict=True)]
        return lines

    def _all(self, mode: dict[str, str], typed: list[tuple[Case, dict[str, Any], st.DataType]]) -> list[Any]:
        for key, value in mode.items():
            self.spark.conf.set(key, value)
        answers: list[Any] = []
        for start_ in range(0, len(typed), EXPRESSIONS_MAX):
            chunk = typed[start_ : start_ + EXPRESSIONS_MAX]
            rows = [(c, t) for c, _, t in chunk if c.how == "row"]
            given = iter(self._rows(rows))
            for case, _, type_ in chunk:
                answers.append(next(given) if case.how == "row" else self._whole(case, type_))
        return answers

    def _rows(self, chunk: list[tuple[Case, st.DataType]]) -> list[list[Any]]:
        out = [self._errors(case) for case, _ in chunk]
        texts = []
        for i, ((case, type_), errors) in enumerate(zip(chunk, out, strict=True)):
            good = ",".join(str(k) for k, e in enumerate(errors) if e is None) or "-1"
            text = (
                case.sql if not isinstance(type_, st.YearMonthIntervalType) else f"cast({case.sql} AS STRING)"
            )
            texts.append(f"CASE WHEN _i IN ({good}) THEN {text} END AS x{i}")
        try:
            collected = self._collect(texts)
        except Exception:
            if len(chunk) == 1:
                return [self._singly(*chunk[0], out[0])]
            half = len(chunk) // 2
            return self._rows(chunk[:half]) + self._rows(chunk[half:])
        for row in collected:
            for i, (_, type_) in enumerate(chunk):
                if out[i][row[0]] is None:
                    out[i][row[0]] = _json(row[i + 1], type_)
        return out

    def _singly(self, case: Case, type_: st.DataType, errors: list[Any]) -> list[Any]:
        """One expression of which Python cannot take every value: dates beyond its years are left out."""
        out = list(errors)
        good = [k for k, e in enumerate(errors) if e is None]
        if isinstance(type_, (st.DateType, st.TimestampType, st.TimestampNTZType)):
            listed = ",".join(str(k) for k in good) or "-1"
            try:
                texts = self._collect([f"CASE WHEN _i IN ({listed}) THEN string({case.sql}) END AS x"])
            except (Py4JJavaError, PySparkException) as error:
                return [e or {"!": condition(error)} for e in out]
            return [out[row[0]] or _instant(row[1]) for row in sorted(texts)]
        for k in good:
            try:
                found = self.frame.where(f"_i = {k}").selectExpr(f"{case.sql} AS x").collect()
                out[k] = to_json(found[0][0], type_)
            except (Py4JJavaError, PySparkException) as error:
                out[k] = {"!": condition(error)}
            except Exception:
                out[k] = {"?": "not collected"}
        return out

    def _collect(self, texts: list[str]) -> list[Any]:
        return self.frame.selectExpr("_i", *texts).collect()

    def _errors(self, case: Case) -> list[Any]:
        """Per row None, or `{"!": condition}` where the expression fails."""
        count = len(self.inputs)
        try:
            plan = self.frame.selectExpr(f"{case.sql} AS x")._jdf.queryExecution().optimizedPlan()
            expressions = plan.expressions()
            if plan.getClass().getSimpleName() != "Project":
                return [None] * count
            projection = self.projections.create(expressions, self.attributes)
        except Exception as error:
            if condition(error).startswith("INTERNAL_ERROR"):  # it takes several plans: only a query can tell
                return [None] * count
            return [{"!": condition(error)}] * count
        errors: list[Any] = []
        for row in self.inputs:
            self.arguments[0] = row
            try:
                self.apply.invoke(projection, self.arguments)
                errors.append(None)
            except Py4JJavaError as error:
                errors.append({"!": condition(error)})
                if "map" in case.sql or "transform_keys" in case.sql:  # a builder of maps keeps what it had
                    plan = self.frame.selectExpr(f"{case.sql} AS x")._jdf.queryExecution().optimizedPlan()
                    projection = self.projections.create(plan.expressions(), self.attributes)
        return errors

    def _whole(self, case: Case, type_: st.DataType) -> list[Any]:
        text = case.sql if not isinstance(type_, st.YearMonthIntervalType) else f"cast({case.sql} AS STRING)"
        try:
            if case.how == "group":
                return [_json(self.frame.selectExpr(f"{text} AS x").collect()[0][0], type_)]
            found = sorted(self.frame.selectExpr("_i", f"{text} AS x").collect())
            return [_json(row[1], type_) for row in found]
        except Exception as error:
            return [{"!": condition(error)}]


def _json(value: Any, type_: st.DataType) -> Any:
    return value if isinstance(type_, st.YearMonthIntervalType) else to_json(value, type_)


def _instant(text: str | None) -> Any:
    """Spark's text of a date or time as `isoformat` prints it."""
    if text is None:
        return None
    if text[0] in "+-" or text.startswith("0000"):
        return {"?": text}
    head, _, fraction = text.partition(".")
    return f"{head}.{fraction.ljust(6, '0')}" if fraction else head


def _agreed(one: Any, other: Any) -> Any:
    return one if one == other else {"?": [one, other]}
