"""The janitor: after a harness that was killed, nothing it told of is left."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil

from harness.janitor import Janitor

_HARNESS = """
    import subprocess, sys, time
    from pathlib import Path
    from harness.janitor import Janitor
    from harness.process import guarded
    janitor = Janitor()
    folder = Path(sys.argv[1])
    (folder / "deep").mkdir(parents=True)
    janitor.folder(folder)
    unguarded = subprocess.Popen(["sleep", "60"], start_new_session=True)
    janitor.process(unguarded.pid)
    guarded = subprocess.Popen(guarded(["/bin/sleep", "60"]), start_new_session=True)
    print(unguarded.pid, guarded.pid, janitor._process.pid, flush=True)
    time.sleep(60)
"""


def _start(folder: Path) -> tuple[subprocess.Popen[bytes], list[psutil.Process]]:
    harness = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_HARNESS), str(folder)], stdout=subprocess.PIPE, start_new_session=True
    )
    assert harness.stdout is not None
    return harness, [psutil.Process(int(pid)) for pid in harness.stdout.readline().split()]


def _gone(processes: list[psutil.Process], timeout_s: float = 15) -> bool:
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes):
            return True
        time.sleep(0.05)
    return False


def test_after_sigkill_of_the_harness_nothing_is_left(tmp_path: Path) -> None:
    harness, processes = _start(tmp_path / "run")
    os.kill(harness.pid, signal.SIGKILL)
    harness.wait()
    assert _gone(processes)
    assert not (tmp_path / "run").exists()


def test_a_guarded_process_dies_with_the_harness_even_when_the_janitor_dies_first(tmp_path: Path) -> None:
    harness, (unguarded, guarded, janitor) = _start(tmp_path / "run")
    janitor.kill()
    os.kill(harness.pid, signal.SIGKILL)
    harness.wait()
    try:
        assert _gone([guarded])
    finally:
        unguarded.kill()


def test_close_cleans_up_but_what_is_kept(tmp_path: Path) -> None:
    for name in ("gone", "kept"):
        (tmp_path / name).mkdir()
    janitor = Janitor()
    janitor.folder(tmp_path / "gone")
    janitor.folder(tmp_path / "kept")
    janitor.keep(tmp_path / "kept")
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        janitor.process(sleeper.pid)
        janitor.close()
        assert sleeper.wait(5) == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
