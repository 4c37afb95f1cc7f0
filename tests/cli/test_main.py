"""The frame around the verbs: fast help, lazy verbs, version, global options."""

from __future__ import annotations

import subprocess
import sys

import click
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


def commands() -> list[list[str]]:
    """Every verb, and every verb of a verb such as `topic reset`."""
    verbs = Verbs("tailrace")
    context = click.Context(verbs)
    found = []
    for name in verbs.list_commands(context):
        command = verbs.get_command(context, name)
        inner = command.list_commands(context) if isinstance(command, click.Group) else []
        found += [[name, one] for one in inner] or [[name]]
    return found


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_help_of_every_verb_has_examples(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*words, "--help"]) == 0
    examples = capsys.readouterr().out.partition("Examples:")[2]
    assert " ".join(words) in " ".join(examples.split())


def test_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("tailrace ")
