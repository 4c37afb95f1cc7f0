"""Spark's data types, as values.

Names, `simple_string` and nullability follow Spark 4.2 (`DataType.simpleString`, `StructType.toDDL`).
A schema is a `StructType`. Types are immutable and compare by value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class DataType:
    """Root of all types."""

    @property
    def simple_string(self) -> str:
        """Spark's short name, lower case: `int`, `decimal(10,2)`, `array<string>`."""
        raise AssertionError(f"{type(self).__name__} has no name")

    def __str__(self) -> str:
        return self.simple_string


@dataclass(frozen=True)
class _Atomic(DataType):
    @property
    def simple_string(self) -> str:
        return _ATOMIC_NAMES[type(self)]


@dataclass(frozen=True)
class VoidType(_Atomic):
    """The type of a bare NULL."""


@dataclass(frozen=True)
class BooleanType(_Atomic):
    pass


@dataclass(frozen=True)
class NumericType(_Atomic):
    """Root of numbers."""


@dataclass(frozen=True)
class IntegralType(NumericType):
    """Root of whole numbers."""


@dataclass(frozen=True)
class ByteType(IntegralType):
    """TINYINT, 8 bit."""


@dataclass(frozen=True)
class ShortType(IntegralType):
    """SMALLINT, 16 bit."""


@dataclass(frozen=True)
class IntegerType(IntegralType):
    """INT, 32 bit."""


@dataclass(frozen=True)
class LongType(IntegralType):
    """BIGINT, 64 bit."""


@dataclass(frozen=True)
class FractionalType(NumericType):
    """Root of FLOAT, DOUBLE and DECIMAL."""


@dataclass(frozen=True)
class FloatType(FractionalType):
    pass


@dataclass(frozen=True)
class DoubleType(FractionalType):
    pass


@dataclass(frozen=True)
class DecimalType(FractionalType):
    """DECIMAL(precision, scale); 1 <= precision <= 38, 0 <= scale <= precision."""

    precision: int = 10
    scale: int = 0

    @property
    def simple_string(self) -> str:
        return f"decimal({self.precision},{self.scale})"


@dataclass(frozen=True)
class StringType(_Atomic):
    pass


@dataclass(frozen=True)
class BinaryType(_Atomic):
    pass


@dataclass(frozen=True)
class DateType(_Atomic):
    pass


@dataclass(frozen=True)
class TimestampType(_Atomic):
    """TIMESTAMP with local time zone: an instant, microseconds UTC."""


@dataclass(frozen=True)
class TimestampNTZType(_Atomic):
    """TIMESTAMP_NTZ: a wall-clock reading, microseconds."""


@dataclass(frozen=True)
class YearMonthIntervalType(DataType):
    """INTERVAL YEAR TO MONTH: a count of months; `start` and `end` are its named fields."""

    start: str = "year"
    end: str = "month"

    @property
    def simple_string(self) -> str:
        return f"interval {self.start}" + ("" if self.start == self.end else f" to {self.end}")


@dataclass(frozen=True)
class DayTimeIntervalType(DataType):
    """INTERVAL DAY TO SECOND: a count of microseconds; `start` and `end` are its named fields."""

    start: str = "day"
    end: str = "second"

    @property
    def simple_string(self) -> str:
        return f"interval {self.start}" + ("" if self.start == self.end else f" to {self.end}")


@dataclass(frozen=True)
class ArrayType(DataType):
    element: DataType
    contains_null: bool = True

    @property
    def simple_string(self) -> str:
        return f"array<{self.element.simple_string}>"


@dataclass(frozen=True)
class MapType(DataType):
    key: DataType
    value: DataType
    value_contains_null: bool = True

    @property
    def simple_string(self) -> str:
        return f"map<{self.key.simple_string},{self.value.simple_string}>"


@dataclass(frozen=True)
class Field:
    """One column: name as written (matched without case), type, nullability, comment."""

    name: str
    type: DataType
    nullable: bool = True
    comment: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class StructType(DataType):
    fields: tuple[Field, ...] = ()

    @property
    def simple_string(self) -> str:
        inner = ",".join(f"{f.name}:{f.type.simple_string}" for f in self.fields)
        return f"struct<{inner}>"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f.name for f in self.fields)

    def find(self, name: str) -> Field | None:
        """The field of that name, without regard to case; None if there is none."""
        wanted = name.lower()
        return next((f for f in self.fields if f.name.lower() == wanted), None)


Schema = StructType

_ATOMIC_NAMES: dict[type[Any], str] = {
    VoidType: "void",
    BooleanType: "boolean",
    ByteType: "tinyint",
    ShortType: "smallint",
    IntegerType: "int",
    LongType: "bigint",
    FloatType: "float",
    DoubleType: "double",
    StringType: "string",
    BinaryType: "binary",
    DateType: "date",
    TimestampType: "timestamp",
    TimestampNTZType: "timestamp_ntz",
}

VOID = VoidType()
BOOLEAN = BooleanType()
BYTE = ByteType()
SHORT = ShortType()
INT = IntegerType()
LONG = LongType()
FLOAT = FloatType()
DOUBLE = DoubleType()
STRING = StringType()
BINARY = BinaryType()
DATE = DateType()
TIMESTAMP = TimestampType()
TIMESTAMP_NTZ = TimestampNTZType()
