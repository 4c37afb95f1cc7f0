"""`python -m scripts.record_spark [CATEGORY ...]`: record anew, all categories or those named.

Runs under a Python that has pyspark 4.2.0: `TAILRACE_SPARK_PYTHON`, or an environment of its own in
the user's cache folder, made at the first use.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

PYSPARK = "pyspark==4.2.0"


def spark_python() -> str:
    """The Python to run under."""
    named = os.environ.get("TAILRACE_SPARK_PYTHON")
    if named:
        return named
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tailrace" / "spark-4.2.0"
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", PYSPARK, "numpy"], check=True)
    return str(python)


def main(names: list[str]) -> None:
    """Record the categories named, or all."""
    if importlib.util.find_spec("pyspark") is None:
        command = [spark_python(), "-m", "scripts.record_spark", *names]
        raise SystemExit(subprocess.run(command, env={**os.environ, "PYTHONPATH": "."}).returncode)
    from scripts.record_spark import answer, cases, fixtures

    spark = answer.start()
    for module in pkgutil.iter_modules(cases.__path__):
        for category in importlib.import_module(f"{cases.__name__}.{module.name}").CATEGORIES:
            if names and module.name not in names and category.name not in names:
                continue
            print(category.name, fixtures.record(spark, category), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
