"""Draw docs/up.svg: `tailrace up` on the web logs template with its profile `load`, after some seconds."""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

from rich.console import Console

from tailrace.cli.live import draw
from tailrace.model.clock import SystemClock
from tailrace.runtime.picture import Watcher
from tailrace.runtime.project import open_project
from tailrace.runtime.templates import make_project
from tailrace.runtime.up import children_of, supervise

PATH = Path(__file__).parents[1] / "docs" / "up.svg"
RUN_SECONDS = 12.0


def main() -> None:
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        project_folder = Path(folder) / "weblogs"
        make_project(project_folder, "weblogs")
        opened = open_project(str(project_folder), "load")
        watcher = Watcher(opened.project, opened.compiled)
        names = list(opened.compiled.datasets)
        console = Console(record=True, width=110, file=io.StringIO())
        started = clock.monotonic()

        def look() -> None:
            watcher.look()
            if clock.monotonic() - started >= RUN_SECONDS and not drawn:
                drawn.append(draw(watcher, names, console.width))

        drawn: list[object] = []
        supervise(children_of(opened.project, "load", 0.2), lambda: bool(drawn), look)
        console.print(drawn[0])
        drawing = console.export_svg(title="tailrace -C weblogs --profile load up")
    # The fonts that rich names lie on the net; a page that is read offline must not ask for them.
    PATH.write_text(re.sub(r"\s*@font-face \{.*?\}", "", drawing, flags=re.DOTALL), encoding="utf-8")
    print(PATH)


if __name__ == "__main__":
    main()
