"""`tailrace.yaml` to typed settings: profile laid over, every error with its place and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from tailrace.model.errors import Place, ProjectError, Refused, UsageError
from tailrace.model.topic import NAME_HINT, is_topic_name
from tailrace.project.document import Document, read_document, read_text
from tailrace.project.settings import (
    NOT_EXECUTED,
    SOURCES_EXECUTED,
    EngineSettings,
    PathSettings,
    RetentionSettings,
    Settings,
    TopicSettings,
)
from tailrace.sql.parse.cursor import nearest

SETTINGS_FILE = "tailrace.yaml"
MISTAKEN_FILE = "tailrace.yml"
_MODELS: dict[tuple[Any, ...], type[BaseModel]] = {
    (): Settings,
    ("paths",): PathSettings,
    ("engine",): EngineSettings,
    ("topics", "*"): TopicSettings,
    ("topics", "*", "retention"): RetentionSettings,
}
"""The model at a path of the file; * is any name."""


def read_settings(
    root: Path, profile: str | None, environment: Mapping[str, str]
) -> tuple[Settings | None, list[ProjectError]]:
    """The settings of a project folder, the defaults where it has no file; None with what is wrong."""
    path = root / SETTINGS_FILE
    if not path.exists() and (root / MISTAKEN_FILE).exists():
        problem = f"The file is not read: a project's settings are in {SETTINGS_FILE}."
        return None, [ProjectError(problem, place=Place(MISTAKEN_FILE, 1), hint="Rename it.")]
    if not path.exists():
        if profile is not None:
            raise UsageError(f"There is no profile '{profile}': the project has no {SETTINGS_FILE}.")
        return Settings(), []
    try:
        text = read_text(path, SETTINGS_FILE)
    except ProjectError as error:
        return None, [error]
    document = read_document(text, SETTINGS_FILE, environment)
    return settings_of(document, profile)


def settings_of(document: Document, profile: str | None) -> tuple[Settings | None, list[ProjectError]]:
    """The typed settings of a document with a profile laid over it, and all that is wrong with it."""
    profiles = document.value.get("profiles")
    overlay: dict[str, Any] = {}
    errors = _relevant(document, profile)
    if profile is not None:
        known = list(profiles) if isinstance(profiles, dict) else []
        if profile not in known:
            shown = ", ".join(known) or "none"
            raise UsageError(
                f"There is no profile '{profile}'.", hint=f"Profiles of {SETTINGS_FILE}: {shown}."
            )
        assert isinstance(profiles, dict), "it has the profile"
        overlay = profiles[profile] if isinstance(profiles[profile], dict) else {}
    for other in sorted(set(profiles if isinstance(profiles, dict) else ()) - {profile}):
        errors += _profile_errors(document, other)
    try:
        settings = Settings.model_validate(_lay_over(document.value, overlay))
    except ValidationError as error:
        explained = [_explain(document, item, profile, overlay) for item in error.errors()]
        return None, [*errors, *_first_per_place(explained, {one.place for one in errors})]
    errors += _refusals(document, settings)
    return (None if errors else settings), errors


def _profile_errors(document: Document, profile: str) -> list[ProjectError]:
    """What is wrong inside of a profile that is not used now; variables may be unset there."""
    overlay = document.value["profiles"][profile]
    if not isinstance(overlay, dict):
        return []
    try:
        Settings.model_validate(_lay_over({}, overlay))
    except ValidationError as error:
        explained = [_explain(document, item, profile, overlay) for item in error.errors()]
        unset = {one.place for _, one in document.unset}
        return _first_per_place(explained, {*unset, *(one.place for one in document.errors)})
    return []


def _first_per_place(errors: list[ProjectError], told: set[Place | None]) -> list[ProjectError]:
    """One problem per place: a union complains once per branch, an unset variable twice."""
    found: dict[Place | None, ProjectError] = {}
    for error in errors:
        if error.place not in told:
            found.setdefault(error.place, error)
    return list(found.values())


def _relevant(document: Document, profile: str | None) -> list[ProjectError]:
    """The document's errors, without variables that only other profiles ask for."""
    used = [error for path, error in document.unset if path[0] != "profiles" or path[1:2] in ((), (profile,))]
    return [*document.errors, *used]


def _lay_over(base: Any, overlay: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(overlay, dict):
        return overlay
    merged = dict(base)
    for key, value in overlay.items():
        merged[key] = _lay_over(base[key], value) if key in base else value
    return merged


def _explain(document: Document, item: Any, profile: str | None, overlay: dict[str, Any]) -> ProjectError:
    """A message of the model as an error with its place."""
    path = tuple(part for part in item["loc"] if not _is_branch(part))
    written = path
    if profile is not None and _has(overlay, path):
        written = ("profiles", profile, *path)
    name = ".".join(str(part) for part in path)
    kind = item["type"]
    if kind == "extra_forbidden":
        known = _known_keys(path[:-1])
        hint = _nearest_key(str(path[-1]), known) or f"Keys here: {', '.join(known)}."
        return ProjectError(f"Unknown key '{name}'.", place=document.place(written, key=True), hint=hint)
    if kind == "missing":
        return ProjectError(f"The key '{name}' is missing.", place=document.place(written[:-1], key=True))
    message = str(item["msg"]).removeprefix("Value error, ").removeprefix("String ")
    if message.startswith("Input should be "):
        message = f"it should be {message.removeprefix('Input should be ')}"
    if kind == "tuple_type":
        message = "it should be a list"
    if kind in ("model_type", "dict_type"):
        message = "it should hold keys and values"
    if len(path) == 2 and path[0] == "parameters":
        message = "a parameter is a text, a number, true or false"
    return ProjectError(
        f"'{name}' is {document.written.get(written, item['input'])!r}.",
        place=document.place(written),
        hint=f"{message[0].upper()}{message[1:]}.",
    )


def _is_branch(part: Any) -> bool:
    """pydantic names the branch of a union in the path; it is no key of the file."""
    return isinstance(part, str) and part in ("str", "int", "float", "bool", "function-before[_bytes(), int]")


def _has(value: Any, path: tuple[Any, ...]) -> bool:
    for part in path:
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def _known_keys(path: tuple[Any, ...]) -> list[str]:
    """The keys of the model at a path."""
    shape = tuple("*" if path[0] == "topics" and i == 1 else part for i, part in enumerate(path))
    model = _MODELS.get(shape)
    return list(model.model_fields) if model else []


def _nearest_key(text: str, known: list[str]) -> str | None:
    found = nearest(text, [key.upper() for key in known])
    return found.lower().replace("did", "Did") if found else None


def _refusals(document: Document, settings: Settings) -> list[ProjectError]:
    """What the model knows and nothing executes yet."""
    errors: list[ProjectError] = []
    for key, hint in NOT_EXECUTED.items():
        if getattr(settings, key) is not None:
            place = document.place((key,), key=True)
            errors.append(Refused(f"'{key}' is not executed yet.", place=place, hint=hint))
    zone = settings.parameters.get("timezone", "UTC")
    if str(zone).upper() not in ("UTC", "ETC/UTC", "Z"):
        errors.append(
            Refused(
                f"The time zone '{zone}' is not executed yet.",
                place=document.place(("parameters", "timezone")),
                hint="Only UTC is; use from_utc_timestamp in SQL.",
            )
        )
    for name, topic in settings.topics.items():
        if not is_topic_name(name):
            place = document.place(("topics", name), key=True)
            errors.append(ProjectError(f"{name!r} is no name for a topic.", place=place, hint=NAME_HINT))
        if topic.source is not None and topic.source.kind not in SOURCES_EXECUTED:
            errors.append(
                Refused(
                    f"Sources of kind '{topic.source.kind}' are not executed yet.",
                    place=document.place(("topics", name, "source", "kind")),
                    hint=f"Executed are: {', '.join(SOURCES_EXECUTED)}; or feed it by `tailrace produce`.",
                )
            )
    return errors
