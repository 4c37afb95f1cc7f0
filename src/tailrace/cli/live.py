"""The live picture of `up` and `demo`: topics, datasets, rates, lag and accounts in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tailrace.catalog.accounts import counted

if TYPE_CHECKING:
    from tailrace.runtime.picture import Watcher

STYLES = {"current": "green", "catching_up": "yellow", "parked": "red", "stale": "red", "new": "dim"}
LINE_SECONDS = 2.0


@contextmanager
def live_picture(watcher: Watcher, names: list[str]) -> Iterator[Looker]:
    """Within the block each `look()` draws anew: a picture on a terminal, a line every two seconds else."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Lines(watcher)
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield Drawn(watcher, names, live)


class Looker:
    """Something that shows the picture now."""

    def look(self) -> None:
        """Show it."""


class Drawn(Looker):
    """A table that stays in place."""

    def __init__(self, watcher: Watcher, names: list[str], live: Live) -> None:
        self._watcher = watcher
        self._names = names
        self._live = live

    def look(self) -> None:
        self._live.update(draw(self._watcher, self._names, self._live.console.width), refresh=True)


class Lines(Looker):
    """A line now and then, for logs."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._told = -LINE_SECONDS
        self._looks = 0

    def look(self) -> None:
        self._looks += 1
        picture = self._watcher.look()
        if self._looks % 8:
            return
        parts = [f"batch {picture.standing.n}"]
        parts += [f"{topic} {end:,} ({rate:,.0f}/s)" for topic, (end, rate) in picture.topics.items()]
        parts += [
            f"{total.dataset} {total.out:,}"
            for total in picture.totals.by_dataset.values()
            if picture.lags.get(total.dataset) is not None or total.mode == ""
        ]
        click.echo("  ".join(parts), err=True)


def _shown(count: int | None) -> str:
    """A count that may not apply."""
    return "" if count is None else f"{count:,}"


HEADINGS = ("dataset", "state", "rows/s", "in", "kept", "filtered", "error", "violated", "out", "lag", "ms")
LEFT_OUT = ("ms", "filtered", "kept", "rows/s", "violated", "lag")
"""What a narrow terminal does without, first to last: a name that is cut off would be no name."""
GAP = 2


def draw(watcher: Watcher, names: list[str], width: int) -> Group:
    """Topics above, datasets below; the account of each on one line, as much of it as `width` holds."""
    picture = watcher.look()
    topics = Table(box=None, pad_edge=False)
    for heading, justify in (("topic", "left"), ("records", "right"), ("records/s", "right")):
        topics.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for topic, (end, rate) in picture.topics.items():
        topics.add_row(topic, f"{end:,}", f"{rate:,.0f}")
    rows = [_row(watcher, name) for name in names]
    headings = _fitting(rows, width)
    datasets = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for heading in headings:
        left = heading in ("dataset", "state")
        datasets.add_column(heading, justify="left" if left else "right", no_wrap=True)
    for row in rows:
        datasets.add_row(*(row[heading] for heading in headings))
    return Group(topics, Text(), datasets, Text(f"batch {picture.standing.n}  Ctrl-C stops", style="dim"))


def _row(watcher: Watcher, name: str) -> dict[str, Text]:
    picture, total, state = watcher.picture, watcher.total_of(name), watcher.state_of(name)
    return {
        "dataset": Text(name),
        "state": Text(state, style=STYLES[state]),
        "rows/s": Text(f"{picture.rates[name]:,.0f}" if name in picture.rates else ""),
        "in": Text(counted(total.in_)),
        "kept": Text(_shown(total.kept)),
        "filtered": Text(_shown(total.filtered)),
        "error": Text(_shown(total.error), style="red" if total.error else "dim"),
        "violated": Text(_shown(total.violated), style="yellow" if total.violated else "dim"),
        "out": Text(_shown(total.out)),
        "lag": Text(_shown(picture.lags.get(name))),
        "ms": Text(_shown(picture.last_duration_ms.get(name, 0))),
    }


def _fitting(rows: Sequence[Mapping[str, Text]], width: int) -> list[str]:
    """The headings whose columns fit side by side."""
    widths = {name: max([len(name), *(len(row[name].plain) for row in rows)]) for name in HEADINGS}
    headings = list(HEADINGS)
    for name in LEFT_OUT:
        if sum(widths[heading] + GAP for heading in headings) - GAP <= width:
            break
        headings.remove(name)
    return headings
