"""The frame around the verbs: fast help, lazy verbs, version, global options."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tailrace.cli.main import VERBS, Verbs, run

HEAVY = ("sqlglot", "pydantic", "duckdb", "deltalake", "arro3", "rich", "faker", "ruamel")


def test_help_lists_verbs_without_loading_anything_heavy() -> None:
    code = (
        "import sys\nfrom tailrace.cli.main import run\nassert run(['--help']) == 0\n"
        f"loaded = [name for name in {HEAVY!r} if name in sys.modules]\nassert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "validate" in done.stdout
    assert VERBS["validate"] in done.stdout


@pytest.mark.parametrize("verb", Verbs("tailrace").list_commands(None))  # type: ignore[arg-type]
def test_help_of_every_verb_has_examples(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([verb, "--help"]) == 0
    text = capsys.readouterr().out
    assert "Examples:" in text
    assert (
        f"tailrace {verb}" in text.partition("Examples:")[2] or f" {verb}" in text.partition("Examples:")[2]
    )


def test_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("tailrace ")
