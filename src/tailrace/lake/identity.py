"""`<lake>/_tailrace/project`: who the lake is, which engine owns it, how far numbers may have gone."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from tailrace.lake.sync import create_synced, replace_synced
from tailrace.model.errors import Stop

N_HIGH_STEP = 1_000


@dataclass(frozen=True)
class Identity:
    """`lake_id` is made once and never changes; `n_high` is no less than any number ever decided."""

    lake_id: str
    engine: str
    n_high: int


def read_identity(lake: Path) -> Identity | None:
    """The identity of a lake, None if it has none yet."""
    path = _path(lake)
    try:
        value = json.loads(path.read_text())
        return Identity(value["lake_id"], value["engine"], value["n_high"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError) as error:
        raise Stop(f"{path} cannot be read: {error}.", hint="put it back from a copy of the lake") from error


def open_identity(lake: Path, new_id: str | None = None) -> Identity:
    """The identity of a lake, made now if it has none. Raises Stop if another engine owns it."""
    found = read_identity(lake)
    if found is None:
        made = Identity(new_id or str(uuid.uuid4()), "embedded", N_HIGH_STEP)
        create_synced(_path(lake), _bytes(made))
        found = read_identity(lake) or made
    if found.engine != "embedded":
        raise Stop(
            f"The lake {lake} belongs to the engine {found.engine!r}.",
            hint="run with that engine, or hand the lake over",
        )
    return found


def write_identity(lake: Path, identity: Identity) -> None:
    """Replace the file, durably."""
    replace_synced(_path(lake), _bytes(identity))


def _path(lake: Path) -> Path:
    return lake / "_tailrace" / "project"


def _bytes(identity: Identity) -> bytes:
    return json.dumps(asdict(identity)).encode()
