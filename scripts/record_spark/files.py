"""Record what Spark reads from small CSV and JSON files: `python scripts/record_spark/files.py OUT.json`.

Needs pyspark and a JDK. `tests/duck/test_files_like_spark.py` replays the answers without either.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

STRINGS = "a STRING, b STRING, c STRING"

CSV_STRINGS = [
    '""', '"",x,', '"a""b",c', '"a\\"b",c', '"a\\\\",c', '"a" ,b,c', ' "a",b,c', '"a"x,b,c', '"a" x,b,c',
    '"a,b', '"a,b"c,d', 'a"b"c,"d""', "a,b,c,d,e", '"a""",b,c', '"""a""",b', '"a\\nb",c,d', '\\"a,b,c',
    'x,"a\\', "  ,b , c ", "a\rb\r\nc", "\n  \nq,w,e", '"",""', ",,", "a\\,b,c", '"a"",b",c',
    "\ufeffa,b,c", '"a""b"c,d', '"a\\"b,c', '"a"b"c",d', '"a" "b",c', "a,'b',c", '"a\\\\"b",c',
    '"a\\x",b', "ä,ß,日本", "#a,b", "a\tb,c", '"a",\n"b"\n', "a,b,c\n\n\nd", 'x,"",', ' "" ,b', '"a"\t,b',
]  # fmt: skip

CASES: list[dict[str, Any]] = [
    *({"format": "csv", "text": text, "schema": STRINGS, "options": {}} for text in CSV_STRINGS),
    {"format": "csv", "text": 'a,b\n"x\ny",2\n', "schema": STRINGS, "options": {"multiLine": "true"}},
    {"format": "csv", "text": '"x\r\ny",2\n\n"z"q\n', "schema": STRINGS, "options": {"multiLine": "true"}},
    {"format": "csv", "text": 'a,"b""c",d\n"e"f,g', "schema": STRINGS, "options": {"escape": '"'}},
    {"format": "csv", "text": '"a"""",b\n"""",x\n"a""', "schema": STRINGS, "options": {"escape": '"'}},
    {"format": "csv", "text": 'a;"b;c";d', "schema": STRINGS, "options": {"sep": ";"}},
    {"format": "csv", "text": "a||b||c", "schema": STRINGS, "options": {"sep": "||"}},
    {"format": "csv", "text": "a\tb\tc", "schema": STRINGS, "options": {"sep": "\\t"}},
    {"format": "csv", "text": 'NA,"NA",""\n,x,NA', "schema": STRINGS, "options": {"nullValue": "NA"}},
    {"format": "csv", "text": '"",,x', "schema": STRINGS, "options": {"emptyValue": "E"}},
    {"format": "csv", "text": "#x\n#\na,#b\n #c", "schema": STRINGS, "options": {"comment": "#"}},
    {"format": "csv", "text": ' a , b,c \n " x " ,y', "schema": STRINGS, "options": {
        "ignoreLeadingWhiteSpace": "true", "ignoreTrailingWhiteSpace": "true"}},
    {"format": "csv", "text": "a,b,c\n1,2,3\n4\n", "schema": STRINGS, "options": {"header": "true"}},
    {"format": "csv", "text": "12 \n 12\n+5\n-0\n007\n1.0\n1e3\n99999999999\n0x1\n1_000\n-2147483648",
     "schema": "a INT", "options": {}},
    {"format": "csv", "text": "127\n128\n-129", "schema": "a TINYINT", "options": {}},
    {"format": "csv", "text": "9223372036854775807\n9223372036854775808", "schema": "a BIGINT", "options": {}},
    {"format": "csv", "text": "12 \n 1.5\n+5\n1e3\n1d\nInf\n-Inf\nInfinity\nnan\n.5\n5.\n-0.0\n1e400\n1_0",
     "schema": "a DOUBLE", "options": {}},
    {"format": "csv", "text": '"1,234.567"\n1.235\n1.2350001\n12345678901\n1e3\n 1\n1 \nabc\n.5\n5.\n-1.005',
     "schema": "a DECIMAL(8,2)", "options": {}},
    {"format": "csv", "text": "true\nTRUE\nfalse\n1\nt\nyes\n true", "schema": "a BOOLEAN", "options": {}},
    {"format": "csv", "text": "2024-01-02\n2024-1-2\n2024\n2024-01\n 2024-01-02 \n2024-01-02T10:00:00\n"
     "2024-01-02 x\n2024-13-01\n20240102\n01/02/2024\n2024-02-30\n2024-02-29", "schema": "a DATE",
     "options": {}},
    {"format": "csv", "text": "2024-01-02 03:04:05\n2024-01-02\n2024-01-02T03:04:05Z\n"
     "2024-01-02T03:04:05.123456789\n2024-01-02 03:04:05+02:00\n2024-01-02 3:4:5\n2024-01-02 03:04\n"
     "2024-01-02 03\n2024\n2024-01-02 24:00:00\n 2024-01-02 03:04:05 \n2024-01-02 03:04:05 UTC\n"
     "2024-01-02 03:04:05 America/New_York\n1700000000\n2024-01-02 03:04:05.1\n2024-01-02 03:60:05",
     "schema": "a TIMESTAMP", "options": {}},
    {"format": "csv", "text": "01/02/2024\n1/2/2024\n13/01/2024\n01/02/24\n2024-01-02", "schema": "a DATE",
     "options": {"dateFormat": "MM/dd/yyyy"}},
    {"format": "csv", "text": "01/02/2024\n1/2/2024\n13/1/2024", "schema": "a DATE",
     "options": {"dateFormat": "M/d/yyyy"}},
    {"format": "csv", "text": "01/02/2024 03:04:05\n1/2/2024 3:04:05", "schema": "a TIMESTAMP",
     "options": {"timestampFormat": "MM/dd/yyyy HH:mm:ss"}},
    {"format": "csv", "text": "02 Jan 2024 03:04 PM\n02 jan 2024 03:04 pm", "schema": "a TIMESTAMP",
     "options": {"timestampFormat": "dd MMM yyyy hh:mm a"}},
    {"format": "csv", "text": "01/02/24\n01/02/75\n02/29/72\n1/2/24", "schema": "a DATE",
     "options": {"dateFormat": "MM/dd/yy"}},
    {"format": "csv", "text": "2024-01-02T03:04:05.123Z\n2024-01-02T03:04:05.123+02:30\n"
     "2024-01-02T03:04:05.12Z\n2024-01-02T03:04:05.123", "schema": "a TIMESTAMP",
     "options": {"timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"}},
    {"format": "csv", "text": "2024-01-02 00:04 AM\n2024-01-02 12:04 AM\n2024-01-02 13:04 PM\n2024-02-30 01:00 AM",
     "schema": "a TIMESTAMP", "options": {"timestampFormat": "yyyy-MM-dd hh:mm a"}},
    {"format": "csv", "text": "2024-01-02 24:00\n2024-01-02 23:59\n2024-1-2 3:4", "schema": "a TIMESTAMP",
     "options": {"timestampFormat": "yyyy-MM-dd HH:mm"}},
    {"format": "csv", "text": "20240102\n2024-01-02\n2024012", "schema": "a DATE",
     "options": {"dateFormat": "yyyyMMdd"}},
    {"format": "csv", "text": "2024-02-30\n2024-00-10\n2023-02-29", "schema": "a DATE",
     "options": {"dateFormat": "yyyy-MM-dd"}},
    {"format": "json", "text": '{"a":1}\n{"a":"1"}\n{"a":1.5}\n{"a":true}\n{"a":null}\n{}\n{"a":[1]}\n\nx\n'
     '{"a":{"b":1}}\n{"a":99999999999}', "schema": "a INT", "options": {}},
    {"format": "json", "text": '{"a":1}\n{"a":"x"}\n{"a":1.50}\n{"a":true}\n{"a":null}\n{"a":[1, 2]}\n'
     '{"a":{"b": "c"}}\n{"a":""}\n{"a":"\\u00e4\\n"}', "schema": "a STRING", "options": {}},
    {"format": "json", "text": '{"a":1}\n{"a":"NaN"}\n{"a":"1.5"}\n{"a":1e3}\n{"a":true}', "schema":
     "a DOUBLE", "options": {}},
    {"format": "json", "text": '{"a":1}\n{"a":"1.5"}\n{"a":1.255}\n{"a":"x"}\n{"a":1e20}', "schema":
     "a DECIMAL(8,2)", "options": {}},
    {"format": "json", "text": '{"a":true}\n{"a":"true"}\n{"a":1}', "schema": "a BOOLEAN", "options": {}},
    {"format": "json", "text": '{"a":"2024-01-02"}\n{"a":"2024-01-02T03:04:05Z"}\n{"a":5}\n{"a":"x"}',
     "schema": "a TIMESTAMP", "options": {}},
    {"format": "json", "text": '{"a":"2024-01-02"}\n{"a":"2024-1-2"}\n{"a":5}\n{"a":"x"}', "schema": "a DATE",
     "options": {}},
    {"format": "json", "text": '{"a":[1,2]}\n{"a":[]}\n{"a":1}\n{"a":null}', "schema": "a ARRAY<INT>",
     "options": {}},
    {"format": "json", "text": '{"a":{"b":1,"c":"x"}}\n{"a":{"c":2}}\n{"a":1}\n{"a":{}}', "schema":
     "a STRUCT<b: INT, c: STRING>", "options": {}},
    {"format": "json", "text": '[{"a":1,"b":2},{"a":3}]\n{"a":4,"b":5}', "schema": "a INT, b INT",
     "options": {}},
    {"format": "json", "text": '[\n{"a":1},\n{"a":2}\n]', "schema": "a INT", "options": {"multiLine": "true"}},
    {"format": "json", "text": '{"a":\n1}', "schema": "a INT", "options": {"multiLine": "true"}},
    {"format": "json", "text": '{"a":1, "b": }\n{"a":2}', "schema": "a INT, b INT", "options": {}},
    {"format": "json", "text": '{"A":1}\n{"a":2}', "schema": "a INT", "options": {}},
    {"format": "text", "text": "a\n\n b \r\nc", "schema": "value STRING", "options": {}},
    {"format": "text", "text": "a\nb", "schema": "value STRING", "options": {"wholeText": "true"}},
    {"format": "text", "text": "a;b\n;c;", "schema": "value STRING", "options": {"lineSep": ";"}},
]  # fmt: skip

INFERRED: list[dict[str, Any]] = [
    {"format": "csv", "text": text, "options": {"header": "true", "inferSchema": "true"}}
    for text in [
        "a,b\n1,2.5\n2,x\n",
        "a,b,c,d,e,f,g\n1,99999999999,2024-01-02,2024-01-02 03:04:05,true,,1e3\n"
        "2,3,2024-01-03,2024-01-02,false,,5\n",
        "a\n1\n99999999999999999999\n",
        "a\n1\n2024-01-01\n",
        "a\ntrue\n1\n",
        "a\n2024-01-02\n2024-01-02 01:00:00",
        "a\n 1\n2 \n",
        "a\n1.5\nNaN\n",
        "a\n01\n002\n",
        "a\n2024\n2023-01",
        "a,,b\n1,2,3",
        "a,A,b\n1,2,3",
        "a\n2024-01-02T00:00:00Z\n",
    ]
] + [
    {"format": "json", "text": text, "options": {}}
    for text in [
        '{"a":1,"b":"x"}\n{"a":2.5}',
        '{"a":1}\n{"a":"x"}',
        '{"a":null}',
        '{"a":[1,2.5],"b":[]}',
        '{"a":{"x":1}}\n{"a":{"y":"z"}}',
        '{"a":true}\n{"a":1}',
        '{"a":99999999999999999999}',
        '{"a":[{"b":1},{"c":2}]}',
        '{"b":1,"a":2}',
        '{"a":{"x":1}}\n{"a":1}',
        '{"a":"2024-01-02"}',
    ]
]


def main(out: str) -> None:
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession
    from pyspark.sql.functions import col, struct, to_json

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    spark = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in"
        for case in CASES:
            path.write_bytes(case["text"].encode())
            frame = spark.read.options(**case["options"]).schema(case["schema"]).format(case["format"])
            loaded = frame.load(str(path))
            shown = [col(name).cast("string") for name in loaded.columns]
            if "<" in case["schema"]:
                shown = [to_json(struct(*loaded.columns))]
            case["rows"] = [list(row) for row in loaded.select(*shown).collect()]
        for case in INFERRED:
            path.write_bytes(case["text"].encode())
            loaded = spark.read.options(**case["options"]).format(case["format"]).load(str(path))
            case["columns"] = [[name, kind] for name, kind in loaded.dtypes]
    text = ",\n".join(json.dumps(case, ensure_ascii=False) for case in [*CASES, *INFERRED])
    Path(out).write_text(f"[\n{text}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
