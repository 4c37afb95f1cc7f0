"""Calls as people write them: words in place of commas, parts of times, times made of parts."""

from __future__ import annotations

from scripts.record_spark.ask import Category, column, on, rows

MOMENTS = column("w_ts", "timestamp", [
    None, "2024-05-06 01:02:03.45", "1969-12-31 23:59:59.999999", "1970-01-01 00:00:00", "2024-12-30 12:00:00", "2021-01-03 00:00:01", "9999-12-31 23:59:59.000001", "1900-02-28 05:00:00", "2024-03-10 02:30:00", "2024-11-03 01:30:00",
])  # fmt: skip
DAYS = column(
    "w_day",
    "date",
    [None, "2024-05-06", "1969-12-31", "2024-12-30", "2021-01-03", "9999-12-31", "0001-01-01"],
)
TEXTS = column("w_text", "string", [None, "", "2024-05-06 01:02:03.45", "2024-12-30", "nope"])
FIELDS = ["YEAR", "y", "years", "YEAROFWEEK", "qtr", "QUARTER", "mons", "MONTH", "week", "w", "DAY", "d", "dow", "DAYOFWEEK", "DOW_ISO", "dayofweek_iso", "doy", "hour", "hrs", "min", "MINUTES", "sec", "SECOND", "s"]  # fmt: skip
EXTRACTS = [f"extract({field} FROM c0)" for field in FIELDS]
EXTRACTS += [
    f"date_part('{field}',c0)" for field in ("Year", "week", "SECONDS", "h", "epoch", "dayofyear", "")
]
EXTRACTS += ["datepart('doy',c0)", "extract(EPOCH FROM c0)", "extract(ISODOW FROM c0)"]

ZONES = ("America/New_York", "Europe/Berlin", "+09:00", "UTC", "nowhere")
CONVERTS = [f"convert_timezone('{a}','{b}',c0)" for a in ZONES[:3] for b in ZONES]
CONVERTS += [
    "convert_timezone('Asia/Tokyo',c0)",
    "current_timezone()",
    "convert_timezone('Asia/Tokyo',string(c0))",
]

PARTS = rows("w_parts", ["int", "int", "int", "int", "int", "decimal(16,6)"], [
    (2024, 1, 2, 3, 4, "5.678000"), (2024, 2, 29, 23, 59, "59.999999"), (2023, 2, 29, 0, 0, "0.000000"), (2024, 13, 1, 0, 0, "0.000000"), (2024, 0, 1, 0, 0, "0.000000"), (2024, 4, 31, 0, 0, "0.000000"), (2024, 1, 0, 0, 0, "0.000000"), (2024, 1, 1, 24, 0, "0.000000"), (2024, 1, 1, -1, 0, "0.000000"), (2024, 1, 1, 0, 60, "0.000000"), (2024, 1, 1, 0, 59, "60.000000"), (2024, 12, 31, 23, 59, "60.000000"), (2024, 1, 1, 0, 0, "60.000001"), (2024, 1, 1, 0, 0, "-1.000000"), (None, 1, 1, 0, 0, "0.000000"), (2024, 1, 1, 0, 0, None), (1, 1, 1, 0, 0, "0.000000"), (9999, 12, 31, 23, 59, "59.999999"), (1900, 2, 29, 0, 0, "0.000000"), (2000, 2, 29, 0, 0, "0.000001"), (2024, 3, 10, 2, 30, "0.000000"), (2024, 11, 3, 1, 30, "0.000000"),
])  # fmt: skip
MAKERS = [
    f"{name}(c0,c1,c2,c3,c4,c5)"
    for name in (
        "make_timestamp",
        "make_timestamp_ntz",
        "make_timestamp_ltz",
        "try_make_timestamp",
        "try_make_timestamp_ntz",
    )
]
MAKERS += ["make_timestamp(c0,c1,c2,c3,c4,c5,'America/New_York')", "make_timestamp(c0,c1,c2,c3,c4,c5,'+05:30')", "make_timestamp(c0,c1,c2,c3,c4,double(c5))", "make_timestamp(c0,c1,c2,c3,c4,'7.25')", "make_timestamp(c0,c1,c2,c3,c4,7)", "make_timestamp(string(c0),1,1,0,0,59.9999999)"]  # fmt: skip

WORDS = column("w_words", "string", [None, "", "abcdef", "äöü😀x", "b", "bb abc"])
WORDED = ["position('b' IN c0)", "position('b',c0)", "position('b',c0,3)", "position(c0 IN 'abcdef')", "position('b' || 'c' IN upper(c0))", "overlay(c0 PLACING 'XY' FROM 2 FOR 3)", "overlay(c0 PLACING 'XY' FROM 2)", "overlay(c0 PLACING 'XY' FROM 0)", "overlay('0123456789' PLACING c0 FROM -3 FOR 1)", "substring(c0 FROM 2 FOR 3)", "substring(c0 FROM -2)", "substr(c0 FROM 2)", "SUBSTR(c0 FROM 1+1 FOR length(c0)-1)", "trim(BOTH 'b' FROM c0)", "trim(LEADING 'b' FROM c0)", "trim(TRAILING FROM c0)", "trim(BOTH FROM c0)"]  # fmt: skip

BYTES = rows("w_bytes", ["binary", "int", "binary"], [
    (None, 1, "ff"), ("", 2, "ff"), ("010203", 2, "ff"), ("010203", -2, "aabb"), ("010203", 0, ""), ("010203", 9, "aabb"), ("010203", -9, "00"), ("c3a4", None, "00"), ("c3a4", 5, None), ("00ff80", 7, "010203"), ("616263", 2147483647, "61"), ("616263", -2147483648, "61"), ("e697a5e69cac", 3, "7f"),
])  # fmt: skip
OCTETS = ["substring(c0,c1)", "substring(c0,2)", "substring(c0,-2,1)", "substr(c0,c1,2)", "substring(c0,c1,-1)", "substring(c0,0,2147483647)", "left(c0,2)", "left(c0,-1)", "overlay(c0,c2,2)", "overlay(c0,c2,2,1)", "overlay(c0 PLACING c2 FROM 1 FOR 0)", "reverse(c0)", "lpad(c0,4)", "lpad(c0,4,c2)", "rpad(c0,5,c2)", "rpad(c0,2,X'')", "rpad(c0,-1)", "concat(c0,c2)", "c0 || X'00'", "length(c0)", "decode(c0,'US-ASCII')", "decode(c0,'iso-8859-1')", "overlay(c0,c2,c1 % 5)", "left(c0, c1 % 4)", "lpad(c0, c1 % 9, c2)"]  # fmt: skip
SIGNS = column(
    "w_signs", "string", [None, "", "abc", "äöü", "日本", "😀x", "\u0000\u007f\u0080\u00ff", "\u0100", "a😀é"]
)
CODED = [
    f"encode(c0,'{name}')"
    for name in ("UTF-8", "US-ASCII", "ISO-8859-1", "UTF-16BE", "utf-16le", "UTF-16", "UTF-32")
]
BASE64 = column("w_base64", "string", [None, "", "YWI=", "YWJj", "YWI", "YW", "Y", "YW==", "YW=", "YWJj=", "YW I=", "YW\nJj", "YWI==", "=", "====", "Y=WI", "ÄYWI=", "YWJjZA==", "YWJjZA", "/+8=", "_-8="])  # fmt: skip
NAMES = column("w_names", "string", [None, "", "Miller", "miller", "Robert", "Rupert", "Ashcraft", "Ashcroft", "Tymczak", "Pfister", "Honeyman", "O'Hara", "1abc", "Äb", "bÄb", "b1b", "a", "Hw", "Whhw", "Lloyd", "Jackson 5", "bfpv", "bab", "bhb", "zzz zz"])  # fmt: skip
PAIRS = column(
    "w_pairs",
    "string",
    [None, "", "a:1,b:2", "a:1:2,b", "a", "a:1,a:2", ",", "a:,:b", "ä:ö", "a=1;b=2", "a:1,,"],
)
MAPPED = [
    f"map_entries(str_to_map({given}))" for given in ("c0", "c0,','", "c0,',',':'", "c0,';','='", "c0,'b'")
] + ["typeof(str_to_map(c0))"]
LISTS = rows("w_lists", ["array<int>", "int", "int"], [
    ([1, 2, 3], 1, 9), ([1, 2, 3], 4, 9), ([1, 2, 3], 6, 9), ([1, 2, 3], -1, 9), ([1, 2, 3], -4, 9), ([1, 2, 3], -5, 9), ([1, 2, 3], -7, 9), ([], 1, 9), ([], -1, 9), ([], 3, None), ([], -3, 9), ([None], 1, None), (None, 1, 9), ([1], None, 9), ([1, None], 0, 9),
])  # fmt: skip
INSERTS = [
    "array_insert(c0,c1,c2)",
    "array_insert(c0,1,c2)",
    "array_insert(c0,-1,5L)",
    "array_insert(c0,c1,NULL)",
    "array_insert(c0,2,'x')",
]
EXACT = rows("w_exact", ["decimal(6,3)", "int", "bigint", "tinyint", "decimal(38,18)"], [
    (None,) * 5, ("0.000", 0, 0, 0, "0.000000000000000000"), ("2.345", 25, 25, 25, "2.500000000000000000"), ("-2.345", -25, -25, -25, "-2.500000000000000000"), ("2.355", 35, 35, 35, "3.5"), ("999.999", 2147483647, 9223372036854775807, 127, "99999999999999999999.999999999999999999"), ("-999.999", -2147483648, -9223372036854775808, -128, "-99999999999999999999.999999999999999999"), ("0.500", 5, 5, 5, "0.5"), ("1.500", 15, 15, 15, "1.5"), ("-0.500", -5, -15, -15, "-0.5"), ("0.001", 1, 1, 1, "0.000000000000000001"), ("5.000", 125, 50, 50, "5"), ("-0.001", -1, -1, -1, "-1.5"),
])  # fmt: skip
SCALED = [f"{name}(c{i}{scale})" for name in ("bround", "ceil", "floor") for i in range(5) for scale in ("", ",1", ",2", ",-1", ",-2") if not (name != "bround" and scale == "")]  # fmt: skip
FAILING = ["raise_error(c0)", "assert_true(c0 = 'a')", "assert_true(c0 <> 'a', c0)", "CASE WHEN c0 = 'abc' THEN raise_error('bad ' || c0) ELSE c0 END", "coalesce(c0, raise_error('none'))", "typeof(raise_error('x'))"]  # fmt: skip

SECONDS = rows("w_seconds", ["decimal(20,9)", "decimal(10,2)", "decimal(6,0)", "decimal(18,6)"], [
    (None,) * 4, ("0.000000000", "0.00", "0", "0.000000"), ("1.123456789", "1.50", "1", "1.123456"), ("-1.123456789", "-1.50", "-1", "-0.000001"), ("0.000000999", "99999999.99", "999999", "253402300799.999999"), ("-0.000000999", "-99999999.99", "-999999", "-62135596800.000000"), ("1704067200.999999999", "0.01", "86400", "1704067200.123456"),
])  # fmt: skip
SECOND_CASES = [f"{cast}(c{i} AS TIMESTAMP)" for cast in ("CAST", "TRY_CAST") for i in range(4)] + [
    "timestamp(1.5)",
    "c1::timestamp",
]

MAPS = rows("w_maps", ["map<string,int>", "map<string,int>"], [
    (None, [["a", 1]]), ([["a", 1]], None), ([], []), ([["a", 1], ["b", 2]], [["b", 3], ["c", 4]]), ([["ä", None]], [["ä", 5]]), ([["x", 1]], []), ([], [["x", 1], ["y", 2]]), ([["a", 2147483647]], [["a", 1]]),
])  # fmt: skip
ZIPPED = [
    "map_entries(map_zip_with(c0,c1,(k,a,b)->a+b))",
    "map_entries(map_zip_with(c0,c1,(k,v1,v2)->concat(k,coalesce(v1,0),coalesce(v2,0))))",
    "map_entries(map_zip_with(c0,c0,(k,v1,v2)->v1=v2))",
    "map_zip_with(c0,c1,(k,v)->k)",
    "map_entries(map_zip_with(c0,map('a','z'),(k,a,b)->b))",
    "typeof(map_zip_with(c0,c1,(k,a,b)->a+b))",
]

CATEGORIES = (
    Category(
        "written_bytes",
        (BYTES, SIGNS, BASE64),
        (
            *on("w_bytes", *OCTETS),
            *on("w_signs", *CODED, *FAILING),
            *on("w_base64", "unbase64(c0)", "decode(unbase64(c0),'UTF-8')"),
        ),
    ),
    Category(
        "written_values",
        (NAMES, PAIRS, LISTS, EXACT, MAPS),
        (
            *on("w_names", "soundex(c0)"),
            *on("w_pairs", *MAPPED),
            *on("w_lists", *INSERTS),
            *on("w_exact", *SCALED),
            *on("w_maps", *ZIPPED),
        ),
    ),
    Category(
        "written_times",
        (MOMENTS, DAYS, TEXTS, PARTS),
        (
            *on("w_ts", *EXTRACTS, *CONVERTS),
            *on("w_day", *EXTRACTS),
            *on("w_text", *EXTRACTS[::4]),
            *on("w_parts", *MAKERS),
        ),
    ),
    Category("written_words", (WORDS, SECONDS), (*on("w_words", *WORDED), *on("w_seconds", *SECOND_CASES))),
)
