"""Names of datasets: `schema.name`, lower case; a catalog in front is taken off.

A catalog is ignored where the project uses only one; two of them are an error, since their tables would
be one and the same folder of the lake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tailrace.model.errors import Place, ProjectError, Refused
from tailrace.sql.parse.scan import Source, scan
from tailrace.sql.parse.statement import Name

RESERVED_SCHEMAS = ("archive", "system", "live")
RESERVED_COLUMNS = ("_batch", "_row")
_FORBIDDEN = re.compile(r"[/\\%\x00-\x1f]|^\.{1,2}$|^_delta_log$")
"""No folder, or, with a %, one that Delta takes for another."""
_BYTES_MAX = 200
"""A folder's name has 255 at most."""
_VARIABLE = re.compile(r"\$\{([^}\n]*)\}")


def schema_problem(schema: str) -> str | None:
    """Why a schema cannot have this name, or None."""
    if schema in RESERVED_SCHEMAS or schema.startswith("_"):
        return f"The schema name '{schema}' is reserved."
    if not _is_folder(schema):
        return f"The schema name '{schema}' cannot be a folder."
    return None


def _is_folder(name: str) -> bool:
    return _FORBIDDEN.search(name) is None and len(name.encode()) <= _BYTES_MAX


def fill(text: str, parameters: Mapping[str, str], place: Place) -> str:
    """`${name}` in SQL by its parameter. Raises ProjectError where there is none."""

    def value(match: re.Match[str]) -> str:
        name = match[1].strip()
        if name not in parameters:
            known = ", ".join(sorted(parameters)) or "none"
            raise ProjectError(
                f"The parameter '{name}' has no value.",
                place=place,
                hint=f"Give it one under `parameters:` in tailrace.yaml. Known: {known}.",
            )
        return parameters[name]

    return _VARIABLE.sub(value, text)


def fill_known(text: str, parameters: Mapping[str, str]) -> str:
    """`${name}` by its parameter where there is one, so that what else looks so in a text stays as it is."""
    return _VARIABLE.sub(lambda match: parameters.get(match[1].strip(), match[0]), text)


def resolve(name: Name, schema: str, parameters: Mapping[str, str], place: Place) -> str:
    """`schema.name` of a name as written, with `schema` where it has none."""
    if name.identifier is not None:
        raise Refused(
            f"IDENTIFIER({name.identifier}) is not executed with anything but one string.",
            place=place,
            hint="Write the name itself.",
        )
    parts = [part for piece in name.parts for part in fill(piece, parameters, place).split(".")]
    if len(parts) > 3 or not all(parts):
        raise ProjectError(f"'{'.'.join(parts)}' is no name of one to three parts.", place=place)
    found = parts[-2].lower() if len(parts) > 1 else schema
    problem = schema_problem(found)
    if problem:
        raise ProjectError(problem, place=place, hint="Choose another schema.")
    if not _is_folder(parts[-1].lower()):
        raise ProjectError(
            f"The name '{parts[-1]}' cannot be a folder.",
            place=place,
            hint=f"Choose one without /, \\ and %, of at most {_BYTES_MAX} bytes.",
        )
    return f"{found}.{parts[-1].lower()}"


def catalog_of(name: Name, parameters: Mapping[str, str], place: Place) -> str | None:
    """The catalog part of a three-part name."""
    parts = [part for piece in name.parts for part in fill(piece, parameters, place).split(".")]
    return parts[0].lower() if len(parts) == 3 else None


_BEFORE_RELATION = ("FROM", "JOIN")
_NO_NAMES = ("AS", "WHERE", "JOIN", "ON", "GROUP", "ORDER", "UNION", "LIMIT", "LATERAL")


def reads_stream(text: str) -> bool:
    """Whether a query reads a stream: `STREAM t`, `STREAM(t)`, `cloud_files(...)` where a relation stands."""
    tokens = scan(Source.of(text))
    for i, token in enumerate(tokens[1:], 1):
        before, after = tokens[i - 1], tokens[i + 1] if i + 1 < len(tokens) else None
        if after is None or (before.upper not in _BEFORE_RELATION and before.text != ","):
            continue
        if token.upper == "CLOUD_FILES" and after.text == "(":
            return True
        if token.upper == "STREAM" and after.upper not in _NO_NAMES:
            named = after.kind in ("word", "backtick") and before.text != ","
            if named or after.text == "(":
                return True
    return False
