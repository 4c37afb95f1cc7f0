"""The code as a whole: layers, the public names, what is imported, the version."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import tailrace

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "tailrace"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
IMPORTED_AS = {"arro3-core": "arro3.core", "arro3-io": "arro3.io", "ruamel.yaml": "ruamel.yaml"}
USED_BY_NAME = {"pytz", "tzdata"}
"""DuckDB looks for pytz by itself, zoneinfo for tzdata."""
NOT_IN_THE_CORE = {"pyarrow", "pandas", "numpy", "polars"}


def imports(path: Path, top_only: bool = False) -> set[str]:
    """Modules that a file imports, at any depth or only when it is loaded."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in tree.body if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
    return found


def test_layers_hold() -> None:
    tool = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_public_name_is_there_and_no_other() -> None:
    assert tailrace.__all__ == sorted(tailrace.__all__)
    assert {name: getattr(tailrace, name).__name__ for name in tailrace.__all__} == {
        name: name for name in tailrace.__all__
    }
    assert set(tailrace._HOMES) == set(tailrace.__all__)


def test_the_core_imports_no_data_frame_library_when_it_is_loaded() -> None:
    found = {
        f"{path.relative_to(SOURCE)}: {name}"
        for path in SOURCE.rglob("*.py")
        for name in imports(path, top_only=True)
        if name.partition(".")[0] in NOT_IN_THE_CORE
    }
    assert found == set()


def test_dependencies_are_what_the_code_imports() -> None:
    declared = {re.split(r"[<>=!~\[ ]", line)[0] for line in PROJECT["dependencies"]}
    used = {name for path in SOURCE.rglob("*.py") for name in imports(path)}
    outside = {
        name
        for name in used
        if (top := name.partition(".")[0]) not in sys.stdlib_module_names | {"tailrace"} | NOT_IN_THE_CORE
        and top != "__future__"
    }
    known = {package: IMPORTED_AS.get(package, package) for package in declared}

    def covers(module: str, name: str) -> bool:
        return name == module or name.startswith(module + ".")

    assert {n for n in outside if not any(covers(m, n) for m in known.values())} == set(), "not declared"
    idle = {p for p, m in known.items() if not any(covers(m, n) for n in outside)}
    assert idle == USED_BY_NAME & declared, "declared, but not imported"


def test_version_is_the_one_that_is_installed() -> None:
    assert version("tailrace") == PROJECT["version"]
