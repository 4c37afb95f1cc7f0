"""What is tracked: sizes, no leftovers, no path of somebody's machine, no file too long."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE_BYTES_MAX = 1_000_000
TREE_BYTES_MAX = 20_000_000
SOURCE_LINES_MAX = 500
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX:)")
MACHINE = re.compile(r"(?<![\w.<}])/(home|Users|root|work|tmp/\w+env)/\w")
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".sql", ".cfg", ""}


def tracked() -> list[Path]:
    """Files of the repository that are on the disk now."""
    found = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if found.returncode != 0:
        pytest.skip("this is no clone, so nothing is tracked")
    return [path for name in found.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_file_is_large_and_all_together_stay_small() -> None:
    sizes = {str(path.relative_to(ROOT)): path.stat().st_size for path in tracked()}
    assert {name: size for name, size in sizes.items() if size > FILE_BYTES_MAX} == {}
    assert sum(sizes.values()) < TREE_BYTES_MAX


def test_no_source_file_is_too_long() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "src").rglob("*.py")
    }
    assert {name: lines for name, lines in lengths.items() if lines > SOURCE_LINES_MAX} == {}


@pytest.mark.parametrize("pattern", [UNFINISHED, MACHINE], ids=["unfinished", "machine path"])
def test_no_line_tells_of_unfinished_work_or_of_a_machine(pattern: re.Pattern[str]) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in tracked()
        if path.suffix in TEXT and path.name != Path(__file__).name
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_every_module_opens_with_what_it_promises() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "src").rglob("*.py")
        if path.read_text(encoding="utf-8").strip() and not path.read_text(encoding="utf-8").startswith('"""')
    ]
    assert silent == []
