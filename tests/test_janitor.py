"""The janitor: after a harness that was killed, nothing it told of is left."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from harness.janitor import Janitor, JanitorDied, began, clean_up

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


def test_close_cleans_up(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    janitor = Janitor()
    janitor.folder(tmp_path / "gone")
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        janitor.process(sleeper.pid)
        janitor.close()
        assert sleeper.wait(5) == -signal.SIGKILL
    assert not list(tmp_path.iterdir())


def test_a_process_with_a_recycled_id_is_another() -> None:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        clean_up([{"pid": sleeper.pid, "began": began(sleeper.pid) - 1}])
        assert sleeper.poll() is None
        sleeper.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the kernel notes the time of day itself, once")
def test_a_clock_that_was_set_in_between_hides_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        told = {"pid": sleeper.pid, "began": began(sleeper.pid)}
        monkeypatch.setattr("psutil._pslinux.boot_time", lambda: 3_600.0)
        clean_up([told])
        assert sleeper.wait(5) == -signal.SIGKILL


def test_nothing_is_started_that_a_dead_janitor_would_not_end(tmp_path: Path) -> None:
    janitor = Janitor()
    (tmp_path / "told").mkdir()
    janitor.folder(tmp_path / "told")
    janitor._process.kill()
    janitor._process.wait()
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        with pytest.raises(JanitorDied, match="the janitor, which cleans up after the harness, ended with status -9"):
            janitor.process(sleeper.pid)
        assert sleeper.wait(5) == -signal.SIGKILL
    janitor.close()
    assert not (tmp_path / "told").exists(), "what it was told of before goes all the same"


def test_what_nobody_undid_is_undone_the_last_first(tmp_path: Path) -> None:
    janitor, said = Janitor(), tmp_path / "said"
    numbers = [janitor.undo(["sh", "-c", f"echo {word} >> '{said}'"], 5) for word in ("first", "undone", "last")]
    janitor.undone(numbers[1])
    janitor.undo(["/there/is/no/such/command"], 5)
    janitor.undo(["sleep", "60"], 0.1)
    janitor.close()
    assert said.read_text().split() == ["last", "first"]


def test_after_sigkill_of_the_harness_what_it_did_is_undone(tmp_path: Path) -> None:
    script = f"""
        import time
        from harness.janitor import Janitor
        Janitor().undo(["touch", {str(tmp_path / "undone")!r}], 5)
        print("told", flush=True)
        time.sleep(60)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as harness:
        assert harness.stdout is not None and harness.stdout.readline() == b"told\n"
        os.kill(harness.pid, signal.SIGKILL)
    until = time.monotonic() + 15
    while not (tmp_path / "undone").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert (tmp_path / "undone").exists()


def test_of_no_process_nothing_is_told() -> None:
    with pytest.raises(ProcessLookupError):
        began(2**30)


def test_it_stands_on_the_ground_floor() -> None:
    script = "import sys, harness.janitor; print(*sorted(name for name in sys.modules if name.startswith('harness.')))"
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["harness.folders", "harness.janitor", "harness.process"]


def test_a_janitor_that_hangs_is_waited_for_no_longer_than_what_is_left_may_take(tmp_path: Path) -> None:
    janitor, said = Janitor(), tmp_path / "said"
    janitor.undone(janitor.undo(["sleep", "60"], 600))
    janitor.undo(["touch", str(said)], 1)
    os.kill(janitor._process.pid, signal.SIGSTOP)
    since = time.monotonic()
    janitor.close(timeout_s=0.5)
    assert time.monotonic() - since < 30 and said.exists()
