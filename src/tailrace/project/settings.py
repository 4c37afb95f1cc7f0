"""`tailrace.yaml` as one typed model: every key, its type, its default and what it means.

The JSON Schema in `docs/tailrace.schema.json` and the table in `docs/project.md` come from here. Unknown
keys are refused. What is known and not executed yet is in `NOT_EXECUTED`, refused by name.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?")
_BYTES: dict[str | None, int] = {
    None: 1,
    "B": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}


def _seconds(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match = _DURATION.fullmatch(value.strip())
    if match is None:
        raise ValueError("a duration is a number of seconds, or a number with ms, s, m, h, d or w")
    return float(match[1]) * _SECONDS[match[2]]


def _bytes(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match = _SIZE.fullmatch(value.strip())
    if match is None:
        raise ValueError("a size is a number of bytes, or a number with kB, MB, GB, KiB, MiB, GiB")
    return int(float(match[1]) * _BYTES[match[2]])


_DURATION_SCHEMA = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}], "examples": ["5s", "1h"]}
_SIZE_SCHEMA = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}], "examples": ["64 MiB"]}

Duration = Annotated[float, BeforeValidator(_seconds), Field(ge=0), WithJsonSchema(_DURATION_SCHEMA)]
"""Seconds; written as a number of seconds or as `500ms`, `5s`, `1h`."""
Size = Annotated[int, BeforeValidator(_bytes), Field(ge=1), WithJsonSchema(_SIZE_SCHEMA)]
"""Bytes; written as a number of bytes or as `64 MiB`."""


class Part(BaseModel):
    """Root of all parts: unknown keys and wrong types are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_left_out(cls, value: Any) -> Any:
        """A key with nothing behind it (all of it may be comments) is as if it were not there, if it may be absent."""
        if not isinstance(value, dict):
            return value
        absent = {key for key, field in cls.model_fields.items() if not field.is_required()}
        return {key: one for key, one in value.items() if one is not None or key not in absent}


class PathSettings(Part):
    """Where files go, relative to the project's folder."""

    lake: str = Field(default="./lake", description="Delta tables, batch log, rejected rows.", min_length=1)
    data: str = Field(default="./.tailrace", description="Run-time files of this project.", min_length=1)
    log: str | None = Field(default=None, description="Topics of the embedded log (default: <data>/log).")
    state: str | None = Field(default=None, description="State of the engine (default: <data>/state).")
    ledger: str | None = Field(default=None, description="Ledger file (default: <data>/ledger.sqlite).")
    serve: str | None = Field(default=None, description="File of the API (default: <data>/serve.sqlite).")
    allow: tuple[str, ...] = Field(
        default=(), description="Folders outside the project from which `read_files` may read.", strict=False
    )


class RetentionSettings(Part):
    """How long a topic keeps records; whole segments go, and never what a reader still needs."""

    time: Duration | None = Field(default=None, description="Age after which a segment may go.")
    bytes: Size | None = Field(
        default=None, description="Size of a partition above which its oldest segment may go."
    )


class SourceSettings(BaseModel):
    """What fills a topic: `kind`, and that kind's own options next to it."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    kind: Literal["generate", "poll", "webhook", "sql"] = Field(description="Kind of source.")

    @property
    def options(self) -> dict[str, Any]:
        """All keys other than `kind`, validated by the source itself."""
        return dict(self.model_extra or {})


def _all_defaults(value: Any) -> Any:
    return {} if value is None else value


class TopicSettings(Part):
    """A topic of the project's log."""

    partitions: int = Field(default=1, ge=1, le=1024, description="Number of partitions when it is created.")
    retention: RetentionSettings | None = Field(
        None, description="How long records are kept (default: ever)."
    )
    source: SourceSettings | None = Field(
        default=None, description="What fills the topic under `tailrace up`."
    )


class EngineSettings(Part):
    """How batches are cut."""

    trigger: Duration = Field(default=1.0, description="Time between batches; 0 = as soon as there is data.")
    rows_max: int = Field(default=200_000, ge=1, description="Rows a batch reads at most.")
    bytes_max: Size = Field(default=64 * 2**20, description="Bytes a batch reads at most.")
    refresh: Duration = Field(default=5.0, description="Time between refreshes of a changed view.")


Scalar = str | int | float | bool


class Settings(Part):
    """The whole of `tailrace.yaml`."""

    parameters: dict[str, Scalar] = Field(
        default_factory=dict,
        description="Values for ${name} in SQL; `timezone` is the session time zone (only UTC so far).",
    )
    paths: PathSettings = Field(default=PathSettings(), description="Where files go.")
    topics: dict[str, Annotated[TopicSettings, BeforeValidator(_all_defaults)]] = Field(
        default_factory=dict, description="Topics by name."
    )
    engine: EngineSettings = Field(default=EngineSettings(), description="How batches are cut.")
    profiles: dict[str, Annotated[dict[str, Any], BeforeValidator(_all_defaults)]] = Field(
        default_factory=dict, description="By name: keys laid over the rest when `--profile` names it."
    )
    schedules: Any = Field(default=None, description="Not executed yet.")
    alerts: Any = Field(default=None, description="Not executed yet.")
    publish: Any = Field(default=None, description="Not executed yet.")
    api: Any = Field(default=None, description="Not executed yet.")

    @property
    def parameter_texts(self) -> dict[str, str]:
        """The parameters as they stand in SQL."""
        return {
            name: ("true" if value else "false") if isinstance(value, bool) else str(value)
            for name, value in self.parameters.items()
        }


NOT_EXECUTED: dict[str, str] = {
    "schedules": "Schedules are not executed yet; use cron and `tailrace run --available-now`.",
    "alerts": "Alerts are not executed yet; query the dataset instead.",
    "publish": "Publishing is not executed yet; read the Delta tables in the lake.",
    "api": "The API is not executed yet; use `tailrace query`.",
}
"""Keys of the file that are refused, with what to do instead."""

SOURCES_EXECUTED = ("generate",)
"""Kinds of source that run now."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of `tailrace.yaml`."""
    schema = Settings.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "tailrace.yaml",
        **{key: value for key, value in schema.items() if key != "title"},
    }
