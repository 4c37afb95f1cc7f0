"""What there is to see of a running project, read beside the engine: rates, lag, accounts.

Only new decisions are read at each look, so that looking stays cheap however long the project runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tailrace.catalog.accounts import Total, Totals
from tailrace.engine.standing import Standing, flow_keys
from tailrace.project.compiled import CompiledProject
from tailrace.project.project import Project
from tailrace.runtime.reader import Reader
from tailrace.runtime.status import lag


@dataclass
class Picture:
    """Totals by dataset, rows per second since the last look, where each dataset stands."""

    totals: Totals = field(default_factory=Totals)
    standing: Standing = field(default_factory=Standing)
    rates: dict[str, float] = field(default_factory=dict)
    topics: dict[str, tuple[int, float]] = field(default_factory=dict)
    lags: dict[str, int | None] = field(default_factory=dict)
    last_duration_ms: dict[str, int] = field(default_factory=dict)


class Watcher:
    """Looks at a project again and again."""

    def __init__(self, project: Project, compiled: CompiledProject) -> None:
        self._project = project
        self._compiled = compiled
        self._reader = Reader(project.paths, compiled)
        self._before: dict[str, int] = {}
        self._topics_before: dict[str, int] = {}
        self._at: float | None = None
        self.picture = Picture()

    def look(self) -> Picture:
        """The picture now."""
        picture = self.picture
        for decision in self._reader.batch_log.decisions(after=picture.standing.n):
            picture.totals.add(decision)
            picture.standing = picture.standing.after(decision)
            for item in decision.accounts:
                duration = getattr(item, "duration_ms", None)
                if duration is not None:
                    picture.last_duration_ms[item.dataset] = duration
        now = self._reader.clock.monotonic()
        seconds = now - self._at if self._at is not None else None
        if seconds is None or seconds >= 0.9:
            self._rates(seconds)
            self._at = now
        return picture

    def state_of(self, name: str) -> str:
        """current, catching_up, parked, stale, or new."""
        states = {
            self.picture.standing.flows[key].state
            for key in flow_keys(self._compiled.datasets[name])
            if key in self.picture.standing.flows
        }
        for state in ("parked", "stale", "catching_up", "current"):
            if state in states:
                return state
        return "new"

    def total_of(self, name: str) -> Total:
        """The dataset's totals, zero before its first batch."""
        return self.picture.totals.by_dataset.get(name, Total(name))

    def _rates(self, seconds: float | None) -> None:
        picture = self.picture
        for name, total in picture.totals.by_dataset.items():
            before = self._before.get(name, 0)
            streaming = self._compiled.datasets.get(name)
            if seconds and streaming is not None and streaming.view is None:
                picture.rates[name] = max(0.0, (total.out - before) / seconds)
            self._before[name] = total.out
        if not self._project.paths.log.is_dir():
            return
        log = self._reader.open_log()
        for topic in log.topics():
            end = sum(log.end_offsets(topic).values())
            rate = (end - self._topics_before.get(topic, end)) / seconds if seconds else 0.0
            self._topics_before[topic] = end
            picture.topics[topic] = (end, max(0.0, rate))
        for name, dataset in self._compiled.datasets.items():
            picture.lags[name] = lag(dataset, picture.standing, log)
