"""Fields, column-wise: a block of rows at once, each field from its own seeded stream.

The values of block `b` are a pure function of seed, block and the field's path, so rows can be made again
from any place. Times are the only thing that is not in a block: they are given.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from tailrace.model.errors import ProjectError
from tailrace.sources import options as o

BLOCK_ROWS = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Columns = dict[str, list[Any]]


def columns(
    fields: Mapping[str, o.FieldPart],
    seed: int,
    block: int,
    times_us: Sequence[int],
    drawn: Columns | None = None,
) -> Columns:
    """All fields of a whole block, hidden ones too, in the order of the fields.

    `drawn` keeps what does not depend on time, by path: pass the same one again for the same block. Its
    lists are part of the result: copy a list before you change it.
    """
    drawer = _Drawer(seed, block, times_us, {} if drawn is None else drawn)
    for name, field in fields.items():
        drawer.made[name] = drawer.column(field, name)
    return drawer.made


class _Drawer:
    """Draws one block; `made` are the top-level fields so far."""

    def __init__(self, seed: int, block: int, times_us: Sequence[int], drawn: Columns) -> None:
        self._place = f"{seed}/{block}"
        self._block = block
        self._times_us = times_us
        self._drawn = drawn
        self.made: Columns = {}

    def column(self, field: o.FieldPart, path: str) -> list[Any]:
        if isinstance(field, o.Object):
            values = self._object(field, path)
        elif isinstance(field, o.Case):
            values = self._case(field, path)
        elif isinstance(field, o.Template):
            values = _template(field, self.made)
        elif isinstance(field, o.Timestamp):
            values = formatted(field, self._times_us)
        else:
            if path not in self._drawn:
                self._drawn[path] = _draw(field, Random(f"{self._place}/{path}"), self._block)
            values = self._drawn[path]
        if field.null:
            chance = Random(f"{self._place}/{path}/null").random
            values = [None if chance() < field.null else value for value in values]
        return values

    def _object(self, field: o.Object, path: str) -> list[Any]:
        inner = {name: self.column(part, f"{path}.{name}") for name, part in field.fields.items()}
        shown = [name for name, part in field.fields.items() if not part.hidden]
        if not shown:
            return [{} for _ in range(BLOCK_ROWS)]
        rows = zip(*(inner[name] for name in shown), strict=True)
        return [dict(zip(shown, row, strict=True)) for row in rows]

    def _case(self, field: o.Case, path: str) -> list[Any]:
        cases = {name: self.column(part, f"{path}?{name}") for name, part in field.cases.items()}
        otherwise: list[Any] = [None] * BLOCK_ROWS
        if field.otherwise is not None:
            otherwise = self.column(field.otherwise, f"{path}?")
        return [cases.get(str(value), otherwise)[i] for i, value in enumerate(self.made[field.of])]


def _draw(field: o.FieldPart, random: Random, block: int) -> list[Any]:
    rows = range(BLOCK_ROWS)
    draw = random.random
    match field:
        case o.Constant():
            return [field.value] * BLOCK_ROWS
        case o.Choice():
            return random.choices(field.values, field.weights, k=BLOCK_ROWS)
        case o.Int():
            return (
                [random.randrange(field.min, field.max + 1) for _ in rows]
                if (field.max - field.min >= 2**50)
                else [field.min + int(draw() * (field.max - field.min + 1)) for _ in rows]
            )
        case o.Float():
            return _rounded([field.min + draw() * (field.max - field.min) for _ in rows], field.digits)
        case o.Normal():
            return _rounded([random.gauss(field.mean, field.stddev) for _ in rows], field.digits)
        case o.Sequence():
            first = field.start + block * BLOCK_ROWS * field.step
            return [first + i * field.step for i in rows]
        case o.Uuid():
            return [str(uuid.UUID(int=random.getrandbits(128), version=4)) for _ in rows]
        case o.FakerField():
            return _fake(field, random.getrandbits(64))
    raise AssertionError(f"no way to draw {field!r}")


def _rounded(values: list[float], digits: int | None) -> list[float]:
    return values if digits is None else [round(value, digits) for value in values]


@cache
def _faker(locale: str) -> Any:
    from faker import Faker

    return Faker(locale)


def _fake(field: o.FakerField, seed: int) -> list[Any]:
    faker = _faker(field.locale)
    faker.seed_instance(seed)
    provider = getattr(faker, field.provider, None)
    if not callable(provider):
        raise ProjectError(
            f"Faker has no provider {field.provider!r}.", hint="faker.readthedocs.io lists the providers"
        )
    values = [provider(**field.arguments) for _ in range(BLOCK_ROWS)]
    return [value if isinstance(value, str | int | float | bool | None) else str(value) for value in values]


def _template(field: o.Template, made: Columns) -> list[str | None]:
    """Null where one of its fields is."""
    names = list(dict.fromkeys(o.references(field)))
    if not names:
        return [field.text.format()] * BLOCK_ROWS
    rows = zip(*(made[name] for name in names), strict=True)
    write = field.text.format
    return [None if None in row else write(**dict(zip(names, row, strict=True))) for row in rows]


def formatted(field: o.Timestamp, times_us: Sequence[int]) -> list[Any]:
    """Times as the field writes them."""
    shift = round(field.shift * 1_000_000)
    if field.format == "epoch_s":
        return [(time + shift) // 1_000_000 for time in times_us]
    if field.format == "epoch_ms":
        return [(time + shift) // 1_000 for time in times_us]
    known: dict[int, str] = {}
    for time in set(times_us):
        moment = _EPOCH + timedelta(microseconds=time + shift)
        if field.format == "iso":
            known[time] = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
        else:
            known[time] = moment.strftime(field.format)
    return [known[time] for time in times_us]
