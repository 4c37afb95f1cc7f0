"""The batch log: `<lake>/_tailrace/batches/<n>.json`, written once, never changed.

The file's existence is the decision. It is put if absent: written and synced under a temporary
name, linked to its number, the folder synced. Who loses the race for n sees somebody else's attempt.
Old batches are folded into `sealed/<from>-<to>.parquet` (see `seal`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tailrace.lake.sync import create_synced, sync
from tailrace.model.batch import Decision
from tailrace.model.errors import AnotherRunner, Stop

LOST_HINT = "put the file back from a copy; or move the whole folder away and run `tailrace fsck --rebuild`"


class BatchLog:
    """Reads and writes the decided batches of one lake."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sealed_folder = folder / "sealed"

    def decide(self, decision: Decision) -> None:
        """Decide batch n, durably. Raises AnotherRunner if n is decided already by another attempt."""
        if decision.n > 1 and not self.is_decided(decision.n - 1):
            raise Stop(
                f"Batch {decision.n} cannot be decided: batch {decision.n - 1} is missing in {self.folder}.",
                hint=LOST_HINT,
            )
        made = create_synced(self._path(decision.n), decision.to_bytes(), "decide-written")
        if not made and self.read(decision.n).attempt != decision.attempt:
            raise AnotherRunner(
                f"Batch {decision.n} was decided by another runner.",
                hint="only one engine may run on a lake; stop the other one first",
            )

    def is_decided(self, n: int) -> bool:
        """Whether n stands in the log, by itself or in a seal; 0 counts as sealed."""
        return n == 0 or self.has_file(n) or any(low <= n <= high for low, high in self.seals())

    def has_file(self, n: int) -> bool:
        """Whether n has a file of its own."""
        return self._path(n).exists()

    def read(self, n: int) -> Decision:
        """Batch n, from its own file. Raises Stop if it is missing or unreadable."""
        path = self._path(n)
        try:
            return Decision.from_bytes(path.read_bytes())
        except FileNotFoundError:
            raise Stop(f"Batch {n} is missing in {self.folder}.", hint=LOST_HINT) from None
        except (ValueError, KeyError) as error:
            raise Stop(f"Batch file {path} cannot be read: {error}.", hint=LOST_HINT) from error

    def numbers(self) -> list[int]:
        """All n with a file of their own, ascending."""
        if not self.folder.exists():
            return []
        names = (path.name for path in self.folder.iterdir())
        return sorted(int(name[:-5]) for name in names if name.endswith(".json") and name[:-5].isdigit())

    def newest(self) -> int:
        """The newest decided n; 0 if there is none."""
        numbers = self.numbers()
        sealed = max((high for _, high in self.seals()), default=0)
        return max(numbers[-1] if numbers else 0, sealed)

    def seals(self) -> list[tuple[int, int]]:
        """The ranges of all seals, ascending."""
        if not self.sealed_folder.exists():
            return []
        stems = (path.stem.split("-") for path in self.sealed_folder.glob("*.parquet"))
        return sorted((int(stem[0]), int(stem[1])) for stem in stems if len(stem) == 2)

    def decisions(self, after: int = 0) -> Iterator[Decision]:
        """Every unsealed decision with a number greater than `after`, ascending."""
        for n in self.numbers():
            if n > after:
                yield self.read(n)

    def sweep(self) -> None:
        """Remove temporary files that a killed runner left."""
        if self.folder.exists():
            for path in self.folder.glob(".*.tmp"):
                path.unlink(missing_ok=True)

    def remove(self, numbers: list[int]) -> None:
        """Remove the files of batches that a seal now holds."""
        for n in numbers:
            self._path(n).unlink(missing_ok=True)
        sync(self.folder)

    def _path(self, n: int) -> Path:
        return self.folder / f"{n}.json"


def compact_json(value: object) -> str:
    """JSON without blanks, non-ASCII kept."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
