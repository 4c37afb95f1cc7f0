"""A project's sources: opened from tailrace.yaml, wrong options named with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailrace.log.embedded import EmbeddedLog
from tailrace.model.errors import ProjectErrors
from tailrace.project.load import load_project
from tailrace.runtime.source_process import open_sources
from tailrace.sources.contract import drive
from tailrace.testing.clock import ManualClock

YAML = """\
topics:
  plain: {partitions: 1}
  clicks:
    partitions: 2
    retention: {time: 1h}
    source:
      kind: generate
      count: 20
      fields:
        n: {kind: sequence}
"""


def test_the_sources_of_a_project_fill_their_topics(tmp_path: Path) -> None:
    (tmp_path / "tailrace.yaml").write_text(YAML)
    project, clock = load_project(tmp_path, environment={}), ManualClock()
    drive(open_sources(project, clock), clock, lambda: False)
    drive(open_sources(project, clock), clock, lambda: False)
    log = EmbeddedLog(project.paths.log, clock)
    assert log.topics() == ["clicks"]
    assert log.end_offsets("clicks") == {0: 10, 1: 10}
    assert log.describe("clicks").retention_seconds == 3_600


def test_a_wrong_option_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "tailrace.yaml").write_text(YAML.replace("kind: sequence", "kind: sequence, stepp: 2"))
    with pytest.raises(ProjectErrors) as found:
        open_sources(load_project(tmp_path, environment={}), ManualClock())
    assert str(found.value).startswith("tailrace.yaml:10:")
    assert "fields.n.stepp: there is no such option" in str(found.value)
