"""A file's path as the URI that Spark shows: of ASCII only what a path may hold, all letters as they are."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from urllib.parse import quote

_PLAIN = frozenset("/_-!.~'()*,;:$&+=@")


def encoded(path: str) -> str:
    """Percent-encoded as Java does it: of what is not ASCII only blanks and control characters are."""
    return "".join(char if _is_plain(char) else quote(char, safe="") for char in path)


def file_uri(path: Path) -> str:
    """`file:/folder/name`, as in `_metadata.file_path`."""
    return f"file:{encoded(path.as_posix())}"


def _is_plain(char: str) -> bool:
    if char.isascii():
        return char.isalnum() or char in _PLAIN
    return unicodedata.category(char) not in ("Zs", "Zl", "Zp", "Cc")
