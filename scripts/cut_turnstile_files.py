"""Cut the small files of the turnstile template out of the real weekly ones.

`python scripts/cut_turnstile_files.py FOLDER [OUT]`: FOLDER holds the real `*.csv.gz`. Three weeks and six
booths stay, line by line as they are, with every quirk: the nameless first column, `C/A` in the old file
and `CA` in the new ones, the blanks after its header, several gzip members. The booths were chosen for
what they show: RECOVR AUD rows, two readings at one time, resets, registers that count down, jumps, and
one station name in two units. The same input gives the same bytes.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

WEEKS = ("turnstile_230603.csv.gz", "240106.csv.gz", "240113.csv.gz")
BOOTHS = {"B012", "C016", "C017", "N213", "N306", "N546"}
MEMBERS = 3
OUT = Path(__file__).parents[1] / "src" / "tailrace" / "templates" / "turnstile" / "data"


def cut(source: Path, target: Path) -> int:
    """Copy the header and the booths' lines; returns the count of lines without the header."""
    header, *lines = gzip.decompress(source.read_bytes()).splitlines(keepends=True)
    kept = [header, *(line for line in lines if line.split(b",", 2)[1].decode() in BOOTHS)]
    step = -(-len(kept) // MEMBERS)
    members = [gzip.compress(b"".join(kept[at : at + step]), 9, mtime=0) for at in range(0, len(kept), step)]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b"".join(members))
    return len(kept) - 1


def main(folder: str, out: str | None = None) -> None:
    for name in WEEKS:
        target = Path(out or OUT) / name
        rows = cut(Path(folder) / name, target)
        print(f"{name}: {rows} rows, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
