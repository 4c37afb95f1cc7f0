"""Operators and functions of numbers."""

from __future__ import annotations

from scripts.record_spark.ask import Category, on, rows
from scripts.record_spark.cases.values import SETS

UNARY = """-c0;+c0;abs(c0);negative(c0);positive(c0);sign(c0);signum(c0);ceil(c0);ceiling(c0);floor(c0);round(c0);round(c0,1);round(c0,-1);round(c0,2);round(c0,0);bround(c0);bround(c0,1);bround(c0,-1);ceil(c0,1);floor(c0,1);ceil(c0,-1);floor(c0,-1);
sqrt(c0);cbrt(c0);exp(c0);expm1(c0);ln(c0);log(c0);log10(c0);log2(c0);log1p(c0);log(2,c0);log(c0,10);pow(c0,2);power(c0,0.5);sin(c0);cos(c0);tan(c0);asin(c0);acos(c0);atan(c0);sinh(c0);cosh(c0);tanh(c0);asinh(c0);acosh(c0);atanh(c0);cot(c0);sec(c0);csc(c0);degrees(c0);radians(c0);rint(c0);atan2(c0,2);hypot(c0,3);e()+c0;pi()*c0;
c0+1;c0-1;c0*2;c0/2;c0%3;c0 div 2;c0/0;c0%0;c0 div 0;1/c0;mod(c0,3);pmod(c0,3);pmod(c0,-3);pmod(c0,0);c0+1.5;c0*1.5;c0+'1';c0=1;c0<'2';c0>0;c0=1.5;c0 between 0 and 10;c0 in (1,2.5,127);c0<=>1;c0*c0;c0+c0;c0-c0;c0%-3;try_add(c0,1);try_subtract(c0,1);try_multiply(c0,2);try_divide(c0,0);try_divide(c0,2);try_mod(c0,0);
~c0;c0&7;c0|8;c0^5;c0<<1;c0>>1;c0>>>1;shiftleft(c0,2);shiftright(c0,2);shiftrightunsigned(c0,2);bit_count(c0);bit_get(c0,1);getbit(c0,0);bin(c0);hex(c0);conv(c0,10,16);conv(c0,16,10);factorial(c0);chr(c0);char(c0);isnan(c0);nanvl(c0,0);hash(c0);xxhash64(c0);hash(c0,c0);format_number(c0,2);format_number(c0,0);format_number(c0,'#,###.##');width_bucket(c0,0,10,5);to_char(c0,'999.99');
greatest(c0,1);least(c0,1);greatest(c0,2.5,NULL);coalesce(c0,0);nullif(c0,0);if(c0>0,c0,0);case when c0>1 then c0 else 0.5 end;ifnull(c0,1);nvl(c0,1);zeroifnull(c0);nullifzero(c0);typeof(c0);c0 is null;equal_null(c0,1);string(c0);concat(c0,'x');upper(c0);length(c0);uniform(0,1);not c0=1;c0=1 and c0>0;c0=1 or c0 is null;randn();c0||'a';substring('abcdef',c0);left('abcdef',c0);lpad('a',cast(3 as int),'b');date_from_unix_date(c0);from_unixtime(c0);timestamp_seconds(c0);timestamp_millis(c0);timestamp_micros(c0);timestamp(c0);make_date(c0,2,29);date_add(date'2024-01-31',c0);add_months(date'2024-01-31',c0);sequence(1,3);next_day(date'2024-01-31',c0);weekday(c0);year(c0);sha2('a',c0);elt(c0,'a','b');cast(c0 as string);cast(c0 as int);cast(c0 as decimal(12,1));c0::double;isnull(c0)""".replace("\n", "").split(";")  # fmt: skip

L = rows("longs", ["bigint", "bigint"], [(1, 2), (-7, 2), (7, -2), (-7, -2), (9223372036854775807, 1), (-9223372036854775808, -1), (-9223372036854775808, 1), (5, 0), (0, 5), (None, 1), (1, None), (3037000500, 3037000500), (63, 1), (-1, 64), (1, 65), (2, 63), (2, -1)])  # fmt: skip
WHOLE = rows("ints", ["int", "int"], [(1, 2), (-7, 2), (7, -2), (-7, -2), (2147483647, 1), (-2147483648, -1), (-2147483648, 1), (5, 0), (0, 5), (None, 1), (1, None), (46341, 46341), (31, 1), (-1, 32), (1, 33), (2, 31), (2, -1)])  # fmt: skip
D = rows("doubles", ["double", "double"], [(1.0, 2.0), (-7.5, 2.0), (7.5, -2.0), (0.0, 0.0), (0.0, -0.0), ("NaN", 1.0), ("NaN", "NaN"), ("Infinity", 1.0), ("Infinity", "-Infinity"), (1.0, 0.0), (None, 1.0), (1.0, None), (1e308, 10.0), (2.0, 0.5), (-8.0, "Infinity"), (0.1, 0.2), (-1.0, 0.5)])  # fmt: skip
M = rows("decimals", ["decimal(10,2)", "decimal(10,2)"], [("1.00", "3.00"), ("-7.55", "2.00"), ("7.55", "-2.00"), ("99999999.99", "99999999.99"), ("-99999999.99", "0.01"), ("5.00", "0.00"), ("0.00", "5.00"), (None, "1.00"), ("1.00", None), ("0.01", "0.03"), ("2.00", "3.00")])  # fmt: skip
G = rows("bigs", ["decimal(38,18)", "decimal(38,10)"], [("1.000000000000000000", "3.0000000000"), ("99999999999999999999.999999999999999999", "9999999999999999999999999999.9999999999"), ("-7.5", "2.5"), ("5", "0"), (None, "1"), ("0.000000000000000001", "7"), ("123456789.123456789123456789", "987654321.1234567891")])  # fmt: skip
X = rows("mixed", ["decimal(10,2)", "int"], [("1.00", 3), ("-7.55", 2), ("99999999.99", 2147483647), ("5.00", 0), (None, 1), ("1.00", None), ("0.01", -7)])  # fmt: skip
BINARY = ["c0+c1", "c0-c1", "c0*c1", "c0/c1", "c0%c1", "c0 div c1", "mod(c0,c1)", "pmod(c0,c1)", "try_add(c0,c1)", "try_subtract(c0,c1)", "try_multiply(c0,c1)", "try_divide(c0,c1)", "try_mod(c0,c1)", "c0=c1", "c0<>c1", "c0<c1", "c0<=c1", "c0>c1", "c0>=c1", "c0<=>c1", "c0 is distinct from c1", "c0&c1", "c0|c1", "c0^c1", "shiftleft(c0,c1)", "shiftright(c0,c1)", "shiftrightunsigned(c0,c1)", "pow(c0,c1)", "atan2(c0,c1)", "hypot(c0,c1)", "log(c0,c1)", "greatest(c0,c1)", "least(c0,c1)", "nanvl(c0,c1)", "coalesce(c0,c1)", "nullif(c0,c1)", "hash(c0,c1)", "xxhash64(c0,c1)", "c0+c1*2-1", "(c0+c1)/2", "-c0*c1", "c0 in (c1,1)", "c0 between c1 and 5", "case when c0>c1 then c0 else c1 end", "if(c0=c1,c0,c1)", "equal_null(c0,c1)", "round(c0,1)*c1", "round(c0/c1,3)", "abs(c0-c1)", "c0<<c1", "c0>>c1", "c0 div 2 + c1", "nvl(c0,c1)", "bround(c0*c1,1)", "ceil(c0/c1)", "floor(c0/c1)", "c0!=c1", "width_bucket(c0,c1,10,5)", "bit_get(c0,c1)", "cast(c0/c1 as string)", "cast(c0 as tinyint)+cast(1 as tinyint)", "cast(c0 as smallint)*cast(2 as smallint)"]  # fmt: skip
BOOLS = rows(
    "bools", ["boolean", "boolean"], [(a, b) for a in (True, False, None) for b in (True, False, None)]
)
LOGIC = ["c0 and c1", "c0 or c1", "not c0", "c0=c1", "c0<=>c1", "c0<c1", "c0<>c1", "!c0", "c0 is true", "c0 is not true", "c0 is false", "c0 is not false", "c0 is unknown", "if(c0,1,2)", "case when c0 then 'a' when c1 then 'b' else 'c' end", "greatest(c0,c1)", "coalesce(c0,c1)", "string(c0)", "int(c0)", "hash(c0,c1)", "c0=true", "c0 xor c1", "concat(c0,c1)", "c0 in (c1)", "nullif(c0,c1)", "c0 and 'true'", "c0=1", "bool_and(c0)", "iff(c0,1,2)", "xxhash64(c0,c1)", "isnotnull(c0)", "least(c0,c1)", "c0='true'", "equal_null(c0,c1)", "nvl2(c0,c1,false)", "c0 between c1 and true"]  # fmt: skip
_KINDS = ("byte", "short", "int", "long", "float", "double", "dec", "big")

CATEGORIES = (
    *(Category(f"numbers_{k}", (SETS[f"v_{k}"],), on(f"v_{k}", *UNARY)) for k in _KINDS),
    Category(
        "numbers_pairs",
        (L, WHOLE, D, M, G, X, BOOLS),
        (
            *on("longs", *BINARY), *on("ints", *BINARY), *on("doubles", *BINARY), *on("decimals", *BINARY),
            *on("bigs", *BINARY), *on("mixed", *BINARY), *on("bools", *LOGIC),
        ),
    ),
)  # fmt: skip
