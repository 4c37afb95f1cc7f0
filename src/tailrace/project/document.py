"""A YAML file to plain values with the place of each, variables filled in.

YAML 1.2 (`no` is a string), doubled keys are errors. `${VAR}` and `${VAR:-default}` are taken from the
environment that is passed in; `$${` stands for `${`. A plain scalar is read again after that, so
`${PORT:-80}` is a number; in quotes it stays text.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from tailrace.model.errors import Place, ProjectError

Path = tuple[str | int, ...]

_VARIABLE = re.compile(r"\$(\$\{)|\$\{([^}]*)(\}|$)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass
class Document:
    """The values of a file. `keys` and `values` are places by path; `errors` what was wrong so far.

    `unset` are variables without a value, by path: errors only where that part of the file is used.
    """

    file: str
    value: dict[str, Any] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    errors: list[ProjectError] = field(default_factory=list)
    unset: list[tuple[Path, ProjectError]] = field(default_factory=list)
    written: dict[Path, str] = field(default_factory=dict)
    """Values with variables, as they stand in the file: what a message shows, for a variable may be a secret."""

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Where the value (or the key) at a path stands; the nearest outer one if it is not written."""
        for end in range(len(path), -1, -1):
            found = (self.keys if key or end < len(path) else self.values).get(path[:end])
            found = found or self.values.get(path[:end])
            if found:
                return found
        return Place(self.file, 1, 1)


def read_text(path: FilePath, file: str) -> str:
    """The text of a project file, which is UTF-8. Raises ProjectError with the place of what is not."""
    try:
        data = path.read_bytes().removeprefix(BOM_UTF8)
    except OSError as error:
        raise ProjectError(f"The file cannot be read: {error.strerror}.", place=Place(file, 1)) from error
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before.rpartition(b"\n")[2].decode()) + 1
        raise ProjectError(
            f"The file is not UTF-8: here is the byte {data[error.start]:#04x}.",
            place=Place(file, before.count(b"\n") + 1, column),
            hint="Save it as UTF-8.",
        ) from error


def read_document(text: str, file: str, environment: Mapping[str, str]) -> Document:
    """Read a YAML file whose top is a mapping. Never raises for what stands in the file."""
    document = Document(file)
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1)
        problem = (error.problem or "the file does not parse").capitalize()
        hint = "This is not valid YAML; mind indents and quotes."
        if mark and any("${" in line for line in text.splitlines()[mark.line : mark.line + 1]):
            hint = 'This is not valid YAML; inside of { } or [ ], put "${NAME}" into quotes.'
        document.errors.append(ProjectError(f"{problem}.", place=place, hint=hint))
        return document
    except ReaderError as error:
        place = Place(file, text.count("\n", 0, error.position) + 1)
        message = f"The file is not valid YAML: it holds the control character {error.character:#04x}."
        document.errors.append(ProjectError(message, place=place, hint="Take it away."))
        return document
    except YAMLError as error:
        reason = str(error).partition("\n")[0]
        document.errors.append(ProjectError(f"The file is not valid YAML: {reason}.", place=Place(file, 1)))
        return document
    if node is None:
        return document
    if not isinstance(node, MappingNode):
        document.errors.append(
            ProjectError(
                "The file does not hold keys and values.", place=_place(file, node), hint="key: value"
            )
        )
        return document
    document.value = _Reader(document, yaml, environment).mapping(node, ())
    return document


def _place(file: str, node: Node) -> Place:
    return Place(file, node.start_mark.line + 1, node.start_mark.column + 1)


class _Reader:
    def __init__(self, document: Document, yaml: YAML, environment: Mapping[str, str]) -> None:
        self.document = document
        self.resolver = yaml.resolver
        self.environment = environment

    def mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        self.document.values[path] = _place(self.document.file, node)
        for key_node, value_node in node.value:
            place = _place(self.document.file, key_node)
            if not isinstance(key_node, ScalarNode):
                self._error("A key must be a plain word.", place)
                continue
            key = str(key_node.value)
            if key == "<<" and isinstance(value_node, MappingNode):
                values = {**self.mapping(value_node, path), **values}
                continue
            if (*path, key) in self.document.keys and key in values:
                first = self.document.keys[*path, key]
                self._error(f"The key '{key}' stands twice; the first is in line {first.line}.", place)
                continue
            self.document.keys[*path, key] = place
            values[key] = self.value(value_node, (*path, key))
            if values[key] is None and not value_node.value:  # written as nothing: the next token's place
                self.document.values[*path, key] = place
        return values

    def value(self, node: Node, path: Path) -> Any:
        self.document.values[path] = _place(self.document.file, node)
        if isinstance(node, MappingNode):
            return self.mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, i)) for i, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode), "a node is a mapping, a sequence or a scalar"
        text = self._fill(node, path)
        if text != node.value:
            self.document.written[path] = str(node.value)
        tag = str(node.tag)
        if text != node.value and node.style is None:
            tag = str(self.resolver.resolve(ScalarNode, text, (True, False)))
        return _scalar(tag.rpartition(":")[2], text)

    def _fill(self, node: ScalarNode, path: Path) -> str:
        def fill(match: re.Match[str]) -> str:
            if match[1]:
                return match[1]
            name, has_default, default = match[2].partition(":-")
            if not match[3]:
                self._error(f"'${{{match[2]}' is never closed.", place, hint="Close it with } .")
                return ""
            if not _NAME.fullmatch(name):
                self._error(
                    f"'${{{match[2]}}}' names no variable.", place, hint="${NAME} or ${NAME:-default}"
                )
                return ""
            value = self.environment.get(name)
            if value:
                return value
            if has_default:
                return default
            hint = f"Set {name}, or write ${{{name}:-default}}."
            self.document.unset.append(
                (path, ProjectError(f"The variable {name} is not set.", place=place, hint=hint))
            )
            return ""

        place = _place(self.document.file, node)
        return _VARIABLE.sub(fill, str(node.value))

    def _error(self, message: str, place: Place, hint: str | None = None) -> None:
        self.document.errors.append(ProjectError(message, place=place, hint=hint))


def _scalar(kind: str, text: str) -> Any:
    """The value of a scalar of YAML's core schema; dates stay text."""
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        sign = -1 if text.startswith("-") else 1
        digits = text.lstrip("+-").replace("_", "")
        base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2].lower(), 10)
        return sign * int(digits[2:] if base != 10 else digits, base)
    if kind == "float":
        plain = text.replace("_", "").lower()
        special = {".inf": "inf", "+.inf": "inf", "-.inf": "-inf", ".nan": "nan"}
        return float(special.get(plain, plain))
    return text
