"""Durations on the command line: `30s`, `5m`, `500ms`, or a number of seconds."""

from __future__ import annotations

import re
from typing import Any

import click

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "": 1.0}
_FORM = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|)")


class Duration(click.ParamType[float]):
    """Seconds, as a float."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        match = _FORM.fullmatch(str(value).strip())
        if match is None:
            self.fail(f"{value!r} is no duration; write 30s, 5m, 500ms or a number of seconds.", param, ctx)
        return float(match[1]) * _UNITS[match[2]]


DURATION = Duration()
