"""What a topic may be called: its name is the name of a folder, and of a topic of Kafka."""

from __future__ import annotations

import string

NAME_HINT = "letters, digits, '.', '_' and '-', at most 249, not beginning with '.'"
_SIGNS = frozenset(string.ascii_letters + string.digits + "._-")


def is_topic_name(name: str) -> bool:
    """Whether a topic may have this name."""
    return 0 < len(name) <= 249 and not set(name) - _SIGNS and not name.startswith(".")
