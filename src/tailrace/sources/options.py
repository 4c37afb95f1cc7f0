"""The options of `kind: generate`, typed: fields, rate or count, dirt. Unknown keys are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, Field, Tag, ValidationError, model_validator

from tailrace.model.errors import Place, ProjectError, ProjectErrors
from tailrace.project.settings import Duration, Part

Scalar = str | int | float | bool | None
Chance = Annotated[float, Field(ge=0, le=1)]


class FieldPart(Part):
    """What all fields have."""

    null: Chance = Field(default=0.0, description="Probability of a null.")
    hidden: bool = Field(default=False, description="For templates and cases only, not in the record.")


class Constant(FieldPart):
    kind: Literal["constant"]
    value: Scalar


class Choice(FieldPart):
    kind: Literal["choice"]
    values: list[Scalar] = Field(min_length=1)
    weights: list[Annotated[float, Field(ge=0)]] | None = None

    @model_validator(mode="after")
    def _weights_fit(self) -> Choice:
        if self.weights is not None and (len(self.weights) != len(self.values) or sum(self.weights) <= 0):
            raise ValueError(f"weights must be {len(self.values)} numbers, one per value, not all 0")
        return self


class Int(FieldPart):
    kind: Literal["int"]
    min: int = 0
    max: int

    @model_validator(mode="after")
    def _in_order(self) -> Int:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self

    def spread(self) -> int:
        """A step of at least this size leaves the range."""
        return self.max - self.min + 1


class Float(FieldPart):
    kind: Literal["float"]
    min: float = 0.0
    max: float = 1.0
    digits: int | None = Field(default=None, ge=0, le=15)

    @model_validator(mode="after")
    def _in_order(self) -> Float:
        if self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
        return self

    def spread(self) -> float:
        """A step of more than this size leaves the range."""
        return (self.max - self.min) or 1.0


class Normal(FieldPart):
    kind: Literal["normal"]
    mean: float = 0.0
    stddev: float = Field(default=1.0, ge=0)
    digits: int | None = Field(default=None, ge=0, le=15)

    def spread(self) -> float:
        """The deviation, 1 where there is none."""
        return self.stddev or 1.0


Number = Int | Float | Normal


class Sequence(FieldPart):
    kind: Literal["sequence"]
    start: int = 0
    step: int = 1


class Uuid(FieldPart):
    kind: Literal["uuid"]


class Timestamp(FieldPart):
    kind: Literal["timestamp"]
    format: str = Field(default="iso", description="iso, epoch_s, epoch_ms, or a strftime pattern (UTC).")
    shift: float = Field(default=0.0, description="Seconds added to the row's time.")


class Template(FieldPart):
    kind: Literal["template"]
    text: str = Field(description="Text with {field} for the row's other fields.")


class FakerField(FieldPart):
    kind: Literal["faker"]
    provider: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    locale: str = "en_US"

    @model_validator(mode="after")
    def _works(self) -> FakerField:
        from faker import Faker  # a tenth of a second, only where it is used

        try:
            faker = Faker(self.locale)
            provider = getattr(faker, self.provider, None)
            if provider is None:
                near = get_close_matches(self.provider, dir(faker), n=1)
                raise ValueError(f"it has no such provider{f'; did you mean {near[0]}?' if near else ''}")
            provider(**self.arguments)
        except Exception as error:
            raise ValueError(f"Faker cannot make {self.provider!r} ({self.locale}): {error}") from None
        return self


class Object(FieldPart):
    kind: Literal["object"]
    fields: dict[str, AnyField] = Field(min_length=1)


class Case(FieldPart):
    kind: Literal["case"]
    of: str = Field(description="The field that decides.")
    cases: dict[str, AnyField] = Field(min_length=1)
    otherwise: AnyField | None = Field(default=None, description="Null if it is not given.")


_KINDS: dict[str, type[FieldPart]] = {
    "constant": Constant,
    "choice": Choice,
    "int": Int,
    "float": Float,
    "normal": Normal,
    "sequence": Sequence,
    "uuid": Uuid,
    "timestamp": Timestamp,
    "template": Template,
    "faker": FakerField,
    "object": Object,
    "case": Case,
}


def _kind(value: Any) -> str | None:
    found = value.get("kind") if isinstance(value, Mapping) else getattr(value, "kind", None)
    return found if isinstance(found, str) else None


AnyField = Annotated[
    Annotated[Constant, Tag("constant")]
    | Annotated[Choice, Tag("choice")]
    | Annotated[Int, Tag("int")]
    | Annotated[Float, Tag("float")]
    | Annotated[Normal, Tag("normal")]
    | Annotated[Sequence, Tag("sequence")]
    | Annotated[Uuid, Tag("uuid")]
    | Annotated[Timestamp, Tag("timestamp")]
    | Annotated[Template, Tag("template")]
    | Annotated[FakerField, Tag("faker")]
    | Annotated[Object, Tag("object")]
    | Annotated[Case, Tag("case")],
    Discriminator(_kind),
]

for _model in (Object, Case):
    _model.model_rebuild()


class Dirt(Part):
    """Probabilities of what is wrong with a row; a row has at most one of them."""

    missing: Chance = Field(default=0.0, description="One field is null.")
    outlier: Chance = Field(default=0.0, description="One number is far above its range.")
    duplicate: Chance = Field(default=0.0, description="The record comes twice.")
    late: Chance = Field(default=0.0, description="The row's time is `late_by` earlier.")
    malformed: Chance = Field(default=0.0, description="The record is cut in its middle.")
    late_by: Duration = Field(default=3_600.0, description="How late a late row is.")

    @model_validator(mode="after")
    def _at_most_one(self) -> Dirt:
        total = self.missing + self.outlier + self.duplicate + self.late + self.malformed
        if total > 1:
            raise ValueError(f"the probabilities add up to {total:g}; at most 1 is possible")
        return self


class GenerateOptions(Part):
    """`kind: generate`."""

    fields: dict[str, AnyField] | None = Field(default=None, description="The record's fields by name.")
    function: str | None = Field(
        default=None, pattern=r"^[^:]+\.py:[A-Za-z_]\w*$", description="`file.py:function` of the project."
    )
    seed: int = 0
    rate: float | None = Field(default=None, ge=0.001, le=1_000_000, description="Rows per second.")
    count: int | None = Field(default=None, ge=0, description="Rows in all; without a rate, at once.")
    start: str | None = Field(default=None, description="Time of the first row; default: the clock's.")
    step: Duration | None = Field(
        default=None, description="Time from row to row after `start`; default: 1 / rate, or 1 s."
    )
    key: str | None = Field(default=None, description="Field whose value is the record's key.")
    format: Literal["json", "csv"] = "json"
    dirt: Dirt = Dirt()

    @model_validator(mode="after")
    def _fits(self) -> GenerateOptions:
        if (self.fields is None) == (self.function is None):
            raise ValueError("give either fields or function")
        if self.rate is None and self.count is None:
            raise ValueError("give a rate, a count, or both")
        if self.start is not None:
            try:
                datetime.fromisoformat(self.start)
            except ValueError:
                raise ValueError(f"start: {self.start!r} is no time such as 2024-01-01T00:00:00Z") from None
        elif self.step is not None:
            raise ValueError("step needs a start")
        if self.fields is not None:
            if all(field.hidden for field in self.fields.values()):
                raise ValueError("fields: at least one must not be hidden")
            _check_names(self.fields, self.key)
            self._check_dirt(self.fields)
        elif self.format == "csv" or self.key or self.dirt.missing or self.dirt.outlier or self.dirt.late:
            raise ValueError("format, key, missing, outlier and late need fields, not a function")
        return self

    def _check_dirt(self, fields: Mapping[str, FieldPart]) -> None:
        kinds = {_kind(field) for field in fields.values() if not field.hidden}
        if self.dirt.outlier and not kinds & {"int", "float", "normal"}:
            raise ValueError("outlier needs a field of kind int, float or normal")
        if self.dirt.late and "timestamp" not in kinds:
            raise ValueError("late needs a field of kind timestamp")


def references(field: FieldPart) -> Iterator[str]:
    """Names of the fields that a field is made of."""
    if isinstance(field, Template):
        from string import Formatter

        yield from (name for _, name, _, _ in Formatter().parse(field.text) if name is not None)
    elif isinstance(field, Object):
        for inner in field.fields.values():
            yield from references(inner)
    elif isinstance(field, Case):
        yield field.of
        for inner in (*field.cases.values(), *([field.otherwise] if field.otherwise else [])):
            yield from references(inner)


def _check_names(fields: Mapping[str, FieldPart], key: str | None) -> None:
    if key is not None and key not in fields:
        raise ValueError(f"key: there is no field {key!r}")
    seen: list[str] = []
    for name, field in fields.items():
        for wanted in references(field):
            if wanted not in seen:
                raise ValueError(f"field {name!r} uses {wanted!r}, which is not a field above it")
        seen.append(name)


def read_options(
    options: Mapping[str, Any], place: Callable[[tuple[str | int, ...]], Place | None] = lambda path: None
) -> GenerateOptions:
    """The options of a source; `place` gives the file's position of a path below them.

    Raises ProjectErrors with all that is wrong.
    """
    try:
        return GenerateOptions.model_validate(dict(options))
    except ValidationError as error:
        raise ProjectErrors([_explained(dict(item), place) for item in error.errors()]) from None


def _explained(item: dict[str, Any], place: Callable[[tuple[str | int, ...]], Place | None]) -> ProjectError:
    """pydantic's words as ours; the tag of a union is no part of the path in the file."""
    path: list[str | int] = []
    location = tuple(item["loc"])
    for i, part in enumerate(location):
        is_tag = part in _KINDS and i >= 2 and location[i - 2] in ("fields", "cases")
        is_tag = is_tag or (part in _KINDS and i >= 1 and location[i - 1] == "otherwise")
        if not is_tag:
            path.append(part)
    name = ".".join(str(part) for part in path) or "source"
    hint = None
    if item["type"] == "extra_forbidden":
        models: list[type[BaseModel]] = [GenerateOptions, Dirt, *_KINDS.values()]
        known = sorted({key for model in models for key in model.model_fields})
        close = get_close_matches(str(path[-1]), known, n=1)
        hint = f"did you mean {close[0]}?" if close else "see docs/sources.md"
        message = f"{name}: there is no such option."
    elif item["type"].startswith("union_tag"):
        hint = f"kinds: {', '.join(_KINDS)}"
        message = f"{name}: the field has no kind, or one that is not known."
    else:
        message = f"{name}: {item['msg'].removeprefix('Value error, ')}."
    return ProjectError(message, place=place(tuple(path)), hint=hint)
