"""Stored definitions: `<lake>/_tailrace/definitions/<sha256>.json`, written once, named by content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tailrace.lake.sync import replace_synced


class Definitions:
    """The definitions that decided batches name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: set[str] = set()

    def store(self, definition: Mapping[str, Any]) -> str:
        """Keep a definition, durably, and return its id."""
        data = json.dumps(definition, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        identity = hashlib.sha256(data).hexdigest()
        if identity in self._known:
            return identity
        path = self.folder / f"{identity}.json"
        if not path.exists():
            replace_synced(path, data)
        self._known.add(identity)
        return identity

    def load(self, identity: str) -> dict[str, Any] | None:
        """The definition of that id; None if it is gone."""
        try:
            value: dict[str, Any] = json.loads((self.folder / f"{identity}.json").read_bytes())
        except FileNotFoundError:
            return None
        return value
