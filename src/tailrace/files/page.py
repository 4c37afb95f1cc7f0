"""The option table as Markdown, for `docs/files.md`: `python -m tailrace.files.page`."""

from __future__ import annotations

from tailrace.files.options import FORMATS, OPTIONS, Option

BEGIN = "<!-- options: printed by `python -m tailrace.files.page` -->"
END = "<!-- end of options -->"


def option_table() -> str:
    """All options, those that are carried out first."""
    lines = [BEGIN, "", "| option | formats | default | what it does |", "|---|---|---|---|"]
    lines += [_row(option) for option in OPTIONS if option.refused is None]
    lines += ["", "Known, and refused by name:", "", "| option | formats | why |", "|---|---|---|"]
    lines += [
        f"| `{option.name}` | {_formats(option)} | {option.help} |"
        for option in OPTIONS
        if option.refused is not None
    ]
    return "\n".join([*lines, "", END])


def _row(option: Option) -> str:
    names = ", ".join(f"`{name}`" for name in (option.name, *option.aliases))
    return f"| {names} | {_formats(option)} | {_default(option)} | {_cell(option.help)} |"


def _formats(option: Option) -> str:
    return "all" if set(option.formats) == set(FORMATS) else ", ".join(option.formats)


def _default(option: Option) -> str:
    if option.default in (None, ""):
        return ""
    text = str(option.default).lower() if isinstance(option.default, bool) else str(option.default)
    return f"`{_cell(text)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    import sys

    sys.stdout.write(option_table() + "\n")
