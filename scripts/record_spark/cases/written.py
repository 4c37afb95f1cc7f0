"""Calls as people write them: words in place of commas, parts of times, times made of parts."""

from __future__ import annotations

from scripts.record_spark.ask import Category, column, on, rows

MOMENTS = column("w_ts", "timestamp", [
    None, "2024-05-06 01:02:03.45", "1969-12-31 23:59:59.999999", "1970-01-01 00:00:00", "2024-12-30 12:00:00", "2021-01-03 00:00:01", "9999-12-31 23:59:59.000001", "1900-02-28 05:00:00", "2024-03-10 02:30:00", "2024-11-03 01:30:00",
])  # fmt: skip
DAYS = column("w_day", "date", [None, "2024-05-06", "1969-12-31", "2024-12-30", "2021-01-03", "9999-12-31", "0001-01-01"])
TEXTS = column("w_text", "string", [None, "", "2024-05-06 01:02:03.45", "2024-12-30", "nope"])
FIELDS = ["YEAR", "y", "years", "YEAROFWEEK", "qtr", "QUARTER", "mons", "MONTH", "week", "w", "DAY", "d", "dow", "DAYOFWEEK", "DOW_ISO", "dayofweek_iso", "doy", "hour", "hrs", "min", "MINUTES", "sec", "SECOND", "s"]  # fmt: skip
EXTRACTS = [f"extract({field} FROM c0)" for field in FIELDS]
EXTRACTS += [f"date_part('{field}',c0)" for field in ("Year", "week", "SECONDS", "h", "epoch", "dayofyear", "")]
EXTRACTS += ["datepart('doy',c0)", "extract(EPOCH FROM c0)", "extract(ISODOW FROM c0)"]

ZONES = ("America/New_York", "Europe/Berlin", "+09:00", "UTC", "nowhere")
CONVERTS = [f"convert_timezone('{a}','{b}',c0)" for a in ZONES[:3] for b in ZONES]
CONVERTS += ["convert_timezone('Asia/Tokyo',c0)", "current_timezone()", "convert_timezone('Asia/Tokyo',string(c0))"]

PARTS = rows("w_parts", ["int", "int", "int", "int", "int", "decimal(16,6)"], [
    (2024, 1, 2, 3, 4, "5.678000"), (2024, 2, 29, 23, 59, "59.999999"), (2023, 2, 29, 0, 0, "0.000000"), (2024, 13, 1, 0, 0, "0.000000"), (2024, 0, 1, 0, 0, "0.000000"), (2024, 4, 31, 0, 0, "0.000000"), (2024, 1, 0, 0, 0, "0.000000"), (2024, 1, 1, 24, 0, "0.000000"), (2024, 1, 1, -1, 0, "0.000000"), (2024, 1, 1, 0, 60, "0.000000"), (2024, 1, 1, 0, 59, "60.000000"), (2024, 12, 31, 23, 59, "60.000000"), (2024, 1, 1, 0, 0, "60.000001"), (2024, 1, 1, 0, 0, "-1.000000"), (None, 1, 1, 0, 0, "0.000000"), (2024, 1, 1, 0, 0, None), (1, 1, 1, 0, 0, "0.000000"), (9999, 12, 31, 23, 59, "59.999999"), (1900, 2, 29, 0, 0, "0.000000"), (2000, 2, 29, 0, 0, "0.000001"), (2024, 3, 10, 2, 30, "0.000000"), (2024, 11, 3, 1, 30, "0.000000"),
])  # fmt: skip
MAKERS = [f"{name}(c0,c1,c2,c3,c4,c5)" for name in ("make_timestamp", "make_timestamp_ntz", "make_timestamp_ltz", "try_make_timestamp", "try_make_timestamp_ntz")]
MAKERS += ["make_timestamp(c0,c1,c2,c3,c4,c5,'America/New_York')", "make_timestamp(c0,c1,c2,c3,c4,c5,'+05:30')", "make_timestamp(c0,c1,c2,c3,c4,double(c5))", "make_timestamp(c0,c1,c2,c3,c4,'7.25')", "make_timestamp(c0,c1,c2,c3,c4,7)", "make_timestamp(string(c0),1,1,0,0,59.9999999)"]  # fmt: skip

WORDS = column("w_words", "string", [None, "", "abcdef", "äöü😀x", "b", "bb abc"])
WORDED = ["position('b' IN c0)", "position('b',c0)", "position('b',c0,3)", "position(c0 IN 'abcdef')", "position('b' || 'c' IN upper(c0))", "overlay(c0 PLACING 'XY' FROM 2 FOR 3)", "overlay(c0 PLACING 'XY' FROM 2)", "overlay(c0 PLACING 'XY' FROM 0)", "overlay('0123456789' PLACING c0 FROM -3 FOR 1)", "substring(c0 FROM 2 FOR 3)", "substring(c0 FROM -2)", "substr(c0 FROM 2)", "SUBSTR(c0 FROM 1+1 FOR length(c0)-1)", "trim(BOTH 'b' FROM c0)", "trim(LEADING 'b' FROM c0)", "trim(TRAILING FROM c0)", "trim(BOTH FROM c0)"]  # fmt: skip

CATEGORIES = (
    Category(
        "written_times",
        (MOMENTS, DAYS, TEXTS, PARTS),
        (*on("w_ts", *EXTRACTS, *CONVERTS), *on("w_day", *EXTRACTS), *on("w_text", *EXTRACTS[::4]), *on("w_parts", *MAKERS)),
    ),
    Category("written_words", (WORDS,), on("w_words", *WORDED)),
)
