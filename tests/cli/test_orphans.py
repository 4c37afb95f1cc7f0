"""`up` that is killed or stopped leaves no engine and no source behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tailrace.model.interruption import Interruption
from tailrace.runtime.signals import Interrupted, handle_signals
from tailrace.runtime.up import Child, supervise

from .folders import command, tailrace

SETTINGS = "topics: {t: {source: {kind: generate, rate: 50, fields: {id: {kind: sequence}}}}}\n"
TABLE = "CREATE STREAMING TABLE t AS SELECT value FROM STREAM read_kafka(subscribe => 't');"


def test_a_killed_supervisor_takes_engine_and_sources_with_it(tmp_path: Path) -> None:
    (tmp_path / "tailrace.yaml").write_text(SETTINGS)
    (tmp_path / "a.sql").write_text(TABLE)
    up = subprocess.Popen(
        command(tmp_path, "up"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    batches = tmp_path / "lake" / "_tailrace" / "batches"
    until = time.monotonic() + 50
    while not list(batches.glob("*.json")):
        assert time.monotonic() < until
        assert up.poll() is None
        time.sleep(0.1)
    up.send_signal(signal.SIGKILL)
    up.wait()
    while tailrace(tmp_path, "run", "--available-now").code != 0:
        assert time.monotonic() < until, "the engine goes on without its supervisor"
    before = ""
    while (now := tailrace(tmp_path, "topic", "list", "--output", "json").out) != before:
        assert time.monotonic() < until, "the sources go on without their supervisor"
        before = now


def test_children_are_waited_for_though_a_bell_rings_meanwhile(tmp_path: Path) -> None:
    slow = "import signal, time\nsignal.signal(15, lambda *a: exit(time.sleep(1.5)))\nprint('on', flush=True)\ntime.sleep(60)"
    child = Child("engine", [sys.executable, "-c", slow], tmp_path / "engine.log")
    stopping = Interruption()

    def look() -> None:
        if not stopping.asked and "on" in child.log.read_text():
            os.kill(os.getpid(), signal.SIGINT)  # and after GRACE_SECONDS the alarm

    with handle_signals(lambda: True, stopping), pytest.raises(Interrupted):
        supervise([child], stopping, look)
    assert child.process is not None
    assert child.process.stdin is not None
    child.process.stdin.close()
    assert child.process.returncode == 0
