"""The documents: links, verbs, modules and the pages made from code are true."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click
import pytest

from tailrace.cli.main import VERBS, Verbs

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")
CALL = re.compile(r"(?<![\w./-])tailrace ((?:-C \S+ |--profile \S+ |--output \S+ )*)([a-z]+)(?= |`|$|\n)")
FOLDER_ROW = re.compile(r"^\| `(\w+)/` \|", re.MULTILINE)
MODULE = re.compile(r"`((?:src/tailrace/|tailrace/)?[a-z_]+(?:/[a-z_0-9]+)+\.py)`")
HEADINGS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def code_of(page: Path) -> str:
    """What stands in code, inline and in blocks: there a verb is a verb."""
    text = text_of(page)
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = {match[1] for match in LINK.finditer(text_of(page)) if "://" not in match[1]}
    assert {target for target in targets if not (page.parent / target).exists()} == set()


def test_every_verb_is_documented() -> None:
    words = {match[2] for page in PAGES for match in CALL.finditer(code_of(page))}
    assert set(VERBS) - words == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_documented_verb_is_there(page: Path) -> None:
    assert {match[2] for match in CALL.finditer(code_of(page))} - set(VERBS) == set()


def test_every_documented_option_is_there() -> None:
    verbs = Verbs("tailrace")
    context = click.Context(verbs)
    wrong = []
    for page in PAGES:
        for line in code_of(page).splitlines():
            match = CALL.search(line)
            command = verbs.get_command(context, match[2]) if match else None
            if match is None or command is None or isinstance(command, click.Group):
                continue
            rest = re.split(r"[`|;#\"']|&&", line[match.end() :])[0]
            known = {name for option in command.params for name in option.opts}
            wrong += [
                f"{page.name}: {match[2]} {word}"
                for word in re.findall(r"(?<=\s)--[a-z-]+", rest)
                if word not in known | {"--help", "--version"}
            ]
    assert wrong == []


def test_architecture_names_every_folder_and_no_other() -> None:
    folders = {
        path.name
        for path in (ROOT / "src" / "tailrace").iterdir()
        if path.is_dir() and any(path.rglob("*.py")) and path.name != "__pycache__"
    }
    assert set(FOLDER_ROW.findall(text_of(ROOT / "ARCHITECTURE.md"))) == folders


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_modules_that_are_named_exist(page: Path) -> None:
    named = {match[1] for match in MODULE.finditer(text_of(page))}
    places = (ROOT, ROOT / "src", ROOT / "src" / "tailrace")
    assert {name for name in named if not any((place / name).exists() for place in places)} == set()


def test_page_of_functions_is_current() -> None:
    sys.path.insert(0, str(ROOT))
    try:
        from scripts.write_functions import PATH, document
    finally:
        sys.path.remove(str(ROOT))
    assert text_of(PATH) == document(), "run scripts/write_functions.py"


def test_changelog_is_well_formed() -> None:
    lines = text_of(ROOT / "CHANGELOG.md").splitlines()
    versions = [line for line in lines if line.startswith("## ")]
    assert versions[0] == "## [Unreleased]"
    assert [v for v in versions[1:] if not re.fullmatch(r"## \[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", v)] == []
    assert {line[4:] for line in lines if line.startswith("### ")} <= HEADINGS


def test_every_verb_of_the_makefile_has_help() -> None:
    text = text_of(ROOT / "Makefile")
    targets = set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))
    assert targets == set(re.findall(r"^([a-z-]+):.*## \S", text, re.MULTILINE))
    assert set(re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)[0].split()) == targets
