"""More arguments for scalar functions: paths into JSON, long texts to hash, clocks around changes of zone, web logs."""

from __future__ import annotations

from scripts.record_spark.ask import Category, column, on, rows
from scripts.record_spark.cases.json import TOKENS

PATHS = ["$.a", "$.a.b", "$.a[0]", "$.a[1]", "$.a.b[1].c", "$['a']", "$.a['b']", "$.a[2]"]
NESTED = column(
    "j_nested",
    "string",
    [
        *('{"a":' + token + "}" for token in TOKENS[:112]),
        '{"a":[1,{"b":[0,{"c":"x"}]}]}', '{"a":{"b":[0,{"c":"x"}]}}', '{"a":{"b":null},"a":{"b":2}}', '{"a":null,"a":{"b":2}}', '{"a":{"c":1},"a":{"b":2}}', '{"a":[null,2,3]}', '{"a":["x","y"]}', '{"a":[[1],[2]]}',
        '{"a":{"b":"q\\"\\\\z"}}', '{"a":{"b":"\\u00e9"}}', '{"a":{"b":"t\tt"}}', '{"a":"t\tt"}', '{"a":{"b":1.50}}', '{"a":{"b":1e5}}', '{"a":{"b":12345678.5}}', '{"a":{"b":-0}}', '{"a":{"b":true}}', '{"a":{"b":false,"c":null}}', '[{"a":1}]', ' {"a" : {"b" : [1 , 2]}} ', '{\n"a":\n{"b":\t"x"}\n}', '{"a":{"b":1}} x', '{"x":{"a":5},"a":1}', '{"a":{"a":5}}', '{"a":{"b":{"b":7}}}', "{'a':{'b':'x\"y'}}", '{"A":1}', '{"a":"\\ud83d\\ude00"}', '{"a":{"b":"日本"}}', '{"a":"\u007f"}', '{"a":"/"}', '{"a":{"b":"/"}}', '{"a":{"b":"\\/"}}', '{"a":{"b":""}}', '{"a":{"":1}}', '{"a":{"b":"a\\nb"}}',
    ],
)  # fmt: skip
GET = [f'get_json_object(c0,"{path}")' for path in PATHS]

LONG = column("long_text", "string", [
    None, "", *("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789äöü日本😀"[:n] * m for n in (1, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 28, 31, 32, 33, 36, 40, 47, 48, 63, 64, 68) for m in (1, 2)),
])  # fmt: skip
HASHES = ["hash(c0)", "xxhash64(c0)", "crc32(c0)", "hash(c0,1,true,NULL)", "xxhash64(c0,1L,false,NULL)", "hash(1,c0)", "xxhash64(2.5D,c0)", "md5(c0)", "sha1(c0)", "sha2(c0,256)", "hash(binary(c0))", "xxhash64(binary(c0))", "hash()", "xxhash64()", "hash(NULL)", "xxhash64(NULL)", "hash(map('a',c0))", "crc32(NULL)", "abs(hash(c0)) % 7", "pmod(hash(c0), 16)"]  # fmt: skip

CLOCKS = column("clocks", "timestamp", [
    None, "2024-03-10 06:59:59", "2024-03-10 07:00:00", "2024-03-10 01:59:59.999999", "2024-03-10 02:00:00", "2024-03-10 02:30:00", "2024-03-10 03:00:00", "2024-11-03 00:59:59", "2024-11-03 01:00:00", "2024-11-03 01:30:00", "2024-11-03 02:00:00", "2024-11-03 05:30:00", "2024-11-03 06:30:00", "2024-03-31 00:59:59", "2024-03-31 01:00:00", "2024-03-31 02:00:00", "2024-03-31 02:30:00", "2024-03-31 03:00:00", "2024-10-27 00:30:00", "2024-10-27 01:30:00", "2024-10-27 02:00:00", "2024-10-27 02:30:00", "2024-10-27 03:00:00", "2024-04-07 01:45:00", "2024-04-07 15:15:00", "2024-10-06 02:15:00", "2024-10-05 15:45:00", "2037-07-01 12:00:00", "2050-07-01 12:00:00", "2100-01-01 00:00:00", "1970-01-01 00:00:00", "1969-12-31 23:59:59.999999", "1945-05-24 02:30:00", "1918-03-31 02:30:00", "2011-12-30 12:00:00", "2024-06-15 12:34:56.789",
])  # fmt: skip
ZONES = ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Australia/Sydney", "America/Sao_Paulo", "Asia/Tokyo", "Pacific/Apia", "UTC", "GMT", "Z", "PST", "CST", "+09:00", "-03:30", "Europe/London", "Asia/Singapore", "America/Los_Angeles"]  # fmt: skip
SHIFTED = [f"{name}(c0,'{zone}')" for zone in ZONES for name in ("from_utc_timestamp", "to_utc_timestamp")]

UNITS = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND")
ENDS = rows("ends", ["timestamp", "timestamp"], [
    ("2024-01-31 00:00:00", "2024-02-29 00:00:00"), ("2024-02-29 13:00:00", "2023-02-28 13:00:00"), ("2024-02-29 12:00:00", "2025-02-28 12:00:00"), ("2024-03-31 10:00:00", "2024-02-29 11:00:00"), ("2024-02-29 11:00:00", "2024-03-31 10:00:00"), ("1969-12-31 23:59:59.5", "1970-01-01 00:00:00.4"), ("9999-12-31 23:59:59.999999", "1900-01-01 00:00:00"), (None, "2024-01-01 00:00:00"), ("2024-01-01 00:00:00", None), ("2024-05-31 23:00:00", "2024-04-30 22:59:59"), ("2024-12-31 00:00:00", "2025-01-01 00:00:00"), ("2024-01-01 00:00:00", "2024-01-01 00:00:00"), ("2023-03-01 00:00:00", "2024-02-29 23:59:59.999999"),
])  # fmt: skip
BETWEEN = [f"{name}({unit},c0,c1)" for unit in UNITS for name in ("timestampdiff", "datediff")]
BETWEEN += [f"timestampadd({unit},{n},c0)" for unit in UNITS for n in (1, -1, 13, -100)]

SCHEMA = "date_time TIMESTAMP, state STRING, ip_address STRING, category STRING, sub_cat STRING, type STRING, pid INT"


def _web() -> list[str | None]:
    """One field after the other made odd, and the record's shape."""
    good = {"date_time": '"2024-05-01 10:11:12"', "state": '"CA"', "ip_address": '"10.0.0.1"', "category": '"home"', "sub_cat": '"garden"', "type": '"view"', "pid": "42"}  # fmt: skip
    docs: list[str | None] = [None]

    def made(**changed: str) -> str:
        return "{" + ",".join(f'"{k}":{v}' for k, v in {**good, **changed}.items()) + "}"

    for token in TOKENS[:112:2]:
        docs += [made(pid=token), made(state=token)]
    for token in TOKENS[112:] + TOKENS[1:112:2]:
        docs.append(made(date_time=token))
    for name in good:
        docs.append("{" + ",".join(f'"{k}":{v}' for k, v in good.items() if k != name) + "}")
        docs += [
            made(**{name: token})
            for token in (
                "null",
                '""',
                "[]",
                "{}",
                "1.0",
                "true",
                '"x\\ny"',
                '"\\u00e9"',
                "-1",
                "x",
                '"2024-05-01T10:11:12.5Z"',
                "12345678901",
            )
        ]
        docs += [made()[:-1] + f',"{name}":{token}' + "}" for token in (good[name], "null", "[1]")]
        docs.append(made().replace(f'"{name}"', f'"{name.upper()}"'))
    whole = made()
    docs += [whole + tail for tail in (" ", "\n", "x", "}", ",", "{}", whole, "\u0000")]
    docs += [head + whole for head in (" ", "\n", "[", "x", "\ufeff", "\t\r\n")]
    docs += [whole[:cut] for cut in (1, 2, 12, 14, 20, 40, 60, len(whole) - 1)]
    docs += [
        whole.replace(",", " , ").replace(":", " : "),
        whole.replace('"', "'"),
        f"[{whole}]",
        f"[{whole},{whole}]",
        "{}",
        "[]",
        "",
        "null",
        "{" + f'"x":{whole}' + "}",
    ]
    return list(dict.fromkeys(docs))


WEB = column("web_logs", "string", list(_web()))
WEB_CASES = [f"from_json(c0, '{SCHEMA}')", f"from_json(c0, '{SCHEMA}', map('mode', 'FAILFAST'))"]

CATEGORIES = (
    Category("json_paths", (NESTED,), on("j_nested", *GET)),
    Category("hashes", (LONG,), on("long_text", *HASHES)),
    Category("zones", (CLOCKS,), on("clocks", *SHIFTED)),
    Category("units", (ENDS,), on("ends", *BETWEEN)),
    Category("json_web_logs", (WEB,), on("web_logs", *WEB_CASES)),
)
